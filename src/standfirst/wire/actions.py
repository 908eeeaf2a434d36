"""What happens to wire copy: taken in, applied, taken into stories, spiked, offered, settled.

A file goes through in three steps: its bytes are sealed and a delivery is written; the delivery is read; each item in
it is applied in a transaction of its own. So nothing received is lost, one bad item never stops the others, and what
a crash cut short is done again by `resume()`.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor, Machine
from standfirst.kit import clock, digests
from standfirst.kit.errors import Problem, Refused
from standfirst.pictures import actions as pictures
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.actions import may
from standfirst.stories.models import Embargo, Origin, Publication, Section, SiteFacts, Story, Takedown
from standfirst.wire import drafting, formats, sealing, touched
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import decode, encode, hold_reasons, is_test
from standfirst.wire.models import Delivery, Feed, Item, Offer, Version

log = logging.getLogger(__name__)

WIRE = Machine("wire")

MOST_ATTEMPTS = 3
"""How often a delivery is read that each time stopped the program before it was done."""

UPDATES = frozenset({"update", "writethru", "lead", "add/take"})
"""Marks by which an agency says that there is something new. With corrections, they move a story's *refreshed* time."""

CORRECTED = "This story has been corrected by the agency."
CLARIFIED = "This story has been clarified by the agency."
WITHDRAWN = "This story was withdrawn at the request of the agency that supplied it."

Outcome = Literal[
    "published", "scheduled", "updated", "offered", "waiting", "stored", "held", "killed", "withheld", "late", "repeat"
]


def received() -> Path:
    """The folder in which raw bytes are sealed."""
    home: Path = settings.STANDFIRST.home
    return home / "received"


# --- taking in ----------------------------------------------------------------------------------------------------


def take_in(
    *, feed: Feed, data: bytes | None = None, path: Path | None = None, file_name: str = "", transport: str = "file"
) -> Delivery:
    """Take in one file of `feed`, given as bytes or as a path. Call it outside of a transaction.

    The delivery that comes back says what happened: `state`, `reason`, and `outcomes` (what -> how many items).

    Raises:
        Refused: the feed is switched off.
        Problem: the file at `path` cannot be opened.
    """
    if not feed.active:
        raise Refused(f"The feed {feed.name} is switched off: switch it on before it takes files in.")
    if data is not None:
        sealed = sealing.seal_bytes(received(), data)
    elif path is not None:
        sealed = sealing.seal_file(received(), path)
    else:
        raise ValueError("take_in needs data or a path")
    delivery = Delivery.objects.create(
        feed=feed,
        file_name=_file_name(file_name or (path.name if path else "")),
        seal=sealed.seal,
        size=sealed.size,
        received_at=clock.now(),
        transport=transport[:40],
    )
    return _read(delivery)


def resume() -> list[Delivery]:
    """Read what was sealed but not read to the end, e.g. after a power cut. Safe to repeat."""
    return [_read(delivery) for delivery in Delivery.objects.unfinished().select_related("feed")]


def read_again(*, delivery: Delivery, by: Actor) -> Delivery:
    """Read the sealed bytes of a troubled delivery once more: the program or the feed's settings may be better now."""
    may(by, "wire.take_item")
    if delivery.state == Delivery.State.READ:
        raise Refused("This file was read: reading it again would change nothing.")
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.SEALED, reason="", trouble=False, urgent=False, attempts=0
    )
    changes.audit(by=by, verb="read again", kind="delivery", ref=delivery.pk)
    delivery.refresh_from_db()
    return _read(delivery)


@transaction.atomic
def put_away(*, delivery: Delivery, by: Actor) -> None:
    """Take a troubled delivery off the list: somebody has seen to it. Its bytes and its row stay."""
    may(by, "wire.take_item")
    Delivery.objects.filter(pk=delivery.pk).update(trouble=False)
    changes.audit(by=by, verb="put away", kind="delivery", ref=delivery.pk)


