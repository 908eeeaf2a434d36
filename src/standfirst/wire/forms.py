"""Forms of the wire's screens."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.utils.functional import cached_property
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.permissions import page_permission_policy

from standfirst.stories.models import Author, Section
from standfirst.wire.models import Feed, Habits


class SectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Sections with those that they are in, e.g. "News › World"."""

    @cached_property
    def titles(self) -> dict[str, str]:
        """Path in the tree -> title, of every section below the home front."""
        return dict(Section.objects.filter(depth__gt=2).values_list("path", "title"))

    def label_from_instance(self, obj: Any) -> str:
        step = Section.steplen
        above = (obj.path[: step * depth] for depth in range(3, obj.depth))
        return " › ".join([*(self.titles.get(path, "") for path in above), obj.title])


class TakeForm(forms.Form):
    """Which section an item is taken into: of those in which the person may write."""

    section = SectionField(queryset=Section.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = page_permission_policy.instances_user_has_permission_for(user, "add")
        field = cast(SectionField, self.fields["section"])
        field.queryset = Section.objects.filter(pk__in=pages.values("pk")).order_by("path")


class ReleaseForm(forms.Form):
    """Why an item that the agency took back may be used again."""

    because = forms.CharField(
        label="Who confirmed it",
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "E.g. agency desk, by phone"}),
    )


class HabitsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a person works with the wire, among their account's settings."""

    class Meta:
        model = Habits
        fields: ClassVar[list[str]] = ["sound"]


class FeedForm(WagtailAdminModelForm):  # type: ignore[misc]
    """A feed, with its agency desk and section chosen from lists."""

    section = SectionField(
        queryset=Section.objects.order_by("path"),
        required=False,
        help_text="Where stories are published, and what Take suggests.",
    )
    author = forms.ModelChoiceField(
        Author.objects.filter(kind=Author.Kind.DESK),
        required=False,
        label="Agency desk",
        help_text="Printed as the author. Desks are made under Authors.",
    )

    class Meta:
        model = Feed
        fields: ClassVar[list[str]] = [
            "title",
            "name",
            "mode",
            "section",
            "author",
            "credit",
            "provider",
            "language",
            "empty_embargo_means_none",
            "onward",
            "archive_days",
            "active",
        ]
        help_texts: ClassVar[dict[str, str]] = {
            "provider": "Stands for the agency in every item. Empty: as the files say. Feeds with the same provider "
            "are one agency’s: each may replace and take back what another brought. Others may not."
        }
