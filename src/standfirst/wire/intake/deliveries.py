"""Files of a feed: sealed, read, and their items applied.

A file goes through in three steps: its bytes are sealed and a delivery is written (`deliver`); the delivery is claimed
and read; its items are applied (`work_off`). So nothing received is lost, one bad item never stops the others, and what
a crash cut short is done by the next program.

Many small files and few big ones go the same way: several items are applied in one transaction, each with a savepoint
of its own, for a tenth of a second; then everybody else may write. How far a delivery has come commits together with
the items, so that none is applied twice. What asks for a takedown is applied before everything else that waits, also
when it comes in while the rest is worked off.
"""

from __future__ import annotations

import heapq
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.stories import alerts
from standfirst.stories.actions import may
from standfirst.wire import formats, rows, sealing
from standfirst.wire.intake import claims, common, listings
from standfirst.wire.intake.applying import apply, looking_ahead
from standfirst.wire.intake.common import MOST_ATTEMPTS, received
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, DeliveryPart, Feed
from standfirst.wire.pressing import LOOKED_THROUGH, pressing

log = logging.getLogger(__name__)

BATCH = 48
"""Deliveries that are read ahead of being applied."""

HEAVIEST = 32_000_000
"""Bytes that are read ahead."""

SLICE = 0.05
"""Seconds for which one transaction takes further items."""

BREATH = 0.008
"""Seconds at least between two transactions, in which others may write. On SQLite a writer that has to wait looks again
every two milliseconds."""

AHEAD_FOR = 0.03
"""Seconds for which files are read between two transactions, where so many wait: each costs what it costs, however few
items are applied in it."""

TOGETHER = 64
"""Files that a command takes in between two lines of its report."""

AHEAD = 40
"""Items that the database is asked about at once."""

# --- coming in ----------------------------------------------------------------------------------------------------


def deliver(
    *,
    feed: Feed,
    data: bytes | None = None,
    path: Path | None = None,
    file_name: str = "",
    transport: str = "file",
    parts: Mapping[str, bytes | Path] | None = None,
    envelope: Mapping[str, str] | None = None,
) -> Delivery:
    """Seal one file of `feed`, given as bytes or as a path, and what belongs to it. `work_off` reads it.

    `parts` are files that came with it, by the name by which it calls them; `envelope` is what is known of how it came.
    When this returns, everything survives a power cut, and the sender may forget it. Call it outside of a transaction.

    Raises:
        Refused: the feed is switched off.
        Problem: a file cannot be opened.
    """
    sealed = seal(
        feed=feed, data=data, path=path, file_name=file_name, transport=transport, parts=parts, envelope=envelope
    )
    note([sealed])
    return sealed.row


class Sealed(NamedTuple):
    """A delivery whose bytes are sealed and that is not noted yet, and what came with it: (name, seal, size, type)."""

    row: Delivery
    parts: list[tuple[str, str, int, str]]


def seal(
    *,
    feed: Feed,
    data: bytes | None = None,
    path: Path | None = None,
    file_name: str = "",
    transport: str = "file",
    parts: Mapping[str, bytes | Path] | None = None,
    envelope: Mapping[str, str] | None = None,
) -> Sealed:
    """The first half of `deliver`, for many files in a row: `note` them together. Raises what `deliver` does."""
    return _sealed(feed, data, path, file_name, transport, parts or {}, envelope or {}, "")


def note(sealed: Sequence[Sealed]) -> None:
    """The second half of `deliver`: rows for what was sealed. Only then may the senders forget it."""
    if not sealed:
        return
    with _for_good(), transaction.atomic():
        for each in sealed:
            rows.insert(each.row)
            _note_parts(each.row, each.parts)
    common.fault("intake:noted")


