"""What one publish costs must not grow with the archive, and what is read from end to end grows with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from standfirst.changes.models import Change, Lane
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

FEW = ("SCAN CONSTANT ROW", "SCAN stories_section", "SCAN readership_hotpath", "SCAN found")
"""Sections are few, and so are hot pages; "found" are a hundred rows that were looked up."""


@pytest.mark.one_database("SQLite tells its plans in a form of its own.")
@pytest.mark.parametrize("statistics", [False, True])
def test_nothing_that_grows_is_read_from_end_to_end_for_one_publish(newsroom: Newsroom, statistics: bool) -> None:
    for number in range(3):
        newsroom.story(f"Bridge closed after flood {number}", authors=[newsroom.author])
    newsroom.at_rest()
    with CaptureQueriesContext(connection) as captured:
        newsroom.story("Bridge opens again after flood", authors=[newsroom.author])
        newsroom.worker.press()
    asked = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))]
    assert any("library_term" in sql for sql in asked)
    plans = []
    with connection.cursor() as cursor:
        if statistics:
            cursor.execute("ANALYZE")
            # As `PRAGMA optimize` leaves them: of what is large, and nothing about sections.
            cursor.execute("UPDATE sqlite_stat1 SET stat = '1000000' || substr(stat, instr(stat || ' ', ' '))")
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl LIKE 'stories_section%'")
            cursor.execute("ANALYZE sqlite_schema")  # has them read again
        for sql in asked:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
            plans += [(step[3], sql[:300]) for step in cursor.fetchall()]
    assert [plan for plan in plans if plan[0].startswith("SCAN") and not plan[0].startswith(FEW)] == []


def test_a_publication_prints_as_many_pages_as_ever_while_maintenance_waits(newsroom: Newsroom) -> None:
    options: Any = newsroom.worker.options
    newsroom.worker.options = replace(options, hot_paths=2)
    printed = []
    for headline in ("Bridge closed", "Ferry late", "Market opens", "Harvest fails", "Choir wins", "Goats found"):
        story = newsroom.story(headline)
        newsroom.worker._press(upto=Lane.PUBLISH)  # as it does in between, while an agency's desk gets another name
        rows = Change.objects.about("story", story.pk)
        printed += [row.report["pages"] for row in rows if row.report and row.report["pages"]]
    assert len(printed) == 6 and max(printed[3:]) == printed[2], printed
    newsroom.at_rest()
    newsroom.prove()
