"""The loop that reads what was delivered, in a process of its own beside the one that fetches.

Two threads of one process would share one core: an agency that delivers a thousand files would hold up their reading,
and the reading the next kill's delivery. The process is forked from the one that fetches before that has threads, so
that both share the program's memory: it costs a third of what a process started anew does.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
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

PATIENCE: Final = 3600.0
"""Seconds of reading without a break. What was read of a file and not applied yet is forgotten at its end."""

HANGS: Final = 60.0
"""Seconds without a sign of life after which the process counts as hanging. The biggest files are parsed in a few."""


class Reading(Steady):
    """Reads what was sealed until `stop()`. It is woken by a bell. `pulse` is called at every sign of life."""

    SIGN = SIGN

    def __init__(self, home: Path, parent: int | None = None, pulse: Callable[[], None] = lambda: None) -> None:
        super().__init__(home)
        self._bell = bells.Bell(sources.bell_of_reading(home))
        self._parent = parent or os.getppid()
        self._pulse = pulse
        self._asked = 0.0
        self._database = databases.identity()

    def run(self) -> None:
        """Work until stopped, or until the process that started this one has ended."""
        self._doing = "ready"
        try:
            self._steadily("reading", self._read, first=self._live)
        finally:
            self._bell.close()
            self._doing = "stopped"
            self._beat(now=True)

    def _live(self) -> None:
        """Give a sign of life, and end with the process that started this one."""
        self._pulse()
        self._beat()
        if os.getppid() != self._parent and not self._stopping.is_set():
            log.warning("The process that fetches has ended: reading ends, too.")
            self.stop()

    def _read(self) -> None:
        identity = databases.identity()
        if identity != self._database:
            # Another file is in its place (a backup put back): handles to the old one must go.
            connections.close_all()
            self._database = identity
        done = actions.work_off(patience=PATIENCE, going_on=self._goes_on)
        actions.ask_what_is_open()
        if not done:
            self._bell.wait(IDLE)

    def _goes_on(self) -> bool:
        """At each pause of reading: what else must not wait. False if reading has to end."""
        self._live()
        self._set_trouble("reading", "")
        if time.monotonic() - self._asked > IDLE:
            self._asked = time.monotonic()
            actions.ask_what_is_open()
        return not self._stopping.is_set() and databases.identity() == self._database


class ReadingProcess:
    """The process that reads. Make it before there is a thread or a connection."""

    def __init__(self, home: Path) -> None:
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        # Shared with the child: a full disk must not make it look dead.
        self._pulse = mmap.mmap(-1, 1)
        self._felt = (b"\0", time.monotonic())
        self._pid = os.fork()
        if self._pid == 0:
            _live(home, parent, self._beat)

    def _beat(self) -> None:
        self._pulse[0] = (self._pulse[0] + 1) % 256

    def check(self) -> None:
        """Raises `Problem` if it has ended, or if it hung and was ended."""
        if self._ended():
            raise Problem("The process that reads what was delivered has ended: see the log. Start the wire again.")
        before, since = self._felt
        now = self._pulse[:]
        if now != before:
            self._felt = (now, time.monotonic())
        elif time.monotonic() - since > HANGS:
            # The claims stay, so that the attempt counts: a file that does it again and again is put aside.
            os.kill(self._pid, signal.SIGKILL)
            raise Problem(
                f"The process that reads what was delivered hung for {HANGS:.0f} seconds and was ended. Start the wire "
                "again: a file that makes it hang is put aside after some attempts."
            )

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


def _live(home: Path, parent: int, pulse: Callable[[], None]) -> NoReturn:
    """All that the process does. It never comes back to what its parent was doing."""
    code = 1
    try:
        reading = Reading(home, parent, pulse)
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