def take_in(
    *,
    feed: Feed,
    data: bytes | None = None,
    path: Path | None = None,
    file_name: str = "",
    transport: str = "file",
    parts: Mapping[str, bytes | Path] | None = None,
    envelope: Mapping[str, str] | None = None,
) -> Delivery:
    """`deliver` one file, and read it now. Call it outside of a transaction.

    The delivery that comes back says what happened: `state`, `reason`, and `outcomes` (what -> how many items).

    Raises:
        Refused: the feed is switched off.
        Problem: a file cannot be opened.
    """
    with claims.claimant() as token:
        delivery = _sealed(feed, data, path, file_name, transport, parts or {}, envelope or {}, token)
        note([delivery])
        _Round(token).do([delivery.row])
    return delivery.row


def take_in_all(
    *, feed: Feed, files: Iterable[bytes | Path], transport: str = "file"
) -> Iterator[tuple[bytes | Path, Delivery | Problem]]:
    """`take_in` many files, some at a time, in order: each with its delivery, or with why it could not be opened.

    Call it outside of a transaction.

    Raises:
        Refused: the feed is switched off.
    """
    waiting = iter(files)
    with claims.claimant() as token:
        while some := list(islice(waiting, TOGETHER)):
            made: list[Sealed | Problem] = []
            for file in some:
                data, path = (None, file) if isinstance(file, Path) else (file, None)
                try:
                    made.append(_sealed(feed, data, path, "" if path else "standard input", transport, {}, {}, token))
                except Refused:
                    raise
                except Problem as problem:
                    made.append(problem)
                except OSError as error:
                    made.append(Problem(f"{error.strerror}: look at the file, and at the disk."))
            good = [each for each in made if isinstance(each, Sealed)]
            note(good)
            _Round(token).do([each.row for each in good])
            for file, each in zip(some, made, strict=True):
                yield file, each.row if isinstance(each, Sealed) else each


def _sealed(
    feed: Feed,
    data: bytes | None,
    path: Path | None,
    file_name: str,
    transport: str,
    parts: Mapping[str, bytes | Path],
    envelope: Mapping[str, str],
    token: str,
) -> Sealed:
    if not feed.active:
        raise Refused(f"The feed {feed.name} is switched off: switch it on before it takes files in.")
    root = received()
    with_it = [(name, _seal(root, part)) for name, part in parts.items()]
    if data is not None:
        sealed = sealing.seal_bytes(root, data)
    elif path is not None:
        sealed = sealing.seal_file(root, path)
    else:
        raise ValueError("A file needs data or a path")
    common.fault("intake:sealed")
    delivery = Delivery(
        feed=feed,
        file_name=_file_name(file_name or (path.name if path else "")),
        seal=sealed.seal,
        size=sealed.size,
        received_at=clock.now(),
        transport=transport[:40],
        envelope={str(name)[:100]: _text(str(said))[:2000] for name, said in envelope.items()},
        pressing=pressing(_head(sealing.place(root, sealed.seal)) if data is None else data),
        claimed_by=token,
        claimed_until=clock.now() + claims.LASTS if token else None,
        attempts=1 if token else 0,
    )
    return Sealed(delivery, [(name, each.seal, each.size, "") for name, each in with_it])


def _seal(root: Path, part: bytes | Path) -> sealing.Sealed:
    return sealing.seal_bytes(root, part) if isinstance(part, bytes) else sealing.seal_file(root, part)


def _note_parts(delivery: Delivery, parts: Iterable[tuple[str, str, int, str]]) -> None:
    """Rows for (name, seal, size, type). Two of one name are told apart by their bytes."""
    noted: dict[str, DeliveryPart] = {}
    for name, seal, size, mime in parts:
        name = _text(name)[-200:] or seal
        if name in noted and noted[name].seal != seal:
            name = f"{name[-180:]}~{seal}"
        noted.setdefault(name, DeliveryPart(delivery=delivery, name=name, seal=seal, size=size, mime=_text(mime)[:100]))
    if noted:
        DeliveryPart.objects.bulk_create(noted.values(), ignore_conflicts=True)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOKED_THROUGH)


