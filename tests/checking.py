"""Checkers that nobody here wrote: where they are, and what is given to them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "checkers"
MODULES = HERE / "node_modules"


def _without(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def require_modules(*names: str) -> None:
    """Skip the test, or fail it in CI, where packages from npm are missing."""
    if missing := [name for name in names if not (MODULES / name).is_dir()]:
        _without(f"{', '.join(missing)} not installed: `make check-pages` does that, with Node and a network.")


def command(name: str, remedy: str) -> str:
    """Path of a program; skip the test, or fail it in CI, where there is none."""
    found = shutil.which(name)
    if found is None:
        _without(f"There is no '{name}' here. {remedy}")
    return str(found)


def sample(addresses: list[str], sizes: dict[str, int], most: int) -> list[str]:
    """The longest, the shortest and some between."""
    ordered = sorted(addresses, key=lambda address: sizes[address])
    if len(ordered) <= most:
        return ordered
    step = (len(ordered) - 1) / (most - 1)
    return [ordered[round(place * step)] for place in range(most)]
