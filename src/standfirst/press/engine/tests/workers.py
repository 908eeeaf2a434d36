"""Several workers on one ledger, each in a thread and on a connection of its own, while a desk goes on editing."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from standfirst.edition.snapshots import Author, Epoch, Lead, Notice, Picture, Section, Site, Story
from standfirst.press.engine import Engine, Lane, MemoryOutlet, Store
from standfirst.press.engine.engine import Outcome
from standfirst.press.engine.ledger import Job
from standfirst.press.engine.proof import Looked, Share
from standfirst.press.engine.tests.newsroom import Key, Records, make_book, printed


class Hand:
    """A crew of one beside the press, on a session of its own in the same thread; or without the press."""

    def __init__(self, engine: Engine, *, alone: bool = False) -> None:
        self.engine = engine
        self.alone = alone
        self.printed = 0

    def ready(self) -> bool:
        return True

    def work(
        self,
        jobs: Sequence[Job],
        myself: Callable[[Sequence[Job]], Outcome],
        heed: Callable[[Sequence[Job], Outcome], object],
    ) -> None:
        self.printed += len(jobs)
        half = len(jobs) if self.alone else len(jobs) // 2
        for share, who in ((jobs[half:], myself), (jobs[:half], self.engine.lend_a_hand)):
            heed(share, who(share))

    def look(self, shares: Iterable[Share], myself: Callable[[Share], Looked]) -> Iterator[Looked]:
        for number, share in enumerate(shares):
            yield myself(share) if number % 2 and not self.alone else self.engine.look_over(share)


class Rehearsal:
    """Two or more workers, and a desk that makes `changes` changes. `open_store` gives each thread its own session."""

    def __init__(
        self,
        open_store: Callable[[], AbstractContextManager[Store]],
        *,
        workers: int,
        changes: int,
        crewed: bool = False,
    ) -> None:
        self.open_store = open_store
        self.crewed = crewed
        self.workers = workers
        self.changes = changes
        self.records: Records = {}
        self.rows: dict[int, tuple[Key, Lane]] = {}
        self.outlet = MemoryOutlet()
        self.errors: list[BaseException] = []
        self._desk = Lock()
        self._numbers = itertools.count(1)
        self._done = Event()

    def run(self) -> None:
        """Work until all changes are closed; raise what a worker raised; check the first law."""
        threads = [Thread(target=self._work, args=(seed,), daemon=True) for seed in range(self.workers)]
        for thread in threads:
            thread.start()
        self._edit()
        self._done.set()
        for thread in threads:
            thread.join(60)
        if self.errors:
            raise self.errors[0]
        assert not any(thread.is_alive() for thread in threads)
        assert self.rows == {}
        assert self.outlet.pages == printed(self.records)
        with self.open_store() as store:
            engine = self._engine(store)
            assert not any(engine.status().backlog.values())
            assert engine.proof(self.records_get, list(self.records)).ok

    def records_get(self, kind: str, id: str) -> Any:
        return self.records.get((kind, id))

    def _engine(self, store: Store) -> Engine:
        return Engine(make_book(), store, self.outlet, clock=lambda: 0)

    def _work(self, seed: int) -> None:
        chance = random.Random(seed)
        try:
            with self.open_store() as store, self.open_store() as other:
                engine = self._engine(store)
                if self.crewed:
                    engine.crew = Hand(self._engine(other))
                while not self._done.is_set() or self.rows:
                    with self._desk:
                        rows = list(self.rows.items())
                    chance.shuffle(rows)
                    for number, (key, lane) in rows[:3]:
                        engine.look(number, lane, [key], self.records_get)
                    engine.bake(interrupted=lambda lane: chance.random() < 0.1, allow_mass_removal=True)
                    finished = [change.change for change in engine.finished()]
                    with self._desk:
                        for number in finished:
                            self.rows.pop(number, None)
                    engine.settle(finished)
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self.errors.append(error)
            self._done.set()

    def _put(self, kind: str, id: int | str, record: Any, lane: Lane) -> None:
        with self._desk:
            if record is None:
                self.records.pop((kind, str(id)), None)
            else:
                self.records[kind, str(id)] = record
            # Never a number again: a worker may still hold the row that had it before.
            self.rows[next(self._numbers)] = ((kind, str(id)), lane)

    def _edit(self) -> None:
        chance = random.Random(7)
        self._put("site", 1, Site(name="The Courier"), Lane.PUBLISH)
        self._put("epoch", "pages", Epoch(id="pages", digest="one"), Lane.PUBLISH)
        self._put("section", 1, Section(id=1, path="/", name="Home"), Lane.PUBLISH)
        self._put("section", 2, Section(id=2, path="/world/", name="World", parent=1, trail=(1,)), Lane.PUBLISH)
        for turn in range(self.changes):
            if self.errors:
                return
            id = chance.randint(1, 8)
            story = Story(
                id=id,
                path=f"/world/{id}/",
                headline=f"Turn {turn}",
                section=2,
                sections=(1, 2),
                day="2026-11-22",
                published=f"2026-11-22T{id:02}:00:00Z",
                authors=(1,) if turn % 2 else (),
                lead=Lead(picture=1) if turn % 3 == 0 else None,
            )
            match chance.randint(0, 9):
                case 0:
                    notice = Notice(reason="killed", wording=str(turn))
                    taken = msgspec.structs.replace(story, notice=notice, sections=(), authors=(), lead=None)
                    self._put("story", id, taken, Lane.KILL)
                case 1:
                    self._put("story", id, None, Lane.PUBLISH)
                case 2:
                    self._put("author", 1, Author(id=1, path="/authors/1/", name=f"Ada {turn}"), Lane.MAINTENANCE)
                case 3:
                    self._put("picture", 1, Picture(id=1, seal=f"{turn % 2}", width=6, height=4), Lane.PUBLISH)
                case 4:
                    self._put("site", 1, Site(name=f"The Courier {turn}"), Lane.MAINTENANCE)
                case _:
                    self._put("story", id, story, Lane.PUBLISH)
            if turn % 8 == 0:
                self._done.wait(0.01)
