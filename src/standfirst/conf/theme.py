"""The newsroom's theme: read from its folder when Standfirst starts or `standfirst theme apply` says so, and handed to
all processes that print as one file. So they all print with the same, however often the folder is saved meanwhile.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from standfirst.kit.files import write_atomically
from standfirst.pages import theming
from standfirst.pages.theming import Theme

log = logging.getLogger(__name__)

FOLDER: Final = "theme"


def applied(home: Path) -> Path:
    """The file that holds the theme in use."""
    return home / "run" / "theme.json"


def apply(home: Path) -> Theme:
    """Read the theme's folder anew and hand it to every process: those that run notice it by themselves."""
    theme = theming.read(home / FOLDER)
    if theme != current(home):
        write_atomically(applied(home), theming.packed(theme))
    return theme


def current(home: Path) -> Theme:
    """The theme in use; NONE if there is none, or if its file is damaged, which the next start mends."""
    try:
        return theming.unpacked(applied(home).read_bytes())
    except FileNotFoundError:
        return theming.NONE
    except (OSError, ValueError) as fault:
        log.warning("The theme in use cannot be read (%s); pages are printed with our own.", fault)
        return theming.NONE


class Watch:
    """Notices that another theme was applied."""

    def __init__(self, home: Path) -> None:
        self._file = applied(home)
        self._home = home
        self._seen = self._stamp()
        self.theme = current(home)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def renewed(self) -> bool:
        """True, once, if another theme is in use than when this was last asked. Takes microseconds."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        before, self.theme = self.theme, current(self._home)
        return before.digest != self.theme.digest
