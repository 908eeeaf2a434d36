"""A watched folder: an agency's client program, an FTP server of our own, or a person puts files into it.

Names that are hidden or end in .part, .tmp and the like are left alone until they are renamed. A file is taken when it
is whole: an XML or JSON file whose end is there, a message that is signed off, any other once it has not grown for a
while. Pictures that a file names, or that have its name, come with it as its parts. Links are never followed, so
nothing outside is ever read.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from standfirst.kit import clock
from standfirst.wire.pressing import pressing
from standfirst.wire.transports import _shared
from standfirst.wire.transports._files import (
    Entry,
    belonging,
    in_order,
    is_part,
    missing,
    signed_off,
    unfinished,
    wanted,
    whole,
)
from standfirst.wire.transports._shared import Arrival, Job, News, Remember, SecretField, Settle, Skipped, Trouble

KIND: Final = "folder"
LINGERS: Final = True

DONE: Final = "done"


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which folder, and what happens to the files in it."""

    CHOICES: ClassVar = {
        "move": "Moved to the folder “done” in it",
        "delete": "Deleted (the newsroom keeps the bytes as received)",
        "leave": "Left where they are",
    }

    path: Annotated[
        str, Meta(title="Folder", description="E.g. /srv/wire/afp. The newsroom’s account must read and write it.")
    ]
    afterwards: Annotated[Literal["move", "delete", "leave"], Meta(title="Files that were taken in are")] = "move"
    keep_days: Annotated[int, Meta(title="Keep in “done” for days", description="0: for ever.", ge=0, le=3650)] = 7
    patterns: Annotated[
        tuple[str, ...], Meta(title="Only names like", description="One a line, e.g. *.xml. Empty: every file.")
    ] = ()
    subfolders: Annotated[bool, Meta(title="Look in folders below it, too")] = True
    settle: Annotated[
        int,
        Meta(
            title="Seconds without growth",
            description="After which a file counts as whole. XML and JSON files are known by their end.",
            ge=1,
            le=600,
        ),
    ] = 2
    parts_wait: Annotated[
        int,
        Meta(
            title="Wait for pictures, seconds",
            description="That a file names and that are not there yet.",
            ge=0,
            le=600,
        ),
    ] = 5


SECRETS: Final[tuple[SecretField, ...]] = ()

