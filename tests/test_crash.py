"""A process killed at any instant between the editor's click and the closed change row loses nothing.

Each step in turn is the last one of a real process (SIGKILL, no clean-up). Then readers must still get whole pages, and
the next process must bring everything to where it would have been.
"""

from __future__ import annotations

import gzip
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_save

from standfirst.changes import ports
from standfirst.changes.models import Change
from standfirst.kit import clock
from standfirst.library import asking, finding
from standfirst.stories import actions as stories
from standfirst.stories.models import Story
from tests import stage
from tests.newsroom import Newsroom
from tests.stage import Steps, steps_of

FORMER, NEW = b"Bridge closed after flood", b"Bridge opens again"


@pytest.fixture(scope="module")
def opened(request: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """A newsroom with a few published stories, made once and copied for each crash."""
    home: Path = tmp_path_factory.mktemp("crash") / "opened"
    home.mkdir()
    with django_db_blocker.unblock(), stage.laid_out(request, home, open_newsroom):
        yield home


def open_newsroom(home: Path) -> None:
    newsroom = Newsroom(home)
    picture = newsroom.picture()
    body = [("paragraph", "<p>What we know.</p>")]
    newsroom.story(FORMER.decode(), authors=[newsroom.author], lead_picture=picture, body=body)
    newsroom.story("Market reopens")
    newsroom.at_rest()
    newsroom.prove()


def resumed(home: Path, fault: Callable[[str], None] = lambda name: None) -> Newsroom:
    newsroom = Newsroom.__new__(Newsroom)
    newsroom.home = home
    newsroom.start(fault)
    return newsroom


def publish(home: Path, steps: Steps) -> None:
    """The editor's click, as Wagtail's view does it: revision, publish outside of a transaction, then the worker."""
    post_save.connect(lambda **kwargs: steps("a change row is written"), sender=Change, weak=False)
    ports.wake = lambda: steps("committed")
    newsroom = resumed(home, steps)
    page = Story.objects.get(title=FORMER.decode())
    page.title = NEW.decode()
    revision = page.save_revision()
    steps("the revision is saved")
    revision.publish()
    steps("published")
    newsroom.at_rest()


def kill(home: Path, steps: Steps) -> None:
    """A kill, from the desk's click on."""
    from standfirst.changes.actions import Machine

    post_save.connect(lambda **kwargs: steps("a change row is written"), sender=Change, weak=False)
    ports.wake = lambda: steps("committed")
    newsroom = resumed(home, steps)
    story = Story.objects.get(title=FORMER.decode())
    stories.take_down(story=story, kind="kill", reason="False", by=Machine("desk"))
    newsroom.at_rest()


def telling(names: list[str]) -> list[int]:
    """Numbers of the steps that differ in kind: the first of each kind, and the last page's."""
    kinds = [kind_of(name) for name in names]
    first = {kind: number for number, kind in reversed(list(enumerate(kinds, 1)))}
    last = dict(zip(kinds, range(1, len(kinds) + 1), strict=True))
    written = (number for kind, number in last.items() if kind.startswith(("write pages", "rename pages")))
    return sorted({*first.values(), *written, last["bake:recorded"]})


def kind_of(name: str) -> str:
    """A step on a file is named for it; those on the files of one page are like those of another, and a feed is one."""
    verb, _, file = name.partition(" ")
    if verb == "erase":
        return verb
    if verb not in ("write", "rename"):
        return name
    return f"{verb} {file.split('/')[0]} {file.rpartition('.')[2].replace('xml', 'html')}"


def turning(names: list[str]) -> list[int]:
    """Numbers of the steps after which the world is another: the few that differ between a kill and publishing."""
    points = "a change row is written", "committed", "look:stored", "bake:delivering", "bake:delivered", "worker:closed"
    return [names.index(name) + 1 for name in points]


def committing(names: list[str]) -> list[int]:
    """Numbers of the steps between which the databases are written, one after the other."""
    return [names.index(name) + 1 for name in ("committed", "look:stored", "bake:delivered")]


def whole(home: Path) -> None:
    """What readers can get now: every page from its first to its last byte, twins included."""
    for file in (home / "output").rglob("*"):
        if file.is_file() and ".aside" not in file.parts and not file.name.startswith("."):
            body = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            if file.name.removesuffix(".gz").endswith(".html") and "moved" not in file.parts:
                assert body[:15].lower() == b"<!doctype html>", file
                assert body.rstrip().endswith(b"</html>"), file


def killed(
    opened: Path,
    tmp_path: Path,
    act: Callable[[Path, Steps], None],
    after: Callable[[Newsroom], None],
    choose: Callable[[list[str]], list[int]],
) -> None:
    names = steps_of(opened, tmp_path / "whole", act)
    assert {"committed", "look:stored", "bake:delivered", "worker:closed"} <= set(names)

    def recover(home: Path) -> None:
        newsroom = resumed(home)
        newsroom.at_rest()
        newsroom.prove()
        after(newsroom)

    for last in choose(names):
        with stage.copied(opened, tmp_path / f"step-{last}") as home:
            assert stage.in_a_process_of_its_own(home, stage.killed_at(last, act)) == -signal.SIGKILL
            whole(home)
            told = f"killed at step {last} of {len(names)}, {names[last - 1]}"
            assert stage.in_a_process_of_its_own(home, recover) == 0, told


def either_all_or_nothing(newsroom: Newsroom) -> None:
    published = Story.objects.filter(title=NEW.decode(), live=True).exists()
    everything = newsroom.everything()
    assert (NEW in everything) == published
    assert (FORMER in everything) == (not published)
    assert (found("opens again"), found("closed after flood")) == (published, not published)


def found(words: str) -> bool:
    """Whether the readers' search has a story of these words."""
    return bool(finding.find(asking.read(words), finding.Filters(), now=clock.now()).stories)


def gone_once_ordered(newsroom: Newsroom) -> None:
    story = Story.objects.get(title=FORMER.decode())
    ordered = story.takedowns.exists()
    assert story.live == (not ordered)
    assert (FORMER in newsroom.everything()) == (not ordered)
    assert found("closed after flood") == (not ordered)
    if ordered:
        assert not [name for name in newsroom.output() if "/pictures/" in name]


def test_a_process_killed_at_any_step_of_publishing_loses_nothing(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        # Of the steps on files each database sees the same.
        choose = telling if connection.vendor == "sqlite" else committing
        killed(opened, tmp_path, publish, either_all_or_nothing, choose)


def test_a_process_killed_at_any_step_of_a_kill_never_brings_the_story_back(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        killed(opened, tmp_path, kill, gone_once_ordered, turning)


@pytest.mark.deep
@pytest.mark.parametrize(("act", "after"), [(publish, either_all_or_nothing), (kill, gone_once_ordered)])
def test_a_process_killed_at_every_single_step_loses_nothing(
    act: Any, after: Any, opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        killed(opened, tmp_path, act, after, lambda names: list(range(1, len(names) + 1)))
