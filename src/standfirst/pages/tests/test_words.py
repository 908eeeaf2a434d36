"""Phrases in several languages: complete, falling back one by one, and never taken down by a bad catalogue."""

from __future__ import annotations

import os
import random
from pathlib import Path

import msgspec
import pytest

from standfirst.edition.snapshots import Site
from standfirst.pages import assets, catalogues
from standfirst.pages.catalogues import LARGEST, MOST_TOLD, STATE, Catalogues, load, read
from standfirst.pages.tests.newsroom import SITE, make_story, newsroom, ref_of
from standfirst.pages.words import LOCALE, PHRASES, Counted, Words, shipped, words

NAMES = {phrase.name for phrase in PHRASES}
RENEW = "Run `python docs/generate.py` and commit what it writes."


def entry(english: str, translation: str, context: str = "") -> str:
    return (f'msgctxt "{context}"\n' if context else "") + f'msgid "{english}"\nmsgstr "{translation}"\n\n'


def catalogue(*entries: str, language: str = "yo", head: str = "") -> str:
    header = f'"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n{head}'
    return f'msgid ""\nmsgstr ""\n{header}\n' + "".join(entries)


def folder(path: Path, **files: str | bytes) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / f"{name}.po").write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def loaded(*folders: Path) -> Catalogues:
    return load((LOCALE, *folders), PHRASES)


def every_phrase(w: Words) -> None:
    """Each phrase can be printed with what it is given."""
    for phrase in PHRASES:
        text = getattr(w, phrase.name)
        if isinstance(text, Counted):
            assert all(text(n) for n in (0, 1, 2, 3, 11, 100, 101, 1_234_567))
        else:
            assert text.format("x", n=1, total=2, language="x") if "{" in phrase.english else text


# --- what ships ---------------------------------------------------------------------------------------------------


def test_french_arabic_and_hausa_have_every_phrase_and_no_fault() -> None:
    assert shipped().faults == ()
    for language in ("fr", "ar", "ha"):
        assert set(shipped().languages[language].texts) == NAMES
    for language in ("en", *shipped().languages):
        every_phrase(words(language))


def test_the_template_and_the_catalogues_are_what_the_code_says_now() -> None:
    assert (LOCALE / "standfirst.pot").read_text("utf-8") == catalogues.template(PHRASES), RENEW
    for path in LOCALE.glob("*.po"):
        text = path.read_text("utf-8")
        assert catalogues.renewed(text, PHRASES) == text, f"{path.name}: {RENEW}"


def test_no_two_phrases_are_one_to_a_translator() -> None:
    assert len({phrase.key for phrase in PHRASES}) == len(PHRASES)


def test_renewing_keeps_translations_and_takes_out_what_is_no_more() -> None:
    old = catalogue(entry("Home", "Ilé"), entry("A phrase of former times", "x"), head=f'"{STATE}: draft\\n"\n')
    new = catalogues.renewed(old, PHRASES)
    assert 'msgid "Home"\nmsgstr "Ilé"\n' in new
    assert 'msgid "Menu"\nmsgstr ""\n' in new
    assert "former times" not in new
    assert f'"{STATE}: draft\\n"' in new


def test_hausa_is_a_draft_until_a_newsrooms_own_reader_has_gone_over_all_of_it(tmp_path: Path) -> None:
    assert [language for language in ("en", "fr", "ar", "ha") if words(language).draft] == ["ha"]
    text = (LOCALE / "ha.po").read_text("utf-8")
    assert "# draft: awaits a native reader" in text
    signed = text.replace(f'"{STATE}: draft\\n"\n', "")
    assert not words("ha", catalogues=loaded(folder(tmp_path / "all", ha=signed))).draft
    one = catalogue(entry("Home", "Gida"), language="ha")
    of_one = words("ha", catalogues=loaded(folder(tmp_path / "one", ha=one)))
    assert (of_one.home, of_one.draft) == ("Gida", True)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["0 results", "1 result", "2 results", "3 results", "11 results", "1,234 results"]),
        ("fr", ["0 résultat", "1 résultat", "2 résultats", "3 résultats", "11 résultats", "1\xa0234 résultats"]),
        ("ar", ["لا نتائج", "نتيجة واحدة", "نتيجتان", "3 نتائج", "11 نتيجة", "1,234 نتيجة"]),
        ("ha", ["Sakamako 0", "Sakamako 1", "Sakamako 2", "Sakamako 3", "Sakamako 11", "Sakamako 1,234"]),
    ],
)
def test_what_is_counted_takes_the_plural_of_its_language(language: str, said: list[str]) -> None:
    assert [words(language).results(n) for n in (0, 1, 2, 3, 11, 1234)] == said


