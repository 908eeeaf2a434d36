"""The words by which stories are found, in the scripts that newsrooms write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.library import relating, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Minister's new budget of 2027, 300 say", ["minister", "budget", "2027"]),
        ("Elections and the ELECTION", ["election", "election"]),
        ("L’élection d'aujourd'hui, qu'une ministre", ["election", "aujourdhui", "ministre"]),
        ("Ọ̀yọ́ governor, Oyo governor", ["oyo", "governor", "oyo", "governor"]),
        ("5G in Nigeria: MTN's plan", ["5g", "nigeria", "mtn", "plan"]),
        ("الانتخابات في نَيجيريا وأُجِّلت إلى أن", ["الانتخابات", "نيجيريا", "واجلت"]),
        ("انتخـــابات", ["انتخابات"]),
        ("می\u200cرود", ["میرود"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("北京新闻", ["北京", "京新", "新闻"]),
        ("東京のAI", ["東京", "京の", "ai"]),
        ("ข่าว", ["ขา", "าว"]),
        ("сегодня, Россия", ["сегодня", "россия"]),
        ("የኢትዮጵያ ምርጫ", ["የኢትዮጵያ", "ምርጫ"]),
        ("__ -- '' ’s ’ 12 7", []),
        ("a\0b \ud800 x\u202ey", ["xy"]),
    ],
)
def test_it_finds_the_words_that_say_something(text: str, found: list[str]) -> None:
    assert terms.words(text) == found


@given(st.text(max_size=300))
def test_words_of_any_text_are_short_folded_and_storable(text: str) -> None:
    for word in terms.words(text):
        assert 1 <= len(word) <= terms.LONGEST
        assert "\0" not in word and not any(letter.isspace() for letter in word)
    assert terms.words(text) == terms.words(text)


@given(st.text(max_size=3000), st.lists(st.text(max_size=90), max_size=90))
def test_a_story_has_a_bounded_number_of_terms_and_always_its_section(text: str, topics: list[str]) -> None:
    found = terms.weigh(headline=text, short_headline="", kicker=text, standfirst=text, topics=topics, section=7)
    assert len(found) <= terms.MOST
    assert found["s:7"] == terms.SECTION
    assert all(len(term) <= 70 for term in found)


def test_the_rarest_words_count_most_whatever_the_size_of_the_archive() -> None:
    for stories in (1, 10, 1000, 1_000_000):
        falling = [relating.rarity(holders, stories) for holders in range(1, min(stories, 50) + 1)]
        assert falling == sorted(falling, reverse=True)
        assert all(0 < value < 1 for value in falling)
    assert relating.rarity(2, 1_000) == pytest.approx(relating.rarity(2, 1_000_000), rel=0.1)
