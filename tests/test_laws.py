"""Histories through Wagtail's own doors: whatever is done in whatever order, the laws of the press hold."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from standfirst.desk import ports
from standfirst.desk.models import BreakingNews, FrontSlot
from standfirst.kit import clock
from standfirst.press.lightening import Lightener
from standfirst.stories.models import Address, Embargo, Section, Story, Takedown
from tests.histories import History
from tests.newsroom import Newsroom
from tests.running import parsed

pytestmark = pytest.mark.django_db(databases=["default", "press"])

STEPS = 12
HISTORIES = 8
HISTORIES_ON_A_SERVER = 4
BLOCKS = 4
DEEP = 1_000


def check(newsroom: Newsroom, history: History) -> None:
    """What must hold."""
    try:
        newsroom.at_rest()
        newsroom.prove()
        everything = newsroom.everything()
        assert b"nobody may read" not in everything
        for takedown in Takedown.objects.filter(undone_at=None):
            assert not Story.objects.get(pk=takedown.story_id).live
            if not takedown.names:
                title = Story.objects.get(pk=takedown.story_id).title
                only = not Story.objects.filter(title=title, live=True).exists()
                assert not only or title.encode() not in everything, title
        for embargo in Embargo.objects.standing():
            assert not Story.objects.get(pk=embargo.story_id).live
        for chosen in (FrontSlot, BreakingNews):
            assert not chosen.objects.filter(story__live=False).exists()
            assert not chosen.objects.filter(until__lte=clock.now()).exists()
        for front in Section.objects.all():
            told_is_printed(newsroom, front)
    except BaseException as error:
        error.add_note("\n".join(history.told))
        raise


def told_is_printed(newsroom: Newsroom, section: Section) -> None:
    """What the desk is told of a front is what readers get: the same stories in the same order."""
    path = section.paths.get(current=True).path
    page = parsed(newsroom.output()[f"pages{path}index.html"])
    shown = page.xpath('//section[@class="breaking"]//a/@href | //main//a[not(ancestor::nav)]/@href')
    known = {address.path for address in Address.objects.current()}
    plan = ports.fronts.plan(section.pk)
    assert plan is not None
    told = [place.shown.path for place in plan.places]
    assert sorted(link for link in shown if link in known) == sorted(told), section


def live_one(newsroom: Newsroom, seed: int) -> None:
    newsroom.start()
    history = History(newsroom, seed)
    idle = Lightener(newsroom.engine, _live, clock=partial(next, count(step=1_000)))
    for _ in range(STEPS):
        history.step()
        if history.dice.random() < 0.4:
            newsroom.worker.round()
            idle.look()
    check(newsroom, history)


def _live() -> list[int]:
    return list(Story.objects.filter(live=True).order_by("pk").values_list("pk", flat=True))


def live_all(numbers: range, tmp_path: Path, settings: Any) -> None:
    """Live through histories one after the other, each from the same newly opened newsroom."""
    newsroom = Newsroom(tmp_path / "opened")
    newsroom.at_rest()
    for seed in numbers:
        home = tmp_path / str(seed)
        shutil.copytree(tmp_path / "opened", home, ignore=shutil.ignore_patterns("bell"))
        settings.MEDIA_ROOT = str(home / "private")
        newsroom.home = home
        newsroom.author.refresh_from_db()
        try:
            with transaction.atomic(), transaction.atomic(using="press"):
                live_one(newsroom, seed)
                transaction.set_rollback(True)
                transaction.set_rollback(True, using="press")
        except BaseException as error:
            error.add_note(f"The history has the seed {seed}.")
            raise
        finally:
            clock.set_offset(timedelta(0))
            shutil.rmtree(home)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_laws_hold_after_any_history_through_wagtails_doors(
    block: int, db: None, tmp_path: Path, settings: Any
) -> None:
    start = int(os.environ.get("STANDFIRST_SEED", "0"))
    number = HISTORIES if connection.vendor == "sqlite" else HISTORIES_ON_A_SERVER
    live_all(range(start + block, start + number, BLOCKS), tmp_path, settings)


@pytest.mark.deep
@pytest.mark.parametrize("block", range(10))
def test_the_laws_hold_after_a_thousand_histories(block: int, db: None, tmp_path: Path, settings: Any) -> None:
    live_all(range(10_000 + block, 10_000 + DEEP, 10), tmp_path, settings)
