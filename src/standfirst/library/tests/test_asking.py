"""What readers type is read as words, phrases and words to leave out, and is never an error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.library.asking import LONGEST, MOST_TERMS, MOST_WORDS, Query, Term, read


def told(query: Query) -> str:
    """A query in one line: phrases in brackets, forms that will do as well after a slash."""
    parts = []
    for term in query.terms:
        words = " ".join(term.words)
        shown = f"[{words}]" if len(term.words) > 1 else words
        parts.append(("-" if term.without else "") + "/".join([shown, *term.alike]))
    return " ".join(parts)


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("Médéa", "medea/medeas"),
        ("ferry crossings", "ferry/ferries crossings/crossing"),
        ('"night crossing" -football', "[night crossing] -football/footballs"),
        ("“night crossing”", "[night crossing]"),
        ("« traversée de nuit »", "[traversee de nuit]"),
        ('"lagos"', "lagos"),
        ('-"night crossing" boats', "-[night crossing] boats/boat"),
        ('"never closed', "[never closed]"),
        ("covid-19 e-mail", "[covid 19] [e mail]"),
        ("東京都", "[東 京 都]"),
        ("l'accord d’Abuja", "accord/accords abuja/abujas"),
        ("news Paris bus glass boxes churches", "news paris bus glass/glasses boxes/boxe/box churches/churche/church"),
        ("الانتخابات", "الانتخابات/انتخابات/والانتخابات/بالانتخابات/كالانتخابات/فالانتخابات/للانتخابات"),
        ("2026 19", "2026 19"),
        ("boats boats BOATS", "boats/boat"),
        ("--- - '' * ( ) : ^ { } AND", "and/ands"),
        ('foo"bar baz"qux', "foo/foos [bar baz] qux/quxes"),
        ("🎉", ""),
        ("", ""),
    ],
)
def test_what_is_typed_is_read_so(typed, read_as):
    assert told(read(typed)) == read_as
    assert not read(typed).cut


def test_more_than_a_search_may_hold_is_left_out_and_told():
    many = read(" ".join(f"word{number}" for number in range(40)))
    assert len(many.terms) == MOST_TERMS and many.cut
    long = read("a" * (LONGEST + 1))
    assert long.cut and len(long.terms) == 1
    phrase = read(f'ferry "{"a b " * 40}" boats')
    assert phrase.cut and sum(len(term.words) for term in phrase.terms) <= MOST_WORDS


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("-\"“”«» *:^(){}'أa")), max_size=LONGEST + 20))
def test_nothing_that_can_be_typed_is_an_error(typed):
    query = read(typed)
    assert len(query.terms) <= MOST_TERMS
    for term in query.terms:
        assert term.words and not (term.alike and len(term.words) > 1)
        for spelling in term.spellings:
            assert all(word and word.isprintable() and " " not in word and '"' not in word for word in spelling)
    assert query.wanted + query.unwanted == tuple(sorted(query.terms, key=lambda term: term.without))


def test_terms_can_be_told_apart():
    assert Term(("boat",)) != Term(("boat",), without=True)
