"""The laws of the press, checked on a real newsroom.

1. At rest, what readers get is what the state prints to.
2. Every snapshot equals what is composed from the newsroom's database now.
3. The lists equal their definition.
4. No published page links to a path that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from standfirst.kit.errors import Problem
from standfirst.pages.output import Output, PageRef
from standfirst.press.engine.book import Book
from standfirst.press.engine.ledger import PageRow, Store
from standfirst.press.engine.outlet import Outlet, digest
from standfirst.press.engine.reading import Reading, State, Unprinted


@dataclass(slots=True)
class Proof:
    """What was found. `ok` if the laws hold; what is waiting, failed or of an older epoch is told but breaks no law."""

    pages: int = 0
    """Outputs that should be there."""
    missing: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    """Outputs that are others than they should be, or whose packed copies are."""
    lingering: list[str] = field(default_factory=list)
    """Outputs that the ledger knows should not be there (any more): mending removes them."""
    unknown: list[str] = field(default_factory=list)
    """Outputs of which the ledger knows nothing: never removed unasked."""
    waiting: list[str] = field(default_factory=list)
    """Pages that are due, and so may differ."""
    failed: dict[str, str] = field(default_factory=dict)
    """Path -> why it cannot be printed; record ("story:3") -> why it cannot be read."""
    older: list[str] = field(default_factory=list)
    """Pages that differ because they were printed by older templates."""
    snapshots: list[tuple[str, str]] = field(default_factory=list)
    """Second law: records that differ from the newsroom's database."""
    index: list[str] = field(default_factory=list)
    """Third law: lists ("section:3") that hold too much or too little."""
    dangling: dict[str, list[str]] = field(default_factory=dict)
    """Fourth law: path of a page -> the paths that it links to in vain."""

    @property
    def ok(self) -> bool:
        """True if every law that was checked holds."""
        wrong = (
            self.missing, self.differing, self.lingering, self.unknown, self.failed,
            self.snapshots, self.index, self.dangling,
        )  # fmt: skip
        return not any(wrong)


@dataclass(slots=True)
class Looked:
    """What a look at some paths found: a share of the first and the fourth law."""

    pages: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    differing: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    """Path -> whether readers get something, and whether they should."""
    links: dict[str, list[str]] = field(default_factory=dict)
    """Local address -> paths of the pages that lead there or show what is there."""


Share = list[tuple[str, list[PageRef]]]
"""Paths, with what claims each."""
Shared = Callable[[Iterable[Share], Callable[[Share], Looked]], Iterable[Looked]]
"""Has shares looked at, by others or by the one that is passed, and gives what they found in any order."""

SHARE = 250
"""Paths looked at in one go: few enough that all who look end at about the same time."""


def prove(
    book: Book,
    store: Store,
    outlet: Outlet,
    compose: Callable[[str, str], Any] | None = None,
    keys: Iterable[tuple[str, str]] | None = None,
    shared: Shared | None = None,
    tell: Callable[[int], None] = lambda pages: None,
) -> Proof:
    """Check the laws; the second only with `compose` and all `keys`. Reads everything, changes nothing.

    Prints every page afresh from the stored records, by many hands if `shared` has them, and has `tell` hear how many
    were proved so far. Memory: the claims, the lists, and where pages lead that have no file.
    """
    found = Proof()
    claims: dict[str, set[PageRef]] = {}
    entries: set[Any] = set()
    for key, data in store.records():
        kind, _, id = key.partition(":")
        if kind not in book.types:
            continue
        record = book.decode(kind, data)
        entries.update(book.entries(kind, id, record))
        for ref in book.claims(kind, record):
            claims.setdefault(ref.path, set()).add(ref)
    found.index = sorted({f"{name}:{key}" for name, key, _, _ in entries.symmetric_difference(store.entries())})
    del entries

    def myself(share: Share) -> Looked:
        return look(book, store, outlet, share)

    shares = _shares(claims)
    looked = map(myself, shares) if shared is None else shared(shares, myself)
    _first_and_fourth(found, book, store, outlet, claims, looked, tell)
    if compose is not None and keys is not None:
        _second(found, store, compose, keys)
    return found