@contextmanager
def _for_good() -> Iterator[None]:
    """Have SQLite force this commit to the disk, which it leaves to its next checkpoint otherwise: what was delivered
    may be deleted where it came from."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")


def _file_name(name: str) -> str:
    """A name that is safe to store and to show: no folders, no control characters, no broken encoding."""
    plain = PurePath(name.replace("\\", "/")).name.encode("utf-8", "replace").decode("utf-8")
    return _printable(plain)[-255:] or "unnamed"


def _text(text: str) -> str:
    return _printable(text.encode("utf-8", "replace").decode("utf-8"))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


# --- working off --------------------------------------------------------------------------------------------------


def work_off(*, limit: int = 100_000, patience: float = 30.0, going_on: Callable[[], bool] = lambda: True) -> int:
    """Read and apply what was delivered, what asks for a takedown first. Returns how many deliveries were done.

    It ends when nothing waits, after `limit` deliveries, after `patience` seconds at the next pause, or if `going_on`,
    which is asked at every pause, says no. Several programs may work at the same time: each delivery is done by one of
    them. Call it outside of a transaction.
    """
    if not Delivery.objects.unfinished().exists():
        return 0
    with claims.claimant() as token:
        done = _Round(token).work(limit=limit, until=time.monotonic() + patience, going_on=going_on)
    claims.sweep()
    return len(done)


def resume(*, patience: float = 10.0) -> list[Delivery]:
    """Read what was sealed but not read to the end, e.g. after a power cut. Safe to repeat. What is not done after
    `patience` seconds is left to `work_off`."""
    if not Delivery.objects.unfinished().exists():
        return []
    with claims.claimant() as token:
        done = _Round(token).work(limit=100_000, until=time.monotonic() + patience)
    claims.sweep()
    return done


def read_again(*, delivery: Delivery, by: Actor) -> Delivery:
    """Read the sealed bytes of a troubled delivery once more: the program or the feed's settings may be better now."""
    may(by, "wire.take_item")
    with claims.claimant() as token:
        read_once_more(delivery, token)
    changes.audit(by=by, verb="read again", kind="delivery", ref=delivery.pk)
    return delivery


def read_once_more(delivery: Delivery, token: str) -> Delivery:
    """Read a troubled delivery again. Raises `Refused` if it is not one."""
    troubled = Delivery.objects.filter(pk=delivery.pk, state__in=(Delivery.State.UNREADABLE, Delivery.State.PARTLY))
    claimed = troubled.update(
        state=Delivery.State.SEALED,
        reason="",
        trouble=False,
        urgent=False,
        attempts=1,
        items_done=0,
        outcomes={},
        claimed_by=token,
        claimed_until=clock.now() + claims.LASTS,
    )
    if not claimed:
        raise Refused("This file was read: reading it again would change nothing.")
    delivery.refresh_from_db()
    _Round(token).do([delivery])
    return delivery


@transaction.atomic
def put_away(*, delivery: Delivery, by: Actor) -> None:
    """Take a troubled delivery off the list: somebody has seen to it. Its bytes and its row stay."""
    may(by, "wire.take_item")
    Delivery.objects.filter(pk=delivery.pk).update(trouble=False)
    changes.audit(by=by, verb="put away", kind="delivery", ref=delivery.pk)


@dataclass
class _Read:
    """A delivery that was read, and how far its items are applied. Of two, the one to go on with first is smaller."""

    delivery: Delivery
    items: list[CanonicalItem] = field(default_factory=list)
    parsed: formats.Parsed | None = None
    verdict: tuple[Delivery.State, str] | None = None
    """Where there is nothing to apply: what becomes of it, and why."""
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    @property
    def rank(self) -> tuple[int, int]:
        presses = self.done < len(self.items) and takes_down(self.items[self.done])
        return (0 if presses else 1, self.delivery.pk)

    def __lt__(self, other: _Read) -> bool:
        return self.rank < other.rank


