"""The readers' search: which stories hold what somebody asked for, the likeliest first, and never for long.

What one search costs does not depend on how common its words are. The index is read from its newest end and no further
than `MOST` stories; a phrase is looked for in the newest `PHRASED` that have all its words; and order is given to the
newest `RANKED` that have every word in the headline and the newest `RANKED` that have them at all, by rules that are
ours and the same on both databases. What is left comes behind them, newest first.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from django.db import OperationalError, connection, transaction

from standfirst.library import relating, terms
from standfirst.library.asking import Query, Term
from standfirst.library.cuttings import (
    DAY,
    MARK,
    RULES,
    TABLE,
    language_mark,
    month_mark,
    month_of,
    place_of,
    section_mark,
)
from standfirst.library.models import TermCount

MOST: Final = 1_000
"""Stories that one search finds."""

RANKED: Final = 300
"""Stories that are put in order by how well they answer, of those with the words in the headline and of all."""

PHRASED: Final = 2_000
"""Stories with all words of a phrase in which it is looked for: the newest."""

NEAR: Final = 5_000
"""Stories, the newest and those of the same month, in which PostgreSQL looks first: its index knows no order, and gives
all that have a common word. Nearly always they are enough."""

NEAR_MONTHS: Final = 24
"""Months in which so many must have been published; it is not worth while otherwise."""

NEAR_SECONDS: Final = 60.0
"""How long is remembered which months these are."""

SECONDS: Final = 2.0
"""After which a search is given up: on a machine with nothing else to do none takes a tenth of that."""

HEADLINE, TAGS, STANDFIRST, LEAD, BODY = 6.0, 3.0, 3.0, 1.5, 0.5
"""What a word weighs by the part of a story in which it stands. In the lead it weighs that much if it comes often."""

ALIKE: Final = 0.9
"""How much another form of a word weighs."""

COMMON: Final = 0.15
"""How much words weigh that say nothing, such as "the" and "dans"."""

TOGETHER: Final = 1.25
"""Times as much, if all that was asked for stands in the headline in one piece."""

HALF_LIFE, FLOOR = 120.0, 0.7
"""Days after which half of what age can take away is gone; and the part that it never takes."""

_SLACK: Final = timedelta(minutes=15)
"""By how much a place may lie behind its minute, where tens of thousands of stories have the same."""


class TooSlow(Exception):
    """A search was given up: it took longer than `SECONDS`."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to. `since` is the first moment that counts, `until` the first that does not."""

    section: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """Stories that were found, in order. `more`: there are others. `short`: a phrase was looked for in the newest
    `PHRASED` stories with its words only, and there are older ones."""

    stories: tuple[int, ...] = ()
    more: bool = False
    short: bool = False


def find(query: Query, filters: Filters, *, now: datetime, newest: bool = False) -> Hits:
    """The stories that hold all of `query`, best first or `newest` first; none without a word to look for.

    Raises:
        TooSlow: it was given up.
    """
    if not query.wanted or (filters.since and filters.until and filters.since >= filters.until):
        return Hits()
    with _in_time() as index:
        found, more, short = index.newest(query, filters, MOST + 1)
        titled: list[int] = []
        if not newest and len(found) > RANKED:
            titled, _, cut = index.newest(query, filters, RANKED, titled=True)
            short = short or cut
        stories = index.stories({*found, *titled}, filters)
        ordered = [place for place in found if place in stories]
        if not newest:
            first = [place for place in dict.fromkeys((*titled, *ordered[:RANKED])) if place in stories]
            likely = {place: stories[place] for place in first}
            first = _ranked(likely, index.heads(likely.values()), query, now)
            ordered = list(dict.fromkeys((*first, *ordered)))
    return Hits(tuple(stories[place] for place in ordered[:MOST]), more or len(ordered) > MOST, short)


# --- asking the index ---------------------------------------------------------------------------------------------


