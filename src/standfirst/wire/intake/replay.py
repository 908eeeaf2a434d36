"""Every sealed file once more, through today's readers: what would be different, and making it so.

Nothing is changed before somebody asks for it. What is applied then goes by the rules of intake: a kill that was missed
is carried out, nothing that was killed comes back, a story that a person has touched gets an offer. Nothing is
published that was not: copy that was overlooked waits, or is only stored where it is old.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from standfirst.changes import actions as changes
from standfirst.kit import clock, markup
from standfirst.kit.errors import Problem
from standfirst.wire import formats, sealing
from standfirst.wire.intake import claims, common
from standfirst.wire.intake.applying import apply, apply_again, key_of, storable
from standfirst.wire.intake.common import WIRE, received
from standfirst.wire.intake.deliveries import read_once_more
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Feed, Version

FRESH = timedelta(days=2)
"""Copy that was overlooked for longer than this is stored and shown to nobody."""

Kind = Literal["added", "gone", "changed", "unreadable", "readable"]

_FIELDS = (
    "type",
    "status",
    "embargo_until",
    "editorial_types",
    "management_only",
    "version_order",
    "headline",
    "subheadline",
    "byline",
    "dateline",
    "abstract",
    "slugline",
    "thread_key",
    "language",
    "urgency",
    "take",
    "creditline",
    "copyright_notice",
    "usage_terms",
    "expires",
    "alt_ids",
    "directives",
    "doubts",
    "ednotes",
    "subjects",
    "keywords",
)
_OF_STATUS = ("status", "embargo_until", "editorial_types", "expires", "directives", "doubts", "ednotes")


@dataclass(frozen=True, slots=True)
class Difference:
    """What today's readers make of one item of a file, against what is stored. Both sides of `fields` are texts."""

    kind: Kind
    item_id: str = ""
    version: str = ""
    headline: str = ""
    reason: str = ""
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    item: CanonicalItem | None = field(default=None, repr=False)
    stored: int | None = None
    """Id of the version that is stored."""

    @property
    def takes_down(self) -> bool:
        """True if it would take something back that was not."""
        said = self.item
        return (
            said is not None
            and ("status" in self.fields or self.kind == "added")
            and said.status
            in (
                "canceled",
                "withheld",
            )
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """One file. `outcomes`: what happened -> to how many items; only where it was applied."""

    delivery: Delivery
    differences: tuple[Difference, ...]
    outcomes: dict[str, int] = field(default_factory=dict)


def deliveries(*, feed: Feed | None = None, since: datetime | None = None, after: int = 0) -> Any:
    """The deliveries that a replay goes through, in the order in which they came."""
    found = Delivery.objects.exclude(state=Delivery.State.SEALED).filter(pk__gt=after)
    if feed is not None:
        found = found.filter(feed=feed)
    if since is not None:
        found = found.filter(received_at__gte=since)
    return found.order_by("id")


def replay(
    *, feed: Feed | None = None, since: datetime | None = None, after: int = 0, write: bool = False
) -> Iterator[Replayed]:
    """Go through the sealed files one by one; with `write`, make what is stored say what today's readers say.

    May be broken off at any file and taken up again `after` the last delivery that it gave. Twice is as good as once.
    """
    seen: set[tuple[int, str]] = set()
    for delivery in _some_at_a_time(deliveries(feed=feed, since=since, after=after).select_related("feed")):
        if (delivery.feed_id, delivery.seal) in seen:
            yield Replayed(delivery, ())
            continue
        seen.add((delivery.feed_id, delivery.seal))
        differences = tuple(compare(delivery))
        outcomes = _write(delivery, differences) if write and differences else {}
        yield Replayed(delivery, differences, outcomes)


def _some_at_a_time(found: QuerySet[Delivery]) -> Iterator[Delivery]:
    """Deliveries in order of number, with no query open between two of them: on SQLite whoever has one open may not
    write once others have."""
    after = 0
    while some := list(found.filter(pk__gt=after)[:CHUNK]):
        yield from some
        after = some[-1].pk


CHUNK = 200
"""Deliveries that are read from the database together."""


def compare(delivery: Delivery) -> Iterator[Difference]:
    """What today's readers make of one delivery, against what is stored of it. Changes nothing."""
    was_read = delivery.state in (Delivery.State.READ, Delivery.State.PARTLY)
    try:
        data = sealing.read(received(), delivery.seal)
        parsed = formats.parse(data, profile=profile_of(delivery.feed, delivery.transport))
    except Problem as error:
        if was_read and delivery.items_in:
            yield Difference("unreadable", reason=str(error))
        return
    except Exception as error:  # noqa: BLE001 - a reader that fails is what a replay is to find, and not its end
        yield Difference("unreadable", reason=f"It makes its reader fail ({type(error).__name__}: {error}).")
        return
    if not was_read:
        yield Difference("readable", reason=f"{len(parsed.items)} items can be read now: {parsed.format}.")
    own = list(delivery.versions.select_related("item").order_by("id"))
    matched: set[int] = set()
    for said in parsed.items:
        said = storable(said)
        stored = _stored(said, key_of(delivery.feed, said)[1], own, matched)
        if stored is None:
            # What came in before as the same version is compared where it came in first.
            if not _known(delivery, said):
                yield Difference("added", said.item_id, said.version_raw, said.headline, item=said)
            continue
        matched.add(stored.pk)
        fields = _fields(stored, said)
        if fields:
            yield Difference(
                "changed", said.item_id, said.version_raw, said.headline, fields=fields, item=said, stored=stored.pk
            )
    for version in own:
        if version.pk not in matched:
            yield Difference("gone", version.item.item_id, version.label, version.item.headline, stored=version.pk)


def _stored(said: CanonicalItem, item_id: str, own: list[Version], matched: set[int]) -> Version | None:
    """The version of this delivery that stands for `said`."""
    same = [each for each in own if each.item.item_id == item_id and each.pk not in matched]
    return next((each for each in same if each.order == said.version_order), same[0] if same else None)


def _known(delivery: Delivery, said: CanonicalItem) -> bool:
    provider, item_id = key_of(delivery.feed, said)
    names = (provider, f"{provider} ({delivery.feed.name})")
    of_item = Version.objects.filter(item__provider__in=names, item__item_id=item_id)
    return of_item.filter(order=said.version_order).exists()


def _fields(version: Version, said: CanonicalItem) -> dict[str, tuple[str, str]]:
    stored = version.read()
    # These two are stored together with what they change: only what they say by themselves can be compared.
    partial = said.management_only or bool(said.patches)
    different: dict[str, tuple[str, str]] = {}
    for name in _OF_STATUS if partial else _FIELDS:
        before, now = getattr(stored, name), getattr(said, name)
        if partial and isinstance(now, tuple) and isinstance(before, tuple):
            before = tuple(entry for entry in before if entry in now)
        if partial and name in ("embargo_until", "expires") and now is None:
            continue
        if before != now:
            different[name] = (_shown(before), _shown(now))
    if partial:
        return different
    words, new_words = _words(stored), _words(said)
    if words != new_words:
        different["words"] = (str(len(words)), str(len(new_words)))
    elif stored.body_html != said.body_html:
        different["markup"] = ("", "")
    for name in ("renditions", "associations"):
        before, now = getattr(stored, name), getattr(said, name)
        if before != now:
            different[name] = (str(len(before)), str(len(now)))
    return different


def _words(canonical: CanonicalItem) -> list[str]:
    return markup.text_of(canonical.body_html).split()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, tuple):
        return ", ".join(
            entry if isinstance(entry, str) else getattr(entry, "text", "") or getattr(entry, "name", "") or repr(entry)
            for entry in value
        )[:300]
    return str(value)[:300]


def _write(delivery: Delivery, differences: tuple[Difference, ...]) -> dict[str, int]:
    """Make what is stored of one delivery say what `differences` say, take-downs first."""
    outcomes: dict[str, int] = {}
    token = common.replaying.set("new" if clock.now() - delivery.received_at < FRESH else "old")
    try:
        if any(each.kind == "readable" for each in differences):
            with claims.claimant() as claimant:
                return dict(read_once_more(delivery, claimant).outcomes)
        with transaction.atomic():
            for each in sorted(differences, key=lambda each: not each.takes_down):
                if each.item is None:
                    continue
                if each.stored is None:
                    outcome: str = apply(delivery=delivery, canonical=each.item)
                else:
                    version = Version.objects.select_related("delivery__feed").get(pk=each.stored)
                    outcome = apply_again(version=version, canonical=each.item)
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
            if outcomes:
                changes.audit(by=WIRE, verb="replayed", kind="delivery", ref=delivery.pk, outcomes=outcomes)
    finally:
        common.replaying.reset(token)
    return outcomes
