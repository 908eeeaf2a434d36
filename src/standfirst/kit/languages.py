"""What a language tag (BCP 47) says about how its text is set."""

from __future__ import annotations

from typing import Final, Literal

_RIGHT_TO_LEFT: Final = frozenset("ar arc ckb dv fa he ks nqo ps sd syr ug ur yi".split())
_LEFT_TO_RIGHT_SCRIPTS: Final = frozenset({"latn", "cyrl", "deva"})
_RIGHT_TO_LEFT_SCRIPTS: Final = frozenset({"adlm", "arab", "hebr", "nkoo", "syrc", "thaa"})

ENDONYMS: Final[dict[str, str]] = {
    "am": "አማርኛ",
    "ar": "العربية",
    "bn": "বাংলা",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "ff": "Fulfulde",
    "fr": "Français",
    "ha": "Hausa",
    "he": "עברית",
    "hi": "हिन्दी",
    "ig": "Igbo",
    "it": "Italiano",
    "ja": "日本語",
    "nl": "Nederlands",
    "pcm": "Naijá",
    "pt": "Português",
    "ru": "Русский",
    "so": "Soomaali",
    "sw": "Kiswahili",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "yo": "Yorùbá",
    "zh": "中文",
}
"""What those who speak a language call it."""


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


_OWN_NAMES: Final = {
    "am": "አማርኛ",
    "ar": "العربية",
    "bn": "বাংলা",
    "de": "Deutsch",
    "en": "English",
    "es": "español",
    "fa": "فارسی",
    "ff": "Fulfulde",
    "fr": "français",
    "ha": "Hausa",
    "he": "עברית",
    "hi": "हिन्दी",
    "ig": "Igbo",
    "it": "italiano",
    "ja": "日本語",
    "nl": "Nederlands",
    "pcm": "Naijá",
    "pt": "português",
    "ru": "русский",
    "so": "Soomaali",
    "sw": "Kiswahili",
    "tr": "Türkçe",
    "uk": "українська",
    "ur": "اردو",
    "yo": "Yorùbá",
    "zh": "中文",
}


def own_name_of(language: str) -> str:
    """What `language` calls itself, e.g. "français": who reads it knows it by that. Its tag, where we do not know."""
    return _OWN_NAMES.get(language) or _OWN_NAMES.get(primary_of(language), language)
