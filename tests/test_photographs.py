"""Every kind of page as people meet it: narrow, middle and wide, light and dark, from left and from right.

`make check-pages` takes the pictures into `build/photographs/`, to be looked at, and holds what can be measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.kinds import html_pages
from tests.running import Serving
from tests.slowly import slow_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Request

pytestmark = [pytest.mark.checkers, pytest.mark.browser]

ALBUM = Path(__file__).parents[1] / "build" / "photographs"

WIDTHS = {360: 740, 768: 1024, 1440: 900}

TALLEST = 12_000
"""Pixels of a page that are photographed."""

# Shifts in the quarter of a second after a tap or a key are somebody's wish, the others are ours.
WATCH = """
window.shifted = [];
const told = (node) => (node?.outerHTML ?? node?.parentElement?.outerHTML)?.slice(0, 120);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      window.shifted.push([entry.value, ...entry.sources.map((source) => told(source.node))]);
}).observe({ type: "layout-shift", buffered: true });
"""

# What has moved, when all that came has been painted.
SETTLED = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))
  .then(() => window.shifted)
"""

NOTHING = b"<!--" + 400 * b" " + b"-->\n"
JUMPS = (
    b"<!DOCTYPE html><title>x</title><style>body:has(b) p { margin-top: 300px }</style>\n<p>It stands here.</p>\n"
    + 20 * NOTHING
    + b"<b>And further down when this has come.</b>\n"
    + 10 * NOTHING
)

# As a reader does: what is below comes when it is near.
WALK = """
async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
  }
  scrollTo(0, 0);
  // One that was passed before the browser had begun with it would be waited for in vain.
  for (const image of document.images) image.loading = "eager";
  const all = Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  const late = new Promise((done, failed) => setTimeout(() => failed(new Error("A picture does not come.")), 20000));
  await Promise.race([all, late]);
}
"""

WIDER = """
() => [...document.querySelectorAll("body *")]
  .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest("ul, ol, pre, table, .skip"))
  .map((it) => it.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def kept() -> dict[str, list[str]]:
    return {}


@pytest.fixture
def shown(served: Serving, kept: dict[str, list[str]]) -> dict[str, list[str]]:
    """For each kind of page the longest that is written from the left, and the longest from the right."""
    if not kept:
        for kind, bodies in html_pages(served).items():
            if kind == "front":
                del bodies["/"]
                kept["home"] = ["/"]
            longest = sorted(bodies, key=lambda address: -len(bodies[address]))
            arabic = [address for address in longest if b'dir="rtl"' in bodies[address][:200]]
            kept[kind] = [*[address for address in longest if address not in arabic][:1], *arabic[:1]]
    return kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_kind_of_page_stands_still_fits_and_asks_nobody_else(
    width: int, scheme: Any, browser: Browser, served: Serving, shown: dict[str, list[str]]
) -> None:
    ALBUM.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        base_url=served.url, viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme
    )
    context.add_init_script(WATCH)
    faults: list[object] = []
    asked: set[str] = set()

    def said(message: ConsoleMessage) -> None:
        # The browser says of each 404 and 410 that it is one.
        if message.type == "error" and "status of 4" not in message.text:
            faults.append(message.text)

    def asks(request: Request) -> None:
        asked.add(urlsplit(request.url).netloc)

    page = context.new_page()
    page.on("console", said)
    page.on("request", asks)
    try:
        for kind, addresses in shown.items():
            for number, address in enumerate(addresses):
                page.goto(address)
                page.evaluate(WALK)
                if first := page.evaluate("window.shifted"):
                    # Seen once in some hundred pages, on a busy machine, and never again: twice is ours.
                    print(address, "has shifted at first:", first)
                    page.goto(address)
                    page.evaluate(WALK)
                height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
                name = f"{kind}{'-rtl' if number else ''}-{width}-{scheme}.png"
                page.screenshot(
                    path=ALBUM / name, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}
                )
                if shifted := page.evaluate("window.shifted"):
                    faults.append((address, "shifts", shifted))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append((address, "is wider than the screen", page.evaluate(WIDER)))
    finally:
        context.close()
    assert faults == []
    assert asked == {urlsplit(served.url).netloc}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_kind_of_page_jumps_while_it_comes_in_pieces(
    width: int, browser: Browser, served: Serving, shown: dict[str, list[str]]
) -> None:
    faults = []
    with slow_line(served.url, {"/jumps/": JUMPS}) as url:
        context = browser.new_context(base_url=url, viewport={"width": width, "height": WIDTHS[width]})
        context.add_init_script(WATCH)
        page = context.new_page()
        try:
            for address in [*(address for addresses in shown.values() for address in addresses), "/jumps/"]:
                page.goto(address)
                if shifted := page.evaluate(SETTLED):
                    faults.append((address, shifted))
        finally:
            context.close()
    # The last shows that the browser paints between the pieces, and sees what moves.
    assert [address for address, _ in faults] == ["/jumps/"], faults


def test_a_page_on_paper_has_the_text_and_not_what_only_a_screen_can_use(
    browser: Browser, served: Serving, shown: dict[str, list[str]]
) -> None:
    context = browser.new_context(base_url=served.url, viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.emulate_media(media="print")
    try:
        page.goto(shown["story"][0])
        page.screenshot(path=ALBUM / "story-on-paper.png", full_page=True)
        for kept in ("h1", ".prose", ".byline", ".dates", ".nameplate"):
            assert page.locator(kept).first.is_visible(), kept
        for left in (".menu", ".story-rails", ".footer-links", ".share", ".breadcrumb"):
            assert page.locator(left).count() == 0 or not page.locator(left).first.is_visible(), left
    finally:
        context.close()
