"""dpa digitalwires (JSON, `format` "digitalwires@0.9" and later): one entry, an array of them, or a page of a queue.

An entry is known by its `urn`; `version` counts. Stories, pictures and sound all call themselves "composite": without
an article, what the entry carries under its own urn is what it is. Notes and the notepad are private but for those
that dpa marks `is_publishable`.
"""

from __future__ import annotations

from typing import Any, Final

from standfirst.kit import markup
from standfirst.kit.digests import seal
from standfirst.wire.formats._json import (
    Object,
    embargo_in,
    kind_of,
    load,
    long,
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
    MOST,
    Bodies,
    Parsed,
    Profile,
    Unreadable,
    body_from,
    check_size,
    editorial_type_of,
    in_order,
    language_of,
    lines,
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

NAME: Final = "dpa-digitalwires"


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is a digitalwires entry, or several."""
    return kind_of(head) == NAME


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every entry of a file, in order. Raises `Unreadable` if none can be read."""
    check_size(data, profile.limits)
    value = load(data, profile)
    entries = list(outermost(value, _is_entry))
    if not entries:
        raise Unreadable("This JSON holds no digitalwires entry: look at what the feed delivers.")
    profile = profile.speaking("dpa")
    sealed = seal(data)
    return read_each(entries, lambda entry: _read(entry, profile, sealed), profile, NAME)


def _is_entry(value: Object) -> bool:
    return str(value.get("format")).startswith("digitalwires@")


# --- one entry ----------------------------------------------------------------------------------------------------

_MEDIA: Final[dict[str, ItemType]] = {
    "image": "picture",
    "picture": "picture",
    "graphic": "graphic",
    "video": "video",
    "audio": "audio",
}
_PLACES: Final = frozenset({"geosubject", "poi", "located", "locationcreated"})
_ABOUT: Final = frozenset({"dpasubject", "subject", "desk", "wire", "scope", "rubric"})


def _read(entry: Object, profile: Profile, sealed: str) -> Item:
    identity = scalar(entry.get("urn"))
    status_raw = scalar(entry.get("pubstatus"))
    status: Status = status_of(status_raw, profile) if status_raw else "usable"
    if not identity:
        raise Unreadable(
            "An entry has no urn, so its versions cannot be told apart: ask the agency to send it again.",
            takedown=status in ("withheld", "canceled"),
        )
    odd: list[Oddity] = []
    note_unknown_status(status, status_raw, odd)
    categories = list(objects(entry.get("categories")))
    signals = unique([*texts(entry.get("signal")), *(_code(each) for each in categories if _kind(each) == "signal")])
    types: list[EditorialType] = []
    for signal in signals:
        found = editorial_type_of(signal, profile)
        if found:
            types.append(found)
    status = settled(status, status_raw, types, odd)

    version_created = time_of(entry, "version_created", odd)
    version = number(entry.get("version"))
    embargo_until, embargo_raw = embargo_in(entry.get("embargoed"), profile, odd)

    body, raw = _body(entry)
    own: list[Rendition] = []
    others: list[Association] = []
    item_type: ItemType = "text"
    for association in objects(entry.get("associations")):
        read = _association(association)
        if read.item_id == identity or (not body and not own and not others):
            own += read.renditions
            if not body:
                item_type = _MEDIA.get(scalar(association.get("type")).lower(), "text")
        else:
            others.append(read)
    if own and body:
        # A story whose lead picture carries the story's own urn.
        others = [_association(each) for each in objects(entry.get("associations"))]
        own = []

    headlines = [
        Headline(text=text, role=role)
        for name, role in (("headline", "main"), ("subhead", "subhead"), ("kicker", "kicker"))
        for text in (plain(scalar(entry.get(name))),)
        if text
    ]
    descriptions = {
        scalar(each.get("role")).rpartition(":")[2]: plain(scalar(each.get("description")))
        for each in objects(entry.get("descriptions"))
    }
    abstract = plain(scalar(entry.get("teaser"))) or descriptions.get("caption", "")
    provider = profile.provider if profile.force_provider else ""
    provider = provider or next((_named(each) for each in categories if _kind(each) == "provider"), "")
    if not (headlines or body or own or others or abstract):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    return Item(
        provider=provider or "dpa",
        item_id=identity,
        alt_ids=unique([scalar(entry.get("entry_id"))]),
        version_raw=scalar(entry.get("version")),
        version_order=version if version is not None and version <= MOST else microseconds(version_created),
        thread_key=identity,
        type=item_type,
        status=status,
        status_raw=status_raw,
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=signals,
        urgency=urgency(entry.get("urgency")),
        headline=headlines[0].text if headlines else "",
        headlines=tuple(headlines),
        subheadline=plain(scalar(entry.get("subhead"))),
        byline=plain(scalar(entry.get("byline"))) or _maker(categories, item_type),
        dateline=scalar(entry.get("dateline")),
        located=", ".join(unique(_named(each) for each in categories if _kind(each) in ("located", "locationcreated"))),
        abstract=abstract or next(iter(descriptions.values()), ""),
        body_html=body,
        body_raw=raw,
        creditline=scalar(entry.get("creditline"))
        or " / ".join(unique(_named(each) for each in categories if _kind(each) == "infosource")),
        copyright_notice=scalar(entry.get("copyrightnotice")) or scalar(entry.get("autopublishnotice")),
        usage_terms=unique(lines(term) for term in (entry.get("usageterms"),) if isinstance(term, str)),
        language=language_of(scalar(entry.get("language"))) or profile.language,
        genre=unique([*texts(entry.get("genre_names")), *(_named(c) for c in categories if _kind(c) == "genre")]),
        subjects=tuple(_concept(each, _kind(each)) for each in categories if _kind(each) in _ABOUT),
        places=tuple(_concept(each, _kind(each)) for each in categories if _kind(each) in _PLACES),
        people=tuple(_concept(each) for each in categories if _kind(each) == "person"),
        orgs=tuple(_concept(each) for each in categories if _kind(each) in ("organisation", "organization")),
        keywords=unique(
            [*texts(entry.get("keyword_names")), *(_named(c) for c in categories if _kind(c) == "keyword")]
        ),
        ednotes=tuple(_notes(entry)),
        version_created=version_created,
        content_created=time_of(entry, "content_created", odd),
        renditions=tuple(own),
        associations=tuple(others),
        links=tuple(_links(entry)),
        raw_sha256=sealed,
        oddities=tuple(odd),
    )


def _body(entry: Object) -> tuple[str, str]:
    """(body_html, body_raw): the article, then its boxes."""
    bodies = Bodies()
    raws: list[str] = []
    for name in ("article_html", "infobox_html", "linkbox_html"):
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            raws.append(value)
            bodies.add(body_from(value, "text/html"))
    return bodies.html(), "\n".join(raws)


def _kind(category: Object) -> str:
    return scalar(category.get("type")).rpartition(":")[2]


def _code(category: Object) -> str:
    return scalar(category.get("qcode")) or scalar(category.get("name"))


def _named(category: Object) -> str:
    return scalar(category.get("name")) or scalar(category.get("qcode")).rpartition(":")[2]


def _maker(categories: list[Object], item_type: ItemType) -> str:
    """Who took a picture or made a film. Of a text dpa names desks and all who had a hand in it: no byline."""
    return "" if item_type == "text" else ", ".join(unique(_named(c) for c in categories if _kind(c) == "creator"))


def _concept(category: Object, how: str = "") -> Concept:
    scheme, colon, code = scalar(category.get("qcode")).partition(":")
    return Concept(scheme=scheme if colon else "", code=code if colon else scheme, name=_named(category), how=how)


def _notes(entry: Object) -> list[EdNote]:
    notes: list[EdNote] = []
    for each in objects(entry.get("ednotes")):
        text, role = long(each.get("ednote")), scalar(each.get("role"))
        # The closing line, with the desk's initials, is marked as publishable too, but says nothing to readers.
        public = each.get("is_publishable") is True and role.rpartition(":")[2] != "closingline"
        if text:
            notes.append(EdNote(text=text, public=public, role=role))
    pad = entry.get("notepad")
    for name in ("public_html", "nonpublic_html"):
        text = markup.text_of(scalar(pad.get(name))) if isinstance(pad, dict) else ""
        if text:
            notes.append(EdNote(text=text, role="notepad"))
    return notes


def _association(entry: Object) -> Association:
    return Association(
        role="featureimage" if entry.get("is_featureimage") is True else scalar(entry.get("type")),
        item_id=scalar(entry.get("urn")),
        version=scalar(entry.get("version")),
        type=_MEDIA.get(scalar(entry.get("type")).lower(), ""),
        headline=plain(scalar(entry.get("headline"))),
        caption=plain(scalar(entry.get("caption"))),
        creditline=scalar(entry.get("creditline")),
        copyright_notice=scalar(entry.get("copyrightnotice")),
        usage_terms=texts(entry.get("usageterms")),
        expires=moment(scalar(entry.get("expires"))),
        renditions=_renditions(entry.get("renditions")),
    )


def _renditions(value: Any) -> tuple[Rendition, ...]:
    return tuple(
        Rendition(
            # `size` is the length of the longer edge, in pixels.
            role=scalar(each.get("role")) or (f"s{size}" if (size := scalar(each.get("size"))) else ""),
            href=scalar(each.get("url")) or scalar(each.get("href")),
            mime=scalar(each.get("mimetype")),
            width=number(each.get("width")),
            height=number(each.get("height")),
        )
        for each in objects(value)
        if scalar(each.get("url")) or scalar(each.get("href"))
    )


def _links(entry: Object) -> list[Link]:
    found = [Link(rel="autopublish", target=scalar(entry.get("autopublish_url")))]
    for each in objects(entry.get("links")):
        found.append(Link(rel=scalar(each.get("rel")), target=scalar(each.get("href")) or scalar(each.get("urn"))))
    return [link for link in found if link.target]
