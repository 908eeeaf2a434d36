"""Stored rows of what is related to what. Written at events, never while a page is printed.

The rows name stories without the database's own foreign keys: a story that was ever published is never deleted, and a
kill, which holds its story's row, must not wait for locks that such keys take. Wagtail's index of references leaves
these tables out: it would look at every row that is written or deleted.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from standfirst.stories.models import Story


def _story(**options: Any) -> Any:
    return models.ForeignKey(Story, on_delete=models.CASCADE, db_constraint=False, related_name="+", **options)


class StoryTerms(models.Model):
    """A story that the library knows, and the event at which it was last related."""

    story = models.OneToOneField(
        Story, on_delete=models.CASCADE, db_constraint=False, primary_key=True, related_name="+"
    )
    event = models.PositiveIntegerField()
    """0: first publication; then the number of the marked update or correction."""
    published = models.DateTimeField()

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"terms of story {self.story_id} at event {self.event}"


class Term(models.Model):
    """One term of one story, with its weight there."""

    story = _story()
    term = models.CharField(max_length=70)
    weight = models.FloatField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "story"], name="term_once")]

    def __str__(self) -> str:
        return self.term


class TermCount(models.Model):
    """How many stories have a term. The empty term counts all stories; whoever relates stories locks its row."""

    term = models.CharField(max_length=70, primary_key=True)
    stories = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.term or 'all'}: {self.stories}"


class RelatedStory(models.Model):
    """`other` stands in the related list of `story`."""

    story = _story(db_index=False)
    other = _story()
    score = models.FloatField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "other"], name="related_once")]

    def __str__(self) -> str:
        return f"{self.other_id} in the list of {self.story_id}"


class RelateLater(models.Model):
    """The place of `other` in the list of `story` is to be decided; at its event enough old pages were printed."""

    story = _story(db_index=False)
    other = _story()
    score = models.FloatField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "other"], name="relate_later_once")]

    def __str__(self) -> str:
        return f"{self.other_id} for the list of {self.story_id}"


class Cutting(models.Model):
    """A live story as the readers' search knows it (`library.cuttings`)."""

    story = models.OneToOneField(
        Story, on_delete=models.CASCADE, db_constraint=False, primary_key=True, related_name="+"
    )
    place = models.BigIntegerField(unique=True)
    """Where its words stand in the index: greater for what was published later."""
    published = models.DateTimeField()
    digest = models.BigIntegerField()
    """Of what is filed, and of the rules by which it is: another one means that it must be filed again."""
    rules = models.PositiveSmallIntegerField(db_index=True)
    """The version of these rules."""
    language = models.CharField(max_length=35, db_index=True)
    filed_at = models.DateTimeField(db_index=True)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"story {self.story_id} in the readers' search"


class CuttingText(models.Model):
    """The words of a cutting: `head` for putting what was found in order, one line a part of the story, each word
    between spaces."""

    story = models.OneToOneField(
        Story, on_delete=models.CASCADE, db_constraint=False, primary_key=True, related_name="+"
    )
    head = models.TextField()
    words = models.BinaryField(null=True)
    """On SQLite all of them, packed: its index forgets an entry only if it is told the old words again."""

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return f"words of story {self.story_id}"
