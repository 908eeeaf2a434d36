"""Pictures come along with an archive: from one folder and nowhere else, each once, and as if set by hand."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from wagtail.models import ReferenceIndex, Revision

from standfirst.archive import actions, reading
from standfirst.archive.models import Imported
from standfirst.archive.tests.test_importing import Cut, bring_in, line, row, without_ids
from standfirst.changes.models import AuditEntry, Change, Lane
from standfirst.pictures import actions as pictures
from standfirst.pictures import reading as bytes_of_pictures
from standfirst.pictures.models import Picture
from standfirst.pictures.tests.photographs import iim, photograph
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, Section, Story, Topic
from tests.newsroom import Newsroom

pytestmark = [
    pytest.mark.django_db(databases=["default", "press"]),
    pytest.mark.deep_on_postgresql(
        "What an import writes of pictures is written by the verbs of the library, tried on each database."
    ),
]

LEAD = {
    "file": "2014/05/lamp.jpg",
    "alt": "A lamp on a quay",
    "caption": "The last lamp.",
    "credit": "Ama Owusu/CPA",
    "holder": "CPA",
    "terms": "Editorial use only. GERMANY OUT",
    "expires": "2199-01-01T00:00:00+01:00",
}
QUAY = (
    '<p>One.</p><figure><img src="2014/05/the%20quay.jpg?w=300" alt="A quay">'
    "<figcaption>The <i>quay</i></figcaption></figure><p>Two.</p>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the archive's pictures lie."""
    folder = tmp_path / "2014" / "05"
    folder.mkdir(parents=True)
    (folder / "lamp.jpg").write_bytes(small("teal"))
    (folder / "the quay.jpg").write_bytes(small("navy"))
    return folder


def small(colour: str, **options: Any) -> bytes:
    return photograph(colour, (60, 40), **options)


def only(outcome: actions.Outcome) -> reading.Copy:
    ((copy, _),) = outcome.imported
    return copy


def body(story: Story) -> list[tuple[str, Any]]:
    return [(block["type"], block["value"]) for block in story.body.raw_data]


