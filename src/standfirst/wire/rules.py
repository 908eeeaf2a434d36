"""Rules: which of hold, desk and publish an item gets, by the first rule that fits it, else by its feed.

The rules are read once and kept in this process; each `decide` asks with one small query whether they are still those
that stand. Words are words, never patterns: no rule can be slow. A rule only chooses. What it may not do is the
business of intake: a kill, a test, an advisory or an item that waits for a person is published by no rule.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Literal

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.stories.actions import may
from standfirst.stories.languages import LANGUAGES
from standfirst.stories.models import Author, Section
from standfirst.wire import words
from standfirst.wire.item import Concept
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed, Item, Rule, RuleBook
from standfirst.wire.vocabularies import mediatopics

MOST_RULES: Final = 500
MOST_ENTRIES: Final = 200
"""Lines of one condition."""

LOOK_IN: Final[tuple[tuple[str, str], ...]] = (
    ("headline", "Headline"),
    ("slugline", "Slug and keywords"),
    ("body", "Text"),
)
TYPES: Final[tuple[tuple[str, str], ...]] = (
    ("text", "Text"),
    ("picture", "Picture"),
    ("graphic", "Graphic"),
    ("video", "Video"),
    ("audio", "Audio"),
    ("composite", "Package"),
    ("event", "Event"),
    ("advisory", "Advisory"),
)
_CODE: Final = re.compile(r"(?:[\w.-]+[:/#])?[A-Z]{0,4}\d{4,}\Z|[\w.-]+:\S+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen with an item. `because` says why, for people: "by rule 3: ..."."""

    mode: str
    """A `Feed.Mode`: "hold", "desk" or "publish"."""
    rule: int | None
    """The rule's id; None where the feed's own setting decides."""
    because: str
    section_id: int | None
    author_id: int | None
    by: Terms | None = None
    """What the rule asks for."""

    @property
    def section(self) -> Section | None:
        """Where a story goes, read afresh: pages move."""
        return Section.objects.filter(pk=self.section_id).first() if self.section_id else None

    @property
    def authors(self) -> list[Author]:
        """Whom a story names as its author."""
        return list(Author.objects.filter(pk=self.author_id)) if self.author_id else []


def decide(canonical: CanonicalItem, feed: Feed) -> Decision:
    """What the rules, else `feed`, say about an item. One small query; changes nothing."""
    return standing().decide(canonical, feed)


# --- what a rule asks for -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule as it is asked: plain values, so that one that is not saved yet can be tried. Entries are as typed."""

    pk: int | None = None
    feeds: tuple[tuple[int, str], ...] = ()
    """(id, title)."""
    providers: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    urgency_from: int | None = None
    urgency_to: int | None = None
    subjects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    any_words: tuple[str, ...] = ()
    all_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    look_in: tuple[str, ...] = ()
    mode: str = "desk"
    section: tuple[int, str] | None = None
    author: tuple[int, str] | None = None

    @property
    def asks(self) -> bool:
        """False if it fits every item of every feed."""
        return bool(
            self.feeds
            or self.providers
            or self.types
            or self.languages
            or self.urgency_from
            or self.urgency_to
            or self.subjects
            or self.places
            or self.genres
            or self.signals
            or self.any_words
            or self.all_words
            or self.no_words
        )


def entries(text: str) -> tuple[str, ...]:
    """The entries of a list that somebody typed: one on each line, each once."""
    return tuple(dict.fromkeys(line for line in (" ".join(each.split()) for each in text.splitlines()) if line))


def terms_of(rule: Rule, feeds: Iterable[Feed] | None = None) -> Terms:
    """`rule` as it is asked. `feeds` stands for its own where it is not saved yet."""
    chosen = rule.feeds.all() if feeds is None else feeds
    return Terms(
        pk=rule.pk,
        feeds=tuple(sorted((feed.pk, feed.title) for feed in chosen)),
        providers=entries(rule.providers),
        types=tuple(rule.types),
        languages=tuple(dict.fromkeys(re.findall(r"[\w-]+", rule.languages.lower()))),
        urgency_from=rule.urgency_from,
        urgency_to=rule.urgency_to,
        subjects=entries(rule.subjects),
        places=entries(rule.places),
        genres=entries(rule.genres),
        signals=entries(rule.signals),
        any_words=entries(rule.any_words),
        all_words=entries(rule.all_words),
        no_words=entries(rule.no_words),
        look_in=tuple(rule.look_in),
        mode=rule.mode,
        section=(rule.section.pk, rule.section.title) if rule.section is not None else None,
        author=(rule.author.pk, str(rule.author)) if rule.author is not None else None,
    )


