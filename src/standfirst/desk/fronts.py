"""Fronts as the desk sees them: what stands where, who decided it, and why a story is here or not here, in words.

Where a story stands is asked of what prints the front (`ports.fronts`); here it only gets its words, and the names and
hours that no page prints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import unquote, urlsplit

from django.utils.translation import ngettext

from standfirst.desk import board, ports
from standfirst.desk.actions import marks, place_name
from standfirst.desk.models import BreakingNews, FrontSlot, KeptOff
from standfirst.desk.templatetags.desk import clocktime
from standfirst.kit import clock
from standfirst.pictures.models import Picture
from standfirst.stories.models import Address, Section, SectionPath, Story

FOUND = 10
"""Stories of a search whose places are told."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a front. `story` is 0 where nobody stands."""

    label: str
    why: str
    story: int = 0
    shown: ports.Shown | None = None
    picture: Picture | None = None
    """To be seen beside it; only at the top."""
    slot: FrontSlot | None = None
    """The row by which it was filled, if it was by hand."""
    position: int = 0
    """Of the top: which place."""


@dataclass(frozen=True, slots=True)
class Part:
    """The automatic places of a front that stand under one name."""

    name: str
    why: str
    """Why these stand there."""
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a story stands on a front, in one sentence."""

    story: Story
    says: str
    here: bool
    """It stands there, rails aside."""
    kept: KeptOff | None
    slot: FrontSlot | None


@dataclass
class Front:
    """The front of one section."""

    section: Section

    @cached_property
    def path(self) -> str:
        """Its address."""
        current = SectionPath.objects.filter(section=self.section, current=True)
        return current.values_list("path", flat=True).first() or ""

    @cached_property
    def plan(self) -> ports.Front | None:
        """None while the press has no state to tell it from."""
        return ports.fronts.plan(self.section.pk)

    @cached_property
    def slots(self) -> dict[int, FrontSlot]:
        """Place -> what was put there by hand."""
        rows = FrontSlot.objects.filter(section=self.section).select_related("story", "by")
        return {slot.position: slot for slot in rows.defer("story__body")}

    @cached_property
    def kept_off(self) -> list[KeptOff]:
        rows = KeptOff.objects.filter(section=self.section).select_related("story", "by")
        return list(rows.defer("story__body"))

    @cached_property
    def seen(self) -> str:
        """The marks of its slots, for forms to bring back."""
        return marks(self.slots)

    @cached_property
    def _strips(self) -> dict[int, str]:
        """Section -> name, of those that have a strip."""
        strips = self.plan.strips if self.plan is not None else None
        return dict(Section.objects.filter(pk__in=strips or ()).values_list("pk", "title"))

    @cached_property
    def _breaking(self) -> dict[int, BreakingNews]:
        return {row.story_id: row for row in BreakingNews.objects.select_related("by")}

    def top(self) -> list[Place]:
        """Every place that can be filled by hand, in order."""
        standing = {place.slot: place for place in self._places("lead", "cluster", "rows") if place.slot}
        pictures = _pictures(place.shown.picture for place in standing.values())
        found = []
        for position in range(1, ports.fronts.slots + 1):
            label = "Lead" if position == 1 else str(position)
            place, slot = standing.get(position), self.slots.get(position)
            if place is None:
                found.append(self._unfilled(label, position, slot))
                continue
            by_hand = slot if slot is not None and slot.story_id == place.story else None
            picture = pictures.get(place.shown.picture or 0)
            why = _capital(self._why(place))
            found.append(Place(label, why, place.story, place.shown, picture, by_hand, position))
        return found

    def _unfilled(self, label: str, position: int, slot: FrontSlot | None) -> Place:
        if slot is None:
            says = "Nobody: there is no further story for it." if self.plan is not None else "The newest."
            return Place(label, says, position=position)
        return Place(label, _capital(_by_hand(slot)), slot.story_id, None, None, slot, position)

    def parts(self) -> list[Part]:
        """All that fills itself below the top, in the order of the page."""
        if self.plan is None:
            return []
        found = []
        for section in self.plan.strips or ():
            places = [place for place in self._places("strip") if place.section == section]
            found.append(self._part(f"Strip {self._strips.get(section, '')}", places))
        found.append(self._part("Latest", self._places("latest")))
        found.append(self._part("Rows", [place for place in self._places("rows") if not place.slot]))
        found.append(self._part("Most read", self._places("most read")))
        return [part for part in found if part.places]

    def _part(self, name: str, places: Sequence[ports.Placement]) -> Part:
        shown = [
            Place(str(place.number + (place.part == "rows")), self._why(place), place.story, place.shown)
            for place in places
        ]
        return Part(name, _capital(shown[0].why) if shown else "", tuple(shown))

    def _places(self, *parts: str) -> list[ports.Placement]:
        return [place for place in self.plan.places if place.part in parts] if self.plan is not None else []

    # --- in words

    def answers(self, stories: Iterable[Story], states: Mapping[int, str]) -> list[Answer]:
        """Where each of these stories stands here, or why it does not. `states`: story -> its state on the desk."""
        slots = {slot.story_id: slot for slot in self.slots.values()}
        kept = {row.story_id: row for row in self.kept_off}
        found = []
        for story in stories:
            here, says = self._says(story, states.get(story.pk, ""), kept.get(story.pk))
            found.append(Answer(story, says, here, kept.get(story.pk), slots.get(story.pk)))
        return found

    def _says(self, story: Story, state: str, kept: KeptOff | None) -> tuple[bool, str]:
        if self.plan is None:
            return False, "The press makes its ledger anew at the moment and can tell in a minute."
        standing = self.plan.where(story.pk)
        rails = [place for place in standing.places if place.part in _RAILS]
        places = [place for place in standing.places if place.part not in _RAILS]
        among = " and ".join(self._name(place) for place in rails)
        if not places:
            why_not = self._why_not(standing, story, state, kept)
            return False, f"Only in {among}: {why_not}." if rails else f"Not on the front: {why_not}."
        says = f"{self._name(places[0])}: {self._why(places[0])}."
        if standing.off == "top" and places[0].why != "put" and kept is not None:
            says += f" Kept off the top {_by_until(kept)}."
        return True, f"{says} Also in {among}." if rails else says

    def _name(self, place: ports.Placement) -> str:
        match place.part:
            case "lead":
                return "Lead"
            case "cluster" | "rows":
                return place_name(place.slot or place.number + 1)
            case "strip":
                return f"Strip {self._strips.get(place.section, '')}, {_ordinal(place.number)}"
            case "latest":
                return f"Latest, {_ordinal(place.number)}"
            case "most read":
                return f"Most read, {_ordinal(place.number)}"
            case _:
                return "the breaking bar"

    def _why(self, place: ports.Placement) -> str:
        match place.why, place.part:
            case "put", _:
                slot = self.slots.get(place.slot)
                return _by_hand(slot) if slot is not None else "put there by hand"
            case "read", _:
                return "ranked by how much they are read"
            case "marked", _:
                row = self._breaking.get(place.story)
                return f"marked {_by_until(row)}" if row is not None else "marked as breaking"
            case _, "strip":
                return "the newest of its section not shown above"
            case _, "lead" | "cluster" | "rows" if place.slot:
                return "the newest that may stand there"
            case _:
                return "the newest not shown above"

    def _why_not(self, standing: ports.Standing, story: Story, state: str, kept: KeptOff | None) -> str:
        match standing.absent:
            case "off":
                return f"kept off {_by_until(kept)}" if kept is not None else "kept off"
            case "elsewhere":
                return f"it is not filed under {self.section.title} or a section below"
            case "gone":
                return _not_live(story, state)
            case _:
                return self._older(standing)

    def _older(self, standing: ports.Standing) -> str:
        counts = ports.fronts
        by_hand = " and those put there by hand" if standing.newer < counts.depth else ""
        says = f"it shows {counts.depth} stories, and {_newer(standing.newer)}{by_hand} stand before it"
        if self.plan is None or self.plan.strips is None:
            return says
        if not standing.strips:
            return f"{says}; its section has no strip"
        before = [f"{_number(newer)} in {self._strips.get(strip, '')}" for strip, newer in standing.strips]
        return f"{says}; a strip shows {counts.strip}, and before it stand {' and '.join(before)}"


_RAILS = ("breaking", "most read")


def _by_hand(slot: FrontSlot) -> str:
    return f"put there {_by_until(slot)}"


def _by_until(row: FrontSlot | KeptOff | BreakingNews) -> str:
    who = f"by {row.by}" if row.by is not None else "by hand"
    over = ", which is over: the worker will see to it" if row.until <= clock.now() else ""
    return f"{who} until {clocktime(row.until)}{over}"


def _not_live(story: Story, state: str) -> str:
    if story.live:
        return "it has just gone live, and the press is printing it"
    match state:
        case "killed" | "withheld":
            return f"it was {state}"
        case "scheduled":
            due = story.revisions.filter(approved_go_live_at__isnull=False).order_by("approved_go_live_at")
            at = due.values_list("approved_go_live_at", flat=True).first()
            return f"it goes live at {clocktime(at)}" if at else "it is scheduled"
        case "ready":
            return "it waits for approval"
        case _:
            return "it is not live"


def _newer(number: int) -> str:
    noun = ngettext("newer story", "newer stories", number)
    return f"{_number(number)} {noun}"


def _number(number: int) -> str:
    """ "34", "more than 1,000"."""
    return f"{number:,}" if number < ports.fronts.counted else f"more than {ports.fronts.counted:,}"


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _ordinal(number: int) -> str:
    """ "second", "12th"."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 % 10 != 1 else "th"
    return f"{number}{ending}"


