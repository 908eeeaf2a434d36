"""Writing stories of an archive in bulk, with every row that publishing them by hand would have left.

A chunk is one transaction: its stories with all that belongs to them, the keys by which they are known again, and one
change row. So a run that is cut short at any instant has imported whole chunks, and the next one goes on after them.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import F
from modelsearch.backends import get_search_backend
from wagtail.models import Locale, Page, PageLogEntry, ReferenceIndex, Revision

from standfirst.archive.models import RANGE, Imported, range_of
from standfirst.archive.picturing import IMPORTER, Hands
from standfirst.archive.reading import Copy, Refusal
from standfirst.changes import actions as changes
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.kit.errors import Problem, Refused
from standfirst.library import actions as library
from standfirst.library import terms
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories
from standfirst.stories import addresses
from standfirst.stories.forms import any_slug
from standfirst.stories.models import (
    Address,
    Author,
    AuthorSlug,
    Correction,
    FormerAddress,
    Origin,
    Publication,
    Section,
    SectionPath,
    SiteFacts,
    Story,
    StoryAuthor,
    Topic,
    TopicSlug,
)
from standfirst.stories.watch import number_in_month

CHUNK: Final = 200
"""Stories written in one transaction: other writers wait for as long as that takes."""

GAP: Final = 10
"""Places that a chunk leaves free in the tree. Who adds a page looks for the last place before they hold the section:
what they then take must not be ours."""

RELATED_AT_ONCE: Final = 10
"""Stories that are related in one transaction."""

_TRIES: Final = 3
_ROWS: Final = 50
"""Rows of stories in one statement: each has many columns."""

_LAST_STEP: Final = len(Page.alphabet) ** Page.steplen - 1


@dataclass(slots=True)
class Outcome:
    """What became of a chunk."""

    imported: list[tuple[Copy, int]] = field(default_factory=list)
    """With the ids of the stories that they are now."""
    unchanged: int = 0
    """Imported before, and the same."""
    refused: list[Refusal] = field(default_factory=list)
    """Stories. Those that come without a picture are imported, and say so themselves."""


@dataclass(slots=True)
class Shelf:
    """What an import knows of the newsroom's sections, authors and topics, so as not to ask for each story."""

    sections: dict[tuple[str, ...], int | str] = field(default_factory=dict)
    """Ids by their paths as written; or why there is none."""
    authors: dict[str, int] = field(default_factory=dict)
    topics: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Ids and slugs."""
    opened: list[str] = field(default_factory=list)
    """Paths of sections that this import opened, or would."""
    months: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many stories the months have that it has written to."""
    hired: int = 0
    """Authors that it made, or would."""
    began: datetime = field(default_factory=clock.now)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of a rehearsal, which leaves nothing in the database: digests and places by ids of what would be imported."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Of a rehearsal, too: places by the former addresses that they claim."""


def look(*, source: str, copies: Sequence[Copy], shelf: Shelf) -> tuple[list[Copy], Outcome]:
    """What of `copies` would be imported, and what became of the others. Writes nothing."""
    outcome = Outcome()
    before = {
        ident: (digest, at)
        for ident, digest, at in Imported.objects.filter(
            source=source, ident__in=[copy.ident for copy in copies]
        ).values_list("ident", "digest", "at")
    }
    known = {ident: digest for ident, (digest, _) in before.items()}
    # What this run has imported, or would: another line of its files.
    lately = {ident: "another line of these files" for ident, (_, at) in before.items() if at >= shelf.began}
    for copy in copies:
        if copy.ident in shelf.seen:
            known[copy.ident], lately[copy.ident] = shelf.seen[copy.ident]
    fresh: dict[str, Copy] = {}
    former = [path for copy in copies if copy.ident not in known for path in copy.former]
    claimed = {path: f"that of {shelf.claimed[path]} too" for path in former if path in shelf.claimed}
    claimed.update(_claimed(former))
    for copy in copies:
        same = known.get(copy.ident) or (fresh[copy.ident].digest if copy.ident in fresh else None)
        if same == copy.digest:
            outcome.unchanged += 1
        elif copy.ident in fresh or copy.ident in lately:
            place = fresh[copy.ident].where if copy.ident in fresh else lately[copy.ident]
            why = f"The id {copy.ident} stands at {place} too, with another story: ids are used once."
            outcome.refused.append(Refusal(copy.where, why))
        elif copy.ident in known:
            why = (
                f"The story with the id {copy.ident} was imported before and reads differently now. What is here was "
                "kept, with everything that was done to it since: make the change in the newsroom."
            )
            outcome.refused.append(Refusal(copy.where, why))
        elif taken := next((path for path in copy.former if path in claimed), None):
            why = f"The former address {taken} is {claimed[taken]}: take it out of this story."
            outcome.refused.append(Refusal(copy.where, why))
        else:
            fresh[copy.ident] = copy
            claimed.update(dict.fromkeys(copy.former, f"that of {copy.where} too"))
    for copy in fresh.values():
        for path in (copy.section, *copy.further):
            _find_section(path, shelf)
        for name in copy.authors:
            if name not in shelf.authors:
                known_author = Author.objects.filter(name=name).order_by("pk").values_list("pk", flat=True).first()
                shelf.hired += known_author is None
                shelf.authors[name] = known_author or 0
    return list(fresh.values()), outcome


