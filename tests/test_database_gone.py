"""Promise 5: with the database gone, every published page is still served, and none is removed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.running import Serving, until
from tests.test_serve import MACHINE, publish

SENTENCE = "database is gone"


def files_of(home: Path) -> dict[str, int]:
    """What readers can get, by file name, with the size of each. The worker may add small twins as it has time."""
    output = home / "output"
    return {
        file.relative_to(output).as_posix(): file.stat().st_size
        for file in output.rglob("*")
        if file.is_file() and not file.name.endswith((".part", ".br"))
    }


def take_away(home: Path) -> dict[Path, Path]:
    """Rename the newsroom's database and what belongs to it. Returns where each file went."""
    moved = {}
    for file in sorted(home.glob("newsroom.sqlite3*")):
        aside = file.with_name(f"aside-{file.name}")
        file.rename(aside)
        moved[file] = aside
    return moved


def count_stories() -> int:
    from standfirst.stories.models import Story

    return Story.objects.count()


def test_readers_do_not_notice_that_the_database_is_gone_and_the_desk_is_told(
    served: Serving, record_property: Any
) -> None:
    served.at_rest()
    stories = served.inside(count_stories)
    addresses = served.addresses()
    assert len(addresses) > 150
    with served.signed_in("adaeze") as editor:
        assert editor.get("/newsroom/desk/").status_code == 200
        before = files_of(served.home)
        moved = take_away(served.home)
        try:
            gone = time.monotonic()
            told = until(
                lambda: (answer := editor.get("/newsroom/")).status_code == 503 and answer, waiting_for="the sentence"
            )
            took = time.monotonic() - gone
            record_property("database_gone_seconds", took)
            print(f"the newsroom says that its database is gone after {took:.2f} s")
            assert took < 2 + MACHINE
            assert SENTENCE in told.text
            assert "Published pages are still served" in told.text
            for address in ("/newsroom/desk/", "/newsroom/wire/", "/newsroom/login/", "/newsroom/desk/worker.json"):
                answer = editor.get(address)
                assert (answer.status_code, SENTENCE in answer.text) == (503, True), address

            served_now = {address: served.http.get(address).status_code for address in addresses}
            assert served_now == addresses
            # The worker goes on beating, says what it waits for, and touches nothing.
            until(lambda: SENTENCE in worker_says(served.home), waiting_for="the worker to say so")
            assert files_of(served.home) == before
            assert not (served.home / "newsroom.sqlite3").exists(), "an empty database was put in its place"

            for words in (("press", "run", "--all"), ("press", "proof", "--mend")):
                refused = served.command(*words)
                assert refused.returncode == 1, words
                assert SENTENCE in refused.stderr
                assert "Traceback" not in refused.stderr
            assert files_of(served.home) == before
        finally:
            for file, aside in moved.items():
                aside.rename(file)
        until(lambda: editor.get("/newsroom/desk/").status_code == 200, waiting_for="the desk")
    assert served.inside(count_stories) == stories
    address, _ = served.inside(publish, "Back from the backup")
    until(lambda: served.http.get(address).status_code == 200, waiting_for="what is published now")
    served.at_rest()
    proof = served.report("press", "proof")
    assert proof["ok"], {name: found for name, found in proof.items() if found}
    assert before.keys() <= files_of(served.home).keys()


def worker_says(home: Path) -> str:
    return (home / "run" / "worker.json").read_text()


def test_it_does_not_open_an_empty_newsroom_in_the_place_of_a_lost_one(not_yet_served: Serving) -> None:
    served = not_yet_served
    before = files_of(served.home)
    moved = take_away(served.home)
    try:
        for words in (("serve",), ("demo",)):
            refused = served.command(*words, settings={"PORT": str(served.port)})
            assert refused.returncode == 1
            assert SENTENCE in refused.stderr
            assert len(refused.stderr.splitlines()) == 1, refused.stderr
        assert not (served.home / "newsroom.sqlite3").exists()
        assert files_of(served.home) == before
    finally:
        for file, aside in moved.items():
            aside.rename(file)
    served.start()
    served.ready()
    assert served.http.get("/").status_code == 200