def _file_name(name: str) -> str:
    """A name that is safe to store and to show: no folders, no control characters, no broken encoding."""
    plain = PurePath(name.replace("\\", "/")).name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in plain)[-255:] or "unnamed"


def _read(delivery: Delivery) -> Delivery:
    limit = settings.STANDFIRST.wire_limit
    if delivery.size > limit:
        return _finish(
            delivery,
            Delivery.State.UNREADABLE,
            f"The file has {delivery.size:,} bytes and the limit is {limit:,}: it is kept, but was not read. "
            "Raise STANDFIRST_WIRE_LIMIT and read it again, or ask the agency for smaller files.",
        )
    if delivery.attempts >= MOST_ATTEMPTS:
        return _finish(
            delivery,
            Delivery.State.UNREADABLE,
            f"The program stopped {delivery.attempts} times while it read this file: it is kept, have it looked at.",
        )
    delivery.attempts += 1
    delivery.save(update_fields=["attempts"])
    before = (
        Delivery.objects.filter(feed_id=delivery.feed_id, seal=delivery.seal, state=Delivery.State.READ)
        .exclude(pk=delivery.pk)
        .order_by("id")
        .first()
    )
    if before is not None:
        delivery.format, delivery.items_in = before.format, before.items_in
        delivery.outcomes = {"repeat": before.items_in} if before.items_in else {}
        return _finish(delivery, Delivery.State.READ, f"The same bytes came in before, as {before.file_name}.")
    try:
        parsed = formats.parse(sealing.read(received(), delivery.seal), profile=profile_of(delivery.feed))
    except formats.Unreadable as error:
        delivery.urgent = error.takedown
        return _finish(delivery, Delivery.State.UNREADABLE, error.reason)
    except Problem as error:
        return _finish(delivery, Delivery.State.UNREADABLE, str(error))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Whatever a hostile file does to a reader, the file is kept, somebody is told, and the next file is read.
        log.exception("The file %s of feed %s made its reader fail", delivery.file_name, delivery.feed.name)
        return _finish(
            delivery,
            Delivery.State.UNREADABLE,
            "The file made the program that reads it fail: it is kept, and the log says where.",
        )
    return _apply_all(delivery, parsed)


def _apply_all(delivery: Delivery, parsed: formats.Parsed) -> Delivery:
    outcomes: Counter[str] = Counter()
    failed: list[str] = []
    for canonical in parsed.items:
        try:
            with transaction.atomic():
                outcomes[apply(delivery=delivery, canonical=canonical)] += 1
        except (OperationalError, InterfaceError):
            raise  # the database is gone or busy: the delivery stays unread and is resumed
        except Exception as error:
            log.exception("An item of %s could not be taken in", delivery.file_name)
            outcomes["failed"] += 1
            why = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            failed.append(f"{canonical.headline[:80] or canonical.item_id[:80]}: {why[:300]}")
    delivery.format = parsed.format[:40]
    delivery.items_in = len(parsed.items)
    delivery.outcomes = dict(outcomes)
    delivery.oddities = [{"code": odd.code, "text": odd.text} for odd in parsed.oddities[:200]]
    if not failed:
        return _finish(delivery, Delivery.State.READ, "")
    return _finish(
        delivery,
        Delivery.State.PARTLY,
        f"{len(failed)} of {len(parsed.items)} items could not be taken in. {' | '.join(failed[:5])}",
    )


def _finish(delivery: Delivery, state: Delivery.State, reason: str) -> Delivery:
    delivery.state = state
    delivery.reason = reason.replace("\x00", "")
    delivery.trouble = state in (Delivery.State.UNREADABLE, Delivery.State.PARTLY)
    delivery.save()
    if delivery.urgent:
        alerts.mail_publishers(
            f"A file from {delivery.feed.title} that may ask for a takedown could not be read",
            f"File: {delivery.file_name}\nReason: {delivery.reason}\n\nLook at the wire list at once.",
        )
    return delivery


