"""The format of an archive: one story a line, each a JSON object (`docs/reference/archive-line.schema.json`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
"""ISO 8601 with an offset from UTC."""


Kind = Literal["correction", "clarification", "update"]


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public note on a story: what was wrong and what is right."""

    kind: Kind = "correction"
    text: Annotated[str, Meta(min_length=1)]
    at: Moment


class Picture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A story's lead picture. What is not said here is taken from the file, as when somebody uploads it."""

    file: Annotated[str, Meta(min_length=1, max_length=1000)]
    """Its path, as seen from the folder of the file of lines, or from that of the option `--pictures`."""
    alt: Annotated[str, Meta(max_length=400)] = ""
    """What a reader who cannot see the picture needs to know."""
    caption: str = ""
    credit: Annotated[str, Meta(max_length=200)] = ""
    """As printed, such as "Ama Owusu/CPA"."""
    holder: Annotated[str, Meta(max_length=200)] = ""
    """Who has the rights."""
    terms: str = ""
    """What its maker or agency asks of who uses it."""
    expires: Moment | None = None
    """When the right to show it ends, or ended. From then on no page shows it."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One published story. Plain text everywhere but in `body_html`."""

    id: Annotated[str, Meta(min_length=1, max_length=500)] | int
    """What the other system calls it. Never changes, and is no other story's."""
    headline: Annotated[str, Meta(min_length=1, max_length=255)]
    body_html: Annotated[str, Meta(min_length=1)]
    """HTML. Paragraphs, headings, lists, quotations, tables and links stay; scripts and styles do not. Pictures do
    whose address is the path of a file in the folder of the pictures."""
    published: Moment
    """When readers first had it. Gives the day in its address."""
    refreshed: Moment | None = None
    """When it was last marked as updated. One before `published` counts as none."""
    section: Annotated[str, Meta(max_length=500)] = ""
    """Path of its home section, such as "news/world". Opened if it is not there."""
    further_sections: tuple[str, ...] = ()
    kicker: Annotated[str, Meta(max_length=80)] = ""
    short_headline: Annotated[str, Meta(max_length=120)] = ""
    standfirst: str = ""
    authors: tuple[Annotated[str, Meta(min_length=1, max_length=160)], ...] = ()
    """Names, in order. Authors are made if they are not there."""
    byline: Annotated[str, Meta(max_length=300)] = ""
    """As printed. Empty: the authors' names."""
    credit: Annotated[str, Meta(max_length=120)] = ""
    """Of an agency."""
    dateline: Annotated[str, Meta(max_length=120)] = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    """BCP 47. Empty: that of the option `--language`, else the newsroom's."""
    topics: tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...] = ()
    slug: Annotated[str, Meta(max_length=300)] = ""
    """Last part of its address. Empty: the words of its headline."""
    former_addresses: tuple[str, ...] = ()
    """Paths that it had before, such as "/2014/05/harbour-lamps/". They answer 301."""
    corrections: tuple[Note, ...] = ()
    picture: Picture | None = None


_WHERE: Final = re.compile(r" - at `\$\.?(.*)`\Z")
_INSIDE: Final = (
    (re.compile(r"Object missing required field `(\w+)`"), r"“\1” is missing: add it"),
    (re.compile(r"Object contains unknown field `([^`]*)`"), r"“\1” is not known: take it out"),
)
"""What is said of fields inside of a field."""

_SPOKEN: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"Object missing required field `(\w+)`"), r"the field “\1” is missing: every story needs one"),
    (
        re.compile(r"Object contains unknown field `([^`]*)`"),
        r"“\1” is no field of a story: take it out, or begin its name with “_” to have it passed over",
    ),
    (
        re.compile(r"Expected `datetime` with a timezone component"),
        "a moment needs its offset from UTC: write it like 2014-05-01T08:30:00+01:00",
    ),
    (re.compile(r"Invalid RFC3339 encoded datetime"), "this is no moment: write it like 2014-05-01T08:30:00+01:00"),
    (re.compile(r"Expected `str` of length >= 1"), "it is empty: give it words, or leave the field out"),
    (re.compile(r"Expected `str` of length <= (\d+)"), r"it is longer than \1 characters: shorten it"),
    (
        re.compile(r"Invalid enum value (?:'|\")(.*)(?:'|\")"),
        rf"“\1” is no kind of note: write one of {', '.join(get_args(Kind))}",
    ),
    (
        re.compile(r"Expected `([^`]*)`, got `([^`]*)`"),
        lambda found: f"{_typed(found[1])} is expected here, and this is {_typed(found[2])}",
    ),
)

_TYPES: Final = {
    "str": "text",
    "int": "a number",
    "float": "a number with a point",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a moment such as 2014-05-01T08:30:00+01:00",
    "null": "null",
}


def _typed(types: str) -> str:
    """Types of JSON in plain words. That a field may be null goes without saying: it is left out then."""
    names = [name for name in types.split(" | ") if name != "null"] or ["null"]
    return " or ".join(_TYPES.get(name, name) for name in names)


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a line."""
    made = msgspec.json.schema(Line)
    made["$defs"]["Line"]["patternProperties"] = {"^_": {}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of an archive for `standfirst import`",
        **made,
    }


def read(value: dict[str, Any]) -> Line:
    """A decoded line as a story. Raises `ValueError` with a sentence that says which field is wrong and what to do."""
    plain = {name: entry for name, entry in value.items() if not name.startswith("_")}
    try:
        return msgspec.convert(plain, Line)
    except msgspec.ValidationError as error:
        raise ValueError(_said(str(error))) from None


def _said(message: str) -> str:
    where = _WHERE.search(message)
    said = message[: where.start()] if where else message
    for pattern, words in (*(_INSIDE if where and where[1] else ()), *_SPOKEN):
        if pattern.search(said):
            said = pattern.sub(words, said)
            break
    return f"in the field “{where[1]}”, {said}" if where and where[1] else said
