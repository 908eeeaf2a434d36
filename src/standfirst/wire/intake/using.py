"""What becomes of a newest version that nothing forbids: stored, shown, published, put into a story, or offered."""

from __future__ import annotations

from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction

from standfirst.changes import jobs
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Publication, Section, SiteFacts, Story, Takedown
from standfirst.wire import drafting, onward, picturing, rules, touched
from standfirst.wire.intake import takes, terms
from standfirst.wire.intake.common import CLARIFIED, CORRECTED, UPDATES, WIRE, Outcome, replaying
from standfirst.wire.intake.embargoes import bind, publish_when_free
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed, Item, Offer, Version
from standfirst.wire.rules import Decision

_PUT_AWAY = (Item.Place.SPIKED, Item.Place.HOLD)
"""Where people have put it: no rule publishes it from there."""


def use(
    item: Item,
    version: Version,
    canonical: CanonicalItem,
    feed: Feed,
    ours: list[Story],
    free: dict[int, bool],
    *,
    only_status: bool = False,
) -> Outcome:
    """A newest version that is not a takedown: by the rules and the feed's setting, unless something speaks against it.

    `only_status`: it brings no text that was not there before.
    """
    why_held(item, canonical)
    decision = rules.decide(canonical, feed)
    item.rule_id, item.decided = decision.rule, decision.because[:500]
    if ours:
        if only_status:
            item.place = Item.Place.WAITING if item.killed_at or item.withheld_at else Item.Place.TAKEN
            return "held" if item.held_because else "stored"
        return _renew(item, version, canonical, feed, decision, ours, free)
    if item.place == Item.Place.SPIKED and not (set(item.marks) & (UPDATES | {"correction", "clarification"})):
        return "stored"
    home = takes.home_of(item) if item.killed_at is None and item.withheld_at is None else []
    if home:
        for story in home:
            free[story.pk] = touched.by_whom(story) is None
            bind(item, story, canonical.embargo_raw)
        return _renew(item, version, canonical, feed, decision, home, free)
    again = replaying.get()
    if again:
        if item.versions_in > 1 or item.place != Item.Place.STORED:
            return "held" if item.held_because else "stored"
        item.place = Item.Place.WAITING if again == "new" and decision.mode != Feed.Mode.HOLD else Item.Place.STORED
        return "held" if item.held_because else "stored" if item.place == Item.Place.STORED else "waiting"
    if decision.mode == Feed.Mode.PUBLISH and item.place not in _PUT_AWAY and not item.held_because:
        made = _make(item, version, canonical, feed, decision)
        if made is not None:
            return made
    quiet = decision.mode == Feed.Mode.HOLD
    if item.place != Item.Place.HOLD:
        item.place = Item.Place.STORED if quiet else Item.Place.WAITING
    if item.held_because:
        return "held"
    return "stored" if quiet else "waiting"


def why_held(item: Item, canonical: CanonicalItem) -> None:
    """Note on `item` what is known of it beyond this version that keeps it from being used by itself."""
    reasons = list(item.held_because)
    if item.killed_at is not None:
        reasons.append("The item was cancelled, which holds for all versions; this newer one is not.")
    elif item.withheld_at is not None:
        reasons.append("The item was withheld; this newer version is not.")
    if item.embargo_open_ended and canonical.embargo_until != "indefinite":
        reasons.append("An earlier version is under an embargo without an end, which holds for all versions.")
    if item.test:
        reasons.append("This looks like a test message.")
    if item.expires_at is not None:
        if terms.ended(item):
            reasons.append(f"The agency allowed it to be shown until {item.expires_at:%Y-%m-%d %H:%M} UTC.")
        elif item.embargo_until is not None and item.embargo_until >= item.expires_at:
            reasons.append("The agency's permission to show it ends before its embargo does.")
    if any(said.before is None or said.target not in ("", canonical.item_id) for said in canonical.directives):
        reasons.append("It asks for other copy to be taken back, and is not for readers.")
    if canonical.management_only:
        reasons.append("Only its status came, not its text.")
    item.held_because = list(dict.fromkeys(reasons))


def _make(
    item: Item, version: Version, canonical: CanonicalItem, feed: Feed, decision: Decision
) -> Literal["published", "scheduled"] | None:
    """Make a story of `item` and publish it. None, with the reason on the item, if a person must."""
    why = _not_by_itself(canonical)
    section = decision.section
    if why is None and takes.without_beginning(item):
        why = f"It is take {item.take} of a text whose beginning is not published."
    if why is None and section is None:
        why = f"The feed {feed} has no section to publish in."
    if why is None and section is not None:
        try:
            with transaction.atomic():
                return _make_story(item, version, canonical, feed, section, decision.authors)
        except (ValidationError, Refused) as error:
            why = f"It could not be published: {stories.said(error)}"
    item.held_because.append(why)
    return None


def _not_by_itself(canonical: CanonicalItem) -> str | None:
    if canonical.type not in ("text", "composite"):
        return f"It is no story but {_A[canonical.type]}: somebody must find its place."
    if "advisory" in canonical.editorial_types:
        return "It is an advisory to editors, not for readers."
    if not canonical.headline.strip():
        return "It has no headline."
    if not readable(canonical):
        return "It has no text."
    return None


_A = {
    "picture": "a picture",
    "graphic": "a graphic",
    "video": "a video",
    "audio": "a sound recording",
    "event": "an event",
    "advisory": "an advisory",
}


