"""RSS 2.0 (and 0.9x), RSS 1.0 (RDF) and Atom, with Media RSS, Dublin Core and `content:encoded`.

A feed that is well-formed, or that a few safe repairs make so (a wrong or missing character set, undeclared prefixes,
HTML's named entities, control characters), is mapped from its XML here, so that as many items come out as went in.
Only what stays broken goes to feedparser, which is imported when it is needed.

A feed knows no embargo, no kill and no correction: every item is usable. An item that is no longer in a feed is not
killed; `Parsed.listing` tells what is in it, so that somebody can be told what left it. A changed item has the same
identity and, if the feed is honest, a later date.
"""

from __future__ import annotations

import codecs
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

from lxml import etree

from standfirst.kit import markup, xml
from standfirst.kit.digests import seal
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    Parsed,
    Profile,
    Unreadable,
    blocks_of,
    body_from,
    check_size,
    domain_in,
    has_markup,
    has_zone,
    language_of,
    line,
    microseconds,
    moment,
    resolved,
    unique,
    whole_number,
    with_absolute_links,
)
from standfirst.wire.item import Association, Concept, Headline, Item, ItemType, Link, Oddity, Rendition

NAME: Final = "feed"

_PREFIXES: Final = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "georss": "http://www.georss.org/georss",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
_PREFIX_OF: Final = {
    **{namespace: prefix for prefix, namespace in _PREFIXES.items()},
    "http://search.yahoo.com/mrss": "media",
    "http://www.rssboard.org/media-rss": "media",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
}
_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(rss|RDF|feed|entry|channel)(?=[\s>/])", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is RSS, RDF or Atom."""
    text = xml.head_text(head).removeprefix("ï»¿")
    return bool(_ROOT.match(text, xml.root_at(text)))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a feed, in its order. A feed without items is no error. Raises `Unreadable` if it is no feed."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    text = _decode(data, odd)
    try:
        xml.guard(text.encode("utf-8", "replace"))
        feed = _from_xml(text, odd)
    except xml.Unsafe as error:
        raise Unreadable(f"This feed is refused because {error}: ask for a feed without them.") from None
    if feed is None:
        feed = _from_feedparser(text, odd)
    if len(feed.entries) > profile.limits.items:
        raise Unreadable(f"The feed holds more than {profile.limits.items:,} items: ask for a shorter one.")
    sealed = seal(data)
    profile = profile.speaking(domain_in(feed.link).removeprefix("www."))
    _tell_twins(feed.entries)
    items = tuple(_item(entry, feed, profile, sealed) for entry in feed.entries)
    if not items:
        odd.append(Oddity(code="no-items", text="The feed holds no items now."))
    for reference in feed.deleted[:100]:
        said = f"The feed says that its item {reference[:200]} was deleted: look whether it is in use."
        odd.append(Oddity(code="deleted-entry", text=said))
    whole = not any(oddity.code == "not-well-formed" for oddity in odd)
    listing = tuple(item.item_id for item in items) if whole else None
    return Parsed(items=items, oddities=tuple(odd), format=NAME, listing=listing)


def _tell_twins(entries: list[_Entry]) -> None:
    """Different items under one id would replace each other: a person must look at all of them."""
    addresses: dict[str, set[str]] = {}
    for entry in entries:
        if entry.id:
            addresses.setdefault(entry.id, set()).add(entry.link or entry.title)
    for entry in entries:
        if len(addresses.get(entry.id, ())) > 1:
            entry.doubts.append("Another item of the feed has the same id: one would replace the other.")


# --- characters ---------------------------------------------------------------------------------------------------

