"""What wire versions do to stories: made, updated, offered, taken back; whatever a person did to them in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from wagtail.admin.models import EditingSession
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from standfirst.changes.models import AuditEntry
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Correction, Embargo, Origin, Publication, Story, Takedown
from standfirst.wire import actions, touched
from standfirst.wire.intake import common
from standfirst.wire.models import Feed, Item, Offer
from standfirst.wire.tests.agency import Desk, g2, lifecycle, ninjs, words
from tests.post import posted

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of intake do is done by verbs that other tests try on each database."
)

# --- made and updated ---------------------------------------------------------------------------------------------


def test_a_publishing_feed_makes_a_story_and_publishes_it(desk: Desk):
    delivery = desk.publish(g2())
    assert delivery.outcomes == {"published": 1}
    story = desk.story()
    assert story.live
    assert story.title == "Bridge at Tarrava gives way"
    assert (story.byline, story.credit, story.language) == ("By Ilse Brandt", "CPA", "en")
    assert [byline.author for byline in story.bylines.all()] == [desk.agency]
    assert story.get_parent().pk == desk.world.pk
    origin = Origin.objects.get(story=story)
    assert (origin.provider, origin.item_id, origin.version) == ("cpa-live", "urn:newsml:cpa.example:bridge", "1")
    assert origin.seal == delivery.seal
    assert origin.revision == story.live_revision_id
    assert desk.item().place == Item.Place.TAKEN
    assert touched.by_whom(story) is None


def test_the_three_settings_differ_in_who_acts(desk: Desk):
    held = desk.feed("cpa-hold", Feed.Mode.HOLD)
    assert actions.take_in(feed=held, data=g2()).outcomes == {"stored": 1}
    assert desk.wait(g2()).outcomes == {"waiting": 1}
    assert desk.publish(g2()).outcomes == {"published": 1}
    assert list(Item.objects.waiting().values_list("feed__name", flat=True)) == ["cpa-desk"]
    assert Story.objects.count() == 1


def test_a_silent_version_updates_the_story_but_not_its_refreshed_time(desk: Desk):
    desk.publish(g2())
    before = Publication.objects.get()
    assert desk.publish(g2(version=2, headline="Bridge gives way after rain")).outcomes == {"updated": 1}
    story = desk.story()
    assert story.title == "Bridge gives way after rain"
    assert story.live
    assert not story.has_unpublished_changes
    after = Publication.objects.get()
    assert (after.refreshed, after.refreshes) == (before.refreshed, 0)
    assert not Correction.objects.exists()
    assert Origin.objects.filter(story=story).count() == 2
    assert touched.by_whom(story) is None


def test_a_marked_update_moves_the_refreshed_time(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, headline="Bridge gives way, ferry to run", signal="sig:update"))
    publication = Publication.objects.get()
    assert publication.refreshes == 1
    assert publication.refreshed > publication.first
    assert not Correction.objects.exists()


def test_a_correction_leaves_a_public_note_that_quotes_no_editors_note(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, body="<p>Five were hurt.</p>", signal="sig:correction", note="CANARY corrects number"))
    note = Correction.objects.get()
    assert (note.kind, note.text, note.by) == ("correction", "This story has been corrected by the agency.", None)
    assert Publication.objects.get().refreshes == 1
    assert "CANARY" not in str([f.value_from_object(desk.story()) for f in Story._meta.concrete_fields])


def test_a_correction_note_that_the_agency_allows_is_printed(desk: Desk):
    desk.publish(g2())
    desk.publish(
        g2(version=2, body="<p>Five.</p>", signal="sig:correction", public_note="Five people, not six, were hurt.")
    )
    assert Correction.objects.get().text == "Five people, not six, were hurt."


def test_editors_notes_never_reach_what_readers_see(desk: Desk):
    desk.publish(g2(note="CANARY +999 555 0100"))
    desk.publish(g2(version=2, headline="Other", note="CANARY two"))
    story = desk.story()
    assert "CANARY" not in repr([f.value_from_object(story) for f in Story._meta.concrete_fields])
    assert "CANARY" not in repr([revision.content for revision in story.revisions.all()])
    desk.wait(g2(note="CANARY three", extra=""))
    taken = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    public = {f.name: f.value_from_object(taken) for f in Story._meta.concrete_fields if f.name != "desk_note"}
    assert "CANARY" not in repr(public)
    assert "CANARY three" in taken.desk_note


def test_what_is_no_story_or_contradicts_itself_waits_for_a_person(desk: Desk):
    assert desk.publish(g2("empty", body="")).outcomes == {"held": 1}
    assert desk.publish(g2("kill?", note="KILL this story")).outcomes == {"held": 1}
    assert desk.publish(g2("odd", status="stat:mysterious")).outcomes == {"held": 1}
    assert desk.publish(g2("test", headline="TEST IGNORE")).outcomes == {"held": 1}
    picture = g2("pic").replace(b"ninat:text", b"ninat:picture")
    assert desk.publish(picture).outcomes == {"held": 1}
    assert not Story.objects.exists()
    assert Item.objects.waiting().count() == 5
    assert all(item.held_because for item in Item.objects.all())


def test_a_publishing_feed_without_a_section_holds(desk: Desk):
    feed = desk.feed("homeless", Feed.Mode.PUBLISH)
    feed.section = None
    feed.save()
    assert actions.take_in(feed=feed, data=g2()).outcomes == {"held": 1}
    assert "no section" in Item.objects.get().held_because[0]


def test_a_spiked_item_is_not_published_by_a_later_version(desk: Desk):
    desk.wait(g2())
    actions.spike(item=desk.item(feed=desk.waiting), by=desk.wire_editor)
    assert desk.wait(g2(version=2)).outcomes == {"stored": 1}
    assert desk.item(feed=desk.waiting).place == Item.Place.SPIKED
    desk.wait(g2(version=3, signal="sig:correction"))
    assert desk.item(feed=desk.waiting).place == Item.Place.WAITING


# --- touched ------------------------------------------------------------------------------------------------------


def edited(desk: Desk, story: Story) -> None:
    story.title = "Our own headline"
    story.save_revision(user=desk.editor)


def edited_and_published(desk: Desk, story: Story) -> None:
    story.title = "Our own headline"
    story.save_revision(user=desk.editor).publish(user=desk.editor)


def locked(desk: Desk, story: Story) -> None:
    story.locked, story.locked_by, story.locked_at = True, desk.editor, clock.now()
    story.save()


def handed_in(desk: Desk, story: Story) -> None:
    task = GroupApprovalTask.objects.create(name="Desk")
    task.groups.set(desk.editor.groups.all())
    workflow = Workflow.objects.create(name="Desk")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    workflow.start(story, desk.reporter)


def opened(desk: Desk, story: Story) -> None:
    EditingSession.objects.create(
        user=desk.reporter,
        content_type=ContentType.objects.get_for_model(Story),
        object_id=str(story.pk),
        last_seen_at=clock.now(),
    )


def unpublished(desk: Desk, story: Story) -> None:
    stories.unpublish(story=story, by=desk.editor)


@pytest.mark.parametrize("touch", [edited, edited_and_published, locked, handed_in, opened, unpublished])
def test_a_story_that_a_person_touched_is_offered_the_new_version(desk: Desk, touch):
    desk.publish(g2())
    touch(desk, desk.story())
    before = desk.story()
    assert desk.publish(g2(version=2, headline="New from the agency", signal="sig:correction")).outcomes == {
        "offered": 1
    }
    after = desk.story()
    assert (after.title, after.live, after.live_revision_id) == (before.title, before.live, before.live_revision_id)
    assert not Correction.objects.exists()
    offer = Offer.objects.get()
    assert offer.story_id == after.pk
    assert offer.because
    assert offer.settled_at is None


def test_an_editor_left_open_long_ago_does_not_count(desk: Desk):
    desk.publish(g2())
    opened(desk, desk.story())
    EditingSession.objects.update(last_seen_at=clock.now() - timedelta(minutes=11))
    assert desk.publish(g2(version=2)).outcomes == {"updated": 1}


def test_a_copy_counts_as_touched(desk: Desk):
    desk.publish(g2())
    copy = desk.story().copy(to=desk.section(), keep_live=False, user=desk.editor)
    assert desk.publish(g2(version=2, headline="Newer")).outcomes == {"offered": 1}
    assert Story.objects.get(title="Newer").live
    assert Offer.objects.get().story_id == copy.pk


def test_only_the_newest_version_stays_offered(desk: Desk):
    desk.publish(g2())
    edited(desk, desk.story())
    desk.publish(g2(version=2))
    desk.publish(g2(version=3))
    assert Offer.objects.open().get().version.label == "3"
    assert Offer.objects.get(version__label="2").settled == Offer.Settled.OVERTAKEN


def test_a_desk_feed_offers_even_for_untouched_stories(desk: Desk):
    desk.wait(g2())
    story = actions.take(item=desk.item(feed=desk.waiting), by=desk.editor, section=desk.section())
    stories.publish(story=story, by=desk.editor)
    assert desk.wait(g2(version=2, headline="Newer", signal="sig:update")).outcomes == {"offered": 1}
    assert desk.story().title == "Bridge at Tarrava gives way"


def test_a_version_with_a_doubtful_note_is_offered_not_published(desk: Desk):
    desk.publish(g2())
    assert desk.publish(g2(version=2, headline="Changed", note="CORRECTS the number")).outcomes == {"held": 1}
    assert desk.story().title == "Bridge at Tarrava gives way"
    assert "correction" in Offer.objects.get().because


# --- taken back ---------------------------------------------------------------------------------------------------


def nothing(desk: Desk, story: Story) -> None:
    pass


@pytest.mark.parametrize("touch", [nothing, edited, edited_and_published, locked, handed_in, opened, unpublished])
@pytest.mark.parametrize(("status", "kind"), [("stat:canceled", "kill"), ("stat:withheld", "withhold")])
def test_a_takedown_is_carried_out_whatever_a_person_did(desk: Desk, touch, status: str, kind: str):
    desk.publish(g2())
    touch(desk, desk.story())
    outcome = desk.publish(g2(version=2, status=status, body="", note="MANDATORY. CANARY")).outcomes
    assert outcome == {"killed" if kind == "kill" else "withheld": 1}
    story = desk.story()
    assert not story.live
    fact = Takedown.objects.standing().get(story=story)
    assert (fact.kind, fact.by, fact.names) == (kind, "wire", False)
    assert fact.wording == common.WITHDRAWN
    assert "CANARY" in fact.reason
    assert story.current_workflow_state is None
    item = desk.item()
    assert item.place == Item.Place.DOWN
    assert item.headline == "Bridge at Tarrava gives way"


def test_a_kill_reaches_copies_drafts_and_what_is_scheduled(desk: Desk):
    desk.publish(g2())
    copy = desk.story().copy(to=desk.section(), keep_live=False, user=desk.editor)
    stories.publish(story=copy, by=desk.editor)
    later = Story.objects.get(pk=copy.pk).copy(to=desk.section(), keep_live=False, user=desk.editor)
    later.go_live_at = clock.now() + timedelta(hours=1)
    later.save_revision(user=desk.editor).publish(user=desk.editor)
    desk.publish(g2(version=2, status="stat:canceled"))
    assert Takedown.objects.standing().count() == 3
    assert not Story.objects.filter(live=True).exists()
    assert stories.publish_due(clock.now() + timedelta(hours=2)) == []
    assert not Story.objects.filter(live=True).exists()


def test_a_copy_of_what_was_killed_is_killed(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:canceled", body=""))
    copy = desk.story().copy(to=desk.section(), keep_live=False, user=desk.editor)
    with pytest.raises(ValidationError, match="killed"):
        stories.publish(story=copy, by=desk.editor)
    assert Takedown.objects.standing().filter(story=copy).count() == 1


def test_a_kill_counts_whenever_and_under_whatever_number_it_comes(desk: Desk):
    for number, name in ((1, "lower"), (5, "equal"), (6, "higher")):
        desk.publish(g2(name, version=5))
        assert desk.publish(g2(name, version=number, status="stat:canceled", body="")).outcomes == {"killed": 1}
    assert not Story.objects.filter(live=True).exists()
    desk.publish(g2("first", version=2, status="stat:canceled", body=""))
    assert desk.publish(g2("first", version=1)).outcomes == {"late": 1}
    assert desk.publish(g2("first", version=3)).outcomes == {"held": 1}
    assert not Story.objects.filter(live=True).exists()


def test_usable_after_a_kill_goes_to_a_person(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:canceled", body=""))
    assert desk.publish(g2(version=3)).outcomes == {"held": 1}
    item = desk.item()
    assert item.place == Item.Place.WAITING
    assert item.killed_at is not None
    assert not desk.story().live
    assert Takedown.objects.standing().count() == 1
    assert actions.why_not_take(item)
    assert Offer.objects.open().count() == 1


def test_usable_after_withheld_restores_nothing_by_itself(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:withheld", body=""))
    assert desk.publish(g2(version=3, signal="sig:update")).outcomes == {"held": 1}
    assert not desk.story().live
    actions.release(item=desk.item(), because="The agency's desk confirmed it", by=desk.editor)
    assert not desk.story().live
    stories.restore(takedown=Takedown.objects.get(), because="Confirmed", by=desk.editor)
    actions.settle_offer(offer=Offer.objects.open().get(), how="applied", by=desk.editor)
    stories.publish(story=desk.story(), by=desk.editor)
    assert desk.story().live


def test_withheld_and_then_killed_is_killed(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:withheld", body=""))
    desk.publish(g2(version=3, status="stat:canceled", body=""))
    assert set(Takedown.objects.standing().values_list("kind", flat=True)) == {"kill", "withhold"}


def test_the_publishers_are_told_after_the_takedown(desk: Desk):
    desk.publish(g2())
    desk.publish(g2(version=2, status="stat:canceled", body="", note="MANDATORY KILL"))
    (message,) = posted()
    assert message.to == ["bola@post.example"]
    assert "Bridge at Tarrava" in message.body
    assert "was live" in message.body
    assert AuditEntry.objects.filter(verb="killed", kind="item", actor="wire").exists()


def test_mail_that_fails_does_not_undo_a_kill(lasting_desk: Desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    lasting_desk.publish(g2())
    assert lasting_desk.story().live
    assert lasting_desk.publish(g2(version=2, status="stat:canceled", body="")).outcomes == {"killed": 1}
    assert not lasting_desk.story().live


# --- embargo ------------------------------------------------------------------------------------------------------


def test_an_embargoed_item_is_scheduled_for_the_end_of_its_embargo(desk: Desk):
    until = clock.now().replace(microsecond=0) + timedelta(hours=3)
    assert desk.publish(g2(embargo=until.isoformat())).outcomes == {"scheduled": 1}
    story = desk.story()
    assert not story.live
    assert Embargo.objects.standing().get(story=story).until == until
    assert story.revisions.get(approved_go_live_at__isnull=False).approved_go_live_at == until
    assert touched.by_whom(story) is None
    assert stories.publish_due(until - timedelta(seconds=1)) == []
    clock.set_offset(timedelta(hours=3, seconds=1))
    # Wagtail reads the real clock, so the schedule itself is moved into the past as time would have done.
    _let_time_pass(story)
    assert stories.publish_due(clock.now()) == [(story.pk, "published")]
    assert desk.story().live


def _let_time_pass(story: Story) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    for revision in story.revisions.filter(approved_go_live_at__isnull=False):
        revision.content["go_live_at"] = past.isoformat()
        revision.approved_go_live_at = past
        revision.save()


def test_a_newer_version_keeps_the_latest_embargo_of_any(desk: Desk):
    first = clock.now().replace(microsecond=0) + timedelta(hours=5)
    desk.publish(g2(embargo=first.isoformat()))
    assert desk.publish(g2(version=2, headline="Newer", embargo=(first - timedelta(hours=2)).isoformat())).outcomes == {
        "updated": 1
    }
    assert desk.publish(g2(version=3, headline="Newest")).outcomes == {"updated": 1}
    story = desk.story()
    assert not story.live
    assert story.get_latest_revision_as_object().title == "Newest"
    assert story.revisions.get(approved_go_live_at__isnull=False).approved_go_live_at == first
    assert desk.item().embargo_until == first


def test_an_embargo_that_comes_late_takes_the_story_off_until_it_ends(desk: Desk):
    until = clock.now().replace(microsecond=0) + timedelta(hours=5)
    desk.publish(g2(version=2))
    assert desk.story().live
    assert desk.publish(g2(version=1, embargo=until.isoformat())).outcomes == {"late": 1}
    story = desk.story()
    assert not story.live
    assert story.revisions.get(approved_go_live_at__isnull=False).approved_go_live_at == until


def test_a_later_embargo_moves_the_schedule(desk: Desk):
    until = clock.now().replace(microsecond=0) + timedelta(hours=5)
    desk.publish(g2(embargo=until.isoformat()))
    desk.publish(g2(version=2, embargo=(until + timedelta(hours=1)).isoformat()))
    scheduled = desk.story().revisions.get(approved_go_live_at__isnull=False)
    assert scheduled.approved_go_live_at == until + timedelta(hours=1)


def test_an_embargo_without_an_end_holds_until_a_person_lifts_it(desk: Desk):
    assert desk.publish(g2(embargo="")).outcomes == {"held": 1}
    assert not Story.objects.exists()
    assert desk.publish(g2(version=2)).outcomes == {"held": 1}  # it holds for all versions
    story = actions.take(item=desk.item(), by=desk.editor, section=desk.section())
    fact = Embargo.objects.standing().get(story=story)
    assert fact.until is None
    with pytest.raises(ValidationError, match="until somebody lifts it"):
        stories.publish(story=story, by=desk.editor)
    stories.lift_embargo(fact=fact, by=desk.publisher)
    desk.publish(g2(version=3))
    assert not Embargo.objects.standing().filter(story=story).exists()


def test_a_feed_may_say_that_an_empty_embargo_means_none(desk: Desk):
    desk.published.empty_embargo_means_none = True
    desk.published.save()
    assert desk.publish(g2(embargo="")).outcomes == {"published": 1}


def test_an_embargo_in_the_past_is_none(desk: Desk):
    assert desk.publish(g2(embargo="2020-01-01T00:00:00Z")).outcomes == {"published": 1}


# --- the synthetic lives of stories -------------------------------------------------------------------------------


def test_the_whole_life_of_an_item(desk: Desk):
    def send(name: str) -> dict[str, int]:
        return actions.take_in(feed=desk.published, path=lifecycle(name)).outcomes

    assert send("g2_01_v1_usable.xml") == {"published": 1}
    assert send("g2_02_v2_update.xml") == {"updated": 1}
    assert Publication.objects.get().refreshes == 1
    assert send("g2_03_v3_correction.xml") == {"updated": 1}
    assert Correction.objects.count() == 1
    assert "Five people" in words(desk.story())
    assert send("g2_04_v2_late_redelivery.xml") == {"late": 1}
    assert "Five people" in words(desk.story())
    assert send("g2_05_v4_withheld.xml") == {"withheld": 1}
    assert send("g2_06_v5_canceled_kill.xml") == {"killed": 1}
    assert send("g2_07_v6_late_usable_after_kill.xml") == {"held": 1}
    assert not desk.story().live
    assert send("g2_08_replacement_new_guid.xml") == {"held": 1}
    assert send("g2_09_embargoed_future.xml") == {"scheduled": 1}
    assert send("g2_10_embargoed_empty.xml") == {"held": 1}
    assert send("g2_11_nonpublic_ednote.xml") == {"published": 1}
    assert list(Story.objects.filter(live=True).values_list("title", flat=True)) == ["School opens"]


def test_the_same_life_in_ninjs_and_in_a_feed(desk: Desk):
    def send(name: str) -> dict[str, int]:
        return actions.take_in(feed=desk.published, path=lifecycle(name)).outcomes

    assert send("ninjs3_01_v1.json") == {"published": 1}
    assert send("ninjs3_02_v3_correction.json") == {"held": 1}  # only an editors' note says so: a person looks
    assert send("ninjs3_03_withheld.json") == {"withheld": 1}
    assert send("ninjs3_04_canceled.json") == {"killed": 1}
    assert send("ninjs3_05_embargoed.json") == {"scheduled": 1}
    assert send("rss_01_first.xml") == {"published": 1}
    assert send("rss_02_same_guid_changed.xml") == {"updated": 1}
    assert send("rss_03_item_gone.xml") == {}  # gone from a feed is not killed
    assert Story.objects.get(live=True).title == "Flood covers Lafia market, five hurt"


def test_ninjs_and_newsml_of_one_agency_are_one_item(desk: Desk):
    desk.publish(g2(version=1))
    assert desk.publish(ninjs(version="2", headline="By the other road")).outcomes == {"updated": 1}
    assert desk.story().title == "By the other road"


def test_a_feed_cannot_replace_or_take_down_another_agencys_copy(desk: Desk):
    mine = desk.feed("wire-a", Feed.Mode.PUBLISH)
    other = desk.feed("blog", Feed.Mode.PUBLISH)
    Feed.objects.filter(pk__in=[mine.pk, other.pk]).update(provider="")
    mine.refresh_from_db()
    other.refresh_from_db()
    actions.take_in(feed=mine, data=g2(), file_name="a.xml")
    story = desk.story()
    replaced = actions.take_in(feed=other, data=g2(version=2, headline="Bridge stands"), file_name="b.xml")
    assert replaced.outcomes == {"held": 1}
    killed = actions.take_in(feed=other, data=g2(version=3, status="stat:canceled"), file_name="c.xml")
    assert killed.outcomes == {"killed": 1}
    story.refresh_from_db()
    assert (story.live, story.title) == (True, "Bridge at Tarrava gives way")
    assert not Takedown.objects.exists()
    waits = Item.objects.get(feed=other)
    assert waits.place == Item.Place.WAITING
    assert "came in through the feed WIRE-A before" in waits.held_because[-1]

    # The agency itself, whose feeds have the same setting, still may.
    actions.take_in(feed=mine, data=g2(version=4, headline="Bridge mended"), file_name="d.xml")
    story.refresh_from_db()
    assert story.title == "Bridge mended"
    actions.take_in(feed=mine, data=g2(version=5, status="stat:canceled"), file_name="e.xml")
    story.refresh_from_db()
    assert not story.live


def test_feeds_with_the_same_provider_are_one_agencys(desk: Desk):
    text = desk.feed("cpa-text", Feed.Mode.PUBLISH)
    kills = desk.feed("cpa-kills", Feed.Mode.HOLD)
    Feed.objects.filter(pk__in=[text.pk, kills.pk]).update(provider="CPA")
    text.refresh_from_db()
    kills.refresh_from_db()
    actions.take_in(feed=text, data=g2(), file_name="a.xml")
    assert desk.story().live
    assert actions.take_in(feed=kills, data=g2(version=2, status="stat:canceled"), file_name="b.xml").outcomes == {
        "killed": 1
    }
    assert not desk.story().live
    assert Item.objects.filter(item_id__endswith="bridge").count() == 1


def test_publishers_are_told_when_another_feed_asks_for_a_take_down(lasting_desk: Desk):
    desk = lasting_desk
    mine, other = desk.feed("wire-a", Feed.Mode.PUBLISH), desk.feed("wire-b", Feed.Mode.DESK)
    Feed.objects.filter(pk__in=[mine.pk, other.pk]).update(provider="")
    mine.refresh_from_db()
    other.refresh_from_db()
    actions.take_in(feed=mine, data=g2(), file_name="a.xml")
    actions.take_in(feed=other, data=g2(version=2, status="stat:canceled"), file_name="b.xml")
    assert desk.story().live
    (message,) = posted()
    assert "To be decided at once" in message.subject
    assert "Bridge at Tarrava gives way (live)" in message.body