def readable(canonical: CanonicalItem) -> bool:
    """True if it brings words for readers."""
    return bool(drafting.copy_of(canonical, credit="", language="en").body)


def _make_story(
    item: Item, version: Version, canonical: CanonicalItem, feed: Feed, section: Section, authors: list[Any]
) -> Literal["published", "scheduled"]:
    whole, parts = takes.joined(item, version, canonical)
    with jobs.once():
        story = stories.create(section=section, by=None, authors=authors, revised=False, **fields_of(whole, feed))
        bind(item, story, canonical.embargo_raw)
        trace(story, version, revision=None)
        bring_in(story, item, parts)
        revision, how = publish_when_free(item, story)
        trace(story, version, revision=revision)
    item.place = Item.Place.TAKEN
    return how


def bring_in(story: Story, item: Item, parts: list[tuple[Item, Version]]) -> None:
    """Note the further takes of the text that `story` was made of, with their embargoes."""
    for part, version in parts:
        if part.pk != item.pk:
            bind(part, story)
            trace(story, version, revision=None)
            Item.objects.filter(pk=part.pk).update(place=Item.Place.TAKEN)


def fields_of(canonical: CanonicalItem, feed: Feed) -> dict[str, Any]:
    return copy_of(canonical, feed).fields()


def copy_of(canonical: CanonicalItem, feed: Feed) -> drafting.Copy:
    language = feed.language or SiteFacts.current().language
    return drafting.copy_of(canonical, credit=feed.credit, language=language)


def authors_of(feed: Feed) -> list[Any]:
    return [feed.author] if feed.author is not None else []


def trace(story: Story, version: Version, *, revision: int | None) -> None:
    item = version.item
    stories.trace(
        story=story,
        provider=item.provider,
        item_id=item.item_id,
        version=version.label,
        version_order=version.order,
        seal=version.delivery.seal,
        revision=revision,
        onward=item.feed.onward,
        held_back=onward.is_held_back(version.read().usage_terms),
    )


def _renew(
    item: Item,
    version: Version,
    canonical: CanonicalItem,
    feed: Feed,
    decision: Decision,
    ours: list[Story],
    free: dict[int, bool],
) -> Outcome:
    """A newer version of copy that is in stories: into those that nobody has touched, offered for the others."""
    outcome: Outcome = "updated"
    standing = set(Takedown.objects.standing().filter(story__in=ours).values_list("story_id", flat=True))
    for story in ours:
        if story.pk in standing:
            why: str | None = "The story was taken down: a person must decide what becomes of it."
        elif item.held_because:
            why = str(item.held_because[0])
        elif canonical.type == "advisory" or "advisory" in canonical.editorial_types:
            why = "It is an advisory to editors, not for readers."
        elif decision.mode != Feed.Mode.PUBLISH:
            why = "This feed does not publish by itself."
        else:
            why = None if free[story.pk] else touched.by_whom(story) or "Somebody has touched the story."
        if why is None:
            why = _replace(item, version, canonical, feed, story)
        if why is not None:
            _offer(story, version, why)
            outcome = "held" if item.held_because else "offered"
    item.place = Item.Place.WAITING if item.killed_at or item.withheld_at else Item.Place.TAKEN
    return outcome


def _replace(item: Item, version: Version, canonical: CanonicalItem, feed: Feed, story: Story) -> str | None:
    """Put a newer version into an untouched story and publish it. Returns why not, if it cannot be."""
    whole, _ = takes.joined(item, version, canonical)
    copy = copy_of(whole, feed)
    if not copy.title or not copy.body:
        return "The newer version has no text."
    try:
        with transaction.atomic(), jobs.once():
            draft = story.get_latest_revision_as_object()
            copy.put_into(draft)
            picturing.keep(item, draft)
            revision, how = publish_when_free(item, draft)
            trace(story, version, revision=revision)
            if how == "published" and not replaying.get() and Publication.objects.filter(story=story).exists():
                _say_so(story, canonical)
    except (ValidationError, Refused) as error:
        return stories.said(error)
    _overtake(story, version)
    return None


def _say_so(story: Story, canonical: CanonicalItem) -> None:
    """A public note for a correction; *refreshed* moves for it and for a marked update, for nothing else."""
    marks = set(canonical.editorial_types)
    public = [note.text.strip() for note in canonical.ednotes if note.public and note.text.strip()]
    if "correction" in marks:
        stories.correct(story=story, kind="correction", text=" ".join(public) or CORRECTED, by=WIRE)
    elif "clarification" in marks:
        stories.correct(story=story, kind="clarification", text=" ".join(public) or CLARIFIED, by=WIRE)
    elif marks & UPDATES:
        stories.refresh(story=story)


def _offer(story: Story, version: Version, because: str) -> None:
    _overtake(story, version)
    offer, new = Offer.objects.get_or_create(
        story=story, version=version, defaults={"because": because[:300], "at": clock.now()}
    )
    if not new and offer.settled_at is not None:
        # It says something else now.
        offer.because, offer.at = because[:300], clock.now()
        offer.settled_at, offer.settled, offer.settled_by = None, "", ""
        offer.save()


def _overtake(story: Story, version: Version) -> None:
    """Offers of older versions of the same item are settled: only the newest one is worth a person's time."""
    others = version.item.versions.exclude(pk=version.pk)
    Offer.objects.open().filter(story=story, version__in=others).update(
        settled_at=clock.now(), settled=Offer.Settled.OVERTAKEN, settled_by=WIRE.get_username()
    )
