from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from PIL import Image, UnidentifiedImageError
from wagtail.models import Collection, GroupCollectionPermission

from standfirst.changes import ports
from standfirst.changes.models import AuditEntry, Change, Lane, Tick
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.pictures import actions
from standfirst.pictures.models import File, Picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "wake", lambda: None, raising=False)


def png(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def added(colour: str = "teal", **fields: Any) -> Picture:
    return actions.add(data=png(colour), file_name="harbour.png", title="The harbour", **fields)


@pytest.fixture
def paula() -> User:
    """Somebody with every permission on pictures that a role gives."""
    people.ensure_roles()
    paula = people.hire(username="paula", name="Paula Ndem", roles=["Publisher"])
    for permission in Permission.objects.filter(codename__in=["add_image", "change_image", "choose_image"]):
        GroupCollectionPermission.objects.create(
            group=paula.groups.get(), collection=Collection.objects.get(depth=1), permission=permission
        )
    return paula


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_the_seal_is_of_the_bytes_and_follows_them() -> None:
    picture = added()
    assert picture.seal == hashlib.sha256(png()).hexdigest()
    picture.title = "Another title"
    picture.save()
    assert Picture.objects.get(pk=picture.pk).seal == picture.seal
    picture = Picture.objects.get(pk=picture.pk)
    picture.file = ContentFile(png("navy"), name="new.png")
    picture.save()
    assert Picture.objects.get(pk=picture.pk).seal == hashlib.sha256(png("navy")).hexdigest()


def test_what_is_no_picture_is_refused_and_leaves_no_row() -> None:
    with pytest.raises((Refused, UnidentifiedImageError)):
        actions.add(data=b"<svg onload=alert(1)>", file_name="x.png", title="x")
    assert not Picture.objects.exists()


@pytest.mark.parametrize("name", ["../../../etc/passwd.png", "/etc/x.png", "a\\b.png", "x" * 300 + ".png"])
def test_a_file_name_cannot_leave_the_private_folder(name: str) -> None:
    picture = actions.add(data=png(), file_name=name, title="x")
    assert str(picture.file.path).startswith(str(settings.MEDIA_ROOT))
    assert picture.file.size == len(png())


def test_every_change_of_a_picture_is_told_and_its_rights_end_at_a_tick() -> None:
    picture = added()
    assert Change.objects.filter(kind="picture", ref=str(picture.pk)).count() == 1
    ends = clock.now() + timedelta(days=1)
    picture.expires_at = ends
    picture.save()
    assert Change.objects.filter(kind="picture", ref=str(picture.pk)).count() == 2
    assert Tick.objects.get(name=actions.RIGHTS_END, ref=str(picture.pk)).due == ends
    assert picture.usable(ends - timedelta(seconds=1))
    assert not picture.usable(ends)
    pk = picture.pk
    picture.delete()
    assert Change.objects.filter(kind="picture", ref=str(pk), cause="deleted").count() == 1


def test_a_killed_picture_is_used_nowhere_from_then_on(paula: User) -> None:
    picture = added()
    actions.kill(picture=picture, by=paula, reason="The rights were never ours.")
    assert not Picture.objects.get(pk=picture.pk).usable(clock.now())
    assert Change.objects.filter(kind="picture", ref=str(picture.pk), lane=Lane.KILL).exists()
    assert AuditEntry.objects.get(kind="picture").detail == {"reason": "The rights were never ours."}


def test_an_original_is_for_people_who_work_here(paula: User) -> None:
    url = added().file.url
    stranger = Client().get(url)
    assert stranger.status_code == 302
    assert "/newsroom/login/" in stranger["Location"]
    assert signed_in(people.hire(username="sam", name="Sam", roles=[])).get(url).status_code in {302, 403}
    answer = signed_in(paula).get(url)
    assert answer.status_code == 200
    assert answer.getvalue() == png()
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert signed_in(paula).get("/newsroom/private/../secret").status_code in {400, 404}


def test_a_document_is_for_people_who_work_here(paula: User) -> None:
    document = File(title="Contract")
    document.file.save("contract.txt", ContentFile(b"confidential"))
    document.save()
    for url in (document.url, document.file.url):
        stranger = Client().get(url)
        assert stranger.status_code == 302
        assert "/newsroom/login/" in stranger["Location"]
        nobody = people.hire(username=f"sam{len(url)}", name="Sam", roles=[])
        assert signed_in(nobody).get(url).status_code in {302, 403}
        answer = signed_in(paula).get(url)
        assert (answer.status_code, answer.getvalue()) == (200, b"confidential")


def test_files_are_kept_from_other_accounts_of_the_machine() -> None:
    from pathlib import Path

    assert Path(added().file.path).stat().st_mode & 0o077 == 0


def test_the_desk_adds_a_picture_with_its_rights_on_the_screen(paula: User) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = signed_in(paula)
    form = client.get(reverse("wagtailimages:add")).content.decode()
    for field in ("alt", "caption", "credit", "holder", "licence", "territory", "terms", "expires_at"):
        assert f'name="{field}"' in form, field
    root = Collection.objects.get(depth=1)
    data = {
        "title": "The harbour",
        "file": SimpleUploadedFile("harbour.png", png(), content_type="image/png"),
        "alt": "Boats at anchor",
        "caption": "",
        "credit": "Ama Owusu/CPA",
        "holder": "CPA",
        "licence": "Agency subscription",
        "territory": "",
        "terms": "",
        "expires_at": "",
        "collection": str(root.pk),
        "tags": "",
    }
    client.post(reverse("wagtailimages:add"), data)
    picture = Picture.objects.get()
    assert (picture.credit, picture.alt, picture.seal) == (
        "Ama Owusu/CPA",
        "Boats at anchor",
        hashlib.sha256(png()).hexdigest(),
    )
    rows = Change.objects.filter(kind="picture").count()
    del data["file"]
    client.post(reverse("wagtailimages:edit", args=[picture.pk]), {**data, "alt": "Boats in the rain"})
    assert Picture.objects.get().alt == "Boats in the rain"
    assert Change.objects.filter(kind="picture").count() > rows
