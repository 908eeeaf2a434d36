from __future__ import annotations

import json

import feedparser
import msgspec
import pytest
from lxml import etree

from standfirst.edition.snapshots import Frozen, Picture
from standfirst.pages.output import Output
from standfirst.pages.tests.newsroom import (
    ADA,
    FERRIES,
    FULL,
    HOME,
    NEWS,
    QUIET,
    SITE,
    WORLD,
    Newsroom,
    make_story,
    newsroom,
    picture,
    ref_of,
)

ID = "urn:uuid:efe95d8a-7870-5d56-9bdc-0d918f2ee1f1"
"""Of story 0, for ever."""


def of(record: Frozen, kind: str, room: Newsroom | None = None) -> Output:
    return (room or newsroom()).page(ref_of(record, kind))


def items(output: Output) -> list[dict]:
    return json.loads(output.body)["items"]


def test_the_feed_is_rss_that_readers_understand():
    output = of(NEWS, "feed")
    assert output.content_type == "application/rss+xml; charset=utf-8"
    feed = feedparser.parse(output.body)
    assert not feed.bozo
    assert feed.version == "rss20"
    assert feed.feed.title == "The Harbour Post: News"
    assert [it.href for it in feed.feed.links if it.rel == "self"] == ["https://post.example/news/feed.xml"]
    first = feed.entries[0]
    assert first.title == "Estuary: Ferry crews vote to keep the night crossing through the winter"
    assert first.link == f"https://post.example{make_story(0).path}"
    assert (first.id, first.guidislink) == (ID, False)
    assert first.published == "Sun, 22 Nov 2026 20:30:00 +0000"
    assert first.updated == "2026-11-22T20:30:00Z"
    assert first.author == "Ada Obi"
    assert [it.term for it in first.tags] == ["World"]
    assert first.media_content[0]["type"] == "image/jpeg"


def test_the_same_is_there_as_atom():
    output = of(FERRIES, "atom")
    assert output.content_type == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(output.body)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.title == "The Harbour Post: Ferries"
    assert feed.feed.subtitle == FERRIES.description
    assert feed.feed.updated == "2026-11-22T18:10:00Z"
    assert feed.feed.rights == SITE.terms
    assert {(it.rel, it.href) for it in feed.feed.links} == {
        ("alternate", "https://post.example/topics/ferries/"),
        ("self", "https://post.example/topics/ferries/atom.xml"),
    }
    (entry,) = feed.entries
    assert entry.link == f"https://post.example{FULL.path}"
    assert (entry.published, entry.updated) == ("2026-11-22T17:30:00Z", "2026-11-22T18:10:00Z")
    assert [it.name for it in entry.authors] == ["Tidewater Agency", "Tidewater"]
    assert [it.term for it in entry.tags] == ["World", "Ferries", "Work"] or entry.tags[1].term == "Ferries"
    assert entry.summary == FULL.standfirst
    assert entry.title_detail.language == "en"


def test_an_arabic_story_says_so_in_every_format():
    rss, atom = (feedparser.parse(of(WORLD, kind).body) for kind in ("feed", "atom"))
    assert next(it for it in rss.entries if "story" not in it.link).language == "ar"
    assert next(it for it in atom.entries if "story" not in it.link).title_detail.language == "ar"
    assert {it["language"] for it in items(of(WORLD, "json-feed"))} == {"ar", "en"}


