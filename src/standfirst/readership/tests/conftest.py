"""A newsroom with a few published stories, and a folder for the reader's counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from standfirst.changes.actions import Machine
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Section, Story
from tests.again import again

DESK = Machine("desk")


def open_newsroom() -> tuple[Section, Section, Section]:
    front = stories.open_newsroom(name="The Harbour Post", zone="Africa/Lagos")
    news = stories.open_section(parent=front, name="News", slug="news")
    sport = stories.open_section(parent=Section.objects.get(pk=front.pk), name="Sport", slug="sport")
    return front, news, sport


class Desk:
    """Publishes stories and leaves read counts, as the reader process does."""

    def __init__(self, reads: Path) -> None:
        self.reads = reads
        self.front, self.news, self.sport = again(open_newsroom)
        self._files = 0

    def publish(self, headline: str, section: Section | None = None) -> Story:
        place = Section.objects.get(pk=(section or self.news).pk)
        return stories.publish(story=stories.create(section=place, title=headline), by=DESK)

    def path(self, story: Story) -> str:
        return Address.objects.current().get(story=story).path

    def leave(self, paths: dict[str, Any], *, at: Any = None, name: str = "") -> Path:
        self._files += 1
        file = self.reads / (name or f"20261122T0830{self._files:02}000000Z-1.json")
        moment = at if isinstance(at, str) else clock.iso(at or clock.now())
        file.write_text(json.dumps({"at": moment, "seconds": 60, "paths": paths}))
        return file


@pytest.fixture
def desk(db: None, tmp_path: Path) -> Iterator[Desk]:
    reads = tmp_path / "reads"
    reads.mkdir()
    yield Desk(reads)
    clock.set_offset(timedelta(0))


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """`with commits():` what waits for the commit is done at the end, as outside of tests."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
