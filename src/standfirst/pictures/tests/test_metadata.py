"""What picture files say of themselves, read from real bytes."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest

from standfirst.pictures import metadata, source_types, terms
from standfirst.pictures.tests.photographs import alt, camera, iim, photograph, png, xmp

FULL = iim(
    (2, 5, "HARBOUR"),
    (2, 40, "NO ARCHIVE"),
    (2, 55, "20261120"),
    (2, 80, "Ama Owusu"),
    (2, 90, "Tarrava"),
    (2, 101, "Sennet"),
    (2, 105, "Boats in the harbour"),
    (2, 110, "CPA"),
    (2, 115, "CPA Pictures"),
    (2, 116, "(c) CPA 2026"),
    (2, 120, "Boats lie at anchor – déjà vu."),
)


def test_iptc_is_read_into_the_words_that_stand_under_a_picture():
    said = metadata.read(photograph(iptc=FULL))
    assert said.caption == "Boats lie at anchor – déjà vu."
    assert (said.byline, said.credit, said.signed) == ("Ama Owusu", "CPA", "Ama Owusu/CPA")
    assert (said.headline, said.title, said.copyright) == ("Boats in the harbour", "HARBOUR", "(c) CPA 2026")
    assert (said.place, said.taken, said.instructions) == ("Tarrava, Sennet", date(2026, 11, 20), "NO ARCHIVE")
    assert said.odd == ()
    assert metadata.from_plain(said.plain()) == said


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        (b"\x1b%G", "Zoë Ñandú".encode()),
        (b"\x1b.A", "Zoë Ñandú".encode("latin-1")),
        (b"", "Zoë Ñandú".encode("cp1252")),
    ],
)
def test_iptc_is_read_in_the_character_set_that_it_names_or_most_likely_has(charset: bytes, raw: bytes):
    block = iim(*([(1, 90, charset)] if charset else []), (2, 80, raw))
    assert metadata.read(photograph(iptc=block)).byline == "Zoë Ñandú"


def test_xmp_goes_before_iptc_and_says_what_iptc_cannot():
    packet = xmp(
        alt("dc:description", "The whole caption, uncut.")
        + "<dc:creator><rdf:Seq><rdf:li>Ama Owusu</rdf:li><rdf:li>Kojo Mensah</rdf:li></rdf:Seq></dc:creator>"
        + alt("Iptc4xmpCore:AltTextAccessibility", "Three boats on grey water.")
        + alt("Iptc4xmpCore:ExtDescrAccessibility", "Three wooden boats, the middle one red.")
        + alt("xmpRights:UsageTerms", "Editorial use only.")
        + "<plus:CopyrightOwner><rdf:Seq><rdf:li rdf:parseType='Resource'><plus:CopyrightOwnerName>CPA Ltd"
        "</plus:CopyrightOwnerName></rdf:li></rdf:Seq></plus:CopyrightOwner>",
        'photoshop:Credit="CPA via Post" Iptc4xmpExt:DigitalSourceType='
        '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
    )
    said = metadata.read(photograph(iptc=FULL, packet=packet))
    assert said.caption == "The whole caption, uncut."
    assert said.byline == "Ama Owusu, Kojo Mensah"
    assert (said.alt, said.description) == ("Three boats on grey water.", "Three wooden boats, the middle one red.")
    assert (said.credit, said.holder, said.terms) == ("CPA via Post", "CPA Ltd", "Editorial use only.")
    assert said.digital_source == "trainedAlgorithmicMedia"
    assert "machine" in source_types.note(said.digital_source)
    assert said.headline == "Boats in the harbour"  # only IPTC has one


def test_metadata_is_read_from_png_too_and_from_exif_for_want_of_better():
    assert metadata.read(png(xmp(alt("dc:description", "A map.")))).caption == "A map."
    exif = camera(x010E="Smoke over the bay", x013B="Ama Owusu", x8298="(c) Ama")
    said = metadata.read(photograph(exif=exif))
    assert (said.caption, said.byline, said.copyright) == ("Smoke over the bay", "Ama Owusu", "(c) Ama")
    assert said.taken == date(2026, 11, 20)
    assert metadata.read(photograph(exif=camera(x010E="OLYMPUS DIGITAL CAMERA"))).caption == ""


def test_places_serial_numbers_and_owners_are_never_read():
    said = metadata.read(photograph(exif=camera(), packet=xmp(alt("dc:title", "x")), iptc=FULL))
    told = repr(said)
    assert "SERIAL" not in told
    assert "OWNER" not in told
    assert "6,27" not in told


def test_the_time_of_use_is_read_so_that_nothing_is_shown_too_long():
    block = iim((2, 30, "20261122"), (2, 35, "120000+0100"), (2, 37, "20261231"), (2, 38, "180000-0500"))
    said = metadata.read(photograph(iptc=block))
    assert said.release_at == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert said.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    # The last day of use ends first in the zone that is furthest ahead.
    said = metadata.read(photograph(iptc=iim((2, 37, "20261231"))))
    assert said.expires_at == datetime(2026, 12, 31, 10, tzinfo=UTC)
    assert metadata.read(photograph(iptc=iim((2, 37, "soon")))).odd


def test_broken_metadata_is_told_and_never_raised():
    assert metadata.read(b"no picture").odd
    assert metadata.read(photograph(packet=b"<x:xmpmeta")).odd
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert metadata.read(photograph(packet=bomb)).odd
    assert metadata.read(photograph(iptc=b"\x1c\x02\x78\xff\xffshort")).caption == ""
    good = photograph(iptc=FULL, packet=xmp(alt("dc:title", "x")), exif=camera(x010E="y"), size=(80, 60))
    dice = random.Random(7)
    for _ in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(min(len(data), 2600))] = dice.randrange(256)
        metadata.read(bytes(data[: dice.randint(20, len(data))]))


def test_terms_that_a_machine_must_not_decide_are_found_in_many_languages():
    for text, means in (
        ("Editorial use only, NO ARCHIVES, no sales", terms.KEEP),
        ("Nur zur einmaligen Verwendung", terms.ONCE),
        ("Nicht für Online!", terms.WEB),
        ("PAS D'INTERNET", terms.WEB),
        ("Prohibido archivar", terms.KEEP),
    ):
        assert [found.means for found in terms.held(text)] == [means], text
    assert not terms.held("Restricted to editorial use. Mandatory credit. No marketing, no advertising campaigns.")
    assert not terms.held("You shall hold us harmless")
    assert terms.stopped("PICTURE KILL - do not use")
    assert terms.stopped("HOLD")
    assert terms.territory("GERMANY OUT, AUSTRIA OUT. EDITORIAL USE ONLY") == "Not: GERMANY, AUSTRIA"
