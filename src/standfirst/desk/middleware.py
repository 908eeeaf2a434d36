"""Rules that are broken inside Wagtail's own views end as a sentence on the screen, not as a traceback."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from treebeard.exceptions import InvalidMoveToDescendant
from wagtail.admin import messages

from standfirst.kit.errors import Problem


class Refusals:
    """Turns `Problem`s (`Refused` is one), `ValidationError`s and `ProtectedError`s of the screens into messages.

    Transactions have been rolled back by then: the views that raise open them, and an exception passed through.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        if isinstance(exception, ValidationError):
            why = " ".join(exception.messages)
        elif isinstance(exception, Problem):
            why = str(exception)
        elif isinstance(exception, ProtectedError):
            named = ", ".join(sorted({str(row) for row in exception.protected_objects})[:3])
            why = f"It is still in use and cannot be deleted: {named}."
        elif isinstance(exception, InvalidMoveToDescendant):
            why = "A section cannot be moved into itself: choose another one."
        else:
            return None
        if request.headers.get("x-requested-with") == "XMLHttpRequest" or request.accepts("text/html") is False:
            # The words that Wagtail's autosave and dialogs read.
            return JsonResponse(
                {"success": False, "error_code": "refused", "error_message": why, "error": why}, status=409
            )
        if request.method == "POST":
            messages.error(request, why)
            return redirect(self._back(request))
        return TemplateResponse(
            request,
            "desk/refused.html",
            {"why": why, "header_title": "Not possible", "page_title": "Not possible"},
            status=409,
        ).render()

    @staticmethod
    def _back(request: HttpRequest) -> str:
        origin = request.headers.get("referer", "")
        if url_has_allowed_host_and_scheme(origin, {request.get_host()}, require_https=request.is_secure()):
            return origin
        return request.get_full_path()
