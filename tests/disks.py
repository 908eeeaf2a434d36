"""Real disks for tests: small ones that fill up, and folders that nobody may write to, root included."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*words: str | Path) -> None:
    ran = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    if ran.returncode:
        pytest.skip(f"No disk can be mounted here ({ran.stderr.strip()}): this test needs root on Linux.")


@contextmanager
def small(place: Path, size: str) -> Iterator[None]:
    """A disk of `size` ("400k") at `place`."""
    if os.geteuid():
        pytest.skip("Only root mounts disks.")
    place.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def enlarge(place: Path, size: str) -> None:
    """Make room on a small disk."""
    _mount("-o", f"remount,size={size}", place)


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Nobody writes in the folder `place` or below it."""
    if os.geteuid():
        pytest.skip("Only root mounts disks.")
    _mount("--bind", place, place)
    try:
        _mount("-o", "remount,ro,bind", place)
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the room there is; removing the file that is returned gives it back."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while out.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return ballast
