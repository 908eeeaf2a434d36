"""E-mail (RFC 5322, MIME): copy in the text of a message, in its attachments, or in a message that it forwards.

One message is one item, or the items of the wire files that are attached to it or that are its text. Its identity is
its Message-ID, so nothing in a message can replace an earlier one: a correction is an item of the same thread, and a
KILL says whom it means in words, which a person reads.

Anybody can write any name as sender. A message may be used without a person's look only if its sender is on the list
(`Profile.senders`) and our own mail server says that the sender's domain signed it (DKIM, RFC 8601); every other one
has a doubt, and takes nothing down by itself.

Messages break their format in every way: what can be read is read, whatever the parts say of themselves.
"""

from __future__ import annotations

import binascii
import codecs
import email.message
import email.utils
import html as html_library
import quopri
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import compat32
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from standfirst.kit import markup, xml
from standfirst.kit.clock import later
from standfirst.kit.digests import seal
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import (
    DEFAULT,
    Parsed,
    Part,
    Profile,
    Unreadable,
    check_size,
    embargo_of,
    has_markup,
    in_order,
    line,
    lines,
    microseconds,
    unique,
    without_blanks,
)
from standfirst.wire.item import (
    Association,
    Directive,
    EditorialType,
    EdNote,
    Embargo,
    Item,
    Link,
    Oddity,
    Rendition,
)

NAME: Final = "email"

