"""NITF: what its stories say of themselves and of others, from our samples and the shared fixtures."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from standfirst.kit.digests import seal
from standfirst.wire import formats
from standfirst.wire.formats import nitf
from standfirst.wire.formats.tests.test_fixtures import FIXTURES, assert_said, spaced_text
from standfirst.wire.item import Item, hold_reasons

SAMPLES = Path(__file__).parent / "samples" / "nitf"
shared = pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")


def story(docdata: str = "", content: str = "<p>Text.</p>", more: str = "") -> Item:
    data = (
        f"<nitf><head><docdata>{docdata}</docdata></head><body><body.head><hedline><hl1>Ferry</hl1></hedline></body.head>"
        f"<body.content>{content}</body.content>{more}</body></nitf>"
    )
    (item,) = formats.parse(data.encode()).items
    return item


@pytest.mark.parametrize(
    "norm",
    [
        "20260302T090000+0100",
        "20260302T080000Z",
        "20260302T0800Z",
        "20260302T080000+00:00",
        "2026-03-02T09:00:00+01:00",
        "2026-03-02 08:00:00Z",
        "2026-03-02T08:00",
        "20260302080000",
        "2026.03.02 08:00:00",
        "2026/03/02T080000",
        "20260302T080000 GMT",
        "20260302T100000 CEST",
        "Mon, 02 Mar 2026 09:00:00 +0100",
    ],
)
def test_it_reads_a_norm_in_every_spelling(norm: str) -> None:
    assert story(f'<date.issue norm="{norm}"/>').version_created == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_norm_without_a_zone_is_in_the_agencys_and_one_that_is_none_is_told() -> None:
    at = '<doc-id regsrc="NTB" id-string="x"/><date.issue norm="{}"/>'
    data = f"<nitf><head><docdata>{at}</docdata></head><body><body.content><p>x</p></body.content></body></nitf>"
    profile = formats.Profile(zone="Europe/Oslo")
    (item,) = formats.parse(data.format("2026-07-01T10:00:00").encode(), profile).items
    assert item.version_created == datetime(2026, 7, 1, 8, tzinfo=UTC)
    (item,) = formats.parse(data.format("soon").encode(), profile).items
    assert item.version_created is None
    assert [odd.code for odd in item.oddities] == ["unreadable-time"]


def test_a_later_issue_is_newer_and_so_is_a_higher_version_of_the_same_moment() -> None:
    at = '<doc-id id-string="x" regsrc="HBW"/><date.issue norm="2026030{}T080000Z"/><du-key key="k" version="{}"/>'
    orders = [story(at.format(day, version)).version_order for day, version in ((2, 1), (2, 2), (2, 10), (3, 1))]
    assert orders == sorted(set(orders))
    revised = story(at.format(2, 10) + '<revision-history norm="20260302T0900Z"/>').version_order
    assert orders[2] < revised < orders[3]


def test_a_release_that_is_not_after_the_issue_is_no_embargo() -> None:
    issue = '<date.issue norm="20260302T090000+0100"/>'
    assert story(issue + '<date.release norm="20260302T080000Z"/>').embargo_until is None
    assert story(issue + '<date.release norm=""/>').embargo_until is None
    assert story(issue + '<date.release norm="20260302T080001Z"/>').embargo_until is not None
    rights = story(issue + '<doc.rights startdate="20260303T000000Z"/>')
    assert rights.embargo_until == datetime(2026, 3, 3, tzinfo=UTC)
    assert story(issue + '<date.release norm="at noon"/>').embargo_until == "indefinite"


def test_an_ordinary_reference_to_an_earlier_document_takes_nothing_back() -> None:
    data = (SAMPLES / "kill-of-another.xml").read_text()
    (item,) = formats.parse(data.replace(' management-idref-status="Cancelled"', "").encode()).items
    assert item.directives == ()
    assert [(link.rel, link.target) for link in item.links] == [("evolvedFrom", "hbw.20260302.0007")]
    (item,) = formats.parse(data.replace("Cancelled", "paused").encode()).items
    (directive,) = item.directives
    assert (directive.status, directive.exact) == ("unknown", False)


def test_a_picture_inside_the_file_comes_out_as_it_went_in() -> None:
    parsed = formats.parse((SAMPLES / "media.xml").read_bytes())
    ((sha, part),) = parsed.parts.items()
    assert seal(part.data) == sha
    assert (part.name, part.mime) == ("dot.gif", "image/gif")
    (item,) = parsed.items
    assert [rendition.part for medium in item.associations for rendition in medium.renditions] == ["", sha, ""]
    broken = base64.b64encode(b"x").decode()[:-1] + "*"
    odd = story(content=f'<p>x</p><media media-type="image"><media-object>{broken}</media-object></media>')
    assert "broken-media" in [oddity.code for oddity in odd.oddities]


def test_a_story_that_is_nothing_but_a_picture_is_one() -> None:
    item = story(
        content='<media media-type="image"><media-reference source="https://p.example/a.jpg" mime-type="image/jpeg"/>'
        "<media-caption>At the quay</media-caption></media>"
    )
    assert (item.type, [rendition.href for rendition in item.renditions]) == ("picture", ["https://p.example/a.jpg"])
    assert item.body_html == "<p><em>At the quay</em></p>"


def test_what_desks_put_below_a_story_for_each_other_stays_with_them() -> None:
    end = "<body.end><tagline>ada@harbour.example</tagline></body.end>"
    item = story(more=end)
    assert "@" not in item.body_html
    assert [(note.role, note.public) for note in item.ednotes] == [("tagline", False)]


def test_comments_and_broken_letters_lose_no_words() -> None:
    item = story(content="<p>one <!-- no -->two <person>three</person><?x y?> four</p>tail")
    assert item.body_html == "<p>one two three four</p><p>tail</p>"
    data = b'<?xml version="1.0" encoding="utf-8"?><nitf><head><doc-id id-string="a" regsrc="b"/></head>'
    data += b"<body><body.content><p>Caf\xe9 & bar\x03</p></body.content></body></nitf>"
    parsed = formats.parse(data)
    assert parsed.items[0].body_html == "<p>Café &amp; bar</p>"
    assert [odd.code for odd in parsed.oddities] == ["mended-xml"]


def test_formats_that_hold_nitf_inside_are_not_taken_for_it() -> None:
    inside = b"<nitf><body/></nitf>"
    assert nitf.recognises(b"<n:nitf xmlns:n='x'/>")
    assert nitf.recognises(b"<delivery>" + inside + b"</delivery>")
    for root in (b"newsMessage", b"NewsML", b"newsItem", b"rss", b"feed", b"html"):
        assert not nitf.recognises(b"<" + root + b">" + inside)
    assert not nitf.recognises(b"{}")


@shared
def test_every_nitf_fixture_gives_its_story_and_its_words() -> None:
    from xml.etree import ElementTree as ET

    for path in sorted((FIXTURES / "nitf").glob("*.xml")):
        data = path.read_bytes()
        parsed = formats.parse(data)
        roots = [e for e in ET.fromstring(data).iter() if e.tag.rpartition("}")[2] == "nitf"]
        assert len(parsed.items) == len(roots)
        for root, item in zip(roots, parsed.items, strict=True):
            for content in root.iter():
                if content.tag.rpartition("}")[2] == "body.content":
                    assert_said(spaced_text(content), item, path)


@shared
def test_the_life_of_nitf_documents_reads_as_it_was_meant() -> None:
    chain = [
        formats.parse(path.read_bytes()).items[0]
        for path in sorted((FIXTURES / "lifecycle-synthetic").glob("nitf_*.xml"))
    ]
    first, corrected, kill, embargoed = chain
    assert [item.item_id for item in chain] == [f"exw.2026011{d}.000{n}" for d, n in ((0, 1), (0, 2), (0, 3), (1, 3))]
    assert len({item.thread_key for item in chain}) == 1
    assert corrected.editorial_types == ("correction",)
    assert [(link.rel, link.target) for link in corrected.links] == [("corrects", first.item_id)]
    assert not hold_reasons(corrected)
    (directive,) = kill.directives
    assert (directive.status, directive.target, directive.exact) == ("canceled", first.item_id, True)
    assert (kill.type, kill.status) == ("advisory", "usable")
    assert hold_reasons(kill)
    assert (embargoed.status, embargoed.embargo_until) == ("embargoed", datetime(2030, 1, 11, 23, 1, tzinfo=UTC))
    assert not hold_reasons(embargoed)
