"""Copy that a person brings: text pasted, files uploaded. Sealed like every other delivery, read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.stories.actions import may
from standfirst.wire import formats, sealing
from standfirst.wire.formats import paste as pasted
from standfirst.wire.intake.common import received
from standfirst.wire.intake.deliveries import take_in
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.models import Delivery, Feed, Item

PASTE: Final = "paste"
UPLOAD: Final = "upload"
_MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as somebody brings it: its name, and its bytes or where they are. `parts` are files that it names."""

    name: str
    source: bytes | Path
    parts: Mapping[str, bytes | Path] = field(default_factory=dict)


def paste(*, feed: Feed, text: str, by: Actor) -> Delivery:
    """Take in pasted text: a whole wire file as what it is, anything else as plain text that a person must look at.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: the feed is switched off, or there are no words.
    """
    may(by, "wire.take_item")
    if not any(letter.isalnum() for letter in text):
        raise Refused("There are no words in this text: paste the story.")
    name = f"pasted-{clock.now():%Y%m%d-%H%M%S}.txt"
    return _bring(feed, Brought(name=name, source=pasted.bytes_of(text)), PASTE, by)


def upload(*, feed: Feed, files: Sequence[Brought], by: Actor) -> list[Delivery]:
    """Take in uploaded files, each a delivery of its own; what happened is on each.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: the feed is switched off.
    """
    may(by, "wire.take_item")
    return [_bring(feed, each, UPLOAD, by) for each in files]


def _bring(feed: Feed, brought: Brought, transport: str, by: Actor) -> Delivery:
    source = brought.source
    delivery = take_in(
        feed=feed,
        data=source if isinstance(source, bytes) else None,
        path=None if isinstance(source, bytes) else source,
        file_name=brought.name,
        transport=transport,
        parts=brought.parts,
        envelope={"brought by": changes.name_of(by)},
    )
    changes.audit(by=by, verb=f"took in by {transport}", kind="delivery", ref=delivery.pk, file=delivery.file_name)
    return delivery


def items_of(delivery: Delivery) -> list[Item]:
    """The items that the bytes of `delivery` hold, also where the same bytes came in before; oldest first."""
    held = Item.objects.filter(versions__delivery__seal=delivery.seal, versions__delivery__feed_id=delivery.feed_id)
    found = list(held.select_related("feed").distinct().order_by("id")[:_MOST_SHOWN])
    if found or not delivery.items_in:
        return found
    # Other bytes said the same before.
    try:
        parsed = formats.parse(
            sealing.read(received(), delivery.seal), profile=profile_of(delivery.feed, delivery.transport)
        )
    except Problem:
        return []
    names = {(item.provider, item.item_id) for item in parsed.items[:_MOST_SHOWN]}
    same = Item.objects.filter(item_id__in={item_id for _provider, item_id in names}).select_related("feed")
    return [item for item in same.order_by("id") if (item.provider, item.item_id) in names]
