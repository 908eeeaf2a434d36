from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from wagtail.models import Revision

from standfirst.changes.models import AuditEntry, Change, Lane, Tick
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions
from standfirst.stories.models import (
    Author,
    Correction,
    Embargo,
    Origin,
    Publication,
    Section,
    Story,
    StoryAuthor,
    Takedown,
)
from standfirst.stories.tests.cast import Cast


def fresh(story: Story) -> Story:
    return Story.objects.get(pk=story.pk)


def scheduled(story: Story, hours: int, cast: Cast) -> Revision:
    story.go_live_at = clock.now() + timedelta(hours=hours)
    revision = story.save_revision(user=cast.ed)
    revision.publish(user=cast.ed)
    return Revision.objects.get(pk=revision.pk)


# --- kills --------------------------------------------------------------------------------------------------------


def test_a_kill_survives_a_revert_to_an_older_revision(cast: Cast) -> None:
    story = cast.live()
    older = story.latest_revision
    story.title = "Second version"
    story.save_revision().publish()
    actions.take_down(story=story, kind="kill", reason="wrong", by=cast.wale)
    with pytest.raises(ValidationError, match="killed"), transaction.atomic():
        older.publish(user=cast.ed)
    assert not fresh(story).live


def test_a_killed_scheduled_story_never_goes_live(cast: Cast) -> None:
    story = cast.draft()
    scheduled(story, 1, cast)
    actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=cast.wale)
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()
    assert actions.next_due() is None
    assert actions.publish_due(clock.now() + timedelta(hours=2)) == []
    assert not fresh(story).live


def test_a_revision_scheduled_behind_a_kills_back_stays_down(cast: Cast) -> None:
    story = cast.live()
    revision = story.latest_revision
    actions.take_down(story=story, kind="withhold", reason="checking", by=cast.ed)
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=clock.now())
    [(pk, why)] = actions.publish_due(clock.now())
    assert (pk, "withheld" in why) == (story.pk, True)
    assert not fresh(story).live
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()
    assert AuditEntry.objects.filter(verb="could not publish", ref=str(story.pk)).exists()


def test_a_kill_works_in_whatever_state_a_story_is(cast: Cast) -> None:
    draft, live, edited = cast.draft(), cast.live(), cast.live()
    edited.title = "Edited"
    edited.save_revision()
    for story in (draft, live, edited):
        takedown = actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=cast.wale)
        assert not fresh(story).live
        assert Change.objects.filter(kind="story", ref=str(story.pk), lane=Lane.KILL, cause="killed").count() == 1
        assert takedown.by == "Wale Bright"


def test_a_stale_copy_in_memory_cannot_save_a_killed_story_live(cast: Cast) -> None:
    story = cast.live()
    stale = fresh(story)
    actions.take_down(story=story, kind="kill", reason="wrong", by=cast.wale)
    assert stale.live
    with pytest.raises(ValidationError), transaction.atomic():
        stale.save()
    assert not fresh(story).live


def test_only_a_second_person_undoes_a_kill_and_only_once(cast: Cast) -> None:
    story = cast.live()
    takedown = actions.take_down(story=story, kind="kill", reason="wrong", by=cast.ed)
    with pytest.raises(Refused, match="second person"):
        actions.restore(takedown=takedown, because="fine", by=cast.ed)
    with pytest.raises(PermissionDenied):
        actions.restore(takedown=takedown, because="fine", by=cast.wale)
    with pytest.raises(Refused, match="reason"):
        actions.restore(takedown=takedown, because=" ", by=cast.paula)
    actions.restore(takedown=takedown, because="The agency says it stands.", by=cast.paula)
    with pytest.raises(Refused, match="already"):
        actions.restore(takedown=takedown, because="again", by=cast.paula)
    assert not fresh(story).live
    actions.publish(story=fresh(story), by=cast.ed)
    assert fresh(story).live


def test_a_story_taken_down_twice_stays_down_until_both_are_undone(cast: Cast) -> None:
    story = cast.live()
    first = actions.take_down(story=story, kind="withhold", reason="checking", by=cast.ed)
    actions.take_down(story=fresh(story), kind="kill", reason="wrong", by=cast.wale)
    actions.restore(takedown=first, because="checked", by=cast.paula)
    with pytest.raises(ValidationError), transaction.atomic():
        actions.publish(story=fresh(story), by=cast.ed)


