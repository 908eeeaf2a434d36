"""Makes a synthetic newsroom of any size quickly: seeded, Zipfian text, sections in two levels, many authors.

Rows are written in bulk, as a finished import would have left them: pages, stories, publications, addresses, terms,
the desk's search index and the readers'. What is measured afterwards goes through the ordinary doors.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Max, Model
from modelsearch.backends import get_search_backend
from wagtail.models import Locale, Page

from bench.words import Words
from standfirst.desk import actions as desk
from standfirst.kit import clock
from standfirst.library import terms
from standfirst.library.models import RelatedStory, StoryTerms, Term, TermCount
from standfirst.people import actions as people
from standfirst.people.models import User
from standfirst.press import finding
from standfirst.stories import actions as stories
from standfirst.stories.models import (
    Address,
    Author,
    Publication,
    Section,
    SectionPath,
    Story,
    StoryAuthor,
    Topic,
)

TOP, CHILDREN, AUTHORS, TOPICS = 8, 3, 300, 200
EACH = 2
"""Topics of a story."""
PARAGRAPHS = 20_000
RELATED = 10
"""Stories in each related list: as many as a page shows."""


def build(
    number: int,
    seed: int = 1,
    *,
    tops: int = TOP,
    children: int = CHILDREN,
    writers: int = AUTHORS,
    filed: bool = True,
) -> list[Section]:
    """A newsroom with `number` published stories, which the search finds if `filed`. Returns their sections."""
    dice = random.Random(seed)
    words = Words(dice)
    home = stories.open_newsroom(name="The Bench Post", zone="Africa/Lagos")
    desk.set_up(home=home)
    people.hire(username="bench", name="Bench Editor", roles=["Editor"])
    leaves: list[Section] = []
    for top in range(tops):
        section = stories.open_section(parent=Section.objects.get(pk=home.pk), name=f"Section {top}", slug=f"s{top}")
        for child in range(children):
            parent = Section.objects.get(pk=section.pk)
            leaves.append(stories.open_section(parent=parent, name=f"Part {top}.{child}", slug=f"p{child}"))
    authors = [
        Author.objects.create(name=f"{words.line(1)} {words.line(1)}", slug=f"author-{place}")
        for place in range(writers)
    ]
    about = [Topic.objects.create(name=f"{words.line(2)} {place}", slug=f"topic-{place}") for place in range(TOPICS)]
    months: Counter[str] = Counter()
    each = number // len(leaves)
    for place, leaf in enumerate(leaves):
        some = each + (number - each * len(leaves) if place == 0 else 0)
        _fill(Section.objects.get(pk=leaf.pk), some, words, dice, authors, about, months)
    if filed:
        finding.rebuild()
    return [Section.objects.get(pk=leaf.pk) for leaf in leaves]


def _fill(
    section: Section,
    number: int,
    words: Words,
    dice: random.Random,
    authors: list[Author],
    about: list[Topic],
    months: Counter[str],
) -> None:
    start, done = clock.now() - timedelta(days=2 * 365), 0
    while done < number:
        some = min(1000, number - done)
        with transaction.atomic():
            _chunk(section, done, some, words, dice, authors, about, months, start)
        done += some
    Section.objects.filter(pk=section.pk).update(numchild=number)


def _chunk(
    section: Section,
    done: int,
    some: int,
    words: Words,
    dice: random.Random,
    authors: list[Author],
    about: list[Topic],
    months: Counter[str],
    start: datetime,
) -> None:
    kind = ContentType.objects.get_for_model(Story).pk
    locale = Locale.objects.get().pk
    path = SectionPath.objects.get(section=section, current=True)
    now = clock.now()
    last = Page.objects.aggregate(last=Max("pk"))["last"]
    made = [
        _Made(
            pk=last + place + 1 - done,
            place=place,
            title=words.line(dice.randint(5, 10)),
            first=start + timedelta(seconds=dice.randrange(2 * 365 * 86400 - 3600)),
            kicker=words.line(1),
        )
        for place in range(done, done + some)
    ]
    _put(
        Page,
        (
            {
                "id": each.pk,
                "path": Page._get_path(section.path, section.depth + 1, each.place + 1),
                "depth": section.depth + 1,
                "numchild": 0,
                "title": each.title,
                "draft_title": each.title,
                "slug": f"b-{each.place}",
                "url_path": f"{section.url_path}b-{each.place}/",
                "content_type_id": kind,
                "locale_id": locale,
                "translation_key": uuid.UUID(int=dice.getrandbits(128)),
                "live": True,
                "first_published_at": each.first,
                "last_published_at": each.first,
                "latest_revision_created_at": each.first,
            }
            for each in made
        ),
    )
    _put(
        Story,
        (
            {
                "page_ptr_id": each.pk,
                "kicker": each.kicker,
                "standfirst": words.line(dice.randint(12, 25)),
                "body": _body(words, dice),
                "language": "en",
                "lineage": uuid.UUID(int=dice.getrandbits(128)),
            }
            for each in made
        ),
    )
    numbers = []
    for each in made:
        month = f"{clock.day_of(each.first, 'Africa/Lagos'):%Y-%m}"
        numbers.append(months[month])
        months[month] += 1
    _put(
        Publication,
        (
            {"story_id": each.pk, "first": each.first, "refreshed": each.first, "number": number}
            for each, number in zip(made, numbers, strict=True)
        ),
    )
    _put(
        Address,
        (
            {
                "story_id": each.pk,
                "section_id": section.pk,
                "section_path_id": path.pk,
                "day": clock.day_of(each.first, "Africa/Lagos"),
                "last_part": f"{each.pk}-{'-'.join(each.title.lower().split())}"[:80],
                "since": now,
            }
            for each in made
        ),
    )
    _put(
        Story.topics.through,
        ({"story_id": each.pk, "topic_id": topic.pk} for each in made for topic in dice.sample(about, EACH)),
    )
    _put(StoryAuthor, ({"story_id": each.pk, "author_id": dice.choice(authors).pk, "sort_order": 0} for each in made))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('wagtailcore_page', 'id'), %s)", [made[-1].pk])
    _index(section, made)


@dataclass(frozen=True, slots=True)
class _Made:
    """A story."""

    pk: int
    place: int
    """In its section, from 0."""
    title: str
    first: datetime
    kicker: str


def _put(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows, given by column; columns that are not given have the model's defaults. In one statement a table,
    without the models' own care, which costs more than all the rest."""
    fields: list[Any] = []
    values: list[list[Any]] = []
    for row in rows:
        if not fields:
            key = model._meta.auto_field
            fields = [each for each in model._meta.local_concrete_fields if each is not key or each.column in row]
        values.append(
            [
                value
                if type(value := row[each.column] if each.column in row else each.get_default()) in (str, int)
                else connection.ops.adapt_datetimefield_value(value)
                if type(value) is datetime
                else each.get_db_prep_save(value, connection)
                for each in fields
            ]
        )
    columns = ", ".join(f'"{each.column}"' for each in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})', values)


