"""Is the newsroom's database there? A removed SQLite file goes on answering through open handles: ask the disk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.db import DatabaseError, connections


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
