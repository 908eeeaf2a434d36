"""One version of one item: stored, put in its place, and done with as the rules of intake say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from django.db import transaction

from standfirst.kit import clock, digests
from standfirst.stories import alerts
from standfirst.stories.models import Story
from standfirst.wire import families, picturing, rows, searching, touched
from standfirst.wire.intake import directives, merging
from standfirst.wire.intake.common import Outcome
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.intake.embargoes import keep_embargo, wait_again
from standfirst.wire.intake.takebacks import stories_of, take_back
from standfirst.wire.intake.terms import keep_terms
from standfirst.wire.intake.using import copy_of, use
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import decode, encode, hold_reasons, is_test
from standfirst.wire.models import Delivery, Directive, Feed, Item, Version

__all__ = ["apply", "stories_of"]

Changed = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is known, for this transaction, of items that are about to be applied."""

    absent: set[tuple[str, str]]
    """(provider, id) of those that have no row."""
    orders: bool
    """False: no directive waits for anything."""


_ahead: ContextVar[_Ahead | None] = ContextVar("ahead", default=None)


@contextmanager
def looking_ahead(coming: Iterable[tuple[Feed, CanonicalItem]], *, orders: bool) -> Iterator[None]:
    """Ask once for all that `apply` will ask of each of the items that are `coming`. Inside one transaction.

    `orders`: some of them carry directives, or other programs may.
    """
    keys = {key_of(feed, canonical) for feed, canonical in coming}
    here = Item.objects.filter(item_id__in={item_id for _, item_id in keys}).values_list("provider", "item_id")
    token = _ahead.set(_Ahead(keys.difference(here), orders or Directive.objects.open().exists()))
    try:
        yield
    finally:
        _ahead.reset(token)


@transaction.atomic(savepoint=False)
def apply(*, delivery: Delivery, canonical: CanonicalItem) -> Outcome:
    """Store one version of one item, and do what the rules of intake say. Returns what happened.

    The rules: versions have an order, and late or lower ones change nothing; a cancellation holds for all versions,
    whenever it comes, also before the item itself and in another document; the latest embargo of any version holds;
    what is unknown or contradicts itself goes to a person.
    """
    canonical = storable(canonical)
    digest = digests.short(encode(_content(canonical)))
    order = max(-(2**63), min(canonical.version_order, 2**63 - 1))
    item, created, twin = _item(delivery.feed, canonical, order)
    if not created and item.versions.filter(order=order, digest=digest).exists():
        return "repeat"
    before = _values(item)
    waits_for = ""
    if canonical.patches:
        made = merging.amended(item, canonical, delivery, profile_of(delivery.feed))
        if isinstance(made, str):
            waits_for = made[:100]
            if created:
                item.latest_order = -(2**63)  # what it changes is older, and yet to come
        else:
            canonical = storable(made)
    outcome = _settle(item, canonical, delivery, order, digest, created=created, twin=twin, waits_for=waits_for)
    changed = [name for name, value, now in zip(_FIELDS, before, _values(item), strict=True) if value != now]
    if changed:
        rows.update(item, changed)
    if not waits_for and not created:
        _complete(item, canonical)
    return outcome


@transaction.atomic
def apply_again(*, version: Version, canonical: CanonicalItem) -> Outcome:
    """Have a stored version say what a better reader makes of its bytes, and do what follows from it by the rules."""
    item = Item.objects.select_for_update(of=("self",)).select_related("feed").get(pk=version.item_id)
    canonical = storable(canonical)
    before = _values(item)
    partial = canonical.management_only or bool(canonical.patches)
    newest = item.newest_version()
    current = newest is not None and newest.pk == version.pk
    if partial:
        # The text that it belongs to is stored with it, and stays.
        canonical = merging.managed(version.read(), canonical)
    same_copy = copy_of(version.read(), item.feed) == copy_of(canonical, item.feed)
    order = max(-(2**63), min(canonical.version_order, 2**63 - 1))
    if current:
        item.latest_order = order
    digest = digests.short(encode(_content(canonical)))
    if not item.versions.exclude(pk=version.pk).filter(order=order, digest=digest).exists():
        version.order, version.digest = order, digest
    version.item = item
    outcome = _settle(
        item,
        canonical,
        version.delivery,
        order,
        digest,
        version=version,
        newest=current,
        only_status=partial or same_copy,
    )
    changed = [name for name, value, now in zip(_FIELDS, before, _values(item), strict=True) if value != now]
    if changed:
        rows.update(item, changed)
    return outcome


