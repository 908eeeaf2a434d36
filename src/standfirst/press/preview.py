"""Preview: a draft printed by the same functions that the press uses, over the same state.

Only the draft itself differs from what readers would get, and its pictures come from the private library: nothing of a
draft is ever written to the output folder.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from minijinja import TemplateError

from standfirst.edition import compose as edition
from standfirst.edition import snapshots
from standfirst.edition.listings import story_pictures
from standfirst.pages import pictures as page_pictures
from standfirst.pages import site
from standfirst.pages.fronts import front
from standfirst.pages.output import PageRef, Press
from standfirst.pages.story import story
from standfirst.press import ledger
from standfirst.press.book import BookReads, book
from standfirst.press.engine.reading import Reading, State
from standfirst.press.wiring import blob
from standfirst.stories.models import Section, Story

REHEARSED = 12
"""Pages of each kind that are printed for trial."""

SEARCHED = 5_000
"""Pages among which those are looked for."""

PICTURES = "/newsroom/preview/pictures/"
"""Where previews find pictures: behind the log-in, by picture, width and format."""


class Draft(BookReads):
    """Reads over today's state in which one story is the draft."""

    __slots__ = ("_draft",)

    def __init__(self, reading: Reading, draft: snapshots.Story) -> None:
        super().__init__(reading)
        self._draft = draft

    def story(self, id: int) -> snapshots.Story | None:
        return self._draft if id == self._draft.id else super().story(id)

    def picture(self, id: int) -> snapshots.Picture | None:
        """Pictures that no page has shown yet have no snapshot in the ledger: ask the library."""
        return super().picture(id) or _picture(id)

    def avif(self, id: int) -> str | None:
        return None

    def hot(self, path: str) -> bool:
        return True


def _picture(id: int) -> snapshots.Picture | None:
    found = edition.compose("picture", str(id))
    return found if isinstance(found, snapshots.Picture) else None


def rehearse() -> int:
    """Print some pages of every kind for trial, with the theme in use, and throw them away. Returns how many.

    A page that cannot be printed at all counts too: the press names it when its turn comes.
    """
    store = ledger.store()
    store.create()
    press = Press(blob=blob)
    kinds: Counter[str] = Counter()
    rows = [row.page for row in islice(store.pages(), SEARCHED)]
    for refs in store.refs(rows).values():
        for ref in refs:
            if ref.kind in {"asset", "rendition"} or kinds[ref.kind] == REHEARSED:
                continue
            with suppress(TemplateError):
                output = site.RENDERERS[ref.kind](BookReads(Reading(State(book(press), store))), ref, press)
                kinds[ref.kind] += output is not None
    return kinds.total()


def response(page: Story | Section, request: HttpRequest) -> HttpResponse:
    """The page as readers would get it, for a person who is signed in."""
    store = ledger.store()
    store.create()
    press = Press(blob=blob)
    # Not in a transaction: on SQLite that would wait for the press, and the press for it.
    reading = Reading(State(book(press), store))
    shown: tuple[int, ...] = ()
    if isinstance(page, Section):
        path = page.paths.filter(current=True).values_list("path", flat=True).first() or "/"
        output = front(BookReads(reading), PageRef(path, "front", str(page.pk)), press)
    else:
        snapshot = edition.draft(page)
        output = story(Draft(reading, snapshot), PageRef(snapshot.path, "story", str(snapshot.id)), press)
        shown = story_pictures(snapshot)
    if output is None:
        raise Http404("There is nothing to preview yet.")
    html = output.body
    for picture_id in dict.fromkeys(shown):
        if (found := _picture(picture_id)) is not None:
            for copy in page_pictures.renditions(found):
                html = html.replace(copy.path.encode(), f"{PICTURES}{picture_id}/{_size(copy)}".encode())
    answer = HttpResponse(html, content_type=output.content_type)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; img-src 'self'; style-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return answer


def _size(copy: page_pictures.Rendition) -> str:
    """Width and format, e.g. "640.webp"."""
    return copy.path.rpartition("-")[2]


def picture(request: HttpRequest, id: int, name: str) -> HttpResponse:
    """One size of a private picture, made for a preview and kept by nobody."""
    if (found := _picture(id)) is None:
        raise Http404("There is no such picture.")
    for copy in page_pictures.renditions(found):
        if _size(copy) == name:
            data = page_pictures.encode(found, copy, blob)
            answer = HttpResponse(data, content_type=copy.mime)
            answer["Cache-Control"] = "private, max-age=600"
            return answer
    raise Http404("There is no such size.")
