from typing import Any

from django.apps import AppConfig
from django.core.signals import request_started
from django.db.models.signals import post_migrate
from wagtail.snippets.apps import WagtailSnippetsAppConfig


class ConfConfig(AppConfig):
    name = "standfirst.conf"
    label = "conf"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from django.conf import settings

        from standfirst.conf.theme import Watch
        from standfirst.pages import theming

        watch = Watch(settings.HOME)
        theming.use(watch.theme)

        def follow(**kwargs: Any) -> None:
            # The newsroom's previews show the theme in use. A worker starts anew instead: what it prints next is new.
            if watch.renewed():
                theming.use(watch.theme)

        request_started.connect(follow, weak=False, dispatch_uid="standfirst.theme")


class SnippetsConfig(WagtailSnippetsAppConfig):
    """Wagtail's snippets without its API, which the newsroom does not have.

    To register there it imports every screen, also in processes that show none: a third of the time in which each
    command and each process of `standfirst serve` starts. Screens are found when they are first asked for.
    """

    def ready(self) -> None:
        from wagtail.snippets.models import create_extra_permissions, register_deferred_snippets

        register_deferred_snippets()
        post_migrate.connect(create_extra_permissions, sender=self)
