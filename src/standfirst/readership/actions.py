"""From read counts to the most read stories and the hot set. Everything happens at ticks; nobody is known."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q

from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.readership import decay
from standfirst.readership.models import HotPath, RankingRow, ReadCount, TakenSpool
from standfirst.stories.models import Address, Publication

log = logging.getLogger(__name__)

PLACES = 10
"""Stories in a ranking."""

SHOWN = 4
"""Places that are filled with the newest stories where too little has been read: a Top 3, and one for the page that
leaves itself out."""

MARGIN = 1.1
"""A challenger must have this many times the score of the story whose place it takes."""

LARGEST_SPOOL = 4 * 1024 * 1024
MOST_PATHS = 20_000
MOST_READS = 1_000_000
"""A spool file may be this large, name this many paths, and count this many reads of one."""

_STORY_PATH = re.compile(r"^(?P<section>/(?:[^/]+/)*)(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)/(?P<last>[^/]+)/$")


class Spool(msgspec.Struct, forbid_unknown_fields=False):
    """A file as the reader process flushes it: reads of paths within some seconds."""

    at: str
    paths: dict[str, int]


# --- counting -----------------------------------------------------------------------------------------------------


def take_counts(folder: Path, at: datetime) -> int:
    """Add up the spool files in `folder`, each once. Returns how many files were counted.

    A file that is no spool is set aside with the ending `.odd` and a line in the log; the rest goes on.
    """
    counted = 0
    for file in sorted(folder.glob("*.json"))[:1000]:
        try:
            if file.stat().st_size > LARGEST_SPOOL:
                raise ValueError("it is too large")
            spool = msgspec.json.decode(file.read_bytes(), type=Spool)
            since = datetime.fromisoformat(spool.at)
            if since.tzinfo is None:
                raise ValueError("its time has no zone")
            _check(spool)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as problem:  # msgspec's errors are ValueErrors
            log.warning("The file of read counts %s cannot be used (%s); it is set aside.", file.name, problem)
            with suppress(OSError):
                file.rename(file.with_suffix(".odd"))
            continue
        with transaction.atomic():
            _, new = TakenSpool.objects.get_or_create(name=file.name[:160], defaults={"at": at})
            if new:
                _add(spool.paths, min(since, at))
                counted += 1
        # Only after the commit: a crash in between leaves the file, and its name keeps it from counting twice.
        file.unlink(missing_ok=True)
    TakenSpool.objects.filter(at__lt=at - timedelta(days=2)).delete()
    return counted


def _check(spool: Spool) -> None:
    if len(spool.paths) > MOST_PATHS:
        raise ValueError("it names too many paths")
    if any(not 0 <= reads <= MOST_READS for reads in spool.paths.values()):
        raise ValueError("it counts more than anybody reads")


def _add(paths: Mapping[str, int], since: datetime) -> None:
    stories = _stories_at(path for path, reads in paths.items() if reads > 0)
    known = {row.path: row for row in ReadCount.objects.filter(path__in=list(stories))}
    rows = []
    for path, story in stories.items():
        row = known.get(path) or ReadCount(path=path, story=story, score=0.0, at=since)
        latest = max(row.at, since)
        row.score = decay.worth(row.score, row.at, latest) + decay.worth(float(paths[path]), since, latest)
        row.at, row.story = latest, story
        rows.append(row)
    ReadCount.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["path"], update_fields=["story", "score", "at"], batch_size=500
    )


def _stories_at(paths: Iterable[str]) -> dict[str, int]:
    """Path -> story, for those paths that are or were a story's address."""
    parts: dict[tuple[str, str, str], str] = {}
    for path in paths:
        if match := _STORY_PATH.match(path):
            parts[match["section"], f"{match['y']}-{match['m']}-{match['d']}", match["last"]] = path
    found: dict[str, int] = {}
    keys = list(parts)
    for start in range(0, len(keys), 200):
        some = keys[start : start + 200]
        rows = Address.objects.filter(last_part__in=[last for _, _, last in some]).values_list(
            "section_path__path", "day", "last_part", "story_id"
        )
        for section, day, last, story in rows:
            if path := parts.get((section, day.isoformat(), last)):
                found[path] = story
    return found


# --- ranking ------------------------------------------------------------------------------------------------------


def _scores(at: datetime) -> dict[int, float]:
    """Story -> what its reads are worth at `at`. Forgets what is worth nothing any more."""
    ReadCount.objects.filter(at__lt=at - timedelta(seconds=decay.HALF_LIFE * 24)).delete()
    found: dict[int, float] = {}
    for story, score, since in ReadCount.objects.values_list("story", "score", "at"):
        found[story] = found.get(story, 0.0) + decay.worth(score, since, at)
    return {story: score for story, score in found.items() if score >= decay.GONE}


