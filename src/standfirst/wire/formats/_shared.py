"""What all formats share: the result, the refusal, limits, provider profiles, and small readers of common values."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, get_args
from urllib.parse import urljoin

from standfirst.kit import markup
from standfirst.kit.errors import Problem
from standfirst.wire.item import MOMENT_FLOOR, EditorialType, Embargo, Item, Oddity, Status


class Unreadable(Problem):
    """A file, or an item in it, that cannot be read or trusted. The message is one sentence with a remedy.

    `takedown` is true if it seems to ask for a story to be withheld or killed: a person must look at once.
    """

    def __init__(self, reason: str, *, takedown: bool = False) -> None:
        if len(reason) > 900:
            # Files quote themselves in reasons; the remedy is at the end.
            reason = f"{reason[:400]}…{reason[-400:]}"
        super().__init__(reason)
        self.reason = reason
        self.takedown = takedown


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that were inside a file: an embedded picture, an attachment. Nothing trusts `mime`, as declared."""

    data: bytes
    name: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was in one file. `oddities` are those of the file; those of an item are on the item.

    `parts` are by the SHA-256 of their bytes, in lower-case hexadecimal; `Rendition.part` names them.
    """

    items: tuple[Item, ...]
    oddities: tuple[Oddity, ...] = ()
    format: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)
    listing: tuple[str, ...] | None = None
    """The ids of everything that the source offers now, where the file is a complete listing (a feed); None where it
    holds only what is new. Who is missing from a later listing was taken off it, which is no kill: it deserves a
    notice."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold."""

    bytes: int = 20_000_000
    items: int = 5_000
    depth: int = 64
    """Nesting of JSON. XML is limited to 256 levels by its parser."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one provider deviates from its format: data, not code.

    `status_words` and `signals` map the provider's words (lower case, without scheme) to ours; they are asked before
    the common ones. A signal mapped to "" says nothing.
    """

    provider: str = ""
    """Used where the item names no provider, or always with `force_provider`."""
    force_provider: bool = False
    empty_embargo_means_none: bool = False
    status_words: Mapping[str, Status] = field(default_factory=dict)
    signals: Mapping[str, EditorialType | str] = field(default_factory=dict)
    public_note_roles: frozenset[str] = frozenset({"dpaednoterole:editorialnote"})
    language: str = ""
    """Used where the item names no language."""
    zone: str = ""
    """The IANA name of the zone of times that name none, e.g. "Europe/Oslo"; "": see each format."""
    advisory_categories: frozenset[str] = frozenset()
    """Categories of messages that speak to editors, lower case, in formats whose header has a category."""
    limits: Limits = Limits()
    advisory_words: Mapping[str, EditorialType] = field(default_factory=dict)
    """Words (lower case) by which the agency's advisory lines say what is new about an item, to our types."""
    headline_words: Mapping[str, EditorialType] = field(default_factory=dict)
    """Words in capitals before a hyphen by which the agency's headlines say what a version is ("UPDATE 1-"), to our
    types."""
    slugline_tail: str = ""
    """A pattern of what a slugline ends with that changes from one version of a story to the next."""
    asserted_as: Mapping[str, str] = field(default_factory=dict)
    """NewsML-G2: how codes begin where an item describes them, to how they begin where it uses them."""
    memo_phrases: frozenset[str] = frozenset()
    """Phrases (lower case) in a headline that make an item a note to clients, no copy: its type is "advisory"."""
    sign_off: str = ""
    """A pattern that the whole of a last paragraph matches where it is only its writers' initials: it is taken off."""
    new_text_mark: str = ""
    """What marks new paragraphs at their start or end, e.g. "***": it is taken off."""
    dateless_ids: bool = False
    """NewsML 1: the date beside an item's id is that of the revision, so the id alone says which item it is."""
    byline_is_subheadline: bool = False
    """NITF: what stands where a byline belongs is a second headline."""
    creator_is_byline: bool = False
    """Whom the metadata names as creator is who wrote it, where there is no byline."""
    senders: frozenset[str] = frozenset()
    """Addresses and domains (lower case) whose messages may be used without a person's look; see `formats.mail`."""
    mail_servers: frozenset[str] = frozenset()
    """The names (lower case) by which our own mail servers sign `Authentication-Results`. Nobody else's are believed.
    """
    reader: Callable[[bytes], Parsed | None] | None = field(default=None, repr=False)
    """Reads a file that is inside of a file, e.g. attached to a message; None if it is in no format that we know. It
    raises `Unreadable`. `formats.parse` sets it."""
    dialects: Mapping[str, Profile] = field(default_factory=dict, repr=False)
    """What is known of agencies, by the name or domain (lower case) that their files give; see `speaking`."""

    def speaking(self, provider: str) -> Profile:
        """This profile with what is known of `provider`'s dialect added; what this profile says itself stands."""
        known = self.dialects.get(provider.strip().lower())
        if known is None:
            return self
        merged = {each.name: _merged(getattr(self, each.name), getattr(known, each.name)) for each in fields(self)}
        return replace(self, **{**merged, "provider": self.provider, "limits": self.limits, "dialects": {}})


