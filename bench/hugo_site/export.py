"""Writes a newsroom's copy down as a Hugo site: content with front matter, data, and the theme beside this file.

Two ways, since there are two fair comparisons:

    same       what our press prints, file for file: a page and an ninjs document of each story; fronts, topics and
               authors with their RSS, Atom, JSON Feed and ninjs; days, months, sitemaps. Related lists, ids for
               machines, a story's sitemap and the calendars of months are given (ours are rows, or made once); the rail
               and Top 3 stand only on the pages that are hot; bodies are HTML, which Hugo copies
    ordinary   what a Hugo site does by itself, in the same design: it finds related stories, every story has rail and
               Top 3, sections are paginated, bodies are Markdown; feeds are RSS, of sections
"""

from __future__ import annotations

import json
import re
import shutil
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from bench.copies import ORIGIN, Copy

HERE = Path(__file__).parent
WAYS = ("same", "ordinary")
LAGOS = timezone(timedelta(hours=1))
"""The bench's newsroom keeps this time the whole year."""
ASSETS = {
    "style": "site.css",
    "icon": "icon.svg",
    "face": "headline.woff2",
    "script": "savedata.js",
    "share": "share.js",
    "rails": "rails.js",
}
"""What the pages load, by the name that the templates know it by."""
HIDDEN = {"render": "always", "list": "never"}
"""How Hugo is told to print a page that no list has."""


def write(copy: Copy, site: Path, way: str, assets: Path | None = None) -> int:
    """The site in folder `site`; `assets` is a folder of ours whose files are taken along.

    Returns how many stories there are.
    """
    same = way == "same"
    shutil.copytree(HERE / "layouts", site / "layouts")
    (site / "config.toml").write_text(_config(same, _assets(site, assets)))
    newsroom = next((record.get("newsroom", "") for record in copy.of("site")), "")

    def named(kind: str, id: int) -> str:
        return uuid5(UUID(newsroom) if newsroom else NAMESPACE_URL, f"{kind}:{id}").urn

    filled = {id for story in copy.of("story") for id in story["sections"]}
    folders: dict[int, str] = {}
    for place, section in enumerate(copy.of("section")):
        folders[section["id"]] = section["path"].strip("/")
        front = {
            "title": section["name"],
            "weight": place + 1,
            "standfirst": section.get("standfirst", ""),
            "identity": named("section", section["id"]),
            "number": section["id"],
        }
        _put(site / "content" / folders[section["id"]] / "_index.md", front)
        if same and folders[section["id"]] and section["id"] in filled:
            address = f"/rails/{section['id']}.html"
            _page(site, f"rails-{section['id']}", section["name"], address, "rails", about=section["path"].rstrip("/"))
    authors: dict[int, str] = {}
    for author in copy.of("author"):
        authors[author["id"]] = slug = _slug(author)
        front = {
            "title": author["name"],
            "role": author.get("role", ""),
            "bio": author.get("bio", ""),
            "identity": named("author", author["id"]),
        }
        _put(site / "content" / "authors" / slug / "_index.md", front)
    used = {topic for story in copy.of("story") for topic in story.get("topics", ())} if same else set()
    # A story names its topics by the alphabet.
    topics = {topic["id"]: topic for topic in sorted(copy.of("topic"), key=lambda each: each["name"].casefold())}
    for id in used & topics.keys():
        front = {"title": topics[id]["name"], "identity": named("topic", id)}
        _put(site / "content" / "topics" / _slug(topics[id]) / "_index.md", front)

    pages = {story["id"]: f"/{folders[story['section']]}/{story['id']}" for story in copy.of("story")}
    related = {found["id"]: found["stories"] for found in copy.of("related")} if same else {}
    days: set[str] = set()
    sheets: set[str] = set()
    for story in copy.of("story"):
        days.add(story["day"])
        front = {
            "title": story["headline"],
            "date": datetime.fromisoformat(story["published"]).astimezone(LAGOS).isoformat(),
            "url": story["path"],
            "kicker": story.get("kicker", ""),
            "standfirst": story.get("standfirst", ""),
            "authors": [authors[id] for id in story.get("authors", ())],
            "identity": named("story", story["id"]),
        }
        if same:
            about = set(story.get("topics", ()))
            front["number"] = story["id"]
            front["topics"] = [_slug(topic) for id, topic in topics.items() if id in about]
            front["days"] = [story["day"]]
            front["sheets"] = [sheet] if (sheet := story.get("sheet", "")) else []
            front["related"] = [pages[id] for id in related.get(story["id"], ()) if id in pages]
            sheets.update(front["sheets"])
        body = _html(story["body"]) if same else _markdown(story["body"])
        _put(site / "content" / f"{pages[story['id']][1:]}.{'html' if same else 'md'}", front, body)
    if same:
        _days(site, sorted(days))
        _months(site, days)
        _sitemaps(site, sheets)
        _others(site)
    top = [pages[id] for ranking in copy.of("ranking") for id in ranking["stories"] if id in pages]
    rails = {"top": top, "hot": [hot["id"] for hot in copy.of("hot")]}
    (site / "data").mkdir()
    (site / "data" / "rails.json").write_text(json.dumps(rails))
    (site / "data" / "terms.json").write_text(
        json.dumps(
            {
                "authors": {_slug(each): _term(each) for each in copy.of("author")},
                "topics": {_slug(each): _term(each) for each in topics.values() if same},
            }
        )
    )
    return len(pages)


