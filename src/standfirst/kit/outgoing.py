"""The newsroom's one way out by HTTP: guarded, limited in size and time, blind to our own network.

An address that somebody else names (a feed, a picture in it, a redirect) must never make this machine talk to itself
or its neighbours. So a host is resolved once, every address found is judged, and the connection goes to the very
address that was judged, with the host's own name in TLS and in the request. Each redirect is judged again. Neither
proxies from the environment nor cookies are used. Secrets sent in headers or in the query never show in an error.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

import httpcore

import standfirst
from standfirst.kit.errors import Problem

AGENT: Final = f"Standfirst/{standfirst.__version__}"

PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Where web servers listen. Within our own network, if that is allowed, a server may listen anywhere."""

LIMIT_BYTES: Final = 20 * 1024 * 1024
LIMIT_SECONDS: Final = 30.0
_REDIRECTS: Final = 5
_CHUNK: Final = 65_536

_METADATA: Final = frozenset({ipaddress.ip_address("fd00:ec2::254")})
"""Where clouds tell a machine its own secrets; the rest of them are link-local."""
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_KEPT_ON_REDIRECT: Final = frozenset({"accept", "accept-language", "user-agent"})
"""What of the caller's headers another host gets to see."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unfetched(Problem):
    """A request that brought nothing. The message says why, without the query and the headers of the request."""


class Unreachable(Unfetched):
    """The host has no address, does not answer, or breaks off: it may be there again later."""


class Forbidden(Unfetched):
    """An address to which the newsroom does not go."""


class TooLarge(Unfetched):
    """More bytes than allowed, perhaps only once unpacked."""


class TooSlow(Unfetched):
    """Not done in the time allowed."""


# --- where the newsroom goes --------------------------------------------------------------------------------------


def refusal(address: Address, *, allow_private: bool) -> str:
    """Why no connection is made to `address`; empty if one is.

    Private, shared and loopback addresses are for sources that are allowed them. Link-local ones (where clouds keep
    their metadata service), multicast and reserved ones are for nobody. IPv4 addresses within IPv6 (mapped, NAT64,
    6to4, Teredo, compatible) are judged as what they are.
    """
    if isinstance(address, ipaddress.IPv6Address):
        for inner in _within(address):
            if why := refusal(inner, allow_private=allow_private):
                return why
        if address.ipv4_mapped or any(address in net for net in _NAT64):
            return ""
    if address.is_link_local or address in _METADATA:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if address.is_unspecified:
        return "no address at all"
    if address.is_loopback:
        return "" if allow_private else "this machine itself"
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return "" if allow_private else "private"
    if address.is_global:
        return ""
    if address.is_reserved:
        return "reserved"
    return "" if allow_private else "private"


def _within(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for or is reached through."""
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif any(address in net for net in _NAT64) or (address in _COMPATIBLE and int(address) > 0xFFFF):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo


def resolve(host: str, port: int, *, allow_private: bool = False) -> list[Address]:
    """The addresses of `host` to which a connection may be made, in the order in which they should be tried.

    Raises:
        Forbidden: all of them are where the newsroom does not go.
        Unreachable: it has none.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "that is no host name"
        raise Unreachable(f"No address was found for {host} ({why}): check the name, and this machine’s DNS.") from None
    allowed: list[Address] = []
    why_not = ""
    for _family, _type, _protocol, _name, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        why = refusal(address, allow_private=allow_private)
        if why:
            why_not = why_not or why
        elif address not in allowed:
            allowed.append(address)
    if not allowed:
        remedy = (
            "if it is meant, allow addresses in our own network for this source"
            if why_not in ("private", "this machine itself")
            else "give another address"
        )
        raise Forbidden(f"{host} is at an address that is never called ({why_not}): {remedy}.")
    return allowed


def connect(host: str, port: int, *, allow_private: bool = False, seconds: float = LIMIT_SECONDS) -> socket.socket:
    """A TCP connection to `host`, made to an address that was judged. For protocols other than HTTP.

    Wrap it in TLS with `tls()` and the host's own name. Raises `Forbidden`, `Unreachable`, `TooSlow`.
    """
    until = time.monotonic() + seconds
    last: OSError | None = None
    for address in resolve(host, port, allow_private=allow_private):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except OSError as error:
            last = error
    if last is None or isinstance(last, TimeoutError):
        raise TooSlow(f"{host} did not answer on port {port} within {seconds:.0f} seconds: it is tried again.")
    raise Unreachable(
        f"{host} refuses connections on port {port} ({last.strerror or last}): is it up, and the port right?"
    )


@functools.cache
def tls(ca_file: str = "") -> ssl.SSLContext:
    """What certificates are believed: the system's, certifi's, and one's own in `ca_file` (PEM). Never changed."""
    context = httpcore.default_ssl_context()
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


