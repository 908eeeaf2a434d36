"""What stands on a front and why: the explanation and the printed page are one, and the policy holds, in any state."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.edition.snapshots import Breaking, Card, Notice, Ranking, Slots
from standfirst.pages.output import PageRef
from standfirst.pages.parts import chrome
from standfirst.pages.plan import FRONT, MAY_REPEAT, MOST_READ, SLOTS, STRIP, Part, Plan, plan, where
from standfirst.pages.tests.newsroom import (
    ADA,
    BUSINESS,
    HOME,
    NEWS,
    SECTIONS,
    SITE,
    TIDEWATER,
    Newsroom,
    make_story,
    newsroom,
    parsed,
    ref_of,
)
from tests.often import often

Seen = tuple[Part, int, int]
"""Part, number in it, section of a strip."""

FRONTS = {section.id: section for section in (HOME, NEWS, BUSINESS)}


def any_newsroom(dice: Random, stories: int) -> Newsroom:
    """Any state in which the desk may have left its fronts, however odd: slots of stories that are not there, a story
    in two slots, slots that no front has."""
    room = Newsroom((SITE, *(it for it in SECTIONS if it.id == 1 or dice.random() < 0.9), ADA, TIDEWATER))
    known = range(1, stories + 8)
    for number in range(1, stories + 1):
        story = make_story(
            number,
            lead=None,
            published=f"2026-11-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:00:00Z",
            notice=Notice(reason="killed") if dice.random() < 0.1 else None,
        )
        if dice.random() < 0.2:  # further sections
            story = msgspec.structs.replace(story, sections=tuple({*story.sections, dice.choice((2, 5, 7))}))
        room.put(story)
    for section in FRONTS:
        put = tuple((place, dice.choice(known)) for place in range(1, SLOTS + 3) if dice.random() < 0.3)
        off: list[tuple[int, Literal["top", "front"]]] = [
            (story, "top" if dice.random() < 0.5 else "front") for story in known if dice.random() < 0.15
        ]
        room.put(Slots(id=section, stories=put, off=tuple(off)))
    room.put(Ranking(id="top", stories=tuple(dice.sample(known, 7))))
    room.put(Breaking(id="site", stories=tuple(dice.sample(known, dice.randrange(3)))))
    return room


def record(room: Newsroom, story: int) -> Any:
    return room.records["story"].get(story)


def everything(room: Newsroom) -> list[Any]:
    return list(room.records["story"].values())


def laid_out(room: Newsroom, section: int) -> Plan:
    site = chrome(room)
    return plan(room, section, [crumb.id for crumb in site.nav] if section == site.site.home else None)


def printed(room: Newsroom, section: int) -> Iterator[tuple[str, Seen]]:
    """What a reader sees: the address of each story on a front, with the place where it stands."""
    page = parsed(room.page(ref_of(FRONTS[section], "front")))
    paths = {it.path: it.id for it in SECTIONS}

    def inside(what: str, part: Part, of: int = 0, first: int = 1) -> Iterator[tuple[str, Seen]]:
        for number, link in enumerate(page.xpath(what), start=first):
            yield link, (part, number, of)

    headline = '//*[contains(@class, "card-headline")]/a/@href'
    yield from inside('//section[@class="breaking"]//a/@href', "breaking")
    yield from inside(f'//div[@class="lead"]{headline}', "lead")
    yield from inside(f'//div[@class="cluster"]{headline}', "cluster")
    yield from inside(f'//div[@class="rows"]{headline}', "rows")
    for strip in page.xpath('//section[starts-with(@class, "strip ")]'):
        of = paths[strip.xpath('h2[@class="strip-name"]/a/@href')[0]]
        for number, link in enumerate(
            strip.xpath(f'.{headline} | .//li[starts-with(@class, "line")]/a/@href'), start=1
        ):
            yield link, ("strip", number, of)
    yield from inside('//section[@class="latest"]//li/a/@href', "latest")
    yield from inside('//section[@class="top"]//li/a/@href', "most read")


@settings(max_examples=often(60, 500), deadline=None)
@given(seed=st.integers(0, 2**32), stories=st.sampled_from([0, 3, 8, 30, 60, 120]))
def test_what_the_desk_is_told_of_a_front_is_what_readers_see_of_it(seed, stories):
    room = any_newsroom(Random(seed), stories)
    for section in FRONTS:
        if room.section(section) is None:
            continue
        found = laid_out(room, section)
        shown: dict[str, list[Seen]] = {}
        for path, seen in printed(room, section):
            shown.setdefault(path, []).append(seen)
        for number in range(1, stories + 8):
            told = where(room, found, number, lambda of: room._list("section", of))
            story = record(room, number)
            there = sorted(shown.pop(story.path, [])) if story is not None else []
            assert sorted((it.part, it.number, it.section) for it in told.places) == there
            main = [seen for seen in there if not MAY_REPEAT[seen[0]]]
            assert len(main) <= 1
            assert (told.absent == "") == bool(main)
            check_reason(room, found, number, told)
        assert shown == {}


def check_reason(room, found, number, told):
    """Each reason for not being there is true, by other words than those of the code."""
    story = record(room, number)
    off = dict(room.records["slots"][found.section].off).get(number)
    assert told.off == off
    match told.absent:
        case "gone":
            assert story is None or story.notice
        case "off":
            assert off == "front" and story.notice is None
        case "elsewhere":
            assert found.section not in story.sections
        case "older":
            newer = [it for it in everything(room) if not it.notice and found.section in it.sections]
            newer = [it for it in newer if (it.published, it.id) > (story.published, story.id)]
            assert told.newer == len(newer) >= (FRONT if found.strips is not None else FRONT - SLOTS)
            assert {strip for strip, _ in told.strips} == set(found.strips or ()) & set(story.sections)
            assert all(ahead >= STRIP for _, ahead in told.strips)


@settings(max_examples=often(60, 500), deadline=None)
@given(seed=st.integers(0, 2**32), stories=st.sampled_from([0, 3, 8, 30, 60, 120]))
def test_the_policy_of_fronts_holds_in_any_state(seed, stories):
    room = any_newsroom(Random(seed), stories)
    live = {it.id for it in everything(room) if it.notice is None}
    for section in FRONTS:
        slots = room.slots(section)
        found = laid_out(room, section)
        off = dict(slots.off)
        top = [place for place in found.places if place.slot]
        put = {story: place for place, story in reversed(slots.stories) if place <= SLOTS and story in live}
        # What was put into a place stands there, once; what stands there by itself is the newest that may.
        assert {it.story: it.slot for it in top if it.why == "put"} == put
        listed = room._list("section", section)[:FRONT]
        held = {story for place, story in slots.stories if place <= SLOTS}
        eligible = [id for id in listed if id not in held and id not in off]
        automatic = [it.story for it in top if it.why == "newest"]
        assert automatic == eligible[: SLOTS - len(put)]
        assert [it.slot for it in top] == sorted(it.slot for it in top)
        # There is a lead as soon as there is anything at all that may lead.
        assert bool(found.part("lead")) == bool(top)
        # A story stands once; what is kept off the front stands only where it was put.
        once = [it.story for it in found.places if not MAY_REPEAT[it.part]]
        assert len(once) == len(set(once)) and set(once) <= live
        assert all(it.why in {"put", "marked"} or off.get(it.story) != "front" for it in found.places)
        # All else is newest first, and as long as it may be.
        order = {id: number for number, id in enumerate(room._list("section", 1))}
        for part in ("rows", "latest"):
            rest = [order[it.story] for it in found.part(part) if not it.slot]
            assert rest == sorted(rest)
        for strip in found.strips or ():
            places = [order[it.story] for it in found.part("strip", section=strip)]
            assert places == sorted(places) and len(places) <= STRIP
        if found.strips is None:
            assert len(once) <= FRONT
        assert len(found.part("most read")) <= MOST_READ


def told(room: Newsroom, section: int, story: int) -> tuple[str, str, int]:
    """(part, why, slot) of a story that stands on a front; ("", why not, newer ones) of another."""
    found = where(room, laid_out(room, section), story, lambda of: room._list("section", of))
    places = [it for it in found.places if not MAY_REPEAT[it.part]]
    return (places[0].part, places[0].why, places[0].slot) if places else ("", found.absent, found.newer)


def test_what_the_desk_puts_into_a_place_stands_there_and_the_newest_fill_the_rest():
    room = newsroom()
    room.put(Slots(id=1, stories=((1, 30), (3, 31))))
    tops = [place.story for place in laid_out(room, 1).places if place.slot]
    assert tops == [30, 0, 31, 1, 2]
    assert told(room, 1, 30) == ("lead", "put", 1)
    assert told(room, 1, 0) == ("cluster", "newest", 2)
    assert told(room, 1, 31) == ("cluster", "put", 3)
    room.put(make_story(31, notice=Notice(reason="killed")))
    assert [place.story for place in laid_out(room, 1).places if place.slot] == [30, 0, 1, 2, 3]
    assert told(room, 1, 31) == ("", "gone", 0)


def test_a_story_kept_off_the_top_stands_further_down_and_one_kept_off_the_front_nowhere_on_it():
    room = newsroom()
    room.put(Slots(id=1, off=((0, "top"), (2, "front"))))
    assert [place.story for place in laid_out(room, 1).places if place.slot] == [1, 3, 4, 5, 6]
    assert told(room, 1, 0)[0] == "strip"
    assert told(room, 1, 2) == ("", "off", 0)
    page = room.page(ref_of(HOME, "front")).body.decode()
    assert make_story(2).path not in page
    # It stays on the fronts of its sections, in feeds and on its day's page.
    section = next(it for it in SECTIONS if it.id == make_story(2).section)
    for ref in (ref_of(section, "front"), ref_of(HOME, "feed"), PageRef("/2026/11/22/", "day", "2026-11-22")):
        assert make_story(2).path in room.page(ref).body.decode()
    # Not even among the most read; what is kept off the top only is among them.
    room.put(Ranking(id="top", stories=(0, 2, 3)))
    assert [it.story for it in laid_out(room, 1).part("most read")] == [0, 3]
    # By hand it stands there all the same.
    room.put(Slots(id=1, stories=((2, 2),), off=((2, "front"),)), Breaking(id="site", stories=(2,)))
    assert told(room, 1, 2) == ("cluster", "put", 2)
    assert [it.story for it in laid_out(room, 1).part("breaking")] == [2]


def test_a_strip_is_full_though_all_of_the_top_is_of_its_section():
    room = newsroom()
    room.drop(Slots(id=1))
    for number in range(60, 90):
        room.put(make_story(number, section=6, sections=(6, 1), published=f"2026-12-01T{number - 60:02}:00:00Z"))
    front = laid_out(room, 1)
    assert [it.story for it in front.places if it.slot] == [89, 88, 87, 86, 85]
    assert [it.story for it in front.part("strip", section=6)] == [84, 83, 82, 81, 80]


def test_a_story_that_is_not_there_is_told_how_many_stand_before_it():
    room = newsroom()
    for number in range(60, 100):
        room.put(make_story(number, section=5, sections=(5, 1), published=f"2026-12-01T00:{number - 60:02}:00Z"))
    assert told(room, 1, 60) == ("", "older", 39)
    assert told(room, 5, 0) == ("", "elsewhere", 0)
    assert told(room, 5, 60)[1:] == ("older", 39)


@pytest.mark.parametrize("hot", [False, True])
def test_what_is_breaking_stands_above_fronts_and_what_is_being_read_and_nowhere_else(hot):
    room = newsroom()
    room.put(Breaking(id="site", stories=(9, 5)), make_story(5, notice=Notice(reason="killed")))
    bars = {
        ref.path: parsed(output).xpath('//section[@class="breaking"]//a/@href')
        for ref in room.refs()
        if ref.kind not in {"rendition", "patterns"}
        and (output := room.print(ref))
        and output.content_type.startswith("text/html")
        if output.body
    }
    wanted = {it.path for it in SECTIONS} | {it.id for it in room.records["hot"].values()}  # type: ignore[attr-defined]
    assert {path for path, links in bars.items() if links} == wanted
    assert all(links == [make_story(9).path] for links in bars.values() if links)
    if hot:  # on its own page a story does not lead to itself
        room.put(type(room.records["hot"][next(iter(room.records["hot"]))])(id=make_story(9).path))
        page = parsed(room.page(ref_of(make_story(9), "story")))
        assert not page.xpath('//section[@class="breaking"]')


def test_cards_and_lines_of_a_plan_are_what_the_page_shows():
    room = newsroom()
    found = laid_out(room, 1)
    assert all(isinstance(it.shown, Card) for it in found.part("lead", "cluster"))
    assert all(it.shown.path == record(room, it.story).path for it in found.places)
