"""Files of a feed: sealed, read, and their items applied one by one.

A file goes through in three steps: its bytes are sealed and a delivery is written; the delivery is read; each item in
it is applied in a transaction of its own. So nothing received is lost, one bad item never stops the others, and what
a crash cut short is done again by `resume()`."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path, PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.stories import alerts
from standfirst.stories.actions import may
from standfirst.wire import formats, sealing
from standfirst.wire.formats import dialects
from standfirst.wire.intake.applying import apply
from standfirst.wire.intake.common import MOST_ATTEMPTS, received
from standfirst.wire.models import Delivery, Feed

log = logging.getLogger(__name__)


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
    profile = formats.Profile(
        provider=feed.provider or feed.name,
        force_provider=bool(feed.provider),
        empty_embargo_means_none=feed.empty_embargo_means_none,
        language=feed.language,
        limits=formats.Limits(bytes=settings.STANDFIRST.wire_limit),
        dialects=dialects.NAMED if feed.dialect in dialects.NAMED else dialects.BY_PROVIDER,
    )
    return profile.speaking(feed.dialect) if feed.dialect in dialects.NAMED else profile
