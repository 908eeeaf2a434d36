"""Load on a server, by `wrk`, which is not ours."""

from __future__ import annotations

import html
import json
import os
import random
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.machine import Figures, middle, program
from bench.processes import busy_seconds, cpu_seconds

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CONNECTIONS = 64
WARM = 3.0
"""Seconds of a first round that is not counted, for what fills with use: memory, compiled templates."""

# A list of addresses, asked at random; each request is put together before the clock starts.
_SCRIPT = """
local requests = {}

function init(args)
  math.randomseed(tonumber(args[2]))
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "micros": %d, "bytes": %d, "p50": %d, "p99": %d, "worst": %d, "errors": %d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Round:
    """What one round on one server gave."""

    requests: int
    a_second: float
    p50_ms: float
    p99_ms: float
    kb_a_request: float
    server_cpu_s: float
    load_cpu_s: float
    others_cpu_s: float
    """What the rest of the machine used meanwhile: much of it makes a round doubtful."""
    seconds: float


def addresses(file: Path, paths: Sequence[str]) -> Path:
    """Paths, one a line, for `round_on`."""
    file.write_text("".join(f"{path}\n" for path in paths))
    return file


def look_at(base: str, headlines: Mapping[str, str], number: int = 50) -> None:
    """Ask a server for so many of the paths. Ends the program unless each gives a page with the headline of its story.

    A page that says what went wrong, or an address that leads elsewhere, would count as any other answer.
    """
    paths = list(headlines)
    headers = {"Accept-Encoding": "gzip", "User-Agent": BROWSER}
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:
        for path in random.Random(5).sample(paths, min(number, len(paths))):
            answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{base}{path} answers {answer.status_code}, before anything is measured.")
            if headlines[path] not in html.unescape(answer.text):
                raise SystemExit(f"{base}{path} does not have the headline “{headlines[path]}”.")


def round_on(base: str, paths: Path, pids: Sequence[int], seconds: float, *, seed: int) -> Round:
    """Ask the server at `base`, whose first processes are `pids`, for addresses of the file, 64 at a time.

    Ends the program if an answer is above 399 or does not come; what is below is for `look_at`.
    """
    script = paths.with_name("load.lua")
    script.write_text(_SCRIPT)
    command = [
        program("wrk") or "wrk",
        *("-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds:g}s", "--timeout", "60s", "-s", str(script)),
        *("-H", "Accept-Encoding: gzip", "-H", f"User-Agent: {BROWSER}"),
        *(base, "--", str(paths), str(seed)),
    ]
    busy, own, children = busy_seconds(), _own_cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    server = sum(map(cpu_seconds, pids))
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=False)
    server = sum(map(cpu_seconds, pids)) - server
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    busy, own = busy_seconds() - busy, _own_cpu() - own
    _settle(pids)
    if run.returncode:
        raise SystemExit(f"wrk ended with {run.returncode}: {run.stderr.strip()}")
    found = json.loads(run.stdout.strip().splitlines()[-1])
    took = found["micros"] / 1e6
    if found["errors"]:
        raise SystemExit(f"{base}: {found['errors']} of {found['requests']} answers were errors.")
    if not found["requests"]:
        raise SystemExit(f"{base} answered nothing within {seconds:g} seconds: give rounds more time with --seconds.")
    return Round(
        requests=found["requests"],
        a_second=found["requests"] / took,
        p50_ms=found["p50"] / 1000,
        p99_ms=found["p99"] / 1000,
        kb_a_request=found["bytes"] / 1024 / max(1, found["requests"]),
        server_cpu_s=server,
        load_cpu_s=load,
        others_cpu_s=max(0.0, busy - own - load - server),
        seconds=took,
    )


def _settle(pids: Sequence[int], patience: float = 60) -> None:
    """Wait until a slow server is done with what wrk no longer waits for: else the next round would pay for it."""
    last = time.monotonic() + patience
    before = -1.0
    while time.monotonic() < last:
        now = sum(map(cpu_seconds, pids))
        if now - before < 0.03:
            return
        before = now
        time.sleep(0.5)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def summed_up(rounds: Sequence[Round]) -> Figures:
    """Medians of rounds, with the least and the greatest."""
    cores = len(os.sched_getaffinity(0))
    return {
        "rounds": len(rounds),
        "requests_a_second": middle([each.a_second for each in rounds]),
        "p50_ms": middle([each.p50_ms for each in rounds], 2),
        "p99_ms": middle([each.p99_ms for each in rounds], 2),
        "kb_a_request": round(statistics.median(each.kb_a_request for each in rounds), 2),
        "cpu_s_per_1000": middle([each.server_cpu_s * 1000 / each.requests for each in rounds], 4),
        "load_cpu_percent": middle([each.load_cpu_s * 100 / each.seconds for each in rounds], 0),
        "server_cpu_percent": middle([each.server_cpu_s * 100 / each.seconds for each in rounds], 0),
        "others_cpu_percent_of_machine": middle([each.others_cpu_s * 100 / each.seconds / cores for each in rounds], 0),
    }


def ratio(ours: Sequence[Round], theirs: Sequence[Round]) -> Figures:
    """Our requests a second over theirs, round by round, since rounds side by side had the same machine."""
    return middle([a.a_second / b.a_second for a, b in zip(ours, theirs, strict=True)], 3)
