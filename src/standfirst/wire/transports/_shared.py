"""What all transports share: their settings' base, the job they are given, and what they yield."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol, TypeAlias, TypeVar

import msgspec

from standfirst.kit.errors import Problem
from standfirst.kit.outgoing import Outgoing

Cursor: TypeAlias = dict[str, Any]
"""How far a source was fetched: plain JSON, the transport's own note. {} at the very beginning."""

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the transports' settings: one field a setting, each with a default or required.

    The screens make their form from it: `Annotated[str, msgspec.Meta(title="Address", description="…")]` gives label
    and help, `Literal[...]` a choice (its labels by `CHOICES`), `bool` a tick, `int` with `Meta(ge=, le=)` a number,
    `tuple[str, ...]` one a line. Never put a secret here: name it in `SECRETS`.
    """

    CHOICES: ClassVar[Mapping[str, str]] = {}
    """Value of a `Literal` -> what people read."""


@dataclass(frozen=True, slots=True)
class SecretField:
    """A secret that a transport may need, e.g. a password. Written on the form, never shown again."""

    name: str
    title: str
    help: str = ""
    lines: bool = False
    """Of several lines, e.g. a private key."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one look at a source may cost."""

    bytes: int = 20 * 1024 * 1024
    """The largest file. Parts (pictures) may be `part_bytes`."""
    part_bytes: int = 64 * 1024 * 1024
    files: int = 500
    """Files in one look; the rest comes with the next, which is at once."""
    seconds: float = 60.0
    """One request, or one file. A transport asks `Job.late()` between files."""


S_co = TypeVar("S_co", bound=Settings, covariant=True)


@dataclass(frozen=True)
class Job:
    """One look at a source: all that `fetch` may know.

    `settings` is an instance of the transport's own `Settings`; `secrets` holds those that are set, by name, and does
    not show them when printed.
    """

    settings: Any
    secrets: Mapping[str, str] = field(repr=False)
    cursor: Cursor
    outgoing: Outgoing
    limits: Limits = Limits()
    trial: bool = False
    """Somebody tries the settings: look, and come back soon. Nothing is settled, no cursor kept."""
    stopping: Callable[[], bool] = lambda: False
    """True when `fetch` should come to an end: the process stops, the lease was lost, or the look took too long."""
    wait: Callable[[float], bool] = lambda seconds: True
    """Sleep for so many seconds or until `stopping`; returns `stopping()`."""
    """For what lingers. One look ends with it where nothing lingers; to sleep within a look, see `wait_for`."""
    say: Callable[[str], None] = lambda sentence: None
    """Progress, for a person at a terminal. Never a secret."""

    @property
    def allow_private(self) -> bool:
        """Whether addresses in our own network may be called."""
        return self.outgoing.allow_private

    def wait_for(self, seconds: float) -> bool:
        """Sleep within a look, in short steps. True if the look should end."""
        until = time.monotonic() + seconds
        while not self.stopping() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        return self.stopping()


def nothing() -> None:
    """The way to settle what needs no settling."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that came: its bytes or where they lie, what belongs to it, and what is to be done once it is sealed."""

    file_name: str
    data: bytes | None = field(default=None, repr=False)
    path: Path | None = None
    parts: Mapping[str, bytes | Path] = field(default_factory=dict, repr=False)
    """Files that belong to it, by the name by which the file calls them."""
    envelope: Mapping[str, str] = field(default_factory=lambda: dict(_NOTHING))
    """What the transport knows of it: "from", "subject", "message-id", "url", "content-type", "authentication" ..."""
    cursor: Cursor | None = None
    """The cursor once this is sealed. None: as before."""
    settled: Callable[[], None] = nothing
    """Called after it is sealed: now the file at the other end may be deleted, moved or marked as read."""
    together: bool = False
    """It may be settled together with others that follow at once, at the latest with `Settle`."""


@dataclass(frozen=True, slots=True)
class Settle:
    """What was yielded before is sealed and settled before `fetch` goes on."""


@dataclass(frozen=True, slots=True)
class Remember:
    """Nothing to deliver, but the cursor moved: e.g. "not modified", with a new ETag."""

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is there and could not be fetched; the others were not held up by it. Shown to people."""

    file_name: str
    why: str
    """A sentence with a remedy."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know although all is well, e.g. that the address has moved for good."""

    says: str


News: TypeAlias = Arrival | Settle | Remember | Skipped | Note


class Trouble(Problem):
    """A look that failed. The message is for people: what happened and what to do. Never a secret in it.

    `retry_after`: seconds, where the other side said how long to wait. `final`: it is no use to try again before a
    person changes something, e.g. 410 Gone.
    """

    def __init__(self, says: str, *, retry_after: float | None = None, final: bool = False) -> None:
        super().__init__(says)
        self.retry_after = retry_after
        self.final = final


class Transport(Protocol):
    """What a transport's module provides."""

    KIND: str
    """One of `Source.Kind`."""
    Settings: type[Settings]
    SECRETS: tuple[SecretField, ...]
    LINGERS: bool
    """True: `fetch` stays and yields as things come (a watched folder, IMAP IDLE), until `Job.stopping()`. Then it has
    a thread of its own, and ends at once on a trial after what is there. False: it comes back when all is fetched."""

    def check(self, settings: Any, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
        """(field, sentence) of all that cannot work; `secrets` are the names of those that are set. No network."""
        ...

    def fetch(self, job: Job) -> Iterator[News]:
        """Look at the source. Raises `Trouble` (or another `Problem`) for what stops the look.

        Anything it holds (a connection, a temporary file) is let go in `finally`: the caller closes the generator.
        """
        ...
