from __future__ import annotations

import msgspec
import pytest
from lxml import etree

from standfirst.edition.snapshots import Notice, Story, Window
from standfirst.pages.output import PageRef
from standfirst.pages.tests.newsroom import FERRIES, SITE, Newsroom, make_story, newsroom
from standfirst.pages.tests.test_laws import hostile_newsroom, random_newsroom

INDEX = PageRef("/sitemap.xml", "sitemap-index", "")
LISTS = PageRef("/sitemap-lists.xml", "sitemap-lists", "")
NEWS = PageRef("/sitemap-news.xml", "sitemap-news", "")
SPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
    "i": "http://www.google.com/schemas/sitemap-image/1.1",
}


def found(room: Newsroom, ref: PageRef, path: str = "//s:loc/text()") -> list[str]:
    return [
        str(it).removeprefix(SITE.origin) for it in etree.fromstring(room.page(ref).body).xpath(path, namespaces=SPACES)
    ]


def live(room: Newsroom) -> list[Story]:
    return [story for story in room.records["story"].values() if isinstance(story, Story)]


def sheet(name: str) -> PageRef:
    return PageRef(f"/sitemap-{name}.xml", "sitemap", name)


def test_every_live_story_is_in_one_sheet_and_every_sheet_in_the_index():
    room = newsroom()
    sheets = found(room, INDEX)
    assert sheets == ["/sitemap-lists.xml", "/sitemap-2026-11-2.xml", "/sitemap-2026-11.xml"]
    listed = [path for name in ("2026-11", "2026-11-2") for path in found(room, sheet(name))]
    assert sorted(listed) == sorted(story.path for story in live(room))
    assert found(room, sheet("2026-11-2"), "//s:lastmod/text()")[0] == "2026-11-22T20:30:00Z"


def test_the_newest_month_comes_first_however_many_sheets_it_has():
    room = newsroom(2)
    for number, name in enumerate(["2026-11-10", "2026-9", "2026-11-9", "2026-12"], start=20):
        room.put(make_story(number, sheet=name if name != "2026-9" else "2026-09"))
    assert found(room, INDEX)[1:] == [
        f"/sitemap-{name}.xml" for name in ("2026-12", "2026-11-10", "2026-11-9", "2026-11-2", "2026-11", "2026-09")
    ]


def test_what_was_taken_down_and_what_goes_to_nobody_is_in_none():
    room = newsroom(4)
    room.put(make_story(3, notice=Notice(reason="withheld", names=True)), make_story(2, onward="none"))
    pages = room.print_all(but=("rendition", "story", "ninjs"))
    everything = b"".join(output.body for path, output in pages.items() if path.startswith("/sitemap"))
    for number, there in ((0, True), (2, False), (3, False)):
        assert (make_story(number).path.encode() in everything) is there
    for story in list(room.records["story"].values()):
        room.drop(story)
    assert found(room, INDEX) == ["/sitemap-lists.xml"]
    assert room.print(sheet("2026-11")) is None


def test_lists_are_those_that_have_a_live_story():
    room = newsroom()
    paths = found(room, LISTS)
    assert {"/", "/about/", "/news/world/", "/topics/ferries/", "/authors/ada-obi/"} <= set(paths)
    assert "/topics/quiet/" not in paths
    assert len(paths) == len(set(paths))
    assert found(Newsroom((msgspec.structs.replace(SITE, standards=False),)), LISTS) == ["/"]


def test_news_is_what_was_first_published_within_the_window():
    room = newsroom()
    fresh = sorted((it for it in live(room) if it.published >= "2026-11-20T21:00:00Z"), key=lambda it: it.published)
    assert found(room, NEWS) == [it.path for it in reversed(fresh)]
    root = etree.fromstring(room.page(NEWS).body)
    first = root.find("s:url", SPACES)
    assert first is not None
    assert first.findtext("n:news/n:publication/n:name", None, SPACES) == "The Harbour Post"
    assert first.findtext("n:news/n:publication/n:language", None, SPACES) == "en"
    assert first.findtext("n:news/n:publication_date", None, SPACES) == "2026-11-22T20:30:00Z"
    assert first.findtext("n:news/n:title", None, SPACES) == make_story(0).headline
    assert first.findtext("i:image/i:loc", "", SPACES).startswith("https://post.example/pictures/")
    assert "ar" in found(room, NEWS, "//n:language/text()")
    # Time is a record that a tick writes, so the same records print the same bytes at any hour.
    room.put(Window(id="news", since="2026-11-22T20:00:00Z"))
    assert found(room, NEWS) == [make_story(0).path]


def test_a_news_sitemap_without_news_names_the_front_as_the_format_wants_an_address():
    room = newsroom()
    room.put(Window(id="news", since="2027-01-01T00:00:00Z"))
    assert found(room, NEWS) == ["/"]
    assert found(Newsroom((SITE,)), NEWS) == ["/"]


@pytest.mark.parametrize("make", [newsroom, hostile_newsroom, lambda: random_newsroom(1), lambda: random_newsroom(2)])
def test_no_sitemap_is_empty_or_names_an_address_that_is_not_there(make):
    room = make()
    pages = room.print_all(but=("rendition",))
    sitemaps = {path for path in pages if path.startswith("/sitemap")}
    assert set(found(room, INDEX)) == sitemaps - {INDEX.path, NEWS.path}
    for path in sitemaps - {INDEX.path}:
        locations = etree.fromstring(pages[path].body).xpath("//s:url/s:loc/text()", namespaces=SPACES)
        assert locations
        for location in locations:
            assert pages[str(location).removeprefix(SITE.origin)].status == 200, (path, location)


def test_an_old_address_of_a_topic_is_in_no_sitemap():
    room = newsroom()
    room.put(msgspec.structs.replace(FERRIES, path="/topics/crossings/", former=(FERRIES.path,)))
    assert "/topics/crossings/" in found(room, LISTS)
    assert FERRIES.path not in found(room, LISTS)
