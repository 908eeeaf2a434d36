"""Wagtail's own doors, opened as a browser does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from standfirst.desk import actions
from standfirst.people.models import User
from standfirst.stories.models import Section, Story
from standfirst.stories.tests.cast import Cast

Answer = Any
"""What Django's test client gives: a response with the request that led to it."""


def story_form(title: str, go_live_at: datetime | None = None, **fields: str) -> dict[str, str]:
    """What a browser sends from Wagtail's form for a story."""
    management = {
        f"{name}-{part}": value
        for name in ("bylines", "comments")
        for part, value in {
            "TOTAL_FORMS": "0",
            "INITIAL_FORMS": "0",
            "MIN_NUM_FORMS": "0",
            "MAX_NUM_FORMS": "1000",
        }.items()
    }
    at = (
        timezone.localtime(go_live_at, timezone.get_fixed_timezone(60)).strftime("%Y-%m-%d %H:%M") if go_live_at else ""
    )
    return {
        "title": title,
        "kicker": "",
        "standfirst": "",
        "lead_picture": "",
        "lead_caption": "",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "heading",
        "body-0-id": "",
        "body-0-value": "Under water",
        "byline": "",
        "credit": "",
        "dateline": "",
        "short_headline": "",
        "language": "en",
        "direction": "",
        "slugline": "",
        "desk_note": "",
        "go_live_at": at,
        "expire_at": "",
        **management,
        **fields,
    }


def said(response: Answer) -> str:
    """The messages on a screen, as text."""
    page = response.content.decode()
    found = re.search(r'<ul data-w-messages-target="container">(.*?)</ul>\s*<template', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1) if found else "")).split())


def text_of(response: Answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@dataclass
class Desk:
    """The cast with the desk's workflow set up, and its doors."""

    cast: Cast

    def browser(self, who: User | None) -> Client:
        return self.cast.at_the_desk(who)

    def edit(self, who: User, page: Page, do: str = "", **fields: Any) -> Answer:
        data = story_form(fields.pop("title", page.title), **fields)
        if do:
            data[do] = "1"
        return self.browser(who).post(reverse("wagtailadmin_pages:edit", args=[page.pk]), data, follow=True)

    def create(self, who: User, section: Section, title: str, do: str = "", **fields: Any) -> Answer:
        data = story_form(title, **fields)
        if do:
            data[do] = "1"
        url = reverse("wagtailadmin_pages:add", args=["stories", "story", section.pk])
        return self.browser(who).post(url, data, follow=True)

    def bulk(self, who: User, action: str, *pages: Page, **fields: str) -> Answer:
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
        ids = "&".join(f"id={page.pk}" for page in pages)
        return self.browser(who).post(f"{url}?{ids}&next=/newsroom/desk/", fields, follow=True)

    def delete(self, who: User, page: Page) -> Answer:
        return self.browser(who).post(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)

    def take_down(self, who: User, story: Story, kind: str = "kill", **fields: str) -> Answer:
        data = {"reason": "The figures are wrong.", "wording": "Withdrawn.", **fields}
        return self.browser(who).post(reverse(f"desk:{kind}", args=[story.pk]), data, follow=True)


def fresh(story: Page) -> Story:
    return Story.objects.get(pk=story.pk)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    actions.set_up(home=cast.home)
    return Desk(cast)
