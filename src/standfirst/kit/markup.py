"""HTML from outside, reduced to what a story may hold.

The HTML comes from agencies, feeds and editors' clipboards: any of it may be broken or hostile. nh3 (an HTML5 parser
with an allow-list) reads it first; then one pass over nh3's regular output turns it into a flat run of blocks, so that
what leaves here needs no further repair:

- blocks: p, h2, h3, ul, ol, li, blockquote, pre, table, caption, thead, tbody, tfoot, tr, th, td;
- inline: strong, em, b, i, sub, sup, br, and a with `href` (http, https, mailto) and `rel`.

Text outside of any block becomes a paragraph, h1 becomes h2, h4 to h6 become h3, two line breaks in a row end the
paragraph, empty elements vanish. Words are never dropped, except those of script, style and embedded documents. Every
function is idempotent.
"""

from __future__ import annotations

import html as _html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import nh3

Kind = Literal["paragraph", "heading", "list", "quote", "table", "preformatted"]

INLINE: Final = frozenset({"a", "b", "strong", "i", "em", "sub", "sup"})
_HEADINGS: Final = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
_TABLE: Final = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"})
_BOUNDARIES: Final = frozenset(
    "address article aside body center dd details dialog dir div dl dt fieldset figcaption figure footer form header"
    " hgroup hr legend main menu nav section summary".split()
)
BLOCKS: Final = frozenset({"p", "h2", "h3", "ul", "ol", "li", "blockquote", "pre"}) | _TABLE
_DROPPED: Final = frozenset(
    "script style iframe noembed noframes noscript object applet template title svg math textarea select".split()
)

_BLOCK_CLEANER: Final = nh3.Cleaner(
    tags=set(INLINE | BLOCKS | _BOUNDARIES | _HEADINGS.keys() | {"br"}),
    clean_content_tags=set(_DROPPED),
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel=None,
)
_INLINE_CLEANER: Final = nh3.Cleaner(
    tags=set(INLINE | BLOCKS | _BOUNDARIES | _HEADINGS.keys() | {"br"}),
    clean_content_tags=set(_DROPPED),
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "story"},
    url_relative="deny",
    link_rel=None,
)
# Addresses of pictures may be relative. Those of links then come through too, and `_link` drops them.
_FIGURE_CLEANER: Final = nh3.Cleaner(
    tags=set(INLINE | BLOCKS | _BOUNDARIES | _HEADINGS.keys() | {"br", "img"}),
    clean_content_tags=set(_DROPPED),
    attributes={"a": {"href"}, "img": {"src", "alt"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",
    link_rel=None,
)

# nh3 writes attribute values in double quotes and escapes them, so this is a complete tokenizer of its output.
_TOKEN: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[^\s=>"]+(?:="[^"]*")?)*)\s*/?>')
_HREF: Final = re.compile(r'\shref="([^"]*)"')
_SRC: Final = re.compile(r'\ssrc="([^"]*)"')
_ALT: Final = re.compile(r'\salt="([^"]*)"')
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s<>]+\Z", re.IGNORECASE)
_STORY: Final = re.compile(r"story:[0-9]{1,18}\Z")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_REL: Final = "noopener noreferrer nofollow"


