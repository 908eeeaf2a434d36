"""`standfirst search rebuild`, and what the check says while stories are not filed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from django.db import transaction

from standfirst.cli import check, search
from standfirst.conf import setup
from standfirst.library import cuttings
from tests.newsroom import Newsroom, newsroom

__all__ = ["newsroom"]
pytestmark = pytest.mark.django_db(databases=["default", "press"])


def test_the_index_is_made_anew_and_says_how_much_can_be_found(
    newsroom: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "open_newsroom", lambda: None)
    newsroom.story("Ferry sails")
    newsroom.at_rest()
    assert check._of_search() == []
    with transaction.atomic():
        cuttings.empty()
    (finding,) = check._of_search()
    assert finding.says == "1 live story is not in the readers' search yet." and "search rebuild" in finding.remedy
    result = CliRunner().invoke(search.rebuild, [])
    assert (result.exit_code, result.stdout) == (0, "1 story can be found.\n")
    assert check._of_search() == []
