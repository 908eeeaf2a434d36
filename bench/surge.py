"""A rush of readers while the paper goes on: is every answer whole, right and young?

    python -m bench.surge --stories 10000 --seconds 60 --rounds 5

A newsroom of that many stories is made in a temporary folder and served by the real processes. In each round, for a
minute, 64 connections ask for the fronts and the most read stories as fast as they are answered: 48 of `wrk`'s, where
that is installed (Debian: wrk), and 16 (else 64) of a client of ours that reads what it gets. Meanwhile 20 stories a
minute are published into one section, and in the middle one of them, which our client asks for too, is killed. Told is

- every status but 200, for ours 304, and 410 of the killed one; every answer that does not come, to whichever client;
- every answer to ours that is torn: not as long as it says, or not a whole page;
- every answer to ours that lacks a story published two seconds before it was asked for, or still names the killed one
  after one second (seconds count from when the newsroom's transaction was committed);
- a killed story whose own address does not answer 410 within that second;
- a story that should have been published and was not.

Ends with 1 if there is any.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from bench import machine, running

CONNECTIONS = 64
OURS = 16
EVERY = 3.0
"""Seconds between two publications: 20 a minute."""
OLDEST, KILLED = 2.0, 1.0
"""Seconds after which a change must be seen; a kill."""
LISTED = 8
"""So many of the newest stories a section's front surely lists."""

# Counted by wrk's own thread, and asked of it at the end.
_SCRIPT = """
wrk.headers["Accept-Encoding"] = "gzip"
local place, counting = 0, nil
other = 0

function setup(thread)
  counting = thread
end

function request()
  place = place % #paths + 1
  return wrk.format(nil, paths[place])
end

function response(status)
  if status ~= 200 then
    other = other + 1
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "requests_a_second": %.0f, "p99_ms": %.1f, "not_200": %d, "socket_errors": %d}\\n',
    summary.requests, summary.requests * 1e6 / summary.duration, latency:percentile(99) / 1000,
    counting:get("other"), e.connect + e.read + e.write + e.timeout))
end
"""

_MARK = re.compile(rb"Surge story (\d+) of the day")

Seen = tuple[float, float, str, int, bool, list[int]]
"""Asked at, answered at, path, status, whether it was whole, numbers of the stories that it names."""


async def _read(url: str, paths: list[str], more: list[str], until: float, connections: int) -> list[Seen]:
    seen: list[Seen] = []
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)

    async def reader(client: httpx.AsyncClient, place: int) -> None:
        while time.time() < until:
            among = paths + more
            path = among[place % len(among)]
            place += 7
            asked = time.time()
            try:
                answer = await client.get(path, headers={"accept-encoding": "gzip"})
                body = answer.content
            except httpx.HTTPError as error:
                seen.append((asked, time.time(), path, -1, False, []))
                print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
                continue
            whole = body.rstrip().endswith(b"</html>") or answer.status_code == 304
            marks = sorted({int(number) for number in _MARK.findall(body)})
            seen.append((asked, time.time(), path, answer.status_code, whole, marks))

    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        await asyncio.gather(*(reader(client, place) for place in range(connections)))
    return seen


