"""What the sweeps found and mended, kept in `run/sweeps.json`: the last sweep, and the latest findings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from standfirst.kit import clock
from standfirst.kit.files import write_atomically

KEPT = 50
"""Findings that are kept."""

NAMED = 20
"""Records or pages that one finding names."""


class Finding(msgspec.Struct, frozen=True):
    """Drift that one sweep found. `what` is "record" (written past the usual doors) or "file" (changed or removed by
    another hand); `mended` of `number` were with the readers again when the sweep ended, the rest is tried again."""

    at: str
    what: str
    number: int
    mended: int
    names: list[str]


class Report(msgspec.Struct, frozen=True):
    """The last sweep (ISO 8601, ms that it took; empty: none yet), and the findings, newest first."""

    at: str = ""
    ms: int = 0
    found: list[Finding] = []


def note(home: Path, *, late: Sequence[str], drifted: Sequence[str], unmended: int, ms: int) -> None:
    """Add a sweep to the report."""
    at = clock.iso(clock.now())
    found = []
    if drifted:
        found.append(Finding(at, "file", len(drifted), len(drifted) - unmended, list(drifted[:NAMED])))
    if late:
        found.append(Finding(at, "record", len(late), len(late), list(late[:NAMED])))
    report = Report(at, ms, [*found, *read(home).found][:KEPT])
    with suppress(OSError):  # a full disk: the worker's other steps say so, and what was mended stays so
        write_atomically(_path(home), msgspec.json.encode(report))


def read(home: Path) -> Report:
    """The report. One that is missing or cannot be read counts as none."""
    try:
        return msgspec.json.decode(_path(home).read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return Report()


def _path(home: Path) -> Path:
    return home / "run" / "sweeps.json"
