"""Room kept on the newsroom's disk: given up when the disk is full and something must be taken down all the same."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

SIZE: Final = 16 << 20
"""Bytes kept: some hundred kills, with the databases' own files for them."""

ENOUGH: Final = 64 << 20
"""Bytes that must be free beside it before it is taken, or taken again."""

FULL: Final = 4 << 20
"""Bytes below which a disk is called full: databases need some at once."""


def keep(home: Path) -> None:
    """Take the reserve of this newsroom's folder, unless it is there or room is short. Raises `OSError`."""
    path = _path(home)
    with suppress(FileNotFoundError):
        if path.stat().st_size >= SIZE:
            return
    if shutil.disk_usage(path.parent).free < ENOUGH + SIZE:
        return
    with open(path, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, SIZE)


def release(home: Path) -> bool:
    """Give the reserve up if the disk is full. True if that made room."""
    path = _path(home)
    with suppress(OSError):
        if shutil.disk_usage(path.parent).free < FULL:
            path.unlink()
            return True
    return False


def _path(home: Path) -> Path:
    return home / "run" / "reserve"