def elsewhere(*, source: str, copies: Sequence[Copy]) -> str:
    """The other source as which most of `copies` came before, word for word; "" if there is none.

    Looks through all that was ever imported, so it is for the first chunk of a run.
    """
    digest_of = {copy.ident: copy.digest for copy in copies}
    others = Imported.objects.exclude(source=source).filter(ident__in=digest_of)
    found = Counter(
        other for other, ident, digest in others.values_list("source", "ident", "digest") if digest == digest_of[ident]
    )
    other, number = found.most_common(1)[0] if found else ("", 0)
    return other if 2 * number > len(digest_of) else ""


def rehearse(*, source: str, copies: Sequence[Copy], shelf: Shelf) -> tuple[list[Copy], Outcome]:
    """The same, with their pictures looked at: what `take_in` would import. Writes nothing."""
    fresh, outcome = look(source=source, copies=copies, shelf=shelf)
    for copy in fresh:
        shelf.seen[copy.ident] = copy.digest, copy.where
        shelf.claimed.update(dict.fromkeys(copy.former, copy.where))
    hands = Hands(write=False)
    return [hands.bring(copy) for copy in fresh], outcome


def take_in(
    *, source: str, copies: Sequence[Copy], shelf: Shelf, fault: Callable[[str], None] = lambda name: None
) -> Outcome:
    """Import a chunk of stories: each exactly once, however often it is tried. `fault` is told the steps, for tests.

    Raises:
        OperationalError: the database did not answer; of this chunk, nothing but pictures was written.
        Problem: a picture could not be stored; the same holds.
    """
    for attempt in range(_TRIES):
        fresh, outcome = look(source=source, copies=copies, shelf=shelf)
        ready = []
        for copy in fresh:
            try:
                _lay_ground(copy, shelf)
                ready.append(copy)
            except (Refused, ValidationError) as error:
                outcome.refused.append(Refusal(copy.where, stories.said(error)))
        fault("archive:prepared")
        if not ready:
            return outcome
        # Before the transaction: nobody should wait for pictures and arithmetic. Anew in each attempt: what somebody
        # has deleted meanwhile may have been one of them.
        hands = Hands(write=True, fault=fault)
        ready = [hands.bring(copy) for copy in ready]
        fault("archive:pictured")
        weights = [_weigh(copy, shelf) for copy in ready]
        try:
            with transaction.atomic():
                ids = _write(source, ready, weights, shelf)
                fault("archive:written")
        except (IntegrityError, OperationalError):
            # Somebody else was there first, an editor or another import: look again.
            if attempt + 1 == _TRIES:
                raise
            continue
        outcome.imported = list(zip(ready, ids, strict=True))
        fault("archive:committed")
        return outcome
    raise AssertionError("unreachable")


def relate(*, fault: Callable[[str], None] = lambda name: None) -> int:
    """Give a few imported stories their related lists. Returns how many were done; 0 when all have theirs.

    To be called when all stories of an archive are here: each list is made once, of all that there is.
    """
    ids = list(Imported.objects.unrelated().values_list("story_id", flat=True)[:RELATED_AT_ONCE])
    if ids:
        with transaction.atomic():
            changed = library.fill(ids)
            Imported.objects.filter(story_id__in=ids).update(related=True)
            if changed:
                changes.record(kind=RANGE, ref=range_of(changed), lane=Lane.MAINTENANCE, cause="related")
            fault("archive:relating")
        fault("archive:related")
    return len(ids)


# --- the ground: sections, authors, topics ------------------------------------------------------------------------


