"""The screens of fronts. They speak HTTP; what they do is in `actions`, what they show in `fronts`.

A refusal of a form without fields ends as a message on the screen that it came from (`middleware.Refusals`).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from wagtail.admin.widgets.button import HeaderButton

from standfirst.desk import actions, board, forms, ports, progress
from standfirst.desk import fronts as desk
from standfirst.desk.models import BreakingNews, KeptOff
from standfirst.desk.views import follow, for_the_desk, may_open_sections, screen
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Section, Story

CHOICES = 40
"""Stories offered for a place before somebody searches."""


def _may(request: HttpRequest) -> bool:
    return request.user.has_perm(actions.CURATE)


def _section(section_id: int) -> Section:
    return get_object_or_404(Section, pk=section_id)


def _story(story_id: int) -> Story:
    story: Story = get_object_or_404(Story.objects.defer("body"), pk=story_id)
    return story


def _trail(section: Section) -> list[tuple[str, str]]:
    return [(reverse("desk:fronts"), "Fronts"), (reverse("desk:front", args=[section.pk]), section.title)]


def _back(request: HttpRequest, section: Section) -> HttpResponse:
    """Where the form asked to go, else the front's own screen."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return redirect(wanted)
    return redirect("desk:front", section.pk)


# --- what there is ------------------------------------------------------------------------------------------------


@require_GET
def fronts(request: HttpRequest) -> HttpResponse:
    """Every front with what was decided about it, what is breaking, and a search for where a story stands."""
    for_the_desk(request)
    text = request.GET.get("q", "")[:200]
    opens = may_open_sections(request)
    found: list[desk.Answer] = []
    if text.strip():
        home = get_object_or_404(Section, depth=2)
        found = desk.Front(home).answers(*desk.stories_for(text))
    return screen(
        request,
        "desk/fronts.html",
        "Fronts",
        fronts=desk.summaries(),
        places=ports.fronts.slots,
        breaking=desk.breaking(),
        text=text,
        found=found,
        may_curate=_may(request),
        header_buttons=[HeaderButton("Open a section", url=reverse("desk:open_section"), icon_name="plus", priority=1)]
        if opens
        else [],
        header_icon="thumbtack",
    )


@require_GET
def front(request: HttpRequest, section_id: int) -> HttpResponse:
    """One front: its places as readers see them, why each story is there, and where another one is."""
    for_the_desk(request)
    shown = desk.Front(_section(section_id))
    text = request.GET.get("q", "")[:200]
    return screen(
        request,
        "desk/front.html",
        shown.section.title,
        (reverse("desk:fronts"), "Fronts"),
        front=shown,
        places=ports.fronts.slots,
        text=text,
        found=shown.answers(*desk.stories_for(text)) if text.strip() else [],
        may_curate=_may(request),
        header_buttons=[HeaderButton("View", url=shown.path, icon_name="view", attrs={"target": "_blank"}, priority=1)]
        if shown.path
        else [],
        header_icon="thumbtack",
    )


@require_GET
def on_fronts(request: HttpRequest, story_id: int) -> HttpResponse:
    """Every front on which a story may stand: where it does, or why it does not."""
    for_the_desk(request)
    story = _story(story_id)
    state = board.Board(board.Query()).rows([story.pk])[0].state
    answers = []
    for section in desk.fronts_of(story):
        shown = desk.Front(section)
        answers.append((shown, shown.answers([story], {story.pk: state})[0]))
    return screen(
        request,
        "desk/on_fronts.html",
        "On fronts",
        (reverse("wagtailadmin_pages:edit", args=[story.pk]), story.get_admin_display_title()),
        story=story,
        answers=answers,
        breaking=BreakingNews.objects.filter(story=story).select_related("by").first(),
        may_curate=_may(request),
        header_icon="thumbtack",
    )


# --- deciding -----------------------------------------------------------------------------------------------------


def put(request: HttpRequest, section_id: int) -> HttpResponse:
    """Choose a story for a place of a front, and until when."""
    stories.may(request.user, actions.CURATE)
    section = _section(section_id)
    places = ports.fronts.slots
    asked = request.POST.get("position") or request.GET.get("place", "")
    position = min(max(int(asked) if asked.isdecimal() and len(asked) < 5 else 1, 1), places)
    form = forms.PutForm(request.POST or None, places=places, position=position)
    if request.method == "POST" and form.is_valid():
        story, position = form.cleaned_data["story"], form.cleaned_data["position"]
        before = progress.mark("slots", section.pk)
        try:
            actions.put(
                section=section,
                position=position,
                story=story,
                until=form.cleaned_data["until"],
                seen=request.POST.get("seen"),
                by=request.user,
            )
        except Refused as why:
            form.add_error(None, str(why))
        else:
            sentence = f"“{story.title}” stands on {section.title}: {actions.place_name(position).lower()}."
            follow(request, sentence, "slots", section.pk, before)
            return redirect("desk:front", section.pk)
    text = request.GET.get("q", "")[:200]
    wide = request.GET.get("all") == "1" or section.depth == 2
    picked = str(request.POST.get("story") or request.GET.get("story", ""))
    shown = desk.Front(section)
    return screen(
        request,
        "desk/put.html",
        "Put a story here",
        *_trail(section),
        front=shown,
        form=form,
        rows=_choices(section, text, wide=wide, picked=picked),
        text=text,
        wide=wide,
        position=position,
        place=actions.place_name(position),
        standing=shown.slots.get(position),
        picked=picked,
        header_icon="thumbtack",
    )


