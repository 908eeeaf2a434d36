"""Runs several processes as one: starts them, restarts what dies, and ends all of them with itself.

Each child leads a process group of its own, so whatever it starts is reached too. If this process ends without a word
(SIGKILL, out of memory), a small guard process ends the groups: see `guard`. A child begins its work only after the
guard knows its group, so there is no moment at which it could be left behind.

POSIX only. `run` belongs in the main thread, for the signals' sake.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from types import FrameType
from typing import Any, BinaryIO, Final

import msgspec

from standfirst.kit import clock, guard
from standfirst.kit.errors import Problem
from standfirst.kit.files import write_atomically

log = logging.getLogger(__name__)

STATUS_FILE: Final = "run/processes.json"
LOCK_FILE: Final = "run/processes.lock"

FIRST_WAIT: Final = 0.25
LONGEST_WAIT: Final = 30.0
"""Seconds before a child that died is started again: the first time, and after many deaths in a row."""

STEADY_SECONDS: Final = 20.0
"""A child that ran for so long begins with the first wait again."""

_READY_SECONDS: Final = 0.1
_LONGEST_LINE: Final = 1 << 16

# Waits for a word from us, then becomes the child. Without the word (we are gone) it ends.
_LAUNCH: Final = 'read -r go && [ "$go" = go ] && exec "$@" </dev/null'


class AlreadyRunning(Problem):
    """Another supervisor runs for this home."""


def _at_once() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run; `env` is added to our environment.

    `ready` says whether it is up; it is asked ten times a second, in a thread, until it says yes, and again after a
    restart. With an exit code in `final` it is not started again: all end, and `run` returns that code (a port that is
    taken stays taken). `sockets` are handed to it under their numbers here, at each start: what waits at one that
    listens, waits for the next life. They are closed when all end.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = _at_once
    final: frozenset[int] = frozenset()
    sockets: tuple[socket.socket, ...] = ()


def run(
    children: Sequence[Child],
    *,
    home: Path | None = None,
    grace: float = 10.0,
    on_ready: Callable[[], None] | None = None,
    output: BinaryIO | None = None,
) -> int:
    """Run `children` until SIGINT, SIGTERM or SIGHUP; returns 0, or the final exit code of a child.

    On the signal each group gets SIGTERM, after `grace` seconds SIGKILL; a second signal does not wait. `on_ready` is
    called once, when all are up. What they print goes to `output` (standard output) with their name before each line.
    With `home`, `<home>/run/processes.json` tells who runs: `{"supervisor": pid, "started": time, "children": {name:
    {"pid": pid or null, "state": "starting" | "running" | "waiting" | "stopped", "since": time, "restarts": number,
    "exit": code or null}}}`; a second supervisor for the same home is refused with `AlreadyRunning`.
    """
    return _Supervisor(children, home, grace, on_ready, output or sys.stdout.buffer).run()


@dataclass(slots=True)
class _Running:
    """A child's present life."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    state: str = "starting"
    since: str = ""
    born: float = 0.0
    due: float | None = None
    wait: float = FIRST_WAIT
    restarts: int = -1
    exit: int | None = None

    def report(self) -> dict[str, Any]:
        return {
            "pid": self.process.pid if self.process else None,
            "state": self.state,
            "since": self.since,
            "restarts": max(0, self.restarts),
            "exit": self.exit,
        }


_Event = Callable[[], None]


