"""Measures a full bake and one publish in newsrooms of different sizes.

    python -m bench.publish 1000 10000 100000
    python -m bench.publish --postgresql 10000
    python -m bench.publish --bakes 5 100000
    python -m bench.publish --keep /srv/bench 1000000
    python -m bench.publish --postgresql --share 10000 1000000

For each size a newsroom is made in a temporary folder; the ledger is built and every page printed from nothing, by as
many processes as there are cores. Processor time, memory and what went to disks are those of all our processes and of
PostgreSQL's. Then rounds of creating and publishing one story are timed, with a full hot set:
Wagtail's share (until the publishing call returns, the change row committed) and the press's (until the last page of
that change row is with the readers and the row is closed). Medians, and what 19 of 20 stay below. With `--bakes` the
ledger and every page are made so many times, each in processes of their own into a new folder, and the medians count.

With `--keep` the newsroom stays in that folder, each stage by itself: a run that was broken off goes on after the last
stage that ended, and does that over which had not, from nothing; rounds may be repeated. A million stories take some
hours and 60 GB. With `--share` nothing is printed, and Wagtail's share alone is timed: with a million stories on
PostgreSQL that takes an hour or so. Ends with 1 if a page cannot be printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench import machine, processes, running
from bench.machine import Figures, tail

ROUNDS = 40
WARM = 3
"""Rounds before that are not counted."""
FORMER = "former-"
"""Where output folders of earlier bakes are put aside, until the end."""
PATIENCE = 300.0
"""Seconds in which a story must be with the readers."""


def measure(number: int, rounds: int, about: Figures, *, share: bool) -> None:
    """In this process: a newsroom of `number` stories, baked and published to. With `share` nothing is printed."""
    home = Path(os.environ["STANDFIRST_HOME"])
    stages = _Stages(home / "bench.json")
    _begin_again(home, stages, number)
    from standfirst.conf import crew, setup

    setup.boot()
    setup.prepare()
    from django.conf import settings
    from django.db import connection

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.worker import Worker
    from standfirst.stories.models import Section

    if "made_s" not in stages:
        began = time.perf_counter()
        archive.build(number)
        Change.objects.all().delete()
        _analyse(connection)
        made = round(time.perf_counter() - began, 1)
        stages.keep(database=connection.vendor, related=archive.RELATED, made_s=made)
    leaves = list(Section.objects.filter(depth=4).order_by("path"))
    if share:
        stages.keep(about=about, **_share(archive.editor(), leaves, rounds))
        return
    closed = _Closed()
    worker = Worker(
        wiring.engine(),
        home=home,
        options=settings.STANDFIRST,
        fault=closed,
        hire=lambda: Crew(crew.number(), crew.start),
    )
    setup.settle()  # as the worker process does
    if "bake_s" not in stages:
        stages.keep(bake_about=about, **_bake(worker))
    else:
        worker.open()
    if rounds:
        stages.keep(about=about, **_publish(worker, archive.editor(), leaves, rounds, closed))


class _Closed:
    """Called by the worker at each of its steps: remembers when it has closed rows last."""

    at = 0.0

    def __call__(self, step: str) -> None:
        if step == "worker:closed":
            self.at = time.perf_counter()


def _begin_again(home: Path, stages: _Stages, number: int) -> None:
    """Take away what an unfinished stage has left: what it goes on from would count as if it had been done in it."""
    if stages.found.get("stories", number) != number:
        raise SystemExit(f"In {home} is a newsroom of {stages.found['stories']:,} stories: take another folder.")
    if not stages.found and any(home.iterdir()):
        raise SystemExit(f"{home} holds something that is not from this bench: take another folder.")
    stages.keep(stories=number)
    if "bake_s" in stages:
        return
    for each in home.glob("press.sqlite3*" if "made_s" in stages else "*"):
        if each.is_dir():
            shutil.rmtree(each)
        elif each != stages.path:
            each.unlink()
    if (home / "output").exists():
        # Pages that are deleted a moment before others are made cost these others time.
        (home / "output").rename(home / f"{FORMER}{time.time_ns()}")


def _bake(worker: Any) -> dict[str, Any]:
    with processes.watching(*_ours()) as ledger:
        worker.open()
    with processes.watching(*_ours()) as bake:
        while any(worker.engine.status().backlog.values()):
            if not worker.press(patience=60):  # a full bake gives way to no clock here
                break
        worker.dismiss()
    check(worker)
    status = worker.engine.status()
    return {
        "ledger_s": round(ledger.wall_s, 2),
        "pages": status.pages,
        "bake_s": round(bake.wall_s, 2),
        "pages_per_s": round(status.pages / bake.wall_s, 1),
        "cpu_ms_per_page": round(bake.cpu_s * 1000 / max(1, status.pages), 3),
        "peak_mb": round(max(ledger.peak_mb, bake.peak_mb)),
        "to_disk_mb": round(bake.to_disk_mb),
        "pages_mb": round(status.bytes / 2**20),
        "bake_others_cpu_percent": _others(bake),
    }


BAKE = ("ledger_s", "bake_s", "pages_per_s", "cpu_ms_per_page", "peak_mb", "to_disk_mb", "bake_others_cpu_percent")
"""Figures of a bake that differ each time."""


def _ours() -> list[int]:
    """This process, and the database server's first one."""
    server = os.environ.get(running.DATABASE_PROCESS)
    return [os.getpid(), *([int(server)] if server else [])]