def clean_blocks(html: str) -> str:
    """`html` as clean block HTML (see above). Plain text comes back as one paragraph."""
    return _flatten(_BLOCK_CLEANER.clean(_prepared(html)))


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that stands between blocks. Plain text; `src` as written."""

    src: str
    alt: str
    caption: str = ""


def split_figures(html: str, wanted: Callable[[str], bool]) -> list[str | Figure]:
    """`html` cut at its pictures, in order: clean block HTML of what stands around them, and the pictures.

    `wanted` is asked for each picture's `src`, without spaces around it; what it does not want vanishes as in
    `clean_blocks`. A picture parts the paragraph in which it stands; one in a heading, list, quote or table comes after
    that. The `<figcaption>` of a figure with a wanted picture is its last such picture's caption; any other is a
    paragraph.
    """
    tokens = _tokens(_FIGURE_CLEANER.clean(_prepared(html)))
    figures, captions = _figures(tokens, wanted)
    page = _Page()
    cuts: list[tuple[int, Figure]] = []
    waiting: list[Figure] = []
    caption = 0
    for at, (closing, tag, attributes, text) in enumerate(tokens):
        if at in captions:
            caption += -1 if closing else 1
        elif caption:
            continue
        elif not tag:
            page.text(text)
        elif tag == "br":
            page.line_break()
        elif tag == "img":
            if at in figures:
                waiting.append(figures[at])
        elif tag in INLINE:
            page.run.inline(tag, attributes, closing)
        elif closing:
            page.leave()
        else:
            page.enter(tag)
        if waiting and not page.stack:
            page._end_leaf()
            cuts += [(len(page.out), figure) for figure in waiting]
            waiting = []
    page.close()
    pieces: list[str | Figure] = []
    done = 0
    for place, figure in cuts:
        pieces += ["".join(page.out[done:place]), figure]
        done = place
    pieces += ["".join(page.out[done:]), *waiting]
    return [piece for piece in pieces if piece]


def _figures(
    tokens: list[tuple[bool, str, str, str]], wanted: Callable[[str], bool]
) -> tuple[dict[int, Figure], set[int]]:
    """The wanted pictures among `tokens`, and the tokens that open and close their captions, by their places."""
    figures: dict[int, Figure] = {}
    captions: set[int] = set()
    # Of each open figure: its last wanted picture, and where its captions begin and end.
    inside: list[tuple[list[int], list[tuple[int, int]]]] = []
    begun = depth = 0
    for at, (closing, tag, attributes, _) in enumerate(tokens):
        if tag == "img":
            src = _said(_SRC, attributes)
            if not depth and src and wanted(src):
                figures[at] = Figure(src, " ".join(_said(_ALT, attributes).split()))
                if inside:
                    inside[-1][0][:] = [at]
        elif tag == "figure" and not depth:
            if not closing:
                inside.append(([], []))
            elif inside:
                last, found = inside.pop()
                for start, end in found if last else ():
                    one = figures[last[0]]
                    words = f"{one.caption} {_words(tokens[start:end])}"
                    figures[last[0]] = replace(one, caption=" ".join(words.split()))
                    captions |= {start, end}
        elif tag == "figcaption" and inside:
            begun = begun if depth else at
            depth += -1 if closing else 1
            if not depth:
                inside[-1][1].append((begun, at))
    return figures, captions


def _words(tokens: list[tuple[bool, str, str, str]]) -> str:
    return "".join(_html.unescape(text) if not tag else "" if tag in INLINE else " " for _, tag, _, text in tokens)


def _said(what: re.Pattern[str], attributes: str) -> str:
    found = what.search(attributes)
    return _html.unescape(found.group(1)).strip() if found else ""


def clean_inline(html: str) -> str:
    """`html` as one run of inline HTML; block boundaries become spaces. Also keeps `href="story:12"`."""
    if _is_plain(html):
        return html.strip(" ")
    writer = _Run(stories=True)
    for closing, tag, attributes, text in _tokens(_INLINE_CLEANER.clean(_prepared(html))):
        if not tag:
            writer.text(text)
        elif tag == "br":
            writer.line_break()
        elif tag in INLINE:
            writer.inline(tag, attributes, closing)
        else:
            writer.text(" ")
    return writer.close()


def text_of(html: str) -> str:
    """The words of `html`: one line a block, no markup, no entities."""
    parts: list[str] = []
    for _closing, tag, _attributes, text in _tokens(_BLOCK_CLEANER.clean(_prepared(html))):
        if not tag:
            parts.append(_SPACES.sub(" ", _html.unescape(text)))
        elif tag == "br" or tag not in INLINE:
            parts.append("\n")
    return "\n".join(line for line in (part.strip() for part in "".join(parts).split("\n")) if line)


def escape(text: str) -> str:
    """`text` as HTML text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def paragraphs_of(text: str) -> str:
    """Plain text as block HTML: empty lines part paragraphs; without any, every line is one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    pieces = re.split(r"\n[ \t\f]*\n", text) if re.search(r"\n[ \t\f]*\n", text) else text.split("\n")
    return "".join(f"<p>{escape(' '.join(piece.split()))}</p>" for piece in pieces if piece.strip())


def split_blocks(html: str) -> list[tuple[Kind, str]]:
    """Cut what `clean_blocks` returned into its blocks, in order.

    Paragraphs, headings and preformatted text come as their inner HTML; lists, quotes and tables as whole elements.
    """
    blocks: list[tuple[Kind, str]] = []
    depth = 0
    start = inner = 0
    for token in _TOKEN.finditer(html):
        tag = token.group(2)
        if tag == "br" or tag in INLINE:
            continue
        if not token.group(1):
            if depth == 0:
                start, inner = token.start(), token.end()
            depth += 1
            continue
        depth -= 1
        if depth == 0:
            kind = _KINDS.get(tag, "paragraph")
            whole = kind in ("list", "quote", "table")
            blocks.append((kind, html[start : token.end()] if whole else html[inner : token.start()]))
    return blocks


_KINDS: Final[dict[str, Kind]] = {
    "p": "paragraph",
    "h2": "heading",
    "h3": "heading",
    "ul": "list",
    "ol": "list",
    "blockquote": "quote",
    "table": "table",
    "pre": "preformatted",
}


def list_items(html: str) -> tuple[str, ...]:
    """The items of a cleaned list (`<ul>` or `<ol>`), each as inline HTML; nested lists are laid flat."""
    writer = _Run()
    items: list[str] = []
    for closing, tag, attributes, text in _tokens(html):
        if not tag:
            writer.text(text)
        elif tag == "br":
            writer.line_break()
        elif tag in INLINE:
            writer.inline(tag, attributes, closing)
        elif writer.filled:
            items.append(writer.close())
            writer = _Run()
        else:
            writer = _Run()
    return tuple(items)


def _is_plain(html: str) -> bool:
    """True if there is nothing in it to be cleaned, escaped or joined, as in most paragraphs of most stories."""
    return (
        len(html) < _LONGEST_TAG
        and html.isprintable()
        and "<" not in html
        and "&" not in html
        and ">" not in html
        and "  " not in html
    )


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
# Elements that never hold others of their kind, so that leaving them open nests nothing.
_SHALLOW: Final = frozenset("p li td th tr dt dd br hr img input link meta wbr col source embed option".split())
_DEEPEST: Final = 100
_LONGEST_TAG: Final = 4096
_COSTLY: Final = re.compile("[&\x80-\xbf]")
"""What costs nh3 quadratic time in one text: ampersands, and what starts like a no-break space in UTF-8."""
_MOST_COSTLY: Final = 500
_FEW_TAGS: Final = 4 * _DEEPEST


def _printable(html: str) -> str:
    # Control characters are no part of HTML, and some databases refuse them.
    return _CONTROL.sub("", html) if _CONTROL.search(html) else html


def _prepared(html: str) -> str:
    """`html` without control characters, and without what costs an HTML parser quadratic time.

    That is absurd nesting, tags of many thousand characters, and as many ampersands or no-break spaces in one text.
    One pass, linear in the length of `html`.
    """
    html = _printable(html)
    if html.count("<") <= _FEW_TAGS and len(html) < _LONGEST_TAG:
        return html
    crowded = len(_COSTLY.findall(html)) > _MOST_COSTLY
    seen = 0
    out: list[str] = []

    def add(text: str) -> None:
        nonlocal seen
        if not crowded:
            out.append(text)
            return
        # An element that the cleaner takes out again parts the text, so that the parser holds short pieces only.
        done = 0
        for sign in _COSTLY.finditer(text):
            seen += 1
            if seen % _MOST_COSTLY == 0:
                out.extend((text[done : sign.start()], "<wbr>"))
                done = sign.start()
        out.append(text[done:])

    depth = 0
    count: dict[str, int] = {}
    dropped: dict[str, int] = {}
    at, end = 0, -1
    while True:
        start = html.find("<", at)
        if start < 0:
            add(html[at:])
            return "".join(out)
        add(html[at:start])
        found = _TAG.match(html, start)
        if not found:
            out.append("<")
            at = start + 1
            continue
        if end < start:
            end = html.find(">", start)
        if end < 0:
            add(escape(html[start:]))
            return "".join(out)
        closing, tag = found.group(1), found.group(2).lower()
        whole = html[start : end + 1] if end - start < _LONGEST_TAG else f"<{closing}{tag}>"
        at = end + 1
        if tag not in _SHALLOW:
            if not closing:
                if depth >= _DEEPEST:
                    dropped[tag] = dropped.get(tag, 0) + 1
                    whole = " "
                else:
                    count[tag] = count.get(tag, 0) + 1
                    depth += 1
            elif dropped.get(tag):
                dropped[tag] -= 1
                whole = " "
            elif count.get(tag):
                count[tag] -= 1
                depth -= 1
        out.append(whole)


def _tokens(html: str) -> list[tuple[bool, str, str, str]]:
    """(closing, tag, attributes, text) of nh3's output; either `tag` or `text` is empty."""
    tokens: list[tuple[bool, str, str, str]] = []
    # Character references may have brought these in.
    html = _printable(html).replace("\r", "\n")
    at = 0
    for match in _TOKEN.finditer(html):
        if match.start() > at:
            tokens.append((False, "", "", html[at : match.start()]))
        tokens.append((bool(match.group(1)), match.group(2), match.group(3), ""))
        at = match.end()
    if at < len(html):
        tokens.append((False, "", "", html[at:]))
    return tokens


