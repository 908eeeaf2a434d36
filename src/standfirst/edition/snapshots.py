"""The frozen records that pages are made of.

A snapshot holds only what may be printed: desk notes, editors' notes (`edNote`) and drafts have no field here, so no
template can leak them. Times are ISO 8601 in UTC ("2026-11-22T08:30:00Z"), days "2026-11-22" in the newsroom's zone,
languages BCP 47, addresses absolute paths ("/news/world/2026/11/22/rivers-rise/"). Rich text is HTML that was cleaned
by `kit.markup` before it got here; a link to one of our own stories is written `<a href="story:12">` and resolved when
the page is printed.

No Django and no Wagtail here: the engine, the pages and their tests run without a database.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that cannot change. Encoded by msgspec in field order, so equal values have equal bytes.

    But for strings that a field has by default, which are left out if they are that very object. Whoever composes gives
    those; what is sent between processes goes as bytes, since a pickle brings other objects.
    """


# --- blocks of a story's body -------------------------------------------------------------------------------------


class Paragraph(Frozen, tag="paragraph"):
    html: str
    """Inline HTML: a, b, strong, i, em, sub, sup, br."""


class Heading(Frozen, tag="heading"):
    text: str


class Quote(Frozen, tag="quote"):
    html: str
    attribution: str = ""


class PictureBlock(Frozen, tag="picture"):
    picture: int
    caption: str = ""
    """Empty: the picture's own."""


class GalleryPicture(Frozen):
    picture: int
    caption: str = ""
    """Empty: the picture's own."""


class Gallery(Frozen, tag="gallery"):
    """Several pictures in a row. All galleries of a story stand together on its page of pictures."""

    pictures: tuple[GalleryPicture, ...]
    title: str = ""


class ListBlock(Frozen, tag="list"):
    items: tuple[str, ...]
    """Inline HTML, one string an item."""
    ordered: bool = False


class FactBox(Frozen, tag="facts"):
    title: str
    html: str
    """Block HTML: p, ul, ol, li and inline."""


class LinkCard(Frozen, tag="card"):
    """A link that stands by itself: to one of our stories (`story`), or elsewhere (`url`, http or https)."""

    title: str = ""
    text: str = ""
    url: str = ""
    story: int | None = None


Block = Paragraph | Heading | Quote | PictureBlock | Gallery | ListBlock | FactBox | LinkCard


# --- records ------------------------------------------------------------------------------------------------------


class Lead(Frozen):
    picture: int
    caption: str = ""
    """Empty: the picture's own."""


class Correction(Frozen):
    """A public note. A `correction` stands at the top of the story, the others at its foot."""

    kind: Literal["correction", "clarification", "update"]
    text: str
    at: str


class Origin(Frozen):
    """Where copy came from, as far as readers are told: schema.org `isBasedOn`."""

    provider: str
    identifier: str = ""


class Notice(Frozen):
    """What a reader is told at the address of a story that was taken down (status 410).

    `wording` is the desk's sentence. With `names` false the page says nothing about the story, not even its headline.
    """

    reason: Literal["killed", "withheld", "unpublished"]
    wording: str = ""
    names: bool = False
    at: str = ""


class Story(Frozen):
    """A story that is live, or that was and has left a notice (`notice`). Stories never published have no snapshot."""

    id: int
    path: str
    former: tuple[str, ...] = ()
    """Addresses it once had; they answer 301 to `path` (410 when it was taken down)."""
    notice: Notice | None = None
    headline: str = ""
    kicker: str = ""
    short_headline: str = ""
    standfirst: str = ""
    byline: str = ""
    """As printed. Empty: the names of `authors`."""
    authors: tuple[int, ...] = ()
    credit: str = ""
    """The agency's credit line, e.g. "AFP"."""
    dateline: str = ""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    section: int = 0
    """Home section."""
    sections: tuple[int, ...] = ()
    """Every section that lists it: home section, further ones, and all of their ancestors."""
    topics: tuple[int, ...] = ()
    """Ascending: a topic that is renamed changes no story."""
    lead: Lead | None = None
    body: tuple[Block, ...] = ()
    corrections: tuple[Correction, ...] = ()
    """Oldest first."""
    origins: tuple[Origin, ...] = ()
    published: str = ""
    refreshed: str = ""
    """Moves only on a marked update or a correction. Equal to `published` until then."""
    day: str = ""
    """The day of its address and of its day page."""
    gallery: bool = False
    """True if it has a page of pictures; of one that was taken down, if it had."""
    sheet: str = ""
    """Which sitemap lists it: "2026-11", "2026-11-2". Stamped once, with the day."""
    onward: Literal["full", "summary", "none"] = "full"
    """How much of it others may be given by feed or API: all; headline and standfirst; nothing."""
    translations: tuple[int, ...] = ()
    """Stories that say the same in other languages, ascending."""


