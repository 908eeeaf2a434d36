from __future__ import annotations

import pytest

from tests.browsing import browser, stop_browser
from tests.newsroom import newsroom
from tests.running import _shared, demonstration, not_yet_served, served, stop_served

__all__ = ["_shared", "browser", "demonstration", "newsroom", "not_yet_served", "served"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """What runs for several tests ends with the last of them."""
    try:
        return (yield)
    finally:
        needed = getattr(nextitem, "fixturenames", ())
        if "browser" not in needed:
            stop_browser()
        if "_shared" not in needed:
            stop_served()
