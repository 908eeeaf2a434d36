"""Sections, stories, authors, and the tables of facts about them.

What a reader may see of a story is in three places: fields of `Story` (edited, revised, reverted), its place in the
tree (the home section), and *facts* - rows of their own, written by actions only. Reverting a story, an older scheduled
revision or the end of a workflow restores every field from JSON; it must never undo a kill or move an address. Hence
no fact is a field of `Story` or an inline child of it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelsearch import index
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
    TitleFieldPanel,
)
from wagtail.admin.widgets.slug import SlugInput
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PagePermissionTester

from standfirst.kit import clock
from standfirst.kit.languages import direction_of
from standfirst.pictures.models import Picture
from standfirst.stories import ports, references
from standfirst.stories.blocks import BodyBlock
from standfirst.stories.forms import StoryCopyForm, StoryForm, any_slug
from standfirst.stories.languages import LANGUAGES

RESERVED = frozenset(
    {
        *("newsroom", "search", "r", "assets", "pictures", "authors", "topics", "-", "static", "patterns"),
        *("about", "archive", "corrections", "rails"),
    }
)
"""First parts of addresses that no section may take."""


# --- the newsroom itself ------------------------------------------------------------------------------------------


class Onward(models.TextChoices):
    """How much of a story others may be given by feed or API. Our own readers get all of it, whatever this says."""

    FULL = "full", "The whole text"
    SUMMARY = "summary", "Headline and standfirst"
    NONE = "none", "Nothing"


class SiteFacts(models.Model):
    """Facts of the newsroom. One row, id 1."""

    class DateOrder(models.TextChoices):
        USUAL = "", "As is usual in the language and the country"
        DAY = "day", "22 November 2026"
        MONTH = "month", "November 22, 2026"
        ISO = "iso", "2026-11-22"

    class Clock(models.TextChoices):
        USUAL = "", "As is usual in the language and the country"
        HOURS_24 = "24", "18:30"
        HOURS_12 = "12", "6:30 pm"

    class Digits(models.TextChoices):
        USUAL = "", "As is usual in the language; in Arabic 0 1 2 3"
        LATIN = "latin", "0 1 2 3 in all languages"
        OWN = "own", "Those of each language’s script, e.g. ٠ ١ ٢ ٣"

    newsroom_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, default="Standfirst")
    strapline = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=35, choices=LANGUAGES, default="en")
    zone = models.CharField("time zone", max_length=64, default="UTC", help_text="IANA name, e.g. Africa/Lagos.")
    date_order = models.CharField(
        "how dates are written",
        max_length=8,
        choices=DateOrder.choices,
        default=DateOrder.USUAL,
        blank=True,
        help_text="On the readers’ pages. The country is told by the time zone; a language that has only one of "
        "these orders keeps it.",
    )
    clock = models.CharField(
        "how hours are written", max_length=8, choices=Clock.choices, default=Clock.USUAL, blank=True
    )
    digits = models.CharField(
        "digits of dates and numbers", max_length=8, choices=Digits.choices, default=Digits.USUAL, blank=True
    )
    origin = models.CharField(max_length=255, blank=True, editable=False)
    """Scheme and host under which readers meet the site, as it was last served. Pages name it, so it is a fact."""
    about = models.TextField(blank=True, help_text="One or two sentences at the foot of every page.")
    terms = models.TextField(
        "terms for partners",
        blank=True,
        help_text="What those who take our copy by feed or API may do with it. Stands in every entry of ours.",
    )
    alerts_to = models.TextField(
        "who is told of kills", blank=True, help_text="E-mail addresses, one a line. The publishers are told anyway."
    )

    class Meta:
        verbose_name = verbose_name_plural = "facts of the newsroom"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValidationError(
                {"zone": f"“{self.zone}” is no time zone. Use a name such as Africa/Lagos."}
            ) from None

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in a transaction, so that the change row commits with the facts."""
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> SiteFacts:
        """The newsroom's facts. Raises `SiteFacts.DoesNotExist` before the newsroom is opened."""
        return cls.objects.get(pk=1)


