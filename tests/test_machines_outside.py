"""What checkers that nobody here wrote say of what machines read: feeds, sitemaps, structured data.

`make check-pages` installs them from npm and PyPI, and runs these tests; `make test` leaves them out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html

from tests.checking import HERE, MODULES, command, require_modules, sample
from tests.kinds import html_pages, pages_by_kind
from tests.running import Serving

pytestmark = pytest.mark.checkers

SAMPLE = 12
"""Pages of each kind whose structured data is looked at: the longest, the shortest, and some between."""

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
Faults = list[tuple[str, str]]
Documents = dict[str, dict[str, bytes]]


@pytest.fixture(scope="module")
def kept() -> dict[str, Documents]:
    return {}


@pytest.fixture
def documents(served: Serving, kept: dict[str, Documents]) -> Documents:
    """What is no page for people, by media type and address."""
    if not kept:
        found: Documents = defaultdict(dict)
        for addresses in pages_by_kind(served).values():
            for address in addresses:
                answer = served.http.get(address)
                found[answer.headers["content-type"].partition(";")[0]][address] = answer.content
        kept["all"] = dict(found)
    return kept["all"]


def node(script: str, given: list[dict[str, Any]], folder: Path) -> Faults:
    """What a script of `tests/checkers` finds in what it is given."""
    program = command("node", "Most checkers need it (Debian: nodejs).")
    file = folder / "given.json"
    file.write_text(json.dumps(given), "utf-8")
    ran = subprocess.run(
        [program, str(HERE / script), str(file)], cwd=HERE, stdout=subprocess.PIPE, timeout=300, check=True
    )
    return [(name, said) for name, said in json.loads(ran.stdout)]


# --- feeds ---------------------------------------------------------------------------------------------------------


def own_elements(body: bytes, namespace: str) -> bytes:
    """The document without what extends its format: only elements of `namespace` ("": those of RSS, that have none)."""
    root = etree.fromstring(body)
    for element in list(root.iter("*")):
        if not (element.tag.startswith(namespace) if namespace else "{" not in element.tag):
            parent = element.getparent()
            assert parent is not None, "the document itself is of another format"
            parent.remove(element)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def by_ruby(feeds: dict[str, bytes], folder: Path) -> Faults:
    """What Ruby's library of feeds finds in RSS and Atom."""
    ruby = command("ruby", "Its library of feeds looks at them (Debian: ruby).")
    names = {}
    for number, (address, body) in enumerate(feeds.items()):
        file = folder / f"feed-{number}.xml"
        file.write_bytes(own_elements(body, ATOM if address.endswith("atom.xml") else ""))
        names[str(file)] = address
    ran = subprocess.run([ruby, str(HERE / "feeds.rb"), *names], stdout=subprocess.PIPE, timeout=300, check=True)
    return [(names[name], said) for name, said in json.loads(ran.stdout)]


def test_rubys_library_of_feeds_finds_nothing_in_rss_and_atom(documents: Documents, tmp_path: Path) -> None:
    feeds = documents["application/rss+xml"] | documents["application/atom+xml"]
    assert {"/feed.xml", "/atom.xml"} < feeds.keys()
    assert by_ruby(feeds, tmp_path) == []


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("/feed.xml", lambda body: body.replace(b"<channel>", b"<channel><headline>x</headline>", 1)),
        ("/feed.xml", lambda body: body.replace(b"</item>", b"<guid>a second</guid></item>", 1)),
        (
            "/feed.xml",
            lambda body: body.replace(b"<description>", b"<summary>").replace(b"/description>", b"/summary>"),
        ),
        ("/atom.xml", lambda body: body.replace(b"<updated>2", b"<updated>on the 2", 1)),
        ("/atom.xml", lambda body: body.replace(b"<id>", b"<guid>").replace(b"</id>", b"</guid>")),
    ],
)
def test_it_would_find_faults(
    name: str, break_it: Callable[[bytes], bytes], documents: Documents, tmp_path: Path
) -> None:
    feeds = documents["application/rss+xml"] | documents["application/atom+xml"]
    assert [where for where, _ in by_ruby({name: break_it(feeds[name])}, tmp_path)] == [name]


def test_json_feeds_are_of_the_types_that_others_wrote(documents: Documents, tmp_path: Path) -> None:
    require_modules("typescript", "schema-dts", "@json-feed-types/1_1")
    feeds = {address: json.loads(body) for address, body in documents["application/feed+json"].items()}
    assert "/feed.json" in feeds
    given = [{"name": address, "of": "JSON Feed", "data": feed} for address, feed in feeds.items()]
    wrong = [
        {**feeds["/feed.json"], "homepage": "https://post.example/"},
        {**feeds["/feed.json"], "items": [{"url": "https://post.example/"}]},
    ]
    given += [{"name": f"wrong {number}", "of": "JSON Feed", "data": data} for number, data in enumerate(wrong)]
    assert sorted({where for where, _ in node("vocabulary.mjs", given, tmp_path)}) == ["wrong 0", "wrong 1"]


# --- sitemaps ------------------------------------------------------------------------------------------------------


def test_sitemaps_are_what_their_schema_says(documents: Documents) -> None:
    require_modules("sitemap")
    schema = etree.XMLSchema(etree.parse(MODULES / "sitemap" / "schema" / "sitemap.xsd"))
    maps = {address: body for address, body in documents["application/xml"].items() if b"<urlset" in body}
    assert {"/sitemap-news.xml", "/sitemap-lists.xml"} < maps.keys()
    faults = []
    for address, body in maps.items():
        if not schema.validate(etree.fromstring(own_elements(body, SITEMAP))):
            faults.append((address, str(schema.error_log)))
    assert faults == []
    wrong = maps["/sitemap-lists.xml"].replace(b"<loc>", b"<loc>/</loc><loc>", 1)
    assert not schema.validate(etree.fromstring(wrong))