class _Index(ABC):
    """The table of words, as far as the two databases ask it differently."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def newest(
        self, query: Query, filters: Filters, most: int, *, titled: bool = False
    ) -> tuple[list[int], bool, bool]:
        """Places of the newest stories that hold `query` (`titled`: in the headline), newest first; whether there are
        as many as `most`; and whether older ones were not looked at for a phrase."""
        marks = []
        if filters.section is not None:
            marks.append(section_mark(filters.section))
        if filters.language:
            marks.append(language_mark(filters.language))
        first = place_of(filters.since) if filters.since else None
        end = place_of(filters.until + _SLACK) if filters.until else None
        if not any(len(term.words) > 1 for term in query.terms):
            places = self._places(self._all(query, marks, titled), first, end, most)
            return places, len(places) == most, False
        apart = Query(tuple(_apart(query)))
        near = self._places(self._all(apart, marks, titled), first, end, PHRASED)
        if not near:
            return [], False, False
        places = self._among(near, self._all(query, marks, titled), most)
        return places, len(places) == most, len(near) == PHRASED and len(places) < most

    def stories(self, places: Collection[int], filters: Filters) -> dict[int, int]:
        """Place -> story, but those that the minutes at both ends of the time have too many."""
        if not places:
            return {}
        clauses, values = [self._one_of("place", len(places))], list(self._values(places))
        for clause, moment in (("published >= %s", filters.since), ("published < %s", filters.until)):
            if moment is not None:
                clauses.append(clause)
                values.append(connection.ops.adapt_datetimefield_value(moment))
        # By hand: a thousand rows, for which objects and their dates cost more than the database does.
        self._cursor.execute(
            f"SELECT place, story_id FROM library_cutting WHERE {' AND '.join(clauses)}",  # noqa: S608
            values,
        )
        return dict(self._cursor.fetchall())

    def heads(self, stories: Collection[int]) -> dict[int, str]:
        """Story -> the parts by which it is put in order."""
        if not stories:
            return {}
        self._cursor.execute(
            f"SELECT story_id, head FROM library_cuttingtext WHERE {self._one_of('story_id', len(stories))}",  # noqa: S608
            list(self._values(stories)),
        )
        return dict(self._cursor.fetchall())

    @staticmethod
    def _one_of(column: str, number: int) -> str:
        return f"{column} IN ({', '.join(['%s'] * number)})"

    @staticmethod
    def _values(ids: Collection[int]) -> Iterable[Any]:
        return ids

    @abstractmethod
    def _all(self, query: Query, marks: Sequence[str], titled: bool) -> str: ...

    @abstractmethod
    def _places(self, expression: str, first: int | None, end: int | None, most: int) -> list[int]: ...

    @abstractmethod
    def _among(self, near: Sequence[int], expression: str, most: int) -> list[int]: ...

    def _run(self, sql: str, values: Sequence[Any]) -> list[int]:
        self._cursor.execute(sql, values)
        return [int(place) for (place,) in self._cursor.fetchall()]


def _apart(query: Query) -> Iterator[Term]:
    """The words of `query` without their order. A phrase that must not be there is left for the second look."""
    for term in query.wanted:
        if len(term.words) == 1:
            yield term
        else:
            yield from (Term((word,)) for word in dict.fromkeys(term.words))
    yield from (term for term in query.unwanted if len(term.words) == 1)


class _Fts5(_Index):
    """SQLite: a table that reads itself from its newest end, and stops when there is enough."""

    def _all(self, query: Query, marks: Sequence[str], titled: bool) -> str:
        mark = MARK if titled else ""
        parts = [self._term(term, mark) for term in query.wanted] + [f'"{each}"' for each in marks]
        asked = " AND ".join(parts)
        if not query.unwanted:
            return asked
        return f"({asked}) NOT ({' OR '.join(self._term(term, '') for term in query.unwanted)})"

    @staticmethod
    def _term(term: Term, mark: str) -> str:
        spellings = (" ".join(f"{mark}{word}" for word in words) for words in term.spellings)
        return f"({' OR '.join(f'{chr(34)}{spelling}{chr(34)}' for spelling in spellings)})"

    def _places(self, expression: str, first: int | None, end: int | None, most: int) -> list[int]:
        clauses = [f"{TABLE} MATCH %s"]
        values: list[str | int] = [expression]
        for clause, value in (("rowid >= %s", first), ("rowid < %s", end)):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        return self._run(
            f"SELECT rowid FROM {TABLE} WHERE {' AND '.join(clauses)} ORDER BY rowid DESC LIMIT %s",  # noqa: S608
            [*values, most],
        )

    def _among(self, near: Sequence[int], expression: str, most: int) -> list[int]:
        return self._places(expression, near[-1], near[0] + 1, most)


_BY_WORDS: Final = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
"""So PostgreSQL looks for words in the index of words and nowhere else."""


class _Tsvector(_Index):
    """PostgreSQL: always by the inverted index, whatever the planner thinks of common words. Otherwise it reads the
    words of every story, which takes a second; and it looks at each story's words again for a phrase."""

    def __init__(self, cursor: Any, newest: int | None) -> None:
        super().__init__(cursor)
        self._newest = newest

    @staticmethod
    def _one_of(column: str, number: int) -> str:
        return f"{column} = ANY(%s)"

    @staticmethod
    def _values(ids: Collection[int]) -> Iterable[Any]:
        return [list(ids)]

    def _all(self, query: Query, marks: Sequence[str], titled: bool) -> str:
        mark = MARK if titled else ""
        parts = [self._term(term, mark) for term in query.wanted] + [f"'{each}'" for each in marks]
        return " & ".join([*parts, *(f"!{self._term(term, '')}" for term in query.unwanted)])

    @staticmethod
    def _term(term: Term, mark: str) -> str:
        spellings = (" <-> ".join(f"'{mark}{word}'" for word in words) for words in term.spellings)
        return f"({' | '.join(f'({spelling})' for spelling in spellings)})"

    def _places(self, expression: str, first: int | None, end: int | None, most: int) -> list[int]:
        near = _near.known(self._cursor, self._newest)
        if near is None or (end is not None and end <= near.first):
            return self._held(expression, first, end, most)
        found = self._held(f"{expression} & ({near.marks})", first, end, most)
        if len(found) < most and (first is None or first < near.first):
            found += self._held(expression, first, near.first, most - len(found))
        return found

    def _held(self, expression: str, first: int | None, end: int | None, most: int) -> list[int]:
        clauses = ["true"]
        values: list[str | int] = [expression]
        for clause, value in (("id >= %s", first), ("id < %s", end)):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        return self._run(
            f"WITH found AS MATERIALIZED (SELECT id FROM {TABLE} WHERE words @@ %s::tsquery)"  # noqa: S608
            f" SELECT id FROM found WHERE {' AND '.join(clauses)} ORDER BY id DESC LIMIT %s",
            [*values, most],
        )

    def _among(self, near: Sequence[int], expression: str, most: int) -> list[int]:
        # OFFSET keeps the planner from asking the inverted index for the phrase, and with it all that have its words.
        return self._run(
            f"SELECT id FROM (SELECT id, words FROM {TABLE} WHERE id = ANY(%s) OFFSET 0) AS near"  # noqa: S608
            " WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT %s",
            [list(near), expression, most],
        )


