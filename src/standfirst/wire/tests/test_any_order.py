"""Whatever an agency says, in whatever order and however often it arrives: what is killed stays killed, and nothing
vanishes."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standfirst.stories.models import Origin, Story
from standfirst.wire.item import Directive as Said
from standfirst.wire.models import Item, Version
from standfirst.wire.tests.agency import Desk

NAMES = ("bridge", "market")
ALSO = {"bridge": "cpa-0101-A", "market": "cpa-0202-B"}

Message = tuple[str, str, int]
"""What is said, of which item, under which number."""

messages: st.SearchStrategy[list[Message]] = st.lists(
    st.tuples(
        st.sampled_from(
            ["usable", "usable", "correction", "kill", "withhold", "management kill", "management", "by id", "by name"]
        ),
        st.sampled_from(NAMES),
        st.integers(1, 3),
    ),
    min_size=2,
    max_size=7,
    unique=True,
)


def arrive(desk: Desk, message: Message) -> None:
    what, name, version = message
    status: Any = {"kill": "canceled", "management kill": "canceled", "withhold": "withheld"}.get(what, "usable")
    if what in ("by id", "by name"):
        target = name if what == "by id" else ALSO[name]
        desk.say(
            f"notice {what} {name}",
            version,
            headline=f"Kill {name}",
            directives=(Said(status="canceled", target=target, exact=True, said=f"KILL {target}"),),
        )
    elif what.startswith("management"):
        desk.say(name, version, headline="", body_html="", status=status, management_only=True)
    else:
        desk.say(
            name,
            version,
            headline=f"{name} {what} {version}",
            status=status,
            alt_ids=(ALSO[name],),
            editorial_types=("correction",) if what == "correction" else (),
        )


def kills(said: list[Message]) -> set[str]:
    """The items that anything in `said` kills. A name that is only in a notice needs an item that bears it."""
    named = {name for what, name, _ in said if what in ("usable", "correction", "kill", "withhold")}
    here = named | {name for what, name, _ in said if what.startswith("management")}
    return {
        name
        for what, name, _ in said
        if what in ("kill", "management kill")
        or (what == "by id" and name in here)
        or (what == "by name" and name in named)
    }


def live(name: str) -> bool:
    stories = Origin.objects.filter(item_id=name).values("story_id")
    return Story.objects.filter(pk__in=stories, live=True).exists()


def holds(desk: Desk, said: list[Message]) -> None:
    """Let `said` arrive and look at what became of it, in a newsroom that forgets it afterwards."""
    with transaction.atomic():
        for message in said:
            arrive(desk, message)
            for item in Item.objects.exclude(killed_at=None):
                assert not live(item.item_id), (item, message)
        killed = {item.item_id for item in Item.objects.exclude(killed_at=None)}
        assert killed == kills(said)
        spoken = {f"notice {what} {name}" if what.startswith("by") else name for what, name, _ in said}
        assert {item.item_id for item in Item.objects.all()} == spoken
        assert Version.objects.count() == len(set(said))
        assert all(item.versions_in == item.versions.count() for item in Item.objects.all())
        transaction.set_rollback(True)


def prove(desk: Desk, data: Any) -> None:
    said = data.draw(messages)
    holds(desk, said)
    again = data.draw(st.permutations(said))
    more = data.draw(st.lists(st.sampled_from(said), max_size=3))
    holds(desk, [*again, *more])


EXAMPLES = 2 if os.environ.get("DATABASE_URL") else 4
"""Fewer on a server, where each statement takes the way through a socket."""

_quick = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
_long = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@_quick
@given(data=st.data())
def test_the_order_of_arrival_changes_nothing_about_what_is_killed(desk: Desk, data: Any):
    prove(desk, data)


@pytest.mark.deep
@_long
@given(data=st.data())
def test_no_order_of_arrival_changes_anything_about_what_is_killed(desk: Desk, data: Any):
    prove(desk, data)
