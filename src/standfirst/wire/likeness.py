"""Whether two texts tell the same story: small sketches, made once and compared in microseconds. Pure: no Django.

A text is cut into runs of three words ("shingles"), each hashed. Of those the smallest hashes are kept, which is a fair
sample (bottom-k MinHash; Broder 1997): two samples say how much two texts share, and which part of the shorter one
stands in the longer one. The few smallest hashes of runs that hold a name, a figure or a long word are the text's
*clues*: texts of one story very likely share one, other texts hardly ever.

Words in common are not enough: tomorrow's market report has today's sentences, with other figures. What is told again
keeps whole sentences. So the runs that hold a figure, and those that hold a name, have samples of their own, and both
have to agree; texts that are full of figures, such as results and forecasts, must agree nearly everywhere.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from standfirst.wire import words

SHORTEST: Final = 40
"""Runs of words below which two texts are not compared: too little to tell."""
_LONGEST: Final = 1_200
_SAMPLE: Final = 192
_NAMES: Final = 64
_FIGURES: Final = 48
_CLUES: Final = 16
_FEWEST: Final = 6
_TOP: Final = 1 << 32
_THREE: Final = struct.Struct("<3Q")

_DATELINE: Final = re.compile(
    r"[^\W\d_a-z]{2}[^-–—]{0,70}?\s(?:-{1,2}|–|—)\s|[^()]{0,60}\([\w ./-]{2,20}\)\s*[-–—=:]*\s*"
)
_SIGN_OFF: Final = re.compile(
    r"\(?(?:reporting|editing|writing|additional reporting|compiled|©|copyright|\(c\)|end|all rights)\b|©",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.!?…:”\"]\s+|\n")
_CAPITAL: Final = re.compile(r"(?<![\w'’])(?=[^\W\d_a-z])[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Sample:
    """The smallest of `total` different 32-bit hashes, sorted."""

    total: int
    smallest: tuple[int, ...]

    @property
    def reach(self) -> int:
        """Up to here the sample is complete."""
        return self.smallest[-1] if len(self.smallest) < self.total else _TOP


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text: samples of all its runs of words, of those with a name, and of those with a figure."""

    runs: Sample
    names: Sample
    figures: Sample

    def pack(self) -> bytes:
        """As bytes: three times total and length (16 bits each), then 32-bit hashes, little-endian."""
        samples = (self.runs, self.names, self.figures)
        counts = [number for each in samples for number in (min(each.total, 65535), len(each.smallest))]
        hashes = [number for each in samples for number in each.smallest]
        return struct.pack(f"<6H{len(hashes)}I", *counts, *hashes)


def unpack(data: bytes) -> Sketch:
    """The sketch that `Sketch.pack` wrote."""
    counts = struct.unpack_from("<6H", data)
    hashes = struct.unpack_from(f"<{counts[1] + counts[3] + counts[5]}I", data, 12)
    one, two = counts[1], counts[1] + counts[3]
    return Sketch(Sample(counts[0], hashes[:one]), Sample(counts[2], hashes[one:two]), Sample(counts[4], hashes[two:]))


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is compared: its sketch and its clues (64-bit, signed). `sketch` is None if it is too short."""

    sketch: Sketch | None
    clues: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What two texts share, each from 0 to 1; `names` and `figures` are None where one text has too few to tell."""

    common: float
    """Of all their runs of words."""
    contained: float
    """Of the runs of the shorter one."""
    names: float | None
    """Of the runs with a name of the one that has fewer."""
    figures: float | None
    dense: float
    """How many runs of the text with fewer figures hold one."""


NOTHING: Final = Score(0.0, 0.0, None, None, 0.0)


