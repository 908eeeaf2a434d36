"""The canonical item: its JSON, its schema, and when a person must look at it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema  # type: ignore[import-untyped,unused-ignore]
import pytest

from standfirst.wire import formats
from standfirst.wire.item import EdNote, Item, decode, encode, hold_reasons, is_test, schema

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = ROOT / "src" / "standfirst" / "wire" / "formats" / "tests" / "samples"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def item(note: str = "", **fields: object) -> Item:
    notes = (EdNote(text=note),) if note else ()
    return Item(provider="harbour", item_id="urn:x:1", ednotes=notes, **fields)  # type: ignore[arg-type]


def test_an_item_survives_its_json() -> None:
    for until in (None, "indefinite", NOON):
        made = item(embargo_until=until, version_created=NOON, editorial_types=("update",))
        assert decode(encode(made)) == made


def test_the_documented_schema_is_the_items_and_samples_conform_to_it() -> None:
    path = ROOT / "docs" / "reference" / "canonical-item.schema.json"
    documented = json.loads(path.read_text(encoding="utf-8"))
    assert documented == json.loads(json.dumps(schema())), "write item.schema() to the file again"
    validator = jsonschema.Draft202012Validator(documented)
    for sample in ("newsml-g2/update.xml", "newsml-g2/embargo-empty.xml", "ninjs/one-simple.json", "feed/rss.xml"):
        for read in formats.parse((SAMPLES / sample).read_bytes()).items:
            validator.validate(json.loads(encode(read)))


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (item(), 0),
        (item("With pictures."), 0),
        (item("MANDATORY KILL"), 1),
        (item("MANDATORY KILL", status="canceled"), 0),
        (item("Please withhold", status="withheld"), 0),
        (item("Do not use before noon"), 1),
        (item("Bericht zurückgezogen"), 1),
        (item("RECTIFIES paragraph 2"), 1),
        (item("CORRECTS paragraph 2", editorial_types=("correction",)), 0),
        (item("EMBARGO noon"), 1),
        (item("Sperrfrist: 12 Uhr", embargo_until=NOON), 0),
        (item(embargo_until="indefinite"), 1),
        (item(status="embargoed"), 1),
        (item(status="embargoed", embargo_until=NOON), 0),
        (item(status="unknown", status_raw="paused"), 1),
        (item(editorial_types=("hold_for_release",)), 1),
        (item(editorial_types=("kill",)), 1),
    ],
)
def test_an_item_is_held_for_a_person_when_its_parts_disagree(made: Item, reasons: int) -> None:
    assert len(hold_reasons(made)) == reasons
    assert all(reason[0].isupper() for reason in hold_reasons(made))


def test_a_test_message_is_known_and_a_story_about_a_test_is_none() -> None:
    assert is_test(item(signals=("apsig:Test",)))
    assert is_test(item(headline="TEST"))
    assert is_test(item(headline="TEST - PLEASE IGNORE"))
    assert is_test(item("Please ignore, test message"))
    assert not is_test(item(headline="Test match drawn in Kano"))
    assert not is_test(item(headline="TEST CRICKET: HOSTS WIN"))
    assert not is_test(item(headline="TEST results are in"))
    assert not is_test(item(headline="Ministers ignore warning"))
