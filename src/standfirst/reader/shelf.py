"""The output folder as a reader's request sees it: what answers at an address, from memory where it is still true.

What is in memory is used only after a look at the file (one `stat`): a page that was changed, removed or killed is not
served again, not once. Memory is bounded in bytes; what was not asked for longest goes first. Of text only the packed
twin is kept: nearly everybody takes it, and for the others it is unpacked.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from time import CLOCK_BOOTTIME, clock_gettime, monotonic, time
from typing import Final, NamedTuple

import msgspec

from standfirst.kit import sitefiles
from standfirst.reader.http import Headers, http_date, quoted

WHOLE: Final = 1 << 20
WHOLE_TEXT: Final = 1 << 23
"""Files up to this size (text, which is sent packed, may be larger) are read whole; others are sent piece by piece."""

ENTRY_COST: Final = 3000
"""Bytes counted for each thing in memory beside its body: its key, headers and place in the order."""

SMALL_LOOKED_FOR: Final = 1.0
"""Seconds between two looks for the small twin of a page that is in memory."""

_LOADERS: Final = 4

_FIRST: Final = next(iter(sitefiles.TREES))
"""The status that is looked for before all others."""

# Kept for long by shared caches and browsers, so only where the name changes with the content.
HASHED: Final = re.compile(r"/(?:assets|pictures)/(?:.*[./-])?[0-9a-f]{8,64}(?:[.-][^/]*)?\Z")

PICTURES: Final = "/pictures/"

SAVING: Final = "save-data"
"""What a picture's answer varies by: a reader whose browser saves data is sent `PLACEHOLDER` in its stead."""

# It has no size and no proportions of its own, so it takes those that the page gives, and the page stays as it is when
# the picture comes. The sign stands in the middle, to be seen on any tint.
PLACEHOLDER: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><svg x="50%" y="50%" overflow="visible"><path d="M-18-13h36v26h-36z'
    b'M-13 8h26l-8-11-6 7-4-4z" fill="#fff" fill-opacity=".8" stroke="#000" stroke-opacity=".55" stroke-width="2" '
    b'fill-rule="evenodd" stroke-linejoin="round"/></svg></svg>'
)

STORY: Final = re.compile(r"(?:/[^/]+)*/\d{4}/\d\d/\d\d/[^/]+/\Z")

SAFETY: Final[Headers] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
]
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; font-src 'self'; "
    "media-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# A drawing opened by itself is a document: it may style itself and nothing else.
DRAWING_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

# A browser asks each time (a 304 costs some hundred bytes): a reader who comes back after a correction or a kill must
# not be shown what was there before, as a max-age or stale-while-revalidate would do in every browser. Shared caches
# may answer for two seconds, the longest that a page may be old.
PAGE_CACHING: Final = "public, max-age=0, s-maxage=2, stale-if-error=600"
# The same two seconds, told to those who know RFC 9213: in the second one they may answer while they ask, so that
# nobody waits for a page that many want.
CDN_CACHING: Final = "max-age=1, stale-while-revalidate=1, stale-if-error=600"
SHORT_CACHING: Final = "public, max-age=0, s-maxage=2"
FOREVER_CACHING: Final = "public, max-age=31536000, immutable"
# A picture that was killed cannot be called back from browsers, but from all who might hand it on.
PICTURE_CACHING: Final = "public, max-age=31536000, s-maxage=600, immutable"
# Nobody's but this reader's, and not for long: many a shared cache knows nothing of what answers vary by.
PLACEHOLDER_CACHING: Final = "private, max-age=600"

_NOT_A_FILE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG}
)

_OPENING: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

_NO_WAITING: Final = os.RWF_NOWAIT

_STARTED: Final = time() - clock_gettime(CLOCK_BOOTTIME)
"""When this machine was started, in seconds since 1970."""

Identity = tuple[int, int, int]
"""Which version of a file: its time of change in nanoseconds, its size and its inode."""


