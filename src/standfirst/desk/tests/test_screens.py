"""The desk's first day: the list, take-downs and word to the publisher, corrections, leads, what the press says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.models import EditingSession
from wagtail.models import Page, get_default_page_content_type

from standfirst.changes.models import Change
from standfirst.desk import actions, board, heartbeat, progress
from standfirst.desk.tests.doors import Desk, fresh, said, text_of
from standfirst.kit import clock
from standfirst.people.models import User
from standfirst.stories import actions as stories
from standfirst.stories import alerts
from standfirst.stories.models import Correction, Section, SiteFacts, Standards, Story, Takedown
from standfirst.stories.tests.cast import Cast
from tests.post import posted

these_are_the_doors = pytest.mark.deep_on_postgresql(
    "What the screen shows and writes goes through queries and verbs that other tests try on each database."
)


def close(change: Change, **report: Any) -> None:
    Change.objects.filter(pk=change.pk).update(closed_at=clock.now(), report=report)


def close_all(**report: Any) -> None:
    Change.objects.filter(closed_at=None).update(closed_at=clock.now(), report=report)


@pytest.fixture
def worker() -> Iterator[Path]:
    """The file in which the worker's heart beats."""
    path = heartbeat.path()
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path
    path.unlink(missing_ok=True)


def beat(path: Path, ago: timedelta = timedelta(0)) -> None:
    path.write_text(json.dumps({"at": (clock.now() - ago).isoformat(), "pid": 1, "doing": "waiting"}))


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_shows_every_story_in_its_state(desk: Desk) -> None:
    cast = desk.cast
    draft, live, wire = cast.draft("A draft"), cast.live("A live one"), cast.draft("From an agency", credit="CPA")
    stories.trace(story=wire, provider="CPA", item_id="urn:1", version="1", version_order=1, seal="a" * 64)
    killed, held = cast.live("A killed one"), cast.draft("An embargoed one")
    stories.take_down(story=killed, kind="kill", reason="x", by=cast.ed)
    stories.embargo(story=held, until=clock.now() + timedelta(hours=1), by=cast.wale)
    desk.create(cast.rita, cast.sport, "Handed in", do="action-submit")
    desk.create(cast.ed, cast.sport, "Scheduled", do="action-publish", go_live_at=clock.now() + timedelta(hours=2))
    ready, scheduled = Story.objects.get(title="Handed in"), Story.objects.get(title="Scheduled")

    def titles(**query: Any) -> set[str]:
        shown = board.Board(board.Query(**query))
        found = {row.story.title for row in shown.rows(list(shown.paginator.page(1).object_list))}
        assert shown.counts[query.get("state", "all")] == len(found) == shown.paginator.count
        return found

    assert titles(state="draft") == {draft.title, wire.title, held.title}
    assert titles(state="ready") == {ready.title}
    assert titles(state="scheduled") == {scheduled.title}
    assert titles(state="live") == {live.title}
    assert titles(state="wire") == {wire.title}
    assert titles(state="down") == {killed.title, held.title}
    assert len(titles()) == 7
    assert titles(section=cast.sport.pk) == {ready.title, scheduled.title}
    assert titles(section=cast.news.pk, state="live") == {live.title}
    assert titles(text="agency FROM") == {wire.title}
    assert titles(text="nothing like this") == set()
    for state, _ in board.TABS:
        assert desk.browser(cast.rita).get(reverse("desk:stories"), {"state": state}).status_code == 200


def test_the_list_says_with_whom_a_story_is(desk: Desk) -> None:
    cast = desk.cast
    story, locked = cast.draft("Open"), cast.draft("Locked")
    Page.objects.filter(pk=locked.pk).update(locked=True, locked_by=cast.paula)
    EditingSession.objects.create(
        user=cast.rita, content_type=get_default_page_content_type(), object_id=str(story.pk), last_seen_at=clock.now()
    )
    desk.create(cast.rita, cast.world, "Handed in", do="action-submit")
    text = text_of(desk.browser(cast.ed).get(reverse("desk:stories")))
    assert "Rita Mensah has it open" in text
    assert "Locked by Paula Ndem" in text
    assert "Desk’s approval; from Rita Mensah" in text