def _choices(section: Section, text: str, *, wide: bool, picked: str) -> list[board.Row]:
    """Live stories to choose from, newest first; the one that was chosen already stands above them."""
    chosen = board.Board(board.Query("live", None if wide else section.pk, text))
    pks = list(chosen.paginator.page(1).object_list)[:CHOICES]
    if picked.isdecimal() and len(picked) < 12 and int(picked) not in pks:
        pks.insert(0, int(picked))
    return chosen.rows(pks)


@require_POST
def give_back(request: HttpRequest, section_id: int, position: int) -> HttpResponse:
    """Leave a place to the newest."""
    section = _section(section_id)
    before = progress.mark("slots", section.pk)
    actions.give_back(section=section, position=position, seen=request.POST.get("seen"), by=request.user)
    sentence = f"{actions.place_name(position)} of {section.title} goes to the newest."
    follow(request, sentence, "slots", section.pk, before)
    return _back(request, section)


@require_POST
def move(request: HttpRequest, section_id: int, position: int) -> HttpResponse:
    """Move a story that was put somewhere by hand."""
    section = _section(section_id)
    to = request.POST.get("to", "")
    before = progress.mark("slots", section.pk)
    actions.move(
        section=section,
        position=position,
        to=int(to) if to.isdecimal() and len(to) < 5 else 0,
        seen=request.POST.get("seen"),
        by=request.user,
    )
    follow(request, f"Moved: {actions.place_name(int(to)).lower()} now.", "slots", section.pk, before)
    return _back(request, section)


def keep_off(request: HttpRequest, section_id: int, story_id: int) -> HttpResponse:
    """Keep a story off a front's automatic places, and until when."""
    stories.may(request.user, actions.CURATE)
    section, story = _section(section_id), _story(story_id)
    kept = KeptOff.objects.filter(section=section, story=story).select_related("by").first()
    form = forms.KeepOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        before = progress.mark("slots", section.pk)
        try:
            actions.keep_off(
                section=section,
                story=story,
                reach="front" if form.cleaned_data["reach"] == KeptOff.Reach.FRONT else "top",
                until=form.cleaned_data["until"],
                by=request.user,
            )
        except Refused as why:
            form.add_error(None, str(why))
        else:
            follow(request, f"“{story.title}” is kept off {section.title}.", "slots", section.pk, before)
            return _back(request, section)
    return screen(
        request,
        "desk/keep_off.html",
        "Keep off",
        *_trail(section),
        form=form,
        section=section,
        story=story,
        kept=kept,
        next=request.POST.get("next") or request.GET.get("next", ""),
        header_icon="thumbtack",
    )


@require_POST
def let_back(request: HttpRequest, section_id: int, story_id: int) -> HttpResponse:
    """Let a story stand in a front's automatic places again."""
    section, story = _section(section_id), _story(story_id)
    before = progress.mark("slots", section.pk)
    actions.let_back(section=section, story=story, by=request.user)
    follow(request, f"“{story.title}” may stand on {section.title} again.", "slots", section.pk, before)
    return _back(request, section)


def mark_breaking(request: HttpRequest, story_id: int) -> HttpResponse:
    """Mark a story as breaking news, and until when."""
    stories.may(request.user, actions.CURATE)
    story = _story(story_id)
    form = forms.BreakingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        before = progress.mark("breaking", actions.SITE)
        try:
            actions.mark_breaking(story=story, until=form.cleaned_data["until"], by=request.user)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            follow(request, f"“{story.title}” is breaking news.", "breaking", actions.SITE, before)
            return redirect("desk:fronts")
    return screen(
        request,
        "desk/breaking.html",
        "Breaking",
        (reverse("desk:on_fronts", args=[story.pk]), story.get_admin_display_title()),
        form=form,
        story=story,
        standing=desk.breaking(),
        header_icon="warning",
    )


@require_POST
def end_breaking(request: HttpRequest, story_id: int) -> HttpResponse:
    """A story is breaking news no more."""
    story = _story(story_id)
    before = progress.mark("breaking", actions.SITE)
    actions.end_breaking(story=story, by=request.user)
    follow(request, f"“{story.title}” is no longer breaking news.", "breaking", actions.SITE, before)
    wanted: Any = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return redirect(wanted)
    return redirect("desk:fronts")
