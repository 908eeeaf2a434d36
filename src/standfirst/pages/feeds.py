"""RSS 2.0, Atom and JSON Feed 1.1 of sections, topics and authors.

Every date in them comes from a story, so they read the same whenever they are printed. An entry is known by an id that
no move changes (`parts.identity`); where it is now says its link.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import msgspec

from standfirst.edition.reads import Reads
from standfirst.pages.channels import KEPT, Channel, Item, channel
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import FEEDS, Part, absolute
from standfirst.pages.pictures import jpegs
from standfirst.pages.templates import Html, carried_json, component, text, whole

NEVER = "1970-01-01T00:00:00Z"
"""When an Atom feed without entries changed last: the format wants a date, and there is none."""


def _rfc822(iso: str) -> str:
    return format_datetime(datetime.fromisoformat(iso).astimezone(UTC))


def rss(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The newest thirty stories of a list as RSS 2.0, with Dublin Core and Media RSS."""
    found = channel(reads, ref, "feed.xml")
    if found is None:
        return None
    context = {
        **_channel(found, ref),
        "built": _rfc822(found.updated) if found.items else "",
        "entries": [_rss(item) for item in found.items],
    }
    return Output(body=whole("feed.xml", context), content_type=_type("feed.xml"))


def atom(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The same as Atom (RFC 4287)."""
    found = channel(reads, ref, "atom.xml")
    if found is None:
        return None
    context = {
        **_channel(found, ref),
        "id": text(found.id),
        "updated": found.updated or NEVER,
        "publisher": {"name": found.site.name, "path": text(absolute(found.site, "/"))},
        "terms": found.site.terms,
        "entries": [_atom(item) for item in found.items],
    }
    return Output(body=whole("atom.xml", context), content_type=_type("atom.xml"))


def json_feed(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """The same as JSON Feed 1.1. `content_text`, which the format wants, is the standfirst: no feed has whole texts."""
    found = channel(reads, ref, "feed.json")
    if found is None:
        return None
    site = found.site
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": found.title,
        "home_page_url": absolute(site, found.record.path),
        "feed_url": absolute(site, ref.path),
        "description": found.description,
        "language": site.language,
        "authors": [{"name": site.name, "url": absolute(site, "/")}],
        "items": [msgspec.Raw(_json(item)) for item in found.items],
    }
    return Output(body=json_bytes(document), content_type=_type("feed.json"))


def json_bytes(document: dict[str, Any]) -> bytes:
    """A document of ours as JSON (RFC 8259)."""
    return carried_json(msgspec.json.encode(document))


def _type(name: str) -> str:
    return f"{FEEDS[name][0]}; charset=utf-8"


def _channel(found: Channel, ref: PageRef) -> Part:
    return {
        "title": found.title,
        "description": found.description,
        "language": found.site.language,
        "link": text(absolute(found.site, found.record.path)),
        "here": text(absolute(found.site, ref.path)),
    }


@lru_cache(KEPT)
def _entry(item: Item) -> Part:
    """What both XML formats print of a story."""
    site, entry, picture = item.site, item.entry, item.picture
    copy = jpegs(picture)[-1] if picture is not None and jpegs(picture) else None
    return {
        "id": text(item.id),
        "title": item.title,
        "link": text(absolute(site, entry.path)),
        "description": entry.standfirst,
        "names": [{"name": name, "path": text(absolute(site, path) if path else "")} for name, path in item.names],
        "labels": item.labels,
        "language": entry.language,
        "updated": entry.refreshed or entry.published,
        "media": {
            "url": text(absolute(site, copy.path)),
            "type": text(copy.mime),
            "width": copy.width,
            "height": copy.height,
            "alt": picture.alt,
            "credit": picture.credit,
        }
        if picture is not None and copy is not None
        else None,
    }


@lru_cache(KEPT)
def _rss(item: Item) -> Html:
    return component("feed-entry.xml", {"entry": {**_entry(item), "published": _rfc822(item.entry.published)}})


@lru_cache(KEPT)
def _atom(item: Item) -> Html:
    return component("atom-entry.xml", {"entry": {**_entry(item), "published": item.entry.published}})


@lru_cache(KEPT)
def _json(item: Item) -> bytes:
    site, entry = item.site, item.entry
    found: dict[str, Any] = {
        "id": item.id,
        "url": absolute(site, entry.path),
        "title": item.title,
        "content_text": entry.standfirst or entry.headline,
        "date_published": entry.published,
        "date_modified": entry.refreshed or entry.published,
        "language": entry.language,
    }
    if entry.standfirst:
        found["summary"] = entry.standfirst
    if item.names:
        found["authors"] = [
            {"name": name, **({"url": absolute(site, path)} if path else {})} for name, path in item.names
        ]
    if item.labels:
        found["tags"] = item.labels
    if item.picture is not None and jpegs(item.picture):
        found["image"] = absolute(site, jpegs(item.picture)[-1].path)
    return msgspec.json.encode(found)