# --- in plain words -----------------------------------------------------------------------------------------------

_LANGUAGE_NAMES: Final = dict(LANGUAGES)
_TYPE_NAMES: Final = dict(TYPES)
_PLACES_OF_WORDS: Final = {"headline": "headline", "slugline": "slug", "body": "text"}


def said(terms: Terms) -> str:
    """A rule in one line, e.g. "CPA World, urgency 1-3, English, about football → publish in Sport"."""
    return f"{conditions_said(terms)} → {outcome_said(terms)}"


def conditions_said(terms: Terms) -> str:
    """What a rule asks for, in plain words."""
    parts = [_either([title for _, title in terms.feeds]), _either(terms.providers)]
    parts.append(_either([_TYPE_NAMES.get(each, each).lower() for each in terms.types]))
    low, high = terms.urgency_from, terms.urgency_to
    if low and high:
        parts.append(f"urgency {low}" if low == high else f"urgency {low}–{high}")
    elif low or high:
        parts.append(f"urgency {low} or lower" if low else f"urgency {high} or higher")
    parts.append(_either([_LANGUAGE_NAMES.get(each, each) for each in terms.languages]))
    parts.append(_with("about", [_topic_said(entry) for entry in terms.subjects]))
    parts.append(_with("in", terms.places))
    parts.append(_with("genre", terms.genres))
    parts.append(_with("marked", terms.signals))
    where = [_PLACES_OF_WORDS[each] for each in terms.look_in if each in _PLACES_OF_WORDS]
    place = f" in the {_either(where)}" if where and len(where) < len(LOOK_IN) else ""
    if terms.any_words:
        parts.append(f"with {_either(_quoted(terms.any_words))}{place}")
    if terms.all_words:
        parts.append(f"with {_every(_quoted(terms.all_words))}{place}")
    if terms.no_words:
        parts.append(f"without {_either(_quoted(terms.no_words))}{place}")
    return ", ".join(part for part in parts if part) or "every item"


def outcome_said(terms: Terms) -> str:
    """What a rule does, in plain words."""
    place = f" in {terms.section[1]}" if terms.section else ""
    if terms.mode == Rule.Mode.PUBLISH:
        outcome = f"publish{place}" if terms.section else "desk, since its section is gone"
    elif terms.mode == Rule.Mode.DESK:
        outcome = f"desk, for {terms.section[1]}" if terms.section else "desk"
    else:
        outcome = "hold"
    return f"{outcome}, by {terms.author[1]}" if terms.author and terms.mode != Rule.Mode.HOLD else outcome


def _topic_said(entry: str) -> str:
    """A subject as it was typed, with the topics of IPTC's that it stands for."""
    numbers = mediatopics.asked(entry)
    below = " with all below" if any(map(mediatopics.has_narrower, numbers)) else ""
    names = list(dict.fromkeys(filter(None, map(mediatopics.label, numbers))))
    if is_code(entry):
        return f"{_either(names)} ({entry}{below})" if names else f"{entry}{below}"
    if not names:
        return entry
    alike = len(names) == 1 and words.of(names[0]) == words.of(entry)
    return f"{entry}{below}" if alike else f"{entry} (as {_either(names)}{below})"


def _quoted(entries: Iterable[str]) -> list[str]:
    return [f"“{entry}”" for entry in entries]


def _with(word: str, entries: Sequence[str]) -> str:
    return f"{word} {_either(entries)}" if entries else ""


def _either(entries: Sequence[str]) -> str:
    return _listed(entries, "or")


def _every(entries: Sequence[str]) -> str:
    return _listed(entries, "and")


def _listed(entries: Sequence[str], last: str) -> str:
    if len(entries) > 4:
        entries = [*entries[:3], f"{len(entries) - 3} more"]
    return f" {last} ".join(filter(None, [", ".join(entries[:-1]), entries[-1]])) if entries else ""


# --- fitting ------------------------------------------------------------------------------------------------------


