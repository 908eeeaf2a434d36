"""An agency takes copy back in another document, under the same number, before the copy itself, or in mere words."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories import alerts
from standfirst.stories.models import Story, Takedown
from standfirst.wire import actions
from standfirst.wire.item import Directive as Said
from standfirst.wire.models import Directive, Feed, Item, Offer
from standfirst.wire.tests.agency import ORDER, Desk, g2, lifecycle
from tests.post import posted

pytestmark = pytest.mark.deep_on_postgresql(
    "What the rules of intake do is done by verbs that other tests try on each database."
)


def kill_of(target: str, **more: Any) -> Said:
    return Said(status="canceled", target=target, **{"exact": True, "said": f"KILL {target}", **more})


def notice(desk: Desk, *said: Said, item_id: str = "notice", **more: Any) -> str:
    return desk.say(item_id, headline="Editors: kill the bridge story", directives=said, **more)


def kinds(story: Story) -> list[str]:
    return list(story.takedowns.values_list("kind", flat=True))


def test_another_document_kills_what_it_names(desk: Desk):
    desk.say()
    notice(desk, kill_of("bridge"))
    story = desk.story()
    assert not story.live
    assert kinds(story) == ["kill"]
    assert desk.known().killed_at is not None
    assert "Killed by the agency" in posted()[0].subject
    said = Directive.objects.get()
    assert (said.settled, said.settled_by) == ("applied", "wire")
    assert not desk.known("notice").urgent
    assert Story.objects.count() == 1, "a message to editors is no story"


def test_it_may_come_before_the_item_itself(desk: Desk):
    notice(desk, kill_of("bridge"))
    asking = desk.known("notice")
    assert (asking.urgent, asking.place) == (True, Item.Place.WAITING)
    assert desk.say() == "killed"
    assert not Story.objects.exists()
    assert Directive.objects.get().settled == "applied"
    assert not desk.known("notice").urgent
    assert desk.say(version=2) == "held"
    assert not Story.objects.exists()


def test_a_service_number_is_believed_for_two_days(desk: Desk):
    desk.say("monday", alt_ids=("a0101",))
    clock.set_offset(timedelta(days=3))
    desk.say("thursday", alt_ids=("a0101",), headline="Market opens")
    notice(desk, kill_of("a0101"))
    assert desk.known("monday").killed_at is None
    assert desk.known("thursday").killed_at is not None


def test_an_earlier_order_is_not_for_a_number_that_is_used_again(desk: Desk):
    notice(desk, kill_of("a0101"))
    clock.set_offset(timedelta(days=3))
    assert desk.say("thursday", alt_ids=("a0101",)) == "published"


def test_what_two_items_are_called_is_for_a_person(desk: Desk):
    desk.say("one", alt_ids=("a0101",))
    desk.say("two", alt_ids=("a0101",), headline="Market opens")
    notice(desk, kill_of("a0101"))
    assert Story.objects.filter(live=True).count() == 2
    assert desk.known("notice").urgent
    assert "Market opens" in posted()[0].body
    said = Directive.objects.open().get()
    assert {item.item_id for item in actions.candidates(said)} == {"one", "two"}
    with pytest.raises(PermissionDenied):
        actions.answer(directive=said, target=desk.known("one"), by=desk.reporter)
    with pytest.raises(Refused):
        actions.seen(item=desk.known("notice"), by=desk.wire_editor)
    actions.answer(directive=said, target=desk.known("one"), by=desk.publisher)
    assert (desk.known("one").killed_at is None, desk.known("two").killed_at is None) == (False, True)
    assert not desk.known("notice").urgent
    with pytest.raises(Refused, match="settled"):
        actions.answer(directive=said, target=None, because="x", by=desk.publisher)


def test_what_only_running_text_says_takes_down_for_now_and_asks(desk: Desk):
    desk.say("bridge", alt_ids=("exw0012",))
    notice(desk, kill_of("exw0012", exact=False))
    story = desk.story()
    assert not story.live
    assert kinds(story) == ["withhold"], "a person can undo it"
    assert desk.known("notice").urgent
    said = Directive.objects.open().get()
    actions.answer(directive=said, target=desk.known(), by=desk.publisher)
    assert kinds(story) == ["withhold", "kill"]


def test_words_that_name_nothing_are_for_a_person_and_can_be_put_away(desk: Desk):
    desk.say()
    assert notice(desk, Said(status="canceled", target="", said="Kill the flood story")) == "held"
    assert desk.story().live
    said = Directive.objects.open().get()
    with pytest.raises(Refused, match="why"):
        actions.answer(directive=said, target=None, by=desk.publisher)
    actions.answer(directive=said, target=None, because="We never had it", by=desk.publisher)
    assert not desk.known("notice").urgent


def test_a_feed_kills_no_other_agencys_copy_by_reference(desk: Desk):
    other = desk.feed("other-agency", Feed.Mode.PUBLISH)
    desk.say(feed=other)
    notice(desk, kill_of("bridge"))
    assert desk.story().live
    assert desk.known("notice").urgent


def test_a_directive_that_is_said_twice_is_one(desk: Desk):
    notice(desk, kill_of("bridge"))
    notice(desk, kill_of("bridge"), version=2)
    later(60)
    assert Directive.objects.count() == 1
    assert len(posted()) == 1


def later(seconds: float) -> int:
    """So much later, the wire's loop looks at what is open. Returns how many mails that makes."""
    clock.set_offset(timedelta(seconds=seconds))
    return actions.ask_what_is_open()


def test_an_order_whose_copy_comes_a_moment_later_is_mailed_to_nobody(desk: Desk):
    notice(desk, kill_of("bridge"))
    assert later(2) == 0
    assert desk.say() == "killed"
    assert later(10) == later(90) == 0
    assert posted() == []


