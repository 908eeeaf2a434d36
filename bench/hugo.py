"""Measures a full bake beside Hugo, which builds the same copy into pages of the same kind.

    python -m bench.hugo --stories 20000

A newsroom is made in a temporary folder and its copy written down as two Hugo sites (`bench/hugo_site/export.py`): the
*same* pages as ours, and what an *ordinary* Hugo site would make of the copy. Then, in turns:

    first      ours, from nothing: a new ledger, an empty output folder (`press run --jobs 2`)
    all        ours, an empty output folder, the ledger there (`press run --all --jobs 2`): compared with Hugo
    again      ours, everything printed once more and found to be what is there
    plain      as `all`, but no page gets a gzip twin, and what the ledger and the comparison take is counted apart
    same, ordinary   Hugo, into an empty folder

The same pages are the same files: of each kind as many, and as many bytes within `NEAR`, which is checked and told.
Hugo makes all kinds but one, the page of our patterns, of which a site has one (`UNMADE`). The pages of the search and
of corrections, the archive and the sitemaps are made, too; a bench's newsroom has no corrections, pictures or moves.

Each runs in processes of its own. CPU is user and system time of all of them; memory is sampled ten times a second:
the peaks of the processes added up, and once a second what they have with shared pages counted once (PSS). At last one
process prints everything under counters that say where its time goes: page functions, ledger, gzip, files.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from bench import copies, machine, publish
from bench.hugo_site import export
from bench.machine import Figures, middle
from bench.processes import Used, measured

OURS = ("first", "all", "again", "plain")
BARS = {"cpu_to_hugo": 0.5, "pages_a_second": 1200, "peak_gb": 1.5, "at_stories": 100_000}
NAMES = {
    "first": "ours, from nothing, with a new ledger",
    "all": "ours, everything",
    "again": "ours, everything again, nothing new",
    "plain": "ours, everything, without gzip twins",
    "same": "Hugo, the same pages",
    "ordinary": "Hugo, an ordinary site",
}

KINDS = {
    "stories": r".+/\d{4}/\d\d/\d\d/[^/]+/index\.html",
    "ninjs of stories": r".+/\d{4}/\d\d/\d\d/[^/]+/ninjs\.json",
    "days": r"\d{4}/\d\d/\d\d/index\.html",
    "months": r"\d{4}/\d\d/index\.html",
    "authors": r"authors/[^/]+/index\.html",
    "topics": r"topics/[^/]+/index\.html",
    "rails": r"rails/\d+\.html",
    "RSS": r".*feed\.xml",
    "Atom": r".*atom\.xml",
    "JSON Feed": r".*feed\.json",
    "ninjs of lists": r".*ninjs\.json",
    "sitemaps": r"sitemap(-.+)?\.xml",
    "styles, faces, scripts": r"assets/.+",
    "patterns": r"patterns/index\.html",
    "once each": r"((404|500|search/\w+)\.html|robots\.txt|(archive|corrections|topics)/index\.html)",
    "fronts": r".*index\.html",
}
"""Which addresses are of which kind; the first that fits counts."""
UNMADE = ("patterns", "other")
"""What Hugo is not asked for: one page, and files that no reader gets."""
NEAR = 0.03
"""How far the bytes of a kind may differ and be the same; files may by none."""


# --- one build each -----------------------------------------------------------------------------------------------


def ours(kind: str, home: Path, jobs: int) -> Used:
    """A full bake by the real command, or without twins."""
    if kind != "again":
        _put_aside(home / "output", "pages", "gone", "moved")
    if kind == "first":
        for file in home.glob("press.sqlite3*"):
            file.unlink()
    os.sync()
    command = [sys.executable, "-m", "standfirst", "press", "run", "--json", "--jobs", str(jobs)]
    if kind in ("all", "again"):
        command.append("--all")
    elif kind == "plain":
        command = [sys.executable, "-m", "bench.hugo", "--inside", "plain", "--jobs", str(jobs)]
    return measured(command, environ=copies.environment(home))


def _put_aside(folder: Path, *names: str) -> None:
    """Have nothing in the way of a build. Not by deleting: ext4 takes the number of no file that was deleted a moment
    ago, and looks through all of them for each new one."""
    aside = Path(tempfile.mkdtemp(prefix="former-", dir=folder.parent))
    for name in names:
        with suppress(FileNotFoundError):
            (folder / name).rename(aside / name)


def hugos(site: Path) -> Used:
    """A build by Hugo, with what it does by default: all cores."""
    _put_aside(site, "public")
    os.sync()
    command = [machine.program("hugo") or "hugo", "--source", str(site), "--destination", str(site / "public")]
    return measured([*command, "--cacheDir", str(site / "cache"), "--quiet"])


def weigh(folder: Path) -> Figures:
    """Files and bytes of a folder of pages, and of the twins among them."""
    found: dict[str, int] = defaultdict(int)
    for place, _, names in os.walk(folder):
        for name in names:
            twin = name.endswith((".gz", ".br"))
            found["twins" if twin else "files"] += 1
            found["twin_bytes" if twin else "bytes"] += os.path.getsize(os.path.join(place, name))
    return dict(found)


def by_kind(pages: Path) -> dict[str, Figures]:
    """Files and bytes of each kind in a folder of pages, twins left out."""
    fits = {kind: re.compile(pattern) for kind, pattern in KINDS.items()}
    found: dict[str, Figures] = {}
    for place, _, names in os.walk(pages):
        for name in names:
            file = Path(place, name)
            if file.suffix in (".gz", ".br"):
                continue
            path = file.relative_to(pages).as_posix()
            kind = next((kind for kind, fit in fits.items() if fit.fullmatch(path)), "other")
            each = found.setdefault(kind, {"files": 0, "bytes": 0})
            each["files"] += 1
            each["bytes"] += file.stat().st_size
    return {kind: found[kind] for kind in (*KINDS, "other") if kind in found}


def side_by_side(kinds: dict[str, dict[str, Figures]]) -> dict[str, tuple[Figures, Figures]]:
    """Of each kind ours and Hugo's, those that only one has included."""
    nothing = {"files": 0, "bytes": 0}
    ours, theirs = kinds["ours"], kinds["same"]
    return {kind: (ours.get(kind, nothing), theirs.get(kind, nothing)) for kind in dict.fromkeys((*ours, *theirs))}


