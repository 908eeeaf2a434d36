"""Plain text as a person pastes it, or as a file brings it that is in no other format: the last resort.

The first line is the headline; a byline, a dateline and lines such as "Embargo: ..." or "Slug: ..." are read where
they stand; notes to editors, contacts and everything behind "ENDS" stay with editors. Nothing but words says what such
a text is, so a person always looks before it is used. Every text is an item of its own: nothing tells that one is a
newer version of another. Messages framed as on telegraph lines (ZCZC number ... NNNN) are an item each; lines below
ZCZC that begin with a sign ($, :, # ...) are told apart by it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

import msgspec

from standfirst.kit import markup
from standfirst.kit.digests import seal
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    Parsed,
    Profile,
    Unreadable,
    check_size,
    has_markup,
    in_order,
    line,
    unique,
)
from standfirst.wire.item import Directive, EdNote, Embargo, Headline, Item, Oddity

NAME: Final = "paste"

_OTHER: Final = re.compile(r"[\s\ufeff]*(?:<[?!/A-Za-z]|[{\[%]|PK\x03)")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_FEWEST_WORDS: Final = 8


def recognises(head: bytes) -> bool:
    """True for plain text with some words in it, in sound UTF-8 or a Western set, that does not look like data."""
    if _CONTROL.search(head[:2_000].decode("latin-1")):
        return False
    text = _decoded(head)
    if _OTHER.match(text) or _CONTROL.search(text):
        return False
    letters = sum(unicodedata.category(letter)[0] in "LMZ" or letter in "\r\n\t" for letter in text[:4_000])
    return letters * 4 >= len(text[:4_000]) * 3 and len(text[:4_000].split()) >= _FEWEST_WORDS


def _decoded(head: bytes) -> str:
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The end of the head may cut a letter.
        if error.start >= len(head) - 3:
            return head[: error.start].decode("utf-8-sig")
        return takes.decode(head, [])


def bytes_of(text: str) -> bytes:
    """Pasted text as the file that it was: XML in the character set that it declares, everything else in UTF-8."""
    text = text.replace("\r\n", "\n")  # browsers end lines so, whatever was pasted
    declared = re.match(r"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", text)
    if declared and not declared.group(1).lower().startswith("utf-16"):
        try:
            return text.lstrip().encode(declared.group(1), "xmlcharrefreplace")
        except (LookupError, UnicodeError):
            pass
    if declared:
        text = text.lstrip().replace(declared.group(1), "utf-8", 1)
    return text.encode("utf-8", "replace")


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """The text as one item. Raises `Unreadable` if it holds no words."""
    check_size(data, profile.limits)
    odd: list[Oddity] = []
    text = takes.decode(data, odd)
    messages = _messages(text)
    if len(messages) > profile.limits.items:
        raise Unreadable(
            f"The file holds more than {profile.limits.items:,} messages: ask the agency for smaller files."
        )
    items = [item for message in messages for item in parse_paste(message, profile).items]
    sealed = seal(data)
    return Parsed(
        items=tuple(msgspec.structs.replace(item, raw_sha256=sealed) for item in items),
        oddities=tuple(odd),
        format=NAME,
    )


_ZCZC: Final = re.compile(
    r"\s*ZCZC\s+(?P<number>[A-Za-z]{1,6}\d{0,6})[^\n]{0,60}\n(?:(?P<codes>[A-Z]{1,3} [A-Z]{2,4})\s*\n)?"
)
_NNNN: Final = re.compile(r"^\s{0,8}NNNN\s*$", re.MULTILINE)


def _messages(text: str) -> list[str]:
    """The messages of a text: one, unless it is framed as on telegraph lines, by ZCZC and NNNN."""
    if not _ZCZC.match(text):
        return [text]
    return [part for part in _NNNN.split(text.replace("\r\n", "\n")) if any(letter.isalnum() for letter in part)]


def _unframed(text: str) -> tuple[str, str, str]:
    """(the text without the frame of a telegraph line, its number, the codes below it)."""
    found = _ZCZC.match(text)
    if not found:
        return text, "", ""
    lines = _NNNN.split(text[found.end() :])[0].split("\n")
    # "<!" and "=!" end lines that are set left or centred.
    kept = [
        re.sub(r"[<=]?!\Z", "", each.rstrip()).removeprefix("<").rstrip(" .") if "!" in each else each for each in lines
    ]
    return "\n".join(kept), found.group("number"), found.group("codes") or ""


_MACHINE_LINE: Final = re.compile(r"(?P<sign>[%#$:&*@~^=+])(?P<words>.*)\Z")
_MOST_MACHINE_LINES: Final = 15


def _machine_lines(lines: list[str], read: _Read) -> list[str]:
    """Takes the desk's machine's lines off the start of a framed message, as Australian desks have them: "$headline" or
    "^headline", ":place", ":headline" or ":keyword", "#keyword", "*subject"; all others are codes."""
    found: list[tuple[str, str]] = []
    for each in lines[:_MOST_MACHINE_LINES]:
        matched = _MACHINE_LINE.match(each.strip())
        if matched is None:
            break
        found.append((matched.group("sign"), line(matched.group("words"))))
    if len(found) < 2:
        return lines
    for sign, words in found:
        place = re.fullmatch(r"\(([^()]{2,60})\)", words)
        if not words:
            continue
        if sign == ":" and place:
            read.dateline = read.dateline or place.group(1)
        elif (sign == "^" or (sign == "$" and len(words) > 2)) and not read.headline:
            read.headline = _tagged(words, read)
        elif sign in ":#" and not read.slugline:
            read.slugline = words
        else:
            read.signals.append(sign + words)
    return lines[len(found) :]


@dataclass(slots=True)
class _Read:
    """What the lines above the text say."""

    headline: str = ""
    byline: str = ""
    dateline: str = ""
    slugline: str = ""
    credit: str = ""
    subheadline: str = ""
    marks: list[takes.Marks] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    embargoes: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)


_WHOLE: Final = {"paragraph": "<p>{}</p>", "heading": "<h2>{}</h2>", "preformatted": "<pre>{}</pre>"}


def parse_paste(text: str, profile: Profile = DEFAULT) -> Parsed:
    """One item from pasted text, always with a doubt. Raises `Unreadable` if it holds no words."""
    raw = text
    text, number, codes = _unframed(text.replace("\r\n", "\n"))
    html = ""
    if has_markup(text):
        html = markup.clean_blocks(text)
        text = markup.text_of(html)
    lines = [
        each.translate(_NO_CONTROL).rstrip() for each in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    lines = [each.replace("\u2028", " ").replace("\xa0", " ") for each in lines]
    if not any(letter.isalnum() for each in lines for letter in each):
        raise Unreadable("There are no words in this text: paste the story.")
    read = _Read()
    told = _machine_lines(lines, read) if number else lines
    below = _head(told, read)
    below, private = _without_notes(below)
    notes = [*(EdNote(text=note) for note in unique(read.notes)), *([EdNote(text=private)] if private else [])]
    if html and below == lines[1:]:
        # Its formatting stays where nothing but the headline was taken out.
        body = "".join(_WHOLE.get(kind, "{}").format(inner) for kind, inner in markup.split_blocks(html)[1:])
    else:
        # Of messages with lines for machines, one says whether it is a table.
        untold = told is lines or "*T" in read.signals
        listed = bool(number) and untold and sum(len(each) for each in below) < 60 * len(below)
        body = takes.preformatted(below) if listed else takes.blocks_of(_parted(below))
    opening = next((each for each in below if each.strip()), "")
    place, _agency = takes.lead_in(opening)
    marks = takes.together(read.marks)
    odd: list[Oddity] = []
    until: Embargo = None
    embargo_raw = ""
    for words in read.embargoes:
        until, embargo_raw = takes.embargo_in(words, None, profile.zone, odd)
    doubts = ["It came as plain text, so nothing but its words says what it is: read it before it is used."]
    directives: tuple[Directive, ...] = ()
    types = list(marks.types)
    if marks.takes_back is not None:
        said = line(" ".join([*read.signals, read.headline]))[:300]
        directives = (Directive(status=marks.takes_back, target=read.slugline, said=said),)
        doubts.append("It seems to ask editors to take a story back: look at once.")
        types.append("advisory")
    digest = seal("\n".join(" ".join(each.split()) for each in lines if each.strip()).encode("utf-8", "replace"))
    item = Item(
        provider=profile.provider or "unknown",
        item_id=f"paste:{digest[:32]}",
        alt_ids=(number.lower(),) if number[-1:].isdigit() else (),
        thread_key=read.slugline,
        type="advisory" if directives else "text",
        embargo_until=until,
        embargo_raw=embargo_raw,
        editorial_types=in_order(types),
        signals=unique([*read.signals, codes]),
        slugline=read.slugline,
        headline=read.headline,
        headlines=(Headline(text=read.headline),) if read.headline else (),
        subheadline=read.subheadline,
        byline=read.byline,
        dateline=read.dateline or place,
        located=read.dateline or place,
        body_html=body,
        body_raw=raw,
        creditline=read.credit,
        language=profile.language,
        keywords=unique(read.keywords),
        ednotes=tuple(notes),
        raw_sha256=seal(raw.encode("utf-8", "replace")),
        oddities=tuple(odd),
        doubts=tuple(doubts),
        directives=directives,
    )
    return Parsed(items=(item,), format=NAME)


_NO_CONTROL: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 65279))


def _parted(lines: list[str]) -> list[str]:
    """`lines` with an empty one between all, where there is none at all and they are long: each is a paragraph then."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    while lines and not lines[0].strip():
        lines = lines[1:]
    if any(not each.strip() for each in lines) or takes.is_tabular(lines):
        return lines
    if any(len(each) > 120 for each in lines) or all(each.rstrip()[-1:] in '.!?”"»' for each in lines):
        return [part for each in lines for part in (each, "")]
    return lines


