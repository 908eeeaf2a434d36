"""The outlet of files: printed pages in the output folder, from which the reader process serves.

Every file is written aside and renamed, so a reader finds the old one or the new one. The order of renames and removals
is chosen for the reader, who looks in pages, then moved, then gone (`kit.sitefiles`): between any two steps, and so
after a SIGKILL between any two, an address answers as it did before the call or as it will after it, never with "not
found" and never with half a page. A call that was cut short is mended by calling it again.
"""

from __future__ import annotations

import errno
import os
import secrets
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Final
from zlib import crc32

import msgspec

from standfirst.kit import sitefiles
from standfirst.kit.errors import Problem
from standfirst.pages.output import Output
from standfirst.press.engine.outlet import Stuck, Unservable

ASIDE_KEPT_SECONDS: Final = 600
"""How long a file that is being written may take. What is older was left behind by a process that was killed."""


SQUEEZED_LEAST, SQUEEZED_MOST = 500, 1 << 20
"""Bytes of a page that gets a small twin. Shorter ones gain nothing; longer ones take too long."""

SQUEEZED_AFTER_SECONDS: Final = 10
"""How long a page must have stood before it gets one: a page in a rush of changes would lose it at once."""

PROBE: Final = 1 << 16
"""Bytes that are written to find out whether only one page cannot be, or none: more than most pages have."""

_REMEDY: Final = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there, or raise the account's quota",
    errno.EROFS: "mount it so that it can be written",
    errno.EACCES: "let the newsroom's account write there",
    errno.EPERM: "let the newsroom's account write there",
    errno.EIO: "look after the disk, which does not do what it is told",
}

_PART: Final = ".part"
_CLAIM: Final = f"{sitefiles.OWNER}-"


class OutletProblem(Problem):
    """The output folder cannot take or give what was asked."""


class BadAddress(OutletProblem, Unservable):
    """One page cannot be served at its path; the press goes on with the others."""


class PlaceProblem(OutletProblem, Stuck):
    """One page cannot be written or read where it is, though others can: the press goes on with those."""


class WrongNewsroom(OutletProblem):
    """The output folder belongs to another newsroom, or to nobody and is not empty."""


def _go_on(step: str) -> None:
    pass


