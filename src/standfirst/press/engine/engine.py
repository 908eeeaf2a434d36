"""The engine: look at what may have changed, bake what that made due, say what is finished.

    engine.open(keys, compose)                              once, at start
    engine.look(change, lane, [(kind, id)], compose)        for every open change row
    engine.bake(interrupted=...)                            until nothing is due
    for finished in engine.finished(): ...                  close its row in the newsroom's database, then
    engine.settle([finished.change])

Every step may be cut short at any instant and repeated: a look compares with what is stored, a page stays due until the
ledger has what it read, a change is finished until it is settled.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from html import escape
from itertools import groupby, islice
from time import monotonic_ns
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec

from standfirst.kit.errors import Problem
from standfirst.pages.output import Output, PageRef
from standfirst.press.engine import proof as proofs
from standfirst.press.engine.book import LAST_RANK, Book, Entry, digest_of
from standfirst.press.engine.ledger import Claim, Finished, Job, Lane, Mark, Result, Status, Store, refs_digest
from standfirst.press.engine.outlet import Outlet, Stuck, Unservable, digest
from standfirst.press.engine.reading import State, Undeclared, Unprinted, Without

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(kind, id) of a record."""

Compose = Callable[[str, str], Any]
"""(kind, id) -> the record as the newsroom's database has it now, None if it has none."""

ComposeMany = Callable[[Sequence[Key]], Mapping[Key, Any]]
"""The same for many at once."""

FEW_DUE = 500
"""Pages that are due, all of which a kill has looked at; of more, only those that are likely to show what is killed."""

LOOK, FILL = 100, 500
"""Records looked at in one transaction; and of a ledger that is being made, where nobody waits for it."""

BATCH = {Lane.KILL: 20, Lane.PUBLISH: 200, Lane.MAINTENANCE: 200}
"""Pages printed in one transaction."""

SHARED, SHARED_BATCH = 40, 2_000
"""Pages from which on a crew is asked: fewer are printed sooner than told. And those that a crew prints in one
transaction: at its end all of them wait, so it comes seldom, and sooner when something more urgent waits."""

NOTED = 200
"""Pages that a crew has printed before what they read is noted: together they cost less, and at the end all wait for
the rest."""

BATCH_BYTES = 16_000_000
"""Printed pages that are kept in memory at most, give or take one."""

RETRY_MS, LONGEST_RETRY_MS = 2_000, 60_000
"""After so long a page that could not be delivered, while others could, is tried again; and where there are many."""

STUCK = 500
"""Such pages that one bake tries at most. The next begins behind them, since they are left alone for longer then."""

SLOW_MS = 250
"""So long delivering goes on without asking whether something more urgent waits."""

SHARE_MS, SHARED_MS = 1_000, 2_000
"""So long one of a crew goes on with its share, and so long a batch of the crew's may take before the next is smaller.
A crew that prints a hundred pages in a second never comes to the former, and one that prints a thousand not to the
latter."""

MASS = 0.02
"""Part of the pages whose disappearance in one run of maintenance must be confirmed."""

FEW = 20
"""Pages that may always disappear."""

DRIFT_BYTES = 32_000_000
"""Outputs that are read in one stretch of looking for drift, give or take one."""

FAULTS = (
    "look:begun",
    "look:composed",
    "look:stored",
    "look:marked",
    "look:done",
    "bake:taken",
    "bake:printed",
    "bake:delivering",
    "bake:delivered",
    "bake:recorded",
    "bake:done",
    "settle:done",
)
"""Instants between the steps, told to the engine's `fault`. Tests end the process, or let another worker in, at
each."""


class MassRemoval(Problem):
    """Maintenance would take more pages from readers than anybody is likely to have meant."""

    def __init__(self, number: int, of: int) -> None:
        self.number = number
        super().__init__(
            f"This run would take {number} of {of} pages from readers. Nothing has been taken away; if that is meant, "
            "confirm it with `standfirst press run --allow-removal`."
        )


class RecordsUnreadable(Problem):
    """The ledger's records were written by a version whose records look different."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"The ledger's record {key} cannot be read ({why}); rebuild the ledger.")


class Condition(Enum):
    """What a ledger needs before it can be worked with."""

    READY = "ready"
    RESTATE = "restate"
    """Lists, facets or claims are declared otherwise than when it was written."""
    REBUILD = "rebuild"
    """It is new, or building it was cut short."""
    ELSEWHERE = "made by another"
    """Another process makes it anew."""


def never(lane: Lane) -> bool:
    """Nothing more urgent than `lane` ever comes up."""
    return False


@dataclass(slots=True)
class Bake:
    """What one call of `bake` did. `printed` counts page functions' runs; the others what became of pages."""

    printed: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    interrupted: bool = False
    delivered: int = 0
    delivering: int = 0
    """Pages that were written or taken away, and the milliseconds that this took: how quick the outlet is."""
    stuck: Problem | None = None
    """Why some pages could not be delivered, while others could: they stay due."""
    stopped: Problem | None = None
    """What ends the bake: the outlet takes nothing more."""
    tried: set[int] = field(default_factory=set)
    """Pages that were not delivered: a kill tries each once in a bake, however lately it was tried before."""
    left: set[int] = field(default_factory=set)
    """Pages that were not delivered, now or a moment ago: below the kill lane they are left alone in this bake."""
    freed: bool = False
    """True if a page was delivered that others may have waited for."""
    guarded: bool = False
    """True if so few of the pages put off would leave readers with nothing that nobody need be asked."""

    @property
    def pages(self) -> int:
        """Pages that are done."""
        return self.written + self.unchanged + self.removed + self.failed


@dataclass(slots=True)
class _Print:
    """A page as it came from its function, not yet with the readers."""

    job: Job
    kind: str
    trace: Mapping[str, int]
    output: Output | None = None
    verified: bool = False
    """Not printed: everything it read is as it was, and so is what readers get."""
    problem: str = ""


class _Stuck(NamedTuple):
    """A page that was not delivered, kept in mind until it is."""

    path: str
    problem: Problem
    until: int
    """When it is tried again."""
    missing: bool
    """Readers have no page there yet, so nothing may lead to it."""
    waits: bool
    """Nothing is wrong with it: others are stuck."""
    goes: bool
    """It is to be taken from readers, so it keeps nothing else back."""
    refs: tuple[PageRef, ...]


