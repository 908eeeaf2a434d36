"""The rules' screens: the list, a rule with its dry run. HTTP only: what people do there happens in `rules`."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from standfirst.kit import clock, digests
from standfirst.kit.errors import Refused
from standfirst.wire import rehearsing, rules
from standfirst.wire.forms_rules import RuleForm
from standfirst.wire.models import Feed, Rule
from standfirst.wire.views import needs

_MODES: Final = ((Feed.Mode.PUBLISH, "Published"), (Feed.Mode.DESK, "To the desk"), (Feed.Mode.HOLD, "Held"))


def _crumbs(*further: tuple[str, str]) -> list[dict[str, Any]]:
    crumbs = [{"url": reverse("wire:list"), "label": "Wire"}, {"url": reverse("wire:rules"), "label": "Rules"}]
    return [*crumbs, *({"url": url, "label": label} for url, label in further)]


@require_GET
@needs("wire.change_feed")
def listing(request: HttpRequest) -> HttpResponse:
    """The rules in the order in which they are asked, with what each did in the last day."""
    fitted = rules.fitted_since(clock.now() - rehearsing.PERIOD)
    found = Rule.objects.in_order().select_related("section", "author").prefetch_related("feeds")
    rows = []
    number = 0
    for rule in found:
        terms = rules.terms_of(rule)
        number += rule.active
        rows.append(
            {
                "rule": rule,
                "number": number if rule.active else None,
                "conditions": rules.conditions_said(terms),
                "outcome": rules.outcome_said(terms),
                "mode": rule.mode if rule.mode != Feed.Mode.PUBLISH or rule.section_id else Feed.Mode.DESK,
                "fitted": fitted.get(rule.pk, 0),
            }
        )
    context = {
        "crumbs": _crumbs(),
        "rows": rows,
        "feeds": Feed.objects.filter(active=True).select_related("section"),
    }
    return render(request, "wire/rules.html", context)


@require_http_methods(["GET", "POST"])
@needs("wire.change_feed")
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A rule: new or changed. *Try* shows what it would have done; one that publishes is saved only when tried."""
    rule = get_object_or_404(Rule, pk=pk) if pk else Rule()
    form = RuleForm(request.POST or None, instance=rule, initial=None if pk else {"active": True})
    context: dict[str, Any] = {"form": form, "rule": rule if pk else None}
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("tried") == _digest(form)
        if request.POST.get("do") == "save" and (seen or not _needs_a_look(form)):
            saved = _save(request, form)
            if saved is not None:
                return saved
        else:
            context |= _tried(form, asked=request.POST.get("do") != "save")
    if pk:
        stored = Rule.objects.get(pk=pk)
        context["said"] = rules.said(rules.terms_of(stored))
        context["fitted"] = rules.fitted_since(clock.now() - rehearsing.PERIOD).get(pk, 0)
    if form.is_bound and form.is_valid():
        context["said"] = rules.said(form.terms())
    context["crumbs"] = _crumbs(("", "Change rule" if pk else "New rule"))
    return render(request, "wire/rule.html", context)


def _needs_a_look(form: RuleForm) -> bool:
    """A rule that puts copy before readers is looked at before it counts."""
    return bool(form.cleaned_data["mode"] == Rule.Mode.PUBLISH and form.cleaned_data["active"])


def _digest(form: RuleForm) -> str:
    """Tells whether the form is the one that was tried."""
    return f"{digests.short(repr((form.terms(), form.cleaned_data['active'])).encode()):x}"


def _tried(form: RuleForm, *, asked: bool) -> dict[str, Any]:
    found = rehearsing.rehearse(form.terms(), active=form.cleaned_data["active"])
    counts = [
        {"mode": mode, "label": label, "today": found.today[mode], "then": found.then[mode]} for mode, label in _MODES
    ]
    return {"tried": _digest(form), "rehearsal": found, "counts": counts, "asked": asked, "terms": form.terms()}


def _save(request: HttpRequest, form: RuleForm) -> HttpResponse | None:
    try:
        saved = rules.keep(rule=form.instance, feeds=form.cleaned_data["feeds"], by=request.user)
    except PermissionDenied as error:
        form.add_error("section", str(error))
        return None
    except ValidationError as error:
        form.add_error(None, error)
        return None
    except Refused as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, f"Saved: {rules.said(rules.terms_of(saved))}. It counts from the next item on.")
    return redirect("wire:rules")


@require_POST
@needs("wire.change_feed")
def said(request: HttpRequest) -> JsonResponse:
    """What the rule in a form asks for and does, in plain words. Nothing is saved."""
    form = RuleForm(request.POST)
    return JsonResponse({"said": rules.said(form.terms()) if form.is_valid() else ""})


@require_POST
@needs("wire.change_feed")
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a rule, switch it on or off, delete it."""
    rule = get_object_or_404(Rule, pk=pk)
    do = request.POST.get("do")
    try:
        if do in ("up", "down"):
            rules.move(rule=rule, way="up" if do == "up" else "down", by=request.user)
        elif do in ("on", "off"):
            rules.switch(rule=rule, on=do == "on", by=request.user)
            messages.success(request, f"The rule is {'in use again' if do == 'on' else 'kept, and not asked'}.")
        elif do == "delete":
            rules.delete(rule=rule, by=request.user)
            messages.success(request, "The rule is deleted. What it decided stays decided.")
        else:
            messages.error(request, "Choose what to do with the rule.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('wire:rules')}#rule-{pk}" if do in ("up", "down", "on", "off") else "wire:rules")