def test_a_hausa_story_is_dated_and_labelled_in_hausa() -> None:
    room = newsroom()
    story = make_story(1, language="ha", headline="Masunta sun yi zaman sulhu")
    room.put(story)
    body = room.page(ref_of(story, "story")).body.decode()
    assert "An wallafa ranar" in body
    assert "22 Nuwamba, 2026, 18:30 WAT" in body
    assert '<html lang="ha" dir="ltr">' in body


# --- whose words --------------------------------------------------------------------------------------------------


def test_a_page_speaks_its_own_language_then_the_sites_then_english_phrase_by_phrase(tmp_path: Path) -> None:
    own = loaded(folder(tmp_path, yo=catalogue(entry("Home", "Ilé"), entry("Share", ""))))
    french = Site(language="fr")
    assert words("en", french, own).home == "Home"
    assert words("de", french, own).home == "Accueil"
    assert words("de", Site(language="de"), own).home == "Home"
    yoruba = words("yo", french, own)
    assert (yoruba.language, yoruba.home, yoruba.share) == ("yo", "Ilé", "Partager")
    assert words("yo-NG", Site(), own).home == "Ilé"
    every_phrase(yoruba)


def test_a_newsroom_overrides_phrase_by_phrase_english_too_and_the_last_folder_wins(tmp_path: Path) -> None:
    first = folder(tmp_path / "a", en=catalogue(entry("Top 3", "Most read now")), fr=catalogue(entry("Home", "Une")))
    second = folder(tmp_path / "b", fr=catalogue(entry("Home", "La une"), language="fr"))
    found = loaded(first, second, tmp_path / "not there")
    assert words("en", catalogues=found).top == "Most read now"
    assert words("de", catalogues=found).top == "Most read now"
    assert words("fr", catalogues=found).home == "La une"
    assert words("fr", catalogues=found).sections == "Rubriques"
    assert [fault for fault in found.faults if "its header says “yo”, its name “en”" in fault]


def test_a_regional_catalogue_stands_before_that_of_its_language(tmp_path: Path) -> None:
    found = loaded(folder(tmp_path, pt=catalogue(entry("Home", "Início")), pt_BR=catalogue(entry("Share", "Dividir"))))
    brazil = words("pt-BR", catalogues=found)
    assert (brazil.language, brazil.home, brazil.share) == ("pt-BR", "Início", "Dividir")
    assert words("pt", catalogues=found).share == "Share"


# --- what is wrong with a catalogue -------------------------------------------------------------------------------

