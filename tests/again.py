"""What many tests begin with, made once by the product's own doors; for the next test its rows are put back.

Opening a newsroom asks the database some five hundred times. Its rows are put back with as many statements as there are
tables in which it wrote, inside of the test's own transaction.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection

Made = TypeVar("Made")
Beginning = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    made: Any
    statements: tuple[str, ...]


_kept: dict[tuple[Callable[[], Any], Beginning], _Kept] = {}


def again(make: Callable[[], Made]) -> Made:
    """What `make()` returns, with every row that it writes, in a transaction that will be rolled back.

    From the second call of a process on nothing is made: the rows are those of the first, and what is returned is a
    copy of what the first returned. `make` may leave nothing but rows and what it returns.
    """
    key = make, _beginning()
    if (kept := _kept.get(key)) is None:
        before = _tables()
        made = make()
        after = _tables()
        changed = [name for name, rows in after.items() if rows != before[name]]
        statements = [f'DELETE FROM "{name}"' for name in changed if before[name]]
        statements += [_insert(name, after[name]) for name in changed if after[name]]
        _kept[key] = _Kept(copy.deepcopy(made), tuple(statements))
        return made
    from wagtail.models import Site

    with connection.cursor() as cursor:
        for statement in kept.statements:
            cursor.execute(statement)
    Site.clear_site_root_paths_cache()
    return copy.deepcopy(kept.made)


def _beginning() -> Beginning:
    """What a newsroom is made from: another one where tests have emptied the tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM auth_permission), (SELECT max(id) FROM wagtailcore_page),"
            " (SELECT count(*) FROM wagtailcore_collection), (SELECT max(id) FROM people_user)"
        )
        return tuple(cursor.fetchone())


def _columns() -> Mapping[str, list[str]]:
    """Table -> the columns that are written, of all models; SQLite fills its table of words by triggers."""
    return {
        model._meta.db_table: [str(field.column) for field in model._meta.local_concrete_fields if not field.generated]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.db_table.endswith("_fts")
    }


def _tables() -> dict[str, str]:
    """Every table's rows, as the database itself writes them down: SQL on SQLite, JSON on PostgreSQL."""
    tables = {}
    with connection.cursor() as cursor:
        for name, columns in _columns().items():
            if connection.vendor == "sqlite":
                row = " || ', ' || ".join(f'quote("{column}")' for column in columns)
                cursor.execute(f"SELECT group_concat('(' || {row} || ')', ', ') FROM \"{name}\"")
            else:
                cursor.execute(f'SELECT jsonb_agg(row)::text FROM "{name}" AS row')
            tables[name] = cursor.fetchone()[0] or ""
    return tables


def _insert(name: str, rows: str) -> str:
    columns = ", ".join(f'"{column}"' for column in _columns()[name])
    if connection.vendor == "sqlite":
        return f'INSERT INTO "{name}" ({columns}) VALUES {rows}'
    quoted = rows.replace("'", "''")
    source = f"""jsonb_populate_recordset(NULL::"{name}", '{quoted}')"""
    return f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM {source}'
