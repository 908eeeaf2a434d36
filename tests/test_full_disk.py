"""A newsroom whose only disk is full: databases, output, received files and signs of life are all on it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import disks
from tests.running import Folder, Serving, parsed, until
from tests.test_serve import publish


def story_of(headline: str) -> int:
    from standfirst.stories.models import Story

    return int(Story.objects.get(title=headline).pk)


def use_up_the_log() -> None:
    """SQLite's log has room of its own, which is used again once it was written back: until that has gone, something
    can be saved on a full disk."""
    from django.db import OperationalError

    from standfirst.changes.actions import Machine, audit

    for words in (10_000, 500, 1):
        with pytest.raises(OperationalError, match="full"):
            for _ in range(2_000):
                audit(by=Machine("ballast"), verb="fill", kind="disk", ref="log", words="ballast " * words)


def test_on_a_full_disk_pages_are_served_a_story_can_be_killed_and_room_is_all_it_needs(
    demonstration: Folder, tmp_path: Path, django_db_blocker: Any
) -> None:
    place = tmp_path / "disk"
    with disks.small(place, "160m"):
        home = place / "newsroom"
        shutil.copytree(demonstration.home, home, ignore=shutil.ignore_patterns("bell"))
        newsroom = Serving(home, django_db_blocker)
        try:
            newsroom.ready()
            address, _ = newsroom.inside(publish, "The pier is closed")
            until(lambda: newsroom.http.get(address).status_code == 200, waiting_for="the story")
            newsroom.at_rest()
            until((home / "run" / "reserve").exists, waiting_for="the reserve")
            story = newsroom.inside(story_of, "The pier is closed")
            with newsroom.signed_in("adaeze") as editor:
                ballast = disks.fill(place)
                # Screens go on showing what there is, and say what is wrong; what cannot be saved is refused in words.
                says = until(lambda: editor.get("/newsroom/desk/worker.json").json()["says"], waiting_for="the word")
                assert "disk with the newsroom’s folder is full: make room there" in says
                assert "make room there" in editor.get("/newsroom/desk/").text
                newsroom.inside(use_up_the_log)
                edit = f"/newsroom/pages/{story}/edit/"  # Wagtail notes who has it open
                until(lambda: editor.get(edit).status_code == 503, waiting_for="a refusal")
                refused = editor.get(edit)
                assert "was not saved" in refused.text
                assert "Make room there" in refused.text
                assert newsroom.http.get(address).status_code == 200
                answer = send(editor, f"/newsroom/desk/stories/{story}/kill/", reason="It is open.", wording="Wrong.")
                assert answer.status_code == 302, answer.text
                until(lambda: newsroom.http.get(address).status_code == 410, waiting_for="the notice")
                until(lambda: "The pier is closed" not in newsroom.http.get("/news/").text, waiting_for="its front")
                ballast.unlink()
                address, _ = newsroom.inside(publish, "There is room again")
                until(lambda: newsroom.http.get(address).status_code == 200, waiting_for="what is published now")
                until(lambda: not editor.get("/newsroom/desk/worker.json").json()["says"], waiting_for="all to be well")
        finally:
            newsroom.stop()


def send(browser: Any, address: str, **fields: str) -> Any:
    """Fill a form in and send it."""
    page = parsed(browser.get(address).text)
    form = {
        field.get("name"): field.get("value") or field.text or ""
        for field in page.xpath("//form[@method='post' or @method='POST']//*[self::input or self::textarea][@name]")
        if field.get("type") not in {"submit", "checkbox", "radio", "file"}
    }
    url = str(browser.base_url).rstrip("/")
    return browser.post(address, data={**form, **fields}, headers={"referer": f"{url}{address}"})
