"""Who prints beside the press while there is much to do: how many, and how each of them starts."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial

from standfirst.conf import setup
from standfirst.kit.errors import Problem


def number(wanted: int | None = None) -> int:
    """How many processes print: as many as wanted, else one for each core that this process may use."""
    return wanted or len(os.sched_getaffinity(0))


def starter() -> Callable[[], None]:
    """What starts one of them, to print with the theme that this process prints with."""
    from standfirst.pages import theming

    return partial(start, theming.used().digest)


def start(theme: str = "") -> None:
    """Start Django in one of them. Raises `Problem` if the newsroom's theme is not `theme` any more, by its digest."""
    setup.boot()
    from django.conf import settings

    from standfirst.pages import theming

    if theming.used().digest != theme:
        raise Problem("Another theme was applied while the worker began: it starts anew.")

    logging.getLogger("standfirst").setLevel(settings.STANDFIRST.log_level)
    setup.settle()
