"""AP's feed and AFP's searches, against a server that answers as theirs do."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from standfirst.kit import clock
from standfirst.wire.transports import Arrival, Note, Remember, Skipped, Trouble, afp, ap
from standfirst.wire.transports.tests.server import Answer, Asked, Server

HUSH = "correct-horse-battery"


def run(transport, job, settings, secrets, cursor=None, **more):
    cursor = dict(cursor or {})
    found = []
    for one in transport.fetch(job(settings, secrets, cursor, **more)):
        found.append(one)
        if isinstance(one, Arrival | Remember) and one.cursor is not None:
            cursor = one.cursor
    return found, cursor


def arrivals(found) -> list[Arrival]:
    return [one for one in found if isinstance(one, Arrival)]


class Ap:
    """A feed in two pages, then nothing new; each story's text lies apart."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.pages = [["a"], ["b"]]
        self.expired = False
        self.broken_text = False
        server.rule = self.answer

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != HUSH:
            return Answer(status=401)
        parts = urlsplit(asked.path)
        if parts.path.startswith("/nitf/"):
            return Answer(status=500) if self.broken_text else Answer(f"<nitf>Text of {parts.path[6:]}</nitf>".encode())
        query = parse_qs(parts.query)
        if self.expired and "qt" in query:
            return Answer(b'{"errors":[{"code":6060,"message":"The query token has expired"}]}', status=400)
        at = int(query.get("seq", ["0"])[0])
        names = self.pages[at] if at < len(self.pages) else []
        items = [
            {
                "item": {
                    "type": "text",
                    "headline": f"Story {name}",
                    "renditions": {"nitf": {"href": f"{self.server.url}/nitf/{name}"}},
                }
            }
            for name in names
        ]
        following = f"{self.server.url}/feed?qt=token&seq={min(at + 1, len(self.pages))}"
        return Answer(json.dumps({"data": {"items": items, "next_page": following}}).encode())


def test_aps_feed_is_followed_page_by_page_with_the_text_of_each_story(server: Server, job):
    agency = Ap(server)
    settings = ap.Settings(url=f"{server.url}/feed", query="type:text")
    found, cursor = run(ap, job, settings, {"api_key": HUSH})
    first = server.asked[0].path
    assert "q=type%3Atext" in first
    assert "in_my_plan=true" in first
    pages = arrivals(found)
    assert len(pages) == 2
    item = json.loads(pages[0].data or b"")["data"]["items"][0]["item"]
    assert item["renditions"]["nitf"]["value"] == "<nitf>Text of a</nitf>"
    listing = pages[0].parts["listing-as-received.json"]
    assert isinstance(listing, bytes)
    assert "value" not in json.loads(listing)["data"]["items"][0]["item"]["renditions"]["nitf"]
    assert pages[0].cursor
    assert pages[0].cursor["next"].endswith("seq=1")
    agency.pages.append(["c"])
    found, cursor = run(ap, job, settings, {"api_key": HUSH}, cursor)
    assert [json.loads(one.data or b"")["data"]["items"][0]["item"]["headline"] for one in arrivals(found)] == [
        "Story c"
    ]
    assert HUSH not in str(cursor)


def test_a_place_in_aps_feed_that_expired_starts_it_anew(server: Server, job):
    agency = Ap(server)
    agency.pages = [["a"]]
    settings = ap.Settings(url=f"{server.url}/feed")
    agency.expired = True
    looking = ap.fetch(job(settings, {"api_key": HUSH}, {"next": f"{server.url}/feed?qt=old&seq=9"}))
    note = next(looking)
    assert isinstance(note, Note)
    assert isinstance(next(looking), Arrival)
    looking.close()  # type: ignore[attr-defined]


def test_a_story_of_aps_whose_text_cannot_be_had_comes_without_it(server: Server, job):
    Ap(server).broken_text = True
    found, _ = run(ap, job, ap.Settings(url=f"{server.url}/feed"), {"api_key": HUSH})
    assert len(arrivals(found)) == 2
    assert ["Its text could not be fetched" in one.why for one in found if isinstance(one, Skipped)] == [True, True]


def test_aps_key_goes_to_ap_only_and_a_wrong_one_is_said(server: Server, job):
    agency = Ap(server)
    with pytest.raises(Trouble, match="does not accept our credentials"):
        run(ap, job, ap.Settings(url=f"{server.url}/feed"), {"api_key": "wrong"})
    server.asked.clear()
    # Elsewhere, e.g. a CDN: the text is asked for without the key.
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    agency.server.url = elsewhere
    server.rule = lambda asked: Answer(b"<nitf/>") if asked.path.startswith("/nitf/") else Ap.answer(agency, asked)
    with pytest.raises(Trouble, match="another host"):
        run(ap, job, ap.Settings(url=f"http://127.0.0.1:{server.port}/feed"), {"api_key": HUSH})
    assert [field for field, _ in ap.check(ap.Settings(), frozenset())] == ["api_key"]


