"""Django's SQLite backend, with writers that take turns.

SQLite has one writer at a time. Who finds the database busy looks again after 1, 2, 5 ... and at last 100 milliseconds,
and between two looks others may come and go: while a burst of copy is taken in, one transaction after the other, the
press got in once in a second, or in ten. Here whoever has to wait looks again every two milliseconds, so it is in as
soon as somebody else makes a pause, however long it has waited.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.db.backends.sqlite3 import base

PAUSE: Final = 0.002
"""Seconds between two looks. Looking costs some 20 microseconds."""

PATIENCE: Final = 20.0
"""Seconds after which it is an error, unless the option "timeout" says otherwise."""

Result = TypeVar("Result")


def in_turn(run: Callable[[], Result], patience: float = PATIENCE) -> Result:
    """Have `run` ask the database, again and again for `patience` seconds while it is busy.

    Raises:
        sqlite3.OperationalError: it was busy for longer, or something else is wrong.
    """
    until = 0.0
    while True:
        try:
            return run()
        except sqlite3.OperationalError as error:
            # A reader whose snapshot is too old to write (SQLITE_BUSY_SNAPSHOT) would wait in vain.
            if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY):
                raise
            now = time.monotonic()
            until = until or now + patience
            if now > until:
                raise
        time.sleep(PAUSE)


@lru_cache(maxsize=2_000)
def _with_marks(query: str) -> str:
    """With SQLite's own marks for parameters. The same few hundred statements come again and again."""
    return str(base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for other writers without growing tired."""

    patience = PATIENCE

    def convert_query(self, query: str, *, param_names: Any = None) -> Any:
        return _with_marks(query) if param_names is None else super().convert_query(query, param_names=param_names)

    def execute(self, query: str, params: Any = None) -> Any:
        return in_turn(lambda: super(Cursor, self).execute(query, params), self.patience)

    def executemany(self, query: str, param_list: Any) -> Any:
        some = list(param_list)  # an iterator could not be gone through twice
        return in_turn(lambda: super(Cursor, self).executemany(query, some), self.patience)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose statements take turns.

    Whoever goes past its cursors to SQLite's own connection, which does not wait any more, uses `in_turn`.
    """

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        patience = float(self.settings_dict["OPTIONS"].get("timeout", PATIENCE))
        self._cursors = type("PatientCursor", (Cursor,), {"patience": patience})
        connection.execute("PRAGMA busy_timeout=0")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=self._cursors)