def read(body_html: str) -> Text:
    """Sketch the copy in `body_html`. Datelines, credits and sign-offs are left out: every agency has its own."""
    copy = _copy(words.paragraphs(body_html))
    found = words.of(copy)[:_LONGEST]
    if len(found) < SHORTEST + 2:
        return Text(None)
    proper = _names(copy)
    # What a word tells: 1 nothing, 2 a name, 4 a figure, 8 it is long.
    tells = [4 if word[0].isdigit() else 2 if word in proper else 8 if len(word) > 8 else 1 for word in found]
    hashes = [_hashes(word) for word in found]
    every: dict[int, int] = {
        a ^ b ^ c: x | y | z
        for (a, _, _), (_, b, _), (_, _, c), x, y, z in zip(
            hashes, hashes[1:], hashes[2:], tells, tells[1:], tells[2:], strict=False
        )
    }
    if len(every) < SHORTEST:
        return Text(None)
    runs = sorted(every)
    clues = [each for each in runs if every[each] > 1][:_CLUES]
    if len(clues) < _CLUES // 2:
        clues = runs[:_CLUES]
    sketch = Sketch(
        runs=_sample(runs, _SAMPLE),
        names=_sample([each for each in runs if every[each] & 2], _NAMES),
        figures=_sample([each for each in runs if every[each] & 4], _FIGURES),
    )
    return Text(sketch, tuple(each - (1 << 63) for each in clues))


@lru_cache(maxsize=50_000)
def _hashes(word: str) -> tuple[int, int, int]:
    """Of a word in the first, second and third place of a run, 64 bits each. A run's own is all three, exclusive-or'd:
    simple tabulation, which is as good as random for samples of the smallest (Patrascu and Thorup 2012)."""
    return _THREE.unpack(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=24).digest())


def _sample(runs: list[int], most: int) -> Sample:
    return Sample(len(runs), tuple(each >> 32 for each in runs[:most]))


def _copy(paragraphs: list[str]) -> str:
    while paragraphs and (len(paragraphs[-1].split()) < 4 or _SIGN_OFF.match(paragraphs[-1])) and len(paragraphs) > 1:
        paragraphs.pop()
    if paragraphs and (found := _DATELINE.match(paragraphs[0])):
        paragraphs[0] = paragraphs[0][found.end() :]
    return "\n".join(paragraphs)


def _names(copy: str) -> set[str]:
    """Words with a capital letter inside a sentence, folded."""
    names: set[str] = set()
    for sentence in _SENTENCE.split(copy):
        names.update(words.folded(word) for word in _CAPITAL.findall(sentence, 1) if word[0].isupper())
    return names


def compare(a: Sketch, b: Sketch) -> Score:
    """How much two texts share."""
    common, contained = _shared(a.runs, b.runs)
    if not contained:
        return NOTHING
    return Score(
        common=common,
        contained=contained,
        names=_shared(a.names, b.names)[1] if min(a.names.total, b.names.total) >= _FEWEST else None,
        figures=_shared(a.figures, b.figures)[1] if min(a.figures.total, b.figures.total) >= _FEWEST else None,
        dense=min(a.figures.total / a.runs.total, b.figures.total / b.runs.total),
    )


def _shared(a: Sample, b: Sample) -> tuple[float, float]:
    """Of both together, and of the smaller one: as far as both samples are complete."""
    top = min(a.reach, b.reach)
    left, right = bisect_right(a.smallest, top), bisect_right(b.smallest, top)
    both = len(set(a.smallest[:left]).intersection(b.smallest[:right]))
    return both / max(1, left + right - both), both / max(1, min(left, right))


CONTAINED: Final = 0.35
"""From this share of common runs on, two texts may be one story."""


def same_story(score: Score, contained: float = CONTAINED) -> bool:
    """True if two texts that share this much tell the same story. Tuned for precision: see `bench/families.py`.

    Copy that is told again keeps whole sentences, so its figures and names are shared as far as its words are. Another
    report by the same template shares its words, but hardly a figure. An update with new figures keeps the names. Where
    each fifth run of words holds a figure, there is little else to go by, and they have to agree.
    """
    share = score.contained
    if share < contained:
        return False
    names, figures = score.names, score.figures
    if names is not None and names < 0.5 * share:
        return False
    if figures is None:
        return True
    if score.dense > 0.2:
        return figures >= (0.9 if names is None else 0.8 * share)
    if figures >= 0.6 * share:
        return True
    updated = names is not None and names >= 0.8 and share >= 0.6
    return updated and (figures >= 0.1 or score.dense < 0.1)


def related(score: Score) -> bool:
    """True if two texts that an agency gave the same key may well be one story."""
    return score.contained >= 0.08 or (score.names is not None and score.names >= 0.15)
