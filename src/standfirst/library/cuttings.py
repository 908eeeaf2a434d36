"""The readers' search: what it holds of live stories, on both databases alike, and how that is written.

A *cutting* is a story as readers know it, filed under its words. It is filed by whoever has composed the story, with
the story held, and discarded in the transaction in which the story goes. Words are folded here (`kit.folding`), so
SQLite's FTS5 and PostgreSQL's tsvector hold the same and find the same: in one column, with a gap between parts,

    §harbour §lamps · harbour lamps · kicker, topics, authors · standfirst · text · §§s3 §§s1 §§len §§m202611

where `§` marks the headline's words once more, and `§§` the sections that list the story, its language and its month.
No word that anybody types begins with either, so a filter is a word like others, and "in the headline" is one look into
the same index.
"""

from __future__ import annotations

import logging
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from django.db import DatabaseError, transaction
from django.db import connection as default_connection
from django.db.models import Exists, OuterRef
from wagtail.models import Page

from standfirst.kit import clock, digests, folding
from standfirst.kit.errors import Problem
from standfirst.library.models import Cutting, CuttingText
from standfirst.stories.models import Publication

log = logging.getLogger(__name__)

RULES: Final = 2
"""Version of what is filed and how. Where a cutting has another one, it is filed again."""

TABLE: Final = "library_words"

MOST_WORDS: Final = 16_000
"""Words of one story that can be found. PostgreSQL knows 16,383 places in a text."""

MOST_TIMES: Final = 250
"""Of a word that comes more often in one story the rest counts as gaps. PostgreSQL keeps 256 places."""

LEAD: Final = 80
"""Words with which a story's text begins, and which weigh more than those that follow."""

GAP, MARK, FILTER = "·", "§", "§§"
"""Signs that no folded word has. Filters have another than the headline's words, of which one may be "s3"."""

_LONGEST_PART: Final = 400
"""Words of a headline, of all tags and of a standfirst."""

_PENDING: Final = 512
"""Kilobytes of new words that PostgreSQL sets aside before it puts them into the index: each search reads them all."""

_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)
_MINUTE: Final = 12
"""Bits of a place below its minute: so many stories of one minute stand there before others move to the next."""

DAY: Final = 24 * 60 << _MINUTE
"""By how much places of one day differ from those of the next."""


class Findable(msgspec.Struct, frozen=True, kw_only=True):
    """What the search may know of a live story: what its readers read, and nothing else. `published` is ISO 8601."""

    story: int
    published: str
    headline: str
    short_headline: str = ""
    tags: tuple[str, ...] = ()
    """Kicker, topics, authors, byline, credit."""
    standfirst: str = ""
    body: str = ""
    """Plain text of everything that stands in the story."""
    sections: tuple[int, ...] = ()
    """Every section that lists it, with their ancestors."""
    language: str = "en"


def digest_of(found: Findable) -> int:
    """What tells two versions of a story apart, and two versions of these rules."""
    return digests.short(msgspec.msgpack.encode((RULES, found)))


# --- the tables ---------------------------------------------------------------------------------------------------


def lay_out(connection: Any) -> None:
    """Make the table of words. For the migration, and for `empty`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, words tsvector NOT NULL)")
            # Apart from the rows, which a search for a common word reads all, and unpacked, as phrases need them.
            cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN words SET STORAGE EXTERNAL")
            cursor.execute(
                f"CREATE INDEX {TABLE}_found ON {TABLE} USING gin (words) WITH (gin_pending_list_limit = {_PENDING})"
            )
        else:
            # Without the text itself, and without the sizes that only its own ranking needs. The tokenizer takes
            # everything beyond ASCII for letters, so that a word is exactly what was folded.
            cursor.execute(
                f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, content='', columnsize=0, tokenize='ascii')"
            )


def tear_down(connection: Any) -> None:
    """Drop the table of words. For the migration, and for `empty`."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def empty() -> None:
    """Forget every cutting, inside the caller's transaction: the table of words is made anew."""
    tear_down(default_connection)
    lay_out(default_connection)
    CuttingText.objects.all().delete()
    Cutting.objects.all().delete()


def tidy() -> None:
    """Do a little of what the index puts off while it is written, for a quiet moment."""
    with default_connection.cursor() as cursor:
        if default_connection.vendor == "postgresql":
            cursor.execute("SELECT gin_clean_pending_list(%s)", [f"{TABLE}_found"])
        else:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('merge', 200)")  # noqa: S608


# --- words --------------------------------------------------------------------------------------------------------


