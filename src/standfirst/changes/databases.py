"""Is the newsroom's database there? A removed SQLite file goes on answering through open handles: ask the disk."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from django.conf import settings


def gone() -> str | None:
    """A sentence naming what is missing and what to do, or None while the newsroom's database file is there.

    A server database is asked by its own connection; only a file can be removed under us.
    """
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return None
    name = str(database["NAME"])
    path = Path(unquote(name.removeprefix("file:").split("?", 1)[0]))
    if name.startswith("file:memory") or ":memory:" in name or path.exists():
        return None
    return (
        f"The newsroom's database is gone: {path.name} is no longer in the newsroom's folder. "
        "Published pages are still served. Stop Standfirst, put the file back from your backup, and start again."
    )


def identity() -> tuple[int, int] | None:
    """Device and inode of the newsroom's database file: another one after a backup was put back. None for a server."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return None
    try:
        found = Path(unquote(str(database["NAME"]).removeprefix("file:").split("?", 1)[0])).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
