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
from standfirst.desk.models import KeptOff
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


def _hour(label: str, help_text: str) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, widget=AdminDateTimeInput, help_text=help_text)


def _in(span: timedelta) -> datetime:
    """That long from now on the desk's clock, up to the next five minutes."""
    return timezone.localtime(_rounded(clock.now() + span))


class PutForm(forms.Form):
    """A story for a place. Any story can be named: why one cannot stand there is the action's to say."""

    story = forms.ModelChoiceField(
        queryset=Story.objects.defer("body"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose the story.", "invalid_choice": "There is no such story: choose another."},
    )
    position = forms.TypedChoiceField(label="Place", coerce=int)
    until = _hour("Until", "After this the place goes to the newest again.")

    def __init__(self, *args: Any, places: int, position: int, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"until": _in(actions.PUT_FOR), "position": position})
        super().__init__(*args, **kwargs)
        self.fields["position"] = forms.TypedChoiceField(
            label="Place", coerce=int, choices=[(it, actions.place_name(it)) for it in range(1, places + 1)]
        )


class KeepOffForm(forms.Form):
    reach = forms.ChoiceField(
        label="Off what", choices=KeptOff.Reach.choices, widget=forms.RadioSelect, initial=KeptOff.Reach.TOP
    )
    until = _hour("Until", "After this it may stand there again.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"reach": KeptOff.Reach.TOP, "until": _in(actions.KEEP_OFF_FOR)})
        super().__init__(*args, **kwargs)


class BreakingForm(forms.Form):
    until = _hour("Until", "Six hours at most. After this the bar goes by itself.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"until": _in(actions.BREAKING_FOR)})
        super().__init__(*args, **kwargs)


class _StoryChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.title)


class TranslationForm(forms.Form):
    story = _StoryChoice(queryset=Story.objects.defer("body"), widget=forms.RadioSelect, empty_label=None)


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
            *("tips_whatsapp", "tips_email", "tips_handle", "newsletter", "newsletter_line"),
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
        ("Newsletter", ("newsletter", "newsletter_line")),
    )

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Headings, each with its fields."""
        return [(heading, [self[name] for name in names]) for heading, names in self.GROUPS]


class FactsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SiteFacts
        fields = (
            *("name", "strapline", "language", "zone", "date_order", "clock", "digits"),
            *("about", "terms", "alerts_to"),
        )
        widgets = dict.fromkeys(("about", "terms", "alerts_to"), AdminAutoHeightTextInput)

    def clean_alerts_to(self) -> str:
        text: str = self.cleaned_data["alerts_to"]
        for entry in text.replace(",", "\n").splitlines():
            if entry.strip():
                try:
                    validate_email(entry.strip())
                except forms.ValidationError:
                    raise forms.ValidationError(f"“{entry.strip()}” is no e-mail address.") from None
        return text
