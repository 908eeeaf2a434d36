"""The phrases that a page says by itself, and its dates, in the language of the page and the style of the newsroom.

English stands here, as gettext's source language; the other languages are catalogues in `locale/`, one file each, and
those that a newsroom adds. A page speaks the story's language where we have its words, else the site's, else English,
phrase by phrase. Dates are absolute, in the newsroom's zone: a page must read the same whenever it is printed.

To add a phrase: one line in `Words`, then `python docs/generate.py`, then the translations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from standfirst.edition.snapshots import Site
from standfirst.kit.languages import direction_of, primary_of
from standfirst.pages import dates
from standfirst.pages.catalogues import Catalogue, Catalogues, Forms, Phrase, gather, load, over
from standfirst.pages.dates import HouseStyle, house_style

LOCALE: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A phrase that counts something: `w.results(3)` is "3 results"."""

    forms: Forms
    style: HouseStyle

    def __call__(self, n: int) -> str:
        return self.forms.of(abs(n)).format(n=dates.number(n, self.style))


def _phrase(english: str, note: str = "", *, context: str = "") -> Any:
    return field(metadata={"phrase": {"english": english, "note": note, "context": context}})


def _counted(one: str, many: str, note: str = "") -> Any:
    return field(metadata={"phrase": {"english": one, "plural": many, "note": note}})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Words:
    """Phrases in one language. Where a phrase has places to fill, it is a `str.format` pattern.

    There is one value for each language, catalogues and style in a process, so they are compared by identity.
    """

    language: str
    """BCP 47."""
    direction: str
    draft: bool
    """A phrase of it awaits a native reader."""
    style: HouseStyle

    # Every page

    skip: str = _phrase("Skip to the main content", "Link at the very top, for those who use the keyboard.")
    home: str = _phrase("Home", "Link to the front page.")
    menu: str = _phrase("Menu")
    sections: str = _phrase("Sections", "Name of the menu of sections, for screen readers.")
    breadcrumb: str = _phrase("You are here", "Name of the path of sections above a headline, for screen readers.")
    back_to_top: str = _phrase("Back to the top", "Link to the beginning of the page.")
    breaking: str = _phrase("Breaking", "Label of news that has just come in.")
    live: str = _phrase("Live", "Label of coverage that goes on now.")
    latest: str = _phrase("Latest", "Heading of a list of stories, newest first.")
    top: str = _phrase("Top 3", "Heading of the three most read stories.")
    most_read: str = _phrase("Most read", "Heading of a list of stories.")
    more_from: str = _phrase("More from {}", "{} is the name of a section.", context="section")
    newsletter: str = _phrase("Get our newsletter", "Link.")
    newer: str = _phrase("Newer", "Link to the page of newer stories.")
    older: str = _phrase("Older", "Link to the page of older stories.")
    pages_nav: str = _phrase("More pages", "Name of the links to newer and older stories, for screen readers.")

    # A story

    published: str = _phrase("Published", "Before a date.", context="date")
    refreshed: str = _phrase("Refreshed", "Before the date of the last marked update.", context="date")
    by: str = _phrase("By", "Before the names of the authors.")
    joint: str = _phrase(", ", "Between the names of authors.")
    last_joint: str = _phrase(" and ", "Between the last two names of authors. Keep the spaces that are needed.")
    correction: str = _phrase("Correction", "Label of a note: something was wrong.")
    clarification: str = _phrase("Clarification", "Label of a note: something could be misunderstood.")
    note: str = _phrase("Update", "Label of a note: something was added.")
    notes: str = _phrase("Notes on this article", "Name of the notes at its foot, for screen readers.")
    written_by: str = _phrase("Author", "Name of the card about an author, for screen readers.")
    related: str = _phrase("Related articles")
    day_link: str = _phrase("More from {}", "{} is a day, such as 22 November 2026.", context="day")
    stories_by: str = _phrase("Articles by {}", "{} is the name of a person or an agency.")
    desk: str = _phrase("Agency desk", "Stands where a person's role would: the author is a news agency.")
    read_in: str = _phrase("Read this in {language}", "Link to a translation.")
    printed_from: str = _phrase("Printed from {}", "At the foot of a printed page; {} is its address.")

    # Pictures

    pictures: Counted = _counted("{n} picture", "{n} pictures", "How many a gallery has.")  # noqa: RUF009 - a field
    picture_place: str = _phrase("Picture {n} of {total}", "In a gallery.")
    previous_picture: str = _phrase("Previous picture", "Link.")
    next_picture: str = _phrase("Next picture", "Link.")
    back_to_article: str = _phrase("Back to the article", "Link at the end of a gallery.")
    tap_picture: str = _phrase("Tap to load the picture", "Where a reader saves data.")
    load_picture: str = _phrase("Load picture", "Button, where a reader saves data.")

    # Sharing

    share: str = _phrase("Share", "Heading of the links below.")
    share_whatsapp: str = _phrase("Share on WhatsApp")
    share_facebook: str = _phrase("Share on Facebook")
    share_x: str = _phrase("Share on X")
    share_email: str = _phrase("Share by e-mail")
    share_other: str = _phrase("Share with another app", "Button: opens the telephone's own choice of apps.")
    copy_link: str = _phrase("Copy link", "Button.")
    link_copied: str = _phrase("Link copied", "After the button was pressed.")

    # Readers who know more

    eyewitness: str = _phrase("Do you know more?", "Heading of a call to eyewitnesses.")
    eyewitness_text: str = _phrase("Were you there, or do you have pictures or documents? Write to us.")
    send_whatsapp: str = _phrase("Send a message on WhatsApp", "Link.")
    send_email: str = _phrase("Send an e-mail", "Link.")
    report_error: str = _phrase("Report an error", "Link from a story.")

    # Days, months, topics

    days: str = _phrase("Earlier copy, day by day", "Heading of links to days.")
    days_nav: str = _phrase("Other days", "Name of the links to the days around, for screen readers.")
    day_before: str = _phrase("Earlier", "Before the day with older stories.")
    day_after: str = _phrase("Later", "Before the day with newer stories.")
    archive: str = _phrase("Archive", "Heading of the list of all months.")
    all_years: str = _phrase("All years", "Link to that list.")
    topic: str = _phrase("Topic")
    all_topics: str = _phrase("All topics", "Link.")
    topic_stories: str = _phrase("Stories on {}", "{} is the name of a topic.")
    empty: str = _phrase("Nothing has been published here yet.")

    # Feeds

    feeds: str = _phrase("Feeds", "Heading of the three below: lists of stories for other programs.")
    rss: str = _phrase("RSS")
    atom: str = _phrase("Atom")
    json_feed: str = _phrase("JSON Feed")

    # Corrections and history

    corrections: str = _phrase("Corrections and clarifications", "Title of the page that lists them all.")
    corrections_intro: str = _phrase("When we get something wrong, we say so here and with the article itself.")
    corrections_empty: str = _phrase("Nothing has had to be corrected yet.")
    corrected_on: str = _phrase("Corrected on", "Before a date.")
    all_corrections: str = _phrase("All corrections", "Link.")
    history: str = _phrase("History of this article", "Heading of the dates below, and of its notes.")
    first_published: str = _phrase("First published", "Before a date.")
    last_refreshed: str = _phrase("Last refreshed", "Before a date.")

    # About the newsroom

    about: str = _phrase("About us")
    who_we_are: str = _phrase("Who we are", "Heading.")
    ownership: str = _phrase("Ownership", "Heading: who owns the newsroom.")
    funding: str = _phrase("Funding", "Heading: where its money comes from.")
    masthead: str = _phrase("Masthead", "Heading: who is answerable for what, by name.")
    team: str = _phrase("Our team", "Heading.")
    standards: str = _phrase("Editorial standards", "Heading.")
    ethics: str = _phrase("Ethics policy", "Heading.")
    corrections_policy: str = _phrase("Corrections policy", "Heading.")
    fact_checking: str = _phrase("How we verify", "Heading: how facts are checked.")
    unnamed_sources: str = _phrase("Unnamed sources", "Heading: when sources are not named.")
    machines: str = _phrase("Machines and AI", "Heading: what is left to machines, and how readers are told.")
    diversity: str = _phrase("Voices and views", "Heading: how many of them the newsroom seeks.")
    contact: str = _phrase("Contact", "Heading of addresses.")

    # Search

    search: str = _phrase("Search", "Link to the search, and its name.", context="noun")
    search_label: str = _phrase("Search all articles", "Label of the field.")
    search_hint: str = _phrase("Words from a headline or a text", "Stands in the field until something is typed.")
    search_button: str = _phrase("Search", "Button.", context="button")
    search_title: str = _phrase("Search results for “{}”", "{} is what was searched for.")
    results: Counted = _counted("{n} result", "{n} results")  # noqa: RUF009 - a field
    no_results: str = _phrase("No results for “{}”")
    no_results_text: str = _phrase(
        "Check the spelling, try fewer or other words, or search in all sections and at any time."
    )
    search_section: str = _phrase("Section", "Label of a choice.")
    any_section: str = _phrase("All sections", "Choice.")
    search_time: str = _phrase("Published", "Label of a choice: any time, past day, and so on.", context="filter")
    any_time: str = _phrase("Any time", "Choice.")
    past_day: str = _phrase("Past day", "Choice: within the last 24 hours.")
    past_week: str = _phrase("Past week", "Choice: within the last seven days.")
    past_month: str = _phrase("Past month", "Choice: within the last thirty days.")
    past_year: str = _phrase("Past year", "Choice: within the last twelve months.")
    search_order: str = _phrase("Order", "Label of a choice: how results are sorted.")
    newest_first: str = _phrase("Newest first", "Choice.")
    most_relevant: str = _phrase("Most relevant first", "Choice.")
    search_help: str = _phrase(
        "All words must be there. “Quotation marks” find words as they stand together; a minus before a word leaves "
        "out what has it: ferry -football."
    )
    more_results: str = _phrase("More than {n} results")
    no_words: str = _phrase("There is no word in this that could be looked for. Type a word from a headline or a text.")
    search_everywhere: str = _phrase("Search in all sections and at any time")
    search_narrow: str = _phrase("Narrow the search")
    search_from: str = _phrase("From", "Label of a day.", context="day")
    search_to: str = _phrase("To", "Label of a day.", context="day")
    search_language: str = _phrase("Language")
    any_language: str = _phrase("Any language")
    search_names: str = _phrase("Pages with this name")
    search_cut: str = _phrase("Only the first words were looked for: a search may have {n} at most.")
    search_short: str = _phrase(
        "The phrase was looked for in the newest articles that have its words. Choose a section or a time to look "
        "further back."
    )
    search_dates: str = _phrase("The first day is after the last one, so there can be nothing between them.")
    search_no_date: str = _phrase("“{}” is no day: write it like 2026-11-22.")
    search_slow: str = _phrase("This search took too long. Use rarer words, or choose a section or a time.")
    results_nav: str = _phrase("More results", "Name of the links to further pages of results, for screen readers.")
    results_page: str = _phrase("Page {n} of {total}")
    results_before: str = _phrase("Previous results", "Link.")
    results_after: str = _phrase("Next results", "Link.")
    search_busy: str = _phrase("Too many searches", "Heading.")
    search_busy_text: str = _phrase("There have been many searches from you in a short time. Please wait a minute.")
    search_away: str = _phrase("The search is not available just now", "Heading.")
    search_away_text: str = _phrase(
        "All articles are still here, section by section. Please try again in a few minutes."
    )

    # What is not there

    lost: str = _phrase("Page not found")
    lost_text: str = _phrase("There is no page at this address. It may have been mistyped, or never have been there.")
    front_link: str = _phrase("Go to the front page", "Link.")
    gone: str = _phrase("This article is no longer available")
    killed: str = _phrase("We have withdrawn this article. It should no longer be relied on or quoted.")
    withheld: str = _phrase("This article has been taken down for the time being.")
    unpublished: str = _phrase("This article has been taken down.")
    gone_on: str = _phrase("Taken down", "Before a date.")
    withdrawn: str = _phrase("Withdrawn", "Label of an article in the list below.")
    withdrawn_articles: str = _phrase("Withdrawn articles", "Heading of a list.")
    failed: str = _phrase("Something went wrong")
    failed_text: str = _phrase("The fault is ours. Please try again in a few minutes.")
    restarting: str = _phrase("The newsroom is being restarted; the stories are still here.")
    restarting_text: str = _phrase("What you asked for will work again within minutes.")