@pytest.mark.parametrize("kind", ["kill", "withhold"])
def test_a_reporter_takes_nothing_down(cast: Cast, kind: str) -> None:
    story = cast.live()
    with pytest.raises(PermissionDenied):
        actions.take_down(story=story, kind=kind, reason="no", by=cast.rita)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="reason"):
        actions.take_down(story=story, kind=kind, reason="  ", by=cast.ed)  # type: ignore[arg-type]
    assert fresh(story).live
    assert not Takedown.objects.exists()


def test_a_copy_of_a_killed_story_is_a_draft_of_its_own_with_the_same_origins(cast: Cast) -> None:
    story = cast.live()
    actions.trace(story=story, provider="CPA", item_id="urn:1", version="1", version_order=1, seal="a" * 64, revision=7)
    actions.take_down(story=story, kind="kill", reason="wrong", by=cast.wale)
    copy = fresh(story).copy(to=Section.objects.get(pk=cast.sport.pk), user=cast.ed)
    assert not copy.live
    origin = Origin.objects.get(story=copy)
    assert (origin.provider, origin.item_id, origin.revision) == ("CPA", "urn:1", None)
    assert not Publication.objects.filter(story=copy).exists()


def test_a_live_copy_is_a_draft_all_the_same(cast: Cast) -> None:
    story = cast.live()
    copy = story.copy(to=Section.objects.get(pk=cast.sport.pk), keep_live=True, user=cast.ed)
    assert not fresh(copy).live
    assert not Publication.objects.filter(story=copy).exists()


def test_an_alias_is_refused(cast: Cast) -> None:
    story = cast.live()
    with pytest.raises(Refused, match="further sections"), transaction.atomic():
        story.create_alias(parent=Section.objects.get(pk=cast.sport.pk), update_slug="alias")
    assert Story.objects.count() == 1


# --- embargoes ----------------------------------------------------------------------------------------------------


def test_an_embargoed_story_is_held_until_its_hour_on_every_path(cast: Cast) -> None:
    story = cast.draft()
    until = clock.now() + timedelta(hours=2)
    actions.embargo(story=story, until=until, source="as received", by=cast.wale)
    with pytest.raises(ValidationError, match="embargoed"), transaction.atomic():
        actions.publish(story=story, by=cast.ed)
    scheduled(fresh(story), 1, cast)
    clock.set_offset(timedelta(hours=1, minutes=1))
    [(_, why)] = actions.publish_due(clock.now())
    assert "embargoed" in why
    assert not fresh(story).live
    assert Tick.objects.get(name=actions.EMBARGO_ENDS, ref=str(story.pk)).due == until
    clock.set_offset(timedelta(hours=2, minutes=1))
    Revision.objects.filter(pk=fresh(story).latest_revision_id).update(approved_go_live_at=until)
    assert actions.publish_due(clock.now()) == [(story.pk, "published")]
    assert fresh(story).live


def test_an_embargo_takes_a_live_story_off_at_once(cast: Cast) -> None:
    story = cast.live()
    actions.embargo(story=story, until=None, by=cast.wale)
    assert not fresh(story).live
    assert Change.objects.filter(ref=str(story.pk), lane=Lane.KILL, cause="embargoed").exists()
    fact = Embargo.objects.get()
    with pytest.raises(PermissionDenied):
        actions.lift_embargo(fact=fact, by=cast.rita)
    actions.lift_embargo(fact=fact, by=cast.paula)
    actions.publish(story=fresh(story), by=cast.ed)


# --- times --------------------------------------------------------------------------------------------------------


