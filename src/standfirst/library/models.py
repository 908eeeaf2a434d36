"""Stored rows of what is related to what. Written at events, never while a page is printed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from standfirst.stories.models import Story


class StoryTerms(models.Model):
    """The words and topics by which a published story is found, as they were at its last event."""

    story = models.OneToOneField(Story, on_delete=models.CASCADE, primary_key=True, related_name="+")
    event = models.PositiveIntegerField()
    """Number of the event (0: first publication, then each marked update) at which related lists were made."""


class Term(models.Model):
    """One term of one story, with its weight there."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    term = models.CharField(max_length=80)
    weight = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "story"], name="term_once")]


class RelatedStory(models.Model):
    """`other` stands in the related list of `story`. At most ten a story, and no story in more than a hundred lists."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="related_rows")
    other = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "other"], name="related_once")]
        indexes: ClassVar = [models.Index(fields=["story", "-score"], name="related_list")]
