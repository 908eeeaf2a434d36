from __future__ import annotations

from standfirst.wire.compare import side_by_side


def test_words_that_differ_are_marked_on_both_sides():
    (row,) = side_by_side([("", "Four people were hurt.")], [("", "Five people were hurt.")])
    assert row.changed
    assert row.ours == "<del>Four</del> people were hurt."
    assert row.theirs == "<ins>Five</ins> people were hurt."


def test_neighbouring_words_are_marked_as_one():
    (row,) = side_by_side([("", "The red old boat sank.")], [("", "The small new boat sank.")])
    assert row.ours == "The <del>red old</del> boat sank."


def test_a_new_paragraph_stands_alone_and_the_others_beside_their_own():
    rows = side_by_side(
        [("", "The town has 4,200 people."), ("", "End.")],
        [("", "A meeting is called for Tuesday."), ("", "The town has 4,300 people."), ("", "End.")],
    )
    assert [(row.ours == "", row.changed) for row in rows] == [(True, True), (False, True), (False, False)]
    assert rows[1].ours == "The town has <del>4,200</del> people."


def test_what_is_replaced_by_something_else_stands_beside_it():
    (row,) = side_by_side([("", "Rain fell.")], [("", "Nobody came!")])
    assert (row.ours, row.theirs) == ("<del>Rain fell.</del>", "<ins>Nobody came!</ins>")


def test_text_is_escaped():
    (row,) = side_by_side([("", "<script>a</script>")], [("", "<b>b</b>")])
    assert "<script" not in row.ours
    assert "<b>" not in row.theirs
    (same,) = side_by_side([("", "<i>")], [("", "<i>")])
    assert same.ours == "&lt;i&gt;"


def test_fields_are_compared_by_their_labels():
    rows = side_by_side([("Headline", "Old"), ("Byline", "")], [("Headline", "New"), ("Byline", "")])
    assert [row.label for row in rows] == ["Headline"]


def test_very_long_texts_take_little_time():
    old = [("", f"paragraph {i} " + "word " * 30) for i in range(600)]
    new = [("", f"absatz {i} " + "wort " * 30) for i in range(600)]
    assert len(side_by_side(old, new)) == 600
    (row,) = side_by_side([("", "a " * 9000)], [("", "b " * 9000)])
    assert row.changed
