"""Small twins are made while nobody waits, hot pages first, a slice at a time."""

import os

import pytest

from standfirst.kit import sitefiles
from standfirst.pages.output import Output
from standfirst.press import squeezing
from standfirst.press.outlet import LocalOutlet
from standfirst.press.squeezing import Squeezer
from tests.newsroom import Newsroom
from tests.running import until

BODY = b"<p>Seven boats are out.</p>" * 50


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def outlet(tmp_path):
    outlet = LocalOutlet(tmp_path / "output", "one")
    for number in range(8):
        stood(outlet, f"/{number}/")
    return outlet


def stood(outlet, path, seconds=60):
    outlet.put(path, Output(BODY + path.encode()))
    file = outlet.root / sitefiles.file_of(path)
    then = file.stat().st_mtime_ns - seconds * 1_000_000_000
    os.utime(file, ns=(then, then))


def small(outlet):
    return {"/" + file.parent.name + "/" for file in outlet.root.rglob("*.br")}


def test_hot_pages_come_first_and_whoever_waits_comes_before_them(outlet):
    squeezer = Squeezer(outlet, lambda: ["/5/", "/nowhere/", "/3/"], clock=Clock())
    assert squeezer.look(lambda: True) == 1
    assert small(outlet) == {"/5/"}
    assert squeezer.look(lambda: True) == 1
    assert small(outlet) == {"/5/", "/3/"}
    # Then all the others, each once, from where the last look stopped.
    for number in range(6):
        assert squeezer.look(lambda: True) == 1
        assert len(small(outlet)) == 3 + number
    assert squeezer.look(lambda: True) == 0


def test_a_look_ends_with_its_slice(outlet, monkeypatch):
    clock = Clock()
    squeeze = outlet.squeeze

    def slow(path):
        clock.now += squeezing.SLICE * 0.6
        return squeeze(path)

    monkeypatch.setattr(outlet, "squeeze", slow)
    squeezer = Squeezer(outlet, list, clock=clock)
    assert squeezer.look(lambda: False) == 2
    assert squeezer.look(lambda: False) == 2
    assert len(small(outlet)) == 4


def test_pages_that_change_get_new_ones_in_time(outlet):
    clock = Clock()
    squeezer = Squeezer(outlet, lambda: ["/5/"], clock=clock)
    assert squeezer.look(lambda: False) == 8
    stood(outlet, "/5/")
    stood(outlet, "/6/")
    assert small(outlet) == {f"/{number}/" for number in range(8) if number not in (5, 6)}
    assert squeezer.look(lambda: False) == 0
    clock.now += squeezing.HOT_SECONDS
    assert squeezer.look(lambda: False) == 1
    assert "/5/" in small(outlet)
    clock.now += squeezing.REST_SECONDS
    assert squeezer.look(lambda: False) == 1
    assert len(small(outlet)) == 8


@pytest.mark.one_database("What is packed stands in files, and nothing of it in rows.")
@pytest.mark.django_db(databases=["default", "press"])
def test_the_worker_packs_when_it_has_nothing_else_to_do(db, tmp_path, settings, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path / "private")
    newsroom = Newsroom(tmp_path)
    story = newsroom.story("Bridge closed after flood")
    newsroom.at_rest()
    pages = newsroom.home / "output/pages"
    for file in pages.rglob("*.html"):
        os.utime(file, (0, 0))

    def all_packed() -> bool:
        newsroom.worker.steady_round()
        return len(list(pages.rglob("*.html"))) == len(list(pages.rglob("*.html.br"))) > 0

    until(all_packed)
    newsroom.prove()

    newsroom.edit(story, title="Bridge opens again")
    newsroom.worker.steady_round()
    for small in pages.rglob("*.br"):
        assert sitefiles.small_agrees(small.read_bytes(), small.with_suffix("").read_bytes())
    assert not (pages / "index.html.br").exists(), "the front has just changed, and may again"

    # Fronts do not wait for the walk through all pages.
    monkeypatch.setattr(squeezing, "HOT_SECONDS", 0.0)
    for file in pages.rglob("*.html"):
        os.utime(file, (0, 0))

    def fronts_packed() -> bool:
        newsroom.worker.steady_round()
        return (pages / "index.html.br").exists() and (pages / "news/index.html.br").exists()

    until(fronts_packed)
