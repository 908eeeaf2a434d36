"""The desk's search: it finds what was saved, and a save costs the same in any archive."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Avg
from django.db.models.functions import Length
from django.test.utils import CaptureQueriesContext
from modelsearch.backends import get_search_backend
from wagtail.search.models import IndexEntry

from standfirst.changes.actions import Machine
from standfirst.library import backend
from standfirst.stories import actions as stories
from standfirst.stories.models import Section, Story

pytestmark = pytest.mark.django_db

DESK = Machine("desk")


@pytest.fixture
def news(db: None) -> Section:
    return stories.open_section(parent=stories.open_newsroom(name="The Harbour Post"), name="News", slug="news")


def write(section: Section, headline: str, **fields: Any) -> Story:
    return stories.create(section=Section.objects.get(pk=section.pk), title=headline, **fields)


def entries() -> Any:
    return IndexEntry._default_manager.all()


def found(words: str, **options: Any) -> set[str]:
    return {story.title for story in Story.objects.all().search(words, **options)}


def test_it_is_wagtails_backend_for_the_newsrooms_database() -> None:
    ours = get_search_backend()
    vendor = {"sqlite": "SQLite", "postgresql": "Postgres"}[connection.vendor]
    bases = {base.__name__ for base in type(ours).__mro__}
    assert f"{vendor}SearchBackend" in bases and type(ours).__name__ == "PatientBackend"
    assert f"{vendor}Index" in {base.__name__ for base in ours.index_class.__mro__}
    assert ours.get_index_for_model(Story) is not None


def test_what_is_saved_is_found_at_once(news: Section) -> None:
    story = write(news, "Flood cuts off Warri", kicker="Delta", standfirst="The Ethiope rose.", slugline="flood-1")
    write(news, "Derby ends level")
    for words in ("flood", "warri flood", "delta", "ethiope", "FLOOD"):
        assert found(words) == {"Flood cuts off Warri"}, words
    assert {hit.title for hit in Story.objects.all().autocomplete("flo")} == {"Flood cuts off Warri"}
    assert found("nowhere") == set()
    story.title = "Water recedes"
    story.save_revision()
    stories.publish(story=story, by=DESK)
    assert found("recedes") == {"Water recedes"} and found("flood") == {"Water recedes"}  # the slugline says flood-1
    Story.objects.get(pk=story.pk).save()
    assert entries().filter(object_id=str(story.pk)).count() == 1
    write(news, "Draft that goes").delete()
    assert found("draft") == set()


def test_saving_reads_and_writes_one_entry_of_the_index(news: Section) -> None:
    for number in range(5):
        write(news, f"Story {number}")
    with CaptureQueriesContext(connection) as captured:
        stories.publish(story=write(news, "Flood cuts off Warri"), by=DESK)
    table = entries().model._meta.db_table
    touching = [query["sql"] for query in captured if f'"{table}"' in query["sql"] or f" {table} " in query["sql"]]
    assert touching
    for sql in touching:
        assert "AVG(" not in sql and "title_length" not in sql and "object_id" in sql, sql
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql in touching:
                cursor.execute("EXPLAIN QUERY PLAN " + sql)
                assert not any(row[3].startswith("SCAN") for row in cursor.fetchall()), sql


def test_norms_are_brought_up_to_date_when_there_is_time(news: Section) -> None:
    for headline in ("Flood", "Flood in Warri", "Flood in Warri and in four other towns of the delta, officials say"):
        write(news, headline)
    assert set(entries().filter(title__isnull=False).values_list("title_norm", flat=True)) == {1.0}
    assert backend.refresh_norms() > 0
    titled = entries().annotate(length=Length("title")).filter(length__gt=0)
    average = titled.aggregate(average=Avg("length"))["average"]
    for entry in titled:
        assert entry.title_norm == pytest.approx(average / entry.length, rel=backend.TOLERANCE * 1.01)
    assert backend.refresh_norms() == 0
    assert next(iter(Story.objects.all().search("flood"))).title == "Flood"
    # A new title is brought up to date with the next pass, and little else is written for it.
    story = Story.objects.get(title="Flood")
    story.title = "Flood of the century comes to Warri at last"
    story.save()
    assert 1 <= backend.refresh_norms() <= entries().count()
    assert backend.refresh_norms() == 0


def test_norms_of_an_empty_index_are_up_to_date(news: Section) -> None:
    entries().delete()
    assert backend.refresh_norms() == 0


def test_a_refresh_writes_in_steps(news: Section, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "AT_ONCE", 2)
    for number in range(7):
        write(news, "Flood " * (number * 3 + 1))
    assert backend.refresh_norms() > 2
    assert backend.refresh_norms() == 0


def test_wagtails_own_command_builds_the_index_anew_norms_included(news: Section) -> None:
    write(news, "Flood")
    write(news, "Flood in Warri and four other towns")
    entries().delete()
    assert found("flood") == set()
    call_command("wagtail_update_index", verbosity=0, stdout=StringIO())
    assert len(found("flood")) == 2
    assert backend.refresh_norms() == 0