class Standards(models.Model):
    """What the newsroom says of itself in public: who owns it, how it works, how to reach it. One row, id 1.

    The facts that The Trust Project and the Journalism Trust Initiative (CEN CWA 17493) ask for, by the names of
    schema.org's NewsMediaOrganization. Texts are plain: paragraphs parted by empty lines, lines that begin with "- "
    are a list, addresses become links.
    """

    legal_name = models.CharField(max_length=200, blank=True, help_text="As registered, e.g. “Harbour Post Ltd”.")
    founded = models.CharField(max_length=10, blank=True, help_text="A year or a day, e.g. “1924” or “1924-05-01”.")
    mission = models.TextField(blank=True, help_text="What you cover, for whom and why.")
    ownership = models.TextField(blank=True, help_text="Who owns the newsroom, with shares of a tenth and more.")
    funding = models.TextField(blank=True, help_text="Where its money comes from, and who gives more than a tenth.")
    ethics = models.TextField("editorial standards", blank=True, help_text="The rules that your journalists work by.")
    corrections = models.TextField(
        "corrections policy", blank=True, help_text="How readers report an error, and what you do then."
    )
    verification = models.TextField(
        "how you verify", blank=True, help_text="How facts, pictures and agency copy are checked."
    )
    unnamed_sources = models.TextField(blank=True, help_text="When sources are not named, and who decides that.")
    machines = models.TextField(
        "machines and AI", blank=True, help_text="What you leave to machines, and how readers are told."
    )
    diversity = models.TextField(blank=True, help_text="How many voices and views you seek.")
    address = models.TextField(blank=True, help_text="Where post reaches you.")
    telephone = models.CharField(
        max_length=60, blank=True, help_text="With the country's code, e.g. “+234 1 555 0100”."
    )
    email = models.EmailField("e-mail", blank=True)
    errors_to = models.EmailField(
        "errors to", blank=True, help_text="An e-mail address to which readers report errors. Stands with each story."
    )
    tips_whatsapp = models.CharField(
        "WhatsApp", max_length=30, blank=True, help_text="A number with the country's code, e.g. “+234 905 555 0199”."
    )
    tips_email = models.EmailField("e-mail for eyewitnesses", blank=True)
    tips_handle = models.CharField(
        "account and hashtag", max_length=120, blank=True, help_text="E.g. “@harbourpost, #HarbourEyewitness”."
    )
    newsletter = models.CharField(
        "address of the form",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where readers order your newsletter, e.g. “https://lists.example/harbour-post”. A line above each "
        "story’s text leads there, and so does the foot of every page.",
    )
    newsletter_line = models.CharField(
        "what the line says",
        max_length=120,
        blank=True,
        help_text="In the newsroom’s language, e.g. “Every evening at six: the day by mail”. Empty, and in other "
        "languages: “Get our newsletter”.",
    )

    objects: ClassVar[models.Manager[Standards]] = models.Manager()

    class Meta:
        verbose_name = verbose_name_plural = "standards of the newsroom"

    def __str__(self) -> str:
        return "standards"

    def clean(self) -> None:
        if self.founded and not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", self.founded):
            raise ValidationError({"founded": f"“{self.founded}” is no year or day. Write “1924” or “1924-05-01”."})
        for name in ("telephone", "tips_whatsapp"):
            number = getattr(self, name)
            if number and not re.fullmatch(r"\+[\d ()./-]{6,}", number):
                raise ValidationError({name: f"“{number}” has no country's code. Begin with “+”, e.g. “+234 …”."})

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in a transaction, so that the change rows commit with it."""
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> Standards:
        """The newsroom's standards: a row that is not saved yet if nothing was ever said."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


# --- sections -----------------------------------------------------------------------------------------------------


class SectionPermissions(PagePermissionTester):
    """A section is neither copied nor taken off the site by anybody: its screens offer neither."""

    def can_unpublish(self) -> bool:
        return False

    def can_copy(self) -> bool:
        return False


