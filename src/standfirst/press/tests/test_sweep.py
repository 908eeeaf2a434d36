"""The sweep finds what was written past every door, and leaves alone what only waits its turn."""

from __future__ import annotations

import pytest

from standfirst.changes.models import Change
from standfirst.stories.models import Story
from tests.again import again
from tests.newsroom import Newsroom, open_newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])


@pytest.fixture
def newsroom(db: None, tmp_path, settings) -> Newsroom:
    settings.MEDIA_ROOT = str(tmp_path / "private")
    return Newsroom(tmp_path, opened=again(open_newsroom))


def test_a_write_past_every_door_is_late_but_not_lost(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    Story.objects.filter(pk=story.pk).update(title="Bridge opens again")
    newsroom.at_rest()
    assert b"Bridge opens again" not in newsroom.everything()
    assert newsroom.worker.sweep() == [("story", str(story.pk))]
    assert b"Bridge opens again" in newsroom.everything()
    assert newsroom.worker.sweep() == []
    newsroom.prove()


def test_a_change_whose_row_is_open_is_not_late(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    newsroom.edit(story, title="Bridge opens again")
    assert newsroom.worker.sweep() == []
    newsroom.at_rest()
    report = next(row.report for row in Change.objects.about("story", story.pk) if row.report and row.report["pages"])
    assert report["pages"] > 1
