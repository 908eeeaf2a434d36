"""`standfirst import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from standfirst.cli import archive
from standfirst.conf import setup
from standfirst.stories.models import Section, Story
from tests.newsroom import Newsroom, newsroom  # noqa: F401 - `newsroom` is a fixture

pytestmark = pytest.mark.django_db(databases=["default", "press"])


def story(number: int, **fields: Any) -> str:
    return json.dumps(
        {
            "id": number,
            "headline": f"Harbour lamps {number}",
            "body_html": "<p>The lamps went out.</p>",
            "published": "2014-05-01T08:00:00Z",
            **fields,
        }
    )


def test_an_archive_comes_in_by_the_command(
    newsroom: Newsroom,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "open_newsroom", lambda: tmp_path)
    file = tmp_path / "old.jsonl"
    file.write_text(
        "\n".join([story(1), "broken", story(2, section="sport/boxing"), story(3, authors=["Ama Sarpong"])])
    )

    def run(*words: str) -> Result:
        return CliRunner().invoke(archive.bring_in, [str(file), *words])

    tried = run("--dry-run", "--section", "news/world")
    assert tried.exit_code == 1
    assert "3 stories would be imported, 0 were here already, 1 refused" in tried.stdout
    assert "Sections that would be opened: /sport/boxing/" in tried.stdout
    assert f"{file}, line 2: This is no JSON" in tried.stderr
    assert not Story.objects.exists()

    done = json.loads(run("--json", "--section", "news/world").stdout)
    assert (done["imported"], done["unchanged"], done["refused"], done["related"]) == (3, 0, 1, 3)
    assert done["sections_opened"] == ["/sport/boxing/"]
    assert done["refusals"][0]["where"] == f"{file}, line 2"
    assert Section.objects.get(slug="boxing").title == "Boxing"

    file.write_text("\n".join([story(1), story(2, section="sport/boxing")]))
    again = run("--section", "news/world")
    assert again.exit_code == 0, again.output
    assert "0 stories imported, 2 were here already, 0 refused" in again.stdout
    assert Story.objects.count() == 3

    assert "no language that stories are written in" in str(run("--language", "xx").exception)
    assert "cannot be the path of a section" in str(run("--section", "newsroom").exception)
    missing = CliRunner().invoke(archive.bring_in, [str(tmp_path / "none.jsonl")])
    assert missing.exit_code == 1
    assert "could not be read" in missing.stderr
