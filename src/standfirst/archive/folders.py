"""The folder in which an archive's pictures lie: what is in it can be read, and nothing outside of it.

The names stand in a file that came from elsewhere, and what they lead to is published.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from standfirst.kit.errors import Refused


class Missing(Refused):
    """There is no file of that name."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, through its links. No file comes out of `closed`, unless the folder lies inside of that itself."""

    root: Path
    closed: Path

    def there(self, name: str) -> bool:
        """True if `name` is a file that may be read; False if there is none. Raises `Refused` if it may not be."""
        try:
            self._place(name)
        except Missing:
            return False
        return True

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of the file `name`, a relative path.

        Raises:
            Refused: it leads out of the folder, is no ordinary file, cannot be read, or has more than `limit` bytes.
            Missing: it is not there.
        """
        *above, last = self._place(name)
        try:
            with ExitStack() as opened:
                # Part by part, and through no link: whoever changes the folder meanwhile leads us nowhere else.
                at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
                opened.callback(os.close, at)
                for part in above:
                    at = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                    opened.callback(os.close, at)
                file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
                with open(file, "rb") as data:
                    if not stat.S_ISREG(os.fstat(file).st_mode):
                        raise Refused(_NO_FILE)
                    read = data.read(limit + 1)
        except FileNotFoundError:
            raise Missing(_MISSING) from None
        except OSError as error:
            raise Refused(f"It could not be read ({error.strerror}): look at it and its permissions.") from None
        if len(read) > limit:
            raise Refused(f"It has more than {limit:,} bytes, which is the most that is taken: make it smaller.")
        return read

    def _place(self, name: str) -> tuple[str, ...]:
        """Where the file `name` is, seen from the root, with every link followed."""
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/"):
            raise Refused(
                "Its path begins at the root of the machine: write it as seen from the folder of the pictures."
            )
        if ".." in parts:
            raise Refused(
                "Its path leads out of its folder by “..”: write it without, as seen from the folder of the pictures."
            )
        if not parts or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
            raise Refused("This is no name of a file.")
        try:
            root = self.root.resolve(strict=True)
            found = root.joinpath(*parts).resolve(strict=True)
            ordinary = found.is_file()
        except (FileNotFoundError, NotADirectoryError):
            raise Missing(_MISSING) from None
        except (OSError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "its links lead to each other"
            raise Refused(f"It could not be read ({why}): look at it and its permissions.") from None
        if not found.is_relative_to(root):
            raise Refused("A link leads out of the folder of the pictures: put the file itself there.")
        closed = self.closed.resolve()
        if found.is_relative_to(closed) and (root == closed or not root.is_relative_to(closed)):
            raise Refused("It lies in the newsroom's own folder, whose files are not for readers: put it elsewhere.")
        if not ordinary:
            raise Refused(_NO_FILE)
        return found.relative_to(root).parts


_MISSING = "There is no such file: put it there, or correct its name."
_NO_FILE = "It is no ordinary file: put the picture itself there."


def named_by(src: str) -> str:
    """The path that a picture's address in HTML names; "" if it lies on a host, or begins at the root of one."""
    try:
        parts = urlsplit(src)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or src.startswith(("/", "\\")):
        return ""
    return unquote(parts.path)
