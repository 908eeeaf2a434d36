"""Tries to break the laws of the press in a large newsroom: random changes while workers are killed at random.

    python -m bench.laws --stories 100000 --changes 10000 --proofs 20
    python -m bench.laws --postgresql --workers 3 --stories 3000 --changes 300 --proofs 3

A newsroom is made in a temporary folder and printed. Then people's doings (`tests.histories`) follow each other as fast
as they go, by Wagtail's own doors, while the worker process prints what follows from them; at random moments it gets a
SIGKILL and is started again. After each of so many parts the press may come to rest, and every page is compared with
what its snapshots say; at the end with what the database says. Each time every address of every killed, withheld or
embargoed story is asked for, and may not have the story or any of its words. A change that was refused, or for which
there was nothing to do, is counted apart. Ends with 1, and what differs, if a law is broken, or if a worker ended
that nobody had ended. What touches many thousand pages at once (a section moved, the paper
renamed) is rare, as it is in life. With 100,000 stories it takes some hours; `--stories 3000 --changes 300 --proofs 3`
takes some minutes.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import machine, running

if TYPE_CHECKING:
    from standfirst.pages.output import Output
    from standfirst.pictures.models import Picture
    from standfirst.press.engine import Engine, Proof
    from standfirst.stories.models import Section, Story

REST = 1_800.0
"""Seconds for which the press may take to come to rest: the paper may have been renamed."""
STOPS = 120.0
"""Seconds in which a worker that is asked to must have ended."""


class Workers:
    """So many worker processes at a time; each is killed after a random time, and another takes its place."""

    def __init__(self, number: int, dice: random.Random, *, kill: bool) -> None:
        self._dice = dice
        self._kill = kill
        self._ended = threading.Event()
        self._peace = threading.Event()
        self._away = threading.Event()
        self.deaths = 0
        self.crashes: list[int] = []
        """What workers returned that ended by themselves, or otherwise than they were asked to."""
        self._alive = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._watch) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def _watch(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                if go := not self._away.is_set():
                    self._alive += 1
            if not go:
                time.sleep(0.05)
                continue
            worker = subprocess.Popen([sys.executable, "-m", "standfirst.conf.worker"])
            # It takes a good second to start.
            until = time.monotonic() + self._dice.choice((1.5, 3.0, 6.0, 12.0)) * (0.5 + self._dice.random())
            # By itself it never ends.
            meant: tuple[int, ...] = ()
            while worker.poll() is None and not self._ended.is_set() and not self._away.is_set():
                time.sleep(0.01)
                if self._kill and not self._peace.is_set() and time.monotonic() > until and worker.poll() is None:
                    worker.kill()
                    meant = (-signal.SIGKILL,)
                    break
            if not meant and worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
                # The second, if it had not come so far as to take the signal.
                meant = (0, -signal.SIGTERM)
            try:
                code = worker.wait(STOPS)
            except subprocess.TimeoutExpired:
                worker.kill()
                code = worker.wait()
            with self._lock:
                self._alive -= 1
                if code not in meant:
                    self.crashes.append(code)
                elif code == -signal.SIGKILL:
                    self.deaths += 1

    def away(self, on: bool) -> None:
        """Have all of them end, and none take their place; or have them come back."""
        (self._away.set if on else self._away.clear)()
        while on and self._alive:
            time.sleep(0.05)

    def peace(self, on: bool) -> None:
        """Let the worker live, or not."""
        (self._peace.set if on else self._peace.clear)()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


@dataclass
class Large:
    """The newsroom as a stage for `tests.histories`."""

    front: Section
    editor: Any
    publisher: Any
    reporter: Any
    wire_editor: Any
    sections: list[int]
    dice: random.Random

    @property
    def author(self) -> Any:
        from standfirst.stories.models import Author

        return self.dice.choice(list(Author.objects.order_by("pk")))

    def story(self, headline: str, *, section: Section | None = None, **fields: Any) -> Story:
        from standfirst.stories import actions as stories
        from standfirst.stories.models import Section

        fields.setdefault("body", [("paragraph", f"<p>{headline}: what we know.</p>")])
        where = Section.objects.get(pk=section.pk if section else self.dice.choice(self.sections))
        story = stories.create(section=where, by=self.editor, title=headline, **fields)
        return stories.publish(story=story, by=self.editor)

    def edit(self, story: Story, **fields: Any) -> Story:
        from standfirst.stories.models import Story

        page = Story.objects.get(pk=story.pk)
        for name, value in fields.items():
            setattr(page, name, value)
        page.save_revision(user=self.editor).publish(user=self.editor)
        again: Story = Story.objects.get(pk=story.pk)
        return again

    def picture(self, colour: str = "navy") -> Picture:
        from PIL import Image

        from standfirst.pictures import actions as pictures

        data = io.BytesIO()
        Image.new("RGB", (700, 400), colour).save(data, "JPEG")
        return pictures.add(
            data=data.getvalue(), file_name=f"{colour}.jpg", title=colour, alt=f"A {colour} field {self.dice.random()}"
        )


RARE = {"move_section": 0.02, "rename_section": 0.05, "rename_site": 0.005, "rename_author": 0.3}
"""How often these are done, where all others are done once."""
TELLING = 8
"""Characters from which a text is taken for a story's own."""
NEVER = ("time_passes",)
"""The worker's clock is its own."""


