"""Which story an imported one became: what makes an import restartable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models

from standfirst.stories.models import Story

RANGE = "archive"
"""Kind of the change row for a run of imported stories. Its ref is "<first id>-<last id>"."""


class ImportedQuerySet(models.QuerySet["Imported"]):
    def within(self, ref: str) -> ImportedQuerySet:
        """Those that a change row of kind `RANGE` names."""
        first, _, last = ref.partition("-")
        return self.filter(story_id__gte=int(first), story_id__lte=int(last))

    def unrelated(self) -> ImportedQuerySet:
        """Those that have no related list yet, oldest first."""
        return self.filter(related=False).order_by("story_id")


class Imported(models.Model):
    """A story of another system, by its id there, and the story that it is here."""

    source = models.CharField(max_length=100)
    ident = models.CharField(max_length=500)
    story = models.OneToOneField(Story, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    """SHA-256 of what was read: tells whether the other system has changed it since."""
    related = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Imported]] = ImportedQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "ident"], name="imported_once")]
        indexes: ClassVar = [
            models.Index(fields=["story"], name="imported_unrelated", condition=models.Q(related=False)),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.ident}"


def range_of(ids: Iterable[int]) -> str:
    """The ref of a change row for imported stories `ids`, of which there is one at least."""
    known = sorted(ids)
    return f"{known[0]}-{known[-1]}"
