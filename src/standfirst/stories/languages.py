"""Languages that stories are written in, and which way they run."""

from __future__ import annotations

from typing import Literal

LANGUAGES: tuple[tuple[str, str], ...] = (
    ("en", "English"),
    ("fr", "French"),
    ("ar", "Arabic"),
    ("ha", "Hausa"),
    ("ig", "Igbo"),
    ("yo", "Yoruba"),
    ("pcm", "Nigerian Pidgin"),
    ("sw", "Swahili"),
    ("am", "Amharic"),
    ("so", "Somali"),
    ("ff", "Fula"),
    ("pt", "Portuguese"),
    ("es", "Spanish"),
    ("de", "German"),
    ("it", "Italian"),
    ("nl", "Dutch"),
    ("tr", "Turkish"),
    ("fa", "Persian"),
    ("ur", "Urdu"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("bn", "Bengali"),
    ("zh", "Chinese"),
    ("ja", "Japanese"),
    ("ru", "Russian"),
    ("uk", "Ukrainian"),
)
"""(BCP 47 tag, English name)."""

_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_KNOWN = {tag for tag, _ in LANGUAGES}


def direction_of(language: str) -> Literal["ltr", "rtl"]:
    """The direction in which `language` (BCP 47) is written; an explicit script subtag decides."""
    parts = language.lower().split("-")
    if "latn" in parts:
        return "ltr"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT or "arab" in parts or "hebr" in parts else "ltr"


def known_or(language: str, otherwise: str) -> str:
    """The tag of a language that stories may have: `language`, its primary part, or `otherwise`."""
    if language in _KNOWN:
        return language
    primary = language.split("-", maxsplit=1)[0].lower()
    return primary if primary in _KNOWN else otherwise
