"""NewsML-G2 (IPTC, up to 2.35): news messages with any number of items, bare news items and packages.

Namespace `http://iptc.org/std/nar/2006-10-01/`; files without any namespace are read as if they had it, since agencies
send them. Codes are compared by their last part, so that a qcode (`stat:usable`), a URI and a bare word are the same;
catalogs are never fetched.

Several contents of one item are alternatives: the first is taken, and of the others what the first does not say. Of
headlines and descriptions in several languages those in the item's language come first. What breaks the standard is an
oddity of a whole story or of a take-down, and a reason to refuse a skeleton.

Media that an item links to, and the members of a package, become associations; a member that a package calls canceled
or withheld becomes a directive. Bytes inside `inlineData` become parts of the file. A planning item is an advisory.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from lxml import etree

from standfirst.kit import markup, xml
from standfirst.kit.digests import seal
from standfirst.wire.formats import _inline as inline
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    MOST,
    Bodies,
    Parsed,
    Part,
    Profile,
    Unreadable,
    body_from,
    check_size,
    domain_in,
    editorial_type_of,
    embargo_of,
    in_order,
    language_of,
    last_part,
    line,
    lines,
    microseconds,
    moment,
    note_unknown_status,
    settled,
    status_of,
    unique,
    whole_number,
)
from standfirst.wire.item import (
    Association,
    Concept,
    Directive,
    EditorialType,
    EdNote,
    Headline,
    Item,
    ItemType,
    Link,
    Oddity,
    Rendition,
    Status,
)

NAME: Final = "newsml-g2"

NAR: Final = "http://iptc.org/std/nar/2006-10-01/"
_N: Final = f"{{{NAR}}}"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_ROOTS: Final = frozenset(
    "newsMessage newsItem packageItem conceptItem knowledgeItem planningItem catalogItem catalog".split()
)
_FRAGMENTS: Final = frozenset("itemSet itemMeta contentSet contentMeta groupSet partMeta assert".split())
_NO_NEWS: Final = {
    "conceptItem": "a concept item",
    "knowledgeItem": "a knowledge item",
    "catalogItem": "a catalog item",
    "catalog": "a catalog",
}
_ITEMS: Final = ("newsItem", "packageItem", "planningItem")
_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>?")


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is NewsML-G2, or a stray part of it."""
    text = xml.head_text(head)
    root = _ROOT.match(text, xml.root_at(text))
    if not root:
        return False
    name, attributes = root.group(1), root.group(2)
    if NAR in attributes:
        return True
    return (name in _ROOTS or name in _FRAGMENTS) and name != "catalog" and ("xmlns=" not in attributes)


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a NewsML-G2 file, in order. Raises `Unreadable` if there is none that can be read."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    root = _root(data, odd)
    if not isinstance(root.tag, str) or not root.tag.startswith("{"):
        _adopt(root)
    name = etree.QName(root).localname
    if name in _NO_NEWS:
        raise Unreadable(f"This file is {_NO_NEWS[name]} and holds no news: take it out of the feed.")
    if name in _FRAGMENTS:
        raise Unreadable(f"This file is only a <{name}>, a part of an item: ask the agency for whole items.")
    if name in _ITEMS:
        parts: dict[str, Part] = {}
        item = _read(root, profile, seal(data), parts)
        return Parsed(items=(item,), oddities=tuple(odd), format=NAME, parts=parts)
    if name != "newsMessage":
        raise Unreadable(f"This file is a <{name}>, which holds no news: take it out of the feed.")
    return _message(root, data, profile, odd)


def _root(data: bytes, odd: list[Oddity]) -> etree._Element:
    """The root element, of XML that is well-formed or can be made so without a guess at its meaning."""
    data = inline.western(data, odd)
    try:
        # With a document type, names of letters are no fault, and vanish.
        return xml.parse(inline.numbered(data) if b"<!DOCTYPE" in data[:4096] else data)
    except xml.Unsafe as error:
        raise Unreadable(f"This XML is refused because {error}: ask the agency for files without them.") from None
    except xml.Broken as error:
        fault = error
    try:
        root = xml.parse(_mended(data))
    except (xml.Broken, xml.Unsafe):
        raise Unreadable(
            f"This is not well-formed XML ({fault}): ask the agency to send the file again.",
            takedown=b"canceled" in data or b"withheld" in data,
        ) from None
    odd.append(
        Oddity(
            code="mended",
            text=f"The file is not well-formed XML ({fault}): characters in it were mended, so compare its letters.",
        )
    )
    return root


_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_SURE: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:[0-8]|1[124-9]|2\d|3[01]);")
_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^>]{0,200}\?>")