GOOD = entry("Menu", "Àtòjọ")
TWO = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
RESULTS = 'msgid "{n} result"\nmsgid_plural "{n} results"\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            catalogue(GOOD, entry("Articles by {}", "Àpilẹ̀kọ")),
            "“Articles by {}”: the translation “Àpilẹ̀kọ” must have {} in",
        ),
        (catalogue(GOOD, entry("Articles by {}", "{0.__class__}")), "must have {} in it"),
        (catalogue(GOOD, entry("Articles by {}", "{} {}")), "must have {} in it, once"),
        (catalogue(GOOD, entry("Articles by {}", "{!r}")), "must have {} in it"),
        (catalogue(GOOD, entry("Articles by {}", "{")), "must have {} in it"),
        (catalogue(GOOD, entry("Picture {n} of {total}", "{n}")), "must have {n} and {total} in it"),
        (catalogue(GOOD, entry("Home", "{name}")), "has braces in it that the English has not"),
        (catalogue(GOOD, entry("Home", "I" * 1001)), "more than 1,000 characters"),
        (catalogue(GOOD, entry("Home", "a\\nb")), "line break"),
        (catalogue(GOOD, entry("Hmoe", "Ilé")), "“Hmoe” is no phrase of Standfirst. Renew the file from"),
        (catalogue(GOOD, entry("Search", "Wá")), "“Search” is no phrase of Standfirst. Give it the msgctxt"),
        (catalogue(GOOD, 'msgid "Home"\nmsgstr "Ilé\n\n'), "line 10 is not as gettext writes it"),
        (catalogue(GOOD, 'msgid "Home"\n<<<<<<< ours\nmsgstr "Ilé"\n\n'), "line 10 is not as gettext writes it"),
        (catalogue(GOOD, '#-#-# Home\nmsgid "Home"\nmsgstr "Ilé"\n'), "entry at line 9 was left out"),
        (catalogue(GOOD, 'msgid "{n} result"\nmsgstr "x {n}"\n'), "has other plurals in English now"),
        (catalogue(GOOD, RESULTS, 'msgstr[0] "{n} a"\nmsgstr[1] ""\n', head=TWO), "has 1 of its 2 plural forms"),
        # "One result": the form of a single number may do without it.
        (
            catalogue(GOOD, RESULTS, 'msgstr[0] "a"\nmsgstr[1] "b"\n', head=TWO),
            "the translation “b” must have {n} in it",
        ),
        (
            catalogue(GOOD, RESULTS, 'msgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n'),
            "more plural forms than Plural-Forms says",
        ),
        (catalogue(GOOD, head='"Plural-Forms: nplurals=2; plural=n%0;\\n"\n'), "its Plural-Forms cannot be used"),
        (catalogue(GOOD, head='"Plural-Forms: nplurals=2; plural=n;\\n"\n'), "its Plural-Forms cannot be used"),
        (
            catalogue(GOOD, head='"Plural-Forms: nplurals=9999999999; plural=(;\\n"\n'),
            "its Plural-Forms cannot be used",
        ),
        (catalogue(GOOD, language="fr"), "its header says “fr”, its name “yo”, which counts"),
    ],
)
def test_a_fault_costs_its_phrase_only_and_is_told_with_a_remedy(tmp_path: Path, content: str, says: str) -> None:
    found = loaded(folder(tmp_path, yo=content))
    assert [fault for fault in found.faults if says in fault and fault.startswith(f"{tmp_path / 'yo.po'}: ")], (
        found.faults
    )
    w = words("yo", catalogues=found)
    assert (w.menu, w.home, w.stories_by, w.picture_place) == (
        "Àtòjọ",
        "Home",
        "Articles by {}",
        "Picture {n} of {total}",
    )
    every_phrase(w)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("yo", b"x" * (LARGEST + 1), "more than 500,000 bytes"),
        ("yo", bytes(range(256)) * 8, "not text in UTF-8"),
        ("yo", catalogue(GOOD).encode() + b"\0", "not text in UTF-8"),
        ("yo", catalogue(GOOD).replace("UTF-8", "x-no-such").encode("utf-16-le"), "not text in UTF-8"),
        ("yo", catalogue(entry("Home", "é")).replace("UTF-8", "ascii").encode("latin-1"), "not text in UTF-8"),
        ("yo", catalogue(entry("Home", "é")).replace("UTF-8", "zip").encode("latin-1"), "not text in UTF-8"),
        ("my language", catalogue(GOOD).encode(), "its name is no language's"),
        ("yo", b"", None),
        ("yo", b"# nothing but a remark", None),
        ("yo", catalogue("#, fuzzy\n" + entry("Home", "Ilé")).encode(), None),
        ("yo", catalogue(entry("Home", "   ")).encode(), None),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_pages_as_they_are(
    tmp_path: Path, name: str, content: bytes, says: str | None
) -> None:
    found = loaded(folder(tmp_path, **{name: content}))
    assert len(found.faults) == bool(says)
    assert all((says or "") in fault for fault in found.faults)
    assert words("yo", Site(language="fr"), found).home == "Accueil"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + catalogue(entry("Home", "Ilé")).encode(),
        catalogue(entry("Home", "Ilé")).encode("utf-16"),
        catalogue(entry("Home", "Ilé")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        catalogue(entry("Home", "Ilé")).replace("UTF-8", "ISO-8859-6").encode(),  # it is UTF-8, whatever it says
        catalogue(entry("Home", "Ilé")).replace("\n", "\r\n").encode(),
        catalogue(entry("Home", "Ilé")).replace("\n", "\r").encode(),
        catalogue(entry("Home", "Ilé")).replace("\n\n", "\n").replace("msgid ", "msgid\t ").encode(),
        catalogue(entry("Home", 'Il"\n"é')).encode(),
        catalogue(entry("Home", "Ilé"), '#~ msgid "Old\n#~ msgstr old\n').encode(),
        catalogue(entry("Home", "Ilé"), entry("Home", "Ilé")).encode(),
        entry("Home", "Ilé").encode(),
    ],
)
def test_what_editors_make_of_a_file_is_read(content: bytes) -> None:
    found, faults = read("yo.po", content, PHRASES)
    assert (faults, found and found.texts) == ([], {"home": "Ilé"})


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    here = folder(tmp_path / "here", ha=catalogue(entry("Home", "Gida"), language="ha"))
    os.mkfifo(here / "fr.po")
    (here / "ar.po").mkdir()
    (here / "yo.po").symlink_to(here / "nowhere")
    Path(os.fsdecode(bytes(here) + b"/\xff\xfe.po")).write_bytes(b"")
    (tmp_path / "a file").write_text("")
    found = loaded(here, tmp_path / "a file")
    assert words("ha", catalogues=found).home == "Gida"
    assert words("fr", catalogues=found).home == "Accueil"
    assert {fault.partition(": ")[2] for fault in found.faults} == {
        "its name is no language's. Call it by the language's code, e.g. yo.po or pt_BR.po.",
        "the folder cannot be read (Not a directory). Let Standfirst's account read it.",
    }
    assert all(fault.encode() for fault in found.faults)


