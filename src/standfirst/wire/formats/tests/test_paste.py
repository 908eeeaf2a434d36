"""Plain text: what a person pastes, and files in no other format."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from standfirst.wire import formats
from standfirst.wire.formats import paste
from standfirst.wire.item import Item, hold_reasons


def read(text: str) -> Item:
    (item,) = paste.parse_paste(text).items
    return item


def test_the_first_line_is_the_headline_and_the_rest_the_text() -> None:
    item = read("Ferry back\n\nBy Ada Bell\n\nSAND ISLAND (HBW) - It sails.\n\nIt takes 40 cars.")
    assert (item.headline, item.byline, item.dateline) == ("Ferry back", "By Ada Bell", "SAND ISLAND")
    assert item.body_html == "<p>SAND ISLAND (HBW) - It sails.</p><p>It takes 40 cars.</p>"


def test_a_person_always_looks_before_pasted_text_is_used() -> None:
    assert len(hold_reasons(read("Ferry back\n\nIt sails."))) == 1


@pytest.mark.parametrize(
    ("first", "headline", "types"),
    [
        ("CORRECTION: Ferry back", "Ferry back", ("correction",)),
        ("[2ND LEAD] Ferry back", "Ferry back", ("lead",)),
        ("UPDATE 2 - Ferry back", "Ferry back", ("update",)),
        ("URGENT - CORRECTION - Ferry back", "Ferry back", ("correction",)),
        ("Correction: the word of the year", "Correction: the word of the year", ()),
        ("NATO: Ferry back", "NATO: Ferry back", ()),
    ],
)
def test_tags_before_a_headline_are_read_as_in_mail(first: str, headline: str, types: tuple[str, ...]) -> None:
    item = read(f"{first}\n\nIt sails.")
    assert (item.headline, item.editorial_types) == (headline, types)


def test_a_kill_in_plain_text_waits_for_a_person_and_takes_nothing_back_by_itself() -> None:
    item = read("KILL: Ferry back\n\nPlease do not use it.")
    (directive,) = item.directives
    assert (directive.status, directive.exact, item.status, item.type) == ("canceled", False, "usable", "advisory")


def test_an_embargo_in_plain_text_holds() -> None:
    item = read("EMBARGO: 12 January 2030, 00:01 GMT\nFerry report\n\nIt is clear.")
    assert (item.headline, item.embargo_until) == ("Ferry report", datetime(2030, 1, 12, 0, 1, tzinfo=UTC))
    assert read("EMBARGOED until Monday\nFerry report\n\nIt is clear.").embargo_until == "indefinite"


@pytest.mark.parametrize("mark", ["ENDS", "- Ends -", "###", "Notes to editors:", "For more information, call Ada"])
def test_what_stands_below_a_release_stays_with_editors(mark: str) -> None:
    item = read(f"Ferry back\n\nIt sails at the end of spring.\n\n{mark}\n\nAda Bell, ada@harbour.example")
    assert item.body_html == "<p>It sails at the end of spring.</p>"
    assert "ada@harbour.example" in item.ednotes[-1].text and not item.ednotes[-1].public


def test_pasted_markup_is_cleaned() -> None:
    item = read("<h1>Ferry back</h1><p>It <b>sails</b>.</p><script>no()</script>")
    assert (item.headline, item.body_html) == ("Ferry back", "<p>It <b>sails</b>.</p>")


def test_the_same_text_is_the_same_item_however_its_lines_end() -> None:
    assert read("One\n\nTwo.").item_id == read("One\r\n\r\nTwo. \r\n").item_id != read("One\n\nThree.").item_id


def test_a_pasted_wire_file_is_read_as_what_it_is() -> None:
    nitf = (
        '<?xml version="1.0" encoding="iso-8859-1"?><nitf><head><docdata><doc-id id-string="x" regsrc="HBW"/></docdata>'
    )
    nitf += "</head><body><body.content><p>Fähre “fährt”</p></body.content></body></nitf>"
    parsed = formats.parse(paste.bytes_of(nitf))
    assert (parsed.format, parsed.items[0].body_html) == ("nitf", "<p>Fähre “fährt”</p>")
    for wire, name in (
        ("hbw0600 3 i 380  hbw 0045\n\nA/b/\nFerry back =\n\nIt sails.\n\n212322 GMT Nov 18\n", "iptc7901"),
        ("z6715-----\nr z BC-ROW--Results   02-20 0500\n^BC-ROW--Results,5<\n^Results<\n\t   Text.\n", "anpa1312"),
    ):
        assert formats.parse(paste.bytes_of(wire)).format == name


def test_data_is_not_taken_for_text() -> None:
    for head in (
        b"%PDF-1.7 a b c d e f g h",
        b'{"a": "b c d e f g h i"}',
        b"<html>a b c d e f g h",
        b"hello",
        b"\x89PNG\r\n\x1a\n a b c d e f g h i j",
        b"1,2,3,4\n" * 50,
        b"GIF89a \x01\x02 a b c d e f g h",
    ):
        assert not paste.recognises(head)
    assert paste.recognises("Fähre fährt wieder, sagte die Firma am Montag auf der Insel".encode()[:58] + b"\xc3")
    with pytest.raises(formats.Unreadable, match="no words"):
        paste.parse_paste(" -- \n")
