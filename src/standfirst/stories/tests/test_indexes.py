from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from standfirst.kit import clock
from standfirst.stories import actions
from standfirst.stories.models import Story
from standfirst.stories.tests.cast import Cast


@pytest.mark.one_database("SQLite tells its plans in a form of its own.")
@pytest.mark.parametrize("statistics", [False, True])
def test_publishing_taking_down_and_the_clock_read_no_table_from_end_to_end(cast: Cast, statistics: bool) -> None:
    story = cast.draft()
    with CaptureQueriesContext(connection) as captured:
        story.get_latest_revision().publish(user=cast.ed)
        actions.publish_due(clock.now())
        actions.next_due()
        actions.unpublish(story=Story.objects.get(pk=story.pk), by=cast.ed)
    if statistics:
        _tell_of_a_large_archive()
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            if query["sql"].startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plans += [(step[3], query["sql"][:300]) for step in cursor.fetchall()]
    asked = "\n".join(sql for _, sql in plans)
    assert all(table in asked for table in ("wagtailcore_page", "stories_address", "wagtailcore_revision"))
    few = ("SCAN CONSTANT ROW", "SCAN stories_section")
    assert [plan for plan in plans if plan[0].startswith("SCAN") and not plan[0].startswith(few)] == []
    assert [plan for plan in plans if "stories_address_section_id" in plan[0]] == [], "all that a section published"


def _tell_of_a_large_archive() -> None:
    """Have SQLite believe what ANALYZE finds where there are many stories: of no column that is NULL in all of them is
    an index of use."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wagtailcore_page")
        cursor.execute("UPDATE sqlite_stat1 SET stat = '100000 1'")
        cursor.execute("UPDATE sqlite_stat1 SET stat = '100000 100000' WHERE idx LIKE '%alias_of%'")
        cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.django_db
def test_every_migration_lays_the_indexes_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX stories_aliases")
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "wagtailcore_page")
    assert {"stories_aliases", "stories_expiring"} <= found.keys()
