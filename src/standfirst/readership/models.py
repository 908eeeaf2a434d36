"""How often pages were read, decayed, and the rankings and hot set made of that at ticks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ReadCount(models.Model):
    """Reads of one path, halved every few hours: `score` as of `at`."""

    path = models.CharField(max_length=700, primary_key=True)
    story = models.BigIntegerField(null=True)
    score = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at"], name="read_latest")]


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
    """A page that is being read now. At most as many rows as the option allows."""

    path = models.CharField(max_length=700, primary_key=True)


class TakenSpool(models.Model):
    """Names of count files that were added up already, so that none is counted twice."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
