"""ninjs (IPTC news in JSON) 1.x, 2.x and 3.x, and the dialects that agencies make of it (Superdesk, TT, NTB).

The generations differ in spelling: 1.x has `headline`, `body_html`, objects for `renditions` and `associations`; 2.x
has arrays in the plural; 3.x writes camelCase. Property names are therefore compared in lower case, and both shapes
read.

ninjs has no word for a correction: an item is never marked as one by its version or its note alone. Properties that it
does not define are a dialect's and are only noted.

What to do with an item that breaks the standard depends on what would be lost. A whole story is read whatever is wrong
with its details: they become oddities, and doubts where they may touch its status, rights or words, so that a person
looks. A skeleton without a story is refused: nothing says what its sender meant. So is one in which an association
breaks the standard that everything else in it keeps. (Four of the files that IPTC's older tests call invalid are valid
since 1.2 or broken in other ways; they are refused for what they lack.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from standfirst.kit.digests import seal
from standfirst.wire.formats._inline import html_of_text
from standfirst.wire.formats._json import (
    Object,
    embargo_in,
    kind_of,
    load,
    lower,
    number,
    read_each,
    scalar,
    texts,
    time_of,
)
from standfirst.wire.formats._json import urgency as urgency_of
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
    in_order,
    language_of,
    last_part,
    line,
    lines,
    microseconds,
    moment,
    note_unknown_status,
    plain,
    settled,
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


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is a JSON object or array and not of another format that we know."""
    return kind_of(head) == NAME


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a ninjs file: one object, an array, or an answer that lists them. Raises `Unreadable` if none can
    be read."""
    check_size(data, profile.limits)
    value = load(data, profile)
    sealed = seal(data)
    if isinstance(value, dict):
        inside = _listed(value, 0)
        if inside is None:
            return Parsed(items=(_read(value, profile, sealed),), format=NAME)
        if not inside:
            return Parsed(items=(), oddities=(Oddity(code="no-items", text="The feed has nothing new."),), format=NAME)
        value = inside
    if not isinstance(value, list) or not value:
        raise Unreadable("This JSON holds no object, so no news item: look at what the feed delivers.")
    return read_each(value, lambda entry: _read(entry, profile, sealed), profile, NAME)


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
    # Words of the BBC's and others' dialects.
    "story": "text",
    "photo": "picture",
    "image": "picture",
}
_STATUSES: Final = ("usable", "withheld", "canceled", "embargoed")
_REPRESENTATIONS: Final = frozenset({"complete", "incomplete", "full", "partial", "associated"})
_GEOMETRIES: Final = frozenset(
    "Point MultiPoint LineString MultiLineString Polygon MultiPolygon GeometryCollection Feature FeatureCollection"
    "".split()
)
_DATE_PART: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?\Z")
_NOUNS: Final = {str: "text", list: "an array", dict: "an object"}


_WEIGHTY: Final = frozenset(
    "pubstatus embargoed embargoeduntil type headline usageterms ednote expires rightsinfo copyrightholder"
    " copyrightnotice".split()
)
"""A fault in one of these makes a person look: it may touch what may be published."""

Fault = tuple[str, str]
"""(the property that it is about, what is wrong: it completes "The item ...")"""


def _faults(item: Object, profile: Profile) -> Iterator[Fault]:
    """What breaks the standard in an item. `item` has lower-case names."""
    for name, value in item.items():
        if value is None:
            continue
        if name in _STRINGS and not isinstance(value, str):
            yield name, f"has a {name} that is not text"
        elif name in _ARRAYS:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                yield name, f"has a {name} that is not an array of objects"
            elif name in _CONCEPTS:
                yield from ((name, said) for said in _concept_faults(name, value))
        elif name in _OBJECTS and not isinstance(value, dict):
            yield name, f"has a {name} that is not an object"
        elif name in _EITHER and not isinstance(value, dict | list):
            yield name, f"has {name} that are neither an object nor an array"
        elif _FAMILY_START.match(name):
            if not _FAMILY.match(name):
                yield (
                    "headline",
                    f"has a property {name[:40]!r} whose name ninjs does not allow, so its text would be lost",
                )
            elif not isinstance(value, str):
                yield "headline", f"has a {name[:40]} that is not text"
        elif name in _RIGHTS:
            yield "rightsinfo", f"has {name} outside of rightsinfo, so its rights would be lost"
    yield from _word_faults(item, profile)
    yield from _detail_faults(item)


def _word_faults(item: Object, profile: Profile) -> Iterator[Fault]:
    status = item.get("pubstatus")
    if isinstance(status, str) and last_part(status) not in (*_STATUSES, *profile.status_words):
        said = f"has the pubstatus {status[:40]!r}, which ninjs does not define"
        yield "pubstatus", f"{said} (if it asks to take a story down, do so by hand)"
    kind = item.get("type")
    if isinstance(kind, str) and kind.strip().lower() not in _TYPES:
        yield "type", f"has the type {kind[:40]!r}, which ninjs does not define"
    representation = item.get("representationtype")
    if isinstance(representation, str) and representation.strip().lower() not in _REPRESENTATIONS:
        yield "representationtype", f"has the representationtype {representation[:40]!r}, which ninjs does not define"
    yield from _urgency_faults(item)
    version = item.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, str | int)):
        yield "version", "has a version that is not text"
    terms = item.get("usageterms")
    if terms is not None and not (
        isinstance(terms, str) or (isinstance(terms, list) and all(isinstance(term, str | dict) for term in terms))
    ):
        yield "usageterms", "has usageterms that are not text"


def _urgency_faults(item: Object) -> Iterator[Fault]:
    urgency = item.get("urgency")
    if urgency is not None and (isinstance(urgency, bool) or not isinstance(urgency, int) or not 1 <= urgency <= 9):
        yield "urgency", "has an urgency that is not a whole number from 1 to 9"


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
    if not isinstance(value, dict) or scalar(value.get("type")) not in _GEOMETRIES:
        return False
    inside = {"GeometryCollection": "geometries", "Feature": "geometry", "FeatureCollection": "features"}
    key = inside.get(scalar(value["type"]), "coordinates")
    return _numbers(value.get(key)) if key == "coordinates" else key in value


def _numbers(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(
        _numbers(part) if isinstance(part, list) else isinstance(part, int | float) and not isinstance(part, bool)
        for part in value
    )


def _detail_faults(item: Object) -> Iterator[Fault]:
    rights = item.get("rightsinfo")
    if isinstance(rights, dict) and rights.get("linkedrights") and rights.get("encodedrights"):
        yield "rightsinfo", "has both linked and encoded rights, which may contradict each other"
    if item.get("type") == "component" and item.get("headline") and not _has_content(item):
        yield "type", "is a component with a headline but no content, so neither a part of an item nor an item"
    details = item.get("eventdetails")
    dates = details.get("dates") if isinstance(details, dict) else None
    if isinstance(dates, dict):
        for end in ("Start", "End"):
            if f"{end.lower()}Date" in dates and f"expected{end}Date" in dates:
                yield "eventdetails", f"gives both a fixed and an expected {end.lower()} of the event"
        for key, value in dates.items():
            if key.endswith("Date") and not (isinstance(value, str) and _DATE_PART.match(value)):
                yield "eventdetails", f"has an event with a {key[:40]} that is no date"
    coverage = item.get("plannedcoverage")
    if isinstance(coverage, list):
        for entry in coverage:
            if isinstance(entry, dict):
                yield from _urgency_faults(entry)


def _association_faults(item: Object) -> Iterator[str]:
    """What is wrong with associations in an item that keeps to the standard everywhere else: there it is a mistake."""
    associations = item.get("associations")
    if not isinstance(associations, list) or not all(name in _KNOWN or _FAMILY.match(name) for name in item):
        return
    for entry in associations:
        if not isinstance(entry, dict):
            yield "has an association that is not an object"
            continue
        low = lower(entry)
        if not low.get("uri") or not low.get("name"):
            yield "has an association without a uri or a name"
        unknown = [name for name in low if name not in _KNOWN and not _FAMILY.match(name)]
        if unknown:
            yield f"has an association with a property {unknown[0][:40]!r} that ninjs does not define"


def _is_story(item: Object) -> bool:
    """True if there is something to publish: words under a headline, or a picture with a caption."""
    named = any(isinstance(value, str) and value.strip() for value in (item.get("headline"), item.get("title")))
    named = named or bool(item.get("headlines")) or any(name.startswith("description") for name in item)
    filled = item.get("bodies") or any(
        _FAMILY.match(name) and name.startswith("body") and isinstance(value, str) and value.strip()
        for name, value in item.items()
    )
    shown = item.get("type") in ("picture", "graphic", "video", "audio") and item.get("renditions")
    return named and bool(filled or shown)


def _has_content(item: Object) -> bool:
    return any(
        name.startswith(("body", "description")) or name in ("bodies", "renditions", "associations") for name in item
    )


# --- one item -----------------------------------------------------------------------------------------------------


_LISTS: Final = (
    "items",
    "_items",
    "item",
    "hits",
    "results",
    "docs",
    "data",
    "response",
    "articles",
    "entries",
    "content",
)
_DEEPEST_LIST: Final = 3
_ITEM_MARKS: Final = frozenset({"uri", "guid", "headline", "pubstatus", "versioncreated", "body_html", "body_text"})


def _listed(value: Object, depth: int) -> list[Any] | None:
    """The items in the answer of an agency's search, as Superdesk, TT, the BBC and search engines give them; None if it
    is an item itself, or nothing that we know."""
    if any(name.lower() in _ITEM_MARKS for name in value):
        return None
    empty = False
    for name in _LISTS:
        found = value.get(name)
        if isinstance(found, list):
            entries = [_unwrapped(entry) for entry in found]
            if any(isinstance(entry, dict) and _identity_of(entry) for entry in entries):
                return entries
            empty = empty or not found
        elif isinstance(found, dict):
            if _identity_of(found):
                return [found]
            inside = _listed(found, depth + 1) if depth < _DEEPEST_LIST else None
            if inside is not None:
                return inside
    return [] if empty else None


def _unwrapped(entry: Any) -> Any:
    """An entry of a list without what search engines put around it."""
    source = entry.get("_source") if isinstance(entry, dict) else None
    return source if isinstance(source, dict) else entry


def _identity_of(item: Object) -> Any:
    """The uri or guid of an item; in Superdesk's own stores, `_id` is the same."""
    return item.get("uri") or item.get("guid") or (item.get("_id") if "_etag" in item or "_updated" in item else None)


