"""Dates, times and numbers as a language writes them, in the form that the newsroom chose.

What is usual comes from CLDR, by Babel. A tag such as "en" says little: London and Lagos write "22 November 2026", New
York "November 22, 2026"; Rabat and Beirut call the month otherwise than Cairo. So a language is taken as it is used in
the newsroom's country, which its time zone tells, if CLDR knows it there; else as it is used across countries
("en-001"). The newsroom may fix the order of a date, the clock and the digits for all of its languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import parse_pattern
from babel.numbers import format_decimal

from standfirst.kit.languages import direction_of, primary_of

_FIRST_DIGITS: Final = {
    "adlm": 0x1E950,
    "arab": 0x0660,
    "arabext": 0x06F0,
    "beng": 0x09E6,
    "cakm": 0x11136,
    "deva": 0x0966,
    "gujr": 0x0AE6,
    "guru": 0x0A66,
    "hmnp": 0x1E140,
    "khmr": 0x17E0,
    "knda": 0x0CE6,
    "laoo": 0x0ED0,
    "mlym": 0x0D66,
    "mong": 0x1810,
    "mtei": 0xABF0,
    "mymr": 0x1040,
    "nkoo": 0x07C0,
    "olck": 0x1C50,
    "orya": 0x0B66,
    "tamldec": 0x0BE6,
    "telu": 0x0C66,
    "thai": 0x0E50,
    "tibt": 0x0F20,
    "vaii": 0xA620,
}
"""CLDR's numbering systems whose ten digits follow each other in Unicode: where they begin. It writes the rest, such as
Ge'ez and Chinese numerals, in other ways than digit by digit; there the Latin digits stay."""

_LEFT_TO_RIGHT_MARK: Final = "\u200e"

_NARROW: Final = 0x202F
"""The narrow no-break space, which CLDR writes and fonts of old phones lack."""


@dataclass(frozen=True, slots=True, eq=False)
class HouseStyle:
    """How a newsroom writes dates, times and numbers in one language. Patterns are CLDR's (UTS 35, part 4).

    Made once for each language and choice by `house_style`, and compared by identity.
    """

    locale: Locale
    date: str
    full_date: str
    month: str
    time: str
    moment: str
    """Of a date, {1}, and a time, {0}."""
    system: str = "latn"
    """CLDR's name for the digits and what stands between them."""
    signs: Mapping[int, str] = field(default_factory=dict)
    """What stands for a digit or a space of CLDR's, by code point."""

    def sign(self, text: str) -> str:
        """`text` of CLDR's in the newsroom's digits, and with spaces that every font has."""
        return text.translate(self.signs)


def usual(language: str, zone: str) -> Locale | None:
    """The conventions of `language` (BCP 47) in the country of `zone` (an IANA name). None: CLDR does not know it."""
    return next(_locales(language, zone), None)


def _locales(language: str, zone: str) -> Iterator[Locale]:
    zone = get_global("zone_aliases").get(zone, zone)
    country = get_global("zone_territories").get(zone, "001")
    primary = primary_of(language)
    # A tag that names its region is taken at its word.
    regional = [language] if _region_of(language) else [f"{language}-{country}", f"{language}-001"]
    for tag in (*regional, language, f"{primary}-{country}", f"{primary}-001", primary):
        try:
            yield Locale.parse(tag, sep="-", resolve_likely_subtags=False)
        except (UnknownLocaleError, ValueError):
            continue


def _region_of(language: str) -> str:
    parts = language.split("-")[1:]
    return next((part for part in parts if len(part) == 2 or (len(part) == 3 and part.isdecimal())), "")


