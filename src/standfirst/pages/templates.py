"""The template engine: one MiniJinja environment a process over the files of `theme/`.

Only names that end in `.html` or `.xml` are rendered, because the engine decides by the name whether to escape.
Undefined names are errors. Templates keep to the subset that Jinja2 renders alike (`tests/test_templates.py`).

A newsroom's own templates (`use`) stand in the place of ours. Where one of them fails, that page is printed with ours:
the same page always the same way, whatever was printed before it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Final

from minijinja import Environment, TemplateError

log = logging.getLogger(__name__)

THEME = Path(__file__).parent / "theme"

SOURCES: dict[str, str] = {
    path.name: path.read_text("utf-8") for path in sorted(THEME.iterdir()) if path.suffix in {".html", ".xml"}
}
"""Every template by its name. Read once, when the process starts."""


class Html(str):
    """Markup that is complete and safe: templates print it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


NOTHING = Html("")


def text(value: str) -> Html:
    """`value` escaped for an element or a quoted attribute. Leaves slashes alone, so addresses stay readable."""
    # Most are addresses, and these come again.
    return _escaped(value) if len(value) <= 160 else Html(escape(value, quote=True))


@lru_cache(maxsize=5_000)
def _escaped(value: str) -> Html:
    return Html(escape(value, quote=True))


def environment(sources: Mapping[str, str]) -> Environment:
    """An environment over `sources`, with the settings that every template is written for."""
    return Environment(
        templates=dict(sources),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        debug=False,
    )


_environment = environment(SOURCES)

# --- a newsroom's own --------------------------------------------------------------------------------------------

FUEL: Final = 20_000_000
"""Steps that printing one page with a newsroom's own templates may take: a thousand times what ours need."""

MOST_MISTAKES: Final = 50

_own: dict[str, str] = {}

mistakes: dict[str, str] = {}
"""Own templates that failed on a page in this process, and how: "card.html" -> "line 3: ...". The first of each."""


def use(sources: Mapping[str, str]) -> None:
    """Print with these templates in the place of ours, or beside them, from now on."""
    _own.clear()
    _own.update(sources)
    mistakes.clear()
    _themed.cache_clear()


def own() -> Mapping[str, str]:
    """The newsroom's own templates that are in use."""
    return _own


def faulty(name: str, source: str) -> str:
    """What keeps `source` from being read as a template, e.g. "line 3: unexpected end of block"; empty: nothing."""
    try:
        Environment().add_template(name, source)
    except TemplateError as fault:
        return f"line {fault.line}: {fault.detail or fault.message}"
    except UnicodeEncodeError:
        return "it has halves of characters"
    return ""


@lru_cache(maxsize=32)
def _themed(without: frozenset[str]) -> Environment:
    themed = environment({**SOURCES, **{name: source for name, source in _own.items() if name not in without}})
    themed.fuel = FUEL
    # Errors then say in which of the included templates they arose.
    themed.debug = True
    return themed


_PLACE = re.compile(r"\(in ([^:()]+):(\d+)\)")


def _print(name: str, context: Mapping[str, Any]) -> str:
    """With the newsroom's own templates, and ours in the place of those that fail on this page."""
    without: frozenset[str] = frozenset()
    while True:
        try:
            return _themed(without).render_template(name, **context)
        except TemplateError as fault:
            rest = [one for one in _own if one not in without]
            if not rest:
                raise
            # The innermost place that is the newsroom's. If it is none of theirs, one of theirs led there, by
            # what it set or left out: then this page does without all of them.
            causes = [(found[1], found[2]) for found in _PLACE.finditer(str(fault))]
            guilty = next(((file, line) for file, line in reversed(causes) if file in rest), None)
            _note(guilty, fault, rest)
            without |= {guilty[0]} if guilty else frozenset(rest)


def _note(guilty: tuple[str, str] | None, fault: TemplateError, rest: list[str]) -> None:
    name, says = (guilty[0], f"line {guilty[1]}: ") if guilty else (", ".join(sorted(rest)), "")
    first = str(fault).strip().splitlines()
    cause = [line for line in first if line.startswith("caused by: ")]
    says += _PLACE.sub("", (cause[-1].removeprefix("caused by: ") if cause else first[0] if first else "")).strip()
    if name not in mistakes and len(mistakes) < MOST_MISTAKES:
        mistakes[name] = says
        log.warning("The theme's %s failed (%s): pages on which it does are printed with our own.", name, says)


def render(name: str, context: Mapping[str, Any]) -> str:
    """The template `name` printed with `context`. Raises `minijinja.TemplateError` naming the template and the line."""
    if not name.endswith((".html", ".xml")):
        raise ValueError(f"{name}: only .html and .xml templates are escaped, so only they are rendered.")
    return _print(name, context) if _own else _environment.render_template(name, **context)


_UNRULY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot carry, escaped or not (section 2.2), and the overrides of writing direction, by which
a line can be made to read backwards. What needs a direction gets it by `dir`."""

_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_SIGNS = tuple("\u202a\u202b\u202c\u202d\u202e\ufffe\uffff")


def whole(name: str, context: Mapping[str, Any]) -> bytes:
    """A whole page or feed printed with `context`, as readers get it."""
    return carried(render(name, context))


def carried(page: str) -> bytes:
    """`page` without the characters that no page or document of ours carries."""
    # Hardly any page has one: looking by these takes a third of the time. What a template prints has no surrogates.
    body = page.encode()
    if len(body.translate(None, _CONTROLS)) != len(body) or any(sign in page for sign in _SIGNS):
        return _UNRULY.sub("", page).encode()
    return body


def carried_json(document: bytes) -> bytes:
    """The same of JSON in UTF-8, whose control characters are escaped already."""
    if document.isascii():
        return document
    text = document.decode()
    return _UNRULY.sub("", text).encode() if any(sign in text for sign in _SIGNS) else document


def component(name: str, context: Mapping[str, Any]) -> Html:
    """A component printed by itself, ready to be placed in a page."""
    return Html(render(name, context))
