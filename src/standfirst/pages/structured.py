"""What machines read of a page: schema.org as JSON-LD, built field by field from explicit dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from standfirst.edition.snapshots import Album, Author, Card, Crumb, Picture, Site, Story, Tag
from standfirst.pages.parts import ABOUT, CORRECTIONS, Chrome, absolute, identity, without_by
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


def organisation(site: Site, logo: str = "") -> dict[str, Any]:
    """The newsroom as publisher; `logo` is the path of its mark."""
    found: dict[str, Any] = {"@type": "NewsMediaOrganization", "name": site.name, "url": f"{site.origin}/"}
    if site.standards:
        found["publishingPrinciples"] = absolute(site, ABOUT)
        found["correctionsPolicy"] = absolute(site, CORRECTIONS)
    if logo:
        found["logo"] = {"@type": "ImageObject", "url": absolute(site, logo)}
    return found


class Named(Protocol):
    """A section, topic or author as a step on the way to a page."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...


def breadcrumbs(site: Site, trail: Sequence[Named], home: str) -> dict[str, Any]:
    """BreadcrumbList of a page's way from the home front (called `home`) down."""
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": home if step.path == "/" else step.name,
                "item": absolute(site, step.path),
            }
            for place, step in enumerate(trail, 1)
        ],
    }


def website(site: Site) -> dict[str, Any]:
    """WebSite: what the whole is called, for those who show a site's name beside its pages."""
    return {
        "@context": CONTEXT,
        "@type": "WebSite",
        "name": site.name,
        "url": f"{site.origin}/",
        "inLanguage": site.language,
        "publisher": organisation(site),
    }


def collection(site: Site, name: str, path: str, cards: Sequence[Card], description: str = "") -> dict[str, Any]:
    """CollectionPage of a front or a topic, with what it shows first."""
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "CollectionPage",
        "name": name,
        "url": absolute(site, path),
        "inLanguage": site.language,
        "mainEntity": {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": card.headline, "url": absolute(site, card.path)}
                for place, card in enumerate(cards[:LISTED], 1)
            ],
        },
    }
    if description:
        found["description"] = description
    return found


LISTED = 10
"""Stories that a page's ItemList names."""


def profile(site: Site, author: Author, picture: Picture | None) -> dict[str, Any]:
    """ProfilePage of a person or an agency's desk."""
    person = author.kind == "person"
    who: dict[str, Any] = {
        "@type": "Person" if person else "Organization",
        "@id": absolute(site, author.path),
        "name": author.name,
        "url": absolute(site, author.path),
    }
    if author.bio:
        who["description"] = author.bio
    if picture is not None and picture.usable and jpegs(picture):
        who["image"] = absolute(site, jpegs(picture)[-1].path)
    if person:
        who["worksFor"] = organisation(site)
        if author.role:
            who["jobTitle"] = author.role
    return {"@context": CONTEXT, "@type": "ProfilePage", "url": absolute(site, author.path), "mainEntity": who}


def image(site: Site, picture: Picture, caption: str = "") -> dict[str, Any]:
    """ImageObject of the widest JPEG copy, with `caption` or the picture's own."""
    copy = jpegs(picture)[-1]
    found: dict[str, Any] = {
        "@type": "ImageObject",
        "url": absolute(site, copy.path),
        # Distances: "<number> <unit>". A bare number is outside the vocabulary.
        "width": f"{copy.width} px",
        "height": f"{copy.height} px",
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


def agency(name: str) -> dict[str, Any]:
    """An agency that copy came from."""
    return {"@type": "NewsMediaOrganization", "name": name}


def _authors(site: Site, story: Story, authors: Sequence[Author]) -> list[dict[str, Any]]:
    if authors:
        return [
            {
                "@type": "Person" if author.kind == "person" else "Organization",
                "name": author.name,
                "url": absolute(site, author.path),
                **({"jobTitle": author.role} if author.role and author.kind == "person" else {}),
            }
            for author in authors
        ]
    if story.byline:
        return [{"@type": "Person", "name": without_by(story.byline, words(story.language, site))}]
    if story.credit:
        return [{"@type": "Organization", "name": story.credit}]
    return [organisation(site)]


def news_article(
    chrome: Chrome,
    story: Story,
    section: Crumb | None,
    authors: Sequence[Author],
    topics: Sequence[Tag],
    picture: Picture | None,
) -> dict[str, Any]:
    """NewsArticle, with corrections, its agency, and the copy that it is based on."""
    site = chrome.site
    publisher = organisation(site, chrome.paths.get("icon.svg", ""))
    address = absolute(site, story.path)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": story.headline,
        "url": address,
        "identifier": identity(site, "story", story.id),
        "mainEntityOfPage": {"@type": "WebPage", "@id": address},
        "inLanguage": story.language,
        "isAccessibleForFree": True,
        "author": _authors(site, story, authors),
        "publisher": publisher,
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
    if topics:
        found["keywords"] = [topic.name for topic in topics]
        found["about"] = [{"@type": "Thing", "name": it.name, "url": absolute(site, it.path)} for it in topics]
    if story.dateline:
        found["dateline"] = story.dateline
    if story.credit:
        found["creditText"] = story.credit
        found["sourceOrganization"] = agency(story.credit)
    if story.origins:
        found["isBasedOn"] = [
            {
                "@type": "NewsArticle",
                **({"identifier": origin.identifier} if origin.identifier else {}),
                "provider": agency(origin.provider),
            }
            for origin in story.origins
        ]
    corrections = [note for note in story.corrections if note.kind != "update"]
    if corrections:
        found["correction"] = [
            {"@type": "CorrectionComment", "text": note.text, "datePublished": note.at} for note in corrections
        ]
    return found
