"""What the desk asks people to fill in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.validators import validate_email
from django.utils import timezone
from wagtail.admin.widgets import AdminAutoHeightTextInput, AdminDateTimeInput
from wagtail.admin.widgets.slug import SlugInput

from standfirst.desk import actions
from standfirst.kit import clock
from standfirst.stories.models import Correction, Section, SiteFacts, Standards, Story

KILLED = "This story has been withdrawn. It should not have been published in this form."
WITHHELD = "This story is not available at the moment."


class TakedownForm(forms.Form):
    reason = forms.CharField(
        widget=AdminAutoHeightTextInput,
        help_text="For colleagues and the publisher. Never published.",
        error_messages={"required": "Give the reason: colleagues and the publisher will need it."},
    )
    wording = forms.CharField(
        label="What readers are told",
        required=False,
        widget=AdminAutoHeightTextInput,
        help_text="Stands at the story’s address in place of the story.",
    )
    names = forms.BooleanField(
        label="The notice may name the story",
        required=False,
        help_text="Leave this off when the headline itself is the harm.",
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"wording": KILLED if kind == "kill" else WITHHELD})
        super().__init__(*args, **kwargs)


class RestoreForm(forms.Form):
    because = forms.CharField(
        label="Why it is undone",
        widget=AdminAutoHeightTextInput,
        help_text="For colleagues. The story becomes a draft; publishing it again is a decision of its own.",
        error_messages={"required": "Give the reason for undoing it."},
    )


class CorrectionForm(forms.Form):
    kind = forms.ChoiceField(
        choices=Correction.Kind.choices, widget=forms.RadioSelect, initial=Correction.Kind.CORRECTION
    )
    text = forms.CharField(
        label="Public wording",
        max_length=4000,
        widget=AdminAutoHeightTextInput,
        help_text="Say what was wrong and what is right. The story’s text itself is mended in the editor.",
        error_messages={"required": "Say in the note what was wrong and what is right: readers see it."},
    )


class _StoryChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.title)


class PinForm(forms.Form):
    story = _StoryChoice(
        queryset=Story.objects.filter(live=True).defer("body"), widget=forms.RadioSelect, empty_label=None
    )
    until = forms.DateTimeField(widget=AdminDateTimeInput, help_text="After this, the newest story leads again.")

    def __init__(self, *args: Any, choices: list[Story], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"until": timezone.localtime(_rounded(clock.now() + actions.PIN_FOR))})
        super().__init__(*args, **kwargs)
        self.stories = choices


def _rounded(moment: datetime) -> datetime:
    """Up to the next five minutes."""
    return moment + timedelta(minutes=-moment.minute % 5, seconds=-moment.second, microseconds=-moment.microsecond)


_FILLS_THE_SLUG = {
    "data-controller": "w-sync",
    "data-action": "focus->w-sync#check blur->w-sync#apply change->w-sync#apply keyup->w-sync#apply",
    "data-w-sync-target-value": "#id_slug",
}
"""What Wagtail's own title fields carry."""


class SectionForm(forms.Form):
    parent = forms.TypedChoiceField(label="Below", coerce=int)
    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs=_FILLS_THE_SLUG))
    slug = forms.SlugField(
        label="Word in the address",
        allow_unicode=True,
        max_length=80,
        widget=SlugInput,
        help_text="It cannot be given to another section later, even after this one has moved.",
    )
    standfirst = forms.CharField(
        required=False, max_length=300, help_text="One sentence under the section’s name. May stay empty."
    )

    def __init__(self, *args: Any, sections: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = forms.TypedChoiceField(label="Below", coerce=int, choices=sections)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (parent := cleaned.get("parent")) and (slug := cleaned.get("slug")):
            section = Section(title=cleaned.get("name", ""), slug=slug)
            section.clean()
            if not Section._slug_is_available(slug, Section.objects.get(pk=parent)):
                self.add_error("slug", f"“{slug}” is taken below this section. Choose another word.")
        return cleaned


class StandardsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the newsroom says of itself, in the order of its page."""

    class Meta:
        model = Standards
        fields = (
            *("legal_name", "founded", "mission", "ownership", "funding"),
            *("ethics", "corrections", "verification", "unnamed_sources", "machines", "diversity"),
            *("address", "telephone", "email", "errors_to"),
            *("tips_whatsapp", "tips_email", "tips_handle"),
        )
        widgets: ClassVar = dict.fromkeys(
            (
                *("mission", "ownership", "funding", "ethics", "corrections", "verification"),
                *("unnamed_sources", "machines", "diversity", "address"),
            ),
            AdminAutoHeightTextInput,
        )

    GROUPS: ClassVar = (
        ("Who we are", ("legal_name", "founded", "mission", "ownership", "funding")),
        ("How we work", ("ethics", "corrections", "verification", "unnamed_sources", "machines", "diversity")),
        ("How to reach us", ("address", "telephone", "email", "errors_to")),
        ("Eyewitnesses", ("tips_whatsapp", "tips_email", "tips_handle")),
    )

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Headings, each with its fields."""
        return [(heading, [self[name] for name in names]) for heading, names in self.GROUPS]


class FactsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SiteFacts
        fields = ("name", "strapline", "language", "zone", "date_order", "clock", "digits", "about", "alerts_to")
        widgets = {"about": AdminAutoHeightTextInput, "alerts_to": AdminAutoHeightTextInput}

    def clean_alerts_to(self) -> str:
        text: str = self.cleaned_data["alerts_to"]
        for entry in text.replace(",", "\n").splitlines():
            if entry.strip():
                try:
                    validate_email(entry.strip())
                except forms.ValidationError:
                    raise forms.ValidationError(f"“{entry.strip()}” is no e-mail address.") from None
        return text
