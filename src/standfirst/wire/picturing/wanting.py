"""Which pictures a version of an item brings: noted as rows, to be fetched later."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from django.db.models import Q

from standfirst.kit import clock, digests, markup
from standfirst.pictures.metadata import signature
from standfirst.stories.models import Origin
from standfirst.wire import sealing
from standfirst.wire.intake.common import received
from standfirst.wire.item import Association, Rendition
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed, Item, ItemPicture, PicturePlace, Version
from standfirst.wire.picturing import choosing, reading

MOST: Final = 60
"""Pictures of one item that are noted."""

_PICTURES: Final = frozenset({"picture", "graphic"})
_UNTOUCHED: Final = frozenset({"", "composite", "text"})


def note(item: Item, version: Version, canonical: CanonicalItem) -> None:
    """Note the pictures that the newest version of `item` brings; those that it no longer brings are let go.

    Call it in the transaction that applies the version. A picture that came before and is the same is not fetched
    again; what is said of it is taken anew.
    """
    all_brought = [(name, unpacked(told)) for name, told in brought(canonical)]
    if not all_brought and item.versions_in <= 1:
        return
    rows = {row.name: row for row in item.pictures.all()}
    now = clock.now()
    kept: set[int] = set()
    changed = False
    down = _taken_back(item, [told.item_id for _, told in all_brought if told.item_id])
    for position, (name, told) in enumerate(all_brought):
        row = rows.get(name)
        if row is None:
            row = ItemPicture(item=item, name=name)
            again = True
        else:
            again = row.state != ItemPicture.State.KILLED and _stamp(row.told()) != _stamp(told)
            again = again or row.state == ItemPicture.State.FAILED
        changed = changed or not row.current or row.position != position
        row.version, row.position, row.current = version, position, True
        row.said = msgspec.to_builtins(told)
        if again:
            row.state, row.reason, row.tries, row.claimed_until = ItemPicture.State.WANTED, "", 0, None
            row.next_at = now if item.feed.mode != Feed.Mode.HOLD or row.urgent else None
        elif row.state == ItemPicture.State.FETCHED:
            _renew(row, told)
        if told.item_id in down:
            row.state, row.reason = ItemPicture.State.KILLED, "The agency took this picture back."
        row.save()
        kept.add(row.pk)
    gone = [row.pk for row in rows.values() if row.current and row.pk not in kept and row.name]
    if gone:
        item.pictures.filter(pk__in=gone).update(current=False)
    if changed or gone:
        _look_again(item, now)
    if canonical.type in _PICTURES:
        # Texts that named this picture and waited for it.
        lent = ItemPicture.objects.filter(name=fitted(canonical.item_id), state=ItemPicture.State.WANTED)
        lent.filter(item__provider=item.provider).exclude(item=item).update(next_at=now)


def _look_again(item: Item, now: datetime) -> None:
    """Other pictures, or in another order, of which some are here: have the stories of `item` looked at again."""
    here = item.pictures.current().filter(state=ItemPicture.State.FETCHED).first()
    if here is None:
        return
    stories = Origin.objects.filter(provider=item.provider, item_id=item.item_id).values_list("story_id", flat=True)
    for story_id in set(stories):
        PicturePlace.objects.update_or_create(
            picture=here, story_id=story_id, defaults={"state": PicturePlace.State.DUE, "because": "", "at": now}
        )


def _taken_back(item: Item, names: list[str]) -> set[str]:
    """Those of `names` that the agency has killed or withheld as items of their own."""
    others = Item.objects.filter(provider=item.provider, item_id__in=names).exclude(pk=item.pk)
    down = others.filter(~Q(killed_at=None) | ~Q(withheld_at=None))
    return set(down.values_list("item_id", flat=True)) if names else set()


def _renew(row: ItemPicture, told: Association) -> None:
    reading.judge(row, told)
    if row.picture is not None and row.expires_at is not None:
        ends = row.picture.expires_at
        if ends is None or row.expires_at < ends:
            row.picture.expires_at = row.expires_at
            row.picture.save()


def brought(canonical: CanonicalItem) -> Iterator[tuple[str, Association]]:
    """(name, what is said of it) of each picture that an item brings: its own first, then those beside it."""
    seen: set[str] = set()
    for told in (*_own(canonical), *(each for each in canonical.associations if _is_picture(each))):
        name = name_of(told)
        if name and name not in seen:
            seen.add(name)
            yield name, told
            if len(seen) >= MOST:
                return


_DATA_URL: Final = re.compile(r"data:(image/[a-z0-9.+-]{1,40});base64,", re.IGNORECASE)


def unpacked(told: Association) -> Association:
    """The same, with pictures that are written into an address (RFC 2397) sealed and named by their bytes."""
    if not any(_DATA_URL.match(each.href) for each in told.renditions):
        return told
    return msgspec.structs.replace(told, renditions=tuple(_without_data(each) for each in told.renditions))


def _without_data(rendition: Rendition) -> Rendition:
    found = _DATA_URL.match(rendition.href)
    if found is None:
        return rendition
    try:
        data = b64decode(unquote(rendition.href[found.end() :]), validate=False)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        return msgspec.structs.replace(rendition, href="")
    part = sealing.seal_bytes(received(), data).seal
    return msgspec.structs.replace(rendition, href="", part=part, mime=rendition.mime or found.group(1).lower())


def _own(canonical: CanonicalItem) -> Iterator[Association]:
    pictures = tuple(each for each in canonical.renditions if choosing.is_picture(each))
    if canonical.type not in _PICTURES:
        pictures = tuple(each for each in pictures if choosing.surely_picture(each))
        if canonical.type not in _UNTOUCHED:
            return  # the stills of a film are not its story's pictures
    if not pictures:
        return
    own = canonical.type in _PICTURES
    yield Association(
        role="main",
        item_id=canonical.item_id,
        version=canonical.version_raw,
        type=canonical.type if own else "picture",
        headline=canonical.headline,
        caption=(markup.text_of(canonical.abstract) or markup.text_of(canonical.body_html)) if own else "",
        creditline=signature(canonical.byline, canonical.creditline) if own else canonical.creditline,
        copyright_notice=canonical.copyright_notice or canonical.copyright_holder,
        usage_terms=(*canonical.usage_terms, *_notes(canonical)) if own else canonical.usage_terms,
        expires=canonical.expires,
        renditions=pictures,
    )


def _notes(canonical: CanonicalItem) -> tuple[str, ...]:
    """Editors' notes of a picture item are mostly about its use: "NO ARCHIVE", "GERMANY OUT"."""
    return tuple(note.text for note in canonical.ednotes if note.text and not note.public)


