"""How often stories were read, decayed, and the ranking and hot set made of that at ticks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ReadCount(models.Model):
    """Reads of one story at whatever addresses it had, halved every two hours: see `readership.decay`."""

    story = models.BigIntegerField(primary_key=True)
    level = models.FloatField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-level", "-story"], name="most_read")]

    def __str__(self) -> str:
        return f"reads of story {self.story}"


class RankingRow(models.Model):
    """One place in a ranking, as made at its last tick."""

    name = models.CharField(max_length=20)
    place = models.PositiveSmallIntegerField()
    story = models.BigIntegerField()
    score = models.FloatField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "place"], name="one_story_a_place")]
        ordering: ClassVar = ["name", "place"]

    def __str__(self) -> str:
        return f"{self.name} {self.place + 1}: story {self.story}"


class HotPath(models.Model):
    """A page that is being read now, or that was published just now and is about to be."""

    path = models.CharField(max_length=300, primary_key=True)
    story = models.BigIntegerField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.path


class TakenSpool(models.Model):
    """A file of counts that was added up already: none is counted twice."""

    name = models.CharField(max_length=160, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
