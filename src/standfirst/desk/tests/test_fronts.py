"""What the desk decides about fronts, through its screens and its verbs."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from lxml import html

from standfirst.changes.models import AuditEntry, Change, Tick
from standfirst.desk import actions, fronts, ports
from standfirst.desk.models import BreakingNews, FrontSlot, KeptOff
from standfirst.desk.templatetags.desk import clocktime
from standfirst.desk.tests.doors import Answer, Desk, said, text_of
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Story

pytestmark = pytest.mark.django_db(databases=["default", "press"])

these_are_the_doors = pytest.mark.deep_on_postgresql(
    "What the screen shows and writes goes through queries and verbs that other tests try on each database."
)

HOUR = timedelta(hours=1)


def local(ahead: timedelta) -> str:
    """An hour as somebody in Lagos types it, an hour ahead of UTC."""
    return f"{clock.now() + HOUR + ahead:%Y-%m-%d %H:%M}"


def standing(desk: Desk) -> dict[int, Story]:
    """Place -> story, of what was put on World's front."""
    return {slot.position: slot.story for slot in FrontSlot.objects.filter(section=desk.cast.world)}


def field(answer: Answer, name: str) -> str:
    """What a form on a screen brings back under a name."""
    page: Any = html.document_fromstring(answer.content)
    return str(page.xpath(f'//input[@name="{name}"]/@value')[0])


def put(desk: Desk, chosen: Story, position: int = 1, **more: Any) -> Answer:
    """Put a story into a place of World's front, by the form."""
    url = reverse("desk:put", args=[desk.cast.world.pk])
    browser = desk.browser(more.pop("who", desk.cast.ed))
    seen = more.pop("seen", None) or field(browser.get(url), "seen")
    data = {"story": chosen.pk, "position": position, "until": local(2 * HOUR), "seen": seen, **more}
    return browser.post(url, data, follow=True)


def test_a_story_is_put_into_a_place_until_an_hour_and_leaves_it_at_its_tick(desk: Desk) -> None:
    cast = desk.cast
    lead, other = cast.live("Rivers rise"), cast.live("Cup final", cast.sport)
    browser = desk.browser(cast.ed)
    offered = text_of(browser.get(reverse("desk:put", args=[cast.world.pk])))
    assert "Rivers rise" in offered
    assert "Cup final" not in offered
    assert "Cup final" in text_of(browser.get(reverse("desk:put", args=[cast.world.pk]), {"all": "1"}))

    assert "stands on World: the lead" in said(put(desk, lead))
    assert "stands on World: place 3" in said(put(desk, other, 3))
    assert standing(desk) == {1: lead, 3: other}
    slot = FrontSlot.objects.get(position=1)
    assert abs(slot.until - clock.now() - 2 * HOUR) < timedelta(minutes=2)
    assert Change.objects.filter(kind="slots", ref=str(cast.world.pk), cause="put").count() == 2
    assert Tick.objects.filter(name=actions.SLOT_ENDS, ref=str(cast.world.pk), due=slot.until).exists()
    assert AuditEntry.objects.filter(verb="put on a front", actor="ed").count() == 2

    # Elsewhere on the same front it leaves the place that it had.
    actions.put(section=cast.world, position=1, story=other, until=slot.until + HOUR, by=cast.ed)
    assert standing(desk) == {1: other}
    assert not actions.ENDS[actions.SLOT_ENDS](str(cast.world.pk), slot.until)
    assert standing(desk) == {1: other}
    assert actions.ENDS[actions.SLOT_ENDS](str(cast.world.pk), slot.until + HOUR)
    assert standing(desk) == {}
    assert Change.objects.filter(kind="slots", cause="left").exists()


@these_are_the_doors
def test_what_cannot_stand_on_a_front_is_refused_with_a_sentence(desk: Desk) -> None:
    cast = desk.cast
    story, draft = cast.live("Rivers rise"), cast.draft("Not yet")
    later = cast.draft("Budget day", go_live_at=clock.now() + 5 * HOUR)
    stories.publish(story=later, by=cast.ed)
    assert "“Budget day” goes live at " in text_of(put(desk, later))
    assert "“Not yet” is not live: publish it first." in text_of(put(desk, draft))
    assert "That hour has passed already" in text_of(put(desk, story, until="2020-01-01 10:00"))
    assert "a fortnight at most" in text_of(put(desk, story, until=local(timedelta(days=30))))
    assert "not one of the available choices" in text_of(put(desk, story, 6))
    assert "Choose the story" in text_of(put(desk, story, story=""))
    assert "There is no such story" in text_of(put(desk, story, story="999999"))
    with pytest.raises(Refused, match="5 places"):
        actions.put(section=cast.world, position=6, story=story, by=cast.ed)
    assert standing(desk) == {}


