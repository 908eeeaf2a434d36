"""The copies of a picture that readers get: which there are, what they are called, and their bytes.

Copies are named by the picture, the seal of its original and the recipe, so a name never stands for other bytes. They
carry no metadata at all (places, cameras, serial numbers), and colours are brought to sRGB first. JPEG for everyone,
WebP for those who can: see docs/decisions/reader-templates.md on AVIF.
"""

from __future__ import annotations

import hashlib
import io
import threading
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

from standfirst.edition.snapshots import Picture
from standfirst.kit.errors import Problem
from standfirst.pages.output import Blobs
from standfirst.pictures.limits import MOST_PIXELS
from standfirst.pictures.reading import FAULTS

# Telephones deliver HEIC.
register_heif_opener()

WIDTHS = (320, 640, 960, 1280)
"""Pixels. 320: thumbnails; 320 and 640: cards; all: leads and pictures in the text."""

RECIPE = "1"
"""Change this whenever the settings below change: the copies then get new names."""

_FORMATS = {"webp": "image/webp", "jpg": "image/jpeg"}
_SAVE: dict[str, tuple[str, dict[str, int | bool]]] = {
    "webp": ("WEBP", {"quality": 72, "method": 4}),
    "jpg": ("JPEG", {"quality": 76, "progressive": True, "optimize": True}),
}


class PictureUnreadable(Problem):
    """The original cannot be decoded, or is too large to be."""


class Rendition(NamedTuple):
    """One copy: its address, its size in pixels, its media type and its format ("jpg" or "webp")."""

    path: str
    width: int
    height: int
    mime: str
    format: str


@lru_cache(maxsize=8192)
def renditions(picture: Picture) -> tuple[Rendition, ...]:
    """Every copy of `picture`, WebP before JPEG, narrow before wide. Never wider than the original."""
    if picture.width < 1 or picture.height < 1:
        return ()
    widths = [width for width in WIDTHS if width <= picture.width]
    whole = min(picture.width, WIDTHS[-1])
    if not widths or whole > widths[-1] * 1.15:
        widths.append(whole)
    stem = hashlib.sha256(f"{RECIPE}:{picture.id}:{picture.seal}".encode()).hexdigest()[:16]
    return tuple(
        Rendition(
            path=f"/pictures/{stem}-{width}.{format}",
            width=width,
            height=max(1, round(picture.height * width / picture.width)),
            mime=mime,
            format=format,
        )
        for format, mime in _FORMATS.items()
        for width in widths
    )


def jpegs(picture: Picture) -> list[Rendition]:
    """The copies of `picture` that every browser and machine can read, narrow before wide."""
    return [copy for copy in renditions(picture) if copy.format == "jpg"]


def encode(picture: Picture, rendition: Rendition, blob: Blobs) -> bytes:
    """The bytes of one copy. Raises `PictureUnreadable` if the original cannot be read as a picture."""
    image = _original(picture, blob)
    size = (rendition.width, rendition.height)
    if abs(image.width * size[1] - image.height * size[0]) > 0.02 * image.width * size[1]:
        # The record's proportions are not the picture's: cut to fit rather than distort.
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    elif image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    format, options = _SAVE[rendition.format]
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


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
