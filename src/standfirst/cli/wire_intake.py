"""`standfirst wire take-in`: files go in as if a feed had delivered them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

_EPILOG: Final = """\b
Examples:
  standfirst wire take-in --feed cpa-world item.xml feed.rss
  standfirst wire take-in --feed cpa-world --json incoming/*.xml
  curl -s https://agency.example/feed | standfirst wire take-in --feed cpa-world -"""

NOT_OPENED: Final = "not opened"


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--feed", "feed_name", required=True, metavar="NAME", help="The feed that they count as delivered by.")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def take_in(files: tuple[str, ...], feed_name: str, as_json: bool) -> None:
    """Take wire FILEs in: seal their bytes, read them, and do with each item what the feed's setting says.

    Prints one line a file. "-" reads standard input. Exits with 1 if any file could not be read to the end; the other
    files are still done, and what could not be read is kept and shown on the wire list.
    """
    setup.open_newsroom()
    from django.db import InterfaceError, OperationalError

    feed = _feed(feed_name)
    from standfirst.wire import actions

    reports: list[dict[str, Any]] = []
    try:
        sources = (sys.stdin.buffer.read() if name == "-" else Path(name) for name in files)
        for name, (_, outcome) in zip(
            files, actions.take_in_all(feed=feed, files=sources, transport="command"), strict=True
        ):
            report = _report(click.format_filename(name), outcome)
            reports.append(report)
            if not as_json:
                click.echo(_line(report), err=report["failed"])
    except (OperationalError, InterfaceError) as error:
        raise Problem(
            f"The newsroom's database did not answer ({error}): what was sealed is read when the newsroom starts again."
        ) from error
    failed = sum(report["failed"] for report in reports)
    if as_json:
        click.echo(json.dumps({"feed": feed.name, "files": reports, "failed": failed}, ensure_ascii=False, indent=2))
    if failed:
        sys.exit(1)


def _feed(name: str) -> Any:
    from standfirst.wire.models import Feed

    feed = Feed.objects.filter(name=name).first()
    if feed is None:
        known = ", ".join(Feed.objects.order_by("name").values_list("name", flat=True))
        remedy = f"Feeds here are: {known}." if known else "There are no feeds yet: add one under Settings, Wire feeds."
        raise Problem(f"There is no feed named “{name}”. {remedy}")
    if not feed.active:
        raise Problem(f"The feed {name} is switched off: switch it on under Settings, Wire feeds.")
    return feed


def _report(shown: str, delivery: Any) -> dict[str, Any]:
    """One file's report, in plain JSON, made of its delivery or of why it could not be opened."""
    from standfirst.wire.models import Delivery

    if isinstance(delivery, Problem):
        why = str(delivery)
        return {"file": shown, "state": NOT_OPENED, "items": 0, "outcomes": {}, "reason": why, "failed": True}
    return {
        "file": shown,
        "state": delivery.state,
        "format": delivery.format,
        "items": delivery.items_in,
        "outcomes": delivery.outcomes,
        "reason": delivery.reason,
        "oddities": [odd["text"] for odd in delivery.oddities],
        "seal": delivery.seal,
        "delivery": delivery.pk,
        "failed": delivery.state in (Delivery.State.UNREADABLE, Delivery.State.PARTLY),
    }


def _line(report: dict[str, Any]) -> str:
    """E.g. "flood.xml: newsml-g2, 2 items: 1 published, 1 repeat"."""
    if report["failed"] and not report["items"]:
        return f"{report['file']}: {report['reason']}"
    count = report["items"]
    done = ", ".join(f"{number} {what}" for what, number in sorted(report["outcomes"].items()))
    line = f"{report['file']}: {report['format']}, {count} item{'' if count == 1 else 's'}{': ' if done else ''}{done}"
    return f"{line}. {report['reason']}" if report["reason"] else line
