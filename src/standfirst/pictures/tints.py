"""The colour in which a picture's place waits for it: the one that most of the picture has, out of a small palette.

A page names it by its number, as a class of the style sheet: a few bytes, no inline style, no script. The palette
stands a second time in `pages/theme/tokens.css`; a test holds the two together. Plain Python and Pillow.
"""

from __future__ import annotations

from colorsys import hls_to_rgb
from functools import cache
from typing import IO, Final

from PIL import Image

from standfirst.pictures.limits import MOST_PIXELS
from standfirst.pictures.reading import FAULTS

NONE: Final = 0
"""Of a picture of which none can be told."""

GREYS: Final = (12, 31, 50, 69, 90)
HUES: Final = (5, 32, 55, 110, 170, 205, 235, 310)
SATURATION: Final = 34
LIGHTS: Final = (24, 48, 74)
"""Hues in degrees, all else in hundredths."""

PALETTE: Final[tuple[tuple[int, int, int], ...]] = (
    *((0, 0, light) for light in GREYS),
    *((hue, SATURATION, light) for hue in HUES for light in LIGHTS),
)
"""Hue, saturation and lightness (CSS Color 4, 7) of tint 1, 2 and so on."""

_SIDE: Final = 48
"""Pixels: a picture is looked at no larger than this."""

_COLOURS: Final = 6


def of(file: IO[bytes]) -> int:
    """The number of a picture's tint, from 1; `NONE` for what cannot be read."""
    try:
        file.seek(0)
        with Image.open(file) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return NONE
            # A JPEG is decoded at an eighth of its size.
            opened.draft(None, (_SIDE, _SIDE))
            opened.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
            image: Image.Image = opened
            if image.mode.startswith(("I", "F")):
                image = image.convert("I").point(lambda value: value / 256).convert("L")
            layer = image.convert("RGBA")
    except FAULTS:
        return NONE
    plain = Image.new("RGB", layer.size, (255, 255, 255))
    plain.paste(layer, mask=layer.getchannel("A"))
    few = plain.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    colours = few.getpalette("RGB")
    counted = few.getcolors()
    if not colours or not counted:
        return NONE
    _, first = max(counted, key=lambda each: (each[0], -int(str(each[1]))))
    place = 3 * int(str(first))
    return nearest((colours[place], colours[place + 1], colours[place + 2]))


def nearest(colour: tuple[int, int, int]) -> int:
    """The number of the tint that looks most like a colour in RGB."""
    wanted = _seen(colour)
    away = [sum((a - b) ** 2 for a, b in zip(wanted, seen, strict=True)) for seen in _palette()]
    return away.index(min(away)) + 1


@cache
def _palette() -> tuple[tuple[float, float, float], ...]:
    found = []
    for hue, saturation, light in PALETTE:
        red, green, blue = (round(part * 255) for part in hls_to_rgb(hue / 360, light / 100, saturation / 100))
        found.append(_seen((red, green, blue)))
    return tuple(found)


def _seen(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Brightness and two differences of colour (ITU-R BT.601)."""
    red, green, blue = colour
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return bright, 0.564 * (blue - bright), 0.713 * (red - bright)