class Section(Frozen):
    """A section and its front. The home front is the section without a parent; its path is "/"."""

    id: int
    path: str
    former: tuple[str, ...] = ()
    """Path prefixes it once had: addresses below them answer 301, by one rule each."""
    name: str = ""
    standfirst: str = ""
    parent: int | None = None
    trail: tuple[int, ...] = ()
    """Ancestors from the home front down to the parent."""
    position: str = ""
    """Sort key among its siblings."""


class Author(Frozen):
    """A person or an agency's desk."""

    id: int
    path: str
    name: str
    former: tuple[str, ...] = ()
    """Addresses that the page once had; they answer 301, and so do those of its feeds."""
    kind: Literal["person", "desk"] = "person"
    role: str = ""
    bio: str = ""
    picture: int | None = None


class Topic(Frozen):
    """What stories are about. It has a page while a live story is about it."""

    id: int
    path: str
    name: str
    former: tuple[str, ...] = ()
    """Addresses that its page once had; they answer 301, and so do those of its feeds."""
    description: str = ""


class Picture(Frozen):
    """A picture as it may be shown. `seal` is the SHA-256 of the original bytes, kept in private storage."""

    id: int
    seal: str
    width: int
    height: int
    alt: str = ""
    caption: str = ""
    """Printed where a story brings none of its own."""
    credit: str = ""
    usable: bool = True
    """False once its rights have expired or it was killed: nothing may show it."""
    tint: int = 0
    """Number of the colour in which its place waits for it (`pictures.tints`), 0 while nobody has looked."""
    onward: bool = True
    """False where its licence, terms or territory bind it to our own pages: feeds and the API leave it out."""
    licence: str = ""
    """The free licence under which others get it, e.g. "CC BY 4.0"."""


class Tips(Frozen):
    """How eyewitnesses reach the newsroom. `whatsapp` is a number with its country's code, e.g. "+234 905 555 0199"."""

    whatsapp: str = ""
    email: str = ""
    handle: str = ""
    """Account and hashtag, as printed."""


class Newsletter(Frozen):
    """Where readers order the newsletter. `line` is what leads there, in the newsroom's language; empty: a phrase."""

    address: str
    line: str = ""


class Site(Frozen):
    """Facts of the newsroom itself. There is one, with id 1."""

    id: int = 1
    name: str = "Standfirst"
    strapline: str = ""
    language: str = "en"
    zone: str = "UTC"
    origin: str = ""
    """Scheme and host of the public site, no trailing slash, e.g. "https://news.example"."""
    home: int = 0
    """Id of the home front's section."""
    about: str = ""
    date_order: str = ""
    """Of "22 November 2026" (day), "November 22, 2026" (month), "2026-11-22" (iso). Empty: as each language has it."""
    clock: str = ""
    """Of 24 or 12 hours, "24" or "12". Empty: as each language has it."""
    digits: str = ""
    """Those of each language's script (own), or 0 to 9 (latin). Empty: as each language has it; in Arabic 0 to 9."""
    errors_to: str = ""
    """E-mail address to which readers report errors."""
    tips: Tips | None = None
    newsletter: Newsletter | None = None
    standards: bool = False
    """True if there is a page about the newsroom."""
    newsroom: str = ""
    """A UUID, the same for ever: what machines call our stories is made from it, since addresses move."""
    terms: str = ""
    """What partners may do with our copy, in the newsroom's words."""


class Standards(Frozen):
    """What the newsroom says of itself in public. There is one, with id 1.

    Texts are plain: paragraphs parted by empty lines, lines that begin with "- " are a list. Named as in schema.org's
    NewsMediaOrganization where that has a name.
    """

    id: int = 1
    legal_name: str = ""
    founded: str = ""
    """A year or a day, ISO 8601."""
    mission: str = ""
    ownership: str = ""
    funding: str = ""
    ethics: str = ""
    corrections: str = ""
    verification: str = ""
    unnamed_sources: str = ""
    machines: str = ""
    diversity: str = ""
    address: str = ""
    telephone: str = ""
    email: str = ""


class Related(Frozen):
    """Derived: stories related to story `id`, best first."""

    id: int
    stories: tuple[int, ...] = ()


