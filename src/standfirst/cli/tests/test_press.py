"""`standfirst press run | proof | status`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from standfirst.cli import check, press
from standfirst.conf import setup
from standfirst.edition import compose as edition
from standfirst.press.engine.proof import Proof
from standfirst.stories.models import Story
from tests.newsroom import Newsroom, newsroom  # noqa: F401 - `newsroom` is a fixture

pytestmark = [
    pytest.mark.django_db(databases=["default", "press"]),
    pytest.mark.one_database("The files in the output folder decide; what the ledger knows is tried beside the press."),
]


@pytest.fixture
def printed(
    newsroom: Newsroom,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Newsroom]:
    settings.HOME = newsroom.home
    monkeypatch.setattr(setup, "open_newsroom", lambda: newsroom.home)
    log = logging.getLogger("standfirst")
    level = log.level
    newsroom.story("The lamps are out")
    newsroom.story("The ferry is back")
    newsroom.at_rest()
    yield newsroom
    log.setLevel(level)


def run(command: click.Command, *words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_a_proof_says_what_it_mended_and_what_is_left_to_do(printed: Newsroom) -> None:
    pages = printed.home / "output" / "pages"
    (pages / "news/world/index.html").unlink()
    (pages / "index.html").write_text("other")
    (pages / "strange.html").write_text("nobody knows me")

    said = run(press.proof)
    assert said.exit_code == 1
    assert " pages, notices and redirects looked at.\n" in said.stdout
    assert "`standfirst press proof --mend` prints" in said.stdout
    assert "`standfirst press proof --mend --remove-unknown` removes" in said.stdout

    left = run(press.proof, "--mend")
    assert left.exit_code == 1
    assert "Mended: 2 pages, notices and redirects." in left.stdout
    assert "Not known to the ledger (kept) (1):\n  /strange.html\n" in left.stdout
    assert left.stdout.endswith(
        "The laws do not hold:\n"
        "  `standfirst press proof --mend --remove-unknown` removes what the ledger does not know.\n"
    )

    gone = run(press.proof, "--mend", "--remove-unknown")
    assert gone.exit_code == 0
    assert "Mended: 1 pages, notices and redirects.\nThe laws hold.\n" in gone.stdout


def test_what_waits_or_cannot_be_printed_is_not_mended() -> None:
    before = Proof(missing=["/a/", "/b/", "/c/"], lingering=["/d/"], index=["section:3"])
    after = Proof(waiting=["/d/"], failed={"/b/": "no room"}, missing=["/c/"])
    assert press._mended(before, after) == "Mended: 1 pages, notices and redirects, 1 lists."
    assert press._mended(Proof(missing=["/a/"]), Proof(missing=["/a/"])) == "Mended: nothing."


def test_links_to_nothing_are_told_by_where_they_lead(printed: Newsroom) -> None:
    (printed.home / "output/pages/news/world/index.html").unlink()
    told = run(press.proof).stdout
    assert "Links to nothing (1):\n  /news/world/ is linked to by " in told
    assert " pages, e.g. /" in told
    assert "Links to what is missing lead somewhere again" in told
    found = json.loads(run(press.proof, "--json").stdout)
    assert found["dangling"]["/news/"] == ["/news/world/"]


def test_unknown_files_are_removed_by_mending_only(printed: Newsroom) -> None:
    refused = run(press.proof, "--remove-unknown")
    assert refused.exit_code == 2
    assert "--remove-unknown goes with --mend" in refused.stderr


def test_a_run_says_what_it_counts_and_nothing_of_the_log(printed: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("standfirst").setLevel(logging.INFO)
    done = run(press.run, "--all", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert " pages, notices and redirects done in " in done.stdout
    assert done.stderr == ""
    assert not caplog.records

    status = run(press.status)
    assert " (notices and redirects not counted), " in status.stdout


def test_pages_that_say_no_more_whose_they_are_get_their_id_back(printed: Newsroom) -> None:
    owner = printed.home / "output" / ".newsroom"
    id = owner.read_text().strip()
    owner.unlink()
    put_back = f"echo {id} >{owner}"
    assert put_back in str(run(press.proof).exception)
    [finding] = check._of_press(printed.home)
    assert finding.id == "standfirst.E118"
    assert put_back in finding.says

    told = json.loads(run(press.status, "--json").stdout)
    assert put_back in told["trouble"]
    assert told["pages"] > 3
    assert f"put its id back with `{put_back}`" in run(press.status).stdout


def test_a_home_front_that_another_hand_removed_is_found(printed: Newsroom) -> None:
    assert check._of_press(printed.home) == []
    for file in sorted((printed.home / "output").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    [finding] = check._of_press(printed.home)
    assert finding.id == "standfirst.E120"
    assert run(press.proof, "--mend").exit_code == 0
    assert check._of_press(printed.home) == []


def test_a_record_that_cannot_be_read_is_named_and_stops_neither_printing_nor_a_proof(
    printed: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = edition.compose_many
    [odd] = Story.objects.filter(title="The ferry is back").values_list("pk", flat=True)

    def half(kind: str, refs: Sequence[str]) -> Any:
        if kind == "story" and str(odd) in refs:
            raise ZeroDivisionError("an odd text")
        return whole(kind, refs)

    monkeypatch.setattr(edition, "compose_many", half)
    (printed.home / "output" / "pages" / "index.html").write_text("other")
    done = run(press.run, "--all")
    assert done.exit_code == 1
    assert (
        f"Failed: story:{odd}: The record story:{odd} cannot be read (ZeroDivisionError: an odd text)." in done.stderr
    )
    assert b"The lamps are out" in printed.output()["pages/index.html"]

    proved = run(press.proof, "--json")
    assert proved.exit_code == 1
    assert json.loads(proved.stdout)["failed"].keys() == {f"story:{odd}"}
    monkeypatch.undo()
