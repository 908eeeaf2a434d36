"""Random histories of a small newsroom, and what must hold whenever its press is at rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from zlib import crc32

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from standfirst.edition.snapshots import (
    Author,
    Breaking,
    Epoch,
    Hot,
    Lead,
    Notice,
    Picture,
    Ranking,
    Related,
    Section,
    Site,
    Slots,
    Story,
    Topic,
    Window,
)
from standfirst.kit.errors import Problem
from standfirst.pages.output import Output, PageRef, Press
from standfirst.press.engine import Book, Engine, Lane, MemoryOutlet, MemoryStore, Store
from standfirst.press.engine.engine import RETRY_MS
from standfirst.press.engine.outlet import Stuck, digest
from standfirst.press.engine.tests.newsroom import RENDERERS, Key, Records, dangling, make_book, printed

STORIES = st.integers(1, 7)
SECTIONS = st.integers(1, 3)
AUTHORS = st.integers(1, 2)
PICTURES = st.integers(1, 2)
TOPICS = st.integers(1, 2)
WORDS = st.sampled_from(["flood", "vote", "rain"])
LANES = st.sampled_from(list(Lane))
DAYS = ("2026-11-21", "2026-11-22")


class Crash(BaseException):
    """The process ends here, without a goodbye."""


class Faults:
    """Called at every step of an engine: ends it, or lets another worker in, after so many steps."""

    def __init__(self) -> None:
        self.steps = -1
        self.visitor: Callable[[], None] | None = None

    def __call__(self, name: str) -> None:
        if self.visitor and not name.startswith("bake:"):
            return
        if self.visitor and name in ("bake:recorded", "bake:done"):
            return
        self.steps -= 1
        if self.steps == 0:
            if self.visitor is None:
                raise Crash(name)
            visitor, self.visitor = self.visitor, None
            visitor()


class FaultyOutlet(MemoryOutlet):
    """An outlet that refuses some pages, or from one page on all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[int] = set()
        """Which tenths of all paths it refuses."""
        self.room = -1
        """How many more it takes; -1: all."""

    def put(self, path: str, output: Output) -> None:
        self._refuse(path)
        if self.room == 0:
            raise Problem("There is no room.")
        self.room -= 1
        super().put(path, output)

    def remove(self, path: str) -> None:
        self._refuse(path)
        super().remove(path)

    def read(self, path: str) -> Output | None:
        self._refuse(path)
        return super().read(path)

    def _refuse(self, path: str) -> None:
        if crc32(path.encode()) % 10 in self.refused:
            raise Stuck(f"{path} cannot be reached.")

    def mend(self) -> None:
        self.refused, self.room = set(), -1


class Watch:
    """Wraps page functions to notice a page that is printed although nothing differs from when it last was."""

    def __init__(self, outlet: MemoryOutlet) -> None:
        self.outlet = outlet
        self.traces: dict[str, Mapping[str, int]] = {}
        self.vain: list[str] = []

    def renderers(self) -> Mapping[str, Callable[[Any, PageRef, Press], Output | None]]:
        return {kind: self._watched(function) for kind, function in RENDERERS.items()}

    def _watched(self, function: Callable[[Any, PageRef, Press], Output | None]) -> Any:
        def watched(reads: Any, ref: PageRef, press: Press) -> Output | None:
            output = function(reads, ref, press)
            trace = reads._reading.trace
            # A page that nothing claimed in between was taken away without a call.
            before = self.traces.get(ref.path) if ref.path in self.outlet.pages else None
            if before is not None and before is not trace and before == trace:
                self.vain.append(ref.path)
            # What takes something from readers may be put off and printed again.
            if output is not None and output.status == 200:
                self.traces[ref.path] = trace
            else:
                self.traces.pop(ref.path, None)
            return output

        return watched

    def excuse(self) -> None:
        """After a crash, or where pages are forced, pages may be printed again."""
        self.traces.clear()


