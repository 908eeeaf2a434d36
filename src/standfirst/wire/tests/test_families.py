"""Story families: what gathers in one thread, what does not, and what people decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from standfirst.wire import families
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import Link
from standfirst.wire.models import Feed, Item, Thread
from standfirst.wire.tests.agency import Desk

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Room:
    """Two agencies whose items are placed as intake does it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.feeds = {"CPA": desk.waiting, "Norda": desk.feed("norda", Feed.Mode.DESK)}

    def place(self, item_id: str, *, provider: str = "CPA", hours: float = 0, **fields: Any) -> Item:
        made = fields.pop("version_created", NOON + timedelta(hours=hours))
        canonical = CanonicalItem(provider=provider, item_id=item_id, version_created=made, **fields)
        item, _ = Item.objects.get_or_create(
            provider=provider,
            item_id=item_id,
            defaults={
                "feed": self.feeds[provider],
                "type": canonical.type,
                "headline": canonical.headline,
                "first_seen": made,
                "changed_at": made,
            },
        )
        families.place(item, canonical)
        item.save()
        return item


@pytest.fixture
def room(desk: Desk) -> Room:
    return Room(desk)


def test_updates_under_new_ids_gather_by_links_in_any_order(room: Room) -> None:
    late = room.place("b", links=(Link(rel="irel:derivedFrom", target="a"),), headline="Bridge: two hurt")
    first = room.place("a", headline="Bridge gives way")
    third = room.place("c", links=(Link(rel="evolvedFrom", target="a"),), headline="Bridge: three hurt")
    assert late.thread_id == first.thread_id == third.thread_id
    thread = Thread.objects.get(pk=first.thread_id)
    assert (thread.count, thread.headline) == (3, "Bridge: three hurt")
