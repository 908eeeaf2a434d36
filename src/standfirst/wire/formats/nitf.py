"""NITF 3.x (IPTC, up to 3.6): single stories, with or without namespace and DOCTYPE, several in a file or wrapped.

An NITF can take another one back: `management-doc-idref` names it and `management-idref-status` says what it is now;
that becomes a `Directive`, whatever this one's own status is. Versions of one `doc-id` are ordered by the moment of
issue, or the last one of the revision history; `du-key` generation and version (below 1000) tell apart what was
issued at the same moment. The story's thread is its `du-key` on its day, since providers use keys again.

`date.release`, and the start of the rights, are an embargo where they are later than the issue.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from lxml import etree

from standfirst.kit import markup, xml
from standfirst.kit.clock import later
from standfirst.kit.digests import seal
from standfirst.wire.formats import _inline as inline
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    Parsed,
    Part,
    Profile,
    Unreadable,
    check_size,
    editorial_type_of,
    embargo_of,
    has_zone,
    in_order,
    language_of,
    line,
    lines,
    microseconds,
    moment,
    status_of,
    unique,
    whole_number,
    without_sign_off,
)
from standfirst.wire.item import (
    Association,
    Concept,
    Directive,
    EditorialType,
    EdNote,
    Embargo,
    Headline,
    Item,
    ItemType,
    Link,
    Oddity,
    Rendition,
    Status,
)

NAME: Final = "nitf"

_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z][\w.-]*)")
_INSIDE: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?nitf[\s>/]", re.IGNORECASE)
# Formats of their own whose items may hold NITF.
_OTHERS: Final = frozenset(
    "newsml newsmessage newsitem packageitem conceptitem knowledgeitem planningitem catalogitem catalog newscomponent"
    " rss rdf feed entry channel html".split()
)
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is NITF, or wraps NITF in an element of no other format."""
    text = xml.head_text(head).removeprefix("ï»¿")
    root = _ROOT.match(text, xml.root_at(text))
    if not root:
        return False
    name = root.group(1).lower()
    return name == "nitf" or (name not in _OTHERS and bool(_INSIDE.search(text, root.end())))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every story of a file, in order. Raises `Unreadable` if there is none that can be read."""
    check_size(data, profile.limits)
    sealed = seal(data)
    odd: list[Oddity] = []
    parts: dict[str, Part] = {}
    try:
        roots = _roots(data, odd, profile)
    except xml.Unsafe as error:
        raise Unreadable(f"This XML is refused because {error}: ask the agency for files without them.") from None
    except xml.Broken as error:
        raise Unreadable(
            f"This is not well-formed XML ({error}): ask the agency to send the file again.",
            takedown=any(word in data for word in (b"canceled", b"cancelled", b"withheld")),
        ) from None
    if len(roots) > profile.limits.items:
        raise Unreadable(
            f"The file holds more than {profile.limits.items:,} stories: ask the agency for smaller files."
        )
    items = tuple(_read(root, profile, sealed, parts) for root in roots)
    return Parsed(items=items, oddities=tuple(odd), format=NAME, parts=parts)


def _roots(data: bytes, odd: list[Oddity], profile: Profile) -> list[etree._Element]:
    """The nitf elements of a file."""
    try:
        root = inline.parse_kindly(data, odd)
    except xml.Broken:
        found = list(_cut(data, odd, profile))
        if len(found) > 1 or (found and odd):
            return found
        raise
    if _local(root) == "nitf":
        return [root]
    found = [element for element in root.iter(etree.Element) if _local(element) == "nitf"]
    if not found:
        raise Unreadable("This file holds no <nitf> with a story: take it out of the feed.")
    return found


def _cut(data: bytes, odd: list[Oddity], profile: Profile) -> Iterator[etree._Element]:
    """Stories that stand one after the other in a file, each a document of its own."""
    number = at = 0
    while (start := _next(data, b"<nitf", at)) >= 0:
        end = data.find(b"</nitf>", start)
        if end < 0:
            break
        number += 1
        if number > profile.limits.items:
            raise Unreadable(
                f"The file holds more than {profile.limits.items:,} stories: ask the agency for smaller files."
            )
        declaration = data.rfind(b"<?xml", at, start)
        head = data[declaration : data.find(b"?>", declaration) + 2] if declaration >= 0 else b""
        at = end + len(b"</nitf>")
        try:
            yield inline.parse_kindly(head + data[start:at], odd)
        except (xml.Broken, xml.Unsafe) as error:
            odd.append(Oddity(code="broken-item", text=f"Story {number} was left out: its XML is broken ({error})."))


def _next(data: bytes, tag: bytes, at: int) -> int:
    while (at := data.find(tag, at)) >= 0 and data[at + len(tag) : at + len(tag) + 1] not in (b" ", b">", b"\n", b"\r"):
        at += 1
    return at


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


# --- what a story says --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """The elements of one story by their name, wherever its provider put them, in order; and what was odd."""

    head: dict[str, list[etree._Element]]
    body_head: dict[str, list[etree._Element]]
    content: etree._Element | None
    end: etree._Element | None
    profile: Profile
    odd: list[Oddity] = field(default_factory=list)

    def one(self, name: str) -> etree._Element | None:
        """The first head element of that name."""
        return next(iter(self.head.get(name, ())), None)

    def said(self, name: str, attribute: str) -> str:
        """The first non-empty value of an attribute of head elements of that name."""
        return next((value for element in self.head.get(name, ()) if (value := line(element.get(attribute)))), "")

    def text(self, name: str) -> str:
        """The first non-empty text of elements of that name in the body's head."""
        return next((text for element in self.body_head.get(name, ()) if (text := _spaced(element))), "")


