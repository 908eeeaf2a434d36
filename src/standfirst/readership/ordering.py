"""Who stands where: pure functions that keep rankings steady. Nobody gives way to a challenger by a hair."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

MARGIN = 1.1
"""A challenger must have more than this many times the score of the story whose place it takes."""


def ranked(scores: Mapping[int, float], standing: Sequence[int], places: int) -> list[int]:
    """The ranking that follows `standing` (best first) when stories have `scores`: at most `places`, best first.

    Newcomers take free places, and the place of the story with the lowest score if they beat it by the margin. Then
    each climbs past those above it that it beats by the margin. So a standing story is only ever passed, or put out, by
    one with more than `MARGIN` times its score, and with steady scores the result stays as it is. Of newcomers with
    equal scores the newer one (higher id) goes first.
    """
    members = [story for story in standing if story in scores][:places]
    former = frozenset(members)
    for newcomer in sorted(scores.keys() - former, key=lambda story: (-scores[story], -story)):
        if len(members) < places:
            members.append(newcomer)
            continue
        # Of equally weak ones the lowest goes.
        weakest = min(reversed(members), key=lambda story: scores[story], default=None)
        if weakest is None or scores[newcomer] <= MARGIN * scores[weakest]:
            break
        members.remove(weakest)
        members.append(newcomer)
    result: list[int] = []
    for story in members:
        at = len(result)
        while at > 0 and _passes(story, result[at - 1], scores, former):
            at -= 1
        result.insert(at, story)
    return result


def _passes(story: int, above: int, scores: Mapping[int, float], former: Collection[int]) -> bool:
    # Newcomers come best first, so none passes another.
    return above in former and scores[story] > MARGIN * scores[above]


def hottest(
    scores: Mapping[int, float],
    *,
    held: Collection[int],
    fresh: Sequence[int],
    newest: Sequence[int],
    limit: int,
) -> list[int]:
    """The stories whose pages are hot, at most `limit`.

    Half of the seats at most go to `fresh` stories (newest first): they will be read in a moment. Then come the most
    read, where one that is hot already (`held`) counts `MARGIN` times its score; then the newest.
    """
    chosen = dict.fromkeys(fresh[: limit // 2])
    warmth = {story: score * (MARGIN if story in held else 1.0) for story, score in scores.items()}
    for story in (*sorted(warmth, key=lambda story: (-warmth[story], -story)), *newest):
        if len(chosen) >= limit:
            break
        chosen.setdefault(story)
    return list(chosen)
