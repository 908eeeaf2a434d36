"""What a page may read. The press records every call, answered or not, with a digest of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from standfirst.edition.snapshots import (
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

T = TypeVar("T")


class Reads(Protocol):
    """Named reads over the state. Each returns a frozen value or None; none touches a database, a clock or a file."""

    def site(self) -> Site: ...

    def epoch(self) -> Epoch: ...

    def formats(self) -> str:
        """What prints the files that machines read, as a digest: each of them reads it."""

    def story(self, id: int) -> Story | None:
        """The whole story, live or taken down. Only the story's own page reads this."""

    def card(self, id: int) -> Card | None:
        """A live story as a front or a list with standfirsts shows it."""

    def line(self, id: int) -> Line | None:
        """A live story as a compact list shows it: kicker, headline, path."""

    def album(self, id: int) -> Album | None:
        """A story, live or taken down, as its page of pictures shows it. Only that page reads this."""

    def link(self, id: int) -> str | None:
        """The address of a live story, None when it may not be linked to."""

    def errata(self, id: int) -> Errata | None:
        """What was corrected in a story, or that it was killed, as the list of corrections shows it."""

    def standards(self) -> Standards | None:
        """What the newsroom says of itself."""

    def entry(self, id: int) -> Entry | None:
        """A live story as feeds and the API's lists tell it; None also where nobody may be given it."""

    def stamp(self, id: int) -> Stamp | None:
        """A live story as a sitemap tells it."""

    def tongue(self, id: int) -> Tongue | None:
        """A live story as its translations tell it: where it is, and its language."""

    def section(self, id: int) -> Section | None: ...

    def crumb(self, id: int) -> Crumb | None: ...

    def section_path(self, id: int) -> str | None:
        """Where a section is, and no more of it."""

    def author(self, id: int) -> Author | None: ...

    def signature(self, id: int) -> Signature | None: ...

    def author_path(self, id: int) -> str | None: ...

    def topic(self, id: int) -> Topic | None:
        """A whole topic. Only its own page and feeds read this."""

    def tag(self, id: int) -> Tag | None:
        """A topic as a story or a list shows it: its name and address."""

    def topic_path(self, id: int) -> str | None: ...

    def picture(self, id: int) -> Picture | None: ...

    def avif(self, id: int) -> str | None:
        """What the copies in AVIF are made of that readers have of picture `id` (`Avif.of`); None while they have
        none. Only what telephones show large reads this."""

    def avif_wanted(self, id: int) -> str | None:
        """The same as soon as they are to be made. Only those copies read this."""

    def related(self, id: int) -> tuple[int, ...]:
        """Ids of stories related to story `id`, best first."""

    def ranking(self, name: str) -> tuple[int, ...]:
        """Ids of the most read stories. `name` is "top"."""

    def slots(self, section: int) -> Slots:
        """What the desk has decided about the front of `section`."""

    def breaking(self) -> tuple[int, ...]:
        """Ids of the stories that are breaking news."""

    def hot(self, path: str) -> bool:
        """True if the page at `path` carries the rails in full."""

    def window(self, name: str) -> Window | None:
        """Since when stories are news. `name` is "news"; None before the clock has said so."""

    def listing(self, name: str, key: str | int, limit: int) -> tuple[int, ...]:
        """Ids of list `name` for `key`, in the list's order, at most `limit` (one of its declared limits)."""

    def any(self, name: str, key: str | int) -> bool:
        """True if list `name` for `key` has a member."""

    def keys(self, name: str) -> tuple[str, ...]:
        """Every key under which list `name` has a member, in order; only of lists that are enumerated."""

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` makes of these reads, and of nothing else; `what` names it. Pages of the same state that ask for
        it may get the same value, which nobody changes: each has then read what it was made of."""