def _slugs(path: Iterable[str]) -> list[str]:
    return [addresses.last_part_of(part) for part in path]


def _find_section(path: tuple[str, ...], shelf: Shelf) -> None:
    """Note the section at `path`, or that it would be opened."""
    if path in shelf.sections:
        return
    wanted = "/".join(["", *_slugs(path), ""])
    found = SectionPath.objects.filter(path=wanted).values_list("section_id", flat=True).first()
    if found is not None:
        shelf.sections[path] = found
    elif wanted not in shelf.opened:
        shelf.opened.append(wanted)


def _lay_ground(copy: Copy, shelf: Shelf) -> None:
    """Have the sections, authors and topics of a story be there. Raises `Refused` if one cannot."""
    for path in (copy.section, *copy.further):
        if path not in shelf.sections:
            try:
                shelf.sections[path] = _open_section(path)
            except (Refused, ValidationError) as error:
                shelf.sections[path] = (
                    f"The section {'/'.join(path)} cannot be opened: {stories.said(error).rstrip('.')}. Name another "
                    "one, or open it on the desk and try again."
                )
        if isinstance(why := shelf.sections[path], str):
            raise Refused(why)
    for name in copy.authors:
        if not shelf.authors.get(name):
            shelf.authors[name] = _author(name)
    for name in copy.topics:
        if name not in shelf.topics:
            shelf.topics[name] = _topic(name)


@transaction.atomic
def _open_section(path: tuple[str, ...]) -> int:
    parent = Section.objects.get(depth=2)
    above = "/"
    for name, slug in zip(path, _slugs(path), strict=True):
        above = f"{above}{slug}/"
        known = SectionPath.objects.filter(path=above).select_related("section").first()
        if known is not None:
            parent = Section.objects.get(pk=known.section_id)
            continue
        title = name if name != name.lower() else f"{name[:1].upper()}{name[1:].replace('-', ' ')}"
        section = stories.open_section(parent=Section.objects.get(pk=parent.pk), name=title, slug=slug)
        changes.audit(by=IMPORTER, verb="opened", kind="section", ref=section.pk)
        parent = section
    return int(parent.pk)


def _free_slug(model: type[Author] | type[Topic], name: str) -> str:
    # Those that others had once, too: they lead on.
    held: type[AuthorSlug] | type[TopicSlug] = AuthorSlug if model is Author else TopicSlug
    alike = held._default_manager.filter(slug__startswith=addresses.last_part_of(name)[:20])
    taken = set(alike.values_list("slug", flat=True))
    return addresses.last_part_of(name, taken)


@transaction.atomic
def _author(name: str) -> int:
    known = Author.objects.filter(name=name).order_by("pk").values_list("pk", flat=True).first()
    return known or Author.objects.create(name=name, slug=_free_slug(Author, name)).pk


@transaction.atomic
def _topic(name: str) -> tuple[int, str]:
    known = Topic.objects.filter(name__iexact=name).order_by("pk").first()
    topic = known or Topic.objects.create(name=name, slug=_free_slug(Topic, name))
    return topic.pk, topic.slug


def _claimed(paths: Sequence[str]) -> dict[str, str]:
    """Which of `paths` nobody may claim any more, and whose they are."""
    claimed: dict[str, str] = {}
    if not paths:
        return claimed
    for path in FormerAddress.objects.filter(path__in=paths).values_list("path", flat=True):
        claimed[path] = "that of another story"
    for path in SectionPath.objects.filter(path__in=paths).values_list("path", flat=True):
        claimed[path] = "that of a section"
    parts = {path: split for path in paths if (split := _dated(path)) is not None}
    for path, (above, day, last) in parts.items():
        if Address.objects.filter(section_path__path=above, day=day, last_part=last).exists():
            claimed[path] = "that of a story in the newsroom"
    return claimed


def _dated(path: str) -> tuple[str, date, str] | None:
    """A path in the form of our own addresses: the section's, the day, the last part."""
    *above, year, month, day, last, end = path.split("/") if path.count("/") > 4 else ("", "", "", "", "", "x")
    if end or not (year.isdigit() and month.isdigit() and day.isdigit() and len(year) == 4):
        return None
    try:
        return "/".join([*above, ""]), date(int(year), int(month), int(day)), last
    except ValueError:
        return None


# --- one chunk ----------------------------------------------------------------------------------------------------