def takes_down(canonical: CanonicalItem) -> bool:
    """True if it asks for something to be taken down: it goes before everything else."""
    return (
        canonical.status in ("canceled", "withheld")
        or bool(canonical.directives)
        or not {"kill", "withhold"}.isdisjoint(canonical.editorial_types)
    )


class _Round:
    """One working-off by one claimant."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.unread: deque[tuple[Delivery, Delivery | None]] = deque()
        """Claimed; each with the delivery that brought the same bytes before, if one did."""
        self.queue: list[_Read] = []
        self.finished: list[Delivery] = []
        self._put_off: OSError | None = None
        self._others_may_wait = False

    def work(self, *, limit: int, until: float, going_on: Callable[[], bool] = lambda: True) -> list[Delivery]:
        while True:
            self._claim(limit)
            if not (self.unread or self.queue) or time.monotonic() > until or not going_on():
                return self._end()
            self._turn()

    def do(self, deliveries: list[Delivery]) -> None:
        """Exactly these, which are claimed."""
        self._put(deliveries)
        while self.unread or self.queue:
            self._turn()
        self._end()

    def _end(self) -> list[Delivery]:
        if self._put_off is not None:
            raise self._put_off
        return self.finished

    def _turn(self) -> None:
        """Read for a moment, in which others may write, then apply some of what was read."""
        began = time.monotonic()
        while self.unread and (not self.queue or time.monotonic() - began < AHEAD_FOR):
            self._read_next()
        if self._others_may_wait:
            time.sleep(max(0.0, BREATH - (time.monotonic() - began)))
        self._apply_some()
        self._others_may_wait = True

    def _claim(self, limit: int) -> None:
        held = len(self.unread) + len(self.queue)
        room = min(BATCH, limit - len(self.finished)) - held
        if room > BATCH // 2 or (room > 0 and not held):
            size = sum(read.delivery.size for read in self.queue) + sum(delivery.size for delivery, _ in self.unread)
            self._put(claims.claim(self.token, most=room, heaviest=max(1, HEAVIEST - size)))
        elif len(self.finished) < limit:
            # What came in meanwhile, if it may be a takedown: read at once.
            pressing = claims.claim(self.token, most=BATCH, heaviest=HEAVIEST, pressing=True)
            self._put(pressing, first=True)
            for _ in pressing:
                self._read_next()

    def _put(self, deliveries: list[Delivery], *, first: bool = False) -> None:
        before = _same_bytes(deliveries)
        with_before = [(delivery, before.get((delivery.feed_id, delivery.seal))) for delivery in deliveries]
        if first:
            self.unread.extendleft(reversed(with_before))
        else:
            self.unread.extend(with_before)

    def _read_next(self) -> None:
        try:
            heapq.heappush(self.queue, _read(*self.unread.popleft()))
        except OSError as error:
            # The disk, not the file: it is put off, and what else waits is read.
            self._put_off = error
        common.fault("intake:parsed")

    def _apply_some(self) -> None:
        """One transaction: as many items as fit into a slice of time, each in a savepoint."""
        touched: dict[int, _Read] = {}
        over: list[_Read] = []
        queue = list(self.queue)
        down = bool(queue) and queue[0].rank[0] == 0
        coming = _coming(queue)
        with transaction.atomic(), _alone(down), looking_ahead(coming, orders=down):
            held = [read.delivery.pk for read in queue]
            ours = claims.renew(self.token, held + [delivery.pk for delivery, _ in self.unread])
            end = time.monotonic() + SLICE
            while queue and time.monotonic() < end and (queue[0].rank[0] == 0) == down:
                read = heapq.heappop(queue)
                if read.delivery.pk not in ours:
                    continue  # somebody else took it over
                if read.verdict is None and read.done < len(read.items):
                    if _apply_one(read) in _OF_STORIES:
                        end = 0.0
                    common.fault("intake:applied")
                if read.verdict is None and read.done < len(read.items):
                    touched[read.delivery.pk] = read
                    heapq.heappush(queue, read)
                else:
                    touched.pop(read.delivery.pk, None)
                    _finish(read)
                    over.append(read)
            for read in touched.values():
                _note_progress(read)
            common.fault("intake:committing")
        common.fault("intake:committed")
        self.queue = queue
        self.finished += [read.delivery for read in over]


_OF_STORIES = frozenset({"published", "scheduled", "updated", "offered", "killed", "withheld"})
"""What ends a transaction: readers and editors should know at once, and stories are not held while items are."""


def _coming(queue: list[_Read]) -> list[tuple[Feed, CanonicalItem]]:
    """The items that are next."""
    coming: list[tuple[Feed, CanonicalItem]] = []
    for read in heapq.nsmallest(AHEAD, queue):
        coming += [(read.delivery.feed, item) for item in read.items[read.done : read.done + AHEAD - len(coming)]]
        if len(coming) >= AHEAD:
            break
    return coming


_LOCK = 0x57495245
"""Of transactions on PostgreSQL that apply items."""


@contextmanager
def _alone(down: bool) -> Iterator[None]:
    """Have no item come in while another program applies an order to take it back: neither would see the other.

    SQLite has one writer. On PostgreSQL, transactions with take-downs wait for the others, and those for them.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock{'' if down else '_shared'}(%s)", [_LOCK])
    yield


