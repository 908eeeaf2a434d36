"""The loop of `standfirst wire run`: fetches what is due, sees to pictures, and watches over silence.

Each source is looked at in a thread of its own, under a lease; those that stay (a watched folder, a mailbox) are many
and cheap, those that come and go are few at a time. What they seal is read in another process, see `reading`. All of it
can be cut short at any instant and goes on at the next start.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from standfirst.changes import databases
from standfirst.kit import bells, clock
from standfirst.wire import picturing, sources
from standfirst.wire.models import Source
from standfirst.wire.reading import SIGN as SIGN_OF_READING
from standfirst.wire.reading import ReadingProcess
from standfirst.wire.steady import IDLE, Steady
from standfirst.wire.transports.kinds import BY_KIND

log = logging.getLogger(__name__)

FETCHERS: Final = 8
"""How many sources that come and go are fetched at the same time."""

LINGERERS: Final = 64
"""How many sources that stay are watched at the same time."""

LONGEST_LOOK: Final = 900.0
"""Seconds after which a look is asked to end, and its lease no longer renewed."""

STAY: Final = 120.0
"""Seconds that a watch lasts before it starts afresh: what was changed in its settings is seen at the latest then."""

RENEW: Final = sources.LEASE.total_seconds() / 3
SILENCE: Final = 60.0
PICTURES_IDLE: Final = 0.5
STALE: Final = timedelta(seconds=10)
SILENT: Final = timedelta(seconds=20)
"""Age of the last sign of life after which reading counts as hanging. It has none while a big file is parsed."""
SIGN: Final = "wire.json"
"""The sign of life, in the folder of what runs."""


@dataclass(slots=True)
class _Look:
    """One source that is being looked at."""

    source: Source
    lingers: bool
    began: float
    renewed: float
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Gatherer(Steady):
    """Fetches until `stop()`: looks end before their next file. What it seals is read by `reading`, which it watches
    over: when that process ends or hangs, this one ends, and whoever started it starts both again."""

    SIGN = SIGN

    def __init__(self, home: Path, reading: ReadingProcess | None = None) -> None:
        super().__init__(home)
        self.owner = sources.owner_name()
        self._reading = reading
        self._looks: dict[int, _Look] = {}
        self._bell = bells.Bell(sources.bell_of(home))
        self._freed = False
        self._database = databases.identity()

    # --- the loop

    def run(self) -> None:
        """Work until stopped. Errors of the database are waited out; they end nothing.

        Raises:
            Problem: the process that reads has ended.
        """
        pictures = threading.Thread(target=self._steadily, args=("pictures", self._see_to_pictures), name="pictures")
        pictures.start()
        silence = time.monotonic()
        try:
            while not self._stopping.is_set():
                if self._reading is not None:
                    self._reading.check()
                if self._round() and time.monotonic() >= silence:
                    self._contained("silence", self._watch_silence)
                    silence = time.monotonic() + SILENCE
                self._beat()
                # Stopped by a signal, it is at most this much late.
                self._bell.wait(IDLE)
        finally:
            self._doing = "stopping"
            self._end(pictures)
            connections.close_all()
            self._bell.close()
            self._doing = "stopped"
            self._beat(now=True)

    def _round(self) -> bool:
        """Start what is due, and hold the leases of what runs. False while the database is away."""
        if gone := databases.gone():
            self._set_trouble("database", gone)
            connections.close_all()
            return False
        identity = databases.identity()
        if identity != self._database:
            # Another file is in its place (a backup put back): handles to the old one must go.
            connections.close_all()
            self._database = identity
        try:
            if not self._freed:
                sources.free_the_dead()
                self._freed = True
            self._hold()
            self._start_due()
        except DatabaseError as error:
            self._set_trouble("database", f"The newsroom's database does not answer ({error}): it is waited for.")
            connections.close_all()
            return False
        self._set_trouble("database", "")
        return True

    def _start_due(self) -> None:
        with self._lock:
            busy = set(self._looks)
            fetching = sum(not look.lingers for look in self._looks.values())
            watching = len(self._looks) - fetching
        for pk, kind in Source.objects.due(clock.now()).exclude(pk__in=busy).values_list("pk", "kind")[:200]:
            transport = BY_KIND.get(kind)
            lingers = transport is not None and transport.LINGERS
            if (watching >= LINGERERS) if lingers else (fetching >= FETCHERS):
                continue
            source = sources.claim(pk, self.owner)
            if source is None:
                continue
            if lingers:
                watching += 1
            else:
                fetching += 1
            now = time.monotonic()
            look = _Look(source, lingers, now, now)
            look.thread = threading.Thread(target=self._look, args=(look,), name=f"source {source.name}", daemon=True)
            with self._lock:
                self._looks[pk] = look
            look.thread.start()

    def _hold(self) -> None:
        """Renew the leases. A look that has lost its own, or takes far too long, is told to end."""
        now = time.monotonic()
        with self._lock:
            looks = list(self._looks.values())
        for look in looks:
            if now - look.began > LONGEST_LOOK:
                look.stop.set()
            elif now - look.renewed >= RENEW or look.lingers:
                # One that stays is asked for at each round, so that a pause is heard at once.
                if (
                    now - look.renewed < RENEW
                    and Source.objects.filter(
                        pk=look.source.pk, lease_owner=self.owner, active=True, feed__active=True
                    ).exists()
                ):
                    continue
                if (
                    sources.renew(look.source.pk, self.owner)
                    and Source.objects.filter(pk=look.source.pk, active=True, feed__active=True).exists()
                ):
                    look.renewed = now
                else:
                    look.stop.set()

    # --- one source

    def _look(self, look: _Look) -> None:
        def stopping() -> bool:
            return (
                self._stopping.is_set() or look.stop.is_set() or (look.lingers and time.monotonic() - look.began > STAY)
            )

        def wait(seconds: float) -> bool:
            until = time.monotonic() + seconds
            while not stopping() and (left := until - time.monotonic()) > 0:
                # In short steps, for two things may end it.
                look.stop.wait(min(left, 0.25))
            return stopping()

        try:
            outcome = sources.look(
                look.source, self.owner, stopping=stopping, wait=wait, sealed=sources.ring_for_reading
            )
            if outcome.files:
                log.info("Source %s: %d files.", look.source.name, outcome.files)
        except (OperationalError, InterfaceError, DatabaseError) as error:
            # The lease ends by itself, and nothing that was sealed is lost.
            log.warning("Source %s waits for the database: %s", look.source.name, error)
        finally:
            with self._lock:
                self._looks.pop(look.source.pk, None)
            connections.close_all()

    # --- what goes on all the time

    def _see_to_pictures(self) -> None:
        if not picturing.work():
            self._stopping.wait(PICTURES_IDLE)

    def _watch_silence(self) -> None:
        sources.watch_silence()

    def _said(self) -> dict[str, Any]:
        with self._lock:
            looks = sorted(look.source.name for look in self._looks.values())
        if self._doing not in ("stopping", "stopped"):
            self._doing = "fetching" if looks else "ready"
        return {"sources": looks}

    def _end(self, pictures: threading.Thread) -> None:
        """Let what is under way come to its end, and give the leases back."""
        self._stopping.set()
        until = time.monotonic() + 8.0
        with self._lock:
            looks = list(self._looks.values())
        for thread in [pictures, *(look.thread for look in looks if look.thread)]:
            thread.join(timeout=max(0.0, until - time.monotonic()))
        with suppress(DatabaseError):
            Source.objects.filter(lease_owner=self.owner).update(lease_owner="", lease_until=None)


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of `wire run` (None: never here)."""

    at: datetime | None = None
    doing: str = ""
    trouble: str = ""
    sources: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        return self.at is None or self.doing == "stopped" or abs(clock.now() - self.at) > STALE


def sign_of_life(home: Path) -> Sign:
    """What `wire run` last said of itself. A file that is missing or cannot be read counts as nothing."""
    fetching, reading = _sign(home / "run" / SIGN), _sign(home / "run" / SIGN_OF_READING)
    if fetching.trouble:
        return fetching
    if not reading.stale:
        return replace(fetching, trouble=reading.trouble)
    hangs = reading.at is not None and reading.doing != "stopped" and clock.now() - reading.at > SILENT
    if reading.at is not None and hangs and not fetching.stale:
        return replace(
            fetching,
            trouble=f"What is fetched has not been read since {clock.iso(reading.at)}: the process that reads hangs. "
            "It is ended and started again by itself.",
        )
    return fetching


def _sign(path: Path) -> Sign:
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        at = datetime.fromisoformat(str(said["at"]))
        names = tuple(str(name) for name in said.get("sources") or ())
        return Sign(
            at if at.tzinfo else at.replace(tzinfo=UTC), str(said.get("doing", "")), str(said.get("trouble", "")), names
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Sign()