_DECLARED: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_DECLARATION: Final = re.compile(r"<\?xml\s[^>]*?\?>")
# What senders mean when they say these: the wider set that browsers read.
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "cp950",
}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _decode(data: bytes, odd: list[Oddity]) -> str:
    """The feed as text. What was declared, if it holds; else UTF-8, if it holds; else a guess, which is an oddity."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    if data[:2] in (b"<\x00", b"\x00<"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    found = _DECLARED.search(data[:1024])
    declared = ""
    if found:
        try:
            declared = codecs.lookup(found.group(1).decode("ascii")).name
        except LookupError:
            declared = ""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and (not declared or declared in ("utf-8", "ascii", "iso8859-1", "cp1252")):
        # Text that says Latin-1 and yet is sound UTF-8 beyond ASCII is UTF-8.
        return text
    if declared and not declared.startswith(("utf", "punycode", "idna", "unicode", "raw", "mbcs")):
        for candidate in (_MEANT.get(declared, declared), declared):
            try:
                return data.decode(candidate)
            except (UnicodeDecodeError, LookupError):
                continue
    if text:
        return text
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000]).best()
    encoding = _MEANT.get(codecs.lookup(best.encoding).name, best.encoding) if best else "cp1252"
    odd.append(
        Oddity(
            code="guessed-charset",
            text=f"The feed does not say truly what its character set is: {encoding} was guessed, check its letters.",
        )
    )
    return data.decode(encoding, "replace")


_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_BAD_REFERENCE: Final = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));", re.IGNORECASE
)
_USED_PREFIX: Final = re.compile(r"<([A-Za-z_][\w.-]*):[A-Za-z_]|\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=")
_SURE: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})


def _entity(match: re.Match[str]) -> str:
    name = match.group(1)
    return match.group(0) if name in _SURE else html.unescape(match.group(0))


def _repaired(text: str) -> str:
    """`text` with the repairs that cannot change its meaning."""
    text = _DECLARATION.sub("", text, count=1).lstrip()
    text = _BAD_REFERENCE.sub("", _CONTROL.sub("", text))
    text = _ENTITY.sub(_entity, text)
    used = {first or second for first, second in _USED_PREFIX.findall(text)} - {"xml", "xmlns"}
    missing = [prefix for prefix in sorted(used) if f"xmlns:{prefix}" not in text]
    root = _ROOT.search(text)
    if missing and root:
        declarations = "".join(
            f' xmlns:{prefix}="{_PREFIXES.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in missing
        )
        text = text[: root.end()] + declarations + text[root.end() :]
    return text


# --- a feed, whoever read it --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Medium:
    url: str
    mime: str = ""
    medium: str = ""
    role: str = ""
    title: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None
    thumbnails: list[Rendition] = field(default_factory=list)
    rights: str = ""
    terms: tuple[str, ...] = ()
    others: list[Rendition] = field(default_factory=list)
    """The same in other sizes."""


@dataclass(slots=True)
class _Entry:
    id: str = ""
    link: str = ""
    title: str = ""
    body: str = ""
    """Clean block HTML."""
    raw: str = ""
    summary: str = ""
    published: str = ""
    updated: str = ""
    authors: list[str] = field(default_factory=list)
    categories: list[Concept] = field(default_factory=list)
    media: list[_Medium] = field(default_factory=list)
    language: str = ""
    rights: str = ""
    credits: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    places: list[Concept] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Feed:
    title: str = ""
    link: str = ""
    language: str = ""
    rights: str = ""
    entries: list[_Entry] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    """What the feed says it has taken back (RFC 6721)."""
    authors: list[str] = field(default_factory=list)
    """Who wrote what names no author: Atom only (RFC 4287, 4.2.1)."""
    base: str = ""
    """What relative addresses in it start from; "" if that is not said."""


def _plain(text: str) -> str:
    """A title or a summary as plain text; feeds escape HTML in them once or twice."""
    if has_markup(text) or _ENTITY.search(text) or "&#" in text:
        text = markup.text_of(text)
    return line(text)


_OFFSET: Final = re.compile(r"\s([+-])(\d\d):?(\d\d)\Z")
_NAMED_ZONE: Final = re.compile(r"\s\(?([A-Z]{1,4})\)?\Z")


def _time(text: str, profile: Profile) -> datetime | None:
    """A date in ISO 8601 or RFC 822, or as people write it. One that names no zone is in that of `profile`, or UTC."""
    local: datetime | None = moment(text)
    if local is not None and has_zone(text):
        return local
    if local is None and text:
        try:
            local = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            local = takes.written(text)
        if local is not None and local.tzinfo is not None:
            return local.astimezone(UTC)
    if local is None:
        return None
    zone = takes.zone_of(profile.zone) or UTC
    if found := _OFFSET.search(text):
        size = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
        zone = timezone(size if found.group(1) == "+" else -size) if size < timedelta(days=1) else zone
    elif (named := _NAMED_ZONE.search(text)) and (offset := takes.offset_of(named.group(1))) is not None:
        zone = timezone(offset)
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None


_MEDIA_TYPES: Final[dict[str, ItemType]] = {"image": "picture", "video": "video", "audio": "audio"}


def _association(medium: _Medium) -> Association:
    kind = medium.medium or medium.mime.partition("/")[0]
    if not kind and re.search(r"\.(?:jpe?g|png|webp|gif|avif)(?:\?|\Z)", medium.url, re.IGNORECASE):
        kind = "image"
    main = Rendition(
        role=medium.role,
        href=medium.url,
        mime=medium.mime,
        width=medium.width,
        height=medium.height,
        bytes=medium.size,
    )
    return Association(
        role=medium.role,
        item_id=medium.url,
        type=_MEDIA_TYPES.get(kind.lower(), ""),
        headline=medium.title,
        caption=medium.caption,
        creditline=medium.credit,
        copyright_notice=medium.rights,
        usage_terms=medium.terms,
        alt=medium.alt,
        renditions=(main, *medium.others, *medium.thumbnails),
    )


def _item(entry: _Entry, feed: _Feed, profile: Profile, sealed: str) -> Item:
    odd: list[Oddity] = []
    times: dict[str, datetime | None] = {}
    for name, text in (("published", entry.published), ("updated", entry.updated)):
        times[name] = _time(text, profile)
        if text and times[name] is None:
            odd.append(Oddity(code="unreadable-time", text=f"Its date “{text[:40]}” is no time that can be read."))
    changed = times["updated"] or times["published"]
    identity = entry.id or entry.link
    if not identity:
        # Nothing else tells it from others; a changed title makes it another item.
        identity = "sha256:" + seal("\n".join((entry.title or entry.raw, entry.published)).encode("utf-8", "replace"))
        odd.append(
            Oddity(code="no-identity", text="It has neither an id nor a link: its title and date stand in for them.")
        )
    if changed is None:
        odd.append(Oddity(code="no-date", text="It has no date that can be read, so its versions have no order."))
    provider = profile.provider if profile.force_provider else ""
    provider = provider or profile.provider or domain_in(feed.link) or domain_in(entry.link) or domain_in(entry.id)
    if not provider:
        provider = feed.title or "unknown"
        odd.append(Oddity(code="no-provider", text="The feed does not say whose it is."))
    _byline, place = takes.opening_of(entry.body)
    if not (entry.title or entry.body or entry.media):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    return Item(
        provider=provider,
        item_id=identity,
        version_raw=entry.updated or entry.published,
        version_order=microseconds(changed),
        thread_key=identity,
        headline=entry.title,
        headlines=(Headline(text=entry.title),) if entry.title else (),
        byline=", ".join(unique(entry.authors) or unique(feed.authors)),
        dateline=place,
        located=place,
        abstract=entry.summary,
        body_html=entry.body,
        body_raw=entry.raw,
        creditline=", ".join(unique(entry.credits)),
        copyright_notice=entry.rights or feed.rights,
        usage_terms=unique(entry.terms),
        language=language_of(entry.language or feed.language or profile.language),
        places=tuple(entry.places),
        subjects=tuple(concept for concept in entry.categories if concept.scheme),
        keywords=unique(concept.name or concept.code for concept in entry.categories if not concept.scheme),
        first_created=times["published"],
        version_created=changed,
        associations=tuple(_association(medium) for medium in entry.media),
        links=(*((Link(rel="alternate", target=entry.link),) if entry.link else ()), *entry.links),
        raw_sha256=sealed,
        oddities=tuple(odd),
        doubts=unique(entry.doubts),
    )


# --- from XML -----------------------------------------------------------------------------------------------------


def _name(element: etree._Element) -> str:
    """ "title", "dc:creator", "media:content": local names, Atom and RSS without a prefix."""
    tag = element.tag
    if not isinstance(tag, str):  # comments and processing instructions
        return ""  # type: ignore[unreachable]
    if tag[0] != "{":
        return tag
    namespace, _brace, local = tag[1:].partition("}")
    prefix = _PREFIX_OF.get(namespace) if namespace in _PREFIX_OF else _PREFIX_OF.get(namespace.lower(), namespace)
    return f"{prefix}:{local}" if prefix and prefix != "atom" else local


def _text(element: etree._Element) -> str:
    return xml.text_of(element).strip()


def _without_own_namespace(root: etree._Element) -> None:
    """RSS has no namespace, but some publishers think of one: what is in it is RSS all the same."""
    if not root.tag.startswith("{") or root.tag.rpartition("}")[2].lower() != "rss":
        return
    own = root.tag.rpartition("}")[0] + "}"
    if own[1:-1].lower() in _PREFIX_OF:
        return
    for element in root.iter(etree.Element):
        element.tag = element.tag.removeprefix(own)


def _from_xml(text: str, odd: list[Oddity]) -> _Feed | None:
    """The feed, or None if its XML cannot be repaired. Raises `Unsafe`, and `Unreadable` if it is XML but no feed."""
    repaired = _repaired(text)
    try:
        root = xml.parse(repaired.encode("utf-8"))
    except xml.Broken:
        return None
    feed = _Feed()
    _without_own_namespace(root)
    name = _name(root).rpartition(":")[2].lower()
    if name in ("feed", "entry"):
        feed.base = line(root.get(_XML_BASE))
        _describe(feed, root)
        feed.authors = [_author(child) for child in root if name == "feed" and _name(child) == "author"]
        entries = [root] if name == "entry" else [child for child in root if _name(child) == "entry"]
        feed.deleted = [line(child.get("ref")) for child in root if _name(child) == "at:deleted-entry"]
    else:
        channel = next((child for child in root.iter(etree.Element) if _name(child) == "channel"), None)
        if channel is None:
            raise Unreadable("This feed has no channel, so it is cut off or none: look at what its address delivers.")
        _describe(feed, channel)
        entries = [child for child in root.iter(etree.Element) if _name(child) == "item"]
    feed.language = feed.language or _language(root)
    feed.entries = [_entry(element, feed.base) for element in entries]
    return feed


_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"


def _base_of(element: etree._Element, base: str) -> str:
    """What relative addresses inside of `element` start from (XML Base)."""
    own = line(element.get(_XML_BASE))
    made = resolved(base, own) if own else base
    return made if made.startswith(("http://", "https://")) else ""


def _language(element: etree._Element) -> str:
    return line(element.get(_XML_LANG))


def _describe(feed: _Feed, channel: etree._Element) -> None:
    own = ""
    for child in channel:
        name = _name(child)
        if name == "title":
            feed.title = feed.title or _plain(_text(child))[:500]
        elif name == "link":
            rel = child.get("rel", "alternate")
            address = line(child.get("href") or child.text)
            if rel == "alternate" and not feed.link:
                feed.link = resolved(feed.base, address)
            elif rel == "self":
                own = own or address
        elif name in ("language", "dc:language"):
            feed.language = feed.language or line(child.text)
        elif name in ("copyright", "rights", "dc:rights"):
            feed.rights = feed.rights or _plain(_text(child))[:_LONGEST_INHERITED]
    if not feed.base:
        candidates = (feed.link, own)
        feed.base = next((each for each in candidates if each.startswith(("http://", "https://"))), "")


_DATES: Final = {
    "pubDate": "published",
    "published": "published",
    "issued": "published",
    "dc:date": "published",
    "dcterms:created": "published",
    "dcterms:issued": "published",
    "updated": "updated",
    "modified": "updated",
    "dcterms:modified": "updated",
    "dc:modified": "updated",
}


def _entry(element: etree._Element, base: str) -> _Entry:
    base = _base_of(element, base)
    entry = _Entry(
        id=line(element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")), language=_language(element)
    )
    contents: list[etree._Element] = []
    summaries: list[etree._Element] = []
    media_title = ""
    for child in element:
        name = _name(child)
        if name == "title":
            if not entry.title:
                entry.title = _construct(child)
        elif name in ("guid", "id"):
            entry.id = line(child.text) or entry.id
        elif name == "link":
            rel = child.get("rel", "alternate")
            href = resolved(base, line(child.get("href") or child.text))
            if rel == "alternate" and href:
                entry.link = entry.link or href
            elif rel == "enclosure" and href:
                _add_medium(entry, _enclosure(child, href))
            elif rel in ("related", "via", "canonical") and href:
                entry.links.append(Link(rel=rel, target=href))
        elif name in _DATES:
            where = _DATES[name]
            value = line(child.text)
            if value and not getattr(entry, where):
                setattr(entry, where, value)
        elif name in ("content:encoded", "content"):
            contents.append(child)
        elif name in ("description", "summary", "itunes:summary", "dc:description"):
            summaries.append(child)
        elif name in ("dc:creator", "author", "itunes:author"):
            entry.authors.append(_author(child))
        elif name in ("category", "dc:subject", "media:category"):
            _category(entry, child)
        elif name == "enclosure":
            if line(child.get("url")):
                _add_medium(entry, _enclosure(child, resolved(base, line(child.get("url")))))
        elif name == "media:group":
            for part in child:
                if _name(part) == "media:description":
                    summaries.append(part)
                elif _name(part) == "media:title":
                    media_title = media_title or _construct(part)
                else:
                    _condition(entry, part)
        elif name == "media:title":
            media_title = _construct(child)
        elif name == "media:description":
            summaries.append(child)
        elif name in ("rights", "dc:rights", "media:copyright"):
            entry.rights = entry.rights or _plain(_text(child))
        elif name == "dc:language":
            entry.language = line(child.text) or entry.language
        elif name == "source":
            # RSS names it in the text, Atom in a title inside.
            titles = [part for part in child if _name(part) == "title"]
            entry.credits.append(_plain(_text(titles[0])) if titles else _plain(child.text or ""))
        elif name.startswith("georss:"):
            _place(entry, child, name)
        else:
            _condition(entry, child)
    entry.title = entry.title or media_title
    for medium in _media(element, base):
        _add_medium(entry, medium)
    if not entry.title and len(entry.media) and entry.media[0].title:
        entry.title = entry.media[0].title
    _fill_body(entry, contents, summaries, base)
    if not entry.raw:
        entry.raw = xml.raw_of(element)
    return entry


def _condition(entry: _Entry, element: etree._Element) -> None:
    """Credits, ratings, licences and restrictions of Media RSS, of an item or of a group in it."""
    name = _name(element)
    text = _plain(_text(element))
    if name == "media:credit":
        entry.credits.append(text)
    elif name == "media:rating" and text.lower() in ("adult", "ma", "r", "x", "nc-17", "explicit"):
        entry.doubts.append(f"The feed rates it as “{text}”.")
    else:
        entry.terms += _terms(element)


def _terms(element: etree._Element) -> list[str]:
    """What a licence or a restriction of Media RSS asks for."""
    name, text = _name(element), _plain(_text(element))
    if name == "media:license":
        return [": ".join(part for part in (text, line(element.get("href"))) if part)]
    if name == "media:restriction" and text:
        word = "Only" if element.get("relationship") == "allow" else "Not"
        kind = line(element.get("type")) or "use"
        return [f"{word} for these ({kind}): {text}"]
    return []


def _place(entry: _Entry, element: etree._Element, name: str) -> None:
    text = line(xml.text_of(element))
    if name == "georss:featurename" and text:
        entry.places.append(Concept(name=text))
    elif name in ("georss:point", "georss:where", "georss:box", "georss:line", "georss:polygon") and text:
        # Latitude and longitude in turn, as the feed has them.
        entry.places.append(Concept(scheme=name, code=text[:500]))


def _fill_body(entry: _Entry, contents: list[etree._Element], summaries: list[etree._Element], base: str) -> None:
    markups = [(part, _markup(part, base)) for part in contents if not line(part.get("src")) and _is_text(part)]
    bodies = [(part, text, _html(part, text)) for part, text in markups]
    bodies = [each for each in bodies if each[2]]
    if not bodies and summaries:
        # The longest says most; feeds repeat the description in their extensions.
        told = [(part, _markup(part, base)) for part in summaries]
        bodies = [max(((part, text, _html(part, text)) for part, text in told), key=lambda each: len(each[2]))]
    elif bodies:
        entry.summary = _unsigned(next((text for text in (_construct(part) for part in summaries) if text), ""))
    if bodies:
        part, text, entry.body = max(bodies, key=lambda each: len(each[2]))
        entry.raw = xml.raw_of(part) if len(part) else (part.text or "")
        for medium in _pictures(text):
            _add_medium(entry, medium)


_SIGNED: Final = re.compile(r"The post .{1,300} (?:appeared first on|first appeared on) .{1,120}\Z")


def _unsigned(summary: str) -> str:
    """A summary without the line by which WordPress ends it."""
    at = summary.rfind("The post ")
    return summary[:at].rstrip() if at >= 0 and _SIGNED.match(summary, at) else summary


_FIGURE: Final = re.compile(r"<(/?)(figure|figcaption|img)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-zA-Z-]{2,20})\s{0,3}=\s{0,3}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_CAPTION: Final = re.compile(r"<(/?)figcaption\b[^<>]{0,2000}>", re.IGNORECASE)
_NO_PICTURE: Final = re.compile(
    r"wp-smiley|/emoji/|gravatar\.|feedburner\.|pixel\.(?:gif|png|wp)|/tracker|/beacon|doubleclick|feedsportal"
    r"|spacer\.gif|blank\.gif",
    re.IGNORECASE,
)
_MOST_PICTURES: Final = 50


def _pictures(text: str) -> Iterator[_Medium]:
    """The pictures in the HTML of a story, with the captions of their figures; no signs, no pixels that count."""
    found: list[_Medium] = []
    figure: list[_Medium] = []
    caption_from = -1
    for tag in _FIGURE.finditer(text):
        closing, name = bool(tag.group(1)), tag.group(2).lower()
        if name == "figure":
            figure = []
        elif name == "figcaption":
            if not closing:
                caption_from = tag.end()
            elif caption_from >= 0:
                caption = line(markup.text_of(text[caption_from : tag.start()]))[:_LONGEST_INHERITED]
                for medium in figure:
                    medium.caption = caption
                caption_from = -1
        elif len(found) < _MOST_PICTURES and (shown := _picture(tag.group(3))) is not None:
            found.append(shown)
            figure.append(shown)
    yield from found


def _picture(attributes: str) -> _Medium | None:
    said: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        said.setdefault(name.lower(), html.unescape(double or single or bare).strip())
    sources = (said.get(name, "") for name in ("src", "data-src", "data-lazy-src", "data-original"))
    url = next((line(source) for source in sources if source.startswith(("http://", "https://"))), "")
    width, height = (whole_number(said.get(name, "").removesuffix("px")) for name in ("width", "height"))
    small = any(side is not None and side < 32 for side in (width, height))
    if not url or small or _NO_PICTURE.search(url) or _NO_PICTURE.search(said.get("class", "")):
        return None
    return _Medium(url=url, medium="image", role="inline", alt=line(said.get("alt")), width=width, height=height)


def _is_text(element: etree._Element) -> bool:
    """False for Atom content that is a picture or other data, in base64."""
    kind = line(element.get("type")).lower()
    return "/" not in kind or kind.startswith("text/") or kind.endswith(("xml", "html", "markdown"))


def _construct(element: etree._Element) -> str:
    """A title or summary as plain text, by its declared type where it is Atom."""
    text = _text(element)
    return line(text) if element.get("type") == "text" else _plain(text)


_ESCAPED_TAG: Final = re.compile(
    r"\s*&lt;(?:p|div|h[1-6]|ul|ol|table|figure|img|span|strong|em|b|i|a|br|blockquote|section)\b", re.IGNORECASE
)


def _markup(element: etree._Element, base: str) -> str:
    """What a content or description holds, as HTML or plain text, its addresses absolute."""
    base = _base_of(element, base)
    if len(element):
        for part in element.iter(etree.Element):
            part_tag = part.tag
            if part_tag.startswith("{"):
                part.tag = part_tag.rpartition("}")[2]
        return with_absolute_links(etree.tostring(element, method="html", encoding="unicode", with_tail=False), base)
    text = element.text or ""
    if _ESCAPED_TAG.match(text) and not has_markup(text):
        text = html.unescape(text)  # escaped once more than it should be
    return with_absolute_links(text, base)


def _html(element: etree._Element, text: str) -> str:
    """`text`, what `_markup` made of an element, as clean HTML. Captions stand in the text in italics."""
    kind = (element.get("type") or "html").lower()
    if not len(element) and kind in ("text", "text/plain", "plain"):
        return markup.paragraphs_of(text)
    text = _CAPTION.sub(lambda found: "</em></p>" if found.group(1) else "<p><em>", text)
    if len(element):
        return blocks_of(text)
    return body_from(text, "text/html" if has_markup(text) or "&" in text else "")


def _author(element: etree._Element) -> str:
    for child in element:
        if _name(child) == "name":
            return _plain(_text(child))
    text = line(element.text)
    # RSS writes "address@example.test (Name)".
    found = re.match(r"\S+@\S+\s+\((.+)\)\Z", text)
    return _plain(found.group(1) if found else text)


_MOST_MEDIA: Final = 200
_MOST_CATEGORIES: Final = 500


def _category(entry: _Entry, element: etree._Element) -> None:
    term = _plain(element.get("term") or element.text or "")
    label = _plain(element.get("label") or "")
    scheme = line(element.get("scheme") or element.get("domain"))
    if term or label:
        concept = Concept(scheme=scheme, code=term, name=label)
        if len(entry.categories) < _MOST_CATEGORIES and concept not in entry.categories:
            entry.categories.append(concept)


def _enclosure(element: etree._Element, url: str) -> _Medium:
    mime, size = line(element.get("type")), whole_number(element.get("length"))
    return _Medium(url=url, mime=mime, size=size, role="enclosure", title=line(element.get("title")))


def _add_medium(entry: _Entry, medium: _Medium) -> None:
    for known in entry.media:
        if known.url == medium.url:
            known.mime, known.size = known.mime or medium.mime, known.size or medium.size
            known.credit, known.caption = known.credit or medium.credit, known.caption or medium.caption
            known.title, known.alt = known.title or medium.title, known.alt or medium.alt
            return
    if len(entry.media) < _MOST_MEDIA:
        entry.media.append(medium)


_LONGEST_INHERITED: Final = 5_000
"""Characters of a text that a group of media or a feed lends to each of its members."""


def _media(element: etree._Element, base: str) -> Iterator[_Medium]:
    """Media RSS below an item. Title, description, credit and thumbnail are inherited from the group or the item."""
    found: dict[tuple[str, ...], _Medium] = {}
    for grouped, medium in _each_medium(element, base):
        # The same picture in several sizes: one address but for its query, in a group also but for its numbers.
        address = medium.url.partition("?")[0]
        address = re.sub(r"\d+", "#", address) if grouped else address
        key = (address, medium.medium, medium.credit, medium.caption, medium.title)
        known = found.get(key)
        if known is not None and known.width and medium.width and known.width != medium.width:
            known.others.append(
                Rendition(
                    role=medium.role,
                    href=medium.url,
                    mime=medium.mime,
                    width=medium.width,
                    height=medium.height,
                    bytes=medium.size,
                )
            )
        elif known is not None:
            found[(*key, medium.url)] = medium
        else:
            found[key] = medium
    yield from found.values()


def _each_medium(element: etree._Element, base: str) -> Iterator[tuple[bool, _Medium]]:
    """(whether it is in a group, a medium) for every one below an item."""
    contents: list[tuple[etree._Element, list[etree._Element]]] = []
    lone: list[etree._Element] = []
    for child in element:
        name = _name(child)
        if name == "media:content":
            contents.append((child, [child, element]))
        elif name == "media:group":
            contents += [(part, [part, child, element]) for part in child if _name(part) == "media:content"]
            lone += [part for part in child if _name(part) == "media:thumbnail"]
        elif name == "media:thumbnail":
            lone.append(child)
    alone = len(contents) <= 1
    # What a group or an item says of all of its media is read once, however many they are.
    read: dict[tuple[int, str], str] = {}
    for content, scopes in contents[:_MOST_MEDIA]:
        thumbnails = [part for part in content if _name(part) == "media:thumbnail"]
        url = line(content.get("url")) or next(
            (line(part.get("url")) for part in content if _name(part) == "media:player"), ""
        )
        if not url:
            continue
        grouped = len(scopes) > 2
        yield (
            grouped,
            _Medium(
                url=resolved(base, url),
                mime=line(content.get("type")),
                medium=line(content.get("medium")),
                role="media",
                title=_inherited(scopes if alone else scopes[:-1], "media:title", read),
                caption=_inherited(scopes, "media:description", read) or (_inherited(scopes, "media:text", read)),
                credit=_inherited(scopes, "media:credit", read),
                width=whole_number(content.get("width")),
                height=whole_number(content.get("height")),
                size=whole_number(content.get("fileSize")),
                thumbnails=[_thumbnail(part) for part in (thumbnails or (lone if alone else []))],
                rights=_inherited(scopes, "media:copyright", read),
                terms=_terms_of(scopes, read),
            ),
        )
    if not contents:
        for part in lone[:_MOST_MEDIA]:
            thumbnail = _thumbnail(part)
            if thumbnail.href:
                yield (
                    False,
                    _Medium(
                        url=resolved(base, thumbnail.href),
                        medium="image",
                        role="thumbnail",
                        caption=_inherited([part, element], "media:description", read),
                        credit=_inherited([part, element], "media:credit", read),
                        width=thumbnail.width,
                        height=thumbnail.height,
                    ),
                )


def _thumbnail(element: etree._Element) -> Rendition:
    return Rendition(
        role="thumbnail",
        href=line(element.get("url")),
        width=whole_number(element.get("width")),
        height=whole_number(element.get("height")),
    )


def _inherited(scopes: list[etree._Element], name: str, read: dict[tuple[int, str], str]) -> str:
    for place, scope in enumerate(scopes):
        key = (id(scope), name)
        # What belongs to one medium alone is not kept.
        text = read.get(key) if place else None
        if text is None:
            found = unique(_plain(_text(child)) for child in scope if _name(child) == name)
            text = ", ".join(found)[:_LONGEST_INHERITED]
            if place:
                read[key] = text
        if text:
            return text
    return ""


def _terms_of(scopes: list[etree._Element], read: dict[tuple[int, str], str]) -> tuple[str, ...]:
    terms: list[str] = []
    for place, scope in enumerate(scopes):
        key = (id(scope), "terms")
        if not place or key not in read:
            said = "\n".join(unique(term for part in scope for term in _terms(part)))[:_LONGEST_INHERITED]
            if place:
                read[key] = said
        else:
            said = read[key]
        terms += said.split("\n")
    return unique(terms)


# --- from feedparser ----------------------------------------------------------------------------------------------

# What a lenient parser may be given: its time can grow with the square of the damage.
_LENIENT_CHARACTERS: Final = 2_000_000
_LENIENT_TAGS: Final = 40_000
_LENIENT_OPEN: Final = 20


def _from_feedparser(text: str, odd: list[Oddity]) -> _Feed:
    if (
        len(text) > _LENIENT_CHARACTERS
        or text.count("<") > _LENIENT_TAGS
        or text.count("<![CDATA[") > text.count("]]>") + _LENIENT_OPEN
    ):
        raise Unreadable(
            "This feed is not well-formed XML and too damaged to be mended: ask its publisher to correct it."
        )
    import feedparser

    declared = _DECLARATION.sub("", text, count=1).lstrip()
    try:
        # As a stream: feedparser takes bytes for the name of a file first.
        result = feedparser.parse(
            io.BytesIO(declared.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # It stumbles over some damage, each kind in its own way.
        raise Unreadable(
            "This feed is not well-formed XML and cannot be mended: ask its publisher to correct it."
        ) from None
    if not result.get("version") and not result.get("entries"):
        raise Unreadable("This is no feed that can be read: look at what its address delivers.")
    expected = _count(text)
    entries = result.get("entries") or []
    said = "The feed is not well-formed XML; it was read with leniency, so compare it with its source."
    if len(entries) != expected:
        said = f"The feed is not well-formed XML: it seems to hold {expected} items, and {len(entries)} could be read."
    odd.append(Oddity(code="not-well-formed", text=said))
    about: dict[str, Any] = result.get("feed") or {}
    feed = _Feed(
        title=_plain(_loose(about.get("title")))[:500],
        link=_loose(about.get("link")),
        language=_loose(about.get("language")),
        rights=_plain(_loose(about.get("rights")))[:_LONGEST_INHERITED],
    )
    feed.entries = [_from_loose(entry) for entry in entries]
    if not feed.entries and not feed.title and not feed.link:
        raise Unreadable("This feed is cut off or broken and holds nothing that can be read: ask its publisher.")
    return feed


_START: Final = re.compile(r"<(?:item|entry)(?=[\s>])")


def _count(text: str) -> int:
    """How many items start in `text`, outside of CDATA."""
    number = at = 0
    while True:
        start = text.find("<![CDATA[", at)
        number += len(_START.findall(text, at, start if start >= 0 else len(text)))
        if start < 0:
            return number
        at = text.find("]]>", start)
        if at < 0:
            return number


def _loose(value: Any) -> str:
    """What should be a text, of feeds that are broken enough to make something else of it."""
    return line(value) if isinstance(value, str) else ""


def _from_loose(source: dict[str, Any]) -> _Entry:
    entry = _Entry(
        id=_loose(source.get("id")),
        link=_loose(source.get("link")),
        title=_plain(_loose(source.get("title"))),
        published=_loose(source.get("published") or source.get("created")),
        updated=_loose(source.get("updated")) if "updated" in source else "",
        rights=_plain(_loose(source.get("rights"))),
    )
    contents = [part["value"] for part in source.get("content") or () if isinstance(part.get("value"), str)]
    summary = str(source["summary"]) if isinstance(source.get("summary"), str) else ""
    entry.raw = max(contents, key=len) if any(contents) else summary
    entry.body = body_from(entry.raw, "text/html")
    if any(contents) and summary and summary not in contents:
        entry.summary = _plain(summary)
    for author in source.get("authors") or ():
        entry.authors.append(_loose(author.get("name")))
    for tag in source.get("tags") or ():
        if _loose(tag.get("term")):
            entry.categories.append(
                Concept(scheme=_loose(tag.get("scheme")), code=_loose(tag.get("term")), name=_loose(tag.get("label")))
            )
    credits = ", ".join(unique(_loose(part.get("content")) for part in source.get("media_credit") or ()))
    for part in source.get("media_content") or ():
        if _loose(part.get("url")):
            _add_medium(
                entry,
                _Medium(
                    url=_loose(part.get("url")),
                    mime=_loose(part.get("type")),
                    medium=_loose(part.get("medium")),
                    role="media",
                    credit=credits,
                ),
            )
    for part in source.get("enclosures") or ():
        if _loose(part.get("href")):
            _add_medium(entry, _Medium(url=_loose(part.get("href")), mime=_loose(part.get("type")), role="enclosure"))
    return entry
