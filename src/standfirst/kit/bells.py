"""A bell: one process sleeps until another rings. A named pipe in the newsroom's folder; rings are never lost for long,
for who sleeps also wakes by itself."""

from __future__ import annotations

import os
import select
import stat
from contextlib import suppress
from pathlib import Path


class Bell:
    """The sleeper's end. Rings that come while it is awake end the next sleep at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def wait(self, seconds: float) -> bool:
        """Sleep until it rings, at most so many seconds. True if it rang."""
        readable, _, _ = select.select([self._descriptor], [], [], seconds)
        if readable:
            with suppress(BlockingIOError):
                os.read(self._descriptor, 65_536)
        return bool(readable)

    def close(self) -> None:
        os.close(self._descriptor)


def ring(path: Path) -> None:
    """Wake whoever sleeps at `path`. Nobody there is no fault."""
    try:
        if not stat.S_ISFIFO(path.stat().st_mode):
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.write(descriptor, b"!")
    except BlockingIOError:
        pass  # full of rings already
    finally:
        os.close(descriptor)
