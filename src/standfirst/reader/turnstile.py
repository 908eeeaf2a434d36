"""How many searches pass to the newsroom: of one address, and of all together.

Pages are files; a search is work. So a reader may search as often as people do, the newsroom works on a few at a time,
and its desk is never kept waiting by readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final

from standfirst.kit.askers import Allowance

log = logging.getLogger(__name__)

BURST: Final = 120
"""Searches of one address at once. Thousands of phones may share one (carriers' NAT), and so may an office: when news
breaks they search together. Nobody types that fast alone."""

SECONDS: Final = 0.5
"""Then one in so many seconds. A machine that goes on all day takes a few hundredths of a processor."""

AT_ONCE: Final = 2
"""Searches that the newsroom works on at the same moment. It has four threads, and people at the desk."""

WAITING: Final = 40
PATIENCE: Final = 3.0
"""How many others wait for their turn, and for how many seconds at most."""


class Crowded(Exception):
    """Too many search at this moment."""


class Turnstile:
    """Lets searches pass. To be made in the loop in which it is used."""

    def __init__(self) -> None:
        self._allowance = Allowance(BURST, SECONDS)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._told = False

    def wait(self, address: str) -> float:
        """Seconds after which `address` may search again; 0: now, and it is counted."""
        seconds = self._allowance.wait(address)
        if seconds and not self._told and _is_near(address):
            self._told = True
            log.warning(
                "All who come through %s search more often than one reader may. If that is your proxy, name it in "
                "STANDFIRST_TRUSTED_PROXIES, so that readers can be told apart.",
                address,
            )
        return seconds

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn, while the block lasts. Raises `Crowded` if too many wait, or for too long."""
        if self._waiting >= WAITING:
            raise Crowded
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise Crowded from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def _is_near(address: str) -> bool:
    """True of this machine and its neighbours: no reader on the internet has such an address."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False
