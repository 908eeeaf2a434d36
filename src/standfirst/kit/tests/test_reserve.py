"""Room kept for a kill: taken where there is enough, given up only on a full disk."""

import shutil
from types import SimpleNamespace

import pytest

from standfirst.kit import reserve


@pytest.fixture
def disk(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    disk = SimpleNamespace(free=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: disk)
    return disk


def test_it_is_taken_once_and_only_where_there_is_room(tmp_path, disk):
    file = tmp_path / "run" / "reserve"
    disk.free = reserve.ENOUGH
    reserve.keep(tmp_path)
    assert not file.exists()
    disk.free = reserve.ENOUGH + reserve.SIZE
    reserve.keep(tmp_path)
    assert file.stat().st_blocks * 512 >= reserve.SIZE
    written = file.stat().st_mtime_ns
    disk.free = reserve.ENOUGH  # it is there: what is free beside it need not be enough for two
    reserve.keep(tmp_path)
    assert file.stat().st_mtime_ns == written


def test_it_is_given_up_when_the_disk_is_full_and_not_before(tmp_path, disk):
    reserve.keep(tmp_path)
    assert not reserve.release(tmp_path)
    disk.free = reserve.FULL - 1
    assert reserve.release(tmp_path)
    assert not (tmp_path / "run" / "reserve").exists()
    assert not reserve.release(tmp_path)