def test_of_two_who_change_one_place_the_second_is_told(desk: Desk) -> None:
    cast = desk.cast
    first, second, third = (cast.live(name) for name in ("First choice", "Second choice", "Third choice"))
    seen = field(desk.browser(cast.ed).get(reverse("desk:put", args=[cast.world.pk])), "seen")
    put(desk, first, seen=seen, who=cast.paula)
    refused = put(desk, second, seen=seen)
    assert "Paula Ndem has put “First choice” there meanwhile (The lead, until " in text_of(refused)
    assert standing(desk) == {1: first}
    # The form knows now what stands there: sent once more, it is a decision.
    assert standing(desk) == {1: first}
    put(desk, second, seen=field(refused, "seen"))
    assert standing(desk) == {1: second}
    # Another place is nobody's business.
    put(desk, third, 2, seen=seen)
    assert standing(desk) == {1: second, 2: third}

    url = reverse("desk:front", args=[cast.world.pk])
    ed, paula = desk.browser(cast.ed), desk.browser(cast.paula)
    before = field(ed.get(url), "seen")
    paula.post(reverse("desk:give_back", args=[cast.world.pk, 1]), {"seen": before})
    assert standing(desk) == {2: third}
    for name in ("desk:give_back", "desk:move"):
        answer = ed.post(
            reverse(name, args=[cast.world.pk, 1]), {"seen": before, "to": "2"}, HTTP_REFERER=url, follow=True
        )
        assert "given back to the newest meanwhile" in said(answer)
    assert standing(desk) == {2: third}


@these_are_the_doors
def test_places_are_moved_and_given_back(desk: Desk) -> None:
    cast = desk.cast
    one, two = cast.live("One"), cast.live("Two")
    put(desk, one, 1)
    put(desk, two, 2)
    browser = desk.browser(cast.ed)
    url = reverse("desk:front", args=[cast.world.pk])
    seen = field(browser.get(url), "seen")
    move = reverse("desk:move", args=[cast.world.pk, 2])
    assert "the lead now" in said(browser.post(move, {"seen": seen, "to": "1"}, follow=True))
    assert standing(desk) == {1: two, 2: one}
    actions.move(section=cast.world, position=1, to=5, by=cast.ed)
    assert standing(desk) == {2: one, 5: two}
    for position, to, why in ((5, 6, "5 places"), (5, 0, "5 places"), (1, 2, "filled by itself")):
        with pytest.raises(Refused, match=why):
            actions.move(section=cast.world, position=position, to=to, by=cast.ed)
    answer = browser.post(reverse("desk:give_back", args=[cast.world.pk, 5]), {}, follow=True)
    assert "Place 5 of World goes to the newest." in said(answer)
    assert standing(desk) == {2: one}
    assert browser.get(reverse("desk:give_back", args=[cast.world.pk, 2])).status_code == 405


def test_a_story_that_is_taken_down_leaves_its_places_and_does_not_come_back_into_them(desk: Desk) -> None:
    cast = desk.cast
    killed, embargoed, unpublished = (cast.live(name) for name in ("Killed", "Embargoed", "Unpublished"))
    for position, story in enumerate((killed, embargoed, unpublished), start=1):
        actions.put(section=cast.world, position=position, story=story, by=cast.ed)
    actions.mark_breaking(story=killed, by=cast.ed)
    actions.keep_off(section=cast.home, story=unpublished, by=cast.ed)
    desk.take_down(cast.ed, killed)
    stories.embargo(story=embargoed, until=clock.now() + HOUR, by=cast.wale)
    url = reverse("wagtailadmin_pages:unpublish", args=[unpublished.pk])
    desk.browser(cast.ed).post(url, {})
    assert not Story.objects.get(pk=unpublished.pk).live
    assert standing(desk) == {}
    assert not BreakingNews.objects.exists()
    stories.publish(story=Story.objects.get(pk=unpublished.pk), by=cast.ed)
    assert standing(desk) == {}
    # What it is kept off it stays off: nobody said otherwise.
    assert KeptOff.objects.get().story == unpublished