def _by_name(element: etree._Element | None) -> dict[str, list[etree._Element]]:
    named: dict[str, list[etree._Element]] = {}
    if element is not None:
        for part in element.iter(etree.Element):
            named.setdefault(_local(part), []).append(part)
    return named


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return None if element is None else next((part for part in element if _local(part) == name), None)


_TEXTS_OUTSIDE_MEDIA: Final = etree.XPath(".//text()[normalize-space() and not(ancestor::*[local-name()='media'])]")


def _spaced(element: etree._Element) -> str:
    """The text below `element` as one line, its parts never run together."""
    return line(" ".join(inline.texts_of(element)))


def _found(root: etree._Element, profile: Profile) -> _Found:
    body = _child(root, "body")
    content = _child(body, "body.content")
    if content is None and body is not None and _child(body, "body.head") is None:
        content = body  # stories without the parts of a body
    return _Found(
        head=_by_name(_child(root, "head")),
        body_head=_by_name(_child(body, "body.head")),
        content=content,
        end=_child(body, "body.end"),
        profile=profile,
    )


def _read(root: etree._Element, profile: Profile, sealed: str, parts: dict[str, Part]) -> Item:
    found = _found(root, profile)
    meta = _metas(found)
    provider = _provider(found, profile)
    profile = found.profile = profile.speaking(provider)
    odd = found.odd

    docdata = found.one("docdata")
    raw = line(docdata.get("management-status")) if docdata is not None else ""
    status = status_of(raw, profile) if raw else "usable"
    issued_raw = _issued_raw(found, meta)
    issued = _time(found, "date.issue", issued_raw)
    history = [_time(found, "revision-history", each.get("norm")) for each in found.head.get("revision-history", ())]
    moments = sorted(at for at in (issued, *history) if at is not None)
    notes, types, signals = _notes(found, profile)
    until, embargo_raw = _embargo(found, status, issued, notes)

    headline, headlines, subheadline = _headlines(found)
    byline = _byline(found)
    if profile.byline_is_subheadline:
        subheadline, byline = subheadline or byline, ""
    directives, links, back = _references(found, status, profile)
    corrected = found.head.get("correction", [])
    if corrected:
        types.append("correction")
    item_type: ItemType = "text"
    asked = takes.asked_of_others(headline, status) if not links else None
    if asked is not None:
        directives.append(asked)
    if asked or (back and status in ("usable", "embargoed") and takes.marks_in(headline).takes_back):
        item_type = "advisory"
        types += [*takes.marks_in(headline).types, "advisory"]

    media = _media(found.content, parts, odd)
    language = _language(root, found)
    people, orgs, places = _identified(found)
    located = _located(found)
    body, inside = _body(found, notes)
    body = without_sign_off(body, profile, odd)
    renditions: tuple[Rendition, ...] = ()
    if media and not inside and item_type == "text" and media[0].type in ("picture", "video", "audio", "graphic"):
        item_type = media[0].type  # type: ignore[assignment]
        renditions, media = media[0].renditions, media[1:]
    item_id, alt_ids = _identity(root, found, meta, headline, issued_raw)
    key = found.said("du-key", "key")
    slugline = key or meta.get("slugline", "") or meta.get("anpa-keyword", "")
    keywords = unique(line(each.get("key")) or _spaced(each) for each in found.head.get("keyword", ()))
    keywords = keywords or unique(line(word) for word in _one_of(meta, "keywords").split(","))
    if status in ("canceled", "withheld") and not directives and key:
        # A cancellation may be a new document on the same story that names no other: somebody must look.
        directives = [
            Directive(status=status, target=_thread(key, issued_raw), said=f"{raw}: {key}. {headline}".strip()[:300])
        ]
    if not (headline or body or media or renditions):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))

    return Item(
        provider=provider,
        item_id=item_id,
        alt_ids=alt_ids,
        version_raw="/".join(filter(None, (issued_raw, _du_version(found)))),
        version_order=_order(found, moments[-1] if moments else None),
        thread_key=_thread(key, issued_raw) if key else item_id,
        type=item_type,
        status=status,
        status_raw=raw,
        embargo_until=until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=tuple(signals),
        urgency=_urgency(found),
        slugline=slugline or (keywords[0] if keywords else ""),
        headline=headline,
        headlines=headlines,
        subheadline="" if subheadline.casefold() in (each.casefold() for each in keywords) else subheadline,
        byline=byline,
        dateline=_dateline(found),
        located=located,
        abstract=_abstract(found),
        body_html=body,
        body_raw=inside,
        creditline=_credit(found),
        copyright_holder=_holder(found),
        copyright_notice=_copyright(found),
        usage_terms=_terms(found),
        language=language or language_of(_one_of(meta, "language")) or profile.language,
        genre=unique(line(each.get("tobject.property.type")) for each in found.head.get("tobject.property", ())),
        subjects=_subjects(found, meta),
        places=places,
        people=people,
        orgs=orgs,
        keywords=keywords,
        ednotes=tuple(notes),
        first_created=moments[0] if len(moments) > 1 else None,
        version_created=moments[-1] if moments else None,
        content_created=_time(found, "story.date", _norm_of(found.body_head.get("story.date", ()))),
        expires=_expires(found),
        renditions=renditions,
        associations=tuple(media),
        links=tuple(links),
        raw_sha256=sealed,
        oddities=tuple(odd),
        directives=tuple(directives),
        take=_take(found),
    )


