"""The crew: what it leaves behind when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from standfirst.kit.errors import Problem
from standfirst.press import crew
from standfirst.press.engine.engine import Done
from standfirst.press.engine.ledger import Job
from standfirst.press.engine.proof import Looked, Share


def test_when_one_of_a_crew_fails_nobody_prints_any_more_by_the_time_the_press_lets_go_of_its_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed, ended, both = threading.Event(), threading.Event(), threading.Event()
    begun: list[str] = []

    def prints(jobs: Sequence[Job]) -> list[Done]:
        begun.append(jobs[0].path)
        if jobs[0].path == "/0/":
            both.wait(5)
            failed.set()
            raise Problem("The output folder belongs to another newsroom.")
        both.set()
        failed.wait(5)
        ended.wait(0.3)  # it writes a page, while the first share's end is already known
        ended.set()
        return []

    def myself(jobs: Sequence[Job]) -> list[None]:
        both.wait(5)
        return [None]

    # Threads stand in for processes, which would have to start Django to say the same.
    monkeypatch.setattr(crew, "ProcessPoolExecutor", _threads)
    monkeypatch.setattr(crew, "_work", prints)
    two = crew.Crew(3, lambda: None)
    with pytest.raises(Problem, match="another newsroom"):
        two.work(_jobs(60), myself, lambda jobs, outcome: None)
    assert ended.is_set(), "one was still at it"
    before = list(begun)
    two.close()
    assert begun == before, "shares that nobody had begun were begun after that"


def test_the_press_does_what_nobody_has_begun_and_leaves_the_rest_once_it_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go = threading.Event(), threading.Event()

    def prints(jobs: Sequence[Job]) -> list[Done]:
        begun.set()
        go.wait(5)
        return [_done("crew")] * len(jobs)

    taken: list[str] = []

    def myself(jobs: Sequence[Job]) -> list[Any]:
        begun.wait(5)
        taken.append(jobs[0].path)
        if len(taken) == 2:
            go.set()
            return [_done("press"), *[None] * (len(jobs) - 1)]
        return [_done("press")] * len(jobs)

    monkeypatch.setattr(crew, "ProcessPoolExecutor", _threads)
    monkeypatch.setattr(crew, "_work", prints)
    two = crew.Crew(2, lambda: None)
    told: dict[str, str | None] = {}
    two.work(
        _jobs(32),
        myself,
        lambda jobs, outcome: told.update(
            (job.path, done.kind if isinstance(done, Done) else None) for job, done in zip(jobs, outcome, strict=True)
        ),
    )
    two.close()
    # Shares of so few pages have four. The other has the first; from the end, the press does one and a page of another.
    assert [told[job.path] for job in _jobs(32)] == [
        *["crew"] * 4, *[None] * 20, "press", *[None] * 3, *["press"] * 4,
    ]  # fmt: skip


@pytest.mark.parametrize("number", [2, 3, 16])
@pytest.mark.parametrize("pages", [1, 5, 40, 200, 1_000])
def test_shares_are_all_of_a_batch_in_its_order_and_smallest_where_those_who_print_meet(pages: int, number: int):
    jobs = _jobs(pages)
    shares = crew._shares(jobs, number)
    assert [job for share in shares for job in share] == jobs
    sizes = [len(share) for share in shares]
    assert 0 < min(sizes) <= crew.LEAST and max(sizes) <= max(crew.LEAST, crew.MOST // number)
    meeting = sizes.index(min(sizes))
    assert sizes[:meeting] == sorted(sizes[:meeting], reverse=True) and sizes[meeting:] == sorted(sizes[meeting:])


def test_every_share_of_a_proof_is_looked_at_once_and_that_of_whoever_dies_by_the_press(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other(share: Share) -> Looked:
        if share[0][0] == "/0/":
            raise BrokenProcessPool
        return Looked(failed={share[0][0]: "crew"})

    def myself(share: Share) -> Looked:
        time.sleep(0.002)
        return Looked(failed={share[0][0]: "press"})

    monkeypatch.setattr(crew, "ProcessPoolExecutor", _threads)
    monkeypatch.setattr(crew, "_look", other)
    two = crew.Crew(2, lambda: None)
    looked = [each.failed for each in two.look(([(f"/{number}/", [])] for number in range(40)), myself)]
    two.close()
    by = {path: who for each in looked for path, who in each.items()}
    assert len(looked) == len(by) == 40
    assert by["/0/"] == "press"
    assert by["/1/"] == "crew", "it had been asked for that before the other died"
    assert set(by.values()) == {"crew", "press"}


def _jobs(number: int) -> list[Job]:
    return [Job(each, f"/{each}/", 1, 200, 0, 0, {}) for each in range(number)]


def _done(by: str) -> Done:
    return Done(by, "written", 200, 0, 0, {}, "", 0)


def _threads(number: int, **_: Any) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number)