def _weigh(copy: Copy, shelf: Shelf) -> Mapping[str, float]:
    return terms.weigh(
        headline=copy.fields["title"],
        short_headline=copy.fields["short_headline"],
        kicker=copy.fields["kicker"],
        standfirst=copy.fields["standfirst"],
        topics=[shelf.topics[name][1] for name in copy.topics],
        section=_section_id(shelf, copy.section),
    )


def _write(source: str, copies: Sequence[Copy], weights: Sequence[Mapping[str, float]], shelf: Shelf) -> list[int]:
    """All rows of `copies`, inside the caller's transaction. Returns the ids of the stories."""
    now = clock.now()
    homes = [_section_id(shelf, copy.section) for copy in copies]
    pages = _pages(copies, homes)
    ids = [int(page.pk) for page in pages]
    objects = [_story(copy, page) for copy, page in zip(copies, pages, strict=True)]
    _insert(objects)
    bylines = [
        StoryAuthor(story_id=pk, author_id=shelf.authors[name], sort_order=place)
        for copy, pk in zip(copies, ids, strict=True)
        for place, name in enumerate(copy.authors)
    ]
    StoryAuthor.objects.bulk_create(bylines)
    _relations(copies, ids, shelf)
    revisions = _revisions(copies, objects, bylines, shelf)
    _facts(copies, ids, homes, now, shelf)
    _notes(source, copies, objects, revisions, bylines, now)
    shown = sorted({pk for copy in copies for pk, _, _ in _shown(copy)})
    get_search_backend().get_index_for_model(Story).add_items(Story, objects)
    library.shelve(
        [
            library.Shelved(story=pk, event=_events(copy), published=copy.published, weights=weighed)
            for copy, pk, weighed in zip(copies, ids, weights, strict=True)
        ]
    )
    Imported.objects.bulk_create(
        Imported(source=source, ident=copy.ident, story_id=pk, digest=copy.digest, at=now)
        for copy, pk in zip(copies, ids, strict=True)
    )
    changes.record(kind=RANGE, ref=range_of(ids), lane=Lane.MAINTENANCE, cause="imported")
    detail = {"source": source, "stories": len(ids), **({"pictures": shown} if shown else {})}
    changes.audit(by=IMPORTER, verb="imported", kind=RANGE, ref=range_of(ids), **detail)
    return ids


def _shown(copy: Copy) -> list[tuple[int, str, str]]:
    """(a picture's id, where in the model, where in the content) as Wagtail's index of references has them."""
    lead = [(copy.lead, "lead_picture", "lead_picture")] if copy.lead is not None else []
    return lead + [
        (block["value"]["picture"], "body.picture.picture", f"body.{block['id']}.picture")
        for block in copy.body
        if block["type"] == "picture"
    ]


def _section_id(shelf: Shelf, path: tuple[str, ...]) -> int:
    found = shelf.sections[path]
    if isinstance(found, str):
        raise Refused(found)
    return found


def _events(copy: Copy) -> int:
    """How many marked updates and corrections there were: of updates without a note we know that there was one."""
    return len(copy.corrections) or int(copy.refreshed > copy.published)


def _pages(copies: Sequence[Copy], homes: Sequence[int]) -> list[Page]:
    """Each story's row in the tree, as its section's last children. Holds the sections."""
    # In one order, as whoever else holds several of them.
    parents = {page.pk: page for page in Page.objects.select_for_update().filter(pk__in=set(homes)).order_by("pk")}
    places = {pk: _last_place(page) + GAP for pk, page in parents.items()}
    kind, locale = ContentType.objects.get_for_model(Story), Locale.objects.order_by("pk").first()
    pages = []
    for copy, home in zip(copies, homes, strict=True):
        parent = parents[home]
        places[home] += 1
        if places[home] > _LAST_STEP:
            raise Problem(
                f"The section {parent.title} is full: no tree holds more pages below one. Open another section."
            )
        slug = any_slug()
        pages.append(
            Page(
                path=Page._get_path(parent.path, parent.depth + 1, places[home]),
                depth=parent.depth + 1,
                numchild=0,
                title=copy.fields["title"],
                draft_title=copy.fields["title"],
                slug=slug,
                url_path=f"{parent.url_path}{slug}/",
                content_type=kind,
                locale=locale,
                translation_key=uuid.uuid4(),
                live=True,
                has_unpublished_changes=False,
                first_published_at=copy.published,
                last_published_at=copy.refreshed,
                # Of the copy, not of the import: the desk lists its newest work first.
                latest_revision_created_at=copy.refreshed,
            )
        )
    Page.objects.bulk_create(pages, batch_size=_ROWS)
    for home, number in Counter(homes).items():
        Page.objects.filter(pk=home).update(numchild=F("numchild") + number)
    return pages


