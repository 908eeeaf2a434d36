"""What `kit.markup` lets through, and that nothing else ever gets through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.kit.markup import (
    BLOCKS,
    INLINE,
    Figure,
    _prepared,
    clean_blocks,
    clean_inline,
    list_items,
    paragraphs_of,
    split_blocks,
    split_figures,
    text_of,
)

REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("given_html", "expected"),
    [
        ("Plain words", "<p>Plain words</p>"),
        ("<h1>Head</h1>loose<p>Para</p>", "<h2>Head</h2><p>loose</p><p>Para</p>"),
        ("<h5>Small head</h5>", "<h3>Small head</h3>"),
        ("one<br><br>two<br>three", "<p>one</p><p>two<br>three</p>"),
        ("<b>bold<p>across</p>blocks</b>", "<p><b>bold</b></p><p><b>across</b></p><p><b>blocks</b></p>"),
        ("<ul><li><p>a</p><p>b</p></li>stray</ul>", "<ul><li>a<br>b</li><li>stray</li></ul>"),
        ("<ul><li>a<ol><li>b</li></ol></li></ul>", "<ul><li>a<ol><li>b</li></ol></li></ul>"),
        ("<blockquote>said</blockquote>", "<blockquote><p>said</p></blockquote>"),
        ("<table><tr><td>1</td><td></td></tr></table>", "<table><tbody><tr><td>1</td><td></td></tr></tbody></table>"),
        ("<pre>  a\n  b</pre>", "<pre>  a\n  b</pre>"),
        ("<p></p><div><span> </span></div>", ""),
        ("a <b> b</b> c", "<p>a <b>b</b> c</p>"),
        ("<figure><img src=x onerror=alert(1)><figcaption>Words stay</figcaption></figure>", "<p>Words stay</p>"),
        ("<script>alert(1)</script>x", "<p>x</p>"),
        (
            '<a href="https://example.test/?a=1&amp;b=2">go</a>',
            f'<p><a href="https://example.test/?a=1&amp;b=2" {REL}>go</a></p>',
        ),
        ('<a href="javascript:alert(1)">go</a> <a href="/x">x</a> <a href="story:3">s</a>', "<p>go x s</p>"),
        ("<p>fish &amp; chips &lt;hot&gt;</p>", "<p>fish &amp; chips &lt;hot&gt;</p>"),
        ("<p dir=rtl style='x'>مرحبا بالعالم</p>", "<p>مرحبا بالعالم</p>"),
    ],
)
def test_it_lays_html_out_as_clean_blocks(given_html: str, expected: str) -> None:
    assert clean_blocks(given_html) == expected


A: Figure = Figure("a.jpg", "")


@pytest.mark.parametrize(
    ("given_html", "expected"),
    [
        ("<p>one <b>two <img src=a.jpg> three</b></p>", ["<p>one <b>two</b></p>", A, "<p><b>three</b></p>"]),
        ("<p>one<img src=no.jpg> two", ["<p>one two</p>"]),
        ("<img src=' a.jpg\n' alt='A &amp; \"B\"' onerror=x>", [Figure("a.jpg", 'A & "B"')]),
        ("<ul><li>a<img src=a.jpg><li>b</ul>c", ["<ul><li>a</li><li>b</li></ul>", A, "<p>c</p>"]),
        ("<h2>a<img src=a.jpg></h2>b", ["<h2>a</h2>", A, "<p>b</p>"]),
        ("<blockquote><img src=a.jpg>", [A]),
        ("<a href=/big.jpg><img src=a.jpg></a><a href=/x>x</a>", [A, "<p>x</p>"]),
        (
            "<figure><img src=a.jpg><figcaption><p>One <b>t</b>wo<br>x</figcaption></figure>",
            [Figure("a.jpg", "", "One two x")],
        ),
        ("<figure><figcaption>one</figcaption><img src=a.jpg></figure>", [Figure("a.jpg", "", "one")]),
        ("<figure><img src=no.jpg><figcaption>one</figcaption></figure>", ["<p>one</p>"]),
        (
            "<figure><img src=a.jpg><figure><img src=no.jpg><figcaption>two</figcaption></figure></figure>",
            [A, "<p>two</p>"],
        ),
        ("<figcaption>one</figcaption><img src=a.jpg>", ["<p>one</p>", A]),
        ("<blockquote><figure><img src=a.jpg><figcaption>1<figcaption>2</figcaption>3", [Figure("a.jpg", "", "1 2 3")]),
        ("<script><img src=a.jpg></script><!-- <img src=a.jpg> -->", []),
        ("<img src='javascript:alert(1)'><img src='data:image/png;base64,x'><img>", []),
    ],
)
def test_pictures_part_the_blocks_and_take_their_captions_along(given_html: str, expected: list[str | Figure]) -> None:
    assert split_figures(given_html, lambda src: src != "no.jpg") == expected


_ELEMENTS = "img figure figcaption p ul li blockquote table td b h2 br pre"
_PARTS = ["<img src=a>", "x ", *(f"<{sign}{name}>" for name in _ELEMENTS.split() for sign in ("", "/"))]


@given(st.lists(st.sampled_from(_PARTS), max_size=24))
@settings(deadline=None)
def test_no_word_and_no_picture_is_lost_between_the_blocks(parts: list[str]) -> None:
    html = "".join(parts)
    pieces = split_figures(html, lambda src: True)
    said = "".join(piece.caption if isinstance(piece, Figure) else text_of(piece) for piece in pieces)
    assert said.count("x") == html.count("x")
    shown = [piece for piece in pieces if isinstance(piece, Figure)]
    assert len(shown) <= html.count("src=a")
    if "<figcaption>" not in html:
        assert len(shown) == html.count("src=a")
    for piece in pieces:
        assert isinstance(piece, Figure) or clean_blocks(piece) == piece


def test_inline_html_keeps_links_to_our_own_stories() -> None:
    assert clean_inline('<p>See <a href="story:12">this</a></p><p>too</p>') == (
        f'See <a href="story:12" {REL}>this</a> too'
    )
    assert clean_inline('<a href="story:12/../x">no</a>') == "no"


def test_text_of_parts_blocks_and_unescapes() -> None:
    assert text_of("<p>a &amp; b</p><ul><li>c</li></ul>d<br>e") == "a & b\nc\nd\ne"


def test_split_blocks_cuts_clean_html_into_its_blocks_in_order() -> None:
    html = clean_blocks(
        "<h2>H</h2><p>a <b>b</b></p><ul><li>x</li><li>y<ul><li>z</li></ul></li></ul>"
        "<blockquote><p>q</p></blockquote><table><tr><td>t</td></tr></table><pre>p</pre>"
    )
    blocks = split_blocks(html)
    assert [kind for kind, _ in blocks] == ["heading", "paragraph", "list", "quote", "table", "preformatted"]
    assert blocks[1][1] == "a <b>b</b>"
    assert list_items(blocks[2][1]) == ("x", "y", "z")


def test_plain_text_becomes_paragraphs() -> None:
    assert paragraphs_of("a\nb\n\nc < d") == "<p>a b</p><p>c &lt; d</p>"
    assert paragraphs_of("a\nb") == "<p>a</p><p>b</p>"


FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                f"<{tag}>"
                for tag in (
                    *sorted(BLOCKS | INLINE),
                    "div",
                    "h1",
                    "h6",
                    "br",
                    "hr",
                    "section",
                    "svg",
                    "math",
                    "style",
                    "script",
                    "title",
                    "textarea",
                    "noscript",
                    "template",
                    "form",
                    "dl",
                    "dd",
                    "select",
                    "option",
                    "iframe",
                    "plaintext",
                    "xmp",
                    "font",
                    "nobr",
                    "button",
                )
            ]
        ),
        st.sampled_from([f"</{tag}>" for tag in (*sorted(BLOCKS | INLINE), "div", "h1", "svg", "math", "title")]),
        st.sampled_from(
            [
                '<a href="https://x.test/">',
                '<a href="javascript:x">',
                "<a href='story:5'>",
                '<a href="story:x">',
                "&#13;",
                "&#1;",
                "&lt;script&gt;",
                "&nbsp;",
                " ",
                "\n",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                '<p onclick="x">',
                "<img src=x onerror=y>",
                '"',
                "'",
                "&",
                "<",
                ">",
                "\x00",
                "\x0c",
                '<a href="https://x.test/&quot;>x">',
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=25,
).map("".join)

_ALLOWED = re.compile(
    rf'</?(?:{"|".join(sorted(BLOCKS | INLINE))}|br)>|<a href="(?:https?://|mailto:|story:[0-9])[^"<>\s]*" {REL}>',
    re.IGNORECASE,
)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab  \u00a0&<>;\t\r\u200d\u00e9\U0001f30d\x85")))
def test_text_without_markup_is_cleaned_as_any_other(text: str) -> None:
    # An empty tag says nothing, and sends the text the long way.
    assert clean_inline(text) == clean_inline(f"<b></b>{text}")


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS)
def test_nothing_but_listed_tags_and_attributes_ever_comes_out_and_cleaning_twice_changes_nothing(html: str) -> None:
    for clean in (clean_blocks, clean_inline):
        once = clean(html)
        assert "<" not in _ALLOWED.sub("", once)
        assert clean(once) == once
    blocks = split_blocks(clean_blocks(html))
    assert text_of("".join(f"<div>{part}</div>" for _, part in blocks)).split() == text_of(clean_blocks(html)).split()
    assert '<a href="story:' not in clean_blocks(html)


@pytest.mark.parametrize("unit", ["&amp;", "x & ", "&bogus;", "</b>&amp;", "<&", "&\xa0"])
def test_a_text_of_many_ampersands_reaches_the_parser_in_short_pieces_and_loses_nothing(unit: str) -> None:
    # nh3 takes quadratic time for ampersands and no-break spaces in one text: 2 MB of them took six seconds.
    html = f"<p>{unit * 20_000}</p>"
    pieces = re.split(r"<wbr>", _prepared(html))
    assert max(len(re.findall("[&\xa0]", piece)) for piece in pieces) <= 500
    text = text_of(html)
    assert text.count("&") == 20_000
    assert clean_blocks(clean_blocks(html)) == clean_blocks(html)


def test_what_a_comment_hides_stays_hidden_among_many_ampersands() -> None:
    html = f"<p>{'&amp;' * 3_000}<!-- {'&' * 1_500} hidden -->{'&amp;' * 3_000} end</p>"
    assert "hidden" not in clean_blocks(html)
    assert clean_blocks(html).endswith("&amp; end</p>")
