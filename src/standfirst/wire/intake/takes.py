"""Texts in several takes: one story from several items, in order, until a writethru or a lead replaces them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

import msgspec

from standfirst.stories.models import Story
from standfirst.wire.intake.takebacks import stories_of
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Item, Version
from standfirst.wire.models.items import ItemQuerySet

Entry = TypeVar("Entry")

SERVICE_DAY = timedelta(hours=20)
"""How far takes of one text are from each other. Keywords and numbers are used again the next day."""

REPLACING = frozenset({"writethru", "lead"})


def joined(item: Item, version: Version, canonical: CanonicalItem) -> tuple[CanonicalItem, list[tuple[Item, Version]]]:
    """The whole text that `version` of `item` is a take of, and the versions of all its takes; else itself alone."""
    alone = (canonical, [(item, version)])
    if not item.thread_key or (item.take is None and not _near(item).filter(take__gte=2).exists()):
        return alone
    parts = _parts(item)
    if len(parts) < 2 or item.pk not in {part.pk for part in parts}:
        return alone
    versions: list[tuple[Item, Version]] = []
    texts: list[CanonicalItem] = []
    for part in parts:
        newest = version if part.pk == item.pk else part.newest_version()
        if newest is not None:
            versions.append((item if part.pk == item.pk else part, newest))
            texts.append(canonical if part.pk == item.pk else newest.read())
    first, *others = texts
    if not others:
        return alone
    return (
        msgspec.structs.replace(
            first,
            body_html="".join(text.body_html for text in texts),
            editorial_types=canonical.editorial_types,
            ednotes=_all(text.ednotes for text in texts),
            usage_terms=_all(text.usage_terms for text in texts),
            associations=_all(text.associations for text in texts),
            renditions=_all(text.renditions for text in texts),
        ),
        versions,
    )


def home_of(item: Item) -> list[Story]:
    """The stories that this copy belongs to although the item never was in them: those of the takes before it, or of
    the text that it replaces."""
    if not item.thread_key:
        return []
    later_take = (item.take or 0) >= 2
    replacing = not REPLACING.isdisjoint(item.marks)
    if not later_take and not replacing:
        return []
    near = list(_near(item).filter(first_seen__lte=item.first_seen).exclude(pk=item.pk))
    if not later_take and "writethru" not in item.marks and not any(each.take for each in near):
        return []
    found: dict[int, Story] = {}
    for each in near:
        for story in stories_of(each):
            found[story.pk] = story
    return [found[pk] for pk in sorted(found)]


def without_beginning(item: Item) -> bool:
    """True for a later take: by itself it is no story."""
    return (item.take or 0) >= 2


def _near(item: Item) -> ItemQuerySet:
    return Item.objects.filter(
        provider=item.provider,
        feed=item.feed_id,
        thread_key=item.thread_key,
        type__in=("text", "composite"),
        first_seen__gte=item.first_seen - SERVICE_DAY,
        first_seen__lte=item.first_seen + SERVICE_DAY,
        killed_at=None,
        withheld_at=None,
        test=False,
    ).order_by("first_seen", "pk")


def _parts(item: Item) -> list[Item]:
    near = list(_near(item))
    starts = [each for each in near if each.take in (None, 1)]
    begin = next((each for each in reversed(starts) if not REPLACING.isdisjoint(each.marks)), None)
    if begin is None:
        begin = next((each for each in starts if each.take == 1), starts[0] if starts else None)
        takes = [each for each in near if (each.take or 0) >= 2]
    else:
        takes = [each for each in near if (each.take or 0) >= 2 and each.first_seen >= begin.first_seen]
    if begin is None:
        return takes if item in takes else [item]
    by_number = {each.take: each for each in takes}
    return [begin, *(by_number[number] for number in sorted(n for n in by_number if n is not None))]


def _all(groups: Iterable[tuple[Entry, ...]]) -> tuple[Entry, ...]:
    return tuple(dict.fromkeys(entry for group in groups for entry in group))
