"""What is known of agencies' dialects: data, not code. A feed may name one; otherwise the provider in a file does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from standfirst.wire.formats._shared import Profile
from standfirst.wire.item import EditorialType

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
    # "bur-dar-gl/fz": at least one stroke between writers and editors, nothing but short words in small letters, or in
    # Arabic ones, where an initial may be two.
    sign_off=r"(?=[a-z-]*/)[a-z]{1,5}(?:[-/][a-z]{1,5}){1,9}"
    r"|(?=[^/]{1,20}/)[\u0621-\u064a ]{1,6}(?:[-/][\u0621-\u064a ]{1,6}){1,9}",
    new_text_mark="***",
    creator_is_byline=True,
)
# EFE marks whole items as updates; Europa Press has a letter of its own. Content decides, see `newsml_1`.
EFE: Final = Profile(
    signals={"rectificacion": "correction", "rectificación": "correction", "anulacion": "kill", "anulación": "kill"}
)
EUROPA_PRESS: Final = EFE

# AP says what kind of version an item is in words of its own; photos that must go are eliminated, not killed.
AP: Final = Profile(
    signals={
        "elimination": "kill",
        "corrective": "correction",
        "test": "",
        "derived": "",
        "advance": "hold_for_release",  # copy for a later day
        "insert": "update",
        "sub": "update",
        "refile": "repeat",
        **dict.fromkeys(("new", "urgent", "bulletin", "newsalert", "flash", "special", "background", "optional"), ""),
    },
    language="en",
    slugline_tail=r",\s*[^,]{1,40}",  # "BC-Lune-Ferry, 2nd Ld-Writethru"
)
# dpa marks each note that may be published; what is only planned is no instruction.
DPA: Final = Profile(
    public_note_roles=frozenset({"dpaednoterole:editorialnote"}),
    signals={"isplanned": ""},
    language="de",
    zone="Europe/Berlin",
    advisory_categories=frozenset({"rs"}),  # notes to desks, in IPTC 7901
)
# dpa's international services, by the letters before their numbers (IPTC 7901).
DPA_ENGLISH: Final = replace(DPA, language="en", zone="UTC")
# Agencies of NITF, IPTC 7901 and ANPA 1312 whose times may name no zone.
PA: Final = Profile(language="en", zone="Europe/London", sign_off="(?i:ends)")
# "AAP RTV ar", "AAP ab/cd"
AAP: Final = Profile(
    language="en", zone="Australia/Sydney", sign_off=r"AAP(?: [A-Z]{2,5}){0,2} [a-z]{2,4}(?:[/-][a-z]{2,4}){0,3}"
)
ANSA: Final = Profile(zone="Europe/Rome", byline_is_subheadline=True)
KNA: Final = Profile(language="de", zone="Europe/Berlin")
KYODO: Final = Profile(language="en", zone="Asia/Tokyo", sign_off=r"==\s?Kyodo")
# Belga dates an item's id by its revision; its times are those of Brussels.
BELGA: Final = Profile(zone="Europe/Brussels", dateless_ids=True)
# Reuters' news data calls what is to be taken down withdrawn. Its edStat letters and msgType are read by `newsml_g2`.
# What an item is of an older one, which has an id of its own, its headline says.
REUTERS: Final = Profile(
    status_words={"withdrawn": "withheld", "deleted": "canceled"},
    language="en",
    headline_words={
        "ADVISORY": "advisory",
        "CLARIFIED": "clarification",
        "CORRECTED": "correction",
        "CORRECTION": "correction",
        "REFILE": "repeat",
        "REPEAT": "repeat",
        "RPT": "repeat",
        "UPDATE": "update",
        "WITHDRAWN": "withhold",
        "WRAPUP": "update",
    },
    slugline_tail=r"\s*\([^()]*\)",
)
# TT has two words for statuses that IPTC lacks: copy that something else has replaced, and copy not yet written.
TT: Final = Profile(
    status_words={"replaced": "unknown", "commissioned": "unknown"},
    signals={"replace": "update", "korr": "correction"},
    language="sv",
    zone="Europe/Stockholm",
)
STT: Final = Profile(
    public_note_roles=frozenset({"sttnote:public"}),
    signals={
        "append-major-content": "update",
        "append-minor-content": "update",
        "new": "",
        "replace": "update",
        "supplement": "add/take",
        "remove": "kill",
    },
    asserted_as={"sttlocmeta:default:": "sttlocationalias:"},
    language="fi",
    zone="Europe/Helsinki",
)
APA: Final = Profile(language="de", zone="Europe/Vienna")
RITZAU: Final = Profile(language="da", zone="Europe/Copenhagen")
NTB: Final = Profile(language="nb", zone="Europe/Oslo")
BBC: Final = Profile(language="en")
_RELEASE_WORDS: Final[Mapping[str, EditorialType]] = {
    "CORRECTED": "correction",
    "CORRECTING": "correction",
    "CORRECTION": "correction",
    "CORRECTIF": "correction",
    "REPEAT": "repeat",
    "UPDATE": "update",
    "UPDATED": "update",
}
GLOBENEWSWIRE: Final = Profile(language="en", headline_words=_RELEASE_WORDS)
BUSINESS_WIRE: Final = Profile(headline_words=_RELEASE_WORDS)
# Superdesk's own words for what became of an item.
SUPERDESK: Final = Profile(status_words={"recalled": "withheld", "killed": "canceled"})
# Scoop sends an empty embargo on routine releases. That means none only where a feed names the dialect: a person chose.
SCOOP: Final = Profile(empty_embargo_means_none=True, language="en")
# Nigeria's agency publishes a plain feed, in English whether it says so or not.
NAN: Final = Profile(language="en", zone="Africa/Lagos")

NAMED: Final[Mapping[str, Profile]] = {
    "aap": AAP,
    "ansa": ANSA,
    "dpa-english": DPA_ENGLISH,
    "kna": KNA,
    "kyodo": KYODO,
    "pa": PA,
    "ap": AP,
    "apa": APA,
    "bbc": BBC,
    "belga": BELGA,
    "business-wire": BUSINESS_WIRE,
    "dpa": DPA,
    "globenewswire": GLOBENEWSWIRE,
    "nan": NAN,
    "ntb": NTB,
    "reuters": REUTERS,
    "ritzau": RITZAU,
    "scoop": SCOOP,
    "stt": STT,
    "superdesk": SUPERDESK,
    "tt": TT,
    "afp": AFP,
    "efe": EFE,
    "europa-press": EUROPA_PRESS,
}
"""By short name, as a feed's settings have it."""

