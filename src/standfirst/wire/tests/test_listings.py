"""What disappears from a feed is not killed; somebody is told if readers still see it."""

from __future__ import annotations

import pytest

from standfirst.wire.intake.listings import _taken_off
from standfirst.wire.tests.agency import Desk
from tests.post import posted


def rss(*names: str) -> bytes:
    items = "".join(
        f'<item><guid isPermaLink="false">{name}</guid><title>Story {name}</title>'
        f"<link>https://cpa.example/{name}</link><pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate>"
        f"<description>What happened at {name} yesterday.</description></item>"
        for name in names
    )
    return (
        '<rss version="2.0"><channel><title>CPA</title><link>https://cpa.example/</link><description>d</description>'
        f"{items}</channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [
        ("dcba", "edcb", ""),  # old ones drop off as new ones come in
        ("dcba", "edba", "c"),
        ("dcba", "dba", "c"),
        ("dcba", "cba", ""),  # nobody knows which end is the new one
        ("dcba", "ecba", "d"),
        ("abcd", "bcde", ""),
        ("abcd", "abce", "d"),
        ("dcba", "zyxw", ""),
        ("dcba", "", ""),
    ],
)
def test_only_what_is_missing_from_the_middle_was_taken_off(before: str, now: str, gone: str):
    assert "".join(_taken_off(list(before), list(now))) == gone


def test_a_live_story_that_is_taken_off_is_told_to_the_publishers_and_stays(desk: Desk):
    desk.publish(rss("c", "b", "a"))
    desk.publish(rss("d", "c", "a"))
    item = desk.known("b")
    assert item.gone_at is not None
    assert item.urgent
    assert item.killed_at is None
    assert "No longer offered" in posted()[0].subject
    desk.publish(rss("d", "c", "b", "a"))
    assert desk.known("b").gone_at is None
    desk.publish(rss("e", "d", "c", "b"))
    assert desk.known("a").gone_at is None