def _mended(data: bytes) -> bytes:
    """`data` with what senders get wrong most: Western letters called UTF-8, HTML's entities, control characters."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    text = _CONTROL.sub("", _DECLARATION.sub("", text, count=1))
    text = _ENTITY.sub(lambda found: found.group(0) if found.group(1) in _SURE else _letter(found), text)
    return inline.with_ampersands(text).encode("utf-8")


def _letter(found: re.Match[str]) -> str:
    if found.group(1) in _SURE:
        return found.group(0)
    meant = html.unescape(found.group(0))
    # An entity that HTML does not know either stays what it is: text about something, not a letter.
    return meant if meant != found.group(0) else f"&amp;{found.group(1)};"


def _adopt(root: etree._Element) -> None:
    """Put elements without a namespace into that of NewsML-G2."""
    for element in root.iter(etree.Element):
        tag = element.tag
        if not tag.startswith("{"):
            element.tag = _N + tag


def _message(root: etree._Element, data: bytes, profile: Profile, odd: list[Oddity]) -> Parsed:
    sealed = seal(data)
    items: list[Item] = []
    faults: list[Unreadable] = []
    parts: dict[str, Part] = {}
    sender = _sender(root)
    number = 0
    for item_set in root.findall(_N + "itemSet"):
        for element in item_set:
            if not isinstance(element.tag, str):  # comments and processing instructions
                continue  # type: ignore[unreachable]
            number += 1
            if number > profile.limits.items:
                raise Unreadable(
                    f"The file holds more than {profile.limits.items:,} items: ask the agency for smaller files."
                )
            name = etree.QName(element).localname
            if name not in _ITEMS:
                what = _NO_NEWS.get(name, f"a <{name}>")
                odd.append(Oddity(code="no-news", text=f"Item {number} is {what} and holds no news."))
                continue
            try:
                items.append(_read(element, profile, sealed, parts, sender))
            except Unreadable as error:
                faults.append(error)
                odd.append(Oddity(code="broken-item", text=f"Item {number} was left out: {error.reason}"))
    if faults and not items:
        more = f" (and {len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise Unreadable(faults[0].reason + more, takedown=any(fault.takedown for fault in faults))
    if not items and number:
        raise Unreadable("This news message holds no news, only vocabularies: take it out of the feed.")
    if not items:
        raise Unreadable("This news message holds no item: ask the agency to send it again.")
    return Parsed(items=tuple(items), oddities=tuple(odd), format=NAME, parts=parts)


def _sender(root: etree._Element) -> str:
    """Who sent the message, for items that do not say who provides them."""
    header = root.find(_N + "header")
    found = header.find(_N + "sender") if header is not None else None
    return _code(found) if found is not None else ""


# --- one item -----------------------------------------------------------------------------------------------------

_TYPES: Final[dict[str, ItemType]] = {
    "text": "text",
    "picture": "picture",
    "photo": "picture",
    "graphic": "graphic",
    "animated": "graphic",
    "video": "video",
    "audio": "audio",
    "composite": "composite",
    "component": "composite",
    "planning": "advisory",
}
# Reuters' product and topic codes travel as signals too; their last parts are not instructions.
_CODES_NOT_SIGNALS: Final = frozenset({"sic", "prodid", "pmt", "var", "nmsig"})
_REUTERS_STATES: Final[dict[str, EditorialType | None]] = {"n": None, "u": "update", "c": "correction", "d": "kill"}


@dataclass(slots=True)
class _Draft:
    """What has been read of an item so far."""

    profile: Profile
    odd: list[Oddity] = field(default_factory=list)
    title: str = ""
    item_class: str = ""
    status: Status = "usable"
    status_raw: str = ""
    deleted: bool = False
    embargo: str | None = None
    urgency: int | None = None
    language: str = ""
    slugline: str = ""
    subheadline: str = ""
    bylines: list[str] = field(default_factory=list)
    dateline: str = ""
    copyright_holder: str = ""
    copyright_notice: str = ""
    times: dict[str, str] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)
    types: list[EditorialType] = field(default_factory=list)
    ednotes: list[EdNote] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    linked: list[Association] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)
    icons: list[Rendition] = field(default_factory=list)
    creators: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    headlines: list[tuple[int, Headline]] = field(default_factory=list)
    descriptions: list[tuple[int, str, str]] = field(default_factory=list)
    """(rank, role, text)."""
    creditlines: list[str] = field(default_factory=list)
    usage_terms: list[str] = field(default_factory=list)
    located: list[str] = field(default_factory=list)
    genre: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    subjects: list[Concept] = field(default_factory=list)
    places: list[Concept] = field(default_factory=list)
    people: list[Concept] = field(default_factory=list)
    orgs: list[Concept] = field(default_factory=list)
    asserted: dict[str, str] = field(default_factory=dict)
    """What the item itself says codes are called, or where they are."""

    def moment(self, name: str) -> datetime | None:
        """The time in property `name`; one that cannot be read is an oddity."""
        text = self.times.get(name)
        read = moment(takes.zoned(text, self.profile.zone)) if text else None
        if text and read is None:
            self.odd.append(
                Oddity(code="unreadable-time", text=f"Its {name} “{text[:40]}” is no time that can be read.")
            )
        return read


def _read(element: etree._Element, profile: Profile, sealed: str, parts: dict[str, Part], sender: str = "") -> Item:
    """One item. Raises `Unreadable` if it has no identity or breaks the standard's structure."""
    guid = line(element.get("guid"))
    label = f"Item {guid}" if guid else "An item"
    if not guid:
        raise Unreadable("An item has no guid, so its versions cannot be told apart: ask the agency to send it again.")
    meta = element.find(_N + "itemMeta")
    if meta is None:
        raise Unreadable(f"{label} has no itemMeta, so nothing says what it is: ask the agency to send it again.")
    provider = _provider(meta.find(_N + "provider")) or sender
    profile = profile.speaking(provider).speaking(domain_in(guid))
    draft = _Draft(profile)
    draft.language = _language_of(element)
    _collect(draft, meta, _ITEM_META)
    if draft.deleted and "kill" not in draft.types:
        draft.types.append("kill")
    draft.status = settled(draft.status, draft.status_raw, draft.types, draft.odd)
    faults = list(_faults(element))
    draft.asserted = _asserted(element, profile)
    for child in element:
        if child.tag == _N + "contentMeta":
            _collect(draft, child, _CONTENT_META)
        elif child.tag == _N + "rightsInfo":
            _collect(draft, child, _RIGHTS)

    item_type = _item_type(draft, element)
    body = raw = ""
    renditions: tuple[Rendition, ...] = ()
    found = inline.Said()
    content = element.find(_N + "contentSet")
    if content is not None:
        body, raw, renditions = _contents(content, draft, found, parts)
    if element.tag == _N + "planningItem":
        body = _plan(element, draft)
    elif not body and item_type in ("video", "audio"):
        body = _shots(element)
    associations = (*_members(element, draft), *draft.linked, *found.pictures)

    version_raw = line(element.get("version"))
    order = whole_number(version_raw, most=MOST) if version_raw else 1
    version_created = draft.moment("versionCreated")
    if order is None:
        order = microseconds(version_created)
        draft.odd.append(
            Oddity(code="odd-version", text=f"Its version ({version_raw[:40]}) is no number: its time is used instead.")
        )
    zoned = takes.zoned(draft.embargo, profile.zone) if draft.embargo else draft.embargo
    embargo_until, embargo_raw = embargo_of(zoned, profile, draft.odd)
    embargo_raw = (draft.embargo or "") if embargo_raw else ""

    draft.headlines.sort(key=lambda entry: entry[0])
    headlines = tuple(headline for _rank, headline in draft.headlines)
    headline = headlines[0].text if headlines else draft.title or found.headline
    listed = f"{draft.slugline}:{headline}"
    draft.descriptions = [entry for entry in draft.descriptions if entry[2] != listed]  # Reuters: no description
    draft.types += takes.types_in(headline, profile.headline_words)
    draft.types += takes.marks_in(_tail(draft)).types
    asked = takes.asked_of_others(headline, draft.status) if not draft.directives else None
    if asked is not None:
        draft.directives.append(asked)
        draft.types += [*takes.marks_in(headline).types, "advisory"]
        item_type = "advisory"
    abstract = _abstract(draft.descriptions, caption_first=item_type in _SHOWN)
    provider = (provider or profile.provider) if not profile.force_provider else profile.provider
    if not provider:
        provider = domain_in(guid) or "unknown"
        draft.odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    # A take-down must get through whatever else is wrong with it; so must a whole story.
    if faults and draft.status not in ("withheld", "canceled") and not (headline and (body or renditions)):
        raise Unreadable(f"{label} {faults[0]}: ask the agency to send it again.", takedown="kill" in draft.types)
    draft.odd += [Oddity(code="not-valid", text=f"The item {fault}.") for fault in faults]
    if not (headline or body or renditions or associations or abstract):
        draft.odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))

    return Item(
        provider=provider,
        item_id=guid,
        alt_ids=unique(name for name in draft.alt_ids if name != guid),
        version_raw=version_raw,
        version_order=order,
        thread_key=_thread(draft, guid),
        type=item_type,
        status=draft.status,
        status_raw=draft.status_raw,
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(draft.types),
        signals=tuple(draft.signals),
        urgency=draft.urgency,
        slugline=draft.slugline,
        headline=headline,
        headlines=headlines,
        subheadline=draft.subheadline,
        byline=", ".join(unique(draft.bylines))
        or found.byline
        or (", ".join(unique(draft.creators)) if item_type in _SHOWN else ""),
        dateline=draft.dateline or found.dateline,
        located=", ".join(unique(draft.located)),
        abstract=abstract,
        body_html=body,
        body_raw=raw,
        creditline=" / ".join(unique(draft.creditlines) or unique(draft.sources)),
        copyright_holder=draft.copyright_holder,
        copyright_notice=draft.copyright_notice,
        usage_terms=unique(draft.usage_terms),
        language=draft.language or profile.language,
        genre=unique(draft.genre),
        subjects=tuple(draft.subjects),
        places=tuple(draft.places),
        people=tuple(draft.people),
        orgs=tuple(draft.orgs),
        keywords=unique(draft.keywords),
        ednotes=tuple(draft.ednotes),
        first_created=draft.moment("firstCreated"),
        version_created=version_created,
        content_created=draft.moment("contentCreated"),
        expires=draft.moment("expires"),
        renditions=(*renditions, *draft.icons),
        associations=associations,
        links=tuple(draft.links),
        raw_sha256=sealed,
        oddities=tuple(draft.odd),
        directives=tuple(draft.directives),
        doubts=tuple(draft.doubts),
    )


