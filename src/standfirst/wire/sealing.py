"""Raw bytes as received, sealed before anything reads them.

A file lies under `<home>/received/<first two digits>/<sha256>`, readable by the newsroom's account only, written beside
its place, forced to the disk, and linked into place: it is there whole or not at all, and never written again. The
same bytes received twice are one file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from standfirst.kit.errors import Problem

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was sealed: SHA-256 in lower-case hexadecimal, size in bytes."""

    seal: str
    size: int


def place(root: Path, seal: str) -> Path:
    """Where the bytes with this seal lie below `root`."""
    return root / seal[:2] / seal


def seal_bytes(root: Path, data: bytes) -> Sealed:
    """Seal `data`. When this returns, the bytes survive a power cut."""
    return _seal(root, (data,))


def seal_file(root: Path, path: Path) -> Sealed:
    """Seal a file's bytes without holding them in memory.

    Raises:
        Problem: it is not there, is no ordinary file, or cannot be opened.
    """
    if not path.is_file():
        raise Problem(
            "This is no ordinary file: name the files in it."
            if path.exists()
            else "There is no such file: check its name."
        )
    try:
        with path.open("rb") as source:
            return _seal(root, _chunks(source.fileno()))
    except PermissionError as error:
        raise Problem("This file may not be opened: let the newsroom's account read it.") from error


def read(root: Path, seal: str) -> bytes:
    """The sealed bytes, checked against their seal.

    Raises:
        Problem: they are gone or damaged.
    """
    path = place(root, seal)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise Problem(f"The received file {seal[:12]}… is missing: restore {path} from a backup.") from error
    if hashlib.sha256(data).hexdigest() != seal:
        raise Problem(f"The received file {seal[:12]}… is damaged: restore {path} from a backup.")
    return data


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk


def _seal(root: Path, chunks: Iterable[bytes]) -> Sealed:
    _folder(root)
    aside = root / f".{secrets.token_hex(8)}.part"
    sha, size = hashlib.sha256(), 0
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as out:
            for chunk in chunks:
                sha.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        seal = sha.hexdigest()
        target = place(root, seal)
        _folder(target.parent)
        _put(aside, target)
        _force(target.parent)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    return Sealed(seal, size)


def _put(aside: Path, target: Path) -> None:
    try:
        os.link(aside, target)
    except FileExistsError:
        return  # the same bytes came in before
    except OSError as error:
        # Some file systems know no links. Replacing a file by the same bytes does no harm.
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        if not target.exists():
            os.replace(aside, target)


def _folder(path: Path) -> None:
    if path.is_dir():
        return
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _force(path.parent)


def _force(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
