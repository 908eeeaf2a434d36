"""The lookout: fetches what the press wrote through the newsroom's public address, as a reader does, and compares.

The marker of a version is the ledger's own digest of an output (status, target, body): taken of what was fetched, after
unpacking, it says exactly which version was served, whatever a cache does to ETags and codings, and costs readers not a
byte. It works in a thread beside the press, takes a small part of the time, and changes nothing but what is said of a
change: a row's `seen` and `sight`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.db import DatabaseError, InterfaceError, connections

from standfirst.changes import databases
from standfirst.changes.models import Change, Lane, Seen
from standfirst.kit import clock, sitefiles
from standfirst.kit.outgoing import Outgoing, Response, TooLarge, Unfetched
from standfirst.pages.output import Output
from standfirst.press import ledger
from standfirst.press.engine.ledger import Standing
from standfirst.press.engine.outlet import digest

log = logging.getLogger(__name__)

SAMPLE: Final = 8
"""Pages of a change that are looked at. Of a kill all that its report names, which are a hundred at most."""

FIRST: Final = ("story", "front", "feed", "moved", "author", "day")
"""Which kinds of page are looked at first."""

PAUSES: Final = (0.4, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds after the first, second ... look until the next one; the last goes on for a day."""

RED_AFTER: Final = 4
"""Looks in vain after which it is told. Three to four seconds: shared caches may keep a page for two."""

PAGE_SECONDS, PAGE_BYTES = 5.0, 8_000_000
LOOK_SECONDS: Final = 20.0
"""For the pages of one change in one look; the rest waits for the next look."""

AWAY_SECONDS, LONGEST_AWAY = 3.0, 60.0
"""For how long an address that did not answer is not asked again: the first time, and when it never does."""

GOOD_SECONDS: Final = 3.0
"""For how long a page that was seen need not be fetched again for another change."""

KEPT_BUSY: Final = 50
"""Changes that may wait to be looked at. In a burst newer ones stand for those that waited longest; kills all wait."""

STALE = timedelta(minutes=2)
"""Age at which a change that nobody looked at is left unsaid."""

RED_KEPT = timedelta(days=1)
"""For how long a red change is looked at again, and named by `standfirst check`."""

SHARE, LONGEST_REST = 4, 0.5
"""Times as long as a look took, the lookout rests after it; at most so many seconds. Not after a kill."""