def profile_of(feed: Feed) -> formats.Profile:
    """How the files of `feed` are read."""
    return formats.Profile(
        provider=feed.provider or feed.name,
        force_provider=bool(feed.provider),
        empty_embargo_means_none=feed.empty_embargo_means_none,
        language=feed.language,
        limits=formats.Limits(bytes=settings.STANDFIRST.wire_limit),
    )


# --- one item -----------------------------------------------------------------------------------------------------


@transaction.atomic
def apply(*, delivery: Delivery, canonical: CanonicalItem) -> Outcome:
    """Store one version of one item, and do what the rules of intake say. Returns what happened.

    The rules: versions have an order, and late or lower ones change nothing; a cancellation holds for all versions,
    whenever it comes; the latest embargo of any version holds; what is unknown or contradicts itself goes to a person.
    """
    canonical = _storable(canonical)
    now = clock.now()
    feed = delivery.feed
    provider, item_id = _fitted(canonical.provider or feed.name, 200), _fitted(canonical.item_id, 500)
    twin = _twin(feed, provider, item_id)
    if twin is not None:
        provider = _fitted(f"{provider} ({feed.name})", 200)
    item, created = Item.objects.select_for_update().get_or_create(
        provider=provider,
        item_id=item_id,
        defaults={"feed": feed, "type": canonical.type, "first_seen": now, "changed_at": now},
    )
    order = max(-(2**63), min(canonical.version_order, 2**63 - 1))
    content = msgspec.structs.replace(canonical, raw_sha256="", received_at=None, transport="", oddities=())
    digest = digests.short(encode(content))
    if item.versions.filter(order=order, digest=digest).exists():
        return "repeat"
    newest = created or order > item.latest_order or (order == item.latest_order and _without_count(canonical))
    down = _takedown_of(canonical)
    # Bad news counts at an equal number too, a first cancellation at any: it holds for all versions.
    fresh_kill = down == "kill" and item.killed_at is None
    counts = newest or fresh_kill or (down is not None and order == item.latest_order)
    version = Version.objects.create(
        item=item,
        delivery=delivery,
        order=order,
        label=canonical.version_raw[:100],
        status=canonical.status,
        digest=digest,
        canonical=msgspec.to_builtins(
            msgspec.structs.replace(canonical, received_at=delivery.received_at, transport=delivery.transport)
        ),
        received_at=delivery.received_at,
        applied=counts,
    )
    item.versions_in += 1
    ours = _stories_of(item)
    free = {story.pk: touched.by_whom(story) is None for story in ours}
    embargoed = _embargo(item, canonical, ours)
    if newest:
        _describe(item, canonical, order)
        item.changed_at = now
    if twin is not None and (newest or counts):
        item.held_because = list(dict.fromkeys([*item.held_because, _of_two_feeds(twin)]))
    outcome: Outcome
    if down is not None and counts:
        outcome = _take_back(item, canonical, ours, down)
        if twin is not None:
            _ask_about(item, twin)
    elif newest:
        outcome = _use(item, version, canonical, feed, ours, free)
    else:
        outcome = "late"
        if embargoed:
            item.changed_at = now
            _wait_again(item, ours, free)
    item.save()
    return outcome


def _twin(feed: Feed, provider: str, item_id: str) -> Item | None:
    """The item of the same name that a feed of another agency brought, if there is one.

    Who provides an item is said by the file, unless the feed's setting says it. So a file of one feed could name the
    copy of another, replace it, and take it down. Feeds of one agency are those with the same setting.
    """
    item = Item.objects.filter(provider=provider, item_id=item_id).select_related("feed").first()
    if item is None or item.feed_id == feed.pk or (feed.provider and feed.provider == item.feed.provider):
        return None
    return item


def _of_two_feeds(twin: Item) -> str:
    return (
        f"An item of this name came in through the feed {twin.feed} before. If both feeds are one agency's, "
        "give them the same provider in their settings."
    )


