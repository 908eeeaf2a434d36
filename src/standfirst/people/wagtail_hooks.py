"""Wagtail's screens for people, held to our roles: nobody makes an account that may do more than any role."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail import hooks
from wagtail.admin import messages


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
