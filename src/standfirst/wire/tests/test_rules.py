"""Rules: which items they fit, what they decide, and who may change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from standfirst.changes.models import AuditEntry
from standfirst.kit import clock
from standfirst.wire import rules
from standfirst.wire.item import Concept, Headline
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed, Rule
from standfirst.wire.rules import Book, Terms
from standfirst.wire.tests.agency import Desk

FEED = Feed(pk=7, name="cpa", title="CPA", mode="desk")


def item(**fields: Any) -> CanonicalItem:
    return CanonicalItem(**{"provider": "CPA", "item_id": "a", "language": "en-GB", "urgency": 3, **fields})


def fits(canonical: CanonicalItem, **asked: Any) -> bool:
    return Book([Terms(**asked)]).fitting(canonical, FEED) is not None


def test_a_rule_without_conditions_fits_every_item() -> None:
    assert fits(item())


@pytest.mark.parametrize(
    ("asked", "yes", "no"),
    [
        ({"urgency_from": 1, "urgency_to": 3}, {"urgency": 3}, {"urgency": 4}),
        ({"urgency_from": 1, "urgency_to": 9}, {"urgency": 9}, {"urgency": None}),
        ({"urgency_to": 2}, {"urgency": 1}, {"urgency": 3}),
        ({"languages": ("en",)}, {"language": "en-NG"}, {"language": "fr"}),
        ({"languages": ("en-gb",)}, {"language": "en-GB"}, {"language": "en-US"}),
        ({"languages": ("en",)}, {"language": "en"}, {"language": ""}),
        ({"types": ("picture",)}, {"type": "picture"}, {"type": "text"}),
        ({"providers": ("afp",)}, {"provider": "AFP"}, {"provider": "AFPX"}),
        ({"providers": ("afp",)}, {"provider": "afp.example"}, {"provider": "dpa"}),
        ({"feeds": ((7, "CPA"),)}, {}, None),
        ({"feeds": ((8, "Other"),)}, None, {}),
        ({"genres": ("analysis",)}, {"genre": ("Analysis",)}, {"genre": ("Feature",)}),
        ({"signals": ("correction",)}, {"editorial_types": ("correction",)}, {"editorial_types": ("update",)}),
        ({"signals": ("edStat:C",)}, {"signals": ("edStat:C",)}, {"signals": ("edStat:N",)}),
        ({"places": ("Lagos",)}, {"dateline": "LAGOS, Nigeria"}, {"dateline": "ABUJA"}),
        ({"places": ("NGA",)}, {"places": (Concept(code="NGA", name="Nigeria"),)}, {"places": (Concept(code="GHA"),)}),
    ],
)
def test_a_condition_fits_what_it_asks_for(asked: Any, yes: Any, no: Any) -> None:
    assert yes is None or fits(item(**yes), **asked)
    assert no is None or not fits(item(**no), **asked)


@pytest.mark.parametrize(
    ("entry", "concept", "fit"),
    [
        ("football", Concept(scheme="medtop", code="20001065", name="Association football"), True),
        ("football", Concept(name="Footballers' wives"), False),
        ("medtop:20001065", Concept(scheme="medtop", code="20001065"), True),
        ("20001065", Concept(scheme="http://cv.iptc.org/newscodes/mediatopic", code="20001065"), True),
        ("medtop:20001065", Concept(scheme="subj", code="15054000"), False),
        ("15000000", Concept(scheme="subj", code="15054000", name="soccer"), True),
        ("15000000", Concept(scheme="medtop", code="15000000"), True),
        ("15054000", Concept(scheme="subj", code="15054001"), True),
        ("15054000", Concept(scheme="subj", code="15053000"), False),
        ("15054001", Concept(scheme="subj", code="15054000"), False),
        ("N2:FOOT", Concept(scheme="N2", code="FOOT"), True),
        ("N2:FOOT", Concept(scheme="N3", code="FOOT"), False),
    ],
)
def test_a_subject_is_a_name_a_code_or_an_iptc_number_with_all_below_it(
    entry: str, concept: Concept, fit: bool
) -> None:
    assert fits(item(subjects=(concept,)), subjects=(entry,)) is fit


@pytest.mark.parametrize(
    ("wanted", "text", "fit"),
    [
        ("bridge", "The Bridge, again", True),
        ("bridge", "Bridges", False),
        ("rope bridge", "A rope  bridge.", True),
        ("rope bridge", "A bridge of rope", False),
        ("covid-19", "Covid 19 cases", True),
        ("bridge.*", "bridges", False),
        ("Muller", "Müller wins", True),
        ("الجسر", "انهار الجِسر", True),
        ("東京", "きょう東京で", True),
        ("東", "きょう東京で", True),
        ("กรุงเทพ", "ที่กรุงเทพวันนี้", True),
    ],
)
def test_words_are_whole_words_in_any_case_and_script(wanted: str, text: str, fit: bool) -> None:
    assert fits(item(headline=text), any_words=(wanted,)) is fit


def test_any_all_and_none_of_the_words_in_the_chosen_places() -> None:
    canonical = item(
        headline="Cup final moved", slugline="CUP-FINAL", body_html="<p>The final is in Lagos.</p><p>Rain fell.</p>"
    )
    assert fits(canonical, any_words=("derby", "final"))
    assert fits(canonical, all_words=("final", "Lagos"))
    assert not fits(canonical, all_words=("final", "Lagos"), look_in=("headline",))
    assert not fits(canonical, any_words=("Lagos Rain",))
    assert not fits(canonical, any_words=("final",), no_words=("rain",))
    assert fits(canonical, any_words=("final",), no_words=("rain",), look_in=("headline", "slugline"))
    assert not fits(canonical, any_words=("!!!",))
    assert not fits(canonical, all_words=("!!!",))
    assert fits(item(headlines=(Headline(text="Storm near", role="short"),)), any_words=("storm",))


def test_the_first_rule_that_fits_decides_and_says_so_else_the_feed() -> None:
    book = Book(
        [
            Terms(pk=4, subjects=("politics",), mode="hold"),
            Terms(
                pk=9, providers=("AFP",), urgency_from=1, urgency_to=3, languages=("en",), subjects=("football",),
                mode="publish", section=(5, "Sport"),
            ),
            Terms(pk=2, languages=("en",), mode="publish"),
        ]
    )  # fmt: skip
    football = item(provider="AFP", subjects=(Concept(name="football"),))
    decision = book.decide(football, FEED)
    assert (decision.mode, decision.rule, decision.section_id) == ("publish", 9, 5)
    assert decision.because == "by rule 2: AFP, urgency 1–3, English, about football → publish in Sport"
    # A rule whose section was deleted publishes nothing.
    assert book.decide(item(), FEED).mode == "desk"
    assert book.decide(item(language="fr"), FEED).because == "by the feed CPA"


def test_a_saved_rule_counts_from_the_next_item_on(desk: Desk) -> None:
    cup = item(headline="Cup final moved")
    assert rules.decide(cup, desk.waiting).mode == "desk"
    rule = Rule(any_words="cup", mode="publish", section=desk.world)
    rules.save(rule=rule, feeds=[desk.waiting], by=desk.publisher)
    decision = rules.decide(cup, desk.waiting)
    assert (decision.mode, decision.section, decision.rule) == ("publish", desk.section(), rule.pk)
    assert rules.decide(cup, desk.published).rule is None
    hold = rules.save(rule=Rule(any_words="cup", mode="hold"), feeds=[], by=desk.publisher)
    assert rules.decide(cup, desk.waiting).rule == rule.pk
    rules.move(rule=hold, way="up", by=desk.publisher)
    assert rules.decide(cup, desk.waiting).mode == "hold"
    rules.switch(rule=hold, on=False, by=desk.publisher)
    assert rules.decide(cup, desk.waiting).mode == "publish"
    rules.delete(rule=rule, by=desk.publisher)
    assert rules.decide(cup, desk.waiting).mode == "desk"
    verbs = list(AuditEntry.objects.filter(kind="rule").order_by("id").values_list("verb", flat=True))
    assert verbs == ["made", "made", "moved up", "switched off", "deleted"]


def test_rules_are_for_those_who_may_change_feeds_and_publish_where_they_say(desk: Desk) -> None:
    for stranger in (desk.reporter, desk.editor):
        with pytest.raises(PermissionDenied):
            rules.save(rule=Rule(any_words="cup", mode="hold"), feeds=[], by=stranger)
    with pytest.raises(ValidationError, match="needs a section"):
        rules.save(rule=Rule(any_words="cup", mode="publish"), feeds=[], by=desk.publisher)
    with pytest.raises(ValidationError, match="above the first"):
        rules.save(rule=Rule(urgency_from=4, urgency_to=2), feeds=[], by=desk.publisher)
    assert not Rule.objects.exists()


def test_rules_say_how_many_items_they_fitted(desk: Desk) -> None:
    rule = rules.save(rule=Rule(any_words="bridge", mode="desk"), feeds=[], by=desk.publisher)
    assert rules.fitted_since(clock.now()) == {}
    assert rules.said(rules.terms_of(rule)) == "with “bridge” → desk"
