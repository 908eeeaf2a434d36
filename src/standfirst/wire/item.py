"""The canonical item: what every wire format is read into, whichever agency sent it.

Times are aware datetimes in UTC, languages BCP 47, urgency 1 (highest) to 9, sizes in bytes and pixels. Text fields
hold plain text, `body_html` clean blocks (see `kit.markup`). The item says what the agency said; whether a newsroom may
use it is decided by its intake, with `hold_reasons` as help.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

ItemType = Literal["text", "picture", "graphic", "video", "audio", "composite", "event", "advisory"]
Status = Literal["usable", "withheld", "canceled", "embargoed", "unknown"]
EditorialType = Literal[
    "update",
    "correction",
    "clarification",
    "kill",
    "withhold",
    "advisory",
    "add/take",
    "writethru",
    "lead",
    "repeat",
    "disregard",
    "hold_for_release",
]


if TYPE_CHECKING:
    Embargo = datetime | Literal["indefinite"] | None
else:
    # msgspec cannot tell a moment from a word in one field; `decode` does.
    Embargo = Any


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """A value that cannot change."""


class Oddity(Frozen, frozen=True, kw_only=True):
    """Something in a file that is not as it should be, told to a person. It never stops the item by itself."""

    code: str
    """Short and stable, e.g. "empty-embargo"."""
    text: str
    """One plain sentence."""


class Headline(Frozen, frozen=True, kw_only=True):
    text: str
    role: str = "main"


class Concept(Frozen, frozen=True, kw_only=True):
    """A subject, place, person or organisation: a code in a scheme, a name, or both. `how` is the relation, if said."""

    scheme: str = ""
    code: str = ""
    name: str = ""
    how: str = ""


class EdNote(Frozen, frozen=True, kw_only=True):
    """A note to editors. It never reaches readers unless the agency marked it `public`."""

    text: str
    public: bool = False
    role: str = ""


class Rendition(Frozen, frozen=True, kw_only=True):
    """One form of a picture, sound or film, somewhere else."""

    role: str = ""
    href: str = ""
    mime: str = ""
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    sha: str = ""
    """SHA-256, as the agency says."""
    part: str = ""
    """SHA-256 of bytes that came in the same file: a key of `Parsed.parts`."""


class Association(Frozen, frozen=True, kw_only=True):
    """Another item that this one carries or names: a picture beside a text, a member of a package."""

    role: str = ""
    item_id: str = ""
    version: str = ""
    type: str = ""
    headline: str = ""
    caption: str = ""
    creditline: str = ""
    copyright_notice: str = ""
    usage_terms: tuple[str, ...] = ()
    expires: datetime | None = None
    alt: str = ""
    renditions: tuple[Rendition, ...] = ()


class Directive(Frozen, frozen=True, kw_only=True):
    """What an item says about others: "kill a0101", "all earlier revisions are withheld".

    `target` is the other item as the agency names it: an item id, or one of its `alt_ids`; "" where only words describe
    it. `before` limits it to versions below that order; None means all. `exact` is true where the format has a place
    for such a reference, false where it was read out of running text: then a person decides.
    """

    status: Status
    target: str
    before: int | None = None
    exact: bool = False
    said: str = ""


class Link(Frozen, frozen=True, kw_only=True):
    rel: str
    target: str
    version: str = ""


class Item(Frozen, frozen=True, kw_only=True):
    """One item as one agency sent it once.

    `version_order` orders the versions of one chain (`provider`, `item_id`): a greater one is newer. It is a signed
    64-bit integer, made in one of two ways. Where the format counts versions (NewsML-G2; ninjs whose `version` is a
    number) it is that count. Elsewhere it is the moment of this version in microseconds since 1970 (ninjs
    `versionCreated`; a feed's `updated`, else `published`), and 0 where no moment is given: intake then compares
    the content. Counts stay below 10^15 and moments above, so where an agency mixes both in one chain, a moment is
    newer than any count.

    An embargo belongs to all versions of an item. `embargo_until` is the moment at which it ends, "indefinite" where it
    has no end that can be read (`embargo_raw` keeps the agency's words), None where there is none.
    """

    provider: str
    item_id: str
    alt_ids: tuple[str, ...] = ()
    """Other names of this item with its agency: a service number, a short id, the id of an earlier system."""
    version_raw: str = ""
    version_order: int = 0
    thread_key: str = ""
    """What all items on one story share: the story's slug, or the item that this one evolved from."""
    type: ItemType = "text"
    status: Status = "usable"
    status_raw: str = ""
    embargo_until: Embargo = None
    embargo_raw: str = ""
    editorial_types: tuple[EditorialType, ...] = ()
    signals: tuple[str, ...] = ()
    """The agency's own signal words, as sent."""
    urgency: int | None = None
    slugline: str = ""
    headline: str = ""
    headlines: tuple[Headline, ...] = ()
    subheadline: str = ""
    byline: str = ""
    dateline: str = ""
    located: str = ""
    abstract: str = ""
    body_html: str = ""
    body_raw: str = ""
    creditline: str = ""
    copyright_holder: str = ""
    copyright_notice: str = ""
    usage_terms: tuple[str, ...] = ()
    language: str = ""
    genre: tuple[str, ...] = ()
    subjects: tuple[Concept, ...] = ()
    places: tuple[Concept, ...] = ()
    people: tuple[Concept, ...] = ()
    orgs: tuple[Concept, ...] = ()
    keywords: tuple[str, ...] = ()
    ednotes: tuple[EdNote, ...] = ()
    first_created: datetime | None = None
    version_created: datetime | None = None
    content_created: datetime | None = None
    expires: datetime | None = None
    renditions: tuple[Rendition, ...] = ()
    associations: tuple[Association, ...] = ()
    links: tuple[Link, ...] = ()
    raw_sha256: str = ""
    """SHA-256 of the whole file that the item came in."""
    received_at: datetime | None = None
    """Filled by intake, like `transport`."""
    transport: str = ""
    oddities: tuple[Oddity, ...] = ()
    doubts: tuple[str, ...] = ()
    """Why a person must look before this is used, each a plain sentence: what no other field can say, e.g. that the
    sender of a message could not be proved."""
    directives: tuple[Directive, ...] = ()
    take: int | None = None
    """Which take of a text in several takes this is, from 1; takes share a `thread_key` and a day."""
    management_only: bool = False
    """True: only status, embargo and notes are new, under the number of a version that came before (NewsML 1.2,
    `Update="A"`). Content fields are empty and change nothing."""
    patches: str = ""
    """The `version_raw` of the version that this one changes in places (NewsML 1.2, `Update="U"`); see `formats.amend`.
    """


MOMENT_FLOOR: Final = 10**15
"""Every `version_order` made from a moment after 2001 is above this; every one made from a count is below."""

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Item)


def encode(item: Item) -> bytes:
    """`item` as JSON, every field present, times as ISO 8601."""
    return _ENCODER.encode(item)


def decode(data: bytes) -> Item:
    """The item that `encode` wrote. Raises `msgspec.ValidationError` for anything else."""
    item = _DECODER.decode(data)
    until: Any = item.embargo_until
    if until is None or until == "indefinite":
        return item
    return msgspec.structs.replace(item, embargo_until=msgspec.convert(until, datetime))


_STOP: Final = re.compile(
    r"\b(?:kill|withhold|withdraw|hold|annul|do not use)|zur.ckgezogen", re.IGNORECASE | re.UNICODE
)
_EMBARGO: Final = re.compile(r"\b(?:embargo|sperrfrist)", re.IGNORECASE)
_CORRECT: Final = re.compile(
    r"\b(?:rectif|correct|corrig|berichtig|korrekt|korrig|korjat|korjau|rättel|rettel)", re.IGNORECASE
)
_TEST_HEADLINE: Final = re.compile(
    r"(?:this is a )?(?:test|dummy)\W*(?:\Z|(?:message|only|item|story|please|pls|ignore|do not)\b)"
    r"|(?:please |pls )?ignore\W*\Z",
    re.IGNORECASE,
)
_TEST_NOTE: Final = re.compile(r"\b(?:test (?:item|message|only|story)|(?:please|pls) ignore|dummy)\b", re.IGNORECASE)


def is_test(item: Item) -> bool:
    """True for a test message, which must never be published."""
    if any(signal.rpartition(":")[2].rpartition("/")[2].lower() in ("test", "dummy") for signal in item.signals):
        return True
    texts = (item.headline, item.slugline)
    return any(_TEST_HEADLINE.match(text.strip()) for text in texts) or any(
        _TEST_NOTE.search(note.text) for note in item.ednotes
    )


def hold_reasons(item: Item) -> tuple[str, ...]:
    """Why a person must look at `item` before it may be used, each a plain sentence. Empty: nothing speaks against it.

    The parts of an item can disagree: a usable status beside a note that says KILL. An item that is to be taken down
    (`withheld`, `canceled`) needs no reason here: intake acts on it at once.
    """
    reasons: list[str] = list(item.doubts)
    if is_test(item):
        reasons.append("This looks like a test message.")
    if item.status in ("withheld", "canceled"):
        return tuple(reasons)
    if item.status == "unknown":
        reasons.append(f"Its status ({item.status_raw or 'none'}) is not one that we know.")
    if item.embargo_until == "indefinite":
        reasons.append("It is under an embargo without an end that can be read.")
    if item.status == "embargoed" and item.embargo_until is None:
        reasons.append("Its status is embargoed, but no time is given.")
    types = item.editorial_types
    timed = isinstance(item.embargo_until, datetime)
    for editorial_type, meaning in _HELD_TYPES:
        # Held for release until a time that is known: the embargo sees to it.
        if editorial_type in types and not (timed and editorial_type == "hold_for_release"):
            reasons.append(f"The agency marked it as {meaning}, but its status is {item.status}.")
    for note in item.ednotes:
        shown = " ".join(note.text.split())
        shown = shown if len(shown) <= 120 else f"{shown[:119]}…"
        if _STOP.search(note.text):
            reasons.append(f"An editors' note may ask to stop it, but its status is {item.status}: “{shown}”")
        if item.embargo_until is None and _EMBARGO.search(note.text):
            reasons.append(f"An editors' note speaks of an embargo, but no embargo is set: “{shown}”")
        if "correction" not in types and _CORRECT.search(note.text):
            reasons.append(f"An editors' note speaks of a correction, but the item is not marked as one: “{shown}”")
    return tuple(dict.fromkeys(reasons))


_HELD_TYPES: Final[tuple[tuple[EditorialType, str], ...]] = (
    ("kill", "a kill"),
    ("withhold", "withheld"),
    ("hold_for_release", "held for release"),
    ("disregard", "to be disregarded"),
)


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of an item; `docs/reference/canonical-item.schema.json` holds it."""
    made = msgspec.json.schema(Item)
    definitions: dict[str, Any] = made["$defs"]
    for definition in definitions.values():
        # Every field is always present in what `encode` writes.
        definition["required"] = list(definition["properties"])
    item = definitions["Item"]
    item["properties"]["embargo_until"] = {
        "anyOf": [{"type": "string", "format": "date-time"}, {"const": "indefinite"}, {"type": "null"}],
        "default": None,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Standfirst's canonical wire item",
        **made,
    }
