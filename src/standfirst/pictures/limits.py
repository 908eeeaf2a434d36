"""What a picture may be. Plain Python: no Django, no Pillow."""

from __future__ import annotations

from typing import Final

MOST_PIXELS: Final = 120_000_000
"""Width times height: more is refused before it is decoded. Copies for readers are made from as many at most."""

FORMATS: Final = frozenset({"JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF", "HEIF"})
"""Pillow's names of the formats that the newsroom takes. MPO is JPEG as some telephones write it."""
