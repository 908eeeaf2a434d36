"""Every shared fixture of our formats: as many items out as a second, dumb count finds, and their words with them.

The counting here knows nothing of the formats' own code: it takes files apart with the standard library.
"""

from __future__ import annotations

import email
import email.message
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from standfirst.wire import formats
from standfirst.wire.item import Item, hold_reasons

FIXTURES = Path(__file__).resolve().parents[6] / "shared" / "fixtures"
pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")

# Not whole items: listings from IPTC's guidelines.
FRAGMENTS = ("LISTING_24", "LISTING_25", "LISTING_28", "LISTING_7_", "LISTING_8_", "LISTING_9_")
NO_NEWS = {"conceptItem", "knowledgeItem", "catalogItem", "catalog"}


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((FIXTURES / folder).glob("*"))]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def words(text: str) -> Counter[str]:
    text = re.sub(r"https?://[^\s<\"]+", "", text)
    return Counter(
        re.findall(r"\w+", html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?span[^>]*>", "", text))).lower())
    )


def assert_said(wanted: str, item: Item, file: Path) -> None:
    expected = words(wanted)
    missing = expected - words(item.body_html)
    assert missing.total() <= expected.total() * 0.02, (name_of(file), missing)


def local(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def spaced_text(element: ET.Element) -> str:
    if local(element.tag).lower() in ("style", "script"):
        return element.tail or ""
    inner = " ".join(spaced_text(child) for child in element)
    return f"{element.text or ''} {inner} {element.tail or ''}"


@pytest.mark.parametrize("path", files("newsml-g2"), ids=name_of)
def test_every_newsml_g2_fixture_gives_all_of_its_items_and_their_words(path: Path) -> None:
    data = path.read_bytes()
    root = ET.fromstring(data)
    elements = [e for e in root.iter() if local(e.tag) in ("newsItem", "packageItem", "planningItem")]
    if local(root.tag) in NO_NEWS or any(part in path.name for part in FRAGMENTS):
        with pytest.raises(formats.Unreadable) as refused:
            formats.parse(data)
        assert refused.value.reason.endswith((".", "it)"))
        return
    parsed = formats.parse(data)
    assert parsed.format == "newsml-g2"
    assert [item.item_id for item in parsed.items] == [" ".join(e.get("guid", "").split()) for e in elements]
    for element, item in zip(elements, parsed.items, strict=True):
        for content in element.iter():
            if local(content.tag) == "inlineData" and not content.get("encoding"):
                assert_said(spaced_text(content), item, path)
            if local(content.tag) == "inlineXML":
                body = next((e for e in content.iter() if local(e.tag).lower() == "body"), content)
                assert_said(spaced_text(body), item, path)


@pytest.mark.parametrize("path", files("ninjs-1.x", "ninjs-2.x", "ninjs-3.x"), ids=name_of)
def test_every_ninjs_fixture_gives_its_item_and_its_words(path: Path) -> None:
    data = path.read_bytes()
    source = json.loads(data)
    sources = source if isinstance(source, list) else [source]
    parsed = formats.parse(data)
    assert [item.item_id for item in parsed.items] == [entry["uri"] for entry in sources]
    for entry, item in zip(sources, parsed.items, strict=True):
        for key, value in entry.items():
            if key.startswith("body_"):
                assert_said(value, item, path)
        for body in entry.get("bodies", []):
            # NITF and private XML have a head of codes before the body, and TT's a size after it.
            inner = re.search(r"<body\b.*</body>", body["value"], re.DOTALL | re.IGNORECASE)
            assert_said(inner.group(0) if inner else body["value"], item, path)


@pytest.mark.parametrize("path", files("newsml-g2-invalid", "ninjs-invalid"), ids=name_of)
def test_every_fixture_that_is_wrong_on_purpose_is_refused_with_a_sentence(path: Path) -> None:
    with pytest.raises(formats.Unreadable) as refused:
        formats.parse(path.read_bytes())
    assert refused.value.reason.endswith(".")
    assert ":" in refused.value.reason, "a reason ends in a remedy"


@pytest.mark.parametrize("path", files("rss-atom"), ids=name_of)
def test_every_feed_fixture_gives_all_of_its_items(path: Path) -> None:
    data = path.read_bytes()
    if path.name.endswith(("aaa_illformed.xml", "rss_empty_document.xml")):
        with pytest.raises(formats.Unreadable):
            formats.parse(data)
        return
    parsed = formats.parse(data)
    assert len(parsed.items) == len(re.findall(rb"<(?:item|entry)[\s>]", data))
    assert len({item.item_id for item in parsed.items}) == len(parsed.items)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("koi8r", "Как пережить новогоднюю ночь"),
        ("eucjp", "ゲーム三昧な正月"),
        ("euckr", "한글닉네임"),
        ("gb2312", "不归移民漫画系列"),
        ("shiftjis", "反映されない"),
        ("tis620", "สำนักงานส่งเสริม"),
        ("windows1255", "האם תדפיס נייר"),
    ],
)
def test_it_reads_a_feed_that_does_not_say_its_character_set(name: str, said: str) -> None:
    parsed = formats.parse((FIXTURES / "rss-atom" / f"feedparser__{name}.xml").read_bytes())
    assert said in parsed.items[0].headline + parsed.items[0].body_html
    assert [oddity.code for oddity in parsed.oddities] == ["guessed-charset"]


