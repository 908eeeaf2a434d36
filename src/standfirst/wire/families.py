"""Story families: items on one story gather in one thread, and what an editor splits or joins stays so.

An agency may send each update under a new id, several agencies tell the same story in nearly the same words, a long
text comes in takes. `place` finds a home for each version that comes in, by four kinds of evidence, the strongest
first:

- a *link*: it names another item, or another item named it, or both name the same one;
- *text*: it says the same, within two days, whoever sent it (`likeness`);
- a *company*: both are said to belong to the same dossier, within two days;
- a *key*: the same agency gave it the same story key within a day, and its words or its headline speak for it. Keys
  are used again: the markets have the same one every evening, football has one all weekend.

The evidence is looked up by digests in one indexed table, a few newest rows for each, so that an item costs the same
among a hundred thousand as among a hundred. What people decide outranks all evidence: threads that somebody took
apart (`part`) are joined by nobody but a person (`join`), and no item leaves its thread by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, Min, Q, QuerySet

from standfirst.changes import actions as changes
from standfirst.changes.actions import Actor
from standfirst.kit import clock, digests
from standfirst.kit.errors import Refused
from standfirst.stories.actions import may
from standfirst.stories.models import Origin, Story
from standfirst.wire import likeness, rows, words
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Clue, Item, Parting, Thread

LINKED: Final = timedelta(days=7)
"""How long an item is remembered by the names that others gave it. What it names itself is found however old it is."""
NUMBERED: Final = timedelta(hours=24)
"""The same for short names, e.g. service numbers, which are used again."""
ALIKE: Final = timedelta(hours=48)
KEYED: Final = timedelta(hours=20)
CONTINUED: Final = timedelta(hours=36)
"""The same for what is marked as an update of something."""

_TOLD: Final = ("first_at", "last_at", "count", "headline", "headline_at", "language")
"""What a version that comes in changes of its thread."""

_ROWS: Final = 8
"""So many newest rows of each digest are looked at."""
_CANDIDATES: Final = 16
_OF_THREAD: Final = 3
"""So many items at most are compared, and so many of one thread."""
_KEPT_ROWS: Final = 400_000
_SWEEP_EVERY, _SWEPT = 256, 20_000

_NEWEST: Final = """SELECT {number} AS n, item_id FROM (
    SELECT item_id FROM wire_clue WHERE digest = %s AND at BETWEEN %s AND %s ORDER BY at DESC LIMIT {rows}
) AS c{number}"""

_CONTENTS: Final = """SELECT i.id, i.headline, l.sketch
    FROM wire_item AS i LEFT JOIN wire_likeness AS l ON l.item_id = i.id WHERE i.id IN ({})"""

_LINKS: Final = frozenset(
    "derivedfrom evolvedfrom prevversion previousversion replaces replacing replacedby updates updateof correctionof"
    " continuationof basedon".split()
)
_COMPANY: Final = frozenset({"associatedwith"})
_CONTINUES: Final = frozenset({"update", "writethru", "lead", "correction", "clarification", "repeat", "add/take"})
_PARTS: Final = re.compile(r"[^\W_]+")
_REL: Final = re.compile(r"[^a-z]+")
_REVISED: Final = re.compile(r"(urn:newsml:[^:]+:[^:]+:[^:]+):\d+[a-z]?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Clues:
    """What is known of a version: where to look for others of its story, and by what others will find it."""

    at: datetime
    links: tuple[str, ...]
    link_digests: tuple[int, ...]
    company: tuple[str, ...]
    company_digests: tuple[int, ...]
    own_company: int
    own_digests: tuple[tuple[int, timedelta], ...]
    keys: tuple[tuple[int, int], ...]
    """Digest, and of how many words the key is made."""
    headline: frozenset[str]
    text: likeness.Text
    take: bool
    continues: bool


@dataclass(frozen=True, slots=True)
class _Evidence:
    thread: int
    weight: float
    joins: bool
    """True if it is good enough to make one thread of two."""


# --- placing ------------------------------------------------------------------------------------------------------


def place(item: Item, canonical: CanonicalItem) -> Thread:
    """Put `item` into the thread of its story, or begin one; `canonical` is the version that came in.

    To be called in the transaction that stores the version, for versions that count. Sets `item.thread`, and nothing
    else of the item: the caller saves it. The same version again changes nothing.
    """
    clues = _clues_of(item, canonical)
    evidence = _evidence(item, clues)
    home, others = _home(item.thread_id, evidence)
    standing = _locked([*([home] if home else []), *others])
    thread = standing.get(home) if home else None
    if thread is None:
        thread = Thread(first_at=clues.at, last_at=clues.at)
    rest = [standing[pk].pk for pk in others if pk in standing and standing[pk].pk != thread.pk]
    for other in _allowed(thread.pk, list(dict.fromkeys(rest))):
        thread = _merge(thread, next(each for each in standing.values() if each.pk == other))
    _tell(thread, canonical, clues.at, joining=item.thread_id is None)
    if thread._state.adding:
        rows.insert(thread)
    else:
        rows.update(thread, _TOLD)
    item.thread = thread
    _remember(item, clues)
    return thread


def _clues_of(item: Item, canonical: CanonicalItem) -> _Clues:
    now = clock.now()
    said = canonical.version_created or canonical.content_created or canonical.first_created
    at = min(said, now) if said else now
    rels = [(_REL.sub("", _last(link.rel)), _stem(link.target)) for link in canonical.links]
    named = [target for rel, target in rels if rel in _LINKS]
    named += [each.target for each in canonical.directives if each.exact and each.target]
    own = {_stem(canonical.item_id), *map(_stem, canonical.alt_ids)}
    links = tuple(dict.fromkeys(target for target in map(_stem, named) if target and target not in own))[:12]
    given = dict.fromkeys(" ".join(key.casefold().split()) for key in (canonical.thread_key, canonical.slugline))
    keys = [key for key in given if key and _stem(key) not in own and _stem(key) not in links]
    company = tuple(
        dict.fromkeys(target for rel, target in rels if rel in _COMPANY and target and target not in (own | {*links}))
    )[:4]
    # A key that is the id of another item is a link.
    links += tuple(key for key in keys if _worldwide(key))
    keys = [key for key in keys if not _worldwide(key)]
    down = canonical.status in ("canceled", "withheld")
    text = likeness.Text(None) if down or not canonical.body_html else likeness.read(canonical.body_html)
    marks = set(canonical.editorial_types)
    return _Clues(
        at=at,
        links=links,
        link_digests=tuple(_named(item.provider, target) for target in links),
        company=company,
        company_digests=tuple(_named(item.provider, target, "with") for target in company),
        own_company=_named(item.provider, _stem(canonical.item_id), "with"),
        own_digests=(
            (_named(item.provider, _stem(canonical.item_id)), LINKED),
            *((_named(item.provider, _stem(name)), NUMBERED) for name in canonical.alt_ids[:8]),
        ),
        keys=tuple((_digest("key", item.provider, key), len(_PARTS.findall(key))) for key in keys),
        headline=_headline(canonical.headline),
        text=text,
        take=canonical.take is not None or "add/take" in marks,
        continues=bool(marks & _CONTINUES),
    )


def _last(rel: str) -> str:
    return re.split(r"[:/#]", rel.rstrip("/"))[-1].lower()


def _stem(name: str) -> str:
    """An item's name without the number of a revision that NewsML 1.2 puts at its end."""
    found = _REVISED.match(name.strip())
    return found.group(1) if found else name.strip()