def _settle(
    item: Item,
    canonical: CanonicalItem,
    delivery: Delivery,
    order: int,
    digest: int,
    *,
    created: bool = False,
    twin: Item | None = None,
    waits_for: str = "",
    version: Version | None = None,
    newest: bool | None = None,
    only_status: bool = False,
) -> Outcome:
    """What one version does. `version`: its row, where it is there already and was not whole, or not read well;
    `newest`: whether it counts, where that is known."""
    now = clock.now()
    feed = delivery.feed
    again = newest is not None
    if newest is None:
        newest = created or order > item.latest_order or (order == item.latest_order and _without_count(canonical))
    only_status = only_status or canonical.management_only
    if not again and not created and order == item.latest_order and not waits_for:
        canonical, joins = merging.whole(item, canonical, order)
        newest = newest or joins
    if waits_for:
        newest = created
    down = _takedown_of(canonical)
    # Bad news counts at an equal number too, a first cancellation at any: it holds for all versions.
    fresh_kill = down == "kill" and item.killed_at is None
    counts = newest or fresh_kill or (down is not None and order >= item.latest_order)
    if version is None:
        version = Version(item=item, delivery=delivery, order=order, digest=digest, received_at=delivery.received_at)
        item.versions_in += 1
    version.label = canonical.version_raw[:100]
    version.status = canonical.status
    version.applied = version.applied if again else counts and not waits_for
    version.waits_for = waits_for
    version.canonical = _plain(
        msgspec.structs.replace(canonical, received_at=delivery.received_at, transport=delivery.transport)
    )
    if version._state.adding:
        rows.insert(version)
    else:
        version.save()
    new_names = directives.keep_names(item, canonical, created=created)
    ours = [] if created else stories_of(item)
    free = {story.pk: touched.by_whom(story) is None for story in ours}
    embargoed = keep_embargo(item, canonical, ours)
    if newest and not created and not waits_for:
        _describe(item, canonical, order)
    if newest:
        item.changed_at = now
        families.place(item, canonical)
        searching.note(item, version, canonical)
        keep_terms(item, canonical, ours)
    if twin is not None and (newest or counts):
        item.held_because = list(dict.fromkeys([*item.held_because, _of_two_feeds(twin)]))
    ahead = _ahead.get()
    earlier = None
    if new_names and (ahead is None or ahead.orders):
        earlier = directives.obey_earlier(item, new_names)
    outcome: Outcome
    if down is not None and counts:
        outcome = take_back(item, " | ".join(note.text for note in canonical.ednotes), ours, down)
        if twin is not None:
            _ask_about(item, twin)
    elif earlier is not None:
        outcome = earlier
    elif waits_for:
        outcome = _wait(item, version, ours)
    elif newest:
        if again or (not only_status and (canonical.renditions or canonical.associations or not created)):
            picturing.note(item, version, canonical)
        outcome = use(item, version, canonical, feed, ours, free, only_status=only_status)
    else:
        outcome = "late"
        if embargoed:
            item.changed_at = now
            wait_again(item, ours, free)
    if canonical.directives and directives.carry_out(item, canonical):
        item.urgent = True
        item.changed_at = now
        if item.place != Item.Place.DOWN:
            item.place = Item.Place.WAITING
    return outcome


