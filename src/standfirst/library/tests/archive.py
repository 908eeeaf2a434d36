"""An archive of published stories for tests, written straight into the tables: what is tried is what relates them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Locale, Page

from standfirst.stories import actions as stories
from standfirst.stories.models import Publication, Section, Story, Topic

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def step(number: int) -> str:
    """Four digits to base 36: a place in the page tree."""
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


class Archive:
    """A newsroom with two sections."""

    def __init__(self) -> None:
        front = stories.open_newsroom(name="The Harbour Post")
        self.news = stories.open_section(parent=front, name="News", slug="news")
        self.sport = stories.open_section(parent=Section.objects.get(pk=front.pk), name="Sport", slug="sport")
        self._locale = Locale.objects.get().pk
        self._kind = ContentType.objects.get_for_model(Story).pk
        self._written = 0

    def publish(self, headline: str, standfirst: str = "", **options: Any) -> int:
        """One published story. Returns its id."""
        return self.publish_many([(headline, standfirst)], **options)[0]

    def publish_many(
        self,
        copy: Sequence[tuple[str, str]],
        *,
        at: datetime | Sequence[datetime] = NOON,
        section: Section | None = None,
        topics: Iterable[str] = (),
    ) -> list[int]:
        """Published stories of (headline, standfirst). Returns their ids."""
        parent = section or self.news
        moments = [at] * len(copy) if isinstance(at, datetime) else list(at)
        pages = []
        for headline, _ in copy:
            self._written += 1
            pages.append(
                Page(
                    path=parent.path + step(self._written),
                    depth=parent.depth + 1,
                    title=headline,
                    draft_title=headline,
                    slug=f"s-{self._written}",
                    url_path=f"/s-{self._written}/",
                    live=True,
                    content_type_id=self._kind,
                    locale_id=self._locale,
                    translation_key=uuid.uuid4(),
                )
            )
        Page.objects.bulk_create(pages)
        for page, (_, standfirst) in zip(pages, copy, strict=True):
            story = Story(page_ptr=page, standfirst=standfirst)
            story.__dict__.update({name: value for name, value in page.__dict__.items() if name != "_state"})
            story.save_base(raw=True)
        ids = [page.pk for page in pages]
        Publication.objects.bulk_create(
            Publication(story_id=pk, first=moment, refreshed=moment) for pk, moment in zip(ids, moments, strict=True)
        )
        for slug in topics:
            topic, _ = Topic.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
            through = Story.topics.through
            through.objects.bulk_create(through(story_id=pk, topic_id=topic.pk) for pk in ids)
        return ids

    def edit(self, story: int, headline: str, standfirst: str = "") -> None:
        """Change what is published, without an event."""
        Page.objects.filter(pk=story).update(title=headline)
        Story.objects.filter(pk=story).update(standfirst=standfirst)

    def refresh(self, story: int) -> None:
        """A marked update."""
        publication = Publication.objects.get(pk=story)
        publication.refreshes += 1
        publication.refreshed += timedelta(hours=1)
        publication.save()

    def set_live(self, story: int, live: bool) -> None:
        Page.objects.filter(pk=story).update(live=live)
