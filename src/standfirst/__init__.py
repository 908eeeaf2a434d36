"""Standfirst: a newsroom's publishing system. Wire copy in one end, a news site out of the other."""

__version__ = "0.1.0"
