"""ANPA 1312 (the high-speed wire of the Associated Press and of those who follow it): text with control characters,
and the same without them.

    SYN SYN SOH service letter, number US selector
    priority category DC3|DC4 DC1|DC2 keyword version month-day words
    STX ^keyword, version, words<
    ^headline<  ^Eds: ...<  ^By ...=
    TAB paragraphs
    ETX source-cycle-month-day-year time GMT< EOT

Identity is service, number and the day of the service. A new lead is a message of its own: its keyword, on its day, is
the thread. DC2, and lines with columns, are tables and stay as they are. Kyodo's variant ends its headline in "+" and
its text in "==Kyodo"; its last line is JST-HH:MM-DD-MM-YY.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from standfirst.kit import markup
from standfirst.kit.digests import seal
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    Parsed,
    Profile,
    Unreadable,
    check_size,
    in_order,
    line,
    microseconds,
    unique,
)
from standfirst.wire.item import Concept, Directive, EditorialType, EdNote, Embargo, Headline, Item, Link, Oddity

NAME: Final = "anpa1312"

_FIRST: Final = re.compile(
    r"(?P<service>[A-Za-z]{1,3})(?P<number>\d{3,5})(?P<agency>[A-Z]{3,12}(?=\x1f|[a-z]))?\x1f?(?P<selector>[A-Za-z0-9-]{0,12})\s*\Z"
)
_SECOND: Final = re.compile(
    r"(?P<priority>[A-Za-z]) (?P<category>[A-Za-z0-9]{1,3})(?P<form>[\x10-\x14]*) ?(?P<rest>\S.*)\Z"
)
_TAIL: Final = re.compile(r"\s(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:\s+(?P<words>\d{1,5}))?\s*\Z")


def _looks_so(first: str, second: str) -> bool:
    begins = _FIRST.match(first.strip(" \x00\x16\x7f\r"))
    follows = _SECOND.match(second.strip(" \r")[:200])
    if not begins or not follows:
        return False
    return "\x1f" in first or bool(_TAIL.search(follows.group("rest")))


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` begins with the two header lines of a message."""
    head = takes.without_parity(head)
    start = head[:4_096].lstrip(b"\x00\x16\x7f\r\n\t \x0c\xef\xbb\xbf\x01")
    first, _, rest = start.partition(b"\n")
    second = rest.lstrip(b"\r\n").partition(b"\n")[0]
    if len(first) > 60 or len(second) > 200:
        return False
    if b"\x01" in head[:64] and b"\x1f" in first and _FIRST.match(first.decode("latin-1").strip()):
        return True
    return _looks_so(first.decode("latin-1"), second.decode("latin-1"))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every message of a file, in order. Raises `Unreadable` if there is none."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    text = takes.decode(data, odd).replace("\r\n", "\n").replace("\r", "\n").replace("\x7f", "").replace("\x00", "")
    messages = _messages(text)
    if not messages:
        raise Unreadable("This file holds no message: ask the agency to send it again.")
    if len(messages) > profile.limits.items:
        raise Unreadable(
            f"The file holds more than {profile.limits.items:,} messages: ask the agency for smaller files."
        )
    sealed = seal(data)
    items = tuple(_read(message, profile, sealed) for message in messages)
    return Parsed(items=items, oddities=tuple(odd), format=NAME)


