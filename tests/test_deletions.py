"""What is left when something goes that other things stand on: nothing that readers get is wrong, or it may not go."""

from __future__ import annotations

import pytest
from django.db.models import ProtectedError

from standfirst.desk import actions as desk
from standfirst.desk import board
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Section, Story, Topic
from standfirst.wire.models import Feed
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])


def page(newsroom: Newsroom, where: Story | str) -> str:
    """What readers get at a story's address, or at a path; empty where there is nothing."""
    path = where if isinstance(where, str) else Address.objects.current().get(story=where).path
    return newsroom.output().get(f"pages{path}index.html", b"").decode()


def test_a_picture_leaves_every_page_that_showed_it(newsroom: Newsroom) -> None:
    picture = newsroom.picture()
    newsroom.author.picture = picture
    newsroom.author.save()
    lead = newsroom.story("Ships wait outside", lead_picture=picture)
    inside = newsroom.story("Cranes stand idle", body=[("picture", {"picture": picture, "caption": ""})])
    newsroom.at_rest()
    assert all("<img" in page(newsroom, story) for story in (lead, inside))

    Picture.objects.get(pk=picture.pk).delete()
    newsroom.at_rest()
    assert not any("<img" in page(newsroom, story) for story in (lead, inside))
    newsroom.prove()


def test_a_pictures_own_caption_is_printed_as_it_is_now(newsroom: Newsroom) -> None:
    picture = newsroom.picture(caption="The harbour in November.")
    story = newsroom.story("Ships wait outside", lead_picture=picture)
    newsroom.at_rest()
    assert "The harbour in November." in page(newsroom, story)

    picture.caption = "The harbour in December."
    picture.save()
    newsroom.at_rest()
    assert "The harbour in December." in page(newsroom, story)
    newsroom.prove()


def test_a_topic_leaves_the_stories_that_it_was_on(newsroom: Newsroom) -> None:
    topic = Topic.objects.create(name="Harbours", slug="harbours")
    story = newsroom.story("Ships wait outside", topics=[topic])
    newsroom.at_rest()
    assert "Harbours" in page(newsroom, story)

    topic.delete()
    newsroom.at_rest()
    assert "Harbours" not in page(newsroom, story)
    newsroom.prove()


def test_a_section_that_was_never_used_leaves_the_stories_that_it_listed_and_takes_its_slots_along(
    newsroom: Newsroom,
) -> None:
    culture = stories.open_section(parent=Section.objects.get(pk=newsroom.front.pk), name="Culture", slug="culture")
    story = newsroom.story("Ships wait outside", further_sections=[culture])
    desk.put(section=culture, position=1, story=story, by=newsroom.editor)
    newsroom.at_rest()
    assert "Ships wait outside" in page(newsroom, "/culture/")

    Section.objects.get(pk=culture.pk).delete()
    newsroom.at_rest()
    assert not page(newsroom, "/culture/")
    newsroom.prove()


def test_what_carries_published_copy_cannot_go(newsroom: Newsroom) -> None:
    story = newsroom.story("Ships wait outside", authors=[newsroom.author])
    with pytest.raises(ProtectedError):
        Story.objects.get(pk=story.pk).delete()
    with pytest.raises(ProtectedError):
        Section.objects.get(pk=newsroom.world.pk).delete()
    with pytest.raises(ProtectedError):
        newsroom.author.delete()
    killed = newsroom.story("Cranes stand idle", live=False)
    stories.take_down(story=killed, kind="kill", reason="Wrong.", by=newsroom.editor)
    with pytest.raises(ProtectedError):
        Story.objects.get(pk=killed.pk).delete()


def test_a_person_who_leaves_takes_nothing_along(newsroom: Newsroom) -> None:
    story = newsroom.story("Ships wait outside")
    note = stories.correct(story=story, kind="correction", text="It was Tuesday.", by=newsroom.editor)
    desk.put(section=newsroom.front, position=1, story=story, by=newsroom.editor)
    taken = stories.take_down(
        story=newsroom.story("Cranes stand idle"), kind="kill", reason="Wrong.", by=newsroom.editor
    )
    newsroom.editor.delete()
    newsroom.at_rest()
    note.refresh_from_db()
    taken.refresh_from_db()
    assert note.text == "It was Tuesday." and taken.by == "Alice" and Story.objects.get(pk=story.pk).live
    assert "It was Tuesday." in page(newsroom, story)
    newsroom.prove()


def test_a_feed_goes_only_while_nothing_came_in_by_it(newsroom: Newsroom) -> None:
    from standfirst.wire import actions as wire

    feed = Feed.objects.create(name="cpa", title="CPA", section=newsroom.world, author=newsroom.author)
    newsroom.author.delete()
    feed.refresh_from_db()
    assert feed.author is None
    wire.take_in(feed=feed, data=b"no news at all", file_name="odd.txt")
    with pytest.raises(ProtectedError):
        feed.delete()
    empty = Feed.objects.create(name="cpa-2", title="CPA 2")
    empty.delete()


def test_the_desk_is_told_where_a_story_that_was_killed_still_stands(newsroom: Newsroom) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    assert {"/", "/news/world/"} < set(board.still_showing(story.pk))
    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.editor)
    assert "/" in board.still_showing(story.pk)
    newsroom.at_rest()
    assert board.still_showing(story.pk) == []
