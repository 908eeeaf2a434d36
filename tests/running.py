"""Starts real newsrooms for tests: `standfirst serve` on free loopback ports, each in a folder of its own.

The demonstration newsroom is made once a run and copied for whoever needs one; its pictures are plain fields, since
drawing and packing the real ones takes longer than all of its pages.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from lxml import html as lxml_html

from standfirst.kit.sitefiles import STAND_INS
from tests import template

PATIENCE = 120.0
"""Seconds that a busy machine may take for what takes a few."""

PASSWORD = "correct horse battery"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

Answer = TypeVar("Answer")


def until(true: Callable[[], Answer], *, waiting_for: str = "", patience: float = PATIENCE) -> Answer:
    """Wait until `true()` says something; returns it."""
    began = time.monotonic()
    while not (answer := true()):
        waited = time.monotonic() - began
        assert waited < patience, f"waited in vain for {waiting_for or true}"
        # Asking is work for the newsroom that is waited for, and for the other tests' processor: ask ever more seldom.
        time.sleep(min(max(0.02, waited / 10), 0.25))
    return answer


def parsed(page: bytes | str) -> Any:
    """The tree of a page of HTML."""
    return lxml_html.fromstring(page)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ(home: Path, **more: str) -> dict[str, str]:
    """Of a command that has nothing to do with the tests' own newsroom."""
    left_out = {"PORT", "DATABASE_URL", "PRESS_DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.startswith(("STANDFIRST_", "PYTEST_"))
    }
    # Pictures are made lighter when nothing else is to be done: pages would change at rest that no test has touched.
    kept["STANDFIRST_AVIF_SECONDS"] = "0"
    return {**kept, "STANDFIRST_HOME": str(home), "PYTHONPATH": str(template.SOURCE.parent), **more}


