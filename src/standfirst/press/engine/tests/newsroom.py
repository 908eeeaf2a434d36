"""A small newsroom without a database: records in a dictionary, plain page functions, and an oracle.

The oracle prints what readers should get from the records alone: it shares the page functions with the engine, and none
of the engine's code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from standfirst.edition import snapshots
from standfirst.edition.listings import LISTINGS, Listing
from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import (
    TYPES,
    Album,
    Author,
    Card,
    Crumb,
    Entry,
    Epoch,
    Line,
    Picture,
    Section,
    Signature,
    Site,
    Slots,
    Stamp,
    Story,
    Tag,
    Tongue,
    Topic,
    Window,
)
from standfirst.pages.output import Output, PageRef, Press
from standfirst.press.book import FACETS, BookReads
from standfirst.press.engine import Book

T = TypeVar("T")

Key = tuple[str, str]
Records = dict[Key, Any]

LIMITS = {
    "section": (2, 4),
    "day": (3,),
    "author": (3,),
    "children": (3,),
    "shows": (1,),
    "errata": (2, 4),
    "month": (1,),
    "year": (1,),
    "people": (3,),
    "topic": (3,),
    "sheet": (3,),
}
"""Smaller than the site's, so that short histories overflow them."""

SHORT_LISTINGS: Mapping[str, Listing] = {
    name: Listing(name, listing.keys, listing.order, LIMITS[name], listing.enumerated)
    for name, listing in LISTINGS.items()
}

PRESS = Press(blob=lambda seal: b"")

RANKS = {
    "asset": 0,
    "picture": 1,
    "story": 2,
    "author": 3,
    "day": 3,
    "topic": 3,
    "topics": 3,
    "front": 4,
    "feed": 5,
    "moved": 6,
    "sitemap": 6,
}


# --- page functions -----------------------------------------------------------------------------------------------


def _page(reads: Reads, *parts: str) -> Output:
    styles = "".join(f'<link href="{path}">' for _, path in reads.epoch().assets)
    return Output(body=f"{reads.site().name} {reads.epoch().digest}{styles}{' '.join(parts)}".encode())


def _line(reads: Reads, id: int) -> str:
    line = reads.line(id)
    return f'<a href="{line.path}">{line.headline}</a>' if line else ""


def _card(reads: Reads, id: int) -> str:
    card = reads.card(id)
    if card is None:
        return ""
    names = ",".join(signature.name for signature in map(reads.signature, card.authors) if signature)
    return f'<a href="{card.path}">{card.headline} {card.standfirst} {names}</a>{_picture(reads, card.picture)}'


def _picture(reads: Reads, id: int | None) -> str:
    picture = reads.picture(id) if id else None
    return f'<img src="{picture_path(picture)}" alt="{picture.alt}">' if picture and picture.usable else ""


def picture_path(picture: Picture) -> str:
    return f"/pictures/{picture.id}-{picture.seal}.jpg"


def _crumbs(reads: Reads, section: int) -> str:
    crumb = reads.crumb(section)
    if crumb is None:
        return ""
    trail = [reads.crumb(above) for above in crumb.trail]
    return "".join(f'<a href="{each.path}">{each.name}</a>' for each in [*trail, crumb] if each)


