"""A real nginx with the generated configuration, beside the reader process over the same folder."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path

import httpx
import pytest

from standfirst.kit import sitefiles
from standfirst.reader.nginx import Site, configuration
from standfirst.reader.tests.newsstand import BROWSER, PATIENCE, Newsroom, Newsstand, age, free_port, until
from tests.certificates import Certificate, self_signed

STORY = "/world/2026/11/22/a-story/"
FRONT = "/world/"
BODY = "<!doctype html><title>Boats</title>" + "<p>Seven boats are out.</p>" * 300
ARABIC = "/politique/été-بحر/"
HASHED = "/pictures/0123456789abcdef-640.webp"
VIDEO = "/pictures/abcdef0123.mp4"


class Nginx:
    """nginx in this process's group, on a free port of the loopback, as one process without its master."""

    def __init__(self, home: Path, reader: str, *, counts: bool = True, certificate: Certificate | None = None):
        self.folder = home / "nginx"
        self.folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.plain = free_port()
        site = Site(
            output=home / "output",
            hosts=("localhost", "127.0.0.1"),
            listen=f"127.0.0.1:{self.port}",
            reader=reader,
            upload_limit=1 << 20,
            certificate=str(certificate.chain) if certificate else "",
            key=str(certificate.key) if certificate else "",
            plain=f"127.0.0.1:{self.plain}",
            counts=counts,
        )
        kept = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        # As Debian has it, `gzip on` included: what the newsroom's own server must not take over.
        main = (
            f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/errors warn;\n"
            f"events {{ worker_connections 256; }}\n"
            f"http {{\naccess_log off; sendfile on; gzip on; include /etc/nginx/mime.types;\n"
            f"{kept}{configuration(site)}}}\n"
        )
        file = self.folder / "nginx.conf"
        file.write_text(main)
        command = [_program(), "-p", str(self.folder), "-e", str(self.folder / "errors"), "-c", str(file)]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        assert "warn" not in tried.stderr
        self.process = subprocess.Popen(command)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        trusted = ssl.create_default_context(cafile=certificate.chain) if certificate else False
        self.http = httpx.Client(
            base_url=self.url, timeout=PATIENCE, headers={"user-agent": BROWSER}, trust_env=False, verify=trusted
        )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "errors").read_text()
        try:
            return bool(self.http.get("/-/alive").status_code)
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(PATIENCE)


def _program() -> str:
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no nginx, and CI is to try the configuration on one: apt-get install nginx-light.")
        pytest.skip("There is no nginx here to try the configuration on: apt-get install nginx-light.")
    return found


@pytest.fixture(scope="module")
def room():
    _program()
    room = Newsroom()
    yield room
    room.stop()


@pytest.fixture(scope="module")
def stand(tmp_path_factory, room):
    stand = Newsstand(tmp_path_factory.mktemp("home"), "--newsroom", room.url, "--trusted-proxy", "127.0.0.1")
    fill(stand)
    yield stand
    stand.stop()


@pytest.fixture(scope="module", params=[True, False], ids=["stories counted", "stories from the disk"])
def nginx(stand, request):
    nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}", counts=request.param)
    yield nginx
    nginx.stop()


@pytest.fixture
def secure(stand, tmp_path):
    nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}", certificate=self_signed("127.0.0.1", tmp_path))
    yield nginx
    nginx.stop()


def fill(stand: Newsstand, *, small: bool = False) -> None:
    write = partial(stand.write, small=small)
    for path in ("/", FRONT, STORY, ARABIC, "/2026/11/22/", "/authors/ama-serwinde/"):
        write(path, BODY + path)
    for path in ("/feed.xml", "/world/FEED.xml", "/atom.xml", "/feed.json", "/rss.xml", "/sitemap.xml", "/data.json"):
        write(path, "<text>of some length</text>" * 30)
    for path in ("/robots.txt", "/assets/site.3f2a9bc01d.css", "/assets/site.css", "/assets/logo.svg", "/x.vtt"):
        write(path, "some text, some text, some text " * 30)
    for path in (
        HASHED,
        VIDEO,
        "/pictures/plain.jpg",
        "/pictures/wide.JPEG",
        "/favicon.ico",
        "/file.unknown",
        "/a.PNG",
        "/report.pdf",
    ):
        age(stand.write(path, bytes(range(250)) * 40), 3600)
    stand.write("/.well-known/security.txt", "Contact: mailto:desk@news.example\n" * 20)
    stand.write("/old/story/", STORY + "\n", 301)
    stand.write("/old/arabic/", ARABIC + "\n", 301)
    stand.write("/world/2026/11/22/killed/", "<p>This story was taken down.</p>" * 10, 410)
    stand.write("/404.html", "<h1>Our own words</h1>" * 10)
    stand.write("/500.html", "<h1>The fault is ours</h1>" * 10)
    stand.write("/rails/4.html", "<h1>News</h1>" * 10)
    (stand.output / "moved-prefixes.json").write_text('{"/sport/": "/sports/", "/sport/boxing/": "/sports/fights/"}')
    (stand.output / ".newsroom").write_text("the source's name")
    (stand.home / "secret.txt").write_text("the source's name")
    (stand.output / "pages/link.txt").symlink_to(stand.home / "secret.txt")
    (stand.output / "pages/world/.0123.part").write_text("the source's name")