@lru_cache(maxsize=256)
def house_style(language: str, zone: str, order: str = "", clock: str = "", digits: str = "") -> HouseStyle:
    """How dates are written in `language` in a newsroom of `zone` that chose `order`, `clock` and `digits` of `Site`.

    What is empty or unknown follows the language. A language that CLDR does not know is written as English is there.
    """
    locale = usual(language, zone) or usual("en", zone) or Locale("en")
    pattern = _pattern_of(locale, order)
    skeletons = locale.datetime_skeletons
    chosen = {"24": skeletons.get("Hm"), "12": skeletons.get("hm")}.get(clock)
    system = _numbering(locale, language, digits)
    first = _FIRST_DIGITS.get(system)
    # Without a mark, right-to-left text turns the three figures of such a date about (UAX 9, W2 and W4).
    iso = f"{_LEFT_TO_RIGHT_MARK if direction_of(language) == 'rtl' else ''}y-MM" if order == "iso" else ""
    return HouseStyle(
        locale=locale,
        date=f"{iso}-dd" if iso else pattern.date_formats["long"].pattern,
        full_date=f"EEEE {iso}-dd" if iso else pattern.date_formats["full"].pattern,
        month=iso or skeletons["yMMMM"].pattern,
        time=(chosen or locale.time_formats["short"]).pattern,
        moment=str(locale.datetime_formats["long"]).replace("'", ""),
        system=system,
        signs={_NARROW: "\u00a0", **({ord("0") + n: chr(first + n) for n in range(10)} if first else {})},
    )


def _pattern_of(locale: Locale, order: str) -> Locale:
    """The variant of the language that puts a date in `order`, itself if none does: no language is bent."""
    variants = {"day": ("001", "GB"), "month": ("US",)}.get(order, ())
    for variant in (str(locale), *(f"{locale.language}_{region}" for region in variants)):
        try:
            found = Locale.parse(variant, resolve_likely_subtags=False)
        except UnknownLocaleError:
            continue
        long = found.date_formats["long"].pattern
        if (long.find("d") < long.find("M")) == (order == "day"):
            return found
    return locale


def _numbering(locale: Locale, language: str, digits: str) -> str:
    if digits == "latin":
        return "latn"
    if digits == "own":
        return str(locale.other_numbering_systems.get("native", "latn"))
    # CLDR gives Egypt and the Levant their own digits, and the Maghreb Latin ones. Sites that are read in all Arab
    # countries mostly write Latin ones.
    return "latn" if primary_of(language) == "ar" else str(locale.default_numbering_system)


def _headed(text: str) -> str:
    # French and others write months and weekdays small; these two stand in headings and lists.
    return text[:1].title() + text[1:]


@lru_cache(maxsize=8192)
def day(when: date, style: HouseStyle) -> str:
    """A day as printed, e.g. "22 November 2026"."""
    return style.sign(parse_pattern(style.date).apply(when, style.locale))


@lru_cache(maxsize=1024)
def full_day(when: date, style: HouseStyle) -> str:
    """A day with its weekday, e.g. "Sunday, 22 November 2026"."""
    return _headed(style.sign(parse_pattern(style.full_date).apply(when, style.locale)))


@lru_cache(maxsize=1024)
def month(when: date, style: HouseStyle) -> str:
    """A month of a year, e.g. "November 2026", as it stands in a list or a heading."""
    return _headed(style.sign(parse_pattern(style.month).apply(when, style.locale)))


@lru_cache(maxsize=8192)
def _time(hour: int, minute: int, style: HouseStyle) -> str:
    when = datetime(2000, 1, 1, hour, minute)  # noqa: DTZ001 - only its hands are read
    return style.sign(parse_pattern(style.time).apply(when, style.locale)).replace(" ", "\u00a0")


def moment(when: datetime, style: HouseStyle) -> str:
    """A moment in the zone of `when`, named, e.g. "22 November 2026, 09:30 WAT"."""
    # Days and minutes are few and remembered; putting them together costs next to nothing.
    zone = when.tzname() or ""
    if zone[:1] in {"+", "-"}:
        zone = f"UTC{zone[:3]}{zone[3:] and ':' + zone[3:]}"
    time = f"{_time(when.hour, when.minute, style)} {zone}".rstrip()
    return style.moment.replace("{0}", time).replace("{1}", day(when.date(), style))


def number(value: int, style: HouseStyle) -> str:
    """A whole number, e.g. "1,234"."""
    printed = format_decimal(value, locale=style.locale, numbering_system=style.system)
    return style.sign(printed).replace(" ", "\u00a0")


def language_name(language: str, style: HouseStyle) -> str:
    """What `language` (BCP 47) is called in the style's language; failing that in English; failing that its tag."""
    locale = usual(language, "UTC")
    if locale is None:
        return language
    tag = Locale.parse(primary_of(language))
    return str(tag.get_language_name(style.locale) or tag.get_language_name("en") or language)
