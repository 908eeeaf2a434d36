"""Measures how long a picture of the wire takes to its readers, with the newsroom's real processes.

    python -m bench.pictures --stories 1000 --rounds 10

An item with a picture of 2 MB inside is put into the watched folder of a feed that publishes. Timed from that moment:
until the story is live, until its page shows the picture, and until every copy of the picture can be fetched. Then the
agency kills the picture: until the page and the copies are without it.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

from bench import copy, running

PATIENCE = 120


def photograph(seed: int, size: int) -> bytes:
    """A JPEG of at least `size` bytes, as a camera of some 8 megapixels makes it."""
    from PIL import Image

    dice = random.Random(seed)
    small = Image.frombytes("RGB", (825, 550), dice.randbytes(825 * 550 * 3))
    image = small.resize((3300, 2200), Image.Resampling.BICUBIC)
    for quality in range(60, 100, 4):
        out = BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() >= size:
            break
    return out.getvalue()


def item(number: int, headline: str, picture: bytes) -> bytes:
    """A text with its picture inside, as ninjs 3."""
    name = f"urn:newsml:{copy.AGENCY}:{copy.DAY}:P{number}"
    href = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    rendition = {"name": "original", "href": href, "contentType": "image/jpeg", "width": 3300, "height": 2200}
    return _ninjs(
        name,
        "text",
        headlines=[{"value": headline}],
        bodies=[{"contentType": "text/html", "value": "<p>What we know so far.</p>" * 6}],
        associations=[
            {
                "name": "main",
                "uri": f"{name}-1",
                "type": "picture",
                "descriptions": [{"value": f"Caption of {headline}"}],
                "renditions": [rendition],
            }
        ],
    )


def kill(number: int) -> bytes:
    """The agency takes the picture back."""
    return _ninjs(f"urn:newsml:{copy.AGENCY}:{copy.DAY}:P{number}-1", "picture", version="2", pubStatus="canceled")


def _ninjs(uri: str, kind: str, *, version: str = "1", **fields: Any) -> bytes:
    standard = {"name": "ninjs", "version": "3.1"}
    moment = "2026-11-22T08:00:00Z"
    told = {"standard": standard, "uri": uri, "type": kind, "version": version, "versionCreated": moment, **fields}
    return json.dumps(told).encode()


def measure(client: httpx.Client, inbox: Path, rounds: int, size: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in ("text", "picture", "copies", "killed")}
    marker = f"pictures{int(time.time())}"
    for number in range(rounds + 1):
        headline = f"Picture {number} of {marker}"
        data = item(number, headline, photograph(number, size))
        began = running.put(inbox, f"{marker}-{number}.json", data)
        path = _seen(partial(_path, client, headline), headline)
        text = time.perf_counter() - began
        copies = _seen(partial(_copies, client, path), f"the picture of {headline}")
        picture = time.perf_counter() - began
        for address in copies:
            running.until(partial(_answers, client, address, True), PATIENCE, address)
        whole = time.perf_counter() - began
        began = running.put(inbox, f"{marker}-{number}-kill.json", kill(number))
        running.until(partial(_without, client, path), PATIENCE, "the kill")
        for address in copies:
            running.until(partial(_answers, client, address, False), PATIENCE, address)
        if number:  # the first round warms up
            for name, seconds in zip(found, (text, picture, whole, time.perf_counter() - began), strict=True):
                found[name].append(seconds)
    return found


def _seen(look: Callable[[], Any], what: str) -> Any:
    last = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > last:
            raise SystemExit(f"Waited {PATIENCE} s for {what}; is the newsroom all right? Look at its log.")
        time.sleep(0.02)
    return found


def _path(client: httpx.Client, headline: str) -> str:
    slug = headline.lower().replace(" ", "-")
    match = re.search(rf'href="(/[^"]*/{slug}[^"]*/)"', client.get("/").text)
    return match.group(1) if match and client.get(match.group(1)).status_code == 200 else ""


def _copies(client: httpx.Client, path: str) -> list[str]:
    return sorted(set(re.findall(r"/pictures/[0-9a-f]+-\d+\.(?:jpg|webp)", client.get(path).text)))


def _without(client: httpx.Client, path: str) -> bool:
    return not _copies(client, path)


def _answers(client: httpx.Client, address: str, there: bool) -> bool:
    return (client.get(address).status_code == 200) is there


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--stories", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=10)
    asked.add_argument("--bytes", type=int, default=2_000_000)
    options = asked.parse_args()
    home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
    try:
        inbox = home / "inbox"
        inbox.mkdir()
        running.child(home, "-c", f"from bench import running; running.prepare({options.stories}, {str(inbox)!r})")
        with running.serving(home) as client:
            found = measure(client, inbox, options.rounds, options.bytes)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{platform.python_version()} on {platform.machine()}; {options.stories} stories; {options.bytes:,} bytes")
    print(f"{'seconds until':<34}{'median':>8}{'most':>8}")
    for name, says in (
        ("text", "the story is live"),
        ("picture", "its page shows the picture"),
        ("copies", "every copy can be fetched"),
        ("killed", "a killed picture is off all"),
    ):
        print(f"{says:<34}{statistics.median(found[name]):>8.2f}{max(found[name]):>8.2f}")


if __name__ == "__main__":
    main()
