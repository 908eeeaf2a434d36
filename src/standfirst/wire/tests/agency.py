"""Files as an agency that we made up sends them, and a newsroom that takes them in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from standfirst.kit import clock
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, Section, SiteFacts, Story
from standfirst.wire import actions
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Feed, Item
from tests.again import again

LIFECYCLE = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "lifecycle-synthetic"
TEXT = "<p>TARRAVA (CPA) - The rope bridge over the Sennet gave way on Sunday.</p><p>Nobody was on it.</p>"
ORDER = b"""<nitf><head><docdata management-status="usable" management-doc-idref="urn:newsml:cpa.example:bridge"
 management-idref-status="Cancelled"><doc-id regsrc="CPA" id-string="order"/></docdata></head><body><body.head>
<hedline><hl1>EDITORS: KILL BRIDGE</hl1></hedline></body.head><body.content><p>Do not use it.</p></body.content></body>
</nitf>"""
"""NITF that kills what `g2` makes."""


def lifecycle(name: str) -> Path:
    """One of the synthetic files, or a skip."""
    if not LIFECYCLE.is_dir():
        pytest.skip(f"There are no lifecycle files here (looked in {LIFECYCLE}).")
    return LIFECYCLE / name


def g2(
    item_id: str = "bridge",
    version: int = 1,
    headline: str = "Bridge at Tarrava gives way",
    body: str = TEXT,
    *,
    status: str = "stat:usable",
    signal: str = "",
    note: str = "",
    public_note: str = "",
    embargo: str | None = None,
    extra: str = "",
) -> bytes:
    """A NewsML-G2 newsItem. `embargo` "" makes an empty element."""
    notes = f"<edNote>{escape(note)}</edNote>" if note else ""
    if public_note:
        notes += f'<edNote role="dpaednoterole:editorialnote">{escape(public_note)}</edNote>'
    content = (
        '<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"{body}</body></html></inlineXML></contentSet>"
        if body
        else ""
    )
    return (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" standard="NewsML-G2" standardversion="2.35"'
        f' guid="urn:newsml:cpa.example:{item_id}" version="{version}" xml:lang="en">'
        '<itemMeta><itemClass qcode="ninat:text"/><provider literal="CPA"/>'
        f"<versionCreated>2026-11-22T08:{version % 60:02}:00Z</versionCreated>"
        + (f"<embargoed>{embargo}</embargoed>" if embargo is not None else "")
        + f'<pubStatus qcode="{status}"/>{notes}'
        + (f'<signal qcode="{signal}"/>' if signal else "")
        + "</itemMeta><contentMeta><urgency>3</urgency><slugline>BRIDGE</slugline>"
        f"<headline>{escape(headline)}</headline><by>By Ilse Brandt</by><creditline>CPA</creditline>{extra}"
        f"</contentMeta>"
        f"{content}</newsItem>"
    ).encode()


def ninjs(item_id: str = "bridge", version: str = "1", headline: str = "Bridge gives way", **more: Any) -> bytes:
    """A ninjs 3 object."""
    body = more.pop("body", TEXT)
    return json.dumps(
        {
            "standard": {"name": "ninjs", "version": "3.1"},
            "uri": f"urn:newsml:cpa.example:{item_id}",
            "type": "text",
            "version": version,
            "versionCreated": "2026-11-22T08:00:00Z",
            "headlines": [{"value": headline}],
            "bodies": [{"contentType": "text/html", "value": body}],
            **more,
        }
    ).encode()


class Desk:
    """A newsroom with a cast, two feeds of one agency's copy, and short ways to use them."""

    def __init__(self) -> None:
        self.front = stories.open_newsroom(name="The Harbour Post", zone="Africa/Lagos")
        self.world = stories.open_section(parent=self.front, name="World", slug="world")
        self.editor = self.hire("alice", "Editor")
        self.publisher = self.hire("bola", "Publisher")
        self.reporter = self.hire("charlie", "Reporter")
        self.wire_editor = self.hire("dele", "Wire editor")
        self.agency = Author.objects.create(name="CPA", slug="cpa", kind=Author.Kind.DESK)
        self.published = self.feed("cpa-live", Feed.Mode.PUBLISH)
        self.waiting = self.feed("cpa-desk", Feed.Mode.DESK)

    def hire(self, username: str, role: str) -> User:
        return people.hire(
            username=username,
            name=username.title(),
            roles=[role],
            password="correct horse battery",
            email=f"{username}@post.example",
        )

    def feed(self, name: str, mode: str, **fields: Any) -> Feed:
        # Each feed is an agency of its own, so that the same id in two of them is two items.
        return Feed.objects.create(
            name=name, title=name.upper(), mode=mode, section=self.world, author=self.agency, provider=name, **fields
        )

    def publish(self, data: bytes, **more: Any) -> Delivery:
        return actions.take_in(feed=self.published, data=data, file_name="item.xml", **more)

    def wait(self, data: bytes, **more: Any) -> Delivery:
        return actions.take_in(feed=self.waiting, data=data, file_name="item.xml", **more)

    def say(self, item_id: str = "bridge", version: int = 1, *, feed: Feed | None = None, **said: Any) -> str:
        """One item as a format would read it, straight to the rules of intake. Returns what happened."""
        feed = feed or self.published
        canonical = CanonicalItem(
            provider=feed.provider,
            item_id=item_id,
            version_raw=str(said.pop("version_raw", version)),
            version_order=version,
            headline=said.pop("headline", "Bridge at Tarrava gives way"),
            body_html=said.pop("body_html", TEXT),
            language="en",
            **said,
        )
        delivery = Delivery.objects.create(
            feed=feed, file_name="said", seal="0" * 64, size=1, received_at=clock.now(), transport="test", state="read"
        )
        return actions.apply(delivery=delivery, canonical=canonical)

    def known(self, item_id: str = "bridge", feed: Feed | None = None) -> Item:
        return Item.objects.get(item_id=item_id, feed=feed or self.published)

    def item(self, item_id: str = "bridge", feed: Feed | None = None) -> Item:
        return Item.objects.get(item_id=f"urn:newsml:cpa.example:{item_id}", feed=feed or self.published)

    def story(self) -> Story:
        """The only story there is."""
        return Story.objects.get()

    def section(self) -> Section:
        return Section.objects.get(pk=self.world.pk)


@pytest.fixture
def desk(db: None, settings: Any) -> Iterator[Desk]:
    yield again(Desk)
    clock.set_offset(timedelta(0))


@pytest.fixture
def lasting_desk(transactional_db: None, settings: Any) -> Iterator[Desk]:
    """A newsroom whose transactions really commit."""
    from django.contrib.auth.models import Group
    from wagtail.models import Collection, Locale, Page, Site

    # Emptying the tables between tests takes Wagtail's first rows too, which a migration made.
    Locale.objects.get_or_create(language_code="en")
    if not Page.objects.filter(depth=1).exists():
        Page.add_root(instance=Page(title="Root", slug="root"))
    if not Collection.objects.exists():
        Collection.add_root(instance=Collection(name="Root"))
    Site.objects.all().delete()
    Group.objects.all().delete()
    SiteFacts.objects.all().delete()
    yield Desk()
    clock.set_offset(timedelta(0))


def words(story: Story) -> str:
    """Every word of a story's body."""
    return " ".join(str(block.value) for block in story.body)
