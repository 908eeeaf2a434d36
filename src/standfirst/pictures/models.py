"""Own image and document models, from the first migration: they cannot be added later."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models, transaction
from modelsearch import index
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, get_upload_to

from standfirst.pictures.fields import PictureField, SealField


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
    killed_at = models.DateTimeField(null=True, editable=False)
    seal = SealField(of="file", default="", db_index=True)

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
        permissions: ClassVar = [("choose_picture", "Can choose picture")]

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
