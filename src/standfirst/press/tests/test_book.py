"""The newsroom's book on the engine: real pages, a real outlet, and an oracle that reads all records each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from standfirst.edition.snapshots import Frozen, Notice, Paragraph, Story
from standfirst.pages.output import Output, Press
from standfirst.pages.site import pages_of
from standfirst.pages.tests.newsroom import Newsroom, newsroom
from standfirst.press.book import BookReads, book
from standfirst.press.engine import Engine, Lane, MemoryStore
from standfirst.press.links import links
from standfirst.press.outlet import LocalOutlet


class Desk:
    """A newsroom whose press is at rest."""

    def __init__(self, room: Newsroom, output: Path) -> None:
        self.room = room
        self.outlet = LocalOutlet(output, "a-newsroom")
        self.engine = Engine(book(Press(blob=room.blob)), MemoryStore(), self.outlet, clock=lambda: 0)
        self.keys = [(kind, str(id)) for kind, records in room.records.items() for id in records]
        self.engine.open(self.keys, self.compose)
        self.engine.bake()
        self.changes = 0

    def compose(self, kind: str, id: str) -> Any:
        records = self.room.records[kind]
        return records.get(int(id)) if id.isdecimal() and int(id) in records else records.get(id)

    def change(self, record: Frozen, kind: str, lane: Lane = Lane.PUBLISH) -> set[str]:
        """Put a record, look, bake; the kinds and paths of the pages that were written or removed."""
        self.room.put(record)
        self.changes += 1
        self.engine.look(self.changes, lane, [(kind, str(getattr(record, "id")))], self.compose)  # noqa: B009
        self.engine.bake()
        (finished,) = self.engine.finished()
        self.engine.settle([finished.change])
        return {surface.path for surface in finished.surfaces if surface.outcome != "unchanged"}

    def story(self, id: int) -> Story:
        found = self.room.records["story"][id]
        assert isinstance(found, Story)
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    room = newsroom()
    for picture in list(room.records["picture"].values())[2:]:
        room.drop(picture)  # encoding them is what takes time
    return Desk(room, tmp_path_factory.mktemp("desk") / "output")


def test_readers_get_what_the_records_print_to(desk: Desk) -> None:
    expected = desk.room.print_all()
    assert set(desk.outlet.list()) == set(expected)
    for path, output in expected.items():
        served = desk.outlet.read(path)
        assert served is not None
        assert (served.status, served.body) == (output.status, output.body), path


def test_every_law_holds_on_the_real_pages(desk: Desk) -> None:
    proof = desk.engine.proof(desk.compose, desk.keys)
    assert proof.ok, proof
    assert proof.pages > 80


def test_a_new_body_prints_its_own_page_and_nothing_else(desk: Desk) -> None:
    story = desk.story(5)
    body = (*story.body, Paragraph(html="More was promised for the morning."))
    assert desk.change(msgspec.structs.replace(story, body=body), "story") == {story.path}


def test_a_killed_story_is_on_no_page(desk: Desk) -> None:
    story = desk.story(6)
    taken = Story(id=6, path=story.path, notice=Notice(reason="killed"), day=story.day)
    done = desk.change(taken, "story", Lane.KILL)
    assert {story.path, "/", f"/rails/{story.section}.html"} <= done
    served = desk.outlet.read(story.path)
    assert served is not None
    assert served.status == 410
    for path in desk.outlet.list():
        output = desk.outlet.read(path)
        assert output is None or path == story.path or story.path.encode() not in output.body, path
    assert desk.engine.proof(desk.compose, desk.keys).ok


def test_every_kind_of_record_can_claim_pages_and_be_read(desk: Desk) -> None:
    declared = desk.engine.book
    assert set(declared.types) >= set(pages_of)
    assert {facet.kind for facet in declared.facets} == set(declared.types)
    assert set(declared.ranks) == set(declared.renderers)
    public = {name for name in dir(BookReads) if not name.startswith("_")}
    assert {facet.name for facet in declared.facets} <= public


def test_the_book_changes_its_version_with_its_code() -> None:
    press = Press(blob=lambda seal: b"")
    assert book(press).version == book(press).version != ""


def test_links_are_found_wherever_a_page_leads_or_embeds() -> None:
    body = b"""<link rel="stylesheet" href="/assets/site.css"><a href="../b/#top">b</a><a href="/search?q=x">s</a>
        <a href="/newsroom/">in</a><a href="https://elsewhere.example/x">out</a><a href="mailto:a@b.example">mail</a>
        <a href="//elsewhere.example/y">out</a><a href="/%C3%A9t%C3%A9/?page=2">summer</a><a href="http://[bad/">odd</a>
        <img src="/p/1.jpg" srcset="/p/1-640.webp 640w, /p/1-960.webp 960w"><p>href="/in-the-text/"</p>"""
    assert set(links("/a/c/", Output(body=body))) == {
        "/assets/site.css", "/a/b/", "/été/", "/p/1.jpg", "/p/1-640.webp", "/p/1-960.webp",
    }  # fmt: skip
    css = Output(body=b"a { background: url('/assets/x.svg') }", content_type="text/css; charset=utf-8")
    assert list(links("/assets/site.css", css)) == ["/assets/x.svg"]
    assert list(links("/feed.xml", Output(body=b'<a href="/x/">', content_type="application/rss+xml"))) == []
