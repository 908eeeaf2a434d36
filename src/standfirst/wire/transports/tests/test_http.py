from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from standfirst.kit import clock
from standfirst.wire.transports import Arrival, Note, Remember, Trouble, http
from standfirst.wire.transports.tests.server import Answer, Server

RSS = b"<rss version='2.0'><channel><title>CPA</title></channel></rss>"


def run(job, settings, secrets=None, cursor=None, **more):
    """What one look yields, and the cursor after it."""
    cursor = dict(cursor or {})
    found = []
    for one in http.fetch(job(settings, secrets, cursor, **more)):
        found.append(one)
        if isinstance(one, Arrival | Remember) and one.cursor is not None:
            cursor = one.cursor
    return found, cursor


def files(found):
    return [one.data for one in found if isinstance(one, Arrival)]


def test_a_feed_is_fetched_whole_and_then_only_when_it_has_changed(server: Server, job):
    headers = {"etag": '"one"', "last-modified": "Sun, 22 Nov 2026 08:00:00 GMT", "content-type": "application/rss+xml"}
    server.rule = lambda asked: (
        Answer(status=304, headers={"etag": '"one"'})
        if asked.headers.get("if-none-match") == '"one"'
        else Answer(RSS, headers=headers)
    )
    settings = http.Settings(url=f"{server.url}/world")
    found, cursor = run(job, settings)
    assert files(found) == [RSS]
    assert found[0].file_name == "world.rss"
    assert found[0].envelope["content-type"] == "application/rss+xml"
    found, cursor = run(job, settings, cursor=cursor)
    assert files(found) == []
    assert server.asked[-1].headers["if-modified-since"] == "Sun, 22 Nov 2026 08:00:00 GMT"
    server.rule = lambda asked: Answer(RSS + b" ", headers={"etag": '"two"'})
    found, cursor = run(job, settings, cursor=cursor)
    assert files(found) == [RSS + b" "]
    assert cursor["etag"] == '"two"'


def test_the_same_bytes_without_an_etag_are_nothing_new(server: Server, job):
    server.rule = lambda asked: Answer(RSS)
    settings = http.Settings(url=server.url)
    found, cursor = run(job, settings)
    assert len(files(found)) == 1
    assert files(run(job, settings, cursor=cursor)[0]) == []


def test_a_crash_before_sealing_moves_no_cursor(server: Server, job):
    server.rule = lambda asked: Answer(RSS, headers={"etag": '"one"'})
    looking = http.fetch(job(http.Settings(url=server.url)))
    arrival = next(looking)
    looking.close()  # type: ignore[attr-defined]
    assert isinstance(arrival, Arrival)
    assert arrival.cursor
    assert arrival.cursor["etag"] == '"one"'  # kept by the caller once it is sealed, not before


def test_an_address_that_moved_for_good_is_remembered_and_secrets_are_not_carried_there(server: Server, job):
    def rule(asked):
        if asked.path == "/old":
            return Answer(status=301, headers={"location": "/new"})
        return Answer(RSS)

    server.rule = rule
    settings = http.Settings(url=f"{server.url}/old")
    found, cursor = run(job, settings)
    assert [one.says for one in found if isinstance(one, Note)] == [
        f"The address has moved for good to {server.url}/new, and is fetched from there."
    ]
    server.asked.clear()
    run(job, settings, cursor=cursor)
    assert [asked.path for asked in server.asked] == ["/new"]
    found, cursor = run(job, settings, {"api_key": "hush-hush"})
    assert "moved_to" not in cursor


@pytest.mark.parametrize(
    ("status", "says", "final"),
    [
        (410, "gone for good", True),
        (401, "credentials", False),
        (403, "contract", False),
        (404, "check the address", False),
        (500, "fault of its own", False),
        (418, "status 418", False),
    ],
)
def test_each_refusal_is_a_sentence_with_a_remedy(server: Server, job, status: int, says: str, final: bool):
    server.rule = lambda asked: Answer(status=status)
    with pytest.raises(Trouble, match=says) as caught:
        run(job, http.Settings(url=f"{server.url}/?token=hush-hush"), {"api_key": "hush-hush"})
    assert caught.value.final is final
    assert "hush" not in str(caught.value)


