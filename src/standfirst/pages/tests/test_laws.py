"""What holds for every page: links lead somewhere, hostile copy stays copy, nothing is asked of other hosts."""

from __future__ import annotations

import gzip
import json
import random
import re
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec
import pytest

from standfirst.edition.snapshots import (
    Author,
    Avif,
    Breaking,
    Correction,
    FactBox,
    Gallery,
    GalleryPicture,
    Heading,
    Hot,
    Lead,
    LinkCard,
    ListBlock,
    Notice,
    Origin,
    Paragraph,
    Picture,
    PictureBlock,
    Quote,
    Ranking,
    Related,
    Section,
    Slots,
    Topic,
    Window,
)
from standfirst.pages.output import Output
from standfirst.pages.patterns import PATTERNS
from standfirst.pages.pictures import avif_of, avifs
from standfirst.pages.site import PHASES, RENDERERS, pages_of, prefixes
from standfirst.pages.tests.newsroom import (
    ADA,
    ARABIC,
    FERRIES,
    FULL,
    HOME,
    SECTIONS,
    SITE,
    STANDARDS,
    TIDEWATER,
    TOPICS,
    WORLD,
    Newsroom,
    make_story,
    newsroom,
    parsed,
    picture,
)
from tests.often import often


def is_html(output: Output) -> bool:
    return output.content_type.startswith("text/html") and bool(output.body)


def own_links(output: Output) -> set[str]:
    """Every address of ours that a page refers to, in whatever way."""
    if output.status == 301:
        return {output.location}
    if output.content_type.startswith(("image/", "font/")):
        return set()
    text = output.body.decode()
    found: set[str] = set()
    if output.content_type.startswith("text/css"):
        found.update(re.findall(r"url\(([^)]*)\)", text))
    if is_html(output):
        page = parsed(output)
        found.update(page.xpath("//@href | //@src"))
        for srcset in page.xpath("//@srcset"):
            found.update(part.split()[0] for part in srcset.split(","))
        found.update(page.xpath('//meta[@property="og:image" or @property="og:url"]/@content'))
    if not output.content_type.startswith("text/css"):
        found.update(re.findall(r"https://post\.example/[^\s\"<\\]*", text))
    found = {link for link in found if not link.startswith(("mailto:", "tel:"))}
    own = {
        link.removeprefix("https://post.example") for link in found if not re.match(r"https?://(?!post\.example)", link)
    }
    # The newsroom answers searches, no file does.
    return {urlsplit(link).path for link in own if not link.startswith("#")} - {"", "/search"}


def _avif(shown: Picture, dice: random.Random) -> Avif:
    of = avif_of(shown) if dice.random() < 0.8 else "1:another"
    return Avif(id=shown.id, of=of, widths=tuple(it.width for it in avifs(shown)), made=dice.random() < 0.6)


def _gallery(dice: random.Random) -> Gallery:
    return Gallery(
        pictures=tuple(GalleryPicture(picture=1000 + dice.randrange(12)) for _ in range(dice.randrange(1, 4)))
    )


def random_newsroom(seed: int) -> Newsroom:
    """Any state that a history may leave behind, however odd."""
    dice = random.Random(seed)
    pictures = [picture(number, 280, 6, usable=dice.random() < 0.8) for number in range(8)]
    room = Newsroom((SITE, STANDARDS, *(it for it, _ in pictures)), {it.seal: body for it, body in pictures})
    # Copies in AVIF that were asked for, that are made, and of an original that is there no more.
    room.put(*(_avif(it, dice) for it, _ in pictures if dice.random() < 0.5))
    room.put(HOME, *(section for section in SECTIONS[1:] if dice.random() < 0.9))
    room.put(*(topic for topic in TOPICS if dice.random() < 0.8))
    if dice.random() < 0.8:
        room.put(Window(id="news", since="2026-11-20T21:00:00Z"))
    room.put(*(it for it in (ADA, TIDEWATER) if dice.random() < 0.8))
    ids = [number for number in range(1, 40) if dice.random() < 0.7]

    def some(most: int) -> tuple[int, ...]:
        return tuple(dice.sample(range(1, 45), most))

    for number in ids:
        story = make_story(number)
        room.put(
            msgspec.structs.replace(
                story,
                lead=Lead(picture=1000 + dice.randrange(12)) if dice.random() < 0.6 else None,
                notice=Notice(reason="killed", names=dice.random() < 0.5, at="2026-11-24T10:00:00Z")
                if dice.random() < 0.2
                else None,
                corrections=(Correction(kind="correction", text="It was Tuesday.", at="2025-11-24T10:00:00Z"),)
                if dice.random() < 0.2
                else (),
                former=(f"/moved/{number}/",) if dice.random() < 0.2 else (),
                topics=tuple(sorted(dice.sample((70, 71, 72, 73), dice.randrange(3)))),
                onward=dice.choice(("full", "summary", "none")),
                translations=some(2),
                body=(
                    Paragraph(html=f'<a href="story:{dice.randrange(45)}">x</a>'),
                    PictureBlock(picture=1000 + dice.randrange(12)),
                    LinkCard(story=dice.randrange(45)),
                    *((_gallery(dice),) if number % 3 == 0 else ()),
                ),
                gallery=number % 3 == 0,
            )
        )
        room.put(Related(id=number, stories=some(12)))
        if dice.random() < 0.5:
            room.put(Hot(id=story.path))
    room.put(Ranking(id="top", stories=some(6)), Breaking(id="site", stories=some(2)))
    for section in (1, 2, 3):
        put = tuple((place, story) for place, story in enumerate(some(5), start=1) if dice.random() < 0.5)
        top, front = some(2)
        room.put(Slots(id=section, stories=put, off=((top, "top"), (front, "front"))))
    return room


