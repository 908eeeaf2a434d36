"""What the engine keeps, and the small interface through which it keeps it.

The ledger can be rebuilt from the newsroom's database at any time: it holds what was composed, what was printed, and
what each page read. Its clock is the *tide*: a number that every look moves on, under a lock, so that looks happen one
after the other whoever does them. A baker notes the tide when it claims pages; what was touched after that is in the
log of touched reads, and decides when it commits whether its pages are already out of date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

import msgspec

from standfirst.kit import digests
from standfirst.pages.output import PageRef
from standfirst.press.engine.book import Entry

KEPT = 1_000
"""Tides for which touched reads are kept. A baker that was away for longer starts over."""

LISTS = 2
"""Rank from which on pages are lists."""

UNPRINTED = 1_000
"""Pages that cannot be printed and to which nothing leads. Where it is more, all news fails, and nobody is helped."""

SURFACES = 500
"""Pages of one change that are timed one by one; further ones are only counted."""


class Lane(IntEnum):
    """How urgent work is. Lower goes first; maintenance yields after every page."""

    KILL = 0
    PUBLISH = 1
    MAINTENANCE = 2


class Mark(NamedTuple):
    """Who wants pages printed: change 0 is nobody's. With `force`, even if nothing that they read differs."""

    change: int
    lane: Lane
    seq: int
    force: bool = False


class Claim(NamedTuple):
    """A record's claim on a page: page's id, kind and subject, record's key, and the kind's place in a run."""

    page: int
    kind: str
    subject: str
    record: str
    rank: int


@dataclass(slots=True)
class Job:
    """A page claimed for printing, with what the ledger knew of it then."""

    page: int
    path: str
    rank: int
    """Its place in the run, `LAST_RANK` if it was put off."""
    status: int
    """What readers get now as far as the ledger knows: 0 nothing, 200, 301, 410."""
    digest: int
    size: int
    trace: Mapping[str, int]
    """Read key -> digest at the last print. Key "" is the digest of the claims on the page."""
    refs: tuple[PageRef, ...] = ()
    changes: tuple[int, ...] = ()
    """Changes that want it, 0 left out."""
    force: bool = False
    problem: str = ""
    """Why it could not be printed last time, if so."""


@dataclass(slots=True)
class Result:
    """What became of a job. `trace` replaces the job's."""

    job: Job
    kind: str
    outcome: str
    """written, unchanged, removed or failed."""
    status: int
    digest: int
    size: int
    trace: Mapping[str, int]
    problem: str = ""
    at: int = 0
    """When readers had it, in ms of the engine's clock."""
    noted: bool = False
    """Whether the ledger has it (`Store.note`)."""


