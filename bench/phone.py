"""What a page costs a reader with a cheap telephone, and what Lighthouse says of it.

    python -m bench.phone --rounds 5

The demonstration newsroom, with its real pictures, is made in a temporary folder and served by the real processes. For
a story with a lead picture, the front, a section and the search, Chromium opens the page as a telephone of 360 points
and two or three dots a point does, and everything that it asks for is counted as it went over the line: before the
reader has scrolled, and when they have read to the end. Then Lighthouse (npm; `make check-pages` installs it) looks at
each page, as a middling telephone on a slow line. It takes 18 seconds a page; let nothing else run meanwhile.

Bars: 50 KB of HTML, styles and scripts, at most 14 KB of it before the first paint; 90 KB with the lead picture; 120 KB
for a front with the pictures on the first screen; every score of Lighthouse at least 99.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench import machine, processes, running

CHECKERS = machine.ROOT / "tests" / "checkers" / "node_modules"
PATIENCE = 180.0
TELEPHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
SCORES = ("performance", "accessibility", "best-practices", "seo")


@contextmanager
def demonstration() -> Iterator[str]:
    """The demonstration newsroom, served; yields its address."""
    from standfirst.kit.listening import free_port

    port = free_port(8400)
    with running.folder() as home:
        environ = {**os.environ, "STANDFIRST_HOME": str(home), "PORT": str(port)}
        serving = subprocess.Popen(
            [sys.executable, "-m", "standfirst", "demo", "--quiet-wire"],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address, home, serving, environ)
            yield address
        finally:
            processes.stop(serving, 60)


def _await(address: str, home: Path, serving: subprocess.Popen[bytes], environ: dict[str, str]) -> None:
    """Until the front answers and nothing waits to be printed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if serving.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("The demonstration newsroom did not come up.")
        time.sleep(2)
        try:
            if httpx.get(f"{address}/").status_code != 200:
                continue
        except httpx.HTTPError:
            continue
        status = [sys.executable, "-m", "standfirst", "press", "status", "--json"]
        told = subprocess.run(status, env=environ, capture_output=True, text=True, check=False).stdout
        if told and not any(json.loads(told)["backlog"].values()):
            time.sleep(20)  # copies that are made when there is nothing else to do
            return


def _packed(address: str, paths: Iterable[str]) -> None:
    """Until these pages and what they cannot be shown without have their small twins, as they have in life some minutes
    after they were printed."""
    from lxml import html

    wanted = set(paths)
    for path in paths:
        wanted.update(html.fromstring(httpx.get(address + path).content).xpath("//link[@rel='stylesheet']/@href"))
    deadline = time.monotonic() + 4 * PATIENCE
    for path in sorted(wanted):
        while httpx.get(address + path, headers={"accept-encoding": "br"}).headers.get("content-encoding") != "br":
            if time.monotonic() > deadline:
                raise SystemExit(f"{path} was not packed small.")
            time.sleep(2)


def pages(address: str) -> dict[str, str]:
    """A page of each kind that is measured: its path."""
    from lxml import html

    front = html.fromstring(httpx.get(f"{address}/").content)
    section = front.xpath("//nav[@class='menu']//a/@href")[1]
    story = next(
        path
        for path in front.xpath("//article[.//img]//a/@href")
        if b'fetchpriority="high"' in httpx.get(f"{address}{path}").content
    )
    found = {"story": story, "front": "/", "section": section}
    search = httpx.get(f"{address}/search?q=harbour")
    return found | ({"search": "/search?q=harbour"} if search.status_code == 200 else {})


# --- bytes ---------------------------------------------------------------------------------------------------------


def weigh(browser: Any, address: str, path: str, dots: float) -> dict[str, Any]:
    """Kilobytes by kind, before scrolling and to the end, on a telephone of so many dots a point."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640},
        device_scale_factor=dots,
        is_mobile=True,
        has_touch=True,
        user_agent=TELEPHONE,
    )
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        kinds: dict[str, str] = {}
        weights: dict[str, float] = defaultdict(float)
        session.on("Network.responseReceived", lambda it: kinds.__setitem__(it["requestId"], it["type"]))
        session.on(
            "Network.loadingFinished",
            lambda it: weights.__setitem__(
                kinds.get(it["requestId"], "Other"),
                weights[kinds.get(it["requestId"], "Other")] + it["encodedDataLength"] / 1024,
            ),
        )
        page.goto(address + path, wait_until="load")
        page.wait_for_timeout(800)
        first = dict(weights)
        page.evaluate(
            "async () => { for (let y = 0; y < document.body.scrollHeight; y += 320) {"
            " scrollTo(0, y); await new Promise((done) => setTimeout(done, 60)); } }"
        )
        page.wait_for_timeout(800)
        # Styles and the page itself stand in the way of the first paint; modules, faces and pictures do not.
        blocking = first.get("Document", 0) + first.get("Stylesheet", 0)
        written = blocking + first.get("Script", 0)
        return {
            "before_paint_kb": round(blocking, 1),
            "written_kb": round(written, 1),
            "face_kb": round(first.get("Font", 0), 1),
            "pictures_kb": round(first.get("Image", 0), 1),
            "first_view_kb": round(sum(first.values()), 1),
            "to_the_end_kb": round(sum(weights.values()), 1),
        }
    finally:
        context.close()


# --- Lighthouse ----------------------------------------------------------------------------------------------------


def lighthouse(chromium: str, url: str) -> dict[str, int]:
    """Its four scores, of 100, for a page on a middling telephone and a slow line."""
    command = [
        *(str(CHECKERS / ".bin" / "lighthouse"), url, "--quiet", "--output=json", "--output-path=stdout"),
        "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu",
        f"--only-categories={','.join(SCORES)}",
    ]
    ran = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, timeout=180, check=False
    )
    try:
        categories = json.loads(ran.stdout)["categories"]
    except (ValueError, KeyError):
        raise SystemExit(f"Lighthouse did not answer: {ran.stderr[-500:]}") from None
    return {name: round(100 * (categories[name]["score"] or 0)) for name in SCORES}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.phone", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often Lighthouse looks (default: %(default)s)")
    asked = parser.parse_args()
    machine.end_cleanly()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        machine.skip("This needs Chromium. On Debian and Ubuntu: apt install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        machine.skip("This needs the browser's driver (playwright), which `make test` installs.")
    about = machine.describe(Chromium=machine.version(chromium, "--version"))
    with demonstration() as address:
        found: dict[str, Any] = {}
        paths = pages(address)
        _packed(
            address, [path for name, path in paths.items() if name != "search"]
        )  # that is packed as it is asked for
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
            for name, path in paths.items():
                found[name] = {f"{dots} dots": weigh(browser, address, path, dots) for dots in (2, 3)}
            browser.close()
        if asked.rounds and (CHECKERS / "lighthouse").is_dir():
            looks: dict[str, list[dict[str, int]]] = defaultdict(list)
            for number in range(asked.rounds):
                for name, path in paths.items():
                    machine.say(f"Round {number + 1} of {asked.rounds}: Lighthouse looks at the {name}.")
                    looks[name].append(lighthouse(chromium, address + path))
            for name, scores in looks.items():
                found[name]["lighthouse"] = {
                    score: {
                        "median": statistics.median(each[score] for each in scores),
                        "least": min(each[score] for each in scores),
                        "most": max(each[score] for each in scores),
                    }
                    for score in SCORES
                }
    print(json.dumps(found, indent=1))
    machine.save("phone", {"about": about, "rounds": asked.rounds, "pages": found})


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
