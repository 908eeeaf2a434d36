"""`standfirst serve` as an operator meets it: what it starts, says and survives, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import running
from tests.running import Serving, until


def password_in(said: str) -> str:
    found = re.search(r"admin, with the password (\S+)", said)
    assert found, said
    return found[1]


def publish(headline: str, after: float | None = None) -> tuple[str, float]:
    """A story in News, now or `after` seconds from now: its address and its time. For `Folder.inside`."""
    from standfirst.kit import clock
    from standfirst.stories import actions as stories
    from standfirst.stories.models import Section, SiteFacts

    due = clock.now() + timedelta(seconds=after or 0)
    section = Section.objects.get(slug="news", depth=3)
    body = [("paragraph", f"<p>{headline}.</p>")]
    scheduled = due if after is not None else None
    story = stories.create(section=section, title=headline, body=body, go_live_at=scheduled)
    stories.publish(story=story)
    day = clock.day_of(due, SiteFacts.current().zone)
    return f"/news/{day:%Y/%m/%d}/{headline.lower().replace(' ', '-')}/", due.timestamp()


def test_a_newsroom_opens_in_an_empty_folder_runs_again_and_leaves_nothing_behind(
    tmp_path: Path, django_db_blocker: Any
) -> None:
    """From nothing to an address and a password; Ctrl-C; a second run with all that was done; a sudden death."""
    home = tmp_path / "our newsroom"
    began = time.monotonic()
    newsroom = Serving(home, django_db_blocker)
    try:
        newsroom.ready()
        print(f"from an empty folder to its addresses: {time.monotonic() - began:.1f} s")
        said = newsroom.said()
        assert f"The site:      {newsroom.url}/" in said
        assert f"The newsroom:  {newsroom.url}/newsroom/" in said
        password = password_in(said)
        assert newsroom.http.get("/").status_code == 200
        assert newsroom.http.get("/newsroom/").status_code == 302
        with newsroom.signed_in("admin", password) as admin:
            assert "New story" in admin.get("/newsroom/desk/").text
        assert set(newsroom.children()) == {"reader", "newsroom", "worker", "wire"}
        assert oct((home / "newsroom.sqlite3").stat().st_mode & 0o777) == "0o600"
        address, _ = newsroom.inside(publish, "The ferry is back")
        until(lambda: newsroom.http.get(address).status_code == 200, waiting_for="the first story")
        until(lambda: not (home / "output" / ".preparing").exists(), waiting_for="everything to be printed once")

        second = newsroom.command("serve", settings={"PORT": str(running.free_port())})
        assert second.returncode == 1
        assert "is being served already" in second.stderr
        assert "Traceback" not in second.stderr

        assert newsroom.interrupt() == 0
        assert newsroom.alive() == []

        began = time.monotonic()
        newsroom.move_to_another_port()
        newsroom.start()
        newsroom.ready()
        print(f"a second start: {time.monotonic() - began:.1f} s")
        assert password_in(newsroom.said()) == password
        assert newsroom.http.get(address).status_code == 200
        # Pages name the address at which they are read; a command beside it, without its PORT, agrees.
        until(lambda: f"{newsroom.url}{address}" in newsroom.http.get(address).text, waiting_for="the new port")
        newsroom.at_rest()
        proof = newsroom.report("press", "proof")
        assert proof["ok"], {name: found for name, found in proof.items() if found}

        newsroom.process.kill()
        newsroom.process.wait()
        until(lambda: newsroom.alive() == [], waiting_for="the guard to end what the supervisor left")
    finally:
        newsroom.stop()


@pytest.mark.parametrize("name", ["reader", "newsroom", "worker", "wire"])
def test_what_dies_is_started_again_and_the_others_go_on(served: Serving, name: str) -> None:
    bystanders = {"reader", "newsroom", "worker", "wire"} - {name}
    before = {each: served.pid(each) for each in ("reader", "newsroom", "worker", "wire")}
    os.kill(before[name], signal.SIGKILL)
    if name != "reader":
        assert served.http.get("/").status_code == 200
        assert served.http.get("/newsroom/desk/").status_code in {302, 503}
    until(lambda: served.children()[name]["pid"] not in {None, before[name]}, waiting_for=f"a new {name}")
    until(lambda: served.children()[name]["state"] == "running", waiting_for=f"the new {name}")
    assert {each: served.pid(each) for each in bystanders} == {each: before[each] for each in bystanders}
    assert served.http.get("/newsroom/").status_code == 302
    address, _ = served.inside(publish, f"Work goes on without the {name}")
    until(lambda: served.http.get(address).status_code == 200, waiting_for="a story after the death")


def reading_for(pid: int) -> list[int]:
    """The processes that read what the wire's process `pid` fetches."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_the_wire_reads_in_a_process_of_its_own_and_neither_lives_without_the_other(served: Serving) -> None:
    wire = served.pid("wire")
    [reading] = until(lambda: reading_for(wire), waiting_for="the process that reads")
    os.kill(reading, signal.SIGKILL)
    until(lambda: served.children()["wire"]["pid"] not in {None, wire}, waiting_for="a new wire")
    wire = served.pid("wire")
    [reading] = until(lambda: reading_for(wire), waiting_for="the new process that reads")
    os.kill(wire, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{reading}").exists(), waiting_for="the end of what reads for nobody")
    until(lambda: served.children()["wire"]["pid"] not in {None, wire}, waiting_for="one more wire")
    until(lambda: served.children()["wire"]["state"] == "running", waiting_for="the wire that the next test meets")


def mail_the_publishers(subject: str) -> None:
    from standfirst.stories import alerts
    from standfirst.stories.models import SiteFacts

    SiteFacts.objects.update(alerts_to="lawyer@example.org")
    alerts.mail_publishers(subject, "x")


@pytest.mark.parametrize("name", ["worker", "wire"])
def test_the_publishers_are_mailed_though_one_process_hangs(served: Serving, name: str) -> None:
    hanging = served.pid(name)
    os.kill(hanging, signal.SIGSTOP)
    try:
        served.inside(mail_the_publishers, f"Killed while the {name} hung")
        until(
            lambda: any(f"while the {name} hung" in file.read_text("utf-8") for file in served.home.glob("mail/*.log")),
            waiting_for="the mail",
        )
    finally:
        os.kill(hanging, signal.SIGCONT)


def test_a_scheduled_story_goes_live_at_its_time(served: Serving, record_property: Any) -> None:
    """Within two seconds, on its own page and on its front."""
    address, due = served.inside(publish, "The tide turns at noon", 3.0)
    assert served.http.get(address).status_code == 404
    until(lambda: served.http.get(address).status_code == 200, waiting_for="the scheduled story")
    page = time.time() - due
    until(lambda: "The tide turns at noon" in served.http.get("/news/").text, waiting_for="its front")
    front = time.time() - due
    record_property("scheduled_page_seconds", page)
    record_property("scheduled_front_seconds", front)
    print(f"scheduled publishing: its page after {page:.2f} s, its front after {front:.2f} s")
    assert page >= 0, "it went live before its time"
    assert page < 2 + MACHINE


MACHINE = 8.0
"""Seconds by which a machine that runs other things may be late."""


def test_the_desk_says_so_when_the_worker_does_not_answer(served: Serving) -> None:
    from standfirst.desk import heartbeat

    worker = served.pid("worker")
    with served.signed_in("adaeze") as editor:
        assert editor.get("/newsroom/desk/worker.json").json() == {"stale": False, "says": ""}
        os.kill(worker, signal.SIGSTOP)
        try:
            until(lambda: editor.get("/newsroom/desk/worker.json").json()["stale"], waiting_for="the heartbeat to age")
            page = editor.get("/newsroom/desk/").text
            assert "The worker has not been seen since" in page
            # It is there and does nothing: to start it would be no remedy.
            assert f"It runs (process {worker}, " in page
            assert "gets no answer from the disk or the database" in page
            assert heartbeat.REMEDY not in page
            assert "The worker has not been seen since" in served.report("press", "status")["worker"]
            address, _ = served.inside(publish, "Written while the press stood still")
            assert served.http.get(address).status_code == 404
            assert served.http.get("/").status_code == 200
        finally:
            os.kill(worker, signal.SIGCONT)
        until(lambda: served.http.get(address).status_code == 200, waiting_for="what was written meanwhile")
        until(lambda: not editor.get("/newsroom/desk/worker.json").json()["stale"], waiting_for="its heartbeat")


def seen(headline: str) -> tuple[int, str]:
    """The change that printed a story, and what the worker says that readers get of it. For `Folder.inside`."""
    from standfirst.changes.models import Change
    from standfirst.stories.models import Story

    rows = Change.objects.about("story", Story.objects.get(title=headline).pk)
    return next(((row.pk, row.seen) for row in rows if (row.report or {}).get("surfaces")), (0, ""))


def test_the_editor_is_told_by_itself_that_readers_have_the_story(served: Serving) -> None:
    served.inside(publish, "The pier is mended")
    until(lambda: served.inside(seen, "The pier is mended")[1] == "green", waiting_for="readers to see it")
    number, _ = served.inside(seen, "The pier is mended")
    with served.signed_in("adaeze") as editor:
        report = editor.get(f"/newsroom/desk/changes/{number}.json").json()
        assert report["sight"]["state"] == "green"
        assert report["sight"]["says"].startswith("Seen by readers after ")
        assert report["sight"]["says"] in editor.get(f"/newsroom/desk/changes/{number}/").text


def test_commands_answer_on_a_newsroom_that_runs(served: Serving) -> None:
    served.at_rest()
    status = served.report("press", "status")
    assert status["exit"] == 0
    assert status["pages"] > 100
    assert status["failed"] == {}
    assert set(status["backlog"]) == {"kill", "publish", "maintenance"}
    proof = served.report("press", "proof")
    assert (proof["exit"], proof["ok"]) == (0, True), proof
    check = served.report("check")
    assert (check["exit"], check["ok"]) == (0, True), check
    assert served.http.get("/").status_code == 200


def test_a_theme_is_applied_to_a_newsroom_that_runs_and_taken_away_again(served: Serving) -> None:
    def front() -> str:
        """Without what is most read, which is counted anew each minute."""
        return re.sub(r'<section class="top".*?</section>', "", served.http.get("/").text, flags=re.DOTALL)

    served.at_rest()
    before = front()
    theme = served.home / "theme"
    theme.mkdir()
    (theme / "footer.html").write_text("<footer>Ours, since {{ strapline }}</footer>")
    (theme / "tokens.css").write_text(":root { --paper: #fedcba; }")
    (theme / "own.css").write_text(".left { open")
    applied = served.report("theme", "apply")
    assert applied["exit"] == 1, "one file is wrong, and the rest is used"
    assert [found["file"] for found in applied["mistakes"]] == ["own.css"]
    assert applied["pages_tried"] > 10
    until(lambda: "<footer>Ours, since" in served.http.get("/").text, waiting_for="a front with the theme")
    until(lambda: "own.css" in served.report("check")["findings"][0]["says"], waiting_for="the mistake to be named")
    assert (served.report("press", "proof"))["ok"]
    for path in theme.iterdir():
        path.unlink()
    theme.rmdir()
    assert served.report("theme", "apply")["exit"] == 0
    until(lambda: front() == before, waiting_for="the front as it was")
    served.at_rest()
    assert served.report("check")["ok"]


def test_a_port_in_use_gets_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for what in ("serve", "demo"):
            ran = running.command(what, home=tmp_path / "newsroom", settings={"PORT": str(port)})
            assert ran.returncode == 1
            assert re.fullmatch(rf"standfirst: Port {port} is in use.*PORT=\d+\.\n", ran.stderr), ran.stderr
    assert not (tmp_path / "newsroom" / "newsroom.sqlite3").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("STANDFIRST_ORIGIN", "news.example"),
        ("STANDFIRST_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "postgresq://x"),
        ("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nothing"),
        ("STANDFIRST_HOME", "/dev/null/newsroom"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    for words in (["serve"], ["check", "--json"]):
        ran = running.command(*words, home=tmp_path / "newsroom", settings={name: value})
        assert ran.returncode == 1
        assert name in ran.stderr + ran.stdout
        assert "Traceback" not in ran.stderr
        assert "secret" not in ran.stderr
        if not ran.stdout:
            assert ran.stderr.startswith("standfirst: ")
            assert len(ran.stderr.splitlines()) == 1
        else:
            assert not json.loads(ran.stdout)["ok"]


def test_a_command_for_a_newsroom_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    for words in (("check",), ("wire", "take-in", "--feed", "cpa", __file__)):
        ran = running.command(*words, home=tmp_path / "newsroom")
        assert ran.returncode == 1
        assert "There is no newsroom in" in ran.stderr + ran.stdout
        assert "standfirst serve" in ran.stderr + ran.stdout
        assert "gone" not in ran.stderr + ran.stdout
    assert list(tmp_path.iterdir()) == []
