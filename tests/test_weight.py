"""What a page costs a reader, whether it needs a script or another host, and whether its links lead somewhere.

Every page of the demonstration newsroom as its reader process serves it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import brotli
import httpx
import pytest

from tests.kinds import html_pages
from tests.running import Serving, parsed

CEILING = 50 * 1024
FIRST = 14 * 1024
"""What the first paint waits for: the page and its style sheet."""
SCRIPTS = 10 * 1024
"""All scripts of a page, unpacked."""
FLOOR = 2 * 1024
"""A text story below this has lost something."""
FLOORS: dict[str, float] = {
    "about": 1.5,
    "archive": 0.7,
    "author": 2.8,
    "corrections": 1.1,
    "day": 1.6,
    "fault": 0.6,
    "front": 4.0,
    "gallery": 1.6,
    "gone": 0.7,
    "lost": 0.7,
    "month": 0.8,
    "notfound": 0.7,
    "patterns": 3.5,
    "rails": 0.7,
    "searchaway": 0.7,
    "searchbusy": 0.7,
    "story": 3.7,
    "topic": 3.5,
    "topics": 0.8,
}
"""Kilobytes of HTML, packed, that the longest page of each kind has at least: half of what it has now."""


def packed(answer: httpx.Response) -> int:
    """Bytes that went over the line for a body."""
    if answer.headers.get("content-encoding") in {"gzip", "br"}:
        return int(answer.headers["content-length"])
    return len(answer.content)


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
def pages(served: Serving, kept: dict[str, Any]) -> dict[str, httpx.Response]:
    """Every page of HTML by its address: 200 and 410, and the one for addresses where there is nothing."""
    if not kept:
        served.at_rest()
        for address, status in served.addresses().items():
            if status != 301 and address.endswith("/"):
                kept[address] = served.http.get(address)
                assert kept[address].status_code == status, address
        kept["/no/such/page/"] = served.http.get("/no/such/page/")
    return kept


def kinds(pages: dict[str, httpx.Response]) -> dict[str, list[str]]:
    """Addresses of each kind of page."""
    found: dict[str, list[str]] = {
        name: [] for name in ("home", "front", "story", "gallery", "day", "author", "gone", "lost")
    }
    for address, answer in pages.items():
        if answer.status_code != 200:
            kind = "gone" if answer.status_code == 410 else "lost"
        elif address == "/":
            kind = "home"
        elif address.startswith("/authors/"):
            kind = "author"
        elif re.fullmatch(r"/\d{4}/\d\d/\d\d/", address):
            kind = "day"
        elif re.search(r"/\d{4}/\d\d/\d\d/[^/]+/$", address):
            kind = "story"
        elif re.search(r"/\d{4}/\d\d/\d\d/[^/]+/pictures/$", address):
            kind = "gallery"
        else:
            kind = "front"
        found[kind].append(address)
    return found


def asked_for(page: Any) -> Iterator[str]:
    """Every address that a browser fetches by itself for a page."""
    yield from page.xpath("//img/@src | //script/@src | //iframe/@src | //source/@src | //video/@src | //audio/@src")
    yield from page.xpath("//embed/@src | //object/@data | //video/@poster | //input/@src | //use/@href")
    yield from page.xpath("//link[not(@rel='canonical' or @rel='alternate')]/@href")
    for srcset in page.xpath("//@srcset | //@imagesrcset"):
        yield from (part.split()[0] for part in srcset.split(","))
    yield from re.findall(r"url\(([^)]*)\)", " ".join(page.xpath("//@style | //style/text()")))


def test_there_is_a_page_of_every_kind(pages: dict[str, httpx.Response]) -> None:
    assert {kind: bool(found) for kind, found in kinds(pages).items()} == dict.fromkeys(kinds(pages), True)


def test_a_story_is_at_most_fifty_kilobytes_on_first_view(served: Serving, pages: dict[str, httpx.Response]) -> None:
    heaviest: dict[str, int] = {}
    for kind, addresses in kinds(pages).items():
        for address in addresses:
            page = parsed(pages[address].content)
            sheets = page.xpath("//link[@rel='stylesheet']/@href")
            assert len(sheets) == 1, address
            sheet = served.http.get(sheets[0])
            for asked in asked_for(parsed(sheet.content)):
                raise AssertionError(f"the style sheet asks for {asked}")
            scripts = page.xpath("//script/@src")
            assert sum(len(served.http.get(script).content) for script in scripts) <= SCRIPTS, address
            cost = packed(pages[address]) + packed(sheet) + sum(packed(served.http.get(script)) for script in scripts)
            assert cost <= CEILING, address
            if kind == "story":
                words = len(" ".join(page.xpath("//main//text()")).split())
                assert words > 20, address
                assert packed(pages[address]) >= FLOOR or words < 200, address
            heaviest[kind] = max(cost, heaviest.get(kind, 0))
    print("heaviest first view, HTML and style sheet packed, bytes:", heaviest)
    assert heaviest["home"] > 8 * 1024


def test_no_kind_of_page_has_lost_half_of_what_it_had(served: Serving) -> None:
    longest = {
        kind: max(len(gzip.compress(body)) for body in bodies.values()) / 1024
        for kind, bodies in html_pages(served).items()
    }
    assert longest.keys() == FLOORS.keys(), "say how long the longest page of a new kind is at least"
    assert {kind: size for kind, size in longest.items() if size < FLOORS[kind]} == {}


def test_the_first_paint_of_no_kind_of_page_waits_for_more_than_fourteen_kilobytes(
    served: Serving, pages: dict[str, httpx.Response]
) -> None:
    for kind, addresses in kinds(pages).items():
        longest = max(addresses, key=lambda address: len(pages[address].content))
        body = pages[longest].content
        sheets = {str(it) for it in parsed(body).xpath("//link[@rel='stylesheet']/@href")}
        # As they are packed in life, some moments after they were printed.
        waits = [brotli.compress(each) for each in (body, *(served.http.get(sheet).content for sheet in sheets))]
        assert sum(map(len, waits)) <= FIRST, (kind, longest, [len(each) for each in waits])


def test_no_page_needs_a_script_or_another_host(served: Serving, pages: dict[str, httpx.Response]) -> None:
    for address, answer in pages.items():
        page = parsed(answer.content)
        for script in page.xpath("//script[not(@src)]"):
            assert dict(script.attrib) == {"type": "application/ld+json"}, address
            json.loads(script.text)
        assert set(page.xpath("//script[@src]/@type")) <= {"module"}, address
        assert not page.xpath("//@*[starts-with(name(), 'on')] | //meta[@http-equiv] | //base | //noscript"), address
        assert not page.xpath("//*[@hidden]//h1 | //iframe | //object | //embed"), address
        for asked in asked_for(page):
            assert not urlsplit(asked).scheme and not urlsplit(asked).netloc, (address, asked)
        assert not re.search(rb"@import|url\(\s*['\"]?(?:https?:)?//", answer.content), address
        assert page.xpath("//main") and page.xpath("//h1"), address


def test_every_local_link_of_every_page_answers(served: Serving, pages: dict[str, httpx.Response]) -> None:
    links: dict[str, str] = {}
    for address, answer in pages.items():
        page = parsed(answer.content)
        found = [
            *asked_for(page),
            *page.xpath("//a/@href | //link/@href | //area/@href | //form/@action | //@data-rails"),
        ]
        found += page.xpath("//meta[@property='og:image' or @property='og:url']/@content")
        for link in found:
            target = urlsplit(urljoin(served.url + address, link))
            assert target.scheme in {"http", "https", "mailto", "tel"}, (address, link)
            if f"{target.scheme}://{target.netloc}" == served.url:
                if target.path != address:
                    links.setdefault(target.path, address)
                elif target.fragment:
                    assert page.get_element_by_id(target.fragment, None) is not None, (address, link)
    assert len(links) > 200
    for link, address in links.items():
        if not link.startswith(("/newsroom/", "/search")):
            status = served.http.get(link).status_code
            assert status == 200, f"{address} links to {unquote(link)}, which answers {status}"


def test_feeds_name_stories_that_are_there(served: Serving) -> None:
    feeds = [address for address in served.addresses() if address.endswith("/feed.xml")]
    assert len(feeds) > 5
    for feed in feeds:
        answer = served.http.get(feed)
        assert answer.headers["content-type"].startswith("application/rss+xml")
        for link in re.findall(r"<link>([^<]+)</link>", answer.text):
            assert link.startswith(served.url), (feed, link)
            assert served.http.get(urlsplit(link).path).status_code == 200, (feed, link)


def test_each_page_says_its_language_and_direction(pages: dict[str, httpx.Response]) -> None:
    languages: set[tuple[str, str]] = set()
    for address, answer in pages.items():
        page = parsed(answer.content)
        languages.add((page.get("lang"), page.get("dir")))
        if kinds({address: answer})["story"]:
            arabic = any("\u0600" <= letter <= "\u06ff" for letter in page.xpath("string(//h1)"))
            heading = page.xpath("//h1")[0]
            scope = heading.xpath("ancestor-or-self::*[@dir][1]/@dir")[-1]
            assert scope == ("rtl" if arabic else "ltr"), address
            said = heading.xpath("ancestor-or-self::*[@lang][1]/@lang")[-1]
            assert said.startswith("ar") == arabic, address
        assert page.get("lang") and page.get("dir") in {"ltr", "rtl"}, address
    assert {direction for _, direction in languages} == {"ltr", "rtl"}


def test_twins_are_the_same_page(served: Serving) -> None:
    for file in (served.home / "output").rglob("*.br"):
        assert brotli.decompress(file.read_bytes()) == file.with_suffix("").read_bytes(), file
    for file in (served.home / "output").rglob("*.gz"):
        assert gzip.decompress(file.read_bytes()) == file.with_suffix("").read_bytes(), file
