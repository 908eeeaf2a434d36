"""The wire's screens: the list, an item, an offer. HTTP only: what people do there happens in `actions`.

Every screen works by links and forms. Where scripts run, the same addresses answer `Accept: application/json` with what
became of it, and `?pane=1` with an item alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin.paginator import WagtailPaginator

from standfirst.kit import digests, markup
from standfirst.kit.errors import Problem, Refused
from standfirst.wire import actions, compare, drafting, looking, picturing, sealing, searching, shown, sources
from standfirst.wire.forms import ReleaseForm, TakeForm
from standfirst.wire.intake.directives import candidates
from standfirst.wire.looking import Cursor, Look
from standfirst.wire.models import Delivery, Directive, Facet, Feed, Item, Offer, SavedView

View = Callable[..., HttpResponseBase]

PER_PAGE: Final = looking.PER_PAGE
AT_ONCE: Final = 200
"""Items that are spiked or held with one click."""


def needs(permission: str) -> Callable[[View], View]:
    """Refuse people without `permission`. Being signed in to the newsroom is checked before, by Wagtail."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                if scripted(request):
                    return JsonResponse({"says": "Your role does not allow this. Ask an editor."}, status=403)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def scripted(request: HttpRequest) -> bool:
    """True if a script asks, not a person's browser."""
    return request.headers.get("Accept", "").startswith("application/json")


def _crumbs(*further: tuple[str | None, str]) -> list[dict[str, Any]]:
    crumbs: list[dict[str, Any]] = [{"url": reverse("wire:list"), "label": "Wire"}]
    crumbs += [{"url": reverse(url) if url else "", "label": label} for url, label in further]
    return crumbs


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Back to where a form was, if that is one of our own pages."""
    to = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(to if safe and to.startswith("/") else otherwise)


# --- the list -----------------------------------------------------------------------------------------------------


@require_GET
@needs("wire.view_item")
def listing(request: HttpRequest) -> HttpResponse:
    """What came in, newest first. Files that could not be read stand between the items, where they came in."""
    look = Look.read(request.GET)
    before = Cursor.read(request.GET.get("before", ""))
    context = _frame(request, look)
    if look.show == "offers":
        found = Offer.objects.open().select_related("story", "version__item__feed")
        if look.feeds:
            found = found.filter(version__item__feed__in=looking.feeds(look))
        if look.q:
            found = found.filter(story__title__icontains=look.q)
        context["page"] = WagtailPaginator(found, PER_PAGE).get_page(request.GET.get("p"))
        context["offers"] = list(context["page"])
    elif look.show == "unread":
        troubled = Delivery.objects.troubled().select_related("feed")
        if look.feeds:
            troubled = troubled.filter(feed__in=looking.feeds(look))
        if look.q:
            troubled = troubled.filter(file_name__icontains=look.q)
        context["page"] = WagtailPaginator(troubled, PER_PAGE).get_page(request.GET.get("p"))
        context["rows"] = shown.rows([], list(context["page"]))
    else:
        page = looking.page(look, before)
        between: list[Delivery] = []
        if not look.by_words and look.show in ("waiting", "all"):
            between = _troubled_between(look, page, before)
        context["rows"] = shown.rows(page.items, between)
        context["cursor"] = page.top
        context["older"] = f"{look.address()}&before={page.after}" if page.after else ""
        context["newer"] = look.address() if before is not None else ""
        context["live"] = before is None
    if "page" in context:
        context["elided"] = context["page"].paginator.get_elided_page_range(context["page"].number)
    if request.GET.get("rows") == "1":
        return _rows_alone(request, context)
    return render(request, "wire/list.html", context)


def _rows_alone(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The next page, for a script that puts it below this one."""
    html = "".join(_row(request, row, context) for row in context["rows"])
    return _private(JsonResponse({"rows": html, "older": context.get("older", "")}))


