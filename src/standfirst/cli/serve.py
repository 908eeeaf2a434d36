"""`standfirst serve`: reader, newsroom and worker on the embedded defaults."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem


@click.command(epilog="Example:  standfirst serve\n\nStops with Ctrl-C, and all that it started with it.")
def serve() -> None:
    """Run the newsroom: the reader process, the newsroom's screens and the worker.

    Makes the newsroom's folder, databases and a first administrator where there are none.
    """
    run(announce=True)


PORT_TAKEN = 3
"""Exit code of a reader process whose port somebody else has."""


def say(sentence: str) -> None:
    click.echo(sentence, err=True)


def run(*, announce: bool, extra: list[Any] | None = None) -> None:
    """Prepare the folder, start the processes and stay until they are told to stop."""
    from standfirst.conf.options import load

    options = load()
    free(options.host, options.port)
    setup.lay_folders(options.home)
    setup.boot()
    with setup.answering():
        home = setup.prepare(say)
        if not setup.is_open():
            first_newsroom(home)
    start(home, options, announce=announce, extra=extra or [])


def first_newsroom(home: Path) -> None:
    """An empty newsroom with one administrator."""
    from django.db import transaction

    from standfirst.desk import actions as desk
    from standfirst.stories import actions as stories

    with transaction.atomic():
        front = stories.open_newsroom(name="Our newsroom")
        desk.set_up(home=front)
        stories.open_section(parent=front, name="News", slug="news")
        setup.first_administrator(home)


def free(host: str, port: int) -> None:
    """Raise `Problem` if the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem(
                f"Port {port} is in use or not allowed ({error.strerror}): stop the other program, "
                f"or choose another port with PORT={port + 1 if port < 65535 else 8000}."
            ) from error


def any_port(wanted: int) -> int:
    """`wanted` if it is free on the loopback address, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Problem("No free port was found for the newsroom process: set STANDFIRST_NEWSROOM_PORT.")


def start(home: Path, options: Any, *, announce: bool, extra: list[Any], colleagues: str = "") -> None:
    """Start the three processes and watch over them until Ctrl-C. `colleagues` have the first password, too."""
    from django.db import connections

    from standfirst.kit import supervise
    from standfirst.stories import actions as stories

    newsroom = any_port(options.newsroom_port or min(options.port + 1, 65535))
    environ = {
        "DJANGO_SETTINGS_MODULE": "standfirst.conf.settings",
        "STANDFIRST_HOME": str(home),
        "PORT": str(options.port),
        "STANDFIRST_ORIGIN": options.origin,
        "PYTHONUNBUFFERED": "1",
    }
    python = sys.executable
    reader = [
        *(python, "-m", "standfirst.reader", "--home", str(home)),
        *("--host", options.host, "--port", str(options.port), "--newsroom", f"http://127.0.0.1:{newsroom}"),
        *("--memory", str(max(1, options.cache // 2**20))),
        *("--upload-limit", str(max(1, options.upload_limit // 2**20))),
        *("--flush-seconds", str(options.reads_seconds)),
        *(word for proxy in options.trusted_proxies for word in ("--trusted-proxy", proxy)),
    ]
    children = [
        supervise.Child(
            "reader",
            reader,
            environ,
            ready=supervise.listens(options.host, options.port),
            final=frozenset({PORT_TAKEN}),
        ),
        supervise.Child(
            "newsroom",
            [python, "-m", "standfirst.conf.newsroom", "--port", str(newsroom)],
            environ,
            ready=supervise.listens("127.0.0.1", newsroom),
        ),
        supervise.Child(
            "worker",
            [python, "-m", "standfirst.conf.worker"],
            environ,
            # A site that opens with nothing on it would look broken: wait for the first front page.
            ready=(home / "output" / "pages" / "index.html").exists,
        ),
        *extra,
    ]
    # Commands that are run beside it, without its PORT or STANDFIRST_ORIGIN, must print the same pages.
    stories.serve_from(origin=options.origin)
    password = setup.first_password(home)
    connections.close_all()

    def ready() -> None:
        if not announce:
            return
        click.echo("")
        click.echo(f"  The site:      {options.origin}/")
        click.echo(f"  The newsroom:  {options.origin}/newsroom/")
        if password:
            click.echo(f"  Sign in as:    admin, with the password {password}")
            click.echo(f"                 (made up at the first start, kept in {home / setup.FIRST_PASSWORD};")
            click.echo("                 change it in the newsroom, and the file no longer matters)")
            if colleagues:
                click.echo(f"  Or as:         {colleagues}, with the same")
        click.echo("")
        click.echo("  Ctrl-C stops it.")
        click.echo("")

    code = supervise.run(children, home=home, on_ready=ready)
    if code == PORT_TAKEN:
        free(options.host, options.port)
    if code:
        raise SystemExit(code)
