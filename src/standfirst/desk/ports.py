"""The door that the desk opens: what stands on a front and why is decided by what prints it, far above.

What comes through is told here by its shape alone; `pages.plan` says what each word means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Shown(Protocol):
    """What a front shows of a story."""

    @property
    def path(self) -> str: ...
    @property
    def kicker(self) -> str: ...
    @property
    def headline(self) -> str: ...
    @property
    def picture(self) -> int | None: ...
    @property
    def language(self) -> str: ...
    @property
    def direction(self) -> str: ...


class Placement(Protocol):
    """One story in one place of a front."""

    @property
    def story(self) -> int: ...
    @property
    def part(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def why(self) -> str: ...
    @property
    def shown(self) -> Shown: ...
    @property
    def section(self) -> int: ...
    @property
    def slot(self) -> int: ...


class Standing(Protocol):
    """Where a story stands on a front, or why it does not."""

    @property
    def story(self) -> int: ...
    @property
    def places(self) -> Sequence[Placement]: ...
    @property
    def absent(self) -> str: ...
    @property
    def off(self) -> str | None: ...
    @property
    def newer(self) -> int: ...
    @property
    def strips(self) -> Sequence[tuple[int, int]]: ...


class Front(Protocol):
    """A front as it is printed now."""

    @property
    def places(self) -> Sequence[Placement]:
        """In the order of the page."""

    @property
    def strips(self) -> Sequence[int] | None:
        """Sections that have a strip; None where there are rows."""

    def where(self, story: int) -> Standing: ...


class Fronts(Protocol):
    """Every front."""

    slots: int
    """Places of a front's top that the desk may fill."""
    depth: int
    """Stories that a front takes from its own list at most."""
    strip: int
    """Stories of a strip."""
    counted: int
    """How many newer stories are counted at most."""

    def plan(self, section: int) -> Front | None:
        """The front of a section with what the desk has decided by now. None while the press has no state."""


fronts: Fronts
"""Lays out a front by the same function that prints it."""
