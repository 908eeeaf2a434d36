"""Sources: where the files of a feed are fetched from, or by which door they come in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from standfirst.wire.models.feeds import Feed

SET_BACK = timedelta(minutes=10)
"""What was noted so far in the future was noted before the machine's clock was set back: nobody waits for that hour."""


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, now: datetime) -> SourceQuerySet:
        """Those to be fetched now that nobody fetches, the longest waiting first.

        Nothing is joined: PostgreSQL looks at an updated row once more after waiting for another's claim, but not at
        what a subquery around a join found of it before, and two would have claimed it.
        """
        return (
            self.free(now)
            .filter(active=True, stopped=False, feed__in=Feed.objects.filter(active=True))
            .filter(Q(next_at=None) | Q(next_at__lte=now) | Q(tried_at__gt=now + SET_BACK))
            .order_by(models.F("next_at").asc(nulls_first=True), "pk")
        )

    def free(self, now: datetime) -> SourceQuerySet:
        """Those that are fetched at all and that nobody fetches at the moment."""
        return self.exclude(kind=Source.Kind.PUSH).filter(
            Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + SET_BACK)
        )


class Source(models.Model):
    """One way in which the files of a feed arrive. A feed may have several, or none at all (paste, upload, commands).

    What a kind of source needs to know is its transport's business: `settings` and `secrets` are read by
    `wire.sources`, nowhere else. A lease says which process fetches it, so that no two do; it ends by itself.
    """

    class Kind(models.TextChoices):
        HTTP = "http", "Web address (RSS, Atom, any file or JSON listing)"
        AP = "ap", "AP Media API"
        AFP = "afp", "AFP Core API"
        FOLDER = "folder", "Watched folder"
        FTP = "ftp", "FTP or FTPS server"
        SFTP = "sftp", "SFTP server"
        IMAP = "imap", "Mailbox (IMAP)"
        PUSH = "push", "The agency calls us (webhook)"

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="sources")
    name = models.SlugField(max_length=80, unique=True, help_text="Short name, as commands use it, e.g. “cpa-api”.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    settings = models.JSONField(default=dict, help_text="As the transport's settings say. Never a secret.")
    secrets = models.TextField(blank=True, help_text="Encrypted; the key is a file in the newsroom's folder.")
    interval = models.PositiveIntegerField(
        "look every",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 86_400)],
        help_text="Seconds between two looks. Agencies name their least: AP and PA allow 30 to 60.",
    )
    active = models.BooleanField(default=True, help_text="Off: paused. Nothing is fetched or let in.")
    allow_private = models.BooleanField(
        "may be in our own network",
        default=False,
        help_text="Allows private and loopback addresses, e.g. 10.0.0.5. Else every one of them is refused.",
    )
    cursor = models.JSONField(default=dict, help_text="How far it was fetched: the transport's own note.")
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True, help_text="Not before. Empty: at once.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row, since it was last good.")
    stopped = models.BooleanField(default=False, help_text="No use in trying again before a person changes something.")
    tried_at = models.DateTimeField(null=True)
    good_at = models.DateTimeField(null=True, help_text="When the other side last answered as it should.")
    new_at = models.DateTimeField(null=True, help_text="When it last brought a file.")
    trouble = models.TextField(blank=True, help_text="What is wrong now and what to do, for people.")
    alerted_at = models.DateTimeField(
        null=True, help_text="When the publishers were told of the silence, till it ends."
    )
    created_at = models.DateTimeField(help_text="When it was added, or last switched on.")

    objects: ClassVar[SourceQuerySet] = SourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar = ["name"]
        indexes: ClassVar = [models.Index(fields=["next_at", "id"], name="source_next", condition=Q(active=True))]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Source {self.name} ({self.kind})>"
