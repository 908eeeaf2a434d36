"""An archive of another system comes in, and nobody can tell it from what was published here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped,unused-ignore]
import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, PageLogEntry, ReferenceIndex, Revision
from wagtail.search.models import IndexEntry

from standfirst.archive import actions, lines, reading
from standfirst.archive.models import Imported
from standfirst.changes.models import Change, Lane
from standfirst.kit.errors import Refused
from standfirst.library.models import StoryTerms, Term, TermCount
from standfirst.stories import actions as stories
from standfirst.stories.models import (
    Address,
    Author,
    FormerAddress,
    Origin,
    Publication,
    Section,
    Story,
    Topic,
)
from standfirst.wire import drafting
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

like_any_other = pytest.mark.deep_on_postgresql(
    "What is done to a story later is done by verbs that other tests try on each database."
)

ROOT = Path(__file__).resolve().parents[4]
SHOWN = "<p>The lamps went out at <b>nine</b>.</p><ul><li>one</li><li>two</li></ul><blockquote>We saw it</blockquote>"


def line(ident: str = "wp-1", **fields: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "headline": f"Harbour lamps {ident}",
        "kicker": "Coast",
        "standfirst": "Nobody knows why.",
        "body_html": SHOWN,
        "section": "news/world",
        "authors": ["Ama Sarpong", "Kofi Mensah"],
        "topics": ["Harbours"],
        "published": "2014-05-01T23:30:00+00:00",
        **fields,
    }


def bring_in(tmp_path: Path, *entries: Any, source: str = "wordpress", **options: Any) -> actions.Outcome:
    """Import lines as one chunk; related lists too."""
    path = tmp_path / "archive.jsonl"
    path.write_text("\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries))
    read = list(reading.read(path, "archive.jsonl", reading.Terms(language="en")))
    copies = [each for each in read if isinstance(each, reading.Copy)]
    outcome = actions.take_in(source=source, copies=copies, shelf=actions.Shelf(), **options)
    outcome.refused += [each for each in read if isinstance(each, reading.Refusal)]
    while actions.relate():
        pass
    return outcome


def row(story: Story) -> dict[str, Any]:
    """A story's row, less what is its own by nature: ids, random words, moments."""
    own = {
        "id", "path", "page_ptr_id", "slug", "url_path", "translation_key", "lineage", "latest_revision_id",
        "live_revision_id", "first_published_at", "last_published_at", "latest_revision_created_at", "title",
        "draft_title", "body", "pk", "latest_revision", "live_revision", "bylines",
    }  # fmt: skip
    found = Story.objects.filter(pk=story.pk).values().get()
    return {name: value for name, value in found.items() if name not in own}


def without_ids(body: Any) -> Any:
    if isinstance(body, list):
        return [without_ids(entry) for entry in body]
    if isinstance(body, dict):
        return {name: without_ids(value) for name, value in body.items() if name != "id"}
    return body


def test_an_imported_story_equals_one_published_by_hand(newsroom: Newsroom, tmp_path: Path) -> None:
    kofi = Author.objects.create(name="Kofi Mensah", slug="kofi-mensah")
    topic = Topic.objects.create(name="Harbours", slug="harbours")
    by_hand = stories.create(
        section=Section.objects.get(pk=newsroom.world.pk),
        title="Harbour lamps by hand",
        kicker="Coast",
        standfirst="Nobody knows why.",
        language="en",
        authors=[newsroom.author, kofi],
        topics=[topic],
        body=list(drafting.blocks_of(SHOWN)),
    )
    stories.publish(story=by_hand)
    bring_in(tmp_path, line())
    imported = Story.objects.get(title="Harbour lamps wp-1")

    assert row(imported) == row(by_hand)
    assert without_ids(list(imported.body.raw_data)) == without_ids(list(by_hand.body.raw_data))
    assert (imported.title, imported.draft_title) == ("Harbour lamps wp-1", "Harbour lamps wp-1")
    assert [author.author_id for author in imported.bylines.order_by("sort_order")] == [newsroom.author.pk, kofi.pk]
    assert list(imported.topics.all()) == [topic]
    assert imported.url_path == f"/home-front/news/world/{imported.slug}/"

    ours, theirs = Revision.objects.get(object_id=by_hand.pk), Revision.objects.get(object_id=imported.pk)
    own = {"pk", "path", "slug", "url_path", "translation_key", "lineage", "title", "draft_title", "body", "bylines"}
    assert {name: value for name, value in theirs.content.items() if name not in own} == {
        name: value for name, value in ours.content.items() if name not in own
    }
    assert [entry["author"] for entry in theirs.content["bylines"]] == [newsroom.author.pk, kofi.pk]
    assert json.loads(theirs.content["body"]) == list(imported.body.raw_data)
    assert imported.latest_revision_id == imported.live_revision_id == theirs.pk
    assert theirs.is_latest_revision() and not imported.has_unpublished_changes

    assert set(PageLogEntry.objects.filter(page_id=imported.pk).values_list("action", flat=True)) == set(
        PageLogEntry.objects.filter(page_id=by_hand.pk).values_list("action", flat=True)
    )
    references = ReferenceIndex.objects.filter(object_id=str(imported.pk))
    found = set(references.values_list("model_path", "to_object_id"))
    assert found == set(
        ReferenceIndex.objects.filter(object_id=str(by_hand.pk)).values_list("model_path", "to_object_id")
    )
    before = set(references.values_list("content_path_hash", flat=True))
    ReferenceIndex.create_or_update_for_object(Story.objects.get(pk=imported.pk))
    assert set(references.values_list("content_path_hash", flat=True)) == before
    entries = IndexEntry._default_manager.filter(object_id__in=[str(imported.pk), str(by_hand.pk)])
    assert entries.count() == 2
    assert Page.find_problems() == ([], [], [], [], [])


