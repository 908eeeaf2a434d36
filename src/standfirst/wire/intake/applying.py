"""One version of one item: stored, put in its place, and done with as the rules of intake say."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from django.db import transaction
from wagtail.models import Page

from standfirst.kit import clock, digests
from standfirst.stories import alerts
from standfirst.stories.models import Origin, Story
from standfirst.wire import picturing, searching, touched
from standfirst.wire.intake.common import Outcome
from standfirst.wire.intake.embargoes import keep_embargo, wait_again
from standfirst.wire.intake.takebacks import take_back
from standfirst.wire.intake.using import use
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import decode, encode, hold_reasons, is_test
from standfirst.wire.models import Delivery, Feed, Item, Version


@transaction.atomic(savepoint=False)
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
    ours = stories_of(item)
    free = {story.pk: touched.by_whom(story) is None for story in ours}
    embargoed = keep_embargo(item, canonical, ours)
    if newest:
        _describe(item, canonical, order)
        item.changed_at = now
    if twin is not None and (newest or counts):
        item.held_because = list(dict.fromkeys([*item.held_because, _of_two_feeds(twin)]))
    outcome: Outcome
    if down is not None and counts:
        outcome = take_back(item, canonical, ours, down)
        if twin is not None:
            _ask_about(item, twin)
    elif newest:
        picturing.note(item, version, canonical)
        outcome = use(item, version, canonical, feed, ours, free)
    else:
        outcome = "late"
        if embargoed:
            item.changed_at = now
            wait_again(item, ours, free)
    item.save()
    if newest:
        searching.note(item, version, canonical)
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
    stories_of_twin = stories_of(twin)
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


def stories_of(item: Item) -> list[Story]:
    """Every story, copies too, that copy of this item went into. Locked until the transaction ends."""
    ids = Origin.objects.filter(provider=item.provider, item_id=item.item_id).values_list("story_id", flat=True)
    wanted = sorted(set(ids))
    list(Page.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
    return list(Story.objects.filter(pk__in=wanted).order_by("pk"))
