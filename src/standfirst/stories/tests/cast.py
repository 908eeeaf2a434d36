"""A small newsroom and the people who work in it, for tests through the doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Collection, Locale, Page

from standfirst.changes import ports
from standfirst.kit import clock
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.stories import actions
from standfirst.stories import ports as story_ports
from standfirst.stories.models import Section, Story
from tests.again import again


@dataclass
class Cast:
    """Ed edits, Rita reports, Wale watches the wire, Paula publishes and answers for it, Ada runs the place.

    Sam has an account and no role. Sections: home > News > World, home > Sport.
    """

    home: Section
    news: Section
    world: Section
    sport: Section
    ed: User
    rita: User
    wale: User
    paula: User
    ada: User
    sam: User

    def draft(self, title: str = "Rivers rise in the north", section: Section | None = None, **fields: Any) -> Story:
        fields.setdefault("body", [("paragraph", "<p>It rained for a week.</p>")])
        return actions.create(
            section=Section.objects.get(pk=(section or self.world).pk), title=title, by=self.ed, **fields
        )

    def live(self, title: str = "Rivers rise in the north", section: Section | None = None, **fields: Any) -> Story:
        return actions.publish(story=self.draft(title, section, **fields), by=self.ed)

    def at_the_desk(self, who: User | None) -> Client:
        """A browser in which `who` is signed in; None: a stranger's."""
        client = Client(raise_request_exception=True)
        if who is not None:
            client.force_login(who)
        return client


def open_newsroom() -> Cast:
    if not Page.objects.filter(depth=1).exists():  # a test that really commits has emptied every table before
        Locale.objects.get_or_create(language_code="en")
        Page.add_root(title="Root", slug="root")
    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    home = actions.open_newsroom(name="Harbour Post", zone="Africa/Lagos")
    news = actions.open_section(parent=home, name="News", slug="news")
    world = actions.open_section(parent=news, name="World", slug="world")
    sport = actions.open_section(parent=home, name="Sport", slug="sport")

    def hire(username: str, name: str, *roles: str) -> User:
        return people.hire(username=username, name=name, roles=roles, email=f"{username}@example.org")

    return Cast(
        home=home,
        news=news,
        world=world,
        sport=sport,
        ed=hire("ed", "Ed Obi", "Editor"),
        rita=hire("rita", "Rita Mensah", "Reporter"),
        wale=hire("wale", "Wale Bright", "Wire editor"),
        paula=hire("paula", "Paula Ndem", "Publisher"),
        ada=hire("ada", "Ada Cole", "Administrator"),
        sam=hire("sam", "Sam Stranger"),
    )


@pytest.fixture(autouse=True)
def quiet_ports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody is woken, nothing is searched or printed: these tests read rows. After each, the clock is right again."""
    from django.http import HttpResponse

    monkeypatch.setattr(ports, "wake", lambda: None, raising=False)
    monkeypatch.setattr(ports, "search", lambda story: None, raising=False)
    monkeypatch.setattr(ports, "surfaces", {})
    monkeypatch.setattr(story_ports, "preview", lambda page, request: HttpResponse(page.title), raising=False)
    yield
    from datetime import timedelta

    clock.set_offset(timedelta(0))


@pytest.fixture
def cast(db: None) -> Cast:
    return again(open_newsroom)


@pytest.fixture
def committed(transactional_db: None) -> Cast:
    """The same newsroom for tests that really commit."""
    return open_newsroom()