class _Supervisor:
    def __init__(
        self,
        children: Sequence[Child],
        home: Path | None,
        grace: float,
        on_ready: Callable[[], None] | None,
        output: BinaryIO,
    ) -> None:
        self.lives = [_Running(child) for child in children]
        self.home = home
        self.grace = grace
        self.on_ready = on_ready
        self.output = output
        self.printing = threading.Lock()
        self.printers: list[threading.Thread] = []
        self.lock: int | None = None
        # A simple queue may be filled from a signal handler that interrupts a reader of it.
        self.events: SimpleQueue[_Event] = SimpleQueue()
        self.guard: subprocess.Popen[bytes] | None = None
        self.started = clock.iso(clock.now())
        self.width = max((len(child.name) for child in children), default=0)
        self.stopping: float | None = None
        self.signals = 0
        self.code = 0

    # ---- The life of all -------------------------------------------------------------------------------------------

    def run(self) -> int:
        self.lock = self._lock()
        handlers = {
            number: signal.signal(number, self._signalled)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            # Under nohup, a terminal that goes is no reason to end. That a shell which starts us in the background has
            # Ctrl-C ignored is nobody's wish.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            self._start_guard()
            for life in self.lives:
                self._start(life)
            while not self._all_stopped():
                self._next_event()
        finally:
            for life in self.lives:
                if life.process is not None:
                    _kill_group(life.process.pid, signal.SIGKILL)
            self._close_sockets()
            for printer in self.printers:
                # Their last words; a process that left its group may hold the pipe open for ever.
                printer.join(timeout=1.0)
            self._end_guard()
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if self.home is not None:
                (self.home / STATUS_FILE).unlink(missing_ok=True)
            if self.lock is not None:
                os.close(self.lock)
        return self.code

    def _all_stopped(self) -> bool:
        return self.stopping is not None and all(life.process is None for life in self.lives)

    def _next_event(self) -> None:
        dues = [life.due for life in self.lives if life.due is not None]
        if self.stopping is not None:
            dues = [self.stopping]
        wait = max(0.0, min(dues) - monotonic()) if dues else None
        with suppress(Empty):
            # Not for ever: the guard is looked after too.
            self.events.get(timeout=min(wait, 1.0) if wait is not None else 1.0)()
        if self.guard is not None and self.guard.poll() is not None:
            self._end_guard()
            self._start_guard()
        now = monotonic()
        if self.stopping is not None and now >= self.stopping:
            self.stopping = now + 1.0
            self._signal_all(signal.SIGKILL)
        for life in self.lives:
            if self.stopping is None and life.due is not None and now >= life.due:
                self._start(life)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.events.put(self._stop)

    def _stop(self) -> None:
        self.signals += 1
        if self.stopping is None:
            self.stopping = monotonic() + self.grace
            self._close_sockets()
            for life in self.lives:
                life.due = None
                if life.process is None:
                    life.state = "stopped"
            self._signal_all(signal.SIGTERM)
        else:
            self.stopping = monotonic()

    def _close_sockets(self) -> None:
        # Nobody is to wait there in vain.
        for life in self.lives:
            for handed in life.child.sockets:
                handed.close()

    def _signal_all(self, number: int) -> None:
        for life in self.lives:
            if life.process is not None:
                _kill_group(life.process.pid, number)

    # ---- The life of one -------------------------------------------------------------------------------------------

    def _start(self, life: _Running) -> None:
        child = life.child
        life.due = None
        read, write = os.pipe()
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", _LAUNCH, "sh", *child.argv],
                stdin=subprocess.PIPE,
                stdout=write,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.env},
                process_group=0,
                pass_fds=[handed.fileno() for handed in child.sockets],
            )
        except OSError:
            os.close(read)
            raise
        finally:
            os.close(write)
        life.process, life.born = process, monotonic()
        life.state, life.since = "starting", clock.iso(clock.now())
        life.restarts += 1
        self._tell_guard(f"+{process.pid}\n")
        with suppress(BrokenPipeError), process.stdin or open(os.devnull, "wb") as stdin:
            stdin.write(b"go\n")
        printer = threading.Thread(target=self._print, args=(child.name, read), daemon=True)
        printer.start()
        self.printers = [thread for thread in self.printers if thread.is_alive()] + [printer]
        threading.Thread(target=self._await_end, args=(life, process), daemon=True).start()
        threading.Thread(target=self._await_ready, args=(life, process), daemon=True).start()
        self._report()

    def _await_ready(self, life: _Running, process: subprocess.Popen[bytes]) -> None:
        pause = threading.Event()
        while life.process is process and self.stopping is None:
            if life.child.ready():
                self.events.put(lambda: self._is_ready(life, process))
                return
            pause.wait(_READY_SECONDS)

    def _is_ready(self, life: _Running, process: subprocess.Popen[bytes]) -> None:
        if life.process is not process or self.stopping is not None:
            return
        life.state = "running"
        self._report()
        if self.on_ready is not None and all(other.state == "running" for other in self.lives):
            announce, self.on_ready = self.on_ready, None
            announce()

    def _await_end(self, life: _Running, process: subprocess.Popen[bytes]) -> None:
        # Seen but not yet collected: until then the number of the group is nobody else's.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.events.put(lambda: self._ended(life, process))

    def _ended(self, life: _Running, process: subprocess.Popen[bytes]) -> None:
        # What it left running would hold its port or its locks against the next one.
        _kill_group(process.pid, signal.SIGKILL)
        self._tell_guard(f"-{process.pid}\n")
        life.exit = process.wait()
        life.process = None
        life.since = clock.iso(clock.now())
        if self.stopping is None and life.exit in life.child.final:
            self.code = life.exit
            life.state = "stopped"
            self._stop()
        elif self.stopping is not None:
            life.state = "stopped"
        else:
            now = monotonic()
            if now - life.born >= STEADY_SECONDS:
                life.wait = FIRST_WAIT
            life.due = now + life.wait
            life.state = "waiting"
            self._say(f"{life.child.name} ended ({_manner(life.exit)}); it is started again in {life.wait:g} s.")
            life.wait = min(LONGEST_WAIT, life.wait * 2)
        self._report()

    # ---- The guard -------------------------------------------------------------------------------------------------

    def _start_guard(self) -> None:
        self.guard = subprocess.Popen(
            # Isolated and without site packages: it starts in some milliseconds and needs nothing of ours.
            [sys.executable, "-I", "-S", guard.__file__, str(self.grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # While it has groups to end, this home is not free for another supervisor.
            pass_fds=() if self.lock is None else (self.lock,),
        )
        for life in self.lives:
            if life.process is not None:
                self._tell_guard(f"+{life.process.pid}\n")

    def _tell_guard(self, line: str) -> None:
        if self.guard is None or self.guard.stdin is None:
            return
        try:
            self.guard.stdin.write(line.encode())
            self.guard.stdin.flush()
        except BrokenPipeError:
            # Somebody ended it. A new one is told of every group there is.
            self._end_guard()
            self._start_guard()

    def _end_guard(self) -> None:
        if self.guard is None:
            return
        guard_, self.guard = self.guard, None
        if guard_.stdin is not None:
            with suppress(BrokenPipeError):
                guard_.stdin.close()
        guard_.wait()

    # ---- Words -----------------------------------------------------------------------------------------------------

    def _print(self, name: str, descriptor: int) -> None:
        prefix = f"{name:<{self.width}} | ".encode()
        with open(descriptor, "rb") as lines:
            while line := lines.readline(_LONGEST_LINE):
                self._write(prefix + line.rstrip(b"\n") + b"\n")

    def _say(self, sentence: str) -> None:
        self._write(f"{'':<{self.width}} | {sentence}\n".encode())

    def _write(self, line: bytes) -> None:
        # Nobody listening is no reason to stop serving.
        with self.printing, suppress(OSError, ValueError):
            self.output.write(line)
            self.output.flush()

    def _report(self) -> None:
        if self.home is None:
            return
        record = {
            "supervisor": os.getpid(),
            "started": self.started,
            "children": {life.child.name: life.report() for life in self.lives},
        }
        try:
            write_atomically(self.home / STATUS_FILE, msgspec.json.format(msgspec.json.encode(record)))
        except OSError as error:
            log.warning("%s could not be written: %s", self.home / STATUS_FILE, error.strerror)

    def _lock(self) -> int | None:
        if self.home is None:
            return None
        path = self.home / LOCK_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        last = monotonic() + self.grace + 5.0
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if _supervisor_is_gone(self.home / STATUS_FILE) and monotonic() < last:
                    # Its guard is ending the children: soon.
                    sleep(0.05)
                    continue
                os.close(descriptor)
                raise AlreadyRunning(
                    f"The newsroom in {self.home} is being served already: stop that first, or choose another folder "
                    "with STANDFIRST_HOME."
                ) from None
            return descriptor


def _supervisor_is_gone(status: Path) -> bool:
    try:
        record = msgspec.json.decode(status.read_bytes(), type=dict[str, Any])
        os.kill(record["supervisor"], 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return False


def _kill_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _manner(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


__all__ = ["AlreadyRunning", "Child", "run"]
