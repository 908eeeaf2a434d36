"""Queries that are written down once.

Django takes ten times as long to write a statement as SQLite takes to answer it, and one publication asks some fifty of
them, always the same but for one number. Here such a statement is kept, beside what makes rows of its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators

Row = TypeVar("Row")

MARK: Final = -(2**40)
"""This and what is below stand for ids in a statement that is kept. No record has them."""

MOST: Final = 256
"""Ids up to which a statement is kept. More cost the database more than their statement costs Django."""

PREPARED: Final = 3, 500
"""How often PostgreSQL is asked something before it keeps its plan, and how many it keeps."""

KEPT: Final = "standfirst_statements"
"""Statements belong to a connection, in whose attribute of this name they are."""


class NotKept(TypeError):
    """A query that cannot be kept: for a program's author."""


class ByIds(Generic[Row]):
    """Rows that belong to records, by the ids of these: made of a function that says what to ask, as a decorator.

        @by_ids
        def corrections(stories: Sequence[int]) -> QuerySet[Correction]:
            return Correction.objects.filter(story_id__in=stories).order_by("at", "id")

        for note in corrections([12]): ...

    The function must name nothing but the ids that may be another the next time: no moment, no setting. It makes a
    query set of whole records, or of their values as tuples or one by one. Each id counts once, and for none nothing is
    asked.

    Raises:
        NotKept: the function makes another kind of query, or one in which the ids do not stand as they are.
    """

    def __init__(self, ask: Callable[[Sequence[int]], QuerySet[Any, Row]]) -> None:
        self._ask = ask
        update_wrapper(self, ask)

    def __call__(self, ids: Sequence[int]) -> list[Row]:
        each = list(dict.fromkeys(ids))
        if not each or len(each) > MOST:
            return list(self._ask(each)) if each else []
        # Statements for 1, 2, 4 ... ids are enough: to be asked for one twice says nothing new.
        number = 1 << (len(each) - 1).bit_length()
        return self._kept(number).answer([*each, *each[-1:] * (number - len(each))])

    def _kept(self, number: int) -> _Kept[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        kept: dict[int, _Kept[Row]] = connection.__dict__.setdefault(KEPT, {}).setdefault(self, {})
        if (found := kept.get(number)) is None:
            marks = [MARK - place for place in range(number)]
            found = kept[number] = _Kept.of(self._ask(marks), marks, connection)
        return found


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Row]):
    """A statement, the values that go with it, and what makes rows of its answers."""

    statement: str
    values: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    """Where in `values` which of the ids goes."""
    made: Callable[[Any], Row]
    compiler: Any
    converters: Any

    @classmethod
    def of(cls, rows: Any, marks: Sequence[int], connection: Any) -> _Kept[Row]:
        compiler = rows.query.get_compiler(connection=connection)
        statement, values = compiler.as_sql()
        which = {mark: number for number, mark in enumerate(marks)}
        places = tuple((place, which[value]) for place, value in enumerate(values) if value in which)
        if {number for _, number in places} != set(which.values()):
            raise NotKept(f"The ids do not stand in this statement as they are: {statement}")
        kind = rows._iterable_class
        if kind is ModelIterable:
            if rows.query.annotations or rows._prefetch_related_lookups:
                raise NotKept(
                    "Records are made here as they are stored, with no more than what is selected beside them."
                )
            made = _records(compiler, rows.db)
        elif kind is ValuesListIterable:
            made = tuple
        elif kind is FlatValuesListIterable:
            made = _first
        else:
            raise NotKept(f"Only records and lists of values are made here, no {kind.__name__}.")
        selected = [column for column, *_ in compiler.select[: compiler.col_count]]
        return cls(statement, tuple(values), places, made, compiler, compiler.get_converters(selected))

    def answer(self, ids: Sequence[int]) -> list[Row]:
        values = list(self.values)
        for place, number in self.places:
            values[place] = ids[number]
        rows = self.ask(values)
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self.made(row) for row in rows]

    def ask(self, values: Sequence[Any]) -> list[Any]:
        connection = self.compiler.connection
        if connection.vendor != "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(self.statement, values)
                return list(cursor.fetchall())
        # Past Django's cursor, which writes the values into the statement: so the server plans it once, too.
        import psycopg

        connection.close_if_health_check_failed()  # as Django does
        connection.ensure_connection()
        raw = connection.connection
        if raw.prepare_threshold is None:  # which forbids it: so Django begins, whose own cursor never does
            raw.prepare_threshold, raw.prepared_max = PREPARED
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            return list(cursor.execute(self.statement, values).fetchall())


def _first(row: Sequence[Any]) -> Any:
    return row[0]


def _records(compiler: Any, database: str) -> Callable[[Sequence[Any]], Any]:
    """What makes a record of a row, and of what was selected beside it: as Django's own iterable does."""
    info = compiler.klass_info
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [selected[0].target.attname for selected in compiler.select[start:end]]
    beside = get_related_populators(info, compiler.select, database)  # type: ignore[call-arg]

    def made(row: Sequence[Any]) -> Any:
        record = info["model"].from_db(database, names, row[start:end])
        for each in beside:
            each.populate(row, record)
        return record

    return made


def by_ids(ask: Callable[[Sequence[int]], QuerySet[Any, Row]]) -> ByIds[Row]:
    """`ByIds`, as a decorator."""
    return ByIds(ask)
