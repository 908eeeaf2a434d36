"""What the rows must be, said slowly: every list from the terms of every story, with nothing looked up by an index.

It knows the same rules as `library.actions`, and none of its ways: dictionaries, and all stories compared with all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from standfirst.library import actions, relating


@dataclass
class Known:
    """A story as the library saw it at its last event."""

    terms: Mapping[str, float]
    event: int
    published: datetime


@dataclass
class Definition:
    """The lists that should be there after the same events."""

    known: dict[int, Known] = field(default_factory=dict)
    lists: dict[int, dict[int, float]] = field(default_factory=dict)
    later: list[tuple[int, int, float]] = field(default_factory=list)
    """(list of, story, score)"""

    def relate(self, story: int, now: Known, live: set[int]) -> list[int]:
        """The event of a story that is live and due. Returns the stories whose lists read differently."""
        self.known[story] = now
        holders = {term: sum(term in other.terms for other in self.known.values()) for term in now.terms}
        rarities = {term: relating.rarity(count, len(self.known)) for term, count in holders.items()}
        wanted = relating.telling(now.terms, rarities, holders, actions.LOOKED_UP)
        found: dict[int, dict[str, float]] = {}
        for term in wanted:
            having = [other for other in self.known if other != story and term in self.known[other].terms]
            for other in sorted(having, reverse=True)[: actions.NEWEST]:
                found.setdefault(other, {})[term] = self.known[other].terms[term]
        likeliest = sorted(found, key=lambda other: (-relating.shared(now.terms, found[other], rarities), -other))
        standing = {other for other, entries in self.lists.items() if story in entries}
        compared = {*likeliest[: actions.COMPARED], *standing} & live
        scores = {
            other: relating.score(
                relating.shared(now.terms, self.known[other].terms, rarities),
                (now.published - self.known[other].published).total_seconds() / 86400,
            )
            for other in compared
        }
        free = {
            other: score
            for other, score in scores.items()
            if sum(other in entries for holder, entries in self.lists.items() if holder != story) < actions.LISTS
        }
        self.lists[story] = self._best(free)
        self.later = [entry for entry in self.later if entry[1] != story]
        order = sorted(
            (other for other in {*standing, *scores} if other in standing or scores[other] >= actions.RELATED),
            # Those that it must leave come first, in the order of their ids; then the others, best first.
            key=lambda other: (
                (0, other, 0) if scores.get(other, 0.0) < actions.RELATED else (1, -scores[other], -other)
            ),
        )
        changed = [story]
        for other in order:
            score = scores.get(other, 0.0)
            if len(changed) > actions.AT_ONCE and self._reads(self._after(other, story, score)) != self._reads(
                self.lists.get(other, {})
            ):
                self.later.append((other, story, score))
            elif self._settle(other, story, score):
                changed.append(other)
        return changed

    def relate_later(self, limit: int, live: set[int]) -> int:
        now, self.later = self.later[:limit], self.later[limit:]
        return sum(self._settle(other, story, score if story in live else 0.0) for other, story, score in now)

    def forget(self, story: int) -> None:
        self.known.pop(story, None)
        self.lists.pop(story, None)
        for entries in self.lists.values():
            entries.pop(story, None)
        self.later = [entry for entry in self.later if story not in entry[:2]]

    def related(self, story: int) -> list[int]:
        return self._reads(self.lists.get(story, {}))

    def _settle(self, holder: int, story: int, score: float) -> bool:
        before = self._reads(self.lists.get(holder, {}))
        self.lists[holder] = self._after(holder, story, score)
        return self._reads(self.lists[holder]) != before

    def _after(self, holder: int, story: int, score: float) -> dict[int, float]:
        entries = dict(self.lists.get(holder, {}))
        stands = entries.pop(story, None) is not None
        room = stands or sum(story in others for others in self.lists.values()) < actions.LISTS
        if score >= actions.RELATED and room:
            entries[story] = score
        return self._best(entries)

    @staticmethod
    def _best(scores: Mapping[int, float]) -> dict[int, float]:
        kept = sorted((other for other in scores if scores[other] > 0), key=lambda other: (-scores[other], -other))
        return {other: scores[other] for other in kept[: actions.PLACES]}

    @staticmethod
    def _reads(entries: Mapping[int, float]) -> list[int]:
        return sorted(entries, key=lambda other: (-entries[other], -other))
