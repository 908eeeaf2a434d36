"""How files are taken from a server of files, FTP and SFTP alike: which are whole, which belong together, and what
happens with them once they are sealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, Protocol

from standfirst.wire.transports._files import Entry, belonging, in_order, is_part, unfinished, wanted, whole
from standfirst.wire.transports._shared import Arrival, Job, News, Remember, Skipped, Trouble

Afterwards = Literal["move", "delete", "leave"]

AFTERWARDS: Final = {
    "move": "Moved to the folder “done” there",
    "delete": "Deleted there (the newsroom keeps the bytes as received)",
    "leave": "Left where they are",
}
SETTLE: Final = 1.0
"""Seconds between two listings: what has the same size in both is whole."""

_STUCK: Final = "It was taken in, but cannot be moved or deleted there: ask the agency for the right to do so."


class Shelf(Protocol):
    """A connection to a server of files. Every method raises `Trouble` if the connection fails."""

    def entries(self) -> list[Entry]:
        """The files there now."""

    def ahead(self, entries: Sequence[Entry]) -> None:
        """These will be read next."""

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file. Raises ValueError if it is larger than `limit` or not as it was listed."""

    def away(self, entries: Iterable[Entry], how: Afterwards) -> list[Entry]:
        """Move or delete files, now or in `finish`. Returns those with which it did not work."""

    def finish(self) -> list[Entry]:
        """Move and delete what is still to be. Returns those with which it did not work."""


def take(job: Job, shelf: Shelf, *, patterns: Sequence[str], afterwards: Afterwards, about: str) -> Iterator[News]:
    """Yield what is whole and was not taken in before, the oldest first."""
    seen: dict[str, list[object]] = dict(job.cursor.get("seen", {}))
    left: dict[str, list[object]] = dict(job.cursor.get("left", {}))
    entries = [one for one in shelf.entries() if not unfinished(one.name) and wanted(one.path, patterns)]
    fresh = [one for one in entries if left.get(one.path) != [one.size, one.changed]]
    if not job.trial and any(seen.get(one.path) != [one.size, one.changed] for one in fresh):
        if job.wait_for(SETTLE):
            return
        again = {one.path: one for one in shelf.entries()}
    else:
        again = {one.path: one for one in fresh}
    here = {one.path for one in entries}
    left = {path: what for path, what in left.items() if path in here}
    steady = [one for one in fresh if again.get(one.path) == one]
    parts = [one for one in steady if is_part(one.path)]
    growing = {one.path for one in fresh if is_part(one.path)} - {one.path for one in parts}
    leads = in_order(one for one in steady if not is_part(one.path))[: job.limits.files]
    cursor = {"seen": {one.path: [one.size, one.changed] for one in again.values()}, "left": left}
    job.say(f"{len(leads)} files, {len(parts)} pictures")
    texts: dict[str, bytes] = {}
    groups: list[tuple[Entry, dict[str, Entry]]] = []
    shelf.ahead(leads)
    for lead in leads:
        if job.stopping():
            return
        try:
            data = shelf.read(lead, job.limits.bytes)
        except ValueError as error:
            yield Skipped(lead.path, str(error))
            continue
        if not data and seen.get(lead.path) != [lead.size, lead.changed]:
            continue  # made first, to be filled later
        if data[:1] == b"<" and not whole(data) and seen.get(lead.path) != [lead.size, lead.changed]:
            continue  # its end is missing: perhaps it comes until the next look
        texts[lead.path] = data
        if any(path.rpartition("/")[2].encode() in data for path in growing):
            continue  # a picture of it is still being written
        groups.append((lead, belonging(lead, data, parts)))
    claims: dict[str, int] = {}
    for _, mine in groups:
        for part in mine.values():
            claims[part.path] = claims.get(part.path, 0) + 1
    unclaimed = [one for one in in_order(parts) if one.path not in claims and not _named(one, texts.values())]
    # A picture that no file speaks of is a delivery of its own, once it was there at the last look already.
    groups += [(one, {}) for one in unclaimed if job.trial or seen.get(one.path) == [one.size, one.changed]]
    shelf.ahead([*(part for _, mine in groups for part in mine.values()), *(one for one in unclaimed)])
    for lead, mine in groups:
        if job.stopping():
            return
        brought: dict[str, bytes] = {}
        try:
            data = texts[lead.path] if lead.path in texts else shelf.read(lead, job.limits.part_bytes)
        except ValueError as error:
            yield Skipped(lead.path, str(error))
            continue
        for name, part in mine.items():
            try:
                brought[name] = shelf.read(part, job.limits.part_bytes)
            except ValueError as error:
                yield Skipped(part.path, str(error))
        going = [lead]
        for part in mine.values():
            claims[part.path] -= 1
            if not claims[part.path]:
                going.append(part)
        stuck: list[Entry] = []

        def settle(going: list[Entry] = going, stuck: list[Entry] = stuck) -> None:
            stuck += going if afterwards == "leave" else shelf.away(going, afterwards)

        yield Arrival(
            file_name=lead.path,
            data=data,
            parts=dict(brought),
            envelope={"server": about, "changed": lead.changed},
            settled=settle,
        )
        if stuck:
            for entry in stuck:
                left[entry.path] = [entry.size, entry.changed]
            yield Remember({**cursor, "left": dict(left)})
            if afterwards != "leave":
                yield Skipped(lead.path, _STUCK)
    stuck = shelf.finish()
    for entry in stuck:
        left[entry.path] = [entry.size, entry.changed]
        yield Skipped(entry.path, _STUCK)
    yield Remember({**cursor, "left": dict(left)})


def _named(part: Entry, texts: Iterable[bytes]) -> bool:
    return any(part.name.encode("utf-8", "surrogateescape") in text for text in texts)


def lost(about: str, error: Exception) -> Trouble:
    """A connection that failed, in a sentence."""
    why = " ".join(str(error).split())[:300] or type(error).__name__
    return Trouble(f"The connection to {about} failed ({why}): it is tried again.")
