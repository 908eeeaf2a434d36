from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "standfirst.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from standfirst.desk import actions, board
        from standfirst.stories import indexes

        actions.watch_fronts()
        indexes.lay_after_migrations(self, board.INDEXES)