_SHOWN: Final = frozenset({"picture", "graphic", "video", "audio"})


def _item_type(draft: _Draft, element: etree._Element) -> ItemType:
    if element.tag == _N + "packageItem":
        return "composite"
    if element.tag == _N + "planningItem":
        draft.types.append("advisory")
        return "advisory"
    found = _TYPES.get(draft.item_class)
    if found is not None:
        return found
    said = draft.item_class or "none"
    draft.odd.append(Oddity(code="unknown-class", text=f"Its class ({said}) is not known: it is read as text."))
    return "text"


_Reader = Callable[[_Draft, etree._Element], None]


def _collect(draft: _Draft, element: etree._Element, readers: dict[str, _Reader]) -> None:
    for child in element:
        reader = readers.get(child.tag)
        if reader is not None:
            reader(draft, child)


def _text(element: etree._Element) -> str:
    """All text below `element`, as one line."""
    return line(xml.text_of(element))


def _code(element: etree._Element) -> str:
    """How a flexible property names its concept: qcode, URI, literal, or bare text."""
    return line(element.get("qcode") or element.get("uri") or element.get("literal") or element.text)


def _name(element: etree._Element, language: str = "") -> str:
    """The name of a concept: of several, that in `language` if there is one, else the first."""
    names = element.findall(_N + "name")
    if not names:
        return ""
    if language and len(names) > 1:
        for name in names:
            if _same_language(name.get(_LANG), language):
                return _text(name)
    return _text(names[0])


