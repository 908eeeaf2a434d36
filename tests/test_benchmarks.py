"""What the benches hand to peers and what they report: faults there would show as good figures."""

import json
import random
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from bench import hugo, laws, load, machine, publish, reader, report, search, wordpress
from bench.copies import Copy
from bench.hugo_site import export
from bench.processes import measured
from standfirst.edition.snapshots import Author, Hot, Paragraph, Ranking, Related, Section, Story, Topic
from standfirst.stories import actions as stories
from standfirst.stories.models import Address
from tests.newsroom import Newsroom

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    records = [
        ("section", Section(id=1, path="/", name="The Bench Post")),
        ("section", Section(id=2, path="/world/", name="World", parent=1, trail=(1,))),
        ("author", Author(id=7, path="/authors/ada-o-hara/", name="Ada O'Hara", role="Reporter")),
        ("topic", Topic(id=3, path="/topics/tides/", name="Tides & harbours")),
        ("topic", Topic(id=4, path="/topics/silence/", name="Silence")),
    ]
    for number in range(1, 41):
        day = f"2026-03-{1 + number % 3:02}"
        records.append(
            (
                "story",
                Story(
                    id=number,
                    path=f"/world/{day.replace('-', '/')}/{number}-tide/",
                    headline=f'Tide "number" {number} isn\'t \\ in',
                    kicker="Tides",
                    standfirst="Boats & <people> wait.",
                    authors=(7,),
                    section=2,
                    sections=(1, 2),
                    topics=(3,),
                    sheet="2026-03" if number <= 30 else "2026-03-2",
                    body=(Paragraph(html="A *plain* word, <b>a bold one</b>."), Paragraph(html="# not a heading")),
                    published=f"{day}T08:{number:02}:00Z",
                    day=day,
                ),
            )
        )
    records += [
        ("related", Related(id=3, stories=(5, 4))),
        ("ranking", Ranking(id="top", stories=(1, 2, 3))),
        ("hot", Hot(id="/world/2026/03/02/1-tide/")),
    ]
    file = tmp_path / "copy.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    return Copy(file)


def front_matter(file: Path) -> tuple[dict, str]:
    whole = file.read_text("utf-8")
    front, end = json.JSONDecoder().raw_decode(whole)
    return front, whole[end:].strip()


def test_hugo_is_given_the_newsrooms_copy_in_both_ways(copy: Copy, tmp_path: Path) -> None:
    for way in export.WAYS:
        site = tmp_path / way
        site.mkdir()
        assert export.write(copy, site, way) == 40
        config = tomllib.loads((site / "config.toml").read_text())
        assert config["params"]["days"] == (way == "same")
        front, body = front_matter(site / "content" / "world" / ("3.html" if way == "same" else "3.md"))
        assert front["title"] == 'Tide "number" 3 isn\'t \\ in'
        assert front["url"] == "/world/2026/03/01/3-tide/"
        assert front["authors"] == ["ada-o-hara"]
        if way == "same":
            assert front["related"] == ["/world/5", "/world/4"]
            assert front["topics"] == ["tides"]
            assert not (site / "content" / "topics" / "silence").exists(), "no story has it, so ours has no page"
            assert body.startswith("<p>A *plain* word, <b>a bold one</b>.</p>")
            assert front_matter(site / "content" / "days" / "2026-03-02" / "_index.md")[0]["before"]["url"] == (
                "/2026/03/01/"
            )
        else:
            assert "related" not in front
            assert body.startswith("A \\*plain\\* word, <b>a bold one</b>.\n\n\\# not")


