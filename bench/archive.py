"""Makes a synthetic newsroom of any size quickly: seeded, Zipfian text, sections in two levels, many authors.

Rows are written in bulk, as a finished import would have left them: pages, stories, publications, addresses, terms
and the desk's search index. What is measured afterwards goes through the ordinary doors.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from modelsearch.backends import get_search_backend
from wagtail.models import Locale, Page

from bench.words import Words
from standfirst.desk import actions as desk
from standfirst.kit import clock
from standfirst.library import terms
from standfirst.library.models import StoryTerms, Term, TermCount
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Author, Publication, Section, SectionPath, Story, StoryAuthor

TOP, CHILDREN, AUTHORS = 8, 3, 300


def build(number: int, seed: int = 1) -> list[Section]:
    """A newsroom with `number` published stories. Returns the sections that hold them."""
    dice = random.Random(seed)
    words = Words(dice)
    home = stories.open_newsroom(name="The Bench Post", zone="Africa/Lagos")
    desk.set_up(home=home)
    people.hire(username="bench", name="Bench Editor", roles=["Editor"])
    leaves: list[Section] = []
    for top in range(TOP):
        section = stories.open_section(parent=Section.objects.get(pk=home.pk), name=f"Section {top}", slug=f"s{top}")
        for child in range(CHILDREN):
            parent = Section.objects.get(pk=section.pk)
            leaves.append(stories.open_section(parent=parent, name=f"Part {top}.{child}", slug=f"p{child}"))
    authors = [
        Author.objects.create(name=f"{words.line(1)} {words.line(1)}", slug=f"author-{place}")
        for place in range(AUTHORS)
    ]
    each = number // len(leaves)
    for place, leaf in enumerate(leaves):
        some = each + (number - each * len(leaves) if place == 0 else 0)
        _fill(Section.objects.get(pk=leaf.pk), some, words, dice, authors)
    return [Section.objects.get(pk=leaf.pk) for leaf in leaves]


def _fill(section: Section, number: int, words: Words, dice: random.Random, authors: list[Author]) -> None:
    start, done = clock.now() - timedelta(days=2 * 365), 0
    while done < number:
        some = min(1000, number - done)
        with transaction.atomic():
            _chunk(section, done, some, words, dice, authors, start)
        done += some
    Section.objects.filter(pk=section.pk).update(numchild=number)


def _chunk(
    section: Section, done: int, some: int, words: Words, dice: random.Random, authors: list[Author], start: datetime
) -> None:
    kind = ContentType.objects.get_for_model(Story)
    locale = Locale.objects.first()
    path = SectionPath.objects.get(section=section, current=True)
    now = clock.now()
    pages: list[Page] = []
    for place in range(done, done + some):
        first = start + timedelta(seconds=dice.randrange(2 * 365 * 86400 - 3600))
        title = words.line(dice.randint(5, 10))
        pages.append(
            Page(
                path=Page._get_path(section.path, section.depth + 1, place + 1),
                depth=section.depth + 1,
                numchild=0,
                title=title,
                draft_title=title,
                slug=f"b-{place}",
                url_path=f"{section.url_path}b-{place}/",
                content_type=kind,
                locale=locale,
                translation_key=uuid.UUID(int=dice.getrandbits(128)),
                live=True,
                first_published_at=first,
                last_published_at=first,
                latest_revision_created_at=first,
            )
        )
    Page.objects.bulk_create(pages, batch_size=200)
    names = [field.column for field in Story._meta.local_concrete_fields]
    marks = ", ".join(["%s"] * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    rows, kickers = [], {}
    for page in pages:
        kickers[page.pk] = words.line(1)
        values: dict[str, Any] = {
            "page_ptr_id": page.pk,
            "kicker": kickers[page.pk],
            "short_headline": "",
            "standfirst": words.line(dice.randint(12, 25)),
            "slugline": "",
            "desk_note": "",
            "body": json.dumps(list(_body(words, dice))),
            "lead_picture_id": None,
            "lead_caption": "",
            "byline": "",
            "credit": "",
            "dateline": "",
            "language": "en",
            "direction": "",
            "lineage": uuid.uuid4().hex if connection.vendor == "sqlite" else uuid.uuid4(),
        }
        rows.append([values[name] for name in names])
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO stories_story ({quoted}) VALUES ({marks})", rows)
    Publication.objects.bulk_create(
        Publication(story_id=page.pk, first=page.first_published_at, refreshed=page.first_published_at)
        for page in pages
    )
    Address.objects.bulk_create(
        Address(
            story_id=page.pk,
            section=section,
            section_path=path,
            day=clock.day_of(page.first_published_at, "Africa/Lagos"),
            last_part=f"{page.pk}-{'-'.join(page.title.lower().split())}"[:80],
            since=now,
        )
        for page in pages
    )
    StoryAuthor.objects.bulk_create(
        StoryAuthor(story_id=page.pk, author=dice.choice(authors), sort_order=0) for page in pages
    )
    _index(section, pages, kickers)


def _index(section: Section, pages: list[Page], kickers: dict[int, str]) -> None:
    found: list[Term] = []
    counts: dict[str, int] = {"": len(pages)}
    for page in pages:
        weighed = terms.weigh(
            headline=page.title,
            short_headline="",
            kicker=kickers[page.pk],
            standfirst="",
            topics=[],
            section=section.pk,
        )
        for term, weight in weighed.items():
            found.append(Term(story_id=page.pk, term=term, weight=weight))
            counts[term] = counts.get(term, 0) + 1
    Term.objects.bulk_create(found, batch_size=2000)
    StoryTerms.objects.bulk_create(
        StoryTerms(story_id=page.pk, event=0, published=page.first_published_at) for page in pages
    )
    known = {row.term: row for row in TermCount.objects.filter(term__in=list(counts)[:30_000])}
    TermCount.objects.bulk_create(
        [
            TermCount(term=term, stories=number + (known[term].stories if term in known else 0))
            for term, number in counts.items()
        ],
        update_conflicts=True,
        unique_fields=["term"],
        update_fields=["stories"],
        batch_size=500,
    )
    objects = list(Story.objects.filter(pk__in=[page.pk for page in pages]))
    get_search_backend().get_index_for_model(Story).add_items(Story, objects)


def _body(words: Words, dice: random.Random) -> Iterator[dict[str, Any]]:
    left = dice.randint(300, 900)
    while left > 0:
        some = min(left, dice.randint(30, 70))
        left -= some
        yield {"type": "paragraph", "value": f"<p>{words.line(some)}.</p>", "id": str(uuid.uuid4())}


def editor() -> User:
    return User.objects.get(username="bench")
