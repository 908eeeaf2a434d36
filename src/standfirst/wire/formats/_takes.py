"""The trade's words in running text: leads, takes, corrections, kills and embargoes as desks write them in headlines,
keyword lines and notes, in English, German, French and Spanish; and the character sets of plain text.

Shared by the formats that have no other place for such things: IPTC 7901, ANPA 1312, pasted text, and notes in NITF.
All of it works on single lines or short notes, never on the body of a story.
"""

from __future__ import annotations

import html
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from standfirst.kit import markup
from standfirst.kit.clock import later
from standfirst.wire.formats._shared import has_zone, moment
from standfirst.wire.item import Directive, EditorialType, Embargo, Oddity, Status

# --- characters ---------------------------------------------------------------------------------------------------

_PROBE: Final = 200_000
_CONTROLS: Final = bytes((*range(9), 11, 12, *range(14, 32), 127))
_ASCII: Final = bytes(range(128))
_NO_LETTERS: Final = bytes(byte for byte in range(256) if not (byte < 128 and chr(byte).isalpha()))
_WORD_BYTES: Final = re.compile(rb"[A-Za-z\x80-\xff]{1,80}")
_OTHER_SCRIPTS: Final = (
    "cp1251 koi8_r iso8859_5 cp866 cp1256 iso8859_6 cp1253 cp1255 cp874 gb18030 big5 shift_jis euc_jp euc_kr"
).split()
_LATIN: Final = ("cp1252", "cp850", "cp437")


_EVEN: Final = bytes(byte for byte in range(256) if byte.bit_count() % 2 == 0)
_ODD: Final = bytes(byte for byte in range(256) if byte.bit_count() % 2)
_SEVEN_BITS: Final = bytes(byte & 0x7F for byte in range(256))


def without_parity(data: bytes) -> bytes:
    """`data` without the parity bits of a serial line: all of its bytes have an even, or all an odd number of them."""
    if len(data) < 32 or data.isascii() or (data.translate(None, _EVEN) and data.translate(None, _ODD)):
        return data
    return data.translate(_SEVEN_BITS)