class Section(Page):
    """A section with its front. The one below the tree's root is the home front."""

    standfirst = models.CharField(max_length=300, blank=True, help_text="One sentence under the section's name.")

    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page", "stories.Section"]
    subpage_types: ClassVar[list[str]] = ["stories.Section", "stories.Story"]
    private_page_options: ClassVar[list[str]] = []
    is_creatable = False
    """Not in Wagtail's own screens, which would save it half typed: a section has its address from the start."""
    content_panels: ClassVar = [*Page.content_panels, FieldPanel("standfirst")]
    promote_panels: ClassVar = [FieldPanel("slug")]
    settings_panels: ClassVar[list[Any]] = []
    show_in_menus_default = True

    class Meta:
        verbose_name = "section"

    def clean(self) -> None:
        super().clean()
        if self.slug and (self.slug.lower() in RESERVED or self.slug.isdigit() or "." in self.slug):
            raise ValidationError({"slug": f"“{self.slug}” is kept for the site itself. Choose another word."})

    def permissions_for_user(self, user: Any) -> PagePermissionTester:
        return SectionPermissions(user, self)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete in a transaction: a refusal on the way leaves the tree's own numbers as they were."""
        return super().delete(*args, **kwargs)

    def why_not_below(self, parent: Page) -> str | None:
        """A sentence saying why this section must not stand below `parent`, or None."""
        above = SectionPath.objects.filter(section_id=parent.pk, current=True).values_list("path", flat=True).first()
        if above is None:
            return "A section stands below another section or the home front: choose one of those."
        if self.path and parent.path.startswith(self.path):
            return "A section cannot be moved into itself."
        return self.taken_path(f"{above}{self.slug}/")

    def taken_path(self, path: str) -> str | None:
        """A sentence saying which section has, or had, this path; None if it is free or this section's own."""
        taken = SectionPath.objects.filter(path=path).exclude(section_id=self.pk).select_related("section").first()
        if taken is None:
            if FormerAddress.objects.filter(path=path).exists():
                return f"The address {path} leads to a story that had it on another system. Choose another slug."
            return None
        return f"The address {path} belongs to “{taken.section.title}” and leads there. Choose another slug."

    def was_used(self) -> bool:
        """True if a story was ever published here, also one that has moved since."""
        return Address.objects.filter(section_id=self.pk).exists()

    def get_url_parts(self, request: Any = None) -> tuple[int, str, str] | None:
        path = SectionPath.objects.filter(section_id=self.pk, current=True).values_list("path", flat=True).first()
        return (1, settings.STANDFIRST.origin, path) if path and self.live else None

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        return ports.preview(self, request)


class SectionPath(models.Model):
    """A path that a section has or once had. A former one makes one rule: everything below it answers 301."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="paths")
    """A section that was never used takes its path along; one that was, cannot be deleted (`Address`)."""
    path = models.CharField(max_length=700, unique=True)
    current = models.BooleanField(default=True)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section"], condition=models.Q(current=True), name="one_current_path")
        ]

    def __str__(self) -> str:
        return self.path


# --- authors and topics -------------------------------------------------------------------------------------------


class Author(models.Model):
    """A person, or the desk of an agency."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        DESK = "desk", "Agency desk"

    name = models.CharField(max_length=160)
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True, help_text="Last part of the address.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    role = models.CharField(max_length=160, blank=True, help_text="E.g. “Political correspondent”.")
    bio = models.TextField(blank=True)
    picture = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    panels: ClassVar = [
        TitleFieldPanel("name", placeholder="Name*"),
        FieldPanel("slug", widget=SlugInput),
        FieldPanel("kind"),
        FieldPanel("role"),
        FieldPanel("bio"),
        FieldPanel("picture"),
    ]

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in a transaction, so that the change row commits with the author."""
        super().save(*args, **kwargs)

    @property
    def path(self) -> str:
        return self.path_of(self.slug)

    @staticmethod
    def path_of(slug: str) -> str:
        return f"/authors/{slug}/"

    def clean(self) -> None:
        super().clean()
        _refuse_former(AuthorSlug.objects.filter(slug=self.slug).exclude(author_id=self.pk).select_related("author"))


class AuthorSlug(models.Model):
    """A slug that an author has or once had. What stood under a former one answers 301; nobody else gets it."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="slugs")
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return str(self.author)


