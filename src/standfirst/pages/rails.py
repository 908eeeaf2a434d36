"""Rails for pages that do not carry them: one small file a section, which `rails.js` fetches on old story pages.

Pages that are being read now have their rails printed (`story.py`). All others would have to be printed anew whenever
something is published; so they have a link, and who comes to one by a search gets today's rails from here.
"""

from __future__ import annotations

from standfirst.edition.reads import Reads
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import Lists, chrome, rails_path
from standfirst.pages.templates import NOTHING, text, whole

RAIL = 5
"""Newest stories of the section, as on pages that carry them."""
TOP = 4
"""Most read stories: one more than are shown, since a page leaves itself out."""


def rails(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The rails of section `ref.subject`: its newest stories, and the most read of all. None: it has no stories, or is
    the home front, whose pages lead there."""
    section = reads.crumb(int(ref.subject)) if ref.subject.isdecimal() else None
    if section is None or ref.path != rails_path(section.id):
        return None
    site = chrome(reads)
    if section.id == site.site.home:
        return None
    # Each line tells its language: the pages into which they are put have any.
    lists = Lists(reads, site, site.words, "", "")
    rail = lists.lines(reads.listing("section", section.id, RAIL), thumb=True)
    if not rail:
        return None
    context = {
        "w": site.words,
        "page": {"language": site.site.language, "direction": site.direction, "tone": site.tone(section)},
        "assets": site.assets,
        "name": section.name,
        "section": {"path": text(section.path), "title": site.words.more_from.format(section.name), "rails": NOTHING},
        "rail": rail,
        "top": lists.lines(reads.ranking("top"), most=TOP),
    }
    return Output(body=whole("rails.html", context))
