"""A process killed at any instant of intake loses no file and applies none twice.

An agency's folder is emptied file by file, each only once it is delivered, and worked off; each step in turn is the
last one of a real process (SIGKILL, no clean-up). Then another process does the same.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db.models.signals import post_save

from standfirst.kit import clock, digests
from standfirst.stories import actions as stories
from standfirst.stories.models import SiteFacts, Story, Takedown
from standfirst.wire import actions, sealing
from standfirst.wire.intake import common
from standfirst.wire.models import Delivery, DeliveryPart, Feed, Item, Version
from standfirst.wire.tests.agency import ORDER, g2
from tests import stage
from tests.post import posted
from tests.stage import in_a_process_of_its_own, steps_of


def message(*items: bytes) -> bytes:
    return b'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>%s</itemSet></newsMessage>' % b"".join(
        items
    )


FILES = {
    "1.xml": g2("bridge"),
    "2.xml": message(*(g2(name, headline=f"What {name} said") for name in ("one", "two", "three"))),
    "3.xml": g2("bridge", 2, headline="Bridge opens again"),
    "4.xml": g2("two", 2, status="stat:canceled"),
    "5.xml": b"<newsItem",
}
ITEMS = {"bridge": 2, "one": 1, "two": 2, "three": 1}
"""Items and how many versions each has in the end."""


@pytest.fixture(scope="module")
def opened(request: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """A newsroom's folder with one feed that publishes, and its files in a folder beside."""
    home: Path = tmp_path_factory.mktemp("wire-crash") / "opened"
    (home / "inbox").mkdir(parents=True)
    for name, data in FILES.items():
        (home / "inbox" / name).write_bytes(data)
    with django_db_blocker.unblock(), stage.laid_out(request, home, open_newsroom):
        yield home


def open_newsroom(home: Path) -> None:
    front = stories.open_newsroom(name="The Harbour Post")
    world = stories.open_section(parent=front, name="World", slug="world")
    Feed.objects.create(name="cpa", title="CPA", mode=Feed.Mode.PUBLISH, section=world, provider="CPA")


def empty_the_folder(home: Path, steps: Callable[[str], None]) -> None:
    """As a transport does: a file is removed at the sender's once it is delivered. Then all is worked off."""
    settings.STANDFIRST = replace(settings.STANDFIRST, home=home)
    common.fault = steps
    for model in (Item, Version, Story):
        post_save.connect(lambda sender, **kwargs: steps(f"{sender.__name__} written"), sender=model, weak=False)
    feed = Feed.objects.get()
    for path in sorted((home / "inbox").iterdir()):
        actions.deliver(feed=feed, path=path, parts={"picture.jpg": path.name.encode()})
        steps("delivered")
        path.unlink()
        steps("removed")
    while actions.work_off():
        steps("worked off")


def once(home: Path) -> None:
    """Everything is there, and nothing twice."""
    empty_the_folder(home, lambda name: None)
    deliveries = list(Delivery.objects.all())
    assert {each.seal for each in deliveries} == {digests.seal(data) for data in FILES.values()}
    for each in deliveries:
        assert sealing.read(actions.received(), each.seal) in FILES.values()
        assert each.state in (Delivery.State.READ, Delivery.State.UNREADABLE), each.file_name
        assert (each.state == Delivery.State.UNREADABLE) == (each.file_name == "5.xml")
        assert not each.claimed_by
        assert DeliveryPart.objects.filter(delivery=each).count() == 1
    assert {item.item_id.rpartition(":")[2]: item.versions_in for item in Item.objects.all()} == ITEMS
    assert Version.objects.count() == sum(ITEMS.values())
    done: Counter[str] = Counter()
    for each in deliveries:
        done.update(each.outcomes)
    done.pop("repeat", None)  # a file that was delivered and could not be removed in time is delivered again
    assert sum(done.values()) == sum(ITEMS.values())
    live = Counter(Story.objects.filter(live=True).values_list("title", flat=True))
    assert live == {"Bridge opens again": 1, "What one said": 1, "What three said": 1}
    # The kill may have come before or after the story it takes down; either way nobody reads it.
    assert Story.objects.filter(live=False).count() == Takedown.objects.count() <= 1
    assert Item.objects.get(item_id__endswith=":two").killed_at is not None
    assert not list((home / "run" / "intake").iterdir())


def killed(opened: Path, tmp_path: Path, choose: Callable[[list[str]], list[int]]) -> None:
    names = steps_of(opened, tmp_path / "whole", empty_the_folder)
    assert {"intake:sealed", "intake:noted", "intake:parsed", "intake:applied", "intake:committed"} <= set(names)
    for last in choose(names):
        with stage.copied(opened, tmp_path / f"step-{last}") as home:
            assert in_a_process_of_its_own(home, stage.killed_at(last, empty_the_folder)) == -signal.SIGKILL
            told = f"killed at step {last} of {len(names)}, {names[last - 1]}"
            assert in_a_process_of_its_own(home, once) == 0, told


def test_a_process_killed_during_intake_loses_no_file_and_applies_none_twice(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    points = ("intake:noted", "intake:applied", "intake:committed")
    with django_db_blocker.unblock():
        killed(opened, tmp_path, lambda names: [names.index(point) + 1 for point in points])


def stops_at(point: str) -> Callable[[str], None]:
    def fault(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return fault


def test_an_order_whose_copy_never_comes_is_mailed_also_if_two_processes_are_killed_before_that(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    def order(home: Path) -> None:
        settings.STANDFIRST = replace(settings.STANDFIRST, home=home)
        SiteFacts.objects.update_or_create(pk=1, defaults={"alerts_to": "desk@post.example"})
        actions.deliver(feed=Feed.objects.get(), data=ORDER, file_name="order.xml")
        common.fault = stops_at("intake:committed")
        actions.work_off()

    def asks(home: Path) -> None:
        common.fault = stops_at("directive:asking")
        clock.set_offset(timedelta(seconds=6))
        actions.ask_what_is_open()

    def asks_again(home: Path) -> None:
        mail.outbox.clear()
        settings.STANDFIRST = replace(settings.STANDFIRST, home=home)
        for seconds in (10, 90):
            clock.set_offset(timedelta(seconds=seconds))
            actions.work_off()
            actions.ask_what_is_open()
            assert [each.to for each in posted()] == [["desk@post.example"]], seconds

    with django_db_blocker.unblock(), stage.copied(opened, tmp_path / "home") as home:
        assert in_a_process_of_its_own(home, order) == -signal.SIGKILL
        assert in_a_process_of_its_own(home, asks) == -signal.SIGKILL
        assert in_a_process_of_its_own(home, asks_again) == 0


@pytest.mark.deep
def test_a_process_killed_at_every_single_step_of_intake_loses_nothing(
    opened: Path, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        killed(opened, tmp_path, lambda names: list(range(1, len(names) + 1)))