def _last_place(parent: Page) -> int:
    """The place of the last child of `parent` in the tree, 0 if it has none."""
    # By its descendants' paths, an index's range: whose last child is a section with an archive is not looked through.
    below = Page.objects.filter(path__gt=parent.path, path__lte=parent.path + Page.alphabet[-1] * Page.steplen)
    last = below.order_by("-path").values_list("path", flat=True).first()
    return Page._str2int(last[len(parent.path) : len(parent.path) + Page.steplen]) if last else 0


def _story(copy: Copy, page: Page) -> Story:
    values = {column.attname: getattr(page, column.attname) for column in Page._meta.local_concrete_fields}
    story = Story(**values, page_ptr_id=page.pk, **_own_fields(copy))
    story._state.adding = False
    return story


def _own_fields(copy: Copy) -> dict[str, Any]:
    own: dict[str, Any] = {name: value for name, value in copy.fields.items() if name != "title"}
    return {**own, "body": json.dumps(copy.body), "lead_picture_id": copy.lead}


def _insert(rows: Sequence[models.Model]) -> None:
    """Rows of a table whose parent's rows are there. Django's `bulk_create` refuses tables that have a parent."""
    model = type(rows[0])
    fields = model._meta.local_concrete_fields
    for start in range(0, len(rows), _ROWS):
        model._base_manager.all()._insert(  # type: ignore[attr-defined]
            list(rows[start : start + _ROWS]), fields=fields, using=connection.alias, raw=True
        )


def _relations(copies: Sequence[Copy], ids: Sequence[int], shelf: Shelf) -> None:
    topics, sections = Story.topics.through, Story.further_sections.through
    topics._default_manager.bulk_create(
        topics(story_id=pk, topic_id=topic)
        for copy, pk in zip(copies, ids, strict=True)
        for topic in _topic_ids(copy, shelf)
    )
    sections._default_manager.bulk_create(
        sections(story_id=pk, section_id=section)
        for copy, pk in zip(copies, ids, strict=True)
        for section in _further_ids(copy, shelf)
    )


def _topic_ids(copy: Copy, shelf: Shelf) -> list[int]:
    return list(dict.fromkeys(shelf.topics[name][0] for name in copy.topics))


def _further_ids(copy: Copy, shelf: Shelf) -> list[int]:
    home = shelf.sections[copy.section]
    return [pk for pk in dict.fromkeys(_section_id(shelf, path) for path in copy.further) if pk != home]


def _revisions(
    copies: Sequence[Copy], objects: Sequence[Story], bylines: Sequence[StoryAuthor], shelf: Shelf
) -> list[Revision]:
    """Each story's one revision, with the content that `save_revision` writes, and its place on the page."""
    blank = Story().serializable_data()
    of_story: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for byline in bylines:
        of_story[byline.story_id].append(
            {"pk": byline.pk, "sort_order": byline.sort_order, "story": byline.story_id, "author": byline.author_id}
        )
    story_type = ContentType.objects.get_for_model(Story)
    page_type = ContentType.objects.get_for_model(Page)
    revisions = []
    for copy, story in zip(copies, objects, strict=True):
        content = {
            **blank,
            "pk": story.pk,
            "path": story.path,
            "depth": story.depth,
            "translation_key": str(story.translation_key),
            "locale": story.locale_id,
            "live": False,
            "draft_title": story.title,
            "slug": story.slug,
            "content_type": story_type.pk,
            "url_path": story.url_path,
            **copy.fields,
            "body": json.dumps(copy.body),
            "lead_picture": copy.lead,
            "lineage": str(story.lineage),
            "bylines": of_story[story.pk],
            "topics": _topic_ids(copy, shelf),
            "further_sections": _further_ids(copy, shelf),
        }
        revisions.append(
            Revision(
                content_type=story_type,
                base_content_type=page_type,
                object_id=str(story.pk),
                object_str=story.title,
                created_at=copy.refreshed,
                content=content,
            )
        )
    Revision.objects.bulk_create(revisions, batch_size=_ROWS)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE wagtailcore_page SET latest_revision_id = %s, live_revision_id = %s WHERE id = %s",
            [(revision.pk, revision.pk, int(revision.object_id)) for revision in revisions],
        )
    return revisions


