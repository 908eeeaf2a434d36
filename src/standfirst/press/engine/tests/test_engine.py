"""What the engine does, one thing at a time, on both kinds of ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from standfirst.edition.listings import Listing
from standfirst.edition.snapshots import (
    Author,
    Epoch,
    Hot,
    Lead,
    Line,
    Notice,
    Paragraph,
    Picture,
    Related,
    Section,
    Site,
    Story,
    line,
)
from standfirst.kit.errors import Problem
from standfirst.pages.output import Output, PageRef, Press
from standfirst.press.book import FACETS
from standfirst.press.engine import (
    Book,
    Condition,
    Engine,
    Facet,
    Lane,
    MassRemoval,
    MemoryOutlet,
    MemoryStore,
    SqliteConnection,
    SqlStore,
    Store,
    Unservable,
)
from standfirst.press.engine import engine as engines
from standfirst.press.engine import proof as proofs
from standfirst.press.engine import reading as readings
from standfirst.press.engine.engine import RETRY_MS, Outcome, _leads
from standfirst.press.engine.ledger import KEPT, SURFACES, Job
from standfirst.press.engine.outlet import Stuck
from standfirst.press.engine.reading import State
from standfirst.press.engine.tests.newsroom import RENDERERS, Records, make_book, picture_path, printed
from standfirst.press.engine.tests.workers import Hand

replace = msgspec.structs.replace


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    connection = SqliteConnection(":memory:")
    made = SqlStore(connection)
    made.create()
    yield made
    connection.close()


class Outlet(MemoryOutlet):
    """Remembers in which order it was told what."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.room: int | None = None
        """How many pages can still be written; None: no end of them."""
        self.refused: set[str] = set()
        """Where nothing can be written."""
        self.unreadable: set[str] = set()

    def read(self, path: str) -> Output | None:
        if path in self.unreadable:
            raise Stuck(f"{path} cannot be read.")
        return super().read(path)

    def put(self, path: str, output: Output) -> None:
        if path in self.refused:
            raise Stuck(f"{path} cannot be written.")
        if path == "/world/unservable/":
            raise Unservable("This address cannot be served.")
        if self.room is not None:
            if not self.room:
                raise Problem("The disk is full.")
            self.room -= 1
        self.told.append(path if output.status == 200 else f"{output.status} {path}")
        super().put(path, output)

    def remove(self, path: str) -> None:
        self.told.append(f"- {path}")
        if self.room is not None and path in self.pages:
            self.room += 1
        super().remove(path)