@these_are_the_doors
def test_copy_that_was_sent_back_says_what_is_wanted(desk: Desk) -> None:
    cast = desk.cast
    desk.create(cast.rita, cast.world, "Handed in", do="action-submit")
    story = Story.objects.get()
    story.current_workflow_task_state.reject(user=cast.ed, comment="Name the second source.")
    shown = board.Board(board.Query("draft"))
    [row] = shown.rows(list(shown.paginator.page(1).object_list))
    assert (row.state, row.wanted) == ("draft", "Name the second source.")


@pytest.mark.one_database("How often it asks is decided before a database answers.")
def test_the_list_asks_as_often_for_many_stories_as_for_few(desk: Desk) -> None:
    cast = desk.cast

    def asked() -> dict[str, int]:
        """Queries, by the tab that is shown."""
        often = {}
        for state, _ in board.TABS:
            with CaptureQueriesContext(connection) as queries:
                shown = board.Board(board.Query(state))
                shown.rows(list(shown.paginator.page(1).object_list))
                _ = shown.counts
            often[state] = len(queries)
        return often

    def add(number: int) -> None:
        stories.trace(
            story=cast.live(f"Live {number}"), provider="p", item_id=str(number), version="1", version_order=1, seal="s"
        )
        stories.take_down(story=cast.live(f"Killed {number}"), kind="kill", reason="x", by=cast.ed)
        cast.draft(f"Draft {number}")

    add(0)
    few = asked()
    for number in range(1, 5):
        add(number)
    assert asked() == few
    assert max(few.values()) <= 20


def test_a_long_list_has_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "PER_PAGE", 2)
    for number in range(5):
        desk.cast.draft(f"Story {number}")
    browser = desk.browser(desk.cast.ed)
    assert "Page 1 of 3" in text_of(browser.get(reverse("desk:stories")))
    last = text_of(browser.get(reverse("desk:stories"), {"p": "99"}))
    assert "Page 3 of 3" in last
    assert "Story 0" in last


@pytest.mark.parametrize(
    "query", ["section=999999", "section=x", "state=zzz", "p=-1", "q=%25%27%22%5C", "section=99999999999999999999"]
)
def test_odd_questions_get_an_answer(desk: Desk, query: str) -> None:
    desk.cast.live()
    assert desk.browser(desk.cast.ed).get(f"{reverse('desk:stories')}?{query}").status_code == 200


@pytest.mark.one_database("Templates and what is written into them decide.")
def test_a_headline_is_never_markup(desk: Desk) -> None:
    story = desk.cast.live("<script>alert(1)</script> & co")
    browser = desk.browser(desk.cast.ed)
    answer = desk.take_down(desk.cast.ed, story, reason="<img src=x>", wording="<b>gone</b>")
    for page in (
        answer,
        browser.get(reverse("desk:stories")),
        browser.get(reverse("wagtailadmin_pages:edit", args=[story.pk])),
    ):
        assert b"<script>alert" not in page.content
        assert b"<img src=x>" not in page.content
        assert b"<b>gone" not in page.content


# --- what the press says ------------------------------------------------------------------------------------------