class Done(NamedTuple):
    """What became of a page that somebody of the crew printed and delivered: a `Result` without its job."""

    kind: str
    outcome: str
    status: int
    digest: int
    size: int
    trace: Mapping[str, int]
    problem: str
    at: int


class Left(NamedTuple):
    """A page that one of the crew printed and did not deliver: it takes something away, or sends readers elsewhere."""

    kind: str
    trace: Mapping[str, int]
    output: Output | None


Outcome = Sequence[Done | Left | None]
"""What became of some jobs, in their order; None: nobody got to it."""


class Crew(Protocol):
    """Others who print and deliver pages, each by an engine of their own (`Engine.lend_a_hand`)."""

    def ready(self) -> bool:
        """False as long as nobody has come yet."""

    def work(
        self,
        jobs: Sequence[Job],
        myself: Callable[[Sequence[Job]], Outcome],
        heed: Callable[[Sequence[Job], Outcome], object],
    ) -> None:
        """Do the jobs, in shares of which each is told to `heed` once, with what became of it, in any order. Some may
        be done by `myself`, the engine that asks. Raises what delivering one of them raised."""

    def look(
        self, shares: Iterable[proofs.Share], myself: Callable[[proofs.Share], proofs.Looked]
    ) -> Iterable[proofs.Looked]:
        """What is found at the paths of each share, in any order. Some may be looked at by `myself`."""


