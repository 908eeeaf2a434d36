"""The wire room at work: what is new, what people do with it, alarms, saved views."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from lxml import html

from standfirst.changes.models import AuditEntry, Change, Lane
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Story
from standfirst.wire import actions, alarms
from standfirst.wire.models import Alarm, Directive, Habits, Item, SavedView, Source
from standfirst.wire.tests.agency import Desk, g2

these_are_the_doors = pytest.mark.deep_on_postgresql(
    "What the screen shows and writes goes through queries and verbs that other tests try on each database."
)

JSON: Any = {"HTTP_ACCEPT": "application/json"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(client: Client, query: str = "") -> dict[str, str]:
    """What a browser knows of a list that it has just opened."""
    text = client.get(f"{reverse('wire:list')}{query}").content.decode()
    cursor = re.search(r'data-cursor="([^"]+)"', text)
    rows = re.findall(r'data-id="(\d+)" data-state="([^"]+)"', text)
    assert cursor is not None
    return {"since": cursor[1], "rows": ",".join(f"{key}.{state}" for key, state in rows)}


def fresh(client: Client, known: dict[str, str], **more):
    return client.get(reverse("wire:fresh"), {**known, **more}, **JSON)


# --- what is new --------------------------------------------------------------------------------------------------


def test_new_items_and_changed_rows_are_told_once(desk: Desk):
    desk.wait(g2("first"))
    client = signed_in(desk.wire_editor)
    known = opened(client)
    nothing = fresh(client, known)
    assert nothing.json()["new"] == [] and nothing.json()["changed"] == []
    again = client.get(reverse("wire:fresh"), known, HTTP_IF_NONE_MATCH=nothing["ETag"], **JSON)
    assert again.status_code == 304 and not again.content

    desk.wait(g2("second", headline="Second <script>"))
    desk.wait(g2("third"))
    told = fresh(client, known).json()
    assert [entry["id"] for entry in told["new"]] == [desk.item(name, desk.waiting).pk for name in ("third", "second")]
    assert "Second &lt;script&gt;" in told["new"][1]["html"]
    assert told["counts"]["waiting"] == "3"

    actions.spike(item=desk.item("first", desk.waiting), by=desk.editor)
    changed = fresh(client, known).json()["changed"]
    assert [(entry["id"], entry["fits"]) for entry in changed] == [(desk.item("first", desk.waiting).pk, False)]
    desk.wait(g2("second", version=2, headline="Second, updated"))
    known = opened(client)
    desk.wait(g2("third", version=2, headline="Third, updated"))
    assert [entry["id"] for entry in fresh(client, known).json()["new"]] == [desk.item("third", desk.waiting).pk]


def test_what_is_new_passes_the_filters_of_the_list(desk: Desk):
    desk.wait(g2("old", headline="Rope bridge"))
    client = signed_in(desk.editor)
    asked: tuple[tuple[dict[str, str], list[str]], ...] = (
        ({"q": "rope", "show": "all"}, ["two"]),
        ({"feed": "cpa-live", "show": "all"}, ["three"]),
        ({"urgency": "2", "show": "all"}, []),
        ({"type": "text", "language": "en", "show": "waiting"}, ["two", "one"]),
    )
    for turn, (query, names) in enumerate(asked):
        known = opened(client, "?" + "&".join(f"{key}={value}" for key, value in query.items()))
        desk.wait(g2(f"{turn}-one", headline="Iron bridge", body="<p>Nothing.</p>"))
        desk.wait(g2(f"{turn}-two", headline="Rope bridge"))
        desk.publish(g2(f"{turn}-three", headline="Elsewhere", body="<p>Nothing.</p>"))
        new = fresh(client, known, **query).json()["new"]
        ids = Item.objects.in_bulk([entry["id"] for entry in new])
        assert [ids[entry["id"]].item_id.rpartition("-")[2] for entry in new] == names


def test_a_burst_is_not_poured_into_the_list(desk: Desk):
    client = signed_in(desk.editor)
    desk.wait(g2("first"))
    known = opened(client)
    now = clock.now()
    common = {"provider": "p", "feed": desk.waiting, "type": "text", "status": "usable", "place": "waiting"}
    moments = [now + timedelta(microseconds=number) for number in range(150)]
    Item.objects.bulk_create(Item(item_id=f"i{at}", first_seen=at, changed_at=at, **common) for at in moments)
    told = fresh(client, known).json()
    assert told["many"] is True and told["new"] == []


@these_are_the_doors
def test_what_cannot_be_followed_is_refused_in_a_sentence(desk: Desk):
    client = signed_in(desk.editor)
    for asked in ({}, {"since": "x"}, {"since": "1.2.3", "show": "offers"}, {"since": "9" * 30 + ".1.1"}):
        assert client.get(reverse("wire:fresh"), asked, **JSON).status_code == 400
    assert fresh(client, {"since": "1.2.3", "rows": "x,1.,é.ü,99999999999999999999.a,5.é"}).status_code == 200
    assert client.get(reverse("wire:facets"), {"kind": "nonsense"}).status_code == 400
    assert client.get(reverse("wire:facets"), {"kind": "subject", "q": "eco"}).json() == {"labels": []}


# --- what people do -----------------------------------------------------------------------------------------------


@these_are_the_doors
def test_an_item_is_put_on_hold_with_who_and_why_and_back(desk: Desk):
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    client = signed_in(desk.wire_editor)
    answer = client.post(reverse("wire:hold", args=[item.pk]), {"because": "Waits for <b>the court</b>"}, **JSON).json()
    assert answer["undo"] is True and answer["place"] == "hold"
    text = client.get(reverse("wire:list") + "?show=hold").content.decode()
    assert "Dele: Waits for &lt;b&gt;the court" in text
    assert "Nothing is waiting" in client.get(reverse("wire:list")).content.decode()
    assert AuditEntry.objects.filter(verb="held", kind="item", ref=item.pk, actor="dele").exists()
    client.post(reverse("wire:put_back", args=[item.pk]))
    assert desk.item(feed=desk.waiting).place == Item.Place.WAITING
    answer = client.post(reverse("wire:put_back", args=[item.pk]), **JSON)
    assert answer.status_code == 409 and "waiting already" in answer.json()["says"]
    with pytest.raises(PermissionDenied):
        actions.hold(item=item, by=desk.reporter)


@these_are_the_doors
def test_one_key_takes_into_the_feeds_section_and_undo_deletes_the_untouched_draft(desk: Desk):
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    client = signed_in(desk.wire_editor)
    answer = client.post(reverse("wire:take", args=[item.pk]), **JSON).json()
    story = desk.story()
    assert story.get_parent().pk == desk.world.pk
    assert answer["draft"] == reverse("wagtailadmin_pages:edit", args=[story.pk])
    assert "is a draft in World" in answer["says"]
    answer = client.post(reverse("wire:put_back", args=[item.pk]), **JSON).json()
    assert answer["place"] == "waiting"
    assert not Story.objects.exists()
    assert client.post(reverse("wire:take", args=[item.pk]), **JSON).status_code == 200
    desk.story().save_revision(user=desk.editor)
    refused = client.post(reverse("wire:put_back", args=[item.pk]), **JSON)
    assert refused.status_code == 409 and "worked on" in refused.json()["says"]
    assert Story.objects.count() == 1


@these_are_the_doors
def test_a_feed_without_a_section_asks_for_one(desk: Desk):
    desk.waiting.section = None
    desk.waiting.save()
    desk.wait(g2())
    answer = signed_in(desk.wire_editor).post(reverse("wire:take", args=[desk.item(feed=desk.waiting).pk]), **JSON)
    assert answer.status_code == 409 and answer.json()["choose"] is True


@these_are_the_doors
def test_several_items_are_spiked_at_once_and_those_that_cannot_be_are_named(desk: Desk):
    desk.wait(g2("one"))
    desk.wait(g2("two"))
    desk.publish(g2("taken"))
    keys = list(Item.objects.order_by("pk").values_list("pk", flat=True))
    client = signed_in(desk.wire_editor)
    answer = client.post(reverse("wire:several"), {"do": "spike", "item": keys}, **JSON).json()
    assert answer["done"] == keys[:2] and answer["refused"] == 1 and "in a story" in answer["says"]
    client.post(reverse("wire:several"), {"do": "put_back", "item": keys[:2]})
    assert Item.objects.waiting().count() == 2
    assert client.post(reverse("wire:several"), {"do": "nonsense", "item": keys}, **JSON).status_code == 409
    assert (
        signed_in(desk.reporter).post(reverse("wire:several"), {"do": "spike", "item": keys}, **JSON).status_code == 403
    )


@these_are_the_doors
def test_a_preview_shows_the_item_alone_and_versions_side_by_side(desk: Desk):
    desk.wait(g2(body="<p>The bridge had forty planks.</p>"))
    desk.wait(g2(version=2, body="<p>The bridge had fifty planks.</p>"))
    item = desk.item(feed=desk.waiting)
    old, new = item.versions.order_by("order")
    client = signed_in(desk.editor)
    address = reverse("wire:item", args=[item.pk])
    pane = client.get(f"{address}?pane=1")
    assert "<html" not in pane.content.decode() and "fifty planks" in pane.content.decode()
    assert "no-store" in pane["Cache-Control"]
    text = client.get(f"{address}?version={new.pk}&against={old.pk}").content.decode()
    assert "<del>forty</del>" in text and "<ins>fifty</ins>" in text


# --- saved views --------------------------------------------------------------------------------------------------


def test_views_are_saved_shared_and_deleted_by_their_owner(desk: Desk):
    alice, dele = signed_in(desk.editor), signed_in(desk.wire_editor)
    query = "show=all&feed=cpa-desk&urgency=3&evil=1&type=text"
    alice.post(reverse("wire:save_view"), {"name": "World, <i>urgent</i>", "query": query, "shared": "on"})
    view = SavedView.objects.get()
    assert view.query == "show=all&feed=cpa-desk&type=text&urgency=3"
    assert "World, &lt;i&gt;urgent" in dele.get(reverse("wire:list")).content.decode()
    assert dele.post(reverse("wire:drop_view", args=[view.pk])).status_code == 404
    alice.post(reverse("wire:save_view"), {"name": "World, <i>urgent</i>", "query": "show=hold"})
    view.refresh_from_db()
    assert (view.query, view.shared) == ("show=hold", False)
    assert "World, " not in dele.get(reverse("wire:list")).content.decode()
    alice.post(reverse("wire:save_view"), {"name": " ", "query": query})
    alice.post(reverse("wire:drop_view", args=[view.pk]))
    assert not SavedView.objects.exists()


# --- to be decided at once ----------------------------------------------------------------------------------------


def asked_to_kill(desk: Desk, target: str) -> Directive:
    """A message on the wire that asks for other copy to be killed, in words only."""
    desk.wait(g2("notice", headline="Kill the bridge story", body="<p>Please kill it.</p>"))
    notice = desk.item("notice", desk.waiting)
    Item.objects.filter(pk=notice.pk).update(urgent=True)
    return Directive.objects.create(
        item=notice, provider=notice.provider, status="canceled", target=target, said="Kill <b>it</b>", at=clock.now()
    )


def test_a_take_down_that_matches_nothing_for_certain_stands_on_top_until_a_person_decides(desk: Desk):
    desk.wait(g2("bridge"))
    directive = asked_to_kill(desk, "urn:newsml:cpa.example:bridge")
    client = signed_in(desk.publisher)
    known = opened(client)
    text = client.get(reverse("wire:list")).content.decode()
    assert "it is not certain of what" in text and "Kill &lt;b&gt;it" in text
    assert "it is not certain of what" in fresh(client, known).json()["urgent"]
    address = reverse("wire:item", args=[directive.item_id])
    assert "Which copy does it mean?" in client.get(address).content.decode()
    assert "must decide: call an editor" in signed_in(desk.reporter).get(address).content.decode()

    post = reverse("wire:answer", args=[directive.pk])
    assert "Choose the copy" in client.post(post, {"do": "down", "target": "999"}, **JSON).json()["says"]
    assert "Say why" in client.post(post, {"do": "none"}, **JSON).json()["says"]
    bridge = desk.item("bridge", desk.waiting)
    client.post(post, {"do": "down", "target": bridge.pk})
    assert desk.item("bridge", desk.waiting).killed_at is not None
    assert "it is not certain of what" not in client.get(reverse("wire:list")).content.decode()


@these_are_the_doors
def test_an_urgent_item_stands_on_top_until_somebody_has_seen_to_it(desk: Desk):
    desk.wait(g2(headline="Read this first"))
    item = desk.item(feed=desk.waiting)
    Item.objects.update(urgent=True)
    client = signed_in(desk.wire_editor)
    assert "To be decided at once" in client.get(reverse("wire:list")).content.decode()
    assert "I have seen to it" in client.get(reverse("wire:item", args=[item.pk])).content.decode()
    client.post(reverse("wire:seen", args=[item.pk]))
    assert "To be decided at once" not in client.get(reverse("wire:list")).content.decode()


@these_are_the_doors
def test_a_feed_that_cannot_be_fetched_stands_on_top_with_the_last_good_time(desk: Desk):
    Source.objects.create(
        feed=desk.waiting, name="cpa-web", kind="http", failures=3, good_at=clock.now(), created_at=clock.now(),
        trouble="The server does not answer: ask the agency.",
    )  # fmt: skip
    text = signed_in(desk.editor).get(reverse("wire:list")).content.decode()
    assert "CPA-DESK cannot be fetched" in text and "Last good" in text and "ask the agency" in text


# --- alarms -------------------------------------------------------------------------------------------------------


def test_a_kill_stands_on_every_screen_until_somebody_has_seen_it(desk: Desk):
    desk.publish(g2(headline="Bridge <i>falls</i>"))
    story = desk.story()
    desk.publish(g2(version=2, status="stat:canceled", body="", note="KILL: wrong bridge"))
    change = Change.objects.filter(kind="story", ref=story.pk, lane=Lane.KILL).latest("id")
    change.closed_at = clock.now()
    change.report = {"pages": 1, "removed": 2, "ms": 240, "surfaces": [{"name": "Front", "path": "/", "ms": 240}]}
    change.save()
    client = signed_in(desk.wire_editor)
    for address in (reverse("wire:list"), reverse("wagtailadmin_account"), reverse("wagtailimages:index")):
        text = client.get(address).content.decode()
        assert "Killed by CPA-LIVE" in text
        assert "Bridge &lt;i&gt;falls" in text
        assert "gone from 1 place in 240 ms" in text
        assert "wrong bridge" in text
    assert (
        "Killed by CPA-LIVE"
        not in signed_in(desk.hire("eve", "Administrator")).get("/newsroom/login/").content.decode()
    )

    polled = client.get(reverse("wire:alarms"), **JSON)
    alarm = Alarm.objects.get()
    assert polled.json()["grave"] == [alarm.pk]
    assert client.get(reverse("wire:alarms"), HTTP_IF_NONE_MATCH=polled["ETag"], **JSON).status_code == 304
    # Agencies send a kill several times.
    desk.publish(g2(version=3, status="stat:canceled", body=""))
    assert Alarm.objects.count() == 1

    assert signed_in(desk.reporter).post(reverse("wire:acknowledge"), {"alarm": alarm.pk}, **JSON).status_code == 403
    assert client.post(reverse("wire:acknowledge"), {"alarm": alarm.pk}, **JSON).status_code == 200
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == "Dele" and alarm.acknowledged_at is not None
    assert AuditEntry.objects.filter(verb="acknowledged", actor="dele").exists()
    assert "Killed by" not in client.get(reverse("wagtailadmin_account")).content.decode()
    assert alarms.acknowledge(alarms=[alarm.pk], by=desk.editor) == 0
    with pytest.raises(Refused):
        alarms.acknowledge(alarms=[999], by=desk.editor)


@these_are_the_doors
def test_a_kill_of_what_nobody_used_is_a_quiet_line(desk: Desk):
    desk.wait(g2())
    desk.wait(g2(version=2, status="stat:withheld", body=""))
    text = signed_in(desk.editor).get(reverse("wire:list")).content.decode()
    assert "No story here was made of it" in text
    assert "wire-alarm--grave" not in text
    assert alarms.standing()[0].grave is False


@these_are_the_doors
def test_strangers_see_no_alarm(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:canceled", body=""))
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert "Killed" not in render_to_string("wire/_alarm_frame.html", {"show": False}, request=request)
    assert Client().get(reverse("wire:alarms")).status_code == 302


@these_are_the_doors
def test_an_alarms_sound_is_each_persons_choice(desk: Desk):
    client = signed_in(desk.wire_editor)
    assert "data-sound" not in client.get(reverse("wire:list")).content.decode()
    page = client.get(reverse("wagtailadmin_account")).content.decode()
    assert 'name="wire-sound"' in page
    tree: Any = html.fromstring(page)
    form = next(each for each in tree.forms if each.xpath(".//input[@name='wire-sound']"))
    fields = {**dict(form.form_values()), "name_email-last_name": "Sanni", "wire-sound": "on"}
    client.post(reverse("wagtailadmin_account"), fields)
    assert Habits.objects.get(user=desk.wire_editor).sound
    assert "data-sound" in client.get(reverse("wire:list")).content.decode()


@these_are_the_doors
def test_a_story_that_is_killed_by_a_person_raises_no_alarm_of_the_wire(desk: Desk):
    desk.publish(g2())
    stories.take_down(story=desk.story(), kind="kill", reason="Ours", wording="", names=False, by=desk.publisher)
    assert not Alarm.objects.exists()
    assert json.loads(signed_in(desk.editor).get(reverse("wire:alarms"), **JSON).content)["count"] == 0
