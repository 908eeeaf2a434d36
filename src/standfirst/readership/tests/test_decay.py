"""What reads are worth later."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.readership import decay

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

moments = st.datetimes(datetime(2025, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
reads = st.integers(1, 1_000_000)


def test_a_read_is_worth_half_after_two_hours() -> None:
    level = decay.level(8, NOON)
    for hours, worth in ((0, 8), (2, 4), (4, 2), (10, 0.25)):
        assert decay.score(level, NOON + timedelta(hours=hours)) == pytest.approx(worth, rel=1e-9)


@given(st.lists(st.tuples(reads, moments), min_size=1, max_size=12))
def test_adding_is_exact_in_any_order(entries: list[tuple[int, datetime]]) -> None:
    last = max(at for _, at in entries)
    exact = math.fsum(count * 0.5 ** ((last - at).total_seconds() / decay.HALF_LIFE) for count, at in entries)
    for order in (entries, entries[::-1], sorted(entries)):
        levels = [decay.level(count, at) for count, at in order]
        total = levels[0]
        for level in levels[1:]:
            total = decay.add(total, level)
        assert decay.score(total, last) == pytest.approx(exact, rel=1e-8)


@given(reads, moments, reads, moments, moments)
def test_levels_stand_in_the_order_of_scores_at_every_moment(
    one: int, at: datetime, other: int, then: datetime, now: datetime
) -> None:
    first, second = decay.level(one, at), decay.level(other, then)
    if decay.score(first, now) > decay.score(second, now):
        assert first > second


def test_a_clock_that_was_wrong_by_decades_breaks_nothing() -> None:
    ahead = decay.level(3, datetime(2095, 1, 1, tzinfo=UTC))
    behind = decay.level(3, datetime(1970, 1, 1, tzinfo=UTC))
    assert decay.score(ahead, NOON) > decay.MOST
    assert decay.score(behind, NOON) < decay.GONE
    assert decay.add(ahead, behind) == ahead
