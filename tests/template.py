"""A migrated SQLite database, made once and copied for every test run until a migration or a version changes.

Making all of Wagtail's tables takes longer than most tests.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "standfirst"


def digest() -> str:
    """Of everything that decides what the tables look like."""
    found = hashlib.sha256()
    for package in ("django", "wagtail", "modelsearch", "django-taggit", "django-tasks-db"):
        found.update(f"{package} {version(package)}\n".encode())
    for file in sorted(SOURCE.glob("*/migrations/*.py")):
        found.update(file.relative_to(SOURCE).as_posix().encode() + file.read_bytes())
    return found.hexdigest()[:20]


def migrated(folder: Path) -> Path:
    """The database file in `folder`, made now if it is missing or out of date. Several processes may ask at once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest()}.sqlite3"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in folder.glob("*.sqlite3"):
                old.unlink()
            _make(path)
    return path


def _make(path: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="standfirst-template-"))
    try:
        for name in ("newsroom.sqlite3", "press.sqlite3"):
            sqlite3.connect(home / name).close()
        environ = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PRESS_DATABASE_URL"}
        }
        environ |= {
            "STANDFIRST_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "standfirst.conf.settings",
            "PYTHONPATH": os.pathsep.join([str(SOURCE.parent), environ.get("PYTHONPATH", "")]),
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity=0"], env=environ, check=True)
        aside = path.with_suffix(".part")
        copy(home / "newsroom.sqlite3", aside)
        aside.rename(path)
    finally:
        shutil.rmtree(home)


def copy(source: Path, target: Path) -> None:
    """A copy of a database, whatever is still in its write-ahead log."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)
