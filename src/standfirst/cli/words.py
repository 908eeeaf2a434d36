"""`standfirst words`: the languages of the interface texts, and a look at a translation. No newsroom, no database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from standfirst.edition.snapshots import Site
from standfirst.pages.catalogues import Catalogue, check, template
from standfirst.pages.words import PHRASES, language_name, shipped
from standfirst.pages.words import words as words_of

_EPILOG: Final = """\b
Examples:
  standfirst words
  standfirst words --template >yo.po
  standfirst words yo.po
  standfirst words --json *.po | jq '.[] | [.language, .phrases, .faults]'"""

SHOWN: Final = 5
"""Phrases without a translation that are named; all of them are in the JSON."""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@click.option("--template", "wants_template", is_flag=True, help="Print the file that a translation begins with.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def words(files: tuple[Path, ...], wants_template: bool, as_json: bool) -> None:
    """Show the languages of the phrases on readers' pages, or check FILEs of a translation.

    Each language comes with how many phrases it has, and whether it is a draft that awaits a native reader. Of each
    FILE it also says what is wrong and how to mend it; pages would leave that out. Exits with 1 if anything is.
    """
    if wants_template:
        click.echo(template(PHRASES), nl=False)
        return
    if files:
        told = [_told(catalogue, faults, str(path)) for path in files for catalogue, faults in [check(path, PHRASES)]]
    else:
        english = Catalogue("en", {phrase.name: phrase.english for phrase in PHRASES})
        told = [_told(it, [], "") for it in (english, *shipped().languages.values())]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        for row in told:
            _say(row)
    if any(row["faults"] for row in told):
        sys.exit(1)


def _told(catalogue: Catalogue | None, faults: list[str], file: str) -> dict[str, Any]:
    texts = catalogue.texts if catalogue else {}
    language = catalogue.language if catalogue else ""
    return {
        **({"file": file} if file else {}),
        "language": language,
        "name": language_name(language, words_of("en", Site())) if language else "",
        "phrases": len(texts),
        "of": len(PHRASES),
        "draft": bool(catalogue and catalogue.drafts),
        "missing": [phrase.english for phrase in PHRASES if phrase.name not in texts],
        "faults": faults,
    }


def _say(row: dict[str, Any]) -> None:
    for fault in row["faults"]:
        click.echo(fault, err=True)
    if not row["language"]:
        return
    line = f"{row['language']:<6}{row['name']:<18}{row['phrases']} of {row['of']} phrases"
    if row["draft"]:
        line += ", a draft that awaits a native reader"
    missing = row["missing"]
    if missing:
        named = ", ".join(f"“{english}”" for english in missing[:SHOWN])
        more = len(missing) - SHOWN
        line += f"\n      without {named}" + (f" and {more} more" if more > 0 else "")
    click.echo(line)
