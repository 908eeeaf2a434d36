"""What happens to pictures: noted for the press, killed and restored, and ended when their rights do."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import PurePath
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction

from standfirst.changes import actions as changes
from standfirst.changes import handlers
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.pictures import reading, terms, tints
from standfirst.pictures.metadata import Metadata
from standfirst.pictures.models import AvifCopies, Picture, PictureKill

RIGHTS_END = "picture-rights-end"
"""Name of the tick at which a picture's rights end. Its ref is the picture's id."""


def watch_pictures() -> None:
    """Have each saved picture looked at by the press, and again when its rights end."""
    handlers.watch(Picture, saved=_saved, deleted=_deleted)


def _saved(picture: Picture, created: bool) -> None:
    killed = PictureKill.objects.against(picture).order_by("at").first()
    if killed is not None and picture.killed_at is None:
        # The same bytes were killed, or a form that was read before the kill has been saved after it.
        Picture.objects.filter(pk=picture.pk).update(killed_at=killed.at)
        picture.killed_at = killed.at
        changes.record(kind="picture", ref=picture.pk, lane=Lane.KILL, cause="killed")
    changes.record(kind="picture", ref=picture.pk, lane=picture.press_lane)
    if picture.expires_at is not None:
        changes.set_tick(name=RIGHTS_END, ref=picture.pk, due=picture.expires_at)


def _deleted(picture: Picture) -> None:
    changes.record(kind="picture", ref=picture.pk, cause="deleted")
    if AvifCopies.objects.filter(picture=picture.pk).exists():
        changes.record(kind="avif", ref=picture.pk, cause="deleted")


def add(
    *,
    data: bytes,
    file_name: str,
    title: str,
    alt: str = "",
    caption: str = "",
    credit: str = "",
    by: changes.Actor | None = None,
    lane: Lane = Lane.PUBLISH,
    **rights: Any,
) -> Picture:
    """Put a picture in the private library. `rights` are further fields of `Picture`: holder, terms, expires_at ...

    `lane` says how urgent it is to the press.

    Raises:
        Refused: as `check`.
    """
    check(data)
    picture = Picture(
        title=title[:255],
        alt=alt[:400],
        caption=caption,
        credit=credit[:200],
        file=ImageFile(BytesIO(data), name=PurePath(file_name).name),
        file_size=len(data),
        uploaded_by_user_id=by.pk if by is not None else None,
        **rights,
    )
    picture.press_lane = lane
    with transaction.atomic():
        picture.save()
    return picture


def check(data: bytes) -> None:
    """Whether these bytes may be put in the library.

    Raises:
        Refused: they are no picture that we take, break off, or have too many pixels; or they were killed. The message
            says which.
    """
    reading.check(BytesIO(data))
    if (killed := killed_before(hashlib.sha256(data).hexdigest())) is not None:
        raise Refused(f"This picture was killed on {killed.at:%d %b %Y}: {killed.reason}")


# --- kills --------------------------------------------------------------------------------------------------------


def killed_before(seal: str) -> PictureKill | None:
    """The kill that stands against the bytes with this seal, if there is one."""
    return PictureKill.objects.standing().filter(seal=seal).order_by("-id").first() if seal else None


@transaction.atomic
def kill(*, picture: Picture, by: changes.Actor, reason: str, agency: str = "", ref: str = "") -> PictureKill:
    """Take a picture out of every page, at once and for good. The stories stay.

    It holds for the bytes, not for the row: whoever brings them again, they are killed. `agency` and `ref` say who
    asked for it and what it came with, where that was not a person here.
    """
    locked = Picture.objects.select_for_update().get(pk=picture.pk)
    fact = _kill(picture=locked, seal=locked.seal, by=by, reason=reason, agency=agency, ref=ref)
    picture.killed_at = Picture.objects.values_list("killed_at", flat=True).get(pk=locked.pk)
    return fact


@transaction.atomic
def kill_bytes(*, seal: str, by: changes.Actor, reason: str, agency: str = "", ref: str = "") -> PictureKill:
    """Kill a picture known by its bytes only, whether the library has it, will have it or never gets it."""
    if not seal:
        raise ValueError("kill_bytes needs a seal")
    first = Picture.objects.select_for_update().filter(seal=seal).order_by("pk").first()
    return _kill(picture=first, seal=seal, by=by, reason=reason, agency=agency, ref=ref)


def _kill(*, picture: Picture | None, seal: str, by: changes.Actor, reason: str, agency: str, ref: str) -> PictureKill:
    now = clock.now()
    fact = PictureKill.objects.create(
        picture=picture,
        seal=seal,
        reason=reason.strip(),
        agency=agency[:200],
        ref=ref[:80],
        at=now,
        by=changes.name_of(by),
        by_id_of_user=by.pk,
    )
    for row in _same(picture.pk if picture else None, seal):
        Picture.objects.filter(pk=row, killed_at=None).update(killed_at=now)
        changes.record(kind="picture", ref=row, lane=Lane.KILL, cause="killed")
    about = picture.pk if picture is not None else seal
    changes.audit(by=by, verb="killed", kind="picture", ref=about, reason=reason)
    return fact


def _same(pk: int | None, seal: str) -> list[int]:
    """Every row of the library with these bytes, and the row itself."""
    found = set(Picture.objects.filter(seal=seal).values_list("pk", flat=True)) if seal else set()
    return sorted(found | ({pk} if pk is not None else set()))


@transaction.atomic
def agree(*, ref: str, by: changes.Actor) -> int:
    """The agency's own kill was released: from now on a person may undo it, picture by picture. Returns how many."""
    agreed = PictureKill.objects.standing().filter(ref=ref, agreed_at=None).exclude(agency="")
    return agreed.update(agreed_at=clock.now())


