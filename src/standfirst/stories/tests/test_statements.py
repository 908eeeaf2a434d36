"""Queries that are written down once answer as Django's own, for whoever asks and as often as they ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Count, QuerySet
from django.test.utils import CaptureQueriesContext

from standfirst.changes import statements
from standfirst.changes.statements import NotKept, by_ids
from standfirst.kit import clock
from standfirst.stories.models import Address, Correction, Story
from standfirst.stories.tests.cast import Cast


@by_ids
def notes(stories: Sequence[int]) -> QuerySet[Correction]:
    return Correction.objects.filter(story_id__in=stories).order_by("at", "id")


@by_ids
def titles(stories: Sequence[int]) -> QuerySet[Any, str]:
    found: QuerySet[Any, str] = Story.objects.filter(pk__in=stories).order_by("pk").values_list("title", flat=True)
    return found


def _note(story: Story, text: str) -> Correction:
    note = Correction(story=story, kind="correction", text=text, at=clock.now())
    Correction.objects.bulk_create([note])
    return note


def test_each_record_gets_its_own_rows(cast: Cast) -> None:
    one, two = cast.live("One"), cast.live("Two")
    first, second, third = _note(one, "First"), _note(two, "Second"), _note(one, "Third")
    assert [note.text for note in notes([one.pk])] == ["First", "Third"]
    assert [note.text for note in notes([two.pk])] == ["Second"]
    assert notes([one.pk, two.pk]) == [first, second, third]
    assert notes([one.pk])[0].at == first.at
    assert notes([]) == [] and notes([10**9]) == []


def test_records_come_as_django_makes_them(cast: Cast) -> None:
    story = cast.live("Ferry strike ends", body=[("paragraph", "<p>It sails.</p>")])

    @by_ids
    def whole(ids: Sequence[int]) -> QuerySet[Story]:
        found: QuerySet[Story] = Story.objects.filter(pk__in=ids)
        return found

    @by_ids
    def addresses(ids: Sequence[int]) -> QuerySet[Address]:
        return Address.objects.filter(story_id__in=ids).select_related("section_path")

    [found] = whole([story.pk])
    assert found == Story.objects.get(pk=story.pk) and not found._state.adding
    assert found.body.raw_data[0]["value"] == "<p>It sails.</p>" and found.get_parent().pk == story.get_parent().pk
    [address] = addresses([story.pk])
    with CaptureQueriesContext(connection) as asked:
        path = address.path
    assert path == Address.objects.current().get(story=story).path
    assert not asked.captured_queries


def test_a_number_that_stands_twice_counts_once_and_many_may_be_asked_for(cast: Cast) -> None:
    stories = [cast.live(f"Story {number}") for number in range(3)]
    ids = [story.pk for story in stories]
    assert titles([ids[0], ids[0]]) == ["Story 0"]
    assert titles(ids) == ["Story 0", "Story 1", "Story 2"]
    many = [*range(10**9, 10**9 + statements.MOST), *ids]
    assert titles(many) == ["Story 0", "Story 1", "Story 2"]


def test_few_statements_do_for_any_number_of_ids(cast: Cast) -> None:
    one, two = cast.live("One"), cast.live("Two")
    for number in range(statements.MOST + 1):
        found = titles([one.pk, *range(10**9, 10**9 + number), two.pk])
        assert found == ["One", "Two"]
    assert len(connections[DEFAULT_DB_ALIAS].__dict__[statements.KEPT][titles]) <= 1 + statements.MOST.bit_length()


def test_values_are_counted_in_the_database(cast: Cast) -> None:
    one, two = cast.live("One"), cast.live("Two")
    for text in ("First", "Second"):
        _note(one, text)

    @by_ids
    def numbers(ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
        rows = Correction.objects.filter(story_id__in=ids).order_by().values("story_id").annotate(notes=Count("id"))
        return rows.values_list("story_id", "notes")

    assert numbers([one.pk, two.pk]) == [(one.pk, 2)]
    assert numbers([two.pk]) == []


def test_what_cannot_be_kept_is_refused_at_once(cast: Cast) -> None:
    @by_ids
    def without_ids(ids: Sequence[int]) -> QuerySet[Story]:
        found: QuerySet[Story] = Story.objects.filter(title="One")
        return found

    @by_ids
    def by_name(ids: Sequence[int]) -> QuerySet[Any, Any]:
        found: QuerySet[Any, Any] = Story.objects.filter(pk__in=ids).values("title")
        return found

    @by_ids
    def with_more(ids: Sequence[int]) -> QuerySet[Story]:
        found: QuerySet[Story] = Story.objects.filter(pk__in=ids).annotate(notes=Count("corrections"))
        return found

    with pytest.raises(NotKept, match="as they are stored"):
        with_more([1])
    with pytest.raises(NotKept, match="do not stand"):
        without_ids([1])
    with pytest.raises(NotKept, match="records and lists of values"):
        by_name([1])


def test_postgresql_plans_a_statement_that_is_kept_once(cast: Cast) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("Python keeps SQLite's plans, and shows them to nobody.")
    story = cast.live("One")
    for _ in range(5):
        notes([story.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE statement LIKE %s", ["%stories_correction%"])
        assert len(cursor.fetchall()) == 1