@dataclass(slots=True)
class Found:
    """What answers at an address: 200 or 410 with a body, or 301 with only headers.

    `packed` is the body in gzip, and `body` empty then; where packing is no gain it is the other way round. `small` is
    in brotli, empty if nobody has packed it so yet. Where the file is to be sent piece by piece, `large` is true and
    both are empty. `moment` is the second of its last change.
    """

    path: str
    file: str
    identity: Identity
    status: int
    large: bool
    body: bytes
    packed: bytes
    small: bytes
    small_identity: Identity | None
    version: str
    """What an etag begins with, without its quotation marks."""
    moment: int
    headers: Headers
    ranges: bool
    is_story: bool
    small_until: float = 0.0
    """On the monotonic clock: until then nobody looks whether there is a small twin by now."""
    told: dict[str, Headers] = field(default_factory=dict)
    """The headers of an answer for each coding, once its date is settled: they are the same each time."""

    @property
    def whole(self) -> bytes:
        """The body as it is without any packing; not for what is large."""
        return sitefiles.unpack(self.packed) if self.packed else self.body

    @property
    def size(self) -> int:
        """Bytes of the body, unpacked."""
        return self.identity[1]

    @property
    def is_picture(self) -> bool:
        """True of what a reader who saves data is spared."""
        return self.status == 200 and _is_picture(self.path)

    @property
    def cost(self) -> int:
        return len(self.body) + len(self.packed) + len(self.small) + ENTRY_COST


