"""Tables of what happened and what is due. They know departments by name only, never by foreign key."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models


class Lane(models.IntegerChoices):
    """How urgent the press's work is. Lower goes first."""

    KILL = 0, "kill"
    PUBLISH = 1, "publish"
    MAINTENANCE = 2, "maintenance"


class Seen(models.TextChoices):
    """What came of looking at a change's pages as a reader does. Empty: nothing to look at, or nobody looked."""

    DUE = "due", "to be looked at"
    GREEN = "green", "readers get it"
    RED = "red", "readers get something else"


class ChangeQuerySet(models.QuerySet["Change"]):
    def open(self) -> ChangeQuerySet:
        """Rows that the press has not finished, most urgent first."""
        return self.filter(closed_at=None).order_by("lane", "id")

    def red(self, since: datetime) -> ChangeQuerySet:
        """Rows closed after `since` of which readers get something else, kills first, then the newest."""
        return self.filter(seen=Seen.RED, closed_at__gte=since).order_by("lane", "-id")

    def about(self, kind: str, ref: str | int) -> ChangeQuerySet:
        return self.filter(kind=kind, ref=str(ref)).order_by("-id")


class Change(models.Model):
    """*Look at this*: a record that may differ from its snapshot. Written in the transaction of the change itself."""

    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=300)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.PUBLISH)
    cause = models.CharField(max_length=40, default="saved")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)
    """What the press did: {"pages": n, "removed": n, "ms": n, "surfaces": [{"name", "path", "ms"}], ...}."""

    seen = models.CharField(max_length=5, choices=Seen.choices, default="", db_default="", blank=True)
    sight = models.JSONField(null=True)
    """What readers got: {"ms": until the last page was seen, "pages": seen, "of": looked for, "via": "public" or
    "reader", "away": why the public address could not be asked, "wrong": [{"path", "what", "where"}], "at"}."""

    objects: ClassVar[models.Manager[Change]] = ChangeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["lane", "id"], name="change_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["kind", "ref", "-id"], name="change_about"),
            models.Index(fields=["closed_at"], name="change_closed"),
            # Of all rows: SQLite uses an index of some only where the statement names the very values, not parameters.
            models.Index(fields=["seen", "lane", "-id"], name="change_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.ref} ({self.get_lane_display()})"


class TickQuerySet(models.QuerySet["Tick"]):
    def due(self, at: datetime) -> TickQuerySet:
        return self.filter(applied_at=None, due__lte=at).order_by("due", "id")


class Tick(models.Model):
    """A moment that matters: the only way in which time enters a page. Applied once."""

    name = models.CharField(max_length=40)
    ref = models.CharField(max_length=300, blank=True)
    due = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Tick]] = TickQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "ref", "due"], name="tick_once")]
        indexes: ClassVar = [models.Index(fields=["due"], name="tick_due", condition=models.Q(applied_at=None))]

    def __str__(self) -> str:
        return f"{self.name} {self.ref} at {self.due:%Y-%m-%d %H:%M:%S}"


class AuditEntry(models.Model):
    """Who did what to what. Never changed, never shown to readers. `actor` is a name: people come and go."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=255)
    actor_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=300)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "ref", "-id"], name="audit_about")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.kind}:{self.ref}"
