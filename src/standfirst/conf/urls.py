"""Addresses of the newsroom process. Readers' pages are not here: they are files."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.staticfiles.finders import find
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from standfirst.conf import search
from standfirst.press import preview
from standfirst.wire import views_push


def static(request: HttpRequest, path: str) -> HttpResponseBase:
    """The desk's own style sheets and scripts, straight from the packages: no collecting step to forget."""
    found = find(path)
    if not found:
        raise Http404
    file = Path(str(found))
    response = serve(request, file.name, document_root=str(file.parent))
    response["Cache-Control"] = "public, max-age=3600"
    return response


_signed_in = permission_required("wagtailadmin.access_admin", login_url="wagtailadmin_login")


@_signed_in
def private(request: HttpRequest, path: str) -> HttpResponseBase:
    """Originals and the desk's sizes of pictures: for people who are signed in to the newsroom."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


urlpatterns = [
    path("search", search.results, name="search"),
    path("newsroom/static/<path:path>", static),
    path("newsroom/private/<path:path>", private),
    path("newsroom/preview/pictures/<int:id>/<str:name>", _signed_in(preview.picture)),
    path("newsroom/documents/", include(wagtaildocs_urls)),
    path("newsroom/push/<slug:name>", views_push.receive, name="push"),
    # The desk's list stands in for Wagtail's dashboard.
    path("newsroom/", RedirectView.as_view(pattern_name="desk:stories"), name="newsroom"),
    path("newsroom/", include(wagtailadmin_urls)),
]
