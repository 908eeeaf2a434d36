"""The search's pages: results, printed when they are asked for, and what stands in their place when they cannot be.

Results are printed by the same templates as every other page, from reads and from what was found, and are kept by
nobody. The other two pages are baked like the rest: they are for when the newsroom is away, or asked too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace as with_fields

from standfirst.edition.reads import Reads
from standfirst.kit import folding
from standfirst.kit.languages import ENDONYMS
from standfirst.kit.sitefiles import SEARCH, SEARCH_AWAY, SEARCH_BUSY
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import Chrome, Lists, Part, absolute, chrome, head_part, page, search_part, there
from standfirst.pages.templates import NOTHING, Html, text

PAGE: Final = 20
"""Results on one page."""

TIMES: Final = ("day", "week", "month", "year")
NEWEST: Final = "newest"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form sends, as the fields' values. Days are ISO 8601; a section is its address."""

    text: str = ""
    section: str = ""
    time: str = ""
    first: str = ""
    last: str = ""
    language: str = ""
    order: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        return bool(self.section or self.time or self.first or self.last or self.language)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. `stories` are the ids on this page, in order; `total` those on all pages."""

    stories: tuple[int, ...] = ()
    total: int = 0
    more: bool = False
    """There are more than `total`, which nobody counted."""
    spellings: tuple[tuple[str, ...], ...] = ()
    """Runs of folded words that are marked where they stand. Without any, nothing was looked for."""
    names: tuple[tuple[str, str], ...] = ()
    """(path, name) of pages that are called what was asked for."""
    notes: tuple[str, ...] = ()
    """What else is to be said."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers: (path, name, depth) of sections in their order, and languages."""

    sections: tuple[tuple[str, str, int], ...] = ()
    languages: tuple[str, ...] = ()


def address(asked: Asked) -> str:
    """The address at which `asked` is answered, without what it leaves at its usual value."""
    values = (
        ("q", asked.text),
        ("section", asked.section),
        ("time", asked.time),
        ("from", asked.first),
        ("to", asked.last),
        ("language", asked.language),
        ("order", asked.order),
        ("page", "" if asked.page == 1 else str(asked.page)),
    )
    query = urlencode([(name, value.encode("utf-8", "replace")) for name, value in values if value])
    return f"{SEARCH}?{query}" if query else SEARCH


def results(reads: Reads, asked: Asked, answer: Answer | None, choices: Choices, *, status: int = 200) -> Output:
    """The page for what was asked. `answer` is None for the form alone."""
    site = chrome(reads)
    w = site.words
    title = w.search_title.format(asked.text) if asked.text else w.search
    context: Part = {
        "title": title,
        "search": search_part(asked.text),
        "filters": _filters(site, asked, choices, unfolded=asked.narrowed and (answer is None or not answer.total)),
        "help": not asked.text,
        "notes": answer.notes if answer else (),
        "found": None,
        "names": [{"path": text(path), "name": name} for path, name in answer.names] if answer else [],
    }
    if answer is not None and answer.spellings:
        context["found"] = {**_found(reads, site, asked, answer), "within": _chosen(context["filters"])}
    return page("search.html", site, _head(site, title, asked, answer), context, status=status, searchbox=False)


def _head(site: Chrome, title: str, asked: Asked, answer: Answer | None) -> Part:
    """Search engines may know the form. Results say that they are the form's, and what finds nothing or goes wrong is
    kept out: whoever links to it chooses the words that stand in our page."""
    index = not asked.text if answer is None else bool(answer.stories)
    return head_part(
        f"{title} | {site.site.name}",
        description=site.site.strapline or site.site.name,
        canonical=absolute(site.site, SEARCH) if index else "",
        index=index,
    )


