"""The worker process: looks at change rows, prints pages, and is the newsroom's clock.

One loop, woken on each commit and otherwise twice a second. Everything it does can be cut short at any instant
and done again: rows stay open until their pages are with the readers, ticks until they are applied.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
from django.db import DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.db.models import QuerySet

from standfirst.archive import models as archive
from standfirst.changes import actions as changes
from standfirst.changes import databases
from standfirst.changes.models import Change, Lane, Seen, Tick
from standfirst.changes.statements import by_ids
from standfirst.desk import actions as desk
from standfirst.edition import compose as edition
from standfirst.edition import snapshots
from standfirst.kit import clock, reserve
from standfirst.kit.errors import Problem
from standfirst.kit.files import write_atomically
from standfirst.library import actions as library
from standfirst.library import backend as search
from standfirst.library import cuttings
from standfirst.pages import theming
from standfirst.pictures import actions as pictures
from standfirst.press import finding, ledger, sweeps, wiring
from standfirst.press.crew import Crew, CrewGone
from standfirst.press.engine.engine import Bake, Condition, Engine
from standfirst.press.engine.ledger import Finished
from standfirst.readership import actions as readership
from standfirst.stories import actions as stories
from standfirst.stories.models import Address, Embargo, Publication
from standfirst.wire import actions as wire
from standfirst.wire import onward

log = logging.getLogger(__name__)

RANKING = "ranking"
"""Name of the tick at which the most read stories and the hot set are made anew."""

ROWS = 500
"""Open change rows looked at in one round."""

SLICE, LEAST, MOST = 50, 10, 500
"""Records of a large change looked at before something more urgent may come in between: at first, and at least and at
most, as long as that takes."""

SLICE_SECONDS = 0.1
"""So long a slice should take."""

LOOKING, LONGEST_LOOKING = 0.25, 5.0
"""Seconds after which pages are printed of what was looked at, though more waits: in a burst the first story must not
wait for the last one. As long as the last printing took, if that was longer: each prints the fronts again, and lists
that stories of a burst share, so the further behind the press is, the more it has to do at once."""

PATIENCE = 0.5
"""Seconds after which a long bake gives way to the clock."""

MANY = 3_000
"""Pages that wait in maintenance, from which on a crew is called: it takes two seconds to come."""

COUNTED = 2.0
"""Seconds between two counts of what waits in maintenance, while it is printed: a section may have moved."""

IDLE = 0.5
"""Seconds between two rounds when nobody rings: the clock's precision, and how late a commit elsewhere is seen."""

CLOCK = 5.0
"""Seconds of printing after which even what is published gives way to the clock: on a slow disk others' hours come
meanwhile."""

WRITTEN_BACK = 1.0
"""Seconds between two times at which SQLite's logs are written back: after something was published, in quiet."""

TIDY, REFRESH, CLEAN = 600, 3600, 86_400
"""Seconds between two looks at old rows; at title norms; at half-written files."""

RETRY, RETRY_MANY = 5.0, 60.0
"""Seconds after which pages that could not be printed are tried again: a few, and many."""

ABANDONED = 60.0
"""Seconds after which a ledger is made here that another process began to make and does not go on with."""

MANY_FAILED = 20

SEARCH = "the readers' search"
"""The step that files stories for it, in what is told of troubles."""

FOUND_BY: dict[str, Callable[[int], Iterator[int]]] = {"author": finding.signed_by, "topic": finding.about}
"""Kinds by whose names the search finds stories, and which stories those are."""

WIDE = (onward.FEED, archive.RANGE)
"""Kinds of which a change may be one of many stories, as a section's is that moves."""

WIDE_FILED_AFTER = timedelta(hours=1)
"""As `FILED_AFTER`, of rows that concern very many stories."""

FILING = 0.3
"""Seconds of a round in which stories are filed that never were."""

FILED_AFTER = timedelta(minutes=1)
"""So long after a row was closed its story is filed at the latest, if its worker lives."""

RETRY_KILL = 0.5
"""Seconds after which a kill that could not be looked at is tried again, however often it was."""

SLOW, SLOW_KEPT = 200, 60.0
"""Milliseconds that delivering a page takes where the disk is called slow; and seconds for which that is said."""

FAILED = 100
"""Failed pages that the ledger names at most."""

SWEPT_AT_ONCE = 300
SWEPT_PAGES, LONGEST_DRIFT = 200, 2.0
"""Files compared in one sweep; and seconds for which it goes on where many were changed by another hand."""

NAMED = 5
"""Records that are named where many were taken down of which the database knows nothing."""

KEPT_CHANGES = timedelta(days=30)


def tell(home: Path, *, doing: str, trouble: str = "", failing: str = "", theme: str = "") -> None:
    """Say to the desk that the worker is alive, what it does, what holds it up, which pages cannot be printed, and what
    of the newsroom's theme is not used."""
    state = {
        "at": clock.iso(clock.now()),
        "pid": os.getpid(),
        "doing": doing,
        "trouble": trouble,
        "failing": failing,
        "theme": theme,
    }
    with suppress(OSError):  # on a full disk the desk notices the silence
        write_atomically(home / "run" / "worker.json", json.dumps(state).encode())


class Pace(Protocol):
    """What of the newsroom's options the worker goes by."""

    @property
    def hot_paths(self) -> int: ...

    @property
    def ranking_seconds(self) -> int: ...

    @property
    def sweep_seconds(self) -> int: ...

    @property
    def avif_seconds(self) -> int: ...


class _PutOff(NamedTuple):
    """A row whose record could not be read."""

    record: tuple[str, str]
    pause: float
    until: float
    """Seconds for which it is left alone, and when they have passed."""