# Compared in both. The etag is not: nginx gives none, since its own may be the same for two versions.
COMPARED = (
    "content-type", "content-encoding", "cache-control", "vary", "location", "content-security-policy", "allow",
    "x-content-type-options", "referrer-policy", "accept-ranges", "content-range", "cdn-cache-control", "retry-after",
)  # fmt: skip

PATHS = (
    "/", FRONT, STORY, ARABIC, "/2026/11/22/", "/authors/ama-serwinde/", "/feed.xml", "/world/FEED.xml", "/atom.xml",
    "/feed.json", "/rss.xml", "/sitemap.xml", "/data.json", "/robots.txt", "/assets/site.3f2a9bc01d.css",
    "/assets/site.css", "/assets/logo.svg", "/x.vtt", HASHED, VIDEO, "/pictures/plain.jpg", "/favicon.ico",
    "/file.unknown", "/a.PNG", HASHED + "?full", HASHED + "?a=b&full", HASHED + "?fuller", VIDEO + "?full",
    "/pictures/plain.jpg?full", "/Pictures/plain.jpg", "/pictures/wide.JPEG", "/pictures/away-240.webp",
    "/report.pdf", "/.well-known/security.txt", "/old/story/", "/old/arabic/",
    "/world/2026/11/22/killed/", "/404.html", "/sport/", "/sport", "/sport/boxing/y/", "/sport/2026/11/22/x/",
    "/world", STORY.rstrip("/"), "/2026/11/22", "/politique", "/nowhere/", "/nowhere", "/pictures/", "/assets",
    "/index.html", STORY + "index.html", STORY + "index.html.gz", "/robots.txt.gz", "/robots.txt/", "/link.txt",
    "/world/.0123.part", "/.newsroom", "/moved-prefixes.json", "/pages/index.html", "/gone/", "/-/gone/index.html",
    "/newsroom", "/old/story", "/old/story/?from=mail", FRONT + "?utm_source=x&a=%00", "/" + "a" * 300 + "/",
    "/" + "a" * 2100, "/404.html?x", "/500.html", "/rails/4.html", "/robots.txt?.gz", "/é/", "/.none",
)  # fmt: skip

ASKED = (
    {"accept-encoding": "gzip, deflate, br"},
    {"accept-encoding": "identity"},
    {"accept-encoding": "gzip;q=0"},
    {"accept-encoding": "*"},
    {"accept-encoding": "x-gzip, deflate"},
    {"accept-encoding": "gzip, br", "save-data": "on", "sec-fetch-dest": "image"},
    {"accept-encoding": "gzip, br", "save-data": "on", "sec-fetch-dest": "document"},
    {"accept-encoding": "gzip, br", "save-data": "ON"},
    {"accept-encoding": "gzip, br", "save-data": "off"},
)  # fmt: skip


def same(stand, nginx, method, path, headers=None, **more):
    ours = stand.http.request(method, path, headers=headers, **more)
    theirs = nginx.http.request(method, path, headers=headers, **more)
    what = (method, path[:60], headers)
    assert theirs.status_code == ours.status_code, what
    assert theirs.content == ours.content, what
    for name in COMPARED:
        if name == "accept-ranges" and theirs.status_code == 206:
            # nginx takes a part for proof enough.
            continue
        assert theirs.headers.get_list(name) == ours.headers.get_list(name), (*what, name)
    if theirs.status_code != 304:
        assert theirs.headers.get("content-length") == ours.headers.get("content-length"), what
    assert b"the source's name" not in theirs.content
    return theirs


