from __future__ import annotations

import pytest
from django.urls import reverse

from standfirst.desk.tests.doors import Desk, said, text_of
from standfirst.stories.models import Translation

pytestmark = pytest.mark.one_database("What the screen writes is tried on each database beside `stories`.")


def test_an_editor_links_a_translation_and_takes_it_out_again(desk: Desk) -> None:
    cast = desk.cast
    english, french = cast.live(), cast.live("Le fleuve monte", language="fr")
    url = reverse("desk:translations", args=[english.pk])
    browser = desk.browser(cast.ed)
    assert url in browser.get(reverse("wagtailadmin_pages:edit", args=[english.pk])).content.decode()
    assert "Le fleuve monte" in text_of(browser.get(url))
    answer = browser.post(url, {"story": str(french.pk)}, follow=True)
    assert "is linked as a translation" in said(answer)
    assert Translation.objects.of([english.pk]) == {english.pk: [french.pk]}
    answer = browser.post(url, {"unlink": str(french.pk)}, follow=True)
    assert "stands by itself" in said(answer)
    assert not Translation.objects.exists()


def test_what_does_not_fit_is_said_at_the_choice(desk: Desk) -> None:
    cast = desk.cast
    story, other = cast.live(), cast.live("Another one in English")
    url = reverse("desk:translations", args=[story.pk])
    browser = desk.browser(cast.ed)
    assert "Another one in English" not in text_of(browser.get(url))
    found = browser.get(url, {"q": "Another one"})
    assert "Another one in English" in text_of(found)
    assert "both in English" in text_of(browser.post(f"{url}?q=Another", {"story": str(other.pk)}))
    for nonsense in ({"story": "x"}, {"unlink": "x"}, {}):
        assert browser.post(url, nonsense).status_code == 200
    assert desk.browser(cast.rita).get(url).status_code in (302, 403)
