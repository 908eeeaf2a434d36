"""The loop of `standfirst wire run`: fetches what is due, has it read, sees to pictures, and watches over silence.

Each source is looked at in a thread of its own, under a lease; those that stay (a watched folder, a mailbox) are many
and cheap, those that come and go are few at a time. What they seal is read by one thread that is woken at once, and by
the bell when another process sealed something. All of it can be cut short at any instant and goes on at the next start.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from standfirst.changes import databases
from standfirst.kit import bells, clock
from standfirst.kit.files import write_atomically
from standfirst.wire import actions, picturing, sources
from standfirst.wire.models import Source
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

IDLE: Final = 0.5
BEAT: Final = 1.0
RENEW: Final = sources.LEASE.total_seconds() / 3
SILENCE: Final = 60.0
PICTURES_IDLE: Final = 0.5
STALE: Final = timedelta(seconds=10)


@dataclass(slots=True)
class _Look:
    """One source that is being looked at."""

    source: Source
    lingers: bool
    began: float
    renewed: float
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Gatherer:
    """Fetches, and has what came read, until `stop()`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.owner = sources.owner_name()
        self._stopping = threading.Event()
        self._sealed = threading.Event()
        self._looks: dict[int, _Look] = {}
        self._lock = threading.Lock()
        self._bell = bells.Bell(home / "run" / "wire-bell")
        self._doing = "starting"
        self._trouble: dict[str, str] = {}
        self._beaten = 0.0
        self._freed = False
        self._database = databases.identity()

    def stop(self, *_: object) -> None:
        """End soon: looks end before their next file. May be used as a signal handler."""
        self._stopping.set()

    # --- the loop

    def run(self) -> None:
        """Work until stopped. Errors of the database are waited out; they end nothing."""
        steady = [
            threading.Thread(target=self._steadily, args=("reading", self._read), name="reading"),
            threading.Thread(target=self._steadily, args=("pictures", self._see_to_pictures), name="pictures"),
        ]
        for thread in steady:
            thread.start()
        silence = time.monotonic()
        try:
            while not self._stopping.is_set():
                if self._round() and time.monotonic() >= silence:
                    self._contained("silence", self._watch_silence)
                    silence = time.monotonic() + SILENCE
                self._beat()
                # Stopped by a signal, it is at most this much late.
                if self._bell.wait(IDLE):
                    self._sealed.set()
        finally:
            self._doing = "stopping"
            self._end(steady)
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
            outcome = sources.look(look.source, self.owner, stopping=stopping, wait=wait, sealed=self._sealed.set)
            if outcome.files:
                log.info("Source %s: %d files.", look.source.name, outcome.files)
        except (OperationalError, InterfaceError, DatabaseError) as error:
            # The lease ends by itself, and nothing that was sealed is lost.
            log.warning("Source %s waits for the database: %s", look.source.name, error)
        finally:
            with self._lock:
                self._looks.pop(look.source.pk, None)
            connections.close_all()

    # --- what was sealed

    def _steadily(self, what: str, work: Callable[[], None]) -> None:
        """Do one kind of work over and over until stopped. What fails is told once, and tried again."""
        try:
            while not self._stopping.is_set():
                if databases.gone() is not None:
                    connections.close_all()
                    self._stopping.wait(IDLE)
                    continue
                self._contained(what, work)
        finally:
            connections.close_all()

    def _contained(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except (OperationalError, InterfaceError) as error:
            self._set_trouble(what, f"The newsroom's database does not answer ({error}): it is waited for.")
            connections.close_all()
            self._stopping.wait(IDLE)
        except Exception as error:
            if self._set_trouble(what, f"{what} failed ({type(error).__name__}: {error}): it is tried again."):
                log.exception("In the wire's loop, %s failed", what)
            self._stopping.wait(5.0)
        else:
            self._set_trouble(what, "")

    def _read(self) -> None:
        self._sealed.clear()
        if not actions.work_off():
            self._sealed.wait(IDLE)

    def _see_to_pictures(self) -> None:
        if not picturing.work():
            self._stopping.wait(PICTURES_IDLE)

    def _watch_silence(self) -> None:
        sources.watch_silence()

    # --- signs of life

    def _set_trouble(self, what: str, says: str) -> bool:
        """Note what holds a part of the work up, "" for nothing. True if that is new."""
        with self._lock:
            before = self._trouble.get(what, "")
            if says:
                self._trouble[what] = says
            else:
                self._trouble.pop(what, None)
        new = bool(says) and says != before
        if new and what == "database":
            log.warning("%s", says)
        return new

    def _beat(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        if not now and moment - self._beaten < BEAT:
            return
        self._beaten = moment
        with self._lock:
            looks = sorted(look.source.name for look in self._looks.values())
            trouble = next(iter(self._trouble.values()), "")
        self._doing = self._doing if now else "fetching" if looks else "ready"
        state = {
            "at": clock.iso(clock.now()),
            "pid": os.getpid(),
            "doing": self._doing,
            "sources": looks,
            "trouble": trouble,
        }
        with suppress(OSError):
            write_atomically(self.home / "run" / "wire.json", json.dumps(state).encode())

    def _end(self, steady: list[threading.Thread]) -> None:
        """Let what is under way come to its end, and give the leases back."""
        self._stopping.set()
        self._sealed.set()
        until = time.monotonic() + 8.0
        with self._lock:
            looks = list(self._looks.values())
        for thread in [*steady, *(look.thread for look in looks if look.thread)]:
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
        return self.at is None or self.doing == "stopped" or clock.now() - self.at > STALE


def sign_of_life(home: Path) -> Sign:
    """What `wire run` last said of itself. A file that is missing or cannot be read counts as nothing."""
    try:
        said: dict[str, Any] = json.loads((home / "run" / "wire.json").read_bytes())
        at = datetime.fromisoformat(str(said["at"]))
        names = tuple(str(name) for name in said.get("sources") or ())
        return Sign(
            at if at.tzinfo else at.replace(tzinfo=UTC), str(said.get("doing", "")), str(said.get("trouble", "")), names
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Sign()