def _ask_about(item: Item, twin: Item) -> None:
    """A feed asks for another feed's copy to be taken down: a person must decide, and soon."""
    stories_of_twin = _stories_of(twin)
    if twin.killed_at is not None or not stories_of_twin:
        return
    item.place = Item.Place.WAITING
    alerts.mail_publishers(
        f"To be decided at once: a take-down of {twin} through another feed",
        "\n".join(
            [
                f"The feed {item.feed} asks for copy to be taken down that came in through the feed {twin.feed}.",
                "It was not: a feed cannot take down another agency's copy. If it is right, kill or withhold:",
                "",
                *(f"- {story.title} ({'live' if story.live else 'not live'})" for story in stories_of_twin),
                "",
                "If both feeds are one agency's, give them the same provider in their settings.",
            ]
        ),
    )


def _storable(canonical: CanonicalItem) -> CanonicalItem:
    """Without what some databases refuse in text: zero characters and halves of surrogate pairs."""
    # Through JSON: `msgspec.convert` leaves a moment in a union with a literal as text.
    return decode(msgspec.json.encode(_cleaned(msgspec.to_builtins(canonical))))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _cleaned(entry) for key, entry in value.items()}
    return value


def _fitted(text: str, most: int) -> str:
    """`text`, or its beginning and a digest of all of it where it is longer than a column."""
    return text if len(text) <= most else f"{text[: most - 65]}~{digests.seal(text.encode())}"


def _without_count(canonical: CanonicalItem) -> bool:
    """True where the agency does not count versions: there other content at the same moment is a newer version."""
    return not canonical.version_raw.strip().isdigit()


def _takedown_of(canonical: CanonicalItem) -> Literal["kill", "withhold"] | None:
    if canonical.status == "canceled":
        return "kill"
    return "withhold" if canonical.status == "withheld" else None


def _describe(item: Item, canonical: CanonicalItem, order: int) -> None:
    """Have the item's row say what its newest version says. A killed item keeps its headline if the kill has none."""
    item.latest_order = order
    item.type = canonical.type
    item.status = canonical.status
    item.headline = canonical.headline[:500] or item.headline
    item.slugline = canonical.slugline[:300] or item.slugline
    item.thread_key = canonical.thread_key[:500]
    item.urgency = canonical.urgency if canonical.urgency and 1 <= canonical.urgency <= 9 else None
    item.language = canonical.language[:35]
    item.marks = list(canonical.editorial_types)
    item.version_label = canonical.version_raw[:100]
    item.test = is_test(canonical)
    item.held_because = list(hold_reasons(canonical))


