"""What the JSON formats share: loading that cannot be made to take for ever, telling the formats apart, and readers of
values that may be of any kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from standfirst.kit import xml
from standfirst.wire.formats._shared import (
    Parsed,
    Profile,
    Unreadable,
    embargo_of,
    line,
    lines,
    moment,
    unique,
    whole_number,
)
from standfirst.wire.item import Embargo, Item, Oddity

Object = dict[str, Any]

# --- which format -------------------------------------------------------------------------------------------------

_KEY: Final = re.compile(r'"([^"\\]{1,40})"\s*:')
_DIGITALWIRES: Final = re.compile(r'"format"\s*:\s*"digitalwires@')
_JSON_FEED: Final = re.compile(r'"version"\s*:\s*"https?://(?:www\.)?jsonfeed\.org/version/')
_AFP_ID: Final = re.compile(r'"uno"\s*:\s*"')
_WHATSAPP: Final = re.compile(r'"object"\s*:\s*"whatsapp')
_JSON_FEED_KEYS: Final = frozenset({"content_html", "content_text", "date_published", "home_page_url"})
_NINJS_KEYS: Final = frozenset({"pubstatus", "pubStatus", "versioncreated", "versionCreated"})
# ninjs has altids too, and even AP's names for them in its examples; these are AP's alone.
_AP_KEYS: Final = frozenset(
    "item editorialtypes editorialpriority description_creditline headline_extended datelinelocation bylines rels"
    "".split()
)


def kind_of(head: bytes) -> str:
    """The name of the JSON format of a file that starts with `head`; "" if it is no JSON or of none that we read.

    Each file has one kind, so no two formats ever claim the same file.
    """
    text = xml.head_text(head).lstrip("\ufeff\xef\xbb\xbf \t\r\n")
    if text[:1] not in ("{", "["):
        return ""
    keys = set(_KEY.findall(text))
    # What says so may stand behind the head, where names are sorted: then what only this format has must do.
    if ("format" in keys and _DIGITALWIRES.search(text)) or ("article_html" in keys and not keys & {"uri", "guid"}):
        return "dpa-digitalwires"
    if ("version" in keys and _JSON_FEED.search(text)) or ("items" in keys and keys & _JSON_FEED_KEYS):
        return "json-feed"
    if {"api_version", "data"} <= keys or ({"altids", "itemid"} <= keys and keys & _AP_KEYS):
        return "ap-media"
    if ("uno" in keys and not keys & _NINJS_KEYS and _AFP_ID.search(text)) or (
        {"response", "docs"} <= keys and "responseHeader" not in keys
    ):
        return "afp-core"
    if keys & {"@context", "update_id", "spoiler_text"} or _WHATSAPP.search(text):
        return ""
    return "ninjs"


# --- loading ------------------------------------------------------------------------------------------------------

_TAKEDOWN: Final = re.compile(r'"(?:pub_?)?status"\s*:\s*"(?:cancel|withh|kill)', re.IGNORECASE)
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def load(data: bytes, profile: Profile) -> Any:
    """The value of a JSON file. Raises `Unreadable` if it is not in Unicode, too deep, or not well-formed."""
    try:
        text = data.decode(json.detect_encoding(data)).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable(
            "This JSON is not in Unicode: ask the agency to send it as UTF-8.",
            takedown=bool(_TAKEDOWN.search(data.decode("latin-1"))),
        ) from None
    if _too_deep(text, profile.limits.depth):
        raise Unreadable(
            f"This JSON is nested deeper than {profile.limits.depth} levels, as no news item is: "
            "look at what the feed delivers."
        )
    try:
        value = _values(text)
    except (ValueError, RecursionError) as error:
        where = str(error).partition("\n")[0][:120]
        raise Unreadable(
            f"This is not well-formed JSON ({where}): ask the agency to send the file again.",
            takedown=bool(_TAKEDOWN.search(text)),
        ) from None
    return _sound(value) if _HALF.search(text) else value


_SPACE: Final = re.compile(r"[ \t\r\n\x1e,]*")


def _values(text: str) -> Any:
    """The value of a JSON text; a list of them where several stand one after another, as in streams (NDJSON)."""
    decoder = json.JSONDecoder(parse_constant=_no_constant, parse_int=_int)
    found: list[Any] = []
    at = _end_of(_SPACE, text, 0)
    while at < len(text) or not found:
        value, at = decoder.raw_decode(text, at)
        at = _end_of(_SPACE, text, at)
        if found and not isinstance(value, dict | list):
            raise ValueError("something stands behind its end")
        found.append(value)
    return found[0] if len(found) == 1 else found


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    matched = pattern.match(text, at)
    return matched.end() if matched else at


_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _sound(value: Any) -> Any:
    """`value` without halves of characters, which JSON can say and no text can hold."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_sound(entry) for entry in value]
    if isinstance(value, dict):
        return {_sound(name): _sound(entry) for name, entry in value.items()}
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _int(digits: str) -> int:
    if len(digits) > 30:
        raise ValueError("a number has too many digits")
    return int(digits)


