"""`standfirst wire replay`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from standfirst.cli import wire_replay
from standfirst.conf import setup
from standfirst.wire import actions
from standfirst.wire.models import Feed
from standfirst.wire.tests.agency import Desk, desk, g2  # noqa: F401 - `desk` is a fixture


def run(*arguments: str):
    return CliRunner().invoke(wire_replay.replay, list(arguments))


def test_it_reports_to_people_and_to_programs(desk: Desk, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr(setup, "open_newsroom", lambda: None)
    feed = Feed.objects.create(name="scoop", title="Scoop", mode=Feed.Mode.PUBLISH, section=desk.world)
    desk.publish(g2("market"))
    data = g2(embargo="")
    actions.take_in(feed=feed, data=data, file_name="item.xml")
    assert "nothing would be different" in run().output
    # The feed's settings decide how its files are read, too.
    Feed.objects.filter(pk=feed.pk).update(empty_embargo_means_none=True)
    shown = run()
    assert shown.exit_code == 0, shown.output
    assert "embargo_until: indefinite -> nothing" in shown.output
    assert "--apply" in shown.output
    told = json.loads(run("--json", "--feed", "scoop", "--since", "2026-01-01", "--apply").stdout)
    assert (told["files"], told["differences"], told["applied"]) == (1, {"changed": 1}, True)
    assert told["changes"][0]["items"][0]["fields"]["embargo_until"] == {"was": "indefinite", "now": ""}
    assert "nothing would be different" in run().output
    assert "no feed named" in str(run("--feed", "none").exception)
    assert "is no time" in str(run("--since", "soon").exception)
