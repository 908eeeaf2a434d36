"""The last part of an address: made once from a headline."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORDS = re.compile(r"[^\w]+", re.UNICODE)
CHARACTERS = 80
BYTES = 200


def last_part_of(headline: str, taken: frozenset[str] | set[str] = frozenset()) -> str:
    """Words of `headline` joined by hyphens, lower case, letters of any script kept.

    At most 80 characters and 200 bytes of UTF-8, cut between words where there is a gap; never one in `taken`; never
    empty ("story" when the headline has no letter).
    """
    text = unicodedata.normalize("NFC", headline).lower().replace("’", "").replace("'", "")
    words = [word.strip("_") for word in _NOT_WORDS.split(text)]
    stem = _fitting([word for word in words if word], CHARACTERS, BYTES) or "story"
    if stem not in taken:
        return stem
    number = 2
    while True:
        tail = f"-{number}"
        part = _fitting(stem.split("-"), CHARACTERS - len(tail), BYTES - len(tail)) + tail
        if part not in taken:
            return part
        number += 1


def _fitting(words: list[str], characters: int, size: int) -> str:
    chosen = ""
    for word in words:
        longer = f"{chosen}-{word}" if chosen else word
        if len(longer) > characters or len(longer.encode()) > size:
            break
        chosen = longer
    if not chosen and words:
        cut = words[0][:characters]
        while len(cut.encode()) > size:
            cut = cut[:-1]
        chosen = cut
    return chosen
