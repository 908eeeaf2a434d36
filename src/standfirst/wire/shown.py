"""How the wire's screens show items: badges, rows, and the story side of a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils import formats as localised
from django.utils import timezone

from standfirst.kit import clock
from standfirst.stories.models import Origin, Story
from standfirst.wire import compare
from standfirst.wire.models import Delivery, Item, Offer

Tone = Literal["plain", "good", "notice", "alarm"]

_MARKS = {
    "update": "Update",
    "correction": "Correction",
    "clarification": "Clarification",
    "add/take": "Further take",
    "writethru": "Writethru",
    "lead": "Lead",
    "repeat": "Repeat",
    "advisory": "Advisory",
    "kill": "Kill",
    "withhold": "Withhold",
    "disregard": "Disregard",
    "hold_for_release": "Hold for release",
}
_WARNING = {"correction", "clarification", "kill", "withhold", "disregard", "hold_for_release"}


@dataclass(frozen=True, slots=True)
class Badge:
    label: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the wire list: an item, or a delivery that could not be read."""

    at: datetime
    item: Item | None = None
    delivery: Delivery | None = None
    badges: tuple[Badge, ...] = ()
    stories: tuple[Story, ...] = ()
    offers: tuple[Offer, ...] = ()
    held: tuple[str, ...] = field(default=())


def moment(at: datetime) -> str:
    """A time in the newsroom's zone, e.g. "22 Nov 2026, 10:00"."""
    return localised.date_format(timezone.localtime(at), "j M Y, H:i")


def badges(item: Item) -> tuple[Badge, ...]:
    """What a wire editor must see at a glance, the gravest first."""
    found: list[Badge] = []
    if item.killed_at is not None:
        found.append(Badge("Killed by the agency", "alarm"))
    if item.withheld_at is not None:
        found.append(Badge("Withheld by the agency", "alarm"))
    if item.test:
        found.append(Badge("Test: never publish", "alarm"))
    if item.embargo_open_ended:
        found.append(Badge("Embargo without an end", "notice"))
    if item.embargo_until is not None and item.embargo_until > clock.now():
        found.append(Badge(f"Embargo until {moment(item.embargo_until)}", "notice"))
    if item.held_because and item.killed_at is None and item.withheld_at is None:
        found.append(Badge("Held", "notice"))
    for mark in item.marks:
        found.append(Badge(_MARKS.get(mark, mark), "notice" if mark in _WARNING else "good"))
    if item.type != "text":
        found.append(Badge(item.type.capitalize()))
    if item.place == Item.Place.TAKEN:
        found.append(Badge("Taken"))
    elif item.place == Item.Place.SPIKED:
        found.append(Badge("Spiked"))
    elif item.place == Item.Place.STORED:
        found.append(Badge("Stored"))
    return tuple(found)


def rows(items: Sequence[Item], troubled: Sequence[Delivery] = ()) -> list[Row]:
    """Items and troubled deliveries as one list, newest first. Three queries, however many items."""
    stories = stories_of(items)
    offers: dict[int, list[Offer]] = defaultdict(list)
    open_offers = Offer.objects.open().filter(version__item__in=items).select_related("story", "version")
    for offer in open_offers:
        offers[offer.version.item_id].append(offer)
    made = [
        Row(
            at=item.changed_at,
            item=item,
            badges=badges(item),
            stories=tuple(stories.get((item.provider, item.item_id), ())),
            offers=tuple(offers.get(item.pk, ())),
            held=tuple(item.held_because),
        )
        for item in items
    ]
    made.extend(Row(at=delivery.received_at, delivery=delivery) for delivery in troubled)
    return sorted(made, key=lambda row: row.at, reverse=True)


def stories_of(items: Sequence[Item]) -> dict[tuple[str, str], list[Story]]:
    """(provider, item id) -> the stories that copy of the item went into."""
    found: dict[tuple[str, str], dict[int, Story]] = defaultdict(dict)
    origins = Origin.objects.filter(
        provider__in={item.provider for item in items}, item_id__in={item.item_id for item in items}
    ).select_related("story")
    for origin in origins:
        found[origin.provider, origin.item_id][origin.story_id] = origin.story
    return {key: list(stories.values()) for key, stories in found.items()}


def words_of(story: Story) -> list[tuple[str, str]]:
    """What `story` (its newest draft) says, as (label, text) pairs for a comparison."""
    fields = {name: getattr(story, name) for name in ("kicker", "title", "standfirst", "byline")}
    return compare.texts(fields, [(block.block_type, block.value) for block in story.body])
