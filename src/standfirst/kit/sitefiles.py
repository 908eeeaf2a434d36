"""The output folder's rules: which file holds which address, what it is, and how a page and its packed twin agree.

The press writes the folder and the reader process serves it; both go by this module and by nothing else.

    pages/<path>            bodies of pages (200)
    gone/<path>             notices in the place of stories taken down (410)
    moved/<path>            target paths of addresses that moved (301)
    moved-prefixes.json     {"/old/": "/new/"}, used where nothing else answers
    .newsroom               whose folder this is
    .preparing              there until everything has been printed once
    .<something>.part       anywhere: a file being written, before its rename

An address that ends in "/" is kept as `index.html` in its folder, any other as the file of its name. Text has a packed
twin, `<file>.gz`, where that is a gain, and some time later perhaps a smaller one, `<file>.br`. A reader
looks an address up in pages, then moved, then gone; then it tries the prefixes.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping
from typing import Final

import brotli
from isal import igzip, isal_zlib

PAGES: Final = "pages"
MOVED: Final = "moved"
GONE: Final = "gone"

TREES: Final[Mapping[int, str]] = {200: PAGES, 301: MOVED, 410: GONE}
"""The folder for each status, in the order in which a reader looks."""

PREFIXES: Final = "moved-prefixes.json"
OWNER: Final = ".newsroom"
PREPARING: Final = ".preparing"
"""While it is there, a front page that is not is still to come."""

NOT_FOUND: Final = "/404.html"
"""The page whose body answers for every address that is not there."""

FAULT: Final = "/500.html"
"""The page whose body answers where the reader process itself fails."""

SEARCH: Final = "/search"
SEARCH_AWAY: Final = "/search/away.html"
SEARCH_BUSY: Final = "/search/busy.html"
"""The pages whose bodies answer a search while the newsroom is away, and somebody who searches too often."""

STAND_INS: Final = frozenset({NOT_FOUND, FAULT, SEARCH_AWAY, SEARCH_BUSY})
"""Pages that nobody gets at their own address: they answer for others."""

INDEX: Final = "index.html"
TWIN: Final = ".gz"
SMALL_TWIN: Final = ".br"
TWINS: Final = (TWIN, SMALL_TWIN)

FORWARDED: Final = ("/newsroom/", "/search/", "/r/")
"""What the newsroom process answers. No page that readers ask for has an address below these, nor "/search" itself."""

FULL: Final = "full"
"""The query at a picture's address by which a reader who saves data asks for it nevertheless."""

MAX_PATH: Final = 2000
"""The longest address, in bytes of UTF-8."""

MAX_PART: Final = 255 - len(TWIN)
"""The longest part of an address between two slashes, in bytes of UTF-8: file systems allow 255, and a twin adds 3."""

_PACK_LEVEL: Final = 2
# The highest quality, 11, takes nearly three times as long as 10 and makes pages smaller by less than a hundredth.
_SQUEEZE_QUALITY: Final = 10
_SQUEEZE_QUALITY_LONG: Final = 9
_SQUEEZED_HARD: Final = 128 << 10

# By the ending of a file's name: text, which has twins; what would not become smaller.
TEXT: Final[Mapping[str, str]] = {
    "atom": "application/atom+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml; charset=utf-8",
}
PACKED_ALREADY: Final[Mapping[str, str]] = {
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ttf": "font/ttf",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "zip": "application/zip",
}
# A feed says what it is by its name, since ".xml" alone does not.
BY_NAME: Final[Mapping[str, str]] = {
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    "feed.xml": "application/rss+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
}
_UNKNOWN: Final = "application/octet-stream"

_TWIN: Final = re.compile("|".join(map(re.escape, TWINS)))

# Parts of plain ASCII that no rule below forbids: nearly every address, decided in one look. The dot first and the
# twins last are left to the slow way.
_PLAIN: Final = re.compile(r"(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,200})?)+\Z")


class BadPath(ValueError):
    """An address that can have no file. The message says why."""


