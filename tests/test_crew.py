"""A full bake on several cores: real processes that print beside the press."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from standfirst.changes import databases
from tests.running import Folder, demonstration

__all__ = ["demonstration"]


@pytest.fixture
def copied(demonstration: Folder, tmp_path: Path, django_db_blocker: Any) -> Folder:
    home = tmp_path / "newsroom"
    shutil.copytree(demonstration.home, home, ignore=shutil.ignore_patterns("run"))
    return Folder(home, django_db_blocker)


def printed(pages: Path) -> dict[Path, bytes]:
    """Every file of the pages but small twins, which the worker makes when it has time."""
    files = (file for file in pages.rglob("*") if file.is_file() and file.suffix != ".br")
    return {file.relative_to(pages): file.read_bytes() for file in files}


def test_two_processes_print_every_page_and_the_laws_hold(copied: Folder) -> None:
    pages = copied.home / "output" / "pages"
    before = printed(pages)
    shutil.rmtree(pages)
    (copied.home / "press.sqlite3").write_bytes(b"")
    report = copied.report("press", "run", "--all", "--jobs", "2")
    assert (report["exit"], report["waiting"], report["failed"]) == (0, 0, {})
    assert report["done"] >= report["pages"] > 100
    assert printed(pages) == before
    proof = copied.report("press", "proof", "--jobs", "2")
    assert (proof["exit"], proof["ok"]) == (0, True)


def test_what_a_crew_composes_is_the_same_to_the_byte(copied: Folder) -> None:
    assert copied.inside(_differing) == []


def _differing() -> list[tuple[str, str]]:
    import msgspec
    from django.conf import settings

    from standfirst.conf import crew
    from standfirst.press import wiring
    from standfirst.press.crew import Crew

    os.environ["STANDFIRST_HOME"] = str(settings.HOME)
    keys = list(wiring.every_key())
    half = len(keys) // 2
    two = Crew(2, crew.start)
    theirs: dict[tuple[str, str], Any] = {}
    # Two parts: both are asked of the other before the press would do one itself.
    for found in two.compose([keys[:half], keys[half:]], lambda chunk: {}):
        theirs |= found
    two.close()
    assert list(theirs) == keys
    alone = wiring.compose_many(keys)
    return [key for key in keys if msgspec.json.encode(theirs[key]) != msgspec.json.encode(alone[key])]


def test_stories_of_a_section_that_moved_are_gone_through_while_others_write(copied: Folder) -> None:
    stories, before_the_end = copied.inside(_walks_while_others_write)
    assert stories > before_the_end > 1


def _walks_while_others_write() -> tuple[int, int]:
    import sqlite3
    from itertools import islice

    from django.conf import settings
    from django.db import transaction
    from django.db.models import Count

    from standfirst.changes import actions as changes
    from standfirst.edition import compose
    from standfirst.stories.models import Address

    # As if the section had more stories than are read together.
    compose.CHUNK = 2
    busiest = Address.objects.values_list("section_id").annotate(number=Count("id")).order_by("-number")[0][0]
    walk = compose.dependents("section", str(busiest), "moved")
    some = list(islice(walk, 2))
    with sqlite3.connect(settings.HOME / "newsroom.sqlite3", timeout=10) as other:
        other.execute("UPDATE changes_change SET cause = 'another' WHERE id = (SELECT MAX(id) FROM changes_change)")
    other.close()
    with transaction.atomic():
        changes.record(kind="site", ref="1", cause="saved meanwhile")
    return len(some) + len(list(walk)), len(some)


def test_the_press_goes_on_alone_when_all_who_help_die(copied: Folder) -> None:
    assert copied.inside(_bake_with_a_crew_that_dies) == (1, 0, True)


def _bake_with_a_crew_that_dies() -> tuple[int, int, bool]:
    from django.conf import settings

    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.worker import Worker

    asked = 0

    class Crews(Crew):
        def compose(self, *arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return super().compose(*arguments)

    crew = Crews(4, _die)  # three beside the press itself
    worker = Worker(wiring.engine(), home=settings.HOME, options=settings.STANDFIRST, hire=lambda: crew)
    with worker.engine.store.transaction():
        worker.engine.store.set_meta("built", "no")
    worker.open(many=1)
    worker.engine.bake_all()
    for _ in range(20):
        worker.press(patience=60)
    every = wiring.Ahead()
    waiting = sum(worker.engine.status().backlog.values())
    return asked, waiting, worker.engine.proof(every.compose, every).ok


def test_a_crew_comes_when_very_much_is_to_be_printed_in_a_running_newsroom(copied: Folder) -> None:
    alone, waited_for, helped, logs, left, ok = copied.inside(_bake_in_a_running_newsroom)
    assert alone == 0, "there was little to print when the worker began"
    assert not waited_for, "the press goes on alone until they are there"
    assert helped > 0
    assert (left, ok) == (0, True)
    # SQLite's log is left to grow while they are there, and no longer.
    before, meanwhile, after = logs
    assert before == after and meanwhile in ({databases.LONGEST_LOG}, {0})


def _bake_in_a_running_newsroom() -> tuple[int, bool, int, tuple[int, set[int], int], int, bool]:
    import time

    from django.conf import settings
    from django.db import connections

    from standfirst.conf import crew
    from standfirst.press import wiring, worker
    from standfirst.press.crew import Crew

    os.environ["STANDFIRST_HOME"] = str(settings.HOME)
    worker.MANY, worker.COUNTED = 100, 0.0
    called: list[Crew] = []
    asked: list[int] = []

    def log() -> int:
        """Pages of SQLite's log from which on a commit writes it back; 0 on PostgreSQL."""
        if (connection := connections["press"]).vendor != "sqlite":
            return 0
        with connection.cursor() as cursor:
            return int(cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0])

    before, meanwhile = log(), set()

    class Two(Crew):
        def work(self, jobs: Any, *who: Any) -> None:
            asked.append(len(jobs))
            meanwhile.add(log())
            super().work(jobs, *who)

    def hire() -> Crew:
        called.append(Two(2, crew.start))
        return called[-1]

    press = worker.Worker(wiring.engine(), home=settings.HOME, options=settings.STANDFIRST, hire=hire)
    press.open(many=1_000_000)
    press.press(patience=60)
    alone = len(called)
    press.engine.bake_all()
    press.press(patience=0)
    [crew_] = called
    waited_for = bool(asked)
    until = time.monotonic() + 60
    while not crew_.ready() and time.monotonic() < until:
        time.sleep(0.05)
    press.engine.bake_all()
    press.press(patience=60)
    press.dismiss()
    press.dismiss()
    logs = before, meanwhile, log()
    every = wiring.Ahead()
    left = sum(press.engine.status().backlog.values())
    return alone, waited_for, len(asked), logs, left, press.engine.proof(every.compose, every).ok


def test_whoever_is_still_starting_is_sent_home_at_once(copied: Folder) -> None:
    was_ready, took = copied.inside(_sends_home_at_once)
    assert not was_ready
    assert took < 5, "it starts for a minute"


def _sends_home_at_once() -> tuple[bool, float]:
    import time

    from standfirst.press.crew import Crew

    three = Crew(3, _starts_for_a_minute)
    time.sleep(1)
    was_ready = three.ready()
    began = time.monotonic()
    three.close()
    return was_ready, time.monotonic() - began


def _starts_for_a_minute() -> None:
    import time

    time.sleep(60)


def _die() -> None:
    raise SystemExit(1)