_POLL: Final = 0.2
_SIGNED_OFF: Final = 0.3
"""Seconds without growth after which a message that has its sign-off counts as whole: a kill must not wait longer."""
_IN_MEMORY: Final = 8 * 1024 * 1024
_DEPTH: Final = 8
_AT_ONCE: Final = 50
"""Files taken at once."""
_LOOK_AGAIN: Final = 0.25
"""Seconds of taking files after which the folder is looked through again: a kill may have come meanwhile."""
_SMALL: Final = 256 * 1024
"""Bytes of a file that is not read a second time."""
_EMPTY: Final = 30
"""Seconds after which a file without a byte is taken for what it is: some senders make it first, and fill it then."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if not settings.path.startswith("/"):
        yield "path", "Write the whole path, from the first slash: /srv/wire/agency."


@dataclass(slots=True)
class _Seen:
    """What is remembered of a file between two looks."""

    size: int
    changed: str
    since: float
    """When it was first seen like this, on the monotonic clock."""
    pressing: bool | None = None
    """Whether it may ask for a takedown; None before anybody looked."""


@dataclass(slots=True)
class _Watch:
    """One life of the watch on a folder."""

    job: Job
    seen: dict[str, _Seen] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    left: dict[str, list[object]] = field(default_factory=dict)
    """Files that stay although they were taken in: by setting, or because they cannot be moved."""
    more: bool = False
    """There are more files than were taken at once."""
    patience: int = 3
    """How often it was in vain to wait for pictures; then nobody waits any more."""


def fetch(job: Job) -> Iterator[News]:
    watch = _Watch(job, left=dict(job.cursor.get("left", {})))
    if not job.trial:
        _sweep(job.settings)
    while True:
        watch.more = False
        yield from _look(watch)
        if job.trial or (job.stopping() if watch.more else job.wait(_POLL)):
            return


def _look(watch: _Watch) -> Iterator[News]:
    job, settings = watch.job, watch.job.settings
    top = _top(settings.path)
    try:
        entries, odd = _list(top, settings)
        here = {entry.path for entry in entries}
        watch.seen = {path: seen for path, seen in watch.seen.items() if path in here}
        if gone := watch.left.keys() - here:
            watch.left = {path: what for path, what in watch.left.items() if path not in gone}
        for name, why in odd:
            if name not in watch.told:
                watch.told.add(name)
                yield Skipped(name, why)
        now = time.monotonic()
        fresh: list[Entry] = []
        for entry in entries:
            seen = watch.seen.get(entry.path)
            if seen is None or (seen.size, seen.changed) != (entry.size, entry.changed):
                watch.seen[entry.path] = _Seen(entry.size, entry.changed, now)
            if watch.left.get(entry.path) != [entry.size, entry.changed]:
                fresh.append(entry)
        leads = in_order(entry for entry in fresh if not is_part(entry.path))
        for lead in leads:
            seen = watch.seen[lead.path]
            if seen.pressing is None:
                seen.pressing = pressing(_peek(top, lead) or b"")
        leads.sort(key=lambda lead: not watch.seen[lead.path].pressing)
        parts_here = [entry for entry in fresh if is_part(entry.path)]
        claimed: dict[str, int] = {}
        any_ready = False
        for begin in range(0, len(leads), _AT_ONCE):
            if begin and time.monotonic() - now > _LOOK_AGAIN:
                watch.more = any_ready  # at once, if these were not all still growing
                return
            ready: list[_Ready] = []
            for lead in leads[begin : begin + _AT_ONCE]:
                data = _peek(top, lead)
                parts = belonging(lead, data or b"", parts_here)
                for part in parts.values():
                    claimed[part.path] = claimed.get(part.path, 0) + 1
                if _is_ready(watch, lead, data, parts, now):
                    ready.append(_Ready(lead, parts, data if data is not None and len(data) <= _SMALL else None))
            any_ready = any_ready or bool(ready)
            yield from _deliver(watch, top, ready, claimed)
            if job.stopping():
                return
            if taken := {part.path for each in ready for part in each.parts.values()}:
                parts_here = [part for part in parts_here if part.path not in taken]
        # A picture that no file speaks of is a delivery of its own: agencies' photos carry their text in them.
        for entry in in_order(entry for entry in parts_here if entry.path not in claimed):
            if job.stopping():
                return
            age = now - watch.seen[entry.path].since
            if job.trial or age >= max(settings.settle, settings.parts_wait):
                yield from _deliver(watch, top, [_Ready(entry, {})], claimed)
    finally:
        os.close(top)


def _is_ready(watch: _Watch, lead: Entry, data: bytes | None, parts: dict[str, Entry], now: float) -> bool:
    if watch.job.trial:
        return True
    settings = watch.job.settings
    age = now - watch.seen[lead.path].since
    # What has been lying there since before we looked need not be watched again.
    patience = settings.settle if lead.size else max(settings.settle, _EMPTY)
    settled = age >= patience or _age(lead) >= max(patience, 2.0)
    if not settled and data is not None and len(data) == lead.size:
        settled = whole(data) or (max(age, _age(lead)) >= _SIGNED_OFF and signed_off(data))
    if not settled:
        return False
    growing = [part for part in parts.values() if now - watch.seen[part.path].since < 1.0 and _age(part) < 2.0]
    if growing:
        return False
    if data is None or watch.patience <= 0 or age >= settings.parts_wait or _age(lead) >= settings.parts_wait:
        if data is not None and age >= settings.parts_wait > 0 and watch.patience > 0 and missing(data, parts):
            watch.patience -= 1
        return True
    return not missing(data, parts)


def _age(entry: Entry) -> float:
    """Seconds since the file was last written, by the clock of the file system."""
    return time.time() - int(entry.changed) / 1e9


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file to take, with its parts, and its bytes if they are at hand."""

    lead: Entry
    parts: dict[str, Entry]
    data: bytes | None = None


