"""What the desk does beyond editing: fronts, breaking news, take-downs with word to the publisher, the workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowPage, WorkflowTask

from standfirst.changes import actions as changes
from standfirst.changes import handlers
from standfirst.changes.actions import Actor
from standfirst.desk import ports
from standfirst.desk.models import BreakingNews, FrontSlot, KeptOff
from standfirst.desk.templatetags.desk import clocktime
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Section, SectionPath, SiteFacts, Story, Takedown

CURATE = "desk.curate_front"
"""The permission for everything about fronts."""

SLOT_ENDS = "slot-ends"
KEPT_OFF_ENDS = "kept-off-ends"
BREAKING_ENDS = "breaking-ends"
"""Names of ticks. The ref is the section's id; of the last, the story's."""

PUT_FOR = timedelta(hours=3)
KEEP_OFF_FOR = timedelta(hours=12)
LONGEST = timedelta(days=14)
BREAKING_FOR = timedelta(minutes=60)
LONGEST_BREAKING = timedelta(hours=6)
BREAKING_AT_ONCE = 2

SITE = "site"
"""The ref of what is breaking: there is one record of it."""

_AWAY = 9999
"""A place that no front has."""

WORKFLOW = "Desk"
APPROVERS = ("Editor", "Wire editor", "Publisher")


@transaction.atomic
def set_up(*, home: Section) -> Workflow:
    """Give the newsroom its approval workflow: what a reporter hands in waits for the desk. Safe to repeat."""
    workflow = Workflow.objects.filter(name=WORKFLOW).first()
    if workflow is None:
        workflow = Workflow.objects.create(name=WORKFLOW)
        task = GroupApprovalTask.objects.create(name="Desk’s approval")
        task.groups.set(Group.objects.filter(name__in=APPROVERS))
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.get_or_create(page=home, defaults={"workflow": workflow})
    return workflow


# --- fronts -------------------------------------------------------------------------------------------------------


def watch_fronts() -> None:
    """Have the press look at a front when something about it was decided, ended, or went with its section or story."""
    for model in (FrontSlot, KeptOff):
        handlers.watch(model, saved=_decided, deleted=_undecided)
    handlers.watch(BreakingNews, saved=_broke, deleted=_over)
    handlers.watch(Story, saved=_off_air)
    handlers.watch(Page, saved=_page_off_air)


def _decided(row: FrontSlot | KeptOff, created: bool) -> None:
    changes.record(kind="slots", ref=row.section_id, cause="put" if isinstance(row, FrontSlot) else "kept off")


def _undecided(row: FrontSlot | KeptOff) -> None:
    changes.record(kind="slots", ref=row.section_id, cause="left" if isinstance(row, FrontSlot) else "let back")


def _broke(row: BreakingNews, created: bool) -> None:
    changes.record(kind="breaking", ref=SITE, cause="breaking")


def _over(row: BreakingNews) -> None:
    changes.record(kind="breaking", ref=SITE, cause="over")


def _off_air(story: Page, created: bool) -> None:
    """A story that is live no more leaves its places at once, and does not come back into them by itself."""
    if not story.live and not created:
        FrontSlot.objects.filter(story_id=story.pk).delete()
        BreakingNews.objects.filter(story_id=story.pk).delete()


def _page_off_air(page: Page, created: bool) -> None:
    if type(page) is Page and page.specific_class is Story:
        _off_air(page, created)


def _held(section: Section) -> dict[int, FrontSlot]:
    """The front's slots by place, kept from everybody else until the transaction ends.

    After the story, if one is held at all: publishing takes the two in this order.
    """
    SectionPath.objects.select_for_update().filter(section_id=section.pk, current=True).first()
    return {slot.position: slot for slot in FrontSlot.objects.filter(section=section).select_related("story", "by")}


def marks(slots: Mapping[int, FrontSlot]) -> str:
    """What somebody sees of a front's slots, for a form to bring back: a mark for each place."""
    return ".".join(_mark(slots.get(position)) for position in range(1, ports.fronts.slots + 1))


def _mark(slot: FrontSlot | None) -> str:
    return slot.mark if slot else "-"


def _as_seen(slots: Mapping[int, FrontSlot], seen: str | None, *positions: int) -> None:
    """Refuse where one of these places holds something else than a person saw."""
    if seen is None:
        return
    before = dict(enumerate(seen.split("."), start=1))
    for position in positions:
        slot = slots.get(position)
        if before.get(position) == _mark(slot):
            continue
        if slot is None:
            raise Refused(
                f"{place_name(position)} was given back to the newest meanwhile: look at the front as it is now, and "
                "decide again."
            )
        who = str(slot.by) if slot.by else "Somebody"
        raise Refused(
            f"{who} has put “{slot.story.title}” there meanwhile ({place_name(position)}, until "
            f"{clocktime(slot.until)}): look at the front as it is now, and decide again."
        )


