"""Pictures on a telephone, in a real browser: no more dots than it shows, nothing jumps, none for who saves data."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from standfirst.reader.shelf import PLACEHOLDER
from tests.running import Serving
from tests.test_browser import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, Route

pytestmark = pytest.mark.browser

TELEPHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}

SHIFTS = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted = (window.shifted || 0) + entry.value;
}).observe({ type: "layout-shift", buffered: true });"""

SAVES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"

SIZE = "[...document.querySelectorAll('.story-lead img')].map((it) => [it.clientWidth, it.clientHeight])"

DENSITIES = """[...document.images].filter((it) => it.complete && it.naturalWidth && it.clientWidth).map((it) => [
  it.currentSrc, Number(it.currentSrc.match(/-(\\d+)\\.\\w+$/)[1]) / it.clientWidth
])"""


def _show_all(page: Page) -> None:
    """Scroll to the end as a reader does, so that all that waits is loaded."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 600):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(20)
        assert top < 60_000
    page.wait_for_load_state("networkidle")


def _late(route: Route) -> None:
    time.sleep(0.05)
    route.continue_()


def test_a_telephone_gets_pictures_of_its_size_that_move_nothing_and_none_if_it_saves_data(
    browser: Browser, served: Serving
) -> None:
    served.at_rest()
    album = next(address for address in served.addresses() if address.endswith("/pictures/"))
    story = album.removesuffix("pictures/")

    for dots in (3,):
        with Watched(browser, served, **TELEPHONE, device_scale_factor=dots) as reader:
            reader.context.add_init_script(SHIFTS)
            reader.context.route("**/pictures/**", _late)
            for address in ("/", story, album):
                assert reader.go(address) == 200
                _show_all(reader.page)
                loaded = reader.page.evaluate(DENSITIES)
                assert len(loaded) >= 3, address
                # Two dots to a point, and a little for copies that there are; the narrowest one is for all thumbs.
                assert [it for it in loaded if it[1] > 2.3 and "-240." not in it[0]] == [], (address, dots)
                assert not reader.page.evaluate("window.shifted || 0"), (address, dots)
            reader.blameless()

    got: list[tuple[str, bool]] = []

    def note(answer: Response) -> None:
        if answer.request.resource_type == "image" and "/pictures/" in answer.url:
            got.append((answer.url, answer.body() == PLACEHOLDER))

    for scripts in (True, False):
        with Watched(browser, served, scripts=scripts, extra_http_headers={"save-data": "on"}, **TELEPHONE) as reader:
            reader.context.add_init_script(SHIFTS)
            reader.context.add_init_script(SAVES_DATA)
            reader.page.on("response", note)
            for address in ("/", story):
                reader.go(address)
                reader.page.wait_for_load_state("networkidle")
            assert len(got) > 2 and all(spared for _, spared in got), got
            got.clear()
            lead = reader.page.locator(".story-lead a")
            size = reader.page.evaluate(SIZE)
            lead.tap()
            reader.page.wait_for_load_state("networkidle")
            if scripts:
                # It comes into its place, as large as the place was; the others are still spared.
                reader.page.wait_for_function("document.querySelector('.story-lead img').currentSrc.endsWith('?full')")
                assert reader.page.url.endswith(story)
                assert [spared for _, spared in got] == [False]
                assert reader.page.evaluate(SIZE) == size
                assert not reader.page.evaluate("window.shifted || 0")
                reader.blameless()
            else:
                reader.page.wait_for_url(re.compile(r"/pictures/[0-9a-f]+-\d+\.jpg\?full$"))
            got.clear()
