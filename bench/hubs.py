"""Measures what touches very many pages at once, and what it does to everybody else.

    python -m bench.hubs --stories 100000 --rounds 5 --moves 1

In a newsroom of that many stories by ten authors, nearly all in one section, with the real processes, in each round:

- a story that stands in 100 related lists is killed: how long until none of those pages names it;
- an author of a tenth of all stories gets another name: how long until the last of their pages says so, and how long
  a story published meanwhile takes (not more than twice as long as usual, if all is well);
- the section is moved, and back in the next round: how long until the old addresses answer 301 to the new ones, each of
  a thousand picked at random, how long until all pages are printed at their new ones, how many files say so, and how
  long a story published meanwhile takes. Of 100,000 stories that takes ten minutes and more: with `--moves` only in
  the first rounds.

Ends with 1 if a page still has the author's old name, an old address does not lead to the new one, or a page could not
be printed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench import machine, running

if TYPE_CHECKING:
    from standfirst.press.engine.engine import Engine
    from standfirst.stories.models import Author, Section, Story

LISTS = 100
USUAL = 20
LONG = 3_600.0


def measure(number: int, rounds: int, moves: int) -> dict[str, Any]:
    """In this process, whose `STANDFIRST_HOME` is an empty folder."""
    from standfirst.conf import setup

    running.printing_for_a_port()
    setup.boot()
    home = setup.prepare()
    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.people import actions as people
    from standfirst.press import wiring
    from standfirst.stories import actions as stories
    from standfirst.stories.models import Author, Section

    machine.say(f"Making a newsroom of {number:,} stories ...")
    [leaf] = archive.build(number, tops=1, children=1, writers=max(10, rounds))
    top, front = Section.objects.get(pk=leaf.pk).get_parent(), Section.objects.get(depth=2)
    other = stories.open_section(parent=front, name="Elsewhere", slug="elsewhere")
    people.hire(username="publisher", name="Bench Publisher", roles=["Publisher"])
    hubs = _hubs(rounds)
    Change.objects.all().delete()
    machine.say("Printing it ...")
    running.print_everything()
    engine = wiring.engine(output=home / "output")
    with running.serving(home) as client:
        machine.say("Waiting until all is at rest ...")
        rehearsal = _Rehearsal(client, engine, (top.pk, other.pk), home)
        running.until(rehearsal.at_rest, LONG, "the press")
        usual = rehearsal.usual()
        rounds_told = []
        for place, (hub, keys) in enumerate(hubs):
            told = {
                "hub_killed": rehearsal.kill(hub, keys),
                "author_renamed": rehearsal.rename(Author.objects.order_by("pk")[place], f"Renamed {place}"),
            }
            if place < moves:
                told["section_moved"] = rehearsal.move(leaf)
            rounds_told.append(told)
            machine.say(f"Round {place + 1} of {rounds}: {told}")
    report = {
        "stories": number,
        "rounds": rounds,
        "moves": min(moves, rounds),
        "usual_publish_ms": usual,
        **machine.over_rounds(rounds_told),
    }
    if failed := engine.status().failed:
        rehearsal.wrong.append(f"{len(failed)} pages could not be printed, e.g. {next(iter(failed.items()))}")
    return report | {"wrong": rehearsal.wrong}


def _hubs(rounds: int) -> list[tuple[Story, list[int]]]:
    """So many stories, each put into `LISTS` related lists of its own, and the keys of those that show it."""
    from standfirst.library.models import RelatedStory
    from standfirst.stories.models import Story

    hubs = list(Story.objects.order_by("-pk")[:rounds])
    keys = list(Story.objects.order_by("pk").values_list("pk", flat=True)[: LISTS * rounds])
    RelatedStory.objects.filter(other__in=hubs).delete()
    found = []
    for place, hub in enumerate(hubs):
        own = keys[LISTS * place : LISTS * (place + 1)]
        RelatedStory.objects.bulk_create(RelatedStory(story_id=key, other_id=hub.pk, score=2.0) for key in own)
        found.append((hub, own))
    return found


class _Rehearsal:
    """What is done to the newsroom, and how long readers wait for it. Collects what is `wrong`, in sentences."""

    def __init__(self, client: httpx.Client, engine: Engine, tops: tuple[int, int], home: Path) -> None:
        from bench import archive

        self._client = client
        self._engine = engine
        self._tops = tops
        self._moved = home / "output" / "moved"
        self._dice = random.Random(1)
        self._by = archive.editor()
        self._usual: list[float] = []
        self._number = 0
        self._killed: set[int] = set()
        self.wrong: list[str] = []

    def at_rest(self) -> bool:
        from standfirst.changes.models import Change

        return not Change.objects.filter(closed_at=None).exists() and self._engine.store.urgency() is None

    def usual(self) -> dict[str, float]:
        """Milliseconds of one publish while nothing else goes on."""
        self._usual = [self._publish() for _ in range(USUAL)]
        running.until(self.at_rest, LONG, "the press")
        return machine.tail(self._usual)

    def kill(self, hub: Story, keys: list[int]) -> dict[str, Any]:
        """Kill a story that the stories `keys` show, and wait until none does."""
        from standfirst.stories import actions as stories

        showing = [_path(key) for key in keys]
        named = hub.title.encode()
        if not all(named in self._client.get(path).content for path in showing):
            raise SystemExit("The hub is not in its lists.")
        began = time.perf_counter()
        stories.take_down(story=hub, kind="kill", reason="A rehearsal", names=False, by=self._by)
        self._killed.add(hub.pk)
        left = set(showing)

        def clean() -> bool:
            left.difference_update([path for path in left if named not in self._client.get(path).content])
            return not left

        running.until(clean, 120, "the hub to leave its lists")
        took = time.perf_counter() - began
        running.until(self.at_rest, LONG, "the press")
        return {"lists": len(showing), "clean_after_s": round(took, 2)}

    def rename(self, author: Author, name: str) -> dict[str, Any]:
        """Rename an author, publish until all of their pages are printed, and look at some of them."""
        from standfirst.stories.models import StoryAuthor

        theirs = StoryAuthor.objects.filter(author=author).exclude(story__in=self._killed)
        keys = list(theirs.values_list("story_id", flat=True))
        began = time.perf_counter()
        author.name = name
        author.save()
        saved = time.perf_counter() - began
        meanwhile = self._publish_until_rest()
        took = time.perf_counter() - began
        running.until(self.at_rest, LONG, "the press")
        some = self._dice.sample(keys, min(200, len(keys)))
        without = [key for key in some if name.encode() not in self._client.get(_path(key)).content]
        if without:
            self.wrong.append(f"{len(without)} of {len(some)} pages lack the author's new name")
        return {
            "stories": len(keys),
            "saved_ms": round(saved * 1000),
            "all_pages_after_s": round(took, 1),
            "pages_asked": len(some),
            "pages_without_the_name": len(without),
            **self._beside(meanwhile),
        }

    def move(self, leaf: Section) -> dict[str, Any]:
        """Move a section under another parent, or back, and ask old addresses for the new ones."""
        from standfirst.stories.models import Address, Section

        section = Section.objects.get(pk=leaf.pk)
        before = section.get_parent()
        [target] = [key for key in self._tops if key != before.pk]
        addresses = Address.objects.current().filter(section=leaf).exclude(story__in=self._killed)
        old = {address.story_id: address.path for address in addresses.select_related("section_path")}
        began = time.perf_counter()
        section.move(Section.objects.get(pk=target), pos="last-child")
        saved = time.perf_counter() - began
        picked = self._dice.sample(sorted(old), min(1_000, len(old)))
        first = 0.0

        def look() -> None:
            nonlocal first
            if not first and self._client.get(old[picked[0]]).status_code == 301:
                first = time.perf_counter() - began

        meanwhile = self._publish_until_rest(look)
        took = time.perf_counter() - began
        running.until(self.at_rest, LONG, "the press")
        bad = [old[key] for key in picked if not self._leads(old[key], key)]
        if bad:
            self.wrong.append(f"{len(bad)} of {len(picked)} old addresses do not lead to the new ones, e.g. {bad[0]}")
        if (status := self._client.get(f"/{before.slug}/").status_code) != 200:
            self.wrong.append(f"/{before.slug}/, which stays, answers {status}")
        moved = [file for file in self._moved.rglob("*") if file.is_file()]
        return {
            "stories": len(old),
            "saved_ms": round(saved * 1000),
            "first_301_after_s": round(first, 1),
            "all_pages_after_s": round(took, 1),
            "addresses_asked": len(picked),
            "not_answered_301": len(bad),
            "files_for_moved": len(moved),
            **self._beside(meanwhile),
        }

    def _publish(self) -> float:
        """Milliseconds from the call until readers have the story."""
        from standfirst.stories import actions as stories
        from standfirst.stories.models import Section

        self._number += 1
        story = stories.create(
            section=Section.objects.get(pk=self._tops[1]),
            by=self._by,
            title=f"Story {self._number} of the rehearsal",
            standfirst="A sentence.",
            body=[("paragraph", "<p>Text.</p>")] * 8,
        )
        began = time.perf_counter()
        stories.publish(story=story, by=self._by)
        path = _path(story.pk)
        running.until(lambda: self._client.get(path).status_code == 200, 120, f"{story.title} to be live")
        return (time.perf_counter() - began) * 1000

    def _publish_until_rest(self, look: Callable[[], None] = lambda: None) -> list[float]:
        """A story each half second, and one at least, until all that was asked for before is printed. Their
        milliseconds."""
        from standfirst.changes.models import Change

        before = Change.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        took = [self._publish()]
        look()
        while Change.objects.filter(pk__lte=before, closed_at=None).exists():
            time.sleep(0.5)
            took.append(self._publish())
            look()
        return took

    def _beside(self, meanwhile: list[float]) -> dict[str, Any]:
        usual = statistics.median(self._usual)
        return {
            "published_meanwhile": len(meanwhile),
            "publish_meanwhile_ms": machine.tail(meanwhile),
            "times_usual": round(statistics.median(meanwhile) / usual, 2),
        }

    def _leads(self, path: str, key: int) -> bool:
        answer = self._client.get(path)
        new = _path(key)
        return (
            answer.status_code == 301
            and answer.headers["location"].endswith(new)
            and self._client.get(new).status_code == 200
        )


def _path(key: int) -> str:
    from standfirst.stories.models import Address

    return Address.objects.current().get(story_id=key).path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--moves", type=int, help="rounds in which the section is moved (default: all)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    moves = wanted.rounds if wanted.moves is None else wanted.moves
    if wanted.inside:
        running.hand_in(measure(wanted.stories, wanted.rounds, moves))
    else:
        about = machine.describe()
        running.tell(running.reported("bench.hubs"), "hubs", about)


if __name__ == "__main__":
    main()
