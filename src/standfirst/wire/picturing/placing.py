"""Pictures into stories: the lead and further ones, by the same rule as text. What a person has touched is offered to
them, never changed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories
from standfirst.stories.actions import may
from standfirst.stories.models import Origin, Story, Takedown
from standfirst.wire import sealing, touched
from standfirst.wire.intake.common import WIRE, received
from standfirst.wire.intake.embargoes import publish_when_free
from standfirst.wire.models import Item, ItemPicture, PicturePlace
from standfirst.wire.picturing import reading, wanting

MOST: Final = 12
"""Pictures of one item that are placed by themselves; a gallery of sixty is for a person to choose from."""

EVERY: Final = 4
"""Paragraphs between two pictures in the text, as long as the text lasts."""

_AGAIN: Final = timedelta(seconds=20)
"""When a story that somebody has open is looked at again."""

_GIVE_UP: Final = timedelta(hours=24)
_OPEN: Final = "Somebody has the story open in the editor: it is placed when they leave, if there is room for it."


@dataclass(frozen=True, slots=True)
class _Set:
    """The pictures of an item that may stand in a story now. `lead` None: there is none, or it is still to come."""

    lead: ItemPicture | None
    further: tuple[ItemPicture, ...]
    awaited: bool
    """The lead is still to come."""


# --- which ---------------------------------------------------------------------------------------------------------


def why_not_by_itself(row: ItemPicture) -> str | None:
    """Why a machine must not place this picture now, in a sentence; None if it may."""
    if why := why_not(row):
        return why
    if row.held_because:
        return str(row.held_because[0])
    return None


def why_not(row: ItemPicture) -> str | None:
    """Why nobody may place this picture now, in a sentence; None if a person may."""
    if row.state == ItemPicture.State.KILLED:
        return row.reason or "It was killed."
    if row.state != ItemPicture.State.FETCHED:
        return row.reason or "It has not come yet."
    if row.picture is not None and row.picture.killed_at is not None:
        return "It was killed."
    if pictures.killed_before(row.seal) is not None:
        return "The same picture was killed."
    if row.ended():
        return "The permission to show it has ended."
    if row.not_before is not None and row.not_before > clock.now():
        return f"It must not be shown before {row.not_before:%d %b %Y, %H:%M} UTC."
    return None


def _ready(item: Item) -> _Set:
    rows = list(item.pictures.current().select_related("picture", "item__feed"))
    lead: ItemPicture | None = None
    further: list[ItemPicture] = []
    awaited = False
    for row in rows:
        if row.state == ItemPicture.State.WANTED:
            # Its place is kept, unless it has failed so often that it may never come.
            awaited = awaited or (lead is None and not further and row.tries < 3)
            continue
        if why_not_by_itself(row) is not None:
            continue
        if lead is None and not awaited:
            lead = row
        elif len(further) + 1 < MOST:
            further.append(row)
    return _Set(lead, tuple(further), awaited)


# --- into a draft ---------------------------------------------------------------------------------------------------


def into(draft: Story, item: Item, *, body: bool) -> list[ItemPicture]:
    """Put the pictures of `item` that are here into `draft`, as far as a person has left room. Nothing of it is saved.

    The lead goes where there is none, or one that came with this item before; with `body`, further ones go between the
    paragraphs. Returns those that stand in the draft now.
    """
    ready = _ready(item)
    ours = set(item.pictures.exclude(picture=None).values_list("picture_id", flat=True))
    stand: list[ItemPicture] = []
    if draft.lead_picture_id is None or draft.lead_picture_id in ours:
        if ready.lead is not None:
            picture = library(ready.lead)
            if picture is not None:
                if draft.lead_picture_id != picture.pk:
                    draft.lead_picture = picture
                    draft.lead_caption = _caption(ready.lead, picture)
                stand.append(ready.lead)
        elif draft.lead_picture_id is not None and not ready.awaited:
            draft.lead_picture, draft.lead_caption = None, ""  # the agency no longer brings it
    if body:
        stand += _into_body(draft, ready.further, ours)
    return stand


def _into_body(draft: Story, further: Sequence[ItemPicture], ours: set[int]) -> list[ItemPicture]:
    raw: list[dict[str, Any]] = [dict(block) for block in draft.body.raw_data]
    made = [(row, picture) for row in further if (picture := library(row)) is not None]
    wanted = {picture.pk for _, picture in made}
    lead = draft.lead_picture_id
    kept = [block for block in raw if _picture_in(block) is None or _stays(_picture_in(block), wanted, ours)]
    present = {found for block in kept if (found := _picture_in(block)) is not None}
    stand: list[ItemPicture] = []
    for row, picture in made:
        if picture.pk == lead:
            continue
        stand.append(row)
        if picture.pk in present:
            continue
        block = {
            "type": "picture",
            "value": {"picture": picture.pk, "caption": _caption(row, picture)},
            "id": str(uuid.uuid4()),
        }
        kept.insert(_room(kept), block)
        present.add(picture.pk)
    if kept != raw:
        draft.body = json.dumps(kept)
    return stand


def _stays(found: int | None, wanted: set[int], ours: set[int]) -> bool:
    return found in wanted or found not in ours


def _picture_in(block: dict[str, Any]) -> int | None:
    if block.get("type") != "picture" or not isinstance(block.get("value"), dict):
        return None
    found = block["value"].get("picture")
    return int(found) if found else None


def _room(blocks: Sequence[dict[str, Any]]) -> int:
    """Where the next picture goes: so many paragraphs after the last one, else at the end."""
    last = max((at for at, block in enumerate(blocks) if block.get("type") == "picture"), default=-1)
    seen = 0
    for at in range(last + 1, len(blocks)):
        if blocks[at].get("type") == "paragraph":
            seen += 1
            if seen == EVERY and at + 1 < len(blocks):
                return at + 1
    return len(blocks)


def _caption(row: ItemPicture, picture: Picture) -> str:
    """The story's own caption, where it differs from the picture's: another story may have brought that."""
    caption = reading.words(row).caption
    return "" if caption == picture.caption else caption


@transaction.atomic
def library(row: ItemPicture) -> Picture | None:
    """The picture in the library, put there if it is not; None if it cannot be, with the reason on the row.

    The same bytes are one picture, whoever sent them: then the stricter end of rights holds.
    """
    if row.picture is not None and row.picture.seal == row.seal:
        return row.picture
    # A kill takes the same lock first: neither can slip in between the other's look and write.
    state = ItemPicture.objects.select_for_update().filter(pk=row.pk).values_list("state", flat=True).first()
    if state != ItemPicture.State.FETCHED:
        return None
    words = reading.words(row)
    found = Picture.objects.filter(seal=row.seal, killed_at=None).order_by("pk").first() if row.seal else None
    if found is None:
        try:
            found = pictures.add(
                data=sealing.read(received(), row.seal),
                file_name=_file_name(row, words.title),
                title=words.title or f"Picture of {row.item}",
                alt=words.alt,
                caption=words.caption,
                credit=words.credit,
                licence=row.item.feed.title,
                expires_at=row.expires_at,
                **words.fields(),
            )
        except Problem as problem:
            row.state, row.reason = ItemPicture.State.REFUSED, str(problem)
            row.save(update_fields=["state", "reason"])
            return None
    elif row.expires_at is not None and (found.expires_at is None or row.expires_at < found.expires_at):
        found.expires_at = row.expires_at
        found.save()
    row.picture = found
    row.save(update_fields=["picture"])
    return found


_ENDINGS: Final = {b"\xff\xd8": "jpg", b"\x89P": "png", b"GI": "gif", b"RI": "webp"}


def _file_name(row: ItemPicture, title: str) -> str:
    with sealing.place(received(), row.seal).open("rb") as file:
        ending = _ENDINGS.get(file.read(2), "heic")
    stem = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower())[:40].strip("-")
    return f"{stem or 'picture'}-{row.seal[:8]}.{ending}"


# --- by the machine -------------------------------------------------------------------------------------------------


def taken(item: Item, story: Story) -> None:
    """A person has taken `item` into `story`: put in what is here, and have the rest fetched before all others.

    Never asks the network, so that taking works at once.
    """
    from standfirst.wire.picturing import fetching

    for row in item.pictures.current().filter(state=ItemPicture.State.WANTED).select_related("item__feed", "version"):
        fetching.fetch(row, only_in_hand=True)
    wanting.want_now(item)
    draft = story.get_latest_revision_as_object()
    stand = into(draft, item, body=True)
    if stand:
        said = [(reading.words(row), row) for row in stand]
        notes = [f"Picture {row.position + 1}: {words.note}" for words, row in said if words.note]
        draft.desk_note = "\n".join([*filter(None, [draft.desk_note]), *notes])
        draft.save_revision(user=None, clean=False)
    story.refresh_from_db()
    _note(item, story, stand, because="")


def keep(item: Item, draft: Story) -> None:
    """A newer version's text has gone into `draft`: put its pictures in too, as far as they are here. Saves nothing."""
    into(draft, item, body=True)


