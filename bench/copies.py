"""One newsroom for all peers: made once, printed by our press, and written down as plain JSON that peers load.

What is written down are the press's own snapshots, so every peer shows the same words, lists and dates.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import say

ORIGIN = "https://bench.example"


def newsroom(home: Path, stories: int) -> None:
    """A newsroom of so many stories in the folder `home`, with related lists, a ranking and a hot set; not printed."""
    say(f"Making a newsroom of {stories:,} stories ...")
    _child(home, "--build", str(stories))


def printed(home: Path) -> dict[str, Any]:
    """Print what is due with as many processes as there are cores, and return the press's report."""
    say("Printing it ...")
    return dict(json.loads(_run(home, "-m", "standfirst", "press", "run", "--json").splitlines()[-1]))


def exported(home: Path) -> Path:
    """The newsroom as JSON, one record a line, in a file of its folder."""
    file = home / "copy.jsonl"
    say("Writing it down for the peers ...")
    _child(home, "--export", str(file))
    return file


def environment(home: Path) -> dict[str, str]:
    """What our own processes need to work on the newsroom in `home`."""
    return {"STANDFIRST_HOME": str(home), "STANDFIRST_ORIGIN": ORIGIN, "STANDFIRST_LOG_LEVEL": "ERROR"}


def _child(home: Path, *words: str) -> None:
    _run(home, "-m", "bench.copies", *words)


def _run(home: Path, *words: str) -> str:
    run = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, **environment(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"python {' '.join(words)} ended with {run.returncode}; what it said stands above.")
    return run.stdout


# --- reading it again ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copy:
    """What was written down: records as dictionaries, by kind."""

    file: Path

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        """Records of one kind, in the newsroom's order."""
        beginning = f'["{kind}",'
        with self.file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(beginning):
                    yield json.loads(line)[1]


# --- in a process of its own --------------------------------------------------------------------------------------


def _build(number: int) -> None:
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.conf import options
    from standfirst.kit import clock
    from standfirst.readership import actions as readership

    archive.build(number)
    readership.rank(clock.now())
    readership.heat(clock.now(), options.load().hot_paths)
    Change.objects.all().delete()


def _export(file: Path) -> None:
    from standfirst.conf import setup

    setup.open_newsroom()
    import msgspec

    from standfirst.press import wiring

    every = wiring.Ahead(key for key in wiring.every_key() if key[0] != "epoch")
    with file.open("wb") as out:
        for kind, ref in every:
            record = every.compose(kind, ref)
            if record is not None:
                out.write(msgspec.json.encode((kind, record)) + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=int, metavar="STORIES", help="in the folder STANDFIRST_HOME")
    parser.add_argument("--export", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if asked.build is not None:
        _build(asked.build)
    if asked.export is not None:
        _export(asked.export)


if __name__ == "__main__":
    main()
