"""What stands in the worker's way is told, holds up nothing else, and is tried again."""

from __future__ import annotations

import errno
import json
import logging
from typing import Any

import pytest

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.readership import actions as readership
from standfirst.stories import actions as stories
from standfirst.stories.models import Address
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])


class Disk:
    """A disk that takes no more pages while it is full."""

    full = False

    def __call__(self, step: str) -> None:
        if self.full and step.startswith("write "):
            raise OSError(errno.ENOSPC, "No space left on device")


def trouble(newsroom: Newsroom) -> str:
    newsroom.worker.beat(now=True)
    told: dict[str, Any] = json.loads((newsroom.home / "run" / "worker.json").read_text("utf-8"))
    return str(told["trouble"])


def test_a_full_disk_is_told_keeps_what_readers_have_and_is_tried_again(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk()
    newsroom.start(disk)
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    before = newsroom.output()
    disk.full = True
    newsroom.edit(story, title="Ships come in")
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            newsroom.worker.steady_round()
    assert newsroom.output() == before
    assert "cannot be written (No space left on device)" in trouble(newsroom)
    assert sum("No space left" in record.getMessage() for record in caplog.records) == 1
    disk.full = False
    newsroom.worker.steady_round()
    assert trouble(newsroom) == ""
    newsroom.at_rest()
    assert any(b"Ships come in" in body for body in newsroom.output().values())


def test_a_kill_takes_effect_on_a_full_disk_though_a_section_moved_too(newsroom: Newsroom) -> None:
    disk = Disk()
    newsroom.start(disk)
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()
    disk.full = True
    newsroom.world.title = "The world"
    newsroom.world.save()
    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
    newsroom.worker.steady_round()
    assert not any(b"Ships wait outside" in body for body in newsroom.output().values())
    disk.full = False
    newsroom.worker.steady_round()
    newsroom.at_rest()
    path = Address.objects.get(story=story).path
    assert f"gone{path}index.html" in newsroom.output()
    assert "pages/index.html" in newsroom.output()
    assert trouble(newsroom) == ""


def test_a_step_that_fails_holds_up_no_kill(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    story = newsroom.story("Ships wait outside")
    newsroom.at_rest()

    def fails(*args: object) -> None:
        raise ZeroDivisionError("no reads at all")

    stories.take_down(story=story, kind="kill", reason="Wrong.", by=newsroom.wire_editor)
    with monkeypatch.context() as patched:
        patched.setattr(readership, "rank", fails)
        newsroom.worker._ranked = None
        changes.set_tick(name="ranking", ref="now", due=clock.now())
        newsroom.worker.steady_round()
        assert "the clock failed (ZeroDivisionError: no reads at all)" in trouble(newsroom)
        assert not any(b"Ships wait outside" in body for body in newsroom.output().values())
    newsroom.worker.steady_round()
    assert trouble(newsroom) == ""
