"""Relating stories: at first publication, at marked updates, and never because a page is printed.

What a story costs here does not depend on the archive: its terms are looked up newest first, a bounded number each; its
own list has ten places; it enters at most thirty old lists at once, more of them later, and never more than a hundred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Count, F

from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.library import relating, terms
from standfirst.library.models import RelatedStory, RelateLater, StoryTerms, Term, TermCount
from standfirst.stories.models import Publication, Story

PLACES = 10
"""Stories in a related list."""

AT_ONCE = 30
"""Old lists that a story may enter at its event."""

LISTS = 100
"""Lists that a story may stand in."""

RAREST = 12
"""Terms of a story that are looked up."""

NEWEST = 100
"""Stories looked at for each of them."""

LATER = 70
"""Candidates beyond the first thirty lists that are kept for later."""


def relate_if_due(story_id: int) -> list[int]:
    """Relate a story if it was published or refreshed since it was last related.

    Returns the ids of the stories whose lists changed, the story's own first; empty if nothing was due. Repeating it
    after a crash does nothing twice: terms, lists and change rows commit together.
    """
    publication = Publication.objects.filter(story_id=story_id, story__live=True).first()
    if publication is None:
        return []
    known = StoryTerms.objects.filter(story_id=story_id).first()
    if known is not None and known.event >= publication.refreshes:
        return []
    with transaction.atomic():
        return _relate(story_id, publication)


def _relate(story_id: int, publication: Publication) -> list[int]:
    own = _store_terms(story_id, publication)
    candidates = _score(story_id, publication, own)
    crowded = _crowded([other for other, _ in candidates])
    mine = relating.best(((other, score) for other, score in candidates if other not in crowded), PLACES)
    changed = [story_id]
    _write(story_id, mine)
    changes.record(kind="related", ref=story_id, cause="related")

    entered = RelatedStory.objects.filter(other_id=story_id).count()
    RelateLater.objects.filter(other_id=story_id).delete()
    candidates = candidates[: AT_ONCE + LATER]
    lists = _lists([other for other, _ in candidates])
    for number, (other, score) in enumerate(candidates):
        if not _would_enter(lists[other], story_id, score):
            continue
        if entered >= LISTS:
            break
        if len(changed) > AT_ONCE:
            RelateLater.objects.bulk_create(
                [RelateLater(story_id=other, other_id=story_id, score=score) for other, score in candidates[number:]],
                ignore_conflicts=True,
            )
            break
        if _enter(other, story_id, score, lists[other]):
            changed.append(other)
            entered += 1
            changes.record(kind="related", ref=other, cause="related")
    return changed


def relate_later(limit: int) -> int:
    """Let stories into old lists for which there was no time at once. Returns how many lists changed."""
    done = 0
    for row in RelateLater.objects.order_by("id")[:limit]:
        with transaction.atomic():
            row.delete()
            if RelatedStory.objects.filter(other_id=row.other_id).count() >= LISTS:
                continue
            listed = _lists([row.story_id])[row.story_id]
            if _would_enter(listed, row.other_id, row.score) and _enter(row.story_id, row.other_id, row.score, listed):
                changes.record(kind="related", ref=row.story_id, lane=Lane.MAINTENANCE, cause="related")
                done += 1
    return done


def forget(story_id: int) -> None:
    """Take a story out of the library, inside the caller's transaction. Published again it is related anew."""
    holders = list(RelatedStory.objects.filter(other_id=story_id).values_list("story_id", flat=True))
    held = list(Term.objects.filter(story_id=story_id).values_list("term", flat=True))
    if StoryTerms.objects.filter(story_id=story_id).exists():
        _count(held, -1)
    Term.objects.filter(story_id=story_id).delete()
    StoryTerms.objects.filter(story_id=story_id).delete()
    RelatedStory.objects.filter(other_id=story_id).delete()
    RelatedStory.objects.filter(story_id=story_id).delete()
    RelateLater.objects.filter(other_id=story_id).delete()
    RelateLater.objects.filter(story_id=story_id).delete()
    for holder in (*holders, story_id):
        changes.record(kind="related", ref=holder, cause="forgotten")


def related(story_id: int) -> tuple[int, ...]:
    """Ids of the stories related to one, best first."""
    return related_many([story_id]).get(story_id, ())


