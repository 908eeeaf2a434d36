"""Where the press meets the newsroom: its engine on real stores, and the ports that it fills."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from standfirst.changes import ports as change_ports
from standfirst.changes.models import Lane as RowLane
from standfirst.desk import ports as desk_ports
from standfirst.edition import compose as edition
from standfirst.edition.snapshots import TYPES, Section
from standfirst.kit import bells, clock
from standfirst.kit.bells import Bell
from standfirst.kit.errors import Problem
from standfirst.pages import assets, site
from standfirst.pages.output import Press
from standfirst.pictures.models import Picture
from standfirst.press import ledger
from standfirst.press.book import book
from standfirst.press.engine.engine import Engine
from standfirst.press.engine.ledger import Lane
from standfirst.press.lightening import Lightener
from standfirst.press.outlet import LocalOutlet
from standfirst.press.squeezing import Squeezer
from standfirst.readership import actions as readership
from standfirst.stories import ports as story_ports
from standfirst.stories.models import Publication, SectionPath, SiteFacts

if TYPE_CHECKING:
    from standfirst.press.crew import Crew

log = logging.getLogger(__name__)

KINDS = (*edition.KINDS, "epoch")
"""Kinds of record, in the order in which a ledger is built."""

LANES = {RowLane.KILL: Lane.KILL, RowLane.PUBLISH: Lane.PUBLISH, RowLane.MAINTENANCE: Lane.MAINTENANCE}

# --- what the engine works with ------------------------------------------------------------------------------------


def blob(seal: str) -> bytes:
    """The original bytes of a picture. Raises `FileNotFoundError` if the private library has lost them."""
    picture = Picture.objects.filter(seal=seal).order_by("pk").first()
    if picture is None:
        raise FileNotFoundError(f"No picture in the library has the seal {seal}.")
    with picture.file.storage.open(picture.file.name, "rb") as data:
        content: bytes = data.read()
    return content


def engine(*, output: Path | None = None, fault: Callable[[str], None] = lambda name: None) -> Engine:
    """An engine on this newsroom's ledger and output folder (or another one)."""
    store = ledger.store()
    store.create()
    outlet = LocalOutlet(output or settings.HOME / "output", str(SiteFacts.current().newsroom_id), step=fault)
    return Engine(book(Press(blob=blob)), store, outlet, clock=lambda: time.time_ns() // 1_000_000, fault=fault)


def milliseconds(moment: datetime) -> int:
    """A moment on the engine's clock."""
    return int(moment.timestamp() * 1000)


def compose(kind: str, ref: str) -> Any:
    """The record as it is now: from the newsroom's database, or the templates' own epoch."""
    return assets.epoch() if kind == "epoch" else edition.compose(kind, ref)


class Unreadable(Problem):
    """A record of which no snapshot can be composed, while others can."""

    def __init__(self, key: tuple[str, str], why: str) -> None:
        self.key = key
        self.why = why
        super().__init__(f"The record {key[0]}:{key[1]} cannot be read ({why}).")


def compose_many(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Many records as they are now, with few queries; None for those that have no snapshot, and what is wrong
    (`Unreadable`) for those that cannot be composed."""
    by_kind: dict[str, list[str]] = {}
    for kind, ref in keys:
        by_kind.setdefault(kind, []).append(ref)
    found: dict[tuple[str, str], Any] = {}
    for kind, refs in by_kind.items():
        if kind == "epoch":
            found["epoch", "pages"] = assets.epoch()
            continue
        try:
            composed = edition.compose_many(kind, refs)
            found.update({(kind, ref): composed.get(ref) for ref in refs})
        except (DatabaseError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 - said of the one that it is
            found.update({(kind, ref): _one(kind, ref) for ref in refs})
    return found


def _one(kind: str, ref: str) -> Any:
    try:
        return edition.compose(kind, ref)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - told, with the record's name
        return Unreadable((kind, ref), f"{type(fault).__name__}: {fault}"[:500])


Packed = list[tuple[tuple[str, str], bytes | str | None]]


def packed(records: Mapping[tuple[str, str], Any]) -> Packed:
    """Records as they can be sent to another process: as bytes, and what is wrong with one as a string."""
    return [
        (key, record.why if isinstance(record, Unreadable) else record and msgspec.json.encode(record))
        for key, record in records.items()
    ]


def unpacked(sent: Packed) -> dict[tuple[str, str], Any]:
    """What was `packed`, equal to the byte when it is encoded again."""
    return {
        key: Unreadable(key, data) if isinstance(data, str) else data and _DECODERS[key[0]].decode(data)
        for key, data in sent
    }


_DECODERS = {kind: msgspec.json.Decoder(type_) for kind, type_ in TYPES.items()}


def every_key() -> Iterator[tuple[str, str]]:
    """Every record that there may be."""
    for kind in KINDS:
        if kind == "epoch":
            yield "epoch", "pages"
        else:
            yield from ((kind, ref) for ref in edition.refs_of(kind))


class Ahead:
    """Every record, composed a chunk at a time just before the engine asks for it: what makes a full bake fast.

    Iterate over it for the keys and give the engine its `compose`. Each snapshot is handed out once; asked for again,
    or for anything else, it is composed anew. `beat` is told between chunks how many records came so far. `but` is
    shown the records of a chunk, and those that it names are left out; so are those that cannot be composed, if `odd`
    takes what is wrong with them. With a `crew`, which is asked for when the first record is, the chunks are composed
    by many hands, and come in any order.
    """

    def __init__(
        self,
        keys: Iterable[tuple[str, str]] | None = None,
        beat: Callable[[int], None] = lambda records: None,
        but: Callable[[Mapping[tuple[str, str], Any]], set[tuple[str, str]]] = lambda records: set(),
        crew: Callable[[], Crew | None] = lambda: None,
        odd: Callable[[Unreadable], None] | None = None,
    ) -> None:
        self._keys = iter(every_key() if keys is None else keys)
        self._beat = beat
        self._but = but
        self._crew = crew
        self._odd = odd
        self._found: dict[tuple[str, str], Any] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        chunks = iter(lambda: list(islice(self._keys, edition.CHUNK)), [])
        crew = self._crew()
        composed = map(compose_many, chunks) if crew is None else crew.compose(chunks, compose_many)
        number = 0
        for found in composed:
            number += len(found)
            self._beat(number)
            for key in self._but(found):
                found.pop(key, None)
            for problem in [record for record in found.values() if isinstance(record, Unreadable)]:
                if self._odd is None:
                    raise problem
                self._odd(problem)
                del found[problem.key]
            # The engine reads a little ahead: what it has not asked for yet stays.
            self._found.update(found)
            yield from found

    def compose(self, kind: str, ref: str) -> Any:
        """The record, from the chunk at hand. Raises `Unreadable` if none can be composed."""
        if (kind, ref) in self._found:
            return self._found.pop((kind, ref))
        if kind == "epoch":
            return compose(kind, ref)
        record = _one(kind, ref)
        if isinstance(record, Unreadable):
            raise record
        return record


def write_prefixes(press: Engine) -> None:
    """Tell the reader process which sections have moved, by one rule each."""
    rules: dict[str, str] = {}
    for section in edition.compose_many("section", list(edition.refs_of("section"))).values():
        if isinstance(section, Section):
            rules.update(site.prefixes(section))
    outlet = press.outlet
    if isinstance(outlet, LocalOutlet):
        outlet.put_prefixes(rules)


def finish_preparing(press: Engine) -> bool:
    """When everything was printed: from now on a front page that is not there is missing. True if it is said so."""
    outlet = press.outlet
    if isinstance(outlet, LocalOutlet) and outlet.is_being_prepared:
        if press.store.urgency() is not None:
            return False  # another worker prints it, or it is stuck
        outlet.finish_preparing()
    return True


def clean(press: Engine) -> None:
    """Remove what killed processes left half written in the output folder. For a thread: it takes its time."""
    outlet = press.outlet
    if isinstance(outlet, LocalOutlet) and (removed := outlet.clean()):
        log.info("%d half-written files were removed from the output folder.", removed)


def squeezer(press: Engine) -> Squeezer | None:
    """What packs pages smaller in idle time; None where they are not files."""
    outlet = press.outlet
    return Squeezer(outlet, _hot) if isinstance(outlet, LocalOutlet) else None


LIGHTENED = 300
"""Newest stories whose pictures get lighter copies, beside those that are read now."""


def lightener(press: Engine, seconds: int) -> Lightener | None:
    """What asks for lighter copies of pictures in idle time, of stories that have stood for so many seconds; None for
    no seconds."""
    return Lightener(press, lambda: _standing(seconds)) if seconds else None


def _standing(seconds: int) -> Iterator[int]:
    """Stories that nobody has changed for so long: those that are read most, then the newest."""
    quiet = Publication.objects.filter(refreshed__lte=clock.now() - timedelta(seconds=seconds), story__live=True)
    hot = readership.hot_stories()
    standing = set(quiet.filter(story__in=hot).values_list("story_id", flat=True))
    yield from (story for story in hot if story in standing)
    yield from quiet.order_by("-refreshed").values_list("story_id", flat=True)[:LIGHTENED]


def _hot() -> list[str]:
    # Every page waits for its style sheet; the fronts of sections are read most, and change most often.
    looks = [path for _, path in assets.epoch().assets]
    fronts = SectionPath.objects.filter(current=True, section__depth__lte=3).order_by("path")
    return [*looks, *fronts.values_list("path", flat=True), *sorted(readership.hot_paths())]


# --- ports ---------------------------------------------------------------------------------------------------------


def bell(home: Path) -> Bell:
    """The worker's end of the bell: rung when something was committed."""
    return Bell(home / "run" / "bell")


def ring() -> None:
    """Wake the worker. Nobody listening is no fault: it polls as well."""
    bells.ring(settings.HOME / "run" / "bell")


def fill_ports() -> None:
    """Fill the ports that lower departments opened for the press."""
    from standfirst.press import planning, preview

    change_ports.wake = ring
    change_ports.surfaces["pages"] = ledger.showing
    story_ports.preview = preview.response
    desk_ports.fronts = planning.Fronts()
