"""Stored rows of what is related to what. Written at events, never while a page is printed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from standfirst.stories.models import Story


class StoryTerms(models.Model):
    """A story that the library knows, and the event at which it was last related."""

    story = models.OneToOneField(Story, on_delete=models.CASCADE, primary_key=True, related_name="+")
    event = models.PositiveIntegerField()
    """0: first publication; then the number of the marked update or correction."""
    published = models.DateTimeField()


class Term(models.Model):
    """One term of one story, with its weight there."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    term = models.CharField(max_length=70)
    weight = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "story"], name="term_once")]


class TermCount(models.Model):
    """How many stories have a term. The empty term counts all stories."""

    term = models.CharField(max_length=70, primary_key=True)
    stories = models.PositiveIntegerField(default=0)


class RelatedStory(models.Model):
    """`other` stands in the related list of `story`."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="related_rows")
    other = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "other"], name="related_once")]
        indexes: ClassVar = [models.Index(fields=["story", "-score", "-other"], name="related_list")]


class RelateLater(models.Model):
    """`other` would stand in the list of `story`, but enough old pages were printed for it at once."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "other"], name="relate_later_once")]
