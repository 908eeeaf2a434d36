from django.apps import AppConfig


class PicturesConfig(AppConfig):
    name = "standfirst.pictures"
    label = "pictures"
    verbose_name = "Pictures"

    def ready(self) -> None:
        from standfirst.pictures import actions

        actions.watch_pictures()