class Topic(models.Model):
    """What stories are about, across sections. It has a page and feeds while a live story is about it."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        max_length=80,
        unique=True,
        allow_unicode=True,
        help_text="Last part of the address. A new name leaves it as it is; a new slug leads on from the old one.",
    )
    description = models.TextField(blank=True, help_text="One or two sentences at the top of the topic’s page.")

    panels: ClassVar = [
        TitleFieldPanel("name", placeholder="Name*"),
        FieldPanel("slug", widget=SlugInput),
        FieldPanel("description"),
    ]

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in a transaction, so that the change row commits with the topic."""
        super().save(*args, **kwargs)

    @property
    def path(self) -> str:
        return self.path_of(self.slug)

    @staticmethod
    def path_of(slug: str) -> str:
        return f"/topics/{slug}/"

    def clean(self) -> None:
        super().clean()
        _refuse_former(TopicSlug.objects.filter(slug=self.slug).exclude(topic_id=self.pk).select_related("topic"))


class TopicSlug(models.Model):
    """A slug that a topic has or once had. What stood under a former one answers 301; nobody else gets it."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="slugs")
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return str(self.topic)


def _refuse_former(held: models.QuerySet[Any]) -> None:
    """Say at the form which other author or topic a slug leads to."""
    if (other := held.first()) is not None:
        raise ValidationError({"slug": f"“{other.slug}” leads to “{other}”, which had it once. Choose another word."})


# --- stories ------------------------------------------------------------------------------------------------------


class Story(Page):
    """A story under its home section. Its headline is Wagtail's `title`."""

    kicker = models.CharField(max_length=80, blank=True, help_text="One to three words above the headline.")
    short_headline = models.CharField(max_length=120, blank=True, help_text="For lists. Empty: the headline.")
    standfirst = models.TextField(blank=True, help_text="One or two sentences under the headline.")
    slugline = models.CharField(max_length=120, blank=True, help_text="The desk's name for the story. Never published.")
    desk_note = models.TextField(blank=True, help_text="For colleagues. Never published.")
    body = StreamField(BodyBlock(), blank=True)
    lead_picture = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lead_caption = models.TextField("caption", blank=True, help_text="Empty: the picture's own caption.")
    byline = models.CharField(max_length=300, blank=True, help_text="As printed. Empty: the authors' names.")
    credit = models.CharField("agency credit", max_length=120, blank=True, help_text="E.g. “AFP”.")
    dateline = models.CharField(max_length=120, blank=True, help_text="E.g. “LAGOS”.")
    language = models.CharField(max_length=35, choices=LANGUAGES, default="en")
    direction = models.CharField(
        max_length=3,
        blank=True,
        choices=[("ltr", "Left to right"), ("rtl", "Right to left")],
        help_text="Empty: as the language runs.",
    )
    further_sections = ParentalManyToManyField(Section, blank=True, related_name="+")
    topics = ParentalManyToManyField(Topic, blank=True, related_name="+")
    lineage = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    """Shared by a story and its copies, so that what is known of the copy's origins goes with it."""

    parent_page_types: ClassVar[list[str]] = ["stories.Section"]
    subpage_types: ClassVar[list[str]] = []
    private_page_options: ClassVar[list[str]] = []
    show_in_menus_default = False
    base_form_class = StoryForm
    copy_form_class = StoryCopyForm
    exclude_fields_in_copy: ClassVar[list[str]] = ["slug"]
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        index.SearchField("kicker"),
        index.SearchField("standfirst"),
        index.SearchField("slugline"),
        index.FilterField("language"),
    ]

    content_panels: ClassVar = [
        FieldPanel("kicker"),
        FieldPanel("title", heading="Headline", classname="title", help_text="What happened, in one line."),
        FieldPanel("standfirst"),
        MultiFieldPanel([FieldPanel("lead_picture"), FieldPanel("lead_caption")], heading="Lead picture"),
        FieldPanel("body"),
        InlinePanel("bylines", heading="Authors", label="Author"),
        FieldRowPanel([FieldPanel("byline"), FieldPanel("credit"), FieldPanel("dateline")], heading="Signature"),
    ]
    filing_panels: ClassVar = [
        FieldPanel("short_headline"),
        FieldPanel("topics"),
        FieldPanel("further_sections"),
        FieldRowPanel([FieldPanel("language"), FieldPanel("direction")]),
        FieldPanel("slugline"),
        FieldPanel("desk_note"),
    ]
    edit_handler: ClassVar = TabbedInterface(
        [
            ObjectList(content_panels, heading="Story"),
            ObjectList(filing_panels, heading="Filing"),
            ObjectList(Page.settings_panels, heading="Schedule"),
        ]
    )

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"
        permissions: ClassVar = [
            ("correct_story", "Can correct a published story"),
            ("kill_story", "Can kill a story"),
            ("withhold_story", "Can withhold a story"),
            ("restore_story", "Can undo a kill or a withholding"),
        ]

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """The last wall before a story is live, on every path that publishes: raises `ValidationError`."""
        self._as_born()
        super().full_clean(*args, **kwargs)
        if self.live and self.pk and (why := self.why_not_live()):
            raise ValidationError(why)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Leaves out what Wagtail has set: for each of these it would ask the database whether that is there, which
        sees to it by itself."""
        super().clean_fields(exclude={*(exclude or ()), *_SET_BY_WAGTAIL})

    @transaction.atomic
    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Save in a transaction, and have what the story refers to written down once in it."""
        with references.written_once(self, whole=update_fields is None):
            super().save(*args, update_fields=update_fields, **kwargs)

    def minimal_clean(self) -> None:
        """What Wagtail asks of a draft."""
        self._as_born()
        super().minimal_clean()

    def _as_born(self) -> None:
        if not self.slug:  # type: ignore[has-type]
            self.slug = any_slug()
        if self._state.adding:
            # Wagtail's pages are born live, also from its own form for new pages; a story is born a draft.
            self.live = False

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete in a transaction: a refusal on the way leaves the tree's own numbers as they were."""
        return super().delete(*args, **kwargs)

    def why_not_live(self) -> str | None:
        """A sentence saying why this story must not be live now, or None."""
        if transaction.get_connection().in_atomic_block:
            # A kill takes the same lock: on PostgreSQL neither can slip in between the other's check and write.
            Page.objects.select_for_update().filter(pk=self.pk).values_list("pk", flat=True).first()
        if takedown := Takedown.objects.standing().filter(story_id=self.pk).order_by("-id").first():
            return f"This story was {takedown.past()}: it cannot be published until a second person undoes that."
        if embargo := Embargo.objects.standing().filter(story_id=self.pk).order_by("-until").first():
            return f"This story is embargoed {embargo.says()}: it cannot be published before."
        return None

    @property
    def runs(self) -> str:
        """The direction of its text, "ltr" or "rtl"."""
        return self.direction or direction_of(self.language)

    def get_url_parts(self, request: Any = None) -> tuple[int, str, str] | None:
        if not self.live:
            return None
        address = Address.objects.current().filter(story_id=self.pk).first()
        return (1, settings.STANDFIRST.origin, address.path) if address else None

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        return ports.preview(self, request)