class Afp:
    """Documents in the order of `published`; a search gives those from a moment on."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.docs: list[dict] = []
        server.rule = self.answer

    def add(self, uno: str, published: str, **more) -> None:
        whole = {"uno": uno, "published": published, "headline": f"Story {uno}", "news": ["Text"], "revision": 1}
        self.docs.append({**whole, **more})
        self.docs.sort(key=lambda doc: doc["published"])

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/oauth/token":
            form = parse_qs(asked.body.decode())
            if asked.headers["authorization"] != "Basic Y2xpZW50OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==":
                return Answer(b'{"error":"invalid_client"}', status=401)
            assert form["grant_type"] in (["client_credentials"], ["password"])
            return Answer(b'{"access_token":"token-of-the-day","refresh_token":"x","expires_in":3600}')
        assert asked.headers["authorization"] == "Bearer token-of-the-day"
        if asked.path.startswith("/v1/api/get/"):
            docs = [doc for doc in self.docs if doc["uno"] == asked.path.rpartition("/")[2]]
            return Answer(json.dumps({"response": {"docs": [{**doc, "news": ["Whole"]} for doc in docs]}}).encode())
        body = json.loads(asked.body)
        since = body["dateRange"]["from"]
        docs = [doc for doc in self.docs if doc["published"] >= since][: body["maxRows"]]
        return Answer(json.dumps({"response": {"docs": docs, "numFound": len(docs)}}).encode())


def days_ago(days: float) -> str:
    return clock.iso(clock.now() - timedelta(days=days))


SECRETS = {"client_id": "client", "client_secret": HUSH, "password": "hush"}


def unos(found) -> list[str]:
    return [doc["uno"] for one in arrivals(found) for doc in json.loads(one.data or b"")["response"]["docs"]]


def test_afps_documents_are_fetched_once_each_along_a_sliding_time(server: Server, job):
    agency = Afp(server)
    settings = afp.Settings(url=server.url, languages=("fr", "en"), page_size=2, overlap=600, backlog_hours=24 * 30)
    for number in range(5):
        agency.add(f"doc-{number}", days_ago(10 - number))
    found, cursor = run(afp, job, settings, SECRETS)
    assert unos(found) == [f"doc-{number}" for number in range(5)]
    asked = json.loads(server.asked[1].body)
    assert (asked["langs"], asked["sortOrder"]) == ("fr,en", "asc")
    assert run(afp, job, settings, SECRETS, cursor)[0] == [Remember(cursor)]
    agency.add("late", days_ago(6 + 1 / 288))  # listed late, within the overlap
    agency.add("doc-4", days_ago(6), revision=2)
    assert unos(run(afp, job, settings, SECRETS, cursor)[0]) == ["late", "doc-4"]
    assert "token-of-the-day" not in str(cursor) + str(found)


def test_more_documents_of_one_second_than_a_page_holds_all_come(server: Server, job):
    agency = Afp(server)
    moment = days_ago(1)
    for number in range(7):
        agency.add(f"doc-{number}", moment)
    settings = afp.Settings(url=server.url, page_size=2, overlap=0, backlog_hours=24 * 30)
    assert len(unos(run(afp, job, settings, SECRETS)[0])) == 7


def test_a_document_of_afps_without_its_text_is_fetched_whole(server: Server, job):
    Afp(server).docs = [{"uno": "bare", "published": days_ago(1)}]
    found, _ = run(afp, job, afp.Settings(url=server.url, backlog_hours=24 * 30), SECRETS)
    assert json.loads(arrivals(found)[0].data or b"")["response"]["docs"][0]["news"] == ["Whole"]


def test_afps_refusal_is_a_sentence_without_the_secret(server: Server, job):
    Afp(server)
    with pytest.raises(Trouble, match="credentials") as caught:
        run(afp, job, afp.Settings(url=server.url), {**SECRETS, "client_secret": "wrong-hush"})
    assert "wrong-hush" not in str(caught.value)
    wrong = afp.check(afp.Settings(user="ann", query="{nonsense"), frozenset())
    assert [field for field, _ in wrong] == ["client_id", "password", "query"]
