"""Measures the wire's screen with a few items and with very many, alone and while items pour in.

    python -m bench.wire_screen 1000 10000 100000

For each size a newsroom is made in a temporary folder, and its wire filled with items of 60 to 600 words, Zipfian, from
eight feeds in three languages. Then requests go through the whole of the newsroom's own stack (sign-in, permissions,
templates) in one process: the list, a filtered list, searches for common and rare words, phrases and beginnings, the
poll with nothing new and with ten new items, an item's preview, and the banner's poll. Milliseconds, p50 and p95;
nothing is warmed but the first request of each kind. The first line of each size says what the index costs intake. With
`--burst`, all is measured once more while another process takes items in as fast as it can.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROUNDS = 40
FEEDS = 8
SUBJECTS = [
    "Politics",
    "Sport",
    "Economy, business and finance",
    "Weather",
    "Disaster and accident",
    "Health",
    "Education",
]
PLACES = ["Port Amaro", "Luberi", "Kesswa", "Zandaria", "Belemba"]


def boot() -> None:
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()


def canonical(dice: random.Random, words: Any, number: int) -> Any:
    from standfirst.wire.item import Concept, Item

    body = "".join(f"<p>{words.line(40)}.</p>" for _ in range(dice.randint(2, 15)))
    return Item(
        provider="bench",
        item_id=f"urn:bench:{number}",
        version_raw="1",
        version_order=1,
        urgency=dice.choice((1, 2, 3, 4, 4, 4, 5, 5, 5, 6)),
        slugline=f"{words.take(1)[0].upper()}-{words.take(1)[0].upper()}",
        headline=words.line(dice.randint(5, 10)),
        body_html=body,
        language=dice.choice(("en", "en", "en", "fr", "pt")),
        subjects=tuple(Concept(name=name) for name in dice.sample(SUBJECTS, 2)),
        places=(Concept(name=dice.choice(PLACES)),),
    )


def fill(number: int) -> dict[str, float]:
    """`number` items in the tables, as intake leaves them. Returns what `note` costs, in milliseconds an item."""
    import msgspec
    from django.db import transaction

    from bench.archive import Words
    from standfirst.kit import clock
    from standfirst.people import actions as people
    from standfirst.stories import actions as stories
    from standfirst.wire import searching
    from standfirst.wire.models import Delivery, Feed, Item, Version

    home = stories.open_newsroom(name="The Bench Post", zone="Africa/Lagos")
    section = stories.open_section(parent=home, name="World", slug="world")
    people.hire(username="bench", name="Bench Editor", roles=["Editor"])
    feeds = [
        Feed.objects.create(name=f"feed-{n}", title=f"Feed {n}", provider=f"p{n}", mode="desk", section=section)
        for n in range(FEEDS)
    ]
    dice = random.Random(1)
    words = Words(dice)
    now = clock.now()
    delivery = Delivery.objects.create(
        feed=feeds[0], file_name="bench.xml", seal="0" * 64, size=1, received_at=now, transport="bench", state="read"
    )
    places = ("waiting", "waiting", "stored", "stored", "stored", "taken", "spiked", "spiked", "hold")
    noted: list[float] = []
    for start in range(0, number, 1000):
        made = [canonical(dice, words, n) for n in range(start, min(start + 1000, number))]
        with transaction.atomic():
            items = Item.objects.bulk_create(
                Item(
                    provider=f"p{n % FEEDS}",
                    item_id=each.item_id,
                    feed=feeds[n % FEEDS],
                    type="text",
                    headline=each.headline,
                    slugline=each.slugline,
                    urgency=each.urgency,
                    language=each.language,
                    status="usable",
                    version_label="1",
                    versions_in=1,
                    latest_order=1,
                    first_seen=now - timedelta(seconds=6 * (number - n)),
                    changed_at=now - timedelta(seconds=6 * (number - n)),
                    place=dice.choice(places),
                )
                for n, each in enumerate(made, start)
            )
            versions = Version.objects.bulk_create(
                Version(
                    item=item,
                    delivery=delivery,
                    order=1,
                    label="1",
                    status="usable",
                    digest=item.pk,
                    canonical=msgspec.to_builtins(each),
                    received_at=item.changed_at,
                    applied=True,
                )
                for item, each in zip(items, made, strict=True)
            )
            for item, version, each in zip(items, versions, made, strict=True):
                began = time.perf_counter()
                searching.note(item, version, each)
                noted.append((time.perf_counter() - began) * 1000)
    return {"note p50": statistics.median(noted), "note p95": statistics.quantiles(noted, n=20)[18]}


def measure() -> dict[str, tuple[float, float, float]]:
    """In this process: milliseconds (p50, p95, and processor time at p50) of each kind of request."""
    from django.conf import settings
    from django.test import Client

    from bench.archive import Words
    from standfirst.people.models import User
    from standfirst.wire import looking
    from standfirst.wire.models import Item

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    words = Words(random.Random(1)).words
    page = looking.page(looking.Look())
    rows = ",".join(f"{item.pk}.{looking.state(item)}" for item in page.items)
    since = str(page.top)
    keys = list(Item.objects.order_by("-id").values_list("pk", flat=True)[:2000:50])
    tens = page.items[min(10, len(page.items) - 1)]
    older = str(looking.Cursor(tens.changed_at, tens.pk, 0))
    kinds: dict[str, Callable[[int], Any]] = {
        "list": lambda n: client.get("/newsroom/wire/"),
        "list, all": lambda n: client.get("/newsroom/wire/?show=all"),
        "list, filtered": lambda n: client.get(
            "/newsroom/wire/?show=waiting&feed=feed-3&urgency=3&language=fr&subject=Weather&place=Kesswa"
        ),
        "deep page": lambda n: client.get(
            f"/newsroom/wire/?show=all&before={looking.Cursor(Item.objects.get(pk=keys[-1]).changed_at, keys[-1], 0)}"
        ),
        "search, common word": lambda n: client.get(f"/newsroom/wire/?show=all&q={words[n % 5]}"),
        "search, rare words": lambda n: client.get(f"/newsroom/wire/?show=all&q={words[3000 + n]}+{words[100 + n]}"),
        "search, phrase": lambda n: client.get(f'/newsroom/wire/?show=all&q="{words[0]}+{words[1 + n % 9]}"'),
        "search, beginning": lambda n: client.get(f"/newsroom/wire/?show=all&q={words[10 + n][:4]}*"),
        "search in waiting, last hour": lambda n: client.get(f"/newsroom/wire/?show=waiting&time=1h&q={words[n % 9]}"),
        "poll, nothing new": lambda n: client.get(
            "/newsroom/wire/fresh/",
            {"since": since, "rows": rows},
            HTTP_ACCEPT="application/json",
            HTTP_IF_NONE_MATCH=tags[0],
        ),
        "poll, ten new": lambda n: client.get(
            "/newsroom/wire/fresh/",
            {"since": older, "rows": ",".join(rows.split(",")[10:])},
            HTTP_ACCEPT="application/json",
        ),
        "poll of a search": lambda n: client.get(
            "/newsroom/wire/fresh/", {"since": since, "show": "all", "q": words[0]}, HTTP_ACCEPT="application/json"
        ),
        "item": lambda n: client.get(f"/newsroom/wire/items/{keys[n % len(keys)]}/?pane=1"),
        "banner": lambda n: client.get("/newsroom/wire/alarms/", HTTP_ACCEPT="application/json"),
    }
    tags = [client.get("/newsroom/wire/fresh/", {"since": since, "rows": rows}, HTTP_ACCEPT="application/json")["ETag"]]
    found: dict[str, tuple[float, float, float]] = {}
    for kind, ask in kinds.items():
        ask(0)
        took: list[float] = []
        used: list[float] = []
        for turn in range(ROUNDS):
            began, worked = time.perf_counter(), time.process_time()
            answer = ask(turn)
            took.append((time.perf_counter() - began) * 1000)
            used.append((time.process_time() - worked) * 1000)
            assert answer.status_code in (200, 304), (kind, answer.status_code)
        found[kind] = (statistics.median(took), statistics.quantiles(took, n=20)[18], statistics.median(used))
    return found


def burst(number: int) -> None:
    """In this process: take `number` items in through intake, one after the other."""
    from bench.archive import Words
    from bench.copy import g2
    from standfirst.wire import actions
    from standfirst.wire.models import Feed

    dice = random.Random(7)
    words = Words(dice)
    feed = Feed.objects.get(name="feed-0")
    for n in range(number):
        data = g2(f"urn:burst:{n}", 1, "usable", words.line(8), [words.line(40) for _ in range(6)])
        actions.take_in(feed=feed, data=data, file_name=f"burst-{n}.xml")


def _child(home: Path, *words: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "STANDFIRST_HOME": str(home), "STANDFIRST_LOG_LEVEL": "ERROR"}
    return subprocess.Popen(
        [sys.executable, "-m", "bench.wire_screen", *words], env=environ, stdout=subprocess.PIPE, text=True
    )


def _answer(child: subprocess.Popen[str]) -> Any:
    out, _ = child.communicate()
    if child.returncode:
        raise SystemExit(f"A measurement ended with {child.returncode}.")
    return json.loads(out.strip().splitlines()[-1]) if out.strip() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--burst", type=int, default=0, metavar="ITEMS", help="measure while so many items come in")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        boot()
        told: Any = None
        if asked.step == "fill":
            told = fill(asked.sizes[0])
        elif asked.step == "measure":
            told = measure()
        else:
            burst(asked.sizes[0])
        print(json.dumps(told))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("milliseconds: p50 / p95, and processor time at p50")
    for size in asked.sizes:
        folder = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
        try:
            cost = _answer(_child(folder, str(size), "--step", "fill"))
            print(f"\n{size:,} items; index, an item: {cost['note p50']:.2f} / {cost['note p95']:.2f}")
            _print(_answer(_child(folder, "--step", "measure")))
            if asked.burst:
                began = time.perf_counter()
                pouring = _child(folder, str(asked.burst), "--step", "burst")
                print(f"while {asked.burst:,} items come in:")
                _print(_answer(_child(folder, "--step", "measure")))
                running = pouring.poll() is None
                _answer(pouring)
                rate = asked.burst / (time.perf_counter() - began)
                print(f"  ({rate:.0f} items a second{'' if running else ', done before the measurement'})")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _print(found: dict[str, list[float]]) -> None:
    for kind, (middle, slow, used) in found.items():
        print(f"  {kind:30} {middle:7.1f} / {slow:7.1f}   {used:7.1f}")


if __name__ == "__main__":
    main()
