"""Every kind of page: which function prints it, which pages a record may bring into being, in which order they go out.

Whether a page exists is decided by its function from its reads alone: None means that there is nothing at this
address. `pages_of` only says where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Author, Avif, Epoch, Picture, Section, Site, Standards, Story, Topic, erred
from standfirst.kit.sitefiles import FAULT, NOT_FOUND, SEARCH_AWAY, SEARCH_BUSY
from standfirst.pages import fronts, ninjs, sitemaps
from standfirst.pages.archive import archive, month, month_path
from standfirst.pages.assets import assets
from standfirst.pages.feeds import atom, json_feed, rss
from standfirst.pages.fronts import author, day, front, topic, topics
from standfirst.pages.gallery import gallery
from standfirst.pages.output import Output, PageRef, Press, Render
from standfirst.pages.parts import (
    ABOUT,
    ARCHIVE,
    CORRECTIONS,
    NINJS,
    absolute,
    chrome,
    day_path,
    gallery_path,
    head_part,
    page,
    rails_path,
)
from standfirst.pages.patterns import PATTERNS, pattern_page
from standfirst.pages.pictures import avif_of, avif_path, avifs, encode, renditions
from standfirst.pages.rails import rails
from standfirst.pages.record import about, corrections, year_path
from standfirst.pages.search import away, busy
from standfirst.pages.story import moved, story
from standfirst.pages.templates import NOTHING, text

ROBOTS = "/robots.txt"


def rendition(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """One copy of a picture; `ref.subject` is "picture id:width:format". While nothing shows the picture, none."""
    id, _, recipe = ref.subject.partition(":")
    picture = reads.picture(int(id)) if id.isdecimal() else None
    if picture is None or not picture.usable:
        return None
    copies = renditions(picture)
    if recipe.endswith(":avif"):
        copies = avifs(picture) if reads.avif_wanted(picture.id) == avif_of(picture) else ()
    copy = next((copy for copy in copies if copy.path == ref.path), None)
    if copy is None or f"{copy.width}:{copy.format}" != recipe or not reads.any("shows", picture.id):
        return None
    return Output(body=encode(picture, copy, press.blob), content_type=copy.mime)


def asset(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """A style sheet or icon; `ref.subject` is its name. Only this code's own assets can be printed."""
    found = assets().get(ref.subject)
    if found is None or found.path != ref.path or (found.name, found.path) not in reads.epoch().assets:
        return None
    return Output(body=found.body, content_type=found.content_type)


