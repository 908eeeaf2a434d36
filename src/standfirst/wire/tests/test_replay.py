"""Sealed files through better readers: shown first, applied by the rules; nothing that was killed comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from standfirst.kit import clock
from standfirst.stories.models import Story
from standfirst.wire import formats
from standfirst.wire.intake.replay import replay
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Item, Offer, Version
from standfirst.wire.tests.agency import Desk, g2, words

pytestmark = pytest.mark.deep_on_postgresql(
    "What is read anew goes through the rules of intake, whose verbs other tests try on each database."
)


@pytest.fixture
def better(monkeypatch: Any) -> Any:
    """Have the readers say something else of each item from now on."""
    parse = formats.parse

    def learn(**said: Any) -> None:
        def read(data: bytes, profile: formats.Profile) -> formats.Parsed:
            parsed = parse(data, profile)
            items = tuple(msgspec.structs.replace(item, **said) for item in parsed.items)
            return _with(parsed, items)

        monkeypatch.setattr(formats, "parse", read)

    return learn


def _with(parsed: formats.Parsed, items: tuple[CanonicalItem, ...]) -> formats.Parsed:
    return formats.Parsed(items=items, oddities=parsed.oddities, format=parsed.format, parts=parsed.parts)


def different(**options: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.kind, tuple(each.fields)) for file in replay(**options) for each in file.differences]


def test_readers_that_read_the_same_change_nothing(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, signal="sig:correction"))
    desk.publish(g2(version=2, signal="sig:correction") + b"\n")
    desk.publish(g2("kill", status="stat:canceled"))
    desk.publish(b"<newsItem")
    assert different() == []
    assert different(write=True) == []


def test_what_would_change_is_shown_and_nothing_is_changed(desk: Desk, better):
    desk.publish(g2())
    better(headline="Bridge at Tarrava collapses", status="canceled")
    assert different() == [("changed", ("status", "headline"))]
    assert different(since=clock.now() + timedelta(hours=1)) == []
    assert different(feed=desk.waiting) == []
    assert desk.story().live
    assert desk.story().title == "Bridge at Tarrava gives way"


def test_a_kill_that_was_missed_is_carried_out(desk: Desk, better):
    desk.publish(g2())
    better(status="canceled")
    (file,) = replay(write=True)
    assert file.outcomes == {"killed": 1}
    assert file.differences[0].takes_down
    assert not desk.story().live
    assert different(write=True) == []


def test_nothing_that_was_killed_comes_back(desk: Desk, better):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:canceled"))
    better(status="usable")
    different(write=True)
    assert not desk.story().live
    assert desk.item().killed_at is not None


def test_an_untouched_story_is_mended_silently_and_a_touched_one_gets_an_offer(desk: Desk, better):
    desk.publish(g2("one", signal="sig:correction"))
    desk.publish(g2("two", headline="Ours"))
    touched = Story.objects.get(title="Ours")
    touched.title = "Ours, edited"
    touched.save_revision(user=desk.editor).publish()
    better(body_html="<p>All of what was said.</p>")
    different(write=True)
    assert "All of what was said" in words(Story.objects.get(origins__item_id__endswith="one"))
    touched.refresh_from_db()
    assert "All of what" not in words(touched)
    assert Offer.objects.open().get().story == touched
    assert different() == []
    assert Story.objects.count() == 2


def test_what_does_not_concern_readers_makes_no_offer(desk: Desk, better):
    desk.publish(g2())
    story = desk.story()
    story.title = "Edited"
    story.save_revision(user=desk.editor).publish()
    better(urgency=1, alt_ids=("a0101",))
    different(write=True)
    assert not Offer.objects.exists()
    assert desk.item().urgency == 1
    assert desk.item().names.get().name == "a0101"


def test_copy_that_was_overlooked_waits_and_is_not_published(desk: Desk, monkeypatch):
    def blind(data: bytes, profile: formats.Profile) -> formats.Parsed:
        return formats.Parsed(items=(), format="newsml-g2")

    with monkeypatch.context() as patched:
        patched.setattr(formats, "parse", blind)
        desk.publish(g2("new"))
        desk.publish(g2("old", headline="Long ago"))
    Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(received_at=clock.now() - timedelta(days=30))
    assert different() == [("added", ()), ("added", ())]
    different(write=True)
    assert (desk.item("new").place, desk.item("old").place) == (Item.Place.WAITING, Item.Place.STORED)
    assert not Story.objects.exists()


def test_a_file_that_can_be_read_now_is_read(desk: Desk, monkeypatch):
    def refuse(data: bytes, profile: formats.Profile) -> formats.Parsed:
        raise formats.Unreadable("Nobody knows this.")

    with monkeypatch.context() as patched:
        patched.setattr(formats, "parse", refuse)
        delivery = desk.publish(g2())
    assert [kind for kind, _ in different()] == ["readable", "added"]
    different(write=True)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.trouble) == (Delivery.State.READ, False)
    assert desk.item().place == Item.Place.WAITING
    assert not Story.objects.exists()


def test_it_can_be_broken_off_and_gone_on_with(desk: Desk, better):
    desk.publish(g2("one"))
    desk.publish(g2("two"))
    better(urgency=1)
    first = next(replay(write=True))
    assert different(after=first.delivery.pk) == [("changed", ("urgency",))]
    different(write=True, after=first.delivery.pk)
    assert set(Item.objects.values_list("urgency", flat=True)) == {1}
    assert Version.objects.count() == 2
