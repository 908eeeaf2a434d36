from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "standfirst.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from standfirst.desk import actions

        actions.watch_pins()
