"""The verbs of sources: set up, pause, look, try; and whether a feed is well.

A look is one turn of fetching. Who looks holds a lease, so that no two processes fetch the same source; it ends by
itself when they die. What a look yields is sealed one by one; the cursor moves after each, and only then is anything
at the other end deleted or moved. Reading what was sealed is `actions.work_off`'s business.
"""

from __future__ import annotations

import logging
import os
import platform
import random
import secrets as secrets_of_python
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings as django_settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.views.decorators.debug import sensitive_variables

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import bells, clock
from standfirst.kit.errors import Problem, Refused
from standfirst.kit.outgoing import Outgoing
from standfirst.kit.secrets import Secrets, Vault
from standfirst.stories import alerts
from standfirst.stories.actions import may
from standfirst.wire import formats
from standfirst.wire.intake import deliveries
from standfirst.wire.intake.dialect import profile_of
from standfirst.wire.models import Delivery, Feed, Item, Source
from standfirst.wire.transports import (
    Arrival,
    Job,
    Limits,
    Note,
    Remember,
    Settings,
    Settle,
    Skipped,
    Transport,
    Trouble,
)
from standfirst.wire.transports.kinds import BY_KIND

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=45)
"""How long a lease holds without being renewed: after a power cut, somebody else fetches this much later."""

LONGEST_PAUSE: Final = 1800.0
"""Seconds: a source that fails is tried at least so often, unless the other side says otherwise."""

NOTED_TOGETHER: Final = 64
NOTED_WITHIN: Final = 0.1
"""So many files that come together are noted in one go, and only those of so many seconds. A commit that must
survive a power cut waits for the disk, and for whoever writes meanwhile: one for all costs what one for each did."""

SAY_GOOD: Final = 20.0
"""Seconds between two notes that a source that is watched all the time is good."""

TRIED_FILES: Final = 20
TRIED_SECONDS: Final = 20.0
_PURPOSE: Final = "wire source"
_MOST_SKIPPED: Final = 5


# --- settings and secrets -----------------------------------------------------------------------------------------


def vault() -> Vault:
    """Where secrets are locked: the key is `secrets.key` in the newsroom's folder."""
    home: Path = django_settings.STANDFIRST.home
    return Vault(home / "secrets.key")


def transport_of(source: Source) -> Transport:
    """The transport of a source's kind. Raises `Problem` if this program has none."""
    transport = BY_KIND.get(source.kind)
    if transport is None:
        raise Problem(f"This program knows no sources of the kind “{source.kind}”: update it, or remove the source.")
    return transport


def settings_of(source: Source) -> Settings:
    """The settings, typed. Raises `Problem` if they are not as the transport's must be."""
    transport = transport_of(source)
    try:
        return msgspec.convert(source.settings, transport.Settings, strict=True)
    except msgspec.ValidationError as error:
        raise Problem(f"The settings of {source.name} cannot be used ({error}): enter them again.") from None


def secrets_of(source: Source) -> Secrets:
    """The secrets, open. Raises `Problem` if the key is gone, or they are damaged."""
    return vault().open(source.secrets, purpose=_PURPOSE)


def names_of_secrets(source: Source) -> frozenset[str]:
    """Which secrets are set; none if they cannot be opened."""
    try:
        return frozenset(secrets_of(source))
    except Problem:
        return frozenset()


