"""Feeds: streams of one agency's copy."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from standfirst.stories.models import Author, Onward, Section


class Feed(models.Model):
    """A stream of one agency's copy, and what happens with it."""

    class Mode(models.TextChoices):
        HOLD = "hold", "Hold: stored, nobody is told"
        DESK = "desk", "Desk: shown on the wire list for somebody to take"
        PUBLISH = "publish", "Publish: made into a story and published"

    name = models.SlugField(max_length=80, unique=True, help_text="Short name, as commands use it, e.g. “cpa-world”.")
    title = models.CharField(max_length=160, help_text="As the newsroom calls it, e.g. “CPA World Service”.")
    provider = models.CharField(
        max_length=200, blank=True, help_text="Stands for the agency in every item. Empty: as the files say."
    )
    mode = models.CharField("what happens", max_length=10, choices=Mode.choices, default=Mode.DESK)
    section = models.ForeignKey(
        Section,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where stories are published, and what Take suggests.",
    )
    author = models.ForeignKey(
        Author, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="agency desk"
    )
    credit = models.CharField(max_length=120, blank=True, help_text="Printed when an item brings no credit line.")
    language = models.CharField(max_length=35, blank=True, help_text="Used when an item names none, e.g. “en”.")
    empty_embargo_means_none = models.BooleanField(
        default=False, help_text="This agency sends an empty embargo with ordinary copy."
    )
    dialect = models.CharField(
        max_length=40, blank=True, help_text="How this agency deviates from its format. Empty: by the provider's name."
    )
    onward = models.CharField(
        "passed on to others",
        max_length=7,
        choices=Onward.choices,
        default=Onward.SUMMARY,
        help_text="How much of its copy our feeds, sitemaps and the API for partners may give away, by your contract "
        "with the agency. Readers of our pages get all of it.",
    )
    archive_days = models.PositiveSmallIntegerField(
        "kept for",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Days after which its stories are taken down, where the contract allows no archive and the copy does "
        "not say itself. Holds for copy that comes from now on. Empty: kept.",
    )
    silence_hours = models.PositiveSmallIntegerField(
        "alert after silence of",
        null=True,
        blank=True,
        help_text="Hours without anything new after which the publishers get a mail. Empty: never.",
    )
    active = models.BooleanField(default=True, help_text="Off: files for this feed are refused.")

    class Meta:
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        if self.mode == self.Mode.PUBLISH and self.section_id is None:
            raise ValidationError({"section": "A feed that publishes needs a section to publish in."})
