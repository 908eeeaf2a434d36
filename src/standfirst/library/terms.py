"""The terms by which a story is found: its topics, its section, and the words of its headline and standfirst.

Words of any script; no dictionary of a language is needed. A short list of the commonest words of the languages that our
newsrooms write most keeps noise out; rarity, counted over the archive, does the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST = 60
"""Characters of a term that are kept."""

MOST = 60
"""Terms of one story at most: the weightiest."""

TOPIC, HEADLINE, KICKER, STANDFIRST, SECTION = 3.0, 2.0, 2.0, 1.0, 0.3

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)

_COMMON = frozenset(
    """
    a about after again against all also an and any are as at be been before being between both but by can could did do
    does down during each few for from had has have he her here him his how i if in into is it its just like made make may
    more most new no nor not now of off on one only or other our out over own said say says she should so some such than
    that the their them then there these they this those through to too two under until up us very was we were what when
    where which while who why will with would year years you
    au aux avec ce ces cette comme dans de des du elle elles en est et il ils je la le les leur leurs lui mais même ne nous
    on ont ou par pas plus pour qu que qui sa sans se ses son sont sur un une vous été être
    في من على إلى عن أن إن هذا هذه ذلك التي الذي الذين مع بعد قبل بين كما كان كانت لا ما لم لن قد أو ثم حتى عند كل غير
    """.split()
)


def words(text: str) -> list[str]:
    """The words of `text` that say something: folded, without possessives; numbers only where they may be a year."""
    found = []
    for match in _WORD.findall(unicodedata.normalize("NFC", text).casefold()):
        word = match.replace("’", "'").removesuffix("'s").replace("'", "")
        if word.isdecimal():
            if len(word) == 4:
                found.append(word)
        elif len(word) > 1 and word not in _COMMON:
            found.append(word[:LONGEST])
    return found


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
    found[f"s:{section}"] = SECTION
    weightiest = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST]
    return dict(weightiest)