@these_are_the_doors
def test_publishing_leads_back_to_the_desk_with_a_message_that_follows_the_press(desk: Desk, worker: Path) -> None:
    cast = desk.cast
    beat(worker)
    story = cast.draft("Harbour opens")
    answer = desk.edit(cast.ed, story, do="action-publish")
    assert answer.request["PATH_INFO"] == "/newsroom/desk/"
    assert "“Harbour opens”: Publishing…" in said(answer)
    url = answer.content.decode().split('data-sf-progress="')[1].split('"')[0]
    browser = desk.browser(cast.ed)
    assert browser.get(url).json()["state"] == "working"

    first, *others = Change.objects.filter(closed_at=None, kind="story").order_by("-pk")
    for row in others:
        close(row, pages=0, ms=0, same_as=first.pk)
    assert browser.get(url).json()["state"] == "working"
    surfaces = [{"name": "story", "path": "/news/world/x/", "ms": 80}, {"name": "front", "path": "/", "ms": 204}]
    close(first, pages=7, unchanged=3, removed=0, ms=204, surfaces=surfaces)
    report = browser.get(url).json()
    assert (report["state"], report["says"]) == ("done", "Live on 7 pages in 0.2 s")
    assert report["surfaces"] == surfaces
    assert "Live on 7 pages in 0.2 s" in text_of(browser.get(url.replace(".json", "/")))


@these_are_the_doors
def test_later_changes_of_the_same_story_are_not_waited_for(desk: Desk, worker: Path) -> None:
    beat(worker)
    before = progress.mark("story", 1)
    story = desk.cast.live()
    change = progress.since("story", story.pk, before)
    assert change is not None
    close_all(pages=2, ms=100)
    clock.set_offset(timedelta(seconds=10))
    beat(worker)
    story.save()
    assert progress.of(change).state == "done"


@pytest.mark.one_database("A file that the worker writes decides.")
def test_it_says_when_the_press_has_stopped_and_what_to_do(desk: Desk, worker: Path) -> None:
    beat(worker)
    story = desk.cast.live()
    change = progress.since("story", story.pk, 0)
    assert change is not None
    assert progress.of(change).state == "working"
    clock.set_offset(timedelta(seconds=30))
    found = progress.of(change)
    assert found.state == "stopped"
    assert "The press has stopped" in found.says
    assert "standfirst serve" in found.says
    beat(worker)
    assert progress.of(change).state == "working"


@these_are_the_doors
def test_pages_that_could_not_be_printed_are_owned_up_to(desk: Desk) -> None:
    story = desk.cast.live()
    change = Change.objects.filter(kind="story").order_by("pk").first()
    assert change is not None
    close_all(pages=3, failed=1, ms=10)
    assert "could not be printed" in progress.of(change).says
    close(Change.objects.filter(ref=str(story.pk)).latest("pk"), pages=0, ms=0)


@pytest.mark.one_database("A file that the worker writes decides.")
def test_every_screen_says_when_the_worker_was_last_seen(desk: Desk, worker: Path) -> None:
    browser = desk.browser(desk.cast.rita)

    def banner(url: str) -> str:
        return browser.get(url, follow=True).content.decode().split('id="sf-worker"')[1].split(">")[0]

    screens = [reverse("desk:stories"), reverse("wagtailadmin_explore_root"), reverse("desk:fronts")]
    for screen in screens:
        assert "hidden" not in banner(screen)
    beat(worker)
    for screen in screens:
        assert "hidden" in banner(screen)
    assert browser.get(reverse("desk:worker_json")).json() == {"stale": False, "says": ""}
    beat(worker, timedelta(seconds=6))
    says = browser.get(reverse("desk:worker_json")).json()["says"]
    assert says.startswith("The worker has not been seen since ")
    assert "nothing is published or scheduled until it is back" in says


def test_a_heartbeat_from_the_future_is_no_sign_of_life(worker: Path) -> None:
    """The clock was set back after the worker had died."""
    beat(worker, -timedelta(hours=2))
    assert heartbeat.read().stale
    beat(worker, -timedelta(seconds=1))
    assert not heartbeat.read().stale


