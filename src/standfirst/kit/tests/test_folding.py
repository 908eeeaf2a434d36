"""What readers type and what was written are the same words, in every script."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.kit.folding import LONGEST, runs, words

ALIKE = [
    ("English", "LAGOS", "lagos", "Lagos’s"),
    ("French", "Médéa", "MEDEA", "médéa"),
    ("French ligatures", "cœur", "coeur", "CŒUR"),
    ("French elisions", "l’accord", "L'ACCORD", "d'accord", "accord", "qu’accord"),
    ("Hausa", "ƙasa", "KASA", "Ƙasa", "k'asa"),
    ("Hausa hooks", "ɓauna", "bauna", "Ɓauna"),
    ("Hausa implosives", "ɗan", "dan", "Ɗan"),
    ("Hausa y", "ƴan", "'yan", "’YAN", "yan"),
    ("Hausa stops", "ma'aikata", "ma’aikata", "maʼaikata", "maaikata"),
    ("Yoruba", "Ọyọ", "Oyo", "ọ̀yọ́"),
    ("Igbo", "Ị́gbò", "igbo", "ỊGBÒ"),
    ("Irish names", "O’Brien", "OBrien", "o'brien"),
    ("Arabic alef", "أحمد", "احمد", "إحمد", "آحمد", "ٱحمد"),
    ("Arabic ya", "مستشفى", "مستشفي"),
    ("Arabic ta marbuta", "مدرسة", "مدرسه"),
    ("Arabic hamza", "مؤتمر", "موتمر"),
    ("Arabic hamza on ya", "رئيس", "رييس"),
    ("Arabic vowel signs", "كِتَابٌ", "كتاب"),
    ("Arabic lengthening", "محـــمد", "محمد"),
    ("Persian", "کتاب", "كتاب"),
    ("digits", "٢٠٢٦", "2026", "۲۰۲۶", "２０２６"),
    ("German", "Straße", "strasse", "STRASSE"),
    ("Turkish", "İstanbul", "istanbul", "Istanbul"),
    ("Danish", "Sørensen", "sorensen"),
    ("width", "ＡＢＣ", "abc"),
    ("invisible", "soft\u00adhyphen", "softhyphen", "soft\u200dhyphen"),
    ("Greek", "ΟΔΟΣ", "οδός", "οδοσ"),
    ("Russian", "ЁЛКА", "елка", "ёлка"),
    ("Hebrew", "שָׁלוֹם", "שלום"),
]


@pytest.mark.parametrize("spellings", [each[1:] for each in ALIKE], ids=[each[0] for each in ALIKE])
def test_one_word_however_it_is_written(spellings):
    assert {tuple(words(spelling)) for spelling in spellings} == {tuple(words(spellings[0]))}
    assert len(words(spellings[0])) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Rivers rise; 3-2 in the derby (again).", "rivers rise 3 2 in the derby again"),
        ("covid-19, e-mail & #hashtag @somebody", "covid 19 e mail hashtag somebody"),
        ("the U.S. at 3.5%", "the u s at 3 5"),
        ("‘quoted’ “words” «ici»", "quoted words ici"),
        ("rock'n'roll 'tis all's well", "rocknroll tis all well"),
        ("N'Djamena dell'arte", "djamena arte"),
        ("東京都 กิน", "東 京 都 ก ิ น"),
        ("x² ½ Ⅻ ﬁne", "x2 1 2 xii fine"),
        ("a\x00b\ud800c\ufffdd\u200be", "a b c d e"),
        ("🎉 — … !", ""),
        ("' ’ ''", ""),
        ("", ""),
    ],
)
def test_what_is_a_word_and_what_parts_words(text, found):
    assert " ".join(words(text)) == found


def test_a_word_is_compared_up_to_a_length():
    assert words("a" * 500) == ["a" * LONGEST]
    assert [len(word) for word in words("ß" * 500)] == [LONGEST]


texts = st.text(st.one_of(st.characters(), st.sampled_from("'’lds -\u0301\u0640أةىɗƙ東ก½٣")), max_size=60)
laws = settings(max_examples=300, deadline=None)


@laws
@given(texts)
def test_folding_what_is_folded_changes_nothing(text):
    assert words(" ".join(words(text))) == words(text)


@laws
@given(texts, texts)
def test_words_do_not_depend_on_their_neighbours(one, other):
    assert words(f"{one} {other}") == words(one) + words(other)


@laws
@given(texts)
def test_capitals_and_composition_do_not_matter(text):
    composed = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert words(composed[0]) == words(composed[1])
    assert words(text.casefold()) == words(text)


@laws
@given(texts)
def test_no_word_has_what_a_database_might_take_for_a_sign(text):
    for word in words(text):
        assert 0 < len(word) <= LONGEST
        assert not any(sign.isspace() or unicodedata.category(sign)[0] not in "LMN" for sign in word)
        word.encode()


@laws
@given(texts)
def test_where_words_stand_agrees_with_what_they_are(text):
    found = runs(text)
    assert [word for _, _, some in found for word in some] == words(text)
    end = 0
    for start, stop, some in found:
        assert end <= start < stop <= len(text)
        assert words(text[start:stop]) == some
        end = stop