def _worldwide(name: str) -> bool:
    return name.lower().startswith(("urn:", "tag:", "http://", "https://"))


def _headline(text: str) -> frozenset[str]:
    """The words of a headline that say something."""
    short = 1 if words.unspaced(text) else 3
    return frozenset(word for word in words.of(text) if len(word) > short)


def _named(provider: str, name: str, kind: str = "id") -> int:
    return _digest(kind, "" if _worldwide(name) else provider, name)


def _digest(kind: str, scope: str, value: str) -> int:
    return digests.short(f"{kind}\0{scope}\0{value}".encode("utf-8", "surrogatepass"))


def _evidence(item: Item, clues: _Clues) -> list[_Evidence]:
    """What speaks for which thread other than the item's own."""
    back = CONTINUED if clues.continues else KEYED
    asked: list[tuple[int, timedelta]] = [(digest, LINKED) for digest in clues.link_digests]
    asked += clues.own_digests
    company_from = len(asked)
    asked += [(digest, ALIKE) for digest in (*clues.company_digests, clues.own_company)]
    keys_from = len(asked)
    asked += [(digest, back) for digest, _ in clues.keys]
    texts_from = len(asked)
    asked += [(digest, ALIKE) for digest in clues.text.clues]
    evidence: list[_Evidence] = []
    hits: dict[int, int] = defaultdict(int)
    threads: dict[int, int] = {}
    keyed: dict[int, int] = {}
    for number, other, thread in _look_up(asked, clues.at):
        if other == item.pk or not thread or thread == item.thread_id:
            continue
        if number < company_from:
            evidence.append(_Evidence(thread, 4.0, joins=True))
        elif number < keys_from:
            evidence.append(_Evidence(thread, 2.0, joins=False))
        else:
            threads[other] = thread
            hits[other] += 1
            if number < texts_from:
                keyed[other] = max(keyed.get(other, 0), clues.keys[number - keys_from][1])
    if clues.links:
        evidence += [_Evidence(thread, 4.0, joins=True) for thread in _threads_of(item, clues.links)]
    if clues.company:
        found = _threads_of(item, clues.company, since=clues.at - ALIKE)
        evidence += [_Evidence(thread, 2.0, joins=False) for thread in found]
    first = _likeliest(hits, threads, keyed)
    for other, headline, sketch in _contents(first):
        mine, theirs = clues.text.sketch, likeness.unpack(sketch) if sketch else None
        score = likeness.compare(mine, theirs) if mine and theirs else None
        if score is not None and likeness.same_story(score):
            evidence.append(_Evidence(threads[other], 2 + score.contained, joins=True))
        elif other in keyed:
            weight = _by_key(clues, keyed[other], headline, score)
            if weight:
                evidence.append(_Evidence(threads[other], weight, joins=False))
    return evidence