def _same_bytes(deliveries: list[Delivery]) -> dict[tuple[int, str], Delivery]:
    """The first delivery of the same bytes that was read, by feed and seal."""
    keys = [delivery.pk for delivery in deliveries]
    found = Delivery.objects.filter(
        seal__in={delivery.seal for delivery in deliveries},
        feed_id__in={delivery.feed_id for delivery in deliveries},
        state=Delivery.State.READ,
    )
    before: dict[tuple[int, str], Delivery] = {}
    for delivery in found.exclude(pk__in=keys).order_by("id") if deliveries else ():
        before.setdefault((delivery.feed_id, delivery.seal), delivery)
    return before


def _read(delivery: Delivery, before: Delivery | None) -> _Read:
    limit = settings.STANDFIRST.wire_limit
    if delivery.size > limit:
        return _unread(
            delivery,
            f"The file has {delivery.size:,} bytes and the limit is {limit:,}: it is kept, but was not read. "
            "Raise STANDFIRST_WIRE_LIMIT and read it again, or ask the agency for smaller files.",
        )
    if delivery.attempts > MOST_ATTEMPTS:
        stopped = delivery.attempts - 1
        return _unread(
            delivery, f"The program stopped {stopped} times while it read this file: it is kept, have it looked at."
        )
    if before is not None:
        delivery.format, delivery.items_in = before.format, before.items_in
        delivery.outcomes = {"repeat": before.items_in} if before.items_in else {}
        return _Read(delivery, verdict=(Delivery.State.READ, f"The same bytes came in before, as {before.file_name}."))
    root = received()
    try:
        data = sealing.read(root, delivery.seal)
    except Problem as error:
        return _unread(delivery, str(error))
    try:
        parsed = formats.parse(data, profile=profile_of(delivery.feed, delivery.transport))
    except formats.Unreadable as error:
        delivery.urgent = error.takedown
        return _unreadable(delivery, error.reason)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Whatever a hostile file does to a reader, the file is kept, somebody is told, and the next file is read.
        log.exception("The file %s of feed %s made its reader fail", delivery.file_name, delivery.feed.name)
        return _unread(delivery, "The file made the program that reads it fail: it is kept, and the log says where.")
    sealed = [(part.name, sealing.seal_bytes(root, part.data), part.mime) for part in parsed.parts.values()]
    if sealed:
        common.fault("intake:parts sealed")
        _note_parts(delivery, ((name, each.seal, each.size, mime) for name, each, mime in sealed))
    items = [_with_doubts(item, delivery.envelope) for item in parsed.items]
    items.sort(key=lambda item: not takes_down(item))
    read = _Read(delivery, items=items, parsed=parsed)
    if delivery.items_done and delivery.items_in == len(items):
        # A crash came in between: these are applied.
        read.done = delivery.items_done
        read.outcomes = Counter(delivery.outcomes)
    return read


