"""Indexes on Wagtail's table of pages, which is not ours: laid by plain SQL that both databases know.

Not by migrations alone: SQLite makes a table anew when a migration of Wagtail's changes it, and forgets these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

INDEXES = (
    "CREATE INDEX IF NOT EXISTS stories_aliases ON wagtailcore_page (alias_of_id) WHERE alias_of_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS stories_expiring ON wagtailcore_page (expire_at) WHERE live AND expire_at IS NOT NULL",
)
"""Wagtail asks for a page's aliases whenever it publishes one or takes one down. Its own index has every page under
NULL; where SQLite has statistics they say so, and it reads all pages instead. The clock asks what expires."""


def lay_after_migrations(app: AppConfig, statements: Iterable[str]) -> None:
    """Have `statements`, which may be repeated, run after each migration of `app`; whatever was migrated."""

    def lay(using: str, **kwargs: Any) -> None:
        if using == "default":
            with connections[using].cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    post_migrate.connect(lay, sender=app, weak=False, dispatch_uid=f"indexes:{app.label}")