class Shelf:
    """Looks addresses up under `root`, remembering up to `memory` bytes of what it found.

    `remembered` and `at_once` may be called from any thread, `find` in the loop.
    """

    def __init__(self, root: Path, memory: int) -> None:
        self.root = os.fspath(root)
        self.memory = memory
        self.held = 0
        self._known: OrderedDict[str, Found] = OrderedDict()
        self._changing = Lock()
        self._loading: dict[str, asyncio.Future[Found | None]] = {}
        self._threads = ThreadPoolExecutor(_LOADERS, thread_name_prefix="shelf")
        self._prefixes: tuple[Identity | None, Mapping[str, str]] = (None, {})

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._known)

    def remembered(self, path: str) -> Found | None:
        """What answers at `path`, if that is in memory and still true of the disk."""
        found = self._known.get(path)
        if found is None:
            return None
        if not self._still_true(found):
            self._forget(path)
            return None
        with suppress(KeyError):  # another thread made room meanwhile
            self._known.move_to_end(path)
        return found

    def at_once(self, path: str) -> Found | None:
        """The page at `path`, which is not `remembered`, if the kernel has it in memory, so that nobody need wait.

        None says nothing: it may be there and take a moment to `find`.
        """
        page = _page_at(path)
        if page is None:
            return None
        try:
            found = self._read_at_once(path, page)
        except OSError:
            return None
        if found is not None and self._has_room_for(found):
            self._remember(found)
        return found

    async def find(self, path: str) -> Found | None:
        """What answers at `path` (decoded, canonical); None if nothing does. Raises `BadPath` for what has no file."""
        found = self.remembered(path)
        if found is not None:
            return found
        if not self._has_any(path):
            return None
        # Many ask for a page at the moment it changes: one of them reads it.
        loading = self._loading.get(path)
        if loading is None:
            loading = asyncio.get_running_loop().run_in_executor(self._threads, self.load, path)
            self._loading[path] = loading
            loading.add_done_callback(lambda done: self._loaded(path, done))
            return await asyncio.shield(loading)
        found = await asyncio.shield(loading)
        # That one may have looked before a change that this request comes after.
        if found is not None and self._still_true(found):
            return found
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.load, path)

    def _loaded(self, path: str, done: asyncio.Future[Found | None]) -> None:
        del self._loading[path]
        if not done.cancelled() and done.exception() is None and (found := done.result()) is not None:
            self._remember(found)

    def _has_room_for(self, found: Found) -> bool:
        return found.cost <= self.memory // 8

    def _remember(self, found: Found) -> None:
        if not self._has_room_for(found):
            self._forget(found.path)
            return
        with self._changing:
            former = self._known.pop(found.path, None)
            self._known[found.path] = found
            self.held += found.cost - (former.cost if former else 0)
            while self.held > self.memory:
                _, oldest = self._known.popitem(last=False)
                self.held -= oldest.cost

    def _forget(self, path: str) -> None:
        with self._changing:
            found = self._known.pop(path, None)
            if found is not None:
                self.held -= found.cost

    def _still_true(self, found: Found) -> bool:
        # What a reader looks at before must still be absent: a page that came shadows a redirection that was.
        if found.status != _FIRST:
            for status in sitefiles.TREES:
                if status == found.status:
                    break
                if _identity(self._place(sitefiles.file_of(found.path, status))) is not None:
                    return False
        try:
            about = os.lstat(found.file)
        except OSError as error:
            if error.errno not in _NOT_A_FILE:
                raise
            return False
        if (about.st_mtime_ns, about.st_size, about.st_ino) != found.identity:
            return False
        # A small twin comes later than its page. The one in memory agrees with the body, whatever lies there by now, so
        # it is only to be heard of some time.
        if found.packed and (now := monotonic()) >= found.small_until:
            if _identity(sitefiles.small_twin_of(found.file)) != found.small_identity:
                return False
            found.small_until = now + SMALL_LOOKED_FOR
        return True

    def _has_any(self, path: str) -> bool:
        """True if a file answers at `path`.

        Looked at twice before the answer is no: a page may come and its redirection go between our look for the one and
        our look for the other.
        """
        files = [self._place(sitefiles.file_of(path, status)) for status in sitefiles.TREES]
        return any(_identity(file) is not None for _ in range(2) for file in files)

    def _place(self, file: str) -> str:
        return f"{self.root}/{file}"

    # ---- From the disk; these run in threads -----------------------------------------------------------------------

    def load(self, path: str) -> Found | None:
        """What answers at `path`, read from the disk."""
        # Twice, for the reason given at `_has_any`.
        return self._look(path) or self._look(path)

    def _look(self, path: str) -> Found | None:
        for status in sitefiles.TREES:
            file = sitefiles.file_of(path, status)
            # A file may be replaced between a look and the next; then look again.
            for _ in range(5):
                try:
                    return self._read(path, status, file)
                except _Changed:
                    continue
                except OSError as error:
                    if error.errno not in _NOT_A_FILE:
                        raise
                    break
        return None

    def _read(self, path: str, status: int, file: str) -> Found:
        place = self._place(file)
        descriptor = os.open(place, _OPENING)
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise IsADirectoryError(errno.EISDIR, "a folder", place)
            large = about.st_size > (WHOLE_TEXT if sitefiles.has_twin(file) else WHOLE)
            body = b""
            if not large:
                with open(descriptor, "rb", closefd=False) as opened:
                    body = opened.read()
        finally:
            os.close(descriptor)
        if not large and len(body) != about.st_size:
            # Only a file written in place, by some other hand, changes while it is read.
            raise _Changed
        identity = _identity_of(about)
        if status == 301:
            return _moved(path, place, identity, body)
        packed, small, small_identity = b"", b"", None
        if large:
            version = "-".join(f"{number:x}" for number in identity)
        else:
            version = _version(identity, sitefiles.checksum(body))
            if sitefiles.has_twin(file):
                packed = _packed(place, body)
                if packed:
                    small, small_identity = _small(place, body, len(packed))
                    body = b""
        return Found(
            path=path,
            file=place,
            identity=identity,
            status=status,
            large=large,
            body=body,
            packed=packed,
            small=small,
            small_identity=small_identity,
            version=version,
            moment=identity[0] // 1_000_000_000,
            headers=_headers(path, file, status),
            ranges=status == 200 and not sitefiles.has_twin(file),
            is_story=status == 200 and STORY.match(path) is not None,
        )

    def _read_at_once(self, path: str, page: _Page) -> Found | None:
        """A page by its twins alone, if they are surely of its version and the disk is not waited for."""
        place = self._place(page.file)
        identity = _identity(place)
        if identity is None or identity[1] > WHOLE_TEXT:
            return None
        twin = _of_this_version(place + sitefiles.TWIN, identity)
        if twin is None:
            return None
        packed, _ = twin
        length, checksum = sitefiles.told_by(packed)
        if length != identity[1]:
            return None
        small, small_identity = b"", None
        small_place = place + sitefiles.SMALL_TWIN
        if os.access(small_place, os.F_OK):
            twin = _of_this_version(small_place, identity)
            if twin is None:
                return None
            small, small_identity = twin
            if len(small) >= len(packed):
                small = b""
        return Found(
            path=path,
            file=place,
            identity=identity,
            status=200,
            large=False,
            body=b"",
            packed=packed,
            small=small,
            small_identity=small_identity,
            version=_version(identity, checksum),
            moment=identity[0] // 1_000_000_000,
            headers=page.headers,
            ranges=False,
            is_story=page.is_story,
        )

    def is_being_prepared(self) -> bool:
        """Whether the folder is new and not everything in it has been printed once, or no press has come to it yet."""
        return os.path.lexists(self._place(sitefiles.PREPARING)) or not os.path.lexists(self._place(sitefiles.OWNER))

    # ---- Prefixes that moved ---------------------------------------------------------------------------------------

    def moved_prefix(self, path: str) -> str | None:
        """Where `path` is now by the rules for whole sections, None if by none. The longest prefix decides."""
        rules = self._rules()
        if not rules:
            return None
        slashed = path if path.endswith("/") else path + "/"
        end = len(slashed)
        while end > 0:
            prefix = slashed[:end]
            target = rules.get(prefix)
            if target is not None:
                # A rule that leads below itself would send a reader round for ever.
                return None if path.startswith(target) else target + path[end:]
            end = slashed.rfind("/", 0, end - 1) + 1
        return None

    def _rules(self) -> Mapping[str, str]:
        place = self._place(sitefiles.PREFIXES)
        identity = _identity(place)
        if identity != self._prefixes[0]:
            try:
                with open(place, "rb") as opened:
                    rules = msgspec.json.decode(opened.read(), type=dict[str, str])
            except FileNotFoundError:
                rules = {}
            except msgspec.DecodeError:
                # Not ours: better the rules of before than none.
                rules = dict(self._prefixes[1])
            self._prefixes = (identity, {old: new for old, new in rules.items() if _is_prefix(old) and _is_prefix(new)})
        return self._prefixes[1]


