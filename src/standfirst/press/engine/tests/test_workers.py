"""Several workers on one SQLite file, and a crew that prints beside one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from standfirst.edition.snapshots import Epoch, Notice, Section, Site, Story
from standfirst.press.engine import Engine, Lane, MemoryOutlet, SqliteConnection, SqlStore, Store
from standfirst.press.engine.tests.newsroom import Records, make_book, printed
from standfirst.press.engine.tests.workers import Hand, Rehearsal

Sessions = Callable[[], AbstractContextManager[Store]]


@pytest.fixture
def session(tmp_path: Path) -> Sessions:
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
        pass
    return session


def test_two_workers_on_one_file_do_the_work_of_one(session: Sessions) -> None:
    Rehearsal(session, workers=2, changes=60).run()


def test_workers_with_crews_do_the_same(session: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standfirst.press.engine.engine.SHARED", 1)
    Rehearsal(session, workers=2, changes=60, crewed=True).run()


def test_a_crew_prints_everything_as_the_press_alone_would(session: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standfirst.press.engine.engine.SHARED", 1)
    records: Records = {
        ("site", "1"): Site(name="The Courier"),
        ("epoch", "pages"): Epoch(id="pages", digest="one"),
        ("section", "1"): Section(id=1, path="/", name="Home"),
        **{
            ("story", str(id)): Story(
                id=id,
                path=f"/{id}/",
                headline=f"Story {id}",
                section=1,
                sections=(1,),
                day="2026-11-22",
                published=f"2026-11-22T{id:02}:00:00Z",
            )
            for id in range(1, 20)
        },
    }
    outlet = MemoryOutlet()

    def compose(kind: str, id: str) -> Any:
        return records.get((kind, id))

    with session() as store, session() as other:
        engine = Engine(make_book(), store, outlet, clock=lambda: 0)
        hand = engine.crew = Hand(Engine(make_book(), other, outlet, clock=lambda: 0))
        engine.open(list(records), compose)
        engine.bake(allow_mass_removal=True)
        assert hand.printed > 19
        assert outlet.pages == printed(records)

        records["story", "3"] = replace(records["story", "3"], sections=(), notice=Notice(reason="killed", wording=""))
        del records["story", "4"]
        engine.look(1, Lane.MAINTENANCE, [("story", "3"), ("story", "4")], compose)
        engine.bake(allow_mass_removal=True)
        assert outlet.pages == printed(records), "what is taken away is taken away by the press itself"
        assert engine.proof(compose, list(records)).ok