@sensitive_variables("secrets", "known", "value")
@transaction.atomic
def configure(
    *,
    source: Source,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    forget: frozenset[str] = frozenset(),
    by: Actor,
) -> Source:
    """Save a source, new or changed. `secrets` holds the new ones by name: others stay as they are, those in `forget`
    go. It is looked at again at once, from the beginning if it is another place now.

    Raises:
        PermissionDenied: `by` may not change feeds.
        Refused: the settings cannot work; the message says which and why.
        Problem: the key to the secrets cannot be read or made.
    """
    may(by, "wire.change_feed")
    transport = transport_of(source)
    before = Source.objects.select_for_update().filter(pk=source.pk).first() if source.pk else None
    if before is not None and before.secrets and before.kind == source.kind:
        # If the key is lost, those that were stored are, too: what is entered now takes their place.
        known = dict(secrets_of(before)) if not secrets or names_of_secrets(before) else {}
    else:
        known = {}
    known |= {name: value for name, value in secrets.items() if value}
    known = {name: value for name, value in known.items() if name not in forget}
    source.settings = dict(settings)
    wrong = list(transport.check(settings_of(source), frozenset(known)))
    if wrong:
        raise Refused(" ".join(sentence for _, sentence in wrong))
    source.secrets = vault().lock(known, purpose=_PURPOSE)
    now = clock.now()
    if before is None:
        source.created_at = now
    if before is None or (before.kind, before.settings) != (source.kind, source.settings):
        source.cursor = {}
    if before is None or (source.active and not before.active):
        source.created_at = now
        source.alerted_at = None
    source.lease_owner, source.lease_until = "", None  # who looks with the old settings keeps no cursor any more
    source.next_at, source.failures, source.stopped, source.trouble = None, 0, False, ""
    source.save()
    changes.audit(
        by=by,
        verb="changed a source" if before else "added a source",
        kind="source",
        ref=source.pk,
        name=source.name,
        transport=source.kind,
        secrets=sorted(name for name, value in secrets.items() if value),
    )
    transaction.on_commit(ring, robust=True)
    return source


@transaction.atomic
def pause(*, source: Source, by: Actor) -> None:
    """Fetch nothing from it until it is switched on again. A look that is under way ends before the next file."""
    may(by, "wire.change_feed")
    Source.objects.filter(pk=source.pk).update(active=False, lease_owner="", lease_until=None)
    changes.audit(by=by, verb="paused a source", kind="source", ref=source.pk, name=source.name)


@transaction.atomic
def go_on(*, source: Source, by: Actor) -> None:
    """Fetch from it again, at once, where it left off."""
    may(by, "wire.change_feed")
    Source.objects.filter(pk=source.pk).update(
        active=True, next_at=None, failures=0, stopped=False, trouble="", alerted_at=None, created_at=clock.now()
    )
    changes.audit(by=by, verb="switched a source on", kind="source", ref=source.pk, name=source.name)
    transaction.on_commit(ring, robust=True)


@transaction.atomic
def remove(*, source: Source, by: Actor) -> None:
    """Remove a source with its secrets. What it brought stays."""
    may(by, "wire.change_feed")
    changes.audit(by=by, verb="removed a source", kind="source", ref=source.pk, name=source.name)
    source.delete()


def ring() -> None:
    """Wake the processes that fetch and read: something was sealed, or a source was changed."""
    bells.ring(bell_of(django_settings.STANDFIRST.home))
    ring_for_reading()


def ring_for_reading() -> None:
    """Wake the process that reads: something was sealed."""
    bells.ring(bell_of_reading(django_settings.STANDFIRST.home))


def bell_of(home: Path) -> Path:
    """The bell of the process that fetches."""
    return home / "run" / "wire-bell"


def bell_of_reading(home: Path) -> Path:
    """The bell of the process that reads."""
    return home / "run" / "wire-reading-bell"


# --- leases -------------------------------------------------------------------------------------------------------


def claim(pk: int, owner: str, *, now_due: bool = True) -> Source | None:
    """Take the lease on a source, if it is free, and due unless `now_due` is False. None if somebody else has it."""
    now = clock.now()
    rows = Source.objects.due(now) if now_due else Source.objects.filter(active=True).free(now)
    if not rows.order_by().filter(pk=pk).update(lease_owner=owner, lease_until=now + LEASE, tried_at=now):
        return None
    return Source.objects.select_related("feed").get(pk=pk)


def free_the_dead() -> int:
    """Free the leases of processes of this machine that are gone, e.g. after a SIGKILL: no need to wait for their end.
    Returns how many."""
    freed = 0
    for pk, owner in Source.objects.exclude(lease_owner="").values_list("pk", "lease_owner"):
        machine, _, rest = owner.partition(":")
        number = rest.partition(":")[0]
        if machine == _machine() and number.isdigit() and not _lives(int(number)):
            freed += Source.objects.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=None)
    return freed


def owner_name() -> str:
    """A name for this process in leases."""
    return f"{_machine()}:{os.getpid()}:{secrets_of_python.token_hex(6)}"


