"""Composes snapshots from the newsroom's database. Nothing above this module asks that database what to print.

A snapshot is composed from what is *live*: Wagtail keeps drafts in revisions, so the fields of a live page's row are
its published ones. Kills, withholdings and embargoes are asked for again here, whatever the page's own row says: this
is the last wall before paper.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.conf import settings
from django.db.models import F, QuerySet

from standfirst.archive import models as archive
from standfirst.changes.statements import by_ids
from standfirst.desk.models import BreakingNews, FrontSlot, KeptOff
from standfirst.edition.snapshots import (
    Author,
    Avif,
    Block,
    Breaking,
    Card,
    Correction,
    FactBox,
    Gallery,
    GalleryPicture,
    Heading,
    Hot,
    Lead,
    LinkCard,
    ListBlock,
    Newsletter,
    Notice,
    Origin,
    Paragraph,
    Picture,
    PictureBlock,
    Quote,
    Ranking,
    Record,
    Related,
    Section,
    Site,
    Slots,
    Standards,
    Story,
    Tips,
    Topic,
    Window,
)
from standfirst.kit import clock, markup
from standfirst.library import actions as library
from standfirst.pictures import models as pictures
from standfirst.readership import actions as readership
from standfirst.stories import models as stories
from standfirst.wire import onward as wire

CHUNK = 500
"""How many records are composed with one set of queries."""


def compose(kind: str, ref: str) -> Record | None:
    """The snapshot of one record as the database has it now; None if readers may know nothing of it."""
    return compose_many(kind, [ref]).get(ref)


def compose_many(kind: str, refs: Sequence[str]) -> dict[str, Record]:
    """Snapshots of several records of one kind, with a fixed number of queries; those that do not exist left out."""
    return _COMPOSERS[kind](refs)


def compose_cards(ids: Sequence[int]) -> list[Card]:
    """The cards that stories have as they are now; of those that readers may not see, none.

    The same as the cards of their snapshots, for a third of the questions, and without texts, which are most of the
    work of composing.
    """
    publications = {row.story_id: row for row in _publications(ids)}
    published = list(publications)
    takedowns, embargoed = _forbidden(published)
    addresses = {address.story_id: address for address in _addresses(published) if address.current}
    authors: dict[int, dict[int, None]] = defaultdict(dict)
    for story, author in _signed(published):
        authors[story][author] = None
    cards = []
    for row in _rows_without_text(published):
        address = addresses.get(row.pk)
        if address is None or not row.live or row.pk in takedowns or row.pk in embargoed:
            continue
        cards.append(
            Card(
                id=row.pk,
                path=address.path,
                **{name: value for name, value in _fields(row).items() if name != "dateline"},
                section=address.section_id,
                picture=row.lead_picture_id,
                authors=tuple(authors[row.pk]),
                published=clock.iso(publications[row.pk].first),
                refreshed=clock.iso(publications[row.pk].refreshed),
                day=address.day.isoformat(),
            )
        )
    return cards


def refs_of(kind: str) -> Iterator[str]:
    """Every ref of `kind` that may have a snapshot, in a steady order and bounded memory."""
    yield from _REFS[kind]()


def dependents(kind: str, ref: str, cause: str) -> Iterator[tuple[str, str]]:
    """Other records that a change may have altered: stories of a section that moved, of a feed whose copy may be passed
    on otherwise, or of a run of imported ones.

    May be gone through as slowly as one likes: no query stays open between two of them. On SQLite an open one keeps the
    connection at what it saw when it began, and once anybody else has written, the connection may not write any more.
    """
    if kind == "section" and cause == "moved":
        of_section = stories.Address.objects.filter(section_id=int(ref)).order_by("story_id")
        for story_id in of_section.values_list("story_id", flat=True).distinct():
            yield "story", str(story_id)
        # Stories that are listed here from elsewhere carry the section's ancestors.
        further = stories.Story.further_sections.through.objects.filter(section_id=int(ref)).order_by("story_id")
        for story_id in further.values_list("story_id", flat=True):
            yield "story", str(story_id)
    elif kind == wire.FEED:
        for story_id in wire.stories_of_feed(int(ref)):
            yield "story", str(story_id)
    elif kind == archive.RANGE:
        for story_id in archive.Imported.objects.within(ref).order_by("story_id").values_list("story_id", flat=True):
            yield "story", str(story_id)
            yield "related", str(story_id)


# --- stories ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a section is: its id, current path, and the ids of its ancestors from the home front down."""

    id: int
    tree_path: str
    path: str
    trail: tuple[int, ...]


