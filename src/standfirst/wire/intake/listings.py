"""What a source offers as a whole: an item that is taken off it was not killed, but somebody should know."""

from __future__ import annotations

from collections.abc import Sequence

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.stories import alerts
from standfirst.wire.intake.common import WIRE
from standfirst.wire.intake.takebacks import stories_of
from standfirst.wire.models import Delivery, Item, Listing

MOST = 5_000
"""Names that are remembered of one listing."""


def compare(delivery: Delivery, names: Sequence[str]) -> None:
    """Compare what a feed's source lists now with what it listed before, and remember it.

    Old items drop off one end of a listing as new ones come in at the other. One that is missing from the middle, with
    older and newer ones still there, was taken off.
    """
    now = list(dict.fromkeys(name[:500] for name in names))[:MOST]
    source = str(delivery.envelope.get("source") or delivery.envelope.get("url") or "")[:300]
    listing, new = Listing.objects.select_for_update().get_or_create(
        feed=delivery.feed, source=source, defaults={"names": now, "at": delivery.received_at}
    )
    if new or delivery.received_at < listing.at or not now:
        return
    before = list(map(str, listing.names))
    listing.names, listing.at = now, delivery.received_at
    listing.save(update_fields=["names", "at"])
    back = Item.objects.filter(feed=delivery.feed, gone_at__isnull=False, item_id__in=set(now) - set(before))
    back.update(gone_at=None)
    gone = _taken_off(before, now)
    if not gone:
        return
    for item in Item.objects.filter(feed=delivery.feed, item_id__in=gone, gone_at=None, killed_at=None):
        _note(item)


def _taken_off(before: list[str], now: list[str]) -> list[str]:
    """Those of `before` that are missing from `now` though others are there on both sides of them."""
    there = set(now)
    kept = [place for place, name in enumerate(before) if name in there]
    if not kept:
        return []  # another listing altogether
    known = set(before)
    places = {name: place for place, name in enumerate(now)}
    first, last = places[before[kept[0]]], places[before[kept[-1]]]
    fresh = [place for place, name in enumerate(now) if name not in known]
    # Where new ones come in, nothing drops off.
    low = -1 if any(place < first for place in fresh) and not any(place > last for place in fresh) else kept[0]
    high = len(before) if any(place > last for place in fresh) and low != -1 else kept[-1]
    return [name for place, name in enumerate(before) if name not in there and low < place < high]


def _note(item: Item) -> None:
    now = clock.now()
    live = [story for story in stories_of(item) if story.live]
    item.gone_at = item.changed_at = now
    item.urgent = item.urgent or bool(live)
    item.save(update_fields=["gone_at", "changed_at", "urgent"])
    changes.audit(by=WIRE, verb="no longer listed", kind="item", ref=item.pk, stories=[story.pk for story in live])
    if live:
        alerts.mail_publishers(
            f"No longer offered by the agency: {item}",
            "\n".join(
                [
                    f"{item.feed.title} took this item off its listing, while older and newer ones are still there.",
                    "That is no kill, and nothing was taken down. Ask the agency, and decide:",
                    "",
                    *(f"- {story.title}" for story in live),
                ]
            ),
        )