@pytest.mark.parametrize("headers", ASKED, ids=[" ".join(asked.values()) for asked in ASKED])
def test_it_answers_as_the_reader_does(stand, nginx, headers):
    for path in PATHS:
        for method in ("GET", "HEAD"):
            same(stand, nginx, method, path, headers)


@pytest.mark.parametrize("counts", [True, False], ids=["stories counted", "stories from the disk"])
def test_it_sends_what_is_packed_smaller_as_the_reader_does(room, tmp_path, counts):
    stand = Newsstand(tmp_path / "home", "--newsroom", room.url, "--trusted-proxy", "127.0.0.1")
    try:
        fill(stand, small=True)
        nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}", counts=counts)
        try:
            weighed = (
                "BR ;q=0, gzip",
                "gzip;q=1, BR;q=1",
                "gzip;q=1, br;q=0.5",
                "br;q=0, gzip",
                "br; q=1,gzip",
                "br",
                "BR, gzip",
                "brown, gzip",
                "gzip,br",
            )
            for headers in (*ASKED, *({"accept-encoding": value} for value in weighed)):
                for path in PATHS:
                    same(stand, nginx, "GET", path, headers)
            for path in (FRONT, STORY, "/assets/site.css", "/feed.json", "/data.json"):
                for method in ("GET", "HEAD"):
                    answer = same(stand, nginx, method, path, {"accept-encoding": "gzip, deflate, br, zstd"})
                    assert answer.headers["content-encoding"] == "br"
            stand.write(FRONT, BODY)  # a new version has none until the press is idle
            assert same(stand, nginx, "GET", FRONT, ASKED[0]).headers["content-encoding"] == "gzip"
            for path in ("/feed.json", "/world/FEED.xml"):  # what a crash has left of a page is sent to nobody
                for name in (sitefiles.file_of(path), sitefiles.twin_of(sitefiles.file_of(path))):
                    (stand.output / name).unlink()
                assert same(stand, nginx, "GET", path, ASKED[0]).status_code == 404
                stand.write(path, "<p>Taken down.</p>", 410)
                assert same(stand, nginx, "GET", path, ASKED[0]).status_code == 410
        finally:
            nginx.stop()
    finally:
        stand.stop()


def test_over_tls_it_answers_the_same_and_speaks_the_newer_protocol(stand, secure, room, tmp_path):
    for path in PATHS:
        same(stand, secure, "GET", path, ASKED[0])
    secure.http.get("/newsroom/")
    assert room.asked[-1][2]["x-forwarded-proto"] == "https"
    trusted = ssl.create_default_context(cafile=tmp_path / "chain.pem")
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", secure.port)) as line,
        trusted.wrap_socket(line, server_hostname="127.0.0.1") as safe,
    ):
        assert safe.selected_alpn_protocol() == "h2"
        assert safe.version() == "TLSv1.3"


