"""The walls of `stories` as people meet them in Wagtail's screens: a sentence, before anything has happened.

The walls themselves are in `models` and `watch`, on every path. Here they speak: a button that cannot work is not
there, and a step that is refused says why and what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from standfirst.kit import clock
from standfirst.stories import picture_views
from standfirst.stories.models import Author, Embargo, Publication, Section, Story, Takedown, Topic

KEEP = "unpublish, withhold or kill it, so that its address keeps a notice."


# --- why not ------------------------------------------------------------------------------------------------------


def why_not_published(story: Story) -> str | None:
    """Why `story`, with the schedule in its fields, must not be published; None if it may."""
    if takedown := Takedown.objects.standing().filter(story_id=story.pk).order_by("-pk").first():
        return f"“{story.title}” was {takedown.past()}: it cannot be published until a second person undoes that."
    at = max(clock.now(), story.go_live_at or clock.now())
    if embargo := Embargo.objects.standing(at).filter(story_id=story.pk).order_by("-until").first():
        return f"“{story.title}” is embargoed {embargo.says()}: publish it after that, or schedule it for then."
    return None


def why_not_deleted(page: Page) -> str | None:
    """Why `page` must not be deleted; None if nothing in it was ever published."""
    if page.specific_class is Story:
        if Publication.objects.filter(story_id=page.pk).exists():
            return f"“{page.title}” was published once, so it cannot be deleted: {KEEP}"
        if Takedown.objects.filter(story_id=page.pk).exists():
            return f"“{page.title}” was killed or withheld once: the record of that must stay, so it cannot be deleted."
        return None
    if page.depth <= 2:
        return "This is the home front: the newsroom stands on it, so it cannot be deleted."
    inside = Story.objects.filter(path__gt=page.path, path__lte=page.path.ljust(255, "Z"))
    if Publication.objects.filter(story__in=inside).exists() or Section.objects.get(pk=page.pk).was_used():
        return f"Stories were published in “{page.title}”, so it cannot be deleted: move it or leave it, but keep it."
    return None


def _why_not_at(section: Section, slug: str) -> str | None:
    if section.depth <= 2:
        return None
    section.slug = slug
    return section.why_not_below(section.get_parent().specific)


def _refuse(request: HttpRequest, page: Page, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("wagtailadmin_pages:edit", page.pk)


# --- pages, one by one --------------------------------------------------------------------------------------------


@hooks.register("before_publish_page")
def before_publish(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A killed or embargoed story stays a draft; what was typed has been saved by now."""
    story = page.specific
    if isinstance(story, Story):
        story.go_live_at = page.go_live_at
        if why := why_not_published(story):
            return _refuse(request, page, f"{why} Your changes are kept in the draft.")
    elif isinstance(story, Section) and (why := _why_not_at(story, page.slug)):
        return _refuse(request, page, f"{why} Your changes are kept in the draft.")
    return None


@hooks.register("before_delete_page")
def before_delete(request: HttpRequest, page: Page) -> HttpResponse | None:
    why = why_not_deleted(page)
    return _refuse(request, page, why) if why else None


@hooks.register("before_move_page")
def before_move(request: HttpRequest, page: Page, destination: Page) -> HttpResponse | None:
    if isinstance(page.specific, Section) and (why := page.specific.why_not_below(destination.specific)):
        messages.error(request, why)
        return redirect("wagtailadmin_pages:move", page.pk)
    return None


# --- many at once -------------------------------------------------------------------------------------------------