def place_name(position: int) -> str:
    """ "The lead", "Place 2"."""
    return "The lead" if position == 1 else f"Place {position}"


def _a_place(position: int) -> None:
    if not 1 <= position <= ports.fronts.slots:
        raise Refused(f"A front has {ports.fronts.slots} places that can be filled by hand: choose one of those.")


def _until(until: datetime | None, usual: timedelta, longest: timedelta, too_long: str) -> datetime:
    now = clock.now()
    until = until or now + usual
    if until <= now:
        raise Refused("That hour has passed already: choose a later one.")
    if until - now > longest:
        raise Refused(too_long)
    return until


def _live(story: Story) -> None:
    """Hold a story, and refuse one that readers cannot read."""
    stories.hold(story)
    if Story.objects.filter(pk=story.pk, live=True).exists():
        return
    scheduled = story.revisions.filter(approved_go_live_at__isnull=False).order_by("approved_go_live_at")
    if due := scheduled.values_list("approved_go_live_at", flat=True).first():
        raise Refused(f"“{story.draft_title or story.title}” goes live at {clocktime(due)}: do it from then on.")
    raise Refused(f"“{story.draft_title or story.title}” is not live: publish it first.")


@transaction.atomic
def put(
    *, section: Section, position: int, story: Story, until: datetime | None = None, seen: str | None = None, by: Actor
) -> FrontSlot:
    """Put a live story into a place of a front until an hour (default: three from now). Position 1 is the lead.

    Who stood there by hand gives way, and a place that the story itself had on this front goes to the newest. `seen`
    are the `marks()` that the person decided by; None: whatever is there.

    Raises:
        Refused: the story is not live, there is no such place, the hour has passed or is more than a fortnight away,
            or somebody else has changed the place since it was seen.
    """
    stories.may(by, CURATE)
    _a_place(position)
    until = _until(until, PUT_FOR, LONGEST, "A story can be put on a front for a fortnight at most.")
    _live(story)
    slots = _held(section)
    _as_seen(slots, seen, position)
    for slot in slots.values():
        if slot.position == position or slot.story_id == story.pk:
            slot.delete()
    made = FrontSlot.objects.create(section=section, position=position, story=story, until=until, by_id=by.pk)
    changes.set_tick(name=SLOT_ENDS, ref=section.pk, due=until)
    _audit(by, "put on a front", section, story=story.pk, position=position, until=clock.iso(until))
    return made


@transaction.atomic
def give_back(*, section: Section, position: int, seen: str | None = None, by: Actor) -> None:
    """Leave a place of a front to the newest. Nothing happens where nobody stands by hand."""
    stories.may(by, CURATE)
    slots = _held(section)
    _as_seen(slots, seen, position)
    if position in slots:
        slots[position].delete()
        _audit(by, "gave back a place", section, position=position)


@transaction.atomic
def move(*, section: Section, position: int, to: int, seen: str | None = None, by: Actor) -> None:
    """Move the story in a place of a front to another one. Who stands there by hand takes the first in turn.

    Raises:
        Refused: nobody stands there by hand, there is no such place, or one of the two was changed since it was seen.
    """
    stories.may(by, CURATE)
    _a_place(to)
    slots = _held(section)
    _as_seen(slots, seen, position, to)
    if position not in slots:
        raise Refused(f"{place_name(position)} is filled by itself: put a story there by hand first.")
    # By rows, so that one whose story is killed at this moment is not written anew; and by way of a place that no front
    # has, since two cannot stand in one.
    moved, other = slots[position], slots.get(to)
    rows = FrontSlot.objects.filter(section=section)
    rows.filter(pk=moved.pk).update(position=_AWAY)
    if other is not None:
        rows.filter(pk=other.pk).update(position=position)
    rows.filter(pk=moved.pk).update(position=to)
    changes.record(kind="slots", ref=section.pk, cause="moved")
    _audit(by, "moved on a front", section, story=moved.story_id, position=to)


@transaction.atomic
def keep_off(
    *,
    section: Section,
    story: Story,
    reach: Literal["top", "front"] = "top",
    until: datetime | None = None,
    by: Actor,
) -> KeptOff:
    """Keep a live story off the automatic places of a front's top, or of the whole front, until an hour (default:
    twelve from now). It stays in its sections' other fronts, in feeds and on its day's page.

    Raises:
        Refused: the story is not live or was put on this front by hand, or the hour has passed or is too far away.
    """
    stories.may(by, CURATE)
    until = _until(until, KEEP_OFF_FOR, LONGEST, "A story can be kept off a front for a fortnight at most.")
    _live(story)
    for slot in _held(section).values():
        if slot.story_id == story.pk:
            raise Refused(f"{place_name(slot.position)} was given to this story by hand: give that back first.")
    kept, _ = KeptOff.objects.update_or_create(
        section=section, story=story, defaults={"reach": reach, "until": until, "by_id": by.pk}
    )
    changes.set_tick(name=KEPT_OFF_ENDS, ref=section.pk, due=until)
    _audit(by, "kept off a front", section, story=story.pk, reach=reach, until=clock.iso(until))
    return kept


