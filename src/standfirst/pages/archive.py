"""The way to all older copy: the archive's list of months, and each month's list of days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from standfirst.edition.reads import Reads
from standfirst.pages import dates
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import ARCHIVE, Part, absolute, chrome, day_path, head_part, page
from standfirst.pages.templates import text

YEARS = range(1850, 2100)
"""Those for which the archive looks whether there is anything."""


def month_path(month: str) -> str:
    """Address of the page of `month` ("2026-11")."""
    return f"/{month.replace('-', '/')}/"


def archive(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Every month in which something was published, by year, the last first."""
    if ref.path != ARCHIVE:
        return None
    site = chrome(reads)
    years = []
    for year in reversed(YEARS):
        if not reads.any("year", str(year)):
            continue
        months = [
            {
                "path": text(month_path(f"{year}-{month:02}")),
                "name": dates.month(date(year, month, 1), site.words.style),
            }
            for month in range(1, 13)
            if reads.any("month", f"{year}-{month:02}")
        ]
        years.append({"name": str(year), "months": months})
    title = site.words.archive
    context = {"title": title, "years": years}
    head = head_part(f"{title} | {site.site.name}", canonical=absolute(site.site, ARCHIVE))
    return page("archive.html", site, head, context)


def month(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The days of month `ref.subject` ("2026-11") on which something was published. None: there are none."""
    try:
        first = date.fromisoformat(f"{ref.subject}-01")
    except ValueError:
        return None
    if ref.path != month_path(ref.subject) or not reads.any("month", ref.subject):
        return None
    site = chrome(reads)
    style = site.words.style
    days: list[Part] = []
    for number in range(1, monthrange(first.year, first.month)[1] + 1):
        when = first.replace(day=number)
        there = reads.any("day", when.isoformat())
        path = text(day_path(when.isoformat())) if there else ""
        days.append({"path": path, "iso": when.isoformat(), "number": number, "name": dates.full_day(when, style)})
    title = dates.month(first, style)
    context = {
        "title": title,
        # Weeks begin on Monday, as ISO 8601 has it: so many places stand empty before the first.
        "blank": list(range(first.weekday())),
        "days": days,
        "archive": {"path": text(ARCHIVE), "name": site.words.archive},
        "before": _neighbour(reads, first, -1, style),
        "after": _neighbour(reads, first, 1, style),
    }
    head = head_part(f"{title} | {site.site.name}", canonical=absolute(site.site, ref.path))
    return page("month.html", site, head, context)


def _neighbour(reads: Reads, first: date, step: int, style: dates.HouseStyle) -> Part | None:
    """The next month in that direction in which something was published, within two years."""
    number = first.year * 12 + first.month - 1
    for distance in range(1, 25):
        year, month = divmod(number + step * distance, 12)
        if year not in YEARS:
            return None
        if reads.any("month", f"{year}-{month + 1:02}"):
            there = date(year, month + 1, 1)
            return {"path": text(month_path(f"{there:%Y-%m}")), "name": dates.month(there, style)}
    return None
