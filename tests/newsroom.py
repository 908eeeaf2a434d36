"""A small newsroom for tests: real tables, a real output folder, the worker's own steps done one after the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image

from standfirst.changes.models import Change
from standfirst.desk import actions as desk
from standfirst.kit import clock
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import Picture
from standfirst.press import ledger, wiring
from standfirst.press.engine.engine import Engine
from standfirst.press.worker import Worker
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, Section, Story
from tests.again import again


def forget_ledger() -> None:
    """The ledger's tables belong to no migration: empty them by hand."""
    store = ledger.store()
    store.create()
    with store.transaction():
        store.advance()
        store.reset()
        store.set_meta("built", "")


@dataclass
class Opened:
    """Two levels of sections and a cast."""

    front: Section
    news: Section
    world: Section
    sport: Section
    editor: User
    publisher: User
    reporter: User
    wire_editor: User
    author: Author


def open_newsroom() -> Opened:
    front = stories.open_newsroom(name="The Harbour Post", zone="Africa/Lagos", strapline="From the coast")
    desk.set_up(home=front)
    news = stories.open_section(parent=front, name="News", slug="news")
    return Opened(
        front=front,
        news=news,
        world=stories.open_section(parent=news, name="World", slug="world"),
        sport=stories.open_section(parent=Section.objects.get(pk=front.pk), name="Sport", slug="sport"),
        editor=hire("alice", "Editor"),
        publisher=hire("bola", "Publisher"),
        reporter=hire("charlie", "Reporter"),
        wire_editor=hire("dele", "Wire editor"),
        author=Author.objects.create(name="Ama Sarpong", slug="ama-sarpong", role="Correspondent", bio="Writes."),
    )


def hire(username: str, role: str) -> User:
    return people.hire(
        username=username,
        name=username.title(),
        roles=[role],
        password="correct horse",
        email=f"{username}@post.example",
    )


class Newsroom(Opened):
    """A small newsroom, and a press that prints when it is told to."""

    def __init__(
        self, home: Path, fault: Callable[[str], None] = lambda name: None, *, opened: Opened | None = None
    ) -> None:
        super().__init__(**vars(opened or open_newsroom()))
        self.home = home
        (home / "run").mkdir(parents=True, exist_ok=True)
        (home / "reads").mkdir(exist_ok=True)
        forget_ledger()
        self.start(fault)

    def start(self, fault: Callable[[str], None] = lambda name: None) -> None:
        """Start the worker's steps anew, as after a crash."""
        self.engine: Engine = wiring.engine(output=self.home / "output", fault=fault)
        options = replace(settings.STANDFIRST, home=self.home, sweep_seconds=3600)
        self.worker = Worker(self.engine, home=self.home, options=options, fault=fault)
        self.worker.open()

    # --- writing

    def story(self, headline: str, *, section: Section | None = None, live: bool = True, **fields: Any) -> Story:
        fields.setdefault("body", [("paragraph", f"<p>{headline}: what we know.</p>")])
        story = stories.create(
            section=Section.objects.get(pk=(section or self.world).pk), by=self.editor, title=headline, **fields
        )
        return stories.publish(story=story, by=self.editor) if live else story

    def edit(self, story: Story, **fields: Any) -> Story:
        """Change fields and publish, as the editor's button does."""
        page = Story.objects.get(pk=story.pk)
        for name, value in fields.items():
            setattr(page, name, value)
        page.save_revision(user=self.editor).publish(user=self.editor)
        return Story.objects.get(pk=story.pk)

    def picture(self, colour: str = "navy", **fields: Any) -> Picture:
        data = io.BytesIO()
        Image.new("RGB", (700, 400), colour).save(data, "JPEG")
        return pictures.add(
            data=data.getvalue(), file_name=f"{colour}.jpg", title=colour, alt=f"A {colour} field", **fields
        )

    # --- printing

    def at_rest(self) -> None:
        """Let the worker go on until nothing is left to do."""
        for _ in range(50):
            self.worker.round()
            waiting = any(self.engine.status().backlog.values())
            if not waiting and not Change.objects.filter(closed_at=None).exists():
                return
        raise AssertionError("The press does not come to rest.")

    def output(self) -> dict[str, bytes]:
        """Every file that readers can get, by its name in the output folder (twins and bookkeeping left out)."""
        root = self.home / "output"
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.endswith((".gz", ".br")) and not path.name.startswith(".")
        }

    def changed_by(self, act: Callable[[], Any]) -> set[str]:
        """Addresses whose answer is another one after `act` and the press's work."""
        before = self.output()
        act()
        self.at_rest()
        after = self.output()
        return {_address(name) for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

    def prove(self) -> None:
        """All four laws, against the database."""
        found = self.engine.proof(wiring.compose, wiring.every_key())
        assert found.ok, found
        assert not found.waiting, found.waiting

    def everything(self) -> bytes:
        """All that could reach a reader, in one piece."""
        return b"\n".join(self.output().values())


def _address(name: str) -> str:
    for folder in ("pages/", "gone/", "moved/"):
        if name.startswith(folder):
            return "/" + name.removeprefix(folder).removesuffix("index.html")
    return name


@pytest.fixture
def newsroom(db: None, tmp_path: Path, settings: Any) -> Iterator[Newsroom]:
    """An open newsroom with nothing published."""
    settings.MEDIA_ROOT = str(tmp_path / "private")
    yield Newsroom(tmp_path, opened=again(open_newsroom))
    clock.set_offset(timedelta(0))
