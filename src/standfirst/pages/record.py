"""The newsroom's own record: who it is, and what it had to correct."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from standfirst.edition.listings import ALL
from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Errata, Standards
from standfirst.pages import structured
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import (
    ABOUT,
    CORRECTIONS,
    Chrome,
    Part,
    absolute,
    attributes,
    chrome,
    head_part,
    headline_part,
    page,
    there,
    time_part,
)
from standfirst.pages.templates import NOTHING, Html, text
from standfirst.pages.words import Words

NEWEST = 100
"""Stories on the page of corrections; older ones stand on the pages of their years."""

IN_A_YEAR = 500

YEARS = range(1970, 2100)
"""Those for which a page looks whether anything was said."""


# --- corrections ---------------------------------------------------------------------------------------------------


def year_path(year: str) -> str:
    """Address of the corrections of `year` ("2026")."""
    return f"{CORRECTIONS}{year}/"


def corrections(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Every story that was corrected, or withdrawn where the notice says so: the newest, or those of one year."""
    year = ref.subject
    if ref.path != (year_path(year) if year else CORRECTIONS):
        return None
    ids = reads.listing("errata", year or ALL, IN_A_YEAR if year else NEWEST)
    if year and not ids:
        return None
    site = chrome(reads)
    w = site.words
    entries = [_entry(site, found, w, year) for found in there(reads.errata(id) for id in ids)]
    years = [
        {"path": text(year_path(str(one))), "name": str(one), "active": str(one) == year}
        for one in reversed(YEARS)
        if reads.any("errata", str(one))
    ]
    title = f"{w.corrections} {year}".strip()
    context = {
        "title": title,
        "intro": w.corrections_intro,
        "policy": text(f"{ABOUT}#corrections") if site.site.standards else NOTHING,
        "report": mail(site.site.errors_to),
        "entries": entries,
        "years": years,
        "all": text(CORRECTIONS) if year else NOTHING,
    }
    head = head_part(
        f"{title} | {site.site.name}", description=w.corrections_intro, canonical=absolute(site.site, ref.path)
    )
    return page("corrections.html", site, head, context)


def _entry(site: Chrome, found: Errata, w: Words, year: str) -> Part:
    notes: list[Part] = []
    if found.notice is not None:
        at = time_part(found.notice.at, site.site, w)
        notes.append({"label": w.withdrawn, "text": found.notice.wording or w.killed, "time": at})
    for note in reversed(found.corrections):
        if note.at.startswith(year):
            label = w.correction if note.kind == "correction" else w.clarification
            notes.append({"label": label, "text": note.text, "time": time_part(note.at, site.site, w)})
    return {
        # Nothing leads to a story that is not there; its own address tells those who come to it.
        "path": NOTHING if found.notice else text(found.path),
        "kicker": found.kicker,
        "headline": headline_part(found.headline),
        "attributes": attributes(found.language, found.direction, site.site.language, site.direction),
        "notes": notes,
    }


# --- about ---------------------------------------------------------------------------------------------------------


class _Policy(NamedTuple):
    """A part of the page about the newsroom: field of the record, heading, property of schema.org."""

    field: str
    heading: str
    property: str


POLICIES = (
    _Policy("mission", "who_we_are", "missionCoveragePrioritiesPolicy"),
    _Policy("ownership", "ownership", "ownershipFundingInfo"),
    _Policy("funding", "funding", ""),
    _Policy("ethics", "standards", "ethicsPolicy"),
    _Policy("corrections", "corrections_policy", "correctionsPolicy"),
    _Policy("verification", "fact_checking", "verificationFactCheckingPolicy"),
    _Policy("unnamed_sources", "unnamed_sources", "unnamedSourcesPolicy"),
    _Policy("machines", "machines", ""),
    _Policy("diversity", "diversity", "diversityPolicy"),
)