def _published(stories: Iterable[int]) -> set[int]:
    return set(
        Publication.objects.filter(story_id__in=list(stories), story__live=True).values_list("story_id", flat=True)
    )


def _newest(limit: int) -> list[int]:
    return list(
        Publication.objects.filter(story__live=True).order_by("-first", "-story_id").values_list("story_id", flat=True)[
            :limit
        ]
    )


def order(scores: Mapping[int, float], standing: Iterable[int]) -> list[int]:
    """The ranking: by score, but nobody takes a standing story's place without the margin.

    Pure. `standing` is the ranking as it was, best first; of equals the newer story (higher id) goes first.
    """
    former = [story for story in standing if story in scores]
    place = {story: number for number, story in enumerate(former)}
    ranked = former + sorted((s for s in scores if s not in place), key=lambda story: (-scores[story], -story))
    # Insertion: each story climbs past those it beats by the margin (those without a former place need none among themselves).
    result: list[int] = []
    for story in ranked:
        at = len(result)
        while at > 0:
            above = result[at - 1]
            needed = scores[above] * (MARGIN if above in place else 1.0)
            if scores[story] > needed or (above not in place and story not in place and scores[story] == needed):
                at -= 1
            else:
                break
        result.insert(at, story)
    return result


def rank(at: datetime) -> bool:
    """Make the ranking "top" anew. Returns whether it is another one now."""
    scores = _scores(at)
    live = _published(scores)
    standing = ranking("top")
    ordered = order({story: score for story, score in scores.items() if story in live}, standing)[:PLACES]
    if len(ordered) < SHOWN:
        ordered += [story for story in _newest(SHOWN + PLACES) if story not in ordered][: SHOWN - len(ordered)]
    if tuple(ordered) == standing:
        return False
    with transaction.atomic():
        RankingRow.objects.filter(name="top").delete()
        RankingRow.objects.bulk_create(
            RankingRow(name="top", place=place, story=story, score=scores.get(story, 0.0))
            for place, story in enumerate(ordered)
        )
        changes.record(kind="ranking", ref="top", cause="ranked")
    return True


def ranking(name: str) -> tuple[int, ...]:
    """Ids of the most read stories as they were ranked last, first first."""
    return tuple(RankingRow.objects.filter(name=name).order_by("place").values_list("story", flat=True))


# --- the hot set --------------------------------------------------------------------------------------------------


def heat(at: datetime, limit: int) -> int:
    """Make the hot set anew: the pages most read now, filled up with the newest. Returns how many entered or left."""
    scores = _scores(at)
    live = _published(scores)
    hot_now = hot_paths()
    paths = _paths_of([*live, *_newest(limit)])
    by_path = {path: story for story, path in paths.items()}
    held = {by_path[path] for path in hot_now if path in by_path}
    # A page that is hot already holds its place against one that is hardly warmer.
    warmest = sorted(
        (story for story in live if story in paths),
        key=lambda story: (-scores[story] * (MARGIN if story in held else 1.0), -story),
    )[:limit]
    fill = [story for story in _newest(limit) if story not in set(warmest) and story in paths]
    chosen = {paths[story] for story in (warmest + fill)[:limit]}
    return _set_hot(hot_now, chosen, at, Lane.MAINTENANCE)


def heat_new(path: str, limit: int = 40) -> None:
    """A story has just been published at `path`: its page is hot. The one that has been hot longest makes room."""
    now = clock.now()
    if HotPath.objects.filter(path=path).exists() or limit < 1:
        return
    with transaction.atomic():
        room = HotPath.objects.count() - limit + 1
        if room > 0:
            for old in HotPath.objects.order_by("since", "path")[:room]:
                old.delete()
                changes.record(kind="hot", ref=old.path, lane=Lane.MAINTENANCE, cause="cooled")
        HotPath.objects.create(path=path, since=now)
        changes.record(kind="hot", ref=path, cause="heated")


def _set_hot(before: set[str], after: set[str], at: datetime, lane: int) -> int:
    changed = before ^ after
    if changed:
        with transaction.atomic():
            HotPath.objects.filter(path__in=before - after).delete()
            HotPath.objects.bulk_create(
                [HotPath(path=path, since=at) for path in sorted(after - before)], ignore_conflicts=True
            )
            for path in sorted(changed):
                changes.record(kind="hot", ref=path, lane=lane, cause="heated" if path in after else "cooled")
    return len(changed)


def hot_paths() -> set[str]:
    """Paths of the pages that carry the rails in full."""
    return set(HotPath.objects.values_list("path", flat=True))


def is_hot(path: str) -> bool:
    return HotPath.objects.filter(path=path).exists()


def _paths_of(stories: Iterable[int]) -> dict[int, str]:
    rows: Any = Address.objects.filter(Q(story_id__in=list(stories)), current=True).select_related("section_path")
    return {row.story_id: row.path for row in rows}
