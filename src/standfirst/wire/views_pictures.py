"""Pictures on the wire's screens: small private copies, and what people do with them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from standfirst.kit.errors import Problem, Refused
from standfirst.stories.models import Story
from standfirst.wire import picturing
from standfirst.wire.models import ItemPicture
from standfirst.wire.views import needs


@require_GET
@needs("wire.view_item")
def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """A small JPEG of a picture that has come, made anew from its pixels: nothing of the file leaves with it."""
    row = get_object_or_404(ItemPicture, pk=pk)
    tag = f'"{row.seal[:32]}"'
    if row.state != ItemPicture.State.KILLED and row.seal and request.headers.get("if-none-match") == tag:
        response = HttpResponse(status=304)
    else:
        try:
            response = HttpResponse(picturing.thumbnail(row), content_type="image/jpeg")
        except Problem as problem:
            raise Http404(str(problem)) from problem
    response["ETag"] = tag
    # Asked again each time: a killed picture is gone from the next look on.
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response


@require_POST
@needs("wire.take_item")
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a picture into the draft of a story, and open the draft."""
    row = get_object_or_404(ItemPicture, pk=pk)
    story = get_object_or_404(Story, pk=request.POST.get("story") if request.POST.get("story", "").isdecimal() else 0)
    try:
        picturing.place(row=row, story=story, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("wire:item", pk=row.item_id)
    messages.success(request, "The picture is in the draft. Look at it, then publish it.")
    return redirect("wagtailadmin_pages:edit", story.pk)


@require_POST
@needs("wire.take_item")
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a picture into the library, without a story."""
    row = get_object_or_404(ItemPicture, pk=pk)
    try:
        picture = picturing.adopt(row=row, by=request.user)
        messages.success(request, f"“{picture.title}” is in the picture library.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("wire:item", pk=row.item_id)


@require_POST
@needs("wire.take_item")
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a picture fetched again that could not be."""
    row = get_object_or_404(ItemPicture, pk=pk)
    try:
        picturing.fetch_again(row=row, by=request.user)
        messages.success(request, "It is fetched again, before all others.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("wire:item", pk=row.item_id)
