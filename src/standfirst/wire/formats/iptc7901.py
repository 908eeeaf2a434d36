"""IPTC 7901 (Recommendation 7901, 1995): text with control characters, and the same without them.

    SOH source-and-number priority category words agency number / keywords / STX
    lines of the headline, the last ending in " ="
    the text
    ETX DDHHMM MON YY EOT

Identity is source, number and day: numbers start again. What a message says of others, or of its own version, stands in
words above the headline; see `_takes`. A message that asks for others to be killed or withheld is an advisory, its
requests are directives: exact where they name a number of the same wire.

Files without control characters are known by the shape of their first line only; a file may hold several messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

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
    whole_number,
)
from standfirst.wire.item import (
    Concept,
    Directive,
    EdNote,
    Embargo,
    Headline,
    Item,
    Link,
    Oddity,
)

NAME: Final = "iptc7901"

SOH, STX, ETX, EOT = "\x01", "\x02", "\x03", "\x04"
_PADDING: Final = re.compile(r"[\x00\x16\x7f\ufeff]+")
_HEADER: Final = re.compile(
    r"(?P<source>[A-Za-z]{1,6})[ -]?(?P<number>\d{2,6}) (?P<priority>\d) (?P<category>[A-Za-z]{1,4}) "
    r"(?P<words>\d{1,5})(?:\s+(?P<rest>\S.*))?\Z"
)
_LOOSE: Final = re.compile(r"(?P<source>[A-Za-z]{1,6})[ -]?(?P<number>\d{2,6})\b(?P<rest>.*)\Z")
_HEADER_LINE: Final = re.compile(
    rb"[A-Za-z]{2,6}\d{2,6} [1-9] [A-Za-z]{1,4} \d{1,5}(?: +[!-~\x80-\xff]{1,20}){0,6} *\r?\n"
)


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` begins with the header of a message."""
    start = takes.without_parity(head)[:4_096].lstrip(b"\x00\x16\x7f\r\n\t \x0c\xef\xbb\xbf")
    if start.startswith(b"\x01"):
        first = start[1:].lstrip(b"\x00\x7f\r\n ").partition(b"\n")[0].rstrip().decode("latin-1")
        return bool(_HEADER.match(first[:200]))
    return bool(_HEADER_LINE.match(start[:400]))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every message of a file, in order. Raises `Unreadable` if there is none."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    text = _PADDING.sub("", takes.decode(data, odd)).replace("\r\n", "\n").replace("\r", "\n")
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


@dataclass(slots=True)
class _Message:
    header: list[str]
    text: list[str]
    trailer: str = ""


