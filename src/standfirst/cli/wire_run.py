"""`standfirst wire run`, `wire fetch` and `wire sources`: agencies' sources, fetched by themselves or by hand."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

_RUN: Final = """\b
Example:  standfirst wire run

`standfirst serve` runs it by itself. Several may run for one newsroom, also on several machines."""

_FETCH: Final = """\b
Examples:
  standfirst wire fetch cpa-api
  standfirst wire fetch --try cpa-api"""

_SOURCES: Final = """\b
Examples:
  standfirst wire sources
  standfirst wire sources --json | jq -r '.sources[] | select(.state == "failing") | .name'"""


@click.command(epilog=_RUN)
def run() -> None:
    """Fetch from all sources, read what came, and fetch its pictures, until stopped."""
    setup.boot()
    from django.conf import settings

    home: Path = settings.HOME
    if problem := setup.nothing_here(home):
        raise Problem(problem)
    setup.lay_folders(home)
    from standfirst.stories.alerts import Postman
    from standfirst.wire.gathering import Gatherer
    from standfirst.wire.reading import ReadingProcess

    # A database that is away is waited for.
    reading = ReadingProcess(home)
    postman = Postman()
    try:
        postman.start()
        gatherer = Gatherer(home, reading)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, gatherer.stop)
        gatherer.run()
    finally:
        reading.stop()
        postman.stop()


@click.command(epilog=_FETCH)
@click.argument("name")
@click.option("--try", "trial", is_flag=True, help="Only show what would come; nothing is taken in or moved.")
def fetch(name: str, trial: bool) -> None:
    """Fetch from the source NAME once, now, whether it is due or not, and read what came.

    Says what it does on standard error, and one line a file on standard output. Exits with 1 if it failed.
    """
    setup.open_newsroom()
    with setup.answering():
        _try(_source(name)) if trial else _fetch(_source(name))


def _fetch(source: Any) -> None:
    from standfirst.wire import actions, sources
    from standfirst.wire.models import Delivery

    owner = sources.owner_name()
    claimed = sources.claim(source.pk, owner, now_due=False)
    if claimed is None:
        if not source.active:
            raise Problem(f"The source {source.name} is paused: switch it on under Settings, Wire sources.")
        if source.kind == "push":
            raise Problem(f"The agency calls {source.name} by itself: there is nothing to fetch.")
        raise Problem(f"The source {source.name} is being fetched already: see `standfirst wire sources`.")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    held = began = time.monotonic()

    def wait(seconds: float) -> bool:
        # Once means once: a watched folder is given the time in which a file counts as whole.
        return stopped.wait(seconds) or time.monotonic() - began > 3.0

    def stopping() -> bool:
        nonlocal held
        if time.monotonic() - held > sources.LEASE.total_seconds() / 3:
            held = time.monotonic()
            if not sources.renew(source.pk, owner):
                stopped.set()
        return stopped.is_set()

    outcome = sources.look(
        claimed,
        owner,
        stopping=stopping,
        wait=wait,
        say=lambda sentence: click.echo(sentence, err=True),
    )
    sources.ring()
    actions.work_off()
    for pk in outcome.deliveries:
        delivery = Delivery.objects.get(pk=pk)
        done = ", ".join(f"{number} {what}" for what, number in sorted(delivery.outcomes.items()))
        what = delivery.format or delivery.get_state_display().lower()
        click.echo(f"{delivery.file_name}: {what}{': ' if done else ''}{done} {delivery.reason}".rstrip())
    for sentence in (*outcome.notes, *outcome.skipped):
        click.echo(sentence, err=True)
    if outcome.trouble:
        raise Problem(f"{source.name}: {outcome.trouble}")
    click.echo(f"{outcome.files or 'Nothing'} new.", err=True)


def _try(source: Any) -> None:
    from standfirst.wire import sources

    trial = sources.try_now(source)
    for found in trial.found:
        click.echo(f"{found.file_name}: {found.trouble or f'{found.format}, {found.count} items'}")
        for headline in found.items:
            click.echo(f"    {headline}")
    for sentence in trial.notes:
        click.echo(sentence, err=True)
    if trial.trouble:
        raise Problem(f"{source.name}: {trial.trouble}")
    click.echo("This was a trial: nothing was taken in." if trial.found else "Nothing new is there.", err=True)


@click.command("sources", epilog=_SOURCES)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def list_sources(as_json: bool) -> None:
    """List the sources with their state. Exits with 1 if one of them fails. Secrets are never shown."""
    setup.open_newsroom()
    from standfirst.kit import clock
    from standfirst.wire import sources
    from standfirst.wire.models import Source

    rows = []
    with setup.answering():
        for source in Source.objects.select_related("feed"):
            times = {"tried": source.tried_at, "good": source.good_at, "new": source.new_at, "next": source.next_at}
            rows.append(
                {
                    "name": source.name,
                    "feed": source.feed.name,
                    "kind": source.kind,
                    "state": sources.state_of(source),
                    "interval": source.interval,
                    "failures": source.failures,
                    "trouble": source.trouble,
                    **{name: clock.iso(at) if at else None for name, at in times.items()},
                }
            )
    if as_json:
        click.echo(json.dumps({"sources": rows}, ensure_ascii=False, indent=2))
    elif not rows:
        click.echo("There are no sources yet: add one under Settings, Wire sources.")
    else:
        width = max(len(str(row["name"])) for row in rows)
        for row in rows:
            last = f"last good {row['good']}" if row["good"] else "never good yet"
            click.echo(f"{row['name']:<{width}}  {row['kind']:<6} {row['state']:<8} {last}")
            if row["trouble"]:
                click.echo(f"{'':<{width}}  {row['trouble']}")
    if any(row["state"] in ("failing", "stopped") for row in rows):
        sys.exit(1)


def _source(name: str) -> Any:
    from standfirst.wire.models import Source

    source = Source.objects.select_related("feed").filter(name=name).first()
    if source is None:
        known = ", ".join(Source.objects.values_list("name", flat=True))
        remedy = f"Sources here are: {known}." if known else "There are none yet: add one under Settings, Wire sources."
        raise Problem(f"There is no source named “{name}”. {remedy}")
    return source
