"""What machines read of a page: schema.org as JSON-LD, built field by field from explicit dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from standfirst.edition.snapshots import Album, Author, Crumb, Picture, Site, Story
from standfirst.pages.parts import absolute, without_by
from standfirst.pages.pictures import jpegs
from standfirst.pages.templates import Html
from standfirst.pages.words import words

CONTEXT = "https://schema.org"

_escapes = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def encoded(data: dict[str, Any]) -> Html:
    """`data` as JSON that can stand inside a `<script>`: no character in it can end the element."""
    json = msgspec.json.encode(data).decode()
    for character, escape in _escapes:
        if character in json:
            json = json.replace(character, escape)
    return Html(json)


def organisation(site: Site) -> dict[str, Any]:
    return {"@type": "NewsMediaOrganization", "name": site.name, "url": f"{site.origin}/"}


def breadcrumbs(site: Site, trail: Sequence[Crumb], home: str) -> dict[str, Any]:
    """BreadcrumbList of the sections from the home front (called `home`) down."""
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": home if crumb.id == site.home else crumb.name,
                "item": absolute(site, crumb.path),
            }
            for place, crumb in enumerate(trail, 1)
        ],
    }


def image(site: Site, picture: Picture, caption: str = "") -> dict[str, Any]:
    """ImageObject of the widest JPEG copy, with `caption` or the picture's own."""
    copy = jpegs(picture)[-1]
    found: dict[str, Any] = {
        "@type": "ImageObject",
        "url": absolute(site, copy.path),
        "width": copy.width,
        "height": copy.height,
    }
    if caption or picture.caption:
        found["caption"] = caption or picture.caption
    if picture.credit:
        found["creditText"] = picture.credit
    return found


def image_gallery(site: Site, album: Album, address: str, pictures: Sequence[Picture]) -> dict[str, Any]:
    """ImageGallery of a story's page of pictures at `address`, which shows `pictures`."""
    captions = {each.picture: each.caption for each in album.pictures}
    return {
        "@context": CONTEXT,
        "@type": "ImageGallery",
        "headline": album.headline,
        "url": address,
        "inLanguage": album.language,
        "isPartOf": {"@type": "NewsArticle", "url": absolute(site, album.path)},
        "publisher": organisation(site),
        "image": [image(site, picture, captions.get(picture.id, "")) for picture in pictures],
    }


def _authors(site: Site, story: Story, authors: Sequence[Author]) -> list[dict[str, Any]]:
    if authors:
        return [
            {
                "@type": "Person" if author.kind == "person" else "Organization",
                "name": author.name,
                "url": absolute(site, author.path),
            }
            for author in authors
        ]
    if story.byline:
        return [{"@type": "Person", "name": without_by(story.byline, words(story.language, site))}]
    if story.credit:
        return [{"@type": "Organization", "name": story.credit}]
    return [organisation(site)]


def news_article(
    site: Site, story: Story, section: Crumb | None, authors: Sequence[Author], picture: Picture | None
) -> dict[str, Any]:
    """NewsArticle, with corrections and the copy that it is based on."""
    address = absolute(site, story.path)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": story.headline,
        "url": address,
        "mainEntityOfPage": {"@type": "WebPage", "@id": address},
        "inLanguage": story.language,
        "isAccessibleForFree": True,
        "author": _authors(site, story, authors),
        "publisher": organisation(site),
    }
    if story.published:
        found["datePublished"] = story.published
        found["dateModified"] = story.refreshed or story.published
    if story.standfirst:
        found["description"] = story.standfirst
    if section:
        found["articleSection"] = section.name
    if picture:
        found["image"] = [image(site, picture, story.lead.caption if story.lead else "")]
    if story.topics:
        found["keywords"] = [topic.name for topic in story.topics]
    if story.dateline:
        found["dateline"] = story.dateline
    if story.credit:
        found["creditText"] = story.credit
    if story.origins:
        found["isBasedOn"] = [
            {
                "@type": "CreativeWork",
                **({"identifier": origin.identifier} if origin.identifier else {}),
                "provider": {"@type": "Organization", "name": origin.provider},
            }
            for origin in story.origins
        ]
    corrections = [note for note in story.corrections if note.kind != "update"]
    if corrections:
        found["correction"] = [
            {"@type": "CorrectionComment", "text": note.text, "datePublished": note.at} for note in corrections
        ]
    return found
