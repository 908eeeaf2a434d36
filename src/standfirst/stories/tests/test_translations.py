from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from standfirst.changes.models import Change
from standfirst.kit.errors import Refused
from standfirst.stories import actions
from standfirst.stories.models import Translation
from standfirst.stories.tests.cast import Cast


def of(story) -> list[int]:
    return Translation.objects.of([story.pk])[story.pk]


def test_stories_that_say_the_same_know_each_other_and_are_looked_at(cast: Cast) -> None:
    english, french, arabic = cast.live(), cast.live("Crue", language="fr"), cast.draft("فيضان", language="ar")
    actions.link_translation(story=english, other=french, by=cast.ed)
    Change.objects.all().delete()
    actions.link_translation(story=arabic, other=french, by=cast.ed)
    assert of(english) == [french.pk, arabic.pk]
    assert of(arabic) == [english.pk, french.pk]
    assert set(Change.objects.values_list("ref", flat=True)) == {str(it.pk) for it in (english, french, arabic)}

    actions.unlink_translation(story=french, by=cast.ed)
    assert (of(english), of(french)) == ([arabic.pk], [])
    actions.unlink_translation(story=arabic, by=cast.ed)
    assert not Translation.objects.exists()


def test_what_cannot_be_a_translation_is_refused_in_a_sentence(cast: Cast) -> None:
    english, other, french = cast.live(), cast.live("Another"), cast.live("Crue", language="fr")
    with pytest.raises(Refused, match="no translation of itself"):
        actions.link_translation(story=english, other=english, by=cast.ed)
    with pytest.raises(Refused, match="both in English"):
        actions.link_translation(story=english, other=other, by=cast.ed)
    actions.link_translation(story=english, other=french, by=cast.ed)
    with pytest.raises(Refused, match="both in English"):
        actions.link_translation(story=french, other=other, by=cast.ed)
    with pytest.raises(PermissionDenied):
        actions.unlink_translation(story=english, by=cast.rita)
    with pytest.raises(Refused, match="no translation of another"):
        actions.unlink_translation(story=other, by=cast.ed)


def test_a_draft_that_is_deleted_leaves_the_others_together(cast: Cast) -> None:
    english, french = cast.live(), cast.draft("Crue", language="fr")
    actions.link_translation(story=english, other=french, by=cast.ed)
    Change.objects.all().delete()
    french.delete()
    assert of(english) == []
    assert Change.objects.filter(kind="story", ref=str(english.pk)).exists()
