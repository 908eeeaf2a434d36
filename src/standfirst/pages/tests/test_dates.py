"""Dates as each language writes them, in the newsroom's zone, country and style."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import pytest
from babel.localedata import locale_identifiers

from standfirst.edition.snapshots import Site
from standfirst.pages import dates
from standfirst.pages.words import day, full_day, language_name, moment, month, number, words

NOON = "2026-11-22T08:30:00Z"


def printed(language: str, zone: str, iso: str = NOON, **choices: str) -> str:
    site = msgspec.structs.replace(Site(zone=zone), **choices)
    return moment(iso, zone, words(language, site)).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("language", "zone", "says"),
    [
        ("en", "Africa/Lagos", "22 November 2026, 09:30 WAT"),
        ("en", "Europe/London", "22 November 2026, 08:30 GMT"),
        ("en", "America/New_York", "November 22, 2026, 3:30 AM EST"),
        ("en", "US/Eastern", "November 22, 2026, 3:30 AM EST"),
        ("en-GB", "America/New_York", "22 November 2026, 03:30 EST"),
        ("en", "Africa/Nouakchott", "22 November 2026, 8:30 am GMT"),  # English that CLDR does not know there
        ("fr", "Africa/Lagos", "22 novembre 2026, 09:30 WAT"),
        ("fr", "America/Montreal", "22 novembre 2026, 03 h 30 EST"),
        ("ha", "Africa/Lagos", "22 Nuwamba, 2026, 09:30 WAT"),
        ("ar", "Africa/Cairo", "22 نوفمبر 2026، 10:30 ص EET"),
        ("ar", "Africa/Casablanca", "22 نونبر 2026، 09:30 UTC+01"),
        ("ar", "Asia/Beirut", "22 تشرين الثاني 2026، 10:30 ص EET"),
        ("en", "Asia/Kathmandu", "22 November 2026, 2:15 pm UTC+05:45"),
        ("yo", "Africa/Lagos", "22 November 2026, 09:30 WAT"),  # no words of ours: all of the line is English
    ],
)
def test_a_date_is_written_as_the_language_is_in_the_newsrooms_country(language: str, zone: str, says: str) -> None:
    assert printed(language, zone) == says


@pytest.mark.parametrize(
    ("language", "choices", "says"),
    [
        ("en", {"date_order": "month"}, "November 22, 2026, 09:30 WAT"),
        ("en", {"date_order": "iso", "clock": "24"}, "2026-11-22, 09:30 WAT"),
        ("en", {"clock": "12"}, "22 November 2026, 9:30 am WAT"),
        ("fr", {"date_order": "month", "clock": "24"}, "22 novembre 2026, 09:30 WAT"),
        ("ha", {"date_order": "iso", "clock": "12"}, "2026-11-22, 9:30 SF WAT"),
        ("ar", {"clock": "24"}, "22 نوفمبر 2026، 09:30 WAT"),
        ("ar", {"clock": "24", "digits": "own"}, "٢٢ نوفمبر ٢٠٢٦، ٠٩:٣٠ WAT"),
        ("en", {"digits": "own"}, "22 November 2026, 09:30 WAT"),
        ("en", {"date_order": "roman", "clock": "13", "digits": "?"}, "22 November 2026, 09:30 WAT"),
    ],
)
def test_a_newsroom_chooses_order_clock_and_digits_and_no_language_is_bent(
    language: str, choices: dict[str, str], says: str
) -> None:
    assert printed(language, "Africa/Lagos", **choices) == says


def test_new_york_can_write_the_day_first() -> None:
    assert printed("en", "America/New_York", date_order="day", clock="24") == "22 November 2026, 03:30 EST"


@pytest.mark.parametrize(
    ("iso", "zone", "says"),
    [
        ("2026-03-29T00:59:00Z", "Europe/Paris", "29 March 2026, 01:59 CET"),
        ("2026-03-29T01:00:00Z", "Europe/Paris", "29 March 2026, 03:00 CEST"),
        ("2026-10-25T00:30:00Z", "Europe/Paris", "25 October 2026, 02:30 CEST"),
        ("2026-10-25T01:30:00Z", "Europe/Paris", "25 October 2026, 02:30 CET"),  # the same hands, another hour
        ("2026-12-31T23:00:00Z", "Africa/Lagos", "1 January 2027, 00:00 WAT"),
        ("2027-01-01T04:59:59Z", "America/New_York", "31 December 2026, 23:59 EST"),
        ("2026-04-04T14:59:00Z", "Australia/Lord_Howe", "5 April 2026, 01:59 UTC+11"),
        ("2026-04-04T15:00:00Z", "Australia/Lord_Howe", "5 April 2026, 01:30 UTC+10:30"),  # back by half an hour
        ("1900-01-01T00:00:00Z", "Africa/Lagos", "1 January 1900, 00:13 LMT"),  # before there were zones
    ],
)
def test_moments_follow_the_zone_over_daylight_changes_and_midnight(iso: str, zone: str, says: str) -> None:
    assert printed("en", zone, iso, date_order="day", clock="24") == says


def test_days_months_and_numbers_are_in_the_language_too() -> None:
    when = date(2026, 11, 2)
    said = {
        language: (day(when, w), full_day(when, w), month(when, w), number(12345, w).replace("\xa0", " "))
        for language in ("en", "fr", "ar", "ha")
        for w in [words(language, Site(zone="Africa/Lagos"))]
    }
    assert said == {
        "en": ("2 November 2026", "Monday, 2 November 2026", "November 2026", "12,345"),
        "fr": ("2 novembre 2026", "Lundi 2 novembre 2026", "Novembre 2026", "12 345"),
        "ar": ("2 نوفمبر 2026", "الاثنين، 2 نوفمبر 2026", "نوفمبر 2026", "12,345"),
        "ha": ("2 Nuwamba, 2026", "Litinin 2 Nuwamba, 2026", "Nuwamba 2026", "12,345"),
    }
    figures = words("en", Site(zone="Africa/Lagos", date_order="iso"))
    assert (day(when, figures), full_day(when, figures), month(when, figures)) == (
        "2026-11-02",
        "Monday 2026-11-02",
        "2026-11",
    )


def test_a_date_of_figures_is_not_turned_about_by_right_to_left_text() -> None:
    arabic = words("ar", Site(zone="Africa/Cairo", date_order="iso"))
    assert day(date(2026, 11, 2), arabic) == "\u200e2026-11-02"
    assert full_day(date(2026, 11, 2), arabic) == "الاثنين \u200e2026-11-02"


def test_languages_are_called_by_their_names() -> None:
    assert language_name("fr", words("fr")) == "français"
    assert language_name("ha", words("ar")) == "الهوسا"
    assert language_name("en-GB", words("ha")) == "Turanci"
    assert language_name("pcm", words("en")) == "Nigerian Pidgin"
    assert language_name("qqq", words("en")) == "qqq"


@pytest.mark.parametrize("language", ["", "qqq", "x-y", "en_GB", "EN-gb", "zh-Hant-TW", "../../etc/passwd", "a" * 4000])
def test_no_tag_of_a_language_keeps_a_date_from_being_printed(language: str) -> None:
    assert "2026" in printed(language, "Africa/Lagos")
    assert language_name(language, words(language)) is not None


@pytest.mark.deep
def test_every_language_that_cldr_knows_can_be_printed_in_every_style() -> None:
    for tag in locale_identifiers():
        for order in ("", "day", "month", "iso"):
            for clock in ("", "24", "12"):
                for digits in ("", "latin", "own"):
                    style = dates.house_style(tag.replace("_", "-"), "UTC", order, clock, digits)
                    when = datetime(2026, 11, 22, 18, 30)
                    told = (dates.moment(when, style), dates.full_day(when.date(), style), dates.number(1234, style))
                    assert all(told), tag
                    assert not any("\u202f" in text or "{" in text for text in told), tag
