"""The wire's screens: the list, an item, an offer. HTTP only: what people do there happens in `actions`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin.paginator import WagtailPaginator

from standfirst.kit import markup
from standfirst.kit.errors import Problem, Refused
from standfirst.wire import actions, compare, drafting, sealing, shown
from standfirst.wire.forms import ListForm, ReleaseForm, TakeForm
from standfirst.wire.models import Delivery, Item, Offer

View = Callable[..., HttpResponseBase]

PER_PAGE: Final = 40
SHOWS: Final[tuple[tuple[str, str], ...]] = (
    ("waiting", "Waiting"),
    ("offers", "Offers"),
    ("unread", "Not read"),
    ("all", "All"),
    ("taken", "Taken"),
    ("spiked", "Spiked"),
    ("down", "Taken back"),
)


def needs(permission: str) -> Callable[[View], View]:
    """Refuse people without `permission`. Being signed in to the newsroom is checked before, by Wagtail."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def _crumbs(*further: tuple[str | None, str]) -> list[dict[str, Any]]:
    crumbs: list[dict[str, Any]] = [{"url": reverse("wire:list"), "label": "Wire"}]
    crumbs += [{"url": reverse(url) if url else "", "label": label} for url, label in further]
    return crumbs


def _back(request: HttpRequest, otherwise: str) -> HttpResponse:
    to = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(to if safe and to.startswith("/") else otherwise)


# --- the list -----------------------------------------------------------------------------------------------------


@require_GET
@needs("wire.view_item")
def listing(request: HttpRequest) -> HttpResponse:
    """What came in, newest first. Files that could not be read stand between the items, where they came in."""
    form = ListForm(request.GET)
    feed = form.cleaned_data.get("feed") if form.is_valid() else None
    words = form.cleaned_data.get("q", "").strip() if form.is_valid() else ""
    show = request.GET.get("show", "")
    if show not in dict(SHOWS):
        show = "all" if words else "waiting"
    waiting = actions.waiting()
    page: Any
    offers: list[Offer] = []
    rows: list[shown.Row] = []
    if show == "offers":
        found = Offer.objects.open().select_related("story", "version__item__feed")
        if feed:
            found = found.filter(version__item__feed=feed)
        if words:
            found = found.filter(story__title__icontains=words)
        page = WagtailPaginator(found, PER_PAGE).get_page(request.GET.get("p"))
        offers = list(page)
    elif show == "unread":
        troubled = Delivery.objects.troubled().select_related("feed")
        if feed:
            troubled = troubled.filter(feed=feed)
        if words:
            troubled = troubled.filter(file_name__icontains=words)
        page = WagtailPaginator(troubled, PER_PAGE).get_page(request.GET.get("p"))
        rows = shown.rows([], list(page))
    else:
        items = _items(show, feed, words)
        page = WagtailPaginator(items, PER_PAGE).get_page(request.GET.get("p"))
        between = [] if words or show not in ("waiting", "all") else _troubled_between(page, feed)
        rows = shown.rows(list(page), between)
    counts = {"waiting": waiting.items, "offers": waiting.offers, "unread": waiting.troubled}
    keep = request.GET.copy()
    keep.pop("p", None)
    keep.pop("show", None)
    context = {
        "crumbs": _crumbs(),
        "form": form,
        "words": words,
        "feed": feed,
        "show": show,
        "shows": [(key, label, counts.get(key), keep.urlencode()) for key, label in SHOWS],
        "page": page,
        "elided": page.paginator.get_elided_page_range(page.number),
        "rows": rows,
        "offers": offers,
        "may_take": request.user.has_perm("wire.take_item"),
        "feeds_url": reverse("wire_feeds:index") if request.user.has_perm("wire.change_feed") else "",
    }
    return render(request, "wire/list.html", context)


def _items(show: str, feed: Any, words: str) -> Any:
    items = Item.objects.newest().select_related("feed")
    if show != "all":
        items = items.filter(place=show)
    if feed:
        items = items.filter(feed=feed)
    return items.lettered(words) if words else items


def _troubled_between(page: Any, feed: Any) -> list[Delivery]:
    """Troubled deliveries that came in while the items of this page did."""
    troubled = Delivery.objects.troubled().select_related("feed")
    if feed:
        troubled = troubled.filter(feed=feed)
    items = list(page)
    if page.has_previous() and items:
        troubled = troubled.filter(received_at__lte=items[0].changed_at)
    if page.has_next() and items:
        troubled = troubled.filter(received_at__gt=items[-1].changed_at)
    return list(troubled[:PER_PAGE])


# --- an item ------------------------------------------------------------------------------------------------------


