"""Where pages go: a few verbs, and an outlet in memory for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

import msgspec

from standfirst.kit import digests
from standfirst.kit.errors import Problem
from standfirst.pages.output import Output


class Unservable(Problem):
    """This one output cannot be served at this path: its page fails, others go on. Any other error ends the bake."""


class Stuck(Problem):
    """This one output cannot be delivered or read for now: it stays due, others go on. It is tried again."""


class Outlet(Protocol):
    """Holds at most one output at each path. Each verb is whole or has not happened; `put` replaces."""

    def put(self, path: str, output: Output) -> None: ...

    def remove(self, path: str) -> None:
        """Take away what is at `path`; nothing there is no error."""

    def read(self, path: str) -> Output | None:
        """What readers are served at `path` now, None if nothing."""

    def list(self) -> Iterable[str]:
        """Every path that has an output, in any order."""

    def tidy(self, path: str) -> bool:
        """Take away what is of another version and stands beside the output at `path`, e.g. a packed copy.

        True if there was something.
        """

    def sound(self, path: str) -> bool:
        """Whether what belongs beside the output at `path`, e.g. a packed copy, is there and of its version."""

    def sent_on(self) -> Collection[str]:
        """Prefixes of paths below which a reader who would find nothing is sent on, e.g. of sections that moved."""


class MemoryOutlet:
    """An outlet in a dictionary."""

    def __init__(self) -> None:
        self.pages: dict[str, Output] = {}
        self.moved: dict[str, str] = {}

    def put(self, path: str, output: Output) -> None:
        self.pages[path] = output

    def remove(self, path: str) -> None:
        self.pages.pop(path, None)

    def read(self, path: str) -> Output | None:
        return self.pages.get(path)

    def list(self) -> Iterable[str]:
        return tuple(self.pages)

    def tidy(self, path: str) -> bool:
        return False

    def sound(self, path: str) -> bool:
        return True

    def sent_on(self) -> Collection[str]:
        return self.moved


def digest(output: Output | None) -> int:
    """A short digest of what a reader gets: status, target and body.

    The content type is left out: an outlet of files tells it from the path, and gives back what it can.
    """
    if output is None:
        return digests.ABSENT
    return digests.short(msgspec.msgpack.encode((output.status, output.location, output.body)))
