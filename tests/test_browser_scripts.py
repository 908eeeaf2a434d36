"""What scripts add to a story for readers, in a real browser, and that nothing is missing without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.running import Serving, parsed
from tests.test_browser import Watched
from tests.test_browser_pictures import SAVES_DATA, SHIFTS, TELEPHONE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

pytestmark = pytest.mark.browser

DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

SHARES = "navigator.share = async (what) => { window.sharedWhat = what; };"


def cold_story(served: Serving) -> tuple[str, str]:
    """Address of an old story, and of its section's rails."""
    served.at_rest()
    for address, status in served.addresses().items():
        if status == 200 and address.endswith("/"):
            found = parsed(served.http.get(address).content).xpath("//p[@data-rails]/@data-rails")
            if found:
                return address, found[0]
    raise AssertionError("there is no story without rails")


def test_an_old_story_gets_todays_rails_once_and_nothing_moves(browser: Browser, served: Serving) -> None:
    address, rails = cold_story(served)
    newest = parsed(served.http.get(rails).content).xpath('//section[@class="rail"]//li/a/@href')
    for screen in (TELEPHONE, DESK):
        with Watched(browser, served, **screen) as reader:
            asked: list[str] = []

            def note(request: Request, asked: list[str] = asked) -> None:
                asked.append(request.url.removeprefix(served.url))

            reader.page.on("request", note)
            reader.context.add_init_script(SHIFTS)
            assert reader.go(address) == 200
            reader.page.locator(".rail .line").first.wait_for(state="attached")
            shown = reader.page.eval_on_selector_all(".rail .line a", "all => all.map(a => a.getAttribute('href'))")
            assert shown == [path for path in newest if path != address]
            assert reader.page.locator(".rail h2 a").count() == 1 and reader.page.locator(".rail-link").count() == 0
            assert 0 < reader.page.locator(".top .line").count() <= 3
            reader.page.locator(".rail").scroll_into_view_if_needed()
            reader.page.wait_for_load_state("networkidle")
            assert asked.count(rails) == 1
            assert not reader.page.evaluate("window.shifted || 0"), screen
            reader.blameless()


def test_who_saves_data_and_who_meets_a_fault_keeps_the_link(browser: Browser, served: Serving) -> None:
    address, rails = cold_story(served)
    with Watched(browser, served, **TELEPHONE) as reader:
        asked: list[str] = []
        reader.page.on("request", lambda request: asked.append(request.url))
        reader.context.add_init_script(SAVES_DATA)
        assert reader.go(address) == 200
        reader.page.wait_for_load_state("networkidle")
        assert not any(rails in url for url in asked)
        assert reader.page.locator(".rail-link a").is_visible()
        reader.blameless()
    with Watched(browser, served, **TELEPHONE) as reader:
        reader.context.route(f"**{rails}", lambda route: route.abort())
        with reader.page.expect_event("requestfailed"):
            assert reader.go(address) == 200
        reader.page.wait_for_load_state("networkidle")
        assert reader.page.locator(".rail-link a").is_visible()
        reader.blameless("Failed to load resource")


def test_a_story_can_be_shared_by_link_by_copy_and_by_another_app(browser: Browser, served: Serving) -> None:
    address, _ = cold_story(served)
    with Watched(browser, served, scripts=False, **TELEPHONE) as reader:
        reader.go(address)
        assert reader.page.locator(".share a").count() == 4
        assert reader.page.locator(".share a").first.is_visible()
        assert [button.is_visible() for button in reader.page.locator(".share button").all()] == [False, False]
    for apps in (False, True):
        with Watched(browser, served, permissions=["clipboard-read", "clipboard-write"], **TELEPHONE) as reader:
            reader.context.add_init_script(SHIFTS)
            reader.context.add_init_script(SHARES if apps else "delete Navigator.prototype.share;")
            reader.go(address)
            copy = reader.page.locator(".share-copy")
            copy.click()
            reader.page.get_by_role("button", name="Link copied").wait_for()
            assert reader.page.evaluate("navigator.clipboard.readText()") == served.url + address
            other = reader.page.locator(".share-other")
            assert other.is_visible() == apps
            if apps:
                other.click()
                shared = reader.page.evaluate("window.sharedWhat")
                assert shared["url"] == served.url + address and shared["title"]
            reader.page.get_by_role("button", name="Copy link").wait_for()
            reader.blameless()


def test_the_masthead_leads_to_the_search_on_every_screen_without_a_script(browser: Browser, served: Serving) -> None:
    with Watched(browser, served, scripts=False, **TELEPHONE) as reader:
        reader.go("/")
        assert not reader.page.locator(".masthead form").is_visible()
        reader.page.locator(".masthead").get_by_role("link", name="Search").click()
        reader.page.wait_for_url("**/search")
        assert reader.page.get_by_role("search").count() == 1
    with Watched(browser, served, scripts=False, **DESK) as reader:
        reader.go("/")
        assert not reader.page.locator(".masthead-find").is_visible()
        reader.page.locator(".masthead").get_by_label("Search all articles").fill("ferry")
        reader.page.locator(".masthead").get_by_role("button", name="Search").click()
        reader.page.wait_for_url("**/search?q=ferry")
        assert reader.page.get_by_label("Search all articles").input_value() == "ferry"
        assert reader.page.locator(".search-found .card").count() > 0
