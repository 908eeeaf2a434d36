"""`standfirst press run | proof | status`."""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from standfirst.conf import crew, setup
from standfirst.kit.errors import Problem

if TYPE_CHECKING:
    from standfirst.press.engine.proof import Proof
    from standfirst.press.wiring import Ahead
    from standfirst.press.worker import Worker


COUNTED: Final = "pages, notices and redirects"
"""Every address that answers: what the newsroom shows, what says that it is gone, what sends on."""


def _worker(jobs: int | None = 1) -> Worker:
    """The worker of a newsroom that is there, not running. Of so many `jobs` at most, None: one for each core."""
    home = setup.open_newsroom()
    log = logging.getLogger("standfirst")
    if log.level == logging.INFO:
        log.setLevel(logging.WARNING)  # what goes well is for the log of `serve`; a command reports itself
    from django.conf import settings

    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.worker import Worker

    number = crew.number(jobs)
    hire = (lambda: Crew(number, crew.starter())) if number > 1 else None
    return Worker(wiring.engine(), home=home, options=settings.STANDFIRST, hire=hire)


@click.command(epilog="Example:  standfirst press run --all --json")
@click.option("--all", "everything", is_flag=True, help="Print every page anew, not only what changed.")
@click.option("--allow-removal", is_flag=True, help="Confirm a run that takes more than 2% of the pages from readers.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), help="Processes that print when there is much to do; else one for each core."
)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def run(everything: bool, allow_removal: bool, jobs: int | None, as_json: bool) -> None:
    """Print what changed; with --all everything: pages, notices of what is gone, redirects of what moved.

    It can be cut short at any moment and called again: what was printed stays printed.
    """
    worker = _worker(jobs)
    from standfirst.press.engine.engine import Condition
    from standfirst.press.worker import MANY

    many = 1 if jobs else MANY
    began = time.perf_counter()
    odd: dict[str, str] = {}
    opened = worker.open(_tell_records, many=many)
    if opened is Condition.ELSEWHERE:
        raise Problem(
            "Another process makes the press's ledger anew and prints when it has: run this again after that."
        )
    if everything:
        if opened is not Condition.REBUILD:
            worker.call_crew(many=many, pages=worker.engine.status().pages)
            every = _every(worker, odd)
            worker.engine.sweep(every, every.compose)
        worker.engine.bake_all()
    worker.call_crew(many=many)
    total = sum(worker.engine.status().backlog.values())
    done, shown = 0, 0.0
    while True:
        pages = worker.press(allow_mass_removal=allow_removal)
        done += pages
        waiting = sum(worker.engine.status().backlog.values())
        if time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            _progress(f"{done} of {max(total, done + waiting)} {COUNTED} ...")
        if not waiting or not pages:
            break
    worker.finish_filing()
    worker.dismiss()
    seconds = time.perf_counter() - began
    _progress("")
    status = worker.engine.status()
    report = {
        "done": done,
        "waiting": sum(status.backlog.values()),
        "failed": {**status.failed, **odd},
        "pages": status.pages,
        "bytes": status.bytes,
        "seconds": round(seconds, 3),
        "pages_per_second": round(done / seconds, 1) if seconds else 0.0,
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        click.echo(f"{done} {COUNTED} done in {seconds:.2f} s; {status.pages} pages are with the readers.")
        for path, why in {**status.failed, **odd}.items():
            click.echo(f"Failed: {path}: {why}", err=True)
    if status.failed or odd or report["waiting"]:
        if report["waiting"]:
            click.echo(f"{report['waiting']} {COUNTED} still wait. {worker.trouble}".strip(), err=True)
        sys.exit(1)


@click.command(epilog="Example:  standfirst press proof --mend")
@click.option("--mend", is_flag=True, help="Repair what is wrong and prove again.")
@click.option("--remove-unknown", is_flag=True, help="With --mend: remove files of which the ledger knows nothing.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), help="Processes that look when there are many pages; else one for each core."
)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def proof(mend: bool, remove_unknown: bool, jobs: int | None, as_json: bool) -> None:
    """Check the laws of the press on this newsroom: what readers get is what the newsroom says, and nothing else.

    Exits with 1 and what differs if a law is broken. Pages that were printed by older templates are told apart.
    """
    if remove_unknown and not mend:
        raise click.UsageError("--remove-unknown goes with --mend: write `--mend --remove-unknown`.")
    worker = _worker(jobs)
    found = _prove(worker, jobs)
    if not found.ok:
        # What was just being published while we looked is no fault: look once more when the press is at rest.
        _settle(worker)
        found = _prove(worker, jobs)
    before = None
    if mend and not found.ok:
        from standfirst.press import wiring

        if len(found.unknown) > max(20, found.pages // 50) and remove_unknown and not as_json:
            click.confirm(f"Remove {len(found.unknown)} files that no page claims?", abort=True)
        before = found
        worker.engine.mend(found, wiring.compose, remove_unknown=remove_unknown)
        _settle(worker)
        found = _prove(worker, jobs)
    if as_json:
        click.echo(json.dumps({"ok": found.ok, **asdict(found)}))
    else:
        click.echo(f"{found.pages} {COUNTED} looked at.")
        if before:
            click.echo(_mended(before, found))
        _tell("Missing", found.missing)
        _tell("Different from what the newsroom says", found.differing)
        _tell("Should not be there", found.lingering)
        _tell("Not known to the ledger (kept)", found.unknown)
        _tell("Failed", [f"{path}: {why}" for path, why in found.failed.items()])
        _tell("Snapshots that differ from the database", [":".join(key) for key in found.snapshots])
        _tell("Lists that do not follow from their definition", found.index)
        _tell("Links to nothing", _nothings(found))
        _tell("Waiting to be printed", found.waiting)
        _tell("Printed by older templates", found.older)
        if found.waiting and worker.trouble:
            click.echo(f"  {worker.trouble}")
        if found.ok:
            click.echo("The laws hold.")
        else:
            click.echo("The laws do not hold:")
            for remedy in _remedies(found, mended=before is not None, trouble=worker.trouble):
                click.echo(f"  {remedy}")
    if not found.ok:
        sys.exit(1)


def _tell_records(number: int) -> None:
    _progress(f"{number} records read ...")


def _tell_proved(number: int) -> None:
    _progress(f"{number} {COUNTED} looked at ...")


def _progress(text: str) -> None:
    """Say how far something is, in the place of what was said before, to whoever sits before a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _prove(worker: Worker, jobs: int | None) -> Proof:
    from standfirst.press.worker import MANY

    worker.call_crew(many=1 if jobs else MANY, pages=worker.engine.status().pages)
    odd: dict[str, str] = {}
    every = _every(worker, odd)
    try:
        found = worker.engine.proof(every.compose, every, _tell_proved)
        found.failed.update(odd)
        return found
    finally:
        worker.dismiss()
        _progress("")


def _every(worker: Worker, odd: dict[str, str]) -> Ahead:
    """Every record; those that cannot be composed are put into `odd` ("story:3" -> why) and left out."""
    from standfirst.press import wiring

    def note(problem: wiring.Unreadable) -> None:
        odd[":".join(problem.key)] = str(problem)

    return wiring.Ahead(beat=_tell_records, crew=lambda: worker.crew, odd=note)


def _settle(worker: Worker) -> None:
    """Print what is due until nothing is, for at most a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not worker.press() and not sum(worker.engine.status().backlog.values()):
            return


def _mended(before: Proof, after: Proof) -> str:
    """What is right now and was not."""

    def wrong(found: Proof) -> set[str]:
        return {*found.missing, *found.differing, *found.lingering, *found.unknown}

    numbers = (
        (len(wrong(before) - wrong(after) - {*after.waiting, *after.failed}), COUNTED),
        (len({*before.snapshots} - {*after.snapshots}), "snapshots"),
        (len({*before.index} - {*after.index}), "lists"),
    )
    return f"Mended: {', '.join(f'{number} {what}' for number, what in numbers if number) or 'nothing'}."


def _nothings(found: Proof) -> list[str]:
    """Links to nothing by where they lead: one that is missing may be linked to by every page."""
    pages: dict[str, list[str]] = {}
    for page, targets in found.dangling.items():
        for target in targets:
            pages.setdefault(target, []).append(page)
    return [
        f"{target} is linked to by {from_[0]}"
        if len(from_) == 1
        else f"{target} is linked to by {len(from_)} pages, e.g. {from_[0]}"
        for target, from_ in sorted(pages.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    ]


def _remedies(found: Proof, *, mended: bool, trouble: str) -> list[str]:
    """What to do about each kind of fault, after `--mend` about what it has left."""
    pages = found.missing or found.differing or found.lingering
    remedies = []
    if (pages or found.snapshots or found.index) and not mended:
        remedies.append("`standfirst press proof --mend` prints what is missing, different or should not be there.")
    elif pages or found.snapshots or found.index:
        remedies.append(trouble or "Something writes there meanwhile, or waits: see `standfirst press status`.")
    if found.unknown:
        remedies.append("`standfirst press proof --mend --remove-unknown` removes what the ledger does not know.")
    if found.failed:
        remedies.append("Mend what the sentences of the failed pages name, then `standfirst press run`.")
    if found.dangling and pages and not mended:
        remedies.append("Links to what is missing lead somewhere again when that is mended.")
    elif found.dangling:
        remedies.append("Change or remove the links to nothing in the newsroom, or publish what they lead to.")
    return remedies


def _tell(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title} ({len(lines)}):")
        for line in lines[:50]:
            click.echo(f"  {line}")
        if len(lines) > 50:
            click.echo(f"  ... and {len(lines) - 50} more; --json tells all")


@click.command(epilog="Example:  standfirst press status --json")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def status(as_json: bool) -> None:
    """Backlog by lane, oldest change, last bake, pages and bytes; what readers do not get, what the sweeps mended.

    Pages are those that readers get, without the notices and redirects that `press run` and `press proof` count too.
    """
    home = setup.open_newsroom()
    import msgspec

    from standfirst.changes.models import Change
    from standfirst.desk import heartbeat, progress
    from standfirst.kit import clock
    from standfirst.press import ledger, lookout, sweeps, wiring

    trouble = ""
    try:
        wiring.engine()
    except Problem as problem:
        trouble = str(problem)  # what the ledger knows is told all the same
    store = ledger.store()
    store.create()
    found = store.status()
    open_rows = Change.objects.filter(closed_at=None)
    oldest = open_rows.order_by("created_at").first()
    last = Change.objects.exclude(closed_at=None).order_by("-closed_at").first()
    backlog = {lane.name.lower(): number for lane, number in found.backlog.items()}
    report = {
        "backlog": backlog,
        "open_changes": open_rows.count(),
        "oldest_change": clock.iso(oldest.created_at) if oldest else None,
        "last_bake": clock.iso(last.closed_at) if last and last.closed_at else None,
        "pages": found.pages,
        "bytes": found.bytes,
        "failed": dict(found.failed),
        "red": [
            {
                "change": row.pk,
                "record": f"{row.kind}:{row.ref}",
                "lane": row.get_lane_display(),
                "says": progress.sight_of([row]).says,
                "wrong": (row.sight or {}).get("wrong", []),
            }
            for row in Change.objects.red(clock.now() - lookout.RED_KEPT)[:50]
        ],
        "sweep": msgspec.to_builtins(sweeps.read(home)),
        "worker": heartbeat.read().says(),
        "trouble": trouble,
    }
    if as_json:
        click.echo(json.dumps(report))
        return
    waiting = ", ".join(f"{name} {number}" for name, number in backlog.items() if number) or "nothing"
    click.echo(f"Waiting to be printed: {waiting}")
    since = f", oldest from {report['oldest_change']}" if oldest else ""
    click.echo(f"Open changes:          {report['open_changes']}{since}")
    click.echo(f"Last bake:             {report['last_bake'] or 'none yet'}")
    click.echo(
        f"Pages:                 {found.pages} (notices and redirects not counted), {found.bytes / 1e6:.1f} MB unpacked"
    )
    if report["worker"]:
        click.echo(f"Worker:                {report['worker']}")
    if trouble:
        click.echo(f"Trouble:               {trouble}")
    for path, why in found.failed.items():
        click.echo(f"Failed:                {path}: {why}")
    for row in report["red"]:
        click.echo(f"Red:                   {row['record']} ({row['lane']}): {row['says']}")
    swept = sweeps.read(home)
    click.echo(f"Last sweep:            {swept.at or 'none yet'}")
    for drift in swept.found[:5]:
        names = ", ".join(drift.names[:3])
        click.echo(f"Mended:                {drift.at}: {drift.mended} of {drift.number} {drift.what}s ({names})")