_SET_BY_WAGTAIL = ("locale", "content_type", "owner", "latest_revision", "live_revision")


class StoryAuthor(Orderable):
    """One author of a story, in order."""

    story = ParentalKey(Story, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="+")

    panels: ClassVar = [FieldPanel("author")]

    class Meta(Orderable.Meta):
        indexes: ClassVar = [models.Index(fields=["author", "story"], name="story_author_of")]


# --- facts --------------------------------------------------------------------------------------------------------


class Publication(models.Model):
    """When a story was first published, and when it was last refreshed: by a marked update or a correction only."""

    story = models.OneToOneField(Story, on_delete=models.PROTECT, primary_key=True, related_name="publication")
    first = models.DateTimeField()
    refreshed = models.DateTimeField()
    refreshes = models.PositiveIntegerField(default=0)
    """How many marked updates and corrections there were: numbers the events at which related lists are made."""
    number = models.PositiveIntegerField(default=0)
    """How many had been published first in the month of its day: says which of the month's sitemaps lists it."""

    SHEET: ClassVar[int] = 500
    """Stories of one sitemap. What changes a story prints its sitemap anew, so this bounds what that costs."""


class AddressQuerySet(models.QuerySet["Address"]):
    def current(self) -> AddressQuerySet:
        return self.filter(current=True).select_related("section_path")


