"""The API for partners: what it says, what it keeps to itself, and that IPTC's own schema takes all of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped,unused-ignore]
import msgspec
import pytest
from lxml import html

from standfirst.edition.snapshots import Notice, Paragraph, PictureBlock
from standfirst.pages.output import Output
from standfirst.pages.tests.newsroom import (
    ARABIC,
    FERRIES,
    FULL,
    NEWS,
    TIDEWATER,
    Newsroom,
    make_story,
    newsroom,
    picture,
    ref_of,
)
from standfirst.pages.tests.test_laws import hostile_newsroom, random_newsroom

SCHEMA = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "schemas" / "newsinjson__ninjs-schema_3.1.json"
OWN = make_story(3, credit="", body=FULL.body, lead=FULL.lead)
"""A story of our own that has everything in it."""


@cache
def validator() -> Any:
    if not SCHEMA.is_file():
        pytest.skip(f"IPTC's schema is not beside this checkout (looked for {SCHEMA}).")
    schema = json.loads(SCHEMA.read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def read(room: Newsroom, record: Any, kind: str = "ninjs") -> dict[str, Any]:
    return json.loads(room.page(ref_of(record, kind)).body)


def documents(pages: dict[str, Output]) -> dict[str, Output]:
    return {path: output for path, output in pages.items() if path.endswith("/ninjs.json") and output.body}


def test_a_story_is_told_whole():
    room = newsroom()
    room.put(OWN)
    output = room.page(ref_of(OWN, "ninjs"))
    assert (output.status, output.content_type) == (200, "application/json; charset=utf-8")
    told = json.loads(output.body)
    address = f"https://post.example{OWN.path}"
    assert told["standard"]["version"] == "3.1"
    assert (told["type"], told["representationType"], told["pubStatus"]) == ("text", "full", "usable")
    assert told["uri"].startswith("urn:uuid:")
    assert (told["firstCreated"], told["versionCreated"]) == (OWN.published, OWN.refreshed)
    assert told["headlines"][:2] == [
        {"role": "main", "value": OWN.headline},
        {"role": "kicker", "value": OWN.kicker},
    ]
    assert told["descriptions"][0]["value"] == OWN.standfirst
    assert (told["by"], told["located"], told["language"]) == ("Ada Obi", "Port Amity", "en")
    assert told["people"] == [{"name": "Ada Obi", "rel": "author", "uri": "https://post.example/authors/ada-obi/"}]
    assert {"role": "permalink", "value": address} in told["altIds"]
    assert told["copyrightNotice"] == "© 2026 The Harbour Post"
    assert told["usageTerms"] == "Partners may print this with our name and a link."
    assert {it["href"] for it in told["renditions"]} == {address, f"{address}ninjs.json"}


def test_its_text_is_html_with_whole_addresses_of_what_is_live():
    room = newsroom()
    room.put(OWN)
    (body,) = read(room, OWN)["bodies"]
    tree = html.fragment_fromstring(body["value"], create_parent="div")
    earlier = f"https://post.example{make_story(8).path}"
    assert earlier in tree.xpath("//a/@href")
    assert all(link.startswith(("https://", "http://")) for link in tree.xpath("//@href | //@src"))
    assert [it.tag for it in tree][:4] == ["p", "p", "blockquote", "h2"]
    assert {"figure", "ul", "aside"} <= {it.tag for it in tree}
    for figure in tree.xpath("//figure"):
        figure.drop_tree()
    words = " ".join(" ".join(it.text_content() for it in tree.xpath("//p | //h2 | //h3 | //li | //footer")).split())
    assert (body["wordCount"], body["charCount"]) == (len(words.split()), len(words))
    room.put(make_story(8, notice=Notice(reason="killed")))
    assert earlier not in read(room, OWN)["bodies"][0]["value"]
    assert "an earlier one" in read(room, OWN)["bodies"][0]["value"]


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["One two three."],
        ["One  two.", "Three."],
        ["One&nbsp;two &amp; three."],
        ["One\u2003two.", "Three\tfour.", "\u00a0"],
        ["One<br>two.", " three "],
        ["<b>One</b> two, <i>three</i>.", ""],
        ["توصلت الدول إلى اتفاق.", "漢字\u3000漢字"],
        [""],
    ],
)
def test_its_words_and_characters_are_counted_with_one_space_between_words(paragraphs: list[str]):
    room = newsroom()
    own = make_story(3, credit="", body=tuple(Paragraph(html=paragraph) for paragraph in paragraphs))
    room.put(own)
    (body,) = read(room, own)["bodies"]
    tree = html.fragment_fromstring(body["value"].replace("<br>", " "), create_parent="div")
    words = " ".join(it.text_content() for it in tree.xpath("//p")).split()
    assert (body["wordCount"], body["charCount"]) == (len(words), len(" ".join(words)))


def test_pictures_go_with_it_unless_something_binds_them_to_our_pages():
    room = newsroom()
    room.put(OWN)
    lead, body, *gallery = read(room, OWN)["associations"]
    assert (lead["rel"], body["rel"], lead["type"]) == ("lead", "body", "picture")
    assert gallery and {it["rel"] for it in gallery} == {"gallery"}
    assert [it["width"] for it in lead["renditions"]] == [240, 480, 720, 960, 1280]
    assert all(it["contentType"] == "image/jpeg" for it in lead["renditions"])
    assert lead["by"] and {it["role"] for it in lead["descriptions"]} == {"caption", "alt"}
    free, _ = picture(5, licence="CC BY 4.0")
    bound, _ = picture(1, onward=False)
    room.put(free, bound)
    left = {it["rel"]: it for it in read(room, OWN)["associations"]}
    assert "lead" not in left
    assert left["body"]["usageTerms"] == "CC BY 4.0"
    assert any(isinstance(block, PictureBlock) for block in OWN.body)


def test_of_agency_copy_headline_and_standfirst_go_until_the_agency_allows_more():
    room = newsroom()
    room.put(make_story(1, onward="summary", origins=FULL.origins, body=FULL.body))
    told = read(room, FULL)
    assert told["representationType"] == "partial"
    assert not {"bodies", "associations"} & told.keys()
    assert told["headlines"] and told["descriptions"]
    assert told["usageTerms"] == "Headline and standfirst only. Tidewater lets us pass on no more of this text."
    assert {"name": "Tidewater", "role": "provider"} in told["infoSources"]
    room.put(FULL)
    assert read(room, FULL)["representationType"] == "full"
    # Where nobody knows how it came, an agency's desk among its authors tells.
    room.put(make_story(3, credit="", authors=(TIDEWATER.id,)))
    assert read(room, make_story(3))["representationType"] == "partial"


def test_what_nobody_may_be_given_has_no_document_and_no_page_leads_to_one():
    room = newsroom()
    room.put(make_story(3, onward="none"))
    assert room.print(ref_of(make_story(3), "ninjs")) is None
    page = room.page(ref_of(make_story(3), "story"))
    assert page.status == 200
    assert f"{make_story(3).path}ninjs.json".encode() not in page.body


def test_a_killed_story_answers_410_at_every_address_and_is_on_no_list():
    room = newsroom()
    gone = msgspec.structs.replace(
        FULL, notice=Notice(reason="killed", wording="Withdrawn.", at="2026-11-23T10:00:00Z")
    )
    room.put(gone)
    for kind in ("ninjs", "moved-ninjs"):
        output = room.page(ref_of(gone, kind))
        told = json.loads(output.body)
        assert output.status == 410
        assert (told["pubStatus"], told["edNote"], told["versionCreated"]) == (
            "canceled",
            "Withdrawn.",
            "2026-11-23T10:00:00Z",
        )
        assert "headlines" not in told
        assert FULL.headline.encode() not in output.body
    assert read(room, gone)["uri"] not in room.page(ref_of(NEWS, "ninjs-list")).body.decode()
    assert room.print(ref_of(FERRIES, "ninjs-list")) is None
    held = make_story(8, notice=Notice(reason="withheld", names=True))
    room.put(held)
    assert read(room, held)["pubStatus"] == "withheld"
    assert read(room, held)["headlines"] == [{"role": "main", "value": held.headline}]


def test_a_correction_is_told_to_partners():
    assert (
        "Correction, 2026-11-22T18:10:00Z: An earlier version gave the wrong hour" in read(newsroom(), FULL)["edNote"]
    )


def test_a_list_names_its_stories_and_where_all_of_each_is():
    told = read(newsroom(), NEWS, "ninjs-list")
    assert (told["type"], told["title"]) == ("composite", "The Harbour Post: News")
    assert told["versionCreated"] == max(it["versionCreated"] for it in told["associations"])
    first = told["associations"][0]
    assert first["uri"] == read(newsroom(), make_story(0))["uri"]
    assert first["representationType"] == "partial"
    assert f"https://post.example{make_story(0).path}ninjs.json" in {it["href"] for it in first["renditions"]}


def test_iptcs_schema_takes_every_document():
    check = validator()
    for room in (newsroom(), hostile_newsroom(), random_newsroom(1), random_newsroom(2)):
        room.put(OWN, make_story(8, notice=Notice(reason="killed", names=True, wording="x", at="2026-11-23T10:00:00Z")))
        found = documents(room.print_all(but=("rendition",)))
        assert len(found) > 6
        for path, output in found.items():
            problems = [error.message for error in check.iter_errors(json.loads(output.body))]
            assert not problems, (path, problems[:3])
    assert ARABIC.headline in json.dumps(read(newsroom(), ARABIC), ensure_ascii=False)