class Engine:
    """Prints the pages of `book` to `outlet` and remembers in `store` what they read.

    `clock` gives milliseconds, and serves only to say in reports when pages were with the readers; `timer` gives
    milliseconds that nobody puts back, and measures how long things take. `fault` is called with each of `FAULTS`. An
    engine is for one thread; several engines may work on one SQL store through connections of their own.
    """

    def __init__(
        self,
        book: Book,
        store: Store,
        outlet: Outlet,
        *,
        clock: Callable[[], int],
        timer: Callable[[], int] = lambda: monotonic_ns() // 1_000_000,
        fault: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.book = book
        self.store = store
        self.outlet = outlet
        self._clock = clock
        self._timer = timer
        self._fault = fault
        self._state = State(book, store)
        self._stuck: dict[int, _Stuck] = {}
        self._unprinted = Unprinted(book, {})
        self._said: dict[str, str] = {}
        """Path -> what was said in the log of a page that gives trouble, to say it once; "": of the whole outlet."""
        self._most, self._most_shared = max(BATCH.values()), SHARED_BATCH
        """Pages that are printed before they are delivered, and those of a batch of the crew's: fewer while that takes
        long."""
        self._may_go: tuple[int, frozenset[str]] = (0, frozenset())
        """Pages that were put off when it was last seen that they may be taken away, and what sent readers on then."""
        self.crew: Crew | None = None
        """Who helps with maintenance, while there is much of it, and with proofs."""

    # --- opening

    def condition(self) -> Condition:
        """Whether the ledger may be worked with as it is."""
        if self.store.meta("built") != "yes":
            return Condition.REBUILD
        return Condition.READY if self.store.meta("book") == self.book.version else Condition.RESTATE

    def open(self, keys: Iterable[Key], compose: Compose) -> Condition:
        """Bring the ledger to where it can be worked with, and say what that took.

        `keys` names every record there is; it is only gone through if the ledger must be rebuilt.
        """
        condition = self.condition()
        if condition is Condition.RESTATE:
            try:
                self.restate()
            except RecordsUnreadable:
                condition = Condition.REBUILD
        if condition is Condition.REBUILD and not self.rebuild(keys, compose):
            return Condition.ELSEWHERE
        return condition

    def rebuild(self, keys: Iterable[Key], compose: Compose) -> bool:
        """Make the ledger anew from the newsroom's database. Until it is whole nobody looks, and nothing is baked.

        What is in the outlet stays: pages are written over as they are baked; those that nothing claims any more are
        for `proof` to report. False if another has begun it again meanwhile: then that one makes it.
        """
        maker = uuid4().hex
        with self.store.transaction():
            self.store.advance()
            self.store.reset()
            self.store.set_meta("built", "no")
            self.store.set_meta("maker", maker)
        self._state.forget()
        self._stuck.clear()
        for number, batch in enumerate(_batches(keys, FILL), start=1):
            with self.store.transaction():
                self.store.advance()
                if self.store.meta("maker") != maker:
                    return False
                self.store.set_meta("made", str(number))
                self._fault("look:begun")
                self._fill(batch, compose)
                self._fault("look:marked")
            self._fault("look:done")
        with self.store.transaction():
            seq = self.store.advance()
            if self.store.meta("maker") != maker:
                return False
            # Nothing was said of what was touched, so what anybody has read of it meanwhile is read again.
            self.store.forget_touched()
            self.store.mark_all(Mark(0, Lane.MAINTENANCE, seq))
            self.store.set_meta("book", self.book.version)
            self.store.set_meta("built", "yes")
        return True

    def _fill(self, keys: Iterable[Key], compose: Compose) -> None:
        """Store records of a ledger that is being made: there is nothing to compare with, and no page has read any."""
        composed = [(kind, id, compose(kind, id)) for kind, id in dict.fromkeys(keys)]
        found = [(kind, id, record) for kind, id, record in composed if record is not None]
        self._fault("look:composed")
        self.store.put_records({f"{kind}:{id}": msgspec.json.encode(record) for kind, id, record in found})
        self._fault("look:stored")
        self._derive(found)

    def making(self) -> str:
        """How far the making of a ledger is, as a word that changes as it goes on; empty while it is whole."""
        return f"{self.store.meta('maker')} {self.store.meta('made')}" if self.store.meta("built") == "no" else ""

    def restate(self) -> None:
        """After the declarations changed: derive lists and claims again from the stored records, examine every page."""
        with self.store.transaction():
            seq = self.store.advance()
            self.store.unlist_all()
            self.store.unclaim_all()
            for batch in _batches(self.store.records(), LOOK):
                records: list[tuple[str, str, Any]] = []
                strange: dict[str, bytes | None] = {}
                for key, data in batch:
                    kind, _, id = key.partition(":")
                    if kind in self.book.types:
                        records.append((kind, id, self._decode(kind, id, data)))
                    else:  # of a kind that an older version knew: nothing composes it any more
                        strange[key] = None
                self._derive(records)
                self.store.put_records(strange)
            self.store.mark_all(Mark(0, Lane.MAINTENANCE, seq))
            self.store.set_meta("book", self.book.version)
        self._state.forget()

    def _derive(self, records: Iterable[tuple[str, str, Any]]) -> None:
        """Enlist records, and claim their pages."""
        entries: list[Entry] = []
        wanted: list[tuple[PageRef, str]] = []
        for kind, id, record in records:
            entries += self.book.entries(kind, id, record)
            wanted += [(ref, f"{kind}:{id}") for ref in self.book.claims(kind, record)]
        self.store.enlist(entries)
        ids = self.store.page_ids(sorted({ref.path for ref, _ in wanted}))
        self.store.claim([self._claim(ids, ref, key) for ref, key in wanted])

    # --- looking

    def look(
        self,
        change: int,
        lane: Lane,
        keys: Iterable[Key],
        compose: Compose,
        *,
        many: ComposeMany | None = None,
        since: int | None = None,
        more: bool = False,
    ) -> int:
        """Compare records with the newsroom's database and make due the pages that read something else now.

        `change` is the number of the change row, 0 for none; `since` the moment (clock's ms) from which its report
        counts. With `more`, the change is not finished before a further look at it without. A long look goes through in
        transactions of `LOOK` records; to stay interruptible, a caller slices its keys and passes `more`. `compose` is
        called under the ledger's lock, so that of two looks at one record the later stores the newer: whoever composes
        beforehand may store what was live over what has been killed meanwhile. `many`, if given, composes those of one
        transaction together, and may leave some out. While the ledger is made anew nothing is looked at, and the change
        stays as it is: what was composed for it may be older. Returns how many records differed.
        """
        differed = 0
        batches = _batches(keys, LOOK)
        batch = next(batches, [])
        while True:
            following = next(batches, None)
            with self.store.transaction():
                mark = Mark(change, lane, self.store.advance())
                if self.store.meta("built") == "no":
                    return differed
                self._fault("look:begun")
                if change:
                    self.store.open_change(change, lane, self._clock() if since is None else since)
                if many is None:
                    differed += self._absorb(batch, compose, mark)
                else:
                    records = many(batch)
                    differed += self._absorb([key for key in batch if key in records], _of(records), mark)
                if change and following is None and not more:
                    self.store.looked(change)
                self._fault("look:marked")
            self._fault("look:done")
            if following is None:
                return differed
            batch = following

    def _absorb(self, keys: Iterable[Key], compose: Compose, mark: Mark) -> int:
        """Store what differs and make its readers due. All of it goes to the ledger together, and digests are compared
        once, when all is stored."""
        store, book = self.store, self.book
        wanted = list(dict.fromkeys(keys))  # each once: what it was before is what is stored
        stored = store.records_of([f"{kind}:{id}" for kind, id in wanted])
        new: dict[str, bytes | None] = {}
        facets_before: dict[str, int] = {}
        facets_now: dict[str, int] = {}
        gone: set[Entry] = set()
        come: set[Entry] = set()
        given_up: list[tuple[PageRef, str]] = []
        claimed: list[tuple[PageRef, str]] = []
        concerned: set[PageRef] = set()
        for kind, id in wanted:
            key = f"{kind}:{id}"
            record = compose(kind, id)
            self._fault("look:composed")
            data = None if record is None else msgspec.json.encode(record)
            if mark.lane is Lane.KILL:
                concerned |= book.claims(kind, record)
                facets_now.update(book.facet_digests(kind, id, record))
            if data == stored.get(key):
                continue
            new[key] = data
            former = self._decode(kind, id, stored.get(key))
            concerned |= book.claims(kind, former)
            facets_before.update(book.facet_digests(kind, id, former))
            facets_now.update(book.facet_digests(kind, id, record))
            old_entries, new_entries = set(book.entries(kind, id, former)), set(book.entries(kind, id, record))
            gone |= old_entries - new_entries
            come |= new_entries - old_entries
            old_claims, new_claims = book.claims(kind, former), book.claims(kind, record)
            given_up += [(ref, key) for ref in sorted(old_claims - new_claims)]
            claimed += [(ref, key) for ref in sorted(new_claims - old_claims)]

        lists = [
            (name, list_key, book.depth(name))
            for name, list_key in sorted({(name, list_key) for name, list_key, _, _ in gone | come})
        ]
        members_before = store.listed_each(lists)
        store.delist(sorted(gone))
        store.enlist(sorted(come))
        ids = store.page_ids(sorted({ref.path for ref, _ in (*given_up, *claimed)}))
        refs_before = store.refs(list(ids.values()))
        store.unclaim([self._claim(ids, *each) for each in given_up])
        store.claim([self._claim(ids, *each) for each in claimed])
        store.put_records(new)
        self._fault("look:stored")

        touched = {read: now for read, now in facets_now.items() if facets_before.get(read, now) != now}
        appeared: set[str] = set()  # lists of which a key has its first member now, or has lost its last
        for (name, list_key, _), members, remain in zip(lists, members_before, store.listed_each(lists), strict=True):
            then = book.list_digests(name, list_key, members)
            now = book.list_digests(name, list_key, remain)
            touched.update({read: digest for read, digest in now.items() if then[read] != digest})
            if bool(members) != bool(remain) and book.listings[name].enumerated:
                appeared.add(name)
        touched.update({f"keys:{name}": digest_of(store.list_keys(name)) for name in sorted(appeared)})
        store.touch(mark.seq, touched)
        refs_now = store.refs(list(refs_before))
        store.mark_readers(touched, mark)
        store.mark_pages([page for page, before in refs_before.items() if refs_now[page] != before], mark)
        if mark.lane is Lane.KILL:
            self._reach(concerned, {*facets_now, *touched}, mark)
        return len(new)

    def _reach(self, refs: Iterable[PageRef], reads: Collection[str], mark: Mark) -> None:
        """Have a kill reach what readers may have though the ledger does not know it.

        Of a page that is due, something else may have been delivered than was noted: another worker, or one that was
        killed, has not noted it, or it went out for the time being while others are stuck. Of a page that fails,
        readers may keep a copy from before this ledger. So it is asked what they get.
        """
        paths = sorted({ref.path for ref in refs})
        due = {path for path, standing in self.store.standing(paths).items() if standing.due}
        # A day's page is a claim of all its stories, and half the paper leads there.
        own = self.store.alone(paths)
        kept = set(self.store.kept()).difference(paths)
        others = set(self.store.unsettled(reads, FEW_DUE)).difference(paths, kept)
        showing = {path for path in kept | others if (got := self._served(path)) is not None and _leads(got, own)}
        ids = self.store.page_ids(sorted(due | showing))
        self.store.mark_pages([page for path, page in ids.items() if path not in kept], mark)
        # Whatever the ledger says of what these read: it may know only what was read before the fault.
        self.store.mark_pages([ids[path] for path in sorted(showing & kept)], mark._replace(force=True))

    def _claim(self, ids: Mapping[str, int], ref: PageRef, key: str) -> Claim:
        return Claim(ids[ref.path], ref.kind, ref.subject, key, self.book.rank(ref.kind))

    def _decode(self, kind: str, id: str, data: bytes | None) -> Any:
        try:
            return self.book.decode(kind, data)
        except msgspec.DecodeError as problem:  # of which a validation error is one
            raise RecordsUnreadable(f"{kind}:{id}", str(problem)) from problem

    def sweep(self, keys: Iterable[Key], compose: Compose, lane: Lane = Lane.PUBLISH) -> list[Key]:
        """Find what was written behind the change rows' back: compare, and look at what differs. Returns it."""
        late = []
        for kind, id in keys:
            record = compose(kind, id)
            if (None if record is None else msgspec.json.encode(record)) != self.store.record(f"{kind}:{id}"):
                late.append((kind, id))
        if late:
            self.look(0, lane, late, compose)
        return late

    def drift(self, after: int, limit: int = 200) -> tuple[int, list[str]]:
        """Compare a stretch of outputs with what was printed, and make due those that another hand changed or removed.

        The stretch begins behind page number `after` and is at most `limit` pages, or `DRIFT_BYTES`, long. Returns
        where the next one begins (0: from the start again) and the paths; `bake` mends them. Pages that are due are
        left out. What stands beside an output and is of another version is taken away at once.
        """
        strange: dict[int, str] = {}
        last = number = size = 0
        for row in self.store.pages(after):
            if number >= limit or size > DRIFT_BYTES:
                break
            last, number = row.page, number + 1
            served = self._served(row.path)
            size += len(served.body) if served else 0
            if not row.due and digest(served) != row.digest:
                strange[row.page] = row.path
            elif not row.due and served is not None and not self._sound(row.path):
                self._tidy(row.path)
                strange[row.page] = row.path
        else:
            last = 0
        if not strange:
            return last, []
        # Once more, with all who print locked out: a page may have been delivered and recorded since its row was read.
        found = {}
        with self.store.transaction():
            seq = self.store.advance()
            for page, path in strange.items():
                row = next(iter(self.store.pages(page - 1)))
                served = self._served(path)
                if not row.due and (digest(served) != row.digest or (served is not None and not self._sound(path))):
                    found[page] = path
            self.store.mark_pages(found, Mark(0, Lane.PUBLISH, seq, force=True))
        return last, list(found.values())

    def _tidy(self, path: str) -> None:
        try:
            self.outlet.tidy(path)
        except Problem as problem:  # it is looked at again, and what it stands beside is right
            self._say_once(path, str(problem))

    def _sound(self, path: str) -> bool:
        try:
            return self.outlet.sound(path)
        except (Unservable, Stuck):
            return False

    def waiting(self, paths: Sequence[str]) -> int:
        """How many of these pages are still due."""
        return sum(standing.due for standing in self.store.standing(paths).values())

    # --- baking

    def due(self, lane: Lane, most: int) -> int:
        """How many pages can be printed in a lane, `most` at most. Cheap."""
        return self.store.count_due(lane, most)

    def bake_all(self, *, lane: Lane = Lane.MAINTENANCE) -> None:
        """Make every page due, to be printed even if nothing that it read differs."""
        self._mark_every(lane, self.store.mark_all)

    def retry_failed(self, *, lane: Lane = Lane.MAINTENANCE) -> None:
        """Make due again the pages that could not be printed."""
        self._mark_every(lane, self.store.mark_failed)

    def _mark_every(self, lane: Lane, marking: Callable[[Mark], object]) -> None:
        with self.store.transaction():
            marking(Mark(0, lane, self.store.advance(), force=True))

    def bake(
        self,
        *,
        upto: Lane = Lane.MAINTENANCE,
        interrupted: Callable[[Lane], bool] = never,
        allow_mass_removal: bool = False,
    ) -> Bake:
        """Print what is due, most urgent lane first, until nothing is.

        After each page of a lane below the first, `interrupted(lane)` may ask to leave the rest for later.

        Pages that another worker holds are left to it. One that is stuck (`Stuck`) is left due and tried again in a
        moment; what would lead to it goes out without that, or stays as it is. A page is not taken away, but in the
        kill lane, while what readers have of one that is stuck leads there. Any other problem of the outlet ends the
        bake; in the kill lane all is tried before. `MassRemoval` is raised when maintenance has done everything else. A
        page whose function fails keeps its former output, is reported, and is tried again when something that it read
        changes, or by `retry_failed`; in the kill lane it is taken from readers instead, since what it shows may be
        killed. A database that does not answer ends the bake: it is no fault of the page that was being printed.
        """
        bake = Bake()
        # Asked outside of a transaction: at rest, a bake locks nothing and writes nothing.
        urgency = self.store.urgency()
        if urgency is None or self.store.meta("built") == "no":
            return bake
        self._forget_what_others_delivered()
        now = self._timer()
        bake.left = {page for page, stuck in self._stuck.items() if now < stuck.until}
        before = len(bake.left)
        while not bake.interrupted:
            for lane in Lane:
                if urgency is None or not urgency <= lane <= upto:
                    continue
                if lane is not Lane.KILL and (bake.stopped is not None or len(bake.left) - before > STUCK):
                    continue
                if self._batch(lane, bake, interrupted, allow_mass_removal):
                    break
            else:
                if not bake.freed:
                    break
                self._let_go_of_what_waits(bake)
            urgency = self.store.urgency()
        if bake.stopped is not None:
            raise bake.stopped
        bake.stuck = next((stuck.problem for stuck in self._stuck.values()), None)
        return bake

    def _forget_what_others_delivered(self) -> None:
        """Pages that are not due any more are not stuck either, e.g. because another worker could deliver them."""
        if not self._stuck:
            return
        standing = self.store.standing([stuck.path for stuck in self._stuck.values()])
        due = {path for path, state in standing.items() if state.due}
        if any(stuck.path not in due and not stuck.waits for stuck in self._stuck.values()):
            due -= {stuck.path for stuck in self._stuck.values() if stuck.waits}
        self._stuck = {page: stuck for page, stuck in self._stuck.items() if stuck.path in due}

    def _let_go_of_what_waits(self, bake: Bake) -> None:
        """Have those tried again, in the same bake, that waited for others of which one is there now."""
        bake.freed = False
        for page in [page for page, stuck in self._stuck.items() if stuck.waits]:
            del self._stuck[page]
            bake.left.discard(page)

    def _batch(self, lane: Lane, bake: Bake, interrupted: Callable[[Lane], bool], allow_mass_removal: bool) -> bool:
        """Print and deliver some pages of a lane in one transaction. False if there are none to claim."""
        with self.store.transaction():
            but: Collection[int] = bake.tried if lane is Lane.KILL else bake.left
            crew = self.crew if lane is Lane.MAINTENANCE and not self._stuck else None
            if crew is not None and not crew.ready():
                crew = None
            most = min(BATCH[lane], self._most) if crew is None else self._most_shared
            tide, jobs = self.store.take(lane, most, but)
            if not jobs:
                return False
            self._fault("bake:taken")
            if jobs[0].rank < LAST_RANK:
                jobs = [job for job in jobs if job.rank < LAST_RANK]
            elif lane is Lane.MAINTENANCE and not allow_mass_removal:
                self._guard(lane, bake)
            results: list[Result] = []
            began = self._timer()
            if crew is not None and len(jobs) >= SHARED:
                self._read_up(())  # the rest by each for the share that is its own
                prints = self._share_out(crew, jobs, results, bake, interrupted)
            else:
                self._read_up(jobs)
                prints = self._print_some(lane, jobs, bake, interrupted)
            off = self._to_put_off(lane, prints)
            prints = [print_ for print_ in prints if print_.job.page not in off]
            self._deliver_some(lane, prints, results, bake, interrupted)
            took = self._timer() - began
            if crew is not None and took > SHARED_MS:
                self._most_shared = max(4, len(results) * SHARED_MS // took)
            elif crew is not None and took <= SHARED_MS // 2 and not bake.interrupted:
                self._most_shared = min(SHARED_BATCH, self._most_shared * 2)
            self._commit(lane, tide, results, off, bake)
        self._fault("bake:done")
        return True

    def _deliver_some(
        self,
        lane: Lane,
        prints: Sequence[_Print],
        results: list[Result],
        bake: Bake,
        interrupted: Callable[[Lane], bool],
    ) -> None:
        """Deliver pages in their order; what became of them is added to `results`. The rest stays due."""
        began = self._timer()
        tried = 0
        goes: set[str] | None = None
        astray: set[str] = set()  # where a page should be that has just turned out not to be printable
        for print_ in sorted(prints, key=_kill_order if lane is Lane.KILL else _order):
            if lane is not Lane.KILL and self._stuck:
                if self._takes_away(print_):
                    if goes is None:
                        goes = self._still_led_to({each.job.path for each in prints if self._takes_away(each)})
                    if print_.job.path in goes:
                        because = next(iter(self._stuck.values())).problem
                        self._set_aside(print_, because, RETRY_MS, bake, waits=True)
                        continue
                elif self._must_wait(print_, bake):
                    continue
            if astray and print_.output is not None and _leads(print_.output, astray):
                print_ = self._print(print_.job)
            self._fault("bake:delivering")
            before = self._timer()
            tried += 1
            try:
                results.append(self._deliver(lane, print_))
            except Stuck as problem:
                self._say_once(print_.job.path, str(problem))
                self._set_aside(print_, problem, RETRY_MS, bake)
                bake.tried.add(print_.job.page)
            except Problem as problem:
                bake.stopped = problem
                if lane is not Lane.KILL:
                    return
                # The other pages are no less urgent, and some need no room: each is tried once in this bake.
                self._set_aside(print_, problem, 0, bake)
                bake.tried.add(print_.job.page)
            else:
                self._is_done(print_.job, bake)
                if _is_away(results[-1]):
                    astray.add(print_.job.path)
                    self._unprinted.add(print_.job.path, print_.job.refs)
                if results[-1].outcome in ("written", "removed"):
                    bake.delivered += 1
                    bake.delivering += self._timer() - before
            self._fault("bake:delivered")
            # A kill is not interrupted; but who is asked knows by that that it goes on.
            if self._timer() - began > SLOW_MS and interrupted(lane) and lane is not Lane.KILL:
                bake.interrupted = True
                self._most = max(4, tried)
                return
        if self._timer() - began <= SLOW_MS:
            self._most = min(max(BATCH.values()), self._most * 2)

    def _must_wait(self, print_: _Print, bake: Bake) -> bool:
        """True if a page must not be delivered as it is while others are stuck; it is set aside then.

        One that would lead to a page that is not there goes out as if there were no such page, until there is: news
        does not wait for it. If it cannot do without, e.g. without a style sheet, its former copy stays.
        """
        because = next(iter(self._stuck.values())).problem
        job, output = print_.job, print_.output
        if output is None or not _leads(output, (missing := self._missing(job, bake)).keys()):
            return False
        away = {f"{ref.kind}:{ref.subject}" for refs in missing.values() for ref in refs}
        reads = self.book.reads(Without(self._state, missing.keys(), away))
        try:
            # What was stored of it stays, and so it stays due.
            makeshift = self._first_of(reads, self.book.ordered(job.refs))
            sound = makeshift is not None and makeshift.status == 200 and not _leads(makeshift, missing.keys())
            if makeshift is not None and sound and makeshift != self._served(job.path):
                self.outlet.put(job.path, makeshift)
        except self.store.faults:
            raise
        except Exception as problem:
            # Its former copy stays, and it is tried again.
            log.debug("The page %s cannot be printed without %s.", job.path, sorted(missing), exc_info=problem)
        self._set_aside(print_, because, RETRY_MS, bake, waits=True)
        return True

    def _missing(self, job: Job, bake: Bake) -> dict[str, tuple[PageRef, ...]]:
        """Paths at which readers would find nothing if `job` led there -> what claims them.

        Pages that could not be delivered count until they are. When one of them is tried again it may lead to others
        that will be tried again too, or none of them would ever be the first; and those that only wait for it do not
        keep it back.
        """
        before = self._stuck.get(job.page)
        missing = {}
        for page, stuck in self._stuck.items():
            if not stuck.missing or page == job.page:
                continue
            if before is not None and not before.waits:
                counts = page in bake.left and not stuck.waits
            else:
                counts = page in bake.left or not stuck.waits
            if counts:
                missing[stuck.path] = stuck.refs
        return missing

    def _still_led_to(self, paths: set[str]) -> set[str]:
        """Those of `paths` that must not be taken away yet: what readers have of pages that are stuck leads there.

        So does what they have of pages that wait for the same reason. Where too many are stuck to look through, or one
        cannot be read, all wait.
        """
        roots = [stuck.path for stuck in self._stuck.values() if not stuck.goes and stuck.path not in paths]
        if len(roots) > STUCK:
            return paths
        going = paths | {stuck.path for stuck in self._stuck.values() if stuck.goes}
        led_to: set[str] = set()
        while roots:
            try:
                served = self.outlet.read(roots.pop())
            except Unservable:
                continue
            except Stuck:
                return paths
            if served is not None:
                found = {path for path in going - led_to if _leads(served, (path,))}
                led_to |= found
                roots += found
        return led_to & paths

    def _set_aside(self, print_: _Print, problem: Problem, ms: int, bake: Bake, *, waits: bool = False) -> None:
        """Leave a page due, and look after the others. It is tried again after `ms`, not before the next bake."""
        job, output = print_.job, print_.output
        missing = output is not None and output.status == 200 and self._status(job.path) != 200
        wait = min(ms * (1 + len(self._stuck) // STUCK), LONGEST_RETRY_MS)
        goes = self._takes_away(print_)
        self._stuck[job.page] = _Stuck(job.path, problem, self._timer() + wait, missing, waits, goes, job.refs)
        bake.left.add(job.page)

    def _is_done(self, job: Job, bake: Bake) -> None:
        """A page was delivered: if it had been stuck, it is no longer."""
        if stuck := self._stuck.pop(job.page, None):
            bake.left.discard(job.page)
            bake.freed = bake.freed or not (stuck.waits or stuck.goes)

    def _say_once(self, path: str, says: str, *, fault: bool = False) -> None:
        """Say in the log what is wrong with a page: once, however often it is tried. With `fault`, how it came."""
        if self._said.get(path) == says:
            return
        if len(self._said) >= STUCK:
            self._said.clear()
        self._said[path] = says
        log.error("%s", says, exc_info=fault)

    def _print_some(
        self, lane: Lane, jobs: Sequence[Job], bake: Bake, interrupted: Callable[[Lane], bool]
    ) -> list[_Print]:
        prints: list[_Print] = []
        size = 0
        for job in jobs:
            print_ = self._print(job)
            prints.append(print_)
            bake.printed += not print_.verified
            self._fault("bake:printed")
            size += len(print_.output.body) if print_.output else 0
            if size > BATCH_BYTES:
                break
            if lane is not Lane.KILL and interrupted(lane):
                bake.interrupted = True
                break
        return prints

    def _share_out(
        self,
        crew: Crew,
        jobs: Sequence[Job],
        results: list[Result],
        bake: Bake,
        interrupted: Callable[[Lane], bool],
    ) -> list[_Print]:
        """Have the crew print `jobs`. What they delivered is added to `results`; what is left to deliver comes back.

        Of one rank at a time, and of that what readers do not have yet first: what is linked to goes before what links.
        Once a page could not be delivered the rest is left for the press, which knows what must not lead there. The
        rest is left, too, when something more urgent waits; the press asks after each share of its own. Where the disk
        is slow the next batch is smaller, down to what the press prints alone: it asks between two pages then, and
        measures what each of them takes.
        """
        prints: list[_Print] = []
        unnoted: list[Result] = []
        got = mine = 0
        stuck = False

        def myself(share: Sequence[Job]) -> Outcome:
            nonlocal mine
            # Once at least: however much waits, this comes to an end some time.
            bake.interrupted = bake.interrupted or (mine > 0 and interrupted(Lane.MAINTENANCE))
            if bake.interrupted or stuck:
                return [None] * len(share)
            mine += 1
            return self.lend_a_hand(share)

        def heed(share: Sequence[Job], outcome: Outcome) -> None:
            nonlocal got, stuck
            delivered = []
            for job, done in zip(share, outcome, strict=True):
                if isinstance(done, Left):
                    prints.append(_Print(job, done.kind, done.trace, done.output))
                    stuck = stuck or (done.output is not None and done.output.status == 200)
                elif done is not None:
                    delivered.append(Result(job, *done, noted=True))
                got += done is not None
            results.extend(delivered)
            unnoted.extend(delivered)
            # Now, while others print: afterwards they would have to wait for it.
            if len(unnoted) >= NOTED:
                note()

        def note() -> None:
            self.store.note(unnoted)
            unnoted.clear()

        in_order = sorted(jobs, key=_shared_order)
        for _, group in groupby(in_order, key=_shared_order):
            with self.store.written_back_beside():
                crew.work(list(group), myself, heed)
                note()
            bake.interrupted = bake.interrupted or interrupted(Lane.MAINTENANCE)
            if bake.interrupted or stuck:
                break
        bake.printed += got
        return prints

    def lend_a_hand(self, jobs: Sequence[Job]) -> list[Done | Left | None]:
        """As one of a crew: print jobs that another engine has claimed and will commit, and deliver those that go on.

        It reads what is committed. Whatever was touched since the jobs were claimed, whoever claimed them will see.
        After `SHARE_MS` it leaves the rest: a kill may wait for whoever claimed them.
        """
        self._read_up(jobs)
        began = self._timer()
        done: list[Done | Left | None] = []
        for job in jobs:
            if done and self._timer() - began > SHARE_MS:
                done.append(None)
                continue
            print_ = self._print(job)
            stays = print_.verified or print_.problem or (print_.output is not None and print_.output.status == 200)
            if not stays:
                done.append(Left(print_.kind, print_.trace, print_.output))
                continue
            try:
                result = self._deliver(Lane.MAINTENANCE, print_)
            except Stuck:
                # The press tries for itself, and keeps in mind what it says.
                done.append(Left(print_.kind, print_.trace, print_.output))
                continue
            done.append(
                Done(
                    result.kind,
                    result.outcome,
                    result.status,
                    result.digest,
                    result.size,
                    result.trace,
                    result.problem,
                    result.at,
                )
            )
        return done

    def _read_up(self, jobs: Iterable[Job]) -> None:
        """Know what is so now, as far as printing `jobs` will need it at once."""
        self._state.refresh()
        self._unprinted = Unprinted(self.book, self.store.unprinted())
        for job in jobs:
            self._state.expect(job.trace)
            for ref in job.refs:
                self._state.expect(self.book.opens(ref))
        self._state.read()

    def _print(self, job: Job) -> _Print:
        """Print one page from today's state, unless its trace says that it would come out the same."""
        refs = self.book.ordered(job.refs)
        claimed = refs_digest(refs)
        kind = refs[0].kind if refs else ""
        unchanged = not job.force and job.trace.get("") == claimed and self._verifies(job.trace)
        # The ledger may be a crash behind the outlet, so it does not decide alone that nothing need be done.
        if unchanged and digest(self._served(job.path)) == job.digest:
            return _Print(job, kind, job.trace, verified=True, problem=job.problem)
        reading = self._unprinted.reading(self._state, job.path)
        reading.trace[""] = claimed
        reads = self.book.reads(reading)
        try:
            for ref in refs:
                output = self.book.renderers[ref.kind](reads, ref, self.book.press)
                if output is not None:
                    return _Print(job, ref.kind, reading.trace, output)
        except self.store.faults:
            raise  # nothing is wrong with the page, so a kill must not take it away
        except Exception as problem:  # noqa: BLE001 - said with the page, and in the log
            why = f"{type(problem).__name__}: {problem}"[:500]
            self._say_once(job.path, f"The page {job.path} could not be printed ({why}).", fault=True)
            # What the copy that readers keep has read stays known, or a kill would not reach it.
            return _Print(job, kind, {**job.trace, **reading.trace}, problem=why)
        return _Print(job, kind, reading.trace)

    def _first_of(self, reads: Any, refs: Iterable[PageRef]) -> Output | None:
        outputs = (self.book.renderers[ref.kind](reads, ref, self.book.press) for ref in refs)
        return next((output for output in outputs if output is not None), None)

    def _verifies(self, trace: Mapping[str, int]) -> bool:
        try:
            return all(self._state.digest(key) == seen for key, seen in trace.items() if key)
        except (Undeclared, msgspec.DecodeError):
            return False

    def _to_put_off(self, lane: Lane, prints: Sequence[_Print]) -> set[int]:
        """Pages to be taken from readers, while lists that link to them may still be due in this lane."""
        if lane is Lane.KILL:
            return set()
        off = {print_.job.page for print_ in prints if print_.job.rank < LAST_RANK and self._takes_away(print_)}
        if off and lane is Lane.PUBLISH and not self.store.others_due(lane, [print_.job.page for print_ in prints]):
            return set()
        return off

    def _takes_away(self, print_: _Print) -> bool:
        if print_.problem or print_.verified or (print_.output and print_.output.status != 410):
            return False
        status = print_.job.status or self._status(print_.job.path)
        return status != (print_.output.status if print_.output else 0) and status != 0

    def _guard(self, lane: Lane, bake: Bake) -> None:
        """Ask before many pages are taken away for which readers would get nothing instead."""
        if bake.guarded:
            return
        waiting, moved = self.store.count_last(lane), frozenset(self.outlet.sent_on())
        before, moved_before = self._may_go
        # While they only become fewer it has been seen already; to see it, all of them are read.
        if waiting > FEW and (waiting > before or moved != moved_before):
            pages = self.store.status().pages
            if waiting > MASS * pages:
                number = self.store.count_last(lane, but=moved)
                if number > FEW and number > MASS * pages:
                    raise MassRemoval(number, pages)
        self._may_go = waiting, moved
        bake.guarded = True

    def _status(self, path: str) -> int:
        """What readers get at `path` now: 0 nothing, 200, 301, 410. What cannot be read counts as a page."""
        try:
            served = self.outlet.read(path)
        except Stuck:
            return 200
        except Unservable:
            return 0
        return served.status if served else 0

    def _served(self, path: str) -> Output | None:
        try:
            return self.outlet.read(path)
        except (Unservable, Stuck):
            # What cannot be read is not what was printed: it is written anew.
            return None

    def _deliver(self, lane: Lane, print_: _Print) -> Result:
        """Give one page to the outlet, if readers do not have it already."""
        try:
            return self._give(lane, print_)
        except Unservable as problem:
            self._say_once(print_.job.path, str(problem))
            return self._give(lane, replace(print_, output=None, problem=str(problem)))
        except Problem as problem:
            if lane is not Lane.KILL or print_.output is None:
                raise
            # What stands there may be killed: gone without a word is better than there. It also makes room.
            self._say_once(print_.job.path if isinstance(problem, Stuck) else "", str(problem))
            self.outlet.remove(print_.job.path)
            return self._give(lane, print_)

    def _give(self, lane: Lane, print_: _Print) -> Result:
        job, output = print_.job, print_.output
        result = Result(job, print_.kind, "unchanged", job.status, job.digest, job.size, print_.trace, print_.problem)
        if print_.verified:
            pass
        elif print_.problem:
            result.outcome = "failed"
            if lane is Lane.KILL:
                with suppress(Unservable):
                    self.outlet.remove(job.path)
                result.status = result.digest = result.size = 0
            elif not job.status and (former := self._served(job.path)) is not None:
                # A new ledger does not know what readers have from the time of the old one.
                result.status, result.digest, result.size = former.status, digest(former), len(former.body)
        elif output is None:
            if job.status or self._status(job.path):
                self.outlet.remove(job.path)
                result.outcome = "removed"
            result.status = result.digest = result.size = 0
        else:
            result.status, result.digest, result.size = output.status, digest(output), len(output.body)
            if (
                result.digest != job.digest
                or digest(self._served(job.path)) != job.digest
                # Who prints it whatever the ledger says wants all of it to be right.
                or (job.force and not self._sound(job.path))
            ):
                self.outlet.put(job.path, output)
                result.outcome = "written"
            elif lane is Lane.KILL:
                self.outlet.tidy(job.path)  # a packed copy that names what is killed, left by a crash
        if self._said and not result.problem:
            self._said.pop(job.path, None)
            self._said.pop("", None)
        result.at = self._clock()
        return result

    def _commit(self, lane: Lane, tide: int, results: Sequence[Result], off: set[int], bake: Bake) -> None:
        """Record what was read, unless somebody touched it since the pages were claimed: those stay due.

        What a crew printed is noted already. Of that it makes no odds: what is noted is what readers have.
        """
        # What leads to a page that cannot be printed and is not there is printed without it, and again when it is.
        shifted = {
            result.job.page: reads
            for result in results
            if _is_away(result) != _is_away(result.job) and (reads := self.book.reads_of(result.job.refs))
        }
        if shifted:
            seq = self.store.advance()
        else:
            self.store.hold()
        if off:
            self.store.put_off(sorted(off))
            bake.guarded = False
        touched = self.store.touched(tide)
        standing = [
            result
            for result in results
            if touched is not None
            and (not touched or all(touched.get(key, seen) == seen for key, seen in result.trace.items()))
        ]
        self.store.note([result for result in standing if not result.noted])
        self.store.commit(tide, standing)
        for page, reads in shifted.items():
            self.store.mark_readers(dict.fromkeys(reads, 0), Mark(0, lane, seq, force=True), but=(page,))
        self._fault("bake:recorded")
        for result in standing:
            setattr(bake, result.outcome, getattr(bake, result.outcome) + 1)

    # --- finishing

    def looked_at(self, changes: Sequence[int]) -> set[int]:
        """Those of `changes` that were looked at to the end: only their pages may still be due."""
        return self.store.looked_at(changes)

    def finished(self) -> list[Finished]:
        """Changes of which no page is due any more. Each is told again until it is settled."""
        return self.store.finished()

    def settle(self, changes: Iterable[int]) -> None:
        """Forget changes whose rows are closed in the newsroom's database."""
        with self.store.transaction():
            self.store.settle(changes)
        self._fault("settle:done")

    def failed(self) -> dict[str, str]:
        """Path -> why it could not be printed, of the first hundred such pages."""
        return self.store.failed()

    def status(self) -> Status:
        """The ledger in numbers."""
        return self.store.status()

    # --- proof

    def proof(
        self,
        compose: Compose | None = None,
        keys: Iterable[Key] | None = None,
        tell: Callable[[int], None] = lambda pages: None,
    ) -> proofs.Proof:
        """Check the laws against the outlet and, given `compose` and every key, against the newsroom's database.

        `tell` hears how many pages were proved so far.
        """
        looks = self.crew.look if self.crew is not None else None
        return proofs.prove(self.book, self.store, self.outlet, compose, keys, looks, tell)

    def look_over(self, share: proofs.Share) -> proofs.Looked:
        """As one of a crew: a share of a proof."""
        return proofs.look(self.book, self.store, self.outlet, share)

    def mend(self, found: proofs.Proof, compose: Compose | None = None, *, remove_unknown: bool = False) -> int:
        """Make due what a proof found wrong (then `bake`), and look again at snapshots that differ.

        A page that the ledger does not know stays, unless `remove_unknown`. Returns how many pages were marked or
        removed.
        """
        if compose is not None and found.snapshots:
            self.look(0, Lane.PUBLISH, found.snapshots, compose)
        if found.index:
            self.restate()
        wrong = [*found.missing, *found.differing, *found.lingering]
        with self.store.transaction():
            seq = self.store.advance()
            pages = self.store.page_ids(wrong)
            self.store.mark_pages(pages.values(), Mark(0, Lane.PUBLISH, seq, force=True))
        if remove_unknown:
            for path in found.unknown:
                self.outlet.remove(path)
        return len(wrong) + (len(found.unknown) if remove_unknown else 0)


def _is_away(page: Job | Result) -> bool:
    """True if readers have nothing there because the page cannot be printed."""
    return bool(page.problem) and not page.status


def _leads(output: Output, paths: Collection[str]) -> bool:
    """True if a page or feed may lead to one of `paths`, or show what is there."""
    return output.location in paths or any(_names(output.body, path) for path in paths)


def _names(body: bytes, path: str) -> bool:
    """True if `path` stands in a page, feed or style sheet as a whole address, with or without a host before it."""
    raw = path.encode()
    ways = {raw, quote(path).encode(), quote(path, safe=_UNQUOTED).encode(), escape(path).encode()}
    return any(way in body and re.search(_BEFORE + re.escape(way) + _BEHIND, body) is not None for way in ways)


_UNQUOTED = "/%~:@!$&'()*+,;=-._"
"""What addresses are printed with (RFC 3986, 3.3)."""

_BEFORE = rb"""(?:(?<=["'\s(=>,\\;])|//[^/\s"'<>\\]{1,255})"""
_BEHIND = rb"""(?![\w%~.@:+!$*=/>-]|[\x80-\xff])"""
"""Where an address begins - it is quoted, or a host stands before it - and where none goes on."""


def _order(print_: _Print) -> tuple[int, int, bool]:
    """Publishing: what is linked to, then what links, then what moved, and last what is taken away.

    Of one rank, pages that readers do not have yet go first: older stories may link to a new one.
    """
    status = print_.output.status if print_.output else 0
    phase = 0 if print_.problem or print_.verified else {200: 0, 301: 1}.get(status, 2)
    return phase, print_.job.rank, print_.job.status == 200


def _shared_order(job: Job) -> tuple[int, bool]:
    return job.rank, job.status == 200


def _kill_order(print_: _Print) -> tuple[int, int]:
    """A kill: notices, then what goes without one (pictures), then the lists."""
    status = print_.output.status if print_.output else 0
    return {410: 0, 0: 1, 200: 2}.get(status, 3), print_.job.rank


Item = TypeVar("Item")


def _of(records: Mapping[Key, Any]) -> Compose:
    return lambda kind, id: records[kind, id]


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
