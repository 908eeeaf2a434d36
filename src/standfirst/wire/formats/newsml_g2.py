"""NewsML-G2 (IPTC, up to 2.35): news messages with any number of items, bare news items and packages.

Namespace `http://iptc.org/std/nar/2006-10-01/`; files without any namespace are read as if they had it, since agencies
send them. Codes are compared by their last part, so that a qcode (`stat:usable`), a URI and a bare word are the same;
catalogs are never fetched.

Several contents of one item are alternatives: the first is taken, and of the others what the first does not say.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lxml import etree

from standfirst.kit import xml
from standfirst.kit.digests import seal
from standfirst.wire.formats import _inline as inline
from standfirst.wire.formats._shared import (
    DEFAULT,
    MOST,
    Bodies,
    Parsed,
    Profile,
    Unreadable,
    body_from,
    check_size,
    domain_in,
    editorial_type_of,
    embargo_of,
    in_order,
    last_part,
    line,
    lines,
    microseconds,
    moment,
    status_of,
    unique,
    whole_number,
)
from standfirst.wire.item import (
    Association,
    Concept,
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
    "planningItem": "a planning item",
    "catalogItem": "a catalog item",
    "catalog": "a catalog",
}
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
    try:
        root = xml.parse(data)
    except xml.Unsafe as error:
        raise Unreadable(f"This XML is refused because {error}: ask the agency for files without them.") from None
    except xml.Broken as error:
        raise Unreadable(
            f"This is not well-formed XML ({error}): ask the agency to send the file again.",
            takedown=b"canceled" in data or b"withheld" in data,
        ) from None
    if not isinstance(root.tag, str) or not root.tag.startswith("{"):
        _adopt(root)
    name = etree.QName(root).localname
    if name in _NO_NEWS:
        raise Unreadable(f"This file is {_NO_NEWS[name]} and holds no news: take it out of the feed.")
    if name in _FRAGMENTS:
        raise Unreadable(f"This file is only a <{name}>, a part of an item: ask the agency for whole items.")
    if name in ("newsItem", "packageItem"):
        item = _read(root, profile, seal(data))
        return Parsed(items=(item,), format=NAME)
    if name != "newsMessage":
        raise Unreadable(f"This file is a <{name}>, which holds no news: take it out of the feed.")
    return _message(root, data, profile)


def _adopt(root: etree._Element) -> None:
    """Put elements without a namespace into that of NewsML-G2."""
    for element in root.iter(etree.Element):
        tag = element.tag
        if not tag.startswith("{"):
            element.tag = _N + tag


def _message(root: etree._Element, data: bytes, profile: Profile) -> Parsed:
    sealed = seal(data)
    items: list[Item] = []
    odd: list[Oddity] = []
    faults: list[Unreadable] = []
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
            if name not in ("newsItem", "packageItem"):
                what = _NO_NEWS.get(name, f"a <{name}>")
                odd.append(Oddity(code="no-news", text=f"Item {number} is {what} and holds no news."))
                continue
            try:
                items.append(_read(element, profile, sealed))
            except Unreadable as error:
                faults.append(error)
                odd.append(Oddity(code="broken-item", text=f"Item {number} was left out: {error.reason}"))
    if faults and not items:
        more = f" (and {len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise Unreadable(faults[0].reason + more, takedown=any(fault.takedown for fault in faults))
    if not items and odd:
        raise Unreadable("This news message holds no news, only vocabularies or plans: take it out of the feed.")
    if not items:
        raise Unreadable("This news message holds no item: ask the agency to send it again.")
    return Parsed(items=tuple(items), oddities=tuple(odd), format=NAME)


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
    provider: str = ""
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
    byline: str = ""
    dateline: str = ""
    copyright_holder: str = ""
    copyright_notice: str = ""
    times: dict[str, str] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)
    types: list[EditorialType] = field(default_factory=list)
    ednotes: list[EdNote] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    headlines: list[tuple[int, Headline]] = field(default_factory=list)
    descriptions: list[tuple[str, str]] = field(default_factory=list)
    creditlines: list[str] = field(default_factory=list)
    usage_terms: list[str] = field(default_factory=list)
    located: list[str] = field(default_factory=list)
    genre: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    subjects: list[Concept] = field(default_factory=list)
    places: list[Concept] = field(default_factory=list)
    people: list[Concept] = field(default_factory=list)
    orgs: list[Concept] = field(default_factory=list)

    def moment(self, name: str) -> datetime | None:
        """The time in property `name`; one that cannot be read is an oddity."""
        text = self.times.get(name)
        read = moment(text)
        if text and read is None:
            self.odd.append(
                Oddity(code="unreadable-time", text=f"Its {name} “{text[:40]}” is no time that can be read.")
            )
        return read


def _read(element: etree._Element, profile: Profile, sealed: str) -> Item:
    """One newsItem or packageItem. Raises `Unreadable` if it has no identity or breaks the standard's structure."""
    guid = line(element.get("guid"))
    label = f"Item {guid}" if guid else "An item"
    if not guid:
        raise Unreadable("An item has no guid, so its versions cannot be told apart: ask the agency to send it again.")
    draft = _Draft(profile)
    meta = element.find(_N + "itemMeta")
    if meta is None:
        raise Unreadable(f"{label} has no itemMeta, so nothing says what it is: ask the agency to send it again.")
    draft.language = line(element.get(_LANG))
    _collect(draft, meta, _ITEM_META)
    if draft.deleted and "kill" not in draft.types:
        draft.types.append("kill")
    _settle_status(draft)
    for fault in _faults(element):
        # A take-down must get through whatever else is wrong with it.
        if draft.status not in ("withheld", "canceled"):
            raise Unreadable(f"{label} {fault}: ask the agency to send it again.", takedown="kill" in draft.types)
        draft.odd.append(Oddity(code="not-valid", text=f"The item {fault}."))
    for child in element:
        if child.tag == _N + "contentMeta":
            _collect(draft, child, _CONTENT_META)
        elif child.tag == _N + "rightsInfo":
            _collect(draft, child, _RIGHTS)

    body = raw = ""
    renditions: tuple[Rendition, ...] = ()
    found = inline.Said()
    content = element.find(_N + "contentSet")
    if content is not None:
        body, raw, renditions = _contents(content, draft, found)
    package = element.tag == _N + "packageItem"
    associations = tuple(_members(element)) if package else ()

    item_type = _TYPES.get(draft.item_class)
    if package:
        item_type = "composite"
    elif item_type is None:
        item_type = "text"
        said = draft.item_class or "none"
        draft.odd.append(Oddity(code="unknown-class", text=f"Its class ({said}) is not known: it is read as text."))

    version_raw = line(element.get("version"))
    order = whole_number(version_raw, most=MOST) if version_raw else 1
    version_created = draft.moment("versionCreated")
    if order is None:
        order = microseconds(version_created)
        draft.odd.append(
            Oddity(code="odd-version", text=f"Its version ({version_raw[:40]}) is no number: its time is used instead.")
        )
    embargo_until, embargo_raw = embargo_of(draft.embargo, profile, draft.odd)

    draft.headlines.sort(key=lambda entry: entry[0])
    headlines = tuple(headline for _rank, headline in draft.headlines)
    headline = headlines[0].text if headlines else draft.title or found.headline
    abstract = _abstract(draft.descriptions)
    provider = (draft.provider or profile.provider) if not profile.force_provider else profile.provider
    if not provider:
        provider = domain_in(guid) or "unknown"
        draft.odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    if not (headline or body or renditions or associations or abstract):
        draft.odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))

    return Item(
        provider=provider,
        item_id=guid,
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
        byline=draft.byline or found.byline,
        dateline=draft.dateline or found.dateline,
        located=", ".join(unique(draft.located)),
        abstract=abstract,
        body_html=body,
        body_raw=raw,
        creditline=" / ".join(unique(draft.creditlines)),
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
        renditions=renditions,
        associations=associations,
        links=tuple(draft.links),
        raw_sha256=sealed,
        oddities=tuple(draft.odd),
    )


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