class Address(models.Model):
    """An address that a story has, or once had. Stamped once, never given to another story.

    `/<section path>/<yyyy>/<mm>/<dd>/<last part>/`. The section's path is a row of its own, so that moving a section
    writes one rule and not one row a story.
    """

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="addresses")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="+")
    section_path = models.ForeignKey(SectionPath, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    last_part = models.CharField(max_length=80)
    current = models.BooleanField(default=True)
    since = models.DateTimeField()

    objects: ClassVar[models.Manager[Address]] = AddressQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "day", "last_part"], name="address_never_given_twice"),
            models.UniqueConstraint(fields=["story"], condition=models.Q(current=True), name="one_current_address"),
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="address_day")]

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return f"{self.section_path.path}{self.day:%Y/%m/%d}/{self.last_part}/"


class FormerAddress(models.Model):
    """An address that a story had on another system, before it came here. It answers 301, and is nobody else's."""

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=700, unique=True)

    wagtail_reference_index_ignore = True

    def __str__(self) -> str:
        return self.path


class Correction(models.Model):
    """A public note on a published story. A correction stands at the top, the others at the foot."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", "Correction: we were wrong"
        CLARIFICATION = "clarification", "Clarification: we were unclear"
        UPDATE = "update", "Update: there is something new"

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.CORRECTION)
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.text


class StandingQuerySet(models.QuerySet[Any]):
    def standing(self) -> StandingQuerySet:
        """Those that nobody has undone."""
        return self.filter(undone_at=None)


class Takedown(models.Model):
    """A kill or a withholding. While one stands the story is not live, whatever its fields and revisions say."""

    class Kind(models.TextChoices):
        KILL = "kill", "Kill"
        WITHHOLD = "withhold", "Withhold"

    story = models.ForeignKey(Story, on_delete=models.PROTECT, related_name="takedowns")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.TextField(help_text="For colleagues. Never published.")
    wording = models.TextField(blank=True, help_text="What readers are told at the story's address.")
    names = models.BooleanField("the notice may name the story", default=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=255)
    by_id_of_user = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=255, blank=True)
    undone_because = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Takedown]] = StandingQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["story"], name="takedown_standing", condition=models.Q(undone_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by} at {self.at:%Y-%m-%d %H:%M}"

    def past(self) -> str:
        """ "killed" or "withheld"."""
        return "killed" if self.kind == self.Kind.KILL else "withheld"


class EmbargoQuerySet(StandingQuerySet):
    def standing(self, at: datetime | None = None) -> EmbargoQuerySet:
        """Those that hold at `at` (default: now)."""
        return self.filter(undone_at=None).filter(models.Q(until=None) | models.Q(until__gt=at or clock.now()))


class Embargo(models.Model):
    """A story must not be published before `until`; None: not before a person lifts it."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="embargoes")
    until = models.DateTimeField(null=True)
    source = models.CharField(max_length=255, blank=True, help_text="As received, e.g. “2026-11-22T10:00:00+01:00”.")
    at = models.DateTimeField()
    by = models.CharField(max_length=255)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=255, blank=True)

    objects: ClassVar[models.Manager[Embargo]] = EmbargoQuerySet.as_manager()

    def __str__(self) -> str:
        return f"embargo {self.says()}"

    def says(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else "until somebody lifts it"


class Origin(models.Model):
    """Where a story's copy came from: one row for each version of each wire item that went into it."""

    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="origins")
    provider = models.CharField(max_length=200)
    item_id = models.CharField(max_length=500)
    version = models.CharField(max_length=100, blank=True)
    version_order = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, help_text="SHA-256 of the bytes as received.")
    taken_at = models.DateTimeField()
    revision = models.BigIntegerField(
        null=True, help_text="The revision that this version became without a person's hand."
    )
    onward = models.CharField(
        max_length=7,
        choices=Onward.choices,
        default=Onward.SUMMARY,
        help_text="How much of it the agency lets us pass on, as the desk has set for its feed.",
    )
    held_back = models.BooleanField(default=False, help_text="The copy's own terms forbid to pass the text on.")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["story", "provider", "item_id", "version_order"], name="origin_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["provider", "item_id"], name="origin_of")]

    def __str__(self) -> str:
        return f"{self.provider} {self.item_id} v{self.version}"

    def may_go_onward(self) -> str:
        """How much of this copy others may be given, by its feed and by its own terms."""
        return Onward.SUMMARY.value if self.held_back and self.onward == Onward.FULL else self.onward


