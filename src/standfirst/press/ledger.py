"""The ledger on Django's `press` connection: SQLite beside the newsroom's database, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Literal, cast

import msgspec
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.backends.signals import connection_created

from standfirst.changes import databases
from standfirst.changes.sqlite3.base import in_turn
from standfirst.edition.snapshots import Story, errata
from standfirst.press.engine.sql import Row, SqlStore

ALIAS = "press"


class DjangoConnection:
    """Django's connection as the ledger needs it. It follows Django's own: closed and opened again with it."""

    faults: tuple[type[Exception], ...] = (DatabaseError, InterfaceError)

    def __init__(self, alias: str = ALIAS) -> None:
        self._alias = alias
        self.dialect = cast(Literal["sqlite", "postgresql"], connections[alias].vendor)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        if self.dialect == "sqlite":
            # Past Django's cursor wrappers: a bake runs tens of thousands of small statements.
            with (wrapper := self._open()).wrap_database_errors:
                connection: Any = wrapper.connection
                return cast(list[Row], in_turn(lambda: connection.execute(sql, parameters).fetchall()))
        with (wrapper := connections[self._alias]).wrap_database_errors:
            cursor = _cursor(wrapper)
            cursor.execute(_marked(sql), parameters or None)
            return [] if cursor.description is None else cast(list[Row], cursor.fetchall())

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if self.dialect == "sqlite":
            with (wrapper := self._open()).wrap_database_errors:
                connection: Any = wrapper.connection
                in_turn(lambda: connection.executemany(sql, rows))
            return
        with (wrapper := connections[self._alias]).wrap_database_errors:
            _cursor(wrapper).executemany(_marked(sql), rows)

    def transaction(self) -> AbstractContextManager[None]:
        return cast(AbstractContextManager[None], transaction.atomic(using=self._alias))

    def written_back_beside(self) -> AbstractContextManager[None]:
        return databases.written_back_beside(self._alias)

    def _open(self) -> Any:
        # Looked up once: finding out which thread asks costs as much as a small statement.
        wrapper = connections[self._alias]
        if wrapper.connection is None:
            wrapper.ensure_connection()
        return wrapper


def _cursor(wrapper: Any) -> Any:
    """A cursor of psycopg's own: parameters go beside the statement, which the server plans once, and many rows go
    without waiting for an answer to each. Django's writes parameters into the statement and does neither."""
    import psycopg

    wrapper.close_if_health_check_failed()  # as Django's cursors do: one that was kept may be of a server that is gone
    wrapper.ensure_connection()
    connection = wrapper.connection
    cursor = wrapper.__dict__.get(_CURSOR)
    if cursor is None or cursor.connection is not connection:
        # One for all statements, each of which is read to its end: to make one costs as much as a small statement.
        cursor = wrapper.__dict__[_CURSOR] = psycopg.Cursor(connection)
    return cursor


_CURSOR = "standfirst_cursor"
"""It belongs to a connection, in whose attribute of this name it is."""


def _prepare(connection: Any, **_: Any) -> None:
    """Have PostgreSQL plan the ledger's statements once, and by its indexes."""
    if connection.alias == ALIAS and connection.vendor == "postgresql":
        connection.connection.prepare_threshold = _PREPARED_AFTER
        with connection.cursor() as cursor:
            cursor.execute(_PLANNED_BY)


connection_created.connect(_prepare)

_PREPARED_AFTER = 3
"""Times that a statement is run before the server keeps its plan."""

_PLANNED_BY = "; ".join(f"SET {way} TO off" for way in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"))
"""The ledger asks for a few rows by their keys. A server that does not know its tables yet takes these for many, as in
a new ledger until it was looked through, and reads a table from end to end."""


@lru_cache(512)
def _marked(sql: str) -> str:
    return sql.replace("?", "%s")


def store(alias: str = ALIAS) -> SqlStore:
    """The ledger's store. Call its `create()` once per process before anything else."""
    return SqlStore(DjangoConnection(alias))


def begun(changes: Collection[int]) -> set[int]:
    """Those of `changes` that somebody has begun to look at, and that are not settled yet."""
    numbers = sorted(changes)
    connection = DjangoConnection()
    found: set[int] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = connection.execute(f"SELECT id FROM ledger_change WHERE id IN ({marks})", some)  # noqa: S608
        found.update(int(change) for (change,) in rows)
    return found


_AT_ONCE = 500


def showing(story_id: int) -> list[str]:
    """Paths of pages with status 200 that showed something of a story when they were last printed."""
    ledger = store()
    ledger.create()
    facets = ["story", "card", "line", "link"]
    record = ledger.record(f"story:{story_id}")
    if record is None or errata(msgspec.json.decode(record, type=Story)) is None:
        # A kill whose notice may name the story stands in the list of corrections by that leave.
        facets.append("errata")
    return ledger.showing(*(f"{facet}:{story_id}" for facet in facets))
