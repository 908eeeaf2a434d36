"""Measures a full bake and one publish in newsrooms of different sizes.

    python -m bench.publish 100 1000 10000

For each size a newsroom is made in a temporary folder; the ledger is built and every page printed from nothing; then
rounds of creating and publishing one story are timed: Wagtail's share (until the publishing call returns, the change
row committed) and the press's (until the last page of that change row is with the readers). Medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15


def measure(number: int) -> dict[str, float]:
    """In this process: a newsroom of `number` stories, baked and published to."""
    from standfirst.conf import setup

    setup.boot()
    home = setup.prepare()
    from django.conf import settings

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.press import wiring
    from standfirst.press.worker import Worker
    from standfirst.stories import actions as stories

    began = time.perf_counter()
    leaves = archive.build(number)
    built = time.perf_counter() - began
    Change.objects.all().delete()
    worker = Worker(wiring.engine(), home=home, options=settings.STANDFIRST)
    began = time.perf_counter()
    worker.open()
    composed = time.perf_counter() - began
    began, used = time.perf_counter(), time.process_time()
    worker.press(patience=float("inf"))  # a full bake gives way to no clock here
    baked, used = time.perf_counter() - began, time.process_time() - used
    status = worker.engine.status()
    for _ in range(100):
        worker.round()
        if not Change.objects.filter(closed_at=None).exists():
            break
    by = archive.editor()
    wagtail, press, whole, pages = [], [], [], []
    for place in range(ROUNDS):
        section = type(leaves[0]).objects.get(pk=leaves[place % len(leaves)].pk)
        story = stories.create(
            section=section,
            by=by,
            title=f"Measured headline number {place} of the run",
            standfirst="One sentence that says what was measured.",
            body=[("paragraph", "<p>Measured text.</p>")] * 12,
        )
        worker.round()
        start = time.perf_counter()
        story.get_latest_revision().publish(user=by)
        middle = time.perf_counter()
        worker.press()
        end = time.perf_counter()
        row = next(row for row in Change.objects.about("story", story.pk) if row.report and row.report["pages"])
        wagtail.append((middle - start) * 1000)
        press.append(float(row.report["ms"]))
        whole.append((end - middle) * 1000)
        pages.append(row.report["pages"])
        for _ in range(20):
            worker.round()
            if not Change.objects.filter(closed_at=None).exists():
                break
    return {
        "stories": number,
        "made_s": round(built, 1),
        "ledger_s": round(composed, 2),
        "pages": status.pages,
        "bake_s": round(baked, 2),
        "pages_per_s": round(status.pages / baked, 1),
        "cpu_ms_per_page": round(used * 1000 / max(1, status.pages), 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0),
        "wagtail_ms": round(statistics.median(wagtail), 1),
        "wagtail_ms_worst": round(max(wagtail), 1),
        "press_ms": round(statistics.median(press), 1),
        "press_ms_worst": round(max(press), 1),
        "press_step_ms": round(statistics.median(whole), 1),
        "pages_a_publish": statistics.median(pages),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000, 10000])
    parser.add_argument("--json", action="store_true", help="one JSON object a size")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one)))
        return
    if not arguments.json:
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    for number in arguments.sizes:
        home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
        try:
            run = subprocess.run(
                [sys.executable, "-m", "bench.publish", "--one", str(number)],
                env={**os.environ, "STANDFIRST_HOME": str(home), "STANDFIRST_LOG_LEVEL": "ERROR"},
                stdout=subprocess.PIPE,
                check=True,
                text=True,
            )
        finally:
            shutil.rmtree(home, ignore_errors=True)
        found = json.loads(run.stdout.splitlines()[-1])
        if arguments.json:
            print(json.dumps(found))
        else:
            print(", ".join(f"{name} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
