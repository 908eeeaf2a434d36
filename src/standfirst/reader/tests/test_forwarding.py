"""What is the newsroom's goes to the newsroom and comes back as it was said."""

import signal
import socket
import threading

import pytest

from standfirst.reader.tests.newsstand import Newsroom, Newsstand, free_port, until


@pytest.fixture(scope="module")
def newsroom():
    newsroom = Newsroom()
    yield newsroom
    newsroom.stop()


@pytest.fixture(scope="module")
def stand(tmp_path_factory, newsroom):
    stand = Newsstand(
        tmp_path_factory.mktemp("home"), "--newsroom", newsroom.url, "--upload-limit", "20", "--answer-seconds", "1.5"
    )
    yield stand
    assert stand.stop() == 0


@pytest.fixture(autouse=True)
def nothing_asked_yet(newsroom):
    newsroom.asked.clear()
    newsroom.hold.clear()


def test_the_newsrooms_addresses_are_forwarded_and_no_others(stand, newsroom):
    for path in ("/newsroom/", "/newsroom/pages/7/?next=%2Fa%20b", "/search?q=boats&q=%D8%A8", "/r/ab12"):
        answer = stand.http.get(path)
        assert answer.status_code == 200
        assert answer.text == "from the newsroom"
        assert newsroom.asked[-1][1] == path
    asked = len(newsroom.asked)
    for path in ("/newsroomx/", "/searching/", "/r", "/x/newsroom/"):
        assert stand.http.get(path).status_code == 404
    assert stand.http.get("/newsroom").headers["location"] == "/newsroom/"
    assert len(newsroom.asked) == asked


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_passes(stand, newsroom, method):
    answer = stand.http.request(method, "/newsroom/", content=b"a=1" if method in ("POST", "PUT", "PATCH") else None)
    assert answer.status_code == 200
    assert newsroom.asked[-1][0] == method
    assert newsroom.asked[-1][3] == (3 if method in ("POST", "PUT", "PATCH") else 0)
    assert answer.text == ("" if method == "HEAD" else "from the newsroom")


def test_the_newsrooms_own_headers_come_back_untouched_and_cookies_one_by_one(stand):
    answer = stand.http.get("/newsroom/")
    assert answer.headers.get_list("set-cookie") == ["session=one; Path=/newsroom/", "csrf=two; Path=/newsroom/"]
    assert answer.headers["content-security-policy"] == "default-src 'self' 'unsafe-inline'"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "cache-control" not in answer.headers
    assert "x-hop" not in answer.headers
    moved = stand.http.get("/newsroom/moved/")
    assert (moved.status_code, moved.headers["location"]) == (302, "/newsroom/login/")
    assert stand.http.get("/newsroom/none/").status_code == 204


def test_nobody_borrows_anothers_session(stand, newsroom):
    stand.http.cookies.clear()
    stand.http.get("/newsroom/")
    stand.http.cookies.clear()
    stand.http.get("/newsroom/")
    assert newsroom.asked[-1][2].get("cookie") is None
    stand.http.get("/newsroom/", headers={"cookie": "session=mine"})
    assert newsroom.asked[-1][2].get_all("cookie") == ["session=mine"]
    stand.http.cookies.clear()


def test_who_asks_and_how_is_said_by_us_and_not_by_the_asker(stand, newsroom):
    stand.http.get(
        "/newsroom/",
        headers={
            "host": "news.example",
            "x-forwarded-for": "10.0.0.1",
            "x-forwarded-proto": "https",
            "x-forwarded-host": "evil.example",
            "x-forwarded-prefix": "/evil",
            "x_forwarded_for": "10.0.0.2",
            "forwarded": "for=10.0.0.3",
            "x-real-ip": "10.0.0.4",
            "proxy": "http://evil.example",
            "connection": "x-secret, keep-alive",
            "x-secret": "for the next hop only",
            "accept-language": "ha",
        },
    )
    said = newsroom.asked[-1][2]
    assert said.get_all("x-forwarded-for") == ["127.0.0.1"]
    assert said.get_all("x-forwarded-proto") == ["http"]
    assert said.get_all("x-forwarded-host") == ["news.example"]
    assert said.get_all("host") == ["news.example"]
    assert said["accept-language"] == "ha"
    names = ("x-forwarded-prefix", "x_forwarded_for", "forwarded", "x-real-ip", "proxy", "x-secret")
    assert [name for name in names if name in said] == []


def test_a_trusted_proxy_before_us_is_believed(tmp_path, newsroom):
    stand = Newsstand(tmp_path, "--newsroom", newsroom.url, "--trusted-proxy", "127.0.0.1")
    try:
        stand.http.get(
            "/newsroom/",
            headers={
                "x-forwarded-for": "192.0.2.7",
                "x-forwarded-proto": "https",
                "x-forwarded-host": "news.example",
            },
        )
        said = newsroom.asked[-1][2]
        assert said["x-forwarded-for"] == "192.0.2.7, 127.0.0.1"
        assert said["x-forwarded-proto"] == "https"
        assert said["x-forwarded-host"] == said["host"] == "news.example"
    finally:
        assert stand.stop() == 0


