"""A wire editor at work in a real browser: items that come in, keys, a kill while the page is open, a phone."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from standfirst.wire.tests.agency import g2
from tests.running import Serving
from tests.test_browser import PATIENCE, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.browser


def comes_in(served: Serving, feed: str, *files: bytes) -> None:
    """As an agency's files do: read in another process."""
    served.inside(_take_in, feed, files)


def _take_in(feed: str, files: tuple[bytes, ...]) -> None:
    from standfirst.stories.models import Section
    from standfirst.wire import actions
    from standfirst.wire.models import Feed

    section = Section.objects.filter(depth__gt=2).order_by("path").first()
    mode = "publish" if feed == "room-live" else "desk"
    made, _ = Feed.objects.get_or_create(name=feed, defaults={"title": feed, "mode": mode, "section": section})
    for number, data in enumerate(files):
        actions.take_in(feed=made, data=data, file_name=f"{number}.xml")


def row(page: Page, headline: str) -> Locator:
    return page.locator("li.wire-row", has=page.get_by_role("link", name=headline, exact=True))


def test_the_wire_is_worked_by_keys_while_items_come_in(browser: Browser, served: Serving, tmp_path: Path) -> None:
    files = [
        g2(f"room-{n}", headline=f"Ferry {n} leaves", body=f"<p>Ferry {n} has left with lanterns.</p>")
        for n in range(4)
    ]
    comes_in(served, "room-desk", *files[:3])
    with Watched(browser, served) as desk:
        page = desk.page
        desk.sign_in("pubi")
        page.goto("/newsroom/wire/?feed=room-desk")
        assert page.locator("li.wire-row").count() == 3
        page.locator("[data-wire-pane]").get_by_text("Ferry 2 has left").wait_for()
        page.evaluate("window.stayed = true")

        # --- something new, nobody is at work: it stands on top by itself
        began = time.monotonic()
        comes_in(served, "room-desk", files[3])
        row(page, "Ferry 3 leaves").wait_for()
        print(f"on the screen after {time.monotonic() - began:.1f} s")
        page.screenshot(path=tmp_path / "live.png")

        # --- keys: down, up, preview, hold, undo
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        focused = "document.activeElement.textContent.trim()"
        at = str(page.evaluate(focused))
        page.keyboard.press("Enter")
        page.locator("[data-wire-pane] article h2", has_text=at).wait_for()
        page.keyboard.press("h")
        page.get_by_text(f"“{at}” is on hold.").wait_for()
        row(page, at).wait_for(state="detached")
        assert page.evaluate(focused) != at  # the next one is chosen
        page.keyboard.press("u")
        row(page, at).wait_for()

        # --- somebody is at work: nothing moves, a bar says what came in
        comes_in(served, "room-desk", g2("room-5", headline="Ferry 5 leaves"))
        page.get_by_role("button", name="1 new item").wait_for()
        assert row(page, "Ferry 5 leaves").count() == 0
        page.keyboard.press("n")
        assert page.evaluate(focused) == "Ferry 5 leaves"

        # --- into the feed's section with one key, and back; into another by its letters
        page.keyboard.press("t")
        page.get_by_role("link", name="Open the draft").wait_for()
        row(page, "Ferry 5 leaves").wait_for(state="detached")
        page.keyboard.press("u")
        row(page, "Ferry 5 leaves").wait_for()
        page.keyboard.press("Shift+T")
        page.keyboard.type("spo")
        page.keyboard.press("Enter")
        page.get_by_text("is a draft in Sport now.").wait_for()

        # --- several at once, and the help
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.get_by_text("2 ticked").wait_for()
        page.keyboard.press("s")
        page.get_by_text("2 items spiked.").wait_for()
        page.keyboard.press("?")
        page.get_by_role("heading", name="Keys").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("jhs lanterns")  # letters are letters while somebody types
        page.keyboard.press("Enter")
        page.get_by_text("Nothing on the wire matches").wait_for()
        page.locator("#wire-q").fill('"left with lanterns"')
        page.locator("#wire-q").press("Enter")
        page.wait_for_url("**lanterns**")
        assert page.locator("li.wire-row").count() >= 1
        desk.blameless()


