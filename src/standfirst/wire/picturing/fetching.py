"""Bytes of pictures: out of the delivery that named them, or by HTTP; sealed as they came, then checked and read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Final
from urllib.parse import unquote

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock, outgoing
from standfirst.kit.errors import Problem, Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures import metadata
from standfirst.pictures import reading as bytes_of_pictures
from standfirst.stories.actions import may
from standfirst.wire import formats, sealing
from standfirst.wire.intake.common import received
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.item import Rendition
from standfirst.wire.models import Delivery, DeliveryPart, Item, ItemPicture
from standfirst.wire.picturing import choosing, doors, placing, reading

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
"""How long one program has for one picture; a crash delays it by as much."""

SECONDS: Final = 60.0
"""How long one request may take."""

_RETRIES: Final = (10, 60, 300, 1800, 7200, 21_600)
"""Seconds until the next try, after each that failed. Agencies sometimes name a picture before it is there."""

_AT_MOST: Final = timedelta(hours=12)
"""How far a server's Retry-After is believed."""


@dataclass(frozen=True, slots=True)
class _Bytes:
    data: bytes
    seal: str


class _Later(Exception):
    """It did not come, but may come later."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


def work(limit: int = 10) -> int:
    """Fetch up to `limit` pictures that are due, and place what has arrived. Returns how many were looked at.

    For the loop of `standfirst wire run`; two programs may call it at once. Call it outside of a transaction. Errors of
    the database are raised, anything else is noted with the picture.
    """
    done = 0
    while done < limit and (row := _claimed()) is not None:
        fetch(row)
        done += 1
    return done + placing.place_due(limit)


def _claimed() -> ItemPicture | None:
    """The next picture that is due, kept from other programs for a while."""
    while True:
        now = clock.now()
        found = ItemPicture.objects.due(now).values_list("pk", "claimed_until").first()
        if found is None:
            return None
        pk, claimed_until = found
        mine = ItemPicture.objects.filter(pk=pk, claimed_until=claimed_until, state=ItemPicture.State.WANTED)
        if mine.update(claimed_until=now + LEASE):
            return ItemPicture.objects.select_related("item__feed", "version__delivery", "picture").get(pk=pk)


def fetch(row: ItemPicture, *, only_in_hand: bool = False) -> bool:
    """Get the bytes of one picture and note what came of it. True if it is here now.

    With `only_in_hand` nothing is asked of the network: False then means that it is still to come.
    """
    try:
        found = _bytes_of(row, only_in_hand)
        if found is None:
            return False
        _arrived(row, found)
    except _Later as later:
        _try_again(row, later)
    except Problem as problem:
        _set(row, state=ItemPicture.State.REFUSED, reason=str(problem))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Whatever a hostile picture does to a reader, the next one is fetched.
        log.exception("Picture %s of item %s made its reader fail", row.pk, row.item_id)
        _set(row, state=ItemPicture.State.REFUSED, reason="It made the program that reads it fail: the log says where.")
    if row.state == ItemPicture.State.FETCHED:
        placing.arrived(row)
        return True
    return False


def may_fetch(row: ItemPicture) -> bool:
    """True for what did not come, and for what was killed once a person has undone that."""
    if row.state == ItemPicture.State.KILLED:
        stands = row.item.killed_at is not None or row.item.withheld_at is not None
        return not stands and bool(row.seal) and pictures.killed_before(row.seal) is None
    return row.state != ItemPicture.State.FETCHED


def fetch_again(*, row: ItemPicture, by: Actor) -> None:
    """Have a picture fetched that could not be, or was refused: the agency or a setting may be better now."""
    may(by, "wire.take_item")
    if not may_fetch(row):
        raise Refused(f"There is nothing to fetch: {row.get_state_display().lower()}.")
    ItemPicture.objects.filter(pk=row.pk).update(
        state=ItemPicture.State.WANTED, reason="", tries=0, urgent=True, next_at=clock.now(), claimed_until=None
    )
    changes.audit(by=by, verb="fetch again", kind="item", ref=row.item_id, picture=row.name)


def _set(row: ItemPicture, **values: object) -> None:
    values = {"claimed_until": None, **values}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _try_again(row: ItemPicture, later: _Later) -> None:
    tries = row.tries + 1
    if tries > len(_RETRIES):
        _set(row, state=ItemPicture.State.FAILED, reason=later.reason, tries=tries)
        return
    wait = timedelta(seconds=_RETRIES[tries - 1])
    if later.after is not None:
        wait = max(wait, min(later.after, _AT_MOST))
    _set(row, reason=later.reason, tries=tries, next_at=clock.now() + wait)


def _arrived(row: ItemPicture, found: _Bytes) -> None:
    """Check and read what came."""
    killed = pictures.killed_before(found.seal)
    if killed is None and row.name:
        # Other bytes of a picture that was killed: another rendition, or the same file saved anew.
        same = ItemPicture.objects.filter(item__provider=row.item.provider, name=row.name).exclude(seal="")
        killed = next(filter(None, map(pictures.killed_before, set(same.values_list("seal", flat=True)))), None)
    if killed is not None:
        reason = f"The same picture was killed on {killed.at:%d %b %Y}: {killed.reason}"
        _set(row, state=ItemPicture.State.KILLED, reason=reason, seal=killed.seal or found.seal)
        return
    size = bytes_of_pictures.check(BytesIO(found.data))
    said = metadata.read(found.data)
    with transaction.atomic():
        # The agency may have taken it back while it was on its way.
        fresh = (
            ItemPicture.objects.select_for_update(of=("self",)).select_related("item__feed", "picture").get(pk=row.pk)
        )
        if fresh.state == ItemPicture.State.KILLED or fresh.item.killed_at is not None:
            _set(row, state=ItemPicture.State.KILLED, reason=fresh.reason or "The agency cancelled its item.")
            return
        if fresh.picture is not None and fresh.seal and fresh.seal != found.seal:
            row.picture = fresh.picture = None  # other bytes under the same name: another picture
        row.file_says, row.width, row.height = said.plain(), size.width, size.height
        reading.judge(row, file=said)
        _set(
            row,
            state=ItemPicture.State.FETCHED,
            reason="",
            picture=fresh.picture,
            seal=found.seal,
            size=len(found.data),
            width=size.width,
            height=size.height,
            file_says=row.file_says,
            held_because=row.held_because,
            not_before=row.not_before,
            expires_at=row.expires_at,
            fetched_at=clock.now(),
            tries=0,
        )


# --- where bytes are ----------------------------------------------------------------------------------------------


def _bytes_of(row: ItemPicture, only_in_hand: bool) -> _Bytes | None:
    """The bytes of the best rendition that can be had."""
    renditions = _renditions(row)
    if not renditions:
        if only_in_hand:
            return None
        raise _Later("The agency names it, but has not sent it: it comes as an item of its own, or not at all.")
    in_hand = {each for each in renditions if _lies_with(row, each)}
    candidates = choosing.ordered(renditions, in_hand)
    if not candidates:
        raise Refused("None of its renditions is a picture that browsers show, in a size that we take.")
    reasons: list[str] = []
    later: _Later | None = None
    for each in candidates:
        try:
            if each in in_hand and (found := _unpacked(row, each)) is not None:
                return _checked(found)
            if only_in_hand:
                continue
            if choosing.is_address(each.href):
                return _checked(_fetched(row, each))
            later = later or _Later(f"The file “{choosing.file_name(each.href)[:100]}” did not come with its text.")
        except _Later as problem:
            later = later or problem
        except Problem as problem:
            reasons.append(str(problem))
    if only_in_hand:
        return None
    if later is not None:
        raise later
    raise Refused(reasons[0] if reasons else "It has no rendition that can be fetched.")


def _checked(found: _Bytes) -> _Bytes:
    """The same, or `Refused` so that the next rendition is tried."""
    if len(found.data) > choosing.MOST_BYTES:
        raise Refused(_too_large(len(found.data)))
    bytes_of_pictures.upright_size(BytesIO(found.data))
    return found


def _too_large(size: int) -> str:
    return f"The picture has {size:,} bytes and {choosing.MOST_BYTES:,} is the most: ask for a smaller rendition."


def _renditions(row: ItemPicture) -> tuple[Rendition, ...]:
    """Its own, else those of the picture item that the text names."""
    told = row.told()
    named = tuple(each for each in told.renditions if each.href or each.part)
    if named or not told.item_id:
        return named
    other = Item.objects.filter(provider=row.item.provider, item_id=told.item_id).exclude(pk=row.item_id).first()
    version = other.newest_version() if other is not None else None
    if other is None or version is None:
        return ()
    if other.killed_at is not None or other.withheld_at is not None:
        raise Refused("The agency took this picture back.")
    lent = other.pictures.current().first()
    if lent is None:
        return ()
    theirs = lent.told()
    # What the text says of it stands; its own item says the rest.
    said = {
        **row.said,
        **{
            name: row.said.get(name) or lent.said.get(name)
            for name in ("headline", "caption", "creditline", "copyright_notice", "usage_terms", "expires", "alt")
        },
    }
    row.said = said
    row.version = version
    row.save(update_fields=["said", "version"])
    return theirs.renditions


def _lies_with(row: ItemPicture, rendition: Rendition) -> bool:
    return bool(rendition.part or _sibling(row, rendition.href))


def _unpacked(row: ItemPicture, rendition: Rendition) -> _Bytes | None:
    """Bytes that came with the delivery: inside the file, or beside it."""
    if rendition.part:
        return _part(row, rendition.part)
    seal = _sibling(row, rendition.href)
    return _Bytes(_sealed(seal), seal) if seal else None


def _sealed(seal: str) -> bytes:
    path = sealing.place(received(), seal)
    if path.exists() and path.stat().st_size > choosing.MOST_BYTES:
        raise Refused(_too_large(path.stat().st_size))
    return sealing.read(received(), seal)


def _part(row: ItemPicture, seal: str) -> _Bytes | None:
    """Bytes inside the file: sealed when it was read, else read out of it again."""
    if sealing.place(received(), seal).exists():
        return _Bytes(_sealed(seal), seal)
    if row.version is None:
        return None
    delivery = row.version.delivery
    parsed = formats.parse(sealing.read(received(), delivery.seal), profile=profile_of(delivery.feed))
    part = parsed.parts.get(seal)
    if part is None:
        raise Refused("The picture that the file names is not in it.")
    return _Bytes(part.data, sealing.seal_bytes(received(), part.data).seal)


_BESIDE: Final = timedelta(hours=12)
"""How far apart a text and the picture beside it may come in."""


def _sibling(row: ItemPicture, href: str) -> str:
    """The seal of a file with the name in `href` that came with the delivery, or about the same time; "" if none."""
    if not href or choosing.is_address(href) or row.version is None or len(href) > 1000:
        return ""
    delivery = row.version.delivery
    names = dict.fromkeys(_names(href))
    parts = {_plain(part.name): part.seal for part in delivery.parts.order_by("-id")}
    for name in names:
        if seal := parts.get(_plain(name)):
            return seal
    base = choosing.file_name(href)
    if not base:
        return ""
    around = (delivery.received_at - _BESIDE, delivery.received_at + _BESIDE)
    part = (
        DeliveryPart.objects.filter(delivery__feed=delivery.feed_id, delivery__received_at__range=around)
        .filter(Q(name__iexact=base) | Q(name__iendswith=f"/{base}"))
        .order_by("-id")
        .first()
    )
    if part is not None:
        return part.seal
    # The picture may have come as a file of its own, which no format reads.
    alone = Delivery.objects.filter(feed=delivery.feed_id, file_name__iexact=base, received_at__range=around)
    return alone.order_by("-id").values_list("seal", flat=True).first() or ""


def _names(href: str) -> Iterator[str]:
    plain = unquote(href).replace("\\", "/")
    for prefix in ("cid:", "file://", "./"):
        plain = plain.removeprefix(prefix)
    yield plain
    yield plain.rpartition("/")[2]


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").strip("<>").casefold()


def _fetched(row: ItemPicture, rendition: Rendition) -> _Bytes:
    """Bytes by HTTP."""
    door = doors.for_address(row.item.feed, rendition.href)
    try:
        with outgoing.Outgoing(allow_private=door.allow_private) as client:
            response = client.fetch(
                rendition.href,
                headers={"accept": "image/*,*/*;q=0.5", **door.headers},
                secret_query=door.secret_query,
                limit_bytes=choosing.MOST_BYTES,
                limit_seconds=SECONDS,
            )
    except (outgoing.Unreachable, outgoing.TooSlow) as error:
        raise _Later(str(error)) from error
    if response.status != 200:
        where = outgoing.shown(rendition.href)
        reason = f"{where} answers {response.status}: {_STATUS.get(response.status, 'it does not give the picture')}."
        raise _Later(reason, _retry_after(response.header("retry-after")))
    if not response.body:
        raise _Later(f"{outgoing.shown(rendition.href)} gave an empty file.")
    return _Bytes(response.body, sealing.seal_bytes(received(), response.body).seal)


_STATUS: Final = {
    401: "it asks for a name and password; give the feed's source what the agency gave you for pictures",
    403: "it does not let us in; ask the agency whether pictures are in the subscription",
    404: "it is not there, or not yet",
    410: "it is gone",
    429: "we ask too often",
}


def _retry_after(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else None