PHRASES: Final[tuple[Phrase, ...]] = tuple(
    Phrase(name=it.name, **it.metadata["phrase"]) for it in fields(Words) if "phrase" in it.metadata
)
"""All phrases, in the order of `Words`."""

_ENGLISH: Final = Catalogue(
    language="en",
    texts={
        it.name: Forms((it.english, it.plural), lambda n: int(n != 1)) if it.plural else it.english for it in PHRASES
    },
)


@cache
def shipped() -> Catalogues:
    """The catalogues of this code. Read once, when a process first prints."""
    return load((LOCALE,), PHRASES)


# --- a newsroom's own ---------------------------------------------------------------------------------------------

_own: dict[str, bytes] = {}


def use(files: Mapping[str, bytes]) -> None:
    """Speak with these catalogues over ours from now on, by the names of their files: a newsroom's own (`theming`)."""
    _own.clear()
    _own.update(files)
    spoken.cache_clear()


@cache
def spoken() -> Catalogues:
    """The catalogues with which this process prints."""
    return over(shipped(), gather(_own.items(), PHRASES)) if _own else shipped()


# --- words --------------------------------------------------------------------------------------------------------

_PLAIN: Final = Site()


def words(language: str, site: Site = _PLAIN, catalogues: Catalogues | None = None) -> Words:
    """The words of `site` for a page in `language` (BCP 47); failing those in the site's; failing those in English."""
    return _words(catalogues or spoken(), language, site.language, site.zone, site.date_order, site.clock, site.digits)


