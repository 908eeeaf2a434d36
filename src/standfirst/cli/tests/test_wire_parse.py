"""`standfirst wire parse`, run as a script runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from standfirst.wire.item import Item

SAMPLES = Path(__file__).resolve().parents[2] / "wire" / "formats" / "tests" / "samples"


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "standfirst", "wire", "parse", *map(str, arguments)], input=stdin, capture_output=True
    )


def test_it_prints_one_json_object_per_item_with_every_canonical_field() -> None:
    several = SAMPLES / "newsml-g2" / "several-one-broken.xml"
    done = run(several, SAMPLES / "feed" / "rss.xml")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["format"] for line in lines] == ["newsml-g2", "newsml-g2", "feed"]
    assert lines[0]["file"] == str(several)
    assert {"file", "format", *Item.__struct_fields__} == lines[0].keys()
    # What was left out of a file is told on standard error, and with each of its items.
    assert b"Item 2 was left out" in done.stderr
    assert [oddity["code"] for oddity in lines[1]["oddities"]] == ["broken-item", "no-news"]


def test_it_does_the_other_files_and_exits_with_one_if_any_could_not_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.xml"
    done = run(missing, SAMPLES / "newsml-g2" / "hostile-entities.xml", tmp_path, SAMPLES / "ninjs" / "embargo.json")
    assert done.returncode == 1
    assert [json.loads(line)["embargo_until"] for line in done.stdout.splitlines()] == ["2026-03-05T05:00:00Z"]
    reasons = done.stderr.decode().splitlines()
    assert len(reasons) == 3
    assert reasons[0] == f"{missing}: There is no such file: check its name."
    assert "Traceback" not in done.stderr.decode()


def test_it_reads_standard_input_and_tells_why_an_item_should_be_held() -> None:
    data = (SAMPLES / "newsml-g2" / "embargo-empty.xml").read_bytes()
    (line,) = run("-", stdin=data).stdout.splitlines()
    item = json.loads(line)
    assert (item["file"], item["embargo_until"]) == ("-", "indefinite")
    assert [oddity["code"] for oddity in item["oddities"]] == ["empty-embargo", "hold"]
    (line,) = run("--empty-embargo-means-none", "-", stdin=data).stdout.splitlines()
    assert json.loads(line)["embargo_until"] is None


def test_it_knows_agencies_dialects_by_what_their_files_say() -> None:
    data = (SAMPLES / "newsml-1.2" / "agency-dialect.xml").read_bytes().replace(b"harbour-wire.test", b"afp.com")
    (line,) = run("-", stdin=data).stdout.splitlines()
    assert json.loads(line)["editorial_types"] == ["update", "correction"]


def test_it_knows_the_dialects_that_intake_knows() -> None:
    (line,) = run(SAMPLES / "iptc7901" / "dateline-with-a-date.txt", "--provider", "x").stdout.splitlines()
    assert json.loads(line)["provider"] == "TASS"
    (line,) = run(SAMPLES / "anpa1312" / "day-before-month.txt").stdout.splitlines()
    item = json.loads(line)
    assert (item["language"], item["version_created"]) == ("en", "2026-12-09T12:37:00Z")


def test_its_help_has_an_example() -> None:
    done = run("--help")
    assert done.returncode == 0 and b"Examples:" in done.stdout


def test_it_imports_neither_django_nor_what_only_broken_feeds_need() -> None:
    code = (
        "import sys; from standfirst.cli.main import main; sys.argv = ['standfirst', 'wire', 'parse', sys.argv[1]]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'django', 'wagtail', 'feedparser', 'charset_normalizer'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(SAMPLES / "feed" / "rss.xml")], capture_output=True)
    assert done.stderr.decode().strip() == "[]"
