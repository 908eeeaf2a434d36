"""What the desk decides about fronts. Every row has its end, and is gone after it: `actions.ENDS`."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar

from django.conf import settings
from django.db import models

from standfirst.stories.models import Section, Story


class FrontSlot(models.Model):
    """A story in one place of a front's top, until an hour. The places that have no row are filled by themselves."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    """From 1, the lead."""
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "slot of a front"
        default_permissions: ClassVar = ()
        permissions: ClassVar = [("curate_front", "Can decide what stands on a front")]
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "position"], name="one_story_a_slot"),
            models.UniqueConstraint(fields=["section", "story"], name="one_slot_a_story"),
            models.CheckConstraint(condition=models.Q(position__gte=1), name="slots_begin_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id} in place {self.position} of {self.section_id}"

    @property
    def mark(self) -> str:
        """Differs when anything about this slot does: what a person saw of it, in a few characters."""
        return sha256(f"{self.position} {self.story_id} {self.until.isoformat()}".encode()).hexdigest()[:10]


class KeptOff(models.Model):
    """A live story that a front does not show by itself, until an hour. Put there by hand it stands there."""

    class Reach(models.TextChoices):
        TOP = "top", "The top: it may stand further down"
        FRONT = "front", "The whole front, Most read included"

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="kept_off")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    reach = models.CharField(max_length=5, choices=Reach.choices, default=Reach.TOP)
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "story kept off a front"
        default_permissions: ClassVar = ()
        ordering: ClassVar = ["until", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "story"], name="kept_off_once"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id} kept off {self.section_id}"


class BreakingNews(models.Model):
    """A story that is breaking news until an hour."""

    story = models.OneToOneField(Story, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = verbose_name_plural = "breaking news"
        default_permissions: ClassVar = ()
        ordering: ClassVar = ["-at", "-story_id"]

    def __str__(self) -> str:
        return f"{self.story_id} until {self.until:%Y-%m-%d %H:%M}"