def _same_language(one: str | None, other: str) -> bool:
    """True if two tags name the same language, whatever the region, or if one says nothing."""
    if not one or not other:
        return True
    return language_of(one).partition("-")[0] == language_of(other).partition("-")[0]


def _language_of(element: etree._Element) -> str:
    language = element.find(f"{_N}contentMeta/{_N}language")
    tag = language.get("tag") if language is not None else ""
    return language_of(tag or element.get(_LANG) or "")


def _thread(draft: _Draft, guid: str) -> str:
    if draft.slugline and not takes.is_alarm(draft.slugline):
        return draft.slugline.removesuffix(_tail(draft)) or draft.slugline
    for link in draft.links:
        if last_part(link.rel) in ("evolvedfrom", "prevversion"):
            return link.target
    return guid


def _tail(draft: _Draft) -> str:
    """What a slugline ends with that is about the version: "(UPDATE 1, PIX, TV)", ", 2nd Ld-Writethru"."""
    tail = draft.profile.slugline_tail
    found = re.search(rf"(?:{tail})\Z", draft.slugline[-200:]) if tail else None
    return found.group(0) if found else ""


_ADDRESS: Final = ("locality", "area", "country")


def _asserted(element: etree._Element, profile: Profile) -> dict[str, str]:
    """What an item says of the codes that it uses: their names, else the address of a place, else what is around it."""
    said: dict[str, str] = {}
    for assertion in element.iterfind(_N + "assert"):
        code = _code(assertion)
        address = assertion.find(f"{_N}POIDetails/{_N}address")
        parts = [_name(assertion)]
        if not parts[0] and address is not None:
            parts = [_name(part) for each in _ADDRESS for part in address.findall(_N + each)]
        elif not parts[0]:
            parts = [_name(part) for part in assertion.findall(_N + "broader")]
        if name := ", ".join(unique(part for part in parts if part != "N/A")):
            for begins, used in profile.asserted_as.items():
                if code.startswith(begins):
                    code = used + code.removeprefix(begins)
            said.setdefault(code, name)
    return said


_SUMMARIES: Final = ("summary", "abstract", "teaser", "lead", "standfirst")
_CAPTIONS: Final = ("caption", "")


def _abstract(descriptions: list[tuple[int, str, str]], *, caption_first: bool) -> str:
    ranked = sorted(descriptions, key=lambda entry: entry[0])
    wanted = (_CAPTIONS, _SUMMARIES) if caption_first else (_SUMMARIES, _CAPTIONS)
    for roles in wanted:
        for _rank, role, text in ranked:
            if role in roles:
                return text
    return ranked[0][2] if ranked else ""


# --- structure ----------------------------------------------------------------------------------------------------

_TOO_DEEP: Final = etree.XPath("boolean(.//n:related/n:related/n:related/n:related)", namespaces={"n": NAR})
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ORGANISATION: Final = frozenset(
    _N + name for name in ("founded", "dissolved", "location", "affiliation", "contactInfo", "hasInstrument")
)


