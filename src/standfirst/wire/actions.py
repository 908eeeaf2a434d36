"""The wire's verbs: take in, resume, read again, put away, apply; and what people do with items: take, spike, hold, put
back, release, settle an offer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.actions import may
from standfirst.stories.models import Origin, Section, Story
from standfirst.wire import picturing
from standfirst.wire.intake.applying import apply, stories_of
from standfirst.wire.intake.common import received
from standfirst.wire.intake.deliveries import deliver, put_away, read_again, resume, take_in, take_in_all, work_off
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.intake.directives import ASK, ask_what_is_open, candidates, no_longer_urgent
from standfirst.wire.intake.embargoes import bind
from standfirst.wire.intake.takebacks import take_back
from standfirst.wire.intake.takes import joined
from standfirst.wire.intake.terms import TERMS_END, end_terms, ended
from standfirst.wire.intake.using import authors_of, bring_in, copy_of, fields_of, readable, trace
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Directive, Item, Offer, Version

__all__ = [
    "ASK",
    "TERMS_END",
    "Waiting",
    "answer",
    "apply",
    "ask_what_is_open",
    "candidates",
    "deliver",
    "end_terms",
    "hold",
    "profile_of",
    "put_away",
    "put_back",
    "read_again",
    "received",
    "release",
    "resume",
    "seen",
    "settle_offer",
    "spike",
    "take",
    "take_in",
    "take_in_all",
    "waiting",
    "why_not_take",
    "work_off",
]

MOST_COUNTED = 1_000
_NO_TEXT = "This item has no text that could become a story."


def why_not_take(item: Item) -> str | None:
    """A sentence saying why `item` cannot be taken into a story, or None."""
    if item.killed_at is not None:
        return "The agency cancelled this item: it must not be used, in any version."
    if item.withheld_at is not None:
        return "The agency withheld this item: it must not be used until further notice."
    if item.test:
        return "This is a test message: it must never be published."
    if ended(item):
        return f"The agency allowed this to be shown until {item.expires_at:%Y-%m-%d %H:%M} UTC."
    origin = (
        Origin.objects.filter(provider=item.provider, item_id=item.item_id)
        .select_related("story")
        .order_by("story_id")
        .first()
    )
    if origin is not None:
        state = "published" if origin.story.live else "not published"
        return f"This item is in the story “{origin.story.title}” already ({state})."
    version = item.newest_version()
    if version is None or not readable(version.read()):
        return _NO_TEXT
    return None


@transaction.atomic
def take(*, item: Item, by: Actor, section: Section) -> Story:
    """Make a draft in `section` from the newest version of `item`, with its origin and its embargo.

    Raises:
        PermissionDenied: `by` may not take wire items, or not write in this section.
        Refused: it is killed, withheld, a test, without text, or in a story already.
    """
    may(by, "wire.take_item")
    _may_write_in(section, by)
    item = Item.objects.select_for_update().select_related("feed").get(pk=item.pk)
    version = item.newest_version()
    if (why := why_not_take(item)) or version is None:
        raise Refused(why or _NO_TEXT)
    canonical = version.read()
    whole, parts = joined(item, version, canonical)
    story = stories.create(
        section=section,
        by=by,
        authors=authors_of(item.feed),
        desk_note=_desk_note(item, version, canonical),
        **fields_of(whole, item.feed),
    )
    bring_in(story, item, parts)
    bind(item, story, canonical.embargo_raw)
    picturing.taken(item, story)
    trace(story, version, revision=story.latest_revision_id)
    item.place = Item.Place.TAKEN
    item.urgent = False
    item.save(update_fields=["place", "urgent"])
    changes.audit(by=by, verb="took", kind="item", ref=item.pk, story=story.pk, version=version.label)
    return story


def _may_write_in(section: Section, by: Actor) -> None:
    if by.pk is not None and not section.permissions_for_user(by).can_add_subpage():
        raise PermissionDenied(f"{by.get_username()} may not write in the section {section.title}.")


def _desk_note(item: Item, version: Version, canonical: CanonicalItem) -> str:
    """What colleagues should know. The story's desk note is never published."""
    lines = [f"From {item.feed.title}, version {version.label or version.order}."]
    lines += [f"Agency's note: {note.text}" for note in canonical.ednotes]
    lines += [f"Terms: {term}" for term in canonical.usage_terms]
    lines += [f"Held because: {reason}" for reason in item.held_because]
    return "\n".join(lines)


