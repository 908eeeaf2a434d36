from __future__ import annotations

from standfirst.wire.drafting import blocks_of, copy_of
from standfirst.wire.item import Concept, EdNote, Item


def item(**fields):
    return Item(provider="cpa", item_id="x", **fields)


def copy(**fields):
    return copy_of(item(**fields), credit="CPA", language="en")


def test_blocks_become_those_that_a_story_has():
    blocks = blocks_of(
        "<p>One <b>two</b></p><h2>Head</h2><ul><li>a</li><li>b <i>c</i></li></ul><ol><li>n</li></ol>"
        "<blockquote><p>Said.</p><p>Again.</p></blockquote>"
    )
    assert blocks == (
        ("paragraph", "<p>One <b>two</b></p>"),
        ("heading", "Head"),
        ("list", {"items": ["<p>a</p>", "<p>b <i>c</i></p>"], "ordered": False}),
        ("list", {"items": ["<p>n</p>"], "ordered": True}),
        ("quote", {"text": "<p>Said.</p><p>Again.</p>", "attribution": ""}),
    )


def test_no_word_of_a_table_is_lost():
    (first, second) = blocks_of(
        "<table><tr><th>Port</th><th>Ships</th></tr><tr><td>Tarrava</td><td>4</td></tr></table>"
    )
    assert first == ("paragraph", "<p>Port · Ships</p>")
    assert second == ("paragraph", "<p>Tarrava · 4</p>")


def test_hostile_html_brings_no_script_into_a_story():
    blocks = blocks_of(
        "<p onclick=x>Text<script>alert(1)</script> <a href='javascript:x'>l</a> <a href='https://a.example/?a=1&b=2'>m</a>"
        "<img src=x onerror=alert(1)></p>"
    )
    assert blocks == (("paragraph", '<p>Text l <a href="https://a.example/?a=1&amp;b=2">m</a></p>'),)


def test_a_heading_too_long_for_one_becomes_a_bold_paragraph():
    ((kind, value),) = blocks_of(f"<h2>{'word ' * 60}</h2>")
    assert kind == "paragraph"
    assert value.startswith("<p><b>word word")


def test_what_is_for_editors_stays_out():
    made = copy(
        headline="Head",
        body_html="<p>Text</p>",
        slugline="CANARY-SLUG",
        ednotes=(EdNote(text="CANARY-NOTE"), EdNote(text="CANARY-PUBLIC", public=True)),
        usage_terms=("CANARY-TERMS",),
        copyright_notice="CANARY-COPYRIGHT",
        signals=("CANARY-SIGNAL",),
        status_raw="CANARY-STATUS",
    )
    public = {name: value for name, value in made.fields().items() if name != "slugline"}
    assert "CANARY" not in repr(public)


def test_a_standfirst_that_repeats_the_first_paragraph_is_left_out():
    same = copy(
        headline="H", abstract="The bridge gave way.", body_html="<p>The bridge gave way. Nobody was on it.</p>"
    )
    assert same.standfirst == ""
    assert copy(headline="H", abstract="Something else.", body_html="<p>Text.</p>").standfirst == "Something else."
    assert copy(headline="H", subheadline="Sub", body_html="<p>Text.</p>").standfirst == "Sub"


def test_a_summary_alone_is_the_text():
    made = copy(headline="H", abstract="Five < six hurt")
    assert made.body == (("paragraph", "<p>Five &lt; six hurt</p>"),)
    assert made.standfirst == ""


def test_a_dateline_is_printed_once():
    text = "<p>LAFIA, Nigeria (CPA) - Water rose.</p>"
    assert copy(headline="H", dateline="LAFIA, Nigeria, Jan 10", body_html=text).dateline == ""
    assert copy(headline="H", dateline="LAFIA, Nigeria", body_html="<p>Water rose.</p>").dateline == "LAFIA, Nigeria"


def test_the_kicker_is_a_name_in_words_or_nothing():
    assert copy(headline="H", subjects=(Concept(code="16000000", name="armed conflict"),)).kicker == "Armed conflict"
    assert copy(headline="H", keywords=("FLOOD-LAFIA", "N2:AFR", "floods")).kicker == "Floods"
    assert copy(headline="H", slugline="FLOOD-LAFIA").kicker == ""


def test_fields_fit_their_columns():
    made = copy(headline="word " * 200, byline="b" * 900, creditline="c" * 900, slugline="s " * 900, dateline="d" * 900)
    assert len(made.title) <= 255
    assert made.title.endswith("word…")
    assert len(made.byline) <= 300
    assert len(made.credit) <= 120
    assert len(made.slugline) <= 120
    assert len(made.dateline) <= 120


def test_language_and_credit_stand_in_where_an_item_brings_none():
    assert copy(headline="H", language="pt-BR").language == "pt"
    assert copy(headline="H", language="xx").language == "en"
    assert copy(headline="H").credit == "CPA"
    assert copy(headline="H", creditline="CPA/Brandt").credit == "CPA/Brandt"
