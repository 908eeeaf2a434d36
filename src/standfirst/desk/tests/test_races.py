"""People who decide about one front at the same instant, each on a connection of their own."""

from __future__ import annotations

import pytest

from standfirst.desk import actions
from standfirst.desk.models import BreakingNews, FrontSlot
from standfirst.kit.errors import Refused
from standfirst.stories.models import Story
from standfirst.stories.tests.cast import Cast
from standfirst.stories.tests.test_races import at_once


def test_of_two_who_fill_one_place_at_once_the_second_is_told_and_who_kills_wins(committed: Cast) -> None:
    cast = committed
    for number in range(4):
        one, two = cast.live(f"One {number}"), cast.live(f"Two {number}")
        seen = actions.marks({slot.position: slot for slot in FrontSlot.objects.filter(section=cast.world)})
        refused: list[str] = []

        def put(story: Story, by: object, seen: str = seen, refused: list[str] = refused) -> None:
            try:
                actions.put(section=cast.world, position=1, story=story, seen=seen, by=by)  # type: ignore[arg-type]
            except Refused as why:
                refused.append(str(why))

        faults = at_once(
            lambda one=one: put(one, cast.ed),  # type: ignore[misc]
            lambda two=two: put(two, cast.paula),  # type: ignore[misc]
            lambda two=two: actions.mark_breaking(story=two, by=cast.ed),  # type: ignore[misc]
        )
        assert faults == []
        assert len(refused) == 1 and "meanwhile" in refused[0]
        (slot,) = FrontSlot.objects.filter(section=cast.world)
        assert slot.story_id in {one.pk, two.pk}

        faults = at_once(
            lambda two=two: actions.take_down(  # type: ignore[misc]
                story=two, kind="kill", reason="Wrong.", wording="", names=False, by=cast.wale
            ),
            lambda two=two: actions.put(section=cast.world, position=2, story=two, by=cast.ed),  # type: ignore[misc]
            lambda: actions.move(section=cast.world, position=1, to=3, by=cast.paula),
        )
        assert faults == []
        assert not FrontSlot.objects.filter(story__live=False).exists()
        assert not BreakingNews.objects.exists()
        for position in (1, 2, 3):
            actions.give_back(section=cast.world, position=position, by=cast.ed)


@pytest.mark.parametrize("turn", range(2))
def test_no_more_than_two_stories_are_breaking_though_many_are_marked_at_once(committed: Cast, turn: int) -> None:
    cast = committed
    marked = [cast.live(f"Story {number}") for number in range(4)]
    faults = at_once(*(lambda it=it: actions.mark_breaking(story=it, by=cast.ed) for it in marked))
    assert faults == []
    assert BreakingNews.objects.count() == 2
