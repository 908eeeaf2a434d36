"""Time: what is due is done once, whatever the worker slept through and whatever was done to clocks and zones."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import PageLogEntry

from standfirst.changes.models import Change, Lane, Tick
from standfirst.desk import actions as desk
from standfirst.desk import forms
from standfirst.kit import clock
from standfirst.pictures.models import Picture
from standfirst.press.worker import RANKING
from standfirst.readership import actions as readership
from standfirst.readership import decay
from standfirst.readership.models import ReadCount
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Publication, SiteFacts, Story
from tests.newsroom import Newsroom
from tests.running import Serving, until
from tests.test_serve import publish

db = pytest.mark.django_db(databases=["default", "press"])

ZONES = ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Africa/Lagos", "Australia/Lord_Howe")


class Clock:
    """The clock on the wall, which a test sets. Wagtail asks Django for the time, so that follows."""

    def at(self, moment: datetime) -> None:
        clock.set_offset(moment - datetime.now(UTC))

    def by(self, step: timedelta) -> None:
        clock.set_offset(clock.now() - datetime.now(UTC) + step)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    monkeypatch.setattr(timezone, "now", clock.now)
    yield Clock()
    clock.set_offset(timedelta(0))


def in_zone(newsroom: Newsroom, zone: str) -> None:
    facts = SiteFacts.current()
    facts.zone = zone
    facts.save()


def schedule(newsroom: Newsroom, headline: str, due: datetime, **fields: Any) -> Story:
    story = newsroom.story(headline, live=False, go_live_at=due, **fields)
    stories.publish(story=story, by=newsroom.editor)
    return story


def went_live(story: Story) -> int:
    return PageLogEntry.objects.filter(page=story.pk, action="wagtail.publish.scheduled").count()


def page_of(newsroom: Newsroom, story: Story) -> bytes | None:
    path = Address.objects.get(story=story, current=True).path
    return newsroom.output().get(f"pages{path}index.html")


def days_that_list(newsroom: Newsroom, story: Story) -> list[str]:
    """The day pages that lead to a story."""
    path = Address.objects.get(story=story, current=True).path.encode()
    found = newsroom.output().items()
    return [name for name, body in found if name.startswith("pages/20") and b'href="' + path in body]


# --- the worker was away ----------------------------------------------------------------------------------------------


@db
def test_what_came_due_while_the_worker_was_away_is_done_once_and_in_order(newsroom: Newsroom, wall: Clock) -> None:
    start = clock.now()
    hour = timedelta(hours=1)
    lead = newsroom.story("Ships wait outside", section=newsroom.sport)
    picture = newsroom.picture("navy", expires_at=start + 2 * hour)
    shown = newsroom.story("A picture of ships", lead_picture=picture)
    desk.put(section=newsroom.sport, position=1, story=lead, until=start + 2 * hour, by=newsroom.editor)
    due = [schedule(newsroom, f"Hour {number}", start + number * hour) for number in (3, 1, 2)]
    held = schedule(newsroom, "Held for an hour", start + hour)
    stories.embargo(story=held, until=start + hour, by=newsroom.wire_editor)
    leaves = schedule(newsroom, "Only for an hour", start + hour, expire_at=start + 2 * hour)
    newsroom.at_rest()
    assert not any(Story.objects.get(pk=story.pk).live for story in (*due, held, leaves))
    assert b"/pictures/" in (page_of(newsroom, shown) or b"")

    wall.by(5 * hour)
    for _ in range(2):  # once after it was away, once after it was only started again
        newsroom.start()
        newsroom.at_rest()
        for story in (*due, held):
            assert Story.objects.get(pk=story.pk).live
            assert went_live(story) == 1
        first = Publication.objects.filter(story__in=due).order_by("first").values_list("story__title", flat=True)
        assert list(first) == ["Hour 1", "Hour 2", "Hour 3"]
        assert (went_live(leaves), Story.objects.get(pk=leaves.pk).live) == (1, False)
        assert b"/pictures/" not in (page_of(newsroom, shown) or b"")
        assert not Picture.objects.get(pk=picture.pk).usable(clock.now())
        assert Change.objects.filter(cause="embargo ended").count() == 1
        assert Change.objects.filter(cause="rights ended").count() == 1
        assert Change.objects.filter(cause="left").count() == 1
        assert not Tick.objects.due(clock.now()).exists()
        # One ranking for all the minutes that it was away, not three hundred.
        assert Tick.objects.filter(name=RANKING).count() <= 4
    newsroom.prove()


def entries(headline: str) -> int:
    return went_live(Story.objects.get(title=headline))


def test_a_worker_that_stood_still_catches_up_and_publishes_each_story_once(served: Serving) -> None:
    worker = served.pid("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        due = [served.inside(publish, headline, 4.0) for headline in ("Low water at one", "High water at seven")]
        time.sleep(max(0.0, max(moment for _, moment in due) - time.time()) + 0.5)
        assert [served.http.get(address).status_code for address, _ in due] == [404, 404]
    finally:
        os.kill(worker, signal.SIGCONT)
    until(lambda: {served.http.get(address).status_code for address, _ in due} == {200}, waiting_for="what was due")
    served.at_rest()
    assert [served.inside(entries, headline) for headline in ("Low water at one", "High water at seven")] == [1, 1]


# --- the clock is set -------------------------------------------------------------------------------------------------


@db
def test_an_embargo_holds_until_its_hour_though_the_clock_ran_ahead_and_was_set_back(
    newsroom: Newsroom, wall: Clock
) -> None:
    start = clock.now()
    story = schedule(newsroom, "The budget", start + timedelta(hours=2))
    stories.embargo(story=story, until=start + timedelta(hours=2), by=newsroom.wire_editor)
    newsroom.at_rest()
    wall.by(timedelta(hours=6))
    newsroom.at_rest()
    assert page_of(newsroom, story)
    wall.by(timedelta(hours=-6))
    newsroom.at_rest()
    assert page_of(newsroom, story) is None
    assert b"The budget" not in newsroom.everything()
    assert Change.objects.filter(ref=str(story.pk), lane=Lane.KILL, cause="clock set back").count() == 1
    newsroom.prove()
    wall.by(timedelta(hours=2, minutes=1))
    newsroom.at_rest()
    assert page_of(newsroom, story)
    assert went_live(story) == 1
    newsroom.prove()


@db
def test_an_embargo_holds_though_the_clock_was_set_back_by_less_than_rankings_are_apart(
    newsroom: Newsroom, wall: Clock
) -> None:
    newsroom.worker.options = replace(settings.STANDFIRST, home=newsroom.home, ranking_seconds=600)
    period = datetime.fromtimestamp((clock.now().timestamp() // 600 + 6) * 600, tz=UTC)
    wall.at(period + timedelta(minutes=3))
    hour = period + timedelta(minutes=6)
    story = schedule(newsroom, "The budget", hour)
    stories.embargo(story=story, until=hour, by=newsroom.wire_editor)
    wall.at(period + timedelta(minutes=9))
    newsroom.at_rest()
    assert page_of(newsroom, story)
    wall.by(timedelta(minutes=-5))
    newsroom.at_rest()
    assert page_of(newsroom, story) is None


@db
def test_a_clock_that_is_corrected_by_little_brings_nothing_back(newsroom: Newsroom, wall: Clock) -> None:
    story = schedule(newsroom, "The budget", clock.now() + timedelta(hours=2))
    stories.embargo(story=story, until=story.go_live_at, by=newsroom.wire_editor)
    wall.by(timedelta(hours=2, seconds=2))
    newsroom.at_rest()
    before = Change.objects.count()
    wall.by(timedelta(seconds=-1))
    newsroom.at_rest()
    assert page_of(newsroom, story)
    assert Change.objects.count() == before


def rankings_made() -> int:
    return Tick.objects.filter(name=RANKING, due__lte=clock.now()).exclude(applied_at=None).count()


@db
def test_rankings_go_on_after_the_clock_was_set_back(newsroom: Newsroom, wall: Clock) -> None:
    """The reads of the wrong hours weigh no more than others."""
    ships, boats = newsroom.story("Ships wait outside"), newsroom.story("Boats go fast")
    wall.by(timedelta(hours=24))
    newsroom.at_rest()
    ReadCount.objects.create(story=ships.pk, level=decay.level(10.0, clock.now()))
    newsroom.at_rest()
    wall.by(timedelta(hours=-24))
    newsroom.at_rest()
    assert rankings_made()
    assert not Tick.objects.filter(name=RANKING, due__gt=clock.now()).exists()
    assert decay.score(ReadCount.objects.get(story=ships.pk).level, clock.now()) == pytest.approx(10.0, rel=0.1)
    ReadCount.objects.create(story=boats.pk, level=decay.level(20.0, clock.now()))
    before = rankings_made()
    wall.by(timedelta(minutes=1))
    newsroom.at_rest()
    assert rankings_made() == before + 1
    assert readership.ranking("top")[:2] == (boats.pk, ships.pk)


elsewhere = pytest.mark.one_database(
    "Zones and clocks are Python's; that moments are kept is tried by the first of these."
)


@db
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=elsewhere) for seed in (1, 2))])
def test_whatever_is_done_to_the_clock_a_story_goes_live_once_and_never_before_its_hour(
    newsroom: Newsroom, wall: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    start = clock.now()
    due = {
        schedule(newsroom, f"Story {number}", at).pk: at
        for number in range(4)
        for at in [start + timedelta(minutes=chance.randrange(1, 600))]
    }
    first: dict[int, datetime] = {}
    for _ in range(12):
        wall.by(timedelta(minutes=chance.choice((-300, -90, -1, 1, 30, 61, 240))))
        if chance.random() < 0.2:
            newsroom.start()
        newsroom.worker.tell_time()
        now = clock.now()
        for pk in Story.objects.filter(pk__in=due, live=True).values_list("pk", flat=True):
            if pk not in first:
                assert due[pk] <= now
                first[pk] = now
        # What has an hour that has passed is done, and what lies ahead is not.
        assert not Tick.objects.due(now).exists()
        assert not Tick.objects.filter(due__gt=now + timedelta(minutes=2)).exclude(applied_at=None).exists()
    wall.at(start + timedelta(hours=11))
    newsroom.worker.tell_time()
    assert {pk: went_live(Story.objects.get(pk=pk)) for pk in due} == dict.fromkeys(due, 1)


# --- days of 23 and 25 hours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2025, 2026])
def test_the_days_of_a_year_follow_one_another_and_leave_no_moment_out(zone: str, year: int) -> None:
    """Each moment is in one day; days come in order; none is shorter than 23 hours or longer than 25."""
    quarter = timedelta(minutes=15)
    moment = datetime(year, 1, 2, tzinfo=UTC)
    begins: list[datetime] = []
    day = clock.day_of(moment, zone)
    while moment.year == year:
        moment += quarter
        now = clock.day_of(moment, zone)
        assert now - day in (timedelta(0), timedelta(1))
        if now != day:
            begins.append(moment)
        day = now
    lengths = {(after - before) / timedelta(hours=1) for before, after in pairwise(begins)}
    expected = {
        "Europe/Paris": {23, 24, 25},
        "America/New_York": {23, 24, 25},
        "Australia/Lord_Howe": {23.5, 24, 24.5},
    }
    assert lengths == expected.get(zone, {24})


@pytest.mark.parametrize("zone", ZONES)
def test_the_later_moment_of_an_hour_that_comes_twice_or_not_at_all(zone: str) -> None:
    """No local time is met before it: whatever the zone, what shows it never lies earlier than another reading."""
    info = ZoneInfo(zone)
    local = datetime(2026, 1, 1)
    while local.year == 2026:
        moment = clock.later(local, info)
        readings = [local.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (0, 1)]
        assert moment.astimezone(UTC) == max(readings)
        shown = moment.astimezone(UTC).astimezone(info).replace(tzinfo=None)
        assert shown >= local
        local += timedelta(minutes=30)


TURNS = [
    # zone, the hours before and after clocks are turned (UTC), and the day of all of them
    ("Europe/Paris", "2026-03-29T00:30", "2026-03-29T01:30", date(2026, 3, 29)),
    ("Europe/Paris", "2026-10-25T00:30", "2026-10-25T01:30", date(2026, 10, 25)),
    ("America/New_York", "2026-03-08T06:30", "2026-03-08T07:30", date(2026, 3, 8)),
    ("America/New_York", "2026-11-01T05:30", "2026-11-01T06:30", date(2026, 11, 1)),
]


@db
@pytest.mark.parametrize(
    ("zone", "before", "after", "day"),
    [
        TURNS[0],
        pytest.param(*TURNS[1], marks=pytest.mark.deep),  # the same hours, turned the other way elsewhere
        pytest.param(*TURNS[2], marks=pytest.mark.deep),
        pytest.param(*TURNS[3], marks=elsewhere),
    ],
)
def test_stories_of_a_day_on_which_clocks_are_turned_are_on_its_page_and_no_other(
    newsroom: Newsroom, wall: Clock, zone: str, before: str, after: str, day: date
) -> None:
    in_zone(newsroom, zone)
    local = ZoneInfo(zone)
    moments = [
        datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC) - timedelta(minutes=1),
        datetime.fromisoformat(before).replace(tzinfo=UTC),
        datetime.fromisoformat(after).replace(tzinfo=UTC),
        datetime(day.year, day.month, day.day, 23, 59, tzinfo=local).astimezone(UTC),
        datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC) + timedelta(hours=25, minutes=1),
    ]
    wall.at(moments[0] - timedelta(hours=1))
    due = [schedule(newsroom, f"Story {number}", moment) for number, moment in enumerate(moments)]
    for number, moment in enumerate(moments):
        wall.at(moment + timedelta(seconds=1))
        newsroom.at_rest()
        assert [Story.objects.get(pk=story.pk).live for story in due] == [each <= number for each in range(len(due))]
    days = [day - timedelta(1), day, day, day, day + timedelta(1)]
    for story, expected in zip(due, days, strict=True):
        assert Address.objects.get(story=story).day == expected
        assert days_that_list(newsroom, story) == [f"pages/{expected:%Y/%m/%d}/index.html"]
        assert went_live(story) == 1
    newsroom.prove()


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Paris", "2026-03-29 02:30", None),  # left out
        ("Europe/Paris", "2026-10-25 02:30", None),  # comes twice
        ("Europe/Paris", "2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ("America/New_York", "2026-03-08 02:30", None),
        ("America/New_York", "2026-11-01 01:30", None),
        ("Asia/Kathmandu", "2026-03-29 02:30", "2026-03-28T20:45:00Z"),
        ("Pacific/Apia", "2026-03-29 02:30", "2026-03-28T13:30:00Z"),
    ],
)
def test_an_hour_that_comes_twice_or_not_at_all_is_not_guessed_in_a_form(
    zone: str, local: str, utc: str | None
) -> None:
    field = forms.PutForm.base_fields["until"]
    with timezone.override(zone):
        if utc is not None:
            assert clock.iso(field.clean(local)) == utc
            return
        with pytest.raises(ValidationError, match="may be ambiguous or it may not exist"):
            field.clean(local)


# --- the newsroom's zone is changed -----------------------------------------------------------------------------------


@db
@pytest.mark.parametrize(
    ("zone", "printed"),
    [
        ("Pacific/Apia", "11 March 2026, 11:30\xa0am UTC+13"),
        pytest.param("Asia/Kathmandu", "11 March 2026, 4:15\xa0am UTC+05:45", marks=elsewhere),
        pytest.param("America/New_York", "March 10, 2026, 6:30\xa0PM EDT", marks=elsewhere),
    ],
)
def test_when_the_zone_is_changed_addresses_and_days_stay_and_times_follow(
    newsroom: Newsroom, wall: Clock, zone: str, printed: str
) -> None:
    wall.at(datetime(2026, 3, 10, 22, 30, tzinfo=UTC))  # half past eleven in the evening in Lagos
    late = newsroom.story("Ships wait outside")
    wall.by(timedelta(hours=1))
    early = newsroom.story("Boats go fast")
    newsroom.at_rest()
    before = newsroom.output()
    assert days_that_list(newsroom, late) == ["pages/2026/03/10/index.html"]
    assert days_that_list(newsroom, early) == ["pages/2026/03/11/index.html"]
    assert b"10 March 2026, 23:30 WAT" in (page_of(newsroom, late) or b"")
    in_zone(newsroom, zone)
    newsroom.at_rest()
    after = newsroom.output()
    assert after.keys() == before.keys()
    assert days_that_list(newsroom, late) == ["pages/2026/03/10/index.html"]
    assert days_that_list(newsroom, early) == ["pages/2026/03/11/index.html"]
    assert printed.encode() in (page_of(newsroom, late) or b"")
    assert b" WAT" not in newsroom.everything()
    # Fronts lead to the days that list their stories, whatever the clocks of today's zone showed then.
    for front in ("pages/index.html", "pages/news/world/index.html"):
        assert b'href="/2026/03/10/"' in after[front]
        assert b'href="/2026/03/11/"' in after[front]
    newsroom.prove()
    # What is published now has today's day in the new zone, and is known for the newest though that may be earlier.
    newest = newsroom.story("Rain comes")
    newsroom.at_rest()
    assert Address.objects.get(story=newest).day == clock.day_of(clock.now(), zone)
    assert list(readership._newest(1)) == [newest.pk]
    newsroom.prove()


@db
def test_when_the_newsroom_writes_dates_otherwise_every_page_follows(newsroom: Newsroom, wall: Clock) -> None:
    wall.at(datetime(2026, 3, 10, 22, 30, tzinfo=UTC))
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    assert b"10 March 2026, 23:30 WAT" in (page_of(newsroom, story) or b"")
    facts = SiteFacts.current()
    facts.date_order, facts.clock = "iso", "12"
    facts.save()
    newsroom.at_rest()
    assert "2026-03-10, 11:30\xa0pm WAT".encode() in (page_of(newsroom, story) or b"")
    assert b"10 March 2026" not in newsroom.everything()
    newsroom.prove()
