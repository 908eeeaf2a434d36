"""`standfirst wire index`: the wire's full text index, written anew."""

from __future__ import annotations

from typing import Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

_EPILOG: Final = """\b
Examples:
  standfirst wire index"""

_EVERY: Final = 2_000
"""Items between two lines of progress."""


@click.command(epilog=_EPILOG)
def index() -> None:
    """Write the index that the wire list searches anew, from what is stored.

    After an upgrade that has items found by more than before, e.g. by the subjects above theirs. The newsroom works on:
    the old index is searched, and takes in what comes, until the new one takes its place. Broken off, nothing has
    happened. Do not replay files at the same time. Progress goes to standard error.
    """
    setup.open_newsroom()
    from django.db import InterfaceError, OperationalError

    from standfirst.wire import searching
    from standfirst.wire.models import Item

    total = Item.objects.count()

    def tell(held: int) -> None:
        if held % _EVERY == 0:
            click.echo(f"{held:,} of {total:,} items", err=True)

    try:
        held = searching.rebuild(told=tell)
    except (OperationalError, InterfaceError) as error:
        raise Problem(
            f"The newsroom's database did not answer ({error}): the index is as it was. Start again."
        ) from error
    click.echo(f"{held:,} {'item' if held == 1 else 'items'} in the index.")