def _name(element: etree._Element) -> str:
    name = element.find(_N + "name")
    return _text(name) if name is not None else ""


def _settle_status(draft: _Draft) -> None:
    """Decide from status and signals together; where they disagree the item waits for a person."""
    if "kill" not in draft.types or draft.status in ("withheld", "canceled"):
        return
    if not draft.status_raw:
        draft.status = "canceled"
        return
    draft.status = "unknown"
    draft.odd.append(
        Oddity(
            code="status-disagrees",
            text=f"A signal says that it is to be removed, but its status is {draft.status_raw}: a person must decide.",
        )
    )


def _thread(draft: _Draft, guid: str) -> str:
    if draft.slugline:
        return draft.slugline
    for link in draft.links:
        if last_part(link.rel) in ("evolvedfrom", "prevversion"):
            return link.target
    return guid


def _abstract(descriptions: list[tuple[str, str]]) -> str:
    for roles in (("summary", "abstract", "teaser", "lead", "standfirst"), ("caption", "")):
        for role, text in descriptions:
            if role in roles:
                return text
    return descriptions[0][1] if descriptions else ""


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


def _provider(draft: _Draft, element: etree._Element) -> None:
    qcode, uri = line(element.get("qcode")), line(element.get("uri"))
    if qcode:
        draft.provider = qcode.partition(":")[2] or qcode
    elif "/newsprovider/" in uri:
        draft.provider = uri.rstrip("/").rpartition("/")[2]
    else:
        draft.provider = uri or line(element.get("literal")) or _name(element) or line(element.text)


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
    if draft.status == "unknown":
        draft.odd.append(
            Oddity(
                code="unknown-status",
                text=f"Its status “{draft.status_raw[:60]}” is not one that we know: a person must decide.",
            )
        )


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


