"""The desk's screens. They speak HTTP; what they do is in `actions` and `board`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET
from wagtail.admin import messages
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.widgets.button import HeaderButton

from standfirst.changes.models import Change
from standfirst.desk import actions, board, forms, heartbeat, progress
from standfirst.kit import clock, reserve
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import (
    Address,
    Correction,
    Embargo,
    Publication,
    Section,
    SiteFacts,
    Standards,
    Story,
    Takedown,
    Translation,
)


def screen(
    request: HttpRequest, template: str, title: str, *trail: tuple[str, str], status: int = 200, **context: Any
) -> TemplateResponse:
    """A screen with Wagtail's furniture. `trail` is (address, label) of the screens above it."""
    above = [{"url": reverse("desk:stories"), "label": "Desk"}]
    crumbs = [*above, *({"url": url, "label": label} for url, label in trail), {"url": "", "label": title}]
    return TemplateResponse(
        request,
        template,
        {
            "breadcrumbs_items": crumbs if title != "Desk" else [{"url": "", "label": "Desk"}],
            "header_title": title,
            "page_title": title,
            **context,
        },
        status=status,
    )


def for_the_desk(request: HttpRequest) -> None:
    """Refuse people who work on no page."""
    if not user_has_any_page_permission(request.user):
        raise PermissionDenied


def follow(
    request: HttpRequest, sentence: str, kind: str, ref: int | str, after: int, buttons: list[Any] | None = None
) -> None:
    """A message that says `sentence` and then what the press is doing about it."""
    change = progress.since(kind, ref, after)
    if change is None:
        messages.success(request, sentence, buttons=buttons)
        return
    text = format_html(
        '{} <a class="sf-progress" href="{}" data-sf-progress="{}">{}</a>',
        sentence,
        reverse("desk:change", args=[change.pk]),
        reverse("desk:change_json", args=[change.pk]),
        progress.of(change).says,
    )
    messages.success(request, text, buttons=buttons)


# --- the list -----------------------------------------------------------------------------------------------------


@require_GET
def stories_list(request: HttpRequest) -> HttpResponse:
    """Every story by state, newest first."""
    for_the_desk(request)
    state = request.GET.get("state", "all")
    section = request.GET.get("section", "")
    query = board.Query(
        state=state if state in dict(board.TABS) else "all",
        section=int(section) if section.isdecimal() and len(section) < 12 else None,
        text=request.GET.get("q", "")[:200],
    )
    shown = board.Board(query)
    page = shown.paginator.get_page(request.GET.get("p"))
    writable = _may_add(request)
    return screen(
        request,
        "desk/stories.html",
        "Desk",
        header_icon="desk",
        header_buttons=[
            HeaderButton("New story", url=reverse("desk:new"), icon_name="plus", classname="sf-new", priority=1)
        ]
        if writable
        else [],
        query=query,
        tabs=[(name, label, shown.counts[name]) for name, label in board.TABS],
        rows=shown.rows(list(page.object_list)),
        page=page,
        page_range=page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        sections=board.sections(),
        now=shown.now,
        may_take_down=request.user.has_perm("stories.kill_story"),
        may_correct=request.user.has_perm("stories.correct_story"),
        may_restore=request.user.has_perm("stories.restore_story"),
    )


def _may_add(request: HttpRequest) -> bool:
    home = Section.objects.filter(depth=2).first()
    return home is not None and home.permissions_for_user(request.user).can_add_subpage()


def new_story(request: HttpRequest) -> HttpResponse:
    """Asks for the section, then opens Wagtail's form for a new story there."""
    for_the_desk(request)
    chosen = request.GET.get("section", "")
    if chosen.isdecimal():
        section = get_object_or_404(Section, pk=int(chosen))
        address = reverse("wagtailadmin_pages:add", args=["stories", "story", section.pk])
        return redirect(f"{address}?next={reverse('desk:stories')}")
    return screen(request, "desk/new_story.html", "New story", sections=board.sections())


# --- what the press is doing --------------------------------------------------------------------------------------


def _report(change: Change) -> dict[str, Any]:
    found = progress.of(change)
    return {
        "state": found.state,
        "says": found.says,
        "pages": found.pages,
        "ms": found.ms,
        "down": found.down,
        "sight": {"state": found.sight.state, "says": found.sight.says},
        "surfaces": [
            {"name": str(s.get("name", "")), "path": str(s.get("path", "")), "ms": int(s.get("ms") or 0)}
            for s in found.surfaces
        ],
    }


@require_GET
def change_json(request: HttpRequest, change_id: int) -> JsonResponse:
    """What the press has done about a change: polled by the desk's script."""
    return JsonResponse(_report(get_object_or_404(Change, pk=change_id)))


@require_GET
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """The same as a screen, for a browser without scripts."""
    row = get_object_or_404(Change, pk=change_id)
    story = Story.objects.filter(pk=int(row.ref)).first() if row.kind == "story" and row.ref.isdecimal() else None
    return screen(request, "desk/change.html", "What the press did", change=row, report=_report(row), story=story)


