"""Passes requests for the newsroom's own addresses on to the newsroom process, and its answers back, piece by piece.

An upload is taken whole before the newsroom is asked: it has few threads, and a stranger who sends one byte now and
then must not hold any of them.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import IO, Final, NamedTuple
from urllib.parse import urlsplit

import httpcore

from standfirst.kit.askers import address_of
from standfirst.reader import notices
from standfirst.reader.http import Headers, quoted
from standfirst.reader.rsgi import HTTPProtocol, ProtocolClosed, Scope

log = logging.getLogger(__name__)

# RFC 9110 7.6.1: these concern one connection and end here. Expect is answered by our server.
_HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Who the reader is and how he came is for us to say; a newsroom would believe these.
_OURS_TO_SAY: Final = frozenset({"forwarded", "host", "proxy", "via", "x-real-ip", "x-client-ip", "true-client-ip"})

# Who is not there refuses at once. This is for a machine on which everybody waits for the processor.
_CONNECT_SECONDS: Final = 10.0
_PIECE_SECONDS: Final = 30.0
# Slower than this on the whole is nobody at work on a bad link, but somebody who holds a connection.
_SLOWEST: Final = 512
"""Bytes a second."""
_IN_MEMORY: Final = 1 << 18
_PIECE: Final = 1 << 18
_MOST_HELD: Final = 4
"""Uploads of the largest size that may lie here at once, before others are asked to wait."""
# Shorter than what servers keep an idle connection for, so that a request seldom meets one that is being closed.
_IDLE_SECONDS: Final = 10.0
_CONNECTIONS: Final = 64
_RETRY_AFTER: Final = "5"
_NO_BODY: Final = frozenset({204, 304})


class CutShort(Exception):
    """An upload ended before the length that was announced."""


class Fetched(NamedTuple):
    """An answer of the newsroom, whole."""

    status: int
    headers: Headers
    body: bytes


class TooMuch(Exception):
    """As much as may lie here at once is lying here."""


@dataclass(slots=True)
class _Upload:
    """An upload on its way in."""

    file: IO[bytes]
    taken: int = 0


class Forwarder:
    """A way to the newsroom at `address` (http://host:port).

    `upload_limit` is the largest request body in bytes, `answer_seconds` how long the newsroom may take until its first
    word. `trusted` are the addresses of proxies before us whose X-Forwarded-* headers are believed.
    """

    def __init__(
        self, address: str, *, upload_limit: int, answer_seconds: float, trusted: frozenset[str] = frozenset()
    ) -> None:
        parts = urlsplit(address)
        self._host = (parts.hostname or "").encode()
        self._port = parts.port
        self._upload_limit = upload_limit
        self._held = 0
        self._trusted = trusted
        self._timeouts = {
            "connect": _CONNECT_SECONDS,
            "pool": _PIECE_SECONDS,
            "read": answer_seconds,
            "write": _PIECE_SECONDS,
        }
        self._pool = httpcore.AsyncConnectionPool(
            # Never used: without it, each process would load the machine's certificates.
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def fetch(self, scope: Scope, *, seconds: float, most: int) -> Fetched | None:
        """What the newsroom answers to a request without a body, whole; None if it does not within `seconds`, or with
        more than `most` bytes."""
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(scope, None)
                try:
                    body = bytearray()
                    async for piece in answer.aiter_stream():
                        body += piece
                        if len(body) > most:
                            log.warning("The newsroom's answer to %s is too long.", scope.path)
                            return None
                finally:
                    await answer.aclose()
        except TimeoutError:
            log.warning("The newsroom took too long for %s.", scope.path)
            return None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            log.info("The newsroom does not answer (%s).", type(error).__name__)
            return None
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers]
        return Fetched(answer.status, _passing(headers), bytes(body))

    def asker(self, scope: Scope) -> str:
        """The address of whoever asks, as far as proxies that are trusted know it."""
        return address_of(self._chain(scope), scope.client, tuple(self._trusted))

    async def forward(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer the request with what the newsroom answers, or with a clear page when it does not."""
        length = scope.headers.get("content-length")
        if "transfer-encoding" in scope.headers:
            # Nobody behind could tell the end of it: a WSGI application reads what Content-Length says.
            return notices.answer(scope, proto, 411, notices.LENGTH_REQUIRED)
        if length is not None and not length.isdecimal():
            return notices.answer(scope, proto, 400, notices.BAD_REQUEST)
        if length is not None and int(length) > self._upload_limit:
            return notices.answer(scope, proto, 413, notices.TOO_LARGE)
        size = int(length) if length is not None else 0
        if not size:
            return await self._pass(scope, proto, None)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            upload = _Upload(file)
            try:
                async with asyncio.timeout(_PIECE_SECONDS + size / _SLOWEST):
                    await self._take(proto, upload, size)
            except TimeoutError:
                return notices.answer(scope, proto, 408, notices.BAD_REQUEST)
            except (CutShort, ProtocolClosed):
                return notices.answer(scope, proto, 400, notices.BAD_REQUEST)
            except TooMuch:
                log.warning("Uploads of %d bytes are under way: another one must wait.", self._held)
                return notices.answer(scope, proto, 503, notices.NEWSROOM_DOWN, ("retry-after", _RETRY_AFTER))
            else:
                return await self._pass(scope, proto, file)
            finally:
                self._held -= upload.taken

    async def _take(self, proto: HTTPProtocol, upload: _Upload, size: int) -> None:
        """Take an upload of `size` bytes in, to the disk if it is large."""
        body = proto.__aiter__()
        while upload.taken < size:
            try:
                async with asyncio.timeout(_PIECE_SECONDS):
                    piece = await anext(body)
            except StopAsyncIteration:
                raise CutShort from None
            if self._held + len(piece) > self._upload_limit * _MOST_HELD:
                raise TooMuch
            upload.taken += len(piece)
            self._held += len(piece)
            if upload.taken > _IN_MEMORY:
                await asyncio.to_thread(upload.file.write, piece)
            else:
                upload.file.write(piece)

    async def _pass(self, scope: Scope, proto: HTTPProtocol, upload: IO[bytes] | None) -> None:
        try:
            answer = await self._ask(scope, upload)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            log.info("The newsroom does not answer (%s).", type(error).__name__)
            return notices.answer(scope, proto, 503, notices.NEWSROOM_DOWN, ("retry-after", _RETRY_AFTER))
        except httpcore.ReadTimeout:
            log.warning("The newsroom took too long for %s %s.", scope.method, scope.path)
            return notices.answer(scope, proto, 504, notices.TIMED_OUT)
        except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.WriteTimeout) as error:
            log.warning("The newsroom broke off %s %s (%s).", scope.method, scope.path, type(error).__name__)
            return notices.answer(scope, proto, 503, notices.NEWSROOM_DOWN, ("retry-after", _RETRY_AFTER))
        except httpcore.LocalProtocolError:
            # What the client sent is not what it had announced, or no header that could be passed on.
            return notices.answer(scope, proto, 400, notices.BAD_REQUEST)
        try:
            await _give_back(answer, scope, proto)
        except ProtocolClosed:
            # The reader left.
            pass
        finally:
            await answer.aclose()
        return None

    async def _ask(self, scope: Scope, upload: IO[bytes] | None) -> httpcore.Response:
        # A connection that was kept may have been closed at the other end in this moment. What has no effect is asked
        # again, on a new connection.
        tries = 2 if upload is None and scope.method in {"GET", "HEAD", "OPTIONS"} else 1
        while True:
            tries -= 1
            request = httpcore.Request(
                method=scope.method,
                url=httpcore.URL(scheme=b"http", host=self._host, port=self._port, target=_target(scope)),
                headers=self._headers(scope),
                content=_pieces(upload) if upload is not None else None,
                extensions={"timeout": self._timeouts},
            )
            try:
                return await self._pool.handle_async_request(request)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
                if not tries:
                    raise

    def _chain(self, scope: Scope) -> str:
        """The addresses that a request has come from, the last one last, as in X-Forwarded-For."""
        client = scope.client.rpartition(":")[0].strip("[]")
        if client not in self._trusted:
            return client
        return ", ".join([*(value for name, value in scope.headers.items() if name == "x-forwarded-for"), client])

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        items = scope.headers.items()
        client = scope.client.rpartition(":")[0].strip("[]")
        host, scheme, chain = scope.authority or scope.headers.get("host", ""), scope.scheme, self._chain(scope)
        if client in self._trusted:
            host = scope.headers.get("x-forwarded-host", host)
            scheme = scope.headers.get("x-forwarded-proto", scheme)
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in _passing(items)]
        headers += [
            (b"host", host.encode("latin-1", "replace")),
            (b"x-forwarded-for", chain.encode("latin-1", "replace")),
            (b"x-forwarded-proto", scheme.encode("latin-1", "replace")),
            (b"x-forwarded-host", host.encode("latin-1", "replace")),
        ]
        return headers