class Ranking(Frozen):
    """Derived: the most read stories now, first first. `id` is "top"."""

    id: str
    stories: tuple[int, ...] = ()


class Slots(Frozen):
    """What the desk has decided about the front of section `id`; an end time takes out what it ends."""

    id: int
    stories: tuple[tuple[int, int], ...] = ()
    """(place, story): who was put into which place of the top, the lead being place 1."""
    off: tuple[tuple[int, Literal["top", "front"]], ...] = ()
    """(story, from what): who is kept off the automatic places of the top, or of the whole front."""


class Breaking(Frozen):
    """Derived: the stories that are breaking news, the latest marked first. There is one, with id "site"."""

    id: str
    stories: tuple[int, ...] = ()


class Hot(Frozen):
    """Derived: the page at path `id` is being read now and carries the rails in full."""

    id: str


class Avif(Frozen):
    """Derived: picture `id` is to have copies in AVIF of `widths` pixels; with `made`, readers have all of them."""

    id: int
    of: str
    """What they are made of: a recipe and the seal of an original (`pages.pictures.avif_of`)."""
    widths: tuple[int, ...] = ()
    made: bool = False


class Window(Frozen):
    """Derived: what was first published since then is news. `id` is "news". A tick moves it on."""

    id: str
    since: str


class Epoch(Frozen):
    """Derived: which templates, styles and code print the pages. `id` is "pages"."""

    id: str
    digest: str
    assets: tuple[tuple[str, str], ...] = ()
    """(name, path) of each style sheet and icon, e.g. ("site.css", "/assets/site.3f2a9c11.css")."""
    formats: str = ""
    """Digest of what prints the files that machines read: new looks leave them as they are."""


Record = (
    Story
    | Section
    | Author
    | Topic
    | Picture
    | Site
    | Standards
    | Related
    | Ranking
    | Slots
    | Breaking
    | Hot
    | Avif
    | Window
    | Epoch
)

TYPES: dict[str, type[Frozen]] = {
    "story": Story,
    "section": Section,
    "author": Author,
    "topic": Topic,
    "picture": Picture,
    "site": Site,
    "standards": Standards,
    "related": Related,
    "ranking": Ranking,
    "slots": Slots,
    "breaking": Breaking,
    "hot": Hot,
    "avif": Avif,
    "window": Window,
    "epoch": Epoch,
}
"""Kinds of record, as they are named in change rows and in the ledger."""


# --- projections: the few fields that one page shows of another's record ------------------------------------------


class Card(Frozen):
    """What a list shows of a story."""

    id: int
    path: str
    kicker: str = ""
    headline: str = ""
    standfirst: str = ""
    short_headline: str = ""
    section: int = 0
    picture: int | None = None
    published: str = ""
    refreshed: str = ""
    day: str = ""
    """Of its day page: told by the address, not by the time and today's zone."""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    byline: str = ""
    authors: tuple[int, ...] = ()
    credit: str = ""


def card(story: Story) -> Card | None:
    """The card of a live story, None for one that was taken down."""
    if story.notice is not None:
        return None
    return Card(
        id=story.id,
        path=story.path,
        kicker=story.kicker,
        headline=story.headline,
        short_headline=story.short_headline,
        standfirst=story.standfirst,
        section=story.section,
        picture=story.lead.picture if story.lead else None,
        published=story.published,
        refreshed=story.refreshed,
        day=story.day,
        language=story.language,
        direction=story.direction,
        byline=story.byline,
        authors=story.authors,
        credit=story.credit,
    )


class Line(Frozen):
    """What a compact list (related, Top 3, a rail) shows of a story: kicker and headline, and where it is."""

    id: int
    path: str
    kicker: str = ""
    headline: str = ""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    picture: int | None = None


def line(story: Story) -> Line | None:
    """The line of a live story (short headline where there is one), None for one that was taken down."""
    if story.notice is not None:
        return None
    return Line(
        id=story.id,
        path=story.path,
        kicker=story.kicker,
        headline=story.short_headline or story.headline,
        language=story.language,
        direction=story.direction,
        picture=story.lead.picture if story.lead else None,
    )


class Entry(Frozen):
    """What a feed, a list of the API or the news sitemap tells of a story."""

    id: int
    path: str
    kicker: str = ""
    headline: str = ""
    standfirst: str = ""
    section: int = 0
    topics: tuple[int, ...] = ()
    picture: int | None = None
    published: str = ""
    refreshed: str = ""
    language: str = "en"
    byline: str = ""
    authors: tuple[int, ...] = ()
    credit: str = ""
    dateline: str = ""
    onward: Literal["full", "summary"] = "full"
    agency: bool = False
    """It is known where it came from, so `onward` is that agency's word."""


