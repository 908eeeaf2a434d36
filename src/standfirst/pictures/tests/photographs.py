"""Photographs as agencies send them, made by us: pixels by Pillow, metadata by hand."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="6,27.1N" {attributes}>{elements}
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def xmp(elements: str = "", attributes: str = "") -> bytes:
    return XMP.format(elements=elements, attributes=attributes).encode()


def alt(name: str, text: str, language: str = "x-default") -> str:
    return f'<{name}><rdf:Alt><rdf:li xml:lang="{language}">{text}</rdf:li></rdf:Alt></{name}>'


def iim(*sets: tuple[int, int, bytes | str]) -> bytes:
    """An IIM block. Text is UTF-8, and the block says so."""
    out = b""
    if any(isinstance(value, str) for _, _, value in sets):
        sets = ((1, 90, b"\x1b%G"), *sets)
    for record, number, value in sets:
        data = value.encode() if isinstance(value, str) else value
        out += bytes((0x1C, record, number)) + len(data).to_bytes(2, "big") + data
    return out


def app13(block: bytes) -> bytes:
    """The JPEG segment in which Photoshop keeps an IIM block."""
    padded = block + b"\0" * (len(block) % 2)
    inside = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + len(block).to_bytes(4, "big") + padded
    return b"\xff\xed" + (len(inside) + 2).to_bytes(2, "big") + inside


def photograph(
    colour: str = "teal",
    size: tuple[int, int] = (1400, 900),
    *,
    iptc: bytes = b"",
    packet: bytes = b"",
    exif: Image.Exif | None = None,
    noise: int = 0,
    **save: Any,
) -> bytes:
    """A JPEG with the metadata given. `noise`: seed of pixels that do not compress, for a file of some size."""
    image = Image.new("RGB", size, colour)
    if noise:
        image = Image.frombytes("RGB", size, random.Random(noise).randbytes(size[0] * size[1] * 3))
    out = BytesIO()
    options: dict[str, Any] = {"quality": 80, **save}
    if exif is not None:
        options["exif"] = exif
    if packet:
        options["xmp"] = packet
    image.save(out, "JPEG", **options)
    data = out.getvalue()
    return data[:2] + app13(iptc) + data[2:] if iptc else data


def png(packet: bytes) -> bytes:
    out = BytesIO()
    told = PngImagePlugin.PngInfo()
    told.add_itxt("XML:com.adobe.xmp", packet.decode())
    Image.new("RGB", (60, 40), "navy").save(out, "PNG", pnginfo=told)
    return out.getvalue()


def camera(**tags: Any) -> Image.Exif:
    """Exif as a telephone writes it: with a place, a serial number and an owner."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Telephone 9"
    for tag, value in tags.items():
        exif[int(tag[1:], 16)] = value
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-0042"
    exif.get_ifd(0x8769)[0xA430] = "OWNER-NAME"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 10:11:12"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (6.0, 27.0, 6.0)
    return exif
