"""Rows of intake, written by statements that are put together once for each table.

Intake writes five rows for each item. Django puts each statement together anew, which took a quarter of all that an
item costs. Only for models that nobody listens to: no signal is sent, and no change row is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

_PLAIN = frozenset(
    (
        models.CharField,
        models.TextField,
        models.BooleanField,
        models.IntegerField,
        models.BigIntegerField,
        models.SmallIntegerField,
        models.PositiveIntegerField,
        models.PositiveBigIntegerField,
        models.PositiveSmallIntegerField,
        models.ForeignKey,
        models.OneToOneField,
    )
)
_AS_IT_IS = frozenset((str, int, bool, type(None)))
"""Values of these types in those columns go to the database as they are."""


def insert(row: models.Model) -> None:
    """Like `row.save(force_insert=True)`. Raises `IntegrityError` as it does."""
    statement, fields = _insertion(type(row), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [_value(row, field) for field in fields])
        if row.pk is None:
            row.pk = cursor.lastrowid if connection.vendor == "sqlite" else cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


def update(row: models.Model, names: Sequence[str]) -> None:
    """Like `row.save(update_fields=names)`; `names` are columns, e.g. "thread_id"."""
    if not names:
        return
    statement, fields = _change(type(row), tuple(names))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(_value(row, field) for field in fields), row.pk])


def _value(row: models.Model, field: Any) -> Any:
    if type(field) in _PLAIN and type(value := getattr(row, field.attname)) in _AS_IT_IS:
        return value
    return field.get_db_prep_save(field.pre_save(row, row._state.adding), connection)


@lru_cache
def _insertion(model: type[models.Model], vendor: str) -> tuple[str, list[Any]]:
    meta = model._meta
    by_itself = meta.auto_field
    fields = [field for field in meta.local_concrete_fields if field is not by_itself]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    back = f' RETURNING "{by_itself.column}"' if by_itself is not None and vendor != "sqlite" else ""
    return f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({marks}){back}', fields  # noqa: S608 - names of our own


@lru_cache(maxsize=512)
def _change(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    meta = model._meta
    by_column = {field.attname: field for field in meta.local_concrete_fields}
    fields = [by_column[name] for name in names]
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)
    return f'UPDATE "{meta.db_table}" SET {changes} WHERE "{meta.pk.column}" = %s', fields  # noqa: S608 - as above