@require_GET
def worker_json(request: HttpRequest) -> JsonResponse:
    """Whether the worker is there."""
    beat = heartbeat.read()
    return JsonResponse({"stale": beat.stale, "says": beat.says()})


# --- taking down --------------------------------------------------------------------------------------------------


def take_down(request: HttpRequest, story_id: int, kind: str) -> HttpResponse:
    """Kill or withhold a story, after one more look."""
    stories.may(request.user, f"stories.{kind}_story")
    story = get_object_or_404(Story, pk=story_id)
    standing = Takedown.objects.standing().filter(story=story).order_by("-pk").first()
    if standing is not None and (kind == "withhold" or standing.kind == Takedown.Kind.KILL):
        messages.warning(request, f"“{story.title}” was {standing.past()} already.")
        return redirect("desk:takedown", standing.pk)
    form = forms.TakedownForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        # A full disk must not keep killed copy with readers.
        reserve.release(settings.HOME)
        made = actions.take_down(
            story=story,
            kind="kill" if kind == "kill" else "withhold",
            reason=form.cleaned_data["reason"],
            wording=form.cleaned_data["wording"],
            names=form.cleaned_data["names"],
            by=request.user,
        )
        return redirect("desk:takedown", made.pk)
    return screen(
        request,
        "desk/take_down.html",
        "Kill" if kind == "kill" else "Withhold",
        (reverse("wagtailadmin_pages:edit", args=[story.pk]), story.get_admin_display_title()),
        form=form,
        story=story,
        kind=kind,
        publication=Publication.objects.filter(story=story).first(),
        address=Address.objects.current().filter(story=story).first(),
        header_icon="no-view",
    )


@require_GET
def takedowns(request: HttpRequest) -> HttpResponse:
    """The kills and withholdings that stand."""
    for_the_desk(request)
    return screen(
        request,
        "desk/takedowns.html",
        "Standing kills",
        takedowns=board.standing_takedowns()[:200],
        may_restore=request.user.has_perm("stories.restore_story"),
        header_icon="no-view",
    )


def takedown(request: HttpRequest, takedown_id: int) -> HttpResponse:
    """One kill: when each surface was clean, and how a second person undoes it."""
    for_the_desk(request)
    row = get_object_or_404(Takedown.objects.select_related("story"), pk=takedown_id)
    form = forms.RestoreForm(request.POST or None)
    if request.method == "POST":
        stories.may(request.user, "stories.restore_story")
        if form.is_valid():
            actions.restore(takedown=row, because=form.cleaned_data["because"], by=request.user)
            messages.success(
                request,
                f"Undone. “{row.story.title}” is a draft again.",
                buttons=[messages.button(reverse("wagtailadmin_pages:edit", args=[row.story_id]), "Edit")],
            )
            return redirect("desk:stories")
    order = (
        Change.objects.filter(kind="story", ref=str(row.story_id), cause=row.past(), created_at__gte=row.at)
        .order_by("id")
        .first()
    )
    return screen(
        request,
        "desk/takedown.html",
        row.past().capitalize(),
        (reverse("desk:takedowns"), "Standing kills"),
        takedown=row,
        change=order,
        report=_report(order) if order else None,
        still=board.still_showing(row.story_id) if row.undone_at is None else [],
        form=form,
        may_restore=request.user.has_perm("stories.restore_story"),
        own=row.by_id_of_user == request.user.pk,
        header_icon="no-view",
    )


def lift_embargo(request: HttpRequest, embargo_id: int) -> HttpResponse:
    """End an embargo before its time."""
    stories.may(request.user, "stories.restore_story")
    fact = get_object_or_404(Embargo.objects.select_related("story"), pk=embargo_id)
    if request.method == "POST":
        stories.lift_embargo(fact=fact, by=request.user)
        messages.success(request, f"The embargo on “{fact.story.title}” is lifted. It is still a draft.")
        return redirect("wagtailadmin_pages:edit", fact.story_id)
    return screen(request, "desk/lift_embargo.html", "Lift the embargo", embargo=fact)


# --- corrections --------------------------------------------------------------------------------------------------


def correct(request: HttpRequest, story_id: int) -> HttpResponse:
    """Add a public note to a published story."""
    stories.may(request.user, "stories.correct_story")
    story = get_object_or_404(Story, pk=story_id)
    if not Publication.objects.filter(story=story).exists():
        messages.warning(request, "Only a published story can be corrected: edit the draft instead.")
        return redirect("wagtailadmin_pages:edit", story.pk)
    form = forms.CorrectionForm(request.POST or None)
    seen = request.method == "POST" and "preview" in request.POST
    if request.method == "POST" and form.is_valid() and not seen:
        before = progress.mark("story", story.pk)
        stories.correct(story=story, kind=form.cleaned_data["kind"], text=form.cleaned_data["text"], by=request.user)
        follow(request, f"The note on “{story.title}” is public.", "story", story.pk, before)
        return redirect("desk:correct", story.pk)
    return screen(
        request,
        "desk/correct.html",
        "Correct",
        (reverse("wagtailadmin_pages:edit", args=[story.pk]), story.get_admin_display_title()),
        form=form,
        story=story,
        seen=seen,
        notes=Correction.objects.filter(story=story).select_related("by").order_by("-at", "-id"),
        now=clock.now(),
        kinds={
            "correction": ("Correction", "at the top of the story"),
            "clarification": ("Clarification", "at the foot of the story"),
            "update": ("Update", "at the foot of the story"),
        },
        header_icon="edit",
    )


