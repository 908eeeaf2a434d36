from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "standfirst.library"
    label = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        from standfirst.changes import ports
        from standfirst.library import actions

        ports.search = actions.forget