def _too_deep(text: str, limit: int) -> bool:
    depth = 0
    for found in _STRUCTURE.finditer(text):
        mark = found.group(0)
        if mark in "[{":
            depth += 1
            if depth > limit:
                return True
        elif mark in "]}":
            depth -= 1
    return False


# --- many items ---------------------------------------------------------------------------------------------------


def outermost(value: Any, is_item: Callable[[Object], bool]) -> Iterator[Object]:
    """The outermost objects inside `value`, or itself, for which `is_item` holds, in their order."""
    if isinstance(value, dict):
        if is_item(value):
            yield value
            return
        for inner in value.values():
            if isinstance(inner, dict | list):
                yield from outermost(inner, is_item)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list):
                yield from outermost(inner, is_item)


def read_each(entries: Sequence[Any], read: Callable[[Object], Item], profile: Profile, name: str) -> Parsed:
    """Read every entry; a broken one becomes an oddity of the file. Raises `Unreadable` if none can be read."""
    if len(entries) > profile.limits.items:
        raise Unreadable(f"The file holds more than {profile.limits.items:,} items: ask the agency for smaller files.")
    items: list[Item] = []
    odd: list[Oddity] = []
    faults: list[Unreadable] = []
    for number, entry in enumerate(entries, 1):
        try:
            if not isinstance(entry, dict):
                raise Unreadable("It is no object: ask the agency to send it again.")
            items.append(read(entry))
        except Unreadable as error:
            faults.append(error)
            odd.append(Oddity(code="broken-item", text=f"Item {number} was left out: {error.reason}"))
    if faults and not items:
        raise Unreadable(faults[0].reason, takedown=any(fault.takedown for fault in faults))
    return Parsed(items=tuple(items), oddities=tuple(odd), format=name)


# --- values -------------------------------------------------------------------------------------------------------


def lower(item: Object) -> Object:
    """`item` with its names in small letters. Of two that differ only by that, the one in small letters counts."""
    return {name.lower(): value for name, value in item.items() if name == (small := name.lower()) or small not in item}


def scalar(value: Any) -> str:
    """A text or a whole number as one line; "" for anything else."""
    if isinstance(value, str):
        return line(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def long(value: Any) -> str:
    """A text with its lines kept; "" for anything else."""
    return lines(value) if isinstance(value, str) else scalar(value)


def number(value: Any) -> int | None:
    """A whole number from 0, also one written as text; None for anything else."""
    if isinstance(value, str):
        return whole_number(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def time_of(value: Object, name: str, odd: list[Oddity]) -> datetime | None:
    """The time in `value[name]`; one that cannot be read is an oddity."""
    text = scalar(value.get(name))
    read = moment(text)
    if text and read is None:
        odd.append(Oddity(code="unreadable-time", text=f"Its {name} “{text[:40]}” is no time that can be read."))
    return read


def embargo_in(value: Any, profile: Profile, odd: list[Oddity]) -> tuple[Embargo, str]:
    """`embargo_of` for a value of any kind; null and false are no embargo."""
    return embargo_of(None if value is None or value is False else scalar(value) or str(value), profile, odd)


def urgency(value: Any) -> int | None:
    """An urgency from 1 to 9, None for anything else."""
    read = number(value)
    return read if read is not None and 1 <= read <= 9 else None


def texts(value: Any, *keys: str) -> tuple[str, ...]:
    """Every text in a text, a list of texts, or a list of objects that have it under one of `keys`."""
    found: list[str] = []
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            found.append(next((scalar(entry.get(key)) for key in keys if scalar(entry.get(key))), ""))
        else:
            found.append(scalar(entry))
    return unique(found)


def objects(value: Any) -> Iterator[Object]:
    """The objects in a list, or in an object of objects, or the one object that it is."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
    elif isinstance(value, dict):
        inner = [entry for entry in value.values() if isinstance(entry, dict)]
        if inner and len(inner) == len(value):
            yield from inner
        else:
            yield value
