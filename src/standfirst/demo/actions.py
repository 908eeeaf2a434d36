"""Fills an empty newsroom with the demonstration copy, through the same doors that an editor uses."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from typing import Any

from django.db import transaction

from standfirst.changes.actions import Machine
from standfirst.demo import copybook, deliveries, drawing
from standfirst.desk import actions as desk
from standfirst.kit import clock
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, Section, Standards, Story, Topic
from standfirst.wire import actions as wire
from standfirst.wire.models import Feed

CAST = (
    ("adaeze", "Adaeze Bello", ("Editor",)),
    ("kojo", "Kojo Mensima", ("Reporter",)),
    ("wira", "Wira Dansou", ("Wire editor",)),
    ("pubi", "Pubi Larteh", ("Publisher",)),
)
"""(user name, name, roles): everybody signs in with the newsroom's first password."""

_LINK = re.compile(r'<a href="story:([a-z0-9-]+)">')

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and how many there are."""


def fill(*, password: str | None = None, progress: Progress = lambda what, done, of: None) -> None:
    """Make the demonstration newsroom: sections, people, authors, pictures, stories over five weeks, two feeds."""
    book = copybook.load(clock.now())
    with transaction.atomic():
        site = book.site
        home = stories.open_newsroom(
            name=site.name, strapline=site.strapline, zone=site.zone, language=site.language, about=site.about
        )
        standards = Standards(pk=1, **site.standards)
        standards.full_clean()
        standards.save()
        desk.set_up(home=home)
        sections = _sections(book, home)
        for username, name, roles in CAST:
            people.hire(
                username=username,
                name=name,
                roles=roles,
                password=password or secrets.token_urlsafe(12),
                email=f"{username}@harbourpost.example",
            )
    drawn = _pictures(book, progress)
    authors = {
        key: Author.objects.create(
            name=author.name,
            slug=key,
            kind=author.kind,
            role=author.role,
            bio=author.bio,
            picture=drawn.get(author.picture or ""),
        )
        for key, author in book.authors.items()
    }
    topics = {key: Topic.objects.create(slug=key, name=topic.name) for key, topic in book.topics.items()}
    _feeds(book, sections, authors)
    editor = User.objects.get(username="adaeze")
    written: dict[str, Story] = {}
    for number, story in enumerate(book.stories.values()):
        progress("stories", number, len(book.stories))
        with transaction.atomic():
            written[story.key] = _story(book, story, written, sections, authors, topics, drawn, editor)
    progress("stories", len(book.stories), len(book.stories))
    _link_forward(book, written, drawn, editor)
    for story in book.stories.values():
        if story.translates:
            stories.link_translation(story=written[story.key], other=written[story.translates], by=editor)
    _choose_lead(book, written, home, editor)


def _sections(book: copybook.Copybook, home: Section) -> dict[str, Section]:
    made: dict[str, Section] = {}
    for key, section in book.sections.items():
        parent = made[section.parent] if section.parent else home
        parent.refresh_from_db()
        made[key] = stories.open_section(
            parent=parent, name=section.name, slug=section.slug, standfirst=section.standfirst
        )
    return made


def _pictures(book: copybook.Copybook, progress: Progress) -> dict[str, Picture]:
    drawn: dict[str, Picture] = {}
    # Drawing is arithmetic on a few million dots: every core helps.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as draughtsmen:
        sheets = draughtsmen.map(drawing.draw, book.pictures)
        for number, ((key, picture), data) in enumerate(zip(book.pictures.items(), sheets, strict=True)):
            progress("pictures", number, len(book.pictures))
            drawn[key] = pictures.add(
                data=data,
                file_name=f"{key}.jpg",
                title=picture.title,
                alt=picture.alt,
                caption=picture.caption,
                credit=picture.credit,
            )
    progress("pictures", len(book.pictures), len(book.pictures))
    return drawn


def _feeds(book: copybook.Copybook, sections: Mapping[str, Section], authors: Mapping[str, Author]) -> None:
    for key, agency in book.agencies.items():
        Feed.objects.create(
            name=key,
            title=agency.name,
            mode=Feed.Mode.PUBLISH if agency is next(iter(book.agencies.values())) else Feed.Mode.DESK,
            section=sections.get("news/world") or next(iter(sections.values())),
            author=authors[agency.author],
            credit=agency.credit,
            language=book.site.language,
        )


def _story(
    book: copybook.Copybook,
    story: copybook.Story,
    written: Mapping[str, Story],
    sections: Mapping[str, Section],
    authors: Mapping[str, Author],
    topics: Mapping[str, Topic],
    drawn: Mapping[str, Picture],
    editor: User,
) -> Story:
    """Write and publish one story as of its own time, with what befell it later."""
    now = clock.now()
    published = story.published(now)
    agency = book.agencies[story.agency] if story.agency else None
    signed = story.authors or ((agency.author,) if agency else ())
    page = stories.create(
        section=Section.objects.get(pk=sections[story.section].pk),
        by=editor,
        title=story.headline,
        kicker=story.kicker,
        short_headline=story.short_headline,
        standfirst=story.standfirst,
        slugline=story.key,
        credit=agency.credit if agency else "",
        dateline=story.dateline,
        language=story.language,
        direction="" if story.direction == "ltr" else story.direction,
        lead_picture=drawn[story.lead.picture] if story.lead else None,
        lead_caption=story.lead.caption if story.lead else "",
        body=_body(story, written, drawn),
        first_published_at=published,
        authors=[authors[key] for key in signed],
        further_sections=[sections[key] for key in story.sections],
        topics=[topics[key] for key in story.topics],
    )
    _as_of(published, now, lambda: stories.publish(story=page, by=editor))
    for note in story.corrections:
        correct = partial(stories.correct, story=page, kind=note.kind, text=note.text, by=editor)
        _as_of(published + timedelta(minutes=note.after), now, correct)
    if story.notice is not None:
        notice = story.notice
        _as_of(
            published + timedelta(minutes=notice.after),
            now,
            lambda: stories.take_down(
                story=page,
                kind="kill" if notice.reason == "killed" else "withhold",
                reason="Part of the demonstration.",
                wording=notice.wording,
                names=notice.names,
                by=Machine("demonstration"),
            ),
        )
    return page


def _as_of(moment: datetime, now: datetime, act: Callable[[], Any]) -> None:
    """Do something with the newsroom's clock set to `moment`, which is not after now."""
    clock.set_offset(min(moment - now, timedelta(0)))
    try:
        act()
    finally:
        clock.set_offset(timedelta(0))


