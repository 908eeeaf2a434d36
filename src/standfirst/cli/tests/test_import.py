"""`standfirst import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from standfirst.cli import archive
from standfirst.conf import setup
from standfirst.pictures.models import Picture
from standfirst.pictures.tests.photographs import photograph
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


def test_the_command_brings_pictures_and_tells_which_it_did_not(
    newsroom: Newsroom,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "open_newsroom", lambda: tmp_path)
    (tmp_path / "old" / "uploads").mkdir(parents=True)
    (tmp_path / "old" / "uploads" / "lamp.jpg").write_bytes(photograph(size=(60, 40)))
    (tmp_path / "old" / "uploads" / "text.jpg").write_text("no picture")
    file = tmp_path / "old" / "stories.jsonl"
    text = "<p>The lamps went out.</p><img src='lamp.jpg'><img src='none.jpg'><img src='https://old.example/a.jpg'>"
    file.write_text(
        "\n".join(
            [
                story(1, picture={"file": "lamp.jpg", "alt": "A lamp"}, body_html=text),
                story(2, picture={"file": "text.jpg"}),
                story(3, picture={"file": "../stories.jsonl"}),
            ]
        )
    )

    def run(*words: str) -> Result:
        return CliRunner().invoke(archive.bring_in, [str(file), "--section", "news/world", *words])

    uploads = ("--pictures", str(tmp_path / "old" / "uploads"))
    tried = run("--dry-run", *uploads)
    assert tried.exit_code == 1
    assert "Their pictures would come along: 2." in tried.stdout
    assert "2 pictures were not taken: their stories come without them." in tried.stdout
    assert "2 pictures and players in texts do not come along" in tried.stdout
    assert f"{file}, line 2: It comes without the picture “text.jpg”. This file is no picture" in tried.stderr
    assert not Story.objects.exists() and not Picture.objects.exists()

    done = json.loads(run("--json", *uploads).stdout)
    assert (done["imported"], done["pictures"], done["pictures_left_out"], done["pictures_refused"]) == (3, 2, 2, 2)
    second, third = done["picture_refusals"]
    assert (second["where"], second["file"]) == (f"{file}, line 2", "text.jpg")
    assert third["file"] == "../stories.jsonl" and "leads out" in third["why"]
    lamp = Picture.objects.get()
    assert (lamp.title, lamp.alt) == ("lamp", "A lamp")
    assert Story.objects.get(title="Harbour lamps 1").lead_picture == lamp

    again = run(*uploads)
    assert again.exit_code == 0, again.output
    assert Picture.objects.count() == 1
    assert "is no folder" in str(run("--pictures", str(file)).exception)
