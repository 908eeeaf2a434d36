"""The newsroom's own record: who it is, what it corrected, and the way to all older copy."""

from __future__ import annotations

import json

import msgspec
import pytest

from standfirst.edition.snapshots import Correction, Notice, Site
from standfirst.pages.output import PageRef
from standfirst.pages.record import prose
from standfirst.pages.tests.newsroom import FULL, SITE, STANDARDS, make_story, newsroom, parsed, ref_of

CORRECTIONS = PageRef("/corrections/", "corrections", "")


def corrected(number: int, text: str, at: str, kind: str = "correction"):
    return msgspec.structs.replace(
        make_story(number),
        corrections=(Correction(kind=kind, text=text, at=at),),  # type: ignore[arg-type]
    )


def test_every_corrected_story_is_listed_the_last_first_with_what_was_wrong():
    room = newsroom()
    room.put(corrected(8, "It was Tuesday.", "2026-11-24T10:00:00Z"))
    room.put(corrected(9, "We were unclear.", "2025-03-01T10:00:00Z", "clarification"))
    room.put(corrected(10, "A new line.", "2026-11-25T10:00:00Z", "update"))
    page = parsed(room.page(CORRECTIONS))
    assert [it.get("href") for it in page.xpath("//article/h2/a")] == [
        make_story(8).path,
        FULL.path,
        make_story(9).path,
    ], "an update is no correction"
    text = page.text_content()
    assert "It was Tuesday." in text and "24 November 2026" in text and "Clarification" in text
    assert page.xpath("//nav[@class='years']//a/@href") == ["/corrections/2026/", "/corrections/2025/"]
    year = parsed(room.page(PageRef("/corrections/2025/", "corrections", "2025")))
    assert year.xpath("//article/h2/a/@href") == [make_story(9).path]
    assert room.print(PageRef("/corrections/2024/", "corrections", "2024")) is None


def test_a_withdrawn_story_is_listed_only_if_its_notice_may_name_it():
    room = newsroom()
    told = Notice(reason="killed", wording="The document was forged.", names=True, at="2026-11-24T10:00:00Z")
    room.put(make_story(8, notice=told), make_story(9, notice=msgspec.structs.replace(told, names=False)))
    room.put(make_story(10, notice=msgspec.structs.replace(told, reason="withheld")))
    page = parsed(room.page(CORRECTIONS))
    listed = [it.text_content().strip() for it in page.xpath("//article/h2")]
    assert any(make_story(8).headline in it for it in listed)
    assert not any(make_story(9).headline in it or make_story(10).headline in it for it in listed)
    assert "The document was forged." in page.text_content()
    assert not page.xpath(f"//a[@href='{make_story(8).path}']"), "nothing leads to what is gone"


def test_a_corrected_story_tells_its_history_and_leads_to_all_corrections():
    page = parsed(newsroom().page(ref_of(FULL, "story")))
    (history,) = page.xpath("//details[@class='history']")
    assert history.xpath(".//dt/text()") == ["First published", "Correction", "Update"]
    assert "wrong hour for the last crossing" in history.xpath(".//dd")[1].text_content()
    assert history.xpath(".//a/@href") == ["/corrections/"]
    assert not parsed(newsroom().page(ref_of(make_story(8), "story"))).xpath("//details[@class='history']")


def test_the_newsroom_says_who_it_is_to_people_and_as_data():
    output = newsroom().page(ref_of(STANDARDS, "about"))
    page = parsed(output)
    assert [it.text for it in page.xpath("//main//h2")] == [
        *("Who we are", "Ownership", "Editorial standards", "Corrections policy", "Our team", "Contact")
    ]
    assert page.xpath("//section[@id='mission']//li/text()") == ["what happened", "why it matters"]
    assert page.xpath("//section[@id='ownership']//a/@href") == ["https://owners.example/post"]
    assert b"Nobody pays for news &lt;b&gt;here&lt;/b&gt;" in output.body
    (data,) = (json.loads(it.text) for it in page.xpath("//script[@type='application/ld+json']"))
    assert data["@type"] == "NewsMediaOrganization"
    assert data["ownershipFundingInfo"] == "https://post.example/about/#ownership"
    assert data["masthead"].endswith("/about/#team") and data["foundingDate"] == "1924"
    assert "diversityPolicy" not in data, "what is not said is not claimed"


