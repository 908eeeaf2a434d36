"""What can be done to stories: each verb checks permission and rule, writes, audits, and leaves a change row."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page, Revision, Site

from standfirst.changes import actions as changes
from standfirst.changes import jobs
from standfirst.changes import ports as change_ports
from standfirst.changes.actions import Actor
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.people import actions as people
from standfirst.people.roles import ROLES
from standfirst.stories.models import (
    Correction,
    Embargo,
    NewsWindow,
    Onward,
    Origin,
    Publication,
    Section,
    SiteFacts,
    Story,
    Takedown,
    Translation,
)

log = logging.getLogger(__name__)

EMBARGO_ENDS = "embargo-ends"
"""Name of the tick at which an embargo passes. Its ref is the story's id."""

NEWS_PASSES = "news-passes"
"""Name of the tick, once an hour, at which what is older than two days stops being news. Its ref is "news"."""

NEWS = timedelta(days=2)
"""How long a story is news to the search engines that ask for news alone."""


def may(by: Actor, permission: str) -> None:
    """Raise `PermissionDenied` unless `by` has `permission`. Machines act by the rules of their own department."""
    has_perm: Callable[[str], bool] | None = getattr(by, "has_perm", None)
    if has_perm is not None and not has_perm(permission):
        raise PermissionDenied(f"{by.get_username()} may not do this: the permission {permission} is missing.")


def said(error: ValidationError | Problem) -> str:
    """What a refusal says, in one line."""
    return "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def hold(story: Story | int) -> None:
    """Keep everybody else from publishing or taking down a story until this transaction ends.

    Every verb below holds the page first and nothing before it: on PostgreSQL, two that lock in different orders wait
    for each other until one is thrown out, and that one could be the kill. No joined table: its row would come first.
    """
    pk = story if isinstance(story, int) else story.pk
    Page.objects.select_for_update().filter(pk=pk).values_list("pk", flat=True).first()


def hold_all(stories: Sequence[int]) -> None:
    """`hold` several stories (ids), in one order, so that two who do it wait for each other in turn."""
    list(Page.objects.select_for_update().filter(pk__in=stories).order_by("pk").values_list("pk", flat=True))


# --- the newsroom -------------------------------------------------------------------------------------------------


@transaction.atomic
def open_newsroom(
    *, name: str, strapline: str = "", zone: str = "UTC", language: str = "en", about: str = ""
) -> Section:
    """Make the newsroom: its facts, the home front, and what each role may do there. Returns the home front."""
    if SiteFacts.objects.exists():
        raise Refused("This newsroom is open already.")
    facts = SiteFacts(pk=1, name=name, strapline=strapline, zone=zone, language=language, about=about)
    facts.full_clean()
    facts.save()
    root = Page.objects.get(depth=1)
    site = Site.objects.filter(is_default_site=True).first()
    home = Section(title=name, slug="home-front", standfirst=strapline, live=True)
    root.add_child(instance=home)
    if site is None:
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True, site_name=name)
    else:
        welcome = site.root_page
        site.root_page, site.site_name = home, name
        site.save()
        if welcome.depth == 2 and welcome.specific_class is Page:
            welcome.delete()
    _grant(home)
    return home


@transaction.atomic
def serve_from(*, origin: str) -> None:
    """Note the scheme and host under which readers meet the site. While they stay the same nothing happens."""
    facts = SiteFacts.objects.select_for_update().filter(pk=1).first()
    if facts is not None and facts.origin != origin:
        facts.origin = origin
        facts.save()


_GRANTED = ("wagtailcore", "wagtailimages", "wagtaildocs")

_WAGTAILS_OWN = ("Moderators", "Editors")
"""Groups that Wagtail makes at installation. Beside our roles they would only confuse."""


def _grant(home: Section) -> None:
    groups = people.ensure_roles()
    Group.objects.filter(name__in=_WAGTAILS_OWN, user=None).delete()
    pictures = Collection.get_first_root_node()
    known = {p.codename: p for p in Permission.objects.filter(content_type__app_label__in=_GRANTED)}
    for role in ROLES:
        group: Group = groups[role.name]
        for codename in role.pages:
            GroupPagePermission.objects.get_or_create(group=group, page=home, permission=known[codename])
        for codename in role.collections:
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=pictures, permission=known[codename]
            )


@transaction.atomic
def open_section(*, parent: Section, name: str, slug: str, standfirst: str = "") -> Section:
    """Add a section below `parent`."""
    section = Section(title=name, slug=slug, standfirst=standfirst, live=True)
    parent.add_child(instance=section)
    return section


# --- writing and publishing ---------------------------------------------------------------------------------------


