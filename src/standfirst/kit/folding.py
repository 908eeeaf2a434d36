"""Words as a reader's search compares them: in every script, whatever the case, the accents or the keyboard.

What is looked for and what is looked into go through `words`, on every database, so that both find the same. A word is
a run of letters and digits, in small letters, with these told apart no more:

- accents, tones, points and vowel signs that many leave out: "Médéa" and "Medea", "Ọyọ" and "Oyo", "كِتَاب" and "كتاب";
- letters that keyboards lack: Hausa ɓ ɗ ƙ ƴ and b d k y, œ and oe, ß and ss;
- the shapes of one Arabic letter: أ إ آ ٱ and ا, ى and ي, ة and ه, ؤ and و, ئ and ي, with Persian's and Urdu's;
- digits of every script, letters of full width, hyphens and joiners that nobody sees.

Apostrophes stand inside words ("O'Brien", Hausa "ma'aikata") and fall away; the "l'" of "l'accord" and the "'s" of
"Lagos's" are left out. Scripts that put no spaces between words (Chinese, Japanese, Thai and their neighbours) give a
word for each letter, so that a word of theirs is a phrase.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 60
"""Letters of a word that are compared."""

_ACCENTS: Final = 10
"""Canonical combining classes from here on are accents, tones and points that many leave out. Those below belong to the
letters of Indian scripts."""

_ALIKE: Final[dict[str, str]] = {
    # Letters that no decomposition takes apart.
    **dict(zip("ɓɗƙƴɖəɛɔŋøđðłħıĸŧæœþ", "b d k y d e e o n o d d l h i k t ae oe th".split(), strict=True)),
    # Arabic, after its hamzas have fallen off as accents do; then Persian's and Urdu's own forms.
    **dict(zip("ٱىةیېکګہھۂەڪ", "ا ي ه ي ي ك ك ه ه ه ه ك".split(), strict=True)),
}

_APOSTROPHES: Final = frozenset("'’‘ʼʻʹ`´＇′ꞌ")
_SEPARATING: Final = frozenset("\u200b\u2028\u2029")
"""Invisible, and yet between words: the space of no width, the ends of lines."""
_TATWEEL: Final = "\u0640"

_UNSPACED: Final = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai and Lao; Burmese; Khmer
    *((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF)),  # kana; Han
)

_ELIDED: Final = frozenset("l d j m t s n c qu jusqu lorsqu puisqu quelqu all dall dell nell sull".split())
"""What stands before an apostrophe and is no part of the word: l'accord, qu'une, dell'arte."""

_MOST_KNOWN: Final = 20_000


def _folds(text: str) -> dict[int, str]:
    """What each character of `text` is folded to, for `str.translate`: found out when it is first met."""
    unknown = [code for code in map(ord, set(text)) if code not in _FOLDS]
    if unknown:
        if len(_FOLDS) > _MOST_KNOWN:
            return {ord(sign): _folded(sign) for sign in set(text)}
        _FOLDS.update((code, _folded(chr(code))) for code in unknown)
    return _FOLDS


_FOLDS: Final[dict[int, str]] = {}


def _folded(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _SEPARATING:
        return " "
    # Twice: some capitals have a small letter only after they were taken apart.
    plain = unicodedata.normalize("NFKD", character.casefold())
    folded = "".join(map(_sign, unicodedata.normalize("NFKD", plain.casefold())))
    # One that stands for several words ("½", a sacred formula) is parted from its neighbours too.
    return f" {folded} " if " " in folded.strip() else folded


def _sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign == _TATWEEL or kind == "Cf" or unicodedata.combining(sign) >= _ACCENTS:
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if sign in _ALIKE:
        return _ALIKE[sign]
    if kind[0] not in "LMN":
        return " "
    return f" {sign} " if _is_unspaced(sign) else sign


def _is_unspaced(letter: str) -> bool:
    code = ord(letter)
    return code >= 0x0E00 and any(low <= code <= high for low, high in _UNSPACED)


def words(text: str) -> list[str]:
    """The folded words of `text` in order, none empty. Of any text: half an emoji and bytes that were none are spaces.

    `words(" ".join(words(text))) == words(text)`, and the words of two texts with a space between them are those of the
    one and those of the other.
    """
    plain = text.translate(_folds(text))
    found = plain.split()
    if "'" in plain:
        found = [bare for word in found if (bare := word if "'" not in word else _bare(word))]
    if len(plain) > LONGEST and len(max(found, key=len, default="")) > LONGEST:
        return [word[:LONGEST] for word in found]
    return found


def _bare(word: str) -> str:
    """`word` without its apostrophes and what they part from it."""
    parts = [part for part in word.split("'") if part]
    if len(parts) > 1 and parts[-1] == "s":
        parts.pop()
    while len(parts) > 1 and parts[0] in _ELIDED:
        del parts[0]
    return "".join(parts)


def runs(text: str) -> list[tuple[int, int, list[str]]]:
    """Where the words of `text` stand: (start, end, words) of each stretch without a gap, in order.

    Nearly always one word; the words of all stretches are those of the text.
    """
    folds = _folds(text + " ")
    found: list[tuple[int, int, list[str]]] = []
    start = -1
    for place, character in enumerate((*text, " ")):
        folded = folds[ord(character)]
        if start < 0:
            if folded and not folded.isspace() and folded != "'":
                start = place
        elif " " in folded:
            found.append((start, place, words(text[start:place])))
            start = place if folded.strip() else -1
    return [run for run in found if run[2]]
