"""The sweep finds what was written past every door, and leaves alone what only waits its turn."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Literal

import pytest

from standfirst.changes.models import Change
from standfirst.kit import clock, sitefiles
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture, PictureKill
from standfirst.press import sweeps, wiring, worker
from standfirst.press.engine.ledger import Lane
from standfirst.stories import actions as stories
from standfirst.stories.models import Embargo, Story, Takedown
from tests.again import again
from tests.newsroom import Newsroom, open_newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

files_decide = pytest.mark.one_database(
    "Files decide; that they are compared with the records is tried by other tests here."
)


@pytest.fixture
def newsroom(db: None, tmp_path, settings) -> Newsroom:
    settings.MEDIA_ROOT = str(tmp_path / "private")
    return Newsroom(tmp_path, opened=again(open_newsroom))


def test_a_write_past_every_door_is_late_but_not_lost(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    Story.objects.filter(pk=story.pk).update(title="Bridge opens again")
    newsroom.at_rest()
    assert b"Bridge opens again" not in newsroom.everything()
    assert newsroom.worker.sweep() == [("story", str(story.pk))]
    assert b"Bridge opens again" in newsroom.everything()
    assert newsroom.worker.sweep() == []
    newsroom.prove()


def test_a_change_whose_row_is_open_is_not_late(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    newsroom.edit(story, title="Bridge opens again")
    assert newsroom.worker.sweep() == []
    newsroom.at_rest()
    report = next(row.report for row in Change.objects.about("story", story.pk) if row.report and row.report["pages"])
    assert report["pages"] > 1


def take_down(newsroom: Newsroom, story: Story, how: str) -> None:
    story = Story.objects.get(pk=story.pk)
    if how == "embargo":
        stories.embargo(story=story, until=None, by=newsroom.editor)
    elif how == "unpublish":
        stories.unpublish(story=story, by=newsroom.editor)
    else:
        kind: Literal["kill", "withhold"] = "kill" if how == "kill" else "withhold"
        stories.take_down(story=story, kind=kind, reason="Wrong", by=newsroom.editor)


as_a_kill = pytest.mark.deep_on_postgresql(
    "The same records are compared as after a kill, which is tried on each database."
)


@pytest.mark.parametrize(
    "how", ["kill", *(pytest.param(how, marks=as_a_kill) for how in ("withhold", "embargo", "unpublish"))]
)
def test_a_database_that_is_older_than_a_kill_brings_nothing_back_until_somebody_decides(
    newsroom: Newsroom, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    story = newsroom.story("Minister resigns")
    other = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    rows = set(Change.objects.values_list("pk", flat=True))
    take_down(newsroom, story, how)
    newsroom.at_rest()
    down = newsroom.output().keys()
    # A backup from before that is put back: neither the kill nor its rows are in it.
    Takedown.objects.all().delete()
    Embargo.objects.all().delete()
    Change.objects.exclude(pk__in=rows).delete()
    Story.objects.filter(pk=story.pk).update(live=True)
    Story.objects.filter(pk=other.pk).update(title="Bridge opens again")
    for _ in range(2):
        assert ("story", str(story.pk)) not in newsroom.worker.sweep()
        assert b"Minister resigns" not in newsroom.everything()
    assert b"Bridge opens again" in newsroom.everything()
    assert f"story:{story.pk}" in newsroom.worker.trouble
    assert "standfirst press proof --mend" in newsroom.worker.trouble
    assert sum("What was taken down" in record.getMessage() for record in caplog.records) == 1
    # Taken down again, it is as it was, and nothing is left to be said.
    take_down(newsroom, story, how)
    newsroom.at_rest()
    newsroom.worker.sweep()
    assert newsroom.worker.trouble == ""
    assert newsroom.output().keys() == down


def test_a_story_whose_embargo_the_clock_passed_is_not_kept_down(newsroom: Newsroom) -> None:
    """A clock that is put right by little may say that an embargo stands, and no moment later that it does not."""
    story = newsroom.story("Minister resigns")
    newsroom.at_rest()
    fact = Embargo.objects.create(
        story=story, until=clock.now() + timedelta(hours=1), at=clock.now(), by=newsroom.editor.username
    )
    newsroom.worker.sweep()
    assert b"Minister resigns" not in newsroom.everything()
    Embargo.objects.filter(pk=fact.pk).update(until=clock.now() - timedelta(seconds=1))
    assert newsroom.worker.sweep() == [("story", str(story.pk))]
    assert b"Minister resigns" in newsroom.everything()


def test_what_an_older_database_has_live_is_published_by_a_proof_that_mends(newsroom: Newsroom) -> None:
    picture = newsroom.picture()
    story = newsroom.story("Minister resigns", lead_picture=picture)
    newsroom.at_rest()
    up = newsroom.output()
    stories.take_down(story=story, kind="kill", reason="Wrong", by=newsroom.editor)
    pictures.kill(picture=picture, by=newsroom.editor, reason="Wrong")
    newsroom.at_rest()
    Takedown.objects.all().delete()
    PictureKill.objects.all().delete()
    Picture.objects.update(killed_at=None)
    Story.objects.filter(pk=story.pk).update(live=True)
    for _ in range(2):  # the second comes to the pictures
        assert newsroom.worker.sweep() == []
    assert f"picture:{picture.pk}, story:{story.pk}" in newsroom.worker.trouble
    assert not any(name.startswith("pages/pictures/") for name in newsroom.output())
    found = newsroom.engine.proof(wiring.compose, wiring.every_key())
    assert set(found.snapshots) == {("story", str(story.pk)), ("picture", str(picture.pk))}
    newsroom.engine.mend(found, wiring.compose)
    newsroom.at_rest()
    assert newsroom.output().keys() == up.keys()
    newsroom.worker.sweep()
    assert newsroom.worker.trouble == ""


def drifted(newsroom: Newsroom) -> list[str]:
    """What the newest finding of files names, after one more sweep."""
    before = len(sweeps.read(newsroom.home).found)
    newsroom.worker.sweep()
    found = sweeps.read(newsroom.home).found
    return sorted(found[0].names) if len(found) > before else []


def test_files_that_another_hand_changed_or_removed_are_mended_and_reported(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    assert drifted(newsroom) == []
    good = newsroom.output()
    path = story.addresses.get(current=True).path
    page = newsroom.home / "output" / "pages" / path[1:] / "index.html"
    page.write_text("Somebody was here.", "utf-8")
    (newsroom.home / "output" / "pages" / "index.html").unlink()
    assert drifted(newsroom) == sorted(["/", path])
    assert newsroom.output() == good
    finding = sweeps.read(newsroom.home).found[0]
    assert (finding.what, finding.number, finding.mended) == ("file", 2, 2)
    assert drifted(newsroom) == []
    newsroom.prove()


@files_decide
def test_a_packed_copy_that_a_crash_left_beside_another_version_goes(newsroom: Newsroom) -> None:
    newsroom.story("Minister resigns")
    newsroom.at_rest()
    front = newsroom.home / "output" / "pages" / "index.html"
    twin = front.with_name("index.html.gz")
    killed = sitefiles.pack(b"Minister resigns, and more")
    twin.write_bytes(killed)
    assert drifted(newsroom) == ["/"]
    assert sitefiles.agrees(twin.read_bytes(), front.read_bytes())
    # A kill does not wait for the sweep, also where the page itself comes out as it was.
    twin.write_bytes(killed)
    newsroom.engine.bake_all(lane=Lane.KILL)
    newsroom.engine.bake()
    assert sitefiles.agrees(twin.read_bytes(), front.read_bytes())


@files_decide
@pytest.mark.parametrize("mend", ["sweep", "proof", "all"])
def test_a_packed_copy_that_is_damaged_or_missing_is_found_and_made_anew(newsroom: Newsroom, mend: str) -> None:
    newsroom.story("Minister resigns")
    newsroom.at_rest()
    pages = newsroom.home / "output" / "pages"
    front, feed = pages / "index.html", pages / "feed.xml"
    front.with_name("index.html.gz").write_bytes(b"junk")
    front.with_name("index.html.br").write_bytes(b"junk")
    feed.with_name("feed.xml.gz").unlink()
    found = newsroom.engine.proof()
    assert (found.differing, found.ok) == (["/", "/feed.xml"], False)
    if mend == "sweep":
        assert sorted(drifted(newsroom)) == ["/", "/feed.xml"]
        assert not front.with_name("index.html.br").exists()
    elif mend == "proof":
        newsroom.engine.mend(found)
    else:
        newsroom.engine.bake_all()
    newsroom.engine.bake()
    for file in (front, feed):
        assert sitefiles.agrees(file.with_name(f"{file.name}.gz").read_bytes(), file.read_bytes())
    assert not front.with_name("index.html.br").exists()
    assert newsroom.engine.proof().ok


def test_a_page_put_back_over_a_notice_goes_again(newsroom: Newsroom) -> None:
    story = newsroom.story("Minister resigns")
    newsroom.at_rest()
    path = story.addresses.get(current=True).path
    page = newsroom.home / "output" / "pages" / path[1:] / "index.html"
    killed = page.read_bytes()
    stories.take_down(story=story, kind="kill", reason="Wrong", wording="", names=False, by=newsroom.editor)
    newsroom.at_rest()
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(killed)
    assert drifted(newsroom) == [path]
    assert b"Minister resigns" not in newsroom.everything()


@files_decide
def test_an_emptied_folder_is_filled_again_stretch_after_stretch(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SWEPT_PAGES", 3)
    newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    good = newsroom.output()
    assert len(good) > 6
    shutil.rmtree(newsroom.home / "output" / "pages")
    for _ in range(2):
        newsroom.worker.sweep()
    assert newsroom.output() == good


def test_pages_that_wait_to_be_printed_are_no_drift(newsroom: Newsroom) -> None:
    newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    newsroom.engine.bake_all()
    (newsroom.home / "output" / "pages" / "index.html").unlink()
    assert newsroom.engine.drift(0) == (0, [])


def test_records_written_past_the_doors_are_in_the_report(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    Story.objects.filter(pk=story.pk).update(title="Bridge opens again")
    newsroom.worker.sweep()
    report = sweeps.read(newsroom.home)
    assert report.at
    assert [(finding.what, finding.names) for finding in report.found] == [("record", [f"story:{story.pk}"])]


@files_decide
def test_a_report_that_cannot_be_read_is_begun_anew(newsroom: Newsroom) -> None:
    (newsroom.home / "run" / "sweeps.json").write_text("{", "utf-8")
    newsroom.worker.sweep()
    assert sweeps.read(newsroom.home).at