def _link_forward(
    book: copybook.Copybook, written: Mapping[str, Story], drawn: Mapping[str, Picture], editor: User
) -> None:
    """Links to stories that were not written yet when the story was: set them now and publish again."""
    seen: set[str] = set()
    for story in book.stories.values():
        seen.add(story.key)
        if story.notice is None and story.links() - seen:
            page = Story.objects.get(pk=written[story.key].pk)
            with transaction.atomic():
                page.body = _body(story, written, drawn)
                page.save_revision(user=editor).publish(user=editor, skip_permission_checks=True)


def _choose_lead(book: copybook.Copybook, written: Mapping[str, Story], home: Section, editor: User) -> None:
    """Put a story with a picture into the lead of the home front, for three hours."""
    for story in reversed(list(book.stories.values())):
        if story.lead and story.notice is None and story.language == book.site.language and len(story.body) > 6:
            desk.put(section=home, position=1, story=written[story.key], by=editor)
            return


def _html(html: str, written: Mapping[str, Story]) -> str:
    """Links by key as Wagtail stores links to pages; those to stories not yet written stay plain text."""

    def turned(match: re.Match[str]) -> str:
        target = written.get(match.group(1))
        return f'<a linktype="page" id="{target.pk}">' if target else "<a>"

    return _LINK.sub(turned, html)


def _body(story: copybook.Story, written: Mapping[str, Story], drawn: Mapping[str, Picture]) -> list[tuple[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for block in story.body:
        match block:
            case copybook.Paragraph():
                blocks.append({"type": "paragraph", "value": f"<p>{_html(block.html, written)}</p>"})
            case copybook.Heading():
                blocks.append({"type": "heading", "value": block.text})
            case copybook.Quote():
                value = {"text": f"<p>{_html(block.html, written)}</p>", "attribution": block.attribution}
                blocks.append({"type": "quote", "value": value})
            case copybook.PictureBlock():
                blocks.append(
                    {"type": "picture", "value": {"picture": drawn[block.picture].pk, "caption": block.caption}}
                )
            case copybook.Gallery():
                shown = [
                    {"type": "item", "value": {"picture": drawn[each.picture].pk, "caption": each.caption}}
                    for each in block.pictures
                ]
                blocks.append({"type": "gallery", "value": {"title": block.title, "pictures": shown}})
            case copybook.ListBlock():
                items = [{"type": "item", "value": f"<p>{_html(item, written)}</p>"} for item in block.items]
                blocks.append({"type": "list", "value": {"items": items, "ordered": block.ordered}})
            case copybook.FactBox():
                blocks.append({"type": "facts", "value": {"title": block.title, "text": _html(block.html, written)}})
            case copybook.LinkCard():
                target = written.get(block.story) if block.story else None
                if block.story and target is None:
                    continue
                card: dict[str, Any] = {
                    "story": target.pk if target else None,
                    "url": block.url,
                    "title": block.title,
                    "text": block.text,
                }
                blocks.append({"type": "card", "value": card})
    field: Any = Story._meta.get_field("body")
    return field.stream_block.to_python(blocks)  # type: ignore[no-any-return]


def open_wire() -> None:
    """Deliver what is already waiting on the wire list when the newsroom opens."""
    for delivery in deliveries.opening(clock.now()):
        wire.take_in(
            feed=Feed.objects.get(name=delivery.feed),
            data=delivery.data,
            file_name=delivery.file_name,
            transport="demonstration",
        )