@transaction.atomic
def create(*, section: Section, by: Actor | None = None, revised: bool = True, **fields: Any) -> Story:
    """Start a story as a draft in `section`. `fields` are fields of `Story` (`title` is the headline).

    `revised=False`: without a first revision, for whoever makes one before the transaction ends.
    """
    further = fields.pop("further_sections", ())
    topics = fields.pop("topics", ())
    authors = fields.pop("authors", ())
    user = by if by is not None and by.pk is not None else None
    story = Story(live=False, owner=user, **fields)
    with jobs.once():
        section.add_child(instance=story)
        if further:
            story.further_sections.set(further)
        if topics:
            story.topics.set(topics)
        for author in authors:
            story.bylines.create(author=author)
        if revised:
            story.save_revision(user=user, clean=False)
    return story


@transaction.atomic
def publish(*, story: Story, by: Actor | None = None) -> Story:
    """Publish the latest draft of `story` now.

    Raises:
        ValidationError: it is killed, withheld or embargoed, or a field is wrong. Nothing is written then.
    """
    hold(story)
    user = by if by is not None and by.pk is not None else None
    with jobs.once():
        revision = story.get_latest_revision() or story.save_revision(user=user)
        revision.publish(user=user, skip_permission_checks=True)
    if by is not None:
        changes.audit(by=by, verb="published", kind="story", ref=story.pk, revision=revision.pk)
    story.refresh_from_db()
    return story


@transaction.atomic
def unpublish(*, story: Story, by: Actor) -> None:
    """Take a story off the site without a statement; its address answers 410 with a notice."""
    hold(story)
    _take_off(story)
    changes.audit(by=by, verb="unpublished", kind="story", ref=story.pk)


@transaction.atomic
def correct(
    *, story: Story, kind: Literal["correction", "clarification", "update"], text: str, by: Actor
) -> Correction:
    """Add a public note to a published story and move its *refreshed* time."""
    may(by, "stories.correct_story")
    text = text.strip()
    if not text:
        raise Refused("Say in the note what was wrong and what is right: readers see it.")
    if not Publication.objects.filter(story=story).exists():
        raise Refused("Only a published story can be corrected: edit the draft instead.")
    note = Correction.objects.create(story=story, kind=kind, text=text, at=clock.now(), by_id=by.pk)
    refresh(story=story)
    changes.audit(by=by, verb="corrected", kind="story", ref=story.pk, note=note.pk, as_=kind)
    return note


@transaction.atomic
def refresh(*, story: Story) -> None:
    """Move *refreshed* to now: for a marked update or a correction, and for nothing else."""
    publication = Publication.objects.select_for_update().filter(story=story).first()
    if publication is None:
        return
    publication.refreshed = clock.now()
    publication.refreshes += 1
    publication.save()
    changes.record(kind="story", ref=story.pk, cause="refreshed")


# --- taking down --------------------------------------------------------------------------------------------------


@transaction.atomic
def take_down(
    *,
    story: Story,
    kind: Literal["kill", "withhold"],
    reason: str,
    wording: str = "",
    names: bool = False,
    by: Actor,
) -> Takedown:
    """Kill or withhold a story, at once and whatever state it is in.

    One transaction writes the fact, clears every schedule, ends the workflow, takes the story off the site and asks the
    press for it in the kill lane. Nothing but `restore()` by a second person makes it publishable again.
    """
    may(by, f"stories.{kind}_story")
    if not reason.strip():
        raise Refused("Give the reason: colleagues and the publisher will need it.")
    hold(story)
    takedown = Takedown.objects.create(
        story=story,
        kind=kind,
        reason=reason.strip(),
        wording=wording.strip(),
        names=names,
        at=clock.now(),
        by=changes.name_of(by),
        by_id_of_user=by.pk,
    )
    changes.record(kind="story", ref=story.pk, lane=Lane.KILL, cause=takedown.past())
    _take_off(story)
    change_ports.search(story.pk)
    changes.audit(by=by, verb=takedown.past(), kind="story", ref=story.pk, reason=reason.strip())
    return takedown


def _take_off(story: Story) -> None:
    """Not live, nothing scheduled, no workflow under way."""
    fresh = Story.objects.get(pk=story.pk)
    fresh.revisions.update(approved_go_live_at=None)
    state = fresh.current_workflow_state
    if state is not None:
        state.cancel(user=None)
        fresh.refresh_from_db()
    if fresh.live:
        UnpublishPageAction(fresh, log_action="wagtail.unpublish").execute(skip_permission_checks=True)
    Page.objects.filter(pk=story.pk).update(go_live_at=None, expire_at=None)
    story.refresh_from_db()


