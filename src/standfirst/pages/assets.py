"""Style sheet, scripts, icon, faces and a newsroom's own files under names that carry a hash of their content, and the
epoch that they belong to.

The style sheet is `theme/*.css` in one file: `tokens.css` (all colours, sizes and faces), `base.css`, then one file a
component, each in its cascade layer; a newsroom's own (`theming`) in their places and after them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from standfirst.edition.snapshots import Epoch
from standfirst.kit import sitefiles
from standfirst.pages import templates
from standfirst.pages.templates import SOURCES, THEME
from standfirst.pages.words import spoken

FOUNDATIONS = ("tokens", "base")

OWN: Final = "own"
"""The newsroom's style sheet that comes after all others."""


def script(source: str) -> str:
    """A script without the comments and the space that lines begin with: ours have a comment only on its own line."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


OURS: Final[Mapping[str, bytes]] = {
    path.name: script(path.read_text("utf-8")).encode() if path.suffix == ".js" else path.read_bytes()
    for path in sorted(THEME.iterdir())
    if path.suffix in {".js", ".svg", ".woff2"}
}
"""Files that style sheets and pages name, read once."""

URL: Final = re.compile(r"url\(\s*(\"[^\"]*\"|'[^']*'|[^)]*)\)", re.IGNORECASE)


LOGOS: Final = ("logo.svg", "logo.webp", "logo.png")
DARK_LOGOS: Final = ("logo-dark.svg", "logo-dark.webp", "logo-dark.png")
"""What a newsroom's theme may have in the place of the name in the masthead; the first that is there is used."""


class Asset(NamedTuple):
    """A file that pages refer to: its name in templates, its address, its bytes."""

    name: str
    path: str
    body: bytes
    content_type: str


class _Own(NamedTuple):
    styles: Mapping[str, str]
    files: Mapping[str, bytes]
    sizes: Mapping[str, tuple[int, int]]


_own = _Own({}, {}, {})


def use(*, styles: Mapping[str, str], files: Mapping[str, bytes], sizes: Mapping[str, tuple[int, int]]) -> None:
    """Style and decorate pages with a newsroom's own files from now on. `styles` by component, `files` by name."""
    global _own
    _own = _Own(dict(styles), dict(files), dict(sizes))
    assets.cache_clear()
    epoch.cache_clear()


def minify(css: str) -> str:
    """Style sheet text without comments and idle space. Our files put a space after the colon of a declaration and
    nowhere else after a colon, which makes this safe."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


def _style_sheet(paths: Mapping[str, str]) -> bytes:
    own = dict(_own.styles)
    last = own.pop(OWN, "")
    tokens = own.pop("tokens", "")
    parts = {path.stem: minify(path.read_text("utf-8")) for path in sorted(THEME.glob("*.css"))}
    parts.update(own)
    layers = [(name, parts.pop(name)) for name in FOUNDATIONS]
    layers[0] = (layers[0][0], f"{layers[0][1]}\n{tokens}" if tokens else layers[0][1])
    layers.append(("components", "\n".join(parts.values())))
    if last:
        layers.append((OWN, last))
    order = f"@layer {','.join(name for name, _ in layers)};"
    css = order + "".join(f"@layer {name}{{{css}}}" for name, css in layers)
    return URL.sub(lambda found: f"url({paths.get(found[1].strip(), 'none')})", css).encode()


def sizes() -> Mapping[str, tuple[int, int]]:
    """Width and height of each logo of the newsroom's theme, in CSS pixels."""
    return _own.sizes


def _asset(name: str, body: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    path = f"/assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}"
    return Asset(name, path, body, sitefiles.media_type(name))


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """The assets of this code and of the newsroom's theme, by name."""
    files = {**OURS, **_own.files}
    found = {name: _asset(name, body) for name, body in files.items()}
    css = _style_sheet({name: asset.path for name, asset in found.items()})
    # A face that no style sheet names is asked for by nobody.
    used = {name: asset for name, asset in found.items() if not name.endswith(".woff2") or asset.path.encode() in css}
    return {"site.css": _asset("site.css", css), **used}


@lru_cache(maxsize=1)
def epoch() -> Epoch:
    """The record of what prints the pages now: templates, styles, phrases, the code of this department, its engine and
    Babel, whose data say how dates are written, and the newsroom's theme.

    The worker stores it when it starts; if its digest differs from the stored one, every page is due for printing.
    """
    sources = [(name, source.encode()) for name, source in SOURCES.items()]
    sources += [(f"own/{name}", source.encode()) for name, source in sorted(templates.own().items())]
    code = [(path.name, path.read_bytes()) for path in sorted(Path(__file__).parent.glob("*.py"))]
    code += [("locale", spoken().digest.encode())]
    code += [(library, version(library).encode()) for library in ("babel", "minijinja")]
    looks = [(asset.path, asset.body) for asset in assets().values()]
    return Epoch(
        id="pages",
        digest=_digest([*sources, *looks, *code]),
        assets=tuple((asset.name, asset.path) for asset in assets().values()),
        formats=_digest([*((name, body) for name, body in sources if name.endswith(".xml")), *code]),
    )


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, body in parts:
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:16]
