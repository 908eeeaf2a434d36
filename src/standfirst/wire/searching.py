"""The wire's own full text index: words, subjects, places and kinds of every item, newest first, on both databases.

An item's words go in as intake stores its newest version (`note`), and are asked for with `matching` and `find`. Text
is folded and cut into words here, the same way for copy and for what people type, so that SQLite's FTS5 and
PostgreSQL's tsvector find the same. Filters are words too (`zqf7` is feed 7): "harbour, in French, from feed 7" is one
look into one index, read from its newest end, however many items there are.
"""

from __future__ import annotations

import fcntl
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from html import unescape
from typing import Any, Final

from django.conf import settings
from django.db import connection as default_connection
from django.db import transaction

from standfirst.kit import clock, digests
from standfirst.kit.errors import Problem
from standfirst.wire.item import Concept
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Facet, Found, Item, Version
from standfirst.wire.vocabularies import mediatopics

LONGEST: Final = 120_000
"""Letters of one item that can be searched: some 20,000 words."""
MOST_WORDS: Final = 16_000
MOST_TERMS: Final = 16
"""Words and phrases of one search; the rest is left out."""
MOST_FACETS: Final = 40
EVERY: Final = "zqall"

WORDS: Final = "wire_words"
_NEXT: Final = "wire_words_next"
"""Where the index is written anew, until it takes the place of the other."""
_OUT_OF_TURN: Final = 1_000
"""Versions: how much later one may be committed than others that are newer, on PostgreSQL."""

_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|i|mark|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_GAPS = re.compile(r"[\W_]+")
_SIGNS = re.compile(r"([\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff])")
"""Letters of scripts that put no space between words: each is a word here, and a word a phrase."""
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


def folded(text: str) -> str:
    """`text` as words between single spaces: small letters, without accents, each East Asian sign a word."""
    text = text.casefold()
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
        text = _SIGNS.sub(r" \1 ", unicodedata.normalize("NFC", text))
    return _GAPS.sub(" ", text).strip()


# --- the tables ---------------------------------------------------------------------------------------------------


def lay_out(connection: Any, table: str = WORDS) -> None:
    """Make the table of words. For the migration, and beside the one in use."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, words tsvector NOT NULL)")
            cursor.execute(f"CREATE INDEX {table}_found ON {table} USING gin (words)")
        else:
            # Without the text itself, which the versions hold. Entries of older versions stay, and nothing points to
            # them: FTS5 can forget an entry only if it is told the old words again.
            cursor.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5("
                "words, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0')"
            )


def tear_down(connection: Any, table: str = WORDS) -> None:
    """Drop the table of words. For the migration."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


def write(connection: Any, version: int, words: str, table: str = WORDS) -> None:
    """Put what `words_of` made under the key of a version."""
    # Nothing in the statements comes from outside: values travel beside them.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {table} (id, words) VALUES (%s, %s::tsvector)"  # noqa: S608
                " ON CONFLICT (id) DO UPDATE SET words = excluded.words",
                [version, _vector(words)],
            )
        else:
            cursor.execute(f"INSERT INTO {table} (rowid, words) VALUES (%s, %s)", [version, words])  # noqa: S608


def _vector(words: str) -> str:
    parts = (f"'{word[:400]}':{place}" for place, word in enumerate(words.split(" ")[:MOST_WORDS], 1) if word)
    return " ".join(parts)


# --- writing ------------------------------------------------------------------------------------------------------


def note(item: Item, version: Version, canonical: CanonicalItem) -> None:
    """Have `item` found by what `version` says. Intake calls it for each newest version, in its transaction."""
    if canonical.management_only and item.versions_in > 1:
        return
    write(default_connection, version.pk, _all_words(item, version, canonical))
    gone = Found.objects.filter(item=item).exclude(pk=version.pk)
    if item.versions_in > 1:
        if default_connection.vendor == "postgresql":
            with default_connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM wire_words WHERE id IN (SELECT version_id FROM wire_found WHERE item_id = %s)"
                    " AND id <> %s",
                    [item.pk, version.pk],
                )
        gone.delete()
    with default_connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wire_found (version_id, item_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [version.pk, item.pk]
        )


