"""Which story stands where on a front, and why.

The one place that decides it: `fronts` prints what a plan says and the desk explains it, so that what an editor is told
is what readers get. The policy, from the top down:

1. *The top*, the lead and the places beside it, is the desk's: a story that was put into a place stands there. Every
   other place of it goes to the newest of the front's own list, and where there is none the rest closes up.
2. Below it come, on the home front, a strip for each section of the menu and the latest; on a section's front, rows.
   All of them take the newest.
3. A story stands once: what a part has shown is passed over by those below it. The rails, what is breaking and what is
   read most, repeat (`MAY_REPEAT`).
4. A story that the desk keeps off the top or the whole front is passed over there. What it put there, or marked as
   breaking, stands there all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Card, Line

SLOTS = 5
"""Places of the top: the lead, and the four beside it (on a section's front: the first rows)."""
FRONT = 30
"""How far a front looks into its own list; and stories that a section's front shows at most."""
STRIP = 5
"""Stories of a strip."""
STRIP_DEPTH = STRIP + SLOTS
"""How far a strip looks into its section's list: enough to be full though all of the top is of one section."""
MOST_READ = 5
"""Stories of the rail that says what is read most."""

Part = Literal["breaking", "lead", "cluster", "rows", "strip", "latest", "most read"]
Why = Literal["put", "newest", "read", "marked"]
"""It was put there by the desk; it is the newest that may stand there; it is read; it was marked as breaking."""
Reach = Literal["top", "front"]
"""What a story is kept off: the automatic places of the top, or all that a front has, the most read included."""
Absence = Literal["", "gone", "off", "elsewhere", "older"]
"""It is shown; it is not live; the desk keeps it off; it is not of this section; newer ones stand before it."""

MAY_REPEAT: Mapping[Part, bool] = {
    "breaking": True,
    "lead": False,
    "cluster": False,
    "rows": False,
    "strip": False,
    "latest": False,
    "most read": True,
}
"""For each part of a front, whether it may show what another part shows. Parts are filled in the order of the page."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One story in one place of a front."""

    story: int
    part: Part
    number: int
    """Its place in the part (in its own strip), from 1."""
    why: Why
    shown: Card | Line
    """What the page shows of it."""
    section: int = 0
    """Of a strip: whose."""
    slot: int = 0
    """Of the top: which of its places, from 1."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a story stands on a front, or why it does not."""

    story: int
    places: tuple[Placement, ...] = ()
    """In the order of the page, rails included."""
    absent: Absence = ""
    """Why it has no place; rails do not count."""
    off: Reach | None = None
    """What the desk keeps it off."""
    newer: int = 0
    """Of one that is `older`: how many stories stand before it in the front's own list."""
    strips: tuple[tuple[int, int], ...] = ()
    """Of one that is `older`: the strips that it could stand in, and how many stand before it in each one's list."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A front, laid out."""

    section: int
    strips: tuple[int, ...] | None
    """The sections that have a strip. None: no home front, so it has rows."""
    places: tuple[Placement, ...]
    """In the order of the page."""
    off: Mapping[int, Reach] = field(default_factory=dict)

    def part(self, *parts: Part, section: int = 0) -> list[Placement]:
        """The places of these parts, in order; of a strip, those of `section`."""
        return [place for place in self.places if place.part in parts and place.section == section]


def plan(reads: Reads, section: int, strips: Sequence[int] | None) -> Plan:
    """Lay out the front of `section`: with a strip for each of `strips`, or with rows.

    Reads: the desk's slots, what is breaking, the ranking, the front's own list and those of the strips; a card of each
    story at the top, in a row or first in its strip, and a line of each other.
    """
    front = _Layout(reads, section)
    front.fill("breaking", reads.breaking(), reads.line, "marked")
    newest = reads.listing("section", section, FRONT)
    front.top(newest, "cluster" if strips is not None else "rows")
    front.fill("most read", reads.ranking("top"), reads.line, "read", most=MOST_READ)
    if strips is None:
        front.fill("rows", newest, reads.card, "newest", most=FRONT - len(front.shown))
        return front.done(None)
    for strip in strips:
        front.strip(strip)
    front.fill("latest", newest, reads.line, "newest")
    return front.done(tuple(strips))


class _Layout:
    """Fills a front from the top down."""

    def __init__(self, reads: Reads, section: int) -> None:
        slots = reads.slots(section)
        self.reads = reads
        self.section = section
        self.put = {place: story for place, story in slots.stories if 1 <= place <= SLOTS}
        self.off: dict[int, Reach] = dict(slots.off)
        self.shown: set[int] = set()
        self.places: list[Placement] = []
        self._numbers: dict[tuple[Part, int], int] = {}

    def done(self, strips: tuple[int, ...] | None) -> Plan:
        return Plan(self.section, strips, tuple(self.places), self.off)

    def top(self, newest: Iterable[int], rest: Part) -> None:
        """The desk's places, and the newest in those that it left open."""
        candidates = self._candidates(newest, top=True)
        for slot in range(1, SLOTS + 1):
            part: Part = rest if self.places_of_top() else "lead"
            if slot in self.put and self.place(part, self.put[slot], self.reads.card, "put", slot=slot):
                continue
            for story in candidates:
                if self.place(part, story, self.reads.card, "newest", slot=slot):
                    break

    def places_of_top(self) -> bool:
        """True once the front has its lead."""
        return ("lead", 0) in self._numbers

    def strip(self, section: int) -> None:
        """The newest of a section: one card, then lines. Nothing where all of them are shown above."""
        found = 0
        for story in self._candidates(self.reads.listing("section", section, STRIP_DEPTH)):
            found += self.place("strip", story, self.reads.line if found else self.reads.card, "newest", of=section)
            if found == STRIP:
                return

    def fill(
        self,
        part: Part,
        stories: Iterable[int],
        read: Callable[[int], Card | Line | None],
        why: Why,
        *,
        most: int = FRONT,
    ) -> None:
        """A part with at most so many of `stories`, in their order."""
        found = 0
        for story in stories if why == "marked" else self._candidates(stories):
            if found >= most:
                return
            found += self.place(part, story, read, why)

    def _candidates(self, stories: Iterable[int], *, top: bool = False) -> Iterator[int]:
        """Those of `stories` that may stand in automatic places."""
        put = set(self.put.values()) if top else set()
        for story in stories:
            reach = self.off.get(story)
            if story not in put and reach != "front" and not (top and reach == "top"):
                yield story

    def place(
        self,
        part: Part,
        story: int,
        read: Callable[[int], Card | Line | None],
        why: Why,
        *,
        of: int = 0,
        slot: int = 0,
    ) -> bool:
        """Give `story` the next place of a part. False if it stands above already, or is not live."""
        if not MAY_REPEAT[part] and story in self.shown:
            return False
        shown = read(story)
        if shown is None:
            return False
        number = self._numbers[part, of] = self._numbers.get((part, of), 0) + 1
        self.places.append(Placement(story, part, number, why, shown, of, slot))
        if not MAY_REPEAT[part]:
            self.shown.add(story)
        return True


def where(reads: Reads, plan: Plan, story: int, members: Callable[[int], Sequence[int]]) -> Standing:
    """Where `story` stands on a front that was laid out over `reads`, or why it does not.

    `members` gives the newest stories of a section, however many the asker cares to count; `newer` is never more.
    """
    places = tuple(place for place in plan.places if place.story == story)
    off = plan.off.get(story)
    if any(not MAY_REPEAT[place.part] for place in places):
        return Standing(story, places, "", off)
    found = reads.story(story)
    if found is None or found.notice is not None:
        return Standing(story, places, "gone", off)
    if off == "front":
        return Standing(story, places, "off", off)
    if plan.section not in found.sections:
        return Standing(story, places, "elsewhere", off)

    def before(section: int) -> int:
        listed = list(members(section))
        return listed.index(story) if story in listed else len(listed)

    strips = tuple((strip, before(strip)) for strip in plan.strips or () if strip in found.sections)
    return Standing(story, places, "older", off, before(plan.section), strips)
