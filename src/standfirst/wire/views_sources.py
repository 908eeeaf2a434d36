"""The screens of sources: the list with their state, forms by kind, "Try it now". HTTP only: see `sources`."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, cast

import msgspec
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from standfirst.kit.errors import Problem
from standfirst.kit.secrets import Secrets
from standfirst.wire import gathering, sources
from standfirst.wire.models import Feed, Source
from standfirst.wire.transports import Settings, Transport
from standfirst.wire.transports.kinds import BY_KIND
from standfirst.wire.views import needs

EVERY: Final = (
    (1, "second"),
    (15, "15 seconds"),
    (30, "30 seconds"),
    (60, "minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "hour"),
    (21_600, "6 hours"),
    (86_400, "day"),
)
"""How often a source can be looked at, in seconds, in words."""

WORDS: Final = {
    "good": "Good",
    "odd": "Good, but see",
    "new": "Not fetched yet",
    "failing": "Fails",
    "stopped": "Stopped",
    "paused": "Paused",
}
DESCRIBED: Final = {
    "http": "RSS and Atom feeds, single files, and JSON listings with pages or “changed since”.",
    "ap": "The Associated Press: follows the feed, fetches the text of each story.",
    "afp": "Agence France-Presse: searches what is new, in the languages and products that you take.",
    "folder": "A folder on this machine that an agency’s program or our own FTP server writes to.",
    "ftp": "Fetches files from an agency’s FTP server, protected or not.",
    "sftp": "Fetches files over SSH, with the host’s key pinned.",
    "imap": "Copy that comes by e-mail.",
    "push": "The agency sends each item to an address of ours, signed.",
}


# --- forms --------------------------------------------------------------------------------------------------------


class SourceForm(forms.Form):
    """What every source has. Fields of its kind, and its secrets, are added."""

    feed = forms.ModelChoiceField(Feed.objects.all(), empty_label=None, help_text="Whose rules the files go by.")
    name = forms.SlugField(max_length=80, help_text="Short, as commands use it, e.g. “cpa-api”.")
    active = forms.BooleanField(required=False, initial=True, label="Switched on")
    interval = forms.TypedChoiceField(coerce=int, label="Look every", initial=60)
    allow_private = forms.BooleanField(
        required=False,
        label="It is in our own network",
        help_text="Allows addresses such as 10.0.0.5 or localhost. Otherwise every one of them is refused.",
    )

    plain: ClassVar[tuple[str, ...]] = ("feed", "name", "active", "interval", "allow_private")
    """Fields that stand in columns of the source."""

    def __init__(self, *args: Any, transport: Transport, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.transport, self.source = transport, source
        every = list(EVERY)
        if source.interval not in dict(EVERY):
            every = sorted([*every, (source.interval, f"{source.interval} seconds")])
        cast(forms.ChoiceField, self.fields["interval"]).choices = every
        self.known = sources.names_of_secrets(source) if source.pk else frozenset[str]()
        stored = source.settings if source.pk else {}
        for name, field in settings_fields(transport.Settings):
            field.initial = _as_text(stored[name]) if name in stored else field.initial
            self.fields[f"settings-{name}"] = field
        for secret in transport.SECRETS:
            known = secret.name in self.known
            widget = (
                HushedLines(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
                if secret.lines
                else forms.PasswordInput(attrs={"autocomplete": "new-password"})
            )
            words = [secret.help, "It is set, and not shown: enter a new one to replace it." if known else ""]
            self.fields[f"secret-{secret.name}"] = forms.CharField(
                required=False,
                strip=not secret.lines,
                max_length=20_000,
                label=secret.title,
                widget=widget,
                help_text=" ".join(word for word in words if word),
            )
            if known:
                self.fields[f"forget-{secret.name}"] = forms.BooleanField(
                    required=False, label=f"Remove the {secret.title[:1].lower() + secret.title[1:]} that is set"
                )
        if transport.KIND == "push" or transport.KIND == "folder":
            for name in ("interval", "allow_private"):
                del self.fields[name]

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """(heading, fields) as they stand on the page."""
        yield "Source", [self[name] for name in self.fields if name in self.plain]
        yield "Where the files are", [self[name] for name in self.fields if name.startswith("settings-")]
        hidden = [self[name] for name in self.fields if name.startswith(("secret-", "forget-"))]
        if hidden:
            yield "Secrets", hidden

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Source.objects.filter(name=name).exclude(pk=self.source.pk).exists():
            raise forms.ValidationError("There is a source of this name: choose another.")
        return name

    @sensitive_variables("given", "cleaned")
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        given = frozenset(self.secrets()) | (self.known - self.forget())
        try:
            settings = msgspec.convert(self.settings(), self.transport.Settings, strict=False)
        except msgspec.ValidationError as error:
            raise forms.ValidationError(f"The settings cannot be used: {error}.") from None
        for name, sentence in self.transport.check(settings, given):
            field = next((f"{kind}-{name}" for kind in ("settings", "secret") if f"{kind}-{name}" in self.fields), None)
            self.add_error(field, sentence)
        return cleaned

    def settings(self) -> dict[str, Any]:
        """The settings as plain JSON."""
        return {
            name.removeprefix("settings-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("settings-")
        }

    def secrets(self) -> Secrets:
        """The secrets that were entered."""
        return Secrets(
            {
                name.removeprefix("secret-"): value
                for name, value in self.cleaned_data.items()
                if name.startswith("secret-") and value
            }
        )

    def forget(self) -> frozenset[str]:
        """The names of the secrets that are to go."""
        return frozenset(
            name.removeprefix("forget-")
            for name, value in self.cleaned_data.items()
            if name.startswith("forget-") and value
        )


class HushedLines(forms.Textarea):
    """Several lines that are written and never shown, not even when the form comes back with an error."""

    def format_value(self, value: Any) -> str:
        return ""


class LinesField(forms.CharField):
    """Several values, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]