def why_not_restored(kill: PictureKill, by: changes.Actor) -> str | None:
    """A sentence saying why `by` cannot undo `kill`, or None."""
    if kill.undone_at is not None:
        return "Somebody has undone this already."
    if kill.agency and kill.agreed_at is None:
        return (
            f"{kill.agency} asked for this: when the agency has said that the picture may be used again, "
            "release its item on the wire list first."
        )
    if by.pk is not None and kill.by_id_of_user == by.pk:
        return "You ordered this yourself: a second person must undo it."
    return None


@transaction.atomic
def restore(*, kill: PictureKill, because: str, by: changes.Actor) -> None:
    """Undo a kill. Stories that still name the picture show it again; those that lost it do not get it back.

    Raises:
        Refused: by the person who ordered it (a second person must agree), or against an agency's word.
    """
    kill = PictureKill.objects.select_for_update().get(pk=kill.pk)
    if why := why_not_restored(kill, by):
        raise Refused(why)
    if not because.strip():
        raise Refused("Give the reason for undoing it.")
    kill.undone_at = clock.now()
    kill.undone_by = changes.name_of(by)
    kill.undone_because = because.strip()
    kill.save()
    for pk in _same(kill.picture_id, kill.seal):
        picture = Picture.objects.select_for_update().get(pk=pk)
        if picture.killed_at is not None and not PictureKill.objects.against(picture).exists():
            Picture.objects.filter(pk=pk).update(killed_at=None)
            changes.record(kind="picture", ref=pk, cause="restored")
    changes.audit(by=by, verb="restored", kind="picture", ref=kill.picture_id or kill.seal, because=because.strip())


# --- lighter copies, and colours, in idle time --------------------------------------------------------------------


@transaction.atomic
def ask_for_avif(*, picture: int, of: str, widths: Sequence[int]) -> None:
    """Have the press make copies of a picture in AVIF, in so many widths. No page shows them before `avif_made`."""
    AvifCopies.objects.update_or_create(
        picture_id=picture,
        defaults={
            "of": of,
            "widths": ",".join(map(str, widths)),
            "state": AvifCopies.State.ASKED,
            "at": clock.now(),
        },
    )
    changes.record(kind="avif", ref=picture, lane=Lane.MAINTENANCE, cause="asked")


