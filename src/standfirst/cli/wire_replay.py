"""`standfirst wire replay`: what today's readers would make of every file that ever came in."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

_EPILOG: Final = """\b
Examples:
  standfirst wire replay
  standfirst wire replay --feed cpa-world --since 2026-11-01 --json
  standfirst wire replay --apply"""

_EVERY: Final = 200
"""Files between two lines of progress."""


@click.command(epilog=_EPILOG)
@click.option("--feed", "feed_name", metavar="NAME", help="Only files of this feed.")
@click.option("--since", metavar="TIME", help="Only files received since then: a date or a time, in UTC.")
@click.option(
    "--after", type=int, default=0, metavar="NUMBER", help="Go on after this delivery, as a broken-off run said."
)
@click.option("--apply", "write", is_flag=True, help="Apply what is shown, by the rules of intake.")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def replay(feed_name: str | None, since: str | None, after: int, write: bool, as_json: bool) -> None:
    """Read every sealed file with today's parsers and settings, and compare with what is stored.

    Shows, item by item, what was added, is gone, or changed, and changes nothing. With --apply it is applied by the
    rules: take-downs that were missed are carried out, nothing comes back that was killed, stories that people touched
    get offers, and nothing is published that was not. Progress goes to standard error. It can be broken off at any
    time and gone on with, or begun again.
    """
    setup.open_newsroom()
    from django.db import InterfaceError, OperationalError

    from standfirst.wire.intake import replay as intake

    feed = _feed(feed_name) if feed_name else None
    moment = _moment(since) if since else None
    total = intake.deliveries(feed=feed, since=moment, after=after).count()
    totals: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    reports: list[dict[str, Any]] = []
    done, last = 0, after
    try:
        for replayed in intake.replay(feed=feed, since=moment, after=after, write=write):
            done += 1
            last = replayed.delivery.pk
            totals.update(difference.kind for difference in replayed.differences)
            outcomes.update(replayed.outcomes)
            if replayed.differences:
                report = _report(replayed)
                if as_json:
                    reports.append(report)
                else:
                    _tell(report)
            if done % _EVERY == 0:
                click.echo(f"{done:,} of {total:,} files", err=True)
    except KeyboardInterrupt:
        click.echo(f"Broken off after {done:,} of {total:,} files. Go on with --after {last}", err=True)
        sys.exit(130)
    except (OperationalError, InterfaceError) as error:
        raise Problem(f"The newsroom's database did not answer ({error}): go on with --after {last}.") from error
    summary = {
        "files": done,
        "last": last,
        "differences": dict(totals),
        "applied": write,
        "outcomes": dict(outcomes),
    }
    if as_json:
        click.echo(json.dumps({**summary, "changes": reports}, ensure_ascii=False, indent=2))
        return
    said = ", ".join(f"{number:,} {kind}" for kind, number in sorted(totals.items())) or "nothing would be different"
    click.echo(f"{done:,} files: {said}.")
    if totals and not write:
        click.echo("Nothing was changed. To apply this by the rules of intake: the same command with --apply")
    elif write and outcomes:
        click.echo("Applied: " + ", ".join(f"{number:,} {what}" for what, number in sorted(outcomes.items())) + ".")


def _feed(name: str) -> Any:
    from standfirst.wire.models import Feed

    feed = Feed.objects.filter(name=name).first()
    if feed is None:
        known = ", ".join(Feed.objects.order_by("name").values_list("name", flat=True)) or "none"
        raise Problem(f"There is no feed named “{name}”. Feeds here are: {known}.")
    return feed


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"“{text}” is no time: write it like 2026-11-22 or 2026-11-22T08:30.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _report(replayed: Any) -> dict[str, Any]:
    delivery = replayed.delivery
    return {
        "delivery": delivery.pk,
        "feed": delivery.feed.name,
        "file": delivery.file_name,
        "received": delivery.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "items": [
            {
                "what": each.kind,
                "item": each.item_id,
                "version": each.version,
                "headline": each.headline,
                "reason": each.reason,
                "takes_down": each.takes_down,
                "fields": {name: {"was": was, "now": now} for name, (was, now) in each.fields.items()},
            }
            for each in replayed.differences
        ],
        "outcomes": replayed.outcomes,
    }


def _tell(report: dict[str, Any]) -> None:
    click.echo(f"{report['file']} (delivery {report['delivery']}, {report['feed']}, {report['received']})")
    for each in report["items"]:
        name = " ".join(part for part in (each["item"], f"v{each['version']}" if each["version"] else "") if part)
        mark = "TAKES DOWN " if each["takes_down"] else ""
        click.echo(f"  {mark}{each['what']}: {name}{' - ' if name and each['headline'] else ''}{each['headline']}")
        if each["reason"]:
            click.echo(f"    {each['reason']}")
        for field, sides in each["fields"].items():
            if sides["was"] or sides["now"]:
                click.echo(f"    {field}: {sides['was'] or 'nothing'} -> {sides['now'] or 'nothing'}")
            else:
                click.echo(f"    {field}: same words, other {field}")
