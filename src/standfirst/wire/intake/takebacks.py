"""What an agency takes back: killed or withheld, with every story and picture of it."""

from __future__ import annotations

from typing import Literal

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Story, Takedown
from standfirst.wire import alarms, picturing
from standfirst.wire.intake.common import WIRE, WITHDRAWN
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Item, Offer


def take_back(
    item: Item, canonical: CanonicalItem, ours: list[Story], kind: Literal["kill", "withhold"]
) -> Literal["killed", "withheld"]:
    now = clock.now()
    if kind == "kill":
        item.killed_at = item.killed_at or now
        item.status = "canceled"
    else:
        item.withheld_at = item.withheld_at or now
    item.place = Item.Place.DOWN
    item.changed_at = now
    past: Literal["killed", "withheld"] = "killed" if kind == "kill" else "withheld"
    agency = item.feed.title
    reason = f"{agency} {'cancelled' if kind == 'kill' else 'withheld'} {item.item_id}"
    notes = " | ".join(note.text for note in canonical.ednotes)
    reason = f"{reason}: {notes}" if notes else f"{reason}."
    standing = set(Takedown.objects.standing().filter(story__in=ours, kind=kind).values_list("story_id", flat=True))
    taken = [story for story in ours if story.pk not in standing]
    were_live = {story.pk for story in taken if story.live}
    for story in taken:
        stories.take_down(story=story, kind=kind, reason=reason, wording=WITHDRAWN, names=False, by=WIRE)
    picturing.take_back(item, reason, kind)
    Offer.objects.open().filter(version__item=item).update(
        settled_at=now, settled=Offer.Settled.OVERTAKEN, settled_by=WIRE.get_username()
    )
    changes.audit(by=WIRE, verb=past, kind="item", ref=item.pk, stories=[story.pk for story in taken], reason=reason)
    alarms.sound(item=item, kind=kind, reason=reason, taken=taken, were_live=were_live)
    if taken:
        alerts.mail_publishers(
            f"{past.capitalize()} by the agency: {item}",
            "\n".join(
                [
                    f"{agency} asked for this copy to be {past}. It was taken down at once.",
                    "",
                    *(f"- {story.title} ({'was live' if story.pk in were_live else 'not live'})" for story in taken),
                    "",
                    f"Reason: {reason}",
                ]
            ),
        )
    return past