def look(book: Book, store: Store, outlet: Outlet, share: Share) -> Looked:
    """Print each path of `share` afresh, and compare it with what readers get."""
    found = Looked()
    state = State(book, store)
    unprinted = Unprinted(book, store.unprinted())
    for path, refs in share:
        state.refresh()
        try:
            output = _print(book, unprinted.reading(state, path), refs)
            served = outlet.read(path)
            sound = outlet.sound(path)
        except Exception as problem:  # noqa: BLE001 - told in the report
            found.failed[path] = f"{type(problem).__name__}: {problem}"[:500]
            continue
        if output is not None:
            found.pages += 1
            for link in set(book.links(path, output)) if output.status != 301 else {output.location}:
                found.links.setdefault(link, []).append(path)
        if digest(served) != digest(output) or not sound:
            found.differing[path] = (served is not None, output is not None)
    return found


def _first_and_fourth(
    found: Proof,
    book: Book,
    store: Store,
    outlet: Outlet,
    claims: Mapping[str, set[PageRef]],
    looks: Iterable[Looked],
    tell: Callable[[int], None],
) -> None:
    standing = set(outlet.list())
    differing: dict[str, tuple[bool, bool]] = dict.fromkeys(standing - claims.keys(), (True, False))
    nowhere: dict[str, list[str]] = {}
    for looked in looks:
        found.pages += looked.pages
        tell(found.pages)
        found.failed.update(looked.failed)
        differing.update(looked.differing)
        for link, pages in looked.links.items():
            if link.startswith("/") and link not in standing:
                nowhere.setdefault(link, []).extend(pages)

    # Asked last: what changed while we looked is due, or there already, and then it is as it should be.
    rows = {row.path: row for row in store.pages() if row.path in differing} if differing else {}
    done = [path for path in differing if path in claims and path in rows and not rows[path].due]
    for share in _shares({path: claims[path] for path in done}):
        again = look(book, store, outlet, share).differing
        for path, _ in share:
            if path not in again:
                del differing[path]
    epoch = State(book, store).digest(book.epoch) if book.epoch else 0
    late: set[str] = set()
    for path, (served, wanted) in sorted(differing.items()):
        row = rows.get(path)
        if row is None and path not in claims:
            found.unknown.append(path)
        elif row is None or row.due:
            found.waiting.append(path)
            if wanted:
                late.add(path)
        elif book.epoch and served and wanted and _older(row, book.epoch, epoch):
            found.older.append(path)
        elif not served:
            found.missing.append(path)
        elif not wanted:
            found.lingering.append(path)
        else:
            found.differing.append(path)
    for link in sorted(nowhere.keys() - late):
        if _is_there(outlet, link):
            continue
        for path in nowhere[link]:
            found.dangling.setdefault(path, []).append(link)


def _is_there(outlet: Outlet, path: str) -> bool:
    try:
        return outlet.read(path) is not None
    except Problem:
        return False


def _shares(claims: Mapping[str, set[PageRef]]) -> Iterator[Share]:
    paths = iter(sorted(claims))
    while share := [(path, list(claims[path])) for path in islice(paths, SHARE)]:
        yield share


def _print(book: Book, reading: Reading, refs: Iterable[PageRef]) -> Output | None:
    reads = book.reads(reading)
    for ref in book.ordered(refs):
        output = book.renderers[ref.kind](reads, ref, book.press)
        if output is not None:
            return output
    return None


def _older(row: PageRow, key: str, today: int) -> bool:
    return row.trace.get(key, today) != today


def _second(found: Proof, store: Store, compose: Callable[[str, str], Any], keys: Iterable[tuple[str, str]]) -> None:
    seen = set()
    for kind, id in keys:
        seen.add(f"{kind}:{id}")
        record = compose(kind, id)
        if (None if record is None else msgspec.json.encode(record)) != store.record(f"{kind}:{id}"):
            found.snapshots.append((kind, id))
    for key, data in store.records():
        kind, _, id = key.partition(":")
        if key in seen:
            continue
        try:
            record = compose(kind, id)
        except Problem as problem:  # of this one nothing can be said
            found.failed[key] = str(problem)
            continue
        if record is None or msgspec.json.encode(record) != data:
            found.snapshots.append((kind, id))