def test_uploads_and_downloads_go_through_in_little_memory(stand, newsroom):
    before = stand.memory()

    def pieces():
        for _ in range(300):
            yield b"x" * 50_000

    upload = stand.http.post("/newsroom/", content=pieces(), headers={"content-length": str(300 * 50_000)})
    assert upload.status_code == 200
    assert newsroom.asked[-1][3] == 300 * 50_000
    assert len(stand.http.get("/newsroom/large/").content) == 20_000_000
    # 35 MB passed.
    assert stand.memory() - before < 20_000_000

    with stand.http.stream("GET", "/newsroom/pieces/") as answer:
        text = answer.iter_text()
        # The first is here while the newsroom still waits with the second.
        assert next(text) == "piece 0;"
        newsroom.hold.set()
        assert "".join(text) == "piece 1;piece 2;"


def test_uploads_have_a_limit_and_a_length(stand, newsroom):
    announced = b"POST /newsroom/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (21 << 20)
    answer = stand.raw(announced)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"too large" in answer
    assert stand.http.post("/newsroom/", content=iter([b"no length"])).status_code == 411
    assert newsroom.asked == []


def test_strangers_who_dawdle_over_an_upload_do_not_hold_the_newsroom(stand, newsroom):
    dawdlers = []
    before = len(newsroom.connections)
    for _ in range(30):
        connection = socket.create_connection(("127.0.0.1", stand.port))
        connection.sendall(b"POST /newsroom/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nname=")
        dawdlers.append(connection)
    assert stand.http.post("/newsroom/", content=b"a=1").status_code == 200
    # Nothing of what is not here yet has come to the newsroom.
    assert [asked[1] for asked in newsroom.asked] == ["/newsroom/"]
    assert len(newsroom.connections) - before <= 1
    for connection in dawdlers:
        connection.close()


def test_an_upload_that_ends_early_does_not_reach_the_newsroom(stand, newsroom):
    with socket.create_connection(("127.0.0.1", stand.port)) as connection:
        connection.sendall(b"POST /newsroom/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1 << 16)
    assert stand.http.get("/newsroom/").status_code == 200
    assert [asked[0] for asked in newsroom.asked] == ["GET"]


def test_what_would_lead_astray_is_refused(stand, newsroom):
    for target in (b"/newsroom/../secret", b"/newsroom/%2e%2e/x", b"/newsroom/./x", b"/newsroom/a%00b", b"/r/..%5cx"):
        assert stand.target(target).split(b" ", 2)[1] == b"400", target
    assert newsroom.asked == []


def test_a_newsroom_that_takes_too_long_or_breaks_off_is_explained(stand, newsroom):
    slow = stand.http.get("/newsroom/slow/")
    assert slow.status_code == 504
    assert "takes too long" in slow.text
    newsroom.hold.set()
    broken = stand.http.get("/newsroom/break/")
    assert broken.status_code == 503
    # What may have had an effect is not done twice.
    newsroom.asked.clear()
    assert stand.http.post("/newsroom/break/", content=b"x").status_code == 503
    assert len(newsroom.asked) == 1
    assert stand.http.get("/newsroom/").status_code == 200


def test_pages_are_served_while_the_newsroom_is_down_and_it_is_found_again(tmp_path):
    port = free_port()
    stand = Newsstand(tmp_path, "--newsroom", f"http://127.0.0.1:{port}")
    try:
        stand.write("/", "the front page")
        for path in ("/newsroom/", "/search?q=x", "/r/ab"):
            answer = stand.http.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["cache-control"] == "no-store"
            assert "not available just now" in answer.text
            assert stand.http.head(path).status_code == 503
        assert stand.http.get("/").text == "the front page"

        for _ in range(3):
            newsroom = Newsroom(port)
            assert until(lambda: stand.http.get("/newsroom/").text == "from the newsroom")
            newsroom.stop()
            assert until(lambda: stand.http.get("/newsroom/").status_code == 503)
    finally:
        assert stand.stop() == 0


def test_a_reader_who_leaves_does_not_hold_the_newsroom(stand, newsroom):
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", stand.port)) as connection:
            connection.sendall(b"GET /newsroom/large/ HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(1000)
    assert until(lambda: stand.http.get("/newsroom/").status_code == 200)


def test_many_editors_at_once_are_served(stand):
    answers = []
    editors = [
        threading.Thread(target=lambda: answers.append(stand.http.get("/newsroom/").status_code)) for _ in range(40)
    ]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert answers == [200] * 40


def test_it_finishes_what_it_is_at_when_told_to_stop(tmp_path, newsroom):
    stand = Newsstand(tmp_path, "--newsroom", newsroom.url)
    try:
        with stand.http.stream("GET", "/newsroom/pieces/") as answer:
            text = answer.iter_text()
            assert next(text) == "piece 0;"
            stand.process.send_signal(signal.SIGTERM)
            newsroom.hold.set()
            assert "".join(text) == "piece 1;piece 2;"
    finally:
        assert stand.stop() == 0
