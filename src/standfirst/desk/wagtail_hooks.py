"""How the desk stands in Wagtail's admin: its menu, its buttons on a story, and what follows a publication."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.menu import MenuItem
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from standfirst.desk import progress, urls
from standfirst.desk.templatetags.desk import clocktime
from standfirst.desk.views import follow
from standfirst.kit import clock
from standfirst.stories.models import Embargo, Publication, Section, Story, Takedown

_MARK = "_standfirst_mark"
FOLLOWED = 10
"""Stories of one bulk action whose way to readers is shown."""


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("desk/", include((urls.urlpatterns, urls.app_name)))]


@hooks.register("register_icons")
def icons(known: list[str]) -> list[str]:
    return [*known, "desk/icons/desk.svg"]


@hooks.register("insert_global_admin_css")
def style() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("desk/desk.css"))


@hooks.register("insert_global_admin_js")
def script() -> SafeString:
    return format_html('<script src="{}" defer></script>', static("desk/desk.js"))


# --- menus --------------------------------------------------------------------------------------------------------


class _ForTheDesk(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(user_has_any_page_permission(request.user))


class _ForFacts(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("stories.change_sitefacts")


@hooks.register("register_admin_menu_item")
def desk_item() -> MenuItem:
    return _ForTheDesk("Desk", reverse("desk:stories"), name="desk", icon_name="desk", order=10)


@hooks.register("register_admin_menu_item")
def fronts_item() -> MenuItem:
    return _ForTheDesk("Fronts", reverse("desk:fronts"), name="fronts", icon_name="thumbtack", order=30)


@hooks.register("register_settings_menu_item")
def facts_item() -> MenuItem:
    return _ForFacts("Facts of the newsroom", reverse("desk:facts"), name="facts", icon_name="info-circle", order=10)


@hooks.register("register_settings_menu_item")
def standards_item() -> MenuItem:
    return _ForFacts("About the newsroom", reverse("desk:standards"), name="standards", icon_name="user", order=20)


@hooks.register("construct_homepage_panels")
def no_dashboard(request: HttpRequest, panels: list[Any]) -> None:
    """The desk's list says all that these say."""
    panels.clear()


# --- a story's buttons --------------------------------------------------------------------------------------------


def _standing(story_id: int) -> Takedown | None:
    return Takedown.objects.standing().filter(story_id=story_id).order_by("-pk").first()


@hooks.register("register_page_header_buttons")
def header_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    if page.specific_class is Section:
        yield Button("Its front", url=reverse("desk:front", args=[page.pk]), icon_name="thumbtack", priority=70)
    if page.specific_class is not Story:
        return
    published = Publication.objects.filter(story_id=page.pk).exists()
    if published:
        yield Button("On fronts", url=reverse("desk:on_fronts", args=[page.pk]), icon_name="thumbtack", priority=30)
    if published and user.has_perm("stories.correct_story"):
        yield Button("Correct", url=reverse("desk:correct", args=[page.pk]), icon_name="edit", priority=40)
    if page.permissions_for_user(user).can_publish():
        where = reverse("desk:translations", args=[page.pk])
        yield Button("Translations", url=where, icon_name="globe", priority=50)
    standing = _standing(page.pk)
    if standing is not None:
        yield Button(
            f"{standing.past().capitalize()}: see or undo",
            url=reverse("desk:takedown", args=[standing.pk]),
            icon_name="no-view",
            priority=80,
        )
        return
    for kind, label, icon in (("withhold", "Withhold", "no-view"), ("kill", "Kill", "warning")):
        if user.has_perm(f"stories.{kind}_story"):
            yield Button(label, url=reverse(f"desk:{kind}", args=[page.pk]), icon_name=icon, priority=80)


class _TakeDownItem(ActionMenuItem):
    kind = ""

    def is_shown(self, context: dict[str, Any]) -> bool:
        page = context.get("page")
        return (
            context["view"] == "edit"
            and isinstance(page, Story)
            and bool(context["request"].user.has_perm(f"stories.{self.kind}_story"))
            and _standing(page.pk) is None
        )

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return reverse(f"desk:{self.kind}", args=[parent_context["page"].pk])


class WithholdItem(_TakeDownItem):
    kind = "withhold"
    label = "Withhold"
    name = "action-withhold"
    icon_name = "no-view"


class KillItem(_TakeDownItem):
    kind = "kill"
    label = "Kill"
    name = "action-kill"
    icon_name = "warning"


@hooks.register("register_page_action_menu_item")
def withhold_item() -> ActionMenuItem:
    return WithholdItem(order=200)


@hooks.register("register_page_action_menu_item")
def kill_item() -> ActionMenuItem:
    return KillItem(order=210)


