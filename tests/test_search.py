"""The readers' search through its own door: what is live is found at once, what is not is found never."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from lxml import html as lxml_html

from standfirst.archive import actions as archive
from standfirst.archive import reading
from standfirst.changes import actions as changes
from standfirst.changes.models import Change, Lane
from standfirst.conf import search
from standfirst.edition import compose, findable, snapshots
from standfirst.kit import clock
from standfirst.library import cuttings, finding
from standfirst.library.models import Cutting
from standfirst.pages import search as pages
from standfirst.press import finding as filing
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Author, Section, SiteFacts, Story, Topic
from tests.newsroom import Newsroom, hire

pytestmark = pytest.mark.django_db(databases=["default", "press"])

the_page_decides = pytest.mark.deep_on_postgresql(
    "What the page says is decided after the database has answered; what it answers is tried by the others."
)


@pytest.fixture(autouse=True)
def nothing_remembered(newsroom: Newsroom, settings: Any) -> None:
    settings.HOME = newsroom.home
    search.forget()


class Results:
    """A page of results, read as a reader reads it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.page: Any = lxml_html.fromstring(body)
        self.headlines = [" ".join(str(it.text_content()).split()) for it in self.page.xpath("//article//h2/a")]
        self.addresses = self.page.xpath("//article//h2/a/@href")
        self.marked = [str(it.text_content()) for it in self.page.xpath("//article//mark")]
        self.count = " ".join(str(self.page.xpath("string(//p[@class='search-count'])")).split())
        self.notes = [it.text_content() for it in self.page.xpath("//p[@class='search-note']")]
        self.names = self.page.xpath("//nav[@class='search-names']//a/@href")


def ask(typed: str = "", **fields: Any) -> Results:
    answer = Client().get("/search", {"q": typed, **fields})
    assert answer.status_code == 200
    return Results(answer.content)


def found(typed: str, **fields: Any) -> list[str]:
    return ask(typed, **fields).headlines


# --- what is found ------------------------------------------------------------------------------------------------


def test_a_story_is_found_when_it_is_printed_by_everything_that_readers_see_of_it(newsroom: Newsroom) -> None:
    topic = Topic.objects.create(name="Waterways", slug="waterways")
    story = newsroom.story(
        "Ferry crews vote",
        kicker="Estuary",
        standfirst="The last boat stays.",
        body=[("paragraph", "<p>They met in the <b>can</b>teen &amp; twice.</p>"), ("heading", "What now")],
        topics=[topic],
        authors=[newsroom.author],
        credit="Tidewater",
        dateline="PORT AMITY",
    )
    assert found("ferry") == [], "not before there is a page that it could lead to"
    newsroom.at_rest()
    says = [
        "ferry",
        "estuary",
        "boats",
        "canteen twice",
        '"what now"',
        "waterways",
        "sarpong ama",
        "tidewater",
        "amity",
    ]
    assert [typed for typed in says if found(typed) != ["Estuary Ferry crews vote"]] == []
    result = ask("the ferry crew")
    assert ask("waterways").names == ["/topics/waterways/"]
    assert result.addresses == [Address.objects.current().get(story=story).path]
    assert result.marked == ["Ferry", "crews", "The"]
    assert result.count == "1 result"
    newsroom.edit(story, title="Boat crews decide", body=[("paragraph", "<p>Nothing.</p>")])
    newsroom.at_rest()
    assert found("ferry") == found("canteen") == []
    assert found("decide") == ["Estuary Boat crews decide"]


def test_nothing_that_is_not_live_is_ever_found(newsroom: Newsroom) -> None:
    newsroom.story("Draft about kanari", live=False)
    noted = newsroom.story("Harbour lamps", slugline="kanari-slug", desk_note="kanari note")
    live = newsroom.story("Harbour lights")
    newsroom.at_rest()
    page = Story.objects.get(pk=live.pk)
    page.title = "Kanari headline of tomorrow"
    page.save_revision(user=newsroom.editor, approved_go_live_at=clock.now() + timedelta(hours=1))
    held = newsroom.story("Kanari embargoed", live=False)
    stories.embargo(story=held, until=None, by=newsroom.editor)
    newsroom.at_rest()
    assert found("kanari") == []
    assert found("harbour") == ["World Harbour lights", "World Harbour lamps"]
    assert Cutting.objects.count() == 2 and noted.pk != live.pk


