"""Stories that travel as XML inside of an item: XHTML, NITF, and private vocabularies. They become clean block HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from standfirst.kit import markup, xml
from standfirst.wire.formats import _takes as takes
from standfirst.wire.formats._shared import blocks_of, body_from, has_markup, line, moment, whole_number
from standfirst.wire.item import Association, Oddity, Rendition

_XHTML: Final = "http://www.w3.org/1999/xhtml"


@dataclass(slots=True)
class Said:
    """What an inline NITF says of itself, for items whose metadata does not."""

    headline: str = ""
    byline: str = ""
    dateline: str = ""
    pictures: list[Association] = field(default_factory=list)


def html_of(element: etree._Element, mime: str = "", said: Said | None = None) -> str:
    """The clean HTML of what `element` wraps, whatever its vocabulary. `mime` is a hint. Changes the element."""
    mime = mime.lower()
    root = next((child for child in element if isinstance(child.tag, str)), None)
    if root is None:
        return body_from(xml.text_of(element), mime)
    name = etree.QName(root)
    local = name.localname.lower()
    if local == "body" and "ttnitf" in mime:
        return _tt(root, said or Said())
    if local == "nitf" or (local in ("body", "body.content") and "nitf" in mime):
        return _nitf(root, said or Said())
    if name.namespace == _XHTML or local in ("html", "p", "div", "article", "section") or "html" in mime:
        return _html(element, root)
    return _foreign(element)


def html_of_text(text: str, mime: str = "") -> str:
    """The clean HTML of a body that came as text: of XML by its vocabulary, else of HTML or plain text."""
    mime = mime.lower()
    if "html" in mime or not ("xml" in mime or "nitf" in mime or text.lstrip().startswith("<?xml")):
        return body_from(text, mime)
    try:
        root = xml.parse(text.strip().encode("utf-8", "replace"))
    except (xml.Broken, xml.Unsafe):
        # Older private vocabularies are SGML; every element that HTML does not know is taken for a block.
        body = _SGML_BODY.search(text)
        return blocks_of(_SGML_TAG.sub(_as_block, body.group(1) if body else text))
    wrapper = etree.Element("wrapper")
    wrapper.append(root)
    return html_of(wrapper, mime)


_SGML_BODY: Final = re.compile(r"<body\b[^>]*>(.*)</body>", re.IGNORECASE | re.DOTALL)
_SGML_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w.-]*)[^<>]*>")


def _as_block(match: re.Match[str]) -> str:
    tag = match.group(2).lower()
    return match.group(0) if tag in markup.BLOCKS | markup.INLINE or tag == "br" else f"<{match.group(1)}div>"


def _write(element: etree._Element) -> str:
    return blocks_of(etree.tostring(element, method="html", encoding="unicode", with_tail=False))


_ROWS: Final = 4


def _is_table(part: etree._Element) -> bool:
    """True for a paragraph of results, blanks between their columns."""
    rows = (part.text or "").split("\n") if not len(part) else []
    return len(rows) > _ROWS and takes.is_tabular([row.strip() for row in rows])


def _html(element: etree._Element, root: etree._Element) -> str:
    body: etree._Element | None = None
    for part in element.iter(etree.Element):
        tag = part.tag
        local = tag.rpartition("}")[2].lower()
        if local != tag:
            part.tag = local
        if local == "body" and body is None:
            body = part
        if part.tag == "p" and _is_table(part):
            part.tag = "pre"
    if body is not None:
        return _write(body)
    if root.tag == "html":
        return _write(root)
    # Loose paragraphs, straight inside inlineXML.
    element.tag = "div"
    return _write(element)


_NITF_BLOCKS: Final = {
    "hl1": "h2",
    "hl2": "h3",
    "bq": "blockquote",
    "dl": "div",
    "dt": "p",
    "dd": "p",
    "p": "p",
    "ul": "ul",
    "ol": "ol",
    "li": "li",
    "table": "table",
    "caption": "caption",
    "thead": "thead",
    "tbody": "tbody",
    "tfoot": "tfoot",
    "tr": "tr",
    "td": "td",
    "th": "th",
    "pre": "pre",
    "br": "br",
    "a": "a",
    "em": "em",
    "sub": "sub",
    "sup": "sup",
}
_NITF_PARTS: Final = frozenset(
    (
        "abstract block body body.content body.end body.head byline bibliography copyrite credit datasource dateline"
        " distributor fn hedline media media-caption media-metadata media-producer media-reference nitf-table note"
        " rights series story.date tagline tagline.credit"
    ).split()
)
_NITF_SKIPPED: Final = frozenset({"head", "media-metadata", "media-object", "nitf-table-metadata"})


def _nitf(root: etree._Element, said: Said) -> str:
    body = root
    said.pictures.extend(nitf_media(root))
    marked: list[str] = []
    for part in list(root.iter(etree.Element)):
        local = part.tag.rpartition("}")[2].lower()
        if local in _NITF_SKIPPED:
            parent = part.getparent()
            if parent is not None and not (part.tail or "").strip():
                parent.remove(part)
            continue
        if local == "hl1":
            said.headline = said.headline or line(xml.text_of(part))
        elif local == "byline":
            said.byline = said.byline or line(xml.text_of(part))
        elif local == "dateline":
            said.dateline = said.dateline or _without_date(part)
        elif local == "story.date" and moment(line(part.text)) is not None:
            part.text = None  # a time for machines
        elif local == "body" and body is root:
            body = part
        elif local == "body.content" and not len(part) and has_markup(part.text or ""):
            # The story as HTML in one text.
            marked.append(body_from(part.text or "", "text/html"))
            part.text = None
        part.tag = _NITF_BLOCKS.get(local) or ("div" if local in _NITF_PARTS else "span")
    body.tag = "div"
    return _write(body) + "".join(marked)


_TEXTS: Final = etree.XPath(".//text()")


def texts_of(element: etree._Element) -> list[str]:
    """Every text below `element`, in order, without comments and processing instructions."""
    found: Any = _TEXTS(element)
    return [str(text) for text in found]


def _without_date(dateline: etree._Element) -> str:
    """The words of a dateline, each part apart from the next, without a date that is for machines."""
    texts = (line(text) for text in texts_of(dateline))
    return re.sub(r"\s+([,.;])", r"\1", " ".join(text for text in texts if text and moment(text) is None))


_MEDIA_TYPES: Final = {"video": "video", "audio": "audio", "sound": "audio", "graphic": "graphic"}


def nitf_media(element: etree._Element) -> Iterator[Association]:
    """Pictures, films and sounds that an NITF body shows by reference."""
    for media in element.iter("{*}media"):
        renditions = tuple(
            Rendition(
                role=line(reference.get("name")),
                href=href,
                mime=line(reference.get("mime-type")),
                width=whole_number(reference.get("width")),
                height=whole_number(reference.get("height")),
            )
            for reference in media.iterfind("{*}media-reference")
            # "#photo0" is a picture that the item has itself.
            if (href := line(reference.get("source") or reference.get("data-location"))) and not href.startswith("#")
        )
        if renditions:
            caption, producer = media.find("{*}media-caption"), media.find("{*}media-producer")
            yield Association(
                type=_MEDIA_TYPES.get(line(media.get("media-type")).lower(), "picture"),
                caption=line(xml.text_of(caption)) if caption is not None else "",
                creditline=line(xml.text_of(producer)) if producer is not None else "",
                alt=line(media[0].get("alternate-text")) if len(media) else "",
                renditions=renditions,
            )


_TT_BLOCKS: Final = {"rubrik": "h2", "mellis": "h3", "citat": "p", "p": "p", "ul": "ul", "ol": "ol", "li": "li"}


def _tt(body: etree._Element, said: Said) -> str:
    """TT's own vocabulary, in Swedish: headlines and crossheads, quotes, pictures (`BILD`) with caption and maker."""
    for part in list(body.iter(etree.Element)):
        local = _local(part)
        if local == "bild":
            texts = {_local(each): line(xml.text_of(each)) for each in part if isinstance(each.tag, str)}
            if href := texts.get("bildfil", ""):
                said.pictures.append(
                    Association(
                        type="picture",
                        caption=texts.get("bildtext", ""),
                        creditline=texts.get("bildskapare", ""),
                        renditions=(Rendition(href=href),),
                    )
                )
        elif local == "rubrik":
            said.headline = said.headline or line(xml.text_of(part))
        elif local == "byline":
            said.byline = said.byline or line(xml.text_of(part))
        elif local == "ort":
            said.dateline = said.dateline or line(xml.text_of(part))
    running: set[etree._Element] = set()
    for part in list(body.iter(etree.Element)):
        local = _local(part)
        if part in running or bool((part.text or "").strip()) or any((child.tail or "").strip() for child in part):
            running.update(part)
        if local == "bildfil" and not len(part) and not (part.tail or "").strip():
            part.text = None
        if local in ("bildtext", "bildskapare"):
            _emphasise(part)
        kept = local if local in markup.INLINE or local == "br" else "span"
        part.tag = kept if part in running else _TT_BLOCKS.get(local, "div")
    body.tag = "div"
    return _write(body)


