"""The laws of the press over random histories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from standfirst.kit.digests import ABSENT
from standfirst.press.engine import MemoryStore, SqliteConnection, SqlStore, Store
from standfirst.press.engine.book import Entry
from standfirst.press.engine.ledger import Claim, Mark, Result
from standfirst.press.engine.tests.histories import Crash, Histories
from tests.often import often

QUICK = settings(
    max_examples=often(50, 80),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DEEP = settings(QUICK, max_examples=500, database=None)


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


# In parts: Hypothesis remembers a run's examples, and 10,000 would take more than a gigabyte.
@pytest.mark.deep
@pytest.mark.parametrize("part", range(20))
@pytest.mark.parametrize("histories", [Histories, SqliteHistories])
def test_the_laws_hold_after_ten_thousand_histories(histories: type[Histories], part: int) -> None:
    run_state_machine_as_test(histories, settings=DEEP)


# --- the laws notice a broken ledger: each of these forgets one thing that a look or a commit must do ---------------


class ForgetsALimit(MemoryStore):
    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        super().mark_readers({key: digest for key, digest in touched.items() if not key.endswith(":4")}, mark, but)


class ForgetsWhetherAListHasMembers(MemoryStore):
    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        super().mark_readers({key: digest for key, digest in touched.items() if not key.startswith("any:")}, mark, but)


class ForgetsWhichKeysAListHas(MemoryStore):
    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        super().mark_readers({key: digest for key, digest in touched.items() if not key.startswith("keys:")}, mark, but)


class ForgetsToDelist(MemoryStore):
    def delist(self, entries: Iterable[Entry]) -> None:
        pass


class ForgetsOldClaims(MemoryStore):
    def unclaim(self, claims: Iterable[Claim]) -> None:
        pass


class ForgetsNewPages(MemoryStore):
    def mark_pages(self, pages: Iterable[int], mark: Mark) -> None:
        if mark.force:
            super().mark_pages(pages, mark)


class ForgetsWhatWasTouched(MemoryStore):
    def touch(self, seq: int, touched: Mapping[str, int]) -> None:
        pass


class ForgetsAbsentReads(MemoryStore):
    def note(self, results: Sequence[Result]) -> None:
        for result in results:
            result.trace = {key: digest for key, digest in result.trace.items() if digest != ABSENT}
        super().note(results)


class ForgetsWhatIsDueSince(MemoryStore):
    def commit(self, tide: int, results: Sequence[Result]) -> None:
        super().commit(tide + 100, results)


class MarksTooMuch(MemoryStore):
    def mark_readers(self, touched: Mapping[str, int], mark: Mark, but: Collection[int] = ()) -> None:
        super().mark_readers(dict.fromkeys(touched, 0), mark._replace(force=True), but)


BROKEN = [
    ForgetsALimit,
    ForgetsWhichKeysAListHas,
    ForgetsToDelist,
    ForgetsOldClaims,
    ForgetsNewPages,
    ForgetsWhatWasTouched,
    ForgetsAbsentReads,
    MarksTooMuch,
]
SELDOM = [ForgetsWhetherAListHasMembers, ForgetsWhatIsDueSince]
"""Only a rare history shows these."""


@pytest.mark.parametrize("broken", [*BROKEN, *(pytest.param(broken, marks=pytest.mark.deep) for broken in SELDOM)])
def test_the_laws_notice_a_ledger_that(broken: type[MemoryStore]) -> None:
    class Broken(Histories):
        def make_store(self) -> Store:
            return broken()

        def another_session(self) -> Store:
            assert isinstance(self.store, MemoryStore)
            return broken(self.store)

    search = settings(QUICK, max_examples=5_000, phases=[Phase.generate], derandomize=True, database=None)
    with pytest.raises((AssertionError, Crash, BaseExceptionGroup)):
        run_state_machine_as_test(Broken, settings=search)
