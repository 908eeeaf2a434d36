"""Is the worker there? It writes `run/worker.json` each second: {"at": ISO 8601, "pid": n, "doing": text,
"trouble": what fails while it is there}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from standfirst.kit import clock

STALE_AFTER = timedelta(seconds=5)
REMEDY = "Start it with “standfirst serve”."


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When the worker was last seen (None: never in this newsroom) and what it was doing."""

    at: datetime | None
    doing: str
    stale: bool
    trouble: str = ""

    def says(self) -> str:
        """What the desk should know of: away or held up; empty while all is well. Times in the current zone."""
        if not self.stale:
            return f"The worker is held up: {self.trouble}" if self.trouble else ""
        if self.at is None:
            seen = "The worker has not been seen yet"
        else:
            from django.utils import timezone

            local = timezone.localtime(self.at)
            today = local.date() == timezone.localtime(clock.now()).date()
            seen = f"The worker has not been seen since {local:%H:%M:%S}" + ("" if today else f" on {local:%d %B %Y}")
        return f"{seen}: nothing is published or scheduled until it is back. {REMEDY}"


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
    return Heartbeat(
        at=at,
        doing=str(beat.get("doing") or ""),
        stale=clock.now() - at > STALE_AFTER,
        trouble=str(beat.get("trouble") or ""),
    )