def _wait(item: Item, version: Version, ours: list[Story]) -> Literal["held"]:
    """It changes in places what is not here: it is kept until that comes."""
    held = f"It changes version {version.waits_for} in places, which has not come in: ask the agency for it."
    item.held_because = list(dict.fromkeys([*item.held_because, held]))
    if item.place == Item.Place.STORED or not ours:
        item.place = Item.Place.WAITING if item.place != Item.Place.DOWN else item.place
    return "held"


def _complete(item: Item, canonical: CanonicalItem) -> None:
    """Apply what waited for the version that has just come, and what waited for that."""
    label = canonical.version_raw[:100]
    if not label or canonical.management_only:
        return
    for waiting in item.versions.filter(waits_for=label).select_related("delivery__feed").order_by("order", "id"):
        delivery = waiting.delivery
        change = waiting.read()
        made = merging.amended(item, change, delivery, profile_of(delivery.feed))
        if isinstance(made, str):
            continue
        before = _values(item)
        held = f"It changes version {waiting.waits_for} in places"
        item.held_because = [reason for reason in item.held_because if not reason.startswith(held)]
        whole = storable(made)
        _settle(item, whole, delivery, waiting.order, waiting.digest, version=waiting)
        changed = [name for name, value, now in zip(_FIELDS, before, _values(item), strict=True) if value != now]
        if changed:
            rows.update(item, changed)
        _complete(item, whole)


def _item(feed: Feed, canonical: CanonicalItem, order: int) -> tuple[Item, bool, Item | None]:
    """The item's row, locked; whether it is new; and the item of the same name of another agency's feed, if any."""
    provider, item_id = key_of(feed, canonical)
    ahead = _ahead.get()
    absent = ahead is not None and (provider, item_id) in ahead.absent
    item = None if absent else _locked(provider, item_id)
    twin: Item | None = None
    if item is not None and not _same_agency(item.feed, feed):
        twin = item
        provider = _fitted(f"{provider} ({feed.name})", 200)
        item = _locked(provider, item_id)
    if item is not None:
        return item, False, twin
    now = clock.now()
    item = Item(provider=provider, item_id=item_id, feed=feed, first_seen=now, changed_at=now)
    _describe(item, canonical, order)
    # Two that bring it at once: the second waits here for the first, and finds its row.
    made = Item.objects.bulk_create([item], ignore_conflicts=True) if _racing() else None
    if absent and ahead is not None:
        ahead.absent.discard((provider, item_id))
    if made is None:
        rows.insert(item)
        return item, True, twin
    known = _locked(provider, item_id)
    if known is None:
        raise RuntimeError(f"The item {item_id} could not be stored.")
    return known, known.versions_in == 0 and not known.versions.exists(), twin


def _racing() -> bool:
    """True where another program may write while this transaction is open, as on every database but SQLite."""
    return bool(transaction.get_connection().vendor != "sqlite")


def key_of(feed: Feed, canonical: CanonicalItem) -> tuple[str, str]:
    return _fitted(canonical.provider or feed.name, 200), _fitted(canonical.item_id, 500)


def _locked(provider: str, item_id: str) -> Item | None:
    found = Item.objects.select_for_update(of=("self",)).select_related("feed")
    return found.filter(provider=provider, item_id=item_id).first()


def _same_agency(one: Feed, other: Feed) -> bool:
    """Feeds of one agency are those with the same setting.

    Who provides an item is said by the file, unless the feed's setting says it. So a file of one feed could name the
    copy of another, replace it, and take it down.
    """
    return one.pk == other.pk or bool(one.provider and one.provider == other.provider)


def _of_two_feeds(twin: Item) -> str:
    return (
        f"An item of this name came in through the feed {twin.feed} before. If both feeds are one agency's, "
        "give them the same provider in their settings."
    )