class Newsroom:
    """Two sections, four stories, an author and a picture, printed and at rest."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outlet = Outlet()
        self.records: Records = {}
        self.rendered: list[str] = []
        self.broken: set[str] = set()
        self.now = 0
        self.changes = 0
        self.engine = self.start()
        self.put("site", Site(name="The Courier"))
        self.put("epoch", Epoch(id="pages", digest="one", assets=(("site.css", "/assets/one.css"),)))
        self.put("section", Section(id=1, path="/", name="Home"))
        self.put("section", Section(id=2, path="/world/", name="World", parent=1, trail=(1,)))
        self.put("section", Section(id=3, path="/sport/", name="Sport", parent=1, trail=(1,)))
        self.put("author", Author(id=1, path="/authors/1/", name="Ada"))
        self.put("picture", Picture(id=1, seal="a", width=6, height=4))
        self.put("story", self.make(1, lead=Lead(picture=1), authors=(1,)))
        for id in (2, 3, 4):
            self.put("story", self.make(id))
        self.engine.open(list(self.records), self.compose)
        self.engine.bake()
        self.settled()

    def start(self, **book: Any) -> Engine:
        functions = {kind: self._watched(function) for kind, function in RENDERERS.items()}
        made: Book = make_book(**({"renderers": functions} | book))
        return Engine(made, self.store, self.outlet, clock=lambda: self.now, timer=lambda: self.now)

    def _watched(self, function: Any) -> Callable[[Any, PageRef, Press], Output | None]:
        def watched(reads: Any, ref: PageRef, press: Press) -> Output | None:
            self.rendered.append(ref.path)
            output: Output | None = function(reads, ref, press)
            if ref.path in self.broken:
                raise ValueError("odd copy")
            return output

        return watched

    def make(self, id: int, **fields: Any) -> Story:
        day = "2026-11-22"
        whole: dict[str, Any] = {"headline": f"Story {id}", "section": 2, "sections": (1, 2), "day": day} | fields
        return Story(id=id, path=f"/world/{id}/", published=f"{day}T0{id}:00:00Z", **whole)

    def compose(self, kind: str, id: str) -> Any:
        return self.records.get((kind, id))

    def put(self, kind: str, record: Any) -> None:
        self.records[kind, str(record.id)] = record

    def edit(self, id: int, **fields: Any) -> None:
        self.put("story", replace(self.records["story", str(id)], **fields))

    def look(self, kind: str, id: int | str, lane: Lane = Lane.PUBLISH, since: int | None = None) -> int:
        self.changes += 1
        self.engine.look(self.changes, lane, [(kind, str(id))], self.compose, since=since)
        return self.changes

    def change(self, kind: str, id: int | str, lane: Lane = Lane.PUBLISH) -> list[str]:
        """Look, bake, and return the paths that were printed, in order of path."""
        self.settled()
        self.look(kind, id, lane)
        self.engine.bake()
        assert self.outlet.pages.keys() == printed(self.records).keys()
        return sorted(self.rendered)

    def take_down(self, id: int, lane: Lane = Lane.PUBLISH, wording: str = "It was wrong.") -> list[str]:
        story = self.records["story", str(id)]
        notice = Notice(reason="unpublished", wording=wording)
        self.put("story", Story(id=id, path=story.path, former=story.former, notice=notice, day=story.day))
        return self.change("story", id, lane)

    def settled(self) -> None:
        self.engine.settle([change.change for change in self.engine.finished()])
        self.rendered.clear()
        self.outlet.told.clear()


@pytest.fixture
def newsroom(store: Store) -> Newsroom:
    return Newsroom(store)


# --- exactness ------------------------------------------------------------------------------------------------------


def test_a_new_body_prints_one_page(newsroom: Newsroom) -> None:
    newsroom.edit(1, body=(Paragraph(html="It <b>rains</b>."),))
    assert newsroom.change("story", 1) == ["/world/1/"]


def test_a_new_headline_prints_the_pages_that_show_it_and_no_others(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    shows = ["/", "/authors/1/", "/feed.xml", "/world/", "/world/1/", "/world/feed.xml"]
    # The day page shows three stories, and this is the fourth.
    assert newsroom.change("story", 1) == shows
    newsroom.edit(4, headline="Rivers fall")
    assert newsroom.change("story", 4) == [
        "/", "/days/2026-11-22/", "/feed.xml", "/world/", "/world/4/", "/world/feed.xml",
    ]  # fmt: skip


def test_a_fifth_story_pushes_the_oldest_off_the_front_and_prints_no_story_but_itself(newsroom: Newsroom) -> None:
    newsroom.put("story", newsroom.make(5))
    fronts = ["/", "/days/2026-11-22/", "/feed.xml", "/world/", "/world/5/", "/world/feed.xml"]
    assert newsroom.change("story", 5) == fronts
    # It is off the fronts now, so a new headline is the author's and its own affair.
    newsroom.edit(1, headline="Rivers rise")
    assert newsroom.change("story", 1) == ["/authors/1/", "/world/1/"]


def test_a_look_at_what_did_not_change_makes_nothing_due(newsroom: Newsroom) -> None:
    assert newsroom.change("story", 1) == []
    newsroom.edit(1, headline="Rivers rise")
    newsroom.change("story", 1)
    assert newsroom.change("story", 1) == []


def test_a_change_that_is_taken_back_before_the_bake_prints_nothing(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    newsroom.edit(1, headline="Story 1")
    assert newsroom.change("story", 1) == []
    assert not any(newsroom.engine.status().backlog.values())


def test_a_page_that_comes_out_the_same_is_not_written(newsroom: Newsroom) -> None:
    # Cards have it, but no list of this newsroom shows it.
    newsroom.edit(1, refreshed="2026-11-23T00:00:00Z")
    assert newsroom.change("story", 1) == ["/", "/authors/1/", "/world/", "/world/1/"]
    assert newsroom.outlet.told == []


def test_the_last_picture_goes_with_the_last_story_that_shows_it(newsroom: Newsroom) -> None:
    path = picture_path(newsroom.records["picture", "1"])
    assert path in newsroom.outlet.pages
    newsroom.edit(1, lead=None)
    newsroom.change("story", 1)
    assert path not in newsroom.outlet.pages
    newsroom.edit(2, lead=Lead(picture=1))
    newsroom.change("story", 2)
    assert path in newsroom.outlet.pages


def test_an_absent_thing_is_a_read_too(newsroom: Newsroom) -> None:
    newsroom.put("hot", Hot(id="/world/2/"))
    assert newsroom.change("hot", "/world/2/") == ["/world/2/"]


# --- order ----------------------------------------------------------------------------------------------------------


def test_what_is_linked_to_is_printed_before_what_links(newsroom: Newsroom) -> None:
    newsroom.put("picture", Picture(id=2, seal="b", width=6, height=4))
    newsroom.look("picture", 2)
    newsroom.put("story", newsroom.make(5, lead=Lead(picture=2)))
    newsroom.change("story", 5)
    told = newsroom.outlet.told
    assert told[:3] == ["/pictures/2-b.jpg", "/world/5/", "/days/2026-11-22/"]
    assert told[-1].endswith("feed.xml")


def test_an_address_moves_when_everybody_links_to_the_new_one(newsroom: Newsroom) -> None:
    newsroom.edit(1, path="/world/one/", former=("/world/1/",))
    newsroom.change("story", 1)
    assert newsroom.outlet.told[0] == "/world/one/"
    assert newsroom.outlet.told[-1] == "301 /world/1/"


@pytest.mark.parametrize("lane", [Lane.PUBLISH, Lane.MAINTENANCE])
def test_a_story_is_taken_down_when_no_list_links_to_it_any_more(newsroom: Newsroom, lane: Lane) -> None:
    newsroom.take_down(1, lane)
    assert newsroom.outlet.told[-2:] in (
        ["- /pictures/1-a.jpg", "410 /world/1/"],
        ["410 /world/1/", "- /pictures/1-a.jpg"],
    )


def test_a_killed_story_becomes_its_notice_first_then_its_pictures_go_then_the_lists_are_printed(
    newsroom: Newsroom,
) -> None:
    newsroom.take_down(1, Lane.KILL)
    assert newsroom.outlet.told[:2] == ["410 /world/1/", "- /pictures/1-a.jpg"]
    assert {"/", "/world/", "/authors/1/"} <= set(newsroom.outlet.told[2:])


def test_taking_down_many_stories_waits_for_the_lists_though_they_do_not_fit_one_batch(newsroom: Newsroom) -> None:
    for id in range(10, 300):
        newsroom.put("story", _story(newsroom, id))
        newsroom.look("story", id)
    newsroom.engine.bake()
    newsroom.settled()
    for id in range(10, 300):
        story = newsroom.records["story", str(id)]
        newsroom.put("story", Story(id=id, path=story.path, notice=Notice(reason="unpublished"), day=story.day))
        newsroom.look("story", id)
    newsroom.engine.bake()
    told = newsroom.outlet.told
    last_list = max(told.index(path) for path in ("/", "/world/", "/feed.xml", "/days/2026-11-22/"))
    assert last_list < min(index for index, path in enumerate(told) if path.startswith("410"))
    assert newsroom.outlet.pages.keys() == printed(newsroom.records).keys()


def _story(newsroom: Newsroom, id: int) -> Story:
    return replace(newsroom.make(1), id=id, path=f"/world/{id}/", published=f"2026-11-22T10:{id}")


def _print_stories(newsroom: Newsroom, ids: Iterable[int]) -> None:
    for id in ids:
        newsroom.put("story", _story(newsroom, id))
        newsroom.engine.look(0, Lane.PUBLISH, [("story", str(id))], newsroom.compose)
    newsroom.engine.bake()


def test_a_kill_reaches_what_went_out_for_the_time_being_also_on_a_full_disk(newsroom: Newsroom) -> None:
    newsroom.put("picture", Picture(id=7, seal="z", width=6, height=4))
    newsroom.outlet.refused.add("/pictures/7-z.jpg")
    newsroom.put("story", newsroom.make(5, headline="To be killed", lead=Lead(picture=7)))
    newsroom.look("picture", 7)
    newsroom.look("story", 5)
    newsroom.engine.bake()
    assert "To be killed" in newsroom.outlet.pages["/"].body.decode()  # its picture is waited for
    newsroom.settled()
    newsroom.outlet.room = 0
    _kill(newsroom, 5)
    for _ in range(3):
        with suppress(Problem):
            newsroom.engine.bake()
        newsroom.now += 3_000
    assert _showing(newsroom, "To be killed") == []
    assert newsroom.outlet.pages["/world/5/"].status == 410
    assert "/" in newsroom.outlet.pages


def test_a_kill_reaches_what_was_delivered_just_before_the_process_was_killed(newsroom: Newsroom) -> None:
    newsroom.put("story", newsroom.make(5, headline="To be killed"))
    newsroom.look("story", 5)

    def power_cut(name: str) -> None:
        if name == "bake:delivered" and "/" in newsroom.outlet.told and "/world/" in newsroom.outlet.told:
            raise KeyboardInterrupt

    newsroom.engine._fault = power_cut
    with pytest.raises(KeyboardInterrupt):
        newsroom.engine.bake()
    assert "/" in _showing(newsroom, "To be killed")
    newsroom.engine = newsroom.start()
    newsroom.outlet.room = 0
    number = _kill(newsroom, 5)
    assert number not in [each.change for each in newsroom.engine.finished()]
    newsroom.engine.bake(upto=Lane.KILL)
    assert _showing(newsroom, "To be killed") == []


@pytest.mark.parametrize("anew", [False, True])
def test_a_kill_reaches_the_copy_that_readers_keep_of_a_page_that_fails(newsroom: Newsroom, anew: bool) -> None:
    front = newsroom.engine.book.renderers["front"]

    def fails_at_once(reads: Any, ref: PageRef, press: Press) -> Output | None:
        if ref.path == "/world/":
            reads.section(2)
            raise ValueError("odd copy")
        return front(reads, ref, press)

    if anew:
        with newsroom.store.transaction():
            newsroom.store.advance()
            newsroom.store.reset()
    newsroom.engine = newsroom.start(renderers={**RENDERERS, "front": fails_at_once})
    newsroom.engine.open(list(newsroom.records), newsroom.compose)
    newsroom.edit(2, headline="Rivers rise")
    newsroom.look("story", 2)
    newsroom.engine.bake()
    assert "/world/" in _showing(newsroom, "Story 4")
    newsroom.settled()
    _kill(newsroom, 4)
    newsroom.engine.bake()
    assert _showing(newsroom, "Story 4") == []


def test_of_many_pages_that_are_due_a_kill_reaches_those_that_may_show_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standfirst.press.engine.engine.FEW_DUE", 3)
    newsroom.put("section", Section(id=9, path="/world/new/", name="New", parent=2, trail=(1, 2)))
    newsroom.put("story", newsroom.make(5, headline="To be killed", section=9, sections=(1, 2, 9)))
    newsroom.look("section", 9)
    newsroom.look("story", 5)
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)

    def power_cut(name: str) -> None:
        if name == "bake:delivered" and newsroom.outlet.told[-1] == "/world/new/feed.xml":
            raise KeyboardInterrupt

    newsroom.engine._fault = power_cut
    with pytest.raises(KeyboardInterrupt):
        newsroom.engine.bake()
    assert "/world/new/" in _showing(newsroom, "To be killed")
    newsroom.engine = newsroom.start()
    _kill(newsroom, 5)
    newsroom.engine.bake(upto=Lane.KILL)
    assert _showing(newsroom, "To be killed") == []


def test_a_kill_takes_away_no_page_that_only_leads_to_the_same_day(newsroom: Newsroom) -> None:
    newsroom.broken.add("/world/2/")
    newsroom.edit(2, headline="Odd")
    newsroom.look("story", 2)
    newsroom.engine.bake()
    assert newsroom.engine.failed().keys() == {"/world/2/"}
    assert b"/days/2026-11-22/" in newsroom.outlet.pages["/world/2/"].body
    newsroom.settled()
    _kill(newsroom, 1)
    newsroom.engine.bake()
    assert newsroom.outlet.pages["/world/1/"].status == 410
    assert "/world/2/" in newsroom.outlet.pages  # the copy from before it failed


def _kill(newsroom: Newsroom, id: int) -> int:
    story = newsroom.records["story", str(id)]
    newsroom.put("story", Story(id=id, path=story.path, notice=Notice(reason="killed"), day=story.day))
    return newsroom.look("story", id, Lane.KILL)


def _showing(newsroom: Newsroom, words: str) -> list[str]:
    return sorted(path for path, page in newsroom.outlet.pages.items() if words.encode() in page.body)


def test_what_is_looked_at_together_is_composed_under_the_ledgers_lock(newsroom: Newsroom) -> None:
    done: list[str] = []

    def many(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        done.append(f"composed {len(keys)}")
        return {key: newsroom.compose(*key) for key in keys}

    newsroom.engine._fault = done.append
    newsroom.edit(1, headline="Rivers rise")
    keys = [("story", "1"), ("story", "2")]
    newsroom.engine.look(1, Lane.PUBLISH, keys, newsroom.compose, many=many)
    assert done[:2] == ["look:begun", "composed 2"]  # begun: the lock is held until the end of the look
    newsroom.engine.bake()
    assert "/" in _showing(newsroom, "Rivers rise")


def test_a_more_urgent_lane_goes_first_and_maintenance_yields_after_every_page(newsroom: Newsroom) -> None:
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    waiting = newsroom.engine.status().backlog[Lane.MAINTENANCE]
    seen: list[Lane] = []

    def interrupted(lane: Lane) -> bool:
        seen.append(lane)
        return len(seen) == 2

    bake = newsroom.engine.bake(interrupted=interrupted)
    assert (bake.interrupted, bake.pages, seen) == (True, 2, [Lane.MAINTENANCE] * 2)
    assert newsroom.engine.status().backlog[Lane.MAINTENANCE] == waiting - 2
    newsroom.settled()
    newsroom.edit(4, headline="Urgent")
    newsroom.look("story", 4, Lane.KILL)
    newsroom.engine.bake(upto=Lane.KILL)
    # What the kill printed need not be printed for the name again.
    assert newsroom.engine.status().backlog == {Lane.KILL: 0, Lane.PUBLISH: 0, Lane.MAINTENANCE: 3}
    newsroom.engine.bake()
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


# --- reports --------------------------------------------------------------------------------------------------------


def test_a_change_reports_when_each_page_was_with_the_readers(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.now = 5_200
    number = newsroom.look("story", 1, since=5_000)
    assert newsroom.engine.finished() == []
    newsroom.now = 5_350
    newsroom.engine.bake()
    (finished,) = newsroom.engine.finished()
    assert (finished.change, finished.lane, finished.written, finished.ms) == (number, Lane.PUBLISH, 6, 350)
    assert {(surface.path, surface.kind, surface.outcome, surface.ms) for surface in finished.surfaces} >= {
        ("/", "front", "written", 350),
        ("/world/1/", "story", "written", 350),
    }
    assert newsroom.engine.finished() == [finished]
    newsroom.engine.settle([number])
    assert newsroom.engine.finished() == []


def test_a_change_of_nothing_is_finished_at_once(newsroom: Newsroom) -> None:
    number = newsroom.look("story", 1)
    assert [(change.change, change.surfaces) for change in newsroom.engine.finished()] == [(number, ())]


def test_a_change_looked_at_in_slices_is_finished_after_the_last(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.engine.look(70, Lane.PUBLISH, [("story", "1")], newsroom.compose, more=True)
    newsroom.engine.bake()
    assert newsroom.engine.finished() == []
    newsroom.engine.look(70, Lane.PUBLISH, [], newsroom.compose)
    assert [change.written for change in newsroom.engine.finished()] == [6]


def test_two_changes_that_want_the_same_page_are_both_told(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.edit(2, headline="Rivers fall")
    newsroom.look("story", 1)
    newsroom.look("story", 2)
    assert newsroom.engine.bake().pages == 8
    assert [change.written for change in newsroom.engine.finished()] == [6, 6]


def test_of_a_large_change_the_first_pages_are_told_and_all_are_counted(newsroom: Newsroom) -> None:
    for id in range(10, 10 + SURFACES):
        newsroom.put("story", _story(newsroom, id))
        newsroom.engine.look(0, Lane.PUBLISH, [("story", str(id))], newsroom.compose)
    newsroom.engine.bake()
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    newsroom.engine.bake()
    (finished,) = newsroom.engine.finished()
    assert finished.written > SURFACES >= len(finished.surfaces) > 0


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_page_that_fails_keeps_its_former_output_and_the_others_go_on(newsroom: Newsroom) -> None:
    before = newsroom.outlet.pages["/world/"]
    newsroom.broken.add("/world/")
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    bake = newsroom.engine.bake()
    assert (bake.failed, bake.written) == (1, 5)
    assert newsroom.outlet.pages["/world/"] == before
    assert newsroom.engine.status().failed == {"/world/": "ValueError: odd copy"}
    assert newsroom.engine.proof().failed == {"/world/": "ValueError: odd copy"}
    (finished,) = newsroom.engine.finished()
    assert finished.failed == 1
    # What it read before it failed is known: when that changes again, it is tried again.
    newsroom.broken.clear()
    newsroom.edit(1, headline="Rivers fall")
    assert "/world/" in newsroom.change("story", 1)
    assert newsroom.engine.status().failed == {}
    assert newsroom.engine.proof().ok


def test_nothing_leads_to_a_new_story_that_cannot_be_printed_until_it_can(newsroom: Newsroom) -> None:
    newsroom.broken.add("/world/9/")
    newsroom.put("story", newsroom.make(9))
    newsroom.put("related", Related(id=1, stories=(9, 2)))
    newsroom.look("story", 9)
    newsroom.look("related", 1)
    for at in watched(newsroom):
        assert b"/world/9/" not in at
    assert newsroom.engine.status().failed == {"/world/9/": "ValueError: odd copy"}
    proof = newsroom.engine.proof()
    assert (list(proof.failed), proof.dangling, proof.differing) == (["/world/9/"], {}, [])
    # Tried in vain, it costs nobody anything.
    newsroom.engine.retry_failed()
    newsroom.rendered.clear()
    newsroom.engine.bake()
    assert set(newsroom.rendered) == {"/world/9/"}
    # What changes meanwhile is printed without it too.
    newsroom.edit(2, headline="Rivers rise")
    newsroom.look("story", 2)
    newsroom.engine.bake()
    assert b"Rivers rise" in newsroom.outlet.pages["/world/"].body
    assert not any(b"/world/9/" in page.body for page in newsroom.outlet.pages.values())
    newsroom.broken.clear()
    newsroom.engine.retry_failed()
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_two_that_can_be_printed_again_at_the_same_time_lead_to_each_other(newsroom: Newsroom) -> None:
    for number, other in ((8, 9), (9, 8)):
        newsroom.broken.add(f"/world/{number}/")
        newsroom.put("story", newsroom.make(number))
        newsroom.put("related", Related(id=number, stories=(other,)))
        newsroom.look("story", number)
        newsroom.look("related", number)
    newsroom.engine.bake()
    newsroom.broken.clear()
    newsroom.engine.retry_failed()
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)


def watched(newsroom: Newsroom) -> Iterator[bytes]:
    """Each page as readers get it after every step of a bake."""
    seen: list[bytes] = []

    def look(name: str) -> None:
        seen.extend(page.body for page in newsroom.outlet.pages.values())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newsroom.engine, "_fault", look)
        newsroom.engine.bake()
    yield from seen


def test_a_story_that_fails_in_a_new_ledger_is_still_led_to_where_readers_have_its_former_copy(
    newsroom: Newsroom,
) -> None:
    before = dict(newsroom.outlet.pages)
    newsroom.broken.add("/world/1/")
    newsroom.engine.rebuild(list(newsroom.records), newsroom.compose)
    newsroom.engine.bake()
    newsroom.engine.bake_all()
    newsroom.engine.bake()
    assert newsroom.outlet.pages == before
    assert b"/world/1/" in newsroom.outlet.pages["/world/"].body
    assert newsroom.engine.status().pages == len([page for page in before.values() if page.status == 200])
    assert newsroom.engine.drift(0) == (0, [])


def test_a_page_that_fails_in_a_kill_is_taken_from_readers(newsroom: Newsroom) -> None:
    newsroom.broken.add("/world/")
    newsroom.settled()
    story = newsroom.records["story", "1"]
    newsroom.put("story", Story(id=1, path=story.path, notice=Notice(reason="killed"), day=story.day))
    newsroom.look("story", 1, Lane.KILL)
    newsroom.engine.bake()
    assert "/world/" not in newsroom.outlet.pages
    assert newsroom.outlet.pages["/world/1/"].status == 410
    newsroom.broken.clear()
    newsroom.engine.retry_failed()
    newsroom.engine.bake()
    assert newsroom.outlet.pages["/world/"].status == 200


def test_a_ledger_that_does_not_answer_while_a_kill_is_printed_takes_nothing_from_readers() -> None:
    connection = SqliteConnection(":memory:")
    store = SqlStore(connection)
    store.create()
    newsroom = Newsroom(store)
    story = newsroom.records["story", "1"]
    newsroom.put("story", Story(id=1, path=story.path, notice=Notice(reason="killed"), day=story.day))
    newsroom.look("story", 1, Lane.KILL)
    newsroom.engine.bake_all(lane=Lane.KILL)  # each is printed, without a look at what it read before
    before = dict(newsroom.outlet.pages)
    execute = connection.execute

    def fails(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        if "ledger_entry" in sql:
            raise sqlite3.OperationalError("disk I/O error")
        return execute(sql, parameters)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(sqlite3.OperationalError):
        patch.setattr(connection, "execute", fails)
        newsroom.engine.bake()
    assert newsroom.outlet.pages == before
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)
    connection.close()


def test_a_kill_needs_no_room_on_the_disk(newsroom: Newsroom) -> None:
    newsroom.outlet.room = 0
    story = newsroom.records["story", "1"]
    newsroom.put("story", Story(id=1, path=story.path, notice=Notice(reason="killed"), day=story.day))
    newsroom.look("story", 1, Lane.KILL)
    newsroom.engine.bake()
    newsroom.settled()
    assert newsroom.outlet.pages["/world/1/"].status == 410
    assert not any(b"Story 1" in page.body for page in newsroom.outlet.pages.values())
    assert newsroom.engine.proof().ok


def test_a_full_disk_keeps_the_last_good_copies_and_is_tried_again(newsroom: Newsroom) -> None:
    before = dict(newsroom.outlet.pages)
    newsroom.outlet.room = 0
    newsroom.put("story", replace(newsroom.records["story", "1"], headline="Anew"))
    newsroom.look("story", 1)
    for _ in range(3):
        with pytest.raises(Problem, match="full"):
            newsroom.engine.bake()
        assert newsroom.outlet.pages == before
    newsroom.outlet.room = None
    newsroom.engine.bake()
    newsroom.settled()
    assert b"Anew" in newsroom.outlet.pages["/world/1/"].body
    assert newsroom.engine.proof().ok


def test_a_kill_goes_as_far_as_it_can_where_nothing_can_be_written(newsroom: Newsroom) -> None:
    class ReadOnlyLists(Outlet):
        def put(self, path: str, output: Output) -> None:
            raise Problem("Nothing can be written.")

    stuck = ReadOnlyLists()
    stuck.pages = newsroom.outlet.pages
    story = newsroom.records["story", "1"]
    newsroom.put("story", Story(id=1, path=story.path, notice=Notice(reason="killed"), day=story.day))
    newsroom.look("story", 1, Lane.KILL)
    newsroom.engine.outlet = stuck
    with pytest.raises(Problem, match="Nothing"):
        newsroom.engine.bake()
    assert not any(b"Story 1" in page.body for page in stuck.pages.values())
    newsroom.engine.outlet = newsroom.outlet
    newsroom.engine.bake()
    newsroom.settled()
    assert newsroom.outlet.pages["/world/1/"].status == 410
    assert newsroom.engine.proof().ok


def later(newsroom: Newsroom) -> None:
    """What could not be delivered is tried again."""
    newsroom.now += RETRY_MS
    newsroom.engine.bake()


def leading_to(newsroom: Newsroom, path: str) -> set[str]:
    return {at for at, output in newsroom.outlet.pages.items() if f'"{path}"'.encode() in output.body}


def new_style(newsroom: Newsroom) -> str:
    """Templates change, and with them the style sheet, which cannot be written."""
    newsroom.put("epoch", Epoch(id="pages", digest="two", assets=(("site.css", "/assets/two.css"),)))
    newsroom.look("epoch", "pages", Lane.MAINTENANCE)
    newsroom.outlet.refused = {"/assets/two.css"}
    return "/assets/two.css"


def test_no_page_goes_out_to_a_style_sheet_that_cannot_be_written(newsroom: Newsroom) -> None:
    style = new_style(newsroom)
    before = dict(newsroom.outlet.pages)
    newsroom.engine.bake()
    assert newsroom.outlet.pages == before
    for headline in ("Rivers rise", "Rivers fall"):
        # What is published is printed before what templates made due, and would lead there as well.
        newsroom.now += RETRY_MS
        newsroom.edit(1, headline=headline)
        newsroom.look("story", 1)
        newsroom.engine.bake()
        assert leading_to(newsroom, style) == set()
        assert newsroom.outlet.pages["/world/1/"] == before["/world/1/"]
    assert newsroom.engine.bake().stuck is not None
    newsroom.outlet.refused = set()
    later(newsroom)
    assert newsroom.outlet.pages == printed(newsroom.records)
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_nor_does_one_that_a_crew_prints(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standfirst.press.engine.engine.SHARED", 1)
    assert isinstance(newsroom.store, MemoryStore)
    hand = Engine(newsroom.engine.book, MemoryStore(newsroom.store), newsroom.outlet, clock=lambda: newsroom.now)
    newsroom.engine.crew = Hand(hand)
    style = new_style(newsroom)
    before = dict(newsroom.outlet.pages)
    for _ in range(3):
        later(newsroom)
        assert leading_to(newsroom, style) == set()
    assert newsroom.outlet.pages == before
    newsroom.outlet.refused = set()
    later(newsroom)
    assert newsroom.outlet.pages == printed(newsroom.records)


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_nor_to_one_that_a_crew_could_not_print_when_the_log_of_what_was_touched_does_not_reach_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standfirst.press.engine.engine.SHARED", 1)
    assert isinstance(newsroom.store, MemoryStore)
    hand = Engine(newsroom.engine.book, MemoryStore(newsroom.store), newsroom.outlet, clock=lambda: newsroom.now)
    newsroom.engine.crew = Hand(hand, alone=True)
    newsroom.broken.add("/world/9/")
    for record in (newsroom.make(8), newsroom.make(9)):
        newsroom.put("story", record)
        newsroom.look("story", record.id, Lane.MAINTENANCE)
    newsroom.put("related", Related(id=8, stories=(9, 2)))
    newsroom.look("related", 8, Lane.MAINTENANCE)
    commit, cut = newsroom.engine._commit, [True]

    def after_so_much_else(*what: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if cut:
                cut.pop()
                patch.setattr(newsroom.store, "touched", lambda since: None)
            commit(*what)

    monkeypatch.setattr(newsroom.engine, "_commit", after_so_much_else)
    newsroom.engine.bake()
    assert not cut
    assert not any(b"/world/9/" in page.body for page in newsroom.outlet.pages.values())
    assert newsroom.engine.proof().dangling == {}
    newsroom.broken.clear()
    newsroom.engine.retry_failed()
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_what_is_due_is_counted_as_far_as_it_matters_and_without_what_waits_for_all_others(newsroom: Newsroom) -> None:
    engine, store = newsroom.engine, newsroom.store
    assert engine.due(Lane.MAINTENANCE, 100) == 0
    engine.bake_all()
    every = engine.status().backlog[Lane.MAINTENANCE]
    assert engine.due(Lane.MAINTENANCE, 1_000) == every > 10
    assert engine.due(Lane.MAINTENANCE, 10) == 10
    assert engine.due(Lane.PUBLISH, 1_000) == 0
    with store.transaction():
        store.put_off(store.page_ids(["/world/1/", "/world/2/"]).values())
    assert engine.due(Lane.MAINTENANCE, 1_000) == every - 2


class Asked(MemoryStore):
    """Counts the records and lists that are read one by one, and how often many are."""

    single = together = lists = 0

    def record(self, key: str) -> bytes | None:
        self.single += 1
        return super().record(key)

    def records_of(self, keys: Sequence[str]) -> dict[str, bytes]:
        self.together += 1
        return super().records_of(keys)

    def listed(self, name: str, key: str, limit: int) -> list[str]:
        self.lists += 1
        return super().listed(name, key, limit)

    def listed_each(self, lists: Sequence[tuple[str, str, int]]) -> list[list[str]]:
        return [super(Asked, self).listed(*each) for each in lists]


def test_records_that_many_pages_show_are_read_together(newsroom: Newsroom) -> None:
    def opens(ref: PageRef) -> list[str]:
        return [f"story:{ref.subject}", f"related:{ref.subject}", f"hot:{ref.path}"] if ref.kind == "story" else []

    for id in range(10, 110):
        newsroom.put("story", _story(newsroom, id))
    store = Asked()
    engine = Engine(make_book(opens=opens), store, MemoryOutlet(), clock=lambda: 0)
    engine.open(list(newsroom.records), newsroom.compose)
    store.single = store.together = 0
    engine.bake()
    assert 0 < store.together < 20
    assert store.single < 40, "of more than a hundred"
    # Of pages that were printed before it is known what they read.
    assert store.lists > 5
    engine = Engine(make_book(opens=opens), store, MemoryOutlet(), clock=lambda: 0)
    newsroom.put("story", _story(newsroom, 999))
    engine.look(0, Lane.PUBLISH, [("story", "999")], newsroom.compose)
    store.lists = 0
    assert engine.bake().pages > 5
    assert store.lists <= 2, "a new page's"


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_a_slow_disk_does_not_hold_up_a_kill_behind_a_crews_work(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(newsroom.store, MemoryStore)
    _print_stories(newsroom, range(10, 210))
    hand = Engine(
        newsroom.engine.book,
        MemoryStore(newsroom.store),
        newsroom.outlet,
        clock=lambda: newsroom.now,
        timer=lambda: newsroom.now,
    )
    # Alone: in this thread one would wait for the other, which they never do.
    newsroom.engine.crew = Hand(hand, alone=True)
    put = newsroom.outlet.put

    def slowly(path: str, output: Output) -> None:
        newsroom.now += 300
        put(path, output)

    asked: list[int] = []

    def interrupted(lane: Lane) -> bool:
        asked.append(newsroom.now)
        return False

    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    began = newsroom.now
    monkeypatch.setattr(newsroom.outlet, "put", slowly)
    bake = newsroom.engine.bake(interrupted=interrupted)
    assert max(after - before for before, after in pairwise([began, *asked])) <= 2_000
    assert bake.delivering >= bake.delivered * 300 > 300, "and it is said that the disk is slow"
    # On a quick disk all help again.
    monkeypatch.undo()
    newsroom.put("site", Site(name="The Courier"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    helped = newsroom.engine.crew.printed
    newsroom.engine.bake()
    assert newsroom.engine.crew.printed > helped + 100
    assert newsroom.outlet.pages == printed(newsroom.records)


class Alone(Hand):
    """A crew of which the press itself does every share, of ten pages."""

    def work(self, jobs: Sequence[Job], myself: Callable[..., Outcome], heed: Callable[..., object]) -> None:
        self.printed += len(jobs)
        for start in range(0, len(jobs), 10):
            share = jobs[start : start + 10]
            heed(share, myself(share))


def test_what_is_urgent_does_not_wait_for_the_rest_of_a_crews_batch(newsroom: Newsroom) -> None:
    _print_stories(newsroom, range(10, 130))
    newsroom.engine.crew = Alone(newsroom.engine)
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    before = newsroom.engine.status().backlog[Lane.MAINTENANCE]
    assert before > 100
    bake = newsroom.engine.bake(interrupted=lambda lane: True)
    assert bake.interrupted and bake.pages == 10, "one share, so that it comes to an end some time"
    assert newsroom.engine.status().backlog[Lane.MAINTENANCE] == before - 10, "which is noted, and the rest is due"
    while newsroom.engine.bake(interrupted=lambda lane: True).pages:
        pass
    assert newsroom.outlet.pages == printed(newsroom.records)


def test_nothing_of_a_crews_batch_that_is_cut_short_was_printed_in_vain_and_the_crew_is_asked_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id in range(10, 210):
        story = _story(newsroom, id)
        if id % 2:
            story = Story(id=id, path=story.path, notice=Notice(reason="killed"), day=story.day)
        newsroom.put("story", story)
        newsroom.engine.look(0, Lane.PUBLISH, [("story", str(id))], newsroom.compose)
    newsroom.engine.bake()
    newsroom.engine.crew = crew = Alone(newsroom.engine)
    newsroom.engine.bake_all()
    put, until = newsroom.outlet.put, newsroom.now + 600

    def slowly(path: str, output: Output) -> None:
        newsroom.now += 20 if output.status == 200 else 0
        put(path, output)

    # Another hand took them away, so each has to be written again.
    for path in [path for path, page in newsroom.outlet.pages.items() if page.status == 200]:
        newsroom.outlet.remove(path)
    monkeypatch.setattr(newsroom.outlet, "put", slowly)
    bake = newsroom.engine.bake(interrupted=lambda lane: newsroom.now > until)
    # Notices are delivered by the press itself, after the shares, when it is known that something waits.
    assert bake.interrupted and bake.printed == bake.pages and 20 < bake.pages < 150
    asked = crew.printed
    newsroom.engine.bake()
    assert crew.printed > asked + 50
    assert newsroom.outlet.pages == printed(newsroom.records)


def test_once_a_page_of_a_crews_batch_cannot_be_delivered_the_crew_prints_no_more_of_it(newsroom: Newsroom) -> None:
    _print_stories(newsroom, range(10, 130))
    newsroom.engine.crew = Alone(newsroom.engine)
    newsroom.outlet.refused = {"/world/1/"}
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1, Lane.MAINTENANCE)
    shares: list[int] = []
    lend = newsroom.engine.lend_a_hand

    def counted(jobs: Sequence[Job]) -> Outcome:
        shares.append(len(jobs))
        return lend(jobs)

    newsroom.engine.lend_a_hand = counted  # type: ignore[method-assign, assignment]
    bake = newsroom.engine.bake()
    assert len(shares) == 1, "the one that has that page, and none after it"
    assert bake.stuck is not None and bake.pages > 100, "the press prints the others by itself"


def test_a_clock_that_is_set_back_delays_nothing_that_is_tried_again(newsroom: Newsroom) -> None:
    moments = iter(range(10_000_000, 0, -1_000))
    engine = Engine(
        newsroom.engine.book,
        newsroom.store,
        newsroom.outlet,
        clock=lambda: next(moments),
        timer=lambda: newsroom.now,
    )
    newsroom.outlet.refused = {"/world/1/"}
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    bake = engine.bake()
    assert bake.delivering == 0
    newsroom.outlet.refused = set()
    newsroom.now += RETRY_MS
    engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)


def test_a_story_goes_out_without_a_picture_for_which_there_is_no_room(newsroom: Newsroom) -> None:
    picture = Picture(id=2, seal="b", width=6, height=4)
    newsroom.put("picture", picture)
    newsroom.put("story", newsroom.make(5, lead=Lead(picture=2)))
    newsroom.outlet.refused = {picture_path(picture)}
    newsroom.look("picture", 2)
    newsroom.look("story", 5)
    newsroom.engine.bake()
    later(newsroom)
    assert b"Story 5" in newsroom.outlet.pages["/world/5/"].body
    assert {"/", "/world/"} <= leading_to(newsroom, "/world/5/")
    assert leading_to(newsroom, picture_path(picture)) == set()
    newsroom.outlet.refused = set()
    later(newsroom)
    assert newsroom.outlet.pages == printed(newsroom.records)


def test_after_a_new_ledger_readers_still_have_what_cannot_be_written(newsroom: Newsroom) -> None:
    newsroom.engine.rebuild(list(newsroom.records), newsroom.compose)
    newsroom.put("site", Site(name="The Echo"))
    newsroom.look("site", 1)
    newsroom.outlet.refused = {"/world/"}
    newsroom.engine.bake()
    expected = printed(newsroom.records)
    assert leading_to(newsroom, "/world/")
    assert {path for path in expected if newsroom.outlet.pages[path] != expected[path]} == {"/world/"}


def test_an_address_is_led_to_only_where_it_stands_whole() -> None:
    def leads(body: str, path: str) -> bool:
        return _leads(Output(body=body.encode()), [path])

    for body in (
        '<a href="/world/">',
        "<a href='/world/?page=2'>",
        '<a href="/world/#end">',
        "<link>https://post.example/world/</link>",
        '{"url": "https://post.example/world/"}',
        '{"html": "<a href=\\"/world/\\">"}',
        "https://post.example/world/\n",
        "a { background: url(/world/) }",
        '<img srcset="/small.jpg 640w, /world/ 1280w">',
    ):
        assert leads(body, "/world/"), body
    for body in (
        '<a href="/world/1/">',
        '<a href="/news/world/">',
        "<link>https://post.example/world/1/</link>",
        '<img srcset="/world/a.jpg 640w">',
    ):
        assert not leads(body, "/world/"), body
    assert leads('<a href="/">', "/")
    assert leads("<link>https://post.example/</link>", "/")
    assert not leads('<p>Rain</p><br/><a href="/world/">', "/")
    assert leads('<a href="/mu%C3%B1oz/">', "/muñoz/")
    assert leads('<a href="/a&amp;b/">', "/a&b/")
    assert _leads(Output(body=b"", status=301, location="/world/"), ["/world/"])


def test_a_page_that_is_stuck_keeps_only_what_it_leads_to_from_being_taken_down(newsroom: Newsroom) -> None:
    newsroom.put("story", newsroom.make(5, section=3, sections=(3,)))
    newsroom.look("story", 5)
    newsroom.engine.bake()
    newsroom.outlet.refused = {"/sport/", "/sport/feed.xml"}
    for id in (1, 5):
        story = newsroom.records["story", str(id)]
        newsroom.put("story", Story(id=id, path=story.path, notice=Notice(reason="unpublished"), day=story.day))
        newsroom.look("story", id)
    newsroom.engine.bake()
    later(newsroom)
    picture = picture_path(newsroom.records["picture", "1"])
    assert newsroom.outlet.pages["/world/1/"].status == 410
    assert picture not in newsroom.outlet.pages
    # The front of sport shows it, and would lead to a notice.
    assert newsroom.outlet.pages["/world/5/"].status == 200
    newsroom.outlet.unreadable = {"/sport/"}
    later(newsroom)
    assert newsroom.outlet.pages["/world/5/"].status == 200
    newsroom.outlet.unreadable, newsroom.outlet.refused = set(), set()
    later(newsroom)
    assert newsroom.outlet.pages == printed(newsroom.records)


@pytest.mark.parametrize("lane", [Lane.KILL, Lane.PUBLISH])
def test_what_cannot_be_read_is_taken_away_all_the_same(newsroom: Newsroom, lane: Lane) -> None:
    """Though a new ledger does not know that it is there: readers would have it again when the disk recovers."""
    newsroom.engine.rebuild(list(newsroom.records), newsroom.compose)
    picture = newsroom.records["picture", "1"]
    newsroom.put("picture", replace(picture, usable=False))
    newsroom.look("picture", 1, lane)
    newsroom.outlet.unreadable = {picture_path(picture)}
    newsroom.engine.bake()
    assert picture_path(picture) not in newsroom.outlet.pages


def test_an_address_that_cannot_be_served_fails_one_page(newsroom: Newsroom) -> None:
    newsroom.put("story", replace(newsroom.make(6), path="/world/unservable/"))
    newsroom.look("story", 6)
    bake = newsroom.engine.bake()
    assert (bake.failed, bake.written) == (1, 5)
    assert newsroom.engine.status().failed == {"/world/unservable/": "This address cannot be served."}


def test_an_error_of_the_outlet_ends_the_bake_and_loses_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, output: Output) -> None:
        raise OSError("No space left on device")

    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(newsroom.outlet, "put", full)
        newsroom.engine.bake()
    assert newsroom.engine.status().backlog[Lane.PUBLISH] == 6
    assert newsroom.engine.bake().written == 6


def test_what_a_dead_press_wrote_is_written_over_although_its_ledger_knows_nothing_of_it(newsroom: Newsroom) -> None:
    standing = dict(newsroom.outlet.pages)
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)

    def die(name: str) -> None:
        if name == "bake:recorded":
            raise KeyboardInterrupt

    dying = Engine(newsroom.engine.book, newsroom.store, newsroom.outlet, clock=lambda: 0, fault=die)
    with pytest.raises(KeyboardInterrupt):
        dying.bake()
    assert newsroom.outlet.pages != standing
    # The desk changes its mind before anybody prints again: nothing that the ledger recorded differs from today.
    newsroom.edit(1, headline="Story 1")
    newsroom.look("story", 1)
    newsroom.engine.bake()
    assert newsroom.outlet.pages == standing


def test_the_same_holds_for_a_page_that_has_to_be_printed_and_comes_out_as_it_was(newsroom: Newsroom) -> None:
    newsroom.engine.bake_all()
    newsroom.outlet.pages["/world/1/"] = Output(body=b"of a dead press")
    newsroom.engine.bake()
    assert newsroom.outlet.pages["/world/1/"] == printed(newsroom.records)["/world/1/"]


def thirty_stories_go(newsroom: Newsroom) -> None:
    """Thirty stories of one section are printed, and then are no more, as far as maintenance is concerned."""
    for id in range(10, 40):
        newsroom.put("story", _story(newsroom, id))
        newsroom.engine.look(0, Lane.PUBLISH, [("story", str(id))], newsroom.compose)
    newsroom.engine.bake()
    newsroom.settled()
    for id in range(10, 40):
        del newsroom.records["story", str(id)]
        newsroom.look("story", id, Lane.MAINTENANCE)


def test_many_pages_may_go_if_readers_are_sent_on_from_where_they_were(newsroom: Newsroom) -> None:
    thirty_stories_go(newsroom)
    # A rule beside it, or for a part of them, is not enough.
    newsroom.outlet.moved = {"/sport/": "/games/", "/world/19/": "/globe/19/"}
    with pytest.raises(MassRemoval, match="take 29 of"):
        newsroom.engine.bake()
    newsroom.outlet.moved = {"/sport/": "/games/", "/world/": "/globe/"}
    assert newsroom.engine.bake().removed == 30


def test_that_many_pages_may_go_is_seen_once_while_they_become_fewer(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    thirty_stories_go(newsroom)
    counts: list[Collection[str]] = []
    count = newsroom.store.count_last

    def counted(lane: Lane, but: Collection[str] = ()) -> int:
        if but:
            counts.append(but)
        return count(lane, but)

    monkeypatch.setattr(newsroom.store, "count_last", counted)
    monkeypatch.setattr("standfirst.press.engine.engine.SLOW_MS", -1)  # so that each is asked after
    monkeypatch.setattr("standfirst.press.engine.engine.BATCH", dict.fromkeys(Lane, 1))
    newsroom.outlet.moved = {"/world/": "/globe/"}
    removed = 0
    while removed < 5:
        removed += newsroom.engine.bake(interrupted=lambda lane: True).removed
    assert len(counts) == 1
    newsroom.outlet.moved = {}
    with pytest.raises(MassRemoval, match="take 25 of"):
        newsroom.engine.bake()
    newsroom.outlet.moved = {"/world/": "/globe/"}
    assert newsroom.engine.bake().removed == 25


def test_maintenance_does_not_take_many_pages_from_readers_unasked(newsroom: Newsroom) -> None:
    thirty_stories_go(newsroom)
    with pytest.raises(MassRemoval, match="take 30 of") as refused:
        newsroom.engine.bake()
    assert refused.value.number == 30
    assert not any(told.startswith("-") for told in newsroom.outlet.told)
    # All else was done, and is done while it waits.
    assert "/world/" in newsroom.outlet.told
    newsroom.edit(2, headline="Rivers rise")
    newsroom.look("story", 2)
    assert newsroom.engine.bake(upto=Lane.PUBLISH).written == 6
    assert newsroom.engine.bake(allow_mass_removal=True).removed == 30
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_publishing_takes_down_as_many_as_it_is_told_to(newsroom: Newsroom) -> None:
    for id in range(10, 40):
        newsroom.put("story", _story(newsroom, id))
        newsroom.engine.look(0, Lane.PUBLISH, [("story", str(id))], newsroom.compose)
    newsroom.engine.bake()
    for id in range(10, 40):
        del newsroom.records["story", str(id)]
        newsroom.look("story", id)
    assert newsroom.engine.bake().removed == 30


# --- several workers ------------------------------------------------------------------------------------------------


def _beside(newsroom: Newsroom, at: str, other: Callable[[Engine], None]) -> Engine:
    """An engine beside which another works, once, at one instant."""
    assert isinstance(newsroom.store, MemoryStore)
    second = Engine(newsroom.engine.book, MemoryStore(newsroom.store), newsroom.outlet, clock=lambda: 0)
    done: list[str] = []

    def fault(name: str) -> None:
        if name == at and not done:
            done.append(name)
            other(second)

    return Engine(newsroom.engine.book, newsroom.store, newsroom.outlet, clock=lambda: 0, fault=fault)


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize("at", ["bake:taken", "bake:printed", "bake:delivering", "bake:delivered"])
def test_a_page_that_changes_while_it_is_printed_stays_due(newsroom: Newsroom, at: str) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)

    def other(second: Engine) -> None:
        newsroom.edit(1, headline="Rivers fall")
        newsroom.put("story", newsroom.make(7))
        second.look(8, Lane.PUBLISH, [("story", "1"), ("story", "7")], newsroom.compose)
        second.bake()

    first = _beside(newsroom, at, other)
    first.bake(upto=Lane.PUBLISH)
    assert newsroom.outlet.pages == printed(newsroom.records)
    assert {change.change for change in first.finished()} == {1, 8}
    assert first.proof(newsroom.compose, list(newsroom.records)).ok


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_no_page_is_printed_by_two_at_once(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    newsroom.settled()
    seen: list[int] = []
    first = _beside(newsroom, "bake:taken", lambda second: seen.append(second.bake().pages))
    assert first.bake().pages == 6
    assert seen == [0]


@pytest.mark.parametrize("store", ["memory"], indirect=True)
def test_what_a_dead_worker_held_is_free(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)

    def die(second: Engine) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _beside(newsroom, "bake:delivered", die).bake()
    assert newsroom.engine.bake().pages == 6


def test_a_worker_that_was_away_too_long_starts_over(newsroom: Newsroom) -> None:
    newsroom.engine.bake()
    for number in range(2 * KEPT + 10):
        newsroom.edit(1, dateline=str(number % 7))
        newsroom.engine.look(0, Lane.PUBLISH, [("story", "1")], newsroom.compose)
    assert newsroom.store.touched(1) is None
    assert newsroom.store.touched(newsroom.store.tide() - 3) is not None
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)


# --- opening, proving, mending --------------------------------------------------------------------------------------


def test_a_new_ledger_is_built_and_a_whole_one_is_left_alone(newsroom: Newsroom) -> None:
    assert newsroom.engine.condition() is Condition.READY
    assert newsroom.engine.open([], newsroom.compose) is Condition.READY
    assert newsroom.engine.bake().pages == 0


def test_a_ledger_is_not_baked_from_before_it_is_whole(newsroom: Newsroom) -> None:
    def failing(kind: str, id: str) -> Any:
        if (kind, id) == ("story", "3"):
            raise KeyboardInterrupt
        return newsroom.compose(kind, id)

    before = dict(newsroom.outlet.pages)
    with pytest.raises(KeyboardInterrupt):
        newsroom.engine.rebuild(list(newsroom.records), failing)
    assert newsroom.engine.bake().pages == 0
    assert newsroom.engine.condition() is Condition.REBUILD
    assert newsroom.engine.open(list(newsroom.records), newsroom.compose) is Condition.REBUILD
    newsroom.engine.bake()
    assert newsroom.outlet.pages == before
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_new_declarations_restate_the_ledger(newsroom: Newsroom) -> None:
    facets = tuple(Facet("line", "story", _shouted) if facet.name == "line" else facet for facet in FACETS)
    engine = newsroom.start(facets=facets, version="2")
    newsroom.settled()
    assert engine.open([], newsroom.compose) is Condition.RESTATE
    engine.bake()
    # Only the pages that read lines are printed.
    assert sorted(newsroom.outlet.told) == ["/feed.xml", "/world/feed.xml"]
    assert engine.condition() is Condition.READY
    assert engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_records_of_a_kind_that_no_version_knows_any_more_are_gone_after_that(newsroom: Newsroom) -> None:
    with newsroom.store.transaction():
        newsroom.store.put_records({"pin:1": b'{"id":1,"story":3}'})
    engine = newsroom.start(version="2")
    newsroom.settled()
    assert engine.open([], newsroom.compose) is Condition.RESTATE
    engine.bake()
    assert newsroom.store.record("pin:1") is None
    assert engine.proof(newsroom.compose, list(newsroom.records)).ok


def _shouted(story: Story) -> Line | None:
    made = line(story)
    return made and replace(made, headline=made.headline.upper())


def test_a_ledger_made_while_stories_change_holds_them_as_they_are_now_and_nobody_keeps_what_he_read_of_half_of_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "FILL", 2)
    other = newsroom.start()
    state = State(other.book, newsroom.store)
    reads = ("list:section:2:4", "card:1", "card:3", "any:section:2")
    ahead = dict(newsroom.records)
    """What the records were when they were composed, all ahead."""
    stories = [key for key in newsroom.records if key[0] == "story"]
    rest = [key for key in newsroom.records if key[0] != "story"]
    killed = Story(id=3, path="/world/3/", notice=Notice(reason="killed"), day="2026-11-22")

    def changes() -> None:
        other.look(77, Lane.KILL, [("story", "1"), ("story", "3")], newsroom.compose)

    def keys() -> Iterator[tuple[str, str]]:
        yield from stories[:2]
        # Between two transactions one that is stored is edited and one that is not is killed, and another worker looks.
        newsroom.edit(1, headline="Rivers rise", section=1, sections=(1,))
        newsroom.put("story", killed)
        changes()
        assert other.bake().pages == 0
        assert other.finished() == []
        state.refresh()
        for read in reads:
            state.digest(read)
        yield from [*stories[2:], *rest]

    assert newsroom.engine.rebuild(keys(), lambda kind, id: ahead.get((kind, id)))
    state.refresh()
    fresh = State(other.book, newsroom.store)
    assert [state.digest(read) for read in reads] == [fresh.digest(read) for read in reads]
    # The change is still open: it is looked at again.
    changes()
    newsroom.engine.bake()
    assert len(other.finished()) == 1
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok
    assert newsroom.outlet.pages == printed(newsroom.records)


def test_whole_records_leave_memory_before_the_lines_and_cards_that_pages_share_and_are_read_again_as_they_are(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "RECORDS", 2)
    state = State(newsroom.engine.book, newsroom.store)
    state.refresh()
    whole, lines = ("story:1", "story:2", "story:3"), ("line:1", "line:2", "line:3")
    before = [state.digest(read) for read in (*whole, *lines)]
    assert set(state.values) == {*whole, *lines}
    state.refresh()
    assert set(state.values) == set(lines)
    assert [state.digest(read) for read in (*whole, *lines)] == before
    newsroom.edit(2, headline="Rivers rise")
    newsroom.look("story", 2)
    state.refresh()
    fresh = State(newsroom.engine.book, newsroom.store)
    now = [state.digest(read) for read in (*whole, *lines)]
    assert now == [fresh.digest(read) for read in (*whole, *lines)] != before


def test_of_two_who_make_the_ledger_the_first_gives_way_and_it_is_not_whole_until_the_second_has_ended(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "FILL", 2)
    second = newsroom.start()

    class Dies(Exception):
        pass

    def half() -> Iterator[tuple[str, str]]:
        yield from list(newsroom.records)[:4]
        raise Dies

    def keys() -> Iterator[tuple[str, str]]:
        yield from list(newsroom.records)[:4]
        with pytest.raises(Dies):
            second.rebuild(half(), newsroom.compose)
        yield from list(newsroom.records)[4:]

    before = dict(newsroom.outlet.pages)
    assert not newsroom.engine.rebuild(keys(), newsroom.compose)
    assert newsroom.engine.bake().pages == 0
    making = newsroom.engine.making()
    assert making
    assert newsroom.engine.open(list(newsroom.records), newsroom.compose) is Condition.REBUILD
    assert newsroom.engine.making() == ""
    newsroom.engine.bake()
    assert newsroom.outlet.pages == before
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_records_of_another_shape_rebuild_the_ledger(newsroom: Newsroom) -> None:
    class Renamed(msgspec.Struct, frozen=True, kw_only=True):
        id: int
        path: str
        title: str
        kind: str = "person"

    types = dict(newsroom.engine.book.types) | {"author": Renamed}
    newsroom.records["author", "1"] = Renamed(id=1, path="/authors/1/", title="Ada")
    facets = tuple(facet for facet in FACETS if facet.kind != "author")
    facets += (Facet("author", "author", lambda a: a), Facet("signature", "author", lambda a: None))
    listings = dict(newsroom.engine.book.listings)
    shows = listings["shows"]
    listings["shows"] = Listing("shows", {"story": shows.keys["story"]}, shows.order, shows.limits)
    engine = newsroom.start(types=types, facets=facets, listings=listings, version="2")
    assert engine.open(list(newsroom.records), newsroom.compose) is Condition.REBUILD


def test_a_proof_finds_what_is_wrong_and_mending_repairs_it(newsroom: Newsroom) -> None:
    pages = newsroom.outlet.pages
    del newsroom.records["story", "1"]
    newsroom.engine.look(0, Lane.PUBLISH, [("story", "1")], newsroom.compose)
    newsroom.records["story", "1"] = newsroom.make(1)
    newsroom.engine.bake()
    pages["/pictures/1-a.jpg"] = Output(body=b"a")
    del pages["/world/2/"]
    pages["/world/3/"] = Output(body=b"half a pa")
    pages["/left-behind/"] = Output(body=b"who am I")
    proof = newsroom.engine.proof(newsroom.compose, list(newsroom.records))
    assert not proof.ok
    assert (proof.missing, proof.differing) == (["/world/2/"], ["/world/3/"])
    assert (proof.lingering, proof.unknown) == (["/pictures/1-a.jpg"], ["/left-behind/"])
    assert proof.snapshots == [("story", "1")]
    newsroom.engine.mend(proof, newsroom.compose)
    newsroom.engine.bake()
    proof = newsroom.engine.proof(newsroom.compose, list(newsroom.records))
    assert (proof.unknown, proof.missing, proof.differing, proof.lingering) == (["/left-behind/"], [], [], [])
    newsroom.engine.mend(proof, remove_unknown=True)
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)).ok


def test_a_proof_tells_what_is_waiting_and_what_older_templates_printed(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    proof = newsroom.engine.proof(newsroom.compose, list(newsroom.records))
    assert proof.ok
    assert "/world/1/" in proof.waiting
    newsroom.engine.bake()
    epoch = Epoch(id="pages", digest="two", assets=(("site.css", "/assets/one.css"),))
    with newsroom.store.transaction():
        newsroom.store.put_records({"epoch:pages": msgspec.json.encode(epoch)})
    proof = newsroom.engine.proof()
    assert proof.ok
    assert "/world/1/" in proof.older


def test_a_proof_finds_links_that_lead_nowhere_and_lists_that_hold_too_much(newsroom: Newsroom) -> None:
    with newsroom.store.transaction():
        newsroom.store.enlist([("section", "2", "9", "story:99")])
    proof = newsroom.engine.proof()
    assert proof.index == ["section:2"]
    newsroom.engine.mend(proof)
    newsroom.engine.bake()
    assert newsroom.engine.proof().ok

    def astray(reads: Any, ref: PageRef, press: Press) -> Output:
        return Output(body=b'<a href="/nowhere/">')

    engine = newsroom.start(renderers=dict(RENDERERS) | {"author": astray})
    engine.bake_all()
    engine.bake()
    assert engine.proof().dangling == {"/authors/1/": ["/nowhere/"]}


def test_what_is_delivered_while_a_proof_looks_is_no_fault(newsroom: Newsroom) -> None:
    newsroom.put("story", newsroom.make(9))
    newsroom.edit(1, headline="Rivers rise")
    for number in (1, 9):
        newsroom.look("story", number)

    def deliver(pages: int) -> None:
        newsroom.start().bake()

    found = newsroom.engine.proof(tell=deliver)
    assert found.ok, found
    assert found.waiting == []


def test_a_crew_that_helps_with_a_proof_finds_what_the_press_alone_would(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = newsroom.outlet.pages
    del pages["/world/2/"]
    pages["/world/3/"] = Output(body=b"half a pa")
    pages["/left-behind/"] = Output(body=b"who am I")
    newsroom.edit(1, headline="Rivers rise")
    newsroom.look("story", 1)
    alone = newsroom.engine.proof(newsroom.compose, list(newsroom.records))
    assert alone.dangling and alone.waiting and alone.unknown and alone.missing and alone.differing
    monkeypatch.setattr(proofs, "SHARE", 2)
    newsroom.engine.crew = Hand(newsroom.start())
    assert newsroom.engine.proof(newsroom.compose, list(newsroom.records)) == alone


def test_the_sweep_finds_what_was_written_past_the_doors(newsroom: Newsroom) -> None:
    newsroom.edit(1, headline="Rivers rise")
    assert newsroom.engine.sweep(list(newsroom.records), newsroom.compose) == [("story", "1")]
    newsroom.engine.bake()
    assert newsroom.outlet.pages == printed(newsroom.records)
    assert newsroom.engine.sweep(list(newsroom.records), newsroom.compose) == []


def test_a_full_bake_prints_everything_and_writes_what_differs(newsroom: Newsroom) -> None:
    newsroom.engine.bake_all()
    bake = newsroom.engine.bake()
    assert bake.printed == bake.unchanged == len(newsroom.outlet.pages)
    assert newsroom.outlet.told == []


def test_a_list_may_only_be_read_as_it_is_declared(newsroom: Newsroom) -> None:
    def greedy(reads: Any, ref: PageRef, press: Press) -> Output:
        return Output(body=str(reads.listing("author", 1, 31)).encode())

    engine = newsroom.start(renderers=dict(RENDERERS) | {"author": greedy})
    engine.bake_all()
    engine.bake()
    assert "limit of 31" in engine.status().failed["/authors/1/"]


def test_the_ledger_tells_which_pages_still_show_a_story() -> None:
    connection = SqliteConnection(":memory:")
    store = SqlStore(connection)
    store.create()
    newsroom = Newsroom(store)
    keys = ("story:1", "card:1", "line:1")
    assert store.showing(*keys) == ["/", "/authors/1/", "/feed.xml", "/world/", "/world/1/", "/world/feed.xml"]
    newsroom.take_down(1, Lane.KILL)
    assert store.showing(*keys) == []
    connection.close()


def test_a_ledger_of_another_schema_is_made_anew() -> None:
    connection = SqliteConnection(":memory:")
    store = SqlStore(connection)
    assert store.create()
    assert not store.create()
    Newsroom(store)
    with store.transaction():
        store.set_meta("schema", "0")
    assert store.create()
    assert store.status().records == 0
    connection.close()
