"""Pages that are lists: the home front, section fronts, days, authors and topics.

Which story stands where on a front is decided in `plan`, and printed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Card, Crumb, Line, Section, Tag
from standfirst.edition.snapshots import crumb as crumb_of
from standfirst.pages import structured
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import (
    FEEDS,
    LEAD,
    NINJS,
    ROW,
    THUMB,
    TILE,
    Chrome,
    Lists,
    Part,
    absolute,
    alternates,
    chrome,
    day_path,
    feeds_part,
    head_part,
    page,
    picture_part,
    there,
    trail_part,
)
from standfirst.pages.pictures import THUMB_WIDTH, WIDTHS
from standfirst.pages.plan import FRONT, Placement, Plan, plan
from standfirst.pages.templates import text
from standfirst.pages.words import day as day_text
from standfirst.pages.words import full_day

DAYS = 5
"""Most days that a front links to."""
BRIDGE = 31
"""How many days a day page looks back and ahead for a neighbour, so that a quiet week does not end the chain."""


def _lists(reads: Reads, site: Chrome) -> Lists:
    return Lists(reads, site, site.words, site.site.language, site.direction)


def front(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The front of section `ref.subject`; the home front if that is the site's."""
    section = reads.section(int(ref.subject)) if ref.subject.isdecimal() else None
    if section is None or section.path != ref.path:
        return None
    site = chrome(reads)
    return _home(reads, site, section) if section.id == site.site.home else _section(reads, site, section)


def _home(reads: Reads, site: Chrome, section: Section) -> Output:
    lists = _lists(reads, site)
    found = plan(reads, section.id, [crumb.id for crumb in site.nav])
    leads = _cards(found.part("lead"))
    cluster = _cards(found.part("cluster"))
    context = {
        "lead": next((_lead(lists, card, short=False) for card in leads), None),
        "cluster": [lists.card(card, level=3, sizes=TILE) for card in cluster],
        "strips": [strip for crumb in site.nav if (strip := _strip(site, lists, crumb, found)) is not None],
        "latest": _lines(lists, found.part("latest")),
        "most_read": _lines(lists, found.part("most read")),
        "days": _days(reads, site, [*leads, *cluster]),
    }
    data = [
        structured.website(site.site),
        structured.collection(site.site, section.name, section.path, [*leads, *cluster]),
    ]
    head = _front_head(site, section, data)
    return page("home.html", site, head, context, active=-1, breaking=_breaking(lists, found))


def _cards(places: Iterable[Placement]) -> list[Card]:
    return [place.shown for place in places if isinstance(place.shown, Card)]


def _lines(lists: Lists, places: Iterable[Placement], *, thumb: bool = False) -> list[Part]:
    return [lists.line(place.shown, thumb=thumb) for place in places if isinstance(place.shown, Line)]


def _breaking(lists: Lists, found: Plan) -> list[Part]:
    return _lines(lists, found.part("breaking"))


def _lead(lists: Lists, card: Card, *, tone: str | None = None, dated: bool = False, short: bool = False) -> Part:
    return lists.card(
        card, level=2, tone=tone, sizes=LEAD, widest=WIDTHS[-1], eager=True, signed=True, dated=dated, short=short
    )


def _strip(site: Chrome, lists: Lists, crumb: Crumb, found: Plan) -> Part | None:
    """What the front shows of a top section beside the top: one card, then lines."""
    places = found.part("strip", section=crumb.id)
    first = next(iter(_cards(places)), None)
    if first is None:
        return None
    tone = site.tone(crumb)
    return {
        "name": crumb.name,
        "path": text(crumb.path),
        "tone": tone,
        "first": lists.card(first, level=3, tone=tone),
        "lines": _lines(lists, places, thumb=True),
    }


