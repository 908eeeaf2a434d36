"""Files of read counts as the reader process leaves them: which of them can be trusted, and what they say.

The folder is our own, but whoever can put a file there must not be able to stop the newsroom's clock: so a file is
opened without following links or waiting for anybody, is read up to a limit, and what is odd about it is an error.
"""

from __future__ import annotations

import os
import re
import stat
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

LARGEST: Final = 32 * 1024 * 1024
MOST_PATHS: Final = 50_000
MOST_READS: Final = 10_000_000
"""A file may have this many bytes, name this many paths (as many as the reader counts), and count this many reads."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.json")


class Spool(msgspec.Struct, forbid_unknown_fields=False):
    """Reads of paths within some seconds, up to `at` (ISO 8601 with a zone)."""

    at: str
    paths: dict[str, int]

    def moment(self) -> datetime:
        moment = datetime.fromisoformat(self.at)
        if moment.tzinfo is None:
            raise ValueError("its time has no zone")
        if not 2000 <= moment.year <= 9000:
            raise ValueError("its time is out of all reason")
        return moment


def read(file: Path) -> Spool:
    """What a file says.

    Raises:
        FileNotFoundError: it is gone.
        OSError, ValueError, RecursionError: it is no spool.
    """
    if not _NAME.fullmatch(file.name):
        raise ValueError("its name is not one of ours")
    spool = msgspec.json.decode(_bytes(file), type=Spool)
    spool.moment()
    if len(spool.paths) > MOST_PATHS:
        raise ValueError("it names too many paths")
    if any(not 0 <= reads <= MOST_READS for reads in spool.paths.values()):
        raise ValueError("it counts more than anybody reads")
    return spool


def _bytes(file: Path) -> bytes:
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no file")
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError("it is too large")
    return data
