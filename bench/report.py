"""Puts the results of benchmarks into docs/benchmarks.md: tables between its marks, and a plot for each as SVG.

    python -m bench.report

It reads build/bench/*.json, as the benches leave them. A result that is not there, or that cannot be read, leaves the
table of before. The plots are drawn here and carry no script; they follow the reader's light or dark setting.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bench import hugo, reader, search
from bench.machine import RESULTS, ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
SERVERS = {**reader.NAMES, "reader": reader.NAMES["memory"], "wordpress": "WordPress"}
Result = Mapping[str, Any]

# --- tables -------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def spread(found: Result, digits: int = 0) -> str:
    """A median with the least and the greatest."""
    median, least, most = (f"{found[name]:,.{digits}f}" for name in ("median", "least", "most"))
    return f"{median} ({least} to {most})"


def ran_on(result: Result) -> str:
    """One sentence on the machine, and on what of ours ran there."""
    about = result["about"]
    peers = ", ".join(f"{name} {version}" for name, version in about["peers"].items())
    load = about["load_before"][0]
    commit = about.get("commit", "")
    return (
        f"{about['date'][:10]}: {about['cores']} cores of {about['cpu']}, {about['memory_gb']} GB, {about['kernel']}, "
        f"Python {about['python']}{', ' if peers else ''}{peers}{', ours at ' if commit else ''}{commit}. "
        f"Load before the run: {load}."
    )


def each_ran_on(sizes: Sequence[Result], about: str) -> str:
    """For rows of several runs, which of them ran where and when: those of one run together."""
    runs: dict[str, list[str]] = {}
    for each in sizes:
        says = ran_on({"about": each[about]}) if each.get(about) else "not told by the run"
        runs.setdefault(says, []).append(_named(each))
    return "\n".join(f"- {'; '.join(names)}: {says}" for says, names in runs.items())


def known(found: Result, name: str, ending: str = "") -> str:
    """A whole number, or a dash where the run did not tell it."""
    return f"{found[name]:,.0f}{ending}" if name in found else "-"


def bar(got: float, wanted: float, *, most: bool = False) -> str:
    """A figure beside what it should be."""
    held = got <= wanted if most else got >= wanted
    return f"{got:,.2f}; bar {wanted:,g} {'at most' if most else 'at least'}: {'held' if held else '**missed**'}"


def _servers(found: Result) -> str:
    head = ["", "requests a second", "p50 ms", "p99 ms", "CPU s per 1,000", "its CPU", "wrk's CPU", "others' CPU"]
    rows = [
        [
            SERVERS[name],
            spread(each["requests_a_second"]),
            f"{each['p50_ms']['median']:,.1f}",
            f"{each['p99_ms']['median']:,.1f}",
            f"{each['cpu_s_per_1000']['median']:.3f}",
            f"{each['server_cpu_percent']['median']:.0f}%",
            f"{each['load_cpu_percent']['median']:.0f}%",
            f"{each['others_cpu_percent_of_machine']['median']:.0f}%",
        ]
        for name, each in found["servers"].items()
    ]
    return table(head, rows)


RATIOS = {
    "memory_to_nginx": "Reader from memory to nginx",
    "disk_to_nginx": "Reader from disk to nginx",
    "memory_to_wagtail": "Reader from memory to plain Wagtail",
}
KINDS = {"one": "One story page", "many": "Stories at random"}


def reader_report(result: Result) -> str:
    """The reader beside nginx and plain Wagtail."""
    parts = [ran_on(result)]
    bars = result["bars"]
    for kind, title in KINDS.items():
        found = result[kind]
        p99 = found["servers"]["memory"]["p99_ms"]["median"]
        parts += [
            f"{title}, {result['stories']:,} stories, rounds of {result['seconds']:g} s:",
            _servers(found),
            "\n".join(
                [
                    *(
                        f"- {words}: {bar(found[name]['median'], bars[name])}"
                        for name, words in RATIOS.items()
                        if name in found
                    ),
                    f"- p99 of the reader from memory, ms: {bar(p99, bars['p99_ms'], most=True)}",
                ]
            ),
        ]
    rows = [
        [
            SERVERS[name],
            f"{each['peak_mb']:,}",
            f"{each['shared_out_mb']:,}",
            f"{each['processes']}",
            f"{result['pages'][name]['bytes']:,}",
            f"{result['pages'][name]['sent']:,}",
        ]
        for name, each in result["memory"].items()
    ]
    head = ["", "peaks added up, MB", "PSS after, MB", "processes", "bytes of the page", "sent"]
    return "\n\n".join([*parts, table(head, rows)])


def wordpress_report(result: Result) -> str:
    """The reader beside WordPress."""
    parts = [ran_on(result)]
    for kind, title in KINDS.items():
        times = result[kind]["reader_to_wordpress"]["median"]
        parts += [f"{title}: the reader answers {times:,.0f} times as many.", _servers(result[kind])]
    return "\n\n".join(parts)


def hugo_report(result: Result) -> str:
    """A full bake beside Hugo."""
    head = [
        "",
        "pages",
        "bytes a page",
        "MB with twins",
        "seconds",
        "pages a second",
        "CPU ms a page",
        "peak MB",
        "PSS MB",
    ]
    rows = [
        [
            hugo.NAMES[kind],
            f"{each['files']:,}",
            f"{each['bytes_a_page']:,}",
            f"{(each['bytes'] + each.get('twin_bytes', 0)) / 1e6:,.0f}",
            spread(each["wall_s"], 1),
            f"{each['pages_a_second']['median']:,.0f}",
            spread(each["cpu_ms_a_page"], 2),
            f"{each['peak_mb']['median']:,.0f}",
            f"{each['shared_out_mb']['median']:,.0f}",
        ]
        for kind, each in result["builds"].items()
    ]
    parts = [ran_on(result), f"{result['stories']:,} stories, ours with a crew of {result['jobs']}:", table(head, rows)]
    bars, whole = result["bars"], result["builds"]["all"]
    lines = [
        f"- CPU a page, ours to {hugo.NAMES[way]}: {bar(got['median'], bars['cpu_to_hugo'], most=True)}; "
        f"{result['cpu_to_hugo'][way]['median']:.2f} with the ledger and gzip twins, which Hugo has none of"
        for way, got in result.get("printing_to_hugo", {}).items()
    ]
    lines += [
        f"- Of the build without twins, not counted for the bar, CPU ms a page: {name} {got['median']:.3f}"
        for name, got in result.get("beside_printing", {}).items()
    ]
    lines += [f"- Hugo's pages are not the same as ours in this: {line}" for line in result.get("unlike", ())]
    if result["stories"] >= bars["at_stories"]:
        lines += [
            f"- Pages a second: {bar(whole['pages_a_second']['median'], bars['pages_a_second'])}",
            f"- Memory, GB: {bar(whole['peak_mb']['median'] / 1000, bars['peak_gb'], most=True)}",
        ]
    if lines:
        parts.append("\n".join(lines))
    if "kinds" in result:
        each_kind = [
            [
                kind,
                f"{ours['files']:,}",
                f"{theirs['files']:,}",
                f"{ours['bytes'] / 1e6:,.2f}",
                f"{theirs['bytes'] / 1e6:,.2f}",
                hugo.share(ours, theirs),
            ]
            for kind, (ours, theirs) in hugo.side_by_side(result["kinds"]).items()
        ]
        parts += [
            "What is compared, kind by kind:",
            table(["", "files, ours", "Hugo's", "MB, ours", "Hugo's", "bytes differ by"], each_kind),
        ]
    apart = result["apart"]
    spent = [[name, f"{ms:.3f}"] for name, ms in apart["ms_a_page"].items()]
    return "\n\n".join(
        [*parts, f"Where it goes, {apart['pages']:,} pages in one process:", table(["", "CPU ms a page"], spent)]
    )


DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _named(found: Result) -> str:
    return f"{found['stories']:,} on {DATABASES[found['database']]}"


def facts_report(result: Result) -> str:
    """What a rehearsal found, figure by figure; of several rounds the median, the least and the most."""
    rows = [[name, told] for name, told in _facts(result["report"]) if name != "wrong"]
    return "\n\n".join([ran_on(result), table(["", "found"], rows)])


def _facts(found: Result, above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        words = f"{above}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _facts(value, f"{words}: ")
        elif isinstance(value, (int, float)):
            yield words, f"{value:,}"
        elif isinstance(value, list) and value and all(isinstance(each, (int, float)) for each in value):
            yield words, f"{statistics.median(value):,} ({min(value):,} to {max(value):,})"
        elif isinstance(value, str):
            yield words, value
        else:
            yield words, str(len(value)) if value else "none"


def _times(found: Result) -> str:
    return f"{found['median']:,.0f} / {found['p95']:,.0f}"


def _spread(found: Result, name: str) -> str:
    """A figure, and the least and the most of it where it was measured several times."""
    several = [each[name] for each in found.get("bakes", [])]
    around = f" ({min(several):,.0f} to {max(several):,.0f})" if len(several) > 1 else ""
    return f"{found[name]:,.0f}{around}"


def publish_report(result: Result) -> str:
    """One publish and a full bake, by the size of the newsroom."""
    sizes = list(result["sizes"].values())
    rounds = min((each["rounds"] for each in sizes), default=0)
    publish = table(
        ["stories", "Wagtail's share, ms", "the press's, ms", "together, ms", "pages", "related", "others' CPU"],
        [
            [
                _named(each),
                _times(each["wagtail_ms"]),
                _times(each["press_step_ms"]),
                _times(each["publish_ms"]),
                f"{each['pages_a_publish']:g}",
                known(each, "related"),
                known(each, "rounds_others_cpu_percent", "%"),
            ]
            for each in sizes
        ],
    )
    bake = table(
        [
            "stories",
            "bakes",
            "ledger, s",
            "pages",
            "bake, s",
            "pages a second",
            "with its ledger",
            "CPU ms a page",
            "PSS of all, MB",
            "pages, MB",
            "to disk, MB",
            "others' CPU",
        ],
        [
            [
                _named(each),
                str(len(each.get("bakes", [each]))),
                f"{each['ledger_s']:,.0f}",
                f"{each['pages']:,}",
                f"{each['bake_s']:,.1f}",
                _spread(each, "pages_per_s"),
                f"{each['pages'] / (each['ledger_s'] + each['bake_s']):,.0f}",
                f"{each['cpu_ms_per_page']:.2f}",
                f"{each['peak_mb']:,}",
                known(each, "pages_mb"),
                known(each, "to_disk_mb"),
                known(each, "bake_others_cpu_percent", "%"),
            ]
            for each in sizes
        ],
    )
    shares = list(result.get("shares", {}).values())
    share = table(
        ["stories", "Wagtail's share, ms", "others' CPU"],
        [[_named(each), _times(each["wagtail_ms"]), known(each, "rounds_others_cpu_percent", "%")] for each in shares],
    )
    alone = ["Wagtail's share alone, where nothing was printed:", share, each_ran_on(shares, "about")] if shares else []
    return "\n\n".join(
        [
            f"One publish with a full hot set, median / what 19 of 20 stay below, {rounds} rounds or more:",
            publish,
            each_ran_on(sizes, "about"),
            *alone,
            "A full bake with gzip twins on all cores, noted in the ledger, and the building of that ledger before:",
            bake,
            each_ran_on(sizes, "bake_about"),
        ]
    )


def phone_report(result: Result) -> str:
    """Kilobytes over the line on a telephone, and Lighthouse's scores."""
    head = [
        "page",
        "dots a point",
        "before paint",
        "HTML, styles, scripts",
        "face",
        "pictures",
        "first view",
        "to the end",
    ]
    names = ("before_paint_kb", "written_kb", "face_kb", "pictures_kb", "first_view_kb", "to_the_end_kb")
    weights = table(
        head,
        [
            [page, dots.partition(" ")[0], *(f"{each[name]:.1f}" for name in names)]
            for page, found in result["pages"].items()
            for dots, each in found.items()
            if dots.endswith("dots")
        ],
    )
    scored = {page: found["lighthouse"] for page, found in result["pages"].items() if "lighthouse" in found}
    scores = table(
        ["page", "performance", "accessibility", "best practices", "SEO"],
        [[page, *(spread(each) for each in found.values())] for page, found in scored.items()],
    )
    told = [f"Lighthouse, of 100, median of {result['rounds']}:", scores] if scored else []
    return "\n\n".join(["Kilobytes over the line, 360 points wide:", weights, *told, ran_on(result)])


