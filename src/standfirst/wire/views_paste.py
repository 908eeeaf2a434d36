"""The screen on which a person pastes copy or uploads files of it. HTTP only: what happens is in `by_hand`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from standfirst.kit.errors import Problem, Refused
from standfirst.wire import by_hand, shown
from standfirst.wire.by_hand import Brought
from standfirst.wire.models import Delivery, Feed, Item
from standfirst.wire.views import needs

MOST_FILES: Final = 40
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".tif", ".tiff")
_LAST_FEED: Final = "wire-paste-feed"


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, each checked by its size."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > MOST_FILES:
            raise ValidationError(f"These are {len(files)} files: bring at most {MOST_FILES} at a time.")
        limit = settings.STANDFIRST.wire_limit
        for file in files:
            if file.size > limit:
                raise ValidationError(
                    f"{file.name} has {filesizeformat(file.size)} and the limit is {filesizeformat(limit)}: "
                    "ask the agency for smaller files."
                )
            if not file.size:
                raise ValidationError(f"{file.name} is empty: choose another file.")
        return files


class PasteForm(forms.Form):
    """Which feed the copy belongs to, and the copy."""

    feed = forms.ModelChoiceField(Feed.objects.none(), empty_label=None, label="Feed")
    text = forms.CharField(
        required=False,
        strip=False,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto", "spellcheck": "false"}),
    )
    uploads = FilesField(required=False, label="Files", widget=Files(attrs={"multiple": True}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["feed"]).queryset = Feed.objects.filter(active=True)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        limit = settings.STANDFIRST.wire_limit
        if len(text) > limit:
            raise ValidationError(f"This text is longer than {filesizeformat(limit)}: bring it in parts.")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("text", "").strip() and not cleaned.get("uploads"):
            raise ValidationError("Paste a text, or choose a file.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one text or file."""

    delivery: Delivery
    said: str
    tone: str
    """good, notice or alarm"""
    items: tuple[tuple[Item, tuple[shown.Badge, ...]], ...] = ()


@require_http_methods(["GET", "POST"])
@needs("wire.take_item")
def paste(request: HttpRequest) -> HttpResponse:
    """Paste a text, upload files, and see what became of each."""
    last = request.session.get(_LAST_FEED)
    form = PasteForm(request.POST or None, request.FILES or None, initial={"feed": last} if last else None)
    if request.method == "POST" and form.is_valid():
        done = _take_in(request, form)
        if done:
            request.session[_LAST_FEED] = form.cleaned_data["feed"].pk
            return redirect(f"{reverse('wire:paste')}?in={'.'.join(str(delivery.pk) for delivery in done)}")
    outcomes = [] if request.method == "POST" else [_outcome(each) for each in _brought(request.GET.get("in", ""))]
    context = {
        "crumbs": [{"url": reverse("wire:list"), "label": "Wire"}, {"url": "", "label": "Paste or upload"}],
        "form": form,
        "outcomes": outcomes,
        "feeds": Feed.objects.filter(active=True).exists(),
        "feeds_url": reverse("wire_feeds:index") if request.user.has_perm("wire.change_feed") else "",
        "limit": filesizeformat(settings.STANDFIRST.wire_limit),
        "most": MOST_FILES,
    }
    return render(request, "wire/paste.html", context, status=400 if form.is_bound else 200)


def _take_in(request: HttpRequest, form: PasteForm) -> list[Delivery]:
    """Seals and reads what the form brought. What cannot be taken in at all is said on the form."""
    feed, text, uploads = (form.cleaned_data[name] for name in ("feed", "text", "uploads"))
    files, left = _with_pictures(uploads)
    if left:
        form.add_error(
            "uploads",
            f"No file here names {', '.join(left)}. Upload a picture with the text that it belongs to, or add it "
            "under Images.",
        )
        return []
    done: list[Delivery] = []
    try:
        if text.strip():
            done.append(by_hand.paste(feed=feed, text=text, by=request.user))
        done += by_hand.upload(feed=feed, files=files, by=request.user)
    except (Refused, Problem) as error:
        form.add_error(None, str(error))
    return done


def _with_pictures(uploads: Iterable[UploadedFile[bytes]]) -> tuple[list[Brought], list[str]]:
    """(the files with the pictures that each names, the names of pictures that none names)."""
    pictures: dict[str, bytes | Path] = {}
    texts: list[UploadedFile[bytes]] = []
    for each in uploads:
        name = each.name or "unnamed"
        if name.lower().endswith(_PICTURES):
            pictures[name] = _source(each)
        else:
            texts.append(each)
    files: list[Brought] = []
    unnamed = set(pictures)
    for each in texts:
        source = _source(each)
        named: dict[str, bytes | Path] = {}
        if pictures:
            data = source if isinstance(source, bytes) else source.read_bytes()
            named = {name: picture for name, picture in pictures.items() if name.encode() in data}
            unnamed -= set(named)
        files.append(Brought(name=each.name or "unnamed", source=source, parts=named))
    return files, sorted(unnamed)


def _source(upload: UploadedFile[bytes]) -> bytes | Path:
    """The bytes of a small upload; the path of one that Django put into a file."""
    path = getattr(upload, "temporary_file_path", None)
    return Path(path()) if path is not None else upload.read()


def _brought(numbers: str) -> list[Delivery]:
    """The deliveries that the address names, in its order, if a person brought them."""
    wanted = [int(number) for number in numbers.split(".") if number.isascii() and number.isdigit()][: MOST_FILES + 1]
    found = Delivery.objects.filter(
        pk__in=[number for number in wanted if number < 2**63], transport__in=(by_hand.PASTE, by_hand.UPLOAD)
    ).select_related("feed")
    by_number = {delivery.pk: delivery for delivery in found}
    return [by_number[number] for number in wanted if number in by_number]


_STATES: Final = {
    "published": "published",
    "scheduled": "scheduled",
    "updated": "put into its story",
    "offered": "offered to its story as a newer version",
    "waiting": "waiting on the wire list",
    "held": "held for somebody to look at",
    "stored": "stored",
    "late": "older than what we have; changed nothing",
    "repeat": "here already",
    "killed": "taken down for good",
    "withheld": "taken down for now",
    "failed": "could not be taken in",
}


def _outcome(delivery: Delivery) -> Outcome:
    if delivery.state == Delivery.State.SEALED:
        return Outcome(delivery, "It is kept, and will be read in a moment. Reload this page.", "notice")
    items = tuple((item, tuple(shown.badges(item))) for item in by_hand.items_of(delivery))
    if delivery.state == Delivery.State.UNREADABLE:
        return Outcome(delivery, delivery.reason, "alarm")
    counts = [f"{number} {_STATES.get(state, state)}" for state, number in delivery.outcomes.items() if number]
    said = f"{delivery.items_in} item{'' if delivery.items_in == 1 else 's'}"
    if delivery.items_in == 1 and len(delivery.outcomes) == 1:
        (state,) = delivery.outcomes
        said = f"{said}, {_STATES.get(state, state)}"
    elif counts:
        said = f"{said}: {', '.join(counts)}"
    said = f"{said}. {delivery.reason}".strip()
    partly = delivery.state == Delivery.State.PARTLY
    return Outcome(delivery, said, "alarm" if partly else "good", items)
