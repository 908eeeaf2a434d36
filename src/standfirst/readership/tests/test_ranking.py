"""The most read stories and the hot set, tick by tick."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from standfirst.changes.models import Change, Lane
from standfirst.kit import clock
from standfirst.readership import actions, decay
from standfirst.readership.models import HotPath, ReadCount
from standfirst.readership.tests.conftest import DESK, Desk
from standfirst.stories import actions as stories
from standfirst.stories.models import Publication, Story

the_numbers_decide = pytest.mark.deep_on_postgresql(
    "What is counted decides; that it is ranked and kept is tried by the other tests here."
)


def read(story: Story, times: float, at: datetime) -> None:
    ReadCount.objects.update_or_create(story=story.pk, defaults={"level": decay.level(times, at)})


def take_off(story: Story) -> None:
    stories.unpublish(story=Story.objects.get(pk=story.pk), by=DESK)


def age(story: Story, by: timedelta) -> None:
    publication = Publication.objects.get(pk=story.pk)
    Publication.objects.filter(pk=story.pk).update(first=publication.first - by)


def changed(kind: str) -> dict[str, str]:
    """Ref -> cause of the change rows of a kind, which are then forgotten."""
    rows = Change.objects.filter(kind=kind)
    found = dict(rows.values_list("ref", "cause"))
    assert len(found) == rows.count()
    rows.delete()
    return found


# --- the ranking


def test_the_top_three_is_never_empty_while_there_are_stories(desk: Desk) -> None:
    now = clock.now()
    assert not actions.rank(now)
    assert actions.ranking("top") == ()
    published = []
    for headline in ("One", "Two", "Three", "Four"):
        published.append(desk.publish(headline).pk)
        actions.rank(now)
        assert actions.ranking("top") == tuple(published[::-1][:3])
    read(Story.objects.get(pk=published[0]), 2, now)
    actions.rank(now)
    assert actions.ranking("top") == (published[0], published[3], published[2])
    # A day without readers: what was read is forgotten, and the newest fill the places again.
    actions.rank(now + timedelta(days=1))
    assert actions.ranking("top") == tuple(published[::-1][:3])
    assert not ReadCount.objects.exists()


def test_it_ranks_by_what_reads_are_worth_now_with_a_margin(desk: Desk) -> None:
    now = clock.now()
    one, two, three = (desk.publish(headline) for headline in ("One", "Two", "Three"))
    read(one, 100, now)
    read(two, 90, now)
    read(three, 300, now - timedelta(hours=6))
    actions.rank(now)
    assert actions.ranking("top") == (one.pk, two.pk, three.pk)
    read(two, 105, now)
    assert not actions.rank(now)
    read(two, 115, now)
    assert actions.rank(now)
    assert actions.ranking("top") == (two.pk, one.pk, three.pk)


def test_a_ranking_that_stays_as_it_is_writes_nothing(desk: Desk) -> None:
    now = clock.now()
    for number, headline in enumerate(("One", "Two", "Three", "Four")):
        read(desk.publish(headline), 10 + number * 5, now)
    assert actions.rank(now)
    assert changed("ranking") == {"top": "ranked"}
    for minutes in range(1, 30):
        assert not actions.rank(now + timedelta(minutes=minutes))
    assert changed("ranking") == {}


def test_stories_that_are_taken_down_leave_at_the_next_tick(desk: Desk) -> None:
    now = clock.now()
    killed, gone, kept = (desk.publish(headline) for headline in ("One", "Two", "Three"))
    for story in (killed, gone, kept):
        read(story, 50, now)
    actions.rank(now)
    actions.heat(now, 40)
    stories.take_down(story=killed, kind="kill", reason="Wrong man.", by=DESK)
    take_off(gone)
    actions.rank(now)
    assert actions.ranking("top") == (kept.pk,)
    actions.heat(now, 40)
    assert actions.hot_paths() == {desk.path(kept)}


@the_numbers_decide
def test_there_are_ten_places(desk: Desk) -> None:
    now = clock.now()
    published = [desk.publish(f"Story {number}") for number in range(12)]
    for number, story in enumerate(published):
        read(story, 2.0**number, now)
    actions.rank(now)
    assert actions.ranking("top") == tuple(story.pk for story in published[:1:-1])


@the_numbers_decide
def test_a_clock_that_was_wrong_does_not_hold_the_ranking_for_years(desk: Desk) -> None:
    now = clock.now()
    one, two = desk.publish("One"), desk.publish("Two")
    read(one, 5, now + timedelta(days=900))
    read(two, 5, now)
    actions.rank(now)
    assert actions.ranking("top")[0] == two.pk
    actions.rank(now - timedelta(days=40_000))  # nor does one that is wrong now stop the tick


# --- the hot set


def test_a_new_story_is_hot_at_once_and_stays_so_until_it_is_read(desk: Desk) -> None:
    now = clock.now()
    old = [desk.publish(f"Old {number}") for number in range(4)]
    for story in old:
        age(story, timedelta(days=1))
        read(story, 1000, now)
    actions.heat(now, 4)
    assert actions.hot_paths() == {desk.path(story) for story in old}
    changed("hot")
    read(old[2], 900, now)  # the coldest
    new = desk.publish("New")
    actions.heat_new(desk.path(new), new.pk, 4)
    assert actions.is_hot(desk.path(new)) and not actions.is_hot(desk.path(old[2]))
    assert changed("hot") == {desk.path(new): "heated", desk.path(old[2]): "cooled"}
    actions.heat_new(desk.path(new), new.pk, 4)
    assert changed("hot") == {}
    actions.heat(now + timedelta(minutes=5), 4)
    assert changed("hot") == {}
    actions.heat(now + timedelta(minutes=40), 4)
    assert changed("hot") == {desk.path(new): "cooled", desk.path(old[2]): "heated"}


def test_the_page_itself_goes_first_and_those_that_cool_can_wait(desk: Desk) -> None:
    one, two = desk.publish("One"), desk.publish("Two")
    actions.heat_new(desk.path(one), one.pk, 1)
    actions.heat_new(desk.path(two), two.pk, 1)
    lanes = set(Change.objects.filter(kind="hot").values_list("ref", "cause", "lane"))
    assert lanes == {
        (desk.path(one), "heated", Lane.PUBLISH),
        (desk.path(one), "cooled", Lane.MAINTENANCE),
        (desk.path(two), "heated", Lane.PUBLISH),
    }


other_limits = pytest.mark.one_database("Only the number differs; that of two is tried on each database.")


@pytest.mark.parametrize("limit", [2, *(pytest.param(limit, marks=other_limits) for limit in (0, 1, 5))])
def test_the_hot_set_never_has_more_than_its_limit(desk: Desk, limit: int) -> None:
    now = clock.now()
    for number in range(7):
        story = desk.publish(f"Story {number}")
        actions.heat_new(desk.path(story), story.pk, limit)
        assert len(actions.hot_paths()) <= limit
        if number % 2:
            read(story, number, now)
        actions.heat(now, limit)
        assert len(actions.hot_paths()) == min(limit, number + 1)
    actions.heat(now, 2)  # another setting after a restart
    assert len(actions.hot_paths()) == 2
    actions.heat(now, 0)
    assert actions.hot_paths() == set()


def test_pages_change_places_only_with_a_margin_and_rows_say_exactly_which(desk: Desk) -> None:
    now = clock.now()
    one, two, three = (desk.publish(headline) for headline in ("One", "Two", "Three"))
    for story in (one, two, three):
        age(story, timedelta(days=1))
    read(one, 100, now)
    read(two, 50, now)
    read(three, 48, now)
    actions.heat(now, 2)
    assert changed("hot") == {desk.path(one): "heated", desk.path(two): "heated"}
    read(three, 54, now)
    assert actions.heat(now, 2) == 0
    assert changed("hot") == {}
    read(three, 56, now)
    assert actions.heat(now, 2) == 2
    assert changed("hot") == {desk.path(two): "cooled", desk.path(three): "heated"}


def test_a_story_that_moves_is_hot_at_its_new_address(desk: Desk) -> None:
    now = clock.now()
    story = desk.publish("One")
    actions.heat(now, 2)
    before = desk.path(story)
    Story.objects.get(pk=story.pk).move(desk.sport, pos="last-child")
    actions.heat(now, 2)
    assert actions.hot_paths() == {desk.path(story)} != {before}


def test_a_path_that_is_too_long_for_a_change_row_is_never_hot(desk: Desk) -> None:
    section = desk.news
    for letter in "abc":
        section = stories.open_section(parent=section, name=letter, slug=letter * 100)
    story = desk.publish("One", section)
    actions.heat_new(desk.path(story), story.pk, 5)
    actions.heat(clock.now(), 5)
    assert actions.hot_paths() == set()


# --- what a tick costs


@pytest.mark.one_database("How often it asks is decided before a database answers.")
def test_a_tick_asks_as_much_of_a_large_newsroom_as_of_a_small_one(desk: Desk) -> None:
    now = clock.now()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            actions.rank(now)
            actions.heat(now, 5)
        return len(captured)

    for number in range(6):
        read(desk.publish(f"Story {number}"), 2.0**number, now)
    queries()
    few = queries()
    ReadCount.objects.bulk_create(
        [ReadCount(story=10_000 + number, level=decay.level(0.1 + number / 1e6, now)) for number in range(5000)]
    )
    assert queries() == few


@pytest.mark.one_database("SQLite tells its plans in a form of its own.")
def test_a_tick_reads_the_index_from_its_top(desk: Desk) -> None:
    now = clock.now()
    read(desk.publish("One"), 5, now)
    with CaptureQueriesContext(connection) as captured:
        actions.rank(now)
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            if "readership_readcount" in query["sql"] and not query["sql"].startswith("INSERT"):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plans += [row[3] for row in cursor.fetchall()]
    on_counts = [step for step in plans if "readcount" in step]
    assert on_counts and all("most_read" in step or "PRIMARY KEY" in step for step in on_counts), plans
    assert not any("TEMP B-TREE" in step for step in plans), plans
    assert HotPath.objects.count() == 0