# --- above the text -----------------------------------------------------------------------------------------------

_LABELS: Final = {
    "headline": "headline", "title": "headline", "titel": "headline", "titre": "headline", "título": "headline",
    "subject": "headline", "re": "headline", "betreff": "headline", "objet": "headline", "asunto": "headline",
    "slug": "slug", "slugline": "slug", "stichwort": "slug",
    "byline": "byline", "author": "byline", "autor": "byline", "auteur": "byline",
    "dateline": "dateline", "location": "dateline", "ort": "dateline", "lieu": "dateline", "lugar": "dateline",
    "source": "credit", "credit": "credit", "quelle": "credit", "agency": "credit",
    "keywords": "keywords", "schlagwörter": "keywords", "mots-clés": "keywords",
    "standfirst": "sub", "subheadline": "sub", "summary": "sub",
    "note": "note", "notes": "note", "ednote": "note", "editor's note": "note",
}  # fmt: skip
_LABEL: Final = re.compile(r"([^\W\d_][\w' -]{1,20}?)\s*:\s*(\S.*)\Z", re.UNICODE)
_TAG: Final = re.compile(
    r"[\[(*\s]{0,4}((?:\d{1,2}(?:ST|ND|RD|TH)\s+)?[A-ZÀ-Ý][A-ZÀ-Ý-]{2,20}(?:\s+\d{1,2})?)[\])*]{0,4}\s*(?::|[-–—]+\s|\]|\))\s*(\S.*)\Z"
)
_BYLINE: Final = re.compile(r"(?:By|Von|Par|Por)\s+[^\W\d_].{1,100}\Z")
_MOST_TOP_LINES: Final = 20


