"""What others may be given of an agency's copy: by its feed, by its own terms, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from standfirst.changes.models import AuditEntry, Change, Lane, Tick
from standfirst.stories.models import Onward, Origin, Story
from standfirst.wire import actions, onward
from standfirst.wire.models import Feed
from standfirst.wire.tests.agency import Desk, desk, words

the_terms_decide = pytest.mark.deep_on_postgresql("The terms decide, and one setting is tried on each database.")

__all__ = ["desk"]


def of(story: Story) -> list[str]:
    return [origin.may_go_onward() for origin in story.origins.all()]


def test_headline_and_standfirst_go_onward_until_the_desk_says_otherwise(desk: Desk) -> None:
    desk.say()
    assert of(desk.story()) == [Onward.SUMMARY]
    Feed.objects.update(onward=Onward.FULL)
    desk.say("ferry", headline="Ferry runs again", feed=Feed.objects.get(pk=desk.published.pk))
    assert of(Story.objects.get(title="Ferry runs again")) == [Onward.FULL]


@the_terms_decide
@pytest.mark.parametrize(
    ("terms", "held_back"),
    [
        (("NO SYNDICATION.",), True),
        (("Editorial use only", "Keine Weitergabe an Dritte!"), True),
        (("Rediffusion interdite",), True),
        (("Syndication desk: +1 555 0100",), False),
        (("Editorial use only. No archives.",), False),
        ((), False),
    ],
)
def test_copy_whose_own_terms_forbid_it_goes_no_further_whatever_the_feed_says(
    desk: Desk, terms: tuple[str, ...], held_back: bool
) -> None:
    Feed.objects.update(onward=Onward.FULL)
    desk.say(usage_terms=terms, feed=Feed.objects.get(pk=desk.published.pk))
    assert of(desk.story()) == [Onward.SUMMARY if held_back else Onward.FULL]


def test_a_new_setting_holds_for_the_stories_that_are_there_and_for_their_copies(desk: Desk) -> None:
    desk.say()
    desk.say("other", headline="Of another agency", feed=desk.waiting)
    story = desk.story()
    copy = story.copy(keep_live=False, user=desk.editor)
    Change.objects.all().delete()
    client = desk_of(desk)
    url = reverse("wire_feeds:edit", args=[desk.published.pk])
    fields = {"title": "CPA live", "name": "cpa-live", "mode": "publish", "section": desk.world.pk, "active": "on"}
    page = client.get(url).content.decode()
    assert "Passed on to others" in page and "Headline and standfirst" in page
    answer = client.post(url, {**fields, "provider": "cpa-live", "onward": "none", "archive_days": ""})
    assert answer.status_code == 302
    assert set(Origin.objects.filter(story__in=(story, copy)).values_list("onward", flat=True)) == {"none"}
    assert list(Change.objects.values_list("kind", "ref", "lane")) == [
        (onward.FEED, str(desk.published.pk), Lane.MAINTENANCE)
    ]
    assert set(onward.stories_of_feed(desk.published.pk)) == {story.pk, copy.pk}
    assert set(onward.stories_of_feed(desk.waiting.pk)) == set()
    assert AuditEntry.objects.filter(verb="set what is passed on of", ref=str(desk.published.pk)).exists()
    Change.objects.all().delete()
    assert onward.set_for(feed=Feed.objects.get(pk=desk.published.pk), by=desk.editor) == 0
    assert not Change.objects.exists()


def desk_of(desk: Desk):
    from django.test import Client

    client = Client()
    client.force_login(desk.wire_editor)
    return client


def test_where_no_archive_is_allowed_stories_come_down_after_so_many_days(desk: Desk) -> None:
    Feed.objects.update(archive_days=30)
    feed = Feed.objects.get(pk=desk.published.pk)
    desk.say(feed=feed)
    item = desk.known()
    assert item.expires_at == item.first_seen + timedelta(days=30)
    assert Tick.objects.filter(name=actions.TERMS_END, ref=str(item.pk), due=item.expires_at).exists()
    assert words(desk.story())
    # What the copy says itself goes first.
    said = item.first_seen + timedelta(days=3)
    desk.say("ferry", headline="Ferry runs again", feed=feed, expires=said)
    assert desk.known("ferry").expires_at == said