def test_the_same_is_there_as_json_feed():
    output = of(ADA, "json-feed")
    assert output.content_type == "application/feed+json; charset=utf-8"
    feed = json.loads(output.body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "https://post.example/authors/ada-obi/"
    assert feed["feed_url"] == "https://post.example/authors/ada-obi/feed.json"
    assert feed["items"][0] == {
        "id": ID,
        "url": f"https://post.example{make_story(0).path}",
        "title": "Estuary: Ferry crews vote to keep the night crossing through the winter",
        "content_text": make_story(0).standfirst,
        "summary": make_story(0).standfirst,
        "date_published": "2026-11-22T20:30:00Z",
        "date_modified": "2026-11-22T20:30:00Z",
        "language": "en",
        "authors": [{"name": "Ada Obi", "url": "https://post.example/authors/ada-obi/"}],
        "tags": ["World"],
        "image": feed["items"][0]["image"],
    }


def test_a_section_that_moves_and_a_host_that_changes_make_no_entry_new():
    before, room = newsroom(), newsroom()
    room.put(
        msgspec.structs.replace(SITE, origin="https://elsewhere.example"),
        msgspec.structs.replace(WORLD, path="/abroad/", former=("/news/world/",)),
        make_story(0, path="/abroad/2026/11/22/story-0/"),
    )
    for kind in ("feed", "atom"):
        then, now = (feedparser.parse(of(NEWS, kind, each).body) for each in (before, room))
        assert [it.id for it in then.entries] == [it.id for it in now.entries]
        assert then.feed.get("id") == now.feed.get("id")
        assert now.entries[0].link == "https://elsewhere.example/abroad/2026/11/22/story-0/"
    assert [it["id"] for it in items(of(NEWS, "json-feed", before))] == [
        it["id"] for it in items(of(NEWS, "json-feed", room))
    ]


@pytest.mark.parametrize("kind", ["feed", "atom", "json-feed", "ninjs-list"])
def test_a_feed_has_no_clock_in_it(kind):
    empty = Newsroom((SITE, HOME)).page(ref_of(HOME, kind)).body.decode()
    assert "lastBuildDate" not in empty
    assert "2026-" not in empty
    root = etree.fromstring(of(NEWS, "feed").body)
    assert root.findtext("channel/lastBuildDate") == "Sun, 22 Nov 2026 20:30:00 +0000"


def test_copy_that_xml_cannot_carry_does_not_break_the_feed():
    room = newsroom()
    bad = "A \x0b & <b>\x00 ]]> “quote” \uffff end"
    room.put(make_story(0, headline=bad, standfirst=bad, byline=bad))
    for kind, title in (("feed", "channel/item/title"), ("atom", "{*}entry/{*}title")):
        root = etree.fromstring(of(NEWS, kind, room).body)
        assert root.findtext(title) == "Estuary: A  & <b> ]]> “quote”  end"
    assert items(of(NEWS, "json-feed", room))[0]["title"].startswith("Estuary: A \x0b & <b>")


def test_addresses_in_other_scripts_are_percent_encoded():
    room = newsroom()
    room.put(make_story(0, path="/news/world/2026/11/22/اتفاق/"))
    root = etree.fromstring(of(NEWS, "feed", room).body)
    link = root.findtext("channel/item/link", "")
    assert link.isascii() and link.startswith("https://post.example/news/world/2026/11/22/%D8")


def test_what_an_agency_does_not_let_us_pass_on_stays_on_our_pages():
    room = newsroom()
    room.put(make_story(0, onward="none", topics=(70,)), make_story(7, onward="summary"))
    for kind in ("feed", "atom", "json-feed", "ninjs-list"):
        for record in (NEWS, ADA, FERRIES):
            assert make_story(0).path.encode() not in of(record, kind, room).body
    found = {it["url"]: it for it in items(of(HOME, "json-feed", room))}
    assert "image" not in found[f"https://post.example{make_story(7).path}"]
    assert "image" in found[f"https://post.example{make_story(3).path}"]
    assert make_story(0).path.encode() in room.page(ref_of(NEWS, "front")).body


def test_a_picture_that_is_bound_to_our_pages_is_in_no_feed():
    room = newsroom()
    bound, _ = picture(0, onward=False)
    assert isinstance(room.records["picture"][bound.id], Picture)
    room.put(bound)
    assert "image" not in items(of(NEWS, "json-feed", room))[0]
    assert not feedparser.parse(of(NEWS, "feed", room).body).entries[0].get("media_content")


def test_a_list_without_a_page_has_no_feeds_and_a_former_address_leads_on():
    room = newsroom()
    for kind in ("topic", "feed", "atom", "json-feed", "ninjs-list", "moved-list"):
        assert room.print(ref_of(QUIET, kind)) is None
    pages = room.print_all(but=("rendition",))
    for name in ("", "feed.xml", "atom.xml", "feed.json", "ninjs.json"):
        output = pages[f"/topics/boats/{name}"]
        assert (output.status, output.location) == (301, f"/topics/ferries/{name}")
