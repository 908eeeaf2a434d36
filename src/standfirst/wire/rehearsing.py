"""A dry run of rules: what the last day's items would have come to, beside what they come to with the rules in use.

Nothing is changed. The answer is what intake would decide for an item that comes in today: copy that it never publishes
by itself is counted as going to the desk, with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.db.models import OuterRef, Subquery

from standfirst.kit import clock
from standfirst.wire import rules
from standfirst.wire.intake.using import readable
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.item import hold_reasons, is_test
from standfirst.wire.models import Feed, Item, Rule, Version
from standfirst.wire.rules import Book, Decision, Terms

PERIOD: Final = timedelta(days=1)
MOST_ITEMS: Final = 1_000
MOST_SHOWN: Final = 100
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become of an item."""

    mode: str
    """A `Feed.Mode`."""
    section: str
    because: str
    """Which rule or feed decides."""
    barred: str = ""
    """Why it is not published although that is what was decided."""

    @property
    def by(self) -> str:
        """In short, e.g. "by rule 3"."""
        return self.because.partition(":")[0]

    @property
    def key(self) -> tuple[str, str]:
        """Outcomes with the same key are the same to readers and the desk."""
        return self.mode, self.section if self.mode == Feed.Mode.PUBLISH else ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One item, with what happens today and what would happen."""

    item: Item
    today: Outcome
    then: Outcome

    @property
    def changes(self) -> bool:
        return self.today.key != self.then.key


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A dry run over `looked_at` of the `items` of the last day."""

    items: int
    looked_at: int
    fitted: int
    """How many the tried rule decides."""
    earlier: int = 0
    """How many it would fit that an earlier rule decides."""
    today: Counter[str] = field(default_factory=Counter)
    """Mode -> how many items, with the rules in use."""
    then: Counter[str] = field(default_factory=Counter)
    """The same with the rules tried."""
    shown: tuple[Tried, ...] = ()
    """The items that the rule decides or that change, those that change first; at most `MOST_SHOWN`."""
    further: int = 0
    """How many of them are not in `shown`."""

    @property
    def changed(self) -> int:
        """How many of `shown` come to something else."""
        return sum(each.changes for each in self.shown)


def book_with(terms: Terms, *, active: bool) -> Book:
    """The rules in use with `terms` among them: in the place of the rule that they change, else at the end."""
    standing = [(rule.place, rule.pk, rules.terms_of(rule)) for rule in rules.in_use()]
    place = next((place for place, pk, _ in standing if pk == terms.pk), None)
    if place is None and terms.pk is not None:
        place = Rule.objects.filter(pk=terms.pk).values_list("place", flat=True).first()
    others = [each for each in standing if terms.pk is None or each[1] != terms.pk]
    if active:
        others.append((place if place is not None else 1 << 31, terms.pk or 1 << 62, terms))
    return Book(each[2] for each in sorted(others, key=lambda each: each[:2]))


def rehearse(terms: Terms, *, active: bool = True) -> Rehearsal:
    """Try `terms` on the last day's items."""
    today, then = rules.standing(), book_with(terms, active=active)
    recent = Item.objects.newest().filter(changed_at__gte=clock.now() - PERIOD)
    number = recent.count()
    newest = Version.objects.filter(item=OuterRef("pk")).order_by("-order", "-applied", "-id").values("pk")[:1]
    items = list(recent.select_related("feed", "feed__section").annotate(newest=Subquery(newest))[:MOST_ITEMS])
    sections = {pk: title for each in (today, then) for pk, title in each.sections().items()}
    alone = Book([terms] if active else [])
    looked_at = fitted = earlier = 0
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    found: list[Tried] = []
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        versions = Version.objects.in_bulk([each.newest for each in some if each.newest])  # type: ignore[attr-defined]
        for item in some:
            version = versions.get(item.newest)  # type: ignore[attr-defined]
            if version is None:
                continue
            canonical = version.read()
            looked_at += 1
            one, other = today.decide(canonical, item.feed), then.decide(canonical, item.feed)
            fits = other.by is terms
            tried = Tried(item, _outcome(one, item, canonical, sections), _outcome(other, item, canonical, sections))
            counts[0][tried.today.mode] += 1
            counts[1][tried.then.mode] += 1
            fitted += fits
            earlier += not fits and alone.fitting(canonical, item.feed) is not None
            if fits or tried.changes:
                found.append(tried)
    found.sort(key=lambda each: not each.changes)
    return Rehearsal(
        items=number,
        looked_at=looked_at,
        fitted=fitted,
        earlier=earlier,
        today=counts[0],
        then=counts[1],
        shown=tuple(found[:MOST_SHOWN]),
        further=max(0, len(found) - MOST_SHOWN),
    )


def _outcome(decision: Decision, item: Item, canonical: CanonicalItem, sections: dict[int, str]) -> Outcome:
    section = sections.get(decision.section_id or 0) or (
        item.feed.section.title if item.feed.section and item.feed.section_id == decision.section_id else ""
    )
    barred = _barred(item, canonical, decision) if decision.mode == Feed.Mode.PUBLISH else ""
    return Outcome(Feed.Mode.DESK if barred else decision.mode, section, decision.because, barred)


def _barred(item: Item, canonical: CanonicalItem, decision: Decision) -> str:
    """Why intake does not publish it by itself, or ""."""
    if item.killed_at is not None or item.withheld_at is not None or canonical.status in ("canceled", "withheld"):
        return "The agency took it back."
    if item.test or is_test(canonical):
        return "It looks like a test."
    if reasons := hold_reasons(canonical):
        return reasons[0]
    if canonical.type not in ("text", "composite"):
        return "It is no text."
    if not canonical.headline.strip() or not readable(canonical):
        return "It has no headline or no text."
    return "" if decision.section_id else "There is no section to publish in."
