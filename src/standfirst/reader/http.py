"""What RFC 9110 asks of a server of files, as pure functions over header values."""

from __future__ import annotations

import re
from email.utils import formatdate, parsedate_to_datetime
from typing import Final
from urllib.parse import quote

Headers = list[tuple[str, str]]

_ETAG: Final = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_NO_QUALITY: Final = re.compile(r"0(?:\.0{0,3})?")


def accepts_gzip(value: str | None) -> bool:
    """True if a client that sent `Accept-Encoding: value` wants gzip (12.5.3): named, or by "*", and not at q=0."""
    if not value:
        return False
    named: bool | None = None
    anything = False
    for item in value.lower().split(","):
        coding, *parameters = (piece.strip() for piece in item.split(";"))
        wanted = not any(
            name.strip() == "q" and _NO_QUALITY.fullmatch(quality.strip())
            for name, _, quality in (parameter.partition("=") for parameter in parameters)
        )
        if coding in ("gzip", "x-gzip"):
            named = wanted
        elif coding == "*":
            anything = wanted
    return anything if named is None else named


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
