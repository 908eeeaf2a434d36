"""What a picture file says of itself: IPTC IIM, XMP and Exif, read from bytes that nobody trusts.

After the IPTC Photo Metadata Standard 2024.1. Where a file says the same thing twice, XMP goes before IIM and IIM
before Exif: IIM cuts texts short, and cameras fill Exif by themselves. Places by coordinates, serial numbers, owners'
names and thumbnails are never read.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from typing import Any, Final

from lxml import etree
from PIL import Image
from pillow_heif import register_heif_opener

from standfirst.kit import xml
from standfirst.pictures import source_types
from standfirst.pictures.limits import FORMATS
from standfirst.pictures.reading import FAULTS

# Telephones deliver HEIC. MPO is opened as the JPEG that it begins with.
register_heif_opener()
_OPENED: Final = tuple(sorted(FORMATS - {"MPO"}))

MOST_XMP: Final = 2_000_000
"""Bytes of XMP that are read; longer packets are left alone."""

MOST_IIM: Final = 1_000_000
MOST_DATASETS: Final = 2_000
MOST_TEXT: Final = 10_000
"""Characters of one text that are kept."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file says; "" or None where it says nothing. Times are aware, in UTC."""

    title: str = ""
    headline: str = ""
    caption: str = ""
    alt: str = ""
    """For those who cannot see the picture (`AltTextAccessibility`)."""
    description: str = ""
    """The long form of that (`ExtDescrAccessibility`)."""
    byline: str = ""
    credit: str = ""
    source: str = ""
    copyright: str = ""
    holder: str = ""
    terms: str = ""
    instructions: str = ""
    edit_status: str = ""
    """IIM 2:07, e.g. "KILL"."""
    place: str = ""
    taken: date | None = None
    release_at: datetime | None = None
    """It must not be shown before (IIM 2:30 and 2:35)."""
    expires_at: datetime | None = None
    """It must not be shown from then on (IIM 2:37 and 2:38)."""
    digital_source: str = ""
    """Last part of the code, e.g. "trainedAlgorithmicMedia"."""
    odd: tuple[str, ...] = ()
    """What could not be read, each a plain sentence."""

    @property
    def signed(self) -> str:
        """The credit as it is printed: maker, then agency."""
        return signature(self.byline, self.credit or self.source)

    def plain(self) -> dict[str, Any]:
        """What is said, as plain JSON."""
        told = {name: value for name, value in asdict(self).items() if value}
        return {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in told.items()
        }


