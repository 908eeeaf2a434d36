"""What happens to pictures: noted for the press, killed, and ended when their rights do."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePath

from django.core.files.images import ImageFile
from django.db import transaction

from standfirst.changes import actions as changes
from standfirst.changes import handlers
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.pictures import reading
from standfirst.pictures.models import Picture

RIGHTS_END = "picture-rights-end"
"""Name of the tick at which a picture's rights end. Its ref is the picture's id."""


def watch_pictures() -> None:
    """Have each saved picture looked at by the press, and again when its rights end."""
    handlers.watch(Picture, saved=_saved, deleted=_deleted)


def _saved(picture: Picture, created: bool) -> None:
    changes.record(kind="picture", ref=picture.pk)
    if picture.expires_at is not None:
        changes.set_tick(name=RIGHTS_END, ref=picture.pk, due=picture.expires_at)


def _deleted(picture: Picture) -> None:
    changes.record(kind="picture", ref=picture.pk, cause="deleted")


@transaction.atomic
def add(*, data: bytes, file_name: str, title: str, alt: str = "", caption: str = "", credit: str = "") -> Picture:
    """Put a picture in the private library.

    Raises:
        Refused: the bytes are no picture that we take, break off, or have too many pixels. The message says which.
    """
    reading.check(BytesIO(data))
    picture = Picture(
        title=title[:255],
        alt=alt[:400],
        caption=caption,
        credit=credit[:200],
        file=ImageFile(BytesIO(data), name=PurePath(file_name).name),
        file_size=len(data),
    )
    picture.save()
    return picture


@transaction.atomic
def kill(*, picture: Picture, by: changes.Actor, reason: str) -> None:
    """Take a picture out of every page, at once and for good. The stories stay."""
    picture.killed_at = clock.now()
    picture.save(update_fields=["killed_at"])
    changes.record(kind="picture", ref=picture.pk, lane=Lane.KILL, cause="killed")
    changes.audit(by=by, verb="killed", kind="picture", ref=picture.pk, reason=reason)
