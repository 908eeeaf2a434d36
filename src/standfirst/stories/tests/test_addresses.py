from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote, unquote

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from standfirst.changes.models import Change
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import actions
from standfirst.stories.addresses import BYTES, CHARACTERS, last_part_of
from standfirst.stories.models import Address, Publication, Section, SectionPath, Story
from standfirst.stories.tests.cast import Cast

ARABIC = (
    "ميناء المدينة يعيد فتح أبوابه أمام سفن الحبوب بعد أسابيع من العواصف التي أوقفت حركة الملاحة على طول الساحل الغربي"
)


@given(st.text(max_size=400))
def test_a_last_part_is_short_clean_and_never_empty(headline: str) -> None:
    part = last_part_of(headline)
    assert part
    assert len(part) <= CHARACTERS
    assert len(part.encode()) <= BYTES
    assert not set(part) & set("/?#%. \t\n\\\"'<>")
    assert part == part.strip("-")
    assert unquote(quote(part)) == part


@given(st.text(max_size=200), st.sets(st.text(max_size=90), max_size=4), st.integers(1, 30))
def test_a_last_part_is_never_one_that_is_taken(headline: str, others: set[str], repeats: int) -> None:
    taken = set(others)
    for _ in range(repeats):
        part = last_part_of(headline, taken)
        assert part not in taken
        assert len(part) <= CHARACTERS
        assert len(part.encode()) <= BYTES
        taken.add(part)


@pytest.mark.parametrize(
    ("headline", "part"),
    [
        ("Rivers rise – town’s bridge gone", "rivers-rise-towns-bridge-gone"),
        ("  Élections : « c’est fini »  ", "élections-cest-fini"),
        ("🌊🌊🌊", "story"),
        ("", "story"),
        ("100% of 3,000 votes…", "100-of-3-000-votes"),
    ],
)
def test_a_last_part_is_made_of_the_headlines_words(headline: str, part: str) -> None:
    assert last_part_of(headline) == part


def test_a_very_long_arabic_headline_is_cut_between_words() -> None:
    part = last_part_of(ARABIC)
    assert len(part.encode()) <= BYTES
    assert ARABIC.replace(" ", "-").startswith(part)
    assert part.split("-")[-1] in ARABIC.split()


def test_one_word_without_an_end_is_cut_all_the_same() -> None:
    assert last_part_of("a" * 500) == "a" * CHARACTERS
    assert len(last_part_of("ש" * 500)) == CHARACTERS
    assert len(last_part_of("界" * 500).encode()) <= BYTES


def test_the_address_is_stamped_once_in_the_newsrooms_zone(cast: Cast) -> None:
    story = cast.live("Harbour opens")
    first = Publication.objects.get(story=story).first
    day = clock.day_of(first, "Africa/Lagos")
    assert Address.objects.get(story=story).path == f"/news/world/{day:%Y/%m/%d}/harbour-opens/"
    story.title = "Harbour closes again"
    story.save_revision().publish()
    clock.set_offset(timedelta(days=3))
    actions.unpublish(story=story, by=cast.ed)
    actions.publish(story=story, by=cast.ed)
    assert Address.objects.get(story=story).path == f"/news/world/{day:%Y/%m/%d}/harbour-opens/"
    assert Publication.objects.get(story=story).first == first


def test_a_story_published_at_half_past_eleven_at_night_in_utc_has_tomorrows_date_in_lagos(cast: Cast) -> None:
    story = cast.draft()
    night = clock.now().replace(hour=23, minute=30)
    story.first_published_at = night
    story.save()
    actions.publish(story=story, by=cast.ed)
    assert Address.objects.get(story=story).day == (night + timedelta(hours=1)).date()


def test_two_stories_of_one_section_and_day_never_share_an_address(cast: Cast) -> None:
    paths = [Address.objects.get(story=cast.live("The same headline")).path for _ in range(4)]
    assert len(set(paths)) == 4
    assert [path.rstrip("/").rsplit("/", 1)[1] for path in paths] == [
        "the-same-headline",
        "the-same-headline-2",
        "the-same-headline-3",
        "the-same-headline-4",
    ]