def _link(draft: _Draft, element: etree._Element) -> None:
    target = line(element.get("residref") or element.get("href"))
    if target:
        rel = line(element.get("rel") or element.get("reluri"))
        draft.links.append(Link(rel=rel, target=target, version=line(element.get("version"))))


def _title(draft: _Draft, element: etree._Element) -> None:
    draft.title = draft.title or _text(element)


_ITEM_META: Final[dict[str, _Reader]] = {
    _N + "itemClass": _item_class,
    _N + "provider": _provider,
    _N + "versionCreated": _time,
    _N + "firstCreated": _time,
    _N + "expires": _time,
    _N + "embargoed": _embargoed,
    _N + "pubStatus": _pub_status,
    _N + "signal": _signal,
    _N + "edNote": _ed_note,
    _N + "link": _link,
    _N + "title": _title,
}

# --- contentMeta --------------------------------------------------------------------------------------------------


def _urgency(draft: _Draft, element: etree._Element) -> None:
    number = whole_number(element.text)
    if number is not None and 1 <= number <= 9:
        draft.urgency = number
    else:
        draft.odd.append(
            Oddity(code="odd-urgency", text=f"Its urgency “{line(element.text)[:20]}” is not a number from 1 to 9.")
        )


def _located(draft: _Draft, element: etree._Element) -> None:
    draft.located.append(_name(element) or _code(element))


def _language(draft: _Draft, element: etree._Element) -> None:
    tag = line(element.get("tag"))
    if tag and "language" not in draft.times:
        draft.language = tag
        draft.times["language"] = ""


def _genre(draft: _Draft, element: etree._Element) -> None:
    draft.genre.append(_name(element) or _code(element))


def _subject(draft: _Draft, element: etree._Element) -> None:
    qcode = line(element.get("qcode"))
    scheme, _colon, code = qcode.partition(":")
    if not qcode:
        uri = line(element.get("uri"))
        head, slash, code = uri.rpartition("/")
        scheme = head + slash
        if not uri:
            code = line(element.get("literal"))
    concept = Concept(scheme=scheme, code=code, name=_name(element), how=line(element.get("how")))
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
    if "sub" in role and not draft.subheadline:
        draft.subheadline = text
    place = (rank or 0) + (0 if role in ("main", "headline", "hl1") else 1000)
    draft.headlines.append((place, Headline(text=text, role=role)))


def _dateline(draft: _Draft, element: etree._Element) -> None:
    draft.dateline = draft.dateline or _text(element)


def _by(draft: _Draft, element: etree._Element) -> None:
    text = _text(element)
    if text and text not in draft.byline:
        draft.byline = f"{draft.byline}, {text}" if draft.byline else text


def _creditline(draft: _Draft, element: etree._Element) -> None:
    draft.creditlines.append(_text(element))


