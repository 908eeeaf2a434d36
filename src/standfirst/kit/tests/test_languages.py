from standfirst.kit.languages import direction_of, primary_of


def test_a_language_runs_as_its_script_does_where_the_tag_names_one() -> None:
    assert [direction_of(tag) for tag in ("ar", "fa-IR", "HE", "ckb", "ha-Arab", "ff-Adlm")] == ["rtl"] * 6
    assert [direction_of(tag) for tag in ("en", "pcm", "ha", "ur-Latn", "ks-Deva", "zh-Hant-TW", "")] == ["ltr"] * 7


def test_the_language_itself_is_known_without_region_and_script() -> None:
    assert [primary_of(tag) for tag in ("en-GB", "PT", "zh-Hant-TW")] == ["en", "pt", "zh"]
