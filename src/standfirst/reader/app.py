"""The reader's application (RSGI): one request in, one answer out, from the shelf or from the newsroom."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import time
from typing import Final, NamedTuple

from standfirst.kit import sitefiles
from standfirst.reader import notices
from standfirst.reader.forward import Forwarder
from standfirst.reader.http import Headers, byte_range, http_date, names_etag, preferred, same_moment
from standfirst.reader.rsgi import HTTPProtocol, ProtocolClosed, Scope
from standfirst.reader.shelf import (
    PLACEHOLDER,
    SAFETY,
    SAVING,
    SHORT_CACHING,
    Found,
    Shelf,
    placeholder_headers,
    redirection,
)
from standfirst.reader.tally import Tally, is_machine
from standfirst.reader.turnstile import Crowded, Turnstile

log = logging.getLogger(__name__)

ALIVE: Final = "/-/alive"

_READING: Final = frozenset({"GET", "HEAD"})
_SEARCH_SECONDS: Final = 10.0
_SEARCH_BYTES: Final = 1 << 20
_OWN: Final = "x-standfirst-page"
"""The header by which the newsroom says that a refusal is a page for readers."""
_CACHING: Final = frozenset({"cache-control", "cdn-cache-control"})
_MAX_QUERY: Final = 8192
_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Settings:
    """How a reader process runs. Sizes are bytes, times seconds."""

    home: Path
    newsroom: str = ""
    memory: int = 64 << 20
    upload_limit: int = 512 << 20
    answer_seconds: float = 120.0
    head_seconds: float = 15.0
    flush_seconds: float = 60.0
    trusted_proxies: frozenset[str] = frozenset()


class _Pieces(NamedTuple):
    """An answer whose body is to be sent piece by piece: from the first byte to the one before the last."""

    status: int
    headers: Headers
    first: int
    end: int


class App:
    """Serves `<home>/output`, counts reads into `<home>/reads`, forwards what is the newsroom's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.shelf = Shelf(settings.home / "output", settings.memory)
        self.tally = Tally(settings.home / "reads")
        self._forwarder: Forwarder | None = None
        self._turnstile: Turnstile | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._fault: bytes = notices.FAULT

    async def open(self) -> None:
        """Begin: called in the loop that serves, before the first request."""
        if self._settings.newsroom:
            self._forwarder = Forwarder(
                self._settings.newsroom,
                upload_limit=self._settings.upload_limit,
                answer_seconds=self._settings.answer_seconds,
                trusted=self._settings.trusted_proxies,
            )
            self._turnstile = Turnstile()
        await self._keep_the_fault()
        self._flushing = asyncio.create_task(self._flush_now_and_then())

    async def close(self) -> None:
        """End: after the last request. What was counted is written."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        self.tally.flush()
        if self._forwarder is not None:
            await self._forwarder.close()
        self.shelf.close()

    async def _flush_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._settings.flush_seconds)
            self.tally.flush()
            await self._keep_the_fault()

    async def _keep_the_fault(self) -> None:
        """Keep the site's own page for faults at hand: when it is needed, the disk may be what has failed."""
        with suppress(OSError, sitefiles.BadPath):
            page = await self.shelf.find(sitefiles.FAULT)
            if page is not None and page.status == 200 and not page.large:
                self._fault = page.whole

    def fault(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer a request that this process could not serve. Waits for nothing, and reads nothing."""
        with suppress(ProtocolClosed):
            notices.answer(scope, proto, 500, self._fault)

    # ---- A request -------------------------------------------------------------------------------------------------

    def at_once(self, scope: Scope, proto: HTTPProtocol) -> bool:
        """Answer a request, if nothing need be waited for. False: nothing was done, `__rsgi__` must answer.

        Called in a thread of the server's, one request after the other.
        """
        path, method = scope.path, scope.method
        if method not in _READING:
            return False
        try:
            found = self.shelf.remembered(path)
            if found is None:
                if sitefiles.is_forwarded(path) or len(scope.query_string) > _MAX_QUERY:
                    return False
                found = self.shelf.at_once(path)
        except OSError:
            return False
        if found is None or found.large:
            return False
        with suppress(ProtocolClosed):  # the reader left before the answer
            self._give(scope, method, proto, found)
        return True

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        try:
            await self._answer(scope, proto)
        except ProtocolClosed:
            # The reader left before the answer.
            return
        except Exception:
            # Whatever it was: the reader is told, and the next request is another one.
            log.exception("%s could not be served.", scope.path)
            self.fault(scope, proto)

    async def _answer(self, scope: Scope, proto: HTTPProtocol) -> None:
        path, method = scope.path, scope.method
        reading = method in _READING
        # The common case first: a page in memory, still true.
        if reading and (known := self.shelf.remembered(path)) is not None:
            return await self._give_all(scope, proto, known)
        if len(path) > sitefiles.MAX_PATH or len(scope.query_string) > _MAX_QUERY:
            return notices.answer(scope, proto, 414, notices.TOO_LONG)
        if sitefiles.is_forwarded(path):
            return await self._forward(scope, proto)
        if not reading:
            return notices.answer(scope, proto, 405, notices.NOT_ALLOWED, ("allow", "GET, HEAD"))
        if path == ALIVE and _is_loopback(scope.client):
            return proto.response_empty(204, [("cache-control", "no-store")])
        canonical = sitefiles.canonical(path)
        try:
            found = await self.shelf.find(canonical)
        except sitefiles.BadPath:
            return await self._not_found(scope, proto)
        if found is not None:
            if canonical != path:
                return proto.response_empty(301, redirection(canonical))
            return await self._give_all(scope, proto, found)
        target = await self._moved_to(canonical)
        if target is not None:
            return proto.response_empty(301, redirection(target))
        return await self._not_found(scope, proto)

    async def _moved_to(self, path: str) -> str | None:
        """Where a reader is sent from `path`, at which nothing answers."""
        if path == "/newsroom":
            return "/newsroom/"
        if not path.endswith("/"):
            with suppress(sitefiles.BadPath):
                folder = await self.shelf.find(path + "/")
                if folder is not None:
                    return path + "/"
        return self.shelf.moved_prefix(path)

    async def _forward(self, scope: Scope, proto: HTTPProtocol) -> None:
        parts = scope.path.split("/")
        if ".." in parts or "." in parts or "\x00" in scope.path or "\\" in scope.path:
            return notices.answer(scope, proto, 400, notices.BAD_REQUEST)
        if sitefiles.is_search(scope.path):
            return await self._search(scope, proto)
        if self._forwarder is None:
            return notices.answer(scope, proto, 503, notices.NEWSROOM_DOWN, ("retry-after", "60"))
        return await self._forwarder.forward(scope, proto)

    async def _search(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Results from the newsroom; where there can be none, a page of the site that says why."""
        if scope.method not in _READING:
            return notices.answer(scope, proto, 405, notices.NOT_ALLOWED, ("allow", "GET, HEAD"))
        if scope.path == f"{sitefiles.SEARCH}/":
            query = f"?{scope.query_string}" if scope.query_string else ""
            return proto.response_empty(301, [("location", sitefiles.SEARCH + query), *redirection("")[1:]])
        if scope.path != sitefiles.SEARCH:
            return await self._not_found(scope, proto)
        if "transfer-encoding" in scope.headers or scope.headers.get("content-length", "0") != "0":
            return notices.answer(scope, proto, 400, notices.BAD_REQUEST)
        if self._forwarder is None or self._turnstile is None:
            return await self._stand_in(scope, proto, 503, sitefiles.SEARCH_AWAY, notices.SEARCH_AWAY, 60)
        seconds = self._turnstile.wait(self._forwarder.asker(scope))
        if seconds:
            return await self._stand_in(scope, proto, 429, sitefiles.SEARCH_BUSY, notices.SEARCH_BUSY, seconds)
        try:
            # Whole, and then given: somebody on a slow link must not hold a turn.
            async with self._turnstile.turn():
                answer = await self._forwarder.fetch(scope, seconds=_SEARCH_SECONDS, most=_SEARCH_BYTES)
        except Crowded:
            return await self._stand_in(scope, proto, 503, sitefiles.SEARCH_BUSY, notices.SEARCH_BUSY, 5)
        if answer is None or (answer.status >= 500 and not any(name == _OWN for name, _ in answer.headers)):
            return await self._stand_in(scope, proto, 503, sitefiles.SEARCH_AWAY, notices.SEARCH_AWAY, 10)
        headers = [pair for pair in answer.headers if pair[0] not in (_OWN, "content-length")]
        if scope.method == "HEAD":
            return proto.response_empty(answer.status, headers)
        return proto.response_bytes(answer.status, headers, answer.body)

    async def _stand_in(
        self, scope: Scope, proto: HTTPProtocol, status: int, path: str, otherwise: bytes, seconds: float
    ) -> None:
        """Answer with the site's own page at `path`, in its language; without one, with a plain one."""
        retry = ("retry-after", str(ceil(seconds)))
        page = await self.shelf.find(path)
        if page is None or page.status != 200 or page.large:
            return notices.answer(scope, proto, status, otherwise, retry)
        coding = preferred(scope.headers.get("accept-encoding"), small=bool(page.small)) if page.packed else ""
        headers = [pair for pair in _with_coding(page, coding) if pair[0] not in _CACHING]
        headers += [("cache-control", "no-store"), retry]
        body = page.small if coding == "br" else page.packed if coding else page.whole
        if scope.method == "HEAD":
            return proto.response_empty(status, [*headers, ("content-length", str(len(body)))])
        return proto.response_bytes(status, headers, body)

    async def _not_found(self, scope: Scope, proto: HTTPProtocol) -> None:
        if scope.path == "/" and self.shelf.is_being_prepared():
            return notices.answer(scope, proto, 503, notices.PREPARING, ("retry-after", "10"))
        page = await self.shelf.find(sitefiles.NOT_FOUND)
        if page is None or page.status != 200 or page.large:
            return notices.answer(scope, proto, 404, notices.NOT_FOUND, caching=SHORT_CACHING)
        return await self._give_all(scope, proto, page)

    # ---- An answer -------------------------------------------------------------------------------------------------

    async def _give_all(self, scope: Scope, proto: HTTPProtocol, found: Found) -> None:
        pieces = self._give(scope, scope.method, proto, found)
        if pieces is not None:
            await self._send_pieces(proto, found, pieces)

    def _give(self, scope: Scope, method: str, proto: HTTPProtocol, found: Found) -> _Pieces | None:
        """Answer with what was found; what is to be sent piece by piece comes back."""
        asked = scope.headers.get
        status = found.status
        if status == 301:
            proto.response_empty(301, found.headers)
            return None
        coding = ""
        if found.packed:
            coding = preferred(asked("accept-encoding"), small=bool(found.small))
        if found.path in sitefiles.STAND_INS:
            status = 404
            headers = _with_coding(found, coding)
        elif status != 200:
            headers = _with_coding(found, coding)
        else:
            etag = f'"{found.version}{_MARKS[coding]}"'
            # Within the second of a change, a date does not tell the versions apart: then none is given, and none
            # that was given before is taken (RFC 9110 8.8.2.2).
            settled = time() >= found.moment + 2
            told = found.told.get(coding) if settled else None
            if told is not None:
                headers = told
            else:
                headers = [*_with_coding(found, coding), ("etag", etag)]
                if settled:
                    headers.append(("last-modified", http_date(found.moment)))
                if found.ranges:
                    headers.append(("accept-ranges", "bytes"))
                if settled:
                    found.told[coding] = headers
            if found.is_story and method == "GET" and _is_a_reader(asked):
                self.tally.count(found.path)
            if _is_fresh(asked, found, etag, settled):
                proto.response_empty(304, [pair for pair in headers if pair[0] not in _NOT_IN_304])
                return None
            if found.is_picture and _is_spared(asked, scope.query_string):
                if method == "HEAD":
                    proto.response_empty(200, [*_PLACEHOLDER_HEADERS, ("content-length", str(len(PLACEHOLDER)))])
                else:
                    proto.response_bytes(200, _PLACEHOLDER_HEADERS, PLACEHOLDER)
                return None
            if found.ranges:
                wanted = asked("range")
                if wanted is not None and method == "GET" and _range_applies(asked, found, etag, settled):
                    return self._give_range(proto, found, headers, wanted)
        if found.large:
            if method == "HEAD":
                proto.response_empty(status, [*headers, ("content-length", str(found.size))])
                return None
            return _Pieces(status, headers, 0, found.size)
        body = found.small if coding == "br" else found.packed if coding else found.whole
        if method == "HEAD":
            proto.response_empty(status, [*headers, ("content-length", str(len(body)))])
            return None
        proto.response_bytes(status, headers, body)
        return None

    def _give_range(self, proto: HTTPProtocol, found: Found, headers: Headers, wanted: str) -> _Pieces | None:
        size = found.size
        try:
            limits = byte_range(wanted, size)
        except ValueError:
            proto.response_empty(416, [("content-range", f"bytes */{size}"), ("accept-ranges", "bytes"), *SAFETY])
            return None
        status = 200
        first, end = 0, size
        if limits is not None:
            status = 206
            first, end = limits
            headers = [*headers, ("content-range", f"bytes {first}-{end - 1}/{size}")]
        if found.large:
            return _Pieces(status, headers, first, end)
        proto.response_bytes(status, headers, found.body[first:end])
        return None

    async def _send_pieces(self, proto: HTTPProtocol, found: Found, pieces: _Pieces) -> None:
        status, headers, first, end = pieces
        descriptor = await asyncio.to_thread(os.open, found.file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            about = os.fstat(descriptor)
            if (about.st_mtime_ns, about.st_size, about.st_ino) != found.identity:
                # It was replaced since we looked. The next try finds the new one.
                return _busy(proto)
            transport = proto.response_stream(status, [*headers, ("content-length", str(end - first))])
            while first < end:
                piece = await asyncio.to_thread(os.pread, descriptor, min(_PIECE, end - first), first)
                if not piece:
                    # Cut short by some other hand; the announced length tells the reader that this is not all.
                    return None
                await transport.send_bytes(piece)
                first += len(piece)
        finally:
            os.close(descriptor)
        return None


_PLACEHOLDER_HEADERS: Final = placeholder_headers()

_MARKS: Final = {"": "", "gzip": "-gz", "br": "-br"}
"""Each coding of a version is another representation, with an etag of its own (RFC 9110 8.8.3.3)."""

# A 304 says nothing of a body that it does not have.
_NOT_IN_304: Final = frozenset({"content-type", "content-encoding", "accept-ranges"})


def _with_coding(found: Found, coding: str) -> Headers:
    return [*found.headers, ("content-encoding", coding)] if coding else found.headers


Asked = Callable[..., str | None]
"""A header's value by its name; a second argument stands for one that is not there."""


def _is_a_reader(asked: Asked) -> bool:
    """True if a person opens the page: no program, no look ahead, no frame in another page."""
    return (
        not is_machine(asked("user-agent"))
        and asked("sec-fetch-dest", "document") == "document"
        and not asked("sec-purpose")
        and not asked("purpose")
        and not asked("x-moz")
    )


def _is_spared(asked: Asked, query: str) -> bool:
    """True if a picture is asked for by a page, and the reader wants to save data (Save Data API, 5) and has not said
    that this one shall come nevertheless."""
    return (
        (asked(SAVING) or "").strip().lower() == "on"
        and asked("sec-fetch-dest", "image") == "image"
        and sitefiles.FULL not in query.split("&")
    )


def _is_fresh(asked: Asked, found: Found, etag: str, settled: bool) -> bool:
    """True if what the client has is what it would get: by etag, or by date where it has none."""
    none_match = asked("if-none-match")
    if none_match is not None:
        return names_etag(none_match, etag)
    since = asked("if-modified-since")
    return since is not None and settled and same_moment(since, found.moment)


def _range_applies(asked: Asked, found: Found, etag: str, settled: bool) -> bool:
    """If-Range (RFC 9110 13.1.5): a part only if the rest that the client has is of the same version."""
    condition = asked("if-range")
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == etag
    return settled and same_moment(condition, found.moment)


def _is_loopback(client: str) -> bool:
    try:
        return ipaddress.ip_address(client.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


def _busy(proto: HTTPProtocol) -> None:
    proto.response_empty(503, [("retry-after", "1"), ("cache-control", "no-store")])


__all__ = ["ALIVE", "App", "Settings"]
