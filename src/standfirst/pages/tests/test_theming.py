"""A newsroom's own theme: it changes what it wants to, and never takes a page away."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from standfirst.pages import assets, patterns, templates, theming
from standfirst.pages.tests.newsroom import FULL, SITE, newsroom
from standfirst.pages.words import words

EXAMPLES = Path(theming.__file__).parent / "examples"


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    theming.use(theming.NONE)


def put(folder: Path, **files: str | bytes) -> theming.Theme:
    """A theme of these files, in use: `card_html` is card.html."""
    for name, body in files.items():
        stem, _, ending = name.rpartition("_")
        data = body.encode() if isinstance(body, str) else body
        (folder / f"{stem.replace('_', '-')}.{ending}").write_bytes(data)
    theme = theming.read(folder)
    theming.use(theme)
    return theme


def front() -> str:
    return newsroom().print_all(but=("rendition",))["/"].body.decode()


def css() -> str:
    return assets.assets()["site.css"].body.decode()


def test_without_a_theme_nothing_changes(folder):
    before = assets.epoch()
    theming.use(theming.read(folder / "none"))
    assert theming.used() == theming.NONE
    assert assets.epoch() == before


def test_one_file_gives_the_site_other_colours(folder):
    before = assets.epoch()
    theme = put(folder, tokens_css=":root { --paper: #fedcba; }")
    assert theme.mistakes == ()
    ours, theirs = css().index("--paper:#fffdf9"), css().index("--paper: #fedcba")
    assert ours < theirs < css().index("@layer base{")
    assert assets.epoch().digest != before.digest, "every page is due"


def test_a_component_of_its_own_stands_in_the_place_of_ours(folder):
    put(
        folder,
        days_html="<p>{{ w.most_read }} as we print it</p>",
        card_css=".card { border: 0 }",
        own_css=".x { color: red }",
    )
    assert "Most read as we print it" in front()
    assert ".card { border: 0 }" in css() and "}.card-headline{" not in css()
    assert css().rindex("@layer own{") > css().rindex("@layer components{")


def test_a_logo_stands_in_the_place_of_the_name_and_says_how_large_it_is(folder):
    picture = io.BytesIO()
    Image.new("RGB", (400, 80), "navy").save(picture, "PNG")
    put(
        folder,
        logo_svg='<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 60"/>',
        logo_dark_png=picture.getvalue(),
    )
    page = front()
    found = re.search(r'<h1 class="nameplate">(.*?)</h1>', page, re.DOTALL)
    assert found is not None
    assert re.search(r'<img src="/assets/logo\.\w+\.svg" width="300" height="60" alt="The Harbour Post">', found[1]), (
        found[1]
    )
    assert re.search(r'prefers-color-scheme: dark\)" srcset="/assets/logo-dark\.\w+\.png"', found[1])


def test_a_face_of_its_own_replaces_ours_and_ours_is_not_fetched_any_more(folder):
    put(folder, face_css='@font-face { font-family: "Our"; src: url(our.woff2) }', our_woff2=b"wOF2")
    assert set(assets.assets()) >= {"our.woff2"}
    assert not {"headline.woff2", "headline-more.woff2"} & set(assets.assets())
    assert assets.assets()["our.woff2"].path in css()
    assert 'as="font"' not in front()


MISTAKES: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "a template that cannot be read": ({"card_html": "{% if %}"}, "card.html", "line 1"),
    "a style sheet that leaves a brace open": ({"card_css": ".card { color: red"}, "card.css", "open"),
    "a style sheet that closes one too many": ({"own_css": ".a {}\n} .b {}"}, "own.css", "line 2"),
    "an unclosed comment": ({"own_css": "/* .a {}"}, "own.css", "comment"),
    "another host in an import": ({"own_css": "@import url(https://cdn.example/x.css);"}, "own.css", "@import"),
    "a picture of another host": (
        {"own_css": ".a { background: url(https://cdn.example/x.png) }"},
        "own.css",
        "no file",
    ),
    "a file that is not there": ({"own_css": ".a { background: url(none.svg) }"}, "own.css", "no file"),
    "text in another coding": ({"own_css": b".a { content: '\xe9' }"}, "own.css", "UTF-8"),
    "a drawing with a script": (
        {"icon_svg": "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"},
        "icon.svg",
        "script",
    ),
    "a logo of no size": ({"logo_svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}, "logo.svg", "how large"),
    "a logo that is no picture": ({"logo_png": b"no picture"}, "logo.png", "no picture"),
    "a logo that is no drawing": ({"logo_svg": "<svg"}, "logo.svg", "no SVG"),
    "something else": ({"thing_exe": b"MZ"}, "thing.exe", "nothing that a theme can have"),
    "a text that is too long": ({"own_css": "/*" + "x" * theming.LONGEST_TEXT + "*/"}, "own.css", "more than"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_file_and_ours_stays(mistake, folder):
    files, name, says = MISTAKES[mistake]
    before = front()
    theme = put(folder, **files)
    assert [found.file for found in theme.mistakes] == [name]
    assert says in theme.mistakes[0].says and theme.mistakes[0].remedy
    assert re.sub(r"site\.\w+", "", front()) == re.sub(r"site\.\w+", "", before)
    assert "cdn.example" not in css()


def test_a_component_that_fails_on_a_page_is_printed_as_ours_and_named(folder):
    before = front()
    put(folder, card_html="{{ no.such }}", days_html="<p>{{ w.most_read }} as we print it</p>")
    page = front()
    assert "no.such" not in page and "Most read as we print it" in page, "the others stay"
    assert page.count('class="card ') == before.count('class="card ')
    assert list(templates.mistakes) == ["card.html"]
    assert "line 1" in templates.mistakes["card.html"]
    assert "card.html fails on some pages" in theming.trouble()


def test_a_page_is_printed_alike_whatever_was_printed_before_it(folder):
    put(folder, line_html="<li>{{ line.headline }}{% if line.kicker == 'Port strike' %}{{ no.such }}{% endif %}</li>")
    first = newsroom().print_all(but=("rendition",))
    again = dict(reversed(list(newsroom().print_all(but=("rendition",)).items())))
    assert {path: page.body for path, page in first.items()} == {path: page.body for path, page in again.items()}


def test_a_loop_without_end_is_stopped_and_the_page_is_ours(folder):
    many = "{% for a in range(9999) %}" * 3 + "x" + "{% endfor %}" * 3
    put(folder, footer_html=many)
    assert "footer-inner" in front()
    assert "footer.html" in templates.mistakes


def test_what_breaks_one_of_ours_from_outside_is_left_out_too(folder):
    put(folder, base_html="<!DOCTYPE html>{% block main %}{% endblock %}{% include 'none.html' %}")
    assert "masthead" in front()


def test_a_theme_cannot_smuggle_markup_through_a_headline(folder):
    put(folder, line_html="<li>{{ line.headline }}</li>")
    odd = newsroom()
    assert "<script>alert" not in "".join(
        page.body.decode() for page in odd.print_all(but=("rendition", "asset")).values()
    )


@pytest.mark.parametrize("name", [path.name for path in sorted(EXAMPLES.iterdir())])
def test_every_example_prints_every_page_without_a_mistake(name, folder):
    theme = theming.read(EXAMPLES / name)
    theming.use(theme)
    pages = newsroom().print_all(but=("rendition",))
    patterns.patterns(SITE, assets.epoch())
    assert theme.mistakes == () and templates.mistakes == {}
    assert FULL.path in pages


def test_a_newsroom_brings_a_language_and_mends_a_phrase_of_ours(folder):
    before = assets.epoch()
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "pt_BR.po").write_text(f'{head}msgid "Sections"\nmsgstr "Editorias"\n')
    theme = put(
        folder,
        en_po=f'{head}msgid "Most read"\nmsgstr "What all of us read"\n\nmsgid "Articles by {{}}"\nmsgstr "By"\n',
    )
    assert "What all of us read" in front()
    assert assets.epoch().digest != before.digest, "every page is due"
    assert words("pt-BR").sections == "Editorias"
    (mistake,) = theme.mistakes
    assert mistake.file == "en.po" and "“Articles by {}”: the translation “By” must have {} in it" in mistake.says
    assert not any("po" in name for name in assets.assets())
    theming.use(theming.NONE)
    assert words("pt-BR").sections == "Sections" and assets.epoch() == before


def test_a_file_whose_name_is_no_text_is_named_and_left_out(folder):
    for name in (b"logo\xe9.svg", b"own\xff.css", b"\xff.po", b"caf\xe9"):
        (folder / os.fsdecode(name)).write_bytes(b"<svg viewBox='0 0 1 1' xmlns='http://www.w3.org/2000/svg'/>")
    theme = put(folder, own_css="body { color: red; }")
    assert [(mistake.file, mistake.says) for mistake in theme.mistakes] == [
        (name, f"The name {name} is not UTF-8, so the file is left out.")
        for name in (r"caf\xe9", r"logo\xe9.svg", r"own\xff.css", r"\xff.po")
    ]
    assert theming.unpacked(theming.packed(theme)) == theme
    assert "color: red" in css() and not theme.files and not theme.languages


def test_a_theme_goes_to_other_processes_as_it_is(folder):
    (folder / os.fsdecode(b"\xff.po")).write_bytes(b"")
    theme = put(folder, tokens_css=":root { --paper: #fedcba; }", our_woff2=b"\x00\xff", own_css="{", yo_po="\xff")
    assert theming.unpacked(theming.packed(theme)) == theme
    with pytest.raises(ValueError, match="no packed theme"):
        theming.unpacked(b"[]")


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["card.html", "own.css", "feed.xml", "tokens.css", "en.po"]), st.binary(max_size=200)
    )
)
def test_whatever_is_in_the_folder_the_front_is_printed(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("theme")
    for name, body in files.items():
        (folder / name).write_bytes(body)
    try:
        theming.use(theming.read(folder))
        assert "<html" in front()
    finally:
        theming.use(theming.NONE)