def test_an_item_that_somebody_puts_back_is_never_told_as_a_new_one(browser: Browser, served: Serving) -> None:
    comes_in(served, "room-back", *(g2(f"back-{n}", headline=f"Barge {n} leaves") for n in range(3)))
    with Watched(browser, served) as desk:
        page = desk.page
        desk.sign_in("pubi")
        page.goto("/newsroom/wire/?feed=room-back")
        page.keyboard.press("j")
        page.keyboard.press("h")
        page.get_by_text("“Barge 1 leaves” is on hold.").wait_for()
        late: list[Route] = []
        page.route("**/newsroom/wire/fresh/**", lambda asked: asked.continue_() if late else late.append(asked))
        with page.expect_request("**/newsroom/wire/fresh/**"):
            pass  # the list is asked for without the item ...
        page.keyboard.press("u")
        row(page, "Barge 1 leaves").wait_for()
        with page.expect_response("**/newsroom/wire/fresh/**") as answered:
            late[0].continue_()  # ... and the answer knows it again
        assert "Barge 1 leaves" in answered.value.text()
        comes_in(served, "room-back", g2("back-5", headline="Barge 5 leaves"))
        page.get_by_role("button", name="new item").wait_for()
        assert page.get_by_role("button", name="new item").inner_text() == "1 new item"
        page.keyboard.press("n")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Barge 5 leaves"
        desk.blameless()


@pytest.mark.deep
def test_a_kill_is_on_every_open_screen_within_seconds(browser: Browser, served: Serving, tmp_path: Path) -> None:
    comes_in(served, "room-live", g2("room-kill", headline="Tower to fall", body="<p>The tower will fall.</p>"))
    with Watched(browser, served) as desk, Watched(browser, served) as other:
        desk.sign_in("pubi")
        other.sign_in("pubi")
        desk.go("/newsroom/images/")
        other.go("/newsroom/documents/")
        began = time.monotonic()
        comes_in(served, "room-live", g2("room-kill", 2, status="stat:canceled", body="", note="KILL. Wrong tower."))
        for each in (desk, other):
            each.page.get_by_role("region", name="Taken back by an agency").wait_for()
            assert each.page.title().startswith("⚠ KILL")
        print(f"on both screens after {time.monotonic() - began:.1f} s")
        desk.page.get_by_text(re.compile(r"1 story was live: gone from \d+ places? in")).wait_for()
        desk.page.screenshot(path=tmp_path / "kill.png")
        desk.page.get_by_role("button", name="I have seen this").click()
        for each in (desk, other):
            each.page.get_by_role("region", name="Taken back by an agency").wait_for(state="detached", timeout=PATIENCE)
            assert "KILL" not in each.page.title()
        desk.blameless()
        other.blameless()


@pytest.mark.deep
def test_on_a_phone_and_without_scripts_all_of_it_works(browser: Browser, served: Serving, tmp_path: Path) -> None:
    comes_in(served, "room-phone", *(g2(f"phone-{n}", headline=f"Train {n} stands") for n in range(3)))
    phone: dict[str, Any] = {"has_touch": True, "is_mobile": True}
    with Watched(browser, served, **phone) as hand:
        hand.page.set_viewport_size({"width": 360, "height": 740})
        hand.sign_in("pubi")
        for address in ("/newsroom/wire/?feed=room-phone", "/newsroom/wire/?show=all", "/newsroom/wire/?show=unread"):
            hand.go(address)
            assert hand.page.evaluate("document.documentElement.scrollWidth") <= 360, address
        hand.go("/newsroom/wire/?feed=room-phone")
        small = hand.page.evaluate(
            "[...document.querySelectorAll('.wire-do, .wire-menu__open')].filter(e => e.checkVisibility())"
            ".map(e => e.getBoundingClientRect()).filter(r => r.height && (r.height < 43 || r.width < 43)).length"
        )
        assert small == 0
        row(hand.page, "Train 1 stands").get_by_role("button", name=re.compile("^Spike")).tap()
        hand.page.get_by_text("is spiked").wait_for()
        row(hand.page, "Train 2 stands").get_by_role("link", name="Train 2 stands", exact=True).tap()
        hand.page.wait_for_url("**/items/**")
        assert hand.page.evaluate("document.documentElement.scrollWidth") <= 360
        hand.page.screenshot(path=tmp_path / "phone.png")
        hand.page.locator(".wire-thumb").get_by_role("button", name="Hold").tap()
        hand.page.get_by_text("is on hold").wait_for()
        hand.blameless()
        kept = hand.context.storage_state()
    with Watched(browser, served, scripts=False, storage_state=kept) as plain:
        page = plain.page
        plain.go("/newsroom/wire/?show=hold&feed=room-phone")
        row(page, "Train 2 stands").get_by_role("button", name=re.compile("^Put back")).click()
        plain.go("/newsroom/wire/?feed=room-phone")
        row(page, "Train 0 stands").get_by_role("checkbox").check()
        page.get_by_role("button", name="Spike", exact=True).first.click()
        assert row(page, "Train 0 stands").count() == 0
        assert row(page, "Train 2 stands").count() == 1
