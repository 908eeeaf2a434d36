"""A real browser for tests: Chromium, started once for all that need it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUIET = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)

_running: list[Browser] = []
_end = ExitStack()


@pytest.fixture
def browser(chromium: Path) -> Browser:
    """Shared by tests: each opens a context of its own in it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        reason = "The browser's driver (playwright) is not installed, so browser tests cannot run."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    if not _running:
        driver = _end.enter_context(sync_playwright())
        _running.append(driver.chromium.launch(executable_path=str(chromium), args=list(QUIET)))
        _end.callback(_close)
    return _running[-1]


def _close() -> None:
    _running.pop().close()


def stop_browser() -> None:
    """End it and its driver, whose event loop would be in the way of tests that use a database."""
    _end.close()