def _stories_of(item: Item) -> list[Story]:
    """Every story, copies too, that copy of this item went into. Locked until the transaction ends."""
    ids = Origin.objects.filter(provider=item.provider, item_id=item.item_id).values_list("story_id", flat=True)
    wanted = sorted(set(ids))
    list(Page.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
    return list(Story.objects.filter(pk__in=wanted).order_by("pk"))


# --- taking back --------------------------------------------------------------------------------------------------


def _take_back(
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
    if kind == "kill":
        for held in item.pictures.filter(picture__killed_at=None).select_related("picture"):
            pictures.kill(picture=held.picture, by=WIRE, reason=reason)
    Offer.objects.open().filter(version__item=item).update(
        settled_at=now, settled=Offer.Settled.OVERTAKEN, settled_by=WIRE.get_username()
    )
    changes.audit(by=WIRE, verb=past, kind="item", ref=item.pk, stories=[story.pk for story in taken], reason=reason)
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


# --- embargoes ----------------------------------------------------------------------------------------------------


def _embargo(item: Item, canonical: CanonicalItem, ours: list[Story]) -> bool:
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
            _bind(item, story, canonical.embargo_raw)
            story.refresh_from_db()
    return longer


def _bind(item: Item, story: Story, source: str = "") -> None:
    """Have the item's embargo hold for `story`, once: one that a person lifted is not set again."""
    known = set(Embargo.objects.filter(story=story, by=WIRE.get_username()).values_list("until", flat=True))
    if item.embargo_open_ended and None not in known:
        stories.embargo(story=story, until=None, source=source, by=WIRE)
    if item.embargo_until is not None and item.embargo_until > clock.now() and item.embargo_until not in known:
        stories.embargo(story=story, until=item.embargo_until, source=source, by=WIRE)


def _wait_again(item: Item, ours: list[Story], free: dict[int, bool]) -> None:
    """A late embargo took stories off the site that no person had touched: have them go live when it ends."""
    for story in ours:
        if free[story.pk] and not item.embargo_open_ended and not story.live:
            _publish_when_free(item, story.get_latest_revision_as_object())


def _publish_when_free(item: Item, story: Story) -> tuple[int, Literal["published", "scheduled"]]:
    """Publish `story`, or schedule it for the end of its embargo. Returns the revision's id and which of the two."""
    due = item.embargo_until
    later = due is not None and Embargo.objects.standing().filter(story=story, until=due).exists()
    story.go_live_at = due if later else None
    revision = story.save_revision(user=None)
    stories.publish(story=story, by=WIRE)
    return revision.pk, "scheduled" if later else "published"


# --- using --------------------------------------------------------------------------------------------------------


def _use(
    item: Item,
    version: Version,
    canonical: CanonicalItem,
    feed: Feed,
    ours: list[Story],
    free: dict[int, bool],
) -> Outcome:
    """A newest version that is not a takedown: by the feed's setting, unless something speaks against it."""
    if item.killed_at is not None:
        item.held_because.append("The item was cancelled, which holds for all versions; this newer one is not.")
    elif item.withheld_at is not None:
        item.held_because.append("The item was withheld; this newer version is not.")
    if item.embargo_open_ended and canonical.embargo_until != "indefinite":
        item.held_because.append("An earlier version is under an embargo without an end, which holds for all versions.")
    if item.test:
        item.held_because = list(dict.fromkeys([*item.held_because, "This looks like a test message."]))
    if ours:
        return _renew(item, version, canonical, feed, ours, free)
    quiet = feed.mode == Feed.Mode.HOLD
    if item.place == Item.Place.SPIKED and not (set(item.marks) & (UPDATES | {"correction", "clarification"})):
        return "stored"
    if feed.mode == Feed.Mode.PUBLISH and item.place != Item.Place.SPIKED and not item.held_because:
        made = _make(item, version, canonical, feed)
        if made is not None:
            return made
    item.place = Item.Place.STORED if quiet else Item.Place.WAITING
    if item.held_because:
        return "held"
    return "stored" if quiet else "waiting"


def _make(
    item: Item, version: Version, canonical: CanonicalItem, feed: Feed
) -> Literal["published", "scheduled"] | None:
    """Make a story of `item` and publish it. None, with the reason on the item, if a person must."""
    why = _not_by_itself(canonical)
    section = feed.section
    if why is None and section is None:
        why = f"The feed {feed} has no section to publish in."
    if why is None and section is not None:
        try:
            with transaction.atomic():
                return _make_story(item, version, canonical, feed, section)
        except (ValidationError, Refused) as error:
            why = f"It could not be published: {stories.said(error)}"
    item.held_because.append(why)
    return None


def _not_by_itself(canonical: CanonicalItem) -> str | None:
    if canonical.type not in ("text", "composite"):
        return f"It is no story but {_A[canonical.type]}: somebody must find its place."
    if not canonical.headline.strip():
        return "It has no headline."
    if not _readable(canonical):
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


def _readable(canonical: CanonicalItem) -> bool:
    """True if it brings words for readers."""
    return bool(drafting.copy_of(canonical, credit="", language="en").body)


def _make_story(
    item: Item, version: Version, canonical: CanonicalItem, feed: Feed, section: Section
) -> Literal["published", "scheduled"]:
    story = stories.create(section=section, by=None, authors=_authors(feed), **_fields(canonical, feed))
    _bind(item, story, canonical.embargo_raw)
    _trace(story, version, revision=None)
    revision, how = _publish_when_free(item, story)
    _trace(story, version, revision=revision)
    item.place = Item.Place.TAKEN
    return how


def _fields(canonical: CanonicalItem, feed: Feed) -> dict[str, Any]:
    return _copy(canonical, feed).fields()


def _copy(canonical: CanonicalItem, feed: Feed) -> drafting.Copy:
    language = feed.language or SiteFacts.current().language
    return drafting.copy_of(canonical, credit=feed.credit, language=language)


def _authors(feed: Feed) -> list[Any]:
    return [feed.author] if feed.author is not None else []


def _trace(story: Story, version: Version, *, revision: int | None) -> None:
    item = version.item
    stories.trace(
        story=story,
        provider=item.provider,
        item_id=item.item_id,
        version=version.label,
        version_order=version.order,
        seal=version.delivery.seal,
        revision=revision,
    )


def _renew(
    item: Item,
    version: Version,
    canonical: CanonicalItem,
    feed: Feed,
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
        elif feed.mode != Feed.Mode.PUBLISH:
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
    copy = _copy(canonical, feed)
    if not copy.title or not copy.body:
        return "The newer version has no text."
    try:
        with transaction.atomic():
            draft = story.get_latest_revision_as_object()
            copy.put_into(draft)
            revision, how = _publish_when_free(item, draft)
            _trace(story, version, revision=revision)
            if how == "published" and Publication.objects.filter(story=story).exists():
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
    Offer.objects.get_or_create(story=story, version=version, defaults={"because": because[:300], "at": clock.now()})


def _overtake(story: Story, version: Version) -> None:
    """Offers of older versions of the same item are settled: only the newest one is worth a person's time."""
    Offer.objects.open().filter(story=story, version__item=version.item).exclude(version=version).update(
        settled_at=clock.now(), settled=Offer.Settled.OVERTAKEN, settled_by=WIRE.get_username()
    )


# --- what people do -----------------------------------------------------------------------------------------------


_NO_TEXT = "This item has no text that could become a story."


def why_not_take(item: Item) -> str | None:
    """A sentence saying why `item` cannot be taken into a story, or None."""
    if item.killed_at is not None:
        return "The agency cancelled this item: it must not be used, in any version."
    if item.withheld_at is not None:
        return "The agency withheld this item: it must not be used until further notice."
    if item.test:
        return "This is a test message: it must never be published."
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
    if version is None or not _readable(version.read()):
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
    story = stories.create(
        section=section,
        by=by,
        authors=_authors(item.feed),
        desk_note=_desk_note(item, version, canonical),
        **_fields(canonical, item.feed),
    )
    _bind(item, story, canonical.embargo_raw)
    _trace(story, version, revision=story.latest_revision_id)
    item.place = Item.Place.TAKEN
    item.save(update_fields=["place"])
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
    item.place = Item.Place.TAKEN if _stories_of(item) else Item.Place.WAITING
    item.save()
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
    copy = _copy(version.read(), item.feed)
    if not copy.body:
        raise Refused("The newer version has no text.")
    draft = story.get_latest_revision_as_object()
    copy.put_into(draft)
    draft.save_revision(user=by if by.pk is not None else None, clean=False)
    _trace(story, version, revision=None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the wire list asks people for."""

    items: int
    offers: int
    troubled: int

    @property
    def total(self) -> int:
        return self.items + self.offers + self.troubled


def waiting() -> Waiting:
    """How much is waiting for somebody, for the menu and the list."""
    return Waiting(
        items=Item.objects.waiting().count(),
        offers=Offer.objects.open().count(),
        troubled=Delivery.objects.filter(trouble=True).count(),
    )