class Place(Protocol):
    """What of the newsroom's options the lookout goes by."""

    @property
    def origin(self) -> str: ...

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def reader_address(options: Place) -> str:
    """Where this machine's reader process listens."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(  # noqa: S104 - compared, not bound
        options.host, options.host
    ).strip("[]")
    return f"http://[{host}]:{options.port}" if ":" in host else f"http://{host}:{options.port}"


@dataclass(slots=True)
class _Watch:
    """A change that is being looked at. `left` are pages not seen yet, `wrong` what was found there last."""

    left: list[str]
    of: int
    looks: int = 0
    next: float = 0.0
    wrong: dict[str, dict[str, str]] = field(default_factory=dict)


class Lookout:
    """Looks at what readers get of closed changes. For one thread."""

    def __init__(self, options: Place, *, closed: threading.Event | None = None) -> None:
        self.public = options.origin
        self.reader = reader_address(options)
        self._closed = closed or threading.Event()
        self._watches: dict[int, _Watch] = {}
        self._clients: dict[str, Outgoing] = {}
        self._away: dict[str, tuple[float, float, str]] = {}
        """Until when an address is not asked, for how long that is, and why."""
        self._good: dict[str, tuple[float, int]] = {}
        self._trouble = ""
        self._rest = 0.0

    # --- the thread

    def start(self) -> None:
        """Look in a thread of its own until the process ends."""
        threading.Thread(target=self._run, name="lookout", daemon=True).start()

    def _run(self) -> None:
        pause = 0.0
        while True:
            self._closed.wait(pause)
            self._closed.clear()
            try:
                pause = 1.0 if databases.gone() else self.look()
                self._trouble = ""
                time.sleep(self._rest)
            except (DatabaseError, InterfaceError):
                pause = 2.0  # the worker says so
            except Exception as fault:
                if str(fault) != self._trouble:
                    log.exception("What readers get could not be looked at")
                self._trouble, pause = str(fault), 10.0
            finally:
                # A file put back from a backup must not be written through an old handle.
                connections.close_all()

    def close(self) -> None:
        """Close the connections that are kept between looks."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    # --- looking

    def look(self) -> float:
        """Look at what is due, kills first. Returns the seconds after which there is something to do again."""
        self._rest = 0.0
        self._leave_out()
        since = clock.now() - RED_KEPT
        waiting = Change.objects.filter(seen__in=(Seen.DUE, Seen.RED), closed_at__gte=since)
        rows = list(waiting.order_by("lane", "-id")[:200])
        for gone in self._watches.keys() - {row.pk for row in rows}:
            del self._watches[gone]
        for row in rows:
            watch = self._watches.get(row.pk)
            if watch is None:
                watch = self._watches[row.pk] = _watch(row)
            began = time.monotonic()
            if watch.next > began:
                continue
            self._look_at(row, watch)
            if row.lane != Lane.KILL:
                # Another row may be more urgent by now, and the press has the first claim on this machine.
                self._rest = min((time.monotonic() - began) * SHARE, LONGEST_REST)
                return 0.0
        moment = time.monotonic()
        return max(0.05, min([watch.next - moment for watch in self._watches.values()], default=30.0))

    def _leave_out(self) -> None:
        """In a burst, and after a time away, what nobody has looked at is left unsaid: newer changes stand for it."""
        due = Change.objects.filter(seen=Seen.DUE).exclude(lane=Lane.KILL)
        due.filter(closed_at__lt=clock.now() - STALE).update(seen="")
        behind = list(due.order_by("-id").values_list("pk", flat=True)[KEPT_BUSY : KEPT_BUSY + 500])
        if behind:
            Change.objects.filter(pk__in=behind).update(seen="")

    def _look_at(self, row: Change, watch: _Watch) -> None:
        if not watch.of:
            Change.objects.filter(pk=row.pk).update(seen="")
            return
        until = time.monotonic() + LOOK_SECONDS
        via, left, wrong = "public", [], {}
        for path in watch.left:
            if time.monotonic() > until:
                left.append(path)
                continue
            found, by = self._check(path)
            via = by or via
            if found is not None:
                left.append(path)
                if found:
                    wrong[path] = found
        watch.left, watch.wrong = left, wrong
        watch.looks += 1
        watch.next = time.monotonic() + PAUSES[min(watch.looks, len(PAUSES)) - 1]
        if not left:
            state = Seen.GREEN
            self._watches.pop(row.pk, None)
        elif wrong and watch.looks >= RED_AFTER:
            state = Seen.RED
        else:
            return
        now = clock.now()
        sight: dict[str, Any] = {
            "ms": max(0, int((now - row.created_at).total_seconds() * 1000)),
            "pages": watch.of - len(left),
            "of": watch.of,
            "via": via,
            "away": self._away_why(self.public) if via == "reader" else "",
            "wrong": [{"path": path, **found} for path, found in list(wrong.items())[:20]],
            "at": clock.iso(now),
        }
        if row.seen == state and (row.sight or {}).get("wrong") == sight["wrong"]:
            return
        if state == Seen.RED and row.seen != state:
            log.warning("Readers do not get what was written for change %d (%s): %s", row.pk, row, sight["wrong"][:3])
        elif row.seen == Seen.RED and state == Seen.GREEN:
            log.info("Readers get what was written for change %d (%s).", row.pk, row)
        Change.objects.filter(pk=row.pk, seen=row.seen).update(seen=state, sight=sight)

    # --- one page

    def _check(self, path: str) -> tuple[dict[str, str] | None, str]:
        """(None if readers get it; {} if that cannot be said yet; what is wrong), and through which address."""
        want = self._standing(path)
        if want is None:
            return None, ""
        known = self._good.get(path)
        if known and known[1] == want.digest and time.monotonic() - known[0] < GOOD_SECONDS:
            return None, ""
        via, answer = "public", self._ask(self.public, path)
        if isinstance(answer, str) and self.reader != self.public:
            via, answer = "reader", self._ask(self.reader, path)
        if answer is None:
            return None, ""
        if isinstance(answer, str):
            return {"what": answer, "where": "away"}, via
        if not (what := differs(answer, want)):
            self._good[path] = (time.monotonic(), want.digest)
            if len(self._good) > 2000:
                self._good = dict(list(self._good.items())[1000:])
            return None, via
        if want.due or self._standing(path) != want:
            return {}, via
        where = "here"
        if via == "public" and self.reader != self.public:
            behind = self._ask(self.reader, path)
            if isinstance(behind, Response) and not differs(behind, want):
                where = "between"
        return {"what": what, "where": where}, via

    def _standing(self, path: str) -> Standing | None:
        return ledger.store().standing([path]).get(path)

    def _ask(self, base: str, path: str) -> Response | str | None:
        """What a reader gets; why there is no answer; None if it is too large to be looked at."""
        if why := self._away_why(base):
            return why
        client = self._clients.get(base)
        if client is None:
            client = self._clients[base] = Outgoing(only=base)
        url = base + quote(path, safe="/~!$&'()*+,;=:@")
        try:
            answer = client.fetch(
                url, follow=False, limit_bytes=PAGE_BYTES, limit_seconds=PAGE_SECONDS, headers=_MACHINE
            )
        except TooLarge:
            return None
        except Unfetched as error:
            _, before, _ = self._away.get(base, (0.0, 0.0, ""))
            pause = min(before * 2, LONGEST_AWAY) or AWAY_SECONDS
            self._away[base] = (time.monotonic() + pause, pause, str(error))
            return str(error)
        self._away.pop(base, None)
        return answer

    def _away_why(self, base: str) -> str:
        until, _, why = self._away.get(base, (0.0, 0.0, ""))
        return why if time.monotonic() < until else ""