# --- translations -------------------------------------------------------------------------------------------------


OFFERED = 40
"""Stories offered as translations before somebody searches."""


def translations(request: HttpRequest, story_id: int) -> HttpResponse:
    """Which stories say the same in other languages: those that are linked, and a search for more."""
    story = get_object_or_404(Story, pk=story_id)
    if not story.permissions_for_user(request.user).can_publish():
        raise PermissionDenied
    linked = list(Story.objects.filter(pk__in=Translation.objects.of([story.pk])[story.pk]).defer("body"))
    text = request.GET.get("q", "")[:200]
    chosen = board.Board(board.Query("all", None, text))
    known = {story.pk, *(other.pk for other in linked)}
    rows = [
        row for row in chosen.rows(list(chosen.paginator.page(1).object_list)[:OFFERED]) if row.story.pk not in known
    ]
    if not text:
        # Without words, those that may be meant: the newest in another language.
        rows = [row for row in rows if row.story.language != story.language]
    out = next((other for other in linked if str(other.pk) == request.POST.get("unlink")), None)
    if request.method == "POST" and out is not None:
        before = progress.mark("story", story.pk)
        stories.unlink_translation(story=out, by=request.user)
        follow(request, f"“{out.title}” stands by itself.", "story", story.pk, before)
        return redirect("desk:translations", story.pk)
    form = forms.TranslationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        before = progress.mark("story", story.pk)
        other = form.cleaned_data["story"]
        try:
            stories.link_translation(story=story, other=other, by=request.user)
        except Refused as why:
            form.add_error("story", str(why))
        else:
            follow(request, f"“{other.title}” is linked as a translation.", "story", story.pk, before)
            return redirect("desk:translations", story.pk)
    return screen(
        request,
        "desk/translations.html",
        "Translations",
        (reverse("wagtailadmin_pages:edit", args=[story.pk]), story.get_admin_display_title()),
        story=story,
        linked=sorted(linked, key=lambda other: other.get_language_display()),
        form=form,
        rows=rows,
        text=text,
        picked=str(request.POST.get("story", "")),
        header_icon="globe",
    )


# --- sections -----------------------------------------------------------------------------------------------------


def may_open_sections(request: HttpRequest) -> bool:
    """True if this person may add sections."""
    home = Section.objects.filter(depth=2).first()
    return home is not None and home.permissions_for_user(request.user).can_publish_subpage()


def open_section(request: HttpRequest) -> HttpResponse:
    """Add a section with its front."""
    if not may_open_sections(request):
        raise PermissionDenied
    form = forms.SectionForm(request.POST or None, sections=board.sections())
    if request.method == "POST" and form.is_valid():
        parent = get_object_or_404(Section, pk=form.cleaned_data["parent"])
        if not parent.permissions_for_user(request.user).can_publish_subpage():
            raise PermissionDenied
        try:
            section = stories.open_section(
                parent=parent,
                name=form.cleaned_data["name"],
                slug=form.cleaned_data["slug"],
                standfirst=form.cleaned_data["standfirst"],
            )
        except (Refused, ValidationError) as why:
            form.add_error("slug", why.messages if isinstance(why, ValidationError) else str(why))
        else:
            follow(request, f"The section {section.title} is open.", "section", section.pk, 0)
            return redirect("desk:fronts")
    return screen(
        request,
        "desk/open_section.html",
        "Open a section",
        (reverse("desk:fronts"), "Fronts"),
        form=form,
        header_icon="plus",
    )


# --- the newsroom's facts -----------------------------------------------------------------------------------------


def standards(request: HttpRequest) -> HttpResponse:
    """What the newsroom says of itself in public."""
    stories.may(request.user, "stories.change_sitefacts")
    form = forms.StandardsForm(request.POST or None, instance=Standards.current())
    if request.method == "POST" and form.is_valid():
        before = progress.mark("standards", 1)
        form.save()
        follow(request, "What you say of the newsroom is saved.", "standards", 1, before)
        return redirect("desk:standards")
    return screen(request, "desk/standards.html", "About the newsroom", form=form, header_icon="user")


def facts(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone, how dates are written, and who is told of kills."""
    stories.may(request.user, "stories.change_sitefacts")
    form = forms.FactsForm(request.POST or None, instance=SiteFacts.current())
    if request.method == "POST" and form.is_valid():
        before = progress.mark("site", 1)
        form.save()
        follow(request, "The facts of the newsroom are saved.", "site", 1, before)
        return redirect("desk:facts")
    return screen(request, "desk/facts.html", "Facts of the newsroom", form=form, header_icon="cog")