def _metas(found: _Found) -> dict[str, str]:
    return {
        line(each.get("name")).lower(): line(each.get("content"))
        for each in reversed(found.head.get("meta", ()))
        if line(each.get("content"))
    }


def _one_of(meta: dict[str, str], name: str) -> str:
    """What the head says under a name, which some put behind a word of theirs: "article-language"."""
    return meta.get(name, "") or meta.get(f"article-{name}", "")


# --- identity -----------------------------------------------------------------------------------------------------


def _provider(found: _Found, profile: Profile) -> str:
    if profile.force_provider and profile.provider:
        return profile.provider
    provider = (
        found.said("doc-id", "regsrc")
        or found.said("from-src", "src-name")
        or found.text("distributor")
        or found.said("doc.copyright", "holder")
        or found.said("doc.rights", "owner")
        or found.text("rights.owner")
        or profile.provider
    )
    if not provider:
        found.odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    return provider or "unknown"


def _identity(
    root: etree._Element, found: _Found, meta: dict[str, str], headline: str, issued_raw: str
) -> tuple[str, tuple[str, ...]]:
    """(item id, other names)."""
    names = [line(root.get("uno")), meta.get("ntbid", "")]
    if meta.get("anpa-sequence", "").isdigit():
        names.append(meta.get("anpa-service", "") + meta["anpa-sequence"])
    names = [name for name in names if name]
    identity = found.said("doc-id", "id-string") or next(
        (text for each in found.head.get("doc-id", ()) if (text := _spaced(each))), ""
    )
    if not identity and names:
        identity = names.pop(0)
    if not identity:
        key = found.said("du-key", "key")
        words = f"{headline}\n{issued_raw}\n{key}"
        identity = _thread(key, issued_raw) if key else f"sha256:{seal(words.encode('utf-8', 'replace'))}"
        found.odd.append(
            Oddity(code="no-identity", text="It has no doc-id: its key and day, or headline and date, stand in for it.")
        )
    return identity, tuple(name for name in unique(names) if name != identity)


def _thread(key: str, issued_raw: str) -> str:
    """A key on the day of issue as written: providers use keys again."""
    digits = re.sub(r"\D", "", issued_raw[:10])[:8]
    return f"{key}@{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else key


def _du_version(found: _Found) -> str:
    numbers = [found.said("du-key", name) for name in ("generation", "version")]
    return ".".join(number for number in numbers if number)


def _order(found: _Found, at: datetime | None) -> int:
    """The moment of this version in microseconds; generation and version tell apart what has the same one."""
    numbers = [whole_number(found.said("du-key", name), most=999) or 0 for name in ("generation", "version")]
    return microseconds(at) + numbers[0] * 1_000 + numbers[1]


