"""Measures the readers' search in newsrooms of different sizes.

    python -m bench.search 1000 10000
    python -m bench.search 100000
    python -m bench.search --postgresql 10000
    python -m bench.search --keep /srv/bench 100000

For each size a newsroom is made in a temporary folder, filed for the search (timed), and printed. Then readers look for
things, one after the other: words as unevenly used as in the copy, rare ones and the commonest, phrases, words of
headlines, words with a section and a time, words that are nowhere. No search comes twice, so none is remembered. Each
is timed by itself (the index asked and the results put in order), and whole: from the request at the reader process to
the last byte of the page. A page that is not right ends the run. Medians, and what 19 of 20 and 99 of 100 stay below.

With `--keep` the newsroom stays in that folder (SQLite only), and a further run measures it again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from bench import machine, processes, running
from bench.machine import Figures

EACH = 60
"""Searches of each kind."""

BAR_MS = 100.0
NAP, LONGEST_NAP = 75.0, 900.0
"""Seconds: PostgreSQL looks once a minute whether there is something to tidy (`autovacuum_naptime`)."""

KINDS = {
    "mix": "one to three words, as they are used",
    "common": "the commonest words",
    "rare": "rare words",
    "headline": "two words of a headline",
    "phrase": "a phrase of three words",
    "commonphrase": "a phrase of common words",
    "without": "a word without another",
    "narrowed": "a word in a section, within a year",
    "nothing": "words that are nowhere",
}

Asked = dict[str, str]


def measure(number: int, about: Figures) -> None:
    """In this process: a newsroom of `number` stories, and what looking for things takes there."""
    home = Path(os.environ["STANDFIRST_HOME"])
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()
    from django.db import connection

    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.library.models import Cutting

    found: Figures = {"stories": number, "database": connection.vendor, "about": about}
    if not Cutting.objects.exists():
        archive.build(number, filed=False)
        Change.objects.all().delete()
        found |= _file(number)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        connection.close()
        running.print_everything()
    if connection.vendor == "postgresql":
        _let_rest(connection)
    searches = list(_searches())
    found["index_mb"] = _size(connection)
    found["alone_ms"] = _each(searches, _alone())
    connection.close()
    with _serving(home) as client:
        running.until(lambda: _answers(client), 120, "the newsroom to answer searches")
        for _ in range(20):  # what fills with use
            client.get("/search?q=warm")
        with processes.watching(os.getpid(), memory=False) as taken:
            found["whole_ms"] = _each(searches, _whole(client))
    found["whole_cpu_ms"] = round(taken.cpu_s * 1000 / len(searches), 1)
    found["others_cpu_percent"] = round(taken.others_cpu_s * 100 / taken.wall_s / len(os.sched_getaffinity(0)))
    (home / "bench.json").write_text(json.dumps(found))


def _let_rest(connection: Any) -> None:
    """Wait until the server has done with what so many new rows have it do, for which a newsroom has a night: until
    nobody has tidied its tables for longer than it waits before it looks again."""
    rest = end = 0.0
    while rest < NAP and end < LONGEST_NAP:
        time.sleep(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
            rest = 0.0 if cursor.fetchone()[0] else rest + 1
        end += 1


@contextmanager
def _serving(home: Path) -> Iterator[httpx.Client]:
    """The reader and the newsroom, without the worker: after so many pages it would pack them for minutes."""
    inside, outside = processes.free_port(), processes.free_port()
    newsroom = [sys.executable, "-m", "standfirst.conf.newsroom", "--port", str(inside)]
    reader = [sys.executable, "-m", "standfirst.reader", "--home", str(home), "--port", str(outside)]
    reader += ["--newsroom", f"http://127.0.0.1:{inside}", "--trusted-proxy", "127.0.0.1"]
    with ExitStack() as ending:
        for command in (newsroom, reader):
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            ending.callback(processes.stop, process, 30)
        yield ending.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{outside}", timeout=30))


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/search").status_code == 200
    except httpx.TransportError:
        return False


def _file(number: int) -> Figures:
    """What it costs to file every story, composing it first as the worker does."""
    from standfirst.press import finding

    with processes.watching(os.getpid()) as taken:
        assert finding.rebuild() == number
    return {
        "filed_ms_a_story": round(taken.wall_s * 1000 / number, 2),
        "filed_cpu_ms_a_story": round(taken.cpu_s * 1000 / number, 2),
        "filed_peak_mb": round(taken.peak_mb),
    }


def _size(connection: Any) -> int:
    """Megabytes of the index and of what belongs to it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relkind = 'r'"
                " AND (relname = 'library_words' OR relname LIKE 'library_cutting%')"
            )
        else:
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'library_words%' OR name LIKE '%library_cutting%'"
            )
        return round(int(cursor.fetchone()[0] or 0) / 2**20)


# --- what is looked for -------------------------------------------------------------------------------------------


