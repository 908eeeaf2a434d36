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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, Value, When

from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
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

EVERY = ""
"""The term that counts all stories."""


def relate_if_due(story_id: int) -> list[int]:
    """Relate a story if it was published or refreshed since it was last related.

    Returns the ids of the stories whose lists changed, the story's own first; empty if nothing was due. Repeating it
    after a crash does nothing twice: terms, lists and change rows commit together.
    """
    if _due(story_id) is None:
        return []
    with transaction.atomic():
        _one_at_a_time()
        # Asked again now that nobody else writes here: a kill may have come first.
        publication = _due(story_id)
        return _relate(story_id, publication) if publication is not None else []


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
            shelf = _Shelf.of(row.other_id, [row.story_id])
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
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO library_termcount (term, stories) VALUES (%s, %s)"
            " ON CONFLICT (term) DO UPDATE SET stories = library_termcount.stories + excluded.stories",
            sorted(counts.items()),
        )
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
        publication = Publication.objects.filter(story_id=story_id, story__live=True).first()
        own = dict(Term.objects.filter(story_id=story_id).values_list("term", "weight"))
        if publication is None or not own:
            continue  # taken down in the meantime
        scores = _score(story_id, publication, own, ())
        found = relating.best(scores.items(), len(scores))
        crowded = _crowded([other for other, _ in found], apart_from=story_id)
        mine = relating.best((entry for entry in found if entry[0] not in crowded), PLACES)
        before = _lists([story_id])[story_id]
        _write({story_id: (before, mine)})
        if relating.ids(before) != relating.ids(mine):
            changed.append(story_id)
    return changed


def forget(story_id: int) -> None:
    """Take a story out of the library, inside the caller's transaction: nobody finds it any more. Published again it is
    related and filed anew."""
    cuttings.discard([story_id])
    _one_at_a_time()
    holders = list(
        RelatedStory.objects.filter(other_id=story_id).order_by("story_id").values_list("story_id", flat=True)
    )
    if StoryTerms.objects.filter(story_id=story_id).exists():
        _count([EVERY, *Term.objects.filter(story_id=story_id).values_list("term", flat=True)], -1)
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


def _due(story_id: int) -> Publication | None:
    publication = Publication.objects.filter(story_id=story_id, story__live=True).first()
    if publication is None:
        return None
    known = StoryTerms.objects.filter(story_id=story_id).first()
    return publication if known is None or known.event < publication.refreshes else None


def _one_at_a_time() -> None:
    """Wait until nobody else writes here, to the end of the transaction. (SQLite lets only one write anyway.)"""
    if TermCount.objects.select_for_update().filter(term=EVERY).first() is None:
        TermCount.objects.bulk_create([TermCount(term=EVERY)], ignore_conflicts=True)
        TermCount.objects.select_for_update().get(term=EVERY)


def _relate(story_id: int, publication: Publication) -> list[int]:
    own = _store_terms(story_id, publication)
    holders = set(RelatedStory.objects.filter(other_id=story_id).values_list("story_id", flat=True))
    scores = _score(story_id, publication, own, holders)
    found = relating.best(scores.items(), len(scores))

    crowded = _crowded([other for other, _ in found], apart_from=story_id)
    mine = relating.best((entry for entry in found if entry[0] not in crowded), PLACES)
    _write({story_id: (_lists([story_id])[story_id], mine)})

    # What no longer belongs leaves first: it may be why the story was corrected.
    leaving = [(other, scores.get(other, 0.0)) for other in sorted(holders) if scores.get(other, 0.0) < RELATED]
    entering = [entry for entry in found if entry[1] >= RELATED]
    shelf = _Shelf.of(story_id, relating.ids([*leaving, *entering]))
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
    def of(cls, story_id: int, holders: Collection[int]) -> _Shelf:
        standing = RelatedStory.objects.filter(other_id=story_id).count()
        return cls(story_id, _lists(holders), standing)

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


def _store_terms(story_id: int, publication: Publication) -> Mapping[str, float]:
    story = Story.objects.get(pk=story_id)
    own = terms.weigh(
        headline=story.title,
        short_headline=story.short_headline,
        kicker=story.kicker,
        standfirst=story.standfirst,
        topics=[topic.slug for topic in story.topics.all()],
        section=story.get_parent().pk,
    )
    known = StoryTerms.objects.filter(story_id=story_id).exists()
    before = dict(Term.objects.filter(story_id=story_id).values_list("term", "weight"))
    _count(before.keys() - own.keys(), -1)
    _count([*(own.keys() - before.keys()), *([] if known else [EVERY])], +1)
    Term.objects.filter(story_id=story_id).delete()
    _insert((story_id, term, weight) for term, weight in own.items())
    StoryTerms.objects.update_or_create(
        story_id=story_id, defaults={"event": publication.refreshes, "published": publication.first}
    )
    return own


