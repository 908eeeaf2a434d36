"""By what items on one story are found: short digests of names, story keys and runs of words."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from standfirst.wire.models.items import Item


class Clue(models.Model):
    """A digest that items on one story are likely to share. Old ones are swept away: stories end."""

    digest = models.BigIntegerField()
    at = models.DateTimeField(help_text="When the agency wrote the version that it was made from.")
    # Looked up by its digest alone; an index on the item would cost each item more than all look-ups together.
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest", "at", "item"], name="clue_once")]

    def __str__(self) -> str:
        return f"{self.digest:x} of item {self.item_id}"


class Likeness(models.Model):
    """What is compared of an item's newest text: samples of its runs of words, and its names and figures."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="likeness")
    sketch = models.BinaryField(help_text="See `wire.likeness`.")

    class Meta:
        verbose_name_plural = "likenesses"

    def __str__(self) -> str:
        return f"likeness of item {self.item_id}"
