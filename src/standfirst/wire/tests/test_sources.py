"""Sources: set up by people, fetched under a lease, watched over."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction

from standfirst.changes.models import AuditEntry, Change
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.wire import actions, sources
from standfirst.wire.gathering import Gatherer, sign_of_life
from standfirst.wire.intake import directives
from standfirst.wire.models import Delivery, Source
from standfirst.wire.reading import Reading
from standfirst.wire.steady import Steady
from standfirst.wire.tests.agency import ORDER, Desk, g2
from standfirst.wire.transports.tests.server import Answer, Server, serving
from tests.post import posted

HUSH = "correct-horse-battery"


@pytest.fixture
def server():
    with serving() as server:
        yield server


def by_web(desk: Desk, url: str, name: str = "cpa-web", **more) -> Source:
    secrets = more.pop("secrets", {})
    settings = {"url": url, **more.pop("settings", {})}
    source = Source(feed=more.pop("feed", desk.waiting), name=name, kind="http", allow_private=True, **more)
    return sources.configure(source=source, settings=settings, secrets=secrets, by=desk.wire_editor)


def look(source: Source, owner: str = "me", **more) -> sources.Outcome:
    Source.objects.filter(pk=source.pk).update(next_at=None)
    claimed = sources.claim(source.pk, owner)
    assert claimed is not None
    return sources.look(claimed, owner, **more)


def pause(source: Source) -> float:
    """Seconds until it is looked at again."""
    at = fresh(source).next_at
    assert at is not None
    return (at - clock.now()).total_seconds()


def fresh(source: Source) -> Source:
    return Source.objects.select_related("feed").get(pk=source.pk)


def test_what_is_fetched_is_sealed_and_the_source_says_how_it_went(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(g2(), headers={"etag": '"one"'})
    source = by_web(desk, f"{server.url}/item.xml")
    outcome = look(source)
    assert (outcome.files, outcome.trouble) == (1, "")
    delivery = Delivery.objects.get()
    assert (delivery.feed, delivery.file_name, delivery.transport) == (desk.waiting, "item.xml", "http")
    source = fresh(source)
    assert source.cursor["etag"] == '"one"'
    assert sources.state_of(source) == "good"
    assert source.good_at and source.new_at
    assert pause(source) > 50
    assert source.lease_owner == ""


def test_two_processes_never_fetch_the_same_source_and_a_dead_ones_lease_ends(desk: Desk, server: Server):
    source = by_web(desk, server.url)
    assert sources.claim(source.pk, "one") is not None
    assert sources.claim(source.pk, "two") is None
    assert sources.claim(source.pk, "two", now_due=False) is None
    clock.set_offset(sources.LEASE + timedelta(seconds=1))
    assert sources.claim(source.pk, "two") is not None
    assert not sources.renew(source.pk, "one")
    assert sources.renew(source.pk, "two")


def test_who_claims_a_source_while_another_claims_it_does_not_have_it(lasting_desk: Desk, server: Server):
    source = by_web(lasting_desk, server.url)
    claimed: list[Source | None] = []

    def claim() -> None:
        try:
            claimed.append(sources.claim(source.pk, "two"))
        finally:
            connections.close_all()

    second = threading.Thread(target=claim)
    with transaction.atomic():
        assert sources.claim(source.pk, "one") is not None
        second.start()
        second.join(0.5)  # it waits for the row, or for the database
        assert second.is_alive()
    second.join()
    assert claimed == [None]
    assert fresh(source).lease_owner == "one"


def test_a_clock_that_is_set_back_leaves_no_source_waiting_for_hours_that_have_passed(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(g2())
    source = by_web(desk, server.url)
    look(source)
    assert not Source.objects.due(clock.now()).exists()
    clock.set_offset(-timedelta(hours=3))
    try:
        assert Source.objects.due(clock.now()).exists()
        look(source)
        assert not Source.objects.due(clock.now()).exists()
        Source.objects.update(next_at=None, lease_owner="another", lease_until=clock.now() + timedelta(hours=3))
        assert Source.objects.due(clock.now()).exists()
    finally:
        clock.set_offset(timedelta(0))


def test_a_source_that_fails_after_the_clock_was_set_back_is_asked_at_its_own_pace(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(g2())
    source = by_web(desk, server.url)
    look(source)
    server.rule = lambda asked: Answer(status=503)
    clock.set_offset(-timedelta(hours=3))
    try:
        asked = len(server.asked)
        for _ in range(3):
            if Source.objects.due(clock.now()).exists():
                look(source)
        assert len(server.asked) == asked + 1
        assert fresh(source).failures == 1
    finally:
        clock.set_offset(timedelta(0))


def test_after_a_kill_the_next_process_of_this_machine_need_not_wait(desk: Desk, server: Server):
    source = by_web(desk, server.url)
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead = sources.owner_name().replace(f":{os.getpid()}:", f":{gone.pid}:")
    for owner, freed in ((sources.owner_name(), 0), ("elsewhere:1:abc", 0), (dead, 1)):
        Source.objects.filter(pk=source.pk).update(lease_owner="", lease_until=None)
        assert sources.claim(source.pk, owner) is not None
        assert sources.free_the_dead() == freed


def test_who_has_lost_the_lease_moves_no_cursor(desk: Desk, server: Server):
    source = by_web(desk, server.url)
    claimed = sources.claim(source.pk, "one")
    assert claimed is not None
    server.rule = lambda asked: Answer(g2(), headers={"etag": '"one"'})
    Source.objects.filter(pk=source.pk).update(lease_owner="two")
    outcome = sources.look(claimed, "one")
    assert outcome.lost
    assert fresh(source).cursor == {}
    assert fresh(source).lease_owner == "two"
    assert not Delivery.objects.exists()


def test_files_that_come_together_are_noted_together_and_an_order_at_once(
    desk: Desk, tmp_path: Path, django_assert_max_num_queries
):
    for number in range(40):
        (tmp_path / f"{number:02}.xml").write_bytes(g2(f"n{number}"))
    (tmp_path / "kill.xml").write_bytes(g2("n3", 2, status="stat:canceled"))
    source = Source(feed=desk.waiting, name="cpa-folder", kind="folder")
    sources.configure(source=source, settings={"path": str(tmp_path)}, secrets={}, by=desk.wire_editor)
    claimed = sources.claim(source.pk, "one")
    assert claimed is not None
    told: list[int] = []
    with django_assert_max_num_queries(90):  # one for each file, and a few for all
        outcome = sources.look(claimed, "one", sealed=lambda: told.append(Delivery.objects.count()))
    assert outcome.files == 41
    assert told[0] == 1
    assert Delivery.objects.order_by("pk")[0].file_name == "kill.xml"
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and path.suffix == ".xml"] == []


def test_files_that_come_together_stay_where_they_are_when_the_lease_is_lost(desk: Desk, tmp_path: Path):
    for number in range(3):
        (tmp_path / f"{number}.xml").write_bytes(g2(f"n{number}"))
    source = Source(feed=desk.waiting, name="cpa-folder", kind="folder")
    sources.configure(source=source, settings={"path": str(tmp_path)}, secrets={}, by=desk.wire_editor)
    claimed = sources.claim(source.pk, "one")
    assert claimed is not None
    Source.objects.filter(pk=source.pk).update(lease_owner="two")
    assert sources.look(claimed, "one").lost
    assert not Delivery.objects.exists()
    assert sorted(path.name for path in tmp_path.glob("*.xml")) == ["0.xml", "1.xml", "2.xml"]


def test_a_source_that_fails_is_tried_less_and_less_and_says_what_to_do(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(status=500)
    source = by_web(desk, server.url, interval=60)
    pauses = []
    for _ in range(8):
        look(source)
        pauses.append(pause(source))
    assert 40 < pauses[0] < 80
    assert pauses[2] > 150
    assert max(pauses) <= sources.LONGEST_PAUSE * 1.25
    state = sources.health(desk.waiting)
    assert state.state == "troubled"
    assert "fault of its own (500)" in state.says
    server.rule = lambda asked: Answer(b"<x/>")
    look(source)
    assert fresh(source).failures == 0
    assert sources.health(desk.waiting).state == "good"
    server.rule = lambda asked: Answer(status=410)
    look(source)
    assert sources.state_of(fresh(source)) == "stopped"
    assert sources.claim(source.pk, "me") is None
    sources.go_on(source=source, by=desk.wire_editor)
    assert sources.claim(source.pk, "me") is not None


def test_a_server_that_asks_for_a_pause_gets_it(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(status=429, headers={"retry-after": "3600"})
    source = by_web(desk, server.url)
    look(source)
    assert pause(source) > 3500


def test_private_addresses_are_refused_unless_the_source_allows_them(desk: Desk, server: Server):
    source = by_web(desk, server.url)
    Source.objects.filter(pk=source.pk).update(allow_private=False)
    assert "port" in look(source).trouble
    Source.objects.filter(pk=source.pk).update(settings={"url": "http://127.0.0.1/"})
    assert "allow addresses in our own network" in look(source).trouble
    assert not server.asked


def test_secrets_are_encrypted_and_show_nowhere(desk: Desk, server: Server, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    server.rule = lambda asked: Answer(f"no: {asked.headers}".encode(), status=401)
    source = by_web(desk, f"{server.url}/x", secrets={"api_key": HUSH, "headers": f"X-Token: {HUSH}-too"})
    look(source)
    sources.try_now(source)
    source = fresh(source)
    assert sources.secrets_of(source)["api_key"] == HUSH
    rows = [str(row.__dict__) for model in (Source, AuditEntry, Change, Delivery) for row in model.objects.all()]
    for shown in (repr(source), str(source), str(rows), caplog.text, *capsys.readouterr()):
        assert HUSH not in shown
    assert {entry.verb for entry in AuditEntry.objects.filter(kind="source")} == {"added a source"}
    assert AuditEntry.objects.get(kind="source").detail["secrets"] == ["api_key", "headers"]


def test_a_transport_that_breaks_tells_no_secret_and_ends_nothing(desk: Desk, server: Server, monkeypatch, caplog):
    from standfirst.wire.transports import http

    def breaks(job):
        yield from ()
        raise ValueError(f"odd header {job.secrets['api_key']}")

    monkeypatch.setattr(http, "fetch", breaks)
    outcome = look(by_web(desk, server.url, secrets={"api_key": HUSH}))
    assert "failed while it fetched" in outcome.trouble
    assert HUSH not in caplog.text + outcome.trouble


def test_secrets_stay_when_others_are_entered_and_a_lost_key_is_said(desk: Desk, server: Server):
    source = by_web(desk, server.url, secrets={"api_key": HUSH}, settings={"user": ""})
    source = fresh(source)
    sources.configure(source=source, settings=source.settings, secrets={"headers": "a: b"}, by=desk.wire_editor)
    assert dict(sources.secrets_of(fresh(source))) == {"api_key": HUSH, "headers": "a: b"}
    key = Path(django_settings.STANDFIRST.home) / "secrets.key"
    kept = key.read_bytes()
    try:
        key.unlink()
        server.rule = lambda asked: Answer(g2())
        assert "put secrets.key back" in look(source).trouble
        source = fresh(source)
        sources.configure(source=source, settings=source.settings, secrets={"api_key": "new"}, by=desk.wire_editor)
        assert dict(sources.secrets_of(fresh(source))) == {"api_key": "new"}
    finally:
        key.write_bytes(kept)
    sources.configure(
        source=source,
        settings=source.settings,
        secrets={"api_key": "x"},
        forget=frozenset({"api_key"}),
        by=desk.wire_editor,
    )
    assert fresh(source).secrets == ""


def test_only_those_who_may_change_feeds_set_sources_up_and_nonsense_is_refused(desk: Desk):
    source = Source(feed=desk.waiting, name="x", kind="http")
    with pytest.raises(PermissionDenied):
        sources.configure(source=source, settings={"url": "https://a.example"}, secrets={}, by=desk.reporter)
    with pytest.raises(Refused, match="no web address"):
        sources.configure(source=source, settings={"url": "nonsense"}, secrets={}, by=desk.wire_editor)
    with pytest.raises(Problem, match="cannot be used"):
        sources.configure(source=source, settings={"address": "x"}, secrets={}, by=desk.wire_editor)
    assert not Source.objects.exists()


def test_trying_shows_what_would_come_and_changes_nothing(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(g2(headline="Bridge gives way"), headers={"etag": '"one"'})
    source = by_web(desk, server.url)
    before = Source.objects.filter(pk=source.pk).values().get()
    trial = sources.try_now(source)
    assert [found.items for found in trial.found] == [("Bridge gives way",)]
    assert trial.found[0].format == "newsml-g2"
    assert Source.objects.filter(pk=source.pk).values().get() == before
    assert not Delivery.objects.exists()
    server.rule = lambda asked: Answer(status=403)
    assert "does not let us in" in sources.try_now(source).trouble


def test_the_publishers_hear_of_a_silence_once_and_when_it_ends(desk: Desk, server: Server):
    desk.waiting.silence_hours = 6
    desk.waiting.save()
    server.rule = lambda asked: Answer(g2())
    source = by_web(desk, server.url)
    by_web(desk, server.url, "cpa-second")

    def watch() -> list[str]:
        mail.outbox.clear()
        sources.watch_silence()
        return sorted({str(sent.subject) for sent in posted()})

    assert watch() == []
    clock.set_offset(timedelta(hours=7))
    look(source)  # it answers, but what it brings changes nothing until it is read
    assert sources.health(desk.waiting).state == "silent"
    assert watch() == ["Nothing new from CPA-DESK for more than 6 hours"]
    assert watch() == []
    from standfirst.wire import actions

    actions.work_off()
    assert sources.health(desk.waiting).state == "good"
    assert watch() == ["CPA-DESK is back"]
    assert watch() == []
    clock.set_offset(timedelta(hours=20))
    sources.pause(source=source, by=desk.wire_editor)
    sources.pause(source=Source.objects.get(name="cpa-second"), by=desk.wire_editor)
    assert watch() == []


def wait_until(true, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def running(lasting_desk: Desk, tmp_path: Path):
    """Starts gatherers, and what reads for them, in threads, and stops them."""
    started: list[tuple[Steady, threading.Thread]] = []

    def start() -> Gatherer:
        gatherer = Gatherer(tmp_path)
        for loop in (gatherer, Reading(tmp_path)):
            thread = threading.Thread(target=loop.run)
            thread.start()
            started.append((loop, thread))
        return gatherer

    yield start
    for loop, _ in started:
        loop.stop()
    for _, thread in started:
        thread.join()


def test_the_loop_mails_about_an_order_whose_copy_does_not_come(running, lasting_desk: Desk, monkeypatch):
    monkeypatch.setattr(directives, "ASK_AFTER", timedelta(seconds=0.2))
    actions.deliver(feed=lasting_desk.published, data=ORDER, file_name="order.xml")
    running()
    wait_until(posted)
    time.sleep(1.2)
    assert ["To be decided at once" in each.subject for each in posted()] == [True]


def test_the_loop_fetches_reads_and_tells_that_it_lives(running, lasting_desk: Desk, server: Server, tmp_path: Path):
    desk = lasting_desk
    server.rule = lambda asked: Answer(g2("web"))
    by_web(desk, f"{server.url}/item.xml")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    folder = Source(feed=desk.published, name="cpa-folder", kind="folder")
    sources.configure(source=folder, settings={"path": str(inbox)}, secrets={}, by=desk.wire_editor)
    running()
    running()  # a second process, as it were
    (inbox / "part.tmp").write_bytes(g2("folder"))
    (inbox / "part.tmp").rename(inbox / "item.xml")
    wait_until(lambda: Delivery.objects.filter(state=Delivery.State.READ).count() == 2)
    assert not (inbox / "item.xml").exists()
    assert desk.story().live
    wait_until(lambda: "cpa-folder" in sign_of_life(tmp_path).sources)
    assert not sign_of_life(tmp_path).stale
    for number in range(20):
        (inbox / f"{number}.xml").write_bytes(g2(f"n{number}"))
    wait_until(lambda: Delivery.objects.filter(state=Delivery.State.READ).count() == 22)
    assert len(server.asked) == 1
    sources.pause(source=folder, by=desk.wire_editor)
    wait_until(lambda: "cpa-folder" not in sign_of_life(tmp_path).sources)
    (inbox / "late.xml").write_bytes(g2("late"))


def test_a_stopped_loop_gives_its_leases_back(running, lasting_desk: Desk, tmp_path: Path):
    folder = Source(feed=lasting_desk.waiting, name="cpa-folder", kind="folder")
    sources.configure(source=folder, settings={"path": str(tmp_path)}, secrets={}, by=lasting_desk.wire_editor)
    gatherer = running()
    wait_until(lambda: fresh(folder).lease_owner != "")
    gatherer.stop()
    wait_until(lambda: sign_of_life(tmp_path).doing == "stopped")
    assert fresh(folder).lease_owner == ""
    assert sign_of_life(tmp_path).stale


def test_a_process_that_is_not_there_is_no_sign_of_life(tmp_path: Path):
    assert sign_of_life(tmp_path).stale
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "wire.json").write_text(json.dumps({"at": "nonsense"}))
    assert sign_of_life(tmp_path).at is None
