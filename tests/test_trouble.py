"""What stands in the worker's way is told, holds up nothing else, and is tried again."""

from __future__ import annotations

import errno
import json
import logging
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from django.db import DatabaseError, OperationalError

from standfirst.changes import actions as changes
from standfirst.changes.models import Change, Lane
from standfirst.edition import compose
from standfirst.kit import clock
from standfirst.library.models import StoryTerms
from standfirst.press import wiring, worker
from standfirst.press.engine.engine import MassRemoval
from standfirst.press.outlet import LocalOutlet, PlaceProblem
from standfirst.press.worker import Worker
from standfirst.readership import actions as readership
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Story
from tests.newsroom import Newsroom, forget_ledger

pytestmark = pytest.mark.django_db(databases=["default", "press"])

the_press_decides = pytest.mark.deep_on_postgresql(
    "The press decides what it tries again; the rows and the ledger that tell it are tried by the others here."
)

the_disk_decides = pytest.mark.deep_on_postgresql(
    "The disk decides; what the ledger keeps of it is tried on each database by other tests here."
)


class Disk:
    """A disk that takes no more pages while it is full."""

    full = False

    def __call__(self, step: str) -> None:
        if self.full and step.startswith("write "):
            raise OSError(errno.ENOSPC, "No space left on device")


def trouble(newsroom: Newsroom) -> str:
    newsroom.worker.beat(now=True)
    told: dict[str, Any] = json.loads((newsroom.home / "run" / "worker.json").read_text("utf-8"))
    return str(told["trouble"])


