"""What the transports of files share: which names are not finished, which files belong together, which are whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import msgspec

UNFINISHED: Final = (".part", ".tmp", ".temp", ".partial", ".filepart", ".crdownload", ".swp", ".lock", ".lck", "~")
"""Endings of names that a sender renames once the file is whole."""

_PARTS: Final = frozenset(
    "jpg jpeg jpe png gif tif tiff webp avif heic bmp eps svg pdf ai "
    "mp3 wav m4a aac ogg mp4 m4v mov mpg mpeg avi webm".split()
)
"""Endings of files that mostly belong to another: pictures, sound, film."""

_MENTIONED: Final = re.compile(
    rb"""["'>=\s]([^"'<>:;,|?*\\\s]{1,200}\.(?:jpe?g|png|gif|tiff?|webp|heic|mp4|mp3|mov))["'<\s]""", re.IGNORECASE
)
_ROOT: Final = re.compile(rb"<([A-Za-z_][\w.:-]{0,80})")
_SEARCHED: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file at the other end: its path below the folder with "/", its size, and when it last changed, as told."""

    path: str
    size: int
    changed: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


def unfinished(name: str) -> bool:
    """True for hidden files and those that are still being written, by their names."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def is_part(path: str) -> bool:
    """True for pictures, sound and film, which mostly belong to another file."""
    return path.rpartition(".")[2].lower() in _PARTS and "." in path


def belonging(lead: Entry, data: bytes, parts: Iterable[Entry]) -> dict[str, Entry]:
    """Those of `parts` that belong to `lead`: named in it, or of the same stem beside it. By the name that the lead
    uses: the path from its own folder."""
    found: dict[str, Entry] = {}
    searched = data[:_SEARCHED]
    stem = lead.name.rpartition(".")[0] or lead.name
    prefix = f"{lead.folder}/" if lead.folder else ""
    for part in parts:
        if not part.path.startswith(prefix):
            continue
        beside = part.folder == lead.folder and part.name.rpartition(".")[0] == stem
        if beside or part.name.encode("utf-8", "surrogateescape") in searched:
            found[part.path[len(prefix) :]] = part
    return found


def missing(data: bytes, parts: Iterable[str]) -> bool:
    """True if `data` names a picture file beside it that is not among `parts`. Web addresses do not count."""
    known = {PurePosixPath(part).name.lower() for part in parts}
    for match in _MENTIONED.finditer(data[:_SEARCHED]):
        name = match.group(1).decode("utf-8", "replace")
        if "//" not in name and PurePosixPath(name).name.lower() not in known:
            return True
    return False


def whole(data: bytes) -> bool:
    """True if `data` is surely complete: XML whose root is closed, or JSON that can be read."""
    head = data[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<"):
        root = _ROOT.search(head)
        tail = data[-400:].rstrip(b"\x00 \t\r\n")
        return root is not None and tail.endswith(b"</" + root.group(1) + b">")
    if head.startswith((b"{", b"[")) and len(data) <= 8_000_000:
        try:
            msgspec.json.decode(data)
        except msgspec.MsgspecError:
            return False
        return True
    return False


def signed_off(data: bytes) -> bool:
    """True if `data` is copy in telegraph style that ends as a message does: with EOT, or NNNN. Another message may
    follow it in the same file."""
    tail = data[-64:].rstrip(b"\x00\x7f \t\r\n")
    return tail.endswith((b"\x04", b"NNNN"))


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The oldest first."""
    return sorted(entries, key=lambda entry: (entry.changed, entry.path))


def wanted(path: str, patterns: Sequence[str]) -> bool:
    """True if the name fits one of the patterns, e.g. "*.xml"; all do if there are none."""
    return not patterns or is_part(path) or any(PurePosixPath(path).match(pattern) for pattern in patterns)


def unchanged(before: Mapping[str, tuple[int, str]], entry: Entry) -> bool:
    """True if the entry is as it was when it was last seen."""
    return before.get(entry.path) == (entry.size, entry.changed)