def _row(request: HttpRequest, row: shown.Row, context: dict[str, Any]) -> str:
    template = "wire/_row.html" if row.item is not None else "wire/_troubled.html"
    told = {"row": row, "delivery": row.delivery, "may_take": context["may_take"]}
    return render_to_string(template, told, request=request)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def _frame(request: HttpRequest, look: Look) -> dict[str, Any]:
    """What stands around the list: what else can be shown, filters, saved views."""
    waiting = actions.waiting()
    held = Item.objects.filter(place=Item.Place.HOLD)[: actions.MOST_COUNTED].count()
    counts = {"waiting": waiting.items, "hold": held, "offers": waiting.offers, "unread": waiting.troubled}
    may_take = request.user.has_perm("wire.take_item")
    feeds = list(Feed.objects.all())
    languages = list(Facet.objects.filter(kind=Facet.Kind.LANGUAGE).order_by("label").values_list("label", flat=True))
    views = [] if not request.user.pk else list(SavedView.objects.for_person(request.user)[:60])
    query = look.address()
    return {
        "crumbs": _crumbs(),
        "look": look,
        "shows": [(key, label, _most(counts.get(key)), look.address(show=key)) for key, label in looking.SHOWS],
        "show_label": dict(looking.SHOWS)[look.show],
        "chips": [(_chip(name, value, feeds), look.without(name, value)) for name, value in look.pairs()],
        "feeds": feeds,
        "types": looking.TYPES,
        "times": looking.TIMES,
        "languages": languages,
        "subjects": searching.facets(Facet.Kind.SUBJECT, "", 100),
        "places": searching.facets(Facet.Kind.PLACE, "", 100),
        "views": views,
        "view": next((view for view in views if view.query == query), None),
        "query": query,
        "rows": [],
        "offers": [],
        "may_take": may_take,
        "urgent": shown.urgent(),
        "unwell": sources.troubled(),
        "feeds_url": reverse("wire_feeds:index") if request.user.has_perm("wire.change_feed") else "",
        "settings": {
            "fresh": reverse("wire:fresh"),
            "several": reverse("wire:several"),
            "facets": reverse("wire:facets"),
            "item": reverse("wire:item", args=[0]),
            "query": query,
            "show": look.show,
            "mayTake": may_take,
            "keys": _keys(request.user),
            "sections": _sections(request.user) if may_take else [],
        },
    }


def _most(count: int | None) -> str:
    if not count:
        return ""
    return str(count) if count < actions.MOST_COUNTED else f"{actions.MOST_COUNTED - 1}+"


def _chip(name: str, value: str, feeds: list[Feed]) -> str:
    if name == "feed":
        return next((feed.title for feed in feeds if feed.name == value), value)
    if name == "type":
        return dict(looking.TYPES)[value]
    if name == "time":
        return next(label for key, label, _ in looking.TIMES if key == value)
    said = {"q": "“{}”", "urgency": "Urgency {} or higher", "from": "From {}", "to": "Until {}", "place": "In {}"}
    return said.get(name, "{}").format(value.replace("T", " ") if name in ("from", "to") else value)


def _keys(user: Any) -> bool:
    """Whether a person wants single keys to do things: as they set it for all of Wagtail."""
    profile = getattr(user, "wagtail_userprofile", None)
    return bool(getattr(profile, "keyboard_shortcuts", True))


def _sections(user: Any) -> list[dict[str, Any]]:
    """Sections that a person may take items into, each with a key: its first letter if that is free, else a number."""
    field = TakeForm(user=user).fields["section"]
    found: list[dict[str, Any]] = []
    free = [*"123456789abcdefghijklmnopqrstuvwxyz"]
    for section in field.queryset:  # type: ignore[attr-defined]
        letter = section.title[:1].casefold()
        key = letter if letter in free and not letter.isdigit() else next((key for key in free if key.isdigit()), "")
        if key:
            free.remove(key)
        found.append({"id": section.pk, "title": field.label_from_instance(section), "key": key})  # type: ignore[attr-defined]
    return found


def _troubled_between(look: Look, page: looking.Page, before: Cursor | None) -> list[Delivery]:
    """Troubled deliveries that came in while the items of this page did."""
    troubled = Delivery.objects.troubled().select_related("feed")
    if look.feeds:
        troubled = troubled.filter(feed__in=looking.feeds(look))
    if before is not None:
        troubled = troubled.filter(received_at__lte=before.moment)
    if page.after is not None:
        troubled = troubled.filter(received_at__gt=page.after.moment)
    if (earliest := look.earliest()) is not None:
        troubled = troubled.filter(received_at__gte=earliest)
    if look.until is not None:
        troubled = troubled.filter(received_at__lte=look.until)
    return list(troubled[:PER_PAGE])