def _others(taken: processes.Together) -> float:
    """Percent of the machine that others used meanwhile."""
    return round(taken.others_cpu_s * 100 / taken.wall_s / len(os.sched_getaffinity(0)))


def check(worker: Any) -> None:
    """End the program if a page could not be printed, or waits: it would make the others look quick."""
    status = worker.engine.status()
    if status.failed:
        path, why = next(iter(status.failed.items()))
        raise SystemExit(f"{len(status.failed)} pages could not be printed, e.g. {path}: {why}")
    if waiting := sum(status.backlog.values()):
        raise SystemExit(f"{waiting} pages still wait. {worker.trouble}".strip())


def _publish(worker: Any, by: Any, leaves: Sequence[Any], rounds: int, closed: _Closed) -> dict[str, Any]:
    from standfirst.changes.models import Change
    from standfirst.readership import actions as readership

    def rest() -> None:
        for _ in range(100):
            worker.round()
            if not Change.objects.filter(closed_at=None).exists():
                return
        raise SystemExit(f"The press does not come to rest. {worker.trouble}".strip())

    def printed(story: int) -> Any:
        rows = Change.objects.about("story", story)
        return next((row for row in rows if row.report and row.report["pages"]), None)

    rest()
    wagtail, press, whole, pages = [], [], [], []
    with processes.watching(*_ours(), memory=False) as taken:
        for place in range(WARM + rounds):
            story = _draft(by, leaves, place)
            rest()
            start = time.perf_counter()
            story.get_latest_revision().publish(user=by)
            middle = time.perf_counter()
            worker.press()
            end = closed.at
            while (row := printed(story.pk)) is None:
                if time.perf_counter() - start > PATIENCE:
                    raise SystemExit(f"Story {story.pk} is not with the readers. {worker.trouble}".strip())
                worker.press()
                end = closed.at
            if place >= WARM:
                wagtail.append((middle - start) * 1000)
                press.append(float(row.report["ms"]))
                whole.append((end - middle) * 1000)
                pages.append(row.report["pages"])
            rest()
    check(worker)
    return {
        "rounds": rounds,
        "hot": len(readership.hot_paths()),
        "wagtail_ms": tail(wagtail),
        "press_row_ms": tail(press),
        "press_step_ms": tail(whole),
        "publish_ms": tail([a + b for a, b in zip(wagtail, whole, strict=True)]),
        "pages_a_publish": statistics.median(pages),
        "rounds_others_cpu_percent": _others(taken),
    }


def _share(by: Any, leaves: Sequence[Any], rounds: int) -> dict[str, Any]:
    took = []
    with processes.watching(*_ours(), memory=False) as taken:
        for place in range(WARM + rounds):
            story = _draft(by, leaves, place)
            start = time.perf_counter()
            story.get_latest_revision().publish(user=by)
            if place >= WARM:
                took.append((time.perf_counter() - start) * 1000)
    return {"rounds": rounds, "wagtail_ms": tail(took), "rounds_others_cpu_percent": _others(taken)}