def _deliver(watch: _Watch, top: int, ready: list[_Ready], claimed: dict[str, int]) -> Iterator[News]:
    """Yield the files that are `ready`, one after the other, to be settled in one go."""
    kept: dict[str, str] = {}
    for each in ready:
        if watch.job.stopping():
            break
        yield from _arrival(watch, top, each, claimed, kept)
    if ready:
        yield Settle()
    if watch.left:
        yield Remember({"left": dict(watch.left)})
    for path, why in kept.items():
        yield Skipped(path, f"It was taken in, but stays in the folder: {why}")


def _arrival(watch: _Watch, top: int, ready: _Ready, claimed: dict[str, int], kept: dict[str, str]) -> Iterator[News]:
    limits = watch.job.limits
    lead, parts, data = ready.lead, ready.parts, ready.data
    descriptor = -1
    try:
        if data is None and lead.size <= _IN_MEMORY:
            data = _read(top, lead, _IN_MEMORY)
        elif data is None:
            descriptor = _open(top, lead.path)
        brought: dict[str, bytes | Path] = {}
        for name, part in parts.items():
            if part.size > limits.part_bytes:
                yield Skipped(
                    part.path, f"It has {part.size:,} bytes, the limit is {limits.part_bytes:,}: take it in by hand."
                )
            else:
                brought[name] = _read(top, part, limits.part_bytes)
    except (OSError, ValueError) as error:
        if descriptor >= 0:
            os.close(descriptor)
        if lead.path not in watch.told:
            watch.told.add(lead.path)
            yield Skipped(lead.path, _why(error))
        return

    def settle() -> None:
        for entry in (lead, *parts.values()):
            claimed[entry.path] = claimed.get(entry.path, 1) - 1
            if entry is not lead and claimed[entry.path] > 0:
                continue  # another file, still to be delivered, names it too
            try:
                _away(top, entry, watch.job.settings.afterwards)
            except OSError as error:
                kept[lead.path] = _why(error)
                watch.left[entry.path] = [entry.size, entry.changed]
            else:
                if watch.job.settings.afterwards == "leave":
                    watch.left[entry.path] = [entry.size, entry.changed]

    try:
        yield Arrival(
            file_name=lead.path,
            data=data,
            path=None if data is not None else Path(f"/dev/fd/{descriptor}"),
            parts=brought,
            envelope={"folder": watch.job.settings.path, "changed": lead.changed},
            settled=settle,
            together=True,
        )
    finally:
        if descriptor >= 0:
            os.close(descriptor)


# --- the folder ---------------------------------------------------------------------------------------------------