def _messages(text: str) -> list[str]:
    """The messages of a file: parted by SOH, else by their header lines."""
    text = text.replace("\x16", "").replace("\ufeff", "")
    if "\x01" in text:
        return [part for part in text.split("\x01") if part.strip("\n \x04\x0c\t")]
    lines = text.split("\n")
    starts = [
        at
        for at in range(len(lines) - 1)
        if len(lines[at]) <= 60 and _FIRST.match(lines[at].strip()) and _looks_so(lines[at], lines[at + 1])
    ] or [0]
    parts = ["\n".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return [part for part in parts if part.strip("\n \x04\x0c\t")]


# --- one message --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Header:
    service: str = ""
    number: str = ""
    agency: str = ""
    selector: str = ""
    priority: str = ""
    category: str = ""
    keyword: str = ""
    month: int = 0
    day: int = 0
    tabular: bool = False


@dataclass(slots=True)
class _Top:
    """The lines above the text."""

    slug: str = ""
    headline: str = ""
    byline: str = ""
    summary: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    embargoes: list[str] = field(default_factory=list)
    middle: list[str] = field(default_factory=list)
    """Headings in the middle of the line that stand above a byline: they belong to the text."""


def _header(lines: list[str], odd: list[Oddity]) -> _Header:
    """Reads and removes the header lines at the start of `lines`."""
    header = _Header()
    while lines and not lines[0].strip():
        del lines[0]
    first = lines[0].strip() if lines else ""
    if found := _FIRST.match(first[:80]):
        header.service, header.number = found.group("service").lower(), found.group("number")
        header.agency, header.selector = found.group("agency") or "", found.group("selector")
        del lines[0]
    second = lines[0].strip(" ") if lines else ""
    if not second.startswith(("\x02", "^")) and (found := _SECOND.match(second[:300])):
        header.priority, header.category = found.group("priority").lower(), found.group("category").lower()
        header.tabular = "\x12" in found.group("form")
        rest = found.group("rest")
        if tail := _TAIL.search(rest):
            header.month, header.day = int(tail.group("month")), int(tail.group("day"))
            rest = rest[: tail.start()]
        header.keyword = line(rest)
        del lines[0]
    if not header.number or not header.priority:
        odd.append(Oddity(code="odd-header", text=f"Its header “{line(first)[:60]}” is not as the format has it."))
    return header


_TRAILER: Final = re.compile(
    r"(?P<source>[A-Za-z][A-Za-z0-9]{0,11})-(?P<cycle>[A-Za-z]{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d{2,4})"
    r" (?P<hour>\d{2})(?P<minute>\d{2})(?P<zone>[A-Z]{1,4})?"
)
_KYODO_TRAILER: Final = re.compile(
    r"(?P<zone>[A-Z]{1,4})-(?P<hour>\d{2}):(?P<minute>\d{2})-(?P<day>\d{2})-(?P<month>\d{2})-(?P<year>\d{2,4})"
)


def _sent(trailer: str) -> re.Match[str] | None:
    """What the last line says of when it was sent, and by whom."""
    words = trailer[:400]
    return _TRAILER.search(words) or _KYODO_TRAILER.search(words)


def _filed(found: re.Match[str] | None, profile: Profile, odd: list[Oddity]) -> tuple[datetime | None, str]:
    """(when it was sent in UTC, the words)."""
    if not found:
        odd.append(Oddity(code="no-date", text="It does not say when it was sent, so its versions have no order."))
        return None, ""
    facts = found.groupdict()
    year = int(facts["year"])
    year += 0 if year > 99 else 1900 if year >= 80 else 2000
    try:
        local = datetime(year, int(facts["month"]), int(facts["day"]), tzinfo=UTC) + timedelta(
            hours=int(facts["hour"]), minutes=int(facts["minute"])
        )
        offset = takes.offset_of(facts["zone"] or "")
        zone = takes.zone_of(profile.zone)
        at = local - offset if offset is not None else local.replace(tzinfo=zone).astimezone(UTC) if zone else local
        return at, found.group(0)
    except (ValueError, OverflowError):
        odd.append(Oddity(code="no-date", text=f"Its date “{found.group(0)}” is none, so its versions have no order."))
        return None, found.group(0)


_CYCLE: Final = re.compile(r"(?:am|pm|bc|ap)-(?=\S)", re.IGNORECASE)
_VERSION: Final = re.compile(
    r"[\s,-]+(?:\d{1,2}(?:st|nd|rd|th)[ -]?(?:ld|lead|add|take|insert|sub|writethru)\b|(?:ld|lead)?-?writethru\b"
    r"|takes?[ -]?\d|adds?[ -]?\d|kill\b|withhold\b|withdraw(?:n|al)?\b|correction\b|corrective\b|advisory\b"
    r"|hfr\b|elimination\b"
    r"|hold[ -]for[ -]release\b)",
    re.IGNORECASE,
)


def _keyword_of(slug: str) -> tuple[str, str]:
    """(keyword, version words) of a keyword line, e.g. "BC-AF--Lafia Flood, 1st Ld-Writethru,40"."""
    slug = re.sub(r",\s*\d{1,5}\s*\Z", "", slug[:300])
    found = _VERSION.search(slug)
    keyword = slug[: found.start()] if found else slug
    version = slug[found.start() :] if found else ""
    keyword, _comma, after = keyword.partition(",")
    cycle = _CYCLE.match(keyword)
    keyword = keyword[cycle.end() :] if cycle else keyword
    return line(keyword).strip(" ,-"), line(f"{after} {version}").strip(" ,-")


_BYLINE: Final = re.compile(r"By [^\W\d_]", re.IGNORECASE)
_NOTE: Final = re.compile(
    r"\(?\s*(?:\$adv|eds?[:.]|editors?['’]?s? ?(?:note)?[:.]|attention|note:|advisory|embargo|hold for release"
    r"|for release|hfr|kill|withhold|correct|[a-z]{2,10} (?:photos?|graphics?|videos?) [a-z]{2,6}\d"
    r"|with (?:[a-z]{2,10} )?photos?|updates?[ :]|recasts)",
    re.IGNORECASE,
)
_CORRECTING: Final = re.compile(r"(?:Correction|Clarification): .{3,80}\bstory\Z", re.IGNORECASE)
"""How AP heads a correction: by the keyword of the story that was wrong."""
_SIGN_OFF: Final = re.compile(r"[A-Z]{2,6}\Z")
"""The agency's short name, alone on a line."""
_MOST_TOP_LINES: Final = 40


def _cut(text: str, header: _Header) -> tuple[_Top, list[str]]:
    """(what stands above the text, the lines of the text)."""
    top = _Top()
    # "^*9006< ^keyword,176<": some desks put a code of theirs before the keyword.
    lines = re.sub(r"\A\s*\^\*\d{1,6}<\s*(?=\^)", "", text[:200], count=1).split("\n")
    lines = [*lines[:-1], *(lines[-1] + text[200:]).split("\n")]
    first = next((at for at, each in enumerate(lines) if each.strip()), len(lines))
    lines = lines[first:]
    raised = [each for each in lines[:_MOST_TOP_LINES] if each.startswith("^")]
    if not raised:
        return top, _kyodo(lines, top) if lines and header.priority else lines
    at = 0
    while at < len(lines) and at < _MOST_TOP_LINES:
        each = lines[at]
        if top.headline and each.startswith(("^ ", "^;")):
            break  # the head of a table
        if top.headline and each.startswith("^") and _is_heading(each, top):
            top.middle.append(each)
            at += 1
            continue
        if not each.startswith("^"):
            if each.strip() and (each.startswith(("\t", "  ", "\x08")) or top.headline):
                break
            at += 1
            continue
        _above(top, each[1:], header)
        at += 1
    return top, [*top.middle, *lines[at:]]


def _is_heading(raised: str, top: _Top) -> bool:
    """True for a raised line in the middle, below the headline, that belongs to no byline."""
    text = raised.lstrip("^").rstrip(" \t")
    centred = text.endswith("=") and not _BYLINE.match(text)
    titled = "," in top.byline or top.byline.lower().startswith("by the ")
    return centred and (not top.byline or titled or text.isupper())


def _above(top: _Top, raw: str, header: _Header) -> None:
    ends = raw.rstrip(" \t")
    text = line(ends.rstrip("<= +"))
    if not text:
        return
    inner = text.strip("()")
    if not top.slug and not top.headline and _is_slug(text, header):
        top.slug = text
    elif _BYLINE.match(text) and ends.endswith("="):
        top.byline = text
    elif top.byline and ends.endswith("="):
        top.byline = f"{top.byline}, {text}"
    elif takes.is_embargo(inner) or takes.is_embargo(re.sub(r"\A\(?eds?[:.]\s*", "", inner, flags=re.IGNORECASE)):
        top.embargoes.append(inner)
        top.notes.append(text)
    elif not top.headline and _CORRECTING.match(text):
        top.headline = text
    elif _NOTE.match(text):
        top.notes.append(text)
    elif _SIGN_OFF.match(text):
        return
    elif not top.headline:
        top.headline = text
    elif not text.strip("_-* "):
        return
    else:
        top.summary.append(text)


def _is_slug(text: str, header: _Header) -> bool:
    """True if the first line repeats the keyword of the header, as it must."""
    if _CYCLE.match(text) or re.search(r",\s*\d{1,5}\Z", text):
        return True
    letters = re.sub(r"[\W_]+", "", header.keyword).lower()[:8]
    return bool(letters) and re.sub(r"[\W_]+", "", text).lower().startswith(letters)


def _kyodo(lines: list[str], top: _Top) -> list[str]:
    """Kyodo: the keyword line, the headline's lines up to one that ends in "+", the text up to "==Kyodo"."""
    end = next((at for at, each in enumerate(lines[:8]) if each.rstrip().endswith("+")), None)
    if end is None:
        if lines and _CYCLE.match(lines[0].strip()):
            top.slug = line(lines[0])
            return lines[1:]
        return lines
    above = lines[: end + 1]
    if len(above) > 1 and (_CYCLE.match(above[0].strip()) or "-" in above[0]):
        top.slug = line(above.pop(0))
    top.headline = line(" ".join(each.rstrip("+ ") for each in above))
    last = next((at for at, each in enumerate(lines) if re.match(r"\s*==\s*kyodo", each, re.IGNORECASE)), len(lines))
    return lines[end + 1 : last]


_TYPED: Final = (("``", "“"), ("''", "”"), (" _ ", " — "))
_HALF: Final = re.compile(r"(?<=\d)\{|(?<![^\s])\{(?![^\s])")
"""The wire's sign for one half."""
_ADVISORIES: Final = frozenset({"v"})
"""The category of notes to editors, by the standard."""
_PRIORITIES: Final = {"f": 1, "b": 2, "u": 3, "r": 4, "d": 5, "a": 6, "s": 6, "w": 7, "z": 8}
_CATEGORIES: Final = {
    "a": "Domestic", "b": "Special events", "c": "Features", "d": "Food", "e": "Entertainment", "f": "Finance",
    "g": "Special", "h": "Special", "i": "International", "j": "Lottery", "k": "Commentary", "l": "Lifestyle",
    "m": "Farm", "n": "State and regional", "o": "Weather", "p": "Politics", "q": "Sports scores", "r": "Racing",
    "s": "Sports", "t": "Travel", "v": "Advisories", "w": "Washington",
}  # fmt: skip


_ASKS: Final[dict[str | None, EditorialType]] = {"canceled": "kill", "withheld": "withhold"}


def _typed(text: str) -> str:
    """`text` with the quotes and dashes that the wire's old character set had no signs for."""
    for old, new in _TYPED:
        text = text.replace(old, new)
    return _HALF.sub("½", text)


def _read(message: str, profile: Profile, sealed: str) -> Item:
    odd: list[Oddity] = []
    head, parted, rest = message.partition("\x02")
    lines = head.split("\n")
    header = _header(lines, odd)
    text = ("\n".join([*lines, rest]) if parted else "\n".join(lines)).replace("\x04", "").replace("\x0c", "\n")
    text, _etx, trailer = text.partition("\x03")
    if not _etx:
        text, trailer = _without_trailer(text)
    sent = _sent(trailer)
    source = (sent.groupdict().get("source") or "") if sent else ""

    top, below = _cut(text, header)
    slug = top.slug or header.keyword
    keyword, version = _keyword_of(slug)
    marks = takes.together([takes.marks_in(version), takes.marks_in(_keyword_of(header.keyword)[1])])
    words = " ".join(top.notes)
    wishes = [takes.marks_in(note).takes_back for note in top.notes if takes.advises_editors(note)]
    if wishes:
        # Notes are sentences: nothing else is read out of them.
        marks = takes.together([marks, takes.Marks(types=tuple(_ASKS[each] for each in wishes if each in _ASKS))])
    elif re.search(r"\bCORRECTS?\b|\bCORRECTION\b", words):
        marks = takes.together([marks, takes.Marks(types=("correction",))])
    body, opening = _body(below, header.tabular)
    place, spoken = takes.lead_in(opening)

    provider = source or header.agency or spoken or profile.provider or "unknown"
    if profile.force_provider and profile.provider:
        provider = profile.provider
    profile = profile.speaking(provider)
    at, when = _filed(sent, profile, odd)

    day = _day(header, at)
    until: Embargo = None
    embargo_raw = ""
    for note in top.embargoes:
        until, embargo_raw = takes.embargo_in(note, at, profile.zone, odd)

    notes = [EdNote(text=note) for note in unique(top.notes)]
    headline = _typed(top.headline)
    if not body:
        shown = unique([top.headline, *top.summary, *(top.notes if marks.takes_back else ())])
        body = markup.clean_blocks("".join(f"<p>{markup.escape(_typed(each))}</p>" for each in shown))
    if not headline:
        headline = _typed(top.notes[0] if marks.takes_back and top.notes else _sentence(opening) or keyword)
    # A request to take a story back is this one's headline; it need not stand there twice.
    notes = [note for note in notes if _typed(note.text) != headline]
    own = f"{header.service}{header.number}"
    types = list(marks.types)
    directives: tuple[Directive, ...] = ()
    doubts: list[str] = []
    if marks.takes_back is not None:
        said = line(" ".join([slug, *top.notes]))[:300]
        others = takes.numbers_like(own, " ".join([slug, header.keyword, top.headline, *top.notes, *below[:40]]))
        directives = tuple(
            Directive(status=marks.takes_back, target=number, exact=True, said=said) for number in others
        ) or (Directive(status=marks.takes_back, target=keyword, said=said),)
    elif asked := next((note for note in top.notes if takes.asks_not_to_use(note)), ""):
        directives = (Directive(status="canceled", target=keyword, said=asked[:300]),)
        doubts.append("A note above its text asks for a story not to be used: find out whether this one is meant.")
    advisory = bool(directives) or "advisory" in types or header.category in _ADVISORIES | profile.advisory_categories
    if advisory:
        types.append("advisory")
    if not (headline or body):
        odd.append(Oddity(code="no-content", text="It has neither a headline nor a text."))
    item_id = _identity(own, header, day, slug, headline, when, odd)
    thread = re.sub(r"\s+", "-", keyword)
    links: tuple[Link, ...] = ()
    if "correction" in types:
        links = tuple(Link(rel="corrects", target=number) for number in takes.numbers_like(own, words))
    return Item(
        provider=provider,
        item_id=item_id,
        alt_ids=(own,) if header.number and own != item_id else (),
        version_raw=when,
        version_order=microseconds(at),
        thread_key=f"{thread}@{day}" if thread and day else thread or item_id,
        type="advisory" if advisory else "text",
        embargo_until=until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=unique([version]),
        urgency=_PRIORITIES.get(header.priority),
        slugline=keyword or header.keyword,
        headline=headline,
        headlines=(Headline(text=headline),) if headline else (),
        byline=top.byline,
        dateline=place,
        located=place,
        abstract=_typed("\n".join(top.summary)) if below and top.summary else "",
        body_html=body,
        body_raw=text.strip("\n"),
        language=profile.language,
        subjects=(
            (Concept(scheme="a1312cat", code=header.category, name=_CATEGORIES.get(header.category, "")),)
            if header.category
            else ()
        ),
        ednotes=tuple(notes),
        version_created=at,
        links=links,
        raw_sha256=sealed,
        oddities=tuple(odd),
        doubts=tuple(doubts),
        directives=directives,
        take=marks.take,
    )


def _sentence(opening: str) -> str:
    """The first words of a text without a headline, behind place and agency."""
    place, _agency = takes.lead_in(opening)
    text = re.split(r"\)\s*[:._–—-]*\s*", opening, maxsplit=1)[-1] if place else opening
    return text if len(text) <= 160 else f"{text[:160].rpartition(' ')[0]} …"


def _without_trailer(text: str) -> tuple[str, str]:
    """(the text, its last line with date and time) of a message that came without control characters."""
    lines = text.rstrip().split("\n")
    for back in range(1, min(5, len(lines)) + 1):
        if _TRAILER.match(lines[-back].strip()) or _KYODO_TRAILER.match(lines[-back].strip()):
            return "\n".join(lines[:-back]), "\n".join(lines[-back:])
    return text, ""


def _day(header: _Header, at: datetime | None) -> str:
    """The day of the service: month and day of the header with the year of the last line; YYYY-MM-DD, or MM-DD."""
    if header.month and at is not None:
        near = at + timedelta(days=30)
        day = takes.day_of(header.day, header.month, None, near)
        turned = takes.day_of(header.month, header.day, None, near)
        # Kyodo has the day first.
        if turned is not None and abs(turned - at.date()).days <= 2 and (day is None or abs(day - at.date()).days > 2):
            return turned.isoformat()
        if day is not None:
            return day.isoformat()
    if at is not None:
        return at.date().isoformat()
    return f"{header.month:02}-{header.day:02}" if header.month else ""


def _identity(own: str, header: _Header, day: str, slug: str, headline: str, when: str, odd: list[Oddity]) -> str:
    """Service, number and day. Where one is missing, a digest of keyword, headline and time stands in for it."""
    counted = bool(header.number.strip("0"))
    if counted and len(day) == 10:
        return f"{own}-{day.replace('-', '')}"
    odd.append(
        Oddity(
            code="no-identity", text="It has no number or no day: its headline stands in, so versions may be missed."
        )
    )
    digest = seal(f"{slug}\n{headline}\n{when}".encode("utf-8", "replace"))[:16]
    return "-".join(filter(None, (own if counted else header.service, day.replace("-", ""), digest)))


# --- the text -----------------------------------------------------------------------------------------------------

_SIGNS: Final = dict.fromkeys((*range(8), *range(14, 32), 11, 12))


def _body(lines: list[str], tabular: bool) -> tuple[str, str]:
    """(clean HTML of the text, its first paragraph)."""
    shown = [_HALF.sub("½", each.translate(_SIGNS)) for each in lines]
    if tabular:
        kept = [_unended(each.lstrip("^\x08")) for each in shown]
        first = next((line(each) for each in kept if each.strip()), "")
        return markup.clean_blocks(takes.preformatted(kept)), first
    paragraphs: list[list[str]] = []
    tables: set[int] = set()
    after_blank = True
    ended = False
    for each in shown:
        if not each.strip():
            after_blank = True
            continue
        raised = each.startswith("^")
        ends = each.rstrip().endswith("<")
        text = _unended(each.lstrip("^\x08")) if raised or ends else each
        if raised or after_blank or ended or not paragraphs or each.startswith(("\t", "   ", "\x08")):
            table = bool(paragraphs) and _columns(text) and _columns(paragraphs[-1][-1]) and not after_blank
            if table:
                paragraphs[-1].append(text)
            else:
                if each.startswith(("^ ", "^;")):
                    tables.add(len(paragraphs))
                paragraphs.append([text])
        else:
            paragraphs[-1].append(text)
        after_blank = False
        ended = ends or (raised and each.rstrip().endswith("="))
    first = line(" ".join(paragraphs[0])) if paragraphs else ""
    return markup.clean_blocks("".join(_block(each, at in tables) for at, each in enumerate(paragraphs))), first


def _unended(text: str) -> str:
    """A line without the sign that ends it: left ("<") or centred ("=")."""
    shown = text.rstrip()
    return shown[:-1].rstrip() if shown.endswith(("<", "=")) else text


_COLUMNS: Final = re.compile(r"\S(?: {3,}|\t)\S")


def _columns(text: str) -> bool:
    return bool(_COLUMNS.search(text.strip()[:300]))


def _block(lines: list[str], table: bool) -> str:
    if table and len(lines) > 1 and len({each.count(";") for each in lines}) == 1 and ";" in lines[0]:
        rows = ("".join(f"<td>{markup.escape(line(cell))}</td>" for cell in each.split(";")) for each in lines)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
    if len(lines) > 1 and (table or takes.is_tabular(lines)):
        return takes.preformatted(lines)
    text = line(" ".join(lines))
    return f"<p>{markup.escape(_typed(text))}</p>" if text.strip("_= ") or "_" not in text else ""