_SENDERS: Final = ("source", "provider", "copyrightholder")


def _read(source: Object, profile: Profile, sealed: str) -> Item:
    item = lower(source)
    identity = _identity_of(item)
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
    for sender in (*(scalar(item.get(name)) for name in _SENDERS), domain_in(identity)):
        profile = profile.speaking(sender)
    story = _is_story(item)
    status: Status = status_of(raw_status, profile) if isinstance(raw_status, str) else "usable"
    if word == "cancelled" and "cancelled" not in profile.status_words and not story:
        # Not ninjs' spelling: enough to take a story down, not to make a skeleton an item.
        status = "unknown"
    odd: list[Oddity] = []
    doubts: list[str] = []
    taken_down = status in ("withheld", "canceled")
    for fault in _association_faults(item):
        # A take-down must get through whatever else is wrong with it.
        if not taken_down:
            raise Unreadable(f"Item {identity} {fault}: ask the agency to send it again.", takedown=takedown)
        odd.append(Oddity(code="not-valid", text=f"The item {fault}."))
    for name, fault in _faults(item, profile):
        if not (taken_down or story):
            raise Unreadable(f"Item {identity} {fault}: ask the agency to send it again.", takedown=takedown)
        odd.append(Oddity(code="not-valid", text=f"The item {fault}."))
        if name in _WEIGHTY and not taken_down:
            doubts.append(f"It is not valid ninjs: it {fault}.")
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
    if raw_status and not isinstance(raw_status, str):
        raw_status, status = scalar(raw_status) or "not text", "unknown"
    return _item(_only_sound(item), identity, status, raw_status or "", profile, sealed, odd, tuple(doubts))


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
    item: Object,
    identity: str,
    status: Status,
    raw_status: str,
    profile: Profile,
    sealed: str,
    odd: list[Oddity],
    doubts: tuple[str, ...],
) -> Item:
    def text(name: str) -> str:
        value = item.get(name)
        return line(value) if isinstance(value, str) else ""

    version_created = time_of(item, "versioncreated", odd)
    version_raw = line(str(item["version"])) if isinstance(item.get("version"), str | int) else ""
    order = whole_number(version_raw, most=MOST)
    if isinstance(item.get("version"), int):
        odd.append(Oddity(code="odd-version", text="Its version is a number where ninjs has text."))

    embargo_until, embargo_raw = embargo_in(item.get("embargoed", item.get("embargoeduntil")), profile, odd)

    kind = text("type").lower()
    if kind == "component":
        odd.append(Oddity(code="component", text="It is a component, made to be part of another item."))
    headlines = _headlines(item)
    bodies, raw = _bodies(item, headlines[0].text if headlines else "")
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
    note_unknown_status(status, raw_status, odd)
    status = settled(status, raw_status, types, odd)
    terms = item.get("usageterms")
    usage = [terms] if isinstance(terms, str) else terms if isinstance(terms, list) else []
    urgency = item.get("urgency") if item.get("urgency") is not None else item.get("priority")
    return Item(
        provider=provider,
        item_id=identity,
        alt_ids=tuple(name for name in _other_names(item) if name != identity),
        version_raw=version_raw,
        version_order=order if order is not None else microseconds(version_created),
        thread_key=text("slugline") or text("slug") or text("evolvedfrom") or identity,
        type=_TYPES.get(kind, "text"),
        status=status,
        status_raw=line(raw_status) if isinstance(raw_status, str) else "",
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=signals,
        urgency=urgency_of(urgency),
        slugline=text("slugline") or text("slug"),
        headline=headline,
        headlines=headlines,
        subheadline=next((entry.text for entry in headlines if "sub" in entry.role.lower()), ""),
        byline=plain(text("by") or text("byline")) or _writers(item),
        dateline=text("dateline"),
        located=text("located"),
        abstract=descriptions,
        body_html=bodies,
        body_raw=raw,
        creditline=text("creditline") or text("source"),
        copyright_holder=text("copyrightholder"),
        copyright_notice=text("copyrightnotice"),
        usage_terms=unique(_entry_text(entry) for entry in usage),
        language=language_of(text("language")) or profile.language,
        genre=unique(
            entry.name or entry.code or entry.scheme
            for name in ("genre", "genres")
            for entry in _concepts(item.get(name))
        ),
        subjects=(
            *_concepts(item.get("subject")),
            *_concepts(item.get("subjects")),
            # Superdesk's desks' services, which are what its clients sort by.
            *(msgspec.structs.replace(service, how="service") for service in _concepts(item.get("service"))),
        ),
        places=(*_concepts(item.get("place")), *_concepts(item.get("places"))),
        people=(*_concepts(item.get("person")), *_concepts(item.get("people"))),
        orgs=(*_concepts(item.get("organisation")), *_concepts(item.get("organisations"))),
        keywords=_keywords(item.get("keywords")),
        ednotes=(EdNote(text=lines(item["ednote"])),) if lines(item.get("ednote")) else (),
        first_created=time_of(item, "firstcreated", odd),
        version_created=version_created,
        content_created=time_of(item, "contentcreated", odd),
        expires=time_of(item, "expires", odd),
        renditions=renditions,
        associations=associations,
        links=tuple(links),
        raw_sha256=sealed,
        oddities=tuple(odd),
        doubts=doubts,
    )


