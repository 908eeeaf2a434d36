"""`/search`: the readers' search, the one page that is printed while somebody waits for it.

The reader process passes it on, counts who asks how often, and answers alone where this process cannot. Here the index
is asked (`library.finding`), what it found is composed as it is now (`edition`), and printed like all other pages
(`pages.search`). Nothing is written down of who looked for what.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from standfirst.edition.now import Now
from standfirst.edition.snapshots import Section
from standfirst.kit import clock, folding, sitefiles
from standfirst.library import asking, cuttings, finding
from standfirst.library.asking import Query
from standfirst.library.finding import Filters, Hits
from standfirst.pages import assets, search
from standfirst.pages.output import Output
from standfirst.pages.search import PAGE, TIMES, Answer, Asked, Choices
from standfirst.pages.words import Words, words
from standfirst.reader.http import preferred
from standfirst.reader.shelf import PAGE_POLICY, SAFETY
from standfirst.stories.models import Author, Topic

AT_ONCE: Final = 2
"""Searches under way at the same moment. This process has twice as many threads: the desk always has some."""

PATIENCE: Final = 1.0
"""Seconds that another one waits for its turn."""

PAGES: Final = finding.MOST // PAGE

KEPT, KEPT_SECONDS = 256, 20.0
"""How many searches are remembered, and for how long: for the next page of results, and for what many look for."""

SITE_SECONDS: Final = 5.0
"""How long the site and its sections are remembered."""

NAMES_SECONDS, MOST_NAMED = 30.0, 5_000
"""How long the names of topics and authors are remembered, and of how many of each."""

NAMED: Final = 4
"""Sections, topics and authors that are offered by their name."""

OWN: Final = "X-Standfirst-Page"
"""Tells the reader process that an answer is meant for readers, though it is a refusal."""

_SPANS: Final = dict(zip(TIMES, (1, 7, 30, 365), strict=True))
"""Days."""

_turns = BoundedSemaphore(AT_ONCE)


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The page of results for what the form sent, or with nothing but the form."""
    if not _turns.acquire(timeout=PATIENCE):
        answer = HttpResponse(status=503)
        answer["Retry-After"] = "2"
        return answer
    try:
        return _response(request, _results(_asked(request)))
    finally:
        _turns.release()


def _asked(request: HttpRequest) -> Asked:
    """What the form sent, as far as it can be."""

    def value(name: str, longest: int = 100) -> str:
        return " ".join(request.GET.get(name, "").split())[:longest]

    page = value("page")
    time, order = value("time"), value("order")
    return Asked(
        text=value("q", asking.LONGEST + 1),
        section=value("section", 700),
        time=time if time in TIMES else "",
        first=value("from"),
        last=value("to"),
        language=value("language"),
        order=order if order == search.NEWEST else "",
        page=min(max(int(page), 1), PAGES) if page.isascii() and page.isdigit() and len(page) < 5 else 1,
    )


