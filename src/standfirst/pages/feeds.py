"""RSS 2.0 of a section. Every date in it comes from a story, so it reads the same whenever it is printed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Card, Site
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import Part, absolute, byline_part, feed_path, there
from standfirst.pages.pictures import jpegs
from standfirst.pages.templates import text, whole
from standfirst.pages.words import words


def _rfc822(iso: str) -> str:
    return format_datetime(datetime.fromisoformat(iso).astimezone(UTC))


def feed(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The newest thirty stories of section `ref.subject` as RSS 2.0."""
    section = reads.section(int(ref.subject)) if ref.subject.isdecimal() else None
    if section is None or feed_path(section.path) != ref.path:
        return None
    site = reads.site()
    cards = list(there(reads.card(id) for id in reads.listing("section", section.id, 30)))
    context = {
        "title": site.name if section.id == site.home else f"{site.name}: {section.name}",
        "link": text(absolute(site, section.path)),
        "here": text(absolute(site, ref.path)),
        "description": section.standfirst or site.strapline or site.name,
        "language": site.language,
        "built": _rfc822(max(card.refreshed or card.published for card in cards)) if cards else "",
        "entries": [_entry(reads, site, card) for card in cards],
    }
    return Output(body=whole("feed.xml", context), content_type="application/rss+xml; charset=utf-8")


def _entry(reads: Reads, site: Site, card: Card) -> Part:
    names = () if card.byline else there(reads.signature(id) for id in card.authors)
    section = reads.crumb(card.section)
    picture = reads.picture(card.picture) if card.picture is not None else None
    jpeg = jpegs(picture) if picture and picture.usable else []
    return {
        "title": f"{card.kicker}: {card.headline}" if card.kicker else card.headline,
        "link": text(absolute(site, card.path)),
        "description": card.standfirst,
        "creators": [piece["name"] for piece in byline_part(card.byline, names, words(site.language, site))]
        or ([card.credit] if card.credit else []),
        "category": section.name if section else "",
        "published": _rfc822(card.published),
        "language": card.language,
        "media": {
            "url": text(absolute(site, jpeg[-1].path)),
            "type": text(jpeg[-1].mime),
            "width": jpeg[-1].width,
            "height": jpeg[-1].height,
            "alt": picture.alt,
            "credit": picture.credit,
        }
        if picture and jpeg
        else None,
    }
