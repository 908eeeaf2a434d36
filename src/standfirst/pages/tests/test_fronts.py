from __future__ import annotations

from typing import Any

import msgspec

from standfirst.edition.snapshots import Author, Notice, Ranking, Section, Slots
from standfirst.pages.output import PageRef
from standfirst.pages.tests.newsroom import (
    ADA,
    ARABIC,
    HOME,
    NEWS,
    SECTIONS,
    SITE,
    Newsroom,
    make_story,
    newsroom,
    parsed,
    ref_of,
)


def tree(room: Newsroom, ref: PageRef) -> Any:
    return parsed(room.page(ref))


def headlines(page: Any, where: str = "") -> Any:
    return page.xpath(f'{where}//*[contains(@class, "card-headline")]/a/@href')


def test_the_pinned_story_leads_and_the_newest_follow():
    room = newsroom()
    page = tree(room, ref_of(HOME, "front"))
    newest = [make_story(0).path, "/news/region/2026/11/22/story-1/", make_story(2).path, make_story(3).path]
    assert headlines(page)[:5] == [make_story(7).path, *newest]
    room.drop(Slots(id=1))
    assert headlines(tree(room, ref_of(HOME, "front")))[0] == make_story(0).path


def test_a_pinned_story_that_was_taken_down_gives_way():
    room = newsroom()
    room.put(make_story(7, notice=Notice(reason="killed")))
    assert headlines(tree(room, ref_of(HOME, "front")))[0] == make_story(0).path


def test_no_front_shows_a_story_twice():
    room = newsroom()
    for section in SECTIONS:
        page = tree(room, ref_of(section, "front"))
        (top,) = page.xpath('//section[@class="top"]') or [None]
        if top is not None:
            top.getparent().remove(top)
        shown = [href for href in page.xpath("//main//a/@href") if "/story-" in href]
        assert len(shown) == len(set(shown)), section.path


def test_top_three_are_three_and_live():
    room = newsroom()
    room.put(Ranking(id="top", stories=(999, 12, 5, 9, 10)), make_story(5, notice=Notice(reason="withheld")))
    page = tree(room, ref_of(HOME, "front"))
    assert page.xpath('//section[@class="top"]//a/@href') == [make_story(id).path for id in (12, 9, 10)]


def test_a_section_front_leads_to_its_sections_its_days_and_its_feeds():
    page = tree(newsroom(), ref_of(NEWS, "front"))
    assert page.xpath('//ul[@class="section-children"]//a/@href') == ["/news/world/", "/news/region/"]
    assert page.xpath('//nav[@class="days"]//a/@href')[0] == "/2026/11/22/"
    feeds = ["feed.xml", "atom.xml", "feed.json"]
    assert page.xpath('//main//div[@class="feeds"]//a/@href') == [f"/news/{name}" for name in feeds]
    assert page.xpath('//main//div[@class="feeds"]//a/text()') == ["RSS", "Atom", "JSON Feed"]
    assert page.xpath('//footer//div[@class="feeds"]//a/@href') == [f"/{name}" for name in feeds]
    types = page.xpath('//main//div[@class="feeds"]//a/@type')
    assert page.xpath('//link[@rel="alternate"]/@type')[:3] == types
    assert "/authors/ada-obi/" in page.xpath("//main//a/@href")


def test_an_empty_section_says_so():
    room = newsroom()
    empty = Section(id=60, path="/opinion/", name="Opinion", parent=1, trail=(1,), position="9")
    room.put(empty)
    page = tree(room, ref_of(empty, "front"))
    assert "Nothing has been published here yet." in page.text_content()
    assert room.page(ref_of(empty, "feed")).status == 200


def test_an_empty_newsroom_has_a_front():
    room = Newsroom((SITE, HOME))
    page = tree(room, ref_of(HOME, "front"))
    assert page.xpath("//h1")[0].text_content() == "The Harbour Post"
    assert "Nothing has been published" in page.text_content()


def test_a_front_is_only_at_its_sections_address():
    assert newsroom().print(PageRef("/elsewhere/", "front", "2")) is None
    assert newsroom().print(PageRef("/news/", "front", "")) is None


def test_a_day_lists_its_stories_and_links_to_days_that_have_some():
    room = newsroom()
    page = tree(room, PageRef("/2026/11/22/", "day", "2026-11-22"))
    assert page.xpath("//h1")[0].text_content() == "Sunday, 22 November 2026"
    assert headlines(page)[0] == make_story(0).path
    assert page.xpath('//nav[@class="pager"]//a/@href') == ["/2026/11/21/"]
    assert room.print(PageRef("/2026/11/30/", "day", "2026-11-30")) is None
    assert room.print(PageRef("/2026/11/99/", "day", "2026-11-99")) is None
    assert room.print(PageRef("/2026/11/21/", "day", "2026-11-22")) is None


def test_a_day_page_reaches_over_days_without_stories():
    room = Newsroom((SITE, HOME, make_story(1, id=1), make_story(1, id=2, day="2026-11-18", path="/b/")))
    page = tree(room, PageRef("/2026/11/22/", "day", "2026-11-22"))
    assert page.xpath('//nav[@class="pager"]//a/@href') == ["/2026/11/18/"]


def test_an_author_has_a_page_before_the_first_story():
    room = newsroom()
    new = Author(id=95, path="/authors/new/", name="Bola New")
    room.put(new)
    assert "Nothing has been published" in tree(room, ref_of(new, "author")).text_content()
    assert room.print(PageRef("/authors/else/", "author", "95")) is None


def test_an_author_page_shows_the_person_and_the_newest_stories():
    page = tree(newsroom(), ref_of(ADA, "author"))
    assert page.xpath("//h1")[0].text_content() == "Ada Obi"
    assert "Harbour correspondent" in page.text_content()
    assert page.xpath('//div[@class="portrait"]//img/@alt') == ["Portrait of Ada Obi"]
    assert headlines(page)[0] == make_story(0).path


def test_a_story_in_another_language_says_so_in_a_list():
    page = tree(newsroom(), PageRef("/2026/11/21/", "day", "2026-11-21"))
    (headline,) = page.xpath(f'//a[@href="{ARABIC.path}"]/..')
    assert (headline.get("lang"), headline.get("dir")) == ("ar", "rtl")


def test_sections_keep_one_colour_with_the_sections_below_them():
    page = tree(newsroom(), PageRef("/news/world/", "front", "3"))
    assert page.xpath("//body/@class") == ["tone-1"]
    page = tree(newsroom(), PageRef("/business/", "front", "5"))
    assert page.xpath("//body/@class") == ["tone-2"]


def test_a_newsroom_of_another_day_reads_dates_in_its_own_zone():
    room = newsroom()
    room.put(msgspec.structs.replace(SITE, zone="Pacific/Auckland"))
    page = tree(room, PageRef("/2026/11/22/", "day", "2026-11-22"))
    assert "23 November 2026, 9:30\xa0am NZDT" in page.text_content()
