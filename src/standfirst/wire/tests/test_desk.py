"""What people do on the wire: take, spike, release, settle offers; and what they may not."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from standfirst.changes.models import AuditEntry
from standfirst.kit.errors import Refused
from standfirst.stories import actions as stories
from standfirst.stories.models import Origin, Story
from standfirst.wire import actions, touched
from standfirst.wire.models import Delivery, Item, Offer
from standfirst.wire.tests.agency import Desk, g2, words


def taken(desk: Desk) -> Story:
    return actions.take(item=desk.item(feed=desk.waiting), by=desk.wire_editor, section=desk.section())


def test_taking_an_item_makes_a_draft_with_its_origin(desk: Desk):
    delivery = desk.wait(g2(note="Reporter: +999 555 0100"))
    story = taken(desk)
    assert not story.live
    assert story.owner == desk.wire_editor
    assert story.title == "Bridge at Tarrava gives way"
    assert [block.block_type for block in story.body] == ["paragraph", "paragraph"]
    assert "Reporter: +999 555 0100" in story.desk_note
    assert [byline.author for byline in story.bylines.all()] == [desk.agency]
    origin = Origin.objects.get(story=story)
    assert (origin.version, origin.seal) == ("1", delivery.seal)
    assert desk.item(feed=desk.waiting).place == Item.Place.TAKEN
    assert AuditEntry.objects.filter(verb="took", kind="item").exists()


def test_the_newest_version_is_taken(desk: Desk):
    desk.wait(g2(version=2, headline="Second"))
    desk.wait(g2(version=1, headline="First"))
    assert taken(desk).title == "Second"


def test_taking_twice_says_where_it_is(desk: Desk):
    desk.wait(g2())
    taken(desk)
    with pytest.raises(Refused, match="Bridge at Tarrava gives way"):
        taken(desk)
    assert Story.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (g2(version=2, status="stat:canceled"), "cancelled"),
        (g2(version=2, status="stat:withheld"), "withheld"),
        (g2(version=2, headline="TEST IGNORE"), "test"),
        (g2(version=2, body=""), "no text"),
    ],
)
def test_what_must_not_be_used_is_not_taken(desk: Desk, data: bytes, why: str):
    desk.wait(g2())
    desk.wait(data)
    with pytest.raises(Refused, match=why):
        taken(desk)
    assert not Story.objects.exists()


def test_only_those_who_may_take_spike_and_settle(desk: Desk):
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    with pytest.raises(PermissionDenied):
        actions.take(item=item, by=desk.reporter, section=desk.section())
    with pytest.raises(PermissionDenied):
        actions.spike(item=item, by=desk.reporter)
    with pytest.raises(PermissionDenied):
        actions.release(item=item, because="x", by=desk.wire_editor)
    story = taken(desk)
    desk.wait(g2(version=2))
    with pytest.raises(PermissionDenied):
        actions.settle_offer(offer=Offer.objects.get(), how="kept", by=desk.reporter)
    with pytest.raises(PermissionDenied):
        actions.put_away(delivery=Delivery.objects.earliest("id"), by=desk.reporter)
    with pytest.raises(PermissionDenied):
        actions.read_again(delivery=Delivery.objects.earliest("id"), by=desk.reporter)
    assert Offer.objects.open().get().story_id == story.pk


def test_a_section_in_which_one_may_not_write_is_refused(desk: Desk):
    desk.wait(g2())
    stranger = desk.hire("erin", "Wire editor")
    stranger.groups.clear()
    from django.contrib.auth.models import Permission

    stranger.user_permissions.add(Permission.objects.get(codename="take_item"))
    stranger = type(stranger).objects.get(pk=stranger.pk)
    with pytest.raises(PermissionDenied, match="World"):
        actions.take(item=desk.item(feed=desk.waiting), by=stranger, section=desk.section())


def test_spiked_items_leave_the_list_and_can_still_be_taken(desk: Desk):
    desk.wait(g2())
    actions.spike(item=desk.item(feed=desk.waiting), by=desk.wire_editor)
    assert not Item.objects.waiting().exists()
    assert taken(desk).title
    with pytest.raises(Refused, match="in a story"):
        actions.spike(item=desk.item(feed=desk.waiting), by=desk.wire_editor)


def test_an_offer_is_put_into_the_draft_and_publishes_nothing(desk: Desk):
    desk.wait(g2())
    story = taken(desk)
    stories.publish(story=story, by=desk.editor)
    desk.wait(g2(version=2, headline="Newer", body="<p>New text.</p>"))
    offer = actions.settle_offer(offer=Offer.objects.get(), how="applied", by=desk.editor)
    assert (offer.settled, offer.settled_by) == ("applied", "Alice")
    story = desk.story()
    assert story.title == "Bridge at Tarrava gives way"
    draft = story.get_latest_revision_as_object()
    assert draft.title == "Newer"
    assert words(draft) == "<p>New text.</p>"
    assert story.has_unpublished_changes
    assert touched.by_whom(story) == "Somebody has edited the story."
    assert set(Origin.objects.filter(story=story).values_list("version", flat=True)) == {"1", "2"}
    with pytest.raises(Refused, match="settled"):
        actions.settle_offer(offer=offer, how="kept", by=desk.editor)


def test_keeping_ours_changes_nothing(desk: Desk):
    desk.wait(g2())
    story = taken(desk)
    desk.wait(g2(version=2, headline="Newer"))
    actions.settle_offer(offer=Offer.objects.get(), how="kept", by=desk.editor)
    assert desk.story().latest_revision_id == story.latest_revision_id
    assert not Offer.objects.open().exists()


def test_an_offer_waits_while_somebody_holds_the_story(desk: Desk):
    desk.wait(g2())
    story = taken(desk)
    desk.wait(g2(version=2))
    story.locked, story.locked_by = True, desk.publisher
    story.save()
    with pytest.raises(Refused, match="holds this story"):
        actions.settle_offer(offer=Offer.objects.get(), how="applied", by=desk.editor)
    assert Offer.objects.open().exists()


def test_a_released_item_can_be_taken_again(desk: Desk):
    desk.wait(g2())
    desk.wait(g2(version=2, status="stat:canceled", body=""))
    with pytest.raises(Refused, match="has not said"):
        actions.release(item=desk.item(feed=desk.waiting), because="Phone call", by=desk.publisher)
    desk.wait(g2(version=3, headline="Usable again"))
    with pytest.raises(Refused, match="reason"):
        actions.release(item=desk.item(feed=desk.waiting), because=" ", by=desk.publisher)
    actions.release(item=desk.item(feed=desk.waiting), because="Phone call", by=desk.publisher)
    assert taken(desk).title == "Usable again"


def test_a_file_that_could_not_be_read_is_put_away_but_kept(desk: Desk):
    delivery = desk.wait(b"<broken")
    assert actions.waiting().troubled == 1
    actions.put_away(delivery=delivery, by=desk.wire_editor)
    assert actions.waiting().total == 0
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.UNREADABLE
    with pytest.raises(Refused):
        actions.read_again(delivery=desk.wait(g2()), by=desk.wire_editor)


def test_what_only_looks_like_a_test_can_be_allowed(desk: Desk):
    desk.wait(g2(headline="Test story of the rocket ends well"))
    with pytest.raises(Refused, match="test"):
        taken(desk)
    actions.release(item=desk.item(feed=desk.waiting), because="It is a rocket", by=desk.editor)
    assert taken(desk).title == "Test story of the rocket ends well"
    with pytest.raises(Refused, match="neither"):
        actions.release(item=desk.item(feed=desk.waiting), because="Again", by=desk.editor)