class _Newsroom(threading.Thread):
    """Publishes, and kills one, by the ordinary verbs."""

    def __init__(self, seconds: float, section: int, url: str, first: int) -> None:
        super().__init__()
        self.first = first
        """The number of its first story."""
        self.planned = math.ceil(seconds / EVERY)
        self.victim = first + max(0, math.ceil(self.planned / 2) - 3)
        self.asked: list[str] = []
        """The path of the story that will be killed, once readers can have it."""
        self.ended_well = False
        self.seconds, self.section, self.url = seconds, section, url
        self.gone_after = -1.0
        """Seconds from the kill until the story's own address answered 410."""
        self.published: dict[int, float] = {}
        self.killed: tuple[int, float] = (-1, 0.0)

    def run(self) -> None:
        from django.db import connection

        try:
            self._publish()
            self.ended_well = True
        finally:
            connection.close()

    def _publish(self) -> None:
        from bench import archive
        from standfirst.stories import actions as stories
        from standfirst.stories.models import Address, Section

        by = archive.editor()
        start = time.time()
        doomed = 0
        for place in range(self.planned):
            number = self.first + place
            time.sleep(max(0.0, start + place * EVERY - time.time()))
            if time.time() > start + self.seconds:
                return
            section = Section.objects.get(pk=self.section)
            story = stories.create(
                section=section,
                by=by,
                title=f"Surge story {number} of the day",
                standfirst="What happened, in a sentence.",
                body=[("paragraph", "<p>What is known.</p>")] * 8,
            )
            stories.publish(story=story, by=by)
            self.published[number] = time.time()
            if number == self.victim:
                doomed = story.pk
            elif number == self.victim + 1:
                self.asked.append(Address.objects.select_related("section_path").get(story_id=doomed).path)
            elif number == self.victim + 2:
                killed = type(story).objects.get(pk=doomed)
                stories.take_down(story=killed, kind="kill", reason="A rehearsal", names=False, by=by)
                self.killed = (self.victim, time.time())
                self._await_notice(self.asked[0])

    def _await_notice(self, path: str) -> None:
        while time.time() < self.killed[1] + 10:
            if httpx.get(self.url + path).status_code == 410:
                self.gone_after = time.time() - self.killed[1]
                return
            time.sleep(0.02)


def measure(number: int, seconds: float, rounds: int) -> dict[str, Any]:
    """In this process, whose `STANDFIRST_HOME` is an empty folder."""
    from standfirst.conf import setup

    setup.boot()
    home = setup.prepare()
    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.people import actions as people
    from standfirst.stories.models import Address, Section

    leaves = archive.build(number)
    Change.objects.all().delete()
    people.hire(username="publisher", name="Bench Publisher", roles=["Publisher"])
    section = leaves[0]
    fronts = ["/"] + [f"/{part.slug}/" for part in Section.objects.filter(depth=3)]
    parents = Section.objects.ancestor_of(section, inclusive=True).filter(depth__gt=2).order_by("depth")
    own = f"/{'/'.join(parents.values_list('slug', flat=True))}/"
    running.print_everything()
    with running.serving(home) as client:
        running.until(lambda: not Change.objects.filter(closed_at=None).exists(), 600, "the first pages")
        read = [address.path for address in Address.objects.order_by("-pk")[:20]]
        paths = [own, *fronts, own, *read]
        for path in paths:
            if (status := client.get(path).status_code) != 200:
                raise SystemExit(f"{path} answers {status} before the rush has begun.")
        reports: list[dict[str, Any]] = []
        victims: set[int] = set()
        for place in range(rounds):
            newsroom = _Newsroom(seconds - OLDEST - 1, section.pk, str(client.base_url), 1_000 * place)
            reports.append(_rush(newsroom, paths, seconds, own, victims))
            victims.add(newsroom.killed[0])
            print(f"Round {place + 1} of {rounds}: {len(reports[-1]['wrong'])} wrong.", file=sys.stderr, flush=True)
            running.until(lambda: not Change.objects.filter(closed_at=None).exists(), 600, "the press to come to rest")
    report = machine.over_rounds(reports)
    wrong = report.pop("wrong")
    return {"stories": number, "seconds": seconds, "rounds": rounds, **report, "wrong": wrong[:50]} | {
        "wrong_in_all": len(wrong)
    }


def _rush(newsroom: _Newsroom, paths: list[str], seconds: float, own: str, victims: set[int]) -> dict[str, Any]:
    """One round; `victims` were killed in those before."""
    until = time.time() + seconds
    newsroom.start()
    rush, ours = _wrk(newsroom.url, paths, seconds), OURS
    if rush is None:
        print("wrk is not installed (Debian: apt install wrk): all connections are our own.", file=sys.stderr)
        ours = CONNECTIONS
    seen = asyncio.run(_read(newsroom.url, paths, newsroom.asked, until, ours))
    newsroom.join()
    told = _told(rush) if rush is not None else {}
    report = {**_judge(seen, newsroom, own, victims), **told}
    report["wrong"] = _wrong(report, newsroom) + report["wrong"]
    return report


