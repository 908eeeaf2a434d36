"""What is known of agencies' dialects: data, not code. A feed may name one; otherwise the provider in a file does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from standfirst.wire.formats._shared import Profile

# AFP's text wire ("text-photo profile"): every update is an item of its own, told apart by genre and advisory line.
AFP: Final = Profile(
    signals={"alerte": "", "prev": "", "article": "", "lead": "lead", "update": "update"},
    advisory_words={
        "adds": "update",
        "ajoute": "update",
        "actualise": "update",
        "actualisation": "update",
        "actualiza": "update",
        "aktualisiert": "update",
        "raises": "update",
        "recasts": "update",
        "refiles": "repeat",
        "updates": "update",
        "corrects": "correction",
        "correction": "correction",
        "corrige": "correction",
        "rectificatif": "correction",
        "rectifica": "correction",
        "berichtigt": "correction",
        "berichtigung": "correction",
        "clarifies": "clarification",
        "kill": "kill",
        "kills": "kill",
        "annule": "kill",
        "annulation": "kill",
        "anula": "kill",
        "withdraws": "withhold",
    },
    memo_phrases=frozenset(
        {
            "usage forbidden without contract",
            "use forbidden without contract",
            "utilisation interdite sans contrat",
            "usage interdit sans contrat",
        }
    ),
    # "bur-dar-gl/fz": at least one stroke between writers and editors, nothing but short words in small letters.
    sign_off=r"(?=[a-z-]*/)[a-z]{1,5}(?:[-/][a-z]{1,5}){1,9}",
    new_text_mark="***",
    creator_is_byline=True,
)
# EFE marks whole items as updates; Europa Press has a letter of its own. Content decides, see `newsml_1`.
EFE: Final = Profile(
    signals={"rectificacion": "correction", "rectificación": "correction", "anulacion": "kill", "anulación": "kill"}
)
EUROPA_PRESS: Final = EFE

NAMED: Final[Mapping[str, Profile]] = {
    "afp": AFP,
    "efe": EFE,
    "europa-press": EUROPA_PRESS,
}
"""By short name, as a feed's settings have it."""

BY_PROVIDER: Final[Mapping[str, Profile]] = {
    "afp": AFP,
    "afp.com": AFP,
    "agencia efe": EFE,
    "agencia efe, s.a.": EFE,
    "efe": EFE,
    "efe.com": EFE,
    "europa press": EUROPA_PRESS,
    "europapress.es": EUROPA_PRESS,
}
"""By what files call the agency, lower case: a name or a domain."""