def _head(lines: list[str], read: _Read) -> list[str]:
    """Reads the lines above the text; returns those of the text."""
    at = 0
    goes_on = -1
    for at, each in enumerate(lines[:_MOST_TOP_LINES]):
        text = line(each)
        if not text:
            continue
        label = _LABEL.match(text)
        field_name = _LABELS.get(label.group(1).lower()) if label else None
        inner = text[1:-1].strip() if text[:1] in "([" and text[-1:] in ")]" else text
        if takes.is_embargo(inner):
            read.embargoes.append(inner)
            read.notes.append(text)
        elif field_name and label:
            _labelled(field_name, line(label.group(2)), text, read)
        elif takes.is_marker(inner):
            read.marks.append(takes.marks_in(inner))
            read.signals.append(inner)
        elif not read.headline and _RELEASE.match(text):
            read.notes.append(text)
        elif not read.headline:
            read.headline = _tagged(text, read)
            if _goes_on(lines, at):
                read.headline = f"{read.headline} {line(lines[at + 1])}"
                goes_on = at + 1
        elif at == goes_on:
            continue
        elif not read.byline and _BYLINE.match(text):
            read.byline = text
        else:
            return lines[at:]
    return lines[at + 1 :] if at < _MOST_TOP_LINES - 1 else lines[at:]


