"""Files come in: sealed, read, their versions kept in order; one bad file or item never stops the others."""

from __future__ import annotations

import errno
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from standfirst.kit.errors import Refused
from standfirst.stories.models import Story
from standfirst.wire import actions, formats, sealing
from standfirst.wire.intake import claims, common, deliveries
from standfirst.wire.models import Delivery, Feed, Item, Version
from standfirst.wire.tests.agency import ORDER, Desk, g2, lifecycle, ninjs
from tests.post import posted


def test_bytes_are_sealed_and_the_delivery_says_what_happened(desk: Desk):
    data = g2()
    delivery = desk.wait(data, transport="test")
    assert delivery.state == Delivery.State.READ
    assert delivery.seal == hashlib.sha256(data).hexdigest()
    assert (delivery.items_in, delivery.outcomes, delivery.transport) == (1, {"waiting": 1}, "test")
    assert sealing.read(actions.received(), delivery.seal) == data
    item = desk.item(feed=desk.waiting)
    assert (item.place, item.headline, item.slugline) == (Item.Place.WAITING, "Bridge at Tarrava gives way", "BRIDGE")
    assert not Story.objects.exists()


def test_a_version_keeps_everything_that_was_said(desk: Desk):
    desk.wait(g2(note="Reporter: +999 555 0100", embargo="2031-01-01T10:00:00+01:00"))
    read = desk.item(feed=desk.waiting).newest_version().read()
    assert read.ednotes[0].text == "Reporter: +999 555 0100"
    assert read.embargo_until.isoformat() == "2031-01-01T09:00:00+00:00"
    assert read.embargo_raw == "2031-01-01T10:00:00+01:00"
    assert read.transport == "file"
    assert read.received_at is not None


def test_the_same_bytes_again_are_noted_and_change_nothing(desk: Desk):
    desk.wait(g2())
    again = desk.wait(g2())
    assert again.state == Delivery.State.READ
    assert again.outcomes == {"repeat": 1}
    assert "came in before" in again.reason
    assert Delivery.objects.count() == 2
    assert Version.objects.count() == 1


def test_the_same_version_in_other_bytes_is_a_repeat_too(desk: Desk):
    desk.wait(g2())
    again = desk.wait(g2() + b"\n<!-- sent again -->")
    assert again.outcomes == {"repeat": 1}
    assert Version.objects.count() == 1


def test_late_and_lower_versions_are_kept_but_change_nothing(desk: Desk):
    desk.wait(g2(version=3, headline="Third"))
    late = desk.wait(g2(version=2, headline="Second"))
    assert late.outcomes == {"late": 1}
    item = desk.item(feed=desk.waiting)
    assert (item.headline, item.version_label, item.versions_in) == ("Third", "3", 2)
    assert list(item.versions.order_by("order").values_list("order", "applied")) == [(2, False), (3, True)]
    assert item.newest_version().read().headline == "Third"


def test_an_equal_number_with_other_words_changes_nothing(desk: Desk):
    desk.wait(g2(version=2, headline="First said"))
    assert desk.wait(g2(version=2, headline="Said otherwise")).outcomes == {"late": 1}
    assert desk.item(feed=desk.waiting).headline == "First said"


def test_where_versions_are_not_counted_other_content_is_a_newer_version(desk: Desk):
    def feed(text: str) -> bytes:
        return (
            '<rss version="2.0"><channel><title>CPA</title><link>https://cpa.example/</link><description>d</description>'
            '<item><guid isPermaLink="false">one</guid><title>Bridge</title><link>https://cpa.example/1</link>'
            f"<pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate><description>{text}</description></item></channel></rss>"
        ).encode()

    desk.wait(feed("Four hurt"))
    assert desk.wait(feed("Five hurt")).outcomes == {"waiting": 1}
    assert desk.wait(feed("Four hurt") + b"\n").outcomes == {"repeat": 1}  # an old copy from a cache
    version = Item.objects.get().newest_version().read()
    assert "Five" in version.abstract + version.body_html