@transaction.atomic
def spike(*, item: Item, by: Actor) -> None:
    """Take an item off the waiting list: it is not wanted. It can be found and taken later."""
    may(by, "wire.take_item")
    item = Item.objects.select_for_update().get(pk=item.pk)
    if item.place == Item.Place.TAKEN:
        raise Refused("This item is in a story: there is nothing to spike.")
    if item.place == Item.Place.DOWN:
        raise Refused("The agency took this item back: it is off the list already.")
    item.place = Item.Place.SPIKED
    item.save(update_fields=["place"])
    changes.audit(by=by, verb="spiked", kind="item", ref=item.pk)


@transaction.atomic
def hold(*, item: Item, because: str = "", by: Actor) -> None:
    """Keep an item aside: it is no longer waiting, but stands under On hold, with who holds it and why."""
    may(by, "wire.take_item")
    item = Item.objects.select_for_update().get(pk=item.pk)
    if item.place == Item.Place.TAKEN:
        raise Refused("This item is in a story: there is nothing to hold.")
    if item.place == Item.Place.DOWN:
        raise Refused("The agency took this item back: it is off the list already.")
    item.place = Item.Place.HOLD
    item.hold_by, item.hold_why, item.hold_at = changes.name_of(by)[:255], because.strip()[:300], clock.now()
    item.save(update_fields=["place", "hold_by", "hold_why", "hold_at"])
    changes.audit(by=by, verb="held", kind="item", ref=item.pk, because=item.hold_why)


@transaction.atomic
def put_back(*, item: Item, by: Actor) -> None:
    """Undo what was done with an item: it waits again. A draft made of it goes, if nobody has worked on it.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: the agency took it back, it waits already, or somebody has worked on the story.
    """
    may(by, "wire.take_item")
    item = Item.objects.select_for_update().get(pk=item.pk)
    was = item.place
    if was == Item.Place.DOWN:
        raise Refused("The agency took this item back: it cannot be used before it is released.")
    if was == Item.Place.WAITING:
        raise Refused("This item is waiting already.")
    story: int | None = None
    if was == Item.Place.TAKEN:
        story = _give_back(item, by)
    item.place = Item.Place.WAITING
    item.save(update_fields=["place"])
    changes.audit(by=by, verb="put back", kind="item", ref=item.pk, was=was, story=story)


def _give_back(item: Item, by: Actor) -> int:
    """Delete the draft that was made of `item`. Returns its key."""
    ours = stories_of(item)
    story = ours[0] if len(ours) == 1 else None
    if story is None:
        raise Refused("This item is in several stories: open them to decide what becomes of each.")
    touched = story.live or story.first_published_at is not None or story.go_live_at is not None
    if touched or story.revisions.count() > 1 or story.takedowns.exists() or story.current_workflow_state is not None:
        raise Refused(f"Somebody has worked on “{story.title}” since: open the story to decide what becomes of it.")
    if by.pk is not None and not story.permissions_for_user(by).can_delete():
        raise PermissionDenied(f"{by.get_username()} may not delete this draft.")
    key = int(story.pk)
    story.delete()
    return key


@transaction.atomic
def seen(*, item: Item, by: Actor) -> None:
    """Say that somebody has seen to an urgent item. What it asks for is open until `answer` settles it."""
    may(by, "wire.take_item")
    item = Item.objects.select_for_update().get(pk=item.pk)
    if Directive.objects.open().filter(item=item).exists():
        raise Refused("This item asks for other copy to be taken back: say which copy it means, or that it means none.")
    Item.objects.filter(pk=item.pk).update(urgent=False)
    changes.audit(by=by, verb="saw to", kind="item", ref=item.pk)


@transaction.atomic
def answer(*, directive: Directive, target: Item | None, because: str = "", by: Actor) -> None:
    """Settle what an item asks for: `target` is the copy that is meant, and is killed or withheld; None: it is none.

    Raises:
        PermissionDenied: `by` may not kill, or not withhold.
        Refused: somebody has settled it, or no reason is given for putting it away.
    """
    kind: Literal["kill", "withhold"] = "kill" if directive.status == "canceled" else "withhold"
    may(by, f"stories.{kind}_story")
    directive = Directive.objects.select_for_update().get(pk=directive.pk)
    if directive.settled_at is not None:
        raise Refused(f"This is settled: {directive.get_settled_display().lower()} ({directive.settled_by}).")
    if target is None and not because.strip():
        raise Refused("Say why nothing is to be taken down.")
    if target is not None:
        target = Item.objects.select_for_update(of=("self",)).select_related("feed").get(pk=target.pk)
        if target.pk == directive.item_id:
            raise Refused("This is the message itself: choose the copy that it means.")
        take_back(target, f"{directive.item}: {directive.said}", stories_of(target), kind)
        target.save()
    directive.settled = Directive.Settled.PUT_AWAY if target is None else Directive.Settled.APPLIED
    directive.settled_at, directive.settled_by = clock.now(), changes.name_of(by)
    directive.save(update_fields=["settled", "settled_at", "settled_by"])
    no_longer_urgent(directive.item_id)
    changes.audit(
        by=by,
        verb="put away a request" if target is None else "carried out a request",
        kind="item",
        ref=directive.item_id,
        target=target.pk if target is not None else None,
        because=because.strip(),
    )


