"""The screens on which a picture is killed, and on which a second person undoes that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from wagtail.admin import messages
from wagtail.admin.modal_workflow import render_modal_workflow
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.images.views.chooser import viewset
from wagtail.permissions import policy_registry

from standfirst.kit.errors import Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.stories import picturing


class KillForm(forms.Form):
    reason = forms.CharField(
        widget=AdminAutoHeightTextInput,
        help_text="For colleagues and the publisher. Never published.",
        error_messages={"required": "Give the reason: colleagues and the publisher will need it."},
    )


class RestoreForm(forms.Form):
    because = forms.CharField(
        label="Why it is undone",
        widget=AdminAutoHeightTextInput,
        help_text="For colleagues. Stories that still name the picture show it again at once.",
        error_messages={"required": "Give the reason for undoing it."},
    )


def _screen(request: HttpRequest, template: str, title: str, picture: Picture, **context: Any) -> TemplateResponse:
    crumbs = [
        {"url": reverse("wagtailimages:index"), "label": "Pictures"},
        {"url": reverse("wagtailimages:edit", args=[picture.pk]), "label": picture.title},
        {"url": "", "label": title},
    ]
    return TemplateResponse(
        request,
        template,
        {
            "breadcrumbs_items": crumbs,
            "header_title": title,
            "page_title": title,
            "header_icon": "image",
            "picture": picture,
            "stories": picturing.stories_showing(picture.pk),
            "authors": picturing.authors_showing(picture.pk),
            **context,
        },
    )


def _for_picture_people(request: HttpRequest) -> None:
    policy = policy_registry.get_by_type(Picture)
    if not policy.user_has_any_permission(request.user, ["add", "change", "choose"]):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def kill(request: HttpRequest, picture_id: int) -> HttpResponse:
    """Kill a picture, after one more look at the stories that show it."""
    if not request.user.has_perm("pictures.kill_picture"):
        raise PermissionDenied
    picture = get_object_or_404(Picture, pk=picture_id)
    standing = picture.kill
    if standing is not None:
        messages.warning(request, f"“{picture.title}” was killed already.")
        return redirect("standfirst_picture_killed", standing.pk)
    form = KillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = picturing.kill_picture(picture=picture, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, f"“{picture.title}” is killed. The stories stay.")
        return redirect("standfirst_picture_killed", made.pk)
    return _screen(request, "stories/kill_picture.html", "Kill this picture", picture, form=form)


@require_http_methods(["GET", "POST"])
def killed(request: HttpRequest, kill_id: int) -> HttpResponse:
    """One kill of a picture: who, why, where it stood, and how a second person undoes it."""
    _for_picture_people(request)
    fact = get_object_or_404(PictureKill.objects.select_related("picture"), pk=kill_id)
    picture = fact.picture
    if picture is None:
        messages.warning(request, "This picture is no longer in the library. Its kill stands against its bytes.")
        return redirect("wagtailimages:index")
    may_restore = request.user.has_perm("pictures.restore_picture")
    form = RestoreForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may_restore:
            raise PermissionDenied
        if form.is_valid():
            try:
                picturing.restore_picture(kill=fact, because=form.cleaned_data["because"], by=request.user)
            except Refused as refused:
                messages.error(request, str(refused))
                return redirect("standfirst_picture_killed", fact.pk)
            messages.success(request, f"“{picture.title}” may be shown again.")
            return redirect("wagtailimages:edit", picture.pk)
    return _screen(
        request,
        "stories/killed_picture.html",
        "Killed picture",
        picture,
        fact=fact,
        form=form,
        why_not=pictures.why_not_restored(fact, request.user),
        may_restore=may_restore,
    )


# --- the chooser --------------------------------------------------------------------------------------------------


@require_GET
def chosen(request: HttpRequest, pk: int) -> HttpResponse:
    """Wagtail's answer to a choice, unless the picture was killed or its rights have ended: then a sentence."""
    picture = Picture.objects.filter(pk=pk).first()
    if picture is not None and (picture.killed_at is not None or picture.ended):
        refused: HttpResponse = render_modal_workflow(
            request, "stories/not_chosen.html", None, {"picture": picture}, json_data={"step": "not_chosen"}
        )
        return refused
    answer: Callable[..., HttpResponse] = viewset.chosen_view
    return answer(request, pk=pk)