def test_a_story_with_pictures_equals_one_made_by_hand(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    outcome = bring_in(tmp_path, line(picture=LEAD, body_html=QUAY))
    assert (only(outcome).without, only(outcome).left_out, len(only(outcome).pictures)) == ((), 0, 2)
    imported = Story.objects.get()
    lamp, quay = Picture.objects.order_by("pk")
    assert imported.lead_picture == lamp
    assert (lamp.title, lamp.alt, lamp.caption, lamp.credit, lamp.holder) == (
        "lamp", "A lamp on a quay", "The last lamp.", "Ama Owusu/CPA", "CPA",
    )  # fmt: skip
    assert (lamp.terms, lamp.territory) == (LEAD["terms"], "Not: GERMANY")
    assert lamp.expires_at == datetime(2198, 12, 31, 23, tzinfo=UTC)
    assert (quay.title, quay.alt, quay.caption) == ("the quay", "A quay", "The quay")
    assert body(imported) == [
        ("paragraph", "<p>One.</p>"),
        ("picture", {"picture": quay.pk, "caption": ""}),
        ("paragraph", "<p>Two.</p>"),
    ]

    by_hand = stories.create(
        section=Section.objects.get(pk=newsroom.world.pk),
        title="Harbour lamps by hand",
        kicker="Coast",
        standfirst="Nobody knows why.",
        language="en",
        authors=list(Author.objects.order_by("pk")),
        topics=list(Topic.objects.all()),
        lead_picture=lamp,
        body=[
            ("paragraph", "<p>One.</p>"),
            ("picture", {"picture": quay, "caption": ""}),
            ("paragraph", "<p>Two.</p>"),
        ],
    )
    stories.publish(story=by_hand)
    assert row(imported) == row(by_hand)
    assert without_ids(list(imported.body.raw_data)) == without_ids(list(by_hand.body.raw_data))
    ours, theirs = (Revision.objects.get(object_id=story.pk).content for story in (by_hand, imported))
    assert theirs.keys() == ours.keys()
    for name in ("lead_picture", "lead_caption"):
        assert theirs[name] == ours[name]
    assert json.loads(theirs["body"]) == list(imported.body.raw_data)

    def references(story: Story) -> set[tuple[str, str, int]]:
        found = ReferenceIndex.objects.filter(object_id=str(story.pk))
        return set(found.values_list("model_path", "to_object_id", "to_content_type"))

    assert references(imported) == references(by_hand)
    own = ReferenceIndex.objects.filter(object_id=str(imported.pk))
    before = set(own.values_list("content_path_hash", flat=True))
    ReferenceIndex.create_or_update_for_object(Story.objects.get(pk=imported.pk))
    assert set(own.values_list("content_path_hash", flat=True)) == before
    assert all(picture.get_usage().count() == 2 for picture in (lamp, quay))
    assert AuditEntry.objects.get(verb="imported", kind="archive").detail["pictures"] == [lamp.pk, quay.pk]
    assert set(Change.objects.filter(kind="picture").values_list("lane", flat=True)) == {Lane.MAINTENANCE}


def test_readers_get_its_pictures_and_the_laws_hold(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    bring_in(tmp_path, line(picture=LEAD, body_html=QUAY), line("wp-2"))
    newsroom.at_rest()
    newsroom.prove()
    page = newsroom.output()["pages/news/world/2014/05/02/harbour-lamps-wp-1/index.html"].decode()
    for words in ("A lamp on a quay", "The last lamp.", "Ama Owusu/CPA", "A quay", "The quay"):
        assert words in page
    shown = set(re.findall(r'src="(/pictures/[^"]+)"', page))
    assert len(shown) >= 2 and all(any(name.endswith(copy) for name in newsroom.output()) for copy in shown)
    lamp = Picture.objects.get(title="lamp")
    draft = Story.objects.get(title="Harbour lamps wp-1").get_latest_revision_as_object()
    draft.full_clean()
    assert draft.lead_picture == lamp
    assert newsroom.worker.sweep() == []


def test_pictures_elsewhere_or_missing_are_left_out_and_their_words_stay(
    newsroom: Newsroom, tmp_path: Path, folder: Path
) -> None:
    text = (
        '<p>Before <img src="2014/05/lamp.jpg"> and after</p>'
        '<figure><img src="https://old.example/a.jpg"><figcaption>On another host</figcaption></figure>'
        '<img src="//old.example/b.jpg"><img src="/2014/05/lamp.jpg"><img src="2014/none.jpg"><img>'
        '<img src="data:image/png;base64,AAAA"><iframe src="https://evil.example"></iframe>'
        "<ul><li>in a list <img src='./2014/05/the%20quay.jpg'></li><li>goes on</li></ul>"
    )
    copy = only(bring_in(tmp_path, line(body_html=text)))
    assert (copy.left_out, copy.without) == (7, ())
    lamp, quay = Picture.objects.order_by("pk")
    blocks = body(Story.objects.get())
    assert [kind for kind, _ in blocks] == ["paragraph", "picture", "paragraph", "paragraph", "list", "picture"]
    assert [value["picture"] for kind, value in blocks if kind == "picture"] == [lamp.pk, quay.pk]
    assert [value for kind, value in blocks if kind == "paragraph"] == [
        "<p>Before</p>", "<p>and after</p>", "<p>On another host</p>",
    ]  # fmt: skip


def test_the_same_bytes_are_one_picture_however_often_they_come(
    newsroom: Newsroom, tmp_path: Path, folder: Path
) -> None:
    here = pictures.add(data=small("navy"), file_name="quay.jpg", title="Our quay", caption="Ours", credit="Bola")
    (folder / "again.jpg").write_bytes(small("teal"))
    entries = [
        line(picture=LEAD, body_html=QUAY),
        line("wp-2", picture={"file": "2014/05/again.jpg", "caption": "Again."}),
        line("wp-3", picture={"file": "2014/05/lamp.jpg", "caption": "The last lamp."}),
    ]
    assert len(bring_in(tmp_path, *entries).imported) == 3
    again = bring_in(tmp_path, *entries)
    assert (again.imported, again.unchanged) == ([], 3)
    assert Picture.objects.count() == 2
    lamp = Picture.objects.exclude(pk=here.pk).get()
    assert list(Story.objects.order_by("pk").values_list("lead_picture", "lead_caption")) == [
        (lamp.pk, ""), (lamp.pk, "Again."), (lamp.pk, ""),
    ]  # fmt: skip
    here.refresh_from_db()
    assert (here.title, here.caption, here.credit) == ("Our quay", "Ours", "Bola")
    assert body(Story.objects.order_by("pk")[0])[1] == ("picture", {"picture": here.pk, "caption": "The quay"})


@pytest.mark.parametrize("point", ["archive:picture", "archive:pictured", "archive:written", "archive:committed"])
def test_a_run_that_is_cut_short_leaves_no_picture_twice(
    newsroom: Newsroom, tmp_path: Path, folder: Path, point: str
) -> None:
    def fault(name: str) -> None:
        if name == point:
            raise Cut

    entries = [line(picture=LEAD, body_html=QUAY), line("wp-2", picture=LEAD)]
    with pytest.raises(Cut):
        bring_in(tmp_path, *entries, fault=fault)
    assert Picture.objects.count() == (1 if point == "archive:picture" else 2)
    bring_in(tmp_path, *entries)
    assert Picture.objects.count() == Story.objects.count() == Imported.objects.count() == 2
    assert set(Story.objects.values_list("lead_picture__title", flat=True)) == {"lamp"}


# --- what is not taken ----------------------------------------------------------------------------------------------


def refused(tmp_path: Path, file: str, **said: Any) -> str:
    """Why a story comes without its lead picture."""
    outcome = bring_in(tmp_path, line(picture={"file": file, **said}), line("wp-2"))
    assert (len(outcome.imported), outcome.refused) == (2, [])
    copy = outcome.imported[0][0]
    (without,) = copy.without
    assert (without.where, without.file) == ("archive.jsonl, line 1", file)
    story = Story.objects.get(title="Harbour lamps wp-1")
    assert story.live and story.lead_picture is None and copy.pictures == ()
    return without.why


@pytest.mark.one_database("The folder decides; that pictures' rows follow is tried by the other tests here.")
@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("/etc/hostname", "begins at the root of the machine"),
        ("../outside.jpg", "leads out of its folder"),
        ("2014/../../outside.jpg", "leads out of its folder"),
        ("2014/05/out.jpg", "A link leads out"),
        ("2014/away/outside.jpg", "A link leads out"),
        ("2014/05/round.jpg", "could not be read"),
        ("2014/05/pipe.jpg", "no ordinary file"),
        ("2014/05", "no ordinary file"),
        ("2014/05/null.jpg", "leads out"),
        ("2014/05/x\u0000.jpg", "no name of a file"),
        ("2014/05/none.jpg", "no such file"),
        ("2014/05/lamp.jpg/x.jpg", "no such file"),
        ("x" * 900, "could not be read"),
    ],
)
def test_nothing_comes_from_outside_of_the_folder(
    newsroom: Newsroom, tmp_path: Path, folder: Path, file: str, says: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "2014").rename(inside / "2014")
    (tmp_path / "outside.jpg").write_bytes(small("red"))
    folder = inside / "2014" / "05"
    (folder / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (folder / "null.jpg").symlink_to("/dev/zero")
    (folder / "round.jpg").symlink_to(folder / "round.jpg")
    (inside / "2014" / "away").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.jpg")
    assert says in refused(inside, file)
    assert not Picture.objects.exists()


def test_links_that_stay_in_the_folder_are_followed(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    (folder / "latest.jpg").symlink_to("lamp.jpg")
    (tmp_path / "now").symlink_to("2014/05")
    copy = only(bring_in(tmp_path, line(picture={"file": "now/latest.jpg"})))
    assert copy.without == () and Story.objects.get().lead_picture.title == "latest"


def test_a_path_in_the_text_that_leads_out_is_told_too(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    (tmp_path.parent / "outside.jpg").write_bytes(small("red"))
    text = (
        '<p>One.</p><img src="..%2Foutside.jpg"><figure><img src="2014/../../outside.jpg">'
        "<figcaption>Two.</figcaption></figure>"
    )
    copy = only(bring_in(tmp_path, line(body_html=text)))
    assert [without.file for without in copy.without] == ["../outside.jpg", "2014/../../outside.jpg"]
    assert copy.left_out == 0
    assert [value for _, value in body(Story.objects.get())] == ["<p>One.</p>", "<p>Two.</p>"]
    assert not Picture.objects.exists()


def test_the_newsrooms_own_folder_is_closed(newsroom: Newsroom, tmp_path: Path, folder: Path, settings: Any) -> None:
    settings.STANDFIRST = replace(settings.STANDFIRST, home=tmp_path / "newsroom")
    kept = tmp_path / "newsroom" / "private"
    kept.mkdir(parents=True)
    (kept / "secret.jpg").write_bytes(small("red"))
    assert "newsroom's own folder" in refused(tmp_path, "newsroom/private/secret.jpg")
    chosen = tmp_path / "newsroom" / "old"
    chosen.mkdir()
    (chosen / "lamp.jpg").write_bytes(small("teal"))
    assert only(bring_in(chosen, line("wp-3", picture={"file": "lamp.jpg"}))).without == ()


def test_what_the_library_does_not_take_stops_no_story(
    newsroom: Newsroom, tmp_path: Path, folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "page.jpg").write_bytes(b"<svg onload=alert(1)>")
    assert "no picture that can be read" in refused(tmp_path, "2014/05/page.jpg")
    (folder / "half.jpg").write_bytes(photograph("red", noise=1)[:20_000])
    out = only(bring_in(tmp_path, line("wp-3", body_html="<p>One.</p><img src='2014/05/half.jpg'>")))
    assert "damaged or breaks off" in out.without[0].why and out.pictures == ()
    assert [kind for kind, _ in body(Story.objects.get(title="Harbour lamps wp-3"))] == ["paragraph"]
    with monkeypatch.context() as patched:
        patched.setattr(bytes_of_pictures, "MOST_PIXELS", 60 * 40 - 1)
        out = only(bring_in(tmp_path, line("wp-4", picture=LEAD)))
    assert "60 x 40 pixels" in out.without[0].why
    settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE = len(small("teal")) - 1
    out = only(bring_in(tmp_path, line("wp-5", picture=LEAD)))
    assert "more than" in out.without[0].why
    settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE += 1
    assert only(bring_in(tmp_path, line("wp-6", picture=LEAD))).without == ()
    assert Picture.objects.count() == 1


def test_killed_bytes_stay_killed(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    picture = pictures.add(data=small("teal"), file_name="a.jpg", title="a")
    pictures.kill(picture=picture, by=newsroom.publisher, reason="Never ours.")
    assert "was killed on" in refused(tmp_path, "2014/05/lamp.jpg")
    assert Picture.objects.count() == 1
    newsroom.at_rest()
    newsroom.prove()


def test_terms_that_a_person_must_weigh_hold(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    assert "it must not be kept in an archive" in refused(tmp_path, "2014/05/lamp.jpg", terms="NO ARCHIVES, please")
    (folder / "told.jpg").write_bytes(small("red", iptc=iim((2, 40, "KILL - do not use"))))
    out = only(bring_in(tmp_path, line("wp-3", picture={"file": "2014/05/told.jpg"})))
    assert "instructions in the file" in out.without[0].why
    assert not Picture.objects.exists()


def test_what_the_story_does_not_say_is_read_from_the_file(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    told = iim((2, 120, "The file's words"), (2, 80, "Kofi Mensah"), (2, 110, "CPA"))
    (folder / "told").write_bytes(small("red", iptc=told))
    bring_in(tmp_path, line(picture={"file": "2014/05/told", "caption": "The story's words"}))
    picture = Picture.objects.get()
    assert (picture.caption, picture.credit) == ("The story's words", "Kofi Mensah/CPA")
    assert picture.file.name.endswith(".jpg")


def test_a_picture_whose_right_has_ended_comes_and_is_not_shown(
    newsroom: Newsroom, tmp_path: Path, folder: Path
) -> None:
    bring_in(tmp_path, line(picture={**LEAD, "expires": "2015-01-01T00:00:00Z"}, body_html=QUAY))
    lamp, quay = Picture.objects.order_by("pk")
    assert lamp.ended and Story.objects.get().lead_picture == lamp
    newsroom.at_rest()
    newsroom.prove()
    page = newsroom.output()["pages/news/world/2014/05/02/harbour-lamps-wp-1/index.html"].decode()
    assert "A lamp on a quay" not in page and "A quay" in page

    bring_in(tmp_path, line("wp-2", picture={"file": "2014/05/the quay.jpg", "expires": "2016-01-01T00:00:00Z"}))
    quay.refresh_from_db()
    assert quay.ended, "the stricter end of rights holds"
    assert AuditEntry.objects.get(verb="ended rights").ref == str(quay.pk)
    newsroom.at_rest()
    newsroom.prove()
    assert b"A quay" not in newsroom.everything()


@pytest.mark.one_database("What the line says decides, and no row is written.")
@pytest.mark.parametrize(
    ("picture", "says"),
    [
        ({}, "in the field “picture”, “file” is missing"),
        ({"file": ""}, "it is empty"),
        ({"file": "a.jpg", "url": "https://old.example"}, "“url” is not known: take it out"),
        ({"file": "a.jpg", "expires": "2014-01-01"}, "this is no moment"),
        ({"file": "a.jpg", "expires": "9999-12-31T23:59:59-05:00"}, "leave “expires” out"),
    ],
)
def test_a_line_that_says_it_wrongly_is_refused(
    newsroom: Newsroom, tmp_path: Path, picture: dict[str, Any], says: str
) -> None:
    outcome = bring_in(tmp_path, line(picture=picture))
    assert says in outcome.refused[0].why.lower() and not outcome.imported


def test_a_form_of_picture_that_browsers_lack_is_no_lead(newsroom: Newsroom, tmp_path: Path, folder: Path) -> None:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "BMP")
    (folder / "old.jpg").write_bytes(out.getvalue())
    assert "of the kind BMP are not taken" in refused(tmp_path, "2014/05/old.jpg")
