"""An agency orders copy to be killed that never came, and nobody runs the wire: the worker sees to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from standfirst.kit import clock
from standfirst.wire import actions
from standfirst.wire.models import Feed
from standfirst.wire.tests.agency import ORDER
from tests.newsroom import Newsroom
from tests.post import posted

pytestmark = pytest.mark.django_db(databases=["default", "press"])


def test_where_the_wire_does_not_run_the_worker_mails(newsroom: Newsroom) -> None:
    feed = Feed.objects.create(name="cpa", title="CPA", mode=Feed.Mode.DESK, provider="CPA")
    actions.take_in(feed=feed, data=ORDER, file_name="order.xml")
    newsroom.worker.steady_round()
    assert posted() == []
    clock.set_offset(timedelta(seconds=45))
    for _ in range(2):
        newsroom.worker.steady_round()
        clock.set_offset(timedelta(seconds=90))
    assert ["To be decided at once" in mail.subject for mail in posted()] == [True]
