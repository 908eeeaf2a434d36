"""How often a law is tried: a few times in `make test`, many times in `make test-deep`."""

from __future__ import annotations

import os

DEEP = "DEEP_TESTS"
"""Set by the root conftest.py where the long tests are wanted too."""


def often(few: int, many: int) -> int:
    """How many examples, rounds or seeds to try in this run."""
    return many if DEEP in os.environ else few