def arrived(row: ItemPicture) -> None:
    """A picture has come: place it in the stories of its item."""
    found = _stories_of(row.item)
    if found and why_not_by_itself(row) is None:
        library(row)  # before the story is held: decoding takes its time, and a kill must not wait for it
    for story_id in found:
        settle(row.item, story_id)


def place_due(limit: int) -> int:
    """Place what had to wait, e.g. for somebody to leave the editor, or for the hour. Returns how many stories."""
    now = clock.now()
    due = PicturePlace.objects.filter(state=PicturePlace.State.DUE, at__lte=now).select_related("picture__item")
    pairs = dict.fromkeys((place.picture.item, place.story_id) for place in due.order_by("at")[:limit])
    for item, story_id in pairs:
        settle(item, story_id)
    return len(pairs)


def _stories_of(item: Item) -> list[int]:
    found = Origin.objects.filter(provider=item.provider, item_id=item.item_id).values_list("story_id", flat=True)
    return sorted(set(found))


@transaction.atomic
def settle(item: Item, story_id: int) -> None:
    """Have one story show the pictures of `item` that are here, if no person has had a hand in it; else leave word."""
    stories.hold(story_id)
    item = Item.objects.select_related("feed").get(pk=item.pk)
    story = Story.objects.filter(pk=story_id).first()
    if story is None or item.killed_at is not None or item.withheld_at is not None:
        return
    how, because = _how(story)
    if how in ("wait", "leave"):
        _note(item, story, [], because=because, wait=how == "wait")
        return
    origin = _origin(item, story)
    mine = origin is not None and origin.revision is not None and origin.revision == story.latest_revision_id
    draft = story.get_latest_revision_as_object()
    before = (draft.lead_picture_id, draft.lead_caption, json.dumps(list(draft.body.raw_data), default=str))
    stand = into(draft, item, body=mine)
    after = (draft.lead_picture_id, draft.lead_caption, json.dumps(list(draft.body.raw_data), default=str))
    if before != after:
        try:
            with transaction.atomic():
                if how == "publish":
                    revision, _ = publish_when_free(item, draft)
                else:
                    revision = draft.save_revision(user=None, clean=False).pk
        except (ValidationError, Refused) as error:
            _note(item, story, [], because=f"It could not be published: {stories.said(error)}")
            return
        if mine and origin is not None:
            stories.trace(
                story=story,
                provider=origin.provider,
                item_id=origin.item_id,
                version=origin.version,
                version_order=origin.version_order,
                seal=origin.seal,
                revision=revision,
            )
        changes.audit(
            by=WIRE, verb="placed pictures", kind="story", ref=story.pk, pictures=[row.picture_id for row in stand]
        )
    _note(item, story, stand, because="" if mine else "Somebody has edited the story: choose a place for it.")