class _Seen:
    """What rules ask of an item, worked out when the first one asks."""

    def __init__(self, canonical: CanonicalItem, feed: int) -> None:
        self.canonical = canonical
        self.feed = feed

    @cached_property
    def language(self) -> str:
        return self.canonical.language.lower()

    @cached_property
    def provider(self) -> _Said:
        return _Said([self.canonical.provider, self.canonical.creditline])

    @cached_property
    def subjects(self) -> _Said:
        # Schemes of AFP's slugs and the like are keywords, which count as subjects too.
        return _Said([*_names(self.canonical.subjects), *self.canonical.keywords])

    @cached_property
    def codes(self) -> frozenset[str]:
        return _codes(self.canonical.subjects)

    @cached_property
    def topics(self) -> frozenset[str]:
        """IPTC's numbers of what it is about, and of all that is above that."""
        return frozenset[str]().union(*map(mediatopics.above, mediatopics.numbers(self.canonical.subjects)))

    @cached_property
    def places(self) -> _Said:
        return _Said([*_names(self.canonical.places), self.canonical.located, self.canonical.dateline])

    @cached_property
    def place_codes(self) -> frozenset[str]:
        return _codes(self.canonical.places)

    @cached_property
    def genres(self) -> _Said:
        return _Said(self.canonical.genre)

    @cached_property
    def signals(self) -> frozenset[str]:
        signals = [each.lower() for each in self.canonical.signals]
        return frozenset([*signals, *map(_last, signals), *self.canonical.editorial_types])

    @cached_property
    def headline(self) -> _Said:
        return _Said([self.canonical.headline, *(each.text for each in self.canonical.headlines)])

    @cached_property
    def slugline(self) -> _Said:
        return _Said([self.canonical.slugline, *self.canonical.keywords])

    @cached_property
    def body(self) -> _Said:
        canonical = self.canonical
        return _Said([canonical.subheadline, canonical.abstract, *words.paragraphs(canonical.body_html)])

    @cached_property
    def anywhere(self) -> _Said:
        canonical = self.canonical
        return _Said(
            [
                canonical.headline,
                *(each.text for each in canonical.headlines if each.text != canonical.headline),
                canonical.slugline,
                *canonical.keywords,
                canonical.subheadline,
                canonical.abstract,
                *words.paragraphs(canonical.body_html),
            ]
        )

    def said(self, where: str) -> _Said:
        found: _Said = getattr(self, where)
        return found


class _Said:
    """Texts in which phrases are looked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text for text in texts if text]
        self._in_order = [words.of(text) for text in self._texts]
        self.words = frozenset(word for each in self._in_order for word in each)

    @cached_property
    def spaced(self) -> str:
        # Two texts never make one phrase together.
        return f" {' / '.join(' '.join(each) for each in self._in_order)} "

    @cached_property
    def folded(self) -> str:
        return "\n".join(words.folded(text) for text in self._texts)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A word or words in a row, whole words only; in scripts without spaces, characters in a row."""

    text: str
    """Folded; with a space before and after it where words have spaces."""
    first: str = ""
    """Its first word; "" in scripts without spaces."""
    several: bool = False

    def stands_in(self, said: _Said) -> bool:
        if not self.first:
            return self.text in said.folded
        return self.first in said.words and (not self.several or self.text in said.spaced)


def phrase(text: str) -> Phrase | None:
    """`text` as something to look for; None if there is no letter or figure in it."""
    if words.unspaced(text):
        return Phrase(words.folded(" ".join(text.split())))
    found = words.of(text)
    return Phrase(f" {' '.join(found)} ", found[0], several=len(found) > 1) if found else None


def is_code(text: str) -> bool:
    """True if an entry is a code rather than a name: "15000000", "medtop:20001065", "N2:US"."""
    return bool(_CODE.match(text))


def _phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(found for found in map(phrase, texts) if found is not None)


def _names(concepts: Iterable[Concept]) -> list[str]:
    return [concept.name or concept.code for concept in concepts if concept.name or not is_code(concept.code)]


def _last(code: str) -> str:
    return re.split(r"[:/#]", code.strip().rstrip("/"))[-1].lower()


def _codes(concepts: Iterable[Concept]) -> frozenset[str]:
    """Every code with and without its scheme, lower case."""
    found: set[str] = set()
    for concept in concepts:
        if concept.code:
            code = _last(concept.code)
            found |= {code, f"{_last(concept.scheme)}:{code}"}
    return frozenset(found)


Test = Callable[[_Seen], bool]


