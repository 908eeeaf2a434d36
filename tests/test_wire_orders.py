"""An agency orders copy to be killed that never came, and nobody runs the wire: the worker sees to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage

from standfirst.kit import clock
from standfirst.wire import actions
from standfirst.wire.models import Feed
from standfirst.wire.tests.agency import ORDER
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])


def test_where_the_wire_does_not_run_the_worker_mails(
    newsroom: Newsroom, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    feed = Feed.objects.create(name="cpa", title="CPA", mode=Feed.Mode.DESK, provider="CPA")
    with django_capture_on_commit_callbacks(execute=True):
        actions.take_in(feed=feed, data=ORDER, file_name="order.xml")
        newsroom.worker.steady_round()
    assert mailoutbox == []
    clock.set_offset(timedelta(seconds=45))
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            newsroom.worker.steady_round()
        clock.set_offset(timedelta(seconds=90))
    assert ["To be decided at once" in mail.subject for mail in mailoutbox] == [True]
