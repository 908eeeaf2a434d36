"""IPTC's Media Topics as a tree, and the Subject Codes before them: what is above a code, and what it is called.

Both are numbers of eight digits. Those of Subject Codes (`subj:15054000`) tell their place: two digits for the subject,
three for what is below it, three for what is below that. Those of Media Topics (`medtop:20001065`) tell nothing; their
tree stands in `mediatopics.tsv`, which says where it is from. The seventeen subjects above all others have the same
numbers in both, and no other number is in both.

The file is read when something is first asked, and answers are kept: items bring the same codes over and over. Pure: no
Django.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from standfirst.wire import words
from standfirst.wire.item import Concept

FILE: Final = Path(__file__).with_name("mediatopics.tsv")
COLUMNS: Final = (
    "code",
    "broader",
    "retired",
    "replaced by",
    "same",
    "within",
    "en",
    "fr",
    "ar",
    "es",
    "de",
    "pt",
    "pt-BR",
)
_LABELS: Final = COLUMNS[6:]

_IPTC: Final = re.compile(r"iptc|subj|medtop|media-?topic|newscode", re.IGNORECASE)
_SUBJECT_CODE: Final = re.compile(r"(?:0[1-9]|1[0-7])\d{6}\Z")
_PARTS: Final = re.compile(r"[:/#]")


@dataclass(frozen=True, slots=True)
class Topic:
    """One Media Topic."""

    code: str
    broader: tuple[str, ...]
    """None: one of the seventeen."""
    retired: str
    """The day from which IPTC does not use it any more; "" if it does."""
    replaced_by: tuple[str, ...]
    """Of a retired one: those that mean the same now. None: what is broader stands for it."""
    same: tuple[str, ...]
    """Subject Codes that mean the same."""
    within: tuple[str, ...]
    """Subject Codes that mean more."""
    labels: Mapping[str, str]
    """Language -> name. English is always there; "pt-BR" only where it is not that of "pt"."""

    @property
    def label(self) -> str:
        return self.labels["en"]


@cache
def topics() -> Mapping[str, Topic]:
    """Code -> topic, all of them."""
    found: dict[str, Topic] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        code, broader, retired, replaced_by, same, within, *labels = line.split("\t")
        found[code] = Topic(
            code,
            tuple(broader.split()),
            retired,
            tuple(replaced_by.split()),
            tuple(same.split()),
            tuple(within.split()),
            {language: label for language, label in zip(_LABELS, labels, strict=False) if label},
        )
    return found


# --- codes ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8_192)
def number_of(scheme: str, code: str) -> str:
    """The number of a Media Topic or Subject Code, however a file writes it; "" if it is none.

    "medtop:20001065", "http://cv.iptc.org/newscodes/mediatopic/20001065" and the bare number are one, with the scheme
    in `scheme` or before the code. Agencies name the scheme as they like, so any will do for a number that is IPTC's;
    one that is not known (the file holds no list of Subject Codes) must at least come in a scheme that sounds right.
    """
    *before, number = _PARTS.split(code.strip().rstrip("/"))
    scheme = f"{scheme.strip()}{':'.join(before)}"
    sounds_right = not scheme or bool(_IPTC.search(scheme))
    if len(number) == 7 and scheme and sounds_right:
        number = f"0{number}"  # a program took it for a number, and its zero was lost
    if len(number) != 8 or not (number.isascii() and number.isdigit()):
        return ""
    if number in topics():
        return number
    if not _SUBJECT_CODE.match(number):
        return ""
    known = _of_subject_codes()
    return number if sounds_right or number in known or _second(number) in known else ""


def numbers(concepts: Iterable[Concept]) -> tuple[str, ...]:
    """The numbers among the codes of an item's subjects, each once."""
    found = (number_of(concept.scheme, concept.code) for concept in concepts if concept.code)
    return tuple(dict.fromkeys(number for number in found if number))


def _second(number: str) -> str:
    """The Subject Code of the second level above a number, or itself."""
    return f"{number[:5]}000"


def _top(number: str) -> str:
    return f"{number[:2]}000000"


