"""What a benchmark ran on, where its result is kept, and which peers are installed."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from standfirst.kit import clock

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench"

PACKAGES = {
    "wrk": "wrk",
    "nginx": "nginx-light",
    "hugo": "hugo",
    "php-fpm": "php-fpm php-mysql",
    "php": "php-cli",
    "mariadbd": "mariadb-server",
}
"""Debian's package for each program that is not ours."""

SKIPPED = 77
"""The exit code of what was skipped, as automake has it."""

_SYSTEM = ":/usr/sbin:/usr/local/sbin:/sbin"

Figures = dict[str, Any]


def program(name: str) -> str | None:
    """Where a program is; None if it is not installed."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + _SYSTEM)
    if found is None and name == "php-fpm":
        # Debian names it by its version.
        places = sorted(Path("/usr/sbin").glob("php-fpm*"))
        found = str(places[-1]) if places else None
    return found


def lacks(*names: str) -> str:
    """A sentence if one of the programs is not installed, else nothing."""
    missing = [PACKAGES[name] for name in names if program(name) is None]
    if not missing:
        return ""
    return f"This needs {', '.join(missing)}. On Debian and Ubuntu: apt install {' '.join(missing)}"


def skip(sentence: str) -> NoReturn:
    """End with a sentence, and with the code by which `make bench` knows that this bench cannot run here."""
    say(f"Skipped. {sentence}")
    raise SystemExit(SKIPPED)


def version(*command: str) -> str:
    """The first thing like a version in what a program says of itself."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)+", run.stdout + run.stderr)
    return found[0] if found else "?"


def describe(**peers: str) -> Figures:
    """The machine as it is now, before a run. `peers` are the versions of what is compared."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model,
        "memory_gb": round(memory / (1 << 20), 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_version()}{_compiled()}",
        "commit": _commit(),
        "peers": peers,
        "date": clock.iso(clock.now()),
        "load_before": [round(number, 2) for number in os.getloadavg()],
    }


def named() -> str:
    """The machine in half a line, for a bench that keeps no result."""
    about = describe()
    return f"{about['cores']} cores of {about['cpu']}, Python {about['python']}, load {about['load_before'][0]}"


def _compiled() -> str:
    """How this Python was compiled, where it matters: one that is not optimised takes up to a quarter longer."""
    if sys.base_prefix == "/usr":
        return " (the system's)"
    return "" if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else " (not optimised)"


def _commit() -> str:
    """What of ours is measured; empty where there is no repository."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(errors="replace").splitlines()
    except OSError:
        return []


def save(name: str, result: Figures) -> None:
    """Keep a result for `python -m bench.report`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    aside = file.with_suffix(".part")
    aside.write_text(json.dumps(result, indent=1) + "\n")
    aside.replace(file)
    say(f"The result is in {file.relative_to(ROOT)}; `python -m bench.report` puts it into docs/benchmarks.md.")


def say(sentence: str) -> None:
    """Progress, beside the figures."""
    print(sentence, file=sys.stderr, flush=True)


def middle(numbers: Sequence[float], digits: int = 1) -> Figures:
    """The median with the least and the greatest: what rounds gave."""
    rounded = [round(number, digits) for number in (statistics.median(numbers), min(numbers), max(numbers))]
    return dict(zip(("median", "least", "most"), rounded, strict=True))


def tail(numbers: Sequence[float]) -> dict[str, float]:
    """The median, what 19 of 20 stay below, and the worst."""
    ordered = sorted(numbers)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))], 1),
        "worst": round(ordered[-1], 1),
    }


def over_rounds(reports: Sequence[Figures]) -> Figures:
    """One report of several rounds: figures that differ become the list of them, sentences follow each other."""
    merged: Figures = {}
    for name in dict.fromkeys(name for report in reports for name in report):
        found = [report.get(name, 0) for report in reports]
        if parts := [each for each in found if isinstance(each, dict)]:
            # Not every round does everything.
            merged[name] = over_rounds(parts)
        elif isinstance(found[0], list):
            merged[name] = [each for part in found for each in part]
        else:
            merged[name] = found[0] if all(each == found[0] for each in found) else found
    return merged


def end_cleanly() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that what was started is stopped and folders go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