_MACHINE: Final[Mapping[str, str]] = {"sec-fetch-dest": "empty"}
"""Not a reader whose reading counts."""


def differs(answer: Response, want: Standing) -> str:
    """What is another in an answer than it should be; empty if it is the very version that was written."""
    if want.status == 0:
        # Nothing of its own: not found, or sent on by the rule of a section that moved.
        return "" if answer.status in (301, 404, 410) else f"{answer.status} instead of 404"
    if answer.status != want.status:
        return f"{answer.status} instead of {want.status}"
    if answer.status == 301:
        there = urljoin(answer.url, answer.header("location"))
        same = urlsplit(there).netloc == urlsplit(answer.url).netloc
        location = sitefiles.canonical(unquote(urlsplit(there).path)) if same else there
        return "" if digest(Output(b"", status=301, location=location)) == want.digest else f"sent on to {there[:200]}"
    return "" if digest(Output(answer.body, status=answer.status)) == want.digest else "another version"


def _watch(row: Change) -> _Watch:
    report = row.report or {}
    surfaces = [
        (str(surface.get("name", "")), str(surface["path"]))
        for surface in report.get("surfaces") or []
        if surface.get("outcome") != "failed" and surface.get("path") not in sitefiles.STAND_INS
    ]
    paths = [path for _, path in surfaces] if row.lane == Lane.KILL else sample(surfaces, SAMPLE)
    return _Watch(left=paths, of=len(paths))


def sample(surfaces: Sequence[tuple[str, str]], number: int) -> list[str]:
    """Paths of so many of these (kind, path), each kind in turn, the most read kinds first."""
    by_kind: dict[str, list[str]] = {}
    for kind, path in surfaces:
        by_kind.setdefault(kind, []).append(path)
    place: Callable[[str], int] = lambda kind: FIRST.index(kind) if kind in FIRST else len(FIRST)  # noqa: E731
    queues = [list(reversed(by_kind[kind])) for kind in sorted(by_kind, key=place)]
    chosen: list[str] = []
    while len(chosen) < number and any(queues):
        chosen += [queue.pop() for queue in queues if queue][: number - len(chosen)]
    return chosen


__all__ = ["Lookout", "differs", "reader_address", "sample"]