@require_GET
@needs("wire.view_item")
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item: what it says, what editors are told, its versions, its stories, and what can be done with it."""
    found = get_object_or_404(Item.objects.select_related("feed"), pk=pk)
    versions = list(found.versions.select_related("delivery").order_by("-order", "-id")[:100])
    wanted = request.GET.get("version", "")
    newest = found.newest_version()
    version = next((each for each in versions if str(each.pk) == wanted), None) or newest
    if version is None:
        raise Http404
    canonical = version.read()
    may_take = request.user.has_perm("wire.take_item")
    why_not = actions.why_not_take(found)
    stories = shown.stories_of([found]).get((found.provider, found.item_id), [])
    down = found.killed_at is not None or found.withheld_at is not None
    says_usable = found.status in ("usable", "embargoed")
    context = {
        "crumbs": _crumbs((None, str(found)[:80])),
        "item": found,
        "badges": shown.badges(found),
        "version": version,
        "newest": newest,
        "versions": versions,
        "canonical": canonical,
        # Cleaned again at the door: nothing but flat blocks and plain links leaves `clean_blocks`.
        "body": mark_safe(markup.clean_blocks(canonical.body_html)),  # noqa: S308
        "abstract": markup.text_of(canonical.abstract),
        "words": len(markup.text_of(canonical.body_html).split()),
        "stories": stories,
        "offers": Offer.objects.open().filter(version__item=found).select_related("story", "version"),
        "may_take": may_take,
        "may_fetch": _may_fetch(request),
        "why_not": why_not,
        "take_form": TakeForm(user=request.user, initial={"section": found.feed.section_id}) if may_take else None,
        "release_form": ReleaseForm(),
        "may_release": (found.test or (down and says_usable)) and request.user.has_perm("stories.restore_story"),
        "may_spike": may_take and found.place in (Item.Place.WAITING, Item.Place.STORED),
    }
    return render(request, "wire/item.html", context)


@require_POST
@needs("wire.take_item")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item into a draft, and open the draft."""
    found = get_object_or_404(Item, pk=pk)
    form = TakeForm(request.POST, user=request.user)
    if not form.is_valid():
        messages.error(request, "Choose a section in which you may write.")
        return redirect("wire:item", pk=pk)
    try:
        story = actions.take(item=found, by=request.user, section=form.cleaned_data["section"])
    except Refused as error:
        messages.error(request, str(error))
        return redirect("wire:item", pk=pk)
    messages.success(request, f"“{story.title}” is a draft in {form.cleaned_data['section'].title} now.")
    return redirect("wagtailadmin_pages:edit", story.pk)


@require_POST
@needs("wire.take_item")
def spike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item off the waiting list."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.spike(item=found, by=request.user)
        messages.success(request, f"“{found}” is spiked. It stays under Spiked.")
    except Refused as error:
        messages.error(request, str(error))
    return _back(request, reverse("wire:list"))


@require_POST
@needs("stories.restore_story")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an item be used again that its agency had taken back."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.release(item=found, because=request.POST.get("because", "")[:500], by=request.user)
        messages.success(request, "The item may be used. Stories that were taken down stay down.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("wire:item", pk=pk)


# --- offers -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("wire.view_item")
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """A story and the newer version offered for it, side by side."""
    found = get_object_or_404(Offer.objects.select_related("story", "version__item__feed", "version__delivery"), pk=pk)
    if request.method == "POST":
        return _settle(request, found)
    draft = found.story.get_latest_revision_as_object()
    feed = found.version.item.feed
    canonical = found.version.read()
    copy = drafting.copy_of(canonical, credit=feed.credit, language=feed.language or draft.language)
    rows = compare.side_by_side(shown.words_of(draft), compare.texts(copy.fields(), copy.body))
    context = {
        "crumbs": _crumbs((None, "Offer")),
        "offer": found,
        "story": found.story,
        "draft": draft,
        "item": found.version.item,
        "badges": shown.badges(found.version.item),
        "canonical": canonical,
        "rows": rows,
        "changes": sum(row.changed for row in rows),
        "may_settle": request.user.has_perm("wire.take_item") and found.settled_at is None,
        "may_edit": found.story.permissions_for_user(request.user).can_edit(),
    }
    return render(request, "wire/offer.html", context)


def _settle(request: HttpRequest, found: Offer) -> HttpResponse:
    how = request.POST.get("how")
    if how not in ("applied", "kept"):
        messages.error(request, "Choose one: put the new version into the draft, or keep ours.")
        return redirect("wire:offer", pk=found.pk)
    try:
        actions.settle_offer(offer=found, how="applied" if how == "applied" else "kept", by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("wire:offer", pk=found.pk)
    if how == "applied":
        messages.success(request, "The new version is in the draft. Read it, then publish it.")
        return redirect("wagtailadmin_pages:edit", found.story_id)
    messages.success(request, "Ours was kept.")
    return redirect(f"{reverse('wire:list')}?show=offers")


# --- files as received --------------------------------------------------------------------------------------------


def _may_fetch(request: HttpRequest) -> bool:
    return request.user.has_perm("wire.take_item") or request.user.has_perm("wire.change_feed")


@require_GET
@needs("wire.view_item")
def raw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as it was received, byte for byte. Browsers only save it: agencies' files may hold anything."""
    if not _may_fetch(request):
        raise PermissionDenied
    delivery = get_object_or_404(Delivery, pk=pk)
    path = sealing.place(actions.received(), delivery.seal)
    try:
        response = FileResponse(
            path.open("rb"), as_attachment=True, filename=delivery.file_name, content_type="application/octet-stream"
        )
    except FileNotFoundError:
        messages.error(request, f"The file is missing in the newsroom's folder: restore {path.name} from a backup.")
        return redirect(f"{reverse('wire:list')}?show=unread")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@needs("wire.take_item")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a file once more that could not be read."""
    delivery = get_object_or_404(Delivery.objects.select_related("feed"), pk=pk)
    try:
        read = actions.read_again(delivery=delivery, by=request.user)
    except Problem as error:
        messages.error(request, str(error))
    else:
        if read.trouble:
            messages.error(request, read.reason)
        else:
            messages.success(request, f"{read.file_name} was read: {read.items_in} items.")
    return _back(request, f"{reverse('wire:list')}?show=unread")


@require_POST
@needs("wire.take_item")
def put_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file that could not be read off the list."""
    delivery = get_object_or_404(Delivery, pk=pk)
    actions.put_away(delivery=delivery, by=request.user)
    messages.success(request, f"{delivery.file_name} is put away. Its bytes are kept.")
    return _back(request, f"{reverse('wire:list')}?show=unread")