def _faults(element: etree._Element) -> Iterator[str]:
    """What breaks the standard so that the item's codes or references cannot be relied on."""
    if element.find(_N + "catalogRef") is None and element.find(_N + "catalog") is None:
        # Catalogs are optional since 2.30; before, a qcode without one has no meaning.
        found = re.match(r"(\d+)\.(\d+)", element.get("standardversion") or "")
        if found and (int(found.group(1)), int(found.group(2))) < (2, 30):
            yield f"names no catalog for its codes, which NewsML-G2 {found.group(0)} demands"
    if _TOO_DEEP(element):
        yield "nests related concepts deeper than the three levels that NewsML-G2 allows"
    for reference in element.iter(_N + "itemRef"):
        if _BAD_PERCENT.search(reference.get("residrefformaturi") or ""):
            yield "refers to a member by a format URI that is no URI"
            break
    for assertion in element.iterfind(_N + "assert"):
        for child in assertion.iterfind(_N + "organisationDetails/*"):
            if isinstance(child.tag, str) and child.tag.startswith(_N) and child.tag not in _ORGANISATION:
                name = etree.QName(child).localname
                yield f"describes an organisation by <{name}>, which NewsML-G2 does not define"
                return


# --- itemMeta -----------------------------------------------------------------------------------------------------


def _item_class(draft: _Draft, element: etree._Element) -> None:
    draft.item_class = last_part(_code(element))
    for name, value in element.attrib.items():
        # Reuters: rtr:msgType="D" is a deletion.
        if str(name).endswith("msgType") and str(value).strip().upper() == "D":
            draft.signals.append("msgType:D")
            draft.deleted = True


def _provider(element: etree._Element | None) -> str:
    if element is None:
        return ""
    qcode, uri = line(element.get("qcode")), line(element.get("uri"))
    if qcode:
        return qcode.partition(":")[2] or qcode
    if "/newsprovider/" in uri:
        return uri.rstrip("/").rpartition("/")[2]
    return uri or line(element.get("literal")) or _name(element) or line(element.text)


def _time(draft: _Draft, element: etree._Element) -> None:
    draft.times.setdefault(etree.QName(element).localname, line(element.text))


def _embargoed(draft: _Draft, element: etree._Element) -> None:
    # Were there two, which no standard allows, the one that cannot be read holds the item.
    text = _text(element)
    if draft.embargo is None or moment(text) is None:
        draft.embargo = text


def _pub_status(draft: _Draft, element: etree._Element) -> None:
    draft.status_raw = _code(element) or _name(element) or "(empty)"
    draft.status = status_of(draft.status_raw, draft.profile)
    note_unknown_status(draft.status, draft.status_raw, draft.odd)


def _signal(draft: _Draft, element: etree._Element) -> None:
    code = _code(element)
    if not code:
        return
    draft.signals.append(code)
    scheme = code.partition(":")[0].lower()
    if scheme in _CODES_NOT_SIGNALS:
        return
    if scheme == "edstat" and last_part(code) in _REUTERS_STATES:
        found = _REUTERS_STATES[last_part(code)]
    else:
        found = editorial_type_of(code, draft.profile)
    if found:
        draft.types.append(found)


def _ed_note(draft: _Draft, element: etree._Element) -> None:
    text = lines(xml.text_of(element))
    if not text:
        return
    role = line(element.get("role") or element.get("roleuri"))
    constraint = last_part(element.get("pubconstraint") or element.get("pubconstrainturi") or "")
    public = constraint in ("public", "publishable") or (not constraint and role in draft.profile.public_note_roles)
    draft.ednotes.append(EdNote(text=text, public=public, role=role))


_MIME_TYPES: Final[dict[str, ItemType]] = {"image": "picture", "video": "video", "audio": "audio"}


def _link(draft: _Draft, element: etree._Element) -> None:
    residref, href = line(element.get("residref") or element.get("guidref")), line(element.get("href"))
    target = residref or href
    if not target:
        return
    rel = line(element.get("rel") or element.get("reluri"))
    version = line(element.get("version"))
    draft.links.append(Link(rel=rel, target=target, version=version))
    item_class = element.find(_N + "itemClass")
    mime = line(element.get("contenttype"))
    kind = _TYPES.get(last_part(_code(item_class)), "") if item_class is not None else ""
    kind = kind or _MIME_TYPES.get(mime.partition("/")[0], "")
    if kind in _SHOWN and last_part(rel) not in _EARLIER:
        rendition = Rendition(href=href, mime=mime, bytes=whole_number(element.get("size")))
        draft.linked.append(_related(element, rel, target, version, kind, (rendition,) if href else ()))


_EARLIER: Final = frozenset({"evolvedfrom", "prevversion", "derivedfrom", "previousversion"})


