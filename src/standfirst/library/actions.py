"""Relating stories: at first publication, at marked updates, and never because a page is printed.

What a story costs here does not depend on the archive: its terms are looked up newest first, a bounded number each; its
own list has ten places; it enters, changes or leaves at most thirty old lists at once, more of them later, and never
stands in more than a hundred.

What the rows say is fixed at events. Unpublishing a story changes none of them: pages leave out what they may not link
to, and a story that comes back finds its list as it was. A kill or a withholding takes a story out (`forget`), and
published again it is related anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, F, QuerySet, Value, When
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.changes.statements import by_ids
from standfirst.library import cuttings, relating, terms
from standfirst.library.models import RelatedStory, RelateLater, StoryTerms, Term, TermCount
from standfirst.library.relating import Entry
from standfirst.stories.models import Publication, Story

PLACES = 10
"""Stories in a related list."""

AT_ONCE = 30
"""Old lists that a story's event may change at once."""

LISTS = 100
"""Lists that a story may stand in."""

RELATED = 1.5
"""The score from which a story enters old lists: a rare word of both headlines, or two of both standfirsts. What is
less fills places in a story's own list at its event, and no old page is printed for it."""

LOOKED_UP = 12
"""Terms of a story that are looked up, besides its section."""

NEWEST = 100
"""Stories found by each of them."""

COMPARED = 150
"""Stories of those that are compared term by term."""

ASKED = 30
"""Stories of which it is asked at once in how many lists they stand."""

EVERY = ""
"""The term that counts all stories."""


def relate_if_due(story_id: int, also: Callable[[], object] = lambda: None) -> list[int]:
    """Relate a story if it was published or refreshed since it was last related.

    Returns the ids of the stories whose lists changed, the story's own first; empty if nothing was due. Repeating it
    after a crash does nothing twice: terms, lists and change rows commit together, and so does what `also` does, which
    is called if something was due.
    """
    if _due(story_id) is None:
        return []
    with transaction.atomic():
        _one_at_a_time()
        # Asked again now that nobody else writes here: a kill may have come first.
        event = _due(story_id)
        if event is None:
            return []
        changed = _relate(story_id, event)
        also()
        return changed