def entry(story: Story) -> Entry | None:
    """The entry of a live story. None for one that was taken down, or that nobody may be given but our readers."""
    if story.notice is not None or story.onward == "none":
        return None
    return Entry(
        id=story.id,
        path=story.path,
        kicker=story.kicker,
        headline=story.headline,
        standfirst=story.standfirst,
        section=story.section,
        topics=story.topics,
        picture=story.lead.picture if story.lead else None,
        published=story.published,
        refreshed=story.refreshed,
        language=story.language,
        byline=story.byline,
        authors=story.authors,
        credit=story.credit,
        dateline=story.dateline,
        onward=story.onward,
        agency=bool(story.origins),
    )


class Stamp(Frozen):
    """What a sitemap tells of a story: where it is, and when it last changed by mark."""

    path: str
    at: str


def stamp(story: Story) -> Stamp | None:
    """The stamp of a live story, None for one that was taken down."""
    return Stamp(path=story.path, at=story.refreshed or story.published) if story.notice is None else None


class Tongue(Frozen):
    """What a story tells of its translation."""

    path: str
    language: str


def tongue(story: Story) -> Tongue | None:
    """Where a live story is and what it speaks; None for one that was taken down."""
    return Tongue(path=story.path, language=story.language) if story.notice is None else None


def link(story: Story) -> str | None:
    """Where a live story is; None when it may not be linked to."""
    return story.path if story.notice is None else None


class Errata(Frozen):
    """What a list of corrections shows of a story: its public notes, or that it was withdrawn."""

    id: int
    path: str
    kicker: str = ""
    headline: str = ""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    corrections: tuple[Correction, ...] = ()
    """Oldest first."""
    notice: Notice | None = None


def errata(story: Story) -> Errata | None:
    """What was corrected in a story, or that it was killed; None if neither. A notice that names nothing is none."""
    notes = () if story.notice else tuple(note for note in story.corrections if note.kind != "update")
    told = story.notice if story.notice and story.notice.names and story.notice.reason == "killed" else None
    if not notes and told is None:
        return None
    return Errata(
        id=story.id,
        path=story.path,
        kicker=story.kicker,
        headline=story.headline,
        language=story.language,
        direction=story.direction,
        corrections=notes,
        notice=told,
    )


def erred(story: Story) -> str:
    """When a story was last corrected or was killed (ISO 8601); empty if it is not in the list of corrections."""
    found = errata(story)
    if found is None:
        return ""
    return found.notice.at if found.notice else max(note.at for note in found.corrections)


class Album(Frozen):
    """What a story's page of pictures shows of it: the pictures of all its galleries, and where they are from."""

    id: int
    path: str
    """Of the story."""
    notice: Notice | None = None
    headline: str = ""
    kicker: str = ""
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    section: int = 0
    pictures: tuple[GalleryPicture, ...] = ()


def album(story: Story) -> Album | None:
    """The album of a story that has a gallery, or had one when it was taken down; None for others."""
    if not story.gallery:
        return None
    return Album(
        id=story.id,
        path=story.path,
        notice=story.notice,
        headline=story.headline,
        kicker=story.kicker,
        language=story.language,
        direction=story.direction,
        section=story.section,
        pictures=gallery_pictures(story),
    )


def gallery_pictures(story: Story) -> tuple[GalleryPicture, ...]:
    """The pictures of all galleries of a story, in their order."""
    return tuple(each for block in story.body if isinstance(block, Gallery) for each in block.pictures)


class Crumb(Frozen):
    """What a breadcrumb or a menu shows of a section."""

    id: int
    path: str
    name: str
    trail: tuple[int, ...] = ()


def crumb(section: Section) -> Crumb:
    """The breadcrumb of a section."""
    return Crumb(id=section.id, path=section.path, name=section.name, trail=section.trail)


class Signature(Frozen):
    """What a byline shows of an author."""

    id: int
    path: str
    name: str
    kind: Literal["person", "desk"] = "person"


def signature(author: Author) -> Signature:
    """The signature of an author."""
    return Signature(id=author.id, path=author.path, name=author.name, kind=author.kind)


class Tag(Frozen):
    """What a story, a feed or a list of topics shows of a topic."""

    id: int
    path: str
    name: str


def tag(topic: Topic) -> Tag:
    """The tag of a topic."""
    return Tag(id=topic.id, path=topic.path, name=topic.name)
