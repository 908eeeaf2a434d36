from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "standfirst.library"
    label = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        from wagtail.models import Page

        from standfirst.changes import handlers, ports
        from standfirst.library import actions, cuttings
        from standfirst.stories.models import Story

        ports.search = actions.forget
        for model in (Story, Page):
            handlers.watch(model, saved=cuttings.left)
