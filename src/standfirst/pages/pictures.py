"""The copies of a picture that readers get: which there are, what they are called, and their bytes.

Copies are named by the picture, the seal of its original and the recipe, so a name never stands for other bytes. They
carry no metadata at all (places, cameras, serial numbers), and colours are brought to sRGB first. JPEG for everyone,
WebP for those who can, and in widths that telephones show AVIF, which takes so long to make that no story waits for it:
see docs/decisions/light-pictures.md.
"""

from __future__ import annotations

import hashlib
import io
import threading
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageCms, ImageFilter, ImageOps, features
from pillow_heif import register_heif_opener

from standfirst.edition.snapshots import Picture
from standfirst.kit.errors import Problem
from standfirst.pages.output import Blobs
from standfirst.pictures.limits import MOST_PIXELS
from standfirst.pictures.reading import FAULTS

# Telephones deliver HEIC.
register_heif_opener()

WIDTHS = (240, 480, 720, 960, 1280)
"""Pixels. 240: a thumbnail at twice its size; 720: as wide as most telephones, twice; 1280: what machines are shown."""

THUMB_WIDTH = WIDTHS[0]
CARD_WIDTH = WIDTHS[2]

AVIF_WIDTHS = range(THUMB_WIDTH + 1, CARD_WIDTH + 1)
"""Copies of these widths are made in AVIF too: narrower ones gain nothing, and wider ones take a second each."""

AVIF = bool(features.check("avif"))
"""Whether this machine's Pillow can make AVIF."""

RECIPE = "2"
"""Change this whenever the settings below change: the copies then get new names."""

AVIF_RECIPE = "1"
"""The same for copies in AVIF."""

_FORMATS = {"webp": "image/webp", "jpg": "image/jpeg"}
_SAVE: dict[str, tuple[str, tuple[int, ...], dict[str, int | bool]]] = {
    "avif": ("AVIF", (46, 38, 30, 22, 16), {"speed": 6, "max_threads": 1}),
    "webp": ("WEBP", (68, 56, 44, 32, 20), {"method": 4}),
    "jpg": ("JPEG", (74, 64, 52, 40, 28), {"progressive": True, "optimize": True}),
}
"""Pillow's name, qualities from the best down, and further options. One thread: the same bytes on every machine."""

_SOFTER = (0.8, 1.6)
"""Pixels over which what is nothing but grain is smoothed in the end."""

_MOST_BYTES = {240: 10_000, 480: 25_000, 720: 40_000, 960: 70_000, 1280: 120_000}
"""Bytes of a copy up to this width, for which quality is given up: leaves in the wind cost thrice what a face does."""

_WEBP_HEIGHT = 16_383
"""Pixels: WebP can be no taller."""

_TALL = 1.5
"""Height by width up to which that holds. What is taller, e.g. a chart, may have more in proportion."""


class PictureUnreadable(Problem):
    """The original cannot be decoded, or is too large to be."""


class Rendition(NamedTuple):
    """One copy: its address, its size in pixels, its media type and its format ("jpg", "webp" or "avif")."""

    path: str
    width: int
    height: int
    mime: str
    format: str


@lru_cache(maxsize=8192)
def renditions(picture: Picture) -> tuple[Rendition, ...]:
    """Every copy of `picture`, WebP before JPEG, narrow before wide. Never wider than the original."""
    name = f"{RECIPE}:{picture.id}:{picture.seal}"
    copies = (
        _copy(picture, _path(name, width, format), width, format, mime)
        for format, mime in _FORMATS.items()
        for width in _widths(picture)
    )
    return tuple(copy for copy in copies if copy.format != "webp" or copy.height <= _WEBP_HEIGHT)


def jpegs(picture: Picture) -> list[Rendition]:
    """The copies of `picture` that every browser and machine can read, narrow before wide."""
    return [copy for copy in renditions(picture) if copy.format == "jpg"]


def close_up(picture: Picture) -> Rendition:
    """The copy for whoever asks to see `picture` by itself: everybody can read it, and it bears a closer look."""
    copies = jpegs(picture)
    return next((copy for copy in reversed(copies) if copy.width <= WIDTHS[3]), copies[0])


def avif_of(picture: Picture) -> str:
    """What copies of `picture` in AVIF are made of, recipe and original: others are called otherwise."""
    return f"{AVIF_RECIPE}:{picture.seal}"


