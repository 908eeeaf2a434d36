"""Measures a full bake and one publish in newsrooms of different sizes.

    python -m bench.publish 1000 10000 100000
    python -m bench.publish --postgresql 10000
    python -m bench.publish --keep /srv/bench 1000000

For each size a newsroom is made in a temporary folder; the ledger is built and every page printed from nothing, by as
many processes as there are cores. Then rounds of creating and publishing one story are timed, with a full hot set:
Wagtail's share (until the publishing call returns, the change row committed) and the press's (until the last page of
that change row is with the readers and the row is closed). Medians, and what 19 of 20 stay below.

With `--keep` the newsroom stays in that folder, each stage by itself: a run that was broken off goes on after the last
stage that ended, and rounds may be repeated. A million stories take some hours and 60 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import machine

ROUNDS = 40
WARM = 3
"""Rounds before that are not counted."""


def measure(number: int, rounds: int) -> dict[str, Any]:
    """In this process: a newsroom of `number` stories, baked and published to."""
    from standfirst.conf import crew, setup

    setup.boot()
    home = setup.prepare()
    from django.conf import settings
    from django.db import connection

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.worker import Worker
    from standfirst.stories.models import Section

    stages = _Stages(home / "bench.json")
    if "made_s" not in stages:
        began = time.perf_counter()
        archive.build(number)
        Change.objects.all().delete()
        _analyse(connection)
        stages.keep(stories=number, database=connection.vendor, made_s=round(time.perf_counter() - began, 1))
    worker = Worker(
        wiring.engine(), home=home, options=settings.STANDFIRST, hire=lambda: Crew(crew.number(), crew.start)
    )
    if "bake_s" not in stages:
        with _Memory() as memory:
            began = time.perf_counter()
            worker.open()
            composed = time.perf_counter() - began
            began, used = time.perf_counter(), _used()
            written = _written()
            while any(worker.engine.status().backlog.values()):
                worker.press(patience=60)  # a full bake gives way to no clock here
            baked = time.perf_counter() - began
            worker.dismiss()
            used = _used() - used
        status = worker.engine.status()
        stages.keep(
            ledger_s=round(composed, 2),
            pages=status.pages,
            bake_s=round(baked, 2),
            pages_per_s=round(status.pages / baked, 1),
            cpu_ms_per_page=round(used * 1000 / max(1, status.pages), 3),
            peak_mb=round(memory.peak / 2**20),
            written_mb=round((_written() - written) / 2**20),
            pages_mb=round(status.bytes / 2**20),
        )
    else:
        worker.open()
    leaves = list(Section.objects.filter(depth=4).order_by("path"))
    stages.keep(**_publish(worker, archive.editor(), leaves, rounds))
    return stages.found


def _publish(worker: Any, by: Any, leaves: Sequence[Any], rounds: int) -> dict[str, Any]:
    from standfirst.changes.models import Change
    from standfirst.readership import actions as readership
    from standfirst.stories import actions as stories

    def rest() -> None:
        for _ in range(100):
            worker.round()
            if not Change.objects.filter(closed_at=None).exists():
                return

    rest()
    wagtail, press, whole, pages = [], [], [], []
    for place in range(WARM + rounds):
        section = type(leaves[0]).objects.get(pk=leaves[place % len(leaves)].pk)
        story = stories.create(
            section=section,
            by=by,
            title=f"Measured headline number {place} of the run",
            standfirst="One sentence that says what was measured.",
            body=[("paragraph", "<p>Measured text.</p>")] * 12,
        )
        rest()
        start = time.perf_counter()
        story.get_latest_revision().publish(user=by)
        middle = time.perf_counter()
        worker.press()
        end = time.perf_counter()
        row = next(row for row in Change.objects.about("story", story.pk) if row.report and row.report["pages"])
        if place >= WARM:
            wagtail.append((middle - start) * 1000)
            press.append(float(row.report["ms"]))
            whole.append((end - middle) * 1000)
            pages.append(row.report["pages"])
        rest()
    return {
        "rounds": rounds,
        "hot": len(readership.hot_paths()),
        "wagtail_ms": _summary(wagtail),
        "press_row_ms": _summary(press),
        "press_step_ms": _summary(whole),
        "publish_ms": _summary([a + b for a, b in zip(wagtail, whole, strict=True)]),
        "pages_a_publish": statistics.median(pages),
    }


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))], 1),
        "worst": round(ordered[-1], 1),
    }


def _analyse(connection: Any) -> None:
    """Let the database look at what it holds, as it does by itself in the life of a newsroom."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