WIRE = (
    "dpa-digitalwires-json email json-feed lifecycle-synthetic newsml-1.2 newsml-g2 newsml-g2-invalid ninjs-1.x"
    " ninjs-2.x ninjs-3.x ninjs-invalid nitf rss-atom"
).split()
# Notifications of mail services, which wrap a message in JSON; and a feed without a root element.
NO_WIRE = ("tracking-test-payload.json.raw", "inbound-test-payload.json", "payload-with-raw.json")
NOBODYS = ("rss_empty_document.xml",)


@pytest.mark.parametrize("folder", WIRE)
def test_every_fixture_is_recognised_by_one_format_whatever_the_order(folder: str) -> None:
    for path in files(folder):
        if path.name.endswith(NO_WIRE) or any(part in path.name for part in FRAGMENTS):
            continue
        head = path.read_bytes()[: formats.HEAD]
        # The last takes any text that nobody else does.
        names = [form.NAME for form in formats.FORMATS[:-1] if form.recognises(head)]
        assert len(names) == (0 if path.name.endswith(NOBODYS) else 1), (name_of(path), names)


@pytest.mark.parametrize("path", files("dpa-digitalwires-json"), ids=name_of)
def test_every_digitalwires_fixture_gives_its_entry_and_agrees_with_its_newsml_g2(path: Path) -> None:
    source = json.loads(path.read_bytes())
    parsed = formats.parse(path.read_bytes())
    assert parsed.format == "dpa-digitalwires"
    (item,) = parsed.items
    assert (item.item_id, item.version_order) == (source["urn"], source["version"])
    for name in ("article_html", "infobox_html", "linkbox_html"):
        assert_said(source[name] or "", item, path)
    assert "np-nonpublic" not in item.body_html
    twin = FIXTURES / "newsml-g2" / f"{path.stem}.xml"
    if not twin.exists():
        return
    (same,) = formats.parse(twin.read_bytes()).items
    for name in (
        "provider item_id version_order type status embargo_until editorial_types signals urgency language headline"
        " byline dateline abstract creditline copyright_notice version_created"
    ).split():
        assert getattr(item, name) == getattr(same, name), name


@pytest.mark.parametrize("path", files("json-feed"), ids=name_of)
def test_every_json_feed_fixture_gives_all_of_its_items_and_their_words(path: Path) -> None:
    source = json.loads(path.read_bytes())
    parsed = formats.parse(path.read_bytes())
    assert [item.item_id for item in parsed.items] == [entry["id"] for entry in source["items"]]
    assert parsed.listing == tuple(entry["id"] for entry in source["items"])
    for entry, item in zip(source["items"], parsed.items, strict=True):
        assert_said(entry.get("content_html", ""), item, path)
        assert_said(entry.get("content_text", ""), item, path)


@pytest.mark.parametrize("path", files("newsml-1.2"), ids=name_of)
def test_every_newsml_1_fixture_gives_all_of_its_items_and_their_words(path: Path) -> None:
    text = re.sub(r"<!DOCTYPE[^>]*>", "", path.read_bytes().decode("utf-8"))
    root = ET.fromstring(text)
    elements = [element for element in root.iter() if local(element.tag) == "NewsItem"]
    parsed = formats.parse(path.read_bytes())
    assert parsed.format == "newsml-1.2"
    assert len(parsed.items) == len(elements)
    for element, item in zip(elements, parsed.items, strict=True):
        for part in element.iter():
            if local(part.tag) != "ContentItem" or any(e.get("FormalName") == "text/css" for e in part):
                continue
            for content in (e for e in part if local(e.tag) == "DataContent"):
                body = next((e for e in content.iter() if local(e.tag).lower().startswith("body")), content)
                assert_said(spaced_text(body), item, path)


@pytest.mark.parametrize("path", files("nitf"), ids=name_of)
def test_every_nitf_fixture_gives_its_story_and_its_words(path: Path) -> None:
    root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", path.read_bytes().decode("utf-8")))
    parsed = formats.parse(path.read_bytes())
    (item,) = parsed.items
    for content in root.iter("body.content"):
        assert_said(spaced_text(content), item, path)