def _all_words(item: Item, version: Version, canonical: CanonicalItem) -> str:
    words = words_of(
        canonical,
        feed=item.feed_id,
        texts=(item.headline, item.slugline, canonical.subheadline, canonical.abstract),
        body=canonical.body_html or _earlier_body(item, version),
    )
    return f"{words} {' '.join(_facets(canonical))}"


def _earlier_body(item: Item, version: Version) -> str:
    """The text before a version that brings none, e.g. a kill: people look for it by what it said."""
    if item.versions_in < 2:
        return ""
    for canonical in (
        item.versions.exclude(pk=version.pk).order_by("-order", "-id").values_list("canonical", flat=True)[:5]
    ):
        if canonical.get("body_html"):
            return str(canonical["body_html"])
    return ""


def words_of(canonical: CanonicalItem, *, feed: int, texts: Sequence[str], body: str) -> str:
    """Everything by which an item is found but its subjects and places, as words."""
    told = [
        *texts,
        canonical.byline,
        canonical.dateline,
        canonical.located,
        unescape(_TAG.sub(" ", _INLINE.sub("", body[: 2 * LONGEST]))),
        *canonical.keywords,
        *(concept.name for concept in (*canonical.people, *canonical.orgs)),
        *(association.caption for association in canonical.associations[:20]),
        canonical.item_id,
        *canonical.alt_ids,
    ]
    marks = [EVERY, f"zqf{feed}", f"zqt{canonical.type}"]
    if canonical.urgency:
        marks.append(f"zqu{canonical.urgency}")
    return f"{folded(' '.join(part for part in told if part)[:LONGEST])} {' '.join(marks)}"


def tongue(language: str) -> str:
    """The language of a tag without its region: "en" of "en-GB"."""
    return _GAPS.split(language.casefold(), maxsplit=1)[0][:8]


def _facets(canonical: CanonicalItem) -> list[str]:
    """Words for the subjects and places of an item; those that are new get a row, so that people can choose them."""
    named: dict[str, tuple[str, str]] = {}
    subjects = [label(Facet.Kind.SUBJECT, concept) for concept in canonical.subjects] + list(canonical.keywords)
    places = [label(Facet.Kind.PLACE, concept) for concept in canonical.places] + [canonical.located]
    for kind, labels in ((Facet.Kind.SUBJECT, subjects), (Facet.Kind.PLACE, places)):
        for text in labels[:MOST_FACETS]:
            if shown := " ".join(text.split())[:120]:
                named.setdefault(token_of(kind, shown), (kind, shown))
    for number in mediatopics.numbers(canonical.subjects)[:MOST_FACETS]:
        # What is above them as well: whoever asks for sport gets soccer.
        for token, name in _topics(number):
            named.setdefault(token, (Facet.Kind.SUBJECT, name))
    if language := tongue(canonical.language):
        named[f"zql{language}"] = (Facet.Kind.LANGUAGE, language)
    fresh = [token for token in named if token not in _REMEMBERED]
    if fresh:
        rows = [Facet(kind=named[token][0], token=token, label=named[token][1]) for token in fresh]
        Facet.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(lambda: _REMEMBERED.update(fresh), robust=True)
    if len(_REMEMBERED) > 50_000:
        _REMEMBERED.clear()
    return list(named)


_REMEMBERED: set[str] = set()
"""Facets that have a row for certain: they were committed by this process. Most items bring none that is new."""


@lru_cache(maxsize=8_192)
def _topics(number: str) -> tuple[tuple[str, str], ...]:
    """(word, name) of an IPTC number and of all that is above it."""
    return tuple((token_of(Facet.Kind.SUBJECT, name), name) for name in mediatopics.path(number))


