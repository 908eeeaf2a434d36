"""What the wire's screen keeps: the index it searches, views that people saved, alarms, and people's habits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from standfirst.wire.models.items import Item, Version


class Found(models.Model):
    """Which version of an item the full text index holds. Its key is the version's: newer copy has a greater one.

    The words themselves are in the table `wire_words`, which `searching` writes and reads: FTS5 on SQLite, a tsvector
    on PostgreSQL.
    """

    version = models.OneToOneField(Version, primary_key=True, on_delete=models.CASCADE, related_name="found")
    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="found")

    def __str__(self) -> str:
        return f"words of version {self.version_id}"


class Facet(models.Model):
    """A subject or a place by which the wire can be filtered, with the word that stands for it in the index."""

    class Kind(models.TextChoices):
        SUBJECT = "subject", "Subject"
        PLACE = "place", "Place"
        LANGUAGE = "language", "Language"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    token = models.CharField(max_length=24, unique=True)
    label = models.CharField(max_length=120, help_text="As an agency first wrote it.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "label"], name="facet_label")]

    def __str__(self) -> str:
        return self.label


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def for_person(self, user: Any) -> SavedViewQuerySet:
        """Their own, and those that colleagues share."""
        return self.filter(models.Q(owner=user) | models.Q(shared=True)).select_related("owner").order_by("name", "id")


class SavedView(models.Model):
    """A way of looking at the wire that somebody gave a name: the filters as they stand in the address."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wire_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="As in the address, e.g. “feed=cpa-world&urgency=3”.")
    shared = models.BooleanField(default=False, help_text="Colleagues see it too.")

    objects: ClassVar[models.Manager[SavedView]] = SavedViewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> AlarmQuerySet:
        """Those that nobody has acknowledged, newest first."""
        return self.filter(acknowledged_at=None).order_by("-at", "-id")


class Alarm(models.Model):
    """An agency took copy back. It stands on every screen of the newsroom until somebody has said that they saw it."""

    class Kind(models.TextChoices):
        KILL = "kill", "Killed"
        WITHHOLD = "withhold", "Withheld"

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=1000)
    stories = models.JSONField(default=list, help_text="What was taken down: id, title, and whether it was live.")
    at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=255, blank=True)

    objects: ClassVar[models.Manager[Alarm]] = AlarmQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="alarm_open", condition=models.Q(acknowledged_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.item}"


class Habits(models.Model):
    """How one person works with the wire."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="wire_habits"
    )
    sound = models.BooleanField(
        "sound an alarm when an agency kills or withholds copy",
        default=False,
        help_text="On any screen of the newsroom. Browsers allow it once you have clicked somewhere in the page.",
    )

    def __str__(self) -> str:
        return f"habits of {self.user_id}"
