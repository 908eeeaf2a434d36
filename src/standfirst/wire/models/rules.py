"""Rules: what happens with an item of a feed, by what the item says."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from standfirst.stories.models import Author, Section
from standfirst.wire.models.feeds import Feed

_ONE_A_LINE = "One on each line."


class RuleQuerySet(models.QuerySet["Rule"]):
    def in_order(self) -> RuleQuerySet:
        """As they are asked."""
        return self.order_by("place", "id")


class Rule(models.Model):
    """One of an ordered list. The first that fits an item decides; where none does, the item's feed does.

    Lists of words, codes and names are texts with one entry on each line, as people typed them. An empty condition
    asks for nothing. All conditions that ask for something must hold.
    """

    class Mode(models.TextChoices):
        HOLD = "hold", "Hold: stored, nobody is told"
        DESK = "desk", "Desk: shown on the wire list for somebody to take"
        PUBLISH = "publish", "Publish: made into a story and published"

    place = models.PositiveIntegerField(default=0, help_text="Its place in the list; the smallest is asked first.")
    active = models.BooleanField("in use", default=True, help_text="Off: the rule is kept and not asked.")
    note = models.CharField(max_length=200, blank=True, help_text="Why there is this rule, for colleagues.")

    feeds = models.ManyToManyField(Feed, blank=True, related_name="rules", help_text="None chosen: any feed.")
    providers = models.TextField("agencies", blank=True, help_text=f"As their files name them. {_ONE_A_LINE}")
    types = models.JSONField(default=list, blank=True)
    languages = models.CharField(
        max_length=200, blank=True, help_text="E.g. “en, fr”. “en” fits “en-GB” too. Empty: any language."
    )
    urgency_from = models.PositiveSmallIntegerField(
        "urgency from", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    urgency_to = models.PositiveSmallIntegerField(
        "to", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    subjects = models.TextField(
        blank=True,
        help_text=f"A name, as agencies give it, or an IPTC code with all below it, e.g. “sport” or “15000000”. "
        f"{_ONE_A_LINE}",
    )
    places = models.TextField(blank=True, help_text=f"Where it happens or was filed: a name or a code. {_ONE_A_LINE}")
    genres = models.TextField(blank=True, help_text=f"E.g. “analysis”. {_ONE_A_LINE}")
    signals = models.TextField(
        "marks", blank=True, help_text=f"What the agency marked it as, e.g. “update” or “sig:correction”. {_ONE_A_LINE}"
    )
    any_words = models.TextField("any of these", blank=True, help_text=f"Words or phrases. {_ONE_A_LINE}")
    all_words = models.TextField("all of these", blank=True, help_text=f"Words or phrases. {_ONE_A_LINE}")
    no_words = models.TextField("none of these", blank=True, help_text=f"Words or phrases. {_ONE_A_LINE}")
    look_in = models.JSONField("look for words in", default=list, blank=True)

    mode = models.CharField("what happens", max_length=10, choices=Mode.choices, default=Mode.DESK)
    section = models.ForeignKey(
        Section,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where stories are published, and what Take suggests. Empty: the feed’s.",
    )
    author = models.ForeignKey(
        Author,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="agency desk",
        help_text="Printed as the author. Empty: the feed’s.",
    )
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=255)

    objects: ClassVar[models.Manager[Rule]] = RuleQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["place", "id"], name="rule_order")]

    def __str__(self) -> str:
        return self.note or f"Rule {self.place}"

    def clean(self) -> None:
        super().clean()
        if self.mode == self.Mode.PUBLISH and self.section_id is None:
            raise ValidationError({"section": "A rule that publishes needs a section to publish in."})
        low, high = self.urgency_from, self.urgency_to
        if low is not None and high is not None and low > high:
            raise ValidationError({"urgency_to": "This is above the first: 1 is the highest urgency, 9 the lowest."})


class RuleBook(models.Model):
    """One row, whose stamp is another one after each change of any rule: what was compiled is then made again."""

    stamp = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"rules as of {self.stamp}"
