"""The readers' search finds the same on both databases: what the words say, and nothing that is not there any more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standfirst.kit import folding
from standfirst.library import asking, cuttings, finding
from standfirst.library.asking import Query, Term
from standfirst.library.cuttings import Findable
from standfirst.library.finding import Filters, Hits, find
from standfirst.library.models import Cutting, CuttingText
from standfirst.library.tests.test_law import undone
from tests.often import often

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def told(number: int, headline: str = "", body: str = "", *, days: float = 0.0, **more: Any) -> Findable:
    moment = (NOON - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    return Findable(story=number, published=moment, headline=headline, body=body, **more)


def file(*stories: Findable) -> None:
    with transaction.atomic():
        cuttings.file(stories)


def look(typed: str, *, newest: bool = False, **filters: Any) -> Hits:
    return find(asking.read(typed), Filters(**filters), now=NOON, newest=newest)


def found(typed: str, **more: Any) -> list[int]:
    return list(look(typed, **more).stories)


# --- words --------------------------------------------------------------------------------------------------------

PRESS = (
    told(1, "Ferry crews vote to keep the night crossing", "The crews met twice. O’Brien’s boat left at 11.30."),
    told(2, "Le gouvernement signe l’accord de Médéa", "L’été à Abidjan : « cœur » de la Côte d’Ivoire.", days=1),
    told(3, "الدول المطلة على الخليج تتوصل إلى اتفاق", "قال أحمد إن المؤتمر والانتخابات في ٢٠٢٦ كِتَاب.", days=2),
    told(4, "Ƙasar Ɗan Ƴan Ɓauna", "Ma’aikata sun ce ’yan kasuwa a Kano sun yi taro.", days=3),
    told(5, "東京都の港", "กินข้าว covid-19", days=4),
    told(6, "Flood in the delta", "Crossing at night is closed. Floods again.", days=5, tags=("Weather", "Ada Obi")),
    told(7, "Ọyọ and Ìbàdàn", "Straße Sørensen Ёлка", days=6, language="yo"),
)

ASKED: dict[str, list[int]] = {
    "ferry": [1],
    "FERRY crews": [1],
    "crossing night": [1, 6],
    '"night crossing"': [1],
    '"crossing night"': [],
    '"crossing at night"': [6],
    "night -ferry": [6],
    'night -"night crossing"': [6],
    "obrien": [1],
    "O'Brien's": [1],
    "11.30": [1],
    "accord": [2],
    "d'accord": [2],
    "medea": [2],
    "MÉDÉA": [2],
    "coeur ete": [2],
    "cote divoire": [],
    "côte d'ivoire": [2],
    "احمد": [3],
    "مؤتمر": [3],
    "انتخابات": [3],
    "الانتخابات": [3],
    '"انتخابات"': [],
    "دول": [3],
    "2026": [3],
    "٢٠٢٦": [3],
    "كتاب": [3],
    "kasar dan yan bauna": [4],
    "ƙasar": [4],
    "ma'aikata": [4],
    "maaikata": [4],
    "'yan kano": [4],
    "東京": [5],
    "京東": [],
    "กิน": [5],
    "covid-19": [5],
    "19 covid": [5],
    '"19 covid"': [],
    "floods": [6],
    "flood": [6],
    '"floods again"': [6],
    '"flood again"': [],
    "ada obi": [6],
    "ibadan oyo": [7],
    "strasse sorensen елка": [7],
    "night": [1, 6],
    "-night": [],
    "the -delta": [1],
    "ferry delta": [],
    "s3": [],
    "len": [],
    "§s3": [],
}


@pytest.fixture
def press(db: None) -> None:
    file(*(told_.__class__(**{**_fields(told_), "sections": (1, 3)}) for told_ in PRESS))


def _fields(story: Findable) -> dict[str, Any]:
    return {name: getattr(story, name) for name in story.__struct_fields__}


def test_words_of_every_script_are_found_alike(press: None) -> None:
    answers = {typed: found(typed) for typed in ASKED}
    assert answers == ASKED


SIGNS = [
    *"\"'-*^:(){}[]<>!&|\\%;,.§·~@# \0",
    " AND ",
    " OR ",
    " NEAR(",
    " NOT ",
    "words:",
    "night",
    "أ",
    "東",
    "--",
    "$1",
    "%s",
]


@settings(
    max_examples=often(20, 60) if os.environ.get("DATABASE_URL") else often(80, 400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    typed=st.lists(st.one_of(st.text(max_size=6), st.sampled_from(SIGNS)), max_size=12).map("".join),
    section=st.sampled_from([None, 3]),
    language=st.sampled_from(["", "en", "'; DROP"]),
    newest=st.booleans(),
)
def test_nothing_that_can_be_typed_fails_or_asks_for_more_than_words(
    press: None, typed: str, section: int | None, language: str, newest: bool
) -> None:
    query = asking.read(typed)
    hits = find(query, Filters(section=section, language=language), now=NOON, newest=newest)
    assert set(hits.stories) <= {story.story for story in PRESS}
    if not query.wanted:
        assert not hits.stories


# --- the definition -----------------------------------------------------------------------------------------------

# Of these the last are what a section, a language and a month are called behind their sign.
VOCABULARY = ["boat", "boats", "the", "of", "flood", "port", "s1", "lfr", "m202611"]
texts = st.lists(st.sampled_from(VOCABULARY), max_size=6).map(" ".join)
stories = st.lists(
    st.tuples(texts, texts, texts, st.integers(0, 160), st.sets(st.integers(1, 3)), st.sampled_from(["en", "fr"])),
    min_size=1,
    max_size=12,
)
terms = st.builds(
    lambda words, without, alike: Term(
        tuple(words), tuple(f"{words[0]}s" for _ in range(1) if alike and len(words) == 1), without
    ),
    st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
)


def holds(parts: Sequence[list[str]], term: Term) -> bool:
    return any(
        tuple(part[at : at + len(words)]) == words
        for words in term.spellings
        for part in parts
        for at in range(len(part))
    )


def expected(filed: Iterable[Findable], query: Query, filters: Filters) -> set[int]:
    """What a search should find, said slowly."""
    right = set()
    for story in filed:
        parts = [folding.words(text) for text in (story.headline, story.standfirst, story.body)]
        moment = datetime.fromisoformat(story.published)
        if (
            query.wanted
            and all(holds(parts, term) is not term.without for term in query.terms)
            and (filters.section is None or filters.section in story.sections)
            and (not filters.language or filters.language == story.language)
            and (filters.since is None or moment >= filters.since)
            and (filters.until is None or moment < filters.until)
        ):
            right.add(story.story)
    return right


@settings(
    max_examples=often(12, 50) if os.environ.get("DATABASE_URL") else often(40, 160),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    written=stories,
    rewritten=stories,
    asked=st.lists(terms, min_size=1, max_size=3),
    section=st.sampled_from([None, 1, 3]),
    days=st.tuples(st.integers(0, 90), st.integers(0, 160)),
    language=st.sampled_from(["", "fr"]),
    near=st.sampled_from([0, 2, 5, 5_000]),
)
def test_what_is_found_is_what_the_words_say_after_any_changes(
    db: None,
    written: list[Any],
    rewritten: list[Any],
    asked: list[Term],
    section: int | None,
    days: tuple[int, int],
    language: str,
    near: int,
) -> None:
    def press(copy: list[Any]) -> list[Findable]:
        return [
            told(number, headline, body, standfirst=standfirst, days=age / 2, sections=tuple(within), language=tongue)
            for number, (headline, standfirst, body, age, within, tongue) in enumerate(copy, 1)
        ]

    with undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "NEAR", near)
        finding._near.clear()
        first, second = press(written), press(rewritten)
        file(*first)
        gone = {story.story for story in second if story.story % 4 == 0}
        file(*(story for story in second if story.story not in gone))
        cuttings.discard(gone)
        filed = {story.story: story for story in (*first, *second) if story.story not in gone}
        query = Query(tuple(dict.fromkeys(asked)))
        filters = Filters(section, NOON - timedelta(days=days[0]), NOON - timedelta(days=days[1] / 4), language)
        for each in (Filters(), filters):
            assert set(find(query, each, now=NOON).stories) == expected(filed.values(), query, each)
        order = find(query, Filters(), now=NOON, newest=True).stories
        moments = [filed[story].published[:16] for story in order]
        assert moments == sorted(moments, reverse=True)
        assert Cutting.objects.count() == CuttingText.objects.count() == len(filed)
        assert not cuttings.differing(filed.values(), gone)


@pytest.mark.parametrize("near", [0, 1, 4, 11, 5_000])
@pytest.mark.parametrize("most", [1, 5, 12])
def test_the_newest_are_found_however_many_months_are_looked_through_first(
    db: None, monkeypatch: pytest.MonkeyPatch, near: int, most: int
) -> None:
    monkeypatch.setattr(finding, "NEAR", near)
    monkeypatch.setattr(finding, "MOST", most)
    finding._near.clear()
    file(*(told(number, "Ferry" if number % 3 else "Port", days=number * 20) for number in range(1, 20)))
    # Also at the very beginning of a month, which the places of its first minute share.
    midnight = datetime(2026, 9, 1, tzinfo=UTC)
    file(*(told(number, "Ferry", days=(NOON - midnight).total_seconds() / 86_400) for number in (30, 31)))
    ferries = [number for number in range(1, 20) if number % 3]
    first, rest = [number for number in ferries if number < 5], [number for number in ferries if number >= 5]
    assert found("ferry", newest=True) == [*first, 31, 30, *rest][:most]
    assert look("ferry", newest=True).more is (most < 15)
    since, until = NOON - timedelta(days=130), NOON - timedelta(days=50)
    assert found("ferry", newest=True, since=since, until=until) == [4, 31, 30, 5][:most]
    # A place that lies behind its minute, and so in the next month.
    last = (NOON - datetime(2026, 8, 31, 23, 59, tzinfo=UTC)).total_seconds() / 86_400
    file(told(50, "Lamp", days=last), told(50 + 4096, "Lamp", days=last), told(60, "Lamp", days=0), told(61, "Lamp"))
    lamps = found("lamp", newest=True)
    assert len(lamps) == min(most, 4) and set(lamps) <= {60, 61, 50, 50 + 4096}
    # What is filed meanwhile is found at once, in whichever month.
    file(told(40, "Ferry", days=-45))
    assert found("ferry", newest=True)[0] == 40


def test_what_was_filed_before_it_said_its_month_is_found(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "NEAR", 1)
    finding._near.clear()
    with monkeypatch.context() as before:
        before.setattr(cuttings, "RULES", 1)
        before.setattr(cuttings, "month_mark", lambda month: cuttings.GAP)
        file(told(1, "Ferry"), told(2, "Ferry", days=40))
    file(told(3, "Ferry", days=80))
    assert found("ferry", newest=True) == [1, 2, 3]


def test_a_headlines_words_are_no_filters(db: None) -> None:
    file(told(1, "Les S3 lent", sections=(1,), language="fr"), told(2, "Ferry", sections=(3,), language="es"))
    assert found("lent", section=3) == found("lent", language="es") == found("ferry", section=1) == []
    assert found("lent", section=1) == found("lent", language="fr") == [1]
    assert found("ferry", section=3) == found("ferry", language="es") == [2]


def test_what_is_filed_by_other_rules_is_found_though_the_months_are_remembered(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NEAR", 1)
    finding._near.clear()
    file(*(told(number, "Ferry", days=number) for number in range(1, 5)))
    assert found("ferry", newest=True) == [1, 2, 3, 4]
    with monkeypatch.context() as former:
        former.setattr(cuttings, "RULES", 1)
        former.setattr(cuttings, "month_mark", lambda month: cuttings.GAP)
        file(told(9, "Ferry"))
    assert found("ferry", newest=True) == [9, 1, 2, 3, 4]


# --- order --------------------------------------------------------------------------------------------------------


def test_the_headline_weighs_most_and_age_a_little(db: None) -> None:
    file(
        told(1, "Budget passes at last", "Members cheered.", days=300),
        told(2, "Members cheer", "The budget passes.", days=1),
        told(3, "Cheers", "x " * 200 + "budget", days=0),
        told(4, "Budget talks fail", "Again.", days=2),
        told(5, "Members go home", "Nothing.", standfirst="No budget this year.", days=30),
    )
    assert found("budget") == [4, 1, 5, 2, 3]
    assert found("budget", newest=True) == [3, 2, 4, 5, 1]


def test_a_word_that_says_little_and_another_form_weigh_less_than_the_word_itself(db: None) -> None:
    file(
        told(1, "The end", "A strike is over."),
        told(2, "Strike is over", "It is the end."),
        told(3, "Strikes are over", "It is the end."),
        told(4, "End of the strike", "Over.", days=3),
    )
    assert found("strike the") == [4, 2, 3, 1]
    assert found("the strike") == [4, 2, 3, 1]


def test_what_stands_together_in_the_headline_comes_first(db: None) -> None:
    file(told(1, "Crossing the river at night"), told(2, "Night crossing of the river", days=60))
    assert found("night crossing") == [2, 1]


# --- bounds -------------------------------------------------------------------------------------------------------


def test_a_search_is_bounded_and_older_headlines_are_found_all_the_same(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 20)
    monkeypatch.setattr(finding, "RANKED", 5)
    file(told(500, "Harbour opens", days=400), *(told(number, "x", "the harbour", days=number) for number in range(60)))
    hits = look("harbour")
    assert len(hits.stories) == 20 and hits.more and not hits.short
    assert hits.stories[0] == 500
    assert hits.stories[1:] == tuple(range(19))
    assert look("harbour", newest=True).stories == tuple(range(20))
    assert not look("opens").more


def test_a_phrase_of_common_words_is_looked_for_among_the_newest_and_that_is_told(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PHRASED", 10)
    file(
        told(500, "x", "night of the crossing", days=400), *(told(n, "x", "the crossing of", days=n) for n in range(30))
    )
    assert look('"of the crossing"') == Hits((), more=False, short=True)
    assert look('"of the crossing"', until=NOON - timedelta(days=50)) == Hits((500,))
    assert look('"the crossing"').short
    assert len(found('"the crossing"')) == 10


def test_a_search_that_takes_too_long_is_given_up(press: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SECONDS", 0.05)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000)"
    slow = {"sqlite": f"{numbers} SELECT max(i) FROM n", "postgresql": "SELECT 1 FROM pg_sleep(20)"}
    with pytest.raises(finding.TooSlow), finding._in_time() as index:
        index._run(slow[connection.vendor], [])
    assert found("ferry") == [1]


def test_very_many_stories_of_one_minute_have_places_of_their_own(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuttings, "_MINUTE", 2)
    monkeypatch.setattr(cuttings, "DAY", 24 * 60 << 2)
    file(*(told(number, "Archive", days=3) for number in range(1, 40)))
    file(*(told(number, "Archive anew", days=3) for number in range(20, 60)))
    assert set(found("archive")) == set(range(1, 60))
    assert set(found("anew")) == set(range(20, 60))
    assert found("archive", since=NOON - timedelta(days=2)) == []
    assert len(found("archive", since=NOON - timedelta(days=3), until=NOON - timedelta(days=3, seconds=-1))) == 59
    assert Cutting.objects.values("place").distinct().count() == 59


def test_the_longest_text_is_found_by_its_words_on_both_databases(db: None) -> None:
    many = " ".join(f"w{number}" for number in range(20_000))
    file(told(1, "Long", many), told(2, "Said again", "port " * 400 + "of call"))
    assert found("w15000") == [1] and found("w19999") == []
    assert found('"w14000 w14001"') == [1]
    # Beyond what PostgreSQL remembers of one word the places are gaps, on SQLite too.
    assert found('"port of call"') == [] and found('"of call"') == found('"port port"') == [2]


# --- damage -------------------------------------------------------------------------------------------------------


def test_an_index_that_is_lost_stops_no_kill_and_is_made_anew(press: None) -> None:
    cuttings.tear_down(connection)
    with pytest.raises(cuttings.Damaged, match="standfirst search rebuild"), transaction.atomic():
        cuttings.file([told(9, "More")])
    with transaction.atomic():
        assert cuttings.discard([1]) == 1
    with transaction.atomic():
        cuttings.empty()
        cuttings.file(PRESS[1:])
    assert found("ferry") == [] and found("accord") == [2]
