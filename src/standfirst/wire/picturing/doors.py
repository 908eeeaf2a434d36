"""With which of a feed's credentials, if any, an address of a picture is asked for.

A file names the address, and a file may be wrong or hostile. So credentials go to the host of the feed's own source,
and to hosts that the source's settings name for pictures; never to another, and never over an open line where the
source's own is protected. Only there, too, may an address lie in our own network, if the source may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from standfirst.kit.errors import Problem
from standfirst.wire.models import Feed, Source
from standfirst.wire.transports import _web

_ASKING = (Source.Kind.HTTP, Source.Kind.AP, Source.Kind.AFP)


@dataclass(frozen=True, slots=True)
class Door:
    """What goes along with a request. Never shown, never logged."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_query: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False


def for_address(feed: Feed, url: str) -> Door:
    """How `url` is asked for: with nothing, unless one of the feed's sources knows its host."""
    try:
        parts = urlsplit(url)
        host, scheme = (parts.hostname or "").lower(), parts.scheme.lower()
    except ValueError:
        return Door()
    for source in feed.sources.filter(active=True, kind__in=_ASKING).order_by("pk"):
        own = urlsplit(str(source.settings.get("url", "")))
        named = {str(one).strip().lower() for one in source.settings.get("picture_hosts", ())}
        if not host or host not in named | {(own.hostname or "").lower()}:
            continue
        if scheme != "https" and own.scheme == "https":
            return Door(allow_private=source.allow_private)
        headers, query = _credentials(source)
        return Door(headers, query, source.allow_private)
    return Door()


def _credentials(source: Source) -> tuple[dict[str, str], dict[str, str]]:
    """(headers, query) that let us in; empty where the secrets cannot be opened: then the host says what it thinks."""
    from standfirst.wire import sources

    try:
        secrets = sources.secrets_of(source)
        further = _web.header_lines(secrets.get("headers", ""))
    except (Problem, ValueError):
        return {}, {}
    settings: dict[str, Any] = source.settings
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    if settings.get("user") and secrets.get("password") and source.kind == Source.Kind.HTTP:
        headers["authorization"] = _web.basic(str(settings["user"]), secrets["password"])
    if key := secrets.get("api_key"):
        name = str(settings.get("key_name") or "x-api-key").strip()
        if settings.get("key_place") == "query":
            query[name] = key
        else:
            headers[name.lower()] = key
    return {**headers, **further}, query