def _index(section: Section, made: list[_Made]) -> None:
    found: list[dict[str, Any]] = []
    counts: dict[str, int] = {"": len(made)}
    for each in made:
        weighed = terms.weigh(
            headline=each.title, short_headline="", kicker=each.kicker, standfirst="", topics=[], section=section.pk
        )
        for term, weight in weighed.items():
            found.append({"story_id": each.pk, "term": term, "weight": weight})
            counts[term] = counts.get(term, 0) + 1
    _put(Term, found)
    _put(
        RelatedStory,
        (
            {"story_id": each.pk, "other_id": other.pk, "score": 1.0 - place / 10}
            for number, each in enumerate(made)
            # Its neighbours stand for those that it has in common with.
            for place, other in enumerate((made * 2)[number + 1 : number + 1 + min(RELATED, len(made) - 1)])
        ),
    )
    _put(StoryTerms, ({"story_id": each.pk, "event": 0, "published": each.first} for each in made))
    known = dict(TermCount.objects.filter(term__in=list(counts)[:30_000]).values_list("term", "stories"))
    TermCount.objects.bulk_create(
        [TermCount(term=term, stories=number + known.get(term, 0)) for term, number in counts.items()],
        update_conflicts=True,
        unique_fields=["term"],
        update_fields=["stories"],
        batch_size=500,
    )
    objects = list(Story.objects.filter(pk__in=[each.pk for each in made]))
    get_search_backend().get_index_for_model(Story).add_items(Story, objects)


def _body(words: Words, dice: random.Random) -> str:
    """300 to 900 words, as Wagtail stores them. Paragraphs are used again by other stories."""
    if not words.paragraphs:
        words.paragraphs = [words.line(dice.randint(30, 70)) for _ in range(PARAGRAPHS)]
    left = dice.randint(300, 900)
    blocks = []
    while left > 0:
        text = dice.choice(words.paragraphs)
        left -= text.count(" ") + 1
        blocks.append(
            {"type": "paragraph", "value": f"<p>{text}.</p>", "id": str(uuid.UUID(int=dice.getrandbits(128)))}
        )
    return json.dumps(blocks)


def editor() -> User:
    return User.objects.get(username="bench")