def _by_key(clues: _Clues, parts: int, headline: str, score: likeness.Score | None) -> float:
    """How much it weighs that another item has the same key of so many words; 0 where that may well be chance."""
    if clues.take:
        return 1.9
    if score is not None:
        return 0.5 + score.contained / 2 if likeness.related(score) else 0.0
    if parts < 2:
        return 0.0
    theirs = _headline(headline)
    few = min(len(theirs), len(clues.headline))
    if not few:
        return 0.2 if parts > 2 else 0.0
    return 0.3 if 3 * len(theirs & clues.headline) >= few else 0.0


def _contents(items: Sequence[int]) -> list[tuple[int, str, bytes | None]]:
    """(item, headline, packed sketch if there is one) in the order of `items`."""
    if not items:
        return []
    marks = ", ".join(["%s"] * len(items))
    with connection.cursor() as cursor:
        cursor.execute(_CONTENTS.format(marks), list(items))
        found = {pk: (pk, headline, bytes(sketch) if sketch else None) for pk, headline, sketch in cursor.fetchall()}
    return [found[pk] for pk in items if pk in found]


def _likeliest(hits: dict[int, int], threads: dict[int, int], keyed: dict[int, int]) -> list[int]:
    """The items to compare with: those of the same key first, then those with most clues; a few of each thread."""
    chosen: list[int] = []
    of_thread: dict[int, int] = defaultdict(int)
    for pk in sorted(hits, key=lambda pk: (pk not in keyed, -hits[pk], -pk)):
        if of_thread[threads[pk]] < _OF_THREAD:
            of_thread[threads[pk]] += 1
            chosen.append(pk)
    return chosen[:_CANDIDATES]


