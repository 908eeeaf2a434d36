"""Today's state as pages read it, and the record of what one page has read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from standfirst.pages.output import PageRef
from standfirst.press.engine.book import Book, digest_of
from standfirst.press.engine.ledger import Store

VALUES, RECORDS = 150_000, 5_000
"""Values, and whole records, kept in memory between pages. What a look touches is dropped, so none is ever old. A value
is some hundred bytes, and many pages ask for the same; a record is a story's text, and hardly anybody asks again."""

TOGETHER = 2_000
"""Records that are read together at most: a list of sitemaps names very many."""


class Undeclared(LookupError):
    """A page asked for something that its book does not declare: a fault in the page's function."""


class State:
    """Today's values and digests of reads, kept in memory as long as the ledger says that nobody touched them."""

    def __init__(self, book: Book, store: Store) -> None:
        self._book = book
        self._store = store
        self.values: dict[str, tuple[Any, int]] = {}
        """Read key -> its value and digest, of what is known."""
        self._records: dict[str, Any] = {}
        self._data: dict[str, bytes | None] = {}
        """Records that were read with others, not decoded yet."""
        self._whole: set[str] = set()
        """Read keys of values that are whole records: they are kept no longer than these."""
        self._expected: dict[str, None] = {}
        self._expected_lists: dict[tuple[str, str, int], None] = {}
        self.made: dict[str, tuple[Any, dict[str, int]]] = {}
        """What pages share (`Reading.once`), with the reads it was made of. Any touch may have been of one of them."""
        self._tide = -1

    def refresh(self) -> None:
        """Drop what has been touched since the last call."""
        if len(self.values) > VALUES:
            self.values.clear()
            self.made.clear()
        if len(self._records) + len(self._data) > RECORDS:
            for key in self._whole:
                self.values.pop(key, None)
            self._whole.clear()
            self._records.clear()
            self._data.clear()
        tide = self._store.tide()
        if tide == self._tide:
            return
        self.made.clear()
        touched = self._store.touched(self._tide)
        if touched is None:
            self.forget()
        else:
            for key in touched:
                self.values.pop(key, None)
                name, _, id = key.partition(":")
                if facet := self._book.facet.get(name):
                    record = f"{facet.kind}:{id}"
                    self._records.pop(record, None)
                    self._data.pop(record, None)
        self._tide = tide

    def forget(self) -> None:
        """Drop everything."""
        self.values.clear()
        self._whole.clear()
        self._records.clear()
        self._data.clear()
        self.made.clear()
        self._tide = -1

    def expect(self, reads: Iterable[str]) -> None:
        """Have the records and lists of these reads be among those that `read` reads next, as far as they are not
        known."""
        for key in reads:
            if key not in self.values:
                name, _, id = key.partition(":")
                if facet := self._book.facet.get(name):
                    self._expected[f"{facet.kind}:{id}"] = None
                elif name == "list":
                    self._expected_lists[_list_of(id)] = None

    def read(self) -> None:
        """Read what is expected, all at once: a database has a price for each question."""
        # As many lists as leave room for their members: of one that is known already these would not be asked together.
        room, lists = TOGETHER - len(self._expected), []
        for name, list_key, limit in self._expected_lists:
            if limit <= room and self._is_declared(name, limit):
                room -= limit
                lists.append((name, list_key, limit))
        self._expected_lists.clear()
        if lists:
            for each, members in zip(lists, self._store.listed_each(lists), strict=True):
                self._keep_list(*each, members)
                self._expected.update(dict.fromkeys(members))
        keys = [key for key in self._expected if key not in self._records and key not in self._data][:TOGETHER]
        self._expected.clear()
        if len(keys) > 1:
            self._data.update(dict.fromkeys(keys) | self._store.records_of(keys))

    def digest(self, key: str) -> int:
        """Today's digest of a read, by its key as `Reading` records it."""
        if known := self.values.get(key):
            return known[1]
        name, _, rest = key.partition(":")
        if name == "list":
            return self.listing(key, *_list_of(rest), ahead=False)[1]
        if name == "any":
            list_name, _, list_key = rest.partition(":")
            return self.any(key, list_name, list_key)[1]
        if name == "keys":
            return self.keys(key, rest)[1]
        return self.facet(key, name, rest, ahead=False)[1]

    def facet(self, key: str, name: str, id: str, *, ahead: bool = True) -> tuple[Any, int]:
        """Value and digest of a facet. With `ahead`, records that it names are read too: they will be asked for."""
        known = self.values.get(key)
        if known is None:
            facet = self._book.facet.get(name)
            if facet is None:
                raise Undeclared(f"No facet is called {name}.")
            record = self._record(facet.kind, id)
            value = None if record is None else facet.project(record)
            known = self.values[key] = (value, digest_of(value))
            if value is record and value is not None:
                self._whole.add(key)
            if ahead and facet.names and value:
                self._expected.update((f"{facet.names}:{each}", None) for each in value)
                self.read()
        return known

    def _record(self, kind: str, id: str) -> Any:
        key = f"{kind}:{id}"
        if key not in self._records:
            data = self._data.pop(key) if key in self._data else self._store.record(key)
            self._records[key] = self._book.decode(kind, data)
        return self._records[key]

    def listing(self, key: str, name: str, list_key: str, limit: int, *, ahead: bool = True) -> tuple[Any, int]:
        known = self.values.get(key)
        if known is None:
            self._load(name, list_key, limit, ahead)
            known = self.values[key]
        return known

    def any(self, key: str, name: str, list_key: str) -> tuple[Any, int]:
        known = self.values.get(key)
        if known is None:
            self._load(name, list_key, None, False)
            known = self.values[key]
        return known

    def keys(self, key: str, name: str) -> tuple[Any, int]:
        known = self.values.get(key)
        if known is None:
            listing = self._book.listings.get(name)
            if listing is None or not listing.enumerated:
                raise Undeclared(f"The keys of the list {name} are not declared to be read.")
            found = self._store.list_keys(name)
            known = self.values[key] = (tuple(found), digest_of(found))
        return known

    def _load(self, name: str, list_key: str, limit: int | None, ahead: bool) -> None:
        """Read a list once as deep as it is asked for, and know the shallower reads too."""
        if not self._is_declared(name, limit):
            raise Undeclared(f"No list {name} is declared with a limit of {limit}.")
        members = self._store.listed(name, list_key, limit or 1)
        self._keep_list(name, list_key, limit, members)
        if ahead:
            self._expected.update(dict.fromkeys(members))
            self.read()

    def _is_declared(self, name: str, limit: int | None) -> bool:
        listing = self._book.listings.get(name)
        return listing is not None and (limit is None or limit in listing.limits)

    def _keep_list(self, name: str, list_key: str, limit: int | None, members: Sequence[str]) -> None:
        self.values[f"any:{name}:{list_key}"] = (bool(members), digest_of(bool(members)))
        if limit is not None:
            ids = tuple(member.partition(":")[2] for member in members)
            self.values[f"list:{name}:{list_key}:{limit}"] = (ids, digest_of(members))