def text_parts(message: email.message.Message) -> Iterator[str]:
    """What a message says in parts that the standard library can read without a doubt."""
    for part in message.walk():
        if part.get_content_maintype() != "text" or part.get_filename() or part.get("Content-Disposition"):
            continue
        raw, charset = part.get_payload(decode=True), part.get_content_charset("ascii")
        try:
            text = raw.decode(charset) if isinstance(raw, bytes) else ""
            yield re.sub(r"<(title|style|script)\b.*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE)
        except (LookupError, UnicodeDecodeError):
            continue


# Whose broken headers the standard library takes for text.
NO_ORACLE = ("example13.eml", "raw_email_incorrect_header.eml")


@pytest.mark.parametrize("path", [path for path in files("email") if not path.name.endswith(NO_WIRE)], ids=name_of)
def test_every_mail_fixture_gives_its_message_and_its_words(path: Path) -> None:
    data = path.read_bytes()
    message = email.message_from_bytes(data)
    if "report" in message.get_content_type() or b"multipart/report" in data:
        with pytest.raises(formats.Unreadable) as refused:
            formats.parse(data)
        assert "report" in refused.value.reason
        return
    (item,) = formats.parse(data).items
    said = words(item.body_html + " " + item.headline)
    wanted = [words(text) for text in text_parts(message)]
    # Of alternatives one must have come.
    missing = [(expected - said).total() / (expected.total() or 1) for expected in wanted if expected.total()]
    assert not missing or min(missing) <= 0.02 or path.name.endswith(NO_ORACLE), (name_of(path), missing)


def lifecycle(name: str) -> Item:
    (path,) = (FIXTURES / "lifecycle-synthetic").glob(f"{name}*")
    (item,) = formats.parse(path.read_bytes()).items
    return item


def test_the_life_of_a_newsml_g2_item_reads_as_it_was_meant() -> None:
    chain = [lifecycle(f"g2_0{number}") for number in range(1, 8)]
    assert len({(item.provider, item.item_id) for item in chain}) == 1
    assert [item.version_order for item in chain] == [1, 2, 3, 2, 4, 5, 6]
    assert [item.status for item in chain] == [
        "usable", "usable", "usable", "usable", "withheld", "canceled", "usable",
    ]  # fmt: skip
    assert [item.editorial_types for item in chain] == [
        (), ("update",), ("correction",), ("update",), (), (), (),
    ]  # fmt: skip
    # Signal and note agree, so nothing is held.
    assert not any(hold_reasons(item) for item in chain)
    replacement = lifecycle("g2_08")
    assert replacement.item_id != chain[0].item_id
    assert replacement.thread_key == chain[0].thread_key == "FLOOD-LAFIA"
    assert [(link.rel, link.target, link.version) for link in replacement.links] == [
        ("irel:evolvedFrom", chain[0].item_id, "5")
    ]
    assert len(hold_reasons(replacement)) == 1


def test_embargoes_are_read_and_never_lost() -> None:
    until = datetime(2030, 1, 11, 23, 1, tzinfo=UTC)
    for name in ("g2_09", "ninjs3_05"):
        item = lifecycle(name)
        assert (item.status, item.embargo_until) == ("usable", until)
        assert item.embargo_raw == "2030-01-12T00:01:00+01:00"
        assert not hold_reasons(item)
    empty = lifecycle("g2_10")
    assert empty.embargo_until == "indefinite"
    assert hold_reasons(empty)
    (path,) = (FIXTURES / "lifecycle-synthetic").glob("g2_10*")
    (told,) = formats.parse(path.read_bytes(), formats.Profile(empty_embargo_means_none=True)).items
    assert told.embargo_until is None
    ninjs = FIXTURES / "ninjs-1.x"
    (monday,) = formats.parse((ninjs / "newsinjson__019_embargoed_bad_datetime.json").read_bytes()).items
    assert (monday.embargo_until, monday.embargo_raw) == ("indefinite", "Next Monday")


def test_an_editors_note_is_private_unless_it_is_marked_as_public() -> None:
    item = lifecycle("g2_11")
    assert [note.public for note in item.ednotes] == [False]
    assert "+234" not in item.body_html + item.abstract
    dpa = FIXTURES / "newsml-g2" / "dpa-digitalwires-to-newsmlg2__with_dateline.xml"
    (article,) = formats.parse(dpa.read_bytes()).items
    assert {note.role for note in article.ednotes if note.public} == {"dpaednoterole:editorialnote"}
    assert "@dpa.com" not in article.body_html + "".join(note.text for note in article.ednotes if note.public)


def test_the_life_of_a_ninjs_item_reads_as_it_was_meant() -> None:
    chain = [lifecycle(f"ninjs3_0{number}") for number in range(1, 5)]
    assert [item.version_order for item in chain] == [1, 3, 4, 5]
    assert [item.status for item in chain] == ["usable", "usable", "withheld", "canceled"]
    # ninjs has no word for a correction; the note makes a person look.
    assert [item.editorial_types for item in chain] == [(), (), (), ()]
    assert [len(hold_reasons(item)) for item in chain] == [0, 1, 0, 0]


def test_a_feed_item_that_changes_keeps_its_identity_and_one_that_is_gone_is_no_kill() -> None:
    first, changed = lifecycle("rss_01"), lifecycle("rss_02")
    assert (first.provider, first.item_id) == (changed.provider, changed.item_id) == ("example-wire.test", "exw-0001")
    assert first.version_order < changed.version_order
    (picture,) = first.associations
    assert (picture.creditline, picture.caption) == ("P. Photographer", "The market")
    (path,) = (FIXTURES / "lifecycle-synthetic").glob("rss_03*")
    gone = formats.parse(path.read_bytes())
    assert gone.items == () and [oddity.code for oddity in gone.oddities] == ["no-items"]


LIFE: dict[str, tuple[str, tuple[str, ...], str]] = {
    # (status, editorial types, and what is special: an embargo, what is said of others, whether a person must look)
    "anpa1312_01": ("usable", ("correction", "writethru", "lead"), ""),
    "anpa1312_02": ("usable", ("kill", "advisory"), "canceled a0101"),
    "ap_01": ("usable", (), ""),
    "ap_02": ("usable", ("correction", "writethru"), ""),
    "ap_03": ("withheld", ("withhold",), ""),
    "ap_04": ("canceled", ("kill",), ""),
    "ap_05": ("embargoed", ("hold_for_release",), "embargo"),
    "g2_01": ("usable", (), ""),
    "g2_02": ("usable", ("update",), ""),
    "g2_03": ("usable", ("correction",), ""),
    "g2_04": ("usable", ("update",), ""),
    "g2_05": ("withheld", (), ""),
    "g2_06": ("canceled", (), ""),
    "g2_07": ("usable", (), ""),
    "g2_08": ("usable", (), "look"),
    "g2_09": ("usable", (), "embargo"),
    "g2_10": ("usable", (), "look"),
    "g2_11": ("usable", (), ""),
    "iptc7901_01": ("usable", (), ""),
    "iptc7901_02": ("usable", ("correction",), ""),
    "iptc7901_03": ("usable", ("kill", "advisory"), "canceled exw0012"),
    "newsml12_01": ("usable", (), ""),
    "newsml12_02": ("usable", (), ""),
    "newsml12_03": ("canceled", (), "management"),
    "newsml12_04": ("usable", (), "canceled before 3"),
    "newsml12_05": ("embargoed", (), "embargo"),
    "ninjs3_01": ("usable", (), ""),
    "ninjs3_02": ("usable", (), "look"),
    "ninjs3_03": ("withheld", (), ""),
    "ninjs3_04": ("canceled", (), ""),
    "ninjs3_05": ("usable", (), "embargo"),
    "nitf_01": ("usable", (), ""),
    "nitf_02": ("usable", ("correction",), ""),
    "nitf_03": ("usable", ("kill", "advisory"), "canceled exw.20260110.0001"),
    "nitf_04": ("embargoed", (), "embargo"),
    "rss_01": ("usable", (), ""),
    "rss_02": ("usable", (), ""),
}


@pytest.mark.parametrize("path", files("lifecycle-synthetic"), ids=name_of)
def test_every_file_of_a_life_gives_the_state_that_it_was_written_for(path: Path) -> None:
    name = "_".join(path.name.split("_")[:2])
    if name.startswith(("xml", "rss_03")):
        return  # see below and above
    (item,) = formats.parse(path.read_bytes()).items
    status, types, special = LIFE[name]
    assert (item.status, item.editorial_types) == (status, types)
    assert (item.embargo_until == datetime(2030, 1, 11, 23, 1, tzinfo=UTC)) == (
        special == "embargo" and name != "ap_05"
    )
    if name == "ap_05":
        assert item.embargo_until == datetime(2030, 1, 12, 0, 1, tzinfo=UTC)
    assert item.management_only == (special == "management")
    if special.startswith("canceled before"):
        (directive,) = item.directives
        assert (directive.status, directive.before, directive.exact) == ("canceled", 3, True)
    elif special.startswith("canceled "):
        directive = item.directives[0]
        assert (directive.status, directive.target, directive.exact) == ("canceled", special.split()[1], True)
        assert hold_reasons(item), "a notice of a kill is no copy"
    else:
        assert not item.directives
        assert bool(hold_reasons(item)) == (special == "look")


@pytest.mark.parametrize("path", files("lifecycle-synthetic"), ids=name_of)
def test_hostile_xml_is_refused(path: Path) -> None:
    if path.name.startswith("xml_attack"):
        with pytest.raises(formats.Unreadable):
            formats.parse(path.read_bytes())
