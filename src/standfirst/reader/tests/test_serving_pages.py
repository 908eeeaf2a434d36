"""Pages as readers get them: a real reader process, a real folder, real requests."""

import gzip
import os
import re
import resource
import socket
import threading
from email.utils import formatdate

import brotli
import pytest

from standfirst.kit import sitefiles
from standfirst.reader.tests.newsstand import Newsstand, age, until

STORY = "/world/2026/11/22/a-story/"
BODY = "<!doctype html><title>Boats</title>" + "<p>Seven boats are out.</p>" * 300


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    stand = Newsstand(tmp_path_factory.mktemp("home"))
    yield stand
    assert stand.stop() == 0


@pytest.fixture(autouse=True)
def story(stand):
    return stand.write(STORY, BODY)


def test_it_serves_a_page_with_all_that_browsers_and_caches_should_know(stand):
    answer = stand.http.get(STORY)
    assert answer.status_code == 200
    assert answer.text == BODY
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=2, stale-if-error=600"
    assert answer.headers["cdn-cache-control"] == "max-age=1, stale-while-revalidate=1, stale-if-error=600"
    assert answer.headers["vary"].lower() == "accept-encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'none'", "img-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'"):
        assert rule in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "set-cookie" not in answer.headers


def test_head_tells_the_same_without_the_body(stand):
    get, head = stand.http.get(STORY), stand.http.head(STORY)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "content-encoding", "etag", "cache-control", "vary"):
        assert head.headers[name] == get.headers[name]
    assert stand.http.head("/nowhere/").status_code == 404
    assert stand.http.head("/nowhere/").content == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_pages_can_only_be_read(stand, method):
    answer = stand.http.request(method, STORY)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_it_packs_for_those_who_want_it_and_for_no_others(stand):
    for wants in ("gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "*", "GZIP", "x-gzip", "gzip;q=0.001"):
        answer = stand.http.get(STORY, headers={"accept-encoding": wants})
        assert answer.headers.get("content-encoding") == "gzip", wants
        assert answer.text == BODY
        assert int(answer.headers["content-length"]) < len(BODY) / 2
    for wants in ("", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "*, gzip;q=0", "gzip;q=0, *"):
        answer = stand.http.get(STORY, headers={"accept-encoding": wants})
        assert "content-encoding" not in answer.headers, wants
        assert int(answer.headers["content-length"]) == len(BODY)
        assert answer.text == BODY


def test_a_twin_that_is_missing_or_of_another_version_is_not_missed_and_not_served(stand):
    for number, twin in enumerate((None, gzip.compress(b"yesterday's"), b"no gzip at all", b"")):
        path = f"/twins/{number}/"
        file = stand.write(path, BODY)
        beside = file.with_name("index.html.gz")
        beside.unlink()
        if twin is not None:
            beside.write_bytes(twin)
        answer = stand.http.get(path)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.text == BODY


@pytest.mark.parametrize("wants", ["gzip", "gzip, br", ""])
def test_a_folder_that_was_copied_without_its_times_is_served_as_well(stand, wants):
    """Other stamps than the press gave: then it is the contents that tell if a twin is of this version."""
    for number, (page, twin) in enumerate(((9, 7), (7, 9), (8, 8))):
        path = f"/copied/{number}/"
        file = stand.write(path, BODY)
        age(file, page)
        age(file.with_name("index.html.gz"), twin)
        answers = [stand.http.get(path, headers={"accept-encoding": wants}) for _ in range(3)]
        assert {answer.text for answer in answers} == {BODY}
        assert len({answer.headers["etag"] for answer in answers}) == 1


def test_a_page_written_between_its_twin_and_itself_is_the_older_one(stand):
    """The press writes the twin first, and may be ended there."""
    file = stand.write("/half/", BODY)
    twin = file.with_name("index.html.gz")
    twin.write_bytes(sitefiles.pack(b"<p>newer</p>" + BODY.encode()))
    for wants in ("gzip", ""):
        assert stand.http.get("/half/", headers={"accept-encoding": wants}).text == BODY


def test_folders_asked_for_without_their_slash_cost_no_descriptors(stand):
    descriptors = f"/proc/{stand.process.pid}/fd"
    stand.write("/folder/page/", BODY)
    assert stand.http.get("/folder").status_code == 404
    before = len(os.listdir(descriptors))
    for _ in range(40):
        assert stand.http.get("/folder").status_code == 404
        assert stand.http.get("/folder/page").status_code == 301
    assert len(os.listdir(descriptors)) < before + 20


def test_the_smaller_twin_is_sent_to_those_who_can_read_it(stand, story):
    small = story.with_name("index.html.br")
    assert stand.http.get(STORY, headers={"accept-encoding": "br, gzip"}).headers["content-encoding"] == "gzip"
    # It comes later than the page, while that is in memory.
    small.write_bytes(sitefiles.squeeze(BODY.encode()))
    for wants, coding in {
        "gzip, deflate, br, zstd": "br",
        "br": "br",
        "BR;q=0.5, gzip;q=0.5": "br",
        "gzip;q=0.8, br;q=0.9": "br",
        "gzip, br;q=0.9": "gzip",
        "gzip, br;q=0": "gzip",
        "gzip": "gzip",
        "*": "gzip",
        "br;q=0, gzip;q=0": None,
        "identity": None,
    }.items():
        answer = stand.http.get(STORY, headers={"accept-encoding": wants})
        assert answer.headers.get("content-encoding") == coding, wants
        body = answer.content if coding != "br" else brotli_of(stand, wants)
        assert body == BODY.encode()
        assert answer.headers["vary"].lower() == "accept-encoding"
    tags = {stand.http.get(STORY, headers={"accept-encoding": wants}).headers["etag"] for wants in ("br", "gzip", "")}
    assert len(tags) == 3
    tag = stand.http.get(STORY, headers={"accept-encoding": "br"}).headers["etag"]
    for wants, status in {"br": 304, "gzip": 200}.items():
        headers = {"accept-encoding": wants, "if-none-match": tag}
        assert stand.http.get(STORY, headers=headers).status_code == status
    head = stand.http.head(STORY, headers={"accept-encoding": "br"})
    assert int(head.headers["content-length"]) == len(small.read_bytes())
    # One of another version, or damaged, is not sent once.
    for wrong in (sitefiles.squeeze(b"older" + BODY.encode()), small.read_bytes()[:-2], b"", b"nonsense"):
        small.write_bytes(wrong)
        # What is in memory was right, and may go on; whoever reads the disk takes the other twin.
        with stand.http.stream("GET", STORY, headers={"accept-encoding": "br, gzip"}) as answer:
            unpack = {"br": brotli.decompress, "gzip": gzip.decompress}[answer.headers["content-encoding"]]
            assert unpack(b"".join(answer.iter_raw())) == BODY.encode()
    age(story)
    answer = stand.http.get(STORY, headers={"accept-encoding": "br, gzip"})
    assert (answer.headers["content-encoding"], answer.text) == ("gzip", BODY)
    small.unlink()
    assert stand.http.get(STORY, headers={"accept-encoding": "br"}).text == BODY


def brotli_of(stand, wants):
    """The answer to a reader who asks for it so, unpacked by us."""
    with stand.http.stream("GET", STORY, headers={"accept-encoding": wants}) as answer:
        return brotli.decompress(b"".join(answer.iter_raw()))


def test_twins_cannot_be_asked_for(stand):
    assert stand.http.get(STORY + "index.html.br").status_code == 404
    assert stand.http.get(STORY + "index.html.gz").status_code == 404
    assert stand.http.get(STORY + "index.html").status_code == 404


def test_a_page_that_has_not_changed_is_not_sent_again(stand, story):
    age(story)
    first = stand.http.get(STORY)
    for headers in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": "W/" + first.headers["etag"]},
        {"if-none-match": f'"other", {first.headers["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": first.headers["last-modified"]},
        # The etag decides, where there is one.
        {"if-none-match": first.headers["etag"], "if-modified-since": formatdate(0, usegmt=True)},
    ):
        answer = stand.http.get(STORY, headers=headers)
        assert answer.status_code == 304, headers
        assert answer.content == b""
        for name in ("etag", "cache-control", "cdn-cache-control", "vary", "last-modified"):
            assert answer.headers[name] == first.headers[name]
    for headers in (
        {"if-none-match": '"other"', "if-modified-since": first.headers["last-modified"]},
        {"if-none-match": "nonsense"},
        {"if-modified-since": "yesterday"},
        {"if-modified-since": formatdate(0, usegmt=True)},
    ):
        assert stand.http.get(STORY, headers=headers).status_code == 200, headers


def test_packed_and_plain_have_different_etags(stand):
    packed = stand.http.get(STORY).headers["etag"]
    plain = stand.http.get(STORY, headers={"accept-encoding": "identity"}).headers["etag"]
    assert packed != plain
    assert not packed.startswith("W/")
    mixed = stand.http.get(STORY, headers={"accept-encoding": "identity", "if-none-match": packed})
    assert mixed.status_code == 200


def test_no_changed_page_is_answered_with_not_modified(stand):
    path = "/changing/"
    file = stand.write(path, "one")
    second = age(file, 3600)
    first = stand.http.get(path)
    stand.write(path, "two")
    for headers in ({"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}):
        assert stand.http.get(path, headers=headers).text == "two"
    # In the second of a change a date says nothing, so none is given and none is believed.
    fresh = stand.http.get(path)
    assert "last-modified" not in fresh.headers
    now = formatdate(file.stat().st_mtime, usegmt=True)
    assert stand.http.get(path, headers={"if-modified-since": now}).status_code == 200
    # A page that was set back is older than what the reader has, and different.
    age(file, 7200)
    assert stand.http.get(path, headers={"if-modified-since": formatdate(second, usegmt=True)}).status_code == 200


def test_a_change_is_seen_by_the_next_reader(stand):
    for number in range(100):
        stand.write("/score/", f"{number:03} to nil")
        assert stand.http.get("/score/").text == f"{number:03} to nil"


def test_a_removed_page_is_not_served_from_memory(stand, story):
    assert stand.http.get(STORY).status_code == 200
    story.unlink()
    assert stand.http.get(STORY).status_code == 404


def test_a_page_that_was_taken_down_says_so(stand, story):
    assert stand.http.get(STORY).status_code == 200
    stand.write(STORY, "<p>This story was taken down.</p>", 410)
    assert stand.http.get(STORY).status_code == 200
    story.unlink()
    answer = stand.http.get(STORY)
    assert answer.status_code == 410
    assert "taken down" in answer.text
    assert "stale" not in answer.headers["cache-control"]
    assert "cdn-cache-control" not in answer.headers
    assert "etag" not in answer.headers
    # And back.
    stand.write(STORY, BODY)
    assert stand.http.get(STORY).status_code == 200


def test_moved_addresses_lead_on(stand):
    stand.write("/old/story/", "/africa/2026/11/22/بحر/\n", 301)
    answer = stand.http.get("/old/story/?from=mail")
    assert answer.status_code == 301
    assert answer.headers["location"] == "/africa/2026/11/22/%D8%A8%D8%AD%D8%B1/"
    # A page that comes there is what readers get; memory holds no one to the past.
    stand.write("/old/story/", "new here")
    assert stand.http.get("/old/story/").text == "new here"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "", "/a\r\nset-cookie: x=1/", "/../x"])
def test_no_file_leads_off_the_site(stand, target):
    stand.write("/trap/", target, 301)
    answer = stand.http.get("/trap/")
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_sections_that_moved_lead_on_by_the_longest_rule_where_nothing_else_answers(stand):
    rules = stand.output / "moved-prefixes.json"
    rules.write_text('{"/sport/": "/sports/", "/sport/boxing/": "/sports/fights/", "/loop/": "/loop/in/"}')
    stand.write("/sport/stays/", "still here")
    for asked, target in {
        "/sport/2026/11/22/x/": "/sports/2026/11/22/x/",
        "/sport/boxing/y/": "/sports/fights/y/",
        "/sport/": "/sports/",
        "/sport": "/sports/",
        "/sport/boxing/é.xml": "/sports/fights/%C3%A9.xml",
    }.items():
        answer = stand.http.get(asked)
        assert (answer.status_code, answer.headers.get("location")) == (301, target)
    assert stand.http.get("/sport/stays/").text == "still here"
    assert stand.http.get("/sporty/").status_code == 404
    assert stand.http.get("/loop/in/x/").status_code == 404
    rules.write_text('{"/sport/": "/games/"}')
    assert stand.http.get("/sport/boxing/y/").headers["location"] == "/games/boxing/y/"
    rules.unlink()
    assert stand.http.get("/sport/boxing/y/").status_code == 404


def test_a_reader_who_saves_data_is_sent_a_placeholder_for_each_picture_until_it_is_asked_for(stand):
    picture = "/pictures/0123456789abcdef-720.webp"
    full = bytes(range(250)) * 200
    age(stand.write(picture, full), 3600)
    plain = stand.http.get(picture)
    assert (plain.content, plain.headers["vary"]) == (full, "save-data")

    saving = {"save-data": "on", "sec-fetch-dest": "image"}
    spared = stand.http.get(picture, headers=saving)
    assert spared.headers["content-type"] == "image/svg+xml"
    assert b"<svg" in spared.content and len(spared.content) < 400
    # Nobody else may be given it, whatever a cache makes of what answers vary by.
    assert spared.headers["cache-control"].startswith("private")
    assert spared.headers["vary"] == "save-data, sec-fetch-dest"
    # It takes the size and the proportions that the page gives: it has none of its own.
    assert not re.search(rb"<svg[^>]*(?:viewBox|width|height)", spared.content)
    head = stand.http.head(picture, headers=saving)
    assert (head.headers["content-length"], head.headers["content-type"]) == (str(len(spared.content)), "image/svg+xml")

    # Asked for by a tap, opened by itself, or there already: the picture.
    assert stand.http.get(picture + "?full", headers=saving).content == full
    assert stand.http.get(picture, headers={**saving, "sec-fetch-dest": "document"}).content == full
    assert stand.http.get(picture, headers={**saving, "if-none-match": plain.headers["etag"]}).status_code == 304
    # It stands for nothing but a picture that is there.
    assert stand.http.get("/pictures/away-720.webp", headers=saving).status_code == 404
    assert stand.http.get(STORY, headers=saving).text == BODY
    assert stand.http.get(picture, headers={"save-data": "off"}).content == full


def test_the_forgotten_slash_is_put_where_a_page_is(stand):
    answer = stand.http.get(STORY.rstrip("/"))
    assert (answer.status_code, answer.headers["location"]) == (301, STORY)
    assert stand.http.get("/no/such/page").status_code == 404


def test_what_is_not_there_is_answered_by_the_sites_own_page(stand):
    assert "does not exist" in stand.http.get("/nowhere/").text
    stand.write("/404.html", "<h1>Our own words</h1>")
    for path in ("/nowhere/", "/404.html"):
        answer = stand.http.get(path, headers={"if-none-match": "*"})
        assert answer.status_code == 404
        assert answer.text == "<h1>Our own words</h1>"
        assert "content-security-policy" in answer.headers


def test_an_address_is_one_in_every_way_of_writing_it(stand):
    stand.write("/politique/été/", "summer")
    assert stand.http.get("/politique/%C3%A9t%c3%a9/").text == "summer"
    assert stand.target("/politique/été/".encode()).endswith(b"summer")
    decomposed = stand.http.get("/politique/e%CC%81te%CC%81/")
    assert (decomposed.status_code, decomposed.headers["location"]) == (301, "/politique/%C3%A9t%C3%A9/")
    assert stand.http.get(STORY + "?utm_source=x&a=%00").text == BODY


@pytest.mark.parametrize(
    "target",
    [
        b"/../secret.txt", b"/..%2fsecret.txt", b"/%2e%2e/secret.txt", b"/%2e%2e%2fsecret.txt", b"/a/../../secret.txt",
        b"/..%5csecret.txt", b"/..\\secret.txt", b"//secret.txt", b"/%2fetc/passwd", b"//etc/passwd", b"/./secret.txt",
        b"/.newsroom", b"/%2enewsroom", b"/..%00/secret.txt", b"/secret.txt%00.html", b"/%c0%ae%c0%ae/secret.txt",
        b"/%ff", b"/..%252fsecret.txt", b"/moved-prefixes.json", b"/pages/index.html", b"/gone/",
        b"/../output/.newsroom", b"/world/.0123.part", b"/%0d%0aset-cookie:x", b"http://other.example/../secret.txt",
        b"/" + b"../" * 50 + b"etc/passwd", b"/link/secret.txt", b"/link.txt",
        b"/" + b"a" * 300 + b"/", b"/" + "é".encode() * 128 + b"/",
    ],
)  # fmt: skip
def test_nothing_outside_the_pages_can_be_reached(stand, target):
    (stand.home / "secret.txt").write_text("the source's name")
    (stand.output / "secret.txt").write_text("the source's name")
    (stand.output / ".newsroom").write_text("the source's name")
    link = stand.output / "pages/link.txt"
    if not link.is_symlink():
        link.symlink_to(stand.home / "secret.txt")
    answer = stand.target(target)
    assert answer.split(b" ", 2)[1] in (b"404", b"400"), answer[:200]
    assert b"the source's name" not in answer
    assert b"set-cookie" not in answer.lower()


def test_addresses_and_heads_have_a_limit(stand):
    assert stand.http.get("/" + "a" * 2100).status_code == 414
    assert stand.http.get("/?" + "a" * 9000).status_code in (200, 404, 414)
    answer = stand.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000 + b"\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] == b"431"
    assert stand.http.get(STORY).status_code == 200


def test_other_files_say_what_they_are_and_how_long_to_keep_them(stand):
    for path, media in {
        "/news/feed.xml": "application/rss+xml; charset=utf-8",
        "/robots.txt": "text/plain; charset=utf-8",
        "/data.json": "application/json; charset=utf-8",
    }.items():
        stand.write(path, "x" * 500)
        answer = stand.http.get(path)
        assert answer.headers["content-type"] == media
        assert answer.headers["content-encoding"] == "gzip"
        assert "max-age=0," in answer.headers["cache-control"]
    for path, media in {
        "/assets/site.3f2a9bc01d.css": "text/css; charset=utf-8",
        "/pictures/0123456789abcdef-640.webp": "image/webp",
    }.items():
        stand.write(path, "x" * 500)
        answer = stand.http.get(path)
        assert answer.headers["content-type"] == media
        shared = "s-maxage=600, " if path.startswith("/pictures/") else ""
        assert answer.headers["cache-control"] == f"public, max-age=31536000, {shared}immutable"
        assert "cdn-cache-control" not in answer.headers
    # A name that does not change with its content is not kept for a year.
    stand.write("/assets/logo.svg", "<svg/>")
    drawing = stand.http.get("/assets/logo.svg")
    assert "immutable" not in drawing.headers["cache-control"]
    assert "sandbox" in drawing.headers["content-security-policy"]


@pytest.mark.parametrize("size", [1000, 3 << 20], ids=["in memory", "from the disk"])
def test_pictures_can_be_had_in_parts(stand, size):
    path = f"/pictures/abcdef0123-{size}.jpg"
    body = bytes(range(250)) * (size // 250)
    size = len(body)
    age(stand.write(path, body))
    whole = stand.http.get(path)
    assert whole.content == body
    assert whole.headers["accept-ranges"] == "bytes"
    assert int(whole.headers["content-length"]) == size
    for asked, first, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=990-", 990, size),
        ("bytes=-10", size - 10, size),
        (f"bytes=0-{size * 9}", 0, size),
        (f"bytes=-{size * 9}", 0, size),
    ):
        part = stand.http.get(path, headers={"range": asked})
        assert part.status_code == 206
        assert part.content == body[first:end]
        assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
    for asked in ("bytes=0-1,5-6", "pages=1-2", "bytes=9-3", "bytes=-", "bytes=x-y"):
        assert stand.http.get(path, headers={"range": asked}).status_code == 200
    for asked in (f"bytes={size}-", "bytes=-0"):
        outside = stand.http.get(path, headers={"range": asked})
        assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    for condition, status in {
        whole.headers["etag"]: 206,
        '"other"': 200,
        whole.headers["last-modified"]: 206,
        formatdate(0, usegmt=True): 200,
    }.items():
        answer = stand.http.get(path, headers={"range": "bytes=0-9", "if-range": condition})
        assert answer.status_code == status
    assert int(stand.http.head(path, headers={"range": "bytes=0-9"}).headers["content-length"]) == size
    assert stand.http.get(path, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


def test_large_text_is_whole_too(stand):
    body = "<url>https://news.example/</url>" * 400_000
    stand.write("/sitemap.xml", body)
    for wants in ("gzip", "identity"):
        assert stand.http.get("/sitemap.xml", headers={"accept-encoding": wants}).text == body


def test_many_readers_of_a_page_that_changes_get_whole_versions_that_never_go_back(stand):
    path = "/live/"
    versions = [f"{number:04}" * 5000 for number in range(60)]
    stand.write(path, versions[0])
    done = threading.Event()
    faults = []

    def read():
        last = 0
        while not done.is_set():
            text = stand.http.get(path).text
            if text not in versions or versions.index(text) < last:
                faults.append(text[:20])
                return
            last = versions.index(text)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    for version in versions[1:]:
        stand.write(path, version)
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert stand.http.get(path).text == versions[-1]


def test_readers_who_keep_connections_open_do_not_keep_others_out(stand):
    idle = []
    try:
        for _ in range(400):
            connection = socket.create_connection(("127.0.0.1", stand.port), timeout=30)
            idle.append(connection)
            connection.sendall(b"GET /-/alive HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 204")
        assert stand.http.get(STORY).status_code == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_folder_that_is_not_there_yet_is_found_when_it_comes(tmp_path):
    stand = Newsstand(tmp_path / "home")
    try:
        assert stand.http.get("/").status_code == 503
        stand.write("/", "the first page")
        assert stand.http.get("/").text == "the first page"
    finally:
        assert stand.stop() == 0


def test_memory_is_bounded_whatever_is_read(tmp_path):
    stand = Newsstand(tmp_path / "home", "--memory", "4")
    try:
        number_of_pages, size = 600, 100_000
        for number in range(number_of_pages):
            stand.write(f"/{number}/", f"{number:06}" * (size // 6))
        stand.http.get("/0/")
        before = stand.memory()
        for number in range(number_of_pages):
            assert stand.http.get(f"/{number}/").text.startswith(f"{number:06}")
        # 60 MB were read; what is kept is 4 MB and what Python does not give back of what passed through.
        assert stand.memory() - before < 25_000_000
        assert until(lambda: stand.http.get("/0/").status_code == 200)
    finally:
        assert stand.stop() == 0


def test_a_fault_of_its_own_is_told_in_the_sites_words_though_it_can_read_nothing(tmp_path):
    words = "<html lang='fr'><h1>La faute est à nous</h1></html>"
    for kept in (words, None):
        home = tmp_path / ("with" if kept else "without")
        file = home / "output" / "pages" / "500.html"
        file.parent.mkdir(parents=True)
        if kept:
            file.write_text(kept)
        stand = Newsstand(home)
        stand.write(STORY, BODY)
        # A disk that fails is not to be had; a process that may open no more files meets the same.
        resource.prlimit(stand.process.pid, resource.RLIMIT_NOFILE, (3, 4096))
        for method in ("GET", "HEAD"):
            answer = stand.http.request(method, STORY)
            assert answer.status_code == 500 and answer.headers["cache-control"] == "no-store"
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert method == "HEAD" or (answer.text == kept if kept else "Something went wrong" in answer.text)
        resource.prlimit(stand.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        assert stand.http.get(STORY).text == BODY
        # At its own address there is nothing.
        assert stand.http.get("/500.html").status_code == 404
        assert stand.stop() == 0
