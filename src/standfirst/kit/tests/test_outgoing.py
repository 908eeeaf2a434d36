"""The guarded way out, against real servers on loopback. Only the names of hosts are made up."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from standfirst.kit import outgoing
from standfirst.kit.outgoing import Forbidden, Outgoing, TooLarge, TooSlow, Unreachable, refusal, shown
from tests.certificates import self_signed


class Site:
    """Answers by path: path -> (status, headers, body), or a function that writes by itself."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.port = server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.pages: dict[str, tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []


def _serving(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.asked.append((self.command, self.path, headers, body))
            page = here.pages.get(self.path.partition("?")[0], (404, {}, b""))
            with suppress(OSError):
                if callable(page):
                    page(self)
                    self.close_connection = True
                    return
                status, more, data = page
                self.send_response(status)
                for name, value in {"content-length": str(len(data)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    here = Site(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from _serving()


@pytest.fixture
def inside() -> Iterator[Outgoing]:
    with Outgoing(allow_private=True) as client:
        yield client


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::",
    ],
)
def test_no_address_of_ours_is_ever_called(address: str):
    assert refusal(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_world_are(address: str):
    assert refusal(ipaddress.ip_address(address), allow_private=False) == ""


def test_our_own_network_may_be_allowed_but_never_the_clouds_metadata():
    for address in ("127.0.0.1", "10.0.0.5", "192.168.1.1", "fd12::1", "::1", "::ffff:10.0.0.5"):
        assert refusal(ipaddress.ip_address(address), allow_private=True) == "", address
    for address in ("169.254.169.254", "fe80::1", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::ffff:169.254.169.254"):
        assert refusal(ipaddress.ip_address(address), allow_private=True), address


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.com:22/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://ann:hush@example.com/",
        "http://",
        "nonsense",
        "http://exa mple.com/",
    ],
)
def test_such_addresses_are_refused_before_anything_is_sent(url: str):
    with Outgoing() as client, pytest.raises((Forbidden, Unreachable)) as caught:
        client.fetch(url)
    assert "hush" not in str(caught.value)


def test_a_name_is_resolved_once_and_the_judged_address_is_called(site: Site, monkeypatch):
    answers = [["93.184.216.34", "10.0.0.1"], ["127.0.0.1"]]
    asked = []

    def resolving(host, port, **more):
        asked.append(host)
        addresses = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    # A name that changes its mind between the check and the call: the second answer is never asked for.
    assert [str(one) for one in outgoing.resolve("rebind.example", 80)] == ["93.184.216.34"]
    with pytest.raises(Forbidden, match="this machine itself"), Outgoing() as client:
        client.fetch("http://rebind.example/")
    assert asked == ["rebind.example", "rebind.example"]


def test_a_redirect_into_our_network_is_refused(site: Site, monkeypatch):
    site.pages["/out"] = (302, {"location": f"http://127.0.0.1:{site.port}/secret"}, b"")
    site.pages["/meta"] = (302, {"location": "http://169.254.169.254/latest/"}, b"")
    site.pages["/file"] = (302, {"location": "file:///etc/passwd"}, b"")
    real = outgoing.resolve

    def resolving(host, port, **more):
        # This host counts as one outside; where it leads to is judged as ever.
        return [ipaddress.ip_address("127.0.0.1")] if host == "agency.example" else real(host, port, **more)

    monkeypatch.setattr(outgoing, "PORTS", frozenset({80, site.port}))
    monkeypatch.setattr(outgoing, "resolve", resolving)
    with Outgoing() as client:
        for path in ("/out", "/meta", "/file"):
            with pytest.raises(Forbidden):
                client.fetch(f"http://agency.example:{site.port}{path}")
    assert [path for _, path, _, _ in site.asked] == ["/out", "/meta", "/file"]


def test_redirects_end_and_permanent_ones_are_told(site: Site, inside: Outgoing):
    site.pages["/a"] = (301, {"location": "/b"}, b"")
    site.pages["/b"] = (308, {"location": "c?x=1"}, b"")
    site.pages["/c"] = (200, {}, b"here")
    site.pages["/d"] = (302, {"location": "/a"}, b"")
    site.pages["/round"] = (302, {"location": "/round"}, b"")
    response = inside.fetch(f"{site.url}/a")
    assert (response.body, response.url, response.moved_to) == (b"here", f"{site.url}/c?x=1", f"{site.url}/c?x=1")
    assert inside.fetch(f"{site.url}/d").moved_to == ""
    with pytest.raises(Unreachable, match="on and on"):
        inside.fetch(f"{site.url}/round")


def test_secrets_stay_with_the_host_they_are_for(site: Site, inside: Outgoing):
    site.pages["/a"] = (302, {"location": f"http://localhost:{site.port}/b"}, b"")
    site.pages["/b"] = (200, {}, b"x")
    site.pages["/c"] = (302, {"location": "/b"}, b"")
    headers = {"Authorization": "Bearer hush", "X-Api-Key": "hush", "Accept": "text/xml"}
    inside.fetch(f"{site.url}/a", headers=headers, secret_query={"key": "hush"})
    (_, first, sent, _), (_, second, carried, _) = site.asked
    assert first == "/a?key=hush"
    assert sent["authorization"] == "Bearer hush"
    assert second == "/b"
    assert "hush" not in str(carried)
    assert carried["accept"] == "text/xml"
    inside.fetch(f"{site.url}/c", headers=headers, secret_query={"key": "hush"})
    assert site.asked[-1][1] == "/b?key=hush"
    site.pages["/post"] = (307, {"location": f"http://localhost:{site.port}/b"}, b"")
    with pytest.raises(Forbidden, match="what we post"):
        inside.fetch(f"{site.url}/post", method="POST", body=b"hush")


def test_what_comes_is_limited_in_size_also_once_it_is_unpacked(site: Site, inside: Outgoing):
    site.pages["/large"] = (200, {}, b"x" * 2000)
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.pages["/bomb"] = (200, {"content-encoding": "gzip"}, bomb)
    site.pages["/endless"] = lambda handler: _endless(handler)
    for path in ("/large", "/bomb", "/endless"):
        with pytest.raises(TooLarge, match="1,000 bytes"):
            inside.fetch(site.url + path, limit_bytes=1000)


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 1000)


def test_packed_answers_are_unpacked_as_they_come(site: Site, inside: Outgoing):
    text = b"The bridge at Tarrava gave way. " * 500
    raw = zlib.compressobj(wbits=-15)
    site.pages["/gzip"] = (200, {"content-encoding": "gzip"}, gzip.compress(text))
    site.pages["/two"] = (200, {"content-encoding": "gzip"}, gzip.compress(text[:99]) + gzip.compress(text[99:]))
    site.pages["/deflate"] = (200, {"content-encoding": "deflate"}, zlib.compress(text))
    site.pages["/raw"] = (200, {"content-encoding": "deflate"}, raw.compress(text) + raw.flush())
    for path in ("/gzip", "/two", "/deflate", "/raw"):
        assert inside.fetch(site.url + path).body == text, path
    site.pages["/cut"] = (200, {"content-encoding": "gzip"}, gzip.compress(text)[:-20])
    site.pages["/odd"] = (200, {"content-encoding": "br"}, b"x")
    site.pages["/damaged"] = (200, {"content-encoding": "gzip"}, b"nonsense")
    for path in ("/cut", "/odd", "/damaged"):
        with pytest.raises(Unreachable):
            inside.fetch(site.url + path)


def test_a_server_that_drips_or_says_nothing_is_left_in_time(site: Site, inside: Outgoing):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    def drip_headers(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(200):
            handler.wfile.write(f"x-{number}: y\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.02)

    site.pages["/drip"], site.pages["/headers"] = drip, drip_headers
    for path in ("/drip", "/headers"):
        with pytest.raises(TooSlow):
            inside.fetch(site.url + path, limit_seconds=0.15)


def test_what_cannot_stand_in_a_request_is_refused(site: Site, inside: Outgoing):
    with pytest.raises(Forbidden, match="line break"):
        inside.fetch(site.url, headers={"x-key": "a\r\nx-other: b"})
    with pytest.raises(Forbidden, match="letters"):
        inside.fetch(site.url, headers={"x-key": "ключ"})
    site.pages["/a%20b"] = (200, {}, b"x")
    assert inside.fetch(f"{site.url}/a b?q=ä b").status == 200
    assert site.asked[-1][1] == "/a%20b?q=%C3%A4%20b"
    with pytest.raises(Unreachable, match="could not be fetched"):
        inside.fetch("http://127.0.0.1:1/")
    assert shown("https://ann:hush@a.example:8443/p?key=hush#x") == "https://a.example:8443/p"


def test_tls_is_checked_against_the_hosts_own_name(tmp_path: Path, monkeypatch):
    pem = self_signed("agency.example", tmp_path).both
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setattr(outgoing, "resolve", lambda host, port, **more: [ipaddress.ip_address("127.0.0.1")])
    serving = _serving(context)
    site = next(serving)
    site.pages["/"] = (200, {}, b"here")
    try:
        with Outgoing(allow_private=True, ca_file=str(pem)) as client:
            assert client.fetch(f"https://agency.example:{site.port}/").body == b"here"
            assert site.asked[-1][2]["host"] == f"agency.example:{site.port}"
            with pytest.raises(Unreachable, match=r"[Hh]ostname mismatch"):
                client.fetch(f"https://other.example:{site.port}/")
        with Outgoing(allow_private=True) as client, pytest.raises(Unreachable, match="self-signed"):
            client.fetch(f"https://agency.example:{site.port}/")
    finally:
        next(serving, None)


def test_a_client_for_one_address_asks_nothing_else(site: Site) -> None:
    site.pages["/x"] = (302, {"location": "http://127.0.0.1:9/elsewhere"}, b"")
    with Outgoing(only=site.url) as client:
        assert client.fetch(f"{site.url}/x", follow=False).status == 302
        for address in (
            f"{site.url}/x",
            "http://127.0.0.1:9/",
            f"http://localhost:{site.port}/",
            f"https{site.url[4:]}/",
        ):
            with pytest.raises(Forbidden, match="not the newsroom’s own address"):
                client.fetch(address)
    assert len(site.asked) == 2
    with Outgoing(only="http://169.254.169.254") as client, pytest.raises(Forbidden, match="link-local"):
        client.fetch("http://169.254.169.254/latest/")
