"""The article's page, the notice that replaces it when it is taken down, and the signposts at its former addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import (
    Album,
    Author,
    Correction,
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
    Story,
    Tag,
    Tongue,
    gallery_pictures,
)
from standfirst.kit.languages import direction_of, own_name_of
from standfirst.pages import structured
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import (
    CORRECTIONS,
    HERO,
    INSET,
    NINJS,
    THUMB,
    Chrome,
    Lists,
    Part,
    absolute,
    alternate,
    byline_part,
    chrome,
    day_path,
    feed_alternates,
    figure_part,
    gallery_part,
    gallery_path,
    head_part,
    headline_part,
    page,
    picture_part,
    rails_path,
    shown_in,
    there,
    time_part,
    trail_part,
)
from standfirst.pages.pictures import THUMB_WIDTH, jpegs
from standfirst.pages.record import mail
from standfirst.pages.templates import NOTHING, Html, text
from standfirst.pages.words import Words, day, words

RELATED = 10
LONG = 100
"""A headline of more characters than this is set a size smaller."""


def story(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The page of story `ref.subject` at its address; its notice (410) once it was taken down."""
    found = _story(reads, ref)
    if found is None or found.path != ref.path:
        return None
    if found.notice is not None:
        return gone(reads, found, found.notice)
    return _article(reads, ref, found)


