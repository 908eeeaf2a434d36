"""Filing for the readers' search while others publish and kill at the same instant."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from standfirst.kit import clock
from standfirst.library import asking
from standfirst.library.cuttings import TABLE
from standfirst.library.finding import Filters, find
from standfirst.library.models import Cutting
from standfirst.press import finding
from standfirst.stories import actions as stories
from standfirst.stories.models import Story
from standfirst.stories.tests.cast import Cast, open_newsroom
from standfirst.stories.tests.test_races import at_once


@pytest.fixture
def cast(transactional_db: None) -> Any:
    cast = open_newsroom()
    yield cast
    with connection.cursor() as cursor:  # no model's table, so nobody else empties it
        cursor.execute(
            f"DELETE FROM {TABLE}"
            if connection.vendor == "postgresql"
            else f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')"
        )


def found(words: str) -> tuple[int, ...]:
    return find(asking.read(words), Filters(), now=clock.now()).stories


def test_a_kill_at_the_instant_at_which_a_story_is_filed_takes_it_out(cast: Cast) -> None:
    for number in range(5):
        story = cast.live(f"Ferry {number}")

        def kill(story: Story = story) -> None:
            stories.take_down(story=Story.objects.get(pk=story.pk), kind="kill", reason="wrong", by=cast.wale)

        def file(story: Story = story) -> None:
            finding.file([story.pk])

        assert at_once(kill, file, file) == []
        assert not Cutting.objects.exists() and found("ferry") == ()
    kept = cast.live("Ferry at last")
    assert at_once(lambda: finding.file([kept.pk]), lambda: finding.file([kept.pk])) == []
    assert found("ferry") == (kept.pk,)