def test_first_published_never_moves_and_refreshed_only_when_marked(cast: Cast) -> None:
    story = cast.live()
    first = Publication.objects.get(story=story)
    assert (first.refreshed, first.refreshes) == (first.first, 0)
    clock.set_offset(timedelta(hours=1))
    story.title = "A better headline"
    story.save_revision().publish()
    actions.unpublish(story=fresh(story), by=cast.ed)
    actions.publish(story=fresh(story), by=cast.ed)
    assert Publication.objects.get(story=story) == first
    assert Publication.objects.get(story=story).refreshed == first.refreshed
    actions.correct(story=story, kind="correction", text="It was ten metres.", by=cast.ed)
    moved = Publication.objects.get(story=story)
    assert moved.first == first.first
    assert moved.refreshed > first.refreshed
    assert moved.refreshes == 1


def test_a_draft_that_is_only_scheduled_was_not_published(cast: Cast) -> None:
    story = cast.draft()
    scheduled(story, 1, cast)
    assert not Publication.objects.exists()
    assert actions.next_due() is not None
    clock.set_offset(timedelta(hours=1, seconds=1))
    assert actions.publish_due(clock.now()) == [(story.pk, "published")]
    assert actions.next_due() is None
    assert Publication.objects.get(story=story).refreshes == 0


def test_corrections_are_public_rows_with_a_wording(cast: Cast) -> None:
    story, draft = cast.live(), cast.draft("Draft")
    with pytest.raises(Refused, match="published"):
        actions.correct(story=draft, kind="correction", text="x", by=cast.ed)
    with pytest.raises(Refused, match="wrong"):
        actions.correct(story=story, kind="correction", text="  ", by=cast.ed)
    with pytest.raises(PermissionDenied):
        actions.correct(story=story, kind="correction", text="x", by=cast.rita)
    note = actions.correct(story=story, kind="update", text=" More rain. ", by=cast.ed)
    assert (note.text, note.kind) == ("More rain.", "update")
    older = story.revisions.order_by("pk").first()
    older.publish(user=cast.ed)
    assert Correction.objects.filter(story=story).count() == 1


# --- schedules ----------------------------------------------------------------------------------------------------


def test_one_that_cannot_be_published_never_stops_the_rest(cast: Cast) -> None:
    stories = [cast.draft(f"Story {number}") for number in range(4)]
    now = clock.now()
    for number, story in enumerate(stories):
        revision = story.get_latest_revision()
        Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=now - timedelta(minutes=10 - number))
    Takedown.objects.create(story=stories[1], kind="kill", reason="x", at=now, by="wire")
    outcome = dict(actions.publish_due(now))
    assert [outcome[story.pk] for story in (stories[0], stories[2], stories[3])] == ["published"] * 3
    assert "killed" in outcome[stories[1].pk]
    assert [fresh(story).live for story in stories] == [True, False, True, True]
    assert actions.publish_due(now) == []


