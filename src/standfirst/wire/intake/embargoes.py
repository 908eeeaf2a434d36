"""Embargoes of items, kept on the stories that their copy went into."""

from __future__ import annotations

from typing import Literal

from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Embargo, Story
from standfirst.wire.intake.common import WIRE
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Item


def keep_embargo(item: Item, canonical: CanonicalItem, ours: list[Story]) -> bool:
    """Keep the latest embargo of any version, on the item and on each story. True if it holds longer than before."""
    until = canonical.embargo_until
    before = (item.embargo_until, item.embargo_open_ended)
    if until == "indefinite":
        item.embargo_open_ended = True
    elif until is not None:
        item.embargo_until = max(item.embargo_until or until, until)
    longer = (item.embargo_until, item.embargo_open_ended) != before
    if longer:
        for story in ours:
            bind(item, story, canonical.embargo_raw)
            story.refresh_from_db()
    return longer


def bind(item: Item, story: Story, source: str = "") -> None:
    """Have the item's embargo hold for `story`, once: one that a person lifted is not set again."""
    known = set(Embargo.objects.filter(story=story, by=WIRE.get_username()).values_list("until", flat=True))
    if item.embargo_open_ended and None not in known:
        stories.embargo(story=story, until=None, source=source, by=WIRE)
    if item.embargo_until is not None and item.embargo_until > clock.now() and item.embargo_until not in known:
        stories.embargo(story=story, until=item.embargo_until, source=source, by=WIRE)


def wait_again(item: Item, ours: list[Story], free: dict[int, bool]) -> None:
    """A late embargo took stories off the site that no person had touched: have them go live when it ends."""
    for story in ours:
        if free[story.pk] and not item.embargo_open_ended and not story.live:
            publish_when_free(item, story.get_latest_revision_as_object())


def publish_when_free(item: Item, story: Story) -> tuple[int, Literal["published", "scheduled"]]:
    """Publish `story`, or schedule it for the end of its embargo. Returns the revision's id and which of the two."""
    due = item.embargo_until
    later = due is not None and Embargo.objects.standing().filter(story=story, until=due).exists()
    story.go_live_at = due if later else None
    revision = story.save_revision(user=None)
    stories.publish(story=story, by=WIRE)
    return revision.pk, "scheduled" if later else "published"
