"""The one module of model signals: what departments want noted when a row is saved or deleted.

Each department calls `watch()` from its `AppConfig.ready()` with a function that writes what must commit together with
the row: facts and change rows. Wagtail writes pages from many places (button, schedule, workflow, bulk action, copy,
move) and all of them save the model, so this is the one door that no path goes round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models.signals import post_save, pre_delete


def watch(
    model: type[models.Model],
    *,
    saved: Callable[[Any, bool], None] | None = None,
    deleted: Callable[[Any], None] | None = None,
) -> None:
    """Call `saved(instance, created)` after each save and `deleted(instance)` before each delete of `model`.

    Both run inside the transaction of the write; raising rolls it back. Several departments may watch one model.
    """

    if saved is not None:

        def on_save(sender: Any, instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
            if not raw:
                saved(instance, created)

        post_save.connect(on_save, sender=model, weak=False, dispatch_uid=_once(model, saved))
    if deleted is not None:

        def on_delete(sender: Any, instance: Any, **kwargs: Any) -> None:
            deleted(instance)

        pre_delete.connect(on_delete, sender=model, weak=False, dispatch_uid=_once(model, deleted))


def _once(model: type[models.Model], told: Callable[..., None]) -> str:
    return f"{model._meta.label}:{told.__module__}.{told.__qualname__}"
