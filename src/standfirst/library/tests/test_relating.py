"""Related stories: found by what they say, at events only, and forgotten with a kill."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from standfirst.changes.actions import Machine
from standfirst.changes.models import Change
from standfirst.library import actions
from standfirst.library.models import RelatedStory, RelateLater, StoryTerms, Term, TermCount
from standfirst.library.tests.archive import NOON, Archive
from standfirst.people import actions as people
from standfirst.stories import actions as stories
from standfirst.stories.models import Story, Takedown

WIKINEWS = Path(__file__).resolve().parents[5] / "shared" / "data" / "wikinews.jsonl"

needs_wikinews = pytest.mark.skipif(not WIKINEWS.exists(), reason="The Wikinews articles are not beside this checkout.")


def relate(*ids: int) -> None:
    for story in ids:
        actions.relate_if_due(story)


def test_stories_that_share_rare_words_or_topics_are_related_both_ways(archive: Archive) -> None:
    flood = archive.publish("Flood cuts off Warri", "The river Ethiope rose by two metres.")
    derby = archive.publish("Derby ends level", section=archive.sport)
    relief = archive.publish("Relief reaches Warri", "Boats bring food to the flooded streets.")
    vote = archive.publish("Count goes on", topics=["elections"])
    seat = archive.publish("Recount in three wards", topics=["elections"])
    relate(flood, derby, relief, vote, seat)
    assert actions.related(flood) == (relief,)
    assert actions.related(relief)[0] == flood
    assert actions.related(vote)[0] == seat and actions.related(seat)[0] == vote
    assert flood not in actions.related(derby)


def test_what_is_only_of_the_same_section_fills_places_but_prints_no_old_page(archive: Archive) -> None:
    first, second = archive.publish("Budget read"), archive.publish("Bridge opened")
    assert actions.relate_if_due(first) == [first]
    assert actions.relate_if_due(second) == [second]
    assert actions.related(second) == (first,) and actions.related(first) == ()


def test_what_is_near_in_time_goes_before_what_is_long_ago(archive: Archive) -> None:
    old = archive.publish("Strike at the port", at=NOON - timedelta(days=900))
    new = archive.publish("Strike at the port", at=NOON - timedelta(days=2))
    now = archive.publish("Port strike goes on")
    relate(old, new, now)
    assert actions.related(now) == (new, old)


def test_nothing_is_related_but_at_events(archive: Archive) -> None:
    one, two = archive.publish("Flood in Warri"), archive.publish("Warri flood")
    relate(one, two)
    Change.objects.all().delete()
    archive.edit(two, "Derby ends level")
    assert actions.relate_if_due(two) == []
    assert actions.related(one) == (two,)
    assert not Change.objects.exists()
    archive.refresh(two)
    assert actions.relate_if_due(two) == [two, one]
    assert actions.related(one) == ()
    assert set(Change.objects.values_list("kind", "ref")) == {("related", str(one)), ("related", str(two))}


def test_a_correction_takes_a_story_out_of_lists_where_it_never_belonged(archive: Archive) -> None:
    relate(*archive.publish_many([(word, "") for word in _distinct(20)]))
    crime = [archive.publish(f"Murder trial of Okafor, day {day}") for day in range(3)]
    wrong = archive.publish("Okafor opens school")
    relate(*crime, wrong)
    assert all(wrong in actions.related(story) for story in crime)
    archive.edit(wrong, "Okonkwo opens school")
    archive.refresh(wrong)
    relate(wrong)
    assert not any(wrong in actions.related(story) for story in crime)


def test_a_draft_an_unpublished_or_an_unknown_story_is_never_related(archive: Archive) -> None:
    one, two = archive.publish("Flood in Warri"), archive.publish("Warri flood")
    archive.set_live(one, False)
    relate(one, two, 999_999)
    assert actions.related(two) == () and not StoryTerms.objects.filter(story_id=one).exists()


def test_an_unpublished_story_comes_back_to_the_places_that_it_had(archive: Archive) -> None:
    one, two = archive.publish("Flood in Warri"), archive.publish("Warri flood")
    relate(one, two)
    archive.set_live(two, False)
    third = archive.publish("Warri flood recedes")
    relate(two, third)
    assert actions.related(third) == (one,)
    archive.set_live(two, True)
    assert actions.relate_if_due(two) == []
    assert two in actions.related(one)


def test_a_kill_takes_a_story_out_with_its_own_transaction_and_a_restored_one_is_related_anew(
    archive: Archive, tmp_path: Path
) -> None:
    desk = Machine("desk")
    bola = people.hire(
        username="bola", name="Bola", roles=["Publisher"], password="correct horse", email="bola@post.example"
    )
    published = []
    for headline in ("Flood in Warri", "Warri flood recedes"):
        story = stories.create(section=archive.news, title=headline)
        published.append(stories.publish(story=story, by=desk))
        archive.news.refresh_from_db()
    one, two = published
    relate(one.pk, two.pk)
    assert actions.related(one.pk) == (two.pk,)
    with pytest.raises(RuntimeError), transaction.atomic():
        stories.take_down(story=two, kind="kill", reason="Wrong river.", by=desk)
        assert actions.related(one.pk) == ()
        raise RuntimeError("the kill did not come through")
    assert actions.related(one.pk) == (two.pk,)
    Change.objects.all().delete()

    stories.take_down(story=two, kind="kill", reason="Wrong river.", by=desk)
    assert actions.related(one.pk) == ()
    assert set(Change.objects.filter(kind="related").values_list("ref", "cause")) == {
        (str(one.pk), "forgotten"),
        (str(two.pk), "forgotten"),
    }
    for table in (Term, StoryTerms, RelatedStory, RelateLater):
        assert not table._default_manager.filter(story_id=two.pk).exists()
    assert TermCount.objects.get(term=actions.EVERY).stories == 1
    assert actions.relate_if_due(two.pk) == []

    stories.restore(takedown=Takedown.objects.get(), because="Right river.", by=bola)
    assert actions.relate_if_due(two.pk) == []
    stories.publish(story=Story.objects.get(pk=two.pk), by=desk)
    assert actions.relate_if_due(two.pk) == [two.pk, one.pk]
    assert actions.related(one.pk) == (two.pk,)


def test_a_kill_goes_through_whatever_the_counts_say(archive: Archive) -> None:
    story = archive.publish("Flood in Warri")
    relate(story)
    TermCount.objects.update(stories=0)
    TermCount.objects.filter(term="w:flood").delete()
    with transaction.atomic():
        actions.forget(story)
    assert not Term.objects.exists()
    relate(story)
    assert StoryTerms.objects.count() == 1


@pytest.mark.one_database("What is put off and done later is that of the definition: test_law.py, on each database.")
def test_what_is_put_off_is_done_later_and_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "RELATED", 0.2)
    # The old ones do not know each other: they have room for the new one.
    old = [archive.publish(f"Okafor {word}") for word in _distinct(45)]
    for story in old:
        actions.relate_if_due(story)
        RelatedStory.objects.all().delete()
        RelateLater.objects.all().delete()
    new = archive.publish("Okafor wins", "Okafor")
    changed = actions.relate_if_due(new)
    assert len(changed) == 1 + actions.AT_ONCE
    assert RelateLater.objects.count() == 15
    assert actions.relate_later(10) == 10
    archive.set_live(new, False)
    assert actions.relate_later(2) == 0
    archive.set_live(new, True)
    assert actions.relate_later(10) == 3
    assert actions.relate_later(10) == 0
    assert RelatedStory.objects.filter(other_id=new).count() == 43


def _distinct(count: int) -> list[str]:
    return [chr(97 + number % 26) * 3 + chr(97 + number // 26) * 3 for number in range(count)]


# --- what it costs


def _asked(story: int) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        actions.relate_if_due(story)
    return [query["sql"] for query in captured]


@pytest.mark.one_database("How often it asks is decided before a database answers.")
def test_a_story_costs_as_many_queries_in_a_large_archive_as_in_a_small_one(archive: Archive) -> None:
    copy = [(f"Flood in Warri {word}", "The river rose in the delta") for word in _distinct(60)]
    small = archive.publish_many(copy[:20])
    relate(*small)
    before = len(_asked(archive.publish("Warri flood recedes", "The river fell in the delta")))
    relate(*archive.publish_many(copy[20:]))
    after = _asked(archive.publish("Warri flood recedes", "The river fell in the delta"))
    # Two statements more for each old list that changes at the most.
    assert len(after) <= before + 3 * actions.AT_ONCE


@pytest.mark.one_database("SQLite tells its plans in a form of its own.")
def test_no_table_is_read_from_end_to_end(archive: Archive) -> None:
    relate(*archive.publish_many([(f"Flood in Warri {word}", "The river") for word in _distinct(12)]))
    story = archive.publish("Warri flood recedes", "The river")
    statements = _asked(story)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        actions.related_many([story])
        actions.relate_later(10)
        actions.forget(story)
    statements += [query["sql"] for query in captured]
    plans = []
    with connection.cursor() as cursor:
        for sql in statements:
            if sql.startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute("EXPLAIN QUERY PLAN " + sql)
                plans += [(row[3], sql[:300]) for row in cursor.fetchall()]
    scans = [plan for plan in plans if plan[0].startswith("SCAN") and "CONSTANT ROW" not in plan[0]]
    # The rows that wait are few, and are taken in their order; "found" are a hundred rows that were looked up.
    assert [plan for plan in scans if "library_relatelater" not in plan[0] and plan[0] != "SCAN found"] == []


# --- what it is worth


@needs_wikinews
@pytest.mark.deep
@pytest.mark.one_database("Every list is that of the definition (test_law.py); this is what the definition is worth.")
def test_related_articles_share_a_theme(archive: Archive) -> None:
    """Precision of the first five stored places: the share that is of the article's own collection. Measured: 0.94."""
    articles = [json.loads(line) for line in WIKINEWS.read_text().splitlines()]
    articles.sort(key=lambda article: article["date"])
    ids = archive.publish_many(
        [(article["title"], article["text"].split("\n")[0]) for article in articles],
        at=[datetime.fromisoformat(article["date"]).replace(tzinfo=UTC) for article in articles],
    )
    relate(*ids)
    while RelateLater.objects.exists():
        actions.relate_later(100)
    collection = {story: article["collection"] for story, article in zip(ids, articles, strict=True)}
    shares: dict[str, list[float]] = defaultdict(list)
    for story in ids:
        five = actions.related(story)[:5]
        if five:
            same = sum(collection[other] == collection[story] for other in five) / len(five)
            shares[collection[story]].append(same)
    every = [share for found in shares.values() for share in found]
    print({name: round(sum(found) / len(found), 3) for name, found in shares.items()}, len(every))
    print(f"precision at five: {sum(every) / len(every):.3f}")
    assert len(every) >= 115
    assert sum(every) / len(every) >= 0.90
