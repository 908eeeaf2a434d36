"""What a story refers to, as Wagtail keeps it: where an author or a picture is used."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ReferenceIndex

from standfirst.stories.models import Author, Story, StoryAuthor
from standfirst.stories.tests.cast import Cast


def _authors(number: int) -> list[Author]:
    return [Author.objects.create(name=f"Author {place}", slug=f"author-{place}") for place in range(number)]


def _kept(story: Story) -> set[tuple[str, str]]:
    found = ReferenceIndex.objects.filter(object_id=str(story.pk), model_path__startswith="bylines")
    return set(found.values_list("content_path", "to_object_id"))


def _of(story: Story) -> set[tuple[str, str]]:
    return {
        (f"bylines.{byline.pk}.author", str(byline.author_id)) for byline in StoryAuthor.objects.filter(story=story)
    }


def test_a_story_refers_to_its_authors_however_it_is_published(cast: Cast) -> None:
    by_action = cast.live("One", authors=_authors(2))
    assert len(_kept(by_action)) == 2 and _kept(by_action) == _of(by_action)
    by_screen = cast.draft("Two", authors=list(Author.objects.all()))
    by_screen.get_latest_revision().publish(user=cast.ed)
    assert len(_kept(by_screen)) == 2 and _kept(by_screen) == _of(by_screen)


def test_a_story_refers_no_more_to_who_was_taken_off_it(cast: Cast) -> None:
    one, two = _authors(2)
    story = cast.live("One", authors=[one, two])
    story.bylines.set([byline for byline in story.bylines.all() if byline.author_id == one.pk])
    story.save_revision(user=cast.ed).publish(user=cast.ed)
    assert [to for _, to in _kept(story)] == [str(one.pk)]


def test_a_draft_of_a_story_that_is_live_changes_nothing_of_what_it_refers_to(cast: Cast) -> None:
    one, two = _authors(2)
    story = cast.live("One", authors=[one])
    story.bylines.set([StoryAuthor(author=two)])
    story.save_revision(user=cast.ed)
    assert [to for _, to in _kept(story)] == [str(one.pk)]


def test_what_a_story_refers_to_is_written_down_once_whoever_signs_it(cast: Cast) -> None:
    def statements(story: Story) -> int:
        revision = story.get_latest_revision()
        with CaptureQueriesContext(connection) as asked:
            revision.publish(user=cast.ed)
        assert sum('INTO "wagtailcore_referenceindex"' in each["sql"] for each in asked.captured_queries) == 1
        return len(asked.captured_queries)

    statements(cast.draft("Zero", authors=_authors(4)))  # what is asked once in a process
    one = statements(cast.draft("One", authors=list(Author.objects.all()[:1])))
    four = statements(cast.draft("Four", authors=list(Author.objects.all())))
    assert four <= one + 2 * 3  # of each author a look and a row