def _wrk(url: str, paths: list[str], seconds: float) -> subprocess.Popen[str] | None:
    if (program := machine.program("wrk")) is None:
        return None
    script = Path(os.environ["STANDFIRST_HOME"]) / "paths.lua"
    listed = ", ".join(json.dumps(path) for path in paths)
    script.write_text(f"local paths = {{{listed}}}\n{_SCRIPT}")
    return subprocess.Popen(
        [program, "-t1", f"-c{CONNECTIONS - OURS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(script), url],
        stdout=subprocess.PIPE,
        text=True,
    )


def _told(rush: subprocess.Popen[str]) -> dict[str, Any]:
    """What wrk counted."""
    said = rush.communicate(timeout=60)[0]
    if rush.returncode:
        raise SystemExit(f"wrk ended with {rush.returncode}.")
    told: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return {f"wrk_{name}": figure for name, figure in told.items()}


def _wrong(report: dict[str, Any], newsroom: _Newsroom) -> list[str]:
    """What is wrong with the run as a whole, in sentences."""
    wrong = [] if newsroom.ended_well else ["the newsroom stopped publishing, which is told above"]
    if len(newsroom.published) < newsroom.planned:
        wrong.append(f"{len(newsroom.published)} of {newsroom.planned} stories were published")
    if newsroom.killed[0] < 0:
        wrong.append("no story was killed")
    elif not 0 <= newsroom.gone_after <= KILLED:
        late = f"after {newsroom.gone_after:.2f} s" if newsroom.gone_after >= 0 else "not within ten seconds"
        wrong.append(f"the killed story's address answered 410 {late}")
    for name, says in (("not_200", "had another status than 200"), ("socket_errors", "did not come")):
        if number := report.get(f"wrk_{name}", 0):
            wrong.append(f"{number} of wrk's {report['wrk_requests']} answers {says}")
    if report.get("wrk_requests") == 0:
        wrong.append("wrk got no answer")
    return wrong


def _judge(seen: list[Seen], newsroom: _Newsroom, own: str, victims: set[int]) -> dict[str, Any]:
    victim, killed = newsroom.killed
    wrong: list[str] = []
    ages: list[float] = []
    last_seen = 0.0
    statuses: Counter[int] = Counter()
    for asked, _, path, status, whole, marks in seen:
        statuses[status] += 1
        if status == 410 and path in newsroom.asked and killed and asked > killed - KILLED:
            continue
        if status not in (200, 304):
            wrong.append(f"{path} answered {status}")
        elif not whole:
            wrong.append(f"{path} was torn")
        if former := victims.intersection(marks):
            wrong.append(f"{path} named {former}, killed in a round before")
        if victim in marks:
            last_seen = max(last_seen, asked)
            if killed and asked > killed + KILLED:
                wrong.append(f"{path} named the killed story {asked - killed:.2f} s after the kill")
        if path != own or status != 200:
            continue
        there = [number for number, at in newsroom.published.items() if at < asked and number != victim]
        for each in sorted(there)[-LISTED:]:
            if each not in marks:
                age = asked - newsroom.published[each]
                ages.append(age)
                if age > OLDEST:
                    wrong.append(f"{path} lacked story {each}, {age:.2f} s after it was published")
    if not seen:
        raise SystemExit("Our own readers got no answer.")
    took = sorted(answered - asked for asked, answered, *_ in seen)
    return {
        "read_by_us": len(seen),
        "ours_median_ms": round(statistics.median(took) * 1000, 1),
        "ours_p99_ms": round(took[int(len(took) * 0.99)] * 1000, 1),
        "statuses": {str(status): count for status, count in statuses.items()},
        "published": len(newsroom.published),
        "planned": newsroom.planned,
        "oldest_answer_s": round(max(ages, default=0.0), 2),
        "kill_seen_for_s": round(max(0.0, last_seen - killed), 2) if killed else None,
        "killed_story_answers_410_after_s": round(newsroom.gone_after, 2),
        "wrong": wrong,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    if wanted.inside:
        running.hand_in(measure(wanted.stories, wanted.seconds, wanted.rounds))
    else:
        about = machine.describe()
        running.tell(running.reported("bench.surge"), "surge", about)


if __name__ == "__main__":
    main()
