"""The theme's own rules: both engines print it alike, nothing undefined passes, colours and sizes stand in one file."""

from __future__ import annotations

import gzip
import re
from html import unescape
from typing import Any

import jinja2
import pytest
from minijinja import TemplateError

from standfirst.pages import feeds, parts, patterns, search, templates
from standfirst.pages.assets import assets, epoch, minify
from standfirst.pages.templates import SOURCES, THEME, render
from standfirst.pages.tests.newsroom import SITE, newsroom
from standfirst.pages.tests.test_search import ASKED, CHOICES

PRINTED_BY_PAGES = {
    *("story", "gone", "notfound", "home", "section", "day", "author", "album", "topic", "topics-index", "patterns"),
    *("feed", "feed-entry", "atom", "atom-entry", "sitemap", "sitemap-index", "sitemap-news"),
    *("base", "head", "masthead", "footer", "about", "corrections", "archive", "month"),
    *("search", "search-away", "searchfield", "fault", "rails"),
}


def _canonical(html: str) -> str:
    # The engines spell the same character references differently.
    return unescape(html.replace("&lt;", "\x01").replace("&amp;", "\x02").replace("&gt;", "\x03"))


@pytest.fixture
def calls(monkeypatch):
    """Every template that is printed, with its context and the result."""
    found: list[tuple[str, dict[str, Any], str]] = []

    def recorded(name: str, context: dict[str, Any]) -> str:
        html = render(name, context)
        found.append((name, dict(context), html))
        return html

    monkeypatch.setattr(templates, "render", recorded)
    for kept in (parts._chrome, feeds._rss, feeds._atom):
        kept.cache_clear()
    return found


def test_jinja2_prints_every_template_byte_for_byte_alike(calls):
    jinja = jinja2.Environment(
        loader=jinja2.DictLoader(SOURCES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    newsroom().print_all(but=("rendition",))
    patterns.patterns(SITE, epoch())
    for asked, answer in ((search.Asked(), None), ASKED):
        search.results(newsroom(), asked, answer, CHOICES)
    names = {name for name, _, _ in calls}
    included = set(re.findall(r'{% (?:include|extends) "([^"]+)"', "".join(SOURCES.values())))
    assert names | included | {"gone.html"} >= set(SOURCES)
    for name, context, html in calls:
        assert _canonical(jinja.get_template(name).render(**context)) == _canonical(html), name


def test_an_undefined_name_is_an_error():
    with pytest.raises(TemplateError, match="undefined"):
        render("card.html", {})


def test_a_template_by_another_name_is_refused_since_it_would_not_be_escaped():
    with pytest.raises(ValueError, match="escaped"):
        render("card.txt", {})


def test_no_template_switches_escaping_off_or_carries_style_or_script():
    for name, source in SOURCES.items():
        assert not re.search(r"\|\s*safe|autoescape|tojson", source), name
        assert " style=" not in source and "<style" not in source, name
        scripts = re.findall(r"<script[^>]*>", source)
        assert all(
            re.fullmatch(r'<script type="(application/ld\+json"|module" src="{{ (?:assets\.\w+|script) }}")>', it)
            for it in scripts
        )
        assert not re.search(r"\son\w+=", source), name


def test_every_component_has_a_pattern_and_every_style_sheet_a_component():
    styles = {path.stem for path in THEME.glob("*.css")} - {"tokens", "base", "face"}
    components = {name.rpartition(".")[0] for name in SOURCES}
    # front.css and notice.css lay out whole pages of cards and of notices.
    assert styles - components == {"front", "notice"}
    assert set(patterns.COMPONENTS) == components - PRINTED_BY_PAGES


def test_colours_and_sizes_stand_in_tokens_only():
    for path in THEME.glob("*.css"):
        if path.name != "tokens.css":
            source = re.sub(r"@media[^{]+|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            assert not re.search(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab)a?\(", source, re.IGNORECASE), path.name
            assert not re.search(r"\d(?:px|rem|em|pt|ch)\b", source), path.name
            assert not re.search(r"(?:margin|padding|border)-(?:left|right|top|bottom)|(?<!-)\b(?:left|right):", source)


def test_every_colour_can_be_read_on_the_paper_and_on_panels_in_light_and_dark():
    light, dark = (THEME / "tokens.css").read_text().split("prefers-color-scheme: dark")
    for scheme in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", scheme))
        for ground in ("paper", "panel"):
            for name in ("ink", "quiet", "link", *(f"tone-{n}" for n in range(7))):
                assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def _contrast(a: str, b: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_style_sheet_asks_nobody_and_is_light():
    css = assets()["site.css"].body
    assert len(gzip.compress(css)) <= 10_000
    assert b"@import" not in css and b"//" not in css
    named = set(re.findall(rb"url\(([^)]*)\)", css))
    assert named == {asset.path.encode() for asset in assets().values() if asset.name.endswith(".woff2")}
    assert len(assets()["headline.woff2"].body) <= 14_000


def test_minifying_keeps_what_matters():
    css = 'a { b: c; /* d */ }\n@media (min-width: 3em) { .x > .y,\n.z::before { content: " a"; margin: 1px 2px } }'
    assert minify(css) == 'a{b:c}@media (min-width:3em){.x > .y,.z::before{content:" a";margin:1px 2px}}'


def test_the_epoch_names_the_assets_that_pages_refer_to():
    assert epoch() == epoch()
    assert {path for _, path in epoch().assets} == {it.path for it in assets().values()}
    assert all(re.fullmatch(r"/assets/[\w-]+\.[0-9a-f]{10}\.\w+", it.path) for it in assets().values())


def test_the_pattern_page_shows_every_component_four_ways():
    html = patterns.patterns(SITE, epoch()).body.decode()
    assert html.count('class="pattern-case"') == 4 * len(patterns.COMPONENTS)
    assert 'dir="rtl"' in html