def _machine() -> str:
    return platform.node()[:40].replace(":", "-") or "machine"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def renew(pk: int, owner: str) -> bool:
    """Hold the lease for longer. False if it is somebody else's by now, or was taken away."""
    return bool(Source.objects.filter(pk=pk, lease_owner=owner).update(lease_until=clock.now() + LEASE))


# --- looking ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """What came of a look."""

    files: int = 0
    deliveries: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: str = ""
    noted: float = float("-inf")
    """When the row last said that files come, on the monotonic clock."""
    lost: bool = False
    """The lease was taken away in the middle, or the source was paused or changed."""


def look(
    source: Source,
    owner: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
    wait: Callable[[float], bool] = lambda seconds: True,
    sealed: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Outcome:
    """Fetch what is new from a source whose lease `owner` holds, seal it, and note how it went. Errors of the other
    side, and of its files, are in the outcome; those of our database are raised. `sealed` is called after each file, or
    after several that came at once.
    """
    outcome = Outcome()
    final = False
    retry_after: float | None = None
    said = float("-inf")

    def waiting(seconds: float) -> bool:
        # Who waits for more was good so far. A look that stays says so now and then.
        nonlocal said
        if time.monotonic() - said > SAY_GOOD:
            said = time.monotonic()
            told = _told(outcome)
            Source.objects.filter(pk=source.pk, lease_owner=owner).update(
                good_at=clock.now(), failures=0, stopped=False, trouble=told
            )
        return wait(seconds)

    try:
        transport = transport_of(source)
        job = _job(source, stopping=stopping, wait=waiting, say=say)
        with job.outgoing:
            news = transport.fetch(job)
            taking = _Taking(source, owner, outcome, sealed)
            try:
                for one in news:
                    if not taking.take(one):
                        outcome.lost = True
                        return outcome
            finally:
                taking.flush()
                _close(news)
    except Trouble as trouble:
        outcome.trouble, final, retry_after = _clean(source, str(trouble)), trouble.final, trouble.retry_after
    except Problem as problem:
        outcome.trouble = _clean(source, str(problem))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - told without the error's words: secrets may be in them
        # Whatever the other side does to a transport, the next source is fetched.
        outcome.trouble = f"The program failed while it fetched this source ({type(error).__name__}): tell its makers."
        log.error("Source %s: %s at %s", source.name, type(error).__name__, _where(error))
    _note(source, owner, outcome, final=final, retry_after=retry_after)
    return outcome


def _close(news: Any) -> None:
    close = getattr(news, "close", None)
    if close is not None:
        close()


def _where(error: BaseException) -> str:
    """The last line of ours that it passed: enough to find the fault, and nothing of what was in hand."""
    at = error.__traceback__
    place = "?"
    while at is not None:
        code = at.tb_frame.f_code
        if "standfirst" in code.co_filename:
            place = f"{Path(code.co_filename).name}:{at.tb_lineno}"
        at = at.tb_next
    return place


@sensitive_variables("known")
def _clean(source: Source, text: str) -> str:
    """A sentence without the secrets that a server may have repeated in it."""
    try:
        known = secrets_of(source)
    except Problem:
        return text
    return known.without(text)


@sensitive_variables("known")
def _job(
    source: Source,
    *,
    stopping: Callable[[], bool],
    wait: Callable[[float], bool],
    say: Callable[[str], None],
    trial: bool = False,
) -> Job:
    known = secrets_of(source)
    limit = int(django_settings.STANDFIRST.wire_limit)
    return Job(
        settings=settings_of(source),
        secrets=known,
        cursor=dict(source.cursor),
        outgoing=Outgoing(allow_private=source.allow_private),
        limits=Limits(bytes=limit, files=TRIED_FILES, seconds=TRIED_SECONDS) if trial else Limits(bytes=limit),
        trial=trial,
        stopping=stopping,
        wait=wait,
        say=lambda sentence: say(known.without(sentence)),
    )


@dataclass(slots=True)
class _Taking:
    """Deals with what a look yields. Files that come together are sealed one by one and noted in one go."""

    source: Source
    owner: str
    outcome: Outcome
    sealed: Callable[[], None]
    waiting: list[tuple[deliveries.Sealed, Arrival]] = field(default_factory=list)
    since: float = 0.0

    def take(self, one: Any) -> bool:
        """Deal with one thing. False if the lease is no longer ours: the look must end."""
        if isinstance(one, Arrival):
            return self._arrived(one)
        if not self.flush():
            return False
        source, outcome = self.source, self.outcome
        if isinstance(one, Settle):
            return True
        if isinstance(one, Skipped):
            outcome.skipped.append(_clean(source, f"{one.file_name}: {one.why}"))
            log.warning("Source %s: %s", source.name, outcome.skipped[-1])
            return True
        if isinstance(one, Note):
            outcome.notes.append(one.says)
            return True
        if isinstance(one, Remember):
            if one.cursor == source.cursor:
                return True
            source.cursor = one.cursor
            return bool(self._mine.update(cursor=one.cursor))
        raise TypeError(f"{source.kind} yielded a {type(one).__name__}")

    def _arrived(self, one: Arrival) -> bool:
        if not self.waiting:
            self.since = time.monotonic()
            if not self._mine.exists():
                return False
        delivery = deliveries.seal(
            feed=self.source.feed,
            data=one.data,
            path=one.path,
            file_name=one.file_name,
            transport=self.source.kind,
            parts=one.parts,
            envelope={"source": self.source.name, **one.envelope},
        )
        self.waiting.append((delivery, one))
        more = one.together and len(self.waiting) < NOTED_TOGETHER and time.monotonic() - self.since < NOTED_WITHIN
        return True if more and not delivery.row.pressing else self.flush()

    def flush(self) -> bool:
        """Note what was sealed, and have the other side forget it. False if the lease is no longer ours."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return True
        outcome = self.outcome
        deliveries.note([delivery for delivery, _ in waiting])
        outcome.files += len(waiting)
        outcome.deliveries += [delivery.row.pk for delivery, _ in waiting]
        cursor = next((one.cursor for _, one in reversed(waiting) if one.cursor is not None), None)
        still = True
        if cursor is not None or time.monotonic() - outcome.noted > 1.0:
            # In a burst of files not at each: every write waits for whoever publishes meanwhile.
            outcome.noted = time.monotonic()
            now = clock.now()
            values: dict[str, Any] = {"good_at": now, "new_at": now}
            if cursor is not None:
                values["cursor"] = self.source.cursor = cursor
            still = bool(self._mine.update(**values))
        # They are sealed: whoever has the lease now, the sender may forget them.
        for _, one in waiting:
            one.settled()
        self.sealed()
        return still

    @property
    def _mine(self) -> Any:
        return Source.objects.filter(pk=self.source.pk, lease_owner=self.owner, active=True)


def _note(source: Source, owner: str, outcome: Outcome, *, final: bool, retry_after: float | None) -> None:
    """Give the lease back and say when to look again."""
    now = clock.now()
    values: dict[str, Any] = {"lease_owner": "", "lease_until": None}
    if outcome.files:
        values["new_at"] = now
    told = outcome.trouble
    if not told:
        pause_for = 0.0 if transport_of(source).LINGERS else source.interval * random.uniform(0.95, 1.05)  # noqa: S311
        told = _told(outcome)
        values |= {"failures": 0, "good_at": now, "trouble": told, "stopped": False}
    else:
        failures = source.failures + 1
        pause_for = max(_pause_after(source.interval, failures), retry_after or 0.0)
        values |= {"failures": failures, "trouble": told, "stopped": final}
        if told != source.trouble:
            log.warning("Source %s: %s", source.name, told)
    values["next_at"] = now + timedelta(seconds=pause_for)
    if Source.objects.filter(pk=source.pk, lease_owner=owner).update(**values):
        for name, value in values.items():
            setattr(source, name, value)


def _told(outcome: Outcome) -> str:
    """What a person should know of a look that was good all in all."""
    shown = outcome.skipped[:_MOST_SKIPPED]
    more = len(outcome.skipped) - len(shown)
    return " ".join([*shown, *([f"And {more} more."] if more > 0 else []), *outcome.notes])


def _pause_after(interval: int, failures: int) -> float:
    """Seconds until the next try: doubling from the interval or ten seconds, with jitter, up to half an hour."""
    longest = max(LONGEST_PAUSE, float(interval))
    wait = min(longest, max(float(interval), 10.0) * 2.0 ** min(failures - 1, 12))
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret


# --- trying -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a trial found, and what would be read from it."""

    file_name: str
    size: int
    parts: int
    format: str
    items: tuple[str, ...]
    """Headlines of the first items."""
    count: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a source: nothing was taken in, moved or remembered."""

    found: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    more: bool = False
    seconds: float = 0.0


def try_now(source: Source, *, from_start: bool = False) -> Trial:
    """Connect, and see what would come. Changes nothing, here or there, and needs no lease.

    Looks on from the cursor; with `from_start`, as if nothing had come yet.
    """
    started = time.monotonic()
    until = started + TRIED_SECONDS
    found: list[Found] = []
    notes: list[str] = []
    trouble = ""
    more = False
    copy = Source(
        feed=source.feed,
        name=source.name,
        kind=source.kind,
        settings=source.settings,
        secrets=source.secrets,
        allow_private=source.allow_private,
        cursor={} if from_start else source.cursor,
    )
    try:
        transport = transport_of(copy)
        job = _job(
            copy,
            stopping=lambda: time.monotonic() > until or len(found) >= TRIED_FILES,
            wait=lambda seconds: True,
            say=lambda sentence: None,
            trial=True,
        )
        with job.outgoing:
            news = transport.fetch(job)
            try:
                for one in news:
                    if isinstance(one, Arrival):
                        found.append(_found(source.feed, source.kind, one))
                    elif isinstance(one, Skipped):
                        notes.append(_clean(source, f"{one.file_name}: {one.why}"))
                    elif isinstance(one, Note):
                        notes.append(one.says)
                    if len(found) >= TRIED_FILES or time.monotonic() > until:
                        more = True
                        break
            finally:
                _close(news)
    except Problem as problem:
        trouble = _clean(source, str(problem))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - told without the error's words: secrets may be in them
        trouble = f"The program failed while it tried this source ({type(error).__name__}): tell its makers."
        log.error("Source %s, tried: %s at %s", source.name, type(error).__name__, _where(error))
    return Trial(tuple(found), tuple(notes), trouble, more, time.monotonic() - started)


def _found(feed: Feed, transport: str, arrival: Arrival) -> Found:
    limit = int(django_settings.STANDFIRST.wire_limit)
    data = arrival.data
    if data is None and arrival.path is not None:
        with arrival.path.open("rb") as file:
            data = file.read(limit + 1)
    data = data or b""
    name = arrival.file_name[-120:]
    try:
        parsed = formats.parse(data, profile_of(feed, transport))
    except formats.Unreadable as error:
        return Found(name, len(data), len(arrival.parts), "", (), 0, error.reason)
    lines = tuple((item.headline or item.slugline or item.item_id)[:160] for item in parsed.items[:10])
    return Found(name, len(data), len(arrival.parts), parsed.format, lines, len(parsed.items), "")


# --- health -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """How a feed's sources are. `says` is for people, with a remedy; empty while there is nothing to say."""

    state: str
    """ "good", "troubled" (something fails), "silent" (nothing new for too long), "paused", or "none" (no sources)."""
    says: str = ""
    good_at: datetime | None = None
    new_at: datetime | None = None
    sources: tuple[Source, ...] = ()

    @property
    def alarming(self) -> bool:
        return self.state in ("troubled", "silent")


def state_of(source: Source) -> str:
    """ "paused", "stopped" (waits for a person), "failing", "odd" (good, with something to see to), "new", "good"."""
    if not source.active or not source.feed.active:
        return "paused"
    if source.stopped:
        return "stopped"
    if source.failures:
        return "failing"
    if source.trouble:
        return "odd"
    return "good" if source.good_at else "new"


def health(feed: Feed, sources: list[Source] | None = None) -> Health:
    """How `feed` is: give its sources if you have them."""
    mine = tuple(sources if sources is not None else feed.sources.select_related("feed").order_by("name"))
    if not mine:
        return Health("none")
    good_at = max((source.good_at for source in mine if source.good_at), default=None)
    new_at = max((source.new_at for source in mine if source.new_at), default=None)
    active = [source for source in mine if state_of(source) != "paused"]
    if not active:
        return Health("paused", "", good_at, new_at, mine)
    failing = [source for source in active if state_of(source) in ("failing", "stopped")]
    if failing:
        says = " ".join(f"{source.name}: {source.trouble}" for source in failing[:3])
        return Health("troubled", says, good_at, new_at, mine)
    if _silent_since(feed, active) is not None:
        says = (
            f"Nothing new for more than {_hours(feed.silence_hours or 0)}, though the connection is good: "
            "ask the agency whether it is sending."
        )
        return Health("silent", says, good_at, new_at, mine)
    return Health("good", "", good_at, new_at, mine)


def troubled() -> list[tuple[Feed, Health]]:
    """Every feed that is not well, for the wire list. One query, and one for each feed that has hours of silence."""
    by_feed: dict[int, list[Source]] = {}
    for source in Source.objects.select_related("feed").order_by("name"):
        by_feed.setdefault(source.feed_id, []).append(source)
    found = [(sources[0].feed, sources) for sources in by_feed.values()]
    looked = [(feed, health(feed, sources)) for feed, sources in found]
    return [(feed, state) for feed, state in looked if state.alarming]


def newest_of(feed: Feed) -> datetime | None:
    """When something in this feed last changed an item."""
    newest: datetime | None = Item.objects.filter(feed=feed).aggregate(at=Max("changed_at"))["at"]
    return newest


def _silent_since(feed: Feed, active: list[Source]) -> datetime | None:
    """Since when nothing new came, if that is longer than the feed's silence; None if it is not."""
    if feed.silence_hours is None:
        return None
    begun = min(source.created_at for source in active)
    last = max(filter(None, (newest_of(feed), begun)))
    return last if clock.now() - last > timedelta(hours=feed.silence_hours) else None


@transaction.atomic
def watch_silence() -> int:
    """Mail the publishers of feeds that fell silent, once, and of those that speak again. Returns how many mails."""
    told = 0
    by_feed: dict[int, list[Source]] = {}
    watched = Source.objects.filter(feed__active=True, feed__silence_hours__isnull=False).select_related("feed")
    for source in watched.order_by("pk"):
        by_feed.setdefault(source.feed_id, []).append(source)
    for sources in by_feed.values():
        feed = sources[0].feed
        active = [source for source in sources if source.active]
        since = _silent_since(feed, active) if active else None
        rows = Source.objects.filter(pk__in=[source.pk for source in active])
        if since is not None:
            # Who marks them is who mails: two processes never do both.
            if any(source.alerted_at for source in active) or not rows.filter(alerted_at=None).update(
                alerted_at=clock.now()
            ):
                continue
            state = health(feed, sources)
            good = f"Last good connection: {clock.iso(state.good_at)}." if state.good_at else "It was never connected."
            alerts.mail_publishers(
                f"Nothing new from {feed.title} for more than {_hours(feed.silence_hours or 0)}",
                f"Feed: {feed.title}\nLast new item: {clock.iso(since)}\n{good}\n\n{state.says}\n\n"
                "You get one more mail when it is back.",
            )
            told += 1
        elif active and rows.exclude(alerted_at=None).update(alerted_at=None):
            alerts.mail_publishers(
                f"{feed.title} is back",
                f"Feed: {feed.title}\nNew copy came in after a silence. What it missed, the agency may send again.",
            )
            told += 1
    return told


def _hours(hours: int) -> str:
    return "an hour" if hours == 1 else f"{hours} hours"


def heard(source: Source, delivery: Delivery | None = None) -> None:
    """Note that a source that is not fetched (a push) was good, and brought something if there is a delivery."""
    now = clock.now()
    values: dict[str, Any] = {"tried_at": now, "good_at": now, "failures": 0, "trouble": ""}
    if delivery is not None:
        values["new_at"] = now
    Source.objects.filter(pk=source.pk).update(**values)
    ring()


def failed(source: Source, trouble: str) -> None:
    """Note that what was pushed to a source could not be let in. `trouble` is a sentence with a remedy."""
    changed = Source.objects.filter(pk=source.pk).exclude(trouble=trouble).update(trouble=trouble)
    if changed:
        log.warning("Source %s: %s", source.name, trouble)
    Source.objects.filter(pk=source.pk).update(tried_at=clock.now())
