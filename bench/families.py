"""Measures story families: how well they tell same stories from other ones, and what placing an item costs.

    python -m bench.families same --texts FILE [--fixtures FOLDER] [--worst 10]
    python -m bench.families cost [1000 10000 100000]

`same` makes pairs of texts. Same story: real texts (one JSON object with `text` a line) as the next agency or the next
update would have them: cut to half, with a new lead, with new figures, with sentences of other words, and all of that
at once. Other stories: reports by one template with other figures and names, which is what agencies' markets, results
and weather are; all pairs of real texts; all pairs of texts in files of `--fixtures` that are not versions, links or
translations of each other. It prints precision and recall for each kind, and the curve over the threshold.

`cost` places items in an empty newsroom's database and prints the time of each part, as a median and 95th percentile.
"""

# ruff: noqa: E501 (agencies' sentences are long)
from __future__ import annotations

import argparse
import html
import itertools
import json
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from standfirst.wire import likeness

TEAMS = (
    "Harbour City|Oldgate United|Northfield Rovers|Port Callen|Sennet Athletic|Brayne Town|East Marl|Kestrel Park|"
    "Dunmore|Westhaven"
).split("|")
PEOPLE = (
    "Adewale Okoro Lindqvist Marchetti Brandt Sato Mensah Duarte Novak Haddad Kimani Petrov Bello Larsen Ortiz".split()
)
CITIES = "Tarrava Callen Brayne Marl Dunmore Oldgate Sennet Westhaven Kestrel Northfield".split()
COMPANIES = (
    "Calder Steel|Norda Shipping|Marl Energy|Oldgate Bank|Tarrava Foods|Brayne Air|Kestrel Media|Port Holdings".split(
        "|"
    )
)
DAYS = "Monday Tuesday Wednesday Thursday Friday".split()


def paragraphs(text: str, dice: random.Random) -> list[str]:
    """Sentences (one a line) as paragraphs of one to three."""
    sentences = [line.strip() for line in text.split("\n") if line.strip()]
    made = []
    while sentences:
        some = dice.choice((1, 2, 2, 3))
        made.append(" ".join(sentences[:some]))
        sentences = sentences[some:]
    return made


def body(parts: Iterable[str]) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in parts)


# --- the same story, told again -----------------------------------------------------------------------------------


