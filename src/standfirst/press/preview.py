"""Preview: a draft printed by the same functions that the press uses, over the same state.

Only the draft itself differs from what readers would get, and its pictures come from the private library: nothing of a
draft is ever written to the output folder.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from standfirst.edition import compose as edition
from standfirst.edition import snapshots
from standfirst.edition.listings import story_pictures
from standfirst.pages import pictures as page_pictures
from standfirst.pages import site
from standfirst.pages.output import PageRef, Press
from standfirst.press import ledger
from standfirst.press.book import book
from standfirst.press.engine.reading import Reading, State
from standfirst.stories.models import Section, Story

PICTURES = "/newsroom/preview/pictures/"
"""Where previews find pictures: behind the log-in, by picture, width and format."""


class Draft:
    """Reads over today's state in which one story is the draft."""

    def __init__(self, reads: Any, story: snapshots.Story) -> None:
        self._reads = reads
        self._story = story

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reads, name)

    def story(self, id: int) -> Any:
        return self._story if id == self._story.id else self._reads.story(id)

    def picture(self, id: int) -> Any:
        """Pictures that no page has shown yet have no snapshot in the ledger: ask the library."""
        return self._reads.picture(id) or edition.compose("picture", str(id))

    def hot(self, path: str) -> bool:
        return True


def _blob_of(seal: str) -> bytes:
    from standfirst.press.wiring import blob

    return blob(seal)


def response(page: Story | Section, request: HttpRequest) -> HttpResponse:
    """The page as readers would get it, for a person who is signed in."""
    store = ledger.store()
    press = Press(blob=_blob_of)
    declared = book(press)
    state = State(declared, store)
    with store.transaction():
        state.refresh()
        reads = declared.reads(Reading(state))
        if isinstance(page, Section):
            path = page.paths.filter(current=True).values_list("path", flat=True).first() or "/"
            output = site.RENDERERS["front"](reads, PageRef(path, "front", str(page.pk)), press)
            shown: tuple[int, ...] = ()
        else:
            snapshot = edition.draft(page)
            draft = Draft(reads, snapshot)
            ref = PageRef(snapshot.path, "story", str(snapshot.id))
            output = site.RENDERERS["story"](draft, ref, press)
            shown = story_pictures(snapshot)
    if output is None:
        raise Http404("There is nothing to preview yet.")
    html = output.body
    for picture_id in dict.fromkeys(shown):
        picture = edition.compose("picture", str(picture_id))
        if isinstance(picture, snapshots.Picture):
            for copy in page_pictures.renditions(picture):
                name = f"{picture_id}/{copy.path.rpartition('-')[2]}"
                html = html.replace(copy.path.encode(), f"{PICTURES}{name}".encode())
    answer = HttpResponse(html, content_type=output.content_type)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Content-Security-Policy"] = (
        "default-src 'none'; img-src 'self'; style-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return answer


def picture(request: HttpRequest, id: int, name: str) -> HttpResponse:
    """One size of a private picture, made for a preview and kept by nobody."""
    found = edition.compose("picture", str(id))
    if not isinstance(found, snapshots.Picture):
        raise Http404("There is no such picture.")
    for copy in page_pictures.renditions(found):
        if copy.path.rpartition("-")[2] == name:
            data = page_pictures.encode(found, copy, _blob_of)
            answer = HttpResponse(data, content_type=copy.mime)
            answer["Cache-Control"] = "private, max-age=600"
            return answer
    raise Http404("There is no such size.")
