"""Passing an agency's copy on: what the desk has set for its feed, and what the copy itself says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from django.db import connection, transaction

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.changes.models import Lane
from standfirst.pictures.terms import plain
from standfirst.stories.models import Onward, Origin
from standfirst.wire.models import Feed, Item

FEED: Final = "feed"
"""Kind of the change row that names a feed: its stories may be passed on otherwise than before."""

CHUNK = 500

PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        *("no syndication", "not for syndication", "no onward", "not for onward", "no redistribution", "no resale"),
        *(
            "not for redistribution",
            "no third party",
            "no third parties",
            "not for third parties",
            "no distribution to",
        ),
        *(
            "may not be syndicated",
            "must not be syndicated",
            "may not be passed on",
            "no sublicensing",
            "no sub licensing",
        ),
    ),
    "de": ("keine weitergabe", "weitergabe nicht gestattet", "keine syndizierung", "keine weiterverbreitung"),
    "fr": ("pas de rediffusion", "rediffusion interdite", "pas de syndication", "pas de cession a des tiers"),
    "es": ("prohibida su redistribucion", "prohibida la redistribucion", "no redistribuir", "sin sindicacion"),
    "it": ("no syndication", "vietata la ridistribuzione", "vietata la cessione a terzi"),
    "pt": ("proibida a redistribuicao", "nao redistribuir", "sem sindicacao"),
    "nl": ("geen doorlevering", "doorlevering niet toegestaan", "niet doorleveren"),
    "sv": ("ej vidareforsaljning", "far ej vidaredistribueras"),
    "fi": ("ei edelleenjulkaisua", "ei saa luovuttaa edelleen"),
}
"""By which copy's own terms forbid to pass it on, by language. Looked for as whole words in every text of terms,
without regard to case, accents and punctuation. Add what your agencies write."""

_MOST: Final = 20_000


@lru_cache(maxsize=1)
def _phrases() -> tuple[str, ...]:
    return tuple(f" {phrase} " for phrases in PHRASES.values() for phrase in phrases)


def is_held_back(usage_terms: tuple[str, ...]) -> bool:
    """True if the terms that came with copy forbid to pass it on: then headline and standfirst go at most."""
    words = plain(" ".join(usage_terms)[:_MOST])
    return any(phrase in words for phrase in _phrases())


@transaction.atomic
def set_for(*, feed: Feed, by: Actor) -> int:
    """Have what the desk has set for `feed` hold for all its copy that has become a story. Returns how many origins
    differed.

    The stories are looked at again in the maintenance lane: with a large feed that takes minutes.
    """
    # One statement, by the items' own index, however many there are.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stories_origin SET onward = %s WHERE onward <> %s AND EXISTS (SELECT 1 FROM wire_item i WHERE "
            "i.provider = stories_origin.provider AND i.item_id = stories_origin.item_id AND i.feed_id = %s)",
            [feed.onward, feed.onward, feed.pk],
        )
        differed: int = cursor.rowcount
    if differed:
        changes.record(kind=FEED, ref=feed.pk, lane=Lane.MAINTENANCE, cause="passed on otherwise")
        says = Onward(feed.onward).label
        changes.audit(by=by, verb="set what is passed on of", kind=FEED, ref=feed.pk, onward=says, origins=differed)
    return differed


def stories_of_feed(feed_id: int) -> Iterator[int]:
    """Ids of all stories that copy of a feed went into, in bounded memory; one may come more than once."""
    last = 0
    while True:
        found = list(
            Item.objects.filter(feed_id=feed_id, pk__gt=last)
            .order_by("pk")
            .values_list("pk", "provider", "item_id")[:CHUNK]
        )
        if not found:
            return
        last = found[-1][0]
        ours = {(provider, item_id) for _, provider, item_id in found}
        providers, names = {provider for provider, _ in ours}, {item_id for _, item_id in ours}
        origins = Origin.objects.filter(provider__in=providers, item_id__in=names)
        rows = origins.order_by("story_id").values_list("story_id", "provider", "item_id")
        yield from dict.fromkeys(story for story, provider, item_id in rows if (provider, item_id) in ours)