def _top(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Trouble(f"There is no folder {path}: make it, or mount what it is on.") from None
    except NotADirectoryError:
        raise Trouble(f"{path} is no folder: name the folder that the files are put into.") from None
    except OSError as error:
        raise Trouble(
            f"The folder {path} cannot be opened ({error.strerror}): let the newsroom’s account read it."
        ) from None


def _list(top: int, settings: Settings) -> tuple[list[Entry], list[tuple[str, str]]]:
    """Files that may be taken, and those that may not with the reason. No link is followed."""
    found: list[Entry] = []
    odd: list[tuple[str, str]] = []

    def failed(error: OSError) -> None:
        odd.append((str(error.filename or "a folder"), _why(error)))

    for root, folders, names, descriptor in os.fwalk(".", dir_fd=top, follow_symlinks=False, onerror=failed):
        below = root[2:] if root.startswith("./") else ""
        deep = below.count("/") + 1 if below else 0
        folders[:] = sorted(
            name
            for name in folders
            if settings.subfolders and deep < _DEPTH and not name.startswith(".") and not (not below and name == DONE)
        )
        for name in names:
            path = f"{below}/{name}" if below else name
            if unfinished(name) or not wanted(name, settings.patterns):
                continue
            try:
                found_here = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue  # renamed in between
            if stat.S_ISLNK(found_here.st_mode):
                odd.append((path, "It is a link, and links are not followed: put the file itself there."))
            elif not stat.S_ISREG(found_here.st_mode):
                odd.append((path, "It is no ordinary file: remove it."))
            else:
                found.append(Entry(path, found_here.st_size, f"{found_here.st_mtime_ns:020d}"))
    return found, odd


def _open(top: int, path: str) -> int:
    """A descriptor of the file itself. A link on the way, put there since the listing, is refused by the system."""
    *folders, name = path.split("/")
    at = os.dup(top)
    try:
        for folder in folders:
            deeper = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = deeper
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no ordinary file")
    return descriptor


def _read(top: int, entry: Entry, limit: int) -> bytes:
    with open(_open(top, entry.path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit or len(data) != entry.size:
        raise ValueError("It changed while it was read: it is looked at again.")
    return data


def _peek(top: int, entry: Entry) -> bytes | None:
    """The bytes of a file of ordinary size, None if it is large or cannot be read now."""
    if entry.size > _IN_MEMORY:
        return None
    try:
        return _read(top, entry, _IN_MEMORY)
    except (OSError, ValueError):
        return None


def _away(top: int, entry: Entry, afterwards: str) -> None:
    if afterwards == "leave":
        return
    with _parent(top, entry.folder) as (at, _):
        found = os.stat(entry.name, dir_fd=at, follow_symlinks=False)
        if (found.st_size, f"{found.st_mtime_ns:020d}") != (entry.size, entry.changed):
            return  # a new file of the same name has come: it is the next delivery
        if afterwards == "delete":
            os.unlink(entry.name, dir_fd=at)
            return
        day = f"{DONE}/{clock.now():%Y-%m-%d}"
        target = f"{day}/{entry.folder}" if entry.folder else day
        with _parent(top, target, make=True) as (there, _):
            name = entry.name
            for number in range(2, 10_000):
                try:
                    os.stat(name, dir_fd=there, follow_symlinks=False)
                except FileNotFoundError:
                    break
                stem, dot, ending = entry.name.rpartition(".")
                name = f"{stem}~{number}{dot}{ending}" if stem else f"{entry.name}~{number}"
            os.rename(entry.name, name, src_dir_fd=at, dst_dir_fd=there)


class _parent:  # noqa: N801 - used as a function
    """A folder below the top, opened step by step without following links; made where it is missing with `make`."""

    def __init__(self, top: int, path: str, *, make: bool = False) -> None:
        self._top, self._path, self._make = top, path, make
        self._at = -1

    def __enter__(self) -> tuple[int, str]:
        self._at = os.dup(self._top)
        for folder in self._path.split("/") if self._path else ():
            if self._make:
                with suppress(FileExistsError):
                    os.mkdir(folder, 0o755, dir_fd=self._at)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                deeper = os.open(folder, flags, dir_fd=self._at)
            except OSError:
                os.close(self._at)
                raise
            os.close(self._at)
            self._at = deeper
        return self._at, self._path

    def __exit__(self, *_: object) -> None:
        os.close(self._at)


def _sweep(settings: Settings) -> None:
    """Remove days from "done" that are older than they are kept."""
    done = Path(settings.path) / DONE
    if not settings.keep_days or settings.afterwards != "move" or done.is_symlink():
        return
    oldest = f"{clock.now() - timedelta(days=settings.keep_days):%Y-%m-%d}"
    try:
        days = [day for day in done.iterdir() if _DAY.match(day.name) and not day.is_symlink() and day.is_dir()]
    except OSError:
        return
    for day in days:
        if day.name < oldest:
            shutil.rmtree(day, ignore_errors=True)


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "the newsroom’s account may not do that there: let it read and write in this folder."
    if isinstance(error, OSError):
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            return "there is a link on the way to it, and links are not followed: put the file itself there."
        return f"{error.strerror}: look at the disk."
    return str(error)
