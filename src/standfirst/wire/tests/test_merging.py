"""Versions that are not whole: messages about a status only, and changes in places."""

from __future__ import annotations

from typing import Any

import pytest

from standfirst.stories.models import Story
from standfirst.wire import actions
from standfirst.wire.item import EdNote
from standfirst.wire.models import Item, Version
from standfirst.wire.tests.agency import Desk, words

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of intake do is done by verbs that other tests try on each database."
)


def management(desk: Desk, version: int = 1, **said: Any) -> str:
    return desk.say(version=version, headline="", body_html="", management_only=True, **said)


def test_a_kill_under_the_same_number_counts(desk: Desk):
    desk.say(version=2)
    assert management(desk, 2, status="canceled") == "killed"
    assert not desk.story().live
    assert words(desk.story())
    assert desk.known().newest_version().read().headline == "Bridge at Tarrava gives way"


def test_a_message_about_the_status_keeps_the_text(desk: Desk):
    desk.say(version=2, feed=desk.waiting)
    desk.say(
        version=2,
        feed=desk.waiting,
        headline="",
        body_html="",
        management_only=True,
        ednotes=(EdNote(text="Pictures follow."),),
    )
    read = desk.known(feed=desk.waiting).newest_version().read()
    assert "rope bridge" in read.body_html
    assert read.ednotes[0].text == "Pictures follow."
    assert not read.management_only


def test_it_publishes_nothing_anew(desk: Desk):
    desk.say(version=2)
    revisions = desk.story().revisions.count()
    assert management(desk, 2, editorial_types=("update",)) == "stored"
    assert desk.story().revisions.count() == revisions


def test_status_and_text_join_whichever_comes_first(desk: Desk):
    assert management(desk, 2, status="canceled") == "killed"
    desk.say(version=2)
    assert not Story.objects.exists()
    assert desk.known().killed_at is not None
    desk.say("market", 1, headline="", body_html="", management_only=True)
    assert desk.known("market").place == Item.Place.WAITING
    assert desk.say("market", 1, headline="Market opens") == "published"


def test_a_status_for_an_older_number_changes_nothing_but_a_kill(desk: Desk):
    desk.say(version=3)
    assert management(desk, 2, status="withheld") == "late"
    assert desk.story().live
    assert management(desk, 2, status="canceled") == "killed"
    assert not desk.story().live


NEWSML = """<?xml version="1.0" encoding="UTF-8"?>
<NewsML Version="1.2"><NewsEnvelope><DateAndTime>20261122T0{n}0000Z</DateAndTime></NewsEnvelope><NewsItem>
<Identification><NewsIdentifier><ProviderId>cpa.example</ProviderId><DateId>20261122</DateId>
<NewsItemId>BRIDGE-0001</NewsItemId><RevisionId PreviousRevision="{before}" Update="{update}">{n}</RevisionId>
<PublicIdentifier>urn:newsml:cpa.example:20261122:BRIDGE-0001:{n}{update}</PublicIdentifier></NewsIdentifier>
</Identification><NewsManagement><NewsItemType FormalName="News"/><FirstCreated>20261122T080000Z</FirstCreated>
<ThisRevisionCreated>20261122T0{n}0000Z</ThisRevisionCreated><Status FormalName="Usable"/></NewsManagement>
{content}</NewsItem></NewsML>"""

WHOLE = """<NewsComponent><NewsLines><HeadLine Duid="head">Bridge gives way</HeadLine></NewsLines>
<ContentItem><MediaType FormalName="Text"/><DataContent><p Duid="one">Nobody was on it.</p><p>It is closed.</p>
</DataContent></ContentItem></NewsComponent>"""


def revision(n: int, change: str = "") -> bytes:
    """Revision `n`: whole, or a change of the one before."""
    content = f"<Update>{change}</Update>" if change else WHOLE
    return NEWSML.format(n=n, before=n - 1, update="U" if change else "N", content=content).encode()


SECOND = revision(2, '<Replace DuidRef="one"><p Duid="one">Two were on it.</p></Replace>')
THIRD = revision(3, '<Replace DuidRef="one"><p Duid="one">Three were on it.</p></Replace>')


def test_a_change_in_places_is_applied_to_what_came_before(desk: Desk):
    desk.publish(revision(1))
    desk.publish(SECOND)
    desk.publish(THIRD)
    text = words(desk.story())
    assert "Three were on it" in text
    assert "It is closed" in text
    assert desk.story().live


def test_a_change_waits_for_what_it_changes(desk: Desk):
    desk.publish(THIRD)
    item = Item.objects.get()
    assert (item.place, Story.objects.count()) == (Item.Place.WAITING, 0)
    assert any("has not come in" in reason for reason in item.held_because)
    desk.publish(SECOND)
    assert not Story.objects.exists()
    desk.publish(revision(1))
    assert "Three were on it" in words(desk.story())
    assert desk.story().live
    item.refresh_from_db()
    assert (item.held_because, item.version_label) == ([], "3")
    assert not Version.objects.exclude(waits_for="").exists()


def test_a_change_that_cannot_be_done_is_for_a_person(desk: Desk):
    desk.publish(revision(1))
    assert desk.publish(revision(2, '<Delete DuidRef="none"/>')).outcomes == {"held": 1}
    assert any("could not be done" in reason for reason in Item.objects.get().held_because)
    assert "Nobody was on it" in words(desk.story())


def test_a_version_without_text_is_not_taken(desk: Desk):
    desk.say(feed=desk.waiting, headline="", body_html="", management_only=True)
    assert actions.why_not_take(desk.known(feed=desk.waiting)) is not None
