"""Several workers on one SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standfirst.press.engine import SqliteConnection, SqlStore, Store
from standfirst.press.engine.tests.workers import Rehearsal


def test_two_workers_on_one_file_do_the_work_of_one(tmp_path: Path) -> None:
    @contextmanager
    def session() -> Iterator[Store]:
        connection = SqliteConnection(tmp_path / "press.sqlite3")
        store = SqlStore(connection)
        store.create()
        try:
            yield store
        finally:
            connection.close()

    with session():
        Rehearsal(session, workers=2, changes=60).run()
