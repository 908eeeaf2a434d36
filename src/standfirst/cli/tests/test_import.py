"""`standfirst import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from standfirst.archive import actions
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
    assert "Related" not in tried.stdout
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

    assert "no language that stories are written in: give one of en, fr, " in str(run("--language", "xx").exception)
    assert "cannot be the path of a section" in str(run("--section", "newsroom").exception)
    missing = CliRunner().invoke(archive.bring_in, [str(tmp_path / "none.jsonl")])
    assert missing.exit_code == 1
    assert "could not be read" in missing.stderr


@pytest.fixture
def room(newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    monkeypatch.setattr(setup, "open_newsroom", lambda: tmp_path)
    monkeypatch.setattr(actions, "CHUNK", 2)
    return tmp_path


def bring_in(*words: str) -> Result:
    return CliRunner().invoke(archive.bring_in, ["--section", "news/world", *words])


def test_a_rehearsal_refuses_what_the_run_does_in_the_order_of_the_lines(room: Path) -> None:
    file = room / "old.jsonl"
    lines = [
        story(1, former_addresses=["/old/one/"]),
        story(1, headline="Another"),
        "broken",
        story(2, former_addresses=["/old/one/"]),
        story(1, headline="A third"),
        story(1, former_addresses=["/old/one/"]),
        story(3, authors=["Kwame Asante"]),
    ]
    file.write_text("\n".join(lines))
    tried = json.loads(bring_in("--dry-run", "--json", str(file)).stdout)
    assert [refusal["where"].partition(", ")[2] for refusal in tried["refusals"]] == [
        f"line {number}" for number in (2, 3, 4, 5)
    ]
    assert f"The id 1 stands at {file}, line 1 too" in tried["refusals"][3]["why"]
    done = bring_in(str(file))
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        refusal["where"] for refusal in tried["refusals"]
    ]
    assert "The id 1 stands at another line of these files too, with another story" in done.stderr
    assert "2 stories imported, 1 were here already, 4 refused" in done.stdout
    assert "Authors made: 1.\nRelated lists made: 2.\n" in done.stdout


def test_what_came_before_with_another_source_is_not_brought_twice(room: Path) -> None:
    file = room / "old.jsonl"
    file.write_text("\n".join([story(1), story(2)]))
    assert bring_in("--source", "word press", str(file)).exit_code == 0
    refused = bring_in(str(file))
    assert "run this again with `--source 'word press'`" in str(refused.exception)
    assert Story.objects.count() == 2
    file.write_text("\n".join([story(1, headline="Of another system"), story(2)]))
    assert bring_in(str(file)).exit_code == 0


def test_a_file_in_another_encoding_and_a_folder_have_their_own_sentences(room: Path) -> None:
    (room / "old.json").write_bytes(story(1).replace("Harbour", "H\u00e4fen").encode("latin-1"))
    (room / "old.jsonl").write_bytes(story(1).encode("utf-16"))
    said = bring_in(str(room / "old.json"), str(room / "old.jsonl"), str(room)).stderr.splitlines()
    assert said[0] == f"{room / 'old.json'}, line 1: It is not UTF-8: save the file as UTF-8."
    assert said[1] == f"{room / 'old.jsonl'}, line 1: It is not UTF-8: save the file as UTF-8."
    assert said[2] == f"{room}: It is a folder: name the files in it, such as {room}/*.jsonl."


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
