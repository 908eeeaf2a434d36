"""Terms that end: the moment from which an agency's copy must not be shown any more."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Story, Takedown
from standfirst.wire.intake.common import TERMS_ENDED, WIRE
from standfirst.wire.intake.takebacks import stories_of
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Item

TERMS_END = "wire-terms-end"
"""Name of the tick at which an item's terms end. Its ref is the item's id."""


def keep_terms(item: Item, canonical: CanonicalItem, ours: list[Story]) -> None:
    """Have the newest version's terms hold, or the feed's where no version ever named any. A version that says nothing
    of them changes nothing."""
    until = canonical.expires
    if until is None and item.expires_at is None and item.feed.archive_days:
        until = item.first_seen + timedelta(days=item.feed.archive_days)
    if until is None or until == item.expires_at:
        return
    item.expires_at = until
    if until > clock.now():
        item.terms_ended_at = None
        changes.set_tick(name=TERMS_END, ref=item.pk, due=until)
    else:
        _end(item, ours)


def ended(item: Item) -> bool:
    """True if the newsroom may not show the item any more."""
    return item.expires_at is not None and item.expires_at <= clock.now()


@transaction.atomic
def end_terms(item_id: int) -> None:
    """Take down what became of an item whose terms have ended. Nothing happens if a newer version has moved the end.

    Called at the tick `TERMS_END`. Each story is withheld with a notice of its own: a second person may undo that, if
    the agency allows it.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("feed").filter(pk=item_id).first()
    if item is None or not ended(item) or item.terms_ended_at is not None:
        return
    _end(item, stories_of(item))
    item.save(update_fields=["terms_ended_at", "changed_at"])


def _end(item: Item, ours: list[Story]) -> None:
    item.terms_ended_at = item.changed_at = clock.now()
    standing = set(Takedown.objects.standing().filter(story__in=ours).values_list("story_id", flat=True))
    taken = [story for story in ours if story.pk not in standing]
    were_live = [story for story in taken if story.live]
    until = f"{item.expires_at:%Y-%m-%d %H:%M} UTC"
    for story in taken:
        stories.take_down(
            story=story,
            kind="withhold",
            reason=f"{item.feed.title} allowed {item.item_id} to be shown until {until}.",
            wording=TERMS_ENDED,
            names=False,
            by=WIRE,
        )
    if not taken:
        return
    changes.audit(by=WIRE, verb="terms ended", kind="item", ref=item.pk, stories=[story.pk for story in taken])
    if were_live:
        alerts.mail_publishers(
            f"Taken down because its terms ended: {item}",
            "\n".join(
                [
                    f"{item.feed.title} allowed this copy to be shown until {until}. It was taken down.",
                    "",
                    *(f"- {story.title}" for story in were_live),
                    "",
                    "If the agency allows it for longer, a second person may undo that on the story.",
                ]
            ),
        )
