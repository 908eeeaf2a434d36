"""Reading pictures: the size as it is shown, and whether the bytes are a picture at all."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import IO, NamedTuple

from PIL import Image, UnidentifiedImageError

from standfirst.kit.errors import Refused
from standfirst.pictures.limits import FORMATS, MOST_PIXELS

_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""Values of the Exif tag Orientation (Exif 2.32, 4.6.4 A) at which width and height change places."""

_ENOUGH = (2560, 2560)
"""A JPEG is decoded at a scale that still covers this: every byte is read, at a fraction of the time."""

FAULTS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, MemoryError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow's readers raise on bytes that are not what they say."""


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


def upright_size(file: IO[bytes]) -> Size:
    """The size of a picture as it is shown, its Exif orientation applied. Reads no more than the header.

    Raises:
        Refused: it is no picture of a kind that we take, or has too many pixels.
    """
    with _opened(file) as image:
        return _upright(image)


def check(file: IO[bytes]) -> Size:
    """Decode the whole picture, as the press will, and return its upright size.

    Raises:
        Refused: also for one that breaks off or is damaged; the message is a sentence for who uploads it.
    """
    with _opened(file) as image:
        size = _upright(image)
        try:
            image.draft(None, _ENOUGH)
            image.load()
        except FAULTS as fault:
            raise _damaged(fault) from fault
        return size


def _opened(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Pixels are counted below, with a sentence of ours.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file)
    except Image.DecompressionBombError as fault:
        raise _too_large("This picture") from fault
    except UnidentifiedImageError as fault:
        raise Refused("This file is no picture that can be read. Send a JPEG, PNG, WebP, AVIF, HEIC or GIF.") from fault
    except FAULTS as fault:
        raise _damaged(fault) from fault
    if image.format not in FORMATS:
        kind = image.format
        image.close()
        raise Refused(f"Pictures of the kind {kind} are not taken. Send a JPEG, PNG, WebP, AVIF, HEIC or GIF.")
    if image.width * image.height > MOST_PIXELS:
        name = f"This picture has {image.width} x {image.height} pixels: it"
        image.close()
        raise _too_large(name)
    return image


def _damaged(fault: BaseException) -> Refused:
    return Refused(
        f"This picture is damaged or breaks off ({fault}). Export it again from the original, or ask for it anew."
    )


def _too_large(name: str) -> Refused:
    return Refused(f"{name} is too large: {MOST_PIXELS // 1_000_000} million pixels at most. Scale it down.")


def _upright(image: Image.Image) -> Size:
    try:
        turned = image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    except FAULTS:  # metadata that nobody can read turns nothing
        turned = False
    return Size(image.height, image.width) if turned else Size(image.width, image.height)
