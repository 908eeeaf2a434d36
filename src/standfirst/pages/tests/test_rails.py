"""Rails for pages that do not carry them: what the files hold, and which pages name them."""

from __future__ import annotations

from typing import Any

from standfirst.edition.snapshots import Hot, Notice, Ranking, Section
from standfirst.pages.output import PageRef
from standfirst.pages.parts import rails_path
from standfirst.pages.rails import RAIL, TOP
from standfirst.pages.tests.newsroom import HOME, Newsroom, make_story, newsroom, parsed, ref_of


def rails(room: Newsroom, section: int) -> Any:
    return parsed(room.page(PageRef(rails_path(section), "rails", str(section))))


def path_of(room: Newsroom, story: int) -> str:
    found: Any = room.records["story"][story]
    return str(found.path)


def test_a_cold_story_says_where_its_rails_are_and_a_hot_one_carries_them():
    room = newsroom()
    story = make_story(3)
    cold = parsed(room.page(ref_of(story, "story")))
    (link,) = cold.xpath('//p[@class="rail-link"]')
    assert link.get("data-rails") == "/rails/6.html" and link.get("data-top") == "Top 3"
    assert any("/assets/rails." in address for address in cold.xpath("//script/@src"))
    assert not cold.xpath('//section[@class="rail" or @class="top"]')
    room.put(Hot(id=story.path))
    hot = parsed(room.page(ref_of(story, "story")))
    assert not hot.xpath("//@data-rails") and hot.xpath('//section[@class="rail"]')
    assert not any("/assets/rails." in address for address in hot.xpath("//script/@src"))


def test_the_file_has_the_newest_of_the_section_and_the_most_read_each_in_its_own_language():
    room = newsroom()
    page = rails(room, 6)
    lines = page.xpath('//section[@class="rail"]//li')
    assert len(lines) == RAIL and all(line.get("lang") and line.get("dir") for line in lines)
    assert [line.xpath("string(a/@href)") for line in lines] == [
        path_of(room, id) for id in room.listing("section", 6, RAIL)
    ]
    assert len(page.xpath('//section[@class="top"]//li')) == TOP
    assert page.xpath('//meta[@name="robots"]/@content') == ["noindex"]
    assert len(room.page(PageRef("/rails/6.html", "rails", "6")).body) < 6_000


def test_a_story_that_is_taken_down_is_in_no_rails():
    room = newsroom()
    shown = room.listing("section", 6, RAIL)[0]
    path = path_of(room, shown)
    room.put(Ranking(id="top", stories=(shown, 12)))
    assert path in rails(room, 6).xpath("//a/@href")
    room.put(make_story(shown, path=path, notice=Notice(reason="killed")))
    assert path not in rails(room, 6).xpath("//a/@href")


def test_the_home_front_and_empty_sections_have_none():
    room = newsroom()
    room.put(Section(id=60, path="/opinion/", name="Opinion", parent=1, trail=(1,), position="9"))
    for section in (HOME.id, 60, 999):
        assert room.print(PageRef(rails_path(section), "rails", str(section))) is None
    assert room.print(PageRef("/rails/7.html", "rails", "6")) is None
