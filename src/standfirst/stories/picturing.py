"""Stories and the pictures in them: which stories show a picture, and the kill of a picture by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Cast

from standfirst.changes.actions import Actor, name_of
from standfirst.kit.errors import Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.stories import alerts
from standfirst.stories.actions import may
from standfirst.stories.models import Author, Story


def stories_showing(picture: int) -> list[Story]:
    """Stories whose published text or newest draft shows the picture with id `picture`, live ones first."""
    found = set(Story.objects.filter(lead_picture=picture).values_list("pk", flat=True))
    texts = Story.objects.annotate(stored=Cast("body", models.TextField()))
    for row in texts.filter(stored__contains=f'"picture": {picture}').only("pk", "body"):
        if picture in pictures_in(row):
            found.add(row.pk)
    # Drafts are JSON in Wagtail's revisions, their text JSON in a string of it.
    drafts = Story.objects.filter(models.Q(live=False) | models.Q(has_unpublished_changes=True))
    drafts = drafts.annotate(stored=Cast("latest_revision__content", models.TextField()))
    said = [f'"lead_picture": {picture}', f'picture\\": {picture}']
    named = models.Q(stored__contains=said[0]) | models.Q(stored__contains=said[1])
    exactly = re.compile(rf"(?:{'|'.join(map(re.escape, said))})(?!\d)")
    found |= {pk for pk, stored in drafts.filter(named).values_list("pk", "stored") if exactly.search(stored)}
    return list(Story.objects.filter(pk__in=found).order_by("-live", "title", "pk"))


def pictures_in(story: Story) -> set[int]:
    """Ids of the pictures in the text of `story`."""
    return set(_in_blocks(story.body.raw_data))


def _in_blocks(blocks: Any) -> Iterator[int]:
    for block in blocks:
        value = block.get("value")
        if not isinstance(value, dict):
            continue
        if block.get("type") == "picture" and value.get("picture"):
            yield int(value["picture"])
        elif block.get("type") == "gallery":
            # Items are stored as {"type": "item", "value": ...}.
            yield from _in_blocks({**item, "type": "picture"} for item in value.get("pictures") or [])


def authors_showing(picture: int) -> list[Author]:
    """Authors whose page shows the picture."""
    return list(Author.objects.filter(picture=picture))


@transaction.atomic
def kill_picture(*, picture: Picture, reason: str, by: Actor) -> PictureKill:
    """Kill a picture by hand: off every page at once, the stories stay, the publishers are told.

    Raises:
        PermissionDenied: `by` may not kill pictures.
        Refused: it is killed already, or no reason is given.
    """
    may(by, "pictures.kill_picture")
    if not reason.strip():
        raise Refused("Give the reason: colleagues and the publisher will need it.")
    if (standing := Picture.objects.get(pk=picture.pk).kill) is not None:
        raise Refused(f"This picture was killed already, by {standing.by}.")
    fact = pictures.kill(picture=picture, by=by, reason=reason)
    # After the kill has committed: it must not wait for a look through all stories.
    transaction.on_commit(lambda: _tell(picture, name_of(by), reason.strip()), robust=True)
    return fact


def _tell(picture: Picture, by: str, reason: str) -> None:
    found = [story for story in stories_showing(picture.pk) if story.live]
    alerts.mail_publishers(
        f"Killed: the picture “{picture.title}”",
        "\n".join(
            [
                f"{by} killed this picture. It is off every page; the stories stay.",
                "",
                *([f"- {story.title}" for story in found] or ["No published story showed it."]),
                "",
                f"Reason: {reason}",
            ]
        ),
    )


@transaction.atomic
def restore_picture(*, kill: PictureKill, because: str, by: Actor) -> None:
    """Undo the kill of a picture. Raises like `pictures.actions.restore`, and `PermissionDenied`."""
    may(by, "pictures.restore_picture")
    pictures.restore(kill=kill, because=because, by=by)
