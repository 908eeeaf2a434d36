from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from standfirst.kit import clock
from standfirst.wire.transports import Arrival, News, Remember, Settle, Skipped, Trouble, folder

XML = b"<?xml version='1.0'?><newsItem><p>Text</p></newsItem>"


def look(job, path: Path, *, cursor=None, old: float = 60, looks: int = 1, settled: bool = True, **settings):
    """What so many looks yield; every file is made as old as `old` seconds before."""
    if old:
        for file in path.rglob("*"):
            if file.is_file() and not file.is_symlink() and "done" not in file.parts:
                at = time.time() - old + file.stat().st_mtime % 1
                os.utime(file, (at, at))
    left = looks

    def wait(seconds: float) -> bool:
        nonlocal left
        left -= 1
        return left <= 0

    found: list[News] = []
    waiting: list[Arrival] = []
    for one in folder.fetch(job(folder.Settings(path=str(path), **settings), cursor=cursor, wait=wait)):
        if isinstance(one, Arrival):
            waiting.append(one)
        if settled and not (isinstance(one, Arrival) and one.together):
            for arrival in waiting:
                arrival.settled()
            waiting = []
        if not isinstance(one, Settle):
            found.append(one)
    return found


def names(found) -> list[str]:
    return [one.file_name for one in found if isinstance(one, Arrival)]


def here(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file() or file.is_symlink()}


def test_files_are_taken_oldest_first_and_moved_to_done_once_they_are_sealed(job, tmp_path: Path):
    for age, name in ((30, "c.xml"), (90, "a.xml"), (60, "b.txt")):
        (tmp_path / name).write_bytes(XML)
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    assert names(look(job, tmp_path, old=0, settled=False)) == ["a.xml", "b.txt", "c.xml"]
    assert here(tmp_path) == {"a.xml", "b.txt", "c.xml"}  # nothing was sealed, nothing is lost
    found = look(job, tmp_path, old=0)
    assert [one.data for one in found] == [XML] * 3
    day = f"{clock.now():%Y-%m-%d}"
    assert here(tmp_path) == {f"done/{day}/{name}" for name in ("a.xml", "b.txt", "c.xml")}
    (tmp_path / "a.xml").write_bytes(XML)
    look(job, tmp_path)
    assert f"done/{day}/a~2.xml" in here(tmp_path)


def test_what_may_be_a_kill_goes_before_a_burst(job, tmp_path: Path):
    for number in range(60):
        (tmp_path / f"{number:03}.xml").write_bytes(XML)
    (tmp_path / "zzz.xml").write_bytes(b'<newsItem><pubStatus qcode="stat:canceled"/></newsItem>')
    found = names(look(job, tmp_path, looks=3))
    assert found[0] == "zzz.xml"
    assert len(found) == 61


def test_unfinished_and_hidden_files_wait_until_they_are_renamed(job, tmp_path: Path):
    for name in (".hidden.xml", "a.xml.part", "b.tmp", "c.xml.filepart", "d.xml~"):
        (tmp_path / name).write_bytes(XML)
    assert look(job, tmp_path) == []
    (tmp_path / "a.xml.part").rename(tmp_path / "a.xml")
    assert names(look(job, tmp_path)) == ["a.xml"]


def test_a_file_that_grows_is_left_alone_and_one_whose_end_is_there_is_taken_at_once(job, tmp_path: Path):
    (tmp_path / "grows.xml").write_bytes(XML[:-12])
    (tmp_path / "grows.txt").write_bytes(b"BULLETIN")
    (tmp_path / "whole.xml").write_bytes(XML + b"\r\n")
    (tmp_path / "whole.json").write_bytes(b'{"uri": "x"}')
    (tmp_path / "empty.xml").write_bytes(b"")
    assert sorted(names(look(job, tmp_path, old=0, looks=3))) == ["whole.json", "whole.xml"]
    assert here(tmp_path) >= {"grows.xml", "grows.txt", "empty.xml"}
    assert sorted(names(look(job, tmp_path, old=10))) == ["grows.txt", "grows.xml"]


def test_a_message_that_is_signed_off_is_taken_at_once_unless_it_was_written_just_now(job, tmp_path: Path):
    (tmp_path / "kill.txt").write_bytes(
        b"\x01exw0021 2 i 12 exw\r\n\x02KILL exw0012 =\r\n\x03101140 JAN 26\r\n\x04\r\n"
    )
    (tmp_path / "open.txt").write_bytes(b"\x01exw0022 2 i 12 exw\r\n\x02A story =\r\n")
    assert names(look(job, tmp_path, old=0)) == []
    assert names(look(job, tmp_path, old=1.8)) == ["kill.txt"]


def test_pictures_that_a_file_names_come_with_it(job, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "story.xml").write_bytes(b'<a><i href="photos/one.jpg"/><i href="two.JPG"/></a>')
    (tmp_path / "photos/one.jpg").write_bytes(b"1")
    (tmp_path / "two.JPG").write_bytes(b"2")
    (tmp_path / "story.jpg").write_bytes(b"3")
    (tmp_path / "alone.jpg").write_bytes(b"4")
    [arrival] = look(job, tmp_path)
    assert arrival.parts == {"photos/one.jpg": b"1", "two.JPG": b"2", "story.jpg": b"3"}
    assert (tmp_path / "alone.jpg").exists()
    # A picture that nobody speaks of is a delivery of its own, after a while.
    found = look(job, tmp_path, settle=1, parts_wait=0, looks=2)
    assert names(found) == []
    time.sleep(0)
    job_ = job(folder.Settings(path=str(tmp_path)), trial=True)
    assert names(folder.fetch(job_)) == ["alone.jpg"]


