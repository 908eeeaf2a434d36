"""`standfirst check`: configuration and health, each finding with an id and a remedy."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import click

from standfirst.conf import setup
from standfirst.kit import sitefiles
from standfirst.kit.errors import Problem

ROOM = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    level: Literal["error", "warning"]
    says: str
    remedy: str


@click.command(epilog="Example:  standfirst check --json")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def check(as_json: bool) -> None:
    """Check configuration and health. Exits with 1 if there is an error."""
    findings = list(_findings())
    ok = not any(finding.level == "error" for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            click.echo(f"{finding.level} {finding.id}: {finding.says}\n    {finding.remedy}")
        if not findings:
            click.echo("Everything is in order.")
    if not ok:
        sys.exit(1)


def _findings() -> list[Finding]:
    setup.boot()
    from django.conf import settings
    from django.core import checks
    from django.db import DatabaseError, connections

    from standfirst.changes import databases

    home: Path = settings.HOME
    found: list[Finding] = []
    for message in checks.run_checks():
        if message.level >= checks.WARNING and not message.is_silenced():
            level: Literal["error", "warning"] = "error" if message.level >= checks.ERROR else "warning"
            remedy = str(message.hint or "See the message.")
            found.append(Finding(message.id or "django", level, str(message.msg), remedy))
    if setup.nothing_here(home):
        found.append(
            Finding(
                "standfirst.E101",
                "error",
                f"There is no newsroom in {home}.",
                "Start one with `standfirst serve`, or name its folder with STANDFIRST_HOME.",
            )
        )
        return found
    if gone := databases.gone():
        says, _, remedy = gone.partition(". ")
        return [*found, Finding("standfirst.E102", "error", f"{says}.", remedy)]
    try:
        opened = setup.is_open()
    except DatabaseError as error:
        return [
            *found,
            Finding(
                "standfirst.E103",
                "error",
                f"The newsroom's database does not answer: {error}.",
                "Check that it runs and that DATABASE_URL is right; `standfirst serve` makes missing tables.",
            ),
        ]
    finally:
        connections.close_all()
    if not opened:
        found.append(
            Finding("standfirst.W104", "warning", "There is no newsroom yet.", "Start one with `standfirst serve`.")
        )
    free = shutil.disk_usage(home).free
    if free < ROOM:
        found.append(
            Finding(
                "standfirst.E105",
                "error",
                f"Only {free // 1_000_000} MB are free where the newsroom's folder is.",
                "Make room: without it pages cannot be written and copy cannot be sealed.",
            )
        )
    found += _of_theme(home)
    found += _of_worker()
    if opened:
        found += _of_press(home)
        found += _of_wire(home)
        found += _of_mail()
        found += _of_search()
    return found


def _of_theme(home: Path) -> list[Finding]:
    from standfirst.conf import theme
    from standfirst.pages import theming

    found = [
        Finding("standfirst.W121", "warning", f"The theme: {mistake.says}", mistake.remedy)
        for mistake in theming.used().mistakes
    ]
    if theming.read(home / theme.FOLDER).digest != theming.used().digest:
        says = f"The files in {home / theme.FOLDER} are not those that pages are printed with."
        found.append(Finding("standfirst.W122", "warning", says, "`standfirst theme apply` prints with them."))
    return found


def _of_worker() -> list[Finding]:
    from standfirst.desk import heartbeat
    from standfirst.kit import clock

    beat = heartbeat.read()
    remedy = "Start Standfirst with `standfirst serve`."
    if beat.at is None:
        return [Finding("standfirst.W106", "warning", "The worker has never run here.", remedy)]
    if beat.stale:
        says = f"The worker has not been seen since {clock.iso(beat.at)}: nothing is published or scheduled."
        return [Finding("standfirst.E107", "error", says, beat.hindered or remedy)]
    if beat.theme:
        remedy = "`standfirst theme check` says what else there is; then `standfirst theme apply`."
        return [Finding("standfirst.W123", "warning", f"The theme: {beat.theme}", remedy)]
    if beat.trouble:
        remedy = "Mend what the sentence names; the worker tries again by itself."
        return [Finding("standfirst.E110", "error", f"The worker is held up: {beat.trouble}", remedy)]
    return []


def _of_press(home: Path) -> list[Finding]:
    from standfirst.changes.models import Change
    from standfirst.desk import progress
    from standfirst.kit import clock
    from standfirst.press import lookout, sweeps, wiring

    try:
        engine = wiring.engine()
    except Problem as problem:
        remedy = "Do what the sentence says; the worker goes on by itself."
        return [Finding("standfirst.E118", "error", f"The press cannot work: {problem}", remedy)]
    status = engine.status()
    found = [
        Finding(
            "standfirst.E108",
            "error",
            f"The page {path} could not be printed: {why}.",
            "Mend what the sentence names; readers keep the last good copy. The worker tries again by itself.",
        )
        for path, why in status.failed.items()
    ]
    front = engine.store.standing(["/"]).get("/")
    if (
        front
        and front.status
        and not front.due
        and not (home / "output" / sitefiles.file_of("/", front.status)).exists()
    ):
        found.append(
            Finding(
                "standfirst.E120",
                "error",
                f"The home front was printed, and is not in {home / 'output'} any more: pages were removed by another "
                "hand.",
                "`standfirst press proof --mend` prints what is missing.",
            )
        )
    oldest = Change.objects.filter(closed_at=None, lane__lte=1).order_by("created_at").first()
    if oldest and clock.now() - oldest.created_at > timedelta(minutes=1):
        found.append(
            Finding(
                "standfirst.E109",
                "error",
                f"A change from {clock.iso(oldest.created_at)} still waits to be printed.",
                "See `standfirst press status`; start the worker with `standfirst serve`.",
            )
        )
    day = clock.now() - lookout.RED_KEPT
    found += [
        Finding(
            "standfirst.E115",
            "error",
            f"{row.kind} {row.ref} ({row.cause}, {clock.iso(row.created_at)}): {progress.sight_of([row]).says}",
            "Do what the sentence says. `standfirst press status --json` names the pages.",
        )
        for row in Change.objects.red(day)[:5]
    ]
    last = Change.objects.filter(seen="green", closed_at__gte=day).order_by("-closed_at").first()
    if last and (last.sight or {}).get("via") == "reader":
        found.append(
            Finding(
                "standfirst.W116",
                "warning",
                f"The public address cannot be asked from this machine: {(last.sight or {}).get('away', '')}",
                "Let this machine reach STANDFIRST_ORIGIN, so that the desk can say what readers get.",
            )
        )
    for drift in sweeps.read(home).found:
        if drift.at >= clock.iso(day):
            past = "written past the usual doors" if drift.what == "record" else "changed or removed by another hand"
            names = ", ".join(drift.names[:3])
            found.append(
                Finding(
                    "standfirst.W117",
                    "warning",
                    f"The sweep of {drift.at} found {drift.number} {drift.what}s {past} and mended {drift.mended}: "
                    f"{names}.",
                    "Find out who writes there. What is mended needs nothing more.",
                )
            )
    return found


def _of_wire(home: Path) -> list[Finding]:
    from standfirst.kit import clock
    from standfirst.wire import sources
    from standfirst.wire.gathering import sign_of_life
    from standfirst.wire.models import Source

    found: list[Finding] = []
    sign = sign_of_life(home)
    active = Source.objects.filter(active=True, feed__active=True).select_related("feed")
    if sign.stale and active:
        seen = f"since {clock.iso(sign.at)}" if sign.at else "in this newsroom"
        says = f"The wire has not been seen {seen}: nothing is fetched from the agencies."
        found.append(Finding("standfirst.E111", "error", says, "Start Standfirst with `standfirst serve`."))
    elif sign.trouble and not sign.stale:
        remedy = "Mend what the sentence names; the wire tries again by itself."
        found.append(Finding("standfirst.E112", "error", f"The wire is held up: {sign.trouble}", remedy))
    for source in active:
        if sources.state_of(source) in ("failing", "stopped"):
            good = f"last good {clock.iso(source.good_at)}" if source.good_at else "never good yet"
            says = f"The source {source.name} fails ({good}). {source.trouble}"
            remedy = f"Mend what the sentence names. `standfirst wire fetch --try {source.name}` tries it."
            found.append(Finding("standfirst.W113", "warning", says, remedy))
    for feed, state in sources.troubled():
        if state.state == "silent":
            says = f"Nothing new from {feed.title}. {state.says}"
            found.append(Finding("standfirst.W114", "warning", says, "Ask the agency, or change the feed’s silence."))
    return found


def _of_mail() -> list[Finding]:
    from standfirst.kit import clock
    from standfirst.stories import alerts

    alert = alerts.waiting_since(clock.now())
    if alert is None:
        return []
    why = f": {alert.trouble.rstrip('.')}" if alert.trouble else ""
    says = f"Mails to the publishers have waited since {clock.iso(alert.at)}{why}."
    remedy = "See that the mail server runs and that STANDFIRST_MAIL is right. They are sent by themselves then."
    return [Finding("standfirst.W119", "warning", says, remedy)]


def _of_search() -> list[Finding]:
    from standfirst.press import finding

    missing = sum(map(len, finding.unfiled()))
    if not missing:
        return []
    says = f"{missing:,} live {'story is' if missing == 1 else 'stories are'} not in the readers' search yet."
    remedy = "The worker files them by itself, the newest first. If it does not, run `standfirst search rebuild`."
    return [Finding("standfirst.W130", "warning", says, remedy)]
