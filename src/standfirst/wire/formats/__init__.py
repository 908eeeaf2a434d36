"""Wire formats: pure functions from bytes to items. No database, no clock, no network; formats do not know each other.

Each format is a module with `NAME`, `recognises(head) -> bool` and `parse(data, profile) -> Parsed`. `parse` raises
`Unreadable` and nothing else. How to add one: docs/how-to/add-a-wire-format.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Final, Protocol, cast

import msgspec

from standfirst.kit.digests import seal
from standfirst.wire.formats import (
    afp_core,
    anpa1312,
    ap_media,
    dialects,
    digitalwires,
    feeds,
    iptc7901,
    json_feed,
    mail,
    newsml_1,
    newsml_g2,
    ninjs,
    nitf,
    paste,
)
from standfirst.wire.formats._shared import DEFAULT, Limits, Parsed, Part, Profile, Unreadable, check_size
from standfirst.wire.item import Item

__all__ = [
    "DEFAULT",
    "FORMATS",
    "KNOWING",
    "Format",
    "Limits",
    "Parsed",
    "Part",
    "Profile",
    "Unreadable",
    "amend",
    "parse",
    "recognise",
]

HEAD: Final = 65_536
"""How many bytes of a file `recognises` is shown."""


class Format(Protocol):
    """What a format's module provides."""

    NAME: str

    def recognises(self, head: bytes) -> bool: ...

    def parse(self, data: bytes, profile: Profile = DEFAULT) -> Parsed: ...


def _format(module: ModuleType) -> Format:
    return cast(Format, module)


FORMATS: Final[tuple[Format, ...]] = (
    # Asked in this order; the first that recognises a file reads it.
    _format(newsml_g2),
    _format(newsml_1),
    _format(digitalwires),
    _format(ap_media),
    _format(afp_core),
    _format(json_feed),
    _format(ninjs),
    _format(feeds),
    _format(nitf),
    _format(mail),
    _format(anpa1312),
    _format(iptc7901),
    _format(paste),  # the last resort: any plain text
)


amend = newsml_1.amend

KNOWING: Final = Profile(dialects=dialects.BY_PROVIDER)
"""Nothing is known of the feed; agencies' dialects are, by what their files say."""


def recognise(data: bytes) -> Format | None:
    """The format that reads `data`, None if none does."""
    head = data[:HEAD]
    return next((form for form in FORMATS if form.recognises(head)), None)


def parse(data: bytes, profile: Profile = KNOWING) -> Parsed:
    """Read `data` in whatever format it is in. Raises `Unreadable`, its message one sentence with a remedy."""
    check_size(data, profile.limits)
    form = recognise(data)
    if form is None:
        names = ", ".join(known.NAME for known in FORMATS)
        raise Unreadable(
            f"No format is known that this file is in (known are {names}): look at what the feed delivers."
        )
    parsed = form.parse(data, profile if profile.reader else replace(profile, reader=_reader(profile, _LEVELS)))
    if all(len(item.item_id) <= _LONGEST_ID and len(item.provider) <= _LONGEST_PROVIDER for item in parsed.items):
        return parsed
    return replace(parsed, items=tuple(_named_shortly(item) for item in parsed.items))


_LONGEST_ID: Final = 500
_LONGEST_PROVIDER: Final = 200


def _named_shortly(item: Item) -> Item:
    """`item` with an id and a provider that fit any index. A long id keeps its start and gets its digest."""
    identity = item.item_id
    if len(identity) > _LONGEST_ID:
        identity = f"{identity[: _LONGEST_ID - 80]}…{seal(identity.encode('utf-8', 'replace'))}"
    return msgspec.structs.replace(item, item_id=identity, provider=item.provider[:_LONGEST_PROVIDER])


_LEVELS: Final = 3
"""How deep files may be inside of files: a message attached to a message that carries an item."""


def _reader(profile: Profile, levels: int) -> Callable[[bytes], Parsed | None]:
    """What reads a file that is inside of another."""

    def read(data: bytes) -> Parsed | None:
        form = recognise(data) if levels else None
        if form is None or form is FORMATS[-1]:
            return None  # plain text is no wire file
        return form.parse(data, replace(profile, reader=_reader(profile, levels - 1)))

    return read
