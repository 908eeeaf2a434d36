"""Whether a person has had a hand in a story that was made from wire copy."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from wagtail.admin.models import EditingSession
from wagtail.models import Page

from standfirst.kit import clock
from standfirst.stories.models import Origin, Story

OPEN_FOR: timedelta = EditingSession.IDLE_TIMEOUT


def by_whom(story: Story) -> str | None:
    """A sentence saying what a person has done or is doing with `story`; None if nobody has touched it.

    Untouched is a story whose newest revision is what the machine made of a wire version, and is also what is published
    (or scheduled, while an embargo lasts); that nobody has locked, handed into a workflow or open in an editor.
    """
    if story.locked:
        return "Somebody has locked the story."
    if story.current_workflow_state is not None:
        return "The story is in a workflow."
    if is_open(story):
        return "Somebody has the story open in the editor."
    origin = Origin.objects.filter(story=story, revision__isnull=False).order_by("-taken_at", "-id").first()
    if origin is None or story.latest_revision_id != origin.revision:
        return "Somebody has edited the story."
    if story.live:
        return None if story.live_revision_id == story.latest_revision_id else "There is a draft of the story."
    waiting = story.revisions.filter(approved_go_live_at__isnull=False).values_list("pk", flat=True)
    return None if list(waiting) == [story.latest_revision_id] else "The story is not published."


def is_open(story: Story) -> bool:
    """True while somebody has the story open in the editor, or had so a few minutes ago."""
    types = ContentType.objects.get_for_models(Story, Page).values()
    seen = EditingSession.objects.filter(
        content_type__in=types, object_id=str(story.pk), last_seen_at__gte=clock.now() - OPEN_FOR
    )
    return bool(seen.exists())
