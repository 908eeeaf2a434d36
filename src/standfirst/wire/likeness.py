"""Whether two texts tell the same story: small sketches, made once and compared in microseconds. Pure: no Django.

A text is cut into runs of three words ("shingles"), each hashed. Of those the smallest hashes are kept, which is a fair
sample (bottom-k MinHash; Broder 1997): two samples say how much two texts share, and which part of the shorter one
stands in the longer one. The few smallest hashes of runs that hold a name, a figure or a long word are the text's
*clues*: texts of one story very likely share one, other texts hardly ever.

Words in common are not enough: tomorrow's market report has today's sentences. So a sketch also holds the names and the
figures of a text, and what two texts share of those has to agree.
"""

from __future__ import annotations

import re
import struct
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zlib import crc32

from standfirst.wire import words

SHORTEST: Final = 40
"""Runs of words below which two texts are not compared: too little to tell."""
_LONGEST: Final = 1_200
_SAMPLE: Final = 256
_CLUES: Final = 16
_NAMES: Final = 48
_MASK: Final = (1 << 64) - 1
_K1, _K2, _K3, _MIX = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93

_DATELINE: Final = re.compile(
    r"[^\W\d_a-z]{2}[^-–—]{0,70}?\s(?:-{1,2}|–|—)\s|[^()]{0,60}\([\w ./-]{2,20}\)\s*[-–—=:]*\s*"
)
_SIGN_OFF: Final = re.compile(
    r"\(?(?:reporting|editing|writing|additional reporting|compiled|©|copyright|\(c\)|end|all rights)\b|©",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.!?…:”\"]\s+|\n")
_NAME: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text. `runs` is how many different runs of words it has; the others are sorted hashes."""

    runs: int
    sample: tuple[int, ...]
    names: tuple[int, ...]
    figures: tuple[int, ...]

    def pack(self) -> bytes:
        """As bytes: four counts, then 32-bit numbers, little-endian."""
        numbers = array("I", self.sample + self.names + self.figures)
        if struct.pack("=H", 1) != struct.pack("<H", 1):
            numbers.byteswap()
        return struct.pack("<4H", min(self.runs, 65535), len(self.sample), len(self.names), len(self.figures)) + (
            numbers.tobytes()
        )


def unpack(data: bytes) -> Sketch:
    """The sketch that `Sketch.pack` wrote."""
    runs, sample, names, figures = struct.unpack_from("<4H", data)
    numbers = struct.unpack_from(f"<{sample + names + figures}I", data, 8)
    return Sketch(runs, numbers[:sample], numbers[sample : sample + names], numbers[sample + names :])


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is compared: its sketch and its clues (64-bit, signed). `sketch` is None if it is too short."""

    sketch: Sketch | None
    clues: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What two texts share, each from 0 to 1; names and figures are None where one text has too few to tell."""

    common: float
    """Of all their runs of words."""
    contained: float
    """Of the runs of the shorter one."""
    names: float | None
    figures: float | None


def read(body_html: str) -> Text:
    """Sketch the copy in `body_html`. Datelines, credits and sign-offs are left out: every agency has its own."""
    copy = _copy(words.paragraphs(body_html))
    found = words.of(copy)[:_LONGEST]
    if len(found) < SHORTEST + 2:
        return Text(None)
    names, figures = _facts(copy, found)
    hashes = [_hash(word) for word in found]
    runs = {
        (((a * _K1 + b * _K2 + c * _K3) & _MASK) * _MIX) & _MASK
        for a, b, c in zip(hashes, hashes[1:], hashes[2:], strict=False)
    }
    if len(runs) < SHORTEST:
        return Text(None)
    telling = names | {_hash(word) for word in found if len(word) > 8 or word[0].isdigit()}
    clues = sorted(
        (((a * _K1 + b * _K2 + c * _K3) & _MASK) * _MIX) & _MASK
        for a, b, c in zip(hashes, hashes[1:], hashes[2:], strict=False)
        if a in telling or b in telling or c in telling
    )
    clues = list(dict.fromkeys(clues))[:_CLUES]
    if len(clues) < _CLUES // 2:
        clues = sorted(runs)[:_CLUES]
    sample = tuple(sorted(each >> 32 for each in runs)[:_SAMPLE])
    sketch = Sketch(len(runs), sample, tuple(sorted(names)[:_NAMES]), tuple(sorted(figures)[:_NAMES]))
    return Text(sketch, tuple(each - (1 << 63) for each in clues))


@lru_cache(maxsize=50_000)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def _copy(paragraphs: list[str]) -> str:
    while paragraphs and (len(paragraphs[-1].split()) < 4 or _SIGN_OFF.match(paragraphs[-1])) and len(paragraphs) > 1:
        paragraphs.pop()
    if paragraphs and (found := _DATELINE.match(paragraphs[0])):
        paragraphs[0] = paragraphs[0][found.end() :]
    return "\n".join(paragraphs)


def _facts(copy: str, found: list[str]) -> tuple[set[int], set[int]]:
    """Hashes of names (words with a capital inside a sentence) and of figures."""
    figures = {_hash(word) for word in found if word[0].isdigit()}
    names: set[int] = set()
    for sentence in _SENTENCE.split(copy):
        for place, word in enumerate(_NAME.findall(sentence)):
            if place and word[0].isupper() and len(word) > 1:
                names.add(_hash(words.folded(word)))
    return names, figures


def compare(a: Sketch, b: Sketch) -> Score:
    """How much two texts share."""
    top = min(
        a.sample[-1] if len(a.sample) < a.runs else 1 << 32,
        b.sample[-1] if len(b.sample) < b.runs else 1 << 32,
    )
    left = {each for each in a.sample if each <= top}
    right = {each for each in b.sample if each <= top}
    both = len(left & right)
    return Score(
        common=both / max(1, len(left | right)),
        contained=both / max(1, min(len(left), len(right))),
        names=_shared(a.names, b.names),
        figures=_shared(a.figures, b.figures),
    )


def _shared(a: tuple[int, ...], b: tuple[int, ...]) -> float | None:
    """How many of the shorter list stand in the longer one."""
    few = min(len(a), len(b))
    if few < 3:
        return None
    if len(a) == _NAMES or len(b) == _NAMES:
        top = min(a[-1] if len(a) == _NAMES else 1 << 32, b[-1] if len(b) == _NAMES else 1 << 32)
        a, b = tuple(each for each in a if each <= top), tuple(each for each in b if each <= top)
        few = max(1, min(len(a), len(b)))
    return len(set(a) & set(b)) / few


def same_story(score: Score) -> bool:
    """True if two texts that share this much tell the same story. Tuned for precision: see `bench/families.py`."""
    if score.contained < 0.35:
        return False
    if score.names is not None and score.names < 0.5:
        return False
    return score.figures is None or score.figures >= 0.34 or score.contained >= 0.8 > score.figures > 0.2


def related(score: Score) -> bool:
    """True if two texts that an agency gave the same key may well be one story."""
    return score.contained >= 0.08 or (score.names is not None and score.names >= 0.3)
