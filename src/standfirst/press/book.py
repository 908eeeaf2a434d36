"""The newsroom's book: what the press's engine has to know about stories, sections, authors and pictures.

Here the engine's named reads become those that page functions use, and the pages' declarations become the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from standfirst.edition import listings, snapshots
from standfirst.edition.snapshots import (
    TYPES,
    Album,
    Author,
    Card,
    Crumb,
    Entry,
    Epoch,
    Errata,
    Line,
    Picture,
    Section,
    Signature,
    Site,
    Slots,
    Stamp,
    Standards,
    Story,
    Tag,
    Tongue,
    Topic,
    Window,
)
from standfirst.kit import digests
from standfirst.pages import assets, site
from standfirst.pages.output import PageRef, Press
from standfirst.press.engine.book import Book, Facet
from standfirst.press.engine.reading import Reading
from standfirst.press.links import links

T = TypeVar("T")


def _itself(record: Any) -> Any:
    return record


def _where(record: Any) -> str:
    path: str = record.path
    return path


FACETS: tuple[Facet, ...] = (
    Facet("story", "story", _itself),
    Facet("card", "story", snapshots.card),
    Facet("line", "story", snapshots.line),
    Facet("link", "story", snapshots.link),
    Facet("errata", "story", snapshots.errata),
    Facet("album", "story", snapshots.album),
    Facet("entry", "story", snapshots.entry),
    Facet("stamp", "story", snapshots.stamp),
    Facet("tongue", "story", snapshots.tongue),
    Facet("section", "section", _itself),
    Facet("crumb", "section", snapshots.crumb),
    Facet("section_path", "section", _where),
    Facet("author", "author", _itself),
    Facet("signature", "author", snapshots.signature),
    Facet("author_path", "author", _where),
    Facet("topic", "topic", _itself),
    Facet("tag", "topic", snapshots.tag),
    Facet("topic_path", "topic", _where),
    Facet("picture", "picture", _itself),
    Facet("site", "site", _itself),
    Facet("standards", "standards", _itself),
    # An empty list of stories reads like none, so that clearing one is the same as never having had it.
    Facet("related", "related", lambda related: related.stories or None, names="story"),
    Facet("ranking", "ranking", lambda ranking: ranking.stories or None, names="story"),
    Facet("slots", "slots", _itself),
    Facet("breaking", "breaking", lambda breaking: breaking.stories or None),
    Facet("hot", "hot", lambda hot: True),
    Facet("avif", "avif", lambda avif: avif.of if avif.made else None),
    Facet("avif_wanted", "avif", lambda avif: avif.of),
    Facet("window", "window", _itself),
    Facet("epoch", "epoch", _itself),
    Facet("formats", "epoch", lambda epoch: epoch.formats),
)
"""What a page may read of one record. Each is as narrow as the pages that read it: that stops a change early."""


class BookReads:
    """The newsroom's `Reads` over a recorded reading."""

    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def site(self) -> Site:
        found: Site | None = self._reading.facet("site", 1)
        return found or Site()

    def epoch(self) -> Epoch:
        found: Epoch | None = self._reading.facet("epoch", "pages")
        return found or Epoch(id="pages", digest="")

    def formats(self) -> str:
        found: str | None = self._reading.facet("formats", "pages")
        return found or ""

    def story(self, id: int) -> Story | None:
        found: Story | None = self._reading.facet("story", id)
        return found

    def card(self, id: int) -> Card | None:
        found: Card | None = self._reading.facet("card", id)
        return found

    def line(self, id: int) -> Line | None:
        found: Line | None = self._reading.facet("line", id)
        return found

    def album(self, id: int) -> Album | None:
        found: Album | None = self._reading.facet("album", id)
        return found

    def link(self, id: int) -> str | None:
        found: str | None = self._reading.facet("link", id)
        return found

    def errata(self, id: int) -> Errata | None:
        found: Errata | None = self._reading.facet("errata", id)
        return found

    def standards(self) -> Standards | None:
        found: Standards | None = self._reading.facet("standards", 1)
        return found

    def entry(self, id: int) -> Entry | None:
        found: Entry | None = self._reading.facet("entry", id)
        return found

    def stamp(self, id: int) -> Stamp | None:
        found: Stamp | None = self._reading.facet("stamp", id)
        return found

    def tongue(self, id: int) -> Tongue | None:
        found: Tongue | None = self._reading.facet("tongue", id)
        return found

    def section(self, id: int) -> Section | None:
        found: Section | None = self._reading.facet("section", id)
        return found

    def crumb(self, id: int) -> Crumb | None:
        found: Crumb | None = self._reading.facet("crumb", id)
        return found

    def section_path(self, id: int) -> str | None:
        found: str | None = self._reading.facet("section_path", id)
        return found

    def author(self, id: int) -> Author | None:
        found: Author | None = self._reading.facet("author", id)
        return found

    def signature(self, id: int) -> Signature | None:
        found: Signature | None = self._reading.facet("signature", id)
        return found

    def author_path(self, id: int) -> str | None:
        found: str | None = self._reading.facet("author_path", id)
        return found

    def topic(self, id: int) -> Topic | None:
        found: Topic | None = self._reading.facet("topic", id)
        return found

    def tag(self, id: int) -> Tag | None:
        found: Tag | None = self._reading.facet("tag", id)
        return found

    def topic_path(self, id: int) -> str | None:
        found: str | None = self._reading.facet("topic_path", id)
        return found

    def picture(self, id: int) -> Picture | None:
        found: Picture | None = self._reading.facet("picture", id)
        return found

    def avif(self, id: int) -> str | None:
        found: str | None = self._reading.facet("avif", id)
        return found

    def avif_wanted(self, id: int) -> str | None:
        found: str | None = self._reading.facet("avif_wanted", id)
        return found

    def related(self, id: int) -> tuple[int, ...]:
        found: tuple[int, ...] | None = self._reading.facet("related", id)
        return found or ()

    def ranking(self, name: str) -> tuple[int, ...]:
        found: tuple[int, ...] | None = self._reading.facet("ranking", name)
        return found or ()

    def slots(self, section: int) -> Slots:
        found: Slots | None = self._reading.facet("slots", section)
        return found or Slots(id=section)

    def breaking(self) -> tuple[int, ...]:
        found: tuple[int, ...] | None = self._reading.facet("breaking", "site")
        return found or ()

    def hot(self, path: str) -> bool:
        return bool(self._reading.facet("hot", path))

    def window(self, name: str) -> Window | None:
        found: Window | None = self._reading.facet("window", name)
        return found

    def listing(self, name: str, key: str | int, limit: int) -> tuple[int, ...]:
        return tuple(map(int, self._reading.listing(name, key, limit)))

    def any(self, name: str, key: str | int) -> bool:
        return self._reading.any(name, key)

    def once(self, what: str, make: Callable[[], T]) -> T:
        found: T = self._reading.once(what, make)
        return found

    def keys(self, name: str) -> tuple[str, ...]:
        return self._reading.keys(name)


