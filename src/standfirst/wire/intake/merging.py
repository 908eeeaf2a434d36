"""Versions that are not whole by themselves: messages about a version's status only, and changes in places."""

from __future__ import annotations

import logging

import msgspec

from standfirst.kit.errors import Problem
from standfirst.wire import formats, sealing
from standfirst.wire.intake.common import received
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Item, Version

log = logging.getLogger(__name__)

_LONGEST_CHAIN = 200
"""Changes of changes that are followed back to a whole version."""


def managed(content: CanonicalItem, management: CanonicalItem) -> CanonicalItem:
    """`content` under the status, embargo and notes of `management`, which came for the same version (NewsML 1.2,
    `Update="A"`). The text stays as it is; of notes and doubts none is lost."""
    return msgspec.structs.replace(
        content,
        status=management.status,
        status_raw=management.status_raw,
        embargo_until=management.embargo_until,
        embargo_raw=management.embargo_raw,
        editorial_types=tuple(dict.fromkeys(content.editorial_types + management.editorial_types)),
        signals=tuple(dict.fromkeys(content.signals + management.signals)),
        urgency=management.urgency or content.urgency,
        ednotes=tuple(dict.fromkeys(content.ednotes + management.ednotes)),
        usage_terms=tuple(dict.fromkeys(content.usage_terms + management.usage_terms)),
        expires=management.expires or content.expires,
        directives=tuple(dict.fromkeys(content.directives + management.directives)),
        doubts=tuple(dict.fromkeys(content.doubts + management.doubts)),
        alt_ids=tuple(dict.fromkeys(content.alt_ids + management.alt_ids)),
        oddities=tuple(dict.fromkeys(content.oddities + management.oddities)),
        version_created=management.version_created or content.version_created,
        management_only=False,
    )


def whole(item: Item, canonical: CanonicalItem, order: int) -> tuple[CanonicalItem, bool]:
    """What `canonical` comes to beside the versions of the same number, and whether it adds to them.

    A message about the status joins the text, whichever of the two comes first.
    """
    same = [version.read() for version in item.versions.filter(order=order, waits_for="").order_by("-applied", "-id")]
    if canonical.management_only:
        content = next((each for each in same if not each.management_only), None)
        return (managed(content, canonical), True) if content is not None else (canonical, order >= item.latest_order)
    if same and all(each.management_only for each in same):
        return managed(canonical, same[0]), True
    return canonical, False


def base_of(item: Item, label: str) -> Version | None:
    """The version that an agency calls `label`; a whole one before a message about its status."""
    known = item.versions.filter(label=label[:100], waits_for="").order_by("id")
    return next((version for version in known if not version.canonical.get("management_only")), None)


def amended(item: Item, canonical: CanonicalItem, delivery: Delivery, profile: formats.Profile) -> CanonicalItem | str:
    """`canonical`, which changes an earlier version in places, made whole.

    Returns the label of the version that it changes if that is not here, and a sentence's worth of doubt on the item
    if the change cannot be done.
    """
    base = base_of(item, canonical.patches)
    if base is None:
        return canonical.patches
    try:
        change = sealing.read(received(), delivery.seal)
        parsed = formats.parse(formats.amend(_bytes_of(item, base, profile), change, profile), profile=profile)
        made = next((each for each in parsed.items if each.item_id == canonical.item_id), None)
        if made is None:
            raise formats.Unreadable("It is not in the file that came of it.")
    except Problem as error:
        return _doubted(canonical, str(error))
    return msgspec.structs.replace(made, patches="", raw_sha256=canonical.raw_sha256)


def _doubted(canonical: CanonicalItem, why: str) -> CanonicalItem:
    doubt = f"It changes version {canonical.patches} in places, which could not be done: {why}"
    return msgspec.structs.replace(canonical, doubts=(*canonical.doubts, doubt), patches="")


def _bytes_of(item: Item, version: Version, profile: formats.Profile) -> bytes:
    """A file that has `version` as a whole: as it was sealed, or with its own changes done."""
    chain = [version]
    while (label := _changes(chain[-1], profile)) and len(chain) < _LONGEST_CHAIN:
        before = base_of(item, label)
        if before is None or before in chain:
            raise Problem(f"The version {label}, which one before it changes, is not here.")
        chain.append(before)
    data = sealing.read(received(), chain.pop().delivery.seal)
    while chain:
        data = formats.amend(data, sealing.read(received(), chain.pop().delivery.seal), profile)
    return data


def _changes(version: Version, profile: formats.Profile) -> str:
    """The label of the version that the sealed bytes of `version` change, "" if they are whole."""
    parsed = formats.parse(sealing.read(received(), version.delivery.seal), profile=profile)
    return next((each.patches for each in parsed.items if each.item_id == version.item.item_id), "")
