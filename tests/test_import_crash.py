"""An import that is killed at any instant, and begun again, brings each story in exactly once."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wagtail.models import Page

from standfirst.archive import actions, reading
from standfirst.archive.models import Imported
from standfirst.library import actions as library
from standfirst.pictures.models import Picture
from standfirst.pictures.tests.photographs import photograph
from standfirst.stories.models import Address, Section, Story
from tests import stage
from tests.newsroom import Newsroom
from tests.stage import in_a_process_of_its_own, steps_of
from tests.test_crash import resumed

in_whatever_order = pytest.mark.deep_on_postgresql(
    "An import that was killed goes on through the same steps, tried on each database."
)

STORIES = 8
PICTURES = 2


@pytest.fixture(scope="module")
def opened(request: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """A newsroom's folder, and a file of stories in it."""
    home: Path = tmp_path_factory.mktemp("import-crash") / "opened"
    home.mkdir()
    for number in range(PICTURES):
        (home / f"{number}.jpg").write_bytes(photograph(size=(60, 40 + number)))
    with (home / "stories.jsonl").open("w") as file:
        for number in range(STORIES):
            story = {
                "id": number,
                "headline": f"Harbour lamps {number}",
                "body_html": "<p>The lamps went out.</p>",
                "section": f"news/part-{number % 2}",
                "authors": ["Ama Sarpong"],
                "published": f"2014-05-0{number + 1}T08:00:00Z",
                "picture": {"file": f"{number % PICTURES}.jpg", "caption": "A lamp"},
            }
            file.write(json.dumps(story) + "\n")
    with django_db_blocker.unblock(), stage.laid_out(request, home, open_newsroom):
        yield home


def open_newsroom(home: Path) -> None:
    Newsroom(home).at_rest()


def import_all(home: Path, steps: Any) -> None:
    """The command's two passes, in chunks of three stories."""
    actions.CHUNK = 3  # type: ignore[misc]
    actions.RELATED_AT_ONCE = 3  # type: ignore[misc]
    shelf = actions.Shelf()
    for chunk in actions.chunks(reading.read(home / "stories.jsonl", "stories.jsonl", reading.Terms())):
        copies = [each for each in chunk if isinstance(each, reading.Copy)]
        outcome = actions.take_in(source="old", copies=copies, shelf=shelf, fault=steps)
        assert not outcome.refused and not any(copy.without for copy, _ in outcome.imported)
    while actions.relate(fault=steps):
        pass


def once(home: Path) -> None:
    """Begun again, and printed: everything is there, nothing twice, and the laws hold."""
    import_all(home, lambda name: None)
    assert Imported.objects.count() == Story.objects.count() == Address.objects.count() == STORIES
    assert not Imported.objects.unrelated().exists()
    assert Section.objects.filter(slug__startswith="part-").count() == 2
    assert Picture.objects.count() == PICTURES
    assert not Story.objects.filter(lead_picture=None).exists()
    assert all(len(library.related(pk)) == STORIES - 1 for pk in Story.objects.values_list("pk", flat=True))
    assert Page.find_problems() == ([], [], [], [], [])
    newsroom = resumed(home)
    newsroom.at_rest()
    newsroom.prove()
    assert sum("harbour-lamps" in name and name.endswith("index.html") for name in newsroom.output()) == STORIES


def killed(opened: Path, tmp_path: Path, points: list[str] | None) -> None:
    names = steps_of(opened, tmp_path / "whole", import_all)
    for last in range(1, len(names) + 1) if points is None else [names.index(point) + 1 for point in points]:
        with stage.copied(opened, tmp_path / f"step-{last}") as home:
            assert in_a_process_of_its_own(home, stage.killed_at(last, import_all)) == -signal.SIGKILL
            told = f"killed at step {last} of {len(names)}, {names[last - 1]}"
            assert in_a_process_of_its_own(home, once) == 0, told


def test_an_import_that_was_killed_goes_on_and_brings_each_story_once(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        points = ["archive:picture", "archive:committed", "archive:relating"]
        killed(opened, tmp_path, points)


@in_whatever_order
def test_a_picture_that_somebody_deletes_before_its_story_is_written_comes_again(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    def delete_the_first(home: Path) -> None:
        told: list[str] = []

        def step(name: str) -> None:
            told.append(name)
            if told.count("archive:pictured") == 1 and name == "archive:pictured":
                Picture.objects.all().delete()

        import_all(home, step)
        assert told.count("archive:picture") == 2 * PICTURES
        once(home)

    with django_db_blocker.unblock(), stage.copied(opened, tmp_path / "whole") as home:
        assert in_a_process_of_its_own(home, delete_the_first) == 0


@pytest.mark.deep
def test_an_import_may_be_killed_at_every_step(opened: Path, tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        killed(opened, tmp_path, None)
