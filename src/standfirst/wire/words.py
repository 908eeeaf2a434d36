"""Words of agencies' texts in any script, folded so that the same word is the same text. Pure: no Django.

A word is a run of letters or one figure. Case, width and Arabic vowel signs do not tell two words apart. Scripts that
put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give overlapping runs of characters instead.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

_TOKEN: Final = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W\d_]")
_MARKS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200c-\u200f\u00ad]+")
"""Accents, Hebrew points, Arabic vowel signs and lengthening, soft hyphens, joiners."""
_ARABIC: Final = str.maketrans("أإآٱىةؤئیک", "ااااي\u0647وييك")
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]+"
)
_SHORT_RUNS: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
_TAG: Final = re.compile(r"<[^<>]*>")
_BREAK: Final = re.compile(r"</?(?:p|br|h[1-6]|li|ul|ol|tr|td|th|table|blockquote|pre|caption)\b[^<>]*>")


def paragraphs(body_html: str) -> list[str]:
    """The paragraphs of clean block HTML (see `kit.markup`), as plain text, none empty."""
    text = _TAG.sub("", _BREAK.sub("\n", body_html))
    lines = (html.unescape(text) if "&" in text else text).split("\n")
    return [line for line in map(str.strip, lines) if line]


def folded(text: str) -> str:
    """`text` in the form in which words are compared. A text of ASCII stays as long as it is."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold())
    text = unicodedata.normalize("NFC", _MARKS.sub("", text)).translate(_ARABIC)
    return "".join(_ascii_digit(each) if each.isdecimal() else each for each in text)


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character))


def of(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    text = folded(text)
    if text.isascii() or not _UNSPACED.search(text):
        return _TOKEN.findall(text)
    words: list[str] = []
    at = 0
    for found in _UNSPACED.finditer(text):
        words.extend(_TOKEN.findall(text[at : found.start()]))
        words.extend(_runs(found.group()))
        at = found.end()
    words.extend(_TOKEN.findall(text[at:]))
    return words


def _runs(text: str) -> list[str]:
    """Overlapping runs of characters: two where a character is about a syllable or a word, else four."""
    size = 2 if _SHORT_RUNS.match(text) else 4
    return [text[at : at + size] for at in range(max(1, len(text) - size + 1))]


def unspaced(text: str) -> bool:
    """True if `text` holds a script that puts no spaces between words."""
    return not text.isascii() and bool(_UNSPACED.search(text))
