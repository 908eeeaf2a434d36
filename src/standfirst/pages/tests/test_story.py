from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from standfirst.edition.snapshots import LinkCard, Notice, Paragraph, PictureBlock, Ranking, Related, Site
from standfirst.pages.output import PageRef
from standfirst.pages.tests.newsroom import (
    ARABIC,
    FULL,
    SITE,
    Newsroom,
    make_story,
    newsroom,
    parsed,
    picture,
    ref_of,
)


def tree(room: Newsroom, ref: PageRef) -> Any:
    return parsed(room.page(ref))


def text_of(element: Any) -> str:
    return " ".join(element.text_content().split())


def test_a_story_carries_every_item_in_the_readers_order():
    body = newsroom().page(ref_of(FULL, "story")).body.decode().partition("<body")[2]
    items = (
        "masthead",
        'class="breadcrumb"',
        'class="kicker">River levels</p>',
        ">Engineers open",
        'class="standfirst"',
        'class="byline"',
        "Published</dt>",
        "Refreshed</dt>",
        'fetchpriority="high"',
        "The landing stage at dusk",
        ">Correction <time",
        "The crews met twice",
        "<blockquote>",
        "<h2>A timetable with holes in it</h2>",
        "The engine room",
        "<li>Last crossing: 23:30</li>",
        "The crossing in brief",
        "From the archive",
        ">Update <time",
        'class="author-card"',
        "Tidewater is a made-up agency",
        ">Top 3<",
        ">Related articles<",
        "More from Region",
        'class="footer"',
    )
    places = [body.index(item) for item in items]
    assert places == sorted(places)


def test_dates_are_absolute_in_the_newsrooms_zone_and_in_the_html():
    page = tree(newsroom(), ref_of(FULL, "story"))
    times = [(it.get("datetime"), it.text_content()) for it in page.xpath('//dl[@class="dates"]//time')]
    assert times == [
        ("2026-11-22T17:30:00Z", "22 November 2026, 18:30 WAT"),
        ("2026-11-22T18:10:00Z", "22 November 2026, 19:10 WAT"),
    ]


def test_refreshed_is_not_said_of_a_story_that_was_not():
    assert b"Refreshed" not in newsroom().page(ref_of(make_story(3), "story")).body


def test_a_zone_without_letters_is_named_by_its_offset():
    room = newsroom()
    room.put(msgspec.structs.replace(SITE, zone="America/Sao_Paulo"))
    assert "22 November 2026, 2:30\xa0pm UTC-03".encode() in room.page(ref_of(FULL, "story")).body


def test_the_section_rail_top_three_and_related_never_list_the_story_itself():
    room = newsroom()
    room.put(Ranking(id="top", stories=(1, 12, 1, 5, 9)), Related(id=1, stories=(1, 8)))
    page = tree(room, ref_of(FULL, "story"))
    links = page.xpath('//div[@class="story-rails"]//a/@href')
    assert FULL.path not in links
    assert len(page.xpath('//section[@class="top"]//li')) == 3


def test_a_cold_story_links_to_its_section_instead_of_carrying_rails():
    page = tree(newsroom(), ref_of(make_story(3), "story"))
    assert page.xpath('//p[@class="rail-link"]/a/@href') == ["/sport/"]
    assert not page.xpath('//section[@class="top" or @class="rail"]')


def test_a_link_to_a_story_of_ours_is_resolved_and_one_that_is_gone_leaves_its_text():
    room = newsroom()
    assert f'<a href="{make_story(8).path}">an earlier one</a>'.encode() in room.page(ref_of(FULL, "story")).body
    room.put(make_story(8, notice=Notice(reason="killed")))
    body = room.page(ref_of(FULL, "story")).body
    assert b"vote: an earlier one was lost" in re.sub(rb":\s+", b": ", body)
    assert b"story:" not in body


def test_links_in_any_attribute_order_are_resolved():
    html = '<a rel="noopener" href="story:8" title="x">one</a> and <a href="story:9999">two</a>'
    room = newsroom()
    room.put(make_story(2, body=(Paragraph(html=html),)))
    body = room.page(ref_of(make_story(2), "story")).body.decode()
    assert f'<a href="{make_story(8).path}">one</a> and two</p>' in body


def test_a_link_card_with_another_scheme_or_to_a_story_that_is_gone_is_not_printed():
    room = newsroom()
    cards = (LinkCard(title="Bad", url="javascript:alert(1)"), LinkCard(title="Gone", story=777))
    room.put(make_story(2, body=(Paragraph(html="Text."), *cards)))
    body = room.page(ref_of(make_story(2), "story")).body
    assert b"javascript" not in body and b"Bad" not in body and b"Gone" not in body


def test_a_picture_that_may_not_be_used_is_nowhere():
    room = newsroom()
    shown, _ = picture(5, usable=False)
    lead, _ = picture(1, usable=False)
    room.put(shown, lead, make_story(2, body=(PictureBlock(picture=4242),)))
    body = room.page(ref_of(FULL, "story")).body.decode()
    assert "engine room" not in body and "og:image" not in body and '"image"' not in body
    assert "<figure class" not in body.replace('<figure class="quote">', "")
    assert room.print(ref_of(make_story(2), "story")) is not None