@require_GET
@needs("wire.view_item")
def fresh(request: HttpRequest) -> HttpResponse:
    """What changed since a list was made: new items, and rows that look different now. Asked every few seconds.

    `since` is the list's cursor, `rows` what it shows (`12.state,13.state`). Nothing new: 304, for a few milliseconds.
    """
    look = Look.read(request.GET)
    since = Cursor.read(request.GET.get("since", ""))
    if since is None or look.show in ("offers", "unread"):
        return JsonResponse({"says": "There is nothing to follow here."}, status=400)
    known = looking.known(request.GET.get("rows", ""))
    found = looking.fresh(look, since)
    oldest = min(
        (int(word.partition("-")[0] or "0", 36) for word in known.values()), default=looking.micros(since.moment)
    )
    new = [item for item in found if _is_news(item, known.get(item.pk), oldest)]
    ids = {item.pk for item in new}
    now = looking.states(key for key in known if key not in ids)
    other = [key for key, state in now.items() if known[key] != state]
    changed = list(Item.objects.filter(pk__in=other).select_related("feed", "rule")) if other else []
    waiting = actions.waiting()
    counts = {"waiting": _most(waiting.items), "offers": _most(waiting.offers), "unread": _most(waiting.troubled)}
    urgent = shown.urgent()
    told = [counts, urgent.mark, [looking.state(item) for item in new], sorted(looking.state(item) for item in changed)]
    tag = f'"{digests.short(repr((told, [item.pk for item in new])).encode()):x}"'
    if request.headers.get("If-None-Match") == tag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        many = len(new) > looking.MOST_FRESH
        context = {"may_take": request.user.has_perm("wire.take_item")}
        rows = shown.rows([*([] if many else new), *changed])
        html = {row.item.pk: _row(request, row, context) for row in rows if row.item is not None}
        answer = JsonResponse(
            {
                "many": many,
                "new": [] if many else [{"id": item.pk, "html": html[item.pk]} for item in new],
                "changed": [{"id": item.pk, "html": html[item.pk], "fits": _fits(look, item)} for item in changed],
                "counts": counts,
                "urgent": "" if urgent.mark == request.GET.get("urgent", "") else _strip(request, urgent),
            }
        )
    answer["ETag"] = tag
    return _private(answer)


def _strip(request: HttpRequest, urgent: shown.Urgent) -> str:
    feeds_url = reverse("wire_feeds:index") if request.user.has_perm("wire.change_feed") else ""
    return render_to_string("wire/_urgent.html", {"urgent": urgent, "feeds_url": feeds_url}, request=request)


def _is_news(item: Item, known: str | None, oldest: int) -> bool:
    """True for an item that a list does not show, or shows with older copy.

    `oldest` is when the list's last row changed, in microseconds: what is older and not in it stands further down.
    """
    if known is None:
        return looking.micros(item.changed_at) > oldest
    return known.partition("-")[0] != looking.state(item).partition("-")[0]


def _fits(look: Look, item: Item) -> bool:
    return look.show not in Item.Place.values or item.place == look.show


@require_GET
@needs("wire.view_item")
def facets(request: HttpRequest) -> HttpResponse:
    """Subjects or places that begin with what somebody types."""
    kind = request.GET.get("kind", "")
    if kind not in (Facet.Kind.SUBJECT, Facet.Kind.PLACE):
        return JsonResponse({"says": "Name a kind: subject or place."}, status=400)
    labels = [facet.label for facet in searching.facets(kind, request.GET.get("q", "")[:80], 20)]
    return _private(JsonResponse({"labels": labels}))


# --- an item ------------------------------------------------------------------------------------------------------


