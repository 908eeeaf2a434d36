"""What must commit together with a saved section, story, author or topic: facts, refusals and change rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from wagtail.models import Page, PageViewRestriction

from standfirst.changes import actions as changes
from standfirst.changes import handlers
from standfirst.changes.models import Lane
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.pictures.models import Picture
from standfirst.stories import addresses
from standfirst.stories.models import (
    Address,
    Author,
    AuthorSlug,
    Correction,
    Origin,
    Publication,
    Section,
    SectionPath,
    SiteFacts,
    Standards,
    Story,
    Takedown,
    Topic,
    TopicSlug,
    Translation,
)


def connect() -> None:
    """Watch every model that pages show."""
    handlers.watch(Story, saved=_story, deleted=_story_deleted)
    handlers.watch(Section, saved=_section, deleted=_section_deleted)
    handlers.watch(Page, saved=_page, deleted=_page_deleted)
    handlers.watch(PageViewRestriction, saved=_restriction)
    handlers.watch(Author, saved=_author, deleted=_author_deleted)
    handlers.watch(Topic, saved=_topic, deleted=_topic_deleted)
    handlers.watch(SiteFacts, saved=_site)
    handlers.watch(Standards, saved=_standards)
    handlers.watch(Correction, saved=_correction)
    handlers.watch(Picture, deleted=_picture_deleted)


def _page(page: Any, created: bool) -> None:
    """A tree operation saved the bare page: note it as what it is."""
    model = page.specific_class
    if model is Story:
        _story(page.specific, created)
    elif model is Section:
        _section(page.specific, created)


def _story(story: Story, created: bool) -> None:
    if story.alias_of_id is not None:
        raise Refused("A story cannot be an alias of another: list it in further sections instead.")
    if created:
        if story.live:
            raise Refused("A new story starts as a draft: create it with live=False, then publish it.")
        _inherit_origins(story)
        _inherit_takedowns(story)
    if story.live:
        _stamp(story)
    changes.record(kind="story", ref=story.pk)


def _inherit_origins(story: Story) -> None:
    sources = Origin.objects.filter(story__lineage=story.lineage).exclude(story=story).order_by("id")
    seen: set[tuple[str, str, int]] = set()
    for origin in sources:
        key = (origin.provider, origin.item_id, origin.version_order)
        if key not in seen:
            seen.add(key)
            origin.pk, origin.story_id, origin.revision = None, story.pk, None
            origin._state.adding = True
            origin.save()


def _inherit_takedowns(story: Story) -> None:
    """A copy of what was killed or withheld is under the same order: copying is no way round it."""
    orders = Takedown.objects.standing().filter(story__lineage=story.lineage).exclude(story=story).order_by("id")
    for order in orders:
        if not Takedown.objects.filter(story=story, kind=order.kind, undone_at=None).exists():
            order.pk, order.story_id = None, story.pk
            order._state.adding = True
            order.save()


def _stamp(story: Story) -> None:
    """First publication: the time, the day and the address are fixed. A move to another section: a new address."""
    publication = Publication.objects.filter(story=story).first()
    if publication is None:
        first = story.first_published_at or clock.now()
        number = number_in_month(clock.day_of(first, SiteFacts.current().zone))
        publication = Publication.objects.create(story=story, first=first, refreshed=first, number=number)
    place(story, publication)


def number_in_month(day: date) -> int:
    """How many addresses the month of `day` has: by an index's range, and an address kept too many does no harm."""
    first = day.replace(day=1)
    return Address.objects.filter(day__gte=first, day__lt=(first + timedelta(days=32)).replace(day=1)).count()


def place(story: Story, publication: Publication) -> Address:
    """Give a published story its address under the section where it is now."""
    parent = story.get_parent()
    # By the story alone: of it and its section SQLite would take the section, and read all that was published there.
    held = list(Address.objects.filter(story=story).select_related("section_path").order_by("id"))
    current = next((address for address in held if address.current), None)
    if current is not None and current.section_id == parent.pk:
        return current
    # Held, so that of two who publish the same headline at once the second sees what the first has taken.
    section_path = SectionPath.objects.select_for_update().get(section_id=parent.pk, current=True)
    day = current.day if current else clock.day_of(publication.first, SiteFacts.current().zone)
    now = clock.now()
    if current is not None:
        Address.objects.filter(pk=current.pk).update(current=False)
    former = next((address for address in held if address.section_id == parent.pk), None)
    if former is not None:
        Address.objects.filter(pk=former.pk).update(current=True, since=now)
        former.refresh_from_db()
        return former
    wanted = current.last_part if current else addresses.last_part_of(story.short_headline or story.title)
    taken = set(
        Address.objects.filter(section_id=parent.pk, day=day, last_part__startswith=wanted[:20]).values_list(
            "last_part", flat=True
        )
    )
    return Address.objects.create(
        story=story,
        section_id=parent.pk,
        section_path=section_path,
        day=day,
        last_part=addresses.last_part_of(wanted.replace("-", " "), taken),
        since=now,
    )