def _tests(terms: Terms) -> tuple[Test, ...]:
    """What `terms` ask for, the cheapest first."""
    tests: list[Test] = []
    if terms.feeds:
        feeds = frozenset(pk for pk, _ in terms.feeds)
        tests.append(lambda seen: seen.feed in feeds)
    if terms.types:
        types = frozenset(terms.types)
        tests.append(lambda seen: seen.canonical.type in types)
    if terms.urgency_from or terms.urgency_to:
        low, high = terms.urgency_from or 1, terms.urgency_to or 9
        tests.append(lambda seen: low <= (seen.canonical.urgency or 0) <= high)
    if terms.languages:
        tongues = terms.languages
        tests.append(lambda seen: any(_speaks(seen.language, each) for each in tongues))
    if terms.signals:
        signals = frozenset(map(str.lower, terms.signals))
        tests.append(lambda seen: not signals.isdisjoint(seen.signals))
    if terms.providers:
        tests.append(_named(terms.providers, lambda seen: seen.provider, lambda seen: frozenset()))
    if terms.subjects:
        tests.append(_about(terms.subjects))
    if terms.places:
        tests.append(_named(terms.places, lambda seen: seen.places, lambda seen: seen.place_codes))
    if terms.genres:
        tests.append(_named(terms.genres, lambda seen: seen.genres, lambda seen: frozenset()))
    tests.extend(_word_tests(terms))
    return tuple(tests)


def _speaks(language: str, wanted: str) -> bool:
    return language == wanted or language.startswith(f"{wanted}-")


def _named(entries: Sequence[str], said: Callable[[_Seen], _Said], codes: Callable[[_Seen], frozenset[str]]) -> Test:
    """True for an item that has one of `entries`: a name or a code."""
    phrases = _phrases(entry for entry in entries if not is_code(entry))
    wanted = frozenset(_as_code(entry) for entry in entries) | frozenset(entry.lower() for entry in entries)

    def test(seen: _Seen) -> bool:
        has = codes(seen)
        if has and not wanted.isdisjoint(has):
            return True
        return bool(phrases) and any(each.stands_in(said(seen)) for each in phrases)

    return test


def _about(entries: Sequence[str]) -> Test:
    """True for an item about one of `entries`: as `_named`, or because IPTC's tree has what it is about below one."""
    plain = _named(entries, lambda seen: seen.subjects, lambda seen: seen.codes)
    topics = frozenset(number for entry in entries for number in mediatopics.asked(entry))
    if not topics:
        return plain
    return lambda seen: not topics.isdisjoint(seen.topics) or plain(seen)


def _as_code(entry: str) -> str:
    scheme, colon, code = entry.lower().rpartition(":")
    return f"{_last(scheme)}:{code}" if colon and "//" not in scheme else _last(entry)


def _word_tests(terms: Terms) -> list[Test]:
    where = [key for key, _ in LOOK_IN if key in terms.look_in]
    if not where or len(where) == len(LOOK_IN):
        where = ["anywhere"]

    def stands(wanted: Phrase, seen: _Seen) -> bool:
        return any(wanted.stands_in(seen.said(place)) for place in where)

    tests: list[Test] = []
    some, every, none = (_phrases(entries) for entries in (terms.any_words, terms.all_words, terms.no_words))
    if terms.any_words:
        tests.append(lambda seen: any(stands(each, seen) for each in some))
    if terms.all_words:
        tests.append(lambda seen: bool(every) and all(stands(each, seen) for each in every))
    if none:
        tests.append(lambda seen: not any(stands(each, seen) for each in none))
    return tests


class Book:
    """Rules in their order, ready to be asked."""

    def __init__(self, rules: Iterable[Terms]) -> None:
        self.rules = tuple(rules)
        self._asked = tuple((number, terms, _tests(terms)) for number, terms in enumerate(self.rules, start=1))
        self._said: dict[int, str] = {}

    def decide(self, canonical: CanonicalItem, feed: Feed) -> Decision:
        """What the first rule that fits, else `feed`, says about an item. Reads nothing but its arguments."""
        found = self.fitting(canonical, feed)
        if found is None:
            return Decision(feed.mode, None, f"by the feed {feed.title}", feed.section_id, feed.author_id)
        number, terms = found
        mode = terms.mode
        if mode == Rule.Mode.PUBLISH and terms.section is None:
            mode = Rule.Mode.DESK
        return Decision(
            mode=mode,
            rule=terms.pk,
            because=self._because(number, terms),
            section_id=terms.section[0] if terms.section else feed.section_id,
            author_id=terms.author[0] if terms.author else feed.author_id,
            by=terms,
        )

    def fitting(self, canonical: CanonicalItem, feed: Feed) -> tuple[int, Terms] | None:
        """The number (from 1) and terms of the first rule that fits."""
        seen = _Seen(canonical, feed.pk)
        for number, terms, tests in self._asked:
            if all(test(seen) for test in tests):
                return number, terms
        return None

    def sections(self) -> dict[int, str]:
        """The sections that rules name: id -> title."""
        return dict(terms.section for terms in self.rules if terms.section is not None)

    def _because(self, number: int, terms: Terms) -> str:
        if number not in self._said:
            self._said[number] = f"by rule {number}: {said(terms)}"[:500]
        return self._said[number]


