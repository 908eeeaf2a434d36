"""What feeds and the API tell of a list: a section's, a topic's or an author's newest stories, in whatever format.

An item is a value, and each format prints it once in a process for as long as it stays the same: a story stands in the
feeds of its section and of all above, of its topics and its authors, four formats each.
"""

from __future__ import annotations

from typing import NamedTuple

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Author, Crumb, Entry, Picture, Section, Signature, Site, Tag, Topic
from standfirst.pages.output import PageRef
from standfirst.pages.parts import byline_part, identity, there
from standfirst.pages.words import words

MOST = 30

KEPT = 4096
"""Items that a process keeps as each format prints them: more than a morning's feeds hold."""


class Item(NamedTuple):
    """One story as feeds and the API's lists tell it. `formats` says what prints it: newer templates print it anew."""

    formats: str
    site: Site
    entry: Entry
    section: Crumb | None
    authors: tuple[Signature, ...]
    topics: tuple[Tag, ...]
    picture: Picture | None
    """None also where it is bound to our own pages, or where the story's agency lets nobody have more than its head."""

    @property
    def title(self) -> str:
        return f"{self.entry.kicker}: {self.entry.headline}" if self.entry.kicker else self.entry.headline

    @property
    def names(self) -> list[tuple[str, str]]:
        """(name, path or "") of those who sign it, the agency last."""
        by = byline_part(self.entry.byline, self.authors, words(self.site.language, self.site))
        found = [(str(piece["name"]), "") for piece in by]
        if not self.entry.byline:
            found = [(author.name, author.path) for author in self.authors]
        known = {name for name, _ in found}
        return [*found, *([(self.entry.credit, "")] if self.entry.credit and self.entry.credit not in known else [])]

    @property
    def labels(self) -> list[str]:
        """What it is about: its section, then its topics."""
        return list(dict.fromkeys([*([self.section.name] if self.section else []), *(tag.name for tag in self.topics)]))

    @property
    def id(self) -> str:
        return identity(self.site, "story", self.entry.id)


class Channel(NamedTuple):
    """A list with its newest stories. `record` is whose list it is."""

    site: Site
    kind: str
    record: Section | Topic | Author
    title: str
    description: str
    items: list[Item]

    @property
    def id(self) -> str:
        return identity(self.site, self.kind, self.record.id)

    @property
    def updated(self) -> str:
        """When the newest of its stories changed by mark; "" without any."""
        return max((item.entry.refreshed or item.entry.published for item in self.items), default="")


def goes_whole(onward: str, known: bool, authors: tuple[Signature, ...]) -> bool:
    """True if others may be given the whole text. `known`: it is known where it came from, so `onward` is an agency's
    word; else a story that an agency's desk signs is that agency's."""
    return onward == "full" and (known or all(author.kind == "person" for author in authors))


def channel(reads: Reads, ref: PageRef, name: str) -> Channel | None:
    """The channel `ref.subject` ("section:3", "topic:4", "author:9") if its file `name` is at `ref.path`.

    Reads: the site, the section, topic or author, its list, and of each story an entry, the crumb of its section, the
    signatures of its authors, its topics' tags and its picture; and what prints it.
    """
    kind, _, id = ref.subject.partition(":")
    record = _record(reads, kind, id)
    if record is None or record.path + name != ref.path:
        return None
    return reads.once(f"channel {ref.subject}", lambda: _of(reads, kind, record))


def _of(reads: Reads, kind: str, record: Section | Topic | Author) -> Channel | None:
    formats = reads.formats()
    ids = reads.listing(kind, record.id, MOST)
    if kind == "topic" and not ids:
        return None
    site = reads.site()
    home = kind == "section" and record.id == site.home
    return Channel(
        site,
        kind,
        record,
        site.name if home else f"{site.name}: {record.name}",
        _description(record) or site.strapline or site.name,
        [_item(reads, formats, site, entry) for entry in there(reads.entry(id) for id in ids)],
    )


def _record(reads: Reads, kind: str, id: str) -> Section | Topic | Author | None:
    if not id.isdecimal():
        return None
    match kind:
        case "section":
            return reads.section(int(id))
        case "topic":
            return reads.topic(int(id))
        case "author":
            return reads.author(int(id))
    return None


def _description(record: Section | Topic | Author) -> str:
    match record:
        case Section():
            return record.standfirst
        case Topic():
            return record.description
        case Author():
            return record.bio


def _item(reads: Reads, formats: str, site: Site, entry: Entry) -> Item:
    authors = tuple(there(reads.signature(id) for id in entry.authors))
    whole = goes_whole(entry.onward, entry.agency, authors)
    picture = reads.picture(entry.picture) if entry.picture is not None and whole else None
    return Item(
        formats,
        site,
        entry,
        reads.crumb(entry.section),
        authors,
        tuple(there(reads.tag(id) for id in entry.topics)),
        picture if picture is not None and picture.usable and picture.onward else None,
    )
