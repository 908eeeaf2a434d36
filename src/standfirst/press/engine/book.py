"""What there is to print, told to the engine once: records, facets, lists, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from standfirst.edition.listings import Listing
from standfirst.kit import digests
from standfirst.pages.output import Output, PageRef, Press, Renderers

if TYPE_CHECKING:
    from standfirst.press.engine.reading import Reading

LAST_RANK = 99
"""Rank of a page that waits for all others in its lane, because printing it takes something away from readers."""

UNRANKED = 50
"""Rank of pages of a kind that has none, and of pages that nothing claims any more."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A named projection of one kind of record: what one sort of page shows of it. None: as if it were absent."""

    name: str
    kind: str
    project: Callable[[Any], Any]
    names: str = ""
    """If it is the ids of others: of which kind. Whoever reads it goes on to read those, so they are read together."""


def _no_links(path: str, output: Output) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Book:
    """The declarations that the engine works from. All functions are pure.

    `types`       kind of record -> its struct
    `facets`      what pages may read of one record
    `listings`    what pages may read of many
    `pages_of`    (kind, record) -> the pages that the record claims: those that may exist because it does.
                  Several records may claim one page (a day page), and one path may be claimed as several pages (an
                  address that now redirects): then the first in order of rank that prints something has the path.
    `reads`       wraps a `Reading` in the interface that page functions expect
    `renderers`   kind of page -> its function
    `ranks`       kind of page -> its place in a run, lowest first: what is linked to goes before what links
    `version`     changes when `facets`, `listings` or `pages_of` do: the ledger is then restated
    `own`         kind of page -> kind of the record whose own page it is: while there is none because it cannot be
                  printed, others are printed as if there were no such record, since they would lead there
    `opens`       page -> read keys with which printing it begins, as far as they are known: for many pages together
    `epoch`       read key whose digest says which templates printed a page, e.g. "epoch:pages"
    `links`       (path, output) -> the local paths that a page links to or embeds, for the fourth law
    """

    types: Mapping[str, type[msgspec.Struct]]
    facets: tuple[Facet, ...]
    listings: Mapping[str, Listing]
    pages_of: Callable[[str, Any], Iterable[PageRef]]
    reads: Callable[[Reading], Any]
    renderers: Renderers
    press: Press
    ranks: Mapping[str, int] = field(default_factory=dict)
    version: str = "1"
    own: Mapping[str, str] = field(default_factory=dict)
    opens: Callable[[PageRef], Iterable[str]] = lambda ref: ()
    epoch: str = ""
    links: Callable[[str, Output], Iterable[str]] = _no_links

    def __post_init__(self) -> None:
        names = [facet.name for facet in self.facets]
        if len(set(names)) < len(names) or {"list", "any", "keys"} & set(names):
            raise ValueError("Facets need names of their own, other than list, any and keys.")
        for listing in self.listings.values():
            if not listing.limits or ":" in listing.name:
                raise ValueError(f"List {listing.name} needs a limit and a name without a colon.")

    @cached_property
    def facet(self) -> Mapping[str, Facet]:
        """Facets by name."""
        return {facet.name: facet for facet in self.facets}

    @cached_property
    def facets_of(self) -> Mapping[str, tuple[Facet, ...]]:
        """Facets by kind of record."""
        return {kind: tuple(facet for facet in self.facets if facet.kind == kind) for kind in self.types}

    @cached_property
    def _decoders(self) -> Mapping[str, msgspec.json.Decoder[Any]]:
        return {kind: msgspec.json.Decoder(type_) for kind, type_ in self.types.items()}

    def decode(self, kind: str, data: bytes | None) -> Any:
        """The record in `data`, None for None."""
        return None if data is None else self._decoders[kind].decode(data)

    def rank(self, kind: str) -> int:
        """Place in a run of pages of `kind`."""
        return self.ranks.get(kind, UNRANKED)

    def facet_digests(self, kind: str, id: str, record: Any) -> dict[str, int]:
        """Read key -> digest, of every facet of one record."""
        return {
            f"{facet.name}:{id}": digest_of(None if record is None else facet.project(record))
            for facet in self.facets_of[kind]
        }

    def reads_of(self, refs: Iterable[PageRef]) -> set[str]:
        """Read keys of all facets of the records whose own pages these are."""
        return {
            f"{facet.name}:{ref.subject}"
            for ref in refs
            if ref.kind in self.own
            for facet in self.facets_of[self.own[ref.kind]]
        }

    def entries(self, kind: str, id: str, record: Any) -> Iterator[Entry]:
        """The rows under which the lists hold a record."""
        if record is None:
            return
        for listing in self.listings.values():
            keys = listing.keys.get(kind)
            if keys is None:
                continue
            place = None
            for key in dict.fromkeys(keys(record)):
                if place is None:
                    place = listing.order(record)
                yield (listing.name, str(key), place, f"{kind}:{id}")

    def claims(self, kind: str, record: Any) -> set[PageRef]:
        """The pages that a record claims."""
        return set() if record is None else {PageRef(*ref) for ref in self.pages_of(kind, record)}

    def list_digests(self, name: str, key: str, members: list[str]) -> dict[str, int]:
        """Read key -> digest, of every way in which pages may read a list, from its first members."""
        found = {f"list:{name}:{key}:{limit}": digest_of(members[:limit]) for limit in self.listings[name].limits}
        found[f"any:{name}:{key}"] = digest_of(bool(members))
        return found

    def depth(self, name: str) -> int:
        """How many members of a list pages may read at most."""
        return max(self.listings[name].limits)

    def ordered(self, refs: Iterable[PageRef]) -> tuple[PageRef, ...]:
        """Claims on one path, in the order in which they are tried."""
        claims = set(refs)
        if len(claims) == 1:
            return tuple(claims)
        return tuple(sorted(claims, key=lambda ref: (self.rank(ref.kind), ref.kind, ref.subject)))


Entry = tuple[str, str, str, str]
"""(list, key, place in the order, record's key)"""


def digest_of(value: Any) -> int:
    """The digest of what a read returned. None and absent are the same."""
    return digests.ABSENT if value is None else digests.short(msgspec.json.encode(value))