@transaction.atomic
def restore(*, takedown: Takedown, because: str, by: Actor) -> None:
    """Undo a kill or a withholding. The story becomes a draft again: publishing it is a decision of its own.

    Raises:
        Refused: by the person who ordered it; a second person must agree.
    """
    may(by, "stories.restore_story")
    standing = Takedown.objects.select_for_update().get(pk=takedown.pk)
    if standing.undone_at is not None:
        raise Refused("Somebody has undone this already.")
    if by.pk is not None and standing.by_id_of_user == by.pk:
        raise Refused("You ordered this yourself: a second person must undo it.")
    if not because.strip():
        raise Refused("Give the reason for undoing it.")
    standing.undone_at = clock.now()
    standing.undone_by = changes.name_of(by)
    standing.undone_because = because.strip()
    standing.save()
    changes.record(kind="story", ref=standing.story_id, cause="restored")
    changes.audit(by=by, verb="restored", kind="story", ref=standing.story_id, because=because.strip())


@transaction.atomic
def embargo(*, story: Story, until: datetime | None, source: str = "", by: Actor) -> Embargo:
    """Forbid publication before `until` (None: until somebody lifts it). A live story comes off the site."""
    hold(story)
    live = Story.objects.filter(pk=story.pk, live=True).exists()  # `story` may have been read before it went live
    fact = Embargo.objects.create(story=story, until=until, source=source[:255], at=clock.now(), by=changes.name_of(by))
    if until is not None:
        changes.set_tick(name=EMBARGO_ENDS, ref=story.pk, due=until)
    if live and (until is None or until > clock.now()):
        changes.record(kind="story", ref=story.pk, lane=Lane.KILL, cause="embargoed")
        _take_off(story)
    else:
        changes.record(kind="story", ref=story.pk, cause="embargoed")
    changes.audit(by=by, verb="embargoed", kind="story", ref=story.pk, until=clock.iso(until) if until else None)
    return fact


@transaction.atomic
def lift_embargo(*, fact: Embargo, by: Actor) -> None:
    """End an embargo before its time, as the agency or the source has allowed."""
    may(by, "stories.restore_story")
    Embargo.objects.filter(pk=fact.pk, undone_at=None).update(undone_at=clock.now(), undone_by=changes.name_of(by))
    changes.audit(by=by, verb="lifted the embargo", kind="story", ref=fact.story_id)


# --- where copy came from -----------------------------------------------------------------------------------------


@transaction.atomic
def trace(
    *,
    story: Story,
    provider: str,
    item_id: str,
    version: str,
    version_order: int,
    seal: str,
    revision: int | None = None,
    onward: str = Onward.SUMMARY,
    held_back: bool = False,
) -> Origin:
    """Note that a version of a wire item went into `story`; `revision` when no person had a hand in it. `onward` is how
    much of it the agency lets us pass on, `held_back` what the copy itself says of that."""
    origin, _ = Origin.objects.update_or_create(
        story=story,
        provider=provider,
        item_id=item_id,
        version_order=version_order,
        defaults={
            "version": version,
            "seal": seal,
            "taken_at": clock.now(),
            "revision": revision,
            "onward": onward,
            "held_back": held_back,
        },
    )
    changes.record(kind="story", ref=story.pk, cause="traced")
    return origin


# --- the same in other languages ----------------------------------------------------------------------------------


@transaction.atomic
def link_translation(*, story: Story, other: Story, by: Actor) -> None:
    """Note that two stories say the same in different languages. What either was linked to before stays with it.

    Raises:
        PermissionDenied: `by` may not publish one of them: readers are led there at once.
        Refused: they are one story, or two of those that would belong together speak one language.
    """
    if story.pk == other.pk:
        raise Refused("A story is no translation of itself: choose another one.")
    for pk in sorted((story.pk, other.pk)):
        hold(pk)
    _may_publish(by, story, other)
    groups = {row.story_id: row.group for row in Translation.objects.filter(story__in=(story, other))}
    found = Translation.objects.filter(group__in=groups.values()).values_list("story_id", flat=True)
    ids = sorted({story.pk, other.pk, *found})
    if len(ids) > MOST_TRANSLATIONS:
        raise Refused(f"At most {MOST_TRANSLATIONS} stories are translations of each other.")
    speaks: dict[str, Story] = {}
    for one in Story.objects.filter(pk__in=ids).order_by("pk"):
        if (same := speaks.get(one.language)) is not None:
            raise Refused(
                f"“{same.title}” and “{one.title}” are both in {one.get_language_display()}: one story a language. Set "
                "the language of the translation, or take the other one out first."
            )
        speaks[one.language] = one
    group = next(iter(sorted(groups.values(), key=str)), uuid.uuid4())
    for pk in ids:
        Translation.objects.update_or_create(story_id=pk, defaults={"group": group})
    changes.record_all(kind="story", refs=ids, cause="translated")
    changes.audit(by=by, verb="linked the translation", kind="story", ref=story.pk, other=other.pk)


