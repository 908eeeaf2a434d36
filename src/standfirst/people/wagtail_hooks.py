"""Wagtail's screens for people, held to our roles: nobody makes an account that may do more than any role."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail import hooks
from wagtail.admin import messages

from standfirst.people.models import User


def _refuse(request: HttpRequest, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("wagtailusers_users:index")


@hooks.register("before_create_user")
def before_create(request: HttpRequest) -> HttpResponse | None:
    if request.POST.get("is_superuser") and not request.user.is_superuser:
        return _refuse(request, "Only the operator makes an account without limits. Give this person a role instead.")
    return None


@hooks.register("before_edit_user")
def before_edit(request: HttpRequest, user: Any) -> HttpResponse | None:
    if user.is_superuser and not request.user.is_superuser:
        return _refuse(request, "This is the operator’s account: only the operator changes it.")
    refusal: HttpResponse | None = before_create(request)
    return refusal


@hooks.register("before_bulk_action")
def before_many(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Take the operator's account out of what is done to many at once."""
    if request.user.is_superuser or not objects or not isinstance(objects[0], User):
        return None
    for user in [user for user in objects if user.is_superuser]:
        objects.remove(user)
        messages.warning(request, f"{user} is the operator’s account: only the operator changes it.")
    return None if objects else redirect(action.next_url)