@the_disk_decides
def test_a_full_disk_is_told_keeps_what_readers_have_and_is_tried_again(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk()
    newsroom.start(disk)
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    before = newsroom.output()
    disk.full = True
    newsroom.edit(story, title="Ships come in")
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            newsroom.worker.steady_round()
    assert newsroom.output() == before
    assert "cannot be written (No space left on device)" in trouble(newsroom)
    assert sum("No space left" in record.getMessage() for record in caplog.records) == 1
    disk.full = False
    newsroom.worker.steady_round()
    assert trouble(newsroom) == ""
    newsroom.at_rest()
    assert any(b"Ships come in" in body for body in newsroom.output().values())


@the_disk_decides
def test_a_kill_takes_effect_on_a_full_disk_though_a_section_moved_too(newsroom: Newsroom) -> None:
    disk = Disk()
    newsroom.start(disk)
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    disk.full = True
    newsroom.world.title = "The world"
    newsroom.world.save()
    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
    newsroom.worker.steady_round()
    assert not any(b"Ships wait outside" in body for body in newsroom.output().values())
    disk.full = False
    newsroom.worker.steady_round()
    newsroom.at_rest()
    path = Address.objects.get(story=story).path
    assert f"gone{path}index.html" in newsroom.output()
    assert "pages/index.html" in newsroom.output()
    assert trouble(newsroom) == ""


def test_a_ranking_for_which_a_full_database_has_no_room_holds_up_no_kill(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.edit(story, title="Ships wait")  # two rows name it
    newsroom.at_rest()

    def full(*args: object, **named: object) -> None:
        raise OperationalError("database or disk is full")

    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
    newsroom.worker._ranked = None
    with monkeypatch.context() as patched:
        patched.setattr(changes, "set_tick", full)
        patched.setattr(Change.objects.none().__class__, "update", full)  # no row can be closed either
        newsroom.worker.steady_round()
        assert "A database has no room" in trouble(newsroom)
        assert not any(b"Ships wait" in body for body in newsroom.output().values())
    newsroom.at_rest()
    newsroom.worker.steady_round()
    assert trouble(newsroom) == ""
    assert not Change.objects.filter(closed_at=None).exists()


@the_press_decides
def test_a_page_that_fails_is_named_and_tried_again_though_every_bake_ends_in_an_error(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example while a removal of many pages waits for a person."""
    monkeypatch.setattr("standfirst.press.worker.RETRY", 0.0)
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    bake = newsroom.engine.bake

    def waits(**options: Any) -> None:
        bake(**options)
        raise MassRemoval(30, 100)

    def breaks(*args: object) -> None:
        raise ZeroDivisionError("a fault in the template")

    monkeypatch.setattr(newsroom.engine, "bake", waits)
    renderers = newsroom.engine.book.renderers
    with monkeypatch.context() as patched:
        patched.setitem(renderers, "story", breaks)
        newsroom.edit(story, title="Ships come in")
        newsroom.worker.steady_round()
        newsroom.worker.beat(now=True)
        told = json.loads((newsroom.home / "run" / "worker.json").read_text("utf-8"))
        assert "a fault in the template" in told["failing"]
        assert "30 of 100 pages" in told["trouble"]
    for _ in range(3):
        newsroom.worker.steady_round()
    assert any(b"Ships come in" in body for name, body in newsroom.output().items() if "ships-wait" in name)
    assert newsroom.worker.failing == ""


def test_a_damaged_database_is_named_with_a_remedy_and_ends_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = newsroom.story("Ships wait outside")
    says: list[str] = []

    def damaged() -> None:
        raise DatabaseError("database disk image is malformed")

    def waits(seconds: float) -> None:
        says.append(trouble(newsroom))
        if len(says) == 2:
            monkeypatch.undo()
        if len(says) == 3:
            newsroom.worker.stop()

    newsroom.start()
    monkeypatch.setattr(newsroom.worker, "open", damaged)
    monkeypatch.setattr("standfirst.press.worker.connections.close_all", lambda: None)
    newsroom.worker._wait = waits  # type: ignore[method-assign]
    newsroom.worker.run()
    assert "remove press.sqlite3, which is built anew" in says[0]
    assert says[2] == ""
    assert any(story.title.encode() in body for body in newsroom.output().values())


def test_a_step_that_fails_holds_up_no_kill(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()

    def fails(*args: object) -> None:
        raise ZeroDivisionError("no reads at all")

    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
    with monkeypatch.context() as patched:
        patched.setattr(readership, "rank", fails)
        newsroom.worker._ranked = None
        changes.set_tick(name="ranking", ref="now", due=clock.now())
        newsroom.worker.steady_round()
        assert "the clock failed (ZeroDivisionError: no reads at all)" in trouble(newsroom)
        assert not any(b"Ships wait outside" in body for body in newsroom.output().values())
    newsroom.worker.steady_round()
    assert trouble(newsroom) == ""


@pytest.fixture
def one_page_stuck(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A story that was killed, and of which a page can neither be written nor taken away."""
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    path = Address.objects.get(story=story).path
    put, remove = LocalOutlet.put, LocalOutlet.remove

    def refuses(do: Callable[..., Any]) -> Callable[..., Any]:
        def done(self: LocalOutlet, address: str, *more: Any) -> Any:
            if address == path:
                raise PlaceProblem(f"{address} cannot be written: see whose it is.")
            return do(self, address, *more)

        return done

    with monkeypatch.context() as patched:
        patched.setattr(LocalOutlet, "put", refuses(put))
        patched.setattr(LocalOutlet, "remove", refuses(remove))
        stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
        newsroom.worker.steady_round()
        assert Change.objects.filter(closed_at=None, lane=Lane.KILL).exists()
        yield
    newsroom.at_rest()
    assert b"Ships wait outside" not in newsroom.everything()
    newsroom.prove()


@the_press_decides
@pytest.mark.usefixtures("one_page_stuck")
def test_a_kill_that_is_stuck_holds_up_no_news_and_the_worker_waits_between_its_rounds(newsroom: Newsroom) -> None:
    # Whether something more urgent waits is asked a hundred times a second at most; slower disks do not come to that.
    newsroom.engine._fault = lambda step: time.sleep(0.02 if step == "bake:taken" else 0.0)
    for number in range(3):
        newsroom.story(f"Hour {number}")
    newsroom.author.name = "Ama Sarpong-Lee"
    newsroom.author.save()
    for _ in range(5):  # a slow machine looks at them in more than one round
        newsroom.worker.steady_round()
        if not newsroom.worker._behind:
            break
    assert not newsroom.worker._behind
    assert all(f"Hour {number}".encode() in newsroom.everything() for number in range(3))
    assert b"Ama Sarpong-Lee" in newsroom.everything()


@pytest.mark.usefixtures("one_page_stuck")
def test_however_many_rows_are_stuck_newer_ones_are_looked_at(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ROWS", 1)
    for number in range(3):
        newsroom.story(f"Hour {number}")
        for _ in range(3):
            newsroom.worker.steady_round()
        assert f"Hour {number}".encode() in newsroom.everything()
    assert not newsroom.worker._behind


# --- several rows about one record ------------------------------------------------------------------------------------


def open_rows(story: Story) -> set[int]:
    return set(Change.objects.filter(closed_at=None, kind="story", ref=str(story.pk)).values_list("pk", flat=True))


def cut_short(newsroom: Newsroom) -> None:
    """Look at what waits, and print nothing."""
    newsroom.worker._look_at(list(Change.objects.open()))


def test_a_change_is_looked_at_though_an_earlier_and_more_urgent_one_of_its_record_is_not_printed_yet(
    newsroom: Newsroom,
) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    stories.embargo(story=story, until=None, by=newsroom.wire_editor)
    cut_short(newsroom)
    # Urgent and looked at, the embargo is still open when it is lifted and the story goes out again.
    for fact in story.embargoes.all():
        stories.lift_embargo(fact=fact, by=newsroom.publisher)
    newsroom.edit(story, title="Ships come in")
    newsroom.at_rest()
    assert b"Ships come in" in newsroom.everything()
    newsroom.prove()


def test_rows_about_one_record_are_closed_when_its_pages_are_with_the_readers_and_not_before(
    newsroom: Newsroom,
) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    newsroom.edit(story, title="Ships come in")
    newsroom.edit(story, title="Ships come in at last")
    rows = sorted(open_rows(story))
    assert len(rows) > 1
    cut_short(newsroom)
    newsroom.worker.close()
    assert open_rows(story) == set(rows)
    newsroom.at_rest()
    assert not open_rows(story)
    report = Change.objects.get(pk=rows[0]).report
    assert report is not None
    assert report["same_as"] == rows[-1]


def test_a_row_that_has_pages_of_its_own_is_not_closed_with_another_one(newsroom: Newsroom) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    newsroom.edit(story, title="Ships come in")
    newsroom.edit(story, title="Ships come in at last")
    first, *_, last = sorted(open_rows(story))
    cut_short(newsroom)
    # Another worker looks at the older row meanwhile, and prints nothing yet.
    Story.objects.filter(pk=story.pk).update(title="Ships come in on Sunday")
    key = "story", str(story.pk)
    wiring.engine(output=newsroom.home / "output").look(first, wiring.LANES[Lane.PUBLISH], [key], wiring.compose)
    newsroom.at_rest()
    reports = {row.pk: row.report or {} for row in Change.objects.filter(pk__in=[first, last])}
    assert "same_as" not in reports[first]
    assert reports[first]["pages"] > 0
    assert newsroom.engine.status().oldest is None
    newsroom.prove()


# --- a record that cannot be read -------------------------------------------------------------------------------------


@pytest.mark.one_database("PostgreSQL refuses such text when it is saved.")
def test_half_an_emoji_is_printed_as_a_replacement_character(newsroom: Newsroom) -> None:
    half = "Ships \ud83d wait"
    body = [("heading", half), ("paragraph", f"<p>{half}.</p>"), ("quote", {"text": f"<p>{half}!</p>"})]
    story = newsroom.story("Ships wait outside", body=body)
    newsroom.at_rest()
    page = newsroom.output()[f"pages{Address.objects.get(story=story).path}index.html"].decode()
    assert [f"Ships \ufffd wait{end}" in page for end in ("<", ".", "!")] == [True] * 3
    assert trouble(newsroom) == ""
    newsroom.prove()


def odd(monkeypatch: pytest.MonkeyPatch, *stories_: Story) -> None:
    """Have something be wrong with these stories that nobody has thought of."""
    pks = {story.pk for story in stories_}

    def body(row: Story) -> tuple[Any, ...]:
        if row.pk in pks:
            raise ZeroDivisionError("an odd text")
        return _body(row)

    monkeypatch.setattr(compose, "_body", body)


_body = compose._body


@pytest.fixture
def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is left alone for longer than a test takes."""
    monkeypatch.setattr(worker, "RETRY", 3600.0)


@pytest.mark.usefixtures("patiently")
def test_a_record_that_cannot_be_read_is_named_and_holds_up_nothing_else(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong, killed = newsroom.story("Boats go fast"), newsroom.story("Ships wait outside")
    newsroom.at_rest()
    with monkeypatch.context() as patched:
        odd(patched, wrong)
        newsroom.edit(wrong, title="Boats go slowly")
        newsroom.worker.steady_round()
        stories.take_down(story=killed, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
        newsroom.story("Rain comes")
        for _ in range(5):
            newsroom.worker.steady_round()
        assert b"Ships wait outside" not in newsroom.everything()
        assert b"Rain comes" in newsroom.everything()
        assert b"Boats go fast" in newsroom.everything()
        assert f"The record story:{wrong.pk} cannot be read (ZeroDivisionError: an odd text)" in trouble(newsroom)
        assert "save it again, or take it down" in trouble(newsroom)
        assert sum("an odd text" in record.getMessage() for record in caplog.records) == 1
        assert {row.ref for row in Change.objects.filter(closed_at=None)} == {str(wrong.pk)}
        assert not newsroom.worker._behind, "it would not wait between two rounds"
        # A kill of that very story reads no text.
        stories.take_down(story=wrong, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
        newsroom.worker.steady_round()
        assert b"Boats go" not in newsroom.everything()
        for _ in range(5):  # related lists may be looked at in a later one
            newsroom.worker.steady_round()
        assert not Change.objects.filter(closed_at=None).exists()
        assert trouble(newsroom) == ""
    newsroom.prove()


@the_press_decides
def test_a_record_that_could_not_be_read_is_printed_when_it_can(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY", 0.0)
    with monkeypatch.context() as patched:
        wrong = newsroom.story("Boats go fast")
        odd(patched, wrong)
        newsroom.worker.steady_round()
        assert b"Boats go fast" not in newsroom.everything()
    newsroom.at_rest()
    assert b"Boats go fast" in newsroom.everything()
    assert trouble(newsroom) == ""
    newsroom.prove()


def test_a_new_storys_page_is_hot_though_the_press_failed_once_before_it_was(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.at_rest()
    monkeypatch.setattr(worker, "RETRY", 0.0)
    monkeypatch.setattr(readership, "heat", Mock())  # which makes it hot a minute later
    with monkeypatch.context() as patched:
        patched.setattr(readership, "heat_new", Mock(side_effect=OSError("It broke off here.")))
        story = newsroom.story("Boats go fast")
        newsroom.worker.steady_round()
        assert not StoryTerms.objects.filter(story=story).exists(), "both or neither"
        assert b"Boats go fast" not in newsroom.everything()
    newsroom.at_rest()
    assert b"Boats go fast" in newsroom.everything()
    assert {address.path for address in Address.objects.filter(story=story)} & readership.hot_paths()
    newsroom.prove()


@the_press_decides
def test_no_story_waits_for_being_hot(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.at_rest()
    monkeypatch.setattr(worker, "RETRY", 0.0)
    monkeypatch.setattr(readership, "heat_new", Mock(side_effect=OSError("It breaks off here.")))
    newsroom.story("Boats go fast")
    newsroom.at_rest()
    assert b"Boats go fast" in newsroom.everything()
    assert trouble(newsroom) == ""
    newsroom.prove()


@the_press_decides
@pytest.mark.usefixtures("patiently")
def test_where_one_of_many_stories_cannot_be_read_the_others_follow_their_section(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SLICE", 2)
    some = [newsroom.story(f"Hour {number}") for number in range(5)]
    newsroom.at_rest()
    with monkeypatch.context() as patched:
        odd(patched, some[2])
        newsroom.world.slug = "planet"
        newsroom.world.save()
        newsroom.at_rest()
        there = [f"pages{Address.objects.current().get(story=story).path}index.html" for story in some]
        assert all("/planet/" in name for name in there)
        assert [name in newsroom.output() for name in there] == [True, True, False, True, True]
        assert f"story:{some[2].pk} cannot be read" in trouble(newsroom)
    newsroom.worker.sweep()
    assert trouble(newsroom) == ""
    newsroom.at_rest()
    newsroom.prove()


@pytest.mark.usefixtures("patiently")
def test_a_ledger_is_made_and_a_sweep_goes_on_without_a_record_that_cannot_be_read(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, late = newsroom.story("Boats go fast"), newsroom.story("Ships wait outside")
    newsroom.at_rest()
    with monkeypatch.context() as patched:
        odd(patched, wrong)
        forget_ledger()
        newsroom.start()
        newsroom.at_rest()
        named = f"The record story:{wrong.pk} cannot be read (ZeroDivisionError: an odd text)"
        assert named in trouble(newsroom)
        assert any(b"Boats go fast" in body for name, body in newsroom.output().items() if "boats-go-fast" in name)
        newsroom.start()
        Story.objects.filter(pk=late.pk).update(title="Ships come in")
        assert newsroom.worker.sweep() == [("story", str(late.pk))]
        assert b"Ships come in" in newsroom.everything()
        assert named in trouble(newsroom)
    newsroom.worker.sweep()
    assert trouble(newsroom) == ""
    newsroom.at_rest()
    newsroom.prove()


@the_press_decides
def test_the_crew_says_which_record_it_cannot_read_and_composes_the_others(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = newsroom.story("Boats go fast"), newsroom.story("Ships wait outside")
    odd(monkeypatch, wrong)
    keys = [("story", str(story.pk)) for story in (wrong, right)]
    found = wiring.unpacked(wiring.packed(wiring.compose_many([*keys, ("story", "0")])))
    assert isinstance(found[keys[0]], wiring.Unreadable)
    assert str(found[keys[0]]) == f"The record story:{wrong.pk} cannot be read (ZeroDivisionError: an odd text)."
    assert found[keys[1]].headline == "Ships wait outside"
    assert found["story", "0"] is None


def test_a_ledger_that_another_process_makes_is_waited_for_and_made_here_when_that_one_does_not_go_on(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.at_rest()
    worker = newsroom.worker
    _run_until(worker, monkeypatch, rounds=1)
    other = wiring.engine(output=newsroom.home / "output")
    keys = list(wiring.every_key())

    def half() -> Iterator[tuple[str, str]]:
        yield from keys[: len(keys) // 2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.rebuild(half(), wiring.compose)
    newsroom.story("Ships wait outside")
    _run_until(worker, monkeypatch, rounds=3)
    assert worker.engine.making(), "it was made here at once, though the other may go on"
    # Taken over, it fails half-way: what is half made now is this worker's own, and kills do not wait for it.
    with monkeypatch.context() as patch:
        patch.setattr("standfirst.press.worker.ABANDONED", 0.0)
        patch.setattr(worker.engine, "_fault", _fails_once("look:stored"))
        patch.setattr("standfirst.press.worker.connections", SimpleNamespace(close_all=lambda: None))
        _run_until(worker, monkeypatch, rounds=1)
    assert worker.engine.making()
    _run_until(worker, monkeypatch, rounds=1)
    assert worker.engine.making() == ""
    newsroom.at_rest()
    assert any(b"Ships wait outside" in body for body in newsroom.output().values())
    newsroom.prove()


def _fails_once(at: str) -> Callable[[str], None]:
    failing = [at]

    def fault(name: str) -> None:
        if name in failing:
            failing.clear()
            raise OperationalError("disk I/O error")

    return fault


def test_when_the_database_is_gone_the_crew_goes_too_since_it_would_ask_over_dead_connections(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = newsroom.worker
    sent_home = []

    class Two:
        def close(self) -> None:
            sent_home.append(True)

    worker.crew = worker.engine.crew = cast(Any, Two())
    failing = iter([OperationalError("terminating connection due to administrator command")])

    def round_() -> None:
        for error in failing:
            raise error

    monkeypatch.setattr(worker, "steady_round", round_)
    monkeypatch.setattr("standfirst.press.worker.connections", SimpleNamespace(close_all=lambda: None))
    _run_until(worker, monkeypatch, rounds=2)
    assert sent_home == [True]
    assert worker.crew is worker.engine.crew is None


def _run_until(worker: Worker, monkeypatch: pytest.MonkeyPatch, *, rounds: int) -> None:
    """Have the worker's own loop wait so many times, and end."""
    waited = 0

    def wait(seconds: float) -> None:
        nonlocal waited
        waited += 1
        if waited == rounds:
            worker.stop()

    with monkeypatch.context() as patch:
        patch.setattr(worker, "_wait", wait)
        patch.setattr(worker, "_stopping", False)
        worker.run()
