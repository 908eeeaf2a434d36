"""The desk's door to fronts: laid out over the state that the press prints from, by the function that prints them."""

from __future__ import annotations

from collections.abc import Sequence

from standfirst.edition import compose as edition
from standfirst.edition import snapshots
from standfirst.edition.snapshots import Breaking, Card, Line, Slots, Story
from standfirst.pages import plan as pages
from standfirst.pages.output import Press
from standfirst.pages.parts import chrome
from standfirst.press import ledger
from standfirst.press.book import BookReads, book
from standfirst.press.engine.reading import Reading, State
from standfirst.press.engine.sql import SqlStore
from standfirst.press.wiring import blob


class Now(BookReads):
    """Reads over today's state in which what the desk has just decided holds already, and the stories that it chose
    are as they are now: who has put a story on a front sees it there, whether or not the press has looked yet."""

    __slots__ = ("_breaking", "_chosen", "_slots")

    def __init__(self, reading: Reading, section: int) -> None:
        super().__init__(reading)
        slots = edition.compose("slots", str(section))
        breaking = edition.compose("breaking", "site")
        self._slots = slots if isinstance(slots, Slots) else Slots(id=section)
        self._breaking = breaking.stories if isinstance(breaking, Breaking) else ()
        chosen = {str(story) for _, story in self._slots.stories} | {str(story) for story in self._breaking}
        self._chosen = {int(ref): record for ref, record in edition.compose_many("story", sorted(chosen)).items()}

    def slots(self, section: int) -> Slots:
        return self._slots if section == self._slots.id else super().slots(section)

    def breaking(self) -> tuple[int, ...]:
        return self._breaking

    def story(self, id: int) -> Story | None:
        found = self._chosen.get(id)
        return found if isinstance(found, Story) else super().story(id)

    def card(self, id: int) -> Card | None:
        found = self._chosen.get(id)
        return snapshots.card(found) if isinstance(found, Story) else super().card(id)

    def line(self, id: int) -> Line | None:
        found = self._chosen.get(id)
        return snapshots.line(found) if isinstance(found, Story) else super().line(id)


class Front:
    """One front, and where any story stands on it."""

    def __init__(self, reads: Now, plan: pages.Plan, store: SqlStore) -> None:
        self.places = plan.places
        self.strips = plan.strips
        self._reads = reads
        self._plan = plan
        self._store = store
        self._members: dict[int, Sequence[int]] = {}

    def where(self, story: int) -> pages.Standing:
        return pages.where(self._reads, self._plan, story, self._newest)

    def _newest(self, section: int) -> Sequence[int]:
        """The newest stories of a section, deeper than pages look."""
        if section not in self._members:
            listed = self._store.listed("section", str(section), Fronts.counted)
            self._members[section] = [int(member.partition(":")[2]) for member in listed]
        return self._members[section]


class Fronts:
    """Every front. What `desk.ports.fronts` is filled with."""

    slots = pages.SLOTS
    depth = pages.FRONT
    strip = pages.STRIP
    counted = 1000

    def plan(self, section: int) -> Front | None:
        """The front of a section. None: there is none, or the press's ledger is being made anew."""
        store = ledger.store()
        store.create()
        if store.meta("built") != "yes":
            return None
        # Not in a transaction: on SQLite that would wait for the press, and the press for it.
        reads = Now(Reading(State(book(Press(blob=blob)), store)), section)
        if reads.section(section) is None:
            return None
        site = chrome(reads)
        strips = [crumb.id for crumb in site.nav] if section == site.site.home else None
        return Front(reads, pages.plan(reads, section, strips), store)
