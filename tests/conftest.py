from __future__ import annotations

import pytest

from tests.browsing import browser, stop_browser
from tests.newsroom import newsroom
from tests.running import demonstration, served, stop_served

__all__ = ["browser", "demonstration", "newsroom", "served"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """What runs for several tests ends with the last of them."""
    try:
        return (yield)
    finally:
        needed = getattr(nextitem, "fixturenames", ())
        if "browser" not in needed:
            stop_browser()
        if "served" not in needed:
            stop_served()