def _related(
    element: etree._Element, role: str, target: str, version: str, kind: str, renditions: tuple[Rendition, ...]
) -> Association:
    """Another item as hints inside `element` describe it."""
    texts = {name: _hint(element, name) for name in ("headline", "title", "description", "creditline")}
    rights = element.find(_N + "rightsInfo")
    caption = next(
        (_text(each) for each in element.findall(_N + "title") if last_part(each.get("role") or "") == "caption"), ""
    )
    if caption and caption == texts["title"]:
        texts["title"] = ""
    return Association(
        role=role,
        item_id=target,
        version=version,
        type=kind,
        headline=texts["headline"] or texts["title"],
        caption=texts["description"] or caption,
        creditline=texts["creditline"],
        copyright_notice=_hint(rights, "copyrightNotice") if rights is not None else "",
        usage_terms=unique(_text(term) for term in rights.findall(_N + "usageTerms")) if rights is not None else (),
        expires=moment(_hint(element, "expires")),
        renditions=renditions,
    )


def _hint(element: etree._Element, name: str) -> str:
    found = element.find(_N + name)
    return _text(found) if found is not None else ""


def _member_of(draft: _Draft, element: etree._Element) -> None:
    code = _code(element)
    if code:
        draft.links.append(Link(rel=etree.QName(element).localname, target=code))


def _service(draft: _Draft, element: etree._Element) -> None:
    scheme, colon, code = _code(element).partition(":")
    if code or scheme:
        name = _name(element)
        draft.subjects.append(
            Concept(scheme=scheme if colon else "", code=code if colon else scheme, name=name, how="service")
        )


def _role(draft: _Draft, element: etree._Element) -> None:
    """AP says here what its other formats call editorial types: Corrective, Kill, Writethru."""
    for word in unique([*(_text(name) for name in element.findall(_N + "name")), _code(element)]):
        found = editorial_type_of(word, draft.profile)
        if found:
            draft.signals.append(word)
            draft.types.append(found)
            return


def _title(draft: _Draft, element: etree._Element) -> None:
    draft.title = draft.title or _text(element)


_ITEM_META: Final[dict[str, _Reader]] = {
    _N + "itemClass": _item_class,
    _N + "versionCreated": _time,
    _N + "firstCreated": _time,
    _N + "expires": _time,
    _N + "embargoed": _embargoed,
    _N + "pubStatus": _pub_status,
    _N + "signal": _signal,
    _N + "edNote": _ed_note,
    _N + "link": _link,
    _N + "title": _title,
    _N + "memberOf": _member_of,
    _N + "instanceOf": _member_of,
    _N + "service": _service,
    _N + "role": _role,
}

# --- contentMeta --------------------------------------------------------------------------------------------------


def _urgency(draft: _Draft, element: etree._Element) -> None:
    number = whole_number(element.text)
    if not line(element.text):
        return
    if number is not None and 1 <= number <= 9:
        draft.urgency = number
    else:
        draft.odd.append(
            Oddity(code="odd-urgency", text=f"Its urgency “{line(element.text)[:20]}” is not a number from 1 to 9.")
        )


def _located(draft: _Draft, element: etree._Element) -> None:
    code = _code(element)
    draft.located.append(_name(element, draft.language) or draft.asserted.get(code, "") or code)


def _genre(draft: _Draft, element: etree._Element) -> None:
    draft.genre.append(_name(element, draft.language) or _code(element))


def _subject(draft: _Draft, element: etree._Element) -> None:
    qcode = line(element.get("qcode"))
    scheme, _colon, code = qcode.partition(":")
    if not qcode:
        uri = line(element.get("uri"))
        head, slash, code = uri.rpartition("/")
        scheme = head + slash
        if not uri:
            code = line(element.get("literal"))
    name = _name(element, draft.language) or draft.asserted.get(_code(element), "")
    concept = Concept(scheme=scheme, code=code, name=name, how=line(element.get("how")))
    if not (concept.code or concept.name):
        return
    kind = last_part(element.get("type") or element.get("typeuri") or "")
    if kind in ("geoarea", "poi", "city", "country", "place"):
        draft.places.append(concept)
    elif kind in ("person", "people"):
        draft.people.append(concept)
    elif kind in ("organisation", "organization", "company"):
        draft.orgs.append(concept)
    else:
        draft.subjects.append(concept)


def _slugline(draft: _Draft, element: etree._Element) -> None:
    draft.slugline = draft.slugline or _text(element)


def _headline(draft: _Draft, element: etree._Element) -> None:
    text = _text(element)
    if not text:
        return
    role = last_part(element.get("role") or "") or "main"
    rank = whole_number(element.get("rank"))
    if "sub" in role and not draft.subheadline and _same_language(element.get(_LANG), draft.language):
        draft.subheadline = text
    place = (rank or 0) + (0 if role in ("main", "headline", "hl1") else 1000)
    place += 0 if _same_language(element.get(_LANG), draft.language) else 10_000
    draft.headlines.append((place, Headline(text=text, role=role)))


