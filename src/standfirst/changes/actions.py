"""Writing change rows, ticks and audit entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction

from standfirst.changes import ports
from standfirst.changes.models import AuditEntry, Change, Lane, Tick
from standfirst.kit import clock

LITTLE = timedelta(minutes=1)
"""By how much a clock may be set back without anything coming a second time."""


class Actor(Protocol):
    """Somebody who acts: a user, or a machine with a name."""

    pk: Any

    def get_username(self) -> str: ...


class Machine:
    """An actor that is not a person, e.g. `Machine("wire")`."""

    pk: int | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    def get_username(self) -> str:
        return self.name


def name_of(by: Actor) -> str:
    """The name under which colleagues know an actor: a person's full name where there is one."""
    full_name = getattr(by, "get_full_name", None)
    return str(full_name() if full_name is not None else "") or by.get_username()


def record(*, kind: str, ref: int | str, lane: int = Lane.PUBLISH, cause: str = "saved") -> Change:
    """Ask the press to look at a record. Call it inside the transaction that changes the record.

    Raises:
        RuntimeError: outside a transaction, where a crash could keep the change and lose the row.
    """
    _in_a_transaction(kind, ref)
    change = Change.objects.create(kind=kind, ref=str(ref), lane=lane, cause=cause, created_at=clock.now())
    transaction.on_commit(_wake, robust=True)
    return change


def record_all(*, kind: str, refs: Iterable[int | str], lane: int = Lane.PUBLISH, cause: str = "saved") -> None:
    """`record` for each of `refs`, in one statement."""
    now = clock.now()
    rows = [Change(kind=kind, ref=str(ref), lane=lane, cause=cause, created_at=now) for ref in refs]
    if rows:
        _in_a_transaction(kind, rows[0].ref)
        Change.objects.bulk_create(rows)
        transaction.on_commit(_wake, robust=True)


def _in_a_transaction(kind: str, ref: int | str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"A change row for {kind}:{ref} must be written in the transaction of the change.")


def _wake() -> None:
    ports.wake()


def waits_before(lane: int, but: Collection[int] = ()) -> bool:
    """True if a row that is more urgent than `lane` is open, not counting those whose numbers are in `but`."""
    with connection.cursor() as cursor:
        # By hand: the press asks dozens of times a second while it prints, and building the query is most of the cost.
        cursor.execute(
            "SELECT id FROM changes_change WHERE closed_at IS NULL AND lane < %s LIMIT %s", [int(lane), len(but) + 1]
        )
        return any(number not in but for (number,) in cursor.fetchall())


def set_tick(*, name: str, ref: int | str, due: datetime) -> Tick:
    """Have something happen at `due`. Asking twice for the same moment makes one tick."""
    tick, _ = Tick.objects.get_or_create(name=name, ref=str(ref), due=due)
    return tick


@transaction.atomic
def set_back(at: datetime) -> list[Tick]:
    """The clock was set back to `at`: ticks that were applied and lie ahead again will be applied when they are due.

    Returns them. Those less than a minute ahead are left alone: machines correct their clocks by little all the time.
    """
    ahead = Tick.objects.filter(due__gt=at + LITTLE).exclude(applied_at=None)
    ticks = list(ahead)
    ahead.update(applied_at=None)
    return ticks


def audit(*, by: Actor, verb: str, kind: str, ref: int | str, **detail: Any) -> AuditEntry:
    """Note who did what. `detail` must be plain JSON and hold no secret."""
    return AuditEntry.objects.create(
        at=clock.now(),
        actor=by.get_username(),
        actor_id=by.pk,
        verb=verb,
        kind=kind,
        ref=str(ref),
        detail=detail,
    )
