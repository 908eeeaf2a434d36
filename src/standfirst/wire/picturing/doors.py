"""With which of a feed's credentials, if any, an address of a picture is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from standfirst.wire.models import Feed


@dataclass(frozen=True, slots=True)
class Door:
    """What goes along with a request. Never shown, never logged."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_query: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False


def for_address(feed: Feed, url: str) -> Door:
    """How `url` is asked for: with nothing, unless one of the feed's sources allows its host."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return Door()
    if not host:
        return Door()
    sources = feed.sources.filter(active=True).order_by("pk")
    return Door(allow_private=any(source.allow_private for source in sources))
