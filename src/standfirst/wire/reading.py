"""The loop that reads what was delivered, in a process of its own beside the one that fetches.

Two threads of one process would share one core: an agency that delivers a thousand files would hold up their reading,
and the reading the next kill's delivery. The process is forked from the one that fetches before that has threads, so
that both share the program's memory: it costs a third of what a process started anew does.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from django.db import connections

from standfirst.changes import databases
from standfirst.kit import bells
from standfirst.kit.errors import Problem
from standfirst.wire import actions, sources
from standfirst.wire.steady import IDLE, Steady

log = logging.getLogger(__name__)

SIGN: Final = "wire-reading.json"
"""The sign of life, in the folder of what runs."""


PATIENCE: Final = 2.0
"""Seconds of reading between two signs of life."""


class Reading(Steady):
    """Reads what was sealed until `stop()`. It is woken by a bell."""

    SIGN = SIGN

    def __init__(self, home: Path, parent: int | None = None) -> None:
        super().__init__(home)
        self._bell = bells.Bell(sources.bell_of_reading(home))
        self._parent = parent or os.getppid()
        self._database = databases.identity()

    def run(self) -> None:
        """Work until stopped, or until the process that started this one has ended."""
        self._doing = "ready"
        try:
            self._steadily("reading", self._read)
        finally:
            self._bell.close()
            self._doing = "stopped"
            self._beat(now=True)

    def _read(self) -> None:
        identity = databases.identity()
        if identity != self._database:
            # Another file is in its place (a backup put back): handles to the old one must go.
            connections.close_all()
            self._database = identity
        self._beat()
        done = actions.work_off(patience=PATIENCE)
        actions.ask_what_is_open()
        if not done:
            self._bell.wait(IDLE)
        if os.getppid() != self._parent:
            log.warning("The process that fetches has ended: reading ends, too.")
            self.stop()


class ReadingProcess:
    """The process that reads. Make it before there is a thread or a connection."""

    def __init__(self, home: Path) -> None:
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _live(home, parent)

    def check(self) -> None:
        """Raises `Problem` if it has ended."""
        if not self._ended():
            return
        raise Problem("The process that reads what was delivered has ended: see the log. Start the wire again.")

    def stop(self, patience: float = 8.0) -> None:
        """Have it end, after the transaction that it is in; after `patience` seconds in any case."""
        if self._ended():
            return
        os.kill(self._pid, signal.SIGTERM)
        until = time.monotonic() + patience
        while not self._ended():
            if time.monotonic() > until:
                os.kill(self._pid, signal.SIGKILL)
            time.sleep(0.02)

    def _ended(self) -> bool:
        if self._pid:
            with suppress(ChildProcessError):
                if os.waitpid(self._pid, os.WNOHANG) == (0, 0):
                    return False
            self._pid = 0
        return True


def _live(home: Path, parent: int) -> NoReturn:
    """All that the process does. It never comes back to what its parent was doing."""
    code = 1
    try:
        reading = Reading(home, parent)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, reading.stop)
        reading.run()
        code = 0
    except Exception:
        log.exception("The process that reads what was delivered failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
