"""The reader process is started again, and readers who come meanwhile wait instead of being refused."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.running import Serving, until

EACH = 0.05
"""Seconds between two connections."""


class Readers:
    """Somebody new asks for the front every twentieth of a second, each on a connection of their own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = threading.Event()
        self.met: Counter[str] = Counter()
        self.longest = 0.0
        self._threads: list[threading.Thread] = []
        self._clock = threading.Thread(target=self._come)

    def __enter__(self) -> Readers:
        self._clock.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._clock.join()
        for thread in self._threads:
            thread.join()

    def _come(self) -> None:
        while not self._ended.wait(EACH):
            self._threads.append(threading.Thread(target=self._ask))
            self._threads[-1].start()

    def _ask(self) -> None:
        began = time.monotonic()
        try:
            connection = socket.create_connection(("127.0.0.1", self._port), timeout=30.0)
        except OSError:
            self.met["refused"] += 1
            return
        try:
            with connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = connection.recv(12)
                while connection.recv(1 << 16):
                    pass
        except OSError:
            answer = b""
        self.met[answer.decode() or "cut off"] += 1
        self.longest = max(self.longest, time.monotonic() - began)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_is_refused_while_the_reader_is_started_again(served: Serving, number: signal.Signals) -> None:
    former = served.pid("reader")
    with Readers(served.port) as readers:
        time.sleep(0.5)
        os.kill(former, number)
        until(lambda: served.children()["reader"]["pid"] not in {None, former}, waiting_for="a new reader")
        until(lambda: served.children()["reader"]["state"] == "running", waiting_for="the new reader")
        time.sleep(0.5)
    print(f"{number.name}: {dict(readers.met)}, the longest waited {readers.longest:.2f} s")
    assert readers.met["refused"] == 0
    # Whom the former one was just serving when it was killed; told to stop, it serves them to the end.
    assert readers.met["cut off"] <= (1 if number == signal.SIGKILL else 0)
    assert set(readers.met) <= {"HTTP/1.1 200", "refused", "cut off"}
    assert readers.met["HTTP/1.1 200"] > 5


def test_only_the_supervisor_and_the_reader_hold_the_socket(served: Serving) -> None:
    """So that it is gone when they are."""
    reader = served.pid("reader")

    def sockets(pid: int) -> set[str]:
        return {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()} & listening

    listening = {
        f"socket:[{line.split()[9]}]"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].partition(":")[2], 16) == served.port
    }
    assert len(listening) == 1
    assert sockets(reader) == sockets(served.process.pid) == listening
    for other in served.alive():
        if other not in (reader, served.process.pid):
            assert sockets(other) == set(), Path(f"/proc/{other}/cmdline").read_bytes()
