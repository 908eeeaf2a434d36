"""Digests: short ones that tell two values apart, long ones that seal bytes."""

from __future__ import annotations

import hashlib

ABSENT = 0
"""The digest of a thing that is not there."""


def short(data: bytes) -> int:
    """A signed 64-bit digest of `data`, never `ABSENT`; it fits a database's bigint."""
    value = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)
    return value or 1


def seal(data: bytes) -> str:
    """The SHA-256 of `data` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
