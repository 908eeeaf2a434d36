"""The pictures of imported stories: into the library before their stories are written, the same bytes once.

A run that is cut short after a picture leaves one that no story shows. The next run knows it by its bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from standfirst.archive.reading import Asked, Copy, Without
from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.kit import digests
from standfirst.kit.errors import Problem, Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures import metadata, terms
from standfirst.pictures.models import Picture

IMPORTER: Final = changes.Machine("import")

_ENDINGS: Final = {b"\xff\xd8": "jpg", b"\x89P": "png", b"GI": "gif", b"RI": "webp"}


class Hands:
    """Brings the pictures of a chunk. Looks at each file once. `fault` is told the steps, for tests."""

    def __init__(self, *, write: bool, fault: Callable[[str], None] = lambda name: None) -> None:
        self.write = write
        self.fault = fault
        self._seen: dict[tuple[Path, str], Picture | str | None] = {}
        """By folder and name: the picture, None if it would be added, or why it is not taken."""

    def bring(self, copy: Copy) -> Copy:
        """`copy` with its pictures in the library, and without those that are not taken.

        If this writes nothing, the pictures that would come stay without an id.

        Raises:
            Problem: a picture cannot be stored, e.g. because the disk is full.
        """
        if not copy.pictures:
            return copy
        without, came = list(copy.without), []
        lead: int | None = None
        lead_caption = ""
        shown: dict[str, dict[str, Any]] = {}
        for asked in copy.pictures:
            try:
                picture = self._picture(asked)
            except Refused as refused:
                without.append(Without(copy.where, asked.file, str(refused)))
                continue
            came.append(asked)
            pk = picture.pk if picture is not None else None
            # The story's own caption, where it differs from the picture's: another story may have brought that.
            caption = "" if picture is None or asked.caption == picture.caption else asked.caption
            if asked.block:
                shown[asked.block] = {"picture": pk, "caption": caption}
            else:
                lead, lead_caption = pk, caption
        body = [
            {**block, "value": shown[block["id"]]} if block["type"] == "picture" else block
            for block in copy.body
            if block["type"] != "picture" or block["id"] in shown
        ]
        return replace(
            copy,
            body=body,
            fields={**copy.fields, "lead_caption": lead_caption},
            lead=lead,
            pictures=tuple(came),
            without=tuple(without),
        )

    def _picture(self, asked: Asked) -> Picture | None:
        """The picture in the library; None if it would be added. Raises `Refused` with a sentence."""
        if held := terms.held(asked.terms):
            raise Refused(_held("terms", held[0]))
        key = (asked.folder.root, asked.file)
        if key not in self._seen:
            try:
                self._seen[key] = self._found(asked)
            except Refused as refused:
                self._seen[key] = str(refused)
        found = self._seen[key]
        if isinstance(found, str):
            raise Refused(found)
        if found is not None and self.write and _ends_sooner(asked, found):
            self._seen[key] = found = _shorten(found, asked)
        return found

    def _found(self, asked: Asked) -> Picture | None:
        data = asked.folder.read(asked.file, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
        seal = digests.seal(data)
        killed = pictures.killed_before(seal) is not None
        known: Picture | None = Picture.objects.filter(seal=seal, killed_at=None).order_by("pk").first()
        if known is not None and not killed:
            return known
        if killed or not self.write:
            pictures.check(data)
        fields = _fields(asked, data)
        if not self.write:
            return None
        try:
            added = pictures.add(data=data, file_name=_file_name(asked.file, data), lane=Lane.MAINTENANCE, **fields)
        except OSError as error:
            raise Problem(
                f"The picture “{asked.file}” could not be stored ({error.strerror}): look at the newsroom's disk. What "
                "is done stays done, and the same command goes on from here."
            ) from error
        self.fault("archive:picture")
        return added


def _fields(asked: Asked, data: bytes) -> dict[str, Any]:
    """What stands in the library: the story's words, else the file's own. Raises `Refused` for what a person weighs."""
    file = metadata.read(data)
    if held := terms.held(file.terms):
        raise Refused(_held("terms in the file", held[0]))
    if held := terms.stopped(file.instructions, file.edit_status):
        raise Refused(_held("instructions in the file", held[0]))
    said = {
        "alt": asked.alt,
        "caption": asked.caption,
        "credit": asked.credit,
        "holder": asked.holder,
        "terms": asked.terms,
        "territory": terms.territory(asked.terms),
        "expires_at": asked.expires,
    }
    title = PurePath(asked.file).stem
    return {**pictures.fields_from(file), **{name: value for name, value in said.items() if value}, "title": title}


def _held(which: str, held: terms.Held) -> str:
    return f"Its {which} say “{held.phrase}”: {held.means}. If you have the right to show it, put it in by hand."


def _file_name(file: str, data: bytes) -> str:
    """The name under which the bytes are kept, with an ending that the library takes."""
    path = PurePath(file)
    if path.suffix[1:].lower() in settings.WAGTAILIMAGES_EXTENSIONS:
        return path.name
    return f"{path.stem}.{_ENDINGS.get(data[:2], 'heic')}"


def _ends_sooner(asked: Asked, picture: Picture) -> bool:
    return asked.expires is not None and (picture.expires_at is None or asked.expires < picture.expires_at)


@transaction.atomic
def _shorten(picture: Picture, asked: Asked) -> Picture:
    """The same bytes are one picture, whoever brought them: the stricter end of rights holds."""
    found: Picture | None = Picture.objects.select_for_update().filter(pk=picture.pk).first()
    if found is None or not _ends_sooner(asked, found):
        return found or picture
    found.expires_at = asked.expires
    found.press_lane = Lane.MAINTENANCE
    found.save()
    changes.audit(
        by=IMPORTER,
        verb="ended rights",
        kind="picture",
        ref=found.pk,
        expires=asked.expires.isoformat() if asked.expires else "",
        file=asked.file,
    )
    return found
