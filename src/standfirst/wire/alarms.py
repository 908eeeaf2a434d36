"""Alarms: an agency took copy back, and somebody at the desk has to say that they saw it.

A take-down needs nobody: it has happened when the alarm is raised. The alarm is so that no colleague works on with
that copy, and stands on every screen until it is acknowledged. Who did that, and when, is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.db import transaction

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.changes.models import Change, Lane
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories.actions import may
from standfirst.stories.models import Story
from standfirst.wire.models import Alarm, Item

MOST: Final = 20
"""Alarms shown at once; the others follow when these are acknowledged."""
_TOGETHER = timedelta(seconds=2)


def sound(
    *, item: Item, kind: Literal["kill", "withhold"], reason: str, taken: Sequence[Story], were_live: Iterable[int]
) -> Alarm:
    """Raise an alarm: `item` was killed or withheld, and `taken` went down with it."""
    live = set(were_live)
    again = None if taken else Alarm.objects.filter(item=item, kind=kind).order_by("-id").first()
    if again is not None:
        # Agencies send a kill several times, to be sure.
        return again
    return Alarm.objects.create(
        item=item,
        kind=kind,
        reason=reason[:1000],
        stories=[{"id": story.pk, "title": story.title, "live": story.pk in live} for story in taken],
        at=clock.now(),
    )


@transaction.atomic
def acknowledge(*, alarms: Sequence[int], by: Actor) -> int:
    """Say that `by` has seen these alarms. Returns how many were still open.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: none of them exists.
    """
    may(by, "wire.take_item")
    known = list(Alarm.objects.select_for_update().filter(pk__in=alarms))
    if not known:
        raise Refused("There is no such alarm.")
    mine = [alarm for alarm in known if alarm.acknowledged_at is None]
    for alarm in mine:
        alarm.acknowledged_at, alarm.acknowledged_by = clock.now(), changes.name_of(by)
        alarm.save(update_fields=["acknowledged_at", "acknowledged_by"])
        changes.audit(by=by, verb="acknowledged", kind="item", ref=alarm.item_id, alarm=alarm.pk, what=alarm.kind)
    return len(mine)


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as people read it. `grave`: readers had seen something of it. `ms` is the time to the last surface."""

    alarm: Alarm
    grave: bool
    says: str
    done: bool = True
    ms: int = 0
    surfaces: list[dict[str, Any]] = field(default_factory=list)


def standing() -> list[Told]:
    """What nobody has acknowledged, newest first, with what became of it. One query where there is nothing."""
    alarms = list(Alarm.objects.open().select_related("item__feed")[:MOST])
    if not alarms:
        return []
    refs = {str(story["id"]) for alarm in alarms for story in alarm.stories}
    rows = list(
        Change.objects.filter(
            kind="story", ref__in=refs, lane=Lane.KILL, created_at__gte=alarms[-1].at - _TOGETHER
        ).order_by("id")
        if refs
        else ()
    )
    leaders = {int((row.report or {}).get("same_as") or 0) for row in rows} - {0, *(row.pk for row in rows)}
    further = Change.objects.in_bulk(leaders) if leaders else {}
    return [_told(alarm, rows, further) for alarm in alarms]


def _told(alarm: Alarm, rows: Sequence[Change], further: dict[int, Change]) -> Told:
    refs = {str(story["id"]) for story in alarm.stories}
    ours = [row for row in rows if row.ref in refs and abs(row.created_at - alarm.at) <= _TOGETHER]
    ours += [further[leader] for row in ours if (leader := (row.report or {}).get("same_as")) in further]
    live = [story for story in alarm.stories if story["live"]]
    surfaces: dict[str, dict[str, Any]] = {}
    ms = 0
    for row in ours:
        report = row.report or {}
        ms = max(ms, int(report.get("ms") or 0))
        for surface in report.get("surfaces") or []:
            surfaces.setdefault(str(surface.get("path", "")), surface)
    done = all(row.closed_at is not None for row in ours)
    return Told(alarm, bool(alarm.stories), _says(alarm, live, len(surfaces), ms, done), done, ms, [*surfaces.values()])


def _says(alarm: Alarm, live: Sequence[Any], surfaces: int, ms: int, done: bool) -> str:
    if not alarm.stories:
        return "No story here was made of it."
    if not live:
        drafts = len(alarm.stories)
        return f"{drafts} {'story' if drafts == 1 else 'stories'} made of it can no longer be published."
    what = f"{len(live)} {'story was' if len(live) == 1 else 'stories were'} live"
    if not done:
        return f"{what}: being taken down now."
    if not surfaces:
        return f"{what}, and {'is' if len(live) == 1 else 'are'} off the site."
    took = f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
    return f"{what}: gone from {surfaces} {'place' if surfaces == 1 else 'places'} in {took}."


def newest() -> tuple[int, int, datetime | None]:
    """(how many are open, key and moment of the newest): what tells a browser whether anything is new."""
    rows = list(Alarm.objects.open().values_list("pk", "at")[: MOST + 1])
    return (len(rows), rows[0][0], rows[0][1]) if rows else (0, 0, None)
