"""What a story refers to, as Wagtail keeps it beside: where an author or a picture is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standfirst.stories.models import Story


@contextmanager
def written_once(story: Story, *, whole: bool) -> Iterator[None]:
    """Around a save of `story`: what it refers to is written down once, at the end. Wagtail does so for the page and
    again for each author, and reads all of it each time.

    Unless the `whole` story is saved it goes Wagtail's way: the rest of it in memory may be a draft's.
    """
    # These want all models to be loaded.
    from wagtail.signal_handlers import disable_reference_index_auto_update
    from wagtail.tasks import update_reference_index_task

    if not whole:
        yield
        return
    with disable_reference_index_auto_update():
        yield
    # As a job, like Wagtail's own: what goes wrong in it keeps no story from being saved, and none from a kill.
    update_reference_index_task.enqueue(story._meta.app_label, story._meta.model_name, str(story.pk))