TAKEN: dict[str, Callable[[Newsroom, Story], object]] = {
    "killed": lambda room, story: stories.take_down(story=story, kind="kill", reason="Wrong.", by=room.publisher),
    "withheld": lambda room, story: stories.take_down(story=story, kind="withhold", reason="Law.", by=room.publisher),
    "embargoed": lambda room, story: stories.embargo(story=story, until=None, by=room.editor),
    "unpublished": lambda room, story: stories.unpublish(story=story, by=room.editor),
}


def test_what_is_taken_down_is_not_found_from_the_moment_it_commits(newsroom: Newsroom) -> None:
    down = {how: newsroom.story(f"Ferry {how}") for how in TAKEN}
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    left = set(found("ferry"))
    assert len(left) == len(TAKEN) + 1
    for how, story in down.items():
        TAKEN[how](newsroom, Story.objects.get(pk=story.pk))
        left.remove(f"World Ferry {how}")
        # The press has done nothing yet, and the search remembers what it found a moment ago.
        assert set(found("ferry")) == left
        assert not Cutting.objects.filter(story_id=story.pk).exists()
        search.forget()
        assert set(found("ferry")) == left
    newsroom.at_rest()
    assert found("ferry") == ["World Ferry sails"]
    story = Story.objects.get(pk=down["killed"].pk)
    stories.restore(takedown=story.takedowns.get(), because="It floats.", by=hire("efua", "Publisher"))
    newsroom.at_rest()
    assert found("ferry killed") == []
    stories.publish(story=story, by=newsroom.editor)
    newsroom.at_rest()
    assert found("ferry killed") == ["World Ferry killed"]


def test_results_are_the_cards_that_the_press_has_of_stories(newsroom: Newsroom) -> None:
    other = Author.objects.create(name="Efua Mensah", slug="efua-mensah")
    signed = newsroom.story("Ferry", authors=[other, newsroom.author], kicker="Tide", short_headline="F", credit="AFP")
    moved = newsroom.story("Ferry moves", standfirst="It sails.", byline="By a guest", language="ar")
    stories.correct(story=newsroom.story("Ferry 3"), kind="correction", text="It was two.", by=newsroom.editor)
    Story.objects.get(pk=moved.pk).move(Section.objects.get(pk=newsroom.sport.pk), pos="last-child")
    for how, take in TAKEN.items():
        take(newsroom, newsroom.story(f"Ferry {how}"))
    newsroom.story("Ferry of tomorrow", live=False)
    ids = list(Story.objects.values_list("pk", flat=True))
    whole = compose.compose_many("story", [str(pk) for pk in ids]).values()
    cards = {card.id: card for story in whole if isinstance(story, snapshots.Story) and (card := snapshots.card(story))}
    assert {card.id: card for card in compose.compose_cards(ids)} == cards
    assert cards.keys() >= {signed.pk, moved.pk} and len(cards) == 3
    assert cards[signed.pk].authors == (other.pk, newsroom.author.pk) and cards[moved.pk].section == newsroom.sport.pk


def test_the_last_walls_hold_even_if_the_index_forgets_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = newsroom.story("Ferry sinks")
    newsroom.at_rest()
    monkeypatch.setattr(cuttings, "discard", lambda stories: 0)
    Story.objects.filter(pk=story.pk).update(live=False)
    assert found("ferry") == []
    Story.objects.filter(pk=story.pk).update(live=True)
    assert found("ferry") == ["World Ferry sinks"]
    shutil.rmtree(newsroom.home / "output" / "pages" / "news")
    assert found("ferry") == [], "there is no page that it could lead to"


def test_an_archive_is_found_as_if_it_had_been_published_here(newsroom: Newsroom, tmp_path: Path) -> None:
    by_hand = newsroom.story("Harbour lamps of today", body=[("paragraph", "<p>They burn.</p>")])
    newsroom.at_rest()
    lines = "\n".join(
        f'{{"id": "{number}", "headline": "Harbour lamps {number}", "body_html": "<p>They burn.</p>", '
        f'"section": "news/world", "published": "2014-05-0{number}T10:00:00Z", "authors": ["Ama Sarpong"]}}'
        for number in range(1, 6)
    )
    (tmp_path / "archive.jsonl").write_text(lines)
    copies = [
        each
        for each in reading.read(tmp_path / "archive.jsonl", "archive.jsonl", reading.Terms(language="en"))
        if isinstance(each, reading.Copy)
    ]
    archive.take_in(source="old", copies=copies, shelf=archive.Shelf())
    newsroom.at_rest()
    assert found("lamps burn") == [f"World Harbour lamps {n}" for n in ("of today", 5, 4, 3, 2, 1)]
    assert found("lamps", **{"from": "2014-05-02", "to": "2014-05-03"}) == [
        "World Harbour lamps 3",
        "World Harbour lamps 2",
    ]
    everything = list(Story.objects.filter(live=True).values_list("pk", flat=True))
    assert len(everything) == 6 and by_hand.pk in everything
    assert not cuttings.differing(findable.findable(everything).values())