def _passing(items: Iterable[tuple[str, str]]) -> Headers:
    """The headers of a request or an answer that go on to the other side."""
    items = list(items)
    named = {
        token.strip().lower() for name, value in items if name.lower() == "connection" for token in value.split(",")
    }
    return [
        (name, value)
        for name, value in items
        if (lower := name.lower()) not in _HOP_BY_HOP
        and lower not in _OURS_TO_SAY
        and lower not in named
        and not lower.startswith("x-forwarded-")
        # WSGI cannot tell X_Forwarded_For from X-Forwarded-For.
        and "_" not in lower
    ]


def _target(scope: Scope) -> bytes:
    query = f"?{scope.query_string}" if scope.query_string else ""
    return (quoted(scope.path) + query).encode("latin-1", "replace")


async def _pieces(upload: IO[bytes]) -> AsyncIterator[bytes]:
    upload.seek(0)
    while piece := await asyncio.to_thread(upload.read, _PIECE):
        yield piece


async def _give_back(answer: httpcore.Response, scope: Scope, proto: HTTPProtocol) -> None:
    headers = _passing((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
    if scope.method == "HEAD" or answer.status in _NO_BODY:
        return proto.response_empty(answer.status, headers)
    pieces = answer.aiter_stream()
    transport = proto.response_stream(answer.status, headers)
    try:
        async for piece in pieces:
            await transport.send_bytes(piece)
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        log.warning("The newsroom broke off its answer to %s (%s).", scope.path, type(error).__name__)
    return None