class Worker:
    """Does the newsroom's background work until `stop()`.

    `fault` is called between the steps with a name: tests end the process there. `hire` calls a crew that helps while
    there is much to print. When `outdated` says so, the loop ends: whoever watches over the process starts it anew.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        home: Path,
        options: Pace,
        fault: Callable[[str], None] = lambda name: None,
        hire: Callable[[], Crew] | None = None,
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self.engine = engine
        self._hire = hire
        self._outdated = outdated
        self.crew: Crew | None = None
        self._with_crew = ExitStack()
        self.home = home
        self.options = options
        self._fault = fault
        self._stopping = False
        self._doing = "starting"
        self._beaten = 0.0
        self._asked = 0.0
        self._prepared = False
        self._until = 0.0
        self._yield_at = float("inf")
        self._printed_for = 0.0
        self._behind = False
        """True if the last round left work that could have been done."""
        self._ranked: datetime | None = None
        self._hour: datetime | None = None
        self._told: datetime | None = None
        """What the clock said when it was last looked at."""
        self._started = time.monotonic()
        # Half-written files are looked for soon after the start, and then once a day.
        self._last: dict[str, float] = {"clean": self._started - CLEAN + TIDY}
        self._sweeping: Iterator[tuple[str, str]] = iter(())
        self._drifting = 0
        self._database = databases.identity()
        self._bell = wiring.bell(home)
        self._squeezer = wiring.squeezer(engine)
        self._lightener = wiring.lightener(engine, options.avif_seconds)
        self._untinted = True
        """True while there may be pictures without a tint."""
        self.closed = threading.Event()
        """Set when rows were closed: for whoever looks at what readers get of them."""
        self._failed: dict[str, str] = {}
        """Path -> why it could not be printed (the first hundred)."""
        self._retried = 0.0
        self._asked_for_failed = 0.0
        self._retrying = False
        self._slow_at = 0.0
        self._same: dict[int, list[int]] = {}
        """Row that was looked at -> others that name the same record, to be closed when it is: its pages are theirs."""
        self._passed_over: set[int] = set()
        """Open rows that need not be looked at now: they hold up nothing that is less urgent."""
        self._put_off: dict[int, _PutOff] = {}
        """Rows whose records could not be read, by number: they are tried again after a pause."""
        self._unread: dict[tuple[str, str], str] = {}
        """Records that could not be read, and why. Those without a row are tried again by each sweep."""
        self._kept_down: set[tuple[str, str]] = set()
        """Records that were taken down and that the database has live, though no row says so: a person decides."""
        self._written = False
        """True once something was published since SQLite's logs were written back last."""
        self._to_file: dict[tuple[str, str], tuple[Iterator[int], str]] = {}
        """What very many stories are found by and whose row was closed, with those that are not filed yet as they are
        now, and the row's cause."""
        self._went_out: set[int] = set()
        """Stories whose rows were closed, and that are not filed for the readers' search yet."""
        self._unfiled: set[int] = set()
        """Stories that are not filed for the readers' search as they are: the sweep found them, or something failed."""
        self._filing = True
        self._filed_below: int | None = None
        """Whether stories may never have been filed, and below which one they are still to be looked for."""
        self._opened = self._elsewhere = False
        """Whether the ledger was opened; whether another process was found to make it."""
        self._making, self._made_at = "", 0.0
        """How far that one was last, and when that was seen."""
        self._sections_seen = False
        """True if sections were looked at, so that their rules for addresses may have to be written."""
        self._troubles: dict[str, str] = {}
        """What fails now, by the step: said in the log once, and on the desk as long as it lasts."""

    def stop(self, *_: object) -> None:
        """End the loop after the step at hand. May be used as a signal handler."""
        self._stopping = True

    # --- the loop

    def run(self) -> None:
        """Work until stopped. Errors of the database are waited out; they end nothing."""
        trouble = ""
        while not self._stopping:
            try:
                if not self._database_there():
                    self._wait(0.5)
                    continue
                if not self._ledger_open():
                    self._wait(0.5)
                    continue
                if self._outdated():
                    log.info("Another theme was applied: the worker starts anew, and prints every page with it.")
                    break
                self._doing = "working"
                self.steady_round()
            except (DatabaseError, InterfaceError) as error:
                if str(error) != trouble:
                    # Once, however long it lasts: a full disk is no help.
                    trouble = str(error)
                    log.warning("The database did not answer (%s); trying until it does.", error)
                self._doing = f"waiting for the database: {error}"
                self._troubles["database"] = _of_database(error)
                self._hang_up()
                self._wait(0.5)
                continue
            trouble = ""
            self._troubles.pop("database", None)
            self._doing = "ready"
            self._wait(0.0 if self._behind else IDLE)
        self.dismiss()
        self._doing = "stopped"
        self.beat(now=True)

    def _ledger_open(self) -> bool:
        """Open the ledger, unless it is, or another process makes it anew and has gone on with that lately."""
        making = self.engine.making()
        if self._opened and not making:
            return True
        self._doing = "building the ledger"
        if making and (self._opened or self._elsewhere):
            moment = time.monotonic()
            if making != self._making:
                self._making, self._made_at = making, moment
            if moment - self._made_at < ABANDONED:
                return False
        # Should it fail half-way, what is half made is ours, and not waited for.
        self._opened = self._elsewhere = False
        self._elsewhere = self.open() is Condition.ELSEWHERE
        self._opened = not self._elsewhere
        if self._opened:
            self._keep_reserve()
        return self._opened

    def _database_there(self) -> bool:
        gone = databases.gone()
        if gone:
            self._doing = gone
            self._hang_up()
            return False
        identity = databases.identity()
        if identity != self._database:
            # Another file is in its place (a backup put back): handles to the old one must go.
            self._hang_up()
            self._database = identity
        return True

    def _hang_up(self) -> None:
        """Let go of the databases; so must the crew, who would ask over dead connections for ever."""
        self.dismiss()
        connections.close_all()

    def _wait(self, seconds: float) -> None:
        self.beat()
        self._bell.wait(seconds)
        self.beat()

    def beat(self, now: bool = False) -> None:
        """Say that the worker is alive and what it does, about once a second."""
        moment = time.monotonic()
        if not now and moment - self._beaten < 0.9:
            return
        self._beaten = moment
        tell(self.home, doing=self._doing, trouble=self.trouble, failing=self.failing, theme=theming.trouble())

    @property
    def trouble(self) -> str:
        """What holds the worker up, in a sentence; empty while nothing does."""
        return next(iter(self._troubles.values()), "")

    @property
    def failing(self) -> str:
        """Which pages cannot be printed, in a sentence; empty while all can."""
        if not self._failed:
            return ""
        path, why = next(iter(self._failed.items()))
        number = f"{len(self._failed) - 1} more" if len(self._failed) < FAILED else "many more"
        return f"{path} ({why.rstrip('. ')})" + (f" and {number}" if len(self._failed) > 1 else "")

    # --- one round

    def open(self, tell: Callable[[int], None] = lambda records: None, *, many: int = MANY) -> Condition:
        """Make the ledger fit to work with, and pick up what an earlier worker left. Says what the ledger took.

        `tell` hears now and then how many of the newsroom's records were read for that so far. From `many` stories or
        pages on a crew helps.
        """

        def beat(records: int) -> None:
            self.beat()
            tell(records)

        def crew() -> Crew | None:
            self.call_crew(many=many, pages=Publication.objects.count())
            return self.crew

        every = wiring.Ahead(beat=beat, crew=crew, odd=self._note_unread)
        outcome = self.engine.open(every, every.compose)
        log.info("The ledger: %s.", outcome.value)
        self.engine.look(0, wiring.LANES[Lane.MAINTENANCE], [("epoch", "pages")], wiring.compose)
        self.engine.retry_failed()
        self._retried = time.monotonic()
        self._failed = self.engine.failed()
        self._contain("moved sections", lambda: wiring.write_prefixes(self.engine))
        self._contain("files received", wire.resume)
        self._remember_what_went_out()
        self.call_crew(many=many)
        return outcome

    def call_crew(self, *, many: int = MANY, pages: int | None = None) -> None:
        """Have a crew help, if there are so many `pages`: None, those that wait in maintenance.

        It is sent home when these are printed.
        """
        if self._hire is None or self.crew is not None or self._stopping:
            return
        if pages is None:
            pages = self.engine.due(wiring.LANES[Lane.MAINTENANCE], many)
        if pages >= many:
            try:
                self.crew = self.engine.crew = self._hire()
            except OSError as error:
                log.warning("Nobody can be called to help with printing (%s): the press goes on alone.", error)
                self._hire = None
            else:
                self._with_crew.enter_context(databases.long_log(ledger.ALIAS))

    def dismiss(self) -> None:
        """Send the crew home."""
        if self.crew is not None:
            self.engine.crew = None
            self.crew.close()
            self.crew = None
            self._with_crew.close()

    def round(self) -> None:
        """The clock, then the press, then what can wait."""
        self._until = time.monotonic() + PATIENCE
        self.tell_time()
        self._press()
        self.housekeeping()

    def steady_round(self) -> None:
        """A round in which a step that fails ends no other: kills are printed though no ranking can be made."""
        self._until = time.monotonic() + PATIENCE
        self._contain("the clock", self.tell_time)
        self._contain("the press", self._press)
        self._contain("housekeeping", self.housekeeping)
        if self._squeezer is not None and not self._has_work():
            squeezer = self._squeezer
            self._contain("packing", lambda: squeezer.look(self._has_work))
        self._lighten()

    def _lighten(self) -> None:
        """Lighter copies of pictures and the colours of their places, while nobody waits for anything else."""
        if self._lightener is not None and not self._has_work():
            self._contain("lighter pictures", self._lightener.look)
        if self._is_time("tints", TIDY):
            self._untinted = True
        if self._untinted and not self._has_work():
            self._contain("tints", self._tint)

    def _tint(self) -> None:
        self._untinted = pictures.tint_some() > 0

    def _has_work(self) -> bool:
        """True if anybody waits for the press: what is for idle time must stop."""
        self.beat()
        return self._stopping or self._behind or Change.objects.filter(closed_at=None).exists()

    def _contain(self, step: str, do: Callable[[], object]) -> None:
        """Do one step; what goes wrong in it is told, and tried again in the next round."""
        before = self._troubles.pop(step, "")
        try:
            do()
        except Exception as fault:
            if _concerns_all(fault):
                raise
            known = isinstance(fault, Problem)
            self._troubles[step] = str(fault) if known else f"{step} failed ({type(fault).__name__}: {fault})."
            if isinstance(fault, DatabaseError) and databases.is_full(fault):
                # The next step may need no room, or write where there is some: a kill must not wait for a ranking.
                known = True
                self._troubles[step] = _of_database(fault)
            if self._troubles[step] != before:
                log.error("%s", self._troubles[step], exc_info=not known)

    def tell_time(self) -> None:
        """Publish what is due and apply ticks, each in its own transaction."""
        now = clock.now()
        if self._told is None or now < self._told:
            self._notice_a_clock_set_back(now)
        self._told = now
        for story, outcome in stories.publish_due(now):
            log.info("Story %s: %s by the clock.", story, outcome)
        self._fault("worker:published")
        period = self.options.ranking_seconds
        minute = datetime.fromtimestamp(now.timestamp() // period * period, tz=now.tzinfo)
        if minute != self._ranked:
            changes.set_tick(name=RANKING, ref="top", due=minute)
            self._ranked = minute
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            changes.set_tick(name=stories.NEWS_PASSES, ref="news", due=hour)
            self._hour = hour
        for tick in Tick.objects.due(now):
            self.apply(tick.pk)

    @transaction.atomic
    def _notice_a_clock_set_back(self, now: datetime) -> None:
        """Hours that come a second time count again: an embargo holds until its hour, rankings are made anew."""
        passed = changes.set_back(now)
        if not passed:
            return
        log.warning("The clock was set back: %d moments that had passed lie ahead again.", len(passed))
        rankings = [tick for tick in passed if tick.name == RANKING]
        if rankings:
            readership.set_back(max(tick.due for tick in rankings) - now)
            Tick.objects.filter(pk__in=[tick.pk for tick in rankings]).delete()
        if any(tick.name == stories.NEWS_PASSES for tick in passed):
            # This hour has been, too, and the window stands where a later one has put it: it is set anew.
            hour = now.replace(minute=0, second=0, microsecond=0)
            Tick.objects.filter(name=stories.NEWS_PASSES, due__gte=hour).delete()
            self._hour = None
        for tick in passed:
            if tick.name == stories.EMBARGO_ENDS:
                changes.record(kind="story", ref=tick.ref, lane=Lane.KILL, cause="clock set back")
            elif tick.name == pictures.RIGHTS_END:
                changes.record(kind="picture", ref=tick.ref, cause="clock set back")

    def apply(self, tick_id: int) -> None:
        """Apply one tick, once."""
        with transaction.atomic():
            tick = Tick.objects.select_for_update().filter(pk=tick_id, applied_at=None).first()
            if tick is None:
                return
            if tick.name == stories.EMBARGO_ENDS:
                changes.record(kind="story", ref=tick.ref, cause="embargo ended")
            elif tick.name == pictures.RIGHTS_END:
                changes.record(kind="picture", ref=tick.ref, cause="rights ended")
            elif tick.name == wire.TERMS_END:
                wire.end_terms(int(tick.ref))
            elif tick.name == wire.ASK:
                wire.ask_what_is_open()
            elif tick.name in desk.ENDS:
                desk.ENDS[tick.name](tick.ref, tick.due)
            elif tick.name == stories.NEWS_PASSES:
                stories.pass_news(tick.due)
            elif tick.name == RANKING:
                readership.take_counts(self.home / "reads", tick.due)
                readership.rank(tick.due)
                readership.heat(tick.due, self.options.hot_paths)
            else:
                log.warning("Tick %s is of no kind that is known.", tick)
            tick.applied_at = clock.now()
            tick.save(update_fields=["applied_at"])
        self._fault("worker:ticked")

    # --- the press

    def press(self, *, patience: float = PATIENCE, allow_mass_removal: bool = False) -> int:
        """Look at open change rows, print what they made due, close them. Returns how many pages were done.

        After `patience` seconds the rest is left for the next call.
        """
        self._until = time.monotonic() + patience
        return self._press(allow_mass_removal=allow_mass_removal)

    def _press(self, *, upto: Lane = Lane.MAINTENANCE, allow_mass_removal: bool = False) -> int:
        done = 0
        self._behind = False
        while not self._stopping:
            rows = self._rows(upto)
            looked = self._look_at(rows)
            if "moved sections" in self._troubles or self._sections_seen:
                self._sections_seen = False
                # A kill must not wait for it.
                self._contain("moved sections", lambda: wiring.write_prefixes(self.engine))
            began = time.monotonic()
            self._yield_at = began + CLOCK
            self._doing = "printing"
            try:
                bake = self.engine.bake(
                    upto=wiring.LANES[upto], interrupted=self._interrupted, allow_mass_removal=allow_mass_removal
                )
            except CrewGone as problem:
                log.warning("%s", problem)
                self.dismiss()
                self._hire = None
                continue
            except Problem as problem:
                # The rest goes on; `standfirst check` and the desk say what waits for a person.
                if self._troubles.get("printing") != str(problem):
                    log.error("%s", problem)
                self._troubles["printing"] = str(problem)
                self.dismiss()
                self.close()
                # A kill may be among what was not looked at yet.
                self._behind = not looked or len(rows) >= ROWS
                return done
            finally:
                self._yield_at = float("inf")
                self._doing = "working"
            self._printed_for = time.monotonic() - began
            self._say_how_it_went(bake)
            done += bake.pages
            self._fault("worker:baked")
            self.close()
            self._file_what_went_out()
            if not bake.interrupted and upto is Lane.MAINTENANCE:
                self.dismiss()
                if not self._prepared:
                    self._contain("new folder", self._finish_preparing)
            if not bake.interrupted and looked and len(rows) < ROWS:
                return done
            if time.monotonic() > self._until:
                self._behind = True
                # While some pages are stuck nobody is asked to help.
                if upto is Lane.MAINTENANCE and bake.stuck is None and self._is_time("crew", COUNTED):
                    self.call_crew(many=MANY)
                return done
        return done

    def _finish_preparing(self) -> None:
        self._prepared = wiring.finish_preparing(self.engine)

    def _say_how_it_went(self, bake: Bake) -> None:
        """What of a bake the desk should know: pages that could not be delivered or printed, and a slow disk."""
        moment = time.monotonic()
        if bake.stuck is not None:
            self._troubles["printing"] = str(bake.stuck)
        elif self._troubles.pop("printing", None):
            self.call_crew()
        if bake.failed or (self._retrying and bake.pages):
            self._retrying = False
            self._failed = self.engine.failed()
        each = bake.delivering / bake.delivered if bake.delivered else 0.0
        if each >= SLOW:
            self._slow_at = moment
            self._troubles["disk"] = (
                f"The output folder is slow: a page takes {each / 1000:.1f} s to write. Kills go first, the rest is "
                "late: see what keeps its disk busy, or whether the network to it is in order."
            )
        elif bake.delivered or moment - self._slow_at > SLOW_KEPT:
            self._troubles.pop("disk", None)

    def _rows(self, upto: Lane) -> list[Change]:
        """Open rows that are to be looked at, the most urgent first, `ROWS` at most.

        Rows stay open until their pages are printed, which may be many, or stuck: those that were looked at are passed
        over, however many they are. So are those that wait to be tried again, but for what is new about their records.
        """
        self._forget_put_off()
        moment = time.monotonic()
        rows: list[Change] = []
        waiting: list[Change] = []
        same = {row for others in self._same.values() for row in others}
        self._passed_over = set()
        start = 0
        while len(rows) < ROWS:
            some = list(Change.objects.open().filter(lane__lte=upto)[start : start + ROWS])
            known = self.engine.looked_at([row.pk for row in some]) | same
            self._passed_over.update(row.pk for row in some if row.pk in known)
            for row in some:
                if row.pk not in known:
                    put_off = self._put_off.get(row.pk)
                    (waiting if put_off and put_off.until > moment else rows).append(row)
            if len(some) < ROWS:
                break
            start += ROWS
        rows = rows[:ROWS]
        new = {(row.kind, row.ref) for row in rows}
        self._passed_over.update(row.pk for row in waiting if (row.kind, row.ref) not in new)
        return rows + [row for row in waiting if (row.kind, row.ref) in new]

    def _look_at(self, rows: Iterable[Change]) -> bool:
        """Look at what rows name, the most urgent first, for a moment. True if all were looked at."""
        until = time.monotonic() + min(max(LOOKING, self._printed_for), LONGEST_LOOKING)
        for same in _grouped(rows):
            if self._stopping or time.monotonic() > until or self._interrupted(Lane(same[0].lane)):
                return False
            self._try_to_look(same)
        return True

    def _try_to_look(self, same: list[Change]) -> None:
        """Look at one record. If it cannot be read its rows stay open, and hold up neither others nor printing."""
        leader = same[0]
        record = leader.kind, leader.ref
        try:
            self.look(same)
        except Exception as fault:
            if _concerns_all(fault):
                raise
            if isinstance(fault, DatabaseError) and databases.is_full(fault):
                self._troubles["room"] = _of_database(fault)
            else:
                if not isinstance(fault, wiring.Unreadable):
                    known = isinstance(fault, Problem)
                    why = str(fault) if known else f"{type(fault).__name__}: {fault}"[:500]
                    fault = wiring.Unreadable(record, why)
                self._note_unread(fault, exc_info=True)
            before = self._put_off.get(leader.pk)
            pause = min(max(RETRY, 2 * before.pause), RETRY_MANY) if before else RETRY
            if leader.lane == Lane.KILL:
                pause = RETRY_KILL
            self._put_off.update((row.pk, _PutOff(record, pause, time.monotonic() + pause)) for row in same)
            return
        for row in same:
            self._put_off.pop(row.pk, None)
        self._note_read(record)
        self._sections_seen |= leader.kind == "section"

    def _note_unread(self, problem: wiring.Unreadable, *, exc_info: bool = False) -> None:
        if self._unread.get(problem.key) != problem.why:
            log.error("%s", problem, exc_info=exc_info)
        self._unread[problem.key] = problem.why
        self._tell_unread()

    def _note_read(self, *records: tuple[str, str]) -> None:
        for record in records:
            self._unread.pop(record, None)
        self._tell_unread()

    def _tell_unread(self) -> None:
        """Name what cannot be read on the desk, for as long as that is so."""
        self._troubles.pop("records", None)
        for (kind, ref), why in self._unread.items():
            more = f", nor can {len(self._unread) - 1} more" if len(self._unread) > 1 else ""
            self._troubles["records"] = (
                f"The record {kind}:{ref} cannot be read ({why.rstrip('. ')}){more}; what readers have of it stays, "
                "and all else is printed. Correct what is odd in it and save it again, or take it down: it is tried "
                "again by itself."
            )
            return

    def _forget_put_off(self) -> None:
        """Rows that were closed meanwhile, e.g. by another worker, need not be tried again."""
        if self._put_off:
            still = set(Change.objects.filter(pk__in=self._put_off, closed_at=None).values_list("pk", flat=True))
            for pk in self._put_off.keys() - still:
                self._note_read(self._put_off.pop(pk).record)
        if not self._put_off:
            self._troubles.pop("room", None)

    def _interrupted(self, lane: Any) -> bool:
        """True if a more urgent row waits to be looked at or closed, or the clock has waited long enough."""
        moment = time.monotonic()
        if moment - self._asked < 0.03:
            return False
        self._asked = moment
        self.beat()
        if self._stopping or (lane == Lane.MAINTENANCE and moment > self._until):
            return True
        if lane == Lane.PUBLISH and moment > self._yield_at:
            return True
        return changes.waits_before(lane, but=self._passed_over)

    def look(self, rows: list[Change]) -> None:
        """Look at one record for all the rows that name it; the first of `rows` gets the report."""
        leader, *others = rows
        lane = wiring.LANES[Lane(leader.lane)]
        since = wiring.milliseconds(leader.created_at)
        keys: list[tuple[str, str]] = []
        if leader.kind in wiring.KINDS:
            keys.append((leader.kind, leader.ref))
        if leader.kind == "story":
            again = any(row.pk in self._put_off for row in rows)
            keys += self._events(int(leader.ref), again=again)
            if again:
                keys.append(("related", leader.ref))  # it may have been made when the story could not be read
        moved = any(row.cause == "moved" for row in rows)
        if moved or leader.kind in WIDE:
            every = edition.dependents(leader.kind, leader.ref, "moved" if moved else leader.cause)
            walk = (record for record in every if record not in self._unread)
            size = SLICE
            self.engine.look(leader.pk, lane, keys, wiring.compose, since=since, more=True)
            keys = []
            while some := list(islice(walk, size)):
                began = time.monotonic()
                self.engine.look(leader.pk, lane, some, wiring.compose, many=self._composed, since=since, more=True)
                took = max(time.monotonic() - began, 0.001)
                size = min(max(LEAST, int(len(some) * SLICE_SECONDS / took)), MOST)
                if leader.lane == Lane.MAINTENANCE and self._interrupted(Lane.MAINTENANCE):
                    self._press(upto=Lane.PUBLISH)
        self._fault("worker:looking")
        self.engine.look(leader.pk, lane, keys, wiring.compose, since=since)
        self._fault("worker:looked")
        if leader.kind == "story" and leader.lane == Lane.KILL:
            # What is taken down was forgotten when that was committed. This is for an hour that comes a second time.
            self._file([int(leader.ref)])
        if others:
            self._same[leader.pk] = [row.pk for row in others]

    def _composed(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        """Records for a look at very many. Those that cannot be read are named, and left to the sweeps."""
        self.beat()
        records = wiring.compose_many(keys)
        for problem in [record for record in records.values() if isinstance(record, wiring.Unreadable)]:
            self._note_unread(problem)
            del records[problem.key]
        return records

    def _events(self, story_id: int, *, again: bool) -> list[tuple[str, str]]:
        """At first publication and at marked updates related lists are made; a new story's page is hot, and another's
        cools. Both or neither; but `again`, where that has failed, no story waits for being hot."""
        keys: list[tuple[str, str]] = []

        def heat() -> None:
            for address in _addresses([story_id]) if 0 in _refreshes([story_id]) else ():
                heated = readership.heat_new(address.path, story_id, self.options.hot_paths)
                keys.extend(("hot", path) for path in heated)

        if again:
            if related := library.relate_if_due(story_id):
                try:
                    heat()
                except Exception as fault:
                    if _concerns_all(fault):
                        raise
                    log.exception("The page of story %d is not hot before the next ranking.", story_id)
        else:
            related = library.relate_if_due(story_id, heat)
        return [("related", str(story_id)), *keys] if related else keys

    # --- the readers' search

    def _file(self, stories: Sequence[int]) -> None:
        """Have stories be found as they are now. What goes wrong holds up no page: the sweep tries again."""
        try:
            finding.file(stories)
        except Exception as fault:
            if _concerns_all(fault):
                raise
            known = isinstance(fault, Problem)
            if len(stories) > 1 and not known:
                for story in stories:
                    self._file([story])
                return
            self._unfiled.update(stories)
            says = str(fault) if known else f"Story {stories[0]} cannot be filed ({type(fault).__name__}: {fault})."
            if self._troubles.get(SEARCH) != says:
                log.error("%s", says, exc_info=not known)
            self._troubles[SEARCH] = says[:500]
            return
        self._unfiled.difference_update(stories)
        if not self._unfiled:
            self._troubles.pop(SEARCH, None)

    def _file_what_went_out(self) -> None:
        """The stories of rows that were closed just now: a search is to find what readers have, and no page waits for
        it. After a crash `open` remembers them."""
        if self._went_out:
            self._fault("worker:filing")
        while some := sorted(self._went_out)[:SLICE]:
            self._file(some)
            self._went_out.difference_update(some)
            if self._went_out and self._interrupted(Lane.MAINTENANCE):
                self._behind = True
                return

    def _remember_what_went_out(self) -> None:
        """What the last rows were about that a worker closed, which may have ended before it filed that."""
        last = Change.objects.exclude(closed_at=None).order_by("-closed_at").values_list("closed_at", flat=True).first()
        if last is not None:
            lately = Change.objects.filter(kind="story", closed_at__gte=last - FILED_AFTER)
            wide = Change.objects.filter(kind__in=(*FOUND_BY, *WIDE, "section"), closed_at__gte=last - WIDE_FILED_AFTER)
            self._note_went_out(list((lately | wide).values_list("pk", flat=True)))

    def _note_went_out(self, rows: Sequence[int]) -> None:
        """Have filed what closed rows are about: stories, and those of authors and topics that may have other names."""
        for kind, ref, cause in Change.objects.filter(pk__in=rows).values_list("kind", "ref", "cause"):
            if kind == "story":
                self._went_out.add(int(ref))
            elif kind in FOUND_BY or kind in WIDE or cause == "moved":
                # Anew, if it was at it: those that are filed already are passed over.
                self._to_file[kind, ref] = _stories_of(kind, ref, cause), cause

    def finish_filing(self) -> None:
        """For a command that ends when all is printed: file what a worker would file in further rounds."""
        while self._to_file and not self._stopping:
            self._file_many()

    def _file_many(self) -> None:
        """The stories of authors and topics that have other names now, of sections that moved, and the like. They may
        be very many: some in each round, when their pages are out, and news goes first."""
        until = time.monotonic() + FILING
        while self._to_file and not self._stopping:
            (kind, ref), (walk, cause) = next(iter(self._to_file.items()))
            try:
                some = list(islice(walk, SLICE))
            except Exception:
                self._to_file[kind, ref] = _stories_of(kind, ref, cause), cause  # one that has failed ends
                raise
            if not some:
                del self._to_file[kind, ref]
                continue
            self._file(some)
            if time.monotonic() > until or changes.waits_before(Lane.MAINTENANCE, but=self._passed_over):
                self._behind = True
                return

    def _file_the_rest(self) -> None:
        """Live stories that were never filed, or by other rules: all of them after an upgrade. A little at a time."""
        until = time.monotonic() + FILING
        while not self._stopping:
            some, below = cuttings.unfiled(self._filed_below)
            for start in range(0, len(some), SLICE):
                self._file(some[start : start + SLICE])
                self._filed_below = some[start : start + SLICE][-1]
                if time.monotonic() > until or changes.waits_before(Lane.MAINTENANCE, but=self._passed_over):
                    self._behind = True
                    return
            self._filed_below, self._filing = below, below is not None
            if not self._filing:
                return
            if time.monotonic() > until:
                self._behind = True
                return

    def _file_again(self) -> None:
        """What a sweep has found, and what could not be filed before."""
        if self._kept_down:
            finding.forget(int(ref) for kind, ref in self._kept_down if kind == "story")
        some = sorted(self._unfiled)[:SWEPT_AT_ONCE]
        for start in range(0, len(some), SLICE):
            self._file(some[start : start + SLICE])
            self.beat()

    def close(self) -> None:
        """Close the change rows whose pages are all with the readers, and those that named the same records."""
        if finished := self.engine.finished():
            self._close_finished(finished)
        if self._same:
            self._close_same()

    def _close_finished(self, finished: list[Finished]) -> None:
        now = clock.now()
        for change in finished:
            seen = Seen.DUE if change.written or change.removed else ""
            Change.objects.filter(pk=change.change, closed_at=None).update(
                closed_at=now, report=_report(change), seen=seen
            )
        # A kill was filed where it was looked at.
        self._note_went_out([change.change for change in finished if change.lane != wiring.LANES[Lane.KILL]])
        self._fault("worker:closed")
        self._written = True
        self.closed.set()
        self.engine.settle([change.change for change in finished])

    def _close_same(self) -> None:
        """Close the rows that were looked at with another one, once that is closed, by whichever worker."""
        still = set(Change.objects.filter(pk__in=self._same, closed_at=None).values_list("pk", flat=True))
        for leader in self._same.keys() - still:
            # One that another worker looked at for itself, or that a look was cut short for, has pages of its own.
            own = ledger.begun(self._same[leader])
            Change.objects.filter(pk__in=set(self._same[leader]) - own, closed_at=None).update(
                closed_at=clock.now(), report={"pages": 0, "unchanged": 0, "removed": 0, "ms": 0, "same_as": leader}
            )
            # Of several causes one may concern many stories, a section's move, and not be the first.
            self._note_went_out(self._same.pop(leader))

    # --- what can wait

    def housekeeping(self) -> None:
        """The sweep, related lists put off, what failed, old rows, the search index, half-written files."""
        if self._is_time("sweep", self.options.sweep_seconds):
            self.sweep()
            library.relate_later(100)
        self._file_many()
        if self._filing:
            self._file_the_rest()
        self._retry()
        if self._written and self._is_time("write back", WRITTEN_BACK) and not self._has_work():
            self._written = False
            databases.write_back()
        if self._is_time("tidy", TIDY):
            self._keep_reserve()
            Change.objects.filter(closed_at__lt=clock.now() - KEPT_CHANGES).delete()
            often = (RANKING, stories.NEWS_PASSES)
            Tick.objects.filter(applied_at__lt=clock.now() - timedelta(days=1), name__in=often).delete()
        if self._is_time("refresh", REFRESH):
            search.refresh_norms()
            cuttings.tidy()
        if self._is_time("clean", CLEAN):
            # It looks through every folder, and a kill must not wait for that.
            threading.Thread(target=wiring.clean, args=(self.engine,), daemon=True).start()

    def _keep_reserve(self) -> None:
        with suppress(OSError):  # a disk without room for it is told of by other means
            reserve.keep(self.home)

    def _retry(self) -> None:
        """Try pages again that could not be printed: what was wrong may have been mended.

        Which they are is asked of the ledger now and then: a bake that ends in an error does not say, and
        `standfirst press run` has pages that fail, too.
        """
        moment = time.monotonic()
        if moment - self._asked_for_failed >= RETRY:
            self._asked_for_failed = moment
            self._failed = self.engine.failed()
        if not self._failed:
            return
        if moment - self._retried >= (RETRY if len(self._failed) <= MANY_FAILED else RETRY_MANY):
            self._retried = moment
            self.engine.retry_failed()
            self._retrying = self._behind = True

    def _is_time(self, what: str, seconds: float) -> bool:
        """True once in so many seconds, for the first time that long after the start."""
        moment = time.monotonic()
        if moment - self._last.get(what, self._started) <= seconds:
            return False
        self._last[what] = moment
        return True

    def sweep(self) -> list[tuple[str, str]]:
        """Compare the newest stories and a stretch of all records with their snapshots, and a stretch of the output
        folder with the ledger: late writes and files that another hand changed are found, mended and reported."""
        began = time.monotonic()
        newest = Publication.objects.order_by("-refreshed").values_list("story_id", flat=True)[:SWEPT_AT_ONCE]
        keys = [("story", str(pk)) for pk in newest]
        stretch = list(islice(self._sweeping, SWEPT_AT_ONCE))
        if len(stretch) < SWEPT_AT_ONCE:
            self._sweeping = wiring.every_key()
        unread, found = {key for key in self._unread if key[0] in wiring.KINDS}, set()
        down, self._kept_down = self._kept_down, set()

        def odd(problem: wiring.Unreadable) -> None:
            found.add(problem.key)
            self._note_unread(problem)

        ahead = wiring.Ahead([*keys, *stretch, *unread, *down], lambda _: self.beat(), but=self._left_alone, odd=odd)
        late = self.engine.sweep(ahead, ahead.compose)
        self._note_read(*(unread - found - _open_records(unread)))
        self._tell_kept_down(down)
        self._file_again()
        if late:
            log.warning("The sweep found %d records that were written past the usual doors: %s", len(late), late[:5])
        drifted = self._drift()
        if late or drifted:
            self._press()
        sweeps.note(
            self.home,
            late=[f"{kind}:{ref}" for kind, ref in late],
            drifted=drifted,
            unmended=self.engine.waiting(drifted),
            ms=int((time.monotonic() - began) * 1000),
        )
        return late

    def _left_alone(self, composed: Mapping[tuple[str, str], Any]) -> set[tuple[str, str]]:
        """Those of some records that a sweep must not bring to readers.

        What has an open row is not late: it was committed since the last look. And what was taken down does not come
        back without one: a backup that was put back does not know of the kill.
        """
        left = _open_records(composed)
        up = [f"{kind}:{ref}" for (kind, ref), record in composed.items() if _is_up(record)]
        for key, data in self.engine.store.records_of(up).items():
            kind, _, ref = key.partition(":")
            if (kind, ref) in left or not self._was_taken_down(kind, data):
                continue
            left.add((kind, ref))
            # Once more: it may have been taken down since it was composed.
            if _is_up(wiring.compose(kind, ref)) and (kind, ref) not in _open_records([(kind, ref)]):
                self._kept_down.add((kind, ref))
        self._unfiled |= finding.differing(composed, but=left)
        return left

    def _was_taken_down(self, kind: str, data: bytes) -> bool:
        """True if the ledger has it that somebody wanted a story or a picture gone."""
        if b'"notice":' not in data and b'"usable":' not in data:
            return False
        try:
            record = self.engine.book.decode(kind, data)
        except msgspec.DecodeError:
            return False  # of another version: the ledger says so when it is looked at
        if isinstance(record, snapshots.Story) and record.notice is not None:
            # One whose embargo has passed while the clock was put right by little comes back by itself.
            passed = Embargo.objects.filter(story_id=record.id, undone_at=None, until__lte=clock.now())
            return record.notice.reason != "unpublished" or not passed.exists()
        return isinstance(record, snapshots.Picture) and not record.usable

    def _tell_kept_down(self, before: set[tuple[str, str]]) -> None:
        self._troubles.pop("taken down", None)
        if not self._kept_down:
            return
        names = ", ".join(f"{kind}:{ref}" for kind, ref in sorted(self._kept_down)[:NAMED])
        says = (
            f"What was taken down is live in this database, as it is in a backup from before that: {names} "
            f"({len(self._kept_down)} in all). Readers go on without until you decide: take it down again, or run "
            "`standfirst press proof --mend` to have published what this database says."
        )
        self._troubles["taken down"] = says
        if self._kept_down - before:
            log.warning("%s", says)

    def _drift(self) -> list[str]:
        """Files that another hand changed or removed. Where a stretch has some, the next follows at once."""
        found: list[str] = []
        until = time.monotonic() + LONGEST_DRIFT
        while True:
            self._drifting, some = self.engine.drift(self._drifting, SWEPT_PAGES)
            found += some
            self.beat()
            if not some or not self._drifting or time.monotonic() > until:
                break
        if found:
            log.warning("The sweep found %d files that another hand changed or removed: %s", len(found), found[:5])
        return found


def _concerns_all(fault: Exception) -> bool:
    """True if a database is away or damaged, and it is not only that there is no room for what one step wrote."""
    if not isinstance(fault, DatabaseError | InterfaceError) or databases.is_full(fault):
        return False
    return isinstance(fault, OperationalError | InterfaceError) or _is_damaged(fault)


def _is_damaged(error: DatabaseError | InterfaceError) -> bool:
    return "malformed" in str(error) or "not a database" in str(error)


@by_ids
def _refreshes(story_ids: Sequence[int]) -> QuerySet[Any, int]:
    return Publication.objects.filter(story_id__in=story_ids).values_list("refreshes", flat=True)


@by_ids
def _addresses(story_ids: Sequence[int]) -> QuerySet[Address]:
    return Address.objects.current().filter(story_id__in=story_ids)


def _stories_of(kind: str, ref: str, cause: str) -> Iterator[int]:
    """The stories that are found by what a row was about."""
    if kind in FOUND_BY:
        return FOUND_BY[kind](int(ref))
    return (int(other) for of, other in edition.dependents(kind, ref, cause) if of == "story")


def _of_database(error: DatabaseError | InterfaceError) -> str:
    says = str(error).strip().rstrip(".")
    if _is_damaged(error):
        return (
            f"A database file is damaged ({says}): stop Standfirst and remove press.sqlite3, which is built anew; if "
            "that is no help, put the newsroom's database back from your backup. Readers have the last good copies "
            "until then."
        )
    if databases.is_full(error):
        return f"A database has no room ({says}): make room on its disk. Readers have the last good copies until then."
    return f"A database does not answer ({says}): see that it runs and can be written. The worker tries until it does."


def _is_up(record: Any) -> bool:
    """True of a story or a picture that readers may have."""
    if isinstance(record, snapshots.Story):
        return record.notice is None
    return isinstance(record, snapshots.Picture) and record.usable


def _open_records(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `keys` for which there is an open row, of their own or for a run of imported stories."""
    found = set(Change.objects.filter(closed_at=None).exclude(kind=archive.RANGE).values_list("kind", "ref"))
    runs = [
        tuple(map(int, ref.split("-")))
        for ref in Change.objects.filter(closed_at=None, kind=archive.RANGE).values_list("ref", flat=True)
    ]
    if runs:
        stories_ = [(kind, ref) for kind, ref in keys if kind in ("story", "related")]
        found.update(key for key in stories_ if any(first <= int(key[1]) <= last for first, last in runs))
    return found


def _grouped(rows: Iterable[Change]) -> list[list[Change]]:
    """Rows that name the same record together: the most urgent and newest of them first."""
    by_record = sorted(rows, key=lambda row: (row.kind, row.ref, row.lane, -row.pk))
    groups = [list(same) for _, same in groupby(by_record, key=lambda row: (row.kind, row.ref))]
    return sorted(groups, key=lambda same: (same[0].lane, min(row.pk for row in same)))


def _report(change: Finished) -> dict[str, Any]:
    return {
        "pages": change.written,
        "unchanged": change.unchanged,
        "removed": change.removed,
        "failed": change.failed,
        "ms": change.ms,
        "surfaces": [
            {"path": surface.path, "name": surface.kind, "outcome": surface.outcome, "ms": surface.ms}
            for surface in change.surfaces[:100]
            if surface.outcome != "unchanged"
        ],
    }