class TranslationQuerySet(models.QuerySet["Translation"]):
    def of(self, stories: Iterable[int]) -> dict[int, list[int]]:
        """For each of these stories the others of its group, ascending; none for most."""
        ids = list(stories)
        group_of = dict(self.filter(story_id__in=ids).values_list("story_id", "group"))
        members: dict[uuid.UUID, list[int]] = {}
        if group_of:
            rows = Translation.objects.filter(group__in=set(group_of.values())).order_by("story_id")
            for story, group in rows.values_list("story_id", "group"):
                members.setdefault(group, []).append(story)
        return {
            pk: [other for other in members.get(group_of.get(pk, uuid.UUID(int=0)), []) if other != pk] for pk in ids
        }


class Translation(models.Model):
    """Stories of one group say the same in different languages. A story is in one group at most."""

    story = models.OneToOneField(Story, on_delete=models.CASCADE, primary_key=True, related_name="+")
    group = models.UUIDField(db_index=True)

    objects: ClassVar[TranslationQuerySet] = TranslationQuerySet.as_manager()  # type: ignore[assignment]

    wagtail_reference_index_ignore = True


# --- what the hour brings -----------------------------------------------------------------------------------------


class NewsWindow(models.Model):
    """Since when stories are news, as the clock last said. One row, "news"."""

    name = models.CharField(max_length=20, primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} since {self.since:%Y-%m-%d %H:%M}"


# --- word to those who answer -------------------------------------------------------------------------------------


class AlertQuerySet(models.QuerySet["Alert"]):
    def due(self, now: datetime) -> AlertQuerySet:
        """Those to be sent by now, the first first. What lies far ahead was noted before the clock was set back."""
        return self.filter(models.Q(next_at__lte=now) | models.Q(next_at__gt=now + timedelta(hours=1))).order_by("id")


class Alert(models.Model):
    """A mail that is still to be sent to one of those who answer for what is published. Sent, the row is gone."""

    to = models.TextField()
    subject = models.TextField()
    text = models.TextField()
    at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True, help_text="Not before: somebody is sending it, or could not.")
    trouble = models.TextField(blank=True, help_text="Why it could not be sent when that was last tried.")

    objects: ClassVar[models.Manager[Alert]] = AlertQuerySet.as_manager()

    def __str__(self) -> str:
        return f"“{self.subject}” to {self.to}"
