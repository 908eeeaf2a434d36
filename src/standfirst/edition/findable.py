"""What the readers' search may know of a story: what stands in its snapshot, and nothing else.

A story that readers may not have has none. So the wall before paper (`compose`) is the search's too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Final

from standfirst.edition import compose
from standfirst.edition.snapshots import (
    Author,
    Block,
    FactBox,
    Frozen,
    Heading,
    LinkCard,
    ListBlock,
    Paragraph,
    PictureBlock,
    Quote,
    Story,
    Topic,
)
from standfirst.library.cuttings import Findable

_INLINE: Final = re.compile(r"</?(?:a|b|strong|i|em|sub|sup)\b[^<>]*>")
_TAG: Final = re.compile(r"<[^<>]*>")


def findable(story_ids: Sequence[int]) -> dict[int, Findable]:
    """Of those that are live, what a search may find of them now. A fixed number of queries."""
    composed = compose.compose_many("story", [str(story) for story in story_ids])
    return {each.story: each for each in of_stories(composed.values())}


def of_stories(records: Iterable[Frozen | None]) -> list[Findable]:
    """The same of stories that are composed already; what is no live story is left out."""
    stories = [record for record in records if isinstance(record, Story) and record.notice is None]
    signed = sorted({author for story in stories for author in story.authors})
    authors = compose.compose_many("author", [str(author) for author in signed]) if signed else {}
    names = {author.id: author.name for author in authors.values() if isinstance(author, Author)}
    filed = sorted({topic for story in stories for topic in story.topics})
    topics = compose.compose_many("topic", [str(topic) for topic in filed]) if filed else {}
    called = {topic.id: topic.name for topic in topics.values() if isinstance(topic, Topic)}
    return [of_story(story, names, called) for story in stories]


def of_story(story: Story, names: Mapping[int, str], topics: Mapping[int, str]) -> Findable:
    """What a search may find of a live story; `names` are those of its authors, `topics` those of its topics."""
    signed = [names[author] for author in story.authors if author in names]
    tags = (
        story.kicker,
        *(topics[topic] for topic in story.topics if topic in topics),
        story.byline,
        *signed,
        story.credit,
        story.dateline,
    )
    return Findable(
        story=story.id,
        published=story.published,
        headline=story.headline,
        short_headline=story.short_headline,
        tags=tuple(tag for tag in tags if tag),
        standfirst=story.standfirst,
        body="\n".join(_texts(story)),
        sections=story.sections,
        language=story.language,
    )


def _texts(story: Story) -> Iterable[str]:
    for block in story.body:
        yield from _of_block(block)
    if story.lead:
        yield story.lead.caption
    for note in story.corrections:
        yield note.text


def _of_block(block: Block) -> Iterable[str]:
    match block:
        case Paragraph():
            yield _plain(block.html)
        case Heading():
            yield block.text
        case Quote():
            yield from (_plain(block.html), block.attribution)
        case ListBlock():
            yield from map(_plain, block.items)
        case FactBox():
            yield from (block.title, _plain(block.html))
        case LinkCard():
            yield from (block.title, block.text)
        case PictureBlock():
            yield block.caption


def _plain(html: str) -> str:
    """The text of HTML that `kit.markup` has cleaned."""
    text = _TAG.sub(" ", _INLINE.sub("", html)) if "<" in html else html
    return unescape(text) if "&" in text else text
