"""What a page function returns, and how pages are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from standfirst.edition.reads import Reads


class PageRef(NamedTuple):
    """A page that may exist: its address, which function prints it (`kind`), and of what (`subject`)."""

    path: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Output:
    """A printed page. `status` is 200, 301 (then `location` is the target path and `body` empty) or 410."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


Blobs = Callable[[str], bytes]
"""Fetches the original bytes of a picture by its seal (SHA-256). Content-addressed, so still a pure input."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a page function gets beside its reads: content-addressed bytes, nothing that varies."""

    blob: Blobs


Render = Callable[[Reads, PageRef, Press], Output | None]
"""Prints a page. None: nothing exists at this address now."""

Renderers = Mapping[str, Render]
