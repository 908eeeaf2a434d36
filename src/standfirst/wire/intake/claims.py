"""Who reads which delivery: claims that end with the program that made them, or by themselves.

A claim is a token on the delivery's row, with the moment at which it lapses. The program also holds a lock on a file
of that name in the newsroom's folder: when it is killed the system lets the lock go, and whoever comes next takes over
at once. The moment is for programs that do not share the folder.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from standfirst.kit import clock
from standfirst.wire.models import Delivery

LASTS = timedelta(minutes=2)
"""How long a claim holds by itself. It is renewed with every transaction."""


def _folder() -> Path:
    home: Path = settings.STANDFIRST.home
    return home / "run" / "intake"


@contextmanager
def claimant() -> Iterator[str]:
    """A token to claim with, good until the end of the block. What is still claimed then is free for others, and was
    not attempted: nor was it if a disk or the database failed."""
    _give_back()
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_hex(12)
    path = folder / token
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield token
        except (OSError, OperationalError, InterfaceError):
            _owed.append(token)
            with suppress(OperationalError, InterfaceError):  # then the next time
                _give_back()
            raise
        _let_go(token)
        path.unlink(missing_ok=True)
    finally:
        # After a failure the file stays, unlocked: whoever finds the claims sees that they are void.
        os.close(descriptor)


_owed: list[str] = []
"""Tokens with which this program holds claims that were no attempts, and could not say so yet."""


def _give_back() -> None:
    while _owed:
        _let_go(_owed[0])
        del _owed[0]


def _let_go(token: str) -> None:
    Delivery.objects.filter(claimed_by=token, state=Delivery.State.SEALED).update(
        claimed_by="", claimed_until=None, attempts=F("attempts") - 1
    )


def claim(token: str, *, most: int, heaviest: int, pressing: bool = False) -> list[Delivery]:
    """Claim up to `most` deliveries that nobody reads, of `heaviest` bytes in all, or one.

    What stopped the program before is claimed by itself, so that it takes no other with it. With `pressing`, only what
    may ask for a takedown.
    """
    waiting = Delivery.objects.unfinished()
    if pressing:
        waiting = waiting.filter(pressing=True)
    if not waiting.exclude(claimed_by=token).exists():
        return []
    free = Q(claimed_by="") | Q(claimed_until__lt=clock.now()) | Q(claimed_by__in=_void(token))
    with transaction.atomic():
        picked: list[Delivery] = []
        size = 0
        found = waiting.filter(free).exclude(claimed_by=token).select_for_update(skip_locked=True, of=("self",))
        for delivery in found.select_related("feed")[:most]:
            size += delivery.size
            if picked and (size > heaviest or delivery.attempts):
                break
            picked.append(delivery)
            if delivery.attempts:
                break
        until = clock.now() + LASTS
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in picked]).update(
            claimed_by=token, claimed_until=until, attempts=F("attempts") + 1
        )
    for delivery in picked:
        delivery.attempts += 1
        delivery.claimed_by, delivery.claimed_until = token, until
    return picked


def renew(token: str, keys: list[int]) -> set[int]:
    """Of `keys`, the deliveries that are still claimed with `token`. Locked until the transaction ends, so that
    nobody can take them over while they are applied."""
    if not keys:
        return set()
    held = Delivery.objects.filter(pk__in=keys, claimed_by=token, state=Delivery.State.SEALED)
    if held.update(claimed_until=clock.now() + LASTS) == len(keys):
        return set(keys)
    return set(held.values_list("pk", flat=True))


def _void(token: str) -> list[str]:
    """Tokens on deliveries whose program has ended without letting them go."""
    others = (
        Delivery.objects.filter(state=Delivery.State.SEALED)
        .exclude(claimed_by__in=("", token))
        .values_list("claimed_by", flat=True)
        .order_by()
        .distinct()
    )
    return [other for other in others if _ended(other)]


def _ended(token: str) -> bool:
    path = _folder() / token
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # not of this folder: its time tells
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def sweep() -> None:
    """Remove what ended programs left in the folder and no delivery names."""
    folder = _folder()
    if not folder.is_dir():
        return
    named = set(Delivery.objects.filter(state=Delivery.State.SEALED).values_list("claimed_by", flat=True).distinct())
    for path in folder.iterdir():
        if path.name not in named and _ended(path.name):
            with suppress(FileNotFoundError):
                path.unlink()
