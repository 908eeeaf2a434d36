"""The engine on Django's own connection: on SQLite, and on PostgreSQL with several workers at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.signals import request_started
from django.db import DatabaseError, connections
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from standfirst.press.engine import Lane, SqlStore, Store
from standfirst.press.engine.ledger import Job, Mark, Result
from standfirst.press.engine.sql import SCHEMA
from standfirst.press.engine.tests.histories import Histories
from standfirst.press.engine.tests.test_laws import QUICK
from standfirst.press.engine.tests.workers import Rehearsal
from standfirst.press.ledger import ALIAS, DjangoConnection, store

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", ALIAS])


def empty() -> SqlStore:
    made = store()
    made.create()
    with made.transaction():
        made.reset()
    return made


class OnDjangosConnection(Histories):
    several_workers = False

    def make_store(self) -> Store:
        return empty()


def test_what_a_database_says_that_does_not_answer_is_djangos_and_no_pages_fault() -> None:
    made = empty()
    with pytest.raises(DatabaseError, match=r"no such table|does not exist") as caught:
        DjangoConnection().execute("SELECT 1 FROM ledger_nothing")
    assert isinstance(caught.value, made.faults)
    with pytest.raises(made.faults):
        DjangoConnection().executemany("INSERT INTO ledger_nothing (id) VALUES (?)", [(1,)])


def test_the_ledger_is_asked_over_a_new_connection_where_one_was_kept_whose_server_has_ended_it() -> None:
    made, connection = empty(), connections[ALIAS]
    if connection.vendor == "postgresql":
        with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    request_started.send(None)
    assert made.meta("schema") == SCHEMA


def test_the_laws_hold_on_djangos_connection_which_understands_all_that_a_ledger_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[str] = set()

    def noting(self: SqlStore, name: str) -> Any:
        asked.add(name)
        return object.__getattribute__(self, name)

    monkeypatch.setattr(SqlStore, "__getattribute__", noting)
    run_state_machine_as_test(OnDjangosConnection, settings=settings(QUICK, max_examples=8, derandomize=True))
    made = empty()
    with made.transaction(), made.written_back_beside():
        page = made.page_ids(["/world/1/"])["/world/1/"]
        made.open_change(1, Lane.PUBLISH, 0)
        made.looked(1)
        job = Job(page, "/world/1/", 1, 0, 0, 0, {})
        made.note([Result(job, "story", "failed", 200, 1, 1, {"card:1": 1}, "It broke.")])
        made.mark_all(Mark(1, Lane.MAINTENANCE, 1))
    assert made.looked_at([1, 2]) == {1}
    assert [row.path for row in made.pages()] == ["/world/1/"]
    assert made.showing("card:1") == ["/world/1/"]
    assert made.count_due(Lane.MAINTENANCE, 5) == 1
    made.put_off([page])
    assert (made.count_due(Lane.MAINTENANCE, 5), made.count_last(Lane.MAINTENANCE)) == (0, 1)
    made.mark_failed(Mark(1, Lane.KILL, 2))
    assert made.urgency() == Lane.KILL
    every = {name for name, what in vars(SqlStore).items() if callable(what) and not name.startswith("_")}
    assert every <= asked


@contextmanager
def session() -> Iterator[Store]:
    made = store()
    made.create()
    try:
        yield made
    finally:
        connections[ALIAS].close()


@pytest.mark.parametrize("crewed", [False, True], ids=["alone", "with crews"])
def test_three_workers_do_the_work_of_one(monkeypatch: pytest.MonkeyPatch, crewed: bool) -> None:
    if connections[ALIAS].vendor != "postgresql":
        pytest.skip(
            "Django's test database on SQLite is in memory, so threads cannot share it: see the engine's tests."
        )
    # What a crew printed is noted before it is known whether somebody touched what it read.
    monkeypatch.setattr("standfirst.press.engine.engine.SHARED", 1)
    empty()
    Rehearsal(session, workers=3, changes=150, crewed=crewed).run()


def test_on_postgresql_the_ledger_is_asked_by_its_indexes_from_its_first_page_on() -> None:
    if connections[ALIAS].vendor != "postgresql":
        pytest.skip("SQLite plans without knowing how many rows there are, unless somebody has it count them.")
    made = empty()
    with made.transaction():
        page = made.page_ids(["/world/1/"])["/world/1/"]
        job = Job(page, "/world/1/", 1, 0, 0, 0, {})
        made.note([Result(job, "story", "written", 200, 1, 1, {f"card:{id}": id for id in range(5_000)})])
    connections[ALIAS].close()  # a new connection must be told again
    plan = DjangoConnection().execute(
        "EXPLAIN SELECT r.page FROM unnest(?::text[]) AS given (key) JOIN ledger_read r ON r.key = given.key",
        ([f"card:{id}" for id in range(400)],),
    )
    assert "Seq Scan on ledger_read" not in "\n".join(line for (line,) in plan), plan
