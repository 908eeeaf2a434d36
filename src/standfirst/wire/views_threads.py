"""A thread's screen: all items on one story, two of them side by side, taking apart and joining. HTTP only."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from standfirst.kit.errors import Refused
from standfirst.wire import compare, families, likeness, shown
from standfirst.wire.models import Item, Likeness, Thread
from standfirst.wire.views import needs

MOST_SHOWN: Final = 300
MOST_FOUND: Final = 12


@require_GET
@needs("wire.view_item")
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """All items of a thread as they came in. `?a=` and `?b=` are two to compare, `?q=` looks for others to join."""
    found = get_object_or_404(Thread.objects.select_related("into"), pk=pk)
    if found.into_id is not None:
        return redirect("wire:thread", pk=found.into_id)
    items = list(families.in_order(Item.objects.filter(thread=found)).select_related("feed")[:MOST_SHOWN])
    stories = shown.stories_of(items) if items else {}
    alike = _alike(items)
    rows = [
        {
            "item": item,
            "badges": shown.badges(item),
            "stories": stories.get((item.provider, item.item_id), []),
            "alike": alike.get(item.pk),
        }
        for item in items
    ]
    before, after = _chosen(request, items)
    words = " ".join(request.GET.get("q", "").split())[:200]
    context = {
        "crumbs": [
            {"url": reverse("wire:list"), "label": "Wire"},
            {"url": "", "label": "One story"},
        ],
        "thread": found,
        "rows": rows,
        "agencies": sorted({item.feed.title for item in items}),
        "published": families.published_in([found]).get(found.pk),
        "first": min((item.first_seen for item in items), default=found.first_at),
        "last": max((item.changed_at for item in items), default=found.last_at),
        "further": max(0, found.count - len(items)),
        "before": before,
        "after": after,
        "diff": _diff(before, after) if before and after else None,
        "words": words,
        "others": _others(found, words) if words else [],
        "may_take": request.user.has_perm("wire.take_item"),
    }
    return render(request, "wire/thread.html", context)


def _alike(items: list[Item]) -> dict[int, int]:
    """Item id -> how much of its text, in percent, is in the first text of the thread."""
    sketches = {
        pk: likeness.unpack(bytes(data))
        for pk, data in Likeness.objects.filter(pk__in=[item.pk for item in items]).values_list("pk", "sketch")
    }
    first = next((sketches[item.pk] for item in items if item.pk in sketches), None)
    if first is None:
        return {}
    return {
        pk: round(100 * likeness.compare(first, sketch).contained)
        for pk, sketch in sketches.items()
        if sketch is not first
    }


def _chosen(request: HttpRequest, items: list[Item]) -> tuple[Item | None, Item | None]:
    by_pk = {str(item.pk): item for item in items}
    a, b = by_pk.get(request.GET.get("a", "")), by_pk.get(request.GET.get("b", ""))
    return (a, b) if a is not b else (None, None)


def _diff(before: Item, after: Item) -> dict[str, Any]:
    versions = before.newest_version(), after.newest_version()
    if versions[0] is None or versions[1] is None:
        return {"rows": [], "changes": 0}
    rows = compare.side_by_side(shown.said(versions[0], before), shown.said(versions[1], after))
    return {"rows": rows, "changes": sum(row.changed for row in rows)}


def _others(thread: Thread, words: str) -> list[Thread]:
    """Threads that have an item with these words in its headline or slug, the newest first."""
    items = Item.objects.lettered(words).exclude(thread=thread).exclude(thread=None)
    found = dict.fromkeys(items.order_by("-changed_at", "-id").values_list("thread_id", flat=True)[:200])
    wanted = list(found)[:MOST_FOUND]
    threads = Thread.objects.in_bulk(wanted)
    return [threads[pk] for pk in wanted if pk in threads]


@require_POST
@needs("wire.take_item")
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one item out of a thread, or it and all after it."""
    found = get_object_or_404(Thread, pk=pk)
    item = get_object_or_404(Item, pk=request.POST.get("item") if request.POST.get("item", "").isdigit() else 0)
    items = [item]
    if request.POST.get("do") == "from":
        every = list(families.in_order(Item.objects.filter(thread=found)))
        items = every[every.index(item) :] if item in every else items
    try:
        made = families.part(thread=found, items=items, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("wire:thread", pk=pk)
    link = format_html('<a href="{}">{}</a>', reverse("wire:thread", args=[made.pk]), str(made))
    number = "1 item is a story" if len(items) == 1 else f"{len(items)} items are a story"
    messages.success(
        request, format_html("{} of their own now: {}. Nothing but a person joins them again.", number, link)
    )
    return redirect("wire:thread", pk=pk)


@require_POST
@needs("wire.take_item")
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one thread of this one and another."""
    found = get_object_or_404(Thread, pk=pk)
    other = get_object_or_404(Thread, pk=request.POST.get("other") if request.POST.get("other", "").isdigit() else 0)
    try:
        kept = families.join(thread=found, other=other, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("wire:thread", pk=pk)
    messages.success(request, f"These are one story now: {kept}.")
    return redirect("wire:thread", pk=kept.pk)
