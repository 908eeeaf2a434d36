"""The third law of the press, for related lists: every row equals its definition at the event that wrote it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from standfirst.changes.models import Change
from standfirst.library import actions, terms
from standfirst.library.models import RelatedStory, RelateLater, StoryTerms, Term, TermCount
from standfirst.library.tests.archive import NOON, Archive
from standfirst.library.tests.definition import Definition, Known
from standfirst.stories.models import Publication, Story

STORIES = 14
WORDS = ("harbour", "flood", "election", "derby", "budget", "strike", "vaccine", "bridge")

copy = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
numbers = st.integers(0, STORIES - 1)
steps = st.one_of(
    st.tuples(st.just("publish"), numbers),
    st.tuples(st.just("publish"), numbers),
    st.tuples(st.just("rewrite"), numbers, copy, copy),
    st.tuples(st.just("edit"), numbers, copy, copy),
    st.tuples(st.just("unpublish"), numbers),
    st.tuples(st.just("kill"), numbers),
    st.tuples(st.just("crash"), numbers),
    st.tuples(st.just("later"), st.integers(1, 6)),
)


class Cut(Exception):
    """The worker dies here."""


@contextmanager
def undone() -> Iterator[None]:
    """Everything inside is rolled back at the end."""
    with pytest.raises(Cut), transaction.atomic():
        yield
        raise Cut


def rows() -> dict[int, list[int]]:
    return {
        story: list(actions.related(story))
        for story in RelatedStory.objects.values_list("story_id", flat=True).distinct()
    }


def known_as_published(story: int) -> Known:
    page = Story.objects.get(pk=story)
    publication = Publication.objects.get(pk=story)
    own = terms.weigh(
        headline=page.title,
        short_headline="",
        kicker="",
        standfirst=page.standfirst,
        topics=[],
        section=page.get_parent().pk,
    )
    return Known(own, publication.refreshes, publication.first)


def live() -> set[int]:
    return set(Story.objects.filter(live=True).values_list("pk", flat=True))


def due(definition: Definition, story: int) -> bool:
    known = definition.known.get(story)
    return story in live() and (known is None or known.event < Publication.objects.get(pk=story).refreshes)


def play(archive: Archive, ids: list[int], history: list[tuple[Any, ...]]) -> None:
    definition = Definition()
    for verb, number, *more in history:
        story = ids[number % STORIES]
        match verb:
            case "publish":
                archive.set_live(story, True)
                relate(definition, story)
            case "rewrite":
                archive.edit(story, *more)
                archive.refresh(story)
                relate(definition, story)
            case "edit":  # no event: no row may change
                archive.edit(story, *more)
                relate(definition, story)
            case "unpublish":
                archive.set_live(story, False)
                relate(definition, story)
            case "kill":
                archive.set_live(story, False)
                with transaction.atomic():
                    actions.forget(story)
                definition.forget(story)
            case "crash":
                archive.refresh(story)
                with undone():
                    actions.relate_if_due(story)
                relate(definition, story)
            case "later":
                assert actions.relate_later(number) == definition.relate_later(number, live())
        check(definition)


def relate(definition: Definition, story: int) -> None:
    Change.objects.all().delete()
    expected = definition.relate(story, known_as_published(story), live()) if due(definition, story) else []
    assert actions.relate_if_due(story) == expected
    assert [int(row.ref) for row in Change.objects.filter(kind="related").order_by("id")] == expected
    assert actions.relate_if_due(story) == []


def check(definition: Definition) -> None:
    assert rows() == {story: definition.related(story) for story in definition.lists if definition.related(story)}
    for row in RelatedStory.objects.all():
        assert row.score == pytest.approx(definition.lists[row.story_id][row.other_id], rel=1e-12)
    later = list(RelateLater.objects.order_by("id").values_list("story_id", "other_id"))
    assert later == [entry[:2] for entry in definition.later]
    # What was counted, anew.
    assert dict(StoryTerms.objects.values_list("story_id", "event")) == {
        story: known.event for story, known in definition.known.items()
    }
    counted = Counter(Term.objects.values_list("term", flat=True))
    counted[actions.EVERY] = StoryTerms.objects.count()
    assert {row.term: row.stories for row in TermCount.objects.all() if row.stories} == {
        term: count for term, count in counted.items() if count
    }
    # Growth is bounded.
    for entries in rows().values():
        assert len(entries) <= actions.PLACES
    stands = Counter(RelatedStory.objects.values_list("other_id", flat=True))
    assert max(stands.values(), default=0) <= actions.LISTS


@pytest.fixture
def ids(archive: Archive) -> list[int]:
    written = [(WORDS[n % 8], f"{WORDS[(n * 3 + 1) % 8]} {WORDS[(n * 5 + 2) % 8]}") for n in range(STORIES)]
    return archive.publish_many(written, at=[NOON - timedelta(days=9 * n) for n in range(STORIES)])


EXAMPLES = 2 if os.environ.get("DATABASE_URL") else 6
"""Histories; fewer on a server, where each statement takes the way through a socket."""

_quick = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_long = settings(_quick, max_examples=EXAMPLES * 40, database=None)
histories = given(history=st.lists(steps, min_size=4, max_size=24), small=st.booleans())


@_quick
@example(history=[("kill", 0), ("publish", 0)], small=True)  # older than all that are looked up
@histories
def test_every_list_equals_its_definition_after_any_history(
    archive: Archive, ids: list[int], history: list[tuple[Any, ...]], small: bool
) -> None:
    live_through(archive, ids, history, small)


@pytest.mark.deep
@_long
@histories
def test_every_list_equals_its_definition_after_many_histories(
    archive: Archive, ids: list[int], history: list[tuple[Any, ...]], small: bool
) -> None:
    live_through(archive, ids, history, small)


def live_through(archive: Archive, ids: list[int], history: list[tuple[Any, ...]], small: bool) -> None:
    with pytest.MonkeyPatch.context() as patched, undone():
        if small:  # so that few stories come up against every bound
            bounds = {"PLACES": 3, "AT_ONCE": 2, "LISTS": 4, "LOOKED_UP": 2, "NEWEST": 5, "COMPARED": 7, "RELATED": 1.0}
            for name, value in bounds.items():
                patched.setattr(actions, name, value)
        play(archive, ids, [("publish", number) for number in range(STORIES // 2)] + history)


@pytest.mark.deep  # the law above holds the same bounds, made small, after any history
def test_the_bounds_hold_where_everything_is_about_the_same(archive: Archive) -> None:
    ids = archive.publish_many([("Flood in the delta", "The river rises")] * 160)
    for number, story in enumerate(ids):
        changed = actions.relate_if_due(story)
        assert changed[0] == story and len(changed) <= 1 + actions.AT_ONCE
        if number % 40 == 39:
            while RelateLater.objects.exists():
                actions.relate_later(50)
    lists = Counter(RelatedStory.objects.values_list("story_id", flat=True))
    stands = Counter(RelatedStory.objects.values_list("other_id", flat=True))
    assert len(lists) == 160 and set(lists.values()) <= set(range(1, 11))
    assert max(stands.values()) <= actions.LISTS
    assert RelateLater.objects.count() <= actions.COMPARED + actions.LISTS
