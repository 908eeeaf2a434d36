"""ninjs (IPTC news in JSON) 1.x, 2.x and 3.x, and the dialects that agencies make of it (Superdesk, TT, NTB).

The generations differ in spelling: 1.x has `headline`, `body_html`, objects for `renditions` and `associations`; 2.x
has arrays in the plural; 3.x writes camelCase. Property names are therefore compared in lower case, and both shapes
read.

ninjs has no word for a correction: an item is never marked as one by its version or its note alone. It is strict about
its few words, so a status, type or representation that it does not define is refused rather than guessed; a feed's
profile can teach it more. Properties that it does not define are a dialect's and are only noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from standfirst.kit import markup, xml
from standfirst.kit.digests import seal
from standfirst.wire.formats._inline import html_of_text
from standfirst.wire.formats._shared import (
    DEFAULT,
    MOST,
    Bodies,
    Parsed,
    Profile,
    Unreadable,
    check_size,
    domain_in,
    editorial_type_of,
    embargo_of,
    has_markup,
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
    EdNote,
    Headline,
    Item,
    ItemType,
    Link,
    Oddity,
    Rendition,
    Status,
)

NAME: Final = "ninjs"

Object = dict[str, Any]

_OTHER_JSON: Final = re.compile(
    r'"(?:api_version|jsonfeed)"\s*:|jsonfeed\.org/version|"digitalwires@|"@context"\s*:|"update_id"\s*:'
    r'|"object"\s*:\s*"whatsapp'
)


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is a JSON object or array and not of another format that we know."""
    text = xml.head_text(head).lstrip("\ufeff\xef\xbb\xbf \t\r\n")
    return text[:1] in ("{", "[") and not _OTHER_JSON.search(text, 0, 4096)


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a ninjs file: one object, or an array of objects. Raises `Unreadable` if none can be read."""
    check_size(data, profile.limits)
    value = _load(data, profile)
    sealed = seal(data)
    if isinstance(value, dict):
        return Parsed(items=(_read(value, profile, sealed),), format=NAME)
    if not isinstance(value, list) or not value:
        raise Unreadable("This JSON holds no object, so no news item: look at what the feed delivers.")
    if len(value) > profile.limits.items:
        raise Unreadable(f"The file holds more than {profile.limits.items:,} items: ask the agency for smaller files.")
    items: list[Item] = []
    odd: list[Oddity] = []
    faults: list[Unreadable] = []
    for number, entry in enumerate(value, 1):
        try:
            if not isinstance(entry, dict):
                raise Unreadable("It is no object: ask the agency to send it again.")
            items.append(_read(entry, profile, sealed))
        except Unreadable as error:
            faults.append(error)
            odd.append(Oddity(code="broken-item", text=f"Item {number} was left out: {error.reason}"))
    if not items:
        raise Unreadable(faults[0].reason, takedown=any(fault.takedown for fault in faults))
    return Parsed(items=tuple(items), oddities=tuple(odd), format=NAME)


def _load(data: bytes, profile: Profile) -> Any:
    try:
        text = data.decode(json.detect_encoding(data)).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable("This JSON is not in Unicode: ask the agency to send it as UTF-8.") from None
    if _too_deep(text, profile.limits.depth):
        raise Unreadable(
            f"This JSON is nested deeper than {profile.limits.depth} levels, as no news item is: "
            "look at what the feed delivers."
        )
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_int)
    except (ValueError, RecursionError) as error:
        takedown = bool(re.search(r'"pub_?status"\s*:\s*"(?:canceled|withheld)', text, re.IGNORECASE))
        where = str(error).partition("\n")[0][:120]
        raise Unreadable(
            f"This is not well-formed JSON ({where}): ask the agency to send the file again.", takedown=takedown
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _int(digits: str) -> int:
    if len(digits) > 30:
        raise ValueError("a number has too many digits")
    return int(digits)


_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def _too_deep(text: str, limit: int) -> bool:
    depth = 0
    for found in _STRUCTURE.finditer(text):
        mark = found.group(0)
        if mark in "[{":
            depth += 1
            if depth > limit:
                return True
        elif mark in "]}":
            depth -= 1
    return False


# --- what the standard says ---------------------------------------------------------------------------------------

_STRINGS: Final = frozenset(
    "uri guid type mimetype representationtype profile versioncreated firstcreated contentcreated embargoed"
    " embargoeduntil pubstatus copyrightholder copyrightnotice language title headline byline by located slugline"
    " ednote expires evolvedfrom".split()
)
_CONCEPTS: Final = frozenset(
    "subject subjects person people organisation organisations place places object objects infosource infosources"
    " genre genres".split()
)
_ARRAYS: Final = _CONCEPTS | frozenset("headlines bodies descriptions trustindicator trustindicators".split())
_OBJECTS: Final = frozenset({"rightsinfo", "standard", "$standard", "eventdetails"})
_EITHER: Final = frozenset({"altids", "renditions", "associations"})
_KNOWN: Final = (
    _STRINGS
    | _ARRAYS
    | _OBJECTS
    | _EITHER
    | frozenset(
        "version urgency usageterms event events charcount wordcount digitalsourcetype plannedcoverage name".split()
    )
)
_RIGHTS: Final = frozenset({"linkedrights", "encodedrights", "langid"})
_FAMILY: Final = re.compile(r"(headline|body|description)_[A-Za-z0-9_]")
_FAMILY_START: Final = re.compile(r"(?:headline|body|description)[_-]")
_TYPES: Final[dict[str, ItemType]] = {
    "text": "text",
    "audio": "audio",
    "video": "video",
    "picture": "picture",
    "graphic": "graphic",
    "composite": "composite",
    "component": "composite",
    "event": "event",
    "planning": "advisory",
}
_STATUSES: Final = ("usable", "withheld", "canceled", "embargoed")
_REPRESENTATIONS: Final = frozenset({"complete", "incomplete", "full", "partial", "associated"})
_GEOMETRIES: Final = frozenset(
    "Point MultiPoint LineString MultiLineString Polygon MultiPolygon GeometryCollection Feature FeatureCollection"
    "".split()
)
_DATE_PART: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?\Z")
_NOUNS: Final = {str: "text", list: "an array", dict: "an object"}


def _faults(item: Object, profile: Profile) -> Iterator[str]:
    """What is wrong with an item so that it cannot be trusted. `item` has lower-case names."""
    for name, value in item.items():
        if value is None:
            continue
        if name in _STRINGS and not isinstance(value, str):
            yield f"has a {name} that is not text"
        elif name in _ARRAYS:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                yield f"has a {name} that is not an array of objects"
            elif name in _CONCEPTS:
                yield from _concept_faults(name, value)
        elif name in _OBJECTS and not isinstance(value, dict):
            yield f"has a {name} that is not an object"
        elif name in _EITHER and not isinstance(value, dict | list):
            yield f"has {name} that are neither an object nor an array"
        elif _FAMILY_START.match(name):
            if not _FAMILY.match(name):
                yield f"has a property {name[:40]!r} whose name ninjs does not allow, so its text would be lost"
            elif not isinstance(value, str):
                yield f"has a {name[:40]} that is not text"
        elif name in _RIGHTS:
            yield f"has {name} outside of rightsinfo, so its rights would be lost"
    yield from _word_faults(item, profile)
    yield from _detail_faults(item)


def _word_faults(item: Object, profile: Profile) -> Iterator[str]:
    status = item.get("pubstatus")
    if isinstance(status, str) and last_part(status) not in (*_STATUSES, *profile.status_words):
        yield (
            f"has the pubstatus {status[:40]!r}, which ninjs does not define (if it asks to take a story down, do so"
            " by hand)"
        )
    kind = item.get("type")
    if isinstance(kind, str) and kind.strip().lower() not in _TYPES:
        yield f"has the type {kind[:40]!r}, which ninjs does not define"
    representation = item.get("representationtype")
    if isinstance(representation, str) and representation.strip().lower() not in _REPRESENTATIONS:
        yield f"has the representationtype {representation[:40]!r}, which ninjs does not define"
    yield from _urgency_faults(item)
    version = item.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, str | int)):
        yield "has a version that is not text"
    terms = item.get("usageterms")
    if terms is not None and not (
        isinstance(terms, str) or (isinstance(terms, list) and all(isinstance(term, str | dict) for term in terms))
    ):
        yield "has usageterms that are not text"


def _urgency_faults(item: Object) -> Iterator[str]:
    urgency = item.get("urgency")
    if urgency is not None and (isinstance(urgency, bool) or not isinstance(urgency, int) or not 1 <= urgency <= 9):
        yield "has an urgency that is not a whole number from 1 to 9"


def _concept_faults(name: str, entries: list[Object]) -> Iterator[str]:
    for entry in entries:
        for key in ("name", "rel", "scheme", "code", "uri", "literal"):
            if isinstance(entry.get(key), dict | list):
                yield f"has a {name} whose {key} is not text"
                return
        relation = entry.get("rel")
        if name.startswith("infosource") and isinstance(relation, str) and len(relation) > 40 and " " in relation:
            yield f"has a {name} whose relation is a sentence, not a term"
        for key in ("geojson", "geometry_geojson"):
            if key in entry and not _is_geojson(entry[key]):
                yield f"has a {name} whose {key} is not GeoJSON"


def _is_geojson(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("type") not in _GEOMETRIES:
        return False
    inside = {"GeometryCollection": "geometries", "Feature": "geometry", "FeatureCollection": "features"}
    key = inside.get(value["type"], "coordinates")
    return _numbers(value.get(key)) if key == "coordinates" else key in value


def _numbers(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(
        _numbers(part) if isinstance(part, list) else isinstance(part, int | float) and not isinstance(part, bool)
        for part in value
    )


def _detail_faults(item: Object) -> Iterator[str]:
    rights = item.get("rightsinfo")
    if isinstance(rights, dict) and rights.get("linkedrights") and rights.get("encodedrights"):
        yield "has both linked and encoded rights, which may contradict each other"
    associations = item.get("associations")
    if isinstance(associations, list):
        strict = all(name in _KNOWN or _FAMILY.match(name) for name in item)
        for entry in associations:
            if not isinstance(entry, dict):
                yield "has an association that is not an object"
                continue
            low = _lower(entry)
            if not low.get("uri") or not low.get("name"):
                yield "has an association without a uri or a name"
            unknown = [name for name in low if name not in _KNOWN and not _FAMILY.match(name)]
            if strict and unknown:
                # Who keeps to the standard everywhere else has made a mistake here.
                yield f"has an association with a property {unknown[0][:40]!r} that ninjs does not define"
    if item.get("type") == "component" and item.get("headline") and not _has_content(item):
        yield "is a component with a headline but no content, so neither a part of an item nor an item"
    details = item.get("eventdetails")
    dates = details.get("dates") if isinstance(details, dict) else None
    if isinstance(dates, dict):
        for end in ("Start", "End"):
            if f"{end.lower()}Date" in dates and f"expected{end}Date" in dates:
                yield f"gives both a fixed and an expected {end.lower()} of the event"
        for key, value in dates.items():
            if key.endswith("Date") and not (isinstance(value, str) and _DATE_PART.match(value)):
                yield f"has an event with a {key} that is no date"
    coverage = item.get("plannedcoverage")
    if isinstance(coverage, list):
        for entry in coverage:
            if isinstance(entry, dict):
                yield from _urgency_faults(entry)


def _has_content(item: Object) -> bool:
    return any(
        name.startswith(("body", "description")) or name in ("bodies", "renditions", "associations") for name in item
    )


# --- one item -----------------------------------------------------------------------------------------------------


def _lower(value: Object) -> Object:
    """`value` with its own names in lower case."""
    return {name if name.islower() else name.lower(): entry for name, entry in value.items()}


def _read(source: Object, profile: Profile, sealed: str) -> Item:
    item = _lower(source)
    identity = item.get("uri") or item.get("guid")
    raw_status = item.get("pubstatus")
    word = last_part(raw_status) if isinstance(raw_status, str) else ""
    takedown = word.startswith("cancel") or word in ("withheld", "withdrawn", "kill", "killed")
    if not isinstance(identity, str) or not line(identity):
        raise Unreadable(
            "This JSON has no uri, so it is no ninjs item whose versions can be told apart: "
            "ask the agency what it is sending.",
            takedown=takedown,
        )
    identity = line(identity)
    status: Status = status_of(raw_status, profile) if isinstance(raw_status, str) else "usable"
    if word == "cancelled" and "cancelled" not in profile.status_words:
        status = "unknown"
    odd: list[Oddity] = []
    for fault in _faults(item, profile):
        # A take-down must get through whatever else is wrong with it.
        if status not in ("withheld", "canceled"):
            raise Unreadable(f"Item {identity} {fault}: ask the agency to send it again.", takedown=takedown)
        odd.append(Oddity(code="not-valid", text=f"The item {fault}."))
    unknown = [name for name in source if name.lower() not in _KNOWN and not _FAMILY.match(name.lower())]
    if unknown:
        if len(unknown) + 1 >= len(item) and status == "usable":
            raise Unreadable(
                f"Item {identity} has no property that ninjs defines but its uri: ask the agency what it is sending."
            )
        shown = ", ".join(unknown[:12])
        odd.append(
            Oddity(code="unknown-properties", text=f"It has properties that ninjs does not define: {shown[:200]}.")
        )
    return _item(_only_sound(item), identity, status, raw_status or "", profile, sealed, odd)


def _only_sound(item: Object) -> Object:
    """`item` without values of a wrong kind; only a take-down comes here with any."""
    sound: Object = {}
    for name, value in item.items():
        if (name in _STRINGS or _FAMILY.match(name)) and not isinstance(value, str):
            continue
        if name in _ARRAYS:
            value = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
        elif (name in _OBJECTS and not isinstance(value, dict)) or (
            name in _EITHER and not isinstance(value, dict | list)
        ):
            continue
        sound[name] = value
    return sound


def _item(
    item: Object, identity: str, status: Status, raw_status: str, profile: Profile, sealed: str, odd: list[Oddity]
) -> Item:
    def text(name: str) -> str:
        value = item.get(name)
        return line(value) if isinstance(value, str) else ""

    def at(name: str) -> datetime | None:
        value = text(name)
        read = moment(value)
        if value and read is None:
            odd.append(Oddity(code="unreadable-time", text=f"Its {name} “{value[:40]}” is no time that can be read."))
        return read

    version_created = at("versioncreated")
    version_raw = line(str(item["version"])) if isinstance(item.get("version"), str | int) else ""
    order = whole_number(version_raw, most=MOST)
    if isinstance(item.get("version"), int):
        odd.append(Oddity(code="odd-version", text="Its version is a number where ninjs has text."))

    embargo = item.get("embargoed", item.get("embargoeduntil"))
    embargo_until, embargo_raw = embargo_of(embargo, profile, odd)

    kind = text("type").lower()
    if kind == "component":
        odd.append(Oddity(code="component", text="It is a component, made to be part of another item."))
    bodies, raw = _bodies(item)
    headlines = _headlines(item)
    descriptions = _descriptions(item)
    provider = profile.provider if profile.force_provider else ""
    provider = provider or text("source") or profile.provider or domain_in(identity) or text("copyrightholder")
    if not provider:
        provider = "unknown"
        odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    renditions = tuple(_renditions(item.get("renditions")))
    associations = tuple(_associations(item.get("associations")))
    links = [Link(rel=name, target=text(name)) for name in ("evolvedfrom",) if text(name)]
    for name in ("replacing", "replacedby"):
        value = item.get(name)
        for target in value if isinstance(value, list) else [value]:
            if isinstance(target, str) and line(target):
                links.append(Link(rel=name, target=line(target)))
    signals = tuple(_signals(item))
    types = [found for found in (editorial_type_of(signal, profile) for signal in signals) if found]
    headline = headlines[0].text if headlines else text("title")
    if not (headline or bodies or renditions or associations or descriptions or kind in ("event", "planning")):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    if status == "unknown":
        odd.append(
            Oddity(
                code="unknown-status",
                text=f"Its status “{raw_status[:60]}” is not one that we know: a person must decide.",
            )
        )
    terms = item.get("usageterms")
    usage = [terms] if isinstance(terms, str) else terms if isinstance(terms, list) else []
    urgency = item.get("urgency")
    return Item(
        provider=provider,
        item_id=identity,
        version_raw=version_raw,
        version_order=order if order is not None else microseconds(version_created),
        thread_key=text("slugline") or text("evolvedfrom") or identity,
        type=_TYPES.get(kind, "text"),
        status=status,
        status_raw=line(raw_status) if isinstance(raw_status, str) else "",
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=signals,
        urgency=urgency if isinstance(urgency, int) and 1 <= urgency <= 9 else None,
        slugline=text("slugline"),
        headline=headline,
        headlines=headlines,
        subheadline=next((entry.text for entry in headlines if "sub" in entry.role.lower()), ""),
        byline=_plain(text("by") or text("byline")),
        located=text("located"),
        abstract=descriptions,
        body_html=bodies,
        body_raw=raw,
        creditline=text("creditline") or text("source"),
        copyright_holder=text("copyrightholder"),
        copyright_notice=text("copyrightnotice"),
        usage_terms=unique(_entry_text(entry) for entry in usage),
        language=text("language") or profile.language,
        genre=unique(
            entry.name or entry.code or entry.scheme
            for name in ("genre", "genres")
            for entry in _concepts(item.get(name))
        ),
        subjects=(*_concepts(item.get("subject")), *_concepts(item.get("subjects"))),
        places=(*_concepts(item.get("place")), *_concepts(item.get("places"))),
        people=(*_concepts(item.get("person")), *_concepts(item.get("people"))),
        orgs=(*_concepts(item.get("organisation")), *_concepts(item.get("organisations"))),
        keywords=_keywords(item.get("keywords")),
        ednotes=(EdNote(text=lines(item["ednote"])),) if lines(item.get("ednote")) else (),
        first_created=at("firstcreated"),
        version_created=version_created,
        content_created=at("contentcreated"),
        expires=at("expires"),
        renditions=renditions,
        associations=associations,
        links=tuple(links),
        raw_sha256=sealed,
        oddities=tuple(odd),
    )


def _plain(text: str) -> str:
    return line(markup.text_of(text)) if has_markup(text) else text


def _entry_text(entry: Any) -> str:
    """The text of an entry that is a string, or an object with `value`, `text` or `name`."""
    if isinstance(entry, dict):
        entry = entry.get("value") or entry.get("text") or entry.get("name")
    return line(entry) if isinstance(entry, str) else ""


def _keywords(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return unique(_entry_text(entry) for entry in value) if isinstance(value, list) else ()


def _headlines(item: Object) -> tuple[Headline, ...]:
    found: list[Headline] = []
    if isinstance(item.get("headline"), str):
        found.append(Headline(text=_plain(line(item["headline"]))))
    for entry in item.get("headlines") or []:
        value = entry.get("value")
        if isinstance(value, str):
            found.append(Headline(text=_plain(line(value)), role=_role(entry) or "main"))
    for name, value in item.items():
        if name.startswith("headline_"):
            found.append(Headline(text=_plain(line(value)), role=name.removeprefix("headline_")))
    found.sort(key=lambda entry: 0 if entry.role.lower() in ("main", "headline") else 1)
    return tuple(entry for entry in found if entry.text)


def _role(entry: Object) -> str:
    role = entry.get("role")
    return line(role) if isinstance(role, str) else ""


_BODY_ORDER: Final[tuple[str, ...]] = (
    "body_richhtml5",
    "body_html5",
    "body_html",
    "body_xhtml",
    "body_richtext",
    "body_main",
    "body_text",
)


def _bodies(item: Object) -> tuple[str, str]:
    bodies = Bodies()
    raws: list[str] = []
    names = [name for name in _BODY_ORDER if name in item]
    names += [name for name in item if name.startswith("body_") and name not in names]
    for name in names:
        raws.append(item[name])
        mime = "text/html" if "html" in name else "text/plain" if name == "body_text" else ""
        bodies.add(html_of_text(item[name], mime))
    entries = [_lower(entry) for entry in item.get("bodies") or []]
    entries.sort(key=lambda entry: 0 if "html" in str(entry.get("contenttype")) else 1)
    for entry in entries:
        value = entry.get("value")
        if isinstance(value, str):
            raws.append(value)
            bodies.add(html_of_text(value, _scalar(entry.get("contenttype"))))
    return bodies.html(), "\n".join(raws)


def _descriptions(item: Object) -> str:
    """The abstract: the plainest description, of several the one that is called a summary."""
    found: list[tuple[int, str]] = []
    for name, value in item.items():
        if name.startswith("description_"):
            found.append((0 if name == "description_text" else 1, _plain(line(value))))
    for entry in item.get("descriptions") or []:
        value = entry.get("value")
        if isinstance(value, str):
            role = _role(entry).lower()
            found.append((0 if role in ("summary", "abstract", "drol:summary", "caption") else 1, _plain(line(value))))
    found.sort(key=lambda entry: entry[0])
    return next((text for _rank, text in found if text), "")


def _concepts(value: Any) -> tuple[Concept, ...]:
    found: list[Concept] = []
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict):
            continue
        scheme, code = _scalar(entry.get("scheme")), _scalar(entry.get("code")) or _scalar(entry.get("literal"))
        uri = _scalar(entry.get("uri"))
        if uri and not code:
            head, slash, code = uri.rpartition("/")
            scheme = scheme or head + slash
        concept = Concept(scheme=scheme, code=code, name=_scalar(entry.get("name")), how=_scalar(entry.get("rel")))
        if concept.code or concept.name:
            found.append(concept)
    return tuple(found)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return line(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _signals(item: Object) -> Iterator[str]:
    """Signals of dialects: an array of words, or TT's object of names and words."""
    value = item.get("signals")
    if isinstance(value, list):
        for entry in value:
            word = _scalar(entry) or (_scalar(entry.get("code")) if isinstance(entry, dict) else "")
            if word:
                yield word
    elif isinstance(value, dict):
        for name, entry in value.items():
            if _scalar(entry):
                yield f"{line(name)}:{_scalar(entry)}"