def by_sitemap_verify(target: str, folder: Path) -> tuple[set[str], list[tuple[str, str, str]]]:
    """What the tool finds in a sitemap (an address, or a file) and all that it leads to, also by the rules that Google
    adds: the pages that it came to, and of each fault level, code and where."""
    beside = Path(sys.executable).parent / "sitemap-verify"
    remedy = "`make check-pages` installs it, with a network."
    program = str(beside) if beside.exists() else command("sitemap-verify", remedy)
    told = folder / "told.json"
    options = ["--engine", "google", "--check-reachability", "--format", "json", "--no-show-progress"]
    ran = subprocess.run(
        [program, "check", target, *options, "--output", str(told)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.exists(), ran.stderr
    report = json.loads(told.read_text("utf-8"))
    faults = [(one["level"], one["code"], one["location"]) for one in report["diagnostics"]]
    return set(report["discovered_urls"]), faults


# Lists and news change with every story: that they did so would be printed into them each time.
ADVICE = ("warn", "google_lastmod_recommended")


def test_whoever_follows_the_sitemaps_finds_all_pages_and_no_fault(served: Serving, tmp_path: Path) -> None:
    kinds = pages_by_kind(served)
    pages = [page for kind in ("story", "front", "topic", "author", "about") for page in kinds[kind]]
    came_to, said = by_sitemap_verify(f"{served.url}/sitemap.xml", tmp_path)
    assert {unquote(urlsplit(page).path) for page in came_to} >= {unquote(page) for page in pages}
    assert [one for one in said if one[:2] != ADVICE] == []
    assert {where.partition("::")[0] for *_, where in said} <= {f"{served.url}/sitemap-lists.xml"}


def test_it_would_find_faults_in_sitemaps(tmp_path: Path) -> None:
    file = tmp_path / "sitemap.xml"
    name = SITEMAP.strip("{}")
    file.write_text(f'<urlset xmlns="{name}"><url><loc>/relative/</loc><priority>9</priority></url></urlset>', "utf-8")
    _, said = by_sitemap_verify(str(file), tmp_path)
    assert "error" in {level for level, *_ in said}


def test_the_sitemap_of_the_news_is_as_google_wants_it(served: Serving, tmp_path: Path) -> None:
    came_to, said = by_sitemap_verify(f"{served.url}/sitemap-news.xml", tmp_path)
    assert came_to
    assert [one for one in said if one[:2] != ADVICE] == []


# --- structured data -----------------------------------------------------------------------------------------------


@pytest.fixture
def structured(served: Serving) -> list[dict[str, Any]]:
    """Some pages of each kind that have structured data: name, html, data."""
    found = []
    for kind, bodies in html_pages(served).items():
        sizes = {address: len(body) for address, body in bodies.items()}
        for address in sample(list(bodies), sizes, SAMPLE):
            scripts = html.fromstring(bodies[address]).iterfind(".//script[@type='application/ld+json']")
            if data := [json.loads(script.text or "") for script in scripts]:
                found.append({"name": f"{kind} {address}", "html": bodies[address].decode(), "data": data})
    return found


def types_of(structured: list[dict[str, Any]]) -> set[str]:
    return {data["@type"] for page in structured for data in page["data"]}


EXPECTED = {"NewsArticle", "BreadcrumbList", "CollectionPage", "ProfilePage", "ImageGallery", "WebSite"}


def test_structured_data_is_of_schema_orgs_vocabulary(structured: list[dict[str, Any]], tmp_path: Path) -> None:
    require_modules("typescript", "schema-dts", "@json-feed-types/1_1")
    assert types_of(structured) >= EXPECTED
    given = [{"name": page["name"], "of": "schema.org", "data": data} for page in structured for data in page["data"]]
    article = next(one["data"] for one in given if one["data"]["@type"] == "NewsArticle")
    wrong = [
        {**article, "standfirst": "No such property."},
        {**article, "publisher": 5},
        {**article, "author": [{"@type": "Person", "name": "A", "headline": "Not of a person."}]},
        {**article, "@type": "Newspaper-article"},
    ]
    given += [{"name": f"wrong {number}", "of": "schema.org", "data": data} for number, data in enumerate(wrong)]
    said = node("vocabulary.mjs", given, tmp_path)
    assert [one for one in said if not one[0].startswith("wrong ")] == []
    assert {where for where, _ in said} == {f"wrong {number}" for number in range(len(wrong))}


def test_structured_data_has_what_google_asks_for_and_recommends(
    structured: list[dict[str, Any]], tmp_path: Path
) -> None:
    require_modules("structured-data-testing-tool", "@adobe/structured-data-validator")
    assert types_of(structured) >= EXPECTED
    said = node("google.mjs", structured, tmp_path)
    # A story without a picture has none to name.
    plain = {
        page["name"] for page in structured if not html.fromstring(page["html"]).xpath("//main//article//figure//img")
    }
    assert [one for one in said if not (one[0] in plain and one[1] == "NewsArticle[0].image")] == []
    article = next(page for page in structured if page["name"] not in plain and '"NewsArticle"' in page["html"])
    wrong = {
        "no date": {"html": article["html"].replace('"datePublished"', '"published"')},
        "no name of a step": {
            "data": [{**data, "itemListElement": [{"@type": "ListItem"}]} for data in article["data"]]
        },
    }
    said = node("google.mjs", [{**article, "name": name, **other} for name, other in wrong.items()], tmp_path)
    assert {where for where, _ in said} == wrong.keys()
