"""Messages and NewsML 1.2 all the way through intake: who is published, who waits, what is taken down."""

from __future__ import annotations

from standfirst.stories.models import Story
from standfirst.wire import actions, sources
from standfirst.wire.models import Item, Source
from standfirst.wire.tests.agency import Desk, lifecycle

PROOF = b"Authentication-Results: mx.post.test; dkim=pass header.d=cpa.test\r\n"
LETTER = (
    b"From: CPA <desk@cpa.test>\r\nSubject: Bridge gives way\r\nMessage-ID: <1@cpa.test>\r\n"
    b"Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n\r\nThe rope bridge gave way on Sunday.\r\n\r\nNobody was on it.\r\n"
)


def mailbox(desk: Desk) -> None:
    source = Source(feed=desk.published, name="cpa-mail", kind="imap")
    settings = {"host": "imap.post.test", "user": "wire", "senders": ["cpa.test"], "mail_servers": ["mx.post.test"]}
    sources.configure(source=source, settings=settings, secrets={"password": "hush-hush-hush"}, by=desk.wire_editor)


def test_only_a_message_that_our_own_mailbox_held_and_our_own_server_proved_is_published(desk: Desk):
    mailbox(desk)
    letters = {name: (PROOF + LETTER).replace(b"<1@", f"<{name}@".encode()) for name in ("imap", "file", "push")}
    letters["bare"] = LETTER
    for name, data in letters.items():
        transport = "imap" if name == "bare" else name
        actions.take_in(feed=desk.published, data=data, file_name="1.eml", transport=transport)
    proved = Item.objects.get(item_id="imap@cpa.test")
    assert proved.place == Item.Place.TAKEN and not proved.held_because
    story = Story.objects.get()
    assert (story.title, story.live) == ("Bridge gives way", True)
    others = Item.objects.exclude(pk=proved.pk)
    assert [(item.place, len(item.held_because)) for item in others] == [(Item.Place.WAITING, 1)] * 3


def test_a_kill_by_mail_kills_nothing_and_one_that_anybody_may_have_sent_touches_nothing(desk: Desk):
    mailbox(desk)
    actions.take_in(feed=desk.published, data=PROOF + LETTER, file_name="1.eml", transport="imap")
    kill = LETTER.replace(b"Subject: ", b"Subject: KILL: ").replace(b"<1@", b"<2@")
    kill = kill.replace(b"Date:", b"In-Reply-To: <1@cpa.test>\r\nDate:")
    actions.take_in(feed=desk.published, data=kill, file_name="2.eml", transport="imap")
    assert Story.objects.get().live
    assert Item.objects.get(item_id="2@cpa.test").urgent
    # From the agency, in answer to its story: off at once, and a person decides whether for good.
    actions.take_in(feed=desk.published, data=PROOF + kill.replace(b"<2@", b"<3@"), file_name="3.eml", transport="imap")
    assert not Story.objects.get().live
    assert Item.objects.get(item_id="3@cpa.test").urgent
    assert Item.objects.get(item_id="1@cpa.test").killed_at is None


def test_newsml_1_kills_under_the_same_number_and_kills_what_came_before(desk: Desk):
    def take(name: str) -> dict[str, int]:
        outcomes: dict[str, int] = desk.publish(lifecycle(f"newsml12_{name}.xml").read_bytes()).outcomes
        return outcomes

    assert take("01_rev1") == {"published": 1}
    assert take("02_rev2_full_replacement") == {"updated": 1}
    assert Story.objects.get().title == "Flood covers Lafia market, five hurt"
    assert take("03_rev2_management_only_canceled") == {"killed": 1}
    assert not Story.objects.filter(live=True).exists()
    # It may be used again, says the third: that is for people.
    take("04_rev3_revisionstatus")
    assert not Story.objects.filter(live=True).exists()
