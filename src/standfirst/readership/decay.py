"""Exponential decay: what reads are worth later.

A score halves every two hours. Instead of a score and the moment at which it was true, one number is kept, its *level*:
the base-2 logarithm of the score, plus the moment in half lives since a fixed day. Waiting does not change a level, so
the order of levels is the order of scores at every moment: a plain index finds the most read stories, and what is worth
nothing any more, without touching the rest. Adding is exact but for rounding (one part in 10^10), and does not care in
which order reads come.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

HALF_LIFE = 2 * 3600.0
"""Seconds after which a read is worth half."""

GONE = 0.05
"""Scores below this are forgotten: one read, after some nine hours."""

MOST = 1e12
"""No score is above this. One that is was written while the machine's clock was wrong."""

_DAY_ONE = datetime(2026, 1, 1, tzinfo=UTC)


def level(score: float, at: datetime) -> float:
    """The level of `score` (more than nothing) at the moment `at`."""
    return math.log2(score) + _half_lives(at)


def score(level: float, at: datetime) -> float:
    """What a level is worth at the moment `at`."""
    return float(2.0 ** min(level - _half_lives(at), 1000.0))


def add(one: float, other: float) -> float:
    """The level of two scores together."""
    high, low = max(one, other), min(one, other)
    return high + math.log1p(2.0 ** (low - high)) / math.log(2.0)


def _half_lives(at: datetime) -> float:
    return (at - _DAY_ONE).total_seconds() / HALF_LIFE