class _Stages:
    """What was measured, kept after each stage."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def keep(self, **found: Any) -> None:
        self.found |= found
        self.path.write_text(json.dumps(self.found))
        print(", ".join(f"{name} {value}" for name, value in found.items()), file=sys.stderr, flush=True)


def _family() -> list[int]:
    """This process and its children's children, by Linux's account."""
    family, new = [], [os.getpid()]
    while new:
        family += new
        found: list[int] = []
        for pid in new:
            try:
                found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        new = found
    return family


def _of_family(name: str, value: Any) -> float:
    total = 0.0
    for pid in _family():
        try:
            total += value(Path(f"/proc/{pid}/{name}").read_text())
        except OSError:
            continue
    return total


def _used() -> float:
    """Seconds of the cores, children included, also those that have ended."""
    ticks = _of_family("stat", lambda text: sum(map(int, text.rpartition(")")[2].split()[11:15])))
    return ticks / os.sysconf("SC_CLK_TCK")


def _written() -> float:
    """Bytes written to files."""
    return _of_family("io", lambda text: int(text.partition("wchar: ")[2].split()[0]))


class _Memory:
    """Watches how much memory all processes have together (PSS: what they share counts once)."""

    def __enter__(self) -> _Memory:
        self.peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            now = _of_family("smaps_rollup", lambda text: int(text.partition("\nPss:")[2].split()[0]) * 1024)
            self.peak = max(self.peak, now)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def run(number: int, rounds: int, *, home: Path, postgresql: bool) -> dict[str, Any]:
    """Measure in a process of its own, in `home`."""
    environment = {**os.environ, "STANDFIRST_HOME": str(home), "STANDFIRST_LOG_LEVEL": "ERROR"}
    server = None
    if postgresql:
        from tests import postgres

        server = postgres.start(durable=True)
        newsroom, press = map(server.url, postgres.DATABASES)
        environment |= {"DATABASE_URL": newsroom, "PRESS_DATABASE_URL": press}
    try:
        subprocess.run(
            [sys.executable, "-m", "bench.publish", "--inside", "--rounds", str(rounds), str(number)],
            env=environment,
            check=True,
        )
    finally:
        if server is not None:
            server.stop()
    found: dict[str, Any] = json.loads((home / "bench.json").read_text())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10000])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, from the development requirements")
    parser.add_argument("--keep", type=Path, help="a folder in which the newsrooms stay (SQLite only)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.inside:
        measure(wanted.sizes[0], wanted.rounds)
        return
    if wanted.keep and wanted.postgresql:
        raise SystemExit("What is in a server of its own ends with it: leave --keep out, or --postgresql.")
    about = machine.describe()
    print(f"{about['cores']} cores of {about['cpu']}, Python {about['python']}, {about['kernel']}")
    for number in wanted.sizes:
        home = wanted.keep / str(number) if wanted.keep else Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
        home.mkdir(parents=True, exist_ok=True)
        try:
            found = run(number, wanted.rounds, home=home, postgresql=wanted.postgresql)
        finally:
            if not wanted.keep:
                shutil.rmtree(home, ignore_errors=True)
        print(json.dumps(found), flush=True)
        _save(found, about)


def _save(found: dict[str, Any], about: dict[str, Any]) -> None:
    """Beside what earlier runs left of other sizes."""
    file = machine.RESULTS / "publish.json"
    try:
        sizes = json.loads(file.read_text())["sizes"]
    except (OSError, ValueError, KeyError):
        sizes = {}
    sizes[f"{found['database']}-{found['stories']:09}"] = found
    machine.save("publish", {"about": about, "sizes": dict(sorted(sizes.items()))})


if __name__ == "__main__":
    main()
