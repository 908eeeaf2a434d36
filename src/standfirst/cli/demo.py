"""`standfirst demo`: a newsroom with demonstration copy and a wire that goes on delivering."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from standfirst.cli import serve
from standfirst.conf import setup
from standfirst.kit.supervise import Child


@click.command(epilog="Example:  PORT=8001 STANDFIRST_HOME=/srv/demo standfirst demo")
@click.option("--quiet-wire", is_flag=True, help="Do not deliver new wire copy while it runs.")
def demo(quiet_wire: bool) -> None:
    """Set up a newsroom with demonstration copy if there is none, and run it.

    A second start takes seconds and keeps what you did. STANDFIRST_HOME names the folder, PORT the port.
    """
    home, options = serve.opened(_fill)
    agencies = Child(
        "agencies",
        [sys.executable, "-m", "standfirst.demo.feed"],
        {"DJANGO_SETTINGS_MODULE": "standfirst.conf.settings", "STANDFIRST_HOME": str(home)},
    )
    from standfirst.demo.actions import CAST

    colleagues = ", ".join(f"{username} ({roles[0].lower()})" for username, _, roles in CAST)
    serve.start(home, options, extra=[] if quiet_wire else [agencies], colleagues=colleagues)


def _fill(home: Path) -> None:
    from standfirst.demo import actions

    _, password = setup.first_administrator(home)
    actions.fill(password=password, progress=_progress)
    actions.open_wire()


def _progress(what: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rMaking the demonstration newsroom: {what} {done} of {of} ...   ", err=True, nl=done == of)
    elif done in {0, of}:
        click.echo(f"Making the demonstration newsroom: {what} {done} of {of} ...", err=True)