def _description(draft: _Draft, element: etree._Element) -> None:
    text = _text(element)
    if text:
        draft.descriptions.append((last_part(element.get("role") or ""), text))


def _keyword(draft: _Draft, element: etree._Element) -> None:
    draft.keywords.append(_text(element))


def _alt_id(draft: _Draft, element: etree._Element) -> None:
    # TT names the item that this one replaces in an altId.
    if last_part(element.get("type") or "") == "refuno" and line(element.text):
        draft.links.append(Link(rel="replaces", target=line(element.text)))


_CONTENT_META: Final[dict[str, _Reader]] = {
    _N + "urgency": _urgency,
    _N + "contentCreated": _time,
    _N + "located": _located,
    _N + "language": _language,
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
}

# --- rightsInfo ---------------------------------------------------------------------------------------------------


def _copyright_holder(draft: _Draft, element: etree._Element) -> None:
    draft.copyright_holder = draft.copyright_holder or _name(element) or _code(element)


def _copyright_notice(draft: _Draft, element: etree._Element) -> None:
    draft.copyright_notice = draft.copyright_notice or _text(element) or line(element.get("href"))


def _usage_terms(draft: _Draft, element: etree._Element) -> None:
    draft.usage_terms.append(_text(element) or line(element.get("href")))


_RIGHTS: Final[dict[str, _Reader]] = {
    _N + "copyrightHolder": _copyright_holder,
    _N + "copyrightNotice": _copyright_notice,
    _N + "usageTerms": _usage_terms,
}

# --- packages -----------------------------------------------------------------------------------------------------


def _members(element: etree._Element) -> Iterator[Association]:
    for reference in element.iter(_N + "itemRef"):
        target = line(reference.get("residref") or reference.get("href"))
        if not target:
            continue
        group = reference.getparent()
        item_class = reference.find(_N + "itemClass")
        headline = reference.find(_N + "headline")
        if headline is None:
            headline = reference.find(_N + "title")
        caption = reference.find(_N + "description")
        yield Association(
            role=line(group.get("role")) if group is not None else "",
            item_id=target,
            version=line(reference.get("version")),
            type=_TYPES.get(last_part(_code(item_class)), "") if item_class is not None else "",
            headline=_text(headline) if headline is not None else "",
            caption=_text(caption) if caption is not None else "",
        )


# --- contentSet ---------------------------------------------------------------------------------------------------


def _contents(content: etree._Element, draft: _Draft, found: inline.Said) -> tuple[str, str, tuple[Rendition, ...]]:
    """(body_html, body_raw, renditions)."""
    bodies = Bodies()
    raws: list[str] = []
    renditions: list[Rendition] = []
    for child in content:
        if child.tag == _N + "remoteContent":
            renditions.append(_rendition(child))
        elif child.tag == _N + "inlineXML":
            raws.append(xml.raw_of(child))
            bodies.add(inline.html_of(child, line(child.get("contenttype")), found))
        elif child.tag == _N + "inlineData":
            raws.append(lines(xml.text_of(child)))
            bodies.add(_inline_data(child, draft))
    return bodies.html(), "\n".join(raws), tuple(renditions)


def _rendition(element: etree._Element) -> Rendition:
    return Rendition(
        role=line(element.get("rendition") or element.get("renditionuri")),
        href=line(element.get("href") or element.get("residref")),
        mime=line(element.get("contenttype")),
        width=whole_number(element.get("width")),
        height=whole_number(element.get("height")),
        bytes=whole_number(element.get("size")),
    )


def _inline_data(element: etree._Element, draft: _Draft) -> str:
    text = xml.text_of(element)
    mime = line(element.get("contenttype")).lower()
    encoding = last_part(element.get("encoding") or element.get("encodinguri") or "")
    if encoding == "base64":
        if mime and not mime.startswith("text/"):
            draft.odd.append(
                Oddity(code="inline-data", text=f"It carries {mime} data inside, which is kept but not read.")
            )
            return ""
        try:
            text = base64.b64decode(text, validate=False).decode("utf-8")
        except (binascii.Error, ValueError):
            draft.odd.append(Oddity(code="inline-data", text="It carries encoded data inside that cannot be read."))
            return ""
    return body_from(text, mime)
