"""How the wire's screens show items: badges, rows, and the story side of a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils import formats as localised
from django.utils import timezone

from standfirst.kit import clock, digests, markup
from standfirst.stories.models import Origin, Story
from standfirst.wire import compare, drafting, families, looking, searching, sources
from standfirst.wire.item import Association, Concept
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Directive, Feed, Item, Offer, Version

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
    """A word or two on an item. `until`: the moment that it counts down to, where scripts run."""

    label: str
    tone: Tone = "plain"
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the wire list: an item, or a delivery that could not be read. `state` tells its contents apart."""

    at: datetime
    state: str = ""
    section: int | None = None
    """Where one keystroke takes it."""
    item: Item | None = None
    delivery: Delivery | None = None
    badges: tuple[Badge, ...] = ()
    stories: tuple[Story, ...] = ()
    offers: tuple[Offer, ...] = ()
    held: tuple[str, ...] = field(default=())
    published: Story | None = None
    """What we published of other copy on the same story."""


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
        found.append(Badge(f"Embargo until {moment(item.embargo_until)}", "notice", until=item.embargo_until))
    if item.expires_at is not None:
        over = item.expires_at <= clock.now()
        label = f"Use ended {moment(item.expires_at)}" if over else f"Use ends {moment(item.expires_at)}"
        found.append(Badge(label, "alarm" if over else "notice"))
    if item.held_because and item.killed_at is None and item.withheld_at is None:
        found.append(Badge("Held", "notice"))
    for mark in item.marks:
        found.append(Badge(_MARKS.get(mark, mark), "notice" if mark in _WARNING else "good"))
    if item.take:
        found.append(Badge(f"Take {item.take}"))
    if item.type != "text":
        found.append(Badge(item.type.capitalize()))
    if item.place == Item.Place.TAKEN:
        found.append(Badge("Taken"))
    elif item.place == Item.Place.HOLD:
        found.append(Badge("On hold", "notice"))
    elif item.place == Item.Place.SPIKED:
        found.append(Badge("Spiked"))
    elif item.place == Item.Place.STORED:
        found.append(Badge("Stored"))
    return tuple(found)


def rows(items: Sequence[Item], troubled: Sequence[Delivery] = ()) -> list[Row]:
    """Items and troubled deliveries as one list, newest first. Five queries, however many items."""
    stories = stories_of(items)
    offers: dict[int, list[Offer]] = defaultdict(list)
    open_offers = Offer.objects.open().filter(version__item__in=items).select_related("story", "version")
    for offer in open_offers:
        offers[offer.version.item_id].append(offer)
    published = families.published_in({item.thread_id for item in items if item.thread_id is not None})
    made = [
        Row(
            at=item.changed_at,
            state=looking.state(item),
            section=suggested(item),
            item=item,
            badges=badges(item),
            stories=tuple(stories.get((item.provider, item.item_id), ())),
            offers=tuple(offers.get(item.pk, ())),
            held=tuple(item.held_because),
            published=published.get(item.thread_id or 0) if (item.provider, item.item_id) not in stories else None,
        )
        for item in items
    ]
    made.extend(Row(at=delivery.received_at, delivery=delivery) for delivery in troubled)
    return sorted(made, key=lambda row: row.at, reverse=True)


def suggested(item: Item) -> int | None:
    """The section that one keystroke takes `item` into: a rule's, else the feed's."""
    section = (item.rule.section_id if item.rule is not None else None) or item.feed.section_id
    return int(section) if section is not None else None


def stories_of(items: Sequence[Item]) -> dict[tuple[str, str], list[Story]]:
    """(provider, item id) -> the stories that copy of the item went into."""
    found: dict[tuple[str, str], dict[int, Story]] = defaultdict(dict)
    origins = Origin.objects.filter(
        provider__in={item.provider for item in items}, item_id__in={item.item_id for item in items}
    ).select_related("story")
    for origin in origins:
        found[origin.provider, origin.item_id][origin.story_id] = origin.story
    return {key: list(stories.values()) for key, stories in found.items()}


