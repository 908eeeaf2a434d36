"""Pictures killed by hand: on the screen, by whom, with what mail; marked and refused where stories choose them."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection

from standfirst.changes.models import AuditEntry
from standfirst.kit.errors import Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.pictures.tests.photographs import alt, iim, photograph, xmp
from standfirst.stories import picturing
from standfirst.stories.models import Story
from standfirst.stories.tests.cast import Cast
from tests.post import posted

# Wagtail leaves the temporary files of the sizes that it makes to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


def signed_in(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


def added(colour: str = "teal") -> Picture:
    data = photograph(colour, (200, 120))
    return pictures.add(data=data, file_name=f"{colour}.jpg", title=f"The {colour} harbour")


def test_the_stories_that_show_a_picture_are_found_wherever_it_stands(cast: Cast):
    picture, other = added(), added("navy")
    lead = cast.live("Lead", lead_picture=picture)
    inside = cast.live("Inside", body=[("picture", {"picture": picture, "caption": ""})])
    cast.live("Other", lead_picture=other)
    draft = cast.draft("Draft")
    page = draft.get_latest_revision_as_object()
    page.body = [("picture", {"picture": picture, "caption": ""})]
    page.save_revision()
    page = cast.draft("Other draft").get_latest_revision_as_object()
    page.body = [("picture", {"picture": other, "caption": ""})]
    page.save_revision()
    # Its newest draft shows it no longer; its published text does.
    page = inside.get_latest_revision_as_object()
    page.body = [("paragraph", "<p>x</p>")]
    page.save_revision()
    found = picturing.stories_showing(picture.pk)
    assert {story.pk for story in found} == {lead.pk, inside.pk, draft.pk}


def test_a_publisher_kills_a_picture_on_its_screen_and_a_second_person_undoes_it(
    cast: Cast, django_capture_on_commit_callbacks
):
    picture = added()
    cast.live("Boats at anchor", lead_picture=picture)
    client = signed_in(cast.paula)
    edit = client.get(reverse("wagtailimages:edit", args=[picture.pk])).content.decode()
    kill_url = reverse("standfirst_picture_kill", args=[picture.pk])
    assert kill_url in edit
    screen = client.get(kill_url).content.decode()
    assert "Boats at anchor" in screen
    assert client.post(kill_url, {"reason": " "}).status_code == 200
    assert not PictureKill.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(kill_url, {"reason": "It shows somebody else."})
    fact = PictureKill.objects.get()
    assert answer["Location"] == reverse("standfirst_picture_killed", args=[fact.pk])
    picture.refresh_from_db()
    assert picture.killed_at is not None
    assert Story.objects.get(title="Boats at anchor").live
    (message,) = posted()
    assert "Boats at anchor" in message.body
    assert "somebody else" in message.body
    assert AuditEntry.objects.filter(kind="picture", verb="killed").exists()
    assert "was killed" in client.get(reverse("wagtailimages:edit", args=[picture.pk])).content.decode()
    # Not by the same person, and not without a reason.
    assert "second person" in client.get(answer["Location"]).content.decode()
    client.post(answer["Location"], {"because": "I was wrong."})
    assert PictureKill.objects.standing().exists()
    editor = signed_in(cast.ed)
    editor.post(answer["Location"], {"because": ""})
    assert PictureKill.objects.standing().exists()
    editor.post(answer["Location"], {"because": "It is the right person."})
    assert Picture.objects.get(pk=picture.pk).killed_at is None
    assert AuditEntry.objects.filter(kind="picture", verb="restored").exists()


def test_a_reporter_kills_no_picture_and_the_desk_none_twice(cast: Cast):
    picture = added()
    client = signed_in(cast.rita)
    assert client.get(reverse("standfirst_picture_kill", args=[picture.pk])).status_code in (302, 403)
    with pytest.raises(PermissionDenied):
        picturing.kill_picture(picture=picture, reason="x", by=cast.rita)
    with pytest.raises(Refused, match="reason"):
        picturing.kill_picture(picture=picture, reason=" ", by=cast.paula)
    picturing.kill_picture(picture=picture, reason="x", by=cast.paula)
    with pytest.raises(Refused, match="already"):
        picturing.kill_picture(picture=picture, reason="x", by=cast.paula)


def test_the_same_bytes_stay_killed_under_every_name_and_after_the_row_is_gone(cast: Cast):
    picture = added()
    twin = added()
    picturing.kill_picture(picture=picture, reason="x", by=cast.paula)
    twin.refresh_from_db()
    assert twin.killed_at is not None
    picture.delete()
    twin.delete()
    with pytest.raises(Refused, match="killed"):
        added()
    client = signed_in(cast.paula)
    root = Collection.objects.get(depth=1)
    file = SimpleUploadedFile("again.jpg", photograph("teal", (200, 120)), content_type="image/jpeg")
    client.post(reverse("wagtailimages:add"), {"title": "Again", "file": file, "collection": root.pk, "tags": ""})
    assert Picture.objects.get().killed_at is not None


def test_a_killed_picture_is_marked_in_the_chooser_and_cannot_be_chosen(cast: Cast):
    picture, other = added(), added("navy")
    picturing.kill_picture(picture=picture, reason="x", by=cast.paula)
    client = signed_in(cast.ed)
    results = client.get(reverse("wagtailimages_chooser:choose_results")).content.decode()
    assert "Killed" in results
    assert reverse("wagtailimages_chooser:chosen", args=[picture.pk]) not in results
    assert reverse("wagtailimages_chooser:chosen", args=[other.pk]) in results
    listed = client.get(reverse("wagtailimages_chooser:choose_results") + "?layout=list").content.decode()
    assert "(killed)" in listed
    refused = client.get(reverse("wagtailimages_chooser:chosen", args=[picture.pk])).json()
    assert refused["step"] == "not_chosen"
    assert "killed" in refused["html"]
    assert client.get(reverse("wagtailimages_chooser:chosen", args=[other.pk])).json()["step"] == "chosen"
    assert "Killed" in client.get(reverse("wagtailimages:index")).content.decode()


def test_an_upload_is_described_by_what_its_file_says_where_nothing_was_typed(cast: Cast):
    said = iim((2, 80, "Ama Owusu"), (2, 110, "CPA"), (2, 120, "Boats at anchor."), (2, 40, "No sales"))
    data = photograph("teal", (200, 120), iptc=said, packet=xmp(alt("Iptc4xmpCore:AltTextAccessibility", "Two boats.")))
    client = signed_in(cast.paula)
    root = Collection.objects.get(depth=1)

    def upload(**typed: str) -> Picture:
        file = SimpleUploadedFile("boats.jpg", data, content_type="image/jpeg")
        form = {"title": "Boats", "file": file, "collection": str(root.pk), "tags": "", **typed}
        client.post(reverse("wagtailimages:add"), form)
        return Picture.objects.order_by("-pk")[0]

    picture = upload(alt="", caption="", credit="")
    assert (picture.alt, picture.caption, picture.credit) == ("Two boats.", "Boats at anchor.", "Ama Owusu/CPA")
    assert picture.instructions == "No sales"
    picture = upload(caption="Typed by hand", credit="")
    assert (picture.caption, picture.credit) == ("Typed by hand", "Ama Owusu/CPA")
    # The uploader for many files at once asks for a title only.
    answer = client.post(
        reverse("wagtailimages:add_multiple"),
        {"title": "Boats", "files[]": SimpleUploadedFile("b.jpg", data, content_type="image/jpeg")},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert answer.json()["success"], answer.content
    assert Picture.objects.order_by("-pk")[0].caption == "Boats at anchor."
