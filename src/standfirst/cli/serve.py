"""`standfirst serve`: reader, newsroom, worker and wire on the embedded defaults."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from standfirst.conf import setup, theme
from standfirst.conf.options import Options, load
from standfirst.kit.listening import answers, check_port, free_port, listening, listens
from standfirst.kit.supervise import Child
from standfirst.kit.supervise import run as supervise


@click.command(epilog="Example:  standfirst serve\n\nStops with Ctrl-C, and all that it started with it.")
def serve() -> None:
    """Run the newsroom: the reader process, the newsroom's screens, the worker, and the wire that fetches.

    Makes the newsroom's folder, databases and a first administrator where there are none.
    """
    start(*opened(first_newsroom))


def say(sentence: str) -> None:
    """Tell the person at the terminal; standard output is left alone."""
    click.echo(sentence, err=True)


def opened(first: Callable[[Path], None]) -> tuple[Path, Options]:
    """The newsroom's folder, fit to run, and its options. Where there is no newsroom in it yet, `first` makes one."""
    options = load()
    check_port(options.host, options.port)
    setup.lay_folders(options.home)
    setup.boot()
    with setup.answering():
        home = setup.prepare(say)
        for mistake in theme.apply(home).mistakes:
            say(f"The theme: {mistake}")
        if not setup.is_open():
            first(home)
    return home, options


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


def start(home: Path, options: Options, *, extra: Sequence[Child] = (), colleagues: str = "") -> None:
    """Start the processes and watch over them until Ctrl-C. `colleagues` have the first password, too."""
    from django.db import connections

    from standfirst.stories import actions as stories

    newsroom = free_port(options.newsroom_port or min(options.port + 1, 65535))
    environ = {
        "DJANGO_SETTINGS_MODULE": "standfirst.conf.settings",
        "STANDFIRST_HOME": str(home),
        "PORT": str(options.port),
        "STANDFIRST_ORIGIN": options.origin,
        "PYTHONUNBUFFERED": "1",
    }
    python = sys.executable
    # Here and not in the reader: while that is started again, connections wait instead of being refused.
    doorstep = listening(options.host, options.port)
    reader = [
        *(python, "-m", "standfirst.reader", "--home", str(home)),
        *("--host", options.host, "--port", str(options.port), "--socket", str(doorstep.fileno())),
        *("--newsroom", f"http://127.0.0.1:{newsroom}"),
        *("--memory", str(max(1, options.cache // 2**20))),
        *("--upload-limit", str(max(1, options.upload_limit // 2**20))),
        *("--flush-seconds", str(options.reads_seconds)),
        *(word for proxy in options.trusted_proxies for word in ("--trusted-proxy", proxy)),
    ]
    children = [
        Child(
            "reader",
            reader,
            environ,
            ready=answers(options.host, options.port, "/-/alive"),
            sockets=(doorstep,),
        ),
        Child(
            "newsroom",
            [python, "-m", "standfirst.conf.newsroom", "--port", str(newsroom)],
            environ,
            ready=listens("127.0.0.1", newsroom),
        ),
        Child(
            "worker",
            [python, "-m", "standfirst.conf.worker"],
            environ,
            # A site that opens with nothing on it would look broken: wait for the first front page.
            ready=(home / "output" / "pages" / "index.html").exists,
        ),
        Child("wire", [python, "-m", "standfirst", "wire", "run"], environ),
        *extra,
    ]
    # Commands that are run beside it, without its PORT or STANDFIRST_ORIGIN, must print the same pages.
    stories.serve_from(origin=options.origin)
    password = setup.first_password(home)
    connections.close_all()

    def ready() -> None:
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

    code = supervise(children, home=home, on_ready=ready)
    if code:
        raise SystemExit(code)
