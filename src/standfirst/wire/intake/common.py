"""Words and limits that all of intake shares."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from django.conf import settings

from standfirst.changes.actions import Machine

WIRE = Machine("wire")

MOST_ATTEMPTS = 3
"""How often a delivery is read that each time stopped the program before it was done."""

UPDATES = frozenset({"update", "writethru", "lead", "add/take"})
"""Marks by which an agency says that there is something new. With corrections, they move a story's *refreshed* time."""

CORRECTED = "This story has been corrected by the agency."
CLARIFIED = "This story has been clarified by the agency."
WITHDRAWN = "This story was withdrawn at the request of the agency that supplied it."
TERMS_ENDED = "This story is no longer available: the agency that supplied it allowed it for a limited time."

Outcome = Literal[
    "published", "scheduled", "updated", "offered", "waiting", "stored", "held", "killed", "withheld", "late", "repeat"
]

replaying: ContextVar[Literal["", "new", "old"]] = ContextVar("replaying", default="")
"""Not empty while files are read that came long before: nothing is published that was not. "old": and nobody is shown
what was overlooked."""


def _no_fault(name: str) -> None:
    return None


fault: Callable[[str], None] = _no_fault
"""Called between the steps of intake with a step's name: tests end the process there."""


def received() -> Path:
    """The folder in which raw bytes are sealed."""
    home: Path = settings.STANDFIRST.home
    return home / "received"
