"""What an agency takes back: killed or withheld, with every story and picture of it."""

from __future__ import annotations

from typing import Literal

from django.db.models import Max
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Origin, Story, Takedown
from standfirst.wire import alarms, picturing
from standfirst.wire.intake.common import WIRE, WITHDRAWN
from standfirst.wire.models import Item, Offer

Kind = Literal["kill", "withhold"]


def take_back(item: Item, notes: str, ours: list[Story], kind: Kind) -> Literal["killed", "withheld"]:
    """Take `item` back with all its stories, `ours`, and its pictures. The caller saves the item."""
    now = clock.now()
    if kind == "kill":
        item.killed_at = item.killed_at or now
        item.status = "canceled"
    else:
        item.withheld_at = item.withheld_at or now
    item.place = Item.Place.DOWN
    item.changed_at = now
    reason = _reason(item, notes, kind)
    taken, were_live = _take_down(ours, kind, reason)
    picturing.take_back(item, reason, kind)
    Offer.objects.open().filter(version__in=item.versions.all()).update(
        settled_at=now, settled=Offer.Settled.OVERTAKEN, settled_by=WIRE.get_username()
    )
    return _tell(item, kind, reason, taken, were_live)


def take_back_before(item: Item, notes: str, kind: Kind, before: int) -> None:
    """Take back what versions of `item` below `before` became: stories that show a later one stay."""
    origins = Origin.objects.filter(provider=item.provider, item_id=item.item_id)
    newest = origins.values("story_id").annotate(order=Max("version_order"))
    old = {row["story_id"] for row in newest if row["order"] < before}
    standing = Takedown.objects.standing().filter(story__in=old).values_list("story_id", flat=True)
    old -= set(standing)
    if not old:
        return
    reason = _reason(item, notes, kind)
    taken, were_live = _take_down([story for story in stories_of(item) if story.pk in old], kind, reason)
    _tell(item, kind, reason, taken, were_live)


def stories_of(item: Item) -> list[Story]:
    """Every story, copies too, that copy of this item went into. Locked until the transaction ends."""
    ids = Origin.objects.filter(provider=item.provider, item_id=item.item_id).values_list("story_id", flat=True)
    wanted = sorted(set(ids))
    if not wanted:
        return []
    list(Page.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
    return list(Story.objects.filter(pk__in=wanted).order_by("pk"))


def _reason(item: Item, notes: str, kind: Kind) -> str:
    reason = f"{item.feed.title} {'cancelled' if kind == 'kill' else 'withheld'} {item.item_id}"
    return f"{reason}: {notes}" if notes else f"{reason}."


def _take_down(ours: list[Story], kind: Kind, reason: str) -> tuple[list[Story], set[int]]:
    """Those of `ours` that were not down in this way yet, and which of them were live."""
    standing = set(Takedown.objects.standing().filter(story__in=ours, kind=kind).values_list("story_id", flat=True))
    taken = [story for story in ours if story.pk not in standing]
    were_live = {story.pk for story in taken if story.live}
    for story in taken:
        stories.take_down(story=story, kind=kind, reason=reason, wording=WITHDRAWN, names=False, by=WIRE)
    return taken, were_live


def _tell(
    item: Item, kind: Kind, reason: str, taken: list[Story], were_live: set[int]
) -> Literal["killed", "withheld"]:
    past: Literal["killed", "withheld"] = "killed" if kind == "kill" else "withheld"
    changes.audit(by=WIRE, verb=past, kind="item", ref=item.pk, stories=[story.pk for story in taken], reason=reason)
    alarms.sound(item=item, kind=kind, reason=reason, taken=taken, were_live=were_live)
    if taken:
        alerts.mail_publishers(
            f"{past.capitalize()} by the agency: {item}",
            "\n".join(
                [
                    f"{item.feed.title} asked for this copy to be {past}. It was taken down at once.",
                    "",
                    *(f"- {story.title} ({'was live' if story.pk in were_live else 'not live'})" for story in taken),
                    "",
                    f"Reason: {reason}",
                ]
            ),
        )
    return past
