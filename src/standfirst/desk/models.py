"""What the desk decides about fronts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from standfirst.stories.models import Section, Story


class PinnedLead(models.Model):
    """The story that leads a front until an hour. One a front; the rest of the front is backfilled."""

    section = models.OneToOneField(Section, on_delete=models.CASCADE, primary_key=True, related_name="pinned_lead")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = "pinned lead"
        default_permissions: ClassVar = ()
        permissions: ClassVar = [("pin_lead", "Can pin the lead of a front")]
