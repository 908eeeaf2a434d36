"""Reads are counted by story, written now and then, and nothing is kept of who read."""

import json
import signal

import pytest

from standfirst.reader.tally import Tally, is_machine
from standfirst.reader.tests.newsstand import BROWSER, Newsstand, age, until

STORY = "/world/africa/2026/11/22/a-story/"
OTHER = "/2026/11/22/أخبار/"


@pytest.fixture
def stand(tmp_path):
    stand = Newsstand(tmp_path / "home", "--flush-seconds", "3600")
    stand.write(STORY, "a story")
    yield stand
    stand.stop()


def counted(home):
    """Everything in the files of counts, added up."""
    total: dict[str, int] = {}
    for file in sorted((home / "reads").glob("*.json")):
        for path, number in json.loads(file.read_text())["paths"].items():
            total[path] = total.get(path, 0) + number
    return total


def test_it_counts_readers_of_stories_and_nobody_else(stand):
    stand.write(OTHER, "news")
    for path in ("/", "/world/", "/2026/11/22/", "/news/feed.xml", "/pictures/2026/11/22/x.jpg"):
        stand.write(path, "no story")
    stand.write("/world/2026/11/22/gone/", "taken down", 410)
    stand.write("/world/2026/11/22/moved/", STORY, 301)

    for _ in range(3):
        stand.http.get(STORY)
    age(stand.output / ("pages" + STORY + "index.html"))
    answer = stand.http.get(STORY)
    assert stand.http.get(STORY, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    stand.http.get(OTHER + "?utm_source=mail")
    stand.http.get(STORY, headers={"sec-fetch-dest": "document"})
    # Nobody reads here.
    stand.http.head(STORY)
    stand.http.post(STORY)
    for path in ("/", "/world/", "/2026/11/22/", "/news/feed.xml", "/pictures/2026/11/22/x.jpg", "/none/2026/11/22/x/"):
        stand.http.get(path)
    for path in ("/world/2026/11/22/gone/", "/world/2026/11/22/moved/", STORY.rstrip("/")):
        stand.http.get(path)
    for headers in (
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"sec-fetch-dest": "iframe"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "curl/8.0"},
        {"user-agent": ""},
    ):
        assert stand.http.get(STORY, headers=headers).status_code == 200
    assert not (stand.home / "reads").exists()

    assert stand.stop() == 0
    (file,) = (stand.home / "reads").iterdir()
    record = json.loads(file.read_text())
    assert record["paths"] == {STORY: 6, OTHER: 1}
    assert record["seconds"] >= 1
    assert record["at"].endswith("Z")
    assert file.name.endswith(f"-{stand.process.pid}.json")
    assert "127.0.0.1" not in file.read_text()


def test_counts_are_written_while_it_runs_each_read_once(tmp_path):
    stand = Newsstand(tmp_path / "home", "--flush-seconds", "0.1")
    try:
        stand.write(STORY, "a story")
        for number in range(1, 6):
            stand.http.get(STORY)
            assert until(lambda number=number: counted(stand.home).get(STORY) == number)
        assert len(list((stand.home / "reads").iterdir())) == 5
    finally:
        assert stand.stop(signal.SIGINT) == 0
    assert counted(stand.home) == {STORY: 5}


def test_where_counts_cannot_be_written_they_are_kept(tmp_path):
    folder = tmp_path / "reads"
    folder.write_text("in the way")
    tally = Tally(folder)
    tally.count(STORY)
    assert tally.flush() is None
    folder.unlink()
    tally.count(STORY)
    written = tally.flush()
    assert written is not None
    assert json.loads(written.read_text())["paths"] == {STORY: 2}
    assert tally.flush() is None


def test_the_number_of_stories_counted_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("standfirst.reader.tally.MAX_PATHS", 3)
    tally = Tally(tmp_path)
    for number in range(10):
        tally.count(f"/{number}/")
        tally.count("/0/")
    written = tally.flush()
    assert written is not None
    assert json.loads(written.read_text())["paths"] == {"/0/": 11, "/1/": 1, "/2/": 1}


def test_machines_that_say_so_are_known_and_phones_are_readers():
    for reader in (
        BROWSER,
        "Mozilla/5.0 (Linux; Android 13; TECNO BG6) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
        "Opera/9.80 (Android; Opera Mini/36.2/191.256; U; en) Presto/2.12.423 Version/12.16",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/520]",
        "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
        "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36",
        "Lynx/2.9.0 libwww-FM/2.14",
    ):
        assert not is_machine(reader), reader
    for machine in (
        None,
        "",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Twitterbot/1.0",
        "facebookexternalhit/1.1",
        "WhatsApp/2.24",
        "python-requests/2.32",
        "Mozilla/5.0 HeadlessChrome/140.0",
        "Feedly/1.0",
        "Mozilla/5.0 (compatible; YandexBot/3.0)",
        "GPTBot/1.1",
        "Slackbot-LinkExpanding 1.0",
        "UptimeRobot/2.0",
    ):
        assert is_machine(machine), machine
