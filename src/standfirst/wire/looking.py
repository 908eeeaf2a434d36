"""What of the wire somebody looks at: filters as they stand in the address, and the items that pass them.

A list that is only narrowed by place, feed and time is read from the tables' own indexes; with words, subjects,
languages or kinds it is read from the full text index. Neither counts nor skips: a page begins where the last one
ended, and costs the same among a thousand items and a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from standfirst.kit import clock, digests
from standfirst.wire import searching
from standfirst.wire.models import Facet, Feed, Item

PER_PAGE: Final = 40
MOST_FRESH: Final = 60
"""New items that a browser is handed at once. If more came in, it is told to begin anew."""
OVERLAP: Final = timedelta(seconds=15)
"""Items are stored side by side: one may be committed after another that is newer. So each look reaches back."""
OVERLAP_VERSIONS: Final = 60

SHOWS: Final[tuple[tuple[str, str], ...]] = (
    ("waiting", "Waiting"),
    ("hold", "On hold"),
    ("offers", "Offers"),
    ("unread", "Not read"),
    ("all", "All"),
    ("taken", "Taken"),
    ("spiked", "Spiked"),
    ("down", "Taken back"),
)
TIMES: Final[tuple[tuple[str, str, timedelta], ...]] = (
    ("1h", "Last hour", timedelta(hours=1)),
    ("4h", "Last 4 hours", timedelta(hours=4)),
    ("12h", "Last 12 hours", timedelta(hours=12)),
    ("24h", "Last 24 hours", timedelta(hours=24)),
    ("7d", "Last 7 days", timedelta(days=7)),
)
TYPES: Final[tuple[tuple[str, str], ...]] = (
    ("text", "Text"),
    ("picture", "Picture"),
    ("graphic", "Graphic"),
    ("video", "Video"),
    ("audio", "Audio"),
    ("composite", "Package"),
    ("event", "Event"),
    ("advisory", "Advisory"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking at the wire. Empty fields narrow nothing."""

    show: str = "waiting"
    q: str = ""
    feeds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    urgency: int | None = None
    """This urgent or more: 1 is the highest."""
    languages: tuple[str, ...] = ()
    subject: str = ""
    place: str = ""
    time: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, asked: QueryDict) -> Look:
        """What an address asks for. What cannot be understood narrows nothing."""
        q = _line(asked.get("q"), 200)
        show = asked.get("show", "")
        if show not in dict(SHOWS):
            show = "all" if q else "waiting"
        urgency = asked.get("urgency", "")
        time = asked.get("time", "")
        return cls(
            show=show,
            q=q,
            feeds=_several(asked, "feed"),
            types=tuple(name for name in _several(asked, "type") if name in dict(TYPES)),
            urgency=int(urgency) if urgency in tuple("12345678") else None,
            languages=tuple(filter(None, map(searching.tongue, _several(asked, "language")))),
            subject=_line(asked.get("subject"), 120),
            place=_line(asked.get("place"), 120),
            time=time if time in {key for key, _, _ in TIMES} else "",
            since=_moment(asked.get("from"), end=False),
            until=_moment(asked.get("to"), end=True),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """(name, value) of what narrows, as in an address; without what is shown."""
        found = [("q", self.q), *(("feed", name) for name in self.feeds), *(("type", name) for name in self.types)]
        found += [("urgency", str(self.urgency or "")), *(("language", name) for name in self.languages)]
        found += [("subject", self.subject), ("place", self.place), ("time", self.time)]
        found += [("from", _local(self.since)), ("to", _local(self.until))]
        return [(name, value) for name, value in found if value]

    def address(self, *, show: str | None = None) -> str:
        """The part of an address after the question mark."""
        asked = QueryDict(mutable=True)
        asked["show"] = show or self.show
        for name, value in self.pairs():
            asked.appendlist(name, value)
        return str(asked.urlencode())

    def without(self, name: str, value: str) -> str:
        """The address without one of its `pairs`."""
        asked = QueryDict(mutable=True)
        asked["show"] = self.show
        for pair in self.pairs():
            if pair != (name, value):
                asked.appendlist(*pair)
        return str(asked.urlencode())

    @property
    def narrowed(self) -> bool:
        return bool(self.pairs())

    @property
    def by_words(self) -> bool:
        """True if the full text index is needed."""
        return bool(self.q or self.types or self.urgency or self.languages or self.subject or self.place)

    def earliest(self) -> datetime | None:
        back = next((back for key, _, back in TIMES if key == self.time), None)
        limits = [limit for limit in (self.since, clock.now() - back if back else None) if limit is not None]
        return max(limits) if limits else None


def _line(text: str | None, most: int) -> str:
    return " ".join((text or "").replace("\x00", "").split())[:most]


def _several(asked: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in asked.getlist(name)[:40] if value and len(value) <= 80))


