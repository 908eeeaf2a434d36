"""What screens show of an item's pictures, and the small private copies of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Final

from django.urls import reverse
from PIL import Image, ImageOps

from standfirst.kit.errors import Problem
from standfirst.pictures.reading import FAULTS, upright_size
from standfirst.stories.models import Story
from standfirst.wire import sealing
from standfirst.wire.intake.common import received
from standfirst.wire.models import Item, ItemPicture
from standfirst.wire.picturing import choosing, fetching, placing, reading

LONG_SIDE: Final = 640
"""Pixels of the longer side of a thumbnail at most."""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture of an item, as a screen shows it."""

    pk: int
    url: str
    """Of the private thumbnail; "" while there is none to show."""
    caption: str
    credit: str
    alt: str
    state: str
    says: str
    """The state in words."""
    tone: str
    """How the state is coloured: plain, good, notice or alarm."""
    reason: str
    held: tuple[str, ...]
    notes: tuple[str, ...]
    """To the desk: how it was made, what its maker says."""
    terms: str
    territory: str
    expires: datetime | None
    not_before: datetime | None
    width: int | None
    height: int | None
    size: int | None
    library: str
    """Address of the picture in the library; "" while it is not there."""
    stories: tuple[tuple[Story, bool, str], ...]
    """(story, whether it stands there, why not)."""
    may_place: bool
    may_fetch: bool


_TONES: Final = {"fetched": "good", "failed": "notice", "refused": "notice", "killed": "alarm"}


def shown(item: Item) -> list[PictureRow]:
    """The pictures that the newest version of `item` brings, the lead first. Three queries, however many."""
    rows = item.pictures.current().select_related("picture", "item__feed").prefetch_related("places__story")
    return [_row(row) for row in rows]


def _row(row: ItemPicture) -> PictureRow:
    words = reading.words(row)
    here = row.state == ItemPicture.State.FETCHED
    places = sorted(row.places.all(), key=lambda place: place.story_id)
    return PictureRow(
        pk=row.pk,
        url=reverse("wire:picture_thumbnail", args=[row.pk]) if here and row.seal else "",
        caption=words.caption,
        credit=words.credit,
        alt=words.alt,
        state=row.state,
        says="Rights ended" if here and row.ended() else row.get_state_display(),
        tone=_TONES.get(row.state, "plain"),
        reason=row.reason,
        held=tuple(row.held_because),
        notes=tuple(note for note in (words.note, words.instructions) if note),
        terms=words.terms,
        territory=words.territory,
        expires=row.expires_at,
        not_before=row.not_before,
        width=row.width,
        height=row.height,
        size=row.size,
        library=reverse("wagtailimages:edit", args=[row.picture_id]) if row.picture_id else "",
        stories=tuple((place.story, place.state == place.State.PLACED, place.because) for place in places),
        may_place=placing.why_not(row) is None,
        may_fetch=row.state != ItemPicture.State.WANTED and fetching.may_fetch(row),
    )


def thumbnail(row: ItemPicture) -> bytes:
    """A small JPEG of a picture that has come, without anything that its file says.

    Raises:
        Problem: its bytes are gone, or cannot be decoded.
    """
    if not row.seal or row.state == ItemPicture.State.KILLED:
        raise Problem("There is no picture to show.")
    return _small(row.seal)


@lru_cache(maxsize=128)
def _small(seal: str) -> bytes:
    data = sealing.read(received(), seal)
    if len(data) > choosing.MOST_BYTES:
        raise Problem("This picture is too large to be shown.")
    upright_size(BytesIO(data))
    try:
        with Image.open(BytesIO(data)) as opened:
            opened.draft("RGB", (LONG_SIDE, LONG_SIDE))
            image = ImageOps.exif_transpose(opened)
            image = image.convert("RGBA") if image.mode in ("P", "PA", "LA", "RGBA") else image.convert("RGB")
            image.thumbnail((LONG_SIDE, LONG_SIDE))
    except FAULTS as fault:
        raise Problem(f"This picture cannot be decoded ({fault}).") from fault
    clean = Image.new("RGB", image.size, (255, 255, 255))
    clean.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    out = BytesIO()
    clean.save(out, "JPEG", quality=74, optimize=True)
    return out.getvalue()
