"""The lists of the site, each declared once.

A declaration gives the keys under which a record is listed (none: not listed), its place in the order, and the limits
at which pages may read the list. What a list holds and which lists a change touches both follow from it; nobody writes
a purge rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from standfirst.edition.snapshots import PictureBlock, Section, Story, errata, erred, gallery_pictures


@dataclass(frozen=True, slots=True)
class Listing:
    """A list over records. `keys[kind](record)` yields the keys; `order(record)` a string, greatest first.

    Of one that is `enumerated`, pages may also read under which keys it has members.
    """

    name: str
    keys: Mapping[str, Callable[[Any], Iterable[str | int]]]
    order: Callable[[Any], str]
    limits: tuple[int, ...]
    enumerated: bool = False


def _live(keys: Callable[[Story], Iterable[str | int]]) -> Callable[[Story], Iterable[str | int]]:
    return lambda story: keys(story) if story.notice is None else ()


def _newest_first(story: Story) -> str:
    return f"{story.published}#{story.id:012d}"


ALL = "all"


def _erred_in(story: Story) -> Iterable[str]:
    found = errata(story)
    if found is None:
        return ()
    years = {found.notice.at[:4]} if found.notice else {note.at[:4] for note in found.corrections}
    return (ALL, *sorted(years))


def _by_position(section: Section) -> str:
    # Greatest first, so the position is turned round: digits are complemented.
    return "".join(chr(0x7E - ord(c) + 0x20) if 0x20 <= ord(c) <= 0x7E else c for c in section.position)


def _sheet(story: Story) -> tuple[str, ...]:
    # Not what an agency lets nobody have from us but our readers: a sitemap is read by machines.
    return (story.sheet,) if story.sheet and story.onward != "none" else ()


def story_pictures(story: Story) -> tuple[int, ...]:
    """Ids of every picture that a story's page shows, or its page of pictures."""
    lead = (story.lead.picture,) if story.lead else ()
    single = tuple(block.picture for block in story.body if isinstance(block, PictureBlock))
    return lead + single + tuple(each.picture for each in gallery_pictures(story))


LISTINGS: dict[str, Listing] = {
    listing.name: listing
    for listing in (
        # Newest stories of a section (the home front included: it is an ancestor of all).
        # 5: a rail; 10: a strip, which leaves out what stands above it; 30: a front and its feeds.
        Listing("section", {"story": _live(lambda s: s.sections)}, _newest_first, (5, 10, 30), enumerated=True),
        # Stories first published on a day, for its day page.
        Listing("day", {"story": _live(lambda s: (s.day,))}, _newest_first, (500,)),
        Listing("author", {"story": _live(lambda s: s.authors)}, _newest_first, (30,), enumerated=True),
        # A topic has a page while it has a member.
        Listing("topic", {"story": _live(lambda s: s.topics)}, _newest_first, (30,), enumerated=True),
        # Sitemaps: some hundreds of a month's stories each, as `Story.sheet` says, so that no change prints more. The
        # limit is the protocol's own.
        Listing("sheet", {"story": _live(_sheet)}, _newest_first, (50_000,), enumerated=True),
        # Corrected and withdrawn stories, the last first: of all time, and of each year in which something was said.
        Listing("errata", {"story": _erred_in}, lambda s: f"{erred(s)}#{s.id:012d}", (100, 500)),
        # Months and years in which stories were first published, for the archive: only whether there are any.
        Listing("month", {"story": _live(lambda s: (s.day[:7],) if s.day else ())}, _newest_first, (1,)),
        Listing("year", {"story": _live(lambda s: (s.day[:4],) if s.day else ())}, _newest_first, (1,)),
        Listing("people", {"author": lambda a: (a.kind,)}, lambda a: f"{a.id:012d}", (300,)),
        Listing("children", {"section": lambda s: (s.parent,) if s.parent else ()}, _by_position, (30,)),
        # Who shows a picture: while the answer is nobody, its baked copies do not exist.
        Listing(
            "shows",
            {
                "story": _live(story_pictures),
                "author": lambda a: (a.picture,) if a.picture else (),
            },
            lambda record: f"{type(record).__name__}#{record.id:012d}",
            (1,),
        ),
    )
}
