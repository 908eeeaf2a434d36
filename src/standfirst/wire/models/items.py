"""Wire items, their versions and names, and offers of newer copy."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from django.db import models

from standfirst.stories.models import Story
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import decode
from standfirst.wire.models.deliveries import Delivery
from standfirst.wire.models.feeds import Feed
from standfirst.wire.models.rules import Rule
from standfirst.wire.models.threads import Thread


class ItemQuerySet(models.QuerySet["Item"]):
    def newest(self) -> ItemQuerySet:
        return self.order_by("-changed_at", "-id")

    def waiting(self) -> ItemQuerySet:
        """Those that somebody should take or spike."""
        return self.filter(place=Item.Place.WAITING)

    def lettered(self, words: str) -> ItemQuerySet:
        """Those whose headline or slugline holds each of `words`, or whose id is `words`."""
        found = models.Q()
        for word in words.split()[:8]:
            found &= models.Q(headline__icontains=word) | models.Q(slugline__icontains=word)
        return self.filter(found | models.Q(item_id=words.strip()))


class Item(models.Model):
    """One wire item, known by its provider and the provider's id, as its newest version says it is."""

    class Place(models.TextChoices):
        STORED = "stored", "Stored"
        WAITING = "waiting", "Waiting"
        HOLD = "hold", "On hold"
        TAKEN = "taken", "Taken"
        SPIKED = "spiked", "Spiked"
        DOWN = "down", "Taken down"

    provider = models.CharField(max_length=200)
    item_id = models.CharField(max_length=500)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="items")
    thread_key = models.CharField(max_length=500, blank=True, db_index=True)
    thread = models.ForeignKey(
        Thread, null=True, on_delete=models.SET_NULL, related_name="items", db_index=False, help_text="See `families`."
    )
    rule = models.ForeignKey(
        Rule, null=True, on_delete=models.SET_NULL, related_name="items", db_index=False, help_text="Which one decided."
    )
    decided = models.CharField(max_length=500, blank=True, help_text="Why what happened with it did, in words.")
    type = models.CharField(max_length=20)
    headline = models.CharField(max_length=500, blank=True)
    slugline = models.CharField(max_length=300, blank=True)
    urgency = models.PositiveSmallIntegerField(null=True)
    language = models.CharField(max_length=35, blank=True)
    status = models.CharField(max_length=20)
    marks = models.JSONField(default=list, help_text="What the agency marked the newest version as, e.g. “update”.")
    version_label = models.CharField(max_length=100, blank=True)
    versions_in = models.PositiveIntegerField(default=0)
    latest_order = models.BigIntegerField(default=0)
    killed_at = models.DateTimeField(null=True, help_text="A cancellation, of whatever version, holds for all.")
    withheld_at = models.DateTimeField(null=True)
    held_because = models.JSONField(default=list, help_text="Why nothing happens with it by itself.")
    urgent = models.BooleanField(default=False, help_text="Somebody must decide about it at once.")
    test = models.BooleanField(default=False)
    take = models.PositiveSmallIntegerField(null=True, help_text="Which take of a text in several takes it is.")
    expires_at = models.DateTimeField(null=True, help_text="When the agency's permission to show it ends.")
    terms_ended_at = models.DateTimeField(null=True, help_text="Stories of it were taken down because they ended.")
    gone_at = models.DateTimeField(null=True, help_text="When the agency's listing stopped naming it: that is no kill.")
    embargo_until = models.DateTimeField(null=True, help_text="The latest embargo of any version.")
    embargo_open_ended = models.BooleanField(default=False)
    first_seen = models.DateTimeField()
    changed_at = models.DateTimeField()
    place = models.CharField(max_length=10, choices=Place.choices, default=Place.STORED)
    hold_by = models.CharField(max_length=255, blank=True, help_text="Who put it on hold.")
    hold_why = models.CharField(max_length=300, blank=True)
    hold_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Item]] = ItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "item_id"], name="item_once")]
        permissions: ClassVar = [("take_item", "Can take a wire item into a story")]
        indexes: ClassVar = [
            models.Index(fields=["-changed_at", "-id"], name="item_newest"),
            models.Index(fields=["place", "-changed_at", "-id"], name="item_place"),
            models.Index(fields=["feed", "-changed_at", "-id"], name="item_of_feed"),
            models.Index(fields=["thread", "-changed_at", "-id"], name="item_of_thread"),
            models.Index(fields=["-changed_at", "-id"], name="item_urgent", condition=models.Q(urgent=True)),
            models.Index(fields=["rule", "-changed_at"], name="item_by_rule", condition=models.Q(rule__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.headline or self.slugline or self.item_id

    def newest_version(self) -> Version | None:
        """The version that counts: of the highest order, and of several the last that changed something."""
        return self.versions.order_by("-order", "-applied", "-id").first()


class Version(models.Model):
    """One version of an item as the agency sent it: the canonical item as JSON. Never changed."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="versions")
    order = models.BigIntegerField()
    label = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20)
    digest = models.BigIntegerField(help_text="Tells two contents apart: the same version sent again is one row.")
    canonical = models.JSONField()
    received_at = models.DateTimeField()
    applied = models.BooleanField(default=False, help_text="False: late or lower; it changed nothing.")
    waits_for = models.CharField(
        max_length=100, blank=True, help_text="Label of the version that it changes in places, and that is not here."
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "order", "digest"], name="version_once")]
        indexes: ClassVar = [
            models.Index(fields=["item", "-order", "-id"], name="version_order"),
            models.Index(fields=["item"], name="version_waits", condition=~models.Q(waits_for="")),
        ]

    def __str__(self) -> str:
        return f"{self.item} v{self.label or self.order}"

    def read(self) -> CanonicalItem:
        """The canonical item."""
        return decode(msgspec.json.encode(self.canonical))


class OfferQuerySet(models.QuerySet[Any]):
    def open(self) -> OfferQuerySet:
        """Those that nobody has settled, newest first."""
        return self.filter(settled_at=None).order_by("-at", "-id")


class Offer(models.Model):
    """A newer version of copy that became a story: shown side by side, never applied by itself."""

    class Settled(models.TextChoices):
        APPLIED = "applied", "Put into the draft"
        KEPT = "kept", "Ours was kept"
        OVERTAKEN = "overtaken", "A newer version came"

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="wire_offers")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="offers")
    because = models.CharField(max_length=300, help_text="Why it was not applied by itself.")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled = models.CharField(max_length=12, blank=True, choices=Settled.choices)
    settled_by = models.CharField(max_length=255, blank=True)

    objects: ClassVar[models.Manager[Offer]] = OfferQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["story", "version"], name="offered_once")]
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="offer_open", condition=models.Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.version} for {self.story}"


class ItemName(models.Model):
    """Another name by which the agency may call an item, e.g. a service number. A kill may name only this."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="names")
    provider = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    at = models.DateTimeField(help_text="When it was so called: service numbers are used again.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "name"], name="item_name_once")]
        indexes: ClassVar = [models.Index(fields=["provider", "name", "-at"], name="item_by_name")]

    def __str__(self) -> str:
        return self.name
