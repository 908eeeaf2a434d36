"""Agencies that call us: who is let in, and that nothing is acknowledged before it is sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from io import BytesIO

import pytest
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from standfirst.kit import clock, digests
from standfirst.wire import sealing, sources, views_push
from standfirst.wire.intake.common import received
from standfirst.wire.models import Delivery, Source
from standfirst.wire.tests.agency import Desk, g2
from standfirst.wire.transports import push

KEY = "correct-horse-battery"
OLD = "an-older-horse-battery"
WHERE = "/newsroom/push/cpa-push"


@pytest.fixture
def agency() -> Client:
    """The agency's program, as strict as the newsroom about forged requests."""
    views_push._told.clear()
    return Client(enforce_csrf_checks=True)


def door(desk: Desk, scheme: str, **more: str) -> Source:
    source = Source(feed=desk.waiting, name="cpa-push", kind="push")
    settings = {"scheme": scheme, **more}
    return sources.configure(
        source=source, settings=settings, secrets={"secret": KEY, "secret_before": OLD}, by=desk.wire_editor
    )


def post(agency: Client, body: bytes, where: str = WHERE, **headers: str):
    return agency.post(where, body, content_type="application/xml", headers=headers)


def signed(body: bytes, key: str = KEY, off: int = 0) -> dict[str, str]:
    return {"X-Standfirst-Signature": push.signature(key, body, int(clock.now().timestamp()) + off)}


def test_a_signed_file_is_sealed_and_only_then_acknowledged(desk: Desk, agency: Client):
    source = door(desk, "signed")
    answer = post(agency, g2(), **signed(g2()), **{"Content-Disposition": 'attachment; filename="../flood.xml"'})
    assert (answer.status_code, answer.json()) == (202, {"received": digests.seal(g2()), "known": False})
    delivery = Delivery.objects.get()
    assert (delivery.feed, delivery.file_name, delivery.transport) == (desk.waiting, "flood.xml", "push")
    assert sealing.read(received(), delivery.seal) == g2()
    source.refresh_from_db()
    assert source.good_at and source.new_at and not source.trouble
    # Said again, or replayed by a stranger: acknowledged, and nothing new.
    again = post(agency, g2(), **signed(g2(), OLD))
    assert (again.status_code, again.json()["known"]) == (200, True)
    assert Delivery.objects.count() == 1


def test_whoever_cannot_prove_it_is_turned_away_and_the_newsroom_told(
    desk: Desk, agency: Client, monkeypatch: pytest.MonkeyPatch
):
    source = door(desk, "signed")
    # Held: what is signed 301 seconds ahead is 300 ahead, and let in, once a second has passed.
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    stamp = signed(g2())["X-Standfirst-Signature"]
    for headers in (
        {},
        signed(g2(), "some-other-horse-key"),
        signed(g2() + b" "),
        signed(g2(), off=-301),
        signed(g2(), off=301),
        {"X-Standfirst-Signature": stamp.replace("t=", "t=1")},
        {"X-Standfirst-Signature": "t=1,v1="},
        {"Authorization": f"Bearer {KEY}"},
    ):
        answer = post(agency, g2(), **headers)
        assert answer.status_code == 401
        assert KEY not in answer.content.decode()
    assert not Delivery.objects.exists()
    source.refresh_from_db()
    assert source.trouble.startswith("Somebody called and was not let in.") and KEY not in source.trouble


@pytest.mark.parametrize("scheme", ["hub", "bearer", "basic"])
def test_agencies_that_prove_it_otherwise_are_let_in(desk: Desk, agency: Client, scheme: str):
    door(desk, scheme, user="cpa")
    body = b'{"uno": "newsml.afp.com.20260110T080000Z.doc-1", "headline": "Flood"}'

    def proof(key: str) -> dict[str, str]:
        if scheme == "hub":
            return {"X-Hub-Signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}
        if scheme == "bearer":
            return {"Authorization": f"Bearer {key}"}
        return {"Authorization": "Basic " + base64.b64encode(f"cpa:{key}".encode()).decode()}

    assert post(agency, body, **proof("some-other-horse-key")).status_code == 401
    assert post(agency, body).status_code == 401
    answer = agency.post(WHERE, body, content_type="application/json", headers=proof(KEY))
    assert answer.status_code == 202
    assert Delivery.objects.get().file_name.endswith(".json")
    if scheme != "hub":
        outside = agency.post(WHERE, body, content_type="application/json", headers=proof(KEY), REMOTE_ADDR="192.0.2.9")
        assert outside.status_code == 403, "a token never crosses the network in the open"


def test_a_file_that_is_too_large_is_refused_by_its_length(desk: Desk, agency: Client):
    door(desk, "bearer")
    limit = django_settings.STANDFIRST.wire_limit
    asked = {"Authorization": f"Bearer {KEY}", "Content-Length": str(limit + 1)}
    assert post(agency, g2(), **asked).status_code == 413
    assert post(agency, g2(), **{**asked, "Content-Length": "x"}).status_code == 411
    # A line that breaks in the middle: nobody gets half of a file sealed.
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": WHERE, "CONTENT_LENGTH": "9", "wsgi.input": BytesIO(b"<half")}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
    environ["HTTP_AUTHORIZATION"] = f"Bearer {KEY}"
    assert views_push.receive(WSGIRequest(environ), "cpa-push").status_code == 400
    assert not Delivery.objects.exists()


def test_a_door_that_is_shut_says_come_back_later(desk: Desk, agency: Client):
    source = door(desk, "bearer")
    proof = {"Authorization": f"Bearer {KEY}"}
    sources.pause(source=source, by=desk.wire_editor)
    answer = post(agency, g2(), **proof)
    assert (answer.status_code, answer["Retry-After"]) == (503, "600")
    sources.go_on(source=source, by=desk.wire_editor)
    assert post(agency, g2(), **proof).status_code == 202
    assert agency.get(WHERE).status_code == 405
    assert post(agency, g2(), where="/newsroom/push/elsewhere", **proof).status_code == 404


def test_a_store_that_fails_is_not_acknowledged(desk: Desk, agency: Client):
    door(desk, "bearer")
    proof = {"Authorization": f"Bearer {KEY}"}
    root = received()
    root.parent.mkdir(parents=True, exist_ok=True)
    kept = root.with_name("received-kept")
    if root.exists():
        root.rename(kept)
    root.write_text("not a folder")
    try:
        agency.raise_request_exception = False
        assert post(agency, g2(), **proof).status_code >= 500
    finally:
        root.unlink()
        if kept.exists():
            kept.rename(root)
    assert not Delivery.objects.exists()
    assert post(agency, g2(), **proof).status_code == 202


def test_secrets_that_can_be_guessed_let_nobody_in(desk: Desk, agency: Client):
    source = Source(feed=desk.waiting, name="cpa-push", kind="push")
    sources.configure(source=source, settings={"scheme": "bearer"}, secrets={"secret": "short"}, by=desk.wire_editor)
    assert post(agency, g2(), Authorization="Bearer short").status_code == 401
    good = frozenset({"secret"})
    assert [name for name, _ in push.check(push.Settings(), frozenset())] == ["secret"]
    assert [name for name, _ in push.check(push.Settings(scheme="basic"), good)] == ["user"]
    assert list(push.check(push.Settings(), good)) == []
