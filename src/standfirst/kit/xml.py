"""XML from outside, parsed so that it cannot reach a file, the network or all of the memory."""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# Everything that may stand before the root element. Possessive in effect: no two alternatives start alike.
_PROLOG: Final = re.compile(r"(?:[\s\ufeff]+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE: Final = re.compile(r"""<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*')*([\[>]?)""", re.IGNORECASE)

# NewsML 1 has its documents say by a parameter entity where the DTD is of what they hold, and files of several agencies
# do. A document type that names such DTDs and holds nothing else declares nothing that is ever looked up.
_SOLE_MARK: Final = b"\xef\xbb\xbf"
_PROLOG_BYTES: Final = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_EXTERNAL: Final = rb"""(?:SYSTEM|PUBLIC\s+(?:"[^"<>]{0,300}"|'[^'<>]{0,300}'))"""
_NAMES_DTDS: Final = re.compile(
    rb"<!DOCTYPE\s+[\w.:-]{1,60}\s*(?:"
    + _EXTERNAL
    + rb"""\s+(?:"[^"<>]{0,300}"|'[^'<>]{0,300}')\s*)?\[(?:\s|%(?:nitf|xhtml|newsml)[\w.-]{0,20};|"""
    + rb"<!ENTITY\s+%\s+(?:nitf|xhtml|newsml)[\w.-]{0,20}\s+"
    + _EXTERNAL
    + rb"""\s+(["'])(?:[^"'<>\s]{0,200}/)?(?:nitf|xhtml|newsml)[\w.-]{0,40}\.dtd\1\s*>)*\]\s*>""",
    re.IGNORECASE,
)


_SKIPPED: Final = re.compile(r"(?:[\s\ufeff]+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL)


class Unsafe(ValueError):
    """XML that is refused unread: it declares entities or an internal subset."""


class Broken(ValueError):
    """Not well-formed XML. The message says where."""


def head_text(head: bytes) -> str:
    """The start of a file as text, good enough to look for markup: marked Unicode as such, the rest as Latin-1."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head.decode(encoding, "ignore").lstrip("\ufeff")
    return head.decode("latin-1")


def root_at(text: str) -> int:
    """Where the root element of `text` begins: behind declaration, comments and document type."""
    skipped = _SKIPPED.match(text)
    return skipped.end() if skipped else 0


def guard(data: bytes) -> None:
    """Raise `Unsafe` if `data` declares a document type with anything inside, whatever its encoding.

    The name of a DTD of NITF, XHTML or NewsML may stand inside, in files of one byte a letter: `parse` passes over it.
    """
    text = head_text(data)
    prolog = _PROLOG.match(text)
    found = _DOCTYPE.match(text, prolog.end() if prolog else 0)
    if found and found.group(1) != ">" and _dtds_in(data) is None:
        raise Unsafe("it has a DOCTYPE with declarations inside")


def _dtds_in(data: bytes) -> re.Match[bytes] | None:
    """The document type of `data`, if all that stands inside of it are names of DTDs that we know."""
    if not data.startswith(_SOLE_MARK) and any(data.startswith(mark) for mark, _encoding in _MARKS):
        return None
    prolog = _PROLOG_BYTES.match(data, len(_SOLE_MARK) if data.startswith(_SOLE_MARK) else 0)
    return _NAMES_DTDS.match(data, prolog.end() if prolog else 0)


def parse(data: bytes) -> etree._Element:
    """The root element of `data`. Raises `Unsafe` or `Broken`, and nothing else.

    Entities are not resolved, DTDs not loaded, the network not touched; nesting is limited to 256 levels and one text
    to 10 MB (libxml2's own limits).
    """
    guard(data)
    named = _dtds_in(data)
    if named is not None:
        # Blanks instead, so that a fault is still reported in its line.
        blank = re.sub(rb"[^\n]", b" ", named.group(0))
        data = data[: named.start()] + blank + data[named.end() :]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Broken(str(error.msg or "it is empty")) from None
    except (ValueError, LookupError, AssertionError) as error:
        raise Broken(str(error)) from None
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and (list(declared.iterentities()) or list(declared.iterelements())):
        raise Unsafe("it has a DOCTYPE with declarations inside")
    return root


_STRING: Final = etree.XPath("string()")


def text_of(element: etree._Element) -> str:
    """All text below `element`, without comments and processing instructions."""
    if not len(element):
        return element.text or ""
    return str(_STRING(element))


def raw_of(element: etree._Element) -> str:
    """`element` as it was sent, without what follows it."""
    return etree.tostring(element, encoding="unicode", with_tail=False)
