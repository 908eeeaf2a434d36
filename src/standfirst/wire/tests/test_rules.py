"""Rules: which items they fit, what they decide, and who may change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from standfirst.changes.models import AuditEntry
from standfirst.kit import clock
from standfirst.people.models import User
from standfirst.wire import rehearsing, rules
from standfirst.wire.item import Concept, Headline
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Feed, Item, Rule
from standfirst.wire.rules import Book, Terms
from standfirst.wire.tests.agency import Desk, g2

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
        ("medtop:20001065", Concept(scheme="subj", code="15054000"), True),
        ("medtop:20001065", Concept(scheme="subj", code="15054001"), True),
        ("medtop:20001065", Concept(scheme="subj", code="15053000"), False),
        ("subj:15054000", Concept(scheme="medtop", code="20001065"), True),
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


SOCCER = (
    Concept(scheme="medtop", code="20001065"),
    Concept(scheme="mediatopic", code="20001065"),
    Concept(scheme="http://cv.iptc.org/newscodes/mediatopic/", code="20001065"),
    Concept(code="http://cv.iptc.org/newscodes/mediatopic/20001065"),
    Concept(code="medtop:20001065"),
    Concept(code="20001065"),
    Concept(scheme="iptc-mediatopics", code="20001065", name="Balompié"),
    Concept(scheme="subj", code="15054000"),
    Concept(scheme="http://cv.iptc.org/newscodes/subjectcode/", code="15054002"),
    Concept(scheme="http://tt.se/spec/subref/1.0/", code="15054000"),
)


@pytest.mark.parametrize(
    "entry",
    ["sport", "DEPORTE", "رياضة", "15000000", "medtop:15000000", "subj:15000000", "20000822", "soccer", "Fußball"],
)
def test_whoever_asks_for_sport_gets_soccer_however_the_agency_writes_it(entry: str) -> None:
    for concept in SOCCER:
        assert fits(item(subjects=(concept,)), subjects=(entry,)), concept
    for other in (Concept(scheme="medtop", code="11000000"), Concept(scheme="x", code="200010650"), Concept(name="x")):
        assert not fits(item(subjects=(other,)), subjects=(entry,)), other


def test_what_is_below_is_not_what_is_above_and_places_are_no_subjects() -> None:
    assert not fits(item(subjects=(Concept(scheme="medtop", code="15000000"),)), subjects=("soccer",))
    assert not fits(item(subjects=(Concept(scheme="medtop", code="20000854"),)), subjects=("soccer",))
    assert not fits(item(places=(Concept(code="20001065"),)), places=("15000000",))


def test_a_code_that_does_not_exist_fits_itself_only() -> None:
    unheard_of = item(subjects=(Concept(scheme="medtop", code="20999999"),))
    assert fits(unheard_of, subjects=("medtop:20999999",))
    assert not fits(unheard_of, subjects=("sport",))
    assert not fits(item(subjects=SOCCER[:1]), subjects=("medtop:20999999",))
    assert rules.said(Terms(subjects=("medtop:20999999",))) == "about medtop:20999999 → desk"


def test_a_retired_code_and_what_has_replaced_it_are_one() -> None:
    old, new = Concept(scheme="medtop", code="20000064"), Concept(scheme="medtop", code="20000105")
    assert fits(item(subjects=(old,)), subjects=("war crime",))
    assert fits(item(subjects=(new,)), subjects=("medtop:20000064",))
    # Nothing is named in its place, so what is above it stands for it.
    dressage = Concept(scheme="medtop", code="20000925")
    assert fits(item(subjects=(dressage,)), subjects=("equestrian",))
    assert not fits(item(subjects=(Concept(scheme="medtop", code="20000923"),)), subjects=("dressage",))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("sport", "about sport with all below"),
        ("Soccer", "about Soccer"),
        ("football", "about football (as soccer)"),
        ("deporte", "about deporte (as sport with all below)"),
        ("valores", "about valores (as securities or values with all below)"),
        ("medtop:20001065", "about soccer (medtop:20001065)"),
        ("15000000", "about sport (15000000 with all below)"),
        ("15054000", "about soccer (15054000 with all below)"),
        ("medtop:20000064", "about war crime action or war crime (medtop:20000064)"),
        ("harbour", "about harbour"),
        ("N2:US", "about N2:US"),
    ],
)
def test_the_sentence_names_the_topics_that_a_rule_means(entry: str, said: str) -> None:
    assert rules.conditions_said(Terms(subjects=(entry,))) == said


def test_a_dry_run_decides_by_the_tree_as_intake_does(desk: Desk) -> None:
    desk.wait(g2("match", extra='<subject qcode="medtop:20001065"/>'))
    desk.wait(g2("vote", extra='<subject qcode="medtop:11000000"/>'))
    asked = Terms(subjects=("sport",), mode="hold")
    tried = rehearsing.rehearse(asked)
    assert [str(each.item.item_id).rpartition(":")[2] for each in tried.shown] == ["match"]


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
    assert decision.because == "by rule 2: AFP, urgency 1–3, English, about football (as soccer) → publish in Sport"
    # A rule whose section was deleted publishes nothing.
    assert book.decide(item(), FEED).mode == "desk"
    assert book.decide(item(language="fr"), FEED).because == "by the feed CPA"


def test_a_saved_rule_counts_from_the_next_item_on(desk: Desk) -> None:
    cup = item(headline="Cup final moved")
    assert rules.decide(cup, desk.waiting).mode == "desk"
    rule = Rule(any_words="cup", mode="publish", section=desk.world)
    rules.keep(rule=rule, feeds=[desk.waiting], by=desk.publisher)
    decision = rules.decide(cup, desk.waiting)
    assert (decision.mode, decision.section, decision.rule) == ("publish", desk.section(), rule.pk)
    assert rules.decide(cup, desk.published).rule is None
    hold = rules.keep(rule=Rule(any_words="cup", mode="hold"), feeds=[], by=desk.publisher)
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
            rules.keep(rule=Rule(any_words="cup", mode="hold"), feeds=[], by=stranger)
    with pytest.raises(ValidationError, match="needs a section"):
        rules.keep(rule=Rule(any_words="cup", mode="publish"), feeds=[], by=desk.publisher)
    with pytest.raises(ValidationError, match="above the first"):
        rules.keep(rule=Rule(urgency_from=4, urgency_to=2), feeds=[], by=desk.publisher)
    assert not Rule.objects.exists()


def test_a_rule_decides_over_incoming_copy_and_the_item_says_so(desk: Desk) -> None:
    rule = rules.keep(rule=Rule(any_words="bridge", mode="publish", section=desk.world), feeds=[], by=desk.publisher)
    desk.wait(g2())
    item = desk.item(feed=desk.waiting)
    assert desk.story().live and item.rule_id == rule.pk
    assert item.decided == "by rule 1: with “bridge” → publish in World"
    assert rules.fitted_since(clock.now() - rehearsing.PERIOD) == {rule.pk: 1}


@pytest.mark.parametrize(
    "spared",
    [{"status": "stat:canceled"}, {"headline": "TEST - please ignore"}, {"embargo": ""}, {"note": "Please hold."}],
)
def test_no_rule_publishes_what_waits_for_a_person(desk: Desk, spared: dict[str, str]) -> None:
    rules.keep(rule=Rule(mode="publish", section=desk.world), feeds=[], by=desk.publisher)
    desk.wait(g2(**spared))  # type: ignore[arg-type]
    assert not Item.objects.filter(place=Item.Place.TAKEN).exists()


def test_a_dry_run_shows_what_would_come_to_something_else_and_changes_nothing(desk: Desk) -> None:
    desk.wait(g2("a", headline="Cup final moved"))
    desk.wait(g2("b", headline="Cup final off", note="Please hold."))
    desk.wait(g2("c", headline="Bridge gives way"))
    sport = (desk.world.pk, "World")
    found = rehearsing.rehearse(Terms(any_words=("cup",), look_in=("headline",), mode="publish", section=sport))
    assert (found.items, found.looked_at, found.fitted, found.changed) == (3, 3, 2, 1)
    assert (dict(found.today), dict(found.then)) == ({"desk": 3}, {"publish": 1, "desk": 2})
    moved, off = found.shown
    assert (moved.item.headline, moved.changes, moved.then.section) == ("Cup final moved", True, "World")
    assert moved.then.by == "by rule 1" and moved.today.by == "by the feed CPA-DESK"
    assert "Please hold" in off.then.barred
    assert not Rule.objects.exists() and Item.objects.filter(place=Item.Place.WAITING).count() == 3
    # A rule that is changed is tried in its own place, one that is switched off not at all.
    hold = rules.keep(rule=Rule(any_words="cup", mode="hold"), feeds=[], by=desk.publisher)
    late = rehearsing.rehearse(Terms(any_words=("cup",), mode="publish", section=sport))
    assert (late.fitted, late.earlier) == (0, 2)
    assert rehearsing.rehearse(Terms(pk=hold.pk, any_words=("cup",), mode="desk")).then["desk"] == 3
    assert rehearsing.rehearse(rules.terms_of(hold), active=False).then["desk"] == 3


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_rule_that_publishes_is_saved_only_after_it_was_tried(desk: Desk) -> None:
    desk.wait(g2("a", headline="Cup final moved"))
    client = signed_in(desk.publisher)
    form = {"active": "on", "any_words": "cup", "mode": "publish", "section": desk.world.pk, "do": "save"}
    shown = client.post(reverse("wire:rule_add"), form)
    page = shown.content.decode()
    assert "Not saved yet" in page and "Cup final moved" in page and not Rule.objects.exists()
    form["tried"] = shown.context["tried"]
    # What was tried is not what is saved: it is shown again.
    assert "Not saved yet" in client.post(reverse("wire:rule_add"), {**form, "any_words": "bridge"}).content.decode()
    saved = client.post(reverse("wire:rule_add"), form, follow=True).content.decode()
    assert "With “cup”" in saved and "Publish in World" in saved
    rule = Rule.objects.get()
    assert rule.changed_by == "Bola"
    assert "with “cup” → publish in World" in client.post(reverse("wire:rule_said"), form).json()["said"]
    refused = client.post(reverse("wire:rule", args=[rule.pk]), {"mode": "publish", "any_words": "!!!", "do": "save"})
    assert "needs a section" in refused.content.decode() and "no letter or figure" in refused.content.decode()
    act = reverse("wire:rule_act", args=[rule.pk])
    client.post(act, {"do": "off"})
    assert not Rule.objects.get().active
    assert "Not in use" in client.get(reverse("wire:rules")).content.decode()
    client.post(act, {"do": "delete"})
    assert not Rule.objects.exists()


def test_rules_are_not_shown_to_those_who_may_not_change_them(desk: Desk) -> None:
    client = signed_in(desk.reporter)
    for name in ("wire:rules", "wire:rule_add"):
        assert client.get(reverse(name)).status_code in (302, 403)
    assert "wire/rules" not in client.get(reverse("wire:list")).content.decode()
    assert "wire/rules" in signed_in(desk.publisher).get(reverse("wire:list")).content.decode()
