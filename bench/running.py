"""Runs a bench in a newsroom of its own, that with its real processes, and puts files where an agency would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench import copy, machine, processes

FEED = "bench-wire"
PASSWORD = "a bench has no secrets"
DATABASE_PROCESS = "BENCH_DATABASE_PROCESS"
"""In the environment of what `apart` runs: the number of the database server's first process, where there is one."""

_REPORT = "report.json"

# --- a bench in a newsroom of its own -----------------------------------------------------------------------------


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder for a newsroom, until the block ends."""
    home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def apart(module: str, words: Sequence[str], *, home: Path, postgresql: bool = False, durable: bool = False) -> None:
    """Run `python -m MODULE --inside WORDS...` to its end in the newsroom `home`; on a PostgreSQL of its own if asked.

    What it prints goes beside the figures. Ends the program with a sentence if it fails.
    """
    environ = {"DJANGO_SETTINGS_MODULE": "standfirst.conf.settings"}
    with ExitStack() as ending:
        if postgresql:
            server = _postgresql(durable)
            ending.callback(server.stop)
            environ |= dict(zip(("DATABASE_URL", "PRESS_DATABASE_URL"), map(server.url, _databases()), strict=True))
            # The first is a process of Python that waits for us to end.
            environ[DATABASE_PROCESS] = str(processes.family(server.process.pid)[1])
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--inside", *words],
            env=_environment(home) | environ,
            stdout=sys.stderr,
            start_new_session=True,
        )
        ending.callback(processes.stop, process, 60)
        code = process.wait()
    if code:
        raise SystemExit(f"{module} ended with {code} in its newsroom; why stands above.")


def reported(module: str, *, postgresql: bool = False) -> dict[str, Any]:
    """Run `module` with the program's own arguments in a temporary newsroom. Returns what it handed in there."""
    with folder() as home:
        apart(module, sys.argv[1:], home=home, postgresql=postgresql)
        found: dict[str, Any] = json.loads((home / _REPORT).read_text())
        return found


def hand_in(report: dict[str, Any]) -> None:
    """In the process that `apart` started: what it found."""
    Path(os.environ["STANDFIRST_HOME"], _REPORT).write_text(json.dumps(report))


def tell(report: dict[str, Any], name: str, about: machine.Figures) -> None:
    """Print a report and keep it. Ends the program with 1 and a sentence if anything in it is `wrong`."""
    print(json.dumps(report, indent=2), flush=True)
    machine.save(name, {"about": about, "report": report})
    if wrong := report["wrong"]:
        raise SystemExit(f"This is wrong: {'; '.join(wrong[:5])}{' and more' if len(wrong) > 5 else ''}.")


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "STANDFIRST_HOME": str(home), "STANDFIRST_LOG_LEVEL": "ERROR"}


def _postgresql(durable: bool) -> Any:
    from tests import postgres

    try:
        return postgres.start(durable=durable)
    except (postgres.NoBinaries, postgres.NotStarted) as problem:
        raise SystemExit(str(problem)) from None


def _databases() -> tuple[str, ...]:
    from tests import postgres

    return postgres.DATABASES


# --- the newsroom and its processes -------------------------------------------------------------------------------


def prepare(number: int, inbox: str, mode: str = "publish") -> None:
    """In this process: a newsroom of `number` stories, and a feed whose files lie in the folder `inbox`."""
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.kit import clock
    from standfirst.wire.models import Feed, Source

    leaves = archive.build(number)
    Change.objects.all().delete()
    editor = archive.editor()
    editor.set_password(PASSWORD)
    editor.save()
    feed = Feed.objects.create(
        name=FEED,
        title="Bench Wire",
        provider=copy.AGENCY,
        mode=mode,
        section=type(leaves[0]).objects.get(pk=leaves[0].pk),
    )
    Source.objects.create(
        feed=feed, name="bench-folder", kind="folder", settings={"path": inbox}, interval=1, created_at=clock.now()
    )


def printing_for_a_port() -> None:
    """In a process of a newsroom that will be served: choose the port now. The site's address has it, which is in every
    page: what was printed for another port would all be printed again."""
    os.environ["PORT"] = str(processes.free_port())


def print_everything() -> None:
    """In a process of a newsroom: have every page printed. Ends the program if one is not."""
    run = subprocess.run(
        [sys.executable, "-m", "standfirst", "press", "run", "--all"], stdout=subprocess.DEVNULL, check=False
    )
    if run.returncode:
        raise SystemExit("Not everything could be printed; why stands above.")


def child(home: Path, *words: str) -> str:
    """Run `python WORDS...` to its end in the newsroom `home`; what it prints comes back. Ends the program with a
    sentence if that fails."""
    run = subprocess.run(
        [sys.executable, *words], env=_environment(home), check=False, stdout=subprocess.PIPE, text=True
    )
    if run.returncode:
        raise SystemExit(f"python {' '.join(words)} ended with {run.returncode}; why stands above.")
    return run.stdout


@contextmanager
def serving(home: Path) -> Iterator[httpx.Client]:
    """`standfirst serve` in `home` until the block ends: on the port of `printing_for_a_port`, or on a free one."""
    port = int(os.environ.get("PORT") or processes.free_port())
    server = subprocess.Popen(
        [sys.executable, "-m", "standfirst", "serve"],
        env=_environment(home) | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: _answers(client), 300, "the newsroom to answer")
            yield client
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `true()`; end the program with a sentence if it takes too long."""
    last = time.monotonic() + seconds
    while not true():
        if time.monotonic() > last:
            raise SystemExit(f"Waited {seconds:.0f} s for {what}; is the newsroom all right? Look at its log.")
        time.sleep(0.02)


def put(inbox: Path, name: str, data: bytes) -> float:
    """Put a file into the watched folder as careful senders do. Returns when it got its name (`perf_counter`)."""
    aside = inbox / f"{name}.part"
    aside.write_bytes(data)
    began = time.perf_counter()
    aside.rename(inbox / name)
    return began