@pytest.mark.parametrize("way", export.WAYS)
def test_hugo_makes_pages_of_the_same_kind_of_it(copy: Copy, tmp_path: Path, way: str) -> None:
    if machine.program("hugo") is None:
        pytest.skip("There is no Hugo here to build its site with: apt-get install hugo.")
    site = tmp_path / way
    site.mkdir()
    export.write(copy, site, way)
    hugo.hugos(site)
    public = site / "public"
    page = (public / "world/2026/03/01/3-tide/index.html").read_text("utf-8")
    assert "Tide &#34;number&#34; 3 isn&#39;t \\ in</h1>" in page
    assert "<p>A *plain* word, <b>a bold one</b>.</p>" in page
    assert '<a href="/authors/ada-o-hara/" rel="author">Ada O&#39;Hara</a>' in page
    related = page.partition('<section class="related"')[2].partition("</section>")[0]
    if way == "same":
        assert re.findall(r'href="([^"]+)"', related) == ["/world/2026/03/03/5-tide/", "/world/2026/03/02/4-tide/"]
        assert 'class="rail-link"' in page
        assert 'class="rail-link"' not in (public / "world/2026/03/02/1-tide/index.html").read_text("utf-8")
        assert (public / "2026/03/02/index.html").read_text("utf-8").count('class="card ') == 14
        months = (public / "2026/03/index.html").read_text("utf-8")
        assert re.findall(r'<a href="(/2026/[^"]+)"', months) == [f"/2026/03/{day:02}/" for day in (1, 2, 3)]
        assert (public / "topics/tides/index.html").read_text("utf-8").count('class="card ') == 30
        story = json.loads((public / "world/2026/03/01/3-tide/ninjs.json").read_text("utf-8"))
        assert story["headlines"][0]["value"] == 'Tide "number" 3 isn\'t \\ in'
        assert story["bodies"][0]["value"].startswith("<p>A *plain* word, <b>a bold one</b>.</p>\n<p># not")
        for folder in ("", "world", "topics/tides", "authors/ada-o-hara"):
            assert len(json.loads((public / folder / "ninjs.json").read_text("utf-8"))["associations"]) == 30
            assert len(json.loads((public / folder / "feed.json").read_text("utf-8"))["items"]) == 30
            assert len(ET.parse(public / folder / "atom.xml").findall("{*}entry")) == 30
        sheets = [len(ET.parse(public / f"sitemap-{name}.xml").findall("{*}url")) for name in ("2026-03", "2026-03-2")]
        assert sheets == [30, 10]
        for name in ("sitemap.xml", "sitemap-news.xml", "sitemap-lists.xml"):
            ET.parse(public / name)
        found = hugo.by_kind(public)
        assert "other" not in found, "every file is of a kind"
        assert found["ninjs of stories"]["files"] == found["stories"]["files"] == 40
    else:
        assert related.count("<li") == 10
        assert 'class="rail-link"' not in page
        assert (public / "world/page/2/index.html").exists()
    assert (public / "world/index.html").read_text("utf-8").count('class="card ') == 30
    for json_ld in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page):
        assert json.loads(json_ld)["@context"] == "https://schema.org"
    feed = ET.parse(public / "world" / "feed.xml")
    assert len(feed.findall(".//item")) == 30


def test_pages_are_the_same_only_if_each_kind_has_as_many_files_and_nearly_as_many_bytes() -> None:
    def kinds(**given: tuple[int, int]) -> dict:
        return {kind: {"files": files, "bytes": size} for kind, (files, size) in given.items()}

    ours = kinds(stories=(10, 1000), days=(3, 300), patterns=(1, 500))
    assert hugo.unlike(ours, kinds(stories=(10, 1025), days=(3, 295))) == []
    assert hugo.unlike(ours, kinds(stories=(9, 1000), days=(3, 340), months=(1, 10))) == [
        "stories: 10 files of ours, 9 of Hugo's",
        "days: 300 bytes of ours, 340 of Hugo's",
        "months: 0 files of ours, 1 of Hugo's",
        "months: 0 bytes of ours, 10 of Hugo's",
    ]


def test_wordpress_is_given_sql_that_says_what_the_copy_says(copy: Copy) -> None:
    lines = list(wordpress.statements(copy))
    posts = next(line for line in lines if line.startswith("insert into wp_posts"))
    assert "'Tide \"number\" 3 isn''t \\\\ in'" in posts
    assert posts.count("'publish'") == 40
    assert sum("'Ada O''Hara'" in line for line in lines) == 1
    assert lines[-1] == "commit"
    assert wordpress.address(list(copy.of("story"))[2]) == "/2026/03/01/3-tide/"


