"""Pictures, their kills, and documents. Image and document models are our own from the first migration on: they cannot
be swapped later.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar

from django.db import models, transaction
from modelsearch import index
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, get_upload_to

from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.pictures import source_types
from standfirst.pictures.fields import PictureField, SealField, TintField

_FREE = re.compile(r"(cc ?0|cc[ -]by(-sa)?|public domain|pdm)\b(?!-[a-z])", re.IGNORECASE)
"""Licences under which anybody may pass a picture on, with its credit."""


class Picture(AbstractImage):
    """A picture with its rights. Nothing of it is public until a published page shows it."""

    file = PictureField("file", upload_to=get_upload_to, width_field="width", height_field="height")
    alt = models.CharField(
        "alternative text",
        max_length=400,
        blank=True,
        help_text="What a reader who cannot see the picture needs to know.",
    )
    caption = models.TextField(blank=True, help_text="Used when a story brings no caption of its own.")
    credit = models.CharField(max_length=200, blank=True, help_text="As printed, e.g. “Ama Owusu/CPA”.")
    holder = models.CharField("rights holder", max_length=200, blank=True)
    licence = models.CharField(max_length=200, blank=True, help_text="E.g. “Agency subscription”, “CC BY 4.0”.")
    territory = models.CharField(max_length=200, blank=True, help_text="Where it may be shown. Empty: everywhere.")
    terms = models.TextField("usage terms", blank=True)
    expires_at = models.DateTimeField(
        "rights end", null=True, blank=True, help_text="From then on no page shows the picture."
    )
    place = models.CharField(max_length=200, blank=True, help_text="Where it was taken, e.g. “Lagos, Nigeria”.")
    taken_on = models.DateField("taken on", null=True, blank=True)
    instructions = models.TextField(
        blank=True, help_text="What its maker or agency tells editors. For colleagues. Never published."
    )
    digital_source = models.CharField(
        "how it was made",
        max_length=60,
        blank=True,
        help_text="IPTC's digital source type, e.g. “digitalCapture”, “trainedAlgorithmicMedia”. For colleagues.",
    )
    killed_at = models.DateTimeField(null=True, editable=False)
    """As `PictureKill` says, written with it; what asks whether a picture may be shown needs no second table."""
    seal = SealField(of="file", default="", db_index=True)
    tint = TintField(of="file")

    press_lane: Lane = Lane.PUBLISH
    """How urgent the next save is to the press. Not stored."""

    admin_form_fields: ClassVar[tuple[str, ...]] = (
        "title",
        "file",
        "alt",
        "caption",
        "credit",
        "holder",
        "licence",
        "territory",
        "terms",
        "expires_at",
        "place",
        "taken_on",
        "instructions",
        "digital_source",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )
    search_fields: ClassVar[list[Any]] = [
        *AbstractImage.search_fields,
        index.SearchField("alt"),
        index.SearchField("caption"),
        index.SearchField("credit"),
    ]

    class Meta(AbstractImage.Meta):
        verbose_name = "picture"
        permissions: ClassVar = [
            ("choose_picture", "Can choose picture"),
            ("kill_picture", "Can kill a picture"),
            ("restore_picture", "Can undo the kill of a picture"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="picture_without_tint", condition=models.Q(tint=None)),
        ]

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in a transaction, so that the change row commits with the picture."""
        super().save(*args, **kwargs)

    @property
    def default_alt_text(self) -> str:
        return self.alt

    def usable(self, at: datetime) -> bool:
        """True while rights last and nobody has killed the picture."""
        return self.killed_at is None and (self.expires_at is None or at < self.expires_at)

    def may_go_onward(self) -> bool:
        """True if partners may be given it, too: nothing noted of its rights binds it to our own pages.

        A licence does, unless it is one that lets everybody pass a picture on: pictures that came with agency copy have
        their agency's.
        """
        bound = self.terms.strip() or self.territory.strip()
        return not bound and (not self.licence.strip() or _FREE.match(self.licence.strip()) is not None)

    @property
    def ended(self) -> bool:
        """True once its rights have ended."""
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def made_by(self) -> str:
        """A note to the desk where a machine made the picture, or a part of it; "" else."""
        return source_types.note(self.digital_source)

    @property
    def kill(self) -> PictureKill | None:
        """The kill that stands against it, or against the same bytes."""
        return PictureKill.objects.against(self).order_by("-id").first() if self.killed_at else None


class PictureKillQuerySet(models.QuerySet["PictureKill"]):
    def standing(self) -> PictureKillQuerySet:
        """Those that nobody has undone."""
        return self.filter(undone_at=None)

    def against(self, picture: Picture) -> PictureKillQuerySet:
        """Those that stand against `picture` or against its bytes under whatever name."""
        found = models.Q(picture_id=picture.pk)
        if picture.seal:
            found |= models.Q(seal=picture.seal)
        return self.standing().filter(found)


class PictureKill(models.Model):
    """A kill: a picture that must not be shown, whoever brings the same bytes again. It outlives the picture's row."""

    picture = models.ForeignKey(Picture, null=True, on_delete=models.SET_NULL, related_name="kills")
    seal = models.CharField(max_length=64, blank=True, db_index=True, help_text="SHA-256 of the bytes.")
    reason = models.TextField(help_text="For colleagues. Never published.")
    agency = models.CharField(max_length=200, blank=True, help_text="Who asked for it. Empty: our own decision.")
    ref = models.CharField(max_length=80, blank=True, db_index=True, help_text="What it came with, e.g. “item:12”.")
    at = models.DateTimeField()
    by = models.CharField(max_length=255)
    by_id_of_user = models.BigIntegerField(null=True)
    agreed_at = models.DateTimeField(null=True, help_text="When the agency's own kill was released.")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=255, blank=True)
    undone_because = models.TextField(blank=True)

    objects: ClassVar[models.Manager[PictureKill]] = PictureKillQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["seal"], name="picture_kill_standing", condition=models.Q(undone_at=None)),
        ]

    def __str__(self) -> str:
        return f"Kill by {self.by} at {self.at:%Y-%m-%d %H:%M}"


class AvifCopies(models.Model):
    """Copies of a picture in AVIF for readers: asked for in idle time, and shown once they have been made."""

    class State(models.TextChoices):
        ASKED = "asked"
        MADE = "made"
        FAILED = "failed"

    picture_id: int
    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, primary_key=True, related_name="avif_copies")
    of = models.CharField(max_length=100, help_text="Recipe and seal of the original that they are made of.")
    widths = models.CharField(max_length=40, help_text="Pixels, separated by commas.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    at = models.DateTimeField(help_text="When it came into that state.")

    objects: ClassVar[models.Manager[AvifCopies]] = models.Manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["picture"], name="avif_asked", condition=models.Q(state="asked")),
        ]

    def __str__(self) -> str:
        return f"Picture {self.picture_id} in AVIF: {self.state}"


class PictureRendition(AbstractRendition):
    """A size that the desk's screens show. Private, like the original."""

    image = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)


class File(AbstractDocument):
    """A document. Private: there is no public address for it."""

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "file"
        permissions: ClassVar = [("choose_file", "Can choose file")]