@transaction.atomic
def unlink_translation(*, story: Story, by: Actor) -> None:
    """Take a story out of those that say the same. The others stay together, if there are two of them."""
    hold(story)
    _may_publish(by, story)
    row = Translation.objects.filter(story=story).first()
    if row is None:
        raise Refused("This story is no translation of another.")
    ids = sorted(Translation.objects.filter(group=row.group).values_list("story_id", flat=True))
    row.delete()
    if len(ids) == 2:
        Translation.objects.filter(group=row.group).delete()
    changes.record_all(kind="story", refs=ids, cause="translation unlinked")
    changes.audit(by=by, verb="unlinked the translation", kind="story", ref=story.pk)


MOST_TRANSLATIONS = 40
"""Stories of one group: each page names all others."""


def _may_publish(by: Actor, *stories: Story) -> None:
    for story in stories:
        if by.pk is not None and not story.permissions_for_user(by).can_publish():
            raise PermissionDenied(f"{by.get_username()} may not publish “{story.title}”.")


# --- the clock ----------------------------------------------------------------------------------------------------


def publish_due(at: datetime) -> list[tuple[int, str]]:
    """Publish what is scheduled for `at` or earlier and unpublish what expires, one transaction each.

    One that fails never stops the rest: its schedule is cleared, the reason goes to the audit log. Each is read again
    once it is held: meanwhile an editor may have published a newer version, or withdrawn or moved the hour, and another
    worker may have been first.
    Returns (story id, "published" | "expired" | the reason why not).
    """
    clockwork = changes.Machine("clock")
    outcome: list[tuple[int, str]] = []
    due = Revision.objects.filter(approved_go_live_at__lte=at)
    for pk, page in list(due.order_by("approved_go_live_at", "id").values_list("pk", "object_id")):
        story_id = int(page)
        try:
            with transaction.atomic():
                hold(story_id)
                revision = due.filter(pk=pk).first()
                if revision is None:
                    continue
                action = PublishPageRevisionAction(revision, log_action="wagtail.publish.scheduled")
                # Its time has come by our clock, which Wagtail does not ask; the schedule is carried out and gone.
                action.object.go_live_at = None
                action.execute(skip_permission_checks=True)
            outcome.append((story_id, "published"))
        except (OperationalError, InterfaceError):
            raise  # the database is away: that is no fault of this story
        except Exception as error:
            if isinstance(error, ValidationError | Problem):
                reason = said(error)
            else:
                reason = f"{type(error).__name__}: {error}"[:500]
                log.exception("Story %s could not be published by the clock", story_id)
            with transaction.atomic():
                due.filter(pk=pk).update(approved_go_live_at=None)
                changes.audit(by=clockwork, verb="could not publish", kind="story", ref=story_id, reason=reason)
                changes.record(kind="story", ref=story_id, cause="schedule failed")
            outcome.append((story_id, reason))
    expiring = Story.objects.filter(live=True, expire_at__lte=at)
    for story_id in list(expiring.order_by("expire_at").values_list("pk", flat=True)):
        with transaction.atomic():
            hold(story_id)
            story = expiring.filter(pk=story_id).first()
            if story is None:
                continue
            UnpublishPageAction(story, set_expired=True, log_action="wagtail.unpublish.scheduled").execute(
                skip_permission_checks=True
            )
        outcome.append((story_id, "expired"))
    return outcome


def next_due() -> datetime | None:
    """The next moment at which `publish_due()` has something to do."""
    times: Iterable[datetime | None] = (
        Revision.objects.filter(approved_go_live_at__isnull=False)
        .order_by("approved_go_live_at")
        .values_list("approved_go_live_at", flat=True)
        .first(),
        Page.objects.filter(live=True, expire_at__isnull=False)
        .order_by("expire_at")
        .values_list("expire_at", flat=True)
        .first(),
    )
    return min((moment for moment in times if moment is not None), default=None)


@transaction.atomic
def pass_news(at: datetime) -> None:
    """At the tick `NEWS_PASSES`: what was first published two days before `at` or earlier is news no more."""
    NewsWindow.objects.update_or_create(name="news", defaults={"since": at - NEWS})
    changes.record(kind="window", ref="news", cause="news passed")
