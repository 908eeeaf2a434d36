"""Home, sections, authors and stories, as a Wagtail tutorial would have them."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.http import HttpRequest
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail.blocks import CharBlock, RichTextBlock, StructBlock
from wagtail.fields import StreamField
from wagtail.models import Page, PageQuerySet

ORIGIN = "https://bench.example"


class Author(models.Model):
    """Who writes."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    role = models.CharField(max_length=200, blank=True)
    bio = models.TextField(blank=True)


class StoryTag(TaggedItemBase):
    """A tag on a story."""

    content_object = ParentalKey("StoryPage", related_name="tagged_items", on_delete=models.CASCADE)


class Chrome(Page):
    """What every page shows: the menu of sections, from the page tree."""

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        home = HomePage.objects.first()
        context["home"] = home
        context["sections"] = home.get_children().live().in_menu() if home else ()
        context["trail"] = self.get_ancestors().filter(depth__gte=2)
        return context


class HomePage(Chrome):
    """The home front."""

    template = "wagtail_plain/front.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context(request, *args, **kwargs), "stories": newest(self, 30)}


class SectionPage(Chrome):
    """A section's front."""

    template = "wagtail_plain/front.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context(request, *args, **kwargs), "stories": newest(self, 30)}


class StoryPage(Chrome):
    """A story."""

    kicker = models.CharField(max_length=100, blank=True)
    standfirst = models.TextField(blank=True)
    author = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL, related_name="+")
    reads = models.PositiveIntegerField(default=0, db_index=True)
    body = StreamField(
        [
            ("paragraph", RichTextBlock()),
            ("heading", CharBlock()),
            ("quote", StructBlock([("quote", RichTextBlock()), ("attribution", CharBlock(required=False))])),
        ]
    )
    tags = ClusterTaggableManager(through=StoryTag, blank=True)

    template = "wagtail_plain/story.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        section = self.get_parent()
        others = lines(StoryPage.objects.live().exclude(pk=self.pk))
        tags = [tag.pk for tag in self.tags.all()]
        related = list(others.filter(tags__in=tags).order_by("-first_published_at").distinct()[:10]) if tags else []
        context["section"] = section
        context["related"] = related or others.child_of(section).order_by("-first_published_at")[:10]
        context["rail"] = others.child_of(section).order_by("-first_published_at")[:5]
        context["top"] = others.order_by("-reads")[:3]
        context["canonical"] = ORIGIN + self.get_url(request)
        context["data"] = self._data(context["canonical"], section)
        return context

    def _data(self, address: str, section: Page) -> str:
        found = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": self.title,
            "url": address,
            "mainEntityOfPage": {"@type": "WebPage", "@id": address},
            "inLanguage": "en",
            "datePublished": self.first_published_at.isoformat() if self.first_published_at else "",
            "dateModified": self.last_published_at.isoformat() if self.last_published_at else "",
            "articleSection": section.title,
            "description": self.standfirst,
            "author": [{"@type": "Person", "name": self.author.name}] if self.author else [],
        }
        return json.dumps(found).replace("<", "\\u003c")


def lines(stories: PageQuerySet) -> PageQuerySet:
    """Stories for a list: what a line shows, without their bodies."""
    return stories.defer("body", "standfirst")


def newest(page: Page, most: int) -> PageQuerySet:
    """The newest stories below a page."""
    stories = StoryPage.objects.live().descendant_of(page).select_related("author")
    return stories.defer("body").order_by("-first_published_at")[:most]
