"""The crew: what it leaves behind when something goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from standfirst.kit.errors import Problem
from standfirst.press import crew
from standfirst.press.engine.engine import Done
from standfirst.press.engine.ledger import Job


def test_when_one_of_a_crew_fails_nobody_prints_any_more_by_the_time_the_press_lets_go_of_its_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed, ended = threading.Event(), threading.Event()
    begun: list[str] = []

    def prints(jobs: Sequence[Job]) -> list[Done]:
        begun.append(jobs[0].path)
        if jobs[0].path == "/0/":
            failed.set()
            raise Problem("The output folder belongs to another newsroom.")
        failed.wait(5)
        ended.wait(0.3)  # it writes a page, while the first share's end is already known
        ended.set()
        return []

    # Threads stand in for processes, which would have to start Django to say the same.
    monkeypatch.setattr(crew, "ProcessPoolExecutor", _threads)
    monkeypatch.setattr(crew, "_work", prints)
    two = crew.Crew(2, lambda: None)
    with pytest.raises(Problem, match="another newsroom"):
        list(two.work([Job(number, f"/{number}/", 1, 200, 0, 0, {}) for number in range(60)]))
    assert ended.is_set(), "one was still at it"
    before = list(begun)
    two.close()
    assert begun == before, "shares that nobody had begun were begun after that"


def _threads(number: int, **_: Any) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number)