class _Run:
    """Writes one run of inline HTML. Tags are opened only when there is text to put in, and always closed in order."""

    def __init__(self, *, stories: bool = False, preformatted: bool = False) -> None:
        self.wanted: list[tuple[str, str]] = []
        self.filled = False
        self._open: list[tuple[str, str]] = []
        self._out: list[str] = []
        self._space = False
        self._breaks = 0
        self._stories = stories
        self._pre = preformatted

    def inline(self, tag: str, attributes: str, closing: bool) -> None:
        if closing:
            for at in range(len(self.wanted) - 1, -1, -1):
                if self.wanted[at][0] == tag:
                    del self.wanted[at]
                    return
        elif tag == "a":
            self.wanted.append((tag, _link(attributes, self._stories)))
        else:
            self.wanted.append((tag, ""))

    def line_break(self) -> None:
        if self.filled:
            self._breaks += 1

    @property
    def breaks(self) -> int:
        return self._breaks

    def text(self, text: str) -> None:
        if not self._pre:
            text = _SPACES.sub(" ", text)
            if not text.strip(" "):
                self._space = self._space or bool(text)
                return
            if text[0] == " ":
                self._space = True
            core = text.strip(" ")
        else:
            core = text
            if not text:
                return
        wanted: list[tuple[str, str]] = []
        for entry in self.wanted:
            # A link without an address is no link; a tag inside itself says nothing.
            if (entry[0] != "a" or entry[1]) and all(entry[0] != other[0] for other in wanted):
                wanted.append(entry)
        common = 0
        while common < min(len(wanted), len(self._open)) and wanted[common] == self._open[common]:
            common += 1
        if self.filled and self._breaks and common == len(self._open):
            self._put_breaks()
        while len(self._open) > common:
            self._out.append(f"</{self._open.pop()[0]}>")
        if self.filled and self._breaks:
            self._put_breaks()
        if self._space and self.filled:
            self._out.append(" ")
        self._space = False
        for tag, href in wanted[common:]:
            self._out.append(f'<a href="{href}" rel="{_REL}">' if tag == "a" else f"<{tag}>")
            self._open.append((tag, href))
        self._out.append(core)
        self.filled = True
        if not self._pre and text[-1] == " ":
            self._space = True

    def _put_breaks(self) -> None:
        self._out.append("<br>" * min(self._breaks, 2))
        self._breaks = 0
        self._space = False

    def close(self) -> str:
        while self._open:
            self._out.append(f"</{self._open.pop()[0]}>")
        result = "".join(self._out)
        self._out, self.filled, self._space, self._breaks = [], False, False, 0
        return result


