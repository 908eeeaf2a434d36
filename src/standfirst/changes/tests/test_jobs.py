"""Small jobs of a save are done once in a publication, not four times."""

from __future__ import annotations

import pytest
from django.db import transaction
from django_tasks import task

from standfirst.changes import jobs
from standfirst.changes.models import Tick

done: list[str] = []


@task()
def note(what: str) -> None:
    done.append(what)


@task()
def count_ticks(name: str, parts: list[str]) -> None:
    done.append(f"{name} {Tick.objects.filter(name=name).count()}")


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


def test_a_job_is_done_where_it_is_handed_over():
    note.enqueue("a")
    note.enqueue("a")
    assert done == ["a", "a"]


def test_in_one_block_each_is_done_once_in_the_order_of_the_last_asking():
    with jobs.once():
        note.enqueue("a")
        note.enqueue("b")
        with jobs.once():
            note.enqueue("a")
        assert done == []
    assert done == ["b", "a"]
    note.enqueue("c")
    assert done == ["b", "a", "c"]


def test_a_block_that_fails_does_nothing_and_harms_no_later_one():
    with pytest.raises(ValueError, match="no"), jobs.once():
        note.enqueue("a")
        raise ValueError("no")
    assert done == []
    with jobs.once():
        note.enqueue("b")
    assert done == ["b"]


@pytest.mark.django_db
def test_what_was_saved_in_the_block_is_there_for_the_job():
    from standfirst.changes import actions as changes
    from standfirst.kit import clock

    with transaction.atomic(), jobs.once():
        count_ticks.enqueue("bench", ["any", "arguments"])
        changes.set_tick(name="bench", ref="1", due=clock.now())
    assert done == ["bench 1"]
