"""Whatever bytes arrive: `parse` answers with items or with `Unreadable`, reads no file, and ends."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfirst.kit import xml
from standfirst.wire import formats
from standfirst.wire.formats.tests import fuzzing
from standfirst.wire.item import decode, encode, hold_reasons
from tests.often import often


def read(data: bytes) -> None:
    try:
        parsed = formats.parse(data)
    except formats.Unreadable as error:
        assert error.reason.endswith((".", ")"))
        return
    for item in parsed.items:
        assert item.item_id and item.provider
        assert -(2**63) <= item.version_order < 2**63
        assert decode(encode(item)) == item
        hold_reasons(item)


def test_two_thousand_damaged_files_break_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.txt").write_text(fuzzing.SECRET)
    monkeypatch.setenv("FUZZ_SECRET", str(tmp_path / "secret.txt"))
    fuzzing.warm(fuzzing.corpus())
    fuzzing.watch()
    assert fuzzing.attempt(0, 2_000, seed=20260110) == []


@pytest.mark.deep
def test_a_million_damaged_files_break_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)

    def say(text: str) -> None:
        with capfd.disabled():
            print(text, flush=True)

    assert fuzzing.run(1_000_000, seed, workers=os.cpu_count() or 1, say=say) == []


@settings(max_examples=often(75, 500), deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"<rss>", b"<newsItem ", b"{", b"[{", b'<?xml version="1.0"?>']))
def test_any_bytes_get_an_answer(tail: bytes, head: bytes) -> None:
    read(head + tail)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PROPERTIES = st.sampled_from(
    "uri guid type pubstatus pubStatus embargoed embargoedUntil version versioncreated headline headlines body_html"
    " bodies descriptions renditions associations subject people place usageterms ednote signals keywords urgency"
    " rightsinfo eventDetails plannedCoverage altids replacing language".split()
)


@settings(max_examples=often(75, 500), deadline=None)
@given(st.dictionaries(PROPERTIES, JSON, max_size=8), st.sampled_from(["usable", "canceled", "withheld"]))
def test_a_ninjs_item_with_values_of_any_kind_gets_an_answer(item: dict[str, object], status: str) -> None:
    read(json.dumps({"uri": "urn:x:1", "pubstatus": status, **item}).encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_entities_are_refused_in_every_encoding_and_no_file_is_read(encoding: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret words")
    for body in (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="&s;"><itemMeta>&s;</itemMeta></newsItem>',
        "<rss><channel><title>&s;</title><item><title>&s;</title></item></channel></rss>",
    ):
        text = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>{body}'
        with pytest.raises(formats.Unreadable) as refused:
            formats.parse(text.encode(encoding))
        assert "secret words" not in refused.value.reason


def test_a_doctype_without_declarations_is_no_danger() -> None:
    root = xml.parse(b'<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd"><nitf/>')
    assert root.tag == "nitf"
    with pytest.raises(xml.Unsafe):
        xml.parse(b"<!-- x --><!DOCTYPE nitf SYSTEM 'a>b' [<!ELEMENT nitf ANY>]><nitf/>")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0"?>\n<!-- \xc3\xa9 -->'])
def test_a_doctype_may_name_the_dtds_of_news_and_nothing_else(start: bytes) -> None:
    named = b'<!DOCTYPE NewsML PUBLIC "x" "NewsML-1.2.dtd"\n[<!ENTITY % nitf SYSTEM "../nitf-3-0.dtd"> %nitf; ]>'
    root = xml.parse(start + named + b"<NewsML><a>\n&amp;</a></NewsML>")
    assert root.findtext("a") == "\n&"
    for inside in (
        b'<!ENTITY % nitf SYSTEM "http://127.0.0.1:9/x"> %nitf;',
        b'<!ENTITY % other SYSTEM "nitf-3-0.dtd"> %other;',
        b'<!ENTITY % nitf SYSTEM "nitf-3-0.dtd"> %nitf; <!ENTITY e "x">',
        b'<!ENTITY nitf SYSTEM "nitf-3-0.dtd">',
        b'<!ENTITY % nitf "nitf-3-0.dtd"> %nitf;',
        b"<!-- " * 20_000,
        b" " * 500_000 + b"x",
    ):
        with pytest.raises(xml.Unsafe):
            xml.parse(start + b"<!DOCTYPE NewsML [" + inside + b"]><NewsML/>")
    with pytest.raises((xml.Unsafe, xml.Broken)):
        xml.parse((named.decode() + "<NewsML/>").encode("utf-16"))


@pytest.mark.parametrize(
    "data",
    [
        b"<rss><channel>" + b"<item><title>x</title></item>" * 4_900 + b"</channel></rss>",
        b"<newsItem " + b"a" * 1_000_000,
        b"<newsItem>" * 100_000,
        b"<rss><channel><item><description>" + b"&lt;div&gt;" * 100_000 + b"</description></item></channel></rss>",
        b"<rss><channel><item><title>" + b"<b>" * 100_000,
        b"<rss><channel>" + b"<item>&" * 20_000,
        b"<rss><channel>" + b"<![CDATA[" * 50_000,
        b"<!--" * 200_000,
        b"<?xml " * 100_000,
        b"<!DOCTYPE " + b"'" * 500_000,
        b'{"uri": "urn:x", "headline": "' + b"<" * 1_000_000 + b'"}',
        b'{"uri": "urn:x", "body_html": "' + b"<p><b>" * 200_000 + b'"}',
        b'{"uri": "urn:x", "version": ' + b"9" * 100_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b'[{"uri":"urn:x"},' * 3 + b"]",
    ],
    ids=range(16),
)
def test_files_made_to_take_for_ever_do_not(data: bytes) -> None:
    read(data)


def test_what_is_said_once_for_many_does_not_grow_with_their_number() -> None:
    long = b"word " * 20_000
    media = b"".join(b'<media:content url="http://x/%d.jpg"/>' % number for number in range(3_000))
    group = (
        b'<rss xmlns:media="http://search.yahoo.com/mrss/"><channel><item><title>x</title><media:group>'
        b"<media:description>" + long + b"</media:description>" + media + b"</media:group></item></channel></rss>"
    )
    rights = (
        b"<rss><channel><copyright>"
        + long
        + b"</copyright>"
        + b"<item><title>x</title></item>" * 2_000
        + b"</channel></rss>"
    )
    for data in (group, rights):
        written = sum(len(encode(item)) for item in formats.parse(data).items)
        assert written < 150 * len(data)


def test_an_id_that_no_index_takes_is_shortened_and_stays_one_of_its_own() -> None:
    one, other = (
        formats.parse(
            json.dumps({"uri": "urn:x:" + "a" * 9_000 + end, "headline": "x", "body_text": "x"}).encode()
        ).items[0]
        for end in "12"
    )
    assert len(one.item_id) <= 500 and one.item_id != other.item_id


def test_of_a_body_with_more_tags_than_any_story_the_words_stay() -> None:
    body = "".join(f"<p><b>w{number}" for number in range(40_000))
    (item,) = formats.parse(json.dumps({"uri": "urn:x", "headline": "x", "body_html": body}).encode()).items
    assert item.body_html.startswith("<p>w0</p><p>w1</p>")
    assert item.body_html.endswith("<p>w39999</p>")


def test_of_two_names_that_differ_by_capitals_the_one_in_small_letters_counts():
    item: dict[str, object] = {
        "altids": {"itemid": "a1"},
        "ALTIDS": [[]],
        "type": "text",
        "headline": "Quay opens",
        "provider": "AP",
    }
    item |= {"body_text": "The quay opens.", "versioncreated": "2026-03-02T09:01:00Z", "Headline": 7}
    (read,) = formats.parse(json.dumps({"data": {"item": item}}).encode()).items
    assert (read.item_id, read.headline) == ("a1", "Quay opens")