def share(ours: Figures, theirs: Figures) -> str:
    """By how much Hugo's bytes differ, e.g. "+1.2%"; nothing where it makes none."""
    return f"{theirs['bytes'] / ours['bytes'] - 1:+.1%}" if ours["bytes"] and theirs["bytes"] else ""


def unlike(ours: dict[str, Figures], theirs: dict[str, Figures]) -> list[str]:
    """The kinds in which Hugo's pages are not the same as ours: sentences, each with both figures."""
    told = []
    for kind, (mine, other) in side_by_side({"ours": ours, "same": theirs}).items():
        if kind in UNMADE:
            continue
        if mine["files"] != other["files"]:
            told.append(f"{kind}: {mine['files']:,} files of ours, {other['files']:,} of Hugo's")
        if abs(other["bytes"] - mine["bytes"]) > NEAR * mine["bytes"]:
            told.append(f"{kind}: {mine['bytes']:,} bytes of ours, {other['bytes']:,} of Hugo's")
    return told


# --- measuring ----------------------------------------------------------------------------------------------------


def measure(stories: int, rounds: int, jobs: int, ways: Sequence[str]) -> Figures:
    """The newsroom, the sites, the rounds."""
    about = machine.describe(
        **({"hugo": machine.version(machine.program("hugo") or "hugo", "version")} if ways else {})
    )
    home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
    try:
        copies.newsroom(home, stories)
        used: dict[str, list[Used]] = defaultdict(list)
        weights: dict[str, Figures] = {}
        kinds: dict[str, dict[str, Figures]] = {}
        for turn in range(rounds):
            for kind in (*OURS, *ways):
                if turn == 0 and kind in ways:
                    _site(home, kind)
                each = ours(kind, home, jobs) if kind in OURS else hugos(home / f"hugo-{kind}")
                used[kind].append(each)
                pages_of = home / "output" / "pages" if kind in OURS else home / f"hugo-{kind}" / "public"
                weights[kind] = weigh(pages_of)
                if kind in ("all", "same"):
                    kinds["ours" if kind == "all" else kind] = by_kind(pages_of)
                pages = weights[kind]["files"]
                machine.say(
                    f"  round {turn + 1} of {rounds}: {NAMES[kind]:40} {pages / each.wall_s:6,.0f} pages a second, "
                    f"{each.cpu_s * 1000 / pages:.2f} CPU ms a page, {each.peak_mb:,.0f} MB"
                )
        found: Figures = {"about": about, "stories": stories, "jobs": jobs}
        found["builds"] = {kind: _summed_up(used[kind], weights[kind]) for kind in used}
        if "same" in ways:
            found["kinds"] = kinds
            found["unlike"] = unlike(kinds["ours"], kinds["same"])
        machine.say("Taking a bake apart, in one process ...")
        _put_aside(home / "output", "pages", "gone", "moved")
        apart = measured([sys.executable, "-m", "bench.hugo", "--inside", "apart"], environ=copies.environment(home))
        found["apart"] = json.loads(apart.out.strip().splitlines()[-1])
        if ways:
            # Round by round, since builds side by side had the same machine.
            found["cpu_to_hugo"] = {
                way: middle(
                    [
                        _cpu(a, weights["all"]) / _cpu(b, weights[way])
                        for a, b in zip(used["all"], used[way], strict=True)
                    ],
                    3,
                )
                for way in ways
            }
            beside = [json.loads(each.out.strip().splitlines()[-1]) for each in used["plain"]]
            found["beside_printing"] = {name: middle([each[name] for each in beside], 3) for name in BESIDE}
            found["printing_to_hugo"] = {
                way: middle(
                    [
                        (_cpu(a, weights["plain"]) - sum(aside.values())) / _cpu(b, weights[way])
                        for a, aside, b in zip(used["plain"], beside, used[way], strict=True)
                    ],
                    3,
                )
                for way in ways
            }
        return found
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _site(home: Path, way: str) -> None:
    machine.say(f"Writing a Hugo site ({way}) ...")
    copy = home / "copy.jsonl"
    copies.Copy(copy if copy.exists() else copies.exported(home))
    site = home / f"hugo-{way}"
    site.mkdir()
    export.write(copies.Copy(copy), site, way, home / "output" / "pages" / "assets")