def _merged(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, Mapping):
        return {**theirs, **ours}
    if isinstance(ours, frozenset):
        return ours | theirs
    return ours or theirs


DEFAULT: Final = Profile()


def check_size(data: bytes, limits: Limits) -> None:
    """Raise `Unreadable` if `data` is empty or larger than the limit."""
    if not data.strip():
        raise Unreadable("The file is empty: ask the agency to send it again.")
    if len(data) > limits.bytes:
        raise Unreadable(
            f"The file has {len(data):,} bytes and the limit is {limits.bytes:,}: ask the agency for smaller files."
        )


# --- text ---------------------------------------------------------------------------------------------------------

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def line(text: str | None) -> str:
    """`text` as one line: runs of white space become a space, control characters go."""
    if not text:
        return ""
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub("", text)
    return " ".join(text.split())


def lines(text: str | None) -> str:
    """`text` with its lines kept and each trimmed; empty lines at both ends go."""
    if not text:
        return ""
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub("", text)
    return "\n".join(" ".join(part.split()) for part in text.strip().splitlines())


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The non-empty values, each once, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


_LANGUAGES: Final = {
    "swe": "sv",
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "por": "pt",
    "ita": "it",
    "nld": "nl",
    "dut": "nl",
    "nor": "no",
    "nob": "nb",
    "nno": "nn",
    "dan": "da",
    "fin": "fi",
    "ara": "ar",
    "rus": "ru",
    "zho": "zh",
    "chi": "zh",
    "jpn": "ja",
    "tur": "tr",
    "hau": "ha",
    "yor": "yo",
    "ibo": "ig",
}
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*\Z")


def language_of(text: str) -> str:
    """A language as BCP 47: "swe" is "sv", "pt_BR" is "pt-BR". What is no language stays as it was sent."""
    tag = text.strip().replace("_", "-")
    if not _TAG.match(tag):
        return line(text)
    primary, hyphen, rest = tag.partition("-")
    return _LANGUAGES.get(primary.lower(), primary.lower()) + hyphen + rest


# --- words --------------------------------------------------------------------------------------------------------

_STATUS_WORDS: Final[dict[str, Status]] = {
    "usable": "usable",
    "open": "usable",
    "withheld": "withheld",
    "withdrawn": "withheld",
    "canceled": "canceled",
    "cancelled": "canceled",
    "kill": "canceled",
    "killed": "canceled",
    "withhold": "withheld",
    "embargo": "embargoed",
    "embargoed": "embargoed",
}

_EDITORIAL_WORDS: Final[dict[str, EditorialType]] = {
    "update": "update",
    "updated": "update",
    "replace": "update",
    "append-major-content": "update",
    "correction": "correction",
    "corrected": "correction",
    "corrective": "correction",
    "rectification": "correction",
    "rectify": "correction",
    "clarification": "clarification",
    "kill": "kill",
    "elimination": "kill",
    "remove": "kill",
    "delete": "kill",
    "withhold": "withhold",
    "advisory": "advisory",
    "add": "add/take",
    "take": "add/take",
    "takes": "add/take",
    "supplement": "add/take",
    "writethru": "writethru",
    "lead": "lead",
    "repeat": "repeat",
    "disregard": "disregard",
    "holdforrelease": "hold_for_release",
    "hold-for-release": "hold_for_release",
}

