"""Disks that fail under the press: contained to what they touch, named with a remedy, tried again by themselves."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from standfirst.cli import check
from standfirst.desk import heartbeat
from standfirst.pages import templates
from standfirst.press.engine import engine
from standfirst.press.engine.ledger import Lane
from standfirst.press.outlet import LocalOutlet, PlaceProblem
from standfirst.stories import actions as stories
from standfirst.stories.models import SiteFacts, Story
from tests import disks
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

the_disk_decides = pytest.mark.one_database(
    "The disk decides; that the ledger keeps what failed is tried on each database by other tests here and its laws."
)
on_one_in_haste = pytest.mark.deep_on_postgresql(
    "What a ledger on a server does meanwhile is tried by the other tests here."
)

SOON = 8.0
"""Seconds after which what was mended must be with readers, on a machine that runs other things."""


def told(newsroom: Newsroom) -> dict[str, Any]:
    """What the worker tells the desk."""
    newsroom.worker.beat(now=True)
    found: dict[str, Any] = json.loads((newsroom.home / "run" / "worker.json").read_text("utf-8"))
    return found


def on_screen(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the desk's banner says."""
    newsroom.worker.beat(now=True)
    monkeypatch.setattr(heartbeat, "path", lambda: newsroom.home / "run" / "worker.json")
    findings = " ".join(f"{finding.says} {finding.remedy}" for finding in check._of_worker())
    says = heartbeat.read().says()
    assert says.removeprefix("The worker is held up: ")[:40] in findings or "Not up to date" in says or not says
    return says


def rounds(newsroom: Newsroom, number: int = 3) -> None:
    for _ in range(number):
        newsroom.worker.steady_round()


def by_itself(newsroom: Newsroom, true: Callable[[], bool]) -> float:
    """Let the worker go on until something is so; returns the seconds that took."""
    began = time.monotonic()
    while not true():
        newsroom.worker.steady_round()
        assert time.monotonic() - began < SOON
        time.sleep(0.05)
    return time.monotonic() - began


def shown(newsroom: Newsroom, words: str) -> set[str]:
    """The files that show `words` to readers."""
    return {name for name, body in newsroom.output().items() if words.encode() in body}


def kill(newsroom: Newsroom, story: Story) -> None:
    stories.take_down(story=Story.objects.get(pk=story.pk), kind="kill", reason="Wrong.", by=newsroom.wire_editor)


