"""The search's pages: whole without styles and scripts, marked where the words stand, and nothing but text."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.edition.snapshots import Epoch, Story
from standfirst.kit import folding
from standfirst.kit.sitefiles import SEARCH_AWAY, SEARCH_BUSY
from standfirst.pages.output import Output
from standfirst.pages.search import Answer, Asked, Choices, address, marked, results
from standfirst.pages.tests.newsroom import SITE, Newsroom, newsroom, parsed, ref_of

ASKED = (
    Asked(text='river "spring mark" <b>', section="/news/", time="week", order="newest", page=2),
    Answer(
        stories=(1, 2, 50, 999),
        total=45,
        more=True,
        spellings=(("river",), ("spring", "mark")),
        names=(("/authors/ada-obi/", "Ada Obi"), ("/sport/", "Sport")),
        notes=("Something is to be said.",),
    ),
)
CHOICES = Choices((("/news/", "News", 0), ("/news/world/", "World", 1), ("/sport/", "Sport", 0)), ("ar", "en"))


@pytest.fixture(scope="module")
def room() -> Newsroom:
    return newsroom()


def printed(room: Newsroom, asked: Asked, answer: Answer | None) -> Output:
    room.log = set()
    return results(room, asked, answer, CHOICES)


def test_a_page_of_results_shows_what_was_found_and_what_was_asked(room: Newsroom) -> None:
    page = parsed(printed(room, *ASKED))
    assert len(page.xpath("//article")) == 3, "what is not there any more is left out"
    assert [mark.text for mark in page.xpath("//article//mark")] == ["river", "spring mark"]
    assert page.xpath("//article//time/@datetime") and not page.xpath("//article//img")
    arabic = page.xpath("//article//*[@lang='ar' and @dir='rtl']")
    assert arabic
    chosen = page.xpath("//option[@selected]/@value")
    assert chosen == ["/news/", "week", "", "newest"]
    assert not page.xpath("//details/@open") and page.xpath("//input[@name='q']/@value") == [ASKED[0].text]
    assert [it.text for it in page.xpath("//ul[@class='search-within']/li")] == ["News", "Past week", "Newest first"]
    assert page.xpath("string(//p[@class='search-count'])") == "More than 45 results Page 2 of 3"
    assert page.xpath("//nav[@class='search-names']//a/@href") == ["/authors/ada-obi/", "/sport/"]
    before, after = page.xpath("//nav[@class='pager']/a/@href")
    assert dict(parse_qsl(urlsplit(after).query)) == {
        "q": ASKED[0].text, "section": "/news/", "time": "week", "order": "newest", "page": "3"
    }  # fmt: skip
    assert "page" not in dict(parse_qsl(urlsplit(before).query))
    assert seen_by_engines(page) == ([], ["https://post.example/search"])
    assert {"nofollow"} == {link.get("rel").split()[1] for link in page.xpath("//nav[@class='pager']/a")}
    assert [label for label in page.xpath("//label") if not label.xpath(".//input | .//select")] == []
    assert not any(kind in {"picture", "story"} for kind, *_ in room.log)


def seen_by_engines(page: Any) -> tuple[list[str], list[str]]:
    return page.xpath("//meta[@name='robots']/@content"), page.xpath("//link[@rel='canonical']/@href")


def test_without_words_there_is_the_form_and_how_to_use_it(room: Newsroom) -> None:
    page = parsed(printed(room, Asked(), None))
    assert page.xpath("//form[@role='search']") and page.xpath("//p[@class='search-help']")
    assert not page.xpath("//article | //p[@class='search-count'] | //details/@open")
    assert seen_by_engines(page) == ([], ["https://post.example/search"])
    only = parsed(results(room, Asked(), None, replace(CHOICES, languages=("en",))))
    assert not only.xpath("//select[@name='language']")


def test_where_nothing_was_found_there_is_a_way_on(room: Newsroom) -> None:
    page = parsed(printed(room, replace(ASKED[0], page=1), Answer(spellings=(("zeppelin",),))))
    assert "No results for" in page.xpath("string(//p[@class='search-count'])")
    assert dict(parse_qsl(urlsplit(page.xpath("//a[@class='search-everywhere']/@href")[0]).query)) == {
        "q": ASKED[0].text, "order": "newest"
    }  # fmt: skip
    assert page.xpath("//details/@open") and not page.xpath("//nav[@class='pager']")
    # Whoever leads a search engine here chose the words that stand in the page.
    assert seen_by_engines(page) == (["noindex"], [])


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_what_stands_in_for_results_leads_to_what_can_be_read(language: str) -> None:
    room = newsroom(4)
    room.put(Story(id=3, path="/x/"), replace_site(language))
    epoch = next(iter(room.records["epoch"].values()))
    assert isinstance(epoch, Epoch)
    for kind, path in (("searchaway", SEARCH_AWAY), ("searchbusy", SEARCH_BUSY)):
        ref = ref_of(epoch, kind)
        assert ref.path == path
        page = parsed(room.page(ref))
        assert page.get("lang") == language and page.xpath("//h1")
        assert {"/", "/news/", "/sport/"} <= set(page.xpath("//main//a/@href"))
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
        assert room.print(ref._replace(path="/elsewhere/")) is None


def replace_site(language: str):
    return SITE.__class__(**{**{name: getattr(SITE, name) for name in SITE.__struct_fields__}, "language": language})


@pytest.mark.parametrize(
    ("words", "spellings", "html"),
    [
        ("Ferry crews", [("ferry",)], "<mark>Ferry</mark> crews"),
        ("FERRIES & ferry", [("ferry",), ("ferries",)], "<mark>FERRIES</mark> &amp; <mark>ferry</mark>"),
        ("L’accord de Médéa", [("accord",), ("medea",)], "<mark>L’accord</mark> de <mark>Médéa</mark>"),
        ("the night crossing, the night", [("night", "crossing")], "the <mark>night crossing</mark>, the night"),
        ("a a a", [("a", "a")], "<mark>a a a</mark>"),
        ("<b>ferry</b>", [("ferry",), ("b",)], "&lt;<mark>b</mark>&gt;<mark>ferry</mark>&lt;/<mark>b</mark>&gt;"),
        ("اتفاق الدول", [("الدول",)], "اتفاق <mark>الدول</mark>"),
        ("東京都", [("東", "京")], "<mark>東京</mark>都"),
        ("nothing", [("ferry",), ()], "nothing"),
        ("", [("ferry",)], ""),
    ],
)
def test_words_are_marked_where_they_stand(words: str, spellings: list[tuple[str, ...]], html: str) -> None:
    assert marked(words, spellings) == html


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=4))
def test_marking_changes_no_text_and_adds_no_other_markup(words: str, asked: list[str]) -> None:
    spellings = [tuple(folding.words(each)) for each in asked]
    html = marked(words, spellings)
    plain = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert plain == escape(words, quote=True)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.text(max_size=10), st.integers(1, 50))
def test_an_address_says_what_was_asked(typed: str, section: str, page: int) -> None:
    there = address(Asked(text=typed, section=section, page=page))
    assert there.isascii() and there.startswith("/search")
    values = dict(parse_qsl(urlsplit(there).query, keep_blank_values=True))
    assert values.get("q", "") == typed.encode("utf-8", "replace").decode()
    assert values.get("page", "1") == str(page)
