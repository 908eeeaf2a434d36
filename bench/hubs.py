"""Measures what touches very many pages at once, and what it does to everybody else.

    python -m bench.hubs --stories 100000

In a newsroom of that many stories by ten authors, nearly all in one section, with the real processes:

- a story that stands in 100 related lists is killed: how long until none of those pages names it;
- an author of a tenth of all stories gets another name: how long until the last of their pages says so, and how long
  a story published meanwhile takes (not more than twice as long as usual, if all is well);
- the section is moved: how long until the old addresses answer 301 to the new ones, each of a thousand picked at
  random, how long until all pages are printed at their new ones, and how many files say so.

Ends with 1 if a page still has the author's old name, an old address does not lead to the new one, or a page could not
be printed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx

from bench import machine, running

LISTS = 100
USUAL = 20
LONG = 3_600.0


def _until(true: Callable[[], bool], seconds: float = LONG) -> float:
    began = time.perf_counter()
    running.until(true, seconds, "the press")
    return time.perf_counter() - began


def measure(number: int) -> dict[str, Any]:
    """In this process, whose `STANDFIRST_HOME` is an empty folder."""
    from standfirst.conf import setup

    setup.boot()
    home = setup.prepare()
    from bench import archive
    from standfirst.changes.models import Change
    from standfirst.library.models import RelatedStory
    from standfirst.people import actions as people
    from standfirst.press import wiring
    from standfirst.stories import actions as stories
    from standfirst.stories.models import Address, Author, Section, Story, StoryAuthor

    dice = random.Random(1)
    [leaf] = archive.build(number, tops=1, children=1, writers=10)
    top = Section.objects.get(pk=leaf.pk).get_parent()
    front = Section.objects.get(depth=2)
    other = stories.open_section(parent=front, name="Elsewhere", slug="elsewhere")
    people.hire(username="publisher", name="Bench Publisher", roles=["Publisher"])
    hub = Story.objects.order_by("-pk")[0]
    keys = list(Story.objects.exclude(pk=hub.pk).order_by("pk").values_list("pk", flat=True)[:LISTS])
    RelatedStory.objects.filter(other_id=hub.pk).delete()
    RelatedStory.objects.bulk_create(RelatedStory(story_id=key, other_id=hub.pk, score=2.0) for key in keys)
    Change.objects.all().delete()
    running.print_everything()
    by = archive.editor()
    engine = wiring.engine(output=home / "output")

    def at_rest() -> bool:
        return not Change.objects.filter(closed_at=None).exists() and not any(engine.status().backlog.values())

    def publish(name: str, client: httpx.Client, section: Section) -> float:
        """Milliseconds from the call until readers have it."""
        story = stories.create(
            section=Section.objects.get(pk=section.pk),
            by=by,
            title=name,
            standfirst="A sentence.",
            body=[("paragraph", "<p>Text.</p>")] * 8,
        )
        began = time.perf_counter()
        stories.publish(story=story, by=by)
        path = Address.objects.current().get(story=story).path
        running.until(lambda: client.get(path).status_code == 200, 120, f"{name} to be live")
        return (time.perf_counter() - began) * 1000

    report: dict[str, Any] = {"stories": number}
    wrong: list[str] = []
    with running.serving(home) as client:
        _until(at_rest)
        usual = [publish(f"Usual story {place}", client, other) for place in range(USUAL)]
        report["usual_publish_ms"] = machine.tail(usual)
        _until(at_rest)

        showing = [Address.objects.current().get(story_id=key).path for key in keys]
        named = hub.title.encode()
        if not all(named in client.get(path).content for path in showing):
            raise SystemExit("The hub is not in its lists.")
        began = time.perf_counter()
        stories.take_down(story=hub, kind="kill", reason="A rehearsal", names=False, by=by)
        left = set(showing)

        def clean() -> bool:
            left.difference_update([path for path in left if named not in client.get(path).content])
            return not left

        running.until(clean, 120, "the hub to leave its lists")
        report["hub_killed"] = {"lists": len(showing), "clean_after_s": round(time.perf_counter() - began, 2)}
        _until(at_rest)

        author = Author.objects.order_by("pk")[0]
        theirs = StoryAuthor.objects.filter(author=author).exclude(story=hub).values_list("story_id", flat=True)
        began = time.perf_counter()
        author.name = "Renamed Author"
        author.save()
        saved = time.perf_counter() - began
        meanwhile: list[float] = []
        while not at_rest():
            meanwhile.append(publish(f"Story {len(meanwhile)} meanwhile", client, other))
            time.sleep(0.5)
        took = time.perf_counter() - began
        some = dice.sample(list(theirs), min(200, len(theirs)))
        without = [key for key in some if b"Renamed Author" not in _page(client, key)]
        if without:
            wrong.append(f"{len(without)} of {len(some)} pages lack the author's new name")
        report["author_renamed"] = {
            "stories": len(theirs),
            "saved_ms": round(saved * 1000),
            "all_pages_after_s": round(took, 1),
            "pages_asked": len(some),
            "pages_without_the_name": len(without),
            "published_meanwhile": len(meanwhile),
            "publish_meanwhile_ms": machine.tail(meanwhile) if meanwhile else None,
            "times_usual": round(statistics.median(meanwhile) / statistics.median(usual), 2) if meanwhile else None,
        }

        old = {
            address.story_id: address.path
            for address in Address.objects.current().filter(section=leaf).exclude(story=hub)
        }
        began = time.perf_counter()
        Section.objects.get(pk=leaf.pk).move(Section.objects.get(pk=other.pk), pos="last-child")
        saved = time.perf_counter() - began
        picked = dice.sample(sorted(old), min(1_000, len(old)))
        first = _until(lambda: client.get(old[picked[0]]).status_code == 301)
        meanwhile = []
        while not at_rest():
            meanwhile.append(publish(f"Story {len(meanwhile)} while it moves", client, other))
            time.sleep(0.5)
        took = time.perf_counter() - began
        bad = [old[key] for key in picked if not _leads(client, old[key], key)]
        if bad:
            wrong.append(f"{len(bad)} of {len(picked)} old addresses do not lead to the new ones, e.g. {bad[0]}")
        moved = [file for file in (home / "output" / "moved").rglob("*") if file.is_file()]
        report["section_moved"] = {
            "stories": len(old),
            "saved_ms": round(saved * 1000),
            "first_301_after_s": round(saved + first, 2),
            "all_pages_after_s": round(took, 1),
            "addresses_asked": len(picked),
            "not_answered_301": len(bad),
            "files_for_moved": len(moved),
            "published_meanwhile": len(meanwhile),
            "publish_meanwhile_ms": machine.tail(meanwhile) if meanwhile else None,
            "times_usual": round(statistics.median(meanwhile) / statistics.median(usual), 2) if meanwhile else None,
        }
        report["old_top"] = client.get(f"/{top.slug}/").status_code
        if report["old_top"] != 200:
            wrong.append(f"/{top.slug}/, which stays, answers {report['old_top']}")
    if failed := engine.status().failed:
        wrong.append(f"{len(failed)} pages could not be printed, e.g. {next(iter(failed.items()))}")
    return report | {"wrong": wrong}


def _page(client: httpx.Client, key: int) -> bytes:
    from standfirst.stories.models import Address

    return client.get(Address.objects.current().get(story_id=key).path).content


def _leads(client: httpx.Client, path: str, key: int) -> bool:
    from standfirst.stories.models import Address

    answer = client.get(path)
    new = Address.objects.current().get(story_id=key).path
    return answer.status_code == 301 and answer.headers["location"].endswith(new) and client.get(new).status_code == 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    machine.end_cleanly()
    if wanted.inside:
        running.hand_in(measure(wanted.stories))
    else:
        about = machine.describe()
        running.tell(running.reported("bench.hubs"), "hubs", about)


if __name__ == "__main__":
    main()
