"""A ledger in memory, for tests, rehearsals and proofs by replay.

Several sessions may share one, as workers share a database: each has transactions and claims of its own. Sessions must
take turns: it is not for threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from standfirst.pages.output import PageRef
from standfirst.press.engine.book import LAST_RANK, UNRANKED, Entry
from standfirst.press.engine.ledger import (
    KEPT,
    LISTS,
    SURFACES,
    UNPRINTED,
    Claim,
    Finished,
    Job,
    Lane,
    Mark,
    PageRow,
    Result,
    Standing,
    Status,
    Surface,
)


class _Page(NamedTuple):
    path: str
    status: int = 0
    digest: int = 0
    size: int = 0
    trace: Mapping[str, int] = {}
    problem: str = ""


class _Due(NamedTuple):
    lane: Lane
    rank: int
    seq: int
    force: bool


class _Change(NamedTuple):
    lane: Lane
    since: int
    looked: bool = False
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    surfaces: tuple[Surface, ...] = ()


_OUTCOMES = ("written", "unchanged", "removed", "failed")


@dataclass
class _Tables:
    meta: dict[str, str] = field(default_factory=dict)
    tide: dict[str, int] = field(default_factory=lambda: {"seq": 0, "floor": 0})
    touched: dict[tuple[int, str], int] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    entries: dict[tuple[str, str], frozenset[tuple[str, str]]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    pages: dict[int, _Page] = field(default_factory=dict)
    claims: dict[int, frozenset[Claim]] = field(default_factory=dict)
    readers: dict[str, dict[int, int]] = field(default_factory=dict)
    due: dict[tuple[int, int], _Due] = field(default_factory=dict)
    changes: dict[int, _Change] = field(default_factory=dict)

    def saved(self) -> _Tables:
        tables = copy(self)
        for table in fields(self):
            setattr(tables, table.name, dict(getattr(self, table.name)))
        tables.readers = {key: dict(pages) for key, pages in self.readers.items()}
        return tables


@dataclass
class _Shared:
    tables: _Tables = field(default_factory=_Tables)
    held: dict[int, object] = field(default_factory=dict)


class MemoryStore:
    """A `Store` in dictionaries. `MemoryStore(other)` is a second session on the same ledger."""

    faults: tuple[type[Exception], ...] = ()

    def __init__(self, other: MemoryStore | None = None) -> None:
        self._shared: _Shared = other._shared if other else _Shared()
        self._saved: _Tables | None = None

    @property
    def _tables(self) -> _Tables:
        return self._shared.tables

    def written_back_beside(self) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        # Another session may commit between our claim and our first write, so what to go back to is saved then.
        self._saved = None
        try:
            yield
        except BaseException:
            self._undo()
            raise
        finally:
            self._saved = None
            self._shared.held = {page: by for page, by in self._shared.held.items() if by is not self}

    def _undo(self) -> None:
        if self._saved is not None:
            self._shared.tables = self._saved

    def _write(self) -> _Tables:
        if self._saved is None:
            self._saved = self._shared.tables.saved()
        return self._shared.tables

    # --- meta and tide

    def meta(self, name: str) -> str:
        return self._tables.meta.get(name, "")

    def set_meta(self, name: str, value: str) -> None:
        self._write().meta[name] = value

    def reset(self) -> None:
        tide = self._write().tide["seq"]
        self._shared.tables = _Tables(tide={"seq": tide, "floor": tide})

    def tide(self) -> int:
        return self._tables.tide["seq"]

    def advance(self) -> int:
        tables = self._write()
        tables.tide["seq"] += 1
        return tables.tide["seq"]

    def hold(self) -> None:
        self._write()

    def touch(self, seq: int, touched: Mapping[str, int]) -> None:
        tables = self._write()
        tables.touched.update({(seq, key): digest for key, digest in touched.items()})
        if seq - tables.tide["floor"] > 2 * KEPT:
            tables.tide["floor"] = seq - KEPT
            tables.touched = {at: digest for at, digest in tables.touched.items() if at[0] > seq - KEPT}

    def touched(self, since: int) -> dict[str, int] | None:
        if since < self._tables.tide["floor"]:
            return None
        return {key: digest for (seq, key), digest in sorted(self._tables.touched.items()) if seq > since}

    def forget_touched(self) -> None:
        tables = self._write()
        tables.tide["floor"] = tables.tide["seq"]
        tables.touched.clear()

    # --- state

    def record(self, key: str) -> bytes | None:
        return self._tables.records.get(key)

    def records_of(self, keys: Sequence[str]) -> dict[str, bytes]:
        records = self._tables.records
        return {key: records[key] for key in keys if key in records}

    def put_records(self, records: Mapping[str, bytes | None]) -> None:
        known = self._write().records
        for key, data in records.items():
            if data is None:
                known.pop(key, None)
            else:
                known[key] = data

    def records(self) -> Iterator[tuple[str, bytes]]:
        yield from sorted(self._tables.records.items())

    def listed(self, name: str, key: str, limit: int) -> list[str]:
        members = sorted(self._tables.entries.get((name, key), ()), reverse=True)
        return [record for _, record in members[:limit]]

    def listed_each(self, lists: Sequence[tuple[str, str, int]]) -> list[list[str]]:
        return [self.listed(*each) for each in lists]

    def list_keys(self, name: str) -> list[str]:
        return sorted(key for (listed, key), members in self._tables.entries.items() if listed == name and members)

    def enlist(self, entries: Iterable[Entry]) -> None:
        table = self._write().entries
        for name, key, place, record in entries:
            table[name, key] = table.get((name, key), frozenset()) | {(place, record)}

    def delist(self, entries: Iterable[Entry]) -> None:
        table = self._write().entries
        for name, key, place, record in entries:
            table[name, key] = table.get((name, key), frozenset()) - {(place, record)}

    def unlist_all(self) -> None:
        self._write().entries.clear()

    def entries(self) -> Iterator[Entry]:
        for (name, key), members in self._tables.entries.items():
            for place, record in members:
                yield name, key, place, record

    # --- pages and claims on them

    def page_ids(self, paths: Iterable[str]) -> dict[str, int]:
        found = {}
        for path in paths:
            if path not in self._tables.ids:
                tables = self._write()
                tables.ids[path] = page = len(tables.ids) + 1
                tables.pages[page] = _Page(path)
            found[path] = self._tables.ids[path]
        return found

    def refs(self, pages: Sequence[int]) -> dict[int, set[PageRef]]:
        return {
            page: {PageRef(self._tables.pages[page].path, claim.kind, claim.subject) for claim in claims}
            for page in pages
            for claims in [self._tables.claims.get(page, ())]
        }

    def claim(self, claims: Iterable[Claim]) -> None:
        table = self._write().claims
        for claim in claims:
            table[claim.page] = table.get(claim.page, frozenset()) | {claim}

    def unclaim(self, claims: Iterable[Claim]) -> None:
        table = self._write().claims
        for claim in claims:
            table[claim.page] = table.get(claim.page, frozenset()) - {claim}

    def unclaim_all(self) -> None:
        self._write().claims.clear()

    def pages(self, after: int = 0) -> Iterator[PageRow]:
        due = {page for page, _ in self._tables.due}
        for page, row in sorted(self._tables.pages.items()):
            if page > after:
                yield PageRow(page, row.path, row.status, row.digest, row.trace, row.problem, page in due)

    def standing(self, paths: Sequence[str]) -> dict[str, Standing]:
        wanted = set(paths)
        return {row.path: Standing(row.status, row.digest, row.due) for row in self.pages() if row.path in wanted}

    # --- what is due

    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        for key, digest in touched.items():
            readers = self._tables.readers.get(key, {}).items()
            self.mark_pages([page for page, seen in readers if seen != digest and page not in but], mark)

    def mark_pages(self, pages: Iterable[int], mark: Mark) -> None:
        tables = self._write()
        for page in pages:
            before = tables.due.get((page, mark.change))
            forced = mark.force or (before is not None and before.force)
            rank = min((claim.rank for claim in tables.claims.get(page, ())), default=UNRANKED)
            tables.due[page, mark.change] = _Due(mark.lane, rank, mark.seq, forced)

    def mark_all(self, mark: Mark) -> None:
        self.mark_pages(list(self._tables.pages), mark)

    def mark_failed(self, mark: Mark) -> None:
        self.mark_pages([page for page, row in self._tables.pages.items() if row.problem], mark)

    def take(self, lane: Lane, limit: int, but: Collection[int] = ()) -> tuple[int, list[Job]]:
        waiting: dict[int, int] = {}
        for (page, _), due in self._tables.due.items():
            if due.lane == lane and page not in self._shared.held and page not in but:
                waiting[page] = min(due.rank, waiting.get(page, LAST_RANK))
        chosen = sorted(waiting, key=lambda page: (waiting[page], page))[:limit]
        refs = self.refs(chosen)
        wanted: dict[int, dict[int, bool]] = defaultdict(dict)
        for (page, change), due in self._tables.due.items():
            wanted[page][change] = due.force
        jobs = []
        for page in chosen:
            self._shared.held[page] = self
            row = self._tables.pages[page]
            changes = tuple(sorted(change for change in wanted[page] if change))
            force = any(wanted[page].values())
            job = Job(page, row.path, waiting[page], row.status, row.digest, row.size, row.trace, (), changes, force)
            job.refs, job.problem = tuple(refs[page]), row.problem
            jobs.append(job)
        return self.tide(), jobs

    def urgency(self) -> Lane | None:
        return min((due.lane for due in self._tables.due.values()), default=None)

    def others_due(self, lane: Lane, pages: Sequence[int]) -> bool:
        return bool({page for (page, _), due in self._tables.due.items() if due.lane == lane} - set(pages))

    def count_due(self, lane: Lane, most: int) -> int:
        due = self._tables.due.items()
        return min(most, len({page for (page, _), row in due if row.lane == lane and row.rank < LAST_RANK}))

    def put_off(self, pages: Iterable[int]) -> None:
        put_off, due = set(pages), self._write().due
        for key, row in list(due.items()):
            if key[0] in put_off:
                due[key] = row._replace(rank=LAST_RANK)

    def count_last(self, lane: Lane, but: Collection[str] = ()) -> int:
        last = {page for (page, _), due in self._tables.due.items() if due.lane == lane and due.rank == LAST_RANK}
        return sum(not self._tables.pages[page].path.startswith(tuple(but)) for page in last)

    def note(self, results: Sequence[Result]) -> None:
        tables = self._write()
        for result in results:
            page = result.job.page
            row = tables.pages[page]
            for key in row.trace:
                if key not in result.trace:
                    tables.readers[key].pop(page, None)
            for key, digest in result.trace.items():
                if key:
                    tables.readers.setdefault(key, {})[page] = digest
            tables.pages[page] = row._replace(
                status=result.status,
                digest=result.digest,
                size=result.size,
                trace=dict(result.trace),
                problem=result.problem,
            )

    def commit(self, tide: int, results: Sequence[Result]) -> None:
        tables = self._write()
        for result in results:
            page = result.job.page
            for key_, due in list(tables.due.items()):
                if key_[0] == page and due.seq <= tide:
                    del tables.due[key_]
            for number in result.job.changes:
                if change := tables.changes.get(number):
                    surfaces = change.surfaces
                    if len(surfaces) < SURFACES:
                        ms = max(0, result.at - change.since)
                        surfaces += (Surface(result.job.path, result.kind, result.outcome, ms),)
                    counts = list(change.counts)
                    counts[_OUTCOMES.index(result.outcome)] += 1
                    a, b, c, d = counts
                    tables.changes[number] = change._replace(counts=(a, b, c, d), surfaces=surfaces)

    # --- changes

    def open_change(self, change: int, lane: Lane, since: int) -> None:
        self._write().changes.setdefault(change, _Change(lane, since))

    def looked(self, change: int) -> None:
        changes = self._write().changes
        changes[change] = changes[change]._replace(looked=True)

    def looked_at(self, changes: Sequence[int]) -> set[int]:
        return {
            change for change in changes if (known := self._tables.changes.get(change)) is not None and known.looked
        }

    def finished(self) -> list[Finished]:
        waiting = {change for _, change in self._tables.due}
        return [
            Finished(number, change.lane, *change.counts, change.surfaces)
            for number, change in sorted(self._tables.changes.items())
            if change.looked and number not in waiting
        ]

    def settle(self, changes: Iterable[int]) -> None:
        table = self._write().changes
        for change in changes:
            table.pop(change, None)

    def unprinted(self) -> dict[str, set[PageRef]]:
        without = {page: row.path for page, row in self._tables.pages.items() if row.problem and not row.status}
        pages = dict(sorted(without.items())[-UNPRINTED:])
        return {pages[page]: refs for page, refs in self.refs(list(pages)).items()}

    def unsettled(self, reads: Collection[str], few: int) -> list[str]:
        tables = self._tables
        due = {page: row.rank for (page, _), row in tables.due.items()}
        found = set(due)
        if len(found) > few:
            readers = {page for read in reads for page in tables.readers.get(read, {})}
            lists = [page for page, rank in due.items() if rank >= LISTS and not tables.pages[page].status]
            found = found & readers | set(sorted(lists, key=lambda page: -due[page])[:few])
        return [tables.pages[page].path for page in found]

    def alone(self, paths: Sequence[str]) -> set[str]:
        claims = {self._tables.pages[page].path: claims for page, claims in self._tables.claims.items()}
        return {path for path in paths if len({claim.record for claim in claims.get(path, ())}) <= 1}

    def kept(self) -> list[str]:
        pages = sorted(self._tables.pages.items(), reverse=True)
        return [row.path for _, row in pages if row.problem and row.status][:UNPRINTED]

    def failed(self) -> dict[str, str]:
        return {row.path: row.problem for row in self._tables.pages.values() if row.problem}

    def status(self) -> Status:
        tables = self._tables
        backlog = {lane: len({page for (page, _), due in tables.due.items() if due.lane == lane}) for lane in Lane}
        live = [row for row in tables.pages.values() if row.status == 200]
        return Status(
            backlog=backlog,
            oldest=min((change.since for change in tables.changes.values()), default=None),
            pages=len(live),
            bytes=sum(row.size for row in live),
            failed=self.failed(),
            records=len(tables.records),
        )
