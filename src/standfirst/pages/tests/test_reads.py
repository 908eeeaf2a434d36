"""What each kind of page reads, to the last read: the press is exact only because these sets are."""

from __future__ import annotations

import msgspec
import pytest

from standfirst.edition.snapshots import Correction, Hot, Paragraph
from standfirst.pages.output import PageRef
from standfirst.pages.site import FILES
from standfirst.pages.tests.newsroom import (
    ADA,
    BUSINESS,
    FERRIES,
    FULL,
    HOME,
    NEWS,
    Newsroom,
    make_story,
    newsroom,
    ref_of,
)

CHROME = {
    ("site",),
    ("epoch",),
    ("crumb", 1),
    ("listing", "children", 1, 30),
    *(("crumb", id) for id in (2, 5, 6, 7, 8)),
}


def reads_of(room: Newsroom, ref: PageRef) -> set[tuple[object, ...]]:
    assert room.print(ref) is not None
    return set(room.log)


def test_a_cold_story_reads_itself_its_section_its_authors_and_what_it_shows():
    room = newsroom()
    story = make_story(3)
    assert reads_of(room, ref_of(story, "story")) - CHROME == {
        ("story", 3),
        ("author", 90),
        ("picture", 1030),
        ("picture", 1003),
        ("avif", 1003),
        ("related", 3),
        ("hot", story.path),
    }


def test_a_story_reads_a_line_of_each_related_story_and_of_nothing_it_does_not_show():
    room = newsroom()
    room.drop(Hot(id=FULL.path))
    found = reads_of(room, ref_of(FULL, "story"))
    # Ten are shown; 1 is the story itself, 999 is not there and takes no place.
    assert {read[1] for read in found if read[0] == "line"} == {8, 15, 22, 29, 50, 3, 999, 10, 17, 24, 31, 7}
    assert ("link", 8) in found
    assert not any(read[0] in {"ranking", "breaking", "card"} for read in found)
    assert {read for read in found if read[0] == "listing"} == {("listing", "children", 1, 30)}


def test_a_hot_story_also_reads_the_ranking_and_the_section_rail():
    room = newsroom()
    cold = reads_of(room, ref_of(make_story(3), "story"))
    room.put(Hot(id=make_story(3).path))
    more = reads_of(room, ref_of(make_story(3), "story")) - cold
    assert ("ranking", "top") in more
    assert ("listing", "section", 6, 5) in more
    assert {read[0] for read in more} == {"ranking", "breaking", "listing", "line", "picture"}
    assert ("line", 3) not in more


def test_a_file_of_rails_reads_the_ranking_and_lines_and_is_named_by_cold_stories_without_a_read_of_theirs():
    room = newsroom()
    found = reads_of(room, next(ref for ref in room.refs() if ref.path == "/rails/6.html")) - CHROME
    assert ("listing", "section", 6, 5) in found and ("ranking", "top") in found
    assert {read[0] for read in found} == {"listing", "ranking", "line", "picture"}


def test_lists_never_read_a_whole_story():
    room = newsroom()
    for ref in room.refs():
        if ref.kind not in {"story", "moved", "ninjs", "moved-ninjs", "rendition"}:
            room.print(ref)
            assert not any(read[0] == "story" for read in room.log), ref


def test_a_section_front_reads_its_cards_and_nothing_of_other_sections():
    room = newsroom()
    found = reads_of(room, ref_of(BUSINESS, "front"))
    cards = set(room.listing("section", 5, 30))
    assert {read[1] for read in found if read[0] == "card"} == cards
    assert {read[1] for read in found if read[0] == "line"} <= {12, 1, 5, 9, 50}
    assert {read for read in found if read[0] == "section"} == {("section", 5)}
    assert {read for read in found if read[0] in {"listing", "slots", "breaking", "ranking"}} == {
        ("listing", "children", 1, 30),
        ("listing", "children", 5, 30),
        ("listing", "section", 5, 30),
        ("slots", 5),
        ("breaking",),
        ("ranking", "top"),
    }


def test_the_home_front_reads_five_cards_and_a_card_and_lines_for_each_strip():
    room = newsroom()
    found = reads_of(room, ref_of(HOME, "front"))
    strips = {("listing", "section", id, 10) for id in (2, 5, 6, 7, 8)}
    assert strips | {("listing", "section", 1, 30), ("listing", "children", 1, 30)} == {
        read for read in found if read[0] == "listing"
    }
    cards = {read[1] for read in found if read[0] == "card"}
    lines = {read[1] for read in found if read[0] == "line"}
    assert len(cards) == 5 + 5
    # Nothing is both: what stands as a card is not read again for a list (the most read apart).
    assert cards & lines <= {12, 1, 5, 9, 50}


def test_a_day_page_reads_its_list_and_looks_for_its_neighbours():
    room = newsroom()
    found = reads_of(room, PageRef("/2026/11/20/", "day", "2026-11-20")) - CHROME
    assert {read for read in found if read[0] in {"any", "listing"}} == {
        ("listing", "day", "2026-11-20", 500),
        ("any", "day", "2026-11-19"),
        ("any", "day", "2026-11-21"),
    }
    assert {read[0] for read in found} == {"any", "listing", "card", "crumb", "picture"}


