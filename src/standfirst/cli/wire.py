"""`standfirst wire parse`: read wire files without a newsroom. No database, no Django."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import msgspec

from standfirst.wire import formats
from standfirst.wire.item import Item, Oddity, hold_reasons

_ENCODER: Final = msgspec.json.Encoder()

_EPILOG: Final = """\b
Examples:
  standfirst wire parse item.xml feed.rss
  standfirst wire parse --quiet *.xml | jq -r '[.item_id, .status, .headline] | @tsv'
  curl -s https://agency.example/feed | standfirst wire parse -"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--empty-embargo-means-none", is_flag=True, help="Read an embargo without a time as no embargo.")
@click.option("--provider", default="", help="The provider of items that do not name one.")
@click.option("--quiet", is_flag=True, help="Say nothing on standard error about what was left out of a file.")
def parse(files: tuple[str, ...], empty_embargo_means_none: bool, provider: str, quiet: bool) -> None:
    """Read wire FILEs and print one JSON object per item on standard output, one a line.

    Each object has every canonical field of an item, and "file", "format" and "oddities" (what is not as it should be,
    reasons to hold the item among them). "-" reads standard input. Exits with 1 if any file could not be read; the
    reason is on standard error and the other files are still done.
    """
    # With the dialects, as intake reads: else the same file would say something else here.
    profile = replace(formats.KNOWING, provider=provider, empty_embargo_means_none=empty_embargo_means_none)
    out = sys.stdout.buffer
    failed = False
    for name in files:
        try:
            data = _read(name, profile.limits.bytes)
            parsed = formats.parse(data, profile)
        except formats.Unreadable as error:
            failed = True
            alarm = " It seems to ask for a story to be taken down: look at it now." if error.takedown else ""
            click.echo(f"{name}: {error.reason}{alarm}", err=True)
            continue
        for item in parsed.items:
            out.write(line(item, name, parsed))
        out.flush()
        if not quiet:
            for oddity in parsed.oddities:
                click.echo(f"{name}: {oddity.text}", err=True)
    if failed:
        sys.exit(1)


def line(item: Item, file: str, parsed: formats.Parsed) -> bytes:
    """One line of output: the item's fields, then the file, the format and the oddities of item and file."""
    holds = tuple(Oddity(code="hold", text=reason) for reason in hold_reasons(item))
    fields = msgspec.structs.asdict(item)
    fields.pop("oddities")
    shown = {**fields, "file": file, "format": parsed.format, "oddities": (*item.oddities, *holds, *parsed.oddities)}
    return _ENCODER.encode(shown) + b"\n"


def _read(name: str, limit: int) -> bytes:
    """The bytes of a file, of standard input for "-"; at most one more than `limit`, so that a giant costs nothing."""
    if name == "-":
        return sys.stdin.buffer.read(limit + 1)
    try:
        with Path(name).open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        raise formats.Unreadable("There is no such file: check its name.") from None
    except IsADirectoryError:
        raise formats.Unreadable("This is a folder: name the files in it.") from None
    except PermissionError:
        raise formats.Unreadable("This file may not be read by you: change its permissions.") from None
    except (OSError, ValueError) as error:
        raise formats.Unreadable(f"This file cannot be read ({error}): check its name and the disk.") from None