class _Page(NamedTuple):
    """What an address alone tells of a page of text."""

    file: str
    headers: Headers
    is_story: bool


@lru_cache(8192)
def _page_at(path: str) -> _Page | None:
    """The page that may stand at `path`; None if that is no text, or not written as addresses are."""
    try:
        file = sitefiles.file_of(path)
    except sitefiles.BadPath:
        return None
    if not path.isascii() or not sitefiles.has_twin(file):
        return None
    return _Page(file, _headers(path, file, 200), STORY.match(path) is not None)


class _Changed(Exception):
    """A file changed while it was read."""


def _is_prefix(prefix: str) -> bool:
    try:
        sitefiles.file_of(prefix)
    except sitefiles.BadPath:
        return False
    return prefix.endswith("/")


def _identity(place: str) -> Identity | None:
    try:
        about = os.lstat(place)
    except OSError as error:
        if error.errno not in _NOT_A_FILE:
            raise
        return None
    return _identity_of(about) if stat.S_ISREG(about.st_mode) else None


def _identity_of(about: os.stat_result) -> Identity:
    return about.st_mtime_ns, about.st_size, about.st_ino


def _version(identity: Identity, checksum: int) -> str:
    """What tells two versions of a page apart: when it was written, to the nanosecond, and what it says."""
    return f"{identity[0]:x}-{checksum:08x}"