def settings_fields(settings: type[Settings]) -> Iterator[tuple[str, forms.Field]]:
    """A form field for each of a transport's settings, from its type and `msgspec.Meta`."""
    hints = typing.get_type_hints(settings, include_extras=True)
    for field in msgspec.structs.fields(settings):
        kind: Any = hints[field.name]
        meta = msgspec.Meta()
        if hasattr(kind, "__metadata__"):
            meta = next((one for one in kind.__metadata__ if isinstance(one, msgspec.Meta)), meta)
            kind = kind.__origin__
        default = None if field.default is msgspec.NODEFAULT else field.default
        common: dict[str, Any] = {
            "label": meta.title or field.name.replace("_", " ").capitalize(),
            "help_text": meta.description or "",
            "initial": _as_text(default),
            "required": field.required and kind is not bool,
        }
        origin = typing.get_origin(kind)
        if origin in (typing.Union, types.UnionType):
            kind = next(one for one in typing.get_args(kind) if one is not type(None))
            origin = typing.get_origin(kind)
        if origin is Literal:
            values = typing.get_args(kind)
            yield (
                field.name,
                forms.ChoiceField(choices=[(one, settings.CHOICES.get(one, one)) for one in values], **common),
            )
        elif kind is bool:
            yield field.name, forms.BooleanField(**common)
        elif kind is int:
            yield field.name, forms.IntegerField(min_value=meta.ge, max_value=meta.le, **common)  # type: ignore[arg-type]
        elif origin is tuple:
            yield field.name, LinesField(**common)
        else:
            long = (meta.max_length or 0) > 2500
            widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}) if long else forms.TextInput()
            yield field.name, forms.CharField(max_length=meta.max_length, widget=widget, **common)


def _as_text(value: Any) -> Any:
    return "\n".join(str(one) for one in value) if isinstance(value, tuple | list) else value


# --- what the screens show ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A source as the list shows it."""

    source: Source
    state: str

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def bad(self) -> bool:
        return self.state in ("failing", "stopped")


def _crumbs(*further: tuple[str, str]) -> list[dict[str, Any]]:
    crumbs = [
        {"url": reverse("wire:list"), "label": "Wire"},
        {"url": reverse("wire:sources"), "label": "Sources"},
        *({"url": url, "label": label} for url, label in further),
    ]
    crumbs[-1] = {**crumbs[-1], "url": ""}
    return crumbs


def _source(pk: int) -> Source:
    return get_object_or_404(Source.objects.select_related("feed"), pk=pk)


@require_GET
@needs("wire.view_feed")
def listing(request: HttpRequest) -> HttpResponse:
    """All sources with their state; those that fail first."""
    rows = [Row(source, sources.state_of(source)) for source in Source.objects.select_related("feed")]
    rows.sort(key=lambda row: (not row.bad, row.source.feed.title.lower(), row.source.name))
    from django.conf import settings

    context = {
        "crumbs": _crumbs(),
        "rows": rows,
        "sign": gathering.sign_of_life(settings.STANDFIRST.home),
        "silent": [(feed, state) for feed, state in sources.troubled() if state.state == "silent"],
        "may_change": request.user.has_perm("wire.change_feed"),
        "feeds": Feed.objects.exists(),
    }
    return render(request, "wire/sources.html", context)


