from django.apps import AppConfig


class StoriesConfig(AppConfig):
    name = "standfirst.stories"
    label = "stories"
    verbose_name = "Stories"

    def ready(self) -> None:
        from standfirst.stories import checks, indexes, watch

        checks.register()
        watch.connect()
        indexes.lay_after_migrations(self, indexes.INDEXES)
