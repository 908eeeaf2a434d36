"""Files as they came in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from standfirst.wire.models.feeds import Feed


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> DeliveryQuerySet:
        """Sealed, but not read to the end, whoever may be at it; what may ask for a takedown first."""
        return self.filter(state=Delivery.State.SEALED).order_by("-pressing", "id")

    def troubled(self) -> DeliveryQuerySet:
        """Not read, or only in part, and nobody has put them away; newest first."""
        return self.filter(trouble=True).order_by("-received_at", "-id")


class Delivery(models.Model):
    """A file as it came in. Its bytes are sealed in the newsroom's folder before anything reads them."""

    class State(models.TextChoices):
        SEALED = "sealed", "Received"
        READ = "read", "Read"
        PARTLY = "partly", "Read in part"
        UNREADABLE = "unreadable", "Could not be read"

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="deliveries")
    file_name = models.CharField(max_length=255)
    seal = models.CharField(max_length=64, help_text="SHA-256 of the bytes.")
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    transport = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SEALED)
    format = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True, help_text="What a person should know about the reading of it.")
    trouble = models.BooleanField(default=False, help_text="Stands on the wire list until somebody puts it away.")
    urgent = models.BooleanField(default=False, help_text="It seems to ask for something to be taken down.")
    attempts = models.PositiveSmallIntegerField(default=0)
    items_in = models.PositiveIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0, help_text="How many of its items were applied.")
    outcomes = models.JSONField(default=dict, help_text="What happened -> to how many items.")
    oddities = models.JSONField(default=list)
    envelope = models.JSONField(default=dict, help_text="What is known of how it came, by name.")
    pressing = models.BooleanField(
        default=False, help_text="A word in it may ask for something to be taken down: it is read before others."
    )
    claimed_by = models.CharField(max_length=40, blank=True, help_text="Which program reads it now.")
    claimed_until = models.DateTimeField(null=True, help_text="When others may take it over.")

    objects: ClassVar[models.Manager[Delivery]] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(fields=["feed", "seal"], name="delivery_again"),
            models.Index(fields=["-pressing", "id"], name="delivery_unfinished", condition=models.Q(state="sealed")),
            models.Index(fields=["-received_at", "-id"], name="delivery_trouble", condition=models.Q(trouble=True)),
        ]

    def __str__(self) -> str:
        return self.file_name


class DeliveryPart(models.Model):
    """A file that came in with a delivery: a picture beside a text, an attachment of a message. Sealed like it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=255, help_text="As the delivery calls it: a file name or a content id.")
    seal = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the bytes.")
    size = models.BigIntegerField()
    mime = models.CharField(max_length=100, blank=True, help_text="As declared; nothing trusts it.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["delivery", "name"], name="delivery_part_once")]

    def __str__(self) -> str:
        return self.name


class Listing(models.Model):
    """What a source offered when it was last read, newest first as it says: to see what was taken off it."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="listings")
    source = models.CharField(max_length=300, blank=True, help_text="Of several that one feed is read from.")
    names = models.JSONField(default=list, help_text="Ids of items, in the source's order.")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["feed", "source"], name="listing_once")]

    def __str__(self) -> str:
        return f"{self.feed} {self.source}".strip()
