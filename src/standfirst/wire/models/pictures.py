"""Pictures that come with wire items: wanted, fetched, and placed in stories."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import msgspec
from django.db import models

from standfirst.kit import clock
from standfirst.pictures.models import Picture
from standfirst.stories.models import Story
from standfirst.wire.item import Association
from standfirst.wire.models.items import Item, Version


class ItemPictureQuerySet(models.QuerySet["ItemPicture"]):
    def current(self) -> ItemPictureQuerySet:
        """Those that the newest version of their item brings, the lead first."""
        return self.filter(current=True).order_by("position", "id")

    def due(self, at: datetime) -> ItemPictureQuerySet:
        """Those to be fetched now, what a person waits for first, then the newest."""
        free = models.Q(claimed_until=None) | models.Q(claimed_until__lte=at)
        return self.filter(free, state=ItemPicture.State.WANTED, next_at__lte=at).order_by("-urgent", "-next_at", "-id")


class ItemPicture(models.Model):
    """A picture of an item: its own, or one beside its text. When the item is killed, so is the picture.

    Its bytes are sealed like a delivery's. It comes into the picture library (`picture`) when a story is to show it.
    """

    class State(models.TextChoices):
        WANTED = "wanted", "To come"
        FETCHED = "fetched", "Here"
        FAILED = "failed", "Could not be fetched"
        REFUSED = "refused", "Refused"
        KILLED = "killed", "Killed"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="pictures")
    picture = models.ForeignKey(Picture, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=500, blank=True, help_text="The agency's id of the picture, else its address.")
    position = models.PositiveSmallIntegerField(default=0, help_text="0: the lead.")
    current = models.BooleanField(default=True, help_text="False: the newest version no longer brings it.")
    said = models.JSONField(default=dict, help_text="What the agency says of it, as a canonical association.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    reason = models.TextField(blank=True, help_text="Why it is not here, in a sentence.")
    held_because = models.JSONField(default=list, help_text="Why only a person may place it.")
    seal = models.CharField(max_length=64, blank=True, db_index=True, help_text="SHA-256 of the bytes.")
    size = models.BigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    file_says = models.JSONField(default=dict, help_text="The metadata inside the file.")
    not_before = models.DateTimeField(null=True, help_text="It must not be shown before.")
    expires_at = models.DateTimeField(null=True, help_text="When the permission to show it ends.")
    urgent = models.BooleanField(default=False, help_text="Somebody waits for it.")
    next_at = models.DateTimeField(null=True, help_text="When it is to be fetched. Empty: when somebody asks for it.")
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[ItemPicture]] = ItemPictureQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "name"], condition=~models.Q(name=""), name="item_picture_named")
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="item_picture_due", condition=models.Q(state="wanted")),
            models.Index(fields=["name"], name="item_picture_name"),
        ]

    def __str__(self) -> str:
        return self.name or f"picture {self.position} of {self.item}"

    def told(self) -> Association:
        """What the agency says of it."""
        return msgspec.json.decode(msgspec.json.encode(self.said or {}), type=Association)

    def ended(self) -> bool:
        """True once the permission to show it has ended."""
        return self.expires_at is not None and self.expires_at <= clock.now()


class PicturePlace(models.Model):
    """A story in which an item's picture stands, or is to stand."""

    class State(models.TextChoices):
        DUE = "due", "To be placed"
        PLACED = "placed", "In the story"
        LEFT = "left", "Left to a person"

    picture = models.ForeignKey(ItemPicture, on_delete=models.CASCADE, related_name="places")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices)
    because = models.CharField(max_length=300, blank=True, help_text="Why it is not placed by itself.")
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["picture", "story"], name="picture_placed_once")]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="picture_place_due", condition=models.Q(state="due")),
        ]

    def __str__(self) -> str:
        return f"{self.picture} in {self.story}"
