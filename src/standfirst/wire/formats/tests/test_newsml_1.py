"""NewsML 1.2: the shared fixtures with all their words, the life of an item, and changes in places."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from standfirst.wire import formats
from standfirst.wire.formats import dialects, newsml_1
from standfirst.wire.item import Item, hold_reasons

FIXTURES = Path(__file__).resolve().parents[6] / "shared" / "fixtures"
SAMPLES = Path(__file__).parent / "samples" / "newsml-1.2"
beside = pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", html.unescape(re.sub(r"<[^>]*>", " ", text)).lower()))


@beside
@pytest.mark.parametrize("path", sorted((FIXTURES / "newsml-1.2").glob("*")), ids=lambda path: path.name)
def test_every_fixture_gives_all_of_its_items_and_the_words_of_every_content(path: Path) -> None:
    data = path.read_bytes()
    root = ET.fromstring(data)
    parsed = formats.parse(data)
    assert parsed.format == "newsml-1.2"
    elements = list(root.iter("NewsItem"))
    assert [item.item_id.rpartition(":")[2] for item in parsed.items] == [
        element.findtext(".//NewsItemId") for element in elements
    ]
    for element, item in zip(elements, parsed.items, strict=True):
        for content in element.iter("ContentItem"):
            mime = content.find("MimeType")
            if mime is not None and mime.get("FormalName") == "text/css":
                continue
            for inside in content.iter("DataContent"):
                expected = words(" ".join(inside.itertext()))
                missing = expected - words(item.body_html)
                assert missing.total() <= max(expected.total() * 0.02, 4), missing


def life(name: str) -> Item:
    (path,) = (FIXTURES / "lifecycle-synthetic").glob(f"newsml12_{name}*")
    (item,) = formats.parse(path.read_bytes()).items
    return item


@beside
def test_the_life_of_an_item_reads_as_it_was_meant() -> None:
    chain = [life(f"0{number}") for number in range(1, 5)]
    assert len({(item.provider, item.item_id) for item in chain}) == 1
    assert [item.version_order for item in chain] == [1, 2, 2, 3]
    assert [item.status for item in chain] == ["usable", "usable", "canceled", "usable"]
    assert [item.management_only for item in chain] == [False, False, True, False]
    (directive,) = chain[3].directives
    assert (directive.status, directive.before, directive.exact) == ("canceled", 3, True)
    assert directive.target == chain[0].item_id
    held = life("05")
    assert (held.status, held.embargo_until) == ("embargoed", datetime(2030, 1, 11, 23, 1, tzinfo=UTC))
    assert not any(hold_reasons(item) for item in (*chain, held))


def test_an_agency_is_known_by_what_its_files_say() -> None:
    named = (SAMPLES / "agency-dialect.xml").read_bytes()
    (plain,) = formats.parse(named).items
    assert plain.byline == "" and plain.body_html.endswith("mo-ka/ti</p>")
    assert hold_reasons(plain), "an advisory line in words that nobody explained is for a person"
    (spoken,) = formats.parse(named.replace(b"harbour-wire.test", b"afp.com")).items
    assert spoken.byline and "mo-ka" not in spoken.body_html
    assert spoken.editorial_types == ("update", "correction")
    assert not hold_reasons(spoken)


@pytest.mark.parametrize(
    ("last", "stays"),
    [("bur-dar-gl/fz", False), ("ab/cd", False), ("and so it ended", True), ("gl", True), ("1/2", True), ("N/A", True)],
)
def test_only_what_is_surely_a_sign_off_is_taken_off(last: str, stays: bool) -> None:
    data = (SAMPLES / "agency-dialect.xml").read_bytes().replace(b"mo-ka/ti", last.encode())
    (item,) = formats.parse(data, dialects.NAMED["afp"]).items
    assert item.body_html.endswith(f"<p>{last}</p>") is stays
    assert ("sign-off" in [odd.code for odd in item.oddities]) is not stays


BASE = b"""<NewsML Version="1.2"><NewsItem><Identification><NewsIdentifier><ProviderId>harbour-wire.test</ProviderId>
<DateId>20260110</DateId><NewsItemId>STORY-12</NewsItemId><RevisionId PreviousRevision="0" Update="N">1</RevisionId>
</NewsIdentifier></Identification><NewsManagement><NewsItemType FormalName="News"/><Status FormalName="Usable"/>
</NewsManagement><NewsComponent Duid="c"><NewsLines><HeadLine Duid="head">Five hurt in Lune fire</HeadLine></NewsLines>
<ContentItem Duid="t"><Format FormalName="XHTML"/><DataContent><p Duid="p1">Five are hurt.</p><p Duid="p2">All live.</p>
<p Duid="p3">The fire is out.</p></DataContent></ContentItem></NewsComponent></NewsItem></NewsML>"""


def test_a_change_in_places_makes_the_earlier_revision_whole() -> None:
    change = (SAMPLES / "changes-in-places.xml").read_bytes()
    (alone,) = formats.parse(change).items
    assert (alone.patches, alone.version_order, len(hold_reasons(alone))) == ("1", 2, 1)
    whole = formats.amend(BASE, change)
    (item,) = formats.parse(whole).items
    assert item.headline == "Six hurt in Lune fire"
    assert item.body_html == "<p>Five are hurt.</p><p>A sixth person was found.</p><p>The fire is out.</p>"
    assert (item.item_id, item.version_order, item.patches, item.doubts) == (alone.item_id, 2, "", ())
    # What came out is a base for the next change.
    third = re.sub(rb"<Update>.*</Update>", b'<Update><Delete DuidRef="p3"/></Update>', change, flags=re.DOTALL)
    third = third.replace(b'PreviousRevision="1" Update="U">2<', b'PreviousRevision="2" Update="U">3<')
    (item,) = formats.parse(formats.amend(whole, third)).items
    assert (item.version_order, item.body_html) == (3, "<p>Five are hurt.</p><p>A sixth person was found.</p>")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'DuidRef="p1"', b'DuidRef="p9"', "no element"),
        (b'PreviousRevision="1"', b'PreviousRevision="7"', "revision 7"),
        (b"STORY-12", b"STORY-13", "no item"),
        (b'<Delete DuidRef="p2"/>', b'<Move DuidRef="p2"/>', "no update"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(old: bytes, new: bytes, said: str) -> None:
    change = (SAMPLES / "changes-in-places.xml").read_bytes().replace(old, new)
    with pytest.raises(formats.Unreadable, match=said):
        formats.amend(BASE, change)


def test_a_change_cannot_alter_what_says_who_an_item_is() -> None:
    change = (SAMPLES / "changes-in-places.xml").read_bytes().replace(b'Delete DuidRef="p2"', b'Delete DuidRef="id"')
    with pytest.raises(formats.Unreadable, match="no update may"):
        formats.amend(BASE.replace(b"<NewsIdentifier>", b'<NewsIdentifier Duid="id">'), change)


def test_of_several_languages_the_one_that_the_feed_wants_is_taken() -> None:
    data = (SAMPLES / "two-languages.xml").read_bytes()
    (item,) = formats.parse(data, formats.Profile(language="fr")).items
    assert (item.language, item.body_html, item.doubts) == ("fr", "<p>Le port est ouvert.</p>", ())
    assert "De haven is weer open." in item.body_raw
    (item,) = formats.parse(data, formats.Profile(language="de")).items
    assert "open" in item.body_html and "ouvert" in item.body_html and len(item.doubts) == 1


def test_a_picture_inside_of_the_file_comes_out_as_bytes() -> None:
    parsed = newsml_1.parse((SAMPLES / "picture-inside.xml").read_bytes())
    ((seal, part),) = parsed.parts.items()
    assert part.data.startswith(b"\x89PNG") and (part.name, part.mime) == ("one.png", "image/png")
    assert parsed.items[0].associations[0].renditions[0].part == seal