def _origin(item: Item, story: Story) -> Origin | None:
    found = Origin.objects.filter(story=story, provider=item.provider, item_id=item.item_id)
    return found.order_by("-taken_at", "-id").first()


def _how(story: Story) -> tuple[Literal["publish", "draft", "wait", "leave"], str]:
    """What the machine may do with `story`, and why not more."""
    if Takedown.objects.standing().filter(story=story).exists():
        return "leave", "The story was taken down."
    why = touched.by_whom(story)
    if why is None:
        return "publish", ""
    if touched.is_open(story):
        return "wait", _OPEN
    if story.locked or story.current_workflow_state is not None:
        return "wait", why
    if story.live or story.first_published_at is not None:
        return "leave", f"{why} Put the picture in by hand."
    return "draft", ""


def _note(item: Item, story: Story, stand: Iterable[ItemPicture], *, because: str, wait: bool = False) -> None:
    """Note for each picture that is here whether it stands in `story`, and if not, why."""
    placed = {row.pk for row in stand}
    now = clock.now()
    for row in item.pictures.current().select_related("picture"):
        if row.state == ItemPicture.State.WANTED:
            continue
        why = why_not_by_itself(row)
        at = now
        if row.pk in placed:
            state, reason = PicturePlace.State.PLACED, ""
        elif why is not None:
            # One that must wait for its hour is placed then.
            due = row.state == ItemPicture.State.FETCHED and not row.held_because and row.not_before is not None
            due = due and row.not_before is not None and row.not_before > now
            state, reason = (PicturePlace.State.DUE if due else PicturePlace.State.LEFT), why
            at = row.not_before if due and row.not_before is not None else now
        elif wait:
            long = row.fetched_at is not None and now - row.fetched_at > _GIVE_UP
            state, reason, at = (PicturePlace.State.LEFT if long else PicturePlace.State.DUE), because, now + _AGAIN
        else:
            state, reason = PicturePlace.State.LEFT, because or "There was no room for it: choose a place for it."
        PicturePlace.objects.update_or_create(
            picture=row, story=story, defaults={"state": state, "because": reason[:300], "at": at}
        )