@dataclass(frozen=True, slots=True)
class Urgent:
    """What stands above the list until somebody sees to it: orders that match nothing for certain, items to be decided
    at once, feeds that fail or are silent."""

    directives: tuple[Directive, ...] = ()
    items: tuple[Item, ...] = ()
    unwell: tuple[tuple[Feed, sources.Health], ...] = ()

    @property
    def mark(self) -> str:
        """Changes when something in it does."""
        told = [
            [each.pk for each in self.directives],
            [each.pk for each in self.items],
            [(feed.pk, health.state, health.says) for feed, health in self.unwell],
        ]
        return f"{digests.short(repr(told).encode()):x}" if any(told) else ""


def urgent() -> Urgent:
    """What must be seen to now."""
    directives = tuple(Directive.objects.open().select_related("item__feed")[:5])
    asked = [each.item_id for each in directives]
    items = Item.objects.newest().filter(urgent=True).exclude(pk__in=asked).select_related("feed")[:5]
    return Urgent(directives, tuple(items), tuple(sources.troubled()[:8]))


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture as copy speaks of it."""

    caption: str
    credit: str
    terms: tuple[str, ...]
    expires: datetime | None
    size: str = ""


def announced(canonical: CanonicalItem) -> list[Shot]:
    """Pictures that copy speaks of, where intake keeps none of them."""
    if canonical.type in ("picture", "graphic"):
        own = Association(
            role="main",
            caption=markup.text_of(canonical.body_html) or canonical.abstract,
            creditline=canonical.creditline,
            usage_terms=canonical.usage_terms,
            expires=canonical.expires,
            renditions=canonical.renditions,
        )
        return [_unfetched(own)]
    return [_unfetched(each) for each in canonical.associations[:30] if each.type in ("picture", "graphic")]


def _unfetched(told: Association) -> Shot:
    sizes = [(each.width, each.height) for each in told.renditions if each.width and each.height]
    width, height = max(sizes, default=(0, 0))
    return Shot(
        caption=told.caption or told.headline,
        credit=told.creditline or told.copyright_notice,
        terms=told.usage_terms,
        expires=told.expires,
        size=f"{width} × {height}" if width else "",
    )


@dataclass(frozen=True, slots=True)
class Relative:
    """Another item on the same story, from this agency or another, with the stories that were made of it."""

    item: Item
    ours: bool
    """From the same agency."""
    stories: tuple[Story, ...] = ()


def family(item: Item) -> list[Relative]:
    """Other items on the same story, in the order in which they came in."""
    others = list(families.siblings(item).select_related("feed")[:40])
    stories = stories_of(others) if others else {}
    return [
        Relative(other, other.provider == item.provider, tuple(stories.get((other.provider, other.item_id), ())))
        for other in others
    ]


def said_of(family: Sequence[Relative]) -> str:
    """A family in a few words, e.g. "2 updates, and from Coast Press"."""
    mine = sum(relative.ours for relative in family)
    others = list(dict.fromkeys(relative.item.feed.title for relative in family if not relative.ours))
    told = [f"{mine} more from this agency"] if mine else []
    told += [f"also from {', '.join(others[:4])}"] if others else []
    return "; ".join(told)


def labels(kind: str, concepts: Sequence[Concept]) -> list[str]:
    """Subjects or places (see `Facet.Kind`) as words, each once."""
    return list(dict.fromkeys(searching.label(kind, each) for each in concepts if each.name or each.code))[:20]


def differences(item: Item, older: Version, newer: Version) -> list[compare.Row]:
    """Two versions of an item side by side."""
    return compare.side_by_side(said(older, item), said(newer, item))


def said(version: Version, item: Item) -> list[tuple[str, str]]:
    """What a version says, as (label, text) pairs for a comparison."""
    copy = drafting.copy_of(version.read(), credit=item.feed.credit, language=item.feed.language or "en")
    return compare.texts(copy.fields(), copy.body)


def words_of(story: Story) -> list[tuple[str, str]]:
    """What `story` (its newest draft) says, as (label, text) pairs for a comparison."""
    fields = {name: getattr(story, name) for name in ("kicker", "title", "standfirst", "byline")}
    return compare.texts(fields, [(block.block_type, block.value) for block in story.body])