@lru_cache(maxsize=20_000)
def token_of(kind: str, label: str) -> str:
    """The word that stands for a subject or a place, by whatever case and accents it is written."""
    return f"zq{'s' if kind == Facet.Kind.SUBJECT else 'p'}{digests.seal(folded(label).encode())[:14]}"


def label(kind: str, concept: Concept) -> str:
    """What people call a subject or a place: its name, else (a subject) what IPTC calls it, else its code."""
    if concept.name:
        return concept.name
    known = ""
    if kind == Facet.Kind.SUBJECT:
        known = mediatopics.label(mediatopics.number_of(concept.scheme, concept.code))
    return known or concept.code.rpartition(":")[2]


# --- asking -------------------------------------------------------------------------------------------------------


def matching(
    text: str = "",
    *,
    feeds: Iterable[int] = (),
    types: Iterable[str] = (),
    urgencies: Iterable[int] = (),
    languages: Iterable[str] = (),
    subjects: Iterable[str] | None = None,
    places: Iterable[str] | None = None,
) -> Sequence[Term]:
    """What is asked for, as terms that `find` understands: all of them must hold. `text` is what a person typed.

    In `text`, `"..."` asks for a phrase, `-word` leaves out what has it, `wor*` finds what begins so, from three
    letters; so does the last word, which may still be being typed. `subjects` and `places` are tokens of facets; an
    empty list finds nothing.
    """
    terms: list[Term] = []
    found = [match for match in _TERM.finditer(text[:500]) if folded(match[2] or match[3] or "")][:MOST_TERMS]
    for match in found:
        words = folded(match[2] if match[2] is not None else match[3]).split(" ")
        bare = match[2] is None
        open_ended = bare and (match[3].endswith("*") or (match is found[-1] and match.end() == len(text)))
        terms.append(Term((" ".join(words),), prefix=open_ended and len(words[-1]) > 2, without=match[1] == "-"))
    for mark, values in (("f", feeds), ("t", types), ("u", urgencies), ("l", languages)):
        if any_of := tuple(f"zq{mark}{folded(str(value))}" for value in values):
            terms.append(Term(any_of))
    terms.extend(Term(tuple(tokens) or ("zqnone",)) for tokens in (subjects, places) if tokens is not None)
    return terms


class Term:
    """One of several words or phrases, as `matching` makes them."""

    __slots__ = ("any_of", "prefix", "without")

    def __init__(self, any_of: tuple[str, ...], *, prefix: bool = False, without: bool = False) -> None:
        self.any_of, self.prefix, self.without = any_of, prefix, without

    def fts5(self) -> str:
        star = " *" if self.prefix else ""
        return "(" + " OR ".join(f'"{words}"{star}' for words in self.any_of) + ")"

    def tsquery(self) -> str:
        return "(" + " | ".join(self._phrase(words) for words in self.any_of) + ")"

    def _phrase(self, words: str) -> str:
        lexemes = [f"'{word[:400]}'" for word in words.split(" ")]
        if self.prefix:
            lexemes[-1] += ":*"
        return "(" + " <-> ".join(lexemes) + ")"


def _expression(terms: Sequence[Term], vendor: str) -> str:
    wanted = [term for term in terms if not term.without] or [Term((EVERY,))]
    unwanted = [term for term in terms if term.without]
    if vendor == "postgresql":
        return " & ".join([*(term.tsquery() for term in wanted), *(f"!{term.tsquery()}" for term in unwanted)])
    asked = " AND ".join(term.fts5() for term in wanted)
    return f"({asked}) NOT ({' OR '.join(term.fts5() for term in unwanted)})" if unwanted else asked