def _section(reads: Reads, site: Chrome, section: Section) -> Output:
    lists = _lists(reads, site)
    found = plan(reads, section.id, None)
    leads = _cards(found.part("lead"))
    rows = _cards(found.part("rows"))
    tone = site.tone(section)
    trail = list(there(reads.crumb(id) for id in section.trail))
    children = there(reads.crumb(id) for id in reads.listing("children", section.id, FRONT))
    context = {
        "trail": trail_part(site, trail, site.words),
        "name": section.name,
        "standfirst": section.standfirst,
        "feeds": feeds_part(section.path, site.words),
        "children": [{"path": text(child.path), "name": child.name} for child in children],
        "lead": next((_lead(lists, card, tone=tone, dated=True) for card in leads), None),
        "cards": [lists.card(card, level=3, tone=tone, sizes=ROW, signed=True, dated=True) for card in rows],
        "most_read": _lines(lists, found.part("most read")),
        "days": _days(reads, site, [*leads, *rows]),
    }
    data = [
        structured.breadcrumbs(site.site, [*trail, crumb_of(section)], site.words.home),
        structured.collection(site.site, section.name, section.path, [*leads, *rows], section.standfirst),
    ]
    head = _front_head(site, section, data)
    breaking = _breaking(lists, found)
    return page("section.html", site, head, context, active=site.top(section), tone=tone, breaking=breaking)


def _front_head(site: Chrome, section: Section, data: Sequence[dict[str, Any]]) -> Part:
    home = section.id == site.site.home
    strapline = f"{site.site.name}: {site.site.strapline}" if site.site.strapline else site.site.name
    title = strapline if home else f"{section.name} | {site.site.name}"
    description = section.standfirst or site.site.strapline
    canonical = absolute(site.site, section.path)
    properties = [("og:type", "website"), ("og:site_name", site.site.name), ("og:title", title), ("og:url", canonical)]
    if description:
        properties.append(("og:description", description))
    return head_part(
        title,
        description=description,
        canonical=canonical,
        properties=properties,
        alternates=alternates(section.path, site.site.name if home else f"{site.site.name}: {section.name}"),
        data=[structured.encoded(each) for each in data],
    )


def _days(reads: Reads, site: Chrome, cards: Iterable[Card]) -> list[Part]:
    """Links to the day pages of the stories shown, newest first: the way to older copy."""
    days = sorted({date.fromisoformat(card.day) for card in cards if card.day}, reverse=True)
    return [
        {"path": text(day_path(when.isoformat())), "name": day_text(when, site.words)}
        for when in days[:DAYS]
        if reads.any("day", when.isoformat())
    ]


