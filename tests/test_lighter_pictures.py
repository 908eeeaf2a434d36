"""Copies in AVIF come in idle time: no story waits for them, and no page names one that readers do not have."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.images import ImageFile

from standfirst.kit import clock
from standfirst.pages.pictures import avif_of
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import AvifCopies, Picture
from standfirst.press import lightening, wiring
from standfirst.press.lightening import Lightener
from standfirst.stories import actions as stories
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

files_come_and_go = pytest.mark.deep_on_postgresql(
    "Files come and go as the rows say, which the tests of asking and of kills try on each database."
)

SECONDS = 60


@pytest.fixture
def lightener(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Lightener:
    monkeypatch.setattr(lightening, "LOOK_SECONDS", 0.0)
    found = wiring.lightener(newsroom.engine, SECONDS)
    assert found is not None
    return found


def stood(newsroom: Newsroom, colour: str = "navy", **fields: Any) -> tuple[Any, Picture]:
    """A story with a picture that was published a while ago."""
    picture = newsroom.picture(colour)
    story = newsroom.story("Ships wait outside", lead_picture=picture, **fields)
    clock.set_offset(timedelta(seconds=SECONDS + 1))
    newsroom.at_rest()
    return story, picture


def named(newsroom: Newsroom) -> set[str]:
    """Copies in AVIF that some page names."""
    pages = [body for name, body in newsroom.output().items() if name.endswith(".html")]
    return {path.decode() for body in pages for path in re.findall(rb"/pictures/[0-9a-f]+-\d+\.avif", body)}


def there(newsroom: Newsroom) -> set[str]:
    return {"/" + name.removeprefix("pages/") for name in newsroom.output() if name.endswith(".avif")}


def test_they_are_asked_for_made_and_only_then_named(newsroom: Newsroom, lightener: Lightener) -> None:
    _, picture = stood(newsroom)
    assert there(newsroom) == named(newsroom) == set()

    assert lightener.look()
    assert AvifCopies.objects.get().state == "asked" and AvifCopies.objects.get().of.endswith(picture.seal)
    assert not lightener.look()  # they are still to be printed
    newsroom.at_rest()
    # Widths of a picture of 700 pixels that telephones show large.
    assert sorted(path.rpartition("-")[2] for path in there(newsroom)) == ["480.avif", "700.avif"]
    assert named(newsroom) == set()
    newsroom.prove()

    assert lightener.look()
    newsroom.at_rest()
    assert named(newsroom) == there(newsroom) != set()
    newsroom.prove()
    assert not lightener.look()  # there is nothing more to do
    assert not newsroom.changed_by(lambda: None)


@files_come_and_go
def test_at_no_step_does_a_page_name_a_copy_that_is_not_there(newsroom: Newsroom, lightener: Lightener) -> None:
    """News comes between each two steps, and overtakes what waits in maintenance."""
    seen: list[tuple[int, int]] = []

    def looked_at(name: str) -> None:
        assert named(newsroom) <= there(newsroom), name
        seen.append((len(named(newsroom)), len(there(newsroom))))

    _, picture = stood(newsroom)
    newsroom.engine._fault = lambda name: looked_at(name) if name == "bake:delivered" else None
    for number in range(20):  # a slow machine prints a page a round
        lightener.look()
        newsroom.story(f"News {number}", lead_picture=picture)
        newsroom.worker.round()
        if named(newsroom):
            break
    newsroom.at_rest()
    while lightener.look():  # on a slow machine news was always first
        newsroom.at_rest()
    assert (2, 2) in seen and (0, 2) in seen
    # Another original under the same picture: first nobody names the old copies any more, then they go.
    fresh = Picture.objects.get(pk=picture.pk)
    data = wiring.blob(newsroom.picture("maroon").seal)
    fresh.file = ImageFile(BytesIO(data), name="other.jpg")
    fresh.save()
    newsroom.at_rest()
    assert named(newsroom) == there(newsroom) == set()
    while lightener.look():
        newsroom.at_rest()
    assert named(newsroom) == there(newsroom) != set()
    newsroom.engine._fault = lambda name: None
    newsroom.prove()


@files_come_and_go
def test_a_story_that_was_published_just_now_is_left_alone(newsroom: Newsroom, lightener: Lightener) -> None:
    newsroom.story("Ships wait outside", lead_picture=newsroom.picture())
    newsroom.at_rest()
    assert not lightener.look()
    clock.set_offset(timedelta(seconds=SECONDS + 1))
    assert lightener.look()
    assert wiring.lightener(newsroom.engine, 0) is None


def test_a_kill_takes_them_like_every_other_copy(newsroom: Newsroom, lightener: Lightener) -> None:
    _, picture = stood(newsroom)
    while lightener.look():
        newsroom.at_rest()
    assert there(newsroom)
    pictures.kill(picture=picture, by=newsroom.publisher, reason="A minor is shown.")
    newsroom.at_rest()
    assert named(newsroom) == there(newsroom) == set()
    newsroom.prove()


def test_what_nobody_is_shown_any_more_is_forgotten_so_that_no_story_waits_for_it_later(
    newsroom: Newsroom, lightener: Lightener
) -> None:
    story, picture = stood(newsroom)
    while lightener.look():
        newsroom.at_rest()
    stories.take_down(story=story, kind="withhold", reason="Doubts.", wording="", names=False, by=newsroom.publisher)
    newsroom.at_rest()
    assert there(newsroom) == set() and AvifCopies.objects.exists()
    lightener.look()
    assert not AvifCopies.objects.exists()
    newsroom.at_rest()
    # Back in another story: it goes out at once, and the copies come when there is time.
    newsroom.story("They sail again", lead_picture=picture)
    newsroom.at_rest()
    assert there(newsroom) == set()
    newsroom.prove()


@files_come_and_go
def test_copies_that_cannot_be_made_are_given_up_and_readers_go_on_without(
    newsroom: Newsroom, lightener: Lightener, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, picture = stood(newsroom, "teal")

    def broken(*arguments: Any) -> bytes:
        raise ValueError("no encoder")

    assert lightener.look()
    with monkeypatch.context() as patched:
        patched.setattr("standfirst.pages.site.encode", broken)
        newsroom.at_rest()
    assert lightener.look()
    newsroom.at_rest()
    assert AvifCopies.objects.get().state == "failed" and AvifCopies.objects.get().of == avif_of_picture(picture)
    assert not lightener.look()
    assert not newsroom.engine.failed()
    newsroom.prove()


@files_come_and_go
def test_the_worker_does_all_of_it_by_itself_when_it_has_nothing_else_to_do(newsroom: Newsroom) -> None:
    _, picture = stood(newsroom)
    Picture.objects.update(tint=None)
    for _ in range(12):
        newsroom.worker.steady_round()
    assert not newsroom.worker.trouble
    assert Picture.objects.get(pk=picture.pk).tint
    assert f'class="tint-{Picture.objects.get(pk=picture.pk).tint}"'.encode() in newsroom.everything()
    assert named(newsroom) == there(newsroom) != set()
    newsroom.prove()


def avif_of_picture(picture: Picture) -> str:
    snapshot = wiring.compose("picture", str(picture.pk))
    return avif_of(snapshot)