def related_many(story_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Related lists of several stories. Stories without one are left out."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = RelatedStory.objects.filter(story_id__in=story_ids).order_by("story_id", "-score", "-other_id")
    for story, other in rows.values_list("story_id", "other_id"):
        found[story].append(other)
    return {story: tuple(others) for story, others in found.items()}


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
    before = set(Term.objects.filter(story_id=story_id).values_list("term", flat=True))
    known = StoryTerms.objects.filter(story_id=story_id).exists()
    Term.objects.filter(story_id=story_id).delete()
    Term.objects.bulk_create(Term(story_id=story_id, term=term, weight=weight) for term, weight in own.items())
    _count(before - own.keys(), -1, stories=False)
    _count(own.keys() - before, +1, stories=not known)
    StoryTerms.objects.update_or_create(
        story_id=story_id, defaults={"event": publication.refreshes, "published": publication.first}
    )
    return own


def _count(changed: Iterable[str], by: int, *, stories: bool = True) -> None:
    """Count stories in or out of their terms; with `stories` also in or out of all."""
    counted = {*changed, ""} if stories else set(changed)
    if by > 0:
        TermCount.objects.bulk_create([TermCount(term=term) for term in sorted(counted)], ignore_conflicts=True)
    TermCount.objects.filter(term__in=counted).update(stories=F("stories") + by)


def _score(story_id: int, publication: Publication, own: Mapping[str, float]) -> list[tuple[int, float]]:
    """Candidates with their scores, best first: stories found through the story's weightiest and rarest terms."""
    counts = dict(TermCount.objects.filter(term__in=[*own, ""]).values_list("term", "stories"))
    everything = counts.get("", 1)
    rarities = {term: relating.rarity(counts.get(term, 1), everything) for term in own}
    telling = sorted(own, key=lambda term: (-own[term] * rarities[term], term))[:RAREST]
    section = [term for term in own if term.startswith("s:")]
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for term in dict.fromkeys((*telling, *section)):
        newest = Term.objects.filter(term=term).exclude(story_id=story_id).order_by("-story_id")[:NEWEST]
        for other, weight in newest.values_list("story_id", "weight"):
            found[other][term] = weight
    published = dict(
        StoryTerms.objects.filter(story_id__in=found, story__live=True).values_list("story_id", "published")
    )
    scores = (
        (
            other,
            relating.score(
                relating.shared(own, found[other], rarities),
                (publication.first - moment).total_seconds() / 86400,
            ),
        )
        for other, moment in published.items()
    )
    return relating.best(scores, AT_ONCE + LATER + PLACES)


# --- lists --------------------------------------------------------------------------------------------------------


def _lists(story_ids: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {story: [] for story in story_ids}
    rows = RelatedStory.objects.filter(story_id__in=story_ids).values_list("story_id", "other_id", "score")
    for story, other, score in rows:
        found[story].append((other, score))
    return found


def _crowded(story_ids: Sequence[int]) -> set[int]:
    """Stories that stand in as many lists as they may."""
    counts = RelatedStory.objects.filter(other_id__in=story_ids).values("other_id").annotate(lists=Count("id"))
    return {row["other_id"] for row in counts if row["lists"] >= LISTS}


def _would_enter(listed: Sequence[tuple[int, float]], story_id: int, score: float) -> bool:
    others = [entry for entry in listed if entry[0] != story_id]
    return len(others) < PLACES or (score, story_id) > min((kept, other) for other, kept in others)


def _enter(story_id: int, other: int, score: float, listed: Sequence[tuple[int, float]]) -> bool:
    """Put `other` into the list of `story_id`. True if the list is another one now."""
    kept = relating.best([*(entry for entry in listed if entry[0] != other), (other, score)], PLACES)
    before = [entry[0] for entry in relating.best(listed, PLACES)]
    _write(story_id, kept)
    return [entry[0] for entry in kept] != before


def _write(story_id: int, entries: Sequence[tuple[int, float]]) -> None:
    RelatedStory.objects.filter(story_id=story_id).exclude(other_id__in=[other for other, _ in entries]).delete()
    RelatedStory.objects.bulk_create(
        [RelatedStory(story_id=story_id, other_id=other, score=score) for other, score in entries],
        update_conflicts=True,
        unique_fields=["story", "other"],
        update_fields=["score"],
    )
