"""From read counts to the most read stories and the hot set. Everything happens at ticks; nobody is known.

What a tick costs does not depend on the archive: counts are one row a story that was read lately, and an index finds
the few that matter.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.changes.statements import by_ids
from standfirst.kit import clock
from standfirst.readership import decay, ordering, spool
from standfirst.readership.models import HotPath, RankingRow, ReadCount, TakenSpool
from standfirst.stories.models import Address, Publication, SectionPath

log = logging.getLogger(__name__)

PLACES = 10
"""Stories in a ranking."""

SHOWN = 3
"""Places that are filled with the newest stories where too little has been read."""

FILES, PATHS = 1000, 200_000
"""Spool files looked at, and paths added up, in one tick at most. The rest waits for the next."""

FRESH = timedelta(minutes=20)
"""A page stays hot this long after its story was first published, whether or not anybody has read it yet."""

LONGEST_PATH = 300
"""Characters. Longer ones are never hot: change rows name a page by its path."""

_STORY_PATH = re.compile(
    r"(?P<section>/(?:[^/\0]+/)*)(?P<y>[0-9]{4})/(?P<m>[0-9]{2})/(?P<d>[0-9]{2})/(?P<last>[^/\0]{1,80})/"
)


# --- counting -----------------------------------------------------------------------------------------------------


def take_counts(folder: Path, at: datetime) -> int:
    """Add up the spool files in `folder`, each once. Returns how many files were counted.

    A file that is no spool is set aside with the ending `.odd` and a line in the log; the rest goes on. Counts and the
    names of their files commit together (with the caller's transaction, if there is one), and files are removed after
    that: a crash in between leaves the file, and its name keeps it from counting twice.
    """
    counted = paths = 0
    for file in sorted(folder.glob("*.json"))[:FILES]:
        try:
            found = spool.read(file)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as problem:  # msgspec's errors are ValueErrors
            _set_aside(file, problem)
            continue
        if paths and paths + len(found.paths) > PATHS:
            break
        with transaction.atomic():
            _, new = TakenSpool.objects.get_or_create(name=file.name, defaults={"at": at})
            if new:
                _add(found.paths, min(found.moment(), at))
                counted += 1
                paths += len(found.paths)
            transaction.on_commit(partial(file.unlink, missing_ok=True), robust=True)
    # A file that could never be removed counts again after two days, and is worth nothing by then.
    TakenSpool.objects.filter(at__lt=at - timedelta(days=2)).delete()
    return counted


def _set_aside(file: Path, problem: BaseException) -> None:
    log.warning(
        "The file of read counts %s cannot be used (%s); it is set aside.", ascii(file.name), str(problem)[:200]
    )
    with suppress(OSError):
        file.rename(file.with_suffix(".odd"))


def _add(paths: Mapping[str, int], since: datetime) -> None:
    reads: dict[int, int] = defaultdict(int)
    for path, story in _stories_at(path for path, count in paths.items() if count > 0):
        reads[story] += paths[path]
    stories = sorted(reads)
    for start in range(0, len(stories), 500):
        some = stories[start : start + 500]
        known = dict(ReadCount.objects.filter(story__in=some).values_list("story", "level"))
        rows = []
        for story in some:
            level = decay.level(reads[story], since)
            rows.append(ReadCount(story=story, level=decay.add(known[story], level) if story in known else level))
        ReadCount.objects.bulk_create(rows, update_conflicts=True, unique_fields=["story"], update_fields=["level"])


def _stories_at(paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """(path, story) for those paths that are or were a story's address, before and after moves of story and section."""
    found: dict[str, list[tuple[date, str, str]]] = defaultdict(list)
    for path in paths:
        if match := _STORY_PATH.fullmatch(path):
            with suppress(ValueError):
                day = date(int(match["y"]), int(match["m"]), int(match["d"]))
                found[match["section"]].append((day, match["last"], path))
    # A section has one row for each path that it ever had.
    places = list(found)
    sections: dict[int, list[tuple[date, str, str]]] = defaultdict(list)
    for start in range(0, len(places), 500):
        known = SectionPath.objects.filter(path__in=places[start : start + 500])
        for section, place in known.values_list("section_id", "path"):
            sections[section] += found[place]
    for section, wanted in sections.items():
        # By day, so that what is asked for at once is a small part of the index (section, day, last part).
        wanted.sort()
        for start in range(0, len(wanted), 200):
            some = wanted[start : start + 200]
            by_address = {key: [path for *_, path in same] for key, same in groupby(some, key=lambda entry: entry[:2])}
            rows = Address.objects.filter(
                section_id=section,
                day__in={day for day, _ in by_address},
                last_part__in={last for _, last in by_address},
            )
            for day, last, story in rows.values_list("day", "last_part", "story_id"):
                for path in by_address.get((day, last), ()):
                    yield path, story


# --- what is read -------------------------------------------------------------------------------------------------


def _forget(at: datetime) -> None:
    """Forget what is worth nothing any more, and what was written while the machine's clock was wrong."""
    ReadCount.objects.filter(level__lt=decay.level(decay.GONE, at)).delete()
    ReadCount.objects.filter(level__gt=decay.level(decay.MOST, at)).delete()


def _most_read(at: datetime, limit: int, among: Iterable[int] = ()) -> dict[int, float]:
    """Story -> score at `at`: the most read of the published stories, and those of `among` that were read at all."""
    published = Publication.objects.filter(story_id=OuterRef("story"), story__live=True)
    rows = ReadCount.objects.filter(Exists(published)).order_by("-level", "-story")
    found = list(rows.values_list("story", "level")[:limit])
    found += rows.filter(story__in=list(among)).values_list("story", "level")
    return {story: decay.score(level, at) for story, level in found}


def _newest(limit: int) -> dict[int, datetime]:
    """The newest published stories, newest first, with the moments of their first publication."""
    days = Address.objects.filter(current=True, story__live=True).order_by("-day").values_list("day", flat=True)
    # Days are indexed, moments are not: only the days that can hold the newest are looked at. Of two stories the newer
    # may have the earlier day, by two at most, if the newsroom has changed its zone.
    first_day = [day - timedelta(days=2) for day in list(days[:limit])[-1:]]
    rows = Publication.objects.filter(
        story__live=True, story__addresses__current=True, story__addresses__day__gte=(first_day or [date.max])[0]
    )
    return dict(rows.order_by("-first", "-story_id").values_list("story_id", "first")[:limit])


def set_back(by: timedelta) -> None:
    """The clock was set back: what was counted is worth as much as it was, and what is hot became so by now at most."""
    now = clock.now()
    ReadCount.objects.update(level=F("level") - by.total_seconds() / decay.HALF_LIFE)
    HotPath.objects.filter(since__gt=now).update(since=now)


# --- ranking ------------------------------------------------------------------------------------------------------


def rank(at: datetime) -> bool:
    """Make the ranking "top" anew. Returns whether it is another one now."""
    _forget(at)
    standing = ranking("top")
    # A newcomer can take a place only from a standing story: no more than these can matter.
    scores = _most_read(at, PLACES + len(standing), standing)
    ordered = ordering.ranked(scores, standing, PLACES)
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
    """Make the hot set anew: new pages, the most read, then the newest. Returns how many entered or left."""
    _forget(at)
    before = dict(HotPath.objects.values_list("path", "story"))
    newest = _newest(max(limit, 0))
    chosen = ordering.hottest(
        _most_read(at, max(limit, 0), before.values()),
        held=set(before.values()),
        fresh=[story for story, first in newest.items() if first > at - FRESH],
        newest=list(newest),
        limit=max(limit, 0),
    )
    after = _paths_of(chosen)
    changed = before.keys() ^ after.keys()
    if changed:
        with transaction.atomic():
            HotPath.objects.filter(path__in=before.keys() - after.keys()).delete()
            HotPath.objects.bulk_create(
                [HotPath(path=path, story=after[path], since=at) for path in sorted(after.keys() - before.keys())]
            )
            heated, cooled = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
            changes.record_all(kind="hot", refs=heated, lane=Lane.MAINTENANCE, cause="heated")
            # Not behind maintenance, which may go on for an hour: a page that should have cooled is printed with every
            # publication until it has.
            changes.record_all(kind="hot", refs=cooled, cause="cooled")
    return len(changed)


def heat_new(path: str, story: int, limit: int = 40) -> list[str]:
    """`story` has just been published at `path`: its page is hot at once. The coldest of the others makes room.

    Returns the paths that are to be looked at with it.
    """
    if limit < 1 or len(path) > LONGEST_PATH:
        return []
    now = clock.now()
    with transaction.atomic(savepoint=False):
        others = list(HotPath.objects.values_list("path", "story", "since"))
        if any(other == path for other, _, _ in others):
            return []
        levels = dict(_levels([story for _, story, _ in others]))
        # First those that are neither new nor read, the oldest of them first; last those that are new themselves.
        others.sort(key=lambda row: (row[2] > now - FRESH, levels.get(row[1], float("-inf")), row[2], row[0]))
        leaving = [other for other, _, _ in others[: max(0, len(others) - limit + 1)]]
        HotPath.objects.filter(path__in=leaving).delete()
        changes.record_all(kind="hot", refs=leaving, lane=Lane.MAINTENANCE, cause="cooled")
        HotPath.objects.create(path=path, story=story, since=now)
        changes.record(kind="hot", ref=path, cause="heated")
    return [path, *leaving]


@by_ids
def _levels(stories: Sequence[int]) -> QuerySet[Any, tuple[int, float]]:
    return ReadCount.objects.filter(story__in=stories).values_list("story", "level")


def hot_paths() -> set[str]:
    """Paths of the pages that carry the rails in full."""
    return set(HotPath.objects.values_list("path", flat=True))


def hot_stories() -> list[int]:
    """Stories whose pages carry the rails in full, i.e. are read most now."""
    return sorted({story for _, story in _stories_at(sorted(hot_paths()))})


def is_hot(path: str) -> bool:
    return HotPath.objects.filter(path=path).exists()


def _paths_of(stories: Iterable[int]) -> dict[str, int]:
    """Path -> story, for stories that have an address."""
    rows: Any = Address.objects.filter(story_id__in=list(stories), current=True).select_related("section_path")
    return {row.path: row.story_id for row in rows if len(row.path) <= LONGEST_PATH}
