"""Rules: which of hold, desk and publish an item gets, by the first rule that fits it, else by its feed.

Words are words, never patterns. A rule only chooses; what it may not do is the business of intake: a kill, a test, an
advisory or an item that waits for a person is published by no rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from standfirst.stories.models import Author, Section
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen with an item. `because` says why, for people: "by rule 3: ..."."""

    mode: str
    """A `Feed.Mode`: "hold", "desk" or "publish"."""
    rule: int | None
    """The rule's id; None where the feed's own setting decides."""
    because: str
    section_id: int | None
    author_id: int | None

    @property
    def section(self) -> Section | None:
        """Where a story goes, read afresh: pages move."""
        return Section.objects.filter(pk=self.section_id).first() if self.section_id else None

    @property
    def authors(self) -> list[Author]:
        """Whom a story names as its author."""
        return list(Author.objects.filter(pk=self.author_id)) if self.author_id else []


def decide(canonical: CanonicalItem, feed: Feed) -> Decision:
    """What the rules, else `feed`, say about an item. Changes nothing."""
    return Decision(feed.mode, None, f"by the feed {feed}", feed.section_id, feed.author_id)
