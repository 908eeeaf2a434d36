"""Damages the sample files in every way that we can think of and reads what comes out, watched from outside.

Whatever the bytes: `parse` answers with items or with `Unreadable`, within a second, from memory alone. No file is
opened, no name looked up, no entity expanded, and what comes out is not many times what went in.

`python -m standfirst.wire.formats.tests.fuzzing --inputs 100000 --seed 7` runs it by hand; with the same seed and the
same samples every input is the same. `--only 123456` makes that input again and writes it to a file.
"""

from __future__ import annotations

import argparse
import copy
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

from standfirst.wire import formats
from standfirst.wire.item import decode, encode, hold_reasons

SAMPLES: Final = Path(__file__).parent / "samples"
SECRET: Final = "the word that nobody may read"
SLOW: Final = 1.0
"""Seconds of processor time that one file may take."""
CHUNK: Final = 2_000

NASTY: Final = [
    b"&e;",
    b"&amp;amp;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?xml version='1.0' encoding='utf-7'?>",
    b"\x00",
    b"\x01\x02\x03\x04",
    b"\x16\x16\x01",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b"'",
    b"[[[[",
    b"}",
    b"null",
    b"-1",
    b"1e999",
    b"NaN",
    b"\\ud800",
    b"<item>",
    b"</channel>",
    b"<p>" * 50,
    b"99999999999999999999999999",
    b"9999-99-99T99:99:99Z",
    b"0001-01-01T00:00:00+14:00",
    b"20260231T250000+9900",
    "مرحبا".encode(),
    "你好".encode("gb18030"),
    "é".encode("latin-1") * 9,
    b"=?utf-8?b?////?=",
    b"\r\n\r\n",
    b"\r\n--",
    b"KILL",
    b"EMBARGO",
    b" " * 3_000,
    b"<" * 300,
    b"-/" * 400,
]
VALUES: Final[list[Any]] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**25,
    "",
    " ",
    "canceled",
    "withheld",
    "2026-01-10T10:00:00Z",
    "not a time",
    "<b>bold</b>",
    "<script>x</script>",
    "\ud800",
    "\x00",
    "x" * 5_000,
    [],
    {},
    [[]],
    [None],
    [{}],
    ["", {}],
    {"": ""},
    {"name": {"name": {}}},
    {"href": 1},
]
_TAG: Final = re.compile(rb"<(/?)([A-Za-z][\w:.-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE: Final = re.compile(rb'([\w:.-]+)="([^"]*)"')

Mutation = Callable[[random.Random, bytes, list[bytes]], bytes]


def corpus() -> list[bytes]:
    """The bytes of every sample, in a fixed order."""
    return [path.read_bytes() for path in sorted(SAMPLES.glob("*/*")) if not path.name.endswith(".expected.json")]


# --- mutations ----------------------------------------------------------------------------------------------------


def _cut(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randrange(1, 200) :]


def _insert(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(NASTY) + data[at:]


def _flip(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _repeat(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randrange(1, 400)]
    return data[:start] + piece * chance.choice((2, 3, 10, 60)) + data[start:]


def _truncate(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _splice(chance: random.Random, data: bytes, every: list[bytes]) -> bytes:
    other = chance.choice(every)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _recode(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    text = data.decode("utf-8", "replace")
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-8-sig", "cp037"))
    return text.encode(encoding, "replace")


def _lines(chance: random.Random, data: bytes, every: list[bytes]) -> bytes:
    found = data.split(b"\n")
    kind = chance.randrange(4)
    if kind == 0:
        chance.shuffle(found)
    elif kind == 1:
        found.insert(chance.randrange(len(found) + 1), chance.choice(chance.choice(every).split(b"\n")))
    elif kind == 2:
        found = [each for each in found if chance.random() > 0.1]
    else:
        found = [each.replace(b" ", b"\xa0") if chance.random() < 0.1 else each for each in found]
    return chance.choice((b"\n", b"\n", b"\r\n", b"\r")).join(found)


def _element(chance: random.Random, data: bytes, every: list[bytes]) -> bytes:
    """Drop, double, move, rename, nest or borrow an element, by where its tags seem to be."""
    tags = list(_TAG.finditer(data))
    if not tags:
        return _insert(chance, data, every)
    opening = chance.choice(tags)
    name = opening.group(2)
    closing = data.find(b"</" + name + b">", opening.end())
    end = closing + len(name) + 3 if closing >= 0 else opening.end()
    whole = data[opening.start() : end]
    kind = chance.randrange(7)
    if kind == 0:
        return data[: opening.start()] + data[end:]
    if kind == 1:
        return data[:end] + whole * chance.choice((1, 2, 30)) + data[end:]
    if kind == 2:
        to = chance.choice(tags).start()
        return data[:to] + whole + data[to:]
    if kind == 3:
        other = chance.choice(tags).group(2)
        return data.replace(b"<" + name, b"<" + other).replace(b"</" + name, b"</" + other)
    if kind == 4:
        depth = chance.choice((3, 40, 400))
        return data[: opening.start()] + b"<" + name + b">" * 1 + (b"<" + name + b">") * depth + data[opening.start() :]
    if kind == 5:
        return data[: opening.end()] + chance.choice(NASTY) + data[opening.end() :]
    borrowed = chance.choice(every)
    found = list(_TAG.finditer(borrowed))
    start = chance.choice(found).start() if found else 0
    return data[: opening.start()] + borrowed[start : start + 2_000] + data[opening.start() :]


def _attribute(chance: random.Random, data: bytes, every: list[bytes]) -> bytes:
    found = list(_ATTRIBUTE.finditer(data))
    if not found:
        return _flip(chance, data, every)
    one = chance.choice(found)
    value = chance.choice([other.group(2) for other in found] + NASTY)
    return data[: one.start(2)] + value.replace(b'"', b"") + data[one.end(2) :]


def _doctype(chance: random.Random, data: bytes, _all: list[bytes]) -> bytes:
    """Entities that read a file or grow for ever; the parser must refuse them wherever they stand."""
    secret = os.environ.get("FUZZ_SECRET", "secret.txt").encode()
    declared = chance.choice(
        (
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://' + secret + b'">]>',
            b'<!DOCTYPE x SYSTEM "file://' + secret + b'">',
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">]>',
            b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
        )
    )
    start = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    tag = data.find(b">", start) + 1
    return data[:start] + declared + data[start:tag] + b"&e;" + data[tag:]


def _value(chance: random.Random, data: bytes, every: list[bytes]) -> bytes:
    """Put a value of any kind anywhere into a JSON document."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _insert(chance, data, every)
    for _ in range(chance.randrange(1, 4)):
        spots = list(_spots(document))
        if not spots:
            return json.dumps([document]).encode()
        holder, key = chance.choice(spots)
        kind = chance.randrange(6)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[key] = [copy.deepcopy(holder[key]) for _ in range(chance.choice((1, 2, 20)))]
        elif kind == 2:
            deep: Any = holder[key]
            for _ in range(chance.choice((2, 30, 90))):
                deep = {"item": deep} if chance.random() < 0.5 else [deep]
            holder[key] = deep
        elif kind == 3:
            other, place = chance.choice(spots)
            holder[key] = json.loads(json.dumps(other.get(place) if isinstance(other, dict) else other[place]))
        elif kind == 4 and isinstance(holder, dict):
            holder[chance.choice((key.upper(), key + "s", "", "uri", "pubstatus"))] = copy.deepcopy(holder[key])
        else:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _spots(document: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(document, dict):
        for key, inner in document.items():
            yield document, key
            yield from _spots(inner)
    elif isinstance(document, list):
        for key, inner in enumerate(document):
            yield document, key
            yield from _spots(inner)


ANY: Final[list[Mutation]] = [_cut, _insert, _flip, _repeat, _truncate, _splice, _recode, _lines]
XML: Final[list[Mutation]] = [_element, _element, _element, _attribute, _attribute, _doctype]
JSON: Final[list[Mutation]] = [_value, _value, _value, _value]


def mutated(number: int, seed: int, every: list[bytes]) -> bytes:
    """Input `number` of the run with `seed`: always the same bytes."""
    chance = random.Random(f"{seed}:{number}")
    data = chance.choice(every)
    start = data.lstrip()[:1]
    fitting = XML if start == b"<" else JSON if start in (b"{", b"[") else [_lines, _insert, _insert]
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        data = chance.choice(fitting if chance.random() < 0.6 else ANY)(chance, data, every)[:200_000]
    return data


# --- watching -----------------------------------------------------------------------------------------------------


class Broken(AssertionError):
    """What `parse` did and must not do."""


_WATCHED: Final = frozenset(
    {"open", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "os.system", "subprocess.Popen"}
)
_armed = 0
"""The thread that is watched now."""
_CODE: Final = tuple(str(Path(prefix).resolve()) for prefix in {sys.prefix, sys.base_prefix})


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _armed or event not in _WATCHED or threading.get_ident() != _armed:
        return
    if event == "open":
        path = str(arguments[0])
        if path.endswith((".py", ".pyc", ".so")) and path.startswith(_CODE):
            return  # a codec or a parser that Python loads when it is first needed
        if "/zoneinfo/" in path:
            return  # the clock of a place, of which the name comes from our own data
    raise Broken(f"It did {event} with {arguments[:2]!r}.")


def watch() -> None:
    """From now on, every file opened and every address looked up while `read` runs is a failure."""
    sys.addaudithook(_watch)


def read(data: bytes) -> None:
    """Parse `data`; raise `Broken`, or whatever `parse` let through, if something is not as promised."""
    global _armed
    _armed = threading.get_ident()
    started = time.process_time()
    try:
        parsed = formats.parse(data)
    except formats.Unreadable as error:
        if not error.reason.endswith((".", ")")):
            raise Broken(f"A reason that is no sentence: {error.reason!r}") from None
        if SECRET in error.reason:
            raise Broken("A reason tells what was in a file.") from None
        return
    finally:
        _armed = 0
        taken = time.process_time() - started
        if taken > SLOW:
            raise Broken(f"It took {taken:.2f} seconds.")
    written = 0
    for item in parsed.items:
        made = encode(item)
        written += len(made)
        if not (item.item_id and item.provider):
            raise Broken("An item without an id or a provider.")
        if not -(2**63) <= item.version_order < 2**63:
            raise Broken(f"A version_order that no database takes: {item.version_order}")
        if decode(made) != item:
            raise Broken("An item that does not survive being written.")
        if SECRET.encode() in made:
            raise Broken("An item tells what was in a file.")
        hold_reasons(item)
    # Bodies are there as sent and cleaned, and JSON escapes cost; each item repeats some of what is said of the feed.
    if written > 60 * len(data) + 20_000 * max(1, len(parsed.items)):
        raise Broken(f"{len(data):,} bytes became {written:,}.")
    for digest in {rendition.part for item in parsed.items for rendition in item.renditions if rendition.part}:
        if digest not in parsed.parts:
            raise Broken("A rendition names a part that is not there.")


def warm(every: list[bytes]) -> None:
    """Read all samples once, so that what Python loads when first needed is loaded."""
    for data in every:
        try:
            formats.parse(data)
        except formats.Unreadable:
            continue


def _start(secret: str) -> None:
    os.environ["FUZZ_SECRET"] = secret
    warm(corpus())
    watch()


def attempt(first: int, last: int, seed: int) -> list[tuple[int, str]]:
    """Read the inputs `first` up to `last`: (number, what went wrong) of each that broke a promise."""
    every = corpus()
    broken: list[tuple[int, str]] = []
    for number in range(first, last):
        data = mutated(number, seed, every)
        try:
            read(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            if isinstance(error, Broken) and "seconds" in str(error) and not _slow_again(data):
                continue
            broken.append((number, f"{error!r}\n{traceback.format_exc(limit=-3)}"))
    return broken


def _slow_again(data: bytes) -> bool:
    """A busy computer can be slow once."""
    for _ in range(2):
        try:
            read(data)
        except Broken as error:
            if "seconds" not in str(error):
                return True
        else:
            return False
    return True


def run(inputs: int, seed: int, workers: int = 2, *, say: Callable[[str], None] = lambda _line: None) -> list[str]:
    """Read `inputs` mutated files in `workers` processes; what went wrong, each with the number of its input."""
    said: list[str] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret.txt"
        secret.write_text(SECRET)
        say(f"Seed {seed}, {len(corpus())} samples, {inputs:,} inputs, {workers} processes.")
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(str(secret),)) as pool:
            pending = [
                pool.submit(attempt, first, min(first + CHUNK, inputs), seed) for first in range(0, inputs, CHUNK)
            ]
            for done, future in enumerate(as_completed(pending), 1):
                for number, what in future.result():
                    said.append(f"Input {number} of seed {seed}: {what}")
                    say(said[-1])
                if done % 10 == 0 or done == len(pending):
                    rate = done * CHUNK / max(time.monotonic() - started, 0.001)
                    say(f"{min(done * CHUNK, inputs):,} of {inputs:,}, {rate:,.0f} a second, {len(said)} broken")
    return said


def main() -> int:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options.add_argument("--only", type=int, help="make this input again, write it beside, and read it")
    chosen = options.parse_args()
    if chosen.only is not None:
        data = mutated(chosen.only, chosen.seed, corpus())
        Path(f"input-{chosen.only}").write_bytes(data)
        warm(corpus())
        watch()
        read(data)
        return 0
    return 1 if run(chosen.inputs, chosen.seed, chosen.workers, say=lambda text: print(text, flush=True)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
