"""Terms that end take stories down; a later version can move the end; nobody publishes after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from standfirst.changes.models import Tick
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Takedown
from standfirst.wire import actions
from standfirst.wire.tests.agency import Desk
from tests.post import posted


def tomorrow(days: int = 1) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def strike(desk: Desk) -> None:
    """As the newsroom's clock does it."""
    for tick in Tick.objects.due(clock.now()).filter(name=actions.TERMS_END):
        actions.end_terms(int(tick.ref))
        Tick.objects.filter(pk=tick.pk).update(applied_at=clock.now())


def test_a_story_goes_when_its_terms_end(desk: Desk):
    assert desk.say(expires=tomorrow()) == "published"
    strike(desk)
    assert desk.story().live
    clock.set_offset(timedelta(days=1, seconds=1))
    strike(desk)
    story = desk.story()
    assert not story.live
    takedown = Takedown.objects.get()
    assert (takedown.kind, takedown.by) == ("withhold", "wire")
    assert "limited time" in takedown.wording
    assert "terms ended" in posted()[0].subject
    stories.restore(takedown=takedown, because="The agency prolonged it", by=desk.publisher)
    assert stories.publish(story=story, by=desk.publisher).live
    strike(desk)
    assert desk.story().live


def test_a_newer_version_moves_the_end(desk: Desk):
    desk.say(expires=tomorrow())
    desk.say(version=2, expires=tomorrow(3))
    clock.set_offset(timedelta(days=2))
    strike(desk)
    assert desk.story().live
    clock.set_offset(timedelta(days=4))
    strike(desk)
    assert not desk.story().live


def test_nothing_is_published_or_taken_after_the_end(desk: Desk):
    assert desk.say(expires=tomorrow(-1)) == "held"
    desk.say(expires=tomorrow(), feed=desk.waiting)
    clock.set_offset(timedelta(days=2))
    item = desk.known(feed=desk.waiting)
    with pytest.raises(Refused, match="until"):
        actions.take(item=item, by=desk.wire_editor, section=desk.section())


def test_a_draft_cannot_be_published_after_the_end(desk: Desk):
    desk.say(expires=tomorrow(), feed=desk.waiting)
    story = actions.take(item=desk.known(feed=desk.waiting), by=desk.wire_editor, section=desk.section())
    clock.set_offset(timedelta(days=2))
    strike(desk)
    assert story.why_not_live() is not None


def test_terms_that_end_before_the_embargo_are_for_a_person(desk: Desk):
    assert desk.say(expires=tomorrow(1), embargo_until=tomorrow(2)) == "held"
