"""Deliveries wait to be worked off: each is done once, whoever does it, and take-downs before all others."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from standfirst.kit import clock
from standfirst.stories.models import Story
from standfirst.wire import actions, formats, sealing
from standfirst.wire.intake import claims, common, deliveries
from standfirst.wire.models import Delivery, DeliveryPart, Feed, Item, Version
from standfirst.wire.tests.agency import Desk, g2


def deliver(desk: Desk, data: bytes, *, feed: Feed | None = None, **more: object) -> Delivery:
    return actions.deliver(feed=feed or desk.published, data=data, file_name="item.xml", **more)  # type: ignore[arg-type]


def test_delivering_seals_everything_and_reads_nothing(desk: Desk, tmp_path: Path):
    beside = tmp_path / "beside.jpg"
    beside.write_bytes(b"a picture")
    delivery = deliver(
        desk, g2(), parts={"beside.jpg": beside, "inside": b"more"}, envelope={"from": "cpa@cpa.example"}
    )
    assert (delivery.state, delivery.envelope) == (Delivery.State.SEALED, {"from": "cpa@cpa.example"})
    assert not Item.objects.exists()
    parts = {part.name: part.seal for part in delivery.parts.all()}
    assert set(parts) == {"beside.jpg", "inside"}
    assert sealing.read(actions.received(), parts["beside.jpg"]) == b"a picture"
    assert actions.work_off() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcomes) == (Delivery.State.READ, {"published": 1})
    assert actions.work_off() == 0


def test_bytes_inside_of_a_file_are_sealed_as_its_parts(desk: Desk, monkeypatch):
    seal = hashlib.sha256(b"pixels").hexdigest()
    parse = formats.parse

    def with_part(data: bytes, profile: formats.Profile) -> formats.Parsed:
        parsed = parse(data, profile)
        part = formats.Part(b"pixels", "bridge.jpg", "image/jpeg")
        return formats.Parsed(items=parsed.items, format=parsed.format, parts={seal: part})

    monkeypatch.setattr(formats, "parse", with_part)
    desk.publish(g2())
    part = DeliveryPart.objects.get()
    assert (part.name, part.seal, part.mime, part.size) == ("bridge.jpg", seal, "image/jpeg", 6)
    assert sealing.read(actions.received(), seal) == b"pixels"


def test_who_brought_it_may_have_doubts(desk: Desk):
    deliver(desk, g2(), envelope={"doubts": "The sender could not be proved."})
    actions.work_off()
    assert desk.item().held_because == ["The sender could not be proved."]
    assert not Story.objects.exists()


def test_a_takedown_goes_before_everything_that_waits(desk: Desk, monkeypatch):
    desk.publish(g2())
    for number in range(5):
        deliver(desk, g2(f"burst-{number}", headline=f"Burst {number}"))
    deliver(desk, g2(version=2, status="stat:canceled"))
    first: list[int] = []

    def look(name: str) -> None:
        if name == "intake:applied" and not first:
            first.append(Story.objects.filter(live=True).count())

    monkeypatch.setattr(common, "fault", look)
    assert actions.work_off() == 6
    assert first == [0], "nothing else was applied before the story was down"
    assert Story.objects.filter(live=True).count() == 5


def test_a_takedown_that_comes_in_meanwhile_goes_next(desk: Desk, monkeypatch):
    monkeypatch.setattr(deliveries, "SLICE", 0.0001)
    desk.publish(g2())
    for number in range(5):
        deliver(desk, g2(f"burst-{number}", headline=f"Burst {number}"))
    live: list[int] = []

    def during(name: str) -> None:
        if name == "intake:committed":
            live.append(Story.objects.filter(live=True).count())
            if len(live) == 1:
                deliver(desk, g2(version=2, status="stat:canceled"))

    monkeypatch.setattr(common, "fault", during)
    assert actions.work_off() == 6
    assert live == [2, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("data", "pressing"),
    [
        (g2(), False),
        (g2(status="stat:canceled"), True),
        (g2(status="stat:withheld").decode().encode("utf-16"), True),
        (b'{"pubStatus": "canceled"}', True),
        (b"EDITORS: KILL BC-Flood, a0101.", True),
        (g2(body="<p>Five were killed and twenty hurt.</p>"), False),
    ],
)
def test_words_decide_what_is_read_first(desk: Desk, data: bytes, pressing: bool):
    assert deliver(desk, data).pressing == pressing


def test_no_more_than_was_asked_for_is_done(desk: Desk):
    for number in range(5):
        deliver(desk, g2(f"item-{number}"), feed=desk.waiting)
    assert actions.work_off(limit=2) == 2
    assert actions.work_off(patience=0) == 0
    waiting = Delivery.objects.unfinished()
    assert [(each.claimed_by, each.attempts) for each in waiting] == [("", 0)] * 3
    assert actions.work_off() == 3


def test_what_a_living_program_reads_is_left_to_it(desk: Desk):
    delivery = deliver(desk, g2())
    with claims.claimant() as token:
        assert claims.claim(token, most=5, heaviest=10**9) == [delivery]
        assert actions.work_off() == 0
        clock.set_offset(claims.LASTS + timedelta(seconds=1))
        assert actions.work_off() == 1, "a claim that is not renewed lapses"
        assert claims.renew(token, [delivery.pk]) == set()
    assert Version.objects.count() == 1


def test_what_a_dead_program_was_reading_is_taken_over_at_once(desk: Desk):
    delivery = deliver(desk, g2())
    with pytest.raises(KeyboardInterrupt), claims.claimant() as token:
        claims.claim(token, most=5, heaviest=10**9)
        raise KeyboardInterrupt
    delivery.refresh_from_db()
    assert delivery.claimed_by == token
    assert actions.work_off() == 1
    assert not list((actions.received().parent / "run" / "intake").iterdir())


def test_two_programs_share_the_work_and_do_nothing_twice(lasting_desk: Desk):
    for number in range(12):
        deliver(lasting_desk, g2(f"item-{number}"), feed=lasting_desk.waiting)

    def work(_: int) -> int:
        try:
            return actions.work_off()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as hands:
        assert sum(hands.map(work, range(2))) == 12
    assert Version.objects.count() == 12
    assert all(each.outcomes == {"waiting": 1} for each in Delivery.objects.all())
