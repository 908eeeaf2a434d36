"""SQLite's writers take turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import OperationalError as OperationalErrorOfPython
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connections

from standfirst.changes import databases
from standfirst.changes.sqlite3.base import DatabaseWrapper

pytestmark = pytest.mark.django_db


def connected(path: Path, *, patience: float = 20.0) -> DatabaseWrapper:
    settings = {
        **connections.settings["default"],
        "ENGINE": "standfirst.changes.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": patience,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        "TIME_ZONE": None,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
    }
    return DatabaseWrapper(settings, "other")


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[Path, threading.Event]]:
    """A database in which somebody else is writing, until the event is set."""
    path = tmp_path / "some.sqlite3"
    holding, done = threading.Event(), threading.Event()

    def write() -> None:
        with closing(connected(path)) as other, other.cursor() as cursor:
            cursor.execute("CREATE TABLE notes (words text)")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("INSERT INTO notes VALUES ('first')")
            holding.set()
            done.wait(30)
            cursor.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    assert holding.wait(30)
    yield path, done
    done.set()
    thread.join()


def words_in(database: DatabaseWrapper) -> list[str]:
    with database.cursor() as cursor:
        return [words for (words,) in cursor.execute("SELECT words FROM notes ORDER BY rowid")]


@pytest.mark.parametrize("kind", ["transaction", "statement", "many"])
def test_who_finds_it_busy_waits_and_writes_then(busy: tuple[Path, threading.Event], kind: str):
    path, done = busy
    with closing(connected(path)) as database:
        assert words_in(database) == [], "readers wait for nobody, and see nothing half done"
        timer = threading.Timer(0.2, done.set)
        timer.start()
        with database.cursor() as cursor:
            if kind == "transaction":
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("INSERT INTO notes VALUES (%s)", ["second"])
                cursor.execute("COMMIT")
            elif kind == "statement":
                cursor.execute("INSERT INTO notes VALUES (%s)", ["second"])
            else:
                some: Any = iter([["second"]])
                cursor.executemany("INSERT INTO notes VALUES (%s)", some)
        timer.join()
        assert words_in(database) == ["first", "second"]


def test_patience_ends_with_the_error_that_everybody_knows(busy: tuple[Path, threading.Event]):
    path, _ = busy
    with closing(connected(path, patience=0.05)) as database, database.cursor() as cursor:
        with pytest.raises(OperationalError, match="locked"):
            cursor.execute("INSERT INTO notes VALUES ('never')")
        with pytest.raises(OperationalError, match="syntax"):
            cursor.execute("INSERT notes")


def test_what_was_written_goes_into_the_file_when_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.sqlite3"
    with closing(connected(path)) as database, closing(connected(path)) as reader, database.cursor() as cursor:
        cursor.execute("CREATE TABLE notes (words text)")
        monkeypatch.setattr(databases, "connections", SimpleNamespace(all=lambda: [database]))
        databases.write_back()
        before = path.stat().st_size
        cursor.execute("INSERT INTO notes VALUES (%s)", ["words " * 20_000])
        assert words_in(reader) and path.stat().st_size == before
        databases.write_back()
        assert path.stat().st_size > before + 100_000


def test_a_disk_that_is_full_is_left_to_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Any:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(
        databases, "connections", SimpleNamespace(all=lambda: [SimpleNamespace(vendor="sqlite", cursor=full)])
    )
    databases.write_back()


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_who_writes_very_much_has_its_log_written_back_within_the_next_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.sqlite3"
    with closing(connected(path)) as database, database.cursor() as cursor:
        monkeypatch.setattr(databases, "connections", {"some": database})
        cursor.execute("CREATE TABLE notes (words text)")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pragmas = ("wal_autocheckpoint", "cache_spill")
        usual = [cursor.execute(f"PRAGMA {name}").fetchone() for name in pragmas]
        with databases.long_log("some"):
            # Far more than SQLite by itself leaves in a log: this commit leaves it.
            cursor.execute("INSERT INTO notes VALUES (%s)", ["words " * 2_000_000])
            assert path.stat().st_size < 100_000 < 12_000_000 < log_of(path).stat().st_size
            cursor.execute("BEGIN IMMEDIATE")
            with databases.written_back_beside("some"):
                cursor.execute("INSERT INTO notes VALUES (%s)", ["more " * 2_000_000])
                until = time.monotonic() + 10
                while path.stat().st_size < 12_000_000 and time.monotonic() < until:
                    time.sleep(0.02)
                assert path.stat().st_size > 12_000_000, "what was committed"
                assert path.stat().st_size < 20_000_000 and log_of(path).stat().st_size < 20_000_000, "and no more"
            cursor.execute("COMMIT")
            assert [words[:4] for words in words_in(database)] == ["word", "more"]
        assert [cursor.execute(f"PRAGMA {name}").fetchone() for name in pragmas] == usual


def test_what_is_not_written_back_by_the_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.sqlite3"
    begun = threading.Event()

    def endlessly(connection: Any) -> None:
        begun.set()
        with suppress(OperationalErrorOfPython):
            connection.execute("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT MAX(n) FROM n")

    with closing(connected(path)) as database, database.cursor() as cursor:
        monkeypatch.setattr(databases, "connections", {"some": database})
        monkeypatch.setattr(databases, "_write_back", endlessly)
        cursor.execute("CREATE TABLE notes (words text)")
        threads = threading.active_count()
        began = time.monotonic()
        with databases.written_back_beside("some"):
            assert begun.wait(10)
            time.sleep(0.1)
        assert time.monotonic() - began < 10 and threading.active_count() == threads


def test_a_server_writes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "connections", {"some": SimpleNamespace(vendor="postgresql")})
    with databases.long_log("some"), databases.written_back_beside("some"):
        pass
