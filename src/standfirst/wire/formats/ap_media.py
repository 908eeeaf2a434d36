"""AP Media API 2.2 (JSON): feed and search responses, single items, and the files that AP's Media Agent drops.

`altids.itemid` stays for a chain of versions; `version` counts from 0. The status alone never decides: Kill, Withhold
and HoldForRelease among the editorial types count as much, and where they disagree a person does. `ednote` is private.

The words of a story are mostly not in this file but in a rendition (`nitf`). Whoever fetched that may put what it got
into the rendition as `value`; else the item says that its text is elsewhere, and waits.
"""

from __future__ import annotations

import re
from typing import Any, Final

from standfirst.kit.digests import seal
from standfirst.wire.formats._inline import html_of_text
from standfirst.wire.formats._json import (
    Object,
    embargo_in,
    kind_of,
    load,
    long,
    lower,
    number,
    objects,
    outermost,
    read_each,
    scalar,
    texts,
    time_of,
    urgency,
)
from standfirst.wire.formats._shared import (
    DEFAULT,
    Bodies,
    Parsed,
    Profile,
    Unreadable,
    check_size,
    editorial_type_of,
    in_order,
    language_of,
    line,
    microseconds,
    moment,
    note_unknown_status,
    plain,
    settled,
    status_of,
    unique,
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

NAME: Final = "ap-media"


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is JSON of AP's Media API."""
    return kind_of(head) == NAME


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a response, in order; none at all is no error. Raises `Unreadable` if none can be read."""
    check_size(data, profile.limits)
    value = load(data, profile)
    entries = list(outermost(value, _is_item))
    if not entries:
        if _is_empty(value):
            return Parsed(items=(), oddities=(Oddity(code="no-items", text="The feed has nothing new."),), format=NAME)
        raise Unreadable("This JSON names no item by an AP item id: look at what the feed delivers.")
    profile = profile.speaking("ap")
    sealed = seal(data)
    return read_each(entries, lambda entry: _read(entry, profile, sealed), profile, NAME)


def _is_item(value: Object) -> bool:
    ids = value.get("altids")
    return isinstance(ids, dict) and bool(scalar(ids.get("itemid")))


def _is_empty(value: Any) -> bool:
    held = value.get("data") if isinstance(value, dict) else None
    return isinstance(held, dict) and held.get("items") in ([], None) and "item" not in held and "error" not in value


# --- one item -----------------------------------------------------------------------------------------------------

_TYPES: Final[dict[str, ItemType]] = {
    "text": "text",
    "picture": "picture",
    "photo": "picture",
    "graphic": "graphic",
    "video": "video",
    "audio": "audio",
    "composite": "composite",
}
_TAKE: Final = re.compile(r"\b(?:take|add)[ -]?(\d{1,2})\b", re.IGNORECASE)
_TEXTS: Final = ("nitf", "anpa")
_OWN_TEXT: Final = ("body_nitf", "body_html", "body_xhtml", "body_text", "body", "text")


def _read(source: Object, profile: Profile, sealed: str) -> Item:
    item = lower(source)
    ids: Object = item["altids"]
    identity = scalar(ids.get("itemid"))
    odd: list[Oddity] = []
    types: list[EditorialType] = []
    words = texts(item.get("editorialtypes"), "name", "code")
    for word in words:
        found = editorial_type_of(word, profile)
        if found:
            types.append(found)
        elif word.lower() not in profile.signals:
            odd.append(Oddity(code="unknown-editorial-type", text=f"Its editorial type “{word[:40]}” is not known."))
    status_raw = scalar(item.get("pubstatus"))
    status: Status = status_of(status_raw, profile) if status_raw else "usable"
    note_unknown_status(status, status_raw, odd)
    status = settled(status, status_raw, types, odd)

    version_created = time_of(item, "versioncreated", odd)
    version = number(item.get("version"))
    embargo_until, embargo_raw = embargo_in(item.get("embargoed"), profile, odd)

    kind = scalar(item.get("type")).lower()
    if kind and kind not in _TYPES:
        odd.append(Oddity(code="unknown-class", text=f"Its type ({kind[:40]}) is not known: it is read as text."))
    item_type = _TYPES.get(kind, "text")
    renditions = item.get("renditions")
    body, raw = _body(item, renditions if isinstance(renditions, dict) else {}, profile)
    doubts: list[str] = []
    if item_type == "text" and not body:
        where = [name for name in _TEXTS if isinstance(renditions, dict) and isinstance(renditions.get(name), dict)]
        if where:
            doubts.append("Its text is not in this file: it is in a rendition that was not fetched.")
            odd.append(Oddity(code="text-elsewhere", text=f"Its text is in a rendition to be fetched ({where[0]})."))

    headline = plain(scalar(item.get("headline"))) or plain(scalar(item.get("title")))
    headlines = [Headline(text=headline)] if headline else []
    for name in ("headline_extended", "headline_seo"):
        text = plain(scalar(item.get(name)))
        if text and text != headline:
            headlines.append(Headline(text=text, role=name.removeprefix("headline_")))
    summary = plain(scalar(item.get("description_summary")))
    caption = plain(scalar(item.get("description_caption")))
    extended = plain(scalar(item.get("headline_extended")))
    slugline = scalar(item.get("slugline"))
    take = _TAKE.search(slugline)
    provider = profile.provider if profile.force_provider else ""
    return Item(
        provider=provider or "AP",
        item_id=identity,
        alt_ids=unique(
            [
                *(scalar(ids.get(name)) for name in ("friendlykey", "imageid", "videoid", "transref", "referenceid")),
                scalar(ids.get("etag")),
                scalar(item.get("uri")),
            ]
        ),
        version_raw=scalar(item.get("version")),
        version_order=version if version is not None and version < 10**15 else microseconds(version_created),
        thread_key=_story(slugline) or identity,
        type=item_type,
        status=status,
        status_raw=status_raw,
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=unique([*words, *texts(item.get("signals"), "code", "name")]),
        urgency=urgency(item.get("urgency")),
        slugline=slugline,
        headline=headline,
        headlines=tuple(headlines),
        byline=_byline(item),
        dateline=plain(scalar(item.get("located"))),
        located=_place(item.get("datelinelocation")),
        abstract=(summary or caption or extended) if item_type == "text" else (caption or summary),
        body_html=body,
        body_raw=raw,
        creditline=scalar(item.get("description_creditline")) or ", ".join(texts(item.get("infosource"), "name")),
        copyright_notice=scalar(item.get("copyrightnotice")),
        usage_terms=(*texts(item.get("usageterms"), "text", "name"), *_outs(item)),
        language=language_of(scalar(item.get("language"))) or profile.language,
        genre=unique([scalar(item.get("profile")), *texts(item.get("fixture"), "name", "code")]),
        subjects=_concepts(item.get("subject")),
        places=_concepts(item.get("place")),
        people=_concepts(item.get("person")),
        orgs=_concepts(item.get("organisation")),
        keywords=_keywords(item.get("keywords")),
        ednotes=_notes(item),
        first_created=time_of(item, "firstcreated", odd),
        version_created=version_created,
        content_created=time_of(item, "contentcreated", odd),
        expires=time_of(item, "expires", odd),
        renditions=_renditions(renditions),
        associations=_associations(item.get("associations")),
        links=tuple(_links(item)),
        raw_sha256=sealed,
        oddities=tuple(odd),
        doubts=tuple(doubts),
        take=int(take.group(1)) if take and int(take.group(1)) else None,
    )


def _story(slugline: str) -> str:
    """The slug that all versions and takes of a story share: "BC-AF--Lafia-Flood,2nd Ld" is "AF--Lafia-Flood"."""
    return slugline.partition(",")[0].strip().removeprefix("BC-")


_CONTENT_START: Final = re.compile(r"<body\.content\b[^<>]{0,200}>", re.IGNORECASE)


def _content(nitf: str) -> str:
    """What readers get of a whole NITF document: headline, byline and distributor stand above it and are known."""
    start = _CONTENT_START.search(nitf)
    end = nitf.find("</body.content>", start.end()) if start else -1
    return nitf[start.start() : end] + "</body.content>" if start and end >= 0 else nitf


def _body(item: Object, renditions: Object, profile: Profile) -> tuple[str, str]:
    """(body_html, body_raw) from what is inside the file. ANPA 1312 is read only where there is nothing else."""
    bodies = Bodies()
    raws: list[str] = []
    found: list[tuple[str, str]] = []
    for name in _OWN_TEXT:
        value = item.get(name)
        if isinstance(value, dict):
            value = next((value[key] for key in ("nitf", "content", "value") if isinstance(value.get(key), str)), "")
        found.append((name, value if isinstance(value, str) else ""))
    for name in _TEXTS:
        rendition = renditions.get(name)
        value = rendition.get("value") if isinstance(rendition, dict) else rendition
        found.append((name, value if isinstance(value, str) and not value.startswith(("http://", "https://")) else ""))
    for name, value in found:
        if value.strip():
            nitf = "nitf" in name or value.lstrip().startswith(("<nitf", "<block", "<?xml"))
            if name == "anpa" and profile.reader is not None:
                parsed = None if raws else profile.reader(value.encode("utf-8", "replace"))
                if parsed is None or not parsed.items:
                    continue
                raws.append(value)
                bodies.add(parsed.items[0].body_html)
                continue
            raws.append(value)
            bodies.add(html_of_text(_content(value) if nitf else value, "application/nitf+xml" if nitf else ""))
    return bodies.html(), "\n".join(raws)


def _byline(item: Object) -> str:
    written: list[str] = []
    for entry in objects(item.get("bylines")):
        by, title = scalar(entry.get("by")) or scalar(entry.get("name")), scalar(entry.get("title"))
        if by:
            written.append(f"{by}, {title}" if title else by)
    for name in ("photographer", "producer"):
        written += texts(item.get(name), "name") if not written else ()
    return ", ".join(unique(written))


def _place(value: Any) -> str:
    if not isinstance(value, dict):
        return scalar(value)
    names = (scalar(value.get(name)) for name in ("city", "countryareaname", "countryname"))
    return ", ".join(unique(names)) or scalar(value.get("name"))


def _concepts(value: Any) -> tuple[Concept, ...]:
    found: list[Concept] = []
    for entry in objects(value):
        how = ", ".join(texts(entry.get("rels")))
        concept = Concept(
            scheme=scalar(entry.get("scheme")), code=scalar(entry.get("code")), name=scalar(entry.get("name")), how=how
        )
        if concept.code or concept.name:
            found.append(concept)
    return tuple(found)


def _keywords(value: Any) -> tuple[str, ...]:
    return texts(value.split(",")) if isinstance(value, str) else texts(value, "name")


def _notes(item: Object) -> tuple[EdNote, ...]:
    notes = [EdNote(text=text, role="ednote") for text in (long(item.get("ednote")),) if text]
    # "Separate from the main story body, but publishable", as AP defines it.
    public = plain(long(item.get("description_editornotes")))
    if public:
        notes.append(EdNote(text=public, public=True, role="editornotes"))
    return tuple(notes)


def _outs(item: Object) -> tuple[str, ...]:
    """Where it must not be used, as AP lists it."""
    outs = texts(item.get("outinginstructions"), "text", "name", "code")
    return ("Outing instructions: " + ", ".join(outs),) if outs else ()


def _links(item: Object) -> list[Link]:
    found = [Link(rel="self", target=uri) for uri in (scalar(item.get("uri")),) if uri]
    for entry in objects(item.get("links")):
        if scalar(entry.get("href")):
            found.append(Link(rel=scalar(entry.get("rel")) or "alternate", target=scalar(entry.get("href"))))
    for name in ("derivedfrom", "refersto"):
        found += [Link(rel=name, target=target) for target in texts(item.get(name), "itemid", "uri", "id")]
    return found


def _renditions(value: Any) -> tuple[Rendition, ...]:
    found: list[Rendition] = []
    for role, entry in value.items() if isinstance(value, dict) else ():
        if isinstance(entry, str):
            entry = {"href": entry}
        if not isinstance(entry, dict):
            continue
        low = lower(entry)
        href = scalar(low.get("href"))
        if href:
            found.append(
                Rendition(
                    role=line(role),
                    href=href,
                    mime=scalar(low.get("mimetype") or low.get("contenttype")),
                    width=number(low.get("width")),
                    height=number(low.get("height")),
                    bytes=number(low.get("sizeinbytes")),
                )
            )
    return tuple(found)


def _associations(value: Any) -> tuple[Association, ...]:
    """AP names them "1", "2" and so on, in the order in which they belong to the story."""
    if isinstance(value, dict):
        named = sorted(value.items(), key=lambda pair: (number(pair[0]) is None, number(pair[0]) or 0))
    elif isinstance(value, list):
        named = [(str(place), entry) for place, entry in enumerate(value, 1)]
    else:
        named = []
    found: list[Association] = []
    for role, entry in named:
        if not isinstance(entry, dict):
            continue
        low = lower(entry)
        ids = low.get("altids")
        identity = scalar(ids.get("itemid")) if isinstance(ids, dict) else ""
        found.append(
            Association(
                role=line(role),
                item_id=identity or scalar(low.get("uri")),
                version=scalar(low.get("version")),
                type=_TYPES.get(scalar(low.get("type")).lower(), ""),
                headline=plain(scalar(low.get("headline"))),
                caption=plain(scalar(low.get("description_caption")) or scalar(low.get("description_summary"))),
                creditline=scalar(low.get("description_creditline")),
                copyright_notice=scalar(low.get("copyrightnotice")),
                usage_terms=texts(low.get("usageterms"), "text", "name"),
                expires=moment(scalar(low.get("expires"))),
                renditions=_renditions(low.get("renditions")),
            )
        )
    return tuple(found)
