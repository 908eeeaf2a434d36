"""Writes a newsroom's copy down as a Hugo site: content with front matter, data, and the theme beside this file.

Two ways, since there are two fair comparisons:

    same       what our press prints, page for page: related lists are given (ours are rows, too), the rail and Top 3
               stand only on the pages that are hot, older copy is on day pages; bodies are HTML, which Hugo copies
    ordinary   what a Hugo site does by itself: it finds related stories, every story has rail and Top 3, sections are
               paginated, bodies are Markdown
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bench.copies import Copy

HERE = Path(__file__).parent
WAYS = ("same", "ordinary")
LAGOS = timezone(timedelta(hours=1))
"""The bench's newsroom keeps this time the whole year."""


def write(copy: Copy, site: Path, way: str, assets: Path | None = None) -> int:
    """The site in folder `site`; `assets` is a folder of ours whose style sheet and icon are taken along.

    Returns how many stories there are.
    """
    same = way == "same"
    shutil.copytree(HERE / "layouts", site / "layouts")
    (site / "config.toml").write_text((HERE / "config.toml").read_text() + _config(same))
    _assets(site, assets)

    folders: dict[int, str] = {}
    for place, section in enumerate(copy.of("section")):
        folders[section["id"]] = section["path"].strip("/")
        front = {"title": section["name"], "weight": place + 1, "standfirst": section.get("standfirst", "")}
        _put(site / "content" / folders[section["id"]] / "_index.md", front)
    authors: dict[int, str] = {}
    for author in copy.of("author"):
        authors[author["id"]] = slug = author["path"].rstrip("/").rpartition("/")[2]
        front = {"title": author["name"], "role": author.get("role", ""), "bio": author.get("bio", "")}
        _put(site / "content" / "authors" / slug / "_index.md", front)

    pages = {story["id"]: f"/{folders[story['section']]}/{story['id']}" for story in copy.of("story")}
    related = {found["id"]: found["stories"] for found in copy.of("related")} if same else {}
    days: set[str] = set()
    for story in copy.of("story"):
        days.add(story["day"])
        front = {
            "title": story["headline"],
            "date": datetime.fromisoformat(story["published"]).astimezone(LAGOS).isoformat(),
            "url": story["path"],
            "kicker": story.get("kicker", ""),
            "standfirst": story.get("standfirst", ""),
            "authors": [authors[id] for id in story.get("authors", ())],
        }
        if same:
            front["days"] = [story["day"]]
            front["related"] = [pages[id] for id in related.get(story["id"], ()) if id in pages]
        body = _html(story["body"]) if same else _markdown(story["body"])
        _put(site / "content" / f"{pages[story['id']][1:]}.{'html' if same else 'md'}", front, body)
    if same:
        _days(site, sorted(days))
    top = [pages[id] for ranking in copy.of("ranking") for id in ranking["stories"][:3] if id in pages]
    rails = {"top": top, "hot": [hot["id"] for hot in copy.of("hot")]}
    (site / "data").mkdir()
    (site / "data" / "rails.json").write_text(json.dumps(rails))
    return len(pages)


def _config(same: bool) -> str:
    lines = ["", "[params]", f"days = {str(same).lower()}", "", "[taxonomies]", 'author = "authors"']
    if same:
        return "\n".join([*lines, 'day = "days"', ""])
    lines += ["", "[related]", "threshold = 1", "includeNewer = true"]
    for name, weight in (("kicker", 100), ("authors", 50), ("date", 10)):
        lines += ["", "[[related.indices]]", f'name = "{name}"', f"weight = {weight}"]
    return "\n".join([*lines, ""])


def _assets(site: Path, assets: Path | None) -> None:
    static = site / "static" / "assets"
    static.mkdir(parents=True)
    for name in ("site.css", "icon.svg"):
        stem, _, ending = name.partition(".")
        found = sorted(assets.glob(f"{stem}.*{ending}")) if assets else []
        (static / name).write_bytes(found[0].read_bytes() if found else b"")


def _put(file: Path, front: Mapping[str, Any], body: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # JSON is one of the forms that Hugo takes before a body, and needs no quoting of ours.
    file.write_text(f"{json.dumps(front, ensure_ascii=False, indent=1)}\n\n{body}", encoding="utf-8")


def _html(blocks: list[dict[str, Any]]) -> str:
    return "".join(f"<p>{block['html']}</p>\n" for block in blocks if block["type"] == "paragraph")


def _markdown(blocks: list[dict[str, Any]]) -> str:
    # What Markdown would take for marks is escaped; HTML inside of a paragraph is Markdown, too.
    parts = [re.sub(r"([\\`*_\[\]#])", r"\\\1", block["html"]) for block in blocks if block["type"] == "paragraph"]
    return "\n\n".join(parts) + "\n"


def _days(site: Path, days: list[str]) -> None:
    for place, day in enumerate(days):
        front: dict[str, Any] = {
            "title": f"{date.fromisoformat(day):%A} {_short(day)}",
            "url": _address(day),
            "day": day,
            "short": _short(day),
        }
        if place:
            front["before"] = {"url": _address(days[place - 1]), "name": _short(days[place - 1])}
        if place + 1 < len(days):
            front["after"] = {"url": _address(days[place + 1]), "name": _short(days[place + 1])}
        _put(site / "content" / "days" / day / "_index.md", front)


def _address(day: str) -> str:
    return f"/{day.replace('-', '/')}/"


def _short(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day} {when:%B %Y}"