def _draft(by: Any, leaves: Sequence[Any], place: int) -> Any:
    from standfirst.stories import actions as stories
    from standfirst.stories.models import Author, Topic

    return stories.create(
        section=type(leaves[0]).objects.get(pk=leaves[place % len(leaves)].pk),
        by=by,
        # Different ones each time, as their pages and feeds are printed, too.
        authors=list(Author.objects.order_by("pk")[place : place + 1]),
        topics=list(Topic.objects.order_by("pk")[2 * place : 2 * place + 2]),
        title=f"Measured headline number {place} of the run",
        standfirst="One sentence that says what was measured.",
        body=[("paragraph", "<p>Measured text.</p>")] * 12,
    )


def _analyse(connection: Any) -> None:
    """Let PostgreSQL look at what it holds, as it does by itself in the life of a newsroom. SQLite never does there."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


class _Stages:
    """What was measured, kept after each stage; of the bake, if it is repeated, each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def keep(self, **found: Any) -> None:
        self.found |= found
        self.path.write_text(json.dumps(self.found))
        print(", ".join(f"{name} {value}" for name, value in found.items()), file=sys.stderr, flush=True)

    def end_bake(self, *, again: bool) -> None:
        """Put the figures of a bake to those of earlier ones; either have it made again, or take the medians."""
        each = self.found.setdefault("bakes", [])
        each.append({name: self.found[name] for name in BAKE})
        if again:
            del self.found["bake_s"]
        else:
            self.found |= {name: round(statistics.median(bake[name] for bake in each), 3) for name in BAKE}
        self.path.write_text(json.dumps(self.found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10000])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="stories published")
    parser.add_argument("--bakes", type=int, default=1, help="so many times, and the medians (SQLite only)")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, from the development requirements")
    parser.add_argument("--share", action="store_true", help="print nothing, and time Wagtail's share alone")
    parser.add_argument("--keep", type=Path, help="a folder in which the newsrooms stay (SQLite only)")
    parser.add_argument("--inside", metavar="ABOUT", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    if wanted.inside:
        measure(wanted.sizes[0], wanted.rounds, json.loads(wanted.inside), share=wanted.share)
        return
    if wanted.rounds < 1 or wanted.bakes < 1:
        parser.error("There must be one round and one bake at least.")
    if wanted.share and (wanted.keep or wanted.bakes > 1):
        parser.error("With --share nothing is printed, and nothing is kept.")
    if (wanted.keep or wanted.bakes > 1) and wanted.postgresql:
        raise SystemExit("What is in a server of its own ends with it: leave --keep and --bakes out, or --postgresql.")
    for number in wanted.sizes:
        about = machine.describe()
        print(f"{about['cores']} cores of {about['cpu']}, Python {about['python']}, {about['kernel']}")
        with nullcontext(wanted.keep / str(number)) if wanted.keep else running.folder() as home:
            home.mkdir(parents=True, exist_ok=True)
            stages = _Stages(home / "bench.json")
            # What an earlier run has baked counts; when it has baked enough there are only rounds.
            while len(stages.found.get("bakes", [])) < wanted.bakes - 1:
                _run(number, 0, about, home, postgresql=wanted.postgresql, share=False)
                stages = _Stages(home / "bench.json")
                stages.end_bake(again=True)
            _run(number, wanted.rounds, about, home, postgresql=wanted.postgresql, share=wanted.share)
            stages = _Stages(home / "bench.json")
            if not wanted.share and wanted.bakes > len(stages.found.get("bakes", [])):
                stages.end_bake(again=False)
            found = json.loads((home / "bench.json").read_text())
            for former in home.glob(f"{FORMER}*"):
                shutil.rmtree(former)
        print(json.dumps(found), flush=True)
        _save(found, "shares" if wanted.share else "sizes")


def _run(number: int, rounds: int, about: Figures, home: Path, *, postgresql: bool, share: bool) -> None:
    words = [json.dumps(about), "--rounds", str(rounds), *(["--share"] if share else []), str(number)]
    running.apart("bench.publish", words, home=home, postgresql=postgresql, durable=True)


def _save(found: Figures, kind: str) -> None:
    """Beside what earlier runs left of other sizes, each with what is to be said about its own run."""
    file = machine.RESULTS / "publish.json"
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError):
        kept = {}
    kept = {"sizes": {}, "shares": {}} | kept
    kept[kind][f"{found['database']}-{found['stories']:09}"] = found
    machine.save("publish", {name: dict(sorted(each.items())) for name, each in kept.items()})


if __name__ == "__main__":
    main()