def test_an_author_page_reads_the_author_and_the_newest_cards():
    room = newsroom()
    found = reads_of(room, ref_of(ADA, "author")) - CHROME
    assert {read[0] for read in found} == {"author", "listing", "card", "crumb", "picture"}
    assert ("listing", "author", 90, 30) in found


@pytest.mark.parametrize("kind", FILES.values())
def test_what_machines_read_of_a_list_reads_entries_and_neither_menu_nor_style(kind):
    room = newsroom()
    shown = {"formats", "listing", "entry", "crumb", "picture", "signature", "tag", "site"}
    for record, own in ((NEWS, "section"), (FERRIES, "topic"), (ADA, "author")):
        found = reads_of(room, ref_of(record, kind))
        assert {read[0] for read in found} - {own} <= shown
        assert (own, record.id) in found
        assert {read for read in found if read[0] == "listing"} == {("listing", own, record.id, 30)}


def test_a_story_for_partners_reads_itself_and_what_it_names():
    room = newsroom()
    assert reads_of(room, ref_of(make_story(3), "ninjs")) == {
        ("site",),
        ("formats",),
        ("story", 3),
        ("crumb", 6),
        ("signature", 90),
        ("picture", 1003),
    }


def test_a_topic_reads_itself_its_list_and_its_cards():
    room = newsroom()
    found = reads_of(room, ref_of(FERRIES, "topic")) - CHROME
    assert {read[0] for read in found} == {"topic", "listing", "card", "crumb", "picture", "signature"}
    assert ("listing", "topic", 70, 30) in found
    index = reads_of(room, PageRef("/topics/", "topics", "")) - CHROME
    assert index == {("keys", "topic"), ("tag", 70), ("tag", 71)}


def test_a_sitemap_reads_stamps_and_the_index_only_which_sheets_there_are():
    room = newsroom()
    sheet = reads_of(room, PageRef("/sitemap-2026-11.xml", "sitemap", "2026-11"))
    assert {read[0] for read in sheet} == {"site", "formats", "listing", "stamp"}
    assert len(sheet) <= 3 + 40
    assert reads_of(room, PageRef("/sitemap.xml", "sitemap-index", "")) == {
        ("site",),
        ("formats",),
        ("keys", "sheet"),
    }
    lists = reads_of(room, PageRef("/sitemap-lists.xml", "sitemap-lists", ""))
    assert {read[0] for read in lists} == {"site", "formats", "keys", "section_path", "topic_path", "author_path"}
    news = reads_of(room, PageRef("/sitemap-news.xml", "sitemap-news", ""))
    assert {read[0] for read in news} == {"site", "formats", "window", "listing", "entry", "picture"}


def printed(room: Newsroom) -> dict[str, bytes]:
    return {path: output.body for path, output in room.print_all(but=("rendition",)).items()}


def test_a_change_in_a_body_changes_that_page_and_no_other():
    room = newsroom()
    before = printed(room)
    room.put(msgspec.structs.replace(make_story(8), body=(Paragraph(html="Put better."),)))
    after = printed(room)
    assert {path for path in after if after[path] != before[path]} == {make_story(8).path}


def test_a_correction_changes_the_story_and_what_machines_read_of_it():
    room = newsroom()
    before = printed(room)
    note = Correction(kind="correction", text="It was Tuesday.", at="2026-11-24T10:00:00Z")
    room.put(msgspec.structs.replace(make_story(8), corrections=(note,), refreshed=note.at))
    after = printed(room)
    changed = {path for path in after if after[path] != before[path]}
    lists = ("/", "/news/", "/news/region/", "/authors/ada-obi/", "/authors/tidewater/")
    assert changed == {
        make_story(8).path,
        f"{make_story(8).path}ninjs.json",
        "/sitemap-2026-11-2.xml",
        *(base + name for base in lists for name in FILES),
        *("/corrections/", "/corrections/2026/"),
    }


def test_a_topic_that_is_renamed_changes_exactly_the_pages_that_show_its_name():
    room = newsroom()
    before = printed(room)
    room.put(msgspec.structs.replace(FERRIES, name="Crossings of the sound"))
    after = printed(room)
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {path for path in after if b"Crossings of the sound" in after[path]}
    assert {FULL.path, "/topics/", FERRIES.path, f"{FERRIES.path}feed.xml", "/news/atom.xml"} <= changed
    assert not {"/", "/news/", "/2026/11/22/", "/sitemap-lists.xml", "/topics/work/"} & changed


def test_a_new_headline_changes_exactly_the_pages_that_show_it():
    room = newsroom()
    before = printed(room)
    old = make_story(8).headline
    room.put(msgspec.structs.replace(make_story(8), headline="A headline like no other"))
    after = printed(room)
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {path for path in after if b"A headline like no other" in after[path]}
    assert {make_story(8).path, FULL.path, "/news/region/", "/2026/11/21/", "/sitemap-news.xml"} <= changed
    assert len(changed) < len(after) / 3
    assert old.encode() not in after[make_story(8).path]
