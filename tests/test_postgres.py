"""The PostgreSQL that the tests bring along."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
HOLD = "from tests import postgres; import time; print(postgres.start().folder, flush=True); time.sleep(600)"


@pytest.fixture(autouse=True, scope="module")
def _binaries() -> None:
    try:
        postgres._binaries()
    except postgres.NoBinaries as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


def test_it_serves_two_databases_in_a_folder_that_nobody_else_may_enter_and_leaves_nothing() -> None:
    server = postgres.start()
    try:
        for database in postgres.DATABASES:
            with psycopg.connect(server.url(database)) as connection:
                assert connection.execute("SELECT current_database()").fetchone() == (database,)
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not server.folder.parent.exists()


def test_it_ends_with_the_process_that_started_it_even_when_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert (folder / ".s.PGSQL.5432").exists()
        holder.send_signal(signal.SIGKILL)
    patience = time.monotonic() + 60
    while folder.parent.exists():
        assert time.monotonic() < patience, "PostgreSQL has outlived the process that started it."
        time.sleep(0.05)