def test_dates_are_those_of_the_newsrooms_zone_and_of_the_copy(newsroom: Newsroom, tmp_path: Path) -> None:
    note = {"kind": "correction", "text": "It was ten.", "at": "2014-05-03T08:00:00+01:00"}
    bring_in(tmp_path, line(corrections=[note]), line("wp-2", refreshed="2010-01-01T00:00:00Z", slug="Lamps out!"))
    first, second = (Story.objects.get(title=f"Harbour lamps wp-{number}") for number in (1, 2))
    # 23:30 in London's winter is half past midnight in Lagos.
    assert Address.objects.get(story=first).path == "/news/world/2014/05/02/harbour-lamps-wp-1/"
    assert Address.objects.get(story=second).path == "/news/world/2014/05/02/lamps-out/"
    publication = Publication.objects.get(story=first)
    assert publication.first == first.first_published_at == datetime(2014, 5, 1, 23, 30, tzinfo=UTC)
    assert publication.refreshed == datetime(2014, 5, 3, 7, tzinfo=UTC)
    assert (publication.refreshes, first.corrections.get().text) == (1, "It was ten.")
    untouched = Publication.objects.get(story=second)
    assert (untouched.refreshed, untouched.refreshes) == (untouched.first, 0)


@like_any_other
def test_it_can_be_edited_published_reverted_and_killed_like_any_other(
    newsroom: Newsroom, tmp_path: Path, client: Client
) -> None:
    bring_in(tmp_path, line())
    story = Story.objects.get(title="Harbour lamps wp-1")
    address = Address.objects.get(story=story).path
    draft = story.get_latest_revision_as_object()
    assert [byline.author_id for byline in draft.bylines.all()] == [byline.author_id for byline in story.bylines.all()]
    draft.full_clean()
    first = story.latest_revision
    client.force_login(newsroom.editor)
    screen = client.get(reverse("wagtailadmin_pages:edit", args=[story.pk]))
    assert screen.status_code == 200
    assert "Harbour lamps wp-1" in screen.content.decode() and "The lamps went out at" in screen.content.decode()
    edited = newsroom.edit(story, title="Lamps are on again")
    assert client.get(reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])).status_code == 200
    assert edited.live and edited.live_revision_id != first.pk
    first.publish(user=newsroom.editor)
    again = Story.objects.get(pk=story.pk)
    assert again.title == "Harbour lamps wp-1" and again.bylines.count() == 2
    assert again.first_published_at == story.first_published_at
    assert Address.objects.get(story=story).path == address
    newsroom.at_rest()
    stories.take_down(story=again, kind="kill", reason="Wrong", by=newsroom.publisher)
    newsroom.at_rest()
    newsroom.prove()
    assert not Story.objects.get(pk=story.pk).live
    other = newsroom.story("Something new", section=newsroom.world)
    assert other.path > again.path
    assert Page.find_problems() == ([], [], [], [], [])


