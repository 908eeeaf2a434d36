"""The process that reads what was delivered: it gets on with big files, and one that hangs is ended."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from standfirst.changes import databases
from standfirst.kit import clock
from standfirst.kit.errors import Problem
from standfirst.stories.models import Story
from standfirst.wire import actions, formats, reading
from standfirst.wire.gathering import Gatherer, sign_of_life
from standfirst.wire.intake import deliveries
from standfirst.wire.intake.common import MOST_ATTEMPTS
from standfirst.wire.models import Delivery, Item
from standfirst.wire.reading import Reading, ReadingProcess
from standfirst.wire.tests.agency import ORDER, Desk, g2
from tests.post import posted


def many(number: int) -> bytes:
    items = b"".join(g2(f"n{each}") for each in range(number))
    return b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>' + items + b"</itemSet></newsMessage>"


def signs(home: Path) -> Path:
    (home / "run").mkdir(exist_ok=True)
    return home / "run" / reading.SIGN


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with HANG in them make their reader hang."""
    parse = formats.parse

    def hang(data: bytes, profile: formats.Profile) -> formats.Parsed:
        while b"HANG" in data:
            time.sleep(0.1)
        return parse(data, profile)

    monkeypatch.setattr(formats, "parse", hang)


def test_a_file_that_takes_long_to_parse_is_parsed_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # A tenth of the time, as it were: what is slow is so by a tenth, too.
    monkeypatch.setattr(reading, "PATIENCE", reading.PATIENCE / 10)
    monkeypatch.setattr(deliveries, "SLICE", 0.0001)
    parse, parsed = formats.parse, []

    def slow(data: bytes, profile: formats.Profile) -> formats.Parsed:
        parsed.append(len(data))
        time.sleep(0.25)
        return parse(data, profile)

    monkeypatch.setattr(formats, "parse", slow)
    actions.deliver(feed=desk.waiting, data=many(6), file_name="big.xml")
    loop = Reading(tmp_path)
    for _ in range(6):
        loop._read()
    assert Delivery.objects.get().state == Delivery.State.READ
    assert Item.objects.count() == 6
    assert len(parsed) == 1


def test_a_kill_overtakes_a_big_file_that_is_being_read(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deliveries, "SLICE", 0.0001)
    desk.publish(g2())
    actions.deliver(feed=desk.waiting, data=many(6), file_name="big.xml")
    loop = Reading(tmp_path)
    left: list[int] = []

    def pulse() -> None:
        if Item.objects.count() == 3 and not left:
            actions.deliver(feed=desk.published, data=ORDER, file_name="kill.xml")
            left.append(0)
        elif left == [0] and not Story.objects.filter(live=True).exists():
            left.append(6 + 1 + 1 - Item.objects.count())

    monkeypatch.setattr(loop, "_pulse", pulse)
    loop._read()
    assert left[1] >= 3, "items of the big file were still to come"
    assert Item.objects.count() == 8


def test_reading_gives_signs_of_life_and_mails_about_orders_while_a_big_file_is_read(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "SLICE", 0.0001)
    monkeypatch.setattr(reading, "IDLE", 0)
    desk.publish(ORDER)
    clock.set_offset(timedelta(seconds=40))
    actions.deliver(feed=desk.waiting, data=many(4), file_name="big.xml")
    loop = Reading(tmp_path)
    held: list[int] = []
    monkeypatch.setattr(loop, "_pulse", lambda: held.append(len(posted())))
    loop._read()
    assert len(held) >= 4
    assert held[-1] == 1, "before the file was read to its end"


def test_a_reading_process_that_hangs_is_told_and_ended_and_its_file_put_aside(
    lasting_desk: Desk, tmp_path: Path, hostile: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "HANGS", 0.5)
    signs(settings.STANDFIRST.home)
    bad = actions.deliver(feed=lasting_desk.waiting, data=b"HANG: kill", file_name="bad.xml")
    good = actions.deliver(feed=lasting_desk.waiting, data=g2(), file_name="good.xml")
    ended = 0
    until = time.monotonic() + 30
    while Delivery.objects.unfinished().exists():
        process = ReadingProcess(tmp_path)
        try:
            while Delivery.objects.unfinished().exists():
                assert time.monotonic() < until
                process.check()
                time.sleep(0.05)
        except Problem as problem:
            assert "hung" in str(problem)
            ended += 1
        finally:
            process.stop()
    assert ended == MOST_ATTEMPTS
    for delivery in (bad, good):
        delivery.refresh_from_db()
    assert (good.state, bad.state) == (Delivery.State.READ, Delivery.State.UNREADABLE)
    assert f"stopped {MOST_ATTEMPTS} times" in bad.reason


def test_the_desk_is_told_that_what_is_fetched_is_not_read(desk: Desk, tmp_path: Path):
    Gatherer(tmp_path)._beat(now=True)
    Reading(tmp_path)._beat(now=True)
    assert sign_of_life(tmp_path).trouble == ""
    said = json.loads(signs(tmp_path).read_bytes())
    for seconds, word in ((15, ""), (70, "hangs")):
        at = clock.now() - timedelta(seconds=seconds)
        signs(tmp_path).write_text(json.dumps({**said, "at": clock.iso(at)}))
        assert word in sign_of_life(tmp_path).trouble
        assert bool(word) == bool(sign_of_life(tmp_path).trouble)


def test_reading_ends_with_the_process_that_fetches_also_while_the_database_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(databases, "gone", lambda: "It is gone.")
    loop = Reading(tmp_path, parent=os.getppid() + 1)
    thread = threading.Thread(target=loop.run)
    thread.start()
    thread.join(5)
    ended = not thread.is_alive()
    loop.stop()
    thread.join()
    assert ended
