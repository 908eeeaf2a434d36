"""Small jobs that Wagtail has done on each save: its index of words, its index of references.

They run at once, in the transaction that saved, so that what was saved is found. One publication saves its story four
times, though, and the jobs are the same each time: within `once()` each is done once, at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import TaskResult

_Gathered = dict[tuple[str, str], tuple["JobsAtOnce", TaskResult[Any]]]
"""By what is to be done, and to what."""

_gathered: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


class JobsAtOnce(ImmediateBackend):
    """The backend of `django-tasks` that runs a job where it is handed over, or at the end of `once()`."""

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        gathered = _gathered.get()
        if gathered is None or task_result.kwargs:
            super()._execute_task(task_result)
            return
        key = (task_result.task.module_path, json.dumps(task_result.args))
        # The latest place: a job may need what was saved since it was first asked for.
        gathered.pop(key, None)
        gathered[key] = (self, task_result)

    def run(self, task_result: TaskResult[Any]) -> None:
        """Do now what was gathered."""
        super()._execute_task(task_result)


@contextmanager
def once() -> Iterator[None]:
    """Do each job that is handed over in this block once, at its end; inside the transaction that saves.

    If the block fails nothing is done: what it saved is rolled back with it.
    """
    if _gathered.get() is not None:
        yield
        return
    gathered: _Gathered = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    for backend, task_result in gathered.values():
        backend.run(task_result)