def _is_picture(told: Association) -> bool:
    if told.type in _PICTURES:
        # Without a rendition it may still come as an item of its own.
        return bool(told.item_id) or any(choosing.is_picture(each) for each in told.renditions)
    return not told.type and any(choosing.surely_picture(each) for each in told.renditions)


def name_of(told: Association) -> str:
    """By what a picture is known: the agency's id of it, else the address or the bytes of its best rendition."""
    best = choosing.ordered(told.renditions)
    return fitted(_without_query(told.item_id) or (_without_query(best[0].href) or best[0].part if best else ""))


def fitted(name: str) -> str:
    """`name`, or its beginning and a digest where it is longer than the column."""
    return name if len(name) <= 500 else f"{name[:435]}~{digests.seal(name.encode())}"


def _stamp(told: Association) -> list[Any]:
    """What changes when the bytes do. Agencies sign addresses anew for each delivery, so queries do not count."""

    def one(each: Rendition) -> tuple[Any, ...]:
        return each.role, _without_query(each.href), each.part, each.sha, each.bytes, each.width, each.height

    return [told.version if told.item_id else "", sorted(map(repr, map(one, told.renditions)))]


def _without_query(href: str) -> str:
    if _DATA_URL.match(href):
        return f"sha256:{digests.seal(href.encode())}"
    if not choosing.is_address(href):
        return href
    try:
        parts = urlsplit(href)
    except ValueError:
        return href
    # An address whose path says nothing of the picture ("/media?id=12") is told apart by its query.
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if "." in parts.path.rpartition("/")[2] else href


def want_now(item: Item) -> int:
    """Have the pictures of `item` fetched before all others: somebody waits. Returns how many are to come."""
    to_come = item.pictures.current().filter(~Q(state=ItemPicture.State.FETCHED), ~Q(state=ItemPicture.State.KILLED))
    return to_come.exclude(state=ItemPicture.State.REFUSED).update(
        state=ItemPicture.State.WANTED, urgent=True, next_at=clock.now(), tries=0
    )
