"""What a change prints anew: exactly the pages that show what changed, and nothing else."""

from __future__ import annotations

import pytest

from standfirst.changes.models import Change
from standfirst.pages.output import Output
from standfirst.stories import actions as stories
from standfirst.stories.models import Section, Story
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

held_by_the_laws = pytest.mark.one_database(
    "What stands on the disk is what the records print: test_laws.py proves it on each database after any such change."
)

FRONTS = {"/", "/news/", "/news/world/"}
FEEDS = {"/feed.xml", "/news/feed.xml", "/news/world/feed.xml"}


def path_of(story: Story) -> str:
    url = Story.objects.get(pk=story.pk).url
    assert url is not None
    return url


def day_of(story: Story) -> str:
    address = story.addresses.get(current=True)
    return f"/{address.day:%Y/%m/%d}/"


def test_editing_only_a_body_prints_what_shows_it_and_nothing_else(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.story("Market reopens")
    newsroom.at_rest()
    changed = newsroom.changed_by(lambda: newsroom.edit(story, body=[("paragraph", "<p>Rewritten.</p>")]))
    assert changed == {path_of(story), f"{path_of(story)}ninjs.json"}
    report = next(c.report for c in Change.objects.about("story", story.pk) if c.report and c.report["pages"])
    assert report["pages"] == 2
    assert report["unchanged"] == 0


@held_by_the_laws
def test_paragraphs_that_were_written_in_one_piece_are_paragraphs_on_the_page(newsroom: Newsroom) -> None:
    piece = "<p>The water fell <b>at last</b>.</p><p>By noon it was <i>gone</i>.</p><p></p><p>All went home.</p>"
    newsroom.story("Bridge closed after flood", body=[("paragraph", piece)])
    newsroom.at_rest()
    found = b"<p>The water fell <b>at last</b>.</p>\n<p>By noon it was <i>gone</i>.</p>\n<p>All went home.</p>\n"
    assert found in newsroom.everything()


def test_a_new_headline_prints_exactly_the_pages_that_show_it(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood", authors=[newsroom.author])
    other = newsroom.story("Cup final tonight", section=newsroom.sport)
    newsroom.at_rest()
    shows = {
        "/" + name.removeprefix("pages/").removesuffix("index.html")
        for name, body in newsroom.output().items()
        if b"Bridge closed after flood" in body
    }
    changed = newsroom.changed_by(lambda: newsroom.edit(story, title="Bridge opens again"))
    assert changed == shows
    assert {path_of(story), "/authors/ama-sarpong/", day_of(story)} | FRONTS | FEEDS <= changed
    # Fronts and hot pages carry the Top 3, which shows the headline too; the sport feed carries neither.
    assert {path_of(other), "/sport/"} <= changed
    assert "/sport/feed.xml" not in changed


@held_by_the_laws
def test_saving_a_draft_of_a_live_story_prints_nothing(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()

    def save_draft() -> None:
        page = Story.objects.get(pk=story.pk)
        page.title = "Not yet"
        page.save_revision(user=newsroom.editor)

    assert newsroom.changed_by(save_draft) == set()
    assert b"Not yet" not in newsroom.everything()


def test_saving_without_a_change_prints_nothing(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    assert newsroom.changed_by(lambda: newsroom.edit(story)) == set()


@held_by_the_laws
def test_renaming_an_author_prints_the_pages_signed_by_them(newsroom: Newsroom) -> None:
    signed = newsroom.story("Bridge closed after flood", authors=[newsroom.author])
    unsigned = newsroom.story("Cup final tonight", section=newsroom.sport)
    newsroom.at_rest()

    def rename() -> None:
        newsroom.author.name = "Ama Sarpong-Bello"
        newsroom.author.save()

    changed = newsroom.changed_by(rename)
    assert {path_of(signed), "/authors/ama-sarpong/"} <= changed
    assert path_of(unsigned) not in changed


@held_by_the_laws
def test_a_picture_is_baked_only_while_a_published_page_shows_it(newsroom: Newsroom) -> None:
    picture = newsroom.picture()
    newsroom.at_rest()
    assert not [name for name in newsroom.output() if "/pictures/" in name]
    story = newsroom.story("Bridge closed after flood", lead_picture=picture)
    newsroom.at_rest()
    assert [name for name in newsroom.output() if "/pictures/" in name]
    stories.unpublish(story=story, by=newsroom.editor)
    newsroom.at_rest()
    assert not [name for name in newsroom.output() if "/pictures/" in name]
    newsroom.prove()


@held_by_the_laws
def test_new_alternative_text_prints_the_pages_that_show_the_picture(newsroom: Newsroom) -> None:
    picture = newsroom.picture()
    shown = newsroom.story("Bridge closed after flood", lead_picture=picture)
    plain = newsroom.story("Cup final tonight", section=newsroom.sport)
    newsroom.at_rest()

    def describe() -> None:
        picture.alt = "The bridge under water"
        picture.save()

    changed = newsroom.changed_by(describe)
    assert path_of(shown) in changed
    assert path_of(plain) not in changed
    assert not [path for path in changed if path.startswith("/pictures/")]


@held_by_the_laws
def test_a_correction_moves_refreshed_and_stands_on_the_page(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    changed = newsroom.changed_by(
        lambda: stories.correct(story=story, kind="correction", text="Five were hurt, not six.", by=newsroom.editor)
    )
    assert path_of(story) in changed
    assert b"Five were hurt, not six." in newsroom.output()[f"pages{path_of(story)}index.html"]
    newsroom.prove()


@held_by_the_laws
def test_a_section_that_moves_takes_its_stories_along_and_leaves_one_rule(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    old = path_of(story)
    Section.objects.get(pk=newsroom.world.pk).move(newsroom.front, pos="last-child")
    newsroom.at_rest()
    new = path_of(story)
    assert new == old.removeprefix("/news")
    output = newsroom.output()
    assert f"pages{new}index.html" in output
    assert f"pages{old}index.html" not in output
    assert (
        b'"/news/world/": "/world/"' in output["moved-prefixes.json"]
        or b'"/news/world/":"/world/"' in output["moved-prefixes.json"]
    )
    newsroom.prove()


@held_by_the_laws
def test_a_story_that_moves_answers_301_at_its_old_address(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    old = path_of(story)
    Story.objects.get(pk=story.pk).move(Section.objects.get(pk=newsroom.sport.pk), pos="last-child")
    newsroom.at_rest()
    assert newsroom.output()[f"moved{old}index.html"].decode().strip() == path_of(story)
    newsroom.prove()


@held_by_the_laws
def test_a_kill_leaves_a_notice_and_no_trace_on_any_page(newsroom: Newsroom) -> None:
    picture = newsroom.picture("crimson")
    story = newsroom.story("Bridge closed after flood", lead_picture=picture)
    newsroom.story("Bridge opens again")
    newsroom.at_rest()
    path = path_of(story)
    stories.take_down(
        story=story, kind="kill", reason="It is false.", wording="This story was withdrawn.", by=newsroom.editor
    )
    newsroom.at_rest()
    output = newsroom.output()
    assert b"This story was withdrawn." in output[f"gone{path}index.html"]
    assert f"pages{path}index.html" not in output
    everything = newsroom.everything()
    assert b"Bridge closed" not in everything
    assert b"It is false." not in everything
    assert not [name for name in output if "/pictures/" in name]
    newsroom.prove()


def test_a_new_story_is_with_the_readers_before_any_page_that_links_to_it(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        newsroom.story(f"Bridge closed after flood {number}")
    newsroom.at_rest()
    story = newsroom.story("Bridge closed after flood, again")
    printed: list[str] = []
    put = newsroom.engine.outlet.put

    def noted(path: str, output: Output) -> None:
        printed.append(path)
        put(path, output)

    monkeypatch.setattr(newsroom.engine.outlet, "put", noted)
    newsroom.at_rest()
    assert printed[0] == path_of(story)
    assert {"/", "/news/world/"} <= set(printed)
