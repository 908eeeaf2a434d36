"""Wagtail's page forms, less what a story does not have."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from wagtail.admin.forms.pages import CopyForm, WagtailAdminPageForm


def any_slug() -> str:
    """A slug that no sibling has, as Wagtail wants one for each page. Stories' addresses are rows of their own."""
    return f"s-{uuid.uuid4().hex[:20]}"


class StoryForm(WagtailAdminPageForm):  # type: ignore[misc]
    """A new story starts in the newsroom's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk is None:
            from standfirst.stories.models import SiteFacts

            language = SiteFacts.objects.values_list("language", flat=True).first()
            if language:
                kwargs["initial"] = {"language": language, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class StoryCopyForm(CopyForm):  # type: ignore[misc]
    """A copy is a draft: no copy goes live by itself, none stays tied to its original, and its address comes later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("publish_copies", "alias"):
            self.fields.pop(name, None)
        self.fields["new_title"].label = "Headline of the copy"
        self.fields["new_parent_page"].label = "Section"
        self.fields["new_parent_page"].help_text = "The copy becomes a draft in this section."
        self.fields["new_slug"] = forms.CharField(initial=any_slug(), widget=forms.HiddenInput)
