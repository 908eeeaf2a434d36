"""From files to stories that can be written: no database, a line at a time, and a sentence for each that is refused."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings

from standfirst.archive import lines
from standfirst.archive.folders import Folder, named_by
from standfirst.kit import clock, digests, markup, sitefiles
from standfirst.kit.errors import Refused
from standfirst.stories import addresses
from standfirst.stories.languages import LANGUAGES, known_or
from standfirst.stories.models import RESERVED
from standfirst.wire import drafting, formats
from standfirst.wire.item import Item, encode, hold_reasons

LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of one line. A longer one is no story."""

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes of a file that is read as a whole: any but one of lines."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LEFT_OUT: Final = re.compile(r"<(?:img|video|audio|iframe|embed|object)\b", re.IGNORECASE)
_PICTURE: Final = re.compile(r"<im(?:g|age)\b", re.IGNORECASE)
"""Browsers read `<image>` as `<img>`."""
_DAY: Final = re.compile(r"/\d{4}/\d\d/\d\d/\Z")


WRITTEN: Final = f"give one of {', '.join(tag for tag, _ in LANGUAGES)}, alone or with a region such as pt-BR"
"""What to do about a language that is none of ours."""


@dataclass(frozen=True, slots=True)
class Note:
    kind: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture that a story is to show, as far as the story says."""

    folder: Folder
    file: str
    block: str = ""
    """Id of its block in the body; "" for the lead."""
    alt: str = ""
    caption: str = ""
    credit: str = ""
    holder: str = ""
    terms: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Without:
    """A picture without which a story comes: the file as named, why, and what to do."""

    where: str
    file: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: It comes without the picture “{_plain(self.file)[:200]}”. {self.why}"


@dataclass(frozen=True, slots=True)
class Traced:
    """Where agency copy came from."""

    provider: str
    item_id: str
    version: str
    version_order: int
    seal: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A story to be written. `fields` are those of `stories.Story` in plain JSON, `body` as it is stored.

    The body has blocks for the pictures that it asks for, which name none until those are in the library.
    """

    where: str
    """File and line, for people."""
    ident: str
    digest: str
    section: tuple[str, ...]
    further: tuple[tuple[str, ...], ...]
    fields: Mapping[str, Any]
    body: Sequence[Mapping[str, Any]]
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    published: datetime
    refreshed: datetime
    last_part: str
    former: tuple[str, ...]
    corrections: tuple[Note, ...] = ()
    origin: Traced | None = None
    left_out: int = 0
    """Pictures and players in its text that lie elsewhere, or are not there."""
    pictures: tuple[Asked, ...] = ()
    without: tuple[Without, ...] = ()
    lead: int | None = None
    """Id of its lead picture in the library, once that is there."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not imported: where it stands, why not, and what to do."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What stands in where a story does not say."""

    section: tuple[str, ...] = ()
    language: str = "en"
    pictures: Path | None = None
    """The folder of the pictures. None: that of the file which is read."""


@dataclass(slots=True)
class Progress:
    """How far reading has come, for whoever shows it."""

    read: int = 0
    total: int = 0


def read(path: Path, shown: str, terms: Terms, progress: Progress | None = None) -> Iterator[Copy | Refusal]:
    """Every story of one file, in bounded memory: lines of JSON, or ninjs 1 to 3."""
    progress = progress or Progress()
    before = progress.read
    folder = Folder(terms.pictures or path.parent, closed=settings.STANDFIRST.home)
    if path.is_dir():
        yield Refusal(shown, f"It is a folder: name the files in it, such as {shown.rstrip('/')}/*.jsonl.")
        return
    try:
        size = path.stat().st_size
        if _in_lines(path):
            with path.open("rb") as file:
                number = 0
                while data := file.readline(LONGEST_LINE + 1):
                    number += 1
                    progress.read += len(data)
                    where = f"{shown}, line {number}"
                    if len(data) > LONGEST_LINE:
                        yield Refusal(
                            where, f"It is longer than {LONGEST_LINE:,} bytes, which is no story. Look at it."
                        )
                        while data and not data.endswith(b"\n"):
                            data = file.readline(LONGEST_LINE)
                            progress.read += len(data)
                    elif data.strip():
                        yield from _line(data, where, terms, folder)
        elif size > LARGEST_FILE:
            yield Refusal(shown, "It is too large to be read in one piece: write it with one story a line.")
        else:
            yield from _whole(path.read_bytes(), shown, terms)
    except OSError as error:
        yield Refusal(shown, f"It could not be read ({error.strerror}): look at its name and its permissions.")
    progress.read = before + size if "size" in locals() else progress.read


