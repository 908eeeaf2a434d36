"""Work that goes on until it is stopped, whatever happens to the database meanwhile, and that gives signs of life."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

from django.db import InterfaceError, OperationalError, connections

from standfirst.changes import databases
from standfirst.kit import clock
from standfirst.kit.files import write_atomically

log = logging.getLogger(__name__)

IDLE: Final = 0.5
"""Seconds between two looks at what nobody rings for."""
BEAT: Final = 1.0
"""Seconds between two signs of life."""
AGAIN: Final = 5.0
"""Seconds until what failed is tried again."""


class Steady:
    """Base of the wire's loops. What holds a part of the work up is kept as a sentence, and told with the signs."""

    SIGN: ClassVar[str]
    """The file with the signs of life, in the newsroom's folder `run`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._doing = "starting"
        self._trouble: dict[str, str] = {}
        self._beaten = 0.0

    def stop(self, *_: object) -> None:
        """End soon. May be used as a signal handler."""
        self._stopping.set()

    def _steadily(self, what: str, work: Callable[[], None], first: Callable[[], object] = lambda: None) -> None:
        """Do one kind of work over and over until stopped. What fails is told once, and tried again.

        `first` is called before each time, whether or not the database is there.
        """
        try:
            while not self._stopping.is_set():
                first()
                if gone := databases.gone():
                    self._set_trouble(what, gone)
                    connections.close_all()
                    self._stopping.wait(IDLE)
                    continue
                self._contained(what, work)
        finally:
            connections.close_all()

    def _contained(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except (OperationalError, InterfaceError) as error:
            self._set_trouble(what, f"The newsroom's database does not answer ({error}): it is waited for.")
            connections.close_all()
            self._stopping.wait(IDLE)
        except Exception as error:
            if self._set_trouble(what, f"{what} failed ({type(error).__name__}: {error}): it is tried again."):
                log.exception("In the wire's loop, %s failed", what)
            self._stopping.wait(AGAIN)
        else:
            self._set_trouble(what, "")

    def _set_trouble(self, what: str, says: str) -> bool:
        """Note what holds a part of the work up, "" for nothing. True if that is new."""
        with self._lock:
            before = self._trouble.get(what, "")
            if says:
                self._trouble[what] = says
            else:
                self._trouble.pop(what, None)
        new = bool(says) and says != before
        if new and what == "database":
            log.warning("%s", says)
        return new

    def _beat(self, *, now: bool = False) -> None:
        """Give a sign of life, if one is due."""
        moment = time.monotonic()
        if not now and moment - self._beaten < BEAT:
            return
        self._beaten = moment
        said = self._said()
        with self._lock:
            trouble = next(iter(self._trouble.values()), "")
        state = {"at": clock.iso(clock.now()), "pid": os.getpid(), "doing": self._doing, "trouble": trouble, **said}
        with suppress(OSError):
            write_atomically(self.home / "run" / self.SIGN, json.dumps(state).encode())

    def _said(self) -> dict[str, Any]:
        """What else a sign of life says."""
        return {}