def shortened(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    return parts[: max(2, round(len(parts) * dice.uniform(0.45, 0.7)))]


def new_lead(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    return [*_foreign(dice, others, 2), *parts[1:]]


def new_figures(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    def other(found: re.Match[str]) -> str:
        return str(int(found.group()) + dice.randint(1, 9)) if dice.random() < 0.5 else found.group()

    return [re.sub(r"\b\d{1,4}\b", other, part) for part in parts]


def _sentences_replaced(share: float) -> Callable[[list[str], random.Random, list[list[str]]], list[str]]:
    """Another agency's version: of each sentence's words, `share` stays in runs, the others are other words."""

    def rewrite(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
        made = []
        for part in parts:
            sentences = re.split(r"(?<=[.!?]) ", part)
            kept = [each if dice.random() < share else _foreign(dice, others, 1)[0] for each in sentences]
            made.append(" ".join(kept))
        return made

    return rewrite


def words_replaced(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    """An editor's hand: one word in twelve is another one."""
    pool = [word for part in dice.choice(others) for word in part.split() if word.islower()]
    return [
        " ".join(dice.choice(pool) if word.islower() and dice.random() < 1 / 12 else word for word in part.split())
        for part in parts
    ]


def extended(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    return [*_foreign(dice, others, 1), *parts, *_foreign(dice, others, max(1, len(parts) // 3))]


def all_at_once(parts: list[str], dice: random.Random, others: list[list[str]]) -> list[str]:
    return new_figures(extended(shortened(parts, dice, others), dice, others), dice, others)


def _foreign(dice: random.Random, others: list[list[str]], some: int) -> list[str]:
    """Sentences of another story, so that nothing but the story's own copy is in common."""
    found: list[str] = []
    while len(found) < some:
        found.append(re.split(r"(?<=[.!?]) ", dice.choice(dice.choice(others)))[0])
    return found


SAME: dict[str, Callable[[list[str], random.Random, list[list[str]]], list[str]]] = {
    "shortened to a half": shortened,
    "new lead": new_lead,
    "new figures": new_figures,
    "80% common sentences": _sentences_replaced(0.8),
    "70% common sentences": _sentences_replaced(0.7),
    "60% common sentences": _sentences_replaced(0.6),
    "edited words": words_replaced,
    "extended": extended,
    "shortened, extended, new figures": all_at_once,
}


# --- other stories by one template --------------------------------------------------------------------------------


def market(dice: random.Random) -> list[str]:
    def n(low: float, high: float) -> str:
        return f"{dice.uniform(low, high):,.2f}"

    day, (a, b, c, d) = dice.choice(DAYS), dice.sample(COMPANIES, 4)
    who = dice.choice(PEOPLE)
    return [
        f"Shares on the Tarrava exchange closed {dice.choice(('higher', 'lower'))} on {day}, led by {a} and {b}, as investors waited for the central bank's decision on interest rates.",
        f"The benchmark Harbour 40 index ended the session at {n(9000, 12000)} points, a move of {n(0.1, 3)} percent, while the broader All Share index finished at {n(30000, 40000)}.",
        f"{a} gained {n(1, 6)} percent and {b} added {n(1, 5)} percent. {c} lost {n(1, 6)} percent and {d} slipped {n(0.2, 4)} percent after analysts cut their target price.",
        f"The crown traded at {n(3, 5)} to the dollar against {n(3, 5)} late on the previous day, and oil for delivery next month cost {n(60, 99)} dollars a barrel.",
        f'"Investors are cautious ahead of the central bank\'s meeting and volumes remain thin," said {who}, a trader in Tarrava.',
        "Trading on the exchange begins at nine in the morning and ends at half past four in the afternoon, local time, from Monday to Friday.",
    ]


def result(dice: random.Random) -> list[str]:
    (home, away), (a, b, c) = dice.sample(TEAMS, 2), dice.sample(PEOPLE, 3)
    return [
        f"{home} beat {away} {dice.randint(2, 5)}-{dice.randint(0, 1)} in the league on {dice.choice(('Saturday', 'Sunday'))} in front of {dice.randint(8, 60)},{dice.randint(100, 999)} spectators at their home ground.",
        f"{a} opened the scoring in the {dice.randint(3, 40)}th minute with a header from close range, and {b} doubled the lead from the penalty spot shortly before the break.",
        f"The visitors came back into the game after half time but {c} settled it with a low shot from the edge of the box in the {dice.randint(60, 89)}th minute.",
        f"{home} are now {dice.choice(('second', 'third', 'fourth', 'fifth'))} in the table with {dice.randint(20, 60)} points from {dice.randint(12, 34)} games, while {away} stay in the lower half.",
        f'"We played with great discipline and deserved the three points today," said the head coach of {home} after the final whistle.',
        "The league takes a break for international matches next week and continues the week after.",
    ]


def weather(dice: random.Random) -> list[str]:
    parts = [
        f"Forecast for {dice.choice(DAYS)}: a ridge of high pressure over the coast brings dry air from the north, with light to moderate winds and good visibility in most parts of the country."
    ]
    parts += [
        f"{city}: {dice.choice(('sunny', 'cloudy', 'light rain', 'fog in the morning', 'thunderstorms'))}, lowest temperature {dice.randint(12, 24)} degrees, highest {dice.randint(24, 38)} degrees, chance of rain {dice.randint(0, 9) * 10} percent."
        for city in CITIES
    ]
    return [*parts, "The meteorological service issues its next forecast at six in the evening."]


TEMPLATES = {"market reports": market, "match results": result, "weather": weather}


# --- pairs --------------------------------------------------------------------------------------------------------


def fixtures(folder: Path) -> Iterator[tuple[str, frozenset[str], str]]:
    """(name, whatever may tie it to others, body) of each text in a file that can be read."""
    from standfirst.kit.errors import Problem
    from standfirst.wire import formats

    for path in sorted(each for each in folder.rglob("*") if each.is_file() and "invalid" not in str(each)):
        try:
            parsed = formats.parse(path.read_bytes())
        except (Problem, OSError):
            continue
        for item in parsed.items:
            ties = {item.item_id, item.thread_key, item.slugline, item.headline, *(link.target for link in item.links)}
            yield path.name, frozenset(ties - {""}), item.body_html


Pair = tuple[str, likeness.Text, likeness.Text, str]


def judge(pair: Pair) -> likeness.Score:
    """What a pair shares; nothing if it shares no clue, since then nobody would ever compare it."""
    _, a, b, _ = pair
    if a.sketch is None or b.sketch is None or not set(a.clues) & set(b.clues):
        return likeness.NOTHING
    return likeness.compare(a.sketch, b.sketch)


def made_pairs(texts: Path, dice: random.Random, rounds: int = 3) -> tuple[list[Pair], list[Pair]]:
    """Pairs of the same story, pairs of other stories."""
    every = [paragraphs(json.loads(line)["text"], dice) for line in texts.open(encoding="utf-8")]
    same: list[Pair] = []
    for at, parts in enumerate(every):
        others = [each for place, each in enumerate(every) if abs(place - at) > 30]
        original = likeness.read(body(parts))
        for kind, rewrite in SAME.items():
            for _ in range(rounds):
                again = rewrite(list(parts), dice, others)
                retold = likeness.read(body(again))
                if original.sketch and retold.sketch:
                    same.append((kind, original, retold, parts[0][:70]))
    other: list[Pair] = []
    for kind, template in TEMPLATES.items():
        reports = [likeness.read(body(template(dice))) for _ in range(60)]
        other += [(kind, a, b, kind) for a, b in itertools.combinations(reports, 2)]
    read = [(parts[0][:50], likeness.read(body(parts))) for parts in every]
    other += [("real texts", a, b, f"{x} | {y}") for (x, a), (y, b) in itertools.combinations(read, 2)]
    return same, other


def fixture_pairs(folder: Path) -> list[Pair]:
    found = [(name, ties, likeness.read(text)) for name, ties, text in fixtures(folder)]
    by_clue: dict[int, list[int]] = defaultdict(list)
    for at, (_, _, text) in enumerate(found):
        for clue in text.clues:
            by_clue[clue].append(at)
    near = {pair for places in by_clue.values() for pair in itertools.combinations(places[-60:], 2)}
    pairs: list[Pair] = []
    for a, b in sorted(near):
        (x, ties, left), (y, other, right) = found[a], found[b]
        # The same text word for word is the same story, whatever its files say.
        if left.sketch and right.sketch and left.sketch != right.sketch and not ties & other:
            pairs.append(("files", left, right, f"{x} | {y}"))
    return pairs


def same(texts: Path, folder: Path | None, worst: int) -> None:
    dice = random.Random(7)
    positives, negatives = made_pairs(texts, dice)
    judged = [(pair, judge(pair)) for pair in positives]
    misjudged = [(pair, judge(pair)) for pair in negatives]
    print(f"\n{'the same story':36} {'pairs':>6} {'found':>7} {'contained':>10}")
    for kind, group in _groups(judged).items():
        hits = sum(likeness.same_story(score) for _, score in group)
        print(
            f"{kind:36} {len(group):6} {hits / len(group):7.1%} {statistics.median(s.contained for _, s in group):10.2f}"
        )
    print(f"\n{'other stories':36} {'pairs':>6} {'joined':>7} {'contained':>10} (highest)")
    for kind, group in _groups(misjudged).items():
        hits = sum(likeness.same_story(score) for _, score in group)
        print(f"{kind:36} {len(group):6} {hits:7} {max(s.contained for _, s in group):10.2f}")
    print(f"\n{'words in common from':>22} {'precision':>10} {'recall':>8}   {'words alone: precision':>22}")
    for step in range(20, 85, 5):
        level = step / 100
        right = sum(likeness.same_story(s, level) for _, s in judged)
        wrong = sum(likeness.same_story(s, level) for _, s in misjudged)
        alone = sum(s.contained >= level for _, s in judged), sum(s.contained >= level for _, s in misjudged)
        print(
            f"{level:22.2f} {right / max(1, right + wrong):10.2%} {right / len(judged):8.1%}"
            f"   {alone[0] / max(1, sum(alone)):22.2%}"
        )
    told = [
        ("missed", [entry for entry in judged if not likeness.same_story(entry[1])]),
        ("joined", [entry for entry in misjudged if likeness.same_story(entry[1])]),
    ]
    if folder:
        found = [(pair, judge(pair)) for pair in fixture_pairs(folder)]
        told.append(("joined of files, to be read", [entry for entry in found if likeness.same_story(entry[1])]))
    for title, entries in told:
        print(f"\n{title}: {len(entries)}")
        for pair, score in entries[:worst]:
            print(f"  {pair[0]:20} {score.contained:.2f} {score.common:.2f} {score.names} {score.figures}  {pair[3]}")


def _groups(entries: list[tuple[Pair, likeness.Score]]) -> dict[str, list[tuple[Pair, likeness.Score]]]:
    groups: dict[str, list[tuple[Pair, likeness.Score]]] = defaultdict(list)
    for entry in entries:
        groups[entry[0][0]].append(entry)
    return groups


# --- cost ---------------------------------------------------------------------------------------------------------


def cost(sizes: list[int]) -> None:
    home = Path(tempfile.mkdtemp(prefix="families-"))
    os.environ["STANDFIRST_HOME"] = str(home)
    try:
        _cost(sizes)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _cost(sizes: list[int]) -> None:
    from standfirst.conf import setup

    setup.boot()
    setup.prepare()

    from django.db import transaction

    from standfirst.kit import clock
    from standfirst.wire import families
    from standfirst.wire.item import Item as CanonicalItem
    from standfirst.wire.models import Feed, Item, Thread

    dice = random.Random(3)
    words = ["".join(dice.choices("aeioubdfgklmnprstvz", k=dice.randint(2, 9))) for _ in range(20_000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    cumulative = list(itertools.accumulate(weights))
    feed = Feed.objects.create(name="bench", title="Bench", provider="bench")
    start = clock.now() - timedelta(days=3)
    recent: list[list[str]] = []
    done = 0
    print(f"{'items':>8} {'threads':>8} {'median ms':>10} {'95% ms':>8} {'worst ms':>9}")
    for size in sizes:
        spent: list[float] = []
        while done < size:
            with transaction.atomic():
                for _ in range(min(200, size - done)):
                    parts = _story(dice, words, cumulative)
                    if dice.random() < 0.4 and recent:
                        parts = [*_story(dice, words, cumulative)[:1], *dice.choice(recent)[1:]]
                    elif dice.random() < 0.1:
                        parts = market(dice)
                    else:
                        recent = [*recent[-300:], parts]
                    at = start + timedelta(seconds=done * 2)
                    canonical = CanonicalItem(
                        provider="bench",
                        item_id=f"urn:newsml:bench.example:{done}",
                        headline=parts[0][:80],
                        slugline=f"{parts[0].split()[0]}-{parts[0].split()[1]}",
                        body_html=body(parts),
                        version_created=at,
                    )
                    item = Item.objects.create(
                        provider="bench",
                        item_id=canonical.item_id,
                        feed=feed,
                        type="text",
                        first_seen=at,
                        changed_at=at,
                    )
                    began = time.perf_counter()
                    families.place(item, canonical)
                    spent.append((time.perf_counter() - began) * 1000)
                    item.save(update_fields=["thread"])
                    done += 1
        last = spent[-2000:]
        print(
            f"{done:8} {Thread.objects.count():8} {statistics.median(last):10.2f}"
            f" {statistics.quantiles(last, n=20)[18]:8.2f} {max(last):9.1f}"
        )


def _story(dice: random.Random, words: list[str], cumulative: list[float]) -> list[str]:
    made = []
    for _ in range(dice.randint(6, 14)):
        chosen = dice.choices(words, cum_weights=cumulative, k=dice.randint(25, 45))
        made.append(" ".join(word.capitalize() if place % 7 == 3 else word for place, word in enumerate(chosen)) + ".")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked: Any = parser.add_subparsers(dest="what", required=True)
    telling = asked.add_parser("same")
    telling.add_argument("--texts", type=Path, required=True)
    telling.add_argument("--fixtures", type=Path)
    telling.add_argument("--worst", type=int, default=10)
    costing = asked.add_parser("cost")
    costing.add_argument("sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    options = parser.parse_args()
    if options.what == "same":
        same(options.texts, options.fixtures, options.worst)
    else:
        cost(options.sizes)


if __name__ == "__main__":
    main()
