"""Who prints beside the press while there is much to do: how many, and how each of them starts."""

from __future__ import annotations

import logging
import os

from standfirst.conf import setup


def number(wanted: int | None = None) -> int:
    """How many processes print: as many as wanted, else one for each core that this process may use."""
    return wanted or len(os.sched_getaffinity(0))


def start() -> None:
    """Start Django in one of them."""
    setup.boot()
    from django.conf import settings

    logging.getLogger("standfirst").setLevel(settings.STANDFIRST.log_level)
