"""How often pages were read, decayed, and the rankings and hot set made of that at ticks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ReadCount(models.Model):
    """Reads of one story's page, halved every few hours: `score` is what they were worth at `at`."""

    path = models.CharField(max_length=1000, primary_key=True)
    story = models.BigIntegerField(db_index=True)
    score = models.FloatField()
    at = models.DateTimeField(db_index=True)


class RankingRow(models.Model):
    """One place in a ranking, as made at its last tick."""

    name = models.CharField(max_length=20)
    place = models.PositiveSmallIntegerField()
    story = models.BigIntegerField()
    score = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "place"], name="one_story_a_place")]
        ordering: ClassVar = ["name", "place"]


class HotPath(models.Model):
    """A page that is being read now, or that was published just now and is about to be."""

    path = models.CharField(max_length=1000, primary_key=True)
    since = models.DateTimeField()


class TakenSpool(models.Model):
    """A file of counts that was added up already: none is counted twice."""

    name = models.CharField(max_length=160, primary_key=True)
    at = models.DateTimeField()
