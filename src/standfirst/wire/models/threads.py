"""Threads: wire items on one story, whoever sent them and under whatever identifiers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ThreadQuerySet(models.QuerySet["Thread"]):
    def standing(self) -> ThreadQuerySet:
        """Those that were not joined to another."""
        return self.filter(into=None)


class Thread(models.Model):
    """All items on one story: updates under new ids, several agencies' copy, takes and pictures."""

    headline = models.CharField(max_length=500, blank=True, help_text="Of its newest text.")
    headline_at = models.DateTimeField(null=True, help_text="When the agency wrote that text.")
    language = models.CharField(max_length=35, blank=True, help_text="Of the headline.")
    first_at = models.DateTimeField(help_text="When its first item was written, as far as agencies say.")
    last_at = models.DateTimeField(help_text="When its newest version was written.")
    count = models.PositiveIntegerField(default=0, help_text="How many items it has.")
    into = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.CASCADE,
        related_name="joined",
        help_text="The thread that it was joined to; its old address leads there.",
    )

    objects: ClassVar[models.Manager[Thread]] = ThreadQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-last_at", "-id"], name="thread_newest", condition=models.Q(into=None)),
        ]

    def __str__(self) -> str:
        return self.headline or f"Thread {self.pk}"


class Parting(models.Model):
    """Two threads that somebody took apart: nothing but a person joins them again."""

    low = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="+", help_text="Has the smaller id.")
    high = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=255)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["low", "high"], name="parted_once")]

    def __str__(self) -> str:
        return f"{self.low_id} is not {self.high_id}"
