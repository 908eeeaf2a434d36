"""`standfirst theme`: begin a theme, check it, apply it."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

if TYPE_CHECKING:
    from standfirst.pages.theming import Mistake, Theme


@dataclass(frozen=True, slots=True)
class _Found:
    """A theme, how many pages were printed with it for trial, and what failed on them."""

    theme: Theme
    pages: int
    failures: dict[str, str]

    @property
    def mistakes(self) -> list[Mistake]:
        from standfirst.pages.theming import Mistake

        remedy = "Pages on which it fails are printed with our own. Mend it, and check again."
        late = [
            Mistake(name, f"{name} fails while pages are printed: {why}.", remedy)
            for name, why in self.failures.items()
        ]
        return [*self.theme.mistakes, *late]


def _look(folder: Path, home: Path) -> _Found:
    """Read the theme in `folder`, and print some pages of every kind with it, for nobody."""
    from standfirst.edition.snapshots import Site
    from standfirst.pages import assets, patterns, templates, theming

    theme = theming.read(folder)
    with theming.trying(theme):
        patterns.patterns(Site(name="Standfirst"), assets.epoch())
        pages = 1 + _some_pages(home)
        return _Found(theme, pages, dict(templates.mistakes))


def _some_pages(home: Path) -> int:
    from django.db import DatabaseError

    from standfirst.changes import databases
    from standfirst.press import preview

    if setup.nothing_here(home) or databases.gone():
        return 0
    try:
        return preview.rehearse()
    except DatabaseError:
        return 0


def _tell(found: _Found, home: Path, as_json: bool, done: str) -> None:
    names = sorted([*found.theme.texts, *found.theme.files, *found.theme.languages])
    if as_json:
        report = {
            "files": names,
            "pages_tried": found.pages,
            "mistakes": [{"file": one.file, "says": one.says, "remedy": one.remedy} for one in found.mistakes],
        }
        click.echo(json.dumps(report))
    else:
        for one in found.mistakes:
            click.echo(f"{one.says}\n    {one.remedy}")
        click.echo(f"{done} Used: {', '.join(names) or 'nothing'}. Tried on {found.pages} pages.")
    if found.mistakes:
        sys.exit(1)


def _folder(given: str | None) -> tuple[Path, Path]:
    setup.boot()
    from django.conf import settings

    from standfirst.conf import theme

    home: Path = settings.HOME
    folder = Path(given) if given else home / theme.FOLDER
    if given and not folder.is_dir():
        raise Problem(f"There is no folder {folder}: name the one that holds the theme.")
    return home, folder


@click.command(epilog="Example:  standfirst theme check ../our-theme --json")
@click.argument("folder", required=False)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def check(folder: str | None, as_json: bool) -> None:
    """Say what is wrong with a theme, without using it. FOLDER: the newsroom's own, if none is named.

    Some pages of every kind are printed with it and thrown away. Exits with 1 if there is a mistake.
    """
    home, found = _folder(folder)
    _tell(_look(found, home), home, as_json, "Checked.")


@click.command(epilog="Example:  standfirst theme apply")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def apply(as_json: bool) -> None:
    """Print every page with the theme as its files are now. A newsroom that runs notices by itself.

    What is wrong is named and left out; ours stays in its place. Exits with 1 if there is a mistake.
    """
    from standfirst.conf import theme

    home, folder = _folder(None)
    if problem := setup.nothing_here(home):
        raise Problem(problem)
    found = _look(folder, home)
    theme.apply(home)
    _tell(
        found, home, as_json, "Applied: a newsroom that runs prints its pages anew; `standfirst press run` does it now."
    )


@click.command(epilog="Example:  standfirst theme new --example lighthouse")
@click.option("--example", metavar="NAME", default="", help="Begin with an example: lighthouse.")
def new(example: str) -> None:
    """Begin a theme in the newsroom's folder, with our colours, sizes and faces to change, or with an example."""
    from standfirst.pages.templates import THEME

    home, folder = _folder(None)
    if problem := setup.nothing_here(home):
        raise Problem(problem)
    if folder.exists() and any(folder.iterdir()):
        raise Problem(f"There is a theme in {folder} already: move it away first, or change that one.")
    examples = {path.name: path for path in sorted((THEME.parent / "examples").iterdir()) if path.is_dir()}
    if example and example not in examples:
        raise Problem(f"There is no example called {example!r}: name one of {', '.join(examples)}.")
    folder.mkdir(parents=True, exist_ok=True)
    for path in examples[example].iterdir() if example else [THEME / "tokens.css"]:
        shutil.copy(path, folder / path.name)
    click.echo(f"{folder} is there. Change what is in it; `standfirst theme check`, then `standfirst theme apply`.")