def relate_later(limit: int) -> int:
    """Decide places in old lists for which there was no time at once. Returns how many lists changed."""
    done = 0
    for number in list(RelateLater.objects.order_by("id").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            _one_at_a_time()
            row = RelateLater.objects.filter(pk=number).first()
            if row is None:
                continue
            row.delete()
            shelf = _Shelf.of(row.other_id, [row.story_id], standing=len(_holders([row.other_id])))
            welcome = row.score >= RELATED and Story.objects.filter(pk=row.other_id, live=True).exists()
            changed = shelf.settle(row.story_id, row.score, welcome=welcome)
            shelf.store()
            if changed:
                changes.record(kind="related", ref=row.story_id, lane=Lane.MAINTENANCE, cause="related")
                done += 1
    return done


@dataclass(frozen=True, slots=True)
class Shelved:
    """A story of an archive: what is needed to find it. `weights` as `terms.weigh` makes them."""

    story: int
    event: int
    published: datetime
    weights: Mapping[str, float]


def shelve(archive: Sequence[Shelved]) -> None:
    """Store the terms of many stories that are new here and published already, inside the caller's transaction.

    Nothing is related yet, and nothing will be because of their first publication: that is for `fill`.
    """
    _one_at_a_time()
    counts = Counter(term for story in archive for term in story.weights)
    counts[EVERY] += len(archive)
    _insert((story.story, term, weight) for story in archive for term, weight in story.weights.items())
    _count_in(counts)
    StoryTerms.objects.bulk_create(
        [StoryTerms(story_id=story.story, event=story.event, published=story.published) for story in archive]
    )


def fill(story_ids: Sequence[int]) -> list[int]:
    """Write the own lists of stories of an archive; those of others stay: no page in print changes for old copy.

    Returns the ids of those whose lists changed, without change rows: those are the caller's, in the transaction that
    surrounds this. What is expensive, finding the likeliest, is bounded for each story.
    """
    _one_at_a_time()
    changed = []
    for story_id in story_ids:
        own = dict(_terms([story_id]))
        published = [first for _, first in _publications([story_id])]
        if not published or not own:
            continue  # taken down in the meantime
        scores = _score(story_id, published[0], own, ())
        before = _lists([story_id])[story_id]
        mine = _with_room(relating.best(scores.items(), len(scores)), before)
        _write({story_id: (before, mine)})
        if relating.ids(before) != relating.ids(mine):
            changed.append(story_id)
    return changed


def forget(story_id: int) -> None:
    """Take a story out of the library, inside the caller's transaction: nobody finds it any more. Published again it is
    related and filed anew."""
    cuttings.discard([story_id])
    _one_at_a_time()
    holders = sorted(_holders([story_id]))
    if StoryTerms.objects.filter(story_id=story_id).exists():
        _count_out([EVERY, *(term for term, _ in _terms([story_id]))])
    for model in (Term, StoryTerms, RelatedStory, RelateLater):
        model._default_manager.filter(story_id=story_id).delete()
    for model in (RelatedStory, RelateLater):
        model._default_manager.filter(other_id=story_id).delete()
    changes.record_all(kind="related", refs=(*holders, story_id), cause="forgotten")


def related(story_id: int) -> tuple[int, ...]:
    """Ids of the stories related to one, best first."""
    return related_many([story_id]).get(story_id, ())


def related_many(story_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Related lists of several stories. Stories without one are left out."""
    return {
        story: tuple(relating.ids(relating.best(entries, PLACES)))
        for story, entries in _lists(story_ids).items()
        if entries
    }


# --- one event ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Event:
    """A first publication (0) or a marked update that a story has had since it was last related."""

    number: int
    published: datetime
    known: bool
    """Whether the library knows the story already."""


def _due(story_id: int) -> _Event | None:
    for refreshes, first in _publications([story_id]):
        known = _related_at([story_id])
        if not known or known[0] < refreshes:
            return _Event(refreshes, first, bool(known))
    return None


@by_ids
def _publications(story_ids: Sequence[int]) -> QuerySet[Any, tuple[int, datetime]]:
    """Marked updates of live stories so far, and when they were published first."""
    return Publication.objects.filter(story_id__in=story_ids, story__live=True).values_list("refreshes", "first")


@by_ids
def _related_at(story_ids: Sequence[int]) -> QuerySet[Any, int]:
    return StoryTerms.objects.filter(story_id__in=story_ids).values_list("event", flat=True)


def _one_at_a_time() -> None:
    """Wait until nobody else writes here, to the end of the transaction. (SQLite lets only one write anyway.)"""
    if not connection.in_atomic_block:
        raise RuntimeError("Whoever writes here one at a time does so in a transaction: the lock ends with it.")
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    if not _asked(f"SELECT 1 FROM library_termcount WHERE term = %s{lock}", EVERY):  # noqa: S608
        TermCount.objects.bulk_create([TermCount(term=EVERY)], ignore_conflicts=True)
        TermCount.objects.select_for_update().get(term=EVERY)


def _relate(story_id: int, event: _Event) -> list[int]:
    own = _store_terms(story_id, event)
    holders = set(_holders([story_id]))
    scores = _score(story_id, event.published, own, holders)
    found = relating.best(scores.items(), len(scores))

    # What no longer belongs leaves first: it may be why the story was corrected.
    leaving = [(other, scores.get(other, 0.0)) for other in sorted(holders) if scores.get(other, 0.0) < RELATED]
    entering = [entry for entry in found if entry[1] >= RELATED]
    shelf = _Shelf.of(story_id, [story_id, *relating.ids([*leaving, *entering])], standing=len(holders))
    shelf.replace(story_id, _with_room(found, shelf.lists[story_id]))
    changed = [story_id]
    later: list[RelateLater] = []
    RelateLater.objects.filter(other_id=story_id).delete()
    for other, score in (*leaving, *entering):
        if len(changed) > AT_ONCE and shelf.would_change(other, score, welcome=score >= RELATED):
            later.append(RelateLater(story_id=other, other_id=story_id, score=score))
        elif shelf.settle(other, score, welcome=score >= RELATED):
            changed.append(other)
    shelf.store()
    changes.record_all(kind="related", refs=changed, cause="related")
    RelateLater.objects.bulk_create(later)
    return changed


@dataclass
class _Shelf:
    """The lists in which one story stands or may come to stand."""

    story: int
    lists: dict[int, list[Entry]]
    standing: int
    """Lists in which the story stands, of all there are."""
    stored: dict[int, list[Entry]] = field(default_factory=dict)
    """What is still stored of lists that were decided anew."""

    @classmethod
    def of(cls, story_id: int, holders: Collection[int], *, standing: int) -> _Shelf:
        return cls(story_id, _lists(holders), standing)

    def replace(self, holder: int, after: list[Entry]) -> None:
        """Give `holder` another list, in which the story itself does not stand."""
        self.stored.setdefault(holder, self.lists[holder])
        self.lists[holder] = after

    def _after(self, holder: int, score: float, welcome: bool) -> list[Entry]:
        listed = self.lists[holder]
        stands = self.story in relating.ids(listed)
        welcome = welcome and (stands or self.standing < LISTS)
        return relating.settled(listed, (self.story, score), welcome=welcome, places=PLACES)

    def would_change(self, holder: int, score: float, *, welcome: bool) -> bool:
        """True if readers of `holder` would see another list."""
        return relating.ids(self._after(holder, score, welcome)) != relating.ids(self.lists[holder])

    def settle(self, holder: int, score: float, *, welcome: bool) -> bool:
        """Decide the story's place in the list of `holder`. True if readers see another list once that is stored."""
        before, after = self.lists[holder], self._after(holder, score, welcome)
        self.stored.setdefault(holder, before)
        self.standing += (self.story in relating.ids(after)) - (self.story in relating.ids(before))
        self.lists[holder] = after
        return relating.ids(after) != relating.ids(before)

    def store(self) -> None:
        """Write down what was decided."""
        _write({holder: (stored, self.lists[holder]) for holder, stored in self.stored.items()})
        self.stored.clear()


# --- terms --------------------------------------------------------------------------------------------------------


def _store_terms(story_id: int, event: _Event) -> Mapping[str, float]:
    [(headline, short_headline, kicker, standfirst, path)] = _told([story_id])
    own = terms.weigh(
        headline=headline,
        short_headline=short_headline,
        kicker=kicker,
        standfirst=standfirst,
        topics=_topics([story_id]),
        section=Page.objects.values_list("pk", flat=True).get(path=path[: -Page.steplen]),
    )
    before = dict(_terms([story_id])) if event.known else {}
    if gone := before.keys() - own.keys():
        _count_out(gone)
    _count_in(dict.fromkeys([*(own.keys() - before.keys()), *([] if event.known else [EVERY])], 1))
    if before:
        Term.objects.filter(story_id=story_id).delete()
    _insert((story_id, term, weight) for term, weight in own.items())
    StoryTerms.objects.bulk_create(
        [StoryTerms(story_id=story_id, event=event.number, published=event.published)],
        update_conflicts=True,
        unique_fields=["story"],
        update_fields=["event", "published"],
    )
    return own


@by_ids
def _told(story_ids: Sequence[int]) -> QuerySet[Any, tuple[str, str, str, str, str]]:
    """What a story's terms are taken from, and its place in the tree."""
    fields = ("title", "short_headline", "kicker", "standfirst", "path")
    rows: QuerySet[Any, Any] = Story.objects.filter(pk__in=story_ids).values_list(*fields)
    return rows


@by_ids
def _topics(story_ids: Sequence[int]) -> QuerySet[Any, str]:
    rows = Story.topics.through.objects.filter(story_id__in=story_ids).order_by("topic_id")
    slugs: QuerySet[Any, str] = rows.values_list("topic__slug", flat=True)
    return slugs


@by_ids
def _moments(story_ids: Sequence[int]) -> QuerySet[Any, tuple[int, datetime]]:
    """When live stories were published."""
    return StoryTerms.objects.filter(story_id__in=story_ids, story__live=True).values_list("story_id", "published")


@by_ids
def _terms(story_ids: Sequence[int]) -> QuerySet[Any, tuple[str, float]]:
    return Term.objects.filter(story_id__in=story_ids).values_list("term", "weight")


def _insert(rows: Iterable[tuple[int, str, float]]) -> None:
    """Store terms (story, term, weight) that are not there yet."""
    with connection.cursor() as cursor:
        # By hand: some thirty rows a story, for which objects cost more than the database does.
        cursor.executemany("INSERT INTO library_term (story_id, term, weight) VALUES (%s, %s, %s)", list(rows))


def _count_in(stories: Mapping[str, int]) -> None:
    """Count so many stories into each of these terms."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO library_termcount (term, stories) VALUES (%s, %s)"
            " ON CONFLICT (term) DO UPDATE SET stories = library_termcount.stories + excluded.stories",
            sorted(stories.items()),
        )


def _count_out(changed: Collection[str]) -> None:
    """Count a story out of these terms."""
    # Never below nothing, whatever went wrong before: a kill passes here, and must not fail for a number.
    count = Case(When(stories__gt=0, then=F("stories") - 1), default=Value(0))
    TermCount.objects.filter(term__in=changed).update(stories=count)
    TermCount.objects.filter(term__in=changed, stories=0).exclude(term=EVERY).delete()


def _score(story_id: int, published: datetime, own: Mapping[str, float], holders: Collection[int]) -> dict[int, float]:
    """Scores of the stories most like this one, and of those in whose lists it stands already."""
    counting = f"SELECT term, stories FROM library_termcount WHERE term IN ({_marks([*own, EVERY])})"  # noqa: S608
    counts = dict(_asked(counting, *own, EVERY))
    rarities = {term: relating.rarity(counts.get(term, 1), counts.get(EVERY, 1)) for term in own}
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for term, other, weight in _newest(relating.telling(own, rarities, counts, LOOKED_UP), story_id):
        found[other][term] = weight
    likeliest = relating.best(((other, relating.shared(own, has, rarities)) for other, has in found.items()), COMPARED)
    moments = dict(_moments([*relating.ids(likeliest), *holders]))
    held: dict[int, dict[str, float]] = defaultdict(dict)
    if moments:
        of_these = f"story_id IN ({_marks(moments)}) AND term IN ({_marks(own)})"
        holding = f"SELECT story_id, term, weight FROM library_term WHERE {of_these}"  # noqa: S608
        for other, term, weight in _asked(holding, *moments, *own):
            held[other][term] = weight
    return {
        other: relating.score(relating.shared(own, held[other], rarities), (published - moment).total_seconds() / 86400)
        for other, moment in moments.items()
    }


# By hand, as a publication waits for them: Django looks at each of very many values.


def _asked(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _newest(wanted: Sequence[str], but: int) -> list[tuple[str, int, float]]:
    """(term, story, weight) of the newest stories that have each of these terms, not counting the story `but`."""
    if not wanted:
        return []
    one = "SELECT term, story_id, weight FROM library_term WHERE term = %s AND story_id <> %s"
    newest = f"SELECT * FROM ({one} ORDER BY story_id DESC LIMIT %s) found"  # noqa: S608
    return _asked(
        " UNION ALL ".join([newest] * len(wanted)), *(each for term in wanted for each in (term, but, NEWEST))
    )


# --- lists --------------------------------------------------------------------------------------------------------


def _lists(story_ids: Iterable[int]) -> dict[int, list[Entry]]:
    """Lists of stories, best first. Those without one are empty."""
    found: dict[int, list[Entry]] = {story: [] for story in story_ids}
    for story, other, score in _entries(list(found)):
        found[story].append((other, score))
    return {story: relating.best(entries, len(entries)) for story, entries in found.items()}


@by_ids
def _entries(story_ids: Sequence[int]) -> QuerySet[Any, tuple[int, int, float]]:
    return RelatedStory.objects.filter(story_id__in=story_ids).values_list("story_id", "other_id", "score")


@by_ids
def _holders(story_ids: Sequence[int]) -> QuerySet[Any, int]:
    """Stories in whose lists these stand."""
    return RelatedStory.objects.filter(other_id__in=story_ids).values_list("story_id", flat=True)


def _with_room(found: Sequence[Entry], before: Sequence[Entry]) -> list[Entry]:
    """The list of a story that has had the list `before`: of those `found` for it, best first, the best that do not
    stand in as many other lists as they may."""
    listed: list[Entry] = []
    here = set(relating.ids(before))
    for start in range(0, len(found), ASKED):
        some = found[start : start + ASKED]
        standing = dict(_standing(relating.ids(some)))
        listed += [entry for entry in some if standing.get(entry[0], 0) - (entry[0] in here) < LISTS]
        if len(listed) >= PLACES:
            break
    return listed[:PLACES]


@by_ids
def _standing(story_ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    """In how many lists stories stand, those that do in any."""
    counted = RelatedStory.objects.filter(other_id__in=story_ids).values("other_id").annotate(lists=Count("id"))
    return counted.order_by().values_list("other_id", "lists")


def _write(lists: Mapping[int, tuple[Sequence[Entry], Sequence[Entry]]]) -> None:
    """Make lists (story id -> as it is stored, as it is to be) what they are to be, touching only rows that differ."""
    gone: list[tuple[int, int]] = []
    fresh: list[tuple[int, int, float]] = []
    for story_id, (before, after) in lists.items():
        kept, known = set(relating.ids(after)), dict(before)
        gone += [(story_id, other) for other in known if other not in kept]
        fresh += [(story_id, other, score) for other, score in after if known.get(other) != score]
    with connection.cursor() as cursor:
        # By hand, as with terms.
        if gone:
            cursor.executemany("DELETE FROM library_relatedstory WHERE story_id = %s AND other_id = %s", gone)
        if fresh:
            cursor.executemany(
                "INSERT INTO library_relatedstory (story_id, other_id, score) VALUES (%s, %s, %s)"
                " ON CONFLICT (story_id, other_id) DO UPDATE SET score = excluded.score",
                fresh,
            )
