"""What became of a change: from the editor's click to the last page that the press closed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import ngettext

from standfirst.changes.models import Change, Lane, Seen
from standfirst.desk import heartbeat
from standfirst.kit import clock

PATIENCE = 5.0
"""Seconds after which a change that does not move is worth a word."""


LOOKING = 60.0
"""Seconds after which nobody is going to say any more what readers get."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What readers get of a change, fetched through the public address as they do. `partly`: they could not be stood
    in for, but the reader process has it."""

    state: Literal["", "due", "green", "partly", "red"] = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the press is with a change. `pages` were written, `ms` is the time to the last of them."""

    state: Literal["working", "done", "stopped"]
    says: str
    pages: int
    ms: int
    surfaces: list[dict[str, Any]]
    down: bool
    """A story is being taken down: surfaces are not printed, they are clean."""
    sight: Sight = Sight()


def mark(kind: str, ref: int | str) -> int:
    """Call before an action: the id of the newest change row about a record, 0 for none."""
    return Change.objects.about(kind, ref).values_list("id", flat=True).first() or 0


def since(kind: str, ref: int | str, after: int) -> Change | None:
    """The first change row about a record that was written after `mark()` said `after`."""
    return Change.objects.filter(kind=kind, ref=str(ref), id__gt=after).order_by("id").first()


def of(change: Change) -> Progress:
    """How far the press is with `change` and the rows about the same record that were written with it."""
    rows = list(Change.objects.filter(kind=change.kind, ref=change.ref, id__gte=change.id).order_by("id")[:20])
    # An action writes its rows at one moment; later ones are somebody else's. The press looks at all that wait for one
    # record together: one of them gets the report, the others name it.
    ours = {row.pk: row for row in rows if (row.created_at - change.created_at).total_seconds() < 2}
    leaders = {(row.report or {}).get("same_as") for row in ours.values()} - {None, *ours}
    ours |= Change.objects.in_bulk(leaders)
    surfaces: dict[str, dict[str, Any]] = {}
    pages = removed = failed = ms = 0
    for row in ours.values():
        report = row.report or {}
        pages += int(report.get("pages") or 0)
        removed += int(report.get("removed") or 0)
        failed += int(report.get("failed") or 0)
        ms = max(ms, int(report.get("ms") or 0))
        for surface in report.get("surfaces") or []:
            surfaces.setdefault(str(surface.get("path", "")), surface)
    shown = list(surfaces.values())
    down = any(row.lane == Lane.KILL for row in ours.values())
    if all(row.closed_at is not None for row in ours.values()):
        sight = sight_of(list(ours.values()))
        return Progress("done", _done(down, pages, removed, failed, ms), pages + removed, ms, shown, down, sight)
    beat = heartbeat.read()
    if beat.stale and (clock.now() - change.created_at).total_seconds() > PATIENCE:
        says = f"The press has stopped. {beat.says()} The change is kept and will be carried out then."
        return Progress("stopped", says, pages, ms, shown, down)
    if beat.trouble and (clock.now() - change.created_at).total_seconds() > PATIENCE:
        return Progress("stopped", f"{beat.says()} The change is kept.", pages, ms, shown, down)
    return Progress("working", "Taking down…" if down else "Publishing…", pages, ms, shown, down)


def sight_of(rows: list[Change]) -> Sight:
    """What readers get of these closed changes, the worst first."""
    looked = [row for row in rows if row.seen]
    red = [row for row in looked if row.seen == Seen.RED]
    if red:
        return Sight("red", " ".join(dict.fromkeys(_red(row) for row in red)))
    now = clock.now()
    due = [row for row in looked if row.seen == Seen.DUE]
    if any(row.closed_at is not None and (now - row.closed_at).total_seconds() < LOOKING for row in due):
        return Sight("due", "Looking at what readers get…")
    if not looked or due:
        return Sight()
    if away := [row for row in looked if (row.sight or {}).get("via") == "reader"]:
        why = str((away[0].sight or {}).get("away") or "").rstrip(". ")
        return Sight(
            "partly",
            "The reader on this machine has it. The public address could not be asked from here"
            + (f" ({why})." if why else "."),
        )
    seconds = max(int((row.sight or {}).get("ms") or 0) for row in looked) / 1000
    down = any(row.lane == Lane.KILL for row in looked)
    return Sight("green", f"{'Gone for readers' if down else 'Seen by readers'} after {seconds:.1f} s")


def _red(row: Change) -> str:
    """What readers get instead, and what to do about it."""
    wrong = [found for found in (row.sight or {}).get("wrong") or [] if isinstance(found, dict)]
    first = wrong[0] if wrong else {}
    where, what, path = (str(first.get(part, "")) for part in ("where", "what", "path"))
    more = ngettext(" and %(n)d more page", " and %(n)d more pages", len(wrong) - 1) % {"n": len(wrong) - 1}
    at = f"{path}{more if len(wrong) > 1 else ''}"
    down = row.lane == Lane.KILL
    again = "It is looked at again by itself."
    if where == "away":
        return (
            f"Nothing is served to readers: {what.rstrip('. ')}. The pages are written. "
            f"Start the reader with “standfirst serve”, or see to what stands in front of it. {again}"
        )
    if where == "between":
        stands = "what was taken down is still shown" if down else f"readers still get {what or 'something else'}"
        return f"Not for all readers: {stands} at {at} by a cache or proxy in front. Empty it there. {again}"
    stands = "what was taken down may still be shown" if down else f"readers get {what or 'something else'}"
    return (
        f"Not for readers: {stands} at {at}. Another program may serve the address, or another hand changed the "
        f"files: “standfirst press proof --mend” repairs those. {again}"
    )


def _done(down: bool, pages: int, removed: int, failed: int, ms: int) -> str:
    took = f"in {ms / 1000:.1f} s" if ms >= 50 else f"in {ms / 1000:.2f} s"
    touched = pages + removed
    if failed:
        return ngettext(
            "%(n)d page could not be printed: the press tries it again, and the operator’s log says why.",
            "%(n)d pages could not be printed: the press tries them again, and the operator’s log says why.",
            failed,
        ) % {"n": failed}
    if not touched:
        return "Readers’ pages were up to date already." if not down else "No page shows it any more."
    if down:
        return ngettext("Gone: %(n)d page is clean %(took)s", "Gone: %(n)d pages are clean %(took)s", touched) % {
            "n": touched,
            "took": took,
        }
    if removed and not pages:
        return ngettext("%(n)d page removed %(took)s", "%(n)d pages removed %(took)s", removed) % {
            "n": removed,
            "took": took,
        }
    return ngettext("Live on %(n)d page %(took)s", "Live on %(n)d pages %(took)s", touched) % {
        "n": touched,
        "took": took,
    }