def _insert(rows: Iterable[tuple[int, str, float]]) -> None:
    """Store terms (story, term, weight) that are not there yet."""
    with connection.cursor() as cursor:
        # By hand: some thirty rows a story, for which objects cost more than the database does.
        cursor.executemany("INSERT INTO library_term (story_id, term, weight) VALUES (%s, %s, %s)", list(rows))


def _count(changed: Collection[str], by: int) -> None:
    """Count a story into its terms (`by` 1) or out of them (-1)."""
    if by > 0:
        TermCount.objects.bulk_create([TermCount(term=term) for term in sorted(changed)], ignore_conflicts=True)
    # Never below nothing, whatever went wrong before: a kill passes here, and must not fail for a number.
    count = F("stories") + by if by > 0 else Case(When(stories__gt=0, then=F("stories") + by), default=Value(0))
    TermCount.objects.filter(term__in=changed).update(stories=count)
    if by < 0:
        TermCount.objects.filter(term__in=changed, stories=0).exclude(term=EVERY).delete()


def _score(
    story_id: int, publication: Publication, own: Mapping[str, float], holders: Collection[int]
) -> dict[int, float]:
    """Scores of the stories most like this one, and of those in whose lists it stands already."""
    counts = dict(TermCount.objects.filter(term__in=[*own, EVERY]).values_list("term", "stories"))
    rarities = {term: relating.rarity(counts.get(term, 1), counts.get(EVERY, 1)) for term in own}
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for term, other, weight in _newest(relating.telling(own, rarities, counts, LOOKED_UP)):
        if other != story_id:
            found[other][term] = weight
    likeliest = relating.best(((other, relating.shared(own, has, rarities)) for other, has in found.items()), COMPARED)
    compared = {*relating.ids(likeliest), *holders}
    published = dict(
        StoryTerms.objects.filter(story_id__in=compared, story__live=True).values_list("story_id", "published")
    )
    held: dict[int, dict[str, float]] = defaultdict(dict)
    rows = Term.objects.filter(story_id__in=published, term__in=own)
    for other, term, weight in rows.values_list("story_id", "term", "weight"):
        held[other][term] = weight
    return {
        other: relating.score(
            relating.shared(own, held[other], rarities), (publication.first - moment).total_seconds() / 86400
        )
        for other, moment in published.items()
    }


def _newest(wanted: Sequence[str]) -> list[tuple[str, int, float]]:
    """(term, story, weight) of the newest stories that have each of these terms."""
    if not wanted:
        return []
    # One statement by hand: a publication waits for it, and what Django needs for thirteen is more than they cost.
    one = "SELECT term, story_id, weight FROM library_term WHERE term = %s ORDER BY story_id DESC LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join([f"SELECT * FROM ({one}) found"] * len(wanted)),  # noqa: S608
            [word for term in wanted for word in (term, NEWEST + 1)],
        )
        return list(cursor.fetchall())


# --- lists --------------------------------------------------------------------------------------------------------


def _lists(story_ids: Iterable[int]) -> dict[int, list[Entry]]:
    """Lists of stories, best first. Those without one are empty."""
    found: dict[int, list[Entry]] = {story: [] for story in story_ids}
    rows = RelatedStory.objects.filter(story_id__in=found)
    for story, other, score in rows.values_list("story_id", "other_id", "score"):
        found[story].append((other, score))
    return {story: relating.best(entries, len(entries)) for story, entries in found.items()}


def _crowded(story_ids: Collection[int], apart_from: int) -> set[int]:
    """Stories that stand in as many lists as they may, not counting that of `apart_from`."""
    rows = RelatedStory.objects.filter(other_id__in=story_ids).exclude(story_id=apart_from)
    counts = rows.values("other_id").annotate(lists=Count("id"))
    return {row["other_id"] for row in counts if row["lists"] >= LISTS}


def _write(lists: Mapping[int, tuple[Sequence[Entry], Sequence[Entry]]]) -> None:
    """Make lists (story id -> as it is stored, as it is to be) what they are to be, touching only rows that differ."""
    gone, fresh = Q(), []
    for story_id, (before, after) in lists.items():
        kept, known = set(relating.ids(after)), dict(before)
        if out := known.keys() - kept:
            gone |= Q(story_id=story_id, other_id__in=out)
        fresh += [
            RelatedStory(story_id=story_id, other_id=other, score=score)
            for other, score in after
            if known.get(other) != score
        ]
    if gone:
        RelatedStory.objects.filter(gone).delete()
    if fresh:
        RelatedStory.objects.bulk_create(
            fresh, update_conflicts=True, unique_fields=["story", "other"], update_fields=["score"]
        )
