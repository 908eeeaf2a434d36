"""`standfirst theme`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from standfirst.cli import theme
from standfirst.conf import theme as themes
from standfirst.pages import theming


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A newsroom's folder, as far as themes go."""
    settings.HOME = tmp_path
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / ".newsroom").write_text("x")
    (tmp_path / "run").mkdir()
    yield tmp_path
    theming.use(theming.NONE)


@pytest.fixture(autouse=True)
def no_newsroom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "_some_pages", lambda home: 0)


def test_a_theme_is_begun_checked_and_applied(home: Path) -> None:
    run = CliRunner()
    begun = run.invoke(theme.new, ["--example", "lighthouse"])
    assert begun.exit_code == 0 and str(home / "theme") in begun.output
    assert run.invoke(theme.new, []).exception, "what is there is not overwritten"
    checked = run.invoke(theme.check, ["--json"])
    assert checked.exit_code == 0
    assert "masthead.html" in json.loads(checked.stdout)["files"]
    assert themes.current(home) == theming.NONE, "checked is not applied"
    watch = themes.Watch(home)
    assert run.invoke(theme.apply, []).exit_code == 0
    assert "masthead.html" in themes.current(home).texts
    assert watch.renewed() and not watch.renewed()
    run.invoke(theme.apply, [])
    assert not watch.renewed(), "the same again prints nothing anew"


def test_a_mistake_is_told_with_its_remedy_and_ends_with_1(home: Path) -> None:
    folder = home / "theme"
    folder.mkdir()
    (folder / "card.html").write_text("{{ no.such }}")
    (folder / "own.css").write_text("}")
    checked = CliRunner().invoke(theme.check, [])
    assert checked.exit_code == 1
    assert "own.css closes a brace in line 1" in checked.output
    assert "card.html fails while pages are printed: line 1" in checked.output
    assert theming.used() == theming.NONE, "nobody else prints with it"


def test_a_damaged_theme_in_use_is_none(home: Path) -> None:
    themes.applied(home).write_bytes(b"{")
    assert themes.current(home) == theming.NONE
    assert themes.Watch(home).theme == theming.NONE
