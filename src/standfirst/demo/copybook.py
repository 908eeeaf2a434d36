"""Reads the demonstration newsroom's copy from `copy/*.json` into typed records.

Everything in it is invented: the Republic of Zandaria, its people, its companies and the two agencies that report from
it. Dates in the files are distances back from the moment of set-up, so the newsroom is always fresh; `load(now)` turns
them into moments, and the weekday marks in the text (`{d0}` the story's own weekday, `{d-1}` the day before it,
`{date+9}` the date nine days on) into words. Plain Python: no Django, no database.

Records refer to each other by key. Links inside paragraphs are written `<a href="story:KEY">`; every key they name is
in the copybook (a test holds that).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

COPY = Path(__file__).parent / "copy"

_STORY_FILES = "stories-*.json"
_MARK = re.compile(r"\{(d|date)([+-]?\d+)\}")
_STORY_LINK = re.compile(r'href="story:([a-z0-9-]+)"')
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that cannot change; a field that nobody declared is an error."""


# --- blocks of a story's body: those of `edition.snapshots`, with keys where those have ids -------------------------


class Paragraph(Record, tag="paragraph"):
    html: str
    """Inline HTML: a, strong, em."""


class Heading(Record, tag="heading"):
    text: str


class Quote(Record, tag="quote"):
    html: str
    attribution: str = ""


class PictureBlock(Record, tag="picture"):
    picture: str
    """Key of a picture."""
    caption: str = ""


class GalleryPicture(Record):
    picture: str
    caption: str = ""


class Gallery(Record, tag="gallery"):
    pictures: tuple[GalleryPicture, ...]
    title: str = ""


class ListBlock(Record, tag="list"):
    items: tuple[str, ...]
    ordered: bool = False


class FactBox(Record, tag="facts"):
    title: str
    html: str
    """Block HTML: p, ul, li and inline."""


class LinkCard(Record, tag="card"):
    title: str = ""
    text: str = ""
    url: str = ""
    story: str | None = None
    """Key of a story; then `url` is empty."""


Block = Paragraph | Heading | Quote | PictureBlock | Gallery | ListBlock | FactBox | LinkCard


# --- the newsroom -----------------------------------------------------------------------------------------------


class Site(Record):
    """Facts of the newsroom: as `edition.snapshots.Site`."""

    name: str
    strapline: str
    language: str
    zone: str
    about: str
    standards: dict[str, str] = {}
    """Fields of `stories.Standards`."""


class Section(Record):
    """A section. `key` is its path without outer slashes: "news" or "news/nation"; parents come before children."""

    key: str
    slug: str
    name: str
    standfirst: str
    parent: str | None = None


class Author(Record):
    """A person or an agency's desk. `agency` is the key of the agency whose copy a desk signs."""

    key: str
    name: str
    kind: Literal["person", "desk"] = "person"
    role: str = ""
    bio: str = ""
    picture: str | None = None
    agency: str | None = None


class Agency(Record):
    """A news agency. `credit` is its credit line; `author` the key of the desk that signs its copy."""

    key: str
    name: str
    credit: str
    domain: str
    author: str
    about: str


class Topic(Record):
    key: str
    """Also its slug."""
    name: str


class Picture(Record):
    """A picture that `drawing.draw(key)` draws."""

    key: str
    title: str
    alt: str
    caption: str
    credit: str


class Lead(Record):
    picture: str
    caption: str = ""


class Correction(Record):
    """A public note, `after` minutes from first publication."""

    kind: Literal["correction", "clarification", "update"]
    text: str
    after: int


class Notice(Record):
    """The story was taken down, `after` minutes from first publication; `wording` is what readers are told."""

    reason: Literal["killed", "withheld"]
    wording: str
    after: int
    names: bool = False


