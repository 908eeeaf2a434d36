"""The desk's search backend: Wagtail's own, less the one step that makes every save slower as the archive grows.

Wagtail's database backends bring *title norms* up to date at each save: factors by which a match in a short title
counts more, relative to the average title. For that they read the whole index: with 50,000 pages on SQLite a create and
publish takes 1.45 s, and 0.10 s without. Here a save leaves the norms alone; `refresh_norms()` is for a quiet moment.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, router, transaction
from django.db.models import Avg, F, FloatField, Q
from django.db.models.functions import Cast, Length
from wagtail.search.models import IndexEntry

TOLERANCE = 0.05
"""A norm that is wrong by less than this part of itself stays. So a refresh writes new entries, those with a new title,
and all of them only when the average has moved."""

AT_ONCE = 500
"""Entries written in one transaction: nobody who saves a story waits for a whole pass."""


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 - the name that modelsearch looks for
    """The backend for the newsroom's database."""
    if connections[router.db_for_write(IndexEntry)].vendor == "postgresql":
        from modelsearch.backends.database.postgres.postgres import PostgresIndex, PostgresSearchBackend

        return _patient(PostgresSearchBackend, PostgresIndex)(params)
    from modelsearch.backends.database.sqlite.sqlite import SQLiteIndex, SQLiteSearchBackend

    return _patient(SQLiteSearchBackend, SQLiteIndex)(params)


def _patient(backend: type[Any], index: type[Any]) -> type[Any]:
    """`backend` with an index that leaves norms alone, but when it is built anew as a whole."""

    def leave_norms(self: Any, full: bool = False) -> None:
        if full:
            index._refresh_title_norms(self, full=True)

    patient = type("PatientIndex", (index,), {"_refresh_title_norms": leave_norms})
    return type("PatientBackend", (backend,), {"index_class": patient})


def refresh_norms() -> int:
    """Bring title norms up to date, in steps. Returns how many were written.

    The norm is the average length of all titles divided by this one's, in the units of the database's own index
    (letters on SQLite, words on PostgreSQL). One read of the index; what it then writes is what has changed.
    """
    entries = IndexEntry._default_manager.annotate(title_length=Cast(Length("title"), FloatField()))
    titled = entries.filter(title_length__gt=0)
    average = titled.aggregate(average=Avg("title_length"))["average"]
    if average is None:
        return 0
    right = average / F("title_length")
    wrong = titled.filter(Q(title_norm__lt=right * (1 - TOLERANCE)) | Q(title_norm__gt=right * (1 + TOLERANCE)))
    ids = list(wrong.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            titled.filter(pk__in=ids[start : start + AT_ONCE]).update(title_norm=right)
    return len(ids)
