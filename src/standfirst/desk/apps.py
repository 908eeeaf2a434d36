from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    name = "standfirst.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from standfirst.desk import actions

        actions.watch_pins()
        # Not a migration of ours: SQLite makes a table anew when one of Wagtail's changes it, and forgets these.
        post_migrate.connect(_lay_indexes, sender=self)


def _lay_indexes(using: str, **kwargs: Any) -> None:
    from standfirst.desk import board

    if using == "default":
        with connections[using].cursor() as cursor:
            for statement in board.INDEXES:
                cursor.execute(statement)