def test_an_address_is_never_given_to_another_story_also_after_a_kill(cast: Cast) -> None:
    killed = cast.live("The same headline")
    actions.take_down(story=killed, kind="kill", reason="wrong", by=cast.ed)
    other = cast.live("The same headline")
    assert Address.objects.get(story=other).last_part == "the-same-headline-2"


in_python = pytest.mark.one_database(
    "The words are cut by Python; that long ones of any script fit is tried by the others."
)


@pytest.mark.parametrize(
    "headline", [ARABIC, "x" * 255, pytest.param("🌊🌊", marks=in_python), pytest.param("—", marks=in_python)]
)
def test_any_headline_gives_an_address(cast: Cast, headline: str) -> None:
    first, second = cast.live(headline), cast.live(headline)
    paths = {Address.objects.get(story=story).path for story in (first, second)}
    assert len(paths) == 2
    assert all(len(path.encode()) <= 700 for path in paths)


def test_a_moved_story_gets_a_new_address_and_keeps_the_old_one_as_a_redirect(cast: Cast) -> None:
    story = cast.live("Harbour opens")
    old = Address.objects.get(story=story)
    story.move(Section.objects.get(pk=cast.sport.pk), pos="last-child")
    current = Address.objects.get(story=story, current=True)
    assert current.path == old.path.replace("/news/world/", "/sport/")
    assert Address.objects.filter(story=story, current=False).get() == old
    Story.objects.get(pk=story.pk).move(Section.objects.get(pk=cast.world.pk), pos="last-child")
    assert Address.objects.get(story=story, current=True) == old
    assert Address.objects.filter(story=story).count() == 2


def test_moving_a_section_writes_one_rule_and_not_a_row_a_story(cast: Cast) -> None:
    stories = [cast.live(f"Story {number}") for number in range(5)]
    rows = Address.objects.count()
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.home.pk), pos="last-child")
    assert Address.objects.count() == rows
    assert {path.path: path.current for path in SectionPath.objects.filter(section=cast.world)} == {
        "/news/world/": False,
        "/world/": True,
    }
    assert all(Address.objects.get(story=story).path.startswith("/world/") for story in stories)
    assert Change.objects.filter(kind="section", ref=str(cast.world.pk), cause="moved").count() == 1


def test_moving_a_section_back_turns_the_rule_round(cast: Cast) -> None:
    story = cast.live()
    before = Address.objects.get(story=story).path
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.home.pk), pos="last-child")
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.news.pk), pos="last-child")
    assert Address.objects.get(story=story).path == before
    assert {path.path: path.current for path in SectionPath.objects.filter(section=cast.world)} == {
        "/news/world/": True,
        "/world/": False,
    }


def test_moving_a_section_takes_those_below_it_along(cast: Cast) -> None:
    story = cast.live()
    Section.objects.get(pk=cast.news.pk).move(Section.objects.get(pk=cast.sport.pk), pos="last-child")
    assert Address.objects.get(story=story).path.startswith("/sport/news/world/")


def test_a_section_cannot_take_a_path_that_was_anothers(cast: Cast) -> None:
    Section.objects.get(pk=cast.world.pk).move(Section.objects.get(pk=cast.home.pk), pos="last-child")
    with pytest.raises(Refused, match="/news/world/"):
        actions.open_section(parent=Section.objects.get(pk=cast.news.pk), name="World", slug="world")
    assert SectionPath.objects.get(path="/news/world/").section_id == cast.world.pk


@pytest.mark.parametrize("slug", ["newsroom", "search", "assets", "2026", "feed.xml"])
def test_a_section_cannot_take_a_word_that_the_site_needs(cast: Cast, slug: str) -> None:
    with pytest.raises(ValidationError):
        actions.open_section(parent=cast.home, name="Trap", slug=slug)


def test_a_story_that_is_not_live_has_no_address_to_show(cast: Cast) -> None:
    assert cast.draft().url is None
    story = cast.live()
    assert story.url.endswith(Address.objects.get(story=story).path)
    assert isinstance(Address.objects.get(story=story).day, date)
    actions.unpublish(story=story, by=cast.ed)
    assert story.url is None
