"""Measures what a decision by rules costs: the whole of `rules.decide`, and the rules alone.

    python -m bench.rules 50

None of the rules fits, so that each item is asked for everything. A third of them look for words in the text.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import families


def measure(number: int) -> None:
    """Print medians for `number` rules."""
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from standfirst.changes.actions import Machine
    from standfirst.wire import rules
    from standfirst.wire.item import Concept, Item
    from standfirst.wire.models import Feed, Rule

    feed = Feed.objects.create(name="bench", title="Bench")
    by = Machine("bench")
    kinds: list[dict[str, Any]] = [
        {"any_words": "zebra crossing\nno such word\nneither this"},
        {"languages": "fr, de", "urgency_from": 1, "urgency_to": 3},
        {"subjects": "15000000\nno such subject\nN2:ABC", "any_words": "football"},
    ]
    for place in range(number):
        rules.keep(rule=Rule(mode="hold", **kinds[place % len(kinds)]), feeds=[], by=by)
    dice = random.Random(5)
    items = [
        Item(
            provider="bench",
            item_id=str(place),
            headline="Shares close higher",
            language="en",
            urgency=4,
            subjects=(Concept(scheme="medtop", code="20000170", name="business"),),
            body_html=families.body(families.market(dice) * 3),
        )
        for place in range(500)
    ]

    def spent(decide: Callable[[Item], object]) -> float:
        times = []
        for item in items:
            began = time.perf_counter()
            decide(item)
            times.append((time.perf_counter() - began) * 1000)
        return statistics.median(times)

    book = rules.standing()
    print(f"{number} rules, {len(items[0].body_html.split())} words: median of {len(items)} items")
    print(f"  decide         {spent(lambda item: rules.decide(item, feed)):.3f} ms")
    print(f"  rules alone    {spent(lambda item: book.decide(item, feed)):.3f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", type=int, nargs="?", default=50)
    number = parser.parse_args().rules
    home = Path(tempfile.mkdtemp(prefix="rules-"))
    os.environ["STANDFIRST_HOME"] = str(home)
    try:
        measure(number)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
