"""How related two stories are: pure arithmetic on their terms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

HALF_LIFE = 45.0
"""Days between two publications after which what they share counts half."""

FLOOR = 0.25
"""Part of a score that no distance in time takes away: a story's background may be old."""


def rarity(holders: int, stories: int) -> float:
    """Weight of a term that `holders` of `stories` stories have: high for rare ones, never negative."""
    return math.log1p(stories / (1 + holders))


def shared(one: Mapping[str, float], other: Mapping[str, float], rarities: Mapping[str, float]) -> float:
    """What two stories have in common: for each common term its rarity times the smaller of its two weights."""
    smaller, larger = (one, other) if len(one) <= len(other) else (other, one)
    return sum(
        min(weight, larger[term]) * rarities.get(term, 0.0) for term, weight in smaller.items() if term in larger
    )


def score(common: float, days: float) -> float:
    """A relation's score from what is common and the days between the two publications."""
    return common * (FLOOR + (1 - FLOOR) * 0.5 ** (abs(days) / HALF_LIFE))


def best(scores: Iterable[tuple[int, float]], limit: int) -> list[tuple[int, float]]:
    """The best of (story id, score), best first; of equals the newer story (higher id). Scores of nothing are left out."""
    return sorted((entry for entry in scores if entry[1] > 0), key=lambda entry: (-entry[1], -entry[0]))[:limit]
