"""A crew: processes that print beside the press while there is much to do, e.g. everything.

The press claims pages and commits what they read, as ever; in between each of the crew prints and delivers shares of
them, by an engine of its own on the same ledger and output folder, and so does the press. Nothing of it needs to be
remembered: if the press dies the crew ends, and the pages are still due.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from standfirst.kit.errors import Problem
from standfirst.press.engine.engine import Engine, Key, Outcome
from standfirst.press.engine.ledger import Job
from standfirst.press.engine.proof import Looked, Share

if TYPE_CHECKING:
    from standfirst.press.wiring import Packed

log = logging.getLogger(__name__)

SHARES: Final = 8
"""One of so many parts of what is left of a batch is the next share of each that prints: shares become smaller, so that
nobody waits long for the last, and few of them are so small that handing them over counts."""

LEAST, MOST = 4, 50
"""Pages of the smallest share, and of the largest ones of all who print together: what is more urgent waits for those
that are begun."""

NICE: Final = 5
"""Readers, editors and the wire go first."""

GONE: Final = "One of the processes that print has died, perhaps for want of memory: the press goes on alone."

Part = TypeVar("Part")
Found = TypeVar("Found")
Composed = dict[Key, Any]

_engine: Engine | None = None
_press = 0


class CrewGone(Problem):
    """One of the crew died."""


class Crew:
    """`number` processes that print, of which the press is one: at least one more is started.

    `start` is called in each of those, and must be importable: it starts Django there.
    """

    def __init__(self, number: int, start: Callable[[], None]) -> None:
        self.number = max(2, number)
        self._gone = False
        context = multiprocessing.get_context("spawn")  # a fork would take the databases' handles along
        self._up: Any = context.Value("i", 0)
        self._pool = ProcessPoolExecutor(
            self.number - 1, mp_context=context, initializer=_begin, initargs=(start, os.getpid(), self._up)
        )
        self._asked: list[Future[None]] = []
        with suppress(BrokenProcessPool):
            # For each of these one starts, since nobody is there yet to do it.
            for _ in range(self.number - 1):
                self._asked.append(self._pool.submit(_is_up))

    def ready(self) -> bool:
        """False while they are starting, which takes seconds: the press goes on alone and waits for nobody.

        True also if one has died at that, as whoever asks them for something is told.
        """
        up: int = self._up.value
        return up >= self.number - 1 or any(each.done() and each.exception() is not None for each in self._asked)

    def work(
        self,
        jobs: Sequence[Job],
        myself: Callable[[Sequence[Job]], Outcome],
        heed: Callable[[Sequence[Job], Outcome], object],
    ) -> None:
        """Do the jobs, in shares of which each is told to `heed`. Nobody is at work any more when it ends, however it
        ends.

        Those that nobody has begun are done by `myself`, until it leaves one: then the rest are left too. What has been
        done is told at once: at the end, the others would have to wait for it.
        """
        parts = _shares(jobs, self.number)
        shares: list[Future[Outcome]] = []
        try:
            for part in parts:
                shares.append(self._pool.submit(_work, list(part)))  # one by one: those begun are waited for below
            begun = list(range(len(parts)))
            leave = False
            while begun:
                # From the end, since they begin at the front.
                if shares[begun[-1]].cancel():
                    part = parts[begun.pop()]
                    outcome = [None] * len(part) if leave else myself(part)
                    leave = leave or None in outcome
                    heed(part, outcome)
                elif not any(shares[number].done() for number in begun):
                    wait([shares[number] for number in begun], return_when=FIRST_COMPLETED)
                for number in [number for number in begun if shares[number].done()]:
                    begun.remove(number)
                    heed(parts[number], shares[number].result())
        except BrokenProcessPool as error:
            self._gone = True
            raise CrewGone(GONE) from error
        finally:
            # The press lets go of these pages now. Whoever still printed one would put an old copy over a newer one,
            # or over the notice of a kill.
            wait([share for share in shares if not share.cancel()])

    def look(self, shares: Iterable[Share], myself: Callable[[Share], Looked]) -> Iterator[Looked]:
        """What is found at the paths of each share, in any order."""
        return self._spread(_look, shares, myself)

    def compose(self, chunks: Iterable[list[Key]], myself: Callable[[list[Key]], Composed]) -> Iterator[Composed]:
        """The records of each chunk as they are now, in any order."""
        from standfirst.press import wiring

        for found in self._spread(_compose, chunks, myself):
            yield found if isinstance(found, dict) else wiring.unpacked(found)

    def _spread(
        self, task: Callable[[Part], Found], parts: Iterable[Part], myself: Callable[[Part], Found]
    ) -> Iterator[Found]:
        """What comes of each part, in any order, of work that only reads.

        What the others do not come to is done by `myself`, and so is what one had begun who died.
        """
        rest = iter(parts)
        asked: deque[tuple[Part, Future[Found]]] = deque()
        while True:
            # One part for each of the others to do, and one to go on with.
            while not self._gone and len(asked) < 2 * (self.number - 1) and (part := next(rest, None)) is not None:
                try:
                    asked.append((part, self._pool.submit(task, part)))
                except BrokenProcessPool:
                    self._lose()
                    yield myself(part)
            if asked and asked[0][1].done():
                yield self._answer(*asked.popleft(), myself)
            elif (part := next(rest, None)) is not None:
                yield myself(part)
            elif asked:
                yield self._answer(*asked.popleft(), myself)
            else:
                return

    def _answer(self, part: Part, asked: Future[Found], myself: Callable[[Part], Found]) -> Found:
        try:
            return asked.result()
        except BrokenProcessPool:
            self._lose()
            return myself(part)

    def _lose(self) -> None:
        if not self._gone:
            log.warning("%s", GONE)
        self._gone = True

    def close(self) -> None:
        """Send them home. Whoever is still starting has begun nothing, and is not waited for."""
        if not self.ready():
            for child in multiprocessing.active_children():
                child.kill()
        self._pool.shutdown(cancel_futures=True)
        if self._gone:
            # The pool forgets the others when one dies while work is cancelled; at its end this process would wait for
            # them for ever. It has no other children of this sort.
            for child in multiprocessing.active_children():
                child.kill()


def _shares(jobs: Sequence[Job], number: int) -> list[Sequence[Job]]:
    """Parts of `jobs`, in their order. `number` - 1 go on from the front and one from the end, so those in between, at
    which they meet, are the smallest."""
    front: list[Sequence[Job]] = []
    back: list[Sequence[Job]] = []
    start, end = 0, len(jobs)
    while start < end:
        size = max(LEAST, min(MOST // number, (end - start) // (number * SHARES // 2)))
        for _ in range(number - 1):
            if start < end:
                front.append(jobs[start : min(start + size, end)])
                start += size
        if start < end:
            back.append(jobs[max(start, end - size) : end])
            end -= size
    return [*front, *reversed(back)]


def _begin(start: Callable[[], None], press: int, up: Any) -> None:
    global _engine, _press
    _press = press
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the press says when it is over
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_watch, daemon=True).start()
    os.nice(NICE)
    start()
    from standfirst.press import wiring

    _engine = wiring.engine()
    with up.get_lock():
        up.value += 1


def _watch() -> None:
    """End with the press, however that ends."""
    while os.getppid() == _press:
        time.sleep(0.5)
    os._exit(1)


def _is_up() -> None:
    pass


def _work(jobs: list[Job]) -> Outcome:
    if _engine is None or os.getppid() != _press:
        os._exit(1)
    return _engine.lend_a_hand(jobs)


def _look(share: Share) -> Looked:
    if _engine is None or os.getppid() != _press:
        os._exit(1)
    return _engine.look_over(share)


def _compose(chunk: list[Key]) -> Composed | Packed:
    from standfirst.press import wiring

    if os.getppid() != _press:
        os._exit(1)
    return wiring.packed(wiring.compose_many(chunk))