def test_a_file_with_a_thousand_faults_is_told_in_few_sentences() -> None:
    found, faults = read("yo.po", catalogue(GOOD, *(entry(f"x{n}", "y") for n in range(1000))).encode(), PHRASES)
    assert found is not None
    assert found.texts == {"menu": "Àtòjọ"}
    assert len(faults) == MOST_TOLD + 1
    assert faults[-1].startswith("980 more faults.")


def test_no_damage_to_a_file_keeps_a_page_from_being_printed() -> None:
    dice = random.Random(5)
    pieces = (b'"', b"\\", b"\n", b"msgid ", b"msgstr[9] ", b"#~ ", b"{", b"\xff", b"nplurals=7", b"plural=1/n", b"\0")
    sources = [(LOCALE / f"{language}.po").read_bytes() for language in ("ar", "fr")]
    for _ in range(40):
        data = bytearray(dice.choice(sources))
        for _ in range(dice.choice([1, 3, 20])):
            at = dice.randrange(len(data))
            data[at : at + dice.choice([0, 1, 300])] = dice.choice(pieces)
        found, faults = read("ar.po", bytes(data), PHRASES)
        known = {"ar": found} if found is not None else {}
        every_phrase(words("ar", catalogues=Catalogues(known, tuple(faults), "")))


# --- the epoch ----------------------------------------------------------------------------------------------------


def test_all_pages_are_due_when_a_catalogue_or_babel_is_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def digest() -> str:
        return assets.epoch.__wrapped__().digest

    now = digest()
    assert now == digest() == assets.epoch().digest
    with monkeypatch.context() as patch:
        other = folder(tmp_path, fr=catalogue(entry("Home", "Une"), language="fr"))
        patch.setattr(assets, "spoken", lambda: loaded(other))
        assert digest() != now
    with monkeypatch.context() as patch:
        patch.setattr(assets, "version", lambda library: "99" if library == "babel" else "1")
        first = digest()
        patch.setattr(assets, "version", lambda library: "100" if library == "babel" else "1")
        assert digest() != first


def test_the_newsrooms_way_of_writing_dates_is_on_the_page() -> None:
    room = newsroom()
    story = make_story(1)
    assert "22 November 2026, 18:30 WAT" in room.page(ref_of(story, "story")).body.decode()
    room.put(msgspec.structs.replace(SITE, date_order="month", clock="12"))
    body = room.page(ref_of(story, "story")).body.decode()
    assert "November 22, 2026, 6:30\xa0pm WAT" in body
    assert "More from November 22, 2026" in body