@transaction.atomic
def release(*, item: Item, because: str, by: Actor) -> None:
    """Agree that an item may be used: killed or withheld before, as a newer version says; or no test after all.

    Stories that were taken down stay down: each has its own undoing, by a second person.

    Raises:
        Refused: nothing forbids its use, or the agency has not said that it may be used again.
    """
    may(by, "stories.restore_story")
    if not because.strip():
        raise Refused("Give the reason, e.g. who at the agency confirmed it.")
    item = Item.objects.select_for_update().get(pk=item.pk)
    down = item.killed_at is not None or item.withheld_at is not None
    if not down and not item.test:
        raise Refused("This item is neither killed nor withheld, nor a test.")
    if down and item.status not in ("usable", "embargoed"):
        raise Refused("The agency has not said that this item may be used again: ask it for a new version.")
    item.killed_at = item.withheld_at = None
    item.test = False
    item.held_because = []
    item.place = Item.Place.TAKEN if stories_of(item) else Item.Place.WAITING
    item.save()
    picturing.release(item, by)
    changes.audit(by=by, verb="released", kind="item", ref=item.pk, because=because.strip())


@transaction.atomic
def settle_offer(*, offer: Offer, how: Literal["applied", "kept"], by: Actor) -> Offer:
    """Put the offered version into a draft of the story, or keep ours. Neither publishes anything.

    Raises:
        PermissionDenied: `by` may not take wire items or not edit the story.
        Refused: somebody else has settled it, or holds the story.
    """
    may(by, "wire.take_item")
    offer = Offer.objects.select_for_update().get(pk=offer.pk)
    if offer.settled_at is not None:
        raise Refused(f"This offer is settled: {offer.get_settled_display().lower()} ({offer.settled_by}).")
    version = offer.version
    if how == "applied":
        _apply_offer(offer, version, by)
    offer.settled_at, offer.settled, offer.settled_by = clock.now(), how, changes.name_of(by)
    offer.save()
    changes.audit(
        by=by, verb=f"{how} an offer", kind="story", ref=offer.story_id, item=version.item_id, version=version.label
    )
    return offer


def _apply_offer(offer: Offer, version: Version, by: Actor) -> None:
    item = version.item
    if item.killed_at is not None or item.withheld_at is not None:
        raise Refused("The agency took this item back: it must not be used before it is released.")
    Page.objects.select_for_update().filter(pk=offer.story_id).values_list("pk", flat=True).first()
    story = Story.objects.get(pk=offer.story_id)
    if by.pk is not None:
        permissions = story.permissions_for_user(by)
        if not permissions.can_edit():
            raise PermissionDenied(f"{by.get_username()} may not edit this story.")
        if permissions.page_locked():
            raise Refused("Somebody holds this story: ask for it before you put the new version in.")
    if ended(item):
        raise Refused(f"The agency allowed this to be shown until {item.expires_at:%Y-%m-%d %H:%M} UTC.")
    whole, parts = joined(item, version, version.read())
    copy = copy_of(whole, item.feed)
    if not copy.body:
        raise Refused("The newer version has no text.")
    draft = story.get_latest_revision_as_object()
    copy.put_into(draft)
    picturing.keep(item, draft)
    draft.save_revision(user=by if by.pk is not None else None, clean=False)
    trace(story, version, revision=None)
    bring_in(story, item, parts)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the wire list asks people for. Beyond `MOST_COUNTED` nobody counts: it says that there are so many."""

    items: int
    offers: int
    troubled: int

    @property
    def total(self) -> int:
        return self.items + self.offers + self.troubled


def waiting() -> Waiting:
    """How much is waiting for somebody, for the menu and the list."""
    return Waiting(
        items=Item.objects.waiting()[:MOST_COUNTED].count(),
        offers=Offer.objects.open()[:MOST_COUNTED].count(),
        troubled=Delivery.objects.filter(trouble=True)[:MOST_COUNTED].count(),
    )