def command(*words: str, home: Path, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `standfirst` to its end, with `settings` in its environment."""
    return subprocess.run(
        [sys.executable, "-m", "standfirst", *words],
        env=environ(home, **(settings or {})),
        cwd=home.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )


# --- in a newsroom's own database -------------------------------------------------------------------------------------


class Folder:
    """A newsroom's folder that nobody need be running in."""

    def __init__(self, home: Path, blocker: Any) -> None:
        self.home = home
        self._blocker = blocker

    def inside(self, act: Callable[..., Answer], *arguments: Any) -> Answer:
        """`act(*arguments)` in a forked process whose newsroom is this one. What it returns comes back.

        Quick, since Django is set up already. On SQLite only.
        """
        from django.db import connections

        connections.close_all()
        sys.stdout.flush()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            code = 1
            try:
                with self._blocker.unblock(), os.fdopen(write, "wb") as pipe:
                    self._move_in()
                    answer = act(*arguments)
                    connections.close_all()
                    pickle.dump(answer, pipe)
                code = 0
            except BaseException:  # noqa: BLE001 - the parent sees the exit code, the reader of the log the reason
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, f"{act} failed in the newsroom; what it said stands above"
        return pickle.loads(data)

    def _move_in(self) -> None:
        from django.conf import settings
        from django.contrib.auth import hashers
        from django.core.signals import setting_changed
        from django.db import connections

        # A browser's driver may have an event loop going in the process that this one was forked from.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        for alias, name in (("default", "newsroom.sqlite3"), ("press", "press.sqlite3")):
            connections[alias].settings_dict["NAME"] = f"file:{self.home / name}?mode=rw"
        settings.HOME = self.home
        settings.STANDFIRST = replace(settings.STANDFIRST, home=self.home, sweep_seconds=3600)
        settings.MEDIA_ROOT = str(self.home / "private")
        settings.EMAIL_FILE_PATH = str(self.home / "mail")
        # The newsroom process must know the passwords that are set here. A million rounds for each of the cast take
        # longer than all of the fronts; the first sign-in adds what is missing.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        hashers.PBKDF2PasswordHasher.iterations = 1_000
        hashers.reset_hashers(setting="PASSWORD_HASHERS")
        setting_changed.send(sender=None, setting="MEDIA_ROOT", value=settings.MEDIA_ROOT, enter=True)

    def command(self, *words: str, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `standfirst` on it, to its end."""
        return command(*words, home=self.home, settings=settings)

    def report(self, *words: str) -> dict[str, Any]:
        """What a command reports as JSON; `exit` is its exit code."""
        ran = self.command(*words, "--json")
        try:
            report: dict[str, Any] = json.loads(ran.stdout)
        except ValueError:
            raise AssertionError(f"{words} ended with {ran.returncode}: {ran.stdout}{ran.stderr}") from None
        return {**report, "exit": ran.returncode}

    def addresses(self) -> dict[str, int]:
        """Every address that has a file in the output folder, percent-encoded, and the status that belongs to it."""
        found: dict[str, int] = {}
        for tree, status in (("pages", 200), ("moved", 301), ("gone", 410)):
            root = self.home / "output" / tree
            for file in sorted(root.rglob("*")):
                name = file.relative_to(root).as_posix()
                if (
                    file.is_file()
                    and file.suffix not in {".gz", ".br"}
                    and not file.name.startswith(".")
                    and f"/{name}" not in STAND_INS
                ):
                    path = name.removesuffix("index.html")
                    found.setdefault(f"/{quote(path)}", status)
        return found


# --- running ----------------------------------------------------------------------------------------------------------


class Serving(Folder):
    """`standfirst serve` in a folder. `url` is its address; `http` a reader's browser; `signed_in()` a colleague's."""

    def __init__(self, home: Path, blocker: Any, *, port: int | None = None, start: bool = True, **more: str) -> None:
        super().__init__(home, blocker)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.more = more
        self.starts = 0
        self.groups: set[int] = set()
        self.http = self._browser()
        if start:
            self.start()

    def start(self) -> None:
        """Start it, without waiting."""
        self.starts += 1
        self.log = self.home.parent / f"{self.home.name}-{self.starts}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "standfirst", "serve"],
                env=environ(self.home, PORT=str(self.port), **self.more),
                cwd=self.home.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.groups.add(self.process.pid)

    def move_to_another_port(self) -> None:
        """For the next start."""
        self.http.close()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = self._browser()

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def ready(self) -> Serving:
        """Wait until it says where it is."""

        def announced() -> bool:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.said()}"
            return "Ctrl-C stops it" in self.said()

        # The tables of an empty newsroom take minutes where much else runs.
        until(announced, waiting_for="the addresses of the newsroom", patience=2 * PATIENCE)
        self.children()
        return self

    def children(self) -> dict[str, dict[str, Any]]:
        """Who runs, by name: pid, state, restarts."""
        try:
            record = json.loads((self.home / "run" / "processes.json").read_bytes())
        except FileNotFoundError:
            return {}
        children: dict[str, dict[str, Any]] = record["children"]
        self.groups.update(child["pid"] for child in children.values() if child["pid"])
        return children

    def pid(self, name: str) -> int:
        return until(lambda: (self.children().get(name) or {}).get("pid"), waiting_for=f"the process {name}") or 0

    def alive(self) -> list[int]:
        """Processes that it started and that still run, itself included."""
        self.children()
        return [group for group in self.groups if _runs(group)] + _of(self.home)

    def interrupt(self) -> int:
        """Ctrl-C; returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End it, whatever state a test has left it in."""
        if not self.starts:
            self.http.close()
            return
        for pid in self.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.http.close()

    def _browser(self) -> httpx.Client:
        # A reader's browser; nothing on the way to the loopback.
        return httpx.Client(base_url=self.url, timeout=PATIENCE, headers={"user-agent": BROWSER}, trust_env=False)

    @contextmanager
    def signed_in(self, username: str, password: str = PASSWORD) -> Iterator[httpx.Client]:
        """A browser in which somebody has signed in to the newsroom."""
        with self._browser() as browser:
            self._sign_in(browser, username, password)
            yield browser

    def _sign_in(self, browser: httpx.Client, username: str, password: str) -> None:
        form = parsed(browser.get("/newsroom/login/").text)
        token = form.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
        answer = browser.post(
            "/newsroom/login/",
            data={"username": username, "password": password, "csrfmiddlewaretoken": token, "next": "/newsroom/desk/"},
            headers={"referer": f"{self.url}/newsroom/login/"},
        )
        assert answer.status_code == 302, f"{username} could not sign in: {answer.status_code}"

    def at_rest(self) -> None:
        """Wait until the worker has carried out every change."""
        self.inside(_rest)


def _waiting() -> int:
    from standfirst.changes.models import Change

    return Change.objects.filter(closed_at=None).count()


def _rest() -> None:
    # One process that asks often: forking one for each question takes longer than most answers.
    until(lambda: not _waiting(), waiting_for="the press to come to rest")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()


def _of(home: Path) -> list[int]:
    """Every process of this machine that has `home` for its newsroom, where the system tells."""
    word = f"STANDFIRST_HOME={home}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if word in entry.read_bytes():
                found.append(int(entry.parent.name))
    return found


# --- the demonstration newsroom ---------------------------------------------------------------------------------------


def once_a_run(request: pytest.FixtureRequest, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, once for all processes that share the tests of this run."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / f"shared-{name}"
    with open(shared / f"shared-{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            aside = shared / f"making-{name}-{os.getpid()}"
            make(aside)
            aside.rename(folder)
    return folder


def empty(request: pytest.FixtureRequest, home: Path) -> None:
    """Make `home` a newsroom's folder in which only the tables are there: making those takes the longest."""
    cache = request.config.cache
    assert cache is not None
    home.mkdir(parents=True)
    template.copy(template.migrated(Path(cache.mkdir("standfirst-tables"))), home / "newsroom.sqlite3")
    (home / "newsroom.sqlite3").chmod(0o600)


def fill() -> None:
    """The demonstration's copy with plain pictures, its cast, its wire; every page of it printed."""
    from django.conf import settings

    from standfirst.conf import setup
    from standfirst.demo import actions, drawing
    from standfirst.people import actions as people
    from standfirst.people.models import User
    from standfirst.press import wiring
    from standfirst.press.worker import Worker

    home = settings.HOME
    setup.lay_folders(home)
    (home / "press.sqlite3").touch()
    people.ensure_roles()
    setup.first_administrator(home)
    drawing.draw = _plain
    demo: Any = actions
    demo.ProcessPoolExecutor = _Inline
    demo.fill(password=PASSWORD)
    demo.open_wire()
    admin = User.objects.get(username="admin")
    admin.set_password(PASSWORD)
    admin.save()
    worker = Worker(wiring.engine(), home=home, options=settings.STANDFIRST)
    worker.open()
    while _waiting() or sum(worker.engine.status().backlog.values()):
        worker.round()
    _pack(worker.engine.outlet)


def _pack(place: Any) -> None:
    """Give every page its small twin, packed less hard than the worker would.

    Without them each newsroom that runs on a copy would spend a fifth of a processor on packing as long as it runs.
    """
    import brotli

    from standfirst.kit import sitefiles
    from standfirst.press import outlet

    about: Any = outlet
    about.SQUEEZED_AFTER_SECONDS = 0
    sitefiles.squeeze = lambda body: bytes(brotli.compress(body, quality=5))
    for path in place.standing(200):
        place.squeeze(path)


class _Inline:
    """Stands for the demonstration's draughtsmen, who need processes of their own for pictures that are drawn."""

    def __init__(self, **options: Any) -> None:
        self.map = map

    def __enter__(self) -> _Inline:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _plain(key: str) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    colour = tuple(key.encode().ljust(3)[:3])
    Image.new("RGB", (480, 320), colour).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture(scope="session")
def demonstration(request: pytest.FixtureRequest, django_db_blocker: Any) -> Folder:
    """The demonstration newsroom, printed and not running. Shared: copy it before you change it."""

    def make(home: Path) -> None:
        empty(request, home)
        Folder(home, django_db_blocker).inside(fill)

    return Folder(once_a_run(request, "demonstration", make), django_db_blocker)


_kept: list[Serving] = []


@pytest.fixture
def _shared(demonstration: Folder, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Serving:
    if _kept and not _is_well(_kept[-1]):
        stop_served()
    if not _kept:
        home = tmp_path_factory.mktemp("served") / "newsroom"
        shutil.copytree(demonstration.home, home, ignore=shutil.ignore_patterns("bell"))
        _kept.append(Serving(home, django_db_blocker, start=False))
    return _kept[-1]


@pytest.fixture
def served(_shared: Serving) -> Serving:
    """The demonstration newsroom, running. Shared by tests: one that breaks it leaves the next a new one."""
    if not _shared.starts:
        _shared.start()
    return _shared.ready()


@pytest.fixture
def not_yet_served(_shared: Serving) -> Serving:
    """The same newsroom before it runs: whoever starts it leaves it running for the next."""
    if _shared.starts:
        assert _shared.interrupt() == 0
    return _shared


def stop_served() -> None:
    """End the shared newsroom: one that nobody asks goes on packing pages and fetching copy, beside all other tests."""
    while _kept:
        _kept.pop().stop()


def _is_well(serving: Serving) -> bool:
    if not serving.starts:
        return True
    states = {name: child["state"] for name, child in serving.children().items()}
    return (
        serving.process.poll() is None
        and set(states.values()) == {"running"}
        and (serving.home / "newsroom.sqlite3").exists()
    )


__all__ = ["Folder", "Serving", "_shared", "demonstration", "not_yet_served", "served", "stop_served"]