@pytest.mark.one_database("A file that the worker writes decides.")
def test_every_screen_says_what_holds_the_worker_up(desk: Desk, worker: Path) -> None:
    beat(worker)
    told = json.loads(worker.read_text("utf-8"))
    worker.write_text(json.dumps({**told, "trouble": "The output folder cannot be written (disk full)."}), "utf-8")
    browser = desk.browser(desk.cast.rita)
    page = browser.get(reverse("desk:stories")).content.decode().split('id="sf-worker"')[1]
    assert "hidden" not in page.split(">")[0]
    assert "The worker is held up: The output folder cannot be written (disk full)." in page
    assert "held up" in browser.get(reverse("desk:worker_json")).json()["says"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": 5}', '{"at": "yesterday"}', '{"pid": 1}'])
def test_a_heartbeat_that_cannot_be_read_is_none(worker: Path, text: str) -> None:
    worker.write_text(text)
    assert heartbeat.read().stale


# --- taking down --------------------------------------------------------------------------------------------------


def test_a_kill_needs_a_reason_tells_the_publishers_and_shows_each_surface(committed: Cast) -> None:
    desk = Desk(committed)
    actions.set_up(home=committed.home)
    SiteFacts.objects.update(alerts_to="lawyer@example.org\nPAULA@example.org, night@example.org\nnot an address")
    story = committed.live("Wrong figures")
    close_all(pages=5, ms=100)
    answer = desk.take_down(committed.wale, story, reason=" ")
    assert "Give the reason" in text_of(answer)
    assert fresh(story).live
    assert posted() == []

    answer = desk.take_down(committed.wale, story, reason="The agency takes it back.", wording="Withdrawn.", names="on")
    takedown = Takedown.objects.get()
    assert (takedown.kind, takedown.wording, takedown.names) == ("kill", "Withdrawn.", True)
    assert "was killed" in text_of(answer)
    assert "Taking down…" in text_of(answer)
    assert sorted(message.to[0] for message in posted()) == [
        "lawyer@example.org",
        "night@example.org",
        "paula@example.org",
    ]
    assert all("The agency takes it back." in message.body for message in mail.outbox)

    close_all(pages=3, removed=1, ms=90, surfaces=[{"name": "story", "path": "/news/world/x/", "ms": 12}])
    screen = text_of(desk.browser(committed.wale).get(reverse("desk:takedown", args=[takedown.pk])))
    assert "pages are clean" in screen
    assert "clean after 12 ms" in screen


def test_an_address_that_is_none_keeps_nobody_else_from_knowing(committed: Cast) -> None:
    SiteFacts.objects.update(alerts_to="night desk <@>\na b@c d\nlawyer@example.org")
    alerts.mail_publishers("Killed", "x")
    told = [message.recipients() for message in posted()]
    assert ["paula@example.org"] in told
    assert ["lawyer@example.org"] in told


def test_nobody_is_told_of_what_was_rolled_back(committed: Cast) -> None:
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        alerts.mail_publishers("Killed", "x")
        _ = 1 / 0
    assert posted() == []
    User.objects.filter(pk=committed.paula.pk).update(is_active=False)
    alerts.mail_publishers("Killed\r\nBcc: everybody@example.org", "x")
    assert posted() == []
    SiteFacts.objects.update(alerts_to="night@example.org")
    alerts.mail_publishers("Killed\r\nBcc: everybody@example.org", "x")
    assert [message.recipients() for message in posted()] == [["night@example.org"]]


@these_are_the_doors
def test_a_second_person_undoes_a_kill_on_the_screen(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live("Wrongly killed")
    desk.take_down(cast.ed, story)
    url = reverse("desk:takedown", args=[Takedown.objects.get().pk])
    assert "second person must undo it" in text_of(desk.browser(cast.ed).get(url))
    assert "second person" in said(desk.browser(cast.ed).post(url, {"because": "mine"}, follow=True))
    desk.browser(cast.wale).post(url, {"because": "not his to undo"})
    assert Takedown.objects.standing().count() == 1
    assert "Wrongly killed" in text_of(desk.browser(cast.paula).get(reverse("desk:takedowns")))
    assert "Give the reason" in text_of(desk.browser(cast.paula).post(url, {"because": ""}))
    answer = desk.browser(cast.paula).post(url, {"because": "The agency says it stands."}, follow=True)
    assert "is a draft again" in said(answer)
    assert not fresh(story).live
    assert not Takedown.objects.standing().exists()
    assert "already" in said(desk.browser(cast.ada).post(url, {"because": "again"}, follow=True))


@these_are_the_doors
def test_a_killed_story_says_so_in_its_editor_and_offers_no_publishing(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live()
    url = reverse("wagtailadmin_pages:edit", args=[story.pk])
    before = desk.browser(cast.ed).get(url).content.decode()
    assert 'name="action-publish"' in before
    assert reverse("desk:kill", args=[story.pk]) in before
    desk.take_down(cast.wale, story, kind="withhold", reason="The lawyers read it")
    after = desk.browser(cast.ed).get(url)
    assert "Withheld by Wale Bright" in said(after)
    assert 'name="action-publish"' not in after.content.decode()
    assert 'name="action-submit"' not in after.content.decode()
    assert reverse("desk:takedown", args=[Takedown.objects.get().pk]) in after.content.decode()
    reporter = desk.browser(cast.rita).get(reverse("desk:stories")).content.decode()
    assert "Withheld" in reporter


@these_are_the_doors
def test_a_withheld_story_can_be_killed_and_a_killed_one_is_not_killed_again(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live()
    desk.take_down(cast.ed, story, kind="withhold")
    desk.take_down(cast.ed, story, kind="kill")
    assert "already" in said(desk.take_down(cast.wale, story, kind="kill"))
    assert [takedown.kind for takedown in Takedown.objects.order_by("pk")] == ["withhold", "kill"]


@these_are_the_doors
def test_unpublishing_is_followed_too(desk: Desk) -> None:
    story = desk.cast.live("Off")
    answer = desk.browser(desk.cast.ed).post(reverse("wagtailadmin_pages:unpublish", args=[story.pk]), follow=True)
    assert "“Off” is off the site." in said(answer)
    assert "data-sf-progress" in answer.content.decode()
    assert not fresh(story).live


# --- corrections --------------------------------------------------------------------------------------------------


@these_are_the_doors
def test_a_correction_is_previewed_published_and_listed(desk: Desk) -> None:
    cast = desk.cast
    story, draft = cast.live(), cast.draft("Draft")
    url = reverse("desk:correct", args=[story.pk])
    browser = desk.browser(cast.ed)
    text = "We wrote 1947.\nIt was 1974."
    preview = browser.post(url, {"kind": "correction", "text": text, "preview": "1"})
    assert "It was 1974." in text_of(preview)
    assert "at the top of the story" in text_of(preview)
    assert not Correction.objects.exists()
    assert "Say in the note" in text_of(browser.post(url, {"kind": "correction", "text": " "}))
    answer = browser.post(url, {"kind": "correction", "text": text}, follow=True)
    note = Correction.objects.get()
    assert (note.by, note.text) == (cast.ed, text)
    assert "is public" in said(answer)
    assert "Notes so far" in text_of(answer)
    assert "edit the draft instead" in said(browser.get(reverse("desk:correct", args=[draft.pk]), follow=True))


# --- sections and facts -------------------------------------------------------------------------------------------


@these_are_the_doors
def test_a_section_is_opened_from_the_desk_with_its_address(desk: Desk) -> None:
    cast = desk.cast
    browser = desk.browser(cast.ada)
    url = reverse("desk:open_section")
    data = {"parent": cast.news.pk, "name": "Politics", "slug": "politics", "standfirst": ""}
    assert "The section Politics is open." in said(browser.post(url, data, follow=True))
    section = Section.objects.get(slug="politics")
    assert section.live
    assert section.url.endswith("/news/politics/")
    assert "taken" in text_of(browser.post(url, data))
    assert "kept for the site itself" in text_of(browser.post(url, {**data, "slug": "newsroom"}))
    assert Section.objects.filter(title="Politics").count() == 1
    desk.browser(cast.rita).post(url, {**data, "slug": "reporters"})
    assert not Section.objects.filter(slug="reporters").exists()


@these_are_the_doors
def test_wagtails_own_screens_do_not_offer_to_add_a_section(desk: Desk) -> None:
    url = reverse("wagtailadmin_pages:add", args=["stories", "section", desk.cast.news.pk])
    desk.browser(desk.cast.ada).post(url, {"title": "Half ty", "slug": "half-ty"})
    assert not Section.objects.filter(slug="half-ty").exists()


@these_are_the_doors
def test_the_publisher_keeps_the_newsrooms_facts(desk: Desk) -> None:
    browser = desk.browser(desk.cast.paula)
    data = {
        "name": "Harbour Post",
        "strapline": "",
        "language": "en",
        "zone": "Mars/Base",
        "about": "",
        "alerts_to": "",
    }
    assert "is no time zone" in text_of(browser.post(reverse("desk:facts"), data))
    wrong = {**data, "zone": "Africa/Accra", "alerts_to": "night@example.org\nnight desk <@>"}
    assert "“night desk <@>” is no e-mail address" in text_of(browser.post(reverse("desk:facts"), wrong))
    assert SiteFacts.current().alerts_to == ""
    right = {**data, "zone": "Africa/Accra", "date_order": "month", "clock": "12", "digits": "latin"}
    assert "Select a valid choice" in text_of(browser.post(reverse("desk:facts"), {**right, "date_order": "backwards"}))
    answer = browser.post(reverse("desk:facts"), right, follow=True)
    assert "are saved" in said(answer)
    assert "November 22, 2026" in text_of(answer)
    facts = SiteFacts.current()
    assert (facts.zone, facts.date_order, facts.clock) == ("Africa/Accra", "month", "12")


@these_are_the_doors
def test_the_publisher_says_what_readers_are_told_of_the_newsroom(desk: Desk) -> None:
    browser, url = desk.browser(desk.cast.paula), reverse("desk:standards")
    told = text_of(browser.post(url, {"tips_whatsapp": "0905 555", "newsletter": "javascript:alert(1)"}))
    assert "has no country’s code" in told.replace("'", "’")
    assert "Enter a valid URL" in told
    assert "is no year or day" in text_of(browser.post(url, {"founded": "long ago"}))
    right = {
        "tips_whatsapp": "+234 905 555 0199",
        "newsletter": "https://lists.example/post",
        "newsletter_line": "The day by mail",
        "founded": "1924",
    }
    assert "is saved" in said(browser.post(url, right, follow=True))
    assert Standards.current().newsletter == "https://lists.example/post"
    assert desk.browser(desk.cast.rita).get(url).status_code in (302, 403)


@these_are_the_doors
def test_times_on_the_desk_are_in_the_newsrooms_zone(desk: Desk) -> None:
    """Wagtail would take UTC for everybody who has not chosen a zone; what is typed as 14:00 would be 15:00."""
    cast = desk.cast
    SiteFacts.objects.update(zone="Pacific/Auckland")
    from zoneinfo import ZoneInfo

    story = cast.draft()
    at = (clock.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    local = at.astimezone(ZoneInfo("Pacific/Auckland"))
    from standfirst.desk.tests.doors import story_form

    form = {**story_form("Later"), "go_live_at": f"{local:%Y-%m-%d %H:%M}", "action-publish": "1"}
    desk.browser(cast.ed).post(reverse("wagtailadmin_pages:edit", args=[story.pk]), form)
    assert fresh(story).scheduled_revision.approved_go_live_at == at
    assert f"{local:%H:%M}" in text_of(desk.browser(cast.ed).get(reverse("desk:stories")))


def test_setting_up_the_desk_twice_makes_one_workflow(desk: Desk) -> None:
    first = actions.set_up(home=desk.cast.home)
    assert actions.set_up(home=desk.cast.home) == first
    assert desk.cast.draft().get_workflow() == first


@pytest.mark.django_db
def test_the_list_is_read_by_indexes_that_every_migration_lays_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX desk_latest")
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "wagtailcore_page")
    assert {"desk_latest", "desk_latest_draft"} <= found.keys()
