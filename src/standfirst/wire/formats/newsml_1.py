"""NewsML 1.0 to 1.2 (IPTC, 2000 to 2003): any number of NewsItems, each with its components, languages and pictures.

Identity is provider, date and item id; `RevisionId` counts. Three letters say what a revision is, and agencies use them
loosely, so the content decides: a revision without content says something new about an earlier one
(`management_only`); one with `Update` elements changes places of it (`patches`, see `amend`); every other is whole.

`Instruction/RevisionStatus` says what earlier revisions now are: an exact directive. Notes, advisory and product lines
are for editors. Document types are not fetched; those that hold more than the names of DTDs of news are refused.
"""

from __future__ import annotations

import base64
import binascii
import copy
import html.entities
import mimetypes
import quopri
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

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
    editorial_type_of,
    embargo_of,
    in_order,
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
)

NAME: Final = "newsml-1.2"

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?NewsML[\s>/]")
_STOPS: Final = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,40}:)?Status\s[^<>]{0,400}?[\"'](?:cancell?ed|withheld|killed?)[\"']", re.IGNORECASE
)


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` has the root element of NewsML 1."""
    text = xml.head_text(head)
    return bool(_ROOT.match(text, xml.root_at(text)))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every NewsItem of a NewsML 1 file, in order. Raises `Unreadable` if there is none that can be read."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    root = _load(data, odd)
    elements = list(root.iter("NewsItem"))
    if not elements:
        raise Unreadable("This NewsML file holds no NewsItem: ask the agency to send it again.")
    if len(elements) > profile.limits.items:
        raise Unreadable(f"The file holds more than {profile.limits.items:,} items: ask the agency for smaller files.")
    file = _File(
        profile=_speaking(root, profile),
        sealed=seal(data),
        envelope=_Envelope.of(root.find("NewsEnvelope")),
        ids={},
    )
    for element in elements:
        duid = line(element.get("Duid"))
        identity = _identity(element, file.profile)
        if duid and identity.item_id:
            file.ids.setdefault(duid, identity.item_id)
    items: list[Item] = []
    faults: list[Unreadable] = []
    for number, element in enumerate(elements, 1):
        try:
            items.append(_read(element, file))
        except Unreadable as error:
            faults.append(error)
            odd.append(Oddity(code="broken-item", text=f"Item {number} was left out: {error.reason}"))
    if not items:
        more = f" (and {len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise Unreadable(faults[0].reason + more, takedown=any(fault.takedown for fault in faults))
    return Parsed(items=tuple(items), oddities=tuple(odd), format=NAME, parts=file.parts)


def amend(base: bytes, change: bytes, profile: Profile = DEFAULT) -> bytes:
    """`change`, with each of its NewsItems that changes one in `base` in places made whole (NewsML 1.2, `Update`).

    Identification and management data are those of `change`; the rest is that of `base`, with every insertion,
    replacement and deletion done at the element that its `DuidRef` names. Both are whole files, and so is the result;
    it can be amended in its turn. Raises `Unreadable` if `base` is not the revision that is changed, or has no such
    element.
    """
    ignored: list[Oddity] = []
    whole, root = _load(base, ignored), _load(change, ignored)
    known = {_identity(element, profile).item_id: element for element in whole.iter("NewsItem")}
    done = 0
    for element in list(root.iter("NewsItem")):
        updates = element.findall("Update")
        if not updates:
            continue
        identity = _identity(element, profile)
        before = known.get(identity.item_id)
        if before is None:
            continue
        _amend_one(copy.deepcopy(before), element, identity, _identity(before, profile))
        done += 1
    if not done:
        raise Unreadable("The change is of no item in this earlier file: ask the agency for the whole item.")
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, with_tail=False)


# --- the file -----------------------------------------------------------------------------------------------------

_ENTITY: Final = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")
_PREDEFINED: Final = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


def _load(data: bytes, odd: list[Oddity]) -> etree._Element:
    """The root of `data`, its elements without NewsML's namespace. Raises `Unreadable`."""
    try:
        data = inline.western(data, odd)
        xml.guard(data)
        if b"\x00" not in data[:8]:
            mended, count = _without_entities(data)
            if count:
                odd.append(
                    Oddity(code="undeclared-entity", text=f"It names {count} characters by HTML's names, not XML's.")
                )
                data = mended
        root = inline.parse_kindly(data, odd)
    except xml.Unsafe as error:
        raise Unreadable(f"This XML is refused because {error}: ask the agency for files without them.") from None
    except xml.Broken as error:
        raise Unreadable(
            f"This is not well-formed XML ({error}): ask the agency to send the file again.",
            takedown=bool(_STOPS.search(data)),
        ) from None
    space = etree.QName(root).namespace
    if space:
        prefix = f"{{{space}}}"
        for element in root.iter(etree.Element):
            element.tag = element.tag.removeprefix(prefix)
    if root.tag != "NewsML":
        raise Unreadable(f"This file is a <{etree.QName(root).localname[:40]}>, no NewsML: look at what is sent.")
    return root


def _without_entities(data: bytes) -> tuple[bytes, int]:
    """`data` with HTML's named characters written as numbers, and how many there were."""
    count = 0

    def number(match: re.Match[bytes]) -> bytes:
        nonlocal count
        name = match.group(1)
        point = None if name in _PREDEFINED else html.entities.name2codepoint.get(name.decode("ascii"))
        if point is None:
            return match.group(0)
        count += 1
        return b"&#%d;" % point

    return _ENTITY.sub(number, data), count


def _speaking(root: etree._Element, profile: Profile) -> Profile:
    """`profile` with the dialect of whoever the file names: as naming authority, as provider, as sender."""
    for path in (".//NewsIdentifier/ProviderId", ".//Provider/Party", "NewsEnvelope/SentFrom/Party"):
        for element in root.iterfind(path):
            name = line(element.get("FormalName")) or line(element.text)
            known = profile.speaking(name) if name else profile
            if known is not profile:
                return known
            break
    return profile


@dataclass(slots=True)
class _Envelope:
    """What the transmission says of itself."""

    sender: str = ""
    at: str = ""
    priority: str = ""

    @classmethod
    def of(cls, element: etree._Element | None) -> _Envelope:
        if element is None:
            return cls()
        party = element.find("SentFrom/Party")
        return cls(
            sender=line(party.get("FormalName")) if party is not None else "",
            at=_text(element.find("DateAndTime")),
            priority=_name(element.find("Priority")),
        )


@dataclass(slots=True)
class _File:
    profile: Profile
    sealed: str
    envelope: _Envelope
    ids: dict[str, str]
    """Item ids by the `Duid` of their element, for references inside of the file."""
    parts: dict[str, Part] = field(default_factory=dict)


# --- identity -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Identity:
    provider: str = ""
    item_id: str = ""
    alt_ids: tuple[str, ...] = ()
    revision: str = ""
    previous: str = ""
    letter: str = ""
    """N, U or A; or what else the agency put there."""
    stands_in: bool = False
    """True if nothing names the item, and something else that is its own does."""


_URN: Final = re.compile(r"urn:newsml:", re.IGNORECASE)
_REVISION: Final = re.compile(r":(\d{1,19})([A-Za-z]?)\Z")


def _named(urn: str) -> tuple[str, str]:
    """(the item that a NewsML URN names, without its revision; the revision). Other names come back as they are."""
    parts = urn.split(":")
    found = _REVISION.search(urn)
    # urn, newsml, provider, date, id, revision
    if found and _URN.match(urn) and len(parts) >= 6:
        return urn[: found.start()], found.group(1)
    return urn, ""


def _identity(element: etree._Element, profile: Profile) -> _Identity:
    """Who and what a NewsItem is; `item_id` is "" where nothing says so."""
    named = element.find("Identification/NewsIdentifier")
    if named is None:
        named = element.find("Identification")
        if named is None:
            return _Identity()
    provider, date = _text(named.find("ProviderId")), _text(named.find("DateId"))
    own = _text(named.find("NewsItemId"))
    public = _text(named.find("PublicIdentifier"))
    if _URN.match(public) and public.count(":") < 3:
        public = ""  # it names an agency, no item
    revised = named.find("RevisionId")
    revision = _text(revised)
    without, public_revision = _named(public)
    own = _unversioned(own, without, revision or public_revision)
    if own and profile.speaking(provider).dateless_ids and own.strip("0"):
        item_id = f"urn:newsml:{provider}:{own}"
    elif own:
        item_id = f"urn:newsml:{provider}:{date}:{own}" if provider or date else own
    else:
        item_id = without
    stands_in = "" if item_id else _stand_in(element, provider)
    if not provider and _URN.match(public):
        provider = public.split(":")[2]
    return _Identity(
        provider=provider,
        item_id=item_id or stands_in,
        stands_in=bool(stands_in),
        alt_ids=tuple(
            name for name in unique((public, without, own if len(own) > 5 else "")) if name and name != item_id
        ),
        revision=revision or public_revision,
        previous=line(revised.get("PreviousRevision")) if revised is not None else "",
        letter=line(revised.get("Update")).upper() if revised is not None else "",
    )


_VERSIONED: Final = re.compile(r"(.{3,})[-_.]v(\d{1,9})\Z", re.IGNORECASE)


def _unversioned(own: str, public: str, revision: str) -> str:
    """The id of an item without its revision, where an agency has put that there too: "A-12-v2" is "A-12"."""
    name = public.rpartition(":")[2]
    rest = own.removeprefix(name) if name else own
    if revision and rest != own and rest.lower().lstrip("-_.v") == revision:
        return name
    found = _VERSIONED.match(own)
    return found.group(1) if found and found.group(2) == revision else own


def _stand_in(element: etree._Element, provider: str) -> str:
    """A name for an item that has none: its component's, else its headline's and its first day's; "" without them."""
    component = element.find("NewsComponent")
    duid = line(component.get("Duid")) if component is not None else ""
    if provider and len(duid.strip("0")) >= 8:
        return f"urn:newsml:{provider}:{duid}"
    headline = next((text for each in element.iter("HeadLine") if (text := _text(each))), "")
    created = _text(element.find("NewsManagement/FirstCreated"))
    if not (provider and headline and created):
        return ""
    words = f"{provider}\n{created}\n{headline}"
    return f"sha256:{seal(words.encode('utf-8', 'replace'))}"


_COUNT: Final = re.compile(r"(\d{1,19})[A-Za-z]?\Z")


def _count(revision: str) -> int | None:
    """The number in a revision: "3", "3A"."""
    found = _COUNT.match(revision)
    return int(found.group(1)) if found and revision.isascii() else None


def _order(identity: _Identity, created: datetime | None, odd: list[Oddity]) -> int:
    number = _count(identity.revision)
    if number is not None and 0 <= number <= MOST:
        return number
    if created is None and number is not None and number < 2**63:
        return number
    shown = identity.revision[:40] or "none"
    odd.append(
        Oddity(code="odd-version", text=f"Its revision ({shown}) is no count: its time is used to put it in order.")
    )
    return microseconds(created)


# --- one item -----------------------------------------------------------------------------------------------------

_ADVISORY_KINDS: Final = frozenset({"advisory", "memo", "notice", "serviceadvisory", "service"})


@dataclass(slots=True)
class _Draft:
    """What has been read of an item so far."""

    profile: Profile
    file: _File
    odd: list[Oddity] = field(default_factory=list)
    types: list[EditorialType] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    ednotes: list[EdNote] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    headlines: list[Headline] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    """The texts of `headlines`."""
    with_text: set[etree._Element] = field(default_factory=set)
    """Components that hold a text, themselves or below, that does not say that it is a caption."""
    with_media: set[etree._Element] = field(default_factory=set)
    """Components that hold a picture, sound or film, themselves or below."""
    said: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Lines of text by the name of their element, in order."""
    usage_terms: list[str] = field(default_factory=list)
    located: list[str] = field(default_factory=list)
    genre: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    subjects: list[Concept] = field(default_factory=list)
    places: list[Concept] = field(default_factory=list)
    people: list[Concept] = field(default_factory=list)
    orgs: list[Concept] = field(default_factory=list)
    expires: datetime | None = None
    pieces: list[_Piece] = field(default_factory=list)
    associations: list[Association] = field(default_factory=list)
    media: list[tuple[ItemType, Association]] = field(default_factory=list)
    undescribed: list[etree._Element] = field(default_factory=list)
    """Components of pictures, sounds and films whose metadata is theirs only, as long as there is more than them."""
    nitf: inline.Said = field(default_factory=inline.Said)
    topics: dict[str, Concept] = field(default_factory=dict)
    """What the item says of its topics itself, by their `Duid`."""

    def first(self, name: str) -> str:
        found = self.said.get(name)
        return found[0] if found else ""

    def note(self, text: str, role: str) -> None:
        if text:
            self.ednotes.append(EdNote(text=text, role=role))

    def time(self, element: etree._Element | None, name: str) -> datetime | None:
        text = _text(element)
        read = moment(takes.zoned(text, self.profile.zone))
        if text and read is None:
            self.odd.append(
                Oddity(code="unreadable-time", text=f"Its {name} “{text[:40]}” is no time that can be read.")
            )
        return read


@dataclass(frozen=True, slots=True)
class _Piece:
    """One text of an item."""

    role: str
    language: str
    html: str
    raw: str


def _read(element: etree._Element, file: _File) -> Item:
    """One NewsItem. Raises `Unreadable` if nothing says which it is."""
    profile = file.profile
    identity = _identity(element, profile)
    if not identity.item_id:
        raise Unreadable(
            "A NewsItem has no identification, so its revisions cannot be told apart: ask the agency to send it again.",
            takedown=bool(_STOPS.search(etree.tostring(element))),
        )
    draft = _Draft(profile, file)
    draft.topics = _topics(element)
    if identity.stands_in:
        draft.odd.append(
            Oddity(code="no-identity", text="It has no id: its component's, or its headline and date, stand in for it.")
        )
    management = element.find("NewsManagement")
    if management is None:
        management = etree.Element("NewsManagement")
        draft.odd.append(Oddity(code="no-management", text="It has no NewsManagement, so nothing says what it is."))
    updates = element.findall("Update")
    components = element.findall("NewsComponent")
    for comment in (*element.findall("Comment"), *management.findall("Comment")):
        draft.note(lines(xml.text_of(comment)), "Comment")

    status_raw = _name(management.find("Status"))
    status = status_of(status_raw, profile)
    first_created = draft.time(management.find("FirstCreated"), "FirstCreated")
    version_created = draft.time(management.find("ThisRevisionCreated"), "ThisRevisionCreated")
    order = _order(identity, version_created or moment(file.envelope.at), draft.odd)
    _manage(draft, management, identity, order)

    name_label = _text(element.find("Identification/NameLabel"))
    for label in element.iterfind("Identification/Label"):
        draft.note(_text(label.find("LabelText")), _name(label.find("LabelType")) or "Label")
    language = line(element.get(_LANG))
    _survey(draft, element)
    for component in components:
        _walk(draft, component, language, ())
    _settle_pictures(draft)
    body, raw = _bodies(draft, language)
    body = _without_marks(draft, body)
    kind = _type_of(draft, management, body)
    patches = ""
    if updates:
        patches = identity.previous if identity.previous not in ("", "0") else ""
        patches = patches or str((_count(identity.revision) or 1) - 1)
        raw = "".join(xml.raw_of(update) for update in updates)
        draft.doubts.append(f"It changes places of its revision {patches}, which must be here for it to be whole.")

    headlines = tuple(draft.headlines)
    headline = headlines[0].text if headlines else draft.first("headline") or draft.nitf.headline
    if not headline and (headline := _first_words(body)):
        draft.odd.append(Oddity(code="no-headline", text="It has no headline: its first words stand in for one."))
    slugline = draft.first("SlugLine") or name_label
    embargo_until, embargo_raw, ends = _embargo(draft, management)
    if status == "embargoed" and embargo_until is None:
        embargo_until, embargo_raw = _embargo_in_notes(draft, version_created)
    _advise(draft)
    asked = takes.asked_of_others(headline, status)
    draft.types += takes.types_in(headline, profile.headline_words)
    note_unknown_status(status, status_raw or "none", draft.odd)
    bare = not (components or updates)
    status = settled(status, status_raw, draft.types, draft.odd)
    if asked is not None:
        draft.directives.append(asked)
        draft.types += [*takes.marks_in(headline).types, "advisory"]
        kind = "advisory"
    if element.find("TopicSet") is not None and bare:
        raise Unreadable("A NewsItem is a vocabulary (TopicSet) and holds no news: take it out of the feed.")
    provider = (identity.provider or profile.provider) if not profile.force_provider else profile.provider
    if not provider:
        provider = file.envelope.sender or "unknown"
        draft.odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    if not bare and not updates and not (headline or body or draft.media or draft.associations):
        draft.odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    associations, renditions = _shown(draft, kind)

    return Item(
        provider=provider,
        item_id=identity.item_id,
        alt_ids=identity.alt_ids,
        version_raw=identity.revision,
        version_order=order,
        thread_key=next((label for label in (name_label, slugline) if label and not takes.is_alarm(label)), "")
        or _derived(draft)
        or identity.item_id,
        type=kind,
        status=status,
        status_raw=status_raw,
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(draft.types),
        signals=unique(draft.signals),
        urgency=_urgency(draft, management),
        slugline=slugline,
        headline=headline,
        headlines=headlines,
        subheadline=draft.first("SubHeadLine"),
        byline=_byline(draft),
        dateline=draft.first("DateLine") or draft.nitf.dateline,
        located="; ".join(unique(draft.located)),
        abstract=draft.first("abstract"),
        body_html=body,
        body_raw=raw,
        creditline=" / ".join(unique(draft.said["CreditLine"])) or draft.first("Provider"),
        copyright_holder=draft.first("CopyrightHolder"),
        copyright_notice=" ".join(unique(draft.said["CopyrightLine"])),
        usage_terms=unique(draft.usage_terms),
        language=_language(draft, language),
        genre=unique(draft.genre),
        subjects=tuple(dict.fromkeys(draft.subjects)),
        places=tuple(dict.fromkeys(draft.places)),
        people=tuple(dict.fromkeys(draft.people)),
        orgs=tuple(dict.fromkeys(draft.orgs)),
        keywords=unique(draft.keywords),
        ednotes=tuple(dict.fromkeys(draft.ednotes)),
        first_created=first_created,
        version_created=version_created,
        content_created=moment(draft.first("DateLineDate")),
        expires=ends or draft.expires,
        renditions=renditions,
        associations=associations,
        links=tuple(dict.fromkeys(draft.links)),
        raw_sha256=file.sealed,
        oddities=tuple(draft.odd),
        doubts=tuple(draft.doubts),
        directives=tuple(draft.directives),
        management_only=bare,
        patches=patches,
    )


_SHORT: Final = 200


def _first_words(body: str) -> str:
    """The first paragraph of an alert, which has no more to say than its headline; "" of a longer text."""
    first = next(iter(markup.split_blocks(body[:2_000])), None)
    words = line(markup.text_of(first[1])) if first is not None and first[0] == "paragraph" else ""
    return words if len(words) <= _SHORT else ""


def _topics(element: etree._Element) -> dict[str, Concept]:
    """The topics that an item describes itself, in its own language where it has several, by their `Duid`."""
    topics: dict[str, Concept] = {}
    wanted = _primary(line(element.get(_LANG)))
    for topic in element.iter("Topic"):
        duid, formal = line(topic.get("Duid")), topic.find("FormalName")
        if not duid or formal is None or duid in topics:
            continue
        described = topic.findall("Description")
        ours = (each for each in described if wanted and _primary(line(each.get(_LANG))) == wanted)
        name = next(ours, described[0] if described else None)
        code, scheme = _text(formal), line(formal.get("Scheme"))
        topics[duid] = Concept(scheme="subj" if _SUBJECT_CODE.match(code) else scheme, code=code, name=_text(name))
    return topics


# --- small readers ------------------------------------------------------------------------------------------------


def _text(element: etree._Element | None) -> str:
    """All text below `element`, as one line; "" for None."""
    return line(xml.text_of(element)) if element is not None else ""


def _name(element: etree._Element | None) -> str:
    """The formal name of `element`, or its text where it has none."""
    if element is None:
        return ""
    return line(element.get("FormalName")) or line(xml.text_of(element))


def _properties(element: etree._Element | None) -> Iterator[tuple[str, str, str]]:
    """(name, value, role) of each Property right inside `element`."""
    for each in element.iterfind("Property") if element is not None else ():
        value = line(each.get("Value")) or line(each.get("ValueRef")) or line(each.text)
        yield line(each.get("FormalName")), value, line(each.get("Role"))


def _key(name: str) -> str:
    """A formal name for comparison: "Sub Head-Line" is "subheadline"."""
    return re.sub(r"[\W_]+", "", last_part(name))


# --- NewsManagement -----------------------------------------------------------------------------------------------

_NOTES: Final = frozenset(
    "advisory advisoryline advisorynote editorialinfo editorialnote ednote editornote editorsnote notetoeditors"
    " specialinstruction specialinstructions instruction instructions note notes comment comments productline".split()
)
_MARKS: Final = frozenset(
    "signal signals editorialtype editorialstatus updatetype revisiontype action versiontype storytype".split()
)


def _manage(draft: _Draft, management: etree._Element, identity: _Identity, order: int) -> None:
    kind = _name(management.find("NewsItemType"))
    if kind and _key(kind) not in ("news", "newsitem"):
        draft.signals.append(kind)
        found = editorial_type_of(kind, draft.profile)
        if found:
            draft.types.append(found)
    for name in ("DerivedFrom", "AssociatedWith"):
        for element in management.iterfind(name):
            target = line(element.get("NewsItem"))
            if not target:
                continue
            if target.startswith("#"):
                target = draft.file.ids.get(target[1:], target)
            item_id, version = _named(target)
            draft.links.append(Link(rel=name[0].lower() + name[1:], target=item_id, version=version))
    for element in management.iterfind("Instruction"):
        _instruct(draft, element, identity, order)
    for name, value, _role in _properties(management):
        if _key(name) in _NOTES:
            draft.note(value, name)
        elif _key(name) in _MARKS:
            draft.signals.append(value)
            found = editorial_type_of(value, draft.profile)
            if found:
                draft.types.append(found)
        elif len(draft.signals) < 50:
            draft.signals.append(f"{name}:{value}" if value else name)


def _instruct(draft: _Draft, element: etree._Element, identity: _Identity, order: int) -> None:
    """An instruction: what earlier revisions are now, or a word that means something to editors."""
    word = _name(element)
    changed = element.findall("RevisionStatus")
    if not changed and word:
        draft.signals.append(word)
        found = editorial_type_of(word, draft.profile)
        if found:
            draft.types.append(found)
        draft.note(word, "Instruction")
    for each in changed:
        raw = _name(each.find("Status"))
        status = status_of(raw, draft.profile)
        which = line(each.get("Revision"))
        number = _count(which)
        if status == "usable":
            continue
        if status not in ("canceled", "withheld") or (which and number is None):
            draft.doubts.append(
                f"It says that its revision {which or 'before'} is now “{raw[:40] or 'nothing'}”: a person must decide."
            )
            continue
        draft.directives.append(
            Directive(
                status=status,
                target=identity.item_id,
                # What holds for one revision holds for those that it replaced.
                before=min(number + 1, order) if number is not None else order,
                exact=True,
                said=f"RevisionStatus {raw}" + (f" for revision {which}" if which else " for all earlier revisions"),
            )
        )


def _embargo(draft: _Draft, management: etree._Element) -> tuple[Embargo, str, datetime | None]:
    """(embargo_until, embargo_raw, expires) from what is said about a later status."""
    until: Embargo = None
    raw = ""
    ends: datetime | None = None
    for change in management.iterfind("StatusWillChange"):
        future = status_of(_name(change.find("FutureStatus")), draft.profile)
        text = _text(change.find("DateAndTime"))
        at = moment(text)
        if future in ("canceled", "withheld"):
            if at is not None:
                ends = min(ends, at) if ends else at
            else:
                draft.doubts.append(f"It is to be {future} at a time that cannot be read: “{text[:60]}”.")
            continue
        at_least, words = embargo_of(takes.zoned(text, draft.profile.zone), draft.profile, draft.odd)
        words = text if words else words
        if at_least == "indefinite" or until == "indefinite":
            until, raw = "indefinite", words or raw
        elif at_least is not None and (until is None or at_least > until):
            until, raw = at_least, words
    return until, raw, ends


def _embargo_in_notes(draft: _Draft, created: datetime | None) -> tuple[Embargo, str]:
    """The embargo that a note tells in words, where the status says that there is one and nothing else does."""
    for note in draft.ednotes:
        if takes.is_embargo(note.text) or "embargo" in note.text.lower():
            return takes.embargo_in(note.text, created, draft.profile.zone, draft.odd)
    return None, ""


def _urgency(draft: _Draft, management: etree._Element) -> int | None:
    said = _name(management.find("Urgency"))
    number = whole_number(said or draft.file.envelope.priority or draft.first("Priority"))
    if number is not None and 1 <= number <= 9:
        return number
    if said:
        draft.odd.append(Oddity(code="odd-urgency", text=f"Its urgency “{said[:20]}” is not a number from 1 to 9."))
    return None


def _derived(draft: _Draft) -> str:
    return next((link.target for link in draft.links if link.rel == "derivedFrom"), "")


# --- NewsComponent ------------------------------------------------------------------------------------------------

_KINDS: Final[dict[str, ItemType]] = {
    "photo": "picture",
    "picture": "picture",
    "pictures": "picture",
    "image": "picture",
    "logo": "graphic",
    "graphic": "graphic",
    "graphics": "graphic",
    "infographic": "graphic",
    "illustration": "graphic",
    "animation": "graphic",
    "video": "video",
    "film": "video",
    "audio": "audio",
    "sound": "audio",
    "complexdata": "graphic",
}
_FORMS: Final = frozenset(
    "quicklook preview previewb previeww thumbnail highdef highres hires lowres baseimage viewimage webimage squared"
    " original fullsize main caption".split()
)
_CAPTIONS: Final = frozenset({"caption", "legend", "legende", "bildtext"})
_TEXT_FORMATS: Final = frozenset(
    "nitf xhtml html htm text txt plain plaintext ascii utf8 xml newsml rtf iptc7901".split()
)
_STYLE: Final = frozenset({"css", "stylesheet", "xsl", "xslt"})
_RANKS: Final = {
    "headline": 0,
    "title": 0,
    "subheadline": 1,
    "abstract": 2,
    "summary": 2,
    "contact": 9,
    "tagline": 9,
    "copyright": 9,
}

_MOST_CONTENTS: Final = 2_000
"""Contents of one item: texts, and pictures in their forms."""

_Kind = Literal["text", "style"] | ItemType


def _kind_of(content: etree._Element, role: str) -> _Kind:
    """What a ContentItem holds, from all that is said of it."""
    mime = _name(content.find("MimeType")).lower()
    media = _key(_name(content.find("MediaType")))
    form = _key(_name(content.find("Format")))
    if mime in ("text/css", "text/xsl") or form in _STYLE or role in _STYLE:
        return "style"
    if media in _KINDS and not (media == "complexdata" and (mime.startswith("text/") or "nitf" in form)):
        return _KINDS[media]
    major = mime.partition("/")[0]
    if major in ("image", "video", "audio"):
        return "picture" if major == "image" else "video" if major == "video" else "audio"
    if mime.startswith("text/") or "xml" in mime or "nitf" in form or media == "text" or form in _TEXT_FORMATS:
        return "text"
    if role in _KINDS and (content.get("Href") or content.find("Encoding") is not None):
        return _KINDS[role]
    guessed = (mimetypes.guess_type(line(content.get("Href")).partition("?")[0])[0] or "").partition("/")[0]
    if any(word in form for word in ("jpeg", "jpg", "png", "gif", "tiff")) or guessed == "image":
        return "picture"
    if any(word in form for word in ("mpeg4", "quicktime", "windowsmedia", "flash")) or guessed == "video":
        return "video"
    if any(word in form for word in ("mp3", "wave", "wav")) or guessed == "audio":
        return "audio"
    return "text"


def _survey(draft: _Draft, element: etree._Element) -> None:
    """Note which components of an item hold texts and which hold pictures: once, however deep they lie."""
    for number, content in enumerate(element.iter("ContentItem")):
        if number >= _MOST_CONTENTS:
            raise Unreadable(
                f"A NewsItem has more than {_MOST_CONTENTS:,} contents: ask the agency for smaller items.",
                takedown=bool(_STOPS.search(etree.tostring(element))),
            )
        component = content.getparent()
        role = _key(_name(component.find("Role"))) if component is not None else ""
        kind = _kind_of(content, _kind_above(component) or role)
        if kind == "style" or (kind == "text" and role in _CAPTIONS):
            continue
        noted = draft.with_text if kind == "text" else draft.with_media
        while component is not None and component.tag == "NewsComponent" and component not in noted:
            noted.add(component)
            component = component.getparent()


def _kind_above(component: etree._Element | None) -> str:
    """The role of the component, or else of the one around it, that names a kind of picture, sound or film."""
    for each in (component, component.getparent() if component is not None else None):
        role = _key(_name(each.find("Role"))) if each is not None else ""
        if role in _KINDS:
            return role
    return ""


def _shows_media(draft: _Draft, component: etree._Element) -> ItemType | None:
    """The kind of what `component` shows, if it and all inside is one picture, sound or film in its forms."""
    if component not in draft.with_media:
        return None
    role = _key(_name(component.find("Role")))
    if role in _KINDS:
        # It says that it is a picture, so texts below it are captions; a text of its own beside it is not.
        own = (_kind_of(content, role) for content in component.iterfind("ContentItem"))
        return None if "text" in own else _KINDS[role]
    # Several pictures side by side are several; forms of one have roles of their own.
    children = component.findall("NewsComponent")
    if component in draft.with_text or any(_key(_name(child.find("Role"))) not in _FORMS for child in children):
        return None
    kinds = {_kind_of(content, role) for content in component.iter("ContentItem")}
    return next((kind for kind in ("video", "audio", "graphic") if kind in kinds), "picture")


def _walk(draft: _Draft, component: etree._Element, language: str, roles: tuple[str, ...]) -> None:
    """Read a component and those inside of it. Goes as deep as XML may (256 levels)."""
    found = component.find("DescriptiveMetadata/Language")
    language = _name(found) or line(component.get(_LANG)) or language
    kind = _shows_media(draft, component)
    if kind is not None:
        draft.media.append((kind, _media(draft, component)))
        if not roles:
            # All of the item is this picture, so its metadata is the item's.
            _describe(draft, component, ())
        else:
            draft.undescribed.append(component)
        return
    role = _key(_name(component.find("Role")))
    within = (*roles[-8:], role or "-")
    _describe(draft, component, within)
    for child in component:
        tag = child.tag
        if tag == "NewsComponent":
            _walk(draft, child, language, within)
        elif tag == "ContentItem":
            _content(draft, child, role, language)
        elif tag == "NewsItem":
            inner = _identity(child, draft.profile)
            if inner.item_id:
                draft.associations.append(Association(role=role, item_id=inner.item_id, version=inner.revision))
        elif tag == "NewsItemRef":
            draft.associations.append(_reference(draft, child, component, role))


def _reference(draft: _Draft, element: etree._Element, component: etree._Element, role: str) -> Association:
    """Another item: by its URN, inside of this file, or as a file that came with it or is on the web."""
    target = line(element.get("NewsItem")) or line(element.get("Href"))
    headline = _text(element.find("Comment")) or _text(component.find("NewsLines/HeadLine"))
    if target.startswith("#"):
        return Association(role=role, item_id=draft.file.ids.get(target[1:], target), headline=headline)
    if _URN.match(target) or not ("/" in target or re.search(r"\.\w{2,5}\Z", target)):
        item_id, version = _named(target)
        return Association(role=role, item_id=item_id, version=version, headline=headline)
    mime = mimetypes.guess_type(target.partition("?")[0])[0] or ""
    return Association(
        role=role, headline=headline, renditions=(Rendition(role="item", href=target, mime=mime or "text/xml"),)
    )


def _describe(draft: _Draft, component: etree._Element, roles: tuple[str, ...]) -> None:
    """Lines and metadata of one component, without those inside of it."""
    for group in component.iterfind("NewsLines"):
        for element in group:
            _line(draft, element)
    for party in component.iterfind("AdministrativeMetadata/Provider/Party"):
        draft.said["Provider"].append(line(party.get("FormalName")))
    for party in component.iterfind("AdministrativeMetadata/Creator/Party"):
        draft.said["Creator"].append(line(party.get("FormalName")))
    for party in component.iterfind("AdministrativeMetadata/Source/Party"):
        name = line(party.get("FormalName"))
        if name:
            draft.orgs.append(Concept(name=name, how="source"))
    for name, value, _role in _properties(component.find("AdministrativeMetadata")):
        if _key(name) in _NOTES:
            draft.note(value, name)
        elif _key(name) == "priority":
            draft.said["Priority"].append(value)
    for rights in component.iterfind("RightsMetadata"):
        _rights(draft, rights)
    for name in ("DescriptiveMetadata", "DescriptiveMetada"):  # so spelled by TASS
        for described in component.iterfind(name):
            _descriptive(draft, described)
    for element in component.iterfind("Metadata"):
        for name, value, _role in _properties(element):
            if "keyword" in _key(name):
                draft.keywords.append(value)
    for comment in component.iterfind("Comment"):
        draft.note(lines(xml.text_of(comment)), "Comment")


_LINES: Final = frozenset("SubHeadLine ByLine ByLineTitle DateLine CreditLine CopyrightLine SlugLine".split())


def _line(draft: _Draft, element: etree._Element) -> None:
    tag = element.tag
    text = _text(element)
    if tag == "NewsLine":
        kind = _name(element.find("NewsLineType"))
        for each in element.iterfind("NewsLineText"):
            _news_line(draft, kind, _text(each))
    elif not text:
        return
    elif tag == "HeadLine":
        if text not in draft.titles:
            draft.titles.add(text)
            draft.headlines.append(Headline(text=text, role="alternative" if draft.headlines else "main"))
    elif tag in _LINES:
        draft.said[tag].append(text)
    elif tag == "RightsLine":
        draft.usage_terms.append(text)
    elif tag in ("KeywordLine", "SeriesLine"):
        draft.keywords.extend(line(word) for word in re.split(r"[,;/]", text))


def _news_line(draft: _Draft, kind: str, text: str) -> None:
    if not text:
        return
    key = _key(kind)
    if key in ("summary", "abstract", "lead", "teaser", "standfirst", "description"):
        draft.said["abstract"].append(text)
    elif key in ("keywords", "keywordline"):
        draft.keywords.extend(line(word) for word in text.split(","))
    elif key in ("byline", "author"):
        draft.said["ByLine"].append(text)
    elif key in ("subheadline", "subtitle"):
        draft.said["SubHeadLine"].append(text)
    elif key in ("catchword", "catchline"):
        draft.said["SlugLine"].append(text)
    elif key in _MARKS:
        draft.signals.append(text)
        found = editorial_type_of(text, draft.profile)
        if found:
            draft.types.append(found)
    elif key not in _CAPTIONS or text not in draft.titles:
        draft.note(text, kind or "NewsLine")
        if key == "advisoryline":
            draft.said["advisory"].append(text)


def _rights(draft: _Draft, rights: etree._Element) -> None:
    for copyright_ in rights.iterfind("Copyright"):
        holder, date = _text(copyright_.find("CopyrightHolder")), _text(copyright_.find("CopyrightDate"))
        if holder:
            draft.said["CopyrightHolder"].append(holder)
            draft.said["CopyrightLine"].append(f"© {date} {holder}" if date else f"© {holder}")
    draft.usage_terms.extend(_usage(rights))
    for use in rights.iterfind("UsageRights"):
        ends = moment(_text(use.find("EndDate")))
        if ends is not None:
            draft.expires = min(draft.expires, ends) if draft.expires else ends


def _usage(rights: etree._Element) -> Iterator[str]:
    """Each set of usage rights as one line that leaves nothing out."""
    for use in rights.iterfind("UsageRights"):
        said = [
            f"{etree.QName(part).localname}: {_text(part)}" for part in use if isinstance(part.tag, str) and _text(part)
        ]
        if said:
            yield "; ".join(said)


def _descriptive(draft: _Draft, described: etree._Element) -> None:
    for element in described.iterfind("Language"):
        draft.languages.append(_name(element))
    for element in described.iterfind("Genre"):
        word = _name(element)
        draft.genre.append(word)
        found = editorial_type_of(word, draft.profile)
        if found or _key(word) in draft.profile.signals:
            draft.signals.append(word)
        if found:
            draft.types.append(found)
    for element in described.iterfind("SubjectCode"):
        for subject in element:
            if isinstance(subject.tag, str) and _name(subject):
                draft.subjects.append(_subject(subject))
    for element in described.iterfind("TopicOccurrence"):
        code = line(element.get("Topic"))
        if code:
            how = line(element.get("HowPresent"))
            known = draft.topics.get(code[1:]) if code.startswith("#") else None
            if known is not None:
                draft.subjects.append(Concept(scheme=known.scheme, code=known.code, name=known.name, how=how))
            else:
                draft.subjects.append(Concept(code=code, how=how, name=_text(element)))
    date = described.find("DateLineDate")
    if date is not None:
        draft.said["DateLineDate"].append(_text(date))
    for element in described.iterfind("Location"):
        _location(draft, element)
    placed = described.find("Location") is not None
    for name, value, role in _properties(described):
        key = _key(name)
        if not value:
            continue
        if key in _PLACES and not placed:
            draft.places.append(Concept(name=value, scheme=name))
        elif "keyword" in key:
            if _key(role) in ("personinimage", "person", "people"):
                draft.people.append(Concept(name=value, how=role))
            else:
                draft.keywords.append(value)
        elif key in ("person", "personality", "people"):
            draft.people.append(Concept(name=value))
        elif key in ("organisation", "organization", "company"):
            draft.orgs.append(Concept(name=value))
        elif key in _NOTES:
            draft.note(value, name)
        elif key == "creditline":
            draft.said["CreditLine"].append(value)


_PLACES: Final = ("city", "sublocation", "countryarea", "state", "province", "region", "country", "countryname")
_SUBJECT_CODE: Final = re.compile(r"\d{8}\Z")


def _subject(element: etree._Element) -> Concept:
    code = _name(element)
    scheme = line(element.get("Scheme")) or line(element.get("Vocabulary"))
    if _SUBJECT_CODE.match(code):
        scheme = "subj"
    return Concept(scheme=scheme, code=code)


def _location(draft: _Draft, element: etree._Element) -> None:
    how = line(element.get("HowPresent"))
    named = [(name, value) for name, value, _role in _properties(element) if value]
    draft.places.extend(Concept(name=value, scheme=name, how=how) for name, value in named)
    if how.lower() in ("origin", "from", "dateline", "datelinelocation", ""):
        order = _PLACES
        ranked = sorted(named, key=lambda pair: order.index(_key(pair[0])) if _key(pair[0]) in order else len(order))
        draft.located.append(", ".join(value for name, value in ranked if _key(name) in order))


# --- ContentItem --------------------------------------------------------------------------------------------------


def _content(draft: _Draft, content: etree._Element, role: str, language: str) -> None:
    """A ContentItem among text: a text, or a picture, sound or film beside it."""
    kind = _kind_of(content, role)
    if kind == "style":
        return
    for comment in content.iterfind("Comment"):
        draft.note(lines(xml.text_of(comment)), "Comment")
    if kind != "text":
        draft.media.append((kind, Association(role=role, type=kind, renditions=(_rendition(draft, content, role),))))
        return
    href = line(content.get("Href"))
    data = content.find(".//DataContent")
    if href and data is None:
        if _name(content.find("MimeType")).lower().startswith("application/pdf"):
            draft.associations.append(Association(role=role, renditions=(_rendition(draft, content, role),)))
            return
        draft.odd.append(Oddity(code="text-elsewhere", text=f"A text of it is in another file: {href[:120]}."))
        rendition = _rendition(draft, content, role or "text")
        draft.associations.append(Association(role=role, type="text", renditions=(rendition,)))
        return
    if data is None:
        return
    piece, raw = _html_in(draft, content, data)
    if role in ("headline", "title"):
        words = line(markup.text_of(piece))
        draft.said["headline"].append(words)
        if role == "title" and words in draft.titles:
            return
    if piece:
        draft.pieces.append(_Piece(role=role, language=_primary(language), html=piece, raw=raw))


def _mime_of(content: etree._Element) -> str:
    """What a text is, in words that readers of bodies understand; "" if nothing is said."""
    mime = _name(content.find("MimeType")).lower()
    form = _key(_name(content.find("Format")))
    if "nitf" in form or "nitf" in mime:
        return "application/nitf+xml"
    if "html" in form or "html" in mime:
        return "text/html"
    return mime if mime in ("text/plain", "application/xml") else ""


_REFERENCE: Final = re.compile(r"<NewsComponentRef\b[^<>]{0,200}>")
"""Where a sound belongs in Belga's texts, by the number of its component."""
_NITF_ONLY: Final = frozenset("hl2 block media body.content body.head body.end bq nitf-table".split())


def _html_in(draft: _Draft, content: etree._Element, data: etree._Element) -> tuple[str, str]:
    """(clean HTML, raw) of the data of a text."""
    mime = _mime_of(content)
    decoded = _decoded(draft, content, data)
    if decoded is not None:
        text = _as_text(decoded)
        return inline.html_of_text(text, mime), text
    children = [child for child in data if isinstance(child.tag, str)]
    if not children:
        text = _REFERENCE.sub("", xml.text_of(data))
        return inline.html_of_text(text, mime) if mime != "text/plain" else body_from(text, mime), lines(text)
    raw = xml.raw_of(data)
    draft.associations.extend(inline.nitf_media(data))
    names = {etree.QName(child).localname.lower() for child in children}
    if "nitf" not in names and not names & {"html", "body"} and (mime.endswith("nitf+xml") or names & _NITF_ONLY):
        # Parts of an NITF body, straight inside.
        mime = "application/nitf+xml"
        return inline.html_of(_wrapped(data, "body.content"), mime, draft.nitf), raw
    if (data.text or "").strip() or len(children) > 1:
        # Text and elements side by side: all of it counts.
        return inline.html_of(_wrapped(data, "div"), mime, draft.nitf), raw
    return inline.html_of(data, mime, draft.nitf), raw


def _wrapped(data: etree._Element, tag: str) -> etree._Element:
    """What is inside of `data` in one element called `tag`, which is alone in what comes back."""
    wrapper = etree.Element("wrapper")
    inside = etree.SubElement(wrapper, tag)
    inside.text = data.text
    inside.extend(list(data))
    return wrapper


def _decoded(draft: _Draft, content: etree._Element, data: etree._Element) -> bytes | None:
    """The bytes of data that is encoded, None where it is plain."""
    notations: list[str] = []
    parent = data.getparent()
    while parent is not None and parent is not content:
        if parent.tag == "Encoding":
            notations.append(_key(line(parent.get("Notation"))))
        parent = parent.getparent()
    if not notations:
        return None
    value = xml.text_of(data).encode("utf-8", "replace")
    for notation in notations:
        try:
            if "base64" in notation:
                value = base64.b64decode(b"".join(value.split()), validate=True)
            elif "quoted" in notation:
                value = quopri.decodestring(value)
            else:
                raise ValueError(notation)
        except (binascii.Error, ValueError):
            draft.odd.append(
                Oddity(code="encoded-data", text=f"Data in it is encoded as {notation[:40] or 'nothing'}, unread.")
            )
            return b""
    return value


def _as_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _number(text: str) -> int | None:
    """The number at the start of "640", "640 px", "640.0"."""
    found = re.match(r"\d{1,9}", text)
    return int(found.group(0)) if found else None


_SIZES: Final = {
    "width": "width",
    "pixelwidth": "width",
    "imagewidth": "width",
    "height": "height",
    "pixelheight": "height",
    "imageheight": "height",
    "sizeinbytes": "bytes",
    "filesize": "bytes",
}


def _rendition(draft: _Draft, content: etree._Element, role: str) -> Rendition:
    """One form of a picture, sound or film, elsewhere or inside of the file."""
    characteristics = content.find("Characteristics")
    sizes: dict[str, int | None] = {}
    for name, value, _role in _properties(characteristics):
        key = _key(name)
        if key in _SIZES:
            sizes.setdefault(_SIZES[key], _number(value))
        elif key in ("imageuse", "rendition", "use") and value:
            role = value
    size = _text(characteristics.find("SizeInBytes")) if characteristics is not None else ""
    href = line(content.get("Href"))
    mime = _name(content.find("MimeType")).lower()
    if not mime:
        form = _key(_name(content.find("Format")))
        found = next((word for word in ("jpeg", "jpg", "png", "gif", "tiff") if word in form), "")
        mime = f"image/{'jpeg' if found == 'jpg' else found}" if found else mimetypes.guess_type(href)[0] or ""
    part = ""
    data = content.find(".//DataContent")
    if data is not None:
        decoded = _decoded(draft, content, data)
        if decoded:
            part = seal(decoded)
            draft.file.parts[part] = Part(data=decoded, name=href.rpartition("/")[2][:200], mime=mime)
        elif decoded is None and _text(data):
            draft.odd.append(Oddity(code="encoded-data", text="A picture or film in it is not encoded as it must be."))
    return Rendition(
        role=role,
        href=href,
        mime=mime,
        width=sizes.get("width"),
        height=sizes.get("height"),
        bytes=whole_number(size) or sizes.get("bytes"),
        part=part,
    )


def _media(draft: _Draft, component: etree._Element) -> Association:
    """One picture, sound or film in all its forms, with what is said of it."""
    kind = _shows_media(draft, component) or "picture"
    own = _key(_name(component.find("Role")))
    renditions: list[Rendition] = []
    captions: list[str] = []
    headline = credit = notice = ""
    terms: list[str] = []
    expires: datetime | None = None
    for each in component.iter("NewsComponent"):
        role = _name(each.find("Role"))
        for group in each.iterfind("NewsLines"):
            headline = headline or _text(group.find("HeadLine"))
            credit = credit or _text(group.find("CreditLine"))
            byline = _text(group.find("ByLine"))
            credit = credit or byline
            notice = notice or _text(group.find("CopyrightLine"))
            terms.extend(_text(right) for right in group.iterfind("RightsLine"))
            for news_line in group.iterfind("NewsLine"):
                if _key(_name(news_line.find("NewsLineType"))) in _CAPTIONS:
                    captions.append(_text(news_line.find("NewsLineText")))
        for content in each.iterfind("ContentItem"):
            inner = _kind_of(content, own)
            if inner == "text":
                data = content.find(".//DataContent")
                words = _words_in(draft, content, data) if data is not None else ""
                if _key(role) != "title" or words != headline:
                    captions.append(words)
            elif inner != "style":
                renditions.append(_rendition(draft, content, role))
        for rights in each.iterfind("RightsMetadata"):
            notice = notice or _text(rights.find("Copyright/CopyrightHolder"))
            terms.extend(_usage(rights))
            for use in rights.iterfind("UsageRights"):
                ends = moment(_text(use.find("EndDate")))
                expires = ends if expires is None or (ends and ends < expires) else expires
        for party in each.iterfind("AdministrativeMetadata/Creator/Party"):
            credit = credit or line(party.get("FormalName"))
    caption = " ".join(unique(captions))
    return Association(
        role=_name(component.find("Role")),
        type=kind,
        headline=headline,
        caption=caption or headline,
        creditline=credit,
        copyright_notice=notice,
        usage_terms=unique(terms),
        expires=expires,
        renditions=tuple(renditions),
    )


def _words_in(draft: _Draft, content: etree._Element, data: etree._Element) -> str:
    """The words of a caption as one line: of a document with a head, those of its content."""
    inside = next(data.iter("{*}body.content"), None)
    words = line(" ".join(inline.texts_of(inside))) if inside is not None else ""
    return words or line(markup.text_of(_html_in(draft, content, data)[0]))


# --- putting it together ------------------------------------------------------------------------------------------


def _settle_pictures(draft: _Draft) -> None:
    """An item that is only a picture has its caption as text."""
    if draft.pieces or len(draft.media) != 1:
        return
    for component in draft.undescribed:
        _describe(draft, component, ())
    association = draft.media[0][1]
    if association.caption and association.caption != association.headline:
        draft.said["abstract"].append(association.caption)
        html = f"<p>{markup.escape(association.caption)}</p>"
        draft.pieces.append(_Piece(role="caption", language="", html=html, raw=association.caption))


def _shown(draft: _Draft, kind: ItemType) -> tuple[tuple[Association, ...], tuple[Rendition, ...]]:
    """(associations, renditions): the forms of a single picture are the item's own."""
    only = len(draft.media) == 1 and kind not in ("text", "composite", "advisory")
    if only:
        return tuple(draft.associations), draft.media[0][1].renditions
    return (*draft.associations, *(association for _kind, association in draft.media)), ()


def _type_of(draft: _Draft, management: etree._Element, body: str) -> ItemType:
    if _key(_name(management.find("NewsItemType"))) in _ADVISORY_KINDS or "advisory" in draft.types:
        return "advisory"
    said = " ".join((*(headline.text for headline in draft.headlines), *draft.said["advisory"])).lower()
    if any(phrase in said for phrase in draft.profile.memo_phrases):
        return "advisory"
    texts = [piece for piece in draft.pieces if piece.role != "caption"]
    if texts:
        return "text"
    kinds = {kind for kind, _association in draft.media}
    if len(draft.media) == 1:
        return kinds.pop()
    if draft.media:
        return kinds.pop() if len(kinds) == 1 and not draft.associations else "composite"
    return "composite" if draft.associations and not body else "text"


def _bodies(draft: _Draft, language: str) -> tuple[str, str]:
    """(body_html, body_raw): all that its texts say, once; headline first, contacts last."""
    spoken = unique(piece.language for piece in draft.pieces)
    wanted = _primary(draft.profile.language)
    first = wanted if wanted in spoken else _primary(language) if _primary(language) in spoken else ""
    pieces = draft.pieces
    if len(spoken) > 1:
        draft.odd.append(
            Oddity(code="several-languages", text=f"Its text comes in several languages: {', '.join(spoken)}.")
        )
    if len(spoken) > 1 and wanted in spoken:
        # The feed's setting says which one the newsroom wants. The others stay in `body_raw`.
        pieces = [piece for piece in pieces if piece.language in (wanted, "")]
    elif len(spoken) > 1:
        draft.doubts.append(f"Its text is in several languages ({', '.join(spoken)}) one after another: keep one.")
        first = first or spoken[0]
    pieces = sorted(pieces, key=lambda piece: (bool(first) and piece.language != first, _RANKS.get(piece.role, 5)))
    bodies = Bodies()
    for piece in pieces:
        if piece.role in ("headline", "title"):
            bodies.add(f"<h2>{markup.escape(line(markup.text_of(piece.html)))}</h2>")
        else:
            bodies.add(piece.html)
    return bodies.html(), "\n".join(piece.raw for piece in draft.pieces)


def _without_marks(draft: _Draft, body: str) -> str:
    """`body` without what the agency puts there for editors: its writers' initials, stars at new paragraphs."""
    profile = draft.profile
    body = without_sign_off(body, profile, draft.odd)
    mark = profile.new_text_mark
    if mark and mark in body:
        ours = re.escape(markup.escape(mark))
        mended = re.sub(rf"(<p>)\s*{ours}\s*|\s*{ours}\s*(</p>)", r"\1\2", body).replace("<p></p>", "")
        if mended != body:
            draft.odd.append(Oddity(code="new-text-marks", text=f"Marks of new text ({mark}) were taken off."))
            body = mended
    return body


def _advise(draft: _Draft) -> None:
    """What the agency's advisory lines say is new, in the words of its dialect."""
    words = draft.profile.advisory_words
    for text in draft.said["advisory"]:
        for place, word in enumerate(re.findall(r"[^\W\d_]+", text)):
            found = words.get(word.lower())
            # "CORRECTS ..., KILLS para 3" kills no story: that word counts only at the start.
            if found and (place == 0 or (word.isupper() and found not in ("kill", "withhold"))):
                draft.types.append(found)
                if found == "kill":
                    draft.directives.append(Directive(status="canceled", target="", exact=False, said=text[:300]))


def _byline(draft: _Draft) -> str:
    bylines, titles = draft.said["ByLine"], draft.said["ByLineTitle"]
    if bylines:
        both = [f"{name}, {title}" for name, title in zip(bylines, titles, strict=False)] if titles else []
        return ", ".join(unique((*both, *bylines[len(both) :])))
    if draft.nitf.byline:
        return draft.nitf.byline
    return ", ".join(unique(draft.said["Creator"])) if draft.profile.creator_is_byline else ""


_THREE: Final = {
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "deu": "de",
    "ger": "de",
    "por": "pt",
    "ita": "it",
    "nld": "nl",
    "dut": "nl",
    "ara": "ar",
    "rus": "ru",
    "zho": "zh",
    "chi": "zh",
    "jpn": "ja",
    "swe": "sv",
    "cat": "ca",
    "eus": "eu",
    "baq": "eu",
    "glg": "gl",
}


def _tag(language: str) -> str:
    """A BCP 47 tag from how agencies name languages: "EN", "spa", "fr_FR"."""
    head, hyphen, rest = language.strip().replace("_", "-").partition("-")
    head = head.lower()
    return f"{_THREE.get(head, head)}{hyphen}{rest}"


def _primary(language: str) -> str:
    return _tag(language).partition("-")[0]


def _language(draft: _Draft, language: str) -> str:
    wanted = _primary(draft.profile.language)
    tags = [_tag(name) for name in (*draft.languages, language) if name]
    spoken = unique(piece.language for piece in draft.pieces)
    if len(spoken) > 1 and wanted in spoken:
        return next((tag for tag in tags if _primary(tag) == wanted), wanted)
    return next(iter((*tags, *spoken)), draft.profile.language)


# --- amending -----------------------------------------------------------------------------------------------------


def _amend_one(before: etree._Element, change: etree._Element, now: _Identity, then: _Identity) -> None:
    """Have `change`, a NewsItem with Update elements, hold all of `before` as it is after them."""
    wanted = now.previous if now.previous not in ("", "0") else str((_count(now.revision) or 1) - 1)
    if _count(then.revision) != _count(wanted) or then.revision == "":
        raise Unreadable(
            f"The change is of revision {wanted} and this is revision {then.revision or 'none'}: "
            "ask the agency for the whole item."
        )
    places: dict[str, list[etree._Element]] = defaultdict(list)
    for element in before.iter(etree.Element):
        duid = line(element.get("Duid"))
        if duid:
            places[duid].append(element)
    for operation in _operations(change.findall("Update")):
        _operate(before, places, operation)
    for update in change.findall("Update"):
        change.remove(update)
    for element in list(before):
        if element.tag not in ("Identification", "NewsManagement"):
            change.append(element)
    revised = change.find("Identification/NewsIdentifier/RevisionId")
    if revised is not None:
        revised.set("Update", "N")


def _operations(updates: Iterable[etree._Element]) -> Iterator[etree._Element]:
    for update in updates:
        for operation in update:
            if isinstance(operation.tag, str):
                yield operation


def _operate(before: etree._Element, places: dict[str, list[etree._Element]], operation: etree._Element) -> None:
    duid = line(operation.get("DuidRef"))
    found = [place for place in places.get(duid, ()) if place is before or before in place.iterancestors()]
    if len(found) != 1:
        many = "several elements" if found else "no element"
        raise Unreadable(f"The change names {many} “{duid[:60]}” of the earlier revision: ask for the whole item.")
    (place,) = found
    parent = place.getparent()
    inside = [place, *place.iterancestors()]
    if parent is None or place is before or any(each.tag in ("Identification", "NewsManagement") for each in inside):
        raise Unreadable(f"The change would alter “{duid[:60]}”, which no update may: ask for the whole item.")
    kind = operation.tag
    new = list(operation) if kind != "Delete" else []
    text = operation.text or "" if kind != "Delete" else ""
    if kind == "InsertBefore":
        _put(parent, parent.index(place), text, new)
    elif kind == "InsertAfter":
        tail, place.tail = place.tail, None
        _put(parent, parent.index(place) + 1, text, new, tail or "")
    elif kind in ("Replace", "Delete"):
        at, tail = parent.index(place), place.tail or ""
        place.tail = None
        parent.remove(place)
        _put(parent, at, text, new, tail)
    else:
        raise Unreadable(f"The change asks for “{str(kind)[:40]}”, which is no update: ask for the whole item.")
    for element in new:
        for inner in element.iter(etree.Element):
            if line(inner.get("Duid")):
                places[line(inner.get("Duid"))].append(inner)


def _put(parent: etree._Element, at: int, text: str, new: list[etree._Element], tail: str = "") -> None:
    """Put `text`, then `new`, then `tail` at child number `at` of `parent`."""
    if not new:
        text, tail = text + tail, ""
    if text.strip() or not new:
        if at:
            parent[at - 1].tail = (parent[at - 1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text
    for place, element in enumerate(new, at):
        parent.insert(place, element)
    if new and tail:
        new[-1].tail = (new[-1].tail or "") + tail
