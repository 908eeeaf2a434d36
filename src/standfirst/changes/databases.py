"""Is the newsroom's database there? A removed SQLite file goes on answering through open handles: ask the disk."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from django.conf import settings
from django.db import DatabaseError, connections

LONGEST_LOG: Final = 20_000
"""Pages of a log (4 KB each) from which on who writes very much writes it back in a commit all the same."""


def _file() -> Path | None:
    """The file of the newsroom's database; None for a server, and for one in memory."""
    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    if not database["ENGINE"].endswith("sqlite3") or name.startswith("file:memory") or ":memory:" in name:
        return None
    return Path(unquote(name.removeprefix("file:").split("?", 1)[0]))


def gone() -> str | None:
    """A sentence naming what is missing and what to do, or None while the newsroom's database file is there.

    A server database is asked by its own connection; only a file can be removed under us.
    """
    path = _file()
    if path is None or path.exists():
        return None
    return (
        f"The newsroom's database is gone: {path.name} is no longer in the newsroom's folder. "
        "Published pages are still served. Stop Standfirst, put the file back from your backup, and start again."
    )


def write_back() -> None:
    """Have SQLite write what its logs hold into its files now, beside whoever reads and writes.

    By itself it does so once a log is four megabytes long, in the midst of somebody's commit, who waits for the disk.
    A server does it in its own time.
    """
    for connection in connections.all():
        if connection.vendor == "sqlite":
            # What is wrong with the disk says the next commit.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def long_log(alias: str) -> Iterator[None]:
    """For as long as one connection writes very much to the database `alias`: leave its log be in commits.

    What the log holds is for `written_back_beside`, and what is not committed stays in memory. Servers need neither.
    """
    connection = connections[alias]
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        spilt = cursor.execute("PRAGMA cache_spill").fetchone()[0]
        cursor.execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
        cursor.execute("PRAGMA cache_spill=OFF")
    try:
        yield
    finally:
        # What is wrong with the database says whoever works with it next.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"PRAGMA wal_autocheckpoint={usual}")
            cursor.execute(f"PRAGMA cache_spill={spilt}")


@contextmanager
def written_back_beside(alias: str) -> Iterator[None]:
    """Around long work within a transaction of `alias`: have a thread write back what the log holds meanwhile.

    In a commit, all who wait for that would wait for the disk. The thread is at an end before this is, finished or not:
    SQLite before 3.51.3 may lose what somebody else writes to a log while it is being written back (its "WAL-reset
    bug"), and until the commit the one who writes writes nothing there.
    """
    connection = connections[alias]
    if connection.vendor != "sqlite":
        yield
        return
    parameters = connection.get_connection_params()
    try:
        beside = sqlite3.connect(
            parameters["database"], uri=bool(parameters.get("uri")), timeout=0, check_same_thread=False
        )
    except sqlite3.Error:  # the next commit says what is wrong
        yield
        return
    with closing(beside):
        thread = threading.Thread(target=_write_back, args=(beside,), daemon=True)
        with suppress(RuntimeError):  # no more threads: it is only a help
            thread.start()
        try:
            yield
        finally:
            while thread.is_alive():  # again, since it may not have begun yet
                beside.interrupt()
                thread.join(0.02)


def _write_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def is_full(error: Exception) -> bool:
    """True if a statement failed because there is no room: SQLite says so in words, PostgreSQL by a code of its own."""
    code = getattr(error.__cause__, "sqlstate", "")
    return code == "53100" or "disk is full" in str(error)


def identity() -> tuple[int, int] | None:
    """Device and inode of the newsroom's database file: another one after a backup was put back. None for a server."""
    path = _file()
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None
