"""Transports: how the files of an agency get here. No database and no Django: settings in, arrivals out.

A transport is a module with what `Transport` names. `fetch` yields arrivals one by one and does nothing irrevocable:
the cursor moves, and a file at the other end is deleted or moved, only after the caller has sealed what was yielded.
So a crash loses nothing; at worst the same bytes come twice, which intake recognises.
"""

from __future__ import annotations

from standfirst.wire.transports._shared import (
    Arrival,
    Cursor,
    Job,
    Limits,
    News,
    Note,
    Remember,
    SecretField,
    Settings,
    Settle,
    Skipped,
    Transport,
    Trouble,
)

__all__ = [
    "Arrival",
    "Cursor",
    "Job",
    "Limits",
    "News",
    "Note",
    "Remember",
    "SecretField",
    "Settings",
    "Settle",
    "Skipped",
    "Transport",
    "Trouble",
]