@pytest.mark.parametrize("seed", range(often(10, 60)))
def test_no_page_links_to_a_page_that_is_not_there(seed):
    pages = random_newsroom(seed).print_all()
    there = {path for path, output in pages.items() if output.status == 200}
    for path, output in pages.items():
        if not output.content_type.startswith("image/"):
            assert own_links(output) <= there, path


def test_no_list_links_to_what_was_taken_down():
    room = newsroom()
    gone = make_story(8, notice=Notice(reason="killed", names=True))
    room.put(gone)
    for path, output in room.print_all(but=("rendition",)).items():
        if path != gone.path:
            named = path.startswith("/corrections/")
            assert named or gone.headline.encode() not in output.body or b"A play about" in output.body
            assert gone.path.encode() not in output.body, path


def test_every_kind_of_page_has_a_place_in_the_order():
    assert set(PHASES) == set(RENDERERS)
    assert PHASES["rendition"] < PHASES["story"] < PHASES["day"] <= PHASES["front"]


def test_records_name_the_pages_that_may_exist_because_of_them():
    assert {(ref.kind, ref.path) for ref in pages_of["story"](FULL)} == {
        ("story", FULL.path),
        ("moved", FULL.former[0]),
        ("gallery", FULL.path + "pictures/"),
        ("moved", FULL.former[0] + "pictures/"),
        ("day", "/2026/11/22/"),
        ("month", "/2026/11/"),
        ("corrections", "/corrections/2026/"),
        ("sitemap", "/sitemap-2026-11.xml"),
        ("ninjs", f"{FULL.path}ninjs.json"),
        ("moved-ninjs", f"{FULL.former[0]}ninjs.json"),
    }
    files = ("", "feed.xml", "atom.xml", "feed.json", "ninjs.json")
    assert {ref.path for ref in pages_of["section"](WORLD)} == {
        *(f"/news/world/{name}" for name in files),
        f"/rails/{WORLD.id}.html",
    }
    assert {ref.path for ref in pages_of["author"](ADA)} == {f"/authors/ada-obi/{name}" for name in files}
    bases = ("/topics/ferries/", "/topics/boats/")
    assert {ref.path for ref in pages_of["topic"](FERRIES)} == {base + name for base in bases for name in files}
    assert prefixes(WORLD) == {"/world/": "/news/world/"}
    assert prefixes(Section(id=1, path="/a/", former=("/a/",))) == {}


def test_robots_may_read_all_but_the_newsroom():
    pages = newsroom().print_all(but=("rendition",))
    assert pages["/robots.txt"].body.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /newsroom/",
        "Disallow: /patterns/",
        "Disallow: /rails/",
        "",
        "Sitemap: https://post.example/sitemap.xml",
        "Sitemap: https://post.example/sitemap-news.xml",
    ]
    assert b"Page not found" in pages["/404.html"].body
    assert b"The fault is ours." in pages["/500.html"].body


HOSTILE = (
    "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"' onload='x' {{ 7*7 }} {% raw %} &amp; \u2028"
)