def _slug(record: Mapping[str, Any]) -> str:
    return str(record["path"]).rstrip("/").rpartition("/")[2]


def _term(record: Mapping[str, Any]) -> dict[str, str]:
    """What a story says of its author or topic. Given as data, since Hugo's `GetTerms` looks through all terms."""
    path = str(record["path"])
    told = {"name": record["name"], "url": path, "link": f"{ORIGIN}{path}"}
    return told | {name: record.get(name, "") for name in ("role", "bio")}


def _config(same: bool, assets: Mapping[str, str]) -> str:
    lists = ["HTML", "RSS", "ATOM", "JSONFEED", "NINJS"] if same else ["HTML", "RSS"]
    outputs = {"home": lists, "section": lists, "term": lists if same else ["HTML"]}
    outputs |= {"taxonomy": ["HTML"], "page": ["HTML", "NINJS"] if same else ["HTML"]}
    taxonomies = {"author": "authors"} | ({"topic": "topics", "day": "days", "sheet": "sheets"} if same else {})
    lines = [
        f"disableKinds = {json.dumps([] if same else ['taxonomy', 'sitemap', 'robotsTXT', '404'])}",
        f"enableRobotsTXT = {json.dumps(same)}",
    ]
    # Plain keys stand before the tables of the file that these lines are put in front of.
    tables = ["", "[params]", f"days = {json.dumps(same)}", "", "[params.assets]"]
    tables += [f"{name} = {json.dumps(path)}" for name, path in assets.items()]
    tables += ["", "[taxonomies]", *(f"{one} = {json.dumps(many)}" for one, many in taxonomies.items())]
    tables += ["", "[outputs]", *(f"{kind} = {json.dumps(formats)}" for kind, formats in outputs.items())]
    if not same:
        tables += ["", "[related]", "threshold = 1", "includeNewer = true"]
        for name, weight in (("kicker", 100), ("authors", 50), ("date", 10)):
            tables += ["", "[[related.indices]]", f'name = "{name}"', f"weight = {weight}"]
    return "\n".join([*lines, (HERE / "config.toml").read_text(), *tables, ""])


