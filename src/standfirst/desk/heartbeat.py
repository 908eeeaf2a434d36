"""Is the worker there? It writes `run/worker.json` each second: {"at": ISO 8601, "pid": n, "doing": text,
"trouble": what holds it up while it is there, "failing": which pages cannot be printed, "theme": what of the newsroom's
theme is not used}.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from standfirst.kit import clock, reserve

STALE_AFTER = timedelta(seconds=5)
REMEDY = "Start it with “standfirst serve”."


KEPT = "Readers keep the last good copy; what failed is tried again by itself every few seconds."


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When the worker was last seen (None: never in this newsroom) and what it was doing."""

    at: datetime | None
    doing: str
    stale: bool
    trouble: str = ""
    failing: str = ""
    theme: str = ""
    hindered: str = ""
    """Why it may be there though it gives no sign, and what to do."""

    def says(self) -> str:
        """What the desk should know of: away or held up; empty while all is well. Times in the current zone."""
        if not self.stale:
            if self.trouble:
                return f"The worker is held up: {self.trouble}"
            if self.failing:
                return f"Not up to date for readers: {self.failing}. {KEPT}"
            return f"The theme: {self.theme}" if self.theme else ""
        if self.at is None:
            seen = "The worker has not been seen yet"
        else:
            from django.utils import timezone

            local = timezone.localtime(self.at)
            today = local.date() == timezone.localtime(clock.now()).date()
            seen = f"The worker has not been seen since {local:%H:%M:%S}" + ("" if today else f" on {local:%d %B %Y}")
        return f"{seen}: nothing is published or scheduled until it is back. {self.hindered or REMEDY}"


def path() -> Path:
    """The file that the worker writes."""
    return Path(settings.STANDFIRST.home) / "run" / "worker.json"


def read() -> Heartbeat:
    """The worker's last sign of life. A file that is missing or not readable yet counts as no sign."""
    try:
        beat = json.loads(path().read_bytes())
        at = datetime.fromisoformat(str(beat["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Heartbeat(at=None, doing="", stale=True)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    # Either way: a clock that was set back must not make a dead worker look alive.
    stale = abs(clock.now() - at) > STALE_AFTER
    return Heartbeat(
        at=at,
        doing=str(beat.get("doing") or ""),
        stale=stale,
        trouble=str(beat.get("trouble") or ""),
        failing=str(beat.get("failing") or ""),
        theme=str(beat.get("theme") or ""),
        hindered=_hindered(beat) if stale else "",
    )


def _hindered(beat: dict[str, object]) -> str:
    with suppress(OSError):
        if shutil.disk_usage(path().parent).free < reserve.FULL:
            return "The disk with the newsroom’s folder is full: make room there; the worker goes on by itself."
    try:
        os.kill(int(str(beat.get("pid"))), 0)
        with open(f"/proc/{beat['pid']}/cmdline", "rb") as words:
            runs = b"standfirst" in words.read()
    except (OSError, ValueError, KeyError):
        return ""
    if not runs:
        return ""
    return (
        f"It runs (process {beat['pid']}, {beat.get('doing') or 'working'}) but gets no answer from the disk or the "
        "database: see whether they are there and not overburdened; it goes on by itself. If they are, restart it."
    )