BY_PROVIDER: Final[Mapping[str, Profile]] = {
    "aap": AAP,
    "australian associated press": AAP,
    "ansa": ANSA,
    "ansa.it": ANSA,
    "eca": DPA_ENGLISH,
    "ecp": DPA_ENGLISH,
    "lni": DPA,
    "kna": KNA,
    "kyodo": KYODO,
    "kyodonews": KYODO,
    "kyodonews.jp": KYODO,
    "belga": BELGA,
    "belga.be": BELGA,
    "business wire": BUSINESS_WIRE,
    "businesswire.com": BUSINESS_WIRE,
    "pa": PA,
    "pa media": PA,
    "pa.press.net": PA,
    "press association": PA,
    "the press association": PA,
    "ap": AP,
    "ap.org": AP,
    "associated press": AP,
    "the associated press": AP,
    "apa": APA,
    "apa.at": APA,
    "bbc": BBC,
    "bbc.co.uk": BBC,
    "www.bbc.co.uk": BBC,
    "dpa": DPA,
    "dpa.com": DPA,
    "globenewswire": GLOBENEWSWIRE,
    "globenewswire.com": GLOBENEWSWIRE,
    "nan": NAN,
    "nannews.ng": NAN,
    "ntb": NTB,
    "ntb.no": NTB,
    "reuters": REUTERS,
    "reuters.com": REUTERS,
    "ritzau": RITZAU,
    "ritzau.dk": RITZAU,
    "stt": STT,
    "stt-lehtikuva": STT,
    "stt.fi": STT,
    "superdesk": SUPERDESK,
    "tt": TT,
    "tt.se": TT,
    "test.tt.se": TT,
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
