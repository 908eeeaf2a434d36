"""Prepares every test run: a newsroom's folder of its own, the database to test on, Django."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from tests import postgres, template
from tests.often import DEEP

# Started in the background by a shell, this process ignores Ctrl-C, and so would all that the tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

IN_CI = os.environ.get("CI") == "true"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
USES_A_DATABASE = {
    "db",
    "transactional_db",
    "live_server",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    "opened",  # a newsroom to be killed in (tests/stage.py)
}
ONE_DATABASE = "one_database"
LATER = "deep_on_postgresql"
WHOLE = Path(__file__).parent / "tests"
MEMORY = "/dev/shm"
"""Linux keeps what is written here in memory. No test pulls the plug, so none need wait for a disk."""
ROOM = 4 << 30
"""Bytes: ten times what a run of all tests leaves."""

_no_postgresql = ""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    choices = ("sqlite", "postgresql")
    parser.addoption(
        "--db",
        choices=choices,
        default="sqlite",
        help="The database to test on. On postgresql, only the tests are run whose outcome may depend on it.",
    )
    # pytest calls this before it imports any other conftest.py or test, so it is the place to set up what those import:
    # Django's settings read the environment once.
    early = ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--db", choices=choices, default="sqlite")
    early.add_argument("-m", default=None)
    config = pluginmanager.get_plugin("pytestconfig")
    assert isinstance(config, pytest.Config)
    wanted, _ = early.parse_known_args(config.invocation_params.args)
    _prepare_environment(wanted.db, deep=wanted.m == "")
    _set_up_django()


def _prepare_environment(database: str, *, deep: bool) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:  # of pytest-xdist: the controller has prepared what all share
        home = Path(os.environ["STANDFIRST_HOME"]) / worker
        home.mkdir()
        os.environ["STANDFIRST_HOME"] = str(home)
        return
    own_server = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "PRESS_DATABASE_URL")}
    for name in list(os.environ):
        if name.startswith("STANDFIRST_") or name in {"PORT", *own_server}:
            del os.environ[name]
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY
    if deep:
        os.environ[DEEP] = "yes"
    home = Path(tempfile.mkdtemp(prefix="standfirst-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["STANDFIRST_HOME"] = str(home)
    if database == "postgresql":
        os.environ.update(own_server if all(own_server.values()) else _start_postgresql())


def _has_room(folder: str) -> bool:
    """True if `folder` can be had for what the tests write and run."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    runs = not found.f_flag & getattr(os, "ST_NOEXEC", 0)
    return runs and os.access(folder, os.W_OK | os.X_OK) and found.f_bavail * found.f_frsize >= ROOM


def _start_postgresql() -> dict[str, str]:
    global _no_postgresql
    try:
        server = postgres.start()
    except postgres.NoBinaries as reason:
        if IN_CI:
            raise pytest.UsageError(str(reason)) from reason
        _no_postgresql = str(reason)
        return {}
    except postgres.NotStarted as reason:
        raise pytest.UsageError(str(reason)) from reason
    atexit.register(server.stop)
    newsroom, press = postgres.DATABASES
    return {"DATABASE_URL": server.url(newsroom), "PRESS_DATABASE_URL": server.url(press)}


def _set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "standfirst.conf.settings"
    import django
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; never a newsroom's
    gc.disable()
    django.setup()
    gc.enable()
    # Workers of pytest-xdist must come here themselves, not be set up by pytest-django before.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        _check_reason(item)
    # Sorting keeps the order of equals: tests that empty the database stay behind those that need Wagtail's first rows.
    items.sort(key=_turn)
    if config.getoption("db") != "postgresql":
        return
    left = (ONE_DATABASE, LATER) if config.getoption("markexpr") else (ONE_DATABASE,)
    chosen = [item for item in items if _uses_a_database(item) and not any(map(item.get_closest_marker, left))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
    if _no_postgresql:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=_no_postgresql))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Any:
    """What is loaded by now stays until the end: neither a test nor a process forked by one need look through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000)  # looking for cycles after each 700 objects is a twentieth of all work
        gc.enable()


def _uses_a_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & USES_A_DATABASE)


def _check_reason(item: pytest.Item) -> None:
    """Nothing is left out on PostgreSQL without a sentence, nor named where it would not run there anyway."""
    for name in (ONE_DATABASE, LATER):
        marker = item.get_closest_marker(name)
        if marker is None:
            continue
        reason = marker.args[0] if len(marker.args) == 1 and not marker.kwargs else None
        if not (isinstance(reason, str) and " " in reason and reason.endswith(".")):
            raise pytest.UsageError(f"{item.nodeid}: say in a sentence why one database is enough ({name}).")
        if not _uses_a_database(item) and name == ONE_DATABASE:
            raise pytest.UsageError(f"{item.nodeid}: uses no database, so it needs no {name}.")


def _turn(item: pytest.Item) -> int:
    """Whole newsrooms first: what takes long must not begin when one process is left to do it.

    Those that share the browser or the newsroom that runs stand together. pytest-xdist deals out the first tests in
    pieces (of 32: see the Makefile), so that one process gets them all, one such newsroom is started and not one in
    each, and it ends early. Those that want a copy of the demonstration come when it has been made for these: before,
    they would only wait for it.
    """
    fixtures = getattr(item, "fixturenames", ())
    for turn, shared in enumerate(("not_yet_served", "browser", "_shared")):
        if shared in fixtures:
            return turn
    if "demonstration" in fixtures:
        return 4
    return 3 if item.path.parent == WHOLE and not _uses_a_database(item) else 5


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser for tests marked `browser`."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    reason = f"There is no Chromium here (looked for {', '.join(BROWSERS)}), so browser tests cannot run."
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> None:
    """Test databases are copies of one that was migrated before: making Wagtail's tables takes longer than a test."""
    from django.db import connections

    assert request.config.cache is not None
    kept = Path(request.config.cache.mkdir("standfirst-tables"))
    with django_db_blocker.unblock():
        if connections["default"].vendor == "postgresql":
            names = postgres.copies(os.environ.get("PYTEST_XDIST_WORKER", "alone"), template.digest(), kept)
        else:
            migrated = template.migrated(kept)
            home = Path(os.environ["STANDFIRST_HOME"])
            template.copy(migrated, home / "test-default.sqlite3")
            (home / "test-press.sqlite3").touch()
            names = {alias: f"file:{home / f'test-{alias}.sqlite3'}?mode=rw" for alias in ("default", "press")}
        for alias, name in names.items():
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