def test_without_tls_readers_are_sent_to_the_safe_address(secure):
    answer = httpx.get(f"http://127.0.0.1:{secure.plain}{STORY}?from=mail", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://127.0.0.1{STORY}?from=mail")


def test_pages_can_only_be_read(stand, nginx):
    for path in (FRONT, STORY, "/old/story/", "/nowhere/", HASHED, "/world/2026/11/22/killed/"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert same(stand, nginx, method, path, content=b"x" * 100).status_code == 405


def test_parts_of_pictures_are_the_same_parts(stand, nginx):
    for path in (HASHED, VIDEO, "/pictures/plain.jpg", FRONT, "/data.json"):
        for asked in (
            "bytes=0-", "bytes=0-99", "bytes=990-", "bytes=-10", "bytes=0-99999", "bytes=-99999", "bytes=0-1,5-6",
            "pages=1-2", "bytes=9-3", "bytes=-", "bytes=x-y", "bytes=10000-", "bytes=-0", "bytes=20000-20001",
        ):  # fmt: skip
            for method in ("GET", "HEAD"):
                same(stand, nginx, method, path, {"range": asked})
        date = formatdate((stand.output / sitefiles.file_of(path)).stat().st_mtime, usegmt=True)
        for condition in ('"other"', date, formatdate(0, usegmt=True), stand.http.get(path).headers["etag"]):
            same(stand, nginx, "GET", path, {"range": "bytes=0-9", "if-range": condition})


def test_conditions_are_answered_as_the_reader_answers_them(stand, nginx):
    for path in (FRONT, STORY, HASHED, "/nowhere/", "/world/2026/11/22/killed/", "/old/story/"):
        known = stand.http.get(path).headers
        for headers in (
            {"if-none-match": known.get("etag", '"x"')},
            {"if-none-match": '"other"'},
            {"if-none-match": "*"},
            {"if-modified-since": known.get("last-modified", formatdate(0, usegmt=True))},
            {"if-modified-since": formatdate(time.time() + 3600, usegmt=True)},
            {"if-match": '"other"'},
            {"if-unmodified-since": formatdate(0, usegmt=True)},
        ):
            same(stand, nginx, "GET", path, headers)


def test_no_changed_page_is_answered_with_not_modified(stand, nginx):
    path = "/changing/"
    for number in range(30):
        # Of one size, and often of one second.
        stand.write(path, f"version {number:03} " * 20)
        first = nginx.http.get(path)
        theirs, ours = first.headers, stand.http.get(path).headers
        stand.write(path, f"version {number + 500:03} " * 20)
        for headers in (
            {"if-none-match": theirs.get("etag", ours["etag"])},
            {"if-none-match": ours["etag"]},
            {"if-modified-since": theirs.get("last-modified", theirs["date"])},
            {"if-modified-since": theirs["date"]},
        ):
            again = nginx.http.get(path, headers=headers)
            assert again.status_code == 200
            assert again.text == f"version {number + 500:03} " * 20


def test_a_change_and_a_kill_are_seen_by_the_next_reader(stand, nginx):
    for number in range(50):
        stand.write("/score/", f"{number:03} to nil" * 9)
        assert nginx.http.get("/score/").text == f"{number:03} to nil" * 9
    file = stand.write("/2026/11/23/leaked/", BODY)
    assert nginx.http.get("/2026/11/23/leaked/").status_code == 200
    stand.write("/2026/11/23/leaked/", "<p>Taken down.</p>", 410)
    Path(sitefiles.twin_of(str(file))).unlink()
    file.unlink()
    answer = same(stand, nginx, "GET", "/2026/11/23/leaked/")
    assert (answer.status_code, answer.text) == (410, "<p>Taken down.</p>")
    (stand.output / "moved-prefixes.json").write_text('{"/sport/": "/games/"}')
    assert nginx.http.get("/sport/x/").headers["location"] == "/games/x/"
    (stand.output / "moved-prefixes.json").write_text('{"/sport/": "/sports/", "/sport/boxing/": "/sports/fights/"}')


@pytest.mark.parametrize(
    "target",
    [
        b"/../secret.txt", b"/..%2fsecret.txt", b"/%2e%2e/secret.txt", b"/a/../../secret.txt", b"/world/../world/",
        b"/..%5csecret.txt", b"/..\\secret.txt", b"//secret.txt", b"/world//", b"//", b"/%2fetc/passwd", b"/./world/",
        b"/%2enewsroom", b"/secret.txt%00.html", b"/%c0%ae%c0%ae/secret.txt", b"/%ff", b"/..%252fsecret.txt",
        b"/%0d%0aset-cookie:x", b"/w%6frld/", b"/world%2f", b"/politique/e%CC%81te%CC%81/", b"/%EF%BF%BD/",
        "/politique/été-بحر/".encode(), b"/newsroom/../world/", b"/world/../newsroom/", b"/world/?a=../b",
        b"/world/#part", b"/world/;x", b"/world/a b/", b"/world/%C2%85/",
    ],
)  # fmt: skip
def test_odd_addresses_lead_nowhere_else(stand, nginx, target):
    request = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ours, theirs = stand.raw(request), Newsstand.raw(nginx, request)
    status = [int(answer.split(b" ", 2)[1]) for answer in (ours, theirs)]
    # nginx itself refuses what no address can be; the reader may call it "not found".
    assert status[0] == status[1] or set(status) == {400, 404}, (ours[:200], theirs[:200])
    assert b"the source's name" not in theirs
    assert b"set-cookie" not in theirs.lower() or b"set-cookie" in ours.lower()


def test_the_newsrooms_own_addresses_go_to_the_newsroom(stand, nginx, room):
    for path in ("/newsroom/", "/search", "/search?q=a%20b", "/r/x", "/newsroom/none/", "/newsroom/moved/"):
        answer = same(stand, nginx, "GET", path)
        assert answer.headers.get_list("set-cookie") == ["session=one; Path=/newsroom/", "csrf=two; Path=/newsroom/"]
        command, asked, headers, _ = room.asked[-1]
        assert (command, asked) == ("GET", path)
        assert headers["host"] == headers["x-forwarded-host"] == f"127.0.0.1:{nginx.port}"
        assert headers["x-forwarded-for"].split(", ")[0] == "127.0.0.1"
    assert nginx.http.post("/newsroom/", content=b"x" * 500_000).status_code == 200
    assert room.asked[-1][3] == 500_000
    assert nginx.http.post("/newsroom/", content=b"x" * 2_000_000).status_code == 413


def test_reads_of_stories_are_counted_unless_they_come_from_the_disk(tmp_path):
    _program()
    for counts in (True, False):
        stand = Newsstand(tmp_path / str(counts))
        stand.write(STORY, BODY)
        nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}", counts=counts)
        assert nginx.http.get(STORY).text == BODY
        nginx.stop()
        stand.stop()
        counted = "".join(file.read_text() for file in sorted((stand.home / "reads").glob("*")) if file.is_file())
        assert (STORY in counted) is counts


def test_pages_and_notices_are_there_without_the_reader(tmp_path):
    _program()
    stand = Newsstand(tmp_path)
    fill(stand)
    stand.write(sitefiles.SEARCH_AWAY, "no search now " * 50)
    nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}")
    try:
        expected = {}
        asked = [path for path in PATHS if path not in ("/.well-known/security.txt", "/é/")]
        for path in asked:
            expected[path] = stand.http.get(path)
        stand.stop()
        for path in asked:
            ours, theirs = expected[path], nginx.http.get(path)
            if ours.status_code in (200, 410):
                assert theirs.status_code == ours.status_code, path
                assert theirs.content == ours.content, path
                for name in ("content-type", "content-encoding", "cache-control", "content-security-policy", "vary"):
                    assert theirs.headers.get(name) == ours.headers.get(name), (path, name)
            else:
                # Whether it is nowhere or moved is not known now, so neither is said.
                assert theirs.status_code in (502, 503), path
                if theirs.status_code == 503:
                    assert theirs.headers["retry-after"]
            assert b"the source's name" not in theirs.content
        for headers in ({"if-none-match": expected[FRONT].headers["etag"]}, {"range": "bytes=0-9"}):
            assert nginx.http.get(FRONT, headers=headers).text == BODY + FRONT
        assert nginx.http.get("/newsroom/").status_code in (502, 503)
        search = nginx.http.get("/search?q=a")
        assert (search.status_code, search.text) == (503, "no search now " * 50)
        assert search.headers["cache-control"] == "no-store" and search.headers["retry-after"]
        assert search.headers["content-type"] == "text/html; charset=utf-8"
        assert nginx.http.get("/-/search-away").status_code in (404, 502, 503)
    finally:
        nginx.stop()