_ORDER: Final = {name: place for place, name in enumerate(get_args(EditorialType))}


def last_part(code: str) -> str:
    """The word at the end of a qcode or URI, lower case: "stat:usable" and ".../pubstatusg2/usable" are "usable"."""
    code = code.strip().rstrip("/")
    return code[max(code.rfind(":"), code.rfind("/"), code.rfind("#")) + 1 :].strip().lower()


def status_of(word: str, profile: Profile) -> Status:
    """Our status for a provider's word. A word that nobody knows is "unknown"."""
    key = last_part(word)
    return profile.status_words.get(key) or _STATUS_WORDS.get(key, "unknown")


def editorial_type_of(signal: str, profile: Profile) -> EditorialType | None:
    """What a signal means for an editor, None if nothing that we know."""
    key = last_part(signal)
    if key in profile.signals:
        mapped = profile.signals[key]
        return mapped if mapped in _ORDER else None  # type: ignore[return-value]
    return _EDITORIAL_WORDS.get(key)


def in_order(types: Iterable[EditorialType]) -> tuple[EditorialType, ...]:
    """The editorial types, each once, in the order in which WIRE lists them."""
    return tuple(sorted(set(types), key=_ORDER.__getitem__))


def settled(status: Status, status_raw: str, types: Iterable[EditorialType], odd: list[Oddity]) -> Status:
    """The status that status and signals give together. Where they disagree it is unknown: a person must decide."""
    if status in ("withheld", "canceled"):
        return status
    kinds = set(types)
    wanted: Status = "canceled" if "kill" in kinds else "withheld" if "withhold" in kinds else "usable"
    if wanted == "usable":
        return status
    if not status_raw:
        return wanted
    said = "removed" if wanted == "canceled" else "withheld"
    odd.append(
        Oddity(
            code="status-disagrees",
            text=f"A signal says that it is to be {said}, but its status is {status_raw}: a person must decide.",
        )
    )
    return "unknown"


def note_unknown_status(status: Status, status_raw: str, odd: list[Oddity]) -> None:
    """Tell of a status word that nobody knows."""
    if status == "unknown":
        odd.append(
            Oddity(
                code="unknown-status",
                text=f"Its status “{status_raw[:60]}” is not one that we know: a person must decide.",
            )
        )


# --- time ---------------------------------------------------------------------------------------------------------

_ISO: Final = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?\Z",
    re.IGNORECASE,
)


def moment(text: str | None) -> datetime | None:
    """A point in time from ISO 8601 (also a date, also the basic form), in UTC; None if it is not one.

    A time without a zone is read as UTC; a date is the start of its day in UTC.
    """
    found = _ISO.match(text.strip()) if text else None
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        read = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
        if zone and zone not in "Zz":
            digits = zone[1:].replace(":", "").ljust(4, "0")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            read = read.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset))
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def has_zone(text: str) -> bool:
    """True if an ISO 8601 text says in which zone it is."""
    found = _ISO.match(text.strip())
    return bool(found and found.group(8))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime | None) -> int:
    """`at` in microseconds since 1970; 0 for None."""
    return (at - _EPOCH) // timedelta(microseconds=1) if at else 0


MOST: Final = MOMENT_FLOOR - 1
"""The greatest count of versions that is believed; see `Item.version_order`."""


def whole_number(text: str | None, *, most: int = 2**63 - 1) -> int | None:
    """A non-negative number written in ASCII digits, None if it is not one or too great."""
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if number <= most else None


