"""Counts which stories are read. Nothing about the reader is kept: no address, no cookie, only a number for each story.

Counts stay in memory and are written once a minute to `<home>/reads/`, one file each time, for the worker to take in:
`{"at": "2026-11-22T08:30:00Z", "seconds": 60, "paths": {"/world/2026/11/22/a-story/": 12}}`. `at` is when the counting
ended.
"""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import msgspec

from standfirst.kit import clock
from standfirst.kit.files import write_atomically

log = logging.getLogger(__name__)

MAX_PATHS: Final = 50_000
"""Stories counted in one file. Others wait for the next."""

_MACHINES: Final = re.compile(
    # But CUBOT is a make of telephones.
    r"(?<!\bcu)bot\b|(?<!\bcu)bot[/_-]|crawl|spider|slurp|archiv|fetch|scrap|monitor|uptime|pingdom|preview|headless|lighthouse|validator"
    r"|facebookexternalhit|whatsapp/|feed|\brss|newsblur|curl/|wget/|libwww-perl|python|httpx|aiohttp|scrapy|go-http|okhttp"
    r"|java/|axios|node-fetch|ruby|\bphp|apache-http|phantom|selenium|puppeteer|playwright",
    re.IGNORECASE,
)


_LONG: Final = 400
"""Characters of names of browsers that are not remembered."""


def is_machine(user_agent: str | None) -> bool:
    """True for programs that say that they are, and for those that say nothing."""
    if not user_agent:
        return True
    return _remembered(user_agent) if len(user_agent) <= _LONG else _says_so(user_agent)


def _says_so(user_agent: str) -> bool:
    return _MACHINES.search(user_agent) is not None


# To look through a name costs more than all the rest of a request.
_remembered: Final = lru_cache(2048)(_says_so)


class Tally:
    """Reads since the last `flush`, by path. Several threads may count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: Counter[str] = Counter()
        self._lock = Lock()
        self._since = monotonic()
        self._files = 0

    def count(self, path: str) -> None:
        with self._lock:
            if path in self._counts or len(self._counts) < MAX_PATHS:
                self._counts[path] += 1

    def flush(self) -> Path | None:
        """Write what was counted; None if nothing was. Where it cannot be written, it is kept for the next time."""
        seconds = max(1, round(monotonic() - self._since))
        if not self._counts:
            self._since = monotonic()
            return None
        now = clock.now()
        self._files += 1
        file = self._folder / f"{now:%Y%m%dT%H%M%S%f}Z-{os.getpid()}.json"
        with self._lock:
            counted, self._counts = self._counts, Counter()
        record = {"at": clock.iso(now), "seconds": seconds, "paths": dict(counted)}
        try:
            write_atomically(file, msgspec.json.encode(record))
        except OSError as error:
            log.error("Reads could not be written to %s (%s); they are kept for the next minute.", file, error.strerror)
            with self._lock:
                self._counts.update(counted)
            return None
        self._since = monotonic()
        return file