class Surface(NamedTuple):
    """One page of a finished change. `ms` counts from the change's beginning to the page being with the readers."""

    path: str
    kind: str
    outcome: str
    ms: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A change of which no page is due any more, and what the press did for it.

    Of a large change only the first `SURFACES` pages are in `surfaces`; the numbers count all.
    """

    change: int
    lane: Lane
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    surfaces: tuple[Surface, ...] = ()

    @property
    def ms(self) -> int:
        """Until the last of its pages was with the readers."""
        return max((surface.ms for surface in self.surfaces), default=0)


@dataclass(frozen=True, slots=True)
class Status:
    """The ledger in numbers. `backlog` is lane -> pages due; `oldest` when the oldest unfinished change began (clock's
    ms)."""

    backlog: Mapping[Lane, int] = field(default_factory=dict)
    oldest: int | None = None
    pages: int = 0
    """Pages that readers get with status 200."""
    bytes: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    """Path -> why it could not be printed; its former output stays (the first hundred)."""
    records: int = 0


class PageRow(NamedTuple):
    """A page as the ledger has it."""

    page: int
    path: str
    status: int
    digest: int
    trace: Mapping[str, int]
    problem: str
    due: bool


class Standing(NamedTuple):
    """What readers should get at a path: status (0: nothing) and digest; `due` if that is about to change."""

    status: int
    digest: int
    due: bool


class Store(Protocol):
    """Where the ledger's rows are. Methods that write are called inside a `transaction`, the others at any time."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What is raised where a database does not answer: that concerns all pages, not the one that was printed."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing. Pages claimed inside stay claimed until its end, and no longer, whatever happens."""

    def written_back_beside(self) -> AbstractContextManager[None]:
        """Around long work inside a transaction: what else the store has to do with its disk is done meanwhile."""

    # --- meta and tide

    def meta(self, name: str) -> str: ...

    def set_meta(self, name: str, value: str) -> None: ...

    def reset(self) -> None:
        """Forget everything but the tide."""

    def tide(self) -> int: ...

    def advance(self) -> int:
        """Lock out other looks and all commits until the end of the transaction; move the tide on and return it."""

    def hold(self) -> None:
        """Lock out looks until the end of the transaction."""

    def touch(self, seq: int, touched: Mapping[str, int]) -> None:
        """Log that reads return something else since `seq`: key -> digest. Old entries may be dropped."""

    def touched(self, since: int) -> dict[str, int] | None:
        """Reads touched after `since`, newest digests; None if the log does not go back so far."""

    def forget_touched(self) -> None:
        """Begin the log of what was touched anew."""

    # --- state

    def record(self, key: str) -> bytes | None: ...

    def records_of(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of these records that there are."""

    def put_records(self, records: Mapping[str, bytes | None]) -> None:
        """Key -> record; None takes it away."""

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Every (key, record), in order of key."""

    def listed(self, name: str, key: str, limit: int) -> list[str]:
        """Keys of the first records of a list, greatest place first."""

    def listed_each(self, lists: Sequence[tuple[str, str, int]]) -> list[list[str]]:
        """The same of many lists, each by its name, key and limit."""

    def list_keys(self, name: str) -> list[str]:
        """Every key under which a list has a member, in order: as quick as they are few, however many members."""

    def enlist(self, entries: Iterable[Entry]) -> None: ...

    def delist(self, entries: Iterable[Entry]) -> None: ...

    def unlist_all(self) -> None: ...

    def entries(self) -> Iterator[Entry]: ...

    # --- pages and claims on them

    def page_ids(self, paths: Iterable[str]) -> dict[str, int]:
        """Path -> page, made where there is none yet."""

    def refs(self, pages: Sequence[int]) -> dict[int, set[PageRef]]:
        """Claims on pages, without who makes them."""

    def claim(self, claims: Iterable[Claim]) -> None: ...

    def unclaim(self, claims: Iterable[Claim]) -> None: ...

    def unclaim_all(self) -> None: ...

    def pages(self, after: int = 0) -> Iterator[PageRow]:
        """Every page whose number is greater than `after`, in order of number."""

    def standing(self, paths: Sequence[str]) -> dict[str, Standing]:
        """What readers should get at each of these paths. One that the ledger does not know is left out."""

    # --- what is due

    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        """Make due every page that read something else under one of these keys than its digest, `but` these."""

    def mark_pages(self, pages: Iterable[int], mark: Mark) -> None: ...

    def mark_all(self, mark: Mark) -> None: ...

    def mark_failed(self, mark: Mark) -> None: ...

    def take(self, lane: Lane, limit: int, but: Collection[int] = ()) -> tuple[int, list[Job]]:
        """Claim at most `limit` due pages of a lane that nobody else holds, in order of rank, then read the tide. Those
        in `but` are left alone.

        A job carries every change up to that tide that wants its page, in whatever lane.
        """

    def urgency(self) -> Lane | None:
        """The most urgent lane in which a page is due, None if there is nothing to do. Cheap: it is asked all day."""

    def others_due(self, lane: Lane, pages: Sequence[int]) -> bool:
        """True if pages other than these are due in the lane."""

    def count_due(self, lane: Lane, most: int) -> int:
        """How many pages are due in a lane and not put off: `most` at most, so it is cheap."""

    def put_off(self, pages: Iterable[int]) -> None:
        """Let due pages wait for all others of their lane. Under `hold`."""

    def count_last(self, lane: Lane, but: Collection[str] = ()) -> int:
        """How many pages were put off in a lane, those whose path begins with one of `but` aside."""

    def note(self, results: Sequence[Result]) -> None:
        """Record what readers have at claimed pages, and what these read."""

    def commit(self, tide: int, results: Sequence[Result]) -> None:
        """Record that pages of which results are noted are no longer due for what was due up to `tide`, and what that
        means for changes. Under `hold`."""

    # --- changes

    def open_change(self, change: int, lane: Lane, since: int) -> None:
        """Note a change that is being looked at; the first `since` counts."""

    def looked(self, change: int) -> None: ...

    def looked_at(self, changes: Sequence[int]) -> set[int]:
        """Those of `changes` that were looked at to the end and are not settled."""

    def finished(self) -> list[Finished]:
        """Changes that were looked at and of which nothing is due."""

    def settle(self, changes: Iterable[int]) -> None:
        """Forget finished changes."""

    def unprinted(self) -> dict[str, set[PageRef]]:
        """Path -> claims, of pages that are not there because they cannot be printed: the newest `UNPRINTED`."""

    def unsettled(self, reads: Collection[str], few: int) -> list[str]:
        """Paths of pages that are due. If they are more than `few`, of those only the ones that read one of `reads`
        the last time, and as many lists that this ledger never printed, those of the highest rank first."""

    def alone(self, paths: Sequence[str]) -> set[str]:
        """Those of `paths` that not more than one record claims."""

    def kept(self) -> list[str]:
        """Paths of pages that cannot be printed, and of which readers keep a former copy: the newest `UNPRINTED`."""

    def failed(self) -> dict[str, str]:
        """Path -> why it could not be printed, of the first hundred such pages. Cheap: it is asked now and then."""

    def status(self) -> Status: ...


def refs_digest(refs: Sequence[PageRef]) -> int:
    """The digest of the claims on a page, kept in its trace under ""."""
    return digests.short(msgspec.msgpack.encode([tuple(ref) for ref in refs]))