def test_a_story_expires_at_its_time_and_its_lists_are_told(cast: Cast) -> None:
    story = cast.live()
    Story.objects.filter(pk=story.pk).update(expire_at=clock.now() - timedelta(seconds=1))
    rows = Change.objects.count()
    assert actions.publish_due(clock.now()) == [(story.pk, "expired")]
    assert not fresh(story).live
    assert Change.objects.count() > rows


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have somebody do something after the clock has read what is due, and before it holds the first story."""
    hold = actions.hold

    def held(story: Story | int) -> None:
        monkeypatch.setattr(actions, "hold", hold)
        act()
        hold(story)

    monkeypatch.setattr(actions, "hold", held)


def test_what_an_editor_publishes_while_the_clock_is_at_work_is_not_overwritten_by_the_older_version(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = cast.draft("First"), cast.draft("Second")
    for story in (first, second):
        scheduled(story, 1, cast)
    clock.set_offset(timedelta(hours=1, seconds=1))

    def correct() -> None:
        corrected = fresh(second)
        corrected.title, corrected.go_live_at = "Second, corrected", None
        corrected.save_revision(user=cast.ed).publish(user=cast.ed)

    meanwhile(monkeypatch, correct)
    assert actions.publish_due(clock.now()) == [(first.pk, "published")]
    assert fresh(second).title == "Second, corrected"
    assert fresh(second).live


def test_a_schedule_that_is_withdrawn_while_the_clock_is_at_work_is_not_carried_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = cast.draft()
    scheduled(story, 1, cast)
    clock.set_offset(timedelta(hours=1, seconds=1))
    meanwhile(monkeypatch, lambda: story.revisions.update(approved_go_live_at=None))
    assert actions.publish_due(clock.now()) == []
    assert not fresh(story).live


@pytest.mark.parametrize("later", [timedelta(hours=1), None])
def test_a_story_whose_expiry_is_moved_while_the_clock_is_at_work_stays(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, later: timedelta | None
) -> None:
    first, second = cast.live("First"), cast.live("Second")
    Story.objects.update(expire_at=clock.now() - timedelta(seconds=1))

    def extend() -> None:
        extended = fresh(second)
        extended.title = "Second, and more"
        extended.expire_at = clock.now() + later if later else None
        extended.save_revision(user=cast.ed).publish(user=cast.ed)

    meanwhile(monkeypatch, extend)
    assert actions.publish_due(clock.now()) == [(first.pk, "expired")]
    assert fresh(second).live
    assert fresh(second).title == "Second, and more"


# --- change rows --------------------------------------------------------------------------------------------------


def test_a_change_row_commits_with_the_change_and_goes_with_a_rollback(committed: Cast) -> None:
    story = committed.live()
    rows = Change.objects.count()
    for doing in (
        lambda: story.save(),
        lambda: fresh(story).move(Section.objects.get(pk=committed.sport.pk), pos="last-child"),
        lambda: fresh(story).copy(to=Section.objects.get(pk=committed.news.pk), user=committed.ed),
        lambda: fresh(story).unpublish(),
        lambda: actions.take_down(story=fresh(story), kind="kill", reason="x", by=committed.ed),
        lambda: actions.correct(story=fresh(story), kind="update", text="x", by=committed.ed),
    ):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            doing()
            _ = 1 / 0
        assert Change.objects.count() == rows
        assert fresh(story).live
        assert Story.objects.count() == 1


def test_every_path_that_writes_a_story_leaves_a_change_row(committed: Cast) -> None:
    story = committed.live()

    def leaves(doing: object) -> bool:
        rows = Change.objects.filter(kind="story").count()
        doing()  # type: ignore[operator]
        return Change.objects.filter(kind="story").count() > rows

    assert leaves(lambda: fresh(story).save())
    assert leaves(lambda: fresh(story).unpublish())
    assert leaves(lambda: fresh(story).get_latest_revision().publish())
    assert leaves(lambda: fresh(story).move(Section.objects.get(pk=committed.sport.pk), pos="last-child"))
    assert leaves(lambda: fresh(story).copy(to=Section.objects.get(pk=committed.news.pk), user=committed.ed))
    assert leaves(lambda: actions.trace(story=story, provider="p", item_id="i", version="1", version_order=1, seal="s"))
    assert leaves(lambda: actions.refresh(story=story))
    assert leaves(lambda: Story.objects.filter(live=False).first().delete())


def test_deleting_anything_that_was_ever_published_is_refused(cast: Cast) -> None:
    story = cast.live()
    actions.unpublish(story=story, by=cast.ed)
    for page in (fresh(story), Section.objects.get(pk=cast.world.pk), Section.objects.get(pk=cast.news.pk)):
        with pytest.raises((Refused, ProtectedError)), transaction.atomic():
            page.delete()
    cast.draft("Never published", cast.sport).delete()
    Section.objects.get(pk=cast.sport.pk).delete()
    assert not Section.objects.filter(pk=cast.sport.pk).exists()


def test_a_scheduled_story_whose_author_is_gone_holds_up_no_other(committed: Cast) -> None:
    cast = committed
    odd, plain = cast.draft("Odd"), cast.draft("Plain")
    author = Author.objects.create(name="Ama Sarpong", slug="ama-sarpong")
    odd.bylines.create(author=author)
    for story, hours in ((odd, 1), (plain, 2)):
        scheduled(story, hours, cast)
    StoryAuthor.objects.all().delete()
    Author.objects.all().delete()
    outcome = dict(actions.publish_due(clock.now() + timedelta(hours=3)))
    assert outcome[plain.pk] == "published"
    assert fresh(plain).live
    assert fresh(odd).scheduled_revision is None
    assert actions.publish_due(clock.now() + timedelta(hours=3)) == []
