from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from standfirst.kit.errors import Problem
from standfirst.wire import sealing


def test_bytes_lie_under_their_seal_and_only_the_newsroom_may_read_them(tmp_path):
    sealed = sealing.seal_bytes(tmp_path / "received", b"as received")
    assert sealed.seal == hashlib.sha256(b"as received").hexdigest()
    assert sealed.size == 11
    path = sealing.place(tmp_path / "received", sealed.seal)
    assert path == tmp_path / "received" / sealed.seal[:2] / sealed.seal
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sealing.read(tmp_path / "received", sealed.seal) == b"as received"


def test_the_same_bytes_are_one_file_and_it_is_never_written_again(tmp_path):
    first = sealing.seal_bytes(tmp_path, b"twice")
    before = sealing.place(tmp_path, first.seal).stat()
    second = sealing.seal_bytes(tmp_path, b"twice")
    after = sealing.place(tmp_path, first.seal).stat()
    assert first == second
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [first.seal]


def test_a_large_file_is_sealed_as_it_streams(tmp_path):
    source = tmp_path / "big"
    source.write_bytes(os.urandom(3 * 1024 * 1024 + 7))
    sealed = sealing.seal_file(tmp_path / "received", source)
    assert sealed.size == source.stat().st_size
    assert sealing.read(tmp_path / "received", sealed.seal) == source.read_bytes()


def test_an_empty_file_is_sealed_too(tmp_path):
    assert sealing.seal_bytes(tmp_path, b"").size == 0


def test_it_says_what_is_wrong_with_a_path(tmp_path):
    with pytest.raises(Problem, match="no such file"):
        sealing.seal_file(tmp_path, tmp_path / "absent")
    with pytest.raises(Problem, match="no ordinary file"):
        sealing.seal_file(tmp_path, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Problem, match="no ordinary file"):
        sealing.seal_file(tmp_path, tmp_path / "pipe")


def test_damaged_and_missing_bytes_are_never_taken_for_what_was_received(tmp_path):
    sealed = sealing.seal_bytes(tmp_path, b"the truth")
    path = sealing.place(tmp_path, sealed.seal)
    path.write_bytes(b"something else")
    with pytest.raises(Problem, match="damaged"):
        sealing.read(tmp_path, sealed.seal)
    path.unlink()
    with pytest.raises(Problem, match="missing"):
        sealing.read(tmp_path, sealed.seal)


def test_a_file_system_without_links_works_as_well(tmp_path, monkeypatch):
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first = sealing.seal_bytes(tmp_path, b"no links")
    assert sealing.seal_bytes(tmp_path, b"no links") == first
    assert sealing.read(tmp_path, first.seal) == b"no links"