_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,4}:")
_KNOWN: Final = frozenset(
    "from to cc subject date message-id mime-version content-type received return-path reply-to sender delivered-to"
    " x-mailer content-transfer-encoding references in-reply-to dkim-signature".split()
)
_MOST_PARTS: Final = 200
_MOST_DEPTH: Final = 20
_LONGEST_HEADER: Final = 20_000


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` begins with the header of a message."""
    text = xml.head_text(head[:16_384]).lstrip("\r\n")
    if text.startswith("From "):
        text = text.partition("\n")[2]
    known = 0
    pure = True
    for number, each in enumerate(text.splitlines()):
        if not each.strip() or number > 200:
            break
        if each[0] in " \t":
            if not number:
                return False
            continue
        found = _HEADER.match(each)
        if not found:
            # One bad line among headers is not rare; the first one must be right.
            if not number:
                return False
            pure = False
            continue
        known += found.group(1).lower() in _KNOWN
        if known >= 3:
            return True
    # "Date: ..." above a text alone is a note that somebody typed.
    return known >= 2 or (known == 1 and pure and text[:8].lower().startswith(("subject:", "from:", "received")))


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """What a message holds. Raises `Unreadable` if that is no news: nothing at all, a report, an automatic answer."""
    check_size(data, profile.limits)
    start = data.lstrip(b"\r\n \t") if data[:1] in b"\r\n \t" else data
    if start.startswith(b"From "):
        start = start.partition(b"\n")[2]
    _refuse_monsters(start)
    start, mended = _with_whole_header(start)
    try:
        message = BytesParser(policy=compat32).parsebytes(start)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(
            f"This message cannot be taken apart ({type(error).__name__}): ask for it to be sent again."
        ) from None
    head = _Head.of(message)
    _refuse_machines(message, head)
    draft = _Draft(profile, seal(data))
    if mended:
        draft.note_once("odd-header", "Some lines of its header were not as they must be.")
    _walk(draft, message, 0)
    return _parsed(draft, head)


_CONTAINER: Final = re.compile(rb"content-type[ \t]{0,4}:[ \t\r\n]{0,9}(multipart|message)/", re.IGNORECASE)


def _refuse_monsters(data: bytes) -> None:
    """Messages inside of messages cost the parser time at every level for every line."""
    levels = sum(1 for _found in _CONTAINER.finditer(data))
    if levels > 100 or (levels > 20 and levels * len(data) > 100_000_000):
        raise Unreadable(f"This message has {levels} parts inside of parts: ask for the copy without the thread.")


_FIELD: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,60})([ \t]{0,4}):")


def _with_whole_header(data: bytes) -> tuple[bytes, bool]:
    """(`data` with a header that ends where it should, whether it had to be mended).

    A line among headers that is none would end the header for the parser, and make the rest of it text.
    """
    end = re.search(rb"\r?\n[ \t]*\r?\n", data)
    block = data[: end.start()] if end else data[:_LONGEST_HEADER]
    if len(block) > 500_000:
        return data, False
    rows = block.split(b"\n")
    known = [
        number
        for number, row in enumerate(rows)
        if (found := _FIELD.match(row)) and found.group(1).decode().lower() in _KNOWN
    ]
    last = known[-1] if known else 0
    mended = False
    for number, row in enumerate(rows[: last + 1]):
        found = _FIELD.match(row)
        if found and found.group(2):
            rows[number] = found.group(1) + row[found.end() - 1 :]
            mended = True
        elif not found and row[:1] not in (b" ", b"\t") and number:
            rows[number] = b" " + row
            mended = True
    return (b"\n".join(rows) + data[len(block) :], True) if mended else (data, False)


def _refuse_machines(message: email.message.Message, head: _Head) -> None:
    kind = message.get_content_type()
    if kind == "multipart/report":
        raise Unreadable(
            "This message is a report about another message (undelivered, read or complained about), no copy: "
            "see why the mailbox gets it."
        )
    automatic = head.first("auto-submitted").partition(";")[0].strip().lower()
    answers = (
        head.first("x-autoreply") or head.first("x-autorespond") or head.first("precedence").lower() == "auto_reply"
    )
    if automatic == "auto-replied" or answers:
        raise Unreadable("This message is an automatic answer, no copy: see why the mailbox gets it.")


# --- headers ------------------------------------------------------------------------------------------------------

_WORD: Final = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN: Final = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s=]{1,60}\?[bBqQ]\?)")


def _unfolded(value: str) -> str:
    """A header as text: its bytes and its encoded words (RFC 2047) read."""
    raw = value[:_LONGEST_HEADER].encode("utf-8", "surrogateescape")
    text = _mended(raw, "")[0]
    text = re.sub(r"\r?\n[ \t]*", " ", text)
    if "=?" not in text:
        return line(text)
    made: list[str] = []
    pending: list[bytes] = []
    charset = ""
    at = 0
    text = _BETWEEN.sub(r"\1", text)

    def flush() -> None:
        if pending:
            made.append(_mended(b"".join(pending), charset)[0])
            pending.clear()

    for found in _WORD.finditer(text):
        if found.start() > at:
            flush()
            made.append(text[at : found.start()])
        named = found.group(1).partition("*")[0].lower()
        if named != charset:
            flush()
            charset = named
        # Words of one character set are one run of bytes: many senders cut letters in two.
        pending.append(_word(found.group(2), found.group(3)))
        at = found.end()
    flush()
    made.append(text[at:])
    return line("".join(made))


def _word(kind: str, value: str) -> bytes:
    raw = value.encode("ascii", "replace")
    if kind in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "))
    return _base64(raw)


def _base64(raw: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return b""


@dataclass(frozen=True, slots=True)
class _Head:
    """The header of a message: names in lower case, values as text, in order."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, message: email.message.Message) -> _Head:
        # Without the policy's readers, some of which take quadratic time.
        pairs = ((name.lower(), str(value)) for name, value in message.raw_items())
        return cls(tuple((name, _unfolded(value)) for name, value in list(pairs)[:500]))

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name]

    def first(self, name: str) -> str:
        return next((value for value in self.all(name) if value), "")


_ADDRESS: Final = re.compile(r"[^\s<>\"(),:;\[\]@]{1,200}@[^\s<>\"(),:;\[\]@]{1,250}")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


def _senders(head: _Head) -> list[str]:
    """Every address that a message gives as its author, lower case. Names in quotes are no addresses."""
    found: list[str] = []
    for value in head.all("from"):
        bare = _QUOTED.sub(" ", value[:2000])
        angled = re.findall(r"<([^<>]{1,500})>", bare)
        found.extend(_ADDRESS.findall(" ".join(angled) if angled else bare))
    return list(dict.fromkeys(address.lower().rstrip(".") for address in found))


_ID: Final = re.compile(r"<([^<>\s]{1,900})>")


def _ids(value: str) -> list[str]:
    found = _ID.findall(value)
    return found or [word for word in value.split()[:50] if "@" in word]


def _date(head: _Head, odd: list[Oddity]) -> datetime | None:
    raw = head.first("date")
    if not raw:
        return None
    try:
        read = email.utils.parsedate_to_datetime(raw[:200])
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        odd.append(Oddity(code="unreadable-time", text=f"Its date “{raw[:40]}” is no time that can be read."))
        return None


# --- who sent it --------------------------------------------------------------------------------------------------

_PASS: Final = re.compile(r"dkim\s*=\s*pass\b", re.IGNORECASE)
_SIGNER: Final = re.compile(
    r"header\.(?:d\s*=\s*\"?|i\s*=\s*\"?[^\s;\"]{0,200}?@)([A-Za-z0-9.-]{3,253})", re.IGNORECASE
)


def _doubts(head: _Head, profile: Profile) -> tuple[str, ...]:
    """Why the sender of a message is not sure; empty if it is on the list and proved."""
    senders = _senders(head)
    if len(senders) != 1 or len(head.all("from")) != 1:
        return ("It does not name one sender: a person must tell where it is from.",)
    (sender,) = senders
    domain = sender.rpartition("@")[2]
    if not profile.senders:
        return (f"Its sender ({sender}) is not on a list: name the senders of this feed in its mailbox's settings.",)
    if not {sender, domain, f"@{domain}"} & profile.senders:
        return (f"Its sender ({sender}) is not on the list of this feed's senders.",)
    signers = _signers(head, profile)
    if signers is None:
        return (f"Nothing that our own mail server wrote says whether {domain} sent it: {sender} is not proved.",)
    if not any(domain == signer or domain.endswith(f".{signer}") for signer in signers):
        return (f"It is not signed by {domain}: anybody can write {sender} as sender.",)
    return ()


def _signers(head: _Head, profile: Profile) -> list[str] | None:
    """The domains whose signature our own mail server found good; None if it says nothing.

    Only the topmost `Authentication-Results` counts, and only if it is our server's: others came with the message.
    """
    results = head.all("authentication-results")
    if not results:
        return None
    said = _uncommented(results[0][:8000])
    server, _semicolon, rest = said.partition(";")
    if server.strip().split(" ")[0].strip().lower() not in profile.mail_servers:
        return None
    signers: list[str] = []
    for result in rest.split(";"):
        if _PASS.match(result.strip()):
            found = _SIGNER.search(result)
            if found and "." in found.group(1).strip("."):
                signers.append(found.group(1).strip(".").lower())
    return signers


def _uncommented(text: str) -> str:
    """`text` without comments in brackets, nested ones too."""
    kept: list[str] = []
    depth = 0
    for letter in text:
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(letter)
    return "".join(kept)


# --- text ---------------------------------------------------------------------------------------------------------

_ALIASES: Final = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "us-ascii": "",
    "ascii": "",
    "ansi_x3.4-1968": "",
    "utf-7": "",
}


def _mended(raw: bytes, charset: str) -> tuple[str, bool]:
    """(`raw` as text, whether it was not in the character set that it is said to be in)."""
    named = charset.strip().strip("\"'").lower()
    named = _ALIASES.get(named, named)
    if raw.isascii():
        if b"\x1b$" in raw and not named.startswith("iso-2022"):
            named = "iso-2022-jp"
        if not (named.startswith(("iso-2022", "utf-16", "utf-32")) or named == "hz-gb-2312"):
            return raw.decode("ascii"), False
        try:
            return raw.decode(named, "replace"), False
        except (LookupError, ValueError):
            return raw.decode("ascii"), True
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), not named.startswith("utf-16")
    try:
        # Bytes that are good UTF-8 are never by chance.
        return raw.decode("utf-8"), named not in ("utf-8", "")
    except UnicodeDecodeError:
        pass
    if named and named != "utf-8":
        try:
            return raw.decode(named), False
        except (UnicodeDecodeError, LookupError, ValueError):
            pass
        try:
            text = raw.decode(named, "replace")
            if text.count("\N{REPLACEMENT CHARACTER}") * 20 < len(text):
                return text, True
        except (LookupError, ValueError, UnicodeError):
            pass
    if named == "utf-8":
        return raw.decode("utf-8", "cp1252bytes"), True
    if not named and len(raw) > 64:
        # Slow to import, seldom needed.
        from charset_normalizer import from_bytes

        best = from_bytes(raw[:20_000]).best()
        if best is not None:
            return raw.decode(best.encoding, "replace"), True
    return raw.decode("cp1252", "replace"), True


def _single_bytes(error: UnicodeError) -> tuple[str, int]:
    """Read what breaks UTF-8 as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("cp1252bytes", _single_bytes)

_META: Final = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:-]{2,40})", re.IGNORECASE)


def _param(part: email.message.Message, name: str) -> str:
    """A parameter of the content type, "" where there is none that can be read."""
    try:
        value = part.get_param(name)
        return line(email.utils.collapse_rfc2231_value(value)) if value else ""
    except (ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        return ""


def _file_name(part: email.message.Message) -> str:
    """The name of an attachment, without folders; "" if it has none."""
    try:
        name = part.get_filename() or part.get_param("name") or ""
        name = email.utils.collapse_rfc2231_value(name) if isinstance(name, tuple) else name
    except (ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        name = ""
    name = _unfolded(str(name))
    return re.split(r"[\\/]", name)[-1].strip("\"' ")[:200]


def _bytes(part: email.message.Message) -> bytes:
    """What is in a part, its transfer encoding undone, however wrongly it is named."""
    encoding = line(str(part.get("content-transfer-encoding", ""))).lower().partition(";")[0].strip()
    # Else the library would undo what it believes, and replace letters that it cannot read.
    del part["content-transfer-encoding"]
    try:
        raw = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        return b""
    if not isinstance(raw, bytes):
        return b""
    if encoding in ("quoted-printable", "qp") or "quoted" in encoding:
        return quopri.decodestring(raw)
    if "base64" in encoding:
        return _base64(raw) or raw
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uudecoded(raw) or raw
    return raw


def _uudecoded(raw: bytes) -> bytes:
    found = re.search(rb"(?m)^begin [0-7]{3,4} [^\r\n]*\r?$", raw)
    if not found:
        return b""
    made: list[bytes] = []
    for row in raw[found.end() :].splitlines():
        if row.strip() == b"end":
            break
        if row:
            try:
                made.append(binascii.a2b_uu(row))
            except binascii.Error:
                return b""
    return b"".join(made)


def _text_of(draft: _Draft, part: email.message.Message, raw: bytes, kind: str) -> str:
    charset = _param(part, "charset")
    if kind == "text/html" and not charset:
        found = _META.search(raw[:4096])
        charset = found.group(1).decode("ascii") if found else ""
    text, mended = _mended(raw, charset)
    if mended:
        draft.note_once("guessed-charset", f"Its letters are not as it says ({charset[:40] or 'nothing'}): guessed.")
    return text


def _unflowed(text: str, part: email.message.Message) -> str:
    """Text with the breaks of `format=flowed` (RFC 3676) undone."""
    if _param(part, "format").lower() != "flowed":
        return text
    joined = " " if _param(part, "delsp").lower() != "yes" else ""
    made: list[str] = []
    running = False
    for row in text.splitlines():
        soft = row.endswith(" ") and row != "-- "
        body = row.rstrip(" ") if soft else row
        if running and made and not row.startswith(">"):
            made[-1] += joined + body
        else:
            made.append(body)
        running = soft and not row.startswith(">")
    return "\n".join(made)


_PAGE: Final = re.compile(r"<(?:!doctype\s+html|html|body|div|p|table)\b", re.IGNORECASE)
_COLUMN: Final = re.compile(r"\S(?: {3}|\t)\s*\S")


def _paragraphs(text: str) -> str:
    """Plain text as clean block HTML; tables keep their columns."""
    if not _COLUMN.search(text):
        return markup.paragraphs_of(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    parts = re.split(r"\n[ \t\f]*\n", text)
    made: list[str] = []
    for part in parts:
        rows = part.split("\n")
        if takes.is_tabular(rows):
            made.append(takes.preformatted(rows))
        elif len(parts) == 1:
            made.append(markup.paragraphs_of(part))
        elif part.strip():
            made.append(f"<p>{markup.escape(' '.join(part.split()))}</p>")
    return markup.clean_blocks("".join(made))


# --- parts --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """What has been read of a message so far."""

    profile: Profile
    sealed: str
    odd: list[Oddity] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    """Clean HTML, in order."""
    raws: list[str] = field(default_factory=list)
    first_text: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """Seals by file name and content id, lower case."""
    associations: list[Association] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    inner: list[Item] = field(default_factory=list)
    inner_parts: dict[str, Part] = field(default_factory=dict)
    count: int = 0
    body_is_wire: bool = False
    takedown: bool = False

    def note_once(self, code: str, text: str) -> None:
        if code not in (odd.code for odd in self.odd):
            self.odd.append(Oddity(code=code, text=text))

    def add(self, html: str, raw: str) -> None:
        if html:
            self.pieces.append(html)
            self.raws.append(raw)


_BOILERPLATE: Final = re.compile(r"\bMIME\b|multi-?part", re.IGNORECASE)


def _walk(draft: _Draft, part: email.message.Message, depth: int) -> None:
    """Read a part and all inside of it."""
    draft.count += 1
    if draft.count > _MOST_PARTS or depth > _MOST_DEPTH:
        raise Unreadable(
            f"This message has more than {_MOST_PARTS} parts, or more than {_MOST_DEPTH} inside of each other: "
            "ask for the copy alone."
        )
    kind = part.get_content_type()
    if not part.is_multipart():
        _leaf(draft, part, kind, depth)
        return
    inside = [each for each in part.get_payload() if isinstance(each, email.message.Message)]
    if kind.startswith("message/"):
        encoding = str(part.get("content-transfer-encoding", "")).lower()
        for message in inside:
            if "base64" in encoding or "quoted" in encoding:
                # No standard allows it, and many programs do it.
                message["content-transfer-encoding"] = encoding
                raw = _bytes(message)
                _refuse_monsters(raw)
                _forwarded(draft, BytesParser(policy=compat32).parsebytes(raw), depth)
            else:
                _forwarded(draft, message, depth)
        return
    _outside(draft, part.preamble or "")
    if kind == "multipart/alternative":
        _alternative(draft, inside, depth)
    else:
        for each in inside:
            _walk(draft, each, depth + 1)
    _outside(draft, part.epilogue or "")


def _outside(draft: _Draft, text: str) -> None:
    """Text outside of all parts: a notice of programs, or copy that a bad boundary left there."""
    if len(text.split()) < 3 or _BOILERPLATE.search(text[:400]):
        return
    raw = text.encode("utf-8", "surrogateescape")
    read = _mended(raw, "")[0]
    said = Counter(markup.text_of("".join(draft.pieces)).split())
    if (Counter(read.split()) - said).total() > 2:
        draft.note_once("text-outside-parts", "Its parts are not set apart as they must be: all text was kept.")
        draft.add(markup.paragraphs_of(read), lines(read))


_MARKS: Final = re.compile(r"\[[^\[\]]{0,80}\]")


def _words(text: str) -> Counter[str]:
    """The words of a text, without addresses and what plain text uses for pictures and emphasis."""
    bare = " ".join(word for word in _MARKS.sub(" ", text).split() if "@" not in word and "://" not in word)
    return Counter(re.findall(r"[^\W_]+", bare.lower()))


def _alternative(draft: _Draft, inside: list[email.message.Message], depth: int) -> None:
    """Forms of one text: HTML is taken, and the plain one too where it says something else."""
    kept, kept_raws = draft.pieces, draft.raws
    forms: list[tuple[bool, list[str], list[str]]] = []
    for each in inside:
        draft.pieces, draft.raws = [], []
        _walk(draft, each, depth + 1)
        rich = each.get_content_type() == "text/html" or each.is_multipart()
        if draft.pieces:
            forms.append((rich, draft.pieces, draft.raws))
    draft.pieces, draft.raws = kept, kept_raws
    forms.sort(key=lambda form: not form[0])
    said: Counter[str] = Counter()
    for number, (_rich, pieces, raws) in enumerate(forms):
        words = _words(markup.text_of("".join(pieces)))
        new = words - said
        if number and new.total() <= max(3, words.total() // 20):
            continue
        if number:
            draft.note_once("alternatives-differ", "Its forms (HTML and plain) do not say the same: both were kept.")
        said |= words
        draft.pieces.extend(pieces)
        draft.raws.extend(raws)


_COPY: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
_MEDIA: Final[dict[str, Literal["picture", "video", "audio"]]] = {
    "image": "picture",
    "video": "video",
    "audio": "audio",
}
_IGNORED: Final = frozenset(
    "application/pgp-signature application/pkcs7-signature application/x-pkcs7-signature text/css text/x-vcard"
    " text/vcard text/directory text/calendar".split()
)
_WIRE_NAMES: Final = (".xml", ".json", ".nitf", ".newsml", ".txt", ".tst", ".anpa", ".iptc", ".dat", ".eml")


def _leaf(draft: _Draft, part: email.message.Message, kind: str, depth: int) -> None:
    """A part without others inside."""
    if kind in _IGNORED:
        return
    raw = _bytes(part)
    if not raw.strip():
        return
    name = _file_name(part)
    disposition = line(str(part.get("content-disposition", ""))).lower().partition(";")[0].strip()
    attached = disposition == "attachment" or (bool(name) and not kind.startswith("text/"))
    major = kind.partition("/")[0]
    if kind.startswith("multipart/"):
        # It says that it has parts and has none: a boundary that never comes.
        draft.note_once("text-outside-parts", "Its parts are not set apart as they must be: all text was kept.")
        kind, attached = "text/plain", False
    if kind in _COPY and not attached:
        _copy(draft, part, raw, kind)
        return
    if major not in _MEDIA and _wire(draft, raw, name, body=False):
        return
    textual = major == "text" or name.lower().endswith(".txt")
    if kind in _COPY or (textual and not _binary(raw)):
        _copy(draft, part, raw, kind, attached=True)
        return
    _keep(draft, part, raw, name, kind)


def _binary(raw: bytes) -> bool:
    return b"\x00" in raw[:4096]


def _copy(draft: _Draft, part: email.message.Message, raw: bytes, kind: str, *, attached: bool = False) -> None:
    """Text for people, or a wire file in its place."""
    text = _text_of(draft, part, raw, kind)
    bare = text.strip()
    if kind == "text/plain" and bare[-1:] == ">" and _PAGE.match(bare) and has_markup(bare):
        kind = "text/html"  # many programs say so of HTML
    if kind == "text/html":
        html = without_blanks(markup.clean_blocks(text))
    else:
        if not attached and not recognises(raw.lstrip()) and _wire(draft, raw, "", body=True):
            return
        html = _paragraphs(_unflowed(text, part))
        if not draft.first_text:
            draft.first_text = text
    if not draft.first_text:
        draft.first_text = markup.text_of(html)
    if attached:
        draft.note_once("attached-text", "Some of its text was in an attachment.")
    draft.add(html, text if kind == "text/html" else lines(text))


def _wire(draft: _Draft, raw: bytes, name: str, *, body: bool) -> bool:
    """Read a file that is a wire format itself. True if it gave items."""
    if draft.profile.reader is None:
        return False
    try:
        parsed = draft.profile.reader(raw)
    except Unreadable as error:
        draft.takedown = draft.takedown or error.takedown
        if error.takedown or not body:
            shown = name or "Its text"
            draft.odd.append(Oddity(code="attachment-unread", text=f"{shown} could not be read: {error.reason}"))
        return False
    if parsed is None or not parsed.items:
        return False
    draft.odd.extend(parsed.oddities)
    draft.inner.extend(parsed.items)
    draft.inner_parts.update(parsed.parts)
    draft.body_is_wire = draft.body_is_wire or body
    return True


def _keep(draft: _Draft, part: email.message.Message, raw: bytes, name: str, kind: str) -> None:
    """A picture, sound, film or document: kept as bytes, named beside the text."""
    part_seal = seal(raw)
    draft.parts[part_seal] = Part(data=raw, name=name, mime=kind)
    content_id = line(str(part.get("content-id", ""))).strip("<> ")
    for known in (name, content_id, f"cid:{content_id}" if content_id else ""):
        if known:
            draft.named[known.lower()] = part_seal
    media = _MEDIA.get(kind.partition("/")[0])
    if media is None and name.lower().endswith((".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".webp", ".heic")):
        media = "picture"
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"):
        draft.note_once("encrypted", "Some of it is encrypted or sealed: ask for it to be sent in the open.")
    draft.associations.append(
        Association(
            role="picture" if media == "picture" else media or "attachment",
            type=media or "",
            caption=_unfolded(str(part.get("content-description", ""))) if media else "",
            headline=name if not media else "",
            renditions=(Rendition(role="original", href=name, mime=kind, bytes=len(raw), part=part_seal),),
        )
    )


def _forwarded(draft: _Draft, message: email.message.Message, depth: int) -> None:
    """A message inside of this one: its text counts, under its own subject."""
    head = _Head.of(message)
    for found in _ids(head.first("message-id"))[:1]:
        draft.links.append(Link(rel="forwards", target=found))
    subject = head.first("subject")
    if subject:
        draft.add(f"<h3>{markup.escape(subject)}</h3>", subject)
    _walk(draft, message, depth + 1)


# --- subjects -----------------------------------------------------------------------------------------------------

Tag = Literal[
    "kill", "withhold", "correction", "clarification", "update", "advisory", "repeat", "embargo", "urgent", "flash"
]

_TAGS: Final[dict[Tag, str]] = {
    "kill": "mandatory kill|kill|killed|cancel|cancelled|canceled|retract|retracted|retraction|withdraw|withdrawn"
    "|withdrawal|annulation|annulé|annulée|annule|anulación|anulacion|anulado|anulada|anular|anulação|anulado"
    "|zurückgezogen|rückruf|widerruf|annullamento|annullato|annullata|intrekking|ingetrokken|återkallad|återkallas"
    "|makuleras|trekkes|tilbakekalt|iptal|аннулировано|отмена|отозвано|إلغاء|إلغاء خبر|取消|撤回|撤稿",
    "withhold": "withhold|withheld|hold|do not use|do not publish|ne pas publier|ne pas utiliser|nicht verwenden"
    "|nicht veröffentlichen|gesperrt|no usar|no publicar|não usar|não publicar|non usare|niet gebruiken"
    "|не публиковать|عدم النشر|kullanmayın",
    "correction": "correction|corrections|corrected|corrective|corr|rectificatif|rectification|corrigé|corrección"
    "|correccion|rectificación|rectificacion|corregido|berichtigung|berichtigt|korrektur|korrigiert|korrigerad"
    "|rättelse|rettelse|retting|correzione|rettifica|correção|retificação|correctie|rectificatie|düzeltme"
    "|исправление|уточнение|تصحيح|تصويب|訂正|更正|정정",
    "clarification": "clarification|clarified|clarificación|klarstellung|précision|chiarimento|esclarecimento"
    "|verduidelijking|förtydligande|توضيح",
    "update": r"update ?\d{0,3}|updated|upd|aktualisierung|aktualisiert|actualisation|actualisé|mise à jour"
    "|actualización|actualizacion|actualizado|atualização|aggiornamento|aggiornato|uppdatering|uppdaterad|oppdatering"
    "|güncelleme|обновление|обновлено|تحديث|更新",
    "advisory": "advisory|media advisory|note to editors|editors note|editor's note|avis aux rédactions"
    "|nota a los editores|nota a editores|redaktionshinweis|hinweis an die redaktionen",
    "repeat": "repeat|resend|resent|wiederholung|répétition|repetición|ripetizione|повтор",
    "embargo": "embargo|embargoed|under embargo|strict embargo|sperrfrist|sperrvermerk|sous embargo|bajo embargo"
    "|sob embargo|sotto embargo|onder embargo|under embargo|ambargo|ambargolu|эмбарго|حظر نشر|محظور حتى|解禁",
    "flash": "flash|snap|eil|блиц",
    "urgent": "urgent|urgente|urgence|dringend|eilmeldung|eilt|alert|alerte|alerta|bulletin|breaking|breaking news"
    "|haster|brådskande|spoed|acil|son dakika|срочно|молния|عاجل|خبر عاجل|速報|긴급",
}
_BY_WORD: Final[dict[str, Tag]] = {word: tag for tag, words in _TAGS.items() for word in words.split("|")}
_TAG: Final = re.compile(
    r"[\s\[({*#!<|/:~-]*("
    + "|".join(word.replace(" ", r"\s") for word in sorted(_BY_WORD, key=len, reverse=True))
    + r")(?!\w)[\s\])}*#!>|]*([:;,/|\u2013\u2014-]|(?<=[\])}*#!>|])|\Z)?\s*",
    re.IGNORECASE,
)
_REPLY: Final = re.compile(
    r"\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs|antw|doorst|i|r|enc|res|odp)\s*(?:\[\d{1,3}\])?\s*[:：]\s*", re.IGNORECASE
)


_UNTIL: Final = re.compile(
    r"\A(?:until|till|bis|jusqu'au|jusqu'à|hasta|até|fino al|fino a|tot)\b[^\-–—\]|]{0,60}?"
    r"(?:[\-–—\]|]+|:(?=\s)|\Z)\s*"
    r"|\A\d{1,2}(?:\.|st|nd|rd|th)?\s[^\W\d_]{3,9}\.?,?\s20\d\d\b[^\-–—\]|]{0,30}?(?:[\-–—\]|]+|:(?=\s)|\Z)\s*"
    r"|\A[\d\s:.,/-]{4,40}(?:GMT|UTC|CET|CEST|BST|EST|EDT|Uhr)?\b[^\w]*",
    re.IGNORECASE,
)


_AGENCY: Final = re.compile(r"[A-Z][A-Z0-9.]{1,9}(?:\s[A-Z][A-Z0-9]{1,9})?\s*[:|–—-]\s*")
"""An agency's short name before a tag, e.g. "HBW: KILL - ..."."""
_TAG_BELOW: Final = re.compile(r"\s*(?:\s[-–—:]\s+|[(\[]\s*)([^()\[\]–—:]{3,30}?)\s*([)\]])?\s*\Z")
"""A tag at the end, e.g. "... (CORRECTED)" or "... - WITHDRAWN"."""


def _tags(subject: str) -> tuple[list[Tag], str, bool]:
    """(the tags at the start and at the end of a subject, the rest of it, whether it answers or forwards)."""
    rest = subject[:1000]
    answered = False
    tags: list[Tag] = []
    for _round in range(12):
        reply = _REPLY.match(rest)
        if reply:
            rest, answered = rest[reply.end() :], True
            continue
        found = _TAG.match(rest)
        named = None if found or tags else _AGENCY.match(rest)
        if (
            named
            and (after := _TAG.match(rest, named.end()))
            and after.group(1).isupper()
            and after.group(2) is not None
        ):
            rest = rest[named.end() :]
            continue
        if not found:
            break
        word = found.group(1)
        # "Kill the bill, say protesters" is no kill: a tag is in capitals, or set apart.
        opened = rest[: found.start(1)].strip()
        scriptless = word.upper() == word.lower()
        key = re.sub(r"\s+", " ", word.lower())
        # "Embargoed until ..." is one however it is written, "Embargo on oil lifted" is not.
        until = _BY_WORD.get(key) == "embargo" and bool(_EMBARGO_LINE.match(rest))
        if not (found.group(2) is not None or opened or word.isupper() or scriptless or until):
            break
        tags.append(_BY_WORD.get(key, "update"))
        rest = rest[found.end() :]
        if tags[-1] == "embargo":
            # Its time may follow; it is read from the whole subject, and is no part of the headline.
            rest = _UNTIL.sub("", _UNTIL.sub("", rest))
    for _round in range(2):
        below = _TAG_BELOW.search(rest[-80:])
        tag = _BY_WORD.get(re.sub(r"\s+", " ", below.group(1).lower())) if below else None
        if not below or not tag or not (below.group(2) or below.group(1).isupper()):
            break
        tags.append(tag)
        rest = rest[: len(rest) - len(below.group(0))]
    return tags, line(rest.strip(" :：;,|-–—") if tags else rest), answered


# --- embargoes ----------------------------------------------------------------------------------------------------

_ZONES: Final = {
    "z": 0,
    "gmt": 0,
    "utc": 0,
    "ut": 0,
    "wet": 0,
    "bst": 60,
    "wat": 60,
    "cet": 60,
    "mez": 60,
    "cest": 120,
    "mesz": 120,
    "cat": 120,
    "sast": 120,
    "eet": 120,
    "eest": 180,
    "eat": 180,
    "msk": 180,
    "gst": 240,
    "pkt": 300,
    "wib": 420,
    "sgt": 480,
    "hkt": 480,
    "jst": 540,
    "kst": 540,
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
    "est": -300,
    "edt": -240,
    "et": -300,
    "cdt": -300,
    "mdt": -360,
    "mst": -420,
    "pdt": -420,
    "pst": -480,
    "brt": -180,
    "art": -180,
}
_MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero janeiro gennaio januari ene gen",
            "feb february februar février fevrier febrero fevereiro febbraio februari fév",
            "mar march märz maerz mars marzo março maart mär mrz",
            "apr april avril abril aprile abr avr",
            "may mai mayo maio maggio maj mei mag",
            "jun june juni juin junio junho giugno giu",
            "jul july juli juillet julio julho luglio juil lug",
            "aug august août aout agosto augusti augustus ago",
            "sep sept september septembre septiembre setembro settembre set",
            "oct october oktober octobre octubre outubro ottobre okt ott out",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre diciembre dezembro dicembre dez dic déc",
        ),
        1,
    )
    for name in names.split()
}
_CLOCK: Final = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:(?:[:.]|\s?h\s?)(\d{2})(?!\d)|(?=\s?(?:[ap]\.?m|h|uhr|hrs)\b))(?::\d{2})?\s?([ap]\.?m\b\.?)?"
    r"\s?(?:uhr|hrs|hours|h)?\s?\(?([A-Za-z]{1,4}\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_CLOCK4: Final = re.compile(r"(?<!\d)([01]\d|2[0-3])([0-5]\d)\s?(?:hrs\s?)?(GMT|UTC|Z|CET|CEST|BST)\b", re.IGNORECASE)
_DAY_ISO: Final = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_DAY_NAMED: Final = re.compile(
    r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s(?:of\s|de\s)?([^\W\d_]{3,10})\.?,?\s(?:de\s)?(20\d\d)\b"
)
_NAMED_DAY: Final = re.compile(r"\b([^\W\d_]{3,10})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(20\d\d)\b")
_DAY_DOTS: Final = re.compile(r"(?<!\d)(\d{1,2})([./])(\d{1,2})[./](20\d\d)(?!\d)")
# A story may begin with the word too: what sets an embargo is in capitals, or goes on with a time or a colon.
_EMBARGO_LINE: Final = re.compile(
    r"\W*(?:(?i:strictly |strict |under |sous |bajo |sob |sotto |onder )?"
    r"(?:(?i:embargo(?:ed)?|sperrfrist|sperrvermerk|эмбарго|حظر نشر|محظور حتى)"
    r"(?=\s*:|\W*\Z|\W+(?i:until|till|bis|jusqu|hasta|até|fino|tot|for (?:release|publication)|до|حتى|\d))"
    r"|EMBARGO(?:ED)?\b)|(?i:not for (?:publication|release) (?:before|until)\b))"
)


def _day(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) of the one date in `text`; None if there is none, or it can be read in two ways."""
    found = _DAY_ISO.search(text)
    if found:
        return int(found.group(1)), int(found.group(2)), int(found.group(3))
    found = _DAY_NAMED.search(text)
    if found and found.group(2).lower() in _MONTHS:
        return int(found.group(3)), _MONTHS[found.group(2).lower()], int(found.group(1))
    found = _NAMED_DAY.search(text)
    if found and found.group(1).lower() in _MONTHS:
        return int(found.group(3)), _MONTHS[found.group(1).lower()], int(found.group(2))
    found = _DAY_DOTS.search(text)
    if found:
        first, second, year = int(found.group(1)), int(found.group(3)), int(found.group(4))
        if found.group(2) == "." or first > 12 or first == second:
            return year, second, first
        if second > 12:
            return year, first, second
    return None


def _moment_in(text: str, zone: str) -> str:
    """The moment that `text` names, as ISO 8601 (without a zone if none is known); "" if none can be read."""
    day = _day(text)
    if day is None:
        return ""
    bare = _DAY_DOTS.sub(" ", _DAY_ISO.sub(" ", text))
    found = _CLOCK.search(bare)
    if found:
        hour, minute = int(found.group(1)), int(found.group(2) or 0)
        half, named = (found.group(3) or "").lower()[:1], (found.group(4) or "").lower()
        if half == "p" and hour < 12:
            hour += 12
        elif half == "a" and hour == 12:
            hour = 0
    else:
        four = _CLOCK4.search(bare)
        if not four:
            return ""
        hour, minute, named = int(four.group(1)), int(four.group(2)), four.group(3).lower()
    try:
        at = datetime(*day, hour, minute)  # noqa: DTZ001 - its zone is told apart below
    except ValueError:
        return ""
    if named[:1] in ("+", "-"):
        return f"{at.isoformat()}{named}"
    if named in _ZONES:
        offset = _ZONES[named]
        sign, size = ("-" if offset < 0 else "+"), abs(offset)
        return f"{at.isoformat()}{sign}{size // 60:02d}:{size % 60:02d}"
    if zone and named not in ("ist", "cst", "ast"):
        return later(at, ZoneInfo(zone)).isoformat()
    return at.isoformat()


def _embargo(draft: _Draft, tags: Iterable[Tag], subject: str) -> tuple[Embargo, str]:
    """The embargo that the subject or the first lines of the text set."""
    first = [row.strip() for row in draft.first_text[:6000].splitlines() if row.strip()][:15]
    at = next((number for number, row in enumerate(first) if _EMBARGO_LINE.match(row)), None)
    if "embargo" not in tags and at is None:
        return None, ""
    said = [subject] if "embargo" in tags else []
    if at is not None:
        said.extend((first[at], " ".join(first[at : at + 2])))
    for text in said:
        found = _moment_in(text[:400], draft.profile.zone)
        if found:
            until, _raw = embargo_of(found, draft.profile, draft.odd)
            return until, line(text)[:300]
    draft.odd.append(
        Oddity(code="unreadable-embargo", text="It is under an embargo whose end cannot be read: a person must look.")
    )
    return "indefinite", line(" / ".join(unique(said[:2])))[:300]


# --- what is no copy, or asks -------------------------------------------------------------------------------------

_EARLIER: Final = re.compile(
    r"\s*(?:[-_]{2,}\s*(?:forwarded message|original message|weitergeleitete nachricht|ursprüngliche nachricht|"
    r"message transféré|message d['’]origine|mensaje (?:reenviado|original))\b|begin forwarded message:|"
    r"(?:from|von|de):\s[^\n]{1,200}\s(?:sent|date|gesendet|envoyé|enviado|fecha|datum|to|an|à|para)\s*:\s|"
    r"(?:on|am|le|el|em|il)\s.{6,200}\s(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto)\b[^:]{0,120}:)",
    re.IGNORECASE,
)
_ANY_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_ENOUGH_WORDS: Final = 25


def _quotes(body: str) -> bool:
    """True if an earlier message stands in the text, with the line that says who sent it: no reader must see that."""
    said = (html_library.unescape(_ANY_TAG.sub(" ", inner))[:600] for _kind, inner in markup.split_blocks(body))
    return any(_EARLIER.match(text) for text in said)


_ASKS: Final = re.compile(
    r"\b(?:please|kindly|pls)\s+(?:kill|withhold|withdraw|retract|disregard|discard|delete|do not (?:use|publish|run))"
    r"\b|\b(?:kill|withdraw|retract|withhold)(?:s|ing)? (?:our|the|this|that) (?:\w+ ){0,2}?"
    r"(?:story|report|item|copy|article|dispatch|release)\b|\bretraction (?:of|notice)\b"
    r"|\bveuillez (?:ne pas|annuler|supprimer)\b|\bbitte (?:nicht verwenden|löschen)\b",
    re.IGNORECASE,
)
_ROWS_THAT_ASK: Final = 8


def _asked(draft: _Draft, subject: str) -> str:
    """The line in which a message without a tag seems to ask for a story to be taken back; "" if there is none."""
    first = [line(row) for row in draft.first_text[:6000].splitlines() if row.strip()][:_ROWS_THAT_ASK]
    for row in (subject, *first):
        text = row[:500]
        marked = takes.is_marker(text) and takes.marks_in(text).takes_back is not None
        if marked or takes.advises_editors(text) or _ASKS.search(text):
            return text
    return ""


_DOCUMENT: Final = re.compile(r"\.(?:docx?|odt|rtf|pdf|pages|dat)\Z", re.IGNORECASE)


def _elsewhere(draft: _Draft, body: str) -> tuple[str, ...]:
    """A doubt about a message whose copy seems to be in a document that is attached."""
    if len(markup.text_of(body).split()) >= _ENOUGH_WORDS:
        return ()
    names = [each.headline for each in draft.associations if _DOCUMENT.search(each.headline)]
    return (f"Its copy seems to be in an attachment ({names[0][:80]}): read it there.",) if names else ()


# --- the item -----------------------------------------------------------------------------------------------------

_TYPES: Final[dict[Tag, EditorialType]] = {
    "kill": "kill",
    "withhold": "withhold",
    "correction": "correction",
    "clarification": "clarification",
    "update": "update",
    "advisory": "advisory",
    "repeat": "repeat",
}


def _parsed(draft: _Draft, head: _Head) -> Parsed:
    profile = draft.profile
    subject = head.first("subject")
    body = "".join(draft.pieces)
    if not (subject or body or draft.associations or draft.inner):
        raise Unreadable("This message says nothing: no subject, no text, no attachment. Ask for it to be sent again.")
    tags, rest, _answered = _tags(subject)
    doubts = _doubts(head, profile)
    until, raw = _embargo(draft, tags, subject)
    date = _date(head, draft.odd)
    own = next(iter(_ids(head.first("message-id"))), "")
    if not own:
        own = f"unnamed-{draft.sealed[:32]}"
        draft.odd.append(Oddity(code="no-message-id", text="It has no Message-ID: its bytes are its identity."))
    before = [*_ids(head.first("references")), *_ids(head.first("in-reply-to"))]
    sender = next(iter(_senders(head)), "")
    provider = profile.provider or sender.rpartition("@")[2]
    if not provider:
        provider = "unknown"
        draft.odd.append(Oddity(code="no-provider", text="It does not say who provides it."))
    proved = not doubts
    if not draft.inner:
        doubts = (*doubts, *_elsewhere(draft, body))
        if _quotes(body):
            doubts = (*doubts, "It quotes an earlier message: cut what is no copy before it is used.")
    asked = "" if {"kill", "withhold"} & set(tags) else _asked(draft, subject)
    types = in_order([*(_TYPES[tag] for tag in tags if tag in _TYPES), *(("kill",) if asked else ())])
    # Whoever can forge a message knows the ids of others: unless its sender is proved, it names nobody by itself.
    meant = before[-1] if before and proved else ""
    about = f" (in answer to {before[-1]})" if before else ""
    directives = tuple(
        Directive(
            status="canceled" if tag == "kill" else "withheld", target=meant, said=f"{subject[:400]}{about[:400]}"
        )
        for tag in dict.fromkeys(tags)
        if tag in ("kill", "withhold")
    )
    if asked:
        directives = (Directive(status="canceled", target="", said=f"{asked[:400]}{about[:400]}"),)
        doubts = (*doubts, "It seems to ask editors to take a story back: look at once.")
    byline, place = takes.opening_of(body)
    headline = rest or (subject if not tags else "") or _first_line(body)
    cover = Item(
        provider=provider,
        item_id=own,
        version_order=microseconds(date),
        thread_key=before[0] if before else own,
        type="advisory" if directives or "advisory" in types else _type_of(draft, body),
        status="usable",
        embargo_until=until,
        embargo_raw=raw,
        editorial_types=types,
        signals=tuple(dict.fromkeys(tags)),
        urgency=1 if "flash" in tags else 2 if "urgent" in tags else None,
        headline=headline,
        byline=byline,
        dateline=place,
        located=place,
        body_html=body,
        body_raw="\n".join(draft.raws),
        language=_language(head) or profile.language,
        first_created=date,
        version_created=date,
        associations=tuple(draft.associations),
        links=(
            *(Link(rel="inReplyTo", target=target) for target in unique(before)[:50]),
            *draft.links,
            *((Link(rel="sender", target=f"mailto:{sender}"),) if sender else ()),
        ),
        raw_sha256=draft.sealed,
        oddities=() if draft.inner else tuple(draft.odd),
        doubts=doubts,
        directives=directives,
    )
    parts = {**draft.parts, **draft.inner_parts}
    if not draft.inner:
        if not (body or draft.associations):
            cover = replace(
                cover,
                oddities=(*cover.oddities, Oddity(code="no-content", text="It has a subject and nothing else.")),
            )
        return Parsed(items=(cover,), format=NAME, parts=parts)
    inner = tuple(_carried(item, cover, draft) for item in draft.inner)
    spoken = len(markup.text_of(body).split())
    if directives or (spoken >= 25 and not draft.body_is_wire):
        # The message says something of its own beside what it carries.
        inner = (replace(cover, type="advisory"), *inner)
    elif body:
        note = EdNote(text=markup.text_of(body), role="covering message")
        inner = tuple(replace(item, ednotes=(*item.ednotes, note)) for item in inner)
    return Parsed(items=inner, oddities=tuple(draft.odd), format=NAME, parts=parts)


def _carried(item: Item, cover: Item, draft: _Draft) -> Item:
    """An item from inside of a message: held as the message is, its pictures found among the attachments.

    A message whose sender is not proved takes nothing down: what it carries asks a person to.
    """
    types = [*item.editorial_types, *(kind for kind in cover.editorial_types if kind in ("kill", "withhold"))]
    status, odd = item.status, item.oddities
    directives = item.directives
    if cover.doubts and status in ("canceled", "withheld"):
        types.append("kill" if status == "canceled" else "withhold")
        odd = (
            *odd,
            Oddity(
                code="takedown-not-proved",
                text=f"It is {status}, but who sent it is not proved: a person must decide.",
            ),
        )
        directives = (*directives, Directive(status=status, target=item.item_id, said=f"{status} in a message"))
        status = "unknown"
    if cover.doubts:
        # It names nobody by itself: a person reads whom it means.
        directives = tuple(
            replace(each, target="", before=None, exact=False, said=f"{each.said} ({each.target})")
            for each in directives
        )
    return replace(
        item,
        status=status,
        editorial_types=in_order(types),
        embargo_until=item.embargo_until or cover.embargo_until,
        embargo_raw=item.embargo_raw or cover.embargo_raw,
        raw_sha256=draft.sealed,
        oddities=odd,
        doubts=(*item.doubts, *cover.doubts),
        directives=directives,
        renditions=tuple(_found(each, draft) for each in item.renditions),
        associations=(
            *(
                replace(each, renditions=tuple(_found(form, draft) for form in each.renditions))
                for each in item.associations
            ),
            *_unclaimed(item, draft),
        ),
    )


def _found(rendition: Rendition, draft: _Draft) -> Rendition:
    """`rendition` with the attachment that it names."""
    if rendition.part or not rendition.href:
        return rendition
    name = rendition.href.rpartition("/")[2].lower()
    part = draft.named.get(name) or draft.named.get(rendition.href.lower())
    return replace(rendition, part=part) if part else rendition


def _unclaimed(item: Item, draft: _Draft) -> Iterator[Association]:
    """Attachments that the only item of a message does not name."""
    if len(draft.inner) != 1:
        return
    forms = [*item.renditions, *(form for each in item.associations for form in each.renditions)]
    claimed = {form.href.rpartition("/")[2].lower() for form in forms}
    for association in draft.associations:
        if all(form.href.lower() not in claimed for form in association.renditions):
            yield association


def _type_of(draft: _Draft, body: str) -> Literal["text", "picture", "video", "audio", "composite"]:
    if body or not draft.associations:
        return "text"
    kinds = {association.type for association in draft.associations if association.type}
    if len(kinds) != 1:
        return "composite"
    return "picture" if "picture" in kinds else "video" if "video" in kinds else "audio"


def _first_line(body: str) -> str:
    first = markup.text_of(body).partition("\n")[0]
    return first if len(first) <= 150 else f"{first[:149]}…"


_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z")


def _language(head: _Head) -> str:
    named = head.first("content-language").partition(",")[0].strip()
    return named if _LANGUAGE.match(named) else ""