def readable(read: Callable[[str], Output | None]) -> tuple[list[str], int]:
    """What readers get of stories that nobody may read now, in sentences; and how many addresses were asked for."""
    from standfirst.stories.models import Address, Embargo, Story, Takedown

    wrong: list[str] = []
    taken = dict(Takedown.objects.filter(undone_at=None).values_list("story_id", "names"))
    kept = set(Embargo.objects.standing().values_list("story_id", flat=True))
    asked = 0
    for story in Story.objects.filter(pk__in=taken.keys() | kept).order_by("pk"):
        if story.live:
            wrong.append(f"story {story.pk} is live in the database")
        words = _words(story, headline=not taken.get(story.pk))
        for address in Address.objects.filter(story=story).select_related("section_path"):
            asked += 1
            output = read(address.path)
            if output is None or output.status == 301:
                continue
            text = html.unescape(re.sub(r"<[^>]+>", " ", output.body.decode()))
            if output.status != 410:
                wrong.append(f"{address.path} answers {output.status}")
            # A number that only begins alike is another headline's.
            elif said := [each for each in words if re.search(rf"{re.escape(each)}(?!\d)", text)]:
                wrong.append(f"{address.path} says {said[0]!r}")
    return wrong, asked


def _words(story: Story, *, headline: bool) -> set[str]:
    """Texts by which a story would be known, in any of its revisions. What is short may stand anywhere."""
    found: set[str] = set()
    for each in (story, *(revision.as_object() for revision in story.revisions.all())):
        found.update(
            re.sub(r"<[^>]+>", "", html.unescape(str(block.value.source)))
            for block in each.body
            if block.block_type == "paragraph"
        )
        found.add(each.standfirst)
        if headline:
            found.add(each.title)
    return {text.strip() for text in found if len(text.strip()) >= TELLING}