def _number(value: Any) -> int | None:
    if isinstance(value, str):
        return whole_number(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _named(value: Any) -> Iterator[tuple[str, Object]]:
    """(name, object) of an object of objects, as in 1.x, or of an array of objects that say their names."""
    if isinstance(value, dict):
        yield from ((name, entry) for name, entry in value.items() if isinstance(entry, dict))
    elif isinstance(value, list):
        yield from ((_scalar(entry.get("name")), entry) for entry in value if isinstance(entry, dict))


def _renditions(value: Any) -> Iterator[Rendition]:
    for role, entry in _named(value):
        low = _lower(entry)
        yield Rendition(
            role=line(role),
            href=_scalar(low.get("href")),
            mime=_scalar(low.get("contenttype") or low.get("mimetype")),
            width=_number(low.get("width")),
            height=_number(low.get("height")),
            bytes=_number(low.get("sizeinbytes")),
        )


def _associations(value: Any) -> Iterator[Association]:
    for role, entry in _named(value):
        low = _only_sound(_lower(entry))
        headlines = _headlines(low)
        yield Association(
            role=line(role),
            item_id=_scalar(low.get("uri") or low.get("guid")),
            version=_scalar(low.get("version")),
            type=_TYPES.get(_scalar(low.get("type")).lower(), ""),
            headline=headlines[0].text if headlines else _scalar(low.get("title")),
            caption=_descriptions(low),
            creditline=_scalar(
                low.get("creditline") or low.get("by") or low.get("byline") or low.get("copyrightholder")
            ),
            renditions=tuple(_renditions(low.get("renditions"))),
        )
