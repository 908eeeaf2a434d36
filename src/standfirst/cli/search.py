"""`standfirst search rebuild`: the index of the readers' search, made anew."""

from __future__ import annotations

from typing import Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

_EPILOG: Final = """\b
Examples:
  standfirst search rebuild"""

_EVERY: Final = 3_000
"""Stories between two lines of progress, about."""


@click.command(epilog=_EPILOG)
def rebuild() -> None:
    """Make the index of the readers' search anew, from the stories that are live.

    It is seldom needed: what is published, changed, moved or taken down reaches the search by itself, and so does an
    archive. This is for an index that is damaged, which `standfirst check` and the desk tell. The newsroom works on;
    readers find what has been filed already, the newest first. Broken off, the worker files the rest. Some two
    milliseconds a story. Progress goes to standard error.
    """
    setup.open_newsroom()
    from django.db import InterfaceError, OperationalError

    from standfirst.press import finding
    from standfirst.stories.models import Publication

    total = Publication.objects.filter(story__live=True).count()
    said = 0

    def tell(filed: int) -> None:
        nonlocal said
        if filed - said >= _EVERY:
            said = filed
            click.echo(f"{filed:,} of {total:,} stories", err=True)

    try:
        filed = finding.rebuild(tell)
    except (OperationalError, InterfaceError) as error:
        raise Problem(
            f"The newsroom's database did not answer ({error}): the worker files the rest, or start again."
        ) from error
    click.echo(f"{filed:,} {'story' if filed == 1 else 'stories'} can be found.")
