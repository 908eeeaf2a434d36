"""Rankings and hot sets that do not flap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from standfirst.readership.ordering import MARGIN, hottest, ranked

scores = st.dictionaries(
    st.integers(1, 30), st.one_of(st.floats(0.05, 1e9), st.sampled_from([1.0, 1.05, 1.1, 1.2, 1.3, 2.0])), max_size=20
)
standing = st.lists(st.integers(1, 30), unique=True, max_size=10)
places = st.integers(1, 10)


def test_a_challenger_needs_a_margin() -> None:
    assert ranked({1: 100, 2: 109}, [1, 2], 10) == [1, 2]
    assert ranked({1: 100, 2: 111}, [1, 2], 10) == [2, 1]
    assert ranked({1: 100, 9: 109}, [1], 10) == [1, 9]
    assert ranked({1: 100, 9: 111}, [1], 10) == [9, 1]


def test_of_newcomers_with_as_many_reads_the_newer_goes_first() -> None:
    assert ranked({3: 5, 9: 5, 4: 7}, [], 10) == [4, 9, 3]


def test_a_full_ranking_gives_its_weakest_place_to_one_that_is_clearly_stronger() -> None:
    assert ranked({1: 10, 2: 8, 3: 8.5, 7: 8.7}, [1, 2, 3], 3) == [1, 2, 3]
    assert ranked({1: 10, 2: 8, 3: 8.5, 7: 9.2}, [1, 2, 3], 3) == [1, 3, 7]


def test_a_story_that_is_gone_leaves() -> None:
    assert ranked({1: 10, 3: 9}, [1, 2, 3], 3) == [1, 3]


@given(scores, standing, places)
def test_with_steady_scores_a_ranking_stays_as_it_is(
    scores: dict[int, float], standing: list[int], places: int
) -> None:
    once = ranked(scores, standing, places)
    assert ranked(scores, once, places) == once


@given(scores, standing, places)
def test_nobody_is_overtaken_without_the_margin(scores: dict[int, float], standing: list[int], places: int) -> None:
    result = ranked(scores, standing, places)
    former = [story for story in standing if story in scores][:places]
    for place, story in enumerate(former):
        if story in result:
            above = result[: result.index(story)]
            overtakers = [other for other in above if other not in former[:place]]
        else:
            # Put out: at least one took the place, and had the margin.
            overtakers = [max((other for other in result if other not in former), key=lambda other: scores[other])]
        assert all(scores[other] > MARGIN * scores[story] for other in overtakers)


@given(scores, standing, places)
def test_a_ranking_is_full_names_nobody_twice_and_leaves_out_nobody_who_is_clearly_stronger(
    scores: dict[int, float], standing: list[int], places: int
) -> None:
    result = ranked(scores, standing, places)
    assert len(result) == len(set(result)) == min(places, len(scores))
    weakest = min((scores[story] for story in result), default=0.0)
    assert all(scores[story] <= MARGIN * weakest for story in scores.keys() - set(result))


@given(scores, standing, places)
def test_only_the_strongest_and_those_who_stand_matter(
    scores: dict[int, float], standing: list[int], places: int
) -> None:
    """So a tick may look at a few of the stories instead of all."""
    first = sorted(scores, key=lambda story: (-scores[story], -story))[: places + len(standing)]
    few = {story: scores[story] for story in {*first, *standing} if story in scores}
    assert ranked(few, standing, places) == ranked(scores, standing, places)


sets = st.sets(st.integers(1, 30), max_size=12)
lists = st.lists(st.integers(1, 30), unique=True, max_size=12)


@given(scores, sets, lists, lists, st.integers(0, 10))
def test_the_hot_set_keeps_its_limit_takes_in_what_is_new_and_stays_as_it_is(
    scores: dict[int, float], held: set[int], fresh: list[int], newest: list[int], limit: int
) -> None:
    chosen = hottest(scores, held=held, fresh=fresh, newest=newest, limit=limit)
    assert len(chosen) == len(set(chosen)) == min(limit, len({*fresh[: limit // 2], *scores, *newest}))
    assert set(fresh[: limit // 2]) <= set(chosen)
    assert set(hottest(scores, held=set(chosen), fresh=fresh, newest=newest, limit=limit)) == set(chosen)
    for story in held & scores.keys() - set(chosen):
        warmer = [other for other in chosen if other in scores and other not in fresh[: limit // 2]]
        assert all(scores[other] > scores[story] * (1 if other in held else MARGIN) for other in warmer) or any(
            scores[other] == scores[story] * (1 if other in held else MARGIN) for other in warmer
        )


def test_a_page_that_is_hot_holds_its_place_against_one_that_is_hardly_warmer() -> None:
    assert hottest({1: 10, 2: 10.5}, held={1}, fresh=[], newest=[], limit=1) == [1]
    assert hottest({1: 10, 2: 11.5}, held={1}, fresh=[], newest=[], limit=1) == [2]
