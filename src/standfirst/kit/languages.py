"""What a language tag (BCP 47) says about how its text is set."""

from __future__ import annotations

from typing import Final, Literal

_RIGHT_TO_LEFT: Final = frozenset("ar arc ckb dv fa he ks nqo ps sd syr ug ur yi".split())
_LEFT_TO_RIGHT_SCRIPTS: Final = frozenset({"latn", "cyrl", "deva"})
_RIGHT_TO_LEFT_SCRIPTS: Final = frozenset({"adlm", "arab", "hebr", "nkoo", "syrc", "thaa"})


def primary_of(language: str) -> str:
    """The language itself, without region and script: "en" of "en-GB"."""
    return language.partition("-")[0].lower()


def direction_of(language: str) -> Literal["ltr", "rtl"]:
    """The direction in which `language` is written: by its script where the tag names one, else by its usual one."""
    for part in language.lower().split("-")[1:]:
        if part in _LEFT_TO_RIGHT_SCRIPTS:
            return "ltr"
        if part in _RIGHT_TO_LEFT_SCRIPTS:
            return "rtl"
    return "rtl" if primary_of(language) in _RIGHT_TO_LEFT else "ltr"