def _in_lines(path: Path) -> bool:
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
        while first and not first.strip():
            first = file.readline(LONGEST_LINE)
    try:
        return isinstance(msgspec.json.decode(first), dict)
    except UnicodeDecodeError:
        return first.lstrip().startswith(b"{")  # said of the line
    except (msgspec.DecodeError, RecursionError):
        return False


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- our own lines ------------------------------------------------------------------------------------------------


def _line(data: bytes, where: str, terms: Terms, folder: Folder) -> Iterator[Copy | Refusal]:
    try:
        value = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if _is_utf8(data):
            yield Refusal(where, f"This is no JSON ({error}): every story stands on one line, as one object, in UTF-8.")
        else:
            yield Refusal(where, "It is not UTF-8: save the file as UTF-8.")
        return
    if not isinstance(value, dict):
        yield Refusal(where, "This is no JSON object: every story stands on one line, as one object.")
    elif "id" not in value and ("uri" in value or "guid" in value):
        yield from _whole(data, where, terms)
    else:
        try:
            digest = digests.seal(json.dumps(value, sort_keys=True, ensure_ascii=True).encode())
            yield _copy(lines.read(value), where, digest, terms, folder)
        except ValueError as error:
            said = str(error)
            yield Refusal(where, f"{said[:1].upper()}{said[1:]}.")


def _copy(line: lines.Line, where: str, digest: str, terms: Terms, folder: Folder) -> Copy:
    """Raises `ValueError` with what is wrong."""
    language = line.language or terms.language
    if not (known := known_or(language, "")):
        raise ValueError(f"in the field “language”, “{language}” is none that stories here are written in: {WRITTEN}")
    body, pictures, without = _body(line.body_html, folder, where)
    left_out = len(_LEFT_OUT.findall(line.body_html)) - len(pictures) - len(without)
    if all(block["type"] == "picture" for block in body):
        raise ValueError(
            "in the field “body_html” there are no words that readers could read: pictures alone do not "
            "come along, so write the story by hand"
        )
    headline = _plain(line.headline)
    if not headline:
        raise ValueError("in the field “headline”, it is empty: give it words")
    section = section_of(line.section) or terms.section
    _check_times(line.published, "published")
    for note in line.corrections:
        if not _plain(note.text):
            raise ValueError("in the field “corrections”, a note has no words: say what was wrong and what is right")
        _check_times(note.at, "corrections")
    moments = [line.published, *(note.at for note in line.corrections)]
    if line.refreshed is not None:
        _check_times(line.refreshed, "refreshed")
        moments.append(line.refreshed)
    authors = tuple(dict.fromkeys(name for each in line.authors if (name := _plain(each))))
    topics = tuple(dict.fromkeys(name for each in line.topics if (name := _plain(each))))
    if line.picture is not None:
        pictures.insert(0, _lead(line.picture, folder))
    fields = {
        "title": headline,
        "kicker": _plain(line.kicker),
        "short_headline": _plain(line.short_headline),
        "standfirst": _plain(line.standfirst),
        "byline": _plain(line.byline),
        "credit": _plain(line.credit),
        "dateline": _plain(line.dateline),
        "slugline": "",
        "lead_caption": "",
        "language": known,
    }
    return Copy(
        where=where,
        ident=str(line.id),
        digest=digest,
        section=_some_section(section),
        further=tuple(parts for each in line.further_sections if (parts := section_of(each)) and parts != section),
        fields=fields,
        body=body,
        authors=authors,
        topics=topics,
        published=line.published,
        refreshed=max(moments),
        last_part=addresses.last_part_of(_words(line.slug) or fields["short_headline"] or headline),
        former=tuple(dict.fromkeys(former_path(path) for path in line.former_addresses)),
        corrections=tuple(Note(note.kind, note.text.strip(), note.at) for note in line.corrections),
        left_out=max(left_out, 0),
        pictures=tuple(pictures),
        without=tuple(without),
    )


