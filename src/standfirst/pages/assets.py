"""Style sheet and icon under names that carry a hash of their content, and the epoch that they belong to.

The style sheet is `theme/*.css` in one file: `tokens.css` (all colours and sizes), `base.css`, then one file a
component, each in its cascade layer.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from standfirst.edition.snapshots import Epoch
from standfirst.pages.templates import SOURCES, THEME

FOUNDATIONS = ("tokens", "base")


class Asset(NamedTuple):
    """A file that pages refer to: its name in templates, its address, its bytes."""

    name: str
    path: str
    body: bytes
    content_type: str


def minify(css: str) -> str:
    """Style sheet text without comments and idle space. Our files put a space after the colon of a declaration and
    nowhere else after a colon, which makes this safe."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


def _style_sheet() -> bytes:
    parts = {path.stem: path.read_text("utf-8") for path in sorted(THEME.glob("*.css"))}
    layers = [(name, parts.pop(name)) for name in FOUNDATIONS]
    layers.append(("components", "\n".join(parts.values())))
    order = f"@layer {','.join(name for name, _ in layers)};"
    return (order + "".join(f"@layer {name}{{{minify(css)}}}" for name, css in layers)).encode()


def _asset(name: str, body: bytes, content_type: str) -> Asset:
    stem, _, suffix = name.rpartition(".")
    return Asset(name, f"/assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}", body, content_type)


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """The assets of this code, by name."""
    found = (
        _asset("site.css", _style_sheet(), "text/css; charset=utf-8"),
        _asset("icon.svg", (THEME / "icon.svg").read_bytes(), "image/svg+xml"),
    )
    return {asset.name: asset for asset in found}


@lru_cache(maxsize=1)
def epoch() -> Epoch:
    """The record of what prints the pages now: templates, styles, the code of this department and its engine.

    The worker stores it when it starts; if its digest differs from the stored one, every page is due for printing.
    """
    digest = hashlib.sha256()
    parts = [(name, source.encode()) for name, source in SOURCES.items()]
    parts += [(asset.path, asset.body) for asset in assets().values()]
    parts += [(path.name, path.read_bytes()) for path in sorted(Path(__file__).parent.glob("*.py"))]
    parts += [("minijinja", version("minijinja").encode())]
    for name, body in parts:
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return Epoch(
        id="pages",
        digest=digest.hexdigest()[:16],
        assets=tuple((asset.name, asset.path) for asset in assets().values()),
    )
