"""What RFC 9110 asks of a server of files, as pure functions over header values."""

from __future__ import annotations

import re
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

Headers = list[tuple[str, str]]

_ETAG: Final = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_QUALITY: Final = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")
_LONG: Final = 200


def preferred(value: str | None, *, small: bool) -> str:
    """The coding in which a client that sent `Accept-Encoding: value` gets text (12.5.3): "br", "gzip" or "" for none.

    `small` tells if there is brotli at all. What weighs most is sent, brotli before gzip where both weigh the same;
    plain text only where neither is wanted.
    """
    if not value:
        return ""
    if len(value) > _LONG:
        return _preferred(value, small)
    return _remembered(value, small)


def _preferred(value: str, small: bool) -> str:
    named: dict[str, float] = {}
    for item in value.lower().split(","):
        coding, *parameters = (piece.strip() for piece in item.split(";"))
        weight = 1.0
        for name, _, quality in (parameter.partition("=") for parameter in parameters):
            if name.strip() == "q":
                weight = float(quality) if _QUALITY.fullmatch(quality := quality.strip()) else 1.0
        named["gzip" if coding == "x-gzip" else coding] = weight
    others = named.get("*", 0.0)
    gzip = named.get("gzip", others)
    # Who says "*" wants what everybody has.
    br = named.get("br", 0.0) if small else 0.0
    if br and br >= gzip:
        return "br"
    return "gzip" if gzip else ""


# Browsers of a kind all say the same.
_remembered: Final = lru_cache(256)(_preferred)


def names_etag(value: str, etag: str) -> bool:
    """True if `If-None-Match: value` names `etag` (13.1.2, weak comparison), or is "*"."""
    if value.strip() == "*":
        return True
    place = 0
    while found := _ETAG.match(value, place):
        if found[1] == etag:
            return True
        place = found.end()
    return False


@lru_cache(4096)
def http_date(seconds: int) -> str:
    """A moment in seconds since 1970 as an HTTP date."""
    return formatdate(seconds, usegmt=True)


def same_moment(value: str, seconds: int) -> bool:
    """True if the HTTP date `value` is that second.

    Stricter than 13.1.3 (which takes any later date too), as it may be: a page that is set back to an older file has
    changed, and must not be answered with 304.
    """
    try:
        return int(parsedate_to_datetime(value).timestamp()) == seconds
    except (ValueError, TypeError, OverflowError):
        return False


def byte_range(value: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that `Range: value` asks of a body of `size` bytes (14.1.2).

    None: not one range of bytes, so the whole is sent (14.2 allows that). `ValueError`: outside the body (416).
    """
    found = _RANGE.fullmatch(value)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = int(found[2])
        if length == 0 or size == 0:
            raise ValueError("no bytes asked for")
        return max(0, size - length), size
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise ValueError("begins after the end")
    return first, min(last + 1, size)


def quoted(path: str) -> str:
    """`path` (decoded) as it is written in a header or a request line."""
    return quote(path, safe="/~!$&'()*+,;=:@-._")
