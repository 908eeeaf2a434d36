"""A newsroom in which nothing happens costs next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from standfirst.changes.models import Tick
from standfirst.kit import clock
from standfirst.press import wiring
from standfirst.press.ledger import DjangoConnection
from standfirst.press.worker import IDLE
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])


def test_a_round_with_nothing_to_do_asks_little_and_writes_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.story("Ships wait outside")
    newsroom.at_rest()
    Tick.objects.update(due=clock.now() + timedelta(hours=1))  # or the ranking's minute may be over just now
    asked: list[str] = []
    execute = DjangoConnection.execute

    def noted(self: DjangoConnection, sql: str, parameters: Sequence[Any] = ()) -> Any:
        asked.append(sql)
        return execute(self, sql, parameters)

    monkeypatch.setattr(DjangoConnection, "execute", noted)
    with CaptureQueriesContext(connection) as queries:
        newsroom.worker.round()
    asked += [query["sql"] for query in queries]
    assert all(sql.startswith("SELECT") for sql in asked), asked
    assert len(asked) / IDLE < 15, asked


def test_a_page_that_could_not_be_printed_is_tried_again_by_itself(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = newsroom.picture("chocolate")  # nobody's else: the last one that was read is kept in memory
    story = newsroom.story("Ships wait outside", lead_picture=picture)
    original = wiring.blob(picture.seal)
    lost = picture.file.storage.path(picture.file.name)
    with open(lost, "wb") as file:
        file.write(b"no picture")
    newsroom.at_rest()
    assert newsroom.engine.status().failed

    with open(lost, "wb") as file:
        file.write(original)
    monkeypatch.setattr("standfirst.press.worker.RETRY", 0.0)
    newsroom.at_rest()
    newsroom.at_rest()
    assert not newsroom.engine.status().failed
    assert story.live
    newsroom.prove()


def test_logs_are_written_back_once_something_was_published(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.at_rest()
    written: list[int] = []
    monkeypatch.setattr("standfirst.press.worker.WRITTEN_BACK", -1.0)
    monkeypatch.setattr("standfirst.changes.databases.write_back", lambda: written.append(1))
    newsroom.story("Ships wait outside")
    newsroom.at_rest()
    assert written
    written.clear()
    newsroom.worker.round()
    assert not written
