"""Processes that a benchmark starts: what they use, children included, and their end."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

_TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str],
    alive: Callable[[], bool],
    *,
    log: Path,
    environ: Mapping[str, str] = {},
    seconds: float = 60,
) -> Iterator[int]:
    """A server in a group of its own until the block ends; yields its number once `alive()`."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        last = time.monotonic() + seconds
        while not alive():
            if process.poll() is not None or time.monotonic() > last:
                raise SystemExit(f"{command[0]} does not answer:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], seconds: float = 15) -> None:
    """End a process that leads its group, and what is left of the group after that."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def answers(url: str) -> bool:
    """True if something says 200 there."""
    try:
        return httpx.get(url, timeout=30, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in _listed(f"/proc/{one}/task"):
            with suppress(OSError):
                waiting += map(int, Path(f"/proc/{one}/task/{task}/children").read_text().split())
    return found


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, of a process and its descendants; of the dead ones, if they were waited for."""
    ticks = 0
    for one in family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICK


def busy_seconds() -> float:
    """Processor time that the whole machine has spent since it started."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / _TICK


def to_disk_mb(pid: int) -> float:
    """What a family has given the kernel to put on disks (Linux's `write_bytes`: no pipes, nothing on a file system in
    memory), in megabytes; dead ones included, if they were waited for."""
    total = 0
    for one in family(pid):
        with suppress(OSError):
            fields = dict(line.split(": ") for line in Path(f"/proc/{one}/io").read_text().splitlines())
            total += int(fields["write_bytes"])
    return total / (1 << 20)


def peaks_mb(pid: int) -> dict[int, float]:
    """The most memory that each process of a family has had so far, in megabytes."""
    found = {}
    for one in family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    found[one] = int(line.split()[1]) / 1024
    return found


def shared_out_mb(pid: int) -> float:
    """Memory of a family now, in megabytes, each shared page counted once (PSS)."""
    total = 0.0
    for one in family(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
    return total


@dataclass
class Together:
    """What families of processes took together while a block ran."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    others_cpu_s: float = 0.0
    """What the rest of the machine used meanwhile."""
    to_disk_mb: float = 0.0
    peak_mb: float = 0.0
    """The most memory at a time, each shared page counted once (PSS), looked at twice a second, or as often as takes
    one part in `LOOKING`."""


LOOKING = 200
"""The kernel goes through all pages for that: looked at twice a second, a bake of 100,000 stories took a thirtieth
longer."""


@contextmanager
def watching(*pids: int, memory: bool = True) -> Iterator[Together]:
    """Fills in what these processes and their descendants take until the block ends. Looking at memory costs them a
    little time."""
    found, ended = Together(), threading.Event()

    def look() -> None:
        while memory:
            began = time.perf_counter()
            found.peak_mb = max(found.peak_mb, sum(map(shared_out_mb, pids)))
            if ended.wait(max(0.5, LOOKING * (time.perf_counter() - began))):
                return

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    busy, written, used = busy_seconds(), sum(map(to_disk_mb, pids)), sum(map(cpu_seconds, pids))
    began = time.perf_counter()
    try:
        yield found
    finally:
        found.wall_s = time.perf_counter() - began
        found.cpu_s = sum(map(cpu_seconds, pids)) - used
        found.to_disk_mb = sum(map(to_disk_mb, pids)) - written
        found.others_cpu_s = max(0.0, busy_seconds() - busy - found.cpu_s)
        ended.set()
        looking.join()


@dataclass
class Used:
    """What a command took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peaks: dict[int, float] = field(default_factory=dict)
    shared_mb: float = 0.0
    out: str = ""

    @property
    def peak_mb(self) -> float:
        """Each process's own peak, added up, whether or not they came at the same time."""
        return sum(self.peaks.values())


def measured(command: Sequence[str], *, environ: Mapping[str, str] = {}, seconds: float = 7200) -> Used:
    """Run a command to its end. Ends the program, with what the command said, if it fails or takes too long."""
    used = Used()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(process.pid, used, ended), daemon=True)
    looking.start()
    try:
        out, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{command[0]} was stopped after {seconds:.0f} seconds.") from None
    finally:
        ended.set()
        looking.join()
        if process.poll() is None:
            stop(process)
    used.wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    used.out = out.decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{used.out[-3000:]}")
    return used


def _look(pid: int, used: Used, ended: threading.Event) -> None:
    # What is shared takes the kernel a walk through all pages, so that is asked less often.
    turn = 0
    while not ended.wait(0.1):
        used.peaks.update(peaks_mb(pid))
        if turn % 10 == 0:
            used.shared_mb = max(used.shared_mb, shared_out_mb(pid))
        turn += 1
