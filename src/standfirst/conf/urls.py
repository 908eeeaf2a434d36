"""Addresses of the newsroom process. Readers' pages are not here: they are files."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from django.conf import settings
from django.contrib.staticfiles.finders import find


def static(request: HttpRequest, path: str) -> HttpResponseBase:
    """The desk's own style sheets and scripts, straight from the packages: no collecting step to forget."""
    from pathlib import Path

    from django.http import Http404

    found = find(path)
    if not found:
        raise Http404
    file = Path(str(found))
    response = serve(request, file.name, document_root=str(file.parent))
    response["Cache-Control"] = "public, max-age=3600"
    return response


@login_required(login_url="wagtailadmin_login")
def private(request: HttpRequest, path: str) -> HttpResponseBase:
    """Originals and the desk's sizes of pictures: for people who are signed in to the newsroom."""
    from django.core.exceptions import PermissionDenied

    if not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


urlpatterns = [
    path("newsroom/static/<path:path>", static),
    path("newsroom/private/<path:path>", private),
    path("newsroom/documents/", include(wagtaildocs_urls)),
    path("newsroom/", include(wagtailadmin_urls)),
]