def test_lead_pictures_come_first_at_fixed_widths_and_others_wait():
    page = tree(newsroom(), ref_of(FULL, "story"))
    lead, *rest = page.xpath("//article//img")
    assert lead.get("fetchpriority") == "high" and lead.get("loading") is None
    assert all(it.get("loading") == "lazy" for it in rest)
    assert [it.split()[1] for it in lead.get("srcset").split(", ")] == ["240w", "480w", "720w", "960w", "1280w"]
    assert (lead.get("width"), lead.get("height")) == ("1280", "854")
    assert page.xpath("//article//source/@type")[0] == "image/webp"


def json_ld(page: Any) -> list[dict[str, Any]]:
    return [json.loads(it.text) for it in page.xpath('//script[@type="application/ld+json"]')]


def test_machines_read_the_article_its_corrections_and_its_sources():
    article, crumbs = json_ld(tree(newsroom(), ref_of(FULL, "story")))
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == FULL.headline
    assert article["datePublished"] == "2026-11-22T17:30:00Z"
    assert article["dateModified"] == "2026-11-22T18:10:00Z"
    assert article["mainEntityOfPage"] == {"@type": "WebPage", "@id": f"https://post.example{FULL.path}"}
    assert article["author"] == [
        {"@type": "Organization", "name": "Tidewater Agency", "url": "https://post.example/authors/tidewater/"}
    ]
    assert article["isBasedOn"][0]["provider"]["name"] == "Tidewater"
    assert article["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "An earlier version gave the wrong hour for the last crossing.",
            "datePublished": "2026-11-22T18:10:00Z",
        }
    ]
    assert article["image"][0]["url"].startswith("https://post.example/pictures/")
    assert (article["articleSection"], article["creditText"], article["inLanguage"]) == ("Region", "Tidewater", "en")
    assert [it["name"] for it in crumbs["itemListElement"]] == ["Home", "News", "Region"]


def test_an_arabic_story_speaks_arabic_and_runs_from_the_right():
    page = tree(newsroom(), ref_of(ARABIC, "story"))
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    (masthead,) = page.xpath('//header[starts-with(@class, "masthead")]')
    assert (masthead.get("lang"), masthead.get("dir")) == ("en", "ltr")
    assert "21 نوفمبر 2026، 3:05 م WAT" in text_of(page)
    lines = page.xpath('//div[@class="story-rails"]//li')
    assert lines and all((it.get("lang"), it.get("dir")) == ("en", "ltr") for it in lines)


def test_the_site_may_be_in_french():
    room = newsroom()
    room.put(msgspec.structs.replace(SITE, language="fr"))
    page = tree(room, PageRef("/404.html", "notfound", ""))
    assert page.get("lang") == "fr"
    assert "Page introuvable" in text_of(page)


def test_a_notice_tells_what_the_desk_says_and_may_name_nothing():
    room = newsroom()
    gone = make_story(8, notice=Notice(reason="killed", at="2026-11-22T10:00:00Z"), former=("/old/",))
    room.put(gone)
    for ref in (ref_of(gone, "story"), ref_of(gone, "moved")):
        output = room.page(ref)
        assert output.status == 410
        body = output.body.decode()
        assert "We have withdrawn this article" in body and "noindex" in body
        for word in (gone.headline, gone.kicker, gone.standfirst, "Region", "ld+json", "og:", "canonical", gone.path):
            assert word not in body
    room.put(make_story(8, notice=Notice(reason="withheld", wording="We are checking a claim.", names=True)))
    body = room.page(ref_of(gone, "story")).body.decode()
    assert gone.headline in body and "We are checking a claim." in body and "noindex" in body
    assert make_story(8).standfirst not in body


def test_a_notice_that_names_nothing_is_the_same_whatever_the_story_was():
    room = newsroom()
    notice = Notice(reason="killed", at="2026-11-22T10:00:00Z")
    arabic = msgspec.structs.replace(ARABIC, notice=notice)
    room.put(arabic, make_story(8, notice=notice))
    assert room.page(ref_of(arabic, "story")).body == room.page(ref_of(make_story(8), "story")).body


def test_a_former_address_leads_to_the_story_until_it_is_no_longer_one():
    room = newsroom()
    ref = ref_of(FULL, "moved")
    output = room.page(ref)
    assert (output.status, output.location, output.body) == (301, FULL.path, b"")
    room.put(msgspec.structs.replace(FULL, former=()))
    assert room.print(ref) is None
    room.drop(FULL)
    assert room.print(ref) is None


@pytest.mark.parametrize("subject", ["404", "", "-1", "one"])
def test_there_is_no_page_of_a_story_that_is_not_there(subject):
    assert newsroom().print(PageRef("/news/x/", "story", subject)) is None


def test_there_is_no_page_at_an_address_that_is_not_the_storys():
    assert newsroom().print(PageRef("/news/elsewhere/", "story", "1")) is None


def test_a_draft_in_preview_needs_no_dates():
    room = newsroom()
    draft = make_story(3, published="", refreshed="", day="")
    room.put(draft)
    body = room.page(ref_of(draft, "story")).body
    assert b"Published" not in body and b"datePublished" not in body


def test_a_story_with_nothing_but_a_headline_is_a_page():
    room = Newsroom((Site(), make_story(1, headline="Bare", authors=(), section=0, sections=(), body=(), lead=None)))
    page = tree(room, ref_of(make_story(1), "story"))
    assert text_of(page.xpath("//h1")[0]) == "Bare"
    assert not page.xpath('//nav[@class="breadcrumb"]')
    assert not [it for it in page.xpath("//a/@href") if it.startswith("/news")]