def _lead(picture: lines.Picture, folder: Folder) -> Asked:
    if picture.expires is not None and not 1600 <= picture.expires.year <= 9000:
        raise ValueError(
            f"in the field “picture”, the right ends in the year {picture.expires.year}: leave “expires” out if it "
            "does not end"
        )
    return Asked(
        folder,
        picture.file,
        alt=_plain(picture.alt),
        caption=_plain(picture.caption),
        credit=_plain(picture.credit),
        holder=_plain(picture.holder),
        terms=_printable(picture.terms).strip(),
        expires=picture.expires,
    )


def _some_section(section: tuple[str, ...]) -> tuple[str, ...]:
    if not section:
        raise ValueError("it names no section: add the field “section”, or give one for all with --section")
    return section


def _check_times(moment: datetime, field: str) -> None:
    if moment > clock.now():
        raise ValueError(
            f"in the field “{field}” is a time to come: what is not published yet is written and scheduled by hand"
        )
    if moment.year < 1600:
        raise ValueError(
            f"in the field “{field}” is the year {moment.year}, which is none that a story was published in"
        )


def _plain(text: str) -> str:
    return " ".join(_CONTROL.sub("", text).split())


def _printable(text: str) -> str:
    return _CONTROL.sub("", text)


def _words(slug: str) -> str:
    return slug.replace("-", " ").replace("/", " ").strip()


def section_of(path: str) -> tuple[str, ...]:
    """The parts of a section's path, as written: "/News/World affairs/" is ("News", "World affairs").

    Raises:
        ValueError: a part is no word, or is kept for the site itself.
    """
    parts = tuple(part for each in path.split("/") if (part := _plain(each)))
    for part in parts:
        slug = addresses.last_part_of(part)
        if slug.isdigit() or slug in RESERVED or not any(sign.isalnum() for sign in part):
            raise ValueError(f"in the field “section”, “{part}” cannot be the name of one: choose another word")
        if len(part) > 80:
            raise ValueError(f"in the field “section”, “{part[:40]}…” is too long for a name")
    return parts


def former_path(path: str) -> str:
    """A path that a story had, in the form in which it is kept: with a slash at its end unless it names a file.

    Raises:
        ValueError: it is none that can answer.
    """
    wrong = f"in the field “former_addresses”, “{path[:100]}” "
    if "?" in path or "#" in path or "://" in path or not path.startswith("/"):
        raise ValueError(f"{wrong}is no path: write it like /2014/05/harbour-lamps/, without host and question mark")
    path = unicodedata.normalize("NFC", path)
    if not path.endswith("/") and "." not in path.rpartition("/")[2]:
        path += "/"
    first = path.split("/")[1]
    if first in RESERVED or path == "/" or _DAY.match(path) or path.endswith("/feed.xml") or path.count("/") < 2:
        raise ValueError(f"{wrong}is kept for the site itself: leave it out")
    try:
        sitefiles.file_of(path, 301)
    except sitefiles.BadPath as error:
        raise ValueError(f"{wrong}cannot be kept ({error}): leave it out") from None
    if len(path) > 700:
        raise ValueError(f"{wrong}is longer than 700 characters: leave it out")
    return path


# --- bodies -------------------------------------------------------------------------------------------------------