def _writers(item: Object) -> str:
    """The writers as dialects list them: TT's `bylines`, Superdesk's `authors`."""
    return ", ".join(texts(item.get("bylines"), "byline", "by", "name") or texts(item.get("authors"), "name"))


def _other_names(item: Object) -> tuple[str, ...]:
    """Other ids: a guid beside the uri, and `altids` (an object in 1.x and with agencies, an array since 2.0)."""
    names = [scalar(item.get("guid")), scalar(item.get("uri"))]
    altids = item.get("altids")
    if isinstance(altids, dict):
        names += [scalar(value) for value in altids.values()]
    else:
        names += texts(altids, "value", "id", "code", "uri")
    return unique(names)


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
        found.append(Headline(text=plain(line(item["headline"]))))
    for entry in item.get("headlines") or []:
        value = entry.get("value")
        if isinstance(value, str):
            found.append(Headline(text=plain(line(value)), role=_role(entry) or "main"))
    for name, value in item.items():
        if name.startswith("headline_"):
            found.append(Headline(text=plain(line(value)), role=name.removeprefix("headline_")))
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


_GLUED: Final = re.compile(r"(?<=</span>)(?=<span class=\"(?:source|vignette)\")")
"""Where TT sets section and source of a story side by side, apart by style alone."""


