"""Measures bursts: copy that comes in faster than people can look, with the newsroom's real processes.

    python -m bench.burst --stories 10000

First 200 items that the feed publishes are put into its folder at once, and after half of them the kill of one that is
live already: when is the last of them with the readers, when is the killed one gone? Then, in the same newsroom, 5,000
items for the desk: are all of them there, how fast were they taken in, and how fast did the wire's screen answer the
while?
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from bench import copy, machine, running
from bench.words import Words


def published(number: int, client: httpx.Client, inbox: Path, home: Path) -> dict[str, float]:
    """`number` items at once, each to be published, and the kill of the first after half of them."""
    marker = f"burst{int(time.time())}"
    item = f"urn:newsml:{copy.AGENCY}:{copy.DAY}:B{{}}"
    text = [
        f"Paragraph {each} of an item in a burst, with some words more so that it has a length." for each in range(8)
    ]
    running.put(inbox, "first.xml", copy.g2(item.format(0), 1, "usable", f"Item 0 of {marker}", text))
    running.until(lambda: marker in client.get("/").text, 60, "the first story")
    victim = _path_of(home, f"Item 0 of {marker}")
    began, killed = time.perf_counter(), 0.0
    for place in range(1, number + 1):
        headline = f"Item {place} of {marker}"
        running.put(inbox, f"burst-{place}.xml", copy.g2(item.format(place), 1, "usable", headline, text))
        if place == number // 2:
            killed = running.put(inbox, "kill.xml", copy.g2(item.format(0), 2, "canceled", f"Item 0 of {marker}", text))
    gone = live = 0.0
    while not (gone and live):
        if not gone and client.get(victim).status_code == 410:
            gone = time.perf_counter()
        if not live and _live(home, marker) >= number:
            live = time.perf_counter()
        if time.perf_counter() - began > 300:
            raise SystemExit(f"After five minutes {_live(home, marker)} of {number} stories were live.")
        time.sleep(0.02)
    return {"items": number, "all_live_s": round(live - began, 2), "kill_inside_s": round(gone - killed, 3)}


def _path_of(home: Path, headline: str) -> str:
    for file in (home / "output" / "pages").rglob("index.html"):
        if time.time() - file.stat().st_mtime < 30 and re.search(rf"<h1[^>]*>\s*{headline}\s*</h1>", file.read_text()):
            return f"/{file.relative_to(home / 'output' / 'pages').parent.as_posix()}/"
    raise SystemExit(f"No page has the headline {headline}.")


def _live(home: Path, marker: str) -> int:
    """How many story pages of the burst are with the readers."""
    count = 0
    with os.scandir(home / "output" / "pages" / "s0" / "p0") as entries:
        for entry in entries:
            if entry.is_dir() and re.fullmatch(r"\d{4}", entry.name):
                count += sum(
                    1
                    for page in Path(entry.path).glob(f"*/*/*-of-{marker}*/index.html")
                    if page.is_file() and "item-0-" not in str(page)
                )
    return count


def desk(number: int, client: httpx.Client, inbox: Path, home: Path) -> dict[str, float]:
    """`number` items at once for the desk, in files of one item each, while somebody looks at the wire."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/newsroom/login/").text)
    if token is None:
        raise SystemExit("The log-in has no form.")
    client.post(
        "/newsroom/login/",
        data={"username": "bench", "password": running.PASSWORD, "csrfmiddlewaretoken": token.group(1)},
        headers={"Referer": f"{client.base_url}/newsroom/login/"},
    )
    _screen(client)
    words = Words(random.Random(3))
    aside = home / "aside"
    aside.mkdir()
    for place in range(number):
        item = f"urn:newsml:{copy.AGENCY}:{copy.DAY}:D{place}"
        text = [f"{words.line(40)}." for _ in range(8)]
        (aside / f"desk-{place:05}.xml").write_bytes(copy.g2(item, 1, "usable", f"{words.line(7)} {place}", text))
    began = time.perf_counter()
    for file in sorted(aside.iterdir()):
        file.rename(inbox / file.name)
    put = time.perf_counter() - began
    screens: list[float] = []
    while _items(home) < number:
        start = time.perf_counter()
        _screen(client)
        screens.append((time.perf_counter() - start) * 1000)
        if start - began > 900:
            raise SystemExit(f"After fifteen minutes {_items(home)} of {number} items were there.")
        time.sleep(0.25)
    took = time.perf_counter() - began
    screen = machine.tail(screens)
    return {
        "items": number,
        "put_s": round(put, 2),
        "all_there_s": round(took, 1),
        "items_a_second": round(number / took, 1),
        **{f"screen_{name}_ms": round(value) for name, value in screen.items()},
    }


def _screen(client: httpx.Client) -> None:
    if (status := client.get("/newsroom/wire/").status_code) != 200:
        raise SystemExit(f"The wire's screen answers {status}.")


def _items(home: Path) -> int:
    database = sqlite3.connect(f"file:{home / 'newsroom.sqlite3'}?mode=ro", uri=True, timeout=30)
    try:
        return int(database.execute("select count(*) from wire_item where item_id like '%:D%'").fetchone()[0])
    finally:
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--published", type=int, default=200)
    parser.add_argument("--desk", type=int, default=5_000)
    parser.add_argument("--prepare", help=argparse.SUPPRESS)
    parser.add_argument("--mode", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    machine.end_cleanly()
    if arguments.prepare:
        running.prepare(arguments.stories, arguments.prepare)
        return
    if arguments.mode:
        _set_mode(arguments.mode)
        return
    machine.say(machine.named())
    found: dict[str, Any] = {"stories": arguments.stories}
    with running.folder() as home:
        inbox = home / "inbox"
        inbox.mkdir()
        running.child(home, "-m", "bench.burst", "--stories", str(arguments.stories), "--prepare", str(inbox))
        with running.serving(home) as client:
            found["published"] = published(arguments.published, client, inbox, home)
            print(json.dumps(found), file=sys.stderr, flush=True)
            running.child(home, "-m", "bench.burst", "--mode", "desk")
            found["desk"] = desk(arguments.desk, client, inbox, home)
    print(json.dumps(found, indent=2))


def _set_mode(mode: str) -> None:
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from standfirst.wire.models import Feed

    Feed.objects.filter(name=running.FEED).update(mode=mode)


if __name__ == "__main__":
    main()