def _list_of(rest: str) -> tuple[str, str, int]:
    """Name, key and limit of a list, by how a read of it is recorded, without its "list:"."""
    name, _, rest = rest.partition(":")
    list_key, _, limit = rest.rpartition(":")
    return name, list_key, int(limit)


class Reading:
    """Reads of one page, recorded: `trace` is read key -> digest of the answer, absent things included."""

    __slots__ = ("_state", "trace")

    def __init__(self, state: State) -> None:
        self._state = state
        self.trace: dict[str, int] = {}

    def facet(self, name: str, id: str | int) -> Any:
        """Facet `name` of record `id`, None if there is none."""
        key = f"{name}:{id}"
        # Most are known, and are looked up here: a page reads twenty.
        known = self._state.values.get(key) or self._state.facet(key, name, str(id))
        self.trace[key] = known[1]
        return known[0]

    def listing(self, name: str, list_key: str | int, limit: int) -> tuple[str, ...]:
        """Ids of the first `limit` members of a list; `limit` is one of those declared."""
        key = f"list:{name}:{list_key}:{limit}"
        value, self.trace[key] = self._state.listing(key, name, str(list_key), limit)
        ids: tuple[str, ...] = value
        return ids

    def any(self, name: str, list_key: str | int) -> bool:
        """True if a list has a member."""
        key = f"any:{name}:{list_key}"
        value, self.trace[key] = self._state.any(key, name, str(list_key))
        return bool(value)

    def keys(self, name: str) -> tuple[str, ...]:
        """Every key under which list `name` has a member, in order; the list is declared as `enumerated`."""
        key = f"keys:{name}"
        value, self.trace[key] = self._state.keys(key, name)
        found: tuple[str, ...] = value
        return found

    def once(self, what: str, make: Callable[[], Any]) -> Any:
        """What `make` makes of these reads, by the first page of this state that asks for `what`. Its reads count as
        those of each that asks."""
        known = self._state.made.get(what)
        if known is None:
            outer, self.trace = self.trace, {}
            try:
                value = make()
            finally:
                outer |= self.trace
                own, self.trace = self.trace, outer
            known = self._state.made[what] = (value, own)
        else:
            self.trace |= known[1]
        return known[0]


class Without(Reading):
    """Reads as if nothing were at `paths`: answers that are such a path, or have one, are none.

    So are those to the reads `away` ("picture:1"): whoever shows a picture has its record, and knows the paths of its
    copies from that.
    """

    __slots__ = ("_away", "_paths")

    def __init__(self, state: State, paths: Set[str], away: Set[str]) -> None:
        super().__init__(state)
        self._paths = paths
        self._away = away

    def facet(self, name: str, id: str | int) -> Any:
        value = super().facet(name, id)
        if f"{name}:{id}" in self._away:
            return None
        at = value if isinstance(value, str) else getattr(value, "path", None)
        return None if at in self._paths else value

    def once(self, what: str, make: Callable[[], Any]) -> Any:
        # Others read otherwise.
        return make()


class Unprinted:
    """Pages that are not there because they cannot be printed: others are as if there were no such records."""

    def __init__(self, book: Book, pages: Mapping[str, Iterable[PageRef]]) -> None:
        self._book = book
        self._reads: dict[str, set[str]] = {}
        self._away: set[str] = set()
        for path, refs in pages.items():
            self.add(path, refs)

    def add(self, path: str, refs: Iterable[PageRef]) -> None:
        self._reads[path] = self._book.reads_of(refs)
        self._away |= self._reads[path]

    def reading(self, state: State, path: str) -> Reading:
        """A reading for the page at `path`; for one of these, which is tried again, with its own record."""
        away = self._away - self._reads[path] if path in self._reads else self._away
        return Without(state, frozenset(), away) if away else Reading(state)
