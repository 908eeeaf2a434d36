"""System checks: choices of Wagtail's that Standfirst's promises depend on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


def register() -> None:
    checks.register(_wagtail_settings)


def _wagtail_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if getattr(settings, "WAGTAIL_I18N_ENABLED", False):
        found.append(
            checks.Error(
                "Wagtail's locale trees are on.",
                hint="Set WAGTAIL_I18N_ENABLED to False: stories carry their language themselves.",
                id="standfirst.E001",
            )
        )
    if "wagtail.contrib.redirects" in settings.INSTALLED_APPS:
        found.append(
            checks.Error(
                "Wagtail's redirects are installed.",
                hint="Take wagtail.contrib.redirects out: addresses that moved are Standfirst's own rows.",
                id="standfirst.E002",
            )
        )
    if _base_url().startswith("/media"):
        found.append(
            checks.Error(
                "Private pictures would have a public address.",
                hint="Serve the default storage behind the newsroom's log-in only.",
                id="standfirst.E003",
            )
        )
    return found


def _base_url() -> str:
    storage: dict[str, Any] = settings.STORAGES["default"]
    return str(storage.get("OPTIONS", {}).get("base_url", ""))
