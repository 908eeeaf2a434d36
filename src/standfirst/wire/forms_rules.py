"""The form of a rule."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from wagtail.admin.widgets import AdminAutoHeightTextInput

from standfirst.stories.models import Author, Section
from standfirst.wire import rules
from standfirst.wire.forms import SectionField
from standfirst.wire.models import Feed, Rule

_LISTS = ("providers", "subjects", "places", "genres", "signals", "any_words", "all_words", "no_words")
_URGENCIES = [("", "Any"), *((number, str(number)) for number in range(1, 10))]


class UrgencyField(forms.TypedChoiceField):
    """1 (highest) to 9, or any."""

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=_URGENCIES, coerce=int, empty_value=None, required=False, **more)


class RuleForm(forms.ModelForm[Rule]):
    """A rule as people write it: lists have one entry on each line."""

    feeds = forms.ModelMultipleChoiceField(
        Feed.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: any feed."
    )
    types = forms.MultipleChoiceField(
        choices=rules.TYPES, required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: any."
    )
    look_in = forms.MultipleChoiceField(
        label="Look in",
        choices=rules.LOOK_IN,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all of them.",
    )
    urgency_from = UrgencyField(label="Urgency from", help_text="1 is the highest.")
    urgency_to = UrgencyField(label="Urgency to")
    section = SectionField(
        queryset=Section.objects.order_by("path"),
        required=False,
        help_text="Where stories are published, and what Take suggests. Empty: the feed’s.",
    )
    author = forms.ModelChoiceField(
        Author.objects.filter(kind=Author.Kind.DESK),
        required=False,
        label="Agency desk",
        help_text="Printed as the author. Empty: the feed’s.",
    )

    class Meta:
        model = Rule
        fields: ClassVar[list[str]] = [
            "note",
            "active",
            "feeds",
            "providers",
            "types",
            "languages",
            "urgency_from",
            "urgency_to",
            "subjects",
            "places",
            "genres",
            "signals",
            "any_words",
            "all_words",
            "no_words",
            "look_in",
            "mode",
            "section",
            "author",
        ]
        widgets: ClassVar[dict[str, Any]] = {
            "mode": forms.RadioSelect,
            **{name: AdminAutoHeightTextInput(attrs={"rows": 2, "dir": "auto"}) for name in _LISTS},
        }

    def clean_languages(self) -> str:
        text: str = self.cleaned_data["languages"]
        for tag in text.replace(",", " ").split():
            if not (tag.isascii() and tag.replace("-", "").isalnum() and 2 <= len(tag.partition("-")[0]) <= 3):
                raise ValidationError(f"“{tag}” is no language tag: write e.g. “en” or “pt-BR”.")
        return ", ".join(text.replace(",", " ").split())

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        for name in _LISTS:
            entries = rules.entries(found.get(name) or "")
            if len(entries) > rules.MOST_ENTRIES:
                self.add_error(name, f"At most {rules.MOST_ENTRIES} lines, and there are {len(entries)}.")
            empty = next((entry for entry in entries if rules.phrase(entry) is None), None)
            if empty is not None:
                self.add_error(name, f"There is no letter or figure in “{empty}”: nothing would ever fit.")
        return found

    def terms(self) -> rules.Terms:
        """The rule as it stands in a valid form, saved or not."""
        return rules.terms_of(self.instance, self.cleaned_data["feeds"])