# --- HTTP ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whatever its status. `headers` by lower-case name; `body` unpacked, not decoded."""

    status: int
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    moved_to: str = field(default="", repr=False)
    """Where the address asked for has moved for good (301, 308); empty if it has not."""

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class _Deadline(threading.local):
    """Until when the request of this thread must be done, on the monotonic clock."""

    until: float = float("inf")

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Stream(httpcore.NetworkStream):
    """A connection on which no single read or write outlasts the deadline, however slowly the bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Connects to judged addresses only."""

    def __init__(self, allow_private: bool, deadline: _Deadline) -> None:
        self._allow_private, self._deadline = allow_private, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError()
        for address in resolve(host, port, allow_private=self._allow_private):
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, self._deadline.left(), local_address, socket_options
                )
                return _Stream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


class Outgoing:
    """A guarded HTTP client that keeps connections open between requests. Threads may share one.

    `allow_private` lets it into our own network, on any port. `only` is for the newsroom's own address: nothing but
    that scheme, host and port is asked, also where another site is redirected to, and it may be on this machine.
    `ca_file` adds certificates to those that are believed.
    """

    def __init__(self, *, allow_private: bool = False, only: str = "", ca_file: str = "") -> None:
        self.allow_private = allow_private or bool(only)
        self._only = _origin(only) if only else None
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls(ca_file),
            max_connections=16,
            max_keepalive_connections=4,
            keepalive_expiry=30.0,
            network_backend=_Guarded(self.allow_private, self._deadline),
        )

    def __enter__(self) -> Outgoing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def connect(self, host: str, port: int, *, seconds: float = LIMIT_SECONDS) -> socket.socket:
        """A plain connection under the same guard, for FTP, IMAP and the like."""
        return connect(host, port, allow_private=self.allow_private, seconds=seconds)

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secret_query: Mapping[str, str] | None = None,
        limit_bytes: int = LIMIT_BYTES,
        limit_seconds: float = LIMIT_SECONDS,
        method: str = "GET",
        body: bytes = b"",
        follow: bool = True,
    ) -> Response:
        """Ask for `url` and follow up to five redirects. Any status comes back; only what brings none is raised.

        Without `follow`, a redirect comes back as it is.

        `secret_query` (e.g. an API key) is added to the address for the request and never shown. `headers` and
        `secret_query` go to the host that was asked for, not to one that it redirects to.

        Raises:
            Forbidden: the address, or one redirected to, is none to go to.
            Unreachable, TooLarge, TooSlow: as they say.
        """
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        started, moved, secret = url, True, dict(secret_query or {})
        moved_to = ""
        self._deadline.until = time.monotonic() + limit_seconds
        try:
            for _ in range(_REDIRECTS + 1):
                self._check(url)
                response = self._once(url, sent, secret, limit_bytes, method, body)
                target = response.header("location")
                if response.status not in (301, 302, 303, 307, 308) or not target or not follow:
                    return Response(response.status, url, response.headers, response.body, moved_to)
                there = _joined(url, target)
                moved = moved and response.status in (301, 308)
                if moved:
                    moved_to = there
                if _origin(there) != _origin(url):
                    if urlsplit(url).scheme == "https" and urlsplit(there).scheme == "http":
                        raise Forbidden(f"{shown(url)} sends us on to an unprotected address: ask for an https one.")
                    if method != "GET" and response.status in (307, 308):
                        raise Forbidden(f"{shown(url)} sends what we post on to {shown(there)}: give that address.")
                    sent = {name: value for name, value in sent.items() if name in _KEPT_ON_REDIRECT}
                    secret = {}
                if response.status == 303 or (method == "POST" and response.status in (301, 302)):
                    method, body = "GET", b""
                    sent.pop("content-type", None)
                url = there
            raise Unreachable(f"{shown(started)} sends us on and on: give the address at which it ends.")
        except httpcore.TimeoutException:
            raise TooSlow(f"{shown(url)} took longer than {limit_seconds:.0f} seconds: it is tried again.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            raise Unreachable(f"{shown(url)} could not be fetched ({_reason(error)}): it is tried again.") from None
        finally:
            self._deadline.until = float("inf")

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Forbidden("This is no web address: write it as https://host/path.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Forbidden(f"{shown(url)} is no web address: write it as https://host/path.")
        if parts.username is not None or parts.password is not None:
            raise Forbidden("There is a user name or password in the address: put it where secrets go.")
        if self._only is not None and _origin(url) != self._only:
            raise Forbidden(f"{shown(url)} is not the newsroom’s own address: only that is asked here.")
        if port not in PORTS and not self.allow_private:
            known = ", ".join(str(one) for one in sorted(PORTS))
            raise Forbidden(f"{shown(url)} is on port {port}: only {known} are called outside of our own network.")

    def _once(
        self, url: str, headers: Mapping[str, str], secret: Mapping[str, str], limit: int, method: str, body: bytes
    ) -> Response:
        given = {
            "user-agent": AGENT,
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            **headers,
            **({"content-length": str(len(body))} if body or method == "POST" else {}),
        }
        request = httpcore.Request(
            method,
            _target(url, secret),
            headers=[(b"Host", _host(url)), *((_latin(name), _latin(value)) for name, value in given.items())],
            content=body or None,
        )
        response = self._pool.handle_request(request)
        try:
            found: dict[str, str] = {}
            for raw_name, raw_value in response.headers:
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
                found[name] = f"{found[name]}, {value}" if name in found and name != "location" else value
            declared = found.get("content-length", "")
            if declared.isdigit() and int(declared) > limit and method != "HEAD":
                raise TooLarge(_too_large(url, limit))
            return Response(response.status, url, found, _unpacked(response.iter_stream(), found, limit, url))
        finally:
            response.close()


def fetch(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    limit_bytes: int = LIMIT_BYTES,
    limit_seconds: float = LIMIT_SECONDS,
    allow_private: bool = False,
    method: str = "GET",
    body: bytes = b"",
) -> Response:
    """One request with a client of its own: see `Outgoing.fetch`."""
    with Outgoing(allow_private=allow_private) as outgoing:
        return outgoing.fetch(
            url, headers=headers, limit_bytes=limit_bytes, limit_seconds=limit_seconds, method=method, body=body
        )


def shown(url: str) -> str:
    """An address as it may be shown and logged: no user, no query, no fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, host + port, parts.path, "", "")) or "the address"


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise Unreachable(f"{shown(url)} sends us on to what is no address: tell the agency.") from None


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _host(url: str) -> bytes:
    """The Host header: the name, with the port if it is not the scheme's own."""
    scheme, host, port = _origin(url)
    name = f"[{host}]" if ":" in host else _ascii_host(host)
    return f"{name}:{port}".encode() if port != (443 if scheme == "https" else 80) else name.encode()


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Forbidden(f"{host} is no host name: check the address.") from None


def _target(url: str, secret: Mapping[str, str]) -> httpcore.URL:
    scheme, host, port = _origin(url)
    parts = urlsplit(url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    if secret:
        query = "&".join(part for part in (query, urlencode(secret)) if part)
    target = f"{path}?{query}" if query else path
    return httpcore.URL(
        scheme=scheme.encode(), host=_ascii_host(host).encode(), port=port, target=target.encode("ascii")
    )


def _latin(text: str) -> bytes:
    """A header as bytes. What cannot stand in one would make a request of its own."""
    if any(c in text for c in "\r\n\0"):
        raise Forbidden("A header of the request holds a line break: correct the setting.")
    try:
        return text.strip().encode("latin-1")
    except UnicodeEncodeError:
        raise Forbidden("A header of the request holds letters that cannot stand there: correct the setting.") from None


def _unpacked(chunks: Iterable[bytes], headers: Mapping[str, str], limit: int, url: str) -> bytes:
    """The body, unpacked as it comes: a bomb is defused at `limit` bytes, not after it went off."""
    coding = headers.get("content-encoding", "").strip().lower()
    out = bytearray()
    if coding not in ("gzip", "x-gzip", "deflate"):
        if coding not in ("", "identity"):
            raise Unreachable(f"{shown(url)} is packed as {coding[:40]!r}, which was not asked for: tell the agency.")
        for chunk in chunks:
            out += chunk
            if len(out) > limit:
                raise TooLarge(_too_large(url, limit))
        return bytes(out)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    raw_deflate = coding == "deflate"
    try:
        for chunk in chunks:
            while chunk:
                try:
                    out += unpack.decompress(chunk, limit + 1 - len(out))
                except zlib.error:
                    if not raw_deflate or out:
                        raise
                    # "deflate" without its wrapping, as some servers send it.
                    unpack, raw_deflate = zlib.decompressobj(-zlib.MAX_WBITS), False
                    continue
                if len(out) > limit:
                    raise TooLarge(_too_large(url, limit))
                chunk = unpack.unconsumed_tail
                if unpack.eof and unpack.unused_data.startswith(b"\x1f\x8b"):
                    chunk, unpack = unpack.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 32)
        if not unpack.eof and out:
            raise Unreachable(f"{shown(url)} broke off in the middle: it is tried again.")
    except zlib.error:
        raise Unreachable(f"{shown(url)} is packed in a way that cannot be unpacked: tell the agency.") from None
    return bytes(out)


def _too_large(url: str, limit: int) -> str:
    return f"{shown(url)} has more than {limit:,} bytes, the limit: ask for less at a time, or raise it."


def _reason(error: Exception) -> str:
    """Why, in the system's words. Those of TLS name what is wrong with the certificate."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rpartition(" (_ssl.c")[0] or text