def _look_up(asked: Sequence[tuple[int, timedelta]], at: datetime) -> list[tuple[int, int, int]]:
    """(place in `asked`, item, thread) of the newest rows of each digest, no further from `at` than it says."""
    if not asked:
        return []
    union = " UNION ALL ".join(_NEWEST.format(number=number, rows=_ROWS) for number in range(len(asked)))
    moment = connection.ops.adapt_datetimefield_value
    between = {back: (moment(at - back), moment(at + back)) for back in {back for _, back in asked}}
    parameters: list[Any] = []
    for digest, back in asked:
        parameters += [digest, *between[back]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.n, f.item_id, i.thread_id FROM ({union}) AS f JOIN wire_item AS i ON i.id = f.item_id",  # noqa: S608
            parameters,
        )
        return list(cursor.fetchall())


def _threads_of(item: Item, links: Iterable[str], since: datetime | None = None) -> list[int]:
    """Threads of the items that this one names, however old they are unless `since` says otherwise."""
    worldwide = [name for name in links if _worldwide(name)]
    local = [name for name in links if not _worldwide(name)]
    wanted = Q()
    if worldwide:
        wanted |= Q(item_id__in=worldwide)
    if local:
        wanted |= Q(provider=item.provider, item_id__in=local)
    found = Item.objects.filter(wanted).exclude(pk=item.pk).exclude(thread=None).order_by("pk")
    if since is not None:
        found = found.filter(changed_at__gte=since)
    return [pk for pk in found.values_list("thread_id", flat=True)[:_CANDIDATES] if pk is not None]


def _home(home: int | None, evidence: list[_Evidence]) -> tuple[int | None, list[int]]:
    """The thread that the item is in or goes to, and those that it shows to be the same story, the best first."""
    best: dict[int, tuple[float, bool]] = {}
    for each in evidence:
        weight, joins = best.get(each.thread, (0.0, False))
        best[each.thread] = (max(weight, each.weight), joins or each.joins)
    order = sorted(best, key=lambda pk: (-best[pk][0], pk))
    if home is None and order:
        home = order[0]
    return home, [pk for pk in order if pk != home and best[pk][1]]


def _locked(wanted: Sequence[int]) -> dict[int, Thread]:
    """The threads of these ids, locked in order; in place of one that was joined to another meanwhile, that other."""
    if not wanted:
        return {}
    locking = Thread.objects.select_for_update().order_by("pk")
    found = {each.pk: each for each in locking.filter(pk__in=wanted)}
    joined = {pk: each.into_id for pk, each in found.items() if each.into_id is not None}
    if joined:
        roots = found | {each.pk: each for each in locking.filter(pk__in=set(joined.values()) - found.keys())}
        found |= {pk: roots[into] for pk, into in joined.items() if into in roots}
    return found


def _allowed(home: int | None, others: list[int]) -> list[int]:
    """Those of `others` that may become one with `home` and with each other: nobody took them apart."""
    if home is None or not others:
        return others
    every = [home, *others]
    pairs = set(Parting.objects.filter(low__in=every, high__in=every).values_list("low_id", "high_id"))
    if not pairs:
        return others
    together = [home]
    for other in others:
        if not any((min(other, each), max(other, each)) in pairs for each in together):
            together.append(other)
    return together[1:]