def day(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The stories of day `ref.subject` ("2026-11-22"). None: there are none."""
    try:
        when = date.fromisoformat(ref.subject)
    except ValueError:
        return None
    if ref.path != day_path(when.isoformat()):
        return None
    cards = list(there(reads.card(id) for id in reads.listing("day", ref.subject, 500)))
    if not cards:
        return None
    site = chrome(reads)
    lists = _lists(reads, site)
    title = full_day(when, site.words)
    context = {
        "title": title,
        "iso": ref.subject,
        "cards": [lists.card(card, level=2, dated=True, sizes=THUMB, widest=THUMB_WIDTH) for card in cards],
        "before": _neighbour(reads, site, when, -1),
        "after": _neighbour(reads, site, when, 1),
    }
    head = head_part(f"{title} | {site.site.name}", canonical=absolute(site.site, ref.path))
    return page("day.html", site, head, context)


def _neighbour(reads: Reads, site: Chrome, when: date, step: int) -> Part | None:
    for distance in range(1, BRIDGE + 1):
        other = when + timedelta(days=step * distance)
        if reads.any("day", other.isoformat()):
            return {"path": text(day_path(other.isoformat())), "name": day_text(other, site.words)}
    return None


def author(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The page of author `ref.subject`, a person or an agency's desk."""
    found = reads.author(int(ref.subject)) if ref.subject.isdecimal() else None
    if found is None or found.path != ref.path:
        return None
    site = chrome(reads)
    lists = _lists(reads, site)
    picture = reads.picture(found.picture) if found.picture is not None else None
    cards = there(reads.card(id) for id in reads.listing("author", found.id, FRONT))
    context = {
        "name": found.name,
        "role": found.role or (site.words.desk if found.kind == "desk" else ""),
        "bio": found.bio,
        "picture": picture_part(picture, THUMB, THUMB_WIDTH, eager=True),
        "title": site.words.stories_by.format(found.name),
        "feeds": feeds_part(found.path, site.words),
        "cards": [lists.card(card, level=3, sizes=ROW, dated=True) for card in cards],
    }
    canonical = absolute(site.site, found.path)
    properties = [("og:type", "profile"), ("og:site_name", site.site.name), ("og:title", found.name)]
    data = [
        structured.breadcrumbs(site.site, [*_home_crumb(site), found], site.words.home),
        structured.profile(site.site, found, picture),
    ]
    head = head_part(
        f"{found.name} | {site.site.name}",
        description=found.bio,
        canonical=canonical,
        properties=[*properties, ("og:url", canonical)],
        alternates=alternates(found.path, f"{site.site.name}: {found.name}"),
        data=[structured.encoded(each) for each in data],
    )
    return page("author.html", site, head, context)


def _home_crumb(site: Chrome) -> list[Crumb]:
    return [site.home] if site.home else []


# --- topics -------------------------------------------------------------------------------------------------------

TOPICS = "/topics/"
MOST_TOPICS = 500


def topic(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The page of topic `ref.subject`: its newest thirty stories. None while it has no live one."""
    found = reads.topic(int(ref.subject)) if ref.subject.isdecimal() else None
    if found is None or found.path != ref.path:
        return None
    cards = list(there(reads.card(id) for id in reads.listing("topic", found.id, FRONT)))
    if not cards:
        return None
    site = chrome(reads)
    lists = _lists(reads, site)
    above = Tag(id=0, path=TOPICS, name=site.words.all_topics)
    context = {
        "trail": [*trail_part(site, _home_crumb(site), site.words), {"path": text(TOPICS), "name": above.name}],
        "name": found.name,
        "description": found.description,
        "feeds": feeds_part(found.path, site.words),
        "cards": [lists.card(card, level=2, sizes=ROW, signed=True, dated=True) for card in cards],
    }
    title = f"{found.name} | {site.site.name}"
    canonical = absolute(site.site, found.path)
    properties = [("og:type", "website"), ("og:site_name", site.site.name), ("og:title", title), ("og:url", canonical)]
    if found.description:
        properties.append(("og:description", found.description))
    data = [
        structured.breadcrumbs(site.site, [*_home_crumb(site), above, found], site.words.home),
        structured.collection(site.site, found.name, found.path, cards, found.description),
    ]
    head = head_part(
        title,
        description=found.description,
        canonical=canonical,
        properties=properties,
        alternates=alternates(found.path, f"{site.site.name}: {found.name}"),
        data=[structured.encoded(each) for each in data],
    )
    return page("topic.html", site, head, context)


def topics(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The topics that have a page, by name; of very many the newest five hundred. None while there are none."""
    newest = sorted(map(int, reads.keys("topic")), reverse=True)[:MOST_TOPICS]
    found = sorted(there(reads.tag(id) for id in newest), key=lambda tag: (tag.name.casefold(), tag.id))
    if not found:
        return None
    site = chrome(reads)
    context = {
        "trail": trail_part(site, _home_crumb(site), site.words),
        "topics": [{"path": text(tag.path), "name": tag.name} for tag in found],
    }
    above = Tag(id=0, path=TOPICS, name=site.words.all_topics)
    data = structured.breadcrumbs(site.site, [*_home_crumb(site), above], site.words.home)
    head = head_part(
        f"{site.words.all_topics} | {site.site.name}",
        canonical=absolute(site.site, TOPICS),
        data=[structured.encoded(data)],
    )
    return page("topics-index.html", site, head, context)


def moved(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """At a former address of a topic or an author (`ref.subject`: "topic:4"), or of what lies below it: the way on."""
    kind, _, id = ref.subject.partition(":")
    if not id.isdecimal():
        return None
    found = reads.topic(int(id)) if kind == "topic" else reads.author(int(id))
    if found is None or (kind == "topic" and not reads.any("topic", found.id)):
        return None
    for former in found.former:
        if ref.path.startswith(former) and (ref.path.removeprefix(former) in ("", *FEEDS, NINJS)):
            return Output(body=b"", status=301, location=found.path + ref.path.removeprefix(former))
    return None