def test_the_press_prints_it_and_the_laws_hold(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.story("Harbour lamps of today")
    newsroom.at_rest()
    entries = [line(f"wp-{number}", former_addresses=[f"/2014/05/lamps-{number}/"]) for number in range(1, 5)]
    bring_in(tmp_path, *entries, line("ar", headline="أضواء الميناء تنطفئ", language="ar", section="News/العالم"))
    row = Change.objects.filter(kind="archive", cause="imported").get()
    assert row.lane == Lane.MAINTENANCE
    newsroom.at_rest()
    newsroom.prove()
    output = newsroom.output()
    page = output["pages/news/world/2014/05/02/harbour-lamps-wp-1/index.html"].decode()
    assert "The lamps went out at <b>nine</b>." in page and "Kofi Mensah" in page
    assert "Harbour lamps wp-2" in page, "it has its related list"
    assert output["moved/2014/05/lamps-1/index.html"].strip() == b"/news/world/2014/05/02/harbour-lamps-wp-1/"
    arabic = next(body for name, body in output.items() if "أضواء" in name).decode()
    assert 'dir="rtl"' in arabic
    front = output["pages/news/world/index.html"].decode()
    assert front.index("Harbour lamps of today") < front.index("Harbour lamps wp-1")
    assert newsroom.worker.sweep() == []


def test_related_lists_are_made_of_the_whole_archive_and_no_old_list_changes(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    from standfirst.library import actions as library

    old = newsroom.story("Harbour lamps of today")
    newsroom.at_rest()
    before = library.related(old.pk)
    bring_in(tmp_path, *(line(f"wp-{number}") for number in range(1, 6)))
    assert not Imported.objects.unrelated().exists()
    ids = set(Imported.objects.values_list("story_id", flat=True))
    for pk in ids:
        assert set(library.related(pk)) == (ids | {old.pk}) - {pk}
    assert library.related(old.pk) == before
    assert library.relate_if_due(min(ids)) == []
    assert StoryTerms.objects.count() == TermCount.objects.get(term="").stories == 6
    for count in TermCount.objects.exclude(term=""):
        assert Term.objects.filter(term=count.term).count() == count.stories


def test_each_story_comes_once_however_often_it_is_tried(newsroom: Newsroom, tmp_path: Path) -> None:
    first = bring_in(tmp_path, line(), line("wp-2"), line())
    assert (len(first.imported), first.unchanged, first.refused) == (2, 1, [])
    again = bring_in(tmp_path, line(), line("wp-2", headline="Another"), line("wp-3"))
    assert (len(again.imported), again.unchanged) == (1, 1)
    assert "reads differently now" in again.refused[0].why and again.refused[0].where == "archive.jsonl, line 2"
    other = bring_in(tmp_path, line(), source="ghost")
    assert len(other.imported) == 1
    assert Story.objects.count() == Imported.objects.count() == 4
    assert Address.objects.filter(last_part="harbour-lamps-wp-1-2").exists()
    assert Author.objects.filter(name="Kofi Mensah").count() == 1


class Cut(Exception):
    """The power fails here."""


@pytest.mark.parametrize("point", ["archive:prepared", "archive:written", "archive:committed"])
def test_a_chunk_that_is_cut_short_is_there_whole_or_not_at_all(newsroom: Newsroom, tmp_path: Path, point: str) -> None:
    def fault(name: str) -> None:
        if name == point:
            raise Cut

    with pytest.raises(Cut):
        bring_in(tmp_path, line(), line("wp-2"), fault=fault)
    whole = point == "archive:committed"
    assert Story.objects.count() == Change.objects.filter(kind="archive").count() * 2 == (2 if whole else 0)
    again = bring_in(tmp_path, line(), line("wp-2"), line("wp-3"))
    assert (len(again.imported), again.unchanged) == ((1, 2) if whole else (3, 0))
    assert Story.objects.count() == 3
    newsroom.at_rest()
    newsroom.prove()
    assert Page.find_problems() == ([], [], [], [], [])


REFUSED: list[tuple[Any, str]] = [
    ("{broken", "This is no JSON"),
    ("[1]", "This is no JSON object"),
    ({key: value for key, value in line().items() if key != "published"}, "the field “published” is missing".title()),
    (line(published="2014-05-01T23:30:00"), "offset from UTC"),
    (line(published="yesterday"), "this is no moment"),
    (line(published="2199-01-01T00:00:00Z"), "a time to come"),
    (line(headline="  "), "it is empty"),
    (line(headline="x" * 256), "longer than 255 characters"),
    (line(body_html="<img src='x.jpg'>"), "pictures alone do not come along"),
    (line(tags=["a"]), "“tags” is no field of a story"),
    (line(language="xx"), "“xx” is none that stories here are written in: give one of en, fr, "),
    (line(headline=3), "text is expected here, and this is a number."),
    (line(authors="Ama"), "a list is expected here, and this is text."),
    (line(picture=3), "an object is expected here, and this is a number."),
    (
        line(corrections=[{"kind": "oops", "text": "x", "at": "2014-05-01T08:00:00Z"}]),
        "“oops” is no kind of note: write one of correction, clarification, update.",
    ),
    (line(section="newsroom"), "cannot be the name of one"),
    (line(section=""), "it names no section".capitalize()),
    (line(former_addresses=["https://old.example/a/"]), "is no path"),
    (line(former_addresses=["/assets/a.css"]), "kept for the site itself"),
    (line(former_addresses=["/news/world/"]), "that of a section"),
]


@pytest.mark.one_database("What the line says decides; that what is taken is written is tried by the other tests here.")
@pytest.mark.parametrize(("entry", "says"), REFUSED)
def test_what_cannot_be_imported_is_refused_with_its_line_and_stops_nothing(
    newsroom: Newsroom, tmp_path: Path, entry: Any, says: str
) -> None:
    if isinstance(entry, dict):
        entry = {**entry, "id": "bad"} if "id" in entry else entry
    outcome = bring_in(tmp_path, line(), entry, line("wp-2"))
    assert len(outcome.imported) == 2
    (refusal,) = outcome.refused
    assert refusal.where == "archive.jsonl, line 2"
    assert says.lower() in refusal.why.lower(), refusal.why
    assert refusal.why.endswith(".") or "UTF-8" in refusal.why


@pytest.mark.one_database("What comes of HTML is decided before it is written.")
def test_hostile_html_loses_its_sting_and_not_its_words(newsroom: Newsroom, tmp_path: Path) -> None:
    hostile = (
        "<p onclick='x()'>Kept <a href='javascript:alert(1)'>words</a></p><script>alert(2)</script>"
        "<p><img src=x onerror=alert(3)>&lt;b&gt; and more\u0000</p><iframe src='https://evil.example'></iframe>"
    )
    bring_in(tmp_path, line(body_html=hostile, headline="<script>alert(4)</script> \u202e lamps", kicker="<b>"))
    newsroom.at_rest()
    newsroom.prove()
    page = next(body for name, body in newsroom.output().items() if "pages/news/world/2014/" in name)
    text = page.decode()
    for sting in ("javascript:", "onclick", "onerror", "<script>alert", "evil.example", "\u0000"):
        assert sting not in text
    assert "words" in text and "and more" in text


def test_ninjs_comes_with_its_origin_and_only_what_was_published(newsroom: Newsroom, tmp_path: Path) -> None:
    item = {
        "uri": "urn:coast:1",
        "type": "text",
        "pubstatus": "usable",
        "version": "1",
        "versioncreated": "2014-05-01T10:00:00Z",
        "firstcreated": "2014-05-01T09:00:00Z",
        "language": "fr",
        "headline": "Les lampes du port",
        "body_html": "<p>Elles se sont éteintes.</p>",
    }
    killed = {**item, "uri": "urn:coast:2", "pubstatus": "canceled"}
    path = tmp_path / "items.json"
    path.write_text(json.dumps([item, killed]))
    read = list(reading.read(path, "items.json", reading.Terms(section=("news",), language="en")))
    copies = [each for each in read if isinstance(each, reading.Copy)]
    assert ["its status is canceled" in str(each).lower() for each in read if isinstance(each, reading.Refusal)] == [
        True
    ]
    actions.take_in(source="coast", copies=copies, shelf=actions.Shelf())
    story = Story.objects.get()
    assert (story.title, story.language) == ("Les lampes du port", "fr")
    assert Origin.objects.get(story=story).item_id == "urn:coast:1"
    nowhere = [str(each) for each in reading.read(path, "items.json", reading.Terms(language="en"))]
    assert "--section" in nowhere[0]


def test_a_former_address_is_nobody_elses(newsroom: Newsroom, tmp_path: Path) -> None:
    outcome = bring_in(tmp_path, line(former_addresses=["/lamps/old"]), line("wp-2", former_addresses=["/lamps/old/"]))
    assert "that of archive.jsonl, line 1 too" in outcome.refused[0].why
    assert FormerAddress.objects.get().path == "/lamps/old/"
    section = stories.open_section(parent=Section.objects.get(pk=newsroom.front.pk), name="Lamps", slug="lamps")
    with pytest.raises(Refused, match="on another system"):
        stories.open_section(parent=Section.objects.get(pk=section.pk), name="Old", slug="old")


def test_the_reference_holds_the_schema_and_the_schema_the_lines() -> None:
    path = ROOT / "docs" / "reference" / "archive-line.schema.json"
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(lines.schema()))
    jsonschema.validate(line(former_addresses=["/a/b/"], _note="ours"), json.loads(path.read_text("utf-8")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(line(tags=[]), json.loads(path.read_text("utf-8")))