def _link(attributes: str, stories: bool) -> str:
    found = _HREF.search(attributes)
    if not found:
        return ""
    href = found.group(1).strip()
    plain = _html.unescape(href)
    if _LINK.match(plain) or (stories and _STORY.match(plain)):
        return href
    return ""


def _flatten(html: str) -> str:
    """Nested, loose HTML as written by nh3, laid out as flat blocks."""
    page = _Page()
    for closing, tag, attributes, text in _tokens(html):
        if not tag:
            page.text(text)
        elif tag == "br":
            page.line_break()
        elif tag in INLINE:
            page.run.inline(tag, attributes, closing)
        elif closing:
            page.leave()
        else:
            page.enter(tag)
    return page.close()


class _Page:
    """Lays blocks out. `open` mirrors the source's open elements and which were written; `stack` those written."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.stack: list[tuple[str, int]] = []
        self.run = _Run()
        self.leaf = ""
        """The block that takes the text now; opened by the first word, so that none is ever empty."""
        self.pre = 0

    @property
    def inside(self) -> str:
        return self.stack[-1][0] if self.stack else ""

    def text(self, text: str) -> None:
        blank = not text.strip(" \t\n\f")
        if not self.leaf:
            if blank:
                return
            self._open_leaf()
        elif self.leaf == "p" and self.run.breaks > 1 and not blank:
            self._end_leaf()
            self._open_leaf()
        self.run.text(text)

    def line_break(self) -> None:
        if self.leaf == "pre":
            self.run.text("\n")
        elif self.leaf:
            self.run.line_break()

    def enter(self, tag: str) -> None:
        tag = _HEADINGS.get(tag, tag)
        written = self.inside in _PARENTS.get(tag, ())
        self._part(written)
        if written:
            self.stack.append((tag, len(self.out)))
            self.out.append(f"<{tag}>")
        if tag == "pre":
            self.pre += 1
        if tag != "hr":
            self.open.append((tag, written))

    def leave(self) -> None:
        tag, written = self.open.pop() if self.open else ("", False)
        self._part(written)
        if tag == "pre":
            self.pre -= 1
        if written:
            self._pop()

    def close(self) -> str:
        self._end_leaf()
        while self.stack:
            self._pop()
        return "".join(self.out)

    def _part(self, written: bool) -> None:
        """Part the text before from the text after: by the element that is written, else by a break in an item."""
        if written or self.leaf not in _BARE:
            self._end_leaf()
        elif not self.run.breaks:
            self.run.line_break()

    def _open_leaf(self) -> None:
        inside = self.inside
        if inside in _BARE:
            self.leaf = inside
        elif inside in ("ul", "ol"):
            self.leaf = "item"
        else:
            self.leaf = "pre" if self.pre else "p"
        self._renew(preformatted=self.leaf == "pre")

    def _renew(self, *, preformatted: bool = False) -> None:
        wanted = self.run.wanted
        self.run = _Run(preformatted=preformatted)
        self.run.wanted = wanted

    def _end_leaf(self) -> None:
        if not self.leaf:
            return
        leaf, self.leaf = self.leaf, ""
        written = self.run.close()
        self._renew()
        if leaf == "pre":
            written = written.strip("\n")
        if not written.strip():
            return
        if leaf in _BARE:
            self.out.append(written)
        else:
            name = "li" if leaf == "item" else leaf
            self.out.append(f"<{name}>{written}</{name}>")

    def _pop(self) -> None:
        tag, mark = self.stack.pop()
        # An empty cell keeps its place in the row; anything else that stayed empty is taken back.
        if mark == len(self.out) - 1 and tag not in ("td", "th"):
            del self.out[mark:]
        else:
            self.out.append(f"</{tag}>")


_BARE: Final = frozenset({"li", "td", "th", "caption", "h2", "h3"})
# In which written element each holder may stand ("" is the top). Elsewhere it only parts the text.
_PARENTS: Final[dict[str, frozenset[str]]] = {
    "h2": frozenset({"", "blockquote"}),
    "h3": frozenset({"", "blockquote"}),
    "ul": frozenset({"", "blockquote", "li"}),
    "ol": frozenset({"", "blockquote", "li"}),
    "li": frozenset({"ul", "ol"}),
    "blockquote": frozenset({""}),
    "table": frozenset({"", "blockquote"}),
    "caption": frozenset({"table"}),
    "thead": frozenset({"table"}),
    "tbody": frozenset({"table"}),
    "tfoot": frozenset({"table"}),
    "tr": frozenset({"thead", "tbody", "tfoot"}),
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
}