def test_a_picture_of_two_files_stays_for_the_second(job, tmp_path: Path):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(b'<a><i href="shared.jpg"/></a>')
    (tmp_path / "shared.jpg").write_bytes(b"1")
    found = look(job, tmp_path)
    assert [list(one.parts) for one in found] == [["shared.jpg"], ["shared.jpg"]]
    assert not (tmp_path / "shared.jpg").exists()


def test_a_file_waits_a_little_for_the_pictures_it_names(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(b'<a><i href="late.jpg"/><i href="https://cdn.example/x.jpg"/></a>')
    assert look(job, tmp_path, old=0, looks=2) == []
    (tmp_path / "late.jpg").write_bytes(b"1")
    [arrival] = look(job, tmp_path, old=3)
    assert list(arrival.parts) == ["late.jpg"]
    (tmp_path / "b.xml").write_bytes(b'<a><i href="never.jpg"/></a>')
    assert names(look(job, tmp_path, old=6)) == ["b.xml"]


def test_an_agencys_folders_come_with_their_structure(job, tmp_path: Path):
    (tmp_path / "journal/en").mkdir(parents=True)
    (tmp_path / "journal/en/index.xml").write_bytes(b'<NewsML><NewsItemRef NewsItem="doc-1.xml"/></NewsML>')
    (tmp_path / "journal/en/doc-1.xml").write_bytes(b'<NewsML><ContentItem Href="photo-1.jpg"/></NewsML>')
    (tmp_path / "journal/en/photo-1.jpg").write_bytes(b"1")
    found = look(job, tmp_path)
    assert sorted(names(found)) == ["journal/en/doc-1.xml", "journal/en/index.xml"]
    assert [list(one.parts) for one in found if one.file_name.endswith("doc-1.xml")] == [["photo-1.jpg"]]
    assert here(tmp_path) == {
        f"done/{clock.now():%Y-%m-%d}/journal/en/{name}" for name in ("index.xml", "doc-1.xml", "photo-1.jpg")
    }
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.xml").write_bytes(XML)
    assert look(job, tmp_path, subfolders=False) == []


def test_links_are_never_followed_out_of_the_folder(job, tmp_path: Path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.xml").write_bytes(XML)
    (inside / "link.xml").symlink_to(outside / "secret.xml")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe.xml")
    found = look(job, inside, old=0, looks=3)
    assert names(found) == []
    told = {one.file_name: one.why for one in found if isinstance(one, Skipped)}
    assert "links are not followed" in told["link.xml"]
    assert "no ordinary file" in told["pipe.xml"]
    assert (outside / "secret.xml").exists()
    (inside / "done").symlink_to(outside)
    (inside / "a.xml").write_bytes(XML)
    found = look(job, inside)
    assert [one.why for one in found if isinstance(one, Skipped) and one.file_name == "a.xml"]
    assert [path.name for path in outside.iterdir()] == ["secret.xml"]


def test_files_may_be_deleted_or_left_and_are_not_taken_twice(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(XML)
    found = look(job, tmp_path, afterwards="leave", looks=2)
    assert names(found) == ["a.xml"]
    cursor = [one.cursor for one in found if isinstance(one, Remember)][-1]
    assert names(look(job, tmp_path, afterwards="leave", cursor=cursor, old=0)) == []
    (tmp_path / "a.xml").write_bytes(XML + b"\n")
    assert names(look(job, tmp_path, afterwards="delete", cursor=cursor)) == ["a.xml"]
    assert here(tmp_path) == set()


def test_only_names_that_fit_are_taken_and_large_files_are_not_held_in_memory(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(XML)
    (tmp_path / "readme.txt").write_bytes(b"hello")
    with (tmp_path / "giant.xml").open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    found = []
    for path in (tmp_path / "giant.xml", tmp_path / "a.xml", tmp_path / "readme.txt"):
        os.utime(path, (time.time() - 60, time.time() - 60))
    for one in folder.fetch(job(folder.Settings(path=str(tmp_path), patterns=("*.xml",)))):
        if isinstance(one, Arrival):
            found.append((one.file_name, one.data is None, one.path.stat().st_size if one.path else 0))
    assert sorted(found) == [("a.xml", False, 0), ("giant.xml", True, 9 * 1024 * 1024)]
    assert (tmp_path / "readme.txt").exists()


def test_done_is_emptied_after_some_days(job, tmp_path: Path):
    for day in ("2020-01-01", "keep-me", f"{clock.now():%Y-%m-%d}"):
        (tmp_path / "done" / day).mkdir(parents=True)
    look(job, tmp_path)
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == [f"{clock.now():%Y-%m-%d}", "keep-me"]


def test_a_folder_that_is_not_there_is_said(job, tmp_path: Path):
    with pytest.raises(Trouble, match="There is no folder"):
        look(job, tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Trouble, match="is no folder"):
        look(job, tmp_path / "file")
    assert [name for name, _ in folder.check(folder.Settings(path="wire"), frozenset())] == ["path"]


def test_a_trial_changes_nothing(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(XML)
    found = list(folder.fetch(job(folder.Settings(path=str(tmp_path)), trial=True)))
    assert names(found) == ["a.xml"]
    assert here(tmp_path) == {"a.xml"}
