"""What every request to the newsroom passes through."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from django.conf import settings
from django.db import DatabaseError, OperationalError, close_old_connections, connections
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.users.models import UserProfile

from standfirst.changes import databases
from standfirst.kit.sitefiles import SEARCH
from standfirst.stories.models import SiteFacts

Handler = Callable[[HttpRequest], HttpResponse]

_GONE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The newsroom cannot go on</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>The newsroom cannot go on</h1><p role="alert">{reason}</p></main></body></html>
"""


_FULL = (
    "The disk with the newsroom's database is full, so this was not saved. Published pages are still served, and a "
    "story can still be killed or withheld. Make room there; all goes on by itself."
)


class DatabaseGone:
    """Says in one sentence that the database is not there, instead of failing in a hundred places."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if reason := databases.gone():
            connections.close_all()
            return self._say(reason)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError):
            reason = databases.gone() or (_FULL if databases.is_full(exception) else _unreachable())
            return self._say(reason) if reason else None
        return None

    @staticmethod
    def _say(reason: str) -> HttpResponse:
        response = HttpResponse(_GONE.format(reason=escape(reason)), status=503)
        response["Retry-After"] = "30"
        response["Cache-Control"] = "no-store"
        return response


def _unreachable() -> str | None:
    """A sentence if the database does not answer at all; None if it was only that one query."""
    close_old_connections()
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return (
            "The newsroom's database does not answer. Published pages are still served. "
            "Check that the database server runs and that DATABASE_URL is right."
        )
    return None


class NewsroomZone:
    """Shows times in the newsroom's zone, unless a person has chosen another one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == SEARCH or request.path.startswith(str(settings.STATIC_URL)):
            return self.get_response(request)  # for readers, who have neither sessions nor a zone of their own
        zone = SiteFacts.objects.filter(pk=1).values_list("zone", flat=True).first()
        if zone:
            timezone.activate(zone)
            self._prefer(zone, request)
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    @staticmethod
    def _prefer(zone: str, request: HttpRequest) -> None:
        """Wagtail's screens take the zone from the person's profile, else from the settings: fill it in, unsaved."""
        if request.user.is_authenticated:
            # Looked up, not made: on a full disk screens must go on showing what there is.
            profile = UserProfile.objects.filter(user=request.user).first() or UserProfile(user=request.user)
            if not profile.current_time_zone:
                profile.current_time_zone = zone
            request.user.wagtail_userprofile = profile  # type: ignore[attr-defined]