@dataclass(frozen=True, slots=True)
class _Near:
    """The newest months, without a gap: the first place in them, the first behind them, and the words that stand for
    them, as an expression. Where all say their month, and nothing is filed behind these, it is all the same which."""

    first: int
    end: int
    marks: str


class _NearMonths:
    """Which months are near, remembered for a moment."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        self._known: tuple[float, _Near | None] = (0.0, None)

    def known(self, cursor: Any, newest: int | None) -> _Near | None:
        """None where it is not worth while. `newest`: the last place there is, where all say their month."""
        if newest is None:
            return None
        with self._lock:
            until, near = self._known
            if time.monotonic() > until or (near is not None and newest >= near.end):
                near = self._asked(cursor, newest)
                self._known = (time.monotonic() + NEAR_SECONDS, near)
            return near

    @staticmethod
    def _asked(cursor: Any, newest: int) -> _Near | None:
        cursor.execute(
            "SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on;"  # noqa: S608
            f" SELECT (SELECT place FROM library_cutting ORDER BY place DESC OFFSET {int(NEAR)} LIMIT 1); {_BY_WORDS}"
        )
        edge = _row(cursor)[0]
        if edge is None:
            return None
        first, months = month_of(edge), [month_of(newest)]
        while months[-1] > first and len(months) <= NEAR_MONTHS:
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        if len(months) > NEAR_MONTHS:
            return None
        end = (months[0] + timedelta(days=31)).replace(day=1)
        return _Near(place_of(first), place_of(end), " | ".join(f"'{month_mark(month)}'" for month in months))


_near = _NearMonths()


def _newest(cursor: Any) -> int | None:
    """Limit the search that begins. Returns the last place there is; None if there is none, or one that does not say
    its month."""
    # All in one go, as each that is sent has its price; and what other indexes answer before these are off.
    cursor.execute(
        f"SET LOCAL statement_timeout = {int(SECONDS * 1000)}; SET LOCAL jit = off;"  # noqa: S608 - numbers of our own
        " SELECT (SELECT max(place) FROM library_cutting),"
        f" EXISTS (SELECT 1 FROM library_cutting WHERE rules < {RULES}),"
        f" EXISTS (SELECT 1 FROM library_cutting WHERE rules > {RULES}); {_BY_WORDS}"
    )
    place, older, younger = _row(cursor)
    return None if older or younger else place


def _row(cursor: Any) -> Any:
    """The first row of what was asked in one go with settings."""
    while cursor.description is None:
        cursor.nextset()
    return cursor.fetchone()


@contextmanager
def _in_time() -> Iterator[_Index]:
    """The index, for `SECONDS` in all. Raises `TooSlow` when they are over."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            try:
                yield _Tsvector(cursor, _newest(cursor))
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != "57014":
                    raise
                raise TooSlow from error
        return
    # In no transaction: ours would wait for whoever writes, and he for us.
    until = time.monotonic() + SECONDS
    connection.ensure_connection()
    raw: Any = connection.connection
    raw.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        with connection.cursor() as cursor:
            yield _Fts5(cursor)
    except OperationalError as error:
        if "interrupted" not in str(error):
            raise
        raise TooSlow from error
    finally:
        raw.set_progress_handler(None, 0)


