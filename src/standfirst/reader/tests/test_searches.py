"""Searches pass to the newsroom as often as people search, and where they cannot the site's own page says so."""

import gzip
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from standfirst.kit import askers, sitefiles
from standfirst.kit.askers import MOST_KNOWN, Allowance, address_of
from standfirst.reader import turnstile
from standfirst.reader.tests.newsstand import Newsroom, Newsstand, free_port, until

AWAY, BUSY = "<html lang='fr'><h1>Plus tard</h1>" + "x" * 500, "<html lang='fr'><h1>Doucement</h1>" + "x" * 500


@pytest.fixture(scope="module")
def newsroom():
    newsroom = Newsroom()
    yield newsroom
    newsroom.stop()


@pytest.fixture
def stand(tmp_path, newsroom):
    newsroom.asked.clear()
    newsroom.hold.clear()
    stand = Newsstand(tmp_path, "--newsroom", newsroom.url, "--trusted-proxy", "127.0.0.1")
    stand.write(sitefiles.SEARCH_AWAY, AWAY)
    stand.write(sitefiles.SEARCH_BUSY, BUSY)
    stand.write(sitefiles.NOT_FOUND, "nothing here")
    yield stand
    newsroom.hold.set()
    assert stand.stop() == 0


def ask(stand, query, address="192.0.2.1", method="GET"):
    return stand.http.request(method, f"/search?{query}", headers={"x-forwarded-for": address})


def test_a_search_is_answered_by_the_newsroom_and_nothing_else_below_its_address(stand, newsroom):
    answer = ask(stand, "q=caf%C3%A9&section=%2Fnews%2F")
    assert (answer.status_code, answer.text) == (200, "from the newsroom")
    assert newsroom.asked[-1][1] == "/search?q=caf%C3%A9&section=%2Fnews%2F"
    assert ask(stand, "q=a", method="HEAD").text == ""
    assert newsroom.asked[-1][0] == "HEAD"
    asked = len(newsroom.asked)
    assert stand.http.get("/search/?q=a%20b").headers["location"] == "/search?q=a%20b"
    for path in ("/search/x", "/search/away.html", "/search/busy.html"):
        assert (stand.http.get(path).status_code, stand.http.get(path).text) == (404, "nothing here")
    refused = stand.http.post("/search?q=a", content=b"x")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert stand.http.request("GET", "/search?q=a", content=b"x" * 100).status_code == 400
    assert stand.http.get(f"/search?q={'x' * 9000}").status_code == 414
    assert len(newsroom.asked) == asked


def ask_without_end(stand, address):
    """What somebody is told at last who searches faster than anybody types; and how often he was answered before."""
    with ThreadPoolExecutor(16) as pool:
        for round_ in range(200):
            answers = list(pool.map(lambda number: ask(stand, f"q={number}", address), range(20)))
            refused = [answer for answer in answers if answer.status_code == 429]
            if refused:
                return refused[0], 20 * round_
    raise AssertionError("nobody was refused")


def test_who_searches_without_end_waits_and_nobody_else_does(stand):
    refused, before = ask_without_end(stand, "192.0.2.1")
    assert before >= turnstile.BURST - 20
    assert refused.text == BUSY and refused.headers["cache-control"] == "no-store"
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["content-encoding"] in {"gzip", "br"} and "cdn-cache-control" not in refused.headers
    assert ask(stand, "q=1", "192.0.2.2").status_code == 200
    assert stand.http.get("/search/").status_code == 301


def test_the_newsroom_works_on_few_searches_at_once_and_the_desk_on_everything(stand, newsroom):
    number = 55
    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(ask, stand, "q=slow", f"192.0.2.{place}") for place in range(1, number + 1)]
        until(lambda: len(newsroom.asked) == turnstile.AT_ONCE)
        assert stand.http.get("/newsroom/").status_code == 200
        # As many wait as may; the rest is told at once, and those after a while.
        most = turnstile.WAITING + turnstile.AT_ONCE
        until(lambda: sum(each.done() for each in asked) >= number - most)
        crowded = [each.result() for each in asked if each.done()]
        assert {answer.status_code for answer in crowded} == {503}
        assert crowded[0].text == BUSY and int(crowded[0].headers["retry-after"]) > 0
        newsroom.hold.set()
        answers = [each.result().status_code for each in asked]
    assert set(answers) == {200, 503}
    assert sum(1 for _, path, _, _ in newsroom.asked if "slow" in path) <= most
    assert ask(stand, "q=again").status_code == 200


def test_a_newsroom_that_fails_or_is_away_is_told_of_by_the_sites_own_page(stand, newsroom, tmp_path):
    for query, text in (("q=fails", AWAY), ("q=refused", "from the newsroom")):
        answer = ask(stand, query)
        assert (answer.status_code, answer.text) == (503, text)
        assert "x-standfirst-page" not in answer.headers
    alone = Newsstand(tmp_path / "alone", "--newsroom", f"http://127.0.0.1:{free_port()}")
    try:
        plain = alone.http.get("/search?q=a")
        assert plain.status_code == 503 and "search is not available" in plain.text
        alone.write(sitefiles.SEARCH_AWAY, AWAY)
        answer = alone.http.get("/search?q=a", headers={"accept-encoding": "gzip"})
        assert (answer.status_code, answer.text) == (503, AWAY)
        assert answer.headers["cache-control"] == "no-store" and int(answer.headers["retry-after"]) > 0
        raw = alone.raw(b"GET /search HTTP/1.0\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        assert gzip.decompress(raw.partition(b"\r\n\r\n")[2]).decode() == AWAY
        assert alone.http.head("/search").status_code == 503
    finally:
        alone.stop()


def test_a_reader_who_leaves_or_takes_nothing_holds_no_turn(stand):
    held = [socket.create_connection(("127.0.0.1", stand.port)) for _ in range(turnstile.AT_ONCE + 3)]
    for connection in held:
        connection.sendall(b"GET /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert ask(stand, "q=a", "192.0.2.77").status_code == 200
    for connection in held:
        connection.close()


def test_an_allowance_comes_back_with_time_and_forgets_who_asked_longest_ago(monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(askers, "monotonic", lambda: moment[0])
    allowance = Allowance(burst=3, seconds=2.0)
    assert [allowance.wait("a") for _ in range(3)] == [0, 0, 0]
    assert allowance.wait("a") == 2.0
    assert allowance.wait("b") == 0
    moment[0] += 2.0
    assert (allowance.wait("a"), allowance.wait("a")) == (0, 2.0)
    moment[0] += 60.0
    assert [allowance.wait("a") > 0 for _ in range(4)] == [False, False, False, True]
    for number in range(MOST_KNOWN):
        allowance.wait(str(number))
    assert allowance.wait("a") == 0


def test_one_customers_network_of_version_6_is_one_address():
    here = [address_of(address, "", ()) for address in ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", "2001:db8:1:3::7")]
    assert here[0] == here[1] != here[2]