def test_an_order_whose_copy_never_comes_is_mailed_once(desk: Desk):
    notice(desk, kill_of("bridge"))
    assert later(4) == 0
    assert later(6) == 1
    assert later(7) == later(60) == later(3600) == 0
    assert [mail.to for mail in posted()] == [[desk.publisher.email]]
    assert "To be decided at once" in posted()[0].subject
    assert Directive.objects.open().count() == 1


def test_while_files_wait_to_be_read_an_order_waits_half_a_minute_for_its_copy(desk: Desk):
    notice(desk, kill_of("bridge"))
    actions.deliver(feed=desk.published, data=g2("other"), file_name="item.xml")
    assert later(6) == later(29) == 0
    assert later(31) == 1


def test_what_somebody_has_settled_is_mailed_to_nobody(desk: Desk):
    notice(desk, kill_of("bridge"))
    actions.answer(directive=Directive.objects.get(), target=None, because="We never had it", by=desk.publisher)
    assert later(60) == 0


@pytest.mark.parametrize("backlog", [[ORDER, g2()], [g2(), ORDER], [g2("a"), ORDER, g2("b"), g2()]])
def test_an_order_and_its_copy_in_one_backlog_settle_themselves(lasting_desk: Desk, backlog: list[bytes]):
    for data in backlog:
        actions.deliver(feed=lasting_desk.published, data=data, file_name="item.xml")
    assert actions.work_off() == len(backlog)
    assert later(60) == 0
    assert [mail for mail in posted() if "To be decided" in mail.subject] == []
    assert Directive.objects.get().settled == "applied"
    assert lasting_desk.item().killed_at is not None


def test_a_kill_of_a_live_story_is_mailed_at_once(lasting_desk: Desk):
    lasting_desk.publish(g2())
    assert lasting_desk.story().live
    actions.deliver(feed=lasting_desk.published, data=ORDER, file_name="kill.xml")
    actions.work_off()
    assert not lasting_desk.story().live
    assert ["Killed by the agency" in mail.subject for mail in posted()] == [True]


def test_orders_that_nobody_can_be_mailed_about_hold_up_no_reading_and_are_mailed_when_the_server_is_back(
    desk: Desk, settings: Any
):
    working = settings.EMAIL_BACKEND
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 0.5
        for number in range(20):
            notice(desk, kill_of(f"a{number:04}"), item_id=f"notice-{number}")
        began = time.monotonic()
        assert later(6) == 20
        desk.publish(g2())
        assert time.monotonic() - began < 5, "20 mails of half a second each are not waited for"
        assert desk.story().live
        assert not alerts.send_due()
    settings.EMAIL_BACKEND = working
    later(120)
    assert ["To be decided at once" in mail.subject for mail in posted()] == [True] * 20
    assert later(600) == 0
    assert len(posted()) == 20


def test_withholding_by_reference_can_be_undone(desk: Desk):
    desk.say()
    notice(desk, Said(status="withheld", target="bridge", exact=True))
    assert kinds(desk.story()) == ["withhold"]
    assert desk.say(version=2) == "held"
    assert not desk.story().live


def earlier(before: int) -> tuple[Said, ...]:
    return (Said(status="canceled", target="bridge", before=before, exact=True, said="RevisionStatus Canceled"),)


def test_earlier_revisions_are_replaced_where_the_new_one_may_be_used(desk: Desk):
    desk.say(headline="First")
    assert desk.say(version=2, headline="Second", directives=earlier(2)) == "updated"
    story = desk.story()
    assert (story.live, story.title) == (True, "Second")
    assert desk.known().killed_at is None


def test_earlier_revisions_that_people_worked_on_are_taken_down(desk: Desk):
    desk.say(headline="First")
    story = desk.story()
    story.title = "Ours"
    story.save_revision(user=desk.editor).publish()
    desk.say(version=2, headline="Second", directives=earlier(2))
    story.refresh_from_db()
    assert not story.live
    assert kinds(story) == ["kill"]
    assert Offer.objects.open().get().version.label == "2"


def test_a_kill_by_reference_for_earlier_versions_leaves_a_later_one(desk: Desk):
    notice(desk, kill_of("bridge", before=3))
    assert desk.say(version=3) == "published"
    assert desk.say(version=2) == "late"
    assert desk.story().live


@pytest.mark.parametrize(
    ("files", "live", "down"),
    [
        (["nitf_01_usable.xml", "nitf_03_cancel_other_doc.xml"], 0, ["kill"]),
        (["nitf_03_cancel_other_doc.xml", "nitf_01_usable.xml"], 0, []),
        (["newsml12_01_rev1.xml", "newsml12_02_rev2_full_replacement.xml"], 1, []),
        (["newsml12_02_rev2_full_replacement.xml", "newsml12_03_rev2_management_only_canceled.xml"], 0, ["kill"]),
        (["newsml12_03_rev2_management_only_canceled.xml", "newsml12_02_rev2_full_replacement.xml"], 0, []),
        (["newsml12_02_rev2_full_replacement.xml", "newsml12_04_rev3_revisionstatus.xml"], 1, []),
        (["iptc7901_01_urgent.txt", "iptc7901_03_kill.txt"], 0, ["kill"]),
        (["anpa1312_01_writethru.tst", "anpa1312_02_kill.tst"], 0, ["kill"]),
    ],
)
def test_the_ways_in_which_agencies_really_kill(desk: Desk, files: list[str], live: int, down: list[str]):
    for name in files:
        actions.take_in(feed=desk.published, path=lifecycle(name))
    assert Story.objects.filter(live=True).count() == live
    assert list(Takedown.objects.values_list("kind", flat=True)) == down
