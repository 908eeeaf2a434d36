"""`standfirst words` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from standfirst.cli.main import standfirst


def run(*typed: str) -> Result:
    return CliRunner().invoke(standfirst, ["words", *typed])


def test_it_lists_the_languages_and_says_which_are_drafts() -> None:
    result = run()
    assert result.exit_code == 0
    listed = [line.split()[:2] for line in result.stdout.splitlines()]
    assert [row for row in listed if row[0] in ("en", "ar", "fr", "ha")] == [
        ["en", "English"],
        ["ar", "Arabic"],
        ["fr", "French"],
        ["ha", "Hausa"],
    ]
    assert "ha" in [line[:2] for line in result.stdout.splitlines() if "awaits a native reader" in line]
    assert {row["language"]: row["draft"] for row in json.loads(run("--json").stdout)}["ha"] is True


def test_a_translator_begins_with_the_template_and_is_told_what_is_missing_and_wrong(tmp_path: Path) -> None:
    file = tmp_path / "yo.po"
    file.write_text(run("--template").stdout)
    assert run(str(file)).exit_code == 0  # empty, but nothing is wrong with it
    file.write_text(file.read_text().replace('msgid "Home"\nmsgstr ""', 'msgid "Home"\nmsgstr "Ilé"'))
    result = run(str(file))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("yo    Yoruba            1 of ")
    assert "without “Skip to the main content”, “Menu”" in result.stdout
    file.write_text(file.read_text().replace('msgid "Articles by {}"\nmsgstr ""', 'msgid "Articles by {}"\nmsgstr "?"'))
    result = run(str(file), str(tmp_path / "none.po"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 2
    assert f"{file}: “Articles by {{}}”: the translation “?” must have {{}} in it" in result.stderr
    assert "none.po: there is no such file" in result.stderr
    (row,) = json.loads(run("--json", str(file)).stdout)
    assert (row["phrases"], len(row["faults"]), row["draft"]) == (1, 1, True)
