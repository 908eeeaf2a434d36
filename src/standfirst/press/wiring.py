from __future__ import annotations


def fill_ports() -> None:
    pass