def search_report(result: Result) -> str:
    """The readers' search, by the size of the newsroom and by what is looked for."""
    sizes = list(result["sizes"].values())
    whole = table(
        [
            "stories",
            "alone, ms",
            "whole, ms",
            "CPU of it, ms",
            "filed, ms a story",
            "CPU of it, ms",
            "index, MB",
            "others' CPU",
        ],
        [
            [
                _named(each),
                _tails(each["alone_ms"]["all"]),
                _tails(each["whole_ms"]["all"]),
                f"{each['whole_cpu_ms']:,.0f}",
                # Of a newsroom that was there already nothing is known of that.
                f"{each['filed_ms_a_story']:.2f}" if "filed_ms_a_story" in each else "-",
                f"{each['filed_cpu_ms_a_story']:.2f}" if "filed_cpu_ms_a_story" in each else "-",
                f"{each['index_mb']:,}",
                f"{each['others_cpu_percent']:,}%",
            ]
            for each in sizes
        ],
    )
    shown = [each for each in sizes if each["stories"] == max(each["stories"] for each in sizes)] or sizes
    kinds = table(
        ["", *(f"{_named(each)}, {part}" for each in shown for part in ("alone", "whole"))],
        [
            [words, *(_tails(each[part][kind]) for each in shown for part in ("alone_ms", "whole_ms"))]
            for kind, words in search.KINDS.items()
        ],
    )
    bars = [
        f"- {_named(each)}, 99 of 100, ms: {bar(each['whole_ms']['all']['p99'], result['bar_ms'], most=True)}"
        for each in sizes
    ]
    return "\n\n".join(
        [
            "Median / what 19 of 20 / what 99 of 100 stay below:",
            whole,
            "\n".join(bars),
            "By what is looked for, milliseconds:",
            kinds,
            each_ran_on(sizes, "about"),
        ]
    )


