"""Runs a bench newsroom with its real processes, and puts files where an agency would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench import copy

FEED = "bench-wire"
PASSWORD = "a bench has no secrets"


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


def child(home: Path, *words: str) -> str:
    """Run `python WORDS...` to its end in the newsroom `home`; what it prints comes back."""
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "STANDFIRST_HOME": str(home), "STANDFIRST_LOG_LEVEL": "ERROR"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


@contextmanager
def serving(home: Path) -> Iterator[httpx.Client]:
    """`standfirst serve` in `home` on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "standfirst", "serve"],
        env={**os.environ, "STANDFIRST_HOME": str(home), "PORT": str(port), "STANDFIRST_LOG_LEVEL": "ERROR"},
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
