"""The desk's one list: stories by state, from indexed rows, with the same number of queries however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import cached_property
from wagtail.admin.models import EditingSession
from wagtail.models import Page, Revision, WorkflowState

from standfirst.changes import ports
from standfirst.kit import clock
from standfirst.stories.models import Address, Embargo, Origin, Section, Story, Takedown

PER_PAGE = 50
SEEN_WITHIN = timedelta(seconds=75)
"""An open editor pings each ten seconds; a browser tab in the background, once a minute."""

_NEWEST_FIRST = "wagtailcore_page (latest_revision_created_at DESC, id DESC)"
INDEXES = (
    f"CREATE INDEX IF NOT EXISTS desk_latest ON {_NEWEST_FIRST}",
    f"CREATE INDEX IF NOT EXISTS desk_latest_draft ON {_NEWEST_FIRST} WHERE NOT live",
)
"""Laid on Wagtail's table after each migration: it has none by which the list could be read newest first."""

TABS: tuple[tuple[str, str], ...] = (
    ("all", "All"),
    ("draft", "Draft"),
    ("ready", "Ready"),
    ("scheduled", "Scheduled"),
    ("live", "Live"),
    ("wire", "From wire"),
    ("down", "Killed and withheld"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    story: Story
    state: str
    """One of: killed, withheld, ready, scheduled, live, draft."""
    section: str
    path: str
    with_whom: str
    open_by: tuple[str, ...]
    agency: str
    published: datetime | None
    refreshed: datetime | None
    due: datetime | None
    embargo: Embargo | None
    takedown: Takedown | None
    edited_since: bool
    wanted: str
    """What a reviewer asked for, when copy was sent back."""


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asked the list for. `state` is a key of `TABS`; `section` is the id of a section, None for all."""

    state: str = "all"
    section: int | None = None
    text: str = ""


@dataclass
class Board:
    """The list that answers `query`. Counts are of the same sections and words, one for each tab."""

    query: Query
    now: datetime = field(default_factory=clock.now)

    @cached_property
    def _page_type(self) -> ContentType:
        return ContentType.objects.get_for_model(Page)

    @cached_property
    def _workflows(self) -> dict[int, WorkflowState]:
        """Story id -> the workflow under way there. At most one each, and never many."""
        states = WorkflowState.objects.filter(
            base_content_type=self._page_type, status__in=["in_progress", "needs_changes"]
        ).select_related("requested_by", "current_task_state__task", "current_task_state__finished_by")
        return {int(state.object_id): state for state in states}

    @cached_property
    def _ready(self) -> list[int]:
        return [pk for pk, state in self._workflows.items() if state.status == WorkflowState.STATUS_IN_PROGRESS]

    @cached_property
    def _due(self) -> dict[int, datetime]:
        """Story id -> the time for which a revision is scheduled."""
        rows = Revision.objects.filter(base_content_type=self._page_type, approved_go_live_at__isnull=False)
        return {int(pk): at for pk, at in rows.values_list("object_id", "approved_go_live_at")}

    @cached_property
    def _chosen(self) -> QuerySet[Story]:
        found: QuerySet[Story] = Story.objects.all()
        if self.query.section is not None:
            top = Section.objects.filter(pk=self.query.section).values_list("path", flat=True).first()
            if top is None:
                return found.none()
            # A range of the tree's path, which its index answers; LIKE would read every row on SQLite.
            found = found.filter(path__gt=top, path__lte=top.ljust(255, "Z"))
        for word in self.query.text.split()[:6]:
            found = found.filter(
                Q(draft_title__icontains=word)
                | Q(title__icontains=word)
                | Q(slugline__icontains=word)
                | Q(kicker__icontains=word)
                | Q(credit__icontains=word)
            )
        return found

    @property
    def _down(self) -> Q:
        return Q(Exists(Takedown.objects.standing().filter(story=OuterRef("pk")))) | Q(
            Exists(Embargo.objects.standing(self.now).filter(story=OuterRef("pk")))
        )

    def _condition(self, state: str) -> Q:
        if state == "draft":
            standing = Exists(Takedown.objects.standing().filter(story=OuterRef("pk")))
            return Q(live=False) & ~Q(pk__in=[*self._ready, *self._due]) & ~Q(standing)
        if state == "ready":
            return Q(pk__in=self._ready)
        if state == "scheduled":
            return Q(pk__in=list(self._due))
        if state == "live":
            return Q(live=True)
        if state == "wire":
            return Q(Exists(Origin.objects.filter(story=OuterRef("pk"))))
        if state == "down":
            return self._down
        return Q()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many stories each tab holds."""
        if self._plain:
            return self._counts_of_everything()
        names = [name for name, _ in TABS]
        found: dict[str, int] = self._chosen.aggregate(
            **{name: Count("pk", filter=self._condition(name) or None) for name in names}
        )
        return found

    @property
    def _plain(self) -> bool:
        return self.query.section is None and not self.query.text.strip()

    def _counts_of_everything(self) -> dict[str, int]:
        """The same numbers from the small sides of indexes: what is not live, what has an origin, what is down."""
        everything = Story.objects.order_by().count()
        unpublished = Story.objects.filter(live=False).order_by()
        away = unpublished.aggregate(all=Count("pk"), draft=Count("pk", filter=self._condition("draft")))
        down = set(Takedown.objects.standing().values_list("story_id", flat=True))
        down |= set(Embargo.objects.standing(self.now).values_list("story_id", flat=True))
        return {
            "all": everything,
            "draft": away["draft"],
            "ready": len(self._ready),
            "scheduled": len(self._due),
            "live": everything - away["all"],
            "wire": Origin.objects.order_by().aggregate(n=Count("story_id", distinct=True))["n"],
            "down": len(down),
        }

    @cached_property
    def paginator(self) -> Paginator[int]:
        found = self._chosen.filter(self._condition(self.query.state))
        if self.query.state == "scheduled":
            order = sorted(self._due, key=lambda pk: self._due[pk])
            there = set(found.values_list("pk", flat=True))
            return _Counted([pk for pk in order if pk in there], PER_PAGE)
        pks = found.order_by("-latest_revision_created_at", "-id").values_list("pk", flat=True)
        return _Counted(pks, PER_PAGE, count=self.counts[self.query.state])

    def rows(self, pks: Sequence[int]) -> list[Row]:
        """What the list shows of these stories, in this order."""
        pks = list(pks)
        stories = {
            story.pk: story
            for story in Story.objects.filter(pk__in=pks)
            .select_related("publication", "locked_by", "latest_revision__user", "owner")
            .defer("body", "latest_revision__content", "search_description", "desk_note")
        }
        sections = self._sections(stories.values())
        paths = {address.story_id: address.path for address in Address.objects.current().filter(story__in=pks)}
        takedowns = {t.story_id: t for t in Takedown.objects.standing().filter(story__in=pks).order_by("pk")}
        embargoes = {e.story_id: e for e in Embargo.objects.standing(self.now).filter(story__in=pks).order_by("pk")}
        agencies = dict(Origin.objects.filter(story__in=pks).order_by("pk").values_list("story_id", "provider"))
        sessions = self._sessions(pks)
        found = []
        for pk in pks:
            if (story := stories.get(pk)) is None:
                continue
            publication = getattr(story, "publication", None)
            workflow = self._workflows.get(pk)
            takedown = takedowns.get(pk)
            found.append(
                Row(
                    story=story,
                    state=self._state(story, takedown),
                    section=sections.get(story.path[:-4], ""),
                    path=paths.get(pk, "") if story.live else "",
                    with_whom=_with_whom(story, workflow) or ("The wire" if pk in agencies else ""),
                    open_by=tuple(sessions[pk]),
                    agency=story.credit or agencies.get(pk, "") if pk in agencies else "",
                    published=publication.first if publication else None,
                    refreshed=publication.refreshed if publication and publication.refreshes else None,
                    due=self._due.get(pk),
                    embargo=embargoes.get(pk),
                    takedown=takedown,
                    edited_since=bool(story.live and story.has_unpublished_changes),
                    wanted=_wanted(workflow),
                )
            )
        return found

    def _state(self, story: Story, takedown: Takedown | None) -> str:
        if takedown is not None:
            return takedown.past()
        if story.pk in self._ready:
            return "ready"
        if story.live:
            return "live"
        return "scheduled" if story.pk in self._due else "draft"

    def _sections(self, stories: Iterable[Story]) -> dict[str, str]:
        """Tree path of each story's home section -> the section's name."""
        above = {story.path[:-4] for story in stories}
        return dict(Page.objects.filter(path__in=above).values_list("path", "title"))

    def _sessions(self, pks: Sequence[int]) -> dict[int, list[str]]:
        """Story id -> who has it open in an editor now."""
        found: dict[int, list[str]] = defaultdict(list)
        sessions = EditingSession.objects.filter(
            content_type=self._page_type,
            object_id__in=[str(pk) for pk in pks],
            last_seen_at__gte=clock.now() - SEEN_WITHIN,
        ).select_related("user")
        for session in sessions:
            if str(session.user) not in found[int(session.object_id)]:
                found[int(session.object_id)].append(str(session.user))
        return found


class _Counted(Paginator[int]):
    """A paginator that is told how many there are, so that it does not ask again."""

    def __init__(self, pks: Any, per_page: int, count: int | None = None) -> None:
        super().__init__(pks, per_page)
        if count is not None:
            self.__dict__["count"] = count


def _with_whom(story: Story, workflow: WorkflowState | None) -> str:
    if story.locked:
        return f"Locked by {story.locked_by}" if story.locked_by else "Locked"
    if workflow is not None and workflow.status == WorkflowState.STATUS_IN_PROGRESS:
        task = workflow.current_task_state.task.name if workflow.current_task_state else workflow.workflow.name
        return f"{task}; from {workflow.requested_by}" if workflow.requested_by else str(task)
    revision = story.latest_revision
    user = revision.user if revision is not None and revision.user else story.owner
    return str(user) if user else ""


def _wanted(workflow: WorkflowState | None) -> str:
    if workflow is None or workflow.status != WorkflowState.STATUS_NEEDS_CHANGES:
        return ""
    state = workflow.current_task_state
    comment = state.get_comment() if state is not None else ""
    return comment or "Changes are wanted."


def still_showing(story_id: int) -> list[str]:
    """The places that show something of a story now, by every surface there is: none, once a kill is carried out."""
    return sorted({place for places in ports.surfaces.values() for place in places(story_id)})


def standing_takedowns() -> QuerySet[Takedown]:
    """Kills and withholdings that nobody has undone, newest first."""
    return Takedown.objects.standing().select_related("story").order_by("-at")


def sections() -> list[tuple[int, str]]:
    """Every section as (id, indented name), in the order of the tree."""
    rows = Section.objects.order_by("path").values_list("pk", "title", "depth")
    return [(pk, "\u2003" * (depth - 2) + title) for pk, title, depth in rows]