def from_plain(told: Mapping[str, Any]) -> Metadata:
    """The inverse of `Metadata.plain`; what is not known is left out."""
    known = {each.name for each in fields(Metadata)}
    values = {name: value for name, value in told.items() if name in known}
    if "taken" in values:
        values["taken"] = date.fromisoformat(values["taken"])
    for name in ("release_at", "expires_at"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "odd" in values:
        values["odd"] = tuple(values["odd"])
    return Metadata(**values)


def signature(byline: str, credit: str) -> str:
    """Maker and agency as one credit, e.g. "Ama Owusu/CPA"; each once."""
    byline = re.sub(r"\A(?:by|photo by|photo:|foto:)\s+", "", byline.strip(), flags=re.IGNORECASE)
    credit = credit.strip()
    if not byline or byline.casefold() in credit.casefold():
        return credit or byline
    if not credit or credit.casefold() in byline.casefold():
        return byline
    return f"{byline}/{credit}"


def read(data: bytes) -> Metadata:
    """What the picture in `data` says of itself. Never raises: what cannot be read is told in `odd`."""
    odd: list[str] = []
    found: dict[str, Any] = {}
    for part in _parts(data, odd):
        for name, value in part.items():
            if value and not found.get(name):
                found[name] = value
    return Metadata(**found, odd=tuple(odd))


def _parts(data: bytes, odd: list[str]) -> Iterator[dict[str, Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=_OPENED) as image:
                packet, iim, exif = _packet(image), _photoshop(image), image.getexif()
    except FAULTS:
        odd.append("The metadata of the file cannot be read.")
        return
    if packet:
        try:
            yield _xmp(packet)
        except (xml.Unsafe, xml.Broken) as fault:
            odd.append(f"The XMP metadata cannot be read: {fault}.")
    if iim:
        yield _iim(iim, odd)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = _exif(exif)
    except FAULTS:
        odd.append("The Exif metadata cannot be read.")
    else:
        yield told


def _packet(image: Image.Image) -> bytes:
    packet = image.info.get("xmp") or b""
    if isinstance(packet, str):
        packet = packet.encode()
    return bytes(packet).strip(b"\x00 \r\n\t") if len(packet) <= MOST_XMP else b""


def _photoshop(image: Image.Image) -> bytes:
    """The IIM block of a JPEG (Photoshop's image resource 0x0404, in APP13)."""
    resources = image.info.get("photoshop")
    block = resources.get(0x0404) if isinstance(resources, dict) else None
    return bytes(block[:MOST_IIM]) if isinstance(block, bytes) else b""


# --- IIM ----------------------------------------------------------------------------------------------------------

_UTF8: Final = b"\x1b%G"
_LATIN: Final = (b"\x1b.A", b"\x1b-A", b"\x1b,A")
_DATASETS: Final = {
    5: "title",
    7: "edit_status",
    40: "instructions",
    80: "byline",
    105: "headline",
    110: "credit",
    115: "source",
    116: "copyright",
    120: "caption",
}
_PLACES: Final = (92, 90, 95, 101)
"""Sublocation, city, province, country: nearest first."""


def datasets(block: bytes) -> dict[tuple[int, int], list[bytes]]:
    """(record, number) -> values of an IIM 4.2 block. Stops where the block breaks off."""
    found: dict[tuple[int, int], list[bytes]] = {}
    at, count = 0, 0
    while at + 5 <= len(block) and block[at] == 0x1C and count < MOST_DATASETS:
        key = (block[at + 1], block[at + 2])
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:
            octets = size & 0x7FFF
            if octets > 4 or at + octets > len(block):
                break
            size = int.from_bytes(block[at : at + octets], "big")
            at += octets
        if at + size > len(block):
            break
        found.setdefault(key, []).append(block[at : at + size])
        at += size
        count += 1
    return found


def _iim(block: bytes, odd: list[str]) -> dict[str, Any]:
    sets = datasets(block)
    if not sets:
        odd.append("The IPTC metadata cannot be read.")
        return {}
    charset = (sets.get((1, 90)) or [b""])[0]

    def texts(number: int) -> list[str]:
        return [text for value in sets.get((2, number), []) if (text := _text(_decoded(value, charset)))]

    found: dict[str, Any] = {name: ", ".join(texts(number)) for number, name in _DATASETS.items()}
    found["caption"] = "\n".join(texts(120))
    found["place"] = ", ".join(dict.fromkeys(text for number in _PLACES for text in texts(number)))

    def first(number: int) -> str:
        return (texts(number) or [""])[0]

    found["taken"] = _day(first(55))
    for name, day, hour, end in (("release_at", 30, 35, False), ("expires_at", 37, 38, True)):
        if first(day):
            found[name] = _moment(first(day), first(hour), end=end)
            if found[name] is None:
                odd.append(f"The {'end' if end else 'start'} of its use, “{first(day)[:20]}”, is no date.")
    return found


def _decoded(value: bytes, charset: bytes) -> str:
    if charset.startswith(_LATIN):
        return value.decode("latin-1")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1" if charset.startswith(_UTF8) else "cp1252", "replace")


_DAY: Final = re.compile(r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)")
_FIRST, _LAST = timedelta(hours=14), timedelta(hours=12)
"""How far ahead of UTC the first zone of the earth is, and how far behind it the last."""
_HOUR: Final = re.compile(r"(\d\d):?(\d\d):?(\d\d)?\s*(?:([+-])(\d\d):?(\d\d)|Z)?")


def _day(text: str) -> date | None:
    found = _DAY.match(text.strip())
    try:
        return date(*(int(group) for group in found.groups())) if found else None
    except ValueError:
        return None


def _moment(day: str, hour: str, *, end: bool) -> datetime | None:
    """A moment from IIM's date and time. Without a time, use begins with its first day and ends with its last.

    Without a zone it is read in the one in which the picture is shown for the shorter time.
    """
    on = _day(day)
    if on is None:
        return None
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    said = _HOUR.match(hour.strip()) if hour else None
    try:
        if said is None:
            return start + (timedelta(days=1) - _FIRST if end else _LAST)
        hours, minutes, seconds = (int(group or 0) for group in said.groups()[:3])
        at = start.replace(hour=min(hours, 23), minute=min(minutes, 59), second=min(seconds, 59))
        if said.group(4):
            offset = timedelta(hours=int(said.group(5)), minutes=int(said.group(6)))
            return at.replace(tzinfo=timezone(offset if said.group(4) == "+" else -offset)).astimezone(UTC)
        return at if "Z" in hour else at + (-_FIRST if end else _LAST)
    except (ValueError, OverflowError):
        return None


# --- XMP ----------------------------------------------------------------------------------------------------------

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP: Final = "{http://ns.adobe.com/photoshop/1.0/}"
_RIGHTS: Final = "{http://ns.adobe.com/xap/1.0/rights/}"
_CORE: Final = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
_EXT: Final = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_PLUS: Final = "{http://ns.useplus.org/ldf/xmp/1.0/}"
_PRISM: Final = (
    "{http://prismstandard.org/namespaces/prismusagerights/2.1/}",
    "{http://prismstandard.org/namespaces/prismusagerights/3.0/}",
    "{http://prismstandard.org/namespaces/basic/2.0/}",
    "{http://prismstandard.org/namespaces/basic/3.0/}",
)
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_PROPERTIES: Final = {
    "title": _DC + "title",
    "headline": _PHOTOSHOP + "Headline",
    "caption": _DC + "description",
    "alt": _CORE + "AltTextAccessibility",
    "description": _CORE + "ExtDescrAccessibility",
    "byline": _DC + "creator",
    "credit": _PHOTOSHOP + "Credit",
    "source": _PHOTOSHOP + "Source",
    "copyright": _DC + "rights",
    "terms": _RIGHTS + "UsageTerms",
    "instructions": _PHOTOSHOP + "Instructions",
}
_XMP_PLACES: Final = (*(_CORE + "Location", _PHOTOSHOP + "City", _PHOTOSHOP + "State", _PHOTOSHOP + "Country"),)


def _xmp(packet: bytes) -> dict[str, Any]:
    root = xml.parse(packet)
    # A packet may be split over several descriptions; properties are attributes or elements of them.
    descriptions = [each for each in root.iter(_RDF + "Description") if _outermost(each)]

    def told(name: str) -> list[str]:
        for each in descriptions:
            if (plain := each.get(name)) is not None and _text(plain):
                return [_text(plain)]
            element = each.find(name)
            if element is not None and (found := _values(element)):
                return found
        return []

    found: dict[str, Any] = {name: ", ".join(told(key)) for name, key in _PROPERTIES.items()}
    found["place"] = ", ".join(dict.fromkeys(value for key in _XMP_PLACES for value in told(key)))
    found["taken"] = _day(" ".join(told(_PHOTOSHOP + "DateCreated")))
    found["digital_source"] = source_types.code_of("".join(told(_EXT + "DigitalSourceType")[:1]))
    holders = [
        text
        for each in descriptions
        for owner in each.iter(_PLUS + "CopyrightOwnerName")
        if (text := _text(xml.text_of(owner)))
    ]
    holders += [
        text
        for each in descriptions
        for entry in each.iter(_RDF + "li")
        if (text := _text(entry.get(_PLUS + "CopyrightOwnerName")))
    ]
    found["holder"] = ", ".join(dict.fromkeys(holders)) or ", ".join(told(_RIGHTS + "Owner"))
    for name, key, end in (("expires_at", "expirationDate", True), ("release_at", "embargoDate", False)):
        for space in _PRISM:
            if said := "".join(told(space + key)[:1]):
                day, _, hour = said.partition("T")
                found[name] = _moment(day, hour, end=end)
    return found


def _outermost(description: etree._Element) -> bool:
    above = description.getparent()
    return above is None or above.tag == _RDF + "RDF"


def _values(element: etree._Element) -> list[str]:
    """The values of a property: all of a bag or sequence, of alternatives the default or the first."""
    for container in element:
        if container.tag == _RDF + "Alt":
            entries = [entry for entry in container if entry.tag == _RDF + "li"]
            entries.sort(key=lambda entry: entry.get(_LANG) != "x-default")
            return [text for entry in entries if (text := _text(xml.text_of(entry)))][:1]
        if container.tag in (_RDF + "Seq", _RDF + "Bag"):
            return [text for entry in container if (text := _text(xml.text_of(entry)))]
    if resource := element.get(_RDF + "resource"):
        return [resource]
    text = _text(xml.text_of(element))
    return [text] if text else []


# --- Exif ---------------------------------------------------------------------------------------------------------

_EXIF_TEXTS: Final = {"caption": 0x010E, "byline": 0x013B, "copyright": 0x8298}
_CAMERAS: Final = frozenset(
    {"olympus digital camera", "samsung", "sony dsc", "dcim", "default", "screenshot", "untitled"}
)
"""Descriptions that cameras write by themselves."""
_DETAILS: Final = 0x8769
_TAKEN: Final = 0x9003


def _exif(exif: Image.Exif) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, tag in _EXIF_TEXTS.items():
        value = exif.get(tag)
        text = _text(_repaired(value) if isinstance(value, str) else "")
        found[name] = "" if text.casefold() in _CAMERAS else text
    taken = exif.get_ifd(_DETAILS).get(_TAKEN)
    if isinstance(taken, str):
        found["taken"] = _day(taken)
    return found


def _repaired(text: str) -> str:
    """Exif knows ASCII only: what was written as UTF-8 comes out of Pillow as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _text(value: str | None) -> str:
    """Trimmed lines without control characters."""
    if not value:
        return ""
    cut = _UNPRINTABLE.sub("", value[:MOST_TEXT])
    return "\n".join(" ".join(line.split()) for line in cut.strip().splitlines()).strip()