def _cpu(used: Used, weight: Figures) -> float:
    return used.cpu_s * 1000 / float(weight["files"])


def _summed_up(rounds: list[Used], weight: Figures) -> Figures:
    return {
        **weight,
        "bytes_a_page": round(weight["bytes"] / weight["files"]),
        "wall_s": middle([each.wall_s for each in rounds], 2),
        "pages_a_second": middle([weight["files"] / each.wall_s for each in rounds], 0),
        "cpu_ms_a_page": middle([_cpu(each, weight) for each in rounds], 3),
        "peak_mb": middle([each.peak_mb for each in rounds], 0),
        "shared_out_mb": middle([each.shared_mb for each in rounds], 0),
    }


def tell(found: Figures) -> None:
    """The figures with the bars beside them."""
    print(f"{found['about']['cores']} cores, {found['about']['cpu']}, load before {found['about']['load_before'][0]}")
    print(
        f"\n{found['stories']:,} stories: pages, MB, seconds, pages a second, CPU ms a page, MB of memory (peaks; PSS)"
    )
    for kind, each in found["builds"].items():
        print(
            f"  {NAMES[kind]:40} {each['files']:8,} {each['bytes'] / 1e6:8.1f}  {each['wall_s']['median']:7.1f}"
            f" {each['pages_a_second']['median']:7,.0f} {each['cpu_ms_a_page']['median']:7.2f}"
            f" {each['peak_mb']['median']:7,.0f} {each['shared_out_mb']['median']:7,.0f}"
        )
    for way, got in found.get("printing_to_hugo", {}).items():
        word = "held" if got["median"] <= BARS["cpu_to_hugo"] else "missed"
        print(f"  CPU a page, ours to {NAMES[way]}: {got['median']:.2f}  bar {BARS['cpu_to_hugo']}: {word}")
        print(f"    with gzip twins and the ledger: {found['cpu_to_hugo'][way]['median']:.2f}")
    for name, got in found.get("beside_printing", {}).items():
        print(f"  of the build without twins, CPU ms a page, {name}: {got['median']:.3f}")
    if "kinds" in found:
        print("\n  files and bytes by kind, ours and Hugo's:")
        for kind, (mine, other) in side_by_side(found["kinds"]).items():
            print(
                f"    {kind:24} {mine['files']:8,} {other['files']:8,}  {mine['bytes']:13,} {other['bytes']:13,}"
                f" {share(mine, other)}"
            )
        for line in found["unlike"]:
            print(f"  NOT THE SAME: {line}")
    whole = found["builds"]["all"]
    print(
        f"  bars at {BARS['at_stories']:,} stories: {BARS['pages_a_second']:,} pages a second and {BARS['peak_gb']} GB;"
        f" here {whole['pages_a_second']['median']:,.0f} and {whole['peak_mb']['median'] / 1000:.2f} GB"
    )
    apart = found["apart"]
    print(f"\none process, {apart['pages']:,} pages, CPU ms a page:")
    for name, spent in apart["ms_a_page"].items():
        print(f"  {name:40} {spent:6.3f}")


