"""Measures the intake of agency copy: sealed, parsed, stored, placed in its thread and found by the wire's search.

    python -m bench.wire [--rounds 5] [--items 1000] [--backlog 5000] [--profile]

In a newsroom of its own in a temporary folder, with `standfirst wire run` beside it: for a feed set to hold and one set
to desk, with one item a file and with fifty, NewsML-G2 texts of 450 words are put into a watched folder, round by
round, and timed until the last of them is read. Then a backlog is delivered and worked off in one process, while
another thread writes to the database twenty times a second, as the desk does. Medians of the rounds. With
`DATABASE_URL` and `PRESS_DATABASE_URL` set, on those databases, which must be empty.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench import machine, running
from bench.processes import cpu_seconds

MANY = 50
_MESSAGE = b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/">'


def measure(rounds: int, items: int, backlog: int, profiled: bool) -> dict[str, Any]:
    """In this process: rounds for each mode and size of file, then a backlog."""
    from standfirst.conf import setup

    setup.boot()
    home = setup.prepare()
    from standfirst.kit import clock
    from standfirst.wire import actions
    from standfirst.wire.models import Delivery, Feed, Item, Source

    copy = _Copy()
    report: dict[str, Any] = {}
    inboxes: dict[str, Path] = {}
    for mode in (Feed.Mode.HOLD, Feed.Mode.DESK):
        feed = Feed.objects.create(name=f"bench-{mode}", title=f"Bench {mode}", provider="bench", mode=mode)
        inboxes[mode] = home / f"inbox-{mode}"
        inboxes[mode].mkdir()
        settings = {"path": str(inboxes[mode]), "afterwards": "delete"}
        Source.objects.create(feed=feed, name=f"bench-{mode}", kind="folder", settings=settings, created_at=clock.now())
    wire = subprocess.Popen([sys.executable, "-m", "standfirst", "wire", "run"])
    try:
        for mode, inbox in inboxes.items():
            for together in (1, MANY):
                rates, busy = [], []
                for number in range(rounds + 1):
                    files = copy.files(items, together)
                    for name, data in files:
                        (inbox / f"{name}.part").write_bytes(data)
                    before, read = Item.objects.count(), Delivery.objects.filter(state="read").count()
                    start, used = time.perf_counter(), cpu_seconds(wire.pid)
                    for name, _ in files:
                        (inbox / f"{name}.part").rename(inbox / name)
                    while Delivery.objects.filter(state="read").count() < read + len(files):
                        if wire.poll() is not None:
                            raise SystemExit("The wire has ended.")
                        time.sleep(0.02)
                    end = time.perf_counter()
                    if Item.objects.count() - before != items:
                        raise SystemExit("Items were lost.")
                    if number:  # the first one warms up
                        busy.append((cpu_seconds(wire.pid) - used) / items * 1000)
                        rates.append(items / (end - start))
                report[f"{mode}, {together} a file" if together > 1 else f"{mode}, one a file"] = {
                    "items a second": round(statistics.median(rates)),
                    "slowest round": round(min(rates)),
                    "ms of the cores an item": round(statistics.median(busy), 2),
                }
    finally:
        wire.terminate()
        wire.wait()
    report["backlog"] = _backlog(copy, backlog, profiled)
    if Delivery.objects.filter(state="sealed").exists() or actions.work_off():
        raise SystemExit("Deliveries were left.")
    return report


def _backlog(copy: _Copy, number: int, profiled: bool) -> dict[str, Any]:
    from standfirst.wire import actions
    from standfirst.wire.models import Feed, Item

    feed = Feed.objects.get(name="bench-desk")
    before = Item.objects.count()
    for name, data in copy.files(number, 1):
        actions.deliver(feed=feed, data=data, file_name=name)
    waits: list[float] = []
    done = threading.Event()

    def write() -> None:
        from django.db import connection, transaction

        from standfirst.changes import actions as changes

        try:
            while not done.wait(0.05):
                start = time.perf_counter()
                with transaction.atomic():
                    changes.audit(by=changes.Machine("bench"), verb="wrote", kind="bench", ref=1)
                waits.append((time.perf_counter() - start) * 1000)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    profile = cProfile.Profile() if profiled else None
    start = time.perf_counter()
    if profile is not None:
        profile.enable()
    while actions.work_off():
        pass
    took = time.perf_counter() - start
    if profile is not None:
        profile.disable()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    done.set()
    thread.join()
    if not waits or Item.objects.count() - before != number:
        raise SystemExit("Items of the backlog were lost, or the other writer could not write.")
    waits.sort()
    return {
        "items": Item.objects.count() - before,
        "seconds": round(took, 1),
        "items a second": round(number / took),
        "ms another writer waits, p50": round(waits[len(waits) // 2], 1),
        "p95": round(waits[len(waits) * 95 // 100], 1),
        "max": round(waits[-1], 1),
    }


class _Copy:
    """Files of copy that nobody has sent before."""

    def __init__(self) -> None:
        self.dice = random.Random(1)
        syllables = "ba be bo da de du fa ka ke ki la lo ma me mi na no pa ra re ri sa so ta te to va wa ya ze".split()
        self.words = ["".join(self.dice.choices(syllables, k=self.dice.choice((1, 2, 3, 4)))) for _ in range(20_000)]
        total, self.cumulative = 0.0, []
        for place in range(len(self.words)):
            total += 1 / (place + 1)
            self.cumulative.append(total)
        self.number = 0

    def line(self, words: int) -> str:
        return " ".join(self.dice.choices(self.words, cum_weights=self.cumulative, k=words)).capitalize()

    def item(self) -> bytes:
        self.number += 1
        body = "".join(f"<p>{self.line(30)}.</p>" for _ in range(15))
        return (
            '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" standard="NewsML-G2" standardversion="2.35" '
            f'guid="urn:newsml:bench.example:{self.number}" version="1" xml:lang="en"><itemMeta>'
            '<itemClass qcode="ninat:text"/><provider literal="bench"/>'
            '<versionCreated>2026-11-22T08:00:00Z</versionCreated><pubStatus qcode="stat:usable"/></itemMeta>'
            '<contentMeta><urgency>4</urgency><subject qcode="medtop:11000000"><name>politics</name></subject>'
            f"<slugline>{self.line(3)}</slugline><headline>{self.line(9)}</headline><by>By A. Writer</by>"
            '</contentMeta><contentSet><inlineXML contenttype="application/xhtml+xml">'
            f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html></inlineXML></contentSet></newsItem>'
        ).encode()

    def files(self, items: int, together: int) -> list[tuple[str, bytes]]:
        made = []
        for number in range(0, items, together):
            some = b"".join(self.item() for _ in range(min(together, items - number)))
            if together > 1:
                some = (
                    b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>%s</itemSet></newsMessage>'
                    % some
                )
            made.append((f"item-{self.number}.xml", some))
        return made


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--items", type=int, default=1_000, help="of one round")
    ask.add_argument("--backlog", type=int, default=5_000)
    ask.add_argument("--profile", action="store_true", help="print where the time of the backlog went")
    ask.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = ask.parse_args()
    machine.end_cleanly()
    if wanted.inside:
        running.hand_in(measure(wanted.rounds, wanted.items, wanted.backlog, wanted.profile))
        return
    machine.say(machine.named())
    for name, figures in running.reported("bench.wire").items():
        print(f"{name}: " + ", ".join(f"{what} {value}" for what, value in figures.items()))


if __name__ == "__main__":
    main()