def _merge(a: Thread, b: Thread) -> Thread:
    """One thread of two: the smaller id stays, the other one's address leads to it."""
    if a.pk is None or a.pk == b.pk:
        return b
    kept, gone = (a, b) if a.pk < b.pk else (b, a)
    Item.objects.filter(thread=gone).update(thread=kept)
    Thread.objects.filter(Q(pk=gone.pk) | Q(into=gone)).update(into=kept, count=0)
    for parting in Parting.objects.filter(Q(low=gone) | Q(high=gone)):
        other = parting.high_id if parting.low_id == gone.pk else parting.low_id
        parting.delete()
        if other != kept.pk:
            _set_apart(kept.pk, other, by=parting.by, at=parting.at)
    kept.count += gone.count
    kept.first_at, kept.last_at = min(kept.first_at, gone.first_at), max(kept.last_at, gone.last_at)
    if gone.headline_at and (kept.headline_at is None or gone.headline_at > kept.headline_at):
        kept.headline, kept.headline_at, kept.language = gone.headline, gone.headline_at, gone.language
    return kept


def _set_apart(one: int, other: int, *, by: str, at: datetime) -> None:
    Parting.objects.get_or_create(low_id=min(one, other), high_id=max(one, other), defaults={"by": by, "at": at})


def _tell(thread: Thread, canonical: CanonicalItem, at: datetime, *, joining: bool) -> None:
    """Have the thread say what its newest text does."""
    if joining:
        thread.count += 1
    thread.first_at, thread.last_at = min(thread.first_at, at), max(thread.last_at, at)
    headline = canonical.headline.strip()
    text = canonical.type in ("text", "composite") and canonical.status not in ("canceled", "withheld")
    if headline and text and (thread.headline_at is None or at >= thread.headline_at):
        thread.headline, thread.headline_at, thread.language = headline[:500], at, canonical.language[:35]
    elif not thread.headline:
        thread.headline, thread.language = (headline or canonical.slugline.strip())[:500], canonical.language[:35]


def _remember(item: Item, clues: _Clues) -> None:
    every = dict.fromkeys(
        (*clues.link_digests, *clues.company_digests, *(digest for digest, _ in clues.keys), *clues.text.clues)
    )
    if every:
        moment = connection.ops.adapt_datetimefield_value(clues.at)
        values = ", ".join(["(%s, %s, %s)"] * len(every))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO wire_clue (digest, at, item_id) VALUES {values} ON CONFLICT DO NOTHING",  # noqa: S608
                [each for digest in every for each in (digest, moment, item.pk)],
            )
    if clues.text.sketch is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO wire_likeness (item_id, sketch) VALUES (%s, %s)"
                " ON CONFLICT (item_id) DO UPDATE SET sketch = excluded.sketch",
                [item.pk, clues.text.sketch.pack()],
            )
    if item.pk % _SWEEP_EVERY == 0:
        sweep()


def sweep() -> int:
    """Forget a bounded number of the oldest clues that no look-up reaches any more. Returns how many rows went.

    The newest rows stay however old their texts are, so that an archive that is taken in gathers too.
    """
    ends = Clue.objects.aggregate(first=Min("id"), last=Max("id"))
    if ends["last"] is None or ends["last"] - ends["first"] < _KEPT_ROWS:
        return 0
    upto = min(ends["last"] - _KEPT_ROWS, ends["first"] + _SWEPT)
    gone, _ = Clue.objects.filter(id__lte=upto, at__lt=clock.now() - LINKED).delete()
    return gone


# --- reading ------------------------------------------------------------------------------------------------------


def siblings(item: Item) -> QuerySet[Item]:
    """The other items of its thread, in the order in which they came in."""
    if item.thread_id is None:
        return Item.objects.none()
    return in_order(Item.objects.filter(thread=item.thread_id).exclude(pk=item.pk))


def in_order(items: QuerySet[Item]) -> QuerySet[Item]:
    """In the order in which they first came in."""
    return items.order_by("first_seen", "id")


