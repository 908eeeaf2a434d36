"""AFP Core API (JSON, AFP's own shape): single documents, search and latest responses, notification pushes.

A document is known by its `uno`; `revision` counts its versions. An update of a text is mostly a new document, so what
belongs together is told by the slugs. A kill of text is mostly a new document too, whose first line says so in the
language of the service and whose `associatedWith`, if any, names the other: it goes to a person as a directive.
"""

from __future__ import annotations

import re
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
    Parsed,
    Profile,
    Unreadable,
    blocks_of,
    check_size,
    editorial_type_of,
    has_markup,
    in_order,
    language_of,
    line,
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

NAME: Final = "afp-core"


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is JSON of AFP's Core API."""
    return kind_of(head) == NAME


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every document of a response, in order; one without any is no error. Raises `Unreadable` if none can be read."""
    check_size(data, profile.limits)
    value = load(data, profile)
    entries = list(outermost(value, _is_document))
    if not entries:
        if any(True for _ in outermost(value, lambda entry: bool(scalar(entry.get("uno"))))):
            raise Unreadable(
                "This file names AFP documents but does not hold them: let the feed fetch them by their uno."
            )
        if any(found.get("docs") in ([], None) for found in outermost(value, lambda entry: "docs" in entry)):
            return Parsed(items=(), oddities=(Oddity(code="no-items", text="The feed has nothing new."),), format=NAME)
        raise Unreadable("This JSON holds no AFP document: look at what the feed delivers.")
    profile = profile.speaking("afp")
    sealed = seal(data)
    return read_each(entries, lambda entry: _read(entry, profile, sealed), profile, NAME)


_CONTENT: Final = frozenset(
    "headline news title caption status class bagItem revision signal advisory urgency lang published".split()
)


def _is_document(value: Object) -> bool:
    return bool(scalar(value.get("uno"))) and bool(_CONTENT & value.keys())


# --- one document -------------------------------------------------------------------------------------------------

_TYPES: Final[dict[str, ItemType]] = {
    "text": "text",
    "factcheck": "text",
    "multimedia": "text",
    "webstory": "text",
    "picture": "picture",
    "photo": "picture",
    "graphic": "graphic",
    "video": "video",
    "videography": "video",
    "audio": "audio",
    "sound": "audio",
}
_MEDIA: Final = {"picture", "graphic", "video", "audio"}
_KILL: Final = re.compile(
    r"\s*(?:kill|annulation|anulaci[oó]n|anula[cç][aã]o|annullierung|annulliert|mandatory kill|إلغاء)\s*(?:[:!]|\Z)",
    re.IGNORECASE,
)
_SUBHEAD: Final = re.compile(r"[-–] (\S.{0,118}\S) [-–]\Z")
_UNO: Final = re.compile(r"newsml\.([\w.-]{1,60}?)\.(\d{8}T\d{6}Z)\.(\S{1,60})\Z")
_MEMOS: Final = frozenset({"advisory", "memo", "agenda", "forecast", "prev", "previsions", "prévisions", "note"})


def _read(doc: Object, profile: Profile, sealed: str) -> Item:
    identity = scalar(doc.get("uno"))
    odd: list[Oddity] = []
    news = _paragraphs(doc.get("news"))
    raw = "\n".join(news)
    headline = plain(scalar(doc.get("headline")) or scalar(doc.get("title")))
    level = urgency(doc.get("urgency"))
    killed = bool(news and _KILL.match(news[0])) or bool(_KILL.match(headline))
    if news and _KILL.fullmatch(news[0]):
        news = news[1:]
    if not headline and news:
        # Flashes, alerts and urgents fold the headline into the first line.
        headline, news = plain(line(news[0])), news[1:] if level is not None and level < 4 else news

    signals = texts(doc.get("signal"))
    advisory = lines(scalar(doc.get("advisory")))
    types = [found for found in (editorial_type_of(signal, profile) for signal in signals) if found]
    types += _said_by(advisory, doc, killed, profile)
    status_raw = scalar(doc.get("status"))
    status: Status = status_of(status_raw, profile) if status_raw else "usable"
    note_unknown_status(status, status_raw, odd)
    associated = texts(doc.get("associatedWith"), "uno", "uri")
    directives: tuple[Directive, ...] = ()
    if killed and status not in ("canceled", "withheld"):
        # It is the other document that is to go; this one only says so.
        target = associated[0] if associated else ""
        said = " ".join([headline, *news[:2]])[:300]
        directives = (Directive(status="canceled", target=target, said=line(said)),)
    else:
        status = settled(status, status_raw, types, odd)

    published = time_of(doc, "published", odd)
    revision = number(doc.get("revision"))
    embargo_until, embargo_raw = embargo_in(doc.get("embargoed"), profile, odd)

    kind = scalar(doc.get("class")).lower() or scalar(doc.get("product")).lower()
    item_type = _TYPES.get(kind, "text")
    if kind and kind not in _TYPES:
        odd.append(Oddity(code="unknown-class", text=f"Its class ({kind[:40]}) is not known: it is read as text."))
    genre = texts(doc.get("genre"), "name")
    heading = headline.lower()
    if item_type == "text" and (
        any(word.lower() in _MEMOS for word in genre) or any(phrase in heading for phrase in profile.memo_phrases)
    ):
        item_type = "advisory"
        types.append("advisory")
    medium = item_type in _MEDIA
    renditions, associations, own_caption = _bag(doc, identity, medium)
    body = _body(news, profile)
    captions = [plain(text) for text in (*texts(doc.get("caption")), scalar(doc.get("captionContext"))) if text]
    if medium and not captions and own_caption:
        captions = [own_caption]
    summary = plain(" ".join(texts(doc.get("summary"))))
    script = "\n".join(texts(doc.get("script")))
    if script and not body:
        body, raw = markup.paragraphs_of(script), script
    slugs = texts(doc.get("slug"))
    named = scalar(doc.get("provider")) or next(iter(texts(doc.get("provider"), "name")), "")
    provider = profile.provider if profile.force_provider else "AFP"
    if not (headline or body or renditions or associations or captions):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    return Item(
        provider=provider,
        item_id=identity,
        alt_ids=unique([scalar(doc.get("afpshortid")).lower(), *_other_names(identity)]),
        version_raw=scalar(doc.get("revision")),
        version_order=revision if revision is not None and revision <= MOST else microseconds(published),
        thread_key="-".join(slugs) or next(iter(_events(doc)), "") or identity,
        type=item_type,
        status=status,
        status_raw=status_raw,
        embargo_until=embargo_until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=signals,
        urgency=level,
        slugline="-".join(slugs),
        headline=headline,
        headlines=(Headline(text=headline),) if headline else (),
        subheadline=plain(scalar(doc.get("subheadline"))),
        byline=scalar(doc.get("creator")),
        located=", ".join(unique([scalar(doc.get("city")), scalar(doc.get("countryname")) or _country(doc)])),
        abstract=(captions[0] if captions else summary) if medium else summary,
        body_html=body,
        body_raw=raw,
        creditline=scalar(doc.get("creditLine")) or named or "AFP",
        copyright_holder=named,
        copyright_notice=scalar(doc.get("copyright")),
        usage_terms=unique(_terms(doc, advisory if medium else "")),
        language=language_of(scalar(doc.get("lang"))) or profile.language,
        genre=genre,
        subjects=tuple(_subjects(doc)),
        places=tuple(_places(doc)),
        keywords=texts(doc.get("keyword")),
        ednotes=tuple(_notes(doc, advisory)),
        first_created=time_of(doc, "created", odd),
        version_created=published or time_of(doc, "created", odd),
        content_created=time_of(doc, "contentCreated", odd),
        expires=time_of(doc, "expires", odd),
        renditions=renditions,
        associations=associations,
        links=(
            *(Link(rel="associatedWith", target=target) for target in associated),
            *(Link(rel="alternate", target=href) for href in texts(doc.get("href"))),
        ),
        raw_sha256=sealed,
        oddities=tuple(odd),
        directives=directives,
    )


def _paragraphs(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [text for text in (lines(entry) for entry in entries if isinstance(entry, str)) if text]


def _body(news: list[str], profile: Profile) -> str:
    """Paragraphs as blocks: "- Like this -" is a subheading; what marks new text, and initials at the end, go."""
    if news and profile.sign_off and len(news[-1]) < 80 and re.fullmatch(profile.sign_off, news[-1]):
        news = news[:-1]
    mark = profile.new_text_mark
    blocks: list[str] = []
    for paragraph in news:
        text = paragraph.removeprefix(mark).removesuffix(mark).strip() if mark else paragraph
        subhead = _SUBHEAD.match(text)
        if subhead:
            blocks.append(f"<h3>{markup.escape(line(subhead.group(1)))}</h3>")
        else:
            blocks.append(text if has_markup(text) else markup.paragraphs_of(text))
    return blocks_of("".join(blocks)) if blocks else ""


def _said_by(advisory: str, doc: Object, killed: bool, profile: Profile) -> list[EditorialType]:
    """What the advisory line ("RECASTS, UPDATES throughout") and the editorial type among the genres say."""
    types: list[EditorialType] = ["kill"] if killed else []
    words = [word for word in re.findall(r"\w+", advisory[:400]) if word.isupper()]
    words += [code.partition(":")[2] for code in texts(doc.get("genreid")) if code.startswith("afpedtype:")]
    for word in words:
        found = profile.advisory_words.get(word.lower()) or editorial_type_of(word, profile)
        if found:
            types.append(found)
    return types


def _other_names(uno: str) -> list[str]:
    """How AFP names the same document on its other lines: as a NewsML 1.2 URN without a revision, and shortly."""
    found = _UNO.match(uno)
    if not found:
        return []
    domain, day, name = found.groups()
    return [f"urn:newsml:{domain}:{day}:{name}", name, name.removeprefix("doc-").lower()]


def _country(doc: Object) -> str:
    return scalar(doc.get("country"))


def _events(doc: Object) -> list[str]:
    entities = doc.get("afpentity")
    return [
        scalar(event.get("qcode"))
        for event in objects(entities.get("event") if isinstance(entities, dict) else None)
        if scalar(event.get("qcode"))
    ]


def _subjects(doc: Object) -> list[Concept]:
    found: list[Concept] = []
    for name, how in (("mediatopic", ""), ("topic", "topic"), ("channel", "channel")):
        for code in texts(doc.get(name), "qcode", "name"):
            scheme, colon, rest = code.partition(":")
            found.append(Concept(scheme=scheme if colon else name, code=rest if colon else code, how=how))
    found += [Concept(scheme="slug", code=slug, name=slug, how="slug") for slug in texts(doc.get("slug"))]
    entities = doc.get("afpentity")
    for event in objects(entities.get("event") if isinstance(entities, dict) else None):
        scheme, colon, rest = scalar(event.get("qcode")).partition(":")
        if rest:
            label = scalar(event.get("keyword"))
            label = label.partition(":")[2].strip() or label
            found.append(Concept(scheme=scheme, code=rest, name=label, how="event"))
    return found


def _places(doc: Object) -> list[Concept]:
    found: list[Concept] = []
    country, name = _country(doc), scalar(doc.get("countryname"))
    if country or name:
        found.append(Concept(scheme="iso3166-1a3" if len(country) == 3 else "", code=country, name=name))
    city = scalar(doc.get("city"))
    if city:
        found.append(Concept(name=city, how="city"))
    return found


def _terms(doc: Object, advisory: str) -> list[str]:
    terms = [*texts(doc.get("disclaimer")), advisory, *texts(doc.get("rules"))]
    terms += texts(doc.get("usageRight"), "phrase", "name")
    for entry in objects(doc.get("exclusion")):
        name, until = scalar(entry.get("name")), scalar(entry.get("untilDate"))
        if name:
            terms.append(f"Not for {name}" + (f" until {until}" if until else ""))
    out, only = texts(doc.get("country_out")), texts(doc.get("country_only"))
    if out:
        terms.append("Not for use in: " + ", ".join(out))
    if only:
        terms.append("For use only in: " + ", ".join(only))
    return terms


def _notes(doc: Object, advisory: str) -> list[EdNote]:
    notes = [EdNote(text=advisory, role="advisory")] if advisory else []
    warnings = texts(doc.get("excludeAudiences"), "text", "qcode")
    if warnings:
        notes.append(EdNote(text="Content warning: " + ", ".join(warnings), role="content-warning"))
    for name in ("ednote", "edNote"):
        notes += [EdNote(text=text, role="ednote") for text in (long(doc.get(name)),) if text]
    return notes


# --- what it carries ----------------------------------------------------------------------------------------------


def _bag(doc: Object, identity: str, medium: bool) -> tuple[tuple[Rendition, ...], tuple[Association, ...], str]:
    """(its own renditions, what goes with it, its own caption). The bag of a picture holds the picture itself."""
    bag = list(objects(doc.get("bagItem")))
    own = list(_renditions(doc.get("medias")))
    others: list[Association] = []
    caption = ""
    for entry in bag:
        if medium and (scalar(entry.get("uno")) in ("", identity) or len(bag) == 1):
            own += _renditions(entry.get("medias"))
            caption = caption or plain(" ".join(texts(entry.get("caption"))))
        else:
            others.append(_association(entry))
    return tuple(own), tuple(others), caption


def _association(entry: Object) -> Association:
    renditions = _renditions(entry.get("medias"))
    creator = scalar(entry.get("creator"))
    provider = scalar(entry.get("provider")) or next(iter(texts(entry.get("provider"), "name")), "")
    credit = scalar(entry.get("creditLine")) or " / ".join(unique([creator, provider]))
    said = entry.get("newslines")
    newslines: Object = said if isinstance(said, dict) else {}
    kinds = [scalar(medium.get("type")).lower() for medium in objects(entry.get("medias"))]
    kind = next((_TYPES[word] for word in kinds if word in _TYPES), "picture" if renditions else "")
    return Association(
        role=scalar(entry.get("role")),
        item_id=scalar(entry.get("uno")),
        version=scalar(entry.get("revision")),
        type=kind,
        headline=plain(scalar(entry.get("headline")) or scalar(newslines.get("headline"))),
        caption=plain(" ".join(texts(entry.get("caption")))),
        creditline=credit,
        copyright_notice=scalar(entry.get("copyright")) or scalar(newslines.get("copyright")),
        usage_terms=unique(
            [*texts(entry.get("disclaimer")), *texts(entry.get("advisory")), *texts(entry.get("rules"))]
        ),
        expires=moment(scalar(entry.get("expires"))),
        renditions=renditions,
    )


_MIMES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
}


def _ending(href: str) -> str:
    return href.partition("?")[0].rpartition(".")[2].lower()


def _renditions(value: Any) -> tuple[Rendition, ...]:
    found: list[Rendition] = []
    for medium in objects(value):
        href = scalar(medium.get("href"))
        if not href:
            continue
        mime = scalar(medium.get("mimeType")) or scalar(medium.get("mimetype")) or _MIMES.get(_ending(href), "")
        found.append(
            Rendition(
                role=scalar(medium.get("role")) or scalar(medium.get("rendition")),
                href=href,
                mime=mime,
                width=number(medium.get("width")),
                height=number(medium.get("height")),
                bytes=number(medium.get("sizeInBytes")),
            )
        )
    return tuple(found)