@transaction.atomic
def avif_made(*, picture: int, of: str) -> bool:
    """Readers have every copy that was asked for: pages may show them. False if something else was asked meanwhile."""
    asked = AvifCopies.objects.filter(picture=picture, of=of, state=AvifCopies.State.ASKED)
    if not asked.update(state=AvifCopies.State.MADE, at=clock.now()):
        return False
    changes.record(kind="avif", ref=picture, lane=Lane.MAINTENANCE, cause="made")
    return True


@transaction.atomic
def avif_failed(*, picture: int, of: str) -> None:
    """The copies that were asked for cannot be made: readers go on without, and nobody tries again."""
    AvifCopies.objects.filter(picture=picture, of=of, state=AvifCopies.State.ASKED).update(
        state=AvifCopies.State.FAILED, at=clock.now()
    )
    changes.record(kind="avif", ref=picture, lane=Lane.MAINTENANCE, cause="failed")


@transaction.atomic
def forget_avif(*, picture: int) -> None:
    """Take a picture's copies in AVIF away, and what is known of them."""
    if AvifCopies.objects.filter(picture=picture).delete()[0]:
        changes.record(kind="avif", ref=picture, lane=Lane.MAINTENANCE, cause="not shown")


def avif_made_after(picture: int, limit: int) -> list[int]:
    """Pictures that have copies in AVIF, in order of their ids, behind `picture`."""
    made = AvifCopies.objects.filter(state=AvifCopies.State.MADE, picture__gt=picture).order_by("picture")
    return list(made.values_list("picture_id", flat=True)[:limit])


def avif_asked() -> list[AvifCopies]:
    """Copies that were asked for and are not known to be made yet."""
    return list(AvifCopies.objects.filter(state=AvifCopies.State.ASKED).order_by("picture"))


def avif_known(pictures: Iterable[int]) -> dict[int, str]:
    """Of what the copies in AVIF are made that were ever asked for, by picture."""
    return dict(AvifCopies.objects.filter(picture__in=list(pictures)).values_list("picture", "of"))


def tint_some(seconds: float = 0.1) -> int:
    """Look at pictures that have no tint yet, for so long or one more. Returns how many.

    Those are from before there were tints; the press prints again what shows them, when nothing else waits.
    """
    until = time.monotonic() + seconds
    done = 0
    for picture in Picture.objects.filter(tint=None).order_by("pk")[:50]:
        try:
            with picture.file.storage.open(picture.file.name, "rb") as data:
                tint = tints.of(data)
        except (OSError, ValueError):  # the library has lost it, or never had a file
            tint = tints.NONE
        with transaction.atomic():
            if Picture.objects.filter(pk=picture.pk, tint=None).update(tint=tint) and tint != tints.NONE:
                changes.record(kind="picture", ref=picture.pk, lane=Lane.MAINTENANCE, cause="tint")
        done += 1
        if time.monotonic() >= until:
            break
    return done


# --- what the file says -------------------------------------------------------------------------------------------


def fields_from(said: Metadata) -> dict[str, Any]:
    """What a file's metadata gives for the fields of `Picture`; only what it says."""
    found: dict[str, Any] = {
        "alt": said.alt[:400],
        "description": said.description[:255],
        "caption": said.caption or said.headline,
        "credit": said.signed[:200],
        "holder": (said.holder or said.copyright)[:200],
        "terms": said.terms,
        "instructions": said.instructions,
        "territory": terms.territory(said.terms, said.instructions),
        "place": said.place[:200],
        "taken_on": said.taken,
        "expires_at": said.expires_at,
        "digital_source": said.digital_source[:60],
    }
    return {name: value for name, value in found.items() if value}