@lru_cache(maxsize=256)
def _words(
    catalogues: Catalogues, language: str, otherwise: str, zone: str, order: str, clock: str, digits: str
) -> Words:
    chain = list(_chain(catalogues, language, otherwise))
    spoken = chain[0].language
    # A page in "fr-CA" has French words and Canadian dates.
    style = house_style(language if primary_of(language) == primary_of(spoken) else spoken, zone, order, clock, digits)
    texts: dict[str, Any] = {}
    draft = False
    for phrase in PHRASES:
        catalogue = next(it for it in chain if phrase.name in it.texts)
        text = catalogue.texts[phrase.name]
        texts[phrase.name] = Counted(text, style) if isinstance(text, Forms) else text
        draft = draft or phrase.name in catalogue.drafts
    return Words(language=spoken, direction=direction_of(spoken), draft=draft, style=style, **texts)


def _chain(catalogues: Catalogues, *languages: str) -> Iterator[Catalogue]:
    """Where to look for a phrase: for "zh-Hant-TW" in that tag's catalogue, then in that of "zh-Hant", then in that of
    "zh" (RFC 4647, 3.4); then for the next language. Ends with English, which has every phrase."""
    for language in (*languages, "en"):
        tag = language.lower().replace("_", "-")
        while tag:
            if tag in catalogues.languages:
                yield catalogues.languages[tag]
            if tag == "en":
                yield _ENGLISH
                return
            tag = tag.rpartition("-")[0]


# --- dates --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def local(iso: str, zone: str) -> datetime:
    """A moment (ISO 8601 in UTC) as an aware datetime in `zone` (an IANA name)."""
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=4096)
def moment(iso: str, zone: str, words: Words) -> str:
    """A moment as printed, e.g. "22 November 2026, 09:30 WAT"."""
    return dates.moment(local(iso, zone), words.style)


def day(when: date, words: Words) -> str:
    """A day as printed, e.g. "22 November 2026"."""
    return dates.day(when, words.style)


def full_day(when: date, words: Words) -> str:
    """A day with its weekday, e.g. "Sunday, 22 November 2026"."""
    return dates.full_day(when, words.style)


def month(when: date, words: Words) -> str:
    """The month of a day with its year, e.g. "November 2026"."""
    return dates.month(when, words.style)


def number(value: int, words: Words) -> str:
    """A whole number, e.g. "1,234"."""
    return dates.number(value, words.style)


def language_name(language: str, words: Words) -> str:
    """What `language` (BCP 47) is called in the language of `words`, e.g. "French"."""
    return dates.language_name(language, words.style)
