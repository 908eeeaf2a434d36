"""Measures how long a killed story is still anywhere, from the agency's file to the last of its surfaces.

    python -m bench.kill 10000 --rounds 5

A newsroom of that many stories is made in a temporary folder and served by the real processes. In each round and for
each of the four ways in which agencies kill, a story comes in through a watched folder, is published by its feed, leads
the front and its section, and becomes the most read, so that most pages show it. Then the kill is put into the folder,
and every surface that held the headline is asked for through the reader process until it has gone. The clock starts
when the file gets its final name. Medians and 95th percentiles over the rounds, the slowest kinds of surface by name.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from bench import copy, machine, running


def spread(headline: str) -> None:
    """In this process: have the story with this headline lead two fronts and be the most read."""
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from bench import archive
    from standfirst.changes import actions as changes
    from standfirst.desk import actions as desk
    from standfirst.kit import clock
    from standfirst.press.worker import RANKING
    from standfirst.readership.models import ReadCount
    from standfirst.stories.models import Section, Story

    story = Story.objects.get(title=headline)
    by = archive.editor()
    section = Section.objects.get(pk=story.get_parent().pk)
    for front in (section, *Section.objects.ancestor_of(section).filter(depth__gt=1)):
        desk.put(section=front, position=1, story=story, by=by)
    ReadCount.objects.update_or_create(story=story.pk, defaults={"level": 1e6})
    changes.set_tick(name=RANKING, ref="top", due=clock.now())


def _showing(pages: Path, headline: str, since: float) -> list[str]:
    """Addresses of all pages written since then that hold the headline."""
    wanted, found = headline.encode(), []
    for file in pages.rglob("*"):
        if file.suffix == ".gz" or not file.is_file() or file.stat().st_mtime < since - 1:
            continue
        if wanted in file.read_bytes():
            path = f"/{file.relative_to(pages).as_posix()}"
            found.append(path.removesuffix("index.html") if path.endswith("/index.html") else path)
    return found


def _kind(path: str, story: str) -> str:
    parts = path.strip("/").split("/")
    if path == story:
        return "the story"
    if "." in parts[-1]:
        return f"file {parts[-1].rpartition('.')[2]}"
    if len(parts) >= 4 and any(part.isdigit() and len(part) == 4 for part in parts):
        return "other stories"
    return "front" if path == "/" else "lists"


def run(number: int, rounds: int) -> dict[str, Any]:
    dice = random.Random(7)
    results: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, list[float]] = defaultdict(list)
    surfaces: list[int] = []
    with running.folder() as home:
        inbox = home / "inbox"
        inbox.mkdir()
        running.child(home, "-m", "bench.kill", "--prepare", str(number), "--inbox", str(inbox))
        with running.serving(home) as client:
            for turn in range(rounds):
                for place in range(4):
                    serial = turn * 4 + place + 1
                    headline = f"Measured headline {serial} {dice.randrange(10**9)}"
                    text = [f"Paragraph {each} of measured story {serial}, long enough to be one." for each in range(8)]
                    way = copy.ways(serial, headline, text)[place]
                    since = time.time()
                    running.put(inbox, *way.story)
                    _wait_for(client, headline)
                    running.child(home, "-m", "bench.kill", "--spread", headline)
                    shown: list[str] = []
                    for _ in range(60):
                        again = _showing(home / "output" / "pages", headline, since)
                        if shown and len(again) == len(shown):
                            break
                        shown = again
                        time.sleep(1)
                    pages = (path for path in shown if path.count("/") > 4 and _is_story(client, path, headline))
                    if (story := next(pages, None)) is None:
                        raise SystemExit(f"{way.name}: there is no page of the story among {len(shown)} surfaces.")
                    began = running.put(inbox, *way.kill)
                    left, last = set(shown), 0.0
                    while left:
                        for path in sorted(left):
                            answer = client.get(path)
                            if answer.status_code in (404, 410) or headline not in answer.text:
                                last = (time.perf_counter() - began) * 1000
                                kinds[_kind(path, story)].append(last)
                                left.discard(path)
                        if time.perf_counter() - began > 60:
                            raise SystemExit(f"{way.name}: still shown after a minute on {sorted(left)[:5]}")
                    results[way.name].append(last)
                    surfaces.append(len(shown))
                    print(f"{way.name}: {last:.0f} ms, {len(shown)} surfaces", file=sys.stderr, flush=True)
    return {
        "stories": number,
        "rounds": rounds,
        "surfaces": statistics.median(surfaces),
        "ways": {name: _ms(values) for name, values in results.items()},
        "all": _ms([value for values in results.values() for value in values]),
        "kinds of surface": {name: _ms(values) for name, values in kinds.items()},
    }


def _wait_for(client: httpx.Client, headline: str) -> None:
    running.until(lambda: headline in client.get("/").text, 60, f"“{headline}” to be on the front")


def _is_story(client: httpx.Client, path: str, headline: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 200 and f"{headline}</h1>" in answer.text.replace("\n", "")


def _ms(values: list[float]) -> dict[str, float]:
    return {f"{name}_ms": round(value) for name, value in machine.tail(values).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stories", nargs="?", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--inbox", help=argparse.SUPPRESS)
    parser.add_argument("--spread", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    machine.end_cleanly()
    if arguments.prepare is not None:
        running.prepare(arguments.prepare, arguments.inbox)
    elif arguments.spread:
        spread(arguments.spread)
    else:
        machine.say(machine.named())
        print(json.dumps(run(arguments.stories, arguments.rounds), indent=2))


if __name__ == "__main__":
    main()
