"""The walls of stories as people meet them in Wagtail: a sentence, never a traceback or an unwanted effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from wagtail.models import Page, PageViewRestriction, Revision

from standfirst.changes.models import Change
from standfirst.desk.tests.doors import Desk, fresh, said, text_of
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Embargo, Section, SectionPath, Story

pytestmark = pytest.mark.deep_on_postgresql(
    "The walls stand in `stories`, whose tests try them on each database; these are the doors."
)

the_role_decides = pytest.mark.one_database("The role decides; who has which is tried beside `people`.")


def test_a_new_story_can_be_saved_published_and_handed_in_from_wagtails_form(desk: Desk) -> None:
    cast = desk.cast
    desk.create(cast.rita, cast.world, "A draft")
    desk.create(cast.ed, cast.world, "Published at once", do="action-publish")
    desk.create(cast.rita, cast.world, "Handed in", do="action-submit")
    states = {story.title: (story.live, story.current_workflow_state is not None) for story in Story.objects.all()}
    assert states == {
        "A draft": (False, False),
        "Published at once": (True, False),
        "Handed in": (False, True),
    }
    assert Address.objects.get(story__title="Published at once").last_part == "published-at-once"


def test_a_new_story_starts_in_the_newsrooms_language(desk: Desk) -> None:
    from standfirst.stories.models import SiteFacts

    SiteFacts.objects.update(language="ar")
    url = reverse("wagtailadmin_pages:add", args=["stories", "story", desk.cast.world.pk])
    page = desk.browser(desk.cast.ed).get(url).content.decode()
    assert '<option value="ar" selected>' in page


def test_nobody_publishes_a_killed_story_by_any_button(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live()
    older = story.latest_revision
    desk.edit(cast.ed, story, do="action-publish", title="Second version")
    desk.take_down(cast.wale, story)
    assert not fresh(story).live

    answer = desk.edit(cast.ed, story, do="action-publish", title="Third version")
    assert answer.status_code == 200
    assert "was killed" in said(answer)
    assert fresh(story).get_latest_revision_as_object().title == "Third version"

    revert = reverse("wagtailadmin_pages:edit", args=[story.pk])
    from standfirst.desk.tests.doors import story_form

    reverted = desk.browser(cast.ed).post(
        revert, {**story_form("First again"), "revision": str(older.pk), "action-publish": "1"}, follow=True
    )
    assert "was killed" in said(reverted)

    answer = desk.edit(cast.ed, story, do="action-publish", go_live_at=clock.now() + timedelta(days=1))
    assert "was killed" in said(answer)
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()

    answer = desk.bulk(cast.ed, "publish", fresh(story))
    assert "was killed" in said(answer)
    assert not fresh(story).live


def test_a_killed_scheduled_story_never_goes_live(desk: Desk) -> None:
    cast = desk.cast
    story = cast.draft()
    answer = desk.edit(cast.ed, story, do="action-publish", go_live_at=clock.now() + timedelta(hours=1))
    assert "goes live at" in said(answer)
    assert stories.next_due() is not None
    desk.take_down(cast.ed, story)
    assert stories.publish_due(clock.now() + timedelta(hours=2)) == []
    assert not fresh(story).live


def test_a_finishing_workflow_does_not_bring_a_killed_story_back(desk: Desk) -> None:
    cast = desk.cast
    desk.create(cast.rita, cast.world, "Handed in", do="action-submit")
    story = Story.objects.get()
    assert fresh(story).current_workflow_state is not None
    desk.take_down(cast.wale, story)
    assert fresh(story).current_workflow_state is None

    # Somebody whose screen is older hands it in again and approves.
    fresh(story).get_workflow().start(fresh(story), cast.rita)
    approve = {"action-workflow-action": "1", "workflow-action-name": "approve"}
    answer = desk.edit(cast.ed, fresh(story), **approve)
    assert answer.status_code == 200
    assert "was killed" in said(answer)
    assert not fresh(story).live


def test_an_approval_publishes_and_says_so(desk: Desk) -> None:
    cast = desk.cast
    desk.create(cast.rita, cast.world, "Handed in", do="action-submit")
    story = Story.objects.get()
    answer = desk.edit(cast.ed, story, **{"action-workflow-action": "1", "workflow-action-name": "approve"})
    assert fresh(story).live
    assert "Approved" in said(answer)
    assert "Publishing…" in said(answer)


@the_role_decides
def test_a_reporter_approves_and_publishes_nothing(desk: Desk) -> None:
    cast = desk.cast
    desk.create(cast.rita, cast.world, "Handed in", do="action-publish")
    desk.create(cast.rita, cast.world, "Handed in too", do="action-submit")
    for story in Story.objects.all():
        desk.edit(cast.rita, story, **{"action-workflow-action": "1", "workflow-action-name": "approve"})
        desk.bulk(cast.rita, "publish", story)
        assert not fresh(story).live


def test_an_embargoed_story_says_until_when_and_can_be_scheduled_for_then(desk: Desk) -> None:
    cast = desk.cast
    story = cast.draft()
    until = clock.now() + timedelta(hours=3)
    stories.embargo(story=story, until=until, by=cast.wale)
    assert "embargoed until" in said(desk.edit(cast.ed, story, do="action-publish"))
    assert "embargoed until" in said(
        desk.edit(cast.ed, story, do="action-publish", go_live_at=until - timedelta(hours=1))
    )
    assert "embargoed until" in said(desk.bulk(cast.ed, "publish", fresh(story)))
    assert not fresh(story).live
    later = until + timedelta(minutes=2)
    assert "goes live at" in said(desk.edit(cast.ed, story, do="action-publish", go_live_at=later))
    clock.set_offset(timedelta(hours=3, minutes=3))
    assert stories.publish_due(clock.now()) == [(story.pk, "published")]


def test_the_desk_lifts_an_embargo_and_a_reporter_does_not(desk: Desk) -> None:
    cast = desk.cast
    story = cast.draft()
    fact = stories.embargo(story=story, until=None, by=cast.wale)
    url = reverse("desk:lift_embargo", args=[fact.pk])
    desk.browser(cast.rita).post(url)
    assert Embargo.objects.standing().count() == 1
    assert "lifted" in said(desk.browser(cast.paula).post(url, follow=True))
    assert not Embargo.objects.standing().exists()


def test_a_bulk_publication_leaves_out_what_cannot_go_and_does_the_rest(desk: Desk) -> None:
    cast = desk.cast
    good, killed, embargoed = cast.draft("Good"), cast.draft("Killed"), cast.draft("Embargoed")
    stories.take_down(story=killed, kind="kill", reason="x", by=cast.ed)
    stories.embargo(story=embargoed, until=None, by=cast.wale)
    answer = desk.bulk(cast.ed, "publish", good, killed, embargoed, Section.objects.get(pk=cast.sport.pk))
    assert fresh(good).live
    assert not fresh(killed).live
    assert not fresh(embargoed).live
    assert "“Good”: Publishing…" in said(answer)
    assert "“Killed” was killed" in said(answer)
    assert "“Embargoed” is embargoed" in said(answer)
    assert "“Sport” is a section" in said(answer)


@pytest.mark.parametrize("bulk", [False, True])
def test_nothing_that_was_ever_published_can_be_deleted(desk: Desk, bulk: bool) -> None:
    cast = desk.cast
    story = cast.live()
    stories.unpublish(story=story, by=cast.ed)
    for page in (fresh(story), Section.objects.get(pk=cast.world.pk), Section.objects.get(pk=cast.news.pk)):
        if bulk:
            answer = desk.bulk(cast.ada, "delete", page)
        else:
            answer = desk.delete(cast.ada, page)
        assert answer.status_code == 200
        assert "cannot be deleted" in said(answer)
        assert Page.objects.filter(pk=page.pk).exists()


def test_a_draft_that_was_never_published_can_be_deleted(desk: Desk) -> None:
    story = desk.cast.draft()
    desk.browser(desk.cast.ed).post(reverse("wagtailadmin_pages:delete", args=[story.pk]))
    assert not Story.objects.filter(pk=story.pk).exists()


def test_the_home_front_cannot_be_deleted(desk: Desk) -> None:
    answer = desk.browser(desk.cast.ada).post(
        reverse("wagtailadmin_pages:delete", args=[desk.cast.home.pk]), follow=True
    )
    assert answer.status_code == 200
    assert Section.objects.filter(pk=desk.cast.home.pk).exists()


def test_a_copy_is_a_draft_and_offers_neither_alias_nor_live_copy(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live("Original")
    url = reverse("wagtailadmin_pages:copy", args=[story.pk])
    page = desk.browser(cast.ed).get(url).content.decode()
    assert 'name="alias"' not in page
    assert 'name="publish_copies"' not in page
    slug = page.split('name="new_slug" value="')[1].split('"')[0]
    answer = desk.browser(cast.ed).post(
        url,
        {
            "new_title": "Copy",
            "new_slug": slug,
            "new_parent_page": str(cast.sport.pk),
            "alias": "on",
            "publish_copies": "on",
        },
        follow=True,
    )
    assert answer.status_code == 200
    copy = Story.objects.get(title="Copy")
    assert (copy.live, copy.alias_of_id, copy.lineage) == (False, None, story.lineage)
    assert not Address.objects.filter(story=copy).exists()


def test_a_section_is_neither_copied_nor_unpublished_nor_made_private(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live()
    browser = desk.browser(cast.ada)
    edit = browser.get(reverse("wagtailadmin_pages:edit", args=[cast.world.pk])).content.decode()
    assert "Unpublish" not in edit
    for name in ("copy", "unpublish"):
        answer = browser.post(reverse(f"wagtailadmin_pages:{name}", args=[cast.world.pk]), follow=True)
        assert answer.status_code == 200
        assert "permission" in said(answer)
    desk.bulk(cast.ada, "unpublish", Section.objects.get(pk=cast.world.pk), include_descendants="on")
    assert Section.objects.get(pk=cast.world.pk).live
    assert fresh(story).live
    privacy = reverse("wagtailadmin_pages:set_privacy", args=[cast.world.pk])
    browser.post(privacy, {"restriction_type": "login", "password": ""})
    assert not PageViewRestriction.objects.exists()


def test_moving_a_section_onto_a_path_that_was_anothers_is_refused_with_a_sentence(desk: Desk) -> None:
    cast = desk.cast
    cast.live()
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.home.pk), pos="last-child")
    other = stories.open_section(parent=Section.objects.get(pk=cast.sport.pk), name="Other world", slug="world")
    url = reverse("wagtailadmin_pages:move_confirm", args=[other.pk, cast.news.pk])
    answer = desk.browser(cast.ada).post(url, follow=True)
    assert answer.status_code == 200
    assert "/news/world/" in said(answer)
    assert SectionPath.objects.get(section=other).path == "/sport/world/"
    assert "/news/world/" in said(
        desk.bulk(cast.ada, "move", Section.objects.get(pk=other.pk), chooser=str(cast.news.pk))
    )
    assert SectionPath.objects.get(section=other).path == "/sport/world/"


def test_renaming_a_sections_word_onto_anothers_is_refused_with_a_sentence(desk: Desk) -> None:
    cast = desk.cast
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.home.pk), pos="last-child")
    other = stories.open_section(parent=Section.objects.get(pk=cast.news.pk), name="Other", slug="other")
    data = {"title": "Other", "slug": "world", "standfirst": "", "action-publish": "1"}
    data |= {f"comments-{part}": "0" for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
    answer = desk.browser(cast.ada).post(reverse("wagtailadmin_pages:edit", args=[other.pk]), data, follow=True)
    assert answer.status_code == 200
    assert "/news/world/" in said(answer)
    data["slug"] = "fresh"
    desk.browser(cast.ada).post(reverse("wagtailadmin_pages:edit", args=[other.pk]), data, follow=True)
    assert SectionPath.objects.get(section=other, current=True).path == "/news/fresh/"


def test_moving_a_story_through_the_screen_gives_it_a_new_address(desk: Desk) -> None:
    cast = desk.cast
    story = cast.live("Harbour opens")
    rows = Change.objects.filter(kind="story", ref=str(story.pk)).count()
    url = reverse("wagtailadmin_pages:move_confirm", args=[story.pk, cast.sport.pk])
    desk.browser(cast.ed).post(url, follow=True)
    assert Address.objects.get(story=story, current=True).path.startswith("/sport/")
    assert Change.objects.filter(kind="story", ref=str(story.pk)).count() > rows


def test_every_bulk_action_commits_its_change_rows(desk: Desk) -> None:
    cast = desk.cast
    story = cast.draft("Harbour opens")
    for action, fields in (("publish", {}), ("move", {"chooser": str(cast.sport.pk)}), ("unpublish", {})):
        rows = Change.objects.filter(kind="story", ref=str(story.pk)).count()
        assert desk.bulk(cast.ed, action, fresh(story), **fields).status_code == 200
        assert Change.objects.filter(kind="story", ref=str(story.pk)).count() > rows, action


@the_role_decides
def test_a_stranger_and_somebody_without_a_role_get_nowhere(desk: Desk) -> None:
    story = desk.cast.live()
    for who in (None, desk.cast.sam):
        for name, args in (
            ("desk:stories", []),
            ("desk:kill", [story.pk]),
            ("desk:correct", [story.pk]),
            ("desk:fronts", []),
            ("desk:facts", []),
            ("desk:worker_json", []),
            ("wagtailadmin_pages:edit", [story.pk]),
        ):
            answer = desk.browser(who).get(reverse(name, args=args))
            assert answer.status_code == 302
            assert "/newsroom/login/" in answer["Location"]


may_as_another = pytest.mark.one_database("Only the role's name differs from that of another, who is tried on each.")


DECIDES = ("kill", "withhold", "correct", "put", "breaking", "keep off")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("rita", set()),
        ("wale", {*DECIDES, "open"}),
        pytest.param("ed", {*DECIDES, "open"}, marks=may_as_another),
        ("paula", {*DECIDES, "open", "facts"}),
        pytest.param("ada", {*DECIDES, "open", "facts"}, marks=may_as_another),
    ],
)
def test_each_role_has_the_screens_that_it_may_use(desk: Desk, role: str, allowed: set[str]) -> None:
    story = desk.cast.live()
    screens = {
        "kill": reverse("desk:kill", args=[story.pk]),
        "withhold": reverse("desk:withhold", args=[story.pk]),
        "correct": reverse("desk:correct", args=[story.pk]),
        "put": reverse("desk:put", args=[desk.cast.world.pk]),
        "breaking": reverse("desk:breaking", args=[story.pk]),
        "keep off": reverse("desk:keep_off", args=[desk.cast.world.pk, story.pk]),
        "open": reverse("desk:open_section"),
        "facts": reverse("desk:facts"),
    }
    browser = desk.browser(getattr(desk.cast, role))
    assert {name for name, url in screens.items() if browser.get(url).status_code == 200} == allowed
    assert browser.get(reverse("desk:stories")).status_code == 200


@the_role_decides
def test_the_menu_has_what_applies(desk: Desk) -> None:
    page = desk.browser(desk.cast.paula).get(reverse("desk:stories")).content.decode()
    for label in ("Desk", "Fronts", "Authors", "Topics", "Pictures", "Files", "Section tree", "Facts of the newsroom"):
        assert f'"{label}"' in page, label
    for label in ("Redirects", "Locales", "Sites", "Snippets", "Images", "Documents"):
        assert f'"{label}"' not in page, label


def test_the_first_screen_is_the_desk(desk: Desk) -> None:
    answer = desk.browser(desk.cast.rita).get("/newsroom/", follow=True)
    assert answer.request["PATH_INFO"] == "/newsroom/desk/"
    assert "Harbour Post" in text_of(answer)


@the_role_decides
def test_a_reporter_has_no_hand_on_pictures_that_others_put_in(desk: Desk) -> None:
    from io import BytesIO

    from PIL import Image

    from standfirst.pictures import actions as pictures
    from standfirst.pictures.models import Picture

    cast = desk.cast
    data = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(data, "PNG")
    picture = pictures.add(data=data.getvalue(), file_name="harbour.png", title="The harbour", credit="Ama Owusu/CPA")
    story = cast.live(lead_picture=picture)
    rita = desk.browser(cast.rita)
    rita.post(reverse("wagtailimages:delete", args=[picture.pk]))
    rita.post(
        f"{reverse('wagtail_bulk_action', args=['pictures', 'picture', 'delete'])}?id={picture.pk}&next=/newsroom/"
    )
    rita.post(reverse("wagtailimages:edit", args=[picture.pk]), {"title": "Mine", "credit": "Rita"})
    kept = Picture.objects.get(pk=picture.pk)
    assert (kept.title, kept.credit) == ("The harbour", "Ama Owusu/CPA")
    assert fresh(story).lead_picture == picture
    assert rita.get(reverse("wagtailimages:index")).status_code == 200
    assert rita.get(reverse("wagtailimages:add")).status_code == 200


def test_a_section_moved_into_itself_among_others_is_a_sentence(desk: Desk) -> None:
    cast = desk.cast
    moved = desk.bulk(cast.ed, "move", cast.news, chooser=str(cast.news.pk))
    assert "cannot be moved into itself" in said(moved)
    desk.bulk(cast.ed, "move", cast.news, chooser=str(cast.world.pk))
    assert Page.objects.get(pk=cast.news.pk).get_parent().pk == cast.home.pk
