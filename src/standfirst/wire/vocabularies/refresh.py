"""Makes `mediatopics.tsv` from IPTC's dump of its Media Topics.

    python -m standfirst.wire.vocabularies.refresh cptall-x-all.json

The dump is IPTC's vocabulary "Media Topic" as JSON-LD, in all languages. Nothing but what `mediatopics` reads is kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from standfirst.wire.vocabularies.mediatopics import COLUMNS, FILE

LANGUAGES: Final[Mapping[str, str]] = {
    "en": "en-GB",
    "fr": "fr",
    "ar": "ar",
    "es": "es",
    "de": "de",
    "pt": "pt-PT",
    "pt-BR": "pt-BR",
}
"""Column -> the language as the dump calls it."""

_SUBJECT_CODES: Final = "cv.iptc.org/newscodes/subjectcode/"
_CODE: Final = re.compile(r"\b\d{8}\b")


def made_of(dump: Mapping[str, Any]) -> str:
    """The file's text. Raises `KeyError` or `ValueError` if `dump` is not the vocabulary that it should be."""
    concepts = sorted(dump["conceptSet"], key=lambda concept: str(concept["qcode"]))
    known = {_last(concept["qcode"]) for concept in concepts}
    if dump["prefSchemeAlias"] != "medtop" or not known:
        raise ValueError("This is not IPTC's vocabulary of Media Topics.")
    changed = max(str(concept["modified"])[:10] for concept in concepts)
    lines = [
        f"# Media Topics, a vocabulary of IPTC NewsCodes. {dump['copyrightHolder']}",
        f"# Licence: CC BY 4.0, {dump['licenceLink']}",
        f"# Source: {dump['uri']}, all languages. Released {dump['dateReleased'][:10]}, last change in it {changed}.",
        "# Changed from it: definitions, notes and some languages are left out; what replaces retired topics is read",
        "# out of their notes. Made by `python -m standfirst.wire.vocabularies.refresh`: do not edit.",
        "# " + "\t".join(COLUMNS),
    ]
    for concept in concepts:
        labels = {column: _line(concept["prefLabel"].get(tag, "")) for column, tag in LANGUAGES.items()}
        if labels["pt-BR"] == labels["pt"]:
            labels["pt-BR"] = ""
        if not labels["en"]:
            raise ValueError(f"{concept['qcode']} has no English label.")
        row = {
            "code": _last(concept["qcode"]),
            "broader": _codes(concept.get("broader", ())),
            "retired": str(concept.get("retired", ""))[:10],
            "replaced by": " ".join(_replacements(concept, known)),
            "same": _subject_codes(concept, "exactMatch", "closeMatch"),
            "within": _subject_codes(concept, "broadMatch"),
            **labels,
        }
        lines.append("\t".join(row[column] for column in COLUMNS).rstrip("\t"))
    return "\n".join(lines) + "\n"


def _last(name: str) -> str:
    return re.split(r"[:/]", name.rstrip("/"))[-1]


def _codes(names: Iterable[str]) -> str:
    return " ".join(sorted(map(_last, names)))


def _subject_codes(concept: Mapping[str, Any], *relations: str) -> str:
    found = {name for relation in relations for name in concept.get(relation, ()) if _SUBJECT_CODES in name}
    return _codes(found)


def _replacements(concept: Mapping[str, Any], known: set[str]) -> list[str]:
    """IPTC has no field for it: the notes of a retired topic name the codes that stand for it now."""
    if not concept.get("retired"):
        return []
    notes = " ".join(text for field in ("note", "changeNote") for text in concept.get(field, {}).values())
    own = _last(concept["qcode"])
    return sorted({code for code in _CODE.findall(notes) if code in known and code != own})


def _line(text: str) -> str:
    return " ".join(text.split())


def main(arguments: list[str]) -> int:
    """Write the file beside this module. Returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    text = made_of(json.loads(Path(arguments[0]).read_bytes()))
    FILE.write_text(text, encoding="utf-8", newline="\n")
    sys.stderr.write(f"{FILE.name}: {len(text.splitlines()):,} lines, {len(text.encode()):,} bytes.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
