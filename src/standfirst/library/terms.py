"""The terms by which a story is found: its topics, its section, and the words of its headline and standfirst.

Words of any script; no dictionary of a language is needed. A short list of the commonest words of the languages that
our newsrooms write most keeps noise out; rarity, counted over the archive, does the rest. Scripts that put no space
between words (Chinese, Japanese, Thai and their neighbours) are taken in pairs of letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

LONGEST = 60
"""Characters of a term that are kept."""

MOST = 60
"""Terms of one story at most: the weightiest."""

TOPIC, HEADLINE, KICKER, STANDFIRST, SECTION = 3.0, 2.0, 2.0, 1.0, 0.3

_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai, Lao; Burmese; Khmer
    *((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF)),  # kana, Han
)

_ACCENTS = 10
"""Canonical combining classes from here on are accents, tones and points that many leave out. Those below belong to the
letters of Indian scripts."""

_COMMONEST = """
a about after again against all also an and any are as at be been before being between both but by can could did do does
down during each few for from had has have he her here him his how i if in into is it its just like made make may more
most new no nor not now of off on one only or other our out over own said say says she should so some such than that the
their them then there these they this those through to too two under until up us very was we were what when where which
while who why will with would year years you
au aux avec ce ces cette comme dans de des du elle elles en est et il ils je la le les leur leurs lui mais même ne nous
on ont ou par pas plus pour qui sa sans se ses son sont sur un une vous été être
في من على إلى عن أن إن هذا هذه ذلك التي الذي الذين مع بعد قبل بين كما كان كانت لا ما لم لن قد أو ثم حتى عند كل غير
"""

_ELIDED = frozenset("l d j m t s n c qu jusqu lorsqu puisqu quelqu all dall dell nell sull".split())
"""What stands before an apostrophe and is no part of the word: l'accord, qu'une, dell'arte."""

_APOSTROPHES = "'’ʼ"
_TATWEEL, _ZERO_WIDTH_SPACE = "\u0640", "\u200b"


def words(text: str) -> list[str]:
    """The words of `text` that say something: folded, without accents, possessives and plural endings.

    Of numbers only those that may be a year.
    """
    return [word[:LONGEST] for run in _runs(text) for word in _of_run(run)]


def _runs(text: str) -> Iterator[str]:
    """Stretches of letters, digits and marks of one kind of script, with apostrophes inside."""
    plain = unicodedata.normalize("NFD", text.casefold())
    found: list[str] = []
    unspaced = False
    for letter in (*plain, " "):
        kind = unicodedata.category(letter)
        if unicodedata.combining(letter) >= _ACCENTS or letter == _TATWEEL:
            continue
        if kind == "Cf" and letter != _ZERO_WIDTH_SPACE:
            continue  # joiners inside words, and marks of direction
        if letter in _APOSTROPHES and found and not unspaced:
            found.append("'")
        elif kind[0] in "LM" or kind == "Nd":
            of_unspaced = unspaced if kind == "Nd" else _is_unspaced(letter)
            if found and of_unspaced != unspaced:
                yield unicodedata.normalize("NFC", "".join(found))
                found = []
            unspaced = of_unspaced
            found.append(letter)
        elif found:
            yield unicodedata.normalize("NFC", "".join(found))
            found, unspaced = [], False


def _is_unspaced(letter: str) -> bool:
    code = ord(letter)
    return code >= 0x0E00 and any(low <= code <= high for low, high in _UNSPACED)


def _of_run(run: str) -> Iterator[str]:
    if _is_unspaced(run[0]):
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
        return
    first, *rest = run.rstrip("'").split("'")
    if rest and first in _ELIDED:
        first, *rest = rest
    word = first if rest == ["s"] else "".join((first, *rest))
    if word.isdecimal():
        if len(word) == 4:
            yield word
    elif len(word) > 1 and word not in _COMMON:
        # "elections" and "election", "ministres" and "ministre".
        yield word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_COMMON = frozenset(_runs(_COMMONEST))


def weigh(
    *, headline: str, short_headline: str, kicker: str, standfirst: str, topics: Iterable[str], section: int
) -> Mapping[str, float]:
    """Term -> weight. Words start with "w:", topics (slugs) with "t:", the section (id) with "s:"."""
    found: dict[str, float] = {}
    for text, weight in ((standfirst, STANDFIRST), (kicker, KICKER), (short_headline, HEADLINE), (headline, HEADLINE)):
        for word in words(text):
            found[f"w:{word}"] = max(weight, found.get(f"w:{word}", 0.0))
    for slug in topics:
        found[f"t:{slug[:LONGEST]}"] = TOPIC
    weightiest = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[: MOST - 1]
    return {**dict(weightiest), f"s:{section}": SECTION}