class Story(Record):
    """A story, published `days` days and `minutes` minutes before the newsroom was set up."""

    key: str
    headline: str
    section: str
    days: int
    minutes: int
    kicker: str = ""
    short_headline: str = ""
    standfirst: str = ""
    authors: tuple[str, ...] = ()
    agency: str | None = None
    """Key of the agency whose copy this is; its credit line is printed."""
    dateline: str = ""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    sections: tuple[str, ...] = ()
    """Further sections."""
    topics: tuple[str, ...] = ()
    translates: str = ""
    """Key of the story that says the same in another language, written before this one."""
    lead: Lead | None = None
    corrections: tuple[Correction, ...] = ()
    """Oldest first."""
    notice: Notice | None = None
    body: tuple[Block, ...] = ()

    def published(self, now: datetime) -> datetime:
        """When it was first published, for a newsroom set up at `now` (aware)."""
        return now - timedelta(days=self.days, minutes=self.minutes)

    def refreshed(self, now: datetime) -> datetime:
        """When it was last corrected or marked as updated; its publication until then."""
        return self.published(now) + timedelta(minutes=max((note.after for note in self.corrections), default=0))

    def links(self) -> frozenset[str]:
        """Keys of the stories that its body links to, inline and by cards."""
        found: set[str] = set()
        for block in self.body:
            if isinstance(block, LinkCard) and block.story:
                found.add(block.story)
            found.update(_STORY_LINK.findall(block_html(block)))
        return frozenset(found)

    def pictures(self) -> tuple[str, ...]:
        """Keys of the pictures that its page shows, lead first."""
        lead = (self.lead.picture,) if self.lead else ()
        single = tuple(block.picture for block in self.body if isinstance(block, PictureBlock))
        galleries = (block for block in self.body if isinstance(block, Gallery))
        return lead + single + tuple(each.picture for block in galleries for each in block.pictures)


class Copybook(Record):
    """The whole demonstration newsroom, each kind by key in the order of the files; stories oldest first."""

    site: Site
    sections: Mapping[str, Section]
    authors: Mapping[str, Author]
    agencies: Mapping[str, Agency]
    topics: Mapping[str, Topic]
    pictures: Mapping[str, Picture]
    stories: Mapping[str, Story]


def block_html(block: Block) -> str:
    """All the text of a block, as HTML in one string; for searching, not for printing."""
    match block:
        case Paragraph():
            return block.html
        case Heading():
            return block.text
        case Quote():
            return f"{block.html} {block.attribution}"
        case PictureBlock():
            return block.caption
        case Gallery():
            return " ".join(text for text in (block.title, *(each.caption for each in block.pictures)) if text)
        case ListBlock():
            return " ".join(block.items)
        case FactBox():
            return f"{block.title} {block.html}"
        case LinkCard():
            return f"{block.title} {block.text}"


_T = TypeVar("_T")


def read(name: str, shape: type[_T]) -> _T:
    """One file of the copy folder as `shape`; `msgspec.ValidationError` names the field that is wrong."""
    return msgspec.json.decode((COPY / name).read_bytes(), type=shape)


@cache
def raw() -> Copybook:
    """The copy as it is written, with weekday marks. Stories are ordered by age, oldest first."""
    stories: list[Story] = []
    for path in sorted(COPY.glob(_STORY_FILES)):
        stories.extend(read(path.name, tuple[Story, ...]))
    stories.sort(key=lambda story: (-(story.days * 1440 + story.minutes), story.key))
    return Copybook(
        site=read("site.json", Site),
        sections={section.key: section for section in read("sections.json", tuple[Section, ...])},
        authors={author.key: author for author in read("authors.json", tuple[Author, ...])},
        agencies={agency.key: agency for agency in read("agencies.json", tuple[Agency, ...])},
        topics={topic.key: topic for topic in read("topics.json", tuple[Topic, ...])},
        pictures={picture.key: picture for picture in read("pictures.json", tuple[Picture, ...])},
        stories={story.key: story for story in stories},
    )


def load(now: datetime) -> Copybook:
    """The copy for a newsroom set up at `now` (aware): weekday marks in the stories are words."""
    book = raw()
    zone = ZoneInfo(book.site.zone)
    return msgspec.structs.replace(book, stories={key: _dated(story, now, zone) for key, story in book.stories.items()})


def in_words(text: str, day: datetime) -> str:
    """`text` with its weekday marks as words, counted from `day`."""

    def word(match: re.Match[str]) -> str:
        meant = day + timedelta(days=int(match[2]))
        return _WEEKDAYS[meant.weekday()] if match[1] == "d" else f"{meant.day} {_MONTHS[meant.month - 1]}"

    return _MARK.sub(word, text)


def _dated(story: Story, now: datetime, zone: ZoneInfo) -> Story:
    text = msgspec.json.encode(story).decode()
    if not _MARK.search(text):
        return story
    # Marks hold no character that JSON escapes, and neither do the words that replace them.
    return msgspec.json.decode(in_words(text, story.published(now).astimezone(zone)), type=Story)
