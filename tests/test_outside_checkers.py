"""What checkers that nobody here wrote say of readers' pages: axe, the Nu validator, html-validate.

`make check-pages` installs them from npm and runs these tests; `make test` leaves them out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.checking import HERE, MODULES, command, require_modules, sample
from tests.kinds import html_pages
from tests.running import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.checkers

SAMPLE = 12
"""Pages of each kind that are looked at: the longest, the shortest, and some between."""

SHOWN = 3
"""Pages of each kind that the browser opens in each way."""

WAYS: dict[str, dict[str, Any]] = {
    "light, on a phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "dark, on a phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    "light, on a desk": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark, on a desk": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
}

REPEATS = {"landmark-unique", "unique-landmark", "landmark-no-duplicate-main"}
"""What the page of patterns breaks by its nature: it shows each component several times."""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    require_modules("axe-core", "vnu-jar", "html-validate")


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
def pages(served: Serving, kept: dict[str, Any]) -> dict[str, dict[str, bytes]]:
    """Some pages of each kind of HTML, by kind and address."""
    if not kept:
        for kind, bodies in html_pages(served).items():
            sizes = {address: len(body) for address, body in bodies.items()}
            kept[kind] = {address: bodies[address] for address in sample(list(bodies), sizes, SAMPLE)}
    return kept


@pytest.fixture
def files(pages: dict[str, dict[str, bytes]], tmp_path: Path) -> dict[str, str]:
    """The same as files: name -> kind and address."""
    found: dict[str, str] = {}
    for kind, bodies in pages.items():
        for number, (address, body) in enumerate(bodies.items()):
            file = tmp_path / f"{kind}-{number}.html"
            file.write_bytes(body)
            found[str(file)] = f"{kind} {address}"
    return found


def test_the_nu_validator_finds_nothing(files: dict[str, str]) -> None:
    java = command("java", "The Nu validator needs it (Debian: default-jre-headless).")
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    ran = subprocess.run(
        [java, "-jar", str(jar), "--format", "json", "--exit-zero-always", *files],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    said = json.loads(ran.stderr)["messages"]
    assert [(files[one["url"].removeprefix("file:")], one["message"], one.get("extract")) for one in said] == []


def test_html_validate_finds_nothing(files: dict[str, str], tmp_path: Path) -> None:
    command = [str(MODULES / ".bin" / "html-validate"), "--config", str(HERE / ".htmlvalidate.json"), "-f", "json"]
    # Into a file: it ends before a pipe has taken all that it says.
    with (tmp_path / "said.json").open("w+", encoding="utf-8") as out:
        subprocess.run([*command, *files], stdout=out, timeout=300, check=False)
        out.seek(0)
        report = json.load(out)
    said = [
        (files[file["filePath"]], one["ruleId"], one["message"], one.get("selector"))
        for file in report
        for one in file["messages"]
        if not (files[file["filePath"]].startswith("patterns ") and one["ruleId"] in REPEATS)
    ]
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing_that_keeps_anybody_out(
    way: str, browser: Browser, served: Serving, pages: dict[str, dict[str, bytes]]
) -> None:
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    # The pages' own policy forbids scripts, axe's too.
    context = browser.new_context(base_url=served.url, bypass_csp=True, **WAYS[way])
    found = []
    try:
        page = context.new_page()
        for kind, bodies in pages.items():
            sizes = {address: len(body) for address, body in bodies.items()}
            arabic = [address for address, body in bodies.items() if b'dir="rtl"' in body[:200]]
            for address in {*sample(list(bodies), sizes, SHOWN), *arabic[:1]}:
                page.goto(address)
                page.evaluate(axe)
                violations = page.evaluate("async () => (await axe.run(document)).violations")
                found += [
                    (kind, address, one["id"], one["help"], one["nodes"][0]["html"][:200])
                    for one in violations
                    if not (kind == "patterns" and one["id"] in REPEATS)
                ]
    finally:
        context.close()
    assert found == []