def _of_this_version(twin: str, of: Identity) -> tuple[bytes, Identity] | None:
    """A twin's bytes, if it is of the page `of` and in the kernel's memory. None: look at the page itself.

    The press stamps a page's files with the same nanosecond. That is trusted of files written since this machine
    started: none of them has been through a loss of power.
    """
    descriptor = os.open(twin, _OPENING)
    try:
        about = os.fstat(descriptor)
        if about.st_mtime_ns != of[0] or about.st_ctime < _STARTED or not stat.S_ISREG(about.st_mode):
            return None
        room = bytearray(about.st_size)
        if os.preadv(descriptor, [room], 0, _NO_WAITING) != about.st_size:
            return None
    finally:
        os.close(descriptor)
    return bytes(room), _identity_of(about)


def _packed(place: str, body: bytes) -> bytes:
    try:
        with open(sitefiles.twin_of(place), "rb") as opened:
            packed = opened.read()
    except OSError:
        packed = b""
    if not sitefiles.agrees(packed, body):
        packed = sitefiles.pack(body)
    return packed if len(packed) < len(body) else b""


def _small(place: str, body: bytes, packed: int) -> tuple[bytes, Identity | None]:
    """The small twin of a page, empty if it is of another version or no smaller than `packed`, and which one it was."""
    try:
        with open(sitefiles.small_twin_of(place), "rb") as opened:
            about = os.fstat(opened.fileno())
            small = opened.read()
    except OSError:
        return b"", None
    if len(small) >= packed or not sitefiles.small_agrees(small, body):
        small = b""
    return small, _identity_of(about)


def _moved(path: str, place: str, identity: Identity, body: bytes) -> Found:
    target = body.decode("utf-8", "replace").strip()
    # Never to another host, whatever the file says.
    sitefiles.file_of(target)
    return Found(
        path=path,
        file=place,
        identity=identity,
        status=301,
        large=False,
        body=b"",
        packed=b"",
        small=b"",
        small_identity=None,
        version="",
        moment=0,
        headers=redirection(target),
        ranges=False,
        is_story=False,
    )


def redirection(target: str) -> Headers:
    """The headers that send a reader to `target` (decoded path on this site)."""
    return [("location", quoted(target)), ("cache-control", SHORT_CACHING), *SAFETY]


def _headers(path: str, file: str, status: int) -> Headers:
    caching = PAGE_CACHING
    if status != 200:
        caching = SHORT_CACHING
    elif HASHED.match(path):
        caching = PICTURE_CACHING if path.startswith(PICTURES) else FOREVER_CACHING
    vary = "accept-encoding" if sitefiles.has_twin(file) else SAVING if status == 200 and _is_picture(path) else ""
    return _all_headers(sitefiles.media_type(file), caching, vary)


def _is_picture(path: str) -> bool:
    if not path.startswith(PICTURES):
        return False
    return sitefiles.PACKED_ALREADY.get(path.rpartition(".")[2].lower(), "").startswith("image/")


def placeholder_headers() -> Headers:
    """The headers of `PLACEHOLDER`. Somebody who opens the address by itself gets the picture, also out of a cache."""
    return [
        ("content-type", sitefiles.TEXT["svg"]),
        ("cache-control", PLACEHOLDER_CACHING),
        *SAFETY,
        ("content-security-policy", DRAWING_POLICY),
        ("vary", f"{SAVING}, sec-fetch-dest"),
    ]


@cache
def _all_headers(media: str, caching: str, vary: str) -> Headers:
    headers = [("content-type", media), ("cache-control", caching), *SAFETY]
    if caching == PAGE_CACHING:
        headers.append(("cdn-cache-control", CDN_CACHING))
    if media.startswith("text/html"):
        headers.append(("content-security-policy", PAGE_POLICY))
    elif media.startswith("image/svg"):
        headers.append(("content-security-policy", DRAWING_POLICY))
    if vary:
        headers.append(("vary", vary))
    return headers


__all__ = ["PAGE_CACHING", "PAGE_POLICY", "SAFETY", "SHORT_CACHING", "Found", "Shelf", "http_date"]