def _messages(text: str) -> list[_Message]:
    if SOH in text:
        return [_controlled(part) for part in text.split(SOH) if part.strip("\n \x04\x0c\t")]
    starts: list[int] = []
    lines = text.split("\n")
    for number, each in enumerate(lines):
        if _HEADER.match(each.strip()[:200]) and (number == 0 or not lines[number - 1].strip(" \x03\x04\x0c")):
            starts.append(number)
    if not starts:
        if not text.strip():
            return []
        starts = [0]
    return [_plain(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _controlled(part: str) -> _Message:
    """A message between SOH and the next one."""
    part = part.partition(EOT)[0] if ETX in part else part.replace(EOT, "")
    head, parted, rest = part.partition(STX)
    if not parted:
        message = _plain(part.partition(ETX)[0].split("\n"))
        message.trailer = message.trailer or part.partition(ETX)[2]
        return message
    text, _etx, trailer = rest.partition(ETX)
    message = _Message(
        header=[each for each in head.split("\n") if each.strip()], text=text.split("\n"), trailer=trailer.strip()
    )
    _take_keywords(message.header, message.text)
    if not message.trailer:
        _find_trailer(message)
    return message


def _plain(lines: list[str]) -> _Message:
    """A message that came without control characters: the header is one line, the keywords the next if they look so."""
    lines = [each.translate(_NO_CONTROL) for each in lines]
    while lines and not lines[0].strip():
        del lines[0]
    header = [lines.pop(0)] if lines and _LOOSE.match(lines[0].strip()) else []
    while lines and not lines[0].strip():
        del lines[0]
    _take_keywords(header, lines)
    message = _Message(header=header, text=lines)
    _find_trailer(message)
    return message


def _take_keywords(header: list[str], lines: list[str]) -> None:
    """Take the line of keywords off the start of the text, where the header has none: parted by strokes, joined by
    hyphens, or alone above an empty line and once more at the start of the headline."""
    if len(header) != 1:
        return
    at = next((number for number, each in enumerate(lines[:4]) if each.strip()), -1)
    first = lines[at].strip() if at >= 0 else ""
    below = next((each.strip() for each in lines[at + 2 : at + 5] if each.strip()), "")
    alone = len(first) <= 60 and at + 1 < len(lines) and not lines[at + 1].strip() and below.startswith(first)
    joined = bool(_JOINED.match(first)) and at + 1 < len(lines) and bool(lines[at + 1].strip())
    if first and (_KEYWORDS.match(first) or joined or (alone and below != first)):
        header.append(first)
        del lines[: at + 1]


_JOINED: Final = re.compile(r"[^\W\d_]{3,30}(?:-[^\W_]{2,30}){1,5}\Z")
_NO_CONTROL: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
# Keywords are parted by strokes and end in one; a headline has spaces around its own, if it has any.
_KEYWORDS: Final = re.compile(r"/?[^/\n]{1,60}(?:/[^/\n]{0,60}){0,12}/\Z|[^\s/]{1,40}(?:/[^\s/]{1,40}){1,8}\Z")
_TRAILER: Final = re.compile(
    r"(?:[A-Z]{2,5} )?(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2}) ?(?P<zone>[A-Z]{1,4}(?![a-z]))?,?"
    r" +(?P<month>[^\W\d_]{3,9})\.?"
    r"(?: +(?P<year>\d{4}|\d{2}))?(?: *(?P<late>[A-Z]{3,4}))?\s*\Z"
)


def _find_trailer(message: _Message) -> None:
    """Take the line of date and time off the end of the text."""
    for back in range(1, min(6, len(message.text)) + 1):
        candidate = message.text[-back].strip(" \x03\x04")
        if not candidate:
            continue
        if _TRAILER.match(candidate[:60]):
            message.trailer = candidate
            del message.text[-back:]
        return


# --- one message --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Header:
    source: str = ""
    number: str = ""
    priority: str = ""
    category: str = ""
    agency: str = ""
    agency_number: str = ""
    keywords: list[str] = field(default_factory=list)


_AGENCY: Final = re.compile(r"(?:\A|\s)([A-Za-z][A-Za-z/-]{1,11}) (\d[\d#-]{0,24})\s*\Z")


def _header(lines: list[str], odd: list[Oddity]) -> _Header:
    first = " ".join(lines[0].split()) if lines else ""
    found = _HEADER.match(first[:200])
    header = _Header()
    if found:
        header.source, header.number = found.group("source").lower(), found.group("number")
        header.priority, header.category = found.group("priority"), found.group("category").lower()
        rest = found.group("rest") or ""
        if named := _AGENCY.search(rest):
            header.agency, header.agency_number = named.group(1), named.group(2)
    else:
        odd.append(Oddity(code="odd-header", text=f"Its header “{first[:60]}” is not as the format has it."))
        if loose := _LOOSE.match(first[:200]):
            header.source, header.number = loose.group("source").lower(), loose.group("number")
    header.keywords = [
        word for each in lines[1:] for word in (line(part).strip(" ,;") for part in each.split("/")) if word
    ]
    return header


@dataclass(slots=True)
class _Top:
    """What stands above the text, up to the line that ends in " =": the headline, and words on the message itself."""

    headlines: list[str] = field(default_factory=list)
    byline: str = ""
    marks: list[takes.Marks] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    embargoes: list[str] = field(default_factory=list)
    correcting: list[str] = field(default_factory=list)


_MOST_TOP_LINES: Final = 25
_BYLINE: Final = re.compile(r"(?:By|Von|Par|Por|De notre|Da|Di|Door|Av|Af) [^\W\d_].{1,100}\Z", re.IGNORECASE)
_EDITORIAL_START: Final = re.compile(
    r"(?:eds|editors?|attention|achtung|atenci[oó]n|note|berichtigung|berichtigt|korrektur|correction|rectificatif|"
    r"correcci[oó]n|kill|withhold|annul|anul|elimin|neu|wiederholung|zusammenfassung|\d{1,2}\.? (?:zusammenfassung|"
    r"lead|meldung))\b[ :.)-]",
    re.IGNORECASE,
)


def _cut_top(lines: list[str]) -> tuple[list[str], list[str]]:
    """(the lines above the text, the text). The last line above ends in "="; without one, they end at an empty line."""
    lines = lines[next((at for at, each in enumerate(lines) if each.strip()), len(lines)) :]
    for at, each in enumerate(lines[:_MOST_TOP_LINES]):
        if each.rstrip().endswith("="):
            end = at + 1
            while end < min(len(lines), _MOST_TOP_LINES) and lines[end].rstrip().endswith("="):
                end += 1
            return [row.strip().strip("= ") if "=" in row else row for row in lines[:end]], lines[end:]
    for at, each in enumerate(lines[:_MOST_TOP_LINES]):
        if not each.strip():
            top = lines[:at]
            if len(top) <= 4 and all(len(part) <= 100 for part in top):
                return top, lines[at:]
            break
    return lines[:1], lines[1:]


_BELLS: Final = re.compile(r"[\x07\x0e\x0f\x1b]+")


def _top(lines: list[str]) -> _Top:
    top = _Top()
    for rung, each in _unfolded(lines):
        text = line(each)
        if not text:
            continue
        inner = text[1:-1].strip() if text[0] == "(" and text[-1] == ")" else ""
        if takes.is_embargo(inner or text):
            top.embargoes.append(inner or text)
            top.notes.append(text)
        elif inner or _BRACKETED.match(text):
            _note(top, text, inner or text)
        elif takes.is_marker(text) or takes.advises_editors(text):
            top.marks.append(takes.marks_in(text))
            top.signals.append(text)
            if not takes.is_marker(text):
                top.headlines.append(text)
        elif _BYLINE.match(text) and top.headlines:
            top.byline = text
        else:
            if rung:
                alarm, _sep, after = text.partition(" ")
                if takes.is_marker(alarm) and after:
                    top.signals.append(alarm)
                    text = after
            top.headlines.append(text)
    if top.headlines and (last := _MARKED_END.search(top.headlines[-1])) and takes.is_marker(last.group(1)):
        top.marks.append(takes.marks_in(last.group(1)))
        top.signals.append(last.group(1))
        top.headlines[-1] = top.headlines[-1][: last.start()]
    return top


_MARKED_END: Final = re.compile(
    r"\s\(?((?:\d{1,2}(?:ST|ND|RD|TH|st|nd|rd|th)\s)?(?:TAKE|ADD|LEAD|LD|WRITETHRU|CORRECTED|CORRECTION)(?:\s\d{1,2})?)\)?\Z"
)
"""Version words in capitals at the end of a headline: "Harbour fire 2nd TAKE"."""
_ATTENTION: Final = re.compile(r"\W*(?:achtung|attention|atenci[oó]n)\b.{12}", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"\*{2,}.{1,100}\*{2,}\Z")


def _unfolded(lines: list[str]) -> list[tuple[bool, str]]:
    """(whether bells ring in it, line) with brackets that go over several lines put together."""
    out: list[tuple[bool, str]] = []
    open_at = -1
    for each in lines:
        rung = bool(_BELLS.search(each))
        each = _BELLS.sub(" ", each).strip()
        if open_at >= 0:
            out[open_at] = (out[open_at][0], f"{out[open_at][1]} {each}")
            if each.endswith(")"):
                open_at = -1
            continue
        if each.startswith("(") and ")" not in each:
            open_at = len(out)
        out.append((rung, each))
    return out


def _note(top: _Top, text: str, inner: str) -> None:
    """A note in brackets: on the version, on a correction, on pictures."""
    marks = takes.marks_in(inner) if takes.is_marker(inner) or _EDITORIAL_START.match(f"{inner}:") else takes.NOTHING
    top.marks.append(marks)
    if takes.is_marker(inner):
        top.signals.append(inner)
        if not marks.takes_back:
            return
    top.notes.append(text)
    if "correction" in marks.types:
        top.correcting.append(inner)


def _read(message: _Message, profile: Profile, sealed: str) -> Item:
    odd: list[Oddity] = []
    header = _header(message.header, odd)
    # "dpa-tns": a service of dpa.
    provider = header.agency.partition("-")[0] or header.source
    if profile.force_provider and profile.provider:
        provider = profile.provider
    elif not provider:
        provider = profile.provider or "unknown"
    # The nearest first: a service may differ from its agency, and only one is spoken.
    for name in (header.source, header.agency, provider):
        profile = profile.speaking(name) if name else profile
    at, day, when = _filed(message.trailer, profile, odd)
    own = f"{header.source}{header.number}"

    above, text = _cut_top(message.text)
    top = _top(above)
    shouted = [word for word in header.keywords if takes.is_marker(word.upper()) and word.isupper()]
    keywords = unique(word for word in header.keywords if word not in shouted)
    top.marks += [takes.marks_in(word) for word in shouted]
    top.signals += shouted
    marks = takes.together(top.marks)

    text, notes = _without_notebook(text)
    notes = [*(EdNote(text=note) for note in unique(top.notes)), *notes]
    text, signature = _without_signature(text, header, profile)
    if signature:
        notes.append(EdNote(text=signature, role="signature"))
    body = takes.blocks_of(text)
    opening = next((each for each in text if each.strip()), "")
    place, _agency = takes.lead_in(opening)

    until: Embargo = None
    embargo_raw = ""
    for words in top.embargoes:
        until, embargo_raw = takes.embargo_in(words, at, profile.zone, odd)

    slugline = "/".join(keywords)
    headline = " ".join(top.headlines) or (line(opening)[:200] if body else "")
    types = list(marks.types)
    kind = "text"
    doubts: list[str] = []
    directives: tuple[Directive, ...] = ()
    everything = " ".join([*above, *shouted, *text[:40]])
    if marks.takes_back is not None:
        said = line(" ".join(above))[:300]
        others = takes.numbers_like(own, everything)
        directives = tuple(
            Directive(status=marks.takes_back, target=number, exact=True, said=said) for number in others
        ) or (Directive(status=marks.takes_back, target=slugline, said=said),)
    elif asked := next((note for note in top.notes if takes.asks_not_to_use(note)), ""):
        numbers = takes.numbers_like(own, asked)
        directives = tuple(
            Directive(status="canceled", target=target, said=asked[:300]) for target in numbers or (slugline,)
        )
        doubts.append("A note above its text asks for a story not to be used: find out whether this one is meant.")
    elif any(_ATTENTION.match(note) for note in top.notes):
        doubts.append("A note above its text asks for attention: read it before this is used.")
    advisory = marks.takes_back is not None or "advisory" in types
    if header.category in profile.advisory_categories or (marks.advises and advisory):
        advisory = True
    if advisory:
        kind = "advisory"
        types.append("advisory")
    links = [
        Link(rel="corrects", target=number)
        for number in takes.numbers_like(own, " ".join(top.correcting or (top.notes if "correction" in types else [])))
    ]
    item_id = _identity(own, header, day, slugline, headline, when, odd)
    if not (headline or body):
        odd.append(Oddity(code="no-content", text="It has neither a headline nor a text."))
    return Item(
        provider=provider,
        item_id=item_id,
        alt_ids=_names(own, header, item_id),
        version_raw=when,
        version_order=microseconds(at),
        thread_key=f"{slugline}@{day}" if slugline and day else slugline or item_id,
        type="advisory" if kind == "advisory" else "text",
        embargo_until=until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=unique(top.signals),
        urgency=_urgency(header),
        slugline=slugline,
        headline=headline,
        headlines=(Headline(text=headline),) if headline else (),
        byline=top.byline,
        dateline=place,
        located=place,
        body_html=body,
        body_raw="\n".join(message.text),
        language=profile.language,
        subjects=(Concept(scheme="iptc7901", code=header.category),) if header.category else (),
        keywords=keywords,
        ednotes=tuple(notes),
        version_created=at,
        links=tuple(links),
        raw_sha256=sealed,
        oddities=tuple(odd),
        doubts=tuple(doubts),
        directives=directives,
        take=marks.take,
    )


def _urgency(header: _Header) -> int | None:
    number = whole_number(header.priority, most=9)
    return number or None


def _identity(own: str, header: _Header, day: str, slugline: str, headline: str, when: str, odd: list[Oddity]) -> str:
    """Source, number and day. Where one is missing, a digest of keywords, headline and time stands in for it."""
    counted = bool(header.source and header.number.strip("0"))
    known = own if counted else header.source
    if counted and len(day) == 10:
        return f"{own}-{day.replace('-', '')}"
    odd.append(
        Oddity(
            code="no-identity", text="It has no number or no day: its headline stands in, so versions may be missed."
        )
    )
    digest = seal(f"{slugline}\n{headline}\n{when}".encode("utf-8", "replace"))[:16]
    return "-".join(filter(None, (known, day.replace("-", ""), digest)))


def _names(own: str, header: _Header, item_id: str) -> tuple[str, ...]:
    names = [own] if header.number.strip("0") else []
    if header.agency_number.strip("0"):
        names.append(f"{header.agency.lower()}{header.agency_number}")
    return tuple(name for name in unique(names) if name != item_id)


def _filed(trailer: str, profile: Profile, odd: list[Oddity]) -> tuple[datetime | None, str, str]:
    """(when it was sent in UTC, its day as written: YYYY-MM-DD, or MM-DD without a year, the words)."""
    words = line(trailer.partition("\n")[0].strip(" \x03\x04"))
    found = _TRAILER.match(words[:60])
    month = takes.month_of(found.group("month")) if found else None
    if not found or month is None:
        odd.append(Oddity(code="no-date", text="It does not say when it was sent, so its versions have no order."))
        return None, "", words[:60]
    day, hour, minute = (int(found.group(name)) for name in ("day", "hour", "minute"))
    year_text = found.group("year")
    if not year_text:
        odd.append(Oddity(code="no-year", text="Its date names no year, so its versions have no order."))
        return None, f"{month:02}-{day:02}", words
    year = int(year_text)
    year += 0 if year > 99 else 1900 if year >= 80 else 2000
    try:
        local = datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
        written = f"{year}-{month:02}-{day:02}"
        offset = takes.offset_of(found.group("zone") or found.group("late") or "")
        if offset is not None:
            return local - offset, written, words
        zone = takes.zone_of(profile.zone)
        return (local.replace(tzinfo=zone).astimezone(UTC) if zone else local), written, words
    except (ValueError, OverflowError):
        odd.append(Oddity(code="no-date", text=f"Its date “{words[:30]}” is none, so its versions have no order."))
        return None, "", words


# --- the text -----------------------------------------------------------------------------------------------------

_NOTEBOOK: Final = re.compile(r"#\s*(?:notizblock|notebook|bloc de notas|bloc-notes|notes?)\s*\Z", re.IGNORECASE)
_PRIVATE: Final = re.compile(
    r"(?:the following information is not (?:intended )?for publication|"
    r"(?:die )?folgenden? informationen sind nicht zur ver.{1,2}ffentlichung|"
    r"la siguiente informaci.{1,2}n no est.{1,2} destinada|les informations suivantes ne sont pas destin|"
    r"not for publication\W*\Z|nicht zur ver.{1,2}ffentlichung\W*\Z)",
    re.IGNORECASE,
)


def _without_notebook(lines: list[str]) -> tuple[list[str], list[EdNote]]:
    """(the text, notes to editors below it). Contacts and what is not meant for publication never reach readers."""
    start = next(
        (at for at, each in enumerate(lines) if _NOTEBOOK.match(each.strip()[:60]) or _PRIVATE.search(each[:200])), None
    )
    if start is None:
        return lines, []
    below = lines[start:]
    private = next((at for at, each in enumerate(below) if _PRIVATE.search(each[:200])), len(below))
    while lines and start and not lines[start - 1].strip(" *_-"):
        start -= 1
    notes: list[EdNote] = []
    for role, part in (("notebook", below[:private]), ("private", below[private:])):
        said = "\n".join(line(each) for each in part if each.strip(" *_-#") and not _NOTEBOOK.match(each.strip()[:60]))
        if said:
            notes.append(EdNote(text=said, role=role))
    return lines[:start], notes


_SIGNING: Final = frozenset("afp apa ats dpa epd kna rtr sda".split())
"""Agencies that sign texts by their short name, also those that another one's service carries."""
_INITIALS: Final = re.compile(r"[a-zäöüß]{1,4}\d?(?:/[a-z]{1,4})?\Z|[a-z]{2}\d{1,2}\Z")


def _without_signature(lines: list[str], header: _Header, profile: Profile) -> tuple[list[str], str]:
    """(the text, its last line if that is the agency's short name and initials only)."""
    at = next((back for back in range(len(lines) - 1, -1, -1) if lines[back].strip()), -1)
    if at < 0:
        return lines, ""
    last = line(lines[at])
    if profile.sign_off and len(last) < 80 and re.fullmatch(profile.sign_off, last):
        return lines[:at], last
    bracketed = last[:1] == "(" and last[-1:] == ")"
    words = re.split(r"[\s/\\]+", last[1:-1].strip()) if bracketed else last.split()
    names = {header.source, header.agency.lower(), header.agency.lower().partition("-")[0], profile.provider.lower()}
    names |= _SIGNING
    alone = at == 0 or not lines[at - 1].strip()
    if (
        alone
        and 1 <= len(words) <= 9
        and words[0].lower() in names - {""}
        and all(_INITIALS.match(word) for word in words[1:])
    ):
        return lines[:at], last
    return lines, ""