@by_ids
def _placed(ids: Sequence[int]) -> QuerySet[Any, tuple[int, str]]:
    # By number, and put in order there: otherwise SQLite may go through all pages by their paths to find these few.
    rows = stories.Section.objects.filter(pk__in=ids).order_by()
    placed: QuerySet[Any, tuple[int, str]] = rows.values_list("pk", "path")
    return placed


def _places() -> dict[str, _Place]:
    """Every section by its place in the tree. Sections are few: they are read at once."""
    paths = dict(stories.SectionPath.objects.filter(current=True).values_list("section_id", "path"))
    found: dict[str, _Place] = {}
    step = stories.Section.steplen
    for pk, tree_path in sorted(_placed(list(paths)), key=lambda row: row[1]):
        above = found.get(tree_path[:-step])
        trail = (*above.trail, above.id) if above else ()
        found[tree_path] = _Place(pk, tree_path, paths.get(pk, ""), trail)
    return found


@by_ids
def _publications(ids: Sequence[int]) -> QuerySet[stories.Publication]:
    return stories.Publication.objects.filter(story_id__in=ids)


@by_ids
def _takedowns(ids: Sequence[int]) -> QuerySet[stories.Takedown]:
    return stories.Takedown.objects.standing().filter(story_id__in=ids).order_by("id")


@by_ids
def _addresses(ids: Sequence[int]) -> QuerySet[stories.Address]:
    given = stories.Address.objects.filter(story_id__in=ids).select_related("section_path")
    return given.order_by("-current", "-since", "-id")


@by_ids
def _former_addresses(ids: Sequence[int]) -> QuerySet[Any, tuple[int, str]]:
    return stories.FormerAddress.objects.filter(story_id__in=ids).values_list("story_id", "path")


@by_ids
def _rows(ids: Sequence[int]) -> QuerySet[stories.Story]:
    rows: QuerySet[stories.Story] = stories.Story.objects.filter(pk__in=ids)
    return rows


@by_ids
def _rows_without_text(ids: Sequence[int]) -> QuerySet[stories.Story]:
    rows: QuerySet[stories.Story] = stories.Story.objects.filter(pk__in=ids).defer("body")
    return rows


