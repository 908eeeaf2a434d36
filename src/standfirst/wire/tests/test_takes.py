"""A text in several takes is one story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from standfirst.kit import clock
from standfirst.stories.models import Origin, Story
from standfirst.wire import actions
from standfirst.wire.models import Feed, Item, Offer
from standfirst.wire.tests.agency import Desk, words

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of intake do is done by verbs that other tests try on each database."
)


def take(desk: Desk, number: int | None, *, feed: Feed | None = None, item_id: str = "", **said: Any) -> str:
    said = {
        "headline": "The court's ruling",
        "thread_key": "BC-Ruling",
        "take": number,
        "body_html": f"<p>This is part {number} of it.</p>",
        **said,
    }
    return desk.say(item_id or f"a010{number}", feed=feed, **said)


def parts_in(story: Story) -> list[str]:
    text = words(story)
    return [number for number in "123456789" if f"part {number}" in text]


def test_takes_are_appended_to_the_story(desk: Desk):
    assert take(desk, 1) == "published"
    assert take(desk, 2) == "updated"
    assert take(desk, 3) == "updated"
    story = desk.story()
    assert (story.live, parts_in(story)) == (True, ["1", "2", "3"])
    assert {origin.item_id for origin in story.origins.all()} == {"a0101", "a0102", "a0103"}


def test_takes_that_come_out_of_order_wait_for_the_beginning(desk: Desk):
    assert take(desk, 2) == "held"
    assert take(desk, 1) == "published"
    assert parts_in(desk.story()) == ["1", "2"]
    assert desk.known("a0102").place == Item.Place.TAKEN


def test_a_newer_first_take_keeps_the_others(desk: Desk):
    take(desk, 1)
    take(desk, 2)
    desk.say("a0101", 2, thread_key="BC-Ruling", take=1, body_html="<p>This is part 1 and more: part 9.</p>")
    assert parts_in(desk.story()) == ["1", "2", "9"]


def test_a_touched_story_is_offered_the_next_take(desk: Desk):
    take(desk, 1)
    story = desk.story()
    story.title = "Ours"
    story.save_revision(user=desk.editor).publish()
    assert take(desk, 2) == "offered"
    offer = Offer.objects.open().get()
    actions.settle_offer(offer=offer, how="applied", by=desk.editor)
    assert parts_in(desk.story().get_latest_revision_as_object()) == ["1", "2"]


def test_a_person_takes_all_that_is_there(desk: Desk):
    for number in (1, 2, 3):
        take(desk, number, feed=desk.waiting)
    story = actions.take(item=desk.known("a0101", desk.waiting), by=desk.wire_editor, section=desk.section())
    assert parts_in(story) == ["1", "2", "3"]
    assert Origin.objects.filter(story=story).count() == 3
    assert not Item.objects.filter(place=Item.Place.WAITING).exists()


def test_a_writethru_replaces_all(desk: Desk):
    take(desk, 1)
    take(desk, 2)
    assert (
        take(desk, None, item_id="a0105", editorial_types=("writethru",), body_html="<p>This is part 7, new.</p>")
        == "updated"
    )
    assert parts_in(desk.story()) == ["7"]
    assert desk.story().live


def test_a_kill_of_one_take_takes_the_story_down(desk: Desk):
    take(desk, 1)
    take(desk, 2)
    desk.say("a0102", 2, status="canceled")
    assert not desk.story().live


def test_the_same_keyword_on_another_day_is_another_text(desk: Desk):
    take(desk, 1)
    clock.set_offset(timedelta(days=1))
    take(desk, 1, item_id="b0101")
    assert Story.objects.count() == 2
    assert take(desk, 2, item_id="b0102") == "updated"
    assert parts_in(Story.objects.get(origins__item_id="b0101")) == ["1", "2"]
    assert parts_in(Story.objects.get(origins__item_id="a0101")) == ["1"]
