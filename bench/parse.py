"""How many items a second one core reads, by format: `python -m bench.parse`.

NewsML-G2 text items of three sizes are made here; every other format is measured by its own sample files.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from bench.copy import g2
from standfirst.wire import formats

SAMPLES = Path(formats.__file__).parent / "tests" / "samples"
WANTED = 1_000
"""NewsML-G2 text items a second on one core, which this is held to."""


def stories() -> dict[str, list[bytes]]:
    """By what they are called: fictional text items in NewsML-G2."""
    words = "The ferry across the harbour is to return after nine weeks, the harbour office said on Monday. "
    return {
        f"newsml-g2, {count} paragraphs": [
            g2(f"urn:newsml:bench-wire.test:20260110:{number}", 1, "usable", "Ferry to return", [words * 3] * count)
            for number in range(20)
        ]
        for count in (5, 15, 40)
    }


def samples() -> dict[str, list[bytes]]:
    """By format: the sample files that it reads, one item or more each."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for path in sorted(SAMPLES.glob("*/*")):
        if path.name.endswith(".expected.json"):
            continue
        try:
            if formats.parse(path.read_bytes()).items:
                found[path.parent.name].append(path.read_bytes())
        except formats.Unreadable:
            continue
    return found


def rate(files: list[bytes], seconds: float) -> tuple[float, float]:
    """(items, megabytes) a second of processor time."""
    started = time.process_time()
    items = size = 0
    while True:
        for data in files:
            items += len(formats.parse(data).items)
            size += len(data)
        taken = time.process_time() - started
        if taken >= seconds:
            return items / taken, size / taken / 1_000_000


def main() -> int:
    """Print a table; 1 if NewsML-G2 is slower than it must be."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=2.0, help="processor time for each row")
    seconds = options.parse_args().seconds
    slowest = float("inf")
    for name, files in {**stories(), **samples()}.items():
        items, megabytes = rate(files, seconds)
        print(f"{name:28} {items:8,.0f} items a second {megabytes:8.1f} MB a second", flush=True)
        if name.startswith("newsml-g2,") and "40" not in name:
            slowest = min(slowest, items)
    return 0 if slowest >= WANTED else 1


if __name__ == "__main__":
    raise SystemExit(main())
