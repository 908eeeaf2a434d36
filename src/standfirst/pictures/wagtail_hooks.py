"""Documents are the newsroom's own: Wagtail's address for them would hand them to anybody who guesses it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail import hooks


@hooks.register("before_serve_document")
def for_people_who_work_here(document: Any, request: HttpRequest) -> HttpResponse | None:
    """Ask a stranger to sign in, and refuse somebody who has no part in the newsroom."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('wagtailadmin_login')}?next={request.path}")
    if not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied
    return None