def _capital(says: str) -> str:
    return says[:1].upper() + says[1:]


def _pictures(ids: Iterable[int | None]) -> dict[int, Picture]:
    """Those of these pictures that may be shown."""
    now = clock.now()
    rows = Picture.objects.filter(pk__in=[id for id in ids if id])
    return {picture.pk: picture for picture in rows if picture.usable(now)}


# --- many fronts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """One front in the list of all."""

    section: Section
    path: str
    level: int
    slots: tuple[FrontSlot, ...]
    kept_off: int


def summaries() -> list[Summary]:
    """Every front in the order of the tree, with three queries however many there are."""
    paths = dict(SectionPath.objects.filter(current=True).values_list("section_id", "path"))
    slots: dict[int, list[FrontSlot]] = {}
    for slot in FrontSlot.objects.select_related("story", "by").defer("story__body").order_by("position"):
        slots.setdefault(slot.section_id, []).append(slot)
    kept = Counter(KeptOff.objects.values_list("section_id", flat=True))
    return [
        Summary(it, paths.get(it.pk, ""), it.depth - 2, tuple(slots.get(it.pk, ())), kept[it.pk])
        for it in Section.objects.order_by("path")
    ]


def breaking() -> list[BreakingNews]:
    """What is breaking, the latest marked first."""
    return list(BreakingNews.objects.select_related("story", "by").defer("story__body"))