@by_ids
def _signed(ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    rows = stories.StoryAuthor.objects.filter(story_id__in=ids).order_by("story_id", "sort_order", "id")
    pairs: QuerySet[Any, tuple[int, int]] = rows.values_list("story_id", "author_id")
    return pairs


@by_ids
def _further_sections(ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    rows = stories.Story.further_sections.through.objects.filter(story_id__in=ids)
    pairs: QuerySet[Any, tuple[int, int]] = rows.values_list("story_id", "section_id")
    return pairs


@by_ids
def _about(ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    rows = stories.Story.topics.through.objects.filter(story_id__in=ids).order_by("story_id", "topic_id")
    pairs: QuerySet[Any, tuple[int, int]] = rows.values_list("story_id", "topic_id")
    return pairs


@by_ids
def _corrections(ids: Sequence[int]) -> QuerySet[stories.Correction]:
    return stories.Correction.objects.filter(story_id__in=ids).order_by("at", "id")


@by_ids
def _origins(ids: Sequence[int]) -> QuerySet[stories.Origin]:
    return stories.Origin.objects.filter(story_id__in=ids).order_by("id")


def _forbidden(ids: Sequence[int]) -> tuple[dict[int, stories.Takedown], set[int]]:
    """The orders by which stories are taken down, a kill before all others; and which stories are embargoed."""
    takedowns: dict[int, stories.Takedown] = {}
    for takedown in _takedowns(ids):
        known = takedowns.get(takedown.story_id)
        if known is None or takedown.kind == stories.Takedown.Kind.KILL:
            takedowns[takedown.story_id] = takedown
    embargoes = stories.Embargo.objects.standing(clock.now()).filter(story_id__in=ids)
    return takedowns, set(embargoes.values_list("story_id", flat=True))


def _stories(refs: Sequence[str]) -> dict[str, Record]:
    ids = [int(ref) for ref in refs]
    publications = {row.story_id: row for row in _publications(ids)}
    if not publications:
        return {}
    ids = list(publications)
    places = _places()
    by_id = {place.id: place for place in places.values()}
    takedowns, embargoed = _forbidden(ids)
    addresses: dict[int, list[stories.Address]] = defaultdict(list)
    for address in _addresses(ids):
        addresses[address.story_id].append(address)
    elsewhere: dict[int, set[str]] = defaultdict(set)
    for story, path in _former_addresses(ids):
        elsewhere[story].add(path)
    rows = {row.pk: row for row in _rows(ids)}
    live = [pk for pk, row in rows.items() if row.live and pk not in takedowns and pk not in embargoed]
    extras = _Extras(live)

    composed: dict[str, Record] = {}
    for pk in ids:
        row, own = rows.get(pk), addresses.get(pk)
        if row is None or not own or not own[0].current:
            continue
        common: dict[str, Any] = {
            "id": pk,
            "path": own[0].path,
            "former": tuple(sorted(({address.path for address in own[1:]} | elsewhere[pk]) - {own[0].path})),
        }
        place = places.get(row.path[: -stories.Story.steplen])
        if pk in takedowns or pk in embargoed or not row.live or place is None:
            composed[str(pk)] = _taken_down(row, takedowns.get(pk), common)
            continue
        publication = publications[pk]
        body = _body(row)
        composed[str(pk)] = Story(
            **common,
            **_fields(row),
            authors=tuple(extras.authors[pk]),
            section=place.id,
            sections=_listed_in(place, extras.further[pk], by_id),
            topics=tuple(extras.topics[pk]),
            lead=_lead(row),
            body=body,
            corrections=tuple(extras.corrections[pk]),
            origins=tuple(extras.origins[pk]),
            published=clock.iso(publication.first),
            refreshed=clock.iso(publication.refreshed),
            day=own[0].day.isoformat(),
            gallery=_has_gallery(body),
            sheet=_sheet(own[0], publication),
            onward=_onward(row, extras.policies[pk]),
            translations=tuple(extras.translations[pk]),
        )
    return composed


def _sheet(address: stories.Address, publication: stories.Publication) -> str:
    """The sitemap that lists a story: of its month, and of so many of that as it was published in."""
    number = publication.number // stories.Publication.SHEET
    return f"{address.day:%Y-%m}" + (f"-{number + 1}" if number else "")


def _onward(row: stories.Story, policies: Collection[str]) -> Literal["full", "summary", "none"]:
    """How much of a story others may be given: what the strictest of its agencies allows. Agency copy of which nobody
    knows how it came here is told by its credit."""
    # Always the same three strings, as with directions.
    if "none" in policies:
        return "none"
    if "summary" in policies or (row.credit and not policies):
        return "summary"
    return "full"


def _direction(row: stories.Story) -> Literal["ltr", "rtl"]:
    # Always the same two strings: a default is told, and left out of the bytes, by its identity.
    return "rtl" if row.runs == "rtl" else "ltr"


def _fields(row: stories.Story) -> dict[str, Any]:
    """What a snapshot takes from a story's own fields as they are."""
    return {
        "headline": row.title,
        "kicker": row.kicker,
        "short_headline": row.short_headline,
        "standfirst": row.standfirst,
        "byline": row.byline,
        "credit": row.credit,
        "dateline": row.dateline,
        "language": row.language,
        "direction": _direction(row),
    }


def _lead(row: stories.Story) -> Lead | None:
    return Lead(picture=row.lead_picture_id, caption=row.lead_caption) if row.lead_picture_id else None


def _listed_in(place: _Place, further: Iterable[int], by_id: Mapping[int, _Place]) -> tuple[int, ...]:
    """Every section that lists a story: its home section, further ones, and the ancestors of all."""
    listed = {place.id, *place.trail}
    for section in further:
        if section in by_id:
            listed |= {section, *by_id[section].trail}
    return tuple(sorted(listed))


def draft(story: stories.Story) -> Story:
    """The snapshot that a draft would have if it were published now; for previews only. Nothing is written."""
    places = _places()
    by_id = {place.id: place for place in places.values()}
    place = places.get(story.path[: -stories.Story.steplen]) if story.path else None
    if place is None:
        parent = story.get_parent() if story.path or story.pk else None
        place = by_id.get(parent.pk if parent else 0) or next(iter(by_id.values()))
    publication = stories.Publication.objects.filter(story_id=story.pk).first() if story.pk else None
    address = stories.Address.objects.current().filter(story_id=story.pk).first() if story.pk else None
    now = clock.now()
    extras = _Extras([story.pk] if story.pk else [])
    body = _body(story)
    return Story(
        id=story.pk or 0,
        path=address.path if address else f"{place.path}preview/",
        **_fields(story),
        authors=tuple(dict.fromkeys(row.author_id for row in story.bylines.all() if row.author_id)),
        section=place.id,
        sections=_listed_in(place, [section.pk for section in story.further_sections.all()], by_id),
        topics=tuple(sorted(topic.pk for topic in story.topics.all())),
        lead=_lead(story),
        body=body,
        corrections=tuple(extras.corrections[story.pk]) if story.pk else (),
        origins=tuple(extras.origins[story.pk]) if story.pk else (),
        published=clock.iso(publication.first if publication else now),
        refreshed=clock.iso(publication.refreshed if publication else now),
        day=(address.day if address else clock.day_of(now, stories.SiteFacts.current().zone)).isoformat(),
        gallery=_has_gallery(body),
        onward=_onward(story, extras.policies[story.pk] if story.pk else ()),
        translations=tuple(extras.translations[story.pk]) if story.pk else (),
    )


def _taken_down(row: stories.Story, takedown: stories.Takedown | None, common: dict[str, Any]) -> Story:
    """What is left of a story that is not live: a notice, and its headline only if the desk allowed that."""
    # Its page of pictures had an address, which answers as the story's does.
    common = {**common, "gallery": _had_gallery(row)}
    if takedown is None:
        return Story(**common, notice=Notice(reason="unpublished"))
    reason: Literal["killed", "withheld"] = "killed" if takedown.kind == stories.Takedown.Kind.KILL else "withheld"
    notice = Notice(reason=reason, wording=takedown.wording, names=takedown.names, at=clock.iso(takedown.at))
    if not takedown.names:
        return Story(**common, notice=notice)
    return Story(
        **common,
        notice=notice,
        headline=row.title,
        kicker=row.kicker,
        language=row.language,
        direction=_direction(row),
    )


class _Extras:
    """What belongs to stories and is kept in tables beside them, read at once for a chunk of stories."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.authors: dict[int, list[int]] = defaultdict(list)
        for story, author in _signed(ids):
            if author not in self.authors[story]:
                self.authors[story].append(author)
        self.further: dict[int, list[int]] = defaultdict(list)
        for story, section in _further_sections(ids):
            self.further[story].append(section)
        self.topics: dict[int, list[int]] = defaultdict(list)
        for story, topic in _about(ids):
            self.topics[story].append(topic)
        self.corrections: dict[int, list[Correction]] = defaultdict(list)
        for note in _corrections(ids):
            kind = cast(Literal["correction", "clarification", "update"], note.kind)
            self.corrections[note.story_id].append(Correction(kind=kind, text=note.text, at=clock.iso(note.at)))
        self.translations = stories.Translation.objects.of(ids)
        self.policies: dict[int, set[str]] = defaultdict(set)
        self.origins: dict[int, list[Origin]] = defaultdict(list)
        for row in _origins(ids):
            self.policies[row.story_id].add(row.may_go_onward())
            origin = Origin(provider=row.provider, identifier=row.item_id)
            if origin not in self.origins[row.story_id]:
                self.origins[row.story_id].append(origin)


# --- the body -----------------------------------------------------------------------------------------------------

_PARAGRAPHS = re.compile(r"<p\b[^>]*>([^<]*(?:<(?!/p>)[^<]*)*)</p>")
_LINK = re.compile(r"<a\b([^>]*)>")
_LINK_TYPE = re.compile(r'\blinktype="([a-z]+)"')
_LINK_ID = re.compile(r'\bid="(\d+)"')


def _linked(html: str) -> str:
    """Wagtail's stored links to pages as `story:12`; links to private files lose their target."""

    def turned(match: re.Match[str]) -> str:
        attributes = match.group(1)
        linktype = _LINK_TYPE.search(attributes)
        if linktype is None:
            return match.group(0)
        target = _LINK_ID.search(attributes)
        return f'<a href="story:{target.group(1)}">' if linktype.group(1) == "page" and target else "<a>"

    return _LINK.sub(turned, html) if "<a" in html else html


def _inline(html: str) -> str:
    return markup.clean_inline(_linked(html))


def _paragraphs(value: str) -> Iterator[Block]:
    found = False
    for match in _PARAGRAPHS.finditer(value):
        found = True
        if html := _inline(match.group(1)).strip():
            yield Paragraph(html=html)
    if not found and (html := _inline(value).strip()):
        yield Paragraph(html=html)


def _joined(value: str) -> str:
    """Rich text that stands in one piece: its paragraphs parted by line breaks."""
    parts = [_inline(part).strip() for part in _PARAGRAPHS.findall(value)] or [_inline(value).strip()]
    return "<br>".join(part for part in parts if part)


def _had_gallery(row: stories.Story) -> bool:
    """True if a story that was taken down has a gallery. Its text is not read: a kill must not fail on odd text."""
    return any(isinstance(stored, dict) and stored.get("type") == "gallery" for stored in row.body.raw_data)


def _has_gallery(body: Iterable[Block]) -> bool:
    return any(isinstance(block, Gallery) for block in body)


_HALF = re.compile("[\ud800-\udfff]")


def _whole(value: Any) -> Any:
    """Stored JSON with U+FFFD for halves of characters: JSON can hold half an emoji, and no page can."""
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                return _HALF.sub("\ufffd", value)
        case dict():
            return {name: _whole(part) for name, part in value.items()}
        case list():
            return [_whole(part) for part in value]
    return value


def _body(row: stories.Story) -> tuple[Block, ...]:
    blocks: list[Block] = []
    # raw_data: the stored JSON. Building Wagtail's block values would cost more than all else here together.
    for stored in row.body.raw_data:
        value = _whole(stored["value"])
        match stored["type"]:
            case "paragraph":
                blocks.extend(_paragraphs(value))
            case "heading":
                if value.strip():
                    blocks.append(Heading(text=value.strip()))
            case "quote":
                if html := _joined(value.get("text", "")):
                    blocks.append(Quote(html=html, attribution=value.get("attribution") or ""))
            case "picture":
                if picture := value.get("picture"):
                    blocks.append(PictureBlock(picture=int(picture), caption=value.get("caption") or ""))
            case "gallery":
                items = [item["value"] for item in value.get("pictures") or [] if isinstance(item, dict)]
                if shown := tuple(
                    GalleryPicture(picture=int(item["picture"]), caption=item.get("caption") or "")
                    for item in items
                    if item.get("picture")
                ):
                    blocks.append(Gallery(pictures=shown, title=value.get("title") or ""))
            case "list":
                # Items are stored as {"type": "item", "value": ...}; bare strings come from older data.
                raw = [item["value"] if isinstance(item, dict) else item for item in value.get("items", [])]
                if entries := tuple(html for html in map(_joined, raw) if html):
                    blocks.append(ListBlock(items=entries, ordered=bool(value.get("ordered"))))
            case "facts":
                blocks.append(
                    FactBox(title=value.get("title", ""), html=markup.clean_blocks(_linked(value.get("text", ""))))
                )
            case "card":
                story, url = value.get("story"), value.get("url") or ""
                if story or url.startswith(("http://", "https://")):
                    blocks.append(
                        LinkCard(
                            title=value.get("title") or "",
                            text=value.get("text") or "",
                            url="" if story else url,
                            story=int(story) if story else None,
                        )
                    )
    return tuple(blocks)


# --- everything else ----------------------------------------------------------------------------------------------


def _sections(refs: Sequence[str]) -> dict[str, Record]:
    places = {place.id: place for place in _places().values()}
    former: dict[int, list[str]] = defaultdict(list)
    for section, path in stories.SectionPath.objects.filter(current=False).values_list("section_id", "path"):
        former[section].append(path)
    composed: dict[str, Record] = {}
    for row in stories.Section.objects.filter(pk__in=[int(ref) for ref in refs], live=True):
        place = places[row.pk]
        if not place.path:
            continue
        composed[str(row.pk)] = Section(
            id=row.pk,
            path=place.path,
            former=tuple(sorted(former[row.pk])),
            name=row.title,
            standfirst=row.standfirst,
            parent=place.trail[-1] if place.trail else None,
            trail=place.trail,
            position=place.tree_path,
        )
    return composed


@by_ids
def _author_rows(ids: Sequence[int]) -> QuerySet[stories.Author]:
    return stories.Author.objects.filter(pk__in=ids)


@by_ids
def _author_slugs(ids: Sequence[int]) -> QuerySet[Any, tuple[int, str]]:
    return stories.AuthorSlug.objects.filter(author_id__in=ids).values_list("author_id", "slug")


@by_ids
def _topic_rows(ids: Sequence[int]) -> QuerySet[stories.Topic]:
    return stories.Topic.objects.filter(pk__in=ids)


@by_ids
def _topic_slugs(ids: Sequence[int]) -> QuerySet[Any, tuple[int, str]]:
    return stories.TopicSlug.objects.filter(topic_id__in=ids).values_list("topic_id", "slug")


def _authors(refs: Sequence[str]) -> dict[str, Record]:
    ids = [int(ref) for ref in refs]
    slugs: dict[int, list[str]] = defaultdict(list)
    for author, slug in _author_slugs(ids):
        slugs[author].append(slug)
    return {
        str(row.pk): Author(
            id=row.pk,
            path=row.path,
            name=row.name,
            former=_former(row, slugs[row.pk]),
            kind="desk" if row.kind == stories.Author.Kind.DESK else "person",
            role=row.role,
            bio=row.bio,
            picture=row.picture_id,
        )
        for row in _author_rows(ids)
    }


def _topics(refs: Sequence[str]) -> dict[str, Record]:
    ids = [int(ref) for ref in refs]
    slugs: dict[int, list[str]] = defaultdict(list)
    for topic, slug in _topic_slugs(ids):
        slugs[topic].append(slug)
    return {
        str(row.pk): Topic(
            id=row.pk,
            path=row.path,
            name=row.name,
            former=_former(row, slugs[row.pk]),
            description=row.description,
        )
        for row in _topic_rows(ids)
    }


def _former(row: stories.Author | stories.Topic, slugs: Iterable[str]) -> tuple[str, ...]:
    """Paths under which an author or a topic stood once."""
    return tuple(sorted(row.path_of(slug) for slug in slugs if slug != row.slug))


def _pictures(refs: Sequence[str]) -> dict[str, Record]:
    now = clock.now()
    return {
        str(row.pk): Picture(
            id=row.pk,
            seal=row.seal,
            width=row.width,
            height=row.height,
            alt=row.alt,
            caption=row.caption,
            credit=row.credit,
            usable=bool(row.seal) and row.usable(now),
            tint=row.tint or 0,
            onward=row.may_go_onward(),
            licence=row.licence.strip() if row.may_go_onward() else "",
        )
        for row in pictures.Picture.objects.filter(pk__in=[int(ref) for ref in refs])
    }


def _site(refs: Sequence[str]) -> dict[str, Record]:
    facts = stories.SiteFacts.objects.filter(pk=1).first()
    home = stories.Section.objects.filter(depth=2, live=True).order_by("path").values_list("pk", flat=True).first()
    if facts is None or home is None:
        return {}
    said = stories.Standards.current()
    return {
        "1": Site(
            name=facts.name,
            strapline=facts.strapline,
            language=facts.language,
            zone=facts.zone,
            origin=facts.origin or settings.STANDFIRST.origin,
            home=home,
            about=facts.about,
            date_order=facts.date_order,
            clock=facts.clock,
            digits=facts.digits,
            errors_to=said.errors_to,
            tips=Tips(whatsapp=said.tips_whatsapp, email=said.tips_email, handle=said.tips_handle)
            if said.tips_whatsapp or said.tips_email or said.tips_handle
            else None,
            newsletter=Newsletter(address=said.newsletter, line=said.newsletter_line) if said.newsletter else None,
            standards="1" in _standards(refs),
            newsroom=str(facts.newsroom_id),
            terms=facts.terms,
        )
    }


_SAID = tuple(name for name in Standards.__struct_fields__ if name != "id")


def _standards(refs: Sequence[str]) -> dict[str, Record]:
    said = stories.Standards.current()
    found = {name: text for name in _SAID if (text := getattr(said, name))}
    return {"1": Standards(**found)} if found else {}


def _related(refs: Sequence[str]) -> dict[str, Record]:
    lists = library.related_many([int(ref) for ref in refs])
    return {str(pk): Related(id=pk, stories=others) for pk, others in lists.items()}


def _rankings(refs: Sequence[str]) -> dict[str, Record]:
    rankings = {ref: readership.ranking(ref) for ref in refs}
    return {ref: Ranking(id=ref, stories=ids) for ref, ids in rankings.items() if ids}


def _slots(refs: Sequence[str]) -> dict[str, Record]:
    """Rows as they are: what has had its time is taken out by its tick, not by whoever looks."""
    ids = [int(ref) for ref in refs]
    put: dict[int, list[tuple[int, int]]] = defaultdict(list)
    slots = FrontSlot.objects.filter(section_id__in=ids).order_by("position")
    for section, position, story in slots.values_list("section_id", "position", "story_id"):
        put[section].append((position, story))
    off: dict[int, list[tuple[int, Literal["top", "front"]]]] = defaultdict(list)
    kept = KeptOff.objects.filter(section_id__in=ids).order_by("story_id")
    for section, story, reach in kept.values_list("section_id", "story_id", "reach"):
        off[section].append((story, "front" if reach == KeptOff.Reach.FRONT else "top"))
    return {str(id): Slots(id=id, stories=tuple(put[id]), off=tuple(off[id])) for id in ids if id in put or id in off}


def _breaking(refs: Sequence[str]) -> dict[str, Record]:
    marked = tuple(BreakingNews.objects.values_list("story_id", flat=True))
    return {"site": Breaking(id="site", stories=marked)} if marked and "site" in refs else {}


def _windows(refs: Sequence[str]) -> dict[str, Record]:
    return {
        row.name: Window(id=row.name, since=clock.iso(row.since))
        for row in stories.NewsWindow.objects.filter(name__in=refs)
    }


def _hot(refs: Sequence[str]) -> dict[str, Record]:
    hot = readership.hot_paths()
    return {ref: Hot(id=ref) for ref in refs if ref in hot}


def _avifs(refs: Sequence[str]) -> dict[str, Record]:
    asked = pictures.AvifCopies.objects.filter(picture__in=[int(ref) for ref in refs])
    asked = asked.exclude(state=pictures.AvifCopies.State.FAILED)
    return {
        str(row.picture_id): Avif(
            id=row.picture_id,
            of=row.of,
            widths=tuple(map(int, row.widths.split(","))),
            made=row.state == pictures.AvifCopies.State.MADE,
        )
        for row in asked
    }


_COMPOSERS: dict[str, Callable[[Sequence[str]], dict[str, Record]]] = {
    "story": _stories,
    "section": _sections,
    "author": _authors,
    "topic": _topics,
    "picture": _pictures,
    "site": _site,
    "standards": _standards,
    "related": _related,
    "ranking": _rankings,
    "slots": _slots,
    "breaking": _breaking,
    "hot": _hot,
    "avif": _avifs,
    "window": _windows,
}


def _ids(model: Any, field: str = "pk") -> Callable[[], Iterator[str]]:
    # Keyset pages, not one open cursor: a full bake may take minutes, and SQLite's WAL cannot be cut while it reads.
    def walk() -> Iterator[str]:
        last = 0
        while True:
            found = list(
                model.objects.filter(**{f"{field}__gt": last})
                .order_by(field)
                .annotate(ref=F(field))
                .values_list("ref", flat=True)
                .distinct()[:CHUNK]
            )
            if not found:
                return
            yield from (str(pk) for pk in found)
            last = found[-1]

    return walk


_REFS: dict[str, Callable[[], Iterator[str]]] = {
    "site": lambda: iter(["1"]),
    "standards": lambda: iter(["1"]),
    "section": _ids(stories.Section),
    "author": _ids(stories.Author),
    "topic": _ids(stories.Topic),
    "picture": _ids(pictures.Picture),
    "story": _ids(stories.Publication, "story_id"),
    "related": _ids(stories.Publication, "story_id"),
    "ranking": lambda: iter(["top"]),
    "slots": _ids(stories.Section),
    "breaking": lambda: iter(["site"]),
    "hot": lambda: iter(readership.hot_paths()),
    "avif": _ids(pictures.AvifCopies, "picture_id"),
    "window": lambda: iter(stories.NewsWindow.objects.values_list("name", flat=True)),
}

KINDS = tuple(_REFS)
"""Kinds of record that are composed here."""