def test_a_newsroom_that_says_nothing_of_itself_has_no_such_page_and_nothing_leads_there():
    room = newsroom()
    room.drop(STANDARDS)
    room.put(Site(**{**msgspec.structs.asdict(SITE), "standards": False, "tips": None, "errors_to": ""}))
    assert room.print(ref_of(STANDARDS, "about")) is None
    for path, output in room.print_all(but=("rendition", "asset", "patterns")).items():
        assert b"/about/" not in output.body and b'class="call"' not in output.body, path


def test_a_story_can_be_shared_without_a_script_whatsapp_first():
    page = parsed(newsroom().page(ref_of(FULL, "story")))
    ways = page.xpath("//section[@class='share']//a/@href")
    assert ways[0].startswith("https://wa.me/?text=Engineers%20open")
    assert "https%3A%2F%2Fpost.example%2Fnews%2Fregion%2F" in ways[0]
    assert len(ways) == 4 and ways[-1].startswith("mailto:?subject=")


def test_eyewitnesses_are_told_how_to_reach_the_newsroom():
    page = parsed(newsroom().page(ref_of(FULL, "story")))
    (call,) = page.xpath("//aside[@class='call']")
    assert call.xpath(".//a/@href") == ["https://wa.me/2349055550199", "mailto:seen@post.example"]
    assert "#PostEyewitness" in call.text_content()
    assert page.xpath("//a[@href='mailto:errors@post.example']")


def test_the_newsletter_is_offered_above_each_storys_text_and_at_the_foot_of_every_page():
    room = newsroom()
    page = parsed(room.page(ref_of(FULL, "story")))
    (line,) = page.xpath("//p[@class='newsletter']/a")
    assert (line.text, line.get("href")) == ("The day by mail, every evening", "https://lists.example/post?a=1&b=2")
    room.put(make_story(8, language="fr"))
    french = parsed(room.page(ref_of(make_story(8), "story")))
    assert french.xpath("//p[@class='newsletter']/a/text()") == ["Recevoir notre lettre d’information"]
    front = parsed(room.page(PageRef("/", "front", "1")))
    assert front.xpath("//footer//a[@href='https://lists.example/post?a=1&b=2']/text()") == ["Get our newsletter"]
    # We have no Swahili and no Igbo: their pages speak English.
    room.put(Site(**{**msgspec.structs.asdict(SITE), "language": "sw"}))
    for language, said in (("sw", "The day by mail, every evening"), ("en", "Get our newsletter")):
        room.put(make_story(8, language=language))
        other = parsed(room.page(ref_of(make_story(8), "story")))
        assert other.xpath("//p[@class='newsletter']/a/text()") == [said]
    room.put(Site(**{**msgspec.structs.asdict(SITE), "language": "en-NG"}))
    room.put(make_story(8, language="ig"))
    other = parsed(room.page(ref_of(make_story(8), "story")))
    assert other.xpath("//p[@class='newsletter']/a/text()") == ["The day by mail, every evening"]
    room.put(Site(**{**msgspec.structs.asdict(SITE), "newsletter": None}))
    for path, output in room.print_all(but=("rendition", "asset", "patterns")).items():
        assert b"lists.example" not in output.body and b"newsletter" not in output.body.split(b"</style>")[-1], path


def test_the_archive_leads_to_every_month_and_each_month_to_its_days():
    room = newsroom()
    room.put(make_story(70, day="2019-02-03", path="/news/2019/02/03/old/"))
    archive = parsed(room.page(PageRef("/archive/", "archive", "")))
    assert archive.xpath("//section[@class='year']//a/@href") == ["/2026/11/", "/2019/02/"]
    month = parsed(room.page(PageRef("/2026/11/", "month", "2026-11")))
    assert month.xpath("//h1/text()") == ["November 2026"]
    days = month.xpath("//ol[@class='month']//a/@href")
    assert "/2026/11/22/" in days and days == sorted(days)
    assert len(month.xpath("//ol[@class='month']/li")) == 30 + 6, "it began on a Sunday"
    assert room.print(PageRef("/2026/12/", "month", "2026-12")) is None


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("", ""),
        ("One.\nTwo.", "<p>One.<br>Two.</p>"),
        ("- a\n- b\nc", "<ul><li>a</li><li>b</li></ul>\n<p>c</p>"),
        ("<script>", "<p>&lt;script&gt;</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        (
            'See https://a.example/?q="x".',
            '<p>See <a href="https://a.example/?q=">https://a.example/?q=</a>&quot;x&quot;.</p>',
        ),
        ("a+b@c.example", '<p><a href="mailto:a+b@c.example">a+b@c.example</a></p>'),
    ],
)
def test_plain_text_becomes_paragraphs_lists_and_links_and_nothing_else(plain, html):
    assert prose(plain) == html