@cache
def _of_subject_codes() -> Mapping[str, tuple[str, ...]]:
    """Subject Code -> the Media Topics that mean the same, without retired ones where there are others."""
    found: dict[str, list[Topic]] = defaultdict(list)
    for topic in topics().values():
        for number in topic.same:
            found[number].append(topic)
        for number in topic.within:
            # So that it is known for a Subject Code: none means the same.
            found[number] += ()
    return {number: _in_use(each) for number, each in found.items()}


def _in_use(some: Iterable[Topic]) -> tuple[str, ...]:
    some = list(some)
    return tuple(topic.code for topic in some if not topic.retired) or tuple(topic.code for topic in some)


# --- the tree ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8_192)
def above(number: str) -> frozenset[str]:
    """A number and all that are above it, in both vocabularies: what an item with it is about.

    A Media Topic is below what its own tree says, and below the Subject Codes that mean what it, or one above it,
    means. The subject at the top is that of its own tree: some topics stood elsewhere in the old one (chess was leisure
    and is sport). A Subject Code is below those that its number says, and below all that is above the Media Topics of
    the same meaning. So an editor may ask in the names and places of today for both.
    """
    if number in topics():
        found = _broader(number)
        old = {code for each in found for code in (*topics()[each].same, *topics()[each].within)}
        return frozenset({*found, *old, *map(_second, old)}.difference(map(_top, old)) | found)
    if not _SUBJECT_CODE.match(number):
        return frozenset()
    numbers = {number, _second(number), _top(number)}
    return frozenset(numbers.union(*(_broader(code) for each in numbers for code in _of_subject_codes().get(each, ()))))


@lru_cache(maxsize=2_048)
def _broader(code: str) -> frozenset[str]:
    """A Media Topic and those above it; above a retired one stands also what has replaced it."""
    found: set[str] = set()
    left = [code]
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left += (*topics()[each].broader, *topics()[each].replaced_by)
    return frozenset(found)


@lru_cache(maxsize=8_192)
def path(number: str) -> tuple[str, ...]:
    """The names of what an item with this number is about, each once, the number's own (if it has one) first."""
    if number not in topics() and not _SUBJECT_CODE.match(number):
        return ()
    own = label(number)
    further = (topics()[code].label for code in sorted(above(number)) if code in topics())
    return tuple(dict.fromkeys(name for name in (own, *further) if name))


@cache
def _has_narrower() -> frozenset[str]:
    return frozenset(code for topic in topics().values() for code in topic.broader)


def has_narrower(number: str) -> bool:
    """True if something is below a number."""
    if number in topics():
        return number in _has_narrower()
    return number.endswith("000")


# --- names ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8_192)
def label(number: str, language: str = "en") -> str:
    """What a topic is called, in English where it has no name in `language`; "" of a number without a name.

    A Subject Code has the name of the Media Topic that means the same.
    """
    code = next(iter(_of_subject_codes().get(number, ())), number)
    topic = topics().get(number) or topics().get(code)
    return (topic.labels.get(language) or topic.label) if topic is not None else ""


@lru_cache(maxsize=2_048)
def named(text: str) -> tuple[str, ...]:
    """The topics of a name in any of the languages, in any case, with or without accents; none for other words.

    A name that is English means the topic of that English name alone: "college" is no middle school, though a French
    one is called so.
    """
    key = _key(text)
    return next((found for names in _names() if (found := names.get(key))), ()) if key else ()


@cache
def _names() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    english: dict[str, list[Topic]] = defaultdict(list)
    others: dict[str, list[Topic]] = defaultdict(list)
    for topic in topics().values():
        english[_key(topic.label)].append(topic)
        for name in dict.fromkeys(_others(topic)):
            others[name].append(topic)
    return {name: _in_use(each) for name, each in english.items()}, {
        name: _in_use(each) for name, each in others.items()
    }


def _others(topic: Topic) -> Iterator[str]:
    for language, name in topic.labels.items():
        if language != "en" and (key := _key(name)):
            yield key


def _key(text: str) -> str:
    return " ".join(words.of(text))


def asked(entry: str) -> tuple[str, ...]:
    """The numbers that somebody means who writes a code or a name; none where it is neither.

    A retired code means also what has replaced it.
    """
    number = number_of("", entry)
    if number:
        replaced = topics()[number].replaced_by if number in topics() else ()
        return (number, *replaced)
    return named(entry)
