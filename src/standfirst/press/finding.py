"""Keeps the readers' search true: what is live is filed as it is composed now, what is not is forgotten.

The worker calls this when a story's pages are out, and where it looks at very many. A story is filed while it is held,
in the transaction in which it was composed: a kill is either seen, or comes after and takes the story out again by
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from django.db import transaction

from standfirst.edition import findable
from standfirst.edition.snapshots import Story
from standfirst.library import cuttings
from standfirst.press import wiring
from standfirst.stories import actions as stories
from standfirst.stories.models import Story as StoryPage
from standfirst.stories.models import StoryAuthor

AT_ONCE: Final = 30
"""Stories in one transaction. Whoever wants to publish or kill on SQLite waits for it, some 40 ms."""


def file(story_ids: Iterable[int]) -> int:
    """Have stories be found as they are now, or not at all. Returns how many were filed anew or forgotten.

    What cannot be composed stays as it was found before; whoever looks at its change tells of it.
    """
    number = 0
    walk = iter(story_ids)
    while some := sorted(set(islice(walk, AT_ONCE))):
        with transaction.atomic():
            stories.hold_all(some)
            records = wiring.compose_many(("story", str(story)) for story in some)
            found = findable.of_stories(records.values())
            number += cuttings.file(found)
            up = {each.story for each in found}
            number += cuttings.discard([story for story in _told(records) if story not in up])
    return number


def forget(story_ids: Iterable[int]) -> None:
    """Have stories not be found, whatever the database says of them."""
    with transaction.atomic():
        cuttings.discard(list(story_ids))


def differing(records: Mapping[tuple[str, str], Any], but: Collection[tuple[str, str]] = ()) -> set[int]:
    """Those of some composed stories that are not filed as they are, leaving out the keys in `but`."""
    told = _told({key: record for key, record in records.items() if key[0] == "story" and key not in but})
    live = findable.of_stories(told.values())
    return cuttings.differing(live, told.keys() - {each.story for each in live})


def _told(records: Mapping[tuple[str, str], Any]) -> dict[int, Story | None]:
    """Composed stories by their ids, without those that cannot be composed."""
    return {int(ref): record for (_, ref), record in records.items() if record is None or isinstance(record, Story)}


def signed_by(author_id: int) -> Iterator[int]:
    """The stories of an author, if what is filed of them is signed otherwise than it would be now.

    They are filed in this order, so the last of them tells of all.
    """
    by = StoryAuthor.objects.filter(author_id=author_id, story__live=True).order_by("story_id")
    last = by.values_list("story_id", flat=True).last()
    if last is None or not differing(wiring.compose_many([("story", str(last))])):
        return
    after = 0
    while some := list(by.filter(story_id__gt=after).values_list("story_id", flat=True).distinct()[:AT_ONCE]):
        yield from some
        after = some[-1]


def about(topic_id: int) -> Iterator[int]:
    """The same of the stories of a topic: they are found by its name."""
    of = StoryPage.topics.through.objects.filter(topic_id=topic_id, story__live=True).order_by("story_id")
    last = of.values_list("story_id", flat=True).last()
    if last is None or not differing(wiring.compose_many([("story", str(last))])):
        return
    after = 0
    while some := list(of.filter(story_id__gt=after).values_list("story_id", flat=True)[:AT_ONCE]):
        yield from some
        after = some[-1]


def rebuild(told: Callable[[int], None] = lambda filed: None) -> int:
    """Forget everything and file every live story anew, the newest first. Returns how many there are.

    What was filed already is found meanwhile. Broken off, the worker files the rest.
    """
    with transaction.atomic():
        cuttings.empty()
    filed = 0
    for some in unfiled():
        filed += file(some)
        told(filed)
    return filed


def unfiled() -> Iterator[list[int]]:
    """Live stories that were never filed, or by other rules, the newest first, some at a time."""
    below = None
    while True:
        some, below = cuttings.unfiled(below)
        yield from (some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE))
        if below is None:
            return
