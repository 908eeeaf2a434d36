"""A day at the desk and what readers see of it, in a real browser against a newsroom that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.running import PASSWORD, Serving, parsed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

pytestmark = pytest.mark.browser

PATIENCE = 120_000
"""Milliseconds that a step may take on a busy machine."""


class Watched:
    """A person's browser that notes what went wrong behind the screens and whom it asked."""

    def __init__(self, browser: Browser, serving: Serving, *, scripts: bool = True, **options: Any) -> None:
        self.serving = serving
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.context: BrowserContext = browser.new_context(
            base_url=serving.url, java_script_enabled=scripts, **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        self.page.on("request", self._asked)

    def _said(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(f"{said.text} {said.location}")

    def _failed(self, error: object) -> None:
        self.faults.append(str(error))

    def _asked(self, asked: Request) -> None:
        self.hosts.add(urlsplit(asked.url).netloc)

    def sign_in(self, username: str) -> None:
        self.page.goto("/newsroom/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/newsroom/desk/**")

    def go(self, address: str) -> int:
        """Open an address; returns its status."""
        answer = self.page.goto(address)
        assert answer is not None
        return answer.status

    def text(self) -> str:
        return " ".join(self.page.inner_text("body").split())

    def blameless(self, *allowed: str) -> None:
        """No error behind the screens, nobody else asked."""
        assert [fault for fault in self.faults if not any(word in fault for word in allowed)] == []
        assert {host for host in self.hosts if host} == {urlsplit(self.serving.url).netloc}

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()


def test_from_the_wire_to_the_reader_and_gone_again(browser: Browser, served: Serving, tmp_path: Path) -> None:
    with Watched(browser, served) as desk, Watched(browser, served, scripts=False) as reader:
        page = desk.page
        desk.sign_in("pubi")
        page.get_by_role("link", name="Wire", exact=False).first.click()
        page.wait_for_url("**/newsroom/wire/**")
        page.screenshot(path=tmp_path / "wire.png")

        row = page.locator("li.wire-row", has=page.get_by_role("link", name=re.compile("^Take")))
        row = row.filter(has_not=page.locator(".wire-row__held")).first
        headline = row.locator("h2 a").inner_text().strip()
        row.locator("h2 a").click()
        page.locator("#take select").select_option(label=option(page, "Sport"))
        page.get_by_role("button", name="Take into a draft").click()

        page.wait_for_url("**/newsroom/pages/*/edit/**")
        assert page.locator("#id_title").input_value() == headline
        story = page.url.partition("/pages/")[2].partition("/")[0]
        page.screenshot(path=tmp_path / "editor.png")
        publish(page)

        page.wait_for_url("**/newsroom/desk/**")
        told = page.locator("[data-sf-progress]").first
        told.filter(has_text=re.compile(r"Live on \d+ pages? in \d+\.\d+ s")).wait_for()
        print(f"the editor is told: {told.inner_text()}")
        address = urlsplit(str(page.get_by_role("link", name="View").first.get_attribute("href"))).path
        page.screenshot(path=tmp_path / "told.png")

        assert reader.go(address) == 200
        assert reader.page.locator("h1").inner_text().strip().endswith(headline)
        assert reader.page.locator("time").count() >= 1
        reader.page.screenshot(path=tmp_path / "story.png", full_page=True)
        front, date = re.findall(r"^(/.+/)(\d{4}/\d\d/\d\d)/[^/]+/$", address)[0]
        day = f"/{date}/"
        lists = ["/", front, day]
        for where in lists:
            assert reader.go(where) == 200
            assert reader.page.locator(f'a[href="{address}"]').count() >= 1, where
        assert address in served.http.get(f"{front}feed.xml").text

        # --- a correction
        page.goto(f"/newsroom/desk/stories/{story}/correct/")
        page.get_by_label("Public wording").fill("An earlier version named the wrong harbour.")
        page.locator("[data-sf-note-preview]").filter(has_text="wrong harbour").wait_for()
        before = served.http.get(address).text
        assert "Refreshed" not in before
        page.get_by_role("button", name="Publish the note").click()
        page.locator("[data-sf-progress]").filter(has_text="Live on").first.wait_for()
        assert reader.go(address) == 200
        assert "An earlier version named the wrong harbour." in reader.text()
        assert "Refreshed" in reader.text()
        times = reader.page.locator("time").evaluate_all("all => all.map(one => one.dateTime)")
        assert len(set(times)) >= 1 and all(times)

        # --- a kill
        page.goto(f"/newsroom/pages/{story}/edit/")
        open_menu(page)
        page.get_by_role("link", name="Kill", exact=False).last.click()
        page.wait_for_url(f"**/stories/{story}/kill/")
        page.get_by_role("button", name="Kill the story").click()
        assert page.locator("#id_reason").evaluate("field => field.validity.valueMissing"), "a kill without a reason"
        assert reader.go(address) == 200
        page.get_by_label("Reason").fill("The agency's source was false.")
        page.get_by_role("button", name="Kill the story").click()
        page.wait_for_url("**/newsroom/desk/takedowns/**")
        page.locator("[data-sf-progress]").filter(has_text=re.compile("Gone: ")).wait_for()
        page.screenshot(path=tmp_path / "killed.png")
        print(f"the kill is told: {page.locator('[data-sf-progress]').first.inner_text()}")

        assert reader.go(address) == 410
        assert headline not in reader.text()
        assert "withdrawn" in reader.text()
        reader.page.screenshot(path=tmp_path / "gone.png")
        for where in lists:
            if reader.go(where) == 200:
                assert reader.page.locator(f'a[href="{address}"]').count() == 0, where
                assert headline not in reader.text(), where
        assert address not in served.http.get(f"{front}feed.xml").text
        for where, status in served.addresses().items():
            if status == 200 and where.endswith(("/", ".xml")):
                assert address not in served.http.get(where).text, where
        desk.blameless()
        reader.blameless("410 (Gone)")


def option(page: Page, name: str) -> str:
    """The label of the section `name` in a list of sections, however it is indented."""
    page.locator("#take select").wait_for()
    labels = page.locator("#take select option").all_inner_texts()
    return next(label for label in labels if label.strip(" –—\u00a0↳").endswith(name))


def open_menu(page: Page) -> None:
    page.locator("footer .w-dropdown button, footer [data-w-dropdown-target='toggle']").first.click()


def publish(page: Page) -> None:
    open_menu(page)
    page.get_by_role("button", name="Publish", exact=True).click()


def test_a_reporter_writes_but_neither_publishes_nor_kills(browser: Browser, served: Serving) -> None:
    number, live = served.inside(some_live_story)
    with Watched(browser, served) as desk:
        desk.sign_in("kojo")
        page = desk.page
        page.get_by_role("link", name="New story").first.click()
        page.get_by_role("link", name="Sport", exact=False).first.click()
        page.locator("#id_title").fill("A reporter's own story")
        open_menu(page)
        page.get_by_role("button", name=re.compile("^Submit")).first.wait_for()
        for verb in ("Publish", "Kill", "Withhold"):
            assert page.get_by_role("button", name=verb, exact=True).count() == 0
            assert page.get_by_role("link", name=verb, exact=True).count() == 0
        page.get_by_role("button", name=re.compile("^Submit")).first.click()
        page.wait_for_url("**/newsroom/desk/**")
        page.get_by_role("link", name="A reporter's own story").first.wait_for()
        page.goto("/newsroom/desk/")
        for verb in ("Kill", "Withhold", "Correct", "Publish"):
            assert page.get_by_role("link", name=verb, exact=True).count() == 0
        desk.blameless()
    # What the screens do not offer is not there for the asking either.
    with served.signed_in("kojo") as asks:
        token = parsed(asks.get("/newsroom/account/").text).xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
        form = {"csrfmiddlewaretoken": token, "reason": "x", "wording": "x", "kind": "correction", "text": "x"}
        for address in (
            f"/newsroom/desk/stories/{number}/kill/",
            f"/newsroom/desk/stories/{number}/withhold/",
            f"/newsroom/desk/stories/{number}/correct/",
            f"/newsroom/pages/{number}/unpublish/",
        ):
            for answer in (asks.get(address), asks.post(address, data=form, headers={"referer": served.url + address})):
                assert answer.status_code in {302, 403}, address
                assert "takedowns" not in answer.headers.get("location", "")
        form = {"csrfmiddlewaretoken": token, "title": "Taken over", "action-publish": "action-publish"}
        asks.post(f"/newsroom/pages/{number}/edit/", data=form, headers={"referer": served.url})
    served.at_rest()
    after = served.http.get(live)
    assert after.status_code == 200
    assert "Taken over" not in after.text
    assert served.inside(takedowns_of, number) == 0


def some_live_story() -> tuple[int, str]:
    from standfirst.stories.models import Story

    story = Story.objects.filter(live=True, language="en").order_by("-pk").first()
    assert story is not None
    return story.pk, story.get_url_parts()[2]


def takedowns_of(number: int) -> int:
    from standfirst.stories.models import Correction, Takedown

    return Takedown.objects.filter(story=number).count() + Correction.objects.filter(story=number, text="x").count()


def test_a_reader_asks_nobody_else_and_meets_no_error(browser: Browser, served: Serving, tmp_path: Path) -> None:
    addresses = list(served.addresses())
    story = [
        a for a in addresses if re.search(r"/\d{4}/\d\d/\d\d/[^/]+/$", a) and served.http.get(a).status_code == 200
    ]
    kinds = ["/", "/news/", next(a for a in addresses if re.fullmatch(r"/\d{4}/\d\d/\d\d/", a)), story[0], story[-1]]
    kinds += [a for a in addresses if re.fullmatch(r"/authors/[^/]+/", a)][:2]
    for width in (360, 1280):
        with Watched(browser, served) as reader:
            reader.page.set_viewport_size({"width": width, "height": 800})
            for number, address in enumerate(kinds):
                assert reader.go(address) == 200
                wide = reader.page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert wide <= 0, f"{address} is {wide} px wider than a screen of {width} px"
                broken = reader.page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).length")
                assert broken == 0, address
                reader.page.screenshot(path=tmp_path / f"{number}-{width}.png")
            reader.blameless()