def hostile_newsroom() -> Newsroom:
    shown, body = picture(2, 60, 40, alt=HOSTILE, credit=HOSTILE)
    author = Author(id=90, path="/authors/a/", name=HOSTILE, role=HOSTILE, bio=HOSTILE, picture=shown.id)
    story = make_story(
        3,
        headline=HOSTILE,
        short_headline=HOSTILE,
        kicker=HOSTILE,
        standfirst=HOSTILE,
        credit=HOSTILE,
        dateline=HOSTILE,
        language='en" onload="x',
        authors=(90,),
        section=2,
        sections=(2, 1),
        topics=(70,),
        translations=(5,),
        sheet="2026-11",
        origins=(Origin(provider=HOSTILE, identifier=HOSTILE),),
        corrections=(Correction(kind="correction", text=HOSTILE, at="2026-11-22T10:00:00Z"),),
        lead=Lead(picture=shown.id, caption=HOSTILE),
        gallery=True,
        body=(
            Gallery(title=HOSTILE, pictures=(GalleryPicture(picture=shown.id, caption=HOSTILE),)),
            Heading(text=HOSTILE),
            Quote(html="q", attribution=HOSTILE),
            PictureBlock(picture=shown.id, caption=HOSTILE),
            ListBlock(items=("a",)),
            FactBox(title=HOSTILE, html="<p>x</p>"),
            LinkCard(title=HOSTILE, text=HOSTILE, url='https://x.example/"><script>alert(1)</script>'),
        ),
    )
    notice = msgspec.structs.replace(
        story, id=4, path="/gone/", notice=Notice(reason="killed", wording=HOSTILE, names=True)
    )
    site = msgspec.structs.replace(SITE, name=HOSTILE, strapline=HOSTILE, about=HOSTILE)
    news = Section(id=2, path="/news/", name=HOSTILE, standfirst=HOSTILE, parent=1, trail=(1,))
    topic = Topic(id=70, path="/topics/x/", name=HOSTILE, description=HOSTILE)
    room = Newsroom((site, STANDARDS, HOME, news, author, topic, shown, story, notice), {shown.seal: body})
    room.put(Hot(id=story.path), Ranking(id="top", stories=(3,)), make_story(5, section=2, sections=(2, 1)))
    room.put(Related(id=5, stories=(3,)), Hot(id=make_story(5).path))
    return room


def test_hostile_copy_stays_copy_on_every_page():
    pages = hostile_newsroom().print_all()
    assert len([output for output in pages.values() if is_html(output)]) >= 8
    for path, output in pages.items():
        if not is_html(output):
            continue
        page = parsed(output)
        for script in page.xpath("//script"):
            if script.get("type") == "module":
                assert set(script.attrib) == {"type", "src"} and script.get("src").startswith("/assets/"), path
                continue
            assert script.attrib == {"type": "application/ld+json"}, path
            json.loads(script.text)
        assert not page.xpath("//@onerror | //@onload | //img[@src='x']"), path
        assert b"49" not in re.sub(rb"[0-9a-f]{10,}", b"", output.body), path
        assert page.xpath("//footer") or path.startswith("/rails/"), path


@pytest.fixture(scope="module")
def everything() -> dict[str, Output]:
    room = newsroom()
    room.put(make_story(20, notice=Notice(reason="killed", names=True)), make_story(21, notice=Notice(reason="killed")))
    return {path: output for path, output in room.print_all(but=("rendition",)).items() if is_html(output)}


def test_no_page_asks_anything_of_another_host_or_needs_a_looser_policy(everything):
    for path, output in everything.items():
        page = parsed(output)
        asked = page.xpath(
            '//img/@src | //source/@srcset | //img/@srcset | //link[@rel!="canonical" and not(@hreflang)]/@href'
        )
        assert all(link.startswith("/") and not link.startswith("//") for link in asked), path
        assert not page.xpath("//@style | //style | //iframe | //object | //embed"), path
        assert set(page.xpath("//form/@action")) <= {"/search"}, path
        assert all(it == "application/ld+json" for it in page.xpath("//script[not(@src)]/@type")), path
        assert all(it.startswith("/assets/") for it in page.xpath("//script/@src")), path


def test_every_page_can_be_read_by_everyone(everything):
    for path, output in everything.items():
        page = parsed(output)
        assert len(page.xpath("//h1")) == 1, path
        assert page.get("lang") and page.get("dir") in {"ltr", "rtl"}, path
        assert page.xpath("//title")[0].text.strip(), path
        assert len(page.xpath("//main")) == 1, path
        assert page.xpath('//a[@href="#main"]') or path.startswith("/rails/"), path
        assert all(it.get("alt") is not None and it.get("width") and it.get("height") for it in page.xpath("//img"))
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        levels = [int(it.tag[1]) for it in page.xpath("//h1 | //h2 | //h3 | //h4")]
        assert all(below - above <= 1 for above, below in pairwise(levels)), (path, levels)
        for it in page.xpath("//a"):
            assert it.text_content().strip(), path


def test_a_story_is_at_most_fifty_kilobytes_on_first_view_and_has_not_lost_anything(everything):
    css = [out for out in newsroom().print_all(but=("rendition",)).values() if out.content_type.startswith("text/css")]
    for story in (FULL, ARABIC):
        body = everything[story.path].body
        assert 8_000 < len(body) < 50_000
        first_view = len(gzip.compress(body)) + sum(len(gzip.compress(it.body)) for it in css)
        assert first_view <= 14_000
    assert all(len(output.body) <= 60_000 for path, output in everything.items() if path != PATTERNS)


def test_printing_twice_gives_the_same_bytes():
    assert newsroom().print_all(but=("rendition",)) == newsroom().print_all(but=("rendition",))
