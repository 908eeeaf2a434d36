"""Counts from the reader's files: each once, and nothing that is odd."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from standfirst.kit import clock
from standfirst.readership import actions, decay, spool
from standfirst.readership.models import ReadCount, TakenSpool
from standfirst.readership.tests.conftest import DESK, Desk
from standfirst.stories import actions as stories
from standfirst.stories.models import Section, Story

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def scores(at: datetime) -> dict[int, float]:
    return {row.story: decay.score(row.level, at) for row in ReadCount.objects.all()}


def test_reads_add_up_and_fade_and_the_order_of_files_does_not_matter(desk: Desk) -> None:
    flood, match = desk.publish("Flood in the delta"), desk.publish("Derby ends level", desk.sport)
    for reads, minutes in ((40, 240), (7, 0), (3, 120)):
        desk.leave({desk.path(flood): reads, desk.path(match): 1}, at=NOON - timedelta(minutes=minutes))
    assert actions.take_counts(desk.reads, NOON) == 3
    assert scores(NOON) == pytest.approx({flood.pk: 10 + 7 + 1.5, match.pk: 0.25 + 1 + 0.5})


def test_a_file_counts_once_even_if_the_worker_dies_between_commit_and_removal(
    desk: Desk, commits: Callable[[], Any]
) -> None:
    story = desk.publish("Flood")
    file = desk.leave({desk.path(story): 8}, at=NOON)
    # It dies right after the commit: what waits for that is never done.
    assert actions.take_counts(desk.reads, NOON) == 1
    assert file.exists()
    with commits():
        assert actions.take_counts(desk.reads, NOON) == 0
    assert not file.exists()
    assert scores(NOON) == pytest.approx({story.pk: 8})


def test_a_tick_that_is_rolled_back_leaves_file_and_counts(desk: Desk, commits: Callable[[], Any]) -> None:
    story = desk.publish("Flood")
    file = desk.leave({desk.path(story): 8}, at=NOON)
    with commits(), pytest.raises(RuntimeError), transaction.atomic():
        assert actions.take_counts(desk.reads, NOON) == 1
        raise RuntimeError("the rest of the tick failed")
    assert file.exists()
    assert not ReadCount.objects.exists() and not TakenSpool.objects.exists()
    with commits():
        assert actions.take_counts(desk.reads, NOON) == 1
    assert not file.exists()


def test_the_names_of_counted_files_are_kept_for_two_days_only(desk: Desk, commits: Callable[[], Any]) -> None:
    desk.leave({"/news/2026/11/22/flood/": 8}, at=NOON)
    with commits():
        actions.take_counts(desk.reads, NOON)
    assert TakenSpool.objects.count() == 1
    actions.take_counts(desk.reads, NOON + timedelta(days=3))
    assert TakenSpool.objects.count() == 0


def test_reads_follow_a_story_that_moves_and_a_section_that_moves(desk: Desk) -> None:
    story = desk.publish("Flood")
    first = desk.path(story)
    Story.objects.get(pk=story.pk).move(Section.objects.get(pk=desk.sport.pk), pos="last-child")
    second = desk.path(story)
    sport = Section.objects.get(pk=desk.sport.pk)
    sport.slug = "games"
    sport.save()
    third = desk.path(story)
    assert (first[:6], second[:7], third[:7]) == ("/news/", "/sport/", "/games/")
    desk.leave({first: 1, second: 2, third: 4}, at=NOON)
    actions.take_counts(desk.reads, NOON)
    assert scores(NOON) == pytest.approx({story.pk: 7})


def test_it_counts_nothing_but_stories(desk: Desk) -> None:
    story = desk.publish("Flood")
    path = desk.path(story)
    strange = [
        "/", "", "/news/", path[:-1], path + "x", path.replace("flood", "fire"), path.upper(),
        "/news/2026/13/45/flood/", "/nowhere" + path, "/news/0000/00/00/flood/", "/news/٢٠٢٦/11/22/flood/",
        "/news/2026/11/22/fl\0od/", "/" + "a/" * 3000, path.replace("news", "news/../news"), "/ne%00ws/2026/11/22/a/",
    ]  # fmt: skip
    desk.leave(dict.fromkeys(strange, 5), at=NOON)
    assert actions.take_counts(desk.reads, NOON) == 1
    assert not ReadCount.objects.exists()


def test_a_file_from_the_future_counts_as_of_now(desk: Desk) -> None:
    story = desk.publish("Flood")
    desk.leave({desk.path(story): 8}, at=NOON + timedelta(days=900))
    actions.take_counts(desk.reads, NOON)
    assert scores(NOON) == pytest.approx({story.pk: 8})


GOOD = '{"at": "2026-11-22T11:59:00Z", "seconds": 60, "paths": {}}'
ODD: dict[str, Callable[[Path], object]] = {
    "nothing": lambda file: file.write_bytes(b""),
    "no JSON": lambda file: file.write_bytes(b"GET / HTTP/1.1"),
    "not UTF-8": lambda file: file.write_bytes(b'{"at": "2026-11-22T11:59:00Z", "paths": {"/\xff\xfe/": 1}}'),
    "half a surrogate": lambda file: file.write_bytes(b'{"at": "2026-11-22T11:59:00Z", "paths": {"/\\ud800/": 1}}'),
    "a list": lambda file: file.write_bytes(b"[1, 2]"),
    "deep": lambda file: file.write_bytes(b'{"at": "2026-11-22T11:59:00Z", "x": ' + b"[" * 200_000),
    "deep paths": lambda file: file.write_bytes(b'{"paths": ' + b'{"a":' * 100_000),
    "no time": lambda file: file.write_bytes(b'{"paths": {}}'),
    "a time without a zone": lambda file: file.write_text(GOOD.replace("Z", "")),
    "a time that is none": lambda file: file.write_text(GOOD.replace("2026", "20x6")),
    "the year one": lambda file: file.write_text(GOOD.replace("2026-11-22T11:59:00Z", "0001-01-01T00:00:00+23:59")),
    "the last year": lambda file: file.write_text(GOOD.replace("2026-11-22T11:59:00Z", "9999-12-31T23:59:59-23:59")),
    "negative": lambda file: file.write_text(GOOD.replace("{}", '{"/a/": -1}')),
    "a fraction": lambda file: file.write_text(GOOD.replace("{}", '{"/a/": 1.5}')),
    "a word for a number": lambda file: file.write_text(GOOD.replace("{}", '{"/a/": "7"}')),
    "too many reads": lambda file: file.write_text(GOOD.replace("{}", '{"/a/": 99999999999999999999999}')),
    "too many paths": lambda file: file.write_text(
        GOOD.replace("{}", "{" + ",".join(f'"/{n}/": 1' for n in range(spool.MOST_PATHS + 1)) + "}")
    ),
    "huge": lambda file: file.write_bytes(b" " * (spool.LARGEST + 1)),
    "a folder": lambda file: file.mkdir(),
    "a link to somewhere else": lambda file: file.symlink_to("/etc/hostname"),
    "an endless link": lambda file: file.symlink_to("/dev/zero"),
    "a link to nothing": lambda file: file.symlink_to("/nowhere/at/all"),
    "a pipe that nobody writes to": lambda file: os.mkfifo(file),
}


def test_it_sets_odd_files_aside_and_counts_the_rest(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    story = desk.publish("Flood")
    odd = {what: desk.reads / f"20261122T08300000{number:04}Z-0.json" for number, what in enumerate(ODD)}
    for what, file in odd.items():
        ODD[what](file)
    desk.leave({desk.path(story): 8}, at=NOON, name="20261122T090000000000Z-0.json")
    assert actions.take_counts(desk.reads, NOON) == 1
    for what, file in odd.items():
        assert not os.path.lexists(file) and os.path.lexists(file.with_suffix(".odd")), what
        assert any(file.name in line.message and "set aside" in line.message for line in caplog.records), what
    assert max(len(line.message) for line in caplog.records) < 400
    assert scores(NOON) == pytest.approx({story.pk: 8})


def test_it_sets_files_with_names_that_are_not_ours_aside(desk: Desk) -> None:
    for name in (b"\xff.json", "ü.json".encode(), b"a b.json", b"a\nb.json", b"%s.json" % (b"x" * 200)):
        Path(os.fsdecode(bytes(desk.reads) + b"/" + name)).write_text(GOOD)
    assert actions.take_counts(desk.reads, NOON) == 0
    assert list(desk.reads.glob("*.json")) == []
    assert len(list(desk.reads.glob("*.odd"))) == 5


@pytest.mark.one_database("The size of the file decides; that counts are written is tried by the other tests here.")
def test_it_reads_every_file_that_the_reader_process_can_write(desk: Desk, tmp_path: Path) -> None:
    """As many paths as the reader counts in one file, of the length that addresses have."""
    story = desk.publish("Flood")
    paths = {f"/news/2026/11/{day:02}/{'ش' * 60}-{number}/": 3 for day in range(1, 26) for number in range(1, 2000)}
    assert len(paths) < spool.MOST_PATHS
    desk.leave({**paths, desk.path(story): 8}, at=NOON)
    assert actions.take_counts(desk.reads, NOON) == 1
    assert scores(NOON) == pytest.approx({story.pk: 8})


def test_a_heap_of_files_is_worked_off_over_several_ticks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, commits: Callable[[], Any]
) -> None:
    monkeypatch.setattr(actions, "PATHS", 5)
    story = desk.publish("Flood")
    for _ in range(6):
        desk.leave({desk.path(story): 1, "/a/": 1}, at=NOON)
    for expected in (2, 2, 2, 0):
        with commits():
            assert actions.take_counts(desk.reads, NOON) == expected
    assert scores(NOON) == pytest.approx({story.pk: 6})


def test_reads_of_a_killed_story_are_of_no_consequence(desk: Desk) -> None:
    story = desk.publish("Flood")
    desk.leave({desk.path(story): 8}, at=clock.now())
    stories.unpublish(story=Story.objects.get(pk=story.pk), by=DESK)
    assert actions.take_counts(desk.reads, clock.now()) == 1
    actions.rank(clock.now())
    assert actions.ranking("top") == ()


@pytest.mark.one_database("SQLite tells its plans in a form of its own.")
@pytest.mark.django_db
def test_looking_up_paths_uses_the_index_of_addresses() -> None:
    from standfirst.stories.models import Address

    query = Address.objects.filter(section_id=1, day__in=["2026-11-22"], last_part__in=["a", "b"])
    plan = query.values_list("day", "last_part", "story_id").explain()
    assert "SCAN" not in plan and "section_id=? AND day=? AND last_part=?" in plan
