"""Pictures of the wire: fetched or unpacked, read, placed in stories, and taken out of them again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.test import Client
from django.urls import reverse
from PIL import Image
from wagtail.admin.models import EditingSession

from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.pictures.tests.photographs import alt, camera, iim, photograph, xmp
from standfirst.stories.models import Story
from standfirst.wire import actions, picturing, sealing, sources, touched
from standfirst.wire.intake.common import received
from standfirst.wire.item import Rendition
from standfirst.wire.models import Feed, Item, ItemPicture, Offer, PicturePlace, Source
from standfirst.wire.picturing import choosing, doors
from standfirst.wire.tests.agency import Desk, ninjs

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of pictures do is done by verbs that other tests try on each database."
)

the_file_decides = pytest.mark.one_database(
    "What a picture's file or address says decides; that rows follow is tried on each database by the other tests here."
)

BODY = "".join(f"<p>TARRAVA (CPA) - Paragraph {number} of a text that goes on.</p>" for number in range(1, 12))

IPTC = iim((2, 80, "Ama Owusu"), (2, 110, "CPA Pictures"), (2, 120, "What the file says."), (2, 116, "(c) CPA"))


@dataclass
class Agency:
    """An agency's server for pictures: what it holds, and who asked for what."""

    files: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def put(self, name: str, data: bytes) -> str:
        self.files[f"/{name}"] = data
        return self.url(name)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def agency() -> Iterator[Agency]:
    held = Agency()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            path = self.path.partition("?")[0]
            data = held.files.get(path, b"")
            status = held.status.get(path, 200 if data else 404)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data) if status == 200 else 0))
            self.end_headers()
            if status == 200:
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def near(feed: Feed, agency: Agency, **settings: Any) -> Source:
    """A source of `feed` that is allowed into our own network, at the agency's server."""
    return Source.objects.create(
        feed=feed,
        name=f"{feed.name}-pictures",
        kind=Source.Kind.HTTP,
        settings={"url": agency.url("feed.json"), **settings},
        allow_private=True,
        created_at=clock.now(),
    )