@require_GET
@needs("wire.change_feed")
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of source is to be added."""
    kinds = [(kind, label, DESCRIBED.get(kind, "")) for kind, label in Source.Kind.choices if kind in BY_KIND]
    context = {"crumbs": _crumbs(("", "Add a source")), "kinds": kinds, "feed": request.GET.get("feed", "")}
    return render(request, "wire/source_kinds.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs("wire.change_feed")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new source of one kind."""
    if kind not in BY_KIND:
        return redirect("wire:source_choose")
    feed = Feed.objects.filter(name=request.GET.get("feed", "")).first() or Feed.objects.first()
    if feed is None:
        messages.error(request, "There is no feed yet: add one first, then say where its files come from.")
        return redirect("wire_feeds:add")
    return _edit(request, Source(feed=feed, kind=kind, name=_free_name(feed, kind)))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs("wire.change_feed")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its state and its settings. Secrets are written here, never shown."""
    return _edit(request, _source(pk))


@sensitive_variables("form")
def _edit(request: HttpRequest, source: Source) -> HttpResponse:
    transport = BY_KIND.get(source.kind)
    if transport is None:
        messages.error(request, "This program knows no sources of this kind: update it, or remove the source.")
        return redirect("wire:sources")
    initial = {name: getattr(source, name) for name in SourceForm.plain}
    form = SourceForm(request.POST or None, initial=initial, transport=transport, source=source)
    if request.method == "POST" and form.is_valid():
        for name in SourceForm.plain:
            if name in form.cleaned_data:
                setattr(source, name, form.cleaned_data[name])
        try:
            sources.configure(
                source=source, settings=form.settings(), secrets=form.secrets(), forget=form.forget(), by=request.user
            )
        except Problem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, f"The source {source.name} was saved.")
            if "try" in request.POST:
                return _try(request, source)
            return redirect("wire:source", source.pk)
    title = source.name if source.pk else f"New source: {source.get_kind_display()}"
    context = {
        "crumbs": _crumbs(("", title)),
        "title": title,
        "form": form,
        "source": source,
        "row": Row(source, sources.state_of(source)) if source.pk else None,
    }
    return render(request, "wire/source.html", context, status=200)


@require_POST
@needs("wire.change_feed")
def try_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Connect, and show what would come. Changes nothing."""
    return _try(request, _source(pk))


def _try(request: HttpRequest, source: Source) -> HttpResponse:
    trial = sources.try_now(source)
    if not trial.found and not trial.trouble and source.cursor:
        # All is fetched: show that it can be read, from the beginning.
        again = sources.try_now(source, from_start=True)
        trial = sources.Trial((), trial.notes, again.trouble, False, trial.seconds + again.seconds)
    context = {
        "crumbs": _crumbs((reverse("wire:source", args=[source.pk]), source.name), ("", "Try it now")),
        "source": source,
        "trial": trial,
    }
    return render(request, "wire/source_trial.html", context)


@require_POST
@needs("wire.change_feed")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause a source, or switch it on again."""
    source = _source(pk)
    if source.active and not source.stopped and request.POST.get("to") != "on":
        sources.pause(source=source, by=request.user)
        messages.success(request, f"The source {source.name} is paused.")
    else:
        sources.go_on(source=source, by=request.user)
        messages.success(request, f"The source {source.name} is looked at now.")
    return redirect("wire:sources")


@require_http_methods(["GET", "POST"])
@needs("wire.change_feed")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then remove a source with its secrets. What it brought stays."""
    source = _source(pk)
    if request.method == "POST":
        sources.remove(source=source, by=request.user)
        messages.success(request, f"The source {source.name} was removed. What it brought is still there.")
        return redirect("wire:sources")
    crumbs = _crumbs((reverse("wire:source", args=[source.pk]), source.name), ("", "Remove"))
    return render(request, "wire/source_remove.html", {"crumbs": crumbs, "source": source})


def _free_name(feed: Feed, kind: str) -> str:
    base = f"{slugify(feed.name) or 'feed'}-{kind}"[:70]
    taken = set(Source.objects.filter(name__startswith=base).values_list("name", flat=True))
    return next(name for name in (base, *(f"{base}-{number}" for number in range(2, 1000))) if name not in taken)
