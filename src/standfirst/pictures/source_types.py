"""IPTC's digital source types: how a picture was made, and what the desk is told of it. Plain data."""

from __future__ import annotations

from typing import Final

NOTES: Final = {
    "trainedalgorithmicmedia": "Made by a machine (generative AI).",
    "compositewithtrainedalgorithmicmedia": "Parts of it were made by a machine (generative AI).",
    "compositesynthetic": "A composite with parts that no camera took.",
    "algorithmicmedia": "Made by a computer program, not by a camera.",
    "algorithmicallyenhanced": "Changed by a computer program.",
    "virtualrecording": "Recorded from a virtual world, not by a camera.",
    "datadrivenmedia": "Made by a computer program from data.",
    "softwareimage": "Made with drawing software, not by a camera.",
    "digitalart": "Drawn by a person with a computer.",
    "digitalcreation": "Made by a person with a computer, not by a camera.",
    "compositecapture": "A composite of several photographs.",
    "composite": "A composite of several pictures.",
    "humanedits": "A person has changed more than light and cut.",
    "minorhumanedits": "",
    "digitalcapture": "",
    "computationalcapture": "",
    "negativefilm": "",
    "positivefilm": "",
    "print": "",
    "screencapture": "Taken from a screen.",
}
"""Last part of the code in cv.iptc.org/newscodes/digitalsourcetype, lower case -> a note to the desk ("": none)."""


def code_of(address: str) -> str:
    """The last part of an address or qualified code: "http://cv.iptc.org/.../print" and "dsrct:print" are "print"."""
    return address.strip().rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2][:60]


def note(code: str) -> str:
    """What the desk should know of a picture made so; "" for an ordinary photograph."""
    if not code.strip():
        return ""
    return NOTES.get(code_of(code).lower(), f"How it was made is given as “{code_of(code)}”.")


def made_by_machine(code: str) -> bool:
    """True where generative AI made the picture or a part of it."""
    return "trainedalgorithmicmedia" in code_of(code).lower()