def not_found(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """What a reader sees at an address where there is nothing. Served with 404."""
    site = chrome(reads)
    head = head_part(f"{site.words.lost} | {site.site.name}", index=False)
    return page("notfound.html", site, head, {"front": text(site.home.path) if site.home else NOTHING})


def fault(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """What a reader sees where the reader process itself fails. Served with 500."""
    site = chrome(reads)
    head = head_part(f"{site.words.failed} | {site.site.name}", index=False)
    return page("fault.html", site, head, {"front": text(site.home.path) if site.home else NOTHING})


def robots(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """robots.txt (RFC 9309): everything but the newsroom's own doors; and where the sitemaps are."""
    reads.formats()
    site = reads.site()
    rules = ["User-agent: *", "Disallow: /newsroom/", "Disallow: /patterns/", "Disallow: /rails/", ""]
    rules += [f"Sitemap: {absolute(site, path)}" for path in (sitemaps.INDEX, sitemaps.NEWS)]
    return Output(body="".join(f"{rule}\n" for rule in rules).encode(), content_type="text/plain; charset=utf-8")


RENDERERS: Mapping[str, Render] = {
    "about": about,
    "corrections": corrections,
    "archive": archive,
    "month": month,
    "asset": asset,
    "rendition": rendition,
    "robots": robots,
    "notfound": not_found,
    "fault": fault,
    "patterns": pattern_page,
    "searchaway": away,
    "searchbusy": busy,
    "author": author,
    "gallery": gallery,
    "topic": topic,
    "topics": topics,
    "moved-list": fronts.moved,
    "story": story,
    "moved": moved,
    "day": day,
    "front": front,
    "rails": rails,
    "feed": rss,
    "atom": atom,
    "json-feed": json_feed,
    "ninjs": ninjs.story,
    "ninjs-list": ninjs.listed,
    "moved-ninjs": ninjs.moved,
    "sitemap-index": sitemaps.index,
    "sitemap": sitemaps.sheet,
    "sitemap-lists": sitemaps.lists,
    "sitemap-news": sitemaps.news,
}

PHASES: Mapping[str, int] = {
    "about": 1,
    "corrections": 2,
    "archive": 3,
    "month": 3,
    "asset": 0,
    "rendition": -1,
    "robots": 0,
    "gallery": 0,
    "notfound": 1,
    "fault": 1,
    "patterns": 1,
    "searchaway": 1,
    "searchbusy": 1,
    "story": 1,
    "ninjs": 1,
    "moved": 2,
    "author": 2,
    "topic": 2,
    "topics": 2,
    "day": 2,
    "moved-list": 3,
    "front": 3,
    "rails": 3,
    "moved-ninjs": 4,
    "feed": 5,
    "atom": 5,
    "json-feed": 5,
    "ninjs-list": 5,
    "sitemap": 5,
    "sitemap-lists": 5,
    "sitemap-news": 5,
    "sitemap-index": 6,
}
"""Pages go out in this order and are removed in the opposite one, so that what is linked to is there first: and what
people read before what machines do."""


FILES = {"feed.xml": "feed", "atom.xml": "atom", "feed.json": "json-feed", NINJS: "ninjs-list"}
"""What machines read of a section, a topic or an author: last part of the address -> kind of page."""


def _of_story(story: Story) -> Iterable[PageRef]:
    subject = str(story.id)
    yield PageRef(story.path, "story", subject)
    yield PageRef(ninjs.path_of(story.path), "ninjs", subject)
    for path in story.former:
        yield PageRef(path, "moved", subject)
        if path.endswith("/"):
            yield PageRef(ninjs.path_of(path), "moved-ninjs", subject)
    if story.gallery:
        yield PageRef(gallery_path(story.path), "gallery", subject)
        for path in story.former:
            yield PageRef(gallery_path(path), "moved", subject)
    if story.day:
        yield PageRef(day_path(story.day), "day", story.day)
        yield PageRef(month_path(story.day[:7]), "month", story.day[:7])
    if at := erred(story):
        years = {note.at[:4] for note in story.corrections} | {at[:4]}
        yield from (PageRef(year_path(year), "corrections", year) for year in sorted(years))
    if story.sheet:
        yield PageRef(sitemaps.sheet_path(story.sheet), "sitemap", story.sheet)


def _for_machines(path: str, subject: str) -> Iterable[PageRef]:
    for name, kind in FILES.items():
        yield PageRef(path + name, kind, subject)


def _of_section(section: Section) -> Iterable[PageRef]:
    yield PageRef(section.path, "front", str(section.id))
    yield PageRef(rails_path(section.id), "rails", str(section.id))
    yield from _for_machines(section.path, f"section:{section.id}")


def _of_site(site: Site) -> Iterable[PageRef]:
    yield PageRef(CORRECTIONS, "corrections", "")
    yield PageRef(ARCHIVE, "archive", "")


def _of_standards(standards: Standards) -> Iterable[PageRef]:
    yield PageRef(ABOUT, "about", "")


def _of_author(author: Author) -> Iterable[PageRef]:
    yield PageRef(author.path, "author", str(author.id))
    yield from _for_machines(author.path, f"author:{author.id}")
    yield from _once(author.former, f"author:{author.id}")


def _of_topic(topic: Topic) -> Iterable[PageRef]:
    yield PageRef(topic.path, "topic", str(topic.id))
    yield from _for_machines(topic.path, f"topic:{topic.id}")
    yield from _once(topic.former, f"topic:{topic.id}")


def _once(former: Iterable[str], subject: str) -> Iterable[PageRef]:
    for path in former:
        for name in ("", *FILES):
            yield PageRef(path + name, "moved-list", subject)


def _of_picture(picture: Picture) -> Iterable[PageRef]:
    for copy in renditions(picture):
        yield PageRef(copy.path, "rendition", f"{picture.id}:{copy.width}:{copy.format}")


def _of_avif(avif: Avif) -> Iterable[PageRef]:
    for width in avif.widths:
        yield PageRef(avif_path(avif.id, avif.of, width), "rendition", f"{avif.id}:{width}:avif")


def _of_epoch(epoch: Epoch) -> Iterable[PageRef]:
    for name, path in epoch.assets:
        yield PageRef(path, "asset", name)
    yield PageRef(NOT_FOUND, "notfound", "")
    yield PageRef(FAULT, "fault", "")
    yield PageRef(SEARCH_AWAY, "searchaway", "")
    yield PageRef(SEARCH_BUSY, "searchbusy", "")
    yield PageRef(ROBOTS, "robots", "")
    yield PageRef(PATTERNS, "patterns", "")
    yield PageRef(fronts.TOPICS, "topics", "")
    yield PageRef(sitemaps.INDEX, "sitemap-index", "")
    yield PageRef(sitemaps.LISTS, "sitemap-lists", "")
    yield PageRef(sitemaps.NEWS, "sitemap-news", "")


pages_of: Mapping[str, Callable[[Any], Iterable[PageRef]]] = {
    "story": _of_story,
    "section": _of_section,
    "author": _of_author,
    "topic": _of_topic,
    "picture": _of_picture,
    "site": _of_site,
    "standards": _of_standards,
    "avif": _of_avif,
    "epoch": _of_epoch,
}
"""For each kind of record, the pages that may exist because of it. Kinds that are not here bring none into being."""


def prefixes(section: Section) -> dict[str, str]:
    """Path prefixes that lead to `section` now, for `moved-prefixes.json`."""
    return {former: section.path for former in section.former if former != section.path}
