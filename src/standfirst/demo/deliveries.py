"""Builds the files that the demonstration's two invented agencies deliver: NewsML-G2, ninjs and RSS, as bytes.

Pure functions of a moment and a step: no files, no database, no network. `opening` is what lies on the wire list when
the newsroom opens; `script` goes on for ever, one step after another, and shows what wires do: news, an update, a
correction, an embargo, a note that readers must never see, a file that cannot be read, a withheld item, a kill.

Formats: NewsML-G2 2.35 at power conformance, ninjs 3.1, RSS 2.0 with `dc` and `content`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from lxml import etree

from standfirst.demo import copybook
from standfirst.kit.clock import iso

CANARY: Final = "EDNOTE-CANARY"
"""Stands in every private editors' note: it must never be found in anything that a reader can see."""

PRIVATE_NOTE: Final = (
    f"{CANARY}: for editors only. The reporter can be reached on +999 555 0117 until 22:00 and asks that the "
    "number stay in the newsroom."
)
EMBARGO: Final = timedelta(minutes=2)
SLOWER: Final = 4
"""After the first round the agencies take this many times as long, so that a night does not bury the desk."""

_NAR: Final = "http://iptc.org/std/nar/2006-10-01/"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_CATALOG: Final = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_40.xml"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

Kind = Literal["update", "correction", "kill", "withheld"]
Act = Literal["new", "late", "unreadable", "update", "correction", "kill", "withheld"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that an agency hands over `after_seconds` from now. `feed` is the agency's key, `says` what it shows."""

    feed: str
    file_name: str
    data: bytes
    after_seconds: float
    says: str


class LaterCopy(copybook.Record, frozen=True, kw_only=True):
    """What a later version of an item says. `note` goes to editors; a correction's note may be printed."""

    headline: str
    kind: Kind
    body: tuple[str, ...] = ()
    note: str = ""


class WireCopy(copybook.Record, frozen=True, kw_only=True):
    """One item of wire copy. `age`: minutes before the newsroom opened; without it the item is for the script."""

    key: str
    feed: str
    format: Literal["g2", "ninjs", "rss"]
    topic: str
    """Code of an IPTC Media Topic."""
    topic_name: str
    urgency: int
    slugline: str
    place: str
    headline: str
    abstract: str
    body: tuple[str, ...]
    by: str = ""
    age: int | None = None
    special: Literal["", "embargo", "private", "picture"] = ""
    later: tuple[LaterCopy, ...] = ()


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of one item, ready to be written in any of the formats."""

    copy: WireCopy
    item_id: str
    version: int
    created: datetime
    first: datetime | None
    headline: str
    abstract: str
    body: tuple[str, ...]
    status: Literal["usable", "withheld", "canceled"] = "usable"
    signal: str = ""
    note: str = ""
    note_is_public: bool = False
    embargo: datetime | None = None


@cache
def wire_copy() -> dict[str, WireCopy]:
    """All wire copy by key, in the order of the file."""
    return {item.key: item for item in copybook.read("wire.json", tuple[WireCopy, ...])}


# --- what is delivered -----------------------------------------------------------------------------------------------


def opening(now: datetime) -> list[Delivery]:
    """What is waiting on the wire list when the newsroom opens at `now`: some 25 items, oldest first.

    NewsML-G2 messages of one or two items each, ninjs files of one, and an RSS file with all of the briefs.
    """
    waiting = sorted((item for item in wire_copy().values() if item.age is not None), key=lambda item: -(item.age or 0))
    versions = [_first(item, "open", now - timedelta(minutes=item.age or 0)) for item in waiting]
    made: list[Delivery] = []
    messages = [version for version in versions if version.copy.format == "g2"]
    pairs = [messages[at : at + 2] if at % 6 == 0 else messages[at : at + 1] for at in _starts(len(messages))]
    for pair in pairs:
        made.append(_delivery(pair, 0, f"News from {_agency(pair[0]).name}: {_headlines(pair)}."))
    for version in versions:
        if version.copy.format == "ninjs":
            made.append(_delivery([version], 0, f"News from {_agency(version).name}: {version.headline}."))
    briefs = [version for version in versions if version.copy.format == "rss"]
    made.append(_delivery(briefs, 0, f"{len(briefs)} briefs from {_agency(briefs[0]).name}, as RSS."))
    return made


@dataclass(frozen=True, slots=True)
class _Beat:
    act: Act
    key: str
    wait: float


_BEATS: Final = (
    _Beat("new", "night-ferry-fire", 15),
    _Beat("new", "sugar-tax-kesswa", 20),
    _Beat("update", "night-ferry-fire", 25),
    _Beat("new", "central-bank-rates", 25),
    _Beat("new", "witness-protection-note", 20),
    _Beat("new", "miners-rescue", 20),
    _Beat("new", "brief-dara-noon", 20),
    _Beat("correction", "miners-rescue", 30),
    _Beat("kill", "night-ferry-fire", 30),
    _Beat("unreadable", "whale-lagoon", 20),
    _Beat("new", "kelmark-prize", 20),
    _Beat("new", "whale-lagoon", 25),
    _Beat("withheld", "kelmark-prize", 30),
    _Beat("new", "marena-roof-song", 25),
    _Beat("new", "picture-aurora", 20),
    _Beat("update", "whale-lagoon", 30),
    _Beat("new", "sando-marathon-monkey", 25),
    _Beat("new", "union-vaccine-order", 20),
    _Beat("new", "holm-bread-price", 25),
    _Beat("late", "whale-lagoon", 25),
    _Beat("update", "sando-marathon-monkey", 30),
    _Beat("correction", "holm-bread-price", 25),
    _Beat("new", "brief-rain-outlook", 20),
    _Beat("new", "tano-bridge-photo", 30),
    _Beat("unreadable", "holm-bread-price", 30),
)


def script(now: datetime, step: int) -> list[Delivery]:
    """What the agencies do at `step` (0, 1, 2 ...): it never ends, and a step always does the same.

    Every round delivers its items under new identifiers; a later version of an item comes some steps after the first,
    with the same identifier and a higher version. Keep `step` between runs, or known identifiers come again.
    """
    round_number, at = divmod(step, len(_BEATS))
    beat = _BEATS[at]
    copy = wire_copy()[beat.key]
    wait = beat.wait * (SLOWER if round_number else 1)
    then = now + timedelta(seconds=wait)
    mark = f"{round_number + 1:04d}"
    match beat.act:
        case "new" | "late":
            version = _first(copy, mark, then)
            if beat.act == "late":
                earlier = then - timedelta(minutes=4)
                version = _replaced(version, created=earlier, first=earlier)
                return [_delivery([version], wait, f"An old version comes late and changes nothing: {copy.headline}.")]
            return [_delivery([version], wait, _says_new(version))]
        case "unreadable":
            whole = _delivery([_first(copy, f"{mark}X", then)], wait, "")
            says = f"A file from {book().agencies[copy.feed].name} was cut off on its way and cannot be read."
            return [Delivery(copy.feed, f"cut-{whole.file_name}", whole.data[: len(whole.data) * 3 // 5], wait, says)]
        case _:
            version = _later(copy, beat.act, mark, then)
            return [_delivery([version], wait, _says_later(version, beat.act))]


@cache
def book() -> copybook.Copybook:
    """The newsroom that the agencies deliver to."""
    return copybook.raw()


# --- versions --------------------------------------------------------------------------------------------------------


def _first(copy: WireCopy, mark: str, created: datetime) -> _Version:
    created = created.astimezone(UTC).replace(microsecond=0)
    note = PRIVATE_NOTE if copy.special == "private" else ""
    return _Version(
        copy=copy,
        item_id=_item_id(copy, mark),
        version=1,
        created=created,
        first=created,
        headline=copy.headline,
        abstract=copy.abstract,
        body=_dated(copy.body, created),
        note=note,
        embargo=created + EMBARGO if copy.special == "embargo" else None,
    )


def _later(copy: WireCopy, kind: Kind, mark: str, created: datetime) -> _Version:
    place, later = next((place, later) for place, later in enumerate(copy.later) if later.kind == kind)
    # A kill carries the copy that it kills, as agencies send it: nothing but its status says that it is one.
    before = next((earlier.body for earlier in reversed(copy.later[:place]) if earlier.body), copy.body)
    created = created.astimezone(UTC).replace(microsecond=0)
    status: Literal["usable", "withheld", "canceled"] = "usable"
    if kind == "kill":
        status = "canceled"
    elif kind == "withheld":
        status = "withheld"
    return _Version(
        copy=copy,
        item_id=_item_id(copy, mark),
        version=place + 2,
        created=created,
        first=None,
        headline=later.headline,
        abstract=copy.abstract,
        body=_dated(later.body or before, created),
        status=status,
        signal=f"sig:{kind}" if kind in ("update", "correction") else "",
        note=later.note,
        note_is_public=kind == "correction" and copy.format == "g2",
    )


def _replaced(version: _Version, *, created: datetime, first: datetime) -> _Version:
    return _first(version.copy, version.item_id.rpartition("-")[2], min(created, first))


def _item_id(copy: WireCopy, mark: str) -> str:
    return f"tag:{book().agencies[copy.feed].domain},2026:newsml-{copy.slugline}-{mark}"


def _dated(paragraphs: Iterable[str], created: datetime) -> tuple[str, ...]:
    day = created.astimezone(ZoneInfo(book().site.zone))
    return tuple(copybook.in_words(paragraph, day) for paragraph in paragraphs)


def _agency(version: _Version) -> copybook.Agency:
    return book().agencies[version.copy.feed]


def _headlines(versions: Sequence[_Version]) -> str:
    return "; ".join(version.headline for version in versions)


def _starts(count: int) -> Iterable[int]:
    """Where each file begins in a run of `count` items: every fifth one or so has two items."""
    at = 0
    while at < count:
        yield at
        at += 2 if at % 6 == 0 else 1


def _says_new(version: _Version) -> str:
    name = _agency(version).name
    match version.copy.special:
        case "embargo":
            return f"Under embargo for {EMBARGO.seconds // 60} minutes, from {name}: {version.headline}."
        case "private":
            return f"News from {name}, with a note for editors that readers must never see: {version.headline}."
        case "picture":
            return f"A picture from {name}: {version.headline}."
        case _:
            return f"News from {name}: {version.headline}."


def _says_later(version: _Version, act: Kind) -> str:
    name = _agency(version).name
    match act:
        case "update":
            return f"{name} updates: {version.headline}."
        case "correction":
            return f"{name} corrects: {version.headline}."
        case "kill":
            return f"{name} kills an item; it must be taken down at once: {version.headline}."
        case "withheld":
            return f"{name} withholds an item until further notice: {version.headline}."


# --- files -----------------------------------------------------------------------------------------------------------


def _delivery(versions: Sequence[_Version], wait: float, says: str) -> Delivery:
    lead = versions[0]
    match lead.copy.format:
        case "g2":
            data, ending = news_message(versions), "xml"
        case "ninjs":
            data, ending = ninjs(lead), "json"
        case "rss":
            data, ending = rss(versions), "rss"
    stem = lead.item_id.partition("newsml-")[2].lower()
    return Delivery(lead.copy.feed, f"{lead.copy.feed}-{stem}-v{lead.version}.{ending}", data, wait, says)


def _put(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_NAR}}}{name}", attributes)
    element.text = text
    return element


def news_message(versions: Sequence[_Version]) -> bytes:
    """A NewsML-G2 news message with one news item for each of `versions`, all of one agency."""
    agency = _agency(versions[0])
    sent = max(version.created for version in versions)
    root = etree.Element(f"{{{_NAR}}}newsMessage", nsmap={None: _NAR})  # type: ignore[dict-item]
    header = _put(root, "header")
    _put(header, "sent", iso(sent))
    _put(header, "sender", agency.domain)
    _put(header, "transmitId", f"{agency.key}-{versions[0].item_id.rpartition('newsml-')[2]}-{versions[0].version}")
    _put(header, "priority", str(min(version.copy.urgency for version in versions)))
    _put(header, "origin", agency.credit)
    _put(header, "channel", "TEXT-EN")
    items = _put(root, "itemSet")
    for version in versions:
        _news_item(items, version, agency)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _news_item(parent: etree._Element, version: _Version, agency: copybook.Agency) -> None:
    copy = version.copy
    item = _put(
        parent, "newsItem", guid=version.item_id, version=str(version.version),
        standard="NewsML-G2", standardversion="2.35", conformance="power",
    )  # fmt: skip
    item.set(_XML_LANG, "en")
    _put(item, "catalogRef", href=_CATALOG)
    _put(_put(item, "catalog"), "scheme", alias="pubcon", uri=f"http://{agency.domain}/cv/pubconstraint/")
    rights = _put(item, "rightsInfo")
    _put(_put(rights, "copyrightHolder", literal=agency.domain), "name", agency.name)
    _put(rights, "copyrightNotice", f"© {version.created.year} {agency.name}")
    _put(rights, "usageTerms", "For subscribers. Keep the credit line.")
    meta = _put(item, "itemMeta")
    _put(meta, "itemClass", qcode="ninat:text")
    _put(_put(meta, "provider"), "name", agency.name)
    _put(meta, "versionCreated", iso(version.created))
    if version.first is not None:
        _put(meta, "firstCreated", iso(version.first))
    if version.embargo is not None:
        _put(meta, "embargoed", iso(version.embargo))
    _put(meta, "pubStatus", qcode=f"stat:{version.status}")
    if version.note:
        _put(
            meta, "edNote", version.note, pubconstraint=f"pubcon:{'public' if version.note_is_public else 'nonpublic'}"
        )
    if version.signal:
        _put(meta, "signal", qcode=version.signal)
    content = _put(item, "contentMeta")
    _put(content, "urgency", str(copy.urgency))
    _put(content, "contentCreated", iso(version.first or version.created))
    _put(_put(content, "located", literal=copy.slugline.lower()), "name", copy.place)
    if copy.by:
        _put(_put(content, "creator", literal=copy.by), "name", copy.by)
    _put(content, "language", tag="en")
    _put(_put(content, "subject", type="cpnat:abstract", qcode=f"medtop:{copy.topic}"), "name", copy.topic_name)
    _put(content, "slugline", copy.slugline)
    _put(content, "headline", version.headline)
    _put(content, "dateline", copy.place)
    if copy.by:
        _put(content, "by", f"By {copy.by}")
    _put(content, "creditline", agency.credit)
    _put(content, "description", version.abstract, role="drol:summary")
    inline = _put(_put(item, "contentSet"), "inlineXML", contenttype="application/xhtml+xml")
    html = etree.SubElement(inline, f"{{{_XHTML}}}html", nsmap={None: _XHTML})  # type: ignore[dict-item]
    etree.SubElement(etree.SubElement(html, f"{{{_XHTML}}}head"), f"{{{_XHTML}}}title").text = version.headline
    body = etree.SubElement(html, f"{{{_XHTML}}}body")
    for paragraph in version.body:
        etree.SubElement(body, f"{{{_XHTML}}}p").text = paragraph


def ninjs(version: _Version) -> bytes:
    """One item as ninjs 3.1. The format has no signal: a correction is a higher version and a note to editors."""
    copy, agency = version.copy, _agency(version)
    item: dict[str, object] = {
        "uri": version.item_id,
        "standard": {
            "name": "ninjs",
            "version": "3.1",
            "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
        },
        "type": "picture" if copy.special == "picture" else "text",
        "representationType": "full",
        "version": str(version.version),
        "versionCreated": iso(version.created),
        "pubStatus": version.status,
        "urgency": copy.urgency,
        "language": "en",
        "slugline": copy.slugline,
        "located": copy.place,
        "by": f"By {copy.by}",
        "headlines": [{"role": "main", "contentType": "text/plain", "value": version.headline}],
        "descriptions": [{"role": "summary", "contentType": "text/plain", "value": version.abstract}],
        "subjects": [{"uri": f"http://cv.iptc.org/newscodes/mediatopic/{copy.topic}", "name": copy.topic_name}],
        "infoSources": [{"name": agency.name}],
        "copyrightHolder": agency.name,
        "copyrightNotice": f"© {version.created.year} {agency.name}",
        "usageTerms": "For subscribers. Keep the credit line.",
    }
    if version.first is not None:
        item["firstCreated"] = iso(version.first)
    if version.embargo is not None:
        item["embargoedUntil"] = iso(version.embargo)
    if version.note:
        item["edNote"] = version.note
    if copy.special == "picture":
        base = f"https://pictures.{agency.domain}/{copy.key}"
        item["renditions"] = [
            {"name": name, "href": f"{base}-{width}.jpg", "contentType": "image/jpeg", "width": width, "height": height}
            for name, width, height in (("highRes", 3600, 2400), ("web", 1200, 800), ("thumbnail", 240, 160))
        ]
    else:
        html = "".join(f"<p>{_escaped(paragraph)}</p>" for paragraph in version.body)
        words = sum(len(paragraph.split()) for paragraph in version.body)
        item["bodies"] = [{"role": "main", "contentType": "text/html", "wordCount": words, "value": html}]
    return json.dumps(item, ensure_ascii=False, indent=2).encode()


def rss(versions: Sequence[_Version]) -> bytes:
    """Briefs as an RSS 2.0 feed, newest first."""
    agency = _agency(versions[0])
    newest = max(version.created for version in versions)
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"dc": _DC, "content": _CONTENT})
    channel = etree.SubElement(root, "channel")

    def put(parent: etree._Element, name: str, text: str) -> etree._Element:
        element = etree.SubElement(parent, name)
        element.text = text
        return element

    put(channel, "title", f"{agency.name}: briefs")
    put(channel, "link", f"https://{agency.domain}/briefs/")
    put(channel, "description", f"Short items from {agency.name}.")
    put(channel, "language", "en")
    put(channel, "copyright", f"© {newest.year} {agency.name}")
    put(channel, "lastBuildDate", format_datetime(newest, usegmt=True))
    for version in sorted(versions, key=lambda version: version.created, reverse=True):
        item = etree.SubElement(channel, "item")
        put(item, "title", version.headline)
        put(item, "link", f"https://{agency.domain}/briefs/{version.item_id.rpartition('newsml-')[2].lower()}")
        put(item, "guid", version.item_id).set("isPermaLink", "false")
        put(item, "pubDate", format_datetime(version.created, usegmt=True))
        put(item, f"{{{_DC}}}creator", agency.name)
        put(item, "category", version.copy.topic_name)
        put(item, "description", version.abstract)
        paragraphs = (version.abstract, *version.body)
        put(item, f"{{{_CONTENT}}}encoded", "".join(f"<p>{_escaped(paragraph)}</p>" for paragraph in paragraphs))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
