"""Usage terms in words: which of them a machine must not take upon itself. Plain data and a plain search.

A picture whose terms, instructions or edit status hold one of these phrases is placed by a person or not at all.
Phrases are by language only to keep the list readable: each is looked for in every text, as whole words, without regard
to case, accents or punctuation. Add to the list what your agencies write.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Held:
    """A phrase that was found, and what it means for us."""

    phrase: str
    means: str


KEEP: Final = "it must not be kept in an archive, and our pages are one"
ONCE: Final = "it may be used once, or for a short time only"
WEB: Final = "it must not be shown on the web"
STOP: Final = "it must not be used now"

PHRASES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    KEEP: {
        "en": (
            "no archive",
            "no archives",
            "no archiving",
            "not for archive",
            "archive out",
            "archives out",
            "no storage",
        ),
        "de": ("keine archivierung", "kein archiv", "archivierung nicht gestattet", "nicht archivieren", "archiv aus"),
        "fr": ("pas d archive", "pas d archives", "pas d archivage", "sans archivage", "archivage interdit"),
        "es": ("no archivar", "prohibido archivar", "sin archivo", "no archivo"),
        "it": ("no archivio", "vietata l archiviazione", "archiviazione vietata"),
        "pt": ("nao arquivar", "proibido arquivar", "sem arquivo"),
        "nl": ("geen archief", "niet archiveren", "archivering niet toegestaan"),
        "sv": ("ej arkiv", "far ej arkiveras", "ingen arkivering"),
        "fi": ("ei arkistointia", "ei arkistoon", "arkistointi kielletty"),
    },
    ONCE: {
        "en": (
            *("one time use", "one time only", "single use", "one use only", "one off use", "for one time use"),
            *("use within 14 days", "for use within", "must be used within", "not to be used after", "no use after"),
            *("restricted use", "limited use", "usage restricted to", "for the duration of"),
        ),
        "de": (
            *("einmalige verwendung", "einmalige nutzung", "einmalig", "einmaliger abdruck", "nur zur einmaligen"),
            *("nur im zusammenhang mit", "nur bis", "nutzungsfrist", "frei bis", "nicht nach dem"),
        ),
        "fr": ("usage unique", "utilisation unique", "une seule utilisation", "usage limite", "utilisation limitee"),
        "es": ("un solo uso", "uso unico", "uso limitado", "unica vez"),
        "it": ("uso singolo", "una sola volta", "utilizzo unico", "uso limitato"),
        "pt": ("uso unico", "uma unica vez", "uso limitado"),
        "nl": ("eenmalig gebruik", "eenmalige publicatie", "beperkt gebruik"),
        "sv": ("engangsanvandning", "endast en gang"),
        "fi": ("kertakaytto", "kertajulkaisu", "kertajulkaisuoikeus"),
    },
    WEB: {
        "en": (
            *("not for web", "no web", "not for online", "no online", "not for internet", "no internet", "web out"),
            *("internet out", "online out", "print only", "print use only", "newspapers only", "tv only", "no digital"),
            *("no websites", "no web use", "no internet use", "not for use on the internet", "not for website use"),
        ),
        "de": (
            *("nicht fur online", "nicht fur das internet", "keine onlinenutzung", "keine online nutzung", "nur print"),
            *("internet aus", "online aus", "kein internet", "kein online", "nicht fur web", "nur fur print"),
        ),
        "fr": ("pas d internet", "internet interdit", "pas de web", "web interdit", "presse ecrite uniquement"),
        "es": (
            "no internet",
            "no web",
            "prohibido internet",
            "solo prensa escrita",
            "no apto para web",
            "sin internet",
        ),
        "it": ("no internet", "no web", "solo stampa", "vietato internet", "vietato l uso su internet"),
        "pt": ("nao internet", "proibido internet", "somente impresso", "nao para web"),
        "nl": ("niet voor internet", "niet voor online", "geen internet", "geen online", "alleen print"),
        "sv": ("ej internet", "ej webb", "endast tryck"),
        "fi": ("ei internetiin", "ei verkkoon", "ei verkkokayttoon", "vain painettuun"),
    },
    STOP: {
        "en": (
            *(
                "kill",
                "picture kill",
                "photo kill",
                "mandatory kill",
                "hold",
                "withhold",
                "do not use",
                "do not publish",
            ),
            *(
                "eliminate",
                "elimination",
                "not for publication",
                "hold for release",
                "embargo",
                "embargoed",
                "withdrawn",
            ),
            *("not for release", "please remove", "disregard"),
        ),
        "de": (
            *(
                "sperrfrist",
                "gesperrt",
                "zuruckgezogen",
                "zuruckgezogenes bild",
                "nicht verwenden",
                "nicht mehr verwenden",
            ),
            *("bitte nicht verwenden", "loschen", "achtung sperrung", "nicht veroffentlichen"),
        ),
        "fr": ("ne pas utiliser", "ne pas publier", "sous embargo", "annule", "annulation", "retiree", "a supprimer"),
        "es": ("no usar", "no utilizar", "no publicar", "embargado", "anulada", "anulado", "retirada"),
        "it": ("non usare", "non utilizzare", "non pubblicare", "sotto embargo", "annullata", "ritirata"),
        "pt": ("nao usar", "nao utilizar", "nao publicar", "sob embargo", "anulada", "retirada"),
        "nl": ("niet gebruiken", "niet publiceren", "onder embargo", "ingetrokken"),
        "sv": ("far ej anvandas", "ej for publicering", "aterkallad", "anvand ej"),
        "fi": ("ei saa kayttaa", "ei saa julkaista", "poistettava", "vedetty pois"),
    },
}
"""What it means -> language -> phrases, in lower case, without accents, with spaces for punctuation."""


def plain(text: str) -> str:
    """`text` in lower-case words without accents, one space between and around them."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return f" {re.sub('[^0-9a-z]+', ' ', bare).strip()} "