def _searches() -> Iterator[tuple[str, Asked]]:
    """(kind, form) of every search, each kind in turn, none twice."""
    from standfirst.stories.models import SectionPath, Story

    dice = random.Random(7)
    titles = list(Story.objects.filter(live=True).order_by("pk").values_list("title", flat=True)[:5_000])
    bodies = [
        str(block["value"]).removeprefix("<p>").removesuffix(".</p>").lower().split()
        for body in Story.objects.order_by("pk").values_list("body", flat=True)[: 4 * EACH]
        for block in list(body.raw_data)[:2]
    ]
    counts: dict[str, int] = {}
    for words in bodies:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    weights = [1 / (place + 1) for place in range(len(ordered))]
    rare = [word for word in ordered if counts[word] == 1]
    paths = list(SectionPath.objects.filter(current=True).exclude(path="/").values_list("path", flat=True))

    def mixed() -> str:
        return " ".join(dice.choices(ordered, weights, k=dice.choice((1, 1, 2, 2, 3))))

    def phrase() -> str:
        words = dice.choice([some for some in bodies if len(some) > 3])
        start = dice.randrange(len(words) - 2)
        return f'"{" ".join(words[start : start + 3])}"'

    make: dict[str, Callable[[], Asked]] = {
        "mix": lambda: {"q": mixed()},
        "common": lambda: {"q": " ".join(dice.sample(ordered[:60], dice.choice((1, 2, 3))))},
        "rare": lambda: {"q": dice.choice(rare)},
        "headline": lambda: {"q": " ".join(dice.choice(titles).split()[:2])},
        "phrase": lambda: {"q": phrase()},
        "commonphrase": lambda: {"q": f'"{" ".join(dice.sample(ordered[:20], 3))}"'},
        "without": lambda: {"q": f"{dice.choice(ordered[:300])} -{dice.choice(ordered[:300])}"},
        "narrowed": lambda: {"q": dice.choice(ordered[:500]), "section": dice.choice(paths), "time": "year"},
        "nothing": lambda: {"q": f"{dice.choice(ordered[:100])} {''.join(dice.choices('xqz', k=9))}"},
    }
    assert make.keys() == KINDS.keys()
    seen: set[str] = set()
    for _ in range(EACH):
        for kind, one in make.items():
            form = next(form for form in iter(one, None) if form and urlencode(form) not in seen)
            seen.add(urlencode(form))
            yield kind, form


def _alone() -> Callable[[Asked], int]:
    """Asks the index in this process, as the newsroom does. Says how many stories were found."""
    from datetime import timedelta

    from standfirst.kit import clock
    from standfirst.library import asking, finding
    from standfirst.stories.models import SectionPath

    ids = dict(SectionPath.objects.filter(current=True).values_list("path", "section_id"))

    def ask(form: Asked) -> int:
        since = clock.now() - timedelta(days=365) if form.get("time") else None
        filters = finding.Filters(section=ids.get(form.get("section", "")), since=since)
        return len(finding.find(asking.read(form["q"]), filters, now=clock.now()).stories)

    return ask


def _whole(client: Any) -> Callable[[Asked], int]:
    """Asks the reader process for the page, as a reader who has not asked before."""
    dice = random.Random(8)

    def ask(form: Asked) -> int:
        # Each comes from somebody else.
        address = ".".join(str(dice.randrange(1, 255)) for _ in range(4))
        answer = client.get("/search", params=form, headers={"x-forwarded-for": address})
        if answer.status_code != 200 or "</html>" not in answer.text:
            raise SystemExit(f"The search for {form} was answered with {answer.status_code}.")
        return int(answer.text.count("<article"))

    return ask


def _each(searches: Sequence[tuple[str, Asked]], ask: Callable[[Asked], int]) -> Figures:
    """Milliseconds of each kind and of all, and how many searches found nothing where there is something."""
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind, form in searches:
        began = time.perf_counter()
        stories = ask(form)
        took[kind].append((time.perf_counter() - began) * 1000)
        if not stories and kind in ("mix", "common", "rare", "headline", "phrase") and " " not in form["q"]:
            raise SystemExit(f"Nothing was found for {form}.")
    return {kind: _tail(some) for kind, some in took.items()} | {
        "all": _tail([ms for some in took.values() for ms in some])
    }


def _tail(numbers: Sequence[float]) -> dict[str, float]:
    ordered = sorted(numbers)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)

    return {"median": at(0.5), "p95": at(0.95), "p99": at(0.99), "worst": round(ordered[-1], 1)}


# --- running ------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 10000])
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, from the development requirements")
    parser.add_argument("--keep", type=Path, help="a folder in which the newsrooms stay (SQLite only)")
    parser.add_argument("--inside", metavar="ABOUT", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    if wanted.inside:
        measure(wanted.sizes[0], json.loads(wanted.inside))
        return
    if wanted.keep and wanted.postgresql:
        raise SystemExit("What is in a server of its own ends with it: leave --keep out, or --postgresql.")
    for number in wanted.sizes:
        about = machine.describe()
        print(f"{about['cores']} cores of {about['cpu']}, Python {about['python']}, {about['kernel']}")
        with nullcontext(wanted.keep / str(number)) if wanted.keep else running.folder() as home:
            home.mkdir(parents=True, exist_ok=True)
            running.apart(
                "bench.search", [json.dumps(about), str(number)], home=home, postgresql=wanted.postgresql, durable=True
            )
            found = json.loads((home / "bench.json").read_text())
        print(json.dumps(found), flush=True)
        _save(found)


def _save(found: Figures) -> None:
    """Beside what earlier runs left of other sizes."""
    file = machine.RESULTS / "search.json"
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError):
        kept = {}
    sizes = {**kept.get("sizes", {}), f"{found['database']}-{found['stories']:09}": found}
    machine.save("search", {"bar_ms": BAR_MS, "sizes": dict(sorted(sizes.items()))})


if __name__ == "__main__":
    main()
