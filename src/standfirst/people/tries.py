"""How often somebody may try to sign in: enough for bad typists, too seldom for guessing.

Failures are counted in this process's memory, by address and by address and name together. Never by name alone: else a
stranger could shut an editor out at the moment when a story must be killed.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Final

SPAN: Final = 15 * 60.0
"""Seconds for which a failure counts."""

MOST_FOR_A_NAME: Final = 10
"""Failures from one address for one name."""

MOST_FOR_AN_ADDRESS: Final = 100
"""Failures from one address for any names: a whole newsroom may share one."""

_MOST_KNOWN: Final = 20_000

Key = tuple[str, ...]


class Tries:
    """Failures of the last quarter of an hour."""

    def __init__(self) -> None:
        self._failures: OrderedDict[Key, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, address: str, name: str) -> int:
        """Whole minutes after which `name` may be tried again from `address`; 0: now."""
        with self._lock:
            left = max(
                self._left((address, name.casefold()), MOST_FOR_A_NAME), self._left((address,), MOST_FOR_AN_ADDRESS)
            )
        return -int(-left // 60)

    def failed(self, address: str, name: str) -> None:
        """Note a failure."""
        now = monotonic()
        with self._lock:
            for key, most in (((address, name.casefold()), MOST_FOR_A_NAME), ((address,), MOST_FOR_AN_ADDRESS)):
                self._failures[key] = [*self._failures.get(key, ()), now][-most:]
                self._failures.move_to_end(key)
            while len(self._failures) > _MOST_KNOWN:
                self._failures.popitem(last=False)

    def succeeded(self, address: str, name: str) -> None:
        """Forget the failures of somebody who has signed in."""
        with self._lock:
            self._failures.pop((address, name.casefold()), None)

    def _left(self, key: Key, most: int) -> float:
        recent = self._failures.get(key, [])
        return recent[0] + SPAN - monotonic() if len(recent) >= most else 0.0


TRIES: Final = Tries()
"""Those of this process."""