@require_GET
@needs("wire.view_item")
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item: what it says, what editors are told, its versions, its stories, and what can be done with it."""
    found = get_object_or_404(Item.objects.select_related("feed", "rule"), pk=pk)
    versions = list(found.versions.select_related("delivery").defer("canonical").order_by("-order", "-id")[:100])
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
    against = next((each for each in versions if str(each.pk) == request.GET.get("against", "")), None)
    section = shown.suggested(found)
    pane = request.GET.get("pane") == "1"
    family = shown.family(found)
    context = {
        "crumbs": _crumbs((None, str(found)[:80])),
        "item": found,
        "badges": shown.badges(found),
        "version": version,
        "newest": newest,
        "versions": list(zip(versions, [*versions[1:], None], strict=True)),
        "against": against,
        "differences": shown.differences(found, against, version) if against is not None else [],
        "canonical": canonical,
        # Cleaned again at the door: nothing but flat blocks and plain links leaves `clean_blocks`.
        "body": mark_safe(markup.clean_blocks(canonical.body_html)),  # noqa: S308
        "abstract": markup.text_of(canonical.abstract),
        "words": len(markup.text_of(canonical.body_html).split()),
        "shots": picturing.shown(found),
        "announced": shown.announced(canonical),
        "family": family,
        "family_says": shown.said_of(family),
        "directives": [(each, list(candidates(each)[:10])) for each in found.directives.open()],
        "may_answer": request.user.has_perm("stories.kill_story"),
        "subjects": shown.labels(Facet.Kind.SUBJECT, canonical.subjects),
        "places": shown.labels(Facet.Kind.PLACE, canonical.places),
        "stories": stories,
        "offers": Offer.objects.open().filter(version__item=found).select_related("story", "version"),
        "may_take": may_take,
        "may_fetch": _may_fetch(request),
        "why_not": why_not,
        "suggested": section,
        "take_form": TakeForm(user=request.user, initial={"section": section}) if may_take else None,
        "release_form": ReleaseForm(),
        "may_release": (found.test or (down and says_usable)) and request.user.has_perm("stories.restore_story"),
        "may_spike": may_take and found.place in (Item.Place.WAITING, Item.Place.STORED, Item.Place.HOLD),
        "may_hold": may_take and found.place in (Item.Place.WAITING, Item.Place.STORED, Item.Place.SPIKED),
        "may_put_back": may_take and found.place in (Item.Place.HOLD, Item.Place.SPIKED),
        "pane": pane,
    }
    answer = render(request, "wire/_item.html" if pane else "wire/item.html", context)
    return _private(answer) if pane else answer


def _done(
    request: HttpRequest, found: Item, says: str, *, otherwise: str, undo: bool = False, draft: str = ""
) -> HttpResponse:
    """What became of an item, to a script or to a person."""
    if not scripted(request):
        messages.success(request, says)
        return back(request, otherwise)
    fresh_item = Item.objects.select_related("feed", "rule").get(pk=found.pk)
    context = {"may_take": True}
    html = _row(request, shown.rows([fresh_item])[0], context)
    return _private(JsonResponse({"says": says, "html": html, "undo": undo, "draft": draft, "place": fresh_item.place}))


def _refused(request: HttpRequest, why: str, otherwise: str, **more: Any) -> HttpResponse:
    if scripted(request):
        return JsonResponse({"says": why, **more}, status=409)
    messages.error(request, why)
    return redirect(otherwise)


@require_POST
@needs("wire.take_item")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item into a draft. Opens the draft, unless a script asked: then the list stays."""
    found = get_object_or_404(Item.objects.select_related("feed", "rule"), pk=pk)
    otherwise = reverse("wire:item", args=[pk])
    section = request.POST.get("section") or shown.suggested(found)
    form = TakeForm({"section": section}, user=request.user)
    if not form.is_valid():
        return _refused(request, "Choose a section in which you may write.", otherwise, choose=True)
    try:
        story = actions.take(item=found, by=request.user, section=form.cleaned_data["section"])
    except Refused as error:
        return _refused(request, str(error), otherwise)
    draft = reverse("wagtailadmin_pages:edit", args=[story.pk])
    says = f"“{story.title}” is a draft in {form.cleaned_data['section'].title} now."
    if scripted(request):
        return _done(request, found, says, otherwise="", undo=True, draft=draft)
    messages.success(request, says)
    return redirect(draft)


