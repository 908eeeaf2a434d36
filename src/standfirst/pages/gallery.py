"""A story's page of pictures: those of its galleries, large, one below the other."""

from __future__ import annotations

from standfirst.edition.reads import Reads
from standfirst.pages import structured
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import (
    Part,
    absolute,
    chrome,
    gallery_path,
    head_part,
    headline_part,
    page,
    picture_anchor,
    picture_place,
    shown_in,
    there,
    trail_part,
)
from standfirst.pages.pictures import jpegs
from standfirst.pages.story import LONG, gone
from standfirst.pages.templates import NOTHING, Html, text
from standfirst.pages.words import Words, words


def gallery(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The page of pictures of story `ref.subject`; its notice (410) once the story was taken down.

    None while the story has no gallery, and while none of the pictures in it may be shown.
    """
    album = reads.album(int(ref.subject)) if ref.subject.isdecimal() else None
    if album is None or gallery_path(album.path) != ref.path:
        return None
    if album.notice is not None:
        return gone(reads, album, album.notice)
    figures = list(there(shown_in(reads, album.pictures, large=True)))
    if not figures:
        return None
    site = chrome(reads)
    w = words(album.language, site.site)
    section = reads.crumb(album.section)
    trail = [*there(reads.crumb(id) for id in section.trail), section] if section else []
    count = w.pictures(len(figures))
    title = f"{count}: {album.headline}"
    address = absolute(site.site, ref.path)
    shown = [picture for each in album.pictures if (picture := reads.picture(each.picture)) and picture.usable]
    first = jpegs(shown[0])[-1]
    properties = [
        ("og:type", "website"),
        ("og:site_name", site.site.name),
        ("og:title", title),
        ("og:url", address),
        ("og:image", absolute(site.site, first.path)),
        ("og:image:width", str(first.width)),
        ("og:image:height", str(first.height)),
    ]
    data = [structured.encoded(structured.image_gallery(site.site, album, address, shown))]
    if trail:
        data.append(structured.encoded(structured.breadcrumbs(site.site, trail, w.home)))
    return page(
        "album.html",
        site,
        head_part(f"{title} | {site.site.name}", canonical=address, properties=properties, data=data),
        {
            "trail": trail_part(site, trail, w),
            "kicker": album.kicker,
            "headline": headline_part(album.headline),
            "level": 1,
            "long": len(album.headline) > LONG,
            "standfirst": count,
            "back": text(album.path),
            "pictures": _numbered(figures, w),
        },
        active=site.top(section) if section else 0,
        tone=site.tone(section),
        language=album.language,
        direction=album.direction,
    )


def _numbered(figures: list[Part], w: Words) -> list[Part]:
    total = len(figures)

    def anchor(number: int) -> Html:
        return Html(f"#{picture_anchor(number)}") if 1 <= number <= total else NOTHING

    return [
        {
            "figure": figure,
            "anchor": Html(picture_anchor(number)),
            "place": picture_place(w, number, total),
            "before": anchor(number - 1),
            "after": anchor(number + 1),
        }
        for number, figure in enumerate(figures, 1)
    ]
