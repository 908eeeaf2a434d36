"""IPTC's topics: their tree, their names, and how agencies write their codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from standfirst.wire.vocabularies import mediatopics, refresh

DUMP = Path(__file__).resolve().parents[6] / "shared" / "fixtures" / "newscodes" / "superdesk-core__cptall-x-all.json"
SPORT, SOCCER, DISCIPLINE = "15000000", "20001065", "20000822"


def test_the_tree_has_seventeen_tops_and_no_circle() -> None:
    topics = mediatopics.topics()
    assert [code for code, topic in topics.items() if not topic.broader] == [f"{n:02}000000" for n in range(1, 18)]
    done: set[str] = set()

    def climb(code: str, below: tuple[str, ...]) -> None:
        assert code not in below, f"{code} is above itself: {below}"
        if code not in done:
            for each in (*topics[code].broader, *topics[code].replaced_by):
                climb(each, (*below, code))
            done.add(code)

    for code in topics:
        climb(code, ())
    for code, topic in topics.items():
        assert topic.label
        assert not topic.replaced_by or topic.retired
        assert not any(topics[each].retired for each in topic.broader) or topic.retired, "only retired ones are below"
        assert any(top in mediatopics.above(code) for top in topics if not topics[top].broader)


@pytest.mark.parametrize(
    ("scheme", "code", "number"),
    [
        ("medtop", "20001065", SOCCER),
        ("", "medtop:20001065", SOCCER),
        ("", "20001065", SOCCER),
        ("mediatopic", "20001065", SOCCER),
        ("http://cv.iptc.org/newscodes/mediatopic", "20001065", SOCCER),
        ("", "http://cv.iptc.org/newscodes/mediatopic/20001065", SOCCER),
        ("", "https://cv.iptc.org/newscodes/mediatopic/20001065/", SOCCER),
        ("subj", "15054000", "15054000"),
        ("http://tt.se/spec/subref/1.0/", "15054001", "15054001"),
        ("iptc", "1000000", "01000000"),
        ("subj", "15099001", "15099001"),
        ("", "99999999", ""),
        ("medtop", "20999999", ""),
        ("date", "12112019", ""),
        ("", "200010650", ""),
        ("", "٢٠٠٠١٠٦٥", ""),
        ("N2", "US", ""),
        ("", "", ""),
    ],
)
def test_a_number_is_read_in_whatever_scheme_it_comes(scheme: str, code: str, number: str) -> None:
    assert mediatopics.number_of(scheme, code) == number


def test_above_soccer_stands_sport_in_both_vocabularies() -> None:
    assert mediatopics.above(SOCCER) == {SOCCER, DISCIPLINE, SPORT, "15054000"}
    assert mediatopics.above("15054001") == {"15054001", "15054000", SOCCER, DISCIPLINE, SPORT}
    assert mediatopics.above(SPORT) == {SPORT}
    assert mediatopics.above("20999999") == frozenset()


def test_a_topic_that_was_moved_stands_where_it_stands_today() -> None:
    # Scuba diving was sport for the Subject Codes and is leisure for the Media Topics.
    [diving] = mediatopics.named("scuba diving")
    assert SPORT not in mediatopics.above(diving)
    assert {SPORT, "10000000"} <= mediatopics.above("15021006")


def test_a_retired_topic_is_below_what_has_replaced_it() -> None:
    assert mediatopics.topics()["20000064"].retired == "2016-04-05"
    assert "20000105" in mediatopics.above("20000064")
    assert mediatopics.asked("medtop:20000064") == ("20000064", "20000105")
    # A name that both have means the one in use.
    assert mediatopics.named("Kriegsverbrechen") == ("20000105",)


def test_names_are_known_in_any_language_case_and_accents() -> None:
    for name in ("soccer", "SOCCER", "Fußball", "fussball", "FÚTBOL", "futbol", "futebol", "قدم"):
        assert mediatopics.named(name) == (SOCCER,), name
    # An English name is that topic's alone: a French middle school is called so, too.
    assert [mediatopics.label(code) for code in mediatopics.named("college")] == ["college"]
    assert [mediatopics.label(code) for code in mediatopics.named("valores")] == ["securities", "values"]
    assert mediatopics.named("harbour") == mediatopics.named("") == mediatopics.named("!") == ()


def test_labels_come_in_the_language_or_in_english() -> None:
    assert mediatopics.label(SOCCER) == mediatopics.label("15054000") == "soccer"
    assert mediatopics.label(SOCCER, "de") == "Fußball"
    assert mediatopics.label(SOCCER, "sw") == "soccer"
    assert mediatopics.label("15054001") == mediatopics.label("99999999") == ""
    assert set(mediatopics.path(SOCCER)) == {"soccer", "competition discipline", "sport"}


def test_the_file_says_whose_it_is_and_stays_small() -> None:
    head = mediatopics.FILE.read_text(encoding="utf-8")[:800]
    for said in ("IPTC", "CC BY 4.0", "http://cv.iptc.org/newscodes/mediatopic/", "2019-04-06", "do not edit"):
        assert said in head
    assert mediatopics.FILE.stat().st_size < 250_000


def concept(code: str, **more: object) -> dict[str, object]:
    return {"qcode": f"medtop:{code}", "modified": "2026-01-02T00:00:00", "prefLabel": {"en-GB": code}, **more}


def test_the_file_is_made_of_iptcs_dump() -> None:
    iptc = "http://cv.iptc.org/newscodes"
    dump = {
        "prefSchemeAlias": "medtop",
        "uri": f"{iptc}/mediatopic/",
        "copyrightHolder": "IPTC",
        "licenceLink": "http://creativecommons.org/licenses/by/4.0/",
        "dateReleased": "2026-01-01T00:00:00",
        "conceptSet": [
            concept(
                "20000002",
                broader=[f"{iptc}/mediatopic/15000000"],
                retired="2026-01-02T00:00:00",
                note={"en-GB": "Retired. Use tea (20000001), not medtop:20000002 or 20009999"},
                exactMatch=[f"{iptc}/subjectcode/15054000", "https://www.wikidata.org/entity/Q1"],
                broadMatch=[f"{iptc}/subjectcode/15000000"],
                prefLabel={"en-GB": "old\n tea", "de": "Tee", "pt-PT": "chá", "pt-BR": "chá", "dk": "te"},
            ),
            concept("20000001", note={"en-GB": "Formerly 20000002"}),
            concept("15000000"),
        ],
    }
    lines = [line.split("\t") for line in refresh.made_of(dump).splitlines() if not line.startswith("#")]
    assert lines == [
        ["15000000", "", "", "", "", "", "15000000"],
        ["20000001", "", "", "", "", "", "20000001"],
        ["20000002", "15000000", "2026-01-02", "20000001", "15054000", "15000000", "old tea", "", "", "", "Tee", "chá"],
    ]
    with pytest.raises(ValueError, match="Media Topics"):
        refresh.made_of({**dump, "prefSchemeAlias": "subj"})
    assert refresh.main([]) == 2


def test_the_file_is_what_the_script_makes_of_the_dump_that_it_names() -> None:
    if not DUMP.is_file():
        pytest.skip(f"IPTC's dump is not here (looked in {DUMP.parent}).")
    dump = json.loads(DUMP.read_bytes())
    assert mediatopics.FILE.read_text(encoding="utf-8") == refresh.made_of(dump)