def print_story(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    story = reads.story(int(ref.subject))
    if story is None or story.path != ref.path:
        return None
    if story.notice:
        return Output(body=f"gone: {story.notice.wording}".encode(), status=410)
    pictures = [story.lead.picture] if story.lead else []
    rails = ""
    if reads.hot(ref.path):
        rail = reads.listing("section", story.section, 2)
        rails = "".join(_line(reads, id) for id in (*reads.ranking("top"), *reads.breaking(), *rail))
    signatures = [signature for signature in map(reads.signature, story.authors) if signature]
    return _page(
        reads,
        _crumbs(reads, story.section),
        story.headline,
        story.standfirst,
        *(f'<a href="{signature.path}">{signature.name}</a>' for signature in signatures),
        *(f'<a href="{tag.path}">{tag.name}</a>' for tag in map(reads.tag, story.topics) if tag),
        *(f'<a href="{other.path}">{other.language}</a>' for other in map(reads.tongue, story.translations) if other),
        *(_picture(reads, id) for id in pictures),
        *(_line(reads, id) for id in reads.related(story.id)),
        f'<a href="/days/{story.day}/">',
        rails,
    )


def print_moved(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    target = reads.link(int(ref.subject))
    if target is not None:
        return Output(body=b"", status=301, location=target)
    story = reads.story(int(ref.subject))
    return Output(body=b"gone", status=410) if story else None


def print_day(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    if not reads.any("day", ref.subject):
        return None
    return _page(reads, *(_card(reads, id) for id in reads.listing("day", ref.subject, 3)))


def print_author(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    author = reads.author(int(ref.subject))
    if author is None:
        return None
    cards = [_card(reads, id) for id in reads.listing("author", author.id, 3)]
    return _page(reads, author.name, _picture(reads, author.picture), *cards)


def print_front(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    section = reads.section(int(ref.subject))
    if section is None:
        return None
    put = [story for _, story in reads.slots(section.id).stories]
    lead = "".join(_card(reads, id) for id in put)
    children = [reads.crumb(id) for id in reads.listing("children", section.id, 3)]
    return _page(
        reads,
        _crumbs(reads, section.id),
        lead,
        *(_card(reads, id) for id in reads.listing("section", section.id, 4) if id not in put),
        *(f'<a href="{child.path}">{child.name}</a>' for child in children if child),
        *(_line(reads, id) for id in (*reads.ranking("top"), *reads.breaking())),
        f'<a href="{section.path}feed.xml">',
    )


def print_topic(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    topic = reads.topic(int(ref.subject))
    if topic is None or topic.path != ref.path or not reads.any("topic", topic.id):
        return None
    return _page(reads, topic.name, *(_card(reads, id) for id in reads.listing("topic", topic.id, 3)))


def print_topics(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    tags = [tag for tag in (reads.tag(int(key)) for key in reads.keys("topic")) if tag]
    return _page(reads, *(f'<a href="{tag.path}">{tag.name}</a>' for tag in tags)) if tags else None


def print_sitemap(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Both in one: which sheets there are, and where their first stories are."""
    sheets = reads.keys("sheet")
    window = reads.window("news")
    stamps = [reads.stamp(id) for sheet in sheets for id in reads.listing("sheet", sheet, 3)]
    since = window.since if window else ""
    links = [f'<a href="{stamp.path}">{stamp.at >= since}' for stamp in stamps if stamp]
    return _page(reads, *sheets, *links)


def print_feed(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    section = reads.section(int(ref.subject))
    if section is None:
        return None
    lines = [_line(reads, id) for id in reads.listing("section", section.id, 4)]
    return Output(body="".join(lines).encode(), content_type="text/xml")


def print_picture(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    picture = reads.picture(int(ref.subject))
    if picture is None or not picture.usable or picture_path(picture) != ref.path:
        return None
    return Output(body=picture.seal.encode(), content_type="image/jpeg") if reads.any("shows", picture.id) else None


def print_asset(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    if (ref.subject, ref.path) not in reads.epoch().assets:
        return None
    return Output(body=ref.path.encode(), content_type="text/css")


RENDERERS: Mapping[str, Callable[[Reads, PageRef, Press], Output | None]] = {
    "story": print_story,
    "moved": print_moved,
    "day": print_day,
    "author": print_author,
    "front": print_front,
    "feed": print_feed,
    "topic": print_topic,
    "topics": print_topics,
    "sitemap": print_sitemap,
    "picture": print_picture,
    "asset": print_asset,
}


def pages_of(kind: str, record: Any) -> Iterator[PageRef]:
    if kind == "story":
        yield PageRef(record.path, "story", str(record.id))
        for path in record.former:
            yield PageRef(path, "moved", str(record.id))
        yield PageRef(f"/days/{record.day}/", "day", record.day)
    elif kind == "section":
        yield PageRef(record.path, "front", str(record.id))
        yield PageRef(f"{record.path}feed.xml", "feed", str(record.id))
    elif kind == "author":
        yield PageRef(record.path, "author", str(record.id))
    elif kind == "topic":
        yield PageRef(record.path, "topic", str(record.id))
        yield PageRef("/topics/", "topics", "")
    elif kind == "window":
        yield PageRef("/sitemap.html", "sitemap", "")
    elif kind == "picture":
        yield PageRef(picture_path(record), "picture", str(record.id))
    elif kind == "epoch":
        for name, path in record.assets:
            yield PageRef(path, "asset", name)


def links(path: str, output: Output) -> Iterable[str]:
    return re.findall(r'(?:href|src)="([^"]*)"', output.body.decode()) if output.status == 200 else ()


def make_book(**changes: Any) -> Book:
    """The book of this newsroom; `changes` replace some of its declarations."""
    declared: dict[str, Any] = {
        "types": TYPES,
        "facets": FACETS,
        "listings": SHORT_LISTINGS,
        "pages_of": pages_of,
        "reads": BookReads,
        "renderers": RENDERERS,
        "press": PRESS,
        "ranks": RANKS,
        "own": {"story": "story", "topic": "topic"},
        "epoch": "epoch:pages",
        "links": links,
    }
    return Book(**(declared | changes))


# --- the oracle -----------------------------------------------------------------------------------------------------


class PlainReads:
    """Reads that go through all records each time."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def _get(self, kind: str, id: int | str) -> Any:
        return self._records.get((kind, str(id)))

    def site(self) -> Site:
        return self._get("site", 1) or Site()

    def epoch(self) -> Epoch:
        return self._get("epoch", "pages") or Epoch(id="pages", digest="")

    def formats(self) -> str:
        return self.epoch().formats

    def story(self, id: int) -> Story | None:
        found: Story | None = self._get("story", id)
        return found

    def card(self, id: int) -> Card | None:
        story = self.story(id)
        return snapshots.card(story) if story else None

    def line(self, id: int) -> Line | None:
        story = self.story(id)
        return snapshots.line(story) if story else None

    def link(self, id: int) -> str | None:
        story = self.story(id)
        return story.path if story and not story.notice else None

    def errata(self, id: int) -> snapshots.Errata | None:
        story = self.story(id)
        return snapshots.errata(story) if story else None

    def standards(self) -> snapshots.Standards | None:
        found: snapshots.Standards | None = self._get("standards", 1)
        return found

    def section(self, id: int) -> Section | None:
        found: Section | None = self._get("section", id)
        return found

    def crumb(self, id: int) -> Crumb | None:
        section = self.section(id)
        return snapshots.crumb(section) if section else None

    def section_path(self, id: int) -> str | None:
        return self._where("section", id)

    def author_path(self, id: int) -> str | None:
        return self._where("author", id)

    def topic_path(self, id: int) -> str | None:
        return self._where("topic", id)

    def _where(self, kind: str, id: int) -> str | None:
        found = self._get(kind, id)
        return found.path if found else None

    def author(self, id: int) -> Author | None:
        found: Author | None = self._get("author", id)
        return found

    def signature(self, id: int) -> Signature | None:
        author = self.author(id)
        return snapshots.signature(author) if author else None

    def album(self, id: int) -> Album | None:
        return None

    def avif(self, id: int) -> str | None:
        return None

    def avif_wanted(self, id: int) -> str | None:
        return None

    def entry(self, id: int) -> Entry | None:
        story = self.story(id)
        return snapshots.entry(story) if story else None

    def stamp(self, id: int) -> Stamp | None:
        story = self.story(id)
        return snapshots.stamp(story) if story else None

    def tongue(self, id: int) -> Tongue | None:
        story = self.story(id)
        return snapshots.tongue(story) if story else None

    def topic(self, id: int) -> Topic | None:
        found: Topic | None = self._get("topic", id)
        return found

    def tag(self, id: int) -> Tag | None:
        topic = self.topic(id)
        return snapshots.tag(topic) if topic else None

    def picture(self, id: int) -> Picture | None:
        found: Picture | None = self._get("picture", id)
        return found

    def related(self, id: int) -> tuple[int, ...]:
        related = self._get("related", id)
        return related.stories if related else ()

    def ranking(self, name: str) -> tuple[int, ...]:
        ranking = self._get("ranking", name)
        return ranking.stories if ranking else ()

    def slots(self, section: int) -> Slots:
        found: Slots | None = self._get("slots", section)
        return found or Slots(id=section)

    def breaking(self) -> tuple[int, ...]:
        breaking = self._get("breaking", "site")
        return breaking.stories if breaking else ()

    def hot(self, path: str) -> bool:
        return ("hot", path) in self._records

    def window(self, name: str) -> Window | None:
        found: Window | None = self._get("window", name)
        return found

    def listing(self, name: str, key: str | int, limit: int) -> tuple[int, ...]:
        return tuple(self._members(name, key)[:limit])

    def any(self, name: str, key: str | int) -> bool:
        return bool(self._members(name, key))

    def keys(self, name: str) -> tuple[str, ...]:
        listing = SHORT_LISTINGS[name]
        found = {
            str(key)
            for (kind, _), record in self._records.items()
            if kind in listing.keys
            for key in listing.keys[kind](record)
        }
        return tuple(sorted(found))

    def once(self, what: str, make: Callable[[], T]) -> T:
        return make()

    def _members(self, name: str, key: str | int) -> list[int]:
        listing = SHORT_LISTINGS[name]
        found = [
            (listing.order(record), f"{kind}:{id}", record.id)
            for (kind, id), record in self._records.items()
            if kind in listing.keys and str(key) in map(str, listing.keys[kind](record))
        ]
        return [id for _, _, id in sorted(found, reverse=True)]


def printed(records: Records) -> dict[str, Output]:
    """Path -> what readers should get, from the records alone."""
    claims: dict[str, set[PageRef]] = {}
    for (kind, _), record in records.items():
        for ref in pages_of(kind, record):
            claims.setdefault(ref.path, set()).add(ref)
    found = {}
    reads = PlainReads(records)
    for path, refs in claims.items():
        for ref in sorted(refs, key=lambda ref: (RANKS[ref.kind], ref.kind, ref.subject)):
            output = RENDERERS[ref.kind](reads, ref, PRESS)
            if output is not None:
                found[path] = output
                break
    return found


def dangling(pages: Mapping[str, Output]) -> dict[str, list[str]]:
    """Path of a page -> what it links to in vain."""
    found = {}
    for path, output in pages.items():
        wanted = [output.location] if output.status == 301 else links(path, output)
        if vain := [link for link in wanted if link not in pages]:
            found[path] = vain
    return found
