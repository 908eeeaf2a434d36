"""Two texts side by side: what a story says and what a newer version says, with the words that differ marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from standfirst.kit import markup

_WORD = re.compile(r"\s+|\d[\d.,:]*\d|[^\W_]+|[\W_]")
_LETTERS = re.compile(r"\w+")
_LONGEST = 1_500
"""Words of one paragraph that are compared one by one. Longer ones are marked as a whole."""
_MOST_PAIRS = 40_000


@dataclass(frozen=True, slots=True)
class Row:
    """One paragraph or field on both sides, as HTML with `<del>` and `<ins>` around words that differ."""

    label: str
    ours: SafeString
    theirs: SafeString
    changed: bool


def side_by_side(ours: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]]) -> list[Row]:
    """Rows of (label, text) pairs: fields by their label, unlabelled paragraphs aligned by what they say."""
    rows: list[Row] = []
    fields = dict(theirs)
    for label, text in ours:
        if label and (text or fields.get(label)):
            rows.append(_row(label, text, fields.get(label, "")))
    rows.extend(_paragraphs([text for label, text in ours if not label], [text for label, text in theirs if not label]))
    return rows


def _paragraphs(old: list[str], new: list[str]) -> list[Row]:
    rows: list[Row] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            rows.extend(_row("", text, text) for text in old[a:b])
        else:
            rows.extend(_row("", left, right) for left, right in _paired(old[a:b], new[c:d]))
    return rows


def _paired(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Paragraphs that changed, in order, those beside each other that share the most words."""
    if len(old) * len(new) > _MOST_PAIRS:
        return list(zip_longest(old, new, fillvalue=""))
    left, right = ([_letters(text) for text in side] for side in (old, new))
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            together = best[i + 1][j + 1] + _alike(left[i], right[j])
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[str, str]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        alike = _alike(left[i], right[j]) if i < len(old) and j < len(new) else 0.0
        if alike and best[i][j] == best[i + 1][j + 1] + alike:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif j == len(new) or (i < len(old) and best[i][j] == best[i + 1][j]):
            pairs.append((old[i], ""))
            i += 1
        else:
            pairs.append(("", new[j]))
            j += 1
    return _folded(pairs)


def _folded(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What goes beside what comes in its place, so that a comparison is no longer than it must be."""
    folded: list[tuple[str, str]] = []
    lone = 0
    for left, right in pairs:
        if left and right:
            lone = len(folded) + 1
        elif right and any(not other for _, other in folded[lone:]):
            at = next(at for at in range(lone, len(folded)) if not folded[at][1])
            folded[at] = (folded[at][0], right)
            continue
        folded.append((left, right))
    return folded


def _letters(text: str) -> set[str]:
    return set(_LETTERS.findall(text.casefold()))


def _alike(left: set[str], right: set[str]) -> float:
    """Share of words in common, 0 where two paragraphs have too few to be the same one."""
    share = len(left & right) / max(1, len(left | right))
    return share if share > 0.35 else 0.0


def _row(label: str, old: str, new: str) -> Row:
    if old == new:
        same = escape(old)
        return Row(label, same, same, changed=False)
    before, after = _WORD.findall(old), _WORD.findall(new)
    other = not label and not _alike(_letters(old), _letters(new))
    if other or max(len(before), len(after)) > _LONGEST:
        return Row(label, _marked("del", old), _marked("ins", new), changed=True)
    left: list[str] = []
    right: list[str] = []
    for kept, was, now in _runs(before, after):
        left.append(escape(was) if kept else _marked("del", was))
        right.append(escape(now) if kept else _marked("ins", now))
    return Row(label, mark_safe("".join(left)), mark_safe("".join(right)), changed=True)  # noqa: S308


def _runs(before: list[str], after: list[str]) -> list[tuple[bool, str, str]]:
    """(kept, old, new) runs of words; a lone space between two changes belongs to them."""
    runs: list[tuple[bool, str, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, now = "".join(before[a:b]), "".join(after[c:d])
        if what == "equal" and (was.strip() or not runs):
            runs.append((True, was, now))
        elif runs and not runs[-1][0]:
            runs[-1] = (False, runs[-1][1] + was, runs[-1][2] + now)
        else:
            runs.append((False, was, now))
    return runs


def _marked(tag: str, text: str) -> SafeString:
    return mark_safe(f"<{tag}>{escape(text)}</{tag}>") if text else mark_safe("")  # noqa: S308


def texts(fields: dict[str, Any], body: Sequence[tuple[str, Any]]) -> list[tuple[str, str]]:
    """A story's words as (label, text) pairs: its fields, then its body with empty labels."""
    labels = (("Kicker", "kicker"), ("Headline", "title"), ("Standfirst", "standfirst"), ("Byline", "byline"))
    pairs = [(label, str(fields.get(name) or "")) for label, name in labels]
    for kind, value in body:
        pairs.extend(("", text) for text in _words(kind, value))
    return pairs


def _words(kind: str, value: Any) -> list[str]:
    if kind == "heading":
        return [str(value)]
    if kind == "paragraph":
        return markup.text_of(_source(value)).split("\n")
    if kind == "quote":
        return [f"“{markup.text_of(_source(value['text']))}”"]
    if kind == "list":
        return [f"• {markup.text_of(_source(entry))}" for entry in value["items"]]
    if kind == "facts":
        return [str(value["title"]), *markup.text_of(_source(value["text"])).split("\n")]
    if kind == "picture":
        return [f"[Picture] {value['caption']}".strip()]
    if kind == "gallery":
        return [f"[Gallery] {value['title']}".strip(), *(w for it in value["pictures"] for w in _words("picture", it))]
    return ["[Link card]"]


def _source(value: Any) -> str:
    """HTML of a rich text value, which is text before it is stored and `RichText` after."""
    return str(getattr(value, "source", value))
