"""A newsroom's own theme: what it puts in the place of the files in `theme/`, or beside them.

    tokens.css          colours, sizes and faces that differ from ours; read after our own
    <component>.css     in the place of our style sheet of that component
    <component>.html    in the place of our template of that name; also .xml
    own.css             whatever else should look different; it comes last and wins
    logo.svg            in the masthead, in the place of the name; also .png and .webp. logo-dark: on dark pages
    icon.svg            the site's icon
    <name>.woff2        and pictures that style sheets name: url(face.woff2)
    <language>.po       phrases in a language that we lack, or in the place of ours

A theme is read once, with everything that is wrong with it as sentences, and what is wrong is left out: ours stays in
its place. What only shows while a page is printed (a name that no page gives) is found there, and that page is printed
with our own component instead. So a theme can make pages ugly, but never takes one away.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image, UnidentifiedImageError

from standfirst.kit import xml
from standfirst.pages import assets, catalogues, templates, words

TEXTS: Final = frozenset({"html", "xml", "css"})
FILES: Final = frozenset({"svg", "png", "webp", "woff2"})
LOGOS: Final = (*assets.LOGOS, *assets.DARK_LOGOS)

MOST_FILES: Final = 200
LONGEST_TEXT: Final = 256 * 1024
LARGEST_FILE: Final = 512 * 1024
LARGEST: Final = 4 * 1024 * 1024
"""Bytes: of one text, of one other file, of all together."""

HEAVY: Final = 60 * 1024
"""Bytes of faces and logos from which readers on paid data should be thought of."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_COMMENTS: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRINGS: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'")
_FOREIGN: Final = re.compile(r"@import\b|@charset\b|expression\s*\(|-moz-binding|behavior\s*:", re.IGNORECASE)


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong with one file of a theme. `says` names the file and what was done; `remedy` what to do."""

    file: str
    says: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.says} {self.remedy}"


class Theme(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is used of a newsroom's theme, by the names of its files, and what is not and why."""

    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    """Width and height of each logo, in CSS pixels."""
    languages: dict[str, bytes] = {}
    """Catalogues of phrases, as they were read."""
    mistakes: tuple[Mistake, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that is used: two themes with the same one print the same pages."""
        sealed = hashlib.sha256()
        texts = ((name, text.encode()) for name, text in self.texts.items())
        for name, body in sorted([*texts, *self.files.items(), *self.languages.items()]):
            sealed.update(f"{name}\0{len(body)}\0".encode())
            sealed.update(body)
        return sealed.hexdigest()[:16] if self.texts or self.files or self.languages else ""


NONE: Final = Theme()


# --- reading -------------------------------------------------------------------------------------------------------


def read(folder: Path) -> Theme:
    """The theme in `folder`, NONE if there is no such folder. Never raises for what is in it."""
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    languages: dict[str, bytes] = {}
    mistakes: list[Mistake] = []
    total = 0
    for path in _files(folder, mistakes):
        try:
            body = _body(path)
            total += len(body)
            if total > LARGEST:
                raise _Wrong(
                    f"does not fit: all files of a theme may have {LARGEST // 2**20} MB",
                    "Make pictures and faces smaller.",
                )
            ending = path.suffix[1:]
            if ending == "po":
                languages[path.name] = body
                mistakes += _misspelt(path.name, body)
            elif ending in TEXTS:
                texts[path.name] = _text(path.name, body)
            else:
                if path.name in LOGOS:
                    sizes[path.name] = _size(path.name, body)
                files[path.name] = _drawing(body) if ending == "svg" else body
        except _Wrong as wrong:
            mistakes.append(Mistake(path.name, f"{path.name} {wrong.says}, so it is left out.", wrong.remedy))
    for name in list(texts):
        if name.endswith(".css"):
            texts[name] = _resolved(name, texts[name], files, mistakes)
    if (weight := sum(len(body) for body in files.values())) > HEAVY:
        mistakes.append(
            Mistake(
                "",
                f"The theme's faces and pictures have {weight // 1024} KB together; readers pay for those that a page "
                "shows.",
                "Cut faces down to the letters that are used, and draw logos simply.",
            )
        )
    return Theme(texts=texts, files=files, sizes=sizes, languages=languages, mistakes=tuple(mistakes))


def _misspelt(name: str, body: bytes) -> Iterator[Mistake]:
    for fault in catalogues.read(name, body, words.PHRASES)[1]:
        yield Mistake(name, f"{name}: {fault}", f"`standfirst words {name}` tells whether all is well.")


class _Wrong(Exception):
    def __init__(self, says: str, remedy: str) -> None:
        super().__init__(says)
        self.says = says
        self.remedy = remedy


def _files(folder: Path, mistakes: list[Mistake]) -> Iterator[Path]:
    try:
        found = sorted(
            path for path in folder.iterdir() if not path.name.startswith(".") and not path.name.endswith("~")
        )
    except FileNotFoundError:
        return
    except OSError as fault:
        mistakes.append(
            Mistake(
                "",
                f"The folder {_told(folder)} cannot be read ({fault.strerror}).",
                "Let the newsroom's account read it.",
            )
        )
        return
    used = 0
    for path in found:
        if not path.is_file():
            continue
        ending = path.suffix[1:]
        if path.suffix in {".md", ".txt"}:
            continue  # notes and licences
        try:
            path.name.encode()
        except UnicodeEncodeError:
            name = _told(path.name)
            mistakes.append(
                Mistake(
                    name, f"The name {name} is not UTF-8, so the file is left out.", "Give it a name in small letters."
                )
            )
            continue
        if ending != "po" and (ending not in TEXTS | FILES or not _NAME.fullmatch(path.name)):
            mistakes.append(
                Mistake(
                    path.name,
                    f"{path.name!r} is nothing that a theme can have, so it is left out.",
                    "Names have small letters, digits, dots and dashes, and end in "
                    f"{', '.join('.' + one for one in sorted(TEXTS | FILES))}.",
                )
            )
        elif used == MOST_FILES:
            mistakes.append(
                Mistake(
                    path.name,
                    f"There are more than {MOST_FILES} files; those from {path.name} on are left out.",
                    "Take away what is not used.",
                )
            )
            return
        else:
            used += 1
            yield path


def _told(name: str | Path) -> str:
    """The name of a file as it can be written anywhere: bytes that are no UTF-8 as "\\xff"."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _body(path: Path) -> bytes:
    ending = path.suffix[1:]
    most = LONGEST_TEXT if ending in TEXTS else catalogues.LARGEST if ending == "po" else LARGEST_FILE
    try:
        with path.open("rb") as file:
            body = file.read(most + 1)
    except OSError as fault:
        raise _Wrong(f"cannot be read ({fault.strerror})", "Let the newsroom's account read it.") from fault
    if len(body) > most:
        raise _Wrong(f"has more than {most // 1024} KB", "Make it smaller.")
    return body


def _text(name: str, body: bytes) -> str:
    try:
        source = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise _Wrong(f"is not UTF-8 text (byte {fault.start})", "Save it as UTF-8.") from fault
    if name.endswith(".css"):
        _check_style(source)
    else:
        if why := templates.faulty(name, source):
            raise _Wrong(f"cannot be read as a template: {why}", "Mend that line, or take the file away.")
    return source.replace("\r\n", "\n")


def _check_style(source: str) -> None:
    bare = _STRINGS.sub('""', _COMMENTS.sub("", source))
    if found := _FOREIGN.search(bare):
        raise _Wrong(
            f"uses {found[0].strip()}, which a theme may not",
            "Put everything into the file itself, and files beside it.",
        )
    depth = 0
    for number, line in enumerate(bare.split("\n"), 1):
        for sign in line:
            depth += (sign == "{") - (sign == "}")
            if depth < 0:
                raise _Wrong(
                    f"closes a brace in line {number} that was never opened", "Mend it: all after it would be lost."
                )
    if depth or "/*" in bare or '"' in bare.replace('""', "") or "'" in bare:
        what = f"{depth} braces" if depth else "a comment or a string"
        raise _Wrong(f"leaves {what} open", "Close what is open: all after it would be lost.")


def _resolved(name: str, source: str, files: Mapping[str, bytes], mistakes: list[Mistake]) -> str:
    """A style sheet whose `url()`s name files of the theme or of ours; all others are taken out."""

    def one(found: re.Match[str]) -> str:
        target = found[1].strip().strip("\"'")
        if target in files or target in assets.OURS:
            return f"url({target})"
        mistakes.append(
            Mistake(
                name,
                f"{name} asks for {target[:80]!r}, which is no file of the theme: that part has no effect.",
                "Put the file into the theme's folder and name it alone, as in url(face.woff2).",
            )
        )
        return "none"

    return assets.URL.sub(one, source)


def _size(name: str, body: bytes) -> tuple[int, int]:
    """Width and height of a logo. Without them the page would jump when it comes."""
    remedy = "Save it again with a width and a height."
    if name.endswith(".svg"):
        try:
            root = xml.parse(body)
        except ValueError as fault:
            raise _Wrong("is no SVG drawing", remedy) from fault
        box = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox") or "")]
        width, height = (_pixels(root.get(side)) for side in ("width", "height"))
        if not (width and height) and len(box) == 4:
            width, height = box[2], box[3]
        if not (1 <= width <= 4000 and 1 <= height <= 4000):
            raise _Wrong("does not say how large it is", "Give it a viewBox, or a width and a height in pixels.")
        return round(width), round(height)
    try:
        with Image.open(io.BytesIO(body)) as picture:
            # Twice as many dots as CSS pixels, as screens want them.
            return max(1, picture.width // 2), max(1, picture.height // 2)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as fault:
        raise _Wrong("is no picture that can be read", "Save it again as PNG, WebP or SVG.") from fault


def _pixels(value: str | None) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*", value or "")
    return float(found[1]) if found else 0.0


def _drawing(body: bytes) -> bytes:
    if re.search(rb"<script|javascript:|\son\w+\s*=|<foreignObject", body, re.IGNORECASE):
        raise _Wrong("carries a script", "Save it again as a plain drawing.")
    return body


# --- from one process to the others ---------------------------------------------------------------------------------


def packed(theme: Theme) -> bytes:
    """A theme as one file, for the processes that print."""
    return msgspec.json.encode(theme)


def unpacked(data: bytes) -> Theme:
    """What was `packed`. Raises `ValueError` for anything else."""
    try:
        return msgspec.json.decode(data, type=Theme)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"This is no packed theme ({fault}).") from fault


def trouble() -> str:
    """What of the theme in use is left out, in a sentence; empty if all of it is used."""
    found = [str(mistake) for mistake in _used.mistakes if mistake.file]
    found += [
        f"{name} fails on some pages ({why.rstrip('. ')}): those are printed with our own. Mend it, and apply the "
        "theme again."
        for name, why in templates.mistakes.items()
    ]
    return found[0] + (f" And {len(found) - 1} more." if len(found) > 1 else "") if found else ""


@contextmanager
def trying(theme: Theme) -> Iterator[None]:
    """Print with `theme` for a while. For commands: processes that print for readers use one and keep it."""
    before = _used
    use(theme)
    try:
        yield
    finally:
        use(before)


_used = NONE


def used() -> Theme:
    """The theme with which this process prints."""
    return _used


def use(theme: Theme) -> None:
    """Print with `theme` in this process from now on. Every page is of another epoch then."""
    global _used
    _used = theme
    words.use(theme.languages)
    templates.use({name: text for name, text in theme.texts.items() if not name.endswith(".css")})
    assets.use(
        styles={name[:-4]: text for name, text in theme.texts.items() if name.endswith(".css")},
        files=theme.files,
        sizes=theme.sizes,
    )