def test_a_file_over_the_size_limit_is_sealed_but_not_read(desk: Desk, settings, tmp_path):
    settings.STANDFIRST = replace(settings.STANDFIRST, wire_limit=1000)
    path = tmp_path / "big.xml"
    path.write_bytes(g2(body="<p>" + "long " * 500 + "</p>"))
    delivery = actions.take_in(feed=desk.waiting, path=path)
    assert delivery.state == Delivery.State.UNREADABLE
    assert delivery.trouble
    assert "limit is 1,000" in delivery.reason
    assert sealing.read(actions.received(), delivery.seal) == path.read_bytes()
    settings.STANDFIRST = replace(settings.STANDFIRST, wire_limit=100_000)
    assert actions.read_again(delivery=delivery, by=desk.wire_editor).state == Delivery.State.READ
    assert desk.item(feed=desk.waiting).place == Item.Place.WAITING


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"\x00\x01\x02",
        b"<newsItem",
        b"{}",
        b"[",
        b"\xff\xfe\xff",
        b"{" * 5000,
        b"<a>" * 5000,
        b"null",
        b"[1,2]",
    ],
)
def test_what_cannot_be_read_is_kept_with_a_sentence(desk: Desk, data: bytes):
    delivery = desk.wait(data)
    assert delivery.state == Delivery.State.UNREADABLE
    assert delivery.trouble
    assert delivery.reason.strip().endswith(".")
    assert sealing.read(actions.received(), delivery.seal) == data


@pytest.mark.parametrize("name", ["xml_attack_01_billion_laughs.xml", "xml_attack_02_external_entity.xml"])
def test_hostile_xml_is_refused_and_the_next_file_read(desk: Desk, name: str):
    delivery = actions.take_in(feed=desk.waiting, path=lifecycle(name))
    assert delivery.state == Delivery.State.UNREADABLE
    assert desk.wait(g2()).state == Delivery.State.READ


def test_a_reader_that_fails_stops_only_its_own_file(desk: Desk, monkeypatch):
    def fail(data: bytes, profile: formats.Profile) -> formats.Parsed:
        raise ZeroDivisionError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(formats, "parse", fail)
        delivery = desk.wait(g2())
    assert delivery.state == Delivery.State.UNREADABLE
    assert "fail" in delivery.reason
    assert actions.read_again(delivery=delivery, by=desk.editor).state == Delivery.State.READ


def test_one_bad_item_never_stops_the_others(desk: Desk, monkeypatch):
    apply = actions.apply

    def fail_on_two(*, delivery, canonical):
        outcome = apply(delivery=delivery, canonical=canonical)
        if canonical.item_id.endswith("two"):
            raise ValueError("cannot be stored")
        return outcome

    monkeypatch.setattr(deliveries, "apply", fail_on_two)
    items = b"".join(g2(name) for name in ("one", "two", "three"))
    message = (
        b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>' + items + b"</itemSet></newsMessage>"
    )
    delivery = desk.wait(message)
    assert delivery.state == Delivery.State.PARTLY
    assert delivery.trouble
    assert "1 of 3 items" in delivery.reason
    assert sorted(Item.objects.values_list("item_id", flat=True)) == [
        "urn:newsml:cpa.example:one",
        "urn:newsml:cpa.example:three",
    ]
    monkeypatch.setattr(deliveries, "apply", apply)
    assert actions.read_again(delivery=delivery, by=desk.editor).outcomes == {"repeat": 2, "waiting": 1}


def test_a_crash_between_seal_and_read_is_made_good(desk: Desk):
    sealed = sealing.seal_bytes(actions.received(), g2())
    stopped = Delivery.objects.create(
        feed=desk.published,
        file_name="item.xml",
        seal=sealed.seal,
        size=sealed.size,
        received_at=desk.front.latest_revision_created_at or "2026-11-22T08:00:00Z",
        transport="file",
    )
    (resumed,) = actions.resume()
    assert resumed.pk == stopped.pk
    assert resumed.outcomes == {"published": 1}
    assert desk.story().live
    assert actions.resume() == []