# --- measuring ----------------------------------------------------------------------------------------------------


def test_time_of_what_is_called_inside_is_taken_off_what_calls_it() -> None:
    clock = hugo.Clock()

    def work() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    inner = clock.timed("inner", work)

    def outer() -> None:
        inner()
        work()
        inner()

    clock.timed("outer", outer)()
    assert clock.spent["inner"] > clock.spent["outer"] > 0


def test_a_command_is_measured_with_its_children() -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("Processes are measured by /proc.")
    used = measured(["sh", "-c", "sh -c 'i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; echo done; sleep 0.3'"])
    assert used.out == "done\n"
    assert used.cpu_s > 0
    assert used.peak_mb > 0
    with pytest.raises(SystemExit, match="ended with 3"):
        measured(["sh", "-c", "exit 3"])


class _Peer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved/":
            self.send_response(302)
            self.send_header("location", "/right/")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<h1>Boats &amp; tides</h1>" if self.path == "/right/" else b"<p>The database is away.</p>")

    def log_message(self, *_: object) -> None:
        pass


def test_a_peer_whose_answer_is_another_page_is_not_measured() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Peer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        load.look_at(base, {"/right/": "Boats & tides"})
        with pytest.raises(SystemExit, match="/moved/ answers 302"):
            load.look_at(base, {"/moved/": "Boats & tides"})
        with pytest.raises(SystemExit, match="does not have the headline “Boats & tides”"):
            load.look_at(base, {"/broken/": "Boats & tides"})
        server.shutdown()


def test_a_bake_that_was_broken_off_is_done_over_and_no_other_folder_is_touched(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "page").touch()
    with pytest.raises(SystemExit, match="not from this bench"):
        publish._begin_again(tmp_path, publish._Stages(file), 10)
    assert (tmp_path / "output" / "page").exists()

    for name in ("newsroom.sqlite3", "press.sqlite3", "press.sqlite3-wal"):
        (tmp_path / name).touch()
    file.write_text('{"stories": 10, "made_s": 1.0}')
    with pytest.raises(SystemExit, match="a newsroom of 10 stories"):
        publish._begin_again(tmp_path, publish._Stages(file), 20)
    publish._begin_again(tmp_path, publish._Stages(file), 10)
    [former] = tmp_path.glob(f"{publish.FORMER}*")
    assert (former / "page").exists(), "to delete it now would slow what is measured next"
    assert {each.name for each in tmp_path.iterdir()} == {"bench.json", "newsroom.sqlite3", former.name}

    (tmp_path / "output").mkdir()
    file.write_text('{"stories": 10, "made_s": 1.0, "bake_s": 1.0}')
    publish._begin_again(tmp_path, publish._Stages(file), 10)
    assert (tmp_path / "output").exists()
    file.write_text('{"stories": 10}')
    publish._begin_again(tmp_path, publish._Stages(file), 10)
    assert [each.name for each in tmp_path.iterdir()] == ["bench.json"]


def test_of_several_bakes_the_medians_count_and_each_is_kept(tmp_path: Path) -> None:
    for number, again in ((3.0, True), (1.0, True), (2.0, False)):
        stages = publish._Stages(tmp_path / "bench.json")
        assert "bake_s" not in stages, "the next one would not be made"
        stages.keep(**dict.fromkeys(publish.BAKE, number))
        stages.end_bake(again=again)
    found = publish._Stages(tmp_path / "bench.json").found
    assert {found[name] for name in publish.BAKE} == {2.0}
    assert [bake["bake_s"] for bake in found["bakes"]] == [3.0, 1.0, 2.0]


