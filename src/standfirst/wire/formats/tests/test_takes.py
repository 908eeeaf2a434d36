"""The words of the trade, and the two formats that have no other place for them: IPTC 7901 and ANPA 1312."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from standfirst.wire import formats
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats import anpa1312, iptc7901
from standfirst.wire.formats.tests.test_fixtures import FIXTURES
from standfirst.wire.item import EditorialType, Item, Oddity, hold_reasons

SAMPLES = Path(__file__).parent / "samples"
shared = pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")
THURSDAY = datetime(2026, 1, 8, 12, tzinfo=UTC)


def message(
    top: str, text: str = "Text.", header: str = "hbw0412 3 vm 4 hbw 0412", when: str = "021300 MAR 26"
) -> Item:
    data = f"\x01{header}\r\nNetherlands/ferry/\r\n\x02{top} =\r\n\r\n{text}\r\n\x03{when}\r\n\x04"
    (item,) = formats.parse(data.encode()).items
    return item


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("EMBARGOED UNTIL 0001 GMT FRIDAY SEPTEMBER 9", "2026-09-09T00:01"),
        ("(Sperrfrist 9. Oktober 14.20 Uhr MESZ - bitte beachten)", "2026-10-09T12:20"),
        ("Sperrfrist: Freitag, 09.10.2026, 18 Uhr CET", "2026-10-09T17:00"),
        ("SOUS EMBARGO JUSQU'A vendredi 00H01 GMT", "2026-01-09T00:01"),
        ("Embargo jusqu'au 1er février 6h30 GMT", "2026-02-01T06:30"),
        ("EMBARGADO hasta las 14.20 GMT del 9 de octubre de 2026", "2026-10-09T14:20"),
        ("Hold for release 12:01 a.m. EDT Monday, Jan. 12", "2026-01-12T04:01"),
        ("HFR 6 p.m. EST", "2026-01-08T23:00"),
        ("Embargo: 2030-01-12T00:01+01:00", "2030-01-11T23:01"),
        ("Embargo until Oct 9 2030 GMT", "2026-10-09T20:30"),
        ("For release at midnight Sunday GMT", "2026-01-11T00:00"),
        ("Not for publication before noon UTC tomorrow", "2026-01-09T12:00"),
        ("EMBARGO 0900 GMT", "2026-01-09T09:00"),
        ("Embargoed to 0001 January 9", "2026-01-09T12:01"),  # no zone: the last one on earth
    ],
)
def test_it_reads_when_an_embargo_ends(words: str, until: str) -> None:
    assert takes.is_embargo(words)
    assert takes.embargo_in(words, THURSDAY, "", [])[0] == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    ["EMBARGO!", "Embargo until the minister speaks", "Embargo until 9 October 2026", "Embargo until 01/02/26 10:00"],
)
def test_an_embargo_that_cannot_be_read_holds(words: str) -> None:
    odd: list[Oddity] = []
    assert takes.is_embargo(words)
    assert takes.embargo_in(words, THURSDAY, "", odd) == ("indefinite", words)
    assert [each.code for each in odd] == ["unreadable-embargo"]


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T01:30:00+00:00"),  # comes twice: the second time
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),  # left out: half past three
        ("2026-10-25T01:59:00", "2026-10-24T23:59:00+00:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_an_hour_that_comes_twice_or_not_at_all_does_not_end_an_embargo_early(local: str, until: str) -> None:
    assert takes.zoned(local, "Europe/Paris") == until


def test_a_time_without_a_zone_is_in_the_agencys() -> None:
    until, _ = takes.embargo_in("Sperrfrist 9. Juli 14.20 Uhr", THURSDAY, "Europe/Berlin", [])
    assert until == datetime(2026, 7, 9, 12, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "words", ["Embargo on oil takes effect", "Kill Bill returns", "UN", "EU LEAD TALKS", "Lead found"]
)
def test_what_is_somebodys_headline_is_no_instruction(words: str) -> None:
    item = message(words)
    assert (item.headline, item.editorial_types, item.embargo_until) == (words, (), None)
    assert item.directives == () and item.type == "text"


@pytest.mark.parametrize(
    ("words", "types", "take"),
    [
        ("1ST LEAD", ("lead",), None),
        ("3RD NET", ("update",), None),
        ("REFILE", ("update",), None),
        ("(2. Zusammenfassung)", ("update",), None),
        ("TAKE 3", ("add/take",), 3),
        ("ADD 1", ("add/take",), 2),
        ("RECTIFICATIF", ("correction",), None),
        ("(Berichtigung: 1. Absatz)", ("correction",), None),
        ("CORRECCIÓN", ("correction",), None),
        ("REPETITION", ("repeat",), None),
        ("ADVISORY", ("advisory",), None),
    ],
)
def test_marker_lines_say_what_a_message_is(words: str, types: tuple[str, ...], take: int | None) -> None:
    item = message(f"{words}\r\nFerry back")
    assert (item.headline, item.editorial_types, item.take) == ("Ferry back", types, take)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("ATTENTION EDITORS - KILL hbw0400", "canceled"),
        ("KILL KILL KILL", "canceled"),
        ("*** ELIMINAR - ELIMINAR ***", "canceled"),
        ("ANNULATION", "canceled"),
        ("EDITORS: WITHHOLD hbw0400", "withheld"),
        ("RETRAIT", "withheld"),
    ],
)
def test_a_message_that_takes_another_back_is_no_copy_and_never_takes_itself_back(words: str, status: str) -> None:
    item = message(words, "Please do not use our story.")
    assert (item.type, item.status) == ("advisory", "usable")
    (directive,) = item.directives
    assert directive.status == status
    assert (directive.exact, directive.target) == (
        ("hbw" in words),
        "hbw0400" if "hbw" in words else "Netherlands/ferry",
    )
    assert hold_reasons(item)


def test_a_note_that_asks_not_to_use_a_story_holds_it_and_is_put_before_a_person() -> None:
    item = message("(Achtung: Die Meldung hbw0400 bitte nicht verwenden)\r\nFähre fährt wieder")
    (directive,) = item.directives
    assert (directive.status, directive.target, directive.exact) == ("canceled", "hbw0400", False)
    assert hold_reasons(item)
    careful = message("(Achtung: Die Rede ist erst am Abend zu Ende)\r\nFähre fährt wieder")
    assert careful.directives == () and hold_reasons(careful)
    assert hold_reasons(message("(Foto Archiv)\r\nFähre fährt wieder")) == ()


def test_only_numbers_of_the_same_wire_are_taken_for_others() -> None:
    named = takes.numbers_like(
        "a0101", "KILL BC-AF--Lafia Flood, a0099 and A 0100, not a0101, ab0100, a010, b52, Q4000x"
    )
    assert named == ("a0099", "a0100")
    assert takes.numbers_like("", "a0099") == takes.numbers_like("0001", "0002") == ()


@pytest.mark.parametrize(
    ("text", "charset", "guessed"),
    [
        ("Straße und Käse, ñandú à l'été", "utf-8", False),
        ("Straße und Käse – ñandú à l’été “Élysée”", "cp1252", False),
        ("Straße und Käse, ñandú à l'été", "latin-1", False),
        ("Straße und Käse, ñandú à l'été", "cp437", True),
        ("Straße und Käse, ñandú à l'été", "cp850", True),
        ("Паром снова ходит, сообщила компания в понедельник", "cp1251", True),
        ("Паром снова ходит, сообщила компания в понедельник", "koi8_r", True),
        ("أبحرت العبّارة عند الفجر وقالت الشركة إن الأسعار", "cp1256", True),
    ],
)
def test_it_finds_out_the_character_set(text: str, charset: str, guessed: bool) -> None:
    odd: list[Oddity] = []
    assert takes.decode(f"\x01hbw0412 3 vm 4\r\n{text} {text}".encode(charset), odd).endswith(f"{text} {text}")
    assert bool(odd) == guessed


def test_columns_stay_columns() -> None:
    item = message(
        "Results", "Rank  Crew           Points\r\n1.    Sand Island        12\r\n2.    Quay <b>           9"
    )
    assert item.body_html == (
        "<pre>Rank  Crew           Points\n1.    Sand Island        12\n2.    Quay &lt;b&gt;           9</pre>"
    )


def test_a_number_is_used_again_tomorrow_and_a_message_sent_again_is_the_same() -> None:
    first, again, tomorrow = message("One"), message("One"), message("Two", when="031300 MAR 26")
    assert first.item_id == again.item_id != tomorrow.item_id
    assert first.alt_ids == tomorrow.alt_ids == ("hbw0412",)
    assert first.version_order < tomorrow.version_order
    assert first.thread_key != tomorrow.thread_key


def test_what_is_not_meant_for_publication_stays_with_editors() -> None:
    (item,) = formats.parse((SAMPLES / "iptc7901" / "leads-and-notebook.txt").read_bytes()).items
    assert "@" not in item.body_html and "Notebook" not in item.body_html
    assert not any(note.public for note in item.ednotes)
    assert any("ada@harbour.example" in note.text for note in item.ednotes)


def test_formats_without_control_characters_are_known_by_their_shape_only() -> None:
    assert iptc7901.recognises(b"\n\nhbw0003 3 i 380  hbw 0045\n\nA/b/\n")
    assert anpa1312.recognises(b"z6715-----\nr z BC-ROW--Results 1stLd-Writethru   02-20 0500\n^BC\n")
    for text in (
        b"Room 12 3 i 4\n",
        b"hello\nworld\n",
        b"abc123 10 20 30\n",
        b"a1\nr i x 02-20 05\n",
        b"%PDF-1.7",
        b"\x01\x02",
    ):
        assert not iptc7901.recognises(text)
        assert not anpa1312.recognises(text)


@shared
def test_the_life_of_7901_and_anpa_messages_reads_as_it_was_meant() -> None:
    def read(name: str) -> Item:
        (path,) = (FIXTURES / "lifecycle-synthetic").glob(f"{name}*")
        parsed = formats.parse(path.read_bytes())
        assert parsed.format == name.rpartition("_")[0]
        (item,) = parsed.items
        return item

    first, corrected, kill = (read(f"iptc7901_0{number}") for number in (1, 2, 3))
    assert [item.item_id for item in (first, corrected, kill)] == [
        "exw0012-20260110", "exw0019-20260110", "exw0021-20260110",
    ]  # fmt: skip
    assert len({item.thread_key for item in (first, corrected, kill)}) == 1
    assert first.headline == corrected.headline == "Flood covers Lafia market"
    assert (first.urgency, first.dateline, first.version_created) == (3, "Lafia", datetime(2026, 1, 10, 8, tzinfo=UTC))
    assert corrected.editorial_types == ("correction",)
    assert [link.target for link in corrected.links] == ["exw0012"] and not hold_reasons(corrected)
    assert [(each.status, each.target, each.exact) for each in kill.directives] == [
        ("canceled", "exw0012", True), ("canceled", "exw0019", True),
    ]  # fmt: skip

    writethru, kill = read("anpa1312_01"), read("anpa1312_02")
    assert writethru.editorial_types == ("correction", "writethru", "lead")
    assert writethru.headline == "Flood covers Lafia market, five hurt"
    assert writethru.body_html == "<p>LAFIA, Nigeria (EXW) — Five people were hurt.</p>"
    assert (writethru.item_id, writethru.thread_key) == ("a0101-20260110", kill.thread_key)
    assert [(each.status, each.target, each.exact) for each in kill.directives] == [("canceled", "a0101", True)]
    assert kill.type == "advisory" and hold_reasons(kill)


@pytest.mark.parametrize(
    ("headline", "asked"),
    [
        ("KILL: Lune-Ferry", "canceled"),
        ("STORY KILLED - Lune-Ferry", "canceled"),
        ("WITHDRAWN-Ferry strike ends", "withheld"),
        ("ZURÜCKGEZOGEN: Fähre fährt", "canceled"),
        ("BC-Lune-Ferry, ADVISORY TO KILL", "canceled"),
        ("BC-Lune-Ferry, WITHHOLD", "withheld"),
        ("Kill Bill returns to cinemas", None),
        ("POLICE KILL THREE IN LUNE", None),
        ("US: 3 KILLED IN CRASH", None),
        ("KILLED IN ACTION: three soldiers named", None),
    ],
)
def test_a_headline_may_ask_for_another_story_to_be_taken_back(headline: str, asked: str | None) -> None:
    directive = takes.asked_of_others(headline, "usable")
    assert (directive.status if directive else None) == asked
    assert directive is None or not directive.exact
    assert takes.asked_of_others(headline, "canceled") is None


def test_words_before_a_headline_say_what_a_version_is() -> None:
    words: dict[str, EditorialType] = {"UPDATE": "update", "CORRECTED": "correction", "CORRECTING": "correction"}
    assert takes.types_in("CORRECTED-UPDATE 1-Ferry strike ends", words) == ["correction", "update"]
    assert takes.types_in("CORRECTING and REPLACING Line Buys Ships", words) == ["correction"]
    assert takes.types_in("UPDATE on the ferries", words) == []
    assert takes.types_in("Update 1-Ferry", words) == []
    assert takes.types_in("UPDATE 1-Ferry", {}) == []


def test_an_iso_time_without_a_zone_gets_the_agencys() -> None:
    assert takes.zoned("2026-07-01T10:00:00", "Europe/Helsinki") == "2026-07-01T07:00:00+00:00"
    for text in ("2026-07-01T10:00:00Z", "2026-07-01", "at noon", ""):
        assert takes.zoned(text, "Europe/Helsinki") == text
    assert takes.zoned("20260701T100000", "") == "20260701T100000"