def _take(found: _Found) -> int | None:
    part = whole_number(found.said("du-key", "part"), most=999)
    if part:
        return part
    total = whole_number(found.said("series", "series.totalpart"), most=999)
    part = whole_number(found.said("series", "series.part"), most=999)
    return part if part and total and total > 1 else None


# --- time ---------------------------------------------------------------------------------------------------------

_NAMED_ZONE: Final = re.compile(r"\A(.*\d)\s*([A-Z]{2,4})\Z")
_COMPACT: Final = re.compile(r"\A(\d{8})[T ]?(\d{2})(\d{2})(\d{2})?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE)
_HYPHENS: Final = re.compile(r"\A(\d{4})[./](\d{2})[./](\d{2})")


def moment_of(text: str | None, profile: Profile) -> datetime | None:
    """A point in time from `norm` in any of the spellings that agencies use, in UTC; None if it is not one.

    ISO 8601 basic or extended, with or without "T", zone or seconds; dots or slashes in the date; a zone's short name;
    RFC 822. A time without a zone is in the profile's, else in UTC.
    """
    text = line(text)
    if not text or len(text) > 60:
        return None
    text = _HYPHENS.sub(r"\1-\2-\3", text)
    offset: timedelta | None = None
    if (named := _NAMED_ZONE.match(text)) and (offset := takes.offset_of(named.group(2))) is not None:
        text = named.group(1)
    if compact := _COMPACT.match(text):
        day, hour, minute, second, zone = compact.groups()
        text = f"{day}T{hour}{minute}{second or '00'}{zone or ''}"
    read = moment(text)
    if read is None:
        try:
            read = parsedate_to_datetime(text)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    if has_zone(text):
        return read
    try:
        if offset is not None:
            return read - offset
        zone_info = takes.zone_of(profile.zone)
        return later(read.replace(tzinfo=None), zone_info).astimezone(UTC) if zone_info else read
    except OverflowError:
        return None


def _time(found: _Found, name: str, text: str | None) -> datetime | None:
    read = moment_of(text, found.profile)
    if line(text) and read is None:
        found.odd.append(
            Oddity(code="unreadable-time", text=f"Its {name} “{line(text)[:40]}” is no time that can be read.")
        )
    return read


def _norm_of(elements: Iterable[etree._Element]) -> str:
    norms = (line(each.get("norm")) or line(each.text) for each in elements)
    # "YYYYMMDD000000-HHMM" is a form that nobody filled in.
    return next((norm for norm in norms if norm and not norm.upper().startswith("YYYY")), "")


def _issued_raw(found: _Found, meta: dict[str, str]) -> str:
    return (
        _norm_of(found.head.get("date.issue", ()))
        or found.said("pubdata", "date.publication")
        or _norm_of(found.body_head.get("story.date", ()))
        or meta.get("timestamp", "")
    )


def _embargo(found: _Found, status: Status, issued: datetime | None, notes: list[EdNote]) -> tuple[Embargo, str]:
    """The later of release and start of rights where that is after the issue; else what a note says, if the status is
    embargoed."""
    ends: list[tuple[datetime, str]] = []
    for name, raw in (
        ("date.release", _norm_of(found.head.get("date.release", ()))),
        ("start of rights", found.said("doc.rights", "startdate")),
    ):
        if not raw:
            continue
        at = moment_of(raw, found.profile)
        if at is None:
            if name == "date.release" or status == "embargoed":
                return embargo_of(raw, found.profile, found.odd)
            continue
        if not has_zone(raw) and not found.profile.zone and not _NAMED_ZONE.match(raw):
            if issued is None or at > issued:
                until, said = embargo_of(at.strftime("%Y-%m-%dT%H:%M:%S"), found.profile, found.odd)
                if isinstance(until, datetime):
                    ends.append((until, raw or said))
        elif issued is None or at > issued:
            ends.append((at, raw))
    if ends:
        return max(ends)
    if status != "embargoed":
        return None, ""
    for note in notes:
        if takes.is_embargo(note.text) or "embargo" in note.text.lower():
            return takes.embargo_in(note.text, issued, found.profile.zone, found.odd)
    found.odd.append(
        Oddity(code="empty-embargo", text="An embargo is set but has no time, so it holds until a person looks.")
    )
    return "indefinite", ""


def _expires(found: _Found) -> datetime | None:
    """When it expires or the rights end, whichever is first."""
    ends = (
        _time(found, "date.expire", _norm_of(found.head.get("date.expire", ()))),
        _time(found, "end of rights", found.said("doc.rights", "enddate")),
        _time(found, "rights.enddate", _norm_of(found.body_head.get("rights.enddate", ()))),
    )
    return min((at for at in ends if at is not None), default=None)


# --- management ---------------------------------------------------------------------------------------------------


def _references(found: _Found, status: Status, profile: Profile) -> tuple[list[Directive], list[Link], bool]:
    """(what it says about other documents, links to them, whether it takes one back)."""
    directives: list[Directive] = []
    links: list[Link] = []
    own = found.said("doc-id", "id-string")
    docdata = found.one("docdata")
    target = line(docdata.get("management-doc-idref")) if docdata is not None else ""
    word = line(docdata.get("management-idref-status")) if docdata is not None else ""
    if target and target != own:
        new = status_of(word, profile) if word else status if status in ("canceled", "withheld") else "usable"
        links.append(Link(rel="evolvedFrom", target=target))
        if new == "unknown":
            found.odd.append(
                Oddity(
                    code="unknown-status",
                    text=f"It says of {target[:80]} that it is “{word[:40]}”, which is no status that we know.",
                )
            )
        if new != "usable":
            directives.append(
                Directive(
                    status=new, target=target, exact=new != "unknown", said=f"management-idref-status: {word or status}"
                )
            )
    elif word and not target and status_of(word, profile) in ("canceled", "withheld"):
        directives.append(
            Directive(status=status_of(word, profile), target="", said=f"of a document not named: {word}")
        )
    for correction in found.head.get("correction", ()):
        named = line(correction.get("id-string"))
        if named and named != own:
            links.append(Link(rel="corrects", target=named))
    back = any(directive.status in ("canceled", "withheld") for directive in directives)
    return directives, links, back


def _notes(found: _Found, profile: Profile) -> tuple[list[EdNote], list[EditorialType], list[str]]:
    """(notes to editors, what their types say, those types as sent)."""
    notes: list[EdNote] = []
    types: list[EditorialType] = []
    signals: list[str] = []
    for message in found.head.get("ed-msg", ()):
        kind, said = line(message.get("msg-type")), lines(message.get("info")) or lines(xml.text_of(message))
        if said:
            notes.append(EdNote(text=said, role=kind))
        if kind:
            signals.append(kind)
            if meant := editorial_type_of(kind, profile):
                types.append(meant)
    for correction in found.head.get("correction", ()):
        if said := lines(correction.get("info")):
            notes.append(EdNote(text=said, role="correction"))
    for revision in found.head.get("revision-history", ()):
        if said := lines(revision.get("comment")):
            notes.append(EdNote(text=said, role="revision-history"))
    for note in found.body_head.get("note", ()):
        kind = line(note.get("noteclass")).lower()
        said = _spaced(note)
        if said and kind != "cpyrt":
            # "pa" is a publishable advisory, by the standard.
            notes.append(EdNote(text=said, role=kind, public=line(note.get("type")).lower() == "pa"))
    return notes, types, signals


def _urgency(found: _Found) -> int | None:
    """`ed-urg`, 1 most urgent to 8, which are ours; 0 and what is above 9 say nothing."""
    number = whole_number(found.said("urgency", "ed-urg"), most=9)
    return number or None


# --- the body's head ----------------------------------------------------------------------------------------------


def _headlines(found: _Found) -> tuple[str, tuple[Headline, ...], str]:
    """(headline, all of them, subheadline)."""
    main = unique(_spaced(each) for each in found.body_head.get("hl1", ()))
    below = unique(_spaced(each) for each in found.body_head.get("hl2", ()))
    if not main:
        whole = found.text("hedline") or _title(found)
        main, below = ((whole,), ()) if whole else (main, below)
    headline = main[0] if main else ""
    headlines = [*(Headline(text=text) for text in main)]
    headlines += [Headline(text=text, role="sub") for text in below if text != headline]
    sub = next((text for text in below if text != headline), "")
    return headline, tuple(headlines), sub


def _title(found: _Found) -> str:
    return next((text for each in found.head.get("title", ()) if (text := _spaced(each))), "")


_TITLES: Final = frozenset({"byttl", "bytag"})


def _byline(found: _Found) -> str:
    bylines: list[str] = []
    for each in found.body_head.get("byline", ()):
        titles = [_spaced(part) for part in each.iter(etree.Element) if _local(part) in _TITLES]
        texts = [
            text
            for text in inline.texts_of(each)
            if not any(line(str(text)) and line(str(text)) in title for title in titles)
        ]
        bylines.append(", ".join(filter(None, (line(" ".join(texts)), *titles))))
    if not bylines and found.content is not None:
        bylines = [_spaced(each) for each in found.content if _local(each) == "byline"]
    return "; ".join(unique(bylines))


def _place(element: etree._Element) -> str:
    """A location's parts, with commas where it has none of its own."""
    inner = [part for part in element if isinstance(part.tag, str) and _spaced(part)]
    if inner and not line(element.text) and not any(line(part.tail) for part in inner):
        return ", ".join(unique(_spaced(part) for part in inner))
    return re.sub(r"\s+([,.;])", r"\1", _spaced(element))


def _dateline(found: _Found) -> str:
    for each in found.body_head.get("dateline", ()):
        texts = []
        for part in each:
            if isinstance(part.tag, str) and _local(part) != "story.date":
                texts.append(_place(part))
            texts.append(line(part.tail))
        written = re.sub(r"\s+([,.;])", r"\1", line(" ".join([line(each.text), *texts])))
        if not moment_of(written, found.profile):
            return written.strip(" ,")
    return ""


def _located(found: _Found) -> str:
    for each in found.body_head.get("location", ()):
        if text := _place(each):
            return text
    return next((name for place in found.head.get("evloc", ()) if (name := _evloc(place).name)), "")


def _abstract(found: _Found) -> str:
    return "\n".join(unique(_spaced(each) for each in found.body_head.get("abstract", ())))


# --- rights -------------------------------------------------------------------------------------------------------


def _credit(found: _Found) -> str:
    return found.text("distributor")


def _holder(found: _Found) -> str:
    return (
        found.said("doc.copyright", "holder")
        or found.text("copyrite.holder")
        or found.text("rights.owner")
        or found.said("doc.rights", "owner")
    )


def _copyright(found: _Found) -> str:
    written = found.text("copyrite") or next(
        (_spaced(note) for note in found.body_head.get("note", ()) if line(note.get("noteclass")).lower() == "cpyrt"),
        "",
    )
    holder = found.said("doc.copyright", "holder")
    return written or (line(f"© {found.said('doc.copyright', 'year')} {holder}") if holder else "")


_RIGHTS: Final = (("type", ""), ("limitations", ""), ("geography", "Geography: "), ("agent", "Agent: "))


def _terms(found: _Found) -> tuple[str, ...]:
    terms: list[str] = []
    for each in found.head.get("doc.rights", ()):
        terms += [label + value for name, label in _RIGHTS if (value := line(each.get(name)))]
        start, end = line(each.get("startdate")), line(each.get("enddate"))
        if start or end:
            terms.append(line(f"Rights {f'from {start}' if start else ''} {f'until {end}' if end else ''}"))
    for name, label in (
        ("rights.type", ""),
        ("rights.limitations", ""),
        ("rights.geography", "Geography: "),
        ("rights.agent", "Agent: "),
    ):
        terms += [label + text for each in found.body_head.get(name, ()) if (text := _spaced(each))]
    for each in found.body_head.get("rights", ()):
        if not len(each) and (text := line(each.text)):
            terms.append(text)
    return unique(terms)


# --- what it is about ---------------------------------------------------------------------------------------------


_IPTC_CODE: Final = re.compile(r"\d{8}\Z")


def _subjects(found: _Found, meta: dict[str, str]) -> tuple[Concept, ...]:
    subjects: list[Concept] = []
    for each in found.head.get("tobject.subject", ()):
        code = line(each.get("tobject.subject.refnum"))
        owner = line(each.get("tobject.subject.ipr"))
        names = [line(each.get(f"tobject.subject.{level}")) for level in ("detail", "matter", "type", "code")]
        name = next((name for name in names if name), "")
        if code or name:
            numeric = code.isdigit() and (not owner or owner.upper() == "IPTC")
            scheme = "subj" if numeric else owner.lower()
            subjects.append(Concept(scheme=scheme, code=code.zfill(8) if numeric else code, name=name))
    for each in found.head.get("tobject", ()):
        kind = line(each.get("tobject.type"))
        if kind and kind.lower() != "news":
            subjects.append(Concept(scheme="tobject.type", name=kind))
    for name, attribute in (("fixture", "fix-id"), ("doc-scope", "scope")):
        for each in found.head.get(name, ()):
            if value := line(each.get(attribute)):
                subjects.append(Concept(scheme=name, name=value))
    for each in found.head.get("series", ()):
        if value := line(each.get("series.name")):
            subjects.append(Concept(scheme="series", name=value, code=line(each.get("series.part"))))
    for each in found.head.get("classifier", ()):
        value, kind = line(each.get("value")), line(each.get("type"))
        if value or kind or _spaced(each):
            subjects.append(Concept(scheme=line(each.get("idsrc")) or kind, code=value, name=_spaced(each), how=kind))
    if not subjects:
        subjects += [
            Concept(scheme="subj", code=code)
            for name, code in meta.items()
            if "iptc" in name and _IPTC_CODE.match(code)
        ]
    return tuple(dict.fromkeys(subjects))


def _evloc(each: etree._Element) -> Concept:
    names = [line(each.get(name)) for name in ("city", "county-dist", "state-prov")]
    country = line(each.get("iso-cc"))
    name = ", ".join(unique(names)) or _spaced(each)
    return Concept(scheme="iso-cc" if country else "", code=country, name=name, how="evloc")


def _named(each: etree._Element, how: str = "") -> Concept:
    code = line(each.get("value")) or line(each.get("location-code"))
    scheme = line(each.get("idsrc")) or line(each.get("code-source"))
    name = _place(each) if _local(each) == "location" else _spaced(each)
    if not code:
        for alternative in each:
            if isinstance(alternative.tag, str) and _local(alternative) == "alt-code":
                code, scheme = line(alternative.get("value")), line(alternative.get("idsrc"))
                break
    return Concept(scheme=scheme if code else "", code=code, name=name or code, how=how)


def _identified(found: _Found) -> tuple[tuple[Concept, ...], tuple[Concept, ...], tuple[Concept, ...]]:
    """People, organisations and places: of the head, and those marked in the text."""
    kinds: dict[str, dict[tuple[str, str], Concept]] = {"person": {}, "org": {}, "location": {}}
    for each in found.head.get("evloc", ()):
        place = _evloc(each)
        if place.name or place.code:
            kinds["location"].setdefault((place.code, place.name.casefold()), place)
    names = {kind: {name for _code, name in concepts} for kind, concepts in kinds.items()}
    marked: list[tuple[etree._Element, str]] = []
    for element in found.head.get("identified-content", ()):
        marked += [(part, "") for part in element.iter(etree.Element)]
    if found.content is not None:
        marked += [(part, "mentioned") for part in found.content.iter(etree.Element)]
    for part, how in marked:
        named = kinds.get(_local(part))
        if named is None:
            continue
        concept = _named(part, how)
        if concept.name and concept.name.casefold() not in names[_local(part)]:
            names[_local(part)].add(concept.name.casefold())
            named[(concept.code, concept.name.casefold())] = concept
    people, orgs, places = (tuple(kinds[name].values()) for name in ("person", "org", "location"))
    return people, orgs, places


def _language(root: etree._Element, found: _Found) -> str:
    for element in (root, found.content):
        if element is not None and (language := line(element.get(_LANG)) or line(element.get("baselang"))):
            return language.replace("_", "-")
    holder = root.find(".//*[@baselang]")
    if holder is not None:
        return line(holder.get("baselang")).replace("_", "-")
    # An empty element before the text, which the standard has for words in another language.
    marks = (
        (each for each in found.content.iter(etree.Element) if _local(each) == "lang")
        if found.content is not None
        else ()
    )
    mark = next((each for each in marks if not _spaced(each)), None)
    return language_of(line(mark.get("iso-lang")) or line(mark.get("lang"))) if mark is not None else ""


# --- media --------------------------------------------------------------------------------------------------------

_MEDIA_TYPES: Final[dict[str, ItemType]] = {
    "image": "picture",
    "photo": "picture",
    "picture": "picture",
    "graphic": "graphic",
    "video": "video",
    "audio": "audio",
}
_ADDRESS: Final = re.compile(r"(?:https?|ftp|sftp|cid|file):|.*\.[A-Za-z0-9]{2,5}(?:\?.*)?\Z", re.IGNORECASE)


def _media(content: etree._Element | None, parts: dict[str, Part], odd: list[Oddity]) -> list[Association]:
    if content is None:
        return []
    found: list[Association] = []
    for element in content.iter(etree.Element):
        local = _local(element)
        association = _medium(element, parts, odd) if local == "media" else _image(element) if local == "img" else None
        if association is not None:
            found.append(association)
    return found


_PICTURE: Final = re.compile(r".+\.(?:jpe?g|png|gif|tiff?|webp)(?:\?.*)?\Z", re.IGNORECASE)


def _image(element: etree._Element) -> Association | None:
    """A picture by HTML's element, or a cousin of it: a file that came with the story, or is on the web. None of what
    is there to count readers."""
    href = line(element.get("src")) or line(element.get("source"))
    if not _PICTURE.match(href):
        return None
    size = {name: whole_number(element.get(name), most=1_000_000) for name in ("width", "height")}
    rendition = Rendition(href=href, width=size["width"], height=size["height"])
    return Association(
        item_id=href.rpartition("/")[2], type="picture", alt=line(element.get("alt")), renditions=(rendition,)
    )


def _medium(element: etree._Element, parts: dict[str, Part], odd: list[Oddity]) -> Association | None:
    facts = {
        line(each.get("name")).lower(): line(each.get("value")) or line(each.text)
        for each in element
        if isinstance(each.tag, str) and _local(each) == "media-metadata"
    }
    renditions: list[Rendition] = []
    alt = credit = notice = name = ""
    captions: list[str] = []
    producers: list[str] = []
    kind = line(element.get("media-type")).lower()
    for each in element:
        if not isinstance(each.tag, str):
            continue  # type: ignore[unreachable]
        local = _local(each)
        if local == "media-reference":
            source, place = line(each.get("source")), line(each.get("data-location"))
            href = place or (source if _ADDRESS.match(source) else "")
            mime = line(each.get("mime-type"))
            kind = kind or mime.partition("/")[0].lower()
            renditions.append(
                Rendition(
                    role=line(each.get("id")) or line(each.get("class")),
                    href=href,
                    mime=mime,
                    width=_pixels(each, "width"),
                    height=_pixels(each, "height"),
                    bytes=whole_number(facts.get("size") or facts.get("filesize")),
                )
            )
            alt = alt or line(each.get("alternate-text"))
            credit = credit or line(each.get("source-credit"))
            notice = notice or line(each.get("copyright"))
            name = name or source or line(each.get("name")) or place
        elif local == "media-object":
            _object(each, renditions, name, parts, odd)
        elif local == "media-caption":
            captions.append(_spaced(each))
        elif local == "media-producer":
            producers.append(_spaced(each))
    if not (renditions or any(captions)):
        return None
    return Association(
        role=line(element.get("class")) or line(element.get("id")),
        item_id=name,
        type=_MEDIA_TYPES.get(kind, ""),
        headline=facts.get("headline", "") or facts.get("title", ""),
        caption="\n".join(unique(captions)) or facts.get("caption", ""),
        creditline=" / ".join(unique(producers)) or credit or facts.get("credit", ""),
        copyright_notice=notice or facts.get("copyright", ""),
        alt=alt,
        renditions=tuple(renditions),
    )


def _pixels(element: etree._Element, name: str) -> int | None:
    number = whole_number(element.get(name), most=1_000_000)
    return number if number and line(element.get("units")).lower() in ("", "pixels") else None


def _object(
    element: etree._Element, renditions: list[Rendition], name: str, parts: dict[str, Part], odd: list[Oddity]
) -> None:
    """The bytes of a picture inside the file, for the reference before it."""
    if line(element.get("encoding")).lower() not in ("base64", ""):
        odd.append(Oddity(code="odd-encoding", text="Media in it are encoded in a way that we do not know."))
        return
    try:
        data = base64.b64decode("".join(xml.text_of(element).split()), validate=True)
    except (binascii.Error, ValueError):
        odd.append(Oddity(code="broken-media", text="Media in it are not sound base64 and were left out."))
        return
    if not data:
        return
    before = renditions.pop() if renditions else Rendition()
    sealed = seal(data)
    parts[sealed] = Part(data=data, name=name.replace("\\", "/").rpartition("/")[2], mime=before.mime)
    renditions.append(
        Rendition(
            role=before.role,
            href=before.href,
            mime=before.mime,
            width=before.width,
            height=before.height,
            bytes=len(data),
            sha=sealed,
            part=sealed,
        )
    )


# --- the text -----------------------------------------------------------------------------------------------------


def _body(found: _Found, notes: list[EdNote]) -> tuple[str, str]:
    """(clean HTML of the content and of what stands publishable at its end, the content's text as sent)."""
    content = found.content
    raw = ""
    html = ""
    if content is not None:
        if _TEXTS_OUTSIDE_MEDIA(content):
            raw = xml.raw_of(content)
        html = inline.nitf_content(content)
    if found.end is not None:
        for part in found.end:
            if not isinstance(part.tag, str):
                continue  # type: ignore[unreachable]
            text = _spaced(part)
            if not text:
                continue
            # Desks put their own addresses here.
            if line(part.get("type")).lower() == "npa" or "@" in text:
                notes.append(EdNote(text=text, role=_local(part)))
            else:
                html += f"<p>{markup.escape(text)}</p>"
    return html, raw