def find(
    terms: Sequence[Term],
    *,
    limit: int,
    place: str = "",
    before: int | None = None,
    after: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[tuple[int, int]]:
    """(item, version) keys of the newest items that hold all `terms`, newest first.

    `before` and `after` are versions: only older, only newer ones; a page begins before the last version of the one
    that came before it. `since` and `until` limit when the item last changed.
    """
    connection = default_connection
    postgres = connection.vendor == "postgresql"
    key = "w.id" if postgres else "w.rowid"
    matches = "w.words @@ %s::tsquery" if postgres else "wire_words MATCH %s"
    # SQLite would sometimes rather begin with the items; CROSS JOIN has it read the index from its newest end.
    join = "JOIN" if postgres else "CROSS JOIN"
    clauses: list[str] = [matches]
    values: list[Any] = [_expression(terms, connection.vendor)]
    for clause, value in (
        (f"{key} < %s", before),
        (f"{key} > %s", after),
        ("i.place = %s", place or None),
        ("i.changed_at >= %s", _moment(since)),
        ("i.changed_at <= %s", _moment(until)),
    ):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    if since is not None and (first := _first_version(since)) is not None:
        clauses.append(f"{key} >= %s")
        values.append(first)
    # Nothing in it comes from outside: values travel beside it.
    sql = (
        f"SELECT i.id, {key} FROM wire_words w {join} wire_found f ON f.version_id = {key}"  # noqa: S608
        f" {join} wire_item i ON i.id = f.item_id WHERE {' AND '.join(clauses)} ORDER BY {key} DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, limit])
        return [(int(item), int(version)) for item, version in cursor.fetchall()]


def newest() -> int:
    """The greatest version that the index holds, 0 if it is empty."""
    return int(Found.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)


def _moment(moment: datetime | None) -> Any:
    return None if moment is None else default_connection.ops.adapt_datetimefield_value(moment)


def _first_version(since: datetime) -> int | None:
    """The version with which the newer part of the index begins, so that the older part is not read.

    Items that changed without new copy (an embargo that came late) may have an older version than their neighbours; a
    margin takes them in.
    """
    first = (
        Item.objects.filter(changed_at__gte=since, found__isnull=False)
        .order_by("changed_at", "id")
        .values_list("found__version_id", flat=True)
        .first()
    )
    return None if first is None else int(first) - 1_000


def facets(kind: str, text: str, limit: int = 12) -> list[Facet]:
    """Facets whose label begins with `text`, then those that hold it."""
    known = Facet.objects.filter(kind=kind)
    text = " ".join(text.split())
    if not text:
        return list(known.order_by("label")[:limit])
    begin = list(known.filter(label__istartswith=text).order_by("label")[:limit])
    if len(begin) < limit:
        others = known.filter(label__icontains=text).exclude(pk__in=[facet.pk for facet in begin])
        begin += others.order_by("label")[: limit - len(begin)]
    return begin


def tokens(kind: str, text: str) -> list[str]:
    """The words for a subject or place as a person typed it: that one if it exists, else all that hold the text.

    A subject may also be a code of IPTC's or a name in any of its languages: "Fußball" finds what is called soccer.
    """
    exact = [token_of(kind, text)]
    if kind == Facet.Kind.SUBJECT:
        exact += [token_of(kind, name) for name in map(mediatopics.label, mediatopics.asked(text)) if name]
    known = set(Facet.objects.filter(token__in=exact).values_list("token", flat=True))
    return [token for token in dict.fromkeys(exact) if token in known] or [
        facet.token for facet in facets(kind, text, limit=60)
    ]


def rebuild(at_once: int = 100, told: Callable[[int], None] = lambda held: None) -> int:
    """Write the index anew, as today's program would. Returns how many items it holds; `told` hears how far it is.

    It is written beside the one in use, which is searched meanwhile and takes in what comes, and then put in its place.
    Broken off, nothing has happened. Call it outside of a transaction, and not while files are replayed.

    Raises:
        Problem: somebody else writes it anew.
    """
    with _alone():
        return _rebuild(at_once, told)


@contextmanager
def _alone() -> Iterator[None]:
    """While nobody else writes the index anew, on this machine or, with PostgreSQL, on another one: two would write
    into one table."""
    folder = settings.STANDFIRST.home / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / "wire-index.lock", "w") as lock, default_connection.cursor() as cursor:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Problem(_TWICE) from None
        if default_connection.vendor != "postgresql":
            yield
            return
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Problem(_TWICE)
        try:
            yield
        finally:
            # With the connection gone, so is the lock.
            if default_connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


_LOCK: Final = 0x57494458
_TWICE: Final = "The wire's index is being written anew already: wait until that is done."


def _rebuild(at_once: int, told: Callable[[int], None]) -> int:
    began = clock.now()
    _note_missing(at_once)
    with transaction.atomic():
        tear_down(default_connection, _NEXT)
        lay_out(default_connection, _NEXT)
    held = last = 0
    # Versions only grow: what comes in meanwhile stands behind those that are written already.
    while len(coming := _behind(last, at_once)) == at_once:
        with transaction.atomic():
            _write_next(coming)
        held, last = held + len(coming), coming[-1].pk
        told(held)
        time.sleep(_BREATH)
    with transaction.atomic(), default_connection.cursor() as cursor:
        postgres = default_connection.vendor == "postgresql"
        if postgres:
            # Waits for those who are writing words, and has others wait until the tables have changed places.
            cursor.execute(f"LOCK TABLE {WORDS} IN ACCESS EXCLUSIVE MODE")
            last = max(0, last - _OUT_OF_TURN)
        _write_next(_behind(last, None))
        _write_next(_changed_before(last, began))
        tear_down(default_connection)
        cursor.execute(f"ALTER TABLE {_NEXT} RENAME TO {WORDS}")
        if postgres:
            cursor.execute(f"ALTER INDEX {_NEXT}_found RENAME TO {WORDS}_found")
            cursor.execute(f"ALTER INDEX {_NEXT}_pkey RENAME TO {WORDS}_pkey")
        return Found.objects.count()


_BREATH: Final = 0.01
"""Seconds in which others may write."""


def _behind(last: int, most: int | None) -> list[Found]:
    return list(Found.objects.filter(pk__gt=last).select_related("item", "version").order_by("pk")[:most])


def _changed_before(last: int, began: datetime) -> list[Found]:
    """What counts again since then and stands before `last`, e.g. a change that waited and has been completed."""
    # SQLite's table holds no keys that could be looked up: all of them have this word.
    new = f"SELECT rowid FROM {_NEXT} WHERE {_NEXT} MATCH '{EVERY}'"  # noqa: S608
    absent = f"version_id NOT IN ({new})"
    if default_connection.vendor == "postgresql":
        absent = f"NOT EXISTS (SELECT 1 FROM {_NEXT} WHERE id = version_id)"  # noqa: S608
    with default_connection.cursor() as cursor:
        cursor.execute(f"SELECT version_id FROM wire_found WHERE version_id <= %s AND {absent}", [last])  # noqa: S608
        missing = [key for (key,) in cursor.fetchall()]
    before = Found.objects.filter(pk__lte=last).select_related("item", "version")
    some = {found.pk: found for found in before.filter(item__changed_at__gte=began)}
    for start in range(0, len(missing), 500):
        some.update({found.pk: found for found in before.filter(pk__in=missing[start : start + 500])})
    return list(some.values())


def _write_next(coming: Iterable[Found]) -> None:
    for found in coming:
        words = _all_words(found.item, found.version, found.version.read())
        write(default_connection, found.version_id, words, _NEXT)


def _note_missing(at_once: int) -> None:
    """Rows for items that the index does not know at all, so that they get in."""
    last = 0
    while items := list(Item.objects.filter(pk__gt=last, found__isnull=True).order_by("pk")[:at_once]):
        newest = [(item, item.newest_version()) for item in items]
        rows = [Found(item=item, version=version) for item, version in newest if version is not None]
        Found.objects.bulk_create(rows, ignore_conflicts=True)
        last = items[-1].pk
