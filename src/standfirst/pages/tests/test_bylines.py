from __future__ import annotations

import pytest

from standfirst.pages.parts import without_by
from standfirst.pages.words import words


@pytest.mark.parametrize(
    ("printed", "language", "name"),
    [
        ("By Fanta Koura", "en", "Fanta Koura"),
        ("BY FANTA KOURA", "en", "FANTA KOURA"),
        ("Fanta Koura", "en", "Fanta Koura"),
        ("Byron Adeyemi", "en", "Byron Adeyemi"),
        ("By", "en", "By"),
        ("Par Aminata Sy", "fr", "Aminata Sy"),
        ("By Aminata Sy", "fr", "Aminata Sy"),
    ],
)
def test_a_printed_byline_is_not_told_twice_that_it_is_by_somebody(printed: str, language: str, name: str) -> None:
    assert without_by(printed, words(language)) == name