@on_one_in_haste
def test_on_a_full_disk_a_kill_takes_effect_no_front_is_lost_and_room_is_all_it_needs(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = newsroom.home / "output"
    newsroom.worker.dismiss()
    with disks.small(output, "1200k"):
        newsroom.start()
        wrong = newsroom.story("Ships wait outside")
        newsroom.at_rest()
        fronts = {name for name in newsroom.output() if name.endswith("index.html")}
        for number in range(60):
            noise = os.urandom(20_000).hex()
            newsroom.story(f"Boat number {number}", body=[("paragraph", f"<p>{noise}</p>")])
            newsroom.worker.steady_round()
            if told(newsroom)["trouble"]:
                break
        says = on_screen(newsroom, monkeypatch)
        assert "(No space left on device" in says
        assert "make room there" in says
        assert fronts <= newsroom.output().keys()
        kill(newsroom, wrong)
        newsroom.worker.steady_round()
        assert shown(newsroom, "Ships wait outside") == set()
        assert fronts - newsroom.output().keys() <= {name for name in fronts if "ships-wait-outside" in name}
        disks.enlarge(output, "8m")
        by_itself(newsroom, lambda: not told(newsroom)["trouble"])
        newsroom.at_rest()
        newsroom.prove()
        assert on_screen(newsroom, monkeypatch) == ""


def test_a_kill_of_many_pages_on_a_full_disk_takes_all_of_them_away(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no notice can be written, and there are more of them than are printed at once."""

    def full(step: str) -> None:
        if disk["full"] and step.startswith("write "):
            raise OSError(28, "No space left on device")

    disk = {"full": False}
    newsroom.start(full)
    killed = [newsroom.story(f"Ship {number} waits outside") for number in range(5)]
    newsroom.at_rest()
    monkeypatch.setitem(engine.BATCH, Lane.KILL, 3)
    disk["full"] = True
    for story in killed:
        kill(newsroom, story)
    by_itself(newsroom, lambda: not shown(newsroom, "waits outside"))
    disk["full"] = False
    newsroom.worker.steady_round()
    newsroom.at_rest()
    newsroom.prove()


@on_one_in_haste
def test_a_folder_that_cannot_be_written_keeps_its_pages_and_tells(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    story = newsroom.story("Ships wait outside")
    wrong = newsroom.story("Boats go fast")
    newsroom.at_rest()
    before = newsroom.output()
    with disks.read_only(newsroom.home / "output"):
        newsroom.edit(story, title="Ships come in")
        kill(newsroom, wrong)
        rounds(newsroom)
        assert newsroom.output() == before
        says = on_screen(newsroom, monkeypatch)
        assert "(Read-only file system)" in says
        assert "mount it so that it can be written" in says
        newsroom.start()  # a worker that starts meanwhile says the same
        rounds(newsroom, 1)
        assert on_screen(newsroom, monkeypatch) == says
        said = [record.getMessage() for record in caplog.records if "Read-only" in record.getMessage()]
        assert len(said) <= 6, "the same in each round"
    by_itself(newsroom, lambda: not told(newsroom)["trouble"])
    assert shown(newsroom, "Boats go fast") == set()
    newsroom.at_rest()
    newsroom.prove()


@on_one_in_haste
def test_one_section_that_cannot_be_written_holds_up_no_other_and_no_kill(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    boats = newsroom.story("Boats go fast", section=newsroom.sport)
    wrong = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    kept = {name: body for name, body in newsroom.output().items() if name.startswith("pages/sport/")}
    with disks.read_only(newsroom.home / "output" / "pages" / "sport"):
        newsroom.edit(boats, title="Boats are slow")
        newsroom.story("Divers look for boats", section=newsroom.sport)
        rounds(newsroom)
        newsroom.edit(newsroom.story("Rain comes"), title="Rain has come")
        # Fronts do not wait for the story that cannot be written, and do not lead to it.
        by_itself(newsroom, lambda: {"pages/index.html", "pages/feed.xml"} <= shown(newsroom, "Rain has come"))
        now = newsroom.output()
        assert {name: body for name, body in now.items() if name.startswith("pages/sport/")} == kept
        assert not any(b"/divers-look-for-boats/" in body for body in now.values())
        kill(newsroom, wrong)
        newsroom.worker.steady_round()
        assert not {name for name in shown(newsroom, "Ships wait outside") if not name.startswith("pages/sport/")}
        says = on_screen(newsroom, monkeypatch)
        assert "cannot be written (Read-only file system at " in says
        assert "/sport/" in says
    took = by_itself(newsroom, lambda: not told(newsroom)["trouble"])
    assert took < engine.RETRY_MS / 1000 + 5
    newsroom.at_rest()
    newsroom.prove()
    assert "pages/index.html" in shown(newsroom, "Divers look for boats")


@on_one_in_haste
def test_many_pages_that_cannot_be_written_do_not_keep_others_from_being_tried(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(step: str) -> None:
        if "/sport/" in step and step.startswith("write "):
            raise OSError(13, "Permission denied")

    monkeypatch.setattr(engine, "STUCK", 2)
    monkeypatch.setattr(engine, "RETRY_MS", 1_000)
    for number in range(6):
        newsroom.story(f"Boat number {number}", section=newsroom.sport)
    newsroom.story("Rain comes")
    newsroom.at_rest()
    before = newsroom.output()
    newsroom.start(full)
    facts = SiteFacts.current()
    facts.name = "The Evening Post"
    facts.save()
    stuck = {name for name in before if name.startswith("pages/sport/")}
    expected = {name for name in shown(newsroom, "The Harbour Post") if name not in stuck}
    by_itself(newsroom, lambda: expected <= shown(newsroom, "The Evening Post"))
    assert {name: newsroom.output()[name] for name in stuck} == {name: before[name] for name in stuck}


@the_disk_decides
def test_a_page_that_cannot_be_read_is_written_anew(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.story("Ships wait outside")
    newsroom.at_rest()
    damaged = newsroom.home / "output" / "pages" / "index.html"
    before = damaged.stat().st_ino
    read = LocalOutlet.read

    def reads(outlet: LocalOutlet, path: str) -> Any:
        if path == "/" and damaged.stat().st_ino == before:
            raise PlaceProblem("The page / cannot be read (Input/output error).")
        return read(outlet, path)

    monkeypatch.setattr(LocalOutlet, "read", reads)
    newsroom.engine.retry_failed()
    newsroom.worker.sweep()
    assert damaged.stat().st_ino != before
    newsroom.at_rest()
    newsroom.prove()


class SlowDisk:
    """A disk on which each write takes a while."""

    seconds = 0.0

    def __call__(self, step: str) -> None:
        if step.startswith("rename "):
            time.sleep(self.seconds)


@on_one_in_haste
def test_a_slow_disk_is_named_and_a_kill_does_not_wait_for_what_is_published(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk()
    newsroom.start(disk)
    wrong = newsroom.story("Ships wait outside", section=newsroom.sport)
    for number in range(12):
        newsroom.story(f"Boat number {number}")
    newsroom.at_rest()
    disk.seconds = 0.15
    newsroom.engine.bake_all(lane=Lane.PUBLISH)
    showing = shown(newsroom, "Ships wait outside")
    others = newsroom.output().keys() - showing
    for name in others:
        (newsroom.home / "output" / name).write_bytes(b"Another hand was here: each is to be written.")
    beats: list[float] = []
    kills: list[float] = []
    beat = newsroom.worker.beat

    def beating(now: bool = False) -> None:
        beats.append(time.monotonic())
        if len(beats) > 3 and not kills and sum(newsroom.engine.status().backlog.values()) > 5:
            kills.append(time.monotonic())
            kill(newsroom, wrong)
        beat(now)

    monkeypatch.setattr(newsroom.worker, "beat", beating)
    while not kills or shown(newsroom, "Ships wait outside"):
        newsroom.worker.steady_round()
    took = time.monotonic() - kills[0]
    print(f"with {disk.seconds} s a file and {len(others)} pages due, a kill of {len(showing)} took {took:.1f} s")
    assert sum(newsroom.engine.status().backlog.values()) > 3, "it waited for all that is published"
    says = on_screen(newsroom, monkeypatch)
    assert "The output folder is slow: a page takes 0." in says
    assert max(after - before for before, after in pairwise(beats)) < heartbeat.STALE_AFTER.seconds
    disk.seconds = 0.0
    newsroom.at_rest()
    newsroom.prove()
    assert on_screen(newsroom, monkeypatch) == ""


@the_disk_decides
def test_a_broken_picture_among_good_ones_stops_nothing_and_is_tried_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, broken = newsroom.picture("navy"), newsroom.picture("olive")
    file = newsroom.home / "private" / broken.file.name
    original = file.read_bytes()
    file.write_bytes(original[:200])
    monkeypatch.setattr("standfirst.press.worker.RETRY", 0.5)
    monkeypatch.setattr("standfirst.pages.pictures._last", None)
    newsroom.story("Ships wait outside", lead_picture=good)
    newsroom.story("Boats go fast", lead_picture=broken)
    newsroom.at_rest()
    pictures = {name for name in newsroom.output() if name.startswith("pages/pictures/")}
    assert pictures
    assert "pages/index.html" in shown(newsroom, "Boats go fast")
    says = on_screen(newsroom, monkeypatch)
    assert says.startswith("Not up to date for readers: /pictures/")
    assert "cannot be decoded" in says
    assert "Upload it again" in says
    assert set(newsroom.engine.status().failed)
    file.write_bytes(original)
    by_itself(newsroom, lambda: not told(newsroom)["failing"])
    assert len({name for name in newsroom.output() if name.startswith("pages/pictures/")}) == 2 * len(pictures)
    newsroom.at_rest()
    newsroom.prove()


@on_one_in_haste
def test_a_template_error_in_one_component_keeps_the_last_good_copy_of_what_shows_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("standfirst.press.worker.RETRY", 0.5)
    story = newsroom.story("Ships wait outside")
    quoting = newsroom.story("Boats go fast", body=[("quote", {"text": "<p>Fast.</p>", "attribution": "A captain"})])
    wrong = newsroom.story("Rain comes", section=newsroom.sport)
    newsroom.at_rest()
    before = newsroom.output()
    [quoted] = [name for name in before if name.endswith("boats-go-fast/index.html")]
    sound = templates._environment
    name = next(name for name, source in templates.SOURCES.items() if "quote" in name)
    sources = {**templates.SOURCES, name: templates.SOURCES[name] + "{{ no.such }}"}
    monkeypatch.setattr(templates, "_environment", templates.environment(sources))
    newsroom.edit(quoting, title="Boats are slow")
    newsroom.edit(story, title="Ships come in")
    rounds(newsroom)
    assert newsroom.output()[quoted] == before[quoted]
    assert "pages/index.html" in shown(newsroom, "Ships come in") & shown(newsroom, "Boats are slow")
    says = on_screen(newsroom, monkeypatch)
    assert "boats-go-fast" in says
    assert name in says
    time.sleep(0.6)
    rounds(newsroom)
    said = [record for record in caplog.records if "could not be printed" in record.getMessage()]
    assert len(said) == 1, "each time that it was tried"
    assert newsroom.output()[quoted] == before[quoted]
    # A new story that cannot be printed has no former copy: nothing leads there.
    newsroom.story("Waves are high", body=[("quote", {"text": "<p>High.</p>", "attribution": "A captain"})])
    rounds(newsroom)
    assert shown(newsroom, "waves-are-high") == set()
    assert any("waves-are-high" in path for path in newsroom.engine.status().failed)
    # A kill comes first: the page names the killed story among the most read, and cannot be printed without it.
    kill(newsroom, wrong)
    rounds(newsroom)
    assert shown(newsroom, "Rain comes") == set()
    assert "pages/index.html" in newsroom.output()
    assert shown(newsroom, "boats-go-fast") == set(), "its page went with the kill, and something leads there"
    monkeypatch.setattr(templates, "_environment", sound)
    by_itself(newsroom, lambda: b"Boats are slow" in newsroom.output().get(quoted, b""))
    by_itself(newsroom, lambda: not told(newsroom)["failing"])
    newsroom.at_rest()
    assert "pages/index.html" in shown(newsroom, "waves-are-high") & shown(newsroom, "boats-go-fast")
    newsroom.prove()
