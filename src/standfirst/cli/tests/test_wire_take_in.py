"""`standfirst wire take-in`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from standfirst.cli import wire_intake
from standfirst.conf import setup
from standfirst.kit.errors import Problem
from standfirst.stories.models import Story
from standfirst.wire.models import Delivery, Feed
from standfirst.wire.tests.agency import Desk, desk, g2  # noqa: F401 - `desk` is a fixture


@pytest.fixture
def here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:  # noqa: F811
    """The command in this process, on the test's newsroom: it is started, and its folder is laid, already."""
    monkeypatch.setattr(setup, "open_newsroom", lambda: None)
    return desk


def run(*arguments: str, stdin: bytes = b""):
    return CliRunner().invoke(wire_intake.take_in, list(arguments), input=stdin)


def test_files_are_taken_in_with_a_line_for_each(here: Desk, tmp_path: Path):
    (tmp_path / "one.xml").write_bytes(g2("one"))
    (tmp_path / "bad.xml").write_bytes(b"<newsItem")
    (tmp_path / "two.xml").write_bytes(g2("two"))
    result = run(
        "--feed", "cpa-live", *(str(tmp_path / name) for name in ("one.xml", "bad.xml", "absent.xml", "two.xml"))
    )
    assert result.exit_code == 1
    assert "one.xml: newsml-g2, 1 item: 1 published" in result.stdout
    assert "two.xml: newsml-g2, 1 item: 1 published" in result.stdout
    assert "bad.xml: This is not well-formed XML" in result.stderr
    assert "absent.xml: There is no such file" in result.stderr
    assert Story.objects.filter(live=True).count() == 2
    assert Delivery.objects.filter(trouble=True).count() == 1


def test_the_report_is_json_on_request_and_standard_input_is_read(here: Desk):
    result = run("--feed", "cpa-desk", "--json", "-", stdin=g2())
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["feed"], report["failed"]) == ("cpa-desk", 0)
    (file,) = report["files"]
    assert (file["state"], file["items"], file["outcomes"]) == ("read", 1, {"waiting": 1})
    assert len(file["seal"]) == 64


def test_an_unknown_feed_is_answered_with_those_that_there_are(here: Desk):
    result = run("--feed", "nobody", "x.xml")
    assert isinstance(result.exception, Problem)
    assert str(result.exception) == "There is no feed named “nobody”. Feeds here are: cpa-desk, cpa-live."
    Feed.objects.update(active=False)
    assert "switched off" in str(run("--feed", "cpa-desk", "x.xml").exception)


def test_without_a_newsroom_it_says_what_to_do(tmp_path: Path):
    environment = {**os.environ, "STANDFIRST_HOME": str(tmp_path / "empty")}
    environment.pop("DATABASE_URL", None)
    environment.pop("PRESS_DATABASE_URL", None)
    command = "from standfirst.cli.main import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", command, "wire", "take-in", "--feed", "x", "y.xml"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("standfirst: ")