def test_a_story_is_kept_off_a_front_until_an_hour_and_let_back(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live("A grim find")
    browser = desk.browser(cast.ed)
    url = reverse("desk:keep_off", args=[cast.home.pk, story.pk])
    assert "goes on standing on other fronts" in text_of(browser.get(url))
    answer = browser.post(
        url, {"reach": "front", "until": local(3 * HOUR), "next": "https://evil.example/"}, follow=True
    )
    assert "is kept off" in said(answer)
    assert answer.request["PATH_INFO"] == reverse("desk:front", args=[cast.home.pk])
    assert "off the whole front by Ed Obi until" in text_of(answer)
    kept = KeptOff.objects.get()
    assert (kept.section_id, kept.story_id, kept.reach, kept.by) == (cast.home.pk, story.pk, "front", cast.ed)
    assert Tick.objects.filter(name=actions.KEPT_OFF_ENDS, ref=str(cast.home.pk), due=kept.until).exists()
    assert "That hour has passed already" in text_of(browser.post(url, {"reach": "top", "until": "2020-01-01 10:00"}))
    back = reverse("desk:let_back", args=[cast.home.pk, story.pk])
    assert "may stand on Harbour Post again" in said(browser.post(back, {}, follow=True))
    assert not KeptOff.objects.exists()

    actions.put(section=cast.home, position=2, story=story, by=cast.ed)
    assert "Place 2 was given to this story by hand" in text_of(
        browser.post(url, {"reach": "top", "until": local(3 * HOUR)})
    )
    actions.give_back(section=cast.home, position=2, by=cast.ed)
    until = actions.keep_off(section=cast.home, story=story, by=cast.ed).until
    assert not actions.ENDS[actions.KEPT_OFF_ENDS](str(cast.home.pk), until - HOUR)
    assert actions.ENDS[actions.KEPT_OFF_ENDS](str(cast.home.pk), until)
    assert not KeptOff.objects.exists()


def test_news_is_breaking_for_an_hour_and_for_six_at_most_and_two_stories_can_be(desk: Desk) -> None:
    cast = desk.cast
    story, second, third, draft = cast.live("Quake"), cast.live("Flood"), cast.live("Storm"), cast.draft("Rumour")
    browser = desk.browser(cast.ed)
    url = reverse("desk:breaking", args=[story.pk])
    offered = field(browser.get(url), "until")
    assert "is breaking news" in said(browser.post(url, {"until": offered}, follow=True))
    marked = BreakingNews.objects.get()
    assert timedelta(minutes=58) < marked.until - clock.now() < timedelta(minutes=66)
    assert Change.objects.filter(kind="breaking", ref="site", cause="breaking").exists()
    assert Tick.objects.filter(name=actions.BREAKING_ENDS, ref=str(story.pk), due=marked.until).exists()
    assert "six hours at most" in text_of(browser.post(url, {"until": local(7 * HOUR)}))
    with pytest.raises(Refused, match="is not live"):
        actions.mark_breaking(story=draft, by=cast.ed)
    actions.mark_breaking(story=second, by=cast.paula)
    with pytest.raises(Refused, match="“Flood” and “Quake” are breaking already"):
        actions.mark_breaking(story=third, by=cast.ed)
    again = actions.mark_breaking(story=story, until=marked.until + HOUR, by=cast.paula)
    assert again.at == marked.at
    assert not actions.ENDS[actions.BREAKING_ENDS](str(story.pk), marked.until)
    assert actions.ENDS[actions.BREAKING_ENDS](str(story.pk), again.until)
    answer = browser.post(reverse("desk:end_breaking", args=[second.pk]), {}, follow=True)
    assert "no longer breaking news" in said(answer)
    assert not BreakingNews.objects.exists()


@these_are_the_doors
def test_who_may_not_decide_about_fronts_sees_them_and_changes_nothing(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live()
    actions.put(section=cast.world, position=1, story=story, by=cast.ed)
    rita = desk.browser(cast.rita)
    for name, args in (("desk:fronts", []), ("desk:front", [cast.world.pk]), ("desk:on_fronts", [story.pk])):
        page = rita.get(reverse(name, args=args))
        assert page.status_code == 200
        assert "Rivers rise" in text_of(page)
        assert not html.document_fromstring(page.content).xpath('//main//form[@method="post"]')
    for name, args in (
        ("desk:give_back", [cast.world.pk, 1]),
        ("desk:move", [cast.world.pk, 1]),
        ("desk:let_back", [cast.world.pk, story.pk]),
        ("desk:end_breaking", [story.pk]),
    ):
        assert rita.post(reverse(name, args=args), {"to": "2"}).status_code in {302, 403}
    assert standing(desk) == {1: story}
    for verb in (
        lambda: actions.put(section=cast.world, position=2, story=story, by=cast.rita),
        lambda: actions.keep_off(section=cast.world, story=story, by=cast.rita),
        lambda: actions.mark_breaking(story=story, by=cast.rita),
    ):
        with pytest.raises(PermissionDenied):
            verb()


@these_are_the_doors
def test_screens_say_that_the_press_has_no_state_instead_of_guessing(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live("Rivers rise")
    actions.put(section=cast.world, position=2, story=story, by=cast.ed)
    assert ports.fronts.plan(cast.world.pk) is None
    browser = desk.browser(cast.ed)
    page = text_of(browser.get(reverse("desk:front", args=[cast.world.pk]), {"q": "rivers"}))
    assert "Put there by Ed Obi until" in page
    assert "The press makes its ledger anew" in page
    assert "can tell in a minute" in text_of(browser.get(reverse("desk:on_fronts", args=[story.pk])))


# --- in words -----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What the press might tell of a front and a story."""

    strips: tuple[int, ...] | None
    absent: str = "older"
    newer: int = 0
    before: dict[int, int] = dataclass_field(default_factory=dict)
    slots, depth, strip, counted = 5, 30, 5, 1000
    places = ()

    def plan(self, section: int) -> Told:
        return self

    def where(self, story: int) -> SimpleNamespace:
        strips = tuple(self.before.items())
        return SimpleNamespace(places=(), absent=self.absent, off=None, newer=self.newer, strips=strips)


@these_are_the_doors
def test_why_a_story_is_not_on_a_front_is_one_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = desk.cast
    story = cast.live()
    strips = (cast.news.pk, cast.sport.pk)
    shows = "it shows 30 stories, and"
    for told, says in (
        (Told(None, newer=40), f"{shows} 40 newer stories stand before it"),
        (Told(None, newer=29), f"{shows} 29 newer stories and those put there by hand stand before it"),
        (
            Told(strips, newer=1000),
            "it shows 30 stories, and more than 1,000 newer stories stand before it; its section has no strip",
        ),
        (
            Told(strips, newer=31, before={cast.news.pk: 12, cast.sport.pk: 6}),
            f"{shows} 31 newer stories stand before it; a strip shows 5, and before it stand 12 in News and 6 in Sport",
        ),
        (Told(strips, absent="gone"), "it has just gone live, and the press is printing it"),
        (Told(None, absent="elsewhere"), "it is not filed under World or a section below"),
    ):
        monkeypatch.setattr(ports, "fronts", told)
        (answer,) = fronts.Front(cast.world).answers([story], {})
        assert answer.says == f"Not on the front: {says}."
    due = clock.now() + HOUR
    later = stories.publish(story=cast.draft("Budget day", go_live_at=due), by=cast.ed)
    monkeypatch.setattr(ports, "fronts", Told(None, absent="gone"))
    for state, why in (
        ("scheduled", f"it goes live at {clocktime(due)}"),
        ("killed", "it was killed"),
        ("ready", "it waits for approval"),
        ("draft", "it is not live"),
    ):
        (answer,) = fronts.Front(cast.world).answers([later], {later.pk: state})
        assert answer.says == f"Not on the front: {why}."
    assert [fronts._ordinal(number) for number in (2, 11, 12, 13, 21, 22, 33, 40)] == [
        "second",
        "11th",
        "12th",
        "13th",
        "21st",
        "22nd",
        "33rd",
        "40th",
    ]
