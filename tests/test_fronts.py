"""Fronts from the desk's decision to what readers get: who stands where, why, and until when."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from standfirst.changes.models import Change, Tick
from standfirst.desk import actions as desk
from standfirst.desk import fronts
from standfirst.desk.models import BreakingNews, FrontSlot, KeptOff
from standfirst.desk.tests.doors import text_of
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Section, Story
from tests.newsroom import Newsroom
from tests.running import parsed

pytestmark = pytest.mark.django_db(databases=["default", "press"])

these_are_the_doors = pytest.mark.deep_on_postgresql(
    "What the screen shows is read by queries that other tests try on each database."
)

HOUR = timedelta(hours=1)


def address(story: Story) -> str:
    return Address.objects.current().get(story=story).path


def page(newsroom: Newsroom, path: str) -> str:
    return newsroom.output()[f"pages{path}index.html"].decode()


def links(newsroom: Newsroom, path: str, where: str) -> list[str]:
    """Where a part of a page leads to, in its order, each once."""
    found = parsed(page(newsroom, path)).xpath(f'//*[contains(@class, "{where}")]//a/@href')
    return list(dict.fromkeys(str(link) for link in found if "/20" in link))


def says(section: Section, story: Story) -> str:
    state = "live" if story.live else "killed"
    return fronts.Front(section).answers([story], {story.pk: state})[0].says


def desks(newsroom: Newsroom) -> Client:
    client = Client()
    client.force_login(newsroom.editor)
    return client


def test_what_the_desk_decides_is_what_readers_get_and_what_the_desk_is_told(newsroom: Newsroom) -> None:
    told = [newsroom.story(f"Story {number}") for number in range(8)]
    cup = newsroom.story("Cup final", section=newsroom.sport)
    home, world = newsroom.front, newsroom.world
    newsroom.at_rest()
    desk.put(section=home, position=1, story=told[0], by=newsroom.editor)
    desk.put(section=home, position=3, story=told[1], by=newsroom.editor)
    desk.keep_off(section=home, story=cup, reach="top", by=newsroom.publisher)
    desk.keep_off(section=home, story=told[7], reach="front", by=newsroom.publisher)
    # The one who decided sees it at once, before the press has looked.
    assert says(home, told[0]).startswith("Lead: put there by Alice until ")
    newsroom.at_rest()

    assert links(newsroom, "/", "lead") == [address(told[0])]
    assert links(newsroom, "/", "cluster") == [address(it) for it in (told[6], told[1], told[5], told[4])]
    assert address(told[7]) not in page(newsroom, "/")
    assert address(told[7]) in page(newsroom, "/news/world/")
    assert says(home, told[6]) == "Place 2: the newest that may stand there. Also in Most read, second."
    assert says(home, told[1]).startswith("Place 3: put there by Alice until ")
    assert says(home, told[3]) == "Strip News, first: the newest of its section not shown above."
    assert says(home, cup).startswith("Strip Sport, first: the newest of its section not shown above. Kept off the top")
    assert says(home, told[7]).startswith("Not on the front: kept off by Bola until ")
    assert says(world, told[7]) == "Lead: the newest that may stand there. Also in Most read, second."
    assert says(world, cup) == "Only in Most read, first: it is not filed under World or a section below."
    newsroom.prove()

    # Killed, it leaves its place at once; the next moves up.
    stories.take_down(story=told[0], kind="kill", reason="Wrong.", by=newsroom.editor)
    assert not FrontSlot.objects.filter(story=told[0]).exists()
    newsroom.at_rest()
    assert links(newsroom, "/", "lead") == [address(told[6])]
    assert says(home, Story.objects.get(pk=told[0].pk)) == "Not on the front: it was killed."
    newsroom.prove()


@pytest.fixture
def collected() -> Iterator[None]:
    """Wagtail leaves the temporary files of the sizes that it makes to the garbage collector."""
    yield
    gc.collect()


@these_are_the_doors
@pytest.mark.usefixtures("collected")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_screen_of_a_front_shows_it_as_readers_see_it(newsroom: Newsroom) -> None:
    picture = newsroom.picture()
    lead = newsroom.story("Ships wait outside", kicker="Harbour", lead_picture=picture)
    early, *_ = (newsroom.story(name) for name in ("An early one", *(f"Story {it}" for it in range(1, 7))))
    desk.put(section=newsroom.world, position=2, story=lead, by=newsroom.editor)
    newsroom.at_rest()
    browser = desks(newsroom)
    answer = browser.get(reverse("desk:front", args=[newsroom.world.pk]), {"q": "early"})
    screen = parsed(answer.content.decode())
    slots = [" ".join(it.text_content().split()) for it in screen.xpath('//li[contains(@class, "sf-slot")]')]
    assert [slot.partition(" Put ")[0] for slot in slots[2:]] == [
        f"Place {place} Story {number} The newest that may stand there" for place, number in ((3, 5), (4, 4), (5, 3))
    ]
    assert slots[0].startswith("Place Lead Story 6 The newest that may stand there")
    assert slots[1].startswith("Place 2 Harbour Ships wait outside Put there by Alice until ")
    assert screen.xpath('//span[@class="sf-slot__thumb"]/img/@src')
    rows = screen.xpath('//section[@class="sf-part"][h3[starts-with(normalize-space(), "Rows")]]//li')
    assert [" ".join(row.text_content().split()) for row in rows] == ["6 Story 2", "7 Story 1", "8 An early one"]
    assert "An early one Place 8: the newest not shown above." in text_of(answer)
    # By its address too.
    found = text_of(browser.get(reverse("desk:fronts"), {"q": f"https://post.example{address(early)}"}))
    assert "An early one Strip News, second: the newest of its section not shown above." in found
    where = text_of(browser.get(reverse("desk:on_fronts", args=[lead.pk])))
    assert "The Harbour Post Strip News, third: " in where and "World Place 2: put there by Alice until " in where
    assert "No story matches." in text_of(browser.get(reverse("desk:fronts"), {"q": "/2026/99/99/x/"}))


def test_what_was_decided_ends_at_its_hour_once_also_when_the_worker_was_away(newsroom: Newsroom) -> None:
    old, grim, newest = (newsroom.story(name) for name in ("An old lead", "A grim find", "The newest"))
    home = newsroom.front
    until = clock.now() + 2 * HOUR
    desk.put(section=home, position=1, story=old, until=until, by=newsroom.editor)
    desk.keep_off(section=home, story=grim, reach="front", until=until, by=newsroom.editor)
    desk.mark_breaking(story=newest, until=until, by=newsroom.editor)
    newsroom.at_rest()
    assert links(newsroom, "/", "lead") == [address(old)]
    assert links(newsroom, "/", "breaking") == [address(newest)]
    assert address(grim) not in page(newsroom, "/")

    clock.set_offset(5 * HOUR)
    # Until the worker is there again nothing has ended: rows, snapshots and pages agree.
    newsroom.worker.press()
    newsroom.prove()
    for _ in range(2):  # once after it was away, once after it was only started again
        newsroom.start()
        newsroom.at_rest()
        assert links(newsroom, "/", "lead") == [address(newest)]
        assert links(newsroom, "/", "breaking") == []
        assert address(grim) in page(newsroom, "/")
        assert not any(model.objects.exists() for model in (FrontSlot, KeptOff, BreakingNews))
        causes = Change.objects.filter(cause__in=["left", "let back", "over"]).values_list("cause", flat=True)
        assert sorted(causes) == ["left", "let back", "over"]
        assert not Tick.objects.due(clock.now()).exists()
    newsroom.prove()


def test_an_hour_that_was_moved_ends_what_was_decided_at_the_new_one_only(newsroom: Newsroom) -> None:
    lead = newsroom.story("A lead")
    newsroom.story("The newest")
    now = clock.now()
    desk.put(section=newsroom.front, position=1, story=lead, until=now + HOUR, by=newsroom.editor)
    desk.put(section=newsroom.front, position=1, story=lead, until=now + 3 * HOUR, by=newsroom.editor)
    clock.set_offset(2 * HOUR)
    newsroom.at_rest()
    assert links(newsroom, "/", "lead") == [address(lead)]
    desk.move(section=newsroom.front, position=1, to=2, by=newsroom.editor)
    newsroom.at_rest()
    assert links(newsroom, "/", "cluster") == [address(lead)]
    clock.set_offset(4 * HOUR)
    newsroom.at_rest()
    assert not FrontSlot.objects.exists()
    newsroom.prove()


def test_breaking_news_stands_on_fronts_and_on_what_is_read_and_prints_nothing_else(newsroom: Newsroom) -> None:
    quake = newsroom.story("Quake")
    others = [newsroom.story(f"Story {number}") for number in range(3)]
    newsroom.at_rest()
    hot = [address(it) for it in (quake, *others)]
    changed = newsroom.changed_by(lambda: desk.mark_breaking(story=quake, by=newsroom.editor))
    assert changed == {"/", "/news/", "/news/world/", "/sport/", *hot[1:]}
    for path in changed:
        assert links(newsroom, path, "breaking") == [address(quake)]
    newsroom.prove()
    gone = newsroom.changed_by(lambda: stories.unpublish(story=quake, by=newsroom.editor))
    assert changed < gone
    assert not BreakingNews.objects.exists()
    newsroom.prove()
