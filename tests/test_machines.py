"""What machines read - feeds, the API, sitemaps - through the newsroom's own doors: exact, and gone with a kill."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from standfirst.changes.models import Change, Tick
from standfirst.kit import clock
from standfirst.stories import actions as stories
from standfirst.stories.models import Onward, Origin, Publication, Story, Topic
from tests.newsroom import Newsroom

pytestmark = pytest.mark.django_db(databases=["default", "press"])

held_by_the_laws = pytest.mark.one_database(
    "What stands on the disk is what the records print: test_laws.py proves it on each database after any such change."
)

FILES = ("feed.xml", "atom.xml", "feed.json", "ninjs.json")


def path_of(story: Story) -> str:
    url = Story.objects.get(pk=story.pk).url
    assert url is not None
    return url


def read(newsroom: Newsroom, path: str, tree: str = "pages") -> Any:
    return json.loads(newsroom.output()[f"{tree}{path}"])


def showing(newsroom: Newsroom, words: str) -> set[str]:
    """Addresses of everything that has these words."""
    return {
        "/" + name.partition("/")[2].removesuffix("index.html")
        for name, body in newsroom.output().items()
        if words.encode() in body
    }


@held_by_the_laws
def test_a_publish_prints_what_machines_read_of_its_sections_topics_and_authors(newsroom: Newsroom) -> None:
    newsroom.story("Cup final tonight", section=newsroom.sport)
    newsroom.at_rest()
    floods = Topic.objects.create(name="Floods", slug="floods")
    changed = newsroom.changed_by(
        lambda: newsroom.story("Bridge closed", authors=[newsroom.author], topics=[floods], section=newsroom.world)
    )
    lists = ("/", "/news/", "/news/world/", "/authors/ama-sarpong/", "/topics/floods/")
    assert {base + name for base in lists for name in ("", *FILES)} <= changed
    month = f"{Story.objects.get(title='Bridge closed').addresses.get().day:%Y-%m}"
    assert {"/topics/", f"/sitemap-{month}.xml", "/sitemap-news.xml", "/sitemap-lists.xml"} <= changed
    assert not {f"/sport/{name}" for name in FILES} & changed
    # The index says which sitemaps there are, not when they changed.
    assert "/sitemap.xml" not in changed
    newsroom.prove()


@held_by_the_laws
def test_a_kill_leaves_no_trace_for_machines_but_that_it_was_one(newsroom: Newsroom) -> None:
    topic = Topic.objects.create(name="Floods", slug="floods")
    story = newsroom.story("Bridge closed after flood", authors=[newsroom.author], topics=[topic])
    other = newsroom.story("Le pont est fermé", language="fr")
    stories.link_translation(story=story, other=other, by=newsroom.editor)
    newsroom.at_rest()
    path = path_of(story)
    leads = f'hreflang="en" href="{newsroom_address(path)}"'
    assert leads.encode() in newsroom.output()[f"pages{path_of(other)}index.html"]
    uri = read(newsroom, f"{path}ninjs.json")["uri"]
    stories.take_down(story=story, kind="kill", reason="It is false.", wording="Withdrawn.", by=newsroom.editor)
    newsroom.at_rest()
    told = read(newsroom, f"{path}ninjs.json", "gone")
    assert (told["uri"], told["pubStatus"], told["edNote"]) == (uri, "canceled", "Withdrawn.")
    assert "headlines" not in told
    assert showing(newsroom, "Bridge closed") == set()
    assert showing(newsroom, uri) == {f"{path}ninjs.json"}
    assert showing(newsroom, path) == set()
    assert not [name for name in newsroom.output() if "/topics/floods/" in name]
    newsroom.prove()


def newsroom_address(path: str) -> str:
    from django.conf import settings

    return f"{settings.STANDFIRST.origin}{path}"


def test_a_topic_that_is_renamed_prints_exactly_the_pages_that_show_its_name(newsroom: Newsroom) -> None:
    floods = Topic.objects.create(name="High water", slug="floods")
    about = newsroom.story("Bridge closed", topics=[floods])
    newsroom.story("Market reopens")
    newsroom.at_rest()
    shows = showing(newsroom, "High water")
    assert {path_of(about), "/topics/", "/topics/floods/", "/feed.xml", "/topics/floods/feed.json"} <= shows

    def rename() -> None:
        floods.name = "Rivers in flood"
        floods.save()

    assert newsroom.changed_by(rename) == shows
    reports = [row.report for row in Change.objects.about("topic", floods.pk) if row.report and row.report["pages"]]
    assert (reports[0]["pages"], reports[0]["unchanged"]) == (len(shows), 0)


@held_by_the_laws
def test_a_topic_or_an_author_with_another_address_leads_on_from_the_old_one(newsroom: Newsroom) -> None:
    floods = Topic.objects.create(name="Floods", slug="floods")
    newsroom.story("Bridge closed", topics=[floods], authors=[newsroom.author])
    newsroom.at_rest()
    floods.slug, newsroom.author.slug = "high-water", "a-sarpong"
    floods.save()
    newsroom.author.save()
    newsroom.at_rest()
    output = newsroom.output()
    for old, new in (("/topics/floods/", "/topics/high-water/"), ("/authors/ama-sarpong/", "/authors/a-sarpong/")):
        for name, file in (("", "index.html"), *((name, name) for name in FILES)):
            assert output[f"moved{old}{file}"].decode().strip() == new + name
            assert f"pages{new}{file}" in output
    newsroom.prove()


@held_by_the_laws
def test_what_is_older_than_two_days_leaves_the_news_sitemap_at_the_hour(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed")
    newsroom.at_rest()
    path = path_of(story)
    assert "/sitemap-news.xml" in showing(newsroom, path)
    clock.set_offset(timedelta(hours=47))
    newsroom.at_rest()
    assert "/sitemap-news.xml" in showing(newsroom, path)
    changed = newsroom.changed_by(lambda: clock.set_offset(timedelta(hours=50)))
    assert "/sitemap-news.xml" in changed
    assert "/sitemap-news.xml" not in showing(newsroom, path)
    # The clock is put back: what is news again comes back at the next look, not two days later.
    clock.set_offset(timedelta(hours=1))
    newsroom.at_rest()
    assert "/sitemap-news.xml" in showing(newsroom, path)
    assert Tick.objects.filter(name=stories.NEWS_PASSES, applied_at=None).count() == 0
    newsroom.prove()


@held_by_the_laws
def test_an_agency_decides_what_others_are_given_and_not_what_readers_get(newsroom: Newsroom) -> None:
    story = newsroom.story("Bridge closed", credit="CPA")
    newsroom.at_rest()
    path = path_of(story)
    assert read(newsroom, f"{path}ninjs.json")["representationType"] == "partial"
    told: dict[str, Any] = {"provider": "CPA", "item_id": "urn:1", "version": "1", "version_order": 1, "seal": "a" * 64}
    stories.trace(story=story, onward=Onward.FULL, **told)
    newsroom.at_rest()
    assert "what we know" in read(newsroom, f"{path}ninjs.json")["bodies"][0]["value"]
    stories.trace(story=story, onward=Onward.FULL, held_back=True, **told)
    newsroom.at_rest()
    assert "bodies" not in read(newsroom, f"{path}ninjs.json")
    assert "/feed.json" in showing(newsroom, "Bridge closed")
    # Of two agencies the stricter counts.
    stories.trace(story=story, onward=Onward.NONE, **{**told, "item_id": "urn:2"})
    newsroom.at_rest()
    machines = {found for found in showing(newsroom, path) if found.endswith((".xml", ".json"))}
    assert machines == set()
    assert f"pages{path}ninjs.json" not in newsroom.output()
    assert b"what we know" in newsroom.output()[f"pages{path}index.html"]
    assert Origin.objects.filter(story=story).count() == 2
    newsroom.prove()


@held_by_the_laws
def test_a_month_that_is_large_has_several_sitemaps_and_a_change_prints_one(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Publication, "SHEET", 2)
    first, *_ = [newsroom.story(f"Story {number}") for number in range(5)]
    newsroom.at_rest()
    month = f"{first.addresses.get().day:%Y-%m}"
    sheets = {f"/sitemap-{month}{part}.xml" for part in ("", "-2", "-3")}
    assert {path for path in showing(newsroom, "<url>") if path.startswith(f"/sitemap-{month}")} == sheets
    changed = newsroom.changed_by(lambda: stories.unpublish(story=first, by=newsroom.editor))
    assert {path for path in changed if path.startswith("/sitemap")} == {f"/sitemap-{month}.xml", "/sitemap-news.xml"}
    newsroom.prove()


@held_by_the_laws
def test_translations_lead_to_each_other_while_they_are_live(newsroom: Newsroom) -> None:
    english = newsroom.story("Bridge closed")
    french = newsroom.story("Le pont est fermé", language="fr", live=False)
    stories.link_translation(story=english, other=french, by=newsroom.editor)
    newsroom.at_rest()
    page = f"pages{path_of(english)}index.html"
    assert b"hreflang" not in newsroom.output()[page]
    stories.publish(story=french, by=newsroom.editor)
    newsroom.at_rest()
    assert 'hreflang="fr" lang="fr" dir="ltr">français</a>'.encode() in newsroom.output()[page]
    assert newsroom.output()[page].count(b"hreflang=") == 3
    stories.unpublish(story=french, by=newsroom.editor)
    newsroom.at_rest()
    assert b"hreflang" not in newsroom.output()[page]
    newsroom.prove()