def test_moves_and_new_names_reach_the_search(newsroom: Newsroom) -> None:
    topic = Topic.objects.create(name="Waterways", slug="waterways")
    story = newsroom.story("Ferry sails", topics=[topic], authors=[newsroom.author])
    newsroom.at_rest()
    assert found("ferry", section="news") == found("ferry", section="/news/world/") == ["World Ferry sails"]
    assert found("ferry", section="sport") == []
    Section.objects.get(pk=newsroom.world.pk).move(Section.objects.get(pk=newsroom.sport.pk), pos="last-child")
    author = Author.objects.get(pk=newsroom.author.pk)
    author.name = "Efua Mensah"
    author.save()
    topic.name = "Rivers"
    topic.save()
    newsroom.at_rest()
    search.forget()
    assert found("ferry", section="sport") == found("ferry", section="sport/world") == ["World Ferry sails"]
    assert found("ferry", section="news/world") == ["World Ferry sails"], "where it was leads to where it is"
    assert found("ferry", section="news") == []
    assert found("waterways") == found("sarpong") == []
    assert found("rivers mensah") == ["World Ferry sails"]
    stories.create(section=Section.objects.get(pk=newsroom.sport.pk), by=newsroom.editor, title="Other")
    Story.objects.get(pk=story.pk).move(Section.objects.get(pk=newsroom.news.pk), pos="last-child")
    newsroom.at_rest()
    assert found("ferry", section="news") == ["News Ferry sails"]


def test_a_section_that_moves_just_after_it_was_saved_is_found_where_it_is(newsroom: Newsroom) -> None:
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    with transaction.atomic():  # both rows name it, and the press looks once for both
        changes.record(kind="section", ref=newsroom.world.pk, lane=Lane.MAINTENANCE)
        Section.objects.get(pk=newsroom.world.pk).move(Section.objects.get(pk=newsroom.sport.pk), pos="last-child")
    newsroom.at_rest()
    search.forget()
    assert found("ferry", section="sport") == ["World Ferry sails"] and found("ferry", section="news") == []


