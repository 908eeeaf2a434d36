"""Pictures of the wire on the pages that readers get: shown, ended, killed, restored, and clean of what files tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from standfirst.kit import clock
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.pictures.tests.photographs import alt, camera, iim, photograph, xmp
from standfirst.stories import picturing as by_hand
from standfirst.stories.models import Story
from standfirst.wire import actions, picturing
from standfirst.wire.models import Feed
from standfirst.wire.tests.test_picturing import beside, picture_item, text
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

CANARY = "CANARY-0042"


@pytest.fixture
def feed(newsroom: Newsroom) -> Iterator[Feed]:
    yield Feed.objects.create(
        name="cpa", title="CPA World", mode=Feed.Mode.PUBLISH, section=newsroom.world, provider="cpa"
    )
    clock.set_offset(timedelta(0))


def telling(colour: str = "teal") -> bytes:
    """A photograph whose file tells all that readers must never get."""
    exif = camera(x010E=CANARY, x013B=CANARY, x8298=CANARY)
    exif.get_ifd(0x8769)[0xA431] = CANARY
    packet = xmp(alt("dc:rights", CANARY), f'photoshop:Instructions="{CANARY}" xmpRights:WebStatement="{CANARY}"')
    return photograph(colour, exif=exif, packet=packet, iptc=iim((2, 80, CANARY), (2, 115, CANARY), (2, 118, CANARY)))


def take_in(feed: Feed, data: bytes, **parts: bytes) -> None:
    named = {name.replace("_", "."): part for name, part in parts.items()}
    assert actions.take_in(feed=feed, data=data, file_name="x.json", parts=named).state == "read"
    picturing.work(20)


def copies(newsroom: Newsroom) -> list[str]:
    return [name for name in newsroom.output() if "/pictures/" in name]


def naming(newsroom: Newsroom, picture: Picture, caption: str) -> list[str]:
    """Every page, feed and file for machines that shows the picture, or says what stands under it."""
    stem = {name.rpartition("/")[2].rpartition("-")[0] for name in copies(newsroom)}
    marks = [caption.encode(), *(part.encode() for part in stem), b"og:image", b"media:content", b"/pictures/"]
    return [
        name
        for name, data in newsroom.output().items()
        if "/pictures/" not in name and any(mark in data for mark in marks)
    ]


def test_a_picture_of_the_wire_is_on_every_surface_and_nothing_of_its_file_is(newsroom: Newsroom, feed: Feed) -> None:
    take_in(feed, text(beside("a", ("web", "a.jpg", 1400), by="Kojo Mensah/CPA")), a_jpg=telling())
    newsroom.at_rest()
    assert copies(newsroom)
    picture = Picture.objects.get()
    shown = naming(newsroom, picture, "Caption of a.")
    assert any("bridge" in name for name in shown), shown
    # An agency's picture is on our pages, and goes to nobody else.
    assert not [name for name in shown if name.endswith((".json", "feed.xml", "atom.xml"))]
    assert any(name.startswith("pages/index") or name == "pages/index.html" for name in shown), shown
    everything = newsroom.everything()
    assert CANARY.encode() not in everything
    for name in copies(newsroom):
        with Image.open(BytesIO(newsroom.output()[name])) as copy:
            assert not copy.getexif(), name
            assert not {"exif", "xmp", "photoshop", "comment", "icc_profile"} & set(copy.info), name
    page = next(data for name, data in newsroom.output().items() if b"og:image" in data)
    assert b"Kojo Mensah/CPA" in page
    newsroom.prove()


def test_at_the_moment_its_rights_end_a_picture_is_gone_from_every_surface(newsroom: Newsroom, feed: Feed) -> None:
    ends = clock.now() + timedelta(hours=1)
    take_in(feed, text(beside("a", ("web", "a.jpg", 1400), expires=ends.isoformat())), a_jpg=photograph())
    newsroom.at_rest()
    picture = Picture.objects.get()
    assert naming(newsroom, picture, "Caption of a.")
    clock.set_offset(timedelta(minutes=59))
    newsroom.at_rest()
    assert copies(newsroom)
    clock.set_offset(timedelta(minutes=61))
    newsroom.at_rest()
    assert not copies(newsroom)
    assert not naming(newsroom, picture, "Caption of a.")
    assert Story.objects.get().live
    newsroom.prove()


def test_an_agencys_kill_of_a_picture_empties_every_surface_and_leaves_the_story(
    newsroom: Newsroom, feed: Feed
) -> None:
    take_in(feed, text(beside("flood-1", ("web", "a.jpg", 1400))), a_jpg=photograph())
    take_in(feed, picture_item("a.jpg"), a_jpg=photograph())
    newsroom.at_rest()
    picture = Picture.objects.get()
    assert naming(newsroom, picture, "Caption of flood-1.")
    take_in(feed, picture_item("a.jpg", "2", pubStatus="canceled"))
    newsroom.at_rest()
    assert not copies(newsroom)
    assert not naming(newsroom, picture, "Caption of flood-1.")
    assert b"Bridge gives way" in newsroom.everything()
    take_in(feed, text(beside("else", ("web", "b.jpg", 1400)), item_id="other"), b_jpg=photograph())
    newsroom.at_rest()
    assert not copies(newsroom)
    newsroom.prove()


def test_a_kill_by_hand_holds_for_the_bytes_until_a_second_person_undoes_it(newsroom: Newsroom, feed: Feed) -> None:
    take_in(feed, text(beside("a", ("web", "a.jpg", 1400))), a_jpg=photograph())
    twin = pictures.add(data=photograph(), file_name="twin.jpg", title="Twin")
    newsroom.story("Another story", lead_picture=twin)
    newsroom.at_rest()
    picture = Story.objects.get(title="Bridge gives way").lead_picture
    assert picture is not None
    by_hand.kill_picture(picture=picture, reason="It is not what it seems.", by=newsroom.publisher)
    newsroom.at_rest()
    assert not copies(newsroom)
    # A form that was opened before the kill is saved after it.
    stale = Picture.objects.get(pk=picture.pk)
    stale.killed_at, stale.caption = None, "Saved from an old form"
    stale.save()
    newsroom.at_rest()
    assert not copies(newsroom)
    kill = PictureKill.objects.get()
    assert kill.seal == hashlib.sha256(photograph()).hexdigest()
    by_hand.restore_picture(kill=kill, because="It is what it seems.", by=newsroom.editor)
    newsroom.at_rest()
    assert copies(newsroom)
    newsroom.prove()
