"""A seeded walk through what people and time do to a newsroom, by Wagtail's own doors."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Min, ProtectedError
from wagtail.models import Page

from standfirst.changes import actions as changes
from standfirst.desk import actions as desk
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.people.models import User
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, Onward, Section, SiteFacts, Story, Takedown, Topic

UNREAD = "A draft that nobody may read"


class Stage(Protocol):
    """A newsroom in which it happens."""

    front: Section
    editor: User
    publisher: User
    reporter: User
    wire_editor: User

    @property
    def author(self) -> Author: ...

    def story(self, headline: str, *, section: Section | None = None, **fields: Any) -> Story: ...

    def edit(self, story: Story, **fields: Any) -> Story: ...

    def picture(self, colour: str = "navy") -> Picture: ...


class History:
    """Doings picked at random. Refusals are part of life, other errors faults."""

    def __init__(self, newsroom: Stage, seed: int) -> None:
        self.newsroom = newsroom
        self.dice = random.Random(seed)
        self.told: list[str] = []
        self.number = 0
        self.doings: list[Callable[[], Any]] = [
            self.create,
            self.create,
            self.create_illustrated,
            self.create_gallery,
            self.edit_headline,
            self.edit_body,
            self.link,
            self.save_draft,
            self.schedule,
            self.move_story,
            self.move_section,
            self.rename_section,
            self.rename_author,
            self.readdress_author,
            self.name_topics,
            self.rename_topic,
            self.readdress_topic,
            self.delete_topic,
            self.translate,
            self.untranslate,
            self.pass_on_otherwise,
            self.describe_picture,
            self.replace_picture,
            self.correct,
            self.revert,
            self.unpublish,
            self.kill,
            self.withhold,
            self.restore,
            self.republish,
            self.copy,
            self.workflow,
            self.put,
            self.put,
            self.move_on_front,
            self.give_back,
            self.keep_off,
            self.break_news,
            self.embargo,
            self.end_rights,
            self.time_passes,
            self.rename_site,
            self.delete_draft,
        ]

    def step(self) -> None:
        doing = self.dice.choice(self.doings)
        try:
            outcome = doing()
        except (Refused, ValidationError, PermissionDenied, ProtectedError) as refusal:
            outcome = f"refused: {refusal}"
        self.told.append(f"{doing.__name__}: {outcome}")

    # --- picking

    def story(self, **which: Any) -> Story | None:
        found = Story.objects.filter(**which)
        ends = found.aggregate(first=Min("pk"), last=Max("pk"))
        if ends["first"] is None:
            return None
        # As quick among a hundred thousand as among ten.
        return found.filter(pk__gte=self.dice.randint(ends["first"], ends["last"])).order_by("pk").first()

    def topic(self) -> Topic:
        name = self.dice.choice(["Floods", "Boats", "Votes"])
        return Topic.objects.filter(slug__startswith=name.lower()).first() or Topic.objects.create(
            name=f"{name} {self.headline()}", slug=f"{name.lower()}-{self.number}"
        )

    def section(self) -> Section:
        return self.dice.choice(list(Section.objects.filter(depth__gt=2).order_by("pk")))

    def headline(self) -> str:
        self.number += 1
        subject = self.dice.choice(["Flood", "Cup", "Vote", "Strike", "عاصفة"])
        verb = self.dice.choice(["grows", "ends"])
        return f"{subject} {verb} {self.number}"

    # --- doings

    def create(self) -> Any:
        fields: dict[str, Any] = {}
        if self.dice.random() < 0.5:
            fields["authors"] = list(Author.objects.order_by("?")[:1])
        if self.dice.random() < 0.3:
            fields["further_sections"] = [self.section()]
        if self.dice.random() < 0.5:
            fields["topics"] = [self.topic() for _ in range(2)]
        if self.dice.random() < 0.3:
            fields["language"] = self.dice.choice(["fr", "ar"])
        return self.newsroom.story(self.headline(), section=self.section(), **fields).pk

    def create_illustrated(self) -> Any:
        picture = self.newsroom.picture(self.dice.choice(["navy", "crimson", "olive"]))
        body = [("paragraph", "<p>Text.</p>"), ("picture", {"picture": picture, "caption": "As seen"})]
        lead = picture if self.dice.random() < 0.5 else None
        return self.newsroom.story(self.headline(), section=self.section(), lead_picture=lead, body=body).pk

    def create_gallery(self) -> Any:
        colours = self.dice.sample(["navy", "crimson", "olive", "teal"], 2)
        shown = [{"picture": self.newsroom.picture(colour), "caption": ""} for colour in colours]
        body = [("gallery", {"title": "", "pictures": shown}), ("paragraph", "<p>Text.</p>")]
        return self.newsroom.story(self.headline(), section=self.section(), body=body).pk

    def edit_headline(self) -> Any:
        if story := self.story():
            return self.newsroom.edit(story, title=self.headline()).pk
        return None

    def edit_body(self) -> Any:
        if story := self.story():
            return self.newsroom.edit(story, body=[("paragraph", f"<p>{self.headline()}</p>")]).pk
        return None

    def link(self) -> Any:
        story, other = self.story(), self.story()
        if story and other:
            body = [
                ("paragraph", f'<p>See <a linktype="page" id="{other.pk}">this</a>.</p>'),
                ("card", {"story": other, "url": "", "title": "", "text": ""}),
            ]
            return self.newsroom.edit(story, body=body).pk, other.pk
        return None

    def save_draft(self) -> Any:
        if story := self.story():
            story.title = UNREAD
            return story.save_revision(user=self.newsroom.editor).pk
        return None

    def schedule(self) -> Any:
        if story := self.story():
            story.go_live_at = clock.now() + timedelta(minutes=self.dice.choice([1, 30]))
            story.title = self.headline()
            story.save_revision(user=self.newsroom.editor).publish(user=self.newsroom.editor)
            return story.pk
        return None

    def move_story(self) -> Any:
        if story := self.story():
            target = self.section()
            Page.objects.get(pk=story.pk).move(Page.objects.get(pk=target.pk), pos="last-child")
            return story.pk, target.slug
        return None

    def move_section(self) -> Any:
        section, target = self.section(), self.dice.choice([self.newsroom.front, self.section()])
        target = Section.objects.get(pk=target.pk)
        if target.pk != section.pk and not target.is_descendant_of(section) and section.get_parent().pk != target.pk:
            section.move(target, pos="last-child")
            return section.slug, target.slug
        return None

    def rename_section(self) -> Any:
        section = self.section()
        section.title = self.headline()
        section.save_revision().publish()
        return section.pk

    def rename_author(self) -> Any:
        author = self.newsroom.author
        author.name = f"Ama {self.headline()}"
        author.picture = self.newsroom.picture() if self.dice.random() < 0.3 else author.picture
        author.save()
        return author.name

    def readdress_author(self) -> Any:
        author = self.newsroom.author
        author.slug = self.dice.choice(["ama", "ama-sarpong", "a-sarpong"])
        author.save()
        return author.slug

    def name_topics(self) -> Any:
        if story := self.story():
            topics = [self.topic() for _ in range(self.dice.randrange(3))]
            return self.newsroom.edit(story, topics=topics).pk
        return None

    def rename_topic(self) -> Any:
        topic = self.topic()
        topic.name, topic.description = f"About {self.headline()}", self.dice.choice(["", "In a sentence."])
        topic.save()
        return topic.pk

    def readdress_topic(self) -> Any:
        topic = self.topic()
        topic.slug = f"{topic.slug.split('-')[0]}-{self.dice.randrange(4)}"
        topic.save()
        return topic.slug

    def delete_topic(self) -> Any:
        topic = self.topic()
        return topic.delete() if self.dice.random() < 0.5 else None

    def translate(self) -> Any:
        story, other = self.story(), self.story()
        if story and other:
            stories.link_translation(story=story, other=other, by=self.newsroom.editor)
            return story.pk, other.pk
        return None

    def untranslate(self) -> Any:
        if story := self.story():
            stories.unlink_translation(story=story, by=self.newsroom.editor)
            return story.pk
        return None

    def pass_on_otherwise(self) -> Any:
        if story := self.story():
            number = story.origins.count()
            onward = self.dice.choice(list(Onward))
            return stories.trace(
                story=story,
                provider="CPA",
                item_id=f"urn:{story.pk}:{number % 2}",
                version="1",
                version_order=1,
                seal="a" * 64,
                onward=onward,
                held_back=self.dice.random() < 0.3,
            ).pk
        return None

    def describe_picture(self) -> Any:
        story = self.story(lead_picture__isnull=False)
        if story and story.lead_picture:
            story.lead_picture.alt = self.headline()
            story.lead_picture.save()
            return story.lead_picture.pk
        return None

    def replace_picture(self) -> Any:
        if story := self.story():
            return self.newsroom.edit(story, lead_picture=self.newsroom.picture("teal")).pk
        return None

    def correct(self) -> Any:
        if story := self.story():
            kind: Any = self.dice.choice(["correction", "clarification", "update"])
            return stories.correct(story=story, kind=kind, text=self.headline(), by=self.newsroom.editor).pk
        return None

    def revert(self) -> Any:
        story = self.story()
        revisions = story.revisions.order_by("pk") if story else ()
        # Going back to what nobody may read would be to publish it.
        if story and (revisions := [each for each in revisions if each.content.get("title") != UNREAD]):
            revision = self.dice.choice(revisions)
            revision.publish(user=self.newsroom.editor)
            return story.pk, revision.pk
        return None

    def unpublish(self) -> Any:
        if story := self.story(live=True):
            story.unpublish(user=self.newsroom.editor)
            return story.pk
        return None

    def kill(self) -> Any:
        if story := self.story():
            return stories.take_down(
                story=story, kind="kill", reason="False", names=self.dice.random() < 0.3, by=self.newsroom.editor
            ).story_id
        return None

    def withhold(self) -> Any:
        if story := self.story():
            return stories.take_down(
                story=story, kind="withhold", reason="Doubtful", wording="Under review.", by=self.newsroom.wire_editor
            ).story_id
        return None

    def restore(self) -> Any:
        standing = list(Takedown.objects.filter(undone_at=None).order_by("pk"))
        if standing:
            takedown = self.dice.choice(standing)
            stories.restore(takedown=takedown, because="It holds after all", by=self.newsroom.publisher)
            return takedown.story_id
        return None

    def republish(self) -> Any:
        if story := self.story(live=False):
            return stories.publish(story=story, by=self.newsroom.publisher).pk
        return None

    def copy(self) -> Any:
        if story := self.story():
            return story.copy(keep_live=False, user=self.newsroom.editor).pk
        return None

    def workflow(self) -> Any:
        story = self.story(live=False)
        if story is None or story.current_workflow_state is not None:
            return None
        story.save_revision(user=self.newsroom.reporter)
        workflow = story.get_workflow()
        state = workflow.start(story, self.newsroom.reporter)
        if self.dice.random() < 0.7:
            state.current_task_state.approve(user=self.newsroom.editor)
        return story.pk, state.status

    def front_of(self) -> Section:
        return self.newsroom.front if self.dice.random() < 0.5 else self.section()

    def soon(self) -> datetime:
        return clock.now() + timedelta(minutes=self.dice.choice([2, 90]))

    def put(self) -> Any:
        if story := self.story():
            front, position, until = self.front_of(), self.dice.randint(1, 6), self.soon()
            desk.put(section=front, position=position, story=story, until=until, by=self.newsroom.editor)
            return front.pk, position, story.pk
        return None

    def move_on_front(self) -> Any:
        front, position, to = self.front_of(), self.dice.randint(1, 5), self.dice.randint(1, 5)
        desk.move(section=front, position=position, to=to, by=self.newsroom.editor)
        return front.pk, position, to

    def give_back(self) -> Any:
        front, position = self.front_of(), self.dice.randint(1, 5)
        desk.give_back(section=front, position=position, by=self.newsroom.editor)
        return front.pk, position

    def keep_off(self) -> Any:
        if story := self.story():
            front, until = self.front_of(), self.soon()
            if self.dice.random() < 0.3:
                desk.let_back(section=front, story=story, by=self.newsroom.editor)
                return front.pk, story.pk, "back"
            reach: Any = self.dice.choice(["top", "front"])
            desk.keep_off(section=front, story=story, reach=reach, until=until, by=self.newsroom.editor)
            return front.pk, story.pk, reach
        return None

    def break_news(self) -> Any:
        if story := self.story():
            if self.dice.random() < 0.3:
                desk.end_breaking(story=story, by=self.newsroom.editor)
                return story.pk, "over"
            desk.mark_breaking(story=story, until=self.soon(), by=self.newsroom.editor)
            return story.pk
        return None

    def embargo(self) -> Any:
        if story := self.story():
            until = clock.now() + timedelta(minutes=self.dice.choice([1, 45])) if self.dice.random() < 0.8 else None
            return stories.embargo(story=story, until=until, by=changes.Machine("wire")).story_id
        return None

    def end_rights(self) -> Any:
        story = self.story(lead_picture__isnull=False)
        if story and story.lead_picture:
            story.lead_picture.expires_at = clock.now() + timedelta(minutes=self.dice.choice([1, 60]))
            story.lead_picture.save()
            return story.lead_picture.pk
        return None

    def time_passes(self) -> Any:
        ahead = timedelta(minutes=self.dice.choice([1, 10, 60, 60 * 30]))
        clock.set_offset(clock._offset + ahead)
        return ahead

    def rename_site(self) -> Any:
        facts = SiteFacts.current()
        facts.name = f"Post {self.headline()}"
        facts.save()
        return facts.name

    def delete_draft(self) -> Any:
        if story := self.story(live=False):
            story.delete()
            return story.pk
        return None
