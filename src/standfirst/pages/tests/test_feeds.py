from __future__ import annotations

import feedparser
from lxml import etree

from standfirst.pages.tests.newsroom import HOME, NEWS, SITE, Newsroom, make_story, newsroom, ref_of


def test_the_feed_is_rss_that_readers_understand():
    output = newsroom().page(ref_of(NEWS, "feed"))
    assert output.content_type == "application/rss+xml; charset=utf-8"
    feed = feedparser.parse(output.body)
    assert not feed.bozo
    assert feed.version == "rss20"
    assert feed.feed.title == "The Harbour Post: News"
    assert [it.href for it in feed.feed.links if it.rel == "self"] == ["https://post.example/news/feed.xml"]
    first = feed.entries[0]
    assert first.title == "Estuary: Ferry crews vote to keep the night crossing through the winter"
    assert first.link == first.id == f"https://post.example{make_story(0).path}"
    assert b'<guid isPermaLink="true">https://post.example/news/world/' in output.body
    assert first.published == "Sun, 22 Nov 2026 20:30:00 +0000"
    assert first.author == "Ada Obi"
    assert [it.term for it in first.tags] == ["World"]
    assert first.media_content[0]["type"] == "image/jpeg"


def test_the_feed_has_no_clock_in_it():
    root = etree.fromstring(newsroom().page(ref_of(NEWS, "feed")).body)
    assert root.findtext("channel/lastBuildDate") == "Sun, 22 Nov 2026 20:30:00 +0000"
    assert "lastBuildDate" not in Newsroom((SITE, HOME)).page(ref_of(HOME, "feed")).body.decode()


def test_copy_that_xml_cannot_carry_does_not_break_the_feed():
    room = newsroom()
    bad = "A \x0b & <b>\x00 ]]> “quote” \uffff end"
    room.put(make_story(0, headline=bad, standfirst=bad, byline=bad))
    root = etree.fromstring(room.page(ref_of(NEWS, "feed")).body)
    assert root.findtext("channel/item/title") == "Estuary: A  & <b> ]]> “quote”  end"


def test_addresses_in_other_scripts_are_percent_encoded():
    room = newsroom()
    room.put(make_story(0, path="/news/world/2026/11/22/اتفاق/"))
    root = etree.fromstring(room.page(ref_of(NEWS, "feed")).body)
    link = root.findtext("channel/item/link", "")
    assert link.isascii() and link.startswith("https://post.example/news/world/2026/11/22/%D8")
