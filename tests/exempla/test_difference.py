from hypothesis import given
from hypothesis import strategies as st

from exempla.difference import AROUND, differences

LONG = "word " * 100


def test_equal_texts_have_no_differences() -> None:
    assert list(differences(LONG, LONG)) == []


def test_a_word_in_a_long_line_is_shown_with_a_little_around_it() -> None:
    (found,) = differences(f"first\n{LONG}old {LONG}", f"first\n{LONG}new {LONG}")
    assert found.line == 2
    assert found.short == tuple(
        f"…{LONG[-AROUND:]}{word}{(' ' + LONG)[:AROUND]}…" for word in ("old", "new")
    )


def test_lines_that_come_and_go_are_whole() -> None:
    gone, come = "a line that goes " * 9, "a line that comes " * 9
    (found,) = differences(f"one\n{gone}\ntwo", "one\ntwo")
    assert (found.line, found.short, found.after) == (2, (gone, ""), None)
    (found,) = differences("one\ntwo", f"one\n{come}\ntwo")
    assert (found.line, found.short, found.before) == (2, ("", come), None)


texts = st.lists(st.text("ab \n", max_size=30), max_size=6).map("\n".join)


@given(texts, texts)
def test_what_came_and_what_went_make_the_one_text_out_of_the_other(one: str, other: str) -> None:
    found = list(differences(one, other))
    came = {difference.line: difference.after for difference in found}
    for number, line in enumerate(other.split("\n"), 1):
        assert came.get(number) in (line, None)
    gone = [difference.before for difference in found if difference.before is not None]
    fresh = [difference.after for difference in found if difference.after is not None]
    kept = len(one.split("\n")) - len(gone)
    assert kept + len(fresh) == len(other.split("\n"))


@given(texts, texts)
def test_shortened_lines_differ_where_the_lines_do(one: str, other: str) -> None:
    for found in differences(one, other):
        assert found.short[0] != found.short[1] or found.before is None or found.after is None