_RELEASE: Final = re.compile(
    r"(?:for immediate release|(?:media|press|news) (?:release|statement)|pressemitteilung|medienmitteilung|"
    r"communiqué de presse|comunicado de prensa|nota de prensa|comunicato stampa|persbericht)"
    r"(?:\s*(?:no\.?|nr\.?|#)?\s*[A-Z]{0,4}\d[\w/-]{0,15})?\s*:?\Z",
    re.IGNORECASE,
)
"""What stands above the headline of a release: "MEDIA RELEASE PR67276"."""


def _goes_on(lines: list[str], at: int) -> bool:
    """True if a headline goes on in the next line: it is long, the next one shorter, and an empty line follows."""
    if at + 2 >= len(lines) or lines[at + 2].strip() or not lines[at + 1].strip():
        return False
    first, second = lines[at].strip(), lines[at + 1].strip()
    ends = first[-1:] in ".!?:;" or bool(_BYLINE.match(second) or _LABEL.match(second))
    return 50 <= len(first) <= 100 and len(second) < len(first) and second[-1:] not in ".!?" and not ends


def _labelled(name: str, value: str, text: str, read: _Read) -> None:
    if name == "headline" and not read.headline:
        read.headline = _tagged(value, read)
    elif name == "slug":
        read.slugline = read.slugline or value
    elif name == "byline":
        read.byline = read.byline or value
    elif name == "dateline":
        read.dateline = read.dateline or value
    elif name == "credit":
        read.credit = read.credit or value
    elif name == "sub":
        read.subheadline = read.subheadline or value
    elif name == "keywords":
        read.keywords += [line(each) for each in re.split(r"[,;/]", value)]
    else:
        read.notes.append(text)


def _tagged(text: str, read: _Read) -> str:
    """A headline without the tags before it, e.g. "KILL: ...", "[CORRECTION] ...", "2ND LEAD - ..."."""
    for _ in range(4):
        found = _TAG.match(text[:1_000])
        if not found or not takes.is_marker(found.group(1)):
            break
        read.marks.append(takes.marks_in(found.group(1)))
        read.signals.append(found.group(1))
        text = found.group(2) + text[1_000:]
    if takes.advises_editors(text):
        read.marks.append(takes.marks_in(text))
        read.signals.append(text)
    return text


# --- below the text -----------------------------------------------------------------------------------------------

_END: Final = re.compile(r"[-–—#*_\s]*(?:ends?|ende|fin|### *|#{3,}|-30-|30)[-–—#*_\s]*\Z", re.IGNORECASE)
_NOTES: Final = re.compile(
    r"[#*_\s]*(?:notes? (?:to|for) (?:the )?editors?|editors?['’]?s? notes?|notes? à (?:l['’]attention|la rédaction)|"
    r"nota a los? editor|hinweise? (?:an|für) (?:die )?redaktion|(?:for|pour|para|für) (?:more|further|media|press|any|"
    r"plus|toute|más|weitere|rückfragen)\b.{0,30}(?:information|enquir|inquir|contact|informaci|informationen|:)|"
    r"(?:media|press|presse|prensa)[ -]?(?:contacts?|kontakt|enquiries|inquiries|contacto)|contacts?\s*:|kontakt\s*:|"
    r"not for publication|nicht zur veröffentlichung)",
    re.IGNORECASE,
)


def _without_notes(lines: list[str]) -> tuple[list[str], str]:
    """(the text, what stands below it for editors)."""
    for at, each in enumerate(lines):
        ends = bool(each.strip()) and len(each) <= 20 and bool(_END.match(each))
        if ends or (each.strip() and _NOTES.match(each[:200])):
            if not any(above.strip() for above in lines[:at]):
                continue
            start = at + 1 if ends else at
            said = "\n".join(line(below) for below in lines[start:] if below.strip())
            return lines[:at], said
    return lines, ""