def test_a_database_that_goes_away_in_the_middle_leaves_the_rest_for_later(desk: Desk, monkeypatch):
    apply = actions.apply

    def busy_at_two(*, delivery, canonical):
        if canonical.item_id.endswith("two"):
            raise OperationalError("database is locked")
        return apply(delivery=delivery, canonical=canonical)

    monkeypatch.setattr(deliveries, "apply", busy_at_two)
    items = b"".join(g2(name) for name in ("one", "two"))
    with pytest.raises(OperationalError):
        desk.publish(
            b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>' + items + b"</itemSet></newsMessage>"
        )
    monkeypatch.setattr(deliveries, "apply", apply)
    (resumed,) = actions.resume()
    assert resumed.outcomes == {"published": 2}
    assert Story.objects.filter(live=True).count() == 2


def test_a_file_that_stops_the_program_again_and_again_is_put_aside(desk: Desk, monkeypatch):
    def die(data: bytes, profile: formats.Profile) -> formats.Parsed:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(formats, "parse", die)
        with pytest.raises(KeyboardInterrupt):
            desk.wait(g2())
        for _ in range(common.MOST_ATTEMPTS - 1):
            with pytest.raises(KeyboardInterrupt):
                actions.resume()
    (delivery,) = actions.resume()
    assert delivery.state == Delivery.State.UNREADABLE
    assert "3 times" in delivery.reason


@pytest.mark.parametrize("why", ["too large", "stops the program", "makes its reader fail", "sealed bytes missing"])
def test_publishers_are_mailed_of_any_file_put_aside_that_may_ask_for_a_takedown(
    desk: Desk, monkeypatch, settings, why: str
):
    def fail(data: bytes, profile: formats.Profile) -> formats.Parsed:
        raise ZeroDivisionError

    for data in (g2("usable"), b"EDITORS: KILL BC-Flood, a0101."):
        delivery = actions.deliver(feed=desk.waiting, data=data, file_name="item.xml")
        if why == "sealed bytes missing":
            sealing.place(actions.received(), delivery.seal).unlink()
    if why == "too large":
        settings.STANDFIRST = replace(settings.STANDFIRST, wire_limit=10)
    elif why == "stops the program":
        Delivery.objects.update(attempts=common.MOST_ATTEMPTS)
    elif why == "makes its reader fail":
        monkeypatch.setattr(formats, "parse", fail)
    assert actions.work_off() == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.UNREADABLE}
    assert list(Delivery.objects.order_by("pk").values_list("urgent", flat=True)) == [False, True]
    (mail,) = posted()
    assert "may ask for a takedown" in mail.subject
    assert Delivery.objects.get(urgent=True).reason in mail.body


def test_publishers_are_mailed_of_an_order_that_could_not_be_carried_out(desk: Desk, monkeypatch):
    def fail(**_: object) -> str:
        raise ValueError("cannot be stored")

    monkeypatch.setattr(deliveries, "apply", fail)
    assert not desk.wait(g2()).urgent
    assert desk.wait(ORDER).urgent
    assert len(posted()) == 1