def _moment(text: str | None, *, end: bool) -> datetime | None:
    """A moment in the newsroom's zone; a bare day is its beginning, or its end."""
    try:
        moment = parse_datetime(text or "") if "T" in (text or "") else None
        day = parse_date(text or "")
    except ValueError:
        return None
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day, 23 if end else 0, 59 if end else 0)  # noqa: DTZ001 - made aware below
    if moment is None:
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _local(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment is not None else ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: the moment and key of an item, and the version by which the index knows it."""

    moment: datetime
    item: int = 0
    version: int = 0

    def __str__(self) -> str:
        return f"{micros(self.moment)}.{self.item}.{self.version}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
            return None
        return cls(_EPOCH + timedelta(microseconds=int(parts[0])), int(parts[1]), int(parts[2]))


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, newest first. `after` is where the next page begins, None at the end; `top` where newer ones will."""

    items: tuple[Item, ...]
    top: Cursor
    after: Cursor | None = None


def page(look: Look, before: Cursor | None = None) -> Page:
    """The items that `look` asks for, or those before a place in the list."""
    found = _by_words(look, PER_PAGE + 1, before=before) if look.by_words else _plain(look, PER_PAGE + 1, before=before)
    shown = found[:PER_PAGE]
    after = None
    if len(found) > PER_PAGE:
        item, version = shown[-1]
        after = Cursor(item.changed_at, item.pk, version)
    return Page(tuple(item for item, _ in shown), now(), after)


def now() -> Cursor:
    """The newest end of the wire."""
    newest = Item.objects.newest().values_list("changed_at", "pk").first()
    if newest is None:
        return Cursor(_EPOCH)
    return Cursor(newest[0], newest[1], searching.newest())


def fresh(look: Look, since: Cursor) -> list[Item]:
    """Items that `look` asks for and that are newer than `since`, or nearly: at most `MOST_FRESH` and one."""
    if look.by_words:
        after = max(0, since.version - OVERLAP_VERSIONS)
        return [item for item, _ in _by_words(look, MOST_FRESH + OVERLAP_VERSIONS + 1, after=after)]
    newer = replace(look, since=max(filter(None, (look.earliest(), since.moment - OVERLAP))), time="")
    return [item for item, _ in _plain(newer, MOST_FRESH + OVERLAP_VERSIONS + 1)]


def _plain(look: Look, limit: int, before: Cursor | None = None) -> list[tuple[Item, int]]:
    items = Item.objects.newest().select_related("feed", "rule")
    if look.show in Item.Place.values:
        items = items.filter(place=look.show)
    if look.feeds:
        items = items.filter(feed__in=feeds(look))
    if (earliest := look.earliest()) is not None:
        items = items.filter(changed_at__gte=earliest)
    if look.until is not None:
        items = items.filter(changed_at__lte=look.until)
    if before is not None:
        items = items.filter(changed_at__lte=before.moment).exclude(changed_at=before.moment, pk__gte=before.item)
    return [(item, 0) for item in items[:limit]]


def _by_words(look: Look, limit: int, before: Cursor | None = None, after: int | None = None) -> list[tuple[Item, int]]:
    keys = searching.find(
        terms(look),
        limit=limit,
        place=look.show if look.show in Item.Place.values else "",
        before=before.version if before is not None else None,
        after=after,
        since=look.earliest(),
        until=look.until,
    )
    items = Item.objects.select_related("feed", "rule").in_bulk([item for item, _ in keys])
    return [(items[item], version) for item, version in keys if item in items]


def terms(look: Look) -> Sequence[searching.Term]:
    """What `look` asks the full text index."""
    return searching.matching(
        look.q,
        feeds=feeds(look) or ([0] if look.feeds else []),
        types=look.types,
        urgencies=range(1, look.urgency + 1) if look.urgency else (),
        languages=look.languages,
        subjects=searching.tokens(Facet.Kind.SUBJECT, look.subject) if look.subject else None,
        places=searching.tokens(Facet.Kind.PLACE, look.place) if look.place else None,
    )


def feeds(look: Look) -> list[int]:
    """Keys of the feeds that `look` names."""
    return list(Feed.objects.filter(name__in=look.feeds).values_list("pk", flat=True)) if look.feeds else []


_OF_STATE: Final = (
    "pk",
    "changed_at",
    "place",
    "versions_in",
    "killed_at",
    "withheld_at",
    "test",
    "embargo_until",
    "embargo_open_ended",
    "held_because",
    "hold_by",
    "hold_why",
    "headline",
)


def states(keys: Iterable[int]) -> dict[int, str]:
    """Key -> `state` of items, without making objects of their rows."""
    found = Item.objects.filter(pk__in=list(keys)).values_list(*_OF_STATE, named=True)
    return {row.pk: state(row) for row in found}


def state(item: Any) -> str:
    """A word that changes when something in the item's row does; what stands before the dash, when its copy does.

    `item` is an item, or a row of its fields.
    """
    told: tuple[Any, ...] = (
        item.place,
        item.versions_in,
        item.killed_at,
        item.withheld_at,
        item.test,
        item.embargo_until,
        item.embargo_open_ended,
        item.held_because,
        item.hold_by,
        item.hold_why,
        item.headline,
    )
    return f"{_short(micros(item.changed_at))}-{_short(digests.short(repr(told).encode()))[:7]}"


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _short(number: int) -> str:
    number, digits = abs(number), ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def known(text: str) -> dict[int, str]:
    """Rows that a browser shows, as it says: key -> state."""
    rows: dict[int, str] = {}
    for entry in text.split(",")[:250]:
        key, _, word = entry.partition(".")
        moment = word.partition("-")[0]
        if key.isascii() and key.isdigit() and len(key) < 18 and moment.isascii() and moment.isalnum():
            rows[int(key)] = word[:40]
    return rows
