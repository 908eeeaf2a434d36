"""Sitemaps for search engines (sitemaps.org 0.9, and Google's for news): see docs/decisions/what-machines-read.md.

A story is in one sitemap for good, the sheet of its month that it was stamped with when it was published first; a sheet
holds some five hundred. So a month has one file, or as many as it needs, and no change prints more than that.
"""

from __future__ import annotations

from datetime import date, timedelta

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Entry, Site
from standfirst.kit.languages import primary_of
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import ABOUT, CORRECTIONS, Part, absolute, there
from standfirst.pages.pictures import jpegs
from standfirst.pages.templates import NOTHING, text, whole

INDEX = "/sitemap.xml"
NEWS = "/sitemap-news.xml"
LISTS = "/sitemap-lists.xml"
TYPE = "application/xml; charset=utf-8"

MOST_NEWS = 1_000
"""Stories that a news sitemap may hold."""
MOST = 50_000
"""Addresses that a sitemap, and sitemaps that an index may hold."""


def sheet_path(sheet: str) -> str:
    """Address of the sitemap `sheet`, e.g. "2026-11" or "2026-11-2": not in a folder, since sitemaps.org lets a sitemap
    name only what lies below its own."""
    return f"/sitemap-{sheet}.xml"


def index(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The index of all sitemaps but that of the news, newest first. It changes only with a month's first sheet, or last
    story."""
    sheets = sorted(reads.keys("sheet"), key=_age, reverse=True)[: MOST - 1]
    site = reads.site()
    paths = [LISTS, *map(sheet_path, sheets)]
    return _xml(reads, "sitemap-index.xml", {"sitemaps": [text(absolute(site, path)) for path in paths]})


def _age(sheet: str) -> tuple[str, int]:
    month, _, number = sheet[:7], sheet[7:8], sheet[8:]
    return month, int(number) if number.isdecimal() else 1


def sheet(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The stories of one sheet, newest first, each with when it last changed by mark."""
    if ref.path != sheet_path(ref.subject):
        return None
    site = reads.site()
    stamps = there(reads.stamp(id) for id in reads.listing("sheet", ref.subject, MOST))
    entries = [{"path": text(absolute(site, stamp.path)), "at": stamp.at} for stamp in stamps]
    return _xml(reads, "sitemap.xml", {"entries": entries}) if entries else None


def lists(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The front, what the newsroom says of itself, and the sections, topics and authors of which there are stories."""
    site = reads.site()
    paths = ["/", *([ABOUT, CORRECTIONS] if site.standards else [])]
    for name, where in (
        ("section", reads.section_path),
        ("topic", reads.topic_path),
        ("author", reads.author_path),
    ):
        paths += there(where(id) for id in sorted(map(int, reads.keys(name))))
    unique = list(dict.fromkeys(paths))[:MOST]
    return _xml(reads, "sitemap.xml", {"entries": [{"path": text(absolute(site, path)), "at": ""} for path in unique]})


def news(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """What was first published within the window, newest first; without any the front alone, since the format wants an
    address. The page knows no clock: a tick moves the window on."""
    site = reads.site()
    window = reads.window("news")
    fresh: list[Entry] = []
    if window is not None:
        since = date.fromisoformat(window.since[:10])
        # The day that a story is listed under is that of a zone, and may be a day off.
        days = [(since + timedelta(days=ahead)).isoformat() for ahead in range(3, -2, -1)]
        entries = there(reads.entry(id) for day in days for id in reads.listing("day", day, 500))
        fresh = [entry for entry in entries if entry.published >= window.since]
        fresh.sort(key=lambda entry: (entry.published, entry.id), reverse=True)
    context = {
        "front": text(absolute(site, "/")),
        "publication": site.name,
        "entries": [_news(reads, site, entry) for entry in fresh[:MOST_NEWS]],
    }
    return _xml(reads, "sitemap-news.xml", context)


def _news(reads: Reads, site: Site, entry: Entry) -> Part:
    picture = reads.picture(entry.picture) if entry.picture is not None else None
    copies = jpegs(picture) if picture is not None and picture.usable else []
    return {
        "path": text(absolute(site, entry.path)),
        # ISO 639, without a region.
        "language": primary_of(entry.language),
        "published": entry.published,
        "title": entry.headline,
        "picture": text(absolute(site, copies[-1].path)) if copies else NOTHING,
    }


def _xml(reads: Reads, template: str, context: Part) -> Output:
    reads.formats()
    return Output(body=whole(template, context), content_type=TYPE)