def embargo_of(raw: str | None, profile: Profile, odd: list[Oddity]) -> tuple[Embargo, str]:
    """(`embargo_until`, `embargo_raw`) from the text of an embargo property; `raw` is None where there is none.

    Whatever cannot be read holds the item until a person looks: an embargo is never lost by a format's fault.
    """
    if raw is None:
        return None, ""
    text = line(raw)
    if not text:
        if profile.empty_embargo_means_none:
            return None, ""
        odd.append(
            Oddity(code="empty-embargo", text="An embargo is set but has no time, so it holds until a person looks.")
        )
        return "indefinite", ""
    until = moment(text)
    if until is None:
        odd.append(
            Oddity(
                code="unreadable-embargo",
                text=f"The embargo's time “{text[:80]}” cannot be read, so it holds until a person looks.",
            )
        )
        return "indefinite", text
    if not has_zone(text):
        until += timedelta(hours=12)
        odd.append(
            Oddity(
                code="embargo-without-zone",
                text=f"The embargo's time “{text}” names no zone: it is held until then in the last zone on earth.",
            )
        )
    return until, text


# --- bodies -------------------------------------------------------------------------------------------------------

_MARKUP: Final = re.compile(
    r"</?(?:p|br|div|h[1-6]|b|i|em|strong|ul|ol|li|table|span|a|section|article|body|html|blockquote)\b[^<>]*>",
    re.IGNORECASE,
)
_NITF_HEADING: Final = re.compile(r"<(/?)(?:hl1|hedline)\b[^<>]*>", re.IGNORECASE)
_NITF_BLOCK: Final = re.compile(
    r"<(/?)(?:hl2|byline|dateline|abstract|media-caption|media-producer|tagline|note|block|body\.[a-z]+)\b[^<>]*>",
    re.IGNORECASE,
)


_BLOCK_MARKUP: Final = re.compile(
    r"</?(?:p|br|div|h[1-6]|ul|ol|li|table|section|article|body|html|blockquote)\b[^<>]*>", re.IGNORECASE
)
_WRAPPED: Final = re.compile(r"\s*<p>.*</p>\s*\Z", re.DOTALL | re.IGNORECASE)
_PARAGRAPH_TAG: Final = re.compile(r"</?p>", re.IGNORECASE)
_LINE: Final = 100
"""The longest line, in letters, of a text that was wrapped for a terminal."""


def unwrapped(text: str) -> str:
    """Plain text that was wrapped for a terminal, its paragraphs set in, with an empty line between paragraphs.

    Any other text comes back as it was: where a line is not full, what follows is no continuation of it.
    """
    rows = [row for row in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if row.strip()]
    inner = rows[1:]
    longest = max((len(row.strip()) for row in rows), default=0)
    if longest > _LINE or all(row[0].isspace() for row in inner) or not any(row[0].isspace() for row in inner):
        return text
    paragraphs: list[list[str]] = []
    before = ""
    for row in rows:
        if not paragraphs or row[0].isspace():
            paragraphs.append([row.strip()])
        elif len(before) * 5 < longest * 3:
            return text
        else:
            paragraphs[-1].append(row.strip())
        before = row.strip()
    return "\n\n".join(" ".join(rows) for rows in paragraphs)


def has_markup(text: str) -> bool:
    """True if `text` holds an HTML tag."""
    return "<" in text and bool(_MARKUP.search(text))


_BLANK: Final = re.compile(r"<p>(?:&nbsp;|\s)+</p>")


def without_blanks(blocks: str) -> str:
    """Clean block HTML without the paragraphs by which word processors make room: a space that does not break."""
    return _BLANK.sub("", blocks) if "<p>&nbsp;" in blocks or "<p>\xa0" in blocks else blocks


_MOST_TAGS: Final = 60_000
_ANY_TAG: Final = re.compile(r"<[^<>]{0,2000}>")


_EMPTY: Final = re.compile(
    r"<(?:title|script|style|iframe|textarea|noscript|noembed|noframes|select|object)\b[^<>]{0,2000}/>", re.IGNORECASE
)


def blocks_of(markup_text: str) -> str:
    """`markup.clean_blocks`, but of what has more tags than any story only the words, so that it takes no time.

    What XHTML writes as an empty element, such as `<title/>`, swallows no words as it would in HTML.
    """
    markup_text = _EMPTY.sub(" ", markup_text)
    if markup_text.count("<") <= _MOST_TAGS:
        return without_blanks(markup.clean_blocks(markup_text))
    return markup.paragraphs_of(html.unescape(_ANY_TAG.sub("\n\n", markup_text)))