# --- by a person ----------------------------------------------------------------------------------------------------


@transaction.atomic
def adopt(*, row: ItemPicture, by: Actor) -> Picture:
    """Put a picture into the library, for whichever story somebody will choose it.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: it is not here, killed, or its rights have ended.
    """
    may(by, "wire.take_item")
    row = ItemPicture.objects.select_related("picture", "item__feed").get(pk=row.pk)
    if why := _why_not_used(row):
        raise Refused(why)
    picture = library(row)
    if picture is None:
        raise Refused(row.reason)
    changes.audit(by=by, verb="kept a picture", kind="picture", ref=picture.pk, item=row.item_id)
    return picture


def _why_not_used(row: ItemPicture) -> str | None:
    if row.item.killed_at is not None or row.item.withheld_at is not None:
        return "The agency took this item back: it must not be used before it is released."
    return why_not(row)


@transaction.atomic
def place(*, row: ItemPicture, story: Story, by: Actor) -> Story:
    """Put a picture into the draft of `story`, because a person says so: as the lead if it has none, else in the text.

    Nothing is published. What holds a machine back (its terms, say) does not hold a person back; a kill does.

    Raises:
        PermissionDenied: `by` may not take wire items or not edit the story.
        Refused: it is not here, killed, ended, or somebody else holds the story.
    """
    may(by, "wire.take_item")
    row = ItemPicture.objects.select_related("picture", "item__feed").get(pk=row.pk)
    if why := _why_not_used(row):
        raise Refused(why)
    Page.objects.select_for_update().filter(pk=story.pk).values_list("pk", flat=True).first()
    story = Story.objects.get(pk=story.pk)
    if by.pk is not None:
        permissions = story.permissions_for_user(by)
        if not permissions.can_edit():
            raise PermissionDenied(f"{by.get_username()} may not edit this story.")
        if permissions.page_locked():
            raise Refused("Somebody holds this story: ask for it before you put the picture in.")
    picture = library(row)
    if picture is None:
        raise Refused(row.reason)
    draft = story.get_latest_revision_as_object()
    blocks: list[dict[str, Any]] = [dict(block) for block in draft.body.raw_data]
    if draft.lead_picture_id == picture.pk or any(_picture_in(block) == picture.pk for block in blocks):
        raise Refused("The picture is in the draft already.")
    if draft.lead_picture_id is None:
        draft.lead_picture, draft.lead_caption = picture, _caption(row, picture)
    else:
        value = {"picture": picture.pk, "caption": _caption(row, picture)}
        blocks.insert(_room(blocks), {"type": "picture", "value": value, "id": str(uuid.uuid4())})
        draft.body = json.dumps(blocks)
    draft.save_revision(user=by if by.pk is not None else None, clean=False)
    PicturePlace.objects.update_or_create(
        picture=row, story=story, defaults={"state": PicturePlace.State.PLACED, "because": "", "at": clock.now()}
    )
    changes.audit(
        by=by, verb="placed a picture", kind="story", ref=story.pk, picture=picture.pk, held=list(row.held_because)
    )
    return story
