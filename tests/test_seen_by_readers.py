"""What readers get, looked at through the newsroom's public address: a real reader process, and caches that keep."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings

from standfirst.changes.models import Change, Seen
from standfirst.cli.main import standfirst
from standfirst.desk import progress
from standfirst.press import lookout
from standfirst.press.lookout import Lookout
from standfirst.reader.tests.newsstand import Newsstand, free_port
from standfirst.stories import actions as stories
from standfirst.stories.models import Section, Story
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

on_the_way = pytest.mark.one_database(
    "What stands between press and readers decides; that rows say so is tried on each database by the other tests here."
)


class Cache:
    """A shared cache in front of the reader that keeps what it is told to keep, and packs and marks as it likes."""

    def __init__(self, behind: Callable[[], str]) -> None:
        cache = self
        self.keeps: set[str] = set()
        self.kept: dict[str, httpx.Response] = {}
        self.sends_on: str = ""
        self.asked: list[tuple[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cache.asked.append((self.path, self.headers))
                if cache.sends_on:
                    self.send_response(302)
                    self.send_header("Location", cache.sends_on + self.path)
                    self.end_headers()
                    return
                answer = cache.kept.get(self.path) or httpx.get(behind() + self.path, trust_env=False)
                if cache.keeps & {self.path, "*"}:
                    cache.kept[self.path] = answer
                self.send_response(answer.status_code)
                self.send_header("ETag", 'W/"recoded"')
                if "location" in answer.headers:
                    self.send_header("Location", cache.url + answer.headers["location"])
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def empty(self) -> None:
        self.keeps.clear()
        self.kept.clear()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@dataclass
class Street:
    """A newsroom, its newsstand and the cache that readers go through."""

    newsroom: Newsroom
    stand: Newsstand
    cache: Cache
    eye: Lookout

    def publish(self, headline: str, **fields: Any) -> Story:
        story = self.newsroom.story(headline, **fields)
        self.newsroom.at_rest()
        return story

    def path(self, story: Story) -> str:
        return str(story.addresses.get(current=True).path)

    def row(self, story: Story) -> Change:
        """The newest change of a story that printed something."""
        return next(row for row in Change.objects.about("story", story.pk) if (row.report or {}).get("surfaces"))

    def sight(self, story: Story) -> dict[str, Any]:
        """What the lookout wrote down of it."""
        found: dict[str, Any] = self.row(story).sight or {}
        return found

    def report(self, story: Story) -> dict[str, Any]:
        """What the press wrote down of it."""
        found: dict[str, Any] = self.row(story).report or {}
        return found

    def looked(self, looks: int = 12) -> None:
        """Look again and again until nothing is to be said any more."""
        for _ in range(looks):
            # It takes one change at a time, and there may be others: a ranking at the full hour.
            while not self.eye.look():
                pass
            for watch in self.eye._watches.values():
                watch.next = 0.0
            self.eye._away.clear()
            self.eye._good.clear()

    def says(self, story: Story) -> progress.Sight:
        return progress.of(self.row(story)).sight


@pytest.fixture
def street(newsroom: Newsroom, tmp_path: Path) -> Iterator[Street]:
    stand = Newsstand(tmp_path)
    cache = Cache(lambda: stand.url)
    options = replace(django_settings.STANDFIRST, origin=cache.url, host="127.0.0.1", port=stand.port)
    newsroom.at_rest()
    eye = Lookout(options)
    yield Street(newsroom, stand, cache, eye)
    eye.close()
    cache.stop()
    stand.stop()


@on_the_way
def test_what_was_published_is_seen_through_whatever_recodes_it(street: Street) -> None:
    story = street.publish("Harbour opens")
    assert progress.of(street.row(story)).sight.state == "due"
    street.looked()
    sight = street.sight(story)
    assert (street.row(story).seen, sight["via"], sight["wrong"]) == (Seen.GREEN, "public", [])
    assert 0 < sight["pages"] == sight["of"] <= lookout.SAMPLE
    assert street.says(story).says.startswith("Seen by readers after ")
    asked = [path for path, _ in street.cache.asked]
    assert street.path(story) in asked
    assert "/" in asked
    assert any(path.endswith("feed.xml") for path in asked)
    headers = street.cache.asked[0][1]
    assert headers["cookie"] is headers["authorization"] is None
    assert headers["sec-fetch-dest"] == "empty"  # so that it counts for no reader's reading


@on_the_way
def test_a_cache_that_keeps_the_old_page_is_red_until_it_is_emptied(street: Street) -> None:
    story = street.publish("Harbour opens")
    street.looked()
    path = street.path(story)
    street.cache.keeps.add(path)
    httpx.get(street.cache.url + path, trust_env=False)
    street.newsroom.edit(story, title="Harbour closes")
    street.newsroom.at_rest()
    street.eye.look()
    assert street.says(story).state == "due"  # caches may keep a page for two seconds
    street.looked()
    sight = street.says(story)
    assert sight.state == "red"
    assert f"readers still get another version at {path} by a cache or proxy in front. Empty it there." in sight.says
    assert street.sight(story)["wrong"] == [{"path": path, "what": "another version", "where": "between"}]
    street.cache.empty()
    street.looked()
    assert street.says(story).state == "green"


@on_the_way
def test_a_killed_page_that_a_cache_still_shows_is_what_the_editor_sees(street: Street) -> None:
    story = street.publish("Minister resigns")
    path = street.path(story)
    street.cache.keeps |= {path, "/"}
    for kept in (path, "/"):
        httpx.get(street.cache.url + kept, trust_env=False)
    stories.take_down(
        story=story, kind="kill", reason="Wrong", wording="Withdrawn.", names=False, by=street.newsroom.editor
    )
    street.newsroom.at_rest()
    street.looked()
    assert street.row(story).lane == 0
    assert street.sight(story)["of"] == len(street.report(story)["surfaces"])
    assert {found["path"]: found["what"] for found in street.sight(story)["wrong"]} == {
        path: "200 instead of 410",
        "/": "another version",
    }
    assert "Not for all readers: what was taken down is still shown at" in street.says(story).says
    street.cache.empty()
    street.looked()
    assert street.says(story).says.startswith("Gone for readers after ")


@on_the_way
def test_with_the_reader_down_publishing_goes_on_and_the_desk_says_what_to_do(street: Street, monkeypatch: Any) -> None:
    street.stand.stop()
    street.eye.public = street.eye.reader
    story = street.publish("Harbour opens")
    assert street.row(story).closed_at is not None
    street.looked()
    sight = street.says(story)
    assert sight.state == "red"
    assert sight.says.startswith("Nothing is served to readers: ")
    assert "Start the reader with “standfirst serve”" in sight.says
    assert progress.of(street.row(story)).says.startswith("Live on ")
    stand = Newsstand(street.newsroom.home, port=street.stand.port)
    try:
        street.looked()
        assert street.says(story).state == "green"
    finally:
        stand.stop()


@on_the_way
def test_where_the_public_address_is_out_of_reach_the_reader_stands_in_and_that_is_said(street: Street) -> None:
    street.eye.public = f"http://127.0.0.1:{free_port()}"
    story = street.publish("Harbour opens")
    street.looked()
    assert (street.row(story).seen, street.sight(story)["via"]) == (Seen.GREEN, "reader")
    sight = street.says(story)
    assert sight.state == "partly"
    assert sight.says.startswith("The reader on this machine has it. The public address could not be asked from here (")


@on_the_way
def test_it_is_sent_on_to_nobody_else(street: Street) -> None:
    elsewhere = Cache(lambda: street.stand.url)
    try:
        street.cache.sends_on = elsewhere.url
        story = street.publish("Harbour opens")
        street.looked()
        assert street.sight(story)["wrong"][0]["what"] == "302 instead of 200"
        assert street.cache.asked
        assert not elsewhere.asked
    finally:
        elsewhere.stop()


@on_the_way
def test_redirections_and_what_is_gone_are_right_as_they_are(street: Street) -> None:
    story = street.publish("Harbour opens")
    Story.objects.get(pk=story.pk).move(Section.objects.get(pk=street.newsroom.sport.pk), pos="last-child")
    street.newsroom.at_rest()
    street.looked()
    assert any(surface["name"] == "moved" for surface in street.report(story)["surfaces"])
    assert street.says(story).state == "green"
    Story.objects.get(pk=story.pk).unpublish(user=street.newsroom.editor)
    street.newsroom.at_rest()
    street.looked()
    assert street.report(story)["removed"]
    assert street.says(story).state == "green"


@on_the_way
def test_files_changed_behind_the_press_are_told_apart_from_caches(street: Street) -> None:
    story = street.publish("Harbour opens")
    (street.newsroom.home / "output" / "pages" / street.path(story)[1:] / "index.html").write_text("Somebody was here.")
    street.looked()
    assert street.says(story).state == "red"
    assert "“standfirst press proof --mend”" in street.says(story).says
    street.newsroom.worker.sweep()
    street.looked()
    assert street.says(story).state == "green"


def test_in_a_burst_newer_changes_stand_for_older_ones_but_every_kill_is_looked_at(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "KEPT_BUSY", 2)
    told = [street.publish(f"Boat {number}") for number in range(4)]
    killed = street.publish("Minister resigns")
    stories.take_down(story=killed, kind="kill", reason="Wrong", wording="", names=False, by=street.newsroom.editor)
    street.newsroom.at_rest()
    street.looked()
    assert street.row(killed).seen == Seen.GREEN
    assert Change.objects.filter(seen=Seen.GREEN).exclude(lane=0).count() == 2
    assert street.says(told[0]).state == ""


def test_red_is_named_by_the_status_of_the_press_and_by_the_check(street: Street, monkeypatch: Any) -> None:
    story = street.publish("Harbour opens")
    path = street.path(story)
    street.cache.keeps.add("*")
    street.looked()
    httpx.get(street.cache.url + path, trust_env=False)
    street.newsroom.edit(story, title="Harbour closes")
    street.newsroom.at_rest()
    street.looked()
    from standfirst.cli import check
    from standfirst.conf import setup

    monkeypatch.setattr(setup, "open_newsroom", lambda: street.newsroom.home)
    ran = CliRunner().invoke(standfirst, ["press", "status", "--json"])
    red = json.loads(ran.stdout)["red"]
    mine = next(row for row in red if row["record"] == f"story:{story.pk}")
    assert path in {found["path"] for found in mine["wrong"]}
    found = [finding for finding in check._of_press(street.newsroom.home) if finding.id == "standfirst.E115"]
    assert any(
        f"story {story.pk} " in finding.says and "by a cache or proxy in front" in finding.says for finding in found
    )