@transaction.atomic
def let_back(*, section: Section, story: Story, by: Actor) -> None:
    """Let a story stand in a front's automatic places again. Nothing happens where it is not kept off."""
    stories.may(by, CURATE)
    if KeptOff.objects.filter(section=section, story=story).delete()[0]:
        _audit(by, "let back on a front", section, story=story.pk)


@transaction.atomic
def mark_breaking(*, story: Story, until: datetime | None = None, by: Actor) -> BreakingNews:
    """Mark a live story as breaking news until an hour (default: one from now, six at most), or set another hour.

    Raises:
        Refused: the story is not live, two others are breaking, or the hour has passed or is too far away.
    """
    stories.may(by, CURATE)
    until = _until(until, BREAKING_FOR, LONGEST_BREAKING, "News is breaking for six hours at most.")
    _live(story)
    SiteFacts.objects.select_for_update().filter(pk=1).first()  # of two who mark a story the second sees the first's
    others = list(BreakingNews.objects.exclude(story=story).select_related("story"))
    if len(others) >= BREAKING_AT_ONCE:
        named = " and ".join(f"“{row.story.title}”" for row in others)
        raise Refused(f"{named} are breaking already, and no more than two can be: end one of them first.")
    marked, _ = BreakingNews.objects.update_or_create(
        story=story,
        defaults={"until": until, "by_id": by.pk},
        create_defaults={"until": until, "by_id": by.pk, "at": clock.now()},
    )
    changes.set_tick(name=BREAKING_ENDS, ref=story.pk, due=until)
    changes.audit(by=by, verb="marked as breaking", kind="story", ref=story.pk, until=clock.iso(until))
    return marked


@transaction.atomic
def end_breaking(*, story: Story, by: Actor) -> None:
    """A story is no longer breaking news. Nothing happens if it was not."""
    stories.may(by, CURATE)
    if BreakingNews.objects.filter(story=story).delete()[0]:
        changes.audit(by=by, verb="ended breaking", kind="story", ref=story.pk)


def _audit(by: Actor, verb: str, section: Section, **detail: Any) -> None:
    changes.audit(by=by, verb=verb, kind="section", ref=section.pk, **detail)


@transaction.atomic
def end_slots(section: str | int, at: datetime) -> bool:
    """Apply the tick `SLOT_ENDS`: places of a front whose hour has come go to the newest. False if there is none."""
    return bool(FrontSlot.objects.filter(section_id=int(section), until__lte=at).delete()[0])


@transaction.atomic
def end_kept_off(section: str | int, at: datetime) -> bool:
    """Apply the tick `KEPT_OFF_ENDS`: stories whose hour has come may stand on a front again. False if none may."""
    return bool(KeptOff.objects.filter(section_id=int(section), until__lte=at).delete()[0])


@transaction.atomic
def end_breaking_news(story: str | int, at: datetime) -> bool:
    """Apply the tick `BREAKING_ENDS`: the story is breaking no more if its hour has come. False if it was renewed."""
    return bool(BreakingNews.objects.filter(story_id=int(story), until__lte=at).delete()[0])


ENDS: Mapping[str, Callable[[str, datetime], bool]] = {
    SLOT_ENDS: end_slots,
    KEPT_OFF_ENDS: end_kept_off,
    BREAKING_ENDS: end_breaking_news,
}
"""Ticks at which what the desk decided about fronts ends. The worker calls them with the tick's ref and hour."""


# --- taking down --------------------------------------------------------------------------------------------------


@transaction.atomic
def take_down(
    *, story: Story, kind: Literal["kill", "withhold"], reason: str, wording: str, names: bool, by: Actor
) -> Takedown:
    """Kill or withhold a story from the desk, and tell the publishers once it is done."""
    takedown = stories.take_down(story=story, kind=kind, reason=reason, wording=wording, names=names, by=by)
    where = settings.STANDFIRST.origin + reverse("desk:takedown", args=[takedown.pk])
    alerts.mail_publishers(
        f"{takedown.past().capitalize()}: {story.title}",
        f"{by} has {takedown.past()} “{story.title}” at {clock.iso(takedown.at)}.\n\n"
        f"Reason: {takedown.reason}\n\n"
        f"Readers are told: {takedown.wording or '(nothing but that the page is gone)'}\n\n"
        f"Where it stands, and how to undo it: {where}\n",
    )
    return takedown


@transaction.atomic
def restore(*, takedown: Takedown, because: str, by: Actor) -> None:
    """Undo a take-down as a second person, and tell the publishers."""
    stories.restore(takedown=takedown, because=because, by=by)
    alerts.mail_publishers(
        f"Undone: {takedown.story.title}",
        f"{by} has undone that “{takedown.story.title}” was {takedown.past()}. It is a draft now.\n\n"
        f"Reason: {because}\n",
    )
