"""Small twins for pages, made while nothing else is to be done: hot pages first, then all the others in turn.

Each look takes a slice of time and goes on where the last one stopped. Nothing is kept of what was done: a page that
has its small twin carries the sign of it (`LocalOutlet.squeeze`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from standfirst.press.outlet import LocalOutlet

SLICE: Final = 0.1
"""Seconds of one look, and a page more: the worker looks twice a second, so this takes a fifth of one core."""

HOT_SECONDS, REST_SECONDS = 10.0, 600.0
"""Seconds between two looks at the hot pages; between two walks through all pages."""


class Squeezer:
    """Gives the pages of `outlet` small twins, a slice at a time. `hot` tells which pages are read most now."""

    def __init__(
        self, outlet: LocalOutlet, hot: Callable[[], Iterable[str]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._outlet = outlet
        self._hot = hot
        self._clock = clock
        self._paths: Iterator[str] = iter(())
        self._walk: Iterator[str] | None = None
        self._hot_at = self._walk_at = clock()

    def look(self, interrupted: Callable[[], bool]) -> int:
        """Work for one slice, or until something else is to be done. Returns how many twins were made."""
        made = 0
        until = self._clock() + SLICE
        for path in self._due():
            if self._outlet.squeeze(path):
                made += 1
                if interrupted():
                    break
            if self._clock() >= until:
                break
        return made

    def _due(self) -> Iterator[str]:
        """What to look at next: what is left of the hot pages, then what is left of the walk."""
        if self._clock() >= self._hot_at:
            self._hot_at = self._clock() + HOT_SECONDS
            self._paths = iter(list(self._hot()))
        # Not "yield from", which would end what is left together with this look.
        for path in self._paths:
            yield path
        if self._walk is None:
            if self._clock() < self._walk_at:
                return
            self._walk = self._outlet.standing(200)
        for path in self._walk:
            yield path
        self._walk = None
        self._walk_at = self._clock() + REST_SECONDS
