"""What belongs to the whole wire room: alarms that stand on every screen, and views that people saved."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from standfirst.kit import digests
from standfirst.kit.errors import Refused
from standfirst.wire import alarms
from standfirst.wire.looking import Look
from standfirst.wire.models import Habits, SavedView
from standfirst.wire.views import back, needs, scripted

MOST_VIEWS: Final = 50


# --- alarms -------------------------------------------------------------------------------------------------------


def alarm_context(user: Any, told: list[alarms.Told]) -> dict[str, Any]:
    """What the banner shows to `user`."""
    grave = [each for each in told if each.grave]
    return {
        "grave": grave,
        "quiet": [each for each in told if not each.grave],
        "alarms": told,
        "may_acknowledge": user.has_perm("wire.take_item"),
    }


def wants_sound(user: Any) -> bool:
    return Habits.objects.filter(user_id=user.pk, sound=True).exists()


@require_GET
@needs("wire.view_item")
def alarms_now(request: HttpRequest) -> HttpResponse:
    """The banner as it is now. Every open screen of the newsroom asks, so that a kill is on it within seconds."""
    told = alarms.standing()
    tag = f'"{digests.short(repr([(each.alarm.pk, each.says) for each in told]).encode()):x}"'
    if request.headers.get("If-None-Match") == tag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        context = alarm_context(request.user, told)
        html = render_to_string("wire/_alarms.html", context, request=request) if told else ""
        answer = JsonResponse({"html": html, "grave": [each.alarm.pk for each in context["grave"]], "count": len(told)})
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@needs("wire.take_item")
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Somebody has seen alarms: they go from every screen, and who it was is on record."""
    keys = [int(key) for key in request.POST.getlist("alarm")[:200] if key.isascii() and key.isdigit()]
    try:
        number = alarms.acknowledge(alarms=keys, by=request.user)
    except Refused as error:
        if scripted(request):
            return JsonResponse({"says": str(error)}, status=409)
        messages.error(request, str(error))
        return back(request, reverse("wire:list"))
    says = "Acknowledged. Your name and the time are on record." if number else "Somebody has acknowledged this before."
    if scripted(request):
        return JsonResponse({"says": says})
    messages.success(request, says)
    return back(request, reverse("wire:list"))


# --- saved views --------------------------------------------------------------------------------------------------


@require_POST
@needs("wire.view_item")
def save_view(request: HttpRequest) -> HttpResponse:
    """Give a way of looking a name. The same name again changes what it stands for."""
    look = Look.read(QueryDict(request.POST.get("query", "")[:2000]))
    name = " ".join(request.POST.get("name", "").split())[:60]
    query = look.address()
    to = redirect(f"{reverse('wire:list')}?{query}")
    if not name:
        messages.error(request, "Give the view a name, e.g. “World, urgent”.")
        return to
    if len(query) > 1000:
        messages.error(request, "This view has too many filters to be saved: take some off.")
        return to
    mine = SavedView.objects.filter(owner=request.user.pk)
    if mine.count() >= MOST_VIEWS and not mine.filter(name=name).exists():
        messages.error(request, f"You have {MOST_VIEWS} saved views: delete one first.")
        return to
    shared = request.POST.get("shared") == "on"
    try:
        with transaction.atomic():
            mine.update_or_create(owner_id=request.user.pk, name=name, defaults={"query": query, "shared": shared})
    except IntegrityError:
        messages.error(request, "The view was saved twice at the same moment: look whether it is as you want it.")
        return to
    messages.success(request, f"The view “{name}” is saved{' and shared' if shared else ''}.")
    return to


@require_POST
@needs("wire.view_item")
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a view of one's own."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user.pk)
    view.delete()
    messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect("wire:list")