class LocalOutlet:
    """Pages as files under `root`, in the layout of `kit.sitefiles`.

    The folder carries `newsroom_id`: an empty one is adopted, any other's is refused with `WrongNewsroom`, when the
    outlet is opened and again before each write (a volume may be swapped under a running press). `step` is called with
    the name of each step of a write just before it; tests cut the power there.
    """

    def __init__(self, root: Path, newsroom_id: str, *, step: Callable[[str], None] = _go_on) -> None:
        self.root = root
        self.newsroom_id = newsroom_id
        self._root = os.fspath(root)
        self._owner_file = os.path.join(self._root, sitefiles.OWNER)
        self._owner_seen: tuple[int, int, int] | None = None
        self._step = step
        with self._whole():
            root.mkdir(parents=True, exist_ok=True)
            self._adopt()
            for tree in sitefiles.TREES.values():
                (root / tree).mkdir(exist_ok=True)

    # ---- The four verbs of an outlet -------------------------------------------------------------------------------

    def put(self, path: str, output: Output) -> None:
        """Serve `output` at `path`, in place of whatever is there in any status."""
        file = self._file(path, output.status)
        body = output.body if output.status != 301 else _target(path, output.location)
        # One stamp for both, so that it is seen without unpacking which twin is of which version.
        now = time_ns()
        with self._whole(path):
            self._check_owner()
            # The twin first: from the rename of the file on, it is there. Until then it does not agree with the old
            # file, and a reader who finds that packs the old file himself. The small twin is made again when there is
            # time.
            if sitefiles.has_twin(file):
                if self._is_there(small := sitefiles.small_twin_of(file)):
                    self._unlink(small)
                packed = sitefiles.pack(body)
                if len(packed) < len(body):
                    self._write(sitefiles.twin_of(file), packed, now)
                else:
                    self._unlink(sitefiles.twin_of(file))
            try:
                self._write(file, body, now)
            except Exception:
                # The old file stays, and must not stand beside what was to come.
                self._drop_twin(file)
                raise
            # Only now what it replaces: with the new file there, no look-up falls between the two. For a kill, this is
            # the moment at which the page is gone, since pages shadow notices.
            rest = file.partition("/")[2]
            folder = rest.rpartition("/")[0]
            for status, tree in sitefiles.TREES.items():
                # Hardly any address has a former way or a notice: that is told by one look. What a page shadows does
                # no harm where one may not look; what it does not, is never passed over.
                if status != output.status and (output.status != 200 or self._is_there(f"{tree}/{folder}")):
                    self._erase(f"{tree}/{rest}")

    def remove(self, path: str) -> None:
        """Serve nothing at `path` any more; nothing there is no error. Folders that become empty go too."""
        self._file(path)
        with self._whole(path):
            self._check_owner()
            # In the order opposite to the reader's, so that nothing older shines through on the way.
            for status in reversed(tuple(sitefiles.TREES)):
                self._erase(sitefiles.file_of(path, status))

    def read(self, path: str) -> Output | None:
        """What readers are served at `path` now, None if nothing. Its content type is told from the path."""
        self._file(path)
        for status in sitefiles.TREES:
            file = sitefiles.file_of(path, status)
            try:
                with open(f"{self._root}/{file}", "rb", buffering=0) as opened:
                    body = opened.read()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            except OSError as error:
                raise PlaceProblem(f"The page {path} cannot be read ({error.strerror or error}).") from error
            if status == 301:
                return Output(body=b"", status=301, location=body.decode(errors="replace").removesuffix("\n"))
            return Output(body=body, content_type=sitefiles.media_type(file), status=status)
        return None

    def list(self) -> Iterator[str]:
        """Every path that has an output, each once."""
        for status in sitefiles.TREES:
            for path in self.standing(status):
                if not self._answers_before(path, status):
                    yield path

    def _answers_before(self, path: str, status: int) -> bool:
        """True if `path` has a file in a folder in which readers look before that of `status`."""
        for before in sitefiles.TREES:
            if before == status:
                return False
            if os.path.isfile(self.root / sitefiles.file_of(path, before)):
                return True
        return False

    def tidy(self, path: str) -> bool:
        """Take twins away that are of another version than the page at `path`, or small ones without a page: a crash
        fell between the two, or another hand has changed them.

        The reader process looks before it gives a twin to anybody; a web server in its place may not. True if there
        was one.
        """
        self._file(path)
        found = False
        for status in sitefiles.TREES:
            file = sitefiles.file_of(path, status)
            if not sitefiles.has_twin(file):
                continue
            body = self._bytes(file)
            for twin, agrees in _TWINS if body is not None else _TWINS[1:]:
                packed = self._bytes(twin(file))
                if packed is not None and (body is None or not agrees(packed, body)):
                    with self._whole(path):
                        self._check_owner()
                        found |= self._unlink(twin(file))
        return found

    def sound(self, path: str) -> bool:
        """Whether the page at `path` has its packed twin, and no twin that is of something else, or of no page.

        The small twin comes when there is time, so it may be missing.
        """
        self._file(path)
        for status in sitefiles.TREES:
            file = sitefiles.file_of(path, status)
            if (body := self._bytes(file)) is None:
                if sitefiles.has_twin(file) and self._bytes(sitefiles.small_twin_of(file)) is not None:
                    return False
                continue
            if not sitefiles.has_twin(file):
                return True
            twin, small = self._bytes(sitefiles.twin_of(file)), self._bytes(sitefiles.small_twin_of(file))
            if small is not None and not sitefiles.small_agrees(small, body):
                return False
            if twin is not None:
                return sitefiles.agrees(twin, body)
            return len(sitefiles.pack(body)) >= len(body)  # as `put` has it
        return True

    def _bytes(self, file: str) -> bytes | None:
        """What is in a file; None if it is not there, or cannot be read: then nobody can be given it."""
        try:
            with open(f"{self._root}/{file}", "rb", buffering=0) as opened:
                return opened.read()
        except OSError:
            return None

    # ---- Beside them -----------------------------------------------------------------------------------------------

    def standing(self, status: int) -> Iterator[str]:
        """Every path that has a file for `status`, in the order of the folders. At rest, a path has one status."""
        tree = sitefiles.TREES[status]
        folders = [tree]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(os.path.join(self._root, folder)) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except FileNotFoundError:
                continue
            for entry in entries:
                name = f"{folder}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif (known := sitefiles.path_of(name)) is not None:
                    yield known[0]

    def squeeze(self, path: str) -> bool:
        """Give the page at `path` its small twin, if it has none of this version. True if one was made.

        A page that was put a moment ago is left alone, since it may change again; so are those that are too short to
        gain and too long to wait for.
        """
        file = sitefiles.file_of(path)
        place = os.path.join(self._root, file)
        small = sitefiles.small_twin_of(file)
        try:
            about = os.stat(place, follow_symlinks=False)
            if (
                not sitefiles.has_twin(file)
                or not SQUEEZED_LEAST <= about.st_size <= SQUEEZED_MOST
                or about.st_mtime_ns > time_ns() - SQUEEZED_AFTER_SECONDS * 1_000_000_000
            ):
                return False
            with suppress(FileNotFoundError):
                # It carries the time of the version that it was made of, so that another worker's is not mistaken.
                if os.stat(os.path.join(self._root, small), follow_symlinks=False).st_mtime_ns == about.st_mtime_ns:
                    return False
            body = Path(place).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return False  # what cannot be read is told by who looks for drift
        packed = sitefiles.squeeze(body)
        self._check_owner()
        try:
            if _stamp(place) != about.st_mtime_ns:
                return False
            self._write(small, packed, about.st_mtime_ns)
            # Another worker may have put or removed the page just now.
            if _stamp(place) != about.st_mtime_ns:
                self._unlink(small)
        except (OSError, OutletProblem):
            # Readers have the page: there is no hurry, and nothing to tell anybody.
            return False
        return True

    def put_prefixes(self, moves: Mapping[str, str]) -> None:
        """Send every address under a prefix that has nothing better to the same place under another: section moves."""
        for old, new in moves.items():
            for prefix in (old, new):
                sitefiles.file_of(prefix)
                if not prefix.endswith("/"):
                    raise OutletProblem(f"The prefix {prefix!r} must end with a slash.")
        with self._whole():
            self._check_owner()
            self._write(sitefiles.PREFIXES, msgspec.json.encode(dict(sorted(moves.items()))))

    def prefixes(self) -> dict[str, str]:
        """The prefix moves in force."""
        try:
            data = (self.root / sitefiles.PREFIXES).read_bytes()
        except FileNotFoundError:
            return {}
        return msgspec.json.decode(data, type=dict[str, str])

    @property
    def is_being_prepared(self) -> bool:
        """Whether the folder is new, and nobody has said yet that everything in it was printed once."""
        return os.path.lexists(os.path.join(self._root, sitefiles.PREPARING))

    def finish_preparing(self) -> None:
        """Say that everything was printed once."""
        with self._whole():
            self._check_owner()
            self._unlink(sitefiles.PREPARING)

    def sent_on(self) -> Collection[str]:
        return self.prefixes()

    def clean(self) -> int:
        """Remove what killed processes left half written; returns how many files. No reader can see those.

        Looks through every folder (some seconds for a hundred thousand pages), so it is for the start of a long-lived
        process, beside its work.
        """
        removed = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                aside = name.startswith(".") and (name.endswith(_PART) or _is_claim(name))
                lost = name.endswith(sitefiles.SMALL_TWIN) and name.removesuffix(sitefiles.SMALL_TWIN) not in names
                if aside or lost:
                    removed += _remove_if_left(os.path.join(folder, name))
        return removed

    # ---- Whose folder it is ----------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        if not os.path.lexists(self._owner_file):
            if any(name != "lost+found" and not _is_claim(name) for name in os.listdir(self._root)):
                raise WrongNewsroom(
                    f"{self.root} has files, but none that says which newsroom they are of: if they are this "
                    f"newsroom's pages, put its id back with `{self._put_back}`; otherwise move them away and run "
                    "`standfirst press proof --mend`."
                )
            aside = self.root / f"{_CLAIM}{secrets.token_hex(4)}"
            try:
                aside.write_text(self.newsroom_id + "\n", encoding="utf-8")
                # A link, unlike a rename, does not replace what another newsroom wrote a moment ago.
                with suppress(FileExistsError):
                    os.link(aside, self._owner_file)
                    Path(self._root, sitefiles.PREPARING).touch()
            finally:
                aside.unlink(missing_ok=True)
        self._check_owner()

    @property
    def _put_back(self) -> str:
        return f"echo {self.newsroom_id} >{shlex.quote(self._owner_file)}"

    def _check_owner(self) -> None:
        try:
            found = os.stat(self._owner_file)
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen == self._owner_seen:
                return
            owner = Path(self._owner_file).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise WrongNewsroom(
                f"{self.root} does not say any more which newsroom it is of; is its disk mounted? "
                f"If it is, put the id back with `{self._put_back}`. Nothing was written there."
            ) from None
        if owner != self.newsroom_id:
            raise WrongNewsroom(
                f"{self.root} belongs to the newsroom {owner}, not to {self.newsroom_id}; "
                "nothing was written there. Choose another folder, or empty this one."
            )
        self._owner_seen = seen

    # ---- Files -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _whole(self, path: str = "") -> Iterator[None]:
        """Around a write: what the disk refuses (no room, read-only, no permission) is a sentence for the operator.

        If it is only the page at `path` that is refused, others need not wait for it.
        """
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            remedy = _REMEDY.get(error.errno or 0, "make room there, or let the newsroom's account write")
            if path and self._takes_others():
                where = f" at {error.filename}" if error.filename else ""
                raise PlaceProblem(
                    f"The page {path} cannot be written ({why}{where}): {remedy}. Readers have the last good copy "
                    "until then; the other pages go out."
                ) from error
            raise OutletProblem(
                f"The output folder {self.root} cannot be written ({why}): {remedy}. Readers have the last good copies "
                "until then."
            ) from error

    def _takes_others(self) -> bool:
        """Whether the folder takes pages at all: tried with a file that no reader can ask for."""
        try:
            self._step("write a probe")
            aside, descriptor = _open_beside(os.path.join(self._root, sitefiles.TREES[200], "probe"))
            try:
                with open(descriptor, "wb", buffering=0) as out:
                    return out.write(bytes(PROBE)) == PROBE
            finally:
                os.unlink(aside)
        except OSError:
            return False

    def _file(self, path: str, status: int = 200) -> str:
        if status not in sitefiles.TREES:
            raise BadAddress(f"{path} cannot be served with status {status}: only 200, 301 and 410 are.")
        try:
            return sitefiles.file_of(path, status)
        except sitefiles.BadPath as error:
            raise BadAddress(f"This address cannot be served: {error}") from error

    def _write(self, file: str, data: bytes, stamp: int | None = None) -> None:
        self._step(f"write {file}")
        place = f"{self._root}/{file}"
        aside, descriptor = _open_beside(place)
        try:
            try:
                view = memoryview(data)
                # By the kernel's own calls: a file object costs a third of the time that all of this takes.
                while view:
                    view = view[os.write(descriptor, view) :]
                # File systems stamp by a coarse clock: two versions in one tick would look alike to a reader who
                # remembers files by size, time and inode (and inodes are used again).
                now = time_ns() if stamp is None else stamp
                os.utime(descriptor, ns=(now, now))
            finally:
                os.close(descriptor)
            self._step(f"rename {file}")
            os.replace(aside, place)
        except IsADirectoryError:
            os.unlink(aside)
            raise BadAddress(f"{place} cannot be written: a folder is where the file must be.") from None
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(aside)
            raise

    def _drop_twin(self, file: str) -> None:
        if sitefiles.has_twin(file):
            with suppress(OSError):
                self._unlink(sitefiles.twin_of(file))

    def _erase(self, file: str) -> None:
        # The twins first: a file without a twin can be served, a twin without a file would only lie about.
        erased = False
        twins = (sitefiles.small_twin_of(file), sitefiles.twin_of(file)) if sitefiles.has_twin(file) else ()
        for name in (*twins, file):
            erased |= self._unlink(name)
        if not erased:
            return
        tree = os.path.join(self._root, file.partition("/")[0])
        folder = os.path.dirname(os.path.join(self._root, file))
        while folder != tree:
            try:
                os.rmdir(folder)
            except OSError:
                # Not empty, or gone already: it is no longer ours to tidy.
                return
            folder = os.path.dirname(folder)

    def _is_there(self, name: str) -> bool:
        """Whether a file or folder is there, in a quarter of the time that removing what is not there takes."""
        return os.access(f"{self._root}/{name}", os.F_OK)

    def _unlink(self, file: str) -> bool:
        self._step(f"erase {file}")
        try:
            os.unlink(f"{self._root}/{file}")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        return True


