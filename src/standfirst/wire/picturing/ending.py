"""Pictures that an agency takes back: out of every story at once, while the stories stay."""

from __future__ import annotations

import logging
from typing import Literal

from django.db import transaction

from standfirst.changes.actions import Actor
from standfirst.pictures import actions as pictures
from standfirst.stories import alerts
from standfirst.stories import picturing as shown_by
from standfirst.wire.intake.common import WIRE
from standfirst.wire.models import Item, ItemPicture, PicturePlace
from standfirst.wire.picturing.wanting import fitted

log = logging.getLogger(__name__)


def take_back(item: Item, reason: str, kind: Literal["kill", "withhold"]) -> int:
    """`item` was killed or withheld: kill the pictures that go with it. Returns how many.

    A picture item takes its picture along wherever that came in, also beside texts. A text takes along what came only
    with it: a picture that another item brings, which stands, is that item's as well and stays. A text that is only
    withheld leaves its pictures alone.
    """
    named = ItemPicture.objects.filter(item__provider=item.provider, name=fitted(item.item_id))
    rows = list(named.exclude(state=ItemPicture.State.KILLED).select_related("picture", "item"))
    if kind == "kill":
        own = item.pictures.exclude(pk__in=[row.pk for row in rows]).exclude(state=ItemPicture.State.KILLED)
        rows += [row for row in own.select_related("picture", "item") if not _shared(row, item)]
    # First: whoever is about to put one of them into the library waits here, or has done so before.
    ItemPicture.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=ItemPicture.State.KILLED, reason=reason, next_at=None, claimed_until=None
    )
    killed: set[int] = set()
    ref = f"item:{item.pk}"
    for row in rows:
        if row.seal:
            fact = pictures.kill_bytes(seal=row.seal, by=WIRE, reason=reason, agency=item.feed.title, ref=ref)
        elif row.picture is not None:
            fact = pictures.kill(picture=row.picture, by=WIRE, reason=reason, agency=item.feed.title, ref=ref)
        else:
            fact = None
        if fact is not None and fact.picture_id is not None:
            killed.add(fact.picture_id)
        if row.picture_id is not None:
            killed.add(row.picture_id)
    PicturePlace.objects.filter(picture__in=rows, state=PicturePlace.State.DUE).update(
        state=PicturePlace.State.LEFT, because="It was killed."
    )
    if killed:
        # After the kill has committed: it must not wait for a look through all stories.
        transaction.on_commit(lambda: _tell(item.feed.title, sorted(killed), reason), robust=True)
    return len(rows)


def _shared(row: ItemPicture, item: Item) -> bool:
    """True if another item that stands brings the same picture."""
    others = ItemPicture.objects.exclude(item=item).exclude(state=ItemPicture.State.KILLED)
    others = others.filter(item__killed_at=None, item__withheld_at=None)
    if row.seal and others.filter(seal=row.seal).exists():
        return True
    if row.picture_id and others.filter(picture=row.picture_id).exists():
        return True
    return bool(row.name) and others.filter(item__provider=item.provider, name=row.name).exists()


def _tell(agency: str, killed: list[int], reason: str) -> None:
    found = [story for pk in killed for story in shown_by.stories_showing(pk) if story.live]
    if not found:
        return
    lines = dict.fromkeys(f"- {story.title}" for story in found)
    alerts.mail_publishers(
        f"Killed by the agency: a picture in {len(lines)} {'story' if len(lines) == 1 else 'stories'}",
        "\n".join(
            [
                f"{agency} took a picture back. It is out of these stories, which stay:",
                "",
                *lines,
                "",
                f"Reason: {reason}",
            ]
        ),
    )


def release(item: Item, by: Actor) -> int:
    """The item was released: from now on people may undo the kills that came with it, picture by picture."""
    return pictures.agree(ref=f"item:{item.pk}", by=by)