def published_in(threads: Iterable[Thread | int]) -> dict[int, Story]:
    """Thread id -> the live story that newest copy of the thread went into. Two queries, however many threads."""
    wanted = {each if isinstance(each, int) else each.pk for each in threads}
    if not wanted:
        return {}
    home = {
        (provider, item_id): thread
        for provider, item_id, thread in Item.objects.filter(thread__in=wanted).values_list(
            "provider", "item_id", "thread_id"
        )
        if thread is not None
    }
    if not home:
        return {}
    origins = (
        Origin.objects.filter(item_id__in={item_id for _, item_id in home}, story__live=True)
        .select_related("story")
        .order_by("taken_at", "id")
    )
    found: dict[int, Story] = {}
    for origin in origins:
        thread = home.get((origin.provider, origin.item_id))
        if thread is not None:
            found[thread] = origin.story
    return found


# --- what people do -----------------------------------------------------------------------------------------------


@transaction.atomic
def part(*, thread: Thread, items: Sequence[Item], by: Actor) -> Thread:
    """Take `items` out of `thread` into one of their own. Nothing but a person joins the two again.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: they are not in this thread, or nothing would be left in it.
    """
    may(by, "wire.take_item")
    chosen = list(Item.objects.select_for_update().filter(pk__in=[item.pk for item in items]).order_by("pk"))
    thread = Thread.objects.select_for_update().get(pk=thread.pk)
    if not chosen or any(item.thread_id != thread.pk for item in chosen):
        raise Refused("These items are not in this thread any more: look at it again.")
    if not Item.objects.filter(thread=thread).exclude(pk__in=[item.pk for item in chosen]).exists():
        raise Refused("These are all the items of the thread: there is nothing to take them away from.")
    now = clock.now()
    made = Thread.objects.create(first_at=now, last_at=now)
    Item.objects.filter(pk__in=[item.pk for item in chosen]).update(thread=made)
    for parting in Parting.objects.filter(Q(low=thread) | Q(high=thread)):
        other = parting.high_id if parting.low_id == thread.pk else parting.low_id
        _set_apart(made.pk, other, by=parting.by, at=parting.at)
    _set_apart(thread.pk, made.pk, by=changes.name_of(by), at=now)
    _recount(thread)
    _recount(made)
    changes.audit(by=by, verb="parted", kind="thread", ref=thread.pk, made=made.pk, items=[item.pk for item in chosen])
    return made


@transaction.atomic
def join(*, thread: Thread, other: Thread, by: Actor) -> Thread:
    """Make one thread of two, even if somebody took them apart before. Returns the one that stays.

    Raises:
        PermissionDenied: `by` may not take wire items.
        Refused: it is the same thread, or one of them was joined to another already.
    """
    may(by, "wire.take_item")
    wanted = sorted({thread.pk, other.pk})
    list(Item.objects.select_for_update().filter(thread__in=wanted).order_by("pk").values_list("pk", flat=True))
    both = list(Thread.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(both) < 2:
        raise Refused("These are one thread already.")
    if any(each.into_id is not None for each in both):
        raise Refused("One of these was joined to another thread in the meantime: look at it again.")
    kept = _merge(*both)
    _recount(kept)
    changes.audit(by=by, verb="joined", kind="thread", ref=kept.pk, joined=both[1].pk)
    return kept


def _recount(thread: Thread) -> None:
    """Have the thread say what its items do."""
    items = list(
        in_order(Item.objects.filter(thread=thread)).values(
            "headline", "slugline", "type", "language", "first_seen", "changed_at", "killed_at"
        )
    )
    thread.count = len(items)
    thread.first_at = min(each["first_seen"] for each in items)
    thread.last_at = max(each["changed_at"] for each in items)
    texts = [each for each in items if each["type"] in ("text", "composite") and each["headline"]]
    best = max(texts or items, key=lambda each: (each["killed_at"] is None, each["changed_at"]))
    thread.headline = best["headline"] or best["slugline"]
    thread.headline_at = best["changed_at"] if texts else None
    thread.language = best["language"]
    thread.save()