@pytest.mark.one_database("Files that readers get decide.")
@pytest.mark.django_db(databases=["default", "press"])
def test_the_laws_are_broken_by_a_killed_story_that_readers_get(newsroom: Newsroom) -> None:
    flood = newsroom.story("Flood grows 12", standfirst="Boats wait.")
    newsroom.edit(flood, title="Flood ends 13")
    newsroom.at_rest()
    path = Address.objects.current().get(story=flood).path
    outlet = newsroom.engine.outlet
    page = outlet.read(path)
    assert page is not None
    stories.take_down(story=flood, kind="kill", reason="False", names=False, by=newsroom.editor)
    newsroom.at_rest()
    notice = outlet.read(path)
    assert notice is not None
    assert laws.readable(outlet.read) == ([], 1)
    assert laws.readable(lambda path: None) == ([], 1)
    assert laws.readable(lambda path: page) == ([f"{path} answers 200"], 1)
    for words, faults in (
        ("Flood grows 12: what", 1),
        ("Flood grows 123", 0),
        ("Boats &lt;wait.", 0),
        ("Boats wait.", 1),
    ):
        said = replace(notice, body=notice.body + f"<p>{words}</p>".encode())
        assert len(laws.readable({path: said}.get)[0]) == faults, words


def test_a_worker_that_ends_by_itself_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    workers = laws.Workers(1, random.Random(1), kill=False)
    until = time.monotonic() + 20
    while not workers.crashes and time.monotonic() < until:
        time.sleep(0.01)
    workers.end()
    assert workers.crashes[0] == 1
    assert workers.deaths == 0


# --- the report ---------------------------------------------------------------------------------------------------

ABOUT = {
    "cores": 2,
    "cpu": "A processor",
    "memory_gb": 8.0,
    "kernel": "Linux 6",
    "python": "3.13.1",
    "peers": {"wrk": "4.1.0"},
    "date": "2026-11-22T08:30:00Z",
    "load_before": [0.1, 0.2, 0.3],
}


def middle(median: float) -> dict[str, float]:
    return machine.middle([median * 0.9, median, median * 1.2], 3)


def servers(**speeds: float) -> dict:
    return {
        name: {
            "requests_a_second": middle(speed),
            "p50_ms": middle(2),
            "p99_ms": middle(9),
            "cpu_s_per_1000": middle(0.03),
            "server_cpu_percent": middle(99),
            "load_cpu_percent": middle(40),
            "others_cpu_percent_of_machine": middle(3),
        }
        for name, speed in speeds.items()
    }


