from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from standfirst.kit.askers import address_of
from standfirst.people import actions, forms, tries
from standfirst.people.models import User

PASSWORD = "harbour-light-77"


@pytest.fixture(autouse=True)
def nobody_has_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "TRIES", tries.Tries())


@pytest.fixture
def ed(ada: User) -> User:
    return actions.hire(username="ed", name="Ed Obi", roles=["Editor"], password=PASSWORD)


def sign_in(name: str, password: str, address: str = "192.0.2.7") -> Any:
    data = {"username": name, "password": password, "next": "/newsroom/"}
    return Client(headers={"x-forwarded-for": address}).post(reverse("wagtailadmin_login"), data)


def test_who_guesses_is_told_to_wait_and_who_mistypes_is_not(ed: User) -> None:
    for _ in range(tries.MOST_FOR_A_NAME - 1):
        assert "didn&#x27;t match" in sign_in("ed", "wrong").content.decode()
    assert sign_in("ed", PASSWORD).status_code == 302
    for _ in range(tries.MOST_FOR_A_NAME):
        sign_in("Ed", "wrong")
    refused = sign_in("ed", PASSWORD)
    assert refused.status_code == 200
    assert "Try again in 15 minutes" in refused.content.decode()


def test_a_stranger_cannot_shut_an_editor_out(ed: User) -> None:
    for _ in range(tries.MOST_FOR_A_NAME + 1):
        sign_in("ed", "wrong", "198.51.100.1")
    assert sign_in("ed", PASSWORD, "198.51.100.1").status_code == 200
    assert sign_in("ed", PASSWORD, "192.0.2.7").status_code == 302


@pytest.mark.one_database("Tries are counted in memory.")
def test_many_names_from_one_address_are_one_guesser(ed: User) -> None:
    for number in range(tries.MOST_FOR_AN_ADDRESS):
        sign_in(f"name{number}", "wrong", "198.51.100.1")
    assert sign_in("ed", PASSWORD, "198.51.100.1").status_code == 200
    assert sign_in("ed", PASSWORD, "198.51.100.2").status_code == 302


def test_what_is_remembered_of_guessers_is_bounded_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr(tries, "monotonic", lambda: moment[0])
    known = tries.Tries()
    for number in range(30_000):
        known.failed(f"2001:db8:{number:x}::", "ed")
    assert len(known._failures) <= 20_000
    for _ in range(tries.MOST_FOR_A_NAME):
        known.failed("192.0.2.7", "ed")
    assert known.wait("192.0.2.7", "ED") == 15
    moment[0] += tries.SPAN - 30
    assert known.wait("192.0.2.7", "ed") == 1
    moment[0] += 31
    assert known.wait("192.0.2.7", "ed") == 0


def test_who_asks_is_the_last_address_that_is_not_ours() -> None:
    assert address_of("192.0.2.7", "127.0.0.1", ()) == "192.0.2.7"
    assert address_of("1.2.3.4, 192.0.2.7, 10.0.0.1", "127.0.0.1", ("10.0.0.1",)) == "192.0.2.7"
    assert address_of("10.0.0.1", "127.0.0.1", ("10.0.0.1",)) == "10.0.0.1"
    assert address_of("", "127.0.0.1", ()) == "127.0.0.1"
    assert address_of("2001:db8:1:2:3::4", "", ()) == address_of("2001:db8:1:2:ffff::9", "", ()) == "2001:db8:1:2::"
    assert address_of("::ffff:192.0.2.7", "", ()) == "192.0.2.7"
    assert len(address_of("x" * 5000, "", ())) == 64


def test_it_is_the_form_of_the_newsroom() -> None:
    assert f"{forms.SignInForm.__module__}.{forms.SignInForm.__name__}" == settings.WAGTAILADMIN_USER_LOGIN_FORM