def book(press: Press) -> Book:
    """The newsroom's book. `press` is what page functions get beside their reads."""
    return Book(
        types=TYPES,
        facets=FACETS,
        listings=listings.LISTINGS,
        pages_of=_pages_of,
        reads=BookReads,
        renderers=site.RENDERERS,
        press=press,
        ranks=site.PHASES,
        own={"story": "story", "topic": "topic"},
        version=_version(),
        opens=_opens,
        epoch="epoch:pages",
        links=links,
    )


def _pages_of(kind: str, record: Any) -> Iterable[PageRef]:
    claims = site.pages_of.get(kind)
    return claims(record) if claims else ()


def _opens(ref: PageRef) -> tuple[str, ...]:
    if ref.kind == "story":
        return (f"story:{ref.subject}", f"related:{ref.subject}", f"hot:{ref.path}")
    return (f"{_OPENED[ref.kind]}:{ref.subject}",) if ref.kind in _OPENED else ()


_OPENED = {"ninjs": "story", "gallery": "story", "author": "author", "topic": "topic", "front": "section"}
"""Kind of page -> kind of the record that it is of."""


def _version() -> str:
    """A digest of the code that says what is listed, shown and claimed. Read once, when the book is made."""
    sources = [Path(module).read_bytes() for module in (snapshots.__file__, listings.__file__, __file__) if module]
    return digests.seal(b"\0".join([assets.epoch().digest.encode(), *sources]))[:16]