def samples() -> dict[str, dict]:
    rehearsal = {
        "stories": 10_000,
        "kill_seen_for_s": 0.21,
        "usual_ms": {"median": 90.5},
        "first_look": [],
        "wrong": [],
    }
    rounds = {
        "servers": servers(memory=20_000, disk=4_000, wagtail=60),
        "memory_to_wagtail": middle(333),
    }
    build = {
        "files": 1000,
        "bytes": 10_000_000,
        "twins": 1000,
        "twin_bytes": 4_000_000,
        "bytes_a_page": 10_000,
        "wall_s": middle(1),
        "pages_a_second": middle(1000),
        "cpu_ms_a_page": middle(1.5),
        "peak_mb": middle(500),
        "shared_out_mb": middle(400),
    }
    memory = {name: {"peak_mb": 50, "shared_out_mb": 40, "processes": 1} for name in rounds["servers"]}
    bake = {
        "about": ABOUT,
        "stories": 500,
        "jobs": 2,
        "bars": hugo.BARS,
        "builds": {"all": build, "same": build},
        "kinds": {
            "ours": {"stories": {"files": 500, "bytes": 2_000_000}, "patterns": {"files": 1, "bytes": 9000}},
            "same": {"stories": {"files": 500, "bytes": 2_100_000}},
        },
        "unlike": ["stories: 2,000,000 bytes of ours, 2,100,000 of Hugo's"],
        "cpu_to_hugo": {"same": middle(0.7)},
        "printing_to_hugo": {"same": middle(0.6)},
        "apart": {"pages": 1000, "ms_a_page": {"gzip": 0.05}},
    }
    some = {"median": 20.0, "p95": 30.0, "worst": 40.0}
    published = {
        "stories": 1000,
        "database": "sqlite",
        "ledger_s": 1.5,
        "pages": 1900,
        "bake_s": 2.0,
        "pages_per_s": 950.0,
        "cpu_ms_per_page": 0.7,
        "peak_mb": 200,
        "pages_mb": 12,
        "to_disk_mb": 25,
        "bake_others_cpu_percent": 4,
        "related": 10,
        "rounds": 40,
        "wagtail_ms": some,
        "press_step_ms": some,
        "publish_ms": some,
        "pages_a_publish": 9.0,
        "rounds_others_cpu_percent": 3,
        "about": ABOUT | {"commit": "abc1234"},
        "bake_about": ABOUT | {"date": "2026-11-21T08:30:00Z"},
    }
    told = ("about", "bake_about", "pages_mb", "to_disk_mb", "bake_others_cpu_percent", "related")
    earlier = {name: value for name, value in published.items() if name not in told}
    return {
        "publish": {
            "sizes": {
                "postgresql-000001000": published | {"database": "postgresql"},
                "sqlite-000001000": published,
                "sqlite-000010000": earlier | {"stories": 10_000, "written_mb": 25},
            },
        },
        "reader": {
            "about": ABOUT,
            "stories": 3000,
            "seconds": 5,
            "bars": reader.BARS,
            "one": rounds,
            "many": rounds,
            "pages": {name: {"bytes": 10_000, "sent": 4_000} for name in rounds["servers"]},
            "memory": memory,
        },
        "wordpress": {
            "about": ABOUT,
            **{
                kind: {"servers": servers(reader=20_000, wordpress=20), "reader_to_wordpress": middle(1000)}
                for kind in ("one", "many")
            },
        },
        "phone": {
            "about": ABOUT,
            "rounds": 5,
            "pages": {
                "story": {
                    "2 dots": dict.fromkeys(
                        (
                            *("before_paint_kb", "written_kb", "face_kb"),
                            *("pictures_kb", "first_view_kb", "to_the_end_kb"),
                        ),
                        12.5,
                    ),
                    "lighthouse": {
                        name: middle(99) for name in ("performance", "accessibility", "best-practices", "seo")
                    },
                }
            },
        },
        "hugo": bake,
        "hugo-large": {**bake, "stories": 100_000},
        **{name: {"about": bake["about"], "report": rehearsal} for name in ("surge", "hubs", "laws")},
        "search": {
            "bar_ms": 100.0,
            "sizes": {
                f"{database}-{number:09}": {
                    "stories": number,
                    "database": database,
                    "about": ABOUT,
                    "filed_ms_a_story": 2.25,
                    "filed_cpu_ms_a_story": 2.0,
                    "index_mb": 38,
                    "whole_cpu_ms": 15.2,
                    "others_cpu_percent": 4,
                    **{
                        part: {
                            kind: {"median": 11.4, "p95": 40.0, "p99": p99, "worst": 130.0}
                            for kind in ("all", *search.KINDS)
                        }
                        for part, p99 in (("alone_ms", 60.0), ("whole_ms", 104.0))
                    },
                }
                for database, number in (("postgresql", 1000), ("sqlite", 10_000))
            },
        },
    }