def about(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Who the newsroom is and how it works: the facts of the Trust Project and of JTI, for people and as data."""
    said = reads.standards()
    if said is None or ref.path != ABOUT:
        return None
    site = chrome(reads)
    w = site.words
    people = sorted(
        there(reads.author(id) for id in reads.listing("people", "person", 300)),
        key=lambda author: author.name.casefold(),
    )
    team = [{"path": text(one.path), "name": one.name, "role": one.role} for one in people if one.role]
    context = {
        "title": w.about,
        "name": said.legal_name or site.site.name,
        "founded": {"iso": said.founded, "text": said.founded} if said.founded else None,
        "policies": [
            {"id": policy.field.replace("_", "-"), "title": getattr(w, policy.heading), "html": prose(body)}
            for policy in POLICIES
            if (body := getattr(said, policy.field))
        ],
        "team": team,
        "contact": {
            "address": prose(said.address),
            "telephone": {"href": _dialled(said.telephone), "text": said.telephone} if said.telephone else None,
            "email": mail(said.email),
            "report": mail(site.site.errors_to),
        },
        "corrections": text(CORRECTIONS),
    }
    description = (said.mission or site.site.about or site.site.strapline).split("\n", 1)[0]
    canonical = absolute(site.site, ABOUT)
    properties = [
        ("og:type", "website"),
        ("og:site_name", site.site.name),
        ("og:title", w.about),
        ("og:url", canonical),
    ]
    head = head_part(
        f"{w.about} | {site.site.name}",
        description=description,
        canonical=canonical,
        properties=properties,
        data=[structured.encoded(newsroom(site, said, bool(team)))],
    )
    return page("about.html", site, head, context)


def newsroom(site: Chrome, said: Standards, team: bool) -> dict[str, Any]:
    """NewsMediaOrganization, with the address of each policy."""
    here = absolute(site.site, ABOUT)
    found: dict[str, Any] = {
        "@context": structured.CONTEXT,
        **structured.organisation(site.site),
        "publishingPrinciples": here,
    }
    for policy in POLICIES:
        if policy.property and getattr(said, policy.field):
            found[policy.property] = f"{here}#{policy.field.replace('_', '-')}"
    if team:
        found["masthead"] = f"{here}#team"
    facts = {
        "legalName": said.legal_name,
        "foundingDate": said.founded,
        "address": " ".join(said.address.split()),
        "email": said.email,
        "telephone": said.telephone,
    }
    return found | {property: value for property, value in facts.items() if value}


# --- plain text ----------------------------------------------------------------------------------------------------

_LINKED = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,})"
)


def prose(plain: str) -> Html:
    """Plain text as HTML: paragraphs parted by empty lines, lines that begin with "- " as a list, addresses linked."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", plain.replace("\r\n", "\n").strip()):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        run: list[str] = []
        for is_item, group in _runs(lines):
            if is_item:
                run.append("<ul>" + "".join(f"<li>{_inline(line[2:].strip())}</li>" for line in group) + "</ul>")
            else:
                run.append("<p>" + "<br>".join(_inline(line) for line in group) + "</p>")
        found += run
    return Html("\n".join(found))


def _runs(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    group: list[str] = []
    for line in lines:
        if group and line.startswith("- ") != group[0].startswith("- "):
            yield group[0].startswith("- "), group
            group = []
        group.append(line)
    if group:
        yield group[0].startswith("- "), group


def _inline(line: str) -> str:
    found, last = [], 0
    for match in _LINKED.finditer(line):
        found.append(escape(line[last : match.start()]))
        target = match[0] if match["url"] else f"mailto:{match[0]}"
        found.append(f'<a href="{escape(target)}">{escape(match[0])}</a>')
        last = match.end()
    return "".join(found) + escape(line[last:])


def mail(address: str) -> Part | None:
    """A link by which to write to `address`."""
    return {"href": text(f"mailto:{address}"), "text": address} if address else None


def _dialled(number: str) -> Html:
    return text("tel:" + re.sub(r"[^\d+]", "", number))