def _dateline(draft: _Draft, element: etree._Element) -> None:
    draft.dateline = draft.dateline or _text(element)


def _by(draft: _Draft, element: etree._Element) -> None:
    draft.bylines.append(_text(element))


def _creditline(draft: _Draft, element: etree._Element) -> None:
    draft.creditlines.append(_text(element))


def _description(draft: _Draft, element: etree._Element) -> None:
    text = _text(element)
    if text:
        rank = 0 if _same_language(element.get(_LANG), draft.language) else 1
        draft.descriptions.append((rank, last_part(element.get("role") or ""), text))


def _keyword(draft: _Draft, element: etree._Element) -> None:
    draft.keywords.append(_text(element))


def _alt_id(draft: _Draft, element: etree._Element) -> None:
    name = line(element.text)
    if not name:
        return
    kind = last_part(element.get("type") or "")
    if kind == "refuno":
        # TT names the item that this one replaces in an altId.
        draft.links.append(Link(rel="replaces", target=name))
    elif kind != "recordsequencenumber" and len(name) > 2:
        # AP counts its versions in one: a number that names nothing.
        draft.alt_ids.append(name)


def _creator(draft: _Draft, element: etree._Element) -> None:
    draft.creators.append(_name(element) or line(element.get("literal")) or line(element.text))


def _info_source(draft: _Draft, element: etree._Element) -> None:
    draft.sources.append(_name(element) or line(element.get("literal")) or line(element.text))


def _icon(draft: _Draft, element: etree._Element) -> None:
    href = line(element.get("href"))
    if href:
        draft.icons.append(_rendition(element, role="icon"))


def _digital_source(draft: _Draft, element: etree._Element) -> None:
    """How it was made, e.g. by a trained algorithm: kept among the subjects, for rules and screens to find."""
    code = _code(element)
    if code:
        draft.subjects.append(
            Concept(scheme="digitalsourcetype", code=last_part(code), name=_name(element), how="digitalsourcetype")
        )


_CONTENT_META: Final[dict[str, _Reader]] = {
    _N + "urgency": _urgency,
    _N + "contentCreated": _time,
    _N + "located": _located,
    _N + "genre": _genre,
    _N + "subject": _subject,
    _N + "slugline": _slugline,
    _N + "headline": _headline,
    _N + "dateline": _dateline,
    _N + "by": _by,
    _N + "creditline": _creditline,
    _N + "description": _description,
    _N + "keyword": _keyword,
    _N + "altId": _alt_id,
    _N + "creator": _creator,
    _N + "infoSource": _info_source,
    _N + "icon": _icon,
    _N + "digitalSourceType": _digital_source,
}

# --- rightsInfo ---------------------------------------------------------------------------------------------------


def _copyright_holder(draft: _Draft, element: etree._Element) -> None:
    draft.copyright_holder = draft.copyright_holder or _name(element) or _code(element)


def _copyright_notice(draft: _Draft, element: etree._Element) -> None:
    draft.copyright_notice = draft.copyright_notice or _text(element) or line(element.get("href"))


def _usage_terms(draft: _Draft, element: etree._Element) -> None:
    draft.usage_terms.append(_text(element) or line(element.get("href")))


def _rights_link(draft: _Draft, element: etree._Element) -> None:
    if last_part(element.get("rel") or element.get("reluri") or "") == "rightspolicy":
        draft.usage_terms.append(line(element.get("href") or element.get("residref")))


def _rights_expression(draft: _Draft, element: etree._Element) -> None:
    draft.odd.append(
        Oddity(code="rights-expression", text="It carries machine-readable rights, which are kept but not read.")
    )


_RIGHTS: Final[dict[str, _Reader]] = {
    _N + "copyrightHolder": _copyright_holder,
    _N + "copyrightNotice": _copyright_notice,
    _N + "usageTerms": _usage_terms,
    _N + "link": _rights_link,
    _N + "rightsExpressionXML": _rights_expression,
    _N + "rightsExpressionData": _rights_expression,
}

# --- packages -----------------------------------------------------------------------------------------------------


def _members(element: etree._Element, draft: _Draft) -> Iterator[Association]:
    group_set = element.find(_N + "groupSet")
    if group_set is None:
        return
    for reference in group_set.iter(_N + "itemRef"):
        residref, href = line(reference.get("residref")), line(reference.get("href"))
        target = residref or href
        if not target:
            continue
        group = reference.getparent()
        role = line(group.get("role") or group.get("roleuri")) if group is not None else ""
        item_class = reference.find(_N + "itemClass")
        kind = _TYPES.get(last_part(_code(item_class)), "") if item_class is not None else ""
        mime = line(reference.get("contenttype"))
        shown = href and (kind in _SHOWN or mime.partition("/")[0] in _MIME_TYPES)
        rendition = Rendition(href=href, mime=mime, bytes=whole_number(reference.get("size")))
        yield _related(
            reference,
            role,
            target,
            line(reference.get("version")),
            kind or _MIME_TYPES.get(mime.partition("/")[0], ""),
            (rendition,) if shown else (),
        )
        _member_status(reference, target, draft)


