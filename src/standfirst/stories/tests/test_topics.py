from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from standfirst.changes.models import Change
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions
from standfirst.stories.models import Author, NewsWindow, Publication, Topic
from standfirst.stories.tests.cast import Cast


def test_a_new_name_moves_nothing_and_a_new_slug_is_remembered(cast: Cast) -> None:
    topic = Topic.objects.create(name="Floods", slug="floods")
    topic.name = "High water"
    topic.save()
    assert topic.path == "/topics/floods/"
    topic.slug = "high-water"
    topic.save()
    topic.slug = "floods"
    topic.save()
    assert sorted(topic.slugs.values_list("slug", flat=True)) == ["floods", "high-water"]


@pytest.mark.parametrize("model", [Topic, Author])
def test_nobody_gets_an_address_that_leads_to_another(cast: Cast, model) -> None:
    first = model.objects.create(name="The first", slug="first")
    first.slug = "later"
    first.save()
    other = model(name="The other", slug="first")
    with pytest.raises(ValidationError, match="leads to “The first”"):
        other.full_clean()
    with pytest.raises(Refused, match="leads to “The first”"):
        other.save()
    assert model.objects.filter(slug="first").count() == 0


def test_every_change_of_a_topic_is_looked_at_and_none_of_its_stories_for_a_name(cast: Cast) -> None:
    topic = Topic.objects.create(name="Floods", slug="floods")
    story = cast.live(topics=[topic])
    Change.objects.all().delete()
    topic.name = "High water"
    topic.save()
    assert set(Change.objects.values_list("kind", "ref")) == {("topic", str(topic.pk))}
    pk = topic.pk
    topic.delete()
    assert {("topic", str(pk)), ("story", str(story.pk))} <= set(Change.objects.values_list("kind", "ref"))


def test_stories_are_numbered_within_their_month_once(cast: Cast) -> None:
    published = [cast.live(f"Story {number}") for number in range(3)]
    numbers = [Publication.objects.get(story=story).number for story in published]
    assert numbers == [0, 1, 2]
    published[0].get_latest_revision().publish(user=cast.ed)
    assert Publication.objects.get(story=published[0]).number == 0


def test_news_is_what_is_two_days_old_at_most(cast: Cast) -> None:
    now = clock.now()
    actions.pass_news(now)
    assert NewsWindow.objects.get(name="news").since == now - actions.NEWS
    assert Change.objects.filter(kind="window", ref="news").exists()