def test_retry_after_is_obeyed_in_both_spellings(server: Server, job):
    settings = http.Settings(url=server.url)
    server.rule = lambda asked: Answer(status=429, headers={"retry-after": "120"})
    with pytest.raises(Trouble) as caught:
        run(job, settings)
    assert caught.value.retry_after == 120
    later = format_datetime(clock.now() + timedelta(seconds=300), usegmt=True)
    server.rule = lambda asked: Answer(status=503, headers={"retry-after": later})
    with pytest.raises(Trouble) as caught:
        run(job, settings)
    assert 200 < (caught.value.retry_after or 0) <= 300
    server.rule = lambda asked: Answer(status=429, headers={"retry-after": "99999999999"})
    with pytest.raises(Trouble) as caught:
        run(job, settings)
    assert caught.value.retry_after == 6 * 3600


def test_credentials_go_where_the_settings_say(server: Server, job):
    server.rule = lambda asked: Answer(b"x")
    run(job, http.Settings(url=server.url, user="ann"), {"password": "hush-hush"})
    assert server.asked[-1].headers["authorization"] == "Basic YW5uOmh1c2gtaHVzaA=="
    run(job, http.Settings(url=f"{server.url}/a?b=c", key_name="apikey", key_place="query"), {"api_key": "hush&hush"})
    assert server.asked[-1].path == "/a?b=c&apikey=hush%26hush"
    run(job, http.Settings(url=server.url), {"headers": "X-One: 1\nAuthorization: Bearer hush"})
    assert server.asked[-1].headers["x-one"] == "1"
    with pytest.raises(Trouble, match="Name: value"):
        run(job, http.Settings(url=server.url), {"headers": "nonsense"})


def test_pages_are_followed_to_the_end_and_their_place_kept_only_then(server: Server, job):
    def rule(asked):
        page = int(asked.path.rpartition("=")[2]) if "=" in asked.path else 1
        body = {"items": [page], "links": {"next": f"/list?page={page + 1}"} if page < 3 else {}}
        return Answer(json.dumps(body).encode(), headers={"etag": f'"{page}"'})

    server.rule = rule
    settings = http.Settings(url=f"{server.url}/list", paging="pages", next_pointer="/links/next")
    found, cursor = run(job, settings)
    assert len(files(found)) == 3
    assert [one.cursor is None for one in found if isinstance(one, Arrival)] == [True, True, False]
    server.asked.clear()
    found, cursor = run(job, settings, cursor=cursor)
    assert files(found) == []
    assert len(server.asked) == 1


def test_a_stream_goes_on_from_its_last_link(server: Server, job):
    def rule(asked):
        at = int(asked.path.rpartition("=")[2]) if "=" in asked.path else 0
        more = at < 2
        link = {"link": f'<{server.url}/s?after={at + 1}>; rel="next"'} if more else {}
        return Answer(f"page {at}".encode() if more or at == 2 else b"", headers=link)

    server.rule = rule
    settings = http.Settings(url=f"{server.url}/s", paging="onward")
    found, cursor = run(job, settings)
    assert files(found) == [b"page 0", b"page 1", b"page 2"]
    server.asked.clear()
    assert files(run(job, settings, cursor=cursor)[0]) == []
    assert server.asked[0].path == "/s?after=2"


def test_a_next_link_to_another_host_is_not_followed(server: Server, job):
    server.rule = lambda asked: Answer(json.dumps({"next": "http://localhost:1/steal"}).encode())
    settings = http.Settings(url=server.url, paging="pages", next_pointer="/next")
    with pytest.raises(Trouble, match="another host"):
        run(job, settings, {"api_key": "hush-hush"})


def test_changed_since_slides_along_the_servers_clock(server: Server, job):
    server.rule = lambda asked: Answer(
        str(len(server.asked)).encode(), headers={"date": "Sun, 22 Nov 2020 08:00:00 GMT"}
    )
    settings = http.Settings(url=f"{server.url}/v?x=1", since_name="since", overlap=60)
    _, cursor = run(job, settings)
    assert server.asked[0].path.startswith("/v?x=1&since=20")
    run(job, settings, cursor=cursor)
    assert server.asked[1].path == "/v?x=1&since=2020-11-22T07%3A59%3A00Z"
    run(job, http.Settings(url=server.url, since_name="s", since_form="epoch", overlap=0), cursor=cursor)
    assert server.asked[2].path == "/?s=1606032000"


def test_what_cannot_work_is_said_before_anything_is_asked():
    def wrong(*secrets: str, **settings: Any) -> list[str]:
        return [name for name, _ in http.check(http.Settings(**settings), frozenset(secrets))]

    assert wrong(url="https://agency.example/feed") == []
    assert wrong(url="ftp://agency.example") == ["url"]
    assert wrong(url="https://ann:hush@agency.example/") == ["url"]
    assert wrong("password", url="https://a.example") == ["user"]
    assert wrong(url="https://a.example", user="ann") == ["password"]
    assert wrong(url="https://a.example", next_pointer="/next") == ["paging"]