@lru_cache(maxsize=8192)
def avifs(picture: Picture) -> tuple[Rendition, ...]:
    """Every copy of `picture` in AVIF that may be made, narrow before wide. None of one that is as small as a thumb."""
    of = avif_of(picture)
    return tuple(
        _copy(picture, avif_path(picture.id, of, width), width, "avif", "image/avif")
        for width in _widths(picture)
        if width in AVIF_WIDTHS
    )


def avif_path(id: int, of: str, width: int) -> str:
    """The address of the copy of picture `id` in AVIF that is `width` pixels wide and made of `of` (`avif_of`)."""
    return _path(f"avif:{id}:{of}", width, "avif")


def _widths(picture: Picture) -> list[int]:
    if picture.width < 1 or picture.height < 1:
        return []
    widths = [width for width in WIDTHS if width <= picture.width]
    whole = min(picture.width, WIDTHS[-1])
    if not widths or whole > widths[-1] * 1.15:
        widths.append(whole)
    return widths


def _path(name: str, width: int, format: str) -> str:
    return f"/pictures/{hashlib.sha256(name.encode()).hexdigest()[:16]}-{width}.{format}"


def _copy(picture: Picture, path: str, width: int, format: str, mime: str) -> Rendition:
    return Rendition(
        path=path,
        width=width,
        height=max(1, round(picture.height * width / picture.width)),
        mime=mime,
        format=format,
    )


def encode(picture: Picture, rendition: Rendition, blob: Blobs) -> bytes:
    """The bytes of one copy: at the best quality at which it is not too heavy.

    Raises `PictureUnreadable` if the original cannot be read as a picture.
    """
    image = _original(picture, blob)
    size = (rendition.width, rendition.height)
    if abs(image.width * size[1] - image.height * size[0]) > 0.02 * image.width * size[1]:
        # The record's proportions are not the picture's: cut to fit rather than distort.
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    elif image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    format, qualities, options = _SAVE[rendition.format]
    most = most_bytes(rendition)
    data = b""
    for quality, softened in [*((quality, 0.0) for quality in qualities), *((qualities[-1], each) for each in _SOFTER)]:
        out = io.BytesIO()
        soft = image.filter(ImageFilter.GaussianBlur(softened)) if softened else image
        soft.save(out, format, quality=quality, **options)
        data = out.getvalue()
        if len(data) <= most:
            break
    return data


def most_bytes(rendition: Rendition) -> int:
    """What a copy should weigh at most, in bytes. Whatever is photographed comes to that."""
    width = next((width for width in _MOST_BYTES if rendition.width <= width), WIDTHS[-1])
    return round(_MOST_BYTES[width] * max(1.0, rendition.height / rendition.width / _TALL))


_last: tuple[str, Image.Image] | None = None
_lock = threading.Lock()


def _original(picture: Picture, blob: Blobs) -> Image.Image:
    """The original upright in sRGB, at most twice the widest copy. The last one is kept: its copies come in a row."""
    global _last
    with _lock:
        if _last is None or _last[0] != picture.seal:
            _last = (picture.seal, _decode(blob(picture.seal), picture.seal))
        return _last[1]


def _decode(data: bytes, seal: str) -> Image.Image:
    limit = 2 * WIDTHS[-1]
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureUnreadable(
                    f"Picture {seal[:12]} has {opened.width} x {opened.height} pixels, more than {MOST_PIXELS}. "
                    "Scale it down and upload it again."
                )
            opened.draft(None, (limit, limit))
            profile = opened.info.get("icc_profile")
            image = ImageOps.exif_transpose(opened)
    except FAULTS as fault:
        raise PictureUnreadable(f"Picture {seal[:12]} cannot be decoded ({fault}). Upload it again.") from fault
    if image.mode in {"P", "PA", "LA", "RGBA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, (255, 255, 255))
        image.paste(layer, mask=layer.getchannel("A"))
    elif profile and image.mode in {"RGB", "CMYK"}:
        image = _to_srgb(image, profile)
    if image.mode.startswith(("I", "F")):
        # Sixteen bits a channel: Pillow would clip, so scale to eight first.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    image = image.convert("RGB")
    if image.width > limit:
        image.thumbnail((limit, image.height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    # A new image: nothing of the original's metadata can travel with it.
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    return clean


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        # A broken profile says nothing; the pixels are taken for sRGB, as browsers do.
        return image
    return turned if turned is not None else image
