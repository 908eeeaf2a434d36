"""What readers type into the search, as words and phrases: pure, and nothing that can be typed is an error.

    ferry crossing        stories that have both words
    "night crossing"      the words as they stand; what is written together (covid-19, 東京) is a phrase by itself
    -football             none of the stories with this word

Capitals, accents and the rest of what `kit.folding` says do not matter. A word finds its plural and singular too, and
an Arabic one also with the article and what is written together with it; between quotation marks it is taken as it
stands. There is no other sign that means anything: AND, OR, *, : and brackets are words or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from standfirst.kit import folding

LONGEST: Final = 200
"""Characters of a search that are read."""

MOST_TERMS: Final = 12
"""Words and phrases that are looked for."""

MOST_WORDS: Final = 40
"""Words of these together."""

_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')

_ENGLISH: Final = re.compile(r"[a-z]{3,}")
_ARABIC: Final = re.compile(r"[\u0621-\u064a]+")
_ARTICLES: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
"""The Arabic article, alone and behind what is written together with it; the longest first."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase in their order. `alike` are forms of a single word that will do as well."""

    words: tuple[str, ...]
    alike: tuple[str, ...] = ()
    without: bool = False
    """True: stories that have it are left out."""

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Every run of words that is a match, the one that was typed first."""
        return (self.words, *((word,) for word in self.alike))


@dataclass(frozen=True)
class Query:
    """What was asked for. `cut` tells that more was typed than is looked for."""

    terms: tuple[Term, ...] = ()
    cut: bool = False

    @cached_property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.without)

    @cached_property
    def unwanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.without)


def read(typed: str) -> Query:
    """The query that somebody `typed`."""
    terms: list[Term] = []
    cut = len(typed) > LONGEST
    room = MOST_WORDS
    for without, phrase, word in _TERM.findall(typed[:LONGEST].translate(_QUOTES)):
        found = tuple(folding.words(phrase or word))
        if not found:
            continue
        bare = bool(word) and len(found) == 1
        term = Term(found, tuple(_alike(found[0])) if bare else (), bool(without))
        if term in terms:
            continue
        if len(terms) == MOST_TERMS or len(found) > room:
            cut = True
            break
        terms.append(term)
        room -= len(found)
    return Query(tuple(terms), cut)


def _alike(word: str) -> Iterator[str]:
    """Other forms of a folded word: as many as a few rules give, none of which needs a dictionary."""
    if _ENGLISH.fullmatch(word):
        yield from _numbers(word)
    elif _ARABIC.fullmatch(word):
        bare = next((word[len(it) :] for it in _ARTICLES if word.startswith(it) and len(word) - len(it) > 2), word)
        if len(bare) > 2:
            yield from (form for form in (bare, *(f"{article}{bare}" for article in _ARTICLES)) if form != word)


def _numbers(word: str) -> Iterator[str]:
    """The plural of a word in Latin script, and what it may be the plural of."""
    if word.endswith("ies") and len(word) > 4:
        yield f"{word[:-3]}y"
    if word.endswith("s"):
        if not word.endswith(("ss", "us", "is")) and len(word) > 4:
            yield word[:-1]
            if word.endswith(("ses", "xes", "zes", "ches", "shes")):
                yield word[:-2]
        elif word.endswith("ss"):
            yield f"{word}es"
        return
    if word.endswith("y") and word[-2] not in "aeiou":
        yield f"{word[:-1]}ies"
    else:
        yield f"{word}es" if word.endswith(("x", "z", "ch", "sh")) else f"{word}s"