def test_a_reader_process_that_is_silent_is_not_waited_for_long(tmp_path):
    _program()
    stand = Newsstand(tmp_path)
    fill(stand)
    nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}")
    try:
        stand.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert nginx.http.get(STORY).text.startswith(BODY)
        assert time.monotonic() - began < 8
    finally:
        stand.process.send_signal(signal.SIGCONT)
        nginx.stop()
        stand.stop()


def test_no_reader_notices_that_the_reader_process_is_started_anew(tmp_path):
    _program()
    stand = Newsstand(tmp_path)
    fill(stand)
    nginx = Nginx(stand.home, f"127.0.0.1:{stand.port}")
    done = threading.Event()
    faults = []
    asked = []

    def read(path):
        with httpx.Client(base_url=nginx.url, timeout=PATIENCE, trust_env=False) as http:
            while not done.is_set():
                answer = http.get(path)
                asked.append(path)
                if answer.status_code != 200 or not answer.text.startswith(BODY):
                    faults.append((path, answer.status_code))
                time.sleep(0.005)

    readers = [threading.Thread(target=read, args=(path,)) for path in (FRONT, STORY, ARABIC, STORY)]
    try:
        for reader in readers:
            reader.start()
        for _ in range(3):
            assert stand.stop() == 0
            stand = Newsstand(tmp_path, port=stand.port)
    finally:
        done.set()
        for reader in readers:
            reader.join()
        stand.stop()
        nginx.stop()
    assert faults == []
    assert len(asked) > 50