def _found(reads: Reads, site: Chrome, asked: Asked, answer: Answer) -> Part:
    w = site.words
    lists = Lists(reads, site, w, site.site.language, site.direction)
    cards = []
    for card in there(reads.card(story) for story in answer.stories):
        # Without pictures: they say little about what was looked for, and readers pay for them.
        part = lists.card(with_fields(card, picture=None), level=2, signed=True, dated=True, short=False)
        part["headline"] = marked(card.headline, answer.spellings)
        part["standfirst"] = marked(card.standfirst, answer.spellings) if card.standfirst else ""
        cards.append(part)
    pages = -(-answer.total // PAGE)
    count = w.more_results.format(n=f"{answer.total:,}") if answer.more else w.results(answer.total)
    everywhere = replace(asked, section="", time="", first="", last="", language="", page=1)
    return {
        "count": count if answer.total else w.no_results.format(asked.text),
        "cards": cards,
        "none": not answer.total,
        "everywhere": text(address(everywhere)) if asked.narrowed else NOTHING,
        "page": w.results_page.format(n=asked.page, total=pages) if pages > 1 else "",
        "before": text(address(replace(asked, page=asked.page - 1))) if asked.page > 1 else NOTHING,
        "after": text(address(replace(asked, page=asked.page + 1))) if asked.page < pages else NOTHING,
    }


def _filters(site: Chrome, asked: Asked, choices: Choices, *, unfolded: bool) -> Part:
    w = site.words
    times = zip(TIMES, (w.past_day, w.past_week, w.past_month, w.past_year), strict=True)
    sections = [("", w.any_section), *((path, f"{'– ' * depth}{name}") for path, name, depth in choices.sections)]
    languages = [(code, ENDONYMS.get(code, code)) for code in choices.languages]
    return {
        # What is chosen stands above the results: on a phone they would come far below.
        "open": unfolded,
        "sections": _options(sections, asked.section) if choices.sections else [],
        "times": _options([("", w.any_time), *times], asked.time),
        "languages": _options([("", w.any_language), *languages], asked.language) if len(languages) > 1 else [],
        "orders": _options([("", w.most_relevant), (NEWEST, w.newest_first)], asked.order),
        "first": asked.first,
        "last": asked.last,
    }


def _chosen(filters: Part) -> list[str]:
    """What the search is narrowed to, in words."""
    menus = (filters["sections"], filters["times"], filters["languages"], filters["orders"])
    found = [option["name"].lstrip("– ") for menu in menus for option in menu if option["chosen"] and option["value"]]
    if filters["first"] or filters["last"]:
        found.append(f"{filters['first']} – {filters['last']}".strip())
    return found


def _options(values: Sequence[tuple[str, str]], chosen: str) -> list[Part]:
    return [{"value": value, "name": name, "chosen": value == chosen} for value, name in values]


# --- marks --------------------------------------------------------------------------------------------------------


def marked(words: str, spellings: Sequence[Sequence[str]]) -> Html:
    """`words` as HTML, in which every run of words that is one of `spellings` stands in `<mark>`."""
    runs = folding.runs(words)
    folded = [(word, place) for place, (_, _, some) in enumerate(runs) for word in some]
    spans: list[tuple[int, int]] = []
    for spelling in spellings:
        size = len(spelling)
        for at in range(len(folded) - size + 1 if size else 0):
            if all(folded[at + step][0] == spelling[step] for step in range(size)):
                spans.append((runs[folded[at][1]][0], runs[folded[at + size - 1][1]][1]))
    html, done = "", 0
    for start, stop in _joined(spans):
        html += f"{text(words[done:start])}<mark>{text(words[start:stop])}</mark>"
        done = stop
    return Html(html + text(words[done:]))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in their order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


# --- when nothing can be looked for -------------------------------------------------------------------------------


def away(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """What answers a search while the newsroom cannot."""
    w = chrome(reads).words
    return _notice(reads, w.search_away, w.search_away_text) if ref.path == SEARCH_AWAY else None


def busy(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """What answers somebody who searches too often."""
    w = chrome(reads).words
    return _notice(reads, w.search_busy, w.search_busy_text) if ref.path == SEARCH_BUSY else None


def _notice(reads: Reads, title: str, wording: str) -> Output:
    site = chrome(reads)
    context = {
        "title": title,
        "wording": wording,
        "front": text(site.home.path) if site.home else NOTHING,
        "sections": [{"path": text(crumb.path), "name": crumb.name} for crumb in site.nav],
    }
    head = head_part(f"{title} | {site.site.name}", index=False)
    return page("search-away.html", site, head, context, searchbox=False)


__all__ = [
    "NEWEST",
    "PAGE",
    "TIMES",
    "Answer",
    "Asked",
    "Choices",
    "address",
    "away",
    "busy",
    "marked",
    "results",
]
