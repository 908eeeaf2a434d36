"""The time, and the only place that reads it.

Rendering never asks for the time (DESIGN section 5): it enters the newsroom as ticks, and those are written by code
that calls `now()`. Tests move the clock with `set_offset()`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_offset = timedelta(0)


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def set_offset(offset: timedelta) -> None:
    """Shift `now()` by `offset` in this process. For tests and rehearsals only."""
    global _offset
    _offset = offset


def day_of(moment: datetime, zone: str) -> date:
    """The calendar day on which `moment` falls in the newsroom's `zone` (an IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def later(local: datetime, zone: tzinfo) -> datetime:
    """The moment at which clocks in `zone` show `local` (which names no zone), aware, in that zone.

    When clocks are put back an hour comes twice: it is the later of the two moments. When they are put forward an hour
    is left out: it is the moment at which clocks would have shown it, had nobody touched them. So what must not happen
    before an hour does not happen before it.
    """
    return max((local.replace(tzinfo=zone, fold=fold) for fold in (0, 1)), key=lambda moment: moment.astimezone(UTC))


def iso(moment: datetime) -> str:
    """`moment` as ISO 8601 in UTC with seconds, e.g. "2026-11-22T08:30:00Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