_kept: tuple[int, Book] | None = None


def standing() -> Book:
    """The rules in use now, compiled."""
    global _kept
    # For each item: by hand, since building the query would take ten times as long as asking it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM wire_rulebook WHERE id = 1")
        row = cursor.fetchone()
    stamp: int = row[0] if row else 0
    if _kept is None or _kept[0] != stamp:
        _kept = (stamp, Book(terms_of(rule) for rule in in_use()) if stamp else Book([]))
    return _kept[1]


def in_use() -> list[Rule]:
    """The rules that are asked, in their order."""
    rules = Rule.objects.in_order().filter(active=True)
    return list(rules.select_related("section", "author").prefetch_related("feeds"))


# --- what people do -----------------------------------------------------------------------------------------------


def _may(by: Actor) -> None:
    may(by, "wire.change_feed")


def _may_use(rule: Rule, by: Actor) -> None:
    _may(by)
    section = rule.section if rule.mode == Rule.Mode.PUBLISH and by.pk is not None else None
    if section is not None and not section.permissions_for_user(by).can_publish_subpage():
        raise PermissionDenied(f"{by.get_username()} may not publish in the section {section.title}.")


def _changed() -> None:
    # Any other number will do; one that counts could stand for two lists of rules after a backup came back.
    RuleBook.objects.update_or_create(pk=1, defaults={"stamp": secrets.randbits(62) + 1})


@transaction.atomic
def keep(*, rule: Rule, feeds: Iterable[Feed], by: Actor) -> Rule:
    """Save a new or changed rule. A new one comes last.

    Raises:
        PermissionDenied: `by` may not change feeds, or not publish in the rule's section.
        django.core.exceptions.ValidationError: it contradicts itself.
        Refused: there are too many rules.
    """
    _may_use(rule, by)
    made = rule.pk is None
    if made:
        if Rule.objects.count() >= MOST_RULES:
            raise Refused(f"There are {MOST_RULES} rules already: delete some that are not needed.")
        last = Rule.objects.order_by("-place").values_list("place", flat=True).first() or 0
        rule.place = last + 1
    rule.changed_at, rule.changed_by = clock.now(), changes.name_of(by)
    rule.full_clean()
    rule.save()
    chosen = list(feeds)
    rule.feeds.set(chosen)
    _changed()
    changes.audit(
        by=by, verb="made" if made else "changed", kind="rule", ref=rule.pk, said=said(terms_of(rule, chosen))
    )
    return rule


@transaction.atomic
def move(*, rule: Rule, way: Literal["up", "down"], by: Actor) -> None:
    """Have a rule asked one place earlier or later. At the end of the list it stays where it is."""
    _may(by)
    order = list(Rule.objects.select_for_update().in_order())
    at = next((place for place, each in enumerate(order) if each.pk == rule.pk), None)
    if at is None:
        raise Refused("This rule was deleted in the meantime.")
    to = at - 1 if way == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
    for place, each in enumerate(order, start=1):
        if each.place != place:
            each.place = place
            each.save(update_fields=["place"])
    _changed()
    changes.audit(by=by, verb=f"moved {way}", kind="rule", ref=rule.pk, said=said(terms_of(rule)))


@transaction.atomic
def switch(*, rule: Rule, on: bool, by: Actor) -> None:
    """Use a rule, or keep it without asking it.

    Raises:
        PermissionDenied: `by` may not change feeds; or, to use it, not publish in the rule's section.
    """
    _may_use(rule, by) if on else _may(by)
    rule.active = on
    rule.changed_at, rule.changed_by = clock.now(), changes.name_of(by)
    rule.save(update_fields=["active", "changed_at", "changed_by"])
    _changed()
    changes.audit(by=by, verb="switched on" if on else "switched off", kind="rule", ref=rule.pk)


@transaction.atomic
def delete(*, rule: Rule, by: Actor) -> None:
    """Delete a rule. What it decided stays decided."""
    _may(by)
    was, pk = said(terms_of(rule)), rule.pk
    rule.delete()
    _changed()
    changes.audit(by=by, verb="deleted", kind="rule", ref=pk, said=was)


def fitted_since(since: datetime) -> Mapping[int, int]:
    """Rule id -> how many items it decided that changed since then."""
    counted = Item.objects.filter(rule__isnull=False, changed_at__gte=since).values_list("rule").annotate(Count("pk"))
    return dict(counted.order_by())