def _assets(site: Path, assets: Path | None) -> dict[str, str]:
    """Puts the files where the pages look for them. Returns the address of each that the pages name."""
    static = site / "static" / "assets"
    static.mkdir(parents=True)
    for file in assets.iterdir() if assets else ():
        if file.suffix not in (".gz", ".br"):
            shutil.copyfile(file, static / file.name)
    found = {}
    for name, plain in ASSETS.items():
        stem, _, ending = plain.partition(".")
        there = sorted(static.glob(f"{stem}.*{ending}"))
        found[name] = f"/assets/{there[0].name if there else plain}"
    return found


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
            "title": _full(date.fromisoformat(day)),
            "outputs": ["HTML"],
            "url": _address(day),
            "day": day,
            "short": _short(day),
        }
        if place:
            front["before"] = {"url": _address(days[place - 1]), "name": _short(days[place - 1])}
        if place + 1 < len(days):
            front["after"] = {"url": _address(days[place + 1]), "name": _short(days[place + 1])}
        _put(site / "content" / "days" / day / "_index.md", front)

    _unprinted(site, "days")
    _unprinted(site, "authors")


def _unprinted(site: Path, taxonomy: str) -> None:
    """Ours has no page of all of these."""
    _put(site / "content" / taxonomy / "_index.md", {"title": taxonomy, "_build": {"render": "never"}})


def _months(site: Path, days: Iterable[str]) -> None:
    """A page of each month with its calendar, and the archive, which has all of them."""
    there = set(days)
    months = sorted({day[:7] for day in there})
    for place, month in enumerate(months):
        first = date.fromisoformat(f"{month}-01")
        calendar: list[dict[str, Any]] = []
        for number in range(1, monthrange(first.year, first.month)[1] + 1):
            when = first.replace(day=number)
            iso = when.isoformat()
            each = {"number": number, "iso": iso}
            calendar.append(each | ({"url": _address(iso), "name": _full(when)} if iso in there else {}))
        front: dict[str, Any] = {"blank": first.weekday(), "calendar": calendar}
        for name, other in (("before", place - 1), ("after", place + 1)):
            if 0 <= other < len(months):
                front[name] = _named(months[other])
        _page(site, f"month-{month}", f"{first:%B %Y}", _address(month), "month", **front)
    years = [
        {"name": year, "months": [_named(month) for month in months if month.startswith(year)]}
        for year in sorted({month[:4] for month in months}, reverse=True)
    ]
    _page(site, "archive", "Archive", "/archive/", "archive", years=years)


def _named(month: str) -> dict[str, str]:
    return {"url": _address(month), "name": f"{date.fromisoformat(f'{month}-01'):%B %Y}"}


def _sitemaps(site: Path, sheets: Iterable[str]) -> None:
    _unprinted(site, "sheets")
    for sheet in sheets:
        front = {"title": sheet, "url": f"/sitemap-{sheet}.xml", "outputs": ["SHEET"]}
        _put(site / "content" / "sheets" / sheet / "_index.md", front)
    for name in ("lists", "news"):
        _page(site, name, name, f"/sitemap-{name}.xml", name, outputs=["SHEET"])


def _others(site: Path) -> None:
    """Pages of which there is one each."""
    _put(site / "content" / "topics" / "_index.md", {"title": "All topics", "outputs": ["HTML"]})
    _page(
        site,
        "corrections",
        "Corrections and clarifications",
        "/corrections/",
        "corrections",
        standfirst="When we get something wrong, we say so here and with the article itself.",
    )
    for name, title, wording, code in (
        ("500", "Something went wrong", "The fault is ours. Please try again in a few minutes.", "500"),
        (
            "search/away",
            "The search is not available just now",
            "All articles are still here, section by section. Please try again in a few minutes.",
            "",
        ),
        (
            "search/busy",
            "Too many searches",
            "There have been many searches from you in a short time. Please wait a minute.",
            "",
        ),
    ):
        front = {"wording": wording, "code": code, "hidden": True, "search": not code}
        _page(site, name.replace("/", "-"), title, f"/{name}.html", "notice", **front)


def _page(site: Path, name: str, title: str, url: str, layout: str, **front: Any) -> None:
    """A page that is in no section and in no list."""
    given = {"title": title, "url": url, "type": "pages", "layout": layout, "outputs": ["HTML"], "_build": HIDDEN}
    _put(site / "content" / f"{name}.md", given | front)


def _full(when: date) -> str:
    return f"{when:%A}, {_short(when.isoformat())}"


def _address(day: str) -> str:
    return f"/{day.replace('-', '/')}/"


def _short(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day} {when:%B %Y}"
