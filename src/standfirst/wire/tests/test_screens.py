"""The wire's screens, through Django's client."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from standfirst.stories import actions as stories
from standfirst.stories.models import Story
from standfirst.wire import actions
from standfirst.wire.models import Delivery, Feed, Item, Offer
from standfirst.wire.tests.agency import Desk, g2

these_are_the_doors = pytest.mark.deep_on_postgresql(
    "What the screen shows and writes goes through queries and verbs that other tests try on each database."
)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.content[:400]
    return response.content.decode()


@these_are_the_doors
def test_strangers_are_sent_to_the_log_in(desk: Desk):
    desk.wait(g2())
    for name, args in (("wire:list", []), ("wire:item", [desk.item(feed=desk.waiting).pk])):
        response = Client().get(reverse(name, args=args))
        assert response.status_code == 302
        assert "login" in response["Location"]


def test_the_list_shows_what_came_in_with_files_that_could_not_be_read(desk: Desk):
    desk.wait(g2(headline="Bridge <b>gives</b> way", embargo="2031-01-01T10:00:00Z", signal="sig:correction"))
    desk.wait(b"<newsItem", transport="x")
    text = page(signed_in(desk.wire_editor), reverse("wire:list"))
    assert "Bridge &lt;b&gt;gives" in text
    assert "Embargo until 1 Jan 2031, 11:00" in text  # the newsroom is in Lagos
    assert "Correction" in text
    assert "not well-formed" in text
    assert "Wire (2)" in text


@these_are_the_doors
def test_badges_tell_kills_holds_and_what_was_taken(desk: Desk):
    desk.publish(g2("taken"))
    desk.publish(g2("dead"))
    desk.publish(g2("dead", version=2, status="stat:canceled", body=""))
    desk.publish(g2("odd", note="KILL this"))
    text = page(signed_in(desk.editor), reverse("wire:list") + "?show=all")
    for badge in ("Killed by the agency", "Held", "Taken", "may ask to stop it"):
        assert badge in text
    assert page(signed_in(desk.editor), reverse("wire:list") + "?show=down").count('<li class="wire-row') == 1


def test_the_list_is_searched_filtered_and_paged(desk: Desk):
    for number in range(45):
        desk.wait(g2(f"n{number}", headline=f"Headline number {number}"))
    desk.publish(g2("else", headline="Elsewhere"))
    client = signed_in(desk.editor)
    url = reverse("wire:list")
    assert page(client, url).count('<li class="wire-row') == 40
    older = re.search(r'href="([^"]*before=[^"]*)"', page(client, url))
    assert older is not None
    second = page(client, url + unescape(older[1]))
    assert second.count('<li class="wire-row') == 5
    assert "number 4<" in second and "number 5<" not in second
    assert page(client, url + "?before=nonsense&show=nonsense").count('<li class="wire-row') == 40
    assert page(client, url + "?q=number+44").count('<li class="wire-row') == 1
    assert page(client, url + "?show=all&feed=cpa-live").count('<li class="wire-row') == 1
    assert "Nothing on the wire matches" in page(client, url + "?q=nowhere")
    assert page(client, url + "?q=urn:newsml:cpa.example:n7").count('<li class="wire-row') == 1


@pytest.mark.one_database("How often it asks is decided before a database answers.")
def test_the_list_takes_few_queries_however_long_it_is(desk: Desk, django_assert_max_num_queries):
    client = signed_in(desk.editor)
    for number in range(30):
        desk.wait(g2(f"n{number}"))
    page(client, reverse("wire:list"))
    with django_assert_max_num_queries(40):
        page(client, reverse("wire:list"))


@these_are_the_doors
def test_an_items_page_shows_text_notes_and_versions(desk: Desk):
    desk.wait(g2(body='<p>Text <i>here</i>. <a href="https://cpa.example/">link</a></p>', note="Phone: +999 <b>1</b>"))
    desk.wait(g2(version=2, headline="Second"))
    item = desk.item(feed=desk.waiting)
    client = signed_in(desk.reporter)
    first = item.versions.get(order=1)
    text = page(client, reverse("wire:item", args=[item.pk]) + f"?version={first.pk}")
    assert "Text <i>here</i>" in text
    assert "Not for publication" in text
    assert "Phone: +999 &lt;b&gt;1" in text
    assert "This is an older version" in text
    assert "Take into a draft" not in text  # a reporter may look only
    assert "file as received" not in text


@these_are_the_doors
def test_hostile_copy_is_harmless_on_the_screen(desk: Desk):
    evil = "<p>A<script>alert(1)</script><img src='x' onerror='alert(2)'/><a href='javascript:alert(3)'>l</a></p>"
    desk.wait(g2(headline='"><script>alert(4)</script>', body=evil, note="</section><script>alert(5)</script>"))
    text = page(signed_in(desk.editor), reverse("wire:item", args=[desk.item(feed=desk.waiting).pk]))
    for bad in ("<script>alert", "onerror=", "javascript:alert"):
        assert bad not in text


@these_are_the_doors
def test_take_opens_the_draft_and_a_second_take_says_why_not(desk: Desk):
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    client = signed_in(desk.wire_editor)
    assert "World" in page(client, reverse("wire:item", args=[item.pk]))
    response = client.post(reverse("wire:take", args=[item.pk]), {"section": desk.world.pk})
    story = desk.story()
    assert response.status_code == 302
    assert response["Location"] == reverse("wagtailadmin_pages:edit", args=[story.pk])
    assert page(client, response["Location"])
    client.post(reverse("wire:take", args=[item.pk]), {"section": desk.world.pk})
    assert Story.objects.count() == 1
    assert "in the story" in page(client, reverse("wire:item", args=[item.pk]))
    assert client.post(reverse("wire:take", args=[item.pk]), {"section": "999"}).status_code == 302


@these_are_the_doors
def test_spike_from_the_list_comes_back_to_the_list(desk: Desk):
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    client = signed_in(desk.wire_editor)
    response = client.post(reverse("wire:spike", args=[item.pk]), {"next": "/newsroom/wire/?p=3"})
    assert response["Location"] == "/newsroom/wire/?p=3"
    response = client.post(reverse("wire:spike", args=[item.pk]), {"next": "https://elsewhere.example/"})
    assert response["Location"] == reverse("wire:list")
    assert desk.item(feed=desk.waiting).place == Item.Place.SPIKED


@these_are_the_doors
def test_an_offer_is_compared_and_applied(desk: Desk):
    desk.wait(g2(body="<p>Four people were hurt.</p>"))
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    stories.publish(story=story, by=desk.editor)
    desk.wait(g2(version=2, body="<p>Five people were hurt.</p>", note="Not for readers"))
    offer = Offer.objects.get()
    client = signed_in(desk.editor)
    assert "Offers" in page(client, reverse("wire:list") + "?show=offers")
    text = page(client, reverse("wire:offer", args=[offer.pk]))
    assert "<del>Four</del> people" in text
    assert "<ins>Five</ins> people" in text
    assert client.post(reverse("wire:offer", args=[offer.pk]), {"how": "nonsense"}).status_code == 302
    response = client.post(reverse("wire:offer", args=[offer.pk]), {"how": "applied"})
    assert response["Location"] == reverse("wagtailadmin_pages:edit", args=[story.pk])
    assert "Five" in str(desk.story().get_latest_revision_as_object().body)
    assert "Settled" in page(client, reverse("wire:offer", args=[offer.pk]))
    client.post(reverse("wire:offer", args=[offer.pk]), {"how": "kept"})
    assert Offer.objects.get().settled == "applied"


@these_are_the_doors
def test_those_who_may_not_act_are_turned_away(desk: Desk):
    desk.wait(g2())
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    desk.wait(g2(version=2))
    item, offer, delivery = desk.item(feed=desk.waiting), Offer.objects.get(), Delivery.objects.first()
    client = signed_in(desk.reporter)
    for name, pk in (
        ("take", item.pk),
        ("spike", item.pk),
        ("release", item.pk),
        ("again", delivery.pk),
        ("put_away", delivery.pk),
    ):
        response = client.post(reverse(f"wire:{name}", args=[pk]), {"section": desk.world.pk})
        assert response.status_code in (302, 403)
        assert client.get(reverse(f"wire:{name}", args=[pk])).status_code in (302, 403, 405)
    client.post(reverse("wire:offer", args=[offer.pk]), {"how": "applied"})
    assert client.get(reverse("wire:raw", args=[delivery.pk])).status_code in (302, 403)
    assert client.get(reverse("wire_feeds:index")).status_code in (302, 403)
    assert Offer.objects.open().exists()
    assert desk.story().latest_revision_id == story.latest_revision_id


@these_are_the_doors
def test_the_file_as_received_is_only_ever_saved(desk: Desk):
    data = g2()
    delivery = actions.take_in(feed=desk.waiting, data=data, file_name='we"ird\r\nname.html')
    response = signed_in(desk.wire_editor).get(reverse("wire:raw", args=[delivery.pk]))
    assert response.getvalue() == data
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


@these_are_the_doors
def test_unread_files_are_read_again_and_put_away(desk: Desk):
    delivery = desk.wait(b"<newsItem")
    client = signed_in(desk.wire_editor)
    assert "item.xml" in page(client, reverse("wire:list") + "?show=unread")
    client.post(reverse("wire:again", args=[delivery.pk]))
    assert Delivery.objects.troubled().count() == 1
    client.post(reverse("wire:put_away", args=[delivery.pk]))
    assert not Delivery.objects.troubled().exists()
    assert "Every file was read" in page(client, reverse("wire:list") + "?show=unread")


@these_are_the_doors
def test_a_feed_is_added_and_changed(desk: Desk):
    client = signed_in(desk.wire_editor)
    assert "CPA-LIVE" in page(client, reverse("wire_feeds:index"))
    fields = {
        "title": "New",
        "name": "new",
        "mode": "publish",
        "section": "",
        "author": desk.agency.pk,
        "credit": "",
        "provider": "",
        "language": "",
        "onward": "summary",
        "active": "on",
    }
    response = client.post(reverse("wire_feeds:add"), fields)
    assert "needs a section" in response.content.decode()
    assert client.post(reverse("wire_feeds:add"), {**fields, "section": desk.world.pk}).status_code == 302
    feed = Feed.objects.get(name="new")
    assert feed.author == desk.agency
    assert page(client, reverse("wire_feeds:edit", args=[feed.pk]))


@pytest.mark.one_database("The role decides; who has which is tried beside `people`.")
@pytest.mark.parametrize("role", ["reporter", "editor", "wire_editor", "publisher"])
def test_everybody_in_the_newsroom_sees_the_wire_in_the_menu(desk: Desk, role: str):
    desk.wait(g2())
    assert "Wire (1)" in page(signed_in(getattr(desk, role)), reverse("wagtailadmin_account"))