def _body(html: str, folder: Folder, where: str) -> tuple[list[dict[str, Any]], list[Asked], list[Without]]:
    """The blocks of a text, the pictures in it that are there, and those that are there and must not be used."""
    html = _printable(html)
    if not _PICTURE.search(html):
        return stored(drafting.blocks_of(html)), [], []
    without: list[Without] = []

    @cache
    def wanted(src: str) -> bool:
        name = named_by(src)
        try:
            return bool(name) and folder.there(name)
        except Refused as refused:
            without.append(Without(where, _plain(name), str(refused)))
            return False

    pieces = markup.split_figures(html, wanted)
    if not any(isinstance(piece, markup.Figure) for piece in pieces):
        return stored(drafting.blocks_of(html)), [], without
    body: list[dict[str, Any]] = []
    pictures: list[Asked] = []
    for piece in pieces:
        if isinstance(piece, markup.Figure):
            block = str(uuid.uuid4())
            body.append({"type": "picture", "value": {"picture": None, "caption": ""}, "id": block})
            name, alt, caption = named_by(piece.src), _plain(piece.alt)[:400], _plain(piece.caption)
            pictures.append(Asked(folder, name, block, alt=alt, caption=caption))
        else:
            body += stored(drafting.blocks_of(piece))
    return body, pictures, without


def stored(blocks: Sequence[drafting.Block]) -> list[dict[str, Any]]:
    """Blocks as a story's body keeps them: plain JSON, every block and every item of a list with an id."""
    body: list[dict[str, Any]] = []
    for kind, value in blocks:
        if kind == "list":
            items = [{"type": "item", "value": item, "id": str(uuid.uuid4())} for item in value["items"]]
            value = {"items": items, "ordered": bool(value["ordered"])}
        body.append({"type": kind, "value": value, "id": str(uuid.uuid4())})
    return body


# --- ninjs --------------------------------------------------------------------------------------------------------


def _whole(data: bytes, where: str, terms: Terms) -> Iterator[Copy | Refusal]:
    try:
        parsed = formats.parse(data)
    except formats.Unreadable as error:
        yield Refusal(where, str(error))
        return
    if parsed.format != "ninjs":
        yield Refusal(where, f"This is {parsed.format}, not ninjs: take wire files in with `standfirst wire take-in`.")
        return
    if not parsed.items:
        yield Refusal(where, "There is no story in it that could be read.")
    for odd in parsed.oddities:
        if odd.code != "no-items":
            yield Refusal(where, odd.text)
    for item in parsed.items:
        place = f"{where}, {item.item_id}"
        try:
            yield _of_item(item, place, terms)
        except ValueError as error:
            said = str(error)
            yield Refusal(place, f"{said[:1].upper()}{said[1:]}.")


def _of_item(item: Item, where: str, terms: Terms) -> Copy:
    if item.type not in ("text", "composite"):
        raise ValueError(f"it is {item.type}, not text: only stories are imported")
    if item.status != "usable":
        raise ValueError(f"its status is {item.status}: only what was published is imported")
    if item.embargo_until == "indefinite" or (item.embargo_until is not None and item.embargo_until > clock.now()):
        raise ValueError("it is under an embargo: take it in with `standfirst wire take-in`, which keeps it back")
    if item.expires is not None and item.expires <= clock.now():
        raise ValueError("the right to show it has ended")
    if reasons := hold_reasons(item):
        raise ValueError(
            f"a person must look at it first ({reasons[0].rstrip('.')}): take it in with `standfirst wire take-in`"
        )
    copy = drafting.copy_of(item, credit="", language=terms.language)
    published = item.content_created or item.first_created or item.version_created
    if published is None:
        raise ValueError("it does not say when it was published: add firstCreated or versionCreated")
    _check_times(published, "firstCreated")
    refreshed = item.version_created or published
    _check_times(refreshed, "versionCreated")
    if not copy.body or not copy.title:
        raise ValueError("it has no headline or no text")
    fields = {name: value for name, value in copy.fields().items() if name != "body"}
    return Copy(
        where=where,
        ident=item.item_id,
        digest=digests.seal(encode(msgspec.structs.replace(item, raw_sha256=""))),
        section=_some_section(terms.section),
        further=(),
        fields={**{name: _printable(str(value)) for name, value in fields.items()}, "short_headline": ""},
        body=stored(copy.body),
        authors=(),
        topics=(),
        published=published,
        refreshed=max(published, refreshed),
        last_part=addresses.last_part_of(copy.title),
        former=(),
        origin=Traced(item.provider, item.item_id, item.version_raw, item.version_order, item.raw_sha256),
        left_out=len(_LEFT_OUT.findall(item.body_html)),
    )