_KEPT_HTML: Final = markup.BLOCKS | markup.INLINE | frozenset({"br", "h1", "h4", "h5", "h6"})
_CONTENT_SKIPPED: Final = _NITF_SKIPPED | {"col", "colgroup", "hr", "alt-code"}
_CAPTIONS: Final = frozenset({"media-caption", "media-producer", "media-reference"})


def nitf_content(element: etree._Element) -> str:
    """The clean HTML of NITF's `body.content` (3.x, any namespace), `note` or other holder of blocks. Changes it.

    All words arrive, those of captions in italics where they stand; a content that is escaped HTML or bare text too.
    """
    if not len(element):
        text = element.text or ""
        return body_from(text, "text/html" if has_markup(text) else "text/plain")
    for part in list(element.iter(etree.Element)):
        local = part.tag.rpartition("}")[2].lower()
        if local in _CONTENT_SKIPPED:
            parent = part.getparent()
            if parent is None:
                continue
            if (part.tail or "").strip() or (len(part) and local != "media-object"):
                part.text = None  # its tail are words of the text around it
                part.tag = "span"
            else:
                parent.remove(part)
            continue
        if local in _CAPTIONS:
            _emphasise(part)
        part.tag = _NITF_BLOCKS.get(local) or (
            "div" if local in _NITF_PARTS else local if local in _KEPT_HTML else "span"
        )
    element.tag = "div"
    return _write(element)