@hooks.register("before_edit_page")
def say_what_stands(request: HttpRequest, page: Page) -> None:
    """A killed, withheld or embargoed story says so above its form."""
    if request.method != "GET" or page.specific_class is not Story or "_w_hydrate_create_view" in request.GET:
        return
    if standing := _standing(page.pk):
        text = format_html(
            "<strong>{}</strong> by {} at {}: {}. It cannot be published until a second person undoes this.",
            standing.past().capitalize(),
            standing.by,
            clocktime(standing.at),
            standing.reason.rstrip("."),
        )
        where = reverse("desk:takedown", args=[standing.pk])
        messages.error(request, text, buttons=[messages.button(where, "See or undo")])
    embargo = Embargo.objects.standing(clock.now()).filter(story_id=page.pk).order_by("-until").first()
    if embargo is not None:
        until = clocktime(embargo.until) if embargo.until else "somebody lifts it"
        buttons = (
            [messages.button(reverse("desk:lift_embargo", args=[embargo.pk]), "Lift it")]
            if request.user.has_perm("stories.restore_story")
            else None
        )
        messages.warning(request, f"Embargoed until {until}. It cannot be published before.", buttons=buttons)


# --- after publishing ---------------------------------------------------------------------------------------------


@hooks.register("before_publish_page", order=-1)
@hooks.register("before_unpublish_page", order=-1)
def remember(request: HttpRequest, page: Page) -> None:
    """Note which change rows were there before, so that the message can follow those that come."""
    if page.specific_class is Story:
        setattr(request, _MARK, progress.mark("story", page.pk))


@hooks.register("before_edit_page", order=-1)
def remember_approval(request: HttpRequest, page: Page) -> None:
    if request.method == "POST" and request.POST.get("action-workflow-action") and page.specific_class is Story:
        setattr(request, _MARK, progress.mark("story", page.pk))


def _away(request: HttpRequest) -> HttpResponse:
    return redirect(get_valid_next_url_from_request(request) or "desk:stories")


def _edit(page: Page) -> Any:
    return messages.button(reverse("wagtailadmin_pages:edit", args=[page.pk]), "Edit")


@hooks.register("after_publish_page")
def after_publish(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Back to the desk, with a message that follows the press."""
    story = page.specific
    after = getattr(request, _MARK, None)
    if after is None:
        return None
    if isinstance(story, Section):
        return None
    due = story.scheduled_revision
    if due is not None:
        # The revision says for when; the page's own field is of its live version.
        sentence = f"“{story.draft_title}” goes live at {clocktime(due.approved_go_live_at)}."
        messages.success(request, sentence, buttons=[_edit(page)])
        return _away(request)
    buttons = [messages.button(story.url, "View", new_window=True)] if story.url else []
    follow(request, f"“{story.title}”:", "story", story.pk, after, [*buttons, _edit(page)])
    return _away(request)


@hooks.register("after_unpublish_page")
def after_unpublish(request: HttpRequest, page: Page) -> HttpResponse | None:
    after = getattr(request, _MARK, None)
    if after is None:
        return None
    follow(request, f"“{page.title}” is off the site.", "story", page.pk, after, [_edit(page)])
    return _away(request)


@hooks.register("after_edit_page")
def after_approval(request: HttpRequest, page: Page) -> HttpResponse | None:
    """An approval publishes without the hooks of publishing."""
    after = getattr(request, _MARK, None)
    if after is None or request.POST.get("workflow-action-name") != "approve":
        return None
    story = Story.objects.get(pk=page.pk)
    if story.live and story.current_workflow_state is None:
        list(messages.messages.get_messages(request))  # Wagtail's “has been updated”
        follow(request, f"Approved: “{story.title}”.", "story", story.pk, after, [_edit(page)])
        return _away(request)
    return None


@hooks.register("before_bulk_action", order=1000)
def remember_many(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> None:
    if action_type in {"publish", "unpublish"}:
        marks = {page.pk: progress.mark("story", page.pk) for page in objects if isinstance(page, Page)}
        setattr(request, _MARK, marks)


@hooks.register("after_bulk_action")
def after_many(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> None:
    """A message for each story of a bulk action, as if it had been done alone; Wagtail's own gives the number."""
    marks = getattr(request, _MARK, None)
    if not isinstance(marks, dict):
        return
    for page in objects[:FOLLOWED]:
        if page.pk in marks:
            follow(request, f"“{page.title}”:", "story", page.pk, marks[page.pk], [_edit(page)])


@hooks.register("after_create_page")
def after_submission(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Handing in a new story leads back to the desk, not to the tree."""
    if page.specific_class is Story and request.POST.get("action-submit"):
        return _away(request)
    return None