# --- inside a newsroom --------------------------------------------------------------------------------------------


def start_without_twins() -> None:
    """Start one of a crew that writes no gzip twins, and leaves word of what it did beside printing."""
    from standfirst.conf import crew

    _no_twins()
    crew.start()
    from standfirst.press import wiring

    clock = Clock()
    _clock_the_ledger(clock)
    wiring.compose_many = clock.timed(SWEEP, wiring.compose_many)
    word = Path(os.environ["STANDFIRST_HOME"], f"{_WORD}{os.getpid()}.json")
    word.write_text("")
    Finalize(None, lambda: word.write_text(json.dumps(clock.spent)), exitpriority=1)


def _no_twins() -> None:
    from standfirst.kit import sitefiles

    sitefiles.has_twin = lambda file: False


def _print_everything(jobs: int) -> int:
    """What `press run --all` does. Returns how many pages there are."""
    from django.conf import settings

    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.worker import Worker

    hire = (lambda: Crew(jobs, start_without_twins)) if jobs > 1 else None
    worker = Worker(wiring.engine(), home=settings.HOME, options=settings.STANDFIRST, hire=hire)
    worker.open()
    every = wiring.Ahead()
    worker.engine.sweep(every, every.compose)
    worker.engine.bake_all()
    worker.call_crew(many=1)
    while worker.press(patience=float("inf")) and sum(worker.engine.status().backlog.values()):
        pass
    worker.dismiss()
    publish.check(worker)
    return worker.engine.status().pages