@require_POST
@needs("wire.take_item")
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an item aside, with a word on why."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.hold(item=found, because=request.POST.get("because", ""), by=request.user)
    except Refused as error:
        return _refused(request, str(error), reverse("wire:item", args=[pk]))
    return _done(request, found, f"“{found}” is on hold.", otherwise=reverse("wire:list"), undo=True)


@require_POST
@needs("wire.take_item")
def spike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item off the waiting list."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.spike(item=found, by=request.user)
    except Refused as error:
        return _refused(request, str(error), reverse("wire:list"))
    says = f"“{found}” is spiked. It stays under Spiked."
    return _done(request, found, says, otherwise=reverse("wire:list"), undo=True)


@require_POST
@needs("wire.take_item")
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Have an item wait again: undo a hold, a spike, or a take that nobody has worked on."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.put_back(item=found, by=request.user)
    except Refused as error:
        return _refused(request, str(error), reverse("wire:item", args=[pk]))
    except PermissionDenied as error:
        return _refused(request, str(error) or "You may not undo this.", reverse("wire:item", args=[pk]))
    return _done(request, found, f"“{found}” is waiting again.", otherwise=reverse("wire:list"))


@require_POST
@needs("wire.take_item")
def several(request: HttpRequest) -> HttpResponse:
    """Spike, hold or put back all items that are ticked. Those for which it cannot be are named."""
    verbs: dict[str, tuple[Callable[[Item], None], str]] = {
        "spike": (lambda found: actions.spike(item=found, by=request.user), "spiked"),
        "hold": (lambda found: actions.hold(item=found, by=request.user), "put on hold"),
        "put_back": (lambda found: actions.put_back(item=found, by=request.user), "put back"),
    }
    verb, past = verbs.get(request.POST.get("do", ""), (None, ""))
    keys = [int(key) for key in request.POST.getlist("item")[:AT_ONCE] if key.isascii() and key.isdigit()][:AT_ONCE]
    if verb is None or not keys:
        return _refused(request, "Tick the items first.", reverse("wire:list"))
    done: list[int] = []
    refused: list[str] = []
    for found in Item.objects.filter(pk__in=keys):
        try:
            verb(found)
            done.append(found.pk)
        except (Refused, PermissionDenied) as error:
            refused.append(f"“{found}”: {error}")
    says = f"{len(done)} {'item' if len(done) == 1 else 'items'} {past}."
    if scripted(request):
        return JsonResponse({"says": " ".join([says, *refused[:3]]), "done": done, "refused": len(refused)})
    if done:
        messages.success(request, says)
    for why in refused[:5]:
        messages.error(request, why)
    return back(request, reverse("wire:list"))


@require_POST
@needs("wire.take_item")
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has seen to an urgent item."""
    found = get_object_or_404(Item, pk=pk)
    try:
        actions.seen(item=found, by=request.user)
    except Refused as error:
        return _refused(request, str(error), reverse("wire:item", args=[pk]))
    messages.success(request, "Your name and the time are on record.")
    return redirect("wire:item", pk=pk)


@require_POST
@needs("wire.take_item")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which copy a take-down means, or that it means none."""
    directive = get_object_or_404(Directive.objects.select_related("item"), pk=pk)
    otherwise = reverse("wire:item", args=[directive.item_id])
    target: Item | None = None
    if request.POST.get("do") == "down":
        wanted = request.POST.get("target", "")
        target = candidates(directive).filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() else None
        if target is None:
            return _refused(request, "Choose the copy that it means.", otherwise)
    try:
        actions.answer(directive=directive, target=target, because=request.POST.get("because", ""), by=request.user)
    except Refused as error:
        return _refused(request, str(error), otherwise)
    messages.success(request, f"“{target}” was taken down." if target else "Put away: nothing was taken down.")
    return redirect(otherwise)


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
    return back(request, f"{reverse('wire:list')}?show=unread")


@require_POST
@needs("wire.take_item")
def put_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file that could not be read off the list."""
    delivery = get_object_or_404(Delivery, pk=pk)
    actions.put_away(delivery=delivery, by=request.user)
    messages.success(request, f"{delivery.file_name} is put away. Its bytes are kept.")
    return back(request, f"{reverse('wire:list')}?show=unread")
