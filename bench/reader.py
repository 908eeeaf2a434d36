"""Measures what readers are served by: the reader process, nginx on the same files, and plain Wagtail on the same copy.

    python -m bench.reader --stories 3000

A newsroom is made and printed in a temporary folder. Then, at 64 connections, in rounds that take turns so that all
have the same machine: the reader process with its pages in memory; the reader process with next to no memory, so that
each page comes from the disk (in fact from the kernel's memory); nginx with `gzip_static` and no open-file cache on the
same folder; and a plain Wagtail site (`bench/wagtail_plain/`), two granian workers on SQLite. First one story page,
then stories at random. The load comes from `wrk`, one thread, on the same cores as everything else; nothing is pinned.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from bench import copies, machine
from bench.load import BROWSER, CONNECTIONS, WARM, Round, addresses, look_at, ratio, round_on, summed_up
from bench.processes import answers, family, free_port, measured, peaks_mb, serving, shared_out_mb

MIX = 3000
BARS = {
    "memory_to_nginx": 0.5,
    "disk_to_nginx": 0.4,
    "memory_to_wagtail": 300,
    "p99_ms": 20,
}
NAMES = {
    "memory": "reader, from memory",
    "disk": "reader, from disk",
    "nginx": "nginx, gzip_static",
    "wagtail": "plain Wagtail",
}


@dataclass(frozen=True)
class Server:
    """One of those compared: where it listens, its first process, the paths of one story and of many, and what those
    stories are called."""

    name: str
    base: str
    pid: int
    one: Path
    many: Path
    headlines: dict[str, str]


# --- the servers --------------------------------------------------------------------------------------------------


@contextmanager
def our_reader(home: Path, folder: Path, megabytes: float) -> Iterator[tuple[str, int]]:
    """The reader process on a newsroom's output folder."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "standfirst.reader", "--home", str(home), "--port", str(port)]
    with serving(
        [*command, "--memory", str(megabytes)],
        lambda: answers(f"{base}/"),
        log=folder / f"reader-{megabytes}.log",
        environ=copies.environment(home),
    ) as pid:
        yield base, pid


@contextmanager
def nginx(output: Path, folder: Path, upstream: str = "") -> Iterator[tuple[str, int]]:
    """nginx on a folder of pages as Debian sets it up, without its log; or, with `upstream`, in front of PHP."""
    port, place = free_port(), folder / f"nginx-{free_port()}"
    place.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    # Ignored where we are not root; else its workers would be somebody who may not read a temporary folder.
    pages = f"root {output}; index index.html; gzip_static on; location / {{ try_files $uri $uri/index.html =404; }}"
    text = f"""
daemon off; user root; worker_processes auto; pid {place}/pid; error_log {place}/errors crit;
events {{ worker_connections 768; }}
http {{
    sendfile on; tcp_nopush on; types_hash_max_size 2048; include /etc/nginx/mime.types;
    default_type application/octet-stream; access_log off; keepalive_requests 1000000;
    {" ".join(f"{kind}_temp_path {place}/{kind};" for kind in kinds)}
    server {{ listen 127.0.0.1:{port} backlog=2048; {upstream or pages} }}
}}
"""
    file = place / "nginx.conf"
    file.write_text(text)
    base = f"http://127.0.0.1:{port}"
    command = [machine.program("nginx") or "nginx", "-p", str(place), "-e", str(place / "errors"), "-c", str(file)]
    with serving(command, lambda: answers(f"{base}/"), log=place / "log") as pid:
        yield base, pid


