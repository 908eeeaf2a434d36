"""The screens of sources, through Django's client."""

from __future__ import annotations

import sys

import pytest
from django.test import Client
from django.urls import reverse
from django.views.debug import ExceptionReporter

from standfirst.wire import sources, views_sources
from standfirst.wire.models import Delivery, Source
from standfirst.wire.tests.agency import Desk, g2
from standfirst.wire.tests.test_screens import page, signed_in
from standfirst.wire.transports.kinds import BY_KIND
from standfirst.wire.transports.tests.server import Answer, Server, serving

pytestmark = pytest.mark.deep_on_postgresql(
    "What the form writes is written by verbs that other tests try on each database."
)

HUSH = "correct-horse-battery"


@pytest.fixture
def server():
    with serving() as server:
        yield server


def fields(desk: Desk, server: Server, **more: str) -> dict[str, str]:
    return {
        "feed": str(desk.waiting.pk),
        "name": "cpa-web",
        "active": "on",
        "interval": "60",
        "allow_private": "on",
        "settings-url": server.url,
        "settings-user": "",
        "settings-key_name": "x-api-key",
        "settings-key_place": "header",
        "settings-paging": "none",
        "settings-next_pointer": "",
        "settings-since_name": "",
        "settings-since_form": "iso",
        "settings-overlap": "300",
        "settings-backlog_hours": "24",
        **more,
    }


def test_a_source_is_added_tried_changed_paused_and_removed(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(g2(headline="Bridge gives way"))
    client = signed_in(desk.wire_editor)
    assert "No source yet" in page(client, reverse("wire:sources"))
    assert "AP Media API" in page(client, reverse("wire:source_choose"))
    add = reverse("wire:source_add", args=["http"])
    assert "cpa-desk-http" in page(client, add + "?feed=cpa-desk")
    wrong = client.post(add, fields(desk, server, **{"settings-url": "nonsense"})).content.decode()
    assert "This is no web address" in wrong
    response = client.post(add, fields(desk, server, **{"secret-api_key": HUSH, "try": "1"}))
    assert "Bridge gives way" in response.content.decode()
    assert "It works." in response.content.decode()
    assert not Delivery.objects.exists()
    source = Source.objects.get()
    assert source.settings["url"] == server.url
    assert sources.secrets_of(source)["api_key"] == HUSH
    text = page(client, reverse("wire:source", args=[source.pk]))
    assert "It is set, and not shown" in text
    assert HUSH not in text
    response = client.post(reverse("wire:source", args=[source.pk]), fields(desk, server, interval="300"))
    assert response.status_code == 302
    source.refresh_from_db()
    assert source.interval == 300
    assert sources.secrets_of(source)["api_key"] == HUSH
    client.post(reverse("wire:source_switch", args=[source.pk]))
    assert "Paused" in page(client, reverse("wire:sources"))
    client.post(reverse("wire:source_switch", args=[source.pk]), {"to": "on"})
    assert "Not fetched yet" in page(client, reverse("wire:sources"))
    client.post(reverse("wire:source", args=[source.pk]), fields(desk, server, **{"forget-api_key": "on"}))
    source.refresh_from_db()
    assert source.secrets == ""
    assert "Remove cpa-web?" in page(client, reverse("wire:source_remove", args=[source.pk]))
    client.post(reverse("wire:source_remove", args=[source.pk]))
    assert not Source.objects.exists()


def test_a_source_that_fails_stands_first_with_its_remedy(desk: Desk, server: Server):
    server.rule = lambda asked: Answer(status=401)
    client = signed_in(desk.wire_editor)
    client.post(reverse("wire:source_add", args=["http"]), fields(desk, server))
    source = Source.objects.get()
    claimed = sources.claim(source.pk, "me")
    assert claimed is not None
    sources.look(claimed, "me")
    text = page(client, reverse("wire:sources"))
    assert "Fails" in text
    assert "enter them again, or ask the agency" in text
    assert "cannot be fetched" in page(client, reverse("wire:list"))
    assert "It does not work yet." in client.post(reverse("wire:source_try", args=[source.pk])).content.decode()


@pytest.mark.one_database("Forms are opened, and no row is read or written for them.")
def test_every_kind_has_a_form_that_opens(desk: Desk):
    client = signed_in(desk.wire_editor)
    for kind in BY_KIND:
        assert "Where the files are" in page(client, reverse("wire:source_add", args=[kind])), kind
    assert client.get(reverse("wire:source_add", args=["pigeon"])).status_code == 302


def test_who_may_not_change_feeds_sees_no_form(desk: Desk, server: Server):
    sources.configure(
        source=Source(feed=desk.waiting, name="x", kind="http"),
        settings={"url": server.url},
        secrets={},
        by=desk.wire_editor,
    )
    pk = Source.objects.get().pk
    client = signed_in(desk.reporter)
    for name, args in (("sources", []), ("source_choose", []), ("source_add", ["http"]), ("source", [pk])):
        assert client.get(reverse(f"wire:{name}", args=args)).status_code in (302, 403)
    for name in ("source_try", "source_switch", "source_remove", "source"):
        assert client.post(reverse(f"wire:{name}", args=[pk])).status_code in (302, 403)
    assert Source.objects.get().active
    assert Client().get(reverse("wire:sources")).status_code == 302


@pytest.mark.one_database("The form is broken, so nothing comes to the database.")
def test_a_broken_form_never_shows_what_was_entered_as_a_secret(desk: Desk, server: Server):
    client = signed_in(desk.wire_editor)
    response = client.post(
        reverse("wire:source_add", args=["http"]),
        fields(desk, server, **{"secret-password": HUSH, "secret-headers": f"X: {HUSH}", "settings-url": ""}),
    )
    assert HUSH not in response.content.decode()


def test_a_fault_while_a_form_is_saved_reports_no_secret(desk: Desk, server: Server, monkeypatch, rf):
    def fails(**given: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(sources, "configure", fails)
    request = rf.post("/", fields(desk, server, **{"secret-api_key": HUSH}))
    request.user = desk.wire_editor
    try:
        views_sources.add(request, "http")
    except RuntimeError:
        report = ExceptionReporter(request, *sys.exc_info())
        assert "the disk is full" in report.get_traceback_text()
        assert HUSH not in report.get_traceback_text() + report.get_traceback_html()
    else:
        pytest.fail("It should have failed.")