class Histories(RuleBasedStateMachine):
    """What people do in a newsroom, in any order, with a press that works in between, and sometimes dies."""

    engine_class: type[Engine] = Engine
    several_workers = True

    def make_store(self) -> Store:
        return MemoryStore()

    def another_session(self) -> Store:
        assert isinstance(self.store, MemoryStore)
        return MemoryStore(self.store)

    def __init__(self) -> None:
        super().__init__()
        self.records: Records = {}
        self.former: Records = {}
        """What each record was before its last change, None for absent."""
        self.rows: dict[int, tuple[Key, Lane]] = {}
        """Open change rows."""
        self.written = 0
        self.outlet = FaultyOutlet()
        self.faults = Faults()
        self.watch = Watch(self.outlet)
        self.store = self.make_store()
        self.engine = self.start(self.store, self.faults)
        self.clock = 0

    def book(self) -> Book:
        return make_book(renderers=self.watch.renderers())

    def start(self, store: Store, fault: Callable[[str], None] = lambda name: None) -> Engine:
        return self.engine_class(self.book(), store, self.outlet, clock=self.tick, timer=self.tick, fault=fault)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def compose(self, kind: str, id: str) -> Any:
        return self.records.get((kind, id))

    # --- what people do

    def put(self, kind: str, record: Any, lane: Lane = Lane.PUBLISH) -> None:
        self.former[kind, str(record.id)] = self.records.get((kind, str(record.id)))
        self.records[kind, str(record.id)] = record
        self.changed(kind, record.id, lane)

    def drop(self, kind: str, id: int | str, lane: Lane = Lane.PUBLISH) -> None:
        if record := self.records.pop((kind, str(id)), None):
            self.former[kind, str(id)] = record
            self.changed(kind, id, lane)

    def changed(self, kind: str, id: int | str, lane: Lane) -> None:
        self.written += 1
        self.rows[self.written] = ((kind, str(id)), lane)

    def story(self, id: int) -> Story | None:
        return self.records.get(("story", str(id)))

    @initialize()
    def begin(self) -> None:
        self.put("site", Site(name="The Courier"))
        self.put("epoch", Epoch(id="pages", digest="one", assets=(("site.css", "/assets/one.css"),)))
        self.put("section", Section(id=1, path="/", name="Home"))
        self.put("section", Section(id=2, path="/world/", name="World", parent=1, trail=(1,), position="a"))

    @rule(
        id=STORIES,
        headline=WORDS,
        section=SECTIONS,
        further=st.sets(SECTIONS, max_size=2),
        authors=st.lists(AUTHORS, unique=True, max_size=2),
        picture=st.none() | PICTURES,
        day=st.sampled_from(DAYS),
        topics=st.sets(TOPICS, max_size=2),
        other=st.none() | STORIES,
    )
    def publish(
        self,
        id: int,
        headline: str,
        section: int,
        further: set[int],
        authors: list[int],
        picture: int | None,
        day: str,
        topics: set[int],
        other: int | None,
    ) -> None:
        before = self.story(id)
        story = Story(
            id=id,
            path=before.path if before else f"/world/{day}/{id}/",
            former=before.former if before else (),
            headline=headline,
            section=section,
            sections=tuple(sorted({section, 1, *further})),
            authors=tuple(authors),
            lead=Lead(picture=picture) if picture else None,
            published=before.published if before else f"{day}T{(id * 5) % 24:02}:00:00Z",
            day=before.day if before else day,
            sheet=f"2026-11-{id // 3}",
            topics=tuple(sorted(topics)),
            translations=(other,) if other and other != id else (),
            onward="none" if id == 7 else "full",
        )
        self.put("story", story)

    @rule(id=STORIES, word=WORDS)
    def edit_headline(self, id: int, word: str) -> None:
        if story := self.story(id):
            self.put("story", msgspec.structs.replace(story, headline=word))

    @rule(id=STORIES, word=WORDS)
    def edit_standfirst(self, id: int, word: str) -> None:
        if story := self.story(id):
            self.put("story", msgspec.structs.replace(story, standfirst=word))

    @rule(id=STORIES, slot=st.integers(0, 2))
    def move(self, id: int, slot: int) -> None:
        story = self.story(id)
        path = f"/moved/{slot}/{id}/"
        if story and path != story.path:
            former = tuple(sorted({*story.former, story.path} - {path}))
            self.put("story", msgspec.structs.replace(story, path=path, former=former), Lane.PUBLISH)

    @rule(id=STORIES, lane=LANES, wording=WORDS)
    def take_down(self, id: int, lane: Lane, wording: str) -> None:
        if story := self.story(id):
            notice = Notice(reason="killed" if lane is Lane.KILL else "unpublished", wording=wording)
            taken = Story(id=id, path=story.path, former=story.former, notice=notice, day=story.day)
            self.put("story", msgspec.structs.replace(taken, published=story.published), lane)

    @rule(id=STORIES)
    def restore(self, id: int) -> None:
        story = self.story(id)
        if story and story.notice:
            self.put("story", msgspec.structs.replace(story, notice=None, headline="back", section=2, sections=(1, 2)))

    @rule(id=STORIES, lane=LANES)
    def forget_story(self, id: int, lane: Lane) -> None:
        self.drop("story", id, lane)

    @rule(id=st.integers(2, 3), path=st.sampled_from(["/world/", "/sport/", "/local/"]), name=WORDS, lane=LANES)
    def section(self, id: int, path: str, name: str, lane: Lane) -> None:
        parent = 1 if id == 2 else 2
        trail = (1,) if id == 2 else (1, 2)
        made = Section(id=id, path=path, name=name, parent=parent, trail=trail, position=str(id))
        self.put("section", made, lane)

    @rule(lane=LANES)
    def close_section(self, lane: Lane) -> None:
        self.drop("section", 3, lane)

    @rule(id=AUTHORS, name=WORDS, picture=st.none() | PICTURES, lane=LANES)
    def author(self, id: int, name: str, picture: int | None, lane: Lane) -> None:
        self.put("author", Author(id=id, path=f"/authors/{id}/", name=name, picture=picture), lane)

    @rule(id=AUTHORS)
    def author_leaves(self, id: int) -> None:
        self.drop("author", id)

    @rule(id=TOPICS, name=WORDS, slug=st.integers(0, 1), lane=LANES)
    def topic(self, id: int, name: str, slug: int, lane: Lane) -> None:
        self.put("topic", Topic(id=id, path=f"/topics/{id}-{slug}/", name=name), lane)

    @rule(id=TOPICS)
    def topic_goes(self, id: int) -> None:
        self.drop("topic", id)

    @rule(hour=st.integers(0, 23), day=st.sampled_from(DAYS))
    def news_passes(self, hour: int, day: str) -> None:
        self.put("window", Window(id="news", since=f"{day}T{hour:02}:00:00Z"))

    @rule(id=PICTURES, seal=st.sampled_from("ab"), alt=WORDS, usable=st.booleans(), lane=LANES)
    def picture(self, id: int, seal: str, alt: str, usable: bool, lane: Lane) -> None:
        self.put("picture", Picture(id=id, seal=seal, width=6, height=4, alt=alt, usable=usable), lane)

    @rule(section=SECTIONS, chosen=st.lists(STORIES, unique=True, max_size=2))
    def choose(self, section: int, chosen: list[int]) -> None:
        if chosen:
            self.put("slots", Slots(id=section, stories=tuple(enumerate(chosen, start=1))))
        else:
            self.drop("slots", section)

    @rule(marked=st.lists(STORIES, unique=True, max_size=2))
    def break_news(self, marked: list[int]) -> None:
        if marked:
            self.put("breaking", Breaking(id="site", stories=tuple(marked)))
        else:
            self.drop("breaking", "site")

    @rule(id=STORIES, stories=st.lists(STORIES, unique=True, max_size=3), lane=LANES)
    def relate(self, id: int, stories: list[int], lane: Lane) -> None:
        self.put("related", Related(id=id, stories=tuple(other for other in stories if other != id)), lane)

    @rule(stories=st.lists(STORIES, unique=True, max_size=3))
    def rank(self, stories: list[int]) -> None:
        self.put("ranking", Ranking(id="top", stories=tuple(stories)), Lane.MAINTENANCE)

    @rule(id=STORIES)
    def heat(self, id: int) -> None:
        if story := self.story(id):
            if ("hot", story.path) in self.records:
                self.drop("hot", story.path, Lane.MAINTENANCE)
            else:
                self.put("hot", Hot(id=story.path), Lane.MAINTENANCE)

    @rule(digest=st.sampled_from(["one", "two"]), style=st.sampled_from(["one", "two"]))
    def new_templates(self, digest: str, style: str) -> None:
        assets = (("site.css", f"/assets/{style}.css"),)
        self.put("epoch", Epoch(id="pages", digest=digest, assets=assets), Lane.MAINTENANCE)

    @rule(name=st.sampled_from(["The Courier", "The Echo"]))
    def rename_the_paper(self, name: str) -> None:
        self.put("site", Site(name=name), Lane.MAINTENANCE)

    @rule(data=st.data(), lane=LANES)
    def change_back(self, data: st.DataObject, lane: Lane) -> None:
        kind, id = data.draw(st.sampled_from(sorted(self.former)))
        if (record := self.former[kind, id]) is None:
            self.drop(kind, id, lane)
        else:
            self.put(kind, record, lane)

    @rule(id=STORIES, word=WORDS, steps=st.integers(1, 40))
    def change_die_and_change_back(self, id: int, word: str, steps: int) -> None:
        """What was with the readers when the press died is not what it was to be in the end."""
        self.rest()
        if story := self.story(id):
            self.put("story", msgspec.structs.replace(story, headline=word))
            self.work_and_die(steps, 2)
            self.put("story", story)

    @rule(id=STORIES, word=WORDS)
    def write_past_the_doors(self, id: int, word: str) -> None:
        """No change row: the sweep has to find it."""
        if story := self.story(id):
            self.records["story", str(id)] = msgspec.structs.replace(story, headline=word)

    # --- what the press does

    def look(self, engine: Engine, rows: int) -> None:
        for number, (key, lane) in sorted(self.rows.items(), key=lambda row: (row[1][1], row[0]))[:rows]:
            engine.look(number, lane, [key], self.compose, since=0)

    @rule(size=st.integers(1, 3), lane=LANES, steps=st.integers(-1, 15))
    def look_in_slices(self, size: int, lane: Lane, steps: int) -> None:
        """A change of many records, looked at a few at a time, with other work in between."""
        self.written += 1
        self.rows[self.written] = (("site", "1"), lane)
        number, keys = self.written, sorted(self.records)
        self.faults.steps = steps
        try:
            for start in range(0, len(keys), size):
                self.engine.look(number, lane, keys[start : start + size], self.compose, more=True)
                assert number not in {change.change for change in self.engine.finished()}
                self.engine.bake(upto=Lane.KILL)
            self.engine.look(number, lane, [], self.compose)
        except Crash:
            self.watch.excuse()
            self.engine = self.start(self.store, self.faults)
        self.faults.steps = -1

    def finish(self, engine: Engine) -> None:
        finished = engine.finished()
        for change in finished:
            # The row may be closed already, if the press died before it could settle.
            self.rows.pop(change.change, None)
            counted = change.written + change.unchanged + change.removed + change.failed
            assert len(change.surfaces) <= counted
            assert not change.failed
        engine.settle([change.change for change in finished])

    @rule(rows=st.integers(0, 4), lane=LANES, pages=st.integers(0, 12))
    def work(self, rows: int, lane: Lane, pages: int) -> None:
        """The press does a little, and is interrupted."""
        self.look(self.engine, rows)
        backlog = self.engine.status().backlog
        assert self.engine.due(lane, 3) <= min(3, backlog.get(lane, 0))
        left = iter(range(pages))
        self.engine.bake(upto=lane, interrupted=lambda lane: next(left, None) is None, allow_mass_removal=True)
        self.finish(self.engine)

    @rule(steps=st.integers(1, 40), rows=st.integers(1, 5))
    def work_and_die(self, steps: int, rows: int) -> None:
        self.faults.steps = steps
        try:
            self.look(self.engine, rows)
            self.engine.bake(allow_mass_removal=True)
            self.finish(self.engine)
        except Crash:
            self.watch.excuse()
            self.engine = self.start(self.store, self.faults)
        self.faults.steps = -1

    @rule(steps=st.integers(1, 25), rows=st.integers(0, 4), others=st.integers(1, 4), visitor_dies=st.integers(0, 30))
    def work_beside_another(self, steps: int, rows: int, others: int, visitor_dies: int) -> None:
        """A second worker looks and bakes while the first is between two steps of a bake."""
        if not self.several_workers:
            return
        faults = Faults()
        faults.steps = visitor_dies or -1
        other = self.start(self.another_session(), faults)

        def visit() -> None:
            try:
                self.look(other, others + rows)
                other.bake(allow_mass_removal=True)
                self.finish(other)
            except Crash:
                self.watch.excuse()

        self.look(self.engine, rows)
        self.faults.steps, self.faults.visitor = steps, visit
        self.engine.bake(allow_mass_removal=True)
        self.faults.steps, self.faults.visitor = -1, None
        self.finish(self.engine)
        self.watch.excuse()

    @rule(
        rows=st.integers(0, 5),
        refused=st.sets(st.integers(0, 9), max_size=4),
        room=st.integers(-1, 6),
        bakes=st.integers(1, 3),
    )
    def work_on_a_faulty_disk(self, rows: int, refused: set[int], room: int, bakes: int) -> None:
        """Some pages cannot be delivered, taken away or read, or from one page on none can be delivered."""
        self.look(self.engine, rows)
        self.outlet.refused, self.outlet.room = refused, room
        vain = self.watch.vain.copy()
        for _ in range(bakes):
            with suppress(Problem):
                self.engine.bake(allow_mass_removal=True)
            self.watch.excuse()
        # What could not be delivered is printed again, and what would lead to it twice.
        self.watch.vain = vain
        self.finish(self.engine)
        self.outlet.mend()

    @rule()
    def print_everything(self) -> None:
        self.engine.bake_all()
        self.watch.excuse()

    @rule()
    def declare_otherwise(self) -> None:
        """The program is replaced by a newer one."""
        self.engine.restate()

    @rule()
    def rebuild_the_ledger(self) -> None:
        """The ledger is lost. What only it knew to be over stays with the readers until somebody says so."""
        self.engine.rebuild(list(self.records), self.compose)
        expected = printed(self.records)
        for path in list(self.outlet.pages):
            if path not in expected:
                self.outlet.remove(path)
        self.watch.excuse()

    @rule()
    def rest(self) -> None:
        """Everything is done: what must hold then."""
        self.clock += RETRY_MS
        self.look(self.engine, len(self.rows))
        self.engine.sweep(list(self.records), self.compose)
        self.engine.bake(allow_mass_removal=True)
        self.finish(self.engine)
        self.hold_the_laws()

    def hold_the_laws(self) -> None:
        assert not self.rows
        assert not any(self.engine.status().backlog.values())
        expected = printed(self.records)
        served = self.outlet.pages
        assert served.keys() == expected.keys(), set(served) ^ set(expected)
        differing = [path for path in served if digest(served[path]) != digest(expected[path])]
        assert not differing, differing
        assert dangling(expected) == {}
        assert self.watch.vain == []
        traces = self.watch.traces.copy()
        proof = self.engine.proof(self.compose, list(self.records))
        self.watch.traces, self.watch.vain = traces, []
        assert proof.ok, proof
        assert proof.pages == len(expected)
        assert not proof.waiting
        assert not proof.older

    def teardown(self) -> None:
        self.rest()
        before = self.outlet.pages.copy()
        assert self.engine.bake().pages == 0
        assert self.outlet.pages == before