def moved(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """At a former address of a story or its page of pictures: the way to it, or its notice once it was taken down."""
    found = _story(reads, ref)
    if found is None:
        return None
    ways = dict.fromkeys(found.former, found.path)
    if found.gallery:
        ways |= {gallery_path(path): gallery_path(found.path) for path in found.former}
    if ref.path not in ways or ways[ref.path] == ref.path:
        return None
    if found.notice is not None:
        return gone(reads, found, found.notice)
    if ways[ref.path] != found.path and not any(shown_in(reads, gallery_pictures(found))):
        return None
    return Output(body=b"", status=301, location=ways[ref.path])


def _story(reads: Reads, ref: PageRef) -> Story | None:
    return reads.story(int(ref.subject)) if ref.subject.isdecimal() else None


def gone(reads: Reads, story: Story | Album, notice: Notice) -> Output:
    """The notice in the place of a story that was taken down."""
    site = chrome(reads)
    # A notice that names nothing says nothing of the story: no headline, no section, not even its language.
    named = notice.names and bool(story.headline)
    language = story.language if named else site.site.language
    direction = story.direction if named else site.direction
    w = words(language, site.site)
    return page(
        "gone.html",
        site,
        head_part(f"{w.gone} | {site.site.name}", index=False),
        {
            "headline": story.headline if named else "",
            "wording": notice.wording or getattr(w, notice.reason),
            "time": time_part(notice.at, site.site, w),
            "front": text(site.home.path) if site.home else NOTHING,
        },
        language=language,
        direction=direction,
        status=410,
    )


def _article(reads: Reads, ref: PageRef, story: Story) -> Output:
    site = chrome(reads)
    w = words(story.language, site.site)
    section = reads.crumb(story.section)
    trail = [*there(reads.crumb(id) for id in section.trail), section] if section else []
    authors = list(there(reads.author(id) for id in story.authors))
    topics = sorted(there(reads.tag(id) for id in story.topics), key=lambda tag: (tag.name.casefold(), tag.id))
    translations = _translations(reads, story)
    lists = Lists(reads, site, w, story.language, story.direction)

    lead = figure_part(reads, story.lead.picture, story.lead.caption, HERO, eager=True) if story.lead else None
    lead_picture = reads.picture(story.lead.picture) if story.lead and lead else None
    blocks, dateline = _body(reads, lists, story)
    related = lists.lines((id for id in reads.related(story.id) if id != story.id), most=RELATED)
    hot = reads.hot(ref.path)
    breaking = lists.lines(id for id in reads.breaking() if id != story.id) if hot else []
    rail: list[Part] = []
    if hot and section:
        rail = lists.lines((id for id in reads.listing("section", section.id, 5) if id != story.id), thumb=True)

    context: dict[str, Any] = {
        "trail": trail_part(site, trail, w),
        "kicker": story.kicker,
        "headline": headline_part(story.headline),
        "level": 1,
        "long": len(story.headline) > LONG,
        "standfirst": story.standfirst,
        "published": time_part(story.published, site.site, w),
        "refreshed": time_part(story.refreshed, site.site, w)
        if story.refreshed and story.refreshed != story.published
        else None,
        "by": byline_part(story.byline, authors, w),
        "credit": story.credit,
        "dateline": dateline,
        "lead": lead,
        "corrections": [_note(note, site, w) for note in story.corrections if note.kind == "correction"],
        "notes": [_note(note, site, w) for note in story.corrections if note.kind != "correction"],
        "newsletter": site.newsletter(story.language, w),
        "blocks": blocks,
        "authors": [_author(reads, author, w) for author in authors],
        "day": _day(site, story, w),
        "history": _history(site, story, w),
        "corrections_path": text(CORRECTIONS),
        "report": mail(site.site.errors_to),
        "share": _share(site, story, w),
        "call": _call(site, w),
        "related": related,
        "top": lists.top(but=story.id) if hot else [],
        "topics": [{"path": text(tag.path), "name": tag.name} for tag in topics],
        "translations": [translation_part(other, w) for other in translations],
        "section": _more(site, section, w, hot=hot) if section else None,
        "rail": rail,
    }
    article = structured.news_article(site, story, section, authors, topics, lead_picture)
    data = [structured.encoded(article)]
    if trail:
        data.append(structured.encoded(structured.breadcrumbs(site.site, trail, w.home)))
    return page(
        "story.html",
        site,
        head_part(
            f"{story.headline} | {site.site.name}",
            description=story.standfirst,
            canonical=absolute(site.site, story.path),
            properties=_properties(site, story, section, topics, lead, lead_picture),
            alternates=_alternates(site, story, section, translations),
            data=data,
        ),
        context,
        active=site.top(section) if section else 0,
        tone=site.tone(section),
        language=story.language,
        direction=story.direction,
        breaking=breaking,
        scripts=site.scripts("share") if hot else site.scripts("share", "rails"),
    )


def _more(site: Chrome, section: Crumb, w: Words, *, hot: bool) -> Part:
    """The way to the story's section. On a page without rails, with where they can be fetched: nothing new is read for
    that, since the section has them while the story is there."""
    fetched = not hot and section.id != site.site.home
    return {
        "path": text(section.path),
        "title": w.more_from.format(section.name),
        "rails": text(rails_path(section.id)) if fetched else NOTHING,
    }


def _translations(reads: Reads, story: Story) -> list[Tongue]:
    """Where the same can be read in other languages, now: one live story a language, by the language's tag."""
    found = {other.language: other for other in there(reads.tongue(id) for id in reversed(story.translations))}
    found.pop(story.language, None)
    return [found[language] for language in sorted(found)]


def translation_part(other: Tongue, w: Words) -> Part:
    """The way to the same story in another language, which is called as it calls itself."""
    before, _, after = w.read_in.partition("{language}")
    direction = direction_of(other.language)
    return {
        "before": before,
        "after": after,
        "path": text(other.path),
        "language": text(other.language),
        "direction": text(direction),
        "name": own_name_of(other.language),
    }


def _alternates(site: Chrome, story: Story, section: Crumb | None, translations: Sequence[Tongue]) -> list[Part]:
    """The feeds in which the story stands, its own document for partners, and each language that it can be read in."""
    found: list[Part] = []
    if section:
        found += feed_alternates(section.path, f"{site.site.name}: {section.name}")
    if story.onward != "none":
        found.append(alternate(story.path + NINJS, "application/json", "ninjs"))
    if translations:
        # Each names all, itself too, or search engines believe none of them.
        for each in (Tongue(path=story.path, language=story.language), *translations):
            address = text(absolute(site.site, each.path))
            found.append({"path": address, "type": NOTHING, "title": "", "language": text(each.language)})
    return found


def _properties(
    site: Chrome,
    story: Story,
    section: Crumb | None,
    topics: Sequence[Tag],
    lead: Part | None,
    picture: Picture | None,
) -> list[tuple[str, str]]:
    found = [
        ("og:type", "article"),
        ("og:site_name", site.site.name),
        ("og:title", story.headline),
        ("og:url", absolute(site.site, story.path)),
    ]
    if story.standfirst:
        found.append(("og:description", story.standfirst))
    if lead is not None and picture is not None:
        widest = jpegs(picture)[-1]
        found += [
            ("og:image", absolute(site.site, widest.path)),
            ("og:image:width", str(widest.width)),
            ("og:image:height", str(widest.height)),
        ]
        if picture.alt:
            found.append(("og:image:alt", picture.alt))
    if story.published:
        found.append(("article:published_time", story.published))
    if story.refreshed and story.refreshed != story.published:
        found.append(("article:modified_time", story.refreshed))
    if section:
        found.append(("article:section", section.name))
    found += [("article:tag", topic.name) for topic in topics]
    return found


def _note(note: Correction, site: Chrome, w: Words) -> Part:
    label = {"correction": w.correction, "clarification": w.clarification, "update": w.note}[note.kind]
    return {"label": label, "text": note.text, "time": time_part(note.at, site.site, w)}


def _history(site: Chrome, story: Story, w: Words) -> list[Part]:
    """What became of the story since it was first published; empty while nothing was changed in public."""
    if not story.corrections:
        return []
    first = {"label": w.first_published, "text": "", "time": time_part(story.published, site.site, w)}
    return [first, *(_note(note, site, w) for note in story.corrections)] if first["time"] else []


def _share(site: Chrome, story: Story, w: Words) -> list[Part]:
    """Links that share the story without a script: each opens the other side's own form. WhatsApp first."""
    address = absolute(site.site, story.path)
    here, title = quote(address, safe=""), quote(story.headline, safe="")
    ways = (
        (w.share_whatsapp, f"https://wa.me/?text={title}%20{here}"),
        (w.share_facebook, f"https://www.facebook.com/sharer/sharer.php?u={here}"),
        (w.share_x, f"https://x.com/intent/post?url={here}&amp;text={title}"),
        (w.share_email, f"mailto:?subject={title}&amp;body={here}"),
    )
    # What is percent-encoded needs no escaping.
    return [{"name": name, "href": Html(href)} for name, href in ways] if story.published else []


def _call(site: Chrome, w: Words) -> Part | None:
    """How eyewitnesses reach the newsroom."""
    tips = site.site.tips
    if tips is None:
        return None
    ways: list[Part] = []
    if tips.whatsapp:
        number = re.sub(r"\D", "", tips.whatsapp)
        ways.append({"name": w.send_whatsapp, "href": text(f"https://wa.me/{number}"), "text": tips.whatsapp})
    if tips.email:
        ways.append({"name": w.send_email, "href": text(f"mailto:{tips.email}"), "text": tips.email})
    return {"ways": ways, "handle": tips.handle}


def _day(site: Chrome, story: Story, w: Words) -> Part | None:
    # Safe to link without asking: the day page lists this very story.
    if not story.day:
        return None
    when = date.fromisoformat(story.day)
    return {"path": text(day_path(story.day)), "title": w.day_link.format(day(when, w))}


def _author(reads: Reads, author: Author, w: Words) -> Part:
    picture = reads.picture(author.picture) if author.picture is not None else None
    return {
        "path": text(author.path),
        "name": author.name,
        "role": author.role or (w.desk if author.kind == "desk" else ""),
        "bio": author.bio,
        "picture": picture_part(picture, THUMB, THUMB_WIDTH),
    }


# --- the body -----------------------------------------------------------------------------------------------------

_own_link = re.compile(r'<a\b[^>]*?\bhref="story:(\d+)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)


def rich(reads: Reads, html: str) -> Html:
    """Cleaned HTML with its links to our own stories resolved; a link to a story that is not live leaves its text."""
    return Html(linked(html, reads.link))


def linked(html: str, address: Callable[[int], str | None]) -> str:
    """Cleaned HTML with its links to our own stories as `address` gives them; None leaves the text of the link."""
    if "story:" not in html:
        return html

    def resolve(found: re.Match[str]) -> str:
        path = address(int(found[1]))
        return found[2] if path is None else f'<a href="{text(path)}">{found[2]}</a>'

    return _own_link.sub(resolve, html)


def _body(reads: Reads, lists: Lists, story: Story) -> tuple[list[Part], str]:
    """The blocks as parts, and the dateline if no first paragraph took it."""
    parts: list[Part] = []
    dateline = story.dateline
    album = shown_in(reads, gallery_pictures(story)) if story.gallery else []
    place = 0
    for block in story.body:
        if isinstance(block, Gallery):
            part = gallery_part(block, story.path, album, place, lists.words)
            place += len(block.pictures)
        else:
            part = _block(reads, lists, block)
        if part is None:
            continue
        if not parts and dateline and part["kind"] == "paragraph":
            part["dateline"], dateline = dateline, ""
        parts.append(part)
    return parts, dateline


SingleBlock = Paragraph | Heading | Quote | PictureBlock | ListBlock | FactBox | LinkCard


def _block(reads: Reads, lists: Lists, block: SingleBlock) -> Part | None:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "html": rich(reads, block.html), "dateline": ""}
        case Heading():
            return {"kind": "heading", "text": block.text}
        case Quote():
            html = rich(reads, block.html)
            return {"kind": "quote", "html": html, "attribution": block.attribution, "inline": "<p" not in html}
        case PictureBlock():
            figure = figure_part(reads, block.picture, block.caption, INSET)
            return {"kind": "figure", "figure": figure} if figure else None
        case ListBlock():
            entries = [rich(reads, item) for item in block.items]
            return {"kind": "list", "ordered": block.ordered, "entries": entries} if entries else None
        case FactBox():
            return {"kind": "facts", "title": block.title, "html": rich(reads, block.html)}
        case LinkCard():
            return _link_card(reads, lists, block)


def _link_card(reads: Reads, lists: Lists, block: LinkCard) -> Part | None:
    if block.story is not None:
        line = reads.line(block.story)
        if line is None:
            return None
        part = lists.line(line)
        part["headline"] = headline_part(block.title or line.headline)
        return {"kind": "link", "text": block.text, "line": part, "outside": False}
    if not block.url.lower().startswith(("https://", "http://")):
        return None
    line_part: Part = {
        "path": text(block.url),
        "kicker": "",
        "headline": block.title or block.url,
        "attributes": NOTHING,
        "picture": None,
    }
    return {"kind": "link", "text": block.text, "line": line_part, "outside": True}