def measure(number: int, changes: int, proofs: int, seed: int, hands: int) -> dict[str, Any]:
    """In this process, whose `STANDFIRST_HOME` is an empty folder."""
    from standfirst.conf import setup

    setup.boot()
    home = setup.prepare()
    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.people import actions as people
    from standfirst.press import wiring
    from standfirst.stories.models import Section
    from tests.histories import History

    def say(sentence: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)

    dice = random.Random(seed)
    leaves = archive.build(number)
    Change.objects.all().delete()
    say(f"{number} stories made; printing.")
    began = time.perf_counter()
    running.print_everything()
    say(f"Printed in {time.perf_counter() - began:.0f} s.")
    hired = {
        name: people.hire(username=name, name=name.title(), roles=[role])
        for name, role in (("pub", "Publisher"), ("rep", "Reporter"), ("wire", "Wire editor"))
    }
    front = Section.objects.filter(depth=2).get()
    stage = Large(
        front=front,
        editor=archive.editor(),
        publisher=hired["pub"],
        reporter=hired["rep"],
        wire_editor=hired["wire"],
        sections=[leaf.pk for leaf in leaves],
        dice=dice,
    )
    history = History(stage, seed)
    history.dice = dice
    history.doings = [doing for doing in history.doings if doing.__name__ not in NEVER]
    weights = [RARE.get(doing.__name__, 1.0) for doing in history.doings]
    every = list(history.doings)
    engine = wiring.engine(output=home / "output")
    workers = Workers(max(1, hands), random.Random(seed + 1), kill=hands > 0)
    found: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    done: Counter[str] = Counter()
    idle: Counter[str] = Counter()
    wrong: list[str] = []
    spent = 0.0

    def rests() -> bool:
        return not Change.objects.filter(closed_at=None).exists() and not any(engine.status().backlog.values())

    def at_rest() -> None:
        running.until(rests, REST, "the press to come to rest")

    def come_back() -> None:
        """Let workers in again, and wait until one has been through a round."""
        since = time.time()
        workers.away(False)
        running.until(lambda: _ready(home / "run" / "worker.json", since), REST, "a worker to be ready again")

    try:
        for part in range(1, proofs + 1):
            began = time.perf_counter()
            for _ in range(changes // proofs):
                history.doings = dice.choices(every, weights)
                history.step()
                doing, _, outcome = history.told[-1].partition(": ")
                (refused if outcome.startswith("refused") else idle if outcome == "None" else done)[doing] += 1
            spent += time.perf_counter() - began
            workers.peace(True)
            last, looks, first = part == proofs, 0, ""
            before: list[str] = []
            began = time.perf_counter()
            while True:
                while True:
                    at_rest()
                    # Nobody prints while we look; and the clock may have brought something in the last instant.
                    workers.away(True)
                    if rests():
                        break
                    come_back()
                proof = _prove(engine, every=last)
                faults, asked = readable(engine.outlet.read)
                if not proof.ok:
                    faults.insert(0, str(proof))
                looks += 1
                # A picture's rights may end while it is looked at and no worker hears of it: that is no fault, and gone
                # at the next look. What is found twice is one.
                if not faults or faults == before or looks > 4:
                    break
                before = faults
                first = first or "; ".join(faults)
                say(f"Looking again, because of {'; '.join(faults)}")
                come_back()
            took = time.perf_counter() - began
            found.append(
                {
                    "pages": proof.pages,
                    "taken_down_addresses": asked,
                    "ok": not faults,
                    "looks": looks,
                    "seconds": round(took, 1),
                    **({"first_look": first} if first else {}),
                }
            )
            say(
                f"{part} of {proofs}: {sum(done.values())} changes, {workers.deaths} workers killed, "
                f"{proof.pages} pages proved in {took:.0f} s: {'; '.join(faults) or 'clean'}"
            )
            wrong += faults
            if faults:
                break
            workers.peace(False)
            workers.away(False)
    finally:
        workers.end()
    if workers.crashes:
        wrong.append(f"workers that nobody ended returned {workers.crashes}")
    return {
        "stories": number,
        "changes": sum(done.values()),
        "refused": sum(refused.values()),
        "nothing_to_do": sum(idle.values()),
        "steps_a_second": round(sum((done + refused + idle).values()) / spent, 1),
        "workers_killed": workers.deaths,
        "workers_crashed": workers.crashes,
        "proofs": found,
        "wrong": wrong,
        "doings": dict(done),
    }


def _prove(engine: Engine, *, every: bool) -> Proof:
    """Prove with all cores; with `every`, also against the newsroom's database."""
    from standfirst.conf import crew
    from standfirst.press import wiring
    from standfirst.press.crew import Crew

    engine.crew = helpers = Crew(crew.number(), crew.start)
    records = wiring.Ahead(crew=lambda: helpers)
    try:
        return engine.proof(records.compose, records) if every else engine.proof()
    finally:
        helpers.close()
        engine.crew = None


def _ready(heartbeat: Path, since: float) -> bool:
    """True if a worker has said after that moment that it has nothing to do."""
    try:
        return heartbeat.stat().st_mtime > since and json.loads(heartbeat.read_text())["doing"] == "ready"
    except FileNotFoundError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--proofs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="so many at a time")
    parser.add_argument("--peace", action="store_true", help="one worker, and it is not killed")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, from the development requirements")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    if wanted.changes < wanted.proofs:
        parser.error("There must be as many changes as proofs at least.")
    if wanted.inside:
        hands = 0 if wanted.peace else wanted.workers
        running.hand_in(measure(wanted.stories, wanted.changes, wanted.proofs, wanted.seed, hands))
    else:
        about = machine.describe()
        running.tell(running.reported("bench.laws", postgresql=wanted.postgresql), "laws", about)


if __name__ == "__main__":
    main()