# --- order --------------------------------------------------------------------------------------------------------


def _ranked(stories: Mapping[int, int], heads: Mapping[int, str], query: Query, now: datetime) -> list[int]:
    """Places of `stories` by how well they answer, best first."""
    weights = _weights(query.wanted)
    forms = [
        (weights[term], [(f" {' '.join(words)} ", 1.0 if words == term.words else ALIKE) for words in term.spellings])
        for term in query.wanted
    ]
    together = f" {' '.join(word for term in query.wanted for word in term.words)} "
    several = together.count(" ") > 2
    today = place_of(now)
    scored = []
    for place, story in stories.items():
        headline, tags, standfirst, lead = heads.get(story, "\n\n\n").split("\n")
        score = 0.0
        for weight, spellings in forms:
            best = 0.0
            for spelling, factor in spellings:
                worth = BODY
                if spelling in headline:
                    worth += HEADLINE
                if spelling in tags:
                    worth += TAGS
                if spelling in standfirst:
                    worth += STANDFIRST
                if times := lead.count(spelling):
                    worth += LEAD * times / (times + 1)
                best = max(best, worth * factor)
            score += weight * best
        if several and together in headline:
            score *= TOGETHER
        age = max(0, today - place) / DAY
        scored.append((score * (FLOOR + (1 - FLOOR) * 0.5 ** (age / HALF_LIFE)), place))
    return [place for _, place in sorted(scored, reverse=True)]


def _weights(wanted: Sequence[Term]) -> Mapping[Term, float]:
    """How much each term says: rare ones more. A single one need not be compared."""
    if len(wanted) == 1:
        return {wanted[0]: 1.0}
    telling = {word: terms.words(word) for term in wanted for word in term.words}
    named = {f"w:{stem}" for stems in telling.values() for stem in stems}
    counts = dict(TermCount.objects.filter(term__in=[*named, ""]).values_list("term", "stories"))
    total = max(counts.get("", 0), 1)

    def weight(word: str) -> float:
        stems = telling[word]
        return max((relating.rarity(counts.get(f"w:{stem}", 0), total) for stem in stems), default=COMMON)

    return {term: max(COMMON, *(weight(word) for word in term.words)) for term in wanted}
