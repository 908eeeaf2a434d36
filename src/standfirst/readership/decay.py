"""Exponential decay: what a read is worth later. Exact, additive, and indifferent to the order of files."""

from __future__ import annotations

from datetime import datetime

HALF_LIFE = 2 * 3600.0
"""Seconds after which a read is worth half."""

GONE = 0.05
"""Scores below this are forgotten."""


def worth(score: float, since: datetime, at: datetime) -> float:
    """What `score`, true at `since`, is worth at `at`. Looking back raises it by the same law."""
    return float(score * 0.5 ** ((at - since).total_seconds() / HALF_LIFE))