def _section(section: Section, created: bool) -> None:
    if section.alias_of_id is not None:
        raise Refused("A section cannot be an alias of another.")
    if created and not section.live:
        # A section is where stories live: a draft of one would give them no address.
        raise Refused("A section is live from the start.")
    _lay_path(section)
    changes.record(kind="section", ref=section.pk, lane=Lane.PUBLISH if created else Lane.MAINTENANCE)


def _lay_path(section: Section) -> None:
    """Give a section the path of its place in the tree, and those below it too. Former paths stay as rules."""
    if section.depth <= 2:
        path = "/"
    else:
        parent = section.get_parent()
        above = SectionPath.objects.filter(section_id=parent.pk, current=True).values_list("path", flat=True).first()
        if above is None:
            raise Refused("A section's parent must be a section with an address.")
        path = f"{above}{section.slug}/"
    current = SectionPath.objects.filter(section=section, current=True).first()
    if current is not None and current.path == path:
        return
    now = clock.now()
    if why := section.taken_path(path):
        raise Refused(why)
    taken = SectionPath.objects.filter(path=path).first()
    if current is not None:
        SectionPath.objects.filter(pk=current.pk).update(current=False)
    if taken is not None:
        SectionPath.objects.filter(pk=taken.pk).update(current=True, since=now)
    else:
        taken = SectionPath.objects.create(section=section, path=path, since=now)
    if current is not None:
        # Stories keep their rows; only the prefix that they point to changes.
        Address.objects.filter(section=section).update(section_path=taken)
        changes.record(kind="section", ref=section.pk, lane=Lane.MAINTENANCE, cause="moved")
    for child in Section.objects.child_of(section):
        _lay_path(child)


def _restriction(restriction: Any, created: bool) -> None:
    raise Refused("Pages cannot be made private one by one: what is published is public, drafts are not readable.")


def _story_deleted(story: Story) -> None:
    if Publication.objects.filter(story=story).exists():
        raise Refused(
            "This story was published once: unpublish, withhold or kill it, so that its address keeps a notice."
        )
    for other in Translation.objects.of([story.pk])[story.pk]:
        changes.record(kind="story", ref=other, lane=Lane.MAINTENANCE, cause="translation deleted")
    changes.record(kind="story", ref=story.pk, cause="deleted")


def _section_deleted(section: Section) -> None:
    if Address.objects.filter(section=section).exists():
        raise Refused("Stories were published in this section: move it or empty its front, but keep it.")
    SectionPath.objects.filter(section=section).delete()
    changes.record(kind="section", ref=section.pk, cause="deleted")
    for story_id in Story.further_sections.through.objects.filter(section_id=section.pk).values_list(
        "story_id", flat=True
    ):
        changes.record(kind="story", ref=story_id, cause="section deleted")


def _page_deleted(page: Any) -> None:
    model = page.specific_class
    if model is Story and type(page) is Page:
        _story_deleted(page.specific)
    elif model is Section and type(page) is Page:
        _section_deleted(page.specific)


def _author(author: Author, created: bool) -> None:
    held, _ = AuthorSlug.objects.get_or_create(slug=author.slug, defaults={"author": author})
    if held.author_id != author.pk:
        raise Refused(f"“{author.slug}” leads to “{held}”, who had it once. Choose another word for the address.")
    changes.record(kind="author", ref=author.pk, lane=Lane.PUBLISH if created else Lane.MAINTENANCE)


def _author_deleted(author: Author) -> None:
    changes.record(kind="author", ref=author.pk, cause="deleted")


def _topic(topic: Topic, created: bool) -> None:
    held, _ = TopicSlug.objects.get_or_create(slug=topic.slug, defaults={"topic": topic})
    if held.topic_id != topic.pk:
        raise Refused(f"“{topic.slug}” leads to “{held}”, which had it once. Choose another word for the address.")
    changes.record(kind="topic", ref=topic.pk, lane=Lane.PUBLISH if created else Lane.MAINTENANCE)


def _topic_deleted(topic: Topic) -> None:
    changes.record(kind="topic", ref=topic.pk, cause="deleted")
    # One by one and now: afterwards nobody knows which stories they were.
    about = Story.topics.through.objects.filter(topic_id=topic.pk)
    for story_id in about.values_list("story_id", flat=True):
        changes.record(kind="story", ref=story_id, lane=Lane.MAINTENANCE, cause="topic deleted")


def _picture_deleted(picture: Picture) -> None:
    """The database clears these relations by itself; what is in a story's text stays, and finds no picture."""
    for story_id in Story.objects.filter(lead_picture=picture).values_list("pk", flat=True):
        changes.record(kind="story", ref=story_id, cause="picture deleted")
    for author_id in Author.objects.filter(picture=picture).values_list("pk", flat=True):
        changes.record(kind="author", ref=author_id, cause="picture deleted")


def _site(facts: SiteFacts, created: bool) -> None:
    changes.record(kind="site", ref=1, lane=Lane.PUBLISH if created else Lane.MAINTENANCE)


def _standards(standards: Standards, created: bool) -> None:
    # Pages say how to report an error and how to send a picture, and whether there is a page about the newsroom.
    changes.record(kind="standards", ref=1)
    changes.record(kind="site", ref=1, lane=Lane.MAINTENANCE)


def _correction(correction: Correction, created: bool) -> None:
    changes.record(kind="story", ref=correction.story_id, cause="corrected")
