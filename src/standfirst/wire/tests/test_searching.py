"""The wire's full text index, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from standfirst.kit.errors import Problem
from standfirst.wire import searching
from standfirst.wire.item import Concept
from standfirst.wire.models import Facet, Found, Item
from standfirst.wire.tests.agency import Desk, g2
from standfirst.wire.tests.test_merging import SECOND, THIRD, revision


def found(text: str, **filters) -> list[str]:
    keys = [item for item, _version in searching.find(searching.matching(text, **filters), limit=50)]
    items = Item.objects.in_bulk(keys)
    return [items[key].item_id.rpartition(":")[2] for key in keys]


def test_words_are_found_in_headline_slugline_and_body(desk: Desk):
    desk.wait(g2("bridge", headline="Bridge at Tarrava gives way"))
    desk.wait(g2("cafe", headline="Café owner’s “déjà vu”", body="<p>Stra<b>ss</b>e, l’eau &amp; 東京タワー.</p>"))
    assert found("bridge tarrava") == ["bridge"]
    assert found("nobody") == ["bridge"]  # in the body
    assert found("BRIDGE") == ["cafe", "bridge"]  # the slugline of both
    assert found("cafe deja") == ["cafe"]
    assert found("strasse") == ["cafe"]  # markup inside a word parts nothing
    assert found("l'eau") == ["cafe"]
    assert found("東京") == ["cafe"]
    assert found("urn:newsml:cpa.example:cafe") == ["cafe"]
    assert found("tarrava bridge xylophone") == []


def test_phrases_beginnings_and_words_to_leave_out(desk: Desk):
    desk.wait(g2("one", headline="River of stone", body="<p>Nothing else.</p>"))
    desk.wait(g2("two", headline="Stone river", body="<p>Nothing else.</p>"))
    assert found('"river of stone"') == ["one"]
    assert found('"stone river') == ["two"]  # the closing mark is still being typed
    assert found("riv") == ["two", "one"]
    assert found("riv stone") == []  # only the last word is still being typed
    assert found("riv* stone") == ["two", "one"]
    assert found("stone -of") == ["two"]
    assert found("-of") == ["two"]


def test_nothing_that_people_type_breaks_the_search(desk: Desk):
    desk.wait(g2())
    for text in ('"', "'", "a*b\\c", '""" OR NOT (', "NEAR(a b)", "%s;--", "words:river", "-", "*", "\x00"):
        found(text)
        found(f"{text} bridge")


def test_filters_are_part_of_the_index(desk: Desk):
    subject = '<subject type="cpnat:abstract" qcode="medtop:04000000"><name>Economy</name></subject>'
    place = '<subject type="cpnat:geoArea" qcode="x:1"><name>Tarrava</name></subject>'
    desk.wait(g2("money", extra=subject + place))
    desk.publish(g2("other"))
    assert found("", feeds=[desk.waiting.pk]) == ["money"]
    assert found("", types=["picture"]) == []
    assert set(found("", urgencies=[3, 4])) == {"money", "other"}
    assert found("", languages=["en"], feeds=[desk.published.pk]) == ["other"]
    assert found("", subjects=searching.tokens("subject", "economy")) == ["money"]
    assert found("", subjects=searching.tokens("subject", "econ")) == ["money"]
    assert found("", subjects=searching.tokens("subject", "nothing of the kind")) == []
    assert found("", places=searching.tokens("place", "TARRAVA")) == ["money"]
    assert [facet.label for facet in searching.facets("subject", "eco")] == ["Economy", "economy, business and finance"]


def test_the_newest_version_is_what_is_found(desk: Desk):
    desk.wait(g2("bridge", headline="Bridge gives way"))
    desk.wait(g2("later"))
    desk.wait(g2("bridge", version=2, headline="Viaduct falls", body="<p>All new.</p>"))
    assert found("viaduct") == ["bridge"]
    assert found("way sennet") == ["later"]
    assert found("") == ["bridge", "later"]  # newest first
    desk.wait(g2("bridge", version=3, status="stat:canceled", headline="", body=""))
    assert found("viaduct new") == ["bridge"]  # a kill without words is found by those before it
    assert Found.objects.count() == 2


def test_pages_follow_one_another_by_the_last_key(desk: Desk):
    for number in range(7):
        desk.wait(g2(f"n{number}"))
    terms = searching.matching("bridge")
    first = searching.find(terms, limit=4)
    second = searching.find(terms, limit=4, before=first[-1][1])
    assert len(first) == 4 and len(second) == 3
    assert not {item for item, _ in first} & {item for item, _ in second}
    assert len(searching.find(terms, limit=9, after=first[-1][1])) == 3
    assert searching.find(terms, limit=9, place="spiked") == []


def topic(code: str, name: str = "") -> str:
    return f'<subject type="cpnat:abstract" qcode="{code}">{f"<name>{name}</name>" if name else ""}</subject>'


def test_whoever_filters_by_a_subject_gets_what_is_below_it(desk: Desk):
    desk.wait(g2("match", extra=topic("medtop:20001065")))
    desk.wait(g2("spiel", extra=topic("medtop:20001065", "Fußball")))
    desk.wait(g2("older", extra=topic("subj:15054001")))
    desk.wait(g2("race", extra=topic("medtop:20000892", "cycling")))
    desk.wait(g2("vote", extra=topic("medtop:11000000", "Politics")))
    for text in ("sport", "Sport", "deporte", "15000000", "medtop:15000000"):
        assert set(found("", subjects=searching.tokens("subject", text))) == {"match", "spiel", "older", "race"}, text
    for text in ("soccer", "football", "fussball", "20001065", "subj:15054000"):
        assert set(found("", subjects=searching.tokens("subject", text))) == {"match", "spiel", "older"}, text
    assert found("", subjects=searching.tokens("subject", "cycling")) == ["race"]
    assert found("", subjects=searching.tokens("subject", "boxing")) == []
    assert found("", subjects=searching.tokens("subject", "medtop:20999999")) == []


def test_an_item_with_only_a_code_shows_the_name_of_its_topic():
    def label(kind: str, **fields: str) -> str:
        return searching.label(kind, Concept(**fields))

    assert label("subject", scheme="medtop", code="20001065") == "soccer"
    assert label("subject", scheme="subj", code="15054000") == "soccer"
    assert label("subject", scheme="http://cv.iptc.org/newscodes/mediatopic/", code="15000000") == "sport"
    assert label("subject", scheme="medtop", code="20001065", name="Fußball") == "Fußball"
    assert label("subject", scheme="medtop", code="20999999") == "20999999"
    assert label("place", scheme="x", code="20001065") == "20001065"


def test_the_index_is_made_anew_from_what_is_stored(desk: Desk):
    desk.wait(g2())
    desk.wait(g2("match", extra=topic("medtop:20001065")))
    Facet.objects.all().delete()
    Found.objects.get(item__item_id__endswith="bridge").delete()
    assert searching.rebuild(at_once=1) == 2
    assert found("tarrava") == ["match", "bridge"]
    desk.wait(g2("later"))
    assert found("tarrava") == ["later", "match", "bridge"]


def test_the_old_index_is_searched_until_the_new_one_is_whole(desk: Desk):
    for number in range(3):
        desk.wait(g2(f"n{number}"))

    def told(held: int) -> None:
        assert len(found("tarrava")) == 2 + held
        desk.wait(g2(f"during{held}"))
        if held == 2:
            desk.wait(g2("n0", version=2, headline="Ferry sinks"))

    def once(held: int) -> None:
        if held < 3:
            told(held)

    assert searching.rebuild(at_once=1, told=once) == 5
    assert found("tarrava")[:1] == ["n0"] and len(found("tarrava")) == 5
    assert found("ferry") == ["n0"]


def test_nothing_that_comes_in_while_the_index_is_made_anew_is_missed(lasting_desk: Desk):
    for number in range(6):
        lasting_desk.wait(g2(f"n{number}"))
    begun = threading.Event()

    def go_on() -> None:
        try:
            for number in range(6, 30):
                lasting_desk.wait(g2(f"n{number}"))
                begun.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        work = other.submit(go_on)
        assert begun.wait(20)
        while not work.done():
            searching.rebuild(at_once=3)
        work.result()
    assert sorted(found("tarrava")) == sorted(f"n{number}" for number in range(30))
    assert len(found("")) == 30


def test_an_index_that_was_broken_off_leaves_the_old_one(desk: Desk):
    desk.wait(g2())

    def stop(held: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searching.rebuild(at_once=1, told=stop)
    assert found("tarrava") == ["bridge"]
    assert searching.rebuild() == 1


def test_the_index_is_not_written_anew_by_two_at_once(lasting_desk: Desk):
    for number in range(3):
        lasting_desk.wait(g2(f"n{number}"))

    def also() -> str:
        try:
            searching.rebuild()
        except Problem as problem:
            return str(problem)
        finally:
            connection.close()
        return ""

    said: list[str] = []
    with ThreadPoolExecutor(1) as other:
        assert searching.rebuild(at_once=1, told=lambda held: said.append(other.submit(also).result())) == 3
    assert said and all("already: wait until that is done" in each for each in said)
    assert found("tarrava") == ["n2", "n1", "n0"]
    assert searching.rebuild() == 3


@pytest.mark.parametrize("first", [[revision(1), THIRD], [THIRD, SECOND]])
def test_a_change_that_is_completed_while_the_index_is_made_anew_is_found(desk: Desk, first: list[bytes]):
    for data in first:
        desk.wait(data)
    for number in range(3):
        desk.wait(g2(f"n{number}"))

    def complete(held: int) -> None:
        if held == 4:
            desk.wait(SECOND if SECOND not in first else revision(1))

    assert searching.rebuild(at_once=1, told=complete) == 4
    assert len(found("closed three")) == 1
    assert len(found("")) == 4