def body_from(text: str, mime: str = "") -> str:
    """Clean block HTML from a text that is said to be `mime` ("" if nothing is said)."""
    mime = mime.lower()
    if "nitf" in mime:
        text = _NITF_BLOCK.sub(r"<\1div>", _NITF_HEADING.sub(r"<\1h2>", text))
        return blocks_of(text)
    marked = "html" in mime or "xml" in mime
    if not marked and _WRAPPED.match(text) and not _BLOCK_MARKUP.search(_PARAGRAPH_TAG.sub("", text)):
        # Plain text, but for the tags of its paragraphs.
        pieces = (unwrapped(piece) for piece in _PARAGRAPH_TAG.split(text))
        return blocks_of("".join(f"<p>{line}</p>" for piece in pieces for line in piece.split("\n\n")))
    if marked or (not mime.startswith("text/plain") and has_markup(text)):
        if not marked and not _BLOCK_MARKUP.search(text):
            # Lines of text with a word in bold: the lines are its paragraphs.
            text = "".join(f"<p>{line}</p>" for line in text.splitlines())
        return blocks_of(text)
    return markup.paragraphs_of(unwrapped(_UNPRINTABLE.sub("", text)))


def plain(text: str) -> str:
    """`text` as one line of plain text: markup goes, character references are read."""
    return line(markup.text_of(text)) if has_markup(text) or "&" in text else line(text)


class Bodies:
    """Collects the contents of one item. The first stands; a further one is an alternative: it is added only if it
    says something that the first does not."""

    def __init__(self) -> None:
        self._html: list[str] = []
        self._said: Counter[str] | None = None

    def add(self, html: str) -> None:
        """Add clean block HTML."""
        if not html:
            return
        if self._html:
            if self._said is None:
                self._said = Counter(markup.text_of(self._html[0]).split())
            words = Counter(markup.text_of(html).split())
            if (words - self._said).total() <= words.total() // 100:
                return
            self._said.update(words)
        self._html.append(html)

    def html(self) -> str:
        """All that was said, once."""
        return "".join(self._html)


_LAST: Final = re.compile(r"<p>([^<>]{1,80})</p>\Z")


def without_sign_off(body: str, profile: Profile, odd: list[Oddity]) -> str:
    """`body` without a last paragraph that is only what the agency's writers sign with. Alone it stays."""
    if not profile.sign_off:
        return body
    found = _LAST.search(body, max(0, len(body) - 100))
    if not found or not found.start() or not re.fullmatch(profile.sign_off, found.group(1).strip()):
        return body
    odd.append(Oddity(code="sign-off", text=f"Its writers' initials at the end were taken off: {found.group(1)}."))
    return body[: found.start()]


def domain_in(identifier: str) -> str:
    """The domain in "urn:newsml:example.test:20260110:A", "tag:example.test,2026:A" or a web address; "" if none."""
    found = _DOMAIN.match(identifier)
    return found.group(1).lower() if found else ""


_DOMAIN: Final = re.compile(r"(?:urn:newsml:|tag:|https?://)(?:[^@/]*@)?([^:,/?#\s]+)", re.IGNORECASE)


# --- addresses ----------------------------------------------------------------------------------------------------

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_ADDRESS: Final = re.compile(
    r"""(<[a-z][^<>]{0,2000}?\s(?:href|src)\s{0,3}=\s{0,3})(["'])([^"'<>]{0,2000})\2""", re.IGNORECASE
)


def resolved(base: str, address: str) -> str:
    """`address` as an absolute one, if it is relative and there is a base."""
    if not base or not address or _ABSOLUTE.match(address):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def with_absolute_links(html_text: str, base: str) -> str:
    """HTML with the addresses of its links and pictures made absolute."""
    if not base or ("href" not in html_text and "src" not in html_text):
        return html_text
    return _ADDRESS.sub(lambda found: _with_address(found, base), html_text)


def _with_address(found: re.Match[str], base: str) -> str:
    start, quote, address = found.groups()
    if address.startswith("#"):
        return found.group(0)
    return f"{start}{quote}{html.escape(resolved(base, html.unescape(address.strip())))}{quote}"
