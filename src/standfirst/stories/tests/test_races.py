"""People who do opposite things at the same instant, each on a connection of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError, connection
from wagtail.models import Page, PageLogEntry

from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions
from standfirst.stories.models import Address, Embargo, Section, SectionPath, Story, Takedown
from standfirst.stories.tests.cast import Cast
from tests.often import often

Act = Callable[[], object]


def at_once(*acts: Act) -> list[BaseException]:
    """Do all of these at the same instant; returns what went wrong but a refusal."""
    gate = threading.Barrier(len(acts))
    faults: list[BaseException] = []

    def go(act: Act) -> None:
        try:
            gate.wait(20)
            act()
        except (ValidationError, Refused):
            pass
        except DatabaseError as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def fresh(story: Story) -> Story:
    return Story.objects.get(pk=story.pk)


@pytest.mark.parametrize("state", ["draft", "live", "scheduled"])
def test_who_kills_wins_over_who_publishes_at_the_same_instant(committed: Cast, state: str) -> None:
    cast = committed
    for number in range(often(3, 12)):
        story = cast.live(f"Story {number}") if state == "live" else cast.draft(f"Story {number}")
        if state == "scheduled":
            story.go_live_at = clock.now() + timedelta(hours=1)
            story.save_revision(user=cast.ed).publish(user=cast.ed)

        def kill(story: Story = story) -> None:
            actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=cast.wale)

        def publish(story: Story = story) -> None:
            if state == "scheduled":
                actions.publish_due(clock.now() + timedelta(hours=2))
            else:
                actions.publish(story=fresh(story), by=cast.ed)

        faults = at_once(kill, publish)
        assert faults == []
        assert Takedown.objects.standing().filter(story=story).count() == 1
        assert not fresh(story).live
        assert fresh(story).scheduled_revision is None


def test_two_workers_whose_clocks_strike_at_once_publish_a_story_once(committed: Cast) -> None:
    cast = committed
    for number in range(often(2, 8)):
        story = cast.draft(f"Story {number}")
        story.go_live_at = clock.now() + timedelta(hours=1)
        story.save_revision(user=cast.ed).publish(user=cast.ed)
        done: list[tuple[int, str]] = []

        def strike(done: list[tuple[int, str]] = done) -> None:
            done += actions.publish_due(clock.now() + timedelta(hours=2))

        assert at_once(strike, strike, strike) == []
        assert done == [(story.pk, "published")]
        assert PageLogEntry.objects.filter(page=story.pk, action="wagtail.publish.scheduled").count() == 1


def test_an_embargo_that_comes_while_its_story_is_published_holds(committed: Cast) -> None:
    cast = committed
    until = clock.now() + timedelta(hours=3)
    for number in range(often(3, 12)):
        story = cast.draft(f"Story {number}")
        faults = at_once(
            lambda story=story: actions.embargo(story=fresh(story), until=until, by=cast.wale),  # type: ignore[misc]
            lambda story=story: actions.publish(story=fresh(story), by=cast.ed),  # type: ignore[misc]
        )
        assert faults == []
        assert Embargo.objects.standing().filter(story=story).count() == 1
        assert not fresh(story).live


def test_a_kill_in_a_section_that_is_being_moved_takes_effect(committed: Cast) -> None:
    cast = committed
    for number in range(often(2, 8)):
        story = cast.live(f"Story {number}")
        target = cast.sport if number % 2 == 0 else cast.news

        def move(target: Section = target) -> None:
            Section.objects.get(pk=cast.world.pk).move(Page.objects.get(pk=target.pk), pos="last-child")

        def kill(story: Story = story) -> None:
            actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=cast.wale)

        faults = at_once(kill, move)
        assert [fault for fault in faults if not isinstance(fault, OperationalError)] == []
        assert not fresh(story).live
        world = SectionPath.objects.get(section=cast.world, current=True)
        assert world.path == f"{SectionPath.objects.get(section=target, current=True).path}world/"
        assert Address.objects.get(story=story, current=True).section_path == world
        assert Page.find_problems() == ([], [], [], [], [])


def test_two_who_publish_the_same_headline_at_once_get_two_addresses(committed: Cast) -> None:
    cast = committed
    for _ in range(often(2, 8)):
        one, two = cast.draft("The same headline"), cast.draft("The same headline")
        faults = at_once(
            lambda one=one: actions.publish(story=fresh(one), by=cast.ed),  # type: ignore[misc]
            lambda two=two: actions.publish(story=fresh(two), by=cast.paula),  # type: ignore[misc]
        )
        assert faults == []
        paths = {Address.objects.get(story=story, current=True).path for story in (one, two)}
        assert len(paths) == 2


def test_two_who_kill_at_once_leave_one_story_down(committed: Cast) -> None:
    cast = committed
    story = cast.live()
    faults = at_once(
        *(
            lambda who=who: actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=who)
            for who in (cast.wale, cast.ed, cast.paula)
        )
    )
    assert faults == []
    assert not fresh(story).live
