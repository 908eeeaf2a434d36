"""The ledger on Django's `press` connection: SQLite beside the newsroom's database, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, cast

from django.db import DatabaseError, InterfaceError, connections, transaction

from standfirst.changes.sqlite3.base import in_turn
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
            connection = self._sqlite()
            with connections[self._alias].wrap_database_errors:
                return cast(list[Row], in_turn(lambda: connection.execute(sql, parameters).fetchall()))
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), parameters or None)
            return [] if cursor.description is None else [tuple(_plain(value) for value in row) for row in cursor]

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if self.dialect == "sqlite":
            connection = self._sqlite()
            with connections[self._alias].wrap_database_errors:
                in_turn(lambda: connection.executemany(sql, rows))
            return
        with connections[self._alias].cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)

    def transaction(self) -> AbstractContextManager[None]:
        return cast(AbstractContextManager[None], transaction.atomic(using=self._alias))

    def _sqlite(self) -> Any:
        connection = connections[self._alias]
        connection.ensure_connection()
        return connection.connection


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def store(alias: str = ALIAS) -> SqlStore:
    """The ledger's store. Call its `create()` once per process before anything else."""
    return SqlStore(DjangoConnection(alias))


def showing(story_id: int) -> list[str]:
    """Paths of pages with status 200 that showed something of a story when they were last printed."""
    ledger = store()
    ledger.create()
    return ledger.showing(*(f"{facet}:{story_id}" for facet in ("story", "card", "line", "link")))