def _without_headline(html: str, headline: str) -> str:
    """A body without the headline above it, as whole pages have it."""
    first = re.match(r"<h2>(.{1,1000}?)</h2>", html)
    return html[first.end() :] if first and headline and plain(first.group(1)) == headline else html


def _bodies(item: Object, headline: str) -> tuple[str, str]:
    bodies = Bodies()
    raws: list[str] = []
    names = [name for name in _BODY_ORDER if name in item]
    names += [name for name in item if name.startswith("body_") and name not in names]
    for name in names:
        if not isinstance(item[name], str):
            continue
        raws.append(item[name])
        mime = "text/html" if "html" in name else "text/plain" if name == "body_text" else ""
        bodies.add(_without_headline(html_of_text(_GLUED.sub(" ", item[name]), mime), headline))
    entries = [lower(entry) for entry in item.get("bodies") or []]
    entries.sort(key=lambda entry: 0 if "html" in str(entry.get("contenttype")) else 1)
    for entry in entries:
        value = entry.get("value")
        if isinstance(value, str):
            raws.append(value)
            bodies.add(html_of_text(value, scalar(entry.get("contenttype"))))
    return bodies.html(), "\n".join(raws)


def _descriptions(item: Object) -> str:
    """The abstract: the plainest description, of several the one that is called a summary."""
    found: list[tuple[int, str]] = []
    for name, value in item.items():
        if name.startswith("description_") and isinstance(value, str):
            found.append((0 if name == "description_text" else 1, plain(line(value))))
    for entry in item.get("descriptions") or []:
        value = entry.get("value")
        if isinstance(value, str):
            role = _role(entry).lower()
            found.append((0 if role in ("summary", "abstract", "drol:summary", "caption") else 1, plain(line(value))))
    found.sort(key=lambda entry: entry[0])
    return next((text for _rank, text in found if text), "")