_TWINS: Final = ((sitefiles.twin_of, sitefiles.agrees), (sitefiles.small_twin_of, sitefiles.small_agrees))
"""How each kind of twin is called, and what tells whether it is of a page."""


def _stamp(place: str) -> int:
    try:
        return os.stat(place, follow_symlinks=False).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return -1


def _open_beside(place: str) -> tuple[str, int]:
    """A new file in the folder of `place`, open for writing, whose name no reader can ask for.

    In that folder and not in one for all: some file systems look for room near the folder's other files, and one full
    of strangers is slow (ext4: half as many pages in a second). The name is the same each time, so that who writes a
    page again after a crash comes upon what was left and removes it; another process that writes there now is left
    alone.
    """
    folder, _, name = place.rpartition("/")
    aside = f"{folder}/.{crc32(name.encode()):08x}{_PART}"
    for _ in range(5):
        try:
            return aside, os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            # Folders are made where one is missed: most pages need no look at their folder at all. Another process may
            # remove it while it is empty, hence the further tries.
            try:
                _make(folder)
            except (FileExistsError, NotADirectoryError):
                raise BadAddress(f"{place} cannot be written: a file is where its folder must be.") from None
        except NotADirectoryError:
            raise BadAddress(f"{place} cannot be written: a file is where its folder must be.") from None
        except FileExistsError:
            if not _remove_if_left(aside):
                aside = f"{folder}/.{secrets.token_hex(8)}{_PART}"
    raise OutletProblem(f"{place} cannot be written: its folder vanishes again and again.")


def _make(folder: str) -> None:
    """Make a folder. The one above it is there more often than not, so it is not looked for first."""
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        if not (above := os.path.dirname(folder)):
            raise
        _make(above)
        _make(folder)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise


def _remove_if_left(aside: str) -> bool:
    """Remove a file that was being written, if nobody can be writing it any more."""
    with suppress(FileNotFoundError):
        if os.stat(aside, follow_symlinks=False).st_mtime_ns > time_ns() - ASIDE_KEPT_SECONDS * 1_000_000_000:
            return False
        os.unlink(aside)
    return True


def _is_claim(name: str) -> bool:
    return name.startswith(_CLAIM)


def _target(path: str, location: str) -> bytes:
    """The content of a file in `moved`: a path on this site, on one line."""
    try:
        sitefiles.file_of(location)
    except sitefiles.BadPath as error:
        raise BadAddress(f"{path} cannot move to {location!r}: {error}") from error
    return sitefiles.canonical(location).encode() + b"\n"


__all__ = ["BadAddress", "LocalOutlet", "OutletProblem", "PlaceProblem", "WrongNewsroom"]
