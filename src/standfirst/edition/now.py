"""Named reads of the database as it is now, for the one page that is not baked: results of a search.

What a page may show is what `compose` makes of it, so a story that was taken down a moment ago has no card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

from standfirst.edition import compose, snapshots
from standfirst.edition.listings import LISTINGS
from standfirst.edition.snapshots import (
    Album,
    Author,
    Card,
    Crumb,
    Entry,
    Epoch,
    Errata,
    Frozen,
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

Kind = TypeVar("Kind", bound=Frozen)
T = TypeVar("T")


class Now:
    """Reads over the site, its sections, and `stories` (ids), composed when they are first asked for and not again; of
    stories, their cards.

    `epoch` is that of the pages. Reads of related stories, rankings and the like find nothing. With `site`, other
    reads of this moment, the site and its sections are what those have found.
    """

    def __init__(self, epoch: Epoch, stories: Sequence[int] = (), *, site: Now | None = None) -> None:
        self._epoch = epoch
        self._asked = stories
        if site is not None:
            self.sections, self._site = site.sections, site._site

    @cached_property
    def sections(self) -> dict[int, Section]:
        """Every section, by its id."""
        found = compose.compose_many("section", list(compose.refs_of("section")))
        return {section.id: section for section in _only(Section, found)}

    @cached_property
    def _site(self) -> Site | None:
        return next(iter(_only(Site, compose.compose_many("site", ["1"]))), None)

    @cached_property
    def _cards(self) -> dict[int, Card]:
        return {card.id: card for card in compose.compose_cards(self._asked)}

    @cached_property
    def _authors(self) -> dict[int, Author]:
        signed = sorted({str(author) for card in self._cards.values() for author in card.authors})
        return {author.id: author for author in _only(Author, compose.compose_many("author", signed))}

    def site(self) -> Site:
        return self._site or Site()

    def epoch(self) -> Epoch:
        return self._epoch

    def story(self, id: int) -> Story | None:
        return None

    def card(self, id: int) -> Card | None:
        return self._cards.get(id)

    def line(self, id: int) -> Line | None:
        return None

    def link(self, id: int) -> str | None:
        found = self.card(id)
        return found.path if found else None

    def section(self, id: int) -> Section | None:
        return self.sections.get(id)

    def crumb(self, id: int) -> Crumb | None:
        found = self.section(id)
        return snapshots.crumb(found) if found else None

    def author(self, id: int) -> Author | None:
        return self._authors.get(id)

    def signature(self, id: int) -> Signature | None:
        found = self.author(id)
        return snapshots.signature(found) if found else None

    def picture(self, id: int) -> Picture | None:
        found = compose.compose("picture", str(id))
        return found if isinstance(found, Picture) else None

    def related(self, id: int) -> tuple[int, ...]:
        return ()

    def ranking(self, name: str) -> tuple[int, ...]:
        return ()

    def slots(self, section: int) -> Slots:
        return Slots(id=section)

    def breaking(self) -> tuple[int, ...]:
        return ()

    def window(self, name: str) -> Window | None:
        return None

    def keys(self, name: str) -> tuple[str, ...]:
        return ()

    def once(self, what: str, make: Callable[[], T]) -> T:
        return make()

    def avif(self, id: int) -> str | None:
        return None

    def avif_wanted(self, id: int) -> str | None:
        return None

    def formats(self) -> str:
        return self._epoch.digest

    def standards(self) -> Standards | None:
        return next(iter(_only(Standards, compose.compose_many("standards", ["1"]))), None)

    def album(self, id: int) -> Album | None:
        return None

    def errata(self, id: int) -> Errata | None:
        return None

    def entry(self, id: int) -> Entry | None:
        return None

    def stamp(self, id: int) -> Stamp | None:
        return None

    def tongue(self, id: int) -> Tongue | None:
        return None

    def section_path(self, id: int) -> str | None:
        found = self.section(id)
        return found.path if found else None

    def author_path(self, id: int) -> str | None:
        found = self.author(id)
        return found.path if found else None

    def topic(self, id: int) -> Topic | None:
        found = compose.compose("topic", str(id))
        return found if isinstance(found, Topic) else None

    def tag(self, id: int) -> Tag | None:
        found = self.topic(id)
        return snapshots.tag(found) if found else None

    def topic_path(self, id: int) -> str | None:
        found = self.topic(id)
        return found.path if found else None

    def hot(self, path: str) -> bool:
        return False

    def listing(self, name: str, key: str | int, limit: int) -> tuple[int, ...]:
        """Of lists only those of sections are known here."""
        declared = LISTINGS[name]
        keys = declared.keys["section"]
        found = [section for section in self.sections.values() if key in keys(section)]
        return tuple(section.id for section in sorted(found, key=declared.order, reverse=True)[:limit])

    def any(self, name: str, key: str | int) -> bool:
        return bool(self.listing(name, key, 1))


def _only(kind: type[Kind], records: dict[str, snapshots.Record]) -> list[Kind]:
    return [record for record in records.values() if isinstance(record, kind)]
