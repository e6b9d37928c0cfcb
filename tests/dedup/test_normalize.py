import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.normalize import normalize


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("The  CAT,\n sat.", "the cat sat"),
        ("Don't!", "don t"),
        ("end.Begin—again", "end begin again"),
        ("snake_case", "snake case"),
        ("\uff26\uff35\uff2c\uff2c\u3000\uff17", "full 7"),  # full width
        ("\ufb01ne \u338f", "fine kg"),  # a ligature, a unit in one character
        ("?!… \U0001f600", ""),
        ("", ""),
    ],
)
def test_case_punctuation_and_width_are_set_aside(written: str, plain: str) -> None:
    assert normalize(written) == plain


def test_a_letter_with_a_mark_is_one_letter_however_it_came() -> None:
    assert normalize("CAFE\u0301") == normalize("café") == "café"
    assert normalize("J\u030c") == normalize("\u01f0")
    assert normalize("café") != normalize("cafe")


def test_marks_that_are_vowels_do_not_part_a_word() -> None:
    assert normalize("किताब।") == "किताब"


def test_invisible_characters_vanish_without_parting_a_word() -> None:
    assert normalize("\ufeffco\u00adop\u200der\u200bate") == "cooperate"


def test_text_without_spaces_is_one_word_between_signs() -> None:
    assert normalize("今日は晴れ。明日は雨、") == "今日は晴れ 明日は雨"


def test_half_of_a_surrogate_pair_only_parts_words() -> None:
    assert normalize("a\ud800b") == "a b"


@given(st.text())
def test_a_second_time_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