class Clock:
    """Processor time by what it was spent on; what is called inside is taken off what calls it."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = defaultdict(int)
        self._stack: list[str] = []
        self._since = 0

    def begin(self, name: str) -> None:
        """From here on it is `name`'s time."""
        now = time.thread_time_ns()
        if self._stack:
            self.spent[self._stack[-1]] += now - self._since
        self._stack.append(name)
        self._since = now

    def end(self) -> None:
        """Back to whoever began before."""
        now = time.thread_time_ns()
        self.spent[self._stack.pop()] += now - self._since
        self._since = now

    def timed(self, name: str, function: Callable[..., Any], part_of: str = "") -> Callable[..., Any]:
        """`function`, under the clock. Called within what is `part_of`, it counts for that."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self.begin(part_of if part_of in self._stack else name)
            try:
                return function(*args, **kwargs)
            finally:
                self.end()

        return run

    @contextmanager
    def around(self, name: str, manager: AbstractContextManager[None]) -> Iterator[None]:
        """A context manager whose own beginning and end are under the clock, but not what stands in it."""
        self.timed(name, manager.__enter__)()
        try:
            yield
        except BaseException as problem:
            if not self.timed(name, manager.__exit__)(type(problem), problem, problem.__traceback__):
                raise
        else:
            self.timed(name, manager.__exit__)(None, None, None)


DATA = "reading records and lists"
LEDGER = "ledger: claims, read sets, commits"
PAGES = "page functions and templates"
READS = "recording what they read"
GZIP = "gzip"
FILES = "files: writing, renaming, looking"
SWEEP = "comparing all records with the database"
ENGINE = "the engine's own: digests, order"
START = "starting Python and Django"


BESIDE = (LEDGER, SWEEP)
"""What Hugo does nothing of: the bar is about the rest. It reads its copy from files, so that we read ours counts."""
_WORD = "beside-printing-"


def _clock_the_ledger(clock: Clock) -> None:
    from inspect import isgeneratorfunction

    from standfirst.press.engine import engine, sql

    entered = sql.SqlStore.transaction
    sql.SqlStore.transaction = lambda self: clock.around(LEDGER, entered(self))  # type: ignore[method-assign]
    for name, function in vars(sql.SqlStore).copy().items():
        asked = name != "transaction" and not name.startswith("_") and callable(function)
        if asked and not isgeneratorfunction(function):
            what = DATA if name in ("record", "records_of", "listed", "listed_each", "list_keys") else LEDGER
            setattr(sql.SqlStore, name, clock.timed(what, function, part_of=SWEEP))
    engine.Engine.sweep = clock.timed(SWEEP, engine.Engine.sweep)  # type: ignore[method-assign]


def _plain(jobs: int) -> Figures:
    """Prints everything without twins. Returns the milliseconds a page that went beside printing, of all processes."""
    home = Path(os.environ["STANDFIRST_HOME"])
    for word in home.glob(f"{_WORD}*"):
        word.unlink()
    _no_twins()
    clock = Clock()
    _clock_the_ledger(clock)
    pages = _print_everything(jobs)
    words = [word.read_text() for word in home.glob(f"{_WORD}*")]
    if not all(words):
        raise SystemExit("One of those who printed does not say what it did beside.")
    every = [clock.spent, *map(json.loads, words)]
    return {name: sum(spent.get(name, 0) for spent in every) / 1e6 / pages for name in BESIDE}


def _apart() -> Figures:
    from standfirst.kit import sitefiles
    from standfirst.pages import site
    from standfirst.press.engine import reading
    from standfirst.press.outlet import LocalOutlet

    clock = Clock()
    _clock_the_ledger(clock)
    for name in ("facet", "listing", "any"):
        setattr(reading.Reading, name, clock.timed(READS, getattr(reading.Reading, name)))
    site.RENDERERS = {kind: clock.timed(PAGES, function) for kind, function in site.RENDERERS.items()}
    sitefiles.pack = clock.timed(GZIP, sitefiles.pack)
    for name in ("put", "read"):
        setattr(LocalOutlet, name, clock.timed(FILES, getattr(LocalOutlet, name)))
    begun = time.process_time()
    pages = clock.timed(ENGINE, _print_everything)(1)
    whole = time.process_time() - begun
    spent = {name: clock.spent[name] / 1e6 for name in (PAGES, DATA, READS, GZIP, FILES, LEDGER, ENGINE, SWEEP)}
    spent["not under the clock"] = max(0.0, whole * 1000 - sum(spent.values()))
    spent[START] = begun * 1000
    return {"pages": pages, "ms_a_page": {name: round(each / pages, 4) for name, each in spent.items()}}


def _inside(what: str, jobs: int) -> None:
    from standfirst.conf import setup

    setup.open_newsroom()
    if what == "plain":
        print(json.dumps(_plain(jobs)))
    else:
        print(json.dumps(_apart()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=20_000, help="default: %(default)s; 2000 for a quick try")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", action="append", choices=export.WAYS, help="only this site by Hugo (may be repeated)")
    parser.add_argument("--jobs", type=int, default=2, help="processes that print our pages beside the press")
    parser.add_argument("--inside", choices=("plain", "apart"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        _inside(asked.inside, asked.jobs)
        return
    machine.end_cleanly()
    if lacking := machine.lacks("hugo"):
        machine.say(f"{lacking}. Ours is measured without it.")
    found = measure(asked.stories, asked.rounds, asked.jobs, () if lacking else asked.way or export.WAYS)
    tell(found)
    name = "hugo" if asked.stories < BARS["at_stories"] else "hugo-large"
    machine.save(name, {**found, "bars": BARS})


if __name__ == "__main__":
    main()