def document(found: Findable) -> tuple[list[str], str]:
    """The words of a story in their order, filters last; and its *head*, the parts by which results are ordered."""
    headline = folding.words(found.headline)[:_LONGEST_PART]
    short = folding.words(found.short_headline)[:_LONGEST_PART]
    if short and short != headline:
        headline = [*headline, GAP, *short]
    tags: list[str] = []
    for tag in dict.fromkeys(found.tags):
        if words := folding.words(tag):
            tags += [*words, GAP]
    tags = tags[:_LONGEST_PART]
    standfirst = folding.words(found.standfirst)[:_LONGEST_PART]
    body = folding.words(found.body)
    marked = [word if word == GAP else f"{MARK}{word}" for word in headline]
    whole = [*marked, GAP, *headline, GAP, *tags, GAP, *standfirst, GAP, *body][:MOST_WORDS]
    if len(whole) > MOST_TIMES:
        whole = _rarer(whole)
    filters = [section_mark(section) for section in found.sections]
    head = "\n".join(f" {' '.join(part)} " for part in (headline, tags, standfirst, body[:LEAD]))
    return [*whole, GAP, *filters, language_mark(found.language)], head


def _rarer(words: list[str]) -> list[str]:
    counts = Counter(words)
    common = {word: 0 for word, times in counts.items() if times > MOST_TIMES and word != GAP}
    if not common:
        return words
    rarer = []
    for word in words:
        if word in common:
            common[word] += 1
            if common[word] > MOST_TIMES:
                word = GAP
        rarer.append(word)
    return rarer


def section_mark(section: int) -> str:
    """The word that stands for a section."""
    return f"{FILTER}s{section}"


def language_mark(language: str) -> str:
    """The word that stands for a language, whatever its region."""
    return f"{FILTER}l{''.join(folding.words(language.partition('-')[0]))}"


def place_of(moment: datetime) -> int:
    """The first place of the minute of `moment`. Places of stories published later are greater."""
    return int((moment - _EPOCH).total_seconds() // 60) << _MINUTE


def month_of(place: int) -> datetime:
    """The beginning of the month in which a place lies, in UTC."""
    moment = _EPOCH + timedelta(minutes=place >> _MINUTE)
    return moment.replace(day=1, hour=0, minute=0)


def month_mark(month: datetime) -> str:
    """The word that stands for a month."""
    return f"{FILTER}m{month:%Y%m}"


# --- writing ------------------------------------------------------------------------------------------------------


def file(found: Iterable[Findable]) -> int:
    """File stories, inside the caller's transaction, in which they are held. Returns how many were not filed so yet."""
    told = {each.story: each for each in found}
    known = {row.story_id: row for row in Cutting.objects.filter(story_id__in=list(told))}
    digests_ = {story: digest_of(each) for story, each in told.items()}
    fresh = [each for each in told.values() if _differs(known.get(each.story), digests_[each.story])]
    if not fresh:
        return 0
    _take_out([known[each.story] for each in fresh if each.story in known])
    places = _places(fresh, known)
    now = clock.now()
    rows, texts, words = [], [], []
    for each in fresh:
        tokens, head = document(each)
        place = places[each.story]
        # By the place, since that is what is looked for: it may lie some minutes behind the story's own.
        tokens.append(month_mark(month_of(place)))
        whole = " ".join(tokens)
        words.append((place, _vector(tokens) if default_connection.vendor == "postgresql" else whole))
        packed = None if default_connection.vendor == "postgresql" else zlib.compress(whole.encode(), 1)
        texts.append(CuttingText(story_id=each.story, head=head, words=packed))
        rows.append(
            Cutting(
                story_id=each.story,
                place=place,
                published=datetime.fromisoformat(each.published),
                digest=digests_[each.story],
                rules=RULES,
                language=each.language,
                filed_at=now,
            )
        )
    changed = ["place", "published", "digest", "rules", "language", "filed_at"]
    Cutting.objects.bulk_create(rows, update_conflicts=True, unique_fields=["story"], update_fields=changed)
    CuttingText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=["story"], update_fields=["head", "words"]
    )
    # Nothing in them comes from outside: values travel beside them.
    statement = f"INSERT INTO {TABLE} (rowid, words) VALUES (%s, %s)"  # noqa: S608
    if default_connection.vendor == "postgresql":
        statement = (
            f"INSERT INTO {TABLE} (id, words) VALUES (%s, %s::tsvector)"  # noqa: S608
            " ON CONFLICT (id) DO UPDATE SET words = excluded.words"
        )
    with _index() as cursor:
        cursor.executemany(statement, words)
    return len(fresh)


def discard(stories: Collection[int]) -> int:
    """Have stories not be found any more, inside the caller's transaction. Returns how many had been filed."""
    rows = list(Cutting.objects.filter(story_id__in=list(stories)))
    if rows:
        try:
            with transaction.atomic():
                _take_out(rows)
        except Damaged as problem:
            # A kill must not fail for that. Words that stay lead to no story: what was filed under them is gone.
            log.error("%s", problem)
        CuttingText.objects.filter(story_id__in=[row.story_id for row in rows]).delete()
        Cutting.objects.filter(story_id__in=[row.story_id for row in rows]).delete()
    return len(rows)