@hooks.register("before_bulk_action")
def before_bulk_action(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Take out of a bulk action what cannot take part in it, and say so; the rest goes through."""
    if not objects or not isinstance(objects[0], Page):
        return None
    checks: dict[str, Callable[[Page], str | None]] = {
        "publish": _bulk_publish,
        "delete": why_not_deleted,
    }
    check = checks.get(action_type)
    if check is None:
        return None
    for page in list(objects):
        if why := check(page):
            objects.remove(page)
            messages.warning(request, why)
    return redirect(action.next_url) if not objects else None


def _bulk_publish(page: Page) -> str | None:
    if page.specific_class is Section:
        return f"“{page.title}” is a section: its stories are published one by one or from the desk, not all at once."
    story = page.get_latest_revision_as_object()
    return why_not_published(story)


# --- buttons ------------------------------------------------------------------------------------------------------

_PUBLISHING = {"action-publish", "action-submit", "action-restart-workflow", "approve", "workflow-approve"}


@hooks.register("construct_page_action_menu")
def without_what_cannot_work(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    page = context.get("page")
    if isinstance(page, Section):
        # A section has no draft stage worth a button of its own: what is saved should show.
        menu_items.sort(key=lambda item: item.name != "action-publish")
    elif isinstance(page, Story) and page.pk and Takedown.objects.standing().filter(story_id=page.pk).exists():
        menu_items[:] = [item for item in menu_items if item.name not in _PUBLISHING]


def _fitting(buttons: list[Any], page: Page) -> None:
    if page.specific_class is Story and Publication.objects.filter(story_id=page.pk).exists():
        delete = reverse("wagtailadmin_pages:delete", args=[page.pk])
        buttons[:] = [b for b in buttons if (getattr(b, "url", "") or "").split("?")[0] != delete]


@hooks.register("construct_page_listing_buttons")
def listing_buttons(buttons: list[Any], page: Page, user: Any, context: Any = None) -> None:
    for button in buttons:
        inner = getattr(button, "dropdown_buttons", None)
        if inner:
            _fitting(inner, page)
    _fitting(buttons, page)


# --- pictures -----------------------------------------------------------------------------------------------------


@hooks.register("register_admin_urls", order=-1)
def picture_addresses() -> list[Any]:
    """Before Wagtail's own: one of them stands in for Wagtail's answer to a choice."""
    return [
        path("images/<int:picture_id>/kill/", picture_views.kill, name="standfirst_picture_kill"),
        path("images/kills/<int:kill_id>/", picture_views.killed, name="standfirst_picture_killed"),
        path("images/chooser/chosen/<int:pk>/", picture_views.chosen),
    ]


@hooks.register("insert_global_admin_css")
def picture_styles() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("stories/pictures.css"))


# --- authors, topics, menus ---------------------------------------------------------------------------------------


class AuthorViewSet(SnippetViewSet):
    model = Author
    icon = "user"
    menu_label = "Authors"
    menu_name = "authors"
    menu_order = 400
    add_to_admin_menu = True
    list_display = ("name", "kind", "role", "slug")
    list_filter = ("kind",)
    search_fields = ("name", "role")
    ordering = ("name",)
    copy_view_enabled = False


class TopicViewSet(SnippetViewSet):
    model = Topic
    icon = "tag"
    menu_label = "Topics"
    menu_name = "topics"
    menu_order = 410
    add_to_admin_menu = True
    list_display = ("name", "slug")
    search_fields = ("name",)
    ordering = ("name",)
    copy_view_enabled = False


register_snippet(AuthorViewSet)
register_snippet(TopicViewSet)


_MENU = {"images": ("Pictures", 300), "documents": ("Files", 310), "explorer": ("Section tree", 900)}


@hooks.register("construct_main_menu")
def main_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """The tree is for sections; stories are found on the desk. What has its own entry is not listed twice."""
    items[:] = [item for item in items if item.name != "snippets"]
    for item in items:
        item.label, item.order = _MENU.get(item.name, (item.label, item.order))


@hooks.register("construct_settings_menu")
def settings_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Roles are Standfirst's own (`people.roles`); addresses are rows, not Wagtail's sites and redirects."""
    items[:] = [item for item in items if item.name not in {"redirects", "locales", "sites", "groups"}]


@hooks.register("construct_help_menu")
def help_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Help about Wagtail's releases is not for a newsroom; its keyboard shortcuts are."""
    items[:] = [item for item in items if not item.name.startswith("whats-new") and item.name != "editor-guide"]
    for item in items:
        item.attrs.pop("data-w-dismissible-dismissed-value", None)
