"""Who asks, told by the address of a request, and how often somebody may."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final


def address_of(forwarded_for: str, peer: str, trusted: tuple[str, ...]) -> str:
    """Who asks: the last address in X-Forwarded-For that is no proxy of ours, of IPv6 the network of one customer.

    The reader process, through which every request comes, has written the last entry; those before the last trusted
    proxy are the asker's own words.
    """
    chain = [word.strip() for word in forwarded_for.split(",") if word.strip()] or [peer]
    while len(chain) > 1 and chain[-1] in trusted:
        chain.pop()
    try:
        address = ip_address(chain[-1])
    except ValueError:
        return chain[-1][:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


MOST_KNOWN: Final = 20_000
"""Addresses that are remembered; of those that asked longest ago nothing is known any more."""


class Allowance:
    """So many requests at once for each address, and then one every so many seconds.

    An address that has not asked for a while has all of them again. Only numbers are kept, in this process's memory.
    """

    def __init__(self, burst: int, seconds: float) -> None:
        self._burst = burst
        self._seconds = seconds
        self._full_at: OrderedDict[str, float] = OrderedDict()
        """When each address has all of its requests again."""

    def wait(self, address: str) -> float:
        """Take one of the requests of `address`: 0. Or seconds after which there is one; then none was taken."""
        now = monotonic()
        full_at = max(self._full_at.get(address, now), now) + self._seconds
        over = full_at - now - self._burst * self._seconds
        if over > 0:
            return over
        self._full_at[address] = full_at
        self._full_at.move_to_end(address)
        while len(self._full_at) > MOST_KNOWN:
            self._full_at.popitem(last=False)
        return 0.0
