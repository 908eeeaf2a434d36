"""The press and the reader over one folder: what the outlet of files puts, readers get, at once and whole."""

import threading

import httpx
import pytest

from standfirst.kit import sitefiles
from standfirst.pages.output import Output
from standfirst.press.outlet import LocalOutlet
from standfirst.reader.tests.newsstand import Newsstand

STORY = "/world/2026/11/22/a-story/"
NOTICE = Output(b"<p>This story was taken down.</p>", status=410)


def version(number: int) -> Output:
    """Versions of one length, so that nothing but their content tells them apart."""
    return Output(f"<p>{number:06} boats are out.</p>".encode() * 200)


@pytest.fixture
def stand(tmp_path):
    stand = Newsstand(tmp_path)
    yield stand
    assert stand.stop() == 0


@pytest.fixture
def outlet(stand):
    return LocalOutlet(stand.output, "newsroom-one")


def test_a_kill_is_seen_by_the_very_next_reader(stand, outlet):
    for number in range(30):
        outlet.put(STORY, version(number))
        before = stand.http.get(STORY)
        assert (before.status_code, before.content) == (200, version(number).body)
        outlet.put(STORY, NOTICE)
        after = stand.http.get(STORY, headers={"if-none-match": before.headers["etag"]})
        assert (after.status_code, after.content) == (410, NOTICE.body)
    outlet.remove(STORY)
    assert stand.http.get(STORY).status_code == 404


def test_pages_redirections_and_notices_take_each_others_place(stand, outlet):
    outlet.put("/new/", version(1))
    states = (version(1), NOTICE, Output(b"", status=301, location="/new/"), version(2))
    for before in states:
        for after in states:
            outlet.put(STORY, before)
            assert stand.http.get(STORY).status_code == before.status
            outlet.put(STORY, after)
            answer = stand.http.get(STORY)
            assert (answer.status_code, answer.content) == (after.status, after.body)
            assert answer.headers.get("location", "") == after.location


def test_while_a_new_site_is_printed_its_front_is_said_to_come_and_later_never_again(stand, outlet):
    outlet.put("/404.html", Output(b"not here"))
    outlet.put(STORY, version(1))
    assert stand.http.get(STORY).status_code == 200
    for ask in (stand.http.get, stand.http.head):
        answer = ask("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert answer.headers["cache-control"] == "no-store"
    assert "being prepared" in stand.http.get("/").text
    # A cache that hears 503 may go on showing an old copy: it must not of what was taken away.
    assert stand.http.get("/sport/").status_code == 404
    outlet.put("/", version(2))
    assert stand.http.get("/").content == version(2).body
    assert outlet.is_being_prepared
    outlet.finish_preparing()
    outlet.remove("/")
    assert stand.http.get("/").status_code == 404
    assert not LocalOutlet(stand.output, "newsroom-one").is_being_prepared


def test_before_the_press_has_come_to_its_folder_the_front_is_said_to_come(stand):
    answer = stand.http.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert stand.http.get("/sport/").status_code == 404


def test_section_moves_are_followed(stand, outlet):
    outlet.put_prefixes({"/sport/": "/sports/"})
    assert stand.http.get("/sport/2026/11/22/x/").headers["location"] == "/sports/2026/11/22/x/"
    outlet.put_prefixes({})
    assert stand.http.get("/sport/2026/11/22/x/").status_code == 404


def test_cut_short_at_any_step_it_serves_one_version_and_packs_that_one(stand, outlet):
    class PowerCut(BaseException):
        pass

    steps: list[str] = []
    LocalOutlet(stand.output, "newsroom-one", step=steps.append).put(STORY, version(0))
    for cut in range(len(steps)):
        outlet.put(STORY, version(1))
        countdown = iter(range(cut, -1, -1))

        def step(name: str, countdown=countdown) -> None:
            if next(countdown) == 0:
                raise PowerCut

        with pytest.raises(PowerCut):
            LocalOutlet(stand.output, "newsroom-one", step=step).put(STORY, version(2))
        packed = stand.http.get(STORY)
        plain = stand.http.get(STORY, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        assert plain.content in (version(1).body, version(2).body)


def test_readers_get_whole_versions_in_order_while_the_press_writes(stand, outlet):
    outlet.put(STORY, version(0))
    done = threading.Event()
    faults: list[object] = []

    def read(encoding: str) -> None:
        newest = 0
        with httpx.Client(base_url=stand.url, headers={"accept-encoding": encoding}, trust_env=False) as http:
            while not done.is_set():
                answer = http.get(STORY)
                number = int(answer.text[3:9])
                if answer.status_code != 200 or answer.content != version(number).body or number < newest:
                    faults.append((answer.status_code, number, newest))
                newest = number

    readers = [threading.Thread(target=read, args=(encoding,)) for encoding in ("gzip", "identity", "gzip")]
    for reader in readers:
        reader.start()
    for number in range(1, 300):
        outlet.put(STORY, version(number))
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_every_page_in_the_folder_is_served_as_the_outlet_reads_it(stand, outlet):
    for number, path in enumerate(
        ("/", "/news/", "/news/feed.xml", "/أخبار/2026/11/22/قصة/", "/robots.txt", "/a~b/c.json")
    ):
        outlet.put(path, version(number))
    for path in outlet.list():
        answer = stand.http.get(path)
        output = outlet.read(path)
        assert output is not None
        assert (answer.status_code, answer.content) == (output.status, output.body)
        assert answer.headers["content-type"] == output.content_type == sitefiles.media_type(sitefiles.file_of(path))


def test_nobody_meets_a_gap_while_a_story_comes_back_or_goes(stand, outlet):
    outlet.put(STORY, NOTICE)
    done = threading.Event()
    met: set[int] = set()

    def read() -> None:
        with httpx.Client(base_url=stand.url, trust_env=False) as http:
            while not done.is_set():
                met.add(http.get(STORY).status_code)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    states = (version(1), NOTICE, Output(b"", status=301, location="/new/"))
    for number in range(300):
        outlet.put(STORY, states[number % 3])
    done.set()
    for reader in readers:
        reader.join()
    assert met <= {200, 301, 410}