def left(page: Page, created: bool) -> None:
    """A page was saved: a story that is not live any more is forgotten in the same transaction."""
    if not page.live and not created:
        discard([page.pk])


def _differs(known: Cutting | None, digest: int) -> bool:
    return known is None or known.digest != digest


def _take_out(rows: Sequence[Cutting]) -> None:
    """Take the words of cuttings out of the index."""
    if not rows:
        return
    with _index() as cursor:
        if default_connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {TABLE} WHERE id = ANY(%s)", [[row.place for row in rows]])  # noqa: S608
            return
        texts = CuttingText.objects.filter(story_id__in=[row.story_id for row in rows])
        packed = {story: words for story, words in texts.values_list("story_id", "words") if words is not None}
        cursor.executemany(
            f"INSERT INTO {TABLE} ({TABLE}, rowid, words) VALUES ('delete', %s, %s)",  # noqa: S608
            [(row.place, zlib.decompress(packed[row.story_id]).decode()) for row in rows if row.story_id in packed],
        )


class Damaged(Problem):
    """The index itself is damaged."""


@contextmanager
def _index() -> Iterator[Any]:
    """A cursor to change the index with. Raises `Damaged` if what it finds there cannot be."""
    try:
        with default_connection.cursor() as cursor:
            yield cursor
    except DatabaseError as error:
        if not any(sign in str(error) for sign in _DAMAGE):
            raise
        raise Damaged(
            f"The index of the readers' search is damaged ({error}): `standfirst search rebuild` makes it anew."
        ) from error


_DAMAGE: Final = (
    "malformed",
    "vtable constructor failed",
    "fts5",
    f"no such table: {TABLE}",
    f'"{TABLE}" does not exist',
)


def _vector(tokens: Sequence[str]) -> str:
    """Words as PostgreSQL takes a tsvector. None has a quotation mark or a backslash."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(tokens, 1):
        if word != GAP:
            places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def _places(fresh: Sequence[Findable], known: Mapping[int, Cutting]) -> dict[int, int]:
    """A free place for each story: its own while it was published in the same minute, else one in that minute, or in
    the first after it that has room."""
    found: dict[int, int] = {}
    wanted: dict[int, int] = {}
    for each in fresh:
        moment = datetime.fromisoformat(each.published)
        former = known.get(each.story)
        if former is not None and place_of(former.published) == place_of(moment):
            found[each.story] = former.place
        else:
            wanted[each.story] = place_of(moment) | (each.story & ((1 << _MINUTE) - 1))
    while wanted:
        taken = set(Cutting.objects.filter(place__in=list(wanted.values())).values_list("place", flat=True))
        taken.update(found.values())
        still: dict[int, int] = {}
        for story, place in wanted.items():
            if place in taken:
                still[story] = place + (1 << _MINUTE)
            else:
                found[story] = place
                taken.add(place)
        wanted = still
    return found


# --- what is filed ------------------------------------------------------------------------------------------------


def differing(found: Iterable[Findable], gone: Iterable[int] = ()) -> set[int]:
    """Stories that are not filed as they are: `found` are live, `gone` are not."""
    told = {each.story: digest_of(each) for each in found}
    away = set(gone)
    known = dict(Cutting.objects.filter(story_id__in=[*told, *away]).values_list("story_id", "digest"))
    return {story for story, digest in told.items() if known.get(story) != digest} | (away & known.keys())


def unfiled(below: int | None = None, among: int = 1_000) -> tuple[list[int], int | None]:
    """Live stories that were never filed, or by other rules, `among` so many that were ever published: those with the
    greatest ids, below `below` if that is given. And below which one to go on; None: that were all."""
    published = Publication.objects.order_by("-story_id")
    if below is not None:
        published = published.filter(story_id__lt=below)
    seen = list(published.values_list("story_id", flat=True)[:among])
    if not seen:
        return [], None
    filed = Cutting.objects.filter(story_id=OuterRef("story_id"), rules=RULES)
    missing = published.filter(~Exists(filed), story_id__gte=seen[-1], story__live=True)
    return list(missing.values_list("story_id", flat=True)), seen[-1]


def languages() -> list[str]:
    """The languages in which something is filed."""
    return list(Cutting.objects.order_by("language").values_list("language", flat=True).distinct())


def latest() -> datetime | None:
    """When something was last filed."""
    return Cutting.objects.order_by("-filed_at").values_list("filed_at", flat=True).first()


__all__ = [
    "Damaged",
    "Findable",
    "differing",
    "digest_of",
    "discard",
    "document",
    "empty",
    "file",
    "language_mark",
    "languages",
    "latest",
    "lay_out",
    "left",
    "month_mark",
    "month_of",
    "place_of",
    "section_mark",
    "tear_down",
    "tidy",
    "unfiled",
]