def test_the_report_fills_the_page_from_what_is_there_and_leaves_the_rest(tmp_path: Path) -> None:
    page, results = tmp_path / "benchmarks.md", tmp_path / "results"
    results.mkdir()
    shutil.copy(ROOT / "docs" / "benchmarks.md", page)
    for name in report.REPORTS:  # whatever stands there now
        page.write_text(report.fill(page.read_text(), name, f"The {name} of before."))
    found = samples()
    (results / "reader.json").write_text(json.dumps(found["reader"]))
    (results / "wordpress.json").write_text('{"about":')
    (results / "hugo.json").write_text("{}")
    told = report.report(results, page)
    text = page.read_text()
    assert told["reader"] == "written"
    assert "20,000 (18,000 to 24,000)" in text
    assert "Reader from memory to plain Wagtail: 333.00; bar 300 at least: held" in text
    assert "to nginx: " not in text, "nginx was not there"
    for name in ("wordpress", "hugo", "hugo-large"):
        assert "stays" in told[name]
        assert f"The {name} of before." in text
        assert not (tmp_path / "benchmarks" / f"{name}.svg").exists()

    for name, result in found.items():
        (results / f"{name}.json").write_text(json.dumps(result))
    assert set(report.report(results, page).values()) == {"written"}
    text = page.read_text()
    assert not [name for name in found if f"The {name} of before." in text]
    assert "| kill seen for s | 0.21 |\n| usual ms: median | 90.5 |\n| first look | none |" in text
    assert "| stories | 500 | 500 | 2.00 | 2.10 | +5.0% |\n| patterns | 1 | 0 | 0.01 | 0.00 |  |" in text
    assert "- Hugo's pages are not the same as ours in this: stories: 2,000,000 bytes of ours" in text
    assert "0.60; bar 0.5 at most: **missed**; 0.70 with the ledger and gzip twins" in text
    assert "Pages a second: 1,000.00; bar 1,200 at least: **missed**" in text
    assert "- 1,000 on PostgreSQL; 1,000 on SQLite: 2026-11-22: 2 cores" in text, "rows of one run are told together"
    assert "- 1,000 on PostgreSQL; 1,000 on SQLite: 2026-11-21: 2 cores" in text, "the bake was another day"
    assert text.count("- 10,000 on SQLite: not told by the run") == 2
    assert "| 10,000 on SQLite | 11 / 40 / 60 | 11 / 40 / 104 | 15 | 2.25 | 2.00 | 38 | 4% |" in text
    assert "- 1,000 on PostgreSQL, 99 of 100, ms: 104.00; bar 100 at most: **missed**" in text
    assert "ours at abc1234" in text
    assert "| 200 | 12 | 25 | 4% |" in text
    assert "| 200 | - | - | - |" in text, "what an earlier bench called written was something else"
    assert report.report(results, page)
    assert page.read_text() == text, "the same results give the same page"
    for name in (name for name, (_, plot) in report.REPORTS.items() if plot):
        assert f"(benchmarks/{name}.svg)" in text
        drawing = ET.parse(tmp_path / "benchmarks" / f"{name}.svg")
        assert {element.tag.rpartition("}")[2] for element in drawing.iter()} <= {
            "svg", "title", "desc", "style", "text", "rect", "line"
        }  # fmt: skip


def test_rounds_are_told_by_their_median_and_extremes_and_nothing_wrong_in_any_is_lost() -> None:
    rounds = [
        {"stories": 300, "kill": {"seen_s": 0.1}, "statuses": {"200": 40}, "wrong": []},
        {"stories": 300, "kill": {"seen_s": 0.5}, "statuses": {"200": 42, "410": 1}, "wrong": ["/ was torn"]},
        {"stories": 300, "kill": {"seen_s": 0.2}, "statuses": {"200": 41}, "wrong": ["/a/ was torn"]},
    ]
    merged = machine.over_rounds(rounds)
    assert merged["wrong"] == ["/ was torn", "/a/ was torn"]
    table = report.facts_report({"about": machine.describe(), "report": merged})
    assert "| stories | 300 |" in table
    assert "| kill: seen s | 0.2 (0.1 to 0.5) |" in table
    assert "| statuses: 200 | 41 (40 to 42) |" in table
    assert "| statuses: 410 | 0 (0 to 1) |" in table
    assert "torn" not in table


def test_a_bench_without_its_peer_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_SYSTEM", "")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert machine.lacks("wrk", "nginx") == (
        "This needs wrk, nginx-light. On Debian and Ubuntu: apt install wrk nginx-light"
    )
    with pytest.raises(SystemExit) as ended:
        machine.skip("Because.")
    assert ended.value.code == machine.SKIPPED
    makefile = (ROOT / "Makefile").read_text()
    assert f"-eq {machine.SKIPPED} ]" in makefile
    run = subprocess.run(["/bin/sh", "-c", f"(exit {machine.SKIPPED}) || [ $? -eq {machine.SKIPPED} ]"], check=False)
    assert run.returncode == 0