def _results(asked: Asked) -> Output:
    now = _known.site()
    w = words(now.site().language)
    home = now.site().home
    sections = [section for section in now.sections.values() if section.id != home]
    section = _section(asked.section, sections)
    asked = replace(asked, section=section.path if section else "")
    known = _known.names()
    choices = Choices(_in_order(sections, home), known.languages if len(known.languages) > 1 else ())
    if asked.language not in choices.languages:
        asked = replace(asked, language="")
    asked, filters, notes = _filters(asked, section, now.site().zone, w)
    query = asking.read(asked.text)
    asked = replace(asked, text=asked.text[: asking.LONGEST])
    if query.cut:
        notes.append(w.search_cut.format(n=asking.MOST_TERMS))
    if not query.wanted:
        if asked.text:
            notes.append(w.no_words)
        return search.results(now, replace(asked, page=1), Answer(notes=tuple(notes)) if notes else None, choices)
    try:
        hits = _remembered.hits(query, asked, filters)
    except finding.TooSlow:
        return search.results(now, asked, Answer(notes=(w.search_slow,)), choices, status=503)
    if hits.short:
        notes.append(w.search_short)
    pages = max(1, -(-len(hits.stories) // PAGE))
    asked = replace(asked, page=min(asked.page, pages))
    shown = hits.stories[(asked.page - 1) * PAGE : asked.page * PAGE]
    found = Now(now.epoch(), shown, site=now)
    answer = Answer(
        stories=tuple(story for story in shown if (card := found.card(story)) and _is_printed(card.path)),
        total=len(hits.stories),
        more=hits.more,
        spellings=tuple(spelling for term in query.wanted for spelling in term.spellings),
        names=_named(query, sections, known) if asked.page == 1 else (),
        notes=tuple(notes),
    )
    return search.results(found, asked, answer, choices)


def _response(request: HttpRequest, output: Output) -> HttpResponse:
    body, coding = output.body, preferred(request.headers.get("accept-encoding"), small=False)
    if coding:
        body = sitefiles.pack(body)
    answer = HttpResponse(body, content_type=output.content_type, status=output.status)
    if coding:
        answer["Content-Encoding"] = coding
    answer["Vary"] = "accept-encoding"
    # Kept by nobody: what is taken down must be found nowhere, and what people look for is their own affair.
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = PAGE_POLICY
    for name, value in SAFETY:
        answer[name] = value
    if output.status != 200:
        answer["Retry-After"] = "10"
    answer[OWN] = "search"
    return answer


def _is_printed(path: str) -> bool:
    """True if readers can have the page at `path`. Not while it waits to be printed, nor after a kill that a backup
    which was put back knows nothing of."""
    try:
        return os.path.exists(settings.HOME / "output" / sitefiles.file_of(path))
    except sitefiles.BadPath:
        return False


# --- what a search is narrowed to ---------------------------------------------------------------------------------


def _section(path: str, sections: Sequence[Section]) -> Section | None:
    """The section at an address, with or without its slashes, or at one that it once had."""
    wanted = f"/{path.strip('/')}/"
    here = (section for section in sections if section.path == wanted)
    return next(here, None) or next((section for section in sections if wanted in section.former), None)


def _in_order(sections: Sequence[Section], home: int) -> tuple[tuple[str, str, int], ...]:
    ordered = sorted(sections, key=lambda section: section.position)
    return tuple((section.path, section.name, len(section.trail) - 1) for section in ordered)


def _filters(asked: Asked, section: Section | None, zone: str, w: Words) -> tuple[Asked, Filters, list[str]]:
    """What narrows the search, and what is to be said about days that are none. Days go before a span."""
    notes: list[str] = []
    first, last = (_day(value, w, notes) for value in (asked.first, asked.last))
    if first and last and last < first:
        notes.append(w.search_dates)
    time = "" if first or last else asked.time
    here = ZoneInfo(zone)
    since = _midnight(first, here) if first else None
    until = _midnight(last + timedelta(days=1), here) if last else None
    if time:
        since = clock.now() - timedelta(days=_SPANS[time])
    asked = replace(asked, time=time, first=first.isoformat() if first else "", last=last.isoformat() if last else "")
    return asked, Filters(section.id if section else None, since, until, asked.language), notes


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: str, w: Words, notes: list[str]) -> date | None:
    if not value:
        return None
    try:
        found = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    # Calendars of machines begin and end there, and zones need a day beside it.
    if found is None or not 2 <= found.year <= 9998:
        notes.append(w.search_no_date.format(value))
        return None
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


# --- what is remembered for a moment ------------------------------------------------------------------------------


class _Remembered:
    """Which stories were found for what, for a moment. What is shown of them is composed anew each time, so a story
    that was taken down since is not among them."""

    def __init__(self) -> None:
        self._hits: OrderedDict[tuple[object, ...], tuple[float, Hits]] = OrderedDict()
        self._lock = Lock()

    def hits(self, query: Query, asked: Asked, filters: Filters) -> Hits:
        # With the moment of the last filing: what has just been published or changed is found at once.
        span = filters.since if not asked.time else asked.time
        key = (query, filters.section, span, filters.until, asked.language, asked.order, cuttings.latest())
        moment = monotonic()
        with self._lock:
            at, found = self._hits.get(key, (0.0, None))
        if found is not None and moment - at < KEPT_SECONDS:
            return found
        found = finding.find(query, filters, now=clock.now(), newest=asked.order == search.NEWEST)
        with self._lock:
            self._hits[key] = (moment, found)
            self._hits.move_to_end(key)
            while len(self._hits) > KEPT:
                self._hits.popitem(last=False)
        return found

    def clear(self) -> None:
        with self._lock:
            self._hits.clear()


_remembered = _Remembered()


@dataclass(frozen=True, slots=True)
class _Names:
    """Topics and authors by their folded names, and the languages in which there is something to find."""

    pages: tuple[tuple[frozenset[str], str, str], ...] = ()
    languages: tuple[str, ...] = ()


class _Known:
    """What hardly changes: the site and its sections, and who writes for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        self._site: tuple[float, Now] | None = None
        self._names: tuple[float, _Names] | None = None

    def site(self) -> Now:
        """Reads of the site and its sections."""
        with self._lock:
            if self._site is None or monotonic() - self._site[0] > SITE_SECONDS:
                self._site = (monotonic(), Now(assets.epoch()))
            return self._site[1]

    def names(self) -> _Names:
        with self._lock:
            if self._names is None or monotonic() - self._names[0] > NAMES_SECONDS:
                named: list[Topic | Author] = [
                    *Topic.objects.order_by("pk")[:MOST_NAMED],
                    *Author.objects.order_by("pk")[:MOST_NAMED],
                ]
                names = _Names(
                    tuple((frozenset(folding.words(each.name)), each.path, each.name) for each in named),
                    tuple(cuttings.languages()),
                )
                self._names = (monotonic(), names)
            return self._names[1]


_known = _Known()


def forget() -> None:
    """Remember nothing. For tests, which go back in time."""
    _remembered.clear()
    _known.clear()


def _named(query: Query, sections: Sequence[Section], known: _Names) -> tuple[tuple[str, str], ...]:
    """Sections, topics and authors in whose names all words stand that were looked for."""
    asked = {word for term in query.wanted for word in term.words}
    found = [(section.path, section.name) for section in sections if asked <= set(folding.words(section.name))]
    found += [(path, name) for name_words, path, name in known.pages if asked <= name_words]
    return tuple((path, name) for path, name in found[: 2 * NAMED] if _is_printed(path))[:NAMED]
