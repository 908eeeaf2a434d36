"""Our own sample files, one folder a format, each with what is expected of it beside it.

To report a file that reads wrongly, add it to `samples/` (with fictional copy) and write its `.expected.json`:
`items` (the fields that matter), `oddities` (their codes, in order), `holds` (how many reasons to hold each item), or
`refused` (words of the reason).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from standfirst.wire import formats
from standfirst.wire.formats import dialects
from standfirst.wire.item import decode, encode, hold_reasons

SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(path for path in SAMPLES.glob("*/*") if not path.name.endswith(".expected.json"))


def said(value: Any) -> Any:
    """`value` without the fields inside it that say nothing."""
    if isinstance(value, dict):
        return {key: said(inner) for key, inner in value.items() if inner not in ("", None, [])}
    return [said(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_reads_as_expected(path: Path) -> None:
    expected = json.loads((path.parent / f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    data = path.read_bytes()
    profile = dialects.NAMED[expected["dialect"]] if "dialect" in expected else formats.KNOWING
    if "refused" in expected:
        with pytest.raises(formats.Unreadable) as refused:
            formats.parse(data, profile)
        assert expected["refused"] in refused.value.reason
        return
    parsed = formats.parse(data, profile)
    assert parsed.format == path.parent.name
    assert len(parsed.items) == len(expected["items"])
    for item, wanted in zip(parsed.items, expected["items"], strict=True):
        shown = json.loads(encode(item))
        assert {name: said(shown[name]) for name in wanted} == {name: said(value) for name, value in wanted.items()}
        assert decode(encode(item)) == item
    codes = [oddity.code for oddity in (*parsed.oddities, *(o for item in parsed.items for o in item.oddities))]
    assert codes == expected.get("oddities", [])
    assert [len(hold_reasons(item)) for item in parsed.items] == expected["holds"]


def test_every_expectation_has_its_sample() -> None:
    stems = {path.with_suffix("") for path in FILES}
    assert {Path(str(path).removesuffix(".expected.json")) for path in SAMPLES.glob("*/*.expected.json")} == stems


def test_a_provider_dialect_is_data() -> None:
    data = (SAMPLES / "newsml-g2" / "unknown-status.xml").read_bytes()
    profile = formats.Profile(provider="harbour", force_provider=True, status_words={"paused": "withheld"})
    (item,) = formats.parse(data, profile).items
    assert (item.provider, item.status) == ("harbour", "withheld")
    signalled = (SAMPLES / "newsml-g2" / "update.xml").read_bytes()
    (item,) = formats.parse(signalled, formats.Profile(signals={"update": "correction"})).items
    assert item.editorial_types == ("correction",)
    (item,) = formats.parse(signalled, formats.Profile(signals={"update": ""})).items
    assert item.editorial_types == ()
    spelled = b'{"uri": "urn:x", "pubstatus": "cancelled"}'
    with pytest.raises(formats.Unreadable) as refused:
        formats.parse(spelled)
    assert refused.value.takedown
    (item,) = formats.parse(spelled, formats.Profile(status_words={"cancelled": "canceled"})).items
    assert item.status == "canceled"


def test_it_refuses_a_file_over_the_size_limit_or_with_too_many_items() -> None:
    data = (SAMPLES / "newsml-g2" / "several-one-broken.xml").read_bytes()
    for limits, said in ((formats.Limits(bytes=100), "bytes"), (formats.Limits(items=2), "more than 2 items")):
        with pytest.raises(formats.Unreadable, match=said):
            formats.parse(data, formats.Profile(limits=limits))
    with pytest.raises(formats.Unreadable, match="empty"):
        formats.parse(b" \n")
    with pytest.raises(formats.Unreadable, match="No format is known"):
        formats.parse(b"%PDF-1.7")
