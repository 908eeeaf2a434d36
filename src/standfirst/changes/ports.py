"""Doors that a lower layer opens and a higher one fills, in `AppConfig.ready()`.

There are five in the whole project: these three, `stories.ports.preview` and `desk.ports.fronts`. A sixth needs a
decision record.
"""

from __future__ import annotations

from collections.abc import Callable

wake: Callable[[], None]
"""Tells the worker that a change row was committed. Must be quick and must not fail; the worker also polls."""

search: Callable[[int], None]
"""Takes story `id` out of everything that finds stories (related lists, indexes), inside the caller's transaction."""

surfaces: dict[str, Callable[[int], list[str]]] = {}
"""Who must be clean after a kill: surface name -> the places that still show story `id`."""
