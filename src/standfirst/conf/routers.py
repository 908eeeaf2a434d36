"""Which tables live where: all of Django's in the newsroom's database, none in the press's ledger."""

from __future__ import annotations

from typing import Any


class OnlyDefault:
    """The ledger (alias `press`) makes its own tables; migrations never touch it."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"