@contextmanager
def wagtail(copy: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """The plain Wagtail site with the newsroom's copy, served by two granian workers."""
    environ = {"PLAIN_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "bench.wagtail_plain.settings"}
    machine.say("Loading the copy into plain Wagtail ...")
    measured([sys.executable, "-m", "bench.wagtail_plain.load", str(copy)], environ=environ)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--port", str(port)]
    more = ["--host", "127.0.0.1", "--backlog", "2048", "--no-access-log", "bench.wagtail_plain.wsgi:application"]
    with serving([*command, *more], lambda: answers(f"{base}/"), log=folder / "wagtail.log", environ=environ) as pid:
        yield base, pid


# --- measuring ----------------------------------------------------------------------------------------------------


def measure(stories: int, seconds: float, rounds: int) -> machine.Figures:
    """The newsroom, the servers, the rounds."""
    peers = {name: machine.version(found, "-v") for name in ("wrk", "nginx") if (found := machine.program(name))}
    about = machine.describe(**peers, **_libraries())
    home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
    try:
        copies.newsroom(home, stories)
        copies.printed(home)
        copy = copies.Copy(copies.exported(home))
        folder = home / "peers"
        folder.mkdir()
        with ExitStack() as running:
            servers = list(_servers(home, copy, folder, running))
            return {"about": about, "stories": stories, "seconds": seconds, **_rounds(servers, seconds, rounds)}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("granian", "wagtail", "django")}


def _servers(home: Path, copy: copies.Copy, folder: Path, running: ExitStack) -> Iterator[Server]:
    dice = random.Random(4)
    every = list(copy.of("story"))
    some = dice.sample(every, min(MIX, len(every)))
    # A page of ordinary length: the median one.
    page = sorted(every, key=lambda story: sum(len(block.get("html", "")) for block in story["body"]))[len(every) // 2]
    headlines = {quote(story["path"]): story["headline"] for story in (*some, page)}
    paths = [quote(story["path"]) for story in some]
    one, many = addresses(folder / "one", [quote(page["path"])]), addresses(folder / "many", paths)
    # Plain Wagtail's addresses have no day.
    undated = re.compile(r"/\d{4}/\d\d/\d\d(?=/)")
    plain_one = addresses(folder / "plain-one", [undated.sub("", quote(page["path"]))])
    plain_many = addresses(folder / "plain-many", [undated.sub("", path) for path in paths])
    plain_headlines = {undated.sub("", path): headline for path, headline in headlines.items()}

    base, pid = running.enter_context(our_reader(home, folder, 256))
    yield Server("memory", base, pid, one, many, headlines)
    base, pid = running.enter_context(our_reader(home, folder, 0.001))
    yield Server("disk", base, pid, one, many, headlines)
    if machine.program("nginx"):
        base, pid = running.enter_context(nginx(home / "output" / "pages", folder))
        yield Server("nginx", base, pid, one, many, headlines)
    base, pid = running.enter_context(wagtail(copy.file, folder))
    yield Server("wagtail", base, pid, plain_one, plain_many, plain_headlines)


def _rounds(servers: list[Server], seconds: float, rounds: int) -> machine.Figures:
    found: machine.Figures = {"connections": CONNECTIONS, "pages": {}}
    for server in servers:
        look_at(server.base, server.headlines)
        found["pages"][server.name] = _page(server)
    for kind in ("one", "many"):
        told: dict[str, list[Round]] = {server.name: [] for server in servers}
        for server in servers:
            round_on(server.base, getattr(server, kind), [server.pid], WARM, seed=1)
        for turn in range(rounds):
            for server in servers:
                each = round_on(server.base, getattr(server, kind), [server.pid], seconds, seed=turn + 2)
                told[server.name].append(each)
                machine.say(
                    f"  {'one page' if kind == 'one' else 'at random'}, round {turn + 1} of {rounds}: "
                    f"{NAMES[server.name]:20} {each.a_second:9,.0f} a second, p99 {each.p99_ms:7.1f} ms"
                )
        found[kind] = {
            "servers": {name: summed_up(each) for name, each in told.items()},
            **{
                f"{a}_to_{b}": ratio(told[a], told[b])
                for a, b in (("memory", "nginx"), ("disk", "nginx"), ("memory", "wagtail"))
                if b in told
            },
        }
    found["memory"] = {
        server.name: {
            "processes": len(family(server.pid)),
            "peak_mb": round(sum(peaks_mb(server.pid).values())),
            "shared_out_mb": round(shared_out_mb(server.pid)),
        }
        for server in servers
    }
    return found


def _page(server: Server) -> machine.Figures:
    """The one page as it comes: looked at before anything is measured, so that errors are not taken for speed."""
    path = server.one.read_text().strip()
    headers = {"User-Agent": BROWSER, "Accept-Encoding": "gzip"}
    with httpx.stream("GET", server.base + path, headers=headers, trust_env=False, timeout=60) as answer:
        sent = sum(len(piece) for piece in answer.iter_raw())
        coding = answer.headers.get("content-encoding", "none")
        status = answer.status_code
    whole = len(httpx.get(server.base + path, headers=headers, trust_env=False, timeout=60).content)
    if status != 200 or whole < 3000:
        raise SystemExit(f"{NAMES[server.name]} answers {status} with {whole} bytes at {path}.")
    return {"bytes": whole, "sent": sent, "coding": coding}


def tell(found: machine.Figures) -> None:
    """The figures with the bars beside them."""
    print(f"{found['about']['cores']} cores, {found['about']['cpu']}, load before {found['about']['load_before'][0]}")
    for kind, title in (("one", "one story page"), ("many", "stories at random")):
        print(f"\n{title}: requests a second (least-most), p50 / p99 ms, CPU s per 1,000, wrk's and others' CPU")
        for name, each in found[kind]["servers"].items():
            speed = each["requests_a_second"]
            print(
                f"  {NAMES[name]:20} {speed['median']:9,.0f} ({speed['least']:,.0f}-{speed['most']:,.0f})"
                f"  {each['p50_ms']['median']:.1f} / {each['p99_ms']['median']:.1f}"
                f"  {each['cpu_s_per_1000']['median']:.3f}"
                f"  {each['load_cpu_percent']['median']:.0f}%  {each['others_cpu_percent_of_machine']['median']:.0f}%"
            )
        for bar in (name for name in BARS if name in found[kind]):
            got = found[kind][bar]["median"]
            print(f"  {bar:20} {got:9.2f}  bar {BARS[bar]}: {'held' if got >= BARS[bar] else 'missed'}")
        p99 = found[kind]["servers"]["memory"]["p99_ms"]["median"]
        held = "held" if p99 <= BARS["p99_ms"] else "missed"
        print(f"  {'p99, from memory':20} {p99:9.2f}  bar {BARS['p99_ms']}: {held}")
    print("\nmemory, MB (peaks added up; shared out now):")
    for name, each in found["memory"].items():
        print(f"  {NAMES[name]:20} {each['peak_mb']:6} {each['shared_out_mb']:6}  in {each['processes']} processes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=5, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if lacking := machine.lacks("wrk"):
        machine.skip(lacking)
    if lacking := machine.lacks("nginx"):
        machine.say(f"{lacking}. The others are measured without it.")
    machine.end_cleanly()
    found = measure(asked.stories, asked.seconds, asked.rounds)
    tell(found)
    machine.save("reader", {**found, "bars": BARS})


if __name__ == "__main__":
    main()