def test_pages_do_not_wait_until_a_new_name_is_found(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    story = newsroom.story("Ferry sails", authors=[newsroom.author])
    newsroom.at_rest()
    page = f"pages{Address.objects.current().get(story=story).path}index.html"
    filed: list[bool] = []
    file = filing.file

    def looked(ids: Iterable[int]) -> int:
        filed.append(b"Efua Mensah" in newsroom.output()[page])
        return file(ids)

    monkeypatch.setattr(filing, "file", looked)
    author = Author.objects.get(pk=newsroom.author.pk)
    author.name = "Efua Mensah"
    author.save()
    newsroom.worker.press()
    assert not Change.objects.filter(closed_at=None).exists()
    assert not filed
    newsroom.start()  # the worker ended then; who comes after it files what it has left
    newsroom.at_rest()
    assert filed and all(filed)
    search.forget()
    assert found("mensah") == ["World Ferry sails"] and found("sarpong") == []
    filed.clear()
    newsroom.start()
    newsroom.at_rest()
    assert found("mensah") == ["World Ferry sails"]


# --- upkeep -------------------------------------------------------------------------------------------------------


def test_a_newsroom_that_never_had_a_search_is_filed_the_newest_first(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.story(f"Ferry {number}")
    newsroom.at_rest()
    with transaction.atomic():
        cuttings.empty()
    assert found("ferry") == []
    newsroom.start()
    newsroom.worker.round()
    assert len(found("ferry")) == 3
    told: list[int] = []
    assert filing.rebuild(told.append) == 3 and told == [3]
    assert len(found("ferry")) == 3


def test_the_sweep_files_what_was_written_past_every_door(newsroom: Newsroom) -> None:
    story, other = newsroom.story("Ferry sails", body=[]), newsroom.story("Bridge opens")
    newsroom.at_rest()
    Story.objects.filter(pk=story.pk).update(title="Boat sails")
    Story.objects.filter(pk=other.pk).update(live=False)
    newsroom.worker.sweep()
    newsroom.at_rest()
    assert found("boat") == ["World Boat sails"] and found("ferry") == found("bridge") == []
    assert set(Cutting.objects.values_list("story_id", flat=True)) == {story.pk}


def test_a_kill_of_which_a_restored_backup_knows_nothing_stays_unfound(newsroom: Newsroom) -> None:
    story = newsroom.story("Ferry sinks")
    newsroom.at_rest()
    takedown = stories.take_down(story=Story.objects.get(pk=story.pk), kind="kill", reason="No.", by=newsroom.publisher)
    newsroom.at_rest()
    # The database as it was before: live, filed, and without the kill.
    takedown.delete()
    Change.objects.all().delete()
    Story.objects.filter(pk=story.pk).update(live=True)
    filing.file([story.pk])
    assert Cutting.objects.exists() and found("ferry") == []
    newsroom.worker.sweep()
    assert not Cutting.objects.exists()
    newsroom.worker.sweep()
    assert not Cutting.objects.exists() and "was taken down" in newsroom.worker.trouble


def test_a_story_that_cannot_be_filed_holds_up_no_page_and_is_tried_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def fail(found: object) -> int:
            raise ValueError("odd words")

        patched.setattr(cuttings, "file", fail)
        newsroom.story("Ferry sails")
        newsroom.at_rest()
        assert b"Ferry sails" in newsroom.everything()
        assert found("ferry") == [] and "odd words" in newsroom.worker.trouble
    newsroom.worker.sweep()
    assert found("ferry") == ["World Ferry sails"] and newsroom.worker.trouble == ""


# --- the page -----------------------------------------------------------------------------------------------------


def test_a_worker_that_ended_before_it_filed_what_it_had_printed_leaves_that_to_the_next(newsroom: Newsroom) -> None:
    story = newsroom.story("Ferry sinks")
    newsroom.at_rest()
    newsroom.edit(story, title="Ferry saved")

    def ends(name: str) -> None:
        if name == "worker:filing":
            assert not Change.objects.filter(closed_at=None).exists()
            raise KeyboardInterrupt

    newsroom.start(ends)
    with pytest.raises(KeyboardInterrupt):
        newsroom.at_rest()
    newsroom.start()
    newsroom.at_rest()
    assert ask("saved").headlines == ["World Ferry saved"]


def test_results_come_in_pages_by_order_and_by_time(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (search, pages):
        monkeypatch.setattr(module, "PAGE", 3)
    for number in range(5):
        newsroom.story(f"Ferry {number}")
    newsroom.at_rest()
    first = ask("ferry", order="newest")
    assert first.headlines == [f"World Ferry {number}" for number in (4, 3, 2)]
    assert first.count == "5 results Page 1 of 2"
    after = first.page.xpath("//nav[@class='pager']/a/@href")
    assert after == ["/search?q=ferry&order=newest&page=2"]
    second = Results(Client().get(after[0]).content)
    assert second.headlines == ["World Ferry 1", "World Ferry 0"]
    assert second.page.xpath("//nav[@class='pager']/a/@href") == ["/search?q=ferry&order=newest"]
    assert ask("ferry", page="99").count == ask("ferry", page="2").count
    for odd in ("0", "-1", "x", "1e9", "٣", "9" * 40, ""):
        assert ask("ferry", page=odd).count.endswith("Page 1 of 2")
    clock.set_offset(timedelta(days=3))
    assert len(found("ferry", time="week")) == 3 and found("ferry", time="day") == []
    assert len(found("ferry", time="century")) == 3


def test_days_are_days_of_the_newsroom(newsroom: Newsroom) -> None:
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    today = clock.day_of(clock.now(), "Africa/Lagos")
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    assert found("ferry", **{"from": today, "to": today}) == ["World Ferry sails"]
    assert found("ferry", **{"from": yesterday}) == found("ferry", to=tomorrow) == ["World Ferry sails"]
    assert found("ferry", to=yesterday) == found("ferry", **{"from": tomorrow}) == []
    wrong = ask("ferry", **{"from": tomorrow, "to": yesterday})
    assert wrong.headlines == [] and wrong.notes == [
        "The first day is after the last one, so there can be nothing between them."
    ]
    for odd in ("tomorrow", "2026-02-30", "0001-01-01", "9999-12-31", "20261122", "2026-W01-1", "２０２６-01-01"):
        page = ask("ferry", **{"from": odd})
        assert page.headlines == ["World Ferry sails"] and "is no day" in page.notes[0], odd


@the_page_decides
def test_the_page_says_what_to_do_and_repeats_what_was_asked(newsroom: Newsroom) -> None:
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    empty = ask()
    assert "minus" in empty.page.text_content() and not empty.count
    assert empty.page.xpath("//form[@action='/search' and @method='get']//input[@name='q']/@value") == [""]
    nothing = ask("zeppelin", section="sport", time="week")
    assert nothing.count == "No results for “zeppelin”"
    assert nothing.page.xpath("//a[@class='search-everywhere']/@href") == ["/search?q=zeppelin"]
    assert nothing.page.xpath("//select[@name='section']/option[@selected]/@value") == ["/sport/"]
    assert nothing.page.xpath("//select[@name='time']/option[@selected]/@value") == ["week"]
    assert ask("🎉").notes and not ask("🎉").count
    assert ask("-ferry").notes
    long = ask("ferry " + "x" * 300)
    assert long.notes and len(long.page.xpath("//input[@name='q']/@value")[0]) <= 200
    assert ask("world").names == ["/news/world/"] and ask("ama sarpong").names == ["/authors/ama-sarpong/"]
    assert ask("sport world").names == []


@the_page_decides
def test_what_was_typed_is_text_and_never_code(newsroom: Newsroom) -> None:
    newsroom.story('Ferry <b>sails</b> & "rests"')
    newsroom.at_rest()
    for typed in (
        "<script>alert(1)</script> ferry",
        '"><svg onload=1> sails',
        "{{7*7}} ferry",
        "ferry\x00\u202e",
        "\ud800",
    ):
        page = ask(typed.encode("utf-8", "replace").decode(), section=typed.encode("utf-8", "replace").decode())
        assert (
            not page.page.xpath("//script[not(@type='module' and @src)] | //svg | //@onload")
            and b"<b>" not in page.body
        )
        assert b"\x00" not in page.body and "\u202e".encode() not in page.body
    assert ask("rests sails").marked == ["sails", "rests"]
    assert Client().get(f"/search?q=%ff%fe{quote('ferry')}&q=ferry&page=").status_code == 200


@the_page_decides
def test_the_answer_is_for_readers_only_and_kept_by_nobody(newsroom: Newsroom) -> None:
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    answer = Client().get("/search", {"q": "ferry"}, headers={"accept-encoding": "gzip, br"})
    assert answer["content-encoding"] == "gzip" and b"Ferry" in gzip.decompress(answer.content)
    assert answer["cache-control"] == "no-store"
    assert "default-src 'none'" in answer["content-security-policy"] and "set-cookie" not in answer
    assert answer["vary"] == "accept-encoding", "no session was looked at"
    for words, indexed in (("ferry", True), ("zeppelin", False), ("", True)):
        assert (b'content="noindex"' not in Client().get("/search", {"q": words}).content) == indexed
    assert Client().post("/search", {"q": "ferry"}).status_code == 405
    assert Client().head("/search?q=ferry").content == b""
    site = SiteFacts.current()
    site.language = "ar"
    site.save()
    search.forget()
    assert b'<html lang="ar" dir="rtl">' in Client().get("/search", {"q": "ferry"}).content


def test_who_asks_too_much_of_the_database_is_told_and_its_absence_is_no_traceback(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*arguments: Any, **more: Any) -> Any:
        raise finding.TooSlow

    monkeypatch.setattr(finding, "find", slow)
    answer = Client().get("/search", {"q": "ferry"})
    assert answer.status_code == 503 and answer["retry-after"] and answer["x-standfirst-page"] == "search"
    assert "took too long" in Results(answer.content).notes[0]

    def gone(*arguments: Any, **more: Any) -> Any:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(finding, "find", gone)
    away = Client().get("/search", {"q": "ferry"})
    assert away.status_code == 503 and "x-standfirst-page" not in away
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "PATIENCE", 0.01)
        held = [search._turns.acquire() for _ in range(search.AT_ONCE)]
        assert Client().get("/search", {"q": "ferry"}).status_code == 503
        for _ in held:
            search._turns.release()
