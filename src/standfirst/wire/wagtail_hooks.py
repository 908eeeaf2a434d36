"""The wire in Wagtail's admin: its screens, its menu item with the count of what waits, the feeds."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import include, path, reverse_lazy
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.admin.views.account import BaseSettingsPanel
from wagtail.admin.views.generic import EditView
from wagtail.admin.viewsets.model import ModelViewSet

from standfirst.wire import actions, onward, urls
from standfirst.wire.forms import FeedForm, HabitsForm
from standfirst.wire.models import Feed, Habits


class WireMenuItem(MenuItem):
    """The link to the wire list. Its label says how much waits there."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wire.view_item")

    def render_component(self, request: HttpRequest) -> Any:
        count = actions.waiting().total
        label = f"{self.label} ({count if count < 1000 else '999+'})" if count else self.label
        return LinkMenuItem(self.name, label, self.url, icon_name=self.icon_name, attrs=self.attrs)


class SourcesMenuItem(MenuItem):
    """The link to where feeds' files come from."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wire.view_feed")


class FeedsMenuItem(MenuItem):
    """A link for those who may change feeds."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wire.change_feed")


class FeedEditView(EditView):
    """The form of a feed. What is passed on of its copy holds for the stories that are there, too."""

    def save_instance(self) -> Feed:
        with transaction.atomic():
            feed: Feed = super().save_instance()
            onward.set_for(feed=feed, by=self.request.user)
        return feed


class FeedViewSet(ModelViewSet):
    """Feeds: whose copy comes in, and what happens with it."""

    model = Feed
    icon = "wire"
    name = "wire_feeds"
    url_prefix = "wire/feeds"
    add_to_settings_menu = True
    menu_label = "Wire feeds"
    menu_order = 300
    form_class = None
    edit_view_class = FeedEditView
    inspect_view_enabled = False
    copy_view_enabled = False
    list_display: ClassVar[list[str]] = ["title", "name", "mode", "section", "onward", "active"]
    list_filter: ClassVar[list[str]] = ["mode", "active"]
    search_fields: ClassVar[list[str]] = ["title", "name", "provider"]

    def get_form_class(self, for_update: bool = False) -> type[FeedForm]:
        return FeedForm


@hooks.register("register_admin_viewset")
def feeds() -> FeedViewSet:
    return FeedViewSet()


@hooks.register("register_admin_urls")
def addresses() -> list[Any]:
    return [path("wire/", include(urls))]


@hooks.register("register_admin_menu_item")
def menu_item() -> WireMenuItem:
    return WireMenuItem("Wire", reverse_lazy("wire:list"), name="wire", icon_name="wire", order=110)


@hooks.register("register_settings_menu_item")
def sources_menu_item() -> MenuItem:
    return SourcesMenuItem(
        "Wire sources", reverse_lazy("wire:sources"), name="wire-sources", icon_name="download", order=301
    )


@hooks.register("insert_global_admin_css")
def styles() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("wire/wire.css"))


@hooks.register("insert_global_admin_js")
def scripts() -> str:
    return format_html('<script src="{}" defer></script>', static("wire/alarms.js"))


@hooks.register("register_settings_menu_item")
def rules_item() -> FeedsMenuItem:
    return FeedsMenuItem("Wire rules", reverse_lazy("wire:rules"), name="wire-rules", icon_name="rotate", order=310)


class HabitsPanel(BaseSettingsPanel):
    """The wire among the settings of a person's account."""

    name = "wire"
    title = "Wire"
    order = 500
    form_class = HabitsForm
    form_object = "profile"

    def is_active(self) -> bool:
        return bool(self.user.has_perm("wire.view_item"))

    def get_form(self) -> HabitsForm:
        habits, _ = Habits.objects.get_or_create(user=self.user)
        if self.request.method == "POST":
            return HabitsForm(self.request.POST, instance=habits, prefix=self.name)
        return HabitsForm(instance=habits, prefix=self.name)


@hooks.register("register_account_settings_panel")
def habits_panel(request: HttpRequest, user: Any, profile: Any) -> HabitsPanel:
    return HabitsPanel(request, user, profile)


@hooks.register("register_icons")
def icons(icons: list[str]) -> list[str]:
    return [*icons, "wire/icons/wire.svg"]
