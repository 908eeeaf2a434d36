"""How related two stories are: pure arithmetic on their terms."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

HALF_LIFE = 120.0
"""Days between two publications after which half of what time can take away is gone."""

FLOOR = 0.4
"""Part of a score that no distance in time takes away: a story's background may be old."""

Entry = tuple[int, float]
"""Story id and score."""


def rarity(holders: int, stories: int) -> float:
    """Weight of a term that `holders` of `stories` stories have: nearly 1 for the rarest, towards 0 for common ones.

    It hardly depends on the size of the archive, so that scores of different years can be compared in one list.
    """
    return math.log1p(stories / (1 + holders)) / math.log1p(max(stories, 1))


def shared(one: Mapping[str, float], other: Mapping[str, float], rarities: Mapping[str, float]) -> float:
    """What two stories have in common: for each common term its rarity times both its weights."""
    # fsum: the same terms make the same score, in whatever order they come.
    return math.fsum(weight * other[term] * rarities.get(term, 0.0) for term, weight in one.items() if term in other)


def score(common: float, days: float) -> float:
    """A relation's score from what is common and the days between the two publications."""
    return float(common * (FLOOR + (1 - FLOOR) * 0.5 ** (abs(days) / HALF_LIFE)))


def telling(
    own: Mapping[str, float], rarities: Mapping[str, float], holders: Mapping[str, int], most: int
) -> list[str]:
    """The terms of a story by which others are looked up: at most `most` rare and weighty ones, and its section.

    Terms that no other story has find nothing and are left out.
    """
    held = [term for term in own if holders.get(term, 0) > 1 and not term.startswith("s:")]
    best_first = sorted(held, key=lambda term: (-(own[term] ** 2) * rarities[term], term))
    return [*best_first[:most], *(term for term in own if term.startswith("s:"))]


def best(scores: Iterable[Entry], limit: int) -> list[Entry]:
    """The best of (story id, score), best first; of equals the newer story (higher id). None of score 0."""
    return sorted((entry for entry in scores if entry[1] > 0), key=lambda entry: (-entry[1], -entry[0]))[:limit]


def settled(listed: Sequence[Entry], entry: Entry, *, welcome: bool, places: int) -> list[Entry]:
    """The list `listed` after `entry` was decided anew: in its place if it is `welcome` and good enough, else out."""
    others = [known for known in listed if known[0] != entry[0]]
    return best([*others, entry], places) if welcome else best(others, places)


def ids(entries: Collection[Entry]) -> list[int]:
    return [story for story, _ in entries]
