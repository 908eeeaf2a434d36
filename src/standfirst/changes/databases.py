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

WRITTEN_BACK_SECONDS: Final = 1.0
"""Between two times that a log is written back beside those who write it."""

LONGEST_LOG: Final = 40_000
"""Pages of a log (4 KB each) from which on commits write it back all the same: the disk is too slow for the rest."""


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
def written_back_beside(alias: str, seconds: float = WRITTEN_BACK_SECONDS) -> Iterator[None]:
    """For as long as very much is written to the database `alias`: have a thread write its log back into its file.

    Otherwise whoever commits does it, and waits for the disk; and whoever waits for him waits with him. On a server,
    which has somebody for it, nothing is done.
    """
    connection = connections[alias]
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        cursor.execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
    over = threading.Event()
    file = connection.get_connection_params()
    thread = threading.Thread(
        target=_write_back_until, args=(over, str(file["database"]), bool(file.get("uri")), seconds), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        # What is wrong with the database says whoever works with it next.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"PRAGMA wal_autocheckpoint={usual}")


def _write_back_until(over: threading.Event, database: str, uri: bool, seconds: float) -> None:
    # What is wrong with the disk says the next commit.
    with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=0, uri=uri)) as connection:
        while not over.wait(seconds):
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
