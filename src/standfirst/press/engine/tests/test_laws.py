"""The laws of the press over random histories."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from standfirst.press.engine import SqliteConnection, SqlStore, Store
from standfirst.press.engine.tests.histories import Histories

QUICK = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DEEP = settings(QUICK, max_examples=10_000)


class SqliteHistories(Histories):
    several_workers = False

    def make_store(self) -> Store:
        self.connection = SqliteConnection(":memory:")
        store = SqlStore(self.connection)
        store.create()
        return store

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.connection.close()


@pytest.mark.parametrize("histories", [Histories, SqliteHistories])
def test_the_laws_hold_after_any_history(histories: type[Histories]) -> None:
    run_state_machine_as_test(histories, settings=QUICK)


@pytest.mark.deep
@pytest.mark.parametrize("histories", [Histories, SqliteHistories])
def test_the_laws_hold_after_ten_thousand_histories(histories: type[Histories]) -> None:
    run_state_machine_as_test(histories, settings=DEEP)
