"""The wire room's tables: feeds, deliveries as received, items and their versions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from standfirst.stories.models import Section, Story


class Feed(models.Model):
    """A stream of one agency's copy, and what happens with it."""

    class Mode(models.TextChoices):
        HOLD = "hold", "Hold: nobody is told, nothing is made"
        DESK = "desk", "Desk: shown on the wire list for somebody to take"
        PUBLISH = "publish", "Publish: made into a story and published"

    name = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=160)
    provider = models.CharField(
        max_length=200, blank=True, help_text="Stands for the agency in every item. Empty: as the files say."
    )
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.DESK)
    section = models.ForeignKey(Section, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    author = models.ForeignKey(
        "stories.Author", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="agency desk"
    )
    credit = models.CharField(max_length=120, blank=True, help_text="Printed when an item brings no credit line.")
    language = models.CharField(max_length=35, blank=True, help_text="Used when an item names none, e.g. “en”.")
    empty_embargo_means_none = models.BooleanField(
        default=False, help_text="This agency sends an empty embargo with ordinary copy."
    )
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """A file as it came in. Its bytes are sealed in the newsroom's folder before anything reads them."""

    class State(models.TextChoices):
        SEALED = "sealed", "Received"
        READ = "read", "Read"
        UNREADABLE = "unreadable", "Could not be read"

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="deliveries")
    file_name = models.CharField(max_length=255)
    seal = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    received_at = models.DateTimeField(db_index=True)
    transport = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SEALED)
    format = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    items_in = models.PositiveIntegerField(default=0)
    oddities = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return self.file_name


class Item(models.Model):
    """One wire item, known by its provider and the provider's id. It points at the version that counts."""

    provider = models.CharField(max_length=200)
    item_id = models.CharField(max_length=500)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="items")
    thread_key = models.CharField(max_length=500, blank=True, db_index=True)
    type = models.CharField(max_length=20)
    headline = models.CharField(max_length=500, blank=True)
    slugline = models.CharField(max_length=300, blank=True)
    urgency = models.PositiveSmallIntegerField(null=True)
    language = models.CharField(max_length=35, blank=True)
    status = models.CharField(max_length=20)
    killed_at = models.DateTimeField(null=True)
    held_because = models.JSONField(default=list)
    embargo_until = models.DateTimeField(null=True)
    embargo_open_ended = models.BooleanField(default=False)
    latest_order = models.BigIntegerField(default=0)
    first_seen = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField(db_index=True)
    dealt_with = models.BooleanField(default=False, help_text="Taken or spiked: off the waiting list.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "item_id"], name="item_once")]
        permissions: ClassVar = [("take_item", "Can take a wire item into a story")]

    def __str__(self) -> str:
        return self.headline or self.item_id


class Version(models.Model):
    """One version of an item as the agency sent it: the canonical item as JSON. Never changed."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="versions")
    order = models.BigIntegerField()
    label = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20)
    canonical = models.JSONField()
    received_at = models.DateTimeField()
    applied = models.BooleanField(default=False, help_text="False: late, lower or a repeat; it changed nothing.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "delivery", "order"], name="version_once_a_delivery")]
        indexes: ClassVar = [models.Index(fields=["item", "-order"], name="version_order")]

    def __str__(self) -> str:
        return f"{self.item} v{self.label}"


class Offer(models.Model):
    """A newer version of copy that a person has touched: shown side by side, never applied by itself."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="wire_offers")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "version"], name="offered_once")]