def _member_status(reference: etree._Element, target: str, draft: _Draft) -> None:
    """A package may tell what has become of a member."""
    element = reference.find(_N + "pubStatus")
    status = status_of(_code(element), draft.profile) if element is not None and _code(element) else "usable"
    if status in ("canceled", "withheld"):
        said = f"A package calls its member {target} {status}."
        draft.directives.append(Directive(status=status, target=target, exact=True, said=said))


# --- plans and shots ----------------------------------------------------------------------------------------------


def _plan(element: etree._Element, draft: _Draft) -> str:
    """The coverage that a planning item announces: a paragraph each. Its notes to editors stay notes."""
    blocks: list[str] = []
    for coverage in element.iter(_N + "newsCoverage"):
        planning = coverage.find(_N + "planning")
        if planning is None:
            continue
        for note in planning.findall(_N + "edNote"):
            _ed_note(draft, note)
        item_class = planning.find(_N + "itemClass")
        kind = last_part(_code(item_class)) if item_class is not None else ""
        words = [
            kind.capitalize(),
            _hint(planning, "headline") or _hint(planning, "slugline") or _hint(planning, "title"),
            *(_text(part) for part in planning.findall(_N + "description")),
            _hint(planning, "scheduled"),
            *(_hint(reference, "title") for reference in coverage.iter(_N + "deliveredItemRef")),
        ]
        text = " – ".join(word for word in words if word)
        if text:
            blocks.append(f"<p>{markup.escape(text)}</p>")
    return "".join(blocks)


def _shots(element: etree._Element) -> str:
    """What the parts of a film or sound are, where nothing else is said of it."""
    blocks: list[str] = []
    for part in element.findall(_N + "partMeta"):
        words = unique([_hint(part, "headline"), *(_text(text) for text in part.findall(_N + "description"))])
        if words:
            blocks.append(f"<p>{markup.escape(' – '.join(words))}</p>")
    return "".join(blocks)


# --- contentSet ---------------------------------------------------------------------------------------------------


def _contents(
    content: etree._Element, draft: _Draft, found: inline.Said, parts: dict[str, Part]
) -> tuple[str, str, tuple[Rendition, ...]]:
    """(body_html, body_raw, renditions)."""
    bodies = Bodies()
    raws: list[str] = []
    renditions: list[Rendition] = []
    for child in content:
        if child.tag == _N + "remoteContent":
            first = _rendition(child)
            renditions.append(first)
            for other in child.findall(_N + "altLoc"):
                href = line(other.text) or line(other.get("href"))
                if href:
                    renditions.append(msgspec.structs.replace(first, href=href))
        elif child.tag == _N + "inlineXML":
            raws.append(xml.raw_of(child))
            bodies.add(inline.html_of(child, line(child.get("contenttype")), found))
        elif child.tag == _N + "inlineData":
            body, raw = _inline_data(child, draft, renditions, parts)
            bodies.add(body)
            raws.append(raw)
    return bodies.html(), "\n".join(raw for raw in raws if raw), tuple(renditions)


_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")


def _rendition(element: etree._Element, role: str = "") -> Rendition:
    sha = ""
    for digest in element.findall(_N + "hash"):
        text = line(digest.text).lower()
        if "256" in (digest.get("hashtype") or digest.get("hashtypeuri") or "") and _SHA256.match(text):
            sha = text
    return Rendition(
        role=line(element.get("rendition") or element.get("renditionuri")) or role,
        href=line(element.get("href") or element.get("residref")),
        mime=line(element.get("contenttype")),
        width=whole_number(element.get("width")),
        height=whole_number(element.get("height")),
        bytes=whole_number(element.get("size")),
        sha=sha,
    )


def _inline_data(
    element: etree._Element, draft: _Draft, renditions: list[Rendition], parts: dict[str, Part]
) -> tuple[str, str]:
    """(body_html, body_raw) of text; other data becomes a part of the file and a rendition of the item."""
    text = xml.text_of(element)
    mime = line(element.get("contenttype")).lower()
    if last_part(element.get("encoding") or element.get("encodinguri") or "") != "base64":
        return body_from(text, mime), lines(text)
    try:
        data = base64.b64decode(text, validate=False)
        if not mime or mime.startswith("text/"):
            text = data.decode("utf-8")
            return body_from(text, mime), lines(text)
    except (binascii.Error, ValueError):
        draft.odd.append(Oddity(code="inline-data", text="It carries encoded data inside that cannot be read."))
        return "", ""
    if data:
        digest = seal(data)
        name = line(element.get("id")) or line(element.get("rendition")).rpartition(":")[2]
        parts[digest] = Part(data=data, name=name, mime=mime)
        rendition = _rendition(element)
        renditions.append(msgspec.structs.replace(rendition, bytes=len(data), sha=digest, part=digest))
    return "", ""
