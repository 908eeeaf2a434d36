"""Galleries: a row of pictures in the article, and all of them large on a page of their own."""

from __future__ import annotations

from typing import Any

import msgspec

from standfirst.edition.listings import story_pictures
from standfirst.edition.snapshots import Gallery, GalleryPicture, Notice, Paragraph
from standfirst.pages.output import PageRef
from standfirst.pages.tests.newsroom import FULL, Newsroom, newsroom, parsed, ref_of

PAGE = FULL.path + "pictures/"


def story_of(room: Newsroom) -> Any:
    return parsed(room.page(ref_of(FULL, "story")))


def album_of(room: Newsroom) -> Any:
    return parsed(room.page(ref_of(FULL, "gallery")))


def without(room: Newsroom, *ids: int) -> Newsroom:
    for id in ids:
        room.put(msgspec.structs.replace(room.records["picture"][id], usable=False))
    return room


def test_an_article_shows_its_gallery_in_a_row_that_leads_to_the_page_of_pictures():
    page = story_of(newsroom())
    [row] = page.xpath('//section[@class="gallery"]')
    assert row.xpath("./h2")[0].text == "A night on the water"
    links = row.xpath(".//li/a")
    assert [it.get("href") for it in links] == [f"{PAGE}#picture-{n}" for n in (1, 2, 3)]
    assert "Picture 2 of 3" in links[1].text_content()
    assert all(it.get("loading") == "lazy" and it.get("width") for it in row.xpath(".//img"))
    # A caption of the gallery's own; the picture's credit.
    assert "The last cars come aboard" in row.text_content() and "Tidewater Agency" in row.text_content()
    [every] = row.xpath('./p[@class="gallery-all"]/a')
    assert (every.get("href"), every.text) == (PAGE, "3 pictures")


def test_the_page_of_pictures_shows_them_large_with_ways_on_and_back():
    page = album_of(newsroom())
    assert page.xpath("//h1")[0].text == FULL.headline
    assert page.xpath("//link[@rel='canonical']/@href")[0].endswith(PAGE)
    assert [it.get("id") for it in page.xpath("//main//ol/li[@id]")] == ["picture-1", "picture-2", "picture-3"]
    assert page.xpath("//li[@id]//p/a/@href") == ["#picture-2", "#picture-1", "#picture-3", "#picture-2"]
    images = page.xpath("//li[@id]//img")
    assert images[0].get("fetchpriority") == "high" and [it.get("loading") for it in images[1:]] == ["lazy", "lazy"]
    assert set(page.xpath("//p[@class='album-back']/a/@href")) == {FULL.path}
    assert "Tea at the landing stage" in page.text_content()


def test_a_picture_whose_rights_end_leaves_both_and_the_numbers_close_up():
    room = without(newsroom(), 1007)
    assert [it.get("href")[-9:] for it in story_of(room).xpath("//section[@class='gallery']//li/a")] == [
        "picture-1",
        "picture-2",
    ]
    assert "2 pictures" in story_of(room).xpath("//section[@class='gallery']")[0].text_content()
    assert len(album_of(room).xpath("//li[@id]")) == 2


def test_without_a_picture_that_may_be_shown_there_is_no_gallery_and_no_page():
    room = without(newsroom(), 1006, 1007, 1008)
    assert not story_of(room).xpath("//section[@class='gallery']")
    assert room.print(ref_of(FULL, "gallery")) is None
    # Nor does a former address lead there.
    former = FULL.former[0] + "pictures/"
    assert room.print(PageRef(former, "moved", str(FULL.id))) is None
    assert newsroom().page(PageRef(former, "moved", str(FULL.id))).location == PAGE


def test_several_galleries_of_a_story_stand_on_one_page_and_are_counted_through():
    room = newsroom()
    second = Gallery(pictures=(GalleryPicture(picture=1009), GalleryPicture(picture=1010)))
    room.put(msgspec.structs.replace(FULL, body=(*FULL.body, second)))
    links = story_of(room).xpath("//section[@class='gallery']//li/a/@href")
    assert [it.rpartition("-")[2] for it in links] == list("12345")
    assert len(album_of(room).xpath("//li[@id]")) == 5


def test_a_kill_reaches_the_page_of_pictures_and_names_nothing_there():
    room = newsroom()
    room.put(
        msgspec.structs.replace(
            FULL, notice=Notice(reason="killed", names=False), headline="", kicker="", body=(), lead=None
        )
    )
    output = room.page(PageRef(PAGE, "gallery", str(FULL.id)))
    assert output.status == 410 and FULL.headline.encode() not in output.body
    assert room.page(PageRef(FULL.former[0] + "pictures/", "moved", str(FULL.id))).status == 410
    assert any(ref.path == PAGE for ref in room.refs())


def test_a_page_of_pictures_reads_of_its_story_what_it_shows_and_no_more():
    room = newsroom()
    before = album_of(room)
    assert {read[0] for read in room.log} == {"album", "site", "epoch", "crumb", "listing", "picture", "avif"}
    gallery = next(block for block in FULL.body if isinstance(block, Gallery))
    room.put(msgspec.structs.replace(FULL, body=(Paragraph(html="All else is put otherwise."), gallery)))
    assert parsed(room.page(ref_of(FULL, "gallery"))).text_content() == before.text_content()


def test_a_story_counts_the_pictures_of_its_galleries_among_those_that_it_shows():
    assert set(story_pictures(FULL)) == {1001, 1005, 1006, 1007, 1008}


def test_a_story_without_a_gallery_has_no_page_of_pictures():
    room = newsroom()
    room.put(msgspec.structs.replace(FULL, body=FULL.body[:2], gallery=False))
    assert not any(ref.kind == "gallery" and ref.path == PAGE for ref in room.refs())
    assert room.print(PageRef(PAGE, "gallery", str(FULL.id))) is None
    assert room.print(PageRef(PAGE, "gallery", "nobody")) is None