def test_a_full_disk_puts_no_file_aside_and_holds_up_no_other(desk: Desk, monkeypatch):
    parse, seal = formats.parse, sealing.seal_bytes

    def with_part(data: bytes, profile: formats.Profile) -> formats.Parsed:
        parsed = parse(data, profile)
        part = formats.Part(b"pixels", "bridge.jpg", "image/jpeg")
        return replace(parsed, parts={"one": part}) if b"with-part" in data else parsed

    def full(root: Path, data: bytes) -> sealing.Sealed:
        if data == b"pixels":
            raise OSError(errno.ENOSPC, "No space left on device")
        return seal(root, data)

    monkeypatch.setattr(formats, "parse", with_part)
    monkeypatch.setattr(sealing, "seal_bytes", full)
    big = actions.deliver(feed=desk.waiting, data=g2("with-part"), file_name="big.xml")
    small = actions.deliver(feed=desk.published, data=g2(), file_name="small.xml")
    for _ in range(common.MOST_ATTEMPTS + 2):
        with pytest.raises(OSError, match="No space"):
            actions.work_off()
        small.refresh_from_db()
        big.refresh_from_db()
        assert (small.state, big.state) == (Delivery.State.READ, Delivery.State.SEALED)
        assert big.attempts == 0
    monkeypatch.setattr(sealing, "seal_bytes", seal)
    assert actions.work_off() == 1
    big.refresh_from_db()
    assert big.state == Delivery.State.READ
    assert big.parts.count() == 1


def test_a_database_that_is_away_again_and_again_puts_no_file_aside(desk: Desk, monkeypatch):
    def away(**_: object) -> str:
        raise OperationalError("server closed the connection unexpectedly")

    delivery = actions.deliver(feed=desk.published, data=g2(), file_name="item.xml")
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "apply", away)
        let_go = claims._let_go
        for _ in range(common.MOST_ATTEMPTS + 2):
            patched.setattr(claims, "_let_go", lambda token: away())
            with pytest.raises(OperationalError):
                actions.work_off()
            patched.setattr(claims, "_let_go", let_go)
    assert actions.work_off() == 1
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.READ


def test_a_switched_off_feed_takes_nothing(desk: Desk):
    Feed.objects.filter(pk=desk.waiting.pk).update(active=False)
    desk.waiting.refresh_from_db()
    with pytest.raises(Refused, match="switched off"):
        desk.wait(g2())


def test_text_that_databases_refuse_is_taken_without_it(desk: Desk):
    delivery = desk.publish(ninjs(headline="Nul \x00 and half \ud800 of a pair", body="<p>Text \x00 here.</p>"))
    assert delivery.state == Delivery.State.READ
    assert delivery.outcomes == {"published": 1}
    assert "\x00" not in desk.story().title


def test_file_names_from_outside_are_harmless(desk: Desk):
    delivery = actions.take_in(feed=desk.waiting, data=g2(), file_name="../../etc/\x1b[31m\udcff" + "x" * 400)
    delivery.refresh_from_db()
    assert "/" not in delivery.file_name
    assert "\x1b" not in delivery.file_name
    assert len(delivery.file_name) <= 255


def test_very_long_ids_are_told_apart(desk: Desk):
    long = "x" * 900
    desk.wait(g2(long + "1"))
    desk.wait(g2(long + "2"))
    assert Item.objects.count() == 2
    assert max(len(item.item_id) for item in Item.objects.all()) <= 500


def test_an_urgent_unreadable_file_is_told_to_the_publishers(desk: Desk, monkeypatch):
    def refuse(data: bytes, profile: formats.Profile) -> formats.Parsed:
        raise formats.Unreadable("It has no id: ask the agency.", takedown=True)

    monkeypatch.setattr(formats, "parse", refuse)
    assert desk.wait(g2()).urgent
    (mail,) = posted()
    assert mail.to == ["bola@post.example"]
    assert "takedown" in mail.subject


def test_the_same_item_from_two_sides_at_once_becomes_one_story(lasting_desk: Desk):
    def deliver(number: int) -> str:
        try:
            delivery = lasting_desk.publish(g2() + f"<!-- {number} -->".encode())
            return next(iter(delivery.outcomes))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as hands:
        outcomes = sorted(hands.map(deliver, range(4)))
    assert outcomes == ["published", "repeat", "repeat", "repeat"]
    assert Story.objects.count() == 1
    assert Version.objects.count() == 1
