"""The demonstration's agencies deliver files that follow the standards."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from standfirst.demo import deliveries
from standfirst.demo.deliveries import Delivery

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "schemas"
ROUND = len(deliveries._BEATS)
NAR = {"n": "http://iptc.org/std/nar/2006-10-01/"}


def of_one_round(start: int = 0) -> list[Delivery]:
    return [delivery for step in range(start, start + ROUND) for delivery in deliveries.script(NOW, step)]


def readable() -> list[Delivery]:
    return [item for item in (*deliveries.opening(NOW), *of_one_round()) if not item.file_name.startswith("cut-")]


def items_in(delivery: Delivery) -> list[tuple[str, int, str]]:
    """(identifier, version, status) of each item in a file."""
    if delivery.file_name.endswith(".json"):
        item = json.loads(delivery.data)
        return [(item["uri"], int(item["version"]), item["pubStatus"])]
    root = etree.fromstring(delivery.data)
    if delivery.file_name.endswith(".rss"):
        return [(guid.text or "", 1, "usable") for guid in root.iter("guid")]
    found: list[tuple[str, int, str]] = []
    for item in root.iterfind(".//n:newsItem", NAR):
        status = item.find(".//n:pubStatus", NAR)
        assert status is not None
        found.append((item.get("guid", ""), int(item.get("version", "0")), status.get("qcode", "")[5:]))
    return found


def identifiers(sent: list[Delivery]) -> set[str]:
    return {found[0] for item in sent if not item.file_name.startswith("cut-") for found in items_in(item)}


def test_the_wire_list_opens_with_some_25_items_in_three_formats_from_two_agencies() -> None:
    waiting = deliveries.opening(NOW)
    found = [item[0] for delivery in waiting for item in items_in(delivery)]
    assert 24 <= len(found) == len(set(found)) <= 30
    assert {delivery.feed for delivery in waiting} == {"cpa", "mns"}
    assert {delivery.file_name.rpartition(".")[2] for delivery in waiting} == {"xml", "json", "rss"}
    assert max(len(items_in(delivery)) for delivery in waiting if delivery.file_name.endswith(".xml")) == 2
    assert all(delivery.after_seconds == 0 and delivery.says for delivery in waiting)


def test_there_is_copy_for_forty_items_and_each_has_its_own_headline() -> None:
    copy = deliveries.wire_copy().values()
    assert len(copy) >= 40
    assert not [line for line, count in Counter(item.headline for item in copy).items() if count > 1]


def test_a_step_always_does_the_same_and_a_round_never_uses_an_identifier_of_another() -> None:
    for step in (0, 7, ROUND - 1, ROUND, 5 * ROUND + 3):
        assert deliveries.script(NOW, step) == deliveries.script(NOW, step)
    first, second = identifiers(of_one_round()), identifiers(of_one_round(ROUND))
    assert len(first) == len(second)
    assert not first & second
    assert all(10 <= item.after_seconds <= 60 for item in of_one_round())
    assert all(item.after_seconds >= 60 for item in of_one_round(ROUND))


def test_a_round_shows_what_wires_do() -> None:
    sent: dict[str, list[tuple[int, str]]] = {}
    for delivery in of_one_round():
        if not delivery.file_name.startswith("cut-"):
            for identifier, version, status in items_in(delivery):
                sent.setdefault(identifier, []).append((version, status))
    assert [(1, "usable"), (2, "usable"), (3, "canceled")] in sent.values()
    assert [(1, "usable"), (2, "withheld")] in sent.values()
    assert [(1, "usable"), (2, "usable"), (1, "usable")] in sent.values(), "a late one"
    everything = b"".join(delivery.data for delivery in of_one_round())
    for said in (
        b"sig:update",
        b"sig:correction",
        b"stat:canceled",
        b"<embargoed>",
        b'"embargoedUntil"',
        b"pubcon:public",
    ):
        assert said in everything
    assert everything.count(deliveries.CANARY.encode()) >= 2


def test_an_embargo_ends_two_minutes_after_the_delivery() -> None:
    delivery = next(
        item for step in range(ROUND) for item in deliveries.script(NOW, step) if b"<embargoed>" in item.data
    )
    until = etree.fromstring(delivery.data).findtext(".//n:embargoed", namespaces=NAR) or ""
    arrives = NOW + timedelta(seconds=delivery.after_seconds)
    assert datetime.fromisoformat(until) - arrives == timedelta(minutes=2)


def test_a_private_note_is_never_in_the_copy_itself() -> None:
    for item in deliveries.wire_copy().values():
        assert deliveries.CANARY not in " ".join((item.headline, item.abstract, *item.body))
    for delivery in readable():
        if delivery.file_name.endswith(".xml"):
            for note in etree.fromstring(delivery.data).iterfind(".//n:edNote", NAR):
                assert (deliveries.CANARY in (note.text or "")) <= (note.get("pubconstraint") == "pubcon:nonpublic")


def test_a_file_that_was_cut_off_cannot_be_read() -> None:
    cut = [delivery for delivery in of_one_round() if delivery.file_name.startswith("cut-")]
    assert {item.file_name.rpartition(".")[2] for item in cut} == {"xml", "json"}
    for delivery in cut:
        with pytest.raises((etree.XMLSyntaxError, json.JSONDecodeError)):
            json.loads(delivery.data) if delivery.file_name.endswith("json") else etree.fromstring(delivery.data)


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="The standards' schemas are not beside this checkout.")
def test_every_ninjs_file_follows_ninjs_3_1() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / "newsinjson__ninjs-schema_3.1.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    files = [delivery for delivery in readable() if delivery.file_name.endswith(".json")]
    assert len(files) > 10
    for delivery in files:
        faults = [fault.message for fault in validator.iter_errors(json.loads(delivery.data))]
        assert not faults, (delivery.file_name, faults)


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="The standards' schemas are not beside this checkout.")
def test_every_newsml_g2_file_follows_the_schema_at_power_conformance(tmp_path: Path) -> None:
    # The schema imports xml.xsd from beside it.
    shutil.copy(SCHEMAS / "newsml-g2__xml.xsd", tmp_path / "xml.xsd")
    shutil.copy(SCHEMAS / "newsml-g2__NewsML-G2_2.35-spec-All-Power.xsd", tmp_path / "g2.xsd")
    schema = etree.XMLSchema(etree.parse(tmp_path / "g2.xsd"))
    files = [delivery for delivery in readable() if delivery.file_name.endswith(".xml")]
    assert len(files) > 15
    for delivery in files:
        assert schema.validate(etree.fromstring(delivery.data)), (delivery.file_name, schema.error_log)
