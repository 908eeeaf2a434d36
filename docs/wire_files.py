"""Writes `reference/wire-files.md` from shared sample files: `python docs/wire_files.py`, or with their folder's path.

The files are others', free to use, and not in this repository; by default they are looked for in `shared/fixtures`
beside the checkout. Where they are absent, nothing is written. A test holds that the page is fresh.
"""

# ruff: noqa: INP001 - a script beside the pages that it writes

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from standfirst.wire import formats
from standfirst.wire.item import Item, Oddity, hold_reasons

PAGE: Final = Path(__file__).resolve().parent / "reference" / "wire-files.md"
FILES: Final = Path(__file__).resolve().parents[2] / "shared" / "fixtures"
FOLDERS: Final = {
    "lifecycle-synthetic": "Lives of stories, in every format: update, correction, withholding, kill, embargo",
    "newsml-g2": "NewsML-G2",
    "newsml-1.2": "NewsML 1.2",
    "nitf": "NITF",
    "ninjs-1.x": "ninjs 1.x",
    "ninjs-2.x": "ninjs 2.x",
    "ninjs-3.x": "ninjs 3.x",
    "dpa-digitalwires-json": "dpa digitalwires",
    "json-feed": "JSON Feed",
    "rss-atom": "RSS and Atom",
    "email": "Mail",
    "newsml-g2-invalid": "NewsML-G2 that is wrong on purpose",
    "ninjs-invalid": "ninjs that is wrong on purpose",
}


def _status(item: Item) -> str:
    words: list[str] = [item.status]
    if item.editorial_types:
        words.append(f"({', '.join(item.editorial_types)})")
    if item.embargo_until is not None:
        until = item.embargo_until if isinstance(item.embargo_until, str) else f"{item.embargo_until:%Y-%m-%d %H:%MZ}"
        words.append(f"embargo {until}")
    words += [
        f"says {directive.status}: {directive.target or 'another'}"
        + (f" before {directive.before}" * bool(directive.before))
        for directive in item.directives
    ]
    if item.management_only:
        words.append("management only")
    if hold_reasons(item):
        words.append("waits for a person")
    return " ".join(words)


def _counted(values: Iterable[str]) -> str:
    counts = Counter(values)
    return ", ".join(value if number == 1 else f"{value} ×{number}" for value, number in counts.items())


def _codes(oddities: Iterable[Oddity]) -> str:
    return _counted(oddity.code for oddity in oddities)


def _row(path: Path) -> str:
    try:
        parsed = formats.parse(path.read_bytes())
    except formats.Unreadable as error:
        reason = error.reason if len(error.reason) <= 240 else error.reason[:239] + "…"
        return f"| {path.name} | — | refused | | {_safe(reason)} |"
    kinds = _counted(item.type for item in parsed.items)
    held = f"{len(parsed.items)} {kinds}" if parsed.items else "0"
    odd = _codes([*parsed.oddities, *(oddity for item in parsed.items for oddity in item.oddities)])
    states = _counted(_status(item) for item in parsed.items)
    return f"| {path.name} | {parsed.format} | {held} | {_safe(states)} | {odd} |"


def _safe(text: str) -> str:
    """`text` as a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def page(files: Path) -> str:
    """The whole page, from the files in the folders below `files`."""
    return "\n".join(_page(files)).rstrip() + "\n"


def _page(files: Path) -> Iterator[str]:
    yield "<!-- Made by docs/wire_files.py from the sample files. Change it there. -->\n"
    yield "# Wire files\n"
    yield (
        "Files by which the [wire formats](wire-formats.md) are tried, and what each gives: its format, its items,\n"
        "their status, and the codes of what is odd about them; or why it is refused. They are others' and free to\n"
        "use, but not in this repository. Its own samples are beside the formats, each with what is expected of it.\n"
    )
    for folder, title in FOLDERS.items():
        paths = sorted((files / folder).glob("*"))
        rows = [_row(path) for path in paths]
        refused = sum("| refused |" in row for row in rows)
        yield f"## {title}\n"
        yield f"`{folder}`: {len(rows)} files, {len(rows) - refused} read, {refused} refused.\n"
        yield "| file | format | items | status | oddities, or why it is refused |\n|---|---|---|---|---|"
        yield from rows
        yield ""


def main(files: Path) -> None:
    if not files.is_dir():
        sys.exit(f"There are no sample files in {files.name}: the page stays as it is. Give the path of their folder.")
    PAGE.write_text(page(files), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILES)