def _emphasise(caption: etree._Element) -> None:
    """Put the words of a caption into italics. One that holds blocks has them in each."""
    blocks = [part for part in caption if isinstance(part.tag, str) and _local(part) in _NITF_BLOCKS]
    for part in blocks or [caption]:
        if _local(part) in ("em", "br", "a", "sub", "sup"):
            continue
        emphasis = etree.Element("em")
        emphasis.text, part.text = part.text, None
        emphasis.extend(list(part))
        part.append(emphasis)


_NAMED: Final = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
_BARE: Final = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)")
_NO_XML: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)
_DECLARATION: Final = re.compile(rb"""(<\?xml\s[^>]{0,200}?encoding\s*=\s*["'])([A-Za-z0-9._:-]{1,40})(["'])""")
_WHOLE_DECLARATION: Final = re.compile(r"\A\s*<\?xml\s[^>]{0,300}>")


def parse_kindly(data: bytes, odd: list[Oddity]) -> etree._Element:
    """The root of `data`, after repairs that cannot change its meaning where it needs any: HTML's named characters,
    Windows characters in what calls itself Latin-1, a wrong character set, control characters, bare ampersands.

    Raises `xml.Unsafe` or `xml.Broken`, as `xml.parse` does.
    """
    data = western(data, odd)
    xml.guard(data)
    declared = _DECLARATION.search(data[:1024])
    name = declared.group(2).decode().lower() if declared else ""
    if not name.startswith("utf-16"):
        data = numbered(data)
    try:
        return xml.parse(data)
    except xml.Broken as error:
        text = _text_of(data, name)
        mended = with_ampersands(_NO_XML.sub("", _WHOLE_DECLARATION.sub("", text)))
        try:
            root = xml.parse(mended.strip().encode("utf-8", "replace"))
        except xml.Broken:
            raise error from None
        odd.append(
            Oddity(code="mended-xml", text=f"Its XML was not well-formed ({error}) and was mended: check its letters.")
        )
        return root


def western(data: bytes, odd: list[Oddity]) -> bytes:
    """`data` with what it is written in declared where it calls that Latin-1: UTF-8 if it is sound as such and has more
    than ASCII in it, else Windows' letters, as everybody who sends Latin-1 means. UTF-16 becomes UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") and data[2:4] != b"\x00\x00":
        try:
            return _WHOLE_DECLARATION.sub("", data.decode("utf-16")).encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError):
            return data
    declared = _DECLARATION.search(data[:1024])
    if not declared or declared.group(2).lower() not in (b"iso-8859-1", b"latin1", b"latin-1", b"us-ascii"):
        return data
    written = b"windows-1252"
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            written = b"utf-8"
            odd.append(Oddity(code="wrong-charset", text="It says that it is Latin-1, and is written in UTF-8."))
    return data[: declared.start(2)] + written + data[declared.end(2) :]


def with_ampersands(text: str) -> str:
    """`text` with each ampersand that begins no character reference written as one."""
    return _BARE.sub("&amp;", text)


def numbered(data: bytes) -> bytes:
    """`data`, in a character set that has ASCII in it, with HTML's named characters by their numbers."""
    return _NAMED.sub(_numbered, data)


def _numbered(match: re.Match[bytes]) -> bytes:
    named = match.group(0).decode()
    letters = html.unescape(named)
    return match.group(0) if letters == named else "".join(f"&#{ord(letter)};" for letter in letters).encode()


def _text_of(data: bytes, declared: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", declared or "cp1252", "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _foreign(element: etree._Element) -> str:
    """A private vocabulary: elements that stand in running text stay in it, every other one is a paragraph."""
    # Most have a head full of codes beside the body.
    body = next((part for part in element.iter(etree.Element) if _local(part) == "body"), element)
    running: set[etree._Element] = set()
    for part in body.iter(etree.Element):
        mixed = part in running or bool((part.text or "").strip()) or any((child.tail or "").strip() for child in part)
        if mixed:
            running.update(part)
    for part in body.iter(etree.Element):
        part.tag = "span" if part in running else "div"
    body.tag = "div"
    return _write(body)
