"""What a story's fields become when an item is taken: only what the agency meant for readers.

Editors' notes, usage terms, sluglines and every other field that is not public stay out of all fields that readers see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from standfirst.kit import markup
from standfirst.stories.languages import known_or
from standfirst.stories.models import Story
from standfirst.wire.item import Item

Block = tuple[str, Any]

_HEADLINE = 255
_HEADING = 160
_REL = re.compile(r' rel="[^"]*"')
_CODE = re.compile(r"[0-9/_:|#+-]")
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(?:td|th|caption)>(.*?)</(?:td|th|caption)>", re.DOTALL)
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_LEAD_IN = re.compile(r"[^\W\d_a-z]{2}[^-–—]{0,70}?\s(?:-|–|—|--)\s")
"""How agencies begin a text: "LAGOS, Nigeria (CPA) - "."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Fields of `stories.Story` under their own names; `body` as (block type, value) pairs."""

    title: str
    kicker: str
    standfirst: str
    slugline: str
    body: tuple[Block, ...]
    byline: str
    credit: str
    dateline: str
    language: str

    def fields(self) -> dict[str, Any]:
        """As arguments for a story."""
        return {
            "title": self.title,
            "kicker": self.kicker,
            "standfirst": self.standfirst,
            "slugline": self.slugline,
            "body": list(self.body),
            "byline": self.byline,
            "credit": self.credit,
            "dateline": self.dateline,
            "language": self.language,
        }

    def put_into(self, draft: Story) -> None:
        """Have `draft` say this, whatever it said. Nothing is saved."""
        for name, value in self.fields().items():
            setattr(draft, name, value)


def copy_of(item: Item, *, credit: str, language: str) -> Copy:
    """What `item` becomes as a story. `credit` and `language` (BCP 47) stand in where it brings none."""
    body = list(blocks_of(item.body_html))
    if len(body) > 1 and body[0] == ("heading", _line(item.headline)):
        body = body[1:]  # many formats repeat the headline inside of the text
    standfirst = _line(markup.text_of(item.abstract)) or _line(item.subheadline)
    if not body and standfirst:
        body = [("paragraph", f"<p>{markup.escape(standfirst)}</p>")]
        standfirst = ""
    first = markup.text_of(body[0][1]) if body and body[0][0] == "paragraph" else ""
    if standfirst and _line(first).startswith(standfirst.rstrip("….")):
        standfirst = ""  # feeds send the first sentences twice
    return Copy(
        title=_shortened(_line(item.headline) or _line(first), _HEADLINE),
        kicker=_kicker(item),
        standfirst=standfirst,
        slugline=_shortened(_line(item.slugline), 120),
        body=tuple(body),
        byline=_shortened(_line(item.byline), 300),
        credit=_shortened(_line(item.creditline) or credit or _line(item.copyright_holder), 120),
        dateline=_dateline(_line(item.dateline), _line(first)),
        language=known_or(item.language, language),
    )


def blocks_of(body_html: str) -> tuple[Block, ...]:
    """Clean block HTML as the blocks of a story's body. Words are kept; tables become one paragraph a row."""
    blocks: list[Block] = []
    for kind, html in markup.split_blocks(markup.clean_blocks(body_html)):
        html = _REL.sub("", html)
        if kind == "paragraph":
            blocks.append(("paragraph", f"<p>{html}</p>"))
        elif kind == "heading":
            text = _line(markup.text_of(html))
            long = len(text) > _HEADING
            blocks.append(("paragraph", f"<p><b>{markup.escape(text)}</b></p>") if long else ("heading", text))
        elif kind == "quote":
            blocks.append(("quote", {"text": _paragraphs(html), "attribution": ""}))
        elif kind == "list":
            items = [f"<p>{entry}</p>" for entry in markup.list_items(html)]
            blocks.append(("list", {"items": [_REL.sub("", entry) for entry in items], "ordered": html[:3] == "<ol"}))
        elif kind == "table":
            blocks.extend(("paragraph", f"<p>{row}</p>") for row in _rows(html))
        else:
            blocks.append(("paragraph", f"<p>{html.replace(chr(10), '<br/>')}</p>"))
    return tuple(blocks)


def _paragraphs(quote: str) -> str:
    """The inside of a cleaned blockquote as paragraphs of inline HTML."""
    inside = quote.removeprefix("<blockquote>").removesuffix("</blockquote>")
    parts = markup.split_blocks(inside)
    inner = [markup.clean_inline(html) for _, html in parts] if parts else [inside]
    return "".join(f"<p>{_REL.sub('', part)}</p>" for part in inner if part.strip())


def _rows(table: str) -> list[str]:
    rows = [markup.clean_inline(caption) for caption in _CAPTION.findall(table)]
    for row in _ROW.findall(table):
        cells = [markup.clean_inline(cell) for cell in _CELL.findall(row)]
        rows.append(" · ".join(cell for cell in cells if cell.strip()))
    return [_REL.sub("", row) for row in rows if row.strip()]


def _kicker(item: Item) -> str:
    """The name of what it is about, if the agency gives one that reads like words; sluglines are codes."""
    names = [subject.name for subject in item.subjects] + list(item.keywords)
    for name in names:
        name = _line(name)
        if 2 < len(name) <= 30 and len(name.split()) <= 3 and not _CODE.search(name) and not name.isupper():
            return name[0].upper() + name[1:]
    return ""


def _dateline(dateline: str, first: str) -> str:
    """The dateline, unless the text itself starts with one: readers need it once."""
    place = dateline.partition(",")[0].strip().casefold()
    if _LEAD_IN.match(first) or (place and first.casefold().startswith(place)):
        return ""
    return _shortened(dateline, 120)


def _line(text: str) -> str:
    return " ".join(text.split())


def _shortened(text: str, most: int) -> str:
    """`text` in at most `most` characters, cut between words."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[most // 2 :] else cut}…"
