"""Which rendition of a picture is fetched: large enough for our pages, and no larger than need be. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from standfirst.wire.item import Rendition

ENOUGH: Final = 1280
"""Pixels on the long side that our widest copy has (`pages.pictures.WIDTHS`)."""

MOST_BYTES: Final = 40_000_000
MOST_PIXELS: Final = 120_000_000

# Long sides in pixels by the last part of a rendition's role, lower case, where a file gives none. AFP: HighDef,
# Preview_W; Reuters: baseImage, viewImage, filedImage; AP: main; dpa, TT, Superdesk: original, baseImage; IPTC rnd:.
_BY_ROLE: Final[tuple[tuple[str, int], ...]] = (
    ("thumb", 150),
    ("small", 320),
    ("icon", 100),
    ("quicklook", 500),
    ("lowres", 500),
    ("preview_b", 1000),
    ("preview_w", 1200),
    ("preview", 900),
    ("viewimage", 900),
    ("web", 1200),
    ("medium", 1000),
    ("medres", 1200),
    ("large", 2000),
    ("baseimage", 3500),
    ("highdef", 3500),
    ("hires", 3500),
    ("highres", 3500),
    ("high", 3000),
    ("main", 3500),
    ("print", 3500),
    ("filedimage", 5000),
    ("original", 4500),
    ("full", 4000),
)
_SIZED: Final = re.compile(r"[a-z]{0,2}(\d{3,5})\Z")
"""Roles that say the size, e.g. dpa's "s2048"."""
_UNKNOWN: Final = 1300
_KINDS: Final = frozenset(
    {
        *("image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic"),
        *(
            "image/heif",
            "image/mpo",
            "image/x-png",
            "application/octet-stream",
            "binary/octet-stream",
            "image",
            "image/*",
        ),
    }
)
_ENDINGS: Final = frozenset({"jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "avif", "heic", "heif", "mpo"})
_OTHER_ENDINGS: Final = re.compile(
    r"\.(?:xml|nitf|txt|html?|json|pdf|eps|ai|svg|zip|mp[34]|m4[av]|mov|avi|wmv|flv|webm|wav|ogg|docx?|tiff?)\Z",
    re.IGNORECASE,
)
_NO_PICTURE_ROLES: Final = ("caption", "nitf", "anpa", "text", "video", "audio", "script", "shotlist")


def is_picture(rendition: Rendition) -> bool:
    """True if this may be a picture that browsers can show, as far as the file tells."""
    mime = rendition.mime.partition(";")[0].strip().lower()
    if mime:
        return mime in _KINDS
    role = last_word(rendition.role)
    if any(role.startswith(word) for word in _NO_PICTURE_ROLES):
        return False
    name = file_name(rendition.href)
    return not _OTHER_ENDINGS.search(name)


def surely_picture(rendition: Rendition) -> bool:
    """True if the file says that this is one: by its media type or its name."""
    mime = rendition.mime.partition(";")[0].strip().lower()
    if mime.startswith("image"):
        return mime in _KINDS
    return not mime and file_name(rendition.href).rpartition(".")[2].lower() in _ENDINGS


def ordered(renditions: Sequence[Rendition], in_hand: Collection[Rendition] = ()) -> list[Rendition]:
    """The renditions worth a try, best first: the smallest that is large enough, else the largest.

    Of two that serve alike, the one whose bytes are `in_hand` goes first.
    """
    found = [each for each in renditions if is_picture(each) and (each.href or each.part) and not _too_large(each)]

    def rank(each: Rendition) -> tuple[int, int, int]:
        side = long_side(each)
        enough = side >= ENOUGH
        return (0 if enough else 1, 0 if each in in_hand else 1, side if enough else -side)

    return sorted(found, key=rank)


def long_side(rendition: Rendition) -> int:
    """Pixels of the longer side: as the file says, else as the role lets expect."""
    said = max(rendition.width or 0, rendition.height or 0)
    if said:
        return said
    role = last_word(rendition.role)
    if sized := _SIZED.match(role):
        return int(sized.group(1))
    for word, side in _BY_ROLE:
        if role.startswith(word):
            return side
    return _UNKNOWN


def _too_large(rendition: Rendition) -> bool:
    return (rendition.bytes or 0) > MOST_BYTES or (rendition.width or 0) * (rendition.height or 0) > MOST_PIXELS


def last_word(role: str) -> str:
    """ "rnd:highRes" and "http://cv.iptc.org/.../highRes" are "highres"."""
    return re.split(r"[:/#]", role.strip().rstrip("/"))[-1].strip().lower()


def file_name(href: str) -> str:
    """The last part of an address's path, or of a file's name; "" if there is none."""
    try:
        path = urlsplit(href).path if "://" in href else href
    except ValueError:
        return ""
    return unquote(path).replace("\\", "/").rpartition("/")[2]


def is_address(href: str) -> bool:
    """True for http and https."""
    return href[:8].lower().startswith(("http://", "https://"))