def canonical(path: str) -> str:
    """`path` (decoded, absolute, without query) in Unicode's form NFC, the one way in which an address is written."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def file_of(path: str, status: int = 200) -> str:
    """The file, relative to the output folder, that holds the address `path` (decoded, absolute) as `status`.

    Whatever is passed, the file lies within the folder of its status and is no dot-file (but for "/.well-known/") and
    no twin. `BadPath` where the address cannot be kept: not absolute, empty parts, "." and "..", backslashes, control
    characters, parts or a whole that are too long, names that other files need.
    """
    tree = TREES[status]
    path = canonical(path)
    if not (_PLAIN.match(path) and "//" not in path and len(path) <= MAX_PATH and not _TWIN.search(path)):
        _refuse_unsafe(path)
    if path.endswith("/"):
        return f"{tree}{path}{INDEX}"
    if path.endswith("/" + INDEX):
        raise BadPath(f"{path!r} is written as its folder, with a slash at the end.")
    return tree + path


def _refuse_unsafe(path: str) -> None:
    if not path.startswith("/"):
        raise BadPath(f"{path!r} does not begin with a slash.")
    try:
        if len(path.encode()) > MAX_PATH:
            raise BadPath(f"{path[:40]!r}... is longer than {MAX_PATH} bytes.")
    except UnicodeEncodeError:
        raise BadPath(f"{path!r} is not Unicode text.") from None
    # U+FFFD stands where bytes were not UTF-8: what was asked for is not known.
    if "\\" in path or "\ufffd" in path or any(unicodedata.category(c) == "Cc" for c in path):
        raise BadPath(f"{path!r} has characters that no address has.")
    parts = path[1:].split("/")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if not part and not last:
            raise BadPath(f"{path!r} has an empty part.")
        if part.startswith(".") and not (place == 0 and part == ".well-known" and not last):
            raise BadPath(f"{path!r} has a part that begins with a dot.")
        if part.endswith(TWINS):
            raise BadPath(f"{path!r} has a part that ends in {part[-3:]!r}, which is kept for packed twins.")
        if len(part.encode()) > MAX_PART:
            raise BadPath(f"{path[:40]!r}... has a part that is longer than {MAX_PART} bytes.")


def is_forwarded(path: str) -> bool:
    """True if `path` is answered by the newsroom process, not by a file."""
    return path.startswith(FORWARDED) or path == SEARCH


def is_search(path: str) -> bool:
    """True if `path` is the readers' search, or below it."""
    return path == SEARCH or path.startswith(f"{SEARCH}/")


def path_of(file: str) -> tuple[str, int] | None:
    """The address and status that `file` (relative, with forward slashes) holds; None for twins and other files."""
    tree, _, rest = file.partition("/")
    status = next((status for status, name in TREES.items() if name == tree), None)
    if status is None or not rest:
        return None
    path = "/" + rest
    if path.endswith("/" + INDEX):
        path = path.removesuffix(INDEX)
    try:
        return (path, status) if file_of(path, status) == file else None
    except BadPath:
        return None


def media_type(file: str) -> str:
    """The media type of `file`, told by its name, with its charset where it has one."""
    name = file.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2]
    return BY_NAME.get(name) or TEXT.get(ending) or PACKED_ALREADY.get(ending) or _UNKNOWN


def has_twin(file: str) -> bool:
    """True if `file` is text, which has a packed twin beside it. What only holds a target path has none."""
    return not file.startswith(MOVED + "/") and file.rpartition(".")[2].lower() in TEXT


def twin_of(file: str) -> str:
    """The name of the packed twin of `file`."""
    return file + TWIN


def small_twin_of(file: str) -> str:
    """The name of the twin of `file` that is packed smaller, in idle time."""
    return file + SMALL_TWIN


def pack(body: bytes) -> bytes:
    """`body` as gzip (RFC 1952): the same bytes for the same body, whenever and wherever it is packed."""
    return igzip.compress(body, _PACK_LEVEL, mtime=0)


def unpack(packed: bytes) -> bytes:
    """What `pack` packed. Raises `zlib.error` if it is not whole."""
    return zlib.decompress(packed, wbits=31)


def checksum(body: bytes) -> int:
    """The CRC-32 of `body`, as it stands at the end of what `pack` makes of it."""
    return isal_zlib.crc32(body)


def told_by(packed: bytes) -> tuple[int, int]:
    """The length and the CRC-32 that a gzip file names for what it unpacks to; (-1, 0) if it can be none."""
    if len(packed) < 18:
        return -1, 0
    return int.from_bytes(packed[-4:], "little"), int.from_bytes(packed[-8:-4], "little")


def squeeze(body: bytes) -> bytes:
    """`body` as brotli (RFC 7932): some 15 ms for a page of 30 KB. What is long is packed less hard, in as little."""
    quality = _SQUEEZE_QUALITY if len(body) <= _SQUEEZED_HARD else _SQUEEZE_QUALITY_LONG
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))


def small_agrees(twin: bytes, body: bytes) -> bool:
    """True if `twin`, in brotli, unpacks to `body`. For an ordinary page that takes a fraction of a millisecond."""
    try:
        return bool(twin) and brotli.decompress(twin) == body
    except brotli.error:
        return False


def agrees(twin: bytes, body: bytes) -> bool:
    """True if `twin` unpacks to `body`.

    A twin and its file are two renames, and a crash may come between them. So nobody trusts that they stand side by
    side. This takes some microseconds where they differ (a gzip file ends with its length and CRC-32), and some 70 for
    an ordinary page where they do not: that much to be sure, also of a disk that lost its power.
    """
    if told_by(twin) != (len(body) & 0xFFFFFFFF, checksum(body)):
        return False
    try:
        return zlib.decompress(twin, wbits=31) == body
    except zlib.error:
        return False
