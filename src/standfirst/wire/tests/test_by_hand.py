"""Copy that people paste and upload."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from standfirst.wire.models import Delivery, Item
from standfirst.wire.tests.agency import Desk, g2
from standfirst.wire.tests.test_screens import page, signed_in

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of intake do is done by verbs that other tests try on each database."
)

STORY = "Ferry back in service\n\nSAND ISLAND (HBW) - The ferry sails again, the company said on Monday.\n"
NITF = (
    '<nitf><head><docdata><doc-id id-string="h1" regsrc="HBW"/><date.issue norm="20260302T080000Z"/></docdata></head>'
    "<body><body.head><hedline><hl1>Ferry in pictures</hl1></hedline></body.head><body.content><p>See.</p>"
    '<media media-type="image"><media-reference source="quay.jpg"/></media></body.content></body>'
    "</nitf>"
)


def bring(client: Client, desk: Desk, *, text: str = "", files=(), status: int = 200) -> str:
    """Sends the form, follows it to what it says."""
    data = {"feed": desk.waiting.pk, "text": text, "uploads": list(files)}
    response = client.post(reverse("wire:paste"), data, follow=True)
    assert response.status_code == status, response.content[:400]
    return unescape(response.content.decode())


def test_pasted_text_is_sealed_waits_for_a_person_and_leads_to_its_item(desk: Desk) -> None:
    client = signed_in(desk.wire_editor)
    assert "Paste or upload" in page(client, reverse("wire:list"))
    said = bring(client, desk, text=STORY)
    item = Item.objects.get()
    assert item.headline == "Ferry back in service"
    assert item.held_because == [
        "It came as plain text, so nothing but its words says what it is: read it before it is used."
    ]
    delivery = Delivery.objects.get()
    assert (delivery.transport, delivery.envelope["brought by"]) == ("paste", "Dele")
    assert reverse("wire:item", args=[item.pk]) in said
    assert "1 item, held for somebody to look at." in said
    # Once more: it is here already, and the link still leads to it.
    again = bring(client, desk, text=STORY.replace("\n", "\r\n"))
    assert Item.objects.count() == 1
    assert reverse("wire:item", args=[item.pk]) in again


def test_a_pasted_wire_file_is_taken_in_as_what_it_is(desk: Desk) -> None:
    bring(signed_in(desk.wire_editor), desk, text=g2(headline="Brücke gibt nach").decode())
    assert Delivery.objects.get().format == "newsml-g2"
    assert Item.objects.get().headline == "Brücke gibt nach"


def test_several_files_are_each_taken_in_and_a_bad_one_stops_nothing(desk: Desk) -> None:
    files = [
        SimpleUploadedFile("one.xml", g2("one", headline="One gives way")),
        SimpleUploadedFile("bad.xml", b"<newsItem"),
        SimpleUploadedFile("two.xml", g2("two", headline="Two gives way")),
    ]
    said = bring(signed_in(desk.wire_editor), desk, files=files)
    assert re.findall(r'<b dir="auto">(.*?)</b>', said) == ["one.xml", "bad.xml", "two.xml"]
    assert "not well-formed" in said
    assert sorted(Item.objects.values_list("headline", flat=True)) == ["One gives way", "Two gives way"]
    assert Delivery.objects.filter(trouble=True).count() == 1


def test_a_picture_comes_in_with_the_text_that_names_it(desk: Desk) -> None:
    client = signed_in(desk.wire_editor)
    picture = SimpleUploadedFile("quay.jpg", b"\xff\xd8\xff\xe0 jpeg")
    said = bring(client, desk, files=[picture], status=400)
    assert "No file here names quay.jpg" in said and not Delivery.objects.exists()
    picture.seek(0)
    bring(client, desk, files=[SimpleUploadedFile("story.xml", NITF.encode()), picture])
    assert [part.name for part in Delivery.objects.get().parts.all()] == ["quay.jpg"]


def test_what_cannot_come_in_is_said_with_a_remedy_and_the_text_stays(desk: Desk, settings) -> None:
    client = signed_in(desk.wire_editor)
    assert "Paste a text, or choose a file." in bring(client, desk, status=400)
    assert "There are no words" in bring(client, desk, text=" -- ", status=400)
    assert "is empty" in bring(client, desk, text=STORY, files=[SimpleUploadedFile("no.txt", b"")], status=400)
    many = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(41)]
    said = bring(client, desk, text=STORY, files=many, status=400)
    assert "at most 40" in said and "The ferry sails again" in said
    big = SimpleUploadedFile("big.xml", b"x" * (settings.STANDFIRST.wire_limit + 1))
    assert "the limit is" in bring(client, desk, files=[big], status=400)
    desk.waiting.active = False
    desk.waiting.save()
    assert "Select a valid choice" in bring(client, desk, text=STORY, status=400)
    assert not Delivery.objects.exists()


def test_only_who_may_take_copy_may_bring_it_and_a_form_from_elsewhere_is_refused(desk: Desk) -> None:
    address = reverse("wire:paste")
    assert signed_in(desk.reporter).get(address).status_code in (302, 403)
    assert Client().get(address).status_code == 302
    stern = Client(enforce_csrf_checks=True)
    stern.force_login(desk.wire_editor)
    assert stern.post(address, {"feed": desk.waiting.pk, "text": STORY}).status_code == 403
    assert not Delivery.objects.exists()


def test_the_result_page_shows_only_what_people_brought(desk: Desk) -> None:
    desk.wait(g2())
    delivery = Delivery.objects.get()
    said = page(signed_in(desk.wire_editor), f"{reverse('wire:paste')}?in={delivery.pk}.x.-1.{10**30}")
    assert delivery.file_name not in said