def _tails(found: Result) -> str:
    return f"{found['median']:,.0f} / {found['p95']:,.0f} / {found['p99']:,.0f}"


# --- plots --------------------------------------------------------------------------------------------------------

WIDE, LABEL, ROW = 760, 320, 26
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222 } .title { font-weight: 600 } .soft { fill: #666 }
rect.theirs { fill: #8a9bb0 } rect.ours { fill: #0b6e4f } line { stroke: #222; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e6e6 } .soft { fill: #a5a5a5 } line { stroke: #e6e6e6 }
  rect.theirs { fill: #71839a } rect.ours { fill: #4fc796 }
}
"""


def bars_svg(title: str, rows: Sequence[tuple[str, Result, bool]], digits: int = 0) -> str:
    """Bars, one a row of (label, median with spread, whether it is ours), from nought, with a line for the spread."""
    most = max(found["most"] for _, found, _ in rows) or 1
    room = WIDE - LABEL - 90
    high = 40 + ROW * len(rows)
    told = "; ".join(f"{label}: {found['median']:,.{digits}f}" for label, found, _ in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(told)}</desc><style>{STYLE}</style>',
        f'<text class="title" x="0" y="16">{escape(title)}</text>',
    ]
    for place, (label, found, ours) in enumerate(rows):
        top = 30 + ROW * place
        kind = "ours" if ours else "theirs"
        middle, least, end = (found[name] / most * room for name in ("median", "least", "most"))
        parts += [
            f'<text x="{LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" x="{LABEL}" y="{top + 2}" width="{max(1, middle):.1f}" height="16"/>',
            f'<line x1="{LABEL + least:.1f}" x2="{LABEL + end:.1f}" y1="{top + 10}" y2="{top + 10}"/>',
            f'<text class="soft" x="{LABEL + end + 8:.1f}" y="{top + 14}">{found["median"]:,.{digits}f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def reader_plot(result: Result) -> str:
    """Requests a second of each."""
    servers = result["many"]["servers"]
    rows = [(SERVERS[name], each["requests_a_second"], name in ("memory", "disk")) for name, each in servers.items()]
    return bars_svg("Requests a second, stories at random", rows)


def wordpress_plot(result: Result) -> str:
    """Requests a second of each."""
    servers = result["many"]["servers"]
    rows = [(SERVERS[name], each["requests_a_second"], name == "reader") for name, each in servers.items()]
    return bars_svg("Requests a second, stories at random", rows)


def publish_plot(result: Result) -> str:
    """Milliseconds of one publish, with a line to what 19 of 20 stay below."""
    rows = [
        (
            f"{_named(each)}: {words}",
            {"median": each[part]["median"], "least": each[part]["median"], "most": each[part]["p95"]},
            part == "press_step_ms",
        )
        for each in result["sizes"].values()
        for part, words in (("wagtail_ms", "Wagtail"), ("press_step_ms", "the press"))
    ]
    return bars_svg("Milliseconds of one publish", rows)


def hugo_plot(result: Result) -> str:
    """Processor time of a page."""
    rows = [(hugo.NAMES[kind], each["cpu_ms_a_page"], kind in hugo.OURS) for kind, each in result["builds"].items()]
    return bars_svg(f"CPU milliseconds a page, {result['stories']:,} stories", rows, 2)


REPORTS: dict[str, tuple[Callable[[Result], str], Callable[[Result], str] | None]] = {
    "search": (search_report, None),
    "publish": (publish_report, publish_plot),
    "surge": (facts_report, None),
    "phone": (phone_report, None),
    "hubs": (facts_report, None),
    "laws": (facts_report, None),
    "reader": (reader_report, reader_plot),
    "wordpress": (wordpress_report, wordpress_plot),
    "hugo": (hugo_report, hugo_plot),
    "hugo-large": (hugo_report, hugo_plot),
}


# --- the page -----------------------------------------------------------------------------------------------------


def fill(page: str, name: str, text: str) -> str:
    """`page` with what stands between the marks of `name` replaced. Raises `KeyError` if it has no such marks."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise KeyError(name)
    return pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", page, count=1)


def report(results: Path, page: Path) -> dict[str, str]:
    """Fill the page from the results that are there. Returns what became of each."""
    told: dict[str, str] = {}
    plots = page.with_suffix("")
    text = page.read_text("utf-8")
    for name, (tables, plot) in REPORTS.items():
        file = results / f"{name}.json"
        try:
            result = json.loads(file.read_text("utf-8"))
            made, drawing = tables(result), plot(result) if plot else ""
        except FileNotFoundError:
            told[name] = "no result; what the page says stays"
            continue
        except (ValueError, KeyError, TypeError) as problem:
            told[name] = f"{file.name} cannot be read ({type(problem).__name__}: {problem}); what the page says stays"
            continue
        if drawing:
            plots.mkdir(exist_ok=True)
            (plots / f"{name}.svg").write_text(drawing, "utf-8")
            title = re.search(r"<title[^>]*>(.*?)</title>", drawing)
            made = f"![{title[1] if title else name}]({plots.name}/{name}.svg)\n\n{made}"
        text = fill(text, name, made)
        told[name] = "written"
    page.write_text(text, "utf-8")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the benches' results")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page with the marks")
    asked = parser.parse_args()
    for name, outcome in report(asked.results, asked.page).items():
        print(f"{name}: {outcome}", file=sys.stderr)


if __name__ == "__main__":
    main()
