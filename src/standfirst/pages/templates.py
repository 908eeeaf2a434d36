"""The template engine: one MiniJinja environment a process over the files of `theme/`.

Only names that end in `.html` or `.xml` are rendered, because the engine decides by the name whether to escape.
Undefined names are errors. Templates keep to the subset that Jinja2 renders alike (`tests/test_templates.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from minijinja import Environment

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


def render(name: str, context: Mapping[str, Any]) -> str:
    """The template `name` printed with `context`. Raises `minijinja.TemplateError` naming the template and the line."""
    if not name.endswith((".html", ".xml")):
        raise ValueError(f"{name}: only .html and .xml templates are escaped, so only they are rendered.")
    return _environment.render_template(name, **context)


_UNRULY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot carry, escaped or not (section 2.2), and the overrides of writing direction, by which
a line can be made to read backwards. What needs a direction gets it by `dir`."""

_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_SIGNS = tuple("\u202a\u202b\u202c\u202d\u202e\ufffe\uffff")


def whole(name: str, context: Mapping[str, Any]) -> bytes:
    """A whole page or feed printed with `context`, as readers get it."""
    page = render(name, context)
    # Hardly any page has one: looking by these takes a third of the time. What a template prints has no surrogates.
    body = page.encode()
    if len(body.translate(None, _CONTROLS)) != len(body) or any(sign in page for sign in _SIGNS):
        return _UNRULY.sub("", page).encode()
    return body


def component(name: str, context: Mapping[str, Any]) -> Html:
    """A component printed by itself, ready to be placed in a page."""
    return Html(render(name, context))
