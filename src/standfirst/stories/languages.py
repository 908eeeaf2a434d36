"""Languages that stories are written in."""

from __future__ import annotations

from standfirst.kit.languages import primary_of

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

_KNOWN = {tag for tag, _ in LANGUAGES}


def known_or(language: str, otherwise: str) -> str:
    """The tag of a language that stories may have: `language`, its primary part, or `otherwise`."""
    if language in _KNOWN:
        return language
    primary = primary_of(language)
    return primary if primary in _KNOWN else otherwise
