"""ninjs 3.1 (IPTC) for partners' programs: one file a story, one a list. A static API: docs/reference/machines.md.

Built field by field from explicit dicts. What partners may have of a story is told by `Story.onward`: the whole text,
its head, or nothing. A story that was taken down answers 410, with a document that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from typing import Any

import msgspec

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import (
    Block,
    Crumb,
    FactBox,
    Gallery,
    Heading,
    LinkCard,
    ListBlock,
    Notice,
    Paragraph,
    Picture,
    PictureBlock,
    Quote,
    Signature,
    Site,
    Story,
    Tag,
    entry,
    gallery_pictures,
)
from standfirst.pages.channels import KEPT, Item, channel, goes_whole
from standfirst.pages.feeds import json_bytes
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import NINJS, absolute, byline_part, identity, there
from standfirst.pages.pictures import jpegs
from standfirst.pages.story import linked
from standfirst.pages.templates import text
from standfirst.pages.words import words

STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
}
TYPE = "application/json; charset=utf-8"


def path_of(address: str) -> str:
    """Where the document of the story or list at `address` is."""
    return f"{address}{NINJS}"


# --- a list ---------------------------------------------------------------------------------------------------------


def listed(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The newest thirty stories of a list as one composite document: of each its head, and where all of it is."""
    found = channel(reads, ref, NINJS)
    if found is None:
        return None
    site = found.site
    document: dict[str, Any] = {
        "standard": STANDARD,
        "uri": found.id,
        "type": "composite",
        "representationType": "partial",
        "profile": "list",
        "title": found.title,
        "language": site.language,
        "copyrightHolder": site.name,
        "descriptions": [{"value": found.description}],
        "altIds": [{"role": "permalink", "value": absolute(site, found.record.path)}],
        "renditions": _renditions(site, found.record.path),
        "associations": [msgspec.Raw(_associated(item)) for item in found.items],
    }
    if found.updated:
        document["versionCreated"] = found.updated
    return Output(body=json_bytes(document), content_type=TYPE)


@lru_cache(KEPT)
def _associated(item: Item) -> bytes:
    """A story of a list."""
    site, told = item.site, item.entry
    whole = goes_whole(told.onward, told.agency, item.authors)
    return msgspec.json.encode(
        {
            "name": told.headline,
            "rel": "item",
            "uri": item.id,
            "type": "text",
            "representationType": "partial",
            "profile": "head",
            **_head(
                headline=told.headline,
                kicker=told.kicker,
                standfirst=told.standfirst,
                published=told.published,
                refreshed=told.refreshed,
                language=told.language,
                dateline=told.dateline,
            ),
            **_who(site, told.byline, told.credit, item.authors),
            **_about(site, item.section, item.topics),
            **_rights(site, told.published, told.credit, whole=whole),
            "altIds": _other_ids(site, told.id, told.path),
            "renditions": _renditions(site, told.path),
        }
    )


# --- a story --------------------------------------------------------------------------------------------------------