def fronts_of(story: Story) -> list[Section]:
    """The fronts on which a story may stand: of its sections and those above, and where it was put or kept off."""
    places = [story.path, *story.further_sections.values_list("path", flat=True)]
    step = Section.steplen
    above = {path[:end] for path in places for end in range(2 * step, len(path) + 1, step)}
    decided = {
        *FrontSlot.objects.filter(story=story).values_list("section_id", flat=True),
        *KeptOff.objects.filter(story=story).values_list("section_id", flat=True),
    }
    found = {section.pk: section for section in Section.objects.filter(path__in=above)}
    found |= {section.pk: section for section in Section.objects.filter(pk__in=decided - found.keys())}
    return sorted(found.values(), key=lambda section: section.path)


# --- which story? -------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(?P<section>/.*?)(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)/(?P<last>[^/]+)/?")


def stories_for(text: str) -> tuple[list[Story], dict[int, str]]:
    """The stories that somebody means by some words of a headline, or by an address; and story -> its state."""
    if (story := _at(text.strip())) is not None:
        shown = board.Board(board.Query())
        rows = shown.rows([story])
    else:
        shown = board.Board(board.Query("all", None, text))
        rows = shown.rows(list(shown.paginator.page(1).object_list)[:FOUND])
    return [row.story for row in rows], {row.story.pk: row.state for row in rows}


def _at(text: str) -> int | None:
    """The story at an address of ours, former ones included."""
    if not text.startswith(("/", "http://", "https://")):
        return None
    try:
        path = unquote(urlsplit(text).path)
    except ValueError:
        return None
    if (match := _ADDRESS.fullmatch(path)) is None:
        return None
    try:
        day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return None
    section = SectionPath.objects.filter(path=match["section"]).first()
    if section is None:
        return None
    known = Address.objects.filter(section_id=section.section_id, day=day, last_part=match["last"])
    return known.values_list("story_id", flat=True).first()