def decode(data: bytes, odd: list[Oddity]) -> str:
    """`data` as text: Unicode if it is marked or sound as such, else the Western set whose letters make words (Windows
    1252, or the DOS sets 850 and 437), else a guess, which is an oddity. Control characters stay, parity bits go."""
    data = without_parity(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").lstrip("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    probe = data[:_PROBE]
    if len(probe.translate(None, delete=_ASCII)) > len(probe.translate(None, delete=_NO_LETTERS)):
        from charset_normalizer import from_bytes

        best = from_bytes(probe.translate(None, delete=_CONTROLS), cp_isolation=_OTHER_SCRIPTS).best()
        name = best.encoding if best else "cp1252"
        odd.append(_guessed(name))
        return data.decode(name, "replace")
    runs = [run for run in _WORD_BYTES.findall(probe) if not run.isascii()][:2_000]
    # The first of the best: ties go to the set that is most used.
    name = max(_LATIN, key=lambda encoding: sum(_plausible(run, encoding) for run in runs))
    if name != "cp1252":
        odd.append(_guessed(name))
    return "".join(_CP1252[byte] for byte in data) if name == "cp1252" else data.decode(name)


def _guessed(name: str) -> Oddity:
    return Oddity(
        code="guessed-charset",
        text=f"It does not say what its character set is: {name} was guessed, check its letters.",
    )


# As browsers read it: the five bytes that Windows 1252 leaves open are themselves.
_CP1252: Final = tuple(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_BESIDE_WORDS: Final = frozenset("‘’“”«»–—…€°§£")


def _plausible(run: bytes, encoding: str) -> int:
    """How much `run` looks like a word in `encoding`: letters speak for it, signs inside of words against it."""
    text = "".join(_CP1252[byte] for byte in run) if encoding == "cp1252" else run.decode(encoding)
    score = 0
    for place, letter in enumerate(text):
        if letter.isascii():
            continue
        inside = 0 < place < len(text) - 1
        kind = unicodedata.category(letter)
        if kind[0] == "L":
            # No word has a capital after a small letter, at least in a wire's capitals or sentences.
            score += -1 if kind == "Lu" and place and text[place - 1].islower() else 2
        elif letter in "’'":
            score += 1
        elif letter in _BESIDE_WORDS:
            score += -2 if inside else 1
        else:
            score -= 3
    return score


# --- the words of the trade ---------------------------------------------------------------------------------------

_NUMBER: Final = r"\d{1,3}\s?(?:ST|ND|RD|TH|ÈME|EME|ER|[.ºª°AO])?"
_WORDS: Final[dict[str, EditorialType | None]] = {
    "KILL": "kill", "KILLED": "kill", "KILLS": "kill", "ELIMINAR": "kill", "ELIMINATION": "kill", "ANULAR": "kill",
    "ANULADO": "kill", "ANULACION": "kill", "ANULACIÓN": "kill", "ANNULATION": "kill", "ANNULE": "kill",
    "ANNULÉ": "kill", "ANNULER": "kill", "ANNULEE": "kill", "ANNULÉE": "kill", "STORNO": "kill",
    "STORNIERUNG": "kill", "ZURÜCKGEZOGEN": "kill", "RÜCKZUG": "kill", "АННУЛИРОВАНИЕ": "kill", "حظر": "kill",
    "WITHHOLD": "withhold", "WITHHELD": "withhold", "WITHDRAW": "withhold", "WITHDRAWN": "withhold",
    "WITHDRAWAL": "withhold", "RETIRAR": "withhold", "RETIRADO": "withhold", "RETRAIT": "withhold",
    "RETIRE": "withhold", "RETIRÉ": "withhold", "ZURÜCKHALTEN": "withhold",
    "CORRECTION": "correction", "CORRECTIONS": "correction", "CORRECTED": "correction", "CORRECTS": "correction",
    "CORRECTIVE": "correction", "CORR": "correction", "CORRECCION": "correction", "CORRECCIÓN": "correction",
    "CORRIGE": "correction", "RECTIFICATIF": "correction", "RECTIFICATION": "correction", "RECTIF": "correction",
    "RECTIFICACION": "correction", "RECTIFICACIÓN": "correction", "RECTIFICA": "correction",
    "BERICHTIGUNG": "correction", "BERICHTIGT": "correction", "KORREKTUR": "correction", "KORRIGIERT": "correction",
    "CLARIFICATION": "clarification", "CLARIFIES": "clarification", "KLARSTELLUNG": "clarification",
    "ACLARACIÓN": "clarification", "ACLARACION": "clarification", "PRÉCISION": "clarification",
    "ADVISORY": "advisory", "ADVISORIES": "advisory", "HINWEIS": "advisory", "AVISO": "advisory",
    "AVIS": "advisory",
    "ADD": "add/take", "ADDS": "add/take", "TAKE": "add/take", "TAKES": "add/take", "SUITE": "add/take",
    "FORTSETZUNG": "add/take", "FOLGE": "add/take",
    "WRITETHRU": "writethru", "WRITETHROUGH": "writethru", "WRITE-THRU": "writethru", "WRITE-THROUGH": "writethru",
    "RECASTS": "writethru",
    "LEAD": "lead", "LD": "lead", "LEADALL": "lead", "NEUFASSUNG": "lead",
    "NET": "update", "REFILE": "update", "REFILES": "update", "UPDATE": "update", "UPDATED": "update",
    "UPDATES": "update", "INSERT": "update", "SUB": "update", "SUBS": "update", "ACTUALIZACION": "update",
    "ACTUALIZACIÓN": "update", "ACTUALIZA": "update", "ACTUALISATION": "update", "AKTUALISIERUNG": "update",
    "AKTUALISIERT": "update", "ZUSAMMENFASSUNG": "update", "ZF": "update", "ERGÄNZUNG": "update",
    "REPEAT": "repeat", "REPEATS": "repeat", "RPT": "repeat", "REPETITION": "repeat", "RÉPÉTITION": "repeat",
    "REPETICIÓN": "repeat", "WIEDERHOLUNG": "repeat",
    "DISREGARD": "disregard", "IGNORE": "disregard",
    "HFR": "hold_for_release",
}  # fmt: skip
# These stand beside the others and say nothing by themselves.
_FILLERS: Final = frozenset(
    "A ALERT ALERTA ALERTE ALL AND ATENCION ATENCIÓN ATTENTION ACHTUNG BULLETIN CLIENTS DE EDITOR EDITORS EDS EIL"
    " EILMELDUNG ET FLASH KUNDEN LES MANDATORY MORE NEW NOTE NUEVO OF OUR PLEASE PLS QUICK REDACCIONES REDACTEURS"
    " REDACTIONS RÉDACTEURS RÉDACTIONS REDAKTIONEN SNAP STORY SUBSCRIBERS THE TO UND URGENT URGENTE URGENTS Y".split()
)
_ALARMS: Final = frozenset("ALERT ALERTA ALERTE BULLETIN EIL EILMELDUNG FLASH SNAP URGENT URGENTE تنبيه عاجل".split())
_ADVISING: Final = frozenset("ATENCION ATENCIÓN ATTENTION ACHTUNG EDITORS EDS REDACCIONES REDAKTIONEN".split())
_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*[.ºª°]?", re.UNICODE)
_ORDINAL: Final = re.compile(rf"{_NUMBER}\Z", re.IGNORECASE)
_TAKE: Final = re.compile(
    r"\b(?:takes?|teil|folge|parte|partie|suite)[ -]?(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)[ -]?take\b", re.IGNORECASE
)
_ADD: Final = re.compile(r"\badds?[ -]?(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)[ -]?add\b", re.IGNORECASE)
_GLUED: Final = re.compile(r"(\d(?:st|nd|rd|th)|\b)(Ld|Lead)-?(Writethru|Write-Thru)?", re.IGNORECASE)
_HFR: Final = re.compile(
    r"\bhold[ -]for[ -]release\b|\bnot for (?:use|publication|release) (?:before|until)\b", re.IGNORECASE
)
_MOST_WORDS: Final = 400


@dataclass(frozen=True, slots=True)
class Marks:
    """What version words say. `take` counts from 1; the first add is the second take."""

    types: tuple[EditorialType, ...] = ()
    take: int | None = None
    alarm: bool = False
    advises: bool = False
    """True if it addresses editors rather than readers."""

    @property
    def takes_back(self) -> Status | None:
        """What it asks to be done with another story, if anything."""
        if "kill" in self.types:
            return "canceled"
        return "withheld" if "withhold" in self.types else None


NOTHING: Final = Marks()


def marks_in(text: str) -> Marks:
    """What the version words in `text` say: a keyword line's, a marker line's, a short note's. Words in capitals or
    not, since the caller knows that this is no sentence for readers."""
    text = _GLUED.sub(r"\1 \2 \3 ", text[:2_000])
    tokens = [token.rstrip(".ºª°").upper() for token in _TOKEN.findall(text)[:_MOST_WORDS]]
    types: list[EditorialType] = []
    for token in tokens:
        for word in (token, *token.split("-")):
            kind = _WORDS.get(word)
            if kind is not None and kind not in types:
                types.append(kind)
    if _HFR.search(text):
        types.append("hold_for_release")
    take = None
    if found := _TAKE.search(text):
        take = int(found.group(1) or found.group(2))
    elif found := _ADD.search(text):
        take = int(found.group(1) or found.group(2)) + 1
    words = set(tokens)
    return Marks(
        types=tuple(dict.fromkeys(types)),
        take=take or None,
        alarm=bool(words & _ALARMS),
        advises=bool(words & _ADVISING) or "advisory" in types,
    )


def together(marks: Iterable[Marks]) -> Marks:
    """All of `marks` as one."""
    each = list(marks)
    return Marks(
        types=tuple(dict.fromkeys(kind for mark in each for kind in mark.types)),
        take=next((mark.take for mark in each if mark.take), None),
        alarm=any(mark.alarm for mark in each),
        advises=any(mark.advises for mark in each),
    )


def is_marker(line: str) -> bool:
    """True for a line of a headline block that holds version words only, e.g. "2ND LEAD", "*** KILL KILL KILL ***",
    "CORRECTION 1". Words must be in capitals: small ones are somebody's headline."""
    tokens = _TOKEN.findall(line[:300])
    if not tokens or len(line) > 120:
        return False
    known = 0
    for token in tokens:
        if _ORDINAL.match(token) or token.isdigit():
            continue
        if not token.isupper() and token.isascii():
            return False
        word = token.rstrip(".ºª°").upper()
        if word in _WORDS or any(part in _WORDS for part in word.split("-")):
            known += 1
        elif word not in _FILLERS:
            return False
        elif word in _ALARMS or word in _ADVISING:
            known += 1
    return known > 0


_HEAD: Final = re.compile(r"([^-:–—]{2,40})[-:–—]\s*")


def types_in(headline: str, words: Mapping[str, EditorialType]) -> list[EditorialType]:
    """What the words before hyphens or a colon at a headline's start say: "CORRECTED-UPDATE 1-Ferry strike ends",
    "CORRECTION: ...", and Business Wire's "CORRECTING and REPLACING ..."."""
    types: list[EditorialType] = []
    if not words:
        return types
    first, _space, rest = headline.partition(" ")
    if first in words and rest[:13].upper() == "AND REPLACING":
        types.append(words[first])
    at = 0
    while (found := _HEAD.match(headline, at)) and found.group(1).isupper():
        kind = words.get(found.group(1).partition(" ")[0])
        if kind is None:
            break
        types.append(kind)
        at = found.end()
    return types


def is_alarm(label: str) -> bool:
    """True for a label that says how urgent a story is, and nothing of what it is about: "ALERT", "URGENT"."""
    return label.strip(" *!-").upper() in _ALARMS


_ADVISING_START: Final = re.compile(
    r"[\s*(+-]*(?:(?:attention|atencion|atención|achtung|an die redaktion|a los? editor|aux rédac|"
    r"note to|notes? for|eds?\b|"
    r"editors?\b|redaktionen|redacciones|rédactions|advisory|mandatory (?:kill|withhold)|"
    r"please (?:kill|withhold|withdraw|disregard))|"
    # A headline may begin with the word too: here it stands in capitals, before a colon, a number, or nothing.
    r"(?-i:KILL|WITHHOLD|WITHDRAW|ELIMINAR|ANULAR|ANULACI[OÓ]N|ANNULATION|ANNULER|RETRAIT|RETIRAR|STORNO)"
    r"(?=\s*(?:[:*!-]|\Z|[A-Za-z]{1,6} ?\d{2,6}\b|(?-i:BC-|KILL|WITHHOLD|STORY|ALL\b|OUR\b|THE\b))))",
    re.IGNORECASE,
)


def advises_editors(line: str) -> bool:
    """True for a line that speaks to editors and asks for a story to be taken back, e.g. "ATTENTION EDITORS - KILL
    a0101", "EDITORS: WITHHOLD ..."."""
    return bool(_ADVISING_START.match(line)) and marks_in(line).takes_back is not None


_TAKEN_BACK: Final = re.compile(
    r"[\s*(]{0,8}(?:(?:THIS )?STORY )?(KILLED|RETRACTED|RETRACTION|ANNUL[EÉ]E?|ANULAD[OA]|STORNIERT|ZURÜCKGEZOGEN|"
    r"RÜCKZUG|WITHDRAWN|WITHHELD|RETIRAD[OA])\s*[:*!–—-]"
)
_AT_THE_END: Final = re.compile(r",\s*(?:ADVISORY TO )?(KILL|WITHHOLD)\W*\Z")


def asked_of_others(headline: str, status: Status) -> Directive | None:
    """What a message that may be used itself asks in its headline to be done with another, which a person must find:
    "KILL: ...", "STORY WITHDRAWN - ...", "BC-Lune-Ferry, ADVISORY TO KILL"."""
    if status not in ("usable", "embargoed"):
        return None
    asked = marks_in(headline).takes_back if advises_editors(headline) else None
    found = _TAKEN_BACK.match(headline) or _AT_THE_END.search(headline[-200:])
    if asked is None and found:
        asked = "withheld" if found.group(1).startswith(("WITH", "RETIRAD")) else "canceled"
    return Directive(status=asked, target="", exact=False, said=headline[:300]) if asked else None


_NOT_TO_BE_USED: Final = re.compile(
    r"\b(?:do not (?:use|publish|run)|not to be used|must not be used|should not be used|"
    r"bitte nicht (?:mehr )?verwenden|"
    r"nicht (?:mehr )?(?:zu )?(?:verwenden|verwendet|veröffentlichen)|zurückgezogen|"
    r"ziehen wir zurück|ersatzlos gestrichen|"
    r"ne pas (?:utiliser|publier|diffuser)|ne plus utiliser|no (?:utilizar|usar|publicar|difundir)|"
    r"(?:rogamos|favor de) (?:eliminar|anular|no)|has withdrawn|have withdrawn|is withdrawn)\b",
    re.IGNORECASE,
)


def asks_not_to_use(note: str) -> bool:
    """True for a note in which somebody asks, in a sentence, for a story not to be used (any more)."""
    return bool(_NOT_TO_BE_USED.search(note[:2_000]))


def numbers_like(own: str, text: str) -> tuple[str, ...]:
    """Service numbers in `text` that are shaped like `own` (as many letters, as many digits), without it, lower case:
    other messages of the same wire that it names."""
    letters = len(own) - len(own.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    digits = len(own) - letters
    if not letters or digits < 2 or not own[letters:].isdigit():
        return ()
    found = re.findall(rf"(?<![A-Za-z0-9])([A-Za-z]{{{letters}}} ?[0-9]{{{digits}}})(?![A-Za-z0-9])", text[:20_000])
    names = (name.replace(" ", "").lower() for name in found)
    return tuple(dict.fromkeys(name for name in names if name != own.lower()))


# --- embargoes ----------------------------------------------------------------------------------------------------

_EMBARGO_START: Final = re.compile(
    r"[\s*(+_-]*(?:eds?[:.]?\s+|note:?\s+)?(?:strict(?:ly)?\s+|under\s+|news\s+|sous\s+|bajo\s+)?"
    r"(?:embargo(?:ed|es)?|embargad[oa]s?|sperrfrist|hold(?:\s+|-)for(?:\s+|-)release|hfr|for release|"
    r"not for (?:use|publication|release|broadcast) (?:before|until)|"
    r"(?:freigabe|frei) (?:ab|für)|à ne pas (?:diffuser|publier) avant|no publicar (?:antes|hasta))\b",
    re.IGNORECASE,
)
_UNTIL: Final = re.compile(
    r"\b(?:until|till|til|to|before|for|at|jusqu|avant|hasta|antes|bis|vor|ab|not before)\b|:|\d", re.IGNORECASE
)


_ON: Final = re.compile(r"\s+(?:on|against|over|auf|gegen|sur|contre|sobre|contra)\b", re.IGNORECASE)


def is_embargo(line: str) -> bool:
    """True for a line that sets an embargo. A headline on one ("Embargo on oil lifted") does not begin so."""
    found = _EMBARGO_START.match(line[:400])
    if not found:
        return False
    after = line[found.end() : 400]
    if _ON.match(after):
        return bool(re.search(r"\b(?:until|till|hasta|jusqu|bis)\b", after, re.IGNORECASE))
    # "not for use before" has said until when already.
    return bool(_UNTIL.search(found.group(0)[-8:] + after) or not after.strip(" *!.)+-"))


_MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen",
            "feb february februar février févr fevr fév fev febrero febbraio",
            "mar march märz mär mrz maerz mars marzo mrt maart",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet juil julio luglio lug",
            "aug august août aout agosto ago",
            "sep sept september septembre septiembre settembre set",
            "oct october oktober okt octobre octubre ottobre ott",
            "nov november novembre noviembre",
            "dec december dezember dez décembre déc decembre diciembre dic dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_DAYS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes mon",
            "tuesday dienstag mardi martes tue tues",
            "wednesday mittwoch mercredi miércoles miercoles wed",
            "thursday donnerstag jeudi jueves thu thurs",
            "friday freitag vendredi viernes fri",
            "saturday samstag sonnabend samedi sábado sabado sat",
            "sunday sonntag dimanche domingo sun",
        )
    )
    for name in names.split()
}
_RELATIVE: Final = {
    "today": 0, "tonight": 0, "heute": 0, "hoy": 0, "aujourd": 0, "tomorrow": 1, "demain": 1, "mañana": 1,
}  # fmt: skip
_ZONES: Final = {
    "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "BST": 60, "WAT": 60, "CET": 60, "MEZ": 60, "WEST": 60, "CAT": 120,
    "SAST": 120, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "EAT": 180, "MSK": 180, "JST": 540, "HKT": 480,
    "SGT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "EDT": -240, "EST": -300, "CDT": -300,
    "CST": -360, "MDT": -360, "MST": -420, "PDT": -420, "PST": -480, "BRT": -180, "ART": -180,
}  # fmt: skip
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_MONTH: Final = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|[.º])?\s+(?:de\s+|of\s+)?({_MONTH})\b\.?,?(?:\s+(?:del?\s+)?((?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_MONTH_DAY: Final = re.compile(
    rf"\b({_MONTH})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?![.:h]\d),?(?:\s+((?:19|20)\d\d)\b)?", re.IGNORECASE
)
_DOTTED: Final = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?((?:20)?\d\d\b(?![.:]\d))?")
_SLASHED: Final = re.compile(r"\b(\d{1,2})/(\d{1,2})/((?:20)?\d\d)\b")
_ISO: Final = re.compile(
    r"\b(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d):?(\d\d)(?::?\d\d)?\s*(Z\b|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_CLOCK: Final = re.compile(r"\b(\d{1,2})\s?[:.h]\s?([0-5]\d)\b(?:\s*([ap])\.?\s?m\b)?", re.IGNORECASE)
_HOUR: Final = re.compile(r"\b(\d{1,2})\s*(?:([ap])\.?\s?m\b|uhr\b|h\b|heures?\b|horas?\b|hrs?\b)", re.IGNORECASE)
_FOUR: Final = re.compile(
    r"\b([01]\d|2[0-4])([0-5]\d)(?=\s*(?:[A-Z]{1,4}\b|h(?:ou)?rs|uhr|horas|$|[\s,.)]))", re.IGNORECASE
)
_NAMED_HOUR: Final = re.compile(
    r"\b(?:(midnight|mitternacht|minuit|medianoche)|(noon|midday|mittag|midi|mediod[ií]a))\b", re.IGNORECASE
)
_ZONE: Final = re.compile(rf"(?:(?<=\d)|\b)({'|'.join(sorted(_ZONES, key=len, reverse=True))})(?:([+-]\d{{1,2}}))?\b")
_WORD: Final = re.compile(r"[^\W\d_]+", re.UNICODE)


def zone_of(name: str) -> tzinfo | None:
    """The time zone of an IANA name; None for "" and for names that nobody knows."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zoned(text: str, zone: str) -> str:
    """An ISO 8601 time with its zone: its own, else the zone of that IANA name. Other texts come back as they are."""
    read, info = moment(text), zone_of(zone)
    if read is None or info is None or has_zone(text) or "T" not in text.upper():
        return text
    try:
        return later(read.replace(tzinfo=None), info).astimezone(UTC).isoformat()
    except OverflowError:
        return text


def month_of(word: str) -> int | None:
    """The number of a month from its name or short form, in any of the languages."""
    return _MONTHS.get(word.strip(". ").lower())


def offset_of(zone: str) -> timedelta | None:
    """How far a zone's short name ("GMT", "CEST") is from UTC."""
    minutes = _ZONES.get(zone.strip().upper())
    return None if minutes is None else timedelta(minutes=minutes)


def written(text: str) -> datetime | None:
    """The moment that `text` names in words, e.g. "16 juil. 2026 11:33", without a zone; a day alone is its start.
    None if it names no day with its year."""
    day, rest, year = _day_in(" ".join(text[:200].split()), None)
    if day is None or not year:
        return None
    return datetime(day.year, day.month, day.day) + (_hour_in(rest) or timedelta(0))  # noqa: DTZ001


def embargo_in(text: str, filed: datetime | None, zone: str, odd: list[Oddity]) -> tuple[Embargo, str]:
    """(until, the words) of a note that sets an embargo. What cannot be read holds until a person looks.

    `filed` is when the message was sent, to guess year and week from; `zone` the IANA name of the zone meant where
    none is named; "" is the last one on earth.
    """
    words = " ".join(text.split())[:300]
    until, assumed = _moment_in(words, filed, zone_of(zone))
    if until is None:
        odd.append(
            Oddity(
                code="unreadable-embargo",
                text=f"The embargo “{words[:120]}” names no time that can be read, so it holds until a person looks.",
            )
        )
        return "indefinite", words
    if assumed:
        odd.append(
            Oddity(
                code="embargo-without-zone",
                text=f"The embargo “{words[:120]}” names no zone: it is held until then in the last zone on earth.",
            )
        )
    return until, words


def _moment_in(text: str, filed: datetime | None, zone: tzinfo | None) -> tuple[datetime | None, bool]:
    if found := _ISO.search(text):
        read = moment(found.group(0)) if found.group(4) else None
        if read is None or has_zone(found.group(0)):
            return read, False
        return _placed(read.replace(tzinfo=None), text, zone)
    day, rest, year_read = _day_in(text, filed)
    hour = _hour_in(rest)
    if hour is None and year_read and filed is not None and abs(int(year_read) - filed.year) > 1:
        # "Oct 9 2030 GMT": what looked like a year is the hour.
        day, rest, _ = _day_in(text, filed, years=False)
        hour = _hour_in(rest)
    if hour is None or (day is None and filed is None):
        return None, False
    if day is not None:
        return _placed(datetime(day.year, day.month, day.day) + hour, text, zone)  # noqa: DTZ001
    if filed is None or _SLASHED.search(text):
        return None, False
    start = datetime(filed.year, filed.month, filed.day) + hour  # noqa: DTZ001
    at, assumed = _placed(start, text, zone)
    if at is not None and at < filed:
        at += timedelta(days=1)
    return at, assumed


def _placed(local: datetime, text: str, zone: tzinfo | None) -> tuple[datetime | None, bool]:
    """`local` in UTC, by the zone that `text` names, else `zone`, else the last on earth (then true)."""
    try:
        if named := _ZONE.search(text):
            offset = timedelta(minutes=_ZONES[named.group(1)])
            if named.group(2) and named.group(1) in ("GMT", "UTC"):
                offset = timedelta(hours=int(named.group(2)))
            return local.replace(tzinfo=timezone(offset)).astimezone(UTC), False
        if zone is not None:
            return later(local, zone).astimezone(UTC), False
        return local.replace(tzinfo=UTC) + timedelta(hours=12), True
    except (ValueError, OverflowError):
        return None, False


def _hour_in(text: str) -> timedelta | None:
    """The time of day that `text` names."""
    if found := _NAMED_HOUR.search(text):
        return timedelta(hours=0 if found.group(1) else 12)
    for pattern in (_CLOCK, _HOUR, _FOUR):
        if not (found := pattern.search(text)):
            continue
        hour = int(found.group(1))
        minute = int(found.group(2)) if pattern is not _HOUR else 0
        half = (found.group(3) if pattern is _CLOCK else found.group(2) if pattern is _HOUR else "") or ""
        if half and not 1 <= hour <= 12:
            continue
        if half:
            hour = hour % 12 + (12 if half.lower() == "p" else 0)
        if hour < 24 or (hour == 24 and minute == 0):
            return timedelta(hours=hour, minutes=minute)
    return None


def _day_in(text: str, filed: datetime | None, *, years: bool = True) -> tuple[date | None, str, str]:
    """(the day that `text` names, the text without it, the year as it stands there)."""
    for pattern in (_DAY_MONTH, _MONTH_DAY, _SLASHED, _DOTTED):
        found = pattern.search(text)
        if not found:
            continue
        first, second, year_text = found.groups()
        end = found.end()
        if year_text and not years:
            year_text, end = None, found.start(3)
        rest = f"{text[: found.start()]} {text[end:]}"
        if pattern is _SLASHED and first != second and int(first) <= 12 and int(second) <= 12:
            return None, rest, ""  # nobody can tell which is the month
        if pattern is _DAY_MONTH:
            day, month = int(first), _MONTHS[second.lower()]
        elif pattern is _MONTH_DAY:
            day, month = int(second), _MONTHS[first.lower()]
        elif pattern is _SLASHED and int(second) > 12:
            day, month = int(second), int(first)
        else:
            day, month = int(first), int(second)
        year = int(year_text) if year_text else None
        made = day_of(day, month, year + 2000 if year is not None and year < 100 else year, filed)
        if made is not None or pattern is not _DOTTED:
            return made, rest, year_text or ""
    if filed is None:
        return None, text, ""
    for word in _WORD.findall(text.lower()):
        if word in _RELATIVE:
            return filed.date() + timedelta(days=_RELATIVE[word]), text, ""
        if word in _DAYS:
            return filed.date() + timedelta(days=(_DAYS[word] - filed.weekday()) % 7), text, ""
    return None, text, ""


def day_of(day: int, month: int, year: int | None, near: datetime | None) -> date | None:
    """A day; without a year, the first one after two months before `near`. None if there is no such day."""
    try:
        if year is not None:
            return date(year, month, day)
        if near is None:
            return None
        earliest = near.date() - timedelta(days=60)
        for guess in (near.year - 1, near.year, near.year + 1):
            if (made := date(guess, month, day)) >= earliest:
                return made
    except (ValueError, OverflowError):
        return None
    return None


# --- bodies -------------------------------------------------------------------------------------------------------

_COLUMNS: Final = re.compile(r"\S(?: {3,}|\t+ *| *\| *)\S")
_BULLET: Final = re.compile(r"\s{0,6}[-*+•–]\s+(?=\S)")


def is_tabular(lines: list[str]) -> bool:
    """True if most of the lines have columns: parted by tabs, bars, or three spaces and more."""
    shown = [line for line in lines if line.strip()]
    if len(shown) < 2:
        return False
    with_columns = sum(bool(_COLUMNS.search(line[:400])) or line.strip().startswith("|") for line in shown)
    return with_columns * 5 >= len(shown) * 3


def preformatted(lines: list[str]) -> str:
    """Lines with columns, as they are."""
    kept = [line.rstrip().expandtabs(8) for line in lines]
    while kept and not kept[0]:
        del kept[0]
    while kept and not kept[-1]:
        del kept[-1]
    return f"<pre>{markup.escape(textwrap.dedent(chr(10).join(kept)))}</pre>" if kept else ""


def blocks_of(lines: list[str]) -> str:
    """Lines of text as block HTML: empty lines and indents part paragraphs, dashes make lists, columns stay."""
    out: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            out.append(_block(block))
            block = []
    return markup.clean_blocks("".join(out))


def _block(lines: list[str]) -> str:
    if is_tabular(lines):
        return preformatted(lines)
    if _BULLET.match(lines[0]) and (len(lines) > 1 or lines[0].lstrip()[0] in "*•"):
        return _list(lines)
    paragraphs: list[list[str]] = []
    for line in lines:
        indented = line.startswith(("  ", "\t"))
        if not paragraphs or indented or _BULLET.match(line):
            paragraphs.append([line])
        else:
            paragraphs[-1].append(line)
    return "".join(_paragraph(paragraph) for paragraph in paragraphs)


def _list(lines: list[str]) -> str:
    entries: list[list[str]] = []
    for line in lines:
        if found := _BULLET.match(line):
            entries.append([line[found.end() :]])
        else:
            entries[-1].append(line)
    return f"<ul>{''.join(f'<li>{_paragraph(entry)[3:-4]}</li>' for entry in entries)}</ul>"


def _paragraph(lines: list[str]) -> str:
    return f"<p>{markup.escape(' '.join(' '.join(lines).split()))}</p>"


_LEAD_IN: Final = re.compile(
    r"([^\W\d_][^()\n]{1,78}?)\s?\(([A-Za-z][\w./ -]{0,30})\)\s?(?:\.?\s?[_–—-]{1,2}|:|\s(?=[A-Z]))", re.UNICODE
)


_WRITER: Final = re.compile(r"(?:By|Von|Par|Por)\s[^\W\d_][^.!?:\n]{1,80}\Z")
_ANY_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_OPENING_BLOCKS: Final = 4


def opening_of(body: str) -> tuple[str, str]:
    """(byline, place) as the first blocks of a story say ("By Ada Bell", then "LAFIA (HBW) - ..."), else ""."""
    byline = ""
    for kind, inner in markup.split_blocks(body[:20_000])[:_OPENING_BLOCKS]:
        text = " ".join(html.unescape(_ANY_TAG.sub("", inner[:1_000])).split())
        if kind == "paragraph" and not byline and len(text) <= 90 and _WRITER.match(text):
            byline = text
            continue
        place, _agency = lead_in(text)
        if place:
            return byline, place
    return byline, ""


_DATED: Final = re.compile(
    r"([^\W\d_][^()/\n\d]{1,60}?),?\s(?:[^\W\d_]{3,10}\.?\s\d{1,2}|\d{1,2}\.?\s[^\W\d_]{3,10})\.?(?:,?\s(?:19|20)\d\d)?"
    r"[.,]?\s(?:\(([^\W\d_][\w./ -]{0,30})\)|/([^\W\d_][\w. -]{0,20})/|([A-Z][A-Za-z]{2,9})(?=\s[–—-]))"
    r"(?=[\s.:–—-]|\Z)",
    re.UNICODE,
)


def lead_in(text: str) -> tuple[str, str]:
    """(place, agency) with which a story begins: "LAFIA, Nigeria (EXW) - ", "LAFIA, March 2 /EXW/."; ("", "") if it
    does not."""
    if dated := _DATED.match(text[:160].strip()):
        return " ".join(dated.group(1).split()), dated.group(2) or dated.group(3) or dated.group(4)
    found = _LEAD_IN.match(text[:160].strip())
    if not found:
        return "", ""
    place = " ".join(found.group(1).split())
    return (place, found.group(2)) if len(place.split()) <= 9 else ("", "")