@lru_cache(maxsize=1)
def _all() -> tuple[tuple[str, str], ...]:
    found = [(phrase, means) for means, by in PHRASES.items() for phrases in by.values() for phrase in phrases]
    return tuple(sorted(dict.fromkeys(found), key=lambda pair: -len(pair[0])))


_MOST: Final = 20_000


def held(*texts: str) -> tuple[Held, ...]:
    """What in usage terms a machine must not decide; each meaning once, with the longest phrase that says it."""
    return _held(texts, frozenset({KEEP, ONCE, WEB}))


def stopped(*texts: str) -> tuple[Held, ...]:
    """The same in instructions to editors and in an edit status, where words such as "hold" and "kill" are orders."""
    return _held(texts, frozenset(PHRASES))


def _held(texts: tuple[str, ...], about: frozenset[str]) -> tuple[Held, ...]:
    found: dict[str, Held] = {}
    for text in texts:
        if not text.strip():
            continue
        words = plain(text[:_MOST])
        for phrase, means in _all():
            if means in about and means not in found and f" {phrase} " in words:
                found[means] = Held(phrase, means)
    return tuple(found.values())


_OUT: Final = re.compile(r"\b([A-Z][\w .,/&-]{1,80}?)\s+OUT\b")
_ONLY: Final = re.compile(r"\b([A-Z][A-Z .,/&-]{1,60}?)\s+ONLY\b")
_NO_PLACES: Final = frozenset({"editorial use", "editorial", "use", "print", "internet", "web", "online", "archive"})


def territory(*texts: str) -> str:
    """Where it may not, or only, be shown, as terms say it in capitals: "Not: GERMANY, AUSTRIA"; else ""."""
    out: list[str] = []
    only: list[str] = []
    for text in texts:
        for found, into in ((_OUT, out), (_ONLY, only)):
            for match in found.finditer(text[:2000]):
                place = " ".join(match.group(1).rsplit(".", 1)[-1].split(",")[-1].split())
                if place and place.isupper() and place.casefold() not in _NO_PLACES and place not in into:
                    into.append(place)
    said = [f"Not: {', '.join(out)}"] if out else []
    if only:
        said.append(f"Only: {', '.join(only)}")
    return "; ".join(said)[:200]