def _concepts(value: Any) -> tuple[Concept, ...]:
    found: list[Concept] = []
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict):
            continue
        scheme, code = scalar(entry.get("scheme")), scalar(entry.get("code")) or scalar(entry.get("literal"))
        uri = scalar(entry.get("uri"))
        if uri and not code:
            head, slash, code = uri.rpartition("/")
            scheme = scheme or head + slash
        concept = Concept(scheme=scheme, code=code, name=scalar(entry.get("name")), how=scalar(entry.get("rel")))
        if concept.code or concept.name:
            found.append(concept)
    return tuple(found)


def _signals(item: Object) -> Iterator[str]:
    """Signals of dialects: an array of words, or TT's object of names and words."""
    value = item.get("signals") or item.get("signal")
    if isinstance(value, list):
        for entry in value:
            word = scalar(entry)
            if isinstance(entry, dict):
                word = scalar(entry.get("code")) or scalar(entry.get("qcode")) or scalar(entry.get("name"))
            if word:
                yield word
    elif isinstance(value, dict):
        for name, entry in value.items():
            if scalar(entry):
                yield f"{line(name)}:{scalar(entry)}"


def _named(value: Any) -> Iterator[tuple[str, Object]]:
    """(name, object) of an object of objects, as in 1.x, or of an array of objects that say their names."""
    if isinstance(value, dict):
        yield from ((name, entry) for name, entry in value.items() if isinstance(entry, dict))
    elif isinstance(value, list):
        yield from ((scalar(entry.get("name")), entry) for entry in value if isinstance(entry, dict))


def _renditions(value: Any) -> Iterator[Rendition]:
    entries = [(role, lower(entry)) for role, entry in _named(value)]
    # TT numbers its renditions, and says beside what each is for; those with a mark across it come last.
    entries.sort(key=lambda pair: scalar(pair[1].get("variant")).lower() == "watermark")
    for role, low in entries:
        usage, variant = scalar(low.get("usage")), scalar(low.get("variant"))
        if usage and re.fullmatch(r"r\d+", role):
            role = usage if variant in ("", "Normal") else f"{usage} {variant}"
        yield Rendition(
            role=line(role),
            href=scalar(low.get("href")),
            mime=scalar(low.get("contenttype") or low.get("mimetype")),
            width=number(low.get("width")),
            height=number(low.get("height")),
            bytes=number(low.get("sizeinbytes")),
        )


def _associations(value: Any) -> Iterator[Association]:
    for role, entry in _named(value):
        low = _only_sound(lower(entry))
        headlines = _headlines(low)
        yield Association(
            role=line(role),
            item_id=scalar(low.get("uri") or low.get("guid")),
            version=scalar(low.get("version")),
            type=_TYPES.get(scalar(low.get("type")).lower(), ""),
            headline=headlines[0].text if headlines else scalar(low.get("title")),
            caption=_descriptions(low),
            creditline=scalar(
                low.get("creditline") or low.get("by") or low.get("byline") or low.get("copyrightholder")
            ),
            copyright_notice=scalar(low.get("copyrightnotice")),
            usage_terms=texts(low.get("usageterms"), "value", "text", "name"),
            expires=moment(scalar(low.get("expires"))),
            alt=scalar(low.get("alt_text") or low.get("alttext") or low.get("body_alt")),
            renditions=tuple(_renditions(low.get("renditions"))),
        )
