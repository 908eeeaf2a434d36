"""What agencies say about items other than the one that says it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from standfirst.wire.models.items import Item


class DirectiveQuerySet(models.QuerySet["Directive"]):
    def open(self) -> DirectiveQuerySet:
        """Those that a person must decide about: nothing was found that they are sure to mean. Newest first."""
        return self.filter(settled_at=None).order_by("-at", "-id")

    def to_ask(self, now: datetime) -> DirectiveQuerySet:
        """Open ones that people are to be mailed about by now, and were not. The first first."""
        return self.filter(settled_at=None, ask_at__lte=now).order_by("ask_at", "id")


class Directive(models.Model):
    """An order to take another item back, e.g. "kill a0101", or earlier versions of the item that says it.

    An exact one holds for whatever item bears the name, also one that comes in later.
    """

    class Settled(models.TextChoices):
        APPLIED = "applied", "Applied"
        PUT_AWAY = "put away", "Put away"

    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="directives", help_text="The one that says it."
    )
    provider = models.CharField(max_length=200)
    status = models.CharField(max_length=20, help_text="“canceled” or “withheld”.")
    target = models.CharField(max_length=500, blank=True, help_text="As the agency names it. Empty: only in words.")
    before = models.BigIntegerField(null=True, help_text="Only versions below this order. Empty: all.")
    exact = models.BooleanField(default=False, help_text="The format has a place for it; it was not read out of text.")
    said = models.TextField(blank=True)
    at = models.DateTimeField()
    ask_at = models.DateTimeField(
        null=True, help_text="When people are mailed, if it is open then. Empty: they were, or it needed none."
    )
    settled_at = models.DateTimeField(null=True)
    settled = models.CharField(max_length=12, blank=True, choices=Settled.choices)
    settled_by = models.CharField(max_length=255, blank=True)

    objects: ClassVar[models.Manager[Directive]] = DirectiveQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["provider", "target"], name="directive_target"),
            models.Index(fields=["-at", "-id"], name="directive_open", condition=models.Q(settled_at=None)),
            models.Index(
                fields=["ask_at", "id"],
                name="directive_to_ask",
                condition=models.Q(settled_at=None, ask_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target or 'something'} is {self.status}, says {self.item}"