def _ask_about(item: Item, twin: Item) -> None:
    """A feed asks for another feed's copy to be taken down: a person must decide, and soon."""
    stories_of_twin = stories_of(twin)
    if twin.killed_at is not None or not stories_of_twin:
        return
    item.place = Item.Place.WAITING
    item.urgent = True
    alerts.mail_publishers(
        f"To be decided at once: a take-down of {twin} through another feed",
        "\n".join(
            [
                f"The feed {item.feed} asks for copy to be taken down that came in through the feed {twin.feed}.",
                "It was not: a feed cannot take down another agency's copy. If it is right, kill or withhold:",
                "",
                *(f"- {story.title} ({'live' if story.live else 'not live'})" for story in stories_of_twin),
                "",
                "If both feeds are one agency's, give them the same provider in their settings.",
            ]
        ),
    )


# --- what is stored -----------------------------------------------------------------------------------------------


def storable(canonical: CanonicalItem) -> CanonicalItem:
    """Without what some databases refuse in text: zero characters and halves of surrogate pairs."""
    try:
        if b"\\u0000" not in encode(canonical):
            return canonical
    except UnicodeEncodeError:
        pass
    # Through JSON: `msgspec.convert` leaves a moment in a union with a literal as text.
    return decode(msgspec.json.encode(_cleaned(msgspec.to_builtins(canonical))))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _cleaned(entry) for key, entry in value.items()}
    return value


def _content(canonical: CanonicalItem) -> CanonicalItem:
    """What tells two versions of the same number apart: not how and when they came."""
    return msgspec.structs.replace(canonical, raw_sha256="", received_at=None, transport="", oddities=())


def _plain(canonical: CanonicalItem) -> Any:
    return json.loads(encode(canonical))


def _fitted(text: str, most: int) -> str:
    """`text`, or its beginning and a digest of all of it where it is longer than a column."""
    return text if len(text) <= most else f"{text[: most - 65]}~{digests.seal(text.encode())}"


def _without_count(canonical: CanonicalItem) -> bool:
    """True where the agency does not count versions: there other content at the same moment is a newer version."""
    return not canonical.version_raw.strip().isdigit() and not canonical.management_only


def _takedown_of(canonical: CanonicalItem) -> Literal["kill", "withhold"] | None:
    if canonical.status == "canceled":
        return "kill"
    return "withhold" if canonical.status == "withheld" else None


_FIELDS = (
    "thread_key",
    "type",
    "headline",
    "slugline",
    "urgency",
    "language",
    "status",
    "marks",
    "version_label",
    "versions_in",
    "latest_order",
    "killed_at",
    "withheld_at",
    "held_because",
    "urgent",
    "test",
    "take",
    "expires_at",
    "terms_ended_at",
    "gone_at",
    "embargo_until",
    "embargo_open_ended",
    "changed_at",
    "place",
    "rule_id",
    "decided",
    "thread_id",
)
"""What intake writes of an item."""


def _values(item: Item) -> Changed:
    return tuple(list(value) if isinstance(value := getattr(item, name), list) else value for name in _FIELDS)


def _describe(item: Item, canonical: CanonicalItem, order: int) -> None:
    """Have the item's row say what its newest version says. A killed item keeps its headline if the kill has none."""
    item.latest_order = order
    item.type = canonical.type
    item.status = canonical.status
    item.headline = canonical.headline[:500] or item.headline
    item.slugline = canonical.slugline[:300] or item.slugline
    item.thread_key = canonical.thread_key[:500] or item.thread_key
    item.urgency = canonical.urgency if canonical.urgency and 1 <= canonical.urgency <= 9 else None
    item.language = canonical.language[:35]
    item.marks = list(canonical.editorial_types)
    item.version_label = canonical.version_raw[:100]
    item.take = canonical.take if canonical.take and 0 < canonical.take < 1_000 else None
    item.test = is_test(canonical)
    item.held_because = list(hold_reasons(canonical))
