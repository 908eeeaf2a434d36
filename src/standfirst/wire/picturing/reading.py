"""What is known of a picture that has arrived: the agency's words, the file's own, and what they forbid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from standfirst.pictures import metadata, source_types, terms
from standfirst.pictures.metadata import Metadata
from standfirst.wire.item import Association
from standfirst.wire.models import ItemPicture

SMALLEST: Final = 300
"""Pixels of the longer side: what is smaller is a thumbnail, or an agency's way to count readers."""

_FINE_STATUS: Final = frozenset({"", "new", "lead", "rewrite", "update", "final", "edited", "ok", "usable", "approved"})


@dataclass(frozen=True, slots=True)
class Words:
    """What stands under a picture, and what is known of its rights. The agency's words go before the file's."""

    title: str
    caption: str
    credit: str
    alt: str
    description: str
    holder: str
    terms: str
    instructions: str
    territory: str
    place: str
    digital_source: str
    taken: Any
    note: str
    """To the desk, e.g. that a machine made it."""

    def fields(self) -> dict[str, Any]:
        """As fields of `pictures.Picture`, apart from its title, caption, credit and alternative text."""
        return {
            "description": self.description[:255],
            "holder": self.holder[:200],
            "terms": self.terms,
            "instructions": self.instructions,
            "territory": self.territory,
            "place": self.place[:200],
            "digital_source": self.digital_source[:60],
            "taken_on": self.taken,
        }


def words(row: ItemPicture) -> Words:
    """The words of one picture."""
    told, file = row.told(), metadata.from_plain(row.file_says)
    said_terms = "\n".join(dict.fromkeys(term.strip() for term in told.usage_terms if term.strip()))
    return Words(
        title=(told.headline or file.headline or file.title or told.caption or file.caption or row.name)[:255],
        caption=told.caption or file.caption,
        credit=(told.creditline or file.signed or told.copyright_notice or file.copyright)[:200],
        alt=(told.alt or file.alt)[:400],
        description=file.description,
        holder=told.copyright_notice or file.holder or file.copyright,
        terms=said_terms or file.terms,
        instructions=file.instructions,
        territory=terms.territory(said_terms, file.terms, file.instructions),
        place=file.place,
        digital_source=file.digital_source,
        taken=file.taken,
        note=source_types.note(file.digital_source),
    )


def judge(row: ItemPicture, told: Association | None = None, file: Metadata | None = None) -> None:
    """Set what forbids a machine to place it: `held_because`, `not_before`, `expires_at`. Nothing is saved."""
    told = told or row.told()
    file = file or metadata.from_plain(row.file_says)
    held: list[str] = []
    for found in terms.held(*told.usage_terms, file.terms):
        held.append(f"Its terms say “{found.phrase}”: {found.means}.")
    for found in terms.stopped(file.instructions, file.edit_status):
        held.append(f"The instructions in the file say “{found.phrase}”: {found.means}.")
    side = max(row.width or 0, row.height or 0)
    if 0 < side < SMALLEST:
        held.append(f"It has only {row.width} × {row.height} pixels: ask for a larger one.")
    status = file.edit_status.strip()
    if status.casefold() not in _FINE_STATUS and not any(status.casefold() in line.casefold() for line in held):
        held.append(f"Its edit status is “{status[:60]}”.")
    row.held_because = list(dict.fromkeys(held))
    row.not_before = file.release_at
    row.expires_at = told.expires or file.expires_at
