"""Newsrooms to be killed in: laid out once, copied for each crash, and worked in by processes that may end anywhere.

A newsroom is its folder and two databases: files in the folder on SQLite, databases of its own on PostgreSQL.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from tests import postgres, template


@contextmanager
def laid_out(request: Any, home: Path, open_newsroom: Callable[[Path], Any]) -> Iterator[None]:
    """A newsroom opened in the folder `home`, with tables and nothing else in its databases."""
    if connections["default"].vendor == "sqlite":
        migrated = template.migrated(Path(request.config.cache.mkdir("standfirst-tables")))
        template.copy(migrated, home / "newsroom.sqlite3")
        (home / "press.sqlite3").touch()
    else:
        request.getfixturevalue("django_db_setup")
        names = databases(home)
        postgres.copy(postgres.migrated(template.digest()), names["default"])
        postgres.copy(None, names["press"])
    try:
        assert in_a_process_of_its_own(home, open_newsroom) == 0
        yield
    finally:
        _drop(home)


@contextmanager
def copied(source: Path, home: Path) -> Iterator[Path]:
    """A copy of a newsroom in which nobody is at work. It is gone afterwards."""
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("bell"))  # a pipe, which cannot be copied
    connections.close_all()
    if connections["default"].vendor == "postgresql":
        for alias, name in databases(home).items():
            postgres.copy(databases(source)[alias], name)
    try:
        yield home
    finally:
        _drop(home)
        shutil.rmtree(home)


def _drop(home: Path) -> None:
    if connections["default"].vendor == "postgresql":
        for name in databases(home).values():
            postgres.drop(name)


def databases(home: Path) -> dict[str, str]:
    """What Django calls the databases of the newsroom in `home`: alias -> name."""
    if connections["default"].vendor == "sqlite":
        return {alias: f"file:{home / name}.sqlite3?mode=rw" for alias, name in _FILES.items()}
    known = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return {alias: f"stage_{known}_{alias}" for alias in _FILES}


_FILES = {"default": "newsroom", "press": "press"}


def in_a_process_of_its_own(home: Path, act: Callable[[Path], Any]) -> int:
    """Run `act` in a forked process on the databases of `home`. Returns the exit code, negative for a signal."""
    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            from django.conf import settings

            settings.MEDIA_ROOT = str(home / "private")
            for alias, name in databases(home).items():
                connections[alias].settings_dict["NAME"] = name
            act(home)
            connections.close_all()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent sees the exit code, the reader of the log the reason
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Steps:
    """Notes the steps of a process, and ends it at one of them."""

    def __init__(self, last: int | None) -> None:
        self.last = last
        self.taken: list[str] = []

    def __call__(self, name: str) -> None:
        self.taken.append(name)
        if len(self.taken) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def steps_of(source: Path, home: Path, act: Callable[[Path, Steps], None]) -> list[str]:
    """The steps that `act` takes from beginning to end, by name, in a copy of `source`."""

    def run(home: Path) -> None:
        steps = Steps(None)
        act(home, steps)
        (home / "steps").write_text("\n".join(steps.taken))

    with copied(source, home):
        assert in_a_process_of_its_own(home, run) == 0
        return (home / "steps").read_text().split("\n")


def killed_at(last: int, act: Callable[[Path, Steps], None]) -> Callable[[Path], None]:
    """`act` as a process does it that is killed at its step number `last`."""
    return lambda home: act(home, Steps(last))
