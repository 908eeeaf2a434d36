"""What the desk does beyond editing: pinned leads, take-downs with word to the publisher, the approval workflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

from standfirst.changes import actions as changes
from standfirst.changes import handlers
from standfirst.changes.actions import Actor
from standfirst.desk.models import PinnedLead
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Section, Story, Takedown

PIN_ENDS = "pin-ends"
"""Name of the tick at which a pinned lead ends. Its ref is the section's id; the worker calls `end_pin()`."""

PIN_FOR = timedelta(hours=3)
LONGEST_PIN = timedelta(days=14)

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


# --- leads --------------------------------------------------------------------------------------------------------


def watch_pins() -> None:
    """Have the press look at a front whose pin was set, ended, or went with its section."""
    handlers.watch(PinnedLead, saved=_pinned, deleted=_unpinned)


def _pinned(pin: PinnedLead, created: bool) -> None:
    changes.record(kind="pin", ref=pin.section_id, cause="pinned")


def _unpinned(pin: PinnedLead) -> None:
    changes.record(kind="pin", ref=pin.section_id, cause="unpinned")


@transaction.atomic
def pin(*, section: Section, story: Story, until: datetime | None = None, by: Actor) -> PinnedLead:
    """Let `story` lead the front of `section` until an hour (default: three from now). Replaces the former pin.

    Raises:
        Refused: the story is not live, or the hour has passed or is more than a fortnight away.
    """
    stories.may(by, "desk.pin_lead")
    now = clock.now()
    until = until or now + PIN_FOR
    if until <= now:
        raise Refused("The pin would have ended already: choose a later hour.")
    if until - now > LONGEST_PIN:
        raise Refused("A lead can be pinned for a fortnight at most.")
    if not Story.objects.filter(pk=story.pk, live=True).exists():
        raise Refused("Only a live story can lead a front: publish it first.")
    pinned, _ = PinnedLead.objects.update_or_create(
        section=section, defaults={"story": story, "until": until, "by_id": by.pk}
    )
    changes.set_tick(name=PIN_ENDS, ref=section.pk, due=until)
    changes.audit(by=by, verb="pinned", kind="section", ref=section.pk, story=story.pk, until=clock.iso(until))
    return pinned


@transaction.atomic
def unpin(*, section: Section, by: Actor) -> None:
    """End a front's pinned lead before its hour. Nothing happens where there is none."""
    stories.may(by, "desk.pin_lead")
    if PinnedLead.objects.filter(section=section).delete()[0]:
        changes.audit(by=by, verb="unpinned", kind="section", ref=section.pk)


@transaction.atomic
def end_pin(section_id: int, at: datetime) -> bool:
    """Apply the tick `PIN_ENDS`: remove the section's pin if its hour has come. False if it was renewed or removed."""
    return bool(PinnedLead.objects.filter(section_id=section_id, until__lte=at).delete()[0])


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