def _unread(delivery: Delivery, why: str) -> _Read:
    """Put it aside without knowing what it says: people are mailed if a word in it may ask for a takedown."""
    delivery.urgent = delivery.pressing
    return _unreadable(delivery, why)


def _unreadable(delivery: Delivery, why: str) -> _Read:
    return _Read(delivery, verdict=(Delivery.State.UNREADABLE, why))


def _with_doubts(item: CanonicalItem, envelope: Mapping[str, Any]) -> CanonicalItem:
    """With the doubts of whoever brought it, one a line of the envelope's "doubts"."""
    doubts = tuple(line for line in str(envelope.get("doubts", "")).split("\n") if line)
    return msgspec.structs.replace(item, doubts=item.doubts + doubts) if doubts else item


def _apply_one(read: _Read) -> str:
    """Apply the next item. Returns what happened."""
    canonical = read.items[read.done]
    read.done += 1
    try:
        with transaction.atomic():
            outcome: str = apply(delivery=read.delivery, canonical=canonical)
    except (OperationalError, InterfaceError):
        raise  # the database is gone or busy: the delivery stays unread and is resumed
    except Exception as error:
        log.exception("An item of %s could not be taken in", read.delivery.file_name)
        outcome = "failed"
        read.delivery.urgent = read.delivery.urgent or takes_down(canonical)
        why = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        read.failed.append(f"{canonical.headline[:80] or canonical.item_id[:80]}: {why[:300]}")
    read.outcomes[outcome] += 1
    return outcome


def _note_progress(read: _Read) -> None:
    delivery = read.delivery
    delivery.items_in, delivery.items_done, delivery.outcomes = len(read.items), read.done, dict(read.outcomes)
    rows.update(delivery, ("items_in", "items_done", "outcomes"))


_FINISHED = (
    "state",
    "reason",
    "trouble",
    "urgent",
    "format",
    "items_in",
    "items_done",
    "outcomes",
    "oddities",
    "claimed_by",
    "claimed_until",
)


def _finish(read: _Read) -> None:
    delivery = read.delivery
    if read.verdict is not None:
        delivery.state, reason = read.verdict
    else:
        delivery.items_in, delivery.items_done, delivery.outcomes = len(read.items), read.done, dict(read.outcomes)
        failed = delivery.outcomes.get("failed", 0)
        delivery.state = Delivery.State.PARTLY if failed else Delivery.State.READ
        reason = ""
        if read.parsed is not None and read.parsed.listing is not None:
            listings.compare(delivery, read.parsed.listing)
        if failed:
            some = " | ".join(read.failed[:5])
            reason = f"{failed} of {len(read.items)} items could not be taken in. {some}"
    if read.parsed is not None:
        delivery.format = read.parsed.format[:40]
        delivery.oddities = [{"code": odd.code, "text": odd.text} for odd in read.parsed.oddities[:200]]
    delivery.reason = reason.replace("\x00", "")
    delivery.trouble = delivery.state in (Delivery.State.UNREADABLE, Delivery.State.PARTLY)
    delivery.claimed_by, delivery.claimed_until = "", None
    rows.update(delivery, _FINISHED)
    if delivery.urgent:
        alerts.mail_publishers(
            f"A file from {delivery.feed.title} that may ask for a takedown could not be read",
            f"File: {delivery.file_name}\nReason: {delivery.reason}\n\nLook at the wire list at once.",
        )