def beside(name: str, *renditions: tuple[str, str, int], **more: Any) -> dict[str, Any]:
    """A picture beside a text, as ninjs 3 writes it. A rendition: (name, href, width)."""
    return {
        "name": name,
        "uri": f"urn:newsml:cpa.example:{name}",
        "type": "picture",
        "headlines": [{"value": f"Headline of {name}"}],
        "descriptions": [{"value": f"Caption of {name}.", "role": "caption"}],
        "by": "Kojo Mensah/CPA",
        "renditions": [
            {"name": role, "href": href, "contentType": "image/jpeg", "width": width, "height": width * 2 // 3}
            for role, href, width in renditions
        ],
        **more,
    }


def text(*associations: dict[str, Any], version: str = "1", item_id: str = "bridge", **more: Any) -> bytes:
    return ninjs(item_id, version, "Bridge gives way", body=BODY, associations=list(associations), **more)


def picture_item(href: str, version: str = "1", item_id: str = "flood-1", **more: Any) -> bytes:
    return ninjs(
        item_id,
        version,
        "Flood",
        type="picture",
        body="",
        renditions=[{"name": "original", "href": href, "contentType": "image/jpeg", "width": 1400, "height": 900}],
        **more,
    )


def live(desk: Desk) -> Story:
    return Story.objects.get(pk=desk.story().pk)


def shows(story: Story) -> list[int]:
    """Ids of the pictures in a story's text, in order."""
    return [block["value"]["picture"] for block in story.body.raw_data if block["type"] == "picture"]


def row(desk: Desk, name: str = "a") -> ItemPicture:
    return ItemPicture.objects.get(name=f"urn:newsml:cpa.example:{name}", item__item_id="urn:newsml:cpa.example:bridge")


# --- fetched ------------------------------------------------------------------------------------------------------


def test_text_goes_live_at_once_and_its_pictures_follow_by_themselves(desk: Desk, agency: Agency):
    near(desk.published, agency)
    first, second = photograph("teal", iptc=IPTC), photograph("navy")
    agency.put("a-small.jpg", photograph("teal", (300, 200)))
    delivery = desk.publish(
        text(
            beside("a", ("thumbnail", agency.url("a-small.jpg"), 300), ("web", agency.put("a.jpg", first), 1400)),
            beside("b", ("web", agency.put("b.jpg", second), 1400)),
        )
    )
    assert delivery.outcomes == {"published": 1}
    story = live(desk)
    assert (story.live, story.lead_picture, agency.asked) == (True, None, [])
    assert picturing.work(10) >= 2
    story = live(desk)
    assert agency.paths() == ["/b.jpg", "/a.jpg"] or agency.paths() == ["/a.jpg", "/b.jpg"]
    assert story.live
    assert not story.has_unpublished_changes
    lead = story.lead_picture
    assert lead.seal == hashlib.sha256(first).hexdigest()
    # The agency's own words go before those in the file; what only the file says is kept too.
    assert (lead.caption, lead.credit, lead.holder) == ("Caption of a.", "Kojo Mensah/CPA", "(c) CPA")
    assert shows(story) == [Picture.objects.get(seal=hashlib.sha256(second).hexdigest()).pk]
    assert touched.by_whom(story) is None  # the next version of the text is put in as before
    assert sealing.read(received(), lead.seal) == first
    assert picturing.work(10) == 0


@the_file_decides
def test_pictures_that_came_with_the_text_need_no_network(desk: Desk):
    first = photograph("teal")
    desk.publish(text(beside("a", ("web", "media/./a%20b.jpg", 1400))), parts={"a b.jpg": first})
    picturing.work(10)
    assert live(desk).lead_picture.seal == hashlib.sha256(first).hexdigest()


@the_file_decides
def test_an_embedded_picture_is_unpacked(desk: Desk):
    import base64

    data = photograph("teal", (1300, 800))
    href = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    desk.publish(text(beside("a", ("web", href, 1300))))
    picturing.work(10)
    assert live(desk).lead_picture.seal == hashlib.sha256(data).hexdigest()


def test_a_picture_that_comes_as_an_item_of_its_own_is_found(desk: Desk, agency: Agency):
    near(desk.published, agency)
    desk.publish(text(beside("flood-1", descriptions=[], by="")))
    picturing.work(10)
    found = ItemPicture.objects.get(item=desk.item())
    assert (found.state, live(desk).lead_picture) == (ItemPicture.State.WANTED, None)
    assert "item of its own" in found.reason
    href = agency.put("flood.jpg", photograph("teal"))
    desk.publish(picture_item(href, descriptions=[{"value": "The flood."}], by="CPA"))
    picturing.work(10)
    picture = live(desk).lead_picture
    assert (picture.caption, picture.credit) == ("The flood.", "CPA")


def test_the_rendition_is_large_enough_and_no_larger():
    def of(*sizes: tuple[str, int | None, int | None]) -> list[str]:
        found = [Rendition(role=role, href=f"/{role}.jpg", width=width, bytes=size) for role, width, size in sizes]
        return [choosing.last_word(each.role) for each in choosing.ordered(found)]

    assert of(("rnd:thumbnail", 150, None), ("rnd:web", 1400, None), ("rnd:highRes", 5000, None))[0] == "web"
    assert of(("thumbnail", None, None), ("viewImage", None, None), ("baseImage", None, None))[0] == "baseimage"
    assert of(("Thumbnail", 245, None), ("Preview_W", 1200, None), ("HighDef", 3500, 9_000_000))[0] == "highdef"
    assert of(("s720", None, None), ("s2048", None, None), ("s4096", None, None))[0] == "s2048"
    assert of(("web", 800, None), ("original", 9000, 61_000_000)) == ["web"]
    assert choosing.ordered([Rendition(role="caption_nitf", href="/a.xml"), Rendition(href="/a.mp4")]) == []


def test_what_fails_is_tried_again_later_and_holds_nothing_up(desk: Desk, agency: Agency):
    near(desk.published, agency)
    url = agency.url("late.jpg")
    desk.publish(text(beside("a", ("web", url, 1400)), beside("b", ("web", agency.put("b.jpg", photograph()), 1400))))
    picturing.work(10)
    failed = row(desk)
    assert (failed.state, failed.tries) == (ItemPicture.State.WANTED, 1)
    assert "404" in failed.reason
    assert failed.next_at is not None
    assert failed.next_at > clock.now()
    assert picturing.work(10) == 0
    agency.put("late.jpg", photograph("red"))
    clock.set_offset(timedelta(minutes=1))
    picturing.work(10)
    assert live(desk).lead_picture.seal == hashlib.sha256(photograph("red")).hexdigest()


def test_what_never_comes_is_given_up_with_a_reason_and_can_be_asked_for_again(desk: Desk, agency: Agency):
    near(desk.published, agency)
    desk.publish(text(beside("a", ("web", agency.url("never.jpg"), 1400))))
    for hours in range(1, 12):
        picturing.work(10)
        clock.set_offset(timedelta(hours=hours * 7))
    assert row(desk).state == ItemPicture.State.FAILED
    asked = len(agency.asked)
    picturing.work(10)
    assert len(agency.asked) == asked
    picturing.fetch_again(row=row(desk), by=desk.wire_editor)
    agency.put("never.jpg", photograph())
    picturing.work(10)
    assert row(desk).state == ItemPicture.State.FETCHED
    with pytest.raises(Refused):
        picturing.fetch_again(row=row(desk), by=desk.wire_editor)


@the_file_decides
def test_what_is_no_picture_is_refused_and_kept_as_it_came(desk: Desk, agency: Agency):
    near(desk.published, agency)
    page = b"<html>Please sign in</html>"
    desk.publish(text(beside("a", ("web", agency.put("a.jpg", page), 1400))))
    picturing.work(10)
    assert row(desk).state == ItemPicture.State.REFUSED
    assert "no picture" in row(desk).reason
    assert sealing.read(received(), hashlib.sha256(page).hexdigest()) == page
    assert live(desk).lead_picture is None


@the_file_decides
def test_no_picture_is_fetched_from_our_own_network_unless_the_source_may(desk: Desk, agency: Agency):
    desk.publish(text(beside("a", ("web", agency.put("a.jpg", photograph()), 1400))))
    picturing.work(10)
    assert agency.asked == []
    assert row(desk).state == ItemPicture.State.REFUSED


def test_a_feed_that_only_stores_fetches_when_somebody_takes(desk: Desk, agency: Agency):
    held = desk.feed("cpa-hold", Feed.Mode.HOLD)
    near(held, agency)
    actions.take_in(feed=held, data=text(beside("a", ("web", agency.put("a.jpg", photograph()), 1400))))
    assert picturing.work(10) == 0
    actions.take(item=desk.item(feed=held), by=desk.editor, section=desk.section())
    picturing.work(10)
    assert agency.paths() == ["/a.jpg"]
    assert Story.objects.get().get_latest_revision_as_object().lead_picture is not None


# --- taken --------------------------------------------------------------------------------------------------------


def test_take_puts_pictures_that_are_here_into_the_draft_with_their_words(desk: Desk, agency: Agency):
    near(desk.waiting, agency)
    first = photograph(packet=xmp(alt("Iptc4xmpCore:AltTextAccessibility", "A bridge in two pieces.")))
    desk.wait(
        text(
            beside("a", ("web", agency.put("a.jpg", first), 1400)),
            beside("b", ("web", agency.put("b.jpg", photograph("navy")), 1400)),
            beside("c", ("web", agency.put("c.jpg", photograph("red")), 1400)),
        )
    )
    picturing.work(10)
    assert not Picture.objects.exists()  # the library holds what stories show, not all that the agencies send
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    draft = story.get_latest_revision_as_object()
    assert not story.live
    lead = draft.lead_picture
    assert (lead.caption, lead.credit, lead.alt) == ("Caption of a.", "Kojo Mensah/CPA", "A bridge in two pieces.")
    kinds = [block.block_type for block in draft.body]
    assert kinds.count("picture") == 2
    assert kinds.index("picture") == 4  # between the paragraphs, not in a heap


def test_a_picture_that_comes_after_take_is_fetched_first_and_placed_while_there_is_room(desk: Desk, agency: Agency):
    near(desk.waiting, agency)
    desk.wait(text(item_id="other"))
    desk.wait(text(beside("z", ("web", agency.put("z.jpg", photograph("olive")), 1400)), item_id="other", version="2"))
    desk.wait(text(beside("a", ("web", agency.put("a.jpg", photograph()), 1400))))
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    assert story.get_latest_revision_as_object().lead_picture is None
    assert picturing.work(1) == 1
    assert agency.paths() == ["/a.jpg"]
    assert Story.objects.get(pk=story.pk).get_latest_revision_as_object().lead_picture is not None


def test_a_story_that_somebody_has_open_waits_and_one_with_a_picture_of_its_own_keeps_it(desk: Desk, agency: Agency):
    near(desk.waiting, agency)
    desk.wait(text(beside("a", ("web", agency.put("a.jpg", photograph()), 1400))))
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    EditingSession.objects.create(
        user=desk.editor,
        content_type=ContentType.objects.get_for_model(Story),
        object_id=str(story.pk),
        last_seen_at=clock.now(),
    )
    picturing.work(10)
    assert Story.objects.get().get_latest_revision_as_object().lead_picture is None
    assert "open in the editor" in PicturePlace.objects.get().because
    EditingSession.objects.all().delete()
    own = pictures.add(data=photograph("gold"), file_name="own.jpg", title="Own")
    draft = Story.objects.get().get_latest_revision_as_object()
    draft.lead_picture = own
    draft.save_revision(user=desk.editor)
    clock.set_offset(timedelta(minutes=1))
    picturing.work(10)
    story = Story.objects.get()
    assert story.get_latest_revision_as_object().lead_picture == own
    assert PicturePlace.objects.get().state == PicturePlace.State.LEFT
    # A person decides where it goes.
    picturing.place(row=row(desk), story=story, by=desk.editor)
    draft = Story.objects.get().get_latest_revision_as_object()
    assert draft.lead_picture == own
    assert len(shows(draft)) == 1
    with pytest.raises(Refused, match="already"):
        picturing.place(row=row(desk), story=story, by=desk.editor)


def test_a_newer_version_changes_the_pictures_of_untouched_copy_and_offers_them_else(desk: Desk, agency: Agency):
    near(desk.published, agency)
    a = beside("a", ("web", agency.put("a.jpg", photograph("teal")), 1400))
    b = beside("b", ("web", agency.put("b.jpg", photograph("navy")), 1400))
    c = beside("c", ("web", agency.put("c.jpg", photograph("red")), 1400))
    desk.publish(text(a, b))
    picturing.work(10)
    assert len(shows(live(desk))) == 1
    desk.publish(text(a, b, version="2"))  # a new text keeps its pictures
    assert len(shows(live(desk))) == 1
    assert picturing.work(10) == 0
    desk.publish(text(c, version="3"))
    picturing.work(10)
    story = live(desk)
    assert story.lead_picture.seal == hashlib.sha256(photograph("red")).hexdigest()
    assert shows(story) == []
    story.title = "Our own headline"
    story.save_revision(user=desk.editor).publish()
    desk.publish(text(b, version="4"))
    picturing.work(10)
    story = live(desk)
    assert story.lead_picture.seal == hashlib.sha256(photograph("red")).hexdigest()
    left = PicturePlace.objects.get(picture__name__endswith=":b")
    assert left.state == PicturePlace.State.LEFT
    assert "edited" in left.because
    actions.settle_offer(offer=Offer.objects.open().get(), how="applied", by=desk.editor)
    draft = live(desk).get_latest_revision_as_object()
    assert draft.lead_picture.seal == hashlib.sha256(photograph("navy")).hexdigest()


# --- rights -------------------------------------------------------------------------------------------------------


@the_file_decides
@pytest.mark.parametrize(
    ("more", "iptc", "why"),
    [
        ({"usageTerms": "NO ARCHIVES. Mandatory credit."}, b"", "archive"),
        ({"usageTerms": "Nicht für Online"}, b"", "web"),
        ({}, iim((2, 40, "HOLD until further notice")), "hold"),
        ({}, iim((2, 7, "KILL")), "kill"),
    ],
)
def test_terms_that_a_machine_must_not_decide_hold_a_picture_for_a_person(
    desk: Desk, more: dict[str, str], iptc: bytes, why: str
):
    desk.publish(text(beside("a", ("web", "a.jpg", 1400), **more)), parts={"a.jpg": photograph(iptc=iptc)})
    picturing.work(10)
    story = live(desk)
    assert (story.live, story.lead_picture) == (True, None)
    assert why in row(desk).held_because[0]
    picturing.place(row=row(desk), story=story, by=desk.editor)
    draft = live(desk).get_latest_revision_as_object()
    assert draft.lead_picture is not None
    assert draft.lead_picture.terms == more.get("usageTerms", "")


def test_the_end_of_rights_is_kept_with_the_picture_and_a_start_is_waited_for(desk: Desk):
    ends = (clock.now() + timedelta(hours=2)).replace(microsecond=0)
    starts = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    said = iim((2, 30, f"{starts:%Y%m%d}"), (2, 35, f"{starts:%H%M%S}+0000"))
    desk.publish(
        text(beside("a", ("web", "a.jpg", 1400), expires=ends.isoformat())), parts={"a.jpg": photograph(iptc=said)}
    )
    picturing.work(10)
    assert live(desk).lead_picture is None
    clock.set_offset(timedelta(minutes=61))
    picturing.work(10)
    picture = live(desk).lead_picture
    assert picture.expires_at == ends
    assert not picture.usable(ends)


def test_a_picture_made_by_a_machine_carries_a_note_to_the_desk(desk: Desk):
    packet = xmp(
        "", 'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"'
    )
    desk.wait(text(beside("a", ("web", "a.jpg", 1400))), parts={"a.jpg": photograph(packet=packet)})
    picturing.work(10)
    [shown] = picturing.shown(desk.item(feed=desk.waiting))
    assert any("machine" in note for note in shown.notes)
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    assert "machine" in story.get_latest_revision_as_object().desk_note


# --- taken back ---------------------------------------------------------------------------------------------------


def test_a_killed_picture_item_leaves_every_story_and_the_stories_stay(desk: Desk, agency: Agency):
    near(desk.published, agency)
    data = photograph("teal")
    href = agency.put("flood.jpg", data)
    desk.publish(text(beside("flood-1", ("web", href, 1400))))
    desk.publish(picture_item(href))
    picturing.work(10)
    picture = live(desk).lead_picture
    assert picture.usable(clock.now())
    mail.outbox.clear()
    desk.publish(picture_item(href, "2", pubStatus="canceled"))
    picture.refresh_from_db()
    assert picture.killed_at is not None
    assert live(desk).live
    assert {found.state for found in ItemPicture.objects.all()} == {ItemPicture.State.KILLED}
    # The same bytes under another name stay killed, and so does a later text that names the picture.
    desk.publish(text(beside("other", ("web", href, 1400)), item_id="second"))
    desk.publish(text(beside("flood-1", ("web", agency.put("again.jpg", photograph("red")), 1400)), item_id="third"))
    picturing.work(10)
    assert ItemPicture.objects.filter(state=ItemPicture.State.KILLED).count() == ItemPicture.objects.count()
    assert not Story.objects.exclude(lead_picture=None).exclude(lead_picture=picture).exists()
    with pytest.raises(Refused):
        pictures.add(data=data, file_name="x.jpg", title="x")


def test_a_withheld_picture_item_takes_its_picture_out_until_people_agree(desk: Desk, agency: Agency):
    near(desk.published, agency)
    href = agency.put("flood.jpg", photograph())
    desk.publish(text(beside("flood-1", ("web", href, 1400))))
    desk.publish(picture_item(href))
    picturing.work(10)
    desk.publish(picture_item(href, "2", pubStatus="withheld"))
    picture = live(desk).lead_picture
    assert picture.killed_at is not None
    kill = PictureKill.objects.standing()[0]
    with pytest.raises(Refused, match="release"):
        pictures.restore(kill=kill, because="It is fine.", by=desk.editor)
    desk.publish(picture_item(href, "3"))
    actions.release(item=desk.item("flood-1"), because="The agency's desk said so.", by=desk.publisher)
    for kill in PictureKill.objects.standing():
        pictures.restore(kill=kill, because="Checked.", by=desk.editor)
    picture.refresh_from_db()
    assert picture.killed_at is None


def test_a_killed_text_takes_along_what_came_only_with_it(desk: Desk, agency: Agency):
    near(desk.published, agency)
    own = beside("own", ("web", agency.put("own.jpg", photograph("teal")), 1400))
    shared = beside("shared", ("web", agency.put("shared.jpg", photograph("navy")), 1400))
    desk.publish(text(own, shared))
    desk.publish(text(shared, item_id="other"))
    picturing.work(10)
    desk.publish(text(version="2", pubStatus="canceled"))
    killed = {picture.seal: picture.killed_at is not None for picture in Picture.objects.all()}
    assert killed == {
        hashlib.sha256(photograph("teal")).hexdigest(): True,
        hashlib.sha256(photograph("navy")).hexdigest(): False,
    }


def test_other_bytes_of_a_killed_picture_stay_out_until_the_kill_is_undone(desk: Desk):
    desk.publish(text(beside("a", ("web", "a.jpg", 1400))), parts={"a.jpg": photograph("teal")})
    picturing.work(10)
    shown = Picture.objects.get(pk=live(desk).lead_picture_id)
    kill = pictures.kill(picture=shown, by=desk.publisher, reason="Not what it seems.")
    again = text(beside("a", ("web", "b.jpg", 1500), version="2"), version="2")
    desk.publish(again, parts={"b.jpg": photograph("red")})
    picturing.work(10)
    assert row(desk).state == ItemPicture.State.KILLED
    assert not picturing.shown(desk.item())[0].may_fetch
    pictures.restore(kill=kill, because="It is.", by=desk.editor)
    picturing.fetch_again(row=row(desk), by=desk.wire_editor)
    picturing.work(10)
    assert row(desk).state == ItemPicture.State.FETCHED


@the_file_decides
def test_a_thumbnail_is_no_lead(desk: Desk):
    desk.publish(text(beside("a", ("web", "a.jpg", 120))), parts={"a.jpg": photograph("teal", (120, 80))})
    picturing.work(10)
    assert live(desk).lead_picture is None
    assert "pixels" in row(desk).held_because[0]


# --- on the screen ------------------------------------------------------------------------------------------------


def test_people_who_read_the_wire_see_small_copies_and_nobody_else(desk: Desk):
    exif = camera(x010E="x")
    desk.wait(text(beside("a", ("web", "a.jpg", 1400))), parts={"a.jpg": photograph(exif=exif, iptc=IPTC)})
    picturing.work(10)
    [shown] = picturing.shown(desk.item(feed=desk.waiting))
    assert (shown.caption, shown.credit, shown.says) == ("Caption of a.", "Kojo Mensah/CPA", "Here")
    client = Client()
    assert client.get(shown.url).status_code == 302
    client.force_login(desk.wire_editor)
    answer = client.get(shown.url)
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"SERIAL" not in answer.content
    assert b"Ama" not in answer.content
    from io import BytesIO

    with Image.open(BytesIO(answer.content)) as small:
        assert max(small.size) <= 640
        assert not small.getexif()
    assert client.get(shown.url, headers={"if-none-match": answer["ETag"]}).status_code == 304
    desk.wait(text(version="2", pubStatus="canceled"))
    assert client.get(shown.url).status_code == 404


def test_the_desk_puts_a_picture_into_a_draft_and_fetches_one_again(desk: Desk):
    data = text(beside("a", ("web", "a.jpg", 1400), usageTerms="NO ARCHIVE"), beside("b", ("web", "b.jpg", 1400)))
    desk.wait(data, parts={"a.jpg": photograph()})
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    client = Client()
    client.force_login(desk.reporter)
    url = reverse("wire:picture_place", args=[row(desk).pk])
    assert client.post(url, {"story": story.pk}).status_code in (302, 403)
    assert Story.objects.get().get_latest_revision_as_object().lead_picture is None
    client.force_login(desk.editor)
    assert client.post(url, {"story": story.pk})["Location"] == reverse("wagtailadmin_pages:edit", args=[story.pk])
    assert Story.objects.get().get_latest_revision_as_object().lead_picture is not None
    ItemPicture.objects.filter(pk=row(desk, "b").pk).update(state=ItemPicture.State.FAILED)
    client.post(reverse("wire:picture_fetch", args=[row(desk, "b").pk]))
    assert row(desk, "b").state == ItemPicture.State.WANTED
    assert Item.objects.get().pictures.count() == 2


def test_a_picture_item_goes_into_the_library_when_somebody_asks(desk: Desk):
    desk.wait(picture_item("a.jpg", descriptions=[{"value": "The flood."}], by="CPA"), parts={"a.jpg": photograph()})
    picturing.work(10)
    client = Client()
    client.force_login(desk.wire_editor)
    found = ItemPicture.objects.get()
    page = client.get(reverse("wire:item", args=[found.item_id])).content.decode()
    assert reverse("wire:picture_thumbnail", args=[found.pk]) in page
    assert not Picture.objects.exists()
    client.post(reverse("wire:picture_keep", args=[found.pk]))
    picture = Picture.objects.get()
    assert (picture.caption, picture.credit, picture.licence) == ("The flood.", "CPA", "CPA-DESK")
    assert "In the picture library" in client.get(reverse("wire:item", args=[found.item_id])).content.decode()


# --- credentials --------------------------------------------------------------------------------------------------


@the_file_decides
def test_credentials_go_to_hosts_that_the_source_names_and_to_no_other(desk: Desk, agency: Agency):
    source = near(desk.published, agency, picture_hosts=["127.0.0.1"])
    source.settings = {**source.settings, "url": "http://api.cpa.example/feed", "user": "post", "key_name": "X-Key"}
    source.secrets = sources.vault().lock({"password": "open sesame", "api_key": "k-42"}, purpose="wire source")
    source.save()
    desk.publish(text(beside("a", ("web", agency.put("a.jpg", photograph()), 1400))))
    picturing.work(10)
    [(_, sent)] = agency.asked
    assert sent["x-key"] == "k-42"
    assert sent["authorization"].startswith("Basic ")
    for url in ("http://cdn.elsewhere.example/a.jpg", "http://127.0.0.1.evil.example/a.jpg", "nonsense://"):
        door = doors.for_address(desk.published, url)
        assert (dict(door.headers), dict(door.secret_query), door.allow_private) == ({}, {}, False)
    source.settings = {**source.settings, "url": "https://api.cpa.example/feed"}
    source.save()
    # Never over an open line where the source's own is protected.
    assert not doors.for_address(desk.published, "http://api.cpa.example/a.jpg").headers
    assert doors.for_address(desk.published, "https://api.cpa.example/a.jpg").headers
    assert "k-42" not in repr(doors.for_address(desk.published, "https://api.cpa.example/a.jpg"))
