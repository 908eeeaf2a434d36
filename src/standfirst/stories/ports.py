"""Doors that `stories` opens and a higher department fills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from standfirst.stories.models import Section, Story

preview: Callable[[Story | Section, HttpRequest], HttpResponse]
"""Prints an unsaved story or section by the same functions that the press uses."""