def story(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Story `ref.subject` as partners may have it; 410 once it was taken down; None if they may not have it at all."""
    found = reads.story(int(ref.subject)) if ref.subject.isdecimal() else None
    if found is None or path_of(found.path) != ref.path:
        return None
    if found.notice is not None:
        return _gone(reads, found, found.notice)
    told = entry(found)
    if told is None:
        return None
    reads.formats()
    site = reads.site()
    authors = tuple(there(reads.signature(id) for id in found.authors))
    section = reads.crumb(found.section)
    topics = tuple(there(reads.tag(id) for id in found.topics))
    whole = goes_whole(told.onward, told.agency, authors)
    document: dict[str, Any] = {
        "standard": STANDARD,
        "uri": identity(site, "story", found.id),
        "type": "text",
        "representationType": "full" if whole else "partial",
        "profile": "story" if whole else "head",
        "pubStatus": "usable",
        **_head(
            headline=found.headline,
            kicker=found.kicker,
            standfirst=found.standfirst,
            published=found.published,
            refreshed=found.refreshed,
            language=found.language,
            dateline=found.dateline,
        ),
        **_who(site, found.byline, found.credit, authors),
        **_about(site, section, topics),
        **_rights(site, found.published, found.credit, whole=whole),
        "altIds": _other_ids(site, found.id, found.path),
        "renditions": _renditions(site, found.path),
    }
    if found.short_headline:
        document["headlines"].append({"role": "short", "value": found.short_headline})
    if found.origins:
        document["infoSources"] = document.get("infoSources", []) + [
            {"name": origin.provider, "role": "origin", **({"literal": origin.identifier} if origin.identifier else {})}
            for origin in found.origins
        ]
    if found.corrections:
        # What readers see on the page: a partner has to print it, too.
        document["edNote"] = "\n".join(
            f"{note.kind.capitalize()}, {note.at}: {note.text}" for note in found.corrections
        )
    if whole:
        html = "\n".join(_body(reads, site, found.body))
        characters, count = _measured(html)
        document["bodies"] = [
            {
                "role": "main",
                "contentType": "text/html",
                "charCount": characters,
                "wordCount": count,
                "value": html,
            }
        ]
        if pictures := list(_pictures(reads, site, found)):
            document["associations"] = pictures
    return Output(body=json_bytes(document), content_type=TYPE)


def moved(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """At a former address of a story's document: the way to it, or word that it was taken down."""
    found = reads.story(int(ref.subject)) if ref.subject.isdecimal() else None
    former = ref.path.removesuffix(NINJS)
    if found is None or former not in found.former or former == found.path:
        return None
    if found.notice is not None:
        return _gone(reads, found, found.notice)
    return Output(body=b"", status=301, location=path_of(found.path)) if found.onward != "none" else None


def _gone(reads: Reads, story: Story, notice: Notice) -> Output:
    reads.formats()
    site = reads.site()
    document: dict[str, Any] = {
        "standard": STANDARD,
        "uri": identity(site, "story", story.id),
        "type": "text",
        "pubStatus": "canceled" if notice.reason == "killed" else "withheld",
    }
    if notice.at:
        document["versionCreated"] = notice.at
    if notice.wording:
        document["edNote"] = notice.wording
    if notice.names and story.headline:
        document["headlines"] = [{"role": "main", "value": story.headline}]
    return Output(body=json_bytes(document), content_type=TYPE, status=410)


# --- parts of a document --------------------------------------------------------------------------------------------


def _head(
    *,
    headline: str,
    kicker: str,
    standfirst: str,
    published: str,
    refreshed: str,
    language: str,
    dateline: str,
) -> dict[str, Any]:
    headlines = [{"role": "main", "value": headline}]
    if kicker:
        headlines.append({"role": "kicker", "value": kicker})
    found: dict[str, Any] = {
        "firstCreated": published,
        "versionCreated": refreshed or published,
        "language": language,
        "headlines": headlines,
    }
    if standfirst:
        found["descriptions"] = [{"role": "summary", "contentType": "text/plain", "value": standfirst}]
    if dateline:
        found["located"] = dateline
    return found


def _who(site: Site, byline: str, credit: str, authors: Sequence[Signature]) -> dict[str, Any]:
    """Who signs it: in words, and whom the words mean."""
    w = words(site.language, site)
    by = "".join(f"{piece['before']}{piece['name']}" for piece in byline_part(byline, authors, w))
    found: dict[str, Any] = {"by": by} if by else {}
    people = [author for author in authors if author.kind == "person"]
    desks = [author for author in authors if author.kind == "desk"]
    if people:
        found["people"] = [_party(site, author) for author in people]
    if desks:
        found["organisations"] = [_party(site, author) for author in desks]
    if credit:
        found["infoSources"] = [{"name": credit, "role": "provider"}]
    return found


def _party(site: Site, author: Signature) -> dict[str, str]:
    return {"name": author.name, "rel": "author", "uri": absolute(site, author.path)}


def _about(site: Site, section: Crumb | None, topics: Sequence[Tag]) -> dict[str, Any]:
    subjects = [{"name": section.name, "rel": "section", "uri": absolute(site, section.path)}] if section else []
    subjects += [{"name": tag.name, "rel": "topic", "uri": absolute(site, tag.path)} for tag in topics]
    return {"subjects": subjects} if subjects else {}


def _rights(site: Site, published: str, credit: str, *, whole: bool) -> dict[str, Any]:
    holder = credit or site.name
    found: dict[str, Any] = {"copyrightHolder": holder, "copyrightNotice": f"© {published[:4]} {holder}"}
    terms = site.terms if whole else f"Headline and standfirst only. {holder} lets us pass on no more of this text."
    if terms:
        found["usageTerms"] = terms
    return found


def _other_ids(site: Site, id: int, path: str) -> list[dict[str, str]]:
    return [{"role": "permalink", "value": absolute(site, path)}, {"role": "story", "value": str(id)}]


def _renditions(site: Site, path: str) -> list[dict[str, str]]:
    return [
        {"name": "web", "href": absolute(site, path), "contentType": "text/html"},
        {"name": "ninjs", "href": absolute(site, path_of(path)), "contentType": "application/json"},
    ]


def _pictures(reads: Reads, site: Site, story: Story) -> Iterator[dict[str, Any]]:
    """The pictures that may go onward: the lead, those in the text, those of galleries, each once."""
    shown = [("lead", story.lead.picture, story.lead.caption)] if story.lead else []
    shown += [("body", block.picture, block.caption) for block in story.body if isinstance(block, PictureBlock)]
    shown += [("gallery", each.picture, each.caption) for each in gallery_pictures(story)]
    seen = set()
    for rel, id, caption in shown:
        picture = _passable(reads, id)
        if picture is not None and id not in seen:
            seen.add(id)
            yield _picture(site, picture, rel, caption)


def _passable(reads: Reads, id: int) -> Picture | None:
    picture = reads.picture(id)
    return picture if picture is not None and picture.usable and picture.onward and jpegs(picture) else None


def _picture(site: Site, picture: Picture, rel: str, caption: str) -> dict[str, Any]:
    words = caption or picture.caption
    found: dict[str, Any] = {
        "name": f"{rel} picture",
        "rel": rel,
        "uri": identity(site, "picture", picture.id),
        "type": "picture",
        "renditions": [
            {
                "name": str(copy.width),
                "href": absolute(site, copy.path),
                "contentType": copy.mime,
                "width": copy.width,
                "height": copy.height,
            }
            for copy in jpegs(picture)
        ],
    }
    descriptions = [
        *([{"role": "caption", "contentType": "text/plain", "value": words}] if words else []),
        *([{"role": "alt", "contentType": "text/plain", "value": picture.alt}] if picture.alt else []),
    ]
    if descriptions:
        found["descriptions"] = descriptions
    if picture.credit:
        found |= {"by": picture.credit, "copyrightNotice": f"© {picture.credit}"}
    if picture.licence:
        found["usageTerms"] = picture.licence
    elif site.terms:
        found["usageTerms"] = site.terms
    return found


# --- the text -------------------------------------------------------------------------------------------------------

_FIGURE = re.compile(r"<figure>.*?</figure>", re.DOTALL)
_END = re.compile(r"</(?:p|h\d|li|footer)>|<br>")
_TAG = re.compile(r"<[^>]*>")
_SPACES = tuple(sign for sign in map(chr, range(0x3001)) if sign.isspace() and sign != " ")
"""What parts words beside the space itself."""


def _measured(html: str) -> tuple[int, int]:
    """Characters and words of a text, without pictures and their captions, with one space between words."""
    if "<figure>" in html:
        html = _FIGURE.sub(" ", html)
    # Most texts have paragraphs and nothing else, which needs no pattern.
    plain = html.replace("</p>\n<p>", " ").replace("</p>", " ").replace("<p>", "")
    if "<" in plain:
        plain = _TAG.sub("", _END.sub(" ", plain))
    plain = unescape(plain).strip()
    # Most have one space between words already: then they need not be made one by one, which takes twice as long.
    if plain and "  " not in plain and not any(sign in plain for sign in _SPACES):
        return len(plain), plain.count(" ") + 1
    found = plain.split()
    return len("".join(found)) + max(0, len(found) - 1), len(found)


def _body(reads: Reads, site: Site, body: Sequence[Block]) -> Iterator[str]:
    """The text as HTML: cleaned when it was composed, with whole addresses, and only those of stories that are live."""

    def rich(html: str) -> str:
        return linked(html, lambda id: None if (path := reads.link(id)) is None else absolute(site, path))

    for block in body:
        match block:
            case Paragraph():
                yield f"<p>{rich(block.html)}</p>"
            case Heading():
                yield f"<h2>{text(block.text)}</h2>"
            case Quote():
                inner = rich(block.html)
                said = inner if "<p" in inner else f"<p>{inner}</p>"
                by = f"<footer>{text(block.attribution)}</footer>" if block.attribution else ""
                yield f"<blockquote>{said}{by}</blockquote>"
            case PictureBlock():
                picture = _passable(reads, block.picture)
                if picture is not None:
                    yield _figure(site, picture, block.caption or picture.caption)
            case Gallery():
                if block.title:
                    yield f"<h2>{text(block.title)}</h2>"
                for each in block.pictures:
                    picture = _passable(reads, each.picture)
                    if picture is not None:
                        yield _figure(site, picture, each.caption or picture.caption)
            case ListBlock():
                kind = "ol" if block.ordered else "ul"
                yield f"<{kind}>{''.join(f'<li>{rich(item)}</li>' for item in block.items)}</{kind}>"
            case FactBox():
                yield f"<aside><h3>{text(block.title)}</h3>{rich(block.html)}</aside>"
            case LinkCard():
                yield from _card(reads, site, block)


def _figure(site: Site, picture: Picture, caption: str) -> str:
    copy = jpegs(picture)[-1]
    words = " ".join(part for part in (caption, f"({picture.credit})" if picture.credit else "") if part)
    said = f"<figcaption>{text(words)}</figcaption>" if words else ""
    size = f'width="{copy.width}" height="{copy.height}"'
    return f'<figure><img src="{text(absolute(site, copy.path))}" {size} alt="{text(picture.alt)}">{said}</figure>'


def _card(reads: Reads, site: Site, block: LinkCard) -> Iterator[str]:
    if block.story is not None:
        line = reads.line(block.story)
        if line is not None:
            title = block.title or line.headline
            yield f'<p><a href="{text(absolute(site, line.path))}">{text(title)}</a></p>'
    elif block.url.lower().startswith(("https://", "http://")):
        yield f'<p><a href="{text(block.url)}">{text(block.title or block.url)}</a></p>'
