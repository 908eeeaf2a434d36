"""The demonstration newsroom's copy holds together."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from standfirst.demo import drawing
from standfirst.demo.copybook import COPY, Story, block_html, in_words, load, raw

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
BOOK = load(NOW)

# Real agencies, publishers and filler that must not be found in copy that claims to be invented.
FORBIDDEN = (
    "afp", "reuters", "associated press", "bloomberg", "xinhua", "dpa", "ansa", "efe", "tass", "upi", "kyodo",
    "press association", "bbc", "cnn", "al jazeera", "pulse", "guardian", "new york times", "le monde", "nan",
    "nigeria", "ghana", "senegal", "lorem", "ipsum", "foo", "todo", "tbd",
)  # fmt: skip


def text_of(story: Story) -> str:
    parts = [
        story.headline,
        story.kicker,
        story.standfirst,
        story.dateline,
        *(block_html(block) for block in story.body),
    ]
    return " ".join(part.strip() for part in parts + [note.text for note in story.corrections] if part.strip())


def test_there_are_enough_stories_sections_authors_and_agencies_to_fill_a_newspaper() -> None:
    assert len(BOOK.stories) >= 84
    assert sum(1 for story in BOOK.stories.values() if story.lead) >= 60
    assert len(BOOK.agencies) >= 2
    assert sum(1 for author in BOOK.authors.values() if author.kind == "person") >= 8
    assert sum(1 for author in BOOK.authors.values() if author.kind == "desk") == 2
    assert 10 <= len(BOOK.topics) <= 15
    assert {section.parent for section in BOOK.sections.values()} >= {None, "news", "business", "sport", "culture"}
    lengths = [len(text_of(story).split()) for story in BOOK.stories.values()]
    assert max(lengths) > 1000
    assert min(lengths) < 20


def test_every_reference_leads_somewhere() -> None:
    for key, section in BOOK.sections.items():
        assert section.parent is None or section.parent in BOOK.sections
        assert key == (f"{section.parent}/{section.slug}" if section.parent else section.slug)
    for author in BOOK.authors.values():
        assert author.picture in BOOK.pictures
        assert author.agency is None or author.agency in BOOK.agencies
    for agency in BOOK.agencies.values():
        assert BOOK.authors[agency.author].agency == agency.key
    for key, story in BOOK.stories.items():
        assert story.section in BOOK.sections, key
        assert set(story.sections) <= set(BOOK.sections), key
        assert set(story.topics) <= set(BOOK.topics), key
        assert set(story.authors) <= set(BOOK.authors), key
        assert story.agency is None or story.agency in BOOK.agencies, key
        assert not story.translates or BOOK.stories[story.translates].language != story.language, key
        assert set(story.pictures()) <= set(BOOK.pictures), key
        assert story.links() <= set(BOOK.stories) - {key}, key
        gone = {other for other in story.links() if BOOK.stories[other].notice}
        assert not gone, f"{key} links to a story that was taken down"
    assert set(BOOK.pictures) == set(drawing.keys())


def test_keys_and_headlines_are_unique() -> None:
    stories = [
        story for path in COPY.glob("stories-*.json") for story in re.findall(r'"key": "([^"]+)"', path.read_text())
    ]
    assert len(stories) == len(set(stories)) == len(BOOK.stories)
    repeated = [line for line, count in Counter(s.headline for s in BOOK.stories.values()).items() if count > 1]
    assert not repeated


def test_recent_days_have_more_stories_than_old_ones_and_none_is_in_the_future() -> None:
    ages = [(NOW - story.published(NOW)) / timedelta(days=7) for story in BOOK.stories.values()]
    assert all(0 < age <= 5 for age in ages)
    weeks = Counter(int(age) for age in ages)
    assert weeks[0] > weeks[1] > weeks[2] > weeks[4]
    for story in BOOK.stories.values():
        assert story.published(NOW) <= story.refreshed(NOW) <= NOW, story.key
        if story.notice:
            assert story.published(NOW) + timedelta(minutes=story.notice.after) < NOW


def test_corrections_kills_languages_and_every_kind_of_block_are_shown() -> None:
    stories = BOOK.stories.values()
    assert {note.kind for story in stories for note in story.corrections} == {"correction", "clarification", "update"}
    assert {story.notice.reason for story in stories if story.notice} == {"killed", "withheld"}
    assert all(story.notice.wording for story in stories if story.notice)
    assert {story.language for story in stories} == {"en", "ar", "fr"}
    assert all((story.direction == "rtl") == (story.language == "ar") for story in stories)
    assert max(len(story.headline) for story in stories if story.language == "ar") > 200
    kinds = {type(block).__name__ for story in stories for block in story.body}
    assert kinds >= {"Paragraph", "Heading", "Quote", "PictureBlock", "Gallery", "ListBlock", "FactBox", "LinkCard"}


@pytest.mark.parametrize("story", BOOK.stories.values(), ids=lambda story: story.key)
def test_a_story_is_clean_copy(story: Story) -> None:
    text = text_of(story)
    plain = re.sub(r"<[^>]+>", " ", text).lower()
    found = [name for name in FORBIDDEN if re.search(rf"\b{re.escape(name)}\b", plain)]
    assert not found
    assert not re.search(r"\{d|\}|\[\[|\]\]|\|\||\"| '|  ", re.sub(r"<[^>]+>", "", text))
    for tag in re.findall(r"</?([a-z]+)", text):
        assert tag in {"a", "strong", "em", "br", "p", "ul", "li"}
    for name in ("a", "strong", "em", "p", "ul", "li"):
        assert len(re.findall(rf"<{name}\b", text)) == text.count(f"</{name}>")


def test_weekday_marks_are_counted_from_the_day_of_the_story() -> None:
    wednesday = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert in_words("{d0}, {d-1}, {d+2} and {date+28}", wednesday) == "Wednesday, Tuesday, Friday and 1 April"
    assert any("{d" in text_of(story) for story in raw().stories.values())


def test_no_file_of_copy_is_large() -> None:
    assert all(path.stat().st_size < 300_000 for path in COPY.iterdir())