def _facts(copies: Sequence[Copy], ids: Sequence[int], homes: Sequence[int], now: datetime, shelf: Shelf) -> None:
    """When a story was published, where it is, where it came from, what was corrected."""
    zone = SiteFacts.current().zone
    paths = {
        path.section_id: path
        for path in SectionPath.objects.select_for_update()
        .filter(section_id__in=set(homes), current=True)
        .order_by("section_id")
    }
    days = [clock.day_of(copy.published, zone) for copy in copies]
    Publication.objects.bulk_create(
        Publication(
            story_id=pk,
            first=copy.published,
            refreshed=copy.refreshed,
            refreshes=_events(copy),
            number=_number(day, shelf),
        )
        for copy, pk, day in zip(copies, ids, days, strict=True)
    )
    taken: Mapping[tuple[int, date], set[str]] = defaultdict(set)
    given = Address.objects.filter(section_id__in=set(homes), day__in=set(days))
    for section, day, last_part in given.values_list("section_id", "day", "last_part"):
        taken[section, day].add(last_part)
    rows, former = [], []
    for copy, pk, home, day in zip(copies, ids, homes, days, strict=True):
        last_part = addresses.last_part_of(copy.last_part.replace("-", " "), taken[home, day])
        taken[home, day].add(last_part)
        row = Address(story_id=pk, section_id=home, section_path=paths[home], day=day, last_part=last_part, since=now)
        rows.append(row)
        former += [FormerAddress(story_id=pk, path=path) for path in copy.former if path != row.path]
    Address.objects.bulk_create(rows)
    FormerAddress.objects.bulk_create(former)
    Correction.objects.bulk_create(
        Correction(story_id=pk, kind=note.kind, text=note.text, at=note.at)
        for copy, pk in zip(copies, ids, strict=True)
        for note in copy.corrections
    )
    Origin.objects.bulk_create(
        Origin(
            story_id=pk,
            provider=copy.origin.provider,
            item_id=copy.origin.item_id,
            version=copy.origin.version[:100],
            version_order=copy.origin.version_order,
            seal=copy.origin.seal,
            taken_at=now,
        )
        for copy, pk in zip(copies, ids, strict=True)
        if copy.origin is not None
    )


def _number(day: date, shelf: Shelf) -> int:
    """How many stories of its month there were before, this import's included."""
    month = day.year, day.month
    number = shelf.months[month] if month in shelf.months else number_in_month(day)
    shelf.months[month] = number + 1
    return number


def _notes(
    source: str,
    copies: Sequence[Copy],
    objects: Sequence[Story],
    revisions: Sequence[Revision],
    bylines: Sequence[StoryAuthor],
    now: datetime,
) -> None:
    """What Wagtail notes beside a page: the log of what was done, and which rows refer to which."""
    story_type = ContentType.objects.get_for_model(Story)
    entries = []
    for story, revision in zip(objects, revisions, strict=True):
        common = {"content_type": story_type, "label": story.title, "timestamp": now, "page_id": story.pk}
        for action, of in (("wagtail.create", None), ("wagtail.publish", revision)):
            entries.append(
                PageLogEntry(action=action, revision=of, content_changed=True, data={"imported": source}, **common)
            )
    PageLogEntry.objects.bulk_create(entries)
    page_type = ContentType.objects.get_for_model(Page)
    author_type, picture_type = (ContentType.objects.get_for_model(model) for model in (Author, Picture))
    named = [
        (byline.story_id, author_type, byline.author_id, "bylines.item.author", f"bylines.{byline.pk}.author")
        for byline in bylines
    ]
    named += [
        (story.pk, picture_type, pk, model_path, content_path)
        for copy, story in zip(copies, objects, strict=True)
        for pk, model_path, content_path in _shown(copy)
    ]
    references = [
        ReferenceIndex(
            content_type=story_type,
            base_content_type=page_type,
            object_id=str(story),
            to_content_type=to,
            to_object_id=str(pk),
            model_path=model_path,
            content_path=content_path,
            content_path_hash=ReferenceIndex._get_content_path_hash(content_path),
        )
        for story, to, pk, model_path, content_path in named
    ]
    ReferenceIndex.objects.bulk_create(references)


def chunks(copies: Iterable[Copy | Refusal]) -> Iterable[list[Copy | Refusal]]:
    """What was read, a chunk at a time."""
    walk = iter(copies)
    while chunk := list(islice(walk, CHUNK)):
        yield chunk
